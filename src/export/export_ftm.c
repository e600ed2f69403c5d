/*
 * FollowTheMoney (schemata of 2025-06): entities with a schema and properties that hold lists of texts. What
 * its properties cannot say (a date before another, a state such as "refused", a source) is left out. The
 * topic that marks traffickers is never given to a person who was a victim or was compelled to act: a record
 * that leaves an organisation with that mark does not come back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/json.h"
#include "base/mem.h"
#include "export/export.h"

static const char trafficker[] = "crime.traffick.human";

/* A property of the entity being written; texts are in one buffer. */
struct property {
	const char *name;
	size_t at;
	size_t order; /* as added */
};

struct writing {
	const struct export_output *output;
	const struct export_compelled *compelled;
	struct export_counts counts;
	const struct record *const *records; /* of the group */
	size_t n;
	struct property *properties;
	size_t n_properties;
	size_t capacity;
	struct buffer texts;
	struct buffer line;
	struct cf_error *err;
};

static void writing_done(struct writing *w)
{
	mem_free(w->properties);
	buffer_done(&w->texts);
	buffer_done(&w->line);
}

/* ---- values ---- */

static int add(struct writing *w, const char *name, const char *text)
{
	struct property *grown = mem_grow(w->properties, w->n_properties, &w->capacity, sizeof *grown);
	if (!grown)
		return error_memory(w->err);
	w->properties = grown;
	w->properties[w->n_properties] =
		(struct property){.name = name, .at = w->texts.n, .order = w->n_properties};
	w->n_properties++;
	TRY_MEMORY(buffer_append(&w->texts, text, strlen(text) + 1), w->err);
	return CF_OK;
}

/* Only what is one day, month or year; "about" is left off, as FollowTheMoney has no word for it. */
static int add_date(struct writing *w, const char *name, const struct record_value *v)
{
	struct fuzzy_date d;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	if (!date_parse_fuzzy(v->text, v->n, DATE_YMD, &d) || (d.kind != DATE_EXACT && d.kind != DATE_ABOUT))
		return CF_OK;
	TRY_MEMORY(date_format(d.first, &text), w->err);
	return add(w, name, buffer_text(&text));
}

static int add_value(struct writing *w, const char *name, const struct record_value *v)
{
	const struct schema_code *code = NULL;
	switch (v->field->type) {
	case SCHEMA_DATE:
		return add_date(w, name, v);
	case SCHEMA_CODE:
	case SCHEMA_CODES:
	case SCHEMA_COUNTRY:
	case SCHEMA_LANGUAGE:
		code = schema_code_n(v->field->codes, v->text, v->n);
		if (!code)
			return CF_OK;
		return add(w, name,
			code->standard[SCHEMA_FTM] ? code->standard[SCHEMA_FTM]
			: v->field->type == SCHEMA_LANGUAGE || v->field->type == SCHEMA_COUNTRY
				? code->code
				: code->label);
	case SCHEMA_IDENTIFIER: {
		const char *colon = strchr(v->text, ':');
		return add(w, name, colon ? colon + 1 : v->text);
	}
	default:
		return add(w, name, v->text);
	}
}

static const char *behind_colon(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon ? colon + 1 : name;
}

static bool is_of_kind(const char *identifier, const struct schema_code *kind)
{
	size_t n = strlen(kind->code);
	return strncmp(identifier, kind->code, n) == 0 && identifier[n] == ':';
}

/* The mapping of an identifier by its kind; NULL when FollowTheMoney has no place for it. */
static const struct schema_mapping *identifier_mapping(const struct record *r)
{
	const struct schema_field *value = schema_field(record_entity(r), "value");
	const char *text = record_text(r, value);
	const struct schema_mapping *m;
	for (size_t i = 0; text && (m = schema_field_mapping(value, SCHEMA_FTM, i)); i++)
		if (m->kind && is_of_kind(text, m->kind))
			return m;
	return NULL;
}

/* Every known value that has a property. */
static int add_values(struct writing *w, const struct record *r)
{
	const struct record_value *values = record_values(r);
	for (size_t i = 0; i < record_n_values(r); i++) {
		const struct record_value *v = &values[i];
		const struct schema_mapping *m;
		for (size_t k = 0;
			v->state == RECORD_KNOWN && (m = schema_field_mapping(v->field, SCHEMA_FTM, k)); k++)
			if (!m->kind && !m->when)
				TRY(add_value(w, behind_colon(m->name), v));
	}
	return CF_OK;
}

/* ---- persons ---- */

static bool names_person(const struct record *r, const char *field, const char *id)
{
	const char *text = record_text_by_name(r, field);
	return text && strcmp(text, id) == 0;
}

