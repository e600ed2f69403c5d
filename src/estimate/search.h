/*
 * The model of least BIC (or AICc) among all hierarchical models with interactions up to an order. Both count
 * parameters at minus infinity, their sample size is the number of persons, and only models with a finite,
 * unique estimate compete. Branch and bound (after Furnival and Wilson 1974): the deviance of a model is at
 * least that of any larger one, so one fit of "everything still allowed" can rule out a whole subtree; the
 * answer is the same as by fitting every model. Where the bound is not reached within the allowed number of
 * fits, a downhill search from the best model so far finishes, and the result says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "estimate/select.h"

enum { SEARCH_MAX_KEPT = 64 };

/* What is to be least: deviance and a penalty for k parameters and n persons. */
enum search_criterion {
	SEARCH_BIC = 0, /* k log n (Schwarz 1978) */
	SEARCH_AICC,    /* 2 k + 2 k (k + 1) / (n - k - 1) (Hurvich and Tsai 1989) */
};

struct search_options {
	enum search_criterion criterion;
	int order;
	double keep;       /* models within this of the least score are kept (at most SEARCH_MAX_KEPT) */
	uint64_t max_fits; /* before giving up on proof */
	const struct hierarchy *seeds; /* models tried first */
	size_t n_seeds;
	/* Called for each model that is tried (seeds apart), once, if identified and within keep of the best
	 * so far: no model within keep of the least score is left out. May be NULL. */
	void (*visit)(void *context, double score, double total);
	void *context;
};

struct search_model {
	struct hierarchy model;
	double score;
	double deviance;
	double total;
};

struct search_result {
	size_t n_kept;                             /* 0: no model is identified */
	struct search_model kept[SEARCH_MAX_KEPT]; /* by rising score */
	size_t best; /* of the kept ones: the least score; among ties the fewest parameters, then lowest terms
		      */
	size_t n_tied; /* models whose score equals the least, the best included */
	bool complete; /* proved: no other model has a smaller score */
	uint64_t n_fits;
};

struct search_space;

int search_space_new(uint32_t n_lists, struct search_space **ret, struct cf_error *err) CF_MUST_USE;
struct search_space *search_space_free(struct search_space *s);

/* The criterion's penalty; INFINITY where AICc has none because there are too few persons. */
double search_penalty(enum search_criterion criterion, uint32_t n_terms, double n_persons);

/* CF_E_LIMIT when the largest allowed model has too many parameters. */
int search_best(struct select_bench *b, const struct loglinear_table *t, const struct search_options *options,
	struct search_result *ret, struct cf_error *err) CF_MUST_USE;
/* From main effects to the best neighbour (one term more or less) until none is better (Silverman, Chan and
 * Vincent 2024). Seeds, keep and visit are not looked at; the answer is never called complete. */
int search_downhill(struct select_bench *b, const struct loglinear_table *t,
	const struct search_options *options, struct search_result *ret, struct cf_error *err) CF_MUST_USE;
/* The best of the given models alone; order and seeds are not looked at. */
int search_among(struct select_bench *b, const struct loglinear_table *t,
	const struct search_options *options, const struct hierarchy *models, size_t n,
	struct search_result *ret, struct cf_error *err) CF_MUST_USE;
