/* SpreadsheetML (ECMA-376) with the texts in the cells, so that rows can be written as they come. */
#include "export/xlsx_book.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "export/zip_file.h"

enum { MAX_ROWS = 1048576, MAX_COLUMNS = 16384, MAX_CELL = 32767, FLUSH_BYTES = 65536 };

struct xlsx_book {
	char *path;
	struct zip_file *zip;
	struct buffer text; /* of the sheet, not yet written */
	unsigned n_rows;
};

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n"
#define PACKAGE "http://schemas.openxmlformats.org/package/2006/"
#define OFFICE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define MAIN "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#define KIND "application/vnd.openxmlformats-officedocument.spreadsheetml."

static const char types[] = XML
	"<Types xmlns=\"" PACKAGE "content-types\">"
	"<Default Extension=\"rels\" "
	"ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
	"<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
	"<Override PartName=\"/xl/workbook.xml\" ContentType=\"" KIND "sheet.main+xml\"/>"
	"<Override PartName=\"/xl/styles.xml\" ContentType=\"" KIND "styles+xml\"/>"
	"<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" KIND "worksheet+xml\"/></Types>";
static const char root_relations[] =
	XML "<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"rId1\" Type=\"" OFFICE
	    "/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
static const char book_relations[] =
	XML "<Relationships xmlns=\"" PACKAGE "relationships\"><Relationship Id=\"rId1\" Type=\"" OFFICE
	    "/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"" OFFICE
	    "/styles\" Target=\"styles.xml\"/></Relationships>";
/* the second format is the header's: bold */
static const char styles[] = XML
	"<styleSheet xmlns=\"" MAIN
	"\"><fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>"
	"<font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts><fills "
	"count=\"2\"><fill><patternFill "
	"patternType=\"none\"/></fill><fill><patternFill patternType=\"gray125\"/></fill></fills><borders "
	"count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs "
	"count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs><cellXfs "
	"count=\"2\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/><xf "
	"numFmtId=\"0\" "
	"fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/></cellXfs><cellStyles "
	"count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles></styleSheet>";
static const char sheet_begin[] = XML
	"<worksheet xmlns=\"" MAIN "\"><sheetViews><sheetView tabSelected=\"1\" workbookViewId=\"0\"><pane "
	"ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" "
	"state=\"frozen\"/></sheetView></sheetViews>"
	"<sheetData>";
static const char sheet_end[] = "</sheetData></worksheet>";

/* Whether the text begins with what Excel reads as a character's number. */
static bool is_number_of_character(const char *text)
{
	return strncmp(text, "_x", 2) == 0 && strspn(text + 2, "0123456789ABCDEFabcdef") >= 4 &&
	       text[6] == '_';
}

/* A text as XML holds it; control characters as Excel writes them, and what only looks so with its first byte
 * written so. */
static int append_escaped(struct buffer *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '&')
			TRY(buffer_append_text(out, "&amp;"));
		else if (c == '<')
			TRY(buffer_append_text(out, "&lt;"));
		else if (c == '>')
			TRY(buffer_append_text(out, "&gt;"));
		else if (c == '"')
			TRY(buffer_append_text(out, "&quot;"));
		else if (c < ' ' && c != '\n' && c != '\t')
			TRY(buffer_printf(out, "_x%04X_", c));
		else if (is_number_of_character(text))
			TRY(buffer_append_text(out, "_x005F_"));
		else
			TRY(buffer_append_char(out, *text));
	}
	return CF_OK;
}

static int put_part(struct xlsx_book *b, const char *name, const char *text, struct cf_error *err)
{
	TRY(zip_file_part(b->zip, name, err));
	return zip_file_write(b->zip, text, strlen(text), err);
}

