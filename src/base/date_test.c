#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/random.h"

/* Every day of 10,000 years, counted one by one by the rules of the calendar. */
static void test_days_round_trip(void **state)
{
	(void)state;
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int64_t days = -719162; /* 0001-01-01, a Monday; Reingold and Dershowitz, fixed date 1 */
	for (int year = 1; year <= 9999; year++) {
		bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
		assert_int_equal(date_is_leap_year(year), leap);
		for (int month = 1; month <= 12; month++) {
			int length = lengths[month - 1] + (month == 2 && leap);
			assert_int_equal(date_days_in_month(year, month), length);
			for (int day = 1; day <= length; day++, days++) {
				struct date d = {(int16_t)year, (uint8_t)month, (uint8_t)day};
				struct date back = date_from_days(days);
				if (date_to_days(d) != days || date_compare(d, back) != 0 ||
					!date_is_valid(d))
					fail_msg("%04d-%02d-%02d", year, month, day);
			}
			assert_false(date_is_valid(
				(struct date){(int16_t)year, (uint8_t)month, (uint8_t)(length + 1)}));
		}
	}
	assert_int_equal(date_from_days(days).year, 0);
	assert_int_equal(date_from_days(-719163).year, 0);
	assert_int_equal(date_from_days(INT64_MAX).year, 0);
	assert_int_equal(date_from_days(INT64_MIN).year, 0);
}

/* The C library as a second opinion. */
static void test_days_agree_with_the_library(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 1970, 1);
	for (int i = 0; i < 20000; i++) {
		int64_t days = (int64_t)random_below(&r, 2932896 + 719163) - 719162;
		time_t seconds = (time_t)(days * 86400);
		struct tm tm;
		assert_non_null(gmtime_r(&seconds, &tm));
		struct date d = date_from_days(days);
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
	}
}

static void test_validity(void **state)
{
	(void)state;
	assert_true(date_is_valid((struct date){1990, 0, 0}));
	assert_true(date_is_valid((struct date){1990, 5, 0}));
	assert_false(date_is_valid((struct date){0, 0, 0}));
	assert_false(date_is_valid((struct date){1990, 0, 5}));
	assert_false(date_is_valid((struct date){1990, 13, 0}));
	assert_false(date_is_valid((struct date){10000, 1, 1}));
	assert_false(date_is_valid((struct date){-1, 1, 1}));
	assert_int_equal(date_days_in_month(1990, 0), 0);
	assert_int_equal(date_days_in_month(1990, 13), 0);
}

