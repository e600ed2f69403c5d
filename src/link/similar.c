#include "link/similar.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { MAX_WORDS = 16 };

static const double prefix_scale = 0.1;
static const size_t prefix_longest = 4;

static size_t cut(size_t n)
{
	return n < SIMILAR_MAX ? n : SIMILAR_MAX;
}

static unsigned letter_bit(char c)
{
	unsigned char u = (unsigned char)c;
	if (u >= 'a' && u <= 'z')
		return u - 'a';
	return u >= '0' && u <= '9' ? 16u + (u - '0') : 31; /* digits share bits with rare letters */
}

uint32_t similar_letters(const char *text, size_t n)
{
	uint32_t letters = 0;
	n = cut(n);
	for (size_t i = 0; i < n; i++)
		letters |= (uint32_t)1 << letter_bit(text[i]);
	return letters;
}

void similar_order(const struct similar_text **a, const struct similar_text **b)
{
	const struct similar_text *x = *a;
	const struct similar_text *y = *b;
	if (x->n < y->n || (x->n == y->n && memcmp(x->text, y->text, x->n) <= 0))
		return;
	*a = y;
	*b = x;
}

/* ---- Jaro-Winkler ---- */

static size_t common_prefix(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t n = n_a < n_b ? n_a : n_b;
	size_t i = 0;
	n = n < prefix_longest ? n : prefix_longest;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static double winkler(double jaro, size_t prefix)
{
	return jaro + (double)prefix * prefix_scale * (1 - jaro);
}

double similar_bound_of(size_t in_common, size_t n_a, size_t n_b, size_t prefix)
{
	double m = (double)in_common;
	return winkler((m / (double)n_a + m / (double)n_b + 1) / 3, prefix);
}

double similar_jaro_winkler_bound(const struct similar_text *a, const struct similar_text *b)
{
	size_t n_a = cut(a->n);
	size_t n_b = cut(b->n);
	/* a letter that the other text has not is no match */
	size_t in_a = n_a - similar_count_bits(a->letters & ~b->letters);
	size_t in_b = n_b - similar_count_bits(b->letters & ~a->letters);
	size_t m = in_a < in_b ? in_a : in_b;
	return m ? similar_bound_of(m, n_a, n_b, common_prefix(a->text, n_a, b->text, n_b)) : 0;
}

/* Bits of b within reach of place i of a. */
static uint64_t within_reach(size_t i, size_t reach, size_t n_b)
{
	size_t low = i > reach ? i - reach : 0;
	size_t high = i + reach + 1 < n_b ? i + reach + 1 : n_b;
	if (low >= high)
		return 0;
	uint64_t below_high = high == 64 ? UINT64_MAX : ((uint64_t)1 << high) - 1;
	return below_high & ~(((uint64_t)1 << low) - 1);
}

/* A text at hand for finding a letter's places: sixteen at a time where the machine can. */
#ifdef __SSE2__
struct block {
	__m128i parts[SIMILAR_MAX / 16];
	uint64_t inside; /* a bit for each place */
	size_t n_parts;
};

static inline void load(const struct similar_text *t, size_t n, struct block *b)
{
	b->inside = n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
	b->n_parts = (n + 15) / 16;
	for (size_t i = 0; i < b->n_parts; i++) {
		if (i * 16 + 16 <= t->n || t->padded) {
			b->parts[i] = _mm_loadu_si128((const void *)(t->text + i * 16));
			continue;
		}
		char rest[16] = {0};
		memcpy(rest, t->text + i * 16, n - i * 16);
		b->parts[i] = _mm_loadu_si128((const void *)rest);
	}
}

static inline uint64_t places_of(char c, const struct block *b)
{
	const __m128i wanted = _mm_set1_epi8(c);
	uint64_t places = 0;
	for (size_t i = 0; i < b->n_parts; i++)
		places |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(b->parts[i], wanted))
			  << i * 16;
	return places & b->inside;
}
#else
struct block {
	const char *text;
	size_t n;
};

static inline void load(const struct similar_text *t, size_t n, struct block *b)
{
	b->text = t->text;
	b->n = n;
}

