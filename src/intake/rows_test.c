/* CSV and JSON Lines as rows. XLSX has a test of its own. */
#include "intake/rows.h"

#include "base/sweep.h"
#include <stdio.h>
#include <string.h>

/* Everything a source says, one line for each cell: "line column=text" with a mark for the kind. */
static void tell(struct row_source *r, struct buffer *out, int *ret_status, struct cf_error *err)
{
	static const char marks[] = "-\"#?@!";
	const struct row *row;
	while ((*ret_status = rows_next(r, &row, err)) > 0) {
		if (row->reason)
			assert_int_equal(buffer_printf(out, "%d REFUSED %s [%s]\n", (int)row->line,
						 row->reason, row->raw),
				0);
		for (size_t i = 0; i < row->n; i++) {
			const struct cell *c = &row->cells[i];
			assert_int_equal(strlen(c->text), c->n);
			assert_true((c->kind == CELL_BAD) == (c->reason != NULL));
			assert_int_equal(buffer_printf(out, "%d %s=%c%s%s\n", (int)row->line,
						 rows_column_name(r, row->sheet, c->column), marks[c->kind],
						 c->text, c->reason ? c->reason : ""),
				0);
		}
	}
}

static void expect(const char *file, size_t buffer_bytes, const char *wanted)
{
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	const struct rows_options options = {.buffer_bytes = buffer_bytes};
	int status;
	assert_int_equal(rows_open_memory("f", file, strlen(file), &options, &r, &err), 0);
	tell(r, &told, &status, &err);
	assert_string_equal(buffer_text(&told), wanted);
	assert_int_equal(status, 0);
}

static void test_csv(void **state)
{
	(void)state;
	static const char file[] = "\xef\xbb\xbfname;age\nMar\xc3\xad"
				   "a;31\n\nx\nMy \xff;2\n;7\n";
	for (size_t buffer = 0; buffer < 40; buffer += 8)
		expect(file, buffer,
			"2 name=\"Mar\xc3\xad"
			"a\n2 age=\"31\n"
			"4 REFUSED the row has 1 cells, the header 2; quote cells that hold a delimiter or "
			"line "
			"break [x]\n"
			"5 REFUSED byte 4 of the line is not UTF-8; save the file as UTF-8 [My "
			"\xef\xbf\xbd;2]\n"
			"6 name=-\n6 age=\"7\n");
}

static void test_json_values(void **state)
{
	(void)state;
	static const char file[] =
		"{\"a\":\"x\\u00e9\\ud83d\\ude00\\n\",\"b\":12,\"c\":null,\"d\":true}\r\n"
		"\n"
		" { \"b\" : -0.50e+3 , \"e\":{\"f\":\"in\",\"g\":[1,\"two\",false]} ,\"h\":[] }\n"
		"{\"a\":[[1],{\"x\":1}],\"e\":{\"f\":{\"deep\":[{}]}}}\n"
		"{\"n\":12345678901234567890123}";
	for (size_t buffer = 0; buffer < 100; buffer += 19)
		expect(file, buffer,
			"1 a=\"x\xc3\xa9\xf0\x9f\x98\x80\n\n1 b=#12\n1 c=-\n1 d=?true\n"
			"3 b=#-0.50e+3\n3 e.f=\"in\n3 e.g=#1\n3 e.g=\"two\n3 e.g=?false\n"
			"4 a=!an object or array is nested deeper than one level\n"
			"4 a=!an object or array is nested deeper than one level\n"
			"4 e.f=!an object or array is nested deeper than one level\n"
			"5 n=#12345678901234567890123\n");
}

static void test_json_refusals(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		const char *reason;
	} cases[] = {
		{"{\"a\":1,\"a\":2}", "byte 12 of the line: the line has this key twice"},
		{"{\"a\":01}", "byte 6 of the line: this is no JSON value"},
		{"{\"a\":1.}", "byte 6 of the line: digits are missing behind the point of a number"},
		{"{\"a\":1e}", "byte 6 of the line: digits are missing in the exponent of a number"},
		{"{\"a\":\"x}", "byte 9 of the line: the line ends inside a text"},
		{"{\"a\":\"\\x\"}", "byte 8 of the line: a backslash before a character that needs none"},
		{"{\"a\":\"\\ud800\"}", "byte 13 of the line: half of a surrogate pair"},
		{"{\"a\":\"\\u0000\"}", "byte 9 of the line: a NUL cannot be kept"},
		{"{\"a\":\"\t\"}", "byte 7 of the line: a control character inside a text must be escaped"},
		{"{\"a\":1 \"b\":2}", "byte 8 of the line: a comma or a closing brace is missing"},
		{"{\"a\":[1 2]}", "byte 9 of the line: a comma or a closing bracket is missing"},
		{"{a:1}", "byte 2 of the line: a key in quotation marks is missing"},
		{"{\"a\" 1}", "byte 6 of the line: a colon is missing behind a key"},
		{"{\"\":1}", "byte 4 of the line: a key is empty or longer than 256 bytes"},
		{"{\"a\":1} x", "byte 9 of the line: text follows the object"},
		{"[1]", "byte 1 of the line: a line must be one object in braces"},
		{"{\"a\":\xff}", "byte 6 of the line: this is not UTF-8; save the file as UTF-8"},
		{"{\"a\":{\"b\":{]}}}", "byte 12 of the line: a bracket that was not opened"},
		{"{\"a\":nul}", "byte 6 of the line: this is no JSON value"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char file[128];
		char wanted[256];
		(void)snprintf(file, sizeof file, "{}\n%s\n{\"z\":1}\n", cases[i].line);
		const char *raw = strchr(cases[i].line, '\xff') ? "{\"a\":\xef\xbf\xbd}" : cases[i].line;
		(void)snprintf(wanted, sizeof wanted, "2 REFUSED %s [%s]\n3 z=#1\n", cases[i].reason, raw);
		CF_CLEANUP_ROWS struct row_source *r = NULL;
		CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
		struct cf_error err = CF_ERROR_INIT;
		int status;
		assert_int_equal(rows_open_memory("f", file, strlen(file), NULL, &r, &err), 0);
		tell(r, &told, &status, &err);
		assert_string_equal(buffer_text(&told), wanted);
		assert_int_equal(status, 0);
	}
}

