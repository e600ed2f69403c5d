/* The way to the backends, and reading values of a sure size. */
#include "store/db.h"

#include <string.h>

struct db_value db_text(const char *text)
{
	return (struct db_value){.type = DB_TEXT, .data = text, .n = strlen(text)};
}

bool db_is_postgres(const char *location)
{
	return strncmp(location, "postgresql://", 13) == 0 || strncmp(location, "postgres://", 11) == 0 ||
	       strstr(location, "dbname=") != NULL;
}

int db_open(const char *location, enum db_mode mode, struct db **ret, struct cf_error *err)
{
	if (db_is_postgres(location))
		return db_open_postgres(location, ret, err);
	return db_open_sqlite(location, mode, ret, err);
}

struct db *db_close(struct db *db)
{
	if (db)
		db->v->close(db);
	return NULL;
}

int db_has_tables(struct db *db, bool *ret, struct cf_error *err)
{
	return db->v->has_tables(db, ret, err);
}

int db_script(struct db *db, const char *sql, struct cf_error *err)
{
	return db->v->script(db, sql, err);
}

int db_check(struct db *db, bool quick, struct cf_error *err)
{
	return db->v->check(db, quick, err);
}

int db_purge(struct db *db, struct cf_error *err)
{
	return db->v->purge(db, err);
}

int db_begin(struct db *db, bool writing, struct cf_error *err)
{
	TRY(db->v->begin(db, writing, err));
	db->in_transaction = true;
	return CF_OK;
}

int db_commit(struct db *db, struct cf_error *err)
{
	int status = db->v->commit(db, err);
	if (status < 0)
		db->v->rollback(db);
	db->in_transaction = false;
	return status;
}

void db_rollback(struct db *db)
{
	if (db->in_transaction)
		db->v->rollback(db);
	db->in_transaction = false;
}

int db_run(struct db *db, enum statement which, const struct db_value *values, size_t n, struct cf_error *err)
{
	return db->v->run(db, which, values, n, err);
}

int db_query(struct db *db, enum statement which, const struct db_value *values, size_t n,
	struct db_rows *ret, struct cf_error *err)
{
	return db->v->query(db, which, values, n, ret, err);
}

int db_stream(struct db *db, enum statement which, struct db_rows *ret, struct cf_error *err)
{
	return db->v->stream(db, which, ret, err);
}

struct db_value db_value_of(struct db_rows *rows, int column)
{
	struct db_value value = {.type = rows->db->v->type(rows, column)};
	if (value.type == DB_INTEGER)
		value.integer = db_integer(rows, column);
	else if (value.type != DB_NULL)
		value.data = db_bytes(rows, column, &value.n);
	return value;
}

bool db_can_copy_file(const struct db *db)
{
	return db->v->copy != NULL;
}

int db_copy_file(struct db *db, const char *path, struct cf_error *err)
{
	if (!db->v->copy)
		return error_set(err, CF_E_USAGE, "%s is no file", db->name);
	return db->v->copy(db, path, err);
}

int db_next(struct db_rows *rows, struct cf_error *err)
{
	return rows->db->v->next(rows, err);
}

void db_rows_done(struct db_rows *rows)
{
	if (rows->db && rows->state)
		rows->db->v->done(rows);
	rows->state = NULL;
}

bool db_is_null(struct db_rows *rows, int column)
{
	return rows->db->v->is_null(rows, column);
}

int64_t db_integer(struct db_rows *rows, int column)
{
	return rows->db->v->integer(rows, column);
}

const void *db_bytes(struct db_rows *rows, int column, size_t *ret_n)
{
	return rows->db->v->bytes(rows, column, ret_n);
}

int db_expect(struct db_rows *rows, int column, enum db_type type, struct cf_error *err)
{
	if (rows->db->v->type(rows, column) == type)
		return CF_OK;
	return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: a value is of another kind",
		rows->db->name);
}

int db_fixed(struct db_rows *rows, int column, void *ret, size_t n, struct cf_error *err)
{
	size_t n_stored = 0;
	TRY(db_expect(rows, column, DB_BLOB, err));
	const void *stored = db_bytes(rows, column, &n_stored);
	if (n_stored != n)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: a value has %zu bytes, not %zu", rows->db->name,
			n_stored, n);
	if (n)
		memcpy(ret, stored, n);
	return CF_OK;
}

static int read_string(struct db_rows *rows, int column, char *ret, size_t max, struct cf_error *err)
{
	size_t n = 0;
	const void *stored = db_bytes(rows, column, &n);
	if (n > max || (n && memchr(stored, '\0', n)))
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: a text is too long",
			rows->db->name);
	if (n)
		memcpy(ret, stored, n);
	ret[n] = '\0';
	return CF_OK;
}

int db_string(struct db_rows *rows, int column, char *ret, size_t max, struct cf_error *err)
{
	TRY(db_expect(rows, column, DB_TEXT, err));
	return read_string(rows, column, ret, max, err);
}

int db_string_of_bytes(struct db_rows *rows, int column, char *ret, size_t max, struct cf_error *err)
{
	TRY(db_expect(rows, column, DB_BLOB, err));
	return read_string(rows, column, ret, max, err);
}
