/*
 * Exports against what they must say and must never say. That everything comes back is tests/records' matter;
 * here JSON is read by jansson and the workbook's parts by eye.
 */
#include "export/export.h"

#include "base/sweep.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum { MAX_RECORDS = 16 };

/* One group of records, made from lines "entity field=text field=text", ids by number. */
struct group {
	struct record *records[MAX_RECORDS];
	size_t n;
	bool given;
	bool compelled;
};

static void group_done(struct group *g)
{
	for (size_t i = 0; i < g->n; i++)
		record_free(g->records[i]);
}

static void id_of(size_t number, char ret[RECORD_ID_TEXT + 1])
{
	struct record_id id = {{0}};
	id.bytes[RECORD_ID_BYTES - 1] = (uint8_t)number;
	record_id_format(&id, ret);
}

/* A record with the values; a text of "@7" is a reference to record 7. */
static struct record *add(struct group *g, const char *entity, const char *const *values)
{
	struct cf_error err = CF_ERROR_INIT;
	struct record_id id = {{0}};
	assert_true(g->n < MAX_RECORDS);
	id.bytes[RECORD_ID_BYTES - 1] = (uint8_t)(g->n + 1);
	struct record **r = &g->records[g->n];
	assert_int_equal(record_new(schema_entity(entity), &id, r, &err), 0);
	g->n++;
	for (; values[0]; values += 2) {
		char reference[RECORD_ID_TEXT + 1];
		const char *text = values[1];
		if (text[0] == '@' && text[1] >= '0' && text[1] <= '9') {
			id_of((size_t)atoi(text + 1), reference);
			text = reference;
		}
		const struct schema_field *f = schema_field(schema_entity(entity), values[0]);
		assert_non_null(f);
		if (record_add(*r, f, text, &err) < 0)
			fail_msg("%s", err.message);
	}
	return *r;
}
#define ADD(g, entity, ...) add(g, entity, (const char *const[]){__VA_ARGS__, NULL})

static int next_group(void *context, const struct record *const **ret, size_t *ret_n, struct cf_error *err)
{
	struct group *g = context;
	(void)err;
	if (g->given)
		return 0;
	g->given = true;
	*ret = (const struct record *const *)g->records;
	*ret_n = g->n;
	return 1;
}

static int append(void *context, const void *bytes, size_t n, struct cf_error *err)
{
	TRY_MEMORY(buffer_append(context, bytes, n), err);
	return CF_OK;
}

static bool is_compelled(void *context, const struct record_id *person)
{
	const struct group *g = context;
	(void)person;
	return g->compelled;
}

static void ftm(struct group *g, bool with_answer, struct buffer *out)
{
	const struct export_source source = {.context = g, .next = next_group};
	const struct export_output output = {.context = out, .write = append};
	const struct export_compelled compelled = {.context = g, .is_compelled = is_compelled};
	struct export_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	g->given = false;
	buffer_clear(out);
	assert_int_equal(export_ftm(&source, &output, with_answer ? &compelled : NULL, &counts, &err), 0);
}

