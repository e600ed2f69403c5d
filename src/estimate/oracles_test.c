/*
 * Published figures and other programs' results (data/estimate/README.md).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/csv.h"
#include "estimate/estimate.h"

static void path_of(const char *name, char *ret, size_t n)
{
	(void)snprintf(ret, n, "%s/data/estimate/%s.csv", getenv("CF_SOURCE_ROOT"), name);
}

static struct overlap_table *table(const char *name)
{
	char path[4096];
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	path_of(name, path, sizeof path);
	if (overlap_read(path, &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static struct estimate_report *run(const struct overlap_table *t, const struct estimate_options *o)
{
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (estimate_run(t, o, NULL, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	return r;
}

static void near(const char *what, double got, double expected, double tolerance)
{
	if (!(fabs(got - expected) <= tolerance))
		fail_msg("%s: %.12g instead of %.12g", what, got, expected);
}

struct row {
	const char *data;
	enum estimate_method method;
	double p;
	int order;
	const char *model;
	double total;
	double deviance; /* 0: not given */
};

static const struct row rows[] = {
	{"UKdat", ESTIMATE_MAIN, 0, 2, "[1,2,3,4,5,6]", 12213.9951, 179.3549},
	{"UKdat", ESTIMATE_STEPWISE, 0.02, 2, "[12,13,24,25,35,36,45]", 11417.9911, 22.9939},
	{"UKdat", ESTIMATE_STEPWISE, 0.001, 2, "[12,13,25,35,36,4]", 13181.2405, 0},
	{"UKdat", ESTIMATE_BIC, 0, 2, "[12,13,25,35,36,45]", 12349.58695, 0},
	{"UKdat_5", ESTIMATE_MAIN, 0, 2, "[1,2,3,4,5]", 13444.1312, 0},
	{"UKdat_5", ESTIMATE_STEPWISE, 0.02, 2, "[12,13,24,25,35,45]", 11312.9903, 16.3514},
	{"UKdat_5", ESTIMATE_BIC, 0, 2, "[12,13,23,25,34]", 22991.33131, 22.2036165},
	{"UKdat_5", ESTIMATE_BIC, 0, 4, "[123,25,34]", 25311.29, 0},
	{"Western", ESTIMATE_MAIN, 0, 2, "[1,2,3,4,5]", 2007.1418, 0},
	{"Western", ESTIMATE_STEPWISE, 0.02, 2, "[15,2,3,4]", 2483.3839, 26.5842264},
	{"Western", ESTIMATE_STEPWISE, 0.05, 2, "[15,45,2,3]", 2817.7709, 0},
	{"Western", ESTIMATE_BIC, 0, 2, "[15,2,3,4]", 2483.3839, 0},
	{"Korea", ESTIMATE_MAIN, 0, 2, "[1,2,3]", 141.9926, 0},
	{"Korea", ESTIMATE_STEPWISE, 0.02, 2, "[12,3]", 268.7778, 0},
	{"Korea", ESTIMATE_BIC, 0, 2, "[12,23]", 157.1667, 0},
	/* Silverman, Chan and Vincent (2024), table 6, over all orders; rounded to persons there */
	{"UKdat_5", ESTIMATE_DOWNHILL, 0, 2, "[12,13,25,35,45]", 12262.41, 0},
	{"UKdat", ESTIMATE_DOWNHILL, 0, 2, "[12,13,25,35,36,45]", 12349.59, 0},
};

static void published_estimates(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct overlap_table *t = table(rows[i].data);
		struct estimate_options o = ESTIMATE_OPTIONS_INIT;
		o.methods = 1u << rows[i].method;
		o.p = rows[i].p;
		o.order = rows[i].order;
		struct estimate_report *r = run(t, &o);
		assert_int_equal(r->n_results, 1);
		assert_int_equal(r->results[0].status, ESTIMATE_IDENTIFIED);
		assert_string_equal(r->results[0].model_digits, rows[i].model);
		near(rows[i].data, r->results[0].estimate, rows[i].total,
			rows[i].total > 20000 || rows[i].method == ESTIMATE_DOWNHILL ? 0.0051 : 5.1e-5);
		if (rows[i].deviance > 0)
			near(rows[i].data, r->results[0].deviance, rows[i].deviance, 5.1e-5);
		assert_int_equal(r->results[0].search_complete, rows[i].method != ESTIMATE_DOWNHILL);
		estimate_report_free(r);
		overlap_free(t);
	}
}