static void test_comparing(void **state)
{
	(void)state;
	static const struct date rising[] = {{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {1, 1, 1}, {1, 1, 31},
		{1, 2, 0}, {1, 12, 31}, {2, 0, 0}, {1990, 5, 17}, {1990, 5, 18}, {9999, 12, 31}};
	enum { N = sizeof rising / sizeof *rising };
	for (int i = 0; i < N; i++)
		for (int j = 0; j < N; j++)
			assert_int_equal(date_compare(rising[i], rising[j]), (i > j) - (i < j));
}

struct example {
	const char *text;
	const char *expected[4]; /* by order; NULL: no date */
};

#define ALL(iso)                                                                                             \
	{                                                                                                    \
		iso, iso, iso, iso                                                                           \
	}
#define NONE ALL(NULL)

static const struct example examples[] = {
	/* the year first, in every order */
	{"1990-05-17", ALL("1990-05-17")},
	{"1990/05/17", ALL("1990-05-17")},
	{"1990.5.17", ALL("1990-05-17")},
	{"1990 5 17", ALL("1990-05-17")},
	{"1990 - 05 - 17", ALL("1990-05-17")},
	{"19900517", ALL("1990-05-17")},
	{"0001-01-01", ALL("0001-01-01")},
	{"9999-12-31", ALL("9999-12-31")},
	{"1990-05", ALL("1990-05")},
	{"1990/5", ALL("1990-05")},
	{"05/1990", ALL("1990-05")},
	{"5.1990", ALL("1990-05")},
	{"1990", ALL("1990")},
	{" \t1990-05-17\r\n", ALL("1990-05-17")},
	{"\xc2\xa0"
	 "1990-05-17\xe2\x80\x8f",
		ALL("1990-05-17")},
	/* the year last: the order decides, or the numbers do */
	{"03/04/1990", {NULL, NULL, "1990-04-03", "1990-03-04"}},
	{"3.4.1990", {NULL, NULL, "1990-04-03", "1990-03-04"}},
	{"3. 4. 1990", {NULL, NULL, "1990-04-03", "1990-03-04"}},
	{"3 4 1990", {NULL, NULL, "1990-04-03", "1990-03-04"}},
	{"17-05-1990", {"1990-05-17", NULL, "1990-05-17", NULL}},
	{"05-17-1990", {"1990-05-17", NULL, NULL, "1990-05-17"}},
	{"05/05/1990", {"1990-05-05", NULL, "1990-05-05", "1990-05-05"}},
	{"29/02/2000", {"2000-02-29", NULL, "2000-02-29", NULL}},
	/* a time of day behind it */
	{"1990-05-17T00:00:00Z", ALL("1990-05-17")},
	{"1990-05-17 10:20", ALL("1990-05-17")},
	{"1990-05-17 10:20:30.125+02:00", ALL("1990-05-17")},
	{"17/05/1990 1:20 pm", {"1990-05-17", NULL, "1990-05-17", NULL}},
	{"1990-05 10:20", NONE},
	{"1990-05-17T", NONE},
	{"1990-05-17 :20", NONE},
	{"1990-05-17 10:20 people", NONE},
	{"10:20", NONE},
	/* months by name */
	{"17 May 1990", ALL("1990-05-17")},
	{"17-may-1990", ALL("1990-05-17")},
	{"May 17, 1990", ALL("1990-05-17")},
	{"MAY 17th 1990", ALL("1990-05-17")},
	{"1990 May 17", ALL("1990-05-17")},
	{"the 1st of September, 1990", ALL("1990-09-01")},
	{"Sept. 1990", ALL("1990-09")},
	{"2nd Jan 1990", ALL("1990-01-02")},
	{"3rd feb. 1990", ALL("1990-02-03")},
	{"1990 december", ALL("1990-12")},
	{"1er f\xc3\xa9vrier 1990", ALL("1990-02-01")},
	{"1er fe\xcc\x81vrier 1990", ALL("1990-02-01")},
	{"le 3 ao\xc3\xbbt 1990", ALL("1990-08-03")},
	{"D\xc3\x89"
	 "CEMBRE 1990",
		ALL("1990-12")},
	{"14 juil. 1990", ALL("1990-07-14")},
	{"17 de mayo de 1990", ALL("1990-05-17")},
	{"4 de enero del 2001", ALL("2001-01-04")},
	{"setiembre 1990", ALL("1990-09")},
	{"17 jui 1990", NONE},
	{"17 mayor 1990", NONE},
	{"may", NONE},
	{"17 may", NONE},
	{"may 1990 17", NONE},
	{"17 may 90", NONE},
	{"may may 1990", NONE},
	{"29 feb 1990", NONE},
	{"0 may 1990", NONE},
	{"of 1990", NONE},
	/* digits of other scripts: Arabic, Persian, Devanagari, Bengali, Thai, Khmer, Burmese, full width */
	{"\xd9\xa1\xd9\xa9\xd9\xa9\xd9\xa0-\xd9\xa0\xd9\xa5-\xd9\xa1\xd9\xa7", ALL("1990-05-17")},
	{"\xdb\xb1\xdb\xb9\xdb\xb9\xdb\xb0/\xdb\xb0\xdb\xb5/\xdb\xb1\xdb\xb7", ALL("1990-05-17")},
	{"\xe0\xa5\xa7\xe0\xa5\xaf\xe0\xa5\xaf\xe0\xa5\xa6-\xe0\xa5\xab", ALL("1990-05")},
	{"\xe0\xa7\xa7\xe0\xa7\xaf\xe0\xa7\xaf\xe0\xa7\xa6", ALL("1990")},
	{"\xe0\xb9\x91\xe0\xb9\x99\xe0\xb9\x99\xe0\xb9\x90", ALL("1990")},
	{"\xe1\x9f\xa1\xe1\x9f\xa9\xe1\x9f\xa9\xe1\x9f\xa0", ALL("1990")},
	{"\xe1\x81\x81\xe1\x81\x89\xe1\x81\x89\xe1\x81\x80", ALL("1990")},
	{"\xef\xbc\x91\xef\xbc\x99\xef\xbc\x99\xef\xbc\x90\xef\xbc\x8f\xef\xbc\x95", ALL("1990-05")},
	/* dates that do not exist, and texts that are none */
	{"1990-02-29", NONE},
	{"1900-02-29", NONE},
	{"1990-04-31", NONE},
	{"1990-13-01", NONE},
	{"1990-00-10", NONE},
	{"1990-05-00", NONE},
	{"1990-00", NONE},
	{"00/1990", NONE},
	{"0000-01-01", NONE},
	{"0000", NONE},
	{"19900532", NONE},
	{"19901301", NONE},
	{"31/04/1990", NONE},
	{"00/05/1990", NONE},
	{"17/05/90", NONE},
	{"90-05-17", NONE},
	{"1990-05/17", NONE},
	{"1990,05,17", NONE},
	{"1990--05", NONE},
	{"-1990", NONE},
	{"1990-", NONE},
	{"17.05.1990.", NONE},
	{"1990-05-17-18", NONE},
	{"1 2 3 4 5 6 7 8 9 10 11 12 13", NONE},
	{"199005", NONE},
	{"12345", NONE},
	{"123456789", NONE},
	{"99999999999999999999999999", NONE},
	{"", NONE},
	{"  ", NONE},
	{"unknown", NONE},
	{"1990-05-1x", NONE},
	{"\xff\xfe", NONE},
	{"1990-05-17\xff", NONE},
	{"\xe0\xa5", NONE},
	{"before 1990", NONE},
};

static const enum date_order orders[] = {DATE_ORDER_UNKNOWN, DATE_YMD, DATE_DMY, DATE_MDY};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		for (size_t j = 0; j < 4; j++) {
			const struct example *e = &examples[i];
			const struct date untouched = {-7, 7, 7};
			struct date d = untouched;
			bool found = date_parse(e->text, strlen(e->text), orders[j], &d);
			CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
			if (!found)
				assert_memory_equal(&d, &untouched, sizeof d);
			else
				assert_int_equal(date_format(d, &out), 0);
			const char *got = found ? buffer_text(&out) : NULL;
			if ((got == NULL) != (e->expected[j] == NULL) ||
				(got && strcmp(got, e->expected[j]) != 0))
				fail_msg("'%s' in order %zu: %s instead of %s", e->text, j,
					got ? got : "none", e->expected[j] ? e->expected[j] : "none");
		}
	}
}