static inline uint64_t places_of(char c, const struct block *b)
{
	uint64_t places = 0;
	for (size_t i = 0; i < b->n; i++)
		places |= (uint64_t)(b->text[i] == c) << i;
	return places;
}
#endif

double similar_jaro_winkler(const struct similar_text *x, const struct similar_text *y)
{
	size_t n_a = cut(x->n);
	size_t n_b = cut(y->n);
	size_t longer = n_a > n_b ? n_a : n_b;
	size_t reach = longer / 2 > 0 ? longer / 2 - 1 : 0;
	uint64_t taken_a = 0;
	uint64_t taken_b = 0;
	struct block b_block;
	load(y, n_b, &b_block);
	for (size_t i = 0; i < n_a; i++) {
		uint64_t free_places =
			places_of(x->text[i], &b_block) & within_reach(i, reach, n_b) & ~taken_b;
		taken_a |= (uint64_t)(free_places != 0) << i;
		taken_b |= free_places & -free_places;
	}
	size_t m = similar_count_bits((uint32_t)taken_a) + similar_count_bits((uint32_t)(taken_a >> 32));
	if (m == 0)
		return 0;
	size_t out_of_order = 0;
	for (uint64_t a = taken_a, b = taken_b; a; a &= a - 1, b &= b - 1)
		out_of_order += x->text[__builtin_ctzll(a)] != y->text[__builtin_ctzll(b)];
	double d = (double)m;
	size_t transposed = out_of_order / 2;
	double jaro = (d / (double)n_a + d / (double)n_b + (d - (double)transposed) / d) / 3;
	return winkler(jaro, common_prefix(x->text, n_a, y->text, n_b));
}

/* ---- edits ---- */

/* One column of Hyyroe's bit vectors: places of the first text whose difference to the one above is plus or
 * minus one. */
struct column {
	uint64_t plus;
	uint64_t minus;
	uint64_t zero;
	uint64_t match;
	uint64_t last; /* the place of the last letter */
	unsigned edits;
};

static inline struct column first_column(size_t n)
{
	uint64_t last = (uint64_t)1 << (n - 1);
	return (struct column){.plus = last | (last - 1), .last = last, .edits = (unsigned)n};
}

static inline void next_column(struct column *c, uint64_t match)
{
	uint64_t swap = ((~c->zero & match) << 1) & c->match;
	uint64_t zero = (((match & c->plus) + c->plus) ^ c->plus) | match | c->minus | swap;
	uint64_t up = c->minus | ~(zero | c->plus);
	uint64_t down = zero & c->plus;
	c->edits += (up & c->last) != 0;
	c->edits -= (down & c->last) != 0;
	up = up << 1 | 1;
	down <<= 1;
	c->plus = down | ~(zero | up);
	c->minus = zero & up;
	c->zero = zero;
	c->match = match;
}

/* The distance is the same both ways; fewer columns are faster. */
unsigned similar_edits_restricted(const struct similar_text *x, const struct similar_text *y)
{
	const struct similar_text *longer = x->n < y->n ? y : x;
	const struct similar_text *shorter = x->n < y->n ? x : y;
	size_t n = cut(longer->n);
	size_t m = cut(shorter->n);
	if (m == 0)
		return (unsigned)n;
	struct column c = first_column(n);
	struct block block;
	load(longer, n, &block);
	for (size_t j = 0; j < m; j++)
		next_column(&c, places_of(shorter->text[j], &block));
	return c.edits;
}

/* The table of Lowrance and Wagner: row i and column j stand one further than in the text, behind a border
 * that no way crosses. */
