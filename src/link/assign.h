/*
 * The best one-to-one pairing of two files: of all ways to give each row of one at most one of the other, the
 * way with the largest sum of weights. By shortest augmenting paths with dual prices (Kuhn 1955, Munkres
 * 1957; over the pairs there are, by Dijkstra 1959): one left row after another finds its place, and others
 * move for it when that is worth more. Exact, not greedy: a heaviest pair is left when two others together
 * weigh more.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct link_gain {
	uint32_t left; /* 0 to n_left - 1 */
	uint32_t right;
	double weight; /* above 0 */
};

#define LINK_UNASSIGNED UINT32_MAX

/* gains sorted by left, no pair twice. ret_right[left]: its partner, or LINK_UNASSIGNED. Time: for each left
 * row O(m log m) in the pairs m of its connected part, usually far less; memory O(rows + pairs). */
int link_assign(const struct link_gain *gains, size_t n, uint32_t n_left, uint32_t n_right,
	uint32_t *ret_right, struct cf_error *err) CF_MUST_USE;
