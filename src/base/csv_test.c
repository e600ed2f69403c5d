#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/random.h"

/* A text in angle brackets for each cell, a line end after each row; an error as "! code line column". */
static void render(const char *data, size_t n, const struct csv_options *options, struct buffer *out,
	struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	int status = csv_open_memory("t.csv", data, n, options, &r, err);
	if (status == 0) {
		for (size_t i = 0; i < csv_n_columns(r); i++)
			assert_int_equal(buffer_printf(out, "<%s>", csv_column_name(r, i)), 0);
		assert_null(csv_column_name(r, csv_n_columns(r)));
		assert_int_equal(buffer_append_char(out, '\n'), 0);
		const struct csv_cell *cells = NULL;
		while ((status = csv_next(r, &cells, err)) > 0) {
			for (size_t i = 0; i < csv_n_columns(r); i++) {
				assert_int_equal(strlen(cells[i].text), cells[i].n);
				assert_int_equal(buffer_printf(out, "<%s>", cells[i].text), 0);
			}
			assert_int_equal(buffer_append_char(out, '\n'), 0);
		}
		if (status == 0)
			assert_int_equal(csv_bytes_read(r), n);
		assert_int_equal(csv_bytes_total(r), n);
	}
	if (status < 0) {
		assert_int_equal(status, err->code);
		assert_int_equal(buffer_printf(out, "! %s %d %d", error_name(err->code), (int)err->line,
					 (int)err->column),
			0);
	}
}

struct example {
	const char *data;
	size_t n;
	const char *expected;
	struct csv_options options;
};

#define CASE(text, result, ...)                                                                              \
	{                                                                                                    \
		.data = text, .n = sizeof(text) - 1, .expected = result, __VA_ARGS__                         \
	}
#define TRIM .options = {.trim = true}

