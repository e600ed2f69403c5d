/*
 * Sheets one after another, each with a header of its own: titles above it are passed over, merged header
 * cells name every column they cover, and a header of several rows is put together. A merged range among the
 * data is never spread over its rows: its empty cells are bad, because nobody said what they hold.
 */
#include <stdio.h>
#include <string.h>

#include "intake/rows_reader.h"
#include "intake/xlsx_sheet.h"

enum { MAX_TITLES = 20, MAX_HEADER_ROWS = 4 };

struct rows_xlsx {
	struct xlsx_package *package;
	struct xlsx_workbook *workbook;
	size_t next_sheet; /* of the workbook */
	struct xlsx_sheet *sheet;
	struct xlsx_row row;
	struct xlsx_row kept; /* read ahead while looking for the header */
	bool has_kept;
	uint32_t n_header_rows; /* rows up to and with the header */
	size_t merge;           /* the first merged range not yet above the rows */
	uint32_t *active;       /* merged ranges that reach the row */
	size_t n_active;
	size_t active_capacity;
	int32_t *columns; /* of the sheet's columns: ours, or -1 */
	size_t n_columns;
	uint64_t n_bytes; /* of sheets that are done */
};

static void swap_rows(struct xlsx_row *a, struct xlsx_row *b)
{
	struct xlsx_row t = *a;
	*a = *b;
	*b = t;
}

/* The next row, the one kept first. */
static int next_raw(struct rows_xlsx *x, struct cf_error *err)
{
	if (x->has_kept) {
		swap_rows(&x->row, &x->kept);
		x->has_kept = false;
		return 1;
	}
	return xlsx_sheet_next(x->sheet, &x->row, err);
}

/* ---- headers ---- */

/* The texts of the header's rows by column, top row first. */
struct header {
	size_t n_columns;
	uint32_t top; /* row of the sheet, from 0 */
	size_t n_rows;
	char **texts; /* n_columns * MAX_HEADER_ROWS, owned; NULL where empty */
};

static void header_done(struct header *h)
{
	for (size_t i = 0; h->texts && i < h->n_columns * MAX_HEADER_ROWS; i++)
		mem_free(h->texts[i]);
	mem_free(h->texts);
}

/* White space, line ends too, folded to single blanks. */
static char *folded(const char *s)
{
	char *copy = mem_strdup(s);
	size_t n = 0;
	for (const char *p = s; copy && *p; p++) {
		bool white = *p == ' ' || *p == '\t' || *p == '\n' || *p == '\r';
		if (!white)
			copy[n++] = *p;
		else if (n && copy[n - 1] != ' ')
			copy[n++] = ' ';
	}
	while (copy && n && copy[n - 1] == ' ')
		n--;
	if (copy)
		copy[n] = '\0';
	return copy;
}

static int header_put(struct header *h, size_t level, size_t column, const char *text, struct cf_error *err)
{
	char **to = &h->texts[column * MAX_HEADER_ROWS + level];
	char *copy = folded(text);
	if (!copy)
		return error_memory(err);
	mem_free(*to);
	*to = copy;
	if (!*copy)
		*to = mem_free(copy);
	return CF_OK;
}

/* A merged range of the header says the same of each column it covers. */
static int spread(struct rows_xlsx *x, struct header *h, struct cf_error *err)
{
	size_t n;
	const struct xlsx_merge *merges = xlsx_sheet_merges(x->sheet, &n);
	for (size_t i = 0; i < n; i++) {
		const struct xlsx_merge *m = &merges[i];
		if (m->top < h->top || m->top >= h->top + h->n_rows || m->left >= h->n_columns)
			continue;
		size_t level = m->top - h->top;
		const char *text = h->texts[m->left * MAX_HEADER_ROWS + level];
		for (size_t c = m->left + 1; text && c <= m->right && c < h->n_columns; c++)
			if (!h->texts[c * MAX_HEADER_ROWS + level])
				TRY(header_put(h, level, c, text, err));
	}
	return CF_OK;
}

static size_t header_rows(const struct rows_xlsx *x, uint32_t top)
{
	size_t n;
	size_t rows = 1;
	const struct xlsx_merge *merges = xlsx_sheet_merges(x->sheet, &n);
	for (size_t i = 0; i < n; i++) {
		const struct xlsx_merge *m = &merges[i];
		if (m->top != top)
			continue;
		/* something must stand below what covers several columns */
		size_t wanted = m->bottom - m->top + 1 + (m->right > m->left);
		rows = wanted > rows ? wanted : rows;
	}
	return rows < MAX_HEADER_ROWS ? rows : MAX_HEADER_ROWS;
}

