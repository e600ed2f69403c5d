/*
 * Scoring: the weight of every pair that the rules find, as log2 odds with the prior in it, so that
 * probability = 1 / (1 + 2^-weight). Agreement on a rare value weighs more than on a common one. A pair is
 * left as soon as what its remaining fields could add cannot lift it over the floor.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "link/model.h"
#include "link/pairs.h"
#include "link/scored.h"

struct link_scorer;

/* A pair that a person has looked at: the same person or not. It keeps that whatever the fields say. */
struct link_decision {
	uint32_t left; /* left < right */
	uint32_t right;
	bool same;
	uint32_t order; /* set by sorting: the last of two decisions counts */
};
/* Log2 odds of a decided pair, or their negative. */
#define LINK_DECIDED 40.0
/* Sorts by rows; of two decisions on one pair the last counts. Returns how many are left. */
size_t link_decisions_sort(struct link_decision *decisions, size_t n);
/* 1 the same, -1 not, 0 not decided. */
int link_decisions_find(const struct link_decision *decisions, size_t n, uint32_t left, uint32_t right);

/* t, s, c must outlive it. */
int link_scorer_new(const struct link_table *t, const struct link_settings *s, struct link_comparer *c,
	const struct link_model *model, struct link_scorer **ret, struct cf_error *err) CF_MUST_USE;
/* Sorted decisions, which must outlive the scorer. */
void link_scorer_decide(struct link_scorer *s, const struct link_decision *decisions, size_t n);
bool link_scorer_is_refused(const struct link_scorer *s, uint32_t left, uint32_t right);
struct link_scorer *link_scorer_free(struct link_scorer *s);
CF_DEFINE_CLEANUP(struct link_scorer, link_scorer_free);
#define CF_CLEANUP_LINK_SCORER CF_CLEANUP(link_scorer_free_ptr)

/* -INFINITY when the weight is below floor. */
double link_score_pair(
	const struct link_scorer *s, size_t worker, uint32_t left, uint32_t right, double floor);

/* The same of many pairs, which is several times as fast. */
void link_score_many(const struct link_scorer *s, size_t worker, const struct link_row_pair *pairs, size_t n,
	double floor, double *ret_weights);

/* What each field adds to a pair's weight: level, its weight, and the adjustment by frequency. */
struct link_field_score {
	unsigned level;
	double weight;
	double by_frequency;
};
void link_score_fields(const struct link_scorer *s, size_t worker, uint32_t left, uint32_t right,
	struct link_field_score ret[LINK_MAX_FIELDS]);
/* The weight of a pair of this pattern whose equal values are those of row. */
double link_score_pattern(const struct link_scorer *s, uint32_t row, uint64_t pattern);
double link_scorer_prior(const struct link_scorer *s);

struct link_score_options {
	double floor;       /* pairs that weigh less are not kept */
	size_t max_pairs;   /* in memory; more go to a temporary file */
	const char *folder; /* of that file; NULL: $TMPDIR, or /tmp */
	struct job_pool *pool;
	const struct progress *progress;
};
/* Every pair that a rule finds and that reaches the floor, and those that people decided to be one person. */
int link_score_all(const struct link_scorer *s, struct link_pairs *pairs, const struct link_score_options *o,
	struct link_scored *ret, struct cf_error *err) CF_MUST_USE;
