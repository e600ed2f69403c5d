/* Averaging over decomposable graphs against figures and posteriors that the R package dga 2.0.2 gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/random.h"
#include "base/sweep.h"
#include "estimate/graphs.h"

static const char *data_path(const char *name)
{
	static char path[4096];
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s", getenv("CF_SOURCE_ROOT"), name);
	return path;
}

static void read_table(const char *name, struct loglinear_table *t)
{
	CF_CLEANUP_OVERLAP struct overlap_table *overlap = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (overlap_read(data_path(name), &overlap, &err) < 0 ||
		loglinear_table_from_overlap(t, overlap, &err) < 0)
		fail_msg("%s", err.message);
}

/* n points from 1 to last, rounded to whole numbers, as R's round(seq(1, last, length.out = n)). */
static double *r_grid(double last, size_t n)
{
	double *grid = calloc(n, sizeof *grid);
	assert_non_null(grid);
	for (size_t i = 0; i < n; i++)
		grid[i] = rint(1 + (last - 1) * (double)i / (double)(n - 1));
	return grid;
}

static void run(const struct loglinear_table *t, const struct graphs_options *o, struct graphs_result *ret)
{
	struct cf_error err = CF_ERROR_INIT;
	if (graphs_run(t, o, NULL, NULL, ret, &err) < 0)
		fail_msg("%s", err.message);
}

static void are_as_many_as_there_are(void **state)
{
	(void)state;
	/* Wormald 1985, labelled chordal graphs */
	static const size_t expected[] = {1, 2, 8, 61, 822, 18154, 617675};
	for (uint32_t k = 1; k <= 7; k++) {
		struct decomposable *graphs = NULL;
		size_t n = 0;
		assert_int_equal(decomposable_all(k, &graphs, &n, NULL), 0);
		assert_int_equal(n, expected[k - 1]);
		for (size_t g = 0; g < n; g++) {
			/* every list once more in cliques than in separators */
			int count[DECOMPOSABLE_MAX_LISTS] = {0};
			for (size_t c = 0; c < graphs[g].n_cliques; c++)
				for (uint32_t j = 0; j < k; j++)
					count[j] += graphs[g].cliques[c] >> j & 1;
			for (size_t s = 0; s < graphs[g].n_separators; s++)
				for (uint32_t j = 0; j < k; j++)
					count[j] -= graphs[g].separators[s] >> j & 1;
			for (uint32_t j = 0; j < k; j++)
				assert_int_equal(count[j], 1);
		}
		mem_free(graphs);
	}
	struct cf_error err = CF_ERROR_INIT;
	struct decomposable *none = NULL;
	size_t n = 0;
	assert_int_equal(decomposable_all(8, &none, &n, &err), CF_E_LIMIT);
}

static double sorted_probability(
	const struct loglinear_table *t, const struct graphs_result *r, const char *cliques)
{
	struct decomposable *graphs = NULL;
	size_t n = 0;
	double found = NAN;
	/* the reference lists cliques in another order: compare them as sets */
	uint8_t wanted[8];
	size_t n_wanted = 0;
	for (const char *c = cliques; *c;) {
		wanted[n_wanted] = 0;
		for (; *c && *c != '|'; c++)
			wanted[n_wanted] |= (uint8_t)(1u << (*c - '1'));
		n_wanted++;
		c += *c == '|';
	}
	assert_int_equal(decomposable_all(t->n_lists, &graphs, &n, NULL), 0);
	for (size_t g = 0; g < n; g++) {
		size_t same = 0;
		for (size_t i = 0; i < n_wanted; i++)
			for (size_t c = 0; c < graphs[g].n_cliques; c++)
				same += graphs[g].cliques[c] == wanted[i];
		if (same == n_wanted && graphs[g].n_cliques == n_wanted)
			found = r->probabilities[g];
	}
	mem_free(graphs);
	return found;
}

