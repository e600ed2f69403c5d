#include "model/dates.h"

#include <string.h>

/* A run of bytes that is eaten from the front. */
struct rest {
	const char *s;
	size_t n;
};

static bool eat(struct rest *r, const char *word)
{
	size_t n = strlen(word);
	if (r->n < n || memcmp(r->s, word, n) != 0)
		return false;
	r->s += n;
	r->n -= n;
	return true;
}

/* Exactly n_digits decimal digits. */
static bool eat_number(struct rest *r, size_t n_digits, int *ret)
{
	if (r->n < n_digits)
		return false;
	int value = 0;
	for (size_t i = 0; i < n_digits; i++) {
		if (r->s[i] < '0' || r->s[i] > '9')
			return false;
		value = value * 10 + (r->s[i] - '0');
	}
	r->s += n_digits;
	r->n -= n_digits;
	*ret = value;
	return true;
}

static bool eat_date(struct rest *r, struct date *ret)
{
	int year = 0;
	int month = 0;
	int day = 0;
	if (!eat_number(r, 4, &year))
		return false;
	bool has_month = eat(r, "-");
	if (has_month && (!eat_number(r, 2, &month) || !month))
		return false;
	bool has_day = has_month && eat(r, "-");
	if (has_day && (!eat_number(r, 2, &day) || !day))
		return false;
	struct date d = {(int16_t)year, (uint8_t)month, (uint8_t)day};
	if (!date_is_valid(d))
		return false;
	*ret = d;
	return true;
}

static struct date last_of(struct date d)
{
	if (!d.month)
		d.month = 12;
	if (!d.day)
		d.day = (uint8_t)date_days_in_month(d.year, d.month);
	return d;
}

bool dates_parse_canonical(const char *s, size_t n, struct fuzzy_date *ret)
{
	struct rest r = {s, n};
	struct fuzzy_date made = {.kind = DATE_EXACT};
	if (eat(&r, "about "))
		made.kind = DATE_ABOUT;
	else if (eat(&r, "before "))
		made.kind = DATE_BEFORE;
	else if (eat(&r, "after "))
		made.kind = DATE_AFTER;
	if (!eat_date(&r, &made.first))
		return false;
	made.last = made.first;
	if (made.kind == DATE_EXACT && eat(&r, "..")) {
		made.kind = DATE_BETWEEN;
		if (!eat_date(&r, &made.last) || date_to_days(made.first) > date_to_days(last_of(made.last)))
			return false;
	}
	if (r.n)
		return false;
	*ret = made;
	return true;
}

struct dates_span dates_span(const struct fuzzy_date *d)
{
	struct dates_span open = {DATES_OPEN_BEGIN, DATES_OPEN_END};
	if (d->kind == DATE_UNKNOWN)
		return open;
	int64_t first = date_to_days(d->first);
	int64_t last = date_to_days(last_of(d->last));
	if (d->kind == DATE_BEFORE)
		return (struct dates_span){DATES_OPEN_BEGIN, first - 1};
	if (d->kind == DATE_AFTER)
		return (struct dates_span){last + 1, DATES_OPEN_END};
	int64_t reach = 0;
	if (d->kind == DATE_ABOUT)
		reach = d->first.day ? 31 : d->first.month ? 366 : 5 * 366;
	return (struct dates_span){first - reach, last + reach};
}

bool dates_certainly_after(const struct fuzzy_date *a, const struct fuzzy_date *b)
{
	struct dates_span late = dates_span(a);
	struct dates_span early = dates_span(b);
	return early.last != DATES_OPEN_END && late.first != DATES_OPEN_BEGIN && late.first > early.last;
}

/* The day on which somebody born on that day turns 18; false when it is beyond the calendar. */
static bool day_of_majority(int64_t birth, int64_t *ret)
{
	struct date d = date_from_days(birth);
	if (!d.year || d.year > 9999 - 18)
		return false;
	d.year = (int16_t)(d.year + 18);
	if (!date_is_valid(d)) {
		d.month = 3;
		d.day = 1;
	}
	*ret = date_to_days(d);
	return true;
}

enum dates_majority dates_majority(const struct fuzzy_date *birth, const struct fuzzy_date *event)
{
	struct dates_span born = dates_span(birth);
	struct dates_span when = dates_span(event);
	int64_t day;
	if (born.first != DATES_OPEN_BEGIN && when.last != DATES_OPEN_END &&
		day_of_majority(born.first, &day) && when.last < day)
		return DATES_MINOR;
	if (born.last != DATES_OPEN_END && when.first != DATES_OPEN_BEGIN &&
		day_of_majority(born.last, &day) && when.first >= day)
		return DATES_ADULT;
	return DATES_MAJORITY_UNKNOWN;
}

bool dates_is_moment(const char *s, size_t n)
{
	struct rest r = {s, n};
	struct date d;
	int hour = 0;
	int minute = 0;
	int second = 0;
	return eat_date(&r, &d) && d.day && eat(&r, "T") && eat_number(&r, 2, &hour) && eat(&r, ":") &&
	       eat_number(&r, 2, &minute) && eat(&r, ":") && eat_number(&r, 2, &second) && eat(&r, "Z") &&
	       r.n == 0 && hour < 24 && minute < 60 && second < 60;
}
