#include "work/casebook/rejects.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"

enum { MAX_COLUMNS = 16384, END_OF_ROW = UINT32_MAX };

struct rejects {
	char *path;
	FILE *spool; /* rows as (column, length, text)..., END_OF_ROW, then reasons and raw text with their lengths */
	uint64_t n_rows;
	char **columns;
	size_t n_columns;
};

struct rejects *rejects_close(struct rejects *r)
{
	if (!r)
		return NULL;
	if (r->spool)
		(void)fclose(r->spool);
	for (size_t i = 0; i < r->n_columns; i++)
		r->columns[i] = mem_free(r->columns[i]);
	r->columns = mem_free(r->columns);
	r->path = mem_free(r->path);
	return mem_free(r);
}

int rejects_open(const char *path, struct rejects **ret, struct cf_error *err)
{
	CF_CLEANUP(rejects_close_ptr) struct rejects *r = NULL;
	if (file_exists(path))
		return error_set(err, CF_E_STATE, "%s is there already; name another file for the rejected rows", path);
	r = NEW(struct rejects);
	if (!r)
		return error_memory(err);
	r->path = mem_strdup(path);
	if (!r->path)
		return error_memory(err);
	/* without a name from the start */
	r->spool = tmpfile();
	if (!r->spool)
		return error_set_errno(err, CF_E_IO, "cannot make a temporary file for the rejected rows");
	*ret = TAKE(r);
	return CF_OK;
}

int rejects_restart(struct rejects *r, struct cf_error *err)
{
	rewind(r->spool);
	if (ftruncate(fileno(r->spool), 0) < 0)
		return error_set_errno(err, CF_E_IO, "cannot begin the rejected rows anew");
	r->n_rows = 0;
	return CF_OK;
}

/* ---- gathering ---- */

/* The column of this name, which is added when it is new; negative on failure. */
static ptrdiff_t column_of(struct rejects *r, const char *name, struct cf_error *err)
{
	for (size_t i = 0; i < r->n_columns; i++)
		if (strcmp(r->columns[i], name) == 0)
			return (ptrdiff_t)i;
	if (r->n_columns == MAX_COLUMNS)
		return error_set(err, CF_E_LIMIT, "rejected rows have more than %d columns", (int)MAX_COLUMNS);
	char **grown = mem_resize(r->columns, r->n_columns + 1, sizeof *grown);
	if (!grown)
		return error_memory(err);
	r->columns = grown;
	r->columns[r->n_columns] = mem_strdup(name);
	if (!r->columns[r->n_columns])
		return error_memory(err);
	return (ptrdiff_t)r->n_columns++;
}

static void put_text(FILE *to, const char *text, uint32_t n)
{
	(void)fwrite(&n, sizeof n, 1, to);
	(void)fwrite(text, 1, n, to);
}

int rejects_add(struct rejects *r, const struct row_source *rows, const struct row *row, const char *reasons,
	struct cf_error *err)
{
	const uint32_t end = END_OF_ROW;
	/* all columns of the sheet, so that the file has them also when no bad row fills them */
	for (size_t i = 0; i < rows_n_columns(rows, row->sheet); i++) {
		ptrdiff_t column = column_of(r, rows_column_name(rows, row->sheet, i), err);
		if (column < 0)
			return (int)column;
	}
	for (size_t i = 0; i < row->n; i++) {
		const struct cell *cell = &row->cells[i];
		ptrdiff_t column = column_of(r, rows_column_name(rows, row->sheet, cell->column), err);
		if (column < 0)
			return (int)column;
		uint32_t number = (uint32_t)column;
		(void)fwrite(&number, sizeof number, 1, r->spool);
		put_text(r->spool, cell->text, cell->n);
	}
	(void)fwrite(&end, sizeof end, 1, r->spool);
	put_text(r->spool, reasons, (uint32_t)strlen(reasons));
	put_text(r->spool, row->raw ? row->raw : "", row->raw ? (uint32_t)strlen(row->raw) : 0);
	r->n_rows++;
	return ferror(r->spool) ? error_set_errno(err, CF_E_IO, "cannot keep the rejected rows") : CF_OK;
}

