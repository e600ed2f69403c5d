/* Resamples: the sequence's stratification, binomial quantiles by summing, and that draws are multinomial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "estimate/resample.h"

/* Of the first 2^m points each dimension has one in every interval of 2^-m, and so has each later block. */
static void each_dimension_is_stratified(void **state)
{
	(void)state;
	enum { M = 9, N = 1 << M };
	for (size_t d = 0; d < RESAMPLE_N_SOBOL; d++)
		for (uint32_t block = 0; block < 4; block++) {
			bool seen[N] = {false};
			for (uint32_t i = 0; i < N; i++) {
				uint32_t at = resample_sobol(block * N + i, d) >> (32 - M);
				assert_false(seen[at]);
				seen[at] = true;
			}
		}
}

/* The first two dimensions are a (0, m, 2)-net: one point in every box of 2^-a by 2^-(m-a). */
static void the_first_two_dimensions_are_a_net(void **state)
{
	(void)state;
	enum { M = 8, N = 1 << M };
	for (unsigned a = 0; a <= M; a++) {
		bool seen[N] = {false};
		for (uint32_t i = 0; i < N; i++) {
			uint32_t x = a ? resample_sobol(i, 0) >> (32 - a) : 0;
			uint32_t y = a < M ? resample_sobol(i, 1) >> (32 - (M - a)) : 0;
			uint32_t box = x << (M - a) | y;
			assert_false(seen[box]);
			seen[box] = true;
		}
	}
}

/* No two dimensions are the same sequence: a bad line in the table of polynomials would show. */
static void dimensions_are_different(void **state)
{
	(void)state;
	enum { N = 1024 };
	for (size_t a = 0; a < RESAMPLE_N_SOBOL; a++)
		for (size_t b = a + 1; b < RESAMPLE_N_SOBOL; b++) {
			double sum = 0;
			for (uint32_t i = 0; i < N; i++)
				sum += (resample_sobol(i, a) * 0x1p-32 - 0.5) *
				       (resample_sobol(i, b) * 0x1p-32 - 0.5);
			assert_true(fabs(12 * sum / N) < 0.02);
		}
}

static uint64_t quantile_by_summing(double u, uint64_t n, double p)
{
	double sum = 0;
	for (uint64_t k = 0; k < n; k++) {
		double log_term = lgamma((double)n + 1) - lgamma((double)k + 1) -
				  lgamma((double)(n - k) + 1) + (double)k * log(p) +
				  (double)(n - k) * log1p(-p);
		sum += exp(log_term);
		if (sum >= u)
			return k;
	}
	return n;
}

static void quantiles_are_the_sums(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 11, 0);
	int off = 0;
	for (int i = 0; i < 20000; i++) {
		uint64_t n = 1 + random_below(&r, i % 10 ? 60 : 3000);
		double p = i % 3 ? random_uniform(&r) : 1e-6 + 0.01 * random_uniform(&r);
		double u = i % 7 ? random_uniform(&r) : 1e-12 + 1e-9 * random_uniform(&r);
		if (p <= 0 || u <= 0)
			continue;
		uint64_t expected = quantile_by_summing(u, n, p);
		uint64_t got = resample_binomial_quantile(u, n, p);
		/* where u falls on a step to the last digits the sum's rounding decides */
		off += got != expected;
		assert_true(got <= n && got + 1 >= expected && got <= expected + 1);
	}
	assert_true(off <= 2);
	assert_int_equal(resample_binomial_quantile(0.3, 50, 1), 50);
	assert_int_equal(resample_binomial_quantile(0x1p-60, 1, 0.5), 0);
	assert_int_equal(resample_binomial_quantile(1 - 0x1p-53, 1, 0.5), 1);
	/* a million: the mean to within what a median may be off */
	assert_true(fabs((double)resample_binomial_quantile(0.5, 1000000000, 0.25) - 250000000.0) < 2);
}

enum { N_PATTERNS = 14 };
static const uint32_t patterns[N_PATTERNS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15};
static const double weights[N_PATTERNS] = {64, 90, 3, 114, 1, 6, 2, 45, 4, 1, 1, 7, 5, 2};

