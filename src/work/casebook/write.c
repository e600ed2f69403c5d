#include <stdlib.h>
#include <string.h>

#include "store/users.h"
#include "work/casebook/casebook_parts.h"

/* ---- what must hold of a record before it is written ---- */

static bool parse_id(const char *text, struct store_id *ret)
{
	struct record_id id;
	if (!record_id_parse(text, &id))
		return false;
	*ret = item_store_id(&id);
	return true;
}

static bool is_target(const struct schema_field *f, const char *entity)
{
	for (uint16_t i = 0; i < f->n_targets; i++)
		if (strcmp(f->targets[i]->name, entity) == 0)
			return true;
	return false;
}

/* A reference leads to a record that is there, of a fitting kind, and that the user may know of. The three
 * are told apart to nobody who may not know of it. */
static int check_reference(struct casebook *c, const struct record_value *v, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	struct store_id id;
	enum permission_scope scope = SCOPE_FOREIGN;
	bool good = parse_id(v->text, &id);
	int status = good ? store_get(c->store, &id, 0, &r, err) : CF_E_NOT_FOUND;
	if (status < 0 && status != CF_E_NOT_FOUND && status != CF_E_STATE)
		return status;
	if (status >= 0)
		TRY(scope_of(c, &r, &scope, err));
	bool may = permission_allows(c->role, ACTION_LIST, scope);
	if (status >= 0 && !may) {
		/* to be seen in the log, not by whoever asks */
		int logged = gate(c, ACTION_ADD, SCOPE_FOREIGN, &id, err);
		if (logged != CF_E_REFUSED)
			return logged;
	}
	if (status < 0 || !is_target(v->field, r.entity) || !may)
		return error_set(err, CF_E_INPUT,
			"%s.%s: no such %s among the records you work on; give the id that 'counterfoil "
			"list' "
			"shows",
			v->field->entity->name, v->field->name, v->field->targets[0]->name);
	return CF_OK;
}

bool had_reference(const struct record *before, const struct record_value *v)
{
	size_t n = 0;
	const struct record_value *old = before ? record_get(before, v->field, &n) : NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(old[i].text, v->text) == 0)
			return true;
	return false;
}

int may_refer_to(struct casebook *c, const struct store_id *id, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	struct cf_error ignored = CF_ERROR_INIT;
	enum permission_scope scope;
	int status = store_get(c->store, id, 0, &r, &ignored);
	if (status == CF_E_NOT_FOUND)
		return 1;
	if (status < 0 && err)
		*err = ignored;
	TRY(status);
	TRY(scope_of(c, &r, &scope, err));
	return permission_allows(c->role, ACTION_LIST, scope);
}

static int check_references(
	struct casebook *c, const struct record *before, const struct record *r, struct cf_error *err)
{
	const struct record_value *v = record_values(r);
	for (size_t i = 0; i < record_n_values(r); i++) {
		if (v[i].field->type != SCHEMA_REFERENCE || v[i].state != RECORD_KNOWN)
			continue;
		if (!had_reference(before, &v[i]))
			TRY(check_reference(c, &v[i], err));
	}
	return CF_OK;
}

static int check_faults(const struct record *r, struct record_faults *faults, struct cf_error *err)
{
	CF_CLEANUP(record_faults_done) struct record_faults own = RECORD_FAULTS_INIT;
	struct record_faults *to = faults ? faults : &own;
	TRY(record_validate(r, to, err));
	if (!to->n)
		return CF_OK;
	const struct record_fault *f = &to->faults[0];
	return error_set(err, CF_E_INPUT, "%s.%s: %s%s", f->field->entity->name, f->field->name, f->message,
		to->n > 1 ? " (and more)" : "");
}

/* ---- adding ---- */

