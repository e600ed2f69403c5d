/*
 * The guess of a mapping. A name is tried, whole, as a field of ours ("person.birth_date"), a name of
 * HTCDS 2.0, a column of CTDC, a common header, and last as the label of exactly one field. What none of
 * these knows stays unused and is shown.
 */
#include <stdio.h>
#include <string.h>

#include "intake/columns.h"
#include "intake/mapping.h"

/* The keys of all labels of all fields. */
struct label {
	const struct schema_field *field;
	size_t at;
};
struct labels {
	struct label *labels;
	size_t n;
	size_t capacity;
	struct buffer keys;
	bool is_whole;
};

struct guess {
	struct mapping *mapping;
	struct text_tools *tools;
	struct cf_error *err;
	struct labels labels;
};

enum { GUESSED = 1 }; /* beside 0, not recognised, and negative errors */

/* ---- keys ---- */

static int squeezed_key(struct guess *g, const char *text, struct buffer *key)
{
	buffer_clear(key);
	TRY(text_key(g->tools, text, strlen(text), key, g->err));
	size_t kept = 0;
	for (size_t i = 0; i < key->n; i++)
		if (key->data[i] != ' ')
			key->data[kept++] = key->data[i];
	key->n = kept;
	if (key->data)
		key->data[kept] = '\0';
	return CF_OK;
}

static bool is_taken(const struct mapping *m, const struct mapping_column *c)
{
	for (size_t i = 0; i < m->n_columns; i++) {
		const struct mapping_column *other = &m->columns[i];
		if (other->kind == c->kind && other->instance == c->instance && other->field == c->field &&
			other->part == c->part && (c->kind != MAPPING_FIELD || !c->field->repeats))
			return true;
	}
	return false;
}

/* Adds the column; one whose field another column gives already is left unused. */
static int add(struct guess *g, const char *name, struct mapping_column *c)
{
	if (is_taken(g->mapping, c))
		*c = (struct mapping_column){.kind = MAPPING_UNUSED,
			.standard = -1,
			.instance = MAPPING_NO_INSTANCE,
			.how = "another column gives this field"};
	TRY(mapping_add_column(g->mapping, name, c, g->err));
	return GUESSED;
}

static int add_field(struct guess *g, const char *name, const char *target, const char *how)
{
	struct mapping_target t;
	const char *reason;
	if (!mapping_parse_target(target, strlen(target), &t, &reason))
		return 0;
	struct mapping_column c = {
		.kind = t.kind, .field = t.field, .part = t.part, .standard = -1, .how = how};
	TRY(mapping_instance_of(g->mapping, t.entity, t.label, &c.instance, g->err));
	return add(g, name, &c);
}

/* ---- identifiers ---- */

/* Another instance for each column: "phone", "phone2", ... */
static int add_identifier(struct guess *g, const char *name, const char *kind, const char *label,
	const char *how, uint16_t *ret_instance)
{
	const struct schema_field *value = schema_field_by_path("identifier.value");
	char numbered[MAPPING_MAX_LABEL];
	struct mapping_column c = {.kind = MAPPING_FIELD, .field = value, .standard = -1, .how = how};
	c.identifier_kind = schema_code(value->codes, kind);
	(void)snprintf(numbered, sizeof numbered, "%.20s", label);
	for (int i = 2; i < MAPPING_MAX_INSTANCES + 2; i++) {
		TRY(mapping_instance_of(g->mapping, value->entity, numbered, &c.instance, g->err));
		if (!is_taken(g->mapping, &c))
			break;
		(void)snprintf(numbered, sizeof numbered, "%.20s%d", label, i);
	}
	*ret_instance = c.instance;
	return add(g, name, &c);
}

/* ---- standards ---- */

/* Who a role's fields speak of: HTCDS and CTDC keep victims and perpetrators apart. */
static int role_label(struct guess *g, const struct schema_mapping *m, const char **ret_label)
{
	const struct schema_field *role = schema_field_by_path("role.role");
	*ret_label = "";
	if (m->field->entity != role->entity)
		return CF_OK;
	bool suspect = strncmp(m->name, "per_", 4) == 0;
	uint16_t instance;
	*ret_label = suspect ? "perpetrator" : "victim";
	TRY(mapping_instance_of(g->mapping, role->entity, *ret_label, &instance, g->err));
	return mapping_add_constant(g->mapping, instance, role, 0, suspect ? "suspect" : "victim", g->err);
}

