/* Rows of records and revisions, read with suspicion, and opened. */
#include <string.h>

#include "store/inside.h"

static int read_id(struct db_rows *rows, int column, struct store_id *ret, struct cf_error *err)
{
	if (db_is_null(rows, column)) {
		*ret = (struct store_id){0};
		return CF_OK;
	}
	return db_fixed(rows, column, ret->bytes, STORE_ID_BYTES, err);
}

int read_record_row(struct db_rows *rows, int first, struct record_row *ret, struct cf_error *err)
{
	struct record_row row = {0};
	row.number = db_integer(rows, first);
	TRY(db_fixed(rows, first + 1, row.id.bytes, STORE_ID_BYTES, err));
	row.entity = db_integer(rows, first + 2);
	TRY(read_id(rows, first + 3, &row.person_id, err));
	TRY(read_id(rows, first + 4, &row.case_id, err));
	row.revision = (uint64_t)db_integer(rows, first + 5);
	row.latest = db_integer(rows, first + 6);
	TRY(db_fixed(rows, first + 7, row.content, sizeof row.content, err));
	row.erased = db_integer(rows, first + 8) != 0;
	*ret = row;
	return CF_OK;
}

int read_revision_row(struct db_rows *rows, int first, struct revision_row *ret, struct cf_error *err)
{
	struct revision_row row = {0};
	row.number = db_integer(rows, first);
	row.record = db_integer(rows, first + 1);
	row.revision = (uint64_t)db_integer(rows, first + 2);
	row.previous = db_integer(rows, first + 3);
	TRY(db_fixed(rows, first + 4, row.owner.bytes, STORE_ID_BYTES, err));
	TRY(db_string(rows, first + 5, row.author, STORE_NAME_MAX, err));
	row.time_ms = (uint64_t)db_integer(rows, first + 6);
	row.leaf = (uint64_t)db_integer(rows, first + 7);
	row.erased = db_integer(rows, first + 8) != 0;
	TRY(db_fixed(rows, first + 9, row.hash, sizeof row.hash, err));
	row.sealed = db_bytes(rows, first + 10, &row.n_sealed);
	*ret = row;
	return CF_OK;
}

int record_by_number(struct store *s, int64_t number, struct record_row *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_RECORD_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status > 0)
		TRY(read_record_row(&rows, 0, ret, err));
	return status;
}

static int number_by_id(struct store *s, const struct store_id *id, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(id->bytes, STORE_ID_BYTES)};
	if (late_find(s, 0, id->bytes, ret))
		return 1;
	TRY(db_query(s->db, S_RECORD_NUMBER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status > 0)
		*ret = db_integer(&rows, 0);
	return status;
}

int record_by_id(struct store *s, const struct store_id *id, struct record_row *ret, struct cf_error *err)
{
	int64_t number = 0;
	struct record_row row = {0};
	int status = number_by_id(s, id, &number, err);
	if (status > 0) {
		status = record_by_number(s, number, &row, err);
		TRY(status);
		if (!status || !store_id_equal(&row.id, id))
			return error_set(err, CF_E_REFUSED,
				"%s was altered or is damaged: the ids of records lead astray", s->db->name);
		*ret = row;
	}
	return status;
}

void store_record_done(struct store_record *r)
{
	if (r->opened)
		secret_wipe(r->opened, r->n_opened);
	r->arena = arena_free(r->arena);
	*r = (struct store_record)STORE_RECORD_INIT;
}

static enum owner_kind kind_of(const struct record_row *record, const struct store_id *owner)
{
	if (store_id_is_none(owner))
		return OWNER_STORE;
	return store_id_equal(owner, &record->person_id) ? OWNER_PERSON : OWNER_CASE;
}

static int unseal(struct store *s, const struct record_row *record, const struct revision_row *revision,
	struct store_record *r, struct cf_error *err)
{
	const uint8_t *key = NULL;
	const struct place place = {.entity = r->entity,
		.id = record->id,
		.owner = revision->owner,
		.revision = revision->revision,
		.time_ms = revision->time_ms,
		.author = revision->author};
	if (revision->erased)
		return error_set(err, CF_E_STATE, "the record was erased");
	int status = owner_key(
		s, &revision->owner, kind_of(record, &revision->owner), OWNER_MUST_BE_THERE, &key, err);
	if (status == CF_E_NOT_FOUND)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the key of record %lld is missing", s->db->name,
			(long long)record->number);
	TRY(status);
	r->n_opened = revision->n_sealed;
	r->opened = arena_alloc(r->arena, revision->n_sealed + 1, 1);
	if (!r->opened)
		return error_memory(err);
	if (content_open(s, key, &place, revision->sealed, revision->n_sealed, r->opened) < 0)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: revision %llu of record %lld does not open in its "
			"place",
			s->db->name, (unsigned long long)revision->revision, (long long)record->number);
	return content_decode(r->opened, revision->n_sealed - VAULT_SEAL_BYTES, r, err);
}

