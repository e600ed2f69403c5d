#include "work/link_read.h"

#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "base/text.h"
#include "intake/columns.h"
#include "intake/normalise.h"
#include "model/person.h"
#include "work/link_kind.h"

/* A column of one or several files as it stands there: distinct texts, and a number for each row. */
struct raw_column {
	char *name;
	char *key; /* the name as compared between files */
	int field; /* enum person_field or -1 */
	bool is_id;
	bool in_files;
	struct link_dictionary values;
	uint32_t *codes;
	size_t capacity;
	size_t n; /* rows so far; rows behind have no value */
};

struct reading {
	const struct link_read_options *options;
	struct text_tools *tools;
	struct raw_column *columns;
	size_t n_columns;
	bool *ignored_seen;
	size_t *first; /* row of each file, and the end */
	size_t n_rows;
	uint64_t n_bytes;
};

static void reading_done(struct reading *r)
{
	for (size_t c = 0; r->columns && c < r->n_columns; c++) {
		(void)mem_free(r->columns[c].name);
		(void)mem_free(r->columns[c].key);
		(void)mem_free(r->columns[c].codes);
		link_dictionary_done(&r->columns[c].values);
	}
	r->columns = mem_free(r->columns);
	r->ignored_seen = mem_free(r->ignored_seen);
	r->first = mem_free(r->first);
	r->tools = text_tools_free(r->tools);
}

void link_source_done(struct link_source *s)
{
	for (size_t f = 0; s->file_names && f < s->table->n_files; f++)
		(void)mem_free(s->file_names[f]);
	s->file_names = mem_free(s->file_names);
	s->table = link_table_free(s->table);
	s->columns = mem_free(s->columns);
	s->id_codes = mem_free(s->id_codes);
	link_dictionary_done(&s->ids);
}

/* ---- which columns belong together ---- */

static int name_key(struct reading *r, const char *name, char **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(text_key(r->tools, name, strlen(name), &key, err));
	if (key.n == 0 && buffer_append_text(&key, name) < 0)
		return error_memory(err);
	*ret = mem_strdup(buffer_text(&key));
	return *ret ? CF_OK : error_memory(err);
}

static bool is_taken(const ptrdiff_t *to, size_t n, size_t column)
{
	for (size_t i = 0; i < n; i++)
		if (to[i] == (ptrdiff_t)column)
			return true;
	return false;
}

static ptrdiff_t find_column(
	const struct reading *r, const char *key, int field, const ptrdiff_t *to, size_t n)
{
	for (size_t c = 0; c < r->n_columns; c++)
		if (strcmp(r->columns[c].key, key) == 0 && !is_taken(to, n, c))
			return (ptrdiff_t)c;
	for (size_t c = 0; c < r->n_columns && field >= 0; c++)
		if (r->columns[c].field == field && !is_taken(to, n, c))
			return (ptrdiff_t)c;
	return -1;
}

static int add_column(struct reading *r, const char *name, char **key, int field, struct cf_error *err)
{
	if (r->n_columns == LINK_MAX_COLUMNS)
		return error_set(
			err, CF_E_LIMIT, "the files have more than %d different columns", LINK_MAX_COLUMNS);
	struct raw_column *c = &r->columns[r->n_columns];
	c->name = mem_strdup(name);
	if (!c->name)
		return error_memory(err);
	c->key = TAKE(*key);
	c->field = field;
	r->n_columns++;
	return CF_OK;
}

static bool is_ignored(struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->options->n_ignore; i++)
		if (strcasecmp(r->options->ignore[i], name) == 0) {
			r->ignored_seen[i] = true;
			return true;
		}
	return false;
}