static int add_standard_identifier(struct guess *g, const char *name, const struct schema_mapping *m)
{
	uint16_t instance = 0;
	int status = add_identifier(
		g, name, m->kind->code, m->when ? m->when->code : m->kind->code, "HTCDS 2.0", &instance);
	TRY(status);
	if (m->when_field && m->when)
		TRY(mapping_add_constant(g->mapping, instance, m->when_field, 0, m->when->code, g->err));
	if (strncmp(name, "org_", 4) == 0) {
		uint16_t organisation;
		TRY(mapping_instance_of(
			g->mapping, schema_entity("organisation"), "", &organisation, g->err));
		TRY(mapping_add_link(g->mapping, instance, schema_field_by_path("identifier.used_by"),
			organisation, g->err));
	}
	return status;
}

static int add_standard(struct guess *g, const char *name, const struct schema_mapping *m)
{
	if (m->kind)
		return add_standard_identifier(g, name, m);
	const char *label = "";
	TRY(role_label(g, m, &label));
	if (m->when)
		label = m->when->code;
	struct mapping_column c = {.kind = MAPPING_FIELD,
		.field = m->field,
		.code = m->code,
		.standard = (int)m->standard,
		.how = m->standard == SCHEMA_HTCDS ? "HTCDS 2.0" : "CTDC"};
	TRY(mapping_instance_of(g->mapping, m->field->entity, label, &c.instance, g->err));
	if (m->when)
		TRY(mapping_add_constant(g->mapping, c.instance, m->when_field, 0, m->when->code, g->err));
	if (strcmp(name, "con_Consent") == 0) {
		/* a tick without purpose, recipient and day is no consent to hand anything on */
		c.field = schema_field_by_path("consent.agrees_interview");
		c.how = "HTCDS 2.0; a tick without purpose and day only says that the person agreed to the "
			"interview";
	}
	return add(g, name, &c);
}

static int try_standards(struct guess *g, const char *name)
{
	static const enum schema_standard standards[] = {SCHEMA_HTCDS, SCHEMA_CTDC};
	for (size_t i = 0; i < 2; i++) {
		size_t n;
		const struct schema_mapping *m = schema_mapping(standards[i], name, &n);
		if (m && name[0] != '*')
			return add_standard(g, name, m);
	}
	size_t n_unmapped;
	const struct schema_unmapped *unmapped = schema_unmapped(&n_unmapped);
	for (size_t i = 0; i < n_unmapped; i++)
		if (unmapped[i].standard <= SCHEMA_CTDC && strcmp(unmapped[i].name, name) == 0) {
			struct mapping_column c = {.kind = MAPPING_UNUSED,
				.standard = -1,
				.instance = MAPPING_NO_INSTANCE,
				.how = unmapped[i].reason};
			return add(g, name, &c);
		}
	return 0;
}

/* ---- common headers ---- */

