/*
 * Estimates by stratum and for their sum. Each stratum is estimated by itself, with the whole choice of the
 * model; then the strata share what they can: the logarithms of hidden to seen persons are taken for draws
 * from a normal distribution of unknown mean and spread, and each stratum is drawn to the mean the more, the
 * less it says itself (Fay and Herriot 1979; the spread by Paule and Mandel 1982, its doubt in the intervals
 * after Gelman 2006). A stratum without an
 * estimate of its own gets the common mean and its doubt. Totals come with joint intervals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "estimate/estimate.h"

enum { STRATA_MAX = 256 };

/* All totals of persons. NAN where there is none. */
struct strata_estimate {
	double estimate;
	double lower, upper;
	bool upper_is_unbounded;
};

struct stratum {
	char **values; /* one a column that was asked for; owned */
	uint64_t n_persons;
	enum estimate_status status;
	char *model;  /* owned */
	char *reason; /* when not identified; owned */
	struct strata_estimate separate;
	struct strata_estimate shared;
};

struct strata_result {
	enum estimate_method method;
	size_t n_columns;
	char **columns; /* owned */
	size_t n_strata;
	struct stratum *strata;          /* with at least one person, in the order of the table */
	size_t n_missing;                /* strata without an estimate of their own */
	struct strata_estimate separate; /* their sum; NAN while one is missing */
	struct strata_estimate shared;
	double spread; /* between strata, standard deviation of log(hidden / seen); NAN with fewer than two */
	double mean;   /* of log(hidden / seen) */
	double level;
};

struct strata_plan {
	const struct overlap_table *t;
	size_t n_columns;      /* which of its stratum columns; 0: all */
	const size_t *columns; /* their numbers, rising */
	enum estimate_method method;
	const struct estimate_options *options; /* n_bootstrap 0: no intervals for separate estimates */
};

/* How many strata with persons the columns make. */
int strata_count(const struct strata_plan *plan, size_t *ret, struct cf_error *err) CF_MUST_USE;
/* CF_E_LIMIT with more than STRATA_MAX. */
int strata_run(const struct strata_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct strata_result **ret, struct cf_error *err) CF_MUST_USE;
struct strata_result *strata_free(struct strata_result *s);
CF_DEFINE_CLEANUP(struct strata_result, strata_free);
#define CF_CLEANUP_STRATA CF_CLEANUP(strata_free_ptr)

/* The pooling alone. theta: logarithms of hidden to seen, variance: theirs; NAN for strata without. Returns
 * how many had one. With one or more, ret_* hold for every stratum; spread is 0 with one. */
struct strata_pool {
	double mean, mean_variance, spread2;
};
size_t strata_pool(size_t n, const double *theta, const double *variance, struct strata_pool *ret);