static const struct example examples[] = {
	/* RFC 4180, section 2, rules 1 to 7 */
	CASE("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", "<aaa><bbb><ccc>\n<zzz><yyy><xxx>\n"),
	CASE("aaa,bbb,ccc\r\nzzz,yyy,xxx", "<aaa><bbb><ccc>\n<zzz><yyy><xxx>\n"),
	CASE("a,b\n1, 2 \n", "<a><b>\n<1>< 2 >\n"),
	CASE("\"aaa\",\"bbb\",\"ccc\"\r\nzzz,yyy,xxx", "<aaa><bbb><ccc>\n<zzz><yyy><xxx>\n"),
	CASE("a,b,c\n\"aaa\",\"b\r\nbb\",\"ccc\"\nzzz,yyy,xxx",
		"<a><b><c>\n<aaa><b\r\nbb><ccc>\n<zzz><yyy><xxx>\n"),
	CASE("a,b,c\n\"aaa\",\"b\"\"bb\",\"ccc\"", "<a><b><c>\n<aaa><b\"bb><ccc>\n"),
	CASE("a,b\n\"\"\"\",\"\"\"x\"\"\"\n", "<a><b>\n<\"><\"x\">\n"),
	CASE("a,b\n\"1,2\",3\n", "<a><b>\n<1,2><3>\n"),
	/* line ends, also mixed and quoted */
	CASE("a,b\r1,2\r3,4\r", "<a><b>\n<1><2>\n<3><4>\n"),
	CASE("a,b\n1,2\r3,4\r\n5,6", "<a><b>\n<1><2>\n<3><4>\n<5><6>\n"),
	CASE("a,b\n\"x\ry\",2\n", "<a><b>\n<x\ry><2>\n"),
	CASE("a,b\n\"1\"\r\n2,3", "<a><b>\n! input 2 2"),
	CASE("a,b\n\"1\",\"2\"\r\"3\",\"4\"", "<a><b>\n<1><2>\n<3><4>\n"),
	/* ends of files */
	CASE("a,b", "<a><b>\n"),
	CASE("a,b\n1,", "<a><b>\n<1><>\n"),
	CASE("a,b\n,\n", "<a><b>\n<><>\n"),
	CASE("a,b\n1,\"\"", "<a><b>\n<1><>\n"),
	CASE("a,b\n1,2\r", "<a><b>\n<1><2>\n"),
	CASE("", "! input 0 0"),
	CASE("\xef\xbb\xbf", "! input 0 0"),
	CASE("\n", "! input 1 1"),
	/* byte order mark */
	CASE("\xef\xbb\xbf"
	     "a,b\n1,2\n",
		"<a><b>\n<1><2>\n"),
	CASE("\xef\xbb\xbf\"a\",b\n1,2\n", "<a><b>\n<1><2>\n"),
	CASE("a,b\n\xef\xbb\xbf,2\n", "<a><b>\n<\xef\xbb\xbf><2>\n"),
	CASE("\xff\xfe"
	     "a\0,\0b\0\n\0",
		"! input 1 0"),
	CASE("\xfe\xff\0a", "! input 1 0"),
	/* blank lines, one column */
	CASE("a,b\n\n1,2\n\r\n\n3,4\n\n", "<a><b>\n<1><2>\n<3><4>\n"),
	CASE("a,b\n\"\"\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n \n", "<a><b>\n! input 2 2"),
	CASE("a,b\n \n1,2\n", "<a><b>\n<1><2>\n", TRIM),
	CASE("a\n1\n\n3\n", "<a>\n<1>\n<>\n<3>\n"),
	CASE("a\n1\n\n", "<a>\n<1>\n<>\n"),
	CASE("a\n\"x,y\"\n", "<a>\n<x,y>\n"),
	/* delimiters, guessed and given */
	CASE("a;b\n1,5;2\n", "<a><b>\n<1,5><2>\n"),
	CASE("a\tb\n1;\t2\n", "<a><b>\n<1;><2>\n"),
	CASE("a|b|c\n1|2|3\n", "<a><b><c>\n<1><2><3>\n"),
	CASE("\"a,x\";\"b,y,z\"\n1;2\n", "<a,x><b,y,z>\n<1><2>\n"),
	CASE("\"a\n;;;\",b\n1,2\n", "<a\n;;;><b>\n<1><2>\n"),
	CASE("\"a\"\";;\",b\n1,2\n", "<a\";;><b>\n<1><2>\n"),
	CASE("a;b,c;d\n1;2;3\n", "<a><b,c><d>\n<1><2><3>\n"),
	CASE("a;b\n1;2\n", "<a;b>\n<1;2>\n", .options = {.delimiter = ','}),
	CASE("a b\n1 2\n", "<a><b>\n<1><2>\n", .options = {.delimiter = ' '}),
	CASE("a:b\n1:\"2:3\"\n", "<a><b>\n<1><2:3>\n", .options = {.delimiter = ':'}),
	CASE("a b\n1 2\n", "<a><b>\n<1><2>\n", .options = {.delimiter = ' ', .trim = true}),
	CASE("a\tb\n \t2 \n", "<a><b>\n<><2>\n", TRIM),
	CASE("a,b\n", "! usage 0 0", .options = {.delimiter = '"'}),
	CASE("a,b\n", "! usage 0 0", .options = {.delimiter = '\n'}),
	CASE("a,b\n", "! usage 0 0", .options = {.delimiter = (char)0xe9}),
	/* trimming */
	CASE("rec, name , date\nr-1, mary  ann ,\t1990\n", "<rec><name><date>\n<r-1><mary  ann><1990>\n",
		TRIM),
	CASE("a,b\n \" x \" ,  \"y\"\n", "<a><b>\n< x ><y>\n", TRIM),
	CASE("a,b\n  ,  \n", "<a><b>\n<><>\n", TRIM),
	CASE("a,b\n1,  ", "<a><b>\n<1><>\n", TRIM),
	CASE("a,b\n \"x\" y,2\n", "<a><b>\n! input 2 1", TRIM),
	CASE(" a , b\t\n1,2\n", "<a><b>\n<1><2>\n"),
	/* headers */
	CASE("a,,c\n1,2,3\n", "! input 1 2"),
	CASE("a,b,\n1,2,3\n", "! input 1 3"),
	CASE("a,\"  \",c\n", "! input 1 2"),
	CASE("a,b,a\n1,2,3\n", "! input 1 3"),
	CASE("a,b, a\n1,2,3\n", "! input 1 3"),
	CASE("b,a,c,a,b\n", "! input 1 4"),
	CASE("a,A\n1,2\n", "<a><A>\n<1><2>\n"),
	CASE("a,b\"c\n", "! input 1 2"),
	CASE("a,\xff\n", "! input 1 2"),
	/* ragged rows: the first cell that is missing or too many */
	CASE("a,b,c\n1,2\n", "<a><b><c>\n! input 2 3"),
	CASE("a,b,c\n1\n", "<a><b><c>\n! input 2 2"),
	CASE("a,b\n1,2\n1,2,3\n", "<a><b>\n<1><2>\n! input 3 3"),
	CASE("a,b\n1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\n", "<a><b>\n! input 2 3"),
	CASE("a\n1,2\n", "<a>\n! input 2 2"),
	CASE("a,b\n\"x\n\ny\",2\n1\n", "<a><b>\n<x\n\ny><2>\n! input 5 2"),
	CASE("a,b\n\n\"x\r\ry\r\nz\n\",2\n1\n", "<a><b>\n<x\r\ry\r\nz\n><2>\n! input 8 2"),
	/* quotation marks out of place */
	CASE("a,b\n1,x\"y\"\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n1,\"x\"y\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n1, \"x\"\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n\"x\" ,1\n", "<a><b>\n! input 2 1"),
	CASE("a,b\n\"1\n2\"3,4\n", "<a><b>\n! input 3 1"),
	CASE("a,b\n1,2\n3,\"4\n5,6\n", "<a><b>\n<1><2>\n! input 3 2"),
	CASE("a,b\n3,\"4", "<a><b>\n! input 2 2"),
	CASE("a,b\n3,\"", "<a><b>\n! input 2 2"),
	CASE("a,b\n3,\"x\"\"", "<a><b>\n! input 2 2"),
	CASE("a,b\n\"1\n2\n\",\"4\n", "<a><b>\n! input 4 2"),
	CASE("a,\"b\n1,2\n", "! input 1 2"),
	/* bytes that are no text: the line is the byte's own, also inside a quoted cell */
	CASE("a,b\n1,x\xff\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n1,\"x\n\ny\xe9\"\n", "<a><b>\n! input 4 2"),
	CASE("a,b\n\xc3,1\n", "<a><b>\n! input 2 1"),
	CASE("a,b\n1,\xed\xa0\x80\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n1,\xc0\xaf\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n1,\xe2\x82", "<a><b>\n! input 2 2"),
	CASE("a,b\n1,\0x\n", "<a><b>\n! input 2 2"),
	CASE("a,b\n\"\nx\0\",1\n", "<a><b>\n! input 3 1"),
	CASE("a,b\n1,\0", "<a><b>\n! input 2 2"),
	CASE("a,b\nk\xc3\xa9,\xf0\x9f\x98\x80\n", "<a><b>\n<k\xc3\xa9><\xf0\x9f\x98\x80>\n"),
	/* limits */
	CASE("a,b,c,d\n1,2,3,4\n", "<a><b><c><d>\n<1><2><3><4>\n", .options = {.max_columns = 4}),
	CASE("a,b,c,d\n1,2,3,4\n", "! limit 1 0", .options = {.max_columns = 3}),
	CASE("a,b\n12345,67890\n", "<a><b>\n<12345><67890>\n", .options = {.max_row_bytes = 12}),
	CASE("a,b\n12345,67890\n", "<a><b>\n! limit 2 0", .options = {.max_row_bytes = 11}),
	CASE("aaaaaaaaaaaaaaaaaaaaaaaaa,b\n", "! limit 1 0", .options = {.max_row_bytes = 20}),
	CASE("a,b\n1,2\n3,4\n5,\"6\n7,8\n9,10\n11,12\n13,14\n", "<a><b>\n<1><2>\n<3><4>\n! limit 4 0",
		.options = {.max_row_bytes = 16}),
};

