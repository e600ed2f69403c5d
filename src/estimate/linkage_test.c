/*
 * Linkage errors made and undone, where the truth is known.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "estimate/linkage.h"

enum { LISTS = 4, CELLS = 1 << LISTS };

static const char *const names[] = {"a", "b", "c", "d"};

static struct linkage_space *new_space(void)
{
	struct linkage_space *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(linkage_space_new(LISTS, &s, &err), 0);
	return s;
}

/* Persons found by independent lists. */
static void population(struct random_stream *r, uint64_t n, const double *chances, double *counts)
{
	memset(counts, 0, CELLS * sizeof *counts);
	for (uint64_t i = 0; i < n; i++) {
		uint32_t w = 0;
		for (int j = 0; j < LISTS; j++)
			w |= (uint32_t)(random_uniform(r) < chances[j]) << j;
		counts[w] += w > 0;
	}
}

static double list_size(const double *counts, int j)
{
	double n = 0;
	for (uint32_t w = 1; w < CELLS; w++)
		n += w >> j & 1 ? counts[w] : 0;
	return n;
}

static double links(const double *counts)
{
	double n = 0;
	for (uint32_t w = 1; w < CELLS; w++) {
		int k = __builtin_popcount(w);
		n += counts[w] * k * (k - 1) / 2;
	}
	return n;
}

static void lists_keep_their_sizes(void **state)
{
	(void)state;
	static const double chances[] = {0.3, 0.2, 0.1, 0.4};
	struct linkage_space *s = new_space();
	struct random_stream r;
	random_init(&r, 81, 0);
	for (int round = 0; round < 300; round++) {
		double before[CELLS];
		double counts[CELLS];
		double recall = 0.5 + 0.5 * random_uniform(&r);
		double precision = 0.5 + 0.5 * random_uniform(&r);
		population(&r, random_below(&r, 3000), chances, before);
		memcpy(counts, before, sizeof counts);
		if (round % 2)
			linkage_damage(s, recall, precision, &r, counts);
		else
			linkage_impute(s, recall, precision, &r, counts);
		for (int j = 0; j < LISTS; j++)
			assert_true(list_size(counts, j) == list_size(before, j));
		for (uint32_t w = 1; w < CELLS; w++)
			assert_true(counts[w] >= 0 && counts[w] == floor(counts[w]));
	}
	linkage_space_free(s);
}

/* Recall and precision are shares of pairs of records. */
static void makes_errors_at_the_rates_asked_for(void **state)
{
	(void)state;
	static const double chances[] = {0.5, 0.4, 0.5, 0.6};
	struct linkage_space *s = new_space();
	struct random_stream r;
	double counts[CELLS];
	random_init(&r, 82, 0);
	population(&r, 200000, chances, counts);
	double all = links(counts);
	linkage_damage(s, 0.8, 1, &r, counts);
	double right = links(counts);
	assert_true(fabs(right / all - 0.8) < 0.005);
	linkage_damage(s, 1, 0.9, &r, counts);
	assert_true(fabs(right / links(counts) - 0.9) < 0.005);
	linkage_space_free(s);
}

static void perfect_linkage_changes_nothing(void **state)
{
	(void)state;
	static const double chances[] = {0.3, 0.2, 0.1, 0.4};
	struct linkage_space *s = new_space();
	struct random_stream r;
	double before[CELLS];
	double counts[CELLS];
	random_init(&r, 83, 0);
	population(&r, 500, chances, before);
	memcpy(counts, before, sizeof counts);
	linkage_impute(s, 1, 1, &r, counts);
	assert_memory_equal(counts, before, sizeof counts);
	linkage_space_free(s);
}

/* On average the table is as it was before links were missed. */
static void undoes_missed_links_on_average(void **state)
{
	(void)state;
	enum { ROUNDS = 400 };
	static const double chances[] = {0.5, 0.4, 0.3, 0.6};
	struct linkage_space *s = new_space();
	struct random_stream r;
	double before[CELLS];
	double sums[CELLS] = {0};
	random_init(&r, 84, 0);
	population(&r, 5000, chances, before);
	for (int round = 0; round < ROUNDS; round++) {
		double counts[CELLS];
		memcpy(counts, before, sizeof counts);
		linkage_damage(s, 0.85, 1, &r, counts);
		linkage_impute(s, 0.85, 1, &r, counts);
		for (uint32_t w = 1; w < CELLS; w++)
			sums[w] += counts[w] / ROUNDS;
	}
	/* a cell of some hundreds moves by its own root in a round, and the mean of 400 by a twentieth of
	 * that */
	for (uint32_t w = 1; w < CELLS; w++)
		assert_true(fabs(sums[w] - before[w]) < 5 + 0.25 * sqrt(before[w]));
	linkage_space_free(s);
}

