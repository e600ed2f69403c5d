/*
 * Keys. The organisation's key wraps a key for each person and case, the key of the blind indexes and the key
 * of the log. Invariant: an opened key stands in guarded memory alone; a wrapped one is bound to the store,
 * the generation of the organisation's key, and its owner.
 */
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

enum { PAGE = 256, LABEL_MAX = 16 };

struct key_entry {
	struct store_id owner;
	enum owner_kind kind;
	bool pending; /* made, not yet written */
	bool lost;
	UT_hash_handle hh;
};

struct key_cache {
	struct key_entry *by_owner;
	struct secret *keys; /* entry i's at 32 i */
	size_t n;
	size_t n_pending;
	struct key_entry entries[KEY_CACHE];
};

/* ---- wrapping ---- */

struct bound {
	uint8_t bytes[STORE_ID_BYTES + 16 + STORE_ID_BYTES];
};

static struct bound bound_of(const struct store *s, int64_t kind, const void *owner)
{
	struct bound b;
	memcpy(b.bytes, s->id.bytes, STORE_ID_BYTES);
	put_number(b.bytes + STORE_ID_BYTES, s->generation, 8);
	put_number(b.bytes + STORE_ID_BYTES + 8, (uint64_t)kind, 8);
	memcpy(b.bytes + STORE_ID_BYTES + 16, owner, STORE_ID_BYTES);
	return b;
}

enum { KIND_LOG = 100, KIND_INDEX = 101 };

static int write_wrapped(
	struct store *s, const char *name, int64_t kind, const struct secret *key, struct cf_error *err)
{
	static const uint8_t nobody[STORE_ID_BYTES];
	uint8_t wrapped[WRAPPED_BYTES];
	const struct bound bound = bound_of(s, kind, nobody);
	vault_seal(secret_bytes(s->organisation), bound.bytes, sizeof bound.bytes, secret_bytes(key),
		VAULT_KEY_BYTES, wrapped);
	const struct db_value values[] = {db_text(name), DB_BYTES(wrapped, sizeof wrapped)};
	return db_run(s->db, S_WRAPPED_SET, values, 2, err);
}

static int read_wrapped(
	struct store *s, const char *name, int64_t kind, struct secret **ret, struct cf_error *err)
{
	static const uint8_t nobody[STORE_ID_BYTES];
	uint8_t wrapped[WRAPPED_BYTES];
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	CF_CLEANUP_SECRET struct secret *key = NULL;
	const struct db_value values[] = {db_text(name)};
	const struct bound bound = bound_of(s, kind, nobody);
	TRY(db_query(s->db, S_WRAPPED_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: the key '%s' is missing",
			s->db->name, name);
	TRY(db_fixed(&rows, 0, wrapped, sizeof wrapped, err));
	TRY(secret_new(VAULT_KEY_BYTES, &key, err));
	if (vault_open(secret_bytes(s->organisation), bound.bytes, sizeof bound.bytes, wrapped,
		    sizeof wrapped, secret_data(key)) < 0)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the key '%s' does not open", s->db->name, name);
	secret_free(*ret);
	*ret = TAKE(key);
	return CF_OK;
}

int keys_derive(struct store *s, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *commit = NULL;
	CF_CLEANUP_SECRET struct secret *sign = NULL;
	TRY(secret_derive(s->log, "store commitments", 0, VAULT_KEY_BYTES, &commit, err));
	TRY(secret_derive(s->log, "store log signing", 0, VAULT_KEY_BYTES, &sign, err));
	secret_free(s->commit);
	secret_free(s->sign);
	s->commit = TAKE(commit);
	s->sign = TAKE(sign);
	return CF_OK;
}

int keys_make(struct store *s, struct cf_error *err)
{
	TRY(secret_new_random(VAULT_KEY_BYTES, &s->organisation, err));
	TRY(secret_new_random(VAULT_KEY_BYTES, &s->log, err));
	TRY(secret_new_random(VAULT_KEY_BYTES, &s->index, err));
	TRY(write_wrapped(s, "log", KIND_LOG, s->log, err));
	TRY(write_wrapped(s, "index", KIND_INDEX, s->index, err));
	return keys_derive(s, err);
}

int keys_read(struct store *s, struct cf_error *err)
{
	if (s->organisation) {
		TRY(read_wrapped(s, "log", KIND_LOG, &s->log, err));
		TRY(read_wrapped(s, "index", KIND_INDEX, &s->index, err));
	}
	return keys_derive(s, err);
}

int index_key_replace(struct store *s, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_new_random(VAULT_KEY_BYTES, &key, err));
	TRY(write_wrapped(s, "index", KIND_INDEX, key, err));
	secret_free(s->index);
	s->index = TAKE(key);
	return CF_OK;
}