static void test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		const struct example *e = &examples[i];
		size_t n = e->n;
		/* whatever the buffer, the answer is the same: rows fall across its borders in every way */
		for (size_t size = 16; size < 64; size++) {
			struct csv_options options = e->options;
			options.buffer_bytes = size == 63 ? 0 : size;
			/* an exact copy, so that the sanitizer sees a read past the end */
			char *copy = malloc(n + 1);
			assert_non_null(copy);
			memcpy(copy, e->data, n);
			copy = realloc(copy, n ? n : 1);
			CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
			struct cf_error err = CF_ERROR_INIT;
			render(copy, n, &options, &out, &err);
			free(copy);
			if (strcmp(buffer_text(&out), e->expected) != 0)
				fail_msg("example %zu, buffer of %zu:\n%s\ninstead of\n%s\n(%s)", i, size,
					buffer_text(&out), e->expected, err.message);
		}
	}
}

static void expect_message(const char *data, size_t n, const char *expected)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	render(data, n, NULL, &out, &err);
	assert_string_equal(err.message, expected);
}

static void test_messages_name_the_place(void **state)
{
	(void)state;
	expect_message("id,family name\n1,Popescu\n2,Smi\"th\n", 34,
		"t.csv:3: column 'family name': a quotation mark at byte 6 of the line stands inside a cell "
		"that is not "
		"quoted; quote the whole cell and double the mark");
	expect_message("id,n\n1,\"x\ny\xff\"\n", 15,
		"t.csv:3: column 'n': byte 2 of the line is not UTF-8; save the file as UTF-8");
	expect_message("id,n\n1,\"x\n", 10,
		"t.csv:2: column 'n': the quotation mark at byte 3 of the line is never closed");
	expect_message("id,n\n1\n", 7,
		"t.csv:2: column 'n': the row has 1 cells, the header 2; quote cells that hold a delimiter "
		"or line break");
	expect_message("id,n\n1,2,3\n", 11,
		"t.csv:2: column 3: the row has 3 cells, the header 2; quote cells that hold a delimiter or "
		"line break");
	expect_message("id,n,id\n", 8, "t.csv:1:3: columns 1 and 3 have the same name; rename one");
}

