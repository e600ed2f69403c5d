#include <string.h>

#include <uthash.h>

#include "store/audit.h"
#include "work/casebook/casebook_parts.h"

struct scope_memory {
	uint8_t id[STORE_ID_BYTES];
	enum permission_scope scope;
	UT_hash_handle hh;
};

struct scope_memory *scope_memory_free(struct scope_memory *m)
{
	struct scope_memory *at;
	struct scope_memory *next;
	HASH_ITER(hh, m, at, next)
	{
		HASH_DEL(m, at);
		mem_free(at);
	}
	return NULL;
}

void scope_forget(struct casebook *c)
{
	c->memory = scope_memory_free(c->memory);
}

static bool has_column(const struct store_record *r, const char *field, const char *value)
{
	for (size_t i = 0; i < r->n_columns; i++)
		if (strcmp(r->columns[i].field, field) == 0 && strcmp(r->columns[i].value, value) == 0)
			return true;
	return false;
}

static enum permission_scope named_scope(const struct casebook *c, const struct store_record *r)
{
	if (has_column(r, ITEM_COLUMN_OWNER, c->user))
		return SCOPE_OWN;
	return has_column(r, ITEM_COLUMN_SHARED, c->user) ? SCOPE_SHARED : SCOPE_FOREIGN;
}

static void remember(struct casebook *c, const struct store_id *id, enum permission_scope scope)
{
	/* forgetting is no fault: it is looked up again */
	struct scope_memory *m = NEW(struct scope_memory);
	if (!m)
		return;
	memcpy(m->id, id->bytes, sizeof m->id);
	m->scope = scope;
	HASH_ADD(hh, c->memory, id, sizeof m->id, m);
}

int scope_of_case(
	struct casebook *c, const struct store_id *case_id, enum permission_scope *ret, struct cf_error *err)
{
	struct scope_memory *known = NULL;
	HASH_FIND(hh, c->memory, case_id->bytes, sizeof case_id->bytes, known);
	if (known) {
		*ret = known->scope;
		return CF_OK;
	}
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	int status = store_get(c->store, case_id, 0, &r, err);
	/* of a case that is not there nobody has been let in */
	enum permission_scope scope = SCOPE_FOREIGN;
	if (status < 0 && status != CF_E_NOT_FOUND && status != CF_E_STATE)
		return status;
	if (status >= 0)
		scope = named_scope(c, &r);
	remember(c, case_id, scope);
	*ret = scope;
	return CF_OK;
}

/* The best of the cases in which the person has a role; 1 when there is one, 0 when they stand in no case. */
static int scope_by_roles(
	struct casebook *c, const struct store_id *person, enum permission_scope *ret, struct cf_error *err)
{
	int found = 0;
	*ret = SCOPE_FOREIGN;
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	struct store_query q = {.entity = "role", .person_id = person, .limit = STORE_PAGE_MAX};
	do {
		store_page_done(&page);
		page = (struct store_page)STORE_PAGE_INIT;
		TRY(store_list(c->store, &q, &page, err));
		for (size_t i = 0; i < page.n && *ret != SCOPE_OWN; i++) {
			enum permission_scope scope = SCOPE_FOREIGN;
			if (store_id_is_none(&page.at[i].case_id))
				continue;
			found = 1;
			TRY(scope_of_case(c, &page.at[i].case_id, &scope, err));
			if (scope < *ret)
				*ret = scope;
		}
		q.before = page.n ? page.at[page.n - 1].key : 0;
	} while (page.more && *ret != SCOPE_OWN);
	return found;
}

int scope_of(
	struct casebook *c, const struct store_record *r, enum permission_scope *ret, struct cf_error *err)
{
	if (!store_id_is_none(&r->case_id))
		return scope_of_case(c, &r->case_id, ret, err);
	if (!store_id_is_none(&r->person_id)) {
		int found = scope_by_roles(c, &r->person_id, ret, err);
		if (found)
			return found < 0 ? found : CF_OK;
	}
	*ret = has_column(r, ITEM_COLUMN_AUTHOR, c->user) ? SCOPE_OWN : SCOPE_FOREIGN;
	return CF_OK;
}

static int refuse(
	struct casebook *c, enum permission_action action, const struct store_id *id, struct cf_error *err)
{
	struct audit_object object = {.kind = "record"};
	if (id)
		object.id = *id;
	struct audit_event event = {.action = "refused",
		.code = permission_action_name(action),
		.objects = &object,
		.n_objects = id ? 1 : 0};
	TRY(audit_append(c->store, &event, NULL, err));
	return error_set(err, CF_E_REFUSED,
		"%s may not do this ('%s'): it takes %s; the refusal is in the log", c->user,
		permission_action_name(action), permission_who(action));
}

int gate(struct casebook *c, enum permission_action action, enum permission_scope scope,
	const struct store_id *id, struct cf_error *err)
{
	if (permission_allows(c->role, action, scope))
		return CF_OK;
	return refuse(c, action, id, err);
}

int gate_any(struct casebook *c, enum permission_action action, struct cf_error *err)
{
	return gate(c, action, SCOPE_OWN, NULL, err);
}

int open_for(struct casebook *c, enum permission_action action, const struct record_id *id, uint64_t revision,
	struct store_record *ret, enum permission_scope *ret_scope, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	enum permission_scope scope;
	struct store_id at = item_store_id(id);
	/* who may do it nowhere is not told whether the record is there */
	if (!permission_allows(c->role, action, SCOPE_OWN))
		return refuse(c, action, &at, err);
	TRY(store_get(c->store, &at, revision, &r, err));
	TRY(scope_of(c, &r, &scope, err));
	TRY(gate(c, action, scope, &at, err));
	*ret = r;
	r = (struct store_record)STORE_RECORD_INIT;
	*ret_scope = scope;
	return CF_OK;
}

size_t access_columns(const struct store_record *r, struct store_column *ret, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < r->n_columns && n < max; i++)
		if (strncmp(r->columns[i].field, "access.", 7) == 0)
			ret[n++] = r->columns[i];
	return n;
}
