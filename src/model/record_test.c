#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "model/record.h"
#include "model/record_samples.h"

static const struct schema_field *field(const char *path)
{
	const struct schema_field *f = schema_field_by_path(path);
	if (!f)
		fail_msg("there is no %s", path);
	return f;
}

static struct record *new_record(const char *entity)
{
	struct record *r = NULL;
	struct record_id id = {{1, 2, 3}};
	assert_int_equal(record_new(schema_entity(entity), &id, &r, NULL), 0);
	return r;
}

static void add(struct record *r, const char *name, const char *text)
{
	struct cf_error err = CF_ERROR_INIT;
	if (record_add(r, schema_field(record_entity(r), name), text, &err) < 0)
		fail_msg("%s", err.message);
}

static void add_from(struct record *r, const char *name, const char *text, uint16_t part, const char *source)
{
	struct cf_error err = CF_ERROR_INIT;
	const struct schema_field *f = schema_field(record_entity(r), name);
	struct record_value v = {.field = f,
		.handling = f->handling,
		.part = part,
		.text = text,
		.n = strlen(text),
		.source = source};
	if (record_add_value(r, &v, &err) < 0)
		fail_msg("%s", err.message);
}

static void say(struct record *r, const char *name, enum record_state state)
{
	assert_int_equal(record_add_state(r, schema_field(record_entity(r), name), state, NULL), 0);
}

static const char source_a[] = "00000000000000000000000001";
static const char source_b[] = "7zzzzzzzzzzzzzzzzzzzzzzzzz";

/* ---- ids */

static void ids_have_one_text(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 3, 1);
	char text[RECORD_ID_TEXT + 1];
	for (int i = 0; i < 10000; i++) {
		struct record_id id;
		struct record_id back = {{0}};
		for (size_t j = 0; j < sizeof id.bytes; j++)
			id.bytes[j] = (uint8_t)random_below(&random, 256);
		record_id_format(&id, text);
		assert_int_equal(strlen(text), RECORD_ID_TEXT);
		assert_true(record_id_parse(text, &back));
		assert_true(record_id_equal(&id, &back));
	}
	/* by hand: 128 bits are a leading 3-bit digit and 25 of 5 bits */
	struct record_id one = {{[15] = 1}};
	record_id_format(&one, text);
	assert_string_equal(text, source_a);
	struct record_id all;
	memset(all.bytes, 0xff, sizeof all.bytes);
	record_id_format(&all, text);
	assert_string_equal(text, source_b);
	struct record_id first = {{0x80}};
	record_id_format(&first, text);
	assert_string_equal(text, "40000000000000000000000000");
}

static void other_texts_are_no_ids(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "0", "0000000000000000000000000", "000000000000000000000000000",
		"8zzzzzzzzzzzzzzzzzzzzzzzzz", "0000000000000000000000000i", "0000000000000000000000000l",
		"0000000000000000000000000o", "0000000000000000000000000u", "0000000000000000000000000A",
		"0000000000000000000000000 ", "00000000000000000000000000"};
	struct record_id id = {{7}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(record_id_parse(bad[i], &id));
	assert_int_equal(id.bytes[0], 7);
}

static void fresh_ids_differ(void **state)
{
	(void)state;
	struct record_id a;
	struct record_id b;
	record_id_new(&a);
	record_id_new(&b);
	assert_false(record_id_equal(&a, &b));
}

static void states_have_words(void **state)
{
	(void)state;
	for (int i = 0; i < RECORD_N_STATES; i++) {
		enum record_state back = RECORD_N_STATES;
		assert_true(record_state_parse(record_state_name((enum record_state)i), &back));
		assert_int_equal(back, i);
	}
	enum record_state untouched = RECORD_REFUSED;
	assert_false(record_state_parse("Unknown", &untouched));
	assert_int_equal(untouched, RECORD_REFUSED);
	assert_string_equal(record_state_name((enum record_state)17), "?");
}

/* ---- building */

