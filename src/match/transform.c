#include "match/transform.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "match/phonetic.h"

/* What kinds of text a transform makes sense for. */
enum { ON_NAME = 1, ON_CODE = 2, ON_DATE = 4 };
/* What numbers stand behind its word. */
enum numbers { NO_NUMBER, MAY_NUMBER, ONE_NUMBER, A_RANGE };

static const struct form {
	const char *word;
	enum numbers numbers;
	int on;
} forms[MATCH_N_TRANSFORMS] = {
	[MATCH_EXACT] = {"exact", NO_NUMBER, ON_NAME | ON_CODE},
	[MATCH_SOUND] = {"sound", MAY_NUMBER, ON_NAME},
	[MATCH_FIRST] = {"first", ONE_NUMBER, ON_NAME | ON_CODE},
	[MATCH_LAST] = {"last", ONE_NUMBER, ON_NAME | ON_CODE},
	[MATCH_START] = {"start", A_RANGE, ON_CODE},
	[MATCH_END] = {"end", A_RANGE, ON_CODE},
	[MATCH_WORDS] = {"words", NO_NUMBER, ON_NAME},
	[MATCH_DELETIONS] = {"deletions", NO_NUMBER, ON_CODE | ON_DATE},
	[MATCH_YMD] = {"ymd", NO_NUMBER, ON_DATE},
	[MATCH_YM] = {"ym", NO_NUMBER, ON_DATE},
	[MATCH_YD] = {"yd", NO_NUMBER, ON_DATE},
	[MATCH_MD] = {"md", NO_NUMBER, ON_DATE},
	[MATCH_Y] = {"y", NO_NUMBER, ON_DATE},
};

static int kind_of_source(int source)
{
	switch (source) {
	case PERSON_BIRTH_DATE:
		return ON_DATE;
	case PERSON_PHONE:
	case PERSON_DOCUMENT:
	case PERSON_EMAIL:
	case PERSON_POSTCODE:
		return ON_CODE;
	default:
		return ON_NAME;
	}
}

static int source_from_name(const char *text, size_t n)
{
	if (n == 5 && memcmp(text, "names", 5) == 0)
		return MATCH_SOURCE_NAMES;
	for (int f = 0; f < PERSON_N_FIELDS; f++) {
		const char *name = person_field_name((enum person_field)f);
		if (strlen(name) == n && memcmp(name, text, n) == 0)
			return f;
	}
	return -1;
}

static const char *source_name(int source)
{
	return source == MATCH_SOURCE_NAMES ? "names" : person_field_name((enum person_field)source);
}

/* ---- reading and writing ---- */

/* One or two digits without leading zero; advances *at. */
static bool take_number(const char **at, const char *end, uint8_t *ret)
{
	unsigned value = 0;
	const char *s = *at;
	while (s < end && isdigit((unsigned char)*s) && s - *at < 2)
		value = value * 10 + (unsigned)(*s++ - '0');
	if (s == *at || **at == '0' || value > MATCH_PART_MAX_LENGTH)
		return false;
	*at = s;
	*ret = (uint8_t)value;
	return true;
}

static bool take_numbers(enum numbers numbers, const char *at, const char *end, struct match_part *part)
{
	switch (numbers) {
	case NO_NUMBER:
		break;
	case MAY_NUMBER:
		if (at < end && !take_number(&at, end, &part->a))
			return false;
		break;
	case ONE_NUMBER:
		if (!take_number(&at, end, &part->a))
			return false;
		break;
	case A_RANGE:
		if (!take_number(&at, end, &part->a) || at >= end || *at++ != '-' ||
			!take_number(&at, end, &part->b) || part->b < part->a)
			return false;
		break;
	}
	return at == end;
}

