#include "estimate/strata.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "estimate/bca.h"

enum { DRAWS = 10000, MAX_STEPS = 200 };

/* Strata of the asked columns: a table of their own for each. */
struct grouping {
	const struct strata_plan *plan;
	size_t n_columns;
	size_t columns[OVERLAP_MAX_STRATA_COLUMNS];
	struct overlap_table *by; /* the table with these columns alone; owned */
};

static void grouping_done(struct grouping *g)
{
	g->by = overlap_free(g->by);
}

static int regroup(struct grouping *g, struct cf_error *err)
{
	const struct overlap_table *t = g->plan->t;
	const char *names[OVERLAP_MAX_STRATA_COLUMNS];
	const char *values[OVERLAP_MAX_STRATA_COLUMNS];
	g->n_columns = g->plan->n_columns ? g->plan->n_columns : t->n_stratum_columns;
	for (size_t i = 0; i < g->n_columns; i++) {
		g->columns[i] = g->plan->n_columns ? g->plan->columns[i] : i;
		names[i] = t->stratum_columns[g->columns[i]];
	}
	if (g->n_columns == 0)
		return error_set(err, CF_E_USAGE, "the table has no strata");
	TRY(overlap_new(t->n_lists, (const char *const *)t->list_names, &g->by, err));
	TRY(overlap_set_stratum_columns(g->by, g->n_columns, names, err));
	for (size_t c = 0; c < t->n_cells; c++) {
		uint32_t stratum;
		for (size_t i = 0; i < g->n_columns; i++)
			values[i] = t->strata[t->cells[c].stratum * t->n_stratum_columns + g->columns[i]];
		TRY(overlap_stratum(g->by, values, &stratum, err));
		TRY(overlap_add(g->by, t->cells[c].pattern, stratum, t->cells[c].count, err));
	}
	return CF_OK;
}

int strata_count(const struct strata_plan *plan, size_t *ret, struct cf_error *err)
{
	CF_CLEANUP(grouping_done) struct grouping g = {.plan = plan};
	TRY(regroup(&g, err));
	*ret = g.by->n_cells ? g.by->n_strata : 0;
	return CF_OK;
}

struct run {
	const struct strata_plan *plan;
	struct grouping *grouping;
	struct estimate_report **reports; /* one a stratum */
	struct estimate_options options;
};

static int stratum_task(void *context, size_t i, size_t worker, struct cf_error *err)
{
	(void)worker;
	struct run *run = context;
	const struct overlap_table *by = run->grouping->by;
	CF_CLEANUP_OVERLAP struct overlap_table *own = NULL;
	struct estimate_options o = run->options;
	TRY(overlap_new(by->n_lists, (const char *const *)by->list_names, &own, err));
	for (size_t c = 0; c < by->n_cells; c++)
		if (by->cells[c].stratum == i)
			TRY(overlap_add(own, by->cells[c].pattern, 0, by->cells[c].count, err));
	o.seed += i; /* strata are independent */
	return estimate_run(own, &o, NULL, NULL, &run->reports[i], err);
}

/* The result by the plan's method. */
static struct estimate_result *result_of(const struct run *run, size_t i)
{
	struct estimate_report *r = run->reports[i];
	for (size_t k = 0; k < r->n_results; k++)
		if (r->results[k].method == run->plan->method)
			return &r->results[k];
	return &r->results[0];
}

static double log_ratio(double high, double low, double n)
{
	return log(fmax(high - n, 0.5)) - log(fmax(low - n, 0.5));
}

/* How uncertain log(hidden / seen) is: by the model, and by the bootstrap with its choice of the model where
 * there is one; by the interval where there is nothing else. */
