/*
 * Profile intervals against a likelihood that can be written down: with independent lists the profile over
 * the capture probabilities is closed, n_j of N on list j.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"
#include "estimate/profile.h"

struct bench {
	struct loglinear_table t;
	struct select_bench b;
};

static void bench_init(struct bench *b, uint32_t n_lists)
{
	struct cf_error err = CF_ERROR_INIT;
	*b = (struct bench){0};
	assert_int_equal(loglinear_table_init(&b->t, n_lists, &err), 0);
	assert_int_equal(select_bench_init(&b->b, n_lists, false, &err), 0);
}

static void bench_done(struct bench *b)
{
	loglinear_table_done(&b->t);
	select_bench_done(&b->b);
}

static double independent(const struct loglinear_table *t, double total)
{
	double value = lgamma(total + 1) - lgamma(total - t->n_persons + 1);
	for (uint32_t j = 0; j < t->n_lists; j++) {
		double n = t->totals[UINT32_C(1) << j];
		value += n > 0 ? n * log(n / total) : 0;
		value += n < total ? (total - n) * log1p(-n / total) : 0;
	}
	return value;
}

static struct profile_interval find(struct bench *b, const struct hierarchy *m, double level)
{
	struct selection s;
	struct profile_interval p = {0};
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(select_model(&b->b, &b->t, m, NULL, &s, &err), 0);
	assert_int_equal(s.existence.status, ESTIMATE_IDENTIFIED);
	assert_int_equal(profile_interval(&b->b, &b->t, &s, level, &p, &err), 0);
	assert_true(p.lower <= p.maximum && p.lower >= b->t.n_persons);
	return p;
}

static void equals_the_closed_form_of_independent_lists(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 71, 0);
	const double drop = 3.841458820694124 / 2; /* the 95 % point of chi-square with one degree, halved */
	int n_tried = 0;
	for (int round = 0; round < 60; round++) {
		struct bench b;
		struct hierarchy m;
		bench_init(&b, 2 + (uint32_t)random_below(&r, 4));
		double chance = 0.1 + 0.3 * random_uniform(&r);
		uint64_t persons = 50 + random_below(&r, 2000);
		for (uint64_t i = 0; i < persons; i++) {
			uint32_t w = 0;
			for (uint32_t j = 0; j < b.t.n_lists; j++)
				w |= (uint32_t)(random_uniform(&r) < chance) << j;
			b.t.counts[w] += w > 0;
		}
		loglinear_table_sum(&b.t);
		hierarchy_main_effects(b.t.n_lists, &m);
		double most = 0; /* persons on two lists: with some the estimate exists */
		for (uint32_t w = 3; w < b.t.n_cells; w++)
			most += __builtin_popcount(w) > 1 ? b.t.counts[w] : 0;
		if (most > 3) {
			struct profile_interval p = find(&b, &m, 0.95);
			double top = independent(&b.t, p.maximum);
			assert_true(independent(&b.t, p.maximum + 0.5) <= top + 1e-9);
			if (p.maximum - 0.5 > b.t.n_persons)
				assert_true(independent(&b.t, p.maximum - 0.5) <= top + 1e-9);
			assert_false(p.unbounded);
			assert_true(fabs(independent(&b.t, p.upper) - (top - drop)) < 1e-5);
			if (p.lower > b.t.n_persons)
				assert_true(fabs(independent(&b.t, p.lower) - (top - drop)) < 1e-5);
			n_tried++;
		}
		bench_done(&b);
	}
	assert_true(n_tried > 40);
}

/* Higher levels contain lower ones; a saturated pair leaves a likelihood that levels off. */
static void widens_with_the_level(void **state)
{
	(void)state;
	static const double counts[] = {53, 31, 7, 44, 6, 9, 2};
	struct bench b;
	struct hierarchy m;
	struct cf_error err = CF_ERROR_INIT;
	bench_init(&b, 3);
	for (uint32_t w = 1; w < 8; w++)
		b.t.counts[w] = counts[w - 1];
	loglinear_table_sum(&b.t);
	assert_int_equal(hierarchy_parse("[12,13]", 3, NULL, &m, &err), 0);
	struct profile_interval before = find(&b, &m, 0.5);
	for (double level = 0.6; level < 0.995; level += 0.05) {
		struct profile_interval p = find(&b, &m, level);
		assert_true(p.lower <= before.lower + 1e-6 && p.upper >= before.upper - 1e-6);
		before = p;
	}
	bench_done(&b);
}

static void may_have_no_upper_end(void **state)
{
	(void)state;
	/* one person on two lists: a hidden number of any size is within reach */
	static const double counts[] = {40, 30, 1, 20, 0, 0, 0};
	struct bench b;
	struct hierarchy m;
	bench_init(&b, 3);
	for (uint32_t w = 1; w < 8; w++)
		b.t.counts[w] = counts[w - 1];
	loglinear_table_sum(&b.t);
	hierarchy_main_effects(3, &m);
	struct profile_interval wide = find(&b, &m, 0.99);
	assert_true(wide.unbounded ? isnan(wide.upper) : wide.upper > 10 * wide.maximum);
	bench_done(&b);
}

static int sweep_interval(void *context, struct cf_error *err)
{
	struct bench *b = context;
	struct selection s;
	struct profile_interval p;
	struct hierarchy m;
	hierarchy_main_effects(2, &m);
	TRY(select_model(&b->b, &b->t, &m, NULL, &s, err));
	return profile_interval(&b->b, &b->t, &s, 0.95, &p, err);
}

static void survives_running_out_of_memory(void **state)
{
	(void)state;
	struct bench b;
	bench_init(&b, 2);
	b.t.counts[1] = 40;
	b.t.counts[2] = 30;
	b.t.counts[3] = 12;
	loglinear_table_sum(&b.t);
	assert_true(sweep_run("profile interval", sweep_interval, &b) > 0);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_closed_form_of_independent_lists),
		cmocka_unit_test(widens_with_the_level),
		cmocka_unit_test(may_have_no_upper_end),
		cmocka_unit_test(survives_running_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