/* No cell may be seen in a message, nor a column name that could be a cell of a file without a header. */
static void test_messages_hold_no_cells(void **state)
{
	(void)state;
	static const char *const files[] = {"a,b\nCANARY,CANARY,CANARY\n", "a,b\nCANARY\n",
		"a,b\n1,CANARY\"x\n", "a,b\n1,\"CANARY\"CANARY\n", "a,b\n1,\"CANARY", "a,b\n1,CANARY\xff\n",
		"CANARY,CANARY\n", "CANARY,,CANARY2\n", "CANARY,x\"\n"};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		struct cf_error err = CF_ERROR_INIT;
		render(files[i], strlen(files[i]), NULL, &out, &err);
		assert_int_equal(err.code, CF_E_INPUT);
		assert_null(strstr(err.message, "CANARY"));
	}
}

static void test_rows_and_lines_are_counted(void **state)
{
	(void)state;
	static const char data[] = "a,b\n1,\"x\r\ny\"\n\n3,4\n";
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(csv_open_memory("t.csv", data, sizeof data - 1, NULL, &r, &err), 0);
	assert_int_equal(csv_row(r), 0);
	assert_int_equal(csv_line(r), 1);
	const struct csv_cell *cells = NULL;
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_int_equal(csv_row(r), 1);
	assert_int_equal(csv_line(r), 2);
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_int_equal(csv_row(r), 2);
	assert_int_equal(csv_line(r), 5);
	assert_int_equal(csv_error(r, 1, &err, "%d is not a sex", 7), CF_E_INPUT);
	assert_string_equal(err.message, "t.csv:5: column 'b': 7 is not a sex");
	assert_int_equal(err.line, 5);
	assert_int_equal(err.column, 2);
	assert_int_equal(csv_error(r, 1, NULL, "nobody listens"), CF_E_INPUT);
	assert_int_equal(csv_next(r, &cells, &err), 0);
	assert_int_equal(csv_next(r, &cells, &err), 0);
	assert_int_equal(csv_row(r), 2);
}

static void test_an_error_stays(void **state)
{
	(void)state;
	static const char data[] = "a,b\n1,\xff\n3,4\n";
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(csv_open_memory("t.csv", data, sizeof data - 1, NULL, &r, &err), 0);
	const struct csv_cell *cells = NULL;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(csv_next(r, &cells, &err), CF_E_INPUT);
		assert_int_equal(err.line, 2);
	}
	assert_null(cells);
}

static void test_columns_are_found(void **state)
{
	(void)state;
	static const char data[] = "Name;name;Birth Date\n";
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(csv_open_memory("t.csv", data, sizeof data - 1, NULL, &r, &err), 0);
	assert_int_equal(csv_delimiter(r), ';');
	assert_int_equal(csv_find_column(r, "name"), 1);
	assert_int_equal(csv_find_column(r, "NAME"), 0);
	assert_int_equal(csv_find_column(r, "birth date"), 2);
	assert_int_equal(csv_find_column(r, "sex"), -1);
}

