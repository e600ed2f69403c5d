/*
 * All decomposable (chordal) graphs over a few lists, each with its cliques and its separators: 2, 8, 61,
 * 822, 18154 and 617675 of them for 2 to 7 lists. A graph says which lists depend on each other; it is
 * decomposable when every cycle of four or more has a chord, and then a model over it factors into its
 * cliques (Lauritzen 1996, chapter 2). Found by maximum cardinality search (Tarjan and Yannakakis 1984).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

enum { DECOMPOSABLE_MAX_LISTS = 7 };

/* Cliques and separators are bit sets of lists. A separator stands as often as it separates; empty ones
 * (between parts that do not depend on each other) are left out. */
struct decomposable {
	uint8_t n_cliques;
	uint8_t n_separators;
	uint8_t cliques[DECOMPOSABLE_MAX_LISTS];
	uint8_t separators[DECOMPOSABLE_MAX_LISTS - 1];
};

/* *ret: an array (mem_free) of *ret_n graphs over n_lists (1 to 7) lists, by rising set of edges: from no
 * dependence to all. O(2^(n(n-1)/2)). */
int decomposable_all(uint32_t n_lists, struct decomposable **ret, size_t *ret_n, struct cf_error *err)
	CF_MUST_USE;

/* "123|34|25": cliques by lists, largest first, then by list numbers. */
int decomposable_format_digits(const struct decomposable *g, struct buffer *out) CF_MUST_USE;
/* "A:B:C, C:D, E" with the lists' names. */
int decomposable_format_names(const struct decomposable *g, char *const *list_names, struct buffer *out)
	CF_MUST_USE;
