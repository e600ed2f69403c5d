/*
 * What is seen of two different values at first glance. Most pairs of values are unlike, the last level of
 * their kind, and a few bytes of each tell that without reading them: letters and lengths of names, counts of
 * digits of phones and documents, the places of dates. A glance never errs: "unlike" is what the whole
 * comparison would say, and what it cannot tell is compared whole. Written without branches, which the
 * processor could not foresee.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/similar.h"
#include "link/table.h"

/* ---- names ---- */

/* n is 0 where lengths and letters tell nothing: too short, too long, or signs that are not letters. */
struct glance_name {
	uint32_t letters;
	uint32_t start; /* the first four bytes, the first lowest */
	uint16_t sounds[SOUND_N_READINGS];
	uint16_t nickname; /* the first of its groups; 0: none */
	uint16_t n;
};

enum { GLANCE_LONGEST = 32, GLANCE_PREFIXES = 5 };

/* The fewest letters that names of two lengths with so long a common beginning must share to be alike. */
struct glance_bounds {
	int8_t least[GLANCE_LONGEST + 1][GLANCE_LONGEST + 1][GLANCE_PREFIXES];
};
void glance_bounds_make(struct glance_bounds *b);

struct glance_name glance_name_of(const struct similar_text *t);

static inline bool glance_sound_alike(const struct glance_name *a, const struct glance_name *b)
{
	return ((a->sounds[0] != 0) & (a->sounds[0] == b->sounds[0])) |
	       ((a->sounds[1] != 0) & (a->sounds[1] == b->sounds[1]));
}

/* As link_is_unlike_name, which it may miss but never contradicts. */
static inline bool glance_names_are_unlike(
	const struct glance_bounds *bounds, const struct glance_name *a, const struct glance_name *b)
{
	struct similar_two_counts only =
		similar_count_bits_of_two(a->letters & ~b->letters, b->letters & ~a->letters);
	int in_a = (int)a->n - (int)only.x;
	int in_b = (int)b->n - (int)only.y;
	uint32_t differ = a->start ^ b->start;
	unsigned prefix = differ ? (unsigned)__builtin_ctz(differ) / 8 : 4;
	return ((in_a < in_b ? in_a : in_b) < bounds->least[a->n][b->n][prefix]) & !glance_sound_alike(a, b) &
	       !((a->nickname != 0) & (b->nickname != 0));
}

/* ---- dates, phones and codes: eight bytes; 0 tells nothing ---- */

/* Whether a kind has such glances. */
static inline bool glance_has_signs(enum link_kind kind)
{
	return kind == LINK_DATE || kind == LINK_PHONE || kind == LINK_CODE;
}
uint64_t glance_signs_of(enum link_kind kind, const char *text, size_t n);

static const uint64_t glance_ones = 0x0101010101010101u;
static const uint64_t glance_highs = 0x8080808080808080u;

/* In each byte: the high bit where the byte is not 0. */
static inline uint64_t glance_not_zero(uint64_t x)
{
	return (((x & ~glance_highs) + ~glance_highs) | x) & glance_highs;
}

/* How many high bits of bytes are set. */
static inline unsigned glance_count_highs(uint64_t highs)
{
	return (unsigned)((highs >> 7) * glance_ones >> 56);
}

/* The eight places of a date, the first lowest; the mark is the high bit of the first. */
enum { GLANCE_YEAR_ONLY = 0x80 };

/* The year as a number, the same distance from the true one for all dates. */
static inline int glance_year(uint64_t date)
{
	uint32_t places = (uint32_t)date & 0x7f7f7f7fu;
	uint32_t tens = (places & 0x00ff00ffu) * 10 + (places >> 8 & 0x00ff00ffu);
	return (int)((tens & 0xffff) * 100 + (tens >> 16));
}

/* Whether more than three edits lie between two dates. Without a place lost and one gained, each place that
 * differs costs one, less one for each swap of neighbours; with them, each place that finds no partner within
 * reach costs one, and what is gained one more. */
