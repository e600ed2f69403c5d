#include "work/casebook/leave.h"

#include <inttypes.h>
#include <string.h>

#include "base/interrupt.h"
#include "store/audit.h"
#include "work/casebook/casebook_parts.h"

enum { MAX_MISSING_BYTES = 4096, MAX_RECORDS = 10000 };

void leave_missing_done(struct leave_missing *m)
{
	buffer_done(&m->lines);
}

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
		struct record **grown = mem_resize(f->at, capacity, sizeof *grown);
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

static void cover_of(const struct folder *f, const struct leave_request *q, struct consent_cover *ret)
{
	const struct record *consents[MAX_RECORDS];
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		if (is_entity(f->at[i], "consent"))
			consents[n++] = f->at[i];
	consent_cover(consents, n, &q->consent, ret);
}

/* ---- whom it is about ---- */

typedef int (*person_function)(void *context, const struct store_id *person, struct cf_error *err);

struct walk {
	struct casebook *c;
	const struct leave_request *q;
	person_function function;
	void *context;
};

static int visit(const struct walk *w, const struct store_id *person, struct cf_error *err)
{
	enum permission_action action = w->q->coded_only ? ACTION_EXPORT_CODED : ACTION_EXPORT;
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	enum permission_scope scope;
	TRY(store_get(w->c->store, person, 0, &stored, err));
	TRY(scope_of(w->c, &stored, &scope, err));
	/* asked for by name it is refused; among everybody, what is not one's own is simply not meant */
	if (!w->q->person && !permission_allows(w->c->role, action, scope))
		return CF_OK;
	TRY(gate(w->c, action, scope, person, err));
	return w->function(w->context, person, err);
}

static int visit_page(const struct walk *w, const struct store_page *page, bool of_case, struct cf_error *err)
{
	for (size_t i = 0; i < page->n; i++) {
		const struct store_id *person = of_case ? &page->at[i].person_id : &page->at[i].id;
		if (store_id_is_none(person))
			continue;
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "interrupted; nothing was written");
		TRY(visit(w, person, err));
	}
	return CF_OK;
}

static int walk_persons(const struct walk *w, struct cf_error *err)
{
	TRY(gate_any(w->c, w->q->coded_only ? ACTION_EXPORT_CODED : ACTION_EXPORT, err));
	if (w->q->person) {
		struct store_id id = item_store_id(w->q->person);
		return visit(w, &id, err);
	}
	struct store_id case_id;
	struct store_query q = {.entity = "person", .limit = STORE_PAGE_MAX};
	if (w->q->case_id) {
		case_id = item_store_id(w->q->case_id);
		q.entity = "role";
		q.case_id = &case_id;
	}
	bool more = true;
	while (more) {
		CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
		TRY(store_list(w->c->store, &q, &page, err));
		TRY(visit_page(w, &page, w->q->case_id != NULL, err));
		more = page.more && page.n;
		q.before = page.n ? page.at[page.n - 1].key : 0;
	}
	return CF_OK;
}

/* ---- checking ---- */

struct check {
	struct casebook *c;
	const struct leave_request *q;
	struct leave_missing *missing;
	struct leave_summary *summary;
};

static int note_missing(struct check *k, const struct store_id *person, const char *why, struct cf_error *err)
{
	char id[RECORD_ID_TEXT + 1];
	struct record_id record = item_record_id(person);
	k->missing->n++;
	if (k->missing->lines.n > MAX_MISSING_BYTES)
		return CF_OK;
	record_id_format(&record, id);
	TRY_MEMORY(buffer_printf(&k->missing->lines, "%s: %s\n", id, why), err);
	return CF_OK;
}

static int check_person(void *context, const struct store_id *person, struct cf_error *err)
{
	struct check *k = context;
	CF_CLEANUP(folder_done) struct folder f = {0};
	struct consent_cover cover;
	k->summary->n_persons++;
	if (k->q->coded_only)
		return CF_OK;
	TRY(folder_fill(k->c, person, &f, err));
	cover_of(&f, k->q, &cover);
	if (cover.scopes || cover.n_fields)
		return CF_OK;
	k->summary->n_uncovered++;
	return note_missing(k, person, cover.missing, err);
}

static int log_refusal(struct casebook *c, const struct leave_request *q, struct cf_error *err)
{
	struct audit_object object = {.kind = "person"};
	if (q->person)
		object.id = item_store_id(q->person);
	struct audit_event event = {.action = "refused",
		.code = "export.consent",
		.objects = &object,
		.n_objects = q->person ? 1 : 0};
	return audit_append(c->store, &event, NULL, err);
}

