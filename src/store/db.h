/*
 * What the store asks of a database: numbered statements, values in and out, one transaction at a time. Two
 * backends stand behind it, SQLite (db_sqlite.c) and PostgreSQL (db_postgres.c); nothing else in the room
 * knows which. Integers are 64 bits, times milliseconds since 1970.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/statements.h"

enum db_type { DB_NULL, DB_INTEGER, DB_BLOB, DB_TEXT };

/* data must live until the call returns. */
struct db_value {
	enum db_type type;
	int64_t integer;
	const void *data;
	size_t n;
};
#define DB_INT(v)                                                                                            \
	(struct db_value)                                                                                    \
	{                                                                                                    \
		.type = DB_INTEGER, .integer = (int64_t)(v)                                                  \
	}
#define DB_BYTES(p, size)                                                                                    \
	(struct db_value)                                                                                    \
	{                                                                                                    \
		.type = DB_BLOB, .data = (p), .n = (size)                                                    \
	}
struct db_value db_text(const char *text);
#define DB_NOTHING                                                                                           \
	(struct db_value)                                                                                    \
	{                                                                                                    \
		.type = DB_NULL                                                                              \
	}

struct db;

/* Rows of a query that is running; one at a time for each statement. */
struct db_rows {
	struct db *db;
	enum statement which;
	void *state; /* the backend's */
	int64_t at;  /* the backend's: where in them */
	bool streamed;
};
#define DB_ROWS_INIT                                                                                         \
	{                                                                                                    \
		0                                                                                            \
	}

/* A conflict with another writer; the transaction may be run again. Not in enum cf_status: it does not leave
 * this room. */
enum { DB_CONFLICT = -100 };

struct db_backend {
	void (*close)(struct db *db);
	/* Statements of a script, separated by ';', in the dialect of schema.c. */
	int (*script)(struct db *db, const char *sql, struct cf_error *err);
	/* writing takes the lock that puts writers in a row. */
	int (*begin)(struct db *db, bool writing, struct cf_error *err);
	int (*commit)(struct db *db, struct cf_error *err);
	void (*rollback)(struct db *db);
	int (*run)(struct db *db, enum statement which, const struct db_value *values, size_t n,
		struct cf_error *err);
	int (*query)(struct db *db, enum statement which, const struct db_value *values, size_t n,
		struct db_rows *ret, struct cf_error *err);
	/* The same without values and without holding the rows in memory; nothing else may run until it is
	 * done. */
	int (*stream)(struct db *db, enum statement which, struct db_rows *ret, struct cf_error *err);
	/* 1 a row, 0 no more, negative an error. */
	int (*next)(struct db_rows *rows, struct cf_error *err);
	void (*done)(struct db_rows *rows);
	/* DB_TEXT is not told from DB_BLOB by PostgreSQL's answers alone: of the column's type. */
	enum db_type (*type)(struct db_rows *rows, int column);
	bool (*is_null)(struct db_rows *rows, int column);
	int64_t (*integer)(struct db_rows *rows, int column);
	/* Valid until the next row. */
	const void *(*bytes)(struct db_rows *rows, int column, size_t *ret_n);
	/* quick: what every opening does; else everything that the database knows how to check. */
	int (*check)(struct db *db, bool quick, struct cf_error *err);
	/* After an erasure: nothing deleted is left in files of the database. */
	int (*purge)(struct db *db, struct cf_error *err);
	/* The whole database into a new SQLite file; NULL where rows must be copied one by one. */
	int (*copy)(struct db *db, const char *path, struct cf_error *err);
	/* Whether the tables of a store are there. */
	int (*has_tables)(struct db *db, bool *ret, struct cf_error *err);
};

struct db {
	const struct db_backend *v;
	char *name; /* for messages: the path, or "PostgreSQL database NAME"; never a password */
	bool in_transaction;
};

/* DB_MAKE: an SQLite file is made (mode 0600), CF_E_STATE when it is there; the others: CF_E_NOT_FOUND when
 * it is not. DB_READ writes nothing at all, for backups on a medium that cannot be written. PostgreSQL has
 * the mode of its roles. */
enum db_mode { DB_USE, DB_MAKE, DB_READ };
int db_open(const char *location, enum db_mode mode, struct db **ret, struct cf_error *err) CF_MUST_USE;
int db_open_sqlite(const char *path, enum db_mode mode, struct db **ret, struct cf_error *err) CF_MUST_USE;
int db_open_postgres(const char *connection, struct db **ret, struct cf_error *err) CF_MUST_USE;
bool db_is_postgres(const char *location);
struct db *db_close(struct db *db);
CF_DEFINE_CLEANUP(struct db, db_close);
#define CF_CLEANUP_DB CF_CLEANUP(db_close_ptr)

int db_has_tables(struct db *db, bool *ret, struct cf_error *err) CF_MUST_USE;
int db_script(struct db *db, const char *sql, struct cf_error *err) CF_MUST_USE;
int db_check(struct db *db, bool quick, struct cf_error *err) CF_MUST_USE;
int db_purge(struct db *db, struct cf_error *err) CF_MUST_USE;
int db_begin(struct db *db, bool writing, struct cf_error *err) CF_MUST_USE;
int db_commit(struct db *db, struct cf_error *err) CF_MUST_USE;
void db_rollback(struct db *db);
int db_run(struct db *db, enum statement which, const struct db_value *values, size_t n, struct cf_error *err)
	CF_MUST_USE;
int db_query(struct db *db, enum statement which, const struct db_value *values, size_t n,
	struct db_rows *ret, struct cf_error *err) CF_MUST_USE;
int db_stream(struct db *db, enum statement which, struct db_rows *ret, struct cf_error *err) CF_MUST_USE;
int db_next(struct db_rows *rows, struct cf_error *err) CF_MUST_USE;
void db_rows_done(struct db_rows *rows);
#define CF_CLEANUP_ROWS CF_CLEANUP(db_rows_done)
/* What stands there, for writing it elsewhere; valid until the next row. */
struct db_value db_value_of(struct db_rows *rows, int column);
/* A whole copy in a new SQLite file, for SQLite; CF_E_USAGE for others. */
int db_copy_file(struct db *db, const char *path, struct cf_error *err) CF_MUST_USE;
bool db_can_copy_file(const struct db *db);
bool db_is_null(struct db_rows *rows, int column);
int64_t db_integer(struct db_rows *rows, int column);
const void *db_bytes(struct db_rows *rows, int column, size_t *ret_n);
/* SQLite keeps what it is given, whatever the column's type, and sorts numbers before texts before bytes: who
 * reads keys in order asks whether they are what they should be, or may read one for ever. CF_E_REFUSED. */
int db_expect(struct db_rows *rows, int column, enum db_type type, struct cf_error *err) CF_MUST_USE;
/* Exactly n bytes; CF_E_REFUSED when the stored value has another size, or is none of bytes. */
int db_fixed(struct db_rows *rows, int column, void *ret, size_t n, struct cf_error *err) CF_MUST_USE;
/* Text of at most max bytes with a NUL; CF_E_REFUSED when it is longer, holds a NUL, or is no text. ret holds
 * max + 1. */
int db_string(struct db_rows *rows, int column, char *ret, size_t max, struct cf_error *err) CF_MUST_USE;
/* The same of a column of bytes. */
int db_string_of_bytes(struct db_rows *rows, int column, char *ret, size_t max, struct cf_error *err)
	CF_MUST_USE;
