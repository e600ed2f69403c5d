/*
 * Latent classes (Manrique-Vallier 2016, Bayesian population size estimation using Dirichlet process
 * mixtures, Biometrics 72): persons are of a few kinds, unknown which, and lists find persons of one kind
 * independently of each other. Weights by stick-breaking, V_k ~ Beta(1, alpha), alpha ~ Gamma(shape, rate);
 * chances lambda_jk ~ Beta(1, 1); p(N) proportional to 1 / N. The hidden persons have no cap.
 *
 * A plain Gibbs sampler gets stuck in one of several configurations of classes and then tells a wrong story
 * with confidence. Here each chain is a ladder of samplers (parallel tempering, Geyer 1991): the lowest sees
 * the table, each higher one a table with fewer persons in the same proportions, on which configurations
 * change easily, and neighbours exchange their states by the Metropolis rule, which leaves the distribution
 * of the lowest as it is. Chains begin far apart: every other one at a draw from the prior, the rest where a
 * table that grows from 40 persons has led them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "estimate/loglinear.h"
#include "estimate/mixing.h"

enum {
	CLASSES_MAX_CHAINS = 16,
	CLASSES_MAX_CLASSES = 32,
	CLASSES_MAX_DRAWS = 10000000,
	CLASSES_MAX_BURN_IN = 1000000000,
	CLASSES_MAX_THIN = 1000000
};

struct classes_options {
	uint32_t n_classes; /* 2 to 32 */
	uint32_t n_chains;  /* 2 to 16 */
	uint32_t n_draws;   /* kept of each chain, 16 to 10,000,000 */
	uint32_t n_thin; /* rounds for each draw; a round is four sweeps of the lowest sampler of the ladder,
			    one of each other, and the exchanges */
	uint32_t n_burn_in; /* rounds before the first draw */
	double alpha_shape, alpha_rate;
	uint64_t seed;
	double level;
};
#define CLASSES_OPTIONS_INIT                                                                                 \
	{                                                                                                    \
		.n_classes = 10, .n_chains = 4, .n_draws = 2500, .n_thin = 5, .n_burn_in = 10000,            \
		.alpha_shape = 0.25, .alpha_rate = 0.25, .seed = 1, .level = 0.95                            \
	}

/* Chains agree when R-hat is below this and the draws are worth this many. */
#define CLASSES_LARGEST_R_HAT 1.01
#define CLASSES_LEAST_EFFECTIVE 400

enum classes_status {
	CLASSES_DONE = 0,
	CLASSES_NOT_MIXED,  /* the chains do not agree, or are worth too little: the numbers are given, and
			       must  not be used as they are */
	CLASSES_UNBOUNDED,  /* draws beyond 2^53 persons: nothing bounds the total */
	CLASSES_TOO_FEW,    /* fewer than three lists, or nobody on them */
	CLASSES_NONE_SHARED /* nobody is on two lists: the answer would be the prior's */
};

struct classes_result {
	enum classes_status status;
	/* of the total; NAN where there is none. Errors are those of having only so many draws. */
	double mean, median, lower, upper, level;
	double median_error, lower_error, upper_error;
	struct mixing mixing;
	double chain_medians[CLASSES_MAX_CHAINS];
	double classes_used;  /* mean number of classes that hold anybody, hidden or seen */
	bool classes_are_few; /* all of them are used in one draw of twenty or more: ask for more */
	double exchange_rate; /* share of exchanges between neighbours that were taken; NAN without any */
	uint32_t n_rungs;     /* samplers of a ladder */
	size_t n_chains, n_draws;
	double *draws;  /* of the total: n_chains rows of n_draws */
	double *alphas; /* of alpha, in the same order */
};
void classes_result_done(struct classes_result *r);

/* CF_E_USAGE, said in words, for options out of range. */
int classes_check(const struct classes_options *options, struct cf_error *err) CF_MUST_USE;

/* Results do not depend on the number of threads: every sampler has a random stream of its own. A table that
 * gives no answer is not a failure: the status says so. Time: chains x rounds x rungs x classes x (lists +
 * observed patterns). CF_E_USAGE for options out of range. */
int classes_run(const struct loglinear_table *t, const struct classes_options *options, struct job_pool *pool,
	const struct progress *progress, struct classes_result *ret, struct cf_error *err) CF_MUST_USE;

/* The answer had alpha another prior, from the same draws: each weighs as the ratio of the two priors at its
 * alpha. n_effective: what the weighted draws are worth; the numbers are NAN where that is below
 * CLASSES_LEAST_REWEIGHED, since few draws then carry them, or where there are no draws. Costs a sort. */
#define CLASSES_LEAST_REWEIGHED 200
struct classes_reweighed {
	double median, lower, upper;
	double n_effective;
};
int classes_reweigh(const struct classes_result *r, const struct classes_options *made_with, double shape,
	double rate, struct classes_reweighed *ret, struct cf_error *err) CF_MUST_USE;

/* Plain words for a status other than CLASSES_DONE; static. */
const char *classes_reason(enum classes_status status);
