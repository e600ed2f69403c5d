/*
 * A file to a list of persons, in two passes: the first only gathers evidence for the order of day and month
 * in the birth date column, since no single value can tell it; the second reads.
 */
#include <inttypes.h>
#include <string.h>

#include "intake/columns.h"
#include "intake/normalise.h"

enum { MAX_VALUES = 8, MAX_PERSONS = 50000000 };

struct collected {
	struct person_value values[PERSON_N_FIELDS][MAX_VALUES];
	uint8_t n[PERSON_N_FIELDS];
};

struct reading {
	const struct intake_options *options;
	struct text_tools *tools;
	struct csv_reader *csv;
	struct intake_mapping mapping;
	enum date_order order;
	struct person_list *list;
	struct person *persons; /* growing; moved into the list's arena at the end */
	size_t capacity;
	struct collected row;
	struct buffer street; /* the pieces of an address in their columns' order */
	struct buffer text;
	struct buffer folded;
	uint64_t n_damaged_dates;
	uint64_t n_without_values;
};

static const char *order_name(enum date_order order)
{
	return order == DATE_YMD ? "year-month-day" : order == DATE_MDY ? "month-day-year" : "day-month-year";
}

/* The order that fits most; *ret_sure is false when the column itself does not settle it. */
static enum date_order settle_order(const struct date_evidence *e, bool *ret_sure)
{
	enum date_order order = date_evidence_order(e);
	*ret_sure = order != DATE_ORDER_UNKNOWN || e->n_values == 0;
	if (order != DATE_ORDER_UNKNOWN)
		return order;
	order = DATE_DMY;
	if (e->fits[DATE_YMD] > e->fits[order])
		order = DATE_YMD;
	if (e->fits[DATE_MDY] > e->fits[order])
		order = DATE_MDY;
	/* a column with errors still settles it when one order fits far more often */
	uint64_t others = e->fits[DATE_YMD] + e->fits[DATE_DMY] + e->fits[DATE_MDY] - e->fits[order];
	*ret_sure = e->fits[order] > others;
	return order;
}

static int open_list(const char *path, const struct intake_options *o, struct csv_reader **ret_csv,
	struct intake_mapping *ret_mapping, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	TRY(csv_open(path, &options, &csv, err));
	int code = intake_map_columns(
		csv, o->mapping, o->mapping_section, o->ignore, o->n_ignore, ret_mapping, err);
	if (code < 0)
		return error_prefix(err, code, "%s", path);
	*ret_csv = TAKE(csv);
	return CF_OK;
}

static int gather_date_evidence(
	const char *path, const struct intake_options *o, struct date_evidence *ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	struct intake_mapping mapping;
	const struct csv_cell *cells;
	TRY(open_list(path, o, &csv, &mapping, err));
	int got;
	while ((got = csv_next(csv, &cells, err)) > 0)
		for (size_t i = 0; i < mapping.n_columns; i++)
			if (mapping.field[i] == PERSON_BIRTH_DATE && cells[i].n)
				date_evidence_add(ret, cells[i].text, cells[i].n);
	return got;
}

static bool has_value(const struct reading *r, int field, const char *text)
{
	for (size_t i = 0; i < r->row.n[field]; i++)
		if (strcmp(r->row.values[field][i].text, text) == 0)
			return true;
	return false;
}

/* Adds r->text (and r->folded, for names) to the row. More than MAX_VALUES of one field are left out. */
static int add_value(struct reading *r, int field, struct cf_error *err)
{
	if (r->text.n == 0 || r->row.n[field] == MAX_VALUES || has_value(r, field, buffer_text(&r->text)))
		return CF_OK;
	struct person_value *v = &r->row.values[field][r->row.n[field]];
	v->text = arena_strndup(r->list->arena, r->text.data, r->text.n);
	v->folded = r->folded.n ? arena_strndup(r->list->arena, r->folded.data, r->folded.n) : NULL;
	if (!v->text || (r->folded.n && !v->folded))
		return error_memory(err);
	r->row.n[field]++;
	return CF_OK;
}

