/*
 * Files of rows. The first byte chooses: the rest is a file of any kind; or JSON Lines; or, cut at NULs, the
 * sheet, the styles, the shared strings and the workbook of an XLSX, so that what is inside the archive is
 * reached without guessing its checksums. Whatever the buffer's size, rows and error are the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "base/text.h"
#include "intake/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void append(struct buffer *out, const char *text)
{
	must(text_is_utf8(text, strlen(text), NULL));
	must(buffer_append_text(out, text) == 0 && buffer_append_char(out, '\n') == 0);
}

static void append_row(struct buffer *out, const struct row_source *r, const struct row *row)
{
	must(row->sheet < rows_n_sheets(r) && row->line > 0);
	must(!row->reason || (row->n == 0 && row->reason[0] && row->raw));
	if (row->reason) {
		append(out, row->reason);
		append(out, row->raw);
	}
	for (size_t i = 0; i < row->n; i++) {
		const struct cell *c = &row->cells[i];
		must(strlen(c->text) == c->n);
		must((c->kind == CELL_BAD) == (c->reason != NULL));
		must((c->kind == CELL_EMPTY) == (c->n == 0) || c->kind == CELL_BAD);
		append(out, rows_column_name(r, row->sheet, c->column));
		append(out, c->text);
	}
}

static int read_all(const void *data, size_t n, const struct rows_options *options, struct buffer *out,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct row_source *r = NULL;
	int status = rows_open_memory("fuzz", data, n, options, &r, err);
	if (status == 0) {
		const struct row *row;
		while ((status = rows_next(r, &row, err)) > 0)
			append_row(out, r, row);
		for (size_t s = 0; s < rows_n_sheets(r); s++)
			for (size_t c = 0; c < rows_n_columns(r, s); c++)
				must(rows_find_column(r, s, rows_column_name(r, s, c)) == (ptrdiff_t)c);
	}
	must(status == 0 || (err->code == status && err->message[0]));
	return status;
}

static const char root[] = "<R><Relationship Id='r' Type='x/officeDocument' Target='w.xml'/></R>";
static const char relations[] = "<R><Relationship Id='a' Type='x/worksheet' Target='s.xml'/>"
				"<Relationship Id='b' Type='x/styles' Target='y.xml'/>"
				"<Relationship Id='c' Type='x/sharedStrings' Target='t.xml'/></R>";
static const char workbook[] = "<w><sheets><sheet name='one' r:id='a'/></sheets></w>";

/* Appends a workbook whose parts are the pieces of data between NULs. */
static void make_workbook(const char *data, size_t n, struct buffer *out)
{
	static const char *const names[] = {"s.xml", "y.xml", "t.xml", "w.xml"};
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
	must(source != NULL);
	zip_source_keep(source);
	zip_t *zip = zip_open_from_source(source, ZIP_TRUNCATE, NULL);
	must(zip != NULL);
	for (size_t i = 0; i < 4; i++) {
		const char *end = n ? memchr(data, '\0', n) : NULL;
		size_t m = end ? (size_t)(end - data) : n;
		bool own = m == 0 && i == 3;
		zip_source_t *part = own ? zip_source_buffer(zip, workbook, sizeof workbook - 1, 0)
					 : zip_source_buffer(zip, data, m, 0);
		must(zip_file_add(zip, names[i], part, ZIP_FL_ENC_UTF_8) >= 0);
		must(zip_set_file_compression(zip, i, ZIP_CM_STORE, 0) == 0);
		data += m + (end != NULL);
		n -= m + (end != NULL);
	}
	must(zip_file_add(zip, "_rels/.rels", zip_source_buffer(zip, root, sizeof root - 1, 0), 0) >= 0);
	must(zip_file_add(zip, "_rels/w.xml.rels", zip_source_buffer(zip, relations, sizeof relations - 1, 0),
		     0) >= 0);
	must(zip_close(zip) == 0);
	zip_stat_t st;
	must(zip_source_stat(source, &st) == 0 && buffer_reserve(out, st.size) == 0);
	must(zip_source_open(source) == 0);
	must(zip_source_read(source, out->data, st.size) == (zip_int64_t)st.size);
	out->n = st.size;
	must(zip_source_close(source) == 0);
	zip_source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 1)
		return 0;
	CF_CLEANUP(buffer_done) struct buffer book = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer whole = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer pieces = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct cf_error piece_err = CF_ERROR_INIT;
	const void *file = data + 1;
	size_t n_file = n - 1;
	struct rows_options options = ROWS_OPTIONS_INIT;
	if (data[0] % 3 == 1)
		options.format = ROWS_JSON_LINES;
	if (data[0] % 3 == 2) {
		make_workbook(file, n_file, &book);
		file = book.data;
		n_file = book.n;
	}
	if (data[0] & 0x40)
		options.max_row_bytes = 256;
	options.buffer_bytes = n_file + 16;
	int status = read_all(file, n_file, &options, &whole, &err);
	options.buffer_bytes = 16;
	must(read_all(file, n_file, &options, &pieces, &piece_err) == status);
	must(strcmp(buffer_text(&whole), buffer_text(&pieces)) == 0);
	must(strcmp(err.message, piece_err.message) == 0);
	return 0;
}
