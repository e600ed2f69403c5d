#include <string.h>

#include "store/audit.h"
#include "store/users.h"
#include "work/casebook/casebook_parts.h"

static int begin(struct store *store, struct casebook **ret, struct cf_error *err)
{
	CF_CLEANUP_STORE struct store *owned = store;
	CF_CLEANUP_CASEBOOK struct casebook *c = NEW(struct casebook);
	if (!c)
		return error_memory(err);
	const char *role = store_role(store);
	c->role = ROLE_ADMINISTRATOR; /* whoever holds the store's own passphrase or key file */
	if (*role && !permission_role_parse(role, &c->role))
		return error_set(err, CF_E_STATE,
			"this program does not know the role of %s; a newer one made it", store_actor(store));
	(void)strncpy(c->user, store_actor(store), sizeof c->user - 1);
	TRY(text_tools_new(&c->tools, err));
	c->store = TAKE(owned);
	*ret = TAKE(c);
	return CF_OK;
}

int casebook_create(const struct casebook_place *place, struct casebook **ret, struct cf_error *err)
{
	struct store *s = NULL;
	TRY(store_create(place->location, &place->unlock, &place->options, &s, err));
	return begin(s, ret, err);
}

int casebook_open(const struct casebook_place *place, struct casebook **ret, struct cf_error *err)
{
	struct store *s = NULL;
	TRY(store_open(place->location, &place->unlock, &place->options, &s, err));
	return begin(s, ret, err);
}

struct casebook *casebook_close(struct casebook *c)
{
	if (!c)
		return NULL;
	c->memory = scope_memory_free(c->memory);
	c->tools = text_tools_free(c->tools);
	c->store = store_close(c->store);
	return mem_free(c);
}

enum permission_role casebook_role(const struct casebook *c)
{
	return c->role;
}

const char *casebook_user(const struct casebook *c)
{
	return c->user;
}

int casebook_use(struct casebook *c, enum permission_action action, struct store **ret, struct cf_error *err)
{
	TRY(gate_any(c, action, err));
	*ret = c->store;
	return CF_OK;
}

int casebook_erase(
	struct casebook *c, const struct record_id *person, struct store_erased *ret, struct cf_error *err)
{
	struct store_id id = item_store_id(person);
	TRY(gate(c, ACTION_ERASE, SCOPE_FOREIGN, &id, err));
	TRY(store_erase_person(c->store, &id, ret, err));
	scope_forget(c);
	return CF_OK;
}

int casebook_backup(struct casebook *c, const char *path, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_BACKUP, err));
	return store_backup(c->store, path, err);
}

int casebook_restore(const char *backup, const struct casebook_place *place, struct cf_error *err)
{
	return store_restore(backup, place->location, &place->unlock, &place->options, err);
}

int casebook_check(struct casebook *c, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_CHECK, err));
	return store_check(c->store, err);
}

int casebook_rotate(struct casebook *c, bool index_too, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_KEYS, err));
	TRY(store_rotate(c->store, err));
	return index_too ? store_rotate_index(c->store, err) : CF_OK;
}

int casebook_change_unlock(struct casebook *c, const struct store_unlock *unlock, struct cf_error *err)
{
	TRY(gate_any(c, ACTION_KEYS, err));
	return store_change_unlock(c->store, unlock, err);
}

struct store *casebook_own_store(struct casebook *c)
{
	return c->store;
}
