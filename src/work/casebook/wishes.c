#include "work/casebook/wishes.h"

#include <string.h>

#include "store/audit.h"
#include "work/casebook/casebook_parts.h"
#include "work/casebook/draft.h"

int wishes_withdraw(struct casebook *c, const struct record_id *consent, const char *day,
	const struct store_reason *why, struct store_result *ret, struct cf_error *err)
{
	CF_CLEANUP_DRAFT struct draft *d = NULL;
	char set[64];
	TRY(draft_open(c, consent, NULL, &d, err));
	if (strcmp(record_entity(draft_record(d))->name, "consent") != 0)
		return error_set(err, CF_E_USAGE,
			"this id is not of a consent; 'counterfoil consent report PERSON' lists them");
	TRY(draft_set(d, "state=withdrawn", err));
	(void)snprintf(set, sizeof set, "withdrawn=%.20s", day);
	TRY(draft_set(d, set, err));
	return draft_save(d, why, ret, err);
}

/* ---- the report ---- */

struct wish {
	struct record *record; /* a consent or an exchange */
	char *recipients;      /* names, or ids where the organisation has none */
};

struct wishes {
	struct record_id person;
	struct wish *at; /* consents, then exchanges */
	size_t n;
	size_t n_consents;
};

struct wishes *wishes_free(struct wishes *w)
{
	if (!w)
		return NULL;
	for (size_t i = 0; i < w->n; i++) {
		w->at[i].record = record_free(w->at[i].record);
		w->at[i].recipients = mem_free(w->at[i].recipients);
	}
	w->at = mem_free(w->at);
	return mem_free(w);
}

/* The name of an organisation; its id where it cannot be looked up. */
static int append_name(struct casebook *c, const char *id_text, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *r = NULL;
	struct record_id id;
	struct cf_error ignored = CF_ERROR_INIT;
	if (record_id_parse(id_text, &id)) {
		struct store_id at = item_store_id(&id);
		if (store_get(c->store, &at, 0, &stored, &ignored) >= 0 &&
			item_record(&stored, &r, &ignored) >= 0) {
			const char *name = record_text_by_name(r, "name");
			TRY_MEMORY(buffer_append_text(out, name ? name : id_text), err);
			return CF_OK;
		}
	}
	TRY_MEMORY(buffer_append_text(out, id_text), err);
	return CF_OK;
}

static int append_all(struct casebook *c, const struct record *r, const char *field, bool by_name,
	struct buffer *out, struct cf_error *err)
{
	size_t n = 0;
	const struct schema_field *f = schema_field(record_entity(r), field);
	const struct record_value *v = f ? record_get(r, f, &n) : NULL;
	for (size_t i = 0; i < n; i++) {
		if (v[i].state != RECORD_KNOWN)
			continue;
		if (out->n)
			TRY_MEMORY(buffer_append_text(out, ", "), err);
		if (by_name)
			TRY(append_name(c, v[i].text, out, err));
		else
			TRY_MEMORY(buffer_append_text(out, v[i].text), err);
	}
	return CF_OK;
}

static int add_wish(struct casebook *c, struct wishes *w, const struct store_id *id, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP(buffer_done) struct buffer names = BUFFER_INIT;
	TRY(store_get(c->store, id, 0, &stored, err));
	TRY(item_record(&stored, &r, err));
	bool is_consent = strcmp(stored.entity, "consent") == 0;
	TRY(append_all(c, r, is_consent ? "recipient" : "counterparty", true, &names, err));
	if (is_consent)
		TRY(append_all(c, r, "recipient_class", false, &names, err));
	struct wish *grown = mem_resize(w->at, w->n + 1, sizeof *grown);
	if (!grown)
		return error_memory(err);
	w->at = grown;
	char *text = mem_strdup(buffer_text(&names));
	if (!text)
		return error_memory(err);
	w->at[w->n++] = (struct wish){.record = TAKE(r), .recipients = text};
	return CF_OK;
}

static int add_consents(
	struct casebook *c, struct wishes *w, const struct store_id *person, struct cf_error *err)
{
	struct store_query q = {.entity = "consent", .person_id = person, .limit = STORE_PAGE_MAX};
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	TRY(store_list(c->store, &q, &page, err));
	for (size_t i = page.n; i-- > 0;)
		TRY(add_wish(c, w, &page.at[i].id, err));
	w->n_consents = w->n;
	return CF_OK;
}

static int add_exchanges(
	struct casebook *c, struct wishes *w, const struct record_id *person, struct cf_error *err)
{
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	char text[RECORD_ID_TEXT + 1];
	struct store_term term;
	if (!arena)
		return error_memory(err);
	record_id_format(person, text);
	TRY(item_term(schema_field_by_path("exchange.person"), text, c->tools, arena, &term, err));
	TRY(store_find(c->store, "exchange", &term, STORE_PAGE_MAX, &page, err));
	for (size_t i = page.n; i-- > 0;)
		TRY(add_wish(c, w, &page.at[i].id, err));
	return CF_OK;
}

