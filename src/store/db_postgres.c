/*
 * PostgreSQL through libpq: prepared statements, binary values. Writers take one advisory lock for the length
 * of their transaction, because every one of them appends to the log; so they wait for each other instead of
 * failing, and what still collides (a deadlock with a foreign client, a serialisation failure) is reported as
 * a conflict and run again. Readers see one snapshot. Messages are the server's primary ones, which name
 * tables and never values.
 */
#include <endian.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "store/db.h"

enum { VALUES_MAX = 16, NAME_BYTES = 16 };

struct postgres_db {
	struct db db;
	PGconn *connection;
	bool prepared[N_STATEMENTS];
};

static struct postgres_db *of(struct db *db)
{
	return (struct postgres_db *)db;
}

static void done_result(PGresult **result)
{
	PQclear(*result);
}
#define CF_CLEANUP_RESULT CF_CLEANUP(done_result)

static int failed(struct db *db, const PGresult *result, struct cf_error *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (PQstatus(of(db)->connection) != CONNECTION_OK || !state)
		return error_set(err, CF_E_IO,
			"%s: the connection is lost; nothing that was not finished is kept", db->name);
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0)
		return error_set(err, DB_CONFLICT, "%s: another user was faster", db->name);
	if (strncmp(state, "53", 2) == 0)
		return error_set(err, CF_E_IO,
			"%s: the server has run out of disk or memory: %s; nothing was changed", db->name,
			said);
	if (strncmp(state, "23", 2) == 0)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: %s", db->name, said);
	if (strncmp(state, "XX", 2) == 0)
		return error_set(err, CF_E_INPUT, "%s is damaged: %s. Restore a backup", db->name, said);
	if (strcmp(state, "42501") == 0)
		return error_set(
			err, CF_E_REFUSED, "%s: the database does not permit it: %s", db->name, said);
	return error_set(err, CF_E_INTERNAL, "%s: %s", db->name, said ? said : "the server refused");
}

static bool is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

static int simple(struct db *db, const char *sql, struct cf_error *err)
{
	CF_CLEANUP_RESULT PGresult *result = PQexec(of(db)->connection, sql);
	return is_good(result) ? CF_OK : failed(db, result, err);
}

static void postgres_close(struct db *db)
{
	PQfinish(of(db)->connection);
	mem_free(db->name);
	mem_free(of(db));
}

/* The dialect of schema.c into PostgreSQL's. */
static int translate(const char *sql, struct buffer *ret)
{
	static const struct {
		const char *from;
		const char *to;
	} words[] = {{" INTEGER", " BIGINT"}, {" BLOB", " BYTEA"}, {" WITHOUT ROWID", ""}};
	while (*sql) {
		size_t i = 0;
		while (i < 3 && strncmp(sql, words[i].from, strlen(words[i].from)) != 0)
			i++;
		if (i < 3) {
			TRY(buffer_append_text(ret, words[i].to));
			sql += strlen(words[i].from);
		} else {
			TRY(buffer_append_char(ret, *sql++));
		}
	}
	return 0;
}

static int postgres_script(struct db *db, const char *sql, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY_MEMORY(translate(sql, &text), err);
	return simple(db, buffer_text(&text), err);
}