static void oracle(const char *name, double delta, double persons)
{
	struct loglinear_table t;
	struct graphs_result r;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	char file[64];
	const struct csv_cell *cells;
	struct csv_reader *csv = NULL;
	(void)snprintf(file, sizeof file, "%s.csv", name);
	read_table(file, &t);
	o.delta = delta;
	o.n_grid = 1000;
	double *grid = r_grid(30 * persons, 1000);
	o.grid = grid;
	run(&t, &o, &r);
	assert_int_equal(r.status, GRAPHS_DONE);
	(void)snprintf(file, sizeof file, "oracles/dga_post_%s.csv", name);
	assert_int_equal(csv_open(data_path(file), NULL, &csv, NULL), 0);
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(csv_next(csv, &cells, NULL), 1);
		assert_true(strtod(cells[0].text, NULL) == r.grid[i]);
		const double expected = strtod(cells[1].text, NULL);
		if (fabs(r.posterior[i] - expected) > 1e-9 * expected + 1e-14)
			fail_msg("%s at %g: %.12g, not %.12g", name, r.grid[i], r.posterior[i], expected);
	}
	csv_close(csv);
	(void)snprintf(file, sizeof file, "oracles/dga_models_%s.csv", name);
	assert_int_equal(csv_open(data_path(file), NULL, &csv, NULL), 0);
	size_t n = 0;
	for (; csv_next(csv, &cells, NULL) == 1; n++) {
		const double expected = strtod(cells[1].text, NULL);
		const double found = sorted_probability(&t, &r, cells[0].text);
		if (!(fabs(found - expected) <= 1e-8 * expected + 1e-300))
			fail_msg("%s, %s: %.12g, not %.12g", name, cells[0].text, found, expected);
	}
	assert_int_equal(n, r.n_graphs);
	csv_close(csv);
	graphs_result_done(&r);
	loglinear_table_done(&t);
	free(grid);
}

static void equal_every_oracle(void **state)
{
	(void)state;
	oracle("Korea", 0.125, 123);
	oracle("UKdat_5", 0x1p-5, 2744);
	oracle("Western", 0x1p-5, 345);
}

struct published {
	const char *file;
	double delta;
	double last;
	size_t n; /* 0: every number */
	double mean, median, lower, upper;
	const char *best;
	double share;
};

static void equal_the_reference(void **state)
{
	(void)state;
	static const struct published rows[] = {
		{"UKdat_5.csv", 0x1p-5, 30 * 2744, 1000, 21282.216, 23016, 10408, 33481, "123|25|34", 0.443},
		{"Western.csv", 0x1p-5, 30 * 345, 1000, 2253.960, 2128, 1340, 3868, "12|15|45|3", 0.113},
		{"Western.csv", 0x1p-5, 30 * 345, 0, 2253.955, 2133, 1343, 3871, NULL, 0},
		{"Korea.csv", 0.125, 30 * 123, 1000, 206.156, 161, 124, 460, "12|23", 0.688},
		{"Korea.csv", 0.5, 30 * 123, 0, 159.962, 151, 125, 253, "12|23", 0.763},
		{"dga_MadiganYork5.csv", 0.5, 300, 0, 617.816, 616, 588, 655, "12|13|24|45", 0.217},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct published *p = &rows[i];
		struct loglinear_table t;
		struct graphs_result r;
		struct graphs_options o = GRAPHS_OPTIONS_INIT;
		CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
		read_table(p->file, &t);
		o.delta = p->delta;
		o.n_grid = p->n ? p->n : (size_t)p->last;
		double *grid = r_grid(p->last, o.n_grid);
		o.grid = grid;
		run(&t, &o, &r);
		assert_true(fabs(r.mean - p->mean) < 0.0006);
		assert_true(r.median == p->median && r.lower == p->lower && r.upper == p->upper);
		if (p->best) {
			assert_int_equal(decomposable_format_digits(&r.models[0].graph, &name), 0);
			assert_string_equal(buffer_text(&name), p->best);
			assert_true(fabs(r.models[0].probability - p->share) < 0.0006);
		}
		graphs_result_done(&r);
		loglinear_table_done(&t);
		free(grid);
	}
}

