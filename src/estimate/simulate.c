#include "estimate/simulate.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "estimate/engines.h"
#include "estimate/hierarchy.h"
#include "estimate/loglinear.h"
#include "estimate/select.h"

/* The truth: cell means as weights, the hidden cell first. */
struct truth {
	char *model;
	char *digits;
	size_t n_cells;
	double *weights;
	uint64_t n_persons;
};

static void truth_done(struct truth *k)
{
	k->model = mem_free(k->model);
	k->digits = mem_free(k->digits);
	k->weights = mem_free(k->weights);
}

/* The model by the method asked for, as digits. */
static int choose_truth(const struct simulate_plan *plan, struct truth *k, struct cf_error *err)
{
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NULL;
	struct estimate_options o = plan->analysis;
	o.methods = UINT32_C(1) << plan->truth;
	o.model = plan->truth == ESTIMATE_MODEL ? plan->truth_model : NULL;
	o.n_bootstrap = 0;
	TRY(estimate_run(plan->t, &o, NULL, NULL, &r, err));
	for (size_t i = 0; i < r->n_results; i++) {
		struct estimate_result *e = &r->results[i];
		if (e->method != plan->truth)
			continue;
		if (e->status != ESTIMATE_IDENTIFIED)
			return error_set(err, CF_E_NO_ANSWER,
				"no tables can be drawn from this model, which has no estimate: %s",
				e->reason);
		k->model = TAKE(e->model);
		k->digits = TAKE(e->model_digits);
	}
	return CF_OK;
}

static int fit_truth(const struct simulate_plan *plan, struct select_bench *b, struct loglinear_table *dense,
	struct truth *k, struct cf_error *err)
{
	struct hierarchy m;
	struct selection s;
	TRY(loglinear_table_from_overlap(dense, plan->t, err));
	TRY(select_bench_init(b, dense->n_lists, false, err));
	TRY(hierarchy_parse(k->digits, dense->n_lists, plan->t->list_names, &m, err));
	TRY(select_model(b, dense, &m, NULL, &s, err));
	if (!(s.total < (double)OVERLAP_MAX_PERSONS))
		return error_set(err, CF_E_NO_ANSWER,
			"no tables can be drawn from this model: its total is too large");
	k->n_cells = dense->n_cells;
	k->weights = NEW_ARRAY(double, k->n_cells);
	if (!k->weights)
		return error_memory(err);
	memcpy(k->weights, loglinear_fitted_means(b->fit, &m, s.fit.alpha), k->n_cells * sizeof *k->weights);
	k->weights[0] = s.fit.hidden;
	k->n_persons = plan->n_persons ? plan->n_persons : (uint64_t)llround(s.total);
	return CF_OK;
}

static int truth_find(const struct simulate_plan *plan, struct truth *ret, struct cf_error *err)
{
	struct select_bench bench = SELECT_BENCH_INIT;
	struct loglinear_table dense = {0};
	if (plan->truth == ESTIMATE_CHAPMAN || plan->truth == ESTIMATE_AVERAGE || engine_owns(plan->truth))
		return error_set(err, CF_E_USAGE,
			"tables are drawn from a log-linear model: main, stepwise, bic, "
			"aicc, downhill or one that you name");
	if (plan->n_persons > OVERLAP_MAX_PERSONS)
		return error_set(err, CF_E_LIMIT, "that is more persons than a table can hold");
	TRY(choose_truth(plan, ret, err));
	int status = fit_truth(plan, &bench, &dense, ret, err);
	loglinear_table_done(&dense);
	select_bench_done(&bench);
	return status;
}

/* drawn: n_cells counts, of which the first is hidden. *ret_seed for what else is random about this table. */
static void draw(const struct truth *k, uint64_t seed, uint64_t number, uint64_t *drawn, uint64_t *ret_seed)
{
	struct random_stream stream;
	random_init(&stream, seed, number);
	*ret_seed = random_bits(&stream);
	random_multinomial(&stream, k->n_persons, k->weights, k->n_cells, drawn);
}

static int add_cells(const struct truth *k, const uint64_t *drawn, uint32_t stratum, struct overlap_table *t,
	struct cf_error *err)
{
	for (uint32_t w = 1; w < k->n_cells; w++)
		TRY(overlap_add(t, w, stratum, drawn[w], err));
	return CF_OK;
}

static int new_table(const struct simulate_plan *plan, struct overlap_table **ret, struct cf_error *err)
{
	return overlap_new(plan->t->n_lists, (const char *const *)plan->t->list_names, ret, err);
}

int simulate_tables(const struct simulate_plan *plan, struct overlap_table **ret, struct cf_error *err)
{
	static const char *const column[] = {"table"};
	CF_CLEANUP(truth_done) struct truth k = {0};
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	TRY(truth_find(plan, &k, err));
	TRY(new_table(plan, &t, err));
	TRY(overlap_set_stratum_columns(t, 1, column, err));
	CF_CLEANUP_FREE uint64_t *drawn = NEW_ARRAY(uint64_t, k.n_cells);
	if (!drawn)
		return error_memory(err);
	for (uint32_t i = 0; i < plan->n_tables; i++) {
		char number[16];
		const char *value = number;
		uint32_t stratum;
		uint64_t seed;
		(void)snprintf(number, sizeof number, "%" PRIu32, i + 1);
		TRY(overlap_stratum(t, &value, &stratum, err));
		draw(&k, plan->seed, i, drawn, &seed);
		TRY(add_cells(&k, drawn, stratum, t, err));
	}
	*ret = TAKE(t);
	return CF_OK;
}

