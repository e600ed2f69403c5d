#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "model/overlap.h"

static struct overlap_table *parse(const char *text)
{
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (overlap_parse("t.csv", text, strlen(text), &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static void refuses(const char *text, int code, const char *needle)
{
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	int status = overlap_parse("t.csv", text, strlen(text), &t, &err);
	if (status != code)
		fail_msg("%s: status %d (%s)", text, status, err.message);
	assert_null(t);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, needle))
		fail_msg("'%s' does not say '%s'", err.message, needle);
}

static void reads_rows_in_any_order(void **state)
{
	(void)state;
	struct overlap_table *t =
		parse("police,shelter,count\r\n1,1,3\r\n0,1,4\r\n1,1,2\r\n1,0,0\r\n0,0,0\r\n");
	assert_int_equal(t->n_lists, 2);
	assert_string_equal(t->list_names[1], "shelter");
	assert_int_equal(t->n_cells, 2);
	assert_int_equal(t->cells[0].pattern, 2);
	assert_int_equal(t->cells[0].count, 4);
	assert_int_equal(t->cells[1].pattern, 3);
	assert_int_equal(t->cells[1].count, 5);
	assert_int_equal(overlap_n_persons(t), 9);
	assert_int_equal(overlap_list_size(t, 0), 5);
	assert_int_equal(overlap_pair_size(t, 0, 1), 5);
	overlap_free(t);
}

static void keeps_strata_apart_and_collapses(void **state)
{
	(void)state;
	struct overlap_table *t = parse("a,b,stratum_sex,stratum_age,count\n1,0,f,young,1\n1,0,m,old,2\n0,1,"
					"f,young,4\n1,0,f,young,8\n");
	assert_int_equal(t->n_stratum_columns, 2);
	assert_string_equal(t->stratum_columns[0], "sex");
	assert_int_equal(t->n_strata, 2);
	assert_string_equal(t->strata[3], "old");
	assert_int_equal(t->n_cells, 3);
	uint64_t counts[4];
	overlap_collapse(t, counts);
	assert_int_equal(counts[0], 0);
	assert_int_equal(counts[1], 11);
	assert_int_equal(counts[2], 4);
	assert_int_equal(counts[3], 0);
	overlap_free(t);
}

static void says_where_the_file_is_wrong(void **state)
{
	(void)state;
	refuses("a,b,count\n1,0,5\n1,1,-2\n", CF_E_INPUT, "t.csv:3");
	refuses("a,b,count\n1,0,5\n1,1,-2\n", CF_E_INPUT, "'count'");
	refuses("a,b,count\n1,0,5\n1,1,-2\n", CF_E_INPUT, "negative");
	refuses("a,b,count\n1,0,2.5\n", CF_E_INPUT, "whole number");
	refuses("a,b,count\n1,0,1e5\n", CF_E_INPUT, "whole number");
	refuses("a,b,count\n1,0,\n", CF_E_INPUT, "missing");
	refuses("a,b,count\n1,0,9007199254740993\n", CF_E_INPUT, "larger");
	refuses("a,b,count\n1,0,99999999999999999999999999\n", CF_E_INPUT, "larger");
	refuses("a,b,count\n1,0,9007199254740992\n0,1,1\n", CF_E_INPUT, "add up");
	refuses("a,b,count\n2,0,5\n", CF_E_INPUT, "'a'");
	refuses("a,b,count\n1,yes,5\n", CF_E_INPUT, "'b'");
	refuses("a,b,count\n1,,5\n", CF_E_INPUT, "must be 1");
	refuses("a,b,count\n0,0,5\n", CF_E_INPUT, "on no list");
	refuses("a,b\n1,0\n", CF_E_INPUT, "no column 'count'");
	refuses("a,count,b\n1,5,0\n", CF_E_INPUT, "last");
	refuses("count\n5\n", CF_E_INPUT, "no list columns");
	refuses("stratum_sex,count\nf,5\n", CF_E_INPUT, "no list columns");
	refuses("a,stratum_,count\n1,f,5\n", CF_E_INPUT, "needs a name");
	refuses("a,a,count\n1,1,5\n", CF_E_INPUT, "");
	refuses("a,b,count\n1,0\n", CF_E_INPUT, "t.csv:2");
	refuses("l1,l2,l3,l4,l5,l6,l7,l8,l9,l10,l11,l12,l13,l14,l15,l16,l17,l18,l19,l20,l21,count\n",
		CF_E_LIMIT, "more than 20");
	refuses("a,stratum_1,stratum_2,stratum_3,stratum_4,stratum_5,stratum_6,stratum_7,stratum_8,stratum_9,"
		"count\n",
		CF_E_LIMIT, "more than 8");
}

static void never_shows_a_cell(void **state)
{
	(void)state;
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const char *text = "a,b,stratum_s,count\n1,CANARY,x,5\n";
	assert_int_equal(overlap_parse("t.csv", text, strlen(text), &t, &err), CF_E_INPUT);
	assert_null(strstr(err.message, "CANARY"));
	text = "a,b,stratum_s,count\n0,0,CANARY,5\n";
	assert_int_equal(overlap_parse("t.csv", text, strlen(text), &t, &err), CF_E_INPUT);
	assert_null(strstr(err.message, "CANARY"));
}

static void accepts_what_spreadsheets_write(void **state)
{
	(void)state;
	struct overlap_table *t =
		parse("\xEF\xBB\xBF\"the \"\"red\"\" house\";b;Count\n1; 1 ;12.0\n0;1;007\n");
	assert_string_equal(t->list_names[0], "the \"red\" house");
	assert_int_equal(overlap_pair_size(t, 0, 1), 12);
	assert_int_equal(overlap_n_persons(t), 19);
	overlap_free(t);
	t = parse("a,b,count\n1,0,9007199254740992\n");
	assert_true(overlap_n_persons(t) == OVERLAP_MAX_PERSONS);
	overlap_free(t);
	t = parse("a,b,count\n");
	assert_int_equal(t->n_cells, 0);
	overlap_free(t);
}

static void checks_what_is_added(void **state)
{
	(void)state;
	const char *names[] = {"a", "b"};
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(overlap_new(2, names, &t, &err), 0);
	assert_int_equal(overlap_add(t, 0, 0, 1, &err), CF_E_INPUT);
	assert_int_equal(overlap_add(t, 4, 0, 1, &err), CF_E_USAGE);
	assert_int_equal(overlap_add(t, 1, 1, 1, &err), CF_E_USAGE);
	assert_int_equal(overlap_add(t, 0, 0, 0, &err), 0);
	assert_int_equal(overlap_add(t, 3, 0, 7, &err), 0);
	assert_int_equal(overlap_add(t, 1, 0, OVERLAP_MAX_PERSONS, &err), CF_E_LIMIT);
	assert_int_equal(overlap_n_persons(t), 7);
	assert_int_equal(overlap_set_stratum_columns(t, 1, names, &err), CF_E_STATE);
	overlap_free(t);
	const char *bad[][2] = {{"a", "a"}, {"", "b"}, {"a", "count"}, {"stratum_x", "b"}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(overlap_new(2, bad[i], &t, &err), CF_E_INPUT);
	assert_int_equal(overlap_new(0, names, &t, &err), CF_E_INPUT);
}

/* A random table against plain arrays. */
static void agrees_with_plain_arrays(void **state)
{
	(void)state;
	enum { LISTS = 4, STRATA = 3, ROWS = 400 };
	uint64_t expected[STRATA][1 << LISTS] = {0};
	static const char *const values[] = {"x", "y, z", "\"q\""};
	const char *names[] = {"a", "b", "c", "d"};
	const char *column[] = {"s"};
	struct random_stream r;
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	random_init(&r, 5, 0);
	assert_int_equal(overlap_new(LISTS, names, &t, &err), 0);
	assert_int_equal(overlap_set_stratum_columns(t, 1, column, &err), 0);
	for (int i = 0; i < ROWS; i++) {
		uint32_t pattern = 1 + (uint32_t)random_below(&r, (1 << LISTS) - 1);
		uint32_t value = (uint32_t)random_below(&r, STRATA);
		uint64_t count = random_below(&r, 4);
		uint32_t stratum;
		assert_int_equal(overlap_stratum(t, &values[value], &stratum, &err), 0);
		assert_int_equal(overlap_add(t, pattern, stratum, count, &err), 0);
		for (uint32_t s = 0; s < STRATA; s++)
			if (strcmp(values[s], t->strata[stratum]) == 0)
				expected[s][pattern] += count;
	}
	struct buffer out = BUFFER_INIT;
	assert_int_equal(overlap_format(t, &out), 0);
	struct overlap_table *again = parse(buffer_text(&out));
	assert_int_equal(again->n_cells, t->n_cells);
	uint64_t seen = 0;
	for (size_t i = 0; i < again->n_cells; i++) {
		const struct overlap_cell *c = &again->cells[i];
		if (i)
			assert_true(c[-1].stratum < c->stratum ||
				    (c[-1].stratum == c->stratum && c[-1].pattern < c->pattern));
		for (uint32_t s = 0; s < STRATA; s++)
			if (strcmp(values[s], again->strata[c->stratum]) == 0)
				assert_int_equal(c->count, expected[s][c->pattern]);
		seen += c->count;
	}
	assert_int_equal(seen, overlap_n_persons(t));
	buffer_done(&out);
	overlap_free(again);
	overlap_free(t);
}

static void leaves_lists_out_and_merges_them(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	struct overlap_table *t = parse("a,b,c,stratum_s,count\n1,0,0,x,1\n0,1,0,x,2\n1,1,0,y,4\n0,0,1,x,"
					"8\n1,0,1,y,16\n1,1,1,x,32\n");
	struct overlap_table *less = NULL;
	uint64_t counts[4];
	assert_int_equal(overlap_without_list(t, 1, &less, &err), 0);
	assert_string_equal(less->list_names[1], "c");
	overlap_collapse(less, counts);
	assert_int_equal(counts[1], 1 + 4);
	assert_int_equal(counts[2], 8);
	assert_int_equal(counts[3], 16 + 32);
	assert_int_equal(less->n_strata, 2);
	less = overlap_free(less);
	assert_int_equal(overlap_merge_lists(t, 2, 0, &less, &err), 0);
	assert_string_equal(less->list_names[0], "a+c");
	assert_string_equal(less->list_names[1], "b");
	overlap_collapse(less, counts);
	assert_int_equal(counts[1], 1 + 8 + 16);
	assert_int_equal(counts[2], 2);
	assert_int_equal(counts[3], 4 + 32);
	less = overlap_free(less);
	assert_int_equal(overlap_without_list(t, 3, &less, &err), CF_E_USAGE);
	assert_int_equal(overlap_merge_lists(t, 1, 1, &less, &err), CF_E_USAGE);
	overlap_free(t);
	t = parse("a,b,a+b,count\n1,1,0,3\n");
	assert_int_equal(overlap_merge_lists(t, 0, 1, &less, &err), 0);
	assert_string_not_equal(less->list_names[0], less->list_names[1]);
	overlap_free(less);
	overlap_free(t);
}

static void holds_many_strata(void **state)
{
	(void)state;
	const char *names[] = {"a"};
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(overlap_new(1, names, &t, &err), 0);
	assert_int_equal(overlap_set_stratum_columns(t, 1, names, &err), 0);
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < OVERLAP_MAX_STRATA; i++) {
			char text[16];
			const char *value = text;
			uint32_t stratum;
			(void)snprintf(text, sizeof text, "%u", i);
			assert_int_equal(overlap_stratum(t, &value, &stratum, &err), 0);
			assert_int_equal(stratum, i);
		}
	}
	const char *more = "one more";
	uint32_t stratum;
	assert_int_equal(overlap_stratum(t, &more, &stratum, &err), CF_E_LIMIT);
	overlap_free(t);
}