/* ---- owners' keys ---- */

void keys_forget(struct store *s)
{
	if (!s->keys)
		return;
	HASH_CLEAR(hh, s->keys->by_owner);
	secret_free(s->keys->keys);
	s->keys = mem_free(s->keys);
}

bool keys_have_room(const struct store *s, size_t n)
{
	return !s->keys || s->keys->n + n <= KEY_CACHE;
}

static int cache_of(struct store *s, struct key_cache **ret, struct cf_error *err)
{
	if (s->keys && s->keys->n == KEY_CACHE) {
		TRY(keys_flush(s, err));
		keys_forget(s);
	}
	if (!s->keys) {
		struct key_cache *cache = NEW(struct key_cache);
		if (!cache)
			return error_memory(err);
		int status = secret_new((size_t)KEY_CACHE * VAULT_KEY_BYTES, &cache->keys, err);
		if (status < 0) {
			mem_free(cache);
			return status;
		}
		s->keys = cache;
	}
	*ret = s->keys;
	return CF_OK;
}

static uint8_t *place_of(struct key_cache *cache, const struct key_entry *entry)
{
	return secret_data(cache->keys) + (size_t)(entry - cache->entries) * VAULT_KEY_BYTES;
}

static int add_entry(struct key_cache *cache, const struct store_id *owner, enum owner_kind kind,
	bool pending, struct cf_error *err)
{
	struct key_entry *entry = &cache->entries[cache->n];
	*entry = (struct key_entry){.owner = *owner, .kind = kind, .pending = pending};
	HASH_ADD(hh, cache->by_owner, owner, sizeof entry->owner, entry);
	if (entry->lost)
		return error_memory(err);
	cache->n++;
	cache->n_pending += pending;
	return CF_OK;
}

/* 1 read into to, 0 not there. */
static int read_owner(struct store *s, const struct store_id *owner, enum owner_kind *ret_kind, uint8_t *to,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	uint8_t wrapped[WRAPPED_BYTES];
	const struct db_value values[] = {DB_BYTES(owner->bytes, STORE_ID_BYTES)};
	TRY(db_query(s->db, S_OWNER_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status <= 0)
		return status;
	const int64_t kind = db_integer(&rows, 0);
	TRY(db_fixed(&rows, 1, wrapped, sizeof wrapped, err));
	const struct bound bound = bound_of(s, kind, owner->bytes);
	if (vault_open(secret_bytes(s->organisation), bound.bytes, sizeof bound.bytes, wrapped,
		    sizeof wrapped, to) < 0)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the key of a person or case does not open",
			s->db->name);
	*ret_kind = (enum owner_kind)kind;
	return 1;
}

