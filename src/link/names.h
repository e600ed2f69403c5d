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
/* The fewest places in common with which names of two lengths, from 1 to SIMILAR_MAX, may be alike
 * (similar_bound_of). */
size_t link_least_common(size_t n_a, size_t n_b, size_t prefix);

/* A name in two columns; n = 0 where a column has no value. */
struct link_whole_name {
	struct similar_text given;
	struct similar_text family;
};

/* Whether the letters that occur (similar_letters; 0 where there is no value) leave it possible. */
static inline bool link_letters_may_be_spread(
	uint32_t given_a, uint32_t family_a, uint32_t given_b, uint32_t family_b)
{
	enum { MOST_OTHERS = 3 };
	uint32_t a = given_a | family_a;
	uint32_t b = given_b | family_b;
	if ((a | b) & SIMILAR_OTHERS) {
		/* the words of one name may be some of the other's */
		unsigned only_a = similar_count_bits(a & ~b);
		unsigned only_b = similar_count_bits(b & ~a);
		return (only_a < only_b ? only_a : only_b) <= MOST_OTHERS;
	}
	if (!given_a || !family_a || !given_b || !family_b)
		return true;
	return similar_count_bits(given_a & ~family_b) <= MOST_OTHERS &&
	       similar_count_bits(family_b & ~given_a) <= MOST_OTHERS &&
	       similar_count_bits(family_a & ~given_b) <= MOST_OTHERS &&
	       similar_count_bits(given_b & ~family_a) <= MOST_OTHERS;
}

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