static void values_stand_in_canonical_order(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	add(r, "gender", "Feminine");
	add_from(r, "name", "second", 1, NULL);
	add(r, "name", "first");
	add(r, "language", "rhg");
	add(r, "language", "eng");
	add(r, "citizenship", "MMR");
	assert_int_equal(record_n_values(r), 6);
	const struct record_value *v = record_values(r);
	assert_string_equal(v[0].text, "first");
	assert_string_equal(v[1].text, "second");
	assert_string_equal(v[2].text, "Feminine");
	assert_string_equal(v[3].text, "MMR");
	/* the language spoken best stays first */
	assert_string_equal(v[4].text, "rhg");
	assert_string_equal(v[5].text, "eng");
	assert_int_equal(v[0].handling, SCHEMA_P4);
	size_t n = 99;
	assert_ptr_equal(record_get(r, field("person.language"), &n), &v[4]);
	assert_int_equal(n, 2);
	assert_null(record_get(r, field("person.title"), &n));
	assert_int_equal(n, 0);
	assert_null(record_get(r, field("role.from"), &n));
	assert_string_equal(record_text(r, field("person.name")), "first");
	assert_string_equal(record_text_by_name(r, "citizenship"), "MMR");
	assert_null(record_text_by_name(r, "no_such"));
	record_free(r);
}

static void a_set_has_no_order(void **state)
{
	(void)state;
	static const char *const codes[] = {"Receipt", "Harbouring", "Recruitment", "Transfer"};
	struct record *a = new_record("episode");
	struct record *b = new_record("episode");
	for (size_t i = 0; i < 4; i++) {
		add(a, "act", codes[i]);
		add(b, "act", codes[3 - i]);
	}
	assert_true(record_equal(a, b));
	record_free(a);
	record_free(b);
}

static void refuses_what_cannot_be_held(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(record_add(r, field("case.number"), "x", &err), CF_E_USAGE);
	assert_non_null(strstr(err.message, "case.number is no field of person"));
	struct record_value v = {.field = field("person.note"), .state = RECORD_UNKNOWN, .text = "x", .n = 1};
	assert_int_equal(record_add_value(r, &v, &err), CF_E_USAGE);
	v.state = RECORD_KNOWN;
	v.source = "nobody";
	assert_int_equal(record_add_value(r, &v, &err), CF_E_USAGE);
	v.source = NULL;
	v.part = RECORD_MAX_PART + 1;
	assert_int_equal(record_add_value(r, &v, &err), CF_E_LIMIT);
	v.part = 0;
	v.handling = SCHEMA_N_HANDLINGS;
	assert_int_equal(record_add_value(r, &v, &err), CF_E_USAGE);
	v.handling = SCHEMA_P3;
	v.state = RECORD_N_STATES;
	assert_int_equal(record_add_value(r, &v, &err), CF_E_USAGE);
	v.state = RECORD_KNOWN;
	char *large = calloc(1, RECORD_MAX_TEXT + 1);
	assert_non_null(large);
	memset(large, 'x', RECORD_MAX_TEXT + 1);
	v.text = large;
	v.n = RECORD_MAX_TEXT + 1;
	assert_int_equal(record_add_value(r, &v, &err), CF_E_LIMIT);
	assert_int_equal(record_n_values(r), 0);
	v.n = RECORD_MAX_TEXT;
	assert_int_equal(record_add_value(r, &v, &err), 0);
	for (size_t i = 1; i < RECORD_MAX_VALUES; i++)
		assert_int_equal(record_add(r, field("person.note"), "n", &err), 0);
	assert_int_equal(record_add(r, field("person.note"), "n", &err), CF_E_LIMIT);
	/* a full record can still be changed */
	assert_int_equal(record_set(r, field("person.note"), "one", &err), 0);
	assert_int_equal(record_n_values(r), 1);
	free(large);
	record_free(r);
}

