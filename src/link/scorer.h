/*
 * What a scorer is made of, for score.c and its neighbours alone.
 */
#pragma once

#include "link/score.h"

/* A batch of pairs that may still reach the floor. */
struct link_score_scratch {
	struct link_row_pair pairs[LINK_BATCH];
	double weights[LINK_BATCH];
	uint64_t patterns[LINK_BATCH];
	uint16_t places[LINK_BATCH]; /* in the batch that was given */
	uint8_t levels[LINK_BATCH];
	uint8_t partners[LINK_BATCH];
	size_t n;
};

struct link_scorer {
	const struct link_table *table;
	struct link_comparer *comparer;
	size_t n_fields;
	const struct link_decision *decisions;
	size_t n_decisions;
	struct link_weights weights;
	float *by_frequency[LINK_MAX_FIELDS]; /* added to equal, by code; NULL: nothing */
	size_t order[LINK_MAX_FIELDS];        /* those that can take most away first */
	double rest[LINK_MAX_FIELDS + 1];     /* the most that fields from order[i] on can add */
	struct link_score_scratch *scratches; /* by worker */
};
