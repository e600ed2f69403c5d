/*
 * Profile-likelihood intervals for the total under one log-linear model, as if the model were known: for a
 * hidden number m the cell of nobody's list gets the count m, the model is fitted to the whole table, and the
 * multinomial likelihood of n + m persons is compared with its maximum (Cormack 1992). They say nothing about
 * the choice of the model.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "estimate/select.h"

struct profile_interval {
	double lower, upper; /* of the total; upper NAN when unbounded */
	double maximum; /* the total of greatest likelihood, somewhat below the Poisson estimate when data are
			   few */
	bool unbounded; /* the likelihood never falls far enough */
};

/* For an identified selection. */
int profile_interval(struct select_bench *b, const struct loglinear_table *t, const struct selection *s,
	double level, struct profile_interval *ret, struct cf_error *err) CF_MUST_USE;
