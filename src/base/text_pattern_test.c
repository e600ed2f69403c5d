#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/sweep.h"
#include "base/text_pattern.h"

static void test_case(void **state)
{
	(void)state;
	/* beside Python: s.upper() == s, s.lower() == s */
	static const struct {
		const char *text;
		bool upper, lower;
	} cases[] = {{"", true, true}, {"KÉVIN", true, false}, {"KéVIN", false, false},
		{"straße", false, true}, {"ИВАН 7", true, false}, {"иван", false, true}, {"محمد", true, true},
		{"Ⅻ", true, false}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(text_is_upper(cases[i].text, strlen(cases[i].text)), cases[i].upper);
		assert_int_equal(text_is_lower(cases[i].text, strlen(cases[i].text)), cases[i].lower);
	}
}

static int matches(const char *pattern, const char *text)
{
	CF_CLEANUP_TEXT_PATTERN struct text_pattern *p = NULL;
	assert_int_equal(text_pattern_new(pattern, &p, NULL), 0);
	return text_pattern_matches(p, text, strlen(text), NULL);
}

static void test_matches(void **state)
{
	(void)state;
	assert_int_equal(matches("[a-z][a-z][a-z]\\d\\d\\d", "kev007"), 1);
	assert_int_equal(matches("[a-z][a-z][a-z]\\d\\d\\d", "kev0071"), 0);
	assert_int_equal(matches("a|ab", "ab"), 1);
	assert_int_equal(matches("\\w+", "Ольга"), 1);
	assert_int_equal(matches("", ""), 1);
}

static void test_refused(void **state)
{
	(void)state;
	struct text_pattern *p = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(text_pattern_new("ab(c", &p, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "character 4"));
	assert_null(p);
}

/* (a+)+b over many a's takes time exponential in their number. */
static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(matches("(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), CF_E_LIMIT);
}

static int allocate(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_TEXT_PATTERN struct text_pattern *p = NULL;
	TRY(text_pattern_new("a+", &p, err));
	return text_pattern_matches(p, "aaaaaaaa", 8, err);
}

static void test_sweep(void **state)
{
	(void)state;
	assert_true(sweep_run("pattern", allocate, NULL) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
