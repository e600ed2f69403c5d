#include "work/casebook/take_in.h"

#include <inttypes.h>
#include <string.h>

#include <uthash.h>

#include "base/file.h"
#include "base/interrupt.h"
#include "intake/clean.h"
#include "intake/rejects.h"
#include "store/audit.h"
#include "work/casebook/casebook_parts.h"

enum {
	BATCH_ITEMS = 1 << 14,
	BATCH_BYTES = 48 << 20,
	MAX_FAULT_LINES = 5000,
	MAX_ACCESS = 64,
	N_DRAWN = 64 /* more than a row has records; a power of two */
};

/* A source id of this batch, which the store does not know yet. */
struct pending {
	struct record_id id;
	bool is_only_a_name; /* made because another refers to it: a row that says more takes its place */
	size_t item;
	UT_hash_handle hh;
	char key[]; /* entity, line end, source id */
};

struct taking {
	struct casebook *c;
	const struct take_in_request *q;
	struct take_in_counts *counts;
	struct buffer *description;
	struct buffer *faults;
	const struct mapping *mapping;
	const struct phone_region *region;
	struct rejects *rejects;
	/* the batch */
	struct arena *arena;
	size_t bytes;
	/* the last ids that identify drew, so that the store is not asked for what it cannot have */
	struct record_id drawn[N_DRAWN];
	size_t n_drawn;
	struct store_item *items;
	size_t n_items;
	struct store_result *results;
	struct pending *pending;
	uint64_t n_fault_lines;
	const struct import_row *row; /* at hand */
	struct store_id referred;     /* the last that may be referred to */
	/* for the log, which must keep it although the import's transaction is rolled back */
	struct {
		bool is_set;
		enum permission_action action;
		struct store_id id;
		uint64_t line;
	} refusal;
};

static void forget_pending(struct taking *t)
{
	struct pending *at;
	struct pending *next;
	HASH_ITER(hh, t->pending, at, next)
	{
		HASH_DEL(t->pending, at);
		mem_free(at);
	}
}

static void taking_done(struct taking *t)
{
	forget_pending(t);
	t->arena = arena_free(t->arena);
	t->items = mem_free(t->items);
	t->results = mem_free(t->results);
	t->rejects = rejects_free(t->rejects);
}

/* ---- batches ---- */

static int flush(struct taking *t, struct cf_error *err)
{
	if (t->n_items == 0)
		return CF_OK;
	TRY(store_put_batch(t->c->store, t->items, t->n_items, &t->q->why, t->results, err));
	for (size_t i = 0; i < t->n_items; i++) {
		t->counts->n_new += t->results[i].outcome == STORE_NEW;
		t->counts->n_changed += t->results[i].outcome == STORE_CHANGED;
		t->counts->n_unchanged += t->results[i].outcome == STORE_UNCHANGED;
	}
	forget_pending(t);
	scope_forget(t->c);
	arena_reset(t->arena);
	t->n_items = 0;
	t->bytes = 0;
	return interrupt_requested() ? error_set(err, CF_E_INTERRUPTED, "interrupted; nothing was imported")
				     : CF_OK;
}

/* ---- which record a row is about ---- */

static size_t make_key(const char *entity, const char *source_id, char *to, size_t room)
{
	const size_t n_entity = strnlen(entity, STORE_NAME_MAX);
	const size_t n_source = strnlen(source_id, room - n_entity - 1);
	memcpy(to, entity, n_entity);
	to[n_entity] = '\n';
	memcpy(to + n_entity + 1, source_id, n_source);
	return n_entity + 1 + n_source;
}

enum { MAX_KEY = STORE_NAME_MAX + STORE_TEXT_MAX + 2 };

static struct pending *find_pending(struct taking *t, const char *entity, const char *source_id)
{
	char key[MAX_KEY];
	struct pending *found = NULL;
	size_t n = make_key(entity, source_id, key, sizeof key);
	HASH_FIND(hh, t->pending, key, n, found);
	return found;
}

static int add_pending(
	struct taking *t, const char *entity, const struct import_record *r, struct cf_error *err)
{
	char key[MAX_KEY];
	size_t n = make_key(entity, r->source_id, key, sizeof key);
	struct pending *p = mem_alloc(1, sizeof *p + n);
	if (!p)
		return error_memory(err);
	p->id = *record_id(r->record);
	p->is_only_a_name = r->only_if_absent;
	p->item = t->n_items;
	memcpy(p->key, key, n);
	HASH_ADD_KEYPTR(hh, t->pending, p->key, n, p);
	return CF_OK;
}