/* Means, variances and covariances over many replicates of many seeds, against those of the multinomial. */
static void draws_are_multinomial(void **state)
{
	(void)state;
	enum { SEEDS = 200, REPLICATES = 100 };
	double total = 0;
	double sum[N_PATTERNS] = {0};
	double product[N_PATTERNS][N_PATTERNS] = {{0}};
	for (size_t i = 0; i < N_PATTERNS; i++)
		total += weights[i];
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP_RESAMPLER struct resampler *r = NULL;
		uint64_t counts[N_PATTERNS];
		assert_int_equal(resampler_new(patterns, weights, N_PATTERNS, seed, &r, &err), 0);
		for (uint32_t number = 0; number < REPLICATES; number++) {
			double persons = 0;
			resampler_draw(r, number, counts);
			for (size_t i = 0; i < N_PATTERNS; i++) {
				persons += (double)counts[i];
				sum[i] += (double)counts[i];
				for (size_t j = 0; j < N_PATTERNS; j++)
					product[i][j] += ((double)counts[i] - weights[i]) *
							 ((double)counts[j] - weights[j]);
			}
			assert_true(persons == total);
		}
	}
	const double n = SEEDS * REPLICATES;
	for (size_t i = 0; i < N_PATTERNS; i++) {
		const double variance = weights[i] * (1 - weights[i] / total);
		/* six standard errors of independent draws; these are no worse */
		assert_true(fabs(sum[i] / n - weights[i]) < 6 * sqrt(variance / n));
		for (size_t j = 0; j < N_PATTERNS; j++) {
			const double other = weights[j] * (1 - weights[j] / total);
			const double expected = i == j ? variance : -weights[i] * weights[j] / total;
			assert_true(fabs(product[i][j] / n - expected) <
				    8 * sqrt(2 * variance * other / n) + 0.05);
		}
	}
}

/* What it is for: the mean of a pattern over the replicates of one seed is far nearer to its weight. */
static void replicates_share_the_space(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_RESAMPLER struct resampler *r = NULL;
	uint64_t counts[N_PATTERNS];
	double sum = 0;
	enum { REPLICATES = 1024 };
	assert_int_equal(resampler_new(patterns, weights, N_PATTERNS, 5, &r, &err), 0);
	for (uint32_t number = 0; number < REPLICATES; number++) {
		resampler_draw(r, number, counts);
		sum += (double)counts[11]; /* the overlap with the most persons is drawn first */
	}
	assert_true(fabs(sum / REPLICATES - weights[11]) < 0.1 * sqrt(weights[11] / REPLICATES));
}

static void huge_and_tiny_tables(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	uint64_t counts[2];
	const uint32_t two[] = {1, 2};
	const double huge[] = {0x1p52, 0x1p51};
	const double one[] = {1};
	struct resampler *r = NULL;
	assert_int_equal(resampler_new(two, huge, 2, 1, &r, &err), 0);
	resampler_draw(r, 7, counts);
	assert_true(counts[0] + counts[1] == (UINT64_C(1) << 52) + (UINT64_C(1) << 51));
	assert_true(fabs((double)counts[0] - 0x1p52) < 0x1p30);
	resampler_free(r);
	assert_int_equal(resampler_new(two, one, 1, 1, &r, &err), 0);
	resampler_draw(r, UINT32_MAX, counts);
	assert_int_equal(counts[0], 1);
	resampler_free(r);
	mem_fail_after(0);
	int status = resampler_new(two, huge, 2, 1, &r, &err);
	mem_fail_after(-1);
	assert_int_equal(status, CF_E_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_dimension_is_stratified),
		cmocka_unit_test(the_first_two_dimensions_are_a_net),
		cmocka_unit_test(dimensions_are_different),
		cmocka_unit_test(quantiles_are_the_sums),
		cmocka_unit_test(draws_are_multinomial),
		cmocka_unit_test(replicates_share_the_space),
		cmocka_unit_test(huge_and_tiny_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
