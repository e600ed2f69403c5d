/*
 * From tokens to who stands on which lists. Equal tokens of one key vote for a pair of records of different
 * lists; a pair's weight is summed by the plan's rules over its keys; pairs at or above the threshold are
 * edges. Clusters merge best first and hold at most one record of each list; where edges of equal weight
 * compete, all of them are left out. So the result depends on neither row order nor the values of the tokens,
 * and the same function serves blinded tokens and, for evaluation, tokens in the clear.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "match/plan.h"
#include "match/strata.h"
#include "model/overlap.h"

enum { MATCH_TOKEN_BYTES = 32 };

struct match_token_list {
	const char *name;
	size_t n;
	const uint8_t *tokens;   /* n * n_slots * MATCH_TOKEN_BYTES, row-major; empty slots hold values that
				    occur   once */
	const uint32_t *stratum; /* n joint codes, or NULL */
};

struct match_clusters {
	size_t n_lists;
	size_t n_clusters;
	uint32_t **cluster; /* [list][record] */
	uint64_t n_candidate_pairs;
	uint64_t n_edges;     /* at or above the threshold */
	uint64_t n_tied;      /* left out because equal edges compete */
	uint64_t n_conflicts; /* not merged because a list would stand twice */
};
struct match_clusters *match_clusters_free(struct match_clusters *c);
CF_DEFINE_CLEANUP(struct match_clusters, match_clusters_free);
#define CF_CLEANUP_CLUSTERS CF_CLEANUP(match_clusters_free_ptr)

int match_cluster(const struct match_plan *plan, const struct match_token_list *lists, size_t n_lists,
	const struct progress *progress, struct match_clusters **ret, struct cf_error *err) CF_MUST_USE;

/* The overlap table: lists in the order given; strata NULL: without. */
int match_overlap(const struct match_clusters *clusters, const struct match_token_list *lists,
	const struct match_strata *strata, struct overlap_table **ret, struct cf_error *err) CF_MUST_USE;
