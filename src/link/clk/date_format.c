/*
 * Dates by strptime's directives. Python matches them as a regular expression, so that "%Y%m%d" reads
 * 1990111 as November the first: each number tries its longest form first and gives digits back.
 */
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "link/clk/format.h"

enum { MAX_FORMAT_BYTES = 64, CENTURY_PIVOT = 69 };

struct parts {
	int year, month, day, day_of_year;
};

struct reading {
	const char *end;
	struct parts parts;
};

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

int clk_date_format_check(const char *format, struct cf_error *err)
{
	static const char known[] = "YymdjbBHMS%";
	bool seen[128] = {false};
	if (strlen(format) > MAX_FORMAT_BYTES)
		return error_set(err, CF_E_LIMIT, "a date format has at most %d bytes", MAX_FORMAT_BYTES);
	for (const char *f = format; *f; f++) {
		if (*f != '%')
			continue;
		f++;
		if (!*f || !strchr(known, *f))
			return error_set(err, CF_E_INPUT,
				"the date format has a directive that cannot be read; there are %%Y %%y %%m "
				"%%d %%j "
				"%%b %%B %%H %%M %%S %%%%");
		if (*f != '%' && seen[(unsigned char)*f])
			return error_set(err, CF_E_INPUT, "the date format has %%%c twice", *f);
		seen[(unsigned char)*f] = true;
	}
	return CF_OK;
}

static bool match(struct reading *r, const char *f, const char *s);

struct number {
	char directive;
	int n_least, n_most, low, high;
};

static const struct number numbers[] = {
	{'Y', 4, 4, 0, 9999},
	{'y', 2, 2, 0, 99},
	{'m', 1, 2, 1, 12},
	{'d', 1, 2, 1, 31},
	{'j', 1, 3, 1, 366},
	{'H', 1, 2, 0, 23},
	{'M', 1, 2, 0, 59},
	{'S', 1, 2, 0, 61},
};

static void keep(struct parts *p, char directive, int value)
{
	if (directive == 'Y')
		p->year = value;
	else if (directive == 'y')
		p->year = value < CENTURY_PIVOT ? 2000 + value : 1900 + value;
	else if (directive == 'm')
		p->month = value;
	else if (directive == 'd')
		p->day = value;
	else if (directive == 'j')
		p->day_of_year = value;
}

/* f stands behind the directive. */
static bool match_number(struct reading *r, const struct number *kind, const char *f, const char *s)
{
	for (int n = kind->n_most; n >= kind->n_least; n--) {
		int value = 0;
		int i = 0;
		while (i < n && s + i < r->end && s[i] >= '0' && s[i] <= '9')
			value = value * 10 + (s[i++] - '0');
		if (i < n || value < kind->low || value > kind->high)
			continue;
		keep(&r->parts, kind->directive, value);
		if (match(r, f, s + n))
			return true;
	}
	return false;
}

static bool match_month(struct reading *r, bool whole, const char *f, const char *s)
{
	static const char *const names[] = {"January", "February", "March", "April", "May", "June", "July",
		"August", "September", "October", "November", "December"};
	for (int m = 0; m < 12; m++) {
		const size_t n = whole ? strlen(names[m]) : 3;
		if ((size_t)(r->end - s) < n || strncasecmp(s, names[m], n) != 0)
			continue;
		r->parts.month = m + 1;
		if (match(r, f, s + n))
			return true;
	}
	return false;
}

static bool match_directive(struct reading *r, const char *f, const char *s)
{
	if (*f == 'b' || *f == 'B')
		return match_month(r, *f == 'B', f + 1, s);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (numbers[i].directive == *f)
			return match_number(r, &numbers[i], f + 1, s);
	return s < r->end && *s == '%' && match(r, f + 1, s + 1);
}

static bool match(struct reading *r, const char *f, const char *s)
{
	if (!*f)
		return s == r->end;
	if (*f == '%')
		return match_directive(r, f + 1, s);
	if (is_space(*f)) {
		if (s == r->end || !is_space(*s))
			return false;
		while (is_space(*f))
			f++;
		while (s < r->end && is_space(*s))
			s++;
		return match(r, f, s);
	}
	return s < r->end && strncasecmp(f, s, 1) == 0 && match(r, f + 1, s + 1);
}

static void use_day_of_year(struct parts *p)
{
	int left = p->day_of_year;
	for (p->month = 1; p->month < 12 && left > date_days_in_month(p->year, p->month); p->month++)
		left -= date_days_in_month(p->year, p->month);
	p->day = left;
}

bool clk_date_parse(const char *format, const char *s, size_t n, int ret_date[3])
{
	struct reading r = {.end = s + n, .parts = {.year = 1900, .month = 1, .day = 1}};
	if (!match(&r, format, s))
		return false;
	if (r.parts.day_of_year)
		use_day_of_year(&r.parts);
	const struct date d = {(int16_t)r.parts.year, (uint8_t)r.parts.month, (uint8_t)r.parts.day};
	if (r.parts.year < 1 || !date_is_valid(d))
		return false;
	ret_date[0] = r.parts.year;
	ret_date[1] = r.parts.month;
	ret_date[2] = r.parts.day;
	return true;
}
