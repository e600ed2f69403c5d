/* Reading records, their history, lists, searches and counts. */
#include <string.h>

#include "store/inside.h"

/* ---- one record ---- */

/* The row of a revision by its count, going back from the latest. */
static int find_revision(struct store *s, const struct record_row *record, uint64_t revision, int64_t *ret,
	struct cf_error *err)
{
	int64_t number = record->latest;
	for (uint64_t steps = 0; number > 0 && steps <= record->revision; steps++) {
		CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
		struct revision_row row;
		const struct db_value values[] = {DB_INT(number)};
		TRY(db_query(s->db, S_REVISION_GET, values, 1, &rows, err));
		int status = db_next(&rows, err);
		TRY(status);
		if (!status)
			break;
		TRY(read_revision_row(&rows, 0, &row, err));
		if (row.revision == revision) {
			*ret = number;
			return CF_OK;
		}
		number = row.previous;
	}
	return error_set(
		err, CF_E_NOT_FOUND, "the record has no revision %llu", (unsigned long long)revision);
}

static int get(struct store *s, const struct store_id *id, uint64_t revision, struct store_record *ret,
	struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record found = STORE_RECORD_INIT;
	struct record_row record;
	int status = record_by_id(s, id, &record, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_NOT_FOUND, "there is no such record");
	if (record.erased)
		return error_set(err, CF_E_STATE, "the record was erased");
	int64_t number = record.latest;
	if (revision)
		TRY(find_revision(s, &record, revision, &number, err));
	TRY(load_revision(s, &record, number, &found, NULL, err));
	if (!revision &&
		(found.revision != record.revision || !store_id_equal(&found.person_id, &record.person_id) ||
			!store_id_equal(&found.case_id, &record.case_id)))
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: record %lld is not what it was", s->db->name,
			(long long)record.number);
	*ret = found;
	found = (struct store_record)STORE_RECORD_INIT;
	return CF_OK;
}

int store_get(struct store *s, const struct store_id *id, uint64_t revision, struct store_record *ret,
	struct cf_error *err)
{
	struct store_record found = STORE_RECORD_INIT;
	bool own = false;
	TRY(enter(s, false, &own, err));
	int status = leave(s, own, get(s, id, revision, &found, err), err);
	if (status < 0)
		store_record_done(&found);
	else
		*ret = found;
	return status;
}

/* ---- history ---- */

void store_history_done(struct store_history *h)
{
	h->at = mem_free(h->at);
	h->n = 0;
}

static int add_revision(
	struct store *s, struct store_history *h, int64_t number, int64_t *ret_previous, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct revision_row row;
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_REVISION_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: a revision is missing",
			s->db->name);
	TRY(read_revision_row(&rows, 0, &row, err));
	struct store_revision *to = &h->at[h->n++];
	*to = (struct store_revision){
		.revision = row.revision, .time_ms = row.time_ms, .leaf = row.leaf, .erased = row.erased};
	memcpy(to->author, row.author, sizeof to->author);
	*ret_previous = row.previous;
	return CF_OK;
}

static int history(
	struct store *s, const struct store_id *id, struct store_history *ret, struct cf_error *err)
{
	CF_CLEANUP(store_history_done) struct store_history h = STORE_HISTORY_INIT;
	struct record_row record;
	int status = record_by_id(s, id, &record, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_NOT_FOUND, "there is no such record");
	/* no record has more revisions than the store */
	if (record.revision > (uint64_t)record.latest)
		return error_set(
			err, CF_E_REFUSED, "%s was altered or is damaged: a count of revisions", s->db->name);
	h.at = NEW_ARRAY_ZERO(struct store_revision, record.revision);
	if (!h.at)
		return error_memory(err);
	int64_t number = record.latest;
	while (number > 0 && h.n < record.revision)
		TRY(add_revision(s, &h, number, &number, err));
	if (number || h.n != record.revision)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the chain of revisions is broken", s->db->name);
	for (size_t i = 0; i < h.n / 2; i++) {
		struct store_revision moved = h.at[i];
		h.at[i] = h.at[h.n - 1 - i];
		h.at[h.n - 1 - i] = moved;
	}
	*ret = h;
	h = (struct store_history)STORE_HISTORY_INIT;
	return CF_OK;
}