static int identify(void *context, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	struct taking *t = context;
	struct store_id known;
	const struct pending *p = find_pending(t, entity->name, source_id);
	if (p) {
		*ret = p->id;
		return CF_OK;
	}
	struct cf_error ignored = CF_ERROR_INIT;
	int status = store_find_source(t->c->store, entity->name, source_id, &known, &ignored);
	if (status >= 0) {
		*ret = item_record_id(&known);
		return CF_OK;
	}
	if (status == CF_E_NOT_FOUND) {
		record_id_new(ret);
		t->drawn[t->n_drawn++ % N_DRAWN] = *ret;
		return CF_OK;
	}
	if (err)
		*err = ignored;
	return status;
}

/* Whether the id was drawn lately, for the record at hand alone: with the next one it is a known one. */
static bool take_drawn(struct taking *t, const struct record_id *id)
{
	for (size_t i = t->n_drawn; i > 0 && i + N_DRAWN > t->n_drawn; i--) {
		struct record_id *drawn = &t->drawn[(i - 1) % N_DRAWN];
		if (memcmp(drawn, id, sizeof *id) == 0) {
			*drawn = (struct record_id){{0}};
			return true;
		}
	}
	return false;
}

/* ---- records to items ---- */

static int copy_access(
	struct taking *t, const struct store_record *r, struct item_access *ret, struct cf_error *err)
{
	struct store_column found[MAX_ACCESS];
	size_t n = access_columns(r, found, MAX_ACCESS);
	struct store_column *copy = arena_alloc(t->arena, n + 1, sizeof *copy);
	if (!copy)
		return error_memory(err);
	for (size_t i = 0; i < n; i++) {
		copy[i].field = arena_strndup(t->arena, found[i].field, strlen(found[i].field));
		copy[i].value = arena_strndup(t->arena, found[i].value, strlen(found[i].value));
		if (!copy[i].field || !copy[i].value)
			return error_memory(err);
	}
	*ret = (struct item_access){.columns = copy, .n = n, .record_goes = true};
	return CF_OK;
}

/* ---- what the user may not ---- */

static int refuse(
	struct taking *t, enum permission_action action, const struct store_id *id, struct cf_error *err)
{
	t->refusal.is_set = true;
	t->refusal.action = action;
	t->refusal.id = *id;
	t->refusal.line = t->row->line;
	return error_set(err, CF_E_REFUSED, "a row is about records of others");
}

/* A record of the row is the user's, or the row is refused; but a person or case that is there already and of
 * whom the row says no more than a name is not looked at otherwise. */
static bool is_of_row(const struct taking *t, const struct record_id *id)
{
	for (size_t i = 0; i < t->row->n; i++) {
		const struct import_record *r = &t->row->records[i];
		const char *entity = record_entity(r->record)->name;
		if (memcmp(record_id(r->record), id, sizeof *id) == 0)
			return !r->only_if_absent ||
			       (strcmp(entity, "person") != 0 && strcmp(entity, "case") != 0);
	}
	return false;
}

/* What a record newly refers to must be the user's to work on: a role in a case of one's own would else open
 * any person whose id one has. What is not in the store yet comes with this file. */
static int check_references(
	struct taking *t, const struct record *before, const struct record *r, struct cf_error *err)
{
	const struct record_value *v = record_values(r);
	for (size_t i = 0; i < record_n_values(r); i++) {
		struct record_id named;
		if (v[i].field->type != SCHEMA_REFERENCE || v[i].state != RECORD_KNOWN ||
			had_reference(before, &v[i]) || !record_id_parse(v[i].text, &named) ||
			is_of_row(t, &named))
			continue;
		const struct store_id id = item_store_id(&named);
		if (store_id_equal(&id, &t->referred))
			continue;
		/* what this file has brought is the user's, also while its case is still to come */
		int may = store_made_now(t->c->store, &id, err);
		if (may == 0)
			may = may_refer_to(t->c, &id, err);
		TRY(may);
		if (!may)
			return refuse(t, ACTION_ADD, &id, err);
		t->referred = id;
	}
	return CF_OK;
}

