/*
 * Erasing a person. The order makes an interruption harmless: the list of erasures first (it is followed at
 * the next opening), then one transaction for everything in the database, with a mark that purging is due,
 * then the purge.
 */
#include <string.h>

#include "store/inside.h"

enum { PAGE = 256 };

struct erasing {
	struct store *s;
	struct log_object objects[AUDIT_OBJECTS_MAX];
	size_t n_objects;
	struct store_erased erased;
	char kind[NAME_TEXT_MAX + 1]; /* of the objects */
};

static int write_objects(struct erasing *e, struct cf_error *err)
{
	if (e->n_objects)
		TRY(log_add(e->s, "person.erase", NULL, e->objects, e->n_objects, err));
	e->n_objects = 0;
	return CF_OK;
}

/* An object of a log entry for each revision, so that verifying knows which may be empty. */
static int note(struct erasing *e, const char *kind, const struct store_id *id, uint64_t revision,
	struct cf_error *err)
{
	e->objects[e->n_objects++] = (struct log_object){.kind = kind, .id = *id, .revision = revision};
	return e->n_objects == AUDIT_OBJECTS_MAX ? write_objects(e, err) : CF_OK;
}

static int remove_indexes(struct store *s, const struct record_row *record, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record opened = STORE_RECORD_INIT;
	CF_CLEANUP(index_rows_done) struct index_rows rows = {0};
	int status = load_revision(s, record, record->latest, &opened, NULL, NULL);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status >= 0) {
		const struct parts parts = parts_of(&opened);
		TRY(index_rows_of(s, &parts, record->number, false, &rows, err));
		return remove_index_rows(s, &rows, err);
	}
	/* altered, so that nobody can say what was indexed: look through the whole index */
	const struct db_value values[] = {DB_INT(record->number)};
	TRY(db_run(s->db, S_TERM_REMOVE_ALL, values, 1, err));
	return columns_remove_all(s, record->number, err);
}

static int erase_record(struct erasing *e, const struct record_row *record, struct cf_error *err)
{
	static const uint8_t nothing[TAG_BYTES];
	const struct db_value values[] = {DB_BYTES(nothing, sizeof nothing), DB_INT(record->number)};
	TRY(remove_indexes(e->s, record, err));
	TRY(owned_remove(e->s, record, err));
	e->erased.n_records++;
	return db_run(e->s->db, S_RECORD_ERASE, values, 2, err);
}

struct found {
	int64_t number;
	int64_t record;
};

static int revisions_after(struct store *s, const struct store_id *person, int64_t after, struct found *ret,
	size_t *ret_n, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {
		DB_BYTES(person->bytes, STORE_ID_BYTES), DB_INT(after), DB_INT(PAGE)};
	size_t n = 0;
	int status = CF_OK;
	TRY(db_query(s->db, S_REVISION_OF_OWNER, values, 3, &rows, err));
	while (n < PAGE && (status = db_next(&rows, err)) > 0)
		ret[n++] = (struct found){db_integer(&rows, 0), db_integer(&rows, 1)};
	TRY(status);
	*ret_n = n;
	return CF_OK;
}

static int get_revision(struct store *s, int64_t number, struct revision_row *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_REVISION_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: a revision is missing",
			s->db->name);
	TRY(read_revision_row(&rows, 0, ret, err));
	ret->sealed = NULL;
	return CF_OK;
}

static int empty_revision(
	struct erasing *e, const struct store_id *id, const struct revision_row *row, struct cf_error *err)
{
	static const struct store_id nobody;
	const struct db_value values[] = {
		DB_BYTES(nobody.bytes, STORE_ID_BYTES), DB_BYTES("", 0), DB_INT(row->number)};
	TRY(db_run(e->s->db, S_REVISION_ERASE, values, 3, err));
	e->erased.n_revisions++;
	return note(e, e->kind, id, row->revision, err);
}

/* Revisions before this one, whoever they are sealed for: they are of the same record. */
static int empty_past(
	struct erasing *e, const struct record_row *record, int64_t number, struct cf_error *err)
{
	while (number > 0) {
		struct revision_row row;
		TRY(get_revision(e->s, number, &row, err));
		if (row.previous >= number || row.record != record->number)
			return error_set(err, CF_E_REFUSED,
				"%s was altered or is damaged: the chain of record %lld is broken",
				e->s->db->name, (long long)record->number);
		if (!row.erased)
			TRY(empty_revision(e, &record->id, &row, err));
		number = row.previous;
	}
	return CF_OK;
}

/* The kind lives in our page until the objects are written: entities are few, so write when it changes. */
static int use_kind(struct erasing *e, int64_t entity, struct cf_error *err)
{
	char text[NAME_TEXT_MAX + 1];
	TRY(name_text(e->s, entity, text, err));
	if (!is_plain_name(text))
		return error_set(
			err, CF_E_REFUSED, "%s was altered or is damaged: an entity's name", e->s->db->name);
	if (strcmp(text, e->kind) == 0)
		return CF_OK;
	TRY(write_objects(e, err));
	memcpy(e->kind, text, strlen(text) + 1);
	return CF_OK;
}

