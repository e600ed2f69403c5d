#include "work/casebook/leave.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/interrupt.h"
#include "store/audit.h"
#include "work/casebook/answer.h"
#include "work/casebook/casebook_parts.h"

enum { MAX_MISSING_BYTES = 16384, MAX_RECORDS = 10000 };

/* ---- the records of one person ---- */

struct folder {
	struct record **at;
	size_t n;
	size_t capacity;
};

static void folder_done(struct folder *f)
{
	for (size_t i = 0; i < f->n; i++)
		f->at[i] = record_free(f->at[i]);
	f->at = mem_free(f->at);
	f->n = f->capacity = 0;
}

/* Takes the record over, also when it fails. */
static int folder_add(struct folder *f, struct record *r, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *owned = r;
	if (f->n == MAX_RECORDS)
		return error_set(err, CF_E_LIMIT, "a person has more than %d records; export them by case",
			(int)MAX_RECORDS);
	if (f->n == f->capacity) {
		size_t capacity = f->capacity ? 2 * f->capacity : 16;
		struct record **grown = mem_resize(f->at, capacity, sizeof(struct record *));
		if (!grown)
			return error_memory(err);
		f->at = grown;
		f->capacity = capacity;
	}
	f->at[f->n++] = TAKE(owned);
	return CF_OK;
}

static int folder_open(struct casebook *c, const struct store_id *id, struct folder *f, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *r = NULL;
	TRY(store_get(c->store, id, 0, &stored, err));
	TRY(item_record(&stored, &r, err));
	return folder_add(f, TAKE(r), err);
}

/* All records sealed under the person's key, the person's own first. */
static int folder_fill(
	struct casebook *c, const struct store_id *person, struct folder *f, struct cf_error *err)
{
	struct store_query q = {.person_id = person, .limit = STORE_PAGE_MAX};
	bool more = true;
	TRY(folder_open(c, person, f, err));
	while (more) {
		CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
		TRY(store_list(c->store, &q, &page, err));
		for (size_t i = 0; i < page.n; i++)
			if (!store_id_equal(&page.at[i].id, person))
				TRY(folder_open(c, &page.at[i].id, f, err));
		more = page.more && page.n;
		q.before = page.n ? page.at[page.n - 1].key : 0;
	}
	return CF_OK;
}

static bool is_entity(const struct record *r, const char *name)
{
	return strcmp(record_entity(r)->name, name) == 0;
}

static int decide(const struct folder *f, const struct leave_request *q, struct consent_decision *ret,
	struct cf_error *err)
{
	const struct record *consents[MAX_RECORDS];
	struct consent_request request = q->consent;
	size_t n = 0;
	request.person = record_id(f->at[0]);
	for (size_t i = 0; i < f->n; i++)
		if (is_entity(f->at[i], "consent"))
			consents[n++] = f->at[i];
	return consent_decide(consents, n, &request, ret, err);
}

static bool covers_something(const struct consent_decision *d)
{
	return d->legal_basis || d->scopes || d->n_fields;
}

/* ---- whom it is about ---- */

struct leave {
	struct casebook *c;
	const struct leave_request *q;
	struct buffer *missing;
	struct leave_summary summary;
	struct store_id *persons; /* who may leave */
	size_t n_persons;
	size_t capacity;
	size_t at;
	struct folder passed; /* of the person given last */
};

struct leave *leave_free(struct leave *l)
{
	if (!l)
		return NULL;
	folder_done(&l->passed);
	l->persons = mem_free(l->persons);
	return mem_free(l);
}

const struct leave_summary *leave_summary(const struct leave *l)
{
	return &l->summary;
}