/* 1: goes on; 0: is there already and is to stay. */
static int look_at_known(
	struct taking *t, const struct import_record *r, struct item_access *access, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	struct cf_error ignored = CF_ERROR_INIT;
	struct store_id id = item_store_id(record_id(r->record));
	enum permission_scope scope;
	int status = store_get(t->c->store, &id, 0, &stored, &ignored);
	if (status == CF_E_NOT_FOUND) {
		TRY(check_references(t, NULL, r->record, err));
		return 1;
	}
	if (status < 0) {
		if (err)
			*err = ignored;
		return status;
	}
	if (r->only_if_absent)
		return 0;
	CF_CLEANUP_RECORD struct record *before = NULL;
	TRY(scope_of(t->c, &stored, &scope, err));
	int is_of_file = store_made_now(t->c->store, &id, err);
	TRY(is_of_file);
	if (!is_of_file && !permission_allows(t->c->role, ACTION_EDIT, scope))
		return refuse(t, ACTION_EDIT, &id, err);
	TRY(item_record(&stored, &before, err));
	TRY(check_references(t, before, r->record, err));
	TRY(copy_access(t, &stored, access, err));
	return 1;
}

static int add_item(struct taking *t, const struct import_record *r, const struct item_access *access,
	size_t at, struct cf_error *err)
{
	struct store_item *item = &t->items[at];
	const bool is_new = item->is_new;
	TRY(item_of(r->record, access, t->c->tools, t->arena, item, err));
	item->is_new = is_new;
	size_t n = strlen(r->source_id);
	item->source_id = arena_strndup(t->arena, r->source_id, n);
	if (!item->source_id)
		return error_memory(err);
	t->bytes += item->n_payload + n + 64 * (item->n_terms + item->n_columns);
	return CF_OK;
}

static int take_record(struct taking *t, const struct import_record *r, struct cf_error *err)
{
	const char *entity = record_entity(r->record)->name;
	bool is_case = strcmp(entity, "case") == 0;
	struct store_column mine[] = {
		{.field = is_case ? ITEM_COLUMN_OWNER : ITEM_COLUMN_AUTHOR, .value = t->c->user}};
	struct item_access access = {.columns = mine, .n = 1, .record_goes = true};
	struct pending *p = find_pending(t, entity, r->source_id);
	if (p && r->only_if_absent)
		return CF_OK;
	if (p && p->is_only_a_name) {
		TRY(check_references(t, NULL, r->record, err));
		p->is_only_a_name = false;
		return add_item(t, r, &access, p->item, err);
	}
	/* where the file says twice what a record is, the store has to see one after the other */
	if (p)
		TRY(flush(t, err));
	const bool is_new = take_drawn(t, record_id(r->record));
	if (is_new)
		TRY(check_references(t, NULL, r->record, err));
	int goes_on = is_new ? 1 : look_at_known(t, r, &access, err);
	if (goes_on <= 0)
		return goes_on;
	TRY(add_pending(t, entity, r, err));
	t->items[t->n_items].is_new = is_new;
	TRY(add_item(t, r, &access, t->n_items, err));
	t->n_items++;
	return CF_OK;
}

static int take_row(void *context, const struct import_row *row, struct cf_error *err)
{
	struct taking *t = context;
	t->row = row;
	if (t->n_items + row->n > BATCH_ITEMS || t->bytes > BATCH_BYTES)
		TRY(flush(t, err));
	for (size_t i = 0; i < row->n; i++)
		TRY(take_record(t, &row->records[i], err));
	return CF_OK;
}

/* ---- faults ---- */

static int take_fault(void *context, const struct import_fault *fault, struct cf_error *err)
{
	struct taking *t = context;
	if (t->n_fault_lines++ >= MAX_FAULT_LINES)
		return CF_OK;
	TRY_MEMORY(import_fault_format(fault, t->faults), err);
	TRY_MEMORY(buffer_append_char(t->faults, '\n'), err);
	return CF_OK;
}

static int take_reject(void *context, const struct row_source *rows, const struct row *row,
	const char *reasons, struct cf_error *err)
{
	struct taking *t = context;
	return t->rejects ? rejects_add(t->rejects, rows, row, reasons, err) : CF_OK;
}

/* ---- the whole ---- */

static int log_import(struct taking *t, struct cf_error *err)
{
	static const char *const modes[] = {"all", "partial", "dry-run"};
	struct audit_event event = {.action = "import", .code = modes[t->q->mode]};
	return audit_append(t->c->store, &event, NULL, err);
}

