/* From a cell to canonical values of a field, or a reason. */
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "intake/clean.h"
#include "intake/import_parts.h"

/* What putting one value needs to know. */
struct put {
	struct import_run *run;
	struct import_column *column;
	size_t made; /* record of the row */
	const char *reason;
	struct cf_error *err;
};

static bool is_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const char *import_trimmed(const char *text, size_t *n)
{
	while (*n && is_white(text[*n - 1]))
		(*n)--;
	while (*n && is_white(*text)) {
		text++;
		(*n)--;
	}
	return text;
}

/* ---- adding ---- */

static int add_text(struct put *p, const char *text, size_t n)
{
	const struct mapping_column *map = p->column->map;
	if (!record_text_is_canonical(map->field, text, n, &p->reason))
		return 0;
	const struct record_value v = {.field = map->field,
		.state = RECORD_KNOWN,
		.handling = map->field->handling,
		.part = map->part,
		.text = text,
		.n = n};
	TRY(record_add_value(p->run->made[p->made].record, &v, p->err));
	return 1;
}

static int add_state(struct put *p, enum record_state state)
{
	const struct mapping_column *map = p->column->map;
	const struct record_value v = {.field = map->field,
		.state = state,
		.handling = map->field->handling,
		.part = map->part,
		.text = ""};
	TRY(record_add_value(p->run->made[p->made].record, &v, p->err));
	return 1;
}

static bool state_of_absence(enum clean_absence absence, enum record_state *ret)
{
	switch (absence) {
	case CLEAN_UNKNOWN:
		*ret = RECORD_UNKNOWN;
		return true;
	case CLEAN_REFUSED:
		*ret = RECORD_REFUSED;
		return true;
	case CLEAN_NOT_ASKED:
		*ret = RECORD_NOT_ASKED;
		return true;
	case CLEAN_NOT_APPLICABLE:
		*ret = RECORD_NOT_APPLICABLE;
		return true;
	default:
		return false;
	}
}

/* "(refused)", as our own exports write a state. */
static bool parse_marked_state(const char *text, size_t n, enum record_state *ret)
{
	char word[32];
	if (n < 3 || n > sizeof word || text[0] != '(' || text[n - 1] != ')')
		return false;
	memcpy(word, text + 1, n - 2);
	word[n - 2] = '\0';
	for (char *p = word; *p; p++)
		*p = *p == ' ' ? '_' : *p;
	enum record_state state;
	if (!record_state_parse(word, &state) || state == RECORD_KNOWN)
		return false;
	*ret = state;
	return true;
}

/* ---- codes ---- */

static int find_code(struct put *p, const char *text, size_t n, const struct schema_code **ret)
{
	const struct mapping_column *map = p->column->map;
	*ret = NULL;
	if (map->standard >= 0) {
		CF_CLEANUP_FREE char *copy = mem_strndup(text, n);
		if (!copy)
			return error_memory(p->err);
		*ret = schema_code_from(map->field->codes, (enum schema_standard)map->standard, copy);
	}
	return *ret ? CF_OK : schema_code_match(map->field->codes, p->run->tools, text, n, ret, p->err);
}

static int cached_code(struct put *p, const char *text, size_t n, const struct schema_code **ret)
{
	struct import_column *column = p->column;
	if (n >= CODE_CACHE_TEXT)
		return find_code(p, text, n, ret);
	if (!column->codes) {
		column->codes = NEW_ARRAY_ZERO(struct code_cache, CODE_CACHE);
		if (!column->codes)
			return error_memory(p->err);
	}
	uint32_t hash = 2166136261U;
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619U;
	struct code_cache *entry = &column->codes[(hash ^ hash >> 16) % CODE_CACHE];
	if (!entry->text[0] || strncmp(entry->text, text, n) != 0 || entry->text[n]) {
		entry->text[0] = '\0';
		TRY(find_code(p, text, n, &entry->code));
		memcpy(entry->text, text, n);
		entry->text[n] = '\0';
	}
	*ret = entry->code;
	return CF_OK;
}

static int put_code(struct put *p, const char *text, size_t n)
{
	const struct schema_code *code = NULL;
	TRY(cached_code(p, text, n, &code));
	p->reason =
		"no code of the field's list and no label or spelling of one; docs/fields.md has them, and a "
		"[codes] section of the mapping translates others";
	return code ? add_text(p, code->code, strlen(code->code)) : 0;
}

/* ---- identifiers ---- */

