#include "intake/clean.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ZONE = 90, MIN_NUMBER = 3, MAX_NUMBER = 40, MAX_IBAN = 34, MAX_CARD = 19 };

/* ---- check digits ---- */

/* 0-9, then A-Z as 10 to 35, "<" as 0; -1 for anything else. */
static int character_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return c == '<' ? 0 : -1;
}

int clean_check_digit(const char *s, size_t n)
{
	static const int weights[] = {7, 3, 1};
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		int value = character_value(s[i]);
		if (value < 0)
			return -1;
		sum += value * weights[i % 3];
	}
	return sum % 10;
}

/* Where a field without contents may have a filler for its check digit, empty is right too. */
static bool checks(const char *s, size_t n, char digit)
{
	int value = clean_check_digit(s, n);
	if (value < 0)
		return false;
	return digit == '0' + value || (digit == '<' && strspn(s, "<") >= n);
}

/* Luhn, ISO/IEC 7812-1 annex B. */
static bool luhn(const char *digits, size_t n)
{
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		int value = digits[n - 1 - i] - '0';
		value = i % 2 ? value * 2 : value;
		sum += value > 9 ? value - 9 : value;
	}
	return sum % 10 == 0;
}

/* ---- machine-readable zones ---- */

/* Letters, digits and fillers without white space; 0 when there are others or too many. */
static size_t zone_of(const char *s, size_t n, char zone[MAX_ZONE + 1])
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		if (strchr(" \t\r\n", s[i]) && s[i])
			continue;
		char c = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
		if (character_value(c) < 0 || m == MAX_ZONE)
			return 0;
		zone[m++] = c;
	}
	zone[m] = '\0';
	return m;
}

/* Fillers become blanks, those at the end nothing. */
static void copy_field(char *to, const char *s, size_t n)
{
	while (n && s[n - 1] == '<')
		n--;
	n = n < MRZ_MAX_FIELD ? n : MRZ_MAX_FIELD - 1;
	for (size_t i = 0; i < n; i++)
		to[i] = s[i] == '<' ? ' ' : s[i];
	to[n] = '\0';
}

static void copy_code(char *to, size_t size, const char *s)
{
	size_t n = 0;
	while (n + 1 < size && s[n] != '<') {
		to[n] = s[n];
		n++;
	}
	to[n] = '\0';
}

/* "SURNAME<<GIVEN<NAMES<<<" */
static void copy_names(struct mrz *m, const char *s, size_t n)
{
	const char *gap = NULL;
	for (size_t i = 0; i + 1 < n && !gap; i++)
		gap = s[i] == '<' && s[i + 1] == '<' ? s + i : NULL;
	copy_field(m->surname, s, gap ? (size_t)(gap - s) : n);
	if (gap)
		copy_field(m->given_names, gap + 2, n - (size_t)(gap + 2 - s));
}

/* YYMMDD, parts that are not known being fillers. */
static bool copy_date(const char *s, int *ret_year, int *ret_month, int *ret_day)
{
	int parts[3] = {0, 0, 0};
	for (int i = 0; i < 3; i++) {
		const char *p = s + (ptrdiff_t)2 * i;
		if (p[0] == '<' && p[1] == '<')
			continue;
		if (!isdigit((unsigned char)p[0]) || !isdigit((unsigned char)p[1]))
			return false;
		parts[i] = (p[0] - '0') * 10 + p[1] - '0';
	}
	*ret_year = parts[0];
	*ret_month = parts[1];
	*ret_day = parts[2];
	return parts[1] <= 12 && parts[2] <= 31;
}

/* Where the fields of a format stand in the zone. */
struct layout {
	size_t length; /* of the whole zone */
	bool visa;     /* without a check digit over everything */
	size_t names;
	size_t n_names;
	size_t number;
	size_t nationality;
	size_t birth;
	size_t sex;
	size_t expiry;
	size_t composite; /* of its digit */
};

static bool composite_checks(const char *zone, const struct layout *l)
{
	char joined[MAX_ZONE + 1];
	if (l->visa)
		return true;
	if (l->length == 90) /* ICAO 9303-5, 4.2.2: upper line 6-30, middle line 1-7, 9-15, 19-29 */
		(void)snprintf(joined, sizeof joined, "%.25s%.7s%.7s%.11s", zone + 5, zone + 30, zone + 38,
			zone + 48);
	else { /* lower line 1-10, 14-20, 22 to the digit */
		const char *lower = zone + l->number;
		(void)snprintf(joined, sizeof joined, "%.10s%.7s%.*s", lower, lower + 13,
			(int)(l->composite - l->number - 21), lower + 21);
	}
	return checks(joined, strlen(joined), zone[l->composite]);
}

