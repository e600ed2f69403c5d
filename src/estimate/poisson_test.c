#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "estimate/poisson.h"

static void near(double got, double expected, double relative)
{
	if (!(fabs(got - expected) <= relative * fabs(expected)) && !(isinf(got) && got == expected))
		fail_msg("%.17g instead of %.17g", got, expected);
}

static long double direct_half(long double x, long double mean)
{
	return x > 0 ? x * logl(x / mean) + mean - x : mean;
}

static void deviance_agrees_with_long_doubles(void **state)
{
	(void)state;
	static const double counts[] = {0, 1, 2, 7, 100, 12345, 1e9};
	static const double shifts[] = {-0.5, -0.2, -0.01, 0.003, 0.15, 3};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		for (size_t k = 0; k < sizeof shifts / sizeof *shifts; k++) {
			double mean = (counts[i] + 0.5) * (1 + shifts[k]);
			near(poisson_deviance_half(counts[i], mean), (double)direct_half(counts[i], mean),
				1e-11);
		}
	assert_true(poisson_deviance_half(5, 5) == 0);
	assert_true(isinf(poisson_deviance_half(5, 0)));
}

static void deviance_keeps_its_digits_at_large_counts(void **state)
{
	(void)state;
	/* x log(x / mean) + mean - x = mean (d^2 / 2 - d^3 / 6 + ...) for x = mean (1 + d) */
	double mean = 0x1p52;
	double x = mean + 1024;
	double d = 1024 / mean;
	near(poisson_deviance_half(x, mean), mean * d * d * (0.5 - d / 6), 1e-12);
}

/* Sums of probabilities by recurrence in long double. */
static double direct_log_tail(int k, double mean)
{
	long double p = expl(-(long double)mean);
	long double lower = 0;
	for (int i = 0; i <= k; i++) {
		lower += p;
		if (i < k)
			p *= (long double)mean / (i + 1);
	}
	long double upper = 0;
	for (int i = k; p > upper * 1e-20L; i++) {
		upper += p;
		p *= (long double)mean / (i + 1);
	}
	return (double)logl(lower < upper ? lower : upper);
}

static void tails_agree_with_direct_sums(void **state)
{
	(void)state;
	static const double means[] = {1e-3, 0.4, 1, 1.5, 3.2, 10, 54.3, 400, 3000};
	for (size_t i = 0; i < sizeof means / sizeof *means; i++)
		for (int k = 0; k < 4 * means[i] + 10; k += 1 + (int)(means[i] / 50)) {
			double expected = direct_log_tail(k, means[i]);
			double got = poisson_log_smaller_tail(k, means[i]);
			if (fabs(got - expected) > 1e-10 * (1 + fabs(expected)))
				fail_msg("k %d, mean %g: %.15g instead of %.15g", k, means[i], got, expected);
		}
}

/* The tail from k outwards, term by term from a probability in long double. */
static double summed_tail(double k, double mean, int step)
{
	int sign;
	long double term =
		expl(-(long double)mean + (long double)k * logl((long double)mean) - lgammal_r(k + 1, &sign));
	long double sum = 0;
	for (long double i = k; term > sum * 1e-16L; i += step) {
		sum += term;
		term *= step > 0 ? (long double)mean / (i + 1) : i / (long double)mean;
	}
	return (double)sum;
}

/* Both sides of the switch to the uniform expansion. */
static void large_tails_agree_with_sums(void **state)
{
	(void)state;
	static const double means[] = {0.99e6, 1.01e6, 3e6, 5e7};
	for (size_t i = 0; i < sizeof means / sizeof *means; i++)
		for (int z = -12; z <= 12; z += 3) {
			double k = floor(means[i] + z * sqrt(means[i]));
			double expected = fmin(summed_tail(k, means[i], -1), summed_tail(k, means[i], 1));
			near(exp(poisson_log_smaller_tail(k, means[i])), expected,
				means[i] > 1e6 ? 2e-6 : 1e-9);
		}
}

static void extreme_tails_still_have_an_order(void **state)
{
	(void)state;
	double last = 0;
	for (double k = 1e5; k >= 0; k -= 1e4) {
		double p = poisson_log_smaller_tail(k, 1.2e5);
		assert_true(p < last && isfinite(p));
		last = p;
	}
	near(poisson_log_smaller_tail(0, 1.2e5), -1.2e5, 1e-14);
	double huge = poisson_log_smaller_tail(1e15, 1.1e15);
	assert_true(isfinite(huge) && huge < -1e12);
	assert_true(poisson_log_smaller_tail(1e15 + 1e9, 1e15) < poisson_log_smaller_tail(1e15 + 1e8, 1e15));
	assert_true(poisson_log_smaller_tail(0, 0) == 0);
	assert_true(isinf(poisson_log_smaller_tail(3, 0)));
}

static void probabilities_add_up(void **state)
{
	(void)state;
	double sum = 0;
	for (int k = 0; k < 200; k++)
		sum += exp(poisson_log_probability(k, 42.5));
	near(sum, 1, 1e-13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deviance_agrees_with_long_doubles),
		cmocka_unit_test(deviance_keeps_its_digits_at_large_counts),
		cmocka_unit_test(tails_agree_with_direct_sums),
		cmocka_unit_test(large_tails_agree_with_sums),
		cmocka_unit_test(extreme_tails_still_have_an_order),
		cmocka_unit_test(probabilities_add_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
