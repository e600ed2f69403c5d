#include "work/score_truth.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sweep.h"

static char folder[] = "/tmp/counterfoil_truth_XXXXXX";
static char *file_a;
static char *file_b;

static int make_files(void **state)
{
	(void)state;
	static const char a[] = "name;rec_id\nx;rec-12-org\n\"y;z\"; rec-7-dup-0\nw;\n";
	static const char b[] = "rec_id,other\nrec-7-org,1\n,2\nrec-12-dup-1,3\nrec-13-org,4\n";
	assert_non_null(mkdtemp(folder));
	file_a = file_path(folder, "a.csv");
	file_b = file_path(folder, "b.csv");
	return file_write_atomic(file_a, a, sizeof a - 1, 0600, NULL) ||
	       file_write_atomic(file_b, b, sizeof b - 1, 0600, NULL);
}

static int drop_files(void **state)
{
	(void)state;
	(void)unlink(file_a);
	(void)unlink(file_b);
	mem_free(file_a);
	mem_free(file_b);
	return rmdir(folder);
}

static int read_both(void *context, struct cf_error *err)
{
	CF_CLEANUP_SCORE_TRUTH struct score_truth *t = NULL;
	CF_CLEANUP_FREE uint32_t *a = NULL;
	CF_CLEANUP_FREE uint32_t *b = NULL;
	size_t n_a = 0;
	size_t n_b = 0;
	const uint32_t want_a[] = {0, 1, 2};
	const uint32_t want_b[] = {1, 3, 0, 4};
	TRY(score_truth_new(context, &t, err));
	TRY(score_truth_read(t, file_a, &a, &n_a, err));
	TRY(score_truth_read(t, file_b, &b, &n_b, err));
	assert_string_equal(score_truth_column(t), "rec_id");
	assert_int_equal(n_a, 3);
	assert_int_equal(n_b, 4);
	assert_memory_equal(a, want_a, sizeof want_a);
	assert_memory_equal(b, want_b, sizeof want_b);
	assert_int_equal(score_truth_n(t), 5);
	return 0;
}

static void test_expressions(void **state)
{
	(void)state;
	char with_group[] = "rec_id:rec-([0-9]+)-";
	char without_group[] = "rec_id:rec-[0-9]+";
	assert_int_equal(read_both(with_group, NULL), 0);
	assert_int_equal(read_both(without_group, NULL), 0);
}

static void test_without_expression(void **state)
{
	(void)state;
	CF_CLEANUP_SCORE_TRUTH struct score_truth *t = NULL;
	CF_CLEANUP_FREE uint32_t *b = NULL;
	size_t n = 0;
	const uint32_t want[] = {0, 1, 2, 3};
	assert_int_equal(score_truth_new("REC_ID", &t, NULL), 0);
	assert_int_equal(score_truth_read(t, file_b, &b, &n, NULL), 0);
	assert_memory_equal(b, want, sizeof want);
}

static void refuse(const char *text, int code, const char *says)
{
	CF_CLEANUP_SCORE_TRUTH struct score_truth *t = NULL;
	CF_CLEANUP_FREE uint32_t *rows = NULL;
	size_t n = 0;
	struct cf_error err = CF_ERROR_INIT;
	int status = score_truth_new(text, &t, &err);
	if (status == 0)
		status = score_truth_read(t, file_b, &rows, &n, &err);
	assert_int_equal(status, code);
	if (!strstr(err.message, says))
		fail_msg("expected \"%s\" in: %s", says, err.message);
}

static void test_refuses(void **state)
{
	(void)state;
	refuse("", CF_E_USAGE, "name of a column");
	refuse(":x", CF_E_USAGE, "name of a column");
	refuse("rec_id:rec-(", CF_E_USAGE, "not a regular expression");
	refuse("person", CF_E_NOT_FOUND, "no column 'person'; its columns are rec_id, other");
	/* the third row is on line 4; the cell itself is not shown */
	refuse("rec_id:rec-([0-9]+)-org", CF_E_INPUT, "b.csv:4: column 'rec_id'");
}

static void test_out_of_memory(void **state)
{
	(void)state;
	char with_expression[] = "rec_id:rec-([0-9]+)-";
	assert_true(sweep_run("truth", read_both, with_expression) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_without_expression),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, make_files, drop_files);
}