/* to[i]: the raw column that the file's column i goes to, or -1. */
static int map_file(struct reading *r, const struct csv_reader *csv, ptrdiff_t *to, struct cf_error *err)
{
	struct intake_mapping mapping;
	TRY(intake_map_columns(csv, NULL, NULL, NULL, 0, &mapping, err));
	for (size_t i = 0; i < mapping.n_columns; i++) {
		CF_CLEANUP_FREE char *key = NULL;
		const char *name = csv_column_name(csv, i);
		to[i] = -1;
		if (is_ignored(r, name))
			continue;
		TRY(name_key(r, name, &key, err));
		to[i] = find_column(r, key, mapping.field[i], to, i);
		if (to[i] < 0) {
			to[i] = (ptrdiff_t)r->n_columns;
			TRY(add_column(r, name, &key, mapping.field[i], err));
		}
		if (r->options->id && strcasecmp(r->options->id, name) == 0)
			r->columns[to[i]].is_id = true;
	}
	return CF_OK;
}

/* ---- rows ---- */

static int set_code(struct raw_column *c, size_t row, uint32_t code, struct cf_error *err)
{
	if (row >= c->capacity) {
		size_t capacity = row + row / 2 + 1024;
		uint32_t *codes = mem_resize(c->codes, capacity, sizeof *codes);
		if (!codes)
			return error_memory(err);
		c->codes = codes;
		c->capacity = capacity;
	}
	memset(c->codes + c->n, 0, (row - c->n) * sizeof *c->codes);
	c->codes[row] = code;
	c->n = row + 1;
	return CF_OK;
}

static int check_memory(const struct reading *r, struct cf_error *err)
{
	/* codes as read, as normalised, and by rows for comparing */
	size_t bytes = r->n_rows * r->n_columns * 3 * sizeof(uint32_t);
	for (size_t c = 0; c < r->n_columns; c++)
		bytes += 2 * r->columns[c].values.n_bytes;
	if (r->options->memory_bytes && bytes > r->options->memory_bytes)
		return error_set(err, CF_E_LIMIT,
			"%zu rows need more than the %zu MiB that may be used; give more with --memory, or "
			"leave "
			"columns out with --ignore",
			r->n_rows, r->options->memory_bytes >> 20);
	return CF_OK;
}

static int read_row(
	struct reading *r, const struct csv_cell *cells, const ptrdiff_t *to, size_t n, struct cf_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (to[i] < 0 || cells[i].n == 0)
			continue;
		struct raw_column *c = &r->columns[to[i]];
		uint32_t code;
		TRY(link_dictionary_add(&c->values, cells[i].text, cells[i].n, &code, err));
		TRY(set_code(c, r->n_rows, code, err));
	}
	r->n_rows++;
	return CF_OK;
}

enum { ROWS_BETWEEN_CHECKS = 1 << 14 };

static int read_file(struct reading *r, size_t file, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	const char *path = r->options->paths[file];
	const struct csv_cell *cells;
	const struct link_read_text *text = r->options->texts ? &r->options->texts[file] : NULL;
	TRY(text && text->data ? csv_open_memory(path, text->data, text->n, &options, &csv, err)
			       : csv_open(path, &options, &csv, err));
	ptrdiff_t to[INTAKE_MAX_COLUMNS] = {0};
	int code = map_file(r, csv, to, err);
	if (code < 0)
		return error_prefix(err, code, "%s", path);
	size_t n = csv_n_columns(csv);
	for (size_t i = 0; i < n; i++)
		if (to[i] >= 0)
			r->columns[to[i]].in_files = true;
	int got;
	r->first[file] = r->n_rows;
	while ((got = csv_next(csv, &cells, err)) > 0) {
		TRY(read_row(r, cells, to, n, err));
		if (r->n_rows >= LINK_MAX_ROWS)
			return error_set(err, CF_E_LIMIT, "more than %zu rows", LINK_MAX_ROWS);
		if (r->n_rows % ROWS_BETWEEN_CHECKS == 0) {
			progress_report(
				r->options->progress, "reading", csv_bytes_read(csv), csv_bytes_total(csv));
			TRY(check_memory(r, err));
		}
	}
	if (got < 0)
		return got;
	r->n_bytes += csv_bytes_read(csv);
	r->first[file + 1] = r->n_rows;
	return check_memory(r, err);
}

