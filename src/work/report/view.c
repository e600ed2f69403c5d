#include "work/report/view.h"

#include <math.h>
#include <string.h>

#include "release/figures.h"
#include "work/report/solve.h"

/* ---- copies ---- */

static int copy_text(const char *text, char **ret, struct cf_error *err)
{
	if (!text)
		return CF_OK;
	*ret = mem_strdup(text);
	return *ret ? CF_OK : error_memory(err);
}

static void copy_party_counts(struct report_view *v, const struct report_party *from, struct view_party *to)
{
	to->n_slots = from->n_slots;
	if (to->rows_known)
		to->rows = suppress_count_above(v->table, to->records, from->n_rows);
	if (to->dropped_known)
		to->dropped = suppress_count(v->table, from->n_dropped_values);
	if (to->coarsened_known)
		to->coarsened = suppress_count(v->table, from->n_coarsened);
}

static int copy_parties(struct report_view *v, const struct report_input *in, struct cf_error *err)
{
	struct view_party known = {.rows_known = true, .dropped_known = true, .coarsened_known = true};
	v->parties = NEW_ARRAY_ZERO(struct view_party, in->n_parties);
	if (!v->parties)
		return error_memory(err);
	v->n_parties = in->n_parties;
	for (size_t i = 0; i < in->n_parties; i++) {
		known.rows_known = known.rows_known && in->parties[i].n_rows != REPORT_UNKNOWN;
		known.dropped_known =
			known.dropped_known && in->parties[i].n_dropped_values != REPORT_UNKNOWN;
		known.coarsened_known = known.coarsened_known && in->parties[i].n_coarsened != REPORT_UNKNOWN;
	}
	for (size_t i = 0; i < in->n_parties; i++) {
		v->parties[i] = known;
		v->parties[i].records = v->table->lists[i];
		copy_party_counts(v, &in->parties[i], &v->parties[i]);
		TRY(copy_text(in->parties[i].name, &v->parties[i].name, err));
	}
	return CF_OK;
}

static int copy_matching(struct report_view *v, const struct report_matching *from, struct cf_error *err)
{
	if (!from)
		return CF_OK;
	v->has_matching = true;
	v->threshold = from->threshold;
	v->tied = suppress_count(v->table, from->n_tied);
	v->conflicts = suppress_count(v->table, from->n_conflicts);
	v->keys = NEW_ARRAY_ZERO(struct view_key, from->n_keys);
	if (!v->keys)
		return error_memory(err);
	v->n_keys = from->n_keys;
	for (size_t i = 0; i < from->n_keys; i++) {
		v->keys[i].weight = from->keys[i].weight;
		v->keys[i].n_slots = from->keys[i].n_slots;
		TRY(copy_text(from->keys[i].name, &v->keys[i].name, err));
	}
	return CF_OK;
}

static int copy_strata(struct report_view *v, const struct report_input *in, struct cf_error *err)
{
	v->strata = NEW_ARRAY_ZERO(struct view_stratum, in->n_strata);
	if (!v->strata)
		return error_memory(err);
	v->n_strata = in->n_strata;
	for (size_t i = 0; i < in->n_strata; i++) {
		struct view_stratum *to = &v->strata[i];
		TRY(copy_text(in->strata[i].column, &to->column, err));
		to->values = NEW_ARRAY_ZERO(char *, in->strata[i].n_values);
		if (!to->values)
			return error_memory(err);
		to->n_values = in->strata[i].n_values;
		for (size_t j = 0; j < to->n_values; j++)
			TRY(copy_text(in->strata[i].values[j], &to->values[j], err));
	}
	return CF_OK;
}

