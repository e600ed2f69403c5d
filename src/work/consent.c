#include "work/consent.h"

#include <string.h>

#include "model/dates.h"

/* ---- which scope covers a field */

/* Each entity's scope, by entity name. What is protected needs "statements" unless the scope is "health". */
static const struct {
	const char *entity;
	const char *scope;
} entity_scopes[] = {
	{"person", "identity"},
	{"identifier", "identity"},
	{"case", "needs"},
	{"role", "needs"},
	{"service", "needs"},
	{"referral", "needs"},
	{"consent", "needs"},
	{"exchange", "needs"},
	{"assessment", "health"},
	{"source", "statements"},
	{"evidence", "statements"},
};

/* Fields whose scope is not what the rule above says, by path. */
static const struct {
	const char *entity;
	const char *field;
	const char *scope;
} field_scopes[] = {
	{"person", "contact_safety", "identity"}, /* how to reach the person */
	{"service", "objectives", "needs"},
	{"service", "action_plan", "needs"},
	{"referral", "details", "needs"},
};

const char *consent_scope_of(const struct schema_field *field)
{
	for (size_t i = 0; i < sizeof field_scopes / sizeof *field_scopes; i++)
		if (strcmp(field_scopes[i].entity, field->entity->name) == 0 &&
			strcmp(field_scopes[i].field, field->name) == 0)
			return field_scopes[i].scope;
	/* what happened: episodes, routes, sites, groups, adverts, payments, proceedings, compelled acts */
	const char *scope = "exploitation";
	for (size_t i = 0; i < sizeof entity_scopes / sizeof *entity_scopes; i++)
		if (strcmp(entity_scopes[i].entity, field->entity->name) == 0)
			scope = entity_scopes[i].scope;
	if (field->sensitivity == SCHEMA_PROTECTED && strcmp(scope, "health") != 0)
		return "statements";
	return scope;
}

static bool has_scope(const struct consent_decision *d, const char *scope)
{
	const struct schema_code *code = schema_code(schema_code_list("consent.scope"), scope);
	return code && code->index < 32 && (d->scopes & 1U << code->index);
}

/* ---- one consent against the request */

static const char *text_of(const struct record *consent, const char *name)
{
	return record_text_by_name(consent, name);
}

static bool refers_to(const struct record *consent, const char *name, const struct record_id *to)
{
	size_t n;
	char text[RECORD_ID_TEXT + 1];
	const struct record_value *values =
		record_get(consent, schema_field(record_entity(consent), name), &n);
	if (!to)
		return false;
	record_id_format(to, text);
	for (size_t i = 0; i < n; i++)
		if (values[i].state == RECORD_KNOWN && strcmp(values[i].text, text) == 0)
			return true;
	return false;
}

static bool has_code(const struct record *consent, const char *name, const char *code)
{
	size_t n;
	const struct record_value *values =
		record_get(consent, schema_field(record_entity(consent), name), &n);
	for (size_t i = 0; code && i < n; i++)
		if (values[i].state == RECORD_KNOWN && strcmp(values[i].text, code) == 0)
			return true;
	return false;
}

/* The days a date field may mean; false when it is not known. */
static bool span_of(const struct record *consent, const char *name, struct dates_span *ret)
{
	struct fuzzy_date d;
	const char *text = text_of(consent, name);
	if (!text || !dates_parse_canonical(text, strlen(text), &d))
		return false;
	*ret = dates_span(&d);
	return true;
}

/* Values that contradict each other, as two sources may, give no consent. */
static bool contradicts_itself(const struct record *consent)
{
	static const char *const names[] = {"person", "purpose", "state", "given", "expires"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t n;
		(void)record_get(consent, schema_field(record_entity(consent), names[i]), &n);
		if (n > 1)
			return true;
	}
	return false;
}

/* Whether it is about this purpose and recipient at all. */
static enum consent_lack check_matter(const struct record *consent, const struct consent_request *request)
{
	if (strcmp(record_entity(consent)->name, "consent") != 0 ||
		!refers_to(consent, "person", request->person))
		return CONSENT_OF_ANOTHER;
	if (!has_code(consent, "purpose", request->purpose))
		return CONSENT_OTHER_PURPOSE;
	if (!refers_to(consent, "recipient", request->recipient) &&
		!has_code(consent, "recipient_class", request->recipient_type))
		return CONSENT_OTHER_RECIPIENT;
	return CONSENT_LIVE;
}

