#include "lists.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/sweep.h"
#include "model/overlap.h"
#include "person.h"

enum { ALL_LISTS = (1u << MODEL_N_LISTS) - 1 };

static char folder[] = "/tmp/counterfoil_simulate_XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	CF_CLEANUP(file_list_done) struct file_list files = FILE_LIST_INIT;
	if (file_list(folder, &files, NULL) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		CF_CLEANUP_FREE char *path = file_path(folder, files.names[i]);
		(void)unlink(path);
	}
	return rmdir(folder);
}

static int write_all(uint64_t seed, uint64_t n_persons, struct cf_error *err)
{
	CF_CLEANUP_NAMES struct names *names = NULL;
	CF_CLEANUP_SIM_LISTS struct sim_lists *lists = NULL;
	TRY(names_new(&names, err));
	TRY(sim_lists_new(seed, n_persons, &lists, err));
	for (int list = 0; list < MODEL_N_LISTS; list++)
		TRY(sim_list_write(lists, names, list, folder, err));
	return sim_truth_write(&lists->truth, ALL_LISTS, folder, err);
}

static void read_text(const char *in, const char *name, struct buffer *ret)
{
	CF_CLEANUP_FREE char *path = file_path(in, name);
	struct cf_error err = CF_ERROR_INIT;
	if (file_read(path, 1 << 24, ret, &err) < 0)
		fail_msg("%s", err.message);
}

/* The files in the repository are what the model makes, byte for byte. */
static void test_example(void **state)
{
	(void)state;
	static const char *const names[] = {"police.csv", "shelter.csv", "hotline.csv", "border.csv",
		"labour.csv", "truth.csv", "truth_overlap.csv"};
	const char *root = getenv("CF_SOURCE_ROOT");
	assert_non_null(root);
	CF_CLEANUP_FREE char *example = file_path(root, "data/example");
	assert_int_equal(write_all(1, 6200, NULL), 0);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		CF_CLEANUP(buffer_done) struct buffer kept = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer made = BUFFER_INIT;
		read_text(example, names[i], &kept);
		read_text(folder, names[i], &made);
		assert_true(kept.n > 100);
		if (kept.n != made.n || memcmp(kept.data, made.data, kept.n) != 0)
			fail_msg("data/example/%s is not what the model makes; see data/example/README.md",
				names[i]);
	}
}

/* ---- the lists against the truth ---- */

static uint64_t truth_value(const char *name)
{
	CF_CLEANUP_FREE char *path = file_path(folder, "truth.csv");
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	const struct csv_cell *cells = NULL;
	assert_int_equal(csv_open(path, NULL, &csv, NULL), 0);
	while (csv_next(csv, &cells, NULL) > 0)
		if (strcmp(cells[0].text, name) == 0)
			return strtoull(cells[1].text, NULL, 10);
	fail_msg("truth.csv has no %s", name);
	return 0;
}

/* Adds the list's bit to each person on it; returns its rows. */
static uint64_t read_list(int list, uint8_t *seen, uint64_t n_persons)
{
	char name[64];
	(void)snprintf(name, sizeof name, "%s.csv", model_lists[list].name);
	CF_CLEANUP_FREE char *path = file_path(folder, name);
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	const struct csv_cell *cells = NULL;
	uint64_t rows = 0;
	int status;
	assert_int_equal(csv_open(path, NULL, &csv, NULL), 0);
	ptrdiff_t column = csv_find_column(csv, "truth_person");
	assert_int_equal(column, (ptrdiff_t)model_lists[list].n_columns - 1);
	while ((status = csv_next(csv, &cells, NULL)) > 0) {
		const char *person = cells[column].text;
		assert_int_equal(person[0], 'P');
		uint64_t number = strtoull(person + 1, NULL, 10);
		assert_in_range(number, 1, n_persons);
		seen[number] |= (uint8_t)(1u << list);
		rows++;
	}
	assert_int_equal(status, 0);
	return rows;
}

/* What the files hold, counted anew, is what truth.csv and truth_overlap.csv say. */
static void test_truth(void **state)
{
	(void)state;
	enum { PERSONS = 3000 };
	uint8_t seen[PERSONS + 1] = {0};
	uint64_t want[1u << MODEL_N_LISTS];
	uint64_t got[1u << MODEL_N_LISTS] = {0};
	assert_int_equal(write_all(2, PERSONS, NULL), 0);
	assert_int_equal(truth_value("population"), PERSONS);
	for (int list = 0; list < MODEL_N_LISTS; list++) {
		char name[64];
		(void)snprintf(name, sizeof name, "rows_%s", model_lists[list].name);
		assert_int_equal(read_list(list, seen, PERSONS), truth_value(name));
	}
	for (size_t i = 1; i <= PERSONS; i++)
		got[seen[i]]++;
	assert_int_equal(truth_value("seen"), PERSONS - got[0]);
	got[0] = 0;
	CF_CLEANUP_FREE char *path = file_path(folder, "truth_overlap.csv");
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	assert_int_equal(overlap_read(path, &table, NULL), 0);
	overlap_collapse(table, want);
	assert_memory_equal(got, want, sizeof want);
	for (size_t list = 0; list < MODEL_N_LISTS; list++) {
		char name[64];
		(void)snprintf(name, sizeof name, "persons_%s", model_lists[list].name);
		assert_int_equal(overlap_list_size(table, list), truth_value(name));
	}
}