static int copy_disclosures(struct report_view *v, const struct report_input *in, struct cf_error *err)
{
	v->disclosures = NEW_ARRAY_ZERO(struct view_disclosure, in->n_disclosures);
	if (!v->disclosures)
		return error_memory(err);
	v->n_disclosures = in->n_disclosures;
	for (size_t i = 0; i < in->n_disclosures; i++) {
		const struct report_disclosure *d = &in->disclosures[i];
		v->disclosures[i] = (struct view_disclosure){.from = d->from, .to = d->to, .what = d->what};
	}
	return CF_OK;
}

static int copy_names(struct report_view *v, const struct overlap_table *t, struct cf_error *err)
{
	v->names = NEW_ARRAY_ZERO(char *, t->n_lists);
	if (!v->names)
		return error_memory(err);
	v->n_lists = t->n_lists;
	for (size_t i = 0; i < t->n_lists; i++)
		TRY(copy_text(t->list_names[i], &v->names[i], err));
	return CF_OK;
}

static void copy_rules(struct report_view *v, const struct estimate_report *r)
{
	static const char *const rules[] = {"F20", "F21", "F22", "F23", "F7", "F8", "F26", "F29", "F30"};
	bool *const flags[] = {&v->bad_fit, &v->few_decide, &v->setting_decides, &v->linkage_decides,
		&v->methods_decide, &v->methods_decide, &v->chains_disagree, &v->classes_are_few,
		&v->posterior_excludes};
	for (size_t i = 0; i < r->n_reasons; i++)
		for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
			if (strcmp(r->reason_rules[i], rules[k]) == 0)
				*flags[k] = true;
}

static int copy_head(struct report_view *v, const struct report_input *in, struct cf_error *err)
{
	TRY(copy_text(in->title, &v->title, err));
	TRY(copy_text(in->study_id, &v->study_id, err));
	TRY(copy_text(in->epoch, &v->epoch, err));
	TRY(copy_text(in->date, &v->date, err));
	TRY(copy_text(in->suite, &v->suite, err));
	TRY(copy_text(in->analyst, &v->analyst, err));
	TRY(copy_text(in->version, &v->version, err));
	TRY(copy_text(in->options->model, &v->model, err));
	v->k = in->k;
	v->methods = in->options->methods;
	v->p = in->options->p;
	v->order = in->options->order;
	v->level = in->options->level;
	v->n_bootstrap = in->estimate->n_bootstrap;
	v->seed = in->estimate->seed;
	v->strata_collapsed = in->estimate->strata_collapsed;
	v->verdict = in->estimate->verdict;
	copy_rules(v, in->estimate);
	v->headline = in->estimate->headline;
	return CF_OK;
}

/* ---- models ---- */

/* Whether every pair inside a term is one whose overlap the reader knows: at least k, or nobody. */
static bool may_name_term(const struct suppressed_table *t, uint32_t term)
{
	for (size_t j = 0; j < t->n_lists; j++)
		for (size_t k = j + 1; k < t->n_lists; k++)
			if ((term >> j & 1) && (term >> k & 1) && !suppress_pair_is_empty(t, j, k) &&
				!suppress_pair_is_covered(t, j, k))
				return false;
	return true;
}

/* That a term is not in a chosen model tells about its overlap as much as that it is, so what is said of
 * terms between lists with hidden overlaps is the same whether the model has them or not. */
static int copy_terms(struct report_view *v, const struct overlap_table *t,
	const struct estimate_result *from, struct view_result *to, struct cf_error *err)
{
	uint32_t terms[128];
	int n = from->model_digits ? solve_terms(t, from->model_digits, terms, err) : 0;
	if (n < 0)
		return n;
	to->terms = NEW_ARRAY(uint32_t, (size_t)n);
	if (!to->terms)
		return error_memory(err);
	for (int i = 0; i < n; i++)
		if (may_name_term(v->table, terms[i]))
			to->terms[to->n_terms++] = terms[i];
	bool chooses = from->method != ESTIMATE_MAIN && from->method != ESTIMATE_CHAPMAN &&
		       from->method != ESTIMATE_MODEL;
	for (size_t j = 0; j < t->n_lists && chooses; j++)
		for (size_t k = j + 1; k < t->n_lists; k++)
			if (!may_name_term(v->table, UINT32_C(1) << j | UINT32_C(1) << k))
				to->more_terms_possible = true;
	return CF_OK;
}

