/*
 * Coded values in clear: for each field and value the records that have it, as runs ("chunks") of at most
 * CHUNK_MAX ascending numbers, so that a value that half a million records share costs a thousand rows and
 * not half a million. A row holds the first number, how many there are, and the differences between them as
 * LEB128. Invariant: chunks of a value do not overlap.
 */
#include <string.h>

#include "store/inside.h"

static size_t put_difference(uint8_t *to, uint64_t value)
{
	size_t n = 0;
	for (; value >= 0x80; value >>= 7)
		to[n++] = (uint8_t)(value | 0x80);
	to[n++] = (uint8_t)value;
	return n;
}

static int write_chunk(struct store *s, const struct index_row *value, const int64_t *records, size_t n,
	struct cf_error *err)
{
	uint8_t bytes[CHUNK_BYTES_MAX];
	size_t n_bytes = 0;
	for (size_t i = 1; i < n; i++)
		n_bytes += put_difference(bytes + n_bytes, (uint64_t)(records[i] - records[i - 1]));
	const struct db_value values[] = {DB_INT(value->field), DB_BYTES(value->value, value->n_value),
		DB_INT(records[0]), DB_INT(n), DB_BYTES(bytes, n_bytes)};
	return db_run(s->db, S_COLUMN_ADD, values, 5, err);
}

static int altered(struct store *s, struct cf_error *err)
{
	return error_set(err, CF_E_REFUSED,
		"%s was altered or is damaged: the list of records of a coded value", s->db->name);
}

/* One difference; the bytes it took, 0 when there is none. */
static size_t take_difference(const uint8_t *from, size_t n, uint64_t *ret)
{
	uint64_t value = 0;
	for (size_t i = 0; i < n && i < 9; i++) {
		value |= (uint64_t)(from[i] & 0x7f) << (7 * i);
		if (!(from[i] & 0x80)) {
			*ret = value;
			return i + 1;
		}
	}
	return 0;
}

/* Columns first, n, records of a row. */
static int read_chunk(
	struct store *s, struct db_rows *rows, int column, struct chunk *ret, struct cf_error *err)
{
	size_t n = 0;
	TRY(db_expect(rows, column, DB_INTEGER, err));
	int64_t last = db_integer(rows, column);
	const int64_t stated = db_integer(rows, column + 1);
	const uint8_t *bytes = db_bytes(rows, column + 2, &n);
	if (last <= 0 || stated <= 0 || stated > CHUNK_MAX)
		return altered(s, err);
	ret->at[0] = last;
	ret->n = 1;
	for (size_t at = 0; at < n;) {
		uint64_t difference = 0;
		size_t taken = take_difference(bytes + at, n - at, &difference);
		if (!taken || difference == 0 || difference > (uint64_t)(INT64_MAX - last) ||
			ret->n == CHUNK_MAX)
			return altered(s, err);
		last += (int64_t)difference;
		ret->at[ret->n++] = last;
		at += taken;
	}
	return ret->n == (size_t)stated ? CF_OK : altered(s, err);
}

static int find_chunk(struct store *s, enum statement which, const struct index_row *value, int64_t record,
	struct chunk *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {
		DB_INT(value->field), DB_BYTES(value->value, value->n_value), DB_INT(record)};
	ret->n = 0;
	TRY(db_query(s->db, which, values, 3, &rows, err));
	int status = db_next(&rows, err);
	if (status > 0)
		TRY(read_chunk(s, &rows, 0, ret, err));
	return status;
}

int columns_before(struct store *s, int64_t field, const char *value, size_t n_value, int64_t before,
	struct chunk *ret, struct cf_error *err)
{
	const struct index_row row = {.field = field, .value = value, .n_value = n_value};
	return find_chunk(s, S_COLUMN_BEFORE, &row, before, ret, err);
}

