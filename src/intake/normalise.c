#include "intake/normalise.h"

#include <string.h>

enum { MIN_PHONE_DIGITS = 5, MAX_PHONE_DIGITS = 20, MIN_CODE = 3 };

static bool among(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* What people write where they know nothing; compared as a transliterated key. */
static bool is_placeholder(const char *key)
{
	static const char *const words[] = {"", "unknown", "unk", "not known", "n a", "na", "none", "nil",
		"null", "not stated", "not given", "not provided", "not recorded", "not available",
		"not applicable", "not asked", "refused", "declined", "anonymous", "no name", "missing",
		"undisclosed", "withheld", "x", "xx", "xxx", "inconnu", "inconnue", "non connu",
		"non renseigne", "anonyme", "neant", "desconocido", "desconocida", "no consta", "ninguno",
		"anonimo", "sin datos", "sin nombre", "s d", NULL};
	return among(key, words);
}

/* The key of a cell, empty when the cell says nothing. */
static int meaningful_key(
	struct text_tools *tools, const char *s, size_t n, struct buffer *ret, struct cf_error *err)
{
	TRY(text_key(tools, s, n, ret, err));
	if (is_placeholder(buffer_text(ret)))
		buffer_clear(ret);
	return CF_OK;
}

int normalise_words(
	struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(meaningful_key(tools, s, n, &key, err));
	return buffer_append(out, buffer_text(&key), key.n) < 0 ? error_memory(err) : CF_OK;
}

int normalise_code(
	struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(meaningful_key(tools, s, n, &key, err));
	size_t kept = 0;
	bool all_zero = true;
	for (size_t i = 0; i < key.n; i++) {
		if (key.data[i] == ' ')
			continue;
		all_zero &= key.data[i] == '0';
		key.data[kept++] = key.data[i];
	}
	if (kept < MIN_CODE || all_zero)
		return CF_OK;
	return buffer_append(out, buffer_text(&key), kept) < 0 ? error_memory(err) : CF_OK;
}

int normalise_other(
	struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(meaningful_key(tools, s, n, &key, err));
	return key.n ? text_fold(tools, s, n, out, err) : CF_OK;
}

int normalise_email(
	struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT;
	TRY(text_fold(tools, s, n, &folded, err));
	const char *at = strchr(buffer_text(&folded), '@');
	if (!at || at == folded.data || !at[1] || strchr(folded.data, ' '))
		return CF_OK;
	return buffer_append(out, folded.data, folded.n) < 0 ? error_memory(err) : CF_OK;
}

int normalise_sex(struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	static const char *const female[] = {"f", "female", "feminine", "femme", "feminin", "feminino",
		"femenino", "femenina", "mujer", "woman", "women", "girl", "w", "fille", "nina",
		"transgender feminine", "transgenderfeminine", NULL};
	static const char *const male[] = {"m", "male", "masculine", "masculin", "masculino", "homme",
		"hombre", "man", "men", "boy", "garcon", "nino", "transgender masculine",
		"transgendermasculine", NULL};
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(meaningful_key(tools, s, n, &key, err));
	static const char *const nothing[] = {"", "u", "nonspecifiedunknown", "not specified unknown", NULL};
	const char *text = buffer_text(&key);
	if (among(text, nothing))
		return CF_OK;
	if (among(text, female))
		text = "female";
	else if (among(text, male))
		text = "male";
	return buffer_append_text(out, text) < 0 ? error_memory(err) : CF_OK;
}

/* ---- phones ---- */

static bool is_phone_punctuation(char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '(' || c == ')' || c == '/' || c == '\t' ||
	       c == '+' || (c & 0x80) != 0; /* no-break spaces and dashes of typesetting */
}

/* Digits in any script; '?' for a letter where a digit should be. Returns how many places there are. */
static size_t phone_places(const char *s, size_t n, char places[MAX_PHONE_DIGITS + 1], bool *ret_plus)
{
	size_t m = 0;
	*ret_plus = false;
	for (size_t at = 0; at < n;) {
		size_t length = 1;
		int digit = text_digit(s + at, n - at, &length);
		if (digit >= 0) {
			if (m == MAX_PHONE_DIGITS)
				return 0;
			places[m++] = (char)('0' + digit);
			at += length;
			continue;
		}
		if (s[at] == '+' && m == 0)
			*ret_plus = true;
		else if (!is_phone_punctuation(s[at])) {
			if (n - at >= 3 && (memcmp(s + at, "ext", 3) == 0 || memcmp(s + at, "Ext", 3) == 0))
				break;
			if (m == MAX_PHONE_DIGITS)
				return 0;
			places[m++] = '?';
		}
		at++;
	}
	places[m] = '\0';
	return m;
}

int normalise_phone(const char *country, const char *s, size_t n, struct buffer *out)
{
	char places[MAX_PHONE_DIGITS + 1];
	bool plus;
	size_t m = phone_places(s, n, places, &plus);
	size_t digits = 0;
	bool all_same = true;
	for (size_t i = 0; i < m; i++) {
		digits += places[i] != '?';
		all_same &= places[i] == places[0];
	}
	if (digits < MIN_PHONE_DIGITS || digits * 2 < m || all_same)
		return CF_OK;
	const char *number = places;
	if (!plus && m > 2 && number[0] == '0' && number[1] == '0') {
		number += 2;
		plus = true;
	}
	if (!plus && country) {
		/* the trunk prefix is not part of the international number */
		number += number[0] == '0';
		TRY(buffer_append_char(out, '+'));
		TRY(buffer_append_text(out, country));
	} else if (plus) {
		TRY(buffer_append_char(out, '+'));
	}
	return buffer_append_text(out, number);
}

/* ---- dates ---- */

enum { DATE_PLACES = 8, MAX_PARTS = 3, MAX_PART = 8 };

struct part {
	char places[MAX_PART + 1];
	size_t n;
};

static bool is_date_separator(char c)
{
	return c == '-' || c == '/' || c == '.' || c == ' ' || c == ',';
}

/* Cuts at separators into parts that are zeroed before; what is no digit becomes '?'. Returns the number of
 * parts, 0 when there are too many or one is too long. */
static size_t date_parts(const char *s, size_t n, struct part parts[MAX_PARTS])
{
	size_t k = 0;
	for (size_t at = 0; at < n;) {
		if (is_date_separator(s[at])) {
			if (parts[k].n && ++k == MAX_PARTS)
				return 0;
			at++;
			continue;
		}
		size_t length = 1;
		int digit = text_digit(s + at, n - at, &length);
		if (parts[k].n == MAX_PART)
			return 0;
		parts[k].places[parts[k].n++] = digit >= 0 ? (char)('0' + digit) : '?';
		at += length;
	}
	return k + (parts[k].n > 0);
}

static bool put_part(char *to, size_t places, const struct part *p)
{
	if (p->n > places || p->n == 0 || (places == 4 && p->n != 4))
		return false;
	memset(to, '0', places - p->n);
	memcpy(to + places - p->n, p->places, p->n);
	return true;
}

/* Three parts in the column's order. */
static bool place_parts(enum date_order order, const struct part parts[MAX_PARTS], char to[DATE_PLACES])
{
	int year = order == DATE_YMD ? 0 : 2;
	int month = order == DATE_MDY ? 0 : 1;
	int day = order == DATE_YMD ? 2 : order == DATE_MDY ? 1 : 0;
	return put_part(to, 4, &parts[year]) && put_part(to + 4, 2, &parts[month]) &&
	       put_part(to + 6, 2, &parts[day]);
}

static int damaged_date(enum date_order order, const char *s, size_t n, struct buffer *out)
{
	struct part parts[MAX_PARTS] = {0};
	size_t k = date_parts(s, n, parts);
	char places[DATE_PLACES];
	if (k == 1 && parts[0].n == DATE_PLACES && order != DATE_YMD) {
		/* a run of eight in another order than ours */
		struct part cut[MAX_PARTS] = {{.n = 2}, {.n = 2}, {.n = 4}};
		memcpy(cut[0].places, parts[0].places, 2);
		memcpy(cut[1].places, parts[0].places + 2, 2);
		memcpy(cut[2].places, parts[0].places + 4, 4);
		if (place_parts(order, cut, places))
			return buffer_append(out, places, DATE_PLACES);
	}
	if (k == MAX_PARTS && place_parts(order, parts, places))
		return buffer_append(out, places, DATE_PLACES);
	for (size_t i = 0; i < k; i++)
		TRY(buffer_append(out, parts[i].places, parts[i].n));
	return CF_OK;
}

static bool means_no_date(const char *s, size_t n)
{
	size_t digits = 0;
	size_t zeros = 0;
	size_t nines = 0;
	for (size_t at = 0; at < n;) {
		size_t length = 1;
		int digit = text_digit(s + at, n - at, &length);
		digits += digit >= 0;
		zeros += digit == 0;
		nines += digit == 9;
		at += length;
	}
	/* 0000-00-00, 99/99/9999, words without a year */
	return digits < 4 || digits == zeros || digits == nines;
}

int normalise_date(enum date_order order, const char *s, size_t n, struct buffer *out, bool *ret_damaged)
{
	struct fuzzy_date d;
	*ret_damaged = false;
	if (means_no_date(s, n))
		return CF_OK;
	if (date_parse_fuzzy(s, n, order, &d)) {
		/* before, after and between say too little to be a key */
		bool known = d.kind == DATE_EXACT || d.kind == DATE_ABOUT;
		return known ? buffer_printf(out, "%04d%02d%02d", d.first.year, d.first.month, d.first.day)
			     : CF_OK;
	}
	*ret_damaged = true;
	return damaged_date(order, s, n, out);
}
