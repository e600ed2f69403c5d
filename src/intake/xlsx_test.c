/*
 * XLSX: files put together part by part (workbook_support.h) and files of libxlsxwriter, which knows nothing
 * of this reader; serial dates against the days spreadsheet programs show.
 */
#include "base/sweep.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "intake/rows.h"
#include "intake/workbook_support.h"
#include "intake/xlsx_value.h"

static void tell(struct row_source *r, struct buffer *out, int *ret_status, struct cf_error *err)
{
	static const char marks[] = "-\"#?@!";
	const struct row *row;
	while ((*ret_status = rows_next(r, &row, err)) > 0)
		for (size_t i = 0; i < row->n; i++) {
			const struct cell *c = &row->cells[i];
			char letters[COLUMN_LETTERS];
			rows_column_letters(rows_column_place(r, row->sheet, c->column), letters);
			assert_int_equal(strlen(c->text), c->n);
			assert_int_equal(
				buffer_printf(out, "%s!%s%d %s=%c%s%s\n", rows_sheet_name(r, row->sheet),
					letters, (int)row->line, rows_column_name(r, row->sheet, c->column),
					marks[c->kind], c->text, c->reason ? c->reason : ""),
				0);
		}
}

static void expect_file(const struct buffer *file, const struct rows_options *options, const char *wanted)
{
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status = rows_open_memory("f.xlsx", file->data, file->n, options, &r, &err);
	if (status == 0)
		tell(r, &told, &status, &err);
	assert_string_equal(err.message, "");
	assert_int_equal(status, 0);
	assert_string_equal(buffer_text(&told), wanted);
	assert_true(rows_bytes_read(r) <= rows_bytes_total(r));
}

static void expect(const char *sheet, const char *styles, const char *strings, const char *wanted)
{
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	workbook_simple(sheet, styles, strings, &file);
	expect_file(&file, NULL, wanted);
}

#define SHEET(rows, behind)                                                                                  \
	"<worksheet " WORKBOOK_MAIN "><sheetData>" rows "</sheetData>" behind "</worksheet>"
#define TEXT(place, text) "<c r='" place "' t='inlineStr'><is><t>" text "</t></is></c>"

static void test_kinds_of_cells(void **state)
{
	(void)state;
	static const char styles[] = "<styleSheet " WORKBOOK_MAIN
				     "><numFmts count='2'><numFmt numFmtId='164' formatCode='dd/mm/yyyy'/>"
				     "<numFmt numFmtId='165' formatCode='0.0 \"days\"'/></numFmts>"
				     "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs>"
				     "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='164'/><xf "
				     "numFmtId='165'/></cellXfs>"
				     "</styleSheet>";
	static const char strings[] =
		"<sst " WORKBOOK_MAIN
		"><si><t>name</t></si><si><r><t>Mar</t></r><r><t xml:space='preserve'>ía "
		"</t></r><rPh><t>not this</t></rPh></si><si><t>a_x000D_\nb_x005F_x0041_ &amp; "
		"_x00e9_</t></si></sst>";
	expect(SHEET("<row r='1'><c r='A1' t='s'><v>0</v></c>" TEXT("B1", "when") TEXT("D1",
			     "x") "</row>"
				  "<row r='3'><c r='A3' t='s'><v>1</v></c><c r='B3' s='1'><v>32874</v></c>"
				  "<c r='D3' s='3'><v>1.5</v></c></row>"
				  "<row r='4'><c r='A4' t='s'><v>2</v></c><c r='B4' s='2'><v>45292.75</v></c>"
				  "<c r='C4'><v>7</v></c><c r='D4' t='b'><v>1</v></c></row>"
				  "<row r='5'><c r='A5' t='s'><v>9</v></c><c r='B5' s='1'><v>60</v></c>"
				  "<c r='D5' t='e'><v>#REF!</v></c></row>"
				  "<row r='6'><c r='A6' t='str'><f>B1&amp;\"!\"</f><v>when!</v></c><c "
				  "r='B6'><f>1+1</f></c>"
				  "<c r='D6'><v>1.234567890123457E+15</v></c></row>"
				  "<row r='7'><c r='A7'/><c r='B7' s='1'/></row>"
				  "<row><c t='d'><v>2020-02-03</v></c><c><f>2</f><v>2</v></c></row>",
		       ""),
		styles, strings,
		"Cases!A3 name=\"María \nCases!B3 when=@1990-01-01\nCases!D3 x=#1.5\n"
		"Cases!A4 name=\"a\nb_x0041_ & é\nCases!B4 when=@2024-01-01T18:00:00\nCases!C4 (C)=#7\n"
		"Cases!D4 x=?true\n"
		"Cases!A5 name=!a text that the workbook does not hold; open and save it in a spreadsheet "
		"program\n"
		"Cases!B5 when=!a number shown as a date that is no day there is\n"
		"Cases!D5 x=!the spreadsheet shows an error here\n"
		"Cases!A6 name=\"when!\n"
		"Cases!B6 when=!a formula without a result; open the file in a spreadsheet program and save "
		"it\n"
		"Cases!D6 x=!a number of more than 15 digits, of which the spreadsheet has dropped the last; "
		"give "
		"the column the format Text and enter the number again\n"
		"Cases!A8 name=@2020-02-03\nCases!B8 when=#2\n");
}

