/*
 * Strata: separate estimates are those of their own tables, sharing draws them together by as much as it
 * should, and totals cover.
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

#include "base/random.h"
#include "base/sweep.h"
#include "estimate/strata.h"

static const char *const lists[] = {"a", "b", "c"};
static const char *const columns[] = {"sex", "region"};

static struct overlap_table *new_table(void)
{
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(overlap_new(3, lists, &t, &err), 0);
	assert_int_equal(overlap_set_stratum_columns(t, 2, columns, &err), 0);
	return t;
}

static void fill(struct overlap_table *t, const char *sex, const char *region, const uint64_t counts[7])
{
	const char *values[] = {sex, region};
	struct cf_error err = CF_ERROR_INIT;
	uint32_t stratum;
	assert_int_equal(overlap_stratum(t, values, &stratum, &err), 0);
	for (uint32_t w = 1; w < 8; w++)
		assert_int_equal(overlap_add(t, w, stratum, counts[w - 1], &err), 0);
}

static struct strata_result *run(const struct strata_plan *plan)
{
	struct strata_result *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (strata_run(plan, NULL, NULL, &s, &err) < 0)
		fail_msg("%s", err.message);
	return s;
}

static struct overlap_table *four_strata(void)
{
	struct overlap_table *t = new_table();
	fill(t, "f", "north", (const uint64_t[]){120, 90, 20, 80, 15, 12, 4});
	fill(t, "f", "south", (const uint64_t[]){60, 50, 9, 40, 8, 6, 1});
	fill(t, "m", "north", (const uint64_t[]){40, 25, 10, 20, 7, 5, 2});
	fill(t, "m", "south", (const uint64_t[]){30, 20, 0, 25, 0, 0, 0});
	return t;
}

static void separate_estimates_are_those_of_their_tables(void **state)
{
	(void)state;
	struct overlap_table *t = four_strata();
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	const size_t sex = 0;
	struct strata_plan plan = {
		.t = t, .method = ESTIMATE_MAIN, .options = &o, .n_columns = 1, .columns = &sex};
	struct strata_result *s = run(&plan);
	assert_int_equal(s->n_strata, 2);
	assert_int_equal(s->n_columns, 1);
	assert_string_equal(s->columns[0], "sex");
	assert_string_equal(s->strata[0].values[0], "f");
	assert_int_equal(s->strata[0].n_persons, 515);
	struct overlap_table *own = NULL;
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const uint64_t women[] = {180, 140, 29, 120, 23, 18, 5};
	assert_int_equal(overlap_new(3, lists, &own, &err), 0);
	for (uint32_t w = 1; w < 8; w++)
		assert_int_equal(overlap_add(own, w, 0, women[w - 1], &err), 0);
	o.methods = 1u << ESTIMATE_MAIN;
	assert_int_equal(estimate_run(own, &o, NULL, NULL, &r, &err), 0);
	assert_true(fabs(r->results[0].estimate - s->strata[0].separate.estimate) < 1e-9);
	assert_true(fabs(s->separate.estimate -
			    (s->strata[0].separate.estimate + s->strata[1].separate.estimate)) < 1e-9);
	assert_true(isnan(s->separate.lower));
	estimate_report_free(r);
	overlap_free(own);
	strata_free(s);
	overlap_free(t);
}

static void a_stratum_that_says_nothing_borrows(void **state)
{
	(void)state;
	struct overlap_table *t = four_strata();
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.n_bootstrap = 200;
	struct strata_plan plan = {.t = t, .method = ESTIMATE_MAIN, .options = &o};
	struct strata_result *s = run(&plan);
	size_t n = 0;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(strata_count(&plan, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_int_equal(s->n_strata, 4);
	assert_int_equal(s->n_missing, 1);
	assert_true(isnan(s->separate.estimate));
	const struct stratum *last = &s->strata[3];
	assert_int_equal(last->status, ESTIMATE_NO_FINITE);
	assert_non_null(last->reason);
	assert_true(fabs(last->shared.estimate - 75 * (1 + exp(s->mean))) < 1e-6);
	double sum = 0;
	for (size_t i = 0; i < 4; i++) {
		assert_true(s->strata[i].shared.lower > (double)s->strata[i].n_persons);
		assert_true(s->strata[i].shared.lower < s->strata[i].shared.estimate);
		assert_true(s->strata[i].shared.upper > s->strata[i].shared.estimate);
		sum += s->strata[i].shared.estimate;
	}
	assert_true(fabs(sum - s->shared.estimate) < 1e-6);
	assert_true(s->shared.lower < sum && s->shared.upper > sum);
	strata_free(s);
	overlap_free(t);
}

/* The spread solves its equation; with equal variances it is the method of moments, which is closed. */
static void pools_by_paule_and_mandel(void **state)
{
	(void)state;
	const double theta[] = {0.1, 1.3, 0.7, NAN, 2.2};
	const double equal[] = {0.05, 0.05, 0.05, NAN, 0.05};
	struct strata_pool p;
	assert_int_equal(strata_pool(5, theta, equal, &p), 4);
	double mean = (0.1 + 1.3 + 0.7 + 2.2) / 4;
	double squares = 0;
	for (int i = 0; i < 5; i++)
		squares += isnan(theta[i]) ? 0 : (theta[i] - mean) * (theta[i] - mean);
	assert_true(fabs(p.mean - mean) < 1e-9);
	assert_true(fabs(p.spread2 - (squares / 3 - 0.05)) < 1e-8);
	/* strata that differ less than their errors: no spread */
	const double alike[] = {1.0, 1.01, 0.99};
	const double wide[] = {0.5, 0.4, 0.3};
	assert_int_equal(strata_pool(3, alike, wide, &p), 3);
	assert_true(p.spread2 <= 0);
	assert_int_equal(strata_pool(1, theta + 3, equal + 3, &p), 0);
}

