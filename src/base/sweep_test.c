/* Every function of this room that allocates, with each of its allocations failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/csv.h"
#include "base/date.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/jobs.h"
#include "base/json.h"
#include "base/sweep.h"
#include "base/text.h"

static char folder[] = "/tmp/cf_sweep_XXXXXX";

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

static int use_buffer(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	for (int i = 0; i < 100; i++) {
		TRY_MEMORY(buffer_printf(&b, "%d %s", i, "some text"), err);
		TRY_MEMORY(buffer_append_char(&b, ' '), err);
		TRY_MEMORY(buffer_append_text(&b, "more of it"), err);
	}
	CF_CLEANUP_FREE char *copy = mem_strdup(buffer_text(&b));
	return copy ? CF_OK : error_memory(err);
}

static int use_arena(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_ARENA struct arena *a = arena_new(0);
	if (!a)
		return error_memory(err);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < 40; i++)
			if (!arena_alloc(a, i * i * i, 1) || !arena_strndup(a, "name", 4))
				return error_memory(err);
		arena_reset(a);
	}
	return CF_OK;
}

static int read_all(struct csv_reader *r, struct cf_error *err)
{
	const struct csv_cell *cells = NULL;
	int status;
	while ((status = csv_next(r, &cells, err)) > 0)
		if (!cells[0].text)
			return error_set(err, CF_E_INTERNAL, "no text");
	return status;
}

static int use_csv_memory(void *context, struct cf_error *err)
{
	(void)context;
	static const char data[] =
		"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t\n"
		"1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,\"a longer\ncell than the buffer is\"\n";
	struct csv_options options = {.buffer_bytes = 16};
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	TRY(csv_open_memory("t", data, sizeof data - 1, &options, &r, err));
	return read_all(r, err);
}

static int use_csv_file(void *context, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	TRY(csv_open(context, NULL, &r, err));
	return read_all(r, err);
}

static int use_csv_writer(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	for (int i = 0; i < 50; i++) {
		TRY_MEMORY(csv_write_cell(&out, true, "plain"), err);
		TRY_MEMORY(csv_write_cell(&out, false, "with \"quotes\", and a comma"), err);
		TRY_MEMORY(csv_end_row(&out), err);
	}
	return CF_OK;
}

static int use_dates(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct fuzzy_date d;
	if (!date_parse_fuzzy("1990..1991", 10, DATE_YMD, &d))
		return error_set(err, CF_E_INTERNAL, "no date");
	for (int i = 0; i < 50; i++)
		TRY_MEMORY(date_format_fuzzy(&d, &out), err);
	return CF_OK;
}

static int use_files(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_FREE char *below = file_path(folder, "a");
	CF_CLEANUP_FREE char *path = file_path(folder, "a/f");
	CF_CLEANUP_FREE char *copy = file_path(folder, "a/g");
	if (!below || !path || !copy)
		return error_memory(err);
	TRY(file_make_folder(below, 0700, err));
	TRY(file_write_atomic(path, "hello", 5, 0600, err));
	TRY(file_copy(path, copy, 0600, err));
	CF_CLEANUP(buffer_done) struct buffer b = BUFFER_INIT;
	TRY(file_read(copy, 100, &b, err));
	CF_CLEANUP(file_list_done) struct file_list list = FILE_LIST_INIT;
	TRY(file_list(below, &list, err));
	TRY(file_remove_leftovers(below, err));
	TRY(file_rename(copy, path, err));
	return file_remove(path, true, err);
}

static int use_ini_memory(void *context, struct cf_error *err)
{
	(void)context;
	static const char data[] =
		"[s]\na = 1\nb = 2\n[t]\nc = 3\nd = 4\ne = 5\nf = 6\ng = 7\nh = 8\ni = 9\nj = 10\n"
		"k = 11\nl = 12\nm = 13\nn = 14\no = 15\np = 16\nq = 17\n";
	CF_CLEANUP_INI struct ini *ini = NULL;
	return ini_parse("t", data, sizeof data - 1, &ini, err);
}

static int use_ini_file(void *context, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	return ini_open(context, &ini, err);
}

static int use_ini_writer(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	for (int i = 0; i < 20; i++) {
		TRY_MEMORY(ini_write_comment(&out, "a note\nof two lines"), err);
		TRY_MEMORY(ini_write_section(&out, "section"), err);
		TRY_MEMORY(ini_write(&out, "key", "value"), err);
	}
	return CF_OK;
}

static int no_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)context;
	(void)task;
	(void)worker;
	(void)err;
	return CF_OK;
}

static int use_jobs(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	TRY(jobs_new(3, &pool, err));
	return jobs_run(pool, 10, no_task, NULL, err);
}

static int use_json(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, true);
	json_begin_array(&j);
	for (int i = 0; i < 50; i++) {
		json_begin_object(&j);
		json_key_text(&j, "a\"key", "a\ntext");
		json_key_number(&j, "number", 0.1);
		json_key_integer(&j, "integer", -1);
		json_key_null(&j, "null");
		json_end(&j);
	}
	json_end(&j);
	TRY_MEMORY(json_finish(&j), err);
	return CF_OK;
}

static int use_text(void *context, struct cf_error *err)
{
	const char *text = context;
	size_t n = strlen(text);
	CF_CLEANUP_TEXT_TOOLS struct text_tools *tools = NULL;
	TRY(text_tools_new(&tools, err));
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	TRY(text_fold(tools, text, n, &out, err));
	TRY(text_normalise(tools, text, n, &out, err));
	return text_key(tools, text, n, &out, err);
}

/* The least number of allocations shows that the sweep met some at all. */
static void sweep(const char *what, sweep_function function, void *context, long least)
{
	long n = sweep_run(what, function, context);
	if (n < least)
		fail_msg("%s made %ld allocations, fewer than %ld", what, n, least);
}

