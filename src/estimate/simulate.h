/*
 * Tables drawn from a fitted model, whose total is therefore known, and how often the intervals of the
 * methods cover it. The truth is one log-linear model fitted to a table; each simulated table spreads the
 * same number of persons over all 2^K cells and hides those of the cell that no list sees. Table i is drawn
 * from random stream (seed, i), so that results depend neither on threads nor on how many tables are asked
 * for.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "estimate/estimate.h"

struct simulate_plan {
	const struct overlap_table *t; /* the truth is fitted to it; its strata are added up */
	enum estimate_method truth; /* how its model is chosen: main, stepwise, bic, ... or ESTIMATE_MODEL */
	const char *truth_model;    /* for ESTIMATE_MODEL */
	uint64_t n_persons;         /* in each simulated population; 0: the fitted total, rounded */
	uint32_t n_tables;
	uint64_t seed;
	/* How the tables are analysed. ESTIMATE_MODEL without a model: by the true one. seed is not looked
	 * at. */
	struct estimate_options analysis;
};

/* What became of one method over all tables. Shares are of all tables. */
struct simulate_method {
	enum estimate_method method;
	uint32_t n_estimates; /* tables with an estimate */
	uint32_t n_intervals; /* tables with a lower end; an upper end that is missing is infinite */
	uint32_t n_covered;   /* lower <= truth <= upper */
	uint32_t n_below;     /* the whole interval is below the truth */
	uint32_t n_above;
	uint32_t n_unbounded;  /* intervals without an upper end */
	double median;         /* of the estimates; NAN when there are none */
	double mean_log_ratio; /* mean of log(estimate / truth): the relative bias */
	double rms_log_ratio;
	double median_width; /* of upper / lower over bounded intervals */
};

struct simulate_result {
	char *model; /* the truth; owned */
	char *model_digits;
	uint64_t n_persons;
	uint32_t n_tables;
	size_t n_methods;
	struct simulate_method methods[ESTIMATE_N_METHODS];
};

/* CF_E_NO_ANSWER when the true model has no finite estimate on the table. */
int simulate_study(const struct simulate_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct simulate_result *ret, struct cf_error *err) CF_MUST_USE;
void simulate_result_done(struct simulate_result *r);
/* The tables themselves, as one with a stratum column "table" of the numbers from 1. */
int simulate_tables(const struct simulate_plan *plan, struct overlap_table **ret, struct cf_error *err)
	CF_MUST_USE;
