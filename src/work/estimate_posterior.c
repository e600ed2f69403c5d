#include "work/estimate_posterior.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { TEXT_BINS = 16, JSON_BINS = 40, BAR = 40, NUMBER = 32 };

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

/* 1, 2 or 5 times a power of ten, at least x and at least 1: totals are whole. */
static double round_step(double x)
{
	if (!(x > 1))
		return 1;
	double step = pow(10, floor(log10(x)));
	double factor = x / step;
	return step * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

static void fill(const double *sorted, size_t n, size_t n_bins, struct posterior_histogram *ret)
{
	double first = sorted[n / 200];
	double last = sorted[n - 1 - n / 200];
	/* a bin less, since the first begins at a round number */
	ret->step = round_step((last - first + 1) / (double)(n_bins - 1));
	ret->low = floor(first / ret->step) * ret->step;
	ret->n_bins = (size_t)floor((last - ret->low) / ret->step) + 1;
	ret->n_bins = ret->n_bins < n_bins ? ret->n_bins : n_bins;
	for (size_t i = 0; i < n; i++) {
		double at = floor((sorted[i] - ret->low) / ret->step);
		if (at < 0)
			ret->n_below++;
		else if (at >= (double)ret->n_bins)
			ret->n_beyond++;
		else
			ret->counts[(size_t)at]++;
	}
}

int posterior_histogram(const struct estimate_posterior *p, size_t n_bins, struct posterior_histogram *ret,
	struct cf_error *err)
{
	const size_t n = p->n_chains * p->n_draws;
	struct posterior_histogram found = {0};
	if (n > 0) {
		CF_CLEANUP_FREE double *sorted = NEW_ARRAY(double, n);
		if (!sorted)
			return error_memory(err);
		memcpy(sorted, p->draws, n * sizeof *sorted);
		qsort(sorted, n, sizeof *sorted, compare_numbers);
		fill(sorted, n, n_bins < POSTERIOR_MAX_BINS ? n_bins : POSTERIOR_MAX_BINS, &found);
	}
	*ret = found;
	return CF_OK;
}

static double fact(const struct estimate_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_facts; i++)
		if (strcmp(r->facts[i].name, name) == 0)
			return r->facts[i].value;
	return NAN;
}

static double chain_median(const struct estimate_result *r, size_t chain)
{
	char name[ESTIMATE_FACT_NAME];
	(void)snprintf(name, sizeof name, "chain_%zu_median", chain + 1);
	return fact(r, name);
}

void work_posterior_json(struct json *j, const struct estimate_result *r)
{
	struct posterior_histogram h;
	struct cf_error err = CF_ERROR_INIT;
	json_key(j, "posterior");
	int status = posterior_histogram(&r->posterior, JSON_BINS, &h, &err);
	if (status < 0 && j->status == 0)
		j->status = status;
	if (status < 0 || r->posterior.n_chains == 0) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_text(j, "estimate_is", r->status == ESTIMATE_IDENTIFIED ? "posterior_median" : NULL);
	json_key_unsigned(j, "chains", r->posterior.n_chains);
	json_key_unsigned(j, "draws", r->posterior.n_draws);
	json_key(j, "chain_medians");
	json_begin_array(j);
	for (size_t i = 0; i < r->posterior.n_chains && r->posterior.n_chains > 1; i++)
		json_number(j, chain_median(r, i));
	json_end(j);
	json_key(j, "histogram");
	json_begin_object(j);
	json_key_number(j, "low", h.low);
	json_key_number(j, "step", h.step);
	json_key(j, "counts");
	json_begin_array(j);
	for (size_t i = 0; i < h.n_bins; i++)
		json_unsigned(j, h.counts[i]);
	json_end(j);
	json_key_unsigned(j, "below", h.n_below);
	json_key_unsigned(j, "beyond", h.n_beyond);
	json_end(j);
	json_end(j);
}

static const char *persons(double value, char ret[NUMBER])
{
	(void)snprintf(ret, NUMBER, fabs(value) < 1e15 ? "%.0f" : "%.4g", value);
	return ret;
}

static int write_bins(const struct posterior_histogram *h, size_t n, struct buffer *out)
{
	static const char full[] = "########################################";
	size_t most = 1;
	for (size_t i = 0; i < h->n_bins; i++)
		most = h->counts[i] > most ? h->counts[i] : most;
	for (size_t i = 0; i < h->n_bins; i++) {
		char low[NUMBER];
		char high[NUMBER];
		double from = h->low + (double)i * h->step;
		TRY(buffer_printf(out, "  %10s to %10s %5.1f %%  %.*s\n", persons(from, low),
			persons(from + h->step - 1, high), 100 * (double)h->counts[i] / (double)n,
			(int)(BAR * h->counts[i] / most), full));
	}
	if (h->n_below + h->n_beyond)
		TRY(buffer_printf(out, "  %24s %5.1f %%\n", "outside",
			100 * (double)(h->n_below + h->n_beyond) / (double)n));
	return CF_OK;
}

static int write_chains(const struct estimate_result *r, struct buffer *out)
{
	char text[NUMBER];
	TRY(buffer_append_text(out, "  median of each chain:"));
	for (size_t i = 0; i < r->posterior.n_chains; i++)
		TRY(buffer_printf(out, " %s", persons(chain_median(r, i), text)));
	return buffer_printf(out, "; R-hat %.3f\n", fact(r, "r_hat"));
}

int work_posterior_text(const struct estimate_result *r, struct buffer *out)
{
	struct posterior_histogram h;
	struct cf_error err = CF_ERROR_INIT;
	const struct estimate_posterior *p = &r->posterior;
	if (p->n_chains == 0)
		return CF_OK;
	TRY(posterior_histogram(p, TEXT_BINS, &h, &err));
	TRY(buffer_printf(out, "\nPosterior of the total by %s", estimate_method_name(r->method)));
	if (r->status == ESTIMATE_IDENTIFIED) {
		char text[NUMBER];
		TRY(buffer_printf(out, " (the estimate, %s, is its median):\n", persons(r->estimate, text)));
	} else {
		TRY(buffer_append_text(out, ", of chains that disagree: to look at, not to quote:\n"));
	}
	TRY(write_bins(&h, p->n_chains * p->n_draws, out));
	return p->n_chains > 1 ? write_chains(r, out) : CF_OK;
}