static int put_identifier(struct put *p, const char *text, size_t n)
{
	const struct mapping_column *map = p->column->map;
	struct buffer *out = &p->run->scratch;
	const struct schema_code *kind = map->identifier_kind;
	const char *colon = memchr(text, ':', n);
	const struct schema_code *said =
		colon ? schema_code_n(map->field->codes, text, (size_t)(colon - text)) : NULL;
	if (said) {
		kind = said;
		n -= (size_t)(colon + 1 - text);
		text = colon + 1;
	}
	p->reason = "an identifier without its kind; write it as phone:+61412345678, or say the kind in the "
		    "mapping "
		    "(identifier.value kind phone)";
	if (!kind)
		return 0;
	TRY_MEMORY(buffer_printf(out, "%s:", kind->code), p->err);
	const struct phone_region *stated = p->run->mapping->region;
	const struct clean_place place = {
		.tools = p->run->tools, .region = stated ? stated : p->run->options->region};
	int status = clean_identifier(&place, kind->code, text, n, out, &p->reason, p->err);
	if (status <= 0)
		return status;
	/* one identifier is one record */
	size_t n_values = 0;
	(void)record_get(p->run->made[p->made].record, map->field, &n_values);
	if (n_values && !map->field->repeats)
		TRY(import_another(p->run, map->instance, &p->made, p->err));
	return add_text(p, out->data, out->n);
}

/* ---- references ---- */

static bool has_names(const struct schema_entity *e)
{
	const struct schema_field *name = schema_field(e, "name");
	return name && name->type == SCHEMA_TEXT;
}

static int put_reference(struct put *p, const char *text, size_t n)
{
	const struct schema_field *field = p->column->map->field;
	struct buffer *out = &p->run->scratch;
	struct record_id id;
	TRY(clean_text(p->run->tools, false, text, n, out, &p->reason, p->err));
	if (!out->n)
		return 0;
	if (record_id_parse(out->data, &id))
		return add_text(p, out->data, out->n);
	const struct schema_entity *target = field->targets[0];
	for (size_t i = field->n_targets; i-- > 0;)
		if (has_names(field->targets[i]))
			target = field->targets[i];
	char id_text[RECORD_ID_TEXT + 1];
	TRY(import_reference(p->run, target, out->data, id_text, p->err));
	return add_text(p, id_text, RECORD_ID_TEXT);
}

/* ---- by type ---- */

static int clean_plain(struct put *p, const char *text, size_t n, struct buffer *out)
{
	const struct schema_field *f = p->column->map->field;
	switch (f->type) {
	case SCHEMA_DATE:
		return clean_date(p->column->order, text, n, out, &p->reason, p->err);
	case SCHEMA_TIME:
		return clean_time(p->column->order, text, n, out, &p->reason, p->err);
	case SCHEMA_INTEGER:
		return clean_integer(text, n, out, &p->reason, p->err);
	case SCHEMA_NUMBER:
		return clean_number(text, n, out, &p->reason, p->err);
	case SCHEMA_YES_NO:
		return clean_yes_no(text, n, out, &p->reason, p->err);
	default:
		/* a name that was wrapped in its cell is one line */
		return clean_text(p->run->tools, !f->part && f->search != SCHEMA_SEARCH_NAME, text, n, out,
			&p->reason, p->err);
	}
}

/* 1 when it was put, 0 with p->reason. */
static int put_value(struct put *p, const char *text, size_t n)
{
	buffer_clear(&p->run->scratch);
	switch (p->column->map->field->type) {
	case SCHEMA_CODE:
	case SCHEMA_CODES:
	case SCHEMA_COUNTRY:
	case SCHEMA_LANGUAGE:
		return put_code(p, text, n);
	case SCHEMA_IDENTIFIER:
		return put_identifier(p, text, n);
	case SCHEMA_REFERENCE:
		return put_reference(p, text, n);
	default: {
		int status = clean_plain(p, text, n, &p->run->scratch);
		if (status <= 0)
			return status;
		return add_text(p, p->run->scratch.data, p->run->scratch.n);
	}
	}
}

/* ---- several values in a cell ---- */

static bool may_repeat(const struct schema_field *f)
{
	return f->type == SCHEMA_CODES || f->type == SCHEMA_IDENTIFIER ||
	       (f->repeats && f->type != SCHEMA_TEXT);
}

static int put_pieces(struct put *p, const char *text, size_t n, const char *marks)
{
	const char *end = text + n;
	while (text < end) {
		size_t length = 0;
		while (text + length < end && !strchr(marks, text[length]))
			length++;
		size_t left = length;
		const char *piece = import_trimmed(text, &left);
		if (left) {
			int status = put_value(p, piece, left);
			if (status <= 0)
				return status;
		}
		text += length + 1;
	}
	return 1;
}

