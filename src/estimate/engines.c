#include "estimate/engines.h"

#include <math.h>
#include <stdio.h>

#include "base/buffer.h"
#include "estimate/coverage.h"
#include "estimate/graphs.h"
#include "estimate/prior.h"
#include "estimate/report.h"

bool engine_owns(enum estimate_method m)
{
	return m >= ESTIMATE_GRAPHS && m < ESTIMATE_N_METHODS;
}

bool engine_is_bound(enum estimate_method m)
{
	return m == ESTIMATE_CHAO || m == ESTIMATE_ZELTERMAN;
}

int engine_refuse(
	struct estimate_result *ret, enum estimate_status status, const char *reason, struct cf_error *err)
{
	ret->status = status;
	ret->reason = mem_strdup(reason);
	return ret->reason ? CF_OK : error_memory(err);
}

static const char *why_no_graphs(const struct loglinear_table *t, enum graphs_status status)
{
	if (!(t->n_persons > 0))
		return "the table holds no persons, so there is nothing to estimate from";
	if (status == GRAPHS_TOO_FEW)
		return "one list alone says nothing about how many it missed: at least two lists are needed";
	if (status == GRAPHS_TOO_MANY)
		return "averaging over graphs goes to seven lists: leave out or merge some";
	return "the data bound nothing: the posterior has so much of its mass beyond any number of hidden "
	       "persons that "
	       "only the prior would speak";
}

static int describe_graph(
	const struct overlap_table *t, const struct graphs_model *m, struct estimate_rival *ret)
{
	CF_CLEANUP(buffer_done) struct buffer names = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer digits = BUFFER_INIT;
	TRY(decomposable_format_names(&m->graph, t->list_names, &names));
	TRY(decomposable_format_digits(&m->graph, &digits));
	ret->model = buffer_take(&names);
	ret->model_digits = buffer_take(&digits);
	ret->bic = NAN;
	ret->estimate = m->mean;
	ret->weight = m->probability;
	return CF_OK;
}

/* The most probable graphs; the first is the result's model. */
static int describe_graphs(const struct overlap_table *t, const struct graphs_result *g,
	struct estimate_result *ret, struct cf_error *err)
{
	for (size_t i = 0; i < g->n_models && i < ESTIMATE_MAX_RIVALS; i++) {
		TRY_MEMORY(describe_graph(t, &g->models[i], &ret->rivals[i]), err);
		ret->n_rivals++;
	}
	if (ret->n_rivals == 0)
		return CF_OK;
	ret->model = mem_strdup(ret->rivals[0].model);
	ret->model_digits = mem_strdup(ret->rivals[0].model_digits);
	return ret->model && ret->model_digits ? CF_OK : error_memory(err);
}

static void add_prior_setting(const char *label, const struct graphs_result *g, struct estimate_result *ret)
{
	bool done = g->status == GRAPHS_DONE;
	report_add_setting(ret, label, done ? g->median : NAN, done ? g->lower : NAN, done ? g->upper : NAN);
}

/* The same with 1 / N and with every total alike beforehand, where the prior is another. */
static int try_totals(const struct engine_request *q, const struct graphs_options *given,
	struct estimate_result *ret, struct cf_error *err)
{
	static const struct {
		enum graphs_prior prior;
		const char *label;
	} others[] = {{GRAPHS_PRIOR_RECIPROCAL, "prior 1/N"}, {GRAPHS_PRIOR_FLAT, "prior flat"}};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		CF_CLEANUP(graphs_result_done) struct graphs_result g = {0};
		struct graphs_options o = *given;
		if (given->prior == others[i].prior)
			continue;
		o.prior = others[i].prior;
		o.n_models = 1;
		if (given->prior == GRAPHS_PRIOR_GIVEN && q->options->grid_points == 0)
			o.grid = NULL; /* it goes as far as the given prior does */
		TRY(graphs_run(q->dense, &o, q->pool, q->progress, &g, err));
		add_prior_setting(others[i].label, &g, ret);
	}
	return CF_OK;
}

static int try_priors(const struct engine_request *q, const struct graphs_options *o,
	struct estimate_result *ret, struct cf_error *err)
{
	struct graphs_sensitivity s[GRAPHS_N_SENSITIVITY];
	TRY(graphs_sensitivity(q->dense, o, q->pool, q->progress, s, err));
	for (size_t i = 0; i < GRAPHS_N_SENSITIVITY; i++) {
		char label[ESTIMATE_SETTING_LABEL];
		/* with three lists 2^-K is an eighth already */
		if (i && !(s[i].delta > s[0].delta) && !(s[i].delta < s[0].delta))
			continue;
		(void)snprintf(label, sizeof label, "delta %g", s[i].delta);
		report_add_setting(ret, label, s[i].median, s[i].lower, s[i].upper);
	}
	return try_totals(q, o, ret, err);
}

