#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "work/consent.h"

static const struct record_id person_id = {{1}};
static const struct record_id other_person_id = {{2}};
static const struct record_id shelter_id = {{3}};
static const struct record_id police_id = {{4}};

static const char *id_text(const struct record_id *id)
{
	static char text[4][RECORD_ID_TEXT + 1];
	static size_t turn;
	turn = (turn + 1) % 4;
	record_id_format(id, text[turn]);
	return text[turn];
}

static void add(struct record *r, const char *name, const char *text)
{
	struct cf_error err = CF_ERROR_INIT;
	if (record_add(r, schema_field(record_entity(r), name), text, &err) < 0)
		fail_msg("%s", err.message);
}

static void set(struct record *r, const char *name, const char *text)
{
	assert_int_equal(record_set(r, schema_field(record_entity(r), name), text, NULL), 0);
}

static struct record *new_record(const char *entity, uint8_t number)
{
	struct record *r = NULL;
	struct record_id id = {{9, number}};
	assert_int_equal(record_new(schema_entity(entity), &id, &r, NULL), 0);
	return r;
}

/* Live consent to hand the person's identity to the shelter for a referral. */
static struct record *live(uint8_t number)
{
	struct record *r = new_record("consent", number);
	add(r, "person", id_text(&person_id));
	add(r, "purpose", "referral");
	add(r, "recipient", id_text(&shelter_id));
	add(r, "scope", "identity");
	add(r, "state", "given");
	add(r, "given", "2026-01-10");
	add(r, "expires", "2026-12-31");
	return r;
}

static struct consent_request request(void)
{
	return (struct consent_request){
		.person = &person_id, .purpose = "referral", .recipient = &shelter_id, .today = {2026, 2, 1}};
}

static struct consent_decision decide(
	const struct record *const *consents, size_t n, const struct consent_request *q)
{
	struct consent_decision d;
	struct cf_error err = CF_ERROR_INIT;
	if (consent_decide(consents, n, q, &d, &err) < 0)
		fail_msg("%s", err.message);
	return d;
}

static bool may(struct consent_decision *d, const char *path, enum schema_handling handling)
{
	const struct schema_field *field = schema_field_by_path(path);
	assert_non_null(field);
	struct record_value v = {.field = field, .handling = handling, .text = "x", .n = 1};
	assert_int_equal(consent_filter(d, &v), consent_allows(d, &v));
	return consent_allows(d, &v);
}

static void live_consent_covers_its_scope_and_no_more(void **state)
{
	(void)state;
	struct record *r = live(1);
	const struct record *consents[] = {r};
	struct consent_request q = request();
	struct consent_decision d = decide(consents, 1, &q);
	assert_int_equal(d.nearest, CONSENT_LIVE);
	assert_int_equal(d.n_used, 1);
	assert_true(record_id_equal(&d.used[0], record_id(consents[0])));
	assert_true(may(&d, "person.name", SCHEMA_P4));
	assert_true(may(&d, "person.contact_safety", SCHEMA_P5));
	assert_true(may(&d, "identifier.value", SCHEMA_P4));
	assert_false(may(&d, "person.note", SCHEMA_P5));
	assert_false(may(&d, "episode.victim", SCHEMA_P4));
	assert_false(may(&d, "service.objectives", SCHEMA_P5));
	/* coded fields need none, unless somebody has raised their handling */
	assert_true(may(&d, "episode.act", SCHEMA_P2));
	assert_false(may(&d, "episode.act", SCHEMA_P3));
	record_free(r);
}

static void nothing_identifying_leaves_without_consent(void **state)
{
	(void)state;
	struct consent_request q = request();
	struct consent_decision d = decide(NULL, 0, &q);
	size_t n;
	size_t n_held = 0;
	const struct schema_entity *entities = schema_entities(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entities[i].n_fields; j++) {
			const struct schema_field *f = &entities[i].fields[j];
			for (int h = SCHEMA_P0; h < SCHEMA_N_HANDLINGS; h++) {
				struct record_value v = {.field = f, .handling = (enum schema_handling)h};
				bool free_to_go = f->sensitivity <= SCHEMA_CODED && h <= SCHEMA_P2;
				assert_int_equal(consent_allows(&d, &v), free_to_go);
				n_held += !free_to_go;
			}
		}
	assert_true(n_held > 500);
}

