/*
 * Records of every entity with every field, in several scripts, with every state, fuzzy dates, parts, sources
 * and handling codes, go out in each form and come in again. Our own JSON Lines give the same records; the
 * HTCDS table gives exactly the values it says it carries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "export/export.h"
#include "export/htcds.h"
#include "intake/import.h"
#include "model/record_samples.h"

enum { MAX_RECORDS = 4096 };

/* Records that are the test's own. */
struct set {
	struct record *records[MAX_RECORDS];
	size_t n;
};

static void set_done(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		record_free(s->records[i]);
}

static struct record *find(const struct set *s, const struct record_id *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (record_id_equal(record_id(s->records[i]), id))
			return s->records[i];
	return NULL;
}

/* ---- out ---- */

/* The whole set as one group. */
struct group {
	const struct set *set;
	bool given;
};

static int next_group(void *context, const struct record *const **ret, size_t *ret_n, struct cf_error *err)
{
	struct group *g = context;
	(void)err;
	if (g->given)
		return 0;
	g->given = true;
	*ret = (const struct record *const *)g->set->records;
	*ret_n = g->set->n;
	return 1;
}

static int append(void *context, const void *bytes, size_t n, struct cf_error *err)
{
	TRY_MEMORY(buffer_append(context, bytes, n), err);
	return CF_OK;
}

/* ---- in ---- */

static int identify(void *context, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	(void)context;
	(void)err;
	(void)ret;
	fail_msg("a record of our own file has no id: %s %s", entity->name, source_id);
	return CF_OK;
}

static int keep(void *context, const struct import_row *row, struct cf_error *err)
{
	struct set *s = context;
	for (size_t i = 0; i < row->n; i++) {
		const struct record *r = row->records[i].record;
		struct record *known = find(s, record_id(r));
		if (known && record_equal(known, r))
			continue;
		if (known)
			fail_msg("%s comes twice and differs", record_entity(r)->name);
		assert_true(s->n < MAX_RECORDS);
		TRY(record_copy(r, &s->records[s->n], err));
		s->n++;
	}
	return CF_OK;
}

static int show_fault(void *context, const struct import_fault *fault, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	(void)context;
	TRY_MEMORY(import_fault_format(fault, &text), err);
	print_error("%s\n", buffer_text(&text));
	return CF_OK;
}

static void import_all(const char *path, const struct buffer *file, struct set *ret)
{
	const struct import_options options = IMPORT_OPTIONS_INIT;
	const struct import_sink sink = {
		.context = ret, .identify = identify, .row = keep, .fault = show_fault};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	int status = path ? import_file(path, &options, &sink, &counts, NULL, &err)
			  : import_memory("t", file->data, file->n, &options, &sink, &counts, NULL, &err);
	if (status < 0)
		fail_msg("%s", err.message);
}

/* ---- JSON Lines ---- */

static void test_json_lines(void **state)
{
	(void)state;
	CF_CLEANUP(set_done) struct set out = {.n = 0};
	CF_CLEANUP(set_done) struct set in = {.n = 0};
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer again = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct export_counts counts;
	struct random_stream random;
	size_t n_entities;
	size_t n_states[RECORD_N_STATES] = {0};
	const struct schema_entity *entities = schema_entities(&n_entities);
	random_init(&random, 20260201, 0);
	for (int round = 0; round < 60; round++)
		for (size_t i = 0; i < n_entities; i++) {
			CF_CLEANUP_RECORD struct record *r = NULL;
			struct record_faults faults = RECORD_FAULTS_INIT;
			assert_int_equal(samples_record(&entities[i], &random, &r, &err), 0);
			assert_int_equal(record_validate(r, &faults, &err), 0);
			bool sound = faults.n == 0; /* rules between fields rule out some chance records */
			record_faults_done(&faults);
			for (size_t k = 0; sound && k < record_n_values(r); k++)
				n_states[record_values(r)[k].state]++;
			if (sound)
				out.records[out.n++] = TAKE(r);
		}
	assert_true(out.n > 20 * n_entities);
	for (size_t i = 0; i < RECORD_N_STATES; i++)
		assert_true(n_states[i] > 100);
	struct group group = {.set = &out};
	const struct export_source source = {.context = &group, .next = next_group};
	const struct export_output output = {.context = &file, .write = append};
	assert_int_equal(export_json_lines(&source, &output, &counts, &err), 0);
	assert_int_equal(counts.n_records, out.n);
	import_all(NULL, &file, &in);
	assert_int_equal(in.n, out.n);
	for (size_t i = 0; i < out.n; i++) {
		const struct record *back = find(&in, record_id(out.records[i]));
		if (!back || !record_equal(back, out.records[i]))
			fail_msg("%s did not come back as it went", record_entity(out.records[i])->name);
	}
	/* and out again, byte for byte */
	struct group second = {.set = &in};
	const struct export_source source_again = {.context = &second, .next = next_group};
	const struct export_output output_again = {.context = &again, .write = append};
	assert_int_equal(export_json_lines(&source_again, &output_again, &counts, &err), 0);
	assert_int_equal(again.n, file.n);
	assert_memory_equal(again.data, file.data, file.n);
}

