#include "estimate/estimate.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "estimate/diagnosis.h"
#include "estimate/engines.h"
#include "estimate/options.h"
#include "estimate/profile.h"
#include "estimate/report.h"

enum { MAX_LISTS_FOR_VARIANTS = 6 }; /* by engines: with more lists each takes seconds */

/* What the caller gave. */
struct request {
	const struct overlap_table *t;
	const struct estimate_options *options;
	struct job_pool *pool;
	const struct progress *progress;
	bool full; /* with what estimate_run_full adds */
};

/* One table under work: the table, a chooser for each method, scratch. */
struct task {
	const struct overlap_table *t;
	const struct estimate_options *options;
	struct loglinear_table dense;
	struct select_bench bench;
	size_t n_choosers;
	struct chooser choosers[ESTIMATE_N_METHODS];
};

static void task_done(struct task *k)
{
	loglinear_table_done(&k->dense);
	select_bench_done(&k->bench);
	for (size_t i = 0; i < k->n_choosers; i++)
		chooser_done(&k->choosers[i]);
}

static uint32_t bit(enum estimate_method m)
{
	return UINT32_C(1) << m;
}

/* What one fit costs, in operations of which a core does some 10^10 a second: transforms over the cells,
 * exponentials, elimination, a handful of iterations. */
static double cost_of_fit(uint32_t n_lists, int order)
{
	double cells = ldexp(1, (int)n_lists);
	double terms = n_lists + 1;
	double choose = n_lists;
	for (int size = 2; size <= order && size <= (int)n_lists; size++) {
		choose = choose * (n_lists + 1 - size) / size;
		terms += choose;
	}
	terms = fmin(terms, fmin(cells, HIERARCHY_MAX_TERMS));
	return 8 * (cells * n_lists * 2 + 10 * cells + terms * terms * terms / 6 + 4 * terms * terms);
}

/* A search of the data may take a second or so. */
static uint64_t affordable_fits(uint32_t n_lists, int order)
{
	return (uint64_t)fmin(fmax(1e10 / cost_of_fit(n_lists, order), 1000), 1e6);
}

/* A replicate repeats the whole search where that took less than some 20 milliseconds on the data, and may
 * then take ten times as long; else it chooses among the best models of the data. */
static void plan_reselection(struct chooser *c, uint32_t n_lists)
{
	double cost = (double)c->search->n_fits * cost_of_fit(n_lists, c->order);
	double affordable = c->method == ESTIMATE_AVERAGE ? 5e7 : 2e8;
	c->full_reselection = c->method == ESTIMATE_DOWNHILL || (c->search->complete && cost < affordable);
	c->max_fits = 10 * c->search->n_fits + 1000;
}

/* The downhill search goes over all orders, as far as models can be held. */
static int largest_order(uint32_t n_lists)
{
	double terms = n_lists + 1;
	double choose = n_lists;
	int order = 1;
	while (order + 1 < (int)n_lists) {
		choose = choose * (n_lists - order) / (order + 1);
		terms += choose;
		if (terms > HIERARCHY_MAX_TERMS)
			break;
		order++;
	}
	return order;
}

static int add_chooser(struct task *k, enum estimate_method m, struct cf_error *err)
{
	const struct estimate_options *o = k->options;
	struct chooser *c = &k->choosers[k->n_choosers++];
	*c = (struct chooser){.method = m, .log_p = log(o->p), .order = o->order, .estimate = NAN};
	c->criterion = m == ESTIMATE_AICC ? SEARCH_AICC : SEARCH_BIC;
	if (m == ESTIMATE_MODEL)
		return hierarchy_parse(o->model, k->dense.n_lists, k->t->list_names, &c->model, err);
	if (m == ESTIMATE_DOWNHILL)
		c->order = largest_order(k->dense.n_lists);
	c->max_fits = affordable_fits(k->dense.n_lists, c->order);
	return chooser_init(c, err);
}