static void test_missing_files_and_folders(void **state)
{
	(void)state;
	struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(csv_open("/nonexistent/x.csv", NULL, &r, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "/nonexistent/x.csv"));
	assert_int_equal(csv_open("/", NULL, &r, &err), CF_E_INPUT);
	assert_null(r);
}

static void test_a_cell_larger_than_any_buffer(void **state)
{
	(void)state;
	enum { N = 5000000 };
	CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
	assert_int_equal(buffer_append_text(&data, "a,b\n1,\""), 0);
	for (int i = 0; i < N / 10; i++)
		assert_int_equal(buffer_append_text(&data, "12345678\"\""), 0);
	assert_int_equal(buffer_append_text(&data, "\"\n2,3\n"), 0);
	char path[] = "/tmp/cf_csv_XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(file_write_atomic(path, data.data, data.n, 0600, &err), 0);
	struct csv_options options = {.buffer_bytes = 1000};
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	assert_int_equal(csv_open(path, &options, &r, &err), 0);
	assert_int_equal(csv_bytes_total(r), data.n);
	const struct csv_cell *cells = NULL;
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_int_equal(cells[1].n, N / 10 * 9);
	assert_memory_equal(cells[1].text + N / 10 * 9 - 9, "12345678\"", 9);
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_string_equal(cells[1].text, "3");
	assert_int_equal(csv_next(r, &cells, &err), 0);
	assert_int_equal(csv_bytes_read(r), data.n);
	r = csv_close(r);
	options.max_row_bytes = N - 1;
	assert_int_equal(csv_open(path, &options, &r, &err), 0);
	assert_int_equal(csv_next(r, &cells, &err), CF_E_LIMIT);
	assert_int_equal(err.line, 2);
	assert_int_equal(unlink(path), 0);
}

static void test_pipes_are_read(void **state)
{
	(void)state;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "a,b\n1,2\n", 8), 8);
	(void)close(ends[1]);
	char path[32];
	(void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(csv_open(path, NULL, &r, &err), 0);
	assert_int_equal(csv_bytes_total(r), 0);
	const struct csv_cell *cells = NULL;
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_string_equal(cells[1].text, "2");
	(void)close(ends[0]);
}

static void random_cell(struct random_stream *random, char *to)
{
	static const char *const pieces[] = {"a", "b", " ", "\"", "\"\"", ",", ";", "\t", "|", "\n", "\r",
		"\r\n", "\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x98\x80", "\xef\xbb\xbf", "0", "'", "="};
	size_t n = (size_t)random_below(random, 8);
	to[0] = '\0';
	for (size_t i = 0; i < n; i++)
		strcat(to, pieces[random_below(random, sizeof pieces / sizeof *pieces)]);
}

enum { MAX_COLUMNS = 6, MAX_ROWS = 8, MAX_CELL = 64 };

static void read_back(const struct buffer *data, char cells[MAX_ROWS][MAX_COLUMNS][MAX_CELL], size_t n_rows,
	size_t n_columns, bool trim)
{
	struct csv_options options = {.buffer_bytes = 16, .trim = trim};
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (csv_open_memory("t", data->data, data->n, &options, &r, &err) != 0)
		fail_msg("%s in\n%s", err.message, data->data);
	assert_int_equal(csv_n_columns(r), n_columns);
	for (size_t i = 0; i < n_rows; i++) {
		const struct csv_cell *row = NULL;
		assert_int_equal(csv_next(r, &row, &err), 1);
		for (size_t j = 0; j < n_columns; j++)
			assert_string_equal(row[j].text, cells[i][j]);
	}
	const struct csv_cell *row = NULL;
	assert_int_equal(csv_next(r, &row, &err), 0);
}

/* Any table that csv_write_* writes reads back equal, also for a reader that guesses the delimiter and trims.
 */
