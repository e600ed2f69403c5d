/* Making, opening and closing a store. */
#include "store/store.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "store/inside.h"
#include "store/schema.h"

struct store *store_close(struct store *s)
{
	if (!s)
		return NULL;
	if (s->running)
		db_rollback(s->db);
	late_forget(s);
	keys_forget(s);
	names_forget(s);
	db_close(s->db);
	secret_free(s->pair);
	secret_free(s->next_pair);
	secret_free(s->organisation);
	secret_free(s->index);
	secret_free(s->log);
	secret_free(s->commit);
	secret_free(s->sign);
	mem_free(s->location);
	mem_free(s->erasure_list);
	mem_free(s);
	return NULL;
}

const char *store_actor(const struct store *s)
{
	return s->actor;
}

const char *store_role(const struct store *s)
{
	return s->role;
}

bool store_opens_records(const struct store *s)
{
	return s->organisation != NULL;
}

static int set_erasure_list(struct store *s, const char *given, struct cf_error *err)
{
	const char *path = given ? given : s->location;
	const char *end = given ? "" : ".erasures";
	if (!given && db_is_postgres(s->location))
		return CF_OK;
	const size_t n = strlen(path) + strlen(end) + 1;
	s->erasure_list = mem_alloc(n, 1);
	if (!s->erasure_list)
		return error_memory(err);
	(void)snprintf(s->erasure_list, n, "%s%s", path, end);
	return CF_OK;
}

static int new_handle(
	const char *location, const struct store_options *options, struct store **ret, struct cf_error *err)
{
	static const struct store_options standard = STORE_OPTIONS_INIT;
	CF_CLEANUP_STORE struct store *s = NEW(struct store);
	const struct store_options *o = options ? options : &standard;
	const char *actor = o->actor ? o->actor : "organisation";
	if (!s)
		return error_memory(err);
	TRY(check_name("who is at work", actor, err));
	memcpy(s->actor, actor, strlen(actor) + 1);
	s->costs = o->costs;
	s->clock = o->clock;
	s->clock_context = o->clock_context;
	s->location = mem_strdup(location);
	if (!s->location)
		return error_memory(err);
	TRY(set_erasure_list(s, o->erasure_list, err));
	*ret = TAKE(s);
	return CF_OK;
}

/* ---- making ---- */

static int make_state(struct store *s, struct cf_error *err)
{
	uint8_t generation[8];
	const struct db_value values[] = {DB_INT(0), DB_INT(0), DB_INT(0), DB_BYTES("", 0)};
	store_id_random(&s->id);
	s->generation = 1;
	put_number(generation, 1, 8);
	TRY(meta_set(s, "store", s->id.bytes, STORE_ID_BYTES, err));
	TRY(meta_set(s, "generation", generation, sizeof generation, err));
	TRY(meta_set(s, "purge", "\0", 1, err));
	return db_run(s->db, S_LOG_SET, values, 4, err);
}

static int make_inside(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	const struct log_object object = {.kind = "store", .revision = 1};
	TRY(schema_create(s->db, now_ms(s), err));
	TRY(make_state(s, err));
	TRY(keys_make(s, err));
	s->access = STORE_ACCESS_RECORDS;
	TRY(log_add(s, "store.create", NULL, &object, 1, err));
	TRY(slot_make(s, "", STORE_ACCESS_RECORDS, unlock, err));
	return log_flush(s, err);
}

static int make(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	bool there = false;
	TRY(db_has_tables(s->db, &there, err));
	if (there)
		return error_set(err, CF_E_STATE, "%s holds a store already", s->db->name);
	TRY(db_begin(s->db, true, err));
	int status = make_inside(s, unlock, err);
	if (status >= 0)
		status = db_commit(s->db, err);
	else
		db_rollback(s->db);
	TRY(status);
	s->pair = TAKE(s->next_pair);
	return CF_OK;
}

int store_create(const char *location, const struct store_unlock *unlock, const struct store_options *options,
	struct store **ret, struct cf_error *err)
{
	CF_CLEANUP_STORE struct store *s = NULL;
	TRY(crypto_start(err));
	if (unlock->user)
		return error_set(err, CF_E_USAGE,
			"a store is made with its own passphrase or key file; users come after");
	TRY(new_handle(location, options, &s, err));
	TRY(db_open(location, DB_MAKE, &s->db, err));
	int status = make(s, unlock, err);
	if (status < 0 && !db_is_postgres(location)) {
		/* what was begun is no store; the file was ours alone */
		s->db = db_close(s->db);
		struct cf_error second = CF_ERROR_INIT;
		if (file_remove(location, false, &second) < 0)
			return error_prefix(err, status, "%s is left over and can be removed", location);
	}
	TRY(status);
	*ret = TAKE(s);
	return CF_OK;
}

/* ---- opening ---- */

static int read_state(struct store *s, struct cf_error *err)
{
	uint8_t generation[8];
	TRY(meta_get(s, "store", s->id.bytes, STORE_ID_BYTES, err));
	TRY(meta_get(s, "generation", generation, sizeof generation, err));
	s->generation = get_number(generation, 8);
	return CF_OK;
}