static void graphs_facts(const struct graphs_result *g, struct estimate_result *ret)
{
	report_add_fact(ret, "posterior_mean", g->mean);
	report_add_fact(ret, "posterior_median", g->median);
	report_add_fact(ret, "posterior_mode", g->mode);
	report_add_fact(ret, "delta", g->delta);
	report_add_fact(ret, "graphs", (double)g->n_graphs);
	report_add_fact(ret, "effective_models", g->effective_models);
	report_add_fact(ret, "largest_hidden", g->end);
	report_add_fact(ret, "mass_beyond", g->tail_mass);
}

/* The posterior as draws at evenly spaced shares of it, for figures and sums over strata. */
static int draw_graphs(
	const struct graphs_result *g, double n_persons, struct estimate_result *ret, struct cf_error *err)
{
	enum { DRAWS = 2000 };
	double *draws = NEW_ARRAY(double, DRAWS);
	if (!draws)
		return error_memory(err);
	double sum = 0;
	size_t at = 0;
	for (size_t i = 0; i < DRAWS; i++) {
		double share = ((double)i + 0.5) / DRAWS;
		for (; at + 1 < g->n_grid && sum + g->posterior[at] < share; at++)
			sum += g->posterior[at];
		draws[i] = n_persons + g->grid[at];
	}
	ret->posterior = (struct estimate_posterior){.n_chains = 1, .n_draws = DRAWS, .draws = draws};
	return CF_OK;
}

/* Beyond six lists the answer takes seconds, and other priors as long again. */
enum { MAX_LISTS_FOR_PRIORS = 6 };

/* Whether so few points of a given grid carry the posterior that between them anything might be. */
static bool is_coarse(const struct graphs_result *g)
{
	static const double FEWEST_POINTS = 10;
	double squares = 0;
	for (size_t i = 0; i < g->n_grid; i++) {
		double before = i ? g->grid[i] - g->grid[i - 1] : 0;
		double after = i + 1 < g->n_grid ? g->grid[i + 1] - g->grid[i] : 0;
		if (fmax(before, after) > 1)
			squares += g->posterior[i] * g->posterior[i];
	}
	return squares * FEWEST_POINTS > 1;
}

/* What the last tenth of a given grid holds. */
static double mass_near_end(const struct graphs_result *g)
{
	double last = g->grid[g->n_grid - 1];
	double border = last - (last - g->grid[0]) / 10;
	double mass = 0;
	for (size_t i = 0; i < g->n_grid; i++)
		mass += g->grid[i] > border ? g->posterior[i] : 0;
	return mass;
}

static struct graphs_options graphs_options(const struct estimate_options *o, const struct prior_grid *grid)
{
	static const enum graphs_prior priors[] = {[ESTIMATE_PRIOR_RECIPROCAL] = GRAPHS_PRIOR_RECIPROCAL,
		[ESTIMATE_PRIOR_FLAT] = GRAPHS_PRIOR_FLAT,
		[ESTIMATE_PRIOR_NEGATIVE_BINOMIAL] = GRAPHS_PRIOR_NEGATIVE_BINOMIAL,
		[ESTIMATE_PRIOR_GIVEN] = GRAPHS_PRIOR_GIVEN};
	struct graphs_options ret = GRAPHS_OPTIONS_INIT;
	ret.delta = o->delta;
	ret.level = o->level;
	ret.prior = priors[o->prior.kind];
	ret.a = o->prior.a;
	ret.b = o->prior.b;
	ret.grid = grid->hidden;
	ret.n_grid = grid->n;
	ret.log_prior = grid->log_prior;
	return ret;
}