static double log_variance(const struct estimate_result *e, double n)
{
	double variance = isnan(e->log_hidden_variance) ? 0 : e->log_hidden_variance;
	if (e->n_replicates > 20) {
		bool extreme;
		double low = bca_quantile(e->replicates, e->n_replicates, 0.158655, &extreme);
		double high = bca_quantile(e->replicates, e->n_replicates, 0.841345, &extreme);
		double half = log_ratio(high, low, n) / 2;
		variance = fmax(variance, half * half);
	}
	if (!(variance > 0) && isfinite(e->lower) && isfinite(e->upper)) {
		double half =
			log_ratio(e->upper, e->lower, n) / (2 * gsl_cdf_ugaussian_Pinv((1 + e->level) / 2));
		variance = half * half;
	}
	return variance > 0 ? variance : NAN;
}

/* Sum over strata of squared deviations from the weighted mean, each by its variance with this spread. */
static double generalised_q(size_t n, const double *theta, const double *variance, struct strata_pool *p)
{
	double weights = 0;
	double sum = 0;
	double q = 0;
	for (size_t i = 0; i < n; i++) {
		if (isnan(theta[i]) || isnan(variance[i]))
			continue;
		weights += 1 / (variance[i] + p->spread2);
		sum += theta[i] / (variance[i] + p->spread2);
	}
	p->mean = sum / weights;
	p->mean_variance = 1 / weights;
	for (size_t i = 0; i < n; i++)
		if (!isnan(theta[i]) && !isnan(variance[i]))
			q += (theta[i] - p->mean) * (theta[i] - p->mean) / (variance[i] + p->spread2);
	return q;
}

size_t strata_pool(size_t n, const double *theta, const double *variance, struct strata_pool *ret)
{
	size_t usable = 0;
	double range = 0;
	struct strata_pool p = {0};
	for (size_t i = 0; i < n; i++) {
		if (isnan(theta[i]) || isnan(variance[i]))
			continue;
		usable++;
		range = fmax(range, theta[i] * theta[i]);
	}
	if (usable == 0)
		return 0;
	/* Q falls as the spread grows; its expectation is the number of strata less one */
	double low = 0;
	double high = 4 * range + 1;
	if (generalised_q(n, theta, variance, &p) > (double)usable - 1) {
		for (int i = 0; i < MAX_STEPS && high - low > 1e-12 * (1 + low); i++) {
			p.spread2 = (low + high) / 2;
			if (generalised_q(n, theta, variance, &p) > (double)usable - 1)
				low = p.spread2;
			else
				high = p.spread2;
		}
		p.spread2 = (low + high) / 2;
		(void)generalised_q(n, theta, variance, &p);
	}
	*ret = p;
	return usable;
}

/* The part of a stratum's deviation from the mean that is kept. */
static double kept(const struct strata_pool *p, double variance)
{
	return isnan(variance) ? 0 : p->spread2 / (p->spread2 + variance);
}

static double shrunk(const struct strata_pool *p, double theta, double variance)
{
	return isnan(theta) || isnan(variance) ? p->mean : p->mean + kept(p, variance) * (theta - p->mean);
}

/* Of theta given the mean. */
static double conditional_variance(const struct strata_pool *p, double theta, double variance)
{
	return isnan(theta) || isnan(variance) ? p->spread2 : kept(p, variance) * variance;
}

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

/* The spread, as uncertain as few strata leave it: its posterior at some values, with a half-Cauchy prior of
 * scale 1 (Gelman 2006), which is an e-fold difference between strata. */
enum { SPREADS = 200 };
struct spreads {
	struct strata_pool at[SPREADS]; /* mean and its variance for each */
	double up_to[SPREADS];          /* probability of this one and those below */
};