/* A number too long for its field goes on in the optional data of a TD1 card (ICAO 9303-5, note j). */
static bool copy_number(struct mrz *m, const char *zone, const struct layout *l)
{
	const char *number = zone + l->number;
	if (l->length != 90 || number[9] != '<') {
		copy_field(m->number, number, 9);
		return checks(number, 9, number[9]);
	}
	size_t rest = strcspn(number + 10, "<");
	if (rest < 2 || rest > 15) {
		copy_field(m->number, number, 9);
		return checks(number, 9, number[9]);
	}
	char whole[32];
	(void)snprintf(whole, sizeof whole, "%.9s%.*s", number, (int)rest - 1, number + 10);
	copy_field(m->number, whole, strlen(whole));
	return checks(whole, strlen(whole), number[10 + rest - 1]);
}

int clean_parse_mrz(const char *s, size_t n, struct mrz *ret, const char **ret_reason)
{
	static const struct layout layouts[] = {
		{88, false, 5, 39, 44, 54, 57, 64, 65, 87}, /* TD3, passports: two lines of 44 */
		{72, false, 5, 31, 36, 46, 49, 56, 57, 71}, /* TD2: two lines of 36 */
		{90, false, 60, 30, 5, 45, 30, 37, 38, 59}, /* TD1, cards: three lines of 30 */
	};
	char zone[MAX_ZONE + 1];
	size_t length = zone_of(s, n, zone);
	const struct layout *found = NULL;
	*ret_reason = "no machine-readable zone: it has two lines of 44 or 36 characters or three of 30";
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		found = layouts[i].length == length ? &layouts[i] : found;
	if (!found)
		return 0;
	struct layout l = *found;
	l.visa = zone[0] == 'V' && length != 90;
	struct mrz m = {.sex = 0};
	copy_code(m.type, sizeof m.type, zone);
	copy_code(m.state, sizeof m.state, zone + 2);
	copy_code(m.nationality, sizeof m.nationality, zone + l.nationality);
	copy_names(&m, zone + l.names, l.n_names);
	m.sex = strchr("MFX", zone[l.sex]) ? zone[l.sex] : 0;
	*ret_reason = "a machine-readable zone with a wrong check digit: compare it with the document";
	if (!copy_number(&m, zone, &l) || !checks(zone + l.birth, 6, zone[l.birth + 6]) ||
		!checks(zone + l.expiry, 6, zone[l.expiry + 6]) || !composite_checks(zone, &l))
		return 0;
	*ret_reason = "a machine-readable zone with a date that is none: compare it with the document";
	if (!copy_date(zone + l.birth, &m.birth_year_2, &m.birth_month, &m.birth_day) ||
		!copy_date(zone + l.expiry, &m.expiry_year_2, &m.expiry_month, &m.expiry_day))
		return 0;
	*ret = m;
	return 1;
}

/* ---- numbers ---- */

int clean_document(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	char zone[MAX_ZONE + 1];
	size_t length = memchr(s, '<', n) ? zone_of(s, n, zone) : 0;
	if (length == 88 || length == 72 || length == 90) {
		struct mrz m;
		int status = clean_parse_mrz(s, n, &m, ret_reason);
		if (status > 0)
			TRY_MEMORY(buffer_append_text(out, m.number), err);
		return status;
	}
	CF_CLEANUP(buffer_done) struct buffer folded = BUFFER_INIT;
	TRY(text_fold(tools, s, n, &folded, err));
	size_t kept = 0;
	for (size_t i = 0; i < folded.n; i++) {
		char c = folded.data[i];
		if (isalnum((unsigned char)c) || (c & 0x80))
			folded.data[kept++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
	}
	*ret_reason = "no number of a document: it has fewer than 3 or more than 40 letters and digits";
	if (kept < MIN_NUMBER || kept > MAX_NUMBER)
		return 0;
	TRY_MEMORY(buffer_append(out, folded.data, kept), err);
	return 1;
}

/* Capitals and digits without blanks and hyphens; 0 when there are others or too many. */
static size_t compact(const char *s, size_t n, char *to, size_t max)
{
	size_t m = 0;
	for (size_t i = 0; i < n; i++) {
		if ((strchr(" -.\t", s[i]) && s[i]) || (unsigned char)s[i] == 0xa0 ||
			(unsigned char)s[i] == 0xc2)
			continue;
		char c = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 32) : s[i];
		if (!isalnum((unsigned char)c) || (c & 0x80) || m == max)
			return 0;
		to[m++] = c;
	}
	to[m] = '\0';
	return m;
}

