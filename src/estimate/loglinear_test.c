#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "estimate/select.h"
#include "estimate/solve.h"

static void near(double got, double expected, double relative)
{
	if (!(fabs(got - expected) <= relative * fabs(expected)))
		fail_msg("%.17g instead of %.17g", got, expected);
}

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

static void model_of_pairs(uint32_t n_lists, const uint32_t *pairs, size_t n, struct hierarchy *m)
{
	hierarchy_main_effects(n_lists, m);
	for (size_t i = 0; i < n; i++)
		assert_true(hierarchy_add(m, pairs[i]));
}

static struct selection estimate(struct bench *b, const struct hierarchy *m)
{
	struct selection s;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(select_model(&b->b, &b->t, m, NULL, &s, &err), 0);
	return s;
}

static void set(struct bench *b, const double *counts)
{
	memcpy(b->t.counts + 1, counts, (b->t.n_cells - 1) * sizeof *counts);
	loglinear_table_sum(&b->t);
}

/* Lincoln and Petersen: n1 n2 / m. */
static void two_lists_are_lincoln_petersen(void **state)
{
	(void)state;
	static const double tables[][3] = {
		{50, 30, 10}, {1, 1, 1}, {1e15, 2e15, 3}, {4e15, 1, 1}, {7, 1e12, 1e15}};
	struct bench b;
	struct hierarchy m;
	bench_init(&b, 2);
	hierarchy_main_effects(2, &m);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		set(&b, tables[i]);
		struct selection s = estimate(&b, &m);
		assert_int_equal(s.existence.status, ESTIMATE_IDENTIFIED);
		double n1 = tables[i][0] + tables[i][2];
		double n2 = tables[i][1] + tables[i][2];
		near(s.total, n1 * n2 / tables[i][2], 1e-9);
		assert_true(s.fit.deviance < 1e-6);
	}
	bench_done(&b);
}

/* All two-list terms of three lists: hidden = n123 n1 n2 n3 / (n12 n13 n23) (Bishop, Fienberg and Holland
 * 1975). */
static void three_lists_with_all_pairs_have_a_closed_form(void **state)
{
	(void)state;
	static const uint32_t pairs[] = {3, 5, 6};
	struct random_stream r;
	struct bench b;
	struct hierarchy m;
	random_init(&r, 31, 0);
	bench_init(&b, 3);
	model_of_pairs(3, pairs, 3, &m);
	for (int round = 0; round < 500; round++) {
		double c[7]; /* 1, 2, 12, 3, 13, 23, 123 */
		for (int i = 0; i < 7; i++)
			c[i] = floor(exp(random_uniform(&r) * (round < 250 ? 8 : 33))) + 1;
		set(&b, c);
		struct selection s = estimate(&b, &m);
		assert_int_equal(s.existence.status, ESTIMATE_IDENTIFIED);
		near(s.fit.hidden, c[6] * c[0] * c[1] * c[3] / (c[2] * c[4] * c[5]), 1e-8);
	}
	bench_done(&b);
}

/* One two-list term missing: [12,13] has hidden = n2 n3 / n23, where cells are summed over nothing else. */
static void conditional_independence_has_a_closed_form(void **state)
{
	(void)state;
	static const uint32_t pairs[] = {3, 5};
	struct random_stream r;
	struct bench b;
	struct hierarchy m;
	random_init(&r, 32, 0);
	bench_init(&b, 3);
	model_of_pairs(3, pairs, 2, &m);
	for (int round = 0; round < 200; round++) {
		double c[7];
		for (int i = 0; i < 7; i++)
			c[i] = floor(exp(random_uniform(&r) * 12)) + 1;
		set(&b, c);
		near(estimate(&b, &m).fit.hidden, c[1] * c[3] / c[5], 1e-8);
	}
	bench_done(&b);
}

static void random_case(struct random_stream *r, struct bench *b, struct hierarchy *m)
{
	hierarchy_main_effects(b->t.n_lists, m);
	for (uint32_t t = 3; t < b->t.n_cells - 1; t++)
		if (__builtin_popcount(t) >= 2 && random_below(r, 4) == 0 && __builtin_popcount(t) < 4)
			assert_true(hierarchy_add(m, t));
	double scale = exp(random_uniform(r) * 6);
	for (uint32_t w = 1; w < b->t.n_cells; w++)
		b->t.counts[w] = random_below(r, 3) ? floor(random_uniform(r) * scale) : 0;
	loglinear_table_sum(&b->t);
}

/* At a maximum the fitted totals of the model's terms equal the observed ones, and no step uphill is left;
 * from any start. */