int match_part_parse(const char *text, size_t n, struct match_part *ret, const char **ret_problem)
{
	const char *dot = memchr(text, '.', n);
	const char *end = text + n;
	int source = dot ? source_from_name(text, (size_t)(dot - text)) : -1;
	if (source < 0) {
		*ret_problem =
			dot ? "begins with no field that there is: given_name, family_name, full_name, "
			      "names, "
			      "birth_date, sex, phone, document, email, street, city, postcode, region, "
			      "citizenship"
			    : "should be a field and a transform, such as family_name.sound3";
		return CF_E_INPUT;
	}
	const char *word = dot + 1;
	const char *word_end = word;
	while (word_end < end && *word_end >= 'a' && *word_end <= 'z')
		word_end++;
	for (int t = 0; t < MATCH_N_TRANSFORMS; t++) {
		struct match_part part = {.source = (uint8_t)source, .transform = (uint8_t)t};
		size_t length = strlen(forms[t].word);
		if (length != (size_t)(word_end - word) || memcmp(forms[t].word, word, length) != 0)
			continue;
		if (!(forms[t].on & kind_of_source(source))) {
			*ret_problem =
				"has a transform that does not fit its field: names take sound, first, last, "
				"exact and words; birth_date ymd, ym, yd, md, y and deletions; phones, "
				"documents and codes exact, first, last, start, end and deletions";
			return CF_E_INPUT;
		}
		if (!take_numbers(forms[t].numbers, word_end, end, &part)) {
			*ret_problem =
				"has a wrong number: write sound or sound2, first3, last4, start1-4, end5-8 "
				"(places from 1 to 40), and no number behind the others";
			return CF_E_INPUT;
		}
		*ret = part;
		return 0;
	}
	*ret_problem = "has no transform that there is: sound, first, last, exact, words, start, end, "
		       "deletions, ymd, "
		       "ym, yd, md, y";
	return CF_E_INPUT;
}

int match_part_format(const struct match_part *p, struct buffer *out)
{
	const struct form *f = &forms[p->transform];
	TRY(buffer_printf(out, "%s.%s", source_name(p->source), f->word));
	if (f->numbers == A_RANGE)
		return buffer_printf(out, "%u-%u", p->a, p->b);
	return p->a ? buffer_printf(out, "%u", p->a) : 0;
}

bool match_part_equal(const struct match_part *a, const struct match_part *b)
{
	return a->source == b->source && a->transform == b->transform && a->a == b->a && a->b == b->b;
}

bool match_part_available(const struct match_part *p, uint32_t fields)
{
	const bool full = fields >> PERSON_FULL_NAME & 1;
	const bool given = fields >> PERSON_GIVEN_NAME & 1;
	const bool family = fields >> PERSON_FAMILY_NAME & 1;
	switch (p->source) {
	case MATCH_SOURCE_NAMES:
		return full || (given && family);
	case PERSON_GIVEN_NAME:
		return full || given;
	case PERSON_FAMILY_NAME:
		return full || family;
	default:
		return fields >> p->source & 1;
	}
}

/* ---- texts ---- */

bool match_texts_add(struct match_texts *t, const char *text, size_t n)
{
	for (size_t i = 0; i < t->n; i++)
		if (strlen(t->texts[i]) == n && memcmp(t->texts[i], text, n) == 0)
			return true;
	if (t->n == t->capacity) {
		size_t capacity = t->capacity ? t->capacity * 2 : 8;
		const char **grown = arena_alloc(t->arena, capacity, sizeof *grown);
		if (!grown)
			return false;
		if (t->n)
			memcpy(grown, t->texts, t->n * sizeof *grown);
		t->texts = grown;
		t->capacity = capacity;
	}
	char *copy = arena_strndup(t->arena, text, n);
	if (!copy)
		return false;
	t->texts[t->n++] = copy;
	return true;
}

static int add(struct match_texts *t, const char *text, size_t n)
{
	return match_texts_add(t, text, n < MATCH_VALUE_MAX ? n : MATCH_VALUE_MAX) ? 0 : CF_E_MEMORY;
}

/* ---- names and codes ---- */

/* The first, or last, length letters; all when there are fewer or length is 0. */
static int add_cut(const char *text, size_t n, bool from_end, size_t length, struct match_texts *out)
{
	if (!length || length > n)
		length = n;
	return length ? add(out, from_end ? text + n - length : text, length) : 0;
}

