#include "work/run_manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sweep.h"

static char folder[] = "/tmp/counterfoil_manifest_XXXXXX";
static const char *const file_names[] = {"a; b.csv", "Zürich # 2.csv", "map.ini", "run.ini"};
enum { N_FILES = sizeof file_names / sizeof *file_names };

static int make_folder(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < 3; i++) {
		CF_CLEANUP_FREE char *path = file_path(folder, file_names[i]);
		assert_int_equal(file_write_atomic(path, "x\n", 2, 0600, NULL), 0);
	}
	return chdir(folder);
}

static int drop_folder(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FILES; i++)
		(void)unlink(file_names[i]);
	return rmdir(folder);
}

/* Writes a manifest and reads it back; relative paths have become absolute. */
static int round_trip(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NULL;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *back = NULL;
	const struct run_list_request first = {"police", file_names[0], "map.ini", "columns police"};
	const struct run_list_request second = {"the shelter", file_names[1], NULL, NULL};
	TRY(run_manifest_new("999", &m, err));
	TRY(run_manifest_add_ignore(m, "truth_person", err));
	TRY(run_manifest_add_ignore(m, "case number; old", err));
	TRY(run_manifest_add_list(m, &first, err));
	TRY(run_manifest_add_list(m, &second, err));
	TRY(run_manifest_write(m, ".", err));
	TRY(run_manifest_read(".", &back, err));
	assert_string_equal(back->country, "999");
	assert_int_equal(back->n_ignore, 2);
	assert_string_equal(back->ignore[1], "case number; old");
	assert_int_equal(back->n_lists, 2);
	assert_string_equal(back->lists[0].name, "police");
	assert_string_equal(back->lists[1].name, "the shelter");
	assert_string_equal(back->lists[0].mapping_section, "columns police");
	assert_null(back->lists[1].mapping);
	assert_null(back->lists[1].mapping_section);
	for (size_t i = 0; i < 2; i++) {
		char *real = realpath(file_names[i], NULL);
		assert_string_equal(back->lists[i].path, real);
		assert_int_equal(real[0], '/');
		free(real);
	}
	return 0;
}

static void test_round_trip(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	if (round_trip(NULL, &err) < 0)
		fail_msg("%s", err.message);
}

static void test_no_country(void **state)
{
	(void)state;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NULL;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *back = NULL;
	const struct run_list_request list = {"police", file_names[0], NULL, NULL};
	assert_int_equal(run_manifest_new(NULL, &m, NULL), 0);
	assert_int_equal(run_manifest_add_list(m, &list, NULL), 0);
	assert_int_equal(run_manifest_write(m, ".", NULL), 0);
	assert_int_equal(run_manifest_read(".", &back, NULL), 0);
	assert_null(back->country);
	assert_int_equal(back->n_ignore, 0);
}

static void test_adding_refuses(void **state)
{
	(void)state;
	CF_CLEANUP_RUN_MANIFEST struct run_manifest *m = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const struct run_list_request missing = {"x", "no-such-file.csv", NULL, NULL};
	const struct run_list_request no_map = {"x", file_names[0], "no-such-map.ini", NULL};
	assert_int_equal(run_manifest_new(NULL, &m, NULL), 0);
	assert_int_equal(run_manifest_add_list(m, &missing, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "no-such-file.csv"));
	assert_int_equal(run_manifest_add_list(m, &no_map, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "no-such-map.ini"));
	assert_int_equal(run_manifest_add_ignore(m, "two\nlines", NULL), 0);
	assert_int_equal(run_manifest_write(m, ".", &err), CF_E_INPUT);
}

static void refuse(const char *text, int code, uint64_t line, const char *says)
{
	struct run_manifest *m = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_write_atomic("run.ini", text, strlen(text), 0600, NULL), 0);
	assert_int_equal(run_manifest_read(".", &m, &err), code);
	assert_null(m);
	if (line)
		assert_int_equal(err.line, line);
	if (!strstr(err.message, says))
		fail_msg("expected \"%s\" in: %s", says, err.message);
}

static void test_reading_refuses(void **state)
{
	(void)state;
	refuse("[run]\ncountry = 1\n", CF_E_INPUT, 0, "names no list");
	refuse("[run]\ncolour = red\n", CF_E_INPUT, 2, "'colour' has no place");
	refuse("[list]\npath = /x\nname = y\n", CF_E_INPUT, 2, "'path' has no place");
	refuse("[list]\nname = y\nsize = 3\n", CF_E_INPUT, 3, "'size' has no place");
	refuse("[lists]\nname = y\n", CF_E_INPUT, 2, "'name' has no place");
	refuse("[list]\nname = y\n", CF_E_INPUT, 0, "list 'y' has no path");
	refuse("[list]\nname = y\npath =\n", CF_E_INPUT, 0, "list 'y' has no path");
	refuse("[list]\nname =\npath = /x\n", CF_E_INPUT, 0, "list 1 has no name");
	refuse("[list]\nname = y\npath = /x\nmapping =\nmapping_section = c\n", CF_E_INPUT, 0,
		"only one of mapping");
	refuse("[list]\nname = y\npath = /x\nmapping = /m\n", CF_E_INPUT, 0, "only one of mapping");
	struct run_manifest *m = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(run_manifest_read("/nowhere/at/all", &m, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "study run --out"));
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("manifest", round_trip, NULL) > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_no_country),
		cmocka_unit_test(test_adding_refuses),
		cmocka_unit_test(test_reading_refuses),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
