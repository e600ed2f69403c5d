#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "work/estimate.h"
#include "work/estimate_posterior.h"

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
	if (isnan(r->lower) && isnan(r->upper) && !r->upper_is_unbounded)
		return snprintf(ret, n, "-");
	return snprintf(ret, n, "%s to %s", persons(r->lower, lower),
		r->upper_is_unbounded ? "no upper end" : persons(r->upper, upper));
}

/* Methods without an estimate for the same reason are named together. */
static int write_missing(const struct estimate_report *r, size_t from, size_t end, struct buffer *out)
{
	CF_CLEANUP(buffer_done) struct buffer names = BUFFER_INIT;
	for (size_t i = from; i < end; i++)
		TRY(buffer_printf(
			&names, "%s%s", i == from ? "  " : ", ", estimate_method_name(r->results[i].method)));
	TRY(buffer_append_text(&names, ": no estimate, "));
	return wrap(out, buffer_text(&names), 4, r->results[from].reason);
}

static int write_result(
	const struct estimate_report *report, const struct estimate_result *r, struct buffer *out)
{
	char total[NUMBER];
	char hidden[NUMBER];
	char interval[3 * NUMBER];
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
	for (size_t i = 0; i < r->n_results;) {
		size_t end = i + 1;
		const char *reason = r->results[i].reason;
		while (reason && end < r->n_results && r->results[end].reason &&
			strcmp(reason, r->results[end].reason) == 0)
			end++;
		TRY(reason ? write_missing(r, i, end, out) : write_result(r, &r->results[i], out));
		i = end;
	}
	bool lacking = false;
	for (size_t i = 0; i < r->n_results; i++)
		lacking = lacking ||
			  (r->results[i].status == ESTIMATE_IDENTIFIED && isnan(r->results[i].lower));
	if (lacking && r->n_bootstrap == 0)
		TRY(buffer_append_text(out, "  (a missing interval: ask for it with --bootstrap 1000)\n"));
	return CF_OK;
}

