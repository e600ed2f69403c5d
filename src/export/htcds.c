/*
 * One row for each role of a person in a case: the person, the case, the role, and of everything that speaks
 * of the person (episodes, legs, services, identifiers) the first of each kind. Further ones stand in rows
 * below, alone: columns of ours hold their ids and references, so that nothing depends on rows standing
 * together. Names of instances and columns are those intake/mapping_guess.c finds, so that the table is read
 * without a mapping.
 */
#include "export/htcds.h"

#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/mem.h"

enum { MAX_INSTANCES = 40, MAX_COLUMNS = 320, MAX_NAME = 80 };

/* A kind of record the table has columns for. */
struct instance {
	const struct schema_entity *entity;
	const char *label;
	const struct schema_field *when_field;
	const struct schema_code *when;
	const struct schema_code *kind; /* of an identifier */
	bool suspects;                  /* of the two roles */
};

enum column_kind {
	COLUMN_ID,
	COLUMN_FIELD,
	COLUMN_CONSENT, /* con_Consent: seven answers in one */
};

struct column {
	char name[MAX_NAME];
	enum column_kind kind;
	size_t instance;
	const struct schema_field *field;
	size_t nth; /* of a field that has a column for its first value and one for its second */
	bool all;   /* several values are joined */
};

struct layout {
	struct instance instances[MAX_INSTANCES];
	size_t n_instances;
	struct column columns[MAX_COLUMNS];
	size_t n_columns;
};

/* ---- the layout, from the schema ---- */

static bool is_role(const struct schema_entity *e)
{
	return strcmp(e->name, "role") == 0;
}

static size_t instance_of(struct layout *l, const struct schema_mapping *m)
{
	struct instance wanted = {.entity = m->field->entity,
		.label = "",
		.when_field = m->when_field,
		.when = m->when,
		.kind = m->kind};
	if (m->when)
		wanted.label = m->when->code;
	else if (m->kind)
		wanted.label = m->kind->code;
	else if (is_role(m->field->entity)) {
		wanted.suspects = strncmp(m->name, "per_", 4) == 0;
		wanted.label = wanted.suspects ? "perpetrator" : "victim";
	}
	for (size_t i = 0; i < l->n_instances; i++)
		if (l->instances[i].entity == wanted.entity &&
			strcmp(l->instances[i].label, wanted.label) == 0)
			return i;
	if (l->n_instances == MAX_INSTANCES)
		return MAX_INSTANCES;
	l->instances[l->n_instances] = wanted;
	return l->n_instances++;
}

static struct column *new_column(struct layout *l, enum column_kind kind, size_t instance)
{
	if (l->n_columns == MAX_COLUMNS)
		return NULL;
	struct column *c = &l->columns[l->n_columns++];
	*c = (struct column){.kind = kind, .instance = instance};
	return c;
}

static bool is_several(const struct schema_field *f)
{
	return f->repeats && f->type != SCHEMA_TEXT;
}

/* HTCDS has names in pieces alone, and not everybody's name comes so. */
static bool is_whole_name(const struct schema_field *f)
{
	return strcmp(f->entity->name, "person") == 0 && strcmp(f->name, "name") == 0;
}

/* Columns of ours: which record this is, whom it is about, and which role it is. */
static bool add_own_columns(struct layout *l, size_t instance)
{
	const struct instance *i = &l->instances[instance];
	const struct schema_entity *e = i->entity;
	struct column *c = new_column(l, COLUMN_ID, instance);
	if (!c)
		return false;
	(void)snprintf(c->name, MAX_NAME, "%s%s%s.id", e->name, i->label[0] ? "@" : "", i->label);
	for (size_t k = 0; k < e->n_fields; k++) {
		const struct schema_field *f = &e->fields[k];
		bool is_owner = false;
		for (size_t o = 0; o < e->n_owners; o++)
			is_owner |= e->owners[o] == f;
		bool is_perpetrator = strcmp(f->name, "perpetrator") == 0;
		/* of a consent everything: half of one is none */
		bool own = (f->type == SCHEMA_REFERENCE && (f->required || is_owner || is_perpetrator)) ||
			   (is_role(e) && strcmp(f->name, "role") == 0) || strcmp(e->name, "consent") == 0 ||
			   is_whole_name(f);
		if (!own)
			continue;
		c = new_column(l, COLUMN_FIELD, instance);
		if (!c)
			return false;
		c->field = f;
		c->all = is_several(f);
		(void)snprintf(
			c->name, MAX_NAME, "%s%s%s.%s", e->name, i->label[0] ? "@" : "", i->label, f->name);
	}
	return true;
}

