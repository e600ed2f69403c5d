/*
 * Our own JSON Lines (docs/export.md): {"counterfoil":1,"entity":"person","id":"...","name":"...",...}. A key
 * is FIELD, FIELD#PART, FIELD!P4 where the handling is not the field's usual one, FIELD@ where the value has
 * a source of its own, whose id stands before the text, and FIELD? where the text is a state; all in this
 * order. Everything is taken as it stands: nothing is cleaned, and what is not canonical is a fault.
 */
#include <stdio.h>
#include <string.h>

#include "intake/import_parts.h"

enum { MAX_KEY = 160 };

bool import_is_native(const struct row_source *rows)
{
	return rows_format(rows) == ROWS_JSON_LINES && rows_find_column(rows, 0, "counterfoil") == 0 &&
	       rows_find_column(rows, 0, "entity") == 1 && rows_find_column(rows, 0, "id") == 2;
}

/* Cuts the key at the last mark and returns what stood behind it, or NULL. */
static char *cut(char *key, char mark)
{
	char *at = strrchr(key, mark);
	if (at)
		*at++ = '\0';
	return at;
}

struct named_value {
	struct record_value value;
	char source[RECORD_ID_TEXT + 1];
};

/* The value's field, part, handling, source and state; false with *ret_reason. key is cut to pieces. */
static bool parse_key(const struct schema_entity *entity, char *key, const char *text,
	struct named_value *named, const char **ret_reason)
{
	struct record_value *v = &named->value;
	struct record_id source;
	size_t n = strlen(key);
	bool is_state = n && key[n - 1] == '?';
	if (is_state)
		key[n - 1] = '\0';
	if (cut(key, '@')) {
		*ret_reason = "the id of its source and a blank stand before the text";
		if (strlen(text) < RECORD_ID_TEXT + 1 || text[RECORD_ID_TEXT] != ' ')
			return false;
		memcpy(named->source, text, RECORD_ID_TEXT);
		named->source[RECORD_ID_TEXT] = '\0';
		if (!record_id_parse(named->source, &source))
			return false;
		v->source = named->source;
		text += RECORD_ID_TEXT + 1;
	}
	const char *handling = cut(key, '!');
	const char *part = cut(key, '#');
	*ret_reason = "that kind of record has no such field";
	v->field = schema_field(entity, key);
	if (!v->field)
		return false;
	v->handling = v->field->handling;
	*ret_reason = "handling is one of P0 to P5";
	if (handling && !schema_handling_parse(handling, &v->handling))
		return false;
	*ret_reason = "a part is a number up to 999";
	if (part && (strspn(part, "0123456789") != strlen(part) || !*part || strlen(part) > 3))
		return false;
	for (const char *p = part; p && *p; p++)
		v->part = (uint16_t)(v->part * 10 + (*p - '0'));
	*ret_reason = "no state; write unknown, refused, not_asked or not_applicable";
	if (is_state && (!record_state_parse(text, &v->state) || v->state == RECORD_KNOWN))
		return false;
	v->text = is_state ? "" : text;
	v->n = strlen(v->text);
	return true;
}

static int put_cell(struct import_run *run, struct record *r, const struct cell *cell, struct cf_error *err)
{
	size_t column = cell->column;
	char key[MAX_KEY];
	const char *reason;
	struct named_value named = {.value = {.state = RECORD_KNOWN}};
	struct record_value *v = &named.value;
	if (cell->kind == CELL_BAD)
		return import_report(run, &column, cell->reason, err);
	if (cell->kind == CELL_EMPTY)
		return CF_OK;
	const char *name = rows_column_name(run->rows, 0, column);
	if (strlen(name) >= sizeof key)
		return import_report(run, &column, "that kind of record has no such field", err);
	(void)snprintf(key, sizeof key, "%s", name);
	if (!parse_key(record_entity(r), key, cell->text, &named, &reason))
		return import_report(run, &column, reason, err);
	if (v->state == RECORD_KNOWN && !record_text_is_canonical(v->field, v->text, v->n, &reason))
		return import_report(run, &column, reason, err);
	int status = record_add_value(r, v, err);
	if (status == CF_E_USAGE || status == CF_E_LIMIT)
		return import_report(run, &column, "the value cannot be put into the record", err);
	return status;
}

static const struct cell *first_cell(const struct row *row, size_t column)
{
	for (size_t i = 0; i < row->n; i++)
		if (row->cells[i].column == column)
			return &row->cells[i];
	return NULL;
}

int import_native_row(struct import_run *run, const struct row *row, struct cf_error *err)
{
	const struct cell *version = first_cell(row, 0);
	const struct cell *entity_cell = first_cell(row, 1);
	const struct cell *id_cell = first_cell(row, 2);
	struct record_id id;
	if (!version || strcmp(version->text, "1") != 0)
		return import_report(
			run, NULL, "the line is not of version 1 of our form (\"counterfoil\":1)", err);
	const struct schema_entity *entity = entity_cell ? schema_entity(entity_cell->text) : NULL;
	if (!entity || !id_cell || !record_id_parse(id_cell->text, &id))
		return import_report(
			run, NULL, "the line needs an entity that is known and an id of 26 characters", err);
	size_t made = 0;
	TRY(import_begin_record(run, entity, id_cell->text, &made, err));
	for (size_t i = 0; i < row->n; i++)
		if (row->cells[i].column > 2)
			TRY(put_cell(run, run->made[made].record, &row->cells[i], err));
	return CF_OK;
}