/* One thing at a time is wrong with a consent that would else be live. */
static void each_lack_is_told(void **state)
{
	(void)state;
	static const struct {
		const char *field;
		const char *text; /* NULL: the field goes */
		enum consent_lack lack;
	} cases[] = {
		{"purpose", "research", CONSENT_OTHER_PURPOSE},
		{"purpose", NULL, CONSENT_OTHER_PURPOSE},
		{"recipient", NULL, CONSENT_OTHER_RECIPIENT},
		{"state", "refused", CONSENT_REFUSED},
		{"state", "withdrawn", CONSENT_WITHDRAWN},
		{"state", "expired", CONSENT_EXPIRED},
		{"state", "not_asked", CONSENT_NOT_GIVEN},
		{"state", "overridden_with_reason", CONSENT_NOT_GIVEN},
		{"state", "assent_child_guardian", CONSENT_NO_GUARDIAN},
		{"state", NULL, CONSENT_NOT_GIVEN},
		{"given", "2026-02-02", CONSENT_NOT_GIVEN},
		{"given", "2026", CONSENT_NOT_GIVEN},
		{"given", NULL, CONSENT_NOT_GIVEN},
		{"given", "2026-02-01", CONSENT_LIVE},
		{"expires", "2026-01-31", CONSENT_EXPIRED},
		{"expires", "2026-02-01", CONSENT_LIVE},
		{"expires", "2026", CONSENT_EXPIRED}, /* it may mean New Year's Day */
		{"expires", "2026-03", CONSENT_LIVE},
		{"expires", "before 2027", CONSENT_EXPIRED},
		{"expires", NULL, CONSENT_LIVE},
		{"withdrawn", "2026-01-20", CONSENT_WITHDRAWN},
		{"withdrawn", "2026-02-01", CONSENT_WITHDRAWN},
		{"withdrawn", "2026", CONSENT_WITHDRAWN},
		{"withdrawn", "2026-02-02", CONSENT_LIVE},
		{"scope", NULL, CONSENT_LIVE},
		{"person", NULL, CONSENT_OF_ANOTHER},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct record *r = live(1);
		if (cases[i].text)
			set(r, cases[i].field, cases[i].text);
		else
			(void)record_remove(r, schema_field(record_entity(r), cases[i].field));
		const struct record *consents[] = {r};
		struct consent_request q = request();
		struct consent_decision d = decide(consents, 1, &q);
		if (d.nearest != cases[i].lack)
			fail_msg("%s %s: %s, not %s", cases[i].field, cases[i].text ? cases[i].text : "gone",
				consent_lack_name(d.nearest), consent_lack_name(cases[i].lack));
		bool covered = cases[i].lack == CONSENT_LIVE && strcmp(cases[i].field, "scope") != 0;
		assert_int_equal(may(&d, "person.name", SCHEMA_P4), covered);
		assert_int_equal(d.n_used, cases[i].lack == CONSENT_LIVE);
		record_free(r);
	}
}

static void people_and_recipients_are_told_apart(void **state)
{
	(void)state;
	struct record *r = live(1);
	const struct record *consents[] = {r};
	struct consent_request q = request();
	q.person = &other_person_id;
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_OF_ANOTHER);
	q = request();
	q.recipient = &police_id;
	q.recipient_type = "LawEnforcement";
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_OTHER_RECIPIENT);
	add(r, "recipient_class", "NGO");
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_OTHER_RECIPIENT);
	add(r, "recipient_class", "LawEnforcement");
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_LIVE);
	/* where only the kind of recipient is known, a consent to one organisation does not help */
	q.recipient = NULL;
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_LIVE);
	q.recipient_type = "LegalService";
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_OTHER_RECIPIENT);
	/* other records say nothing */
	struct record *role = new_record("role", 2);
	add(role, "person", id_text(&person_id));
	const struct record *others[] = {role};
	assert_int_equal(decide(others, 1, &q).nearest, CONSENT_OF_ANOTHER);
	record_free(role);
	record_free(r);
}

static void a_child_needs_a_guardian(void **state)
{
	(void)state;
	struct record *r = live(1);
	const struct record *consents[] = {r};
	struct consent_request q = request();
	set(r, "state", "assent_child_guardian");
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_NO_GUARDIAN);
	add(r, "guardian", id_text(&other_person_id));
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_LIVE);
	record_free(r);
}

