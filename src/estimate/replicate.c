#include "estimate/replicate.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "estimate/linkage.h"
#include "estimate/resample.h"

enum {
	REPLICATES_A_TASK = 16,
	SEEDS = 8, /* best models of the data that a replicate's search tries first */
};

bool chooser_searches(enum estimate_method m)
{
	return m == ESTIMATE_BIC || m == ESTIMATE_AICC || m == ESTIMATE_DOWNHILL || m == ESTIMATE_AVERAGE;
}

int chooser_init(struct chooser *c, struct cf_error *err)
{
	if (!chooser_searches(c->method))
		return CF_OK;
	c->search = NEW(struct search_result);
	c->ranked = NEW_ARRAY(struct hierarchy, SEARCH_MAX_KEPT);
	return c->search && c->ranked ? CF_OK : error_memory(err);
}

void chooser_done(struct chooser *c)
{
	c->search = mem_free(c->search);
	c->ranked = mem_free(c->ranked);
}

/* average: for ESTIMATE_AVERAGE where the models' totals go, else NULL. */
static int search_models(const struct chooser *c, bool replicate, struct select_bench *b,
	const struct loglinear_table *t, struct search_result *found, struct average *average,
	struct cf_error *err)
{
	struct search_options options = {.criterion = c->criterion,
		.order = c->order,
		.keep = replicate ? 0 : ESTIMATE_RIVAL_BIC,
		.max_fits = c->max_fits,
		.seeds = c->ranked,
		.n_seeds = replicate ? c->search->n_kept : 0};
	if (average) {
		average_begin(average);
		options.keep = AVERAGE_REACH;
		options.n_seeds = 0;
		options.visit = average_visit;
		options.context = average;
	}
	if (c->method == ESTIMATE_DOWNHILL)
		return search_downhill(b, t, &options, found, err);
	if (replicate && !c->full_reselection)
		return search_among(b, t, &options, c->ranked, c->search->n_kept, found, err);
	if (options.n_seeds > SEEDS)
		options.n_seeds = SEEDS;
	return search_best(b, t, &options, found, err);
}

static int choose_searched(
	struct chooser *c, struct select_bench *b, const struct loglinear_table *t, struct cf_error *err)
{
	struct hierarchy main_effects;
	struct average *average = c->method == ESTIMATE_AVERAGE ? &c->average : NULL;
	TRY(search_models(c, false, b, t, c->search, average, err));
	hierarchy_main_effects(t->n_lists, &main_effects);
	const struct hierarchy *best =
		c->search->n_kept ? &c->search->kept[c->search->best].model : &main_effects;
	TRY(select_model(b, t, best, NULL, &c->point, err));
	c->estimate = average && c->search->n_kept ? average_total(average) : c->point.total;
	return CF_OK;
}