static int everything(struct cf_error *err)
{
	const char *text = "a,b,c,stratum_s,count\n1,0,0,x,1\n0,1,1,y,2\n1,1,1,x,3\n";
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *merged = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *less = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	TRY(overlap_parse("t.csv", text, strlen(text), &t, err));
	TRY(overlap_merge_lists(t, 0, 1, &merged, err));
	TRY(overlap_without_list(t, 2, &less, err));
	return overlap_format(less, &out);
}

static void survives_running_out_of_memory(void **state)
{
	(void)state;
	int status = -1;
	for (long n = 0; status < 0; n++) {
		struct cf_error err = CF_ERROR_INIT;
		mem_fail_after(n);
		status = everything(&err);
		bool failed = mem_failed();
		mem_fail_after(-1);
		assert_true(n < 10000);
		assert_int_equal(status, failed ? CF_E_MEMORY : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rows_in_any_order),
		cmocka_unit_test(keeps_strata_apart_and_collapses),
		cmocka_unit_test(says_where_the_file_is_wrong),
		cmocka_unit_test(never_shows_a_cell),
		cmocka_unit_test(accepts_what_spreadsheets_write),
		cmocka_unit_test(checks_what_is_added),
		cmocka_unit_test(agrees_with_plain_arrays),
		cmocka_unit_test(leaves_lists_out_and_merges_them),
		cmocka_unit_test(holds_many_strata),
		cmocka_unit_test(survives_running_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
