/*
 * report.json: what the page says, for programs. A count is an object {"value", "low", "high", "suppressed"}:
 * value is null unless exact. The fields are described in docs/report.md; they may grow, and "version" rises
 * when one changes its meaning or goes.
 */
#include <math.h>

#include "base/json.h"
#include "work/report/report.h"
#include "work/report/view.h"

enum { FORMAT_VERSION = 1, MAX_HIDDEN_ROWS = 600 };

/* suppressed: the number is hidden because it is small, or may be; otherwise a range stands for a larger one.
 */
static void write_range(struct json *j, const char *key, struct suppress_range range)
{
	bool exact = range.low == range.high;
	json_key(j, key);
	json_begin_object(j);
	json_key(j, "value");
	if (exact)
		json_unsigned(j, range.low);
	else
		json_null(j);
	json_key_unsigned(j, "low", range.low);
	json_key_unsigned(j, "high", range.high);
	json_key_boolean(j, "suppressed", !exact);
	json_end(j);
}

static void write_number(struct json *j, const char *key, const struct view_number *n)
{
	static const char *const states[] = {"none", "withheld", "rounded"};
	json_key(j, key);
	json_begin_object(j);
	json_key(j, "value");
	if (n->state == VIEW_SHOWN)
		json_unsigned(j, (uint64_t)llround(n->value));
	else
		json_null(j);
	json_key(j, "rounded_to");
	if (n->state == VIEW_SHOWN)
		json_unsigned(j, (uint64_t)llround(n->step));
	else
		json_null(j);
	json_key_text(j, "state", states[n->state]);
	json_end(j);
}

static void write_names(struct json *j, const char *key, const struct report_view *v, uint32_t lists)
{
	json_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < v->n_lists; i++)
		if (lists >> i & 1)
			json_text(j, v->names[i]);
	json_end(j);
}

static void write_study(struct json *j, const struct report_view *v)
{
	json_key(j, "study");
	json_begin_object(j);
	json_key_text(j, "title", v->title);
	json_key_text(j, "id", v->study_id);
	json_key_text(j, "epoch", v->epoch);
	json_key_text(j, "date", v->date);
	json_key_text(j, "analyst", v->analyst);
	json_key_text(j, "suite", v->suite);
	json_end(j);
}

/* ---- the table ---- */

static void write_lists(struct json *j, const struct report_view *v)
{
	json_key(j, "lists");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_lists; i++) {
		json_begin_object(j);
		json_key_text(j, "name", v->names[i]);
		write_range(j, "persons", v->table->lists[i]);
		if (i < v->n_parties) {
			const struct view_party *p = &v->parties[i];
			json_key_text(j, "party", p->name);
			if (p->rows_known)
				write_range(j, "rows", p->rows);
			if (p->dropped_known)
				write_range(j, "dropped_values", p->dropped);
			if (p->coarsened_known)
				write_range(j, "coarsened_records", p->coarsened);
			json_key_unsigned(j, "slots", p->n_slots);
		}
		json_end(j);
	}
	json_end(j);
}

static void write_pattern(struct json *j, const struct report_view *v, uint32_t pattern)
{
	struct suppress_range range = {v->table->count[pattern], v->table->count[pattern]};
	if (v->table->state[pattern] == SUPPRESS_HIDDEN)
		range = (struct suppress_range){0, v->table->k - 1};
	json_begin_object(j);
	write_names(j, "on", v, pattern);
	write_range(j, "persons", range);
	json_end(j);
}

static void write_patterns(struct json *j, const struct report_view *v)
{
	const struct suppressed_table *t = v->table;
	json_key(j, "combinations");
	json_begin_array(j);
	for (uint32_t p = 1; p < t->n_patterns; p++)
		if (t->state[p] == SUPPRESS_SHOWN ||
			(t->state[p] == SUPPRESS_HIDDEN && t->n_hidden <= MAX_HIDDEN_ROWS))
			write_pattern(j, v, p);
	json_end(j);
	json_key(j, "hidden_combinations");
	json_begin_object(j);
	json_key_unsigned(j, "number", t->n_hidden);
	write_range(j, "persons", t->hidden);
	json_end(j);
}

