/*
 * Transforms: what of a field goes into a match key. Each is tolerant of another kind of error; a key joins a
 * few.
 *
 *   names (given_name, family_name, city, ...)
 *     sound      the sound code (match/phonetic.h): vowels, voicing, spelling and transliteration do not
 * matter soundN     the first N sounds: what comes after them does not matter either firstN lastN   the
 * first, last N letters, run together; the whole name when it is shorter exact      the text as normalised
 *     words      its words in alphabetical order
 *   birth_date
 *     ymd ym yd md y   year, month, day; where a transform has both month and day their order does not matter
 *   phone, document, email, postcode, ...
 *     endA-B startA-B  places A to B (from 1) counted from the end or the start; nothing when there are fewer
 *     firstN lastN exact
 *     deletions  the value and all that is left when one place of it is taken out: two values within one edit
 *                (a place changed, lost, added, or two neighbours swapped) share one. Many values, many
 * slots.
 *
 * The source "names" is given and family name together, without regard to which is which: swapped names
 * agree. A full name serves as given name (its first word) and family name (its last) where a list has only
 * that.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "model/person.h"

enum match_transform {
	MATCH_EXACT = 0,
	MATCH_SOUND,
	MATCH_FIRST,
	MATCH_LAST,
	MATCH_START,
	MATCH_END,
	MATCH_WORDS,
	MATCH_DELETIONS,
	MATCH_YMD,
	MATCH_YM,
	MATCH_YD,
	MATCH_MD,
	MATCH_Y,
	MATCH_N_TRANSFORMS
};

/* Sources are the fields of a person, and one more. */
enum { MATCH_SOURCE_NAMES = PERSON_N_FIELDS, MATCH_PART_MAX_LENGTH = 40, MATCH_VALUE_MAX = 160 };

/* a, b: the numbers of soundN, firstN, lastN (a; 0: all), startA-B and endA-B. */
struct match_part {
	uint8_t source;
	uint8_t transform;
	uint8_t a;
	uint8_t b;
};

/* Reads "field.transform". On failure *ret_problem is what is wrong, to stand behind "'...' ". */
int match_part_parse(const char *text, size_t n, struct match_part *ret, const char **ret_problem)
	CF_MUST_USE;
int match_part_format(const struct match_part *p, struct buffer *out) CF_MUST_USE;
bool match_part_equal(const struct match_part *a, const struct match_part *b);
/* Whether a list with these fields (a bit set) can have values for the part. */
bool match_part_available(const struct match_part *p, uint32_t fields);

/* Texts in an arena, without doubles, in the order of their first coming. */
struct match_texts {
	struct arena *arena;
	const char **texts;
	size_t n;
	size_t capacity;
};
/* False when out of memory. */
bool match_texts_add(struct match_texts *t, const char *text, size_t n) CF_MUST_USE;

/* Appends the part's values for a person, each cut to MATCH_VALUE_MAX bytes; none when what it needs is
 * missing or unreadable. */
int match_part_apply(const struct match_part *p, const struct person *person, struct match_texts *out)
	CF_MUST_USE;