static int keep_person(struct leave *l, const struct store_id *person, struct cf_error *err)
{
	/* a person with several roles in a case comes once */
	for (size_t i = l->n_persons; l->q->case_id && i-- > 0;)
		if (store_id_equal(&l->persons[i], person))
			return CF_OK;
	if (l->n_persons == l->capacity) {
		size_t capacity = l->capacity ? 2 * l->capacity : 64;
		struct store_id *grown = mem_resize(l->persons, capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		l->persons = grown;
		l->capacity = capacity;
	}
	l->persons[l->n_persons++] = *person;
	return CF_OK;
}

static int note_missing(struct leave *l, const struct store_id *person, const struct consent_decision *d,
	struct cf_error *err)
{
	char id[RECORD_ID_TEXT + 1];
	struct record_id record = item_record_id(person);
	l->summary.n_uncovered++;
	if (l->missing->n > MAX_MISSING_BYTES)
		return CF_OK;
	record_id_format(&record, id);
	TRY_MEMORY(buffer_printf(l->missing, "%s: ", id), err);
	TRY_MEMORY(consent_explain(d, schema_field_by_path("person.name"), l->missing), err);
	TRY_MEMORY(buffer_append_char(l->missing, '\n'), err);
	return CF_OK;
}

static int check_person(struct leave *l, const struct store_id *person, struct cf_error *err)
{
	CF_CLEANUP(folder_done) struct folder f = {0};
	struct consent_decision decision;
	if (l->q->coded_only)
		return keep_person(l, person, err);
	TRY(folder_fill(l->c, person, &f, err));
	TRY(decide(&f, l->q, &decision, err));
	return covers_something(&decision) ? keep_person(l, person, err)
					   : note_missing(l, person, &decision, err);
}

static enum permission_action action_of(const struct leave_request *q)
{
	return q->coded_only ? ACTION_EXPORT_CODED : ACTION_EXPORT;
}

static int visit(struct leave *l, const struct store_id *person, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	enum permission_scope scope;
	TRY(store_get(l->c->store, person, 0, &stored, err));
	if (strcmp(stored.entity, "person") != 0)
		return error_set(err, CF_E_USAGE, "this id is not of a person");
	TRY(scope_of(l->c, &stored, &scope, err));
	/* asked for by name it is refused; among everybody, what is not one's own is simply not meant */
	if (!l->q->person && !l->q->case_id && !permission_allows(l->c->role, action_of(l->q), scope))
		return CF_OK;
	TRY(gate(l->c, action_of(l->q), scope, person, err));
	return check_person(l, person, err);
}

static int visit_page(struct leave *l, const struct store_page *page, struct cf_error *err)
{
	for (size_t i = 0; i < page->n; i++) {
		const struct store_id *person = l->q->case_id ? &page->at[i].person_id : &page->at[i].id;
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "interrupted; nothing was written");
		if (!store_id_is_none(person))
			TRY(visit(l, person, err));
	}
	return CF_OK;
}

static int find_persons(struct leave *l, struct cf_error *err)
{
	struct store_id case_id;
	struct store_query q = {.entity = "person", .limit = STORE_PAGE_MAX};
	TRY(gate_any(l->c, action_of(l->q), err));
	if (l->q->person) {
		struct store_id id = item_store_id(l->q->person);
		return visit(l, &id, err);
	}
	if (l->q->case_id) {
		case_id = item_store_id(l->q->case_id);
		q.entity = "role";
		q.case_id = &case_id;
	}
	bool more = true;
	while (more) {
		CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
		TRY(store_list(l->c->store, &q, &page, err));
		TRY(visit_page(l, &page, err));
		more = page.more && page.n;
		q.before = page.n ? page.at[page.n - 1].key : 0;
	}
	return CF_OK;
}

static int log_refusal(struct leave *l, struct cf_error *err)
{
	struct audit_object object = {.kind = "person"};
	if (l->q->person)
		object.id = item_store_id(l->q->person);
	struct audit_event event = {.action = "refused",
		.code = "export.consent",
		.objects = &object,
		.n_objects = l->q->person ? 1 : 0};
	return audit_append(l->c->store, &event, NULL, err);
}