static bool add_standard_column(struct layout *l, const struct schema_mapping *m)
{
	size_t instance = instance_of(l, m);
	if (instance == MAX_INSTANCES)
		return false;
	bool consent = strcmp(m->name, "con_Consent") == 0;
	size_t nth = 0;
	for (size_t i = 0; i < l->n_columns; i++)
		nth += l->columns[i].instance == instance && l->columns[i].field == m->field && !consent;
	struct column *c = new_column(l, consent ? COLUMN_CONSENT : COLUMN_FIELD, instance);
	if (!c)
		return false;
	(void)snprintf(c->name, MAX_NAME, "%s", m->name);
	c->field = m->field;
	c->nth = nth;
	c->all = is_several(m->field);
	/* a first and a second language are not a list */
	for (size_t i = 0; nth && i < l->n_columns; i++)
		if (l->columns[i].instance == instance && l->columns[i].field == m->field)
			l->columns[i].all = false;
	return true;
}

static int make_layout(struct layout *l, struct cf_error *err)
{
	size_t n;
	bool fits = true;
	const struct schema_mapping *mappings = schema_mappings(&n);
	for (size_t i = 0; i < n; i++)
		if (mappings[i].standard == SCHEMA_HTCDS)
			fits &= instance_of(l, &mappings[i]) < MAX_INSTANCES;
	/* ours first: they say more exactly what con_Consent says too */
	for (size_t i = 0; i < l->n_instances && fits; i++)
		fits = add_own_columns(l, i);
	for (size_t i = 0; i < n && fits; i++)
		if (mappings[i].standard == SCHEMA_HTCDS)
			fits = add_standard_column(l, &mappings[i]);
	return fits ? CF_OK
		    : error_set(
			      err, CF_E_INTERNAL, "the schema has more of HTCDS than its table has room for");
}

/* ---- which instance a record is ---- */

static bool is_suspect(const char *role)
{
	return role && (strcmp(role, "suspect") == 0 || strcmp(role, "accused") == 0 ||
			       strcmp(role, "convicted") == 0 || strncmp(role, "facilitator", 11) == 0);
}

static bool fits(const struct instance *i, const struct record *r)
{
	if (i->entity != record_entity(r))
		return false;
	if (i->when_field) {
		const char *text = record_text(r, i->when_field);
		if (!text || strcmp(text, i->when->code) != 0)
			return false;
	}
	if (i->kind) {
		const char *value = record_text_by_name(r, "value");
		size_t n = strlen(i->kind->code);
		if (!value || strncmp(value, i->kind->code, n) != 0 || value[n] != ':')
			return false;
	}
	return !is_role(i->entity) || is_suspect(record_text_by_name(r, "role")) == i->suspects;
}

static size_t find_instance(const struct layout *l, const struct record *r)
{
	for (size_t i = 0; i < l->n_instances; i++)
		if (fits(&l->instances[i], r))
			return i;
	return MAX_INSTANCES;
}

/* ---- cells ---- */