int store_history(struct store *s, const struct store_id *id, struct store_history *ret, struct cf_error *err)
{
	bool own = false;
	TRY(enter(s, false, &own, err));
	return leave(s, own, history(s, id, ret, err), err);
}

/* ---- pages ---- */

void store_page_done(struct store_page *p)
{
	p->at = mem_free(p->at);
	p->n = 0;
}

/* A statement that lists, with room for the key to begin before and the limit at its end. */
struct listing {
	enum statement which;
	struct db_value values[4];
	size_t n_values;
};

struct wanted {
	int64_t entity; /* 0: any */
	const struct store_id *person_id;
	const struct store_id *case_id;
};

static bool fits(const struct wanted *wanted, const struct record_row *row)
{
	return !row->erased && (!wanted->entity || row->entity == wanted->entity) &&
	       (!wanted->person_id || store_id_equal(wanted->person_id, &row->person_id)) &&
	       (!wanted->case_id || store_id_equal(wanted->case_id, &row->case_id));
}

static void fill(const struct record_row *row, uint64_t time_ms, struct store_entry *ret)
{
	*ret = (struct store_entry){.key = (uint64_t)row->number,
		.id = row->id,
		.person_id = row->person_id,
		.case_id = row->case_id,
		.revision = row->revision,
		.time_ms = time_ms};
}

/* A page that is being filled. */
struct filling {
	struct store_page page;
	int64_t *entities; /* of its entries, to be named at the end */
	size_t limit;
	int64_t before; /* where to go on */
	bool end;       /* there are no more */
};

static void filling_done(struct filling *f)
{
	store_page_done(&f->page);
	f->entities = mem_free(f->entities);
}

static int filling_start(struct filling *f, size_t limit, uint64_t before, struct cf_error *err)
{
	f->limit = limit;
	f->before = before && before <= INT64_MAX ? (int64_t)before : INT64_MAX;
	f->entities = NEW_ARRAY_ZERO(int64_t, limit + 1);
	f->page.at = NEW_ARRAY_ZERO(struct store_entry, limit + 1);
	return f->page.at && f->entities ? CF_OK : error_memory(err);
}

/* A row of a statement that lists: a record's columns, then the time of its current revision. */
static int fill_from(
	struct filling *f, struct db_rows *rows, const struct wanted *wanted, struct cf_error *err)
{
	struct record_row row;
	TRY(read_record_row(rows, 0, &row, err));
	f->before = row.number;
	if (wanted && !fits(wanted, &row))
		return CF_OK;
	f->entities[f->page.n] = row.entity;
	fill(&row, (uint64_t)db_integer(rows, RECORD_ROW_COLUMNS), &f->page.at[f->page.n++]);
	return CF_OK;
}

/* Adds rows that fit until the page has one more than its limit. */
static int list_some(struct store *s, const struct listing *listing, const struct wanted *wanted,
	struct filling *f, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	size_t n = 0;
	int status = CF_OK;
	TRY(db_query(s->db, listing->which, listing->values, listing->n_values, &rows, err));
	while (f->page.n <= f->limit && (status = db_next(&rows, err)) > 0) {
		TRY(fill_from(f, &rows, wanted, err));
		n++;
	}
	f->end = n < f->limit + 1;
	return status < 0 ? status : CF_OK;
}

static int name_entries(
	struct store *s, struct store_page *page, const int64_t *entities, struct cf_error *err)
{
	char text[NAME_TEXT_MAX + 1];
	int64_t last = 0;
	for (size_t i = 0; i < page->n; i++) {
		if (entities[i] != last)
			TRY(name_text(s, entities[i], text, err));
		last = entities[i];
		if (!is_plain_name(text))
			return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: an entity's name",
				s->db->name);
		memcpy(page->at[i].entity, text, strlen(text) + 1);
	}
	return CF_OK;
}

/* Gives the page away when it is full or there are no more. */
static int filling_finish(struct store *s, struct filling *f, struct store_page *ret, struct cf_error *err)
{
	f->page.more = f->page.n > f->limit;
	f->page.n = f->page.more ? f->limit : f->page.n;
	TRY(name_entries(s, &f->page, f->entities, err));
	*ret = f->page;
	f->page = (struct store_page)STORE_PAGE_INIT;
	return CF_OK;
}

