#include "scribe.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

enum { PERSONS = 12000, SEED = 4711 };

/* Successes among trials; held against a probability by five standard deviations (and one trial of slack). */
struct tally {
	const char *what;
	uint64_t trials;
	uint64_t hits;
};

static void tally_add(struct tally *t, const char *what, bool hit)
{
	t->what = what;
	t->trials++;
	t->hits += hit;
}

static void tally_check(const struct tally *t, const char *list, unsigned per_thousand)
{
	double p = per_thousand / 1000.0;
	double want = p * (double)t->trials;
	double bound = 5 * sqrt(want * (1 - p)) + 1;
	assert_true(t->trials > 300);
	if (fabs((double)t->hits - want) > bound)
		fail_msg("%s: %s in %llu of %llu rows, expected %.0f", list, t->what,
			(unsigned long long)t->hits, (unsigned long long)t->trials, want);
}

static bool is_missing(const char *cell, const struct list_model *list)
{
	return !cell[0] || strcmp(cell, list->blank) == 0;
}

static bool has_column(const struct list_model *list, enum sim_column column)
{
	for (size_t i = 0; i < list->n_columns; i++)
		if (list->columns[i] == column)
			return true;
	return false;
}

enum {
	BIRTH_MISSING,
	BIRTH_YEAR,
	BIRTH_JANUARY,
	PHONE,
	DOCUMENT,
	SEX,
	SEX_WRONG,
	FORM,
	CITY,
	COUNTRY,
	NATIVE,
	N_TALLIES
};

static void tally_birth(
	struct tally *t, const struct sim_person *p, const char *cell, const struct list_model *list)
{
	bool missing = is_missing(cell, list);
	tally_add(&t[BIRTH_MISSING], "birth date missing", missing);
	if (missing)
		return;
	bool year_only = strlen(cell) == 4;
	if (p->day_known)
		tally_add(&t[BIRTH_YEAR], "year of birth only", year_only);
	else
		tally_add(&t[BIRTH_JANUARY], "1 January for an unknown day", !year_only);
}

static void tally_row(struct tally *t, const struct sim_person *p, const struct scribe_row *row,
	const struct list_model *list)
{
	tally_birth(t, p, row->cells[COLUMN_BIRTHDATE], list);
	if (p->n_phones)
		tally_add(&t[PHONE], "phone missing", is_missing(row->cells[COLUMN_MOBILE], list));
	if (p->document[0])
		tally_add(&t[DOCUMENT], "document missing", is_missing(row->cells[COLUMN_DOCUMENT], list));
	const char *sex = row->cells[COLUMN_GENDER];
	bool no_sex = !sex[0] || strcmp(sex, "NonSpecifiedUnknown") == 0;
	tally_add(&t[SEX], "sex missing", no_sex);
	if (!no_sex && p->core.sex != SIM_OTHER)
		tally_add(&t[SEX_WRONG], "sex wrong",
			(strchr("Ff", sex[0]) != NULL) != (p->core.sex == SIM_FEMALE));
	tally_add(&t[FORM], "form missing", !row->cells[COLUMN_FORM][0]);
	tally_add(&t[CITY], "city missing", !row->cells[COLUMN_CITY][0]);
	tally_add(&t[COUNTRY], "citizenship missing", !row->cells[COLUMN_CITIZENSHIP][0]);
	const char *family = row->cells[COLUMN_SECOND_NAME];
	if (p->origin->cyrillic && family[0] && !is_missing(family, list))
		tally_add(&t[NATIVE], "name in its own script", ((unsigned char)family[0] & 0xfe) == 0xd0);
}

/* Each list makes each fault as often as its model says. */
static void test_rates(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	assert_int_equal(names_new(&names, NULL), 0);
	for (int list = 0; list < MODEL_N_LISTS; list++) {
		const struct list_model *l = &model_lists[list];
		struct tally t[N_TALLIES] = {0};
		for (uint64_t number = 1; number <= PERSONS; number++) {
			struct sim_person p;
			struct scribe_row row;
			sim_person_make(SEED, names, number, &p);
			scribe_write(SEED, &p, list, 0, &row);
			tally_row(t, &p, &row, l);
		}
		const struct error_model *e = &l->errors;
		const unsigned want[N_TALLIES] = {e->birth_missing, e->birth_year_only, e->birth_january,
			e->phone_missing, e->document_missing, e->sex_missing, e->sex_wrong, e->form_missing,
			e->city_missing, e->citizenship_missing, e->native_script};
		for (size_t i = 0; i < N_TALLIES; i++)
			tally_check(&t[i], l->name, want[i]);
	}
}

