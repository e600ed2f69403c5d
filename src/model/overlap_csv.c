/*
 * The overlap table as CSV: one 0/1 column a list, optional stratum_* columns, count last. Rows may come in
 * any order and repeat; they are gathered, sorted and only then added, so that a million rows cost a sort.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "model/overlap.h"

enum column_kind { COLUMN_LIST, COLUMN_STRATUM, COLUMN_COUNT };

enum { STRATUM_PREFIX = sizeof "stratum_" - 1 };

struct layout {
	size_t n_columns;
	enum column_kind kinds[OVERLAP_MAX_LISTS + OVERLAP_MAX_STRATA_COLUMNS + 1];
	size_t n_lists;
	const char *lists[OVERLAP_MAX_LISTS];
	size_t n_strata;
	const char *strata[OVERLAP_MAX_STRATA_COLUMNS];
};

struct rows {
	struct overlap_cell *cells;
	size_t n;
	size_t capacity;
};

static void rows_done(struct rows *rows)
{
	rows->cells = mem_free(rows->cells);
}

static enum column_kind kind_of(const char *name)
{
	if (strcasecmp(name, "count") == 0)
		return COLUMN_COUNT;
	return strncasecmp(name, "stratum_", STRATUM_PREFIX) == 0 ? COLUMN_STRATUM : COLUMN_LIST;
}

static int refuse(const char *file, uint64_t column, int code, struct cf_error *err, const char *text)
{
	return error_set_at(err, code, file, 1, column, "%s", text);
}

static int place_column(const char *file, size_t at, const char *name, struct layout *l, struct cf_error *err)
{
	enum column_kind kind = kind_of(name);
	if (kind == COLUMN_LIST) {
		if (l->n_lists == OVERLAP_MAX_LISTS)
			return refuse(file, at + 1, CF_E_LIMIT, err,
				"more than 20 list columns: at most 20 lists can be counted together");
		l->lists[l->n_lists++] = name;
	} else if (kind == COLUMN_STRATUM) {
		if (l->n_strata == OVERLAP_MAX_STRATA_COLUMNS)
			return refuse(file, at + 1, CF_E_LIMIT, err,
				"more than 8 stratum columns: drop or combine some");
		if (!name[STRATUM_PREFIX])
			return refuse(file, at + 1, CF_E_INPUT, err,
				"a stratum column needs a name after 'stratum_'");
		l->strata[l->n_strata++] = name + STRATUM_PREFIX;
	} else if (at + 1 != l->n_columns) {
		return refuse(file, at + 1, CF_E_INPUT, err, "the column 'count' must be the last one");
	}
	l->kinds[at] = kind;
	return CF_OK;
}

static int read_layout(const char *file, const struct csv_reader *r, struct layout *l, struct cf_error *err)
{
	*l = (struct layout){.n_columns = csv_n_columns(r)};
	for (size_t i = 0; i < l->n_columns; i++)
		TRY(place_column(file, i, csv_column_name(r, i), l, err));
	if (kind_of(csv_column_name(r, l->n_columns - 1)) != COLUMN_COUNT)
		return refuse(file, l->n_columns, CF_E_INPUT, err,
			"no column 'count': the last column must be named count and hold the number of "
			"persons");
	if (l->n_lists == 0)
		return refuse(file, 0, CF_E_INPUT, err,
			"no list columns: give one column of 0 and 1 for each list, then count");
	return CF_OK;
}

static struct csv_cell trimmed(struct csv_cell c)
{
	while (c.n && (c.text[0] == ' ' || c.text[0] == '\t')) {
		c.text++;
		c.n--;
	}
	while (c.n && (c.text[c.n - 1] == ' ' || c.text[c.n - 1] == '\t'))
		c.n--;
	return c;
}

static int read_mark(
	const struct csv_reader *r, size_t column, struct csv_cell c, bool *ret, struct cf_error *err)
{
	c = trimmed(c);
	if (c.n != 1 || (c.text[0] != '0' && c.text[0] != '1'))
		return csv_error(r, column, err, "must be 1 (on this list) or 0 (not on it)");
	*ret = c.text[0] == '1';
	return CF_OK;
}

/* A spreadsheet's 12.0 is a whole number too; 12.5 and 1e6 are not taken for one. */
static int read_count(
	const struct csv_reader *r, size_t column, struct csv_cell c, uint64_t *ret, struct cf_error *err)
{
	c = trimmed(c);
	if (c.n == 0)
		return csv_error(r, column, err, "the count is missing: write 0 for a pattern nobody has");
	if (c.text[0] == '-')
		return csv_error(r, column, err, "the count is negative: it must be 0 or more");
	uint64_t value = 0;
	size_t i = 0;
	for (; i < c.n && c.text[i] >= '0' && c.text[i] <= '9'; i++) {
		value = value * 10 + (uint64_t)(c.text[i] - '0');
		if (value > OVERLAP_MAX_PERSONS)
			return csv_error(
				r, column, err, "the count is larger than %" PRIu64, OVERLAP_MAX_PERSONS);
	}
	if (i > 0 && i + 1 < c.n && c.text[i] == '.') {
		size_t k = i + 1;
		while (k < c.n && c.text[k] == '0')
			k++;
		i = k == c.n ? c.n : i;
	}
	if (i < c.n || i == 0)
		return csv_error(r, column, err, "the count must be a whole number written in digits");
	*ret = value;
	return CF_OK;
}