/* By any source, on a day that may have come. */
static bool is_withdrawn(const struct record *consent, int64_t today)
{
	size_t n;
	struct fuzzy_date d;
	const struct record_value *days =
		record_get(consent, schema_field(record_entity(consent), "withdrawn"), &n);
	for (size_t i = 0; i < n; i++)
		if (days[i].state == RECORD_KNOWN && dates_parse_canonical(days[i].text, days[i].n, &d) &&
			dates_span(&d).first <= today)
			return true;
	return has_code(consent, "state", "withdrawn");
}

static enum consent_lack check_state(const struct record *consent, int64_t today)
{
	struct dates_span span;
	const char *state = text_of(consent, "state");
	if (is_withdrawn(consent, today))
		return CONSENT_WITHDRAWN;
	if (has_code(consent, "state", "refused"))
		return CONSENT_REFUSED;
	if (!state || contradicts_itself(consent))
		return CONSENT_NOT_GIVEN;
	if (strcmp(state, "expired") == 0)
		return CONSENT_EXPIRED;
	bool assent = strcmp(state, "assent_child_guardian") == 0;
	/* an override is no consent: it needs a legal basis, named in the request */
	if (!assent && strcmp(state, "given") != 0)
		return CONSENT_NOT_GIVEN;
	if (!span_of(consent, "given", &span) || span.last > today)
		return CONSENT_NOT_GIVEN;
	size_t n = 0;
	const struct record_value *expires =
		record_get(consent, schema_field(record_entity(consent), "expires"), &n);
	/* without any word on expiry it does not expire; with an unclear one, on the first day it may mean */
	if (expires && (!span_of(consent, "expires", &span) || span.first < today))
		return CONSENT_EXPIRED;
	if (assent && !text_of(consent, "guardian"))
		return CONSENT_NO_GUARDIAN;
	return CONSENT_LIVE;
}

/* Whether some other statement refuses the same thing on a day that is not certainly earlier. */
static bool refused_since(const struct record *const *consents, size_t n, const struct record *consent,
	const struct consent_request *request, int64_t today)
{
	struct dates_span given;
	struct dates_span said;
	if (!span_of(consent, "given", &given))
		return true;
	for (size_t i = 0; i < n; i++) {
		const struct record *other = consents[i];
		if (other == consent || check_matter(other, request) != CONSENT_LIVE ||
			check_state(other, today) != CONSENT_REFUSED)
			continue;
		if (!span_of(other, "given", &said) || said.last >= given.first)
			return true;
	}
	return false;
}

/* ---- the decision */

static int take_scopes(const struct record *consent, struct consent_decision *d, struct cf_error *err)
{
	size_t n;
	const struct schema_entity *entity = record_entity(consent);
	const struct schema_field *scope = schema_field(entity, "scope");
	const struct record_value *values = record_get(consent, scope, &n);
	for (size_t i = 0; i < n; i++) {
		const struct schema_code *code =
			values[i].state == RECORD_KNOWN ? schema_code(scope->codes, values[i].text) : NULL;
		if (code && code->index < 32)
			d->scopes |= 1U << code->index;
	}
	values = record_get(consent, schema_field(entity, "scope_field"), &n);
	for (size_t i = 0; i < n; i++) {
		const struct schema_field *field =
			values[i].state == RECORD_KNOWN ? schema_field_by_path(values[i].text) : NULL;
		if (!field)
			continue;
		if (d->n_fields == CONSENT_MAX_FIELDS)
			return error_set(err, CF_E_LIMIT,
				"consents name more than %d single fields; use scopes instead",
				CONSENT_MAX_FIELDS);
		d->fields[d->n_fields++] = field;
	}
	return CF_OK;
}

static int use(const struct record *consent, struct consent_decision *d, struct cf_error *err)
{
	if (d->n_used == CONSENT_MAX_USED)
		return error_set(err, CF_E_LIMIT,
			"more than %d live consents cover one request; withdraw those that others replace",
			CONSENT_MAX_USED);
	d->used[d->n_used++] = *record_id(consent);
	return take_scopes(consent, d, err);
}

static int check_request(const struct consent_request *request, struct cf_error *err)
{
	if (!request->person || (!request->recipient && !request->recipient_type))
		return error_set(err, CF_E_USAGE,
			"a request needs the person, and the recipient or the kind of organisation it is");
	if (!request->purpose || !schema_code(schema_code_list("consent.purpose"), request->purpose))
		return error_set(err, CF_E_USAGE,
			"there is no such purpose; docs/fields.md lists them under consent.purpose");
	if (request->legal_basis && !schema_code(schema_code_list("legal.basis"), request->legal_basis))
		return error_set(err, CF_E_USAGE,
			"there is no such legal basis; docs/fields.md lists them under legal.basis");
	if (!date_is_valid(request->today) || !request->today.day)
		return error_set(err, CF_E_USAGE, "the day of the request is no full date");
	return CF_OK;
}

