/*
 * Averaging over decomposable graphs (Madigan and York 1997, Bayesian methods for estimation of the size of a
 * closed population, Biometrika 84): every way in which lists can depend on each other that a decomposable
 * graph describes, each with a hyper-Dirichlet prior (Dawid and Lauritzen 1993), weighed by how well it
 * foresaw the table, together with every size of the hidden part. The answer is a posterior distribution.
 *
 * With D_S the margin of the table over the lists S, delta_S = delta 2^(K - |S|) and m persons hidden,
 *   L_S(m) = lgamma(D_S[0] + m + delta_S) + sum of lgamma(D_S[c] + delta_S) over other cells c
 *            - 2^|S| lgamma(delta_S)
 *   log p(m, G) = sum over cliques of L - sum over separators of L
 *                 + (cliques - separators) (lgamma(2^K delta) - lgamma(n + m + 2^K delta))
 *                 + log multinomial coefficient + log prior of n + m.
 * The prior moves the answer: report it for several delta (graphs_sensitivity).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "estimate/decomposable.h"
#include "estimate/loglinear.h"

enum graphs_prior {
	GRAPHS_PRIOR_RECIPROCAL = 0, /* 1 / N */
	GRAPHS_PRIOR_FLAT,
	GRAPHS_PRIOR_NEGATIVE_BINOMIAL, /* Gamma(a) over Poisson with scale b, for N */
	GRAPHS_PRIOR_GIVEN,             /* log_prior, one for each point of the given grid */
};

struct graphs_options {
	double delta; /* above 0; 0: 2^-K, one person's worth of prior in all */
	enum graphs_prior prior;
	double a, b; /* GRAPHS_PRIOR_NEGATIVE_BINOMIAL */
	const double *log_prior;
	/* numbers of hidden persons to consider, rising whole numbers from 0; NULL: chosen from the data and
	 * extended until the mass beyond its end is below tail. Points of a given grid weigh alike. */
	const double *grid;
	size_t n_grid;
	double tail;
	double level;
	size_t n_models; /* most probable models to keep */
};
#define GRAPHS_OPTIONS_INIT                                                                                  \
	{                                                                                                    \
		.delta = 0, .prior = GRAPHS_PRIOR_RECIPROCAL, .tail = 1e-5, .level = 0.95, .n_models = 10    \
	}

enum graphs_status {
	GRAPHS_DONE = 0,
	GRAPHS_UNBOUNDED, /* the mass beyond the largest number considered does not fall below tail: the prior
			     and the data together bound nothing */
	GRAPHS_TOO_FEW,   /* fewer than two lists, or nobody on them */
	GRAPHS_TOO_MANY,  /* more lists than graphs are listed for, or more than 10^9 persons */
};

struct graphs_model {
	struct decomposable graph;
	double probability;
	double mean; /* of the total under this model */
};

struct graphs_result {
	enum graphs_status status;
	double delta;
	size_t n_graphs;
	/* of the total; NAN unless GRAPHS_DONE. median and ends are the least point with at least that
	 * probability up to it. */
	double mean, median, mode, lower, upper, level;
	double end;       /* the largest number of hidden persons considered */
	double tail_mass; /* estimated posterior mass beyond it; the mass at the last point of a given grid */
	size_t n_models;
	struct graphs_model *models; /* by falling probability */
	double effective_models;     /* 1 over the sum of squared probabilities */
	double *probabilities; /* of all n_graphs graphs, in the order of decomposable_all; NULL above 5 lists
				*/
	size_t n_grid;
	double *grid;      /* hidden persons */
	double *posterior; /* of each point; adds up to 1 */
};
void graphs_result_done(struct graphs_result *r);

/* Results do not depend on the number of threads. Time graphs x points; memory a few numbers a graph, and
 * 2^(K+1) a point. A table that gives no answer is not a failure: the status says so. */
int graphs_run(const struct loglinear_table *t, const struct graphs_options *options, struct job_pool *pool,
	const struct progress *progress, struct graphs_result *ret, struct cf_error *err) CF_MUST_USE;

/* The answer for several deltas: 2^-K, and the usual 1 and 1/2 and 1/8 and so on. */
enum { GRAPHS_N_SENSITIVITY = 4 };
struct graphs_sensitivity {
	double delta;
	enum graphs_status status;
	double median, lower, upper;
};
int graphs_sensitivity(const struct loglinear_table *t, const struct graphs_options *options,
	struct job_pool *pool, const struct progress *progress,
	struct graphs_sensitivity ret[GRAPHS_N_SENSITIVITY], struct cf_error *err) CF_MUST_USE;
