/*
 * The prior of the total as the user gives it, and the numbers of hidden persons over which a method that
 * needs one adds up. Private to src/estimate.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"
#include "estimate/estimate.h"

/* Rising whole numbers of hidden persons, and for ESTIMATE_PRIOR_GIVEN the logarithm of the prior at each;
 * both NULL when the method is to find its own grid. */
struct prior_grid {
	size_t n;
	double *hidden;
	double *log_prior;
};
void prior_grid_done(struct prior_grid *g);

/* What the options ask for, with so many persons seen: their grid, or every total that the given prior allows
 * (equally spaced ones where those are too many). n 0 with hidden not NULL: the prior rules out every total
 * that the table leaves possible. */
int prior_grid_make(const struct estimate_options *o, double n_persons, struct prior_grid *ret,
	struct cf_error *err) CF_MUST_USE;
/* Whether the prior's numbers make sense; CF_E_USAGE with what is wrong. */
int prior_check(const struct estimate_options *o, struct cf_error *err) CF_MUST_USE;
