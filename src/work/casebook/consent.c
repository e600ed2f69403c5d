#include "work/casebook/consent.h"

#include <stdio.h>
#include <string.h>

enum consent_scope consent_scope_of(const struct schema_field *field)
{
	static const struct {
		const char *entity;
		enum consent_scope scope;
	} scopes[] = {
		{"service", CONSENT_NEEDS},
		{"referral", CONSENT_NEEDS},
		{"episode", CONSENT_EXPLOITATION},
		{"leg", CONSENT_EXPLOITATION},
		{"site", CONSENT_EXPLOITATION},
		{"transaction", CONSENT_EXPLOITATION},
		{"evidence", CONSENT_STATEMENTS},
		{"source", CONSENT_STATEMENTS},
		{"offer", CONSENT_STATEMENTS},
		{"compelled_act", CONSENT_STATEMENTS},
		{"proceeding", CONSENT_STATEMENTS},
		{"assessment", CONSENT_HEALTH},
	};
	for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
		if (strcmp(field->entity->name, scopes[i].entity) == 0)
			return scopes[i].scope;
	return CONSENT_IDENTITY;
}

static unsigned scope_named(const char *code)
{
	static const char *const names[] = {
		"identity", "needs", "exploitation", "statements", "health", "coded"};
	if (strcmp(code, "all") == 0)
		return CONSENT_ALL;
	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(code, names[i]) == 0)
			return 1u << i;
	return 0;
}

static const struct record_value *get(const struct record *r, const char *field, size_t *ret_n)
{
	const struct schema_field *f = schema_field(record_entity(r), field);
	*ret_n = 0;
	return f ? record_get(r, f, ret_n) : NULL;
}

static bool has(const struct record *r, const char *field, const char *text)
{
	size_t n;
	const struct record_value *v = get(r, field, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].state == RECORD_KNOWN && strcmp(v[i].text, text) == 0)
			return true;
	return false;
}

static bool names_none(const struct record *r, const char *field)
{
	size_t n;
	const struct record_value *v = get(r, field, &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].state == RECORD_KNOWN)
			return false;
	return true;
}

/* A consent that names no recipient and no kind of recipient is for the organisation's own work alone. */
static bool is_for(const struct record *r, const struct consent_request *q)
{
	if (!has(r, "purpose", q->purpose))
		return false;
	if (q->recipient && has(r, "recipient", q->recipient))
		return true;
	return q->recipient_class && has(r, "recipient_class", q->recipient_class);
}

/* The last day of a field's date; an unknown or missing one is *ret_is_known false. */
static struct date last_day(const struct record *r, const char *field, bool *ret_is_known)
{
	const char *text = record_text_by_name(r, field);
	struct fuzzy_date d;
	*ret_is_known = text && date_parse_fuzzy(text, strlen(text), DATE_YMD, &d) && d.kind != DATE_UNKNOWN;
	if (!*ret_is_known)
		return (struct date){0};
	return d.kind == DATE_BETWEEN ? d.last : d.first;
}

/* Days from the first day a date can mean; with is_end from the last. */
static int64_t to_days(struct date d, bool is_end)
{
	if (!is_end || d.day)
		return date_to_days(d);
	int month = d.month ? d.month : 12;
	return date_to_days((struct date){
		.year = d.year, .month = (uint8_t)month, .day = (uint8_t)date_days_in_month(d.year, month)});
}

enum standing { STANDING_LIVE, STANDING_NOT_GIVEN, STANDING_EXPIRED, STANDING_WITHDRAWN, STANDING_FUTURE };

static enum standing standing_of(const struct record *r, struct date today)
{
	bool known;
	const char *state = record_text_by_name(r, "state");
	(void)last_day(r, "withdrawn", &known);
	if (known || (state && strcmp(state, "withdrawn") == 0))
		return STANDING_WITHDRAWN;
	if (state && strcmp(state, "expired") == 0)
		return STANDING_EXPIRED;
	if (!state || (strcmp(state, "given") != 0 && strcmp(state, "assent_child_guardian") != 0))
		return STANDING_NOT_GIVEN;
	struct date d = last_day(r, "expires", &known);
	if (known && to_days(d, true) < date_to_days(today))
		return STANDING_EXPIRED;
	d = last_day(r, "given", &known);
	if (known && to_days(d, false) > date_to_days(today))
		return STANDING_FUTURE;
	return STANDING_LIVE;
}