/* Where the chunk after this record begins. */
static int next_first(
	struct store *s, const struct index_row *value, int64_t record, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {
		DB_INT(value->field), DB_BYTES(value->value, value->n_value), DB_INT(record)};
	TRY(db_query(s->db, S_COLUMN_NEXT, values, 3, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (status)
		TRY(db_expect(&rows, 0, DB_INTEGER, err));
	*ret = status ? db_integer(&rows, 0) : INT64_MAX;
	return CF_OK;
}

/* Puts a record in its place; it may be there already. */
static void insert(struct chunk *chunk, int64_t record)
{
	size_t at = chunk->n;
	while (at > 0 && chunk->at[at - 1] > record)
		at--;
	if (at > 0 && chunk->at[at - 1] == record)
		return;
	memmove(chunk->at + at + 1, chunk->at + at, (chunk->n - at) * sizeof *chunk->at);
	chunk->at[at] = record;
	chunk->n++;
}

int columns_add(struct store *s, const struct index_row *rows, size_t n, struct cf_error *err)
{
	CF_CLEANUP_FREE struct chunk *chunk = NEW(struct chunk);
	if (!chunk)
		return error_memory(err);
	for (size_t i = 0; i < n;) {
		int64_t end = 0;
		TRY(find_chunk(s, S_COLUMN_AT, &rows[i], rows[i].record, chunk, err));
		TRY(next_first(s, &rows[i], rows[i].record, &end, err));
		while (i < n && rows[i].record < end && chunk->n < (size_t)2 * CHUNK_MAX)
			insert(chunk, rows[i++].record);
		/* a full first half stays for good when records come in order */
		size_t first = chunk->n > CHUNK_MAX ? CHUNK_MAX : chunk->n;
		TRY(write_chunk(s, &rows[0], chunk->at, first, err));
		if (chunk->n > first)
			TRY(write_chunk(s, &rows[0], chunk->at + first, chunk->n - first, err));
	}
	return CF_OK;
}

static int remove_from(
	struct store *s, const struct index_row *value, struct chunk *chunk, size_t at, struct cf_error *err)
{
	const int64_t first = chunk->at[0];
	memmove(chunk->at + at, chunk->at + at + 1, (chunk->n - at - 1) * sizeof *chunk->at);
	chunk->n--;
	if (chunk->n == 0 || at == 0) {
		const struct db_value values[] = {
			DB_INT(value->field), DB_BYTES(value->value, value->n_value), DB_INT(first)};
		TRY(db_run(s->db, S_COLUMN_REMOVE, values, 3, err));
	}
	return chunk->n ? write_chunk(s, value, chunk->at, chunk->n, err) : CF_OK;
}

/* The place of a record in a chunk, or its n. */
static size_t place_of(const struct chunk *chunk, int64_t record)
{
	size_t at = 0;
	while (at < chunk->n && chunk->at[at] != record)
		at++;
	return at;
}

int columns_remove(struct store *s, const struct index_row *row, struct cf_error *err)
{
	CF_CLEANUP_FREE struct chunk *chunk = NEW(struct chunk);
	if (!chunk)
		return error_memory(err);
	TRY(find_chunk(s, S_COLUMN_AT, row, row->record, chunk, err));
	const size_t at = place_of(chunk, row->record);
	return at < chunk->n ? remove_from(s, row, chunk, at, err) : CF_OK;
}

int columns_has(struct store *s, const struct index_row *row, bool *ret, struct cf_error *err)
{
	struct chunk chunk;
	TRY(find_chunk(s, S_COLUMN_AT, row, row->record, &chunk, err));
	*ret = place_of(&chunk, row->record) < chunk.n;
	return CF_OK;
}

/* The chunk after a place in the order of all; its value is copied into value. */
struct walk {
	int64_t field;
	char value[STORE_VALUE_MAX];
	size_t n_value;
	int64_t first;
	struct chunk chunk;
};

static int walk_on(struct store *s, struct walk *w, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(w->field), DB_BYTES(w->value, w->n_value), DB_INT(w->first)};
	size_t n = 0;
	TRY(db_query(s->db, S_COLUMN_AFTER, values, 3, &rows, err));
	int status = db_next(&rows, err);
	if (status <= 0)
		return status;
	/* of another kind, a key would stand behind every one and be met again and again */
	TRY(db_expect(&rows, 0, DB_INTEGER, err));
	TRY(db_expect(&rows, 1, DB_BLOB, err));
	const void *value = db_bytes(&rows, 1, &n);
	if (n > STORE_VALUE_MAX)
		return altered(s, err);
	w->field = db_integer(&rows, 0);
	if (n)
		memcpy(w->value, value, n);
	w->n_value = n;
	w->first = db_integer(&rows, 2);
	TRY(read_chunk(s, &rows, 2, &w->chunk, err));
	return 1;
}

int columns_remove_all(struct store *s, int64_t record, struct cf_error *err)
{
	CF_CLEANUP_FREE struct walk *w = NEW(struct walk);
	int status = 0;
	if (!w)
		return error_memory(err);
	while ((status = walk_on(s, w, err)) > 0) {
		const struct index_row value = {.field = w->field, .value = w->value, .n_value = w->n_value};
		const size_t at = place_of(&w->chunk, record);
		if (at < w->chunk.n)
			TRY(remove_from(s, &value, &w->chunk, at, err));
	}
	return status;
}

int columns_count(struct store *s, uint64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct walk *w = NEW(struct walk);
	uint64_t n = 0;
	int status = 0;
	if (!w)
		return error_memory(err);
	while ((status = walk_on(s, w, err)) > 0)
		n += w->chunk.n;
	*ret = n;
	return status;
}