static void fits_meet_the_score_equations(void **state)
{
	(void)state;
	struct random_stream r;
	int n_identified = 0;
	random_init(&r, 33, 0);
	for (uint32_t n_lists = 2; n_lists <= 6; n_lists++) {
		struct bench b;
		bench_init(&b, n_lists);
		for (int round = 0; round < 150; round++) {
			struct hierarchy m;
			random_case(&r, &b, &m);
			if (b.t.n_persons == 0)
				continue;
			struct selection s = estimate(&b, &m);
			if (s.existence.status != ESTIMATE_IDENTIFIED)
				continue;
			n_identified++;
			const double *fitted = loglinear_fitted_totals(b.b.fit);
			for (uint32_t i = 0; i < m.n_terms; i++)
				assert_true(fabs(fitted[m.terms[i]] - b.t.totals[m.terms[i]]) <=
					    1e-7 * (1 + b.t.totals[m.terms[i]]));
			double start[HIERARCHY_MAX_TERMS];
			for (uint32_t i = 0; i < m.n_terms; i++)
				start[i] = 6 * random_uniform(&r) - 3;
			struct select_start from = {.model = &m, .alpha = start};
			struct selection again;
			struct cf_error err = CF_ERROR_INIT;
			assert_int_equal(select_model(&b.b, &b.t, &m, &from, &again, &err), 0);
			near(again.total, s.total, 1e-7);
			assert_true(fabs(again.fit.deviance - s.fit.deviance) < 1e-6 * (1 + s.fit.deviance));
		}
		bench_done(&b);
	}
	assert_true(n_identified > 200);
}

/* Twelve lists, every pair: 79 parameters over 4,095 cells; counts from a known model are given back. */
static void twelve_lists_fit(void **state)
{
	(void)state;
	enum { LISTS = 12 };
	struct bench b;
	struct hierarchy m;
	bench_init(&b, LISTS);
	hierarchy_main_effects(LISTS, &m);
	for (uint32_t i = 0; i < LISTS; i++)
		for (uint32_t k = i + 1; k < LISTS; k++)
			assert_true(hierarchy_add(&m, UINT32_C(1) << i | UINT32_C(1) << k));
	assert_int_equal(m.n_terms, 79);
	for (uint32_t w = 1; w < b.t.n_cells; w++) {
		double eta = 12;
		for (uint32_t i = 0; i < LISTS; i++)
			for (uint32_t k = i; k < LISTS; k++)
				if (w >> i & w >> k & 1)
					eta += i == k ? -0.9 : 0.02 * ((int)(i + k) % 3 - 1);
		b.t.counts[w] = exp(eta); /* means for counts: the fit must be exact */
	}
	loglinear_table_sum(&b.t);
	struct selection s = estimate(&b, &m);
	assert_int_equal(s.existence.status, ESTIMATE_IDENTIFIED);
	near(s.fit.hidden, exp(12), 1e-8);
	bench_done(&b);
}

static void chapman_by_hand(void **state)
{
	(void)state;
	struct bench b;
	bench_init(&b, 2);
	/* Seber (1982): 109 marked, 97 caught, 30 marked among them: 110 * 98 / 31 - 1 */
	set(&b, (const double[]){79, 67, 30});
	near(select_chapman(&b.t), 110.0 * 98 / 31 - 1, 1e-14);
	set(&b, (const double[]){79, 67, 0});
	assert_true(isnan(select_chapman(&b.t)));
	bench_done(&b);
}

static void linear_systems(void **state)
{
	(void)state;
	enum { N = 5, M = 9 };
	struct random_stream r;
	random_init(&r, 34, 0);
	for (int round = 0; round < 100; round++) {
		double x[N];
		double a[M * N]; /* column-major */
		double b[M] = {0};
		double normal[N * N] = {0};
		double right[N] = {0};
		double found[N];
		double diagonal[N];
		double norms[N];
		size_t columns[N];
		struct solve_scratch scratch = {.diagonal = diagonal, .norms = norms, .columns = columns};
		for (int j = 0; j < N; j++)
			x[j] = random_normal(&r);
		for (int j = 0; j < N; j++)
			for (int i = 0; i < M; i++) {
				a[j * M + i] = random_normal(&r) * (i == 0 ? 1e9 : 1);
				b[i] += a[j * M + i] * x[j];
			}
		for (int j = 0; j < N; j++)
			for (int k = 0; k < N; k++)
				for (int i = 1; i < M; i++)
					normal[j * N + k] += a[j * M + i] * a[k * M + i];
		for (int j = 0; j < N; j++)
			for (int i = 1; i < M; i++)
				right[j] += a[j * M + i] * b[i];
		assert_true(solve_symmetric(N, normal, right) > 1e-6);
		solve_least_squares(M, N, a, b, found, &scratch);
		for (int j = 0; j < N; j++) {
			assert_true(fabs(right[j] - x[j]) < 1e-7);
			assert_true(fabs(found[j] - x[j]) < 1e-6);
		}
	}
	/* a direction without weight gets no step */
	double singular[4] = {1, 1, 1, 1};
	double right[2] = {2, 2};
	assert_true(solve_symmetric(2, singular, right) <= 1e-13);
	assert_true(right[0] + right[1] == 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_lists_are_lincoln_petersen),
		cmocka_unit_test(three_lists_with_all_pairs_have_a_closed_form),
		cmocka_unit_test(conditional_independence_has_a_closed_form),
		cmocka_unit_test(fits_meet_the_score_equations),
		cmocka_unit_test(twelve_lists_fit),
		cmocka_unit_test(chapman_by_hand),
		cmocka_unit_test(linear_systems),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
