/*
 * A prior of the total from a CSV file: columns total and weight, one row a point, totals rising. Straight
 * lines lead from point to point; totals outside them are ruled out.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

struct work_prior {
	size_t n;
	double *totals; /* owned */
	double *weights;
};

/* ret is zeroed on entry and the caller's to release, also on failure. */
int work_prior_read(const char *path, struct work_prior *ret, struct cf_error *err) CF_MUST_USE;
void work_prior_done(struct work_prior *p);