int chooser_choose(
	struct chooser *c, struct select_bench *b, const struct loglinear_table *t, struct cf_error *err)
{
	struct hierarchy main_effects;
	int status = CF_OK;
	if (chooser_searches(c->method))
		return choose_searched(c, b, t, err);
	hierarchy_main_effects(t->n_lists, &main_effects);
	switch (c->method) {
	case ESTIMATE_STEPWISE:
		status = select_stepwise(b, t, c->log_p, NULL, &c->point, err);
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
	struct linkage_space *linkage;
	uint64_t *drawn;
};

static void worker_done(struct worker *w)
{
	select_bench_done(&w->bench);
	loglinear_table_done(&w->table);
	w->found = mem_free(w->found);
	w->linkage = linkage_space_free(w->linkage);
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

static int search_again(
	const struct chooser *c, struct worker *w, double *ret, bool *ret_unproved, struct cf_error *err)
{
	struct average average;
	bool averaged = c->method == ESTIMATE_AVERAGE;
	TRY(search_models(c, true, &w->bench, &w->table, w->found, averaged ? &average : NULL, err));
	*ret = INFINITY;
	if (w->found->n_kept)
		*ret = averaged ? average_total(&average) : w->found->kept[w->found->best].total;
	/* a downhill search is its own definition of the answer */
	*ret_unproved = !w->found->complete && c->method != ESTIMATE_DOWNHILL;
	return CF_OK;
}

static int estimate_again(const struct run *run, const struct chooser *c, struct worker *w, double *ret,
	bool *ret_unproved, struct cf_error *err)
{
	struct selection s;
	struct select_start from = {.model = &c->point.model, .alpha = c->point.fit.alpha};
	struct select_start main_effects = {
		.model = &run->main_effects.model, .alpha = run->main_effects.fit.alpha};
	bool has_main = run->main_effects.existence.status == ESTIMATE_IDENTIFIED;
	const struct loglinear_table *t = &w->table;
	*ret_unproved = false;
	if (chooser_searches(c->method))
		return search_again(c, w, ret, ret_unproved, err);
	switch (c->method) {
	case ESTIMATE_CHAPMAN:
		*ret = select_chapman(t);
		*ret = isnan(*ret) ? INFINITY : *ret;
		return CF_OK;
	case ESTIMATE_STEPWISE:
		TRY(select_stepwise(&w->bench, t, c->log_p, has_main ? &main_effects : NULL, &s, err));
		break;
	default:
		TRY(select_model(&w->bench, t, &c->point.model, &from, &s, err));
		break;
	}
	*ret = s.existence.status == ESTIMATE_IDENTIFIED ? s.total : without_estimate(&s.existence);
	return CF_OK;
}

/* The resampler has the seed's streams by number; these lie far above them. */
static void undo_linkage(const struct run *run, struct worker *w, uint32_t number)
{
	const struct estimate_options *linkage = run->plan->linkage;
	struct random_stream stream;
	random_init(&stream, run->plan->seed, (UINT64_C(3) << 40) + number);
	double recall = linkage_draw_share(&linkage->recall, &stream);
	double precision = linkage_draw_share(&linkage->precision, &stream);
	linkage_impute(w->linkage, recall, precision, &stream, w->table.counts);
}

static void resample(const struct run *run, struct worker *w, uint32_t number)
{
	const struct replicate_plan *plan = run->plan;
	const struct replicate_results *r = run->results;
	memcpy(w->table.counts, plan->t->counts, w->table.n_cells * sizeof *w->table.counts);
	if (!plan->keep_sample) {
		resampler_draw(run->resampler, number, w->drawn);
		for (size_t i = 0; i < r->n_patterns; i++)
			w->table.counts[run->patterns[i]] = (double)w->drawn[i];
	}
	if (plan->linkage)
		undo_linkage(run, w, number);
	loglinear_table_sum(&w->table);
	r->persons[number] = w->table.n_persons;
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

struct influence_run {
	struct run run;
	struct estimate_influence *at;
};

static int influence_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct influence_run *i = context;
	struct run *run = &i->run;
	struct worker *w = &run->workers[worker];
	const struct loglinear_table *t = run->plan->t;
	uint32_t pattern = run->patterns[task];
	double left[2] = {t->counts[pattern] - 1, 0};
	double values[2];
	for (int k = 0; k < 2; k++) {
		bool unproved;
		memcpy(w->table.counts, t->counts, t->n_cells * sizeof *t->counts);
		w->table.counts[pattern] = left[k];
		loglinear_table_sum(&w->table);
		TRY(estimate_again(run, run->plan->choosers, w, &values[k], &unproved, err));
		if (!isfinite(values[k]))
			values[k] = NAN;
	}
	i->at[task] = (struct estimate_influence){.pattern = pattern,
		.count = (uint64_t)t->counts[pattern],
		.without_one = values[0],
		.without_all = values[1]};
	return CF_OK;
}

static int worker_init(
	struct worker *w, const struct replicate_plan *plan, size_t n_patterns, struct cf_error *err)
{
	TRY(select_bench_init(&w->bench, plan->t->n_lists, plan->with_search, err));
	TRY(loglinear_table_init(&w->table, plan->t->n_lists, err));
	if (plan->linkage)
		TRY(linkage_space_new(plan->t->n_lists, &w->linkage, err));
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
	r->persons = mem_free(r->persons);
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
	r->persons = NEW_ARRAY_ZERO(double, plan->n_replicates);
	run->patterns = NEW_ARRAY_ZERO(uint32_t, r->n_patterns);
	if (!r->values || !r->unproved || !r->jackknife || !r->weights || !r->persons || !run->patterns)
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
	if (!plan->linkage)
		TRY(jobs_run(pool, results.n_patterns, jackknife_task, &run, err));
	TRY(jobs_run(pool, n_tasks, replicate_task, &run, err));
	*ret = results;
	results = (struct replicate_results){0};
	return CF_OK;
}

int replicate_influence(const struct loglinear_table *t, const struct chooser *c, struct job_pool *pool,
	struct estimate_influence *ret, struct cf_error *err)
{
	const struct replicate_plan plan = {
		.t = t, .choosers = c, .n_choosers = 1, .with_search = chooser_searches(c->method)};
	CF_CLEANUP(replicate_results_done) struct replicate_results results = {0};
	CF_CLEANUP(run_done) struct run run = {.plan = &plan, .results = &results};
	TRY(prepare(&run, pool, err));
	struct influence_run i = {.run = run, .at = ret};
	return jobs_run(pool, results.n_patterns, influence_task, &i, err);
}