int leave_check(struct casebook *c, const struct leave_request *q, struct leave_missing *missing,
	struct leave_summary *ret, struct cf_error *err)
{
	struct leave_summary summary = {0};
	struct check k = {.c = c, .q = q, .missing = missing, .summary = &summary};
	struct walk w = {.c = c, .q = q, .function = check_person, .context = &k};
	TRY(walk_persons(&w, err));
	*ret = summary;
	if (summary.n_uncovered && !q->covered_only) {
		TRY(log_refusal(c, q, err));
		return error_set(err, CF_E_REFUSED,
			"%" PRIu64 " of %" PRIu64
			" persons may not leave for this purpose and recipient; nothing was "
			"written",
			summary.n_uncovered, summary.n_persons);
	}
	if (!summary.n_persons)
		return error_set(err, CF_E_NOT_FOUND, "there is nobody to export");
	return CF_OK;
}

/* ---- leaving ---- */

struct leaving {
	struct casebook *c;
	const struct leave_request *q;
	leave_function function;
	void *context;
	struct leave_summary *summary;
};

struct allowance {
	const struct consent_cover *cover;
	bool everything; /* the cover is of all scopes, or the law's */
};

/* The case worker's own notes go only under a consent to everything, one that names the field, or the law. */
static bool may_leave(void *context, const struct record_value *v)
{
	const struct allowance *a = context;
	if (!consent_covers(a->cover, v))
		return false;
	if (v->handling < SCHEMA_P5 || a->everything)
		return true;
	struct consent_cover named = *a->cover;
	named.scopes = 0;
	return named.n_fields && consent_covers(&named, v);
}

/* What coded data hold: no reference, since an id joins what was to stay apart. */
static bool is_coded(void *context, const struct record_value *v)
{
	(void)context;
	return v->field->type != SCHEMA_REFERENCE && v->field->type != SCHEMA_TEXT;
}

static int filter_folder(
	struct leaving *l, const struct folder *from, struct folder *to, struct cf_error *err)
{
	struct consent_cover cover = {0};
	if (!l->q->coded_only)
		cover_of(from, l->q, &cover);
	struct allowance allowance = {
		.cover = &cover, .everything = cover.by_law || cover.scopes == CONSENT_ALL};
	struct record_filter filter = {.max_handling = SCHEMA_P5,
		.max_sensitivity = SCHEMA_PROTECTED,
		.allows = may_leave,
		.context = &allowance};
	if (l->q->coded_only)
		filter = (struct record_filter){
			.max_handling = SCHEMA_P2, .max_sensitivity = SCHEMA_CODED, .allows = is_coded};
	else if (!cover.scopes && !cover.n_fields)
		return CF_OK;
	for (size_t i = 0; i < from->n; i++) {
		CF_CLEANUP_RECORD struct record *r = NULL;
		size_t n_withheld = 0;
		TRY(record_filter(from->at[i], &filter, &r, &n_withheld, err));
		l->summary->n_withheld_values += n_withheld;
		if (record_n_values(r))
			TRY(folder_add(to, TAKE(r), err));
	}
	return CF_OK;
}

static int log_export(struct leaving *l, const struct store_id *person, struct cf_error *err)
{
	struct audit_object object = {.kind = "person", .id = *person};
	struct audit_event event = {.action = "export",
		.code = l->q->coded_only        ? "coded"
			: l->q->consent.purpose ? l->q->consent.purpose
						: "law",
		.objects = &object,
		.n_objects = 1};
	return audit_append(l->c->store, &event, NULL, err);
}

static int leave_one(void *context, const struct store_id *person, struct cf_error *err)
{
	struct leaving *l = context;
	CF_CLEANUP(folder_done) struct folder all = {0};
	CF_CLEANUP(folder_done) struct folder passed = {0};
	TRY(folder_fill(l->c, person, &all, err));
	TRY(filter_folder(l, &all, &passed, err));
	if (!passed.n) {
		l->summary->n_uncovered++;
		return CF_OK;
	}
	struct leave_person p = {.records = (const struct record *const *)passed.at, .n = passed.n};
	for (size_t i = 0; i < all.n; i++)
		p.has_compelled_act = p.has_compelled_act || is_entity(all.at[i], "compelled_act");
	TRY(log_export(l, person, err));
	TRY(l->function(l->context, &p, err));
	l->summary->n_persons++;
	l->summary->n_records += passed.n;
	return CF_OK;
}

int leave_each(struct casebook *c, const struct leave_request *q, leave_function function, void *context,
	struct leave_summary *ret, struct cf_error *err)
{
	struct leave_summary summary = {0};
	struct leaving l = {.c = c, .q = q, .function = function, .context = context, .summary = &summary};
	struct walk w = {.c = c, .q = q, .function = leave_one, .context = &l};
	TRY(walk_persons(&w, err));
	*ret = summary;
	return CF_OK;
}
