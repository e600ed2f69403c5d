#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "model/dates.h"

static struct fuzzy_date date(const char *text)
{
	struct fuzzy_date d = {0};
	if (!dates_parse_canonical(text, strlen(text), &d))
		fail_msg("'%s' is no date", text);
	return d;
}

/* The two readers are different code: canonical is what the tolerant one reads and the writer gives back. */
static void agrees_with_the_tolerant_reader(const char *text, size_t n)
{
	struct fuzzy_date mine = {0};
	struct fuzzy_date theirs = {0};
	struct buffer written = BUFFER_INIT;
	bool is_mine = dates_parse_canonical(text, n, &mine);
	bool is_theirs = date_parse_fuzzy(text, n, DATE_YMD, &theirs);
	if (is_theirs) {
		assert_int_equal(date_format_fuzzy(&theirs, &written), 0);
		is_theirs = written.n == n && memcmp(written.data, text, n) == 0;
	}
	if (is_mine != is_theirs)
		fail_msg("'%.*s' is %scanonical", (int)n, text, is_theirs ? "" : "not ");
	if (is_mine) {
		assert_int_equal(mine.kind, theirs.kind);
		assert_int_equal(date_compare(mine.first, theirs.first), 0);
		assert_int_equal(date_compare(mine.last, theirs.last), 0);
	}
	buffer_done(&written);
}

