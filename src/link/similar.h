/*
 * Similarity of two texts, both as normalising leaves them: bytes a-z, 0-9 and single blanks in the main, any
 * UTF-8 otherwise. Texts longer than 64 bytes are compared by their first 64.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/sounds.h"

enum { SIMILAR_MAX = 64 };

/* A bit for each letter that occurs: what two texts can have in common at most is seen without reading them.
 */
#define SIMILAR_OTHERS ((uint32_t)1 << 31) /* the bit of what is neither a-z nor a digit */
uint32_t similar_letters(const char *text, size_t n);

struct similar_text {
	const char *text;
	size_t n;
	bool padded; /* sixteen bytes may be read from text, though n is less */
	uint32_t letters;
	uint16_t sounds[SOUND_N_READINGS]; /* sound_numbers of a name; 0: not known */
	const uint16_t *nicknames;         /* nicknames_groups of a name; NULL: none */
};

static inline unsigned similar_count_bits(uint32_t x)
{
	x -= x >> 1 & 0x55555555u;
	x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
	return ((x + (x >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

/* Of two at once. */
struct similar_two_counts {
	unsigned x;
	unsigned y;
};
static inline struct similar_two_counts similar_count_bits_of_two(uint32_t x, uint32_t y)
{
	uint64_t both = (uint64_t)y << 32 | x;
	both -= both >> 1 & 0x5555555555555555u;
	both = (both & 0x3333333333333333u) + (both >> 2 & 0x3333333333333333u);
	both = ((both + (both >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x01010101u;
	return (struct similar_two_counts){(unsigned)(both >> 24) & 0xff, (unsigned)(both >> 56)};
}

/* Puts two texts in a fixed order. Partners of letters and of words are taken as they come, so that the two
 * ways of comparing may differ; what must not depend on who asks orders them first. */
void similar_order(const struct similar_text **a, const struct similar_text **b);

/* 0 to 1 (Jaro 1989, Winkler 1990: up to four common first letters count more). */
double similar_jaro_winkler(const struct similar_text *a, const struct similar_text *b);
/* An upper bound of it from lengths and letters alone. */
double similar_jaro_winkler_bound(const struct similar_text *a, const struct similar_text *b);
/* The same from what it looks at: the places of each text whose letter the other has, at least one; the
 * texts' lengths, cut to SIMILAR_MAX; how long their common beginning is, four at most. */
double similar_bound_of(size_t in_common, size_t n_a, size_t n_b, size_t prefix);
/* The true Damerau-Levenshtein distance: changes, losses, additions and swaps of neighbours that make one
 * text the other, where what was swapped may be edited again (Damerau 1964; Lowrance and Wagner 1975). */
unsigned similar_edits(const struct similar_text *a, const struct similar_text *b);
/* The restricted one (optimal string alignment): no place is edited twice. By bit vectors (Hyyroe 2003). */
unsigned similar_edits_restricted(const struct similar_text *a, const struct similar_text *b);
/* similar_edits where it is no more than most, else any number above most: often seen from letters and
 * lengths. */
unsigned similar_edits_up_to(const struct similar_text *a, const struct similar_text *b, unsigned most);
/* The same texts when blanks are left out. */
bool similar_without_blanks(const struct similar_text *a, const struct similar_text *b);

/* How two texts of several words go together: each word of the shorter finds its best partner, equal 1,
 * within one edit 0.8, an initial 0.6. */
struct similar_words {
	size_t n_a;
	size_t n_b;
	double found;    /* sum over the words of the shorter */
	bool same_words; /* the same words in another order */
	bool particles;  /* one text has articles or prepositions that the other has not */
	bool initials;   /* some word found only its initial */
};
enum similar_words_of {
	SIMILAR_TEXTS = 0,
	SIMILAR_NAMES, /* "al", "de la", "bin" and their like are left out */
};
struct similar_words similar_compare_words(
	enum similar_words_of what, const struct similar_text *a, const struct similar_text *b);