static inline bool glance_dates_are_far(uint64_t a, uint64_t b)
{
	uint64_t differs = glance_not_zero(a ^ b);
	uint64_t next = glance_not_zero(a ^ b >> 8);   /* a's place and b's next one */
	uint64_t before = glance_not_zero(a ^ b << 8); /* and the one before */
	uint64_t back = glance_not_zero(a >> 8 ^ b);   /* a's next place and b's */
	uint64_t swaps = ~(next | back) & glance_highs;
	bool many_changes = glance_count_highs(differs) > 3 + glance_count_highs(swaps);
	bool many_alone = glance_count_highs(differs & next & before) >= 3;
	return many_changes & many_alone;
}

static inline bool glance_dates_are_unlike(uint64_t a, uint64_t b)
{
	int apart = glance_year(a) - glance_year(b);
	const uint64_t plain = ~(uint64_t)GLANCE_YEAR_ONLY;
	bool same_day = (a ^ b) >> 32 == 0; /* then the years may differ as they like */
	return (a != 0) & (b != 0) & ((unsigned)(apart + 1) > 2) & !(a & b & GLANCE_YEAR_ONLY) & !same_day &
	       glance_dates_are_far(a & plain, b & plain);
}

/* Counts of signs in fours of bits: how many of a's b has not. */
static inline unsigned glance_surplus(uint64_t a, uint64_t b)
{
	const uint64_t low = 0x0f0f0f0f0f0f0f0fu;
	uint64_t even = ((a & low) | glance_highs) - (b & low);
	uint64_t odd = ((a >> 4 & low) | glance_highs) - (b >> 4 & low);
	uint64_t even_more = (even & glance_highs) - ((even & glance_highs) >> 7);
	uint64_t odd_more = (odd & glance_highs) - ((odd & glance_highs) >> 7);
	return (unsigned)(((even & even_more) + (odd & odd_more)) * glance_ones >> 56);
}

/* A phone's counts of digits, a hash of its last seven places, its length. */
static const uint64_t glance_phone_counts = 0xffffffffffu;
enum { GLANCE_PHONE_END = 40, GLANCE_PHONE_N = 56, GLANCE_PHONE_SUFFIX = 7, GLANCE_FAR = 3 };

static inline bool glance_phones_are_unlike(uint64_t a, uint64_t b)
{
	uint64_t n_a = a >> GLANCE_PHONE_N;
	uint64_t n_b = b >> GLANCE_PHONE_N;
	uint64_t shorter = n_a < n_b ? a : b;
	uint64_t longer = n_a < n_b ? b : a;
	/* of a longer one the last places alone may be like: what it has more says nothing then */
	bool whole = n_a == n_b || (shorter >> GLANCE_PHONE_N) < GLANCE_PHONE_SUFFIX;
	unsigned missed = glance_surplus(shorter & glance_phone_counts, longer & glance_phone_counts);
	unsigned more = glance_surplus(longer & glance_phone_counts, shorter & glance_phone_counts);
	return (a != 0) & (b != 0) & (((a ^ b) >> GLANCE_PHONE_END & 0xffff) != 0) &
	       ((missed >= GLANCE_FAR) | (whole & (more >= GLANCE_FAR)));
}

/* A code's counts of signs, those that are misread for each other being one, and its first two bytes. */
static const uint64_t glance_code_counts = 0xffffffffffffu;
enum { GLANCE_CODE_START = 48 };

static inline bool glance_codes_are_unlike(uint64_t a, uint64_t b)
{
	uint64_t x = a & glance_code_counts;
	uint64_t y = b & glance_code_counts;
	unsigned missed = glance_surplus(x, y);
	unsigned more = glance_surplus(y, x);
	return (a != 0) & (b != 0) & ((a ^ b) >> GLANCE_CODE_START != 0) &
	       ((missed >= GLANCE_FAR) | (more >= GLANCE_FAR));
}
