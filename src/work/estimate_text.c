#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "work/estimate.h"

enum { LINE = 96, NUMBER = 32 };

/* A whole number of persons; beyond a million billion only its size is meant. */
static const char *persons(double value, char ret[NUMBER])
{
	if (isnan(value))
		(void)snprintf(ret, NUMBER, "-");
	else
		(void)snprintf(ret, NUMBER, fabs(value) < 1e15 ? "%.0f" : "%.4g", value);
	return ret;
}

/* Appends text broken between words at LINE columns, later lines indented. */
static int wrap(struct buffer *out, const char *first, size_t indent, const char *text)
{
	TRY(buffer_append_text(out, first));
	size_t column = text_length(first, strlen(first));
	bool fresh = true;
	while (*text) {
		size_t n = strcspn(text, " ");
		size_t width = text_length(text, n);
		if (!fresh && column + 1 + width > LINE) {
			TRY(buffer_printf(out, "\n%*s", (int)indent, ""));
			column = indent;
			fresh = true;
		}
		TRY(buffer_append_text(out, fresh ? "" : " "));
		TRY(buffer_append(out, text, n));
		column += width + !fresh;
		fresh = false;
		text += n;
		text += strspn(text, " ");
	}
	return buffer_append_char(out, '\n');
}

static int write_lists(const struct overlap_table *t, const struct estimate_report *r, struct buffer *out)
{
	TRY(buffer_printf(out, "%" PRIu64 " persons on %zu list%s:\n", r->n_persons, t->n_lists,
		t->n_lists == 1 ? "" : "s"));
	for (size_t i = 0; i < t->n_lists; i++)
		TRY(buffer_printf(out, "  %10" PRIu64 "  %s\n", overlap_list_size(t, i), t->list_names[i]));
	if (r->strata_collapsed)
		TRY(buffer_append_text(
			out, "The table's strata were added up: estimates are for all persons together.\n"));
	if (r->n_empty_pairs == 0)
		return t->n_lists > 1 ? buffer_append_text(out, "Every pair of lists shares somebody.\n")
				      : CF_OK;
	CF_CLEANUP(buffer_done) struct buffer pairs = BUFFER_INIT;
	for (size_t i = 0; i < r->n_empty_pairs; i++)
		TRY(buffer_printf(&pairs, "%s%s and %s", i ? "; " : "", t->list_names[r->empty_pairs[i].j],
			t->list_names[r->empty_pairs[i].k]));
	TRY(buffer_append_char(&pairs, '.'));
	return wrap(out, "Pairs of lists that share nobody: ", 2, buffer_text(&pairs));
}

static int write_interval(const struct estimate_result *r, char *ret, size_t n)
{
	char lower[NUMBER];
	char upper[NUMBER];
	if (r->n_replicates + r->n_failed == 0)
		return snprintf(ret, n, "-");
	return snprintf(ret, n, "%s to %s", persons(r->lower, lower),
		r->upper_is_unbounded ? "no upper end" : persons(r->upper, upper));
}

static int write_result(
	const struct estimate_report *report, const struct estimate_result *r, struct buffer *out)
{
	char total[NUMBER];
	char hidden[NUMBER];
	char interval[3 * NUMBER];
	char first[64];
	if (r->status != ESTIMATE_IDENTIFIED) {
		(void)snprintf(first, sizeof first, "  %-10s no estimate: ", estimate_method_name(r->method));
		return wrap(out, first, 13, r->reason);
	}
	(void)write_interval(r, interval, sizeof interval);
	return buffer_printf(out, "  %-10s %10s %10s   %-22s  %s\n", estimate_method_name(r->method),
		persons(r->estimate, total), persons(r->estimate - (double)report->n_persons, hidden),
		interval, r->model);
}

static int write_results(const struct estimate_report *r, struct buffer *out)
{
	char interval[40];
	(void)snprintf(interval, sizeof interval, "%g %% interval", 100 * r->results[0].level);
	TRY(buffer_printf(
		out, "\n  %-10s %10s %10s   %-22s  %s\n", "method", "total", "hidden", interval, "model"));
	for (size_t i = 0; i < r->n_results; i++)
		TRY(write_result(r, &r->results[i], out));
	if (r->headline != SIZE_MAX && r->n_bootstrap == 0)
		TRY(buffer_append_text(out, "  (no intervals: ask for them with --bootstrap 1000)\n"));
	return CF_OK;
}