/* The word of HTCDS for a code; NULL where it has none that leads back to this code. */
static const char *standard_word(const struct schema_field *f, const struct record_value *v)
{
	const struct schema_code *code = schema_code_n(f->codes, v->text, v->n);
	if (f->type == SCHEMA_COUNTRY || f->type == SCHEMA_LANGUAGE)
		return v->text;
	const char *word = code ? code->standard[SCHEMA_HTCDS] : NULL;
	if (word && schema_code_from(f->codes, SCHEMA_HTCDS, word) == code)
		return word;
	return NULL;
}

/* As it stands in the cell; NULL when the table cannot say it. */
static const char *value_text(const struct column *c, const struct record_value *v)
{
	static const char *const states[] = {[RECORD_KNOWN] = NULL,
		[RECORD_UNKNOWN] = "(unknown)",
		[RECORD_REFUSED] = "(refused)",
		[RECORD_NOT_ASKED] = "(not asked)",
		[RECORD_NOT_APPLICABLE] = "(not applicable)"};
	if (v->state != RECORD_KNOWN || !v->text)
		return states[v->state];
	switch (c->field->type) {
	case SCHEMA_CODE:
	case SCHEMA_CODES:
		/* a column of ours has our codes */
		return strchr(c->name, '.') ? v->text : standard_word(c->field, v);
	case SCHEMA_YES_NO:
		return strcmp(v->text, "yes") == 0 ? "true" : "false";
	case SCHEMA_IDENTIFIER: {
		const char *colon = strchr(v->text, ':');
		return colon ? colon + 1 : v->text;
	}
	default:
		return v->text;
	}
}

/* Whom a record is about decides whose it is when it is read again. */
static bool is_owner(const struct schema_field *f)
{
	for (size_t i = 0; i < f->entity->n_owners; i++)
		if (f->entity->owners[i] == f)
			return true;
	return false;
}

/* Values that have a source of their own, or belong to a second name or address, have no column; but what a
 * record must say, and whom it is about, stands there whoever said so, or the table could not be read again.
 */
static bool is_plain(const struct record_value *v)
{
	return v->part == 0 && (!v->source || v->field->required || is_owner(v->field));
}

/* Joined texts must come apart again. */
static bool may_be_joined(const char *text)
{
	return !strpbrk(text, ";|\n");
}

static int field_cell(const struct column *c, const struct record *r, struct buffer *out)
{
	size_t n = 0;
	size_t k = 0;
	bool any = false;
	const struct record_value *values = record_get(r, c->field, &n);
	for (size_t i = 0; i < n; i++) {
		const char *text = is_plain(&values[i]) ? value_text(c, &values[i]) : NULL;
		if (!is_plain(&values[i]))
			continue;
		bool wanted = text && (c->all ? may_be_joined(text) : k == c->nth);
		k++;
		if (!wanted)
			continue;
		TRY(buffer_printf(out, "%s%s", any ? ";" : "", text));
		any = true;
	}
	return CF_OK;
}

/* Yes when all seven questions were answered with yes, no when the person refused. */
static int consent_cell(const struct record *r, struct buffer *out)
{
	static const char *const questions[] = {"agrees_interview", "told_purpose", "told_use",
		"told_research", "told_access", "told_storage", "told_withdrawal"};
	const char *state = record_text_by_name(r, "state");
	bool all = true;
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
		const char *answer = record_text_by_name(r, questions[i]);
		all &= answer && strcmp(answer, "yes") == 0;
	}
	if (all)
		return buffer_append_text(out, "true");
	const char *first = record_text_by_name(r, questions[0]);
	bool refused = (state && strcmp(state, "refused") == 0) || (first && strcmp(first, "no") == 0);
	return refused ? buffer_append_text(out, "false") : CF_OK;
}

static int write_cell(const struct column *c, const struct record *r, struct buffer *out)
{
	char id[RECORD_ID_TEXT + 1];
	switch (c->kind) {
	case COLUMN_ID:
		record_id_format(record_id(r), id);
		return buffer_append_text(out, id);
	case COLUMN_CONSENT:
		return consent_cell(r, out);
	default:
		return field_cell(c, r, out);
	}
}