static void test_json_limits(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status;
	assert_int_equal(buffer_append_text(&file, "{\"a\":"), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buffer_append_text(&file, "[[["), 0);
	assert_int_equal(buffer_append_text(&file, "\n{"), 0);
	for (int i = 0; i < 70000; i++)
		assert_int_equal(buffer_printf(&file, "\"k%d\":1,", i), 0);
	assert_int_equal(buffer_append_text(&file, "\"\":1}\n"), 0);
	assert_int_equal(rows_open_memory("f", file.data, file.n, NULL, &r, &err), 0);
	tell(r, &told, &status, &err);
	assert_int_equal(status, 0);
	assert_non_null(strstr(buffer_text(&told), "nested too deeply"));
	assert_non_null(strstr(buffer_text(&told), "more different keys than a file may have"));
	r = rows_close(r);
	const struct rows_options tiny = {.max_row_bytes = 64, .buffer_bytes = 16};
	assert_int_equal(rows_open_memory("f", file.data, file.n, &tiny, &r, &err), 0);
	tell(r, &told, &status, &err);
	assert_int_equal(status, CF_E_LIMIT);
	assert_string_equal(err.message, "f:1: the line is longer than 64 bytes");
}

static void test_kinds_are_told_by_content(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t n;
		const char *message;
	} cases[] = {
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", 12,
			"f: this is an old .xls workbook, or one that needs a password; open it in a "
			"spreadsheet "
			"program and save it as .xlsx without a password"},
		{"%PDF-1.7", 8, "f: this is a PDF; export the table itself as CSV or XLSX"},
		{"\x1f\x8b\x08\x00", 4, "f: this is compressed with gzip; unpack it first"},
		{" [{\"a\":1}]", 10,
			"f: this looks like one JSON array; write JSON Lines, one object on each line"},
		{"PK\x03\x04 cut off", 12, "f: a zip archive that cannot be read; is the file whole?"},
		{"", 0, "f: the file is empty; its first line must name the columns"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct row_source *r = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(
			rows_open_memory("f", cases[i].bytes, cases[i].n, NULL, &r, &err), CF_E_INPUT);
		assert_string_equal(err.message, cases[i].message);
		assert_null(r);
	}
	struct row_source *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(rows_open("/nowhere/at/all", NULL, &r, &err), CF_E_NOT_FOUND);
	assert_int_equal(rows_open("/tmp", NULL, &r, &err), CF_E_INPUT);
}

static void test_letters(void **state)
{
	(void)state;
	static const struct {
		size_t place;
		const char *letters;
	} cases[] = {{0, "A"}, {25, "Z"}, {26, "AA"}, {701, "ZZ"}, {702, "AAA"}, {16383, "XFD"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char letters[COLUMN_LETTERS];
		rows_column_letters(cases[i].place, letters);
		assert_string_equal(letters, cases[i].letters);
	}
}

static int read_all(void *context, struct cf_error *err)
{
	const char *file = context;
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	const struct rows_options options = {.buffer_bytes = 16};
	const struct row *row;
	TRY(rows_open_memory("f", file, strlen(file), &options, &r, err));
	int status;
	while ((status = rows_next(r, &row, err)) > 0)
		;
	return status;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	char csv[] = "a,b\n1,2\n3\n\"a longer\ncell than before\",5\n";
	char json[] =
		"{\"a\":1,\"b\":[1,2,3,4,5,6,7,8,9]}\n{bad}\n{\"c\":{\"d\":\"xxxxxxxxxxxxxxxxxxxxxxx\"}}\n";
	assert_true(sweep_run("csv rows", read_all, csv) > 5);
	assert_true(sweep_run("json rows", read_all, json) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_json_values),
		cmocka_unit_test(test_json_refusals),
		cmocka_unit_test(test_json_limits),
		cmocka_unit_test(test_kinds_are_told_by_content),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