/* The stated columns as a file without rows, so that later ones join them. */
static int read_stated(struct reading *r, struct cf_error *err)
{
	static const struct csv_options options = {.delimiter = ',', .trim = true};
	CF_CLEANUP(buffer_done) struct buffer header = BUFFER_INIT;
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	ptrdiff_t to[INTAKE_MAX_COLUMNS] = {0};
	for (size_t i = 0; i < r->options->n_stated; i++)
		TRY_MEMORY(csv_write_cell(&header, i == 0, r->options->stated[i].name), err);
	TRY_MEMORY(csv_end_row(&header), err);
	TRY(csv_open_memory("stated columns", buffer_text(&header), header.n, &options, &csv, err));
	TRY(map_file(r, csv, to, err));
	memset(r->ignored_seen, 0, r->options->n_ignore * sizeof *r->ignored_seen);
	return CF_OK;
}

static int check_stated(const struct reading *r, struct cf_error *err)
{
	size_t n = 0;
	for (size_t c = 0; c < r->options->n_stated && c < r->n_columns; c++)
		n += r->columns[c].in_files;
	if (n == 0)
		return error_set(err, CF_E_NOT_FOUND,
			"the files have none of the columns of the model, such as '%.60s'",
			r->options->stated[0].name);
	return CF_OK;
}

static int check_names(const struct reading *r, struct cf_error *err)
{
	for (size_t i = 0; i < r->options->n_ignore; i++)
		if (!r->ignored_seen[i])
			return error_set(err, CF_E_NOT_FOUND, "no file has a column '%.60s' to ignore",
				r->options->ignore[i]);
	bool has_id = r->options->id == NULL;
	for (size_t c = 0; c < r->n_columns; c++)
		has_id |= r->columns[c].is_id;
	if (!has_id)
		return error_set(
			err, CF_E_NOT_FOUND, "no file has a column '%.60s' for --id", r->options->id);
	return CF_OK;
}

/* ---- values as they are compared ---- */

/* Codes of any length: house numbers are short. */
static int normalise_short_code(
	struct text_tools *tools, const char *text, size_t n, struct buffer *out, struct cf_error *err)
{
	size_t begin = out->n;
	TRY(normalise_words(tools, text, n, out, err));
	size_t kept = begin;
	for (size_t i = begin; i < out->n; i++)
		if (out->data[i] != ' ')
			out->data[kept++] = out->data[i];
	if (out->data)
		out->data[kept] = '\0';
	out->n = kept;
	return CF_OK;
}

struct normalising {
	struct text_tools *tools;
	struct link_kind_guess guess;
	enum date_order order;
};

static int normalise_value(const struct normalising *n, const char *text, size_t length, struct buffer *out,
	struct cf_error *err)
{
	bool damaged;
	switch (n->guess.kind) {
	case LINK_NAME:
	case LINK_TEXT:
		return normalise_words(n->tools, text, length, out, err);
	case LINK_CHOICE:
		return n->guess.is_sex ? normalise_sex(n->tools, text, length, out, err)
				       : normalise_words(n->tools, text, length, out, err);
	case LINK_DATE:
		TRY_MEMORY(normalise_date(n->order, text, length, out, &damaged), err);
		return CF_OK;
	case LINK_PHONE:
		TRY_MEMORY(normalise_phone(NULL, text, length, out), err);
		return CF_OK;
	case LINK_EMAIL:
		return normalise_email(n->tools, text, length, out, err);
	case LINK_CODE:
		return normalise_short_code(n->tools, text, length, out, err);
	case LINK_NUMBER:
	case LINK_N_KINDS:
		break;
	}
	return normalise_other(n->tools, text, length, out, err);
}