static int try_slot(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	struct slot slot;
	const char *holder = unlock->user ? unlock->user : "";
	int status = slot_get(s, holder, &slot, err);
	TRY(status);
	if (!status) {
		slot_pretend(s, unlock);
		return error_set(err, CF_E_REFUSED, "the store does not open: the %s is wrong",
			unlock->user ? "user or the password" : "passphrase");
	}
	return slot_open(s, &slot, unlock, err);
}

/* Without a transaction of its own: failures are counted even though nothing opens. */
static int unlock_store(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	if (unlock->user) {
		TRY(check_name("a user", unlock->user, err));
		if (!unlock->passphrase)
			return error_set(err, CF_E_USAGE, "a user's password is needed");
		TRY(login_may_try(s, unlock->user, err));
	}
	int status = try_slot(s, unlock, err);
	if (status == CF_E_REFUSED && unlock->user) {
		struct cf_error second = CF_ERROR_INIT;
		if (login_failed(s, unlock->user, &second) < 0 && err)
			*err = second;
	}
	TRY(status);
	return keys_read(s, err);
}

static int log_in(struct store *s, void *context, struct cf_error *err)
{
	TRY(login_note_failures(s, err));
	return login_finish(s, context, err);
}

static int open_inside(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	const union {
		const struct store_unlock *given;
		void *context;
	} to = {.given = unlock};
	TRY(read_state(s, err));
	TRY(unlock_store(s, unlock, err));
	int status = store_run(s, log_in, to.context, err);
	if (status == CF_E_REFUSED && unlock->user) {
		struct cf_error second = CF_ERROR_INIT;
		if (login_failed(s, unlock->user, &second) < 0 && err)
			*err = second;
	}
	TRY(status);
	return s->organisation ? erasures_finish(s, NULL, err) : CF_OK;
}

int store_open(const char *location, const struct store_unlock *unlock, const struct store_options *options,
	struct store **ret, struct cf_error *err)
{
	CF_CLEANUP_STORE struct store *s = NULL;
	TRY(crypto_start(err));
	TRY(new_handle(location, options, &s, err));
	TRY(db_open(location, DB_USE, &s->db, err));
	TRY(db_check(s->db, true, err));
	TRY(schema_migrate(s->db, now_ms(s), err));
	TRY(open_inside(s, unlock, err));
	*ret = TAKE(s);
	return CF_OK;
}

/* ---- keys ---- */

static int change_unlock(struct store *s, void *context, struct cf_error *err)
{
	return slot_make(s, "", STORE_ACCESS_RECORDS, context, err);
}

int store_change_unlock(struct store *s, const struct store_unlock *unlock, struct cf_error *err)
{
	const union {
		const struct store_unlock *given;
		void *context;
	} to = {.given = unlock};
	TRY(need_records(s, err));
	if (unlock->user)
		return error_set(err, CF_E_USAGE, "a user's password is changed as the user's");
	return store_run(s, change_unlock, to.context, err);
}

static int rotate(struct store *s, void *context, struct cf_error *err)
{
	(void)context;
	return keys_rotate(s, err);
}

int store_rotate(struct store *s, struct cf_error *err)
{
	TRY(need_records(s, err));
	return store_run(s, rotate, NULL, err);
}

enum { PAGE = 200 };

/* Indexes the current revisions of the records after *after anew; *after is the last one then, or 0 at the
 * end. */
static int reindex_page(struct store *s, uint64_t *after, struct cf_error *err)
{
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	const struct store_query query = {.before = *after, .limit = PAGE};
	TRY(store_list(s, &query, &page, err));
	for (size_t i = 0; i < page.n; i++) {
		CF_CLEANUP(store_record_done) struct store_record record = STORE_RECORD_INIT;
		CF_CLEANUP(index_rows_done) struct index_rows rows = {0};
		TRY(store_get(s, &page.at[i].id, 0, &record, err));
		const struct parts parts = parts_of(&record);
		TRY(index_rows_of(s, &parts, (int64_t)page.at[i].key, true, &rows, err));
		rows.n_columns = 0; /* they stand */
		TRY(add_index_rows(s, &rows, err));
	}
	*after = page.more ? page.at[page.n - 1].key : 0;
	return CF_OK;
}

static int rotate_index(struct store *s, void *context, struct cf_error *err)
{
	const struct log_object object = {.kind = "store"};
	uint64_t after = 0;
	(void)context;
	TRY(index_key_replace(s, err));
	TRY(db_run(s->db, S_TERM_CLEAR, NULL, 0, err));
	do {
		TRY(reindex_page(s, &after, err));
	} while (after);
	return log_add(s, "index.rotate", NULL, &object, 1, err);
}

int store_rotate_index(struct store *s, struct cf_error *err)
{
	TRY(need_records(s, err));
	return store_run(s, rotate_index, NULL, err);
}

int store_check(struct store *s, struct cf_error *err)
{
	if (s->running)
		return error_set(err, CF_E_INTERNAL, "a check inside a transaction");
	return db_check(s->db, false, err);
}