static enum view_share share_of(uint32_t part, uint32_t rest)
{
	double share = part + rest ? (double)part / ((double)part + rest) : 0;
	if (share > 0.5)
		return VIEW_SHARE_MOST;
	if (share > 0.05)
		return VIEW_SHARE_SOME;
	return part ? VIEW_SHARE_FEW : VIEW_SHARE_NONE;
}

static int copy_result(struct report_view *v, const struct overlap_table *t,
	const struct estimate_result *from, struct view_result *to, struct cf_error *err)
{
	to->method = from->method;
	to->status = from->status;
	to->level = from->level;
	to->has_interval = v->n_bootstrap > 0 && from->status == ESTIMATE_IDENTIFIED;
	to->upper_is_unbounded = from->upper_is_unbounded;
	to->end_is_extreme = from->lower_is_extreme || from->upper_is_extreme;
	to->failed = share_of(from->n_failed, from->n_replicates);
	to->search_complete = from->search_complete;
	to->reselection = from->reselection;
	for (size_t i = 1; i < from->n_rivals; i++)
		to->close_rivals = to->close_rivals || from->rivals[i].bic <= from->rivals[0].bic + 2;
	TRY(copy_text(from->reason, &to->reason, err));
	return copy_terms(v, t, from, to, err);
}

static int copy_results(struct report_view *v, const struct report_input *in, struct cf_error *err)
{
	const struct estimate_report *r = in->estimate;
	v->results = NEW_ARRAY_ZERO(struct view_result, r->n_results);
	v->variants = NEW_ARRAY_ZERO(struct view_variant, r->n_variants);
	v->empty_pairs = NEW_ARRAY_ZERO(struct estimate_empty_pair, r->n_empty_pairs);
	if (!v->results || !v->variants || !v->empty_pairs)
		return error_memory(err);
	v->n_results = r->n_results;
	for (size_t i = 0; i < r->n_results; i++)
		TRY(copy_result(v, in->overlap, &r->results[i], &v->results[i], err));
	v->n_variants = r->n_variants;
	for (size_t i = 0; i < r->n_variants; i++)
		solve_variant(v->n_lists, i, &v->variants[i].merged, &v->variants[i].j, &v->variants[i].k);
	v->n_empty_pairs = r->n_empty_pairs;
	memcpy(v->empty_pairs, r->empty_pairs, r->n_empty_pairs * sizeof *v->empty_pairs);
	return CF_OK;
}

/* ---- figures ---- */

enum { GROUP_ESTIMATES = 0, GROUP_ENDS, GROUP_VARIANTS };

const double view_borders[VIEW_N_BORDERS] = {0.5, 0.75, 4.0 / 3, 2};

struct figures {
	const struct report_input *in;
	struct report_view *v;
	struct solve *solve;
	size_t n;
	struct figure_wanted *wanted;
	struct figure *figures;
	uint64_t *counts;
};

static void figures_done(struct figures *f)
{
	f->solve = solve_free(f->solve);
	f->wanted = mem_free(f->wanted);
	f->figures = mem_free(f->figures);
	f->counts = mem_free(f->counts);
}

static void want_results(struct figures *f)
{
	const struct estimate_report *r = f->in->estimate;
	for (size_t i = 0; i < r->n_results; i++) {
		struct figure_wanted *estimate = &f->wanted[i];
		struct figure_wanted *ends = &f->wanted[r->n_results + 2 * i];
		*estimate = (struct figure_wanted){.value = r->results[i].estimate, .group = GROUP_ESTIMATES};
		ends[0] = (struct figure_wanted){
			.value = r->results[i].lower, .rounding = FIGURE_DOWN, .group = GROUP_ENDS};
		ends[1] = (struct figure_wanted){
			.value = r->results[i].upper, .rounding = FIGURE_UP, .group = GROUP_ENDS};
	}
}