static int refuse_erased(struct store *s, const struct store_id *owner, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(owner->bytes, STORE_ID_BYTES)};
	if (s->nobody_erased)
		return CF_OK;
	uint64_t n = 0;
	TRY(count_of(s, S_ERASED_COUNT, NULL, 0, &n, err));
	s->nobody_erased = n == 0;
	TRY(db_query(s->db, S_ERASED_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	return status ? error_set(err, CF_E_REFUSED,
				"the person was erased, and nothing may be written about them")
		      : CF_OK;
}

/* Into to: 1 read, 0 made, to be written by keys_flush. */
static int read_or_make(struct store *s, const struct store_id *owner, enum owner_kind *kind,
	enum owner_wish wish, uint8_t *to, struct cf_error *err)
{
	int status = wish == OWNER_IS_NEW ? 0 : read_owner(s, owner, kind, to, err);
	if (status)
		return status;
	if (wish == OWNER_MUST_BE_THERE)
		return error_set(err, CF_E_NOT_FOUND, "there is no key of such a person or case");
	if (wish == OWNER_MAY_BE_NEW && *kind == OWNER_PERSON)
		TRY(refuse_erased(s, owner, err));
	crypto_random(to, VAULT_KEY_BYTES);
	return 0;
}

int owner_key(struct store *s, const struct store_id *owner, enum owner_kind kind, enum owner_wish wish,
	const uint8_t **ret, struct cf_error *err)
{
	struct key_cache *cache = NULL;
	struct key_entry *entry = NULL;
	TRY(need_records(s, err));
	if (s->keys)
		HASH_FIND(hh, s->keys->by_owner, owner, sizeof *owner, entry);
	if (entry) {
		*ret = place_of(s->keys, entry);
		return CF_OK;
	}
	TRY(cache_of(s, &cache, err));
	if (!cache) /* cannot be; the compiler does not see it */
		return error_memory(err);
	uint8_t *to = place_of(cache, &cache->entries[cache->n]);
	int status = read_or_make(s, owner, &kind, wish, to, err);
	TRY(status);
	TRY(add_entry(cache, owner, kind, !status, err));
	*ret = to;
	return CF_OK;
}

static int compare_entries(const void *a, const void *b)
{
	const struct key_entry *const *x = a;
	const struct key_entry *const *y = b;
	return memcmp((*x)->owner.bytes, (*y)->owner.bytes, STORE_ID_BYTES);
}

static int write_owner(struct store *s, struct key_entry *entry, struct cf_error *err)
{
	uint8_t wrapped[WRAPPED_BYTES];
	const struct bound bound = bound_of(s, entry->kind, entry->owner.bytes);
	vault_seal(secret_bytes(s->organisation), bound.bytes, sizeof bound.bytes, place_of(s->keys, entry),
		VAULT_KEY_BYTES, wrapped);
	const struct db_value values[] = {DB_BYTES(entry->owner.bytes, STORE_ID_BYTES), DB_INT(entry->kind),
		DB_BYTES(wrapped, sizeof wrapped)};
	TRY(db_run(s->db, S_OWNER_ADD, values, 3, err));
	entry->pending = false;
	return CF_OK;
}

int keys_flush(struct store *s, struct cf_error *err)
{
	if (!s->keys || !s->keys->n_pending)
		return CF_OK;
	CF_CLEANUP_FREE struct key_entry **pending = NEW_ARRAY(struct key_entry *, s->keys->n_pending);
	size_t n = 0;
	if (!pending)
		return error_memory(err);
	for (size_t i = 0; i < s->keys->n; i++)
		if (s->keys->entries[i].pending)
			pending[n++] = &s->keys->entries[i];
	qsort(pending, n, sizeof(struct key_entry *), compare_entries);
	for (size_t i = 0; i < n; i++)
		TRY(write_owner(s, pending[i], err));
	s->keys->n_pending = 0;
	return CF_OK;
}

/* ---- rotation ---- */

struct wrapped_owner {
	struct store_id owner;
	int64_t kind;
	uint8_t sealed[WRAPPED_BYTES];
};

static int owners_after(struct store *s, const struct store_id *after, bool any, struct wrapped_owner *ret,
	size_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	/* before the first one stand the empty bytes */
	const struct db_value values[] = {DB_BYTES(after->bytes, any ? STORE_ID_BYTES : 0), DB_INT(PAGE)};
	size_t n = 0;
	int status = CF_OK;
	TRY(db_query(s->db, S_OWNER_AFTER, values, 2, &rows, err));
	while (n < PAGE && (status = db_next(&rows, err)) > 0) {
		TRY(db_fixed(&rows, 0, ret[n].owner.bytes, STORE_ID_BYTES, err));
		ret[n].kind = db_integer(&rows, 1);
		TRY(db_fixed(&rows, 2, ret[n].sealed, WRAPPED_BYTES, err));
		n++;
	}
	TRY(status);
	*ret_n = n;
	return CF_OK;
}

static int rewrap(struct store *s, const struct secret *old, uint64_t old_generation,
	struct wrapped_owner *owner, struct secret *scratch, struct cf_error *err)
{
	const uint64_t generation = s->generation;
	s->generation = old_generation;
	struct bound bound = bound_of(s, owner->kind, owner->owner.bytes);
	s->generation = generation;
	if (vault_open(secret_bytes(old), bound.bytes, sizeof bound.bytes, owner->sealed, WRAPPED_BYTES,
		    secret_data(scratch)) < 0)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the key of a person or case does not open; nothing "
			"was changed",
			s->db->name);
	bound = bound_of(s, owner->kind, owner->owner.bytes);
	vault_seal(secret_bytes(s->organisation), bound.bytes, sizeof bound.bytes, secret_bytes(scratch),
		VAULT_KEY_BYTES, owner->sealed);
	const struct db_value values[] = {
		DB_BYTES(owner->sealed, WRAPPED_BYTES), DB_BYTES(owner->owner.bytes, STORE_ID_BYTES)};
	return db_run(s->db, S_OWNER_SET, values, 2, err);
}

