/*
 * Backup and restore. A backup is a store of its own in one SQLite file, whichever backend it came from:
 * SQLite copies its pages, PostgreSQL's rows are read in one snapshot. Nothing gets its name before it was
 * read back and checked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/inside.h"
#include "store/schema.h"

enum { VALUES_MAX = 16 };

struct table {
	const char *name;
	enum statement all;
	enum statement raw;
	int n_columns;
};

#define TABLE(NAME, table, columns, n, places, order) {table, S_ALL_##NAME, S_RAW_##NAME, n},
static const struct table tables[] = {STORE_TABLES(TABLE)};
enum { N_TABLES = sizeof tables / sizeof *tables };

static int copy_table(struct db *from, struct db *to, const struct table *table, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct db_value values[VALUES_MAX];
	int status = CF_OK;
	TRY(db_stream(from, table->all, &rows, err));
	while ((status = db_next(&rows, err)) > 0) {
		for (int i = 0; i < table->n_columns; i++)
			values[i] = db_value_of(&rows, i);
		TRY(db_run(to, table->raw, values, (size_t)table->n_columns, err));
	}
	return status;
}

static int copy_inside(struct db *from, struct db *to, struct cf_error *err)
{
	TRY(schema_create(to, 0, err));
	/* the version's row comes with the others */
	TRY(db_script(to, "DELETE FROM migration;", err));
	for (size_t i = 0; i < N_TABLES; i++)
		TRY(copy_table(from, to, &tables[i], err));
	return CF_OK;
}

/* From one database into an empty one, in one transaction of each. */
static int copy_rows(struct db *from, struct db *to, struct cf_error *err)
{
	TRY(db_begin(from, false, err));
	int status = db_begin(to, true, err);
	if (status >= 0) {
		status = copy_inside(from, to, err);
		if (status >= 0)
			status = db_commit(to, err);
		else
			db_rollback(to);
	}
	db_rollback(from);
	return status;
}

static int sync_file(const char *path, struct cf_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be opened", path);
	int status = fsync(fd) == 0 ? CF_OK : error_set_errno(err, CF_E_IO, "%s could not be written", path);
	(void)close(fd);
	return status;
}

static int remove_parts(const char *path, struct cf_error *err)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
		TRY_MEMORY(buffer_printf(&name, "%s%s", path, ends[i]), err);
		TRY(file_remove(buffer_text(&name), false, err));
	}
	return CF_OK;
}

/* A new SQLite file with everything in it. */
static int copy_to_file(struct db *from, const char *path, struct cf_error *err)
{
	CF_CLEANUP_DB struct db *to = NULL;
	if (db_can_copy_file(from))
		return db_copy_file(from, path, err);
	TRY(db_open_sqlite(path, DB_MAKE, &to, err));
	TRY(copy_rows(from, to, err));
	/* one file, without a log beside it */
	return db_script(to, "PRAGMA journal_mode = DELETE", err);
}

/* ---- backup ---- */