static struct estimate_report *analyse(const double *counts, double recall, double precision, uint64_t seed)
{
	struct overlap_table *t = NULL;
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	assert_int_equal(overlap_new(LISTS, names, &t, &err), 0);
	for (uint32_t w = 1; w < CELLS; w++)
		assert_int_equal(overlap_add(t, w, 0, (uint64_t)counts[w], &err), 0);
	o.methods = 1u << ESTIMATE_MAIN;
	o.n_bootstrap = 200;
	o.seed = seed;
	o.recall = (struct estimate_share){recall - 0.02, recall + 0.02};
	o.precision = (struct estimate_share){precision, precision};
	assert_int_equal(estimate_run(t, &o, NULL, NULL, &r, &err), 0);
	overlap_free(t);
	return r;
}

/* 3,000 persons, three in four seen, a fifth of the links missed and a twentieth wrong: the plain estimate is
 * far too large, the corrected one is right, and its interval covers. */
static void corrects_the_estimate(void **state)
{
	(void)state;
	enum { ROUNDS = 60 };
	static const double chances[] = {0.35, 0.25, 0.2, 0.4};
	const double truth = 3000;
	struct linkage_space *s = new_space();
	struct random_stream r;
	double plain = 0;
	double corrected = 0;
	int plain_covers = 0;
	int covers = 0;
	random_init(&r, 85, 0);
	for (int round = 0; round < ROUNDS; round++) {
		double counts[CELLS];
		population(&r, (uint64_t)truth, chances, counts);
		linkage_damage(s, 0.8, 0.95, &r, counts);
		struct estimate_report *report = analyse(counts, 0.8, 0.95, (uint64_t)round);
		const struct estimate_result *e = &report->results[0];
		assert_true(e->corrected.made);
		assert_int_equal(e->corrected.n_failed, 0);
		plain += e->estimate / ROUNDS;
		corrected += e->corrected.estimate / ROUNDS;
		plain_covers += e->lower <= truth && e->upper >= truth;
		covers += e->corrected.lower <= truth && e->corrected.upper >= truth;
		assert_true(e->corrected.persons < (double)report->n_persons);
		estimate_report_free(report);
	}
	assert_true(plain > 1.1 * truth);
	assert_true(plain_covers < ROUNDS / 10);
	assert_true(fabs(corrected / truth - 1) < 0.02);
	assert_true(covers >= ROUNDS * 88 / 100);
	linkage_space_free(s);
}

/* Shares drawn for an uncertain recall have its mean and spread. */
static void draws_uncertain_shares(void **state)
{
	(void)state;
	enum { DRAWS = 20000 };
	const struct estimate_share share = {0.8, 0.9};
	struct random_stream r;
	double sum = 0;
	double squares = 0;
	random_init(&r, 86, 0);
	for (int i = 0; i < DRAWS; i++) {
		double x = linkage_draw_share(&share, &r);
		assert_true(x > 0 && x < 1);
		sum += x / DRAWS;
		squares += x * x / DRAWS;
	}
	assert_true(fabs(sum - 0.85) < 0.001);
	assert_true(fabs(sqrt(squares - sum * sum) - 0.1 / 3.92) < 0.001);
}

static int sweep_space(void *context, struct cf_error *err)
{
	(void)context;
	struct linkage_space *s = NULL;
	TRY(linkage_space_new(LISTS, &s, err));
	linkage_space_free(s);
	return CF_OK;
}

static void survives_running_out_of_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("linkage space", sweep_space, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_keep_their_sizes),
		cmocka_unit_test(makes_errors_at_the_rates_asked_for),
		cmocka_unit_test(perfect_linkage_changes_nothing),
		cmocka_unit_test(undoes_missed_links_on_average),
		cmocka_unit_test(corrects_the_estimate),
		cmocka_unit_test(draws_uncertain_shares),
		cmocka_unit_test(survives_running_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
