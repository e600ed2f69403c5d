/*
 * The model of least BIC among all hierarchical models with interactions up to an order. BIC counts
 * parameters at minus infinity, its sample size is the number of persons, and only models with a finite,
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

struct search_options {
	int order;
	double keep;       /* models within this of the least BIC are kept (at most SEARCH_MAX_KEPT) */
	uint64_t max_fits; /* before giving up on proof */
	const struct hierarchy *seeds; /* models tried first */
	size_t n_seeds;
};

struct search_model {
	struct hierarchy model;
	double bic;
	double deviance;
	double total;
};

struct search_result {
	size_t n_kept;                             /* 0: no model is identified */
	struct search_model kept[SEARCH_MAX_KEPT]; /* by rising BIC */
	size_t best;   /* of the kept ones: the least BIC; among ties the fewest parameters, then lowest terms
			*/
	size_t n_tied; /* models whose BIC equals the least, the best included */
	bool complete; /* proved: no other model has a smaller BIC */
	uint64_t n_fits;
};

struct search_space;

int search_space_new(uint32_t n_lists, struct search_space **ret, struct cf_error *err) CF_MUST_USE;
struct search_space *search_space_free(struct search_space *s);

/* CF_E_LIMIT when the largest allowed model has too many parameters. */
int search_bic(struct select_bench *b, const struct loglinear_table *t, const struct search_options *options,
	struct search_result *ret, struct cf_error *err) CF_MUST_USE;
/* The best of the given models alone. */
int search_among(struct select_bench *b, const struct loglinear_table *t, const struct hierarchy *models,
	size_t n, struct search_result *ret, struct cf_error *err) CF_MUST_USE;
