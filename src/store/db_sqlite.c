/*
 * SQLite. Write-ahead log, synchronous FULL (a committed transaction survives a loss of power), foreign keys,
 * zeroed deletions, temporary tables in memory. Invariant: a statement is reset before its function returns
 * an error.
 */
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "store/db.h"

/* Of a store that is made: fewer levels and less waste behind rows of 700 bytes than SQLite's own 4096, and
 * not so much written for one row as with more. */
enum {
	BUSY_MS = 30000,
	PAGE_BYTES = 8192,
	BIG_PAGES = (512 << 20) / PAGE_BYTES,
	QUICK_PAGES = (32 << 20) / PAGE_BYTES
};

struct sqlite_db {
	struct db db;
	sqlite3 *handle;
	sqlite3_stmt *statements[N_STATEMENTS];
	bool crashed; /* a write-ahead log was left over when it was opened */
};

static struct sqlite_db *of(struct db *db)
{
	return (struct sqlite_db *)db;
}

/* Says what SQLite said, which names tables and never values. */
static int failed(struct db *db, int code, struct cf_error *err)
{
	const char *said = sqlite3_errmsg(of(db)->handle);
	switch (code & 0xff) {
	case SQLITE_NOMEM:
		return error_memory(err);
	case SQLITE_FULL:
		return error_set(err, CF_E_IO,
			"%s: the disk is full; nothing was changed. Make room and try again", db->name);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return error_set(err, CF_E_INPUT, "%s is damaged: %s. Restore a backup", db->name, said);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return error_set(
			err, CF_E_STATE, "%s is in use by another program that does not finish", db->name);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return error_set(err, CF_E_IO, "%s cannot be written or opened: %s", db->name, said);
	case SQLITE_IOERR:
		if (code == SQLITE_IOERR_NOMEM)
			return error_memory(err);
		return error_set(err, CF_E_IO,
			"%s: reading or writing failed (%s, error %d of the system); is the disk full?",
			db->name, said, sqlite3_system_errno(of(db)->handle));
	case SQLITE_CONSTRAINT:
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: %s", db->name, said);
	default:
		return error_set(err, CF_E_INTERNAL, "%s: %s", db->name, said);
	}
}

static void sqlite_close(struct db *db)
{
	struct sqlite_db *d = of(db);
	for (size_t i = 0; i < N_STATEMENTS; i++)
		(void)sqlite3_finalize(d->statements[i]);
	(void)sqlite3_close(d->handle);
	mem_free(db->name);
	mem_free(d);
}