static void a_later_refusal_counts(void **state)
{
	(void)state;
	struct record *given = live(1);
	struct record *refused = live(2);
	const struct record *consents[] = {given, refused};
	struct consent_request q = request();
	set(refused, "state", "refused");
	set(refused, "given", "2026-01-09");
	assert_int_equal(decide(consents, 2, &q).nearest, CONSENT_LIVE);
	set(refused, "given", "2026-01-11");
	struct consent_decision d = decide(consents, 2, &q);
	assert_int_equal(d.nearest, CONSENT_REFUSED);
	assert_false(may(&d, "person.name", SCHEMA_P4));
	/* on a day that is not known it may have been later */
	set(refused, "given", "2026");
	assert_int_equal(decide(consents, 2, &q).nearest, CONSENT_REFUSED);
	(void)record_remove(refused, schema_field_by_path("consent.given"));
	assert_int_equal(decide(consents, 2, &q).nearest, CONSENT_REFUSED);
	/* what was refused to another does not touch it */
	set(refused, "recipient", id_text(&police_id));
	assert_int_equal(decide(consents, 2, &q).nearest, CONSENT_LIVE);
	record_free(given);
	record_free(refused);
}

static void sources_that_disagree_give_no_consent(void **state)
{
	(void)state;
	struct record *r = live(1);
	const struct record *consents[] = {r};
	struct consent_request q = request();
	struct record_value v = {.field = schema_field_by_path("consent.state"),
		.text = "not_asked",
		.n = 9,
		.source = "00000000000000000000000001"};
	assert_int_equal(record_add_value(r, &v, NULL), 0);
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_NOT_GIVEN);
	v.text = "withdrawn";
	assert_int_equal(record_add_value(r, &v, NULL), 0);
	assert_int_equal(decide(consents, 1, &q).nearest, CONSENT_WITHDRAWN);
	record_free(r);
}

static void everything_is_not_the_protected(void **state)
{
	(void)state;
	struct record *r = live(1);
	const struct record *consents[] = {r};
	struct consent_request q = request();
	set(r, "scope", "all");
	struct consent_decision d = decide(consents, 1, &q);
	assert_true(may(&d, "person.name", SCHEMA_P4));
	assert_true(may(&d, "episode.victim", SCHEMA_P5));
	assert_false(may(&d, "episode.account", SCHEMA_P5));
	add(r, "scope", "statements");
	d = decide(consents, 1, &q);
	assert_true(may(&d, "episode.account", SCHEMA_P5));
	assert_false(may(&d, "assessment.answer", SCHEMA_P5));
	add(r, "scope_field", "assessment.answer");
	add(r, "scope_field", "no.such");
	d = decide(consents, 1, &q);
	assert_true(may(&d, "assessment.answer", SCHEMA_P5));
	assert_false(may(&d, "assessment.question", SCHEMA_P5));
	set(r, "scope", "coded");
	d = decide(consents, 1, &q);
	assert_true(may(&d, "episode.act", SCHEMA_P4));
	assert_false(may(&d, "person.name", SCHEMA_P4));
	record_free(r);
}

static void every_field_has_a_scope(void **state)
{
	(void)state;
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	const struct schema_code_list *scopes = schema_code_list("consent.scope");
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < entities[i].n_fields; j++)
			assert_non_null(schema_code(scopes, consent_scope_of(&entities[i].fields[j])));
	assert_string_equal(consent_scope_of(schema_field_by_path("leg.departed")), "exploitation");
	assert_string_equal(consent_scope_of(schema_field_by_path("compelled_act.statement")), "statements");
	assert_string_equal(consent_scope_of(schema_field_by_path("assessment.answer")), "health");
}

static void a_named_law_stands_for_consent(void **state)
{
	(void)state;
	struct consent_request q = request();
	q.legal_basis = "court_order";
	struct consent_decision d = decide(NULL, 0, &q);
	assert_true(d.legal_basis);
	assert_true(may(&d, "episode.account", SCHEMA_P5));
	/* "consent" names no law: the consent itself must be there */
	q.legal_basis = "consent";
	d = decide(NULL, 0, &q);
	assert_false(may(&d, "person.name", SCHEMA_P4));
	q.legal_basis = "guardian";
	d = decide(NULL, 0, &q);
	assert_false(may(&d, "person.name", SCHEMA_P4));
}

