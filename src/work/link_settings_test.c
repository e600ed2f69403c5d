/* Settings and models: what is written is read back; what is wrong is refused with its place. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "model/person.h"
#include "work/link_kind.h"
#include "work/link_model.h"
#include "work/link_settings.h"

static int parse(const char *text, struct link_settings_file **ret, struct cf_error *err)
{
	return link_settings_parse("s.ini", text, strlen(text), ret, err);
}

static void settings_are_read(void **state)
{
	(void)state;
	static const char text[] =
		"[compare]\ngiven_name = First, name\nfamily_name = surname\ndate = dob\n"
		"not_by_frequency = surname\n[pairs]\nrule = surname.sound + dob.year\nrule = dob\n"
		"limit = 1000\n[link]\nthreshold = 0.9\nclusters = best\none_a_file = yes\n";
	CF_CLEANUP_LINK_SETTINGS struct link_settings_file *f = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(parse(text, &f, &err), 0);
	assert_int_equal(f->n_columns, 3);
	assert_string_equal(f->columns[0].name, "First, name");
	assert_int_equal(f->columns[0].kind, LINK_NAME);
	assert_int_equal(f->columns[0].role, LINK_ROLE_GIVEN);
	assert_int_equal(f->columns[2].kind, LINK_DATE);
	assert_int_equal(f->n_rules, 2);
	assert_true(f->limit == 1000);
	assert_true(f->threshold == 0.9);
	assert_int_equal(f->method, LINK_BEST);
	assert_int_equal(f->one_a_file, 1);
}

static void settings_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"[compare]\nnothing = dob\n", "[compare]\ndate = dob\ncode = DOB\n",
		"[pairs]\nrules = dob\n", "[pairs]\nlimit = many\n", "[pairs]\nall = perhaps\n",
		"[link]\nthreshold = 2\n", "[link]\nclusters = round\n", "[link]\nx = y\n",
		"[other]\nx = y\n", "x = y\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CF_CLEANUP_LINK_SETTINGS struct link_settings_file *f = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_true(parse(bad[i], &f, &err) < 0);
		assert_non_null(strstr(err.message, "s.ini:"));
	}
}

static int sweep_settings(void *context, struct cf_error *err)
{
	CF_CLEANUP_LINK_SETTINGS struct link_settings_file *f = NULL;
	return parse(context, &f, err);
}

/* A table of two columns, fields compared crosswise. */
struct made {
	struct link_table *table;
	struct link_settings settings;
	struct link_comparer *comparer;
	struct link_model model;
};

static void made_done(struct made *m)
{
	m->comparer = link_comparer_free(m->comparer);
	m->table = link_table_free(m->table);
}

static void make(struct made *m)
{
	static const size_t first[] = {0, 2};
	static const char *const names[] = {"given", "family", "born"};
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(link_table_new(3, 1, first, &m->table, &err), 0);
	for (size_t c = 0; c < 3; c++) {
		struct link_column *column = &m->table->columns[c];
		column->name = mem_strdup(names[c]);
		column->kind = c < 2 ? LINK_NAME : LINK_DATE;
		column->role = c == 0 ? LINK_ROLE_GIVEN : c == 1 ? LINK_ROLE_FAMILY : LINK_ROLE_NONE;
		for (size_t row = 0; row < 2; row++)
			assert_int_equal(link_dictionary_add(
						 &column->values, "19900101", 8, &column->codes[row], &err),
				0);
	}
	assert_int_equal(link_table_count(m->table, &err), 0);
	m->settings = (struct link_settings){
		.n_fields = 3, .fields = {{0, 1, true}, {1, -1, false}, {2, -1, true}}};
	assert_int_equal(link_comparer_new(m->table, &m->settings, 1, 4096, &m->comparer, &err), 0);
	link_model_start(&m->model, m->comparer, &m->settings);
	m->model.n_edges = 1;
	m->model.edges[0] = (struct link_edge){.a = 0, .b = 2};
	m->model.edges[0].bits[1][2] = 1.25;
}

static void models_come_back(void **state)
{
	(void)state;
	CF_CLEANUP(made_done) struct made m = {0};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP_LINK_MODEL struct link_model_file *f = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct link_model back;
	make(&m);
	assert_int_equal(link_model_write(m.table, &m.settings, m.comparer, &m.model, &out), 0);
	assert_int_equal(link_model_parse("m.json", buffer_text(&out), out.n, &f, &err), 0);
	assert_int_equal(f->n_fields, 3);
	assert_true(f->by_frequency[0] && !f->by_frequency[1]);
	assert_int_equal(link_model_arrange(f, m.table, &m.settings, &back, &err), 0);
	for (size_t k = 0; k < 3; k++)
		for (unsigned level = 1; level <= m.model.fields[k].n_levels; level++) {
			assert_true(back.fields[k].m[level] == m.model.fields[k].m[level]);
			assert_true(back.fields[k].u[level] == m.model.fields[k].u[level]);
		}
	assert_int_equal(back.n_edges, 1);
	assert_true(back.edges[0].bits[1][2] == 1.25);
	/* a column the model does not know */
	m.table->columns[2].name[0] = 'x';
	assert_int_equal(link_model_arrange(f, m.table, &m.settings, &back, &err), CF_E_INPUT);
}