/* Raw codes to codes of the normalised dictionary. */
static int normalise_all(const struct normalising *n, const struct link_dictionary *raw,
	const uint8_t *wanted, struct link_dictionary *values, uint32_t *map, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer value = BUFFER_INIT;
	map[0] = 0;
	for (uint32_t code = 1; code <= raw->n; code++) {
		if (wanted && !wanted[code])
			continue;
		buffer_clear(&value);
		TRY(normalise_value(
			n, link_dictionary_text(raw, code), link_dictionary_length(raw, code), &value, err));
		TRY(link_dictionary_add(values, buffer_text(&value), value.n, &map[code], err));
	}
	return CF_OK;
}

/* The order that fits most values of one file. */
static enum date_order order_of(const struct link_dictionary *raw, const uint8_t *wanted)
{
	struct date_evidence e = {0};
	for (uint32_t code = 1; code <= raw->n; code++)
		if (wanted[code])
			date_evidence_add(
				&e, link_dictionary_text(raw, code), link_dictionary_length(raw, code));
	enum date_order order = date_evidence_order(&e);
	if (order != DATE_ORDER_UNKNOWN)
		return order;
	order = DATE_DMY;
	if (e.fits[DATE_YMD] > e.fits[order])
		order = DATE_YMD;
	return e.fits[DATE_MDY] > e.fits[order] ? DATE_MDY : order;
}

static size_t count_known(const struct raw_column *c)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n; i++)
		n += c->codes[i] != 0;
	return n;
}

/* Day and month may stand in another order in each file. */
static int normalise_by_file(const struct reading *r, struct normalising *n, struct raw_column *raw,
	struct link_column *to, struct cf_error *err)
{
	size_t n_values = (size_t)raw->values.n + 1;
	CF_CLEANUP_FREE uint32_t *map = NEW_ARRAY_ZERO(uint32_t, n_values);
	CF_CLEANUP_FREE uint8_t *wanted = NEW_ARRAY(uint8_t, n_values);
	if (!map || !wanted)
		return error_memory(err);
	for (size_t f = 0; f < r->options->n_paths; f++) {
		memset(wanted, 0, n_values);
		size_t end = r->first[f + 1] < raw->n ? r->first[f + 1] : raw->n;
		for (size_t row = r->first[f]; row < end; row++)
			wanted[raw->codes[row]] = 1;
		n->order = order_of(&raw->values, wanted);
		TRY(normalise_all(n, &raw->values, wanted, &to->values, map, err));
		for (size_t row = r->first[f]; row < end; row++)
			to->codes[row] = map[raw->codes[row]];
	}
	return CF_OK;
}

static int normalise_column(const struct reading *r, const struct link_kind_guess *guess,
	struct raw_column *raw, struct link_column *to, struct cf_error *err)
{
	struct normalising n = {.tools = r->tools, .guess = *guess};
	to->kind = guess->kind;
	to->role = guess->role;
	if (guess->kind == LINK_DATE)
		return normalise_by_file(r, &n, raw, to, err);
	CF_CLEANUP_FREE uint32_t *map = NEW_ARRAY_ZERO(uint32_t, (size_t)raw->values.n + 1);
	if (!map)
		return error_memory(err);
	TRY(normalise_all(&n, &raw->values, NULL, &to->values, map, err));
	for (size_t row = 0; row < raw->n; row++)
		to->codes[row] = map[raw->codes[row]];
	return CF_OK;
}

static struct link_kind_guess guess_of(
	const struct reading *r, const struct raw_column *raw, bool *ret_stated)
{
	for (size_t i = 0; i < r->options->n_stated; i++) {
		const struct link_stated_column *s = &r->options->stated[i];
		if (strcasecmp(s->name, raw->name) == 0) {
			*ret_stated = true;
			return (struct link_kind_guess){
				.kind = s->kind, .role = s->role, .is_sex = raw->field == PERSON_SEX};
		}
	}
	struct link_kind_guess guess = link_kind_guess(&raw->values, count_known(raw), raw->field);
	*ret_stated = guess.from_header;
	return guess;
}

