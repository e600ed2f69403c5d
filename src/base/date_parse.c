/*
 * Reading dates. A text is cut into at most three fields (numbers or one month name) and a shape decides
 * which is what; whatever could be read in two ways needs the column's order.
 */
#include <string.h>

#include "base/date.h"

enum { MAX_TEXT = 64, MAX_FIELDS = 3 };

struct field {
	int value;
	int n_digits; /* 0: a month name */
};

struct fields {
	struct field at[MAX_FIELDS];
	int n;
};

/* The zeros of the decimal digits of scripts that case files come in. */
static int digit_of_code_point(uint32_t c)
{
	static const uint32_t zeros[] = {0x30, 0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xBE6, 0xC66, 0xE50,
		0xED0, 0xF20, 0x1040, 0x17E0, 0xFF10};
	for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
		if (c >= zeros[i] && c < zeros[i] + 10)
			return (int)(c - zeros[i]);
	return -1;
}

/* One code point of checked-elsewhere UTF-8; a malformed byte stands for itself. */
static uint32_t decode(const char *s, size_t n, size_t *at)
{
	const unsigned char *u = (const unsigned char *)s + *at;
	size_t left = n - *at;
	if (u[0] >= 0xF0 && left >= 4) {
		*at += 4;
		return (u[0] & 7u) << 18 | (u[1] & 63u) << 12 | (u[2] & 63u) << 6 | (u[3] & 63u);
	}
	if (u[0] >= 0xE0 && u[0] < 0xF0 && left >= 3) {
		*at += 3;
		return (u[0] & 15u) << 12 | (u[1] & 63u) << 6 | (u[2] & 63u);
	}
	if (u[0] >= 0xC0 && u[0] < 0xE0 && left >= 2) {
		*at += 2;
		return (u[0] & 31u) << 6 | (u[1] & 63u);
	}
	*at += 1;
	return u[0];
}

/* Lower ASCII with western digits; French accents lost, other letters kept as '?'. False when too long. */
static bool simplify(const char *s, size_t n, char *ret, size_t *ret_n)
{
	size_t m = 0;
	for (size_t at = 0; at < n;) {
		if (m + 1 >= MAX_TEXT)
			return false;
		uint32_t c = decode(s, n, &at);
		int digit = digit_of_code_point(c);
		if (digit >= 0)
			ret[m++] = (char)('0' + digit);
		else if (c >= 'A' && c <= 'Z')
			ret[m++] = (char)(c - 'A' + 'a');
		else if (c == 0xE9 || c == 0xC9)
			ret[m++] = 'e'; /* février, décembre */
		else if (c == 0xFB || c == 0xDB)
			ret[m++] = 'u'; /* août */
		else if (c == 0xA0 || c == '\t' || c == 0x202F)
			ret[m++] = ' ';
		else
			ret[m++] = c < 0x80 ? (char)c : '?';
	}
	while (m && ret[m - 1] == ' ')
		m--;
	size_t start = 0;
	while (start < m && ret[start] == ' ')
		start++;
	memmove(ret, ret + start, m - start);
	*ret_n = m - start;
	ret[*ret_n] = '\0';
	return true;
}

/* Month names and their usual short forms; a word must begin one and be at least three letters long. */
static int month_of_word(const char *word, size_t n)
{
	static const struct {
		const char *name;
		int month;
	} names[] = {{"january", 1}, {"february", 2}, {"march", 3}, {"april", 4}, {"may", 5}, {"june", 6},
		{"july", 7}, {"august", 8}, {"september", 9}, {"october", 10}, {"november", 11},
		{"december", 12}, {"janvier", 1}, {"fevrier", 2}, {"mars", 3}, {"avril", 4}, {"mai", 5},
		{"juin", 6}, {"juillet", 7}, {"aout", 8}, {"septembre", 9}, {"octobre", 10}, {"novembre", 11},
		{"decembre", 12}, {"enero", 1}, {"febrero", 2}, {"marzo", 3}, {"abril", 4}, {"mayo", 5},
		{"junio", 6}, {"julio", 7}, {"agosto", 8}, {"septiembre", 9}, {"setiembre", 9},
		{"octubre", 10}, {"noviembre", 11}, {"diciembre", 12}, {"sept", 9}};
	int found = 0;
	if (n < 3)
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i].name) < n || memcmp(names[i].name, word, n) != 0)
			continue;
		if (found && found != names[i].month)
			return 0; /* "jui" is June or July */
		found = names[i].month;
	}
	return found;
}