/* When a consent was given, refused or withdrawn; what has no date came first. */
static int64_t decided(const struct record *r)
{
	bool known;
	struct date d = last_day(r, "withdrawn", &known);
	if (!known)
		d = last_day(r, "given", &known);
	return known ? to_days(d, false) : INT64_MIN;
}

/* Whether the person said no later than (or on the day) they said yes. */
static bool is_taken_back(const struct record *yes, const struct record *const *consents, size_t n,
	const struct consent_request *q)
{
	for (size_t i = 0; i < n; i++) {
		const char *state = record_text_by_name(consents[i], "state");
		enum standing s = standing_of(consents[i], q->today);
		bool is_no = s == STANDING_WITHDRAWN || (state && strcmp(state, "refused") == 0);
		if (consents[i] != yes && is_no && is_for(consents[i], q) &&
			decided(consents[i]) >= decided(yes))
			return true;
	}
	return false;
}

static void use(const struct record *r, struct consent_cover *cover)
{
	size_t n;
	const struct record_value *v = get(r, "scope", &n);
	for (size_t i = 0; i < n; i++)
		if (v[i].state == RECORD_KNOWN)
			cover->scopes |= scope_named(v[i].text);
	v = get(r, "scope_field", &n);
	for (size_t i = 0; i < n && cover->n_fields < CONSENT_MAX_FIELDS; i++)
		if (v[i].state == RECORD_KNOWN)
			cover->fields[cover->n_fields++] = v[i].text;
	if (cover->n_used < CONSENT_MAX_USED)
		cover->used[cover->n_used++] = r;
}

static const char *why_not(const struct record *const *consents, size_t n, const struct consent_request *q)
{
	const char *why = "there is none for this purpose";
	for (size_t i = 0; i < n; i++) {
		if (!has(consents[i], "purpose", q->purpose))
			continue;
		if (!is_for(consents[i], q)) {
			why = names_none(consents[i], "recipient") &&
					      names_none(consents[i], "recipient_class")
				      ? "the one for this purpose names no recipient"
				      : "the one for this purpose is for another recipient";
			continue;
		}
		static const char *const words[] = {
			[STANDING_LIVE] =
				"it was refused or withdrawn afterwards, or names nothing that may go",
			[STANDING_NOT_GIVEN] = "it was not given",
			[STANDING_EXPIRED] = "it has expired",
			[STANDING_WITHDRAWN] = "it was withdrawn",
			[STANDING_FUTURE] = "it was given for a later day",
		};
		return words[standing_of(consents[i], q->today)];
	}
	return why;
}

void consent_cover(const struct record *const *consents, size_t n, const struct consent_request *q,
	struct consent_cover *ret)
{
	*ret = (struct consent_cover){0};
	if (q->legal_basis) {
		ret->by_law = true;
		ret->scopes = CONSENT_ALL;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (is_for(consents[i], q) && standing_of(consents[i], q->today) == STANDING_LIVE &&
			!is_taken_back(consents[i], consents, n, q))
			use(consents[i], ret);
	if (!ret->scopes && !ret->n_fields)
		(void)snprintf(ret->missing, sizeof ret->missing,
			"a consent for the purpose '%.40s' that names the recipient is missing: %s",
			q->purpose, why_not(consents, n, q));
}

bool consent_covers(const struct consent_cover *cover, const struct record_value *value)
{
	const struct schema_field *f = value->field;
	if (!cover->scopes && !cover->n_fields)
		return false;
	if (cover->by_law || (cover->scopes & CONSENT_ALL) == CONSENT_ALL)
		return true;
	if (f->sensitivity <= SCHEMA_CODED && cover->scopes)
		return true;
	if (cover->scopes & consent_scope_of(f))
		return true;
	for (size_t i = 0; i < cover->n_fields; i++) {
		size_t n = strlen(f->entity->name);
		if (strncmp(cover->fields[i], f->entity->name, n) == 0 && cover->fields[i][n] == '.' &&
			strcmp(cover->fields[i] + n + 1, f->name) == 0)
			return true;
	}
	return false;
}
