/* Verifying: each revision, hashed again over the one before it, opened, and compared with what was derived
 * from it. */
#include <string.h>

#include "store/verify.h"

/* ---- one after the other ---- */

static int next_page(struct verifying *v, struct cf_error *err)
{
	const struct db_value values[] = {DB_INT(v->last_revision), DB_INT(VERIFY_PAGE)};
	db_rows_done(&v->revisions);
	v->n_in_page = 0;
	return db_query(v->s->db, S_REVISION_AFTER, values, 2, &v->revisions, err);
}

int verify_pull(struct verifying *v, struct cf_error *err)
{
	int status = 0;
	if (v->pulled || v->no_more)
		return CF_OK;
	if (!v->revisions.state || v->n_in_page == VERIFY_PAGE)
		TRY(next_page(v, err));
	status = db_next(&v->revisions, err);
	TRY(status);
	if (!status) {
		v->no_more = true;
		return CF_OK;
	}
	TRY(read_revision_row(&v->revisions, 0, &v->row, err));
	v->has_record = !db_is_null(&v->revisions, REVISION_ROW_COLUMNS);
	if (v->has_record)
		TRY(read_record_row(&v->revisions, REVISION_ROW_COLUMNS, &v->record, err));
	v->last_revision = v->row.number;
	v->n_in_page++;
	v->pulled = true;
	return CF_OK;
}

