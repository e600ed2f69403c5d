/*
 * From shared tokens to groups of records: edges between nodes are found by walking the postings, and merged
 * best first. A node is a record, or a group of records that were merged in an earlier round and pool their
 * tokens. Nothing here depends on the order of records or on what tokens look like.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "match/plan.h"
#include "match/postings.h"

struct match_edge {
	uint32_t a; /* nodes, a < b: each the smallest of its records */
	uint32_t b;
	uint32_t weight;
	uint32_t n_keys; /* that agree: decides between edges of one weight */
};

/* Union by the smallest record. lists is the set of lists a root's records stand on; where records of one
 * list may merge it stays 0, and max_size bounds a group instead. */
struct match_groups {
	size_t n;
	uint32_t *root;
	uint32_t *lists;
	uint32_t *size;
	uint32_t max_size;
	/* of the first round of merging */
	uint64_t n_candidate_pairs;
	uint64_t n_edges;
	uint64_t n_tied;
	uint64_t n_conflicts;
};

struct match_groups *match_groups_free(struct match_groups *g);
CF_DEFINE_CLEANUP(struct match_groups, match_groups_free);
#define CF_CLEANUP_GROUPS CF_CLEANUP(match_groups_free_ptr)
/* The root of a record's group. */
uint32_t match_groups_find(struct match_groups *g, uint32_t record);

struct match_merge_options {
	const struct match_plan *plan;
	size_t n_lists;
	const uint32_t *first; /* n_lists + 1, as in struct match_token_source */
	bool one_per_list;     /* else records of one list may merge */
	uint32_t max_size;     /* of a group; 0: no bound */
	int max_rounds;
	const struct progress *progress;
};

/*
 * Round after round, at most max_rounds, until nothing merges: the weight of two groups comes from the keys
 * that any record of the one shares with any of the other; a pair of groups needs what the plan asks for the
 * largest of their lists. Pairs with that weight are edges; they merge in descending order of (weight, keys
 * that agree). Edges of equal order are taken together: where their components could be merged whole they
 * are, and where a component would hold a list twice (or too many records) all its edges are left out.
 */
int match_merge(const struct match_postings *postings, const struct match_merge_options *options,
	struct match_groups **ret, struct cf_error *err) CF_MUST_USE;