static void sets_and_removes(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	add(r, "note", "a");
	add(r, "note", "b");
	add(r, "gender", "Feminine");
	/* the new text may be that of a value that goes */
	assert_int_equal(record_set(r, field("person.note"), record_values(r)[2].text, NULL), 0);
	assert_int_equal(record_n_values(r), 2);
	assert_string_equal(record_text(r, field("person.note")), "b");
	assert_int_equal(record_set(r, field("person.birth_date"), "1990", NULL), 0);
	assert_string_equal(record_text(r, field("person.birth_date")), "1990");
	assert_int_equal(record_remove(r, field("person.note")), 1);
	assert_int_equal(record_remove(r, field("person.note")), 0);
	assert_int_equal(record_n_values(r), 2);
	struct record *copy = NULL;
	assert_int_equal(record_copy(r, &copy, NULL), 0);
	assert_true(record_equal(r, copy));
	assert_int_equal(record_set(copy, field("person.gender"), "Masculine", NULL), 0);
	assert_false(record_equal(r, copy));
	assert_string_equal(record_text(r, field("person.gender")), "Feminine");
	struct record_id other = {{9}};
	record_reset(copy, schema_entity("case"), &other);
	assert_int_equal(record_n_values(copy), 0);
	assert_int_equal(record_add(copy, field("case.number"), "7", NULL), 0);
	assert_string_equal(record_entity(copy)->name, "case");
	assert_true(record_id_equal(record_id(copy), &other));
	record_free(copy);
	record_free(r);
}

/* ---- validation: each kind of fault */

/* Exactly one fault, of this kind, in this field, whose message says this and not the contents. */
static void one_fault(struct record *r, enum record_fault_kind kind, const char *name, const char *says)
{
	struct record_faults f = RECORD_FAULTS_INIT;
	assert_int_equal(record_validate(r, &f, NULL), 0);
	if (f.n != 1)
		fail_msg("%s: %zu faults, the first: %s", says, f.n, f.n ? f.faults[0].message : "none");
	assert_int_equal(f.faults[0].kind, kind);
	assert_string_equal(f.faults[0].field->name, name);
	if (!strstr(f.faults[0].message, says))
		fail_msg("'%s' does not say '%s'", f.faults[0].message, says);
	assert_null(strstr(f.faults[0].message, "CANARY"));
	record_faults_done(&f);
	record_free(r);
}

static void sound(struct record *r)
{
	struct record_faults f = RECORD_FAULTS_INIT;
	assert_int_equal(record_validate(r, &f, NULL), 0);
	if (f.n)
		fail_msg("%s", f.faults[0].message);
	record_faults_done(&f);
	record_free(r);
}

static struct record *person_with(const char *name, const char *text)
{
	struct record *r = new_record("person");
	add(r, name, text);
	return r;
}

