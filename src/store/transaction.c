/* Transactions, and small values of the store itself. */
#include <string.h>
#include <time.h>

#include "store/inside.h"

enum { TRIES = 20 };

uint64_t now_ms(const struct store *s)
{
	struct timespec t;
	if (s->clock)
		return s->clock(s->clock_context);
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void put_number(uint8_t *to, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

uint64_t get_number(const uint8_t *from, int n)
{
	uint64_t value = 0;
	for (int i = n; i-- > 0;)
		value = value << 8 | from[i];
	return value;
}

int meta_get(struct store *s, const char *name, void *ret, size_t n, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {db_text(name)};
	TRY(db_query(s->db, S_META_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: '%s' is missing",
			s->db->name, name);
	return db_fixed(&rows, 0, ret, n, err);
}

int meta_set(struct store *s, const char *name, const void *data, size_t n, struct cf_error *err)
{
	const struct db_value values[] = {db_text(name), DB_BYTES(data, n)};
	return db_run(s->db, S_META_SET, values, 2, err);
}

int count_of(struct store *s, enum statement which, const struct db_value *values, size_t n, uint64_t *ret,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	TRY(db_query(s->db, which, values, n, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	*ret = status ? (uint64_t)db_integer(&rows, 0) : 0;
	return CF_OK;
}

int need_records(const struct store *s, struct cf_error *err)
{
	if (!s->organisation)
		return error_set(
			err, CF_E_REFUSED, "%s may read the log of this store, and no record", s->actor);
	return CF_OK;
}

static void forget(struct store *s)
{
	late_forget(s);
	names_forget(s);
	keys_forget(s);
	s->log_dirty = false;
	s->next_pair = secret_free(s->next_pair);
	s->generation = UINT64_MAX; /* the keys are read again by the next transaction */
}

/* The keys in memory must be those of the database, which another process may have rotated. */
static int follow_rotation(struct store *s, struct cf_error *err)
{
	uint8_t stored[8];
	TRY(meta_get(s, "generation", stored, sizeof stored, err));
	if (get_number(stored, 8) == s->generation)
		return CF_OK;
	keys_forget(s);
	s->generation = get_number(stored, 8);
	return slot_follow(s, err);
}

static int prepare(struct store *s, bool writing, struct cf_error *err)
{
	TRY(follow_rotation(s, err));
	if (!writing)
		return CF_OK;
	TRY(log_load(s, err));
	TRY(log_check_head(s, err));
	s->began_with = s->n_records;
	return CF_OK;
}

static int begin(struct store *s, bool writing, struct cf_error *err)
{
	TRY(db_begin(s->db, writing, err));
	s->doomed = false;
	s->nobody_erased = false;
	s->began_with = UINT64_MAX;
	s->log_dirty = false;
	int status = prepare(s, writing, err);
	if (status < 0) {
		db_rollback(s->db);
		forget(s);
		return status;
	}
	s->running = true;
	s->writing = writing;
	return CF_OK;
}

/* What status said (0 or more) is kept when the transaction ends well. */
static int finish(struct store *s, int said, struct cf_error *err)
{
	int status = said;
	if (status >= 0 && s->doomed)
		status = error_set(
			err, CF_E_STATE, "a part of the transaction had failed; nothing was changed");
	if (status >= 0 && s->writing)
		status = late_finish(s, err);
	if (status >= 0 && s->writing)
		status = log_flush(s, err);
	if (status >= 0)
		status = db_commit(s->db, err);
	else
		db_rollback(s->db);
	if (status < 0) {
		forget(s);
	} else if (s->next_pair) {
		secret_free(s->pair);
		s->pair = TAKE(s->next_pair);
	}
	late_forget(s);
	s->running = false;
	s->writing = false;
	return status < 0 ? status : said;
}

int enter(struct store *s, bool writing, bool *ret_own, struct cf_error *err)
{
	if (s->running) {
		if (writing && !s->writing)
			return error_set(err, CF_E_INTERNAL, "a write inside a transaction that only reads");
		*ret_own = false;
		return CF_OK;
	}
	int status = DB_CONFLICT;
	for (int i = 0; status == DB_CONFLICT && i < TRIES; i++)
		status = begin(s, writing, err);
	TRY(status == DB_CONFLICT ? CF_E_STATE : status);
	*ret_own = true;
	return CF_OK;
}

int leave(struct store *s, bool own, int status, struct cf_error *err)
{
	if (own)
		status = finish(s, status, err);
	else if (status < 0 &&
		 status != CF_E_NOT_FOUND) /* a look that found nothing leaves nothing half-done */
		s->doomed = true;
	return status == DB_CONFLICT ? CF_E_STATE : status;
}

static void pause_before(int tries)
{
	const struct timespec t = {.tv_nsec = 1000000L * (1 + tries * tries)};
	(void)nanosleep(&t, NULL);
}

int store_run(struct store *s, store_function function, void *context, struct cf_error *err)
{
	int status = DB_CONFLICT;
	if (s->running)
		return error_set(err, CF_E_INTERNAL, "transactions do not nest");
	for (int i = 0; i < TRIES; i++) {
		status = begin(s, true, err);
		if (status >= 0)
			status = finish(s, function(s, context, err), err);
		if (status != DB_CONFLICT)
			return status;
		pause_before(i);
	}
	return error_set(err, CF_E_STATE, "%s: others write without a break; try again", s->db->name);
}