static void test_sweep_memory(void **state)
{
	(void)state;
	sweep("buffer", use_buffer, NULL, 5);
	sweep("arena", use_arena, NULL, 5);
	sweep("dates", use_dates, NULL, 2);
	sweep("json", use_json, NULL, 5);
	sweep("jobs", use_jobs, NULL, 2);
}

static void test_sweep_tables(void **state)
{
	(void)state;
	sweep("csv from memory", use_csv_memory, NULL, 25);
	sweep("csv writer", use_csv_writer, NULL, 4);
	sweep("ini from memory", use_ini_memory, NULL, 6);
	sweep("ini writer", use_ini_writer, NULL, 3);
}

static void test_sweep_files(void **state)
{
	(void)state;
	sweep("files", use_files, NULL, 15);
	/* no failure left a temporary file behind: the folder is empty */
	CF_CLEANUP_FREE char *below = file_path(folder, "a");
	assert_int_equal(rmdir(below), 0);
	char csv[64];
	char ini[64];
	(void)snprintf(csv, sizeof csv, "%s/t.csv", folder);
	(void)snprintf(ini, sizeof ini, "%s/t.ini", folder);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_write_atomic(csv, "a,b\n1,2\n", 8, 0600, &err), 0);
	assert_int_equal(file_write_atomic(ini, "a = 1\n", 6, 0600, &err), 0);
	sweep("csv from a file", use_csv_file, csv, 6);
	sweep("ini from a file", use_ini_file, ini, 6);
}

static void test_sweep_texts(void **state)
{
	(void)state;
	static char ascii[] = "Maria";
	static char latin[] = "M\xc3\xbcller \xc5\x81";
	static char cyrillic[] = "\xd0\x96\xd1\x83\xd0\xba";
	static char han[] = "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e";
	sweep("ASCII text", use_text, ascii, 2);
	sweep("Latin text", use_text, latin, 4);
	sweep("Cyrillic text", use_text, cyrillic, 4);
	sweep("Han text", use_text, han, 4);
}

static int leave_one(void *context, struct cf_error *err)
{
	void **kept = context;
	void *p = mem_alloc(1, 1);
	if (!p)
		return error_memory(err);
	mem_free(*kept);
	*kept = p;
	return CF_OK;
}

/* A sweep counts what a function leaves behind and takes back, and says how often it allocates. */
static void test_the_sweep_counts(void **state)
{
	(void)state;
	void *kept = NULL;
	mem_fail_after(5);
	assert_int_equal(leave_one(&kept, NULL), 0);
	assert_int_equal(mem_balance(), 1);
	assert_int_equal(leave_one(&kept, NULL), 0);
	assert_int_equal(mem_balance(), 1);
	mem_free(kept);
	assert_int_equal(mem_balance(), 0);
	assert_false(mem_failed());
	mem_fail_after(-1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_sweep_counts),
		cmocka_unit_test(test_sweep_memory),
		cmocka_unit_test(test_sweep_tables),
		cmocka_unit_test(test_sweep_files),
		cmocka_unit_test(test_sweep_texts),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