static int sqlite_script(struct db *db, const char *sql, struct cf_error *err)
{
	int code = sqlite3_exec(of(db)->handle, sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? CF_OK : failed(db, sqlite3_extended_errcode(of(db)->handle), err);
}

static int sqlite_begin(struct db *db, bool writing, struct cf_error *err)
{
	return sqlite_script(db, writing ? "BEGIN IMMEDIATE" : "BEGIN", err);
}

static int sqlite_commit(struct db *db, struct cf_error *err)
{
	return sqlite_script(db, "COMMIT", err);
}

static void sqlite_rollback(struct db *db)
{
	/* SQLite may have rolled back by itself after a full disk */
	if (!sqlite3_get_autocommit(of(db)->handle))
		(void)sqlite3_exec(of(db)->handle, "ROLLBACK", NULL, NULL, NULL);
}

static int prepare(struct db *db, enum statement which, sqlite3_stmt **ret, struct cf_error *err)
{
	struct sqlite_db *d = of(db);
	if (!d->statements[which]) {
		int code = sqlite3_prepare_v3(d->handle, statement_text[which], -1, SQLITE_PREPARE_PERSISTENT,
			&d->statements[which], NULL);
		if (code != SQLITE_OK)
			return failed(db, sqlite3_extended_errcode(d->handle), err);
	}
	*ret = d->statements[which];
	return CF_OK;
}

static int bind(sqlite3_stmt *statement, int at, const struct db_value *value)
{
	static const char nothing[1];
	const void *data = value->n ? value->data : nothing;
	switch (value->type) {
	case DB_INTEGER:
		return sqlite3_bind_int64(statement, at, value->integer);
	case DB_BLOB:
		return sqlite3_bind_blob64(statement, at, data, value->n, SQLITE_STATIC);
	case DB_TEXT:
		return sqlite3_bind_text64(statement, at, data, value->n, SQLITE_STATIC, SQLITE_UTF8);
	case DB_NULL:
	default:
		return sqlite3_bind_null(statement, at);
	}
}

static int start(struct db *db, enum statement which, const struct db_value *values, size_t n,
	sqlite3_stmt **ret, struct cf_error *err)
{
	sqlite3_stmt *statement = NULL;
	TRY(prepare(db, which, &statement, err));
	for (size_t i = 0; i < n; i++) {
		int code = bind(statement, (int)i + 1, &values[i]);
		if (code != SQLITE_OK) {
			int status = failed(db, sqlite3_extended_errcode(of(db)->handle), err);
			(void)sqlite3_reset(statement);
			return status;
		}
	}
	*ret = statement;
	return CF_OK;
}

static int sqlite_run(
	struct db *db, enum statement which, const struct db_value *values, size_t n, struct cf_error *err)
{
	sqlite3_stmt *statement = NULL;
	TRY(start(db, which, values, n, &statement, err));
	int code = sqlite3_step(statement);
	int status = code == SQLITE_DONE ? CF_OK : failed(db, sqlite3_extended_errcode(of(db)->handle), err);
	(void)sqlite3_reset(statement);
	return status;
}

static int sqlite_query(struct db *db, enum statement which, const struct db_value *values, size_t n,
	struct db_rows *ret, struct cf_error *err)
{
	sqlite3_stmt *statement = NULL;
	TRY(start(db, which, values, n, &statement, err));
	*ret = (struct db_rows){.db = db, .which = which, .state = statement};
	/* what is bound must outlive this call's values: step once now, for the caller's first db_next */
	int code = sqlite3_step(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		int status = failed(db, sqlite3_extended_errcode(of(db)->handle), err);
		(void)sqlite3_reset(statement);
		ret->state = NULL;
		return status;
	}
	ret->at = code == SQLITE_ROW ? 1 : -1;
	return CF_OK;
}

static int sqlite_stream(struct db *db, enum statement which, struct db_rows *ret, struct cf_error *err)
{
	return sqlite_query(db, which, NULL, 0, ret, err);
}

static int sqlite_next(struct db_rows *rows, struct cf_error *err)
{
	if (rows->at < 0)
		return 0;
	if (rows->at == 1) {
		rows->at = 2;
		return 1;
	}
	int code = sqlite3_step(rows->state);
	if (code == SQLITE_ROW)
		return 1;
	rows->at = -1;
	return code == SQLITE_DONE ? 0
				   : failed(rows->db, sqlite3_extended_errcode(of(rows->db)->handle), err);
}

static void sqlite_done(struct db_rows *rows)
{
	(void)sqlite3_reset(rows->state);
	(void)sqlite3_clear_bindings(rows->state);
}

static enum db_type sqlite_type(struct db_rows *rows, int column)
{
	switch (sqlite3_column_type(rows->state, column)) {
	case SQLITE_INTEGER:
		return DB_INTEGER;
	case SQLITE_TEXT:
		return DB_TEXT;
	case SQLITE_NULL:
		return DB_NULL;
	default:
		return DB_BLOB;
	}
}

static bool sqlite_is_null(struct db_rows *rows, int column)
{
	return sqlite3_column_type(rows->state, column) == SQLITE_NULL;
}

static int64_t sqlite_integer(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(rows->state, column);
}

static const void *sqlite_bytes(struct db_rows *rows, int column, size_t *ret_n)
{
	const void *data = sqlite3_column_blob(rows->state, column);
	*ret_n = (size_t)sqlite3_column_bytes(rows->state, column);
	return data;
}

/* A pragma whose first answer must be this text. */
static int expect(struct db *db, const char *sql, const char *wanted, struct cf_error *err)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *handle = of(db)->handle;
	if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) != SQLITE_OK)
		return failed(db, sqlite3_extended_errcode(handle), err);
	int code = sqlite3_step(statement);
	int status = CF_OK;
	const char *said = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		status = failed(db, sqlite3_extended_errcode(handle), err);
	else if (wanted ? !said || strcmp(said, wanted) != 0 : code != SQLITE_DONE)
		status = error_set(err, CF_E_INPUT, "%s is damaged: %s says '%.100s'. Restore a backup",
			db->name, sql, said ? said : "nothing");
	(void)sqlite3_finalize(statement);
	return status;
}

