/*
 * The bootstrap: multinomial resamples of the persons (estimate/resample.h) and a jackknife over the observed
 * patterns, with the whole choice of the model repeated in each. A replicate is a function of the seed and
 * its number, shared by all methods, so that results depend neither on threads nor on which methods are asked
 * for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/jobs.h"
#include "base/progress.h"
#include "estimate/bca.h"
#include "estimate/search.h"
#include "estimate/select.h"

/* A way from a table to an estimate. */
struct chooser {
	enum estimate_method method;
	double log_p;
	int order;
	struct hierarchy model; /* ESTIMATE_MODEL */
	struct selection point; /* what it chose on the data: where replicates begin */
	double estimate;        /* its total, NAN when there is none */
	/* ESTIMATE_BIC */
	struct search_result *search; /* on the data; owned by the caller */
	struct hierarchy *ranked;     /* the models of search, for reselection; owned by the caller */
	uint64_t max_fits;
	bool full_reselection; /* replicates search all models, not just the ranked ones */
};

/* Fills point and estimate (and *search) from the data. */
int chooser_choose(struct chooser *c, struct select_bench *b, const struct loglinear_table *t,
	struct cf_error *err) CF_MUST_USE;

struct replicate_plan {
	const struct loglinear_table *t;
	const struct chooser *choosers;
	size_t n_choosers;
	uint32_t n_replicates;
	uint64_t seed;
	bool with_search;
};

/* What came out for each chooser. Values are totals, INFINITY or -INFINITY where there is none. */
struct replicate_results {
	size_t n_choosers;
	uint32_t n_replicates;
	double *values; /* chooser x replicate */
	bool *unproved; /* chooser x replicate: the search was not finished */
	size_t n_patterns;
	double *jackknife; /* chooser x pattern; NAN where there is none */
	double *weights;   /* persons by pattern */
};

int replicate_run(const struct replicate_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct replicate_results *ret, struct cf_error *err) CF_MUST_USE;
void replicate_results_done(struct replicate_results *r);