/* A transaction of its own, that may be run again. */
static int run(struct store *s, void *context, struct cf_error *err)
{
	struct taking *t = context;
	(void)s;
	forget_pending(t);
	arena_reset(t->arena);
	t->n_items = 0;
	t->bytes = 0;
	t->n_fault_lines = 0;
	t->n_drawn = 0;
	t->referred = (struct store_id){{0}};
	t->refusal.is_set = false;
	*t->counts = (struct take_in_counts){0};
	buffer_clear(t->faults);
	buffer_clear(t->description);
	if (t->q->mode == IMPORT_PARTIAL) {
		t->rejects = rejects_free(t->rejects);
		TRY(rejects_new(&t->rejects, err));
	}
	struct import_options o = IMPORT_OPTIONS_INIT;
	o.mode = t->q->mode;
	o.rows.sheet = t->q->sheet;
	o.mapping = t->mapping;
	o.source_name = t->q->source_name;
	o.region = t->region;
	o.progress = t->q->progress;
	struct import_sink sink = {.context = t,
		.identify = identify,
		.row = take_row,
		.fault = take_fault,
		.reject = take_reject};
	TRY(import_file(t->q->path, &o, &sink, &t->counts->rows, t->description, err));
	if (t->q->mode == IMPORT_DRY_RUN)
		return CF_OK;
	TRY(flush(t, err));
	return log_import(t, err);
}

static int read_mapping(const char *path, struct mapping **ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	TRY(ini_open(path, &ini, err));
	return mapping_parse(ini, ret, err);
}

static int find_region(const struct take_in_request *q, const struct phone_region **ret, struct cf_error *err)
{
	CF_CLEANUP_TEXT_TOOLS struct text_tools *tools = NULL;
	const struct schema_code *code = NULL;
	if (!q->country)
		return CF_OK;
	TRY(text_tools_new(&tools, err));
	TRY(schema_code_match(
		schema_code_list("iso.country"), tools, q->country, strlen(q->country), &code, err));
	*ret = code ? clean_phone_region(code->code) : NULL;
	return *ret ? CF_OK : error_set(err, CF_E_USAGE, "--country: no such country, or none with phones");
}

/* The good rows are in the store by now: without this file nobody would know which were not. */
static int write_rejects(const struct taking *t, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if (!t->q->rejects || !t->rejects || !rejects_count(t->rejects))
		return CF_OK;
	TRY(rejects_write(t->rejects, &out, err));
	return file_write_atomic(t->q->rejects, buffer_text(&out), out.n, 0600, err);
}

int take_in(struct casebook *c, const struct take_in_request *q, struct take_in_counts *ret,
	struct buffer *description, struct buffer *faults, struct cf_error *err)
{
	struct take_in_counts counts = {0};
	CF_CLEANUP(taking_done)
	struct taking t = {.c = c, .q = q, .counts = &counts, .description = description, .faults = faults};
	CF_CLEANUP_MAPPING struct mapping *mapping = NULL;
	TRY(gate(c, ACTION_ADD, SCOPE_OWN, NULL, err));
	if (q->mapping)
		TRY(read_mapping(q->mapping, &mapping, err));
	TRY(find_region(q, &t.region, err));
	t.mapping = mapping;
	t.arena = arena_new(0);
	t.items = NEW_ARRAY_ZERO(struct store_item, BATCH_ITEMS + MAPPING_MAX_INSTANCES);
	t.results = NEW_ARRAY_ZERO(struct store_result, BATCH_ITEMS + MAPPING_MAX_INSTANCES);
	if (!t.arena || !t.items || !t.results)
		return error_memory(err);
	/* what somebody is mending is not overwritten */
	if (q->rejects && file_exists(q->rejects))
		return error_set(err, CF_E_STATE,
			"%s is there already; name another file for the rejected rows", q->rejects);
	int status = store_run(c->store, run, &t, err);
	*ret = counts;
	if (status < 0 && t.refusal.is_set) {
		int said = gate(c, t.refusal.action, SCOPE_FOREIGN, &t.refusal.id, err);
		return error_prefix(err, said < 0 ? said : status, "%s: line %llu: nothing was imported",
			q->path, (unsigned long long)t.refusal.line);
	}
	TRY(status);
	return write_rejects(&t, err);
}

int take_in_suggest(const struct take_in_request *q, struct buffer *out, struct cf_error *err)
{
	struct rows_options rows = ROWS_OPTIONS_INIT;
	rows.sheet = q->sheet;
	return import_suggest(q->path, &rows, q->source_name, out, err);
}
