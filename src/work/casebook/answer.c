#include "work/casebook/answer.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "work/casebook/form.h"

void answer_time(uint64_t time_ms, char ret[ANSWER_TIME])
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm parts = {0};
	(void)gmtime_r(&seconds, &parts);
	if (strftime(ret, ANSWER_TIME, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		ret[0] = '\0';
}

static void key_time(struct json *j, const char *key, uint64_t time_ms)
{
	char text[ANSWER_TIME];
	answer_time(time_ms, text);
	json_key_text(j, key, text);
}

static void key_id(struct json *j, const char *key, const struct record_id *id)
{
	char text[RECORD_ID_TEXT + 1];
	record_id_format(id, text);
	json_key_text(j, key, text);
}

/* ---- one record ---- */

static void write_value(struct json *j, const struct record_value *v)
{
	json_begin_object(j);
	json_key_text(j, "field", v->field->name);
	if (v->field->part)
		json_key_unsigned(j, "part", v->part + 1u);
	json_key_text(j, "state", record_state_name(v->state));
	json_key_text(j, "value", v->state == RECORD_KNOWN ? v->text : NULL);
	json_key_text(j, "handling", schema_handling_name(v->handling));
	if (v->source)
		json_key_text(j, "source", v->source);
	json_end(j);
}

void answer_record_json(struct json *j, const struct casebook_shown *s)
{
	json_begin_object(j);
	key_id(j, "id", record_id(s->record));
	json_key_text(j, "entity", record_entity(s->record)->name);
	json_key_unsigned(j, "revision", s->revision);
	json_key_unsigned(j, "revisions", s->n_revisions);
	json_key_text(j, "author", s->author);
	key_time(j, "time", s->time_ms);
	json_key_text(j, "reason", *s->reason ? s->reason : NULL);
	json_key_text(j, "source", *s->source ? s->source : NULL);
	json_key_text(j, "case", permission_scope_name(s->scope));
	json_key_unsigned(j, "withheld", s->n_withheld);
	json_key(j, "values");
	json_begin_array(j);
	for (size_t i = 0; i < record_n_values(s->record); i++)
		write_value(j, &record_values(s->record)[i]);
	json_end(j);
	json_end(j);
}

static int write_heading(const struct casebook_shown *s, struct buffer *out)
{
	char id[RECORD_ID_TEXT + 1];
	char when[ANSWER_TIME];
	record_id_format(record_id(s->record), id);
	answer_time(s->time_ms, when);
	TRY(buffer_printf(out, "# %s %s, revision %llu of %llu, by %s at %s\n",
		record_entity(s->record)->name, id, (unsigned long long)s->revision,
		(unsigned long long)s->n_revisions, s->author, when));
	if (*s->reason)
		TRY(buffer_printf(out, "# reason: %s\n", s->reason));
	if (*s->source)
		TRY(buffer_printf(out, "# source: %s\n", s->source));
	if (s->n_withheld)
		TRY(buffer_printf(out, "# %zu more value%s not for you to see\n", s->n_withheld,
			s->n_withheld == 1 ? " is" : "s are"));
	return CF_OK;
}

int answer_record_text(const struct casebook_shown *s, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(write_heading(s, out), err);
	return form_format(s->record, FORM_PLAIN, out, err);
}

/* ---- lists ---- */

static void write_columns(struct json *j, const struct casebook_line *line)
{
	json_begin_object(j);
	for (size_t i = 0; i < line->n_columns;) {
		size_t end = i + 1;
		while (end < line->n_columns && strcmp(line->columns[end].field, line->columns[i].field) == 0)
			end++;
		json_key(j, line->columns[i].field);
		json_begin_array(j);
		for (; i < end; i++)
			json_text(j, line->columns[i].value);
		json_end(j);
	}
	json_end(j);
}

void answer_list_json(struct json *j, const struct casebook_list *l)
{
	json_begin_object(j);
	json_key(j, "records");
	json_begin_array(j);
	for (size_t i = 0; i < l->n; i++) {
		json_begin_object(j);
		key_id(j, "id", &l->at[i].id);
		json_key_text(j, "entity", l->at[i].entity->name);
		json_key_unsigned(j, "revision", l->at[i].revision);
		key_time(j, "time", l->at[i].time_ms);
		json_key_text(j, "case", permission_scope_name(l->at[i].scope));
		json_key(j, "coded");
		write_columns(j, &l->at[i]);
		json_end(j);
	}
	json_end(j);
	json_key_boolean(j, "more", l->more);
	if (l->more)
		json_key_unsigned(j, "before", l->before);
	json_end(j);
}

/* Coded fields as "gender=female, citizenship=NGA", as many as there is room for. */
static int write_coded(const struct casebook_line *line, size_t room, struct buffer *out)
{
	size_t used = 0;
	for (size_t i = 0; i < line->n_columns; i++) {
		const struct store_column *c = &line->columns[i];
		size_t n =
			text_length(c->field, strlen(c->field)) + 1 + text_length(c->value, strlen(c->value));
		n += used ? 2 : 0;
		if (used + n > room)
			return used + 4 <= room ? buffer_append_text(out, " ...") : CF_OK;
		TRY(buffer_printf(out, "%s%s=%s", used ? ", " : "", c->field, c->value));
		used += n;
	}
	return CF_OK;
}

static int write_line(const struct casebook_line *line, size_t width, struct buffer *out)
{
	enum { FIXED = RECORD_ID_TEXT + 2 + 13 + 12 };
	char id[RECORD_ID_TEXT + 1];
	char when[ANSWER_TIME];
	record_id_format(&line->id, id);
	answer_time(line->time_ms, when);
	TRY(buffer_printf(out, "%s  %-13s%.10s  ", id, line->entity->name, when));
	TRY(write_coded(line, width > FIXED ? width - FIXED : 0, out));
	while (out->n && out->data[out->n - 1] == ' ')
		out->data[--out->n] = '\0';
	return buffer_append_char(out, '\n');
}

int answer_list_text(const struct casebook_list *l, size_t width, struct buffer *out, struct cf_error *err)
{
	for (size_t i = 0; i < l->n; i++)
		TRY_MEMORY(write_line(&l->at[i], width, out), err);
	if (l->n == 0)
		TRY_MEMORY(buffer_append_text(out, "nothing that you may see\n"), err);
	if (l->more)
		TRY_MEMORY(buffer_printf(out, "there are older ones: --before %llu\n",
				   (unsigned long long)l->before),
			err);
	return CF_OK;
}

/* ---- history ---- */

void answer_history_json(struct json *j, const struct record_id *id, const struct store_history *h)
{
	json_begin_object(j);
	key_id(j, "id", id);
	json_key(j, "revisions");
	json_begin_array(j);
	for (size_t i = 0; i < h->n; i++) {
		json_begin_object(j);
		json_key_unsigned(j, "revision", h->at[i].revision);
		key_time(j, "time", h->at[i].time_ms);
		json_key_text(j, "author", h->at[i].author);
		json_key_unsigned(j, "log_entry", h->at[i].leaf);
		json_key_boolean(j, "erased", h->at[i].erased);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

int answer_history_text(const struct store_history *h, struct buffer *out, struct cf_error *err)
{
	for (size_t i = 0; i < h->n; i++) {
		char when[ANSWER_TIME];
		answer_time(h->at[i].time_ms, when);
		TRY_MEMORY(buffer_printf(out, "revision %-5llu %s  %-20s log entry %llu%s\n",
				   (unsigned long long)h->at[i].revision, when, h->at[i].author,
				   (unsigned long long)h->at[i].leaf, h->at[i].erased ? "  erased" : ""),
			err);
	}
	return CF_OK;
}

/* ---- users ---- */

void answer_users_json(struct json *j, const struct store_users *u)
{
	json_begin_array(j);
	for (size_t i = 0; i < u->n; i++) {
		json_begin_object(j);
		json_key_text(j, "name", u->at[i].name);
		json_key_text(j, "role", u->at[i].role);
		json_key_boolean(j, "opens_records", u->at[i].access == STORE_ACCESS_RECORDS);
		json_key_boolean(j, "one_time_code", u->at[i].has_totp);
		json_key_boolean(j, "disabled", u->at[i].disabled);
		key_time(j, "since", u->at[i].created_ms);
		json_key_unsigned(j, "failures", u->at[i].n_failures);
		json_end(j);
	}
	json_end(j);
}

int answer_users_text(const struct store_users *u, struct buffer *out, struct cf_error *err)
{
	for (size_t i = 0; i < u->n; i++) {
		char when[ANSWER_TIME];
		answer_time(u->at[i].created_ms, when);
		TRY_MEMORY(buffer_printf(out, "%-20s %-14s since %.10s%s%s\n", u->at[i].name, u->at[i].role,
				   when, u->at[i].has_totp ? ", one-time code" : "",
				   u->at[i].disabled ? ", disabled" : ""),
			err);
	}
	if (u->n == 0)
		TRY_MEMORY(buffer_append_text(out, "no users yet: 'counterfoil user add NAME --role ROLE'\n"),
			err);
	return CF_OK;
}

/* ---- the log ---- */

static void hex_of(const uint8_t *bytes, size_t n, char *ret)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
}

void answer_entry_json(struct json *j, const struct audit_entry *e)
{
	json_begin_object(j);
	json_key_unsigned(j, "entry", e->leaf);
	key_time(j, "time", e->time_ms);
	json_key_text(j, "actor", e->actor);
	json_key_text(j, "action", e->action);
	json_key_text(j, "code", *e->code ? e->code : NULL);
	json_key(j, "objects");
	json_begin_array(j);
	for (uint32_t i = 0; i < e->n_objects; i++) {
		struct record_id id;
		char commitment[2 * AUDIT_HASH_BYTES + 1];
		memcpy(id.bytes, e->objects[i].id.bytes, sizeof id.bytes);
		hex_of(e->objects[i].commitment, AUDIT_HASH_BYTES, commitment);
		json_begin_object(j);
		json_key_text(j, "kind", e->objects[i].kind);
		key_id(j, "id", &id);
		json_key_unsigned(j, "revision", e->objects[i].revision);
		json_key_text(j, "commitment", commitment);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static int write_entry(const struct audit_entry *e, struct buffer *out)
{
	enum { MOST = 3 };
	char when[ANSWER_TIME];
	answer_time(e->time_ms, when);
	TRY(buffer_printf(out, "%-6llu %s  %-16s %s%s%s", (unsigned long long)e->leaf, when, e->actor,
		e->action, *e->code ? " " : "", e->code));
	for (uint32_t i = 0; i < e->n_objects && i < MOST; i++) {
		char text[RECORD_ID_TEXT + 1];
		struct record_id id;
		memcpy(id.bytes, e->objects[i].id.bytes, sizeof id.bytes);
		record_id_format(&id, text);
		TRY(buffer_printf(out, "  %s %s", e->objects[i].kind, text));
		if (e->objects[i].revision)
			TRY(buffer_printf(out, " r%llu", (unsigned long long)e->objects[i].revision));
	}
	if (e->n_objects > MOST)
		TRY(buffer_printf(out, "  and %u more", e->n_objects - MOST));
	return buffer_append_char(out, '\n');
}

int answer_entry_text(const struct audit_entry *e, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(write_entry(e, out), err);
	return CF_OK;
}