static int run_graphs(const struct engine_request *q, struct estimate_result *ret, struct cf_error *err)
{
	CF_CLEANUP(graphs_result_done) struct graphs_result g = {0};
	CF_CLEANUP(prior_grid_done) struct prior_grid grid = {0};
	TRY(prior_grid_make(q->options, q->dense->n_persons, &grid, err));
	if (grid.hidden && grid.n == 0)
		return engine_refuse(ret, ESTIMATE_NO_FINITE,
			"the prior rules out every total that the persons seen leave possible", err);
	struct graphs_options o = graphs_options(q->options, &grid);
	TRY(graphs_run(q->dense, &o, q->pool, q->progress, &g, err));
	if (g.status != GRAPHS_DONE)
		return engine_refuse(ret,
			g.status == GRAPHS_UNBOUNDED ? ESTIMATE_NO_FINITE : ESTIMATE_NOT_IDENTIFIABLE,
			why_no_graphs(q->dense, g.status), err);
	if (grid.hidden && is_coarse(&g))
		return engine_refuse(ret, ESTIMATE_NOT_IDENTIFIABLE,
			"the grid is too coarse: nearly all of the posterior stands on a few of its points; "
			"give it more points or a nearer end, or leave it away",
			err);
	ret->estimate = g.median;
	ret->lower = g.lower;
	ret->upper = g.upper;
	graphs_facts(&g, ret);
	if (q->options->grid_points)
		report_add_fact(ret, "mass_near_end", mass_near_end(&g));
	TRY(describe_graphs(q->t, &g, ret, err));
	TRY(draw_graphs(&g, q->dense->n_persons, ret, err));
	if (q->with_settings && q->dense->n_lists <= MAX_LISTS_FOR_PRIORS)
		TRY(try_priors(q, &o, ret, err));
	return CF_OK;
}

/* The variants of sample coverage beside the one that its size advises. */
static void describe_coverage(const struct coverage_result *c, struct estimate_result *ret)
{
	static const char *const names[] = {"independent", "high_coverage", "low_coverage"};
	report_add_fact(ret, "sample_coverage", c->coverage);
	for (int i = COVERAGE_INDEPENDENT; i <= COVERAGE_LOW; i++) {
		const struct coverage_estimate *e = &c->estimates[i];
		report_add_fact(ret, names[i], e->total);
		report_add_setting(ret, coverage_method_name(i), e->total, e->lower, e->upper);
	}
}

static int run_coverage(enum estimate_method m, const struct engine_request *q, struct estimate_result *ret,
	struct cf_error *err)
{
	struct coverage_result c;
	const struct estimate_options *o = q->options;
	TRY(coverage_run(q->dense, o->n_bootstrap, o->seed, o->level, &c, err));
	enum coverage_method which = m == ESTIMATE_CHAO        ? COVERAGE_CHAO
				     : m == ESTIMATE_ZELTERMAN ? COVERAGE_ZELTERMAN
				     : c.is_small              ? COVERAGE_LOW
							       : COVERAGE_HIGH;
	const struct coverage_estimate *e = &c.estimates[which];
	if (m == ESTIMATE_COVERAGE)
		describe_coverage(&c, ret);
	if (!e->defined)
		return engine_refuse(ret, ESTIMATE_NO_FINITE, e->reason, err);
	/* below the persons seen an estimate by sample coverage only says that nobody is hidden */
	ret->estimate = fmax(e->total, q->dense->n_persons);
	ret->lower = fmax(e->lower, q->dense->n_persons);
	ret->upper = fmax(e->upper, q->dense->n_persons);
	if (isnan(e->lower))
		ret->lower = ret->upper = NAN;
	ret->model = mem_strdup(coverage_method_name(which));
	ret->model_digits = mem_strdup("");
	return ret->model && ret->model_digits ? CF_OK : error_memory(err);
}

static bool nobody_is_shared(const struct loglinear_table *t)
{
	for (uint32_t j = 0; j < t->n_lists; j++)
		for (uint32_t k = j + 1; k < t->n_lists; k++)
			if (t->totals[UINT32_C(1) << j | UINT32_C(1) << k] > 0)
				return false;
	return true;
}

int engine_run(enum estimate_method m, const struct engine_request *q, struct estimate_result *ret,
	struct cf_error *err)
{
	report_begin(m, q->options->level, ret);
	if (q->dense->n_lists > 1 && q->dense->n_persons > 0 && nobody_is_shared(q->dense))
		return engine_refuse(ret, ESTIMATE_NO_FINITE,
			"nobody is on more than one list, so that whatever came out would be the method's "
			"own assumption",
			err);
	switch (m) {
	case ESTIMATE_GRAPHS:
		return run_graphs(q, ret, err);
	case ESTIMATE_CLASSES:
		return engine_run_classes(q, ret, err);
	case ESTIMATE_COVERAGE:
	case ESTIMATE_CHAO:
	case ESTIMATE_ZELTERMAN:
		return run_coverage(m, q, ret, err);
	default:
		return error_set(err, CF_E_INTERNAL, "no engine for this method");
	}
}
