#include "link/glance.h"

#include <string.h>

#include "link/levels.h"
#include "link/names.h"

/* ---- names ---- */

void glance_bounds_make(struct glance_bounds *b)
{
	for (size_t n_a = 0; n_a <= GLANCE_LONGEST; n_a++)
		for (size_t n_b = 0; n_b <= GLANCE_LONGEST; n_b++)
			for (size_t prefix = 0; prefix < GLANCE_PREFIXES; prefix++)
				b->least[n_a][n_b][prefix] =
					n_a && n_b ? (int8_t)link_least_common(n_a, n_b, prefix) : INT8_MIN;
}

struct glance_name glance_name_of(const struct similar_text *t)
{
	struct glance_name g = {.letters = t->letters,
		.sounds = {t->sounds[0], t->sounds[1]},
		.nickname = t->nicknames ? t->nicknames[0] : 0};
	for (size_t i = 0; i < t->n && i < sizeof g.start; i++)
		g.start |= (uint32_t)(unsigned char)t->text[i] << 8 * i;
	if (!(t->letters & SIMILAR_OTHERS) && t->n >= 2 && t->n <= GLANCE_LONGEST)
		g.n = (uint16_t)t->n;
	return g;
}

/* ---- signs ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t date_of(const char *text, size_t n)
{
	uint64_t places = 0;
	if (n != 8)
		return 0;
	for (size_t i = 0; i < 8; i++) {
		if (!is_digit(text[i]) && text[i] != '?')
			return 0;
		places |= (uint64_t)(unsigned char)text[i] << 8 * i;
	}
	return places | (link_is_year_only(text) ? GLANCE_YEAR_ONLY : 0);
}

/* Counts stop at 15, which makes none of their differences larger. */
static uint64_t count_in(uint64_t counts, unsigned at)
{
	uint64_t one = (uint64_t)1 << 4 * at;
	return (counts >> 4 * at & 15) == 15 ? counts : counts + one;
}

static uint64_t phone_of(const char *text, size_t n)
{
	uint64_t counts = 0;
	uint32_t end = 2166136261u;
	if (n == 0 || n > SIMILAR_MAX)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (is_digit(text[i]))
			counts = count_in(counts, (unsigned)(text[i] - '0'));
	for (size_t i = n < GLANCE_PHONE_SUFFIX ? 0 : n - GLANCE_PHONE_SUFFIX; i < n; i++)
		end = (end ^ (unsigned char)text[i]) * 16777619u;
	return counts | (uint64_t)((end ^ end >> 16) & 0xffff) << GLANCE_PHONE_END |
	       (uint64_t)n << GLANCE_PHONE_N;
}

static uint64_t code_of(const char *text, size_t n)
{
	static const unsigned n_digits = 10;
	uint64_t counts = 0;
	if (n < 2 || n > SIMILAR_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		char sign = link_sign_of(text[i]);
		counts = count_in(counts,
			is_digit(sign) ? (unsigned)(sign - '0') : n_digits + ((unsigned char)sign & 1));
	}
	return counts | (uint64_t)(unsigned char)text[0] << GLANCE_CODE_START |
	       (uint64_t)(unsigned char)text[1] << (GLANCE_CODE_START + 8);
}

uint64_t glance_signs_of(enum link_kind kind, const char *text, size_t n)
{
	switch (kind) {
	case LINK_DATE:
		return date_of(text, n);
	case LINK_PHONE:
		return phone_of(text, n);
	case LINK_CODE:
		return code_of(text, n);
	case LINK_NAME:
	case LINK_TEXT:
	case LINK_EMAIL:
	case LINK_NUMBER:
	case LINK_CHOICE:
	case LINK_N_KINDS:
		break;
	}
	return 0;
}