static int list_pages(struct store *s, struct listing *listing, const struct wanted *wanted,
	const struct store_query *query, struct store_page *ret, struct cf_error *err)
{
	CF_CLEANUP(filling_done) struct filling f = {.page = STORE_PAGE_INIT};
	TRY(filling_start(&f, query->limit, query->before, err));
	listing->n_values += 2;
	while (!f.end && f.page.n <= f.limit) {
		listing->values[listing->n_values - 2] = DB_INT(f.before);
		listing->values[listing->n_values - 1] = DB_INT(f.limit + 1);
		TRY(list_some(s, listing, wanted, &f, err));
	}
	return filling_finish(s, &f, ret, err);
}

/* Adds the record to the page, when it is there. */
static int list_one(struct store *s, int64_t number, struct filling *f, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_LIST_ONE, values, 1, &rows, err));
	int status = db_next(&rows, err);
	return status > 0 ? fill_from(f, &rows, NULL, err) : status;
}

/* From the chunks of a value's records, the last first. */
static int list_by_value(
	struct store *s, const struct store_query *query, struct store_page *ret, struct cf_error *err)
{
	CF_CLEANUP(filling_done) struct filling f = {.page = STORE_PAGE_INIT};
	CF_CLEANUP_FREE struct chunk *chunk = NEW(struct chunk);
	const size_t n_value = strlen(query->value);
	int64_t field = 0;
	int status = 1;
	if (!chunk)
		return error_memory(err);
	TRY(filling_start(&f, query->limit, query->before, err));
	TRY(name_number(s, query->entity, query->field, false, &field, err));
	int64_t before = f.before;
	while (f.page.n <= f.limit &&
		(status = columns_before(s, field, query->value, n_value, before, chunk, err)) > 0) {
		for (size_t i = chunk->n; i-- > 0 && f.page.n <= f.limit;)
			if (chunk->at[i] < before)
				TRY(list_one(s, chunk->at[i], &f, err));
		before = chunk->at[0];
	}
	TRY(status);
	return filling_finish(s, &f, ret, err);
}

static int check_query(const struct store_query *query, struct cf_error *err)
{
	if (query->limit == 0 || query->limit > STORE_PAGE_MAX)
		return error_set(err, CF_E_USAGE, "a page has 1 to %d entries", STORE_PAGE_MAX);
	if (query->entity)
		TRY(check_name("an entity", query->entity, err));
	if (query->field && (!query->entity || !query->value))
		return error_set(err, CF_E_USAGE, "listing by a field needs its entity and a value");
	if (query->field)
		TRY(check_name("a field", query->field, err));
	return CF_OK;
}

/* The statement for the most telling condition; the others are looked through. */
static int choose(struct store *s, const struct store_query *query, struct listing *ret, struct cf_error *err)
{
	int64_t number = 0;
	if (query->person_id || query->case_id) {
		const struct store_id *id = query->person_id ? query->person_id : query->case_id;
		*ret = (struct listing){
			.which = query->person_id ? S_LIST_PERSON : S_LIST_CASE, .n_values = 1};
		ret->values[0] = DB_BYTES(id->bytes, STORE_ID_BYTES);
		TRY(late_flush(s, err));
	} else if (query->entity) {
		TRY(name_number(s, query->entity, NULL, false, &number, err));
		*ret = (struct listing){.which = S_LIST_ENTITY, .n_values = 1};
		ret->values[0] = DB_INT(number);
	} else {
		*ret = (struct listing){.which = S_LIST_ALL};
	}
	return CF_OK;
}

static int list(
	struct store *s, const struct store_query *query, struct store_page *ret, struct cf_error *err)
{
	struct listing listing;
	struct wanted wanted = {.person_id = query->person_id, .case_id = query->case_id};
	if (query->entity) {
		TRY(name_number(s, query->entity, NULL, false, &wanted.entity, err));
		if (!wanted.entity) {
			*ret = (struct store_page)STORE_PAGE_INIT;
			return CF_OK;
		}
	}
	if (query->field && (query->person_id || query->case_id))
		return error_set(err, CF_E_USAGE, "list by a field, or by a person or case, not by both");
	if (query->field)
		return list_by_value(s, query, ret, err);
	TRY(choose(s, query, &listing, err));
	return list_pages(s, &listing, &wanted, query, ret, err);
}