static int add_sorted_words(const char *text, struct match_texts *out)
{
	enum { MAX_WORDS = 16 };
	struct word {
		const char *s;
		size_t n;
	} words[MAX_WORDS];
	size_t n = 0;
	for (const char *s = text; *s && n < MAX_WORDS;) {
		size_t length = strcspn(s, " ");
		size_t i = n;
		struct word w = {s, length};
		/* keep sorted: bytes, then length */
		for (; i > 0; i--) {
			size_t common = w.n < words[i - 1].n ? w.n : words[i - 1].n;
			int order = memcmp(w.s, words[i - 1].s, common);
			if (order > 0 || (order == 0 && w.n >= words[i - 1].n))
				break;
			words[i] = words[i - 1];
		}
		words[i] = w;
		n += length > 0;
		s += length + (s[length] == ' ');
	}
	char joined[MATCH_VALUE_MAX];
	size_t used = 0;
	for (size_t i = 0; i < n && used + words[i].n + 1 <= sizeof joined; i++) {
		if (used)
			joined[used++] = ' ';
		memcpy(joined + used, words[i].s, words[i].n);
		used += words[i].n;
	}
	return used ? add(out, joined, used) : 0;
}

/* A transform of one name-like text. */
static int add_name(const struct match_part *p, const char *text, struct match_texts *out)
{
	char letters[MATCH_VALUE_MAX + 1];
	char code[PHONETIC_MAX + 1];
	switch (p->transform) {
	case MATCH_SOUND:
		return add_cut(code, phonetic_code(text, code), false, p->a, out);
	case MATCH_FIRST:
		return add_cut(letters, phonetic_letters(text, letters, sizeof letters), false, p->a, out);
	case MATCH_LAST:
		return add_cut(letters, phonetic_letters(text, letters, sizeof letters), true, p->a, out);
	case MATCH_WORDS:
		return add_sorted_words(text, out);
	default:
		return add(out, text, strlen(text));
	}
}

static int add_deletions(const char *text, size_t n, struct match_texts *out)
{
	char shorter[MATCH_VALUE_MAX];
	if (n < 2 || n > sizeof shorter)
		return 0;
	TRY(add(out, text, n));
	for (size_t i = 0; i < n; i++) {
		memcpy(shorter, text, i);
		memcpy(shorter + i, text + i + 1, n - 1 - i);
		TRY(add(out, shorter, n - 1));
	}
	return 0;
}

/* Letters and digits without the rest, so that +44 and 0044 and spaces do not matter; '?' stays. */
static size_t code_places(const char *text, char *out, size_t capacity)
{
	size_t n = 0;
	for (; *text && n < capacity; text++)
		if (*text != '+' && *text != ' ')
			out[n++] = *text;
	return n;
}

static int add_piece(const char *piece, size_t n, struct match_texts *out)
{
	return memchr(piece, '?', n) ? 0 : add(out, piece, n);
}

static int add_code(const struct match_part *p, const char *text, struct match_texts *out)
{
	char places[MATCH_VALUE_MAX];
	size_t n = code_places(text, places, sizeof places);
	switch (p->transform) {
	case MATCH_DELETIONS:
		return add_deletions(places, n, out);
	case MATCH_FIRST:
		return n < p->a ? 0 : add_piece(places, p->a, out);
	case MATCH_LAST:
		return n < p->a ? 0 : add_piece(places + n - p->a, p->a, out);
	case MATCH_START:
		return n < p->b ? 0 : add_piece(places + p->a - 1, (size_t)p->b - p->a + 1, out);
	case MATCH_END:
		return n < p->b ? 0 : add_piece(places + n - p->b, (size_t)p->b - p->a + 1, out);
	default:
		return n ? add_piece(places, n, out) : 0;
	}
}

/* ---- dates ---- */

enum { DATE_PLACES = 8 };

/* Whether two or four places are digits and not all zero. */
static bool is_known(const char *s, size_t n)
{
	bool any = false;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		any |= s[i] != '0';
	}
	return any;
}

/* Month and day in ascending order: who swaps them still agrees, for one bit of the telling power. */
static void put_unordered(const char *month, const char *day, char *to)
{
	bool swap = memcmp(month, day, 2) > 0;
	memcpy(to, swap ? day : month, 2);
	memcpy(to + 2, swap ? month : day, 2);
}

