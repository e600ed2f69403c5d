#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "estimate/bca.h"

static void near(double got, double expected, double absolute)
{
	if (!(fabs(got - expected) <= absolute))
		fail_msg("%.15g instead of %.15g", got, expected);
}

/* R: quantile(c(1, 2, 4, 8, 16), p, type = 8) */
static void quantiles_of_type_8(void **state)
{
	(void)state;
	static const double x[] = {1, 2, 4, 8, 16};
	bool extreme;
	near(bca_quantile(x, 5, 0.25, &extreme), 1.6666666666667, 1e-12);
	near(bca_quantile(x, 5, 0.5, &extreme), 4, 1e-12);
	near(bca_quantile(x, 5, 0.7, &extreme), 8.5333333333333, 1e-12);
	assert_false(extreme);
	near(bca_quantile(x, 5, 0.05, &extreme), 1, 0);
	assert_true(extreme);
	near(bca_quantile(x, 5, 0.99, &extreme), 16, 0);
	assert_true(extreme);
	near(bca_quantile(x, 1, 0.5, &extreme), 1, 0);
	near(bca_quantile(x, 5, 0, &extreme), 1, 0);
	near(bca_quantile(x, 5, 1, &extreme), 16, 0);
}

/* For the mean the jackknife gives a sixth of the skewness over root n (Efron 1987): sum d^3 / (6 (sum
 * d^2)^1.5). */
