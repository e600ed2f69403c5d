#include "estimate/replicate.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/resample.h"

enum {
	REPLICATES_A_TASK = 16,
	SEEDS = 8, /* best models of the data that a replicate's search tries first */
};

static int search_models(const struct chooser *c, struct select_bench *b, const struct loglinear_table *t,
	struct search_result *found, struct cf_error *err)
{
	bool replicate = c->ranked != NULL;
	if (replicate && !c->full_reselection)
		return search_among(b, t, c->ranked, c->search->n_kept, found, err);
	struct search_options options = {.order = c->order,
		.keep = replicate ? 0 : ESTIMATE_RIVAL_BIC,
		.max_fits = c->max_fits,
		.seeds = c->ranked,
		.n_seeds = replicate ? c->search->n_kept : 0};
	if (options.n_seeds > SEEDS)
		options.n_seeds = SEEDS;
	return search_bic(b, t, &options, found, err);
}

static int choose_bic(
	struct chooser *c, struct select_bench *b, const struct loglinear_table *t, struct cf_error *err)
{
	struct hierarchy main_effects;
	TRY(search_models(c, b, t, c->search, err));
	hierarchy_main_effects(t->n_lists, &main_effects);
	const struct hierarchy *best =
		c->search->n_kept ? &c->search->kept[c->search->best].model : &main_effects;
	return select_model(b, t, best, NULL, &c->point, err);
}

int chooser_choose(
	struct chooser *c, struct select_bench *b, const struct loglinear_table *t, struct cf_error *err)
{
	struct hierarchy main_effects;
	int status = CF_OK;
	hierarchy_main_effects(t->n_lists, &main_effects);
	switch (c->method) {
	case ESTIMATE_STEPWISE:
		status = select_stepwise(b, t, c->log_p, NULL, &c->point, err);
		break;
	case ESTIMATE_BIC:
		status = choose_bic(c, b, t, err);
		break;
	case ESTIMATE_MODEL:
		status = select_model(b, t, &c->model, NULL, &c->point, err);
		break;
	default:
		status = select_model(b, t, &main_effects, NULL, &c->point, err);
		break;
	}
	TRY(status);
	c->estimate = c->method == ESTIMATE_CHAPMAN ? select_chapman(t) : c->point.total;
	return CF_OK;
}

/* Where a replicate without an estimate stands: at the bottom when the likelihood runs to no hidden person
 * and not the other way, else at the top. */
static double without_estimate(const struct existence *e)
{
	bool bottom = e->status == ESTIMATE_NO_FINITE && e->hidden_vanishes && !e->hidden_grows;
	return bottom ? -INFINITY : INFINITY;
}

/* One worker's memory. */
struct worker {
	struct select_bench bench;
	struct loglinear_table table;
	struct search_result *found;
	uint64_t *drawn;
};

static void worker_done(struct worker *w)
{
	select_bench_done(&w->bench);
	loglinear_table_done(&w->table);
	w->found = mem_free(w->found);
	w->drawn = mem_free(w->drawn);
}

struct run {
	const struct replicate_plan *plan;
	struct replicate_results *results;
	const struct progress *progress;
	uint32_t *patterns; /* those observed */
	struct resampler *resampler;
	struct selection main_effects; /* on the data: where stepwise begins */
	struct worker *workers;
	size_t n_workers;
	atomic_uint_fast64_t n_done;
};

static int estimate_again(const struct run *run, const struct chooser *c, struct worker *w, double *ret,
	bool *ret_unproved, struct cf_error *err)
{
	struct selection s;
	struct select_start from = {.model = &c->point.model, .alpha = c->point.fit.alpha};
	struct select_start main_effects = {
		.model = &run->main_effects.model, .alpha = run->main_effects.fit.alpha};
	bool has_main = run->main_effects.existence.status == ESTIMATE_IDENTIFIED;
	const struct loglinear_table *t = &w->table;
	switch (c->method) {
	case ESTIMATE_CHAPMAN:
		*ret = select_chapman(t);
		*ret = isnan(*ret) ? INFINITY : *ret;
		return CF_OK;
	case ESTIMATE_STEPWISE:
		TRY(select_stepwise(&w->bench, t, c->log_p, has_main ? &main_effects : NULL, &s, err));
		break;
	case ESTIMATE_BIC:
		TRY(search_models(c, &w->bench, t, w->found, err));
		*ret = w->found->n_kept ? w->found->kept[w->found->best].total : INFINITY;
		*ret_unproved = !w->found->complete;
		return CF_OK;
	default:
		TRY(select_model(&w->bench, t, &c->point.model, &from, &s, err));
		break;
	}
	*ret = s.existence.status == ESTIMATE_IDENTIFIED ? s.total : without_estimate(&s.existence);
	return CF_OK;
}

static void resample(const struct run *run, struct worker *w, uint32_t number)
{
	const struct replicate_results *r = run->results;
	resampler_draw(run->resampler, number, w->drawn);
	memset(w->table.counts, 0, w->table.n_cells * sizeof *w->table.counts);
	for (size_t i = 0; i < r->n_patterns; i++)
		w->table.counts[run->patterns[i]] = (double)w->drawn[i];
	loglinear_table_sum(&w->table);
}