static void finds_texts_that_are_not_canonical(void **state)
{
	(void)state;
	static const char *const bad[][3] = {
		{"name", "", "is empty"},
		{"name", "CANARY ", "white space"},
		{"name", "\nCANARY", "white space"},
		{"name", "CANARY\x01", "control"},
		{"name", "CANARY\x7f", "control"},
		{"name", "CANARY\xff", "UTF-8"},
		{"name", "CANARY\xed\xa0\x80", "UTF-8"},
		{"name", "CANARY e\xcc\x81", "normal form C"},
		{"name", "\xe1\x84\x80\xe1\x85\xa1", "normal form C"}, /* a Korean syllable in pieces */
		{"gender", "CANARY", "no code"},
		{"gender", "feminine", "no code"},
		{"birth_date", "17/05/1990", "no date"},
		{"birth_date", "CANARY", "no date"},
		{"citizenship", "FR", "no code"},
		{"language", "fr", "no code"},
		{"number_of_children", "CANARY", "whole number"},
		{"number_of_children", "01", "whole number"},
		{"number_of_children", "+1", "whole number"},
		{"number_of_children", "-0", "whole number"},
		{"number_of_children", "1.5", "whole number"},
		{"number_of_children", "1000000000000000000", "whole number"},
		{"number_of_children", "-1", "outside"},
		{"number_of_children", "100", "outside"},
		{"address_latitude", "91", "outside"},
		{"address_latitude", "-90.00001", "outside"},
		{"address_latitude", "1.50", "decimal"},
		{"address_latitude", "1.", "decimal"},
		{"address_latitude", ".5", "decimal"},
		{"address_latitude", "-0", "decimal"},
		{"address_latitude", "1e1", "decimal"},
		{"address_latitude", "1,5", "decimal"},
		{"address_latitude", "0.1234567890123456", "decimal"},
		{"deceased", "CANARY", "neither yes nor no"},
		{"deceased", "unknown", "neither yes nor no"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		one_fault(person_with(bad[i][0], bad[i][1]), RECORD_FAULT_TEXT, bad[i][0], bad[i][2]);
}

static void finds_such_texts_in_other_entities(void **state)
{
	(void)state;
	struct record *r = new_record("identifier");
	add(r, "value", "CANARY");
	one_fault(r, RECORD_FAULT_TEXT, "value", "kind of identifier");
	r = new_record("identifier");
	add(r, "value", "fon:CANARY");
	one_fault(r, RECORD_FAULT_TEXT, "value", "kind of identifier");
	r = new_record("identifier");
	add(r, "value", "phone:");
	one_fault(r, RECORD_FAULT_TEXT, "value", "nothing behind");
	r = new_record("evidence");
	add(r, "sha256", "CANARY");
	one_fault(r, RECORD_FAULT_TEXT, "sha256", "number of hexadecimal digits");
	r = new_record("evidence");
	add(r, "sha256", "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855");
	one_fault(r, RECORD_FAULT_TEXT, "sha256", "lower case");
	r = new_record("evidence");
	add(r, "captured", "2026-02-01 08:30");
	one_fault(r, RECORD_FAULT_TEXT, "captured", "no moment");
	r = new_record("evidence");
	add(r, "copy_of", "CANARY");
	one_fault(r, RECORD_FAULT_TEXT, "copy_of", "no record id");
	r = new_record("evidence");
	add_from(r, "copy_of", source_a, 0, NULL);
	sound(r);
}

static void accepts_what_is_canonical(void **state)
{
	(void)state;
	static const char *const good[][2] = {{"name", "Nguyễn Thị Ánh"}, {"name", "فاطمة"},
		{"name", "阮氏明开"}, {"note", "two\nlines\tand a tab"}, {"gender", "NonConforming"},
		{"birth_date", "about 1990"}, {"citizenship", "XXA"}, {"language", "rhg"},
		{"number_of_children", "0"}, {"address_latitude", "-89.999"}, {"address_latitude", "0"},
		{"address_latitude", "-0.5"}, {"address_longitude", "180"}, {"deceased", "no"}};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		sound(person_with(good[i][0], good[i][1]));
}

static void finds_what_is_missing(void **state)
{
	(void)state;
	struct record *r = new_record("identifier");
	one_fault(r, RECORD_FAULT_MISSING, "value", "is missing");
	r = new_record("identifier");
	say(r, "value", RECORD_NOT_ASKED);
	sound(r);
}

static void finds_repetitions(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	add(r, "gender", "Feminine");
	add(r, "gender", "Masculine");
	one_fault(r, RECORD_FAULT_REPEATED, "gender", "several values");
	/* two sources may contradict each other, and the record's own source besides */
	r = new_record("person");
	add(r, "gender", "Feminine");
	add_from(r, "gender", "Masculine", 0, source_a);
	add_from(r, "gender", "NonConforming", 0, source_b);
	sound(r);
	r = new_record("person");
	add_from(r, "gender", "Feminine", 0, source_a);
	add_from(r, "gender", "NonConforming", 0, source_b);
	add_from(r, "gender", "Masculine", 0, source_a);
	one_fault(r, RECORD_FAULT_REPEATED, "gender", "several values");
	r = new_record("person");
	add(r, "citizenship", "FRA");
	add(r, "citizenship", "VNM");
	sound(r);
	r = new_record("person");
	add(r, "name", "a");
	add_from(r, "name", "b", 1, NULL);
	sound(r);
	r = new_record("episode");
	say(r, "case", RECORD_UNKNOWN);
	add(r, "act", "Recruitment");
	add(r, "act", "Recruitment");
	one_fault(r, RECORD_FAULT_REPEATED, "act", "twice");
}

static void finds_contradicting_states(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	add(r, "gender", "Feminine");
	say(r, "gender", RECORD_UNKNOWN);
	one_fault(r, RECORD_FAULT_STATE, "gender", "beside another");
	r = new_record("person");
	say(r, "citizenship", RECORD_REFUSED);
	say(r, "citizenship", RECORD_NOT_ASKED);
	one_fault(r, RECORD_FAULT_STATE, "citizenship", "beside another");
}

static void finds_wrong_parts(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	add_from(r, "gender", "Feminine", 1, NULL);
	one_fault(r, RECORD_FAULT_PART, "gender", "no field of a part");
	r = new_record("person");
	add(r, "name", "a");
	add_from(r, "name", "c", 2, NULL);
	one_fault(r, RECORD_FAULT_PART, "name", "no 1");
	/* another field of the same kind of part fills the gap; one of another kind does not */
	r = new_record("person");
	add(r, "name", "a");
	add_from(r, "name_kind", "alias", 1, NULL);
	add_from(r, "name", "c", 2, NULL);
	sound(r);
	r = new_record("person");
	add(r, "address_city", "a");
	add_from(r, "name", "b", 1, NULL);
	one_fault(r, RECORD_FAULT_PART, "name", "no 0");
}

static void finds_a_record_that_refers_to_itself(void **state)
{
	(void)state;
	char own[RECORD_ID_TEXT + 1];
	struct record *r = new_record("case");
	record_id_format(record_id(r), own);
	add(r, "linked_case", own);
	one_fault(r, RECORD_FAULT_REFERENCE, "linked_case", "itself");
}

static void finds_wrong_order(void **state)
{
	(void)state;
	struct record *r = new_record("case");
	add(r, "opened", "2024-05-02");
	add(r, "closed", "2024-05-01");
	one_fault(r, RECORD_FAULT_ORDER, "closed", "before opened");
	r = new_record("case");
	add(r, "opened", "2024-05-02");
	add(r, "closed", "2024-05");
	sound(r);
	r = new_record("episode");
	say(r, "case", RECORD_UNKNOWN);
	add(r, "victims_at_least", "10");
	add(r, "victims_at_most", "9");
	one_fault(r, RECORD_FAULT_ORDER, "victims_at_most", "less than victims_at_least");
}

static struct record *role(const char *code)
{
	struct record *r = new_record("role");
	add(r, "person", source_a);
	add(r, "case", source_b);
	add(r, "role", code);
	return r;
}

static void finds_broken_rules(void **state)
{
	(void)state;
	struct record *r = role("victim");
	add(r, "process_role", "Transporter");
	one_fault(r, RECORD_FAULT_RULE, "process_role", "compelled act");
	r = role("presumed_victim");
	add(r, "process_role", "Transporter");
	one_fault(r, RECORD_FAULT_RULE, "process_role", "compelled act");
	r = role("suspect");
	add(r, "process_role", "Transporter");
	sound(r);
	r = new_record("consent");
	add(r, "person", source_a);
	add(r, "purpose", "referral");
	add(r, "state", "withdrawn");
	one_fault(r, RECORD_FAULT_RULE, "withdrawn", "day of the withdrawal");
	r = new_record("consent");
	add(r, "person", source_a);
	add(r, "purpose", "referral");
	add(r, "state", "given");
	add(r, "given", "2026-02-01");
	sound(r);
}

/* Records made from the schema keep to the schema, whatever their fields (rules between them aside). */
static void samples_are_sound(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 5, 1);
	size_t n;
	const struct schema_entity *entities = schema_entities(&n);
	for (int round = 0; round < 200; round++) {
		struct record *r = NULL;
		struct cf_error err = CF_ERROR_INIT;
		struct record_faults f = RECORD_FAULTS_INIT;
		if (samples_record(&entities[round % n], &random, &r, &err) < 0)
			fail_msg("%s", err.message);
		assert_true(record_n_values(r) >= record_entity(r)->n_fields);
		assert_int_equal(record_validate(r, &f, NULL), 0);
		for (size_t i = 0; i < f.n; i++)
			if (f.faults[i].kind != RECORD_FAULT_RULE)
				fail_msg("%s: %s", record_entity(r)->name, f.faults[i].message);
		record_faults_done(&f);
		record_free(r);
	}
}

/* ---- differences and filters */

static struct record *person(const char *const *names_and_texts)
{
	struct record *r = new_record("person");
	for (size_t i = 0; names_and_texts[i]; i += 2)
		add(r, names_and_texts[i], names_and_texts[i + 1]);
	return r;
}

/* Writes changes as "before>after;" for each. */
static void differs(const char *const *before, const char *const *after, const char *expected)
{
	struct record *a = person(before);
	struct record *b = person(after);
	struct record_changes c = RECORD_CHANGES_INIT;
	char said[512] = "";
	assert_int_equal(record_diff(a, b, &c, NULL), 0);
	for (size_t i = 0; i < c.n; i++) {
		strcat(said, c.changes[i].before ? c.changes[i].before->text : "-");
		strcat(said, ">");
		strcat(said, c.changes[i].after ? c.changes[i].after->text : "-");
		strcat(said, ";");
	}
	assert_string_equal(said, expected);
	assert_true((c.n == 0) == record_equal(a, b));
	record_changes_done(&c);
	record_free(a);
	record_free(b);
}

#define LIST(...)                                                                                            \
	(const char *const[])                                                                                \
	{                                                                                                    \
		__VA_ARGS__, NULL                                                                            \
	}

static void tells_what_changed(void **state)
{
	(void)state;
	differs(LIST("gender", "Feminine"), LIST("gender", "Feminine"), "");
	differs(LIST("gender", "Feminine"), LIST("gender", "Masculine"), "Feminine>Masculine;");
	differs(LIST("gender", "Feminine"), LIST("birth_date", "1990"), "Feminine>-;->1990;");
	differs(LIST("language", "rhg", "language", "eng"), LIST("language", "eng"), "rhg>-;");
	differs(LIST("language", "rhg"), LIST("language", "eng", "language", "rhg"), "->eng;");
	differs(LIST("language", "rhg", "language", "eng"), LIST("language", "eng", "language", "rhg"),
		"rhg>eng;eng>rhg;");
	differs(LIST("language", "rhg", "language", "eng"), LIST("language", "mya", "language", "rhg"),
		"eng>mya;");
	differs(LIST("note", "a", "note", "a"), LIST("note", "a"), "a>-;");
}

static void tells_states_handling_and_sources_apart(void **state)
{
	(void)state;
	struct record *a = new_record("person");
	struct record *b = new_record("person");
	say(a, "gender", RECORD_UNKNOWN);
	say(b, "gender", RECORD_REFUSED);
	add_from(a, "title", "x", 0, source_a);
	add_from(b, "title", "x", 0, source_b);
	struct record_value v = {.field = field("person.note"), .handling = SCHEMA_P5, .text = "n", .n = 1};
	assert_int_equal(record_add_value(a, &v, NULL), 0);
	v.handling = SCHEMA_P3;
	assert_int_equal(record_add_value(b, &v, NULL), 0);
	struct record_changes c = RECORD_CHANGES_INIT;
	assert_int_equal(record_diff(a, b, &c, NULL), 0);
	/* what one source no longer says and another now says are two things */
	assert_int_equal(c.n, 4);
	assert_int_equal(c.changes[0].before->state, RECORD_UNKNOWN);
	assert_int_equal(c.changes[0].after->state, RECORD_REFUSED);
	assert_null(c.changes[1].after);
	assert_null(c.changes[2].before);
	assert_int_equal(c.changes[3].after->handling, SCHEMA_P3);
	struct record *other = new_record("case");
	assert_int_equal(record_diff(a, other, &c, NULL), CF_E_USAGE);
	assert_int_equal(c.n, 4);
	record_changes_done(&c);
	record_free(a);
	record_free(b);
	record_free(other);
}

/* Undoing every change of a random edit gives the old values back, as a multiset by field, part and source.
 */
static void random_edits_are_told_completely(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 6, 1);
	for (int round = 0; round < 500; round++) {
		struct record *a = NULL;
		struct record *b = NULL;
		struct record_changes c = RECORD_CHANGES_INIT;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(samples_record(schema_entity("person"), &random, &a, &err), 0);
		assert_int_equal(record_copy(a, &b, &err), 0);
		for (int edit = 0; edit < 5; edit++) {
			const struct schema_field *f =
				&record_entity(b)->fields[random_below(&random, record_entity(b)->n_fields)];
			if (random_below(&random, 2))
				(void)record_remove(b, f);
			else
				assert_int_equal(samples_add(b, f, &random, &err), 0);
		}
		assert_int_equal(record_diff(a, b, &c, &err), 0);
		size_t n_came = 0;
		size_t n_went = 0;
		for (size_t i = 0; i < c.n; i++) {
			n_came += !c.changes[i].before;
			n_went += !c.changes[i].after;
			assert_true(c.changes[i].before || c.changes[i].after);
		}
		assert_int_equal(record_n_values(a) + n_came, record_n_values(b) + n_went);
		assert_true((c.n == 0) == record_equal(a, b));
		record_changes_done(&c);
		record_free(a);
		record_free(b);
	}
}