int htcds_carries(
	const struct record *record, const struct record_value *value, bool *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct layout *l = NEW(struct layout);
	if (!l)
		return error_memory(err);
	TRY(make_layout(l, err));
	size_t instance = find_instance(l, record);
	/* that a phone is a mobile one shows in the column it stands in */
	*ret = instance < MAX_INSTANCES && l->instances[instance].when_field == value->field &&
	       is_plain(value);
	for (size_t i = 0; i < l->n_columns && !*ret; i++) {
		const struct column *c = &l->columns[i];
		if (c->kind != COLUMN_FIELD || c->instance != instance || c->field != value->field ||
			!is_plain(value))
			continue;
		const char *text = value_text(c, value);
		size_t n;
		size_t k = 0;
		for (const struct record_value *v = record_get(record, c->field, &n); v < value; v++)
			k += is_plain(v);
		*ret = text && (c->all ? may_be_joined(text) : k == c->nth);
	}
	return CF_OK;
}

/* ---- rows ---- */

struct table_row {
	const struct record *records[MAX_INSTANCES];
};

struct writing {
	struct layout layout;
	const struct htcds_sink *sink;
	struct export_counts counts;
	/* of the group */
	const struct record *const *records;
	size_t n;
	size_t *instances; /* of each record; MAX_INSTANCES: no place */
	bool *done;
	size_t group_capacity;
	struct table_row *rows;
	size_t n_rows;
	size_t rows_capacity;
	struct buffer guarded;
	struct buffer cell;
};

static void writing_done(struct writing *w)
{
	mem_free(w->instances);
	mem_free(w->done);
	mem_free(w->rows);
	buffer_done(&w->guarded);
	buffer_done(&w->cell);
}

static int write_row(struct writing *w, const struct table_row *row, struct cf_error *err)
{
	size_t starts[MAX_COLUMNS];
	const char *cells[MAX_COLUMNS];
	buffer_clear(&w->guarded);
	for (size_t i = 0; i < w->layout.n_columns; i++) {
		const struct column *c = &w->layout.columns[i];
		const struct record *r = row ? row->records[c->instance] : NULL;
		starts[i] = w->guarded.n;
		buffer_clear(&w->cell);
		if (!row)
			TRY_MEMORY(buffer_append_text(&w->cell, c->name), err);
		else if (r)
			TRY_MEMORY(write_cell(c, r, &w->cell), err);
		TRY_MEMORY(csv_guard(buffer_text(&w->cell), &w->guarded), err);
		TRY_MEMORY(buffer_append_char(&w->guarded, '\0'), err);
	}
	for (size_t i = 0; i < w->layout.n_columns; i++)
		cells[i] = w->guarded.data + starts[i];
	w->counts.n_rows += row != NULL;
	return w->sink->row(w->sink->context, cells, w->layout.n_columns, err);
}

