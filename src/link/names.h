/*
 * Levels of agreement between names of persons and places, and whether two whole names are the same words
 * spread otherwise over their columns. Keys as text_key makes them.
 */
#pragma once

#include <stdbool.h>

#include "link/similar.h"

/* 1 equal to 6 unlike, as levels.c names them; texts differ and neither is empty. */
unsigned link_level_of_name(const struct similar_text *a, const struct similar_text *b);
/* Whether two names are seen to be unlike without reading them whole; false says nothing. */
bool link_is_unlike_name(const struct similar_text *a, const struct similar_text *b);

/* A name in two columns; n = 0 where a column has no value. */
struct link_whole_name {
	struct similar_text given;
	struct similar_text family;
};

/* Given and family name swapped, written like or sounding alike, or the same words cut elsewhere: "Zheng |
 * Hong Jun" and "Hongjun | Zheng", "Myo | Hla Kyaw" and "Myo Hla Kyaw | ". */
bool link_names_spread(const struct link_whole_name *a, const struct link_whole_name *b);
/* Whether asking is worth while, from the levels that the columns reach side by side (0 missing). */
static inline bool link_may_be_spread(unsigned given, unsigned family)
{
	enum { ALIKE = 3, PART = 4 };
	bool good = (given && given <= ALIKE) || (family && family <= ALIKE);
	return !good && !(given == PART && family == PART);
}
