/* Sample coverage against the R package CARE1 1.1.0, lower bounds against figures worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/sweep.h"
#include "estimate/coverage.h"

static void read_table(const char *name, struct loglinear_table *t)
{
	CF_CLEANUP_OVERLAP struct overlap_table *overlap = NULL;
	struct cf_error err = CF_ERROR_INIT;
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s", getenv("CF_SOURCE_ROOT"), name);
	if (overlap_read(path, &overlap, &err) < 0 || loglinear_table_from_overlap(t, overlap, &err) < 0)
		fail_msg("%s", err.message);
}

static void run(const struct loglinear_table *t, uint32_t n_bootstrap, struct coverage_result *ret)
{
	struct cf_error err = CF_ERROR_INIT;
	if (coverage_run(t, n_bootstrap, 1, 0.95, ret, &err) < 0)
		fail_msg("%s", err.message);
}

static void equal_the_reference(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		double independent, high, low;
	} rows[] = {
		{"Korea.csv", 146.56, 250.26, 179.99},
		/* the package gives the 345 persons seen where its formula comes to less */
		{"Western.csv", 1755.98, NAN, 1955.13},
		{"UKdat_5.csv", 11711.02, 12015.59, 11745.86},
		{"UKdat.csv", 9802.23, 9886.13, 9814.04},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loglinear_table t;
		struct coverage_result r;
		read_table(rows[i].file, &t);
		run(&t, 0, &r);
		assert_true(fabs(r.estimates[COVERAGE_INDEPENDENT].total - rows[i].independent) < 0.006);
		assert_true(fabs(r.estimates[COVERAGE_LOW].total - rows[i].low) < 0.006);
		if (isnan(rows[i].high)) {
			assert_false(r.estimates[COVERAGE_HIGH].defined);
			assert_non_null(r.estimates[COVERAGE_HIGH].reason);
		} else {
			assert_true(fabs(r.estimates[COVERAGE_HIGH].total - rows[i].high) < 0.006);
		}
		loglinear_table_done(&t);
	}
	struct loglinear_table t;
	struct coverage_result r;
	read_table("UKdat_5.csv", &t);
	run(&t, 0, &r);
	assert_true(fabs(r.coverage - 0.19) < 0.005 && r.is_small);
	loglinear_table_done(&t);
	read_table("Korea.csv", &t);
	run(&t, 0, &r);
	assert_true(!r.is_small);
	loglinear_table_done(&t);
}

static void bounds_by_hand(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct coverage_result r;
	assert_int_equal(loglinear_table_init(&t, 3, NULL), 0);
	t.counts[1] = 30;
	t.counts[2] = 20;
	t.counts[4] = 10;
	t.counts[3] = 7;
	t.counts[5] = 5;
	t.counts[7] = 2;
	loglinear_table_sum(&t);
	run(&t, 0, &r);
	/* f1 = 60, f2 = 12, n = 74 */
	assert_true(fabs(r.estimates[COVERAGE_CHAO].total - (74 + 2.0 / 3 * 60 * 59 / 26)) < 1e-9);
	assert_true(fabs(r.estimates[COVERAGE_ZELTERMAN].total - 74 / (1 - exp(-0.4))) < 1e-9);
	loglinear_table_done(&t);
}

/* Where lists are independent and everybody is found alike, the log-normal intervals hold the truth about as
 * often as they say. */
static void intervals_cover(void **state)
{
	(void)state;
	enum { STUDIES = 400, PERSONS = 600 };
	struct random_stream s;
	int covered[COVERAGE_N_METHODS] = {0};
	random_init(&s, 5, 5);
	for (int study = 0; study < STUDIES; study++) {
		struct loglinear_table t;
		struct coverage_result r;
		assert_int_equal(loglinear_table_init(&t, 3, NULL), 0);
		for (int p = 0; p < PERSONS; p++) {
			uint32_t w = 0;
			for (uint32_t j = 0; j < 3; j++)
				w |= (uint32_t)(random_uniform(&s) < 0.4) << j;
			t.counts[w] += w != 0;
		}
		loglinear_table_sum(&t);
		run(&t, 200, &r);
		for (int m = 0; m < COVERAGE_N_METHODS; m++)
			covered[m] += r.estimates[m].lower <= PERSONS && PERSONS <= r.estimates[m].upper;
		loglinear_table_done(&t);
	}
	/* six standard deviations of a share of 0.95 of 400 */
	assert_true(covered[COVERAGE_INDEPENDENT] > STUDIES * 0.885);
	assert_true(covered[COVERAGE_HIGH] > STUDIES * 0.885);
	assert_true(covered[COVERAGE_CHAO] > STUDIES * 0.885);
}

static void what_is_not_defined(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct coverage_result r;
	for (uint32_t lists = 1; lists <= 12; lists += 11) {
		assert_int_equal(loglinear_table_init(&t, lists, NULL), 0);
		run(&t, 10, &r);
		for (int m = 0; m < COVERAGE_N_METHODS; m++) {
			assert_false(r.estimates[m].defined);
			assert_non_null(r.estimates[m].reason);
			assert_true(isnan(r.estimates[m].total));
		}
		loglinear_table_done(&t);
	}
	assert_int_equal(loglinear_table_init(&t, 3, NULL), 0);
	t.counts[1] = t.counts[2] = t.counts[4] = 9;
	loglinear_table_sum(&t);
	run(&t, 50, &r);
	assert_false(r.estimates[COVERAGE_INDEPENDENT].defined);
	assert_false(r.estimates[COVERAGE_ZELTERMAN].defined);
	assert_true(r.estimates[COVERAGE_CHAO].defined);
	assert_true(r.coverage < 1e-12 && r.is_small);
	loglinear_table_done(&t);
}

/* Whatever the table: an estimate of no fewer than were seen, or a reason. */
static void random_tables(void **state)
{
	(void)state;
	struct random_stream s;
	random_init(&s, 9, 9);
	for (int i = 0; i < 2000; i++) {
		struct loglinear_table t;
		struct coverage_result r;
		assert_int_equal(loglinear_table_init(&t, 1 + (uint32_t)random_below(&s, 6), NULL), 0);
		for (uint32_t w = 1; w < t.n_cells; w++)
			if (random_below(&s, 3))
				t.counts[w] = floor(exp2(random_uniform(&s) * (i % 5 ? 6 : 45)));
		loglinear_table_sum(&t);
		run(&t, 8, &r);
		for (int m = 0; m < COVERAGE_N_METHODS; m++) {
			const struct coverage_estimate *e = &r.estimates[m];
			assert_true(e->defined ? e->total >= t.n_persons && isfinite(e->total)
					       : e->reason != NULL);
			if (e->defined && !isnan(e->lower))
				assert_true(e->lower >= t.n_persons && e->lower <= e->total &&
					    e->total <= e->upper);
		}
		loglinear_table_done(&t);
	}
}

static int anchors(void *context, struct cf_error *err)
{
	struct loglinear_table t;
	struct coverage_result r;
	(void)context;
	TRY(loglinear_table_init(&t, 3, err));
	for (uint32_t w = 1; w < 8; w++)
		t.counts[w] = 5 + w;
	loglinear_table_sum(&t);
	int status = coverage_run(&t, 5, 1, 0.9, &r, err);
	loglinear_table_done(&t);
	return status;
}

static void memory_may_fail(void **state)
{
	(void)state;
	assert_true(sweep_run("coverage", anchors, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_the_reference),
		cmocka_unit_test(bounds_by_hand),
		cmocka_unit_test(intervals_cover),
		cmocka_unit_test(what_is_not_defined),
		cmocka_unit_test(random_tables),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