static void refuses_nonsense(void **state)
{
	(void)state;
	struct consent_decision d = {.n_used = 77};
	struct cf_error err = CF_ERROR_INIT;
	struct consent_request q = request();
	q.purpose = "curiosity";
	assert_int_equal(consent_decide(NULL, 0, &q, &d, &err), CF_E_USAGE);
	q = request();
	q.purpose = NULL;
	assert_int_equal(consent_decide(NULL, 0, &q, &d, &err), CF_E_USAGE);
	q = request();
	q.person = NULL;
	assert_int_equal(consent_decide(NULL, 0, &q, &d, &err), CF_E_USAGE);
	q = request();
	q.recipient = NULL;
	assert_int_equal(consent_decide(NULL, 0, &q, &d, &err), CF_E_USAGE);
	q = request();
	q.legal_basis = "because";
	assert_int_equal(consent_decide(NULL, 0, &q, &d, &err), CF_E_USAGE);
	q = request();
	q.today = (struct date){2026, 2, 0};
	assert_int_equal(consent_decide(NULL, 0, &q, &d, &err), CF_E_USAGE);
	struct record *owned[CONSENT_MAX_USED + 1];
	const struct record *many[CONSENT_MAX_USED + 1];
	for (size_t i = 0; i < CONSENT_MAX_USED + 1; i++)
		many[i] = owned[i] = live((uint8_t)i);
	q = request();
	assert_int_equal(consent_decide(many, CONSENT_MAX_USED + 1, &q, &d, &err), CF_E_LIMIT);
	assert_int_equal(d.n_used, 77);
	assert_int_equal(consent_decide(many, CONSENT_MAX_USED, &q, &d, &err), 0);
	for (size_t i = 0; i < CONSENT_MAX_USED + 1; i++)
		record_free(owned[i]);
}

static void says_which_consent_is_missing(void **state)
{
	(void)state;
	struct record *r = live(1);
	struct record *person = new_record("person", 5);
	const struct record *consents[] = {r};
	struct consent_request q = request();
	struct cf_error err = CF_ERROR_INIT;
	add(person, "gender", "Feminine");
	add(person, "name", "CANARY");
	struct consent_decision d = decide(consents, 1, &q);
	assert_int_equal(consent_check(&d, person, &err), 0);
	set(r, "expires", "2026-01-15");
	d = decide(consents, 1, &q);
	assert_int_equal(consent_check(&d, person, &err), CF_E_REFUSED);
	char expected[400];
	(void)snprintf(expected, sizeof expected,
		"person.name may not leave: it needs consent to \"identity\" for the purpose referral; the "
		"nearest, %s, "
		"has expired, or may have: ask the person again, or name a legal basis",
		id_text(record_id(r)));
	assert_string_equal(err.message, expected);
	d = decide(NULL, 0, &q);
	assert_int_equal(consent_check(&d, person, &err), CF_E_REFUSED);
	assert_non_null(strstr(err.message, "there is no consent of this person"));
	assert_null(strstr(err.message, "CANARY"));
	assert_string_equal(consent_lack_name(CONSENT_N_LACKS), "?");
	record_free(r);
	record_free(person);
}

static int explain_once(void *context, struct cf_error *err)
{
	struct consent_decision d;
	struct consent_request q = request();
	TRY(consent_decide(NULL, 0, &q, &d, err));
	int status = consent_check(&d, context, err);
	return status == CF_E_REFUSED ? CF_OK : status;
}

static void survives_want_of_memory(void **state)
{
	(void)state;
	struct record *person = new_record("person", 5);
	add(person, "name", "x");
	(void)sweep_run("consent_check", explain_once, person);
	record_free(person);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_consent_covers_its_scope_and_no_more),
		cmocka_unit_test(nothing_identifying_leaves_without_consent),
		cmocka_unit_test(each_lack_is_told),
		cmocka_unit_test(people_and_recipients_are_told_apart),
		cmocka_unit_test(a_child_needs_a_guardian),
		cmocka_unit_test(a_later_refusal_counts),
		cmocka_unit_test(sources_that_disagree_give_no_consent),
		cmocka_unit_test(everything_is_not_the_protected),
		cmocka_unit_test(every_field_has_a_scope),
		cmocka_unit_test(a_named_law_stands_for_consent),
		cmocka_unit_test(refuses_nonsense),
		cmocka_unit_test(says_which_consent_is_missing),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
