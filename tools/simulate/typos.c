#include "typos.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

struct confusion {
	const char *from;
	const char *to;
};

/* clang-format off */
static const struct confusion copying[] = {
	{"rn", "m"}, {"m", "rn"}, {"cl", "d"}, {"d", "cl"}, {"vv", "w"}, {"w", "vv"}, {"n", "u"}, {"u", "n"},
	{"a", "o"}, {"o", "a"}, {"e", "c"}, {"c", "e"}, {"i", "l"}, {"l", "i"}, {"h", "b"}, {"b", "h"},
	{"g", "q"}, {"t", "f"}, {"f", "t"}, {"y", "v"}, {"v", "y"}, {"r", "v"}, {"s", "z"}, {"k", "h"},
};
static const struct confusion hearing[] = {
	{"ph", "f"}, {"f", "ph"}, {"ck", "k"}, {"c", "k"}, {"k", "c"}, {"th", "t"}, {"sch", "sh"}, {"tch", "ch"},
	{"w", "v"}, {"v", "w"}, {"y", "i"}, {"i", "y"}, {"z", "s"}, {"s", "z"}, {"b", "p"}, {"p", "b"},
	{"d", "t"}, {"t", "d"}, {"g", "k"}, {"ou", "u"}, {"ee", "i"}, {"ei", "ai"}, {"ai", "ei"}, {"m", "n"},
	{"n", "m"}, {"kh", "h"}, {"ll", "l"}, {"ss", "s"}, {"nn", "n"}, {"e", "i"}, {"o", "u"},
};
static const char *const keyboard_rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm"};
/* clang-format on */

enum { MAX_PLACES = 256 };

static bool is_letter(char c)
{
	return (unsigned char)c < 0x80 && isalpha((unsigned char)c);
}

/* Replaces n_from bytes at a place by to, keeping a capital. */
static void replace(char *text, size_t n_bytes, size_t at, size_t n_from, const char *to)
{
	size_t n_text = strlen(text);
	size_t n_to = strlen(to);
	if (n_text - n_from + n_to >= n_bytes)
		return;
	bool capital = isupper((unsigned char)text[at]);
	memmove(text + at + n_to, text + at + n_from, n_text - at - n_from + 1);
	memcpy(text + at, to, n_to); /* NOLINT(bugprone-not-null-terminated-result): the rest moved along */
	if (capital && n_to)
		text[at] = (char)toupper((unsigned char)text[at]);
}

static bool matches(const char *text, const char *small)
{
	for (; *small; text++, small++)
		if (tolower((unsigned char)*text) != *small)
			return false;
	return true;
}

/* One of all places where the table has something to confuse; false when there is none. */
static bool confuse(
	struct random_stream *r, const struct confusion *table, size_t n, char *text, size_t n_bytes)
{
	struct {
		uint16_t at;
		uint16_t entry;
	} places[MAX_PLACES];
	size_t n_places = 0;
	for (size_t at = 0; text[at]; at++)
		for (size_t i = 0; i < n && n_places < MAX_PLACES; i++)
			if (matches(text + at, table[i].from)) {
				places[n_places].at = (uint16_t)at;
				places[n_places++].entry = (uint16_t)i;
			}
	if (n_places == 0)
		return false;
	size_t chosen = random_below(r, n_places);
	const struct confusion *c = &table[places[chosen].entry];
	replace(text, n_bytes, places[chosen].at, strlen(c->from), c->to);
	return true;
}

/* A key left or right of this one. */
static char beside(struct random_stream *r, char letter)
{
	char small = (char)tolower((unsigned char)letter);
	for (size_t i = 0; i < sizeof keyboard_rows / sizeof *keyboard_rows; i++) {
		const char *row = keyboard_rows[i];
		const char *key = strchr(row, small);
		if (!key)
			continue;
		bool right = key == row || (key[1] && random_below(r, 2));
		return right ? key[1] : key[-1];
	}
	return small;
}

static void press_wrong(struct random_stream *r, char *text, size_t n_bytes, size_t at)
{
	char other[2] = {beside(r, text[at]), '\0'};
	char twice[3] = {
		(char)tolower((unsigned char)text[at]), (char)tolower((unsigned char)text[at]), '\0'};
	switch (random_below(r, 4)) {
	case 0:
		replace(text, n_bytes, at, 1, other);
		break;
	case 1:
		replace(text, n_bytes, at, 1, "");
		break;
	case 2:
		replace(text, n_bytes, at, 1, twice);
		break;
	default:
		if (is_letter(text[at + 1])) {
			char next[3] = {(char)tolower((unsigned char)text[at + 1]),
				(char)tolower((unsigned char)text[at]), '\0'};
			replace(text, n_bytes, at, 2, next);
		} else {
			replace(text, n_bytes, at, 1, other);
		}
	}
}

void typo_make(struct random_stream *r, enum typo_kind kind, char *text, size_t n_bytes)
{
	uint16_t letters[MAX_PLACES];
	size_t n_letters = 0;
	for (size_t at = 0; text[at] && n_letters < MAX_PLACES; at++)
		if (is_letter(text[at]))
			letters[n_letters++] = (uint16_t)at;
	if (n_letters < 3)
		return;
	if (kind == TYPO_COPYING && confuse(r, copying, sizeof copying / sizeof *copying, text, n_bytes))
		return;
	if (kind == TYPO_HEARING && confuse(r, hearing, sizeof hearing / sizeof *hearing, text, n_bytes))
		return;
	press_wrong(r, text, n_bytes, letters[random_below(r, n_letters)]);
}

void typo_digit(struct random_stream *r, char *text)
{
	size_t digits[MAX_PLACES];
	size_t n = 0;
	for (size_t at = 0; text[at] && n < MAX_PLACES; at++)
		if (isdigit((unsigned char)text[at]))
			digits[n++] = at;
	if (n == 0)
		return;
	char *digit = &text[digits[random_below(r, n)]];
	*digit = (char)('0' + (*digit - '0' + 1 + (int)random_below(r, 9)) % 10);
}
