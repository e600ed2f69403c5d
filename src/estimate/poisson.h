/*
 * Poisson quantities that stay accurate for counts from 0 to 2^53: deviance terms (Loader 2000) and the
 * smaller tail, on the logarithmic scale so that extreme overlaps still have an order.
 */
#pragma once

/* x log(x / mean) + mean - x without cancellation; x >= 0, mean >= 0. Half a Poisson deviance term. */
double poisson_deviance_half(double x, double mean);
/* log P(X = k) for X Poisson with this mean > 0. */
double poisson_log_probability(double k, double mean);
/* log min(P(X <= k), P(X >= k)) for X Poisson with this mean. Relative error of the probability about 1e-12
 * up to a mean of 10^6 and 1e-6 beyond. Time O(sqrt(mean)) up to 10^6, constant beyond. */
double poisson_log_smaller_tail(double k, double mean);