static int replicate_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct run *run = context;
	const struct replicate_plan *plan = run->plan;
	struct replicate_results *r = run->results;
	struct worker *w = &run->workers[worker];
	uint32_t begin = (uint32_t)task * REPLICATES_A_TASK;
	uint32_t end = begin + REPLICATES_A_TASK < plan->n_replicates ? begin + REPLICATES_A_TASK
								      : plan->n_replicates;
	for (uint32_t i = begin; i < end; i++) {
		resample(run, w, i);
		for (size_t c = 0; c < plan->n_choosers; c++) {
			size_t at = c * plan->n_replicates + i;
			TRY(estimate_again(
				run, &plan->choosers[c], w, &r->values[at], &r->unproved[at], err));
		}
	}
	uint64_t done = atomic_fetch_add(&run->n_done, end - begin) + end - begin;
	if (worker == 0)
		progress_report(run->progress, "bootstrap", done, plan->n_replicates);
	return CF_OK;
}

/* The data without one person of one pattern. */
static int jackknife_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct run *run = context;
	const struct replicate_plan *plan = run->plan;
	struct replicate_results *r = run->results;
	struct worker *w = &run->workers[worker];
	memcpy(w->table.counts, plan->t->counts, w->table.n_cells * sizeof *w->table.counts);
	w->table.counts[run->patterns[task]] -= 1;
	loglinear_table_sum(&w->table);
	for (size_t c = 0; c < plan->n_choosers; c++) {
		bool unproved;
		double value;
		TRY(estimate_again(run, &plan->choosers[c], w, &value, &unproved, err));
		r->jackknife[c * r->n_patterns + task] = isfinite(value) ? value : NAN;
	}
	return CF_OK;
}

static int worker_init(
	struct worker *w, const struct replicate_plan *plan, size_t n_patterns, struct cf_error *err)
{
	TRY(select_bench_init(&w->bench, plan->t->n_lists, plan->with_search, err));
	TRY(loglinear_table_init(&w->table, plan->t->n_lists, err));
	w->drawn = NEW_ARRAY(uint64_t, n_patterns);
	w->found = NEW(struct search_result);
	return w->drawn && w->found ? CF_OK : error_memory(err);
}

static void run_done(struct run *run)
{
	for (size_t i = 0; run->workers && i < run->n_workers; i++)
		worker_done(&run->workers[i]);
	run->workers = mem_free(run->workers);
	run->patterns = mem_free(run->patterns);
	run->resampler = resampler_free(run->resampler);
}

void replicate_results_done(struct replicate_results *r)
{
	r->values = mem_free(r->values);
	r->unproved = mem_free(r->unproved);
	r->jackknife = mem_free(r->jackknife);
	r->weights = mem_free(r->weights);
}

static int allocate_results(const struct replicate_plan *plan, struct run *run, struct cf_error *err)
{
	struct replicate_results *r = run->results;
	const struct loglinear_table *t = plan->t;
	size_t n_values = plan->n_choosers * plan->n_replicates;
	for (uint32_t w = 1; w < t->n_cells; w++)
		r->n_patterns += t->counts[w] > 0;
	r->n_choosers = plan->n_choosers;
	r->n_replicates = plan->n_replicates;
	r->values = NEW_ARRAY_ZERO(double, n_values);
	r->unproved = NEW_ARRAY_ZERO(bool, n_values);
	r->jackknife = NEW_ARRAY_ZERO(double, plan->n_choosers * r->n_patterns);
	r->weights = NEW_ARRAY_ZERO(double, r->n_patterns);
	run->patterns = NEW_ARRAY_ZERO(uint32_t, r->n_patterns);
	if (!r->values || !r->unproved || !r->jackknife || !r->weights || !run->patterns)
		return error_memory(err);
	size_t n = 0;
	for (uint32_t w = 1; w < t->n_cells; w++) {
		if (t->counts[w] > 0) {
			run->patterns[n] = w;
			r->weights[n++] = t->counts[w];
		}
	}
	return CF_OK;
}

static int prepare(struct run *run, struct job_pool *pool, struct cf_error *err)
{
	const struct replicate_plan *plan = run->plan;
	struct hierarchy main_effects;
	TRY(allocate_results(plan, run, err));
	TRY(resampler_new(run->patterns, run->results->weights, run->results->n_patterns, plan->seed,
		&run->resampler, err));
	size_t n_workers = pool ? (size_t)jobs_n_threads(pool) : 1;
	run->workers = NEW_ARRAY_ZERO(struct worker, n_workers);
	if (!run->workers)
		return error_memory(err);
	run->n_workers = n_workers;
	for (size_t i = 0; i < n_workers; i++)
		TRY(worker_init(&run->workers[i], plan, run->results->n_patterns, err));
	hierarchy_main_effects(plan->t->n_lists, &main_effects);
	return select_model(&run->workers[0].bench, plan->t, &main_effects, NULL, &run->main_effects, err);
}

int replicate_run(const struct replicate_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct replicate_results *ret, struct cf_error *err)
{
	CF_CLEANUP(replicate_results_done) struct replicate_results results = {0};
	CF_CLEANUP(run_done) struct run run = {.plan = plan, .results = &results, .progress = progress};
	TRY(prepare(&run, pool, err));
	size_t n_tasks = (plan->n_replicates + (size_t)REPLICATES_A_TASK - 1) / REPLICATES_A_TASK;
	progress_report(progress, "bootstrap", 0, plan->n_replicates);
	TRY(jobs_run(pool, results.n_patterns, jackknife_task, &run, err));
	TRY(jobs_run(pool, n_tasks, replicate_task, &run, err));
	*ret = results;
	results = (struct replicate_results){0};
	return CF_OK;
}