static int64_t pages(struct db *db)
{
	sqlite3_stmt *statement = NULL;
	int64_t n = 0;
	if (sqlite3_prepare_v2(of(db)->handle, "PRAGMA page_count", -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		n = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return n;
}

static int sqlite_check(struct db *db, bool quick, struct cf_error *err)
{
	if (quick)
		return pages(db) <= QUICK_PAGES || of(db)->crashed
			       ? expect(db, "PRAGMA quick_check(1)", "ok", err)
			       : CF_OK;
	TRY(expect(db, "PRAGMA integrity_check(1)", "ok", err));
	return expect(db, "PRAGMA foreign_key_check", NULL, err);
}

static int checkpoint(struct db *db, struct cf_error *err)
{
	int code = sqlite3_wal_checkpoint_v2(of(db)->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	if ((code & 0xff) == SQLITE_BUSY)
		return error_set(err, CF_E_STATE,
			"%s is being read by another program, so that erased data may still stand in its "
			"write-ahead log; close the other program and open the store again",
			db->name);
	return code == SQLITE_OK ? CF_OK : failed(db, sqlite3_extended_errcode(of(db)->handle), err);
}

static int sqlite_purge(struct db *db, struct cf_error *err)
{
	/* VACUUM builds the new file in a temporary one: in memory while that is small */
	const bool big = pages(db) > BIG_PAGES;
	TRY(checkpoint(db, err));
	if (big)
		TRY(sqlite_script(db, "PRAGMA temp_store = FILE", err));
	int status = sqlite_script(db, "VACUUM", err);
	if (big)
		(void)sqlite3_exec(of(db)->handle, "PRAGMA temp_store = MEMORY", NULL, NULL, NULL);
	TRY(status);
	return checkpoint(db, err);
}

static int copy_pages(struct db *db, sqlite3 *to, const char *path, struct cf_error *err)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", of(db)->handle, "main");
	int code = SQLITE_OK;
	if (!backup)
		return error_set(err, CF_E_IO, "%s: %s", path, sqlite3_errmsg(to));
	/* one step: a consistent copy without starting again when others write meanwhile */
	do {
		code = sqlite3_backup_step(backup, -1);
		if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
			(void)sqlite3_sleep(20);
	} while (code == SQLITE_BUSY || code == SQLITE_LOCKED);
	(void)sqlite3_backup_finish(backup);
	if (code == SQLITE_NOMEM)
		return error_memory(err);
	if (code != SQLITE_DONE)
		return error_set(err, CF_E_IO, "%s could not be written: %s. Is the disk full?", path,
			sqlite3_errstr(code));
	if (sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
		return error_set(err, CF_E_IO, "%s could not be finished: %s", path, sqlite3_errmsg(to));
	return CF_OK;
}

/* An empty file that only its owner may read, before SQLite writes a byte to it. */
static int make_file(const char *path, struct cf_error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 && errno == EEXIST)
		return error_set(err, CF_E_STATE, "%s is there already", path);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "%s could not be made", path);
	(void)close(fd);
	return CF_OK;
}

static int sqlite_copy(struct db *db, const char *path, struct cf_error *err)
{
	sqlite3 *to = NULL;
	TRY(make_file(path, err));
	int code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL);
	int status = code == SQLITE_OK ? copy_pages(db, to, path, err)
				       : error_set(err, CF_E_IO, "%s could not be opened: %s", path,
						 sqlite3_errstr(code));
	(void)sqlite3_close(to);
	if (status < 0)
		(void)unlink(path);
	return status;
}

static int sqlite_has_tables(struct db *db, bool *ret, struct cf_error *err)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *handle = of(db)->handle;
	if (sqlite3_prepare_v2(handle, "SELECT 1 FROM sqlite_schema WHERE name = 'migration'", -1, &statement,
		    NULL) != SQLITE_OK)
		return failed(db, sqlite3_extended_errcode(handle), err);
	int code = sqlite3_step(statement);
	(void)sqlite3_finalize(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return failed(db, sqlite3_extended_errcode(handle), err);
	*ret = code == SQLITE_ROW;
	return CF_OK;
}

static const struct db_backend sqlite_backend = {
	.close = sqlite_close,
	.script = sqlite_script,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.run = sqlite_run,
	.query = sqlite_query,
	.stream = sqlite_stream,
	.next = sqlite_next,
	.done = sqlite_done,
	.type = sqlite_type,
	.is_null = sqlite_is_null,
	.integer = sqlite_integer,
	.bytes = sqlite_bytes,
	.check = sqlite_check,
	.purge = sqlite_purge,
	.copy = sqlite_copy,
	.has_tables = sqlite_has_tables,
};

static int set_up(struct db *db, enum db_mode mode, struct cf_error *err)
{
	sqlite3 *handle = of(db)->handle;
	(void)sqlite3_extended_result_codes(handle, 1);
	(void)sqlite3_busy_timeout(handle, BUSY_MS);
	/* a planted schema must not run functions or lie about its writes */
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (mode == DB_MAKE)
		TRY(sqlite_script(db, "PRAGMA page_size = 8192", err));
	if (mode != DB_READ)
		TRY(expect(db, "PRAGMA journal_mode = WAL", "wal", err));
	return sqlite_script(db,
		"PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; "
		"PRAGMA temp_store = MEMORY; PRAGMA cache_size = -131072; PRAGMA cell_size_check = ON; "
		"PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 8000",
		err);
}

static bool has_log(const char *path)
{
	CF_CLEANUP(buffer_done) struct buffer log = BUFFER_INIT;
	struct stat st;
	return buffer_printf(&log, "%s-wal", path) == 0 && stat(log.data, &st) == 0 && st.st_size > 0;
}

int db_open_sqlite(const char *path, enum db_mode mode, struct db **ret, struct cf_error *err)
{
	CF_CLEANUP_DB struct db *db = NULL;
	if (mode == DB_MAKE)
		TRY(make_file(path, err));
	else if (!file_exists(path))
		return error_set(err, CF_E_NOT_FOUND, "there is no store at %s", path);
	struct sqlite_db *made = NEW(struct sqlite_db);
	if (!made)
		return error_memory(err);
	made->db.v = &sqlite_backend;
	db = &made->db;
	db->name = mem_strdup(path);
	if (!db->name)
		return error_memory(err);
	made->crashed = has_log(path);
	int code = sqlite3_open_v2(path, &made->handle,
		(mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
		NULL);
	if (code != SQLITE_OK)
		return code == SQLITE_NOMEM || !made->handle ? error_memory(err) : failed(db, code, err);
	TRY(set_up(db, mode, err));
	*ret = TAKE(db);
	return CF_OK;
}