static void published_named_models(void **state)
{
	(void)state;
	static const struct {
		const char *data, *model;
		double total;
		uint32_t n_infinite;
	} named[] = {
		{"UKdat", "PF:NCA, LA:NG, NG:GP, LA:PF, PF:GP", 13181.2405, 0},
		{"UKdat_5", "[12,13,14,15,23,24,25,34,35,45]", 11232.5314, 1},
		{"Western", "[12,13,14,15,23,24,25,34,35,45]", 7874.3499, 2},
		{"Western", "A:E", 2483.3839, 0},
	};
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		struct overlap_table *t = table(named[i].data);
		struct estimate_options o = ESTIMATE_OPTIONS_INIT;
		o.methods = 1u << ESTIMATE_MODEL;
		o.model = named[i].model;
		struct estimate_report *r = run(t, &o);
		near(named[i].data, r->results[0].estimate, named[i].total, 5.1e-5);
		assert_int_equal(r->results[0].n_infinite, named[i].n_infinite);
		estimate_report_free(r);
		overlap_free(t);
	}
}

/* R's glm stops at a relative change of the deviance of 1e-8, so that its last digits are not all good (for
 * [13,14,15,23] of Western it is 2e-8 away from where orthogonal iterations end). */
static void check_model(const struct overlap_table *t, const struct csv_cell *c)
{
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_MODEL;
	o.model = c[0].text;
	struct estimate_report *r = run(t, &o);
	const struct estimate_result *e = &r->results[0];
	assert_string_equal(e->model_digits, c[0].text);
	assert_int_equal(e->status, atoi(c[1].text));
	assert_int_equal(e->n_parameters, atoi(c[6].text));
	assert_int_equal(e->n_infinite, atoi(c[7].text) * (e->status == ESTIMATE_IDENTIFIED));
	if (e->status == ESTIMATE_IDENTIFIED) {
		near(o.model, e->estimate, atof(c[2].text), 5e-8 * e->estimate);
		near(o.model, e->deviance, atof(c[3].text), 1e-7);
		near(o.model, e->bic, atof(c[4].text), 1e-7);
		near(o.model, e->aic, atof(c[5].text), 1e-7);
		assert_null(e->reason);
	} else {
		assert_true(isnan(e->estimate) && isnan(e->deviance) && isnan(e->bic));
		assert_non_null(e->reason);
	}
	estimate_report_free(r);
}

