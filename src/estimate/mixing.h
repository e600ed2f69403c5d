/*
 * Whether Markov chains agree, and how much their draws are worth (Vehtari, Gelman, Simpson, Carpenter and
 * Bürkner 2021, Rank-normalization, folding, and localization: an improved R-hat for assessing convergence of
 * MCMC, Bayesian Analysis 16). Chains are split in halves, so that one that drifts disagrees with itself.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

enum { MIXING_LEAST_DRAWS = 16, MIXING_MAX_DRAWS = 1 << 24 };

struct mixing {
	double r_hat; /* the greater of rank-normalised split R-hat and that of the folded draws; 1 is perfect
		       */
	double ess_bulk; /* effective draws for the middle */
	double ess_tail; /* the lesser of those for the 5 % and the 95 % quantile */
};

/* draws: n_chains rows of n. With fewer than MIXING_LEAST_DRAWS a chain, or where all draws are alike, r_hat
 * is NAN and the sizes are 0. n at most MIXING_MAX_DRAWS. Time: chains x n log n. */
int mixing_of(const double *draws, size_t n_chains, size_t n, struct mixing *ret, struct cf_error *err)
	CF_MUST_USE;

/* A quantile of all draws together (type 7 of Hyndman and Fan 1996), and the standard error it has from there
 * being only so many draws: half the distance between the quantiles one standard error of the share below and
 * above, with the effective draws for this quantile (section 4 of the paper). NAN when that cannot be had. */
struct mixing_quantile {
	double value;
	double error;
};
int mixing_quantile(const double *draws, size_t n_chains, size_t n, double share, struct mixing_quantile *ret,
	struct cf_error *err) CF_MUST_USE;