static bool is_separator(char c)
{
	return c == '-' || c == '/' || c == '.' || c == ' ' || c == ',';
}

/* "de" and "of" between the parts, "st", "nd", "rd", "th", "er" after a day. */
static bool is_filler(const char *word, size_t n)
{
	static const char *const words[] = {"de", "del", "of", "st", "nd", "rd", "th", "er"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == n && memcmp(words[i], word, n) == 0)
			return true;
	return false;
}

static bool add_number(struct fields *f, const char *digits, size_t n)
{
	if (f->n == MAX_FIELDS || n > 8)
		return false;
	int value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (digits[i] - '0');
	f->at[f->n++] = (struct field){.value = value, .n_digits = (int)n};
	return true;
}

static bool add_word(struct fields *f, const char *word, size_t n)
{
	if (f->n && is_filler(word, n))
		return true;
	int month = month_of_word(word, n);
	if (!month || f->n == MAX_FIELDS)
		return false;
	f->at[f->n++] = (struct field){.value = month, .n_digits = 0};
	return true;
}

static bool cut(const char *s, size_t n, struct fields *f)
{
	f->n = 0;
	for (size_t i = 0; i < n;) {
		size_t start = i;
		while (i < n && s[i] >= '0' && s[i] <= '9')
			i++;
		if (i > start) {
			if (!add_number(f, s + start, i - start))
				return false;
			continue;
		}
		while (i < n && s[i] >= 'a' && s[i] <= 'z')
			i++;
		if (i > start) {
			if (!add_word(f, s + start, i - start))
				return false;
			continue;
		}
		if (!is_separator(s[i++]) || f->n == 0)
			return false;
	}
	return f->n > 0 && !is_separator(s[n - 1]);
}

