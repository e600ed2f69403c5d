/*
 * The prior of the total: grids that are asked for, densities by points, and the answers of other programs.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "estimate/prior.h"

static struct overlap_table *read_table(const char *name)
{
	char path[4096];
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s.csv", getenv("CF_SOURCE_ROOT"), name);
	if (overlap_read(path, &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static struct estimate_report *run(const struct overlap_table *t, const struct estimate_options *o)
{
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (estimate_run_full(t, o, NULL, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	return r;
}

static double fact(const struct estimate_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_facts; i++)
		if (strcmp(r->facts[i].name, name) == 0)
			return r->facts[i].value;
	fail_msg("no %s", name);
	return NAN;
}

/* dga 2.0.2 with the negative binomial prior of Madigan and York's example. */
static void negative_binomial(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("dga_MadiganYork3");
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_GRAPHS;
	o.delta = 1;
	o.prior = (struct estimate_prior){.kind = ESTIMATE_PRIOR_NEGATIVE_BINOMIAL, .a = 13.14, .b = 55.17};
	o.grid_end = o.grid_points = 300;
	struct estimate_report *r = run(t, &o);
	const struct estimate_result *e = &r->results[0];
	assert_true(fabs(fact(e, "posterior_mean") - 733.452) < 0.0006);
	assert_true(e->estimate == 731 && e->lower == 682 && e->upper == 797);
	estimate_report_free(r);
	overlap_free(t);
}

/* A density that is 1 / N to many digits gives what 1 / N gives; where the two are not the same, the answer
 * moves with it. */
static void points_of_a_density(void **state)
{
	(void)state;
	enum { N = 3000 };
	struct overlap_table *t = read_table("Korea");
	double totals[N];
	double weights[N];
	for (int i = 0; i < N; i++) {
		totals[i] = 100 + i;
		weights[i] = 7 / totals[i];
	}
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_GRAPHS;
	o.grid_end = o.grid_points = 100 + N - 1 - 123; /* every total to the last point */
	struct estimate_report *reciprocal = run(t, &o);
	o.prior = (struct estimate_prior){
		.kind = ESTIMATE_PRIOR_GIVEN, .n = N, .totals = totals, .weights = weights};
	struct estimate_report *given = run(t, &o);
	assert_true(reciprocal->results[0].estimate == given->results[0].estimate);
	assert_true(reciprocal->results[0].upper == given->results[0].upper);
	assert_true(fabs(fact(&reciprocal->results[0], "posterior_mean") /
				    fact(&given->results[0], "posterior_mean") -
			    1) < 1e-9);
	estimate_report_free(given);
	/* without a grid: from the persons seen to the last point; a total of 123 with nobody hidden is one
	 * more */
	o.grid_end = o.grid_points = 0;
	given = run(t, &o);
	assert_true(fact(&given->results[0], "largest_hidden") == totals[N - 1] - 123);
	estimate_report_free(reciprocal);
	o.prior.kind = ESTIMATE_PRIOR_RECIPROCAL;
	reciprocal = run(t, &o);
	assert_true(fabs(given->results[0].estimate - reciprocal->results[0].estimate) <= 1);
	o.prior.kind = ESTIMATE_PRIOR_GIVEN;
	estimate_report_free(given);
	/* known to be from 300 to 400 */
	o.prior.n = 2;
	o.prior.totals = (const double[]){300, 400};
	o.prior.weights = (const double[]){1, 1};
	given = run(t, &o);
	assert_true(given->results[0].lower >= 300 && given->results[0].upper <= 400);
	/* beside it what other priors say, which is less */
	bool found = false;
	for (size_t i = 0; i < given->results[0].n_settings; i++)
		if (strcmp(given->results[0].settings[i].label, "prior 1/N") == 0)
			found = given->results[0].settings[i].estimate < 250;
	assert_true(found);
	estimate_report_free(given);
	/* fewer than were seen: nothing is left */
	o.prior.totals = (const double[]){10, 100};
	given = run(t, &o);
	assert_int_equal(given->results[0].status, ESTIMATE_NO_FINITE);
	assert_non_null(strstr(given->results[0].reason, "rules out"));
	estimate_report_free(given);
	estimate_report_free(reciprocal);
	overlap_free(t);
}

