#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/random.h"
#include "estimate/exact.h"

enum { MAX = 8 };

/* Rank modulo a large prime: a different road to the same number (it differs only if the prime divides a
 * minor of a small matrix of small numbers, which it cannot). */
static size_t rank_modulo_prime(size_t m, size_t n, const int64_t *given)
{
	const int64_t p = 2147483647;
	int64_t a[MAX * MAX];
	size_t rank = 0;
	for (size_t i = 0; i < m * n; i++)
		a[i] = ((given[i] % p) + p) % p;
	for (size_t c = 0; c < n && rank < m; c++) {
		size_t at = rank;
		while (at < m && a[at * n + c] == 0)
			at++;
		if (at == m)
			continue;
		for (size_t k = 0; k < n; k++) {
			int64_t kept = a[at * n + k];
			a[at * n + k] = a[rank * n + k];
			a[rank * n + k] = kept;
		}
		for (size_t i = rank + 1; i < m; i++) {
			int64_t f = a[i * n + c];
			for (size_t k = 0; k < n; k++)
				a[i * n + k] =
					(((a[i * n + k] * a[rank * n + c] - a[rank * n + k] * f) % p) + p) %
					p;
		}
		rank++;
	}
	return rank;
}

static void rank_and_null_space_of_random_matrices(void **state)
{
	(void)state;
	struct random_stream r;
	struct exact_echelon e;
	struct cf_error err = CF_ERROR_INIT;
	random_init(&r, 11, 0);
	assert_int_equal(exact_echelon_init(&e, MAX, &err), 0);
	for (int round = 0; round < 3000; round++) {
		size_t m = 1 + random_below(&r, MAX);
		size_t n = 1 + random_below(&r, MAX);
		int64_t a[MAX * MAX];
		int64_t basis[MAX * MAX];
		uint64_t spread = 2 + random_below(&r, 5);
		exact_echelon_clear(&e, n);
		for (size_t i = 0; i < m; i++) {
			for (size_t k = 0; k < n; k++)
				a[i * n + k] = (int64_t)random_below(&r, spread) - (int64_t)(spread / 3);
			memcpy(e.work, a + i * n, n * sizeof *a);
			assert_true(exact_echelon_add(&e) >= 0);
		}
		assert_int_equal(e.rank, rank_modulo_prime(m, n, a));
		size_t nullity = n - e.rank;
		assert_int_equal(exact_null_space(&e, basis), 0);
		for (size_t i = 0; i < m; i++)
			for (size_t k = 0; k < nullity; k++) {
				int64_t sum = 0;
				for (size_t c = 0; c < n; c++)
					sum += a[i * n + c] * basis[c * nullity + k];
				assert_int_equal(sum, 0);
			}
		if (nullity)
			assert_int_equal(rank_modulo_prime(n, nullity, basis), nullity);
	}
	exact_echelon_done(&e);
}

static void overflow_is_an_answer(void **state)
{
	(void)state;
	struct exact_echelon e;
	struct cf_error err = CF_ERROR_INIT;
	struct random_stream r;
	int status = 0;
	random_init(&r, 12, 0);
	assert_int_equal(exact_echelon_init(&e, MAX, &err), 0);
	exact_echelon_clear(&e, MAX);
	for (int i = 0; i < MAX && status >= 0; i++) {
		for (int k = 0; k < MAX; k++)
			e.work[k] = (int64_t)(random_bits(&r) >> 3);
		status = exact_echelon_add(&e);
	}
	assert_int_equal(status, CF_E_LIMIT);
	exact_echelon_done(&e);
}

/* Solvable with x >= 0 if and only if some basis gives a non-negative solution: tries all pairs of columns of
 * a system of two rows (Cramer's rule in integers), single columns, and none. */
static bool feasible_by_enumeration(size_t n, const int64_t *m, const int64_t *c)
{
	if (c[0] == 0 && c[1] == 0)
		return true;
	for (size_t i = 0; i < n; i++) {
		int64_t a0 = m[i];
		int64_t a1 = m[n + i];
		if (a0 * c[1] == a1 * c[0] && (a0 || a1) && a0 * c[0] + a1 * c[1] > 0)
			return true;
		for (size_t k = i + 1; k < n; k++) {
			int64_t det = a0 * m[n + k] - a1 * m[k];
			int64_t x = c[0] * m[n + k] - c[1] * m[k];
			int64_t y = a0 * c[1] - a1 * c[0];
			if (det && x * det >= 0 && y * det >= 0)
				return true;
		}
	}
	return false;
}