/* ---- writing ---- */

struct row_texts {
	struct buffer *cells; /* n_columns + 2 */
	size_t n;
};

static void row_texts_done(struct row_texts *t)
{
	for (size_t i = 0; t->cells && i < t->n; i++)
		buffer_done(&t->cells[i]);
	t->cells = mem_free(t->cells);
}

static int get_text(FILE *from, struct buffer *to, struct cf_error *err)
{
	uint32_t n;
	if (fread(&n, sizeof n, 1, from) != 1)
		return error_set(err, CF_E_IO, "cannot read the rejected rows back");
	/* values that share a column (the elements of an array) stand side by side */
	if (to->n)
		TRY_MEMORY(buffer_append_text(to, "; "), err);
	TRY_MEMORY(buffer_reserve(to, n), err);
	if (fread(to->data + to->n, 1, n, from) != n)
		return error_set(err, CF_E_IO, "cannot read the rejected rows back");
	to->n += n;
	to->data[to->n] = '\0';
	return CF_OK;
}

static int get_row(struct rejects *r, struct row_texts *t, struct cf_error *err)
{
	for (size_t i = 0; i < t->n; i++)
		buffer_clear(&t->cells[i]);
	for (;;) {
		uint32_t column;
		if (fread(&column, sizeof column, 1, r->spool) != 1)
			return error_set(err, CF_E_IO, "cannot read the rejected rows back");
		if (column == END_OF_ROW)
			break;
		TRY(get_text(r->spool, &t->cells[column], err));
	}
	TRY(get_text(r->spool, &t->cells[r->n_columns], err));
	return get_text(r->spool, &t->cells[r->n_columns + 1], err);
}

static int flush(struct buffer *line, FILE *to, struct cf_error *err)
{
	size_t n = fwrite(buffer_text(line), 1, line->n, to);
	bool good = n == line->n;
	buffer_clear(line);
	return good ? CF_OK : error_set_errno(err, CF_E_IO, "cannot write the rejected rows");
}

static int write_header(const struct rejects *r, struct buffer *line)
{
	for (size_t i = 0; i < r->n_columns; i++)
		TRY(csv_write_cell(line, i == 0, r->columns[i]));
	TRY(csv_write_cell(line, r->n_columns == 0, REJECTS_REASONS));
	TRY(csv_write_cell(line, false, REJECTS_RAW));
	return csv_end_row(line);
}

static int write_row(const struct row_texts *t, struct buffer *line)
{
	for (size_t i = 0; i < t->n; i++)
		TRY(csv_write_cell(line, i == 0, buffer_text(&t->cells[i])));
	return csv_end_row(line);
}

static int write_rows(struct rejects *r, FILE *to, struct cf_error *err)
{
	CF_CLEANUP(row_texts_done) struct row_texts t = {.n = r->n_columns + 2};
	CF_CLEANUP(buffer_done) struct buffer line = BUFFER_INIT;
	t.cells = NEW_ARRAY_ZERO(struct buffer, t.n);
	if (!t.cells)
		return error_memory(err);
	TRY_MEMORY(write_header(r, &line), err);
	TRY(flush(&line, to, err));
	rewind(r->spool);
	for (uint64_t i = 0; i < r->n_rows; i++) {
		TRY(get_row(r, &t, err));
		TRY_MEMORY(write_row(&t, &line), err);
		TRY(flush(&line, to, err));
	}
	return CF_OK;
}

int rejects_finish(struct rejects *r, struct cf_error *err)
{
	CF_CLEANUP(file_abandon) struct file_writer f = FILE_WRITER_INIT;
	if (r->n_rows == 0)
		return CF_OK;
	TRY(file_begin(&f, r->path, 0600, err));
	TRY(write_rows(r, f.stream, err));
	return file_commit(&f, err);
}
