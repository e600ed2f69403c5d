/* CSV: base/csv.h behind the common interface. A ragged or ill-encoded row is a bad row, not the end. */
#include <string.h>

#include "base/csv.h"
#include "intake/rows_reader.h"

struct rows_csv {
	struct csv_reader *csv;
	struct buffer raw; /* of a refused row */
};

static int refused(
	struct row_source *r, struct rows_csv *c, int status, struct cf_error *why, struct cf_error *err)
{
	const char *bytes;
	size_t n;
	if (!csv_pass_over(c->csv, &bytes, &n)) {
		if (err)
			*err = *why;
		return status;
	}
	TRY_MEMORY(rows_put_raw(bytes, n, &c->raw), err);
	/* the place is told apart from the reason: "file:line: column 'x': reason" */
	const char *reason = why->message;
	const char *column = strstr(reason, ": column ");
	const char *colon = column ? strstr(column + 9, ": ") : NULL;
	rows_refuse_row(r, colon ? colon + 2 : reason, buffer_text(&c->raw));
	r->row.line = csv_line(c->csv);
	return 1;
}

static int next(struct row_source *r, struct cf_error *err)
{
	struct rows_csv *c = r->context;
	struct cf_error why = CF_ERROR_INIT;
	const struct csv_cell *cells;
	int status = csv_next(c->csv, &cells, &why);
	if (status < 0)
		return refused(r, c, status, &why, err);
	if (status == 0)
		return 0;
	/* the cells were made when the file was opened, one for each column */
	for (size_t i = 0; i < r->cells_capacity; i++) {
		struct cell *cell = &r->cells[i];
		cell->text = cells[i].text;
		cell->n = (uint32_t)cells[i].n;
		cell->kind = cells[i].n ? CELL_TEXT : CELL_EMPTY;
	}
	r->row.n = r->cells_capacity;
	r->row.line = csv_line(c->csv);
	return 1;
}

static void close_csv(struct row_source *r)
{
	struct rows_csv *c = r->context;
	csv_close(c->csv);
	buffer_done(&c->raw);
	r->context = mem_free(c);
}

static uint64_t bytes_read(const struct row_source *r)
{
	const struct rows_csv *c = r->context;
	return csv_bytes_read(c->csv);
}

int rows_csv_open(struct row_source *r, const struct rows_input *input, struct cf_error *err)
{
	static const struct rows_reader reader = {.next = next, .close = close_csv, .bytes_read = bytes_read};
	const struct csv_options options = {.delimiter = r->options.delimiter,
		.max_row_bytes = r->options.max_row_bytes,
		.max_columns = ROWS_MAX_COLUMNS,
		.buffer_bytes = r->options.buffer_bytes};
	struct rows_csv *c = NEW(struct rows_csv);
	if (!c)
		return error_memory(err);
	r->reader = &reader;
	r->context = c;
	if (input->data)
		TRY(csv_open_memory(r->name, input->data, input->n, &options, &c->csv, err));
	else
		TRY(csv_open(input->path, &options, &c->csv, err));
	TRY(rows_add_sheet(r, "", err));
	size_t n = csv_n_columns(c->csv);
	r->cells = NEW_ARRAY_ZERO(struct cell, n);
	if (!r->cells)
		return error_memory(err);
	r->cells_capacity = n;
	for (size_t i = 0; i < n; i++) {
		size_t column;
		TRY(rows_add_column(r, 0, csv_column_name(c->csv, i), &column, err));
		r->cells[i].column = (uint32_t)column;
	}
	return CF_OK;
}