int wishes_report(
	struct casebook *c, const struct record_id *person, struct wishes **ret, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_WISHES struct wishes *w = NEW(struct wishes);
	enum permission_scope scope;
	if (!w)
		return error_memory(err);
	TRY(open_for(c, ACTION_CONSENT_REPORT, person, 0, &stored, &scope, err));
	if (strcmp(stored.entity, "person") != 0)
		return error_set(err, CF_E_USAGE, "this id is not of a person");
	w->person = *person;
	TRY(add_consents(c, w, &stored.id, err));
	TRY(add_exchanges(c, w, person, err));
	struct audit_object object = {.kind = "person", .id = stored.id};
	struct audit_event event = {.action = "consent.report", .objects = &object, .n_objects = 1};
	TRY(audit_append(c->store, &event, NULL, err));
	*ret = TAKE(w);
	return CF_OK;
}

/* ---- in words ---- */

static void key_field(struct json *j, const char *key, const struct record *r, const char *field)
{
	json_key_text(j, key, record_text_by_name(r, field));
}

static void key_fields(struct json *j, const char *key, const struct record *r, const char *field)
{
	size_t n = 0;
	const struct schema_field *f = schema_field(record_entity(r), field);
	const struct record_value *v = f ? record_get(r, f, &n) : NULL;
	json_key(j, key);
	json_begin_array(j);
	for (size_t i = 0; i < n; i++)
		if (v[i].state == RECORD_KNOWN)
			json_text(j, v[i].text);
	json_end(j);
}

static void key_id(struct json *j, const char *key, const struct record_id *id)
{
	char text[RECORD_ID_TEXT + 1];
	record_id_format(id, text);
	json_key_text(j, key, text);
}

static void consent_json(struct json *j, const struct wish *w)
{
	json_begin_object(j);
	key_id(j, "id", record_id(w->record));
	key_field(j, "purpose", w->record, "purpose");
	json_key_text(j, "recipients", w->recipients);
	key_fields(j, "scope", w->record, "scope");
	key_field(j, "state", w->record, "state");
	key_field(j, "given", w->record, "given");
	key_field(j, "expires", w->record, "expires");
	key_field(j, "withdrawn", w->record, "withdrawn");
	json_end(j);
}

static void exchange_json(struct json *j, const struct wish *w)
{
	json_begin_object(j);
	key_id(j, "id", record_id(w->record));
	key_field(j, "time", w->record, "time");
	json_key_text(j, "recipient", w->recipients);
	key_field(j, "purpose", w->record, "purpose");
	key_field(j, "legal_basis", w->record, "legal_basis");
	key_fields(j, "what", w->record, "what");
	key_field(j, "sha256", w->record, "sha256");
	json_end(j);
}

void wishes_json(struct json *j, const struct wishes *w)
{
	json_begin_object(j);
	key_id(j, "person", &w->person);
	json_key(j, "consents");
	json_begin_array(j);
	for (size_t i = 0; i < w->n_consents; i++)
		consent_json(j, &w->at[i]);
	json_end(j);
	json_key(j, "exports");
	json_begin_array(j);
	for (size_t i = w->n_consents; i < w->n; i++)
		exchange_json(j, &w->at[i]);
	json_end(j);
	json_end(j);
}

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static int consent_text(const struct wish *w, struct buffer *out)
{
	char id[RECORD_ID_TEXT + 1];
	const struct record *r = w->record;
	const char *withdrawn = record_text_by_name(r, "withdrawn");
	const char *expires = record_text_by_name(r, "expires");
	record_id_format(record_id(r), id);
	TRY(buffer_printf(out, "  %s  %s: %s, on %s", id, or_dash(record_text_by_name(r, "purpose")),
		or_dash(record_text_by_name(r, "state")), or_dash(record_text_by_name(r, "given"))));
	if (expires)
		TRY(buffer_printf(out, ", until %s", expires));
	if (withdrawn)
		TRY(buffer_printf(out, ", withdrawn %s", withdrawn));
	return buffer_printf(out, "\n      to: %s\n", or_dash(w->recipients));
}

static int exchange_text(const struct wish *w, struct buffer *out)
{
	const struct record *r = w->record;
	TRY(buffer_printf(out, "  %s  to %s, for %s, on the basis of %s\n",
		or_dash(record_text_by_name(r, "time")), or_dash(w->recipients),
		or_dash(record_text_by_name(r, "purpose")), or_dash(record_text_by_name(r, "legal_basis"))));
	size_t n = 0;
	const struct record_value *v = record_get(r, schema_field_by_path("exchange.what"), &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].state == RECORD_KNOWN)
			TRY(buffer_printf(out, "      %s\n", v[i].text));
	return CF_OK;
}

static int write_text(const struct wishes *w, struct buffer *out)
{
	TRY(buffer_append_text(
		out, w->n_consents ? "What was allowed, and what was not:\n" : "Nothing was asked yet.\n"));
	for (size_t i = 0; i < w->n_consents; i++)
		TRY(consent_text(&w->at[i], out));
	TRY(buffer_append_text(
		out, w->n > w->n_consents ? "What went to others:\n" : "Nothing went to others.\n"));
	for (size_t i = w->n_consents; i < w->n; i++)
		TRY(exchange_text(&w->at[i], out));
	return CF_OK;
}

int wishes_text(const struct wishes *w, struct buffer *out, struct cf_error *err)
{
	TRY_MEMORY(write_text(w, out), err);
	return CF_OK;
}