/* The case and the person a new record hangs on must be the user's to add to. */
static int check_place(struct casebook *c, const struct store_item *item, struct cf_error *err)
{
	struct store_record place = {.case_id = item->case_id, .person_id = item->person_id};
	enum permission_scope scope = SCOPE_OWN;
	bool is_case = store_id_equal(&item->case_id, &item->id);
	bool is_person = store_id_equal(&item->person_id, &item->id);
	if (is_case || is_person)
		return gate(c, ACTION_ADD, SCOPE_OWN, NULL, err);
	if (!store_id_is_none(&place.case_id))
		TRY(scope_of_case(c, &place.case_id, &scope, err));
	else if (!store_id_is_none(&place.person_id)) {
		CF_CLEANUP(store_record_done) struct store_record person = STORE_RECORD_INIT;
		TRY(store_get(c->store, &place.person_id, 0, &person, err));
		TRY(scope_of(c, &person, &scope, err));
	}
	return gate(c, ACTION_ADD, scope, &item->id, err);
}

int casebook_add(struct casebook *c, const struct record *r, const struct store_reason *why,
	struct record_faults *faults, struct store_result *ret, struct cf_error *err)
{
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	if (!arena)
		return error_memory(err);
	TRY(gate(c, ACTION_ADD, SCOPE_OWN, NULL, err));
	TRY(check_faults(r, faults, err));
	TRY(check_references(c, NULL, r, err));
	bool is_case = strcmp(record_entity(r)->name, "case") == 0;
	struct store_column mine[] = {
		{.field = is_case ? ITEM_COLUMN_OWNER : ITEM_COLUMN_AUTHOR, .value = c->user}};
	struct item_access access = {.columns = mine, .n = 1};
	struct store_item item;
	TRY(item_of(r, &access, c->tools, arena, &item, err));
	TRY(check_place(c, &item, err));
	TRY(store_put(c->store, &item, why, ret, err));
	scope_forget(c);
	return CF_OK;
}

/* ---- editing ---- */

static bool is_same_value(const struct record_value *a, const struct record_value *b)
{
	const char *sa = a->source ? a->source : "";
	const char *sb = b->source ? b->source : "";
	return a->field == b->field && a->state == b->state && a->handling == b->handling &&
	       a->part == b->part && strcmp(a->text, b->text) == 0 && strcmp(sa, sb) == 0;
}

static bool holds(const struct record *r, const struct record_value *v)
{
	size_t n;
	const struct record_value *of_field = record_get(r, v->field, &n);
	for (size_t i = 0; i < n; i++)
		if (is_same_value(&of_field[i], v))
			return true;
	return false;
}

/* The whole record with what changed between before and after, as far as the user was shown it: what was
 * withheld stays. */
static int merge(const struct record *whole, const struct record *before, const struct record *after,
	struct record **ret, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *merged = NULL;
	TRY(record_new(record_entity(whole), record_id(whole), &merged, err));
	const struct record_value *v = record_values(whole);
	for (size_t i = 0; i < record_n_values(whole); i++)
		if (!holds(before, &v[i]))
			TRY(record_add_value(merged, &v[i], err));
	v = record_values(after);
	for (size_t i = 0; i < record_n_values(after); i++)
		TRY(record_add_value(merged, &v[i], err));
	*ret = TAKE(merged);
	return CF_OK;
}

enum { MAX_ACCESS = 512 };

static int put_revision(struct casebook *c, const struct store_record *stored, const struct record *r,
	const struct casebook_edit *edit, struct store_result *ret, struct cf_error *err)
{
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct store_column columns[MAX_ACCESS];
	if (!arena)
		return error_memory(err);
	struct item_access access = {.columns = columns, .n = access_columns(stored, columns, MAX_ACCESS)};
	struct store_item item;
	TRY(item_of(r, &access, c->tools, arena, &item, err));
	if (!store_id_equal(&item.person_id, &stored->person_id) ||
		!store_id_equal(&item.case_id, &stored->case_id))
		return error_set(err, CF_E_USAGE,
			"a record cannot be moved to another person or case; add it there, and say so here");
	item.source_id = *stored->source_id ? stored->source_id : NULL;
	item.base_revision = edit->before->revision;
	return store_put(c->store, &item, &edit->why, ret, err);
}

