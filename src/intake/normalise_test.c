#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first */
#include <cmocka.h>

#include <string.h>

#include "base/sweep.h"
#include "intake/normalise.h"

static struct text_tools *tools;

static int open_tools(void **state)
{
	(void)state;
	struct cf_error err;
	return text_tools_new(&tools, &err);
}

static int close_tools(void **state)
{
	(void)state;
	tools = text_tools_free(tools);
	return 0;
}

struct pair {
	const char *in;
	const char *out;
};

typedef int (*normaliser)(struct text_tools *, const char *, size_t, struct buffer *, struct cf_error *);

static void check(normaliser f, const struct pair *pairs, size_t n)
{
	struct cf_error err;
	for (size_t i = 0; i < n; i++) {
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		assert_int_equal(f(tools, pairs[i].in, strlen(pairs[i].in), &out, &err), CF_OK);
		assert_string_equal(buffer_text(&out), pairs[i].out);
	}
}
#define CHECK(f, pairs) check(f, pairs, sizeof(pairs) / sizeof *(pairs))

static void words_and_placeholders(void **state)
{
	(void)state;
	static const struct pair pairs[] = {{"  José-María ", "jose maria"}, {"O'Brien", "obrien"},
		{"N/A", ""}, {"unknown", ""}, {"Inconnu", ""}, {"-", ""}, {"", ""}, {"Нгуен", "nguen"},
		{"Na Li", "na li"}};
	CHECK(normalise_words, pairs);
}

static void codes(void **state)
{
	(void)state;
	static const struct pair pairs[] = {{"AB 123-456", "ab123456"}, {"ab", ""}, {"0000000", ""},
		{"unknown", ""}, {"7009843", "7009843"}};
	CHECK(normalise_code, pairs);
}

static void emails(void **state)
{
	(void)state;
	static const struct pair pairs[] = {
		{"A.B@Example.ORG", "a.b@example.org"}, {"none", ""}, {"@x", ""}, {"x@", ""}, {"a b@c", ""}};
	CHECK(normalise_email, pairs);
}

static void sexes(void **state)
{
	(void)state;
	static const struct pair pairs[] = {{"F", "female"}, {"Feminine", "female"}, {"Homme", "male"},
		{"mals", "mals"}, {"NonSpecifiedUnknown", ""}, {"Transgender Feminine", "female"},
		{"Non-Conforming", "non conforming"}};
	CHECK(normalise_sex, pairs);
}

static void expect_phone(const char *country, const char *in, const char *expected)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	assert_int_equal(normalise_phone(country, in, strlen(in), &out), CF_OK);
	assert_string_equal(buffer_text(&out), expected);
}

static void phones(void **state)
{
	(void)state;
	expect_phone(NULL, "+84 (0)90-123.4567", "+840901234567");
	expect_phone(NULL, "0084 90 123 4567", "+84901234567");
	expect_phone(NULL, "08 2210 0298", "0822100298");
	expect_phone("61", "08 2210 0298", "+61822100298");
	expect_phone("61", "+84 901234567", "+84901234567");
	expect_phone(NULL, "08 221O 0298", "08221?0298");
	expect_phone(NULL, "٠٩٠١٢٣٤٥", "09012345");
	expect_phone(NULL, "5551234 ext 12", "5551234");
	expect_phone(NULL, "unknown", "");
	expect_phone(NULL, "1234", "");
	expect_phone(NULL, "000 000 000", "");
	expect_phone(NULL, "123456789012345678901234567890", "");
}

static void expect_date(enum date_order order, const char *in, const char *expected, bool damaged)
{
	bool was_damaged = !damaged;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	assert_int_equal(normalise_date(order, in, strlen(in), &out, &was_damaged), CF_OK);
	assert_string_equal(buffer_text(&out), expected);
	assert_int_equal(was_damaged, damaged);
}

static void dates(void **state)
{
	(void)state;
	expect_date(DATE_DMY, "03/04/1990", "19900403", false);
	expect_date(DATE_MDY, "03/04/1990", "19900304", false);
	expect_date(DATE_YMD, "19900304", "19900304", false);
	expect_date(DATE_DMY, "17 mai 1990", "19900517", false);
	expect_date(DATE_DMY, "1990", "19900000", false);
	expect_date(DATE_DMY, "1990-05", "19900500", false);
	expect_date(DATE_DMY, "about 1990", "19900000", false);
	expect_date(DATE_DMY, "before 1990", "", false);
	expect_date(DATE_DMY, "between 1990 and 1992", "", false);
	/* no dates, but digits in their places */
	expect_date(DATE_DMY, "3-05-19x1", "19?10503", true);
	expect_date(DATE_DMY, "31-02-1990", "19900231", true);
	expect_date(DATE_YMD, "1990-13-01", "19901301", true);
	expect_date(DATE_DMY, "31021990", "19900231", true);
	expect_date(DATE_YMD, "1990021", "1990021", true);
	expect_date(DATE_DMY, "1-2-3-4567", "", true);
	/* no value */
	expect_date(DATE_DMY, "", "", false);
	expect_date(DATE_DMY, "unknown", "", false);
	expect_date(DATE_DMY, "00/00/0000", "", false);
	expect_date(DATE_DMY, "99-99-9999", "", false);
}

static int all_of_them(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	TRY(normalise_words(tools, "Señora Nguyễn", 16, &out, err));
	TRY(normalise_code(tools, "AB-123456", 9, &out, err));
	TRY(normalise_sex(tools, "femme", 5, &out, err));
	return normalise_email(tools, "a@example.org", 13, &out, err);
}

static void survives_lack_of_memory(void **state)
{
	(void)state;
	sweep_run("normalising", all_of_them, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_placeholders),
		cmocka_unit_test(codes),
		cmocka_unit_test(emails),
		cmocka_unit_test(sexes),
		cmocka_unit_test(phones),
		cmocka_unit_test(dates),
		cmocka_unit_test(survives_lack_of_memory),
	};
	return cmocka_run_group_tests(tests, open_tools, close_tools);
}