static void want_variants(struct figures *f)
{
	const struct estimate_report *r = f->in->estimate;
	for (size_t i = 0; i < r->n_variants; i++)
		f->wanted[3 * r->n_results + i] =
			(struct figure_wanted){.value = r->variants[i].result.estimate,
				.group = GROUP_VARIANTS,
				.n_borders = r->headline == SIZE_MAX ? 0 : VIEW_N_BORDERS,
				.borders = view_borders,
				.relative_to = r->headline == SIZE_MAX ? 0 : r->headline};
}

static int round_figures(struct figures *f, const struct progress *progress, struct cf_error *err)
{
	TRY(solve_new(f->in->overlap, f->in->estimate, &f->solve, err));
	f->n = solve_n_figures(f->solve);
	f->wanted = NEW_ARRAY_ZERO(struct figure_wanted, f->n);
	f->figures = NEW_ARRAY_ZERO(struct figure, f->n);
	f->counts = NEW_ARRAY_ZERO(uint64_t, f->v->table->n_patterns);
	if (!f->wanted || !f->figures || !f->counts)
		return error_memory(err);
	overlap_collapse(f->in->overlap, f->counts);
	want_results(f);
	want_variants(f);
	struct figure_request q = {.table = f->v->table,
		.counts = f->counts,
		.n = f->n,
		.wanted = f->wanted,
		.function = solve_figures,
		.context = f->solve,
		.progress = progress};
	return figures_round(&q, f->figures, err);
}

static struct view_number number_of(const struct figures *f, size_t i)
{
	const struct figure *figure = &f->figures[i];
	if (!figure->told)
		return (struct view_number){.state = VIEW_WITHHELD};
	if (isnan(f->wanted[i].value))
		return (struct view_number){.state = VIEW_NONE};
	if (!figure->shown || figure->step <= 0)
		return (struct view_number){.state = VIEW_WITHHELD};
	return (struct view_number){.state = VIEW_SHOWN, .value = figure->rounded, .step = figure->step};
}

/* A total is at least the persons seen; that much the reader knows anyway. */
static void raise_to_seen(const struct report_view *v, struct view_number *n)
{
	if (n->state == VIEW_SHOWN)
		n->value = fmax(n->value, (double)v->table->persons.low);
}

static void fill_result(struct figures *f, size_t i)
{
	size_t n_results = f->in->estimate->n_results;
	struct view_result *r = &f->v->results[i];
	r->estimate = number_of(f, i);
	/* that there is an estimate is said in any case: the verdict rests on it */
	if (r->status != ESTIMATE_IDENTIFIED)
		r->estimate.state = VIEW_NONE;
	r->lower = number_of(f, n_results + 2 * i);
	r->upper = number_of(f, n_results + 2 * i + 1);
	if (r->lower.state == VIEW_WITHHELD || r->upper.state == VIEW_WITHHELD ||
		r->estimate.state == VIEW_WITHHELD)
		r->lower = r->upper = (struct view_number){.state = VIEW_WITHHELD};
	if (!r->has_interval)
		r->lower = r->upper = (struct view_number){.state = VIEW_NONE};
	raise_to_seen(f->v, &r->estimate);
	raise_to_seen(f->v, &r->lower);
}

static void fill_variant(struct figures *f, size_t i)
{
	size_t at = 3 * f->in->estimate->n_results + i;
	const struct figure *figure = &f->figures[at];
	struct view_variant *v = &f->v->variants[i];
	v->estimate = number_of(f, at);
	v->placed = figure->shown && figure->step <= 0;
	if (!v->placed)
		return;
	/* the middle of the class finds its number */
	double unit = f->v->results[f->v->headline].estimate.value;
	for (size_t b = 0; b < VIEW_N_BORDERS; b++)
		v->place += figure->low >= view_borders[b] * unit * (1 - 1e-9);
}

