/*
 * Levels of agreement between two values of one kind, from equal (1) to unlike (the last). Which level a pair
 * of values reaches depends on the values alone, so it is found once for each pair of distinct values.
 */
#pragma once

#include <stddef.h>

#include "link/table.h"

/* Level numbers as patterns hold them: 0 is missing. Names that are compared crosswise have the level
 * LINK_SWAPPED besides. */
enum { LINK_LEVEL_MISSING = 0, LINK_LEVEL_EQUAL = 1 };

/* How many levels a kind has, missing not counted. */
unsigned link_n_levels(enum link_kind kind);
/* For people: "equal", "one typing error", ... level from 1. */
const char *link_level_name(enum link_kind kind, unsigned level);

/* Texts as a column's dictionary holds them, neither empty. */
unsigned link_level_of(enum link_kind kind, const char *a, size_t n_a, const char *b, size_t n_b);