/* Lengths by the IBAN registry (SWIFT, ISO 13616), release 100. */
static size_t iban_length(const char *country)
{
	static const struct {
		char country[3];
		uint8_t length;
	} lengths[] = {
		{"AD", 24},
		{"AE", 23},
		{"AL", 28},
		{"AT", 20},
		{"AZ", 28},
		{"BA", 20},
		{"BE", 16},
		{"BG", 22},
		{"BH", 22},
		{"BI", 27},
		{"BR", 29},
		{"BY", 28},
		{"CH", 21},
		{"CR", 22},
		{"CY", 28},
		{"CZ", 24},
		{"DE", 22},
		{"DJ", 27},
		{"DK", 18},
		{"DO", 28},
		{"EE", 20},
		{"EG", 29},
		{"ES", 24},
		{"FI", 18},
		{"FK", 18},
		{"FO", 18},
		{"FR", 27},
		{"GB", 22},
		{"GE", 22},
		{"GI", 23},
		{"GL", 18},
		{"GR", 27},
		{"GT", 28},
		{"HN", 28},
		{"HR", 21},
		{"HU", 28},
		{"IE", 22},
		{"IL", 23},
		{"IQ", 23},
		{"IS", 26},
		{"IT", 27},
		{"JO", 30},
		{"KW", 30},
		{"KZ", 20},
		{"LB", 28},
		{"LC", 32},
		{"LI", 21},
		{"LT", 20},
		{"LU", 20},
		{"LV", 21},
		{"LY", 25},
		{"MC", 27},
		{"MD", 24},
		{"ME", 22},
		{"MK", 19},
		{"MN", 20},
		{"MR", 27},
		{"MT", 31},
		{"MU", 30},
		{"NI", 28},
		{"NL", 18},
		{"NO", 15},
		{"OM", 23},
		{"PK", 24},
		{"PL", 28},
		{"PS", 29},
		{"PT", 25},
		{"QA", 29},
		{"RO", 24},
		{"RS", 22},
		{"RU", 33},
		{"SA", 24},
		{"SC", 31},
		{"SD", 18},
		{"SE", 24},
		{"SI", 19},
		{"SK", 24},
		{"SM", 27},
		{"SO", 23},
		{"ST", 25},
		{"SV", 28},
		{"TL", 23},
		{"TN", 24},
		{"TR", 26},
		{"UA", 29},
		{"VA", 22},
		{"VG", 24},
		{"XK", 20},
		{"YE", 30},
	};
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
		if (memcmp(lengths[i].country, country, 2) == 0)
			return lengths[i].length;
	return 0;
}

int clean_iban(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	char iban[MAX_IBAN + 1];
	size_t length = compact(s, n, iban, MAX_IBAN);
	*ret_reason = "no IBAN: it begins with a country's two letters and two digits";
	if (length < 5 || !isupper((unsigned char)iban[0]) || !isupper((unsigned char)iban[1]) ||
		!isdigit((unsigned char)iban[2]) || !isdigit((unsigned char)iban[3]))
		return 0;
	size_t wanted = iban_length(iban);
	*ret_reason = "no IBAN: that country has none";
	if (!wanted)
		return 0;
	*ret_reason = "no IBAN of that country: it has too few or too many characters";
	if (length != wanted)
		return 0;
	int rest = 0;
	for (size_t i = 0; i < length; i++) {
		int value = character_value(iban[(i + 4) % length]);
		rest = (value < 10 ? rest * 10 + value : rest * 100 + value) % 97;
	}
	*ret_reason = "an IBAN with wrong check digits: compare it with where it was copied from";
	if (rest != 1)
		return 0;
	TRY_MEMORY(buffer_append(out, iban, length), err);
	return 1;
}

static int checked_digits(const char *s, size_t n, size_t min, size_t max, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	char digits[MAX_CARD + 1];
	size_t length = compact(s, n, digits, max);
	*ret_reason = "not a number of this kind: it has another count of digits";
	if (length < min || strspn(digits, "0123456789") != length)
		return 0;
	*ret_reason = "a wrong check digit: compare it with where it was copied from";
	if (!luhn(digits, length))
		return 0;
	TRY_MEMORY(buffer_append(out, digits, length), err);
	return 1;
}

int clean_imei(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	return checked_digits(s, n, 15, 15, out, ret_reason, err);
}

int clean_card(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	return checked_digits(s, n, 12, MAX_CARD, out, ret_reason, err);
}

int clean_imo(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	enum { DIGITS = 7 };
	char text[DIGITS + 4] = {0};
	size_t length = compact(s, n, text, DIGITS + 3);
	const char *digits = length == DIGITS + 3 && memcmp(text, "IMO", 3) == 0 ? text + 3 : text;
	*ret_reason = "no IMO number: it has seven digits";
	if (!length || strspn(digits, "0123456789") != DIGITS || digits[DIGITS])
		return 0;
	int sum = 0;
	for (int i = 0; i < DIGITS - 1; i++)
		sum += (digits[i] - '0') * (DIGITS - i);
	*ret_reason = "an IMO number with a wrong check digit: compare it with where it was copied from";
	if (sum % 10 != digits[DIGITS - 1] - '0')
		return 0;
	TRY_MEMORY(buffer_printf(out, "IMO%s", digits), err);
	return 1;
}