static void fill_figures(struct figures *f)
{
	const struct estimate_report *r = f->in->estimate;
	for (size_t i = 0; i < r->n_results; i++)
		fill_result(f, i);
	for (size_t i = 0; i < r->n_variants; i++)
		fill_variant(f, i);
	for (size_t i = 0; i < f->n; i++) {
		const struct figure_wanted *w = &f->wanted[i];
		bool coarse = !f->figures[i].told ||
			      (isfinite(w->value) && f->figures[i].step != figure_step(w, 0));
		f->v->figures_rounded = f->v->figures_rounded || coarse;
	}
}

/* ---- the bootstrap ---- */

/* 1, 2 or 5 times a power of ten, at least x. */
static double nice_step(double x)
{
	double step = pow(10, floor(log10(x)));
	double factor = x / step;
	return step * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
}

/* A histogram of the headline's replicates, only where its interval is shown, no finer than the interval is,
 * the shares in steps of VIEW_BIN_PERCENT; the furthest are counted together. */
static void fill_bins(struct report_view *v, const struct estimate_report *r)
{
	const struct view_result *h = view_headline(v);
	if (!h || h->lower.state != VIEW_SHOWN || h->upper.state != VIEW_SHOWN ||
		h->estimate.state != VIEW_SHOWN)
		return;
	const struct estimate_result *exact = &r->results[v->headline];
	double all = (double)exact->n_replicates + exact->n_failed;
	double low = floor(h->lower.value / h->upper.step) * h->upper.step;
	double span = h->upper.value + (h->upper.value - h->lower.value) / 4 - low;
	double step = nice_step(fmax(fmax(h->upper.step, h->estimate.step), span / (VIEW_MAX_BINS - 4)));
	low = fmax(0, floor(low / step) - 1) * step;
	size_t n = (size_t)ceil((low + span - low) / step) + 2;
	v->n_bins = n < VIEW_MAX_BINS ? n : VIEW_MAX_BINS;
	size_t counts[VIEW_MAX_BINS] = {0};
	for (uint32_t i = 0; i < exact->n_replicates; i++) {
		double at = (exact->replicates[i] - low) / step;
		size_t bin = at < 0 ? 0 : at >= (double)v->n_bins ? v->n_bins - 1 : (size_t)at;
		counts[bin]++;
	}
	for (size_t i = 0; i < v->n_bins; i++) {
		double percent = 100 * (double)counts[i] / all;
		v->bins[i] = (struct view_bin){.low = low + (double)i * step,
			.high = i + 1 < v->n_bins ? low + (double)(i + 1) * step : INFINITY,
			.percent = VIEW_BIN_PERCENT * (unsigned)floor(percent / VIEW_BIN_PERCENT + 0.5)};
	}
}

/* ---- the whole ---- */

const struct view_result *view_headline(const struct report_view *v)
{
	return v->headline < v->n_results ? &v->results[v->headline] : NULL;
}

bool view_spread(const struct report_view *v, double *ret_low, double *ret_high)
{
	bool any = false;
	for (size_t i = 0; i < v->n_results; i++) {
		if (v->results[i].estimate.state != VIEW_SHOWN)
			continue;
		double value = v->results[i].estimate.value;
		*ret_low = any ? fmin(*ret_low, value) : value;
		*ret_high = any ? fmax(*ret_high, value) : value;
		any = true;
	}
	return any;
}

static int check_party(const struct report_input *in, size_t i, struct cf_error *err)
{
	const struct report_party *p = &in->parties[i];
	if (p->n_records != overlap_list_size(in->overlap, i))
		return error_set(err, CF_E_USAGE,
			"party %zu: its records are not as many as its list in the table", i + 1);
	if (p->n_rows < p->n_records)
		return error_set(err, CF_E_USAGE, "party %zu: it has fewer rows than records", i + 1);
	return CF_OK;
}