/* One method on one table. */
struct outcome {
	double estimate, lower, upper;
};

struct study {
	const struct simulate_plan *plan;
	const struct progress *progress;
	struct truth truth;
	struct estimate_options analysis;
	size_t n_methods;
	enum estimate_method methods[ESTIMATE_N_METHODS];
	struct outcome *outcomes; /* method x table */
	atomic_uint_fast64_t n_done;
};

static void study_done(struct study *s)
{
	truth_done(&s->truth);
	s->outcomes = mem_free(s->outcomes);
}

static int study_task(void *context, size_t i, size_t worker, struct cf_error *err)
{
	struct study *s = context;
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NULL;
	struct estimate_options o = s->analysis;
	CF_CLEANUP_FREE uint64_t *drawn = NEW_ARRAY(uint64_t, s->truth.n_cells);
	if (!drawn)
		return error_memory(err);
	TRY(new_table(s->plan, &t, err));
	draw(&s->truth, s->plan->seed, i, drawn, &o.seed);
	TRY(add_cells(&s->truth, drawn, 0, t, err));
	TRY(estimate_run(t, &o, NULL, NULL, &r, err));
	for (size_t m = 0; m < s->n_methods; m++) {
		struct outcome *to = &s->outcomes[m * s->plan->n_tables + i];
		*to = (struct outcome){NAN, NAN, NAN};
		for (size_t k = 0; k < r->n_results; k++) {
			const struct estimate_result *e = &r->results[k];
			if (e->method == s->methods[m])
				*to = (struct outcome){e->estimate, e->lower,
					e->upper_is_unbounded && !isnan(e->lower) ? INFINITY : e->upper};
		}
	}
	uint64_t done = atomic_fetch_add(&s->n_done, 1) + 1;
	if (worker == 0)
		progress_report(s->progress, "simulated tables", done, s->plan->n_tables);
	return CF_OK;
}

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

static double median(double *values, size_t n)
{
	if (n == 0)
		return NAN;
	qsort(values, n, sizeof *values, compare_numbers);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* values: scratch for one number a table. */
static void summarise(const struct study *s, size_t m, double *values, struct simulate_method *ret)
{
	const struct outcome *o = &s->outcomes[m * s->plan->n_tables];
	double truth = (double)s->truth.n_persons;
	double sum = 0;
	double squares = 0;
	size_t n_widths = 0;
	*ret = (struct simulate_method){.method = s->methods[m]};
	for (uint32_t i = 0; i < s->plan->n_tables; i++) {
		if (!isfinite(o[i].estimate))
			continue;
		double ratio = log(o[i].estimate / truth);
		sum += ratio;
		squares += ratio * ratio;
		values[ret->n_estimates++] = o[i].estimate;
	}
	ret->median = median(values, ret->n_estimates);
	ret->mean_log_ratio = sum / ret->n_estimates;
	ret->rms_log_ratio = sqrt(squares / ret->n_estimates);
	for (uint32_t i = 0; i < s->plan->n_tables; i++) {
		if (isnan(o[i].lower) || isnan(o[i].upper))
			continue;
		ret->n_intervals++;
		ret->n_below += o[i].upper < truth;
		ret->n_above += o[i].lower > truth;
		ret->n_covered += o[i].lower <= truth && o[i].upper >= truth;
		ret->n_unbounded += isinf(o[i].upper);
		if (isfinite(o[i].upper))
			values[n_widths++] = o[i].upper / o[i].lower;
	}
	ret->median_width = median(values, n_widths);
}

static int study_begin(struct study *s, struct cf_error *err)
{
	const struct simulate_plan *plan = s->plan;
	TRY(truth_find(plan, &s->truth, err));
	s->analysis = plan->analysis;
	if (s->analysis.methods >> ESTIMATE_MODEL & 1 && !s->analysis.model)
		s->analysis.model = s->truth.digits;
	for (int m = 0; m < ESTIMATE_N_METHODS; m++)
		if (s->analysis.methods >> m & 1)
			s->methods[s->n_methods++] = m;
	s->outcomes = NEW_ARRAY_ZERO(struct outcome, s->n_methods * plan->n_tables);
	return s->outcomes ? CF_OK : error_memory(err);
}

int simulate_study(const struct simulate_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct simulate_result *ret, struct cf_error *err)
{
	CF_CLEANUP(study_done) struct study s = {.plan = plan, .progress = progress};
	if (plan->n_tables == 0)
		return error_set(err, CF_E_USAGE, "at least one table must be drawn");
	TRY(study_begin(&s, err));
	CF_CLEANUP_FREE double *values = NEW_ARRAY(double, plan->n_tables);
	if (!values)
		return error_memory(err);
	TRY(jobs_run(pool, plan->n_tables, study_task, &s, err));
	*ret = (struct simulate_result){.n_persons = s.truth.n_persons,
		.n_tables = plan->n_tables,
		.n_methods = s.n_methods,
		.model = TAKE(s.truth.model),
		.model_digits = TAKE(s.truth.digits)};
	for (size_t m = 0; m < s.n_methods; m++)
		summarise(&s, m, values, &ret->methods[m]);
	return CF_OK;
}

void simulate_result_done(struct simulate_result *r)
{
	r->model = mem_free(r->model);
	r->model_digits = mem_free(r->model_digits);
}