static void test_months_by_name(void **state)
{
	(void)state;
	static const char *const names[][12] = {
		{"January", "February", "March", "April", "May", "June", "July", "August", "September",
			"October", "November", "December"},
		{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		{"janvier", "f\xc3\xa9vrier", "mars", "avril", "mai", "juin", "juillet", "ao\xc3\xbbt",
			"septembre", "octobre", "novembre",
			"d\xc3\xa9"
			"cembre"},
		{"janv.", "f\xc3\xa9vr.", "mars", "avr.", "mai", "juin", "juil.", "ao\xc3\xbbt", "sept.",
			"oct.", "nov.",
			"d\xc3\xa9"
			"c."},
		{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
			"octubre", "noviembre", "diciembre"},
		{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		for (int month = 1; month <= 12; month++) {
			char text[64];
			(void)snprintf(text, sizeof text, "9 %s 2004", names[i][month - 1]);
			struct date d = {0};
			if (!date_parse(text, strlen(text), DATE_ORDER_UNKNOWN, &d))
				fail_msg("%s", text);
			assert_int_equal(date_compare(d, (struct date){2004, (uint8_t)month, 9}), 0);
		}
	}
}

/* All that date_format and the common forms write is read back. */
static void test_written_dates_read_back(void **state)
{
	(void)state;
	for (int64_t days = -719162; days <= 2932896; days += 37) {
		struct date d = date_from_days(days);
		static const char *const forms[] = {"%1$04d-%2$02d-%3$02d", "%1$04d%2$02d%3$02d",
			"%3$d/%2$d/%1$04d", "%2$02d.%3$02d.%1$04d"};
		static const enum date_order form_orders[] = {DATE_MDY, DATE_DMY, DATE_DMY, DATE_MDY};
		for (size_t i = 0; i < 4; i++) {
			char text[32];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(text, sizeof text, forms[i], d.year, d.month, d.day);
#pragma GCC diagnostic pop
			struct date back = {0};
			if (!date_parse(text, strlen(text), form_orders[i], &back) ||
				date_compare(d, back) != 0)
				fail_msg("%s", text);
		}
	}
}

static const struct {
	const char *text;
	const char *expected; /* NULL: no date */
} fuzzy_examples[] = {
	{"1990-05-17", "1990-05-17"},
	{"1990", "1990"},
	{"before 1990-05", "before 1990-05"},
	{"Before May 1990", "before 1990-05"},
	{"avant 1990", "before 1990"},
	{"avant le 3 mai 1990", "before 1990-05-03"},
	{"antes de 1990", "before 1990"},
	{"antes del 3 de mayo de 1990", "before 1990-05-03"},
	{"< 1990", "before 1990"},
	{"after 17 May 1990", "after 1990-05-17"},
	{"apr\xc3\xa8s 1990", "after 1990"},
	{"despu\xc3\xa9s de 1990", "after 1990"},
	{">1990", "after 1990"},
	{"about 1990", "about 1990"},
	{"c. 1990", "about 1990"},
	{"c.1990", "about 1990"},
	{"ca. 1990-05", "about 1990-05"},
	{"circa 1990", "about 1990"},
	{"~1990", "about 1990"},
	{"~ 1990", "about 1990"},
	{"approx. 1990", "about 1990"},
	{"vers 1990", "about 1990"},
	{"hacia mayo de 1990", "about 1990-05"},
	{"1990..1992", "1990..1992"},
	{"1990-05-17 .. 1990-06-01", "1990-05-17..1990-06-01"},
	{"1990..1990-05", "1990..1990-05"},
	{"1990-05..1990", "1990-05..1990"},
	{"between 1990 and 1992", "1990..1992"},
	{"between 3 May 1990 and 4 May 1990", "1990-05-03..1990-05-04"},
	{"entre 1990 et 1992", "1990..1992"},
	{"entre enero de 1990 y marzo de 1992", "1990-01..1992-03"},
	{"1992..1990", NULL},
	{"1990-06..1990-05-31", NULL},
	{"between 1990", NULL},
	{"between 1990 and", NULL},
	{"between and 1990", NULL},
	{"between 1992 and 1990", NULL},
	{"before", NULL},
	{"before before 1990", NULL},
	{"before 1990..1992", NULL},
	{"1990..", NULL},
	{"..1990", NULL},
	{"..", NULL},
	{"~", NULL},
	{"", NULL},
	{"beforehand 1990", NULL},
	{"1990..1991..1992", NULL},
	{"about 1990-02-30", NULL},
	/* a word longer than any month, a time behind a letter, something behind a time */
	{"17 septembrementary 1990", NULL},
	{"1990-05-17x12:30", NULL},
	{"1990-05-17 12:30 o'clock", NULL},
	/* longer than any date, also once the blanks around it are gone */
	{"1990-05-17                                                            "
	 "                                                                     1990",
		NULL},
	{"                                                                      "
	 "                                                           1990-05-17",
		"1990-05-17"},
};

static void test_fuzzy_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof fuzzy_examples / sizeof *fuzzy_examples; i++) {
		const char *text = fuzzy_examples[i].text;
		const char *expected = fuzzy_examples[i].expected;
		struct fuzzy_date d = {0};
		bool found = date_parse_fuzzy(text, strlen(text), DATE_ORDER_UNKNOWN, &d);
		if (found != (expected != NULL))
			fail_msg("'%s' is %sread", text, found ? "" : "not ");
		if (!found)
			continue;
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		assert_int_equal(date_format_fuzzy(&d, &out), 0);
		assert_string_equal(buffer_text(&out), expected);
		/* what is written is read as the same */
		struct fuzzy_date back = {0};
		assert_true(date_parse_fuzzy(out.data, out.n, DATE_ORDER_UNKNOWN, &back));
		assert_int_equal(back.kind, d.kind);
		assert_int_equal(date_compare(back.first, d.first), 0);
		assert_int_equal(date_compare(back.last, d.last), 0);
	}
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	assert_int_equal(date_format_fuzzy(&(struct fuzzy_date){0}, &out), 0);
	assert_int_equal(date_format((struct date){0}, &out), 0);
	assert_string_equal(buffer_text(&out), "");
}