/* What was worked out for the verdict alone. */
static int write_compared(const struct estimate_report *r, struct buffer *out)
{
	if (r->n_compared == 0)
		return CF_OK;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	for (size_t i = 0; i < r->n_compared; i++) {
		char total[NUMBER];
		double estimate = r->compared[i].estimate;
		TRY(buffer_printf(&text, "%s%s %s", i ? "; " : "",
			estimate_method_name(r->compared[i].method),
			isnan(estimate) ? "none" : persons(estimate, total)));
	}
	return wrap(out, "  For comparison: ", 4, buffer_text(&text));
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
		if (i == r->headline && isfinite(e->monte_carlo_lower) && isfinite(e->monte_carlo_upper))
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

/* The graphs that carry an average over them, with their probabilities. */
static int write_graphs(const struct estimate_result *r, struct buffer *out)
{
	TRY(buffer_append_text(out, "\nMost probable graphs:\n"));
	for (size_t i = 0; i < r->n_rivals; i++) {
		char total[NUMBER];
		TRY(buffer_printf(out, "  %10.3f %10s  %s\n", r->rivals[i].weight,
			persons(r->rivals[i].estimate, total), r->rivals[i].model));
	}
	return CF_OK;
}

static int write_rivals(const struct estimate_result *r, struct buffer *out)
{
	if (r->method == ESTIMATE_GRAPHS && r->n_rivals)
		return write_graphs(r, out);
	/* an average goes over the models that are listed under bic */
	if (r->n_rivals < 2 || r->method == ESTIMATE_AVERAGE)
		return CF_OK;
	TRY(buffer_printf(out,
		"\nModels of nearly the least %s (a difference below 2 is hardly worth mentioning):\n",
		r->method == ESTIMATE_AICC ? "AICc" : "BIC"));
	for (size_t i = 0; i < r->n_rivals; i++) {
		char total[NUMBER];
		TRY(buffer_printf(out, "  %10.2f %10s  %s\n", r->rivals[i].bic,
			persons(r->rivals[i].estimate, total), r->rivals[i].model));
	}
	return r->search_complete ? CF_OK
				  : buffer_append_text(out,
					    "  (found by a downhill search: there were too many models to "
					    "try or rule out all)\n");
}

/* Medians of chains stand under the histogram; too few classes are a reason of the verdict. */
static bool is_said_elsewhere(const char *fact)
{
	return strncmp(fact, "chain_", strlen("chain_")) == 0 || strcmp(fact, "classes_are_few") == 0;
}

/* "posterior mean 21282; delta 0.03125": what a method tells beside its estimate. */
static int write_facts(const struct estimate_result *r, struct buffer *out)
{
	if (r->n_facts == 0)
		return CF_OK;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	for (size_t i = 0; i < r->n_facts; i++) {
		if (is_said_elsewhere(r->facts[i].name))
			continue;
		TRY(buffer_append_text(&text, i ? "; " : ""));
		for (const char *c = r->facts[i].name; *c; c++)
			TRY(buffer_append_char(&text, *c == '_' ? ' ' : *c));
		double value = r->facts[i].value;
		if (isnan(value)) {
			TRY(buffer_append_text(&text, " none"));
			continue;
		}
		TRY(buffer_printf(
			&text, fabs(value) >= 1000 && fabs(value) < 1e15 ? " %.0f" : " %.4g", value));
	}
	char first[64];
	(void)snprintf(first, sizeof first, "\nMore on %s: ", estimate_method_name(r->method));
	return wrap(out, first, 2, buffer_text(&text));
}

/* How much a total moves, either way; without an estimate as far as can be. */
static double shift(double from, double to)
{
	return isfinite(to) ? fmax(to / from, from / to) : INFINITY;
}

static int write_influence(
	const struct overlap_table *t, const struct estimate_influence *c, bool all, struct buffer *out)
{
	double without = all ? c->without_all : c->without_one;
	char total[NUMBER];
	TRY(buffer_printf(out, "  %10s  without %s%" PRIu64 " seen on",
		isnan(without) ? "none" : persons(without, total), all ? "all " : "one of the ", c->count));
	const char *before = (c->pattern & (c->pattern - 1)) == 0 ? " only " : " exactly ";
	for (size_t k = 0; k < t->n_lists; k++) {
		if (!(c->pattern >> k & 1))
			continue;
		TRY(buffer_printf(out, "%s%s", before, t->list_names[k]));
		before = " + ";
	}
	return buffer_append_char(out, '\n');
}

/* The cells that carry most of the leading total: by one person, and by all in them. */
static int write_influences(
	const struct overlap_table *t, const struct estimate_report *r, struct buffer *out)
{
	if (r->n_influences == 0 || r->headline == SIZE_MAX)
		return CF_OK;
	double total = r->results[r->headline].estimate;
	const struct estimate_influence *one = &r->influences[0];
	const struct estimate_influence *all = one;
	for (size_t i = 1; i < r->n_influences; i++) {
		const struct estimate_influence *c = &r->influences[i];
		one = shift(total, c->without_one) > shift(total, one->without_one) ? c : one;
		all = shift(total, c->without_all) > shift(total, all->without_all) ? c : all;
	}
	TRY(buffer_printf(out, "\nTotal by %s without the cells that move it most:\n",
		estimate_method_name(r->results[r->headline].method)));
	TRY(write_influence(t, one, false, out));
	return write_influence(t, all, true, out);
}

static bool any_variant(const struct estimate_report *r)
{
	for (size_t i = 0; i < r->n_variants; i++)
		if (r->variants[i].result.status == ESTIMATE_IDENTIFIED)
			return true;
	return false;
}

static int write_variants(const struct overlap_table *t, const struct estimate_report *r, struct buffer *out)
{
	if (r->n_variants == 0 || !any_variant(r))
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

static int write_reason(const struct estimate_report *r, size_t i, struct buffer *out)
{
	char first[32];
	bool rule = r->reason_rules[i][0] != 'P';
	(void)snprintf(first, sizeof first, rule ? "  - [%s] " : "  - ", r->reason_rules[i]);
	return wrap(out, first, 4, r->reasons[i]);
}

/* To three digits: nobody counts hidden persons one by one. */
static const char *roughly(double value, char ret[NUMBER])
{
	double unit = fmax(pow(10, floor(log10(fmax(value, 1))) - 2), 1);
	return persons(unit * round(value / unit), ret);
}

static int write_plainly(const struct estimate_report *r, struct buffer *out)
{
	const struct estimate_result *e = &r->results[r->headline];
	char total[NUMBER];
	char hidden[NUMBER];
	char lower[NUMBER];
	char upper[NUMBER];
	char text[400];
	size_t n = (size_t)snprintf(text, sizeof text,
		"about %s persons in all: %" PRIu64 " who were seen, and about %s whom no list has seen.",
		roughly(e->estimate, total), r->n_persons,
		roughly(fmax(e->estimate - (double)r->n_persons, 0), hidden));
	if (!isnan(e->lower))
		(void)snprintf(text + n, sizeof text - n, " The data go together with totals from %s %s%s.",
			roughly(e->lower, lower), isnan(e->upper) ? "up, without end" : "to ",
			isnan(e->upper) ? "" : roughly(e->upper, upper));
	return wrap(out, "\nIn plain words: ", 2, text);
}

static int write_verdict(const struct estimate_report *r, struct buffer *out)
{
	if (r->headline == SIZE_MAX)
		TRY(buffer_printf(out, "\nVerdict: %s\n", verdict_text(r->verdict)));
	else
		TRY(write_plainly(r, out));
	if (r->headline != SIZE_MAX)
		TRY(buffer_printf(out, "\nVerdict on the total by %s: %s\n",
			estimate_method_name(r->results[r->headline].method), verdict_text(r->verdict)));
	for (size_t i = 0; i < r->n_reasons; i++)
		TRY(write_reason(r, i, out));
	return CF_OK;
}

static int write_diagnosis(const struct overlap_table *t, const struct estimate_report *r, struct buffer *out)
{
	if (r->n_lists < 2)
		return CF_OK;
	TRY(buffer_append_text(
		out, "\nPairs of lists:  both  if independent  odds ratio among those elsewhere\n"));
	for (size_t i = 0; i < r->n_pairs; i++) {
		const struct estimate_pair *p = &r->pairs[i];
		char expected[NUMBER];
		TRY(buffer_printf(out, "  %19" PRIu64 " %15s  ", p->persons, persons(p->expected, expected)));
		if (isnan(p->odds_ratio))
			TRY(buffer_printf(out, "%-24s", "-"));
		else
			TRY(buffer_printf(out, "%6.2f (%.2f to %.2f)%*s", p->odds_ratio, p->odds_lower,
				p->odds_upper, p->odds_lower > 1 || p->odds_upper < 1 ? 2 : 3,
				p->odds_lower > 1 || p->odds_upper < 1 ? "*" : ""));
		TRY(buffer_printf(out, "  %s, %s\n", t->list_names[p->j], t->list_names[p->k]));
	}
	return CF_OK;
}

static int write_fits(const struct estimate_report *r, struct buffer *out)
{
	bool any = false;
	for (size_t i = 0; i < r->n_results; i++) {
		const struct estimate_result *e = &r->results[i];
		if (isnan(e->fit.pearson) || e->method == ESTIMATE_AVERAGE)
			continue;
		if (!any)
			TRY(buffer_append_text(out, "\nFit to the observed cells:  deviance   Pearson  "
						    "Freeman-Tukey  degrees      p    "
						    "profile interval\n"));
		any = true;
		char lower[NUMBER];
		char upper[NUMBER];
		TRY(buffer_printf(out, "  %-24s %10.1f %9.1f %14.1f %8d ", estimate_method_name(e->method),
			e->deviance, e->fit.pearson, e->fit.freeman_tukey, (int)e->fit.degrees));
		TRY(isnan(e->fit.p_deviance) ? buffer_append_text(out, "     -")
					     : buffer_printf(out, "%6.3f", e->fit.p_deviance));
		if (isnan(e->profile_lower))
			TRY(buffer_append_text(out, "    -\n"));
		else
			TRY(buffer_printf(out, "    %s to %s\n", persons(e->profile_lower, lower),
				e->profile_is_unbounded ? "no upper end" : persons(e->profile_upper, upper)));
	}
	return CF_OK;
}

static int write_settings(const struct estimate_result *e, struct buffer *out)
{
	if (e->n_settings == 0)
		return CF_OK;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	for (size_t i = 0; i < e->n_settings; i++) {
		char total[NUMBER];
		TRY(buffer_printf(&text, "%s%s at %s", i ? "; " : "",
			isnan(e->settings[i].estimate) ? "none" : persons(e->settings[i].estimate, total),
			e->settings[i].label));
	}
	char first[64];
	(void)snprintf(first, sizeof first, "\nOther settings of %s: ", estimate_method_name(e->method));
	return wrap(out, first, 2, buffer_text(&text));
}

/* Methods of their own, whose runs are not repeated for tables with other links. */
static int write_uncorrected(const struct estimate_report *r, bool any, struct buffer *out)
{
	CF_CLEANUP(buffer_done) struct buffer names = BUFFER_INIT;
	for (size_t i = 0; i < r->n_results; i++)
		if (r->results[i].status == ESTIMATE_IDENTIFIED && !r->results[i].corrected.made)
			TRY(buffer_printf(&names, "%s%s", names.n ? ", " : "",
				estimate_method_name(r->results[i].method)));
	return names.n ? buffer_printf(out, "%s not corrected for errors of the record linkage: %s\n",
				 any ? " " : "\n", buffer_text(&names))
		       : CF_OK;
}

static int write_corrected(const struct estimate_report *r, struct buffer *out)
{
	bool any = false;
	for (size_t i = 0; i < r->n_results; i++) {
		const struct estimate_result *e = &r->results[i];
		const struct estimate_corrected *c = &e->corrected;
		char plain[NUMBER];
		char total[NUMBER];
		char lower[NUMBER];
		char upper[NUMBER];
		if (!c->made)
			continue;
		if (!any)
			TRY(buffer_append_text(out, "\nWith the errors of the record linkage undone:\n"));
		any = true;
		TRY(buffer_printf(out, "  %-10s %10s instead of %s", estimate_method_name(e->method),
			persons(c->estimate, total), persons(e->estimate, plain)));
		if (!isnan(c->lower))
			TRY(buffer_printf(out, "   %s to %s", persons(c->lower, lower),
				c->upper_is_unbounded ? "no upper end" : persons(c->upper, upper)));
		TRY(buffer_printf(out, "   (%.0f persons seen)\n", c->persons));
	}
	return r->with_linkage ? write_uncorrected(r, any, out) : CF_OK;
}

int work_estimate_text(const struct overlap_table *t, const struct estimate_report *r,
	const struct work_strata *strata, struct buffer *out)
{
	TRY(write_lists(t, r, out));
	TRY(write_diagnosis(t, r, out));
	TRY(write_results(r, out));
	TRY(write_compared(r, out));
	TRY(write_replicates(r, out));
	TRY(write_corrected(r, out));
	TRY(write_fits(r, out));
	for (size_t i = 0; i < r->n_results; i++)
		TRY(write_rivals(&r->results[i], out));
	for (size_t i = 0; i < r->n_results; i++) {
		TRY(work_posterior_text(&r->results[i], out));
		TRY(write_facts(&r->results[i], out));
		TRY(write_settings(&r->results[i], out));
	}
	TRY(write_variants(t, r, out));
	TRY(write_influences(t, r, out));
	if (strata)
		TRY(work_strata_text(strata, r, out));
	return write_verdict(r, out);
}