static void weigh_spreads(size_t n, const double *theta, const double *variance, struct spreads *ret)
{
	static const double LARGEST = 5; /* beyond any that people show */
	double logs[SPREADS];
	double highest = -INFINITY;
	for (int k = 0; k < SPREADS; k++) {
		/* squares: fine where the spread is small */
		double root = (k + 0.5) / SPREADS;
		struct strata_pool *p = &ret->at[k];
		*p = (struct strata_pool){.spread2 = LARGEST * LARGEST * pow(root, 4)};
		double q = generalised_q(n, theta, variance, p);
		logs[k] = log(root) - log1p(p->spread2) + (log(p->mean_variance) - q) / 2;
		for (size_t i = 0; i < n; i++)
			if (!isnan(theta[i]) && !isnan(variance[i]))
				logs[k] -= log(variance[i] + p->spread2) / 2;
		highest = fmax(highest, logs[k]);
	}
	double sum = 0;
	for (int k = 0; k < SPREADS; k++)
		ret->up_to[k] = sum += exp(logs[k] - highest);
	for (int k = 0; k < SPREADS; k++)
		ret->up_to[k] /= sum;
}

static struct strata_pool draw_pool(const struct spreads *s, struct random_stream *random)
{
	double u = random_uniform(random);
	int k = 0;
	while (k + 1 < SPREADS && s->up_to[k] < u)
		k++;
	struct strata_pool drawn = s->at[k];
	drawn.mean += sqrt(drawn.mean_variance) * random_normal(random);
	return drawn;
}

static void take_ends(double *draws, double level, struct strata_estimate *ret)
{
	bool extreme;
	qsort(draws, DRAWS, sizeof *draws, compare_numbers);
	ret->lower = bca_quantile(draws, DRAWS, (1 - level) / 2, &extreme);
	ret->upper = bca_quantile(draws, DRAWS, (1 + level) / 2, &extreme);
}

/* Intervals of strata and total from the same draws: of the spread, of the common mean given it, of the
 * strata given both. draws: DRAWS for each stratum, then DRAWS zeros for the total. */
static void share_intervals(
	const double *theta, const double *variance, uint64_t seed, double *draws, struct strata_result *ret)
{
	struct spreads spreads;
	struct random_stream random;
	double *totals = draws + ret->n_strata * DRAWS;
	random_init(&random, seed, UINT64_MAX);
	weigh_spreads(ret->n_strata, theta, variance, &spreads);
	for (int d = 0; d < DRAWS; d++) {
		struct strata_pool drawn = draw_pool(&spreads, &random);
		for (size_t i = 0; i < ret->n_strata; i++) {
			double deviation = sqrt(conditional_variance(&drawn, theta[i], variance[i]));
			double value =
				shrunk(&drawn, theta[i], variance[i]) + deviation * random_normal(&random);
			draws[i * DRAWS + d] = (double)ret->strata[i].n_persons * (1 + exp(value));
			totals[d] += draws[i * DRAWS + d];
		}
	}
	for (size_t i = 0; i < ret->n_strata; i++)
		take_ends(draws + i * DRAWS, ret->level, &ret->strata[i].shared);
	take_ends(totals, ret->level, &ret->shared);
}

/* Estimates at the one spread of Paule and Mandel; intervals with its doubt. */
static int share_out(const struct strata_pool *p, const double *theta, const double *variance, uint64_t seed,
	struct strata_result *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE double *draws = NEW_ARRAY_ZERO(double, (ret->n_strata + 1) * DRAWS);
	if (!draws)
		return error_memory(err);
	share_intervals(theta, variance, seed, draws, ret);
	ret->shared.estimate = 0;
	for (size_t i = 0; i < ret->n_strata; i++) {
		struct stratum *s = &ret->strata[i];
		s->shared.estimate = (double)s->n_persons * (1 + exp(shrunk(p, theta[i], variance[i])));
		ret->shared.estimate += s->shared.estimate;
	}
	return CF_OK;
}

