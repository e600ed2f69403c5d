#include "intake/xlsx_sheet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intake/xlsx_value.h"

enum { MAX_ROW = 1048576, MAX_COLUMN = 16384, MAX_MERGES = 1 << 16, MAX_TYPE = 12 };

struct xlsx_sheet {
	const struct xlsx_workbook *workbook;
	const char *name; /* of the file */
	struct xlsx_xml *xml;
	size_t max_row_bytes;
	struct xlsx_merge *merges;
	size_t n_merges;
	size_t merges_capacity;
	uint64_t n_before; /* bytes of the first reading */

	struct xlsx_row *row; /* being put together */
	bool in_row;
	bool in_cell;
	bool in_value;
	bool has_formula;
	bool has_value;
	bool is_date;
	char type[MAX_TYPE];
	uint32_t column;
	uint32_t next_column;
	uint64_t last_row;
	struct buffer value;
	bool row_is_whole;
};

void xlsx_row_done(struct xlsx_row *row)
{
	mem_free(row->cells);
	buffer_done(&row->text);
}

/* ---- places ---- */

/* "BC12" (from 1 there, from 0 here); false when it is no place of a sheet. */
static bool parse_place(const char *s, uint32_t *ret_row, uint32_t *ret_column, const char **ret_end)
{
	uint32_t column = 0;
	uint32_t row = 0;
	for (; (*s | 32) >= 'a' && (*s | 32) <= 'z' && column <= MAX_COLUMN; s++)
		column = column * 26 + (uint32_t)((*s | 32) - 'a') + 1;
	for (; *s >= '0' && *s <= '9' && row <= MAX_ROW; s++)
		row = row * 10 + (uint32_t)(*s - '0');
	if (!column || column > MAX_COLUMN || !row || row > MAX_ROW)
		return false;
	*ret_row = row - 1;
	*ret_column = column - 1;
	*ret_end = s;
	return true;
}

static void fail(struct xlsx_xml *x, int code, const char *what)
{
	const struct xlsx_sheet *s = xlsx_xml_context(x);
	if (code == CF_E_MEMORY)
		xlsx_xml_fail(x, code, "out of memory");
	else
		xlsx_xml_fail(x, code, "%.150s: row %llu of a sheet: %s", s->name,
			(unsigned long long)s->last_row, what);
}

/* ---- merged ranges ---- */

static void on_merge(struct xlsx_xml *x, const char *name, const char **attributes)
{
	struct xlsx_sheet *s = xlsx_xml_context(x);
	const char *range = strcmp(name, "mergeCell") == 0 ? xlsx_attribute(attributes, "ref") : NULL;
	struct xlsx_merge m;
	const char *end;
	if (!range)
		return;
	if (!parse_place(range, &m.top, &m.left, &end) || *end != ':' ||
		!parse_place(end + 1, &m.bottom, &m.right, &end) || *end || m.bottom < m.top ||
		m.right < m.left) {
		fail(x, CF_E_INPUT, "a merged range that is none");
		return;
	}
	struct xlsx_merge *grown = s->n_merges == MAX_MERGES ? NULL
							     : mem_grow(s->merges, s->n_merges,
								       &s->merges_capacity, sizeof *grown);
	if (!grown) {
		fail(x, s->n_merges == MAX_MERGES ? CF_E_LIMIT : CF_E_MEMORY,
			"too many merged ranges; unmerge them");
		return;
	}
	s->merges = grown;
	s->merges[s->n_merges++] = m;
}

static int compare_merges(const void *a, const void *b)
{
	const struct xlsx_merge *x = a;
	const struct xlsx_merge *y = b;
	if (x->top != y->top)
		return x->top < y->top ? -1 : 1;
	return (x->left > y->left) - (x->left < y->left);
}

/* ---- rows and cells ---- */

static void start_row(struct xlsx_xml *x, struct xlsx_sheet *s, const char **attributes)
{
	const char *number = xlsx_attribute(attributes, "r");
	uint64_t n = number ? strtoull(number, NULL, 10) : s->last_row + 1;
	if (n <= s->last_row || n > MAX_ROW) {
		fail(x, CF_E_INPUT,
			"the rows behind it are not in order; open and save it in a spreadsheet "
			"program");
		return;
	}
	s->last_row = n;
	s->row->number = n;
	s->row->n = 0;
	buffer_clear(&s->row->text);
	s->next_column = 0;
	s->in_row = true;
}

