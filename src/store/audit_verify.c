/*
 * Verifying. Entries of the log and revisions are read side by side, in the order in which they were written:
 * the n-th revision is the n-th object of the "record.put" entries. Each revision is hashed again over the
 * one before it, opened, and, when it is its record's current one, compared with everything that was derived
 * from it. What nothing refers to shows in the counts.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"
#include "store/inside.h"

enum { PAGE = 128, WHAT_MAX = 400 };

struct head {
	struct merkle_head head;
	bool is_witness;
};

/* The last that the log says of a user, a way in, or an erased person. */
struct last_word {
	char kind[STORE_NAME_MAX + 1];
	struct store_id id;
	uint8_t commitment[HASH_BYTES];
	bool removed;
	bool met;
};

struct erased_revision {
	struct store_id id;
	uint64_t revision;
};

struct erased_list {
	struct erased_revision *at;
	size_t n;
	size_t capacity;
};

struct verifying {
	struct store *s;
	audit_report_function report;
	void *context;
	struct audit_verified result;
	struct merkle_tree tree;
	struct head *heads;
	size_t n_heads;
	size_t heads_capacity;
	size_t next_head;
	struct last_word *words;
	size_t n_words;
	size_t words_capacity;
	struct erased_list logged; /* as the log has it */
	struct erased_list found;  /* revisions that are empty */
	struct db_rows revisions;
	bool pulled; /* row and record hold the next revision, not yet used */
	struct revision_row row;
	bool has_record;
	struct record_row record;
	int64_t last_revision; /* read */
	size_t n_in_page;
	bool no_more;
	uint64_t n_current;
	uint64_t n_erased_records;
	uint64_t n_terms;
	uint64_t n_owned;
	uint64_t n_columns;
	uint64_t generation;
};

static void wrong(struct verifying *v, const char *format, ...) CF_PRINTF(2, 3);

static void wrong(struct verifying *v, const char *format, ...)
{
	char what[WHAT_MAX];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(what, sizeof what, format, list);
	va_end(list);
	v->result.n_wrong++;
	if (v->report)
		v->report(v->context, what);
}

static void done(struct verifying *v)
{
	db_rows_done(&v->revisions);
	mem_free(v->heads);
	mem_free(v->words);
	mem_free(v->logged.at);
	mem_free(v->found.at);
	mem_free(v);
}

/* ---- revisions, one after the other ---- */

static int next_page(struct verifying *v, struct cf_error *err)
{
	const struct db_value values[] = {DB_INT(v->last_revision), DB_INT(PAGE)};
	db_rows_done(&v->revisions);
	v->n_in_page = 0;
	return db_query(v->s->db, S_REVISION_AFTER, values, 2, &v->revisions, err);
}

