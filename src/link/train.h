/*
 * Training: u from random pairs, m by expectation and maximisation over the pairs that the rules find. A
 * field's m is learnt only from pairs that some rule found without looking at it, since a rule's pairs all
 * agree in what it looks at; pairs that no rule finds count as different persons. u is corrected for the true
 * pairs among the random ones. Sources: Dempster, Laird and Rubin (1977); Winkler (1988); Enamorado, Fifield
 * and Imai (2019).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/progress.h"
#include "link/dependence.h"
#include "link/model.h"
#include "link/pairs.h"
#include "link/patterns.h"

/* How often each level was met among pairs taken at random, or among all. */
struct link_random_levels {
	double n; /* pairs looked at */
	double levels[LINK_MAX_FIELDS][LINK_MAX_LEVELS + 1];
	bool all_pairs; /* every pair was looked at */
};

int link_count_random_levels(const struct link_table *t, const struct link_settings *s,
	struct link_comparer *c, struct job_pool *pool, struct link_random_levels *ret, struct cf_error *err)
	CF_MUST_USE;

/* Counts the patterns of about max_pairs pairs. *ret_share: of the pairs, that were looked at. */
int link_count_patterns(struct link_pairs *pairs, const struct link_settings *s, struct link_comparer *c,
	struct job_pool *pool, double max_pairs, const struct progress *progress, struct link_patterns *ret,
	double *ret_share, struct cf_error *err) CF_MUST_USE;

/* Bit f: field f is none that the rule looks at. */
uint32_t link_fields_free_of(const struct link_settings *s, const struct link_rule *r);

/* Pairs whose answer is known, by pattern. */
struct link_labelled {
	uint64_t pattern;
	bool same;
};

/* The EM itself: patterns with their counts in all pairs (scaled up), n_pairs all pairs there are. model
 * holds where to start and receives the result. dependence (may be NULL) is measured anew
 * now and then on the way. Labelled pairs count as what they are, instead of by their probability. Stops when
 * no m changes by more than 1e-5. */
void link_train_em(const struct link_patterns *patterns, double n_pairs,
	const struct link_random_levels *random, const struct link_dependence *dependence,
	const struct link_labelled *labelled, size_t n_labelled, struct link_model *model);
/* Only from pairs whose answer is known: m from those that are one person; u from random pairs, as always,
 * since pairs that people looked at and refused were picked for looking alike; the prior from the patterns.
 */
void link_train_labels(const struct link_patterns *patterns, double n_pairs,
	const struct link_random_levels *random, const struct link_dependence *dependence,
	const struct link_labelled *labelled, size_t n_labelled, struct link_model *model);
/* Only the prior, for a model that was trained elsewhere. */
void link_train_prior(const struct link_patterns *patterns, double n_pairs, struct link_model *model);