static bool make(int year, int month, int day, struct date *ret)
{
	if (year < 1 || year > 9999 || month < 0 || month > 12 || day < 0 || day > 31)
		return false;
	struct date d = {.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
	if (!date_is_valid(d))
		return false;
	*ret = d;
	return true;
}

static bool one_field(struct field a, enum date_order order, struct date *ret)
{
	if (a.n_digits == 4)
		return make(a.value, 0, 0, ret);
	if (a.n_digits == 6 && order == DATE_YMD)
		return a.value % 100 > 0 && make(a.value / 100, a.value % 100, 0, ret);
	if (a.n_digits != 8)
		return false;
	int high = a.value / 10000;
	int low = a.value % 10000;
	struct date ymd;
	bool is_ymd = low / 100 > 0 && low % 100 > 0 && make(high, low / 100, low % 100, &ymd);
	if (order == DATE_DMY)
		return high / 100 > 0 && high % 100 > 0 && make(low, high % 100, high / 100, ret);
	if (order == DATE_MDY)
		return high / 100 > 0 && high % 100 > 0 && make(low, high / 100, high % 100, ret);
	if (is_ymd)
		*ret = ymd;
	return is_ymd;
}

static bool two_fields(struct field a, struct field b, struct date *ret)
{
	if (a.n_digits == 4 && b.n_digits <= 2)
		return b.value > 0 && make(a.value, b.value, 0, ret);
	if (b.n_digits == 4 && a.n_digits <= 2)
		return a.value > 0 && make(b.value, a.value, 0, ret);
	return false;
}

static bool with_month_name(const struct fields *f, struct date *ret)
{
	int month = 0;
	int year = 0;
	int day = 0;
	for (int i = 0; i < f->n; i++) {
		struct field a = f->at[i];
		if (a.n_digits == 0 && !month)
			month = a.value;
		else if (a.n_digits == 4 && !year)
			year = a.value;
		else if ((a.n_digits == 1 || a.n_digits == 2) && !day && a.value > 0)
			day = a.value;
		else
			return false;
	}
	return month && year && (f->n < 3 || day) && make(year, month, day, ret);
}

static bool three_fields(const struct fields *f, enum date_order order, struct date *ret)
{
	int a = f->at[0].value;
	int b = f->at[1].value;
	int c = f->at[2].value;
	if (a == 0 || b == 0 || c == 0 || f->at[1].n_digits > 2)
		return false;
	if (f->at[0].n_digits == 4)
		return f->at[2].n_digits <= 2 && make(a, b, c, ret);
	if (f->at[0].n_digits > 2 || f->at[2].n_digits != 4)
		return false;
	if (order == DATE_DMY)
		return make(c, b, a, ret);
	if (order == DATE_MDY)
		return make(c, a, b, ret);
	if (order == DATE_YMD)
		return false;
	if (a > 12)
		return make(c, b, a, ret);
	if (b > 12 || a == b)
		return make(c, a, b, ret);
	return false;
}

static bool parse_simple(const char *s, size_t n, enum date_order order, struct date *ret)
{
	struct fields f;
	if (n == 0 || !cut(s, n, &f))
		return false;
	for (int i = 0; i < f.n; i++)
		if (f.at[i].n_digits == 0)
			return with_month_name(&f, ret);
	if (f.n == 1)
		return one_field(f.at[0], order, ret);
	if (f.n == 2)
		return two_fields(f.at[0], f.at[1], ret);
	return three_fields(&f, order, ret);
}

/* Drops a clock time after the date ("1990-05-17T00:00:00Z", "1990-05-17 00:00:00"), as databases export. */
static size_t without_time(const char *s, size_t n)
{
	for (size_t i = 8; i + 3 < n; i++) {
		bool marked = s[i] == 't' || s[i] == ' ';
		bool hour = s[i + 1] >= '0' && s[i + 1] <= '2' && s[i + 2] >= '0' && s[i + 2] <= '9';
		if (marked && hour && s[i + 3] == ':')
			return i;
	}
	return n;
}

bool date_parse(const char *s, size_t n, enum date_order order, struct date *ret)
{
	char text[MAX_TEXT];
	size_t length;
	if (!simplify(s, n, text, &length))
		return false;
	return parse_simple(text, without_time(text, length), order, ret);
}

static bool take_prefix(const char *const *prefixes, const char **text, size_t *n)
{
	for (; *prefixes; prefixes++) {
		size_t length = strlen(*prefixes);
		if (*n <= length || memcmp(*text, *prefixes, length) != 0)
			continue;
		*text += length;
		*n -= length;
		while (*n && **text == ' ') {
			(*text)++;
			(*n)--;
		}
		return *n > 0;
	}
	return false;
}

static size_t trimmed(const char *s, size_t n)
{
	while (n && s[n - 1] == ' ')
		n--;
	return n;
}

static bool parse_between(
	const char *s, size_t n, const char *joint, enum date_order order, struct fuzzy_date *ret)
{
	const char *at = strstr(s, joint);
	if (!at || at == s)
		return false;
	const char *second = at + strlen(joint);
	size_t n_second = (size_t)(s + n - second);
	while (n_second && *second == ' ') {
		second++;
		n_second--;
	}
	struct fuzzy_date d = {.kind = DATE_BETWEEN};
	if (!parse_simple(s, trimmed(s, (size_t)(at - s)), order, &d.first) ||
		!parse_simple(second, n_second, order, &d.last) || date_compare(d.first, d.last) > 0)
		return false;
	*ret = d;
	return true;
}

bool date_parse_fuzzy(const char *s, size_t n, enum date_order order, struct fuzzy_date *ret)
{
	static const char *const before[] = {"before ", "<", "avant ", "antes de ", NULL};
	static const char *const after[] = {"after ", ">", "apres ", "despues de ", NULL};
	static const char *const about[] = {
		"about ", "circa ", "ca. ", "ca ", "c. ", "c.", "~", "vers ", "hacia ", NULL};
	static const char *const between[] = {"between ", NULL};
	char buffer[MAX_TEXT];
	size_t length;
	if (!simplify(s, n, buffer, &length))
		return false;
	const char *text = buffer;
	if (take_prefix(between, &text, &length))
		return parse_between(text, length, " and ", order, ret);
	if (parse_between(text, length, "..", order, ret))
		return true;
	struct fuzzy_date d = {.kind = DATE_EXACT};
	if (take_prefix(before, &text, &length))
		d.kind = DATE_BEFORE;
	else if (take_prefix(after, &text, &length))
		d.kind = DATE_AFTER;
	else if (take_prefix(about, &text, &length))
		d.kind = DATE_ABOUT;
	if (!parse_simple(text, without_time(text, length), order, &d.first))
		return false;
	d.last = d.first;
	*ret = d;
	return true;
}