static void test_some_lists(void **state)
{
	(void)state;
	CF_CLEANUP_SIM_LISTS struct sim_lists *lists = NULL;
	assert_int_equal(sim_lists_new(2, 3000, &lists, NULL), 0);
	assert_int_equal(sim_truth_write(&lists->truth, 1u << 1 | 1u << 4, folder, NULL), 0);
	CF_CLEANUP_FREE char *path = file_path(folder, "truth_overlap.csv");
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	assert_int_equal(overlap_read(path, &table, NULL), 0);
	assert_int_equal(table->n_lists, 2);
	assert_string_equal(table->list_names[1], "labour");
	assert_int_equal(overlap_n_persons(table), truth_value("seen"));
	assert_int_equal(overlap_list_size(table, 1), truth_value("persons_labour"));
}

/* ---- the population against the model ---- */

/* The probability of a pattern by the chain of conditional ones, list after list. */
static double pattern_probability(unsigned pattern, enum sim_form form, enum sim_sex sex)
{
	double p = 1;
	unsigned before = 0;
	for (size_t i = 0; i < MODEL_N_LISTS; i++) {
		int list = model_order[i];
		double q = model_capture(list, form, sex, before);
		p *= pattern >> list & 1u ? q : 1 - q;
		before |= pattern & 1u << list;
	}
	return p;
}

/* Pearson's statistic over all patterns with an expected count of 1 or more, given form and sex, against its
 * mean and standard deviation under the model. */
static void test_capture(void **state)
{
	(void)state;
	enum { PERSONS = 200000, PATTERNS = 1u << MODEL_N_LISTS };
	static uint64_t count[SIM_N_FORMS][SIM_N_SEXES][PATTERNS];
	for (uint64_t number = 1; number <= PERSONS; number++) {
		struct sim_core core;
		sim_core_make(3, number, &core);
		count[core.form][core.sex][core.lists]++;
	}
	double chi2 = 0;
	double df = 0;
	for (size_t form = 0; form < SIM_N_FORMS; form++)
		for (size_t sex = 0; sex < SIM_N_SEXES; sex++) {
			double n = 0;
			double total = 0;
			for (unsigned k = 0; k < PATTERNS; k++)
				n += (double)count[form][sex][k];
			for (unsigned k = 0; k < PATTERNS; k++) {
				double p = pattern_probability(k, (enum sim_form)form, (enum sim_sex)sex);
				double off = (double)count[form][sex][k] - n * p;
				total += p;
				if (n * p < 1)
					continue;
				chi2 += off * off / (n * p);
				df += 1 - p;
			}
			assert_true(fabs(total - 1) < 1e-12);
		}
	assert_true(df > 200);
	assert_true(fabs(chi2 - df) < 5 * sqrt(2 * df));
}

/* Sex by form, rows per person, and rows twice, as documented. */
static void test_marginals(void **state)
{
	(void)state;
	enum { PERSONS = 200000 };
	CF_CLEANUP_SIM_LISTS struct sim_lists *lists = NULL;
	assert_int_equal(sim_lists_new(4, PERSONS, &lists, NULL), 0);
	const struct sim_truth *t = &lists->truth;
	uint64_t rows = 0;
	for (int list = 0; list < MODEL_N_LISTS; list++) {
		uint64_t persons = 0;
		for (size_t sex = 0; sex < SIM_N_SEXES; sex++)
			for (unsigned k = 0; k < 1u << MODEL_N_LISTS; k++)
				persons += k >> list & 1u ? t->persons[sex][k] : 0;
		double p = model_lists[list].errors.duplicate / 1000.0;
		double twice = (double)(t->rows[list] - persons);
		assert_true(fabs(twice - p * (double)persons) < 5 * sqrt(p * (1 - p) * (double)persons));
		rows += t->rows[list];
	}
	/* about 0.65 rows a person: what --rows counts on */
	assert_in_range(rows, PERSONS * 0.63, PERSONS * 0.67);
	/* Forms go by groups of six, so their counts vary some six times as much as single draws would. */
	for (size_t form = 0; form < SIM_N_FORMS; form++) {
		double p = model_forms[form].weight / 1000.0;
		assert_true(fabs((double)t->forms[form] - p * PERSONS) < 5 * sqrt(6 * p * (1 - p) * PERSONS));
	}
}

static int make_lists(void *context, struct cf_error *err)
{
	(void)context;
	return write_all(5, 12, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("lists", make_lists, NULL) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_some_lists),
		cmocka_unit_test(test_capture),
		cmocka_unit_test(test_marginals),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