/* ---- a case for the HTCDS table ---- */

struct making {
	struct set *set;
	struct random_stream random;
	const struct record *person;
	const struct record *other_person;
	const struct record *the_case;
};

static void replace(struct record *r, const char *field, const char *text)
{
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(record_set(r, schema_field(record_entity(r), field), text, &err), 0);
}

static void refer(struct record *r, const char *field, const struct record *to)
{
	char id[RECORD_ID_TEXT + 1];
	record_id_format(record_id(to), id);
	replace(r, field, id);
}

/* Texts that one line of a table can hold: names are one line, and joined values must come apart again. */
static bool is_for_tables(const struct record_value *v)
{
	return !v->field->part || !strpbrk(v->text, "\n\t;");
}

static struct record *make(struct making *m, const char *entity_name)
{
	const struct schema_entity *entity = schema_entity(entity_name);
	struct cf_error err = CF_ERROR_INIT;
	struct record *r = NULL;
	CF_CLEANUP_RECORD struct record *sample = NULL;
	assert_int_equal(samples_record(entity, &m->random, &sample, &err), 0);
	assert_int_equal(record_new(entity, record_id(sample), &r, &err), 0);
	for (size_t i = 0; i < record_n_values(sample); i++) {
		const struct record_value *v = &record_values(sample)[i];
		if (is_for_tables(v) && v->field->type != SCHEMA_REFERENCE &&
			v->field->type != SCHEMA_IDENTIFIER)
			assert_int_equal(record_add_value(r, v, &err), 0);
	}
	for (size_t i = 0; i < entity->n_fields; i++) {
		const struct schema_field *f = &entity->fields[i];
		if (f->type != SCHEMA_REFERENCE || !f->required)
			continue;
		for (size_t t = 0; t < f->n_targets; t++) {
			if (strcmp(f->targets[t]->name, "person") == 0 && m->person)
				refer(r, f->name, m->person);
			if (strcmp(f->targets[t]->name, "case") == 0 && m->the_case)
				refer(r, f->name, m->the_case);
		}
	}
	assert_true(m->set->n < MAX_RECORDS);
	m->set->records[m->set->n++] = r;
	return r;
}

static struct record *make_identifier(struct making *m, const char *value, const char *use)
{
	struct record *r = make(m, "identifier");
	replace(r, "value", value);
	replace(r, "use", use);
	refer(r, "used_by", m->person);
	return r;
}

static void drop(struct record *r, const char *field)
{
	(void)record_remove(r, schema_field(record_entity(r), field));
}

static void add_reference(struct record *r, const char *field, const struct record *to)
{
	char id[RECORD_ID_TEXT + 1];
	struct cf_error err = CF_ERROR_INIT;
	record_id_format(record_id(to), id);
	assert_int_equal(record_add(r, schema_field(record_entity(r), field), id, &err), 0);
}

static void make_victim_parts(struct making *m, const struct record *organisation)
{
	struct record *role = make(m, "role");
	replace(role, "role", "presumed_victim");
	drop(role, "process_role");
	refer(role, "organisation", organisation);
	for (int i = 0; i < 2; i++) {
		struct record *episode = make(m, "episode");
		refer(episode, "victim", m->person);
		add_reference(episode, "victim", m->other_person);
		refer(episode, "recruitment_location", organisation);
		struct record *leg = make(m, "leg");
		refer(leg, "traveller", m->person);
		(void)make(m, "service");
	}
	struct record *incoming = make(m, "referral");
	replace(incoming, "direction", "incoming");
	refer(incoming, "from_organisation", organisation);
	refer(incoming, "person", m->person);
	struct record *outgoing = make(m, "referral");
	replace(outgoing, "direction", "outgoing");
	struct record *consent = make(m, "consent");
	replace(consent, "state", "given");
	replace(consent, "given", "2024-02-01");
	drop(consent, "expires");
	drop(consent, "withdrawn");
	(void)make_identifier(m, "phone:+61412345678", "mobile");
	(void)make_identifier(m, "phone:+61412345679", "mobile");
	(void)make_identifier(m, "phone:+442079460958", "home");
	(void)make_identifier(m, "email:ana@example.org", "home");
	(void)make_identifier(m, "national_id:AB123456", "home");
	(void)make_identifier(m, "passport:L898902C3", "home");
}