static int normalise(struct reading *r, int field, const char *s, size_t n, struct cf_error *err)
{
	bool damaged = false;
	switch (field) {
	case PERSON_GIVEN_NAME:
	case PERSON_FAMILY_NAME:
	case PERSON_FULL_NAME:
		TRY(normalise_words(r->tools, s, n, &r->text, err));
		return r->text.n ? text_fold(r->tools, s, n, &r->folded, err) : CF_OK;
	case PERSON_STREET:
	case PERSON_CITY:
	case PERSON_REGION:
		return normalise_words(r->tools, s, n, &r->text, err);
	case PERSON_BIRTH_DATE:
		TRY(normalise_date(r->order, s, n, &r->text, &damaged));
		r->n_damaged_dates += damaged;
		return CF_OK;
	case PERSON_PHONE:
		return normalise_phone(r->options->country, s, n, &r->text);
	case PERSON_DOCUMENT:
	case PERSON_POSTCODE:
		return normalise_code(r->tools, s, n, &r->text, err);
	case PERSON_EMAIL:
		return normalise_email(r->tools, s, n, &r->text, err);
	case PERSON_SEX:
		return normalise_sex(r->tools, s, n, &r->text, err);
	default:
		return normalise_other(r->tools, s, n, &r->text, err);
	}
}

static int take_one(struct reading *r, int field, const char *s, size_t n, struct cf_error *err)
{
	buffer_clear(&r->text);
	buffer_clear(&r->folded);
	int code = normalise(r, field, s, n, err);
	if (code == CF_E_MEMORY)
		return error_memory(err);
	TRY(code);
	return add_value(r, field, err);
}

/* Fields of which one cell may hold several, parted by semicolons or bars. */
static bool may_hold_several(int field)
{
	return field == PERSON_PHONE || field == PERSON_DOCUMENT || field == PERSON_EMAIL ||
	       field == PERSON_CITIZENSHIP || field == PERSON_FORM;
}

static int take_cell(struct reading *r, int field, const struct csv_cell *cell, struct cf_error *err)
{
	if (cell->n == 0)
		return CF_OK;
	if (field == PERSON_STREET) {
		if (r->street.n && buffer_append_char(&r->street, ' ') < 0)
			return error_memory(err);
		return buffer_append(&r->street, cell->text, cell->n) < 0 ? error_memory(err) : CF_OK;
	}
	if (!may_hold_several(field))
		return take_one(r, field, cell->text, cell->n, err);
	for (const char *at = cell->text; *at;) {
		size_t n = strcspn(at, ";|");
		TRY(take_one(r, field, at, n, err));
		at += n;
		at += strspn(at, ";|");
	}
	return CF_OK;
}