static void feasibility_three_ways(void **state)
{
	(void)state;
	enum { COLUMNS = 6 };
	struct random_stream r;
	struct cf_error err = CF_ERROR_INIT;
	int n_yes = 0;
	int n_no = 0;
	random_init(&r, 13, 0);
	for (int round = 0; round < 4000; round++) {
		size_t n = 1 + random_below(&r, COLUMNS);
		int64_t m[2 * COLUMNS];
		int64_t c[2];
		int64_t tableau[3 * (COLUMNS + 1)];
		size_t basis[2];
		for (size_t i = 0; i < 2 * n; i++)
			m[i] = (int64_t)random_below(&r, 7) - 3;
		for (size_t i = 0; i < 2; i++)
			c[i] = (int64_t)random_below(&r, 9) - 4;
		struct exact_program p = {
			.n_rows = 2, .n_columns = n, .m = m, .c = c, .tableau = tableau, .basis = basis};
		bool expected = feasible_by_enumeration(n, m, c);
		assert_int_equal(exact_feasible_integer(&p), expected);
		if (round < 400)
			assert_int_equal(exact_feasible_rational(&p, &err), expected);
		n_yes += expected;
		n_no += !expected;
	}
	assert_true(n_yes > 500 && n_no > 500);
}

/* Larger systems: the integer and the rational simplex agree, with a solution planted in half of them. */
static void larger_systems_two_ways(void **state)
{
	(void)state;
	enum { ROWS = 7, COLUMNS = 20 };
	struct random_stream r;
	struct cf_error err = CF_ERROR_INIT;
	int n_yes = 0;
	random_init(&r, 14, 0);
	for (int round = 0; round < 200; round++) {
		int64_t m[ROWS * COLUMNS];
		int64_t c[ROWS] = {0};
		int64_t tableau[(ROWS + 1) * (COLUMNS + 1)];
		size_t basis[ROWS];
		for (size_t i = 0; i < ROWS; i++)
			for (size_t k = 0; k < COLUMNS; k++) {
				m[i * COLUMNS + k] = (int64_t)random_below(&r, 5) - 2;
				c[i] += m[i * COLUMNS + k] * (int64_t)(k % 3);
			}
		if (round % 2)
			for (size_t i = 0; i < ROWS; i++)
				c[i] = (int64_t)random_below(&r, 401) - 200;
		struct exact_program p = {.n_rows = ROWS,
			.n_columns = COLUMNS,
			.m = m,
			.c = c,
			.tableau = tableau,
			.basis = basis};
		int found = exact_feasible_integer(&p);
		assert_int_equal(found, exact_feasible_rational(&p, &err));
		assert_int_equal(found, exact_feasible(&p, &err));
		if (round % 2 == 0)
			assert_int_equal(found, 1);
		n_yes += found;
	}
	assert_true(n_yes < 200);
}

static void rational_arithmetic_takes_over(void **state)
{
	(void)state;
	/* entries near 2^40: three pivots outgrow 64 bits */
	enum { N = 4 };
	struct random_stream r;
	struct cf_error err = CF_ERROR_INIT;
	int n_overflows = 0;
	random_init(&r, 15, 0);
	for (int round = 0; round < 20; round++) {
		int64_t m[N * N];
		int64_t c[N];
		int64_t tableau[(N + 1) * (N + 1)];
		size_t basis[N];
		for (size_t i = 0; i < N; i++) {
			c[i] = 0;
			for (size_t k = 0; k < N; k++) {
				m[i * N + k] = (int64_t)(random_bits(&r) >> 24) - (INT64_C(1) << 39);
				c[i] += m[i * N + k];
			}
		}
		struct exact_program p = {
			.n_rows = N, .n_columns = N, .m = m, .c = c, .tableau = tableau, .basis = basis};
		n_overflows += exact_feasible_integer(&p) == CF_E_LIMIT;
		assert_int_equal(exact_feasible(&p, &err), 1); /* x = 1 solves it */
	}
	assert_true(n_overflows > 0);
	int64_t too_large = INT64_C(1) << 60;
	int64_t c = 1;
	struct exact_program p = {.n_rows = 1, .n_columns = 1, .m = &too_large, .c = &c};
	assert_int_equal(exact_feasible_rational(&p, &err), CF_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rank_and_null_space_of_random_matrices),
		cmocka_unit_test(overflow_is_an_answer),
		cmocka_unit_test(feasibility_three_ways),
		cmocka_unit_test(larger_systems_two_ways),
		cmocka_unit_test(rational_arithmetic_takes_over),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
