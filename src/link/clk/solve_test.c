#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/sweep.h"
#include "link/clk/solve.h"
#include "link/clk/test_support.h"

static int by_score(const void *a, const void *b)
{
	const struct clk_pair *x = a;
	const struct clk_pair *y = b;
	if (x->score > y->score || x->score < y->score)
		return x->score > y->score ? -1 : 1;
	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return (x->right > y->right) - (x->right < y->right);
}

/* All pairs, sorted, taken from the front: what the solver must equal. Fills partner[left], -1 for none. */
static size_t brute_greedy(
	const struct test_rows *a, const struct test_rows *b, double threshold, int *partner)
{
	struct clk_pair *pairs = calloc(a->n * b->n + 1, sizeof *pairs);
	bool *taken = calloc(b->n + 1, sizeof *taken);
	size_t n = 0;
	size_t n_taken = 0;
	for (size_t i = 0; i < a->n; i++) {
		partner[i] = -1;
		for (size_t j = 0; j < b->n; j++) {
			const double score = test_dice(a, i, b, j);
			if (score >= threshold)
				pairs[n++] = (struct clk_pair){(uint32_t)i, (uint32_t)j, score};
		}
	}
	if (n)
		qsort(pairs, n, sizeof *pairs, by_score);
	for (size_t k = 0; k < n; k++)
		if (partner[pairs[k].left] < 0 && !taken[pairs[k].right]) {
			partner[pairs[k].left] = (int)pairs[k].right;
			taken[pairs[k].right] = true;
			n_taken++;
		}
	free(pairs);
	free(taken);
	return n_taken;
}

/* Coarse encodings (few bits) have many equal scores; tiny lists run out often. */
static void test_greedy(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 11, 0);
	for (int trial = 0; trial < 60; trial++) {
		const size_t n_bits = trial % 3 == 0 ? 16 : trial % 3 == 1 ? 64 : 1024;
		struct test_rows a = test_rows_draw(&random, 20 + random_below(&random, 150), n_bits, NULL);
		struct test_rows b = test_rows_draw(&random, 20 + random_below(&random, 150), n_bits, &a);
		CF_CLEANUP_CLK_SET struct clk_set *left = test_set(&a);
		CF_CLEANUP_CLK_SET struct clk_set *right = test_set(&b);
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		CF_CLEANUP(clk_matching_done) struct clk_matching m = {0};
		const double threshold = 0.1 * (double)random_below(&random, 9);
		const struct clk_join j = {
			.left = left, .right = right, .threshold = threshold, .pool = NULL};
		struct clk_join with_pool = j;
		int partner[200];
		assert_int_equal(jobs_new(3, &pool, NULL), 0);
		with_pool.pool = pool;
		const size_t n = brute_greedy(&a, &b, threshold, partner);
		assert_int_equal(
			clk_solve_greedy(trial % 2 ? &j : &with_pool, trial % 4 < 2 ? 1 : 1 << 20, &m, NULL),
			0);
		assert_int_equal(m.n, n);
		for (size_t k = 0; k < m.n; k++)
			assert_int_equal(m.pairs[k].right, partner[m.pairs[k].left]);
		if (trial % 4 < 2 && threshold < 0.3 && n_bits == 64)
			assert_true(m.n_rounds > 1);
		test_rows_done(&a);
		test_rows_done(&b);
	}
}

/* The best sum by trying everything: over subsets of right rows, row by row. */
static double brute_exact(const struct test_rows *a, const struct test_rows *b, double threshold)
{
	static double best[2][1 << 9];
	const size_t n_sets = (size_t)1 << b->n;
	for (size_t s = 0; s < n_sets; s++)
		best[0][s] = s ? -1 : 0;
	for (size_t i = 0; i < a->n; i++) {
		memcpy(best[1], best[0], n_sets * sizeof(double));
		for (size_t s = 0; s < n_sets; s++)
			for (size_t j = 0; j < b->n && best[0][s] >= 0; j++) {
				const double score = test_dice(a, i, b, j);
				if (!(s >> j & 1) && score >= threshold)
					best[1][s | (size_t)1 << j] =
						fmax(best[1][s | (size_t)1 << j], best[0][s] + score);
			}
		memcpy(best[0], best[1], n_sets * sizeof(double));
	}
	double most = 0;
	for (size_t s = 0; s < n_sets; s++)
		most = fmax(most, best[0][s]);
	return most;
}

static void check_matching(
	const struct clk_matching *m, const struct test_rows *a, const struct test_rows *b, double threshold)
{
	bool taken[4096] = {false};
	double total = 0;
	for (size_t k = 0; k < m->n; k++) {
		const double score = test_dice(a, m->pairs[k].left, b, m->pairs[k].right);
		assert_true(score >= threshold && fabs(score - m->pairs[k].score) < 1e-9);
		assert_true(k == 0 || m->pairs[k].left > m->pairs[k - 1].left);
		assert_false(taken[m->pairs[k].right]);
		taken[m->pairs[k].right] = true;
		total += score;
	}
	assert_true(fabs(total - m->total) < 1e-6);
}