static void reads_the_canonical_text_and_nothing_else(void **state)
{
	(void)state;
	static const char *const texts[] = {"1990-05-17", "1990-05", "1990", "about 1990", "before 1990-05",
		"after 1990-05-17", "1988..1990", "1990..1988", "1990..1990-05", "1990-05-17..1990", "",
		"0000", "0001", "9999-12-31", "1990-00", "1990-05-00", "1990-13", "1990-02-29", "2000-02-29",
		"1990-5", "90", " 1990", "1990 ", "About 1990", "about  1990", "before 1988..1990",
		"1988..before 1990", "1988..", "..1990", "1990-", "1990-05-", "19900517", "1990/05/17",
		"1990-05-17T10:00", "1988...1990", "1988..1989..1990", "~1990", "entre 1988 et 1990"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		agrees_with_the_tolerant_reader(texts[i], strlen(texts[i]));
}

static void random_texts_are_read_alike(void **state)
{
	(void)state;
	static const char *const pieces[] = {"1990", "0000", "2000", "-", "-", "02", "29", "31", "12", "..",
		"about ", "before ", "after ", "5", "", "-05", "-00"};
	struct random_stream random;
	random_init(&random, 1, 1);
	for (int i = 0; i < 200000; i++) {
		char text[128] = "";
		size_t n_pieces = (size_t)random_below(&random, 9);
		for (size_t j = 0; j < n_pieces; j++)
			strcat(text, pieces[random_below(&random, sizeof pieces / sizeof *pieces)]);
		agrees_with_the_tolerant_reader(text, strlen(text));
	}
}

static void spans_hold_every_day(void **state)
{
	(void)state;
	struct fuzzy_date d = date("1990-02");
	struct dates_span s = dates_span(&d);
	assert_int_equal(s.first, date_to_days((struct date){1990, 2, 1}));
	assert_int_equal(s.last, date_to_days((struct date){1990, 2, 28}));
	d = date("before 1990-02");
	s = dates_span(&d);
	assert_true(s.first == DATES_OPEN_BEGIN);
	assert_int_equal(s.last, date_to_days((struct date){1990, 1, 31}));
	d = date("after 1990");
	s = dates_span(&d);
	assert_int_equal(s.first, date_to_days((struct date){1991, 1, 1}));
	assert_true(s.last == DATES_OPEN_END);
	d = date("1988..1990-03");
	s = dates_span(&d);
	assert_int_equal(s.first, date_to_days((struct date){1988, 1, 1}));
	assert_int_equal(s.last, date_to_days((struct date){1990, 3, 31}));
	d = date("about 1990-03-10");
	s = dates_span(&d);
	assert_int_equal(s.last - s.first, 62);
	d = (struct fuzzy_date){0};
	s = dates_span(&d);
	assert_true(s.first == DATES_OPEN_BEGIN && s.last == DATES_OPEN_END);
}

static bool certainly_after(const char *a, const char *b)
{
	struct fuzzy_date x = date(a);
	struct fuzzy_date y = date(b);
	return dates_certainly_after(&x, &y);
}

static void only_what_is_certain_is_later(void **state)
{
	(void)state;
	assert_true(certainly_after("1991", "1990"));
	assert_false(certainly_after("1990", "1990-05"));
	assert_false(certainly_after("1990-06", "1990"));
	assert_true(certainly_after("1990-06-02", "1990-06-01"));
	assert_false(certainly_after("1990-06-01", "1990-06-01"));
	assert_true(certainly_after("after 1990", "before 1990"));
	assert_true(certainly_after("1990", "before 1990"));
	assert_false(certainly_after("before 1995", "1980"));
	assert_false(certainly_after("1995", "after 1980"));
	assert_false(certainly_after("about 1995", "1990-06"));
	assert_true(certainly_after("about 1996", "1990-06"));
}

static enum dates_majority majority(const char *birth, const char *event)
{
	struct fuzzy_date b = date(birth);
	struct fuzzy_date e = date(event);
	return dates_majority(&b, &e);
}

static void majority_is_never_guessed(void **state)
{
	(void)state;
	assert_int_equal(majority("2000-05-17", "2018-05-16"), DATES_MINOR);
	assert_int_equal(majority("2000-05-17", "2018-05-17"), DATES_ADULT);
	assert_int_equal(majority("2000", "2018"), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(majority("2000", "2017"), DATES_MINOR);
	assert_int_equal(majority("2000", "2019"), DATES_ADULT);
	assert_int_equal(majority("2000-05", "2018-05"), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(majority("2000-05", "2018-04"), DATES_MINOR);
	assert_int_equal(majority("2000-05", "2018-06"), DATES_ADULT);
	/* on 28 February 2018 not yet */
	assert_int_equal(majority("2000-02-29", "2018-02-28"), DATES_MINOR);
	assert_int_equal(majority("2000-02-29", "2018-03-01"), DATES_ADULT);
	assert_int_equal(majority("after 2005", "2020"), DATES_MINOR);
	assert_int_equal(majority("before 2000", "2020"), DATES_ADULT);
	assert_int_equal(majority("after 2000", "2030"), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(majority("2000", "after 2018"), DATES_ADULT);
	assert_int_equal(majority("2000", "before 2018"), DATES_MINOR);
	assert_int_equal(majority("2000", "before 2019"), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(majority("about 2000", "2018"), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(majority("about 2000", "2030"), DATES_ADULT);
	assert_int_equal(majority("1995..2002", "2015"), DATES_MAJORITY_UNKNOWN);
	assert_int_equal(majority("1995..2002", "2012"), DATES_MINOR);
	assert_int_equal(majority("9990", "9999"), DATES_MAJORITY_UNKNOWN);
}

/* Every pair of days round the eighteenth birthday, against counting years by hand. */
static void majority_agrees_with_the_calendar(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 2, 1);
	for (int i = 0; i < 20000; i++) {
		struct date born = date_from_days((int64_t)random_below(&random, 20000));
		int64_t turns = date_to_days((struct date){(int16_t)(born.year + 18), born.month, born.day});
		struct date day = date_from_days(turns - 3 + (int64_t)random_below(&random, 7));
		int years = day.year - born.year -
			    (day.month < born.month || (day.month == born.month && day.day < born.day));
		struct fuzzy_date b = {DATE_EXACT, born, born};
		struct fuzzy_date e = {DATE_EXACT, day, day};
		assert_int_equal(dates_majority(&b, &e), years < 18 ? DATES_MINOR : DATES_ADULT);
	}
}

static void moments_have_one_form(void **state)
{
	(void)state;
	static const char *const good[] = {
		"2026-02-01T08:30:00Z", "2024-02-29T23:59:59Z", "0001-01-01T00:00:00Z"};
	static const char *const bad[] = {"2026-02-01T08:30:00", "2026-02-01 08:30:00Z",
		"2026-02-01T24:00:00Z", "2026-02-01T08:60:00Z", "2026-02-01T08:30:60Z",
		"2026-02-30T08:30:00Z", "2026-02T08:30:00Z", "", "2026-02-01T08:30:00Z ",
		"2026-02-01T8:30:00Z", "2026-02-01T08:30:00.5Z"};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(dates_is_moment(good[i], strlen(good[i])));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(dates_is_moment(bad[i], strlen(bad[i])));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_canonical_text_and_nothing_else),
		cmocka_unit_test(random_texts_are_read_alike),
		cmocka_unit_test(spans_hold_every_day),
		cmocka_unit_test(only_what_is_certain_is_later),
		cmocka_unit_test(majority_is_never_guessed),
		cmocka_unit_test(majority_agrees_with_the_calendar),
		cmocka_unit_test(moments_have_one_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