/* Lines between points: a triangle of 0, 10 and 0 at 5, 15 and 25, with 3 persons seen. */
static void lines_between_points(void **state)
{
	(void)state;
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	struct prior_grid g = {0};
	struct cf_error err = CF_ERROR_INIT;
	o.prior = (struct estimate_prior){.kind = ESTIMATE_PRIOR_GIVEN,
		.n = 3,
		.totals = (const double[]){5, 15, 25},
		.weights = (const double[]){0, 10, 0}};
	assert_int_equal(prior_grid_make(&o, 3, &g, &err), 0);
	/* totals 6 to 24: the ends have no weight */
	assert_int_equal(g.n, 19);
	for (size_t i = 0; i < g.n; i++) {
		double total = 3 + g.hidden[i];
		assert_true(fabs(total - (6 + (double)i)) < 1e-12);
		assert_true(fabs(exp(g.log_prior[i]) - (10 - fabs(total - 15))) < 1e-9);
	}
	prior_grid_done(&g);
	/* so many totals that only some are looked at: both ends among them, all whole and rising */
	o.prior.totals = (const double[]){1000, 1000000, 3000000};
	o.prior.weights = (const double[]){1, 2, 1};
	assert_int_equal(prior_grid_make(&o, 10, &g, &err), 0);
	assert_true(g.n > 1000 && g.n < 100000);
	assert_true(g.hidden[0] == 990 && g.hidden[g.n - 1] == 2999990);
	for (size_t i = 1; i < g.n; i++)
		assert_true(g.hidden[i] > g.hidden[i - 1] && g.hidden[i] == floor(g.hidden[i]));
	prior_grid_done(&g);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	const struct estimate_prior bad[] = {
		{.kind = (enum estimate_prior_kind)7},
		{.kind = ESTIMATE_PRIOR_NEGATIVE_BINOMIAL, .a = 0, .b = 3},
		{.kind = ESTIMATE_PRIOR_NEGATIVE_BINOMIAL, .a = NAN, .b = 3},
		{.kind = ESTIMATE_PRIOR_GIVEN},
		{.kind = ESTIMATE_PRIOR_GIVEN,
			.n = 2,
			.totals = (const double[]){5, 5},
			.weights = (const double[]){1, 1}},
		{.kind = ESTIMATE_PRIOR_GIVEN,
			.n = 2,
			.totals = (const double[]){5, 6},
			.weights = (const double[]){1, -1}},
		{.kind = ESTIMATE_PRIOR_GIVEN,
			.n = 2,
			.totals = (const double[]){5, 6},
			.weights = (const double[]){0, 0}},
		{.kind = ESTIMATE_PRIOR_GIVEN,
			.n = 2,
			.totals = (const double[]){5, 1e13},
			.weights = (const double[]){1, 1}},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct estimate_options o = ESTIMATE_OPTIONS_INIT;
		struct cf_error err = CF_ERROR_INIT;
		o.prior = bad[i];
		assert_int_equal(prior_check(&o, &err), CF_E_USAGE);
		assert_true(err.message[0]);
	}
}

static int sweep_grid(void *context, struct cf_error *err)
{
	struct prior_grid g = {0};
	TRY(prior_grid_make(context, 10, &g, err));
	prior_grid_done(&g);
	return CF_OK;
}

static void survives_running_out_of_memory(void **state)
{
	(void)state;
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.grid_end = 100;
	o.grid_points = 10;
	assert_true(sweep_run("prior", sweep_grid, &o) >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(negative_binomial),
		cmocka_unit_test(points_of_a_density),
		cmocka_unit_test(lines_between_points),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(survives_running_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