static void test_exact(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 12, 0);
	for (int trial = 0; trial < 300; trial++) {
		struct test_rows a = test_rows_draw(&random, 1 + random_below(&random, 9), 24, NULL);
		struct test_rows b = test_rows_draw(&random, 1 + random_below(&random, 9), 24, &a);
		CF_CLEANUP_CLK_SET struct clk_set *left = test_set(&a);
		CF_CLEANUP_CLK_SET struct clk_set *right = test_set(&b);
		CF_CLEANUP(clk_matching_done) struct clk_matching m = {0};
		const double threshold = 0.1 * (double)random_below(&random, 9);
		const struct clk_join j = {.left = left, .right = right, .threshold = threshold};
		assert_int_equal(clk_solve_exact(&j, 1 << 20, &m, NULL), 0);
		check_matching(&m, &a, &b, threshold);
		const double best = brute_exact(&a, &b, threshold);
		if (fabs(best - m.total) > 1e-8)
			fail_msg("trial %d: %.12f, but %.12f is possible", trial, m.total, best);
		test_rows_done(&a);
		test_rows_done(&b);
	}
}

/* With more rows than a list holds, prices must find the pairs that were not kept: the sum is no less than
 * the greedy one, and in one instance where all rows are nearly alike it takes several rounds. */
static void test_exact_prices(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 13, 0);
	size_t most_rounds = 0;
	for (int trial = 0; trial < 6; trial++) {
		struct test_rows a = test_rows_draw(&random, 300, trial < 3 ? 32 : 512, NULL);
		struct test_rows b = test_rows_draw(&random, trial % 2 ? 200 : 400, a.n_bits, &a);
		CF_CLEANUP_CLK_SET struct clk_set *left = test_set(&a);
		CF_CLEANUP_CLK_SET struct clk_set *right = test_set(&b);
		CF_CLEANUP(clk_matching_done) struct clk_matching exact = {0};
		CF_CLEANUP(clk_matching_done) struct clk_matching greedy = {0};
		const struct clk_join j = {.left = left, .right = right, .threshold = 0.2};
		assert_int_equal(clk_solve_exact(&j, 1 << 24, &exact, NULL), 0);
		assert_int_equal(clk_solve_greedy(&j, 1 << 24, &greedy, NULL), 0);
		check_matching(&exact, &a, &b, 0.2);
		check_matching(&greedy, &a, &b, 0.2);
		assert_true(exact.total >= greedy.total - 1e-8);
		most_rounds = exact.n_rounds > most_rounds ? exact.n_rounds : most_rounds;
		struct clk_matching too_little = {0};
		assert_int_equal(clk_solve_exact(&j, 1000, &too_little, NULL), CF_E_LIMIT);
		test_rows_done(&a);
		test_rows_done(&b);
	}
	assert_true(most_rounds > 2);
}

static void test_one_set(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 14, 0);
	struct test_rows a = test_rows_draw(&random, 3, 24, NULL);
	CF_CLEANUP_CLK_SET struct clk_set *s = test_set(&a);
	struct clk_matching m = {0};
	const struct clk_join j = {.left = s, .right = s};
	assert_int_equal(clk_solve_greedy(&j, 100, &m, NULL), CF_E_USAGE);
	assert_int_equal(clk_solve_exact(&j, 100, &m, NULL), CF_E_USAGE);
	test_rows_done(&a);
}

struct both {
	const struct clk_set *left, *right;
};

static int allocate(void *context, struct cf_error *err)
{
	const struct both *b = context;
	CF_CLEANUP(clk_matching_done) struct clk_matching exact = {0};
	CF_CLEANUP(clk_matching_done) struct clk_matching greedy = {0};
	const struct clk_join j = {.left = b->left, .right = b->right, .threshold = 0.1};
	TRY(clk_solve_greedy(&j, 1, &greedy, err));
	return clk_solve_exact(&j, 1 << 20, &exact, err);
}

static void test_sweep(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 15, 0);
	struct test_rows a = test_rows_draw(&random, 40, 24, NULL);
	struct test_rows b = test_rows_draw(&random, 40, 24, &a);
	CF_CLEANUP_CLK_SET struct clk_set *left = test_set(&a);
	CF_CLEANUP_CLK_SET struct clk_set *right = test_set(&b);
	struct both both = {left, right};
	assert_true(sweep_run("solvers", allocate, &both) > 20);
	test_rows_done(&a);
	test_rows_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_greedy),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_exact_prices),
		cmocka_unit_test(test_one_set),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