static int check_input(const struct report_input *in, struct cf_error *err)
{
	if (in->n_parties && in->n_parties != in->overlap->n_lists)
		return error_set(err, CF_E_USAGE, "the report was given %zu parties for a table of %zu lists",
			in->n_parties, in->overlap->n_lists);
	for (size_t i = 0; i < in->n_parties; i++)
		TRY(check_party(in, i, err));
	for (size_t i = 0; i < in->n_disclosures; i++) {
		const struct report_disclosure *d = &in->disclosures[i];
		int n = (int)in->n_parties;
		if (d->from < 0 || d->from >= n || d->to < REPORT_EVERY_PARTY || d->to >= n ||
			(unsigned)d->what >= REPORT_N_DISCLOSED)
			return error_set(err, CF_E_USAGE, "disclosure %zu names what is not there", i + 1);
	}
	return CF_OK;
}

static int build(struct report_view *v, const struct report_input *in, const struct progress *progress,
	struct cf_error *err)
{
	TRY(check_input(in, err));
	TRY(suppress_table(in->overlap, in->k, &v->table, err));
	TRY(copy_head(v, in, err));
	TRY(copy_names(v, in->overlap, err));
	TRY(copy_parties(v, in, err));
	TRY(copy_matching(v, in->matching, err));
	TRY(copy_strata(v, in, err));
	TRY(copy_disclosures(v, in, err));
	TRY(copy_results(v, in, err));
	CF_CLEANUP(figures_done) struct figures f = {.in = in, .v = v};
	TRY(round_figures(&f, progress, err));
	fill_figures(&f);
	fill_bins(v, in->estimate);
	return view_explain(v, err);
}

int report_view_new(const struct report_input *input, const struct progress *progress,
	struct report_view **ret, struct cf_error *err)
{
	CF_CLEANUP_REPORT_VIEW struct report_view *v = NEW(struct report_view);
	if (!v)
		return error_memory(err);
	TRY(build(v, input, progress, err));
	*ret = TAKE(v);
	return CF_OK;
}

static void free_texts(char **texts, size_t n)
{
	for (size_t i = 0; texts && i < n; i++)
		texts[i] = mem_free(texts[i]);
}

static void free_head(struct report_view *v)
{
	char **texts[] = {
		&v->title, &v->study_id, &v->epoch, &v->date, &v->suite, &v->analyst, &v->version, &v->model};
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = mem_free(*texts[i]);
	free_texts(v->names, v->n_lists);
	v->names = mem_free(v->names);
	free_texts(v->reasons, v->n_reasons);
	v->reasons = mem_free(v->reasons);
}

struct report_view *report_view_free(struct report_view *v)
{
	if (!v)
		return NULL;
	free_head(v);
	v->table = suppress_free(v->table);
	for (size_t i = 0; i < v->n_parties; i++)
		v->parties[i].name = mem_free(v->parties[i].name);
	for (size_t i = 0; i < v->n_keys; i++)
		v->keys[i].name = mem_free(v->keys[i].name);
	for (size_t i = 0; i < v->n_strata; i++) {
		v->strata[i].column = mem_free(v->strata[i].column);
		free_texts(v->strata[i].values, v->strata[i].n_values);
		v->strata[i].values = mem_free(v->strata[i].values);
	}
	for (size_t i = 0; i < v->n_results; i++) {
		v->results[i].terms = mem_free(v->results[i].terms);
		v->results[i].reason = mem_free(v->results[i].reason);
	}
	v->parties = mem_free(v->parties);
	v->keys = mem_free(v->keys);
	v->strata = mem_free(v->strata);
	v->disclosures = mem_free(v->disclosures);
	v->results = mem_free(v->results);
	v->variants = mem_free(v->variants);
	v->empty_pairs = mem_free(v->empty_pairs);
	return mem_free(v);
}