static void acceleration_of_a_mean(void **state)
{
	(void)state;
	static const double x[] = {3, 5, 9};
	static const double weights[] = {4, 2, 1};
	double jackknife[3];
	double n = 7;
	double sum = 4 * 3 + 2 * 5 + 9;
	double squares = 0;
	double cubes = 0;
	for (int i = 0; i < 3; i++) {
		jackknife[i] = (sum - x[i]) / (n - 1);
		double d = x[i] - sum / n;
		squares += weights[i] * d * d;
		cubes += weights[i] * d * d * d;
	}
	near(bca_acceleration(3, jackknife, weights), cubes / (6 * pow(squares, 1.5)), 1e-12);
	assert_true(bca_acceleration(3, (const double[]){7, 7, 7}, weights) == 0);
	assert_true(bca_acceleration(2, (const double[]){NAN, NAN}, weights) == 0);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

enum { N = 1000 };

static struct bca_interval interval(double estimate, double *values, size_t n, double level)
{
	static const double none[] = {1, 1};
	struct bca_interval b;
	struct bca_input in = {.estimate = estimate,
		.level = level,
		.n_replicates = n,
		.replicates = values,
		.n_jackknife = 2,
		.jackknife = none,
		.weights = none};
	qsort(values, n, sizeof *values, compare);
	bca_interval(&in, &b);
	return b;
}

/* Without bias and acceleration the interval is the percentile interval. */
static void symmetric_replicates_give_percentiles(void **state)
{
	(void)state;
	double x[N];
	bool extreme;
	for (int i = 0; i < N; i++)
		x[i] = i + 0.5;
	struct bca_interval b = interval(N / 2.0, x, N, 0.9);
	near(b.bias_correction, 0, 1e-12);
	near(b.lower, bca_quantile(x, N, 0.05, &extreme), 1e-9);
	near(b.upper, bca_quantile(x, N, 0.95, &extreme), 1e-9);
}

/* Replicates from exp(normal): after a monotone transformation the estimator is normal with bias b, and the
 * interval must be exp of the exact one (DiCiccio and Efron 1996, section 2). */
static void corrects_bias_on_any_scale(void **state)
{
	(void)state;
	enum { MANY = 200000 };
	double *x = malloc(MANY * sizeof *x);
	struct random_stream r;
	random_init(&r, 51, 0);
	for (int i = 0; i < MANY; i++)
		x[i] = exp(random_normal(&r) - 0.3);
	struct bca_interval b = interval(1, x, MANY, 0.95);
	near(b.bias_correction, 0.3, 0.01);
	near(log(b.lower), 0.3 - 1.959964, 0.02);
	near(log(b.upper), 0.3 + 1.959964, 0.02);
	free(x);
}

/* The standard errors against the spread of the ends over many sets of replicates. */
static void monte_carlo_errors_are_honest(void **state)
{
	(void)state;
	enum { SETS = 300 };
	struct random_stream r;
	double sums[2] = {0};
	double squares[2] = {0};
	double claimed[2] = {0};
	random_init(&r, 52, 0);
	for (int k = 0; k < SETS; k++) {
		double x[N];
		for (int i = 0; i < N; i++)
			x[i] = exp(0.3 * random_normal(&r) - 0.06);
		struct bca_interval b = interval(1, x, N, 0.95);
		double ends[] = {b.lower, b.upper};
		double errors[] = {b.monte_carlo_lower, b.monte_carlo_upper};
		for (int e = 0; e < 2; e++) {
			sums[e] += ends[e];
			squares[e] += ends[e] * ends[e];
			claimed[e] += errors[e] / SETS;
		}
	}
	for (int e = 0; e < 2; e++) {
		double spread = sqrt((squares[e] - sums[e] * sums[e] / SETS) / (SETS - 1));
		if (!(claimed[e] > 0.7 * spread && claimed[e] < 1.4 * spread))
			fail_msg("end %d: claimed %g, seen %g", e, claimed[e], spread);
	}
}

static void replicates_without_estimate_count(void **state)
{
	(void)state;
	double x[N];
	for (int i = 0; i < N; i++)
		x[i] = i < N - 10 ? (double)i : INFINITY;
	struct bca_interval b = interval(N / 2.0, x, N, 0.95);
	assert_true(isfinite(b.upper) && b.upper > 950); /* 1 in 100 is less than the tail */
	for (int i = 0; i < N; i++)
		x[i] = i < N - 50 ? (double)i : INFINITY;
	b = interval(N / 2.0, x, N, 0.95);
	assert_true(isnan(b.upper) && isnan(b.monte_carlo_upper));
	assert_true(isfinite(b.lower));
	for (int i = 0; i < N; i++)
		x[i] = i < 50 ? -INFINITY : (double)i;
	b = interval(N / 2.0, x, N, 0.95);
	assert_true(isnan(b.lower) && isfinite(b.upper));
	for (int i = 0; i < N; i++)
		x[i] = INFINITY;
	b = interval(5, x, N, 0.95);
	assert_true(isnan(b.lower) && isnan(b.upper));
}

static void extremes_stay_finite(void **state)
{
	(void)state;
	double x[N];
	for (int i = 0; i < N; i++)
		x[i] = i;
	struct bca_interval b = interval(-5, x, N, 0.95); /* all replicates above the estimate */
	assert_true(isfinite(b.bias_correction) && b.lower_is_extreme && b.lower <= b.upper);
	b = interval(1e6, x, N, 0.95);
	assert_true(isfinite(b.bias_correction) && b.upper_is_extreme);
	for (int i = 0; i < N; i++)
		x[i] = 7;
	b = interval(7, x, N, 0.95);
	near(b.bias_correction, 0, 1e-9);
	near(b.lower, 7, 0);
	near(b.upper, 7, 0);
	b = interval(7, x, 1, 0.95);
	near(b.lower, 7, 0);
	/* an acceleration beyond the pole of the formula */
	static const double jackknife[] = {1, 1e9};
	static const double weights[] = {1e-9, 1};
	for (int i = 0; i < N; i++)
		x[i] = i;
	struct bca_input in = {.estimate = 500,
		.level = 0.9999,
		.n_replicates = N,
		.replicates = x,
		.n_jackknife = 2,
		.jackknife = jackknife,
		.weights = weights};
	bca_interval(&in, &b);
	assert_true(b.lower >= 0 && b.upper <= N - 1 && b.lower <= b.upper);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles_of_type_8),
		cmocka_unit_test(acceleration_of_a_mean),
		cmocka_unit_test(symmetric_replicates_give_percentiles),
		cmocka_unit_test(corrects_bias_on_any_scale),
		cmocka_unit_test(monte_carlo_errors_are_honest),
		cmocka_unit_test(replicates_without_estimate_count),
		cmocka_unit_test(extremes_stay_finite),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