static const char *leaf(const struct header *h, size_t column)
{
	for (size_t level = h->n_rows; level-- > 0;)
		if (h->texts[column * MAX_HEADER_ROWS + level])
			return h->texts[column * MAX_HEADER_ROWS + level];
	return NULL;
}

static bool leaf_is_unique(const struct header *h, size_t column)
{
	for (size_t i = 0; i < h->n_columns; i++)
		if (i != column && leaf(h, i) && strcmp(leaf(h, i), leaf(h, column)) == 0)
			return false;
	return true;
}

/* The lowest text alone where it is the only one of its kind, else all of them from the top. */
static int column_name(const struct header *h, size_t column, struct buffer *out)
{
	if (leaf_is_unique(h, column))
		return buffer_append_text(out, leaf(h, column));
	const char *last = NULL;
	for (size_t level = 0; level < h->n_rows; level++) {
		const char *text = h->texts[column * MAX_HEADER_ROWS + level];
		if (!text || (last && strcmp(last, text) == 0))
			continue;
		TRY(buffer_printf(out, "%s%s", last ? " / " : "", text));
		last = text;
	}
	return CF_OK;
}

static int name_columns(
	struct row_source *r, struct rows_xlsx *x, const struct header *h, struct cf_error *err)
{
	size_t sheet = r->n_sheets - 1;
	for (size_t i = 0; i < h->n_columns; i++) {
		CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
		size_t column;
		x->columns[i] = -1;
		if (!leaf(h, i))
			continue;
		TRY_MEMORY(column_name(h, i, &name), err);
		ptrdiff_t other = rows_find_column(r, sheet, buffer_text(&name));
		if (other >= 0) {
			char a[COLUMN_LETTERS];
			char b[COLUMN_LETTERS];
			rows_column_letters((size_t)r->sheets[sheet].places[other], a);
			rows_column_letters(i, b);
			return error_set(err, CF_E_INPUT,
				"%.120s: sheet '%.60s': columns %s and %s have the same name; rename one",
				r->name, r->sheets[sheet].name, a, b);
		}
		TRY(rows_add_column(r, sheet, buffer_text(&name), &column, err));
		r->sheets[sheet].places[column] = (uint32_t)i;
		x->columns[i] = (int32_t)column;
	}
	return CF_OK;
}

/* Passes over titles: rows of a single cell above one that has more. x->row is left on the header. */
static int find_header(struct rows_xlsx *x, struct cf_error *err)
{
	int status = next_raw(x, err);
	for (int i = 0; status > 0 && x->row.n == 1 && i < MAX_TITLES; i++) {
		status = xlsx_sheet_next(x->sheet, &x->kept, err);
		if (status <= 0)
			return status < 0 ? status : 1; /* a header without rows */
		if (x->kept.n == 1) {
			x->has_kept = true; /* a sheet of one column */
			return 1;
		}
		swap_rows(&x->row, &x->kept);
	}
	return status;
}

static int take_header_row(const struct rows_xlsx *x, struct header *h, struct cf_error *err)
{
	size_t level = (size_t)(x->row.number - 1 - h->top);
	for (size_t i = 0; i < x->row.n; i++) {
		const struct xlsx_cell *c = &x->row.cells[i];
		if (c->column < h->n_columns)
			TRY(header_put(h, level, c->column, x->row.text.data + c->at, err));
	}
	return CF_OK;
}

static size_t header_width(const struct rows_xlsx *x, uint32_t top)
{
	size_t n;
	size_t width = x->row.cells[x->row.n - 1].column + 1;
	const struct xlsx_merge *merges = xlsx_sheet_merges(x->sheet, &n);
	for (size_t i = 0; i < n; i++)
		if (merges[i].top == top && merges[i].right + 1 > width)
			width = merges[i].right + 1;
	return width < ROWS_MAX_COLUMNS ? width : ROWS_MAX_COLUMNS;
}