static int erase_revision(struct erasing *e, const struct found *found, struct cf_error *err)
{
	struct record_row record;
	struct revision_row row;
	int status = record_by_number(e->s, found->record, &record, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: a record is missing",
			e->s->db->name);
	TRY(get_revision(e->s, found->number, &row, err));
	TRY(use_kind(e, record.entity, err));
	/* the current revision is this person's: the record goes with all its past; else only this revision
	 * does */
	if (found->number == record.latest && !record.erased) {
		TRY(erase_record(e, &record, err));
		TRY(empty_past(e, &record, row.previous, err));
	}
	return empty_revision(e, &record.id, &row, err);
}

static int erase_revisions(struct erasing *e, const struct store_id *person, struct cf_error *err)
{
	CF_CLEANUP_FREE struct found *page = NEW_ARRAY(struct found, PAGE);
	int64_t after = 0;
	size_t n = 0;
	if (!page)
		return error_memory(err);
	do {
		TRY(revisions_after(e->s, person, after, page, &n, err));
		for (size_t i = 0; i < n; i++)
			TRY(erase_revision(e, &page[i], err));
		after = n ? page[n - 1].number : after;
	} while (n == PAGE);
	return write_objects(e, err);
}

static int erase_all(struct erasing *e, const struct store_id *person, struct cf_error *err)
{
	struct store *s = e->s;
	const struct db_value key[] = {DB_BYTES(person->bytes, STORE_ID_BYTES)};
	const struct db_value erased[] = {DB_BYTES(person->bytes, STORE_ID_BYTES), DB_INT(now_ms(s))};
	TRY(erase_revisions(e, person, err));
	TRY(note(e, "person-key", person, 0, err));
	TRY(write_objects(e, err));
	TRY(db_run(s->db, S_OWNER_REMOVE, key, 1, err));
	TRY(db_run(s->db, S_ERASED_ADD, erased, 2, err));
	s->nobody_erased = false;
	TRY(meta_set(s, "purge", "\1", 1, err));
	keys_forget(s);
	return keys_rotate(s, err);
}

int erase_in_transaction(
	struct store *s, const struct store_id *person, struct store_erased *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct erasing *e = NEW(struct erasing);
	if (!e)
		return error_memory(err);
	e->s = s;
	TRY(keys_flush(s, err));
	TRY(erase_all(e, person, err));
	*ret = e->erased;
	return CF_OK;
}

/* ---- in the right order ---- */

static int exists(struct store *s, const struct store_id *person, bool *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(person->bytes, STORE_ID_BYTES)};
	TRY(db_query(s->db, S_OWNER_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	*ret = status && db_integer(&rows, 0) == OWNER_PERSON;
	return CF_OK;
}

static int unmark(struct store *s, void *context, struct cf_error *err)
{
	(void)context;
	return meta_set(s, "purge", "\0", 1, err);
}

static int purge(struct store *s, struct cf_error *err)
{
	TRY(db_purge(s->db, err));
	return store_run(s, unmark, NULL, err);
}

struct request {
	const struct store_id *person;
	struct store_erased erased;
};

static int erase(struct store *s, void *context, struct cf_error *err)
{
	struct request *r = context;
	return erase_in_transaction(s, r->person, &r->erased, err);
}

int store_erase_person(
	struct store *s, const struct store_id *person_id, struct store_erased *ret, struct cf_error *err)
{
	struct request r = {.person = person_id};
	bool there = false;
	bool own = false;
	TRY(need_records(s, err));
	if (s->running)
		return error_set(err, CF_E_INTERNAL, "an erasure inside a transaction");
	TRY(enter(s, false, &own, err));
	TRY(leave(s, own, exists(s, person_id, &there, err), err));
	if (!there)
		return error_set(err, CF_E_NOT_FOUND, "nothing in this store is sealed for such a person");
	TRY(erasure_list_add(s, person_id, err));
	TRY(store_run(s, erase, &r, err));
	TRY(purge(s, err));
	*ret = r.erased;
	return CF_OK;
}

/* ---- what is left to do at opening ---- */

struct finishing {
	uint64_t n;
};

static int finish_one(struct store *s, const struct store_id *person, void *context, struct cf_error *err)
{
	struct finishing *f = context;
	struct request r = {.person = person};
	bool there = false;
	bool own = false;
	TRY(enter(s, false, &own, err));
	TRY(leave(s, own, exists(s, person, &there, err), err));
	if (!there)
		return CF_OK;
	f->n++;
	return store_run(s, erase, &r, err);
}

int erasures_finish(struct store *s, uint64_t *ret_n, struct cf_error *err)
{
	struct finishing f = {0};
	uint8_t due = 0;
	if (s->erasure_list) {
		struct cf_error mine = CF_ERROR_INIT;
		int status = erasure_list_each(s, finish_one, &f, &mine);
		if (status < 0 && status != CF_E_NOT_FOUND) {
			if (err)
				*err = mine;
			return status;
		}
	}
	TRY(meta_get(s, "purge", &due, 1, err));
	if (due)
		TRY(purge(s, err));
	if (ret_n)
		*ret_n = f.n;
	return CF_OK;
}
