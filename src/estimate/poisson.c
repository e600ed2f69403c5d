#include "estimate/poisson.h"

#include <math.h>
#include <stdbool.h>

static const double HALF_LOG_2PI = 0.91893853320467274178;
static const double LARGE_MEAN = 1e6;

double poisson_deviance_half(double x, double mean)
{
	if (x <= 0)
		return mean;
	if (mean <= 0)
		return INFINITY;
	double difference = x - mean;
	if (fabs(difference) >= 0.1 * (x + mean))
		return x * log(x / mean) - difference;
	/* Loader (2000): with v = (x - mean) / (x + mean), x log(x / mean) = 2 x (v + v^3/3 + v^5/5 + ...) */
	double v = difference / (x + mean);
	double sum = difference * v;
	double power = 2 * x * v;
	for (int j = 3; j < 200; j += 2) {
		power *= v * v;
		double next = sum + power / j;
		if (next == sum)
			break;
		sum = next;
	}
	return sum;
}

/* log k! - log of Stirling's formula, for k >= 1. */
static double stirling_error(double k)
{
	if (k < 16) {
		int sign;
		return lgamma_r(k + 1, &sign) - (k + 0.5) * log(k) + k - HALF_LOG_2PI;
	}
	double k2 = k * k;
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / k2) / k2) / k2) / k;
}

double poisson_log_probability(double k, double mean)
{
	if (k <= 0)
		return -mean;
	return -poisson_deviance_half(k, mean) - stirling_error(k) - 0.5 * log(k) - HALF_LOG_2PI;
}

/* The tail from k outwards divided by P(X = k). */
static double tail_series(double k, double mean, bool lower)
{
	double sum = 1;
	double term = 1;
	for (double i = 1; term > sum * 1e-17; i++) {
		term *= lower ? (k - i + 1) / mean : mean / (k + i);
		sum += term;
	}
	return sum;
}

/* log of exp(z^2) erfc(z) / 2 + correction, for z >= 0. */
static double log_scaled_half_erfc(double z, double correction)
{
	double scaled;
	if (z < 20) {
		scaled = exp(z * z) * erfc(z);
	} else {
		double y = 1 / (2 * z * z);
		scaled = (1 - y * (1 - 3 * y * (1 - 5 * y))) / (z * sqrt(M_PI));
	}
	return log(0.5 * scaled + correction);
}

/* Temme's uniform expansion of the incomplete gamma function, leading term and first correction (Temme 1979,
 * equation 1.6): the relative error is O(1 / mean). lower: P(X <= k), else P(X >= k). */
static double log_tail_large(double k, double mean, bool lower)
{
	double a = lower ? k + 1 : k;
	double mu = (mean - a) / a;
	double half_eta2 = poisson_deviance_half(a, mean) / a;
	double eta = copysign(sqrt(2 * half_eta2), mu);
	double c0 = fabs(mu) < 1e-4 ? -1.0 / 3 + mu / 12 : 1 / mu - 1 / eta;
	double side = lower ? 1 : -1;
	double z = side * eta * sqrt(a / 2);
	double correction = side * c0 / sqrt(2 * M_PI * a);
	if (z < 0)
		return log(0.5 * erfc(z) + correction * exp(-a * half_eta2));
	return -a * half_eta2 + log_scaled_half_erfc(z, correction);
}

double poisson_log_smaller_tail(double k, double mean)
{
	if (!(mean > 0))
		return k > 0 ? -INFINITY : 0;
	bool lower = k < mean;
	if (mean > LARGE_MEAN && k > LARGE_MEAN / 2)
		return fmin(log_tail_large(k, mean, true), log_tail_large(k, mean, false));
	double log_p = poisson_log_probability(k, mean);
	double log_tail = log_p + log(tail_series(k, mean, lower));
	if (log_tail < log(0.25))
		return log_tail;
	/* near the middle the other tail may be the smaller one */
	double other = 1 - exp(log_tail) + exp(log_p);
	return fmin(log_tail, log(other));
}