static int task_begin(struct task *k, uint32_t methods, struct cf_error *err)
{
	TRY(loglinear_table_from_overlap(&k->dense, k->t, err));
	bool with_search = false;
	for (int m = 0; m < ESTIMATE_N_METHODS; m++)
		with_search = with_search || (methods & bit(m) && chooser_searches(m));
	TRY(select_bench_init(&k->bench, k->dense.n_lists, with_search, err));
	for (int m = 0; m < ESTIMATE_N_METHODS; m++) {
		if (!(methods & bit(m)) || engine_owns(m))
			continue;
		TRY(add_chooser(k, m, err));
		TRY(chooser_choose(&k->choosers[k->n_choosers - 1], &k->bench, &k->dense, err));
	}
	return CF_OK;
}

static void rank_models(struct chooser *c)
{
	for (size_t i = 0; i < c->search->n_kept; i++)
		c->ranked[i] = c->search->kept[i].model;
}

/* The choosers that have an estimate, made ready for replicates: searches begin at the best models of the
 * data.
 */
struct wanted {
	struct chooser choosers[ESTIMATE_N_METHODS];
	struct estimate_result *results[ESTIMATE_N_METHODS];
	struct replicate_plan plan;
};

static void want(struct task *k, struct estimate_report *report, struct wanted *ret)
{
	ret->plan = (struct replicate_plan){.t = &k->dense,
		.choosers = ret->choosers,
		.n_replicates = k->options->n_bootstrap,
		.seed = k->options->seed};
	for (size_t i = 0; i < k->n_choosers; i++) {
		struct chooser *c = &k->choosers[i];
		if (!isfinite(report->results[i].estimate))
			continue;
		if (chooser_searches(c->method)) {
			rank_models(c);
			plan_reselection(c, k->dense.n_lists);
			ret->plan.with_search = true;
		}
		ret->results[ret->plan.n_choosers] = &report->results[i];
		ret->choosers[ret->plan.n_choosers++] = *c;
	}
}

static int bootstrap(struct wanted *w, const struct request *q, struct cf_error *err)
{
	CF_CLEANUP(replicate_results_done) struct replicate_results results = {0};
	TRY(replicate_run(&w->plan, q->pool, q->progress, &results, err));
	for (size_t i = 0; i < w->plan.n_choosers; i++)
		TRY(report_add_interval(&results, i, &w->choosers[i], w->results[i], err));
	return CF_OK;
}

static bool is_perfect(const struct estimate_share *s)
{
	return s->low >= 1 && s->high >= 1;
}

static int correct(struct wanted *w, const struct request *q, struct cf_error *err)
{
	enum { IMPUTATIONS = 200 };
	CF_CLEANUP(replicate_results_done) struct replicate_results imputed = {0};
	CF_CLEANUP(replicate_results_done) struct replicate_results resampled = {0};
	w->plan.linkage = q->options;
	if (w->plan.n_replicates)
		TRY(replicate_run(&w->plan, q->pool, q->progress, &resampled, err));
	w->plan.keep_sample = true;
	w->plan.n_replicates = IMPUTATIONS;
	TRY(replicate_run(&w->plan, q->pool, q->progress, &imputed, err));
	for (size_t i = 0; i < w->plan.n_choosers; i++)
		report_add_corrected(&imputed, &resampled, i, w->results[i]);
	return CF_OK;
}

static int replicate_all(
	struct task *k, const struct request *q, struct estimate_report *r, struct cf_error *err)
{
	struct wanted w = {0};
	want(k, r, &w);
	if (w.plan.n_choosers == 0)
		return CF_OK;
	if (q->options->n_bootstrap)
		TRY(bootstrap(&w, q, err));
	if (r->with_linkage)
		TRY(correct(&w, q, err));
	return CF_OK;
}

/* What stepwise gives at other thresholds. */
static int try_thresholds(struct task *k, struct estimate_result *ret, struct cf_error *err)
{
	static const double thresholds[] = {0.001, 0.005, 0.01, 0.02, 0.05, 0.1};
	for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
		struct selection s;
		TRY(select_stepwise(&k->bench, &k->dense, log(thresholds[i]), NULL, &s, err));
		char label[ESTIMATE_SETTING_LABEL];
		(void)snprintf(label, sizeof label, "p %g", thresholds[i]);
		report_add_setting(ret, label, s.total, NAN, NAN);
	}
	return CF_OK;
}