static bool not_the_title(void *context, const struct record_value *v)
{
	++*(size_t *)context;
	return strcmp(v->field->name, "title") != 0;
}

static void lets_through_only_what_may_pass(void **state)
{
	(void)state;
	struct record *r = new_record("person");
	add(r, "name", "CANARY");
	add(r, "gender", "Feminine");
	add(r, "title", "t");
	add(r, "contact_safety", "CANARY");
	struct record_value v = {
		.field = field("person.birth_country"), .handling = SCHEMA_P5, .text = "FRA", .n = 3};
	assert_int_equal(record_add_value(r, &v, NULL), 0);
	size_t n_asked = 0;
	size_t n_withheld = 99;
	struct record *passed = NULL;
	struct record_filter coded = {.max_handling = SCHEMA_P2, .max_sensitivity = SCHEMA_CODED};
	assert_int_equal(record_filter(r, &coded, &passed, &n_withheld, NULL), 0);
	assert_int_equal(record_n_values(passed), 1);
	assert_int_equal(n_withheld, 4);
	assert_string_equal(record_text_by_name(passed, "gender"), "Feminine");
	passed = record_free(passed);
	struct record_filter scoped = {.max_handling = SCHEMA_P4,
		.max_sensitivity = SCHEMA_IDENTIFYING,
		.allows = not_the_title,
		.context = &n_asked};
	assert_int_equal(record_filter(r, &scoped, &passed, NULL, NULL), 0);
	assert_int_equal(n_asked, 3);
	assert_int_equal(record_n_values(passed), 2);
	assert_null(record_text_by_name(passed, "title"));
	record_free(passed);
	record_free(r);
}

