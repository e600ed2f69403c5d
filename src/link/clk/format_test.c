#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "link/clk/format.h"

/* Beside Python 3.11's datetime.strptime; 0: ValueError. */
static void test_dates(void **state)
{
	(void)state;
	static const struct {
		const char *format, *text;
		int year, month, day;
	} cases[] = {
		{"%Y-%m-%d", "1990-02-03", 1990, 2, 3},
		{"%Y-%m-%d", "1990-2-3", 1990, 2, 3},
		{"%Y-%m-%d", "1990-02-30", 0, 0, 0},
		{"%Y-%m-%d", "90-02-03", 0, 0, 0},
		{"%Y-%m-%d", "1990-02-03 ", 0, 0, 0},
		{"%Y-%m-%d", "0000-02-03", 0, 0, 0},
		{"%Y%m%d", "1990111", 1990, 11, 1},
		{"%Y%m%d", "199011", 1990, 1, 1},
		{"%Y%m%d", "19901", 0, 0, 0},
		{"%d.%m.%y", "1.2.68", 2068, 2, 1},
		{"%d.%m.%y", "1.2.69", 1969, 2, 1},
		{"%d %B %Y", "3 MARCH 1990", 1990, 3, 3},
		{"%d  %b %Y", "3 mar 1990", 1990, 3, 3},
		{"%b%Y", "May1990", 1990, 5, 1},
		{"%Y-%j", "2000-060", 2000, 2, 29},
		{"%Y-%j", "1999-366", 0, 0, 0},
		{"%Y-%m-%d %H:%M:%S", "1990-02-03 23:59:61", 1990, 2, 3},
		{"%Y-%m-%d %H:%M:%S", "1990-02-03 24:00:00", 0, 0, 0},
		{"%m", "7", 1900, 7, 1},
		{"100%% %Y", "100% 1990", 1990, 1, 1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int d[3] = {0};
		assert_int_equal(clk_date_format_check(cases[i].format, NULL), 0);
		const bool good = clk_date_parse(cases[i].format, cases[i].text, strlen(cases[i].text), d);
		if (good != (cases[i].year != 0) || d[0] != cases[i].year || d[1] != cases[i].month ||
			d[2] != cases[i].day)
			fail_msg(
				"%s %s: %d %d-%d-%d", cases[i].format, cases[i].text, good, d[0], d[1], d[2]);
	}
	assert_int_equal(clk_date_format_check("%Y %Y", NULL), CF_E_INPUT);
	assert_int_equal(clk_date_format_check("%Q", NULL), CF_E_INPUT);
	assert_int_equal(clk_date_format_check("%", NULL), CF_E_INPUT);
}

static void test_strip(void **state)
{
	(void)state;
	const char *text = "\xe3\x80\x80 a b\xc2\xa0\t\xe2\x80\xaf";
	size_t n = strlen(text);
	clk_strip(&text, &n);
	assert_int_equal(n, 3);
	assert_memory_equal(text, "a b", 3);
	text = "  ";
	n = 2;
	clk_strip(&text, &n);
	assert_int_equal(n, 0);
	/* the last bytes of a letter may look like a space's */
	text = "\xe4\xb8\xa0";
	n = 3;
	clk_strip(&text, &n);
	assert_int_equal(n, 3);
}

static void check(const struct clk_feature *f, const char *cell, const char *expected)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	const int status = clk_format_cell(f, NULL, cell, strlen(cell), &out, &err);
	if (expected ? status < 0 || strcmp(buffer_text(&out), expected) != 0 : status != CF_E_INPUT)
		fail_msg("'%s': %d '%s' %s", cell, status, buffer_text(&out), err.message);
	if (!expected && cell[0])
		assert_null(strstr(err.message, cell)); /* never the cell */
}

static void test_cells(void **state)
{
	(void)state;
	struct clk_feature whole = {.format = CLK_INTEGER,
		.has_minimum = true,
		.minimum = -10,
		.has_maximum = true,
		.maximum = 1000};
	check(&whole, "+007", "7");
	check(&whole, "-0", "0");
	check(&whole, "-11", NULL);
	check(&whole, "1001", NULL);
	check(&whole, "99999999999999999999999", NULL);
	check(&whole, "12x", NULL);
	check(&whole, "-", NULL);
	check(&whole, "", NULL);
	char empty[] = "";
	char null[] = "NULL";
	char replaced[] = "x";
	whole.sentinel = empty;
	check(&whole, "", "");
	struct clk_feature name = {
		.format = CLK_STRING, .letters = CLK_UPPER, .min_length = 2, .max_length = 4};
	check(&name, "ÉÈÀ", "ÉÈÀ");
	check(&name, "Éèà", NULL);
	check(&name, "X", NULL);
	check(&name, "ABCDE", NULL);
	char m[] = "M";
	char *values[] = {m};
	struct clk_feature choice = {.format = CLK_ENUM,
		.values = values,
		.n_values = 1,
		.sentinel = null,
		.replace_with = replaced};
	check(&choice, "M", "M");
	check(&choice, "Q", NULL);
	check(&choice, "NULL", "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_strip),
		cmocka_unit_test(test_cells),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