/* What goes beyond the number: profile interval, fit, other settings. */
static int describe_more(
	struct task *k, const struct chooser *c, struct estimate_result *r, struct cf_error *err)
{
	if (r->status != ESTIMATE_IDENTIFIED)
		return CF_OK;
	if (c->method == ESTIMATE_CHAPMAN) {
		r->log_hidden_variance = select_chapman_log_variance(&k->dense);
		return CF_OK;
	}
	report_add_fit(&k->bench, &k->dense, &c->point, r);
	if (c->method == ESTIMATE_STEPWISE)
		TRY(try_thresholds(k, r, err));
	if (c->method == ESTIMATE_AVERAGE)
		return CF_OK; /* no single model to profile */
	struct profile_interval p;
	TRY(profile_interval(&k->bench, &k->dense, &c->point, r->level, &p, err));
	r->profile_lower = p.lower;
	r->profile_upper = p.upper;
	r->profile_is_unbounded = p.unbounded;
	return CF_OK;
}

/* The result to lead with: the model the user asked for; with two lists Chapman; else stepwise, whose
 * intervals have been studied most (Chan, Silverman and Vincent 2021), then other ways to choose, then main
 * effects. */
static size_t find_headline(const struct estimate_report *r)
{
	static const enum estimate_method order[] = {ESTIMATE_MODEL, ESTIMATE_CHAPMAN, ESTIMATE_STEPWISE,
		ESTIMATE_BIC, ESTIMATE_AVERAGE, ESTIMATE_DOWNHILL, ESTIMATE_AICC, ESTIMATE_GRAPHS,
		ESTIMATE_CLASSES, ESTIMATE_MAIN, ESTIMATE_COVERAGE, ESTIMATE_CHAO, ESTIMATE_ZELTERMAN};
	for (size_t m = 0; m < sizeof order / sizeof *order; m++)
		for (size_t i = 0; i < r->n_results; i++)
			if (r->results[i].method == order[m] && r->results[i].status == ESTIMATE_IDENTIFIED)
				return i;
	return SIZE_MAX;
}

/* Room for the results of these methods, and those of the choosers. */
static int describe_all(struct task *k, uint32_t methods, struct estimate_report *r, struct cf_error *err)
{
	r->results = NEW_ARRAY_ZERO(struct estimate_result, (size_t)__builtin_popcount(methods));
	if (!r->results)
		return error_memory(err);
	for (size_t i = 0; i < k->n_choosers; i++) {
		r->results[i].level = k->options->level;
		r->n_results++;
		TRY(report_describe(k->t, &k->dense, &k->choosers[i], &r->results[i], err));
		TRY(describe_more(k, &k->choosers[i], &r->results[i], err));
	}
	return CF_OK;
}

/* The results of the engines, behind those of the choosers. */
static int run_engines(const struct task *k, const struct request *q, uint32_t methods,
	struct estimate_report *r, struct cf_error *err)
{
	const struct engine_request e = {.t = k->t,
		.dense = &k->dense,
		.options = k->options,
		.pool = q->pool,
		.progress = q->progress,
		.with_settings = q->full};
	for (int m = 0; m < ESTIMATE_N_METHODS; m++)
		if (methods & bit(m) && engine_owns(m))
			TRY(engine_run(m, &e, &r->results[r->n_results++], err));
	return CF_OK;
}

static int influence(struct task *k, const struct request *q, struct estimate_report *r, struct cf_error *err)
{
	if (r->headline >= k->n_choosers)
		return CF_OK;
	struct chooser *c = &k->choosers[r->headline];
	if (chooser_searches(c->method))
		rank_models(c);
	c->full_reselection = false;
	return diagnosis_influence(&k->dense, c, q->pool, r, err);
}

