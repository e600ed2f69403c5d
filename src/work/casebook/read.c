#include <string.h>

#include "store/audit.h"
#include "work/casebook/casebook_parts.h"

void casebook_shown_done(struct casebook_shown *s)
{
	s->record = record_free(s->record);
	s->reason = mem_free(s->reason);
	s->source = mem_free(s->source);
}

/* The strictest handling code whose values the user may see. */
static enum schema_handling most_handling(const struct casebook *c, enum permission_scope scope)
{
	if (c->role == ROLE_ANALYST)
		return SCHEMA_P2;
	return scope == SCOPE_OWN ? SCHEMA_P5 : SCHEMA_P4;
}

static bool holds_identifying(const struct record *r)
{
	const struct record_value *v = record_values(r);
	for (size_t i = 0; i < record_n_values(r); i++)
		if (v[i].field->sensitivity > SCHEMA_CODED)
			return true;
	return false;
}

static int log_read(struct casebook *c, const struct store_record *r, struct cf_error *err)
{
	struct audit_object object = {.kind = r->entity, .id = r->id, .revision = r->revision};
	struct audit_event event = {.action = "record.read", .objects = &object, .n_objects = 1};
	return audit_append(c->store, &event, NULL, err);
}

static int describe(const struct store_record *r, struct casebook_shown *ret, struct cf_error *err)
{
	ret->revision = r->revision;
	ret->n_revisions = r->n_revisions;
	ret->time_ms = r->time_ms;
	(void)strncpy(ret->author, r->author, sizeof ret->author - 1);
	ret->reason = mem_strdup(r->reason ? r->reason : "");
	ret->source = mem_strdup(r->source ? r->source : "");
	return ret->reason && ret->source ? CF_OK : error_memory(err);
}

/* The record as far as it is the user's to see, once the action was allowed. */
static int show_for(struct casebook *c, enum permission_action action, const struct record_id *id,
	uint64_t revision, struct casebook_shown *ret, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP(casebook_shown_done) struct casebook_shown shown = CASEBOOK_SHOWN_INIT;
	CF_CLEANUP_RECORD struct record *whole = NULL;
	TRY(open_for(c, action, id, revision, &stored, &shown.scope, err));
	TRY(item_record(&stored, &whole, err));
	struct record_filter filter = {.max_handling = most_handling(c, shown.scope),
		.max_sensitivity = action == ACTION_LIST ? SCHEMA_CODED : SCHEMA_PROTECTED};
	TRY(record_filter(whole, &filter, &shown.record, &shown.n_withheld, err));
	TRY(describe(&stored, &shown, err));
	/* what the log does not have is not shown */
	if (holds_identifying(shown.record))
		TRY(log_read(c, &stored, err));
	*ret = shown;
	shown = (struct casebook_shown)CASEBOOK_SHOWN_INIT;
	return CF_OK;
}

int casebook_show(struct casebook *c, const struct record_id *id, uint64_t revision,
	struct casebook_shown *ret, struct cf_error *err)
{
	/* who may read nothing that identifies sees the coded fields */
	bool may_read = permission_allows(c->role, ACTION_READ, SCOPE_OWN);
	bool may_list = permission_allows(c->role, ACTION_LIST, SCOPE_OWN);
	return show_for(c, may_list && !may_read ? ACTION_LIST : ACTION_READ, id, revision, ret, err);
}

int casebook_show_to_edit(
	struct casebook *c, const struct record_id *id, struct casebook_shown *ret, struct cf_error *err)
{
	return show_for(c, ACTION_EDIT, id, 0, ret, err);
}

/* ---- lists ---- */

void casebook_list_done(struct casebook_list *l)
{
	l->arena = arena_free(l->arena);
	l->at = mem_free(l->at);
	l->n = 0;
}

static int list_begin(struct casebook_list *l, size_t limit, struct cf_error *err)
{
	l->arena = arena_new(0);
	l->at = NEW_ARRAY_ZERO(struct casebook_line, limit ? limit : 1);
	return l->arena && l->at ? CF_OK : error_memory(err);
}

static int copy_columns(struct casebook_list *l, const struct store_record *r, struct casebook_line *line,
	struct cf_error *err)
{
	line->columns = arena_alloc(l->arena, r->n_columns + 1, sizeof *line->columns);
	if (!line->columns)
		return error_memory(err);
	for (size_t i = 0; i < r->n_columns; i++) {
		const struct store_column *from = &r->columns[i];
		if (strncmp(from->field, "access.", 7) == 0)
			continue;
		struct store_column *to = &line->columns[line->n_columns++];
		to->field = arena_strndup(l->arena, from->field, strlen(from->field));
		to->value = arena_strndup(l->arena, from->value, strlen(from->value));
		if (!to->field || !to->value)
			return error_memory(err);
	}
	return CF_OK;
}

static bool has_value(const struct store_record *r, const struct casebook_query *q)
{
	if (!q->field)
		return true;
	for (size_t i = 0; i < r->n_columns; i++)
		if (strcmp(r->columns[i].field, q->field->name) == 0 &&
			strcmp(r->columns[i].value, q->value) == 0)
			return true;
	return false;
}

