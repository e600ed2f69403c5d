/*
 * Tables in the dialect of SQLite; db_postgres.c reads INTEGER as bigint, BLOB as bytea and leaves WITHOUT
 * ROWID away. A step of steps[] is never changed once released: another is added.
 */
#include "store/schema.h"

static const char *const steps[SCHEMA_VERSION] = {
	/* 1 */
	"CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL);"
	"CREATE TABLE name (number INTEGER NOT NULL PRIMARY KEY, text TEXT NOT NULL UNIQUE);"
	"CREATE TABLE slot (holder TEXT NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, access INTEGER NOT NULL,"
	" passes INTEGER NOT NULL, memory INTEGER NOT NULL, salt BLOB NOT NULL, public_key BLOB NOT NULL,"
	" pair BLOB NOT NULL, sealed BLOB NOT NULL, mac BLOB NOT NULL);"
	"CREATE TABLE wrapped (name TEXT NOT NULL PRIMARY KEY, sealed BLOB NOT NULL);"
	"CREATE TABLE owner_key (owner BLOB NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, sealed BLOB NOT "
	"NULL);"
	"CREATE TABLE record (number INTEGER NOT NULL PRIMARY KEY, id BLOB NOT NULL,"
	" entity INTEGER NOT NULL REFERENCES name (number), person_id BLOB, case_id BLOB,"
	" revision INTEGER NOT NULL, latest INTEGER NOT NULL, content BLOB NOT NULL, erased INTEGER NOT "
	"NULL);"
	"CREATE TABLE record_id (id BLOB NOT NULL PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX record_by_entity ON record (entity, number);"
	"CREATE TABLE owned (owner BLOB NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (owner, record)) "
	"WITHOUT ROWID;"
	"CREATE TABLE revision (number INTEGER NOT NULL PRIMARY KEY,"
	" record INTEGER NOT NULL REFERENCES record (number), revision INTEGER NOT NULL,"
	" previous INTEGER NOT NULL, owner BLOB NOT NULL, author TEXT NOT NULL, time INTEGER NOT NULL,"
	" leaf INTEGER NOT NULL, erased INTEGER NOT NULL, hash BLOB NOT NULL, sealed BLOB NOT NULL);"
	"CREATE TABLE term (field INTEGER NOT NULL, tag BLOB NOT NULL, record INTEGER NOT NULL,"
	" PRIMARY KEY (field, tag, record)) WITHOUT ROWID;"
	"CREATE TABLE column_value (field INTEGER NOT NULL, value BLOB NOT NULL, first INTEGER NOT NULL,"
	" n INTEGER NOT NULL, records BLOB NOT NULL, PRIMARY KEY (field, value, first)) WITHOUT ROWID;"
	"CREATE TABLE log_state (one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1), leaves INTEGER NOT NULL,"
	" revisions INTEGER NOT NULL, records INTEGER NOT NULL, peaks BLOB NOT NULL);"
	"CREATE TABLE audit_leaf (number INTEGER NOT NULL PRIMARY KEY, entry BLOB NOT NULL);"
	"CREATE TABLE audit_head (size INTEGER NOT NULL PRIMARY KEY, note TEXT NOT NULL, kept INTEGER NOT "
	"NULL);"
	"CREATE TABLE person_erased (person BLOB NOT NULL PRIMARY KEY, time INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE user_account (name TEXT NOT NULL PRIMARY KEY, role TEXT NOT NULL, access INTEGER NOT "
	"NULL,"
	" totp BLOB, totp_step INTEGER NOT NULL, disabled INTEGER NOT NULL, created INTEGER NOT NULL,"
	" mac BLOB NOT NULL);"
	"CREATE TABLE login (name TEXT NOT NULL PRIMARY KEY, failures INTEGER NOT NULL, last INTEGER NOT "
	"NULL,"
	" pending INTEGER NOT NULL, check_sum BLOB NOT NULL);",
};

static int run_steps(struct db *db, int64_t have, uint64_t now_ms, struct cf_error *err)
{
	for (int64_t version = have; version < SCHEMA_VERSION; version++) {
		const struct db_value values[] = {DB_INT(version + 1), DB_INT(now_ms)};
		TRY(db_script(db, steps[version], err));
		TRY(db_run(db, S_MIGRATION_ADD, values, 2, err));
	}
	return CF_OK;
}

int schema_create(struct db *db, uint64_t now_ms, struct cf_error *err)
{
	TRY(db_script(db,
		"CREATE TABLE migration (version INTEGER NOT NULL PRIMARY KEY, time INTEGER NOT NULL);",
		err));
	return run_steps(db, 0, now_ms, err);
}

static int version_of(struct db *db, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	TRY(db_query(db, S_MIGRATION_LAST, NULL, 0, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	*ret = status ? db_integer(&rows, 0) : 0;
	return CF_OK;
}

static int migrate(struct db *db, uint64_t now_ms, struct cf_error *err)
{
	int64_t have = 0;
	TRY(version_of(db, &have, err));
	if (have < 1)
		return error_set(err, CF_E_INPUT, "%s is damaged: it does not say its version", db->name);
	return run_steps(db, have, now_ms, err);
}

int schema_migrate(struct db *db, uint64_t now_ms, struct cf_error *err)
{
	bool there = false;
	int64_t have = 0;
	TRY(db_has_tables(db, &there, err));
	if (!there)
		return error_set(err, CF_E_NOT_FOUND, "%s holds no store; make one first", db->name);
	TRY(version_of(db, &have, err));
	if (have > SCHEMA_VERSION)
		return error_set(
			err, CF_E_STATE, "%s was made by a newer Counterfoil; install that", db->name);
	if (have == SCHEMA_VERSION)
		return CF_OK;
	TRY(db_begin(db, true, err));
	int status = migrate(db, now_ms, err);
	if (status < 0)
		db_rollback(db);
	else
		status = db_commit(db, err);
	return status;
}
