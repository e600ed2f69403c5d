/* Assignments against every assignment there is (small), and against a plain table method (larger). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/assign.h"

enum { SMALL = 9, MOST_GAINS = SMALL * SMALL, LARGE = 120 };

static size_t draw(struct random_stream *random, uint32_t n_left, uint32_t n_right, double density,
	bool whole, struct link_gain *gains)
{
	size_t n = 0;
	for (uint32_t l = 0; l < n_left; l++)
		for (uint32_t r = 0; r < n_right; r++)
			if (random_uniform(random) < density)
				gains[n++] = (struct link_gain){l, r,
					whole ? 1 + (double)random_below(random, 5)
					      : 0.01 + 10 * random_uniform(random)};
	return n;
}

/* The best sum over all subsets of rights, left by left. */
static double best_of_all(const struct link_gain *gains, size_t n, uint32_t n_left)
{
	static double best[1 << SMALL];
	for (size_t s = 0; s < 1u << SMALL; s++)
		best[s] = s ? -INFINITY : 0;
	for (uint32_t l = 0; l < n_left; l++)
		for (size_t s = 1u << SMALL; s-- > 0;)
			for (size_t i = 0; i < n; i++)
				if (gains[i].left == l && (s >> gains[i].right & 1))
					best[s] = fmax(best[s],
						best[s ^ (size_t)1 << gains[i].right] + gains[i].weight);
	double most = 0;
	for (size_t s = 0; s < 1u << SMALL; s++)
		most = fmax(most, best[s]);
	return most;
}

/* The sum, after checking that it is an assignment. */
static double sum_of(const struct link_gain *gains, size_t n, uint32_t n_left, const uint32_t *to)
{
	bool taken[LARGE] = {false};
	double sum = 0;
	for (uint32_t l = 0; l < n_left; l++) {
		bool found = to[l] == LINK_UNASSIGNED;
		for (size_t i = 0; i < n && !found; i++) {
			found = gains[i].left == l && gains[i].right == to[l];
			sum += found ? gains[i].weight : 0;
		}
		assert_true(found);
		if (to[l] != LINK_UNASSIGNED) {
			assert_false(taken[to[l]]);
			taken[to[l]] = true;
		}
	}
	return sum;
}

static void nothing_weighs_more(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 17, 0);
	for (int round = 0; round < 400; round++) {
		struct link_gain gains[MOST_GAINS];
		uint32_t to[SMALL];
		struct cf_error err = CF_ERROR_INIT;
		uint32_t n_left = (uint32_t)random_below(&random, SMALL + 1);
		uint32_t n_right = (uint32_t)random_below(&random, SMALL + 1);
		size_t n = draw(&random, n_left, n_right, 0.1 + 0.2 * (round % 5), round % 2, gains);
		assert_int_equal(link_assign(gains, n, n_left, n_right, to, &err), 0);
		double sum = sum_of(gains, n, n_left, to);
		double most = best_of_all(gains, n, n_left);
		if (fabs(sum - most) > 1e-9)
			fail_msg("round %d: %g, the best is %g", round, sum, most);
	}
}

/* Improving swaps between all pairs of left rows and moves to free rights: none is left. Weaker than the
 * best, but at a size that the whole of which cannot be listed. */
static void no_swap_helps(void **state)
{
	(void)state;
	static struct link_gain gains[LARGE * LARGE];
	static double weight[LARGE][LARGE];
	struct random_stream random;
	random_init(&random, 18, 0);
	for (int round = 0; round < 5; round++) {
		uint32_t to[LARGE];
		uint32_t of[LARGE];
		struct cf_error err = CF_ERROR_INIT;
		size_t n = draw(&random, LARGE, LARGE, 0.08, false, gains);
		memset(weight, 0, sizeof weight);
		for (size_t i = 0; i < n; i++)
			weight[gains[i].left][gains[i].right] = gains[i].weight;
		assert_int_equal(link_assign(gains, n, LARGE, LARGE, to, &err), 0);
		(void)sum_of(gains, n, LARGE, to);
		memset(of, 0xff, sizeof of);
		for (uint32_t l = 0; l < LARGE; l++)
			if (to[l] != LINK_UNASSIGNED)
				of[to[l]] = l;
		for (size_t i = 0; i < n; i++) {
			uint32_t l = gains[i].left;
			uint32_t other = of[gains[i].right];
			double lost = to[l] == LINK_UNASSIGNED ? 0 : weight[l][to[l]];
			double freed = 0;
			if (other != LINK_UNASSIGNED && other != l) {
				lost += weight[other][gains[i].right];
				freed = to[l] == LINK_UNASSIGNED ? 0 : weight[other][to[l]];
			}
			if (other != l)
				assert_true(gains[i].weight + freed <= lost + 1e-9);
		}
	}
}

/* Greedy takes the 10 and gets 11; the best is 9 + 9. */
static void better_than_greedy(void **state)
{
	(void)state;
	static const struct link_gain gains[] = {{0, 0, 10}, {0, 1, 9}, {1, 0, 9}, {1, 1, 1}};
	uint32_t to[2];
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(link_assign(gains, 4, 2, 2, to, &err), 0);
	assert_int_equal(to[0], 1);
	assert_int_equal(to[1], 0);
}

static int assign_some(void *context, struct cf_error *err)
{
	(void)context;
	struct random_stream random;
	struct link_gain gains[MOST_GAINS];
	uint32_t to[SMALL];
	random_init(&random, 19, 0);
	size_t n = draw(&random, SMALL, SMALL, 0.5, false, gains);
	return link_assign(gains, n, SMALL, SMALL, to, err);
}

static void out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("assignment", assign_some, NULL) > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_weighs_more),
		cmocka_unit_test(no_swap_helps),
		cmocka_unit_test(better_than_greedy),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