/* The text with its first occurrence of one word replaced is no model. */
static void refuse_changed(const struct buffer *good, const char *from, const char *to)
{
	CF_CLEANUP(buffer_done) struct buffer bad = BUFFER_INIT;
	CF_CLEANUP_LINK_MODEL struct link_model_file *f = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const char *at = strstr(buffer_text(good), from);
	assert_non_null(at);
	assert_int_equal(buffer_append(&bad, good->data, (size_t)(at - good->data)), 0);
	assert_int_equal(buffer_append_text(&bad, to), 0);
	assert_int_equal(buffer_append_text(&bad, at + strlen(from)), 0);
	if (link_model_parse("m.json", buffer_text(&bad), bad.n, &f, &err) != CF_E_INPUT)
		fail_msg("'%s' for '%s' was let through", to, from);
	assert_non_null(strstr(err.message, "m.json"));
}

static void models_are_refused(void **state)
{
	(void)state;
	CF_CLEANUP(made_done) struct made m = {0};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	make(&m);
	assert_int_equal(link_model_write(m.table, &m.settings, m.comparer, &m.model, &out), 0);
	refuse_changed(&out, "counterfoil link model", "another");
	refuse_changed(&out, "\"version\": 1", "\"version\": 2");
	refuse_changed(&out, "\"kind\": \"name\"", "\"kind\": \"nothing\"");
	refuse_changed(&out, "\"name\": \"family\"", "\"name\": \"given\"");
	refuse_changed(&out, "\"m\": 0.85", "\"m\": 1.85");
	refuse_changed(&out, "\"m\": 0.85", "\"m\": 0");
	refuse_changed(&out, "\"m\": 0.85", "\"m\": 0.15");
	refuse_changed(&out, "\"prior\": ", "\"prior\": \"\" + ");
	refuse_changed(&out, "1.25", "1e9");
	refuse_changed(&out, "\"a\": \"given\"", "\"a\": \"nobody\"");
	refuse_changed(&out, "\"b\": \"born\"", "\"b\": \"given\"");
}

static struct link_kind_guess guess(const char *const *texts, int hint)
{
	CF_CLEANUP(link_dictionary_done) struct link_dictionary d = LINK_DICTIONARY_INIT;
	struct cf_error err = CF_ERROR_INIT;
	uint32_t code;
	for (; *texts; texts++)
		assert_int_equal(link_dictionary_add(&d, *texts, strlen(*texts), &code, &err), 0);
	return link_kind_guess(&d, d.n * 2, hint);
}

static void kinds_are_found(void **state)
{
	(void)state;
	static const struct {
		enum link_kind kind;
		const char *texts[5];
	} known[] = {
		{LINK_DATE, {"1990-05-17", "1988-12-01", "2001-01-30"}},
		{LINK_DATE, {"17/05/1990", "01/12/1988", "30/01/2001"}},
		{LINK_EMAIL, {"a@b.org", "c.d@e.net", "f@g.com"}},
		{LINK_PHONE, {"+44 7700 900123", "07700 900456", "(020) 7946 0018"}},
		{LINK_CODE, {"4557", "2135", "6010", "3066"}},
		{LINK_CODE, {"AB123456", "XK887654", "P0012345"}},
		{LINK_NUMBER, {"84052.973", "50104.118", "31750.893"}},
		{LINK_NAME, {"Maria", "Nguyen Van", "O'Neill", "Fatima"}},
		{LINK_TEXT,
			{"12 high street flat two", "the old mill by the river", "7 oak avenue north side"}},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (guess(known[i].texts, -1).kind != known[i].kind)
			fail_msg("'%s': %s", known[i].texts[0],
				link_kind_name(guess(known[i].texts, -1).kind));
	/* a header that promises what the column does not hold */
	assert_int_equal(guess(known[7].texts, PERSON_BIRTH_DATE).kind, LINK_NAME);
	assert_int_equal(guess(known[7].texts, PERSON_GIVEN_NAME).role, LINK_ROLE_GIVEN);
	assert_int_equal(guess(known[4].texts, PERSON_STREET).kind, LINK_CODE);
}

static void out_of_memory(void **state)
{
	(void)state;
	static char text[] = "[compare]\ndate = dob\n[pairs]\nrule = dob\n";
	assert_true(sweep_run("settings", sweep_settings, text) > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_are_read),
		cmocka_unit_test(settings_are_refused),
		cmocka_unit_test(models_come_back),
		cmocka_unit_test(models_are_refused),
		cmocka_unit_test(kinds_are_found),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
