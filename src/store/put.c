/*
 * Writing. Rows whose keys grow (records, revisions, entries of the log) are written as they come; column
 * values and owners' keys are gathered and written sorted, so that each page of an index is touched once a
 * batch, and ids and blind tags once a transaction (late.c). Where a batch speaks of one record twice, what
 * was gathered is written first.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fresh.h"
#include "base/text.h"
#include "store/inside.h"

enum { GATHER_MAX = 1 << 20 };

struct writer {
	struct store *s;
	const struct store_reason *why;
	uint64_t time_ms;
	uint64_t n_revisions_written; /* before what is gathered */
	struct index_row *columns;
	size_t n_columns, columns_capacity;
	struct index_rows rows; /* of the item at hand */
	struct log_object objects[AUDIT_OBJECTS_MAX];
	size_t n_objects;
	struct buffer content;
	struct buffer sealed;
};

bool store_id_is_none(const struct store_id *id)
{
	static const struct store_id none;
	return memcmp(id, &none, sizeof none) == 0;
}

bool store_id_equal(const struct store_id *a, const struct store_id *b)
{
	return memcmp(a, b, sizeof *a) == 0;
}

void store_id_random(struct store_id *ret)
{
	fresh_bytes(ret->bytes, sizeof ret->bytes);
}

/* ---- what may be written ---- */

static int check_text(const char *what, const char *text, size_t max, struct cf_error *err)
{
	size_t n = text ? strnlen(text, max + 1) : 0;
	if (n > max)
		return error_set(err, CF_E_LIMIT, "%s has more than %zu bytes", what, max);
	if (n && !text_is_utf8(text, n, NULL))
		return error_set(err, CF_E_INPUT, "%s is not UTF-8", what);
	return CF_OK;
}

static int check_parts(const struct store_item *item, struct cf_error *err)
{
	if (item->n_columns > STORE_PARTS_MAX || item->n_terms >= STORE_PARTS_MAX)
		return error_set(err, CF_E_LIMIT, "a record has at most %d coded values and %d terms",
			STORE_PARTS_MAX, STORE_PARTS_MAX - 1);
	for (size_t i = 0; i < item->n_columns; i++) {
		TRY(check_name("a field", item->columns[i].field, err));
		if (!item->columns[i].value)
			return error_set(err, CF_E_USAGE, "a coded value is missing");
		TRY(check_text("a coded value", item->columns[i].value, STORE_VALUE_MAX, err));
	}
	for (size_t i = 0; i < item->n_terms; i++) {
		TRY(check_name("a field", item->terms[i].field, err));
		if (item->terms[i].n > STORE_TEXT_MAX)
			return error_set(err, CF_E_LIMIT, "a term has more than %d bytes", STORE_TEXT_MAX);
	}
	return CF_OK;
}

static int check_item(const struct store_item *item, struct cf_error *err)
{
	TRY(check_name("an entity", item->entity, err));
	TRY(check_text("a source record id", item->source_id, STORE_TEXT_MAX, err));
	if (!store_id_is_none(&item->person_id) && store_id_equal(&item->person_id, &item->case_id))
		return error_set(err, CF_E_USAGE, "a person and a case have one id");
	if (item->n_payload > STORE_PAYLOAD_MAX)
		return error_set(err, CF_E_LIMIT, "a record has at most %d bytes", STORE_PAYLOAD_MAX);
	return check_parts(item, err);
}

static int check_reason(const struct store_reason *why, struct cf_error *err)
{
	if (!why)
		return CF_OK;
	TRY(check_text("the reason", why->reason, STORE_TEXT_MAX, err));
	return check_text("the source", why->source, STORE_TEXT_MAX, err);
}

/* ---- gathering ---- */

static void writer_done(struct writer *w)
{
	mem_free(w->columns);
	index_rows_done(&w->rows);
	wipe_buffer(&w->content);
	buffer_done(&w->sealed);
}