/* Names of columns may stand for two of them where files differ; a raw column gives up its memory as it is
 * turned into the table's. */
static int make_table(struct reading *r, struct link_source *s, struct cf_error *err)
{
	size_t n_columns = 0;
	for (size_t c = 0; c < r->n_columns; c++)
		n_columns += !r->columns[c].is_id;
	TRY(link_table_new(n_columns, r->options->n_paths, r->first, &s->table, err));
	s->columns = NEW_ARRAY_ZERO(struct link_read_column, n_columns);
	if (!s->columns)
		return error_memory(err);
	size_t at = 0;
	for (size_t c = 0; c < r->n_columns; c++) {
		struct raw_column *raw = &r->columns[c];
		if (raw->is_id)
			continue;
		struct link_column *to = &s->table->columns[at];
		progress_report(r->options->progress, "normalising", c, r->n_columns);
		struct link_kind_guess guess = guess_of(r, raw, &s->columns[at].stated);
		s->columns[at].meaning =
			raw->field >= 0 ? person_field_name((enum person_field)raw->field) : NULL;
		to->name = TAKE(raw->name);
		TRY(normalise_column(r, &guess, raw, to, err));
		link_dictionary_done(&raw->values);
		raw->codes = mem_free(raw->codes);
		at++;
	}
	return link_table_count(s->table, err);
}

static int take_ids(struct reading *r, struct link_source *s, struct cf_error *err)
{
	for (size_t c = 0; c < r->n_columns; c++) {
		struct raw_column *raw = &r->columns[c];
		if (!raw->is_id || s->id_codes)
			continue;
		if (raw->n < r->n_rows)
			TRY(set_code(raw, r->n_rows - 1, 0, err));
		s->ids = raw->values;
		raw->values = (struct link_dictionary)LINK_DICTIONARY_INIT;
		s->id_codes = TAKE(raw->codes);
	}
	return CF_OK;
}

int link_source_read(const struct link_read_options *o, struct link_source *ret, struct cf_error *err)
{
	CF_CLEANUP(reading_done) struct reading r = {.options = o};
	CF_CLEANUP(link_source_done) struct link_source s = LINK_SOURCE_INIT;
	if (o->n_paths > LINK_MAX_FILES)
		return error_set(err, CF_E_LIMIT, "more than %d files", LINK_MAX_FILES);
	r.columns = NEW_ARRAY_ZERO(struct raw_column, LINK_MAX_COLUMNS);
	r.ignored_seen = NEW_ARRAY_ZERO(bool, o->n_ignore);
	r.first = NEW_ARRAY_ZERO(size_t, o->n_paths + 1);
	if (!r.columns || !r.ignored_seen || !r.first)
		return error_memory(err);
	TRY(text_tools_new(&r.tools, err));
	if (o->stated_first && o->n_stated)
		TRY(read_stated(&r, err));
	for (size_t f = 0; f < o->n_paths; f++)
		TRY(read_file(&r, f, err));
	if (o->stated_first && o->n_stated)
		TRY(check_stated(&r, err));
	TRY(check_names(&r, err));
	TRY(take_ids(&r, &s, err));
	TRY(make_table(&r, &s, err));
	s.file_names = NEW_ARRAY_ZERO(char *, o->n_paths);
	if (!s.file_names)
		return error_memory(err);
	for (size_t f = 0; f < o->n_paths; f++) {
		s.file_names[f] = mem_strdup(o->paths[f]);
		if (!s.file_names[f])
			return error_memory(err);
	}
	s.n_bytes = r.n_bytes;
	*ret = s;
	s = (struct link_source)LINK_SOURCE_INIT;
	return CF_OK;
}
