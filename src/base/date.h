/*
 * Dates as people give them: a day, a month, a year, before, after, between, about, or unknown. A fuzzy date
 * is an interval of days [first, last] with what was known about it. Order of day and month is stated or
 * inferred from a whole column, never guessed for a single value.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

struct date {
	int16_t year;  /* 1 to 9999; 0: the date is unknown */
	uint8_t month; /* 1 to 12; 0: unknown */
	uint8_t day;   /* 1 to 31; 0: unknown */
};

enum date_order {
	DATE_ORDER_UNKNOWN = 0,
	DATE_YMD,
	DATE_DMY,
	DATE_MDY,
};

enum date_kind {
	DATE_UNKNOWN = 0,
	DATE_EXACT,   /* first; its precision is day, month or year */
	DATE_ABOUT,   /* near first */
	DATE_BEFORE,  /* earlier than first */
	DATE_AFTER,   /* later than first */
	DATE_BETWEEN, /* first to last, both included */
};

struct fuzzy_date {
	enum date_kind kind;
	struct date first;
	struct date last;
};

bool date_is_leap_year(int year);
/* Days of a month, 0 for an impossible month. */
int date_days_in_month(int year, int month);
/* Whether the known parts name a date that exists; an unknown date does not. */
bool date_is_valid(struct date d);
/* Days since 1970-01-01 of a full date; unknown month or day count as the first. */
int64_t date_to_days(struct date d);
/* The unknown date when the year would not be 1 to 9999. */
struct date date_from_days(int64_t days);
/* -1, 0 or 1; unknown parts come first. */
int date_compare(struct date a, struct date b);

/* Reads one date: YYYY-MM-DD (a time of day behind it is dropped), YYYYMMDD, and with separators / . - or
 * space in the order given; YYYY-MM, MM/YYYY, YYYY; digits of any script; month names in English, French and
 * Spanish. order decides what "03/04/1990" means; with DATE_ORDER_UNKNOWN only what cannot be misread is
 * accepted. A form that begins with the year is read in every order. Years have four digits: the century is
 * not guessed. Returns false when s is no date; *ret is then untouched. Surrounding white space is ignored.
 */
bool date_parse(const char *s, size_t n, enum date_order order, struct date *ret);

/* As date_parse, and "before D", "after D", "about D" / "c. D" / "~D", "D..D" / "between D and D", with the
 * words in English, French or Spanish. An interval that ends before it begins is no date. */
bool date_parse_fuzzy(const char *s, size_t n, enum date_order order, struct fuzzy_date *ret);

/* Evidence for the order of a whole column, gathered value by value; blank values are passed over. */
struct date_evidence {
	uint64_t n_values; /* texts that are (fuzzy) dates in at least one order */
	uint64_t n_not_date;
	uint64_t fits[4]; /* indexed by enum date_order */
};
void date_evidence_add(struct date_evidence *e, const char *s, size_t n);
/* The order that fits at least 19 in 20 of the dates and is right about at least 19 in 20 of those that tell
 * day before month and month before day apart; DATE_YMD when every date begins with its year or has no order;
 * DATE_ORDER_UNKNOWN when the column cannot say. */
enum date_order date_evidence_order(const struct date_evidence *e);

/* ISO 8601 as far as known: "1990-05-17", "1990-05", "1990", "" when unknown. */
int date_format(struct date d, struct buffer *out) CF_MUST_USE;
int date_format_fuzzy(const struct fuzzy_date *d, struct buffer *out) CF_MUST_USE;