/* The text whole where that means something; else cut at the marks stated, or at the usual ones. */
static int put_several(struct put *p, const char *text, size_t n)
{
	const struct mapping_column *map = p->column->map;
	char stated[3] = {map->split, map->split == '\r' ? '\n' : '\0', '\0'};
	if (map->split == '\n')
		return put_value(p, text, n);
	if (map->split)
		return put_pieces(p, text, n, stated);
	if (memchr(text, ';', n) || memchr(text, '|', n) || memchr(text, '\n', n))
		return put_pieces(p, text, n, ";|\n");
	int status = put_value(p, text, n);
	if (status || !(memchr(text, ',', n) || memchr(text, '/', n)))
		return status;
	/* half of it may be in the record already when a later piece is bad; the row is refused then */
	return put_pieces(p, text, n, ",/");
}

/* ---- cells ---- */

static int put_word(struct put *p, const char *text, size_t n, bool *ret_done)
{
	const struct mapping_words *words = p->column->map->words;
	for (size_t i = 0; words && i < words->n; i++) {
		const struct mapping_word *w = &words->words[i];
		if (strlen(w->word) != n || memcmp(w->word, text, n) != 0)
			continue;
		*ret_done = true;
		return w->code ? add_text(p, w->code, strlen(w->code)) : add_state(p, w->state);
	}
	return 1;
}

/* Among genders M is a man beside F, and a woman beside H. */
static int put_gender_letter(struct put *p, const char *text, size_t n, bool *ret_done)
{
	const struct import_column *c = p->column;
	if (n != 1 || (*text | 32) != 'm' || strcmp(c->map->field->name, "gender") != 0 ||
		!c->map->field->codes)
		return 1;
	const char *code = c->n_f && !c->n_h ? "Masculine" : c->n_h && !c->n_f ? "Feminine" : NULL;
	if (!code || !schema_code(c->map->field->codes, code))
		return 1;
	*ret_done = true;
	return add_text(p, code, strlen(code));
}

static int put_yes_for_code(struct put *p, const char *text, size_t n)
{
	const struct schema_code *code = p->column->map->code;
	buffer_clear(&p->run->scratch);
	int status = clean_yes_no(text, n, &p->run->scratch, &p->reason, p->err);
	if (status == 0 && clean_absence(text, n) == CLEAN_UNKNOWN)
		return 1; /* of a set nobody can say that one member is not known */
	if (status <= 0)
		return status;
	return strcmp(p->run->scratch.data, "yes") == 0 ? add_text(p, code->code, strlen(code->code)) : 1;
}

static int put_known(struct put *p, const char *text, size_t n)
{
	const struct schema_field *f = p->column->map->field;
	bool coded = f->type == SCHEMA_CODE || f->type == SCHEMA_CODES || f->type == SCHEMA_COUNTRY ||
		     f->type == SCHEMA_LANGUAGE;
	enum record_state state = RECORD_KNOWN;
	/* a list may have "unknown" for a code, and NA is Namibia */
	if (!coded && state_of_absence(clean_absence(text, n), &state))
		return add_state(p, state);
	if (f->type == SCHEMA_COUNTRY && n == 2 && memcmp(text, "00", 2) == 0) /* CTDC */
		return add_state(p, RECORD_UNKNOWN);
	int status = may_repeat(f) ? put_several(p, text, n) : put_value(p, text, n);
	if (status == 0 && coded && state_of_absence(clean_absence(text, n), &state))
		return add_state(p, state);
	return status;
}

static int put_text(struct put *p, const char *text, size_t n)
{
	const struct mapping_column *map = p->column->map;
	enum record_state state = RECORD_KNOWN;
	bool done = false;
	if (map->kind == MAPPING_STATE) {
		p->reason = "no state; write unknown, refused, not_asked or not_applicable";
		bool known =
			record_state_parse(text, &state) || state_of_absence(clean_absence(text, n), &state);
		return known && state != RECORD_KNOWN ? add_state(p, state) : 0;
	}
	int status = put_word(p, text, n, &done);
	if (done || status < 0)
		return status;
	if (parse_marked_state(text, n, &state))
		return add_state(p, state);
	if (map->code)
		return put_yes_for_code(p, text, n);
	status = put_gender_letter(p, text, n, &done);
	return done || status < 0 ? status : put_known(p, text, n);
}

int import_put_cell(
	struct import_run *run, const struct cell *cell, struct import_column *column, struct cf_error *err)
{
	const struct mapping_column *map = column->map;
	size_t at = cell->column;
	if (!map || map->kind > MAPPING_STATE)
		return CF_OK;
	if (cell->kind == CELL_BAD)
		return import_report(run, &at, cell->reason, err);
	size_t n = cell->n;
	const char *text = import_trimmed(csv_unguarded(cell->text, &n), &n);
	if (!n)
		return CF_OK;
	struct put p = {.run = run, .column = column, .err = err};
	TRY(import_instance(run, map->instance, &p.made, err));
	int status = put_text(&p, text, n);
	TRY(status);
	return status ? CF_OK : import_report(run, &at, p.reason, err);
}