static void test_headers(void **state)
{
	(void)state;
	/* a title, then merged groups over two rows, a column merged downwards, two leaves of one name */
	expect(SHEET("<row r='1'>" TEXT("A1", "Register 2024") "</row><row r='2'>" TEXT("A2", "No") TEXT("B2",
			     "Victim") TEXT("D2", "Mother") "</row><row r='3'>" TEXT("B3", "First\nname")
			       TEXT("C3", "Born") TEXT("D3", "Born") "</row><row r='4'>" TEXT("A4", "1")
				       TEXT("B4", "Ana") TEXT("C4", "1990") TEXT("D4", "1960") "</row>",
		       "<mergeCells><mergeCell ref='A1:D1'/><mergeCell ref='B2:C2'/><mergeCell "
		       "ref='A2:A3'/></mergeCells>"),
		NULL, NULL,
		"Cases!A4 No=\"1\nCases!B4 First name=\"Ana\nCases!C4 Victim / Born=\"1990\nCases!D4 Mother "
		"/ "
		"Born=\"1960\n");
	/* one column only: the first row is its header, not a title */
	expect(SHEET("<row r='1'>" TEXT("A1", "Phone") "</row><row r='2'>" TEXT(
			     "A2", "1") "</row><row r='3'>" TEXT("A3", "2") "</row>",
		       ""),
		NULL, NULL, "Cases!A2 Phone=\"1\nCases!A3 Phone=\"2\n");
	/* merged among the data: what it does not hold is bad */
	expect(SHEET("<row r='1'>" TEXT("A1", "a") TEXT("B1", "b") "</row><row r='2'>" TEXT("A2", "1")
			       TEXT("B2", "x") "</row><row r='3'>" TEXT("B3", "y") "</row>",
		       "<mergeCells><mergeCell ref='A2:A3'/></mergeCells>"),
		NULL, NULL,
		"Cases!A2 a=\"1\nCases!B2 b=\"x\nCases!B3 b=\"y\n"
		"Cases!A3 a=!part of a merged range; unmerge it and write the value into each row\n");
}

static void expect_refusal(const struct buffer *file, int code, const char *part_of_message)
{
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status = rows_open_memory("f.xlsx", file->data, file->n, NULL, &r, &err);
	if (status == 0)
		tell(r, &told, &status, &err);
	assert_int_equal(status, code);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, part_of_message))
		fail_msg("'%s' does not say '%s'", err.message, part_of_message);
	assert_non_null(strstr(err.message, "f.xlsx"));
}