static void test_written_tables_read_back(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 4180, 0);
	for (int round = 0; round < 5000; round++) {
		static char cells[MAX_ROWS][MAX_COLUMNS][MAX_CELL];
		size_t n_columns = 1 + (size_t)random_below(&random, MAX_COLUMNS);
		size_t n_rows = (size_t)random_below(&random, MAX_ROWS);
		CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
		for (size_t j = 0; j < n_columns; j++) {
			char name[MAX_CELL];
			random_cell(&random, name);
			strcat(name, (const char[]){(char)('0' + j), '\0'});
			assert_int_equal(csv_write_cell(&data, j == 0, name), 0);
		}
		assert_int_equal(csv_end_row(&data), 0);
		for (size_t i = 0; i < n_rows; i++) {
			for (size_t j = 0; j < n_columns; j++) {
				random_cell(&random, cells[i][j]);
				assert_int_equal(csv_write_cell(&data, j == 0, cells[i][j]), 0);
			}
			assert_int_equal(csv_end_row(&data), 0);
		}
		read_back(&data, cells, n_rows, n_columns, round % 2);
	}
}

static void test_written_text(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	static const char *const row[] = {"plain", "a,b", "say \"x\"", "", NULL, " x", "x\t", "1\n2"};
	for (size_t i = 0; i < sizeof row / sizeof *row; i++)
		assert_int_equal(csv_write_cell(&out, i == 0, row[i]), 0);
	assert_int_equal(csv_end_row(&out), 0);
	assert_string_equal(buffer_text(&out), "plain,\"a,b\",\"say \"\"x\"\"\",,,\" x\",\"x\t\",\"1\n2\"\n");
}

static void test_passes_over_bad_rows(void **state)
{
	(void)state;
	static const char file[] = "a,b\n1,2\n3\n\xff,4\n\"x\ny\",5,6\r\n7,8\n9,\"";
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	const struct csv_cell *cells;
	const char *bytes;
	size_t n;
	assert_int_equal(csv_open_memory("t.csv", file, sizeof file - 1, NULL, &r, &err), 0);
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_false(csv_pass_over(r, &bytes, &n));
	static const char *const refused[] = {"3\n", "\xff,4\n", "\"x\ny\",5,6\r\n"};
	static const uint64_t lines[] = {3, 4, 5};
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(csv_next(r, &cells, &err), CF_E_INPUT);
		assert_true(csv_pass_over(r, &bytes, &n));
		assert_int_equal(n, strlen(refused[i]));
		assert_memory_equal(bytes, refused[i], n);
		assert_int_equal(csv_line(r), lines[i]);
		assert_false(csv_pass_over(r, &bytes, &n));
	}
	assert_int_equal(csv_next(r, &cells, &err), 1);
	assert_string_equal(cells[1].text, "8");
	assert_int_equal(csv_line(r), 7);
	/* where a quote is never closed nobody can say where the row ends */
	assert_int_equal(csv_next(r, &cells, &err), CF_E_INPUT);
	assert_false(csv_pass_over(r, &bytes, &n));
}

static void test_formulas_are_made_harmless(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *guarded;
	} cases[] = {{"", ""}, {"x", "x"}, {"=1+1", "'=1+1"}, {"+1+1", "'+1+1"}, {"-2+3", "'-2+3"},
		{"@SUM(A1)", "'@SUM(A1)"}, {"\t=1", "'\t=1"}, {"\r=1", "'\r=1"}, {"-12.5", "-12.5"},
		{"+61412345678", "+61412345678"}, {"-", "'-"}, {"+1.", "'+1."}, {"+1.2.3", "'+1.2.3"},
		{"-1e5", "'-1e5"}, {"'x", "'x"}, {"'", "'"}, {"'=1", "''=1"}, {"''", "'''"},
		{"''=1", "'''=1"}, {"a=1", "a=1"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		assert_int_equal(csv_guard(cases[i].text, &out), 0);
		assert_string_equal(buffer_text(&out), cases[i].guarded);
		size_t n = out.n;
		const char *back = csv_unguarded(buffer_text(&out), &n);
		assert_string_equal(back, cases[i].text);
		assert_int_equal(n, strlen(cases[i].text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes_over_bad_rows),
		cmocka_unit_test(test_formulas_are_made_harmless),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_messages_name_the_place),
		cmocka_unit_test(test_messages_hold_no_cells),
		cmocka_unit_test(test_rows_and_lines_are_counted),
		cmocka_unit_test(test_an_error_stays),
		cmocka_unit_test(test_columns_are_found),
		cmocka_unit_test(test_missing_files_and_folders),
		cmocka_unit_test(test_a_cell_larger_than_any_buffer),
		cmocka_unit_test(test_pipes_are_read),
		cmocka_unit_test(test_written_tables_read_back),
		cmocka_unit_test(test_written_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