static unsigned edits_by_table(const char *a, size_t n, const char *b, size_t m)
{
	uint8_t d[SIMILAR_MAX + 2][SIMILAR_MAX + 2];
	uint8_t row_of[256] = {0}; /* where a letter stood last in a, from 1 */
	const uint8_t far = (uint8_t)(n + m);
	memset(d[0], far, m + 2);
	for (size_t j = 0; j <= m; j++)
		d[1][j + 1] = (uint8_t)j;
	d[1][0] = far;
	for (size_t i = 1; i <= n; i++) {
		size_t column = 0; /* where a's letter stood last in b, from 1 */
		d[i + 1][0] = far;
		d[i + 1][1] = (uint8_t)i;
		for (size_t j = 1; j <= m; j++) {
			size_t row = row_of[(unsigned char)b[j - 1]];
			bool same = a[i - 1] == b[j - 1];
			unsigned best = d[i][j] + !same;
			unsigned one_more = (d[i + 1][j] < d[i][j + 1] ? d[i + 1][j] : d[i][j + 1]) + 1u;
			unsigned swapped =
				d[row][column] + (unsigned)(i - row - 1) + 1 + (unsigned)(j - column - 1);
			best = one_more < best ? one_more : best;
			best = swapped < best ? swapped : best;
			column = same ? j : column;
			d[i + 1][j + 1] = (uint8_t)best;
		}
		row_of[(unsigned char)a[i - 1]] = (uint8_t)i;
	}
	return d[n + 1][m + 1];
}

unsigned similar_edits(const struct similar_text *a, const struct similar_text *b)
{
	unsigned edits = similar_edits_restricted(a, b);
	return edits <= 2 ? edits : edits_by_table(a->text, cut(a->n), b->text, cut(b->n));
}

/* Letters that only one of the texts has: each needs an edit, and a change mends two. */
static bool edits_may_be(const struct similar_text *a, const struct similar_text *b, unsigned most)
{
	unsigned only_a = similar_count_bits(a->letters & ~b->letters);
	unsigned only_b = similar_count_bits(b->letters & ~a->letters);
	size_t apart = a->n < b->n ? b->n - a->n : a->n - b->n;
	return only_a <= most && only_b <= most && apart <= most;
}