/* How often intervals held the truth. */
struct tally {
	int totals, separate_totals, strata;
};

static bool holds(const struct strata_estimate *e, double truth)
{
	return e->lower <= truth && e->upper >= truth;
}

/* Strata of independent lists whose chances differ, with 150 to 550 persons each. */
static struct overlap_table *draw_strata(int n_strata, struct random_stream *r, double *sizes)
{
	struct overlap_table *t = new_table();
	for (int i = 0; i < n_strata; i++) {
		char name[8];
		uint64_t counts[8] = {0};
		uint64_t n = 150 + random_below(r, 400);
		double chance = 1 / (1 + exp(1 - 0.3 * random_normal(r)));
		sizes[i] = (double)n;
		for (uint64_t k = 0; k < n; k++) {
			uint32_t w = 0;
			for (int j = 0; j < 3; j++)
				w |= (uint32_t)(random_uniform(r) < chance) << j;
			counts[w]++;
		}
		(void)snprintf(name, sizeof name, "%d", i);
		fill(t, "x", name, counts + 1);
	}
	return t;
}

static struct tally study(int n_strata, int rounds)
{
	struct tally tally = {0};
	struct random_stream r;
	random_init(&r, 91, 0);
	for (int round = 0; round < rounds; round++) {
		double sizes[16];
		double truth = 0;
		struct overlap_table *t = draw_strata(n_strata, &r, sizes);
		struct estimate_options o = ESTIMATE_OPTIONS_INIT;
		o.n_bootstrap = 60;
		o.seed = (uint64_t)round;
		struct strata_plan plan = {.t = t, .method = ESTIMATE_MAIN, .options = &o};
		struct strata_result *s = run(&plan);
		assert_int_equal(s->n_missing, 0);
		for (int i = 0; i < n_strata; i++) {
			truth += sizes[i];
			tally.strata += holds(&s->strata[i].shared, sizes[i]);
		}
		tally.totals += holds(&s->shared, truth);
		tally.separate_totals += holds(&s->separate, truth);
		strata_free(s);
		overlap_free(t);
	}
	return tally;
}

/* Twelve strata: the total's interval covers about as often as it promises. */
static void totals_cover(void **state)
{
	(void)state;
	enum { ROUNDS = 150 };
	struct tally t = study(12, ROUNDS);
	if (t.totals < ROUNDS * 90 / 100 || t.separate_totals < ROUNDS * 88 / 100)
		fail_msg("of %d, %d shared and %d separate intervals cover", ROUNDS, t.totals,
			t.separate_totals);
}

/* Three strata say little about how much strata differ: that doubt is in the intervals, or they would cover
 * 86 times of 100. */
static void few_strata_cover(void **state)
{
	(void)state;
	enum { ROUNDS = 300, STRATA = 3 };
	struct tally t = study(STRATA, ROUNDS);
	if (t.strata < ROUNDS * STRATA * 91 / 100 || t.totals < ROUNDS * 92 / 100)
		fail_msg("of %d, %d intervals of strata and %d of totals cover", ROUNDS, t.strata, t.totals);
}

enum { POSTERIOR_STRATA = 3, SUMS = 40000 };

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