/* Headers of cases; those of persons are in intake/columns.c. Compared as a key without blanks. */
static const struct {
	const char *key;
	const char *target;
} headers[] = {
	{"casenumber", "case.number"},
	{"caseno", "case.number"},
	{"caseid", "case.number"},
	{"casereference", "case.number"},
	{"caseref", "case.number"},
	{"filenumber", "case.number"},
	{"numerodedossier", "case.number"},
	{"dossier", "case.number"},
	{"nodedossier", "case.number"},
	{"referencedudossier", "case.number"},
	{"numerodeexpediente", "case.number"},
	{"expediente", "case.number"},
	{"numerodecaso", "case.number"},
	{"nodeexpediente", "case.number"},
	{"casestatus", "case.status"},
	{"statutdudossier", "case.status"},
	{"estadodelcaso", "case.status"},
	{"dateopened", "case.opened"},
	{"openingdate", "case.opened"},
	{"registrationdate", "case.opened"},
	{"dateofregistration", "case.opened"},
	{"intakedate", "case.opened"},
	{"dateofintake", "case.opened"},
	{"dateouverture", "case.opened"},
	{"datedouverture", "case.opened"},
	{"datedenregistrement", "case.opened"},
	{"fechadeapertura", "case.opened"},
	{"fechaderegistro", "case.opened"},
	{"fechadeingreso", "case.opened"},
	{"dateclosed", "case.closed"},
	{"closingdate", "case.closed"},
	{"datedecloture", "case.closed"},
	{"fechadecierre", "case.closed"},
	{"comments", "case.comment"},
	{"comment", "case.comment"},
	{"commentaire", "case.comment"},
	{"commentaires", "case.comment"},
	{"observations", "case.comment"},
	{"comentario", "case.comment"},
	{"comentarios", "case.comment"},
	{"observaciones", "case.comment"},
	{"caseworker", "case.owner"},
	{"caseowner", "case.owner"},
	{"travailleursocial", "case.owner"},
	{"trabajadorsocial", "case.owner"},
	{"countryoforigin", "person.birth_country"},
	{"paysdorigine", "person.birth_country"},
	{"paisdeorigen", "person.birth_country"},
	{"countryofbirth", "person.birth_country"},
	{"paysdenaissance", "person.birth_country"},
	{"paisdenacimiento", "person.birth_country"},
	{"placeofbirth", "person.birth_place"},
	{"birthplace", "person.birth_place"},
	{"lieudenaissance", "person.birth_place"},
	{"lugardenacimiento", "person.birth_place"},
	{"language", "person.language"},
	{"languages", "person.language"},
	{"languagespoken", "person.language"},
	{"langue", "person.language"},
	{"langues", "person.language"},
	{"idioma", "person.language"},
	{"idiomas", "person.language"},
	{"middlename", "person.name_middle"},
	{"segundoapellido", "person.name_maternal"},
	{"apellidomaterno", "person.name_maternal"},
	{"apellidopaterno", "person.name_family"},
	{"patronymic", "person.name_patronymic"},
	{"patronyme", "person.name_patronymic"},
	{"maritalstatus", "person.marital_status"},
	{"etatcivil", "person.marital_status"},
	{"estadocivil", "person.marital_status"},
	{"numberofchildren", "person.number_of_children"},
	{"nombredenfants", "person.number_of_children"},
	{"numerodehijos", "person.number_of_children"},
	{"countryofexploitation", "episode.country"},
	{"paysdexploitation", "episode.country"},
	{"paisdeexplotacion", "episode.country"},
	{"countryofresidence", "person.address_country"},
	{"paysderesidence", "person.address_country"},
	{"paisderesidencia", "person.address_country"},
};

static int try_headers(struct guess *g, const char *name)
{
	static const char how[] = "a common header";
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(squeezed_key(g, name, &key));
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
		if (strcmp(headers[i].key, buffer_text(&key)) == 0)
			return add_field(g, name, headers[i].target, how);
	return 0;
}

static int add_document(struct guess *g, const char *name)
{
	uint16_t instance;
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(squeezed_key(g, name, &key));
	bool passport = strstr(buffer_text(&key), "passport") || strstr(buffer_text(&key), "passeport") ||
			strstr(buffer_text(&key), "pasaporte");
	const char *kind = passport ? "passport" : "national_id";
	return add_identifier(g, name, kind, kind, "a common header", &instance);
}

static int try_person(struct guess *g, const char *name)
{
	static const char *const targets[PERSON_N_FIELDS] = {
		[PERSON_GIVEN_NAME] = "person.name_given",
		[PERSON_FAMILY_NAME] = "person.name_family",
		[PERSON_FULL_NAME] = "person.name",
		[PERSON_BIRTH_DATE] = "person.birth_date",
		[PERSON_SEX] = "person.gender",
		[PERSON_STREET] = "person.address_street",
		[PERSON_CITY] = "person.address_city",
		[PERSON_POSTCODE] = "person.address_postcode",
		[PERSON_REGION] = "person.address_region",
		[PERSON_CITIZENSHIP] = "person.citizenship",
		[PERSON_FORM] = "episode.exploitation",
	};
	int field = -1;
	uint16_t instance;
	TRY(intake_guess_column(g->tools, name, &field, g->err));
	if (field == PERSON_PHONE)
		return add_identifier(g, name, "phone", "phone", "a common header", &instance);
	if (field == PERSON_EMAIL)
		return add_identifier(g, name, "email", "email", "a common header", &instance);
	if (field == PERSON_DOCUMENT)
		return add_document(g, name);
	/* an age without the day it was true on says too little */
	return field < 0 || !targets[field] ? 0 : add_field(g, name, targets[field], "a common header");
}

/* ---- labels ---- */

static void labels_done(struct labels *l)
{
	mem_free(l->labels);
	buffer_done(&l->keys);
}

static int add_label(struct guess *g, const struct schema_field *f, const char *label)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	struct labels *l = &g->labels;
	if (!label)
		return CF_OK;
	TRY(squeezed_key(g, label, &key));
	struct label *grown = mem_grow(l->labels, l->n, &l->capacity, sizeof *grown);
	if (!grown)
		return error_memory(g->err);
	l->labels = grown;
	l->labels[l->n++] = (struct label){.field = f, .at = l->keys.n};
	TRY_MEMORY(buffer_append(&l->keys, buffer_text(&key), key.n + 1), g->err);
	return CF_OK;
}