static int pull(struct verifying *v, struct cf_error *err)
{
	int status = 0;
	if (v->pulled || v->no_more)
		return CF_OK;
	if (!v->revisions.state || v->n_in_page == PAGE)
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

static int note_erased(
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
		wrong(v, "revision %llu of record %lld does not follow the one before it",
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
			wrong(v, "record %lld is missing in the blind index", (long long)v->record.number);
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
			wrong(v, "a coded value of record %lld was altered or taken away",
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
		wrong(v, "record %lld cannot be found by its id", (long long)v->record.number);
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
		wrong(v, "record %lld cannot be found by its person or case", (long long)v->record.number);
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
		wrong(v, "the row of record %lld was altered", (long long)v->record.number);
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
		wrong(v, "%s", mine.message);
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
		wrong(v, "revision %llu of record %lld was altered", (unsigned long long)v->row.revision,
			(long long)v->row.record);
	if (is_current) {
		v->n_current++;
		if (v->record.revision != v->row.revision || v->record.erased)
			wrong(v, "the row of record %lld was altered", (long long)v->record.number);
		TRY(check_by_id(v, err));
		TRY(check_owned(v, &v->record.person_id, err));
		TRY(check_owned(v, &v->record.case_id, err));
	} else if (v->record.latest < v->row.number || v->record.revision <= v->row.revision) {
		wrong(v, "record %lld was set back to an earlier revision", (long long)v->record.number);
	}
	return check_opened(v, is_current, err);
}

static int check_erased(struct verifying *v, struct cf_error *err)
{
	if (v->record.latest == v->row.number) {
		v->n_erased_records++;
		if (!v->record.erased || v->record.revision != v->row.revision)
			wrong(v, "the row of erased record %lld was altered", (long long)v->record.number);
		TRY(check_by_id(v, err));
	}
	if (v->row.n_sealed)
		wrong(v, "revision %llu of record %lld says it was erased and is not empty",
			(unsigned long long)v->row.revision, (long long)v->row.record);
	return note_erased(&v->found, &v->record.id, v->row.revision, err);
}

/* The revision that was pulled, against the object of the log that speaks of it. */
static int check_revision(
	struct verifying *v, const struct audit_shown_object *object, uint64_t leaf, struct cf_error *err)
{
	char entity[NAME_TEXT_MAX + 1];
	if (!v->has_record) {
		wrong(v, "revision %lld has no record", (long long)v->row.number);
		return CF_OK;
	}
	struct cf_error mine = CF_ERROR_INIT;
	int status = name_text(v->s, v->record.entity, entity, &mine);
	if (status == CF_E_REFUSED) {
		wrong(v, "%s", mine.message);
		return CF_OK;
	}
	TRY(status);
	if (!is_plain_name(entity) || strcmp(entity, object->kind) != 0 ||
		!store_id_equal(&v->record.id, &object->id) || v->row.revision != object->revision ||
		v->row.leaf != leaf || memcmp(v->row.hash, object->commitment, HASH_BYTES) != 0) {
		wrong(v, "revision %llu of record %lld is not the one that entry %llu of the log speaks of",
			(unsigned long long)v->row.revision, (long long)v->row.record,
			(unsigned long long)leaf);
		if (!is_plain_name(entity))
			return CF_OK;
	}
	return v->row.erased ? check_erased(v, err) : check_standing(v, entity, err);
}

static int match_object(
	struct verifying *v, const struct audit_shown_object *object, uint64_t leaf, struct cf_error *err)
{
	const int64_t expected = (int64_t)++v->result.n_revisions;
	TRY(pull(v, err));
	while (v->pulled && v->row.number < expected) {
		wrong(v, "revision %lld stands where the log knows none", (long long)v->row.number);
		v->pulled = false;
		TRY(pull(v, err));
	}
	if (!v->pulled || v->row.number > expected) {
		wrong(v, "revision %llu of a record (entry %llu of the log) is missing",
			(unsigned long long)object->revision, (unsigned long long)leaf);
		return CF_OK;
	}
	v->pulled = false;
	return check_revision(v, object, leaf, err);
}

/* ---- the log ---- */

static int add_head(
	struct verifying *v, const struct merkle_head *head, bool is_witness, struct cf_error *err)
{
	struct head *grown = mem_grow(v->heads, v->n_heads, &v->heads_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	v->heads = grown;
	grown[v->n_heads++] = (struct head){*head, is_witness};
	return CF_OK;
}

static int compare_heads(const void *a, const void *b)
{
	const struct head *x = a;
	const struct head *y = b;
	return (x->head.size > y->head.size) - (x->head.size < y->head.size);
}

static int read_head(
	struct verifying *v, const struct note_key *key, int64_t after, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct note_checkpoint checkpoint;
	struct cf_error mine = CF_ERROR_INIT;
	const struct db_value values[] = {DB_INT(after)};
	size_t n = 0;
	TRY(db_query(v->s->db, S_HEAD_AFTER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status <= 0)
		return status;
	*ret = db_integer(&rows, 0);
	const char *note = db_bytes(&rows, 1, &n);
	if (!note || note_open(key, note, n, &checkpoint, &mine) < 0 ||
		checkpoint.head.size != (uint64_t)*ret) {
		wrong(v, "the signed head of the log at %lld entries was altered", (long long)*ret);
		return 1;
	}
	TRY(add_head(v, &checkpoint.head, false, err));
	return 1;
}

static int read_heads(struct verifying *v, const char *witness, struct cf_error *err)
{
	char name[NOTE_NAME_MAX + 1];
	struct note_key key;
	int64_t after = -1;
	int status = 1;
	TRY(log_name(v->s, name, sizeof name, err));
	TRY(note_key_of(v->s->sign, name, &key, err));
	while (status > 0)
		status = read_head(v, &key, after, &after, err);
	TRY(status);
	if (witness) {
		struct note_checkpoint checkpoint;
		status = note_open(&key, witness, strlen(witness), &checkpoint, err);
		if (status < 0)
			return error_prefix(err, status, "the witness");
		v->result.had_witness = true;
		TRY(add_head(v, &checkpoint.head, true, err));
	}
	if (v->n_heads)
		qsort(v->heads, v->n_heads, sizeof *v->heads, compare_heads);
	return CF_OK;
}

/* Heads of the size that the tree has now. */
static void check_heads(struct verifying *v)
{
	while (v->next_head < v->n_heads && v->heads[v->next_head].head.size <= v->tree.size) {
		const struct head *head = &v->heads[v->next_head++];
		const struct merkle_hash root = merkle_root(&v->tree);
		if (head->head.size != v->tree.size ||
			memcmp(root.bytes, head->head.root.bytes, MERKLE_HASH_BYTES) != 0)
			wrong(v, "the log does not match %s of %llu entries",
				head->is_witness ? "the witness: a head that was handed out"
						 : "its signed head",
				(unsigned long long)head->head.size);
	}
}

static int set_word(
	struct verifying *v, const struct audit_shown_object *object, bool removed, struct cf_error *err)
{
	struct last_word *word = NULL;
	for (size_t i = 0; !word && i < v->n_words; i++)
		if (store_id_equal(&v->words[i].id, &object->id) &&
			strcmp(v->words[i].kind, object->kind) == 0)
			word = &v->words[i];
	if (!word) {
		struct last_word *grown = mem_grow(v->words, v->n_words, &v->words_capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		v->words = grown;
		word = &grown[v->n_words++];
	}
	*word = (struct last_word){.id = object->id, .removed = removed};
	memcpy(word->kind, object->kind, sizeof word->kind);
	memcpy(word->commitment, object->commitment, HASH_BYTES);
	return CF_OK;
}

static int take_object(struct verifying *v, const struct audit_entry *entry,
	const struct audit_shown_object *object, struct cf_error *err)
{
	const char *action = entry->action;
	if (strcmp(action, "record.put") == 0)
		return match_object(v, object, entry->leaf, err);
	if (strcmp(action, "user.set") == 0 || strcmp(action, "way-in.set") == 0 ||
		(strcmp(action, "login") == 0 && strcmp(object->kind, "user") == 0))
		return set_word(v, object, false, err);
	if (strcmp(action, "way-in.remove") == 0)
		return set_word(v, object, true, err);
	if (strcmp(action, "person.erase") == 0)
		return strcmp(object->kind, "person-key") == 0
			       ? set_word(v, object, false, err)
			       : note_erased(&v->logged, &object->id, object->revision, err);
	if (strcmp(action, "key.rotate") == 0)
		v->generation = object->revision;
	return CF_OK;
}

static int take_leaf(struct verifying *v, struct db_rows *rows, struct arena *arena, struct cf_error *err)
{
	struct audit_entry entry;
	struct cf_error mine = CF_ERROR_INIT;
	size_t n = 0;
	const void *data = db_bytes(rows, 1, &n);
	const uint64_t number = (uint64_t)db_integer(rows, 0);
	if (number != v->result.n_leaves)
		wrong(v, "entries %llu to %llu of the log are missing",
			(unsigned long long)v->result.n_leaves, (unsigned long long)number - 1);
	const struct merkle_hash leaf = merkle_leaf(data, n);
	merkle_add(&v->tree, &leaf);
	v->result.n_leaves = number + 1;
	check_heads(v);
	int status = entry_parse(data, n, arena, &entry, &mine);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0) {
		wrong(v, "entry %llu of the log cannot be read", (unsigned long long)number);
		return CF_OK;
	}
	entry.leaf = number;
	for (uint32_t i = 0; i < entry.n_objects; i++)
		TRY(take_object(v, &entry, &entry.objects[i], err));
	return CF_OK;
}

static int take_leaves(struct verifying *v, bool *ret_more, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	const struct db_value values[] = {DB_INT(v->result.n_leaves), DB_INT(PAGE)};
	int status = CF_OK;
	size_t n = 0;
	if (!arena)
		return error_memory(err);
	TRY(db_query(v->s->db, S_LEAF_AFTER, values, 2, &rows, err));
	while ((status = db_next(&rows, err)) > 0) {
		TRY(take_leaf(v, &rows, arena, err));
		arena_reset(arena);
		n++;
	}
	*ret_more = n == PAGE;
	return status;
}

/* ---- what must fit together at the end ---- */

static int check_state(struct verifying *v, struct cf_error *err)
{
	TRY(log_load(v->s, err));
	const struct merkle_hash kept = merkle_root(&v->s->tree);
	const struct merkle_hash root = merkle_root(&v->tree);
	if (v->s->tree.size != v->tree.size || memcmp(kept.bytes, root.bytes, sizeof root.bytes) != 0)
		wrong(v, "the state of the log does not fit its entries");
	if (v->s->n_revisions != v->result.n_revisions)
		wrong(v, "the log speaks of %llu revisions, its state of %llu",
			(unsigned long long)v->result.n_revisions, (unsigned long long)v->s->n_revisions);
	if (v->n_heads == 0 || v->heads[v->n_heads - 1].head.size != v->tree.size)
		wrong(v, "the log has no signed head of its %llu entries", (unsigned long long)v->tree.size);
	for (; v->next_head < v->n_heads; v->next_head++)
		wrong(v, "the log ends before %s of %llu entries: it was cut or set back",
			v->heads[v->next_head].is_witness ? "the witness" : "its signed head",
			(unsigned long long)v->heads[v->next_head].head.size);
	if (v->generation != v->s->generation)
		wrong(v, "the organisation's key is not the one that the log speaks of");
	return CF_OK;
}

static int check_count(
	struct verifying *v, enum statement which, uint64_t expected, const char *what, struct cf_error *err)
{
	uint64_t n = 0;
	TRY(count_of(v->s, which, NULL, 0, &n, err));
	if (n != expected)
		wrong(v, "there are %llu %s, and should be %llu", (unsigned long long)n, what,
			(unsigned long long)expected);
	return CF_OK;
}

static int check_columns(struct verifying *v, struct cf_error *err)
{
	struct cf_error mine = CF_ERROR_INIT;
	uint64_t n = 0;
	int status = columns_count(v->s, &n, &mine);
	if (status == CF_E_REFUSED) {
		wrong(v, "%s", mine.message);
		return CF_OK;
	}
	if (status < 0 && err)
		*err = mine;
	TRY(status);
	if (n != v->n_columns)
		wrong(v, "there are %llu coded values, and should be %llu", (unsigned long long)n,
			(unsigned long long)v->n_columns);
	return CF_OK;
}

static int check_counts(struct verifying *v, struct cf_error *err)
{
	const uint64_t n_records = v->n_current + v->n_erased_records;
	TRY(check_count(v, S_RECORD_COUNT, n_records, "records", err));
	TRY(check_count(v, S_RECORD_COUNT_ALL, v->n_current, "records that are not erased", err));
	TRY(check_count(v, S_RECORD_ID_COUNT, n_records, "ids of records", err));
	TRY(check_count(v, S_OWNED_COUNT, v->n_owned, "rows that say whose a record is", err));
	if (v->s->n_records != n_records)
		wrong(v, "the log's state speaks of %llu records, and there are %llu",
			(unsigned long long)v->s->n_records, (unsigned long long)n_records);
	if (v->s->organisation) {
		TRY(check_count(v, S_TERM_COUNT, v->n_terms, "rows in the blind index", err));
		TRY(check_columns(v, err));
	}
	v->result.n_records = n_records;
	v->result.n_erased = v->n_erased_records;
	return CF_OK;
}

static int compare_erased(const void *a, const void *b)
{
	const struct erased_revision *x = a;
	const struct erased_revision *y = b;
	int order = memcmp(x->id.bytes, y->id.bytes, STORE_ID_BYTES);
	return order ? order : (x->revision > y->revision) - (x->revision < y->revision);
}

/* What is empty was erased, and what was erased is empty. */
static void check_erasures(struct verifying *v)
{
	struct erased_list *lists[] = {&v->logged, &v->found};
	for (size_t i = 0; i < 2; i++)
		if (lists[i]->n)
			qsort(lists[i]->at, lists[i]->n, sizeof *lists[i]->at, compare_erased);
	size_t i = 0;
	size_t j = 0;
	while (i < v->logged.n || j < v->found.n) {
		int order = i == v->logged.n  ? 1
			    : j == v->found.n ? -1
					      : compare_erased(&v->logged.at[i], &v->found.at[j]);
		if (order < 0)
			wrong(v, "a revision that was erased stands again");
		if (order > 0)
			wrong(v, "a revision is empty, and the log knows of no erasure");
		i += order <= 0;
		j += order >= 0;
	}
}

static struct last_word *find_word(struct verifying *v, const char *kind, const struct store_id *id)
{
	for (size_t i = 0; i < v->n_words; i++)
		if (store_id_equal(&v->words[i].id, id) && strcmp(v->words[i].kind, kind) == 0)
			return &v->words[i];
	return NULL;
}

/* Whether the log's last word on the object is this. */
static bool agrees(
	struct verifying *v, const char *kind, const struct store_id *id, const uint8_t mac[HASH_BYTES])
{
	uint8_t commitment[HASH_BYTES];
	struct last_word *word = find_word(v, kind, id);
	if (!word || word->removed)
		return false;
	word->met = true;
	commitment_of(v->s, kind, id, 0, mac, HASH_BYTES, commitment);
	return memcmp(commitment, word->commitment, HASH_BYTES) == 0;
}

static void check_slot(struct verifying *v, const struct slot *slot)
{
	const struct store_id id = name_id("way-in", slot->holder);
	if (!agrees(v, "way-in", &id, slot->mac) ||
		(v->s->organisation && !slot_is_ours(v->s, slot, v->s->organisation)))
		wrong(v, "the way in of '%s' is not the one that the log speaks of",
			slot->holder[0] ? slot->holder : "the organisation");
}

static int check_slots(struct verifying *v, struct cf_error *err)
{
	struct slot slot = {0};
	int status = slot_get(v->s, "", &slot, err);
	TRY(status);
	if (status)
		check_slot(v, &slot);
	memset(slot.holder, 0, sizeof slot.holder);
	while ((status = slot_after(v->s, slot.holder, &slot, err)) > 0)
		check_slot(v, &slot);
	return status;
}

static int check_users(struct verifying *v, struct cf_error *err)
{
	struct user_row row = {0};
	int status = 0;
	while ((status = user_after(v->s, row.user.name, &row, err)) > 0) {
		const struct store_id id = name_id("user", row.user.name);
		uint8_t mac[HASH_BYTES];
		user_mac(v->s, &row, mac);
		if (!agrees(v, "user", &id, row.mac) || memcmp(mac, row.mac, sizeof mac) != 0)
			wrong(v, "user '%s' is not as the log has them", row.user.name);
	}
	return status;
}

static int next_erased(struct verifying *v, const struct store_id *after, bool any, struct store_id *ret,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(after->bytes, any ? STORE_ID_BYTES : 0)};
	TRY(db_query(v->s->db, S_ERASED_AFTER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status > 0)
		TRY(db_fixed(&rows, 0, ret->bytes, STORE_ID_BYTES, err));
	return status;
}

static int check_persons(struct verifying *v, struct cf_error *err)
{
	struct store_id person = {{0}};
	bool any = false;
	int status = 0;
	while ((status = next_erased(v, &person, any, &person, err)) > 0) {
		struct last_word *word = find_word(v, "person-key", &person);
		any = true;
		if (word)
			word->met = true;
		else
			wrong(v, "a person is marked as erased, and the log knows of no erasure");
	}
	return status;
}

static void check_words(struct verifying *v)
{
	for (size_t i = 0; i < v->n_words; i++)
		if (!v->words[i].met && !v->words[i].removed)
			wrong(v, "a %s that the log speaks of is missing", v->words[i].kind);
}

static int verify_all(struct verifying *v, const char *witness, struct cf_error *err)
{
	bool more = true;
	TRY(read_heads(v, witness, err));
	while (more)
		TRY(take_leaves(v, &more, err));
	TRY(pull(v, err));
	while (v->pulled) {
		wrong(v, "revision %lld stands where the log knows none", (long long)v->row.number);
		v->pulled = false;
		TRY(pull(v, err));
	}
	TRY(check_state(v, err));
	TRY(check_counts(v, err));
	check_erasures(v);
	TRY(check_slots(v, err));
	TRY(check_users(v, err));
	TRY(check_persons(v, err));
	check_words(v);
	return login_check(v->s, v->report, v->context, &v->result.n_wrong, err);
}

int audit_verify(struct store *s, const char *witness, audit_report_function report, void *context,
	struct audit_verified *ret, struct cf_error *err)
{
	bool own = false;
	if (s->running)
		return error_set(err, CF_E_INTERNAL, "verifying inside a transaction");
	struct verifying *v = NEW(struct verifying);
	if (!v)
		return error_memory(err);
	v->s = s;
	v->report = report;
	v->context = context;
	v->generation = 1;
	v->result.opened_records = s->organisation != NULL;
	int status = enter(s, false, &own, err);
	if (status >= 0) {
		status = verify_all(v, witness, err);
		db_rows_done(&v->revisions);
		status = leave(s, own, status, err);
	}
	const struct audit_verified result = v->result;
	done(v);
	TRY(status);
	*ret = result;
	if (result.n_wrong)
		return error_set(err, CF_E_REFUSED, "%s does not verify: %llu things are wrong", s->db->name,
			(unsigned long long)result.n_wrong);
	return CF_OK;
}