static int share(const struct run *run, struct strata_result *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE double *theta = NEW_ARRAY(double, ret->n_strata);
	CF_CLEANUP_FREE double *variance = NEW_ARRAY(double, ret->n_strata);
	struct strata_pool p;
	if (!theta || !variance)
		return error_memory(err);
	for (size_t i = 0; i < ret->n_strata; i++) {
		const struct estimate_result *e = result_of(run, i);
		double n = (double)ret->strata[i].n_persons;
		bool usable = e->status == ESTIMATE_IDENTIFIED && e->estimate > n;
		theta[i] = usable ? log((e->estimate - n) / n) : NAN;
		variance[i] = usable ? log_variance(e, n) : NAN;
		if (isnan(variance[i]))
			theta[i] = NAN;
	}
	size_t usable = strata_pool(ret->n_strata, theta, variance, &p);
	if (usable == 0)
		return CF_OK;
	ret->mean = p.mean;
	ret->spread = usable > 1 ? sqrt(p.spread2) : NAN;
	/* one stratum tells nothing about how strata differ: nobody may borrow from it */
	if (usable == 1 && ret->n_strata > 1)
		return CF_OK;
	return share_out(&p, theta, variance, run->options.seed, ret, err);
}

/* A replicate of one stratum at random; those without an estimate are as likely as they were. */
static double draw_replicate(const struct estimate_result *e, struct random_stream *random)
{
	uint64_t at = random_below(random, (uint64_t)e->n_replicates + e->n_failed);
	return at < e->n_replicates ? e->replicates[at] : INFINITY;
}

/* Every stratum's posterior was sampled: a draw of each adds up to one of the total, since nothing links
 * them. Medians do not add up; the total's is that of the sums. */
static void add_draws(const struct run *run, double *totals, struct strata_result *ret)
{
	struct random_stream random;
	bool extreme;
	random_init(&random, run->options.seed, UINT64_MAX - 1);
	for (int d = 0; d < DRAWS; d++)
		for (size_t i = 0; i < ret->n_strata; i++) {
			const struct estimate_posterior *p = &result_of(run, i)->posterior;
			totals[d] += p->draws[random_below(&random, p->n_chains * p->n_draws)];
		}
	qsort(totals, DRAWS, sizeof *totals, compare_numbers);
	ret->separate.estimate = bca_quantile(totals, DRAWS, 0.5, &extreme);
	ret->separate.lower = bca_quantile(totals, DRAWS, (1 - ret->level) / 2, &extreme);
	ret->separate.upper = bca_quantile(totals, DRAWS, (1 + ret->level) / 2, &extreme);
}

/* The sum of the separate estimates; its interval from sums of independent replicates. */
static int add_up(const struct run *run, struct strata_result *ret, struct cf_error *err)
{
	double sum = 0;
	bool replicated = true;
	bool sampled = true;
	for (size_t i = 0; i < ret->n_strata; i++) {
		const struct estimate_result *e = result_of(run, i);
		sum += ret->strata[i].separate.estimate;
		replicated = replicated && e->n_replicates + e->n_failed > 0;
		sampled = sampled && e->posterior.n_chains > 0;
	}
	ret->separate.estimate = sum;
	if (isnan(sum) || !(replicated || sampled))
		return CF_OK;
	CF_CLEANUP_FREE double *totals = NEW_ARRAY_ZERO(double, DRAWS);
	struct random_stream random;
	struct bca_interval b;
	if (!totals)
		return error_memory(err);
	if (sampled) {
		add_draws(run, totals, ret);
		return CF_OK;
	}
	random_init(&random, run->options.seed, UINT64_MAX - 1);
	for (int d = 0; d < DRAWS; d++)
		for (size_t i = 0; i < ret->n_strata; i++)
			totals[d] += draw_replicate(result_of(run, i), &random);
	qsort(totals, DRAWS, sizeof *totals, compare_numbers);
	struct bca_input in = {
		.estimate = sum, .level = ret->level, .n_replicates = DRAWS, .replicates = totals};
	bca_interval(&in, &b);
	ret->separate.lower = b.lower;
	ret->separate.upper = b.upper;
	ret->separate.upper_is_unbounded = isnan(b.upper);
	return CF_OK;
}

static int copy_values(char *const *from, size_t n, char ***ret, struct cf_error *err)
{
	*ret = NEW_ARRAY_ZERO(char *, n);
	if (!*ret)
		return error_memory(err);
	for (size_t i = 0; i < n; i++) {
		(*ret)[i] = mem_strdup(from[i]);
		if (!(*ret)[i])
			return error_memory(err);
	}
	return CF_OK;
}