static int put_workbook(struct xlsx_book *b, const char *sheet, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY_MEMORY(buffer_append_text(&text,
			   XML "<workbook xmlns=\"" MAIN "\" xmlns:r=\"" OFFICE "\"><sheets><sheet name=\""),
		err);
	TRY_MEMORY(append_escaped(&text, sheet), err);
	TRY_MEMORY(buffer_append_text(&text, "\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"), err);
	return put_part(b, "xl/workbook.xml", buffer_text(&text), err);
}

int xlsx_book_new(const char *path, const char *sheet, struct xlsx_book **ret, struct cf_error *err)
{
	CF_CLEANUP_BOOK struct xlsx_book *b = NEW(struct xlsx_book);
	if (!b)
		return error_memory(err);
	b->text = (struct buffer)BUFFER_INIT;
	b->path = mem_strdup(path);
	if (!b->path)
		return error_memory(err);
	TRY(zip_file_new(path, &b->zip, err));
	TRY(put_part(b, "[Content_Types].xml", types, err));
	TRY(put_part(b, "_rels/.rels", root_relations, err));
	TRY(put_workbook(b, sheet, err));
	TRY(put_part(b, "xl/_rels/workbook.xml.rels", book_relations, err));
	TRY(put_part(b, "xl/styles.xml", styles, err));
	TRY(put_part(b, "xl/worksheets/sheet1.xml", sheet_begin, err));
	*ret = TAKE(b);
	return CF_OK;
}

struct xlsx_book *xlsx_book_free(struct xlsx_book *b)
{
	if (!b)
		return NULL;
	b->zip = zip_file_free(b->zip);
	buffer_done(&b->text);
	mem_free(b->path);
	return mem_free(b);
}

/* A, B, ... Z, AA, AB, ... */
static const char *letters(size_t column, char ret[4])
{
	char *to = ret + 3;
	*to = '\0';
	for (size_t n = column + 1; n; n = (n - 1) / 26)
		*--to = (char)('A' + (n - 1) % 26);
	return to;
}

static int append_cell(struct xlsx_book *b, size_t column, const char *text, struct cf_error *err)
{
	char name[4];
	if (column >= MAX_COLUMNS || text_length(text, strlen(text)) > MAX_CELL)
		return error_set(err, CF_E_LIMIT,
			"%s: row %u, column %zu: longer than a cell of a workbook can be; export CSV instead",
			b->path, b->n_rows + 1, column + 1);
	TRY_MEMORY(buffer_printf(&b->text, "<c r=\"%s%u\"%s t=\"inlineStr\"><is><t xml:space=\"preserve\">",
			   letters(column, name), b->n_rows + 1, b->n_rows ? "" : " s=\"1\""),
		err);
	TRY_MEMORY(append_escaped(&b->text, text), err);
	TRY_MEMORY(buffer_append_text(&b->text, "</t></is></c>"), err);
	return CF_OK;
}

static int flush(struct xlsx_book *b, struct cf_error *err)
{
	TRY(zip_file_write(b->zip, buffer_text(&b->text), b->text.n, err));
	buffer_clear(&b->text);
	return CF_OK;
}

int xlsx_book_row(struct xlsx_book *b, const char *const *cells, size_t n, struct cf_error *err)
{
	if (b->n_rows == MAX_ROWS)
		return error_set(
			err, CF_E_LIMIT, "%s: more rows than a sheet can have; export CSV instead", b->path);
	TRY_MEMORY(buffer_printf(&b->text, "<row r=\"%u\">", b->n_rows + 1), err);
	for (size_t i = 0; i < n; i++)
		if (cells[i][0])
			TRY(append_cell(b, i, cells[i], err));
	TRY_MEMORY(buffer_append_text(&b->text, "</row>"), err);
	b->n_rows++;
	return b->text.n < FLUSH_BYTES ? CF_OK : flush(b, err);
}

int xlsx_book_commit(struct xlsx_book *b, struct cf_error *err)
{
	TRY_MEMORY(buffer_append_text(&b->text, sheet_end), err);
	TRY(flush(b, err));
	return zip_file_commit(b->zip, err);
}