static int rewrap_owners(
	struct store *s, const struct secret *old, uint64_t old_generation, struct cf_error *err)
{
	CF_CLEANUP_FREE struct wrapped_owner *page = NEW_ARRAY(struct wrapped_owner, PAGE);
	CF_CLEANUP_SECRET struct secret *scratch = NULL;
	struct store_id after = {0};
	bool any = false;
	size_t n = 0;
	if (!page)
		return error_memory(err);
	TRY(secret_new(VAULT_KEY_BYTES, &scratch, err));
	do {
		TRY(owners_after(s, &after, any, page, &n, err));
		for (size_t i = 0; i < n; i++)
			TRY(rewrap(s, old, old_generation, &page[i], scratch, err));
		if (n)
			after = page[n - 1].owner;
		any = true;
	} while (n == PAGE);
	return CF_OK;
}

int keys_rotate(struct store *s, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *old = NULL;
	CF_CLEANUP_SECRET struct secret *fresh = NULL;
	uint8_t stored[8];
	TRY(need_records(s, err));
	TRY(keys_flush(s, err));
	keys_forget(s);
	TRY(secret_new_random(VAULT_KEY_BYTES, &fresh, err));
	const uint64_t old_generation = s->generation;
	old = TAKE(s->organisation);
	s->organisation = TAKE(fresh);
	s->generation = old_generation + 1;
	put_number(stored, s->generation, 8);
	int status = meta_set(s, "generation", stored, sizeof stored, err);
	if (status >= 0)
		status = write_wrapped(s, "log", KIND_LOG, s->log, err);
	if (status >= 0)
		status = write_wrapped(s, "index", KIND_INDEX, s->index, err);
	if (status >= 0)
		status = rewrap_owners(s, old, old_generation, err);
	if (status >= 0)
		status = slots_reseal(s, old, err);
	if (status >= 0) {
		const struct log_object object = {.kind = "store", .revision = s->generation};
		status = log_add(s, "key.rotate", NULL, &object, 1, err);
	}
	return status;
}