static void start_cell(struct xlsx_xml *x, struct xlsx_sheet *s, const char **attributes)
{
	const char *place = xlsx_attribute(attributes, "r");
	const char *type = xlsx_attribute(attributes, "t");
	const char *style = xlsx_attribute(attributes, "s");
	uint32_t row;
	const char *end;
	s->column = s->next_column;
	if (place && (!parse_place(place, &row, &s->column, &end) || *end)) {
		fail(x, CF_E_INPUT, "a cell whose place is none");
		return;
	}
	if (s->column < s->next_column || s->column >= MAX_COLUMN) {
		fail(x, CF_E_INPUT, "its cells are not in order; open and save it in a spreadsheet program");
		return;
	}
	s->next_column = s->column + 1;
	(void)snprintf(s->type, sizeof s->type, "%s", type ? type : "n");
	size_t format = style ? strtoul(style, NULL, 10) : 0;
	s->is_date = format < s->workbook->n_formats && s->workbook->is_date[format];
	s->in_cell = true;
	s->has_formula = false;
	s->has_value = false;
	buffer_clear(&s->value);
}

static void on_start(struct xlsx_xml *x, const char *name, const char **attributes)
{
	struct xlsx_sheet *s = xlsx_xml_context(x);
	if (strcmp(name, "row") == 0) {
		start_row(x, s, attributes);
	} else if (strcmp(name, "c") == 0 && s->in_row) {
		start_cell(x, s, attributes);
	} else if (s->in_cell && strcmp(name, "f") == 0) {
		s->has_formula = true;
	} else if (s->in_cell && (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)) {
		s->in_value = true;
		s->has_value = true;
	} else if (strcmp(name, "rPh") == 0) {
		s->in_cell = false; /* what follows is how to say it */
	}
}

static void on_text(struct xlsx_xml *x, const char *text, size_t n)
{
	struct xlsx_sheet *s = xlsx_xml_context(x);
	if (!s->in_value)
		return;
	if (s->row->text.n + s->value.n + n > s->max_row_bytes)
		fail(x, CF_E_LIMIT, "the row is too long");
	else if (buffer_append(&s->value, text, n) < 0)
		fail(x, CF_E_MEMORY, "");
}

static int put_text(
	struct xlsx_row *row, struct xlsx_cell *c, enum cell_kind kind, const char *text, size_t n)
{
	TRY(buffer_append(&row->text, text, n));
	TRY(buffer_append_char(&row->text, '\0'));
	c->n = (uint32_t)n;
	c->kind = n ? kind : CELL_EMPTY;
	return CF_OK;
}

static int put_bad(struct xlsx_row *row, struct xlsx_cell *c, const char *reason)
{
	TRY(put_text(row, c, CELL_BAD, "", 0));
	c->kind = CELL_BAD;
	c->reason = reason;
	return CF_OK;
}

static int put_shared(const struct xlsx_sheet *s, struct xlsx_cell *c)
{
	char *end;
	unsigned long i = strtoul(buffer_text(&s->value), &end, 10);
	const char *text = s->value.n && !*end ? xlsx_shared_string(s->workbook, i) : NULL;
	if (!text)
		return put_bad(s->row, c,
			"a text that the workbook does not hold; open and save it in a "
			"spreadsheet program");
	return put_text(s->row, c, CELL_TEXT, text, strlen(text));
}

static int put_string(const struct xlsx_sheet *s, struct xlsx_cell *c)
{
	TRY(xlsx_unescape(buffer_text(&s->value), s->value.n, &s->row->text));
	c->n = (uint32_t)(s->row->text.n - c->at);
	c->kind = c->n ? CELL_TEXT : CELL_EMPTY;
	return buffer_append_char(&s->row->text, '\0');
}

static int put_number(const struct xlsx_sheet *s, struct xlsx_cell *c)
{
	char text[XLSX_VALUE_BYTES];
	double value;
	const char *reason = "a number that is none";
	if (!xlsx_parse_number(buffer_text(&s->value), &value))
		return put_bad(s->row, c, reason);
	if (s->is_date) {
		if (!xlsx_date_text(value, s->workbook->epoch_1904, text, &reason))
			return put_bad(s->row, c, reason);
		return put_text(s->row, c, CELL_DATE, text, strlen(text));
	}
	if (!xlsx_number_text(value, text, &reason))
		return put_bad(s->row, c, reason);
	return put_text(s->row, c, CELL_NUMBER, text, strlen(text));
}

