/*
 * Fuzzy dates in records: reading their canonical text without allocating, and what can be told from them for
 * certain. A fuzzy date stands for a span of days; nothing is concluded that does not hold for every day in
 * it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"

/* Reads exactly what date_format_fuzzy writes, and nothing else: "1990-05-17", "1990-05", "1990", each also
 * after "about ", "before " or "after ", and "A..B". false leaves *ret as it is; "" is no date. */
bool dates_parse_canonical(const char *s, size_t n, struct fuzzy_date *ret);

/* The days it may be, both included, since 1970-01-01; DATES_OPEN_BEGIN or DATES_OPEN_END where there is no
 * bound. "about" reaches 5 years to each side of a year, 1 year of a month, 31 days of a day. */
#define DATES_OPEN_BEGIN INT64_MIN
#define DATES_OPEN_END INT64_MAX
struct dates_span {
	int64_t first;
	int64_t last;
};
struct dates_span dates_span(const struct fuzzy_date *d);

/* Whether a is certainly later than b. */
bool dates_certainly_after(const struct fuzzy_date *a, const struct fuzzy_date *b);

enum dates_majority {
	DATES_MAJORITY_UNKNOWN = 0,
	DATES_MINOR, /* certainly under 18 on every day the event may have been */
	DATES_ADULT, /* certainly 18 or over on every such day */
};
/* Of a person born at birth, at the time of event; somebody born on 29 February turns 18 on 1 March. */
enum dates_majority dates_majority(const struct fuzzy_date *birth, const struct fuzzy_date *event);

/* Whether s is "YYYY-MM-DDTHH:MM:SSZ" and names a moment that exists (leap seconds do not). */
bool dates_is_moment(const char *s, size_t n);
