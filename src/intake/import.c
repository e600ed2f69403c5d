/* The two passes: what columns hold as a whole, then row by row. */
#include "intake/import.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "intake/import_parts.h"

enum { PROGRESS_EVERY = 4096 };

int import_fault_format(const struct import_fault *f, struct buffer *out)
{
	TRY(buffer_append_text(out, f->file));
	if (f->sheet[0])
		TRY(buffer_printf(out, ": sheet '%s'", f->sheet));
	TRY(buffer_printf(out, ": line %" PRIu64, f->line));
	if (f->column[0])
		TRY(buffer_printf(out, ": column '%s' (%s)", f->column, f->letters));
	return buffer_printf(out, ": %s", f->reason);
}

/* ---- where a file comes from ---- */

struct source {
	const char *name;
	const void *data; /* NULL: name is a path */
	size_t n;
	const struct rows_options *rows;
};

static int open_rows(const struct source *s, struct row_source **ret, struct cf_error *err)
{
	if (s->data)
		return rows_open_memory(s->name, s->data, s->n, s->rows, ret, err);
	return rows_open(s->name, s->rows, ret, err);
}

/* ---- what columns hold as a whole ---- */

/* Makes room for the sheets and columns the source has found so far. */
static int follow_columns(struct import_run *run, const struct row_source *rows, struct cf_error *err)
{
	while (run->n_sheets < rows_n_sheets(rows)) {
		struct import_sheet *grown =
			mem_grow(run->sheets, run->n_sheets, &run->sheets_capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		run->sheets = grown;
		run->sheets[run->n_sheets++] = (struct import_sheet){.n = 0};
	}
	for (size_t s = run->n_followed ? run->n_followed - 1 : 0; s < run->n_sheets; s++) {
		struct import_sheet *sheet = &run->sheets[s];
		while (sheet->n < rows_n_columns(rows, s)) {
			struct import_column *grown =
				mem_grow(sheet->columns, sheet->n, &sheet->capacity, sizeof *grown);
			if (!grown)
				return error_memory(err);
			sheet->columns = grown;
			sheet->columns[sheet->n++] = (struct import_column){.map = NULL};
		}
	}
	run->n_followed = run->n_sheets;
	return CF_OK;
}

static void survey_cell(struct import_column *c, const struct cell *cell)
{
	if (cell->kind == CELL_EMPTY || cell->kind == CELL_BAD)
		return;
	c->n_cells++;
	if (cell->kind == CELL_DATE)
		return;
	if (cell->n == 1) {
		char letter = (char)(*cell->text | 32);
		c->n_f += letter == 'f';
		c->n_h += letter == 'h';
		c->n_m += letter == 'm';
	}
	/* what has no digit, or is much longer than a date, says nothing about an order; most columns are no
	 * dates, and stop being looked at when none has come for long */
	bool hopeless = c->dates.n_values == 0 && c->dates.n_not_date > 1000;
	if (cell->n >= 6 && cell->n <= 48 && !hopeless)
		date_evidence_add(&c->dates, cell->text, cell->n);
}

/* Every row is looked at: an order is never guessed from a few. */
static int survey(struct import_run *run, const struct source *source, struct row_source **ret_rows,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct row_source *rows = NULL;
	const struct row *row;
	int status;
	TRY(open_rows(source, &rows, err));
	while ((status = rows_next(rows, &row, err)) > 0) {
		TRY(follow_columns(run, rows, err));
		struct import_sheet *sheet = run->sheets ? &run->sheets[row->sheet] : NULL;
		for (size_t i = 0; sheet && i < row->n; i++)
			survey_cell(&sheet->columns[row->cells[i].column], &row->cells[i]);
	}
	TRY(status);
	if (rows_n_sheets(rows))
		TRY(follow_columns(run, rows, err));
	*ret_rows = TAKE(rows);
	return CF_OK;
}

static bool is_row_id(const struct mapping *m, const char *name)
{
	for (size_t i = 0; i < m->n_id_columns; i++)
		if (strcmp(m->id_columns[i], name) == 0)
			return true;
	return false;
}

static void plan_column(struct import_run *run, struct import_column *c, const char *name)
{
	const struct mapping *m = run->mapping;
	c->is_ours = strcmp(name, "counterfoil_line") == 0 || strcmp(name, "counterfoil_reason") == 0;
	c->is_refused_row = strcmp(name, "counterfoil_row") == 0;
	c->map = mapping_find(m, name);
	c->is_row_id = is_row_id(m, name);
	if (!c->map || !c->map->field)
		return;
	if (c->map->order_is_stated)
		c->order = c->map->order;
	else if (m->order)
		c->order = m->order;
	else
		c->order = date_evidence_order(&c->dates);
}

/* A column the mapping speaks of must be there. */
static int check_presence(
	const struct import_run *run, const struct row_source *rows, const char *name, struct cf_error *err)
{
	for (size_t s = 0; s < rows_n_sheets(rows); s++)
		if (rows_find_column(rows, s, name) >= 0)
			return CF_OK;
	(void)run;
	return error_set(err, CF_E_NOT_FOUND,
		"%.120s: there is no column '%.80s', of which the mapping speaks; mend its name there, or "
		"take it "
		"out",
		rows_name(rows), name);
}

static int plan(struct import_run *run, const struct row_source *rows, struct cf_error *err)
{
	const struct mapping *m = run->mapping;
	/* in JSON a key that is never there is no fault: objects leave out what they do not know */
	bool strict = rows_format(rows) != ROWS_JSON_LINES;
	for (size_t i = 0; strict && i < m->n_columns; i++)
		if (m->columns[i].kind <= MAPPING_ID)
			TRY(check_presence(run, rows, m->columns[i].name, err));
	for (size_t i = 0; i < m->n_id_columns; i++)
		TRY(check_presence(run, rows, m->id_columns[i], err));
	for (size_t s = 0; s < run->n_sheets; s++)
		for (size_t i = 0; i < run->sheets[s].n; i++)
			plan_column(run, &run->sheets[s].columns[i], rows_column_name(rows, s, i));
	return CF_OK;
}

/* A guess of which columns tell rows apart holds only where they do. */
static int check_guessed_id(
	struct import_run *run, const struct source *source, struct mapping *m, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct row_source *rows = NULL;
	const struct row *row;
	bool unique = true;
	int status = 0;
	if (!m->n_id_columns)
		return CF_OK;
	TRY(open_rows(source, &rows, err));
	while (unique && (status = rows_next(rows, &row, err)) > 0) {
		bool any;
		ptrdiff_t empty;
		if (row->reason)
			continue;
		buffer_clear(&run->piece);
		TRY(import_row_key(&run->sheets[row->sheet], row, &run->piece, &any, &empty, err));
		int is_new = any && empty < 0 ? import_ids_add(&run->seen_ids, &run->piece, err) : 0;
		TRY(is_new);
		unique = is_new > 0;
	}
	TRY(status);
	run->seen_ids.n = 0;
	if (run->seen_ids.size)
		memset(run->seen_ids.slots, 0, run->seen_ids.size * sizeof *run->seen_ids.slots);
	if (unique)
		return CF_OK;
	for (size_t i = 0; i < m->n_id_columns; i++)
		mem_free(m->id_columns[i]);
	m->n_id_columns = 0;
	for (size_t s = 0; s < run->n_sheets; s++)
		for (size_t i = 0; i < run->sheets[s].n; i++)
			run->sheets[s].columns[i].is_row_id = false;
	return CF_OK;
}

/* ---- saying what was done ---- */

static int describe_column(const struct import_run *run, const struct import_column *c, struct buffer *out)
{
	static const char *const orders[] = {
		[DATE_ORDER_UNKNOWN] =
			", order of dates not known: only dates that can be read in one way are taken",
		[DATE_YMD] = ", dates year first",
		[DATE_DMY] = ", dates day first",
		[DATE_MDY] = ", dates month first"};
	const struct mapping_column *map = c->map;
	if (c->is_ours || c->is_refused_row)
		return buffer_append_text(out, "not used (of rows that were refused)\n");
	if (!map || map->kind == MAPPING_UNUSED)
		return buffer_printf(out, "not used (%s)\n", map ? map->how : "not in the mapping");
	if (map->kind == MAPPING_IGNORED)
		return buffer_append_text(out, "ignored\n");
	const struct mapping_instance *i = &run->mapping->instances[map->instance];
	TRY(buffer_printf(out, "%s%s%s.%s", i->entity->name, i->label[0] ? "@" : "", i->label,
		map->kind == MAPPING_ID ? "id" : map->field->name));
	if (map->part)
		TRY(buffer_printf(out, "#%d", map->part));
	if (map->kind == MAPPING_STATE)
		TRY(buffer_append_char(out, '?'));
	if (map->code)
		TRY(buffer_printf(out, " is %s", map->code->code));
	if (map->identifier_kind)
		TRY(buffer_printf(out, " kind %s", map->identifier_kind->code));
	TRY(buffer_printf(out, " (%s", map->how));
	if (map->field && (map->field->type == SCHEMA_DATE || map->field->type == SCHEMA_TIME) && c->n_cells)
		TRY(buffer_printf(out, "%s", orders[c->order]));
	return buffer_append_text(out, c->is_row_id ? "; tells rows apart)\n" : ")\n");
}

static int describe(const struct import_run *run, const struct row_source *rows, struct buffer *out)
{
	for (size_t s = 0; s < rows_n_sheets(rows); s++) {
		const char *name = rows_sheet_name(rows, s);
		const char *note = rows_sheet_note(rows, s);
		if (name[0])
			TRY(buffer_printf(
				out, "sheet '%s'%s%s\n", name, note ? ": not read, " : "", note ? note : ""));
		for (size_t i = 0; i < rows_n_columns(rows, s); i++) {
			TRY(buffer_printf(out, "  %s -> ", rows_column_name(rows, s, i)));
			TRY(describe_column(run, &run->sheets[s].columns[i], out));
		}
	}
	return CF_OK;
}

/* ---- the passes ---- */

static int read_rows(struct import_run *run, struct cf_error *err)
{
	const struct row *row;
	int status;
	const char *stage = run->options->mode == IMPORT_DRY_RUN ? "checking rows" : "importing rows";
	while ((status = rows_next(run->rows, &row, err)) > 0) {
		TRY(import_row(run, row, err));
		if (run->counts.n_rows % PROGRESS_EVERY == 0)
			progress_report(run->options->progress, stage, rows_bytes_read(run->rows),
				rows_bytes_total(run->rows));
	}
	return status;
}

static int prepare(struct import_run *run, const struct source *source, struct mapping **ret_guessed,
	struct buffer *description, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct row_source *rows = NULL;
	TRY(text_tools_new(&run->tools, err));
	TRY(survey(run, source, &rows, err));
	run->is_native = import_is_native(rows);
	if (!run->mapping && !run->is_native) {
		TRY(mapping_guess(rows, run->options->source_name, ret_guessed, err));
		run->mapping = *ret_guessed;
	}
	if (run->is_native)
		return CF_OK;
	TRY(plan(run, rows, err));
	if (*ret_guessed)
		TRY(check_guessed_id(run, source, *ret_guessed, err));
	if (description)
		TRY_MEMORY(describe(run, rows, description), err);
	return CF_OK;
}

static int finish(const struct import_run *run, struct cf_error *err)
{
	const struct import_counts *c = &run->counts;
	if (!c->n_faults || run->options->mode != IMPORT_ALL_OR_NOTHING)
		return CF_OK;
	return error_set(err, CF_E_INPUT,
		"%.150s: %" PRIu64 " fault%s in %" PRIu64 " of %" PRIu64
		" rows; nothing was imported. Mend them, or import the good rows with --partial",
		rows_name(run->rows), c->n_faults, c->n_faults == 1 ? "" : "s", c->n_rows - c->n_good_rows,
		c->n_rows);
}

static int run_import(const struct source *source, const struct import_options *options,
	const struct import_sink *sink, struct import_counts *ret, struct buffer *description,
	struct cf_error *err)
{
	CF_CLEANUP_MAPPING struct mapping *guessed = NULL;
	CF_CLEANUP(import_run_done)
	struct import_run run = {.options = options, .sink = sink, .mapping = options->mapping};
	TRY(prepare(&run, source, &guessed, description, err));
	TRY(open_rows(source, &run.rows, err));
	TRY(read_rows(&run, err));
	*ret = run.counts;
	return finish(&run, err);
}

int import_file(const char *path, const struct import_options *options, const struct import_sink *sink,
	struct import_counts *ret, struct buffer *description, struct cf_error *err)
{
	const struct source source = {.name = path, .rows = &options->rows};
	return run_import(&source, options, sink, ret, description, err);
}

int import_memory(const char *name, const void *data, size_t n, const struct import_options *options,
	const struct import_sink *sink, struct import_counts *ret, struct buffer *description,
	struct cf_error *err)
{
	const struct source source = {.name = name, .data = n ? data : "", .n = n, .rows = &options->rows};
	return run_import(&source, options, sink, ret, description, err);
}

/* ---- suggesting ---- */

/* The order of a column's dates goes into the suggestion, so that it is stated from then on. */
static void state_orders(const struct import_run *run, const struct row_source *rows, struct mapping *m)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		struct mapping_column *c = &m->columns[i];
		if (!c->field || (c->field->type != SCHEMA_DATE && c->field->type != SCHEMA_TIME))
			continue;
		for (size_t s = 0; s < run->n_sheets && !c->order_is_stated; s++) {
			ptrdiff_t at = rows_find_column(rows, s, c->name);
			enum date_order order =
				at < 0 ? DATE_ORDER_UNKNOWN
				       : date_evidence_order(&run->sheets[s].columns[at].dates);
			c->order = order;
			c->order_is_stated = order != DATE_ORDER_UNKNOWN;
		}
	}
}

int import_suggest(const char *path, const struct rows_options *rows_options, const char *source_name,
	struct buffer *out, struct cf_error *err)
{
	static const struct rows_options usual = ROWS_OPTIONS_INIT;
	const struct source source = {.name = path, .rows = rows_options ? rows_options : &usual};
	CF_CLEANUP_MAPPING struct mapping *m = NULL;
	CF_CLEANUP_ROWS struct row_source *rows = NULL;
	CF_CLEANUP(import_run_done) struct import_run run = {.options = NULL};
	TRY(survey(&run, &source, &rows, err));
	if (import_is_native(rows))
		return error_set(
			err, CF_E_INPUT, "%.150s: Counterfoil's own JSON Lines need no mapping", path);
	TRY(mapping_guess(rows, source_name, &m, err));
	state_orders(&run, rows, m);
	run.mapping = m;
	TRY(plan(&run, rows, err));
	TRY(check_guessed_id(&run, &source, m, err));
	return mapping_write(m, out, err);
}
