#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"
#include "model/record_samples.h"
#include "work/casebook/form.h"
#include "work/casebook/values.h"

static struct record *parse_as(const char *entity, const struct record_id *id, const struct record *known,
	const char *text, struct cf_error *err)
{
	CF_CLEANUP_VALUES struct values *values = NULL;
	struct record *r = NULL;
	if (values_new(NULL, &values, err) < 0)
		fail_msg("%s", err->message);
	struct form_source from = {.name = "draft",
		.text = text,
		.n = strlen(text),
		.clean = values_clean,
		.context = values,
		.known = known};
	int status = form_parse(&from, schema_entity(entity), id, &r, err);
	assert_true((status < 0) == (r == NULL));
	return r;
}

static struct record *parse(const char *entity, const char *text, struct cf_error *err)
{
	const struct record_id id = {{1}};
	return parse_as(entity, &id, NULL, text, err);
}

/* Every field of every entity in many scripts and all states comes back as it was, whatever the comments. */
static void what_is_written_is_read_as_the_same(void **state)
{
	(void)state;
	size_t n_entities;
	const struct schema_entity *entities = schema_entities(&n_entities);
	struct random_stream random;
	random_init(&random, 11, 0);
	for (size_t i = 0; i < 12 * n_entities; i++) {
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP_RECORD struct record *r = NULL;
		assert_int_equal(samples_record(&entities[i % n_entities], &random, &r, &err), CF_OK);
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		assert_int_equal(form_format(r, (enum form_comments)(i % 3), &text, &err), CF_OK);
		CF_CLEANUP_RECORD struct record *again =
			parse_as(entities[i % n_entities].name, record_id(r), r, buffer_text(&text), &err);
		if (!again)
			fail_msg("%s: %s", entities[i % n_entities].name, err.message);
		if (!record_equal(r, again))
			fail_msg("%s changed:\n%s", entities[i % n_entities].name, buffer_text(&text));
	}
}

static void people_write_as_they_like(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_RECORD struct record *r = parse("person",
		"# a comment\r\n\r\nname:   Amina Diallo  \r\nname#2:Lola\nname_kind#2: Alias\nbirth_date: "
		"04/1998\n"
		"citizenship: Côte d'Ivoire\ncitizenship: NG\ngender: (refused)\nnote @P4: |\n  first\n    "
		"second\n"
		"deceased: oui\nbirth_place: \\(none)\n",
		&err);
	if (!r)
		fail_msg("%s", err.message);
	size_t n;
	const struct record_value *v = record_get(r, schema_field_by_path("person.name"), &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].text, "Amina Diallo");
	assert_int_equal(v[1].part, 1);
	assert_string_equal(record_text_by_name(r, "birth_date"), "1998-04");
	v = record_get(r, schema_field_by_path("person.citizenship"), &n);
	assert_int_equal(n, 2);
	v = record_get(r, schema_field_by_path("person.gender"), &n);
	assert_int_equal(v[0].state, RECORD_REFUSED);
	v = record_get(r, schema_field_by_path("person.note"), &n);
	assert_int_equal(v[0].handling, SCHEMA_P4);
	assert_string_equal(v[0].text, "first\n  second");
	assert_string_equal(record_text_by_name(r, "deceased"), "yes");
	assert_string_equal(record_text_by_name(r, "birth_place"), "(none)");
}

/* What is typed is searched for, and must be what an import of the same would have made. */
static void identifiers_follow_the_rules_of_their_kind(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"phone: +44 7911 123456", "phone:+447911123456"},
		{"Phone:+44 7911-123456", "phone:+447911123456"},
		{"bank_account: 12-34 56 ab", "bank_account:123456AB"},
		{"passport: l 898902 c3", "passport:L898902C3"},
		{"email: Ana@Example.ORG", "email:ana@example.org"},
		{"iban: gb82 west 1234 5698 7654 32", "iban:GB82WEST12345698765432"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cf_error err = CF_ERROR_INIT;
		char text[128];
		(void)snprintf(text, sizeof text, "value: %s\n", cases[i][0]);
		CF_CLEANUP_RECORD struct record *r = parse("identifier", text, &err);
		if (!r)
			fail_msg("%s: %s", cases[i][0], err.message);
		assert_string_equal(record_text_by_name(r, "value"), cases[i][1]);
	}
}