/* Consent as a basis is looked for among the consents, not taken for granted. */
static bool is_law(const char *legal_basis)
{
	return legal_basis && strcmp(legal_basis, "consent") != 0 && strcmp(legal_basis, "guardian") != 0;
}

int consent_decide(const struct record *const *consents, size_t n, const struct consent_request *request,
	struct consent_decision *ret, struct cf_error *err)
{
	struct consent_decision d = {
		.purpose = request->purpose, .legal_basis = is_law(request->legal_basis)};
	TRY(check_request(request, err));
	int64_t today = date_to_days(request->today);
	for (size_t i = 0; i < n; i++) {
		enum consent_lack lack = check_matter(consents[i], request);
		if (lack == CONSENT_LIVE)
			lack = check_state(consents[i], today);
		if (lack == CONSENT_LIVE && refused_since(consents, n, consents[i], request, today))
			lack = CONSENT_REFUSED;
		if (lack == CONSENT_LIVE)
			TRY(use(consents[i], &d, err));
		if (lack > d.nearest) {
			d.nearest = lack;
			d.nearest_id = *record_id(consents[i]);
		}
	}
	*ret = d;
	return CF_OK;
}

static bool names_field(const struct consent_decision *d, const struct schema_field *field)
{
	for (size_t i = 0; i < d->n_fields; i++)
		if (d->fields[i] == field)
			return true;
	return false;
}

bool consent_allows(const struct consent_decision *d, const struct record_value *value)
{
	const struct schema_field *field = value->field;
	bool coded = field->sensitivity <= SCHEMA_CODED;
	if (d->legal_basis || (coded && value->handling <= SCHEMA_P2))
		return true;
	if (names_field(d, field) || has_scope(d, consent_scope_of(field)))
		return true;
	if (coded && has_scope(d, "coded"))
		return true;
	return field->sensitivity != SCHEMA_PROTECTED && has_scope(d, "all");
}

bool consent_filter(void *decision, const struct record_value *value)
{
	return consent_allows(decision, value);
}

/* ---- in plain words */

static const struct {
	const char *name;
	const char *what; /* said of the nearest consent */
	const char *mend;
} lacks[CONSENT_N_LACKS] = {
	[CONSENT_OF_ANOTHER] = {"none", "there is no consent of this person", "ask the person"},
	[CONSENT_OTHER_PURPOSE] = {"other_purpose", "is for another purpose", "ask the person for this one"},
	[CONSENT_OTHER_RECIPIENT] = {"other_recipient", "is for other recipients",
		"ask the person whether this one may have it"},
	[CONSENT_NOT_GIVEN] = {"not_given", "was never clearly given",
		"ask the person, and write down the state and the day"},
	[CONSENT_REFUSED] = {"refused", "was refused", "respect it"},
	[CONSENT_WITHDRAWN] = {"withdrawn", "was withdrawn", "respect it"},
	[CONSENT_EXPIRED] = {"expired", "has expired, or may have", "ask the person again"},
	[CONSENT_NO_GUARDIAN] = {"no_guardian", "is a child's assent without a guardian",
		"name the guardian"},
	[CONSENT_LIVE] = {"live", "does not cover it", "ask the person to widen it"},
};

const char *consent_lack_name(enum consent_lack lack)
{
	return (unsigned)lack < CONSENT_N_LACKS ? lacks[lack].name : "?";
}

int consent_explain(const struct consent_decision *d, const struct schema_field *field, struct buffer *out)
{
	char id[RECORD_ID_TEXT + 1];
	TRY(buffer_printf(out, "%s.%s may not leave: it needs consent to \"%s\" for the purpose %s; ",
		field->entity->name, field->name, consent_scope_of(field), d->purpose));
	if (d->nearest == CONSENT_OF_ANOTHER) {
		TRY(buffer_append_text(out, lacks[d->nearest].what));
	} else {
		record_id_format(&d->nearest_id, id);
		TRY(buffer_printf(out, "the nearest, %s, %s", id, lacks[d->nearest].what));
	}
	return buffer_printf(out, ": %s, or name a legal basis", lacks[d->nearest].mend);
}

int consent_check(const struct consent_decision *d, const struct record *r, struct cf_error *err)
{
	for (size_t i = 0; i < record_n_values(r); i++) {
		const struct record_value *value = &record_values(r)[i];
		if (consent_allows(d, value))
			continue;
		CF_CLEANUP(buffer_done) struct buffer words = BUFFER_INIT;
		TRY_MEMORY(consent_explain(d, value->field, &words), err);
		return error_set(err, CF_E_REFUSED, "%s", buffer_text(&words));
	}
	return CF_OK;
}
