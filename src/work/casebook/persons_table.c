#include "work/casebook/persons_table.h"

#include <string.h>

#include "base/csv.h"
#include "base/interrupt.h"
#include "store/audit.h"
#include "work/casebook/casebook_parts.h"

enum { N_KINDS = 3 };
static const char *const kinds[N_KINDS] = {"phone:", "email:", "passport:"};
static const char header[] =
	"id,full_name,given_name,family_name,birth_date,gender,citizenship,phone,email,document\n";

/* The first identifier of each kind that the person uses. */
struct identifiers {
	struct buffer of_kind[N_KINDS];
};

static void identifiers_done(struct identifiers *x)
{
	for (int i = 0; i < N_KINDS; i++)
		buffer_wipe(&x->of_kind[i]);
}

static int take_identifier(
	struct casebook *c, const struct store_id *id, struct identifiers *x, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *r = NULL;
	TRY(store_get(c->store, id, 0, &stored, err));
	TRY(item_record(&stored, &r, err));
	const char *value = record_text_by_name(r, "value");
	for (int i = 0; value && i < N_KINDS; i++) {
		size_t n = strlen(kinds[i]);
		/* any document will do for the last */
		bool fits = strncmp(value, kinds[i], n) == 0 ||
			    (i == N_KINDS - 1 && strncmp(value, "national_id:", 12) == 0);
		if (fits && !x->of_kind[i].n)
			TRY_MEMORY(buffer_append_text(&x->of_kind[i], strchr(value, ':') + 1), err);
	}
	return CF_OK;
}

static int find_identifiers(
	struct casebook *c, const struct store_id *person, struct identifiers *x, struct cf_error *err)
{
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	struct store_query q = {.entity = "identifier", .person_id = person, .limit = STORE_PAGE_MAX};
	TRY(store_list(c->store, &q, &page, err));
	for (size_t i = page.n; i-- > 0;)
		TRY(take_identifier(c, &page.at[i].id, x, err));
	return CF_OK;
}

static const char *text_of(const struct record *r, const char *field)
{
	const char *text = record_text_by_name(r, field);
	return text ? text : "";
}

static int write_row(const struct record *r, const char *id, const struct identifiers *x, struct buffer *out)
{
	const char *given = text_of(r, "name_given");
	const char *family = text_of(r, "name_family");
	/* a name that is there in pieces and whole would count twice */
	const char *whole = *given || *family ? "" : text_of(r, "name");
	const char *const cells[] = {whole, given, family, text_of(r, "birth_date"), text_of(r, "gender"),
		text_of(r, "citizenship"), buffer_text(&x->of_kind[0]), buffer_text(&x->of_kind[1]),
		buffer_text(&x->of_kind[2])};
	TRY(csv_write_cell(out, true, id));
	for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
		TRY(csv_write_cell(out, false, cells[i]));
	return csv_end_row(out);
}

/* 1 when the person was the user's to read. */
static int take_person(
	struct casebook *c, const struct store_id *id, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record stored = STORE_RECORD_INIT;
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP(identifiers_done) struct identifiers x = {0};
	enum permission_scope scope;
	char text[RECORD_ID_TEXT + 1];
	struct record_id record = item_record_id(id);
	TRY(store_get(c->store, id, 0, &stored, err));
	TRY(scope_of(c, &stored, &scope, err));
	if (!permission_allows(c->role, ACTION_READ, scope))
		return 0;
	TRY(item_record(&stored, &r, err));
	TRY(find_identifiers(c, id, &x, err));
	record_id_format(&record, text);
	TRY_MEMORY(write_row(r, text, &x, out), err);
	return 1;
}

static int take_all(struct casebook *c, struct buffer *out, uint64_t *ret_n, struct cf_error *err)
{
	struct store_query q = {.entity = "person", .limit = STORE_PAGE_MAX};
	bool more = true;
	while (more) {
		CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
		TRY(store_list(c->store, &q, &page, err));
		for (size_t i = 0; i < page.n; i++) {
			if (interrupt_requested())
				return error_set(err, CF_E_INTERRUPTED, "interrupted");
			int taken = take_person(c, &page.at[i].id, out, err);
			TRY(taken);
			*ret_n += (uint64_t)taken;
		}
		more = page.more && page.n;
		q.before = page.n ? page.at[page.n - 1].key : 0;
	}
	return CF_OK;
}

int persons_table(struct casebook *c, struct buffer *out, uint64_t *ret_n, struct cf_error *err)
{
	uint64_t n = 0;
	TRY(gate(c, ACTION_READ, SCOPE_OWN, NULL, err));
	/* what the log does not have is not read */
	struct audit_event event = {.action = "link"};
	TRY(audit_append(c->store, &event, NULL, err));
	TRY_MEMORY(buffer_append_text(out, header), err);
	TRY(take_all(c, out, &n, err));
	if (ret_n)
		*ret_n = n;
	return CF_OK;
}