/* How many bytes both begin with. */
static size_t common_beginning(const char *a, const char *b, size_t n)
{
	size_t i = 0;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

/* 0, 1, or 2 where it is more: what differs between the common beginning and end tells. The texts are not of
 * the same number of bytes, or a is the shorter. */
static unsigned edits_to_one(const char *a, size_t n, const char *b, size_t m)
{
	size_t begin = common_beginning(a, b, n);
	if (begin == n)
		return m - n < 2 ? (unsigned)(m - n) : 2;
	if (m == n + 1)
		return memcmp(a + begin, b + begin + 1, n - begin) == 0 ? 1 : 2;
	if (m != n)
		return 2;
	size_t left = n - begin - 1;
	if (memcmp(a + begin + 1, b + begin + 1, left) == 0)
		return 1;
	bool swapped = a[begin] == b[begin + 1] && a[begin + 1] == b[begin];
	return swapped && memcmp(a + begin + 2, b + begin + 2, left - 1) == 0 ? 1 : 2;
}

static unsigned up_to_one(const struct similar_text *x, const struct similar_text *y)
{
	const struct similar_text *longer = x->n < y->n ? y : x;
	const struct similar_text *shorter = x->n < y->n ? x : y;
	return edits_to_one(shorter->text, cut(shorter->n), longer->text, cut(longer->n));
}

/* Two neighbours swapped around one letter that came between them or was lost there ("ca" and "abc"): two
 * edits, for which the restricted distance says three. */
static bool swapped_around_one(const struct similar_text *x, const struct similar_text *y)
{
	const struct similar_text *longer = x->n < y->n ? y : x;
	const struct similar_text *shorter = x->n < y->n ? x : y;
	size_t n = cut(shorter->n);
	const char *a = shorter->text;
	const char *b = longer->text;
	if (cut(longer->n) != n + 1)
		return false;
	size_t i = common_beginning(a, b, n);
	return i + 1 < n && a[i] == b[i + 2] && a[i + 1] == b[i] &&
	       memcmp(a + i + 2, b + i + 3, n - i - 2) == 0;
}

unsigned similar_edits_up_to(const struct similar_text *a, const struct similar_text *b, unsigned most)
{
	if (!edits_may_be(a, b, most))
		return most + 1;
	if (most == 1)
		return up_to_one(a, b);
	/* a swap around other edits costs two or more, and the restricted distance takes one more for it */
	unsigned edits = similar_edits_restricted(a, b);
	if (edits <= 2 || 2 * edits > 3 * most)
		return edits;
	return most > 2 ? similar_edits(a, b) : swapped_around_one(a, b) ? 2 : 3;
}

bool similar_without_blanks(const struct similar_text *a, const struct similar_text *b)
{
	size_t i = 0;
	size_t j = 0;
	for (;;) {
		i += i < a->n && a->text[i] == ' ';
		j += j < b->n && b->text[j] == ' ';
		if (i == a->n || j == b->n)
			return i == a->n && j == b->n;
		if (a->text[i++] != b->text[j++])
			return false;
	}
}

/* ---- words ---- */

struct word {
	const char *text;
	size_t n;
};

static size_t split(const struct similar_text *t, struct word words[MAX_WORDS])
{
	size_t m = 0;
	for (size_t i = 0; i < t->n && m < MAX_WORDS;) {
		const char *blank = memchr(t->text + i, ' ', t->n - i);
		size_t n = blank ? (size_t)(blank - t->text) - i : t->n - i;
		if (n)
			words[m++] = (struct word){t->text + i, n};
		i += n + 1;
	}
	return m;
}

/* Articles and prepositions that some registers write and others leave out. */
static bool is_particle(const struct word *word)
{
	/* not "le", "la", "do", "ben": those are names, too */
	static const char particles[][8] = {"al", "el", "ul", "de", "del", "della", "di", "da", "das", "dos",
		"du", "des", "las", "los", "van", "von", "der", "den", "bin", "bint", "ibn", "ould", "of",
		"the"};
	char wanted[8] = "";
	if (word->n < 2 || word->n > 5)
		return false;
	memcpy(wanted, word->text, word->n);
	for (size_t i = 0; i < sizeof particles / sizeof *particles; i++)
		if (memcmp(wanted, particles[i], sizeof wanted) == 0)
			return true;
	return false;
}

/* As long as another word remains. */
static size_t drop_particles(struct word words[MAX_WORDS], size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (!is_particle(&words[i]))
			words[kept++] = words[i];
	return kept ? kept : n;
}

static double like(const struct word *a, const struct word *b)
{
	static const double one_edit = 0.8;
	static const double initial = 0.6;
	if (a->n == b->n && memcmp(a->text, b->text, a->n) == 0)
		return 1;
	if ((a->n == 1 || b->n == 1) && a->text[0] == b->text[0])
		return initial;
	const struct word *shorter = a->n < b->n ? a : b;
	const struct word *longer = a->n < b->n ? b : a;
	if (shorter->n < 4 || longer->n - shorter->n > 1)
		return 0;
	return edits_to_one(shorter->text, cut(shorter->n), longer->text, cut(longer->n)) <= 1 ? one_edit : 0;
}

struct similar_words similar_compare_words(
	enum similar_words_of what, const struct similar_text *x, const struct similar_text *y)
{
	struct word a[MAX_WORDS];
	struct word b[MAX_WORDS];
	size_t n_a = split(x, a);
	size_t n_b = split(y, b);
	size_t dropped_a = n_a;
	size_t dropped_b = n_b;
	if (what == SIMILAR_NAMES) {
		n_a = drop_particles(a, n_a);
		n_b = drop_particles(b, n_b);
	}
	dropped_a -= n_a;
	dropped_b -= n_b;
	struct similar_words w = {
		.n_a = n_a, .n_b = n_b, .same_words = n_a == n_b, .particles = dropped_a != dropped_b};
	const struct word *few = n_a <= n_b ? a : b;
	const struct word *many = n_a <= n_b ? b : a;
	size_t n_few = n_a <= n_b ? n_a : n_b;
	size_t n_many = n_a <= n_b ? n_b : n_a;
	uint32_t taken = 0;
	for (size_t i = 0; i < n_few; i++) {
		double best = 0;
		size_t partner = 0;
		for (size_t j = 0; j < n_many; j++) {
			double l = taken >> j & 1 ? 0 : like(&few[i], &many[j]);
			if (l > best) {
				best = l;
				partner = j;
			}
		}
		taken |= (uint32_t)(best > 0) << partner;
		w.found += best;
		w.same_words &= best == 1;
		w.initials |= best > 0 && (few[i].n == 1 || many[partner].n == 1);
	}
	return w;
}