static int put_value(const struct xlsx_sheet *s, struct xlsx_cell *c)
{
	const char *type = s->type;
	const char *value = buffer_text(&s->value);
	if (!s->has_value || (s->value.n == 0 && strcmp(type, "n") == 0))
		return s->has_formula ? put_bad(s->row, c,
						"a formula without a result; open the file in a spreadsheet "
						"program and save it")
				      : put_text(s->row, c, CELL_EMPTY, "", 0);
	if (strcmp(type, "s") == 0)
		return put_shared(s, c);
	if (strcmp(type, "str") == 0 || strcmp(type, "inlineStr") == 0)
		return put_string(s, c);
	if (strcmp(type, "b") == 0) {
		const char *text = strcmp(value, "1") == 0 || strcmp(value, "true") == 0 ? "true" : "false";
		return put_text(s->row, c, CELL_BOOLEAN, text, strlen(text));
	}
	if (strcmp(type, "e") == 0)
		return put_bad(s->row, c, "the spreadsheet shows an error here");
	if (strcmp(type, "d") == 0)
		return put_text(s->row, c, CELL_DATE, value, s->value.n);
	if (strcmp(type, "n") == 0)
		return put_number(s, c);
	return put_bad(s->row, c, "a kind of value that is not known");
}

static void end_cell(struct xlsx_xml *x, struct xlsx_sheet *s)
{
	struct xlsx_row *row = s->row;
	s->in_cell = false;
	struct xlsx_cell *grown = mem_grow(row->cells, row->n, &row->capacity, sizeof *grown);
	if (!grown) {
		fail(x, CF_E_MEMORY, "");
		return;
	}
	row->cells = grown;
	struct xlsx_cell *c = &row->cells[row->n];
	*c = (struct xlsx_cell){.column = s->column, .at = row->text.n};
	if (put_value(s, c) < 0)
		fail(x, CF_E_MEMORY, "");
	else if (row->text.n > s->max_row_bytes)
		fail(x, CF_E_LIMIT, "the row is too long");
	else
		row->n += c->kind != CELL_EMPTY;
}

static void on_end(struct xlsx_xml *x, const char *name)
{
	struct xlsx_sheet *s = xlsx_xml_context(x);
	if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0) {
		s->in_value = false;
	} else if (strcmp(name, "rPh") == 0) {
		s->in_cell = true;
	} else if (strcmp(name, "c") == 0 && s->in_cell) {
		end_cell(x, s);
	} else if (strcmp(name, "row") == 0 && s->in_row) {
		s->in_row = false;
		s->row_is_whole = true;
		xlsx_xml_pause(x);
	}
}

/* ---- the sheet ---- */

static int read_merges(
	struct xlsx_sheet *s, struct xlsx_package *package, const char *part, struct cf_error *err)
{
	const struct xlsx_handlers handlers = {.start = on_merge, .context = s};
	CF_CLEANUP_XML struct xlsx_xml *x = NULL;
	bool any = false;
	/* parsing takes many times longer than looking for the word, which most sheets do not have */
	TRY(xlsx_package_may_contain(package, part, "mergeCell", &any, &s->n_before, err));
	if (!any)
		return CF_OK;
	TRY(xlsx_xml_open(package, part, &handlers, &x, err));
	TRY(xlsx_xml_run(x, err));
	s->n_before += xlsx_xml_bytes(x);
	if (s->n_merges)
		qsort(s->merges, s->n_merges, sizeof *s->merges, compare_merges);
	return CF_OK;
}

int xlsx_sheet_open(struct xlsx_package *package, const struct xlsx_workbook *workbook, const char *part,
	size_t max_row_bytes, struct xlsx_sheet **ret, struct cf_error *err)
{
	CF_CLEANUP_SHEET struct xlsx_sheet *s = NEW(struct xlsx_sheet);
	if (!s)
		return error_memory(err);
	s->workbook = workbook;
	s->name = xlsx_package_name(package);
	s->max_row_bytes = max_row_bytes;
	TRY(read_merges(s, package, part, err));
	const struct xlsx_handlers handlers = {
		.start = on_start, .end = on_end, .text = on_text, .context = s};
	TRY(xlsx_xml_open(package, part, &handlers, &s->xml, err));
	*ret = TAKE(s);
	return CF_OK;
}

struct xlsx_sheet *xlsx_sheet_close(struct xlsx_sheet *s)
{
	if (!s)
		return NULL;
	xlsx_xml_close(s->xml);
	mem_free(s->merges);
	buffer_done(&s->value);
	return mem_free(s);
}

const struct xlsx_merge *xlsx_sheet_merges(const struct xlsx_sheet *s, size_t *ret_n)
{
	*ret_n = s->n_merges;
	return s->merges;
}

int xlsx_sheet_next(struct xlsx_sheet *s, struct xlsx_row *row, struct cf_error *err)
{
	s->row = row;
	for (;;) {
		s->row_is_whole = false;
		int status = xlsx_xml_run(s->xml, err);
		TRY(status);
		if (s->row_is_whole && row->n)
			return 1;
		if (status == 0)
			return 0;
	}
}

uint64_t xlsx_sheet_bytes(const struct xlsx_sheet *s)
{
	return s->n_before + (s->xml ? xlsx_xml_bytes(s->xml) : 0);
}