/* Moves the collected row into the list. */
static int keep_row(struct reading *r, struct cf_error *err)
{
	struct person_list *l = r->list;
	struct person *grown = mem_grow(r->persons, l->n, &r->capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	r->persons = grown;
	struct person p = {.row = (uint32_t)csv_row(r->csv)};
	bool any = false;
	for (int f = 0; f < PERSON_N_FIELDS; f++) {
		size_t n = r->row.n[f];
		if (n == 0)
			continue;
		struct person_value *values = arena_alloc(l->arena, n, sizeof *values);
		if (!values)
			return error_memory(err);
		memcpy(values, r->row.values[f], n * sizeof *values);
		p.values[f] = values;
		p.n_values[f] = (uint8_t)n;
		any = true;
	}
	r->n_without_values += !any;
	r->persons[l->n++] = p;
	return CF_OK;
}

static int read_rows(struct reading *r, const char *path, struct cf_error *err)
{
	const struct csv_cell *cells;
	int got;
	while ((got = csv_next(r->csv, &cells, err)) > 0) {
		if (csv_row(r->csv) > MAX_PERSONS)
			return error_set(err, CF_E_LIMIT, "%s: more than %d rows", path, MAX_PERSONS);
		memset(r->row.n, 0, sizeof r->row.n);
		buffer_clear(&r->street);
		for (size_t i = 0; i < r->mapping.n_columns; i++)
			if (r->mapping.field[i] >= 0)
				TRY(take_cell(r, r->mapping.field[i], &cells[i], err));
		if (r->street.n)
			TRY(take_one(r, PERSON_STREET, r->street.data, r->street.n, err));
		TRY(keep_row(r, err));
		if (r->list->n % 1000 == 0)
			progress_report(r->options->progress, "reading the list", csv_bytes_read(r->csv),
				csv_bytes_total(r->csv));
	}
	return got;
}

static int describe(const struct reading *r, bool has_dates, bool sure, struct buffer *out)
{
	TRY(intake_mapping_describe(r->csv, &r->mapping, out));
	if (has_dates)
		TRY(buffer_printf(out, "  birth dates read as %s%s\n", order_name(r->order),
			sure ? "" : " (the column does not settle it: check, or write dates as YYYY-MM-DD)"));
	if (r->n_damaged_dates)
		TRY(buffer_printf(out,
			"  %" PRIu64 " birth dates are no dates; what digits they have is used\n",
			r->n_damaged_dates));
	if (r->n_without_values)
		TRY(buffer_printf(out,
			"  %" PRIu64 " rows hold nothing to match by; they count as one person each\n",
			r->n_without_values));
	return buffer_printf(out, "  %zu rows\n", r->list->n);
}

static void reading_done(struct reading *r)
{
	r->tools = text_tools_free(r->tools);
	r->csv = csv_close(r->csv);
	r->list = person_list_free(r->list);
	r->persons = mem_free(r->persons);
	buffer_done(&r->street);
	buffer_done(&r->text);
	buffer_done(&r->folded);
}

static int new_list(const char *name, struct person_list **ret, struct cf_error *err)
{
	CF_CLEANUP_PERSON_LIST struct person_list *l = NEW(struct person_list);
	if (!l)
		return error_memory(err);
	l->arena = arena_new(0);
	if (l->arena)
		l->name = arena_strndup(l->arena, name, strlen(name));
	if (!l->name)
		return error_memory(err);
	*ret = TAKE(l);
	return CF_OK;
}

static int move_persons(struct reading *r, struct cf_error *err)
{
	struct person *persons = arena_alloc(r->list->arena, r->list->n, sizeof *persons);
	if (!persons)
		return error_memory(err);
	if (r->list->n)
		memcpy(persons, r->persons, r->list->n * sizeof *persons);
	r->list->persons = persons;
	return CF_OK;
}

int intake_read_persons(const char *path, const struct intake_options *options, struct person_list **ret,
	struct buffer *description, struct cf_error *err)
{
	CF_CLEANUP(reading_done) struct reading r = {.options = options};
	struct date_evidence evidence = {0};
	bool sure;
	TRY(gather_date_evidence(path, options, &evidence, err));
	r.order = settle_order(&evidence, &sure);
	TRY(text_tools_new(&r.tools, err));
	TRY(open_list(path, options, &r.csv, &r.mapping, err));
	TRY(new_list(options->list_name, &r.list, err));
	for (size_t i = 0; i < r.mapping.n_columns; i++)
		if (r.mapping.field[i] >= 0)
			r.list->fields |= 1u << r.mapping.field[i];
	TRY(read_rows(&r, path, err));
	TRY(move_persons(&r, err));
	bool has_dates = (r.list->fields & 1u << PERSON_BIRTH_DATE) != 0;
	if (description && describe(&r, has_dates, sure, description) < 0)
		return error_memory(err);
	*ret = TAKE(r.list);
	return CF_OK;
}