static int postgres_begin(struct db *db, bool writing, struct cf_error *err)
{
	if (!writing)
		return simple(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	TRY(simple(db, "BEGIN ISOLATION LEVEL READ COMMITTED", err));
	int status = simple(db, "SELECT pg_advisory_xact_lock(109325141112323)", err);
	if (status < 0)
		(void)PQclear(PQexec(of(db)->connection, "ROLLBACK"));
	return status;
}

static int postgres_commit(struct db *db, struct cf_error *err)
{
	CF_CLEANUP_RESULT PGresult *result = PQexec(of(db)->connection, "COMMIT");
	if (!is_good(result))
		return failed(db, result, err);
	/* the answer to COMMIT of a transaction that had failed */
	if (strcmp(PQcmdStatus(result), "ROLLBACK") == 0)
		return error_set(err, CF_E_INTERNAL, "%s: a transaction that had failed was to be committed",
			db->name);
	return CF_OK;
}

static void postgres_rollback(struct db *db)
{
	PQclear(PQexec(of(db)->connection, "ROLLBACK"));
}

static void name_of(enum statement which, char ret[NAME_BYTES])
{
	(void)snprintf(ret, NAME_BYTES, "s%d", (int)which);
}

static int prepare(struct db *db, enum statement which, struct cf_error *err)
{
	char name[NAME_BYTES];
	if (of(db)->prepared[which])
		return CF_OK;
	name_of(which, name);
	CF_CLEANUP_RESULT PGresult *result =
		PQprepare(of(db)->connection, name, statement_text[which], 0, NULL);
	if (!is_good(result))
		return failed(db, result, err);
	of(db)->prepared[which] = true;
	return CF_OK;
}

/* Values as libpq takes them. */
struct bound {
	const char *at[VALUES_MAX];
	int lengths[VALUES_MAX];
	int formats[VALUES_MAX];
	uint64_t numbers[VALUES_MAX];
};

static int bind_values(struct bound *b, const struct db_value *values, size_t n, struct cf_error *err)
{
	static const char nothing[1];
	if (n > VALUES_MAX)
		return error_set(err, CF_E_INTERNAL, "a statement has too many values");
	for (size_t i = 0; i < n; i++) {
		b->formats[i] = 1;
		b->at[i] = NULL;
		b->lengths[i] = 0;
		if (values[i].type == DB_INTEGER) {
			b->numbers[i] = htobe64((uint64_t)values[i].integer);
			b->at[i] = (const char *)&b->numbers[i];
			b->lengths[i] = 8;
		} else if (values[i].type != DB_NULL) {
			if (values[i].n > INT32_MAX)
				return error_set(err, CF_E_LIMIT, "a value is too large for the database");
			b->at[i] = values[i].n ? values[i].data : nothing;
			b->lengths[i] = (int)values[i].n;
		}
	}
	return CF_OK;
}

static int execute(struct db *db, enum statement which, const struct db_value *values, size_t n,
	PGresult **ret, struct cf_error *err)
{
	struct bound bound;
	char name[NAME_BYTES];
	TRY(prepare(db, which, err));
	TRY(bind_values(&bound, values, n, err));
	name_of(which, name);
	PGresult *result =
		PQexecPrepared(of(db)->connection, name, (int)n, bound.at, bound.lengths, bound.formats, 1);
	if (!is_good(result)) {
		int status = failed(db, result, err);
		PQclear(result);
		return status;
	}
	*ret = result;
	return CF_OK;
}

static int postgres_run(
	struct db *db, enum statement which, const struct db_value *values, size_t n, struct cf_error *err)
{
	CF_CLEANUP_RESULT PGresult *result = NULL;
	return execute(db, which, values, n, &result, err);
}

static int postgres_query(struct db *db, enum statement which, const struct db_value *values, size_t n,
	struct db_rows *ret, struct cf_error *err)
{
	PGresult *result = NULL;
	TRY(execute(db, which, values, n, &result, err));
	*ret = (struct db_rows){.db = db, .which = which, .state = result, .at = -1};
	return CF_OK;
}

/* Rows one by one, as the server sends them. */
static int postgres_stream(struct db *db, enum statement which, struct db_rows *ret, struct cf_error *err)
{
	char name[NAME_BYTES];
	PGconn *connection = of(db)->connection;
	TRY(prepare(db, which, err));
	name_of(which, name);
	if (!PQsendQueryPrepared(connection, name, 0, NULL, NULL, NULL, 1) || !PQsetSingleRowMode(connection))
		return failed(db, NULL, err);
	PGresult *first = PQgetResult(connection);
	if (!first || (PQresultStatus(first) != PGRES_SINGLE_TUPLE && !is_good(first))) {
		int status = failed(db, first, err);
		PQclear(first);
		while ((first = PQgetResult(connection)))
			PQclear(first);
		return status;
	}
	*ret = (struct db_rows){.db = db, .which = which, .state = first, .at = -1, .streamed = true};
	return CF_OK;
}

static int next_streamed(struct db_rows *rows, struct cf_error *err)
{
	if (rows->at >= 0) {
		PQclear(rows->state);
		rows->state = PQgetResult(of(rows->db)->connection);
		rows->at = -1;
	}
	if (!rows->state)
		return 0;
	ExecStatusType status = PQresultStatus(rows->state);
	if (status != PGRES_SINGLE_TUPLE)
		return status == PGRES_TUPLES_OK ? 0 : failed(rows->db, rows->state, err);
	rows->at = 0;
	return 1;
}

static int postgres_next(struct db_rows *rows, struct cf_error *err)
{
	if (rows->streamed)
		return next_streamed(rows, err);
	if (rows->at + 1 >= PQntuples(rows->state))
		return 0;
	rows->at++;
	return 1;
}

static void postgres_done(struct db_rows *rows)
{
	PQclear(rows->state);
	PGresult *left = NULL;
	while (rows->streamed && (left = PQgetResult(of(rows->db)->connection)))
		PQclear(left);
}

static enum db_type postgres_type(struct db_rows *rows, int column)
{
	enum { OID_BYTEA = 17, OID_TEXT = 25 };
	if (PQgetisnull(rows->state, (int)rows->at, column))
		return DB_NULL;
	const Oid type = PQftype(rows->state, column);
	return type == OID_BYTEA ? DB_BLOB : type == OID_TEXT ? DB_TEXT : DB_INTEGER;
}

static bool postgres_is_null(struct db_rows *rows, int column)
{
	return PQgetisnull(rows->state, (int)rows->at, column);
}

static int64_t postgres_integer(struct db_rows *rows, int column)
{
	const char *value = PQgetvalue(rows->state, (int)rows->at, column);
	uint64_t number = 0;
	if (PQgetlength(rows->state, (int)rows->at, column) != 8)
		return 0;
	memcpy(&number, value, 8);
	return (int64_t)be64toh(number);
}

static const void *postgres_bytes(struct db_rows *rows, int column, size_t *ret_n)
{
	*ret_n = (size_t)PQgetlength(rows->state, (int)rows->at, column);
	return PQgetvalue(rows->state, (int)rows->at, column);
}

static int postgres_check(struct db *db, bool quick, struct cf_error *err)
{
	static const char indexes[] =
		"SELECT bt_index_check(c.oid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
		"JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relnamespace = "
		"current_schema()::regnamespace";
	if (quick)
		return simple(db, "SELECT 1", err);
	CF_CLEANUP_RESULT PGresult *result =
		PQexec(of(db)->connection, "SELECT 1 FROM pg_extension WHERE extname = 'amcheck'");
	if (!is_good(result))
		return failed(db, result, err);
	if (PQntuples(result))
		TRY(simple(db, indexes, err));
	/* every row is read whole */
	return simple(db,
		"SELECT (SELECT SUM(LENGTH(sealed)) FROM revision), (SELECT SUM(LENGTH(entry)) FROM "
		"audit_leaf), "
		"(SELECT SUM(LENGTH(sealed)) FROM owner_key), (SELECT SUM(LENGTH(content)) FROM record), "
		"(SELECT SUM(LENGTH(tag)) FROM term), (SELECT SUM(LENGTH(value)) FROM column_value)",
		err);
}

static int postgres_purge(struct db *db, struct cf_error *err)
{
	static const char *const tables[] = {"owner_key", "record", "record_id", "revision", "term",
		"column_value", "slot", "wrapped", "meta"};
	char sql[64];
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		(void)snprintf(sql, sizeof sql, "VACUUM FULL %s", tables[i]);
		TRY(simple(db, sql, err));
	}
	/* only some roles may; the server does it by itself later */
	PQclear(PQexec(of(db)->connection, "CHECKPOINT"));
	return CF_OK;
}