/* Whether the group says that the person was made to act, or was a victim. */
static bool is_victim_here(const struct writing *w, const char *id)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct record *r = w->records[i];
		const char *entity = record_entity(r)->name;
		if (strcmp(entity, "compelled_act") == 0 && names_person(r, "victim", id))
			return true;
		const char *role = strcmp(entity, "role") == 0 ? record_text_by_name(r, "role") : NULL;
		if (role && strstr(role, "victim") && names_person(r, "person", id))
			return true;
		if (strcmp(entity, "episode") == 0) {
			size_t n = 0;
			const struct record_value *v =
				record_get(r, schema_field(record_entity(r), "victim"), &n);
			for (size_t k = 0; k < n; k++)
				if (strcmp(v[k].text, id) == 0)
					return true;
		}
	}
	return false;
}

static bool is_suspect_here(const struct writing *w, const char *id)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct record *r = w->records[i];
		const char *role =
			strcmp(record_entity(r)->name, "role") == 0 ? record_text_by_name(r, "role") : NULL;
		if (role && names_person(r, "person", id) &&
			(strcmp(role, "suspect") == 0 || strcmp(role, "accused") == 0 ||
				strcmp(role, "convicted") == 0))
			return true;
	}
	return false;
}

/* Nobody is a suspect of whom it is not known that they were not compelled. */
static bool may_be_accused(const struct writing *w, const struct record_id *id)
{
	char text[RECORD_ID_TEXT + 1];
	record_id_format(id, text);
	return w->compelled && !is_victim_here(w, text) &&
	       !w->compelled->is_compelled(w->compelled->context, id);
}

/* Phones, e-mails and the like that FollowTheMoney keeps with the person or organisation. */
static int add_identifiers(struct writing *w, const char *id)
{
	for (size_t i = 0; i < w->n; i++) {
		const struct record *r = w->records[i];
		size_t n = 0;
		if (strcmp(record_entity(r)->name, "identifier") != 0)
			continue;
		const struct schema_mapping *m = identifier_mapping(r);
		const struct record_value *users =
			record_get(r, schema_field(record_entity(r), "used_by"), &n);
		for (size_t k = 0; m && strncmp(m->name, "LegalEntity:", 12) == 0 && k < n; k++) {
			size_t n_values;
			if (users[k].state == RECORD_KNOWN && strcmp(users[k].text, id) == 0)
				TRY(add_value(w, behind_colon(m->name), record_get(r, m->field, &n_values)));
		}
	}
	return CF_OK;
}

/* ---- entities ---- */