/* Adds the entry if it is what is asked for and the user may know of it; 1 when it was added. */
static int list_entry(struct casebook *c, const struct store_entry *e, const struct casebook_query *q,
	struct casebook_list *l, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	int status = store_get(c->store, &e->id, 0, &r, err);
	if (status == CF_E_STATE) /* erased since */
		return 0;
	TRY(status);
	struct casebook_line line = {.id = item_record_id(&e->id),
		.entity = schema_entity(r.entity),
		.revision = r.revision,
		.time_ms = r.time_ms};
	if (!line.entity || !has_value(&r, q))
		return 0;
	TRY(scope_of(c, &r, &line.scope, err));
	if (!permission_allows(c->role, ACTION_LIST, line.scope))
		return 0;
	TRY(copy_columns(l, &r, &line, err));
	l->at[l->n++] = line;
	return 1;
}

static bool is_listed(const struct casebook_list *l, const struct store_id *id)
{
	struct record_id record = item_record_id(id);
	for (size_t i = 0; i < l->n; i++)
		if (record_id_equal(&l->at[i].id, &record))
			return true;
	return false;
}

static int list_page(struct casebook *c, const struct store_page *page, const struct casebook_query *q,
	struct casebook_list *l, struct cf_error *err)
{
	for (size_t i = 0; i < page->n; i++) {
		if (l->n == q->limit) {
			l->more = true;
			return CF_OK;
		}
		if (!is_listed(l, &page->at[i].id))
			TRY(list_entry(c, &page->at[i], q, l, err));
		l->before = page->at[i].key;
	}
	return CF_OK;
}

/* The persons of a case are those with a role in it. */
static void roles_to_persons(struct store_page *page)
{
	size_t n = 0;
	for (size_t i = 0; i < page->n; i++) {
		if (store_id_is_none(&page->at[i].person_id))
			continue;
		page->at[n] = page->at[i];
		page->at[n].id = page->at[i].person_id;
		n++;
	}
	page->n = n;
}

int casebook_list(
	struct casebook *c, const struct casebook_query *q, struct casebook_list *ret, struct cf_error *err)
{
	CF_CLEANUP(casebook_list_done) struct casebook_list l = CASEBOOK_LIST_INIT;
	TRY(gate(c, ACTION_LIST, SCOPE_OWN, NULL, err));
	TRY(list_begin(&l, q->limit, err));
	struct store_id case_id;
	struct store_id person_id;
	struct store_query sq = {
		.entity = q->entity ? q->entity->name : NULL, .before = q->before, .limit = q->limit};
	bool by_roles = q->case_id && q->entity && strcmp(q->entity->name, "person") == 0;
	if (by_roles)
		sq.entity = "role";
	/* by a value the store finds; within a case or of a person it is looked for here */
	if (q->field && !q->case_id && !q->person_id) {
		sq.field = q->field->name;
		sq.value = q->value;
	}
	if (q->case_id) {
		case_id = item_store_id(q->case_id);
		sq.case_id = &case_id;
	}
	if (q->person_id) {
		person_id = item_store_id(q->person_id);
		sq.person_id = &person_id;
	}
	bool more = true;
	while (more && !l.more && l.n < q->limit) {
		CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
		TRY(store_list(c->store, &sq, &page, err));
		sq.before = page.n ? page.at[page.n - 1].key : 0;
		more = page.more && page.n;
		if (by_roles)
			roles_to_persons(&page);
		TRY(list_page(c, &page, q, &l, err));
	}
	l.more = l.more || more;
	if (!l.before)
		l.before = sq.before;
	*ret = l;
	l = (struct casebook_list)CASEBOOK_LIST_INIT;
	return CF_OK;
}

int casebook_search(struct casebook *c, const struct schema_field *field, const char *text, size_t limit,
	struct casebook_list *ret, struct cf_error *err)
{
	CF_CLEANUP(casebook_list_done) struct casebook_list l = CASEBOOK_LIST_INIT;
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct store_term term;
	TRY(gate(c, ACTION_READ, SCOPE_OWN, NULL, err));
	if (!arena)
		return error_memory(err);
	TRY(item_term(field, text, c->tools, arena, &term, err));
	if (!term.n)
		return error_set(err, CF_E_USAGE,
			"%s.%s: there is nothing to search by in this text; give letters or "
			"digits",
			field->entity->name, field->name);
	struct casebook_query q = {.limit = limit};
	TRY(list_begin(&l, limit, err));
	TRY(store_find(c->store, field->entity->name, &term, STORE_PAGE_MAX, &page, err));
	TRY(list_page(c, &page, &q, &l, err));
	l.more = l.more || page.more;
	struct audit_event event = {.action = "search", .code = field->name};
	TRY(audit_append(c->store, &event, NULL, err));
	*ret = l;
	l = (struct casebook_list)CASEBOOK_LIST_INIT;
	return CF_OK;
}

int casebook_history(
	struct casebook *c, const struct record_id *id, struct store_history *ret, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	enum permission_scope scope;
	TRY(open_for(c, ACTION_LIST, id, 0, &r, &scope, err));
	return store_history(c->store, &r.id, ret, err);
}
