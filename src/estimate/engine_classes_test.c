/* Latent classes as a result among others: what becomes of each status, what is shown beside the number, and
 * what the verdict says of it. The sampler itself is tested in classes_test.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/interrupt.h"
#include "base/sweep.h"
#include "estimate/engines.h"
#include "estimate/estimate.h"

static const char *const names[] = {"a", "b", "c", "d"};

static struct overlap_table *table_of(size_t n_lists, const uint64_t *counts)
{
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(overlap_new(n_lists, names, &t, &err), 0);
	for (uint32_t w = 1; w < UINT32_C(1) << n_lists; w++)
		assert_int_equal(overlap_add(t, w, 0, counts[w - 1], &err), 0);
	return t;
}

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

static struct estimate_options sampling(uint32_t n_burn_in, uint32_t n_draws)
{
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_CLASSES;
	o.sampling.n_burn_in = n_burn_in;
	o.sampling.n_draws = n_draws;
	return o;
}

static struct estimate_report *run(
	const struct overlap_table *t, const struct estimate_options *o, struct job_pool *pool)
{
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (estimate_run_full(t, o, pool, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	return r;
}

static const struct estimate_result *classes_of(const struct estimate_report *r)
{
	for (size_t i = 0; i < r->n_results; i++)
		if (r->results[i].method == ESTIMATE_CLASSES)
			return &r->results[i];
	fail_msg("no result by latent classes");
	return &r->results[0];
}

static double fact(const struct estimate_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_facts; i++)
		if (strcmp(r->facts[i].name, name) == 0)
			return r->facts[i].value;
	return NAN;
}

static const char *rule(const struct estimate_report *r, const char *name)
{
	for (size_t i = 0; i < r->n_reasons; i++)
		if (strcmp(r->reason_rules[i], name) == 0)
			return r->reasons[i];
	return NULL;
}

/* The package LCMCR 0.4.14: 1827, 1310 to 2986. */
static void an_answer_has_everything(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Western");
	struct estimate_options o = sampling(800, 700);
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *c = classes_of(r);
	assert_int_equal(c->status, ESTIMATE_IDENTIFIED);
	assert_null(c->reason);
	assert_string_equal(c->model, "up to 10 latent classes");
	assert_true(
		fabs(c->estimate - 1840) < 60 && fabs(c->lower - 1310) < 40 && fabs(c->upper - 2986) < 250);
	assert_true(fabs(c->estimate - fact(c, "posterior_median")) < 1e-9);
	assert_true(fact(c, "r_hat") < 1.01 && fact(c, "ess_bulk") >= 400 && fact(c, "ess_tail") >= 400);
	assert_true(fact(c, "median_error") > 0 && fact(c, "lower_error") > 0 && fact(c, "upper_error") > 0);
	assert_true(fact(c, "classes_used") > 1 && fact(c, "exchange_rate") > 0.1);
	assert_true(fabs(fact(c, "chain_1_median") - c->estimate) < 150);
	assert_true(fabs(fact(c, "chain_4_median") - c->estimate) < 150);
	assert_true(isnan(fact(c, "chain_5_median")));
	assert_int_equal(c->posterior.n_chains, 4);
	assert_int_equal(c->posterior.n_draws, 700);
	assert_true(c->n_settings >= 3);
	assert_int_equal(r->headline, 0);
	/* each list left out and each pair merged, with numbers */
	assert_int_equal(r->n_variants, 15);
	for (size_t i = 0; i < r->n_variants; i++)
		assert_true(r->variants[i].result.estimate > 345 * 0.5);
	estimate_report_free(r);
	overlap_free(t);
}

static void chains_that_disagree_give_no_number(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("UKdat_5");
	struct estimate_options o = sampling(1, 40);
	o.methods |= 1u << ESTIMATE_STEPWISE;
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *c = classes_of(r);
	assert_int_equal(c->status, ESTIMATE_NOT_IDENTIFIABLE);
	assert_true(isnan(c->estimate) && isnan(c->lower) && isnan(c->upper));
	assert_true(isnan(fact(c, "posterior_median")) && fact(c, "r_hat") > 1.01);
	char median[32];
	(void)snprintf(median, sizeof median, "%.0f", fact(c, "chain_3_median"));
	assert_non_null(strstr(c->reason, median));
	assert_non_null(strstr(c->reason, "no number made of them is an answer"));
	/* to look at */
	assert_int_equal(c->posterior.n_chains, 4);
	assert_int_equal(r->results[r->headline].method, ESTIMATE_STEPWISE);
	assert_non_null(rule(r, "F26"));
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	estimate_report_free(r);
	/* alone there is nothing left to say */
	o.methods = 1u << ESTIMATE_CLASSES;
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_NOT_ESTIMABLE);
	assert_non_null(strstr(rule(r, "N1"), median));
	estimate_report_free(r);
	overlap_free(t);
}

