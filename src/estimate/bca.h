/*
 * Bias-corrected and accelerated bootstrap intervals (Efron 1987; DiCiccio and Efron 1996). The bias
 * correction comes from the share of replicates below the estimate, the acceleration from a jackknife over
 * the persons (one refit for each observed pattern, weighted by how many show it), quantiles are of type 8
 * (Hyndman and Fan 1996). Replicates without a finite estimate stand at the end towards which the likelihood
 * runs away: they are counted, not dropped.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct bca_input {
	double estimate;
	double level;
	size_t n_replicates; /* all of them */
	double *replicates;  /* sorted; -INFINITY and INFINITY for those without an estimate */
	size_t n_jackknife;
	const double *jackknife; /* NAN for those without an estimate, which are left out */
	const double *weights;
};

struct bca_interval {
	double lower,
		upper; /* NAN when the end lies among replicates without an estimate, or cannot be had */
	bool lower_is_extreme,
		upper_is_extreme; /* the end is the most extreme replicate: more would move it */
	double monte_carlo_lower, monte_carlo_upper; /* standard errors from having only so many replicates,
						      as if they were independent: at the most */
	double bias_correction, acceleration;
	double percentile_lower, percentile_upper; /* without either correction; NAN as lower and upper */
};

/* Type 8 quantile of n > 0 sorted values; *ret_extreme when it is the first or last value. */
double bca_quantile(const double *sorted, size_t n, double share, bool *ret_extreme);
double bca_acceleration(size_t n, const double *jackknife, const double *weights);
void bca_interval(const struct bca_input *in, struct bca_interval *ret);