static int write_replicates(const struct estimate_report *r, struct buffer *out)
{
	for (size_t i = 0; i < r->n_results; i++) {
		const struct estimate_result *e = &r->results[i];
		char text[400];
		size_t n = 0;
		if (e->n_failed)
			n += (size_t)snprintf(text + n, sizeof text - n,
				"%" PRIu32 " of %" PRIu32
				" replicates had no finite estimate and stand at the far end. ",
				e->n_failed, r->n_bootstrap);
		if (e->n_unproved)
			n += (size_t)snprintf(text + n, sizeof text - n,
				"In %" PRIu32 " replicates the search for the least BIC went over the "
				"best-ranked or nearest "
				"models only. ",
				e->n_unproved);
		if (isfinite(e->monte_carlo_lower) && isfinite(e->monte_carlo_upper))
			n += (size_t)snprintf(text + n, sizeof text - n,
				"With other random numbers the ends would move by about %.0f and %.0f. ",
				e->monte_carlo_lower, e->monte_carlo_upper);
		if (n == 0)
			continue;
		char first[32];
		(void)snprintf(first, sizeof first, "  %s: ", estimate_method_name(e->method));
		TRY(wrap(out, first, 4, text));
	}
	return CF_OK;
}

static int write_rivals(const struct estimate_result *r, struct buffer *out)
{
	if (r->n_rivals < 2)
		return CF_OK;
	TRY(buffer_append_text(out,
		"\nModels of nearly the least BIC (a difference below 2 is hardly worth mentioning):\n"));
	for (size_t i = 0; i < r->n_rivals; i++) {
		char total[NUMBER];
		TRY(buffer_printf(out, "  %10.2f %10s  %s\n", r->rivals[i].bic,
			persons(r->rivals[i].estimate, total), r->rivals[i].model));
	}
	return r->search_complete ? CF_OK
				  : buffer_append_text(out, "  (found by a downhill search: there were too "
							    "many models to try or rule out all)\n");
}

static int write_variants(const struct overlap_table *t, const struct estimate_report *r, struct buffer *out)
{
	if (r->n_variants == 0)
		return CF_OK;
	TRY(buffer_printf(out, "\nTotal by %s when a list is left out, or two are merged:\n",
		estimate_method_name(r->variants[0].result.method)));
	double low = NAN;
	double high = NAN;
	size_t n_missing = 0;
	for (size_t i = 0; i < r->n_variants; i++) {
		const struct estimate_variant *v = &r->variants[i];
		char total[NUMBER];
		if (i < t->n_lists) {
			TRY(buffer_printf(out, "  %10s  %s\n",
				isnan(v->result.estimate) ? "none" : persons(v->result.estimate, total),
				v->label));
			continue;
		}
		n_missing += isnan(v->result.estimate);
		low = fmin(low, v->result.estimate);
		high = fmax(high, v->result.estimate);
	}
	char from[NUMBER];
	char to[NUMBER];
	if (!isnan(low))
		TRY(buffer_printf(
			out, "  %s to %s with two lists merged\n", persons(low, from), persons(high, to)));
	if (n_missing)
		TRY(buffer_printf(out, "  no estimate with %zu of the merged pairs\n", n_missing));
	return CF_OK;
}

static const char *verdict_text(enum estimate_verdict v)
{
	return v == ESTIMATE_PUBLISHABLE ? "publishable"
	       : v == ESTIMATE_FRAGILE   ? "fragile"
					 : "not estimable";
}

static int write_verdict(const struct estimate_report *r, struct buffer *out)
{
	if (r->headline == SIZE_MAX)
		TRY(buffer_printf(out, "\nVerdict: %s\n", verdict_text(r->verdict)));
	else
		TRY(buffer_printf(out, "\nVerdict on the total by %s: %s\n",
			estimate_method_name(r->results[r->headline].method), verdict_text(r->verdict)));
	for (size_t i = 0; i < r->n_reasons; i++)
		TRY(wrap(out, "  - ", 4, r->reasons[i]));
	return CF_OK;
}

int work_estimate_text(const struct overlap_table *t, const struct estimate_report *r, struct buffer *out)
{
	TRY(write_lists(t, r, out));
	TRY(write_results(r, out));
	TRY(write_replicates(r, out));
	for (size_t i = 0; i < r->n_results; i++)
		TRY(write_rivals(&r->results[i], out));
	TRY(write_variants(t, r, out));
	return write_verdict(r, out);
}