static int read_row(const struct csv_reader *r, const struct layout *l, const struct csv_cell *row,
	struct overlap_table *t, struct overlap_cell *ret_cell, struct cf_error *err)
{
	const char *values[OVERLAP_MAX_STRATA_COLUMNS] = {0};
	struct overlap_cell cell = {0};
	size_t n_lists = 0;
	size_t n_strata = 0;
	for (size_t i = 0; i < l->n_columns; i++) {
		bool on = false;
		switch (l->kinds[i]) {
		case COLUMN_LIST:
			TRY(read_mark(r, i, row[i], &on, err));
			cell.pattern |= (uint32_t)on << n_lists++;
			break;
		case COLUMN_STRATUM:
			values[n_strata++] = row[i].text;
			break;
		case COLUMN_COUNT:
			TRY(read_count(r, i, row[i], &cell.count, err));
			break;
		}
	}
	if (cell.pattern == 0 && cell.count)
		return csv_error(r, l->n_columns - 1, err,
			"this row is on no list but has a count: how many no list has seen is what is to be "
			"estimated");
	if (cell.count)
		TRY(overlap_stratum(t, values, &cell.stratum, err));
	*ret_cell = cell;
	return CF_OK;
}

static int compare(const void *left, const void *right)
{
	const struct overlap_cell *a = left;
	const struct overlap_cell *b = right;
	if (a->stratum != b->stratum)
		return a->stratum < b->stratum ? -1 : 1;
	return (a->pattern > b->pattern) - (a->pattern < b->pattern);
}

static int gather(struct csv_reader *r, const struct layout *l, struct overlap_table *t, struct rows *rows,
	struct cf_error *err)
{
	const struct csv_cell *row;
	int got;
	uint64_t total = 0;
	while ((got = csv_next(r, &row, err)) > 0) {
		struct overlap_cell cell = {0};
		TRY(read_row(r, l, row, t, &cell, err));
		if (cell.count == 0)
			continue;
		total += cell.count; /* both at most 2^53, so no overflow before the check */
		if (total > OVERLAP_MAX_PERSONS)
			return csv_error(r, l->n_columns - 1, err,
				"with this row the counts add up to more than %" PRIu64 " persons",
				OVERLAP_MAX_PERSONS);
		struct overlap_cell *grown = mem_grow(rows->cells, rows->n, &rows->capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		rows->cells = grown;
		rows->cells[rows->n++] = cell;
	}
	return got;
}

static int read_table(
	const char *file, struct csv_reader *r, struct overlap_table **ret, struct cf_error *err)
{
	struct layout l;
	TRY(read_layout(file, r, &l, err));
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	TRY(overlap_new(l.n_lists, l.lists, &t, err));
	TRY(overlap_set_stratum_columns(t, l.n_strata, l.strata, err));
	CF_CLEANUP(rows_done) struct rows rows = {0};
	TRY(gather(r, &l, t, &rows, err));
	if (rows.n)
		qsort(rows.cells, rows.n, sizeof *rows.cells, compare);
	for (size_t i = 0; i < rows.n; i++)
		TRY(overlap_add(t, rows.cells[i].pattern, rows.cells[i].stratum, rows.cells[i].count, err));
	*ret = TAKE(t);
	return CF_OK;
}

int overlap_read(const char *path, struct overlap_table **ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	TRY(csv_open(path, NULL, &r, err));
	return read_table(path, r, ret, err);
}

int overlap_parse(
	const char *name, const char *data, size_t n, struct overlap_table **ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	TRY(csv_open_memory(name, data, n, NULL, &r, err));
	return read_table(name, r, ret, err);
}

static int format_header(const struct overlap_table *t, struct buffer *out)
{
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	for (size_t j = 0; j < t->n_lists; j++)
		TRY(csv_write_cell(out, j == 0, t->list_names[j]));
	for (size_t s = 0; s < t->n_stratum_columns; s++) {
		buffer_clear(&name);
		TRY(buffer_printf(&name, "stratum_%s", t->stratum_columns[s]));
		TRY(csv_write_cell(out, false, buffer_text(&name)));
	}
	TRY(csv_write_cell(out, false, "count"));
	return csv_end_row(out);
}

int overlap_format(const struct overlap_table *t, struct buffer *out)
{
	TRY(format_header(t, out));
	for (size_t i = 0; i < t->n_cells; i++) {
		const struct overlap_cell *c = &t->cells[i];
		char count[24];
		for (size_t j = 0; j < t->n_lists; j++)
			TRY(csv_write_cell(out, j == 0, c->pattern >> j & 1 ? "1" : "0"));
		for (size_t s = 0; s < t->n_stratum_columns; s++)
			TRY(csv_write_cell(out, false, t->strata[c->stratum * t->n_stratum_columns + s]));
		(void)snprintf(count, sizeof count, "%" PRIu64, c->count);
		TRY(csv_write_cell(out, false, count));
		TRY(csv_end_row(out));
	}
	return CF_OK;
}
