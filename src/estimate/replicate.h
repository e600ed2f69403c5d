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
#include "estimate/average.h"
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
	/* those that search */
	enum search_criterion criterion;
	struct search_result *search; /* on the data; owned */
	struct hierarchy *ranked;     /* the models of search, once replicates may use them; owned */
	uint64_t max_fits;
	bool full_reselection;  /* replicates search all models, not just the ranked ones */
	struct average average; /* ESTIMATE_AVERAGE, on the data */
};

bool chooser_searches(enum estimate_method m);
/* Makes room for what a search needs. */
int chooser_init(struct chooser *c, struct cf_error *err) CF_MUST_USE;
void chooser_done(struct chooser *c);
/* Fills point and estimate (and *search, average) from the data. */
int chooser_choose(struct chooser *c, struct select_bench *b, const struct loglinear_table *t,
	struct cf_error *err) CF_MUST_USE;

struct replicate_plan {
	const struct loglinear_table *t;
	const struct chooser *choosers;
	size_t n_choosers;
	uint32_t n_replicates;
	uint64_t seed;
	bool with_search;
	const struct estimate_options
		*linkage; /* its recall and precision; NULL: nothing to undo, and a jackknife */
	bool keep_sample; /* undo linkage errors in the data as they are */
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
	double *persons;   /* by replicate */
};

/* The chooser's total without one person, and without all, of each observed pattern by rising pattern.
 * Searches choose among the best models of the data (chooser.ranked). ret: one for each observed pattern. */
int replicate_influence(const struct loglinear_table *t, const struct chooser *c, struct job_pool *pool,
	struct estimate_influence *ret, struct cf_error *err) CF_MUST_USE;

int replicate_run(const struct replicate_plan *plan, struct job_pool *pool, const struct progress *progress,
	struct replicate_results *ret, struct cf_error *err) CF_MUST_USE;
void replicate_results_done(struct replicate_results *r);
