/*
 * Levels of agreement between two values of one kind, from equal (1) to unlike (the last). Which level a pair
 * of values reaches depends on the values alone, so it is found once for each pair of distinct values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "link/similar.h"
#include "link/table.h"

enum { LINK_LEVEL_MISSING = 0, LINK_LEVEL_EQUAL = 1 };

/* How many levels a kind has, missing not counted. */
unsigned link_n_levels(enum link_kind kind);
/* For people: "equal", "one typing error", ... level from 1. */
const char *link_level_name(enum link_kind kind, unsigned level);

/* Of a date of eight places: the first of January is what is written where only the year is known. */
bool link_is_year_only(const char *date);
/* Letters and digits that readers and scanners take for each other are one sign. */
char link_sign_of(char c);

/* Texts as a column's dictionary holds them, different and neither empty. The same whichever comes first. */
unsigned link_level_of(enum link_kind kind, const struct similar_text *a, const struct similar_text *b);
