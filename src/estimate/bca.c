#include "estimate/bca.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

double bca_quantile(const double *sorted, size_t n, double share, bool *ret_extreme)
{
	double position = share * ((double)n + 1.0 / 3) + 1.0 / 3; /* counted from 1 */
	*ret_extreme = !(position > 1 && position < (double)n);
	if (!(position > 1))
		return sorted[0];
	if (position >= (double)n)
		return sorted[n - 1];
	size_t at = (size_t)position;
	double part = position - (double)at;
	double low = sorted[at - 1];
	double high = sorted[at];
	/* no arithmetic with infinities: an end between a number and no number is no number */
	if (low == high || part <= 0)
		return low;
	return low + part * (high - low);
}

double bca_acceleration(size_t n, const double *jackknife, const double *weights)
{
	double total = 0;
	double mean = 0;
	for (size_t i = 0; i < n; i++) {
		if (isfinite(jackknife[i])) {
			total += weights[i];
			mean += weights[i] * jackknife[i];
		}
	}
	if (!(total > 0))
		return 0;
	mean /= total;
	double squares = 0;
	double cubes = 0;
	for (size_t i = 0; i < n; i++) {
		double r = isfinite(jackknife[i]) ? (mean - jackknife[i]) / mean : 0;
		squares += weights[i] * r * r;
		cubes += weights[i] * r * r * r;
	}
	return squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}

/* The share of replicates below the estimate, those equal to it (the same model on the same counts, up to
 * rounding) counting half, kept off 0 and 1 so that the correction stays finite. */
static double share_below(const struct bca_input *in)
{
	double n = (double)in->n_replicates;
	double slack = 1e-9 * in->estimate;
	double below = 0;
	for (size_t i = 0; i < in->n_replicates && in->replicates[i] <= in->estimate + slack; i++)
		below += in->replicates[i] < in->estimate - slack ? 1 : 0.5;
	return fmin(fmax(below, 0.5), n - 0.5) / n;
}

/* The standard error of the end at quantile `at`, from the joint variance of the share below the estimate and
 * the share below the end (a Brownian bridge over the replicates), divided by the density at the end. slope:
 * change of the quantile with the bias correction. */
static double monte_carlo_error(const struct bca_input *in, double at, double below, double slope)
{
	bool extreme;
	double n = (double)in->n_replicates;
	double reach = fmin(fmin(at, 1 - at), fmax(0.3 * fmin(at, 1 - at), 2 / n));
	double low = bca_quantile(in->replicates, in->n_replicates, at - reach, &extreme);
	double high = bca_quantile(in->replicates, in->n_replicates, at + reach, &extreme);
	double shift = slope / gsl_ran_ugaussian_pdf(gsl_cdf_ugaussian_Pinv(below));
	double both = fmin(below, at) - below * at;
	double variance = shift * shift * below * (1 - below) + at * (1 - at) - 2 * shift * both;
	if (!isfinite(low) || !isfinite(high) || !(reach > 0))
		return NAN;
	return sqrt(fmax(variance, 0) / n) * (high - low) / (2 * reach);
}

struct end {
	double value;
	double error;
	bool extreme;
};

static struct end find_end(
	const struct bca_input *in, const struct bca_interval *b, double below, double share)
{
	double z = b->bias_correction + gsl_cdf_ugaussian_Pinv(share);
	double stretch = 1 - b->acceleration * z;
	struct end e = {.value = NAN, .error = NAN, .extreme = true};
	/* beyond the pole of the correction the end is the furthest replicate on that side */
	double moved = stretch > 0 ? b->bias_correction + z / stretch : copysign(INFINITY, z);
	double at = gsl_cdf_ugaussian_P(moved);
	double value = bca_quantile(in->replicates, in->n_replicates, at, &e.extreme);
	if (!isfinite(value))
		return e;
	e.value = value;
	if (!e.extreme)
		e.error = monte_carlo_error(
			in, at, below, gsl_ran_ugaussian_pdf(moved) * (1 + 1 / (stretch * stretch)));
	return e;
}

static double plain_end(const struct bca_input *in, double at)
{
	bool extreme;
	double value = bca_quantile(in->replicates, in->n_replicates, at, &extreme);
	return isfinite(value) ? value : NAN;
}

void bca_interval(const struct bca_input *in, struct bca_interval *ret)
{
	double below = share_below(in);
	double tail = (1 - in->level) / 2;
	*ret = (struct bca_interval){.bias_correction = gsl_cdf_ugaussian_Pinv(below),
		.acceleration = bca_acceleration(in->n_jackknife, in->jackknife, in->weights)};
	struct end lower = find_end(in, ret, below, tail);
	struct end upper = find_end(in, ret, below, 1 - tail);
	ret->lower = lower.value;
	ret->lower_is_extreme = lower.extreme;
	ret->monte_carlo_lower = lower.error;
	ret->upper = upper.value;
	ret->percentile_lower = plain_end(in, tail);
	ret->percentile_upper = plain_end(in, 1 - tail);
	ret->upper_is_extreme = upper.extreme;
	ret->monte_carlo_upper = upper.error;
}