/* The negative binomial prior of Madigan and York's example. */
static void a_prior_on_the_total(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct graphs_result r;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	read_table("dga_MadiganYork3.csv", &t);
	double *grid = r_grid(300, 300);
	o.delta = 1;
	o.prior = GRAPHS_PRIOR_NEGATIVE_BINOMIAL;
	o.a = 13.14;
	o.b = 55.17;
	o.grid = grid;
	o.n_grid = 300;
	run(&t, &o, &r);
	assert_true(fabs(r.mean - 733.452) < 0.0006);
	assert_true(r.median == 731 && r.lower == 682 && r.upper == 797);
	assert_true(fabs(r.models[0].probability - 0.374) < 0.0006);
	assert_true(fabs(r.models[1].probability - 0.310) < 0.0006);
	/* the same prior given point by point */
	double prior[300];
	for (size_t i = 0; i < 300; i++) {
		double n = t.n_persons + grid[i];
		prior[i] = n * log(o.b) - (n + o.a) * log1p(o.b) + lgamma(n + o.a) - lgamma(n + 1);
	}
	struct graphs_result given;
	o.prior = GRAPHS_PRIOR_GIVEN;
	o.log_prior = prior;
	run(&t, &o, &given);
	for (size_t i = 0; i < 300; i++)
		assert_true(fabs(given.posterior[i] - r.posterior[i]) < 1e-12);
	graphs_result_done(&given);
	graphs_result_done(&r);
	loglinear_table_done(&t);
	free(grid);
}

/* A grid of its own comes to what every number up to far out comes to. */
static void finds_its_own_grid(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		double delta;
		double last;
	} rows[] = {{"Korea.csv", 0.5, 20000}, {"Western.csv", 0x1p-5, 100000},
		{"dga_MadiganYork5.csv", 0.5, 5000}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loglinear_table t;
		struct graphs_result all, own;
		struct graphs_options o = GRAPHS_OPTIONS_INIT;
		read_table(rows[i].file, &t);
		o.delta = rows[i].delta;
		run(&t, &o, &own);
		o.n_grid = (size_t)rows[i].last + 1;
		double *grid = calloc(o.n_grid, sizeof *grid);
		for (size_t k = 0; k < o.n_grid; k++)
			grid[k] = (double)k;
		o.grid = grid;
		run(&t, &o, &all);
		assert_int_equal(own.status, GRAPHS_DONE);
		assert_true(own.tail_mass <= 1e-5);
		assert_true(fabs(own.mean / all.mean - 1) < 2e-3);
		assert_true(fabs(own.median / all.median - 1) < 1e-3);
		assert_true(fabs(own.lower / all.lower - 1) < 1e-3);
		assert_true(fabs(own.upper / all.upper - 1) < 1e-3);
		assert_true(fabs(own.models[0].probability - all.models[0].probability) < 1e-4);
		graphs_result_done(&own);
		graphs_result_done(&all);
		loglinear_table_done(&t);
		free(grid);
	}
}

/* A large table's posterior is narrow: 10^8 persons on three independent lists of 30 %. */
static void large_counts(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct graphs_result r;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	assert_int_equal(loglinear_table_init(&t, 3, NULL), 0);
	const double n = 1e8;
	for (uint32_t w = 1; w < 8; w++)
		t.counts[w] = rint(n * pow(0.3, __builtin_popcount(w)) * pow(0.7, 3 - __builtin_popcount(w)));
	loglinear_table_sum(&t);
	run(&t, &o, &r);
	assert_int_equal(r.status, GRAPHS_DONE);
	assert_true(fabs(r.median / n - 1) < 1e-3);
	assert_true(r.lower < n && r.upper > n && r.upper - r.lower < 1e-3 * n);
	graphs_result_done(&r);
	loglinear_table_done(&t);
}

