#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/random.h"
#include "base/sweep.h"
#include "work/clk_base64.h"
#include "work/clk_read.h"
#include "work/clk_write.h"

static char folder[] = "/tmp/cf_clk_XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	char command[64];
	(void)snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

/* RFC 4648, section 10. */
static void test_base64(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	static const char *const refused[] = {
		"Zg", "Zg=", "Zh==", "Z===", "====", "Zm9v=", "Zg==Zg==", "Z\n9v", "Zm9-"};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer back = BUFFER_INIT;
		assert_int_equal(base64_append(&text, (const uint8_t *)pairs[i][0], strlen(pairs[i][0])), 0);
		assert_string_equal(buffer_text(&text), pairs[i][1]);
		assert_int_equal(base64_read(buffer_text(&text), text.n, &back), 0);
		assert_string_equal(buffer_text(&back), pairs[i][0]);
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		CF_CLEANUP(buffer_done) struct buffer back = BUFFER_INIT;
		assert_int_equal(base64_read(refused[i], strlen(refused[i]), &back), CF_E_INPUT);
	}
}

/* What is written in each form reads back the same. */
static void test_round_trip(void **state)
{
	(void)state;
	static const char *const names[] = {"x.json", "x.csv", "x.clk"};
	enum { ROWS = 500, BYTES = 40 };
	static uint8_t rows[ROWS][BYTES];
	struct random_stream random;
	random_init(&random, 31, 0);
	for (size_t i = 0; i < sizeof rows; i++)
		rows[i / BYTES][i % BYTES] = (uint8_t)random_bits(&random);
	for (size_t k = 0; k < 3; k++) {
		char path[128];
		struct stat st;
		CF_CLEANUP(clk_writer_abandon) struct clk_writer w = {0};
		CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
		struct cf_error err = CF_ERROR_INIT;
		(void)snprintf(path, sizeof path, "%s/%s", folder, names[k]);
		assert_int_equal(clk_writer_begin(&w, path, WORK_CLK_BY_NAME, 8 * BYTES, NULL), 0);
		for (size_t i = 0; i < ROWS; i++)
			assert_int_equal(clk_writer_add(&w, rows[i], NULL), 0);
		assert_int_equal(clk_writer_commit(&w, NULL), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		if (clk_file_read(path, 0, &s, &err) < 0)
			fail_msg("%s", err.message);
		assert_int_equal(s->n, ROWS);
		assert_int_equal(s->n_bits, 8 * BYTES);
		for (size_t i = 0; i < ROWS; i++) {
			uint64_t words[BYTES / 8];
			clk_set_copy(s, i, 1, words);
			for (size_t b = 0; b < BYTES; b++)
				assert_int_equal((uint8_t)(words[b / 8] >> (56 - 8 * (b % 8))), rows[i][b]);
		}
		struct clk_set *none = NULL;
		assert_int_equal(clk_file_read(path, 1000, &none, &err), CF_E_LIMIT);
	}
}

static int read_text(const char *data, size_t n, struct clk_set **ret, struct cf_error *err)
{
	FILE *f = fmemopen((void *)(uintptr_t)data, n, "r");
	assert_non_null(f);
	int status = clk_stream_read("x", f, 0, ret, err);
	(void)fclose(f);
	return status;
}

static void test_json(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{\"clks\": []}",
		" {\"clks\":[\"Zm9v\",\"YmFy\"]} \n",
		"{\"a\": {\"b\": [1, -2.5e3, true, null, {}, [], \"\\u00e9\\\"\"]}, \"clks\": [\"Zm9v\\n\"]}",
		"{\"clks\": [\"\\/\\/\\/\\/\"]}",
	};
	static const size_t n_rows[] = {0, 2, 1, 1};
	for (size_t i = 0; i < 4; i++) {
		CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
		struct cf_error err = CF_ERROR_INIT;
		if (read_text(good[i], strlen(good[i]), &s, &err) < 0)
			fail_msg("%zu: %s", i, err.message);
		assert_int_equal(s->n, n_rows[i]);
	}
}

static void test_json_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *where;
	} cases[] = {
		{"[]", "x:1:1:"},
		{"{}", "no \"clks\""},
		{"{\"clks\": {}}", "x:1:10:"},
		{"{\"clks\": [\"Zm9v\",\n  \"Zg\"]}", "x:2:3: record 2:"},
		{"{\"clks\": [\"Zm9v\",\"Zg==\"]}", "another length"},
		{"{\"clks\": [\"Zm9v\"", "x:1:"},
		{"{\"clks\": [\"Zm9v\"]} x", "more behind"},
		{"{\"clks\": [\"Zm9v\",]}", "x:1:18:"},
		{"{\"clks\": [], \"clks\": []}", "second time"},
		{"{\"clks\": [\"Zm9", "ends within"},
		{"{\"clks\": [[\"Zm9v\", \"1\"]]}", "blocks"},
		{"{\"a\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
			"deeply"},
		{"{\"a\" 1}", "':'"},
		{"{\"clks\": [],}", "key"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct clk_set *s = NULL;
		struct cf_error err = CF_ERROR_INIT;
		const int status = read_text(cases[i].text, strlen(cases[i].text), &s, &err);
		if (status != CF_E_INPUT || !strstr(err.message, cases[i].where))
			fail_msg("case %zu: %d, %s", i, status, err.message);
		assert_null(s);
	}
}

static void test_csv(void **state)
{
	(void)state;
	static const char good[] = "row,clk\n1,Zm9v\n2,YmFy\n";
	static const char bad[] = "row,clk\n1,Zm9v\n2,YmF\n";
	static const char none[] = "row,code\n1,Zm9v\n";
	CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(clk_csv_parse("x", good, strlen(good), &s, &err), 0);
	assert_int_equal(s->n, 2);
	struct clk_set *other = NULL;
	assert_int_equal(clk_csv_parse("x", bad, strlen(bad), &other, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "x:3:"));
	assert_int_equal(clk_csv_parse("x", none, strlen(none), &other, &err), CF_E_INPUT);
}

static void test_binary_refused(void **state)
{
	(void)state;
	uint8_t file[32 + 6] = "counterfoil clk\n\x01\0\0\0\x14\0\0\0\x02\0\0\0\0\0\0";
	CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
	struct clk_set *none = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(read_text((const char *)file, sizeof file, &s, &err), 0);
	assert_int_equal(s->n, 2);
	assert_int_equal(s->n_bits, 20);
	assert_int_equal(read_text((const char *)file, sizeof file - 1, &none, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "record 2"));
	file[24] = 1;
	assert_int_equal(read_text((const char *)file, sizeof file, &none, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "more behind"));
	file[34] = 1; /* bit 24 of 20 */
	assert_int_equal(read_text((const char *)file, sizeof file - 3, &none, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "beyond"));
	file[16] = 9;
	assert_int_equal(read_text((const char *)file, sizeof file, &none, &err), CF_E_INPUT);
	assert_int_equal(read_text((const char *)file, 20, &none, &err), CF_E_INPUT);
	assert_null(none);
}

static int read_json(void *context, struct cf_error *err)
{
	CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
	return read_text(context, strlen(context), &s, err);
}

static void test_sweep(void **state)
{
	(void)state;
	char text[] = "{\"x\": \"y\", \"clks\":[\"Zm9v\",\"YmFy\"]}";
	assert_true(sweep_run("reading", read_json, text) > 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_refused),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_binary_refused),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