/* Adds to each sum a draw of the stratum's posterior, got by itself. */
static void add_posterior(const uint64_t counts[7], const struct estimate_options *o,
	struct random_stream *random, double *sums)
{
	struct overlap_table *own = new_table();
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	fill(own, "x", "y", counts);
	assert_int_equal(estimate_run(own, o, NULL, NULL, &r, &err), 0);
	const struct estimate_posterior *p = &r->results[0].posterior;
	assert_true(p->n_chains > 0);
	for (size_t i = 0; i < SUMS; i++)
		sums[i] += p->draws[random_below(random, p->n_chains * p->n_draws)];
	estimate_report_free(r);
	overlap_free(own);
}

/* Posteriors of strata are independent, and so a draw of each makes one of the total. */
static void posteriors_add_up(void **state)
{
	(void)state;
	static const enum estimate_method methods[] = {ESTIMATE_CLASSES, ESTIMATE_GRAPHS};
	static double sums[SUMS];
	for (size_t m = 0; m < 2; m++) {
		struct overlap_table *t = new_table();
		struct estimate_options o = ESTIMATE_OPTIONS_INIT;
		struct strata_plan plan = {.t = t, .method = methods[m], .options = &o};
		struct random_stream random;
		random_init(&random, 8, 0);
		memset(sums, 0, sizeof sums);
		o.methods = 1u << methods[m];
		o.sampling = (struct estimate_sampling){.n_burn_in = 300, .n_draws = 700, .n_thin = 4};
		for (uint64_t i = 0; i < POSTERIOR_STRATA; i++) {
			char name[8];
			const uint64_t counts[7] = {60, 50 + i, 30, 40, 25, 21, 18};
			struct estimate_options of_one = o;
			(void)snprintf(name, sizeof name, "%d", (int)i);
			fill(t, "x", name, counts);
			of_one.seed += i;
			add_posterior(counts, &of_one, &random, sums);
		}
		struct strata_result *s = run(&plan);
		qsort(sums, SUMS, sizeof *sums, compare_numbers);
		assert_int_equal(s->n_missing, 0);
		double width = sums[SUMS * 975 / 1000] - sums[SUMS * 25 / 1000];
		assert_true(fabs(s->separate.estimate - sums[SUMS / 2]) < 0.03 * width);
		assert_true(fabs(s->separate.lower - sums[SUMS * 25 / 1000]) < 0.06 * width);
		assert_true(fabs(s->separate.upper - sums[SUMS * 975 / 1000]) < 0.08 * width);
		assert_true(s->shared.lower < s->shared.estimate && s->shared.estimate < s->shared.upper);
		strata_free(s);
		overlap_free(t);
	}
}

static void refuses_too_many_and_none(void **state)
{
	(void)state;
	struct overlap_table *t = new_table();
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct strata_plan plan = {.t = t, .method = ESTIMATE_MAIN, .options = &o};
	struct strata_result *s = run(&plan);
	assert_int_equal(s->n_strata, 0);
	strata_free(s);
	for (int i = 0; i <= STRATA_MAX; i++) {
		char name[8];
		(void)snprintf(name, sizeof name, "%d", i);
		fill(t, "x", name, (const uint64_t[]){1, 1, 1, 1, 1, 1, 1});
	}
	assert_int_equal(strata_run(&plan, NULL, NULL, &s, &err), CF_E_LIMIT);
	overlap_free(t);
}

static int sweep_strata(void *context, struct cf_error *err)
{
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.n_bootstrap = 5;
	struct strata_plan plan = {.t = context, .method = ESTIMATE_MAIN, .options = &o};
	struct strata_result *s = NULL;
	TRY(strata_run(&plan, NULL, NULL, &s, err));
	strata_free(s);
	return CF_OK;
}

static void survives_running_out_of_memory(void **state)
{
	(void)state;
	struct overlap_table *t = new_table();
	fill(t, "f", "n", (const uint64_t[]){12, 9, 2, 8, 1, 1, 1});
	fill(t, "m", "n", (const uint64_t[]){5, 4, 1, 3, 0, 2, 0});
	assert_true(sweep_run("strata", sweep_strata, t) > 50);
	overlap_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(separate_estimates_are_those_of_their_tables),
		cmocka_unit_test(a_stratum_that_says_nothing_borrows),
		cmocka_unit_test(pools_by_paule_and_mandel),
		cmocka_unit_test(totals_cover),
		cmocka_unit_test(posteriors_add_up),
		cmocka_unit_test(few_strata_cover),
		cmocka_unit_test(refuses_too_many_and_none),
		cmocka_unit_test(survives_running_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