/* A column of n dates of which so many are written month first, the rest day first; days run over whole
 * years. */
static struct date_evidence column(int n, int n_month_first, const char *extra)
{
	struct date_evidence e = {0};
	for (int i = 0; i < n; i++) {
		struct date d = date_from_days(10000 + (int64_t)i * 13);
		char text[32];
		bool month_first = i < n_month_first;
		(void)snprintf(text, sizeof text, "%02d/%02d/%d", month_first ? d.month : d.day,
			month_first ? d.day : d.month, d.year);
		date_evidence_add(&e, text, strlen(text));
	}
	if (extra)
		date_evidence_add(&e, extra, strlen(extra));
	return e;
}

static enum date_order order_of(const char *const *texts)
{
	struct date_evidence e = {0};
	for (; *texts; texts++)
		date_evidence_add(&e, *texts, strlen(*texts));
	return date_evidence_order(&e);
}

static void test_order_is_inferred(void **state)
{
	(void)state;
	struct date_evidence e = column(1000, 0, NULL);
	assert_int_equal(date_evidence_order(&e), DATE_DMY);
	assert_int_equal(e.n_values, 1000);
	assert_int_equal(e.n_not_date, 0);
	assert_int_equal(e.fits[DATE_DMY], 1000);
	assert_int_equal(e.fits[DATE_YMD], 0);
	e = column(1000, 1000, NULL);
	assert_int_equal(date_evidence_order(&e), DATE_MDY);
	/* a few slips do not change it, one in ten does */
	e = column(1000, 15, NULL);
	assert_int_equal(date_evidence_order(&e), DATE_DMY);
	e = column(1000, 985, NULL);
	assert_int_equal(date_evidence_order(&e), DATE_MDY);
	e = column(1000, 100, NULL);
	assert_int_equal(date_evidence_order(&e), DATE_ORDER_UNKNOWN);
	e = column(1000, 500, NULL);
	assert_int_equal(date_evidence_order(&e), DATE_ORDER_UNKNOWN);
	e = column(40, 0, "not a date");
	assert_int_equal(e.n_not_date, 1);
	assert_int_equal(date_evidence_order(&e), DATE_DMY);
	date_evidence_add(&e, "  ", 2);
	assert_int_equal(e.n_values + e.n_not_date, 41);
}