int leave_new(struct casebook *c, const struct leave_request *q, struct buffer *missing, struct leave **ret,
	struct cf_error *err)
{
	CF_CLEANUP_LEAVE struct leave *l = NEW(struct leave);
	if (!l)
		return error_memory(err);
	l->c = c;
	l->q = q;
	l->missing = missing;
	TRY(find_persons(l, err));
	uint64_t n = l->summary.n_uncovered;
	if (n && !q->covered_only) {
		TRY(log_refusal(l, err));
		return error_set(err, CF_E_REFUSED,
			"%" PRIu64 " of %" PRIu64
			" persons may not leave for this purpose and recipient: consent is "
			"missing; nothing was written (--covered-only leaves them out)",
			n, n + l->n_persons);
	}
	if (!l->n_persons)
		return error_set(err, n ? CF_E_REFUSED : CF_E_NOT_FOUND, "there is nobody who may leave");
	*ret = TAKE(l);
	return CF_OK;
}

/* ---- leaving ---- */

/* The case worker's own notes go only where a consent names the field, or by law. */
static bool may_leave(void *context, const struct record_value *v)
{
	const struct consent_decision *d = context;
	if (!consent_allows(d, v))
		return false;
	bool is_named = v->handling < SCHEMA_P5 || d->legal_basis;
	for (size_t i = 0; i < d->n_fields; i++)
		is_named = is_named || d->fields[i] == v->field;
	return is_named;
}

/* What coded data hold: no reference, since an id joins what was to stay apart, and no text of somebody's
 * own. */
static bool is_coded(void *context, const struct record_value *v)
{
	(void)context;
	return v->field->type != SCHEMA_REFERENCE && v->field->type != SCHEMA_TEXT;
}

static int pass(
	struct leave *l, const struct record_filter *filter, const struct record *r, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *passed = NULL;
	size_t n_withheld = 0;
	TRY(record_filter(r, filter, &passed, &n_withheld, err));
	l->summary.n_withheld += n_withheld;
	return record_n_values(passed) ? folder_add(&l->passed, TAKE(passed), err) : CF_OK;
}

/* The cases in which the person has a role, as far as they are the user's. */
static int add_cases(struct leave *l, const struct folder *all, struct folder *cases, struct cf_error *err)
{
	for (size_t i = 0; i < all->n; i++) {
		struct record_id id;
		const char *text =
			is_entity(all->at[i], "role") ? record_text_by_name(all->at[i], "case") : NULL;
		if (!text || !record_id_parse(text, &id))
			continue;
		struct store_id at = item_store_id(&id);
		enum permission_scope scope;
		bool known = false;
		for (size_t k = 0; k < cases->n; k++)
			known = known || record_id_equal(record_id(cases->at[k]), &id);
		TRY(scope_of_case(l->c, &at, &scope, err));
		if (known || !permission_allows(l->c->role, action_of(l->q), scope))
			continue;
		int status = folder_open(l->c, &at, cases, err);
		if (status < 0 && status != CF_E_NOT_FOUND)
			return status;
	}
	return CF_OK;
}

static int filter_person(struct leave *l, const struct store_id *person, struct cf_error *err)
{
	CF_CLEANUP(folder_done) struct folder all = {0};
	CF_CLEANUP(folder_done) struct folder cases = {0};
	struct consent_decision decision = {0};
	TRY(folder_fill(l->c, person, &all, err));
	TRY(add_cases(l, &all, &cases, err));
	/* consents may have changed since they were looked at */
	if (!l->q->coded_only)
		TRY(decide(&all, l->q, &decision, err));
	if (!l->q->coded_only && !covers_something(&decision))
		return CF_OK;
	struct record_filter filter = {.max_handling = SCHEMA_P5,
		.max_sensitivity = SCHEMA_PROTECTED,
		.allows = may_leave,
		.context = &decision};
	if (l->q->coded_only)
		filter = (struct record_filter){
			.max_handling = SCHEMA_P2, .max_sensitivity = SCHEMA_CODED, .allows = is_coded};
	for (size_t i = 0; i < cases.n; i++)
		TRY(pass(l, &filter, cases.at[i], err));
	for (size_t i = 0; i < all.n; i++)
		TRY(pass(l, &filter, all.at[i], err));
	return CF_OK;
}