static void faults_name_the_line_and_the_field_never_the_value(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *says[2];
	} cases[] = {
		{"name: A\nbirth_date: Sekret\n", {"draft:2", "birth_date"}},
		{"name: A\n\nSekret\n", {"draft:3", "field: value"}},
		{"sekret_field: Sekret\n", {"draft:1", "no field"}},
		{"gender: Sekret\n", {"draft:1", "gender"}},
		{"name#0: Sekret\n", {"draft:1", "#"}},
		{"name @P7: Sekret\n", {"draft:1", "@P0"}},
		{"name: (Sekret)\n", {"draft:1", "(unknown)"}},
		{"gender: Sekret\nbirth_date: Sekret\n", {"draft:1", "1 more"}},
		{"name: \xFF\n", {"draft", "UTF-8"}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cf_error err = CF_ERROR_INIT;
		assert_null(parse("person", cases[i].text, &err));
		assert_int_equal(err.code, CF_E_INPUT);
		for (int k = 0; k < 2; k++)
			if (!strstr(err.message, cases[i].says[k]))
				fail_msg("'%s' does not say '%s'", err.message, cases[i].says[k]);
		assert_null(strstr(err.message, "Sekret"));
	}
}

static void setting_replaces_a_part_alone(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_VALUES struct values *values = NULL;
	CF_CLEANUP_RECORD struct record *r = parse("person", "name: A\nname#2: B\ncitizenship: NGA\n", &err);
	assert_non_null(r);
	assert_int_equal(values_new(NULL, &values, &err), CF_OK);
	static const char *const sets[] = {"name#2=C", "citizenship=GHA", "birth_date=1990"};
	for (size_t i = 0; i < 3; i++) {
		struct form_source from = {
			.text = sets[i], .n = strlen(sets[i]), .clean = values_clean, .context = values};
		assert_int_equal(form_set(&from, true, r, &err), CF_OK);
	}
	size_t n;
	const struct record_value *v = record_get(r, schema_field_by_path("person.name"), &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].text, "A");
	assert_string_equal(v[1].text, "C");
	v = record_get(r, schema_field_by_path("person.citizenship"), &n);
	assert_int_equal(n, 1);
	assert_string_equal(v[0].text, "GHA");
	struct form_source gone = {.text = "name#2=", .n = 7, .clean = values_clean, .context = values};
	assert_int_equal(form_set(&gone, true, r, &err), CF_OK);
	(void)record_get(r, schema_field_by_path("person.name"), &n);
	assert_int_equal(n, 1);
}

static int read_and_write(void *context, struct cf_error *err)
{
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	const struct record_id id = {{1}};
	static const char text[] = "name: A\nname#2: B\nnote: |\n  x\n  y\ncitizenship: NGA\n";
	struct form_source from = {.name = "draft",
		.text = text,
		.n = sizeof text - 1,
		.clean = values_clean,
		.context = context};
	TRY(form_parse(&from, schema_entity("person"), &id, &r, err));
	return form_format(r, FORM_FILLED, &out, err);
}

static void survives_every_failed_allocation(void **state)
{
	(void)state;
	CF_CLEANUP_VALUES struct values *values = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(values_new(NULL, &values, &err), CF_OK);
	assert_true(sweep_run("form", read_and_write, values) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_as_the_same),
		cmocka_unit_test(people_write_as_they_like),
		cmocka_unit_test(identifiers_follow_the_rules_of_their_kind),
		cmocka_unit_test(faults_name_the_line_and_the_field_never_the_value),
		cmocka_unit_test(setting_replaces_a_part_alone),
		cmocka_unit_test(survives_every_failed_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