static int compare_properties(const void *a, const void *b)
{
	const struct property *x = a;
	const struct property *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static bool is_repeated(const struct writing *w, size_t first, size_t i)
{
	for (size_t k = first; k < i; k++)
		if (strcmp(w->texts.data + w->properties[k].at, w->texts.data + w->properties[i].at) == 0)
			return true;
	return false;
}

static int write_entity(struct writing *w, const char *id, const char *schema)
{
	struct json j;
	buffer_clear(&w->line);
	if (w->n_properties)
		qsort(w->properties, w->n_properties, sizeof *w->properties, compare_properties);
	json_init(&j, &w->line, false);
	json_begin_object(&j);
	json_key_text(&j, "id", id);
	json_key_text(&j, "schema", schema);
	json_key(&j, "properties");
	json_begin_object(&j);
	for (size_t i = 0; i < w->n_properties;) {
		size_t first = i;
		json_key(&j, w->properties[i].name);
		json_begin_array(&j);
		for (; i < w->n_properties && strcmp(w->properties[i].name, w->properties[first].name) == 0;
			i++)
			if (!is_repeated(w, first, i))
				json_text(&j, w->texts.data + w->properties[i].at);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	TRY_MEMORY(json_finish(&j), w->err);
	TRY_MEMORY(buffer_append_char(&w->line, '\n'), w->err);
	w->counts.n_rows++;
	w->counts.n_records++;
	return w->output->write(w->output->context, w->line.data, w->line.n, w->err);
}

/* Which property holds whoever has the identifier; NULL where only an Ownership can say so. */
static const char *holder_property(const char *schema)
{
	static const char *const holders[][2] = {{"Identification", "holder"}, {"Passport", "holder"},
		{"CryptoWallet", "holder"}, {"UserAccount", "owner"}, {"Vehicle", "owner"},
		{"Vessel", "owner"}};
	for (size_t i = 0; i < sizeof holders / sizeof *holders; i++)
		if (strcmp(holders[i][0], schema) == 0)
			return holders[i][1];
	return NULL;
}

static int write_ownership(struct writing *w, const char *asset, const char *owner)
{
	char id[2 * RECORD_ID_TEXT + 16];
	(void)snprintf(id, sizeof id, "%s-owned-by-%s", asset, owner);
	w->n_properties = 0;
	buffer_clear(&w->texts);
	TRY(add(w, "asset", asset));
	TRY(add(w, "owner", owner));
	return write_entity(w, id, "Ownership");
}

static int write_identifier(struct writing *w, const struct record *r)
{
	const struct schema_mapping *m = identifier_mapping(r);
	char id[RECORD_ID_TEXT + 1];
	char schema[48];
	size_t n = 0;
	if (!m) {
		w->counts.n_left_out++;
		return CF_OK;
	}
	if (strncmp(m->name, "LegalEntity:", 12) == 0)
		return CF_OK; /* stands with its holder */
	record_id_format(record_id(r), id);
	(void)snprintf(schema, sizeof schema, "%.*s", (int)strcspn(m->name, ":"), m->name);
	const char *holder = holder_property(schema);
	const struct record_value *users = record_get(r, schema_field(record_entity(r), "used_by"), &n);
	size_t n_values;
	TRY(add_value(w, behind_colon(m->name), record_get(r, m->field, &n_values)));
	bool dated = strcmp(holder ? holder : "", "holder") == 0 && strcmp(schema, "CryptoWallet") != 0;
	const struct schema_field *country = schema_field(record_entity(r), "country");
	const struct record_value *v = record_get(r, country, &n_values);
	if (n_values && v->state == RECORD_KNOWN)
		TRY(add_value(w, "country", v));
	static const char *const days[][2] = {{"from", "startDate"}, {"until", "endDate"}};
	for (size_t i = 0; dated && i < 2; i++) {
		v = record_get(r, schema_field(record_entity(r), days[i][0]), &n_values);
		if (n_values && v->state == RECORD_KNOWN)
			TRY(add_value(w, days[i][1], v));
	}
	const char *platform = record_text_by_name(r, "platform");
	if (platform && strcmp(schema, "UserAccount") == 0)
		TRY(add(w, "service", platform));
	for (size_t i = 0; holder && i < n; i++)
		if (users[i].state == RECORD_KNOWN)
			TRY(add(w, holder, users[i].text));
	TRY(write_entity(w, id, schema));
	for (size_t i = 0; !holder && i < n; i++)
		if (users[i].state == RECORD_KNOWN)
			TRY(write_ownership(w, id, users[i].text));
	return CF_OK;
}

/* A membership marks its member as one of a group of traffickers. */
static bool is_withheld_membership(const struct writing *w, const struct record *r)
{
	struct record_id member;
	const char *text =
		strcmp(record_entity(r)->name, "membership") == 0 ? record_text_by_name(r, "member") : NULL;
	if (!text || !record_id_parse(text, &member))
		return false;
	for (size_t i = 0; i < w->n; i++)
		if (record_id_equal(record_id(w->records[i]), &member) &&
			strcmp(record_entity(w->records[i])->name, "organisation") == 0)
			return false;
	return !may_be_accused(w, &member);
}

static int write_record(struct writing *w, const struct record *r)
{
	const struct schema_entity *e = record_entity(r);
	char id[RECORD_ID_TEXT + 1];
	w->n_properties = 0;
	buffer_clear(&w->texts);
	if (strcmp(e->name, "identifier") == 0)
		return write_identifier(w, r);
	if (!e->ftm || is_withheld_membership(w, r)) {
		w->counts.n_left_out++;
		return CF_OK;
	}
	record_id_format(record_id(r), id);
	TRY(add_values(w, r));
	bool is_person = strcmp(e->name, "person") == 0;
	if (is_person || strcmp(e->name, "organisation") == 0 || strcmp(e->name, "group") == 0)
		TRY(add_identifiers(w, id));
	if (is_person && is_suspect_here(w, id) && may_be_accused(w, record_id(r)))
		TRY(add(w, "topics", trafficker));
	return write_entity(w, id, e->ftm);
}

int export_ftm(const struct export_source *source, const struct export_output *output,
	const struct export_compelled *compelled, struct export_counts *ret, struct cf_error *err)
{
	CF_CLEANUP(writing_done)
	struct writing w = {.output = output, .compelled = compelled, .err = err};
	int status;
	while ((status = source->next(source->context, &w.records, &w.n, err)) > 0)
		for (size_t i = 0; i < w.n; i++)
			TRY(write_record(&w, w.records[i]));
	TRY(status);
	*ret = w.counts;
	return CF_OK;
}
