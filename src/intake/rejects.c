#include "intake/rejects.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"

enum { MAX_BYTES = 64 << 20 };

static const char *const own_columns[] = {"counterfoil_line", "counterfoil_reason", "counterfoil_row"};
enum { OWN_COLUMNS = 3 };

/* A cell of a refused row; texts are in one buffer. */
struct reject_cell {
	uint32_t row;
	uint32_t column;
	size_t at;
};

struct rejects {
	char **columns; /* of the file, in the order in which they came */
	size_t n_columns;
	size_t columns_capacity;
	struct reject_cell *cells;
	size_t n_cells;
	size_t cells_capacity;
	struct buffer texts;
	uint32_t n_rows;
};

int rejects_new(struct rejects **ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct rejects *r = NEW(struct rejects);
	if (!r)
		return error_memory(err);
	*ret = TAKE(r);
	return CF_OK;
}

struct rejects *rejects_free(struct rejects *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n_columns; i++)
		mem_free(r->columns[i]);
	mem_free(r->columns);
	mem_free(r->cells);
	buffer_done(&r->texts);
	return mem_free(r);
}

uint64_t rejects_count(const struct rejects *r)
{
	return r->n_rows;
}

static bool is_own(const char *name)
{
	for (size_t i = 0; i < OWN_COLUMNS; i++)
		if (strcmp(own_columns[i], name) == 0)
			return true;
	return false;
}

static int find_column(struct rejects *r, const char *name, size_t hint, uint32_t *ret, struct cf_error *err)
{
	for (size_t i = 0; i < r->n_columns; i++) {
		size_t at = (hint + i) % r->n_columns; /* most often it is where it was */
		if (strcmp(r->columns[at], name) == 0) {
			*ret = (uint32_t)at;
			return CF_OK;
		}
	}
	char **grown = mem_grow(r->columns, r->n_columns, &r->columns_capacity, sizeof *grown);
	char *copy = grown ? mem_strdup(name) : NULL;
	if (grown)
		r->columns = grown;
	if (!copy)
		return error_memory(err);
	*ret = (uint32_t)r->n_columns;
	r->columns[r->n_columns++] = copy;
	return CF_OK;
}

static int add_cell(struct rejects *r, uint32_t column, const char *text, struct cf_error *err)
{
	struct reject_cell *grown = mem_grow(r->cells, r->n_cells, &r->cells_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	r->cells = grown;
	r->cells[r->n_cells++] = (struct reject_cell){.row = r->n_rows, .column = column, .at = r->texts.n};
	TRY_MEMORY(buffer_append(&r->texts, text, strlen(text) + 1), err);
	return CF_OK;
}

int rejects_add(struct rejects *r, const struct row_source *rows, const struct row *row, const char *reasons,
	struct cf_error *err)
{
	char line[32];
	if (r->texts.n > MAX_BYTES)
		return error_set(err, CF_E_LIMIT,
			"more than %d MB of rows are refused; is this the right mapping? Look at a dry run "
			"first",
			MAX_BYTES >> 20);
	/* all columns, so that a file of which only this row is refused keeps its header */
	for (size_t i = 0; i < rows_n_columns(rows, row->sheet); i++) {
		uint32_t column;
		const char *name = rows_column_name(rows, row->sheet, i);
		if (!is_own(name))
			TRY(find_column(r, name, i, &column, err));
	}
	for (size_t i = 0; i < row->n; i++) {
		const struct cell *c = &row->cells[i];
		const char *name = rows_column_name(rows, row->sheet, c->column);
		uint32_t column;
		if (c->kind == CELL_EMPTY || is_own(name))
			continue;
		TRY(find_column(r, name, c->column, &column, err));
		TRY(add_cell(r, column, c->text, err));
	}
	(void)snprintf(line, sizeof line, "%" PRIu64, row->line);
	TRY(add_cell(r, UINT32_MAX - 2, line, err));
	TRY(add_cell(r, UINT32_MAX - 1, reasons, err));
	TRY(add_cell(r, UINT32_MAX, row->raw ? row->raw : "", err));
	r->n_rows++;
	return CF_OK;
}

/* The cells of one row by column; several of one column (elements of an array) are joined. */
static int write_row(const struct rejects *r, size_t *at, uint32_t row, struct buffer *out)
{
	size_t end = *at;
	while (end < r->n_cells && r->cells[end].row == row)
		end++;
	for (size_t c = 0; c < r->n_columns + OWN_COLUMNS; c++) {
		uint32_t column =
			c < r->n_columns ? (uint32_t)c : UINT32_MAX - 2 + (uint32_t)(c - r->n_columns);
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		for (size_t i = *at; i < end; i++)
			if (r->cells[i].column == column)
				TRY(buffer_printf(
					&text, "%s%s", text.n ? ";" : "", r->texts.data + r->cells[i].at));
		TRY(csv_write_guarded(out, c == 0, buffer_text(&text)));
	}
	*at = end;
	return csv_end_row(out);
}

int rejects_write(const struct rejects *r, struct buffer *out, struct cf_error *err)
{
	for (size_t i = 0; i < r->n_columns; i++)
		TRY_MEMORY(csv_write_cell(out, i == 0, r->columns[i]), err);
	for (size_t i = 0; i < OWN_COLUMNS; i++)
		TRY_MEMORY(csv_write_cell(out, r->n_columns == 0 && i == 0, own_columns[i]), err);
	TRY_MEMORY(csv_end_row(out), err);
	size_t at = 0;
	for (uint32_t row = 0; row < r->n_rows; row++)
		TRY_MEMORY(write_row(r, &at, row, out), err);
	return CF_OK;
}