int store_list(struct store *s, const struct store_query *query, struct store_page *ret, struct cf_error *err)
{
	bool own = false;
	TRY(check_query(query, err));
	TRY(enter(s, false, &own, err));
	return leave(s, own, list(s, query, ret, err), err);
}

/* ---- search ---- */

static int find(struct store *s, const char *entity, const struct store_term *term, size_t limit,
	struct store_page *ret, struct cf_error *err)
{
	CF_CLEANUP(filling_done) struct filling f = {.page = STORE_PAGE_INIT};
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	uint8_t tag[TAG_BYTES];
	int64_t field = 0;
	int status = CF_OK;
	TRY(filling_start(&f, limit, 0, err));
	TRY(name_number(s, entity, term->field, false, &field, err));
	blind_tag(s, entity, term->field, term->data, term->n, tag);
	const struct db_value values[] = {DB_INT(field), DB_BYTES(tag, sizeof tag), DB_INT(limit + 1)};
	TRY(late_flush(s, err));
	TRY(db_query(s->db, S_TERM_FIND, values, 3, &rows, err));
	while (f.page.n <= limit && (status = db_next(&rows, err)) > 0)
		TRY(fill_from(&f, &rows, NULL, err));
	TRY(status);
	return filling_finish(s, &f, ret, err);
}

int store_find(struct store *s, const char *entity, const struct store_term *term, size_t limit,
	struct store_page *ret, struct cf_error *err)
{
	bool own = false;
	TRY(need_records(s, err));
	TRY(check_name("an entity", entity, err));
	TRY(check_name("a field", term->field, err));
	if (limit == 0 || limit > STORE_PAGE_MAX)
		return error_set(err, CF_E_USAGE, "a page has 1 to %d entries", STORE_PAGE_MAX);
	TRY(enter(s, false, &own, err));
	return leave(s, own, find(s, entity, term, limit, ret, err), err);
}

/* ---- counts ---- */

void store_counts_done(struct store_counts *c)
{
	c->at = mem_free(c->at);
	c->n = 0;
}

static int count(struct store *s, const char *entity, const char *field, struct store_counts *ret,
	struct cf_error *err)
{
	CF_CLEANUP(store_counts_done) struct store_counts counts = STORE_COUNTS_INIT;
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	size_t capacity = 0;
	int64_t number = 0;
	int status = CF_OK;
	TRY(name_number(s, entity, field, false, &number, err));
	const struct db_value values[] = {DB_INT(number)};
	TRY(db_query(s->db, S_COLUMN_COUNT_VALUES, values, 1, &rows, err));
	while ((status = db_next(&rows, err)) > 0) {
		struct store_count *grown = mem_grow(counts.at, counts.n, &capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		counts.at = grown;
		TRY(db_string_of_bytes(&rows, 0, grown[counts.n].value, STORE_VALUE_MAX, err));
		grown[counts.n++].n = (uint64_t)db_integer(&rows, 1);
	}
	TRY(status);
	*ret = counts;
	counts = (struct store_counts)STORE_COUNTS_INIT;
	return CF_OK;
}

int store_count(struct store *s, const char *entity, const char *field, struct store_counts *ret,
	struct cf_error *err)
{
	bool own = false;
	TRY(check_name("an entity", entity, err));
	TRY(check_name("a field", field, err));
	TRY(enter(s, false, &own, err));
	return leave(s, own, count(s, entity, field, ret, err), err);
}

static int size(struct store *s, const char *entity, uint64_t *ret, struct cf_error *err)
{
	int64_t number = 0;
	if (!entity)
		return count_of(s, S_RECORD_COUNT_ALL, NULL, 0, ret, err);
	TRY(name_number(s, entity, NULL, false, &number, err));
	const struct db_value values[] = {DB_INT(number)};
	return count_of(s, S_RECORD_COUNT_ENTITY, values, 1, ret, err);
}

int store_size(struct store *s, const char *entity, uint64_t *ret, struct cf_error *err)
{
	bool own = false;
	TRY(enter(s, false, &own, err));
	return leave(s, own, size(s, entity, ret, err), err);
}