static void test_hostile_parts(void **state)
{
	(void)state;
	static const struct {
		const char *sheet;
		const char *strings;
		int code;
		const char *message;
	} cases[] = {
		{"<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><worksheet><sheetData><row><c "
		 "t='str'><v>&e;</v></c></row></sheetData></worksheet>",
			NULL, CF_E_REFUSED, "document type declaration"},
		{"<worksheet/>",
			"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b "
			"'&a;&a;&a;'>]><sst><si><t>&b;</t></si></sst>",
			CF_E_REFUSED, "document type declaration"},
		{"<worksheet><sheetData><row r='2'><c><v>1</v></c></row><row r='1'><c><v>1</v></c></row>"
		 "</sheetData></worksheet>",
			NULL, CF_E_INPUT, "not in order"},
		{"<worksheet><sheetData><row><c r='B1'><v>1</v></c><c r='A1'><v>1</v></c></row></sheetData>"
		 "</worksheet>",
			NULL, CF_E_INPUT, "not in order"},
		{"<worksheet><sheetData><row><c r='XFE1'><v>1</v></c></row></sheetData></worksheet>", NULL,
			CF_E_INPUT, "place"},
		{"<worksheet><sheetData><row r='1'><c><v>1</v>", NULL, CF_E_INPUT, "is the file whole?"},
		{"<worksheet><mergeCells><mergeCell ref='B2:A1'/></mergeCells></worksheet>", NULL, CF_E_INPUT,
			"merged range"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
		workbook_simple(cases[i].sheet, NULL, cases[i].strings, &file);
		expect_refusal(&file, cases[i].code, cases[i].message);
	}
}

static void test_hostile_archives(void **state)
{
	(void)state;
	static const struct workbook_part outside[] = {{"_rels/.rels", WORKBOOK_ROOT}, {"../../etc/x", "x"}};
	static const struct workbook_part absolute[] = {{"_rels/.rels", WORKBOOK_ROOT}, {"/etc/x", "x"}};
	static const struct workbook_part binary[] = {{"xl/workbook.bin", "x"}};
	static const struct workbook_part archive[] = {{"x.txt", "x"}};
	static const struct workbook_part elsewhere[] = {{"_rels/.rels", WORKBOOK_ROOT},
		{"xl/workbook.xml",
			"<workbook><sheets><sheet name='a' r:id='a' xmlns:r='r'/></sheets></workbook>"},
		{"xl/_rels/workbook.xml.rels",
			WORKBOOK_RELATIONS("<Relationship Id='a' Type='x/worksheet' TargetMode='External' "
					   "Target='http://example.org/sheet'/>")}};
	static const struct {
		const struct workbook_part *parts;
		size_t n;
		int code;
		const char *message;
	} cases[] = {
		{outside, 2, CF_E_REFUSED, "outside of itself"},
		{absolute, 2, CF_E_REFUSED, "outside of itself"},
		{binary, 1, CF_E_INPUT, ".xlsb"},
		{archive, 1, CF_E_INPUT, "no workbook"},
		{elsewhere, 3, CF_E_REFUSED, "from elsewhere"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
		workbook_make(cases[i].parts, cases[i].n, &file);
		expect_refusal(&file, cases[i].code, cases[i].message);
	}
}

/* 96 MB of blanks in a workbook of less than half a megabyte. */
static void test_a_zip_bomb(void **state)
{
	(void)state;
	enum { BLANKS = 96 << 20 };
	static const char begin[] = "<worksheet><sheetData>";
	char *sheet = malloc(BLANKS + 1);
	assert_non_null(sheet);
	memset(sheet, ' ', BLANKS);
	memcpy(sheet, begin, sizeof begin - 1);
	sheet[BLANKS] = '\0';
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	workbook_simple(sheet, NULL, NULL, &file);
	free(sheet);
	assert_true(file.n < 1 << 19);
	expect_refusal(&file, CF_E_REFUSED, "unpacks to more than");
}

static void test_an_encrypted_archive(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	workbook_simple("<worksheet/>", NULL, NULL, &file);
	/* the flag "encrypted" in every local and central header */
	for (size_t i = 0; i + 10 < file.n; i++) {
		if (memcmp(file.data + i, "PK\x03\x04", 4) == 0)
			file.data[i + 6] = (char)(file.data[i + 6] | 1);
		if (memcmp(file.data + i, "PK\x01\x02", 4) == 0)
			file.data[i + 8] = (char)(file.data[i + 8] | 1);
	}
	expect_refusal(&file, CF_E_REFUSED, "encrypted");
}

static void test_any_cut_or_flip_ends_well(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	workbook_simple(
		SHEET("<row>" TEXT("A1", "a") "</row><row>" TEXT("A2", "b") "</row>", ""), NULL, NULL, &file);
	for (size_t i = 0; i < 2 * file.n; i++) {
		CF_CLEANUP(buffer_done) struct buffer bad = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
		CF_CLEANUP_ROWS struct row_source *r = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(buffer_append(&bad, file.data, i < file.n ? i : file.n), 0);
		if (i >= file.n)
			bad.data[i - file.n] = (char)(bad.data[i - file.n] ^ 0x10);
		int status = rows_open_memory("f.xlsx", bad.data, bad.n, NULL, &r, &err);
		if (status == 0)
			tell(r, &told, &status, &err);
		assert_true(status == 0 || (err.code == status && err.message[0]));
	}
}

/* ---- files of another program ---- */

static void test_files_of_libxlsxwriter(void **state)
{
	(void)state;
	char path[] = "/tmp/counterfoil-xlsx-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	(void)close(fd);
	lxw_workbook *book = workbook_new(path);
	lxw_format *date = workbook_add_format(book);
	format_set_num_format(date, "d mmmm yyyy");
	lxw_worksheet *one = workbook_add_worksheet(book, "Víctimas");
	lxw_worksheet *lists = workbook_add_worksheet(book, "lists");
	lxw_worksheet *empty = workbook_add_worksheet(book, NULL);
	lxw_worksheet *two = workbook_add_worksheet(book, "二");
	(void)empty;
	lxw_datetime day = {.year = 1985, .month = 3, .day = 7};
	worksheet_merge_range(one, 0, 0, 0, 2, "Person", NULL);
	worksheet_write_string(one, 1, 0, "prs_FirstName", NULL);
	worksheet_write_string(one, 1, 1, "prs_Birthdate", NULL);
	worksheet_write_string(one, 1, 2, "vic_AgeWhenTrafficked", NULL);
	worksheet_write_string(one, 2, 0, "Nguyễn Thị", NULL);
	worksheet_write_datetime(one, 2, 1, &day, date);
	worksheet_write_number(one, 2, 2, 17, NULL);
	worksheet_write_formula_num(one, 3, 2, "=C3+1", NULL, 18);
	worksheet_write_boolean(one, 3, 0, 1, NULL);
	worksheet_write_string(lists, 0, 0, "codes", NULL);
	worksheet_write_string(lists, 1, 0, "Feminine", NULL);
	worksheet_hide(lists);
	worksheet_write_string(two, 0, 0, "x", NULL);
	worksheet_write_string(two, 0, 1, "y", NULL);
	worksheet_write_string(two, 5, 1, "=1+1", NULL);
	assert_int_equal(workbook_close(book), LXW_NO_ERROR);

	CF_CLEANUP_ROWS struct row_source *r = NULL;
	CF_CLEANUP(buffer_done) struct buffer told = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status;
	assert_int_equal(rows_open(path, NULL, &r, &err), 0);
	tell(r, &told, &status, &err);
	assert_int_equal(status, 0);
	assert_string_equal(buffer_text(&told),
		"Víctimas!A3 prs_FirstName=\"Nguyễn Thị\nVíctimas!B3 prs_Birthdate=@1985-03-07\n"
		"Víctimas!C3 vic_AgeWhenTrafficked=#17\nVíctimas!A4 prs_FirstName=?true\n"
		"Víctimas!C4 vic_AgeWhenTrafficked=#18\n二!B6 y=\"=1+1\n");
	assert_int_equal(rows_n_sheets(r), 4);
	assert_string_equal(rows_sheet_note(r, 1), "it is hidden");
	assert_string_equal(rows_sheet_note(r, 2), "it is empty");
	assert_null(rows_sheet_note(r, 3));
	r = rows_close(r);
	buffer_clear(&told);
	assert_int_equal(rows_open(path, &(struct rows_options){.sheet = "lists"}, &r, &err), 0);
	tell(r, &told, &status, &err);
	assert_string_equal(buffer_text(&told), "lists!A2 codes=\"Feminine\n");
	r = rows_close(r);
	assert_int_equal(rows_open(path, &(struct rows_options){.sheet = "none"}, &r, &err), CF_E_NOT_FOUND);
	(void)unlink(path);
}

/* ---- values ---- */

static void test_serial_dates(void **state)
{
	(void)state;
	static const struct {
		double serial;
		bool epoch_1904;
		const char *text; /* NULL: none */
	} cases[] = {
		/* as spreadsheet programs show them; 1462 is the difference between the epochs */
		{1, false, "1900-01-01"},
		{59, false, "1900-02-28"},
		{60, false, NULL},
		{61, false, "1900-03-01"},
		{36526, false, "2000-01-01"},
		{36526.0 - 1462, true, "2000-01-01"},
		{0, true, "1904-01-01"},
		{43831.5, false, "2020-01-01T12:00:00"},
		{43831.999999, false, "2020-01-02"},
		{0.75, false, "18:00:00"},
		{0, false, "00:00:00"},
		{2958465, false, "9999-12-31"},
		{2958466, false, NULL},
		{-1, false, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[XLSX_VALUE_BYTES];
		const char *reason;
		bool is_date = xlsx_date_text(cases[i].serial, cases[i].epoch_1904, text, &reason);
		assert_int_equal(is_date, cases[i].text != NULL);
		if (is_date)
			assert_string_equal(text, cases[i].text);
	}
}

static void test_formats(void **state)
{
	(void)state;
	static const char *const dates[] = {"yyyy-mm-dd", "[$-409]d mmm yy;@", "hh:mm", "[Red]d/m/yy",
		"\"on \"dd.mm.", "h:mm AM/PM", "ggge\"年\"m\"月\"d\"日\""};
	static const char *const numbers[] = {"General", "0.00", "[h]:mm:ss", "[mm]:ss", "#,##0 \"days\"",
		"0.00E+00", "\\d0", "[Red]0", "@", "0;d", "_d0", "\"unclosed d"};
	for (size_t i = 0; i < sizeof dates / sizeof *dates; i++)
		assert_true(xlsx_format_is_date(200, dates[i]));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		assert_false(xlsx_format_is_date(200, numbers[i]));
	assert_true(xlsx_format_is_date(14, NULL) && xlsx_format_is_date(22, NULL));
	assert_true(!xlsx_format_is_date(0, NULL) && !xlsx_format_is_date(46, NULL));
}

static void test_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *number;
		const char *text;
	} cases[] = {{"1", "1"}, {"-0", "0"}, {"4.4712345678E+11", "447123456780"}, {"0.1", "0.1"},
		{"0.30000000000000004", "0.3"}, {"1E-7", "0.0000001"}, {"123456789012345", "123456789012345"},
		{"1E15", NULL}, {"12.50", "12.5"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[XLSX_VALUE_BYTES];
		const char *reason = NULL;
		double value;
		assert_true(xlsx_parse_number(cases[i].number, &value));
		assert_int_equal(xlsx_number_text(value, text, &reason), cases[i].text != NULL);
		if (cases[i].text)
			assert_string_equal(text, cases[i].text);
		else
			assert_non_null(reason);
	}
	double value;
	static const char *const none[] = {"", "x", "inf", "nan", "0x10", "1e999", "1 2", "1,5"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_false(xlsx_parse_number(none[i], &value));
}

static int read_all(void *context, struct cf_error *err)
{
	const struct buffer *file = context;
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	const struct row *row;
	TRY(rows_open_memory("f", file->data, file->n, NULL, &r, err));
	int status;
	while ((status = rows_next(r, &row, err)) > 0)
		;
	return status;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	workbook_simple(SHEET("<row>" TEXT("A1", "a") TEXT("B1", "b") "</row><row>" TEXT("A2",
				      "b") "<c r='B2' s='1'><v>1</v></c><c r='C2' t='s'><v>0</v></c></row>",
				"<mergeCells><mergeCell ref='A2:A3'/></mergeCells>"),
		"<styleSheet><numFmts><numFmt numFmtId='164' formatCode='d'/></numFmts><cellXfs><xf "
		"numFmtId='0'/><xf numFmtId='164'/></cellXfs></styleSheet>",
		"<sst><si><t>x</t></si></sst>", &file);
	assert_true(sweep_run("xlsx rows", read_all, &file) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_of_cells),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_hostile_parts),
		cmocka_unit_test(test_hostile_archives),
		cmocka_unit_test(test_a_zip_bomb),
		cmocka_unit_test(test_an_encrypted_archive),
		cmocka_unit_test(test_any_cut_or_flip_ends_well),
		cmocka_unit_test(test_files_of_libxlsxwriter),
		cmocka_unit_test(test_serial_dates),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