static int head_of(struct db *db, uint64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	TRY(db_query(db, S_HEAD_LAST, NULL, 0, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s has no signed head", db->name);
	*ret = (uint64_t)db_integer(&rows, 0);
	return CF_OK;
}

/* Reads the copy back: its pages, and that it is at least as new as the entry that speaks of it. */
static int check_copy(const char *path, uint64_t at_least, struct cf_error *err)
{
	CF_CLEANUP_DB struct db *copy = NULL;
	uint64_t size = 0;
	TRY(db_open_sqlite(path, DB_READ, &copy, err));
	TRY(db_check(copy, false, err));
	TRY(head_of(copy, &size, err));
	if (size < at_least)
		return error_set(err, CF_E_INTERNAL, "%s is older than it should be", path);
	return CF_OK;
}

static int backup_to(struct store *s, const char *part, const char *path, struct cf_error *err)
{
	const struct audit_object object = {.kind = "store"};
	const struct audit_event event = {.action = "backup", .objects = &object, .n_objects = 1};
	uint64_t leaf = 0;
	TRY(audit_append(s, &event, &leaf, err));
	TRY(remove_parts(part, err));
	TRY(copy_to_file(s->db, part, err));
	TRY(check_copy(part, leaf + 1, err));
	TRY(sync_file(part, err));
	return file_rename(part, path, err);
}

int store_backup(struct store *s, const char *path, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer part = BUFFER_INIT;
	if (s->running)
		return error_set(err, CF_E_INTERNAL, "a backup inside a transaction");
	if (file_exists(path))
		return error_set(err, CF_E_STATE, "%s is there already; backups are never overwritten", path);
	TRY_MEMORY(buffer_printf(&part, "%s.part", path), err);
	int status = backup_to(s, buffer_text(&part), path, err);
	if (status < 0) {
		struct cf_error second = CF_ERROR_INIT;
		if (remove_parts(buffer_text(&part), &second) < 0)
			return error_prefix(
				err, status, "%s is left over and can be removed", buffer_text(&part));
	}
	return status;
}

/* ---- restore ---- */

static int note_restore(struct store *s, void *context, struct cf_error *err)
{
	const struct log_object object = {.kind = "store"};
	(void)context;
	return log_add(s, "store.restore", NULL, &object, 1, err);
}

/* Opening replays the erasures. */
static int finish_restore(const char *location, const struct store_unlock *unlock,
	const struct store_options *options, struct cf_error *err)
{
	CF_CLEANUP_STORE struct store *s = NULL;
	struct audit_verified verified;
	TRY(store_open(location, unlock, options, &s, err));
	TRY(need_records(s, err));
	TRY(audit_verify(s, NULL, NULL, NULL, &verified, err));
	return store_run(s, note_restore, NULL, err);
}

/* The list goes on beside the new store, where it will be looked for. */
static int carry_list(const char *location, const char *list, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer beside = BUFFER_INIT;
	TRY_MEMORY(buffer_printf(&beside, "%s.erasures", location), err);
	if (strcmp(list, buffer_text(&beside)) == 0 || file_exists(buffer_text(&beside)))
		return CF_OK;
	return file_copy(list, buffer_text(&beside), 0600, err);
}

static int restore_file(struct db *from, const char *location, const struct store_unlock *unlock,
	const struct store_options *options, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer part = BUFFER_INIT;
	if (file_exists(location))
		return error_set(err, CF_E_STATE, "%s is there already; restore to another place", location);
	TRY_MEMORY(buffer_printf(&part, "%s.part", location), err);
	const char *name = buffer_text(&part);
	TRY(remove_parts(name, err));
	int status = copy_to_file(from, name, err);
	if (status >= 0)
		status = finish_restore(name, unlock, options, err);
	if (status < 0) {
		struct cf_error second = CF_ERROR_INIT;
		if (remove_parts(name, &second) < 0)
			return error_prefix(err, status, "%s is left over and must be removed", name);
		return status;
	}
	TRY(carry_list(location, options->erasure_list, err));
	TRY(sync_file(name, err));
	return file_rename(name, location, err);
}

static int restore_postgres(struct db *from, const char *location, const struct store_unlock *unlock,
	const struct store_options *options, struct cf_error *err)
{
	CF_CLEANUP_DB struct db *to = NULL;
	bool there = false;
	TRY(db_open(location, DB_MAKE, &to, err));
	TRY(db_has_tables(to, &there, err));
	if (there)
		return error_set(err, CF_E_STATE, "%s holds a store already", to->name);
	TRY(copy_rows(from, to, err));
	return finish_restore(location, unlock, options, err);
}

int store_restore(const char *backup, const char *location, const struct store_unlock *unlock,
	const struct store_options *options, struct cf_error *err)
{
	CF_CLEANUP_DB struct db *from = NULL;
	TRY(crypto_start(err));
	if (!options || !options->erasure_list)
		return error_set(err, CF_E_USAGE,
			"name the list of erasures, or those who were erased after this backup would be "
			"back");
	if (!file_exists(options->erasure_list))
		return error_set(err, CF_E_USAGE,
			"the list of erasures %s is not there; if nobody was ever erased, make an "
			"empty file of that name",
			options->erasure_list);
	TRY(db_open_sqlite(backup, DB_READ, &from, err));
	TRY(db_check(from, false, err));
	if (db_is_postgres(location))
		return restore_postgres(from, location, unlock, options, err);
	return restore_file(from, location, unlock, options, err);
}