static void write_pairs(struct json *j, const struct report_view *v)
{
	json_key(j, "pairs");
	json_begin_array(j);
	for (size_t a = 0; a < v->n_lists; a++)
		for (size_t b = a + 1; b < v->n_lists; b++) {
			json_begin_object(j);
			write_names(j, "lists", v, UINT32_C(1) << a | UINT32_C(1) << b);
			write_range(j, "persons", v->table->pairs[a * v->n_lists + b]);
			json_key_boolean(j, "never_overlap", suppress_pair_is_empty(v->table, a, b));
			json_end(j);
		}
	json_end(j);
}

/* ---- the estimates ---- */

static void write_model(struct json *j, const struct report_view *v, const struct view_result *r)
{
	json_key(j, "dependences");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_terms; i++) {
		json_begin_array(j);
		for (size_t list = 0; list < v->n_lists; list++)
			if (r->terms[i] >> list & 1)
				json_text(j, v->names[list]);
		json_end(j);
	}
	json_end(j);
	json_key_boolean(j, "further_dependences_possible", r->more_terms_possible);
}

static void write_result(struct json *j, const struct report_view *v, const struct view_result *r)
{
	static const char *const shares[] = {"none", "few", "many", "most"};
	json_begin_object(j);
	json_key_text(j, "method", estimate_method_name(r->method));
	json_key_text(j, "status", estimate_status_name(r->status));
	json_key_text(j, "reason", r->reason);
	write_model(j, v, r);
	write_number(j, "estimate", &r->estimate);
	write_number(j, "lower", &r->lower);
	write_number(j, "upper", &r->upper);
	json_key_number(j, "level", r->level);
	json_key_boolean(j, "upper_is_unbounded", r->upper_is_unbounded);
	json_key_text(j, "replicates_without_estimate", shares[r->failed]);
	json_key_boolean(j, "search_complete", r->search_complete);
	json_end(j);
}

static void write_estimates(struct json *j, const struct report_view *v)
{
	double low;
	double high;
	const struct view_result *h = view_headline(v);
	json_key_text(j, "verdict", estimate_verdict_name(v->verdict));
	json_key(j, "reasons");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_reasons; i++)
		json_text(j, v->reasons[i]);
	json_end(j);
	json_key_text(j, "headline", h ? estimate_method_name(h->method) : NULL);
	json_key(j, "range_across_methods");
	if (view_spread(v, &low, &high)) {
		json_begin_object(j);
		json_key_unsigned(j, "low", (uint64_t)llround(low));
		json_key_unsigned(j, "high", (uint64_t)llround(high));
		json_end(j);
	} else {
		json_null(j);
	}
	json_key(j, "estimates");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_results; i++)
		write_result(j, v, &v->results[i]);
	json_end(j);
}

static void write_bootstrap(struct json *j, const struct report_view *v)
{
	json_key(j, "bootstrap_histogram");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_bins; i++) {
		json_begin_object(j);
		json_key_number(j, "from", v->bins[i].low);
		json_key_number(j, "to", v->bins[i].high); /* infinity becomes null */
		json_key_unsigned(j, "percent", v->bins[i].percent);
		json_end(j);
	}
	json_end(j);
}

static void write_place(struct json *j, const struct view_variant *x)
{
	json_key(j, "times_headline");
	if (!x->placed) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_number(j, "from", x->place ? view_borders[x->place - 1] : 0);
	json_key_number(j, "to", x->place < VIEW_N_BORDERS ? view_borders[x->place] : INFINITY);
	json_end(j);
}