static void says_when_draws_are_few(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options o = sampling(300, 50);
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *c = classes_of(r);
	assert_int_equal(c->status, ESTIMATE_NOT_IDENTIFIABLE);
	assert_true(c->posterior.n_draws == 50 && fact(c, "ess_bulk") < 400);
	assert_non_null(strstr(c->reason, fact(c, "r_hat") < 1.01 ? "moved too little" : "R-hat"));
	estimate_report_free(r);
	overlap_free(t);
}

static void refuses_with_a_reason(void **state)
{
	(void)state;
	static const uint64_t apart[7] = {40, 30, 0, 20, 0, 0, 0};
	static const uint64_t two[3] = {40, 30, 12};
	static const uint64_t nobody[7] = {0};
	static const struct {
		size_t n_lists;
		const uint64_t *counts;
		enum estimate_status status;
		const char *word;
	} rows[] = {
		{3, apart, ESTIMATE_NO_FINITE, "more than one list"},
		{2, two, ESTIMATE_NOT_IDENTIFIABLE, "three lists"},
		{3, nobody, ESTIMATE_NOT_IDENTIFIABLE, "no persons"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct overlap_table *t = table_of(rows[i].n_lists, rows[i].counts);
		struct estimate_options o = sampling(20, 20);
		struct estimate_report *r = run(t, &o, NULL);
		const struct estimate_result *c = classes_of(r);
		assert_int_equal(c->status, rows[i].status);
		assert_true(isnan(c->estimate) && c->posterior.n_chains == 0 && c->n_facts == 0);
		assert_non_null(strstr(c->reason, rows[i].word));
		assert_null(rule(r, "F26"));
		estimate_report_free(r);
		overlap_free(t);
	}
}

/* Three lists that each hold everybody: nobody is hidden, and every draw says so. */
static void everybody_on_every_list(void **state)
{
	(void)state;
	static const uint64_t counts[7] = {0, 0, 0, 0, 0, 0, 5000};
	struct overlap_table *t = table_of(3, counts);
	struct estimate_options o = sampling(300, 200);
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *c = classes_of(r);
	assert_int_equal(c->status, ESTIMATE_IDENTIFIED);
	assert_true(c->estimate >= 5000 && c->upper < 5003);
	assert_true(c->lower >= 5000 && c->lower <= c->estimate);
	estimate_report_free(r);
	overlap_free(t);
}

/* Two kinds of persons cannot be told by a mixture of two when there are three kinds. */
static void says_when_classes_are_few(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("UKdat_5");
	struct estimate_options o = sampling(1500, 700);
	o.sampling.n_classes = 2;
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *c = classes_of(r);
	assert_string_equal(c->model ? c->model : "up to 2 latent classes", "up to 2 latent classes");
	assert_true(fact(c, "classes_are_few") > 0 && fact(c, "classes") < 2.5);
	if (c->status == ESTIMATE_IDENTIFIED)
		assert_non_null(rule(r, "F29"));
	else
		assert_non_null(rule(r, "N1"));
	estimate_report_free(r);
	overlap_free(t);
}

/* Stepwise gives 11,313 on a table whose latent classes have nothing below 15,000 to speak of. */
static void a_posterior_that_excludes_the_total_is_a_reason(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("UKdat_5");
	struct estimate_options o = sampling(1000, 900);
	o.methods |= 1u << ESTIMATE_STEPWISE;
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *c = classes_of(r);
	assert_int_equal(c->status, ESTIMATE_IDENTIFIED);
	assert_true(r->results[r->headline].estimate < c->lower);
	assert_non_null(strstr(rule(r, "F30"), "classes"));
	estimate_report_free(r);
	overlap_free(t);
}

static void threads_change_nothing(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Western");
	struct estimate_options o = sampling(100, 60);
	struct estimate_report *one = run(t, &o, NULL);
	for (int n = 2; n <= 8; n += 6) {
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(jobs_new(n, &pool, &err), 0);
		struct estimate_report *many = run(t, &o, pool);
		const struct estimate_result *a = classes_of(one);
		const struct estimate_result *b = classes_of(many);
		assert_memory_equal(a->posterior.draws, b->posterior.draws, 240 * sizeof(double));
		for (size_t i = 0; i < a->n_facts; i++)
			assert_memory_equal(&a->facts[i], &b->facts[i], sizeof a->facts[i]);
		assert_int_equal(one->n_variants, many->n_variants);
		for (size_t i = 0; i < one->n_variants; i++)
			assert_memory_equal(&one->variants[i].result.estimate,
				&many->variants[i].result.estimate, sizeof(double));
		estimate_report_free(many);
	}
	estimate_report_free(one);
	overlap_free(t);
}

/* Replicates and linkage errors are not for a method that would have to run anew for each. */
static void takes_no_part_in_replicates(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Western");
	struct estimate_options o = sampling(800, 700);
	struct estimate_report *plain = run(t, &o, NULL);
	o.n_bootstrap = 20;
	o.recall.low = o.recall.high = 0.8;
	o.interval = ESTIMATE_INTERVAL_PERCENTILE;
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *a = classes_of(plain);
	const struct estimate_result *b = classes_of(r);
	assert_memory_equal(&a->lower, &b->lower, 2 * sizeof(double));
	assert_true(b->n_replicates == 0 && !b->corrected.made);
	assert_true(r->with_linkage && !plain->with_linkage);
	estimate_report_free(plain);
	estimate_report_free(r);
	overlap_free(t);
}

static void checks_options(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options bad[8];
	for (size_t i = 0; i < 8; i++)
		bad[i] = sampling(10, 16);
	bad[0].sampling.n_classes = 1;
	bad[1].sampling.n_classes = 33;
	bad[2].sampling.n_chains = 1;
	bad[3].sampling.n_draws = 15;
	bad[4].sampling.n_thin = 1000001;
	bad[5].sampling.alpha_shape = -1;
	bad[6].sampling.alpha_rate = 1e9;
	bad[7].sampling.n_burn_in = 2000000000;
	for (size_t i = 0; i < 8; i++) {
		struct estimate_report *r = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(estimate_run(t, &bad[i], NULL, NULL, &r, &err), CF_E_USAGE);
		assert_null(r);
		assert_true(err.message[0] != '\0');
	}
	overlap_free(t);
}

static void stops_when_asked(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options o = sampling(100000, 100000);
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	interrupt_set(true);
	assert_int_equal(estimate_run(t, &o, NULL, NULL, &r, &err), CF_E_INTERRUPTED);
	interrupt_set(false);
	assert_null(r);
	overlap_free(t);
}

static int sweep_classes(void *context, struct cf_error *err)
{
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NULL;
	struct estimate_options o = sampling(1, 16);
	o.methods |= 1u << ESTIMATE_GRAPHS;
	o.sampling.n_chains = 2;
	o.sampling.n_classes = 3;
	return estimate_run(context, &o, NULL, NULL, &r, err);
}

static void survives_without_memory(void **state)
{
	(void)state;
	static const uint64_t counts[7] = {40, 30, 10, 20, 8, 12, 11};
	struct overlap_table *t = table_of(3, counts);
	assert_true(sweep_run("classes and graphs", sweep_classes, t) > 40);
	overlap_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_everything),
		cmocka_unit_test(chains_that_disagree_give_no_number),
		cmocka_unit_test(says_when_draws_are_few),
		cmocka_unit_test(refuses_with_a_reason),
		cmocka_unit_test(everybody_on_every_list),
		cmocka_unit_test(says_when_classes_are_few),
		cmocka_unit_test(a_posterior_that_excludes_the_total_is_a_reason),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(takes_no_part_in_replicates),
		cmocka_unit_test(checks_options),
		cmocka_unit_test(stops_when_asked),
		cmocka_unit_test(survives_without_memory),
	};
	return cmocka_run_group_tests_name("estimate engine_classes", tests, NULL, NULL);
}