static int estimate_results(const struct request *q, struct estimate_report *r, struct cf_error *err)
{
	const struct overlap_table *t = q->t;
	const struct estimate_options *options = q->options;
	uint32_t methods = options->methods;
	TRY(options_check(t, options, err));
	methods |= options->model ? bit(ESTIMATE_MODEL) : 0;
	methods |= t->n_lists == 2 ? bit(ESTIMATE_CHAPMAN) : 0;
	CF_CLEANUP(task_done) struct task k = {.t = t, .options = options};
	TRY(task_begin(&k, methods, err));
	r->headline = SIZE_MAX;
	r->n_persons = overlap_n_persons(t);
	r->seed = options->seed;
	r->n_bootstrap = options->n_bootstrap;
	r->with_linkage = !is_perfect(&options->recall) || !is_perfect(&options->precision);
	r->strata_collapsed = t->n_stratum_columns > 0;
	TRY(describe_all(&k, methods, r, err));
	TRY(run_engines(&k, q, methods, r, err));
	TRY(diagnosis_describe(&k.bench, &k.dense, r, err));
	TRY(replicate_all(&k, q, r, err));
	for (size_t i = 0; i < r->n_results; i++)
		report_pick_interval(options->interval, &r->results[i]);
	r->headline = find_headline(r);
	return q->full && r->headline != SIZE_MAX ? influence(&k, q, r, err) : CF_OK;
}

int estimate_run(const struct overlap_table *t, const struct estimate_options *options, struct job_pool *pool,
	const struct progress *progress, struct estimate_report **ret, struct cf_error *err)
{
	const struct request q = {.t = t, .options = options, .pool = pool, .progress = progress};
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NEW(struct estimate_report);
	if (!r)
		return error_memory(err);
	TRY(estimate_results(&q, r, err));
	TRY(report_judge(t, r, err));
	*ret = TAKE(r);
	return CF_OK;
}

/* The variants: number i below n_lists leaves list i out, the others merge a pair. */
struct variants {
	const struct overlap_table *t;
	struct estimate_options options;
	struct hierarchy model; /* ESTIMATE_MODEL: the user's, to be carried over */
	struct estimate_variant *at;
};

static void unrank_pair(size_t n_lists, size_t i, size_t *ret_j, size_t *ret_k)
{
	size_t j = 0;
	for (; i >= n_lists - 1 - j; j++)
		i -= n_lists - 1 - j;
	*ret_j = j;
	*ret_k = j + 1 + i;
}

static int reduce(const struct variants *v, size_t i, struct overlap_table **ret, char **ret_label,
	struct cf_error *err)
{
	const struct overlap_table *t = v->t;
	CF_CLEANUP(buffer_done) struct buffer label = BUFFER_INIT;
	CF_CLEANUP_OVERLAP struct overlap_table *reduced = NULL;
	int status;
	if (i < t->n_lists) {
		TRY(overlap_without_list(t, i, &reduced, err));
		status = buffer_printf(&label, "without %s", t->list_names[i]);
	} else {
		size_t j;
		size_t k;
		unrank_pair(t->n_lists, i - t->n_lists, &j, &k);
		TRY(overlap_merge_lists(t, j, k, &reduced, err));
		status = buffer_printf(&label, "%s + %s merged", t->list_names[j], t->list_names[k]);
	}
	if (status < 0)
		return error_memory(err);
	*ret = TAKE(reduced);
	*ret_label = buffer_take(&label);
	return CF_OK;
}

/* A term of the whole table as one of variant i's. */
static uint32_t carry_term(size_t n_lists, size_t i, uint32_t term)
{
	size_t drop = i;
	if (i >= n_lists) {
		size_t into;
		unrank_pair(n_lists, i - n_lists, &into, &drop);
		if (term >> drop & 1)
			term |= UINT32_C(1) << into;
	}
	uint32_t low = term & ((UINT32_C(1) << drop) - 1);
	return low | (term >> (drop + 1)) << drop;
}