static int read_header(struct row_source *r, struct rows_xlsx *x, struct cf_error *err)
{
	CF_CLEANUP(header_done) struct header h = {0};
	h.top = (uint32_t)(x->row.number - 1);
	h.n_rows = header_rows(x, h.top);
	h.n_columns = header_width(x, h.top);
	h.texts = NEW_ARRAY_ZERO(char *, h.n_columns *MAX_HEADER_ROWS);
	x->columns = mem_free(x->columns);
	x->columns = NEW_ARRAY(int32_t, h.n_columns);
	if (!h.texts || !x->columns)
		return error_memory(err);
	x->n_columns = h.n_columns;
	x->n_header_rows = h.top + (uint32_t)h.n_rows;
	TRY(take_header_row(x, &h, err));
	for (;;) {
		int status = next_raw(x, err);
		TRY(status);
		if (status == 0)
			break;
		if (x->row.number > x->n_header_rows) {
			swap_rows(&x->row, &x->kept);
			x->has_kept = true;
			break;
		}
		TRY(take_header_row(x, &h, err));
	}
	TRY(spread(x, &h, err));
	return name_columns(r, x, &h, err);
}

/* ---- sheets ---- */

static void leave_sheet(struct rows_xlsx *x)
{
	if (x->sheet)
		x->n_bytes += xlsx_sheet_bytes(x->sheet);
	x->sheet = xlsx_sheet_close(x->sheet);
	x->has_kept = false;
	x->merge = 0;
	x->n_active = 0;
}

/* 1 when x->sheet stands behind its header, 0 when there is no sheet left. */
static int enter_sheet(struct row_source *r, struct rows_xlsx *x, struct cf_error *err)
{
	const struct xlsx_workbook *w = x->workbook;
	while (x->next_sheet < w->n_sheets) {
		const struct xlsx_sheet_entry *entry = &w->sheets[x->next_sheet++];
		const char *only = r->options.sheet;
		if (only && strcmp(only, entry->name) != 0)
			continue;
		TRY(rows_add_sheet(r, entry->name, err));
		struct rows_sheet *sheet = &r->sheets[r->n_sheets - 1];
		if (entry->hidden && !only)
			sheet->note = "it is hidden";
		else if (!entry->part) /* a sheet that is a chart */
			sheet->note = "it holds no cells";
		if (sheet->note)
			continue;
		TRY(xlsx_sheet_open(x->package, w, entry->part, r->options.max_row_bytes, &x->sheet, err));
		int status = find_header(x, err);
		TRY(status);
		if (status > 0) {
			TRY(read_header(r, x, err));
			return 1;
		}
		r->sheets[r->n_sheets - 1].note = "it is empty";
		leave_sheet(x);
	}
	return 0;
}

/* ---- rows ---- */

/* Our number of a sheet's column; a column whose header is empty gets its letters for a name. */
static int column_of(
	struct row_source *r, struct rows_xlsx *x, uint32_t place, size_t *ret, struct cf_error *err)
{
	size_t sheet = r->n_sheets - 1;
	if (place < x->n_columns && x->columns[place] >= 0) {
		*ret = (size_t)x->columns[place];
		return CF_OK;
	}
	if (place >= x->n_columns) {
		int32_t *grown = mem_resize(x->columns, place + 1, sizeof *grown);
		if (!grown)
			return error_memory(err);
		x->columns = grown;
		for (; x->n_columns <= place; x->n_columns++)
			x->columns[x->n_columns] = -1;
	}
	char letters[COLUMN_LETTERS];
	char name[64];
	rows_column_letters(place, letters);
	(void)snprintf(name, sizeof name, "(%s)", letters);
	for (int i = 2; rows_find_column(r, sheet, name) >= 0; i++)
		(void)snprintf(name, sizeof name, "(%s, %d)", letters, i);
	TRY(rows_add_column(r, sheet, name, ret, err));
	r->sheets[sheet].places[*ret] = place;
	x->columns[place] = (int32_t)*ret;
	return CF_OK;
}

static int add_cells(struct row_source *r, struct rows_xlsx *x, struct cf_error *err)
{
	for (size_t i = 0; i < x->row.n; i++) {
		const struct xlsx_cell *c = &x->row.cells[i];
		size_t column;
		TRY(column_of(r, x, c->column, &column, err));
		struct cell *cell = rows_add_cell(r);
		if (!cell)
			return error_memory(err);
		*cell = (struct cell){.text = x->row.text.data + c->at,
			.reason = c->reason,
			.n = c->n,
			.column = (uint32_t)column,
			.kind = c->kind};
	}
	return CF_OK;
}