static void make_case(struct set *set, uint64_t seed)
{
	struct making m = {.set = set};
	random_init(&m.random, seed, 0);
	m.the_case = make(&m, "case");
	m.other_person = make(&m, "person");
	m.person = make(&m, "person");
	struct record *organisation = make(&m, "organisation");
	make_victim_parts(&m, organisation);
	m.person = m.other_person;
	struct record *suspect = make(&m, "role");
	replace(suspect, "role", "accused");
	refer(suspect, "organisation", organisation);
	/* of other standards alone */
	(void)make(&m, "transaction");
	(void)make(&m, "offer");
}

/* Whether a rule between fields rules a chance record out. */
static bool is_sound(const struct set *s)
{
	bool sound = true;
	for (size_t i = 0; i < s->n && sound; i++) {
		struct record_faults faults = RECORD_FAULTS_INIT;
		assert_int_equal(record_validate(s->records[i], &faults, NULL), 0);
		sound = faults.n == 0;
		record_faults_done(&faults);
	}
	return sound;
}

/* What the table says it carries of a record, with the handling codes that fields usually have. */
static struct record *carried(const struct record *r)
{
	struct record *ret = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(record_new(record_entity(r), record_id(r), &ret, &err), 0);
	for (size_t i = 0; i < record_n_values(r); i++) {
		struct record_value v = record_values(r)[i];
		bool carries;
		assert_int_equal(htcds_carries(r, &record_values(r)[i], &carries, &err), 0);
		v.handling = v.field->handling;
		v.source = NULL; /* of what a record must say the text goes, and who said it does not */
		if (carries)
			assert_int_equal(record_add_value(ret, &v, &err), 0);
	}
	/* what a record must say and the table does not is unknown */
	for (size_t i = 0; i < record_entity(r)->n_fields; i++) {
		const struct schema_field *f = &record_entity(r)->fields[i];
		size_t n = 0;
		(void)record_get(ret, f, &n);
		if (f->required && f->type != SCHEMA_REFERENCE && n == 0)
			assert_int_equal(record_add_state(ret, f, RECORD_UNKNOWN, &err), 0);
	}
	return ret;
}

/* Both without what the other has, printed. */
static void explain(const struct record *went, const struct record *came)
{
	struct record_changes changes = RECORD_CHANGES_INIT;
	assert_int_equal(record_diff(went, came, &changes, NULL), 0);
	for (size_t i = 0; i < changes.n; i++) {
		const struct record_change *c = &changes.changes[i];
		print_error("%s.%s: '%s' became '%s'\n", record_entity(went)->name,
			(c->before ? c->before : c->after)->field->name,
			c->before ? (c->before->state ? record_state_name(c->before->state) : c->before->text)
				  : "",
			c->after ? (c->after->state ? record_state_name(c->after->state) : c->after->text)
				 : "");
	}
	record_changes_done(&changes);
	fail_msg("%s did not come back as it went", record_entity(went)->name);
}

static size_t compare_carried(const struct set *out, const struct set *in)
{
	size_t n_values = 0;
	size_t n_found = 0;
	for (size_t i = 0; i < out->n; i++) {
		const struct record *came = find(in, record_id(out->records[i]));
		if (!came)
			continue;
		n_found++;
		CF_CLEANUP_RECORD struct record *went = carried(out->records[i]);
		n_values += record_n_values(went);
		if (!record_equal(went, came))
			explain(went, came);
	}
	assert_int_equal(n_found, in->n);
	return n_values;
}

static void test_htcds_tables(void **state)
{
	(void)state;
	size_t n_values = 0;
	size_t n_cases = 0;
	for (uint64_t seed = 1; seed < 400 && n_cases < 12; seed++) {
		CF_CLEANUP(set_done) struct set out = {.n = 0};
		CF_CLEANUP(set_done) struct set from_csv = {.n = 0};
		CF_CLEANUP(set_done) struct set from_xlsx = {.n = 0};
		CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
		struct cf_error err = CF_ERROR_INIT;
		struct export_counts counts;
		make_case(&out, seed);
		if (!is_sound(&out))
			continue;
		n_cases++;
		struct group group = {.set = &out};
		const struct export_source source = {.context = &group, .next = next_group};
		const struct export_output output = {.context = &file, .write = append};
		assert_int_equal(export_htcds_csv(&source, &output, &counts, &err), 0);
		assert_int_equal(counts.n_records + counts.n_left_out, out.n);
		import_all(NULL, &file, &from_csv);
		assert_int_equal(from_csv.n, counts.n_records);
		n_values += compare_carried(&out, &from_csv);

		char path[] = "/tmp/counterfoil-round-trip-XXXXXX";
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		(void)close(fd);
		group.given = false;
		if (export_htcds_xlsx(&source, path, &counts, &err) < 0)
			fail_msg("%s", err.message);
		import_all(path, NULL, &from_xlsx);
		(void)unlink(path);
		assert_int_equal(from_xlsx.n, from_csv.n);
		(void)compare_carried(&out, &from_xlsx);
	}
	assert_int_equal(n_cases, 12);
	assert_true(n_values > 12 * 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_lines),
		cmocka_unit_test(test_htcds_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
