/*
 * One-to-one: each row of either set in one pair at most. Neither solver holds all the pairs above the
 * threshold, of which there may be more than memory has room for: they keep the best few of each left row,
 * and compare again when those do not settle it (comparing costs less than keeping).
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "link/clk/join.h"

/* Pairs by left row. */
struct clk_matching {
	struct clk_pair *pairs;
	size_t n;
	struct clk_join_counts counts; /* of all comparing; n_pairs counts candidates kept */
	double total;                  /* sum of scores */
	size_t n_rounds;               /* of comparing */
};
void clk_matching_done(struct clk_matching *m);

/* The pairs in falling order of score, of equal ones that of the lower left, then right row first; each taken
 * whose two rows are free. By locally best pairs (Preis 1999) over lists that are filled again when they run
 * out, which gives the same as sorting all pairs. memory_bytes bounds the lists; the answer does not depend
 * on it. CF_E_USAGE when left and right are one set. Expected time O(left * right) comparisons and O(n log
 * n). */
int clk_solve_greedy(const struct clk_join *j, size_t memory_bytes, struct clk_matching *ret,
	struct cf_error *err) CF_MUST_USE;

/* The pairs whose scores (rounded to 2^-40) have the greatest sum. Shortest augmenting paths (Kuhn 1955;
 * Edmonds and Karp 1972) on the pairs kept; then all pairs are compared with the dual prices, those that
 * could still improve the sum are added, and it is solved again until there are none, which proves the
 * answer. CF_E_LIMIT when the pairs needed do not fit into memory_bytes. */
int clk_solve_exact(const struct clk_join *j, size_t memory_bytes, struct clk_matching *ret,
	struct cf_error *err) CF_MUST_USE;