static int gather_column(struct writer *w, const struct index_row *row, struct cf_error *err)
{
	struct index_row *grown = mem_grow(w->columns, w->n_columns, &w->columns_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	w->columns = grown;
	grown[w->n_columns++] = *row;
	return CF_OK;
}

static int write_objects(struct writer *w, struct cf_error *err)
{
	if (w->n_objects)
		TRY(log_add(w->s, "record.put", NULL, w->objects, w->n_objects, err));
	w->n_objects = 0;
	return CF_OK;
}

/* Everything that was gathered. */
static int flush(struct writer *w, struct cf_error *err)
{
	if (w->n_columns)
		qsort(w->columns, w->n_columns, sizeof *w->columns, index_row_compare_columns);
	const struct index_rows rows = {.columns = w->columns, .n_columns = w->n_columns};
	TRY(keys_flush(w->s, err));
	TRY(add_index_rows(w->s, &rows, err));
	w->n_columns = 0;
	w->n_revisions_written = w->s->n_revisions;
	return CF_OK;
}

/* ---- one item ---- */

/* 1 found, 0 not. */
static int number_by_source(
	struct store *s, const char *entity, const char *source_id, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	uint8_t tag[TAG_BYTES];
	int64_t field = 0;
	TRY(name_number(s, entity, source_field, false, &field, err));
	if (!field)
		return 0;
	blind_tag(s, entity, source_field, source_id, strlen(source_id), tag);
	if (late_find(s, field, tag, ret))
		return 1;
	if (late_excludes(s, tag))
		return 0;
	const struct db_value values[] = {DB_INT(field), DB_BYTES(tag, sizeof tag)};
	TRY(db_query(s->db, S_TERM_LAST, values, 2, &rows, err));
	int status = db_next(&rows, err);
	if (status > 0)
		*ret = db_integer(&rows, 0);
	return status;
}

/* 1 found, 0 not. */
static int find_source(struct store *s, const char *entity, const char *source_id, struct record_row *ret,
	struct cf_error *err)
{
	int64_t number = 0;
	int status = number_by_source(s, entity, source_id, &number, err);
	return status > 0 ? record_by_number(s, number, ret, err) : status;
}

int store_find_source(struct store *s, const char *entity, const char *source_id, struct store_id *ret,
	struct cf_error *err)
{
	struct record_row row = {0};
	bool own = false;
	TRY(need_records(s, err));
	TRY(enter(s, false, &own, err));
	int status = leave(s, own, find_source(s, entity, source_id, &row, err), err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_NOT_FOUND, "no record came from such a source record");
	*ret = row.id;
	return CF_OK;
}

int store_made_now(struct store *s, const struct store_id *id, struct cf_error *err)
{
	struct record_row row = {0};
	if (!s->running || !s->writing)
		return 0;
	int status = record_by_id(s, id, &row, err);
	TRY(status);
	return status && (uint64_t)row.number > s->began_with;
}

/* The record that the item speaks of: 1 it is there, 0 it is new, with *id its name. */
static int resolve(struct writer *w, const struct store_item *item, struct store_id *id,
	struct record_row *ret, struct cf_error *err)
{
	int status = 0;
	*id = item->id;
	if (!store_id_is_none(id))
		status = item->is_new ? 0 : record_by_id(w->s, id, ret, err);
	else if (item->source_id && item->source_id[0])
		status = find_source(w->s, item->entity, item->source_id, ret, err);
	TRY(status);
	if (status)
		*id = ret->id;
	else if (store_id_is_none(id))
		store_id_random(id);
	return status;
}

static void owner_of(const struct store_item *item, struct store_id *ret_owner, enum owner_kind *ret_kind)
{
	*ret_kind = !store_id_is_none(&item->person_id) ? OWNER_PERSON
		    : !store_id_is_none(&item->case_id) ? OWNER_CASE
							: OWNER_STORE;
	*ret_owner = *ret_kind == OWNER_PERSON ? item->person_id
		     : *ret_kind == OWNER_CASE ? item->case_id
					       : (struct store_id){0};
}

/* What is known of the record before this revision. */
struct before {
	bool there;
	struct record_row record;
	uint8_t hash[HASH_BYTES];
};

static int write_revision(struct writer *w, const struct store_item *item, const struct before *before,
	struct record_row *record, struct log_object *object, struct cf_error *err)
{
	struct store *s = w->s;
	struct place place = {.entity = item->entity,
		.id = record->id,
		.revision = record->revision,
		.time_ms = w->time_ms,
		.author = s->actor};
	const uint8_t *key = NULL;
	enum owner_kind kind = OWNER_STORE;
	owner_of(item, &place.owner, &kind);
	/* a person's or case's own record, drawn just now, is the first that is sealed with its key */
	const bool is_new = item->is_new && store_id_equal(&place.owner, &record->id);
	TRY(owner_key(s, &place.owner, kind, is_new ? OWNER_IS_NEW : OWNER_MAY_BE_NEW, &key, err));
	TRY(content_seal(s, key, &place, &w->content, &w->sealed, err));
	revision_hash(
		s, &place, before->hash, (const uint8_t *)w->sealed.data, w->sealed.n, object->commitment);
	record->latest = (int64_t)++s->n_revisions;
	const struct db_value values[] = {
		DB_INT(record->latest),
		DB_INT(record->number),
		DB_INT(record->revision),
		DB_INT(before->there ? before->record.latest : 0),
		DB_BYTES(place.owner.bytes, STORE_ID_BYTES),
		db_text(s->actor),
		DB_INT(w->time_ms),
		DB_INT(s->tree.size), /* the entry that will be written next holds it */
		DB_BYTES(object->commitment, HASH_BYTES),
		DB_BYTES(w->sealed.data, w->sealed.n),
	};
	object->kind = item->entity;
	object->id = record->id;
	object->revision = record->revision;
	s->log_dirty = true;
	return db_run(s->db, S_REVISION_ADD, values, sizeof values / sizeof *values, err);
}

static struct db_value id_or_nothing(const struct store_id *id)
{
	return store_id_is_none(id) ? DB_NOTHING : DB_BYTES(id->bytes, STORE_ID_BYTES);
}

static int change_record(struct writer *w, const struct store_item *item, const struct before *before,
	const struct record_row *record, struct cf_error *err)
{
	const struct db_value values[] = {id_or_nothing(&item->person_id), id_or_nothing(&item->case_id),
		DB_INT(record->revision), DB_INT(record->latest), DB_BYTES(record->content, TAG_BYTES),
		DB_INT(record->number)};
	TRY(owned_remove(w->s, &before->record, err));
	return db_run(w->s->db, S_RECORD_CHANGE, values, 6, err);
}

static int add_record(struct writer *w, const struct store_item *item, const struct record_row *record,
	struct cf_error *err)
{
	const struct db_value values[] = {DB_INT(record->number), DB_BYTES(record->id.bytes, STORE_ID_BYTES),
		DB_INT(record->entity), id_or_nothing(&item->person_id), id_or_nothing(&item->case_id),
		DB_INT(record->revision), DB_INT(record->latest), DB_BYTES(record->content, TAG_BYTES)};
	TRY(db_run(w->s->db, S_RECORD_ADD, values, 8, err));
	return late_add_id(w->s, &record->id, record->number, err);
}

static int write_record(struct writer *w, const struct store_item *item, const struct before *before,
	const struct record_row *record, struct cf_error *err)
{
	TRY(before->there ? change_record(w, item, before, record, err) : add_record(w, item, record, err));
	TRY(late_add_owned(w->s, &item->person_id, record->number, err));
	return late_add_owned(w->s, &item->case_id, record->number, err);
}

/* Rows of the blind index can wait for the transaction's end, columns for the batch's. */
static int gather_rows(struct writer *w, const struct store_item *item, int64_t record, struct cf_error *err)
{
	const struct parts parts = {
		item->entity, item->source_id, item->columns, item->n_columns, item->terms, item->n_terms};
	int64_t source = 0;
	TRY(index_rows_of(w->s, &parts, record, true, &w->rows, err));
	TRY(name_number(w->s, item->entity, source_field, false, &source, err));
	for (size_t i = 0; i < w->rows.n_terms; i++) {
		const struct index_row *term = &w->rows.terms[i];
		TRY(late_add_term(w->s, term, term->field == source, err));
	}
	for (size_t i = 0; i < w->rows.n_columns; i++)
		TRY(gather_column(w, &w->rows.columns[i], err));
	return CF_OK;
}

/* Takes the index rows of the current revision away, and reads the hash that the next one stands on. */
static int step_back(struct writer *w, struct before *before, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record old = STORE_RECORD_INIT;
	struct revision_row revision;
	/* rows that were gathered of this record must stand in the tables before they are taken away */
	if ((uint64_t)before->record.latest > w->n_revisions_written)
		TRY(flush(w, err));
	TRY(load_revision(w->s, &before->record, before->record.latest, &old, &revision, err));
	memcpy(before->hash, revision.hash, HASH_BYTES);
	const struct parts parts = parts_of(&old);
	TRY(index_rows_of(w->s, &parts, before->record.number, false, &w->rows, err));
	return remove_index_rows(w->s, &w->rows, err);
}

static int check_before(
	struct writer *w, const struct store_item *item, const struct before *before, struct cf_error *err)
{
	int64_t entity = 0;
	TRY(name_number(w->s, item->entity, NULL, true, &entity, err));
	if (before->there && before->record.erased)
		return error_set(
			err, CF_E_REFUSED, "the record was erased, and nothing may be written to it");
	if (before->there && before->record.entity != entity)
		return error_set(err, CF_E_USAGE, "the record is of another entity");
	if (item->base_revision && (!before->there || before->record.revision != item->base_revision))
		return error_set(err, CF_E_STATE,
			"somebody else changed the record meanwhile; look at it and try again");
	return CF_OK;
}

static int put_one(
	struct writer *w, const struct store_item *item, struct store_result *ret, struct cf_error *err)
{
	struct before before = {0};
	struct record_row record = {0};
	struct store_id id;
	TRY(check_item(item, err));
	int status = resolve(w, item, &id, &before.record, err);
	TRY(status);
	before.there = status > 0;
	TRY(check_before(w, item, &before, err));
	secret_wipe(w->content.data, w->content.n);
	buffer_clear(&w->content);
	TRY(content_encode(item, w->why, &w->content, err));
	content_mark(w->s, &id, &w->content, record.content);
	if (before.there && secret_equal(record.content, before.record.content, TAG_BYTES)) {
		*ret = (struct store_result){id, before.record.revision, STORE_UNCHANGED};
		return CF_OK;
	}
	if (before.there)
		TRY(step_back(w, &before, err));
	record.id = id;
	record.number = before.there ? before.record.number : (int64_t)++w->s->n_records;
	record.revision = before.record.revision + 1;
	TRY(name_number(w->s, item->entity, NULL, true, &record.entity, err));
	/* the record's row first, that the revision's refers to */
	record.latest = (int64_t)w->s->n_revisions + 1;
	TRY(write_record(w, item, &before, &record, err));
	TRY(write_revision(w, item, &before, &record, &w->objects[w->n_objects], err));
	TRY(gather_rows(w, item, record.number, err));
	if (++w->n_objects == AUDIT_OBJECTS_MAX)
		TRY(write_objects(w, err));
	*ret = (struct store_result){id, record.revision, before.there ? STORE_CHANGED : STORE_NEW};
	return CF_OK;
}

static int put_all(struct writer *w, const struct store_item *items, size_t n, struct store_result *ret,
	struct cf_error *err)
{
	w->time_ms = now_ms(w->s);
	w->n_revisions_written = w->s->n_revisions;
	for (size_t i = 0; i < n; i++) {
		struct store_result result;
		int status = put_one(w, &items[i], &result, err);
		if (status < 0 && err)
			err->line = i + 1;
		TRY(status);
		if (ret)
			ret[i] = result;
		if (w->n_columns > GATHER_MAX)
			TRY(flush(w, err));
	}
	TRY(flush(w, err));
	return write_objects(w, err);
}

int store_put_batch(struct store *s, const struct store_item *items, size_t n, const struct store_reason *why,
	struct store_result *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct writer *w = NULL;
	bool own = false;
	if (n > STORE_BATCH_MAX)
		return error_set(err, CF_E_LIMIT, "a batch has at most %d records", STORE_BATCH_MAX);
	TRY(need_records(s, err));
	TRY(check_reason(why, err));
	w = NEW(struct writer);
	if (!w)
		return error_memory(err);
	w->s = s;
	w->why = why;
	int status = enter(s, true, &own, err);
	if (status >= 0)
		status = leave(s, own, put_all(w, items, n, ret, err), err);
	writer_done(w);
	return status;
}

int store_put(struct store *s, const struct store_item *item, const struct store_reason *why,
	struct store_result *ret, struct cf_error *err)
{
	struct store_result result;
	TRY(store_put_batch(s, item, 1, why, &result, err));
	if (ret)
		*ret = result;
	return CF_OK;
}
