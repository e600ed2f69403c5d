/*
 * CSV: two bytes choose the options, the rest is the file. However small the buffer, the rows and the error
 * are the same; and what was read is read again the same from what csv_write_* makes of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void append_row(struct buffer *out, const struct csv_reader *r, const struct csv_cell *cells)
{
	for (size_t i = 0; i < csv_n_columns(r); i++) {
		const char *text = cells ? cells[i].text : csv_column_name(r, i);
		must(!cells || strlen(text) == cells[i].n);
		must(text_is_utf8(text, strlen(text), NULL));
		must(csv_write_cell(out, i == 0, text) == 0);
	}
	must(csv_end_row(out) == 0);
}

/* Appends the table as CSV, and describes the error when there is one. Returns the status. */
static int read_table(const char *data, size_t n, const struct csv_options *options, struct buffer *out,
	struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	int status = csv_open_memory("fuzz", data, n, options, &r, err);
	if (status == 0) {
		append_row(out, r, NULL);
		const struct csv_cell *cells = NULL;
		while ((status = csv_next(r, &cells, err)) > 0)
			append_row(out, r, cells);
		must(status < 0 || csv_bytes_read(r) == n);
		must(csv_bytes_read(r) <= n);
	}
	must(status == 0 || (err->code == status && err->message[0]));
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2)
		return 0;
	static const char delimiters[] = {'\0', ',', ';', '\t', '|', ' ', ':', '\0'};
	struct csv_options options = {.delimiter = delimiters[data[0] & 7], .trim = (data[0] & 8) != 0};
	options.max_row_bytes = data[0] & 16 ? 64 : 0;
	options.max_columns = data[0] & 32 ? 4 : 0;
	const char *text = (const char *)data + 2;
	CF_CLEANUP(buffer_done) struct buffer whole = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer pieces = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer again = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct cf_error piece_err = CF_ERROR_INIT;
	options.buffer_bytes = n + 16;
	int status = read_table(text, n - 2, &options, &whole, &err);
	options.buffer_bytes = 16 + data[1] % 48;
	must(read_table(text, n - 2, &options, &pieces, &piece_err) == status);
	must(strcmp(buffer_text(&whole), buffer_text(&pieces)) == 0);
	must(err.code == piece_err.code && strcmp(err.message, piece_err.message) == 0);
	if (whole.n) {
		must(read_table(whole.data, whole.n, NULL, &again, &err) == 0);
		must(strcmp(buffer_text(&whole), buffer_text(&again)) == 0);
	}
	return 0;
}