static int add_date(const struct match_part *p, const char *text, struct match_texts *out)
{
	const size_t n = strlen(text);
	if (p->transform == MATCH_DELETIONS)
		return add_deletions(text, n, out);
	if (n != DATE_PLACES)
		return 0;
	const char *month = text + 4;
	const char *day = text + 6;
	/* 1 January is what registers write for a day that nobody knows */
	const bool placeholder = memcmp(month, "0101", 4) == 0;
	const bool year_known = is_known(text, 4);
	const bool month_known = !placeholder && is_known(month, 2);
	const bool day_known = !placeholder && is_known(day, 2);
	char value[DATE_PLACES];
	memcpy(value, text, 4);
	switch (p->transform) {
	case MATCH_YMD:
		put_unordered(month, day, value + 4);
		return year_known && month_known && day_known ? add(out, value, 8) : 0;
	case MATCH_YM:
		memcpy(value + 4, month, 2);
		return year_known && month_known ? add(out, value, 6) : 0;
	case MATCH_YD:
		memcpy(value + 4, day, 2);
		return year_known && day_known ? add(out, value, 6) : 0;
	case MATCH_MD:
		put_unordered(month, day, value);
		return month_known && day_known ? add(out, value, 4) : 0;
	default:
		return year_known ? add(out, value, 4) : 0;
	}
}

/* ---- a person's values ---- */

/* The first word of a full name stands for the given name, the last for the family name. */
static int add_from_full_name(
	const struct match_part *p, const char *text, bool family, struct match_texts *out)
{
	char word[MATCH_VALUE_MAX + 1];
	const char *last_space = strrchr(text, ' ');
	if (!last_space)
		return add_name(p, text, out);
	const char *from = family ? last_space + 1 : text;
	size_t n = family ? strlen(from) : strcspn(text, " ");
	if (n > MATCH_VALUE_MAX)
		n = MATCH_VALUE_MAX;
	memcpy(word, from, n);
	word[n] = '\0';
	return add_name(p, word, out);
}

static int apply_to_name(const struct match_part *p, const struct person *person, enum person_field field,
	struct match_texts *out)
{
	for (size_t i = 0; i < person->n_values[field]; i++)
		TRY(add_name(p, person->values[field][i].text, out));
	if (person->n_values[field])
		return 0;
	for (size_t i = 0; i < person->n_values[PERSON_FULL_NAME]; i++)
		TRY(add_from_full_name(
			p, person->values[PERSON_FULL_NAME][i].text, field == PERSON_FAMILY_NAME, out));
	return 0;
}

/* Each given name with each family name, the smaller first. */
static int apply_to_names(const struct match_part *p, const struct person *person, struct match_texts *out)
{
	struct match_texts given = {.arena = out->arena};
	struct match_texts family = {.arena = out->arena};
	TRY(apply_to_name(p, person, PERSON_GIVEN_NAME, &given));
	TRY(apply_to_name(p, person, PERSON_FAMILY_NAME, &family));
	for (size_t i = 0; i < given.n; i++)
		for (size_t j = 0; j < family.n; j++) {
			char pair[2 * MATCH_VALUE_MAX + 2];
			bool swap = strcmp(given.texts[i], family.texts[j]) > 0;
			int n = snprintf(pair, sizeof pair, "%s/%s", swap ? family.texts[j] : given.texts[i],
				swap ? given.texts[i] : family.texts[j]);
			TRY(add(out, pair, (size_t)n));
		}
	return 0;
}

int match_part_apply(const struct match_part *p, const struct person *person, struct match_texts *out)
{
	if (p->source == MATCH_SOURCE_NAMES)
		return apply_to_names(p, person, out);
	if (p->source == PERSON_GIVEN_NAME || p->source == PERSON_FAMILY_NAME)
		return apply_to_name(p, person, (enum person_field)p->source, out);
	const int kind = kind_of_source(p->source);
	for (size_t i = 0; i < person->n_values[p->source]; i++) {
		const char *text = person->values[p->source][i].text;
		if (kind == ON_DATE)
			TRY(add_date(p, text, out));
		else if (kind == ON_CODE)
			TRY(add_code(p, text, out));
		else
			TRY(add_name(p, text, out));
	}
	return 0;
}