static int postgres_has_tables(struct db *db, bool *ret, struct cf_error *err)
{
	CF_CLEANUP_RESULT PGresult *result =
		PQexec(of(db)->connection, "SELECT 1 WHERE to_regclass('migration') IS NOT NULL");
	if (!is_good(result))
		return failed(db, result, err);
	*ret = PQntuples(result) == 1;
	return CF_OK;
}

static const struct db_backend postgres_backend = {
	.close = postgres_close,
	.script = postgres_script,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.run = postgres_run,
	.query = postgres_query,
	.stream = postgres_stream,
	.next = postgres_next,
	.done = postgres_done,
	.type = postgres_type,
	.is_null = postgres_is_null,
	.integer = postgres_integer,
	.bytes = postgres_bytes,
	.check = postgres_check,
	.purge = postgres_purge,
	.copy = NULL,
	.has_tables = postgres_has_tables,
};

static void hear_nothing(void *context, const char *message)
{
	(void)context;
	(void)message;
}

int db_open_postgres(const char *connection, struct db **ret, struct cf_error *err)
{
	CF_CLEANUP_DB struct db *db = NULL;
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	struct postgres_db *made = NEW(struct postgres_db);
	if (!made)
		return error_memory(err);
	made->db.v = &postgres_backend;
	db = &made->db;
	made->connection = PQconnectdb(connection);
	if (!made->connection)
		return error_memory(err);
	TRY_MEMORY(buffer_printf(&name, "PostgreSQL database %s",
			   PQdb(made->connection) ? PQdb(made->connection) : "?"),
		err);
	db->name = buffer_take(&name);
	/* what libpq says of a failed connection names host and user, and never the password */
	if (PQstatus(made->connection) != CONNECTION_OK)
		return error_set(err, CF_E_IO, "%s: %s", db->name, PQerrorMessage(made->connection));
	(void)PQsetNoticeProcessor(made->connection, hear_nothing, NULL);
	if (PQserverVersion(made->connection) < 150000)
		return error_set(err, CF_E_STATE, "%s: the server is older than PostgreSQL 15", db->name);
	TRY(simple(db, "SET client_encoding = 'UTF8'; SET synchronous_commit = on", err));
	*ret = TAKE(db);
	return CF_OK;
}
