#include <stdio.h>

#include "base/sweep.h"
#include "link/test_support.h"

static void texts_are_numbered_once(void **state)
{
	(void)state;
	CF_CLEANUP(link_dictionary_done) struct link_dictionary d = LINK_DICTIONARY_INIT;
	struct cf_error err = CF_ERROR_INIT;
	uint32_t code;
	assert_int_equal(link_dictionary_find(&d, "a", 1), 0);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++) {
			char text[40];
			int n = snprintf(text, sizeof text, "a long enough text %u", i);
			assert_int_equal(link_dictionary_add(&d, text, (size_t)n, &code, &err), 0);
			assert_int_equal(code, i + 1);
			assert_int_equal(link_dictionary_find(&d, text, (size_t)n), i + 1);
			assert_string_equal(link_dictionary_text(&d, code), text);
			assert_int_equal(link_dictionary_length(&d, code), n);
		}
	assert_int_equal(link_dictionary_add(&d, "", 0, &code, &err), 0);
	assert_int_equal(code, 0);
	assert_int_equal(d.n, 5000);
	/* a text that is another's beginning, and one with a NUL inside, are others */
	assert_int_equal(link_dictionary_find(&d, "a long enough text 1", 19), 0);
	assert_int_equal(link_dictionary_find(&d, "a long enough text 1\0", 21), 0);
}

static void files_and_pairs(void **state)
{
	(void)state;
	static const struct test_column columns[] = {{"a", LINK_NAME, LINK_ROLE_NONE}};
	static const char *const cells[] = {"x", "", "x", "y", "x", "z"};
	static const size_t first[] = {0, 2, 2, 6};
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, 1, cells, first, 3);
	assert_int_equal(link_table_file_of(t, 0), 0);
	assert_int_equal(link_table_file_of(t, 1), 0);
	assert_int_equal(link_table_file_of(t, 2), 2);
	assert_int_equal(link_table_file_of(t, 5), 2);
	assert_true(link_table_n_pairs(t, true, false) == 8);
	assert_true(link_table_n_pairs(t, false, true) == 7);
	assert_true(link_table_n_pairs(t, true, true) == 15);
	assert_int_equal(t->columns[0].counts[0], 1);
	assert_int_equal(t->columns[0].counts[1], 3);
}

static void kinds_have_names(void **state)
{
	(void)state;
	for (int k = 0; k < LINK_N_KINDS; k++)
		assert_int_equal(link_kind_from_name(link_kind_name((enum link_kind)k)), k);
	assert_int_equal(link_kind_from_name("nothing"), -1);
}

static int make(void *context, struct cf_error *err)
{
	(void)context;
	static const struct test_column columns[] = {
		{"a", LINK_NAME, LINK_ROLE_NONE}, {"b", LINK_CODE, LINK_ROLE_NONE}};
	static const char *const cells[] = {"x", "1", "y", "2"};
	static const size_t first[] = {0, 2};
	CF_CLEANUP_LINK_TABLE struct link_table *t = NULL;
	return test_table_try(columns, 2, cells, first, 1, &t, err);
}

static void out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("table", make, NULL) > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_numbered_once),
		cmocka_unit_test(files_and_pairs),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