static int gather_labels(struct guess *g)
{
	size_t n_entities;
	const struct schema_entity *entities = schema_entities(&n_entities);
	for (size_t i = 0; i < n_entities && !g->labels.is_whole; i++)
		for (size_t k = 0; k < entities[i].n_fields; k++) {
			const struct schema_field *f = &entities[i].fields[k];
			TRY(add_label(g, f, f->label));
			TRY(add_label(g, f, f->label_fr));
			TRY(add_label(g, f, f->label_es));
		}
	g->labels.is_whole = true;
	return CF_OK;
}

/* The one field that has this label; two fields of one label are no answer. */
static int try_labels(struct guess *g, const char *name)
{
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	const struct schema_field *found = NULL;
	TRY(squeezed_key(g, name, &key));
	if (!key.n)
		return 0;
	TRY(gather_labels(g));
	for (size_t i = 0; i < g->labels.n; i++) {
		const struct label *l = &g->labels.labels[i];
		if (strcmp(g->labels.keys.data + l->at, key.data) != 0 || l->field == found)
			continue;
		if (found)
			return 0;
		found = l->field;
	}
	if (!found || found->type == SCHEMA_IDENTIFIER)
		return 0;
	struct mapping_column c = {
		.kind = MAPPING_FIELD, .field = found, .standard = -1, .how = "the label of a field"};
	TRY(mapping_instance_of(g->mapping, found->entity, "", &c.instance, g->err));
	return add(g, name, &c);
}

/* ---- which column tells rows apart ---- */

static int guess_id(struct guess *g, const char *name)
{
	static const char *const keys[] = {"id", "recordid", "rowid", "uniqueid", "uuid", "caseid",
		"clientid", "personid", "casenumber", "caseno", "caseref", "casereference", "numerodedossier",
		"dossier", "identifiant", "numerodeexpediente", "expediente", "identificador", "numerodecaso",
		NULL};
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	TRY(squeezed_key(g, name, &key));
	for (size_t i = 0; keys[i] && !g->mapping->n_id_columns; i++) {
		if (strcmp(keys[i], buffer_text(&key)) != 0)
			continue;
		char **ids = mem_grow(NULL, 0, &g->mapping->id_columns_capacity, sizeof *ids);
		char *copy = ids ? mem_strdup(name) : NULL;
		g->mapping->id_columns = ids;
		if (!copy)
			return error_memory(g->err);
		g->mapping->id_columns[g->mapping->n_id_columns++] = copy;
	}
	return CF_OK;
}

/* ---- all of it ---- */

static int guess_column(struct guess *g, const char *name)
{
	static int (*const ways[])(struct guess *, const char *) = {
		try_standards, try_headers, try_person, try_labels};
	if (mapping_find(g->mapping, name))
		return CF_OK;
	int found = strchr(name, '.') ? add_field(g, name, name, "a field of Counterfoil") : 0;
	for (size_t i = 0; i < sizeof ways / sizeof *ways && !found; i++)
		found = ways[i](g, name);
	TRY(found);
	if (found)
		return CF_OK;
	const struct mapping_column unused = {.kind = MAPPING_UNUSED,
		.standard = -1,
		.instance = MAPPING_NO_INSTANCE,
		.how = "not recognised"};
	return mapping_add_column(g->mapping, name, &unused, g->err);
}

static int guess_all(struct guess *g, const struct row_source *rows)
{
	for (size_t s = 0; s < rows_n_sheets(rows); s++)
		for (size_t i = 0; i < rows_n_columns(rows, s); i++) {
			const char *name = rows_column_name(rows, s, i);
			TRY(guess_column(g, name));
			if (!strchr(name, '.')) /* our own names say which record they tell apart */
				TRY(guess_id(g, name));
		}
	return CF_OK;
}

int mapping_guess(
	const struct row_source *rows, const char *source, struct mapping **ret, struct cf_error *err)
{
	CF_CLEANUP_MAPPING struct mapping *m = NULL;
	CF_CLEANUP_TEXT_TOOLS struct text_tools *tools = NULL;
	TRY(mapping_new(source, &m, err));
	TRY(text_tools_new(&tools, err));
	struct guess g = {.mapping = m, .tools = tools, .err = err};
	int status = guess_all(&g, rows);
	labels_done(&g.labels);
	TRY(status);
	*ret = TAKE(m);
	return CF_OK;
}
