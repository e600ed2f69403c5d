/*
 * Poisson log-linear models over the 2^K - 1 observed cells of an overlap table (Cormack 1989): log mean of
 * cell w is the sum of alpha_t over the model's terms t contained in w, and the total is n + exp(alpha of the
 * intercept). A term shared by nobody has its parameter at minus infinity and its cells at zero (Chan,
 * Silverman and Vincent 2021). Newton's method on the sufficient totals, with all sums over cells done by
 * subset transforms. A space is one thread's scratch memory; fitting allocates nothing and cannot fail.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "estimate/hierarchy.h"
#include "model/overlap.h"

/* Counts by pattern (entry 0 is 0), and for each set of lists how many persons stand on all of them. */
struct loglinear_table {
	uint32_t n_lists;
	uint32_t n_cells; /* 2^n_lists */
	double n_persons;
	double *counts;
	double *totals;
};

/* Room for n_lists lists; all counts zero. */
int loglinear_table_init(struct loglinear_table *t, uint32_t n_lists, struct cf_error *err) CF_MUST_USE;
/* Collapses the strata of an overlap table of at most HIERARCHY_MAX_LISTS lists. */
int loglinear_table_from_overlap(
	struct loglinear_table *t, const struct overlap_table *overlap, struct cf_error *err) CF_MUST_USE;
void loglinear_table_done(struct loglinear_table *t);
/* Recomputes n_persons and totals from counts. */
void loglinear_table_sum(struct loglinear_table *t);

struct loglinear_fit {
	double alpha[HIERARCHY_MAX_TERMS]; /* by the model's terms; -INFINITY where nobody shares a term */
	double hidden;                     /* exp(alpha[0]), the persons no list has seen */
	double deviance;
	uint32_t n_infinite; /* parameters at minus infinity */
	bool converged;
	bool ill_conditioned; /* the normal equations lost digits: an identified model needs loglinear_refine
			       */
};

struct loglinear_space;

int loglinear_space_new(uint32_t n_lists, struct loglinear_space **ret, struct cf_error *err) CF_MUST_USE;
struct loglinear_space *loglinear_space_free(struct loglinear_space *s);
CF_DEFINE_CLEANUP(struct loglinear_space, loglinear_space_free);
#define CF_CLEANUP_LOGLINEAR CF_CLEANUP(loglinear_space_free_ptr)

/* Fits m. start: the parameters to begin at (by m's terms; those of empty terms are ignored), NULL for none.
 * Where the likelihood has no maximum the deviance still comes to its infimum. */
void loglinear_fit(struct loglinear_space *s, const struct loglinear_table *t, const struct hierarchy *m,
	const double *start, struct loglinear_fit *ret);
/* Continues an ill-conditioned fit of an identified model by an orthogonal method that keeps its digits when
 * cells differ by many orders of magnitude. Time cells x terms^2 an iteration. */
void loglinear_refine(struct loglinear_space *s, const struct loglinear_table *t, const struct hierarchy *m,
	struct loglinear_fit *fit);
/* The same over all 2^K cells, when the hidden number is known: it stands in counts[0], and totals[0]
 * includes it. */
void loglinear_fit_whole(struct loglinear_space *s, const struct loglinear_table *t,
	const struct hierarchy *m, const double *start, struct loglinear_fit *ret);
/* After a fit: the fitted number of persons on all of these lists, for each set of lists. */
const double *loglinear_fitted_totals(const struct loglinear_space *s);
/* The fitted number of persons in each cell under these parameters, ending the use of the last fit's totals;
 * entry 0 is 0. */
const double *loglinear_fitted_means(
	struct loglinear_space *s, const struct hierarchy *m, const double *alpha);
/* The variance of the intercept, the logarithm of the hidden number, from the Fisher information of an
 * identified fit; NAN when that is singular. */
double loglinear_intercept_variance(struct loglinear_space *s, const struct loglinear_table *t,
	const struct hierarchy *m, const struct loglinear_fit *fit);

/* AIC and BIC are deviance + this + penalty; -2 log-likelihood of the saturated model. */
double loglinear_saturated(const struct loglinear_table *t);