static int variant_task(void *context, size_t i, size_t worker, struct cf_error *err)
{
	(void)worker;
	const struct variants *v = context;
	struct estimate_variant *variant = &v->at[i];
	CF_CLEANUP_OVERLAP struct overlap_table *reduced = NULL;
	TRY(reduce(v, i, &reduced, &variant->label, err));
	CF_CLEANUP(task_done) struct task k = {.t = reduced, .options = &v->options};
	uint32_t methods = v->options.methods;
	CF_CLEANUP(buffer_done) struct buffer model = BUFFER_INIT;
	struct estimate_options own = v->options;
	if (methods & bit(ESTIMATE_MODEL)) {
		struct hierarchy m;
		hierarchy_main_effects((uint32_t)reduced->n_lists, &m);
		for (uint32_t n = 0; n < v->model.n_terms; n++)
			(void)hierarchy_add(&m, carry_term(v->t->n_lists, i, v->model.terms[n]));
		if (hierarchy_format_digits(&m, &model) < 0)
			return error_memory(err);
		own.model = buffer_text(&model);
		k.options = &own;
	}
	TRY(task_begin(&k, methods, err));
	variant->result.level = v->options.level;
	if (k.n_choosers)
		return report_describe(reduced, &k.dense, &k.choosers[0], &variant->result, err);
	const struct engine_request e = {
		.t = reduced, .dense = &k.dense, .options = &v->options, .roughly = true};
	return engine_run((enum estimate_method)__builtin_ctz(methods), &e, &variant->result, err);
}

static int run_variants(const struct request *q, struct estimate_report *r, struct cf_error *err)
{
	const struct overlap_table *t = q->t;
	const struct estimate_options *options = q->options;
	if (t->n_lists < 3)
		return CF_OK;
	enum estimate_method method =
		r->headline == SIZE_MAX ? ESTIMATE_STEPWISE : r->results[r->headline].method;
	if (engine_owns(method) && t->n_lists > MAX_LISTS_FOR_VARIANTS)
		return CF_OK;
	if (method == ESTIMATE_CLASSES && t->n_lists < 4)
		return CF_OK; /* with a list less there is nothing to compare with */
	struct variants v = {.t = t, .options = *options};
	v.options.methods = bit(method);
	if (method == ESTIMATE_MODEL)
		TRY(hierarchy_parse(options->model, (uint32_t)t->n_lists, t->list_names, &v.model, err));
	size_t n = t->n_lists + t->n_lists * (t->n_lists - 1) / 2;
	r->variants = NEW_ARRAY_ZERO(struct estimate_variant, n);
	if (!r->variants)
		return error_memory(err);
	r->n_variants = n;
	v.at = r->variants;
	return jobs_run(q->pool, n, variant_task, &v, err);
}

/* What the usual methods give, where the caller asked for others alone. */
static int compare(const struct request *q, struct estimate_report *r, struct cf_error *err)
{
	uint32_t missing = bit(ESTIMATE_MAIN) | bit(ESTIMATE_STEPWISE) | bit(ESTIMATE_BIC);
	for (size_t i = 0; i < r->n_results; i++)
		missing &= ~bit(r->results[i].method);
	if (missing == 0 || r->headline == SIZE_MAX)
		return CF_OK;
	CF_CLEANUP(task_done) struct task k = {.t = q->t, .options = q->options};
	TRY(task_begin(&k, missing, err));
	r->compared = NEW_ARRAY_ZERO(struct estimate_result, k.n_choosers);
	if (!r->compared)
		return error_memory(err);
	for (size_t i = 0; i < k.n_choosers; i++) {
		struct estimate_result *c = &r->compared[r->n_compared++];
		c->level = q->options->level;
		TRY(report_describe(k.t, &k.dense, &k.choosers[i], c, err));
	}
	return CF_OK;
}

int estimate_run_full(const struct overlap_table *t, const struct estimate_options *options,
	struct job_pool *pool, const struct progress *progress, struct estimate_report **ret,
	struct cf_error *err)
{
	const struct request q = {
		.t = t, .options = options, .pool = pool, .progress = progress, .full = true};
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NEW(struct estimate_report);
	if (!r)
		return error_memory(err);
	TRY(estimate_results(&q, r, err));
	TRY(compare(&q, r, err));
	progress_report(progress, "variants", 0, 0);
	TRY(run_variants(&q, r, err));
	TRY(report_judge(t, r, err));
	*ret = TAKE(r);
	return CF_OK;
}