static void write_stability(struct json *j, const struct report_view *v)
{
	json_key(j, "stability");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_variants; i++) {
		const struct view_variant *x = &v->variants[i];
		json_begin_object(j);
		write_names(
			j, x->merged ? "merged" : "left_out", v, UINT32_C(1) << x->j | UINT32_C(1) << x->k);
		write_number(j, "estimate", &x->estimate);
		write_place(j, x);
		json_end(j);
	}
	json_end(j);
	json_key(j, "pairs_that_never_overlap");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_empty_pairs; i++) {
		json_begin_array(j);
		json_text(j, v->names[v->empty_pairs[i].j]);
		json_text(j, v->names[v->empty_pairs[i].k]);
		json_end(j);
	}
	json_end(j);
}

/* ---- how it came about ---- */

static const char *receiver(const struct report_view *v, int to)
{
	if (to == REPORT_ANALYST)
		return "analyst";
	return to == REPORT_EVERY_PARTY ? "every party" : v->parties[to].name;
}

static void write_disclosures(struct json *j, const struct report_view *v)
{
	static const char *const kinds[] = {
		"blinded_records", "final_tokens", "list_size", "strata", "commitment", "card"};
	json_key(j, "disclosures");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_disclosures; i++) {
		const struct view_disclosure *d = &v->disclosures[i];
		json_begin_object(j);
		json_key_text(j, "from", v->parties[d->from].name);
		json_key_text(j, "to", receiver(v, d->to));
		json_key_boolean(j, "to_a_party", d->to >= 0);
		json_key_text(j, "what", kinds[d->what]);
		json_end(j);
	}
	json_end(j);
}

static void write_matching(struct json *j, const struct report_view *v)
{
	json_key(j, "matching");
	if (!v->has_matching) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_number(j, "threshold", v->threshold);
	write_range(j, "ties_left_out", v->tied);
	write_range(j, "conflicts_left_out", v->conflicts);
	json_key(j, "keys");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_keys; i++) {
		json_begin_object(j);
		json_key_text(j, "name", v->keys[i].name);
		json_key_number(j, "weight", v->keys[i].weight);
		json_key_unsigned(j, "slots", v->keys[i].n_slots);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void write_strata(struct json *j, const struct report_view *v)
{
	json_key(j, "strata");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_strata; i++) {
		json_begin_object(j);
		json_key_text(j, "column", v->strata[i].column);
		json_key(j, "values");
		json_begin_array(j);
		for (size_t k = 0; k < v->strata[i].n_values; k++)
			json_text(j, v->strata[i].values[k]);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

static void write_parameters(struct json *j, const struct report_view *v)
{
	json_key(j, "parameters");
	json_begin_object(j);
	json_key_number(j, "p", v->p);
	json_key_integer(j, "order", v->order);
	json_key_number(j, "level", v->level);
	json_key_unsigned(j, "bootstrap", v->n_bootstrap);
	json_key_unsigned(j, "seed", v->seed);
	json_key_text(j, "model", v->model);
	json_key_boolean(j, "strata_added_up", v->strata_collapsed);
	json_end(j);
}

static void write_all(struct json *j, const struct report_view *v)
{
	json_begin_object(j);
	json_key_text(j, "format", "counterfoil-report");
	json_key_unsigned(j, "version", FORMAT_VERSION);
	json_key_text(j, "program", v->version);
	write_study(j, v);
	json_key_unsigned(j, "k", v->k);
	json_key_unsigned(j, "range_step", v->table->step);
	json_key_boolean(j, "figures_coarsened", v->figures_rounded);
	write_estimates(j, v);
	write_range(j, "persons", v->table->persons);
	write_lists(j, v);
	write_patterns(j, v);
	write_pairs(j, v);
	write_bootstrap(j, v);
	write_stability(j, v);
	write_disclosures(j, v);
	write_matching(j, v);
	write_strata(j, v);
	write_parameters(j, v);
	json_end(j);
}

int report_json(const struct report_view *view, struct buffer *out, struct cf_error *err)
{
	struct json j;
	json_init(&j, out, true);
	write_all(&j, view);
	int status = json_finish(&j);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	return status < 0 ? error_set(err, status, "the report could not be written as JSON") : CF_OK;
}