static void what_has_no_answer(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct graphs_result r;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	assert_int_equal(loglinear_table_init(&t, 3, NULL), 0);
	run(&t, &o, &r);
	assert_int_equal(r.status, GRAPHS_TOO_FEW);
	assert_true(isnan(r.mean));
	graphs_result_done(&r);
	/* a flat prior and lists that never meet: nothing bounds the total */
	t.counts[1] = t.counts[2] = t.counts[4] = 20;
	loglinear_table_sum(&t);
	o.prior = GRAPHS_PRIOR_FLAT;
	run(&t, &o, &r);
	assert_int_equal(r.status, GRAPHS_UNBOUNDED);
	assert_true(isnan(r.mean));
	graphs_result_done(&r);
	loglinear_table_done(&t);
	assert_int_equal(loglinear_table_init(&t, 8, NULL), 0);
	run(&t, &o, &r);
	assert_int_equal(r.status, GRAPHS_TOO_MANY);
	graphs_result_done(&r);
	loglinear_table_done(&t);
	struct cf_error err = CF_ERROR_INIT;
	static const double falling[] = {3, 2};
	o.grid = falling;
	o.n_grid = 2;
	read_table("Korea.csv", &t);
	assert_int_equal(graphs_run(&t, &o, NULL, NULL, &r, &err), CF_E_USAGE);
	loglinear_table_done(&t);
}

static void threads_change_nothing(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct graphs_result one, many;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	struct job_pool *pool = NULL;
	read_table("Western.csv", &t);
	assert_int_equal(jobs_new(5, &pool, NULL), 0);
	run(&t, &o, &one);
	assert_int_equal(graphs_run(&t, &o, pool, NULL, &many, NULL), 0);
	assert_int_equal(one.n_grid, many.n_grid);
	assert_memory_equal(one.posterior, many.posterior, one.n_grid * sizeof *one.posterior);
	assert_memory_equal(one.probabilities, many.probabilities, one.n_graphs * sizeof *one.probabilities);
	graphs_result_done(&one);
	graphs_result_done(&many);
	jobs_free(pool);
	loglinear_table_done(&t);
}

/* The prior's delta alone moves the answer, and that is shown. */
static void sensitivity_to_delta(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct graphs_sensitivity s[GRAPHS_N_SENSITIVITY];
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	read_table("UKdat_5.csv", &t);
	assert_int_equal(graphs_sensitivity(&t, &o, NULL, NULL, s, NULL), 0);
	assert_true(s[0].delta == 0x1p-5 && s[0].median > 15000);
	/* 2,837 at delta 0.5 in the package too */
	assert_true(s[2].delta == 0.5 && s[2].median > 2744 && s[2].median < 3000);
	loglinear_table_done(&t);
}

static int average(void *context, struct cf_error *err)
{
	const struct graphs_options *o = context;
	struct loglinear_table t;
	CF_CLEANUP(graphs_result_done) struct graphs_result r = {0};
	TRY(loglinear_table_init(&t, 3, err));
	for (uint32_t w = 1; w < 8; w++)
		t.counts[w] = 5 + w;
	loglinear_table_sum(&t);
	int status = graphs_run(&t, o, NULL, NULL, &r, err);
	loglinear_table_done(&t);
	return status;
}

static void memory_may_fail(void **state)
{
	(void)state;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	assert_true(sweep_run("graphs", average, &o) > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_as_many_as_there_are),
		cmocka_unit_test(equal_every_oracle),
		cmocka_unit_test(equal_the_reference),
		cmocka_unit_test(a_prior_on_the_total),
		cmocka_unit_test(finds_its_own_grid),
		cmocka_unit_test(large_counts),
		cmocka_unit_test(what_has_no_answer),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(sensitivity_to_delta),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
