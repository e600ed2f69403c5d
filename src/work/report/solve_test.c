#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"
#include "estimate/hierarchy.h"
#include "work/report/solve.h"

enum { MAX_CELLS = 1 << 6, MAX_FIGURES = 64 };

static struct overlap_table *read_table(const char *name)
{
	char path[4096];
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s.csv", getenv("CF_SOURCE_ROOT"), name);
	if (overlap_read(path, &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static struct overlap_table *parse(const char *text)
{
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (overlap_parse("table", text, strlen(text), &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static struct estimate_report *estimate(const struct overlap_table *t, const struct estimate_options *o)
{
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (estimate_run_full(t, o, NULL, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	return r;
}

static void same_number(double a, double b)
{
	if (isnan(a) || isnan(b)) {
		assert_true(isnan(a) && isnan(b));
		return;
	}
	if (fabs(a - b) > 1e-6 * fmax(1, fabs(b)))
		fail_msg("%.12g is not %.12g", a, b);
}

static void solve_all(
	const struct overlap_table *t, const struct estimate_report *r, const uint64_t *counts, double *ret)
{
	CF_CLEANUP_SOLVE struct solve *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (solve_new(t, r, &s, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(solve_n_figures(s), 3 * r->n_results + r->n_variants);
	assert_true(solve_n_figures(s) <= MAX_FIGURES);
	if (solve_figures(s, counts, ret, &err) < 0)
		fail_msg("%s", err.message);
}

/* On the table the estimates were made from, every figure is the estimate's own. */
static void check_own_table(const struct overlap_table *t)
{
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.n_bootstrap = 200;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = estimate(t, &o);
	uint64_t counts[MAX_CELLS] = {0};
	double figures[MAX_FIGURES];
	overlap_collapse(t, counts);
	solve_all(t, r, counts, figures);
	for (size_t i = 0; i < r->n_results; i++) {
		same_number(figures[i], r->results[i].estimate);
		same_number(figures[r->n_results + 2 * i], r->results[i].lower);
		same_number(figures[r->n_results + 2 * i + 1], r->results[i].upper);
	}
	for (size_t i = 0; i < r->n_variants; i++)
		same_number(figures[3 * r->n_results + i], r->variants[i].result.estimate);
}

static void figures_of_the_own_table_are_the_estimates(void **state)
{
	(void)state;
	static const char *const names[] = {"UKdat_5", "UKdat", "Korea", "Western"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		CF_CLEANUP_OVERLAP struct overlap_table *t = read_table(names[i]);
		check_own_table(t);
	}
	CF_CLEANUP_OVERLAP struct overlap_table *two = parse("a,b,count\n1,0,310\n0,1,205\n1,1,64\n");
	check_own_table(two);
	/* nobody on two lists: no estimate, and no figure */
	CF_CLEANUP_OVERLAP struct overlap_table *apart = parse("a,b,c,count\n1,0,0,9\n0,1,0,8\n0,0,1,7\n");
	check_own_table(apart);
}

/* The same lists with other counts. */
static struct overlap_table *changed(const struct overlap_table *t, const uint64_t *counts,
	struct random_stream *random, uint64_t *ret_counts)
{
	struct overlap_table *u = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (overlap_new(t->n_lists, (const char *const *)t->list_names, &u, &err) < 0)
		fail_msg("%s", err.message);
	for (uint32_t w = 1; w < UINT32_C(1) << t->n_lists; w++) {
		ret_counts[w] = counts[w] ? counts[w] + random_below(random, counts[w] / 2 + 3) : 0;
		if (overlap_add(u, w, 0, ret_counts[w], &err) < 0)
			fail_msg("%s", err.message);
	}
	return u;
}

/* On another table the figures are what estimating that table under the same models gives; the hidden part at
 * an end stays the same multiple of the estimated one. */
static void figures_of_another_table_are_those_of_the_chosen_models(void **state)
{
	(void)state;
	CF_CLEANUP_OVERLAP struct overlap_table *t = read_table("UKdat_5");
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.n_bootstrap = 100;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = estimate(t, &o);
	uint64_t counts[MAX_CELLS] = {0};
	double n = (double)overlap_n_persons(t);
	struct random_stream random;
	random_init(&random, 7, 0);
	overlap_collapse(t, counts);
	for (int round = 0; round < 5; round++) {
		uint64_t other_counts[MAX_CELLS] = {0};
		double figures[MAX_FIGURES];
		CF_CLEANUP_OVERLAP struct overlap_table *u = changed(t, counts, &random, other_counts);
		solve_all(t, r, other_counts, figures);
		for (size_t i = 0; i < r->n_results; i++) {
			struct estimate_options named = ESTIMATE_OPTIONS_INIT;
			named.methods = 1u << ESTIMATE_MODEL;
			named.model = r->results[i].model_digits;
			CF_CLEANUP_ESTIMATE struct estimate_report *refitted = estimate(u, &named);
			double total = refitted->results[0].estimate;
			same_number(figures[i], total);
			double m = (double)overlap_n_persons(u);
			double share = (r->results[i].upper - n) / (r->results[i].estimate - n);
			same_number((figures[r->n_results + 2 * i + 1] - m) / (total - m), share);
		}
	}
}

/* Leaving a list out, or merging two, is what the overlap table itself makes of it. */
static void figures_of_variants_are_those_of_the_reduced_tables(void **state)
{
	(void)state;
	CF_CLEANUP_OVERLAP struct overlap_table *t = read_table("Korea");
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_MAIN;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = estimate(t, &o);
	uint64_t counts[MAX_CELLS] = {0};
	double figures[MAX_FIGURES];
	overlap_collapse(t, counts);
	solve_all(t, r, counts, figures);
	for (size_t i = 0; i < r->n_variants; i++) {
		bool merged;
		size_t j;
		size_t k;
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP_OVERLAP struct overlap_table *u = NULL;
		solve_variant(t->n_lists, i, &merged, &j, &k);
		int status = merged ? overlap_merge_lists(t, j, k, &u, &err)
				    : overlap_without_list(t, j, &u, &err);
		if (status < 0)
			fail_msg("%s", err.message);
		CF_CLEANUP_ESTIMATE struct estimate_report *reduced = estimate(u, &o);
		same_number(figures[3 * r->n_results + i], reduced->results[0].estimate);
	}
}

static void variants_are_each_list_and_each_pair_once(void **state)
{
	(void)state;
	for (size_t n = 2; n <= OVERLAP_MAX_LISTS; n++) {
		bool seen[OVERLAP_MAX_LISTS][OVERLAP_MAX_LISTS] = {{false}};
		size_t n_variants = n + n * (n - 1) / 2;
		for (size_t i = 0; i < n_variants; i++) {
			bool merged;
			size_t j;
			size_t k;
			solve_variant(n, i, &merged, &j, &k);
			assert_true(j < n && k < n);
			assert_true(merged ? j < k : j == k);
			assert_false(seen[j][k]);
			seen[j][k] = true;
		}
	}
}

static void terms_leave_out_what_is_part_of_others(void **state)
{
	(void)state;
	CF_CLEANUP_OVERLAP struct overlap_table *t = parse("a,b,c,d,count\n1,0,0,0,9\n0,1,1,1,8\n");
	uint32_t terms[HIERARCHY_MAX_TERMS];
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(solve_terms(t, "[1,2,3,4]", terms, &err), 0);
	assert_int_equal(solve_terms(t, "[123,4]", terms, &err), 1);
	assert_int_equal(terms[0], 7);
	assert_int_equal(solve_terms(t, "[12,23,4]", terms, &err), 2);
	assert_int_equal(terms[0] | terms[1], 7);
	assert_true(solve_terms(t, "[15]", terms, &err) < 0);
}

static void refuses_variants_of_another_table(void **state)
{
	(void)state;
	CF_CLEANUP_OVERLAP struct overlap_table *t = read_table("Korea");
	CF_CLEANUP_OVERLAP struct overlap_table *u = read_table("UKdat_5");
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_MAIN;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = estimate(t, &o);
	CF_CLEANUP_SOLVE struct solve *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(solve_new(u, r, &s, &err), CF_E_USAGE);
	assert_null(s);
}

struct sweep_input {
	const struct overlap_table *t;
	const struct estimate_report *r;
};

static int make_and_free(void *context, struct cf_error *err)
{
	const struct sweep_input *in = context;
	CF_CLEANUP_SOLVE struct solve *s = NULL;
	return solve_new(in->t, in->r, &s, err);
}

static void survives_every_failed_allocation(void **state)
{
	(void)state;
	CF_CLEANUP_OVERLAP struct overlap_table *t = read_table("Korea");
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = estimate(t, &o);
	struct sweep_input in = {.t = t, .r = r};
	assert_true(sweep_run("solve", make_and_free, &in) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_of_the_own_table_are_the_estimates),
		cmocka_unit_test(figures_of_another_table_are_those_of_the_chosen_models),
		cmocka_unit_test(figures_of_variants_are_those_of_the_reduced_tables),
		cmocka_unit_test(variants_are_each_list_and_each_pair_once),
		cmocka_unit_test(terms_leave_out_what_is_part_of_others),
		cmocka_unit_test(refuses_variants_of_another_table),
		cmocka_unit_test(survives_every_failed_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