static void test_order_that_cannot_be_told(void **state)
{
	(void)state;
	assert_int_equal(order_of((const char *const[]){NULL}), DATE_ORDER_UNKNOWN);
	assert_int_equal(order_of((const char *const[]){"x", NULL}), DATE_ORDER_UNKNOWN);
	assert_int_equal(
		order_of((const char *const[]){"03/04/1990", "05/06/1991", NULL}), DATE_ORDER_UNKNOWN);
	assert_int_equal(
		order_of((const char *const[]){"13/04/1990", "04/13/1991", NULL}), DATE_ORDER_UNKNOWN);
	assert_int_equal(
		order_of((const char *const[]){"05/05/1990", "06/06/1991", NULL}), DATE_ORDER_UNKNOWN);
}

static void test_order_of_columns_without_one(void **state)
{
	(void)state;
	assert_int_equal(order_of((const char *const[]){"1990-05-17", "1991-01-02", NULL}), DATE_YMD);
	assert_int_equal(order_of((const char *const[]){"1990", "17 May 1990", "05/1990", NULL}), DATE_YMD);
	assert_int_equal(order_of((const char *const[]){"1990-05-17", "17/05/1990", NULL}), DATE_DMY);
	assert_int_equal(order_of((const char *const[]){"before 1990-05-17", "~05/17/1990", NULL}), DATE_MDY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_round_trip),
		cmocka_unit_test(test_days_agree_with_the_library),
		cmocka_unit_test(test_validity),
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_months_by_name),
		cmocka_unit_test(test_written_dates_read_back),
		cmocka_unit_test(test_fuzzy_examples),
		cmocka_unit_test(test_order_is_inferred),
		cmocka_unit_test(test_order_that_cannot_be_told),
		cmocka_unit_test(test_order_of_columns_without_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