/* The police write ISO dates, so that exchanged and miscopied ones can be told apart without a parser. */
static void test_dates(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	assert_int_equal(names_new(&names, NULL), 0);
	struct tally swapped = {0};
	struct tally other = {0};
	for (uint64_t number = 1; number <= 4 * PERSONS; number++) {
		struct sim_person p;
		struct scribe_row row;
		char exact[SCRIBE_CELL_BYTES];
		char exchanged[SCRIBE_CELL_BYTES];
		sim_person_make(SEED, names, number, &p);
		scribe_write(SEED, &p, 0, 0, &row);
		const char *cell = row.cells[COLUMN_BIRTHDATE];
		if (!p.day_known || strlen(cell) != 10)
			continue;
		(void)snprintf(
			exact, sizeof exact, "%04d-%02d-%02d", p.birth.year, p.birth.month, p.birth.day);
		(void)snprintf(exchanged, sizeof exchanged, "%04d-%02d-%02d", p.birth.year, p.birth.day,
			p.birth.month);
		bool is_exchanged = strcmp(exact, exchanged) != 0 && strcmp(cell, exchanged) == 0;
		if (p.birth.day <= 12 && p.birth.day != p.birth.month)
			tally_add(&swapped, "day and month exchanged", is_exchanged);
		tally_add(&other, "a digit wrong", !is_exchanged && strcmp(cell, exact) != 0);
	}
	tally_check(&swapped, "police", model_lists[0].errors.birth_swapped);
	tally_check(&other, "police", model_lists[0].errors.birth_digit);
}

/* Every cell of every list is UTF-8 without control characters; the border's names are plain capitals of at
 * most its width; columns that a list does not have do not matter. */
static void test_cells(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	assert_int_equal(names_new(&names, NULL), 0);
	for (uint64_t number = 1; number <= 3000; number++) {
		struct sim_person p;
		struct scribe_row row;
		sim_person_make(SEED, names, number, &p);
		for (int list = 0; list < MODEL_N_LISTS; list++) {
			const struct list_model *l = &model_lists[list];
			scribe_write(SEED, &p, list, (unsigned)(number % 2), &row);
			for (size_t i = 0; i < COLUMN_N; i++) {
				const char *cell = row.cells[i];
				assert_true(text_is_utf8(cell, strlen(cell), NULL));
				assert_null(strpbrk(cell, "\t\r\n\""));
			}
			assert_null(strchr(row.cells[COLUMN_FIRST_NAME], '+'));
			if (!has_column(l, COLUMN_MIDDLE_NAME))
				assert_string_equal(row.cells[COLUMN_MIDDLE_NAME], "");
			if (!l->upper_case)
				continue;
			for (const char *c = row.cells[COLUMN_SECOND_NAME]; *c; c++)
				assert_true((unsigned char)*c < 0x80 && !(*c >= 'a' && *c <= 'z'));
			assert_true(strlen(row.cells[COLUMN_SECOND_NAME]) <= l->name_width);
		}
	}
}

/* The same person and row, whenever they are made again; another row, another seed: other bytes. */
static void test_repeatable(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	struct sim_person p[3];
	static struct scribe_row row[4];
	assert_int_equal(names_new(&names, NULL), 0);
	memset(p, 0, sizeof p);
	memset(row, 0, sizeof row);
	sim_person_make(SEED, names, 77, &p[0]);
	sim_person_make(SEED, names, 76, &p[1]);
	sim_person_make(SEED, names, 77, &p[1]);
	sim_person_make(SEED + 1, names, 77, &p[2]);
	scribe_write(SEED, &p[0], 1, 0, &row[0]);
	scribe_write(SEED, &p[1], 1, 0, &row[1]);
	scribe_write(SEED, &p[0], 1, 1, &row[2]);
	scribe_write(SEED + 1, &p[2], 1, 0, &row[3]);
	for (size_t i = 0; i < COLUMN_N; i++)
		assert_string_equal(row[0].cells[i], row[1].cells[i]);
	assert_memory_not_equal(&row[0], &row[2], sizeof row[0]);
	assert_memory_not_equal(&row[0], &row[3], sizeof row[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_repeatable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