static int log_export(struct leave *l, const struct store_id *person, struct cf_error *err)
{
	const struct consent_request *q = &l->q->consent;
	struct audit_object object = {.kind = "person", .id = *person};
	struct audit_event event = {.action = "export",
		.code = l->q->coded_only ? "coded"
			: q->legal_basis ? q->legal_basis
					 : q->purpose,
		.objects = &object,
		.n_objects = 1};
	return audit_append(l->c->store, &event, NULL, err);
}

int leave_next(struct leave *l, const struct record *const **ret, size_t *ret_n, struct cf_error *err)
{
	while (l->at < l->n_persons) {
		const struct store_id *person = &l->persons[l->at++];
		folder_done(&l->passed);
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "interrupted; nothing was written");
		TRY(filter_person(l, person, err));
		if (!l->passed.n)
			continue;
		TRY(log_export(l, person, err));
		l->summary.n_persons++;
		l->summary.n_records += l->passed.n;
		*ret = (const struct record *const *)l->passed.at;
		*ret_n = l->passed.n;
		return 1;
	}
	return 0;
}

bool leave_is_compelled(struct leave *l, const struct record_id *person)
{
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	struct store_id id = item_store_id(person);
	struct store_query q = {.entity = "compelled_act", .person_id = &id, .limit = 1};
	return store_list(l->c->store, &q, &page, NULL) < 0 || page.n > 0;
}

/* ---- noting ---- */

static int set(struct record *r, const char *field, const char *text, struct cf_error *err)
{
	return text ? record_add(r, schema_field(record_entity(r), field), text, err) : CF_OK;
}

static int describe(const struct leave *l, const struct store_id *person, const char *sha256,
	struct record *r, struct cf_error *err)
{
	const struct consent_request *q = &l->q->consent;
	char id[RECORD_ID_TEXT + 1];
	char now[ANSWER_TIME];
	struct record_id record = item_record_id(person);
	record_id_format(&record, id);
	answer_time((uint64_t)time(NULL) * 1000, now);
	TRY(set(r, "direction", "sent", err));
	TRY(set(r, "person", id, err));
	record_id_format(q->recipient, id);
	TRY(set(r, "counterparty", id, err));
	TRY(set(r, "legal_basis", q->legal_basis ? q->legal_basis : "consent", err));
	TRY(set(r, "purpose", q->purpose, err));
	TRY(set(r, "time", now, err));
	return set(r, "sha256", sha256, err);
}

/* The consents it rests on. */
static int add_consents(
	struct leave *l, const struct store_id *person, struct record *r, struct cf_error *err)
{
	CF_CLEANUP(folder_done) struct folder all = {0};
	struct consent_decision decision;
	char id[RECORD_ID_TEXT + 1];
	TRY(folder_fill(l->c, person, &all, err));
	TRY(decide(&all, l->q, &decision, err));
	for (size_t i = 0; i < decision.n_used; i++) {
		record_id_format(&decision.used[i], id);
		TRY(set(r, "consent", id, err));
	}
	return CF_OK;
}

static int note_one(struct leave *l, const struct store_id *person, const char *sha256, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct record_id id;
	struct store_item item;
	struct store_result result;
	if (!arena)
		return error_memory(err);
	record_id_new(&id);
	TRY(record_new(schema_entity("exchange"), &id, &r, err));
	TRY(describe(l, person, sha256, r, err));
	TRY(add_consents(l, person, r, err));
	struct store_column mine[] = {{.field = ITEM_COLUMN_AUTHOR, .value = l->c->user}};
	struct item_access access = {.columns = mine, .n = 1};
	TRY(item_of(r, &access, l->c->tools, arena, &item, err));
	struct store_reason why = {.reason = "export"};
	return store_put(l->c->store, &item, &why, &result, err);
}

int leave_note(struct leave *l, const char *sha256, struct cf_error *err)
{
	for (size_t i = 0; i < l->n_persons && !l->q->coded_only; i++)
		TRY(note_one(l, &l->persons[i], sha256, err));
	return CF_OK;
}