/* ---- want of memory */

static int work_once(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_RECORD struct record *r = NULL;
	CF_CLEANUP_RECORD struct record *copy = NULL;
	CF_CLEANUP_RECORD struct record *passed = NULL;
	CF_CLEANUP(record_faults_done) struct record_faults faults = RECORD_FAULTS_INIT;
	CF_CLEANUP(record_changes_done) struct record_changes changes = RECORD_CHANGES_INIT;
	struct record_filter filter = {.max_handling = SCHEMA_P2, .max_sensitivity = SCHEMA_CODED};
	struct random_stream random;
	random_init(&random, 7, 1);
	TRY(samples_record(schema_entity("person"), &random, &r, err));
	TRY(record_copy(r, &copy, err));
	TRY(record_set(copy, schema_field_by_path("person.gender"), "wrong", err));
	TRY(record_add(copy, schema_field_by_path("person.title"), "", err));
	TRY(record_validate(copy, &faults, err));
	TRY(record_diff(r, copy, &changes, err));
	TRY(record_filter(copy, &filter, &passed, NULL, err));
	return faults.n >= 2 && changes.n >= 2 ? CF_OK : error_set(err, CF_E_INTERNAL, "too little found");
}

static void survives_want_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("record", work_once, NULL) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_have_one_text),
		cmocka_unit_test(other_texts_are_no_ids),
		cmocka_unit_test(fresh_ids_differ),
		cmocka_unit_test(states_have_words),
		cmocka_unit_test(values_stand_in_canonical_order),
		cmocka_unit_test(a_set_has_no_order),
		cmocka_unit_test(refuses_what_cannot_be_held),
		cmocka_unit_test(sets_and_removes),
		cmocka_unit_test(finds_texts_that_are_not_canonical),
		cmocka_unit_test(finds_such_texts_in_other_entities),
		cmocka_unit_test(accepts_what_is_canonical),
		cmocka_unit_test(finds_what_is_missing),
		cmocka_unit_test(finds_repetitions),
		cmocka_unit_test(finds_contradicting_states),
		cmocka_unit_test(finds_wrong_parts),
		cmocka_unit_test(finds_a_record_that_refers_to_itself),
		cmocka_unit_test(finds_wrong_order),
		cmocka_unit_test(finds_broken_rules),
		cmocka_unit_test(samples_are_sound),
		cmocka_unit_test(tells_what_changed),
		cmocka_unit_test(tells_states_handling_and_sources_apart),
		cmocka_unit_test(random_edits_are_told_completely),
		cmocka_unit_test(lets_through_only_what_may_pass),
		cmocka_unit_test(survives_want_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