static int add_row(struct writing *w, struct cf_error *err)
{
	struct table_row *grown = mem_grow(w->rows, w->n_rows, &w->rows_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	w->rows = grown;
	w->rows[w->n_rows++] = (struct table_row){{NULL}};
	return CF_OK;
}

/* Puts the record into the first of the rows from first on that has room for it. */
static int place(struct writing *w, size_t first, size_t record, struct cf_error *err)
{
	size_t instance = w->instances[record];
	size_t row = first;
	while (row < w->n_rows && w->rows[row].records[instance])
		row++;
	if (row == w->n_rows)
		TRY(add_row(w, err));
	w->rows[row].records[instance] = w->records[record];
	w->done[record] = true;
	return CF_OK;
}

static bool refers_to(const struct record *r, const char *id)
{
	const struct record_value *values = record_values(r);
	for (size_t i = 0; i < record_n_values(r); i++)
		if (values[i].field->type == SCHEMA_REFERENCE && strcmp(values[i].text, id) == 0)
			return true;
	return false;
}

static ptrdiff_t find_record(const struct writing *w, const char *id)
{
	struct record_id wanted;
	if (!id || !record_id_parse(id, &wanted))
		return -1;
	for (size_t i = 0; i < w->n; i++)
		if (record_id_equal(record_id(w->records[i]), &wanted))
			return (ptrdiff_t)i;
	return -1;
}

static int place_related(struct writing *w, size_t first, const struct record *person, struct cf_error *err)
{
	char id[RECORD_ID_TEXT + 1];
	record_id_format(record_id(person), id);
	for (size_t i = 0; i < w->n; i++)
		if (!w->done[i] && w->instances[i] < MAX_INSTANCES &&
			!is_role(record_entity(w->records[i])) && record_entity(w->records[i])->n_owners &&
			refers_to(w->records[i], id))
			TRY(place(w, first, i, err));
	return CF_OK;
}

static int place_role(struct writing *w, size_t role, struct cf_error *err)
{
	static const char *const about[] = {"person", "case"};
	size_t first = w->n_rows;
	TRY(place(w, first, role, err));
	for (size_t i = 0; i < 2; i++) {
		ptrdiff_t other = find_record(w, record_text_by_name(w->records[role], about[i]));
		if (other >= 0 && w->instances[other] < MAX_INSTANCES)
			TRY(place(w, first, (size_t)other, err));
		if (other >= 0 && i == 0)
			TRY(place_related(w, first, w->records[other], err));
	}
	return CF_OK;
}

static int begin_group(struct writing *w, struct cf_error *err)
{
	if (w->n > w->group_capacity) {
		size_t *instances = mem_resize(w->instances, w->n, sizeof *instances);
		if (!instances)
			return error_memory(err);
		w->instances = instances;
		bool *done = mem_resize(w->done, w->n, sizeof *done);
		if (!done)
			return error_memory(err);
		w->done = done;
		w->group_capacity = w->n;
	}
	w->n_rows = 0;
	for (size_t i = 0; i < w->n; i++) {
		w->done[i] = false;
		w->instances[i] = find_instance(&w->layout, w->records[i]);
		if (w->instances[i] == MAX_INSTANCES)
			w->counts.n_left_out++;
		else
			w->counts.n_records++;
	}
	return CF_OK;
}

static int write_group(struct writing *w, struct cf_error *err)
{
	TRY(begin_group(w, err));
	for (size_t i = 0; i < w->n; i++)
		if (w->instances[i] < MAX_INSTANCES && is_role(record_entity(w->records[i])))
			TRY(place_role(w, i, err));
	/* persons without a role, then whatever is left, side by side where it fits */
	for (size_t i = 0; i < w->n; i++)
		if (!w->done[i] && w->instances[i] < MAX_INSTANCES &&
			strcmp(record_entity(w->records[i])->name, "person") == 0) {
			size_t first = w->n_rows;
			TRY(place(w, first, i, err));
			TRY(place_related(w, first, w->records[i], err));
		}
	size_t first = w->n_rows;
	for (size_t i = 0; i < w->n; i++)
		if (!w->done[i] && w->instances[i] < MAX_INSTANCES)
			TRY(place(w, first, i, err));
	for (size_t i = 0; i < w->n_rows; i++)
		TRY(write_row(w, &w->rows[i], err));
	return CF_OK;
}

int htcds_write(const struct export_source *source, const struct htcds_sink *sink, struct export_counts *ret,
	struct cf_error *err)
{
	CF_CLEANUP_FREE struct writing *w = NEW(struct writing);
	if (!w)
		return error_memory(err);
	w->sink = sink;
	int status = make_layout(&w->layout, err);
	if (status == 0)
		status = write_row(w, NULL, err);
	while (status == 0) {
		status = source->next(source->context, &w->records, &w->n, err);
		if (status <= 0)
			break;
		status = write_group(w, err);
	}
	if (status == 0)
		*ret = w->counts;
	writing_done(w);
	return status;
}