static void check_every_model(const char *name, size_t n_expected)
{
	char path[4096];
	char oracle[64];
	struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const struct csv_cell *cells;
	size_t n = 0;
	int got;
	struct overlap_table *t = table(name);
	(void)snprintf(oracle, sizeof oracle, "oracles/models_%s", name);
	path_of(oracle, path, sizeof path);
	if (csv_open(path, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(csv_n_columns(r), 8);
	while ((got = csv_next(r, &cells, &err)) > 0) {
		check_model(t, cells);
		n++;
	}
	assert_int_equal(got, 0);
	assert_int_equal(n, n_expected);
	csv_close(r);
	overlap_free(t);
}

static void every_model_of_the_oracles(void **state)
{
	(void)state;
	check_every_model("Artificial_3", 8);
	check_every_model("Korea", 8);
	check_every_model("Western", 1024);
	check_every_model("UKdat_5", 1024);
}

static void between(const char *what, double value, double low, double high)
{
	if (!(value >= low && value <= high))
		fail_msg("%s: %.6g is not in %g to %g", what, value, low, high);
}

struct ends {
	double lower, upper;
};

static struct ends bootstrap(const char *name, enum estimate_method m, uint32_t n, uint64_t seed, int order)
{
	struct overlap_table *t = table(name);
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << m;
	o.n_bootstrap = n;
	o.seed = seed;
	o.order = order;
	struct estimate_report *r = run(t, &o);
	struct ends ends = {r->results[0].lower, r->results[0].upper};
	assert_int_equal(r->results[0].n_replicates + r->results[0].n_failed, n);
	assert_int_equal(r->results[0].n_unproved, 0);
	estimate_report_free(r);
	overlap_free(t);
	return ends;
}

/* Published: 1293 to 3670; many runs of SparseMSE lie at 1068 to 1420 and 3400 to 4000. */
static void intervals_for_western(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct ends e = bootstrap("Western", ESTIMATE_STEPWISE, 1000, seed, 2);
		between("lower", e.lower, 1050, 1420);
		between("upper", e.upper, 3400, 4000);
	}
	struct ends e = bootstrap("Western", ESTIMATE_STEPWISE, 40000, 1, 2);
	between("lower of 40,000", e.lower, 1075 * 0.92, 1075 * 1.08);
	between("upper of 40,000", e.upper, 3710 * 0.98, 3710 * 1.02);
}

/* Published ends of 1,000 replicates, give or take three Monte Carlo standard deviations. */
static void other_published_intervals(void **state)
{
	(void)state;
	struct ends e = bootstrap("UKdat", ESTIMATE_STEPWISE, 4000, 1, 2);
	between("UKdat lower", e.lower, 8500, 9700);
	between("UKdat upper", e.upper, 13300, 15300);
	e = bootstrap("UKdat_5", ESTIMATE_STEPWISE, 4000, 1, 2);
	between("UKdat_5 lower", e.lower, 8500, 9600);
	between("UKdat_5 upper", e.upper, 13600, 15800);
	e = bootstrap("Korea", ESTIMATE_STEPWISE, 2000, 1, 2);
	between("Korea lower", e.lower, 123, 125);
	between("Korea upper", e.upper, 420, 460);
	e = bootstrap("Korea", ESTIMATE_BIC, 2000, 1, 2);
	between("Korea BIC lower", e.lower, 126, 131);
	between("Korea BIC upper", e.upper, 320, 380);
	e = bootstrap("Western", ESTIMATE_BIC, 2000, 1, 2);
	/* its lower end is nearly the least replicate: 700 to 1300 over seeds when all 1,024 models compete
	 */
	between("Western BIC lower", e.lower, 600, 1450);
	between("Western BIC upper", e.upper, 4000, 5800);
	e = bootstrap("UKdat_5", ESTIMATE_BIC, 2000, 1, 2);
	between("UKdat_5 BIC lower", e.lower, 11000, 12200);
	between("UKdat_5 BIC upper", e.upper, 39000, 51000);
	/* 11168 to 56052 */
	e = bootstrap("UKdat_5", ESTIMATE_BIC, 1000, 1, 4);
	between("UKdat_5 BIC of order 4 lower", e.lower, 10500, 11900);
	between("UKdat_5 BIC of order 4 upper", e.upper, 48000, 65000);
	/* 9330 to 32115 and 9622 to 27889 */
	e = bootstrap("UKdat_5", ESTIMATE_DOWNHILL, 2000, 1, 2);
	between("UKdat_5 downhill lower", e.lower, 8900, 10000);
	between("UKdat_5 downhill upper", e.upper, 29000, 36500);
	e = bootstrap("UKdat", ESTIMATE_DOWNHILL, 1000, 1, 2);
	between("UKdat downhill lower", e.lower, 9100, 10100);
	between("UKdat downhill upper", e.upper, 25000, 31000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_estimates),
		cmocka_unit_test(published_named_models),
		cmocka_unit_test(every_model_of_the_oracles),
		cmocka_unit_test(intervals_for_western),
		cmocka_unit_test(other_published_intervals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