int verify_note_erased(
	struct erased_list *list, const struct store_id *id, uint64_t revision, struct cf_error *err)
{
	struct erased_revision *grown = mem_grow(list->at, list->n, &list->capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	list->at = grown;
	grown[list->n++] = (struct erased_revision){*id, revision};
	return CF_OK;
}

/* ---- one revision ---- */

/* The hash that the revision stands on; says what is wrong with the chain. */
static int previous_hash(struct verifying *v, uint8_t ret[HASH_BYTES], struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct revision_row before;
	const struct db_value values[] = {DB_INT(v->row.previous)};
	memset(ret, 0, HASH_BYTES);
	if (v->row.revision == 1 && v->row.previous == 0)
		return CF_OK;
	TRY(db_query(v->s->db, S_REVISION_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (status)
		TRY(read_revision_row(&rows, 0, &before, err));
	if (!status || before.number >= v->row.number || before.record != v->row.record ||
		before.revision + 1 != v->row.revision)
		verify_wrong(v, "revision %llu of record %lld does not follow the one before it",
			(unsigned long long)v->row.revision, (long long)v->row.record);
	else
		memcpy(ret, before.hash, HASH_BYTES);
	return CF_OK;
}

static int has_row(struct verifying *v, enum statement which, const struct db_value *values, size_t n,
	bool *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	TRY(db_query(v->s->db, which, values, n, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	*ret = status > 0;
	return CF_OK;
}

static int check_index_rows(struct verifying *v, const struct store_record *opened, struct cf_error *err)
{
	CF_CLEANUP(index_rows_done) struct index_rows rows = {0};
	const struct parts parts = parts_of(opened);
	bool there = false;
	TRY(index_rows_of(v->s, &parts, v->record.number, false, &rows, err));
	for (size_t i = 0; i < rows.n_terms; i++) {
		const struct index_row *row = &rows.terms[i];
		const struct db_value values[] = {
			DB_INT(row->field), DB_BYTES(row->tag, TAG_BYTES), DB_INT(row->record)};
		TRY(has_row(v, S_TERM_HAS, values, 3, &there, err));
		if (!there)
			verify_wrong(
				v, "record %lld is missing in the blind index", (long long)v->record.number);
	}
	for (size_t i = 0; i < rows.n_columns; i++) {
		struct cf_error mine = CF_ERROR_INIT;
		int status = columns_has(v->s, &rows.columns[i], &there, &mine);
		if (status < 0 && status != CF_E_REFUSED) {
			if (err)
				*err = mine;
			return status;
		}
		if (status < 0 || !there)
			verify_wrong(v, "a coded value of record %lld was altered or taken away",
				(long long)v->record.number);
	}
	v->n_terms += rows.n_terms;
	v->n_columns += rows.n_columns;
	return CF_OK;
}

static int check_by_id(struct verifying *v, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(v->record.id.bytes, STORE_ID_BYTES)};
	TRY(db_query(v->s->db, S_RECORD_NUMBER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status || db_integer(&rows, 0) != v->record.number)
		verify_wrong(v, "record %lld cannot be found by its id", (long long)v->record.number);
	return CF_OK;
}

static int check_owned(struct verifying *v, const struct store_id *owner, struct cf_error *err)
{
	const struct db_value values[] = {DB_BYTES(owner->bytes, STORE_ID_BYTES), DB_INT(v->record.number)};
	bool there = true;
	if (store_id_is_none(owner))
		return CF_OK;
	TRY(has_row(v, S_OWNED_HAS, values, 2, &there, err));
	if (!there)
		verify_wrong(
			v, "record %lld cannot be found by its person or case", (long long)v->record.number);
	v->n_owned++;
	return CF_OK;
}

/* Everything that is derived from a record's current revision. */
static int check_current(struct verifying *v, const struct store_record *opened, struct cf_error *err)
{
	uint8_t mark[TAG_BYTES];
	const struct buffer content = {
		.data = (char *)opened->opened, .n = opened->n_opened - VAULT_SEAL_BYTES, .capacity = 0};
	content_mark(v->s, &v->record.id, &content, mark);
	if (!store_id_equal(&opened->person_id, &v->record.person_id) ||
		!store_id_equal(&opened->case_id, &v->record.case_id) ||
		memcmp(mark, v->record.content, sizeof mark) != 0)
		verify_wrong(v, "the row of record %lld was altered", (long long)v->record.number);
	return check_index_rows(v, opened, err);
}

static int check_opened(struct verifying *v, bool is_current, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record opened = STORE_RECORD_INIT;
	struct cf_error mine = CF_ERROR_INIT;
	if (!v->s->organisation)
		return CF_OK;
	int status = open_revision(v->s, &v->record, &v->row, &opened, &mine);
	if (status == CF_E_REFUSED) {
		verify_wrong(v, "%s", mine.message);
		return CF_OK;
	}
	if (status < 0) {
		if (err)
			*err = mine;
		return status;
	}
	return is_current ? check_current(v, &opened, err) : CF_OK;
}

static int check_standing(struct verifying *v, const char *entity, struct cf_error *err)
{
	uint8_t previous[HASH_BYTES];
	uint8_t hash[HASH_BYTES];
	const struct place place = {.entity = entity,
		.id = v->record.id,
		.owner = v->row.owner,
		.revision = v->row.revision,
		.time_ms = v->row.time_ms,
		.author = v->row.author};
	const bool is_current = v->record.latest == v->row.number;
	TRY(previous_hash(v, previous, err));
	revision_hash(v->s, &place, previous, v->row.sealed, v->row.n_sealed, hash);
	if (memcmp(hash, v->row.hash, sizeof hash) != 0)
		verify_wrong(v, "revision %llu of record %lld was altered",
			(unsigned long long)v->row.revision, (long long)v->row.record);
	if (is_current) {
		v->n_current++;
		if (v->record.revision != v->row.revision || v->record.erased)
			verify_wrong(v, "the row of record %lld was altered", (long long)v->record.number);
		TRY(check_by_id(v, err));
		TRY(check_owned(v, &v->record.person_id, err));
		TRY(check_owned(v, &v->record.case_id, err));
	} else if (v->record.latest < v->row.number || v->record.revision <= v->row.revision) {
		verify_wrong(
			v, "record %lld was set back to an earlier revision", (long long)v->record.number);
	}
	return check_opened(v, is_current, err);
}

static int check_erased(struct verifying *v, struct cf_error *err)
{
	if (v->record.latest == v->row.number) {
		v->n_erased_records++;
		if (!v->record.erased || v->record.revision != v->row.revision)
			verify_wrong(
				v, "the row of erased record %lld was altered", (long long)v->record.number);
		TRY(check_by_id(v, err));
	}
	if (v->row.n_sealed)
		verify_wrong(v, "revision %llu of record %lld says it was erased and is not empty",
			(unsigned long long)v->row.revision, (long long)v->row.record);
	return verify_note_erased(&v->found, &v->record.id, v->row.revision, err);
}

/* The revision that was pulled, against the object of the log that speaks of it. */
static int check_revision(
	struct verifying *v, const struct audit_shown_object *object, uint64_t leaf, struct cf_error *err)
{
	char entity[NAME_TEXT_MAX + 1];
	if (!v->has_record) {
		verify_wrong(v, "revision %lld has no record", (long long)v->row.number);
		return CF_OK;
	}
	struct cf_error mine = CF_ERROR_INIT;
	int status = name_text(v->s, v->record.entity, entity, &mine);
	if (status == CF_E_REFUSED) {
		verify_wrong(v, "%s", mine.message);
		return CF_OK;
	}
	TRY(status);
	if (!is_plain_name(entity) || strcmp(entity, object->kind) != 0 ||
		!store_id_equal(&v->record.id, &object->id) || v->row.revision != object->revision ||
		v->row.leaf != leaf || memcmp(v->row.hash, object->commitment, HASH_BYTES) != 0) {
		verify_wrong(v,
			"revision %llu of record %lld is not the one that entry %llu of the log speaks of",
			(unsigned long long)v->row.revision, (long long)v->row.record,
			(unsigned long long)leaf);
		if (!is_plain_name(entity))
			return CF_OK;
	}
	return v->row.erased ? check_erased(v, err) : check_standing(v, entity, err);
}

int verify_object(
	struct verifying *v, const struct audit_shown_object *object, uint64_t leaf, struct cf_error *err)
{
	const int64_t expected = (int64_t)++v->result.n_revisions;
	TRY(verify_pull(v, err));
	while (v->pulled && v->row.number < expected) {
		verify_wrong(v, "revision %lld stands where the log knows none", (long long)v->row.number);
		v->pulled = false;
		TRY(verify_pull(v, err));
	}
	if (!v->pulled || v->row.number > expected) {
		verify_wrong(v, "revision %llu of a record (entry %llu of the log) is missing",
			(unsigned long long)object->revision, (unsigned long long)leaf);
		return CF_OK;
	}
	v->pulled = false;
	return check_revision(v, object, leaf, err);
}