/* The first text of a property of the entity with this number, NULL when it has none. */
static const char *property(const struct buffer *lines, size_t number, const char *name, json_t **ret_owner)
{
	char id[RECORD_ID_TEXT + 1];
	id_of(number, id);
	for (const char *line = buffer_text(lines); *line; line = strchr(line, '\n') + 1) {
		json_t *entity = json_loadb(line, strcspn(line, "\n"), JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(entity);
		if (strcmp(json_string_value(json_object_get(entity, "id")), id) == 0) {
			*ret_owner = entity;
			const char *text = json_string_value(json_array_get(
				json_object_get(json_object_get(entity, "properties"), name), 0));
			return strcmp(name, "schema") == 0
				       ? json_string_value(json_object_get(entity, "schema"))
				       : text;
		}
		json_decref(entity);
	}
	*ret_owner = NULL;
	return NULL;
}

static void expect_property(const struct buffer *lines, size_t number, const char *name, const char *wanted)
{
	json_t *owner = NULL;
	const char *text = property(lines, number, name, &owner);
	if (!wanted)
		assert_null(text);
	else if (!text || strcmp(text, wanted) != 0)
		fail_msg("%zu.%s is '%s', not '%s'", number, name, text ? text : "", wanted);
	json_decref(owner);
}

static void test_ftm_entities(void **state)
{
	(void)state;
	CF_CLEANUP(group_done) struct group g = {.n = 0};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	(void)ADD(&g, "person", "name", "Анна \"Аня\"", "name_family", "Иванова", "birth_date", "1990-05",
		"gender", "Feminine", "citizenship", "UKR", "citizenship", "MDA", "death_date",
		"before 2020");
	(void)ADD(&g, "case", "number", "7");
	(void)ADD(&g, "identifier", "value", "phone:+61412345678", "used_by", "@1");
	(void)ADD(&g, "identifier", "value", "passport:L898902C3", "used_by", "@1", "country", "UKR", "until",
		"2030-01-01");
	(void)ADD(&g, "identifier", "value", "iban:GB29NWBK60161331926819", "used_by", "@1");
	(void)ADD(&g, "identifier", "value", "social_handle:anna", "used_by", "@1", "platform", "Telegram");
	(void)ADD(&g, "episode", "case", "@2", "victim", "@1", "from", "about 2019", "country", "THA");
	ftm(&g, true, &out);
	expect_property(&out, 1, "schema", "Person");
	expect_property(&out, 1, "name", "Анна \"Аня\"");
	expect_property(&out, 1, "lastName", "Иванова");
	expect_property(&out, 1, "birthDate", "1990-05");
	expect_property(&out, 1, "gender", "female");
	expect_property(&out, 1, "citizenship", "ua");
	expect_property(&out, 1, "phone", "+61412345678");
	expect_property(&out, 1, "deathDate", NULL);
	expect_property(&out, 4, "schema", "Passport");
	expect_property(&out, 4, "passportNumber", "L898902C3");
	expect_property(&out, 4, "holder", "00000000000000000000000001");
	expect_property(&out, 4, "country", "ua");
	expect_property(&out, 4, "endDate", "2030-01-01");
	expect_property(&out, 5, "iban", "GB29NWBK60161331926819");
	assert_non_null(strstr(out.data, "\"schema\":\"Ownership\""));
	expect_property(&out, 6, "service", "Telegram");
	expect_property(&out, 6, "owner", "00000000000000000000000001");
	expect_property(&out, 7, "startDate", "2019");
	expect_property(&out, 7, "involved", "00000000000000000000000001");
}

static const char topic[] = "crime.traffick.human";

/* A suspect is marked only when it is known that nobody compelled them. */
static void test_compelled_persons_are_no_suspects(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	{
		CF_CLEANUP(group_done) struct group g = {.n = 0};
		(void)ADD(&g, "person", "name", "A");
		(void)ADD(&g, "case", "number", "7");
		(void)ADD(&g, "role", "person", "@1", "case", "@2", "role", "suspect");
		(void)ADD(&g, "group", "name", "G");
		(void)ADD(&g, "membership", "member", "@1", "group", "@4");
		ftm(&g, true, &out);
		expect_property(&out, 1, "topics", topic);
		expect_property(&out, 5, "schema", "Membership");
		ftm(&g, false, &out); /* nobody answers for the store */
		assert_null(strstr(out.data, topic));
		expect_property(&out, 5, "schema", NULL);
		g.compelled = true; /* in another case */
		ftm(&g, true, &out);
		assert_null(strstr(out.data, topic));
		expect_property(&out, 5, "schema", NULL);
		g.compelled = false;
		(void)ADD(&g, "compelled_act", "victim", "@1", "case", "@2", "offence", "fraud");
		ftm(&g, true, &out);
		assert_null(strstr(out.data, topic));
		expect_property(&out, 5, "schema", NULL);
		assert_null(strstr(out.data, "fraud"));
	}
	{
		/* victim and suspect at once */
		CF_CLEANUP(group_done) struct group g = {.n = 0};
		(void)ADD(&g, "person", "name", "A");
		(void)ADD(&g, "case", "number", "7");
		(void)ADD(&g, "role", "person", "@1", "case", "@2", "role", "accused");
		(void)ADD(&g, "role", "person", "@1", "case", "@2", "role", "presumed_victim");
		ftm(&g, true, &out);
		assert_null(strstr(out.data, topic));
	}
	{
		/* a victim of an episode, a role alone being written as suspect */
		CF_CLEANUP(group_done) struct group g = {.n = 0};
		(void)ADD(&g, "person", "name", "A");
		(void)ADD(&g, "case", "number", "7");
		(void)ADD(&g, "role", "person", "@1", "case", "@2", "role", "convicted");
		(void)ADD(&g, "episode", "case", "@2", "victim", "@1");
		ftm(&g, true, &out);
		assert_null(strstr(out.data, topic));
	}
}

static void test_json_lines_form(void **state)
{
	(void)state;
	CF_CLEANUP(group_done) struct group g = {.n = 0};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct export_counts counts;
	struct record *r =
		ADD(&g, "person", "name", "Ana\n\"A\"", "citizenship", "PHL", "citizenship", "PER");
	assert_int_equal(record_add_state(r, schema_field_by_path("person.gender"), RECORD_REFUSED, NULL), 0);
	char source_id[RECORD_ID_TEXT + 1];
	id_of(9, source_id);
	const struct record_value v = {.field = schema_field_by_path("person.name"),
		.handling = SCHEMA_P5,
		.part = 1,
		.text = "Ann",
		.n = 3,
		.source = source_id};
	assert_int_equal(record_add_value(r, &v, NULL), 0);
	const struct export_source source = {.context = &g, .next = next_group};
	const struct export_output output = {.context = &out, .write = append};
	assert_int_equal(export_json_lines(&source, &output, &counts, NULL), 0);
	assert_string_equal(buffer_text(&out),
		"{\"counterfoil\":1,\"entity\":\"person\",\"id\":\"00000000000000000000000001\",\"name\":"
		"\"Ana\\n\\\"A\\\"\","
		"\"name#1!P5@\":\"00000000000000000000000009 "
		"Ann\",\"gender?\":\"refused\",\"citizenship\":[\"PHL\",\"PER\"]"
		"}\n");
}

/* ---- tables ---- */

static void make_hostile(struct group *g)
{
	(void)ADD(g, "person", "name_given", "=HYPERLINK(\"http://x\")", "name_family", "@SUM(A1)",
		"name_middle", "-1+1", "title", "+cmd|' /C calc'!A0");
	(void)ADD(g, "case", "number", "7", "status", "Active", "owner", "'=1");
	(void)ADD(g, "role", "person", "@1", "case", "@2", "role", "victim");
	(void)ADD(g, "identifier", "value", "phone:+61412345678", "use", "mobile", "used_by", "@1");
}

static void test_formulas_in_tables(void **state)
{
	(void)state;
	CF_CLEANUP(group_done) struct group g = {.n = 0};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct export_counts counts;
	make_hostile(&g);
	const struct export_source source = {.context = &g, .next = next_group};
	const struct export_output output = {.context = &out, .write = append};
	assert_int_equal(export_htcds_csv(&source, &output, &counts, NULL), 0);
	assert_int_equal(counts.n_rows, 1);
	assert_int_equal(counts.n_records, 4);
	static const char *const harmless[] = {"\"'=HYPERLINK(\"\"http://x\"\")\"", "'@SUM(A1)", "'-1+1",
		"'+cmd|' /C calc'!A0", "''=1", ",+61412345678,", "prs_FirstName", "cas_Status"};
	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (!strstr(out.data, harmless[i]))
			fail_msg("there is no %s", harmless[i]);
	/* no cell begins with what a spreadsheet runs */
	for (const char *p = out.data; *p; p++)
		if (p == out.data || p[-1] == ',' || p[-1] == '\n')
			assert_true(!strchr("=@-\t\r", *p) || *p == '\0');
}

/* The workbook holds texts alone: no formula, no link, no macro. */
static void test_workbooks_hold_texts(void **state)
{
	(void)state;
	CF_CLEANUP(group_done) struct group g = {.n = 0};
	struct export_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	char folder[] = "/tmp/counterfoil-export-XXXXXX";
	char path[64];
	char command[512];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/out.xlsx", folder);
	make_hostile(&g);
	const struct export_source source = {.context = &g, .next = next_group};
	if (export_htcds_xlsx(&source, path, &counts, &err) < 0)
		fail_msg("%s", err.message);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	CF_CLEANUP(file_list_done) struct file_list list = FILE_LIST_INIT;
	assert_int_equal(file_list(folder, &list, NULL), 0);
	assert_int_equal(list.n, 1);
	/* python's own readers tell whether all of it is sound, and what is in it */
	(void)snprintf(command, sizeof command,
		"python3 -c \"import zipfile,sys; from xml.etree import ElementTree; "
		"z=zipfile.ZipFile('%s'); bad=z.testzip(); "
		"[ElementTree.fromstring(z.read(name)) for name in z.namelist()]; "
		"t=z.read('xl/worksheets/sheet1.xml').decode(); "
		"sys.exit(bad is not None or '<f>' in t or 'hyperlink ' in t or t.count('inlineStr') < "
		"100)\"",
		path);
	assert_int_equal(system(command), 0);
	(void)unlink(path);
	(void)rmdir(folder);
}

static int fail_writing(void *context, const void *bytes, size_t n, struct cf_error *err)
{
	(void)context;
	(void)bytes;
	(void)n;
	return error_set(err, CF_E_IO, "the disk is full");
}

static void test_failures_are_handed_on(void **state)
{
	(void)state;
	CF_CLEANUP(group_done) struct group g = {.n = 0};
	struct export_counts counts = {.n_rows = 77};
	struct cf_error err = CF_ERROR_INIT;
	make_hostile(&g);
	const struct export_source source = {.context = &g, .next = next_group};
	const struct export_output output = {.write = fail_writing};
	assert_int_equal(export_json_lines(&source, &output, &counts, &err), CF_E_IO);
	g.given = false;
	assert_int_equal(export_htcds_csv(&source, &output, &counts, &err), CF_E_IO);
	g.given = false;
	assert_int_equal(export_ftm(&source, &output, NULL, &counts, &err), CF_E_IO);
	g.given = false;
	assert_int_equal(export_htcds_xlsx(&source, "/nowhere/at/all.xlsx", &counts, &err), CF_E_NOT_FOUND);
	assert_int_equal(counts.n_rows, 77);
}

static int export_everything(void *context, struct cf_error *err)
{
	struct group *g = context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct export_counts counts;
	const struct export_source source = {.context = g, .next = next_group};
	const struct export_output output = {.context = &out, .write = append};
	const struct export_compelled compelled = {.context = g, .is_compelled = is_compelled};
	g->given = false;
	TRY(export_json_lines(&source, &output, &counts, err));
	g->given = false;
	TRY(export_htcds_csv(&source, &output, &counts, err));
	g->given = false;
	return export_ftm(&source, &output, &compelled, &counts, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP(group_done) struct group g = {.n = 0};
	/* balances are counted from within the sweep, so the group is made before it */
	make_hostile(&g);
	assert_true(sweep_run("exports", export_everything, &g) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ftm_entities),
		cmocka_unit_test(test_compelled_persons_are_no_suspects),
		cmocka_unit_test(test_json_lines_form),
		cmocka_unit_test(test_formulas_in_tables),
		cmocka_unit_test(test_workbooks_hold_texts),
		cmocka_unit_test(test_failures_are_handed_on),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
