/*
 * Choosing a model for one table and estimating under it: the part that every bootstrap replicate repeats. A
 * bench is one thread's scratch memory for tables of one number of lists.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "estimate/estimate.h"
#include "estimate/existence.h"
#include "estimate/hierarchy.h"
#include "estimate/loglinear.h"

struct select_bench {
	struct loglinear_space *fit;
	struct existence_space *existence;
	struct search_space *search; /* NULL unless asked for */
};
#define SELECT_BENCH_INIT                                                                                    \
	{                                                                                                    \
		0                                                                                            \
	}

int select_bench_init(struct select_bench *b, uint32_t n_lists, bool with_search, struct cf_error *err)
	CF_MUST_USE;
void select_bench_done(struct select_bench *b);

/* A model and what the table says under it. fit holds only when the status is ESTIMATE_IDENTIFIED. */
struct selection {
	struct hierarchy model;
	struct existence existence;
	struct loglinear_fit fit;
	double total; /* NAN unless identified */
};

/* Under m as it stands. start: parameters of a model on the same lists whose fit was similar, or NULL. */
struct select_start {
	const struct hierarchy *model;
	const double *alpha;
};
int select_model(struct select_bench *b, const struct loglinear_table *t, const struct hierarchy *m,
	const struct select_start *start, struct selection *ret, struct cf_error *err) CF_MUST_USE;

/* Forward stepwise from main effects (Chan, Silverman and Vincent 2021): adds the two-list term with the
 * smallest one-sided Poisson p value of its overlap while that is below exp(log_p), skipping terms with which
 * the estimate would not exist or not be identifiable; ties to the lowest pair. start: main effects. */
int select_stepwise(struct select_bench *b, const struct loglinear_table *t, double log_p,
	const struct select_start *start, struct selection *ret, struct cf_error *err) CF_MUST_USE;

/* Chapman (1951) for two lists: (n1 + 1)(n2 + 1) / (m + 1) - 1; NAN when the lists share nobody. */
double select_chapman(const struct loglinear_table *t);

/* The variance of the logarithm of its hidden number (Seber 1982, equation 3.2); NAN when there is none. */
double select_chapman_log_variance(const struct loglinear_table *t);

/* Starting parameters for model m from those of another; terms it lacks begin at their observed over fitted
 * total (fitted may be NULL: at 0). */
void select_carry(const struct loglinear_table *t, const struct hierarchy *m, const struct select_start *from,
	const double *fitted, double *ret_alpha);