static int open_into(struct store *s, const struct record_row *record, const struct revision_row *revision,
	struct store_record *r, struct cf_error *err)
{
	char entity[NAME_TEXT_MAX + 1];
	TRY(need_records(s, err));
	if (revision->record != record->number)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: record %lld leads to another's revision", s->db->name,
			(long long)record->number);
	TRY(name_text(s, record->entity, entity, err));
	r->arena = arena_new(0);
	if (!r->arena)
		return error_memory(err);
	r->entity = arena_strndup(r->arena, entity, strlen(entity));
	r->author = arena_strndup(r->arena, revision->author, strlen(revision->author));
	if (!r->entity || !r->author)
		return error_memory(err);
	r->id = record->id;
	r->revision = revision->revision;
	r->n_revisions = record->revision;
	r->time_ms = revision->time_ms;
	return unseal(s, record, revision, r, err);
}

int open_revision(struct store *s, const struct record_row *record, const struct revision_row *revision,
	struct store_record *ret, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	if (strlen(revision->author) > STORE_NAME_MAX)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: an author's name is too long", s->db->name);
	TRY(open_into(s, record, revision, &r, err));
	*ret = r;
	r = (struct store_record)STORE_RECORD_INIT;
	return CF_OK;
}

int load_revision(struct store *s, const struct record_row *record, int64_t number, struct store_record *ret,
	struct revision_row *ret_row, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct revision_row row = {0};
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_REVISION_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: a revision of record %lld is missing", s->db->name,
			(long long)record->number);
	TRY(read_revision_row(&rows, 0, &row, err));
	TRY(open_revision(s, record, &row, ret, err));
	if (ret_row) {
		*ret_row = row;
		ret_row->sealed = NULL;
	}
	return CF_OK;
}

struct parts parts_of(const struct store_record *record)
{
	return (struct parts){.entity = record->entity,
		.source_id = record->source_id,
		.columns = record->columns,
		.n_columns = record->n_columns,
		.terms = record->terms,
		.n_terms = record->n_terms};
}

static int remove_owned(struct store *s, const struct store_id *owner, int64_t record, struct cf_error *err)
{
	const struct db_value values[] = {DB_BYTES(owner->bytes, STORE_ID_BYTES), DB_INT(record)};
	return store_id_is_none(owner) ? CF_OK : db_run(s->db, S_OWNED_REMOVE, values, 2, err);
}

int owned_remove(struct store *s, const struct record_row *record, struct cf_error *err)
{
	TRY(late_flush(s, err));
	TRY(remove_owned(s, &record->person_id, record->number, err));
	return remove_owned(s, &record->case_id, record->number, err);
}

int remove_index_rows(struct store *s, const struct index_rows *rows, struct cf_error *err)
{
	TRY(late_flush(s, err));
	for (size_t i = 0; i < rows->n_terms; i++) {
		const struct index_row *row = &rows->terms[i];
		const struct db_value values[] = {
			DB_INT(row->field), DB_BYTES(row->tag, TAG_BYTES), DB_INT(row->record)};
		TRY(db_run(s->db, S_TERM_REMOVE, values, 3, err));
	}
	for (size_t i = 0; i < rows->n_columns; i++)
		TRY(columns_remove(s, &rows->columns[i], err));
	return CF_OK;
}

static bool same_value(const struct index_row *a, const struct index_row *b)
{
	return a->field == b->field && a->n_value == b->n_value &&
	       memcmp(a->value, b->value, a->n_value) == 0;
}

int add_index_rows(struct store *s, const struct index_rows *rows, struct cf_error *err)
{
	for (size_t i = 0; i < rows->n_terms; i++) {
		const struct index_row *row = &rows->terms[i];
		const struct db_value values[] = {
			DB_INT(row->field), DB_BYTES(row->tag, TAG_BYTES), DB_INT(row->record)};
		TRY(db_run(s->db, S_TERM_ADD, values, 3, err));
	}
	for (size_t i = 0, n = 0; i < rows->n_columns; i += n) {
		for (n = 1; i + n < rows->n_columns && same_value(&rows->columns[i], &rows->columns[i + n]);
			n++)
			;
		TRY(columns_add(s, &rows->columns[i], n, err));
	}
	return CF_OK;
}