/* Keeps the merged ranges that reach this row (from 0) in x->active. */
static int follow_merges(struct rows_xlsx *x, uint32_t row, struct cf_error *err)
{
	size_t n;
	const struct xlsx_merge *merges = xlsx_sheet_merges(x->sheet, &n);
	size_t kept = 0;
	for (size_t i = 0; i < x->n_active; i++)
		if (merges[x->active[i]].bottom >= row)
			x->active[kept++] = x->active[i];
	x->n_active = kept;
	for (; x->merge < n && merges[x->merge].top <= row; x->merge++) {
		if (merges[x->merge].bottom < row || merges[x->merge].top < x->n_header_rows)
			continue;
		uint32_t *grown = mem_grow(x->active, x->n_active, &x->active_capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		x->active = grown;
		x->active[x->n_active++] = (uint32_t)x->merge;
	}
	return CF_OK;
}

static int add_merged(struct row_source *r, struct rows_xlsx *x, struct cf_error *err)
{
	size_t n;
	const struct xlsx_merge *merges = xlsx_sheet_merges(x->sheet, &n);
	uint32_t row = (uint32_t)(x->row.number - 1);
	TRY(follow_merges(x, row, err));
	for (size_t i = 0; i < x->n_active; i++) {
		const struct xlsx_merge *m = &merges[x->active[i]];
		for (uint32_t c = m->left; c <= m->right && c < x->n_columns; c++) {
			if ((row == m->top && c == m->left) || x->columns[c] < 0)
				continue;
			/* ranges that lie over one another, as no spreadsheet program makes them */
			if (r->row.n > (size_t)2 * ROWS_MAX_COLUMNS)
				return error_set(
					err, CF_E_REFUSED, "%.150s: refused: merged ranges overlap", r->name);
			struct cell *cell = rows_add_cell(r);
			if (!cell)
				return error_memory(err);
			cell->column = (uint32_t)x->columns[c];
			cell->kind = CELL_BAD;
			cell->reason = "part of a merged range; unmerge it and write the value into each row";
		}
	}
	return CF_OK;
}

static int next(struct row_source *r, struct cf_error *err)
{
	struct rows_xlsx *x = r->context;
	for (;;) {
		if (!x->sheet) {
			int entered = enter_sheet(r, x, err);
			if (entered <= 0)
				return entered;
		}
		int status = next_raw(x, err);
		TRY(status);
		if (status > 0)
			break;
		leave_sheet(x);
	}
	r->row.line = x->row.number;
	r->row.sheet = r->n_sheets - 1;
	TRY(add_cells(r, x, err));
	TRY(add_merged(r, x, err));
	return 1;
}

static void close_xlsx(struct row_source *r)
{
	struct rows_xlsx *x = r->context;
	xlsx_sheet_close(x->sheet);
	xlsx_workbook_free(x->workbook);
	xlsx_package_close(x->package);
	xlsx_row_done(&x->row);
	xlsx_row_done(&x->kept);
	mem_free(x->active);
	mem_free(x->columns);
	r->context = mem_free(x);
}

static uint64_t bytes_read(const struct row_source *r)
{
	const struct rows_xlsx *x = r->context;
	return x->n_bytes + (x->sheet ? xlsx_sheet_bytes(x->sheet) : 0);
}

static int check_wanted_sheet(const struct row_source *r, const struct xlsx_workbook *w, struct cf_error *err)
{
	bool found = !r->options.sheet;
	for (size_t i = 0; i < w->n_sheets && !found; i++)
		found = strcmp(w->sheets[i].name, r->options.sheet) == 0;
	return found ? CF_OK
		     : error_set(err, CF_E_NOT_FOUND, "%.150s: there is no sheet '%.60s'", r->name,
			       r->options.sheet);
}

int rows_xlsx_open(struct row_source *r, const struct rows_input *input, struct cf_error *err)
{
	static const struct rows_reader reader = {
		.next = next, .close = close_xlsx, .bytes_read = bytes_read};
	struct rows_xlsx *x = NEW(struct rows_xlsx);
	if (!x)
		return error_memory(err);
	r->reader = &reader;
	r->context = x;
	TRY(xlsx_package_open(r->name, input, &x->package, err));
	TRY(xlsx_workbook_read(x->package, r->options.max_text_bytes, &x->workbook, err));
	TRY(check_wanted_sheet(r, x->workbook, err));
	r->n_total = 0;
	for (size_t i = 0; i < x->workbook->n_sheets; i++)
		if (x->workbook->sheets[i].part) /* each is read up to three times */
			r->n_total += 3 * xlsx_package_size(x->package, x->workbook->sheets[i].part);
	return CF_OK;
}