int casebook_edit(struct casebook *c, const struct casebook_edit *edit, struct record_faults *faults,
	struct store_result *ret, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *whole = NULL;
	CF_CLEANUP_RECORD struct record *merged = NULL;
	enum permission_scope scope;
	TRY(open_for(c, ACTION_EDIT, record_id(edit->after), 0, &stored, &scope, err));
	if (stored.revision != edit->before->revision)
		return error_set(err, CF_E_STATE,
			"somebody changed this record meanwhile (it is at revision %llu); look at it and "
			"edit again",
			(unsigned long long)stored.revision);
	TRY(item_record(&stored, &whole, err));
	TRY(merge(whole, edit->before->record, edit->after, &merged, err));
	TRY(check_faults(merged, faults, err));
	TRY(check_references(c, whole, merged, err));
	TRY(put_revision(c, &stored, merged, edit, ret, err));
	scope_forget(c);
	return CF_OK;
}

/* ---- sharing ---- */

/* The access columns of a case after a change; returns how many. */
static size_t change_access(
	const struct store_record *r, enum casebook_access access, const char *user, struct store_column *ret)
{
	struct store_column old[MAX_ACCESS];
	size_t n_old = access_columns(r, old, MAX_ACCESS);
	size_t n = 0;
	for (size_t i = 0; i < n_old; i++) {
		bool is_owner = strcmp(old[i].field, ITEM_COLUMN_OWNER) == 0;
		if ((is_owner && access == CASEBOOK_HAND_OVER) ||
			(!is_owner && strcmp(old[i].value, user) == 0))
			continue;
		ret[n++] = old[i];
	}
	if (access == CASEBOOK_HAND_OVER)
		ret[n++] = (struct store_column){.field = ITEM_COLUMN_OWNER, .value = user};
	if (access == CASEBOOK_LET_IN)
		ret[n++] = (struct store_column){.field = ITEM_COLUMN_SHARED, .value = user};
	return n;
}

/* A case goes to somebody who can work on it. */
static int check_colleague(struct casebook *c, const char *user, struct cf_error *err)
{
	CF_CLEANUP(store_users_done) struct store_users users = STORE_USERS_INIT;
	TRY(store_user_list(c->store, &users, err));
	for (size_t i = 0; i < users.n; i++) {
		enum permission_role role;
		if (strcmp(users.at[i].name, user) != 0 || users.at[i].disabled)
			continue;
		if (permission_role_parse(users.at[i].role, &role) &&
			permission_allows(role, ACTION_EDIT, SCOPE_SHARED))
			return CF_OK;
		return error_set(err, CF_E_USAGE,
			"%s does not work on cases: a case goes to a caseworker or an investigator", user);
	}
	return error_set(
		err, CF_E_NOT_FOUND, "there is no user of that name; 'counterfoil user list' shows them");
}

int casebook_share(struct casebook *c, const struct record_id *case_id, enum casebook_access access,
	const char *user, struct cf_error *err)
{
	static const char *const reasons[] = {"handed over", "shared", "no longer shared"};
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	enum permission_scope scope;
	struct store_column columns[MAX_ACCESS + 1];
	if (!arena)
		return error_memory(err);
	TRY(open_for(c, ACTION_SHARE, case_id, 0, &stored, &scope, err));
	if (strcmp(stored.entity, "case") != 0)
		return error_set(err, CF_E_USAGE, "only a case can be shared; this id is of another record");
	if (access != CASEBOOK_LET_OUT)
		TRY(check_colleague(c, user, err));
	TRY(item_record(&stored, &r, err));
	struct item_access changed = {.columns = columns, .n = change_access(&stored, access, user, columns)};
	if (changed.n > MAX_ACCESS)
		return error_set(err, CF_E_LIMIT, "a case is shared with at most %d users", (int)MAX_ACCESS);
	struct store_item item;
	TRY(item_of(r, &changed, c->tools, arena, &item, err));
	item.source_id = *stored.source_id ? stored.source_id : NULL;
	item.base_revision = stored.revision;
	struct store_reason why = {.reason = reasons[access]};
	struct store_result result;
	TRY(store_put(c->store, &item, &why, &result, err));
	scope_forget(c);
	return CF_OK;
}