static int describe(const struct run *run, struct strata_result *ret, struct cf_error *err)
{
	const struct overlap_table *by = run->grouping->by;
	TRY(copy_values(by->stratum_columns, ret->n_columns, &ret->columns, err));
	for (size_t i = 0; i < ret->n_strata; i++) {
		struct stratum *s = &ret->strata[i];
		struct estimate_result *e = result_of(run, i);
		TRY(copy_values(by->strata + i * ret->n_columns, ret->n_columns, &s->values, err));
		s->n_persons = run->reports[i]->n_persons;
		s->status = e->status;
		s->model = TAKE(e->model);
		s->reason = TAKE(e->reason);
		s->separate = (struct strata_estimate){.estimate = e->estimate,
			.lower = e->lower,
			.upper = e->upper,
			.upper_is_unbounded = e->upper_is_unbounded};
		s->shared = (struct strata_estimate){NAN, NAN, NAN, false};
		ret->n_missing += e->status != ESTIMATE_IDENTIFIED;
	}
	return CF_OK;
}

static struct strata_result *new_result(const struct strata_plan *plan, const struct grouping *g)
{
	struct strata_result *s = NEW(struct strata_result);
	if (!s)
		return NULL;
	*s = (struct strata_result){.method = plan->method,
		.n_columns = g->n_columns,
		.separate = {NAN, NAN, NAN, false},
		.shared = {NAN, NAN, NAN, false},
		.spread = NAN,
		.mean = NAN,
		.level = plan->options->level};
	s->strata = NEW_ARRAY_ZERO(struct stratum, g->by->n_strata);
	if (!s->strata)
		return strata_free(s);
	s->n_strata = g->by->n_cells ? g->by->n_strata : 0;
	return s;
}

static void run_done(struct run *run)
{
	for (size_t i = 0; run->reports && i < run->grouping->by->n_strata; i++)
		estimate_report_free(run->reports[i]);
	run->reports = mem_free(run->reports);
}

int strata_run(const struct strata_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct strata_result **ret, struct cf_error *err)
{
	CF_CLEANUP(grouping_done) struct grouping g = {.plan = plan};
	CF_CLEANUP(run_done) struct run run = {.plan = plan, .grouping = &g, .options = *plan->options};
	CF_CLEANUP_STRATA struct strata_result *s = NULL;
	TRY(regroup(&g, err));
	if (g.by->n_strata > STRATA_MAX)
		return error_set(err, CF_E_LIMIT,
			"%zu strata are more than %d: choose fewer of their columns", g.by->n_strata,
			STRATA_MAX);
	run.options.methods = UINT32_C(1) << plan->method;
	if (plan->method != ESTIMATE_MODEL)
		run.options.model = NULL;
	run.reports = NEW_ARRAY_ZERO(struct estimate_report *, g.by->n_strata);
	s = new_result(plan, &g);
	if (!run.reports || !s)
		return error_memory(err);
	progress_report(progress, "strata", 0, s->n_strata);
	TRY(jobs_run(pool, s->n_strata, stratum_task, &run, err));
	TRY(describe(&run, s, err));
	TRY(add_up(&run, s, err));
	TRY(share(&run, s, err));
	*ret = TAKE(s);
	return CF_OK;
}

static char **free_values(char **values, size_t n)
{
	for (size_t i = 0; values && i < n; i++)
		values[i] = mem_free(values[i]);
	return mem_free(values);
}

struct strata_result *strata_free(struct strata_result *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_strata; i++) {
		s->strata[i].values = free_values(s->strata[i].values, s->n_columns);
		s->strata[i].model = mem_free(s->strata[i].model);
		s->strata[i].reason = mem_free(s->strata[i].reason);
	}
	s->columns = free_values(s->columns, s->n_columns);
	s->strata = mem_free(s->strata);
	return mem_free(s);
}
