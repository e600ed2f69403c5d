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
#include "base/random.h"
#include "estimate/estimate.h"

static const char *const all_names[] = {
	"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"};

static struct overlap_table *new_table(size_t n_lists)
{
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (overlap_new(n_lists, all_names, &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static void put(struct overlap_table *t, uint32_t pattern, uint64_t count)
{
	struct cf_error err = CF_ERROR_INIT;
	if (overlap_add(t, pattern, 0, count, &err) < 0)
		fail_msg("%s", err.message);
}

static struct overlap_table *table_of(size_t n_lists, const uint64_t *counts)
{
	struct overlap_table *t = new_table(n_lists);
	for (uint32_t w = 1; w < UINT32_C(1) << n_lists; w++)
		put(t, w, counts[w - 1]);
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

static struct estimate_report *run(
	const struct overlap_table *t, const struct estimate_options *o, struct job_pool *pool)
{
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (estimate_run_full(t, o, pool, NULL, &r, &err) < 0)
		fail_msg("%s", err.message);
	return r;
}

static struct estimate_options with_bootstrap(uint32_t n)
{
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.n_bootstrap = n;
	return o;
}

static const struct estimate_result *result(const struct estimate_report *r, enum estimate_method m)
{
	for (size_t i = 0; i < r->n_results; i++)
		if (r->results[i].method == m)
			return &r->results[i];
	fail_msg("no result by %s", estimate_method_name(m));
	return &r->results[0];
}

static bool says(const struct estimate_report *r, const char *needle)
{
	for (size_t i = 0; i < r->n_reasons; i++)
		if (strstr(r->reasons[i], needle))
			return true;
	return false;
}

static void same_number(double a, double b)
{
	assert_memory_equal(&a, &b, sizeof a);
}

static void threads_change_nothing(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Western");
	struct estimate_options o = with_bootstrap(300);
	struct estimate_report *one = run(t, &o, NULL);
	for (int n = 2; n <= 5; n++) {
		struct job_pool *pool = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(jobs_new(n, &pool, &err), 0);
		struct estimate_report *many = run(t, &o, pool);
		assert_int_equal(many->n_results, one->n_results);
		for (size_t i = 0; i < one->n_results; i++) {
			const struct estimate_result *a = &one->results[i];
			const struct estimate_result *b = &many->results[i];
			assert_int_equal(a->n_replicates, b->n_replicates);
			assert_memory_equal(
				a->replicates, b->replicates, a->n_replicates * sizeof *a->replicates);
			same_number(a->lower, b->lower);
			same_number(a->upper, b->upper);
			same_number(a->acceleration, b->acceleration);
		}
		for (size_t i = 0; i < one->n_variants; i++) {
			assert_string_equal(one->variants[i].label, many->variants[i].label);
			same_number(one->variants[i].result.estimate, many->variants[i].result.estimate);
		}
		estimate_report_free(many);
		jobs_free(pool);
	}
	estimate_report_free(one);
	overlap_free(t);
}

static void seeds_change_intervals_and_nothing_else(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options o = with_bootstrap(200);
	struct estimate_report *a = run(t, &o, NULL);
	struct estimate_report *b = run(t, &o, NULL);
	o.seed = 2;
	struct estimate_report *c = run(t, &o, NULL);
	same_number(result(a, ESTIMATE_BIC)->upper, result(b, ESTIMATE_BIC)->upper);
	assert_true(result(a, ESTIMATE_BIC)->upper != result(c, ESTIMATE_BIC)->upper);
	same_number(result(a, ESTIMATE_BIC)->estimate, result(c, ESTIMATE_BIC)->estimate);
	estimate_report_free(a);
	estimate_report_free(b);
	estimate_report_free(c);
	overlap_free(t);
}

static void a_method_alone_gives_what_it_gives_among_others(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Western");
	struct estimate_options o = with_bootstrap(100);
	struct estimate_report *all = run(t, &o, NULL);
	for (int m = 0; m <= ESTIMATE_BIC; m++) {
		o.methods = 1u << m;
		struct estimate_report *alone = run(t, &o, NULL);
		assert_int_equal(alone->n_results, 1);
		same_number(alone->results[0].lower, result(all, m)->lower);
		same_number(alone->results[0].upper, result(all, m)->upper);
		estimate_report_free(alone);
	}
	estimate_report_free(all);
	overlap_free(t);
}

/* What must hold for every result whatever the table. */
static void check_result(const struct estimate_report *r, const struct estimate_result *e, bool bootstrapped)
{
	assert_non_null(e->model);
	assert_non_null(e->model_digits);
	if (e->status == ESTIMATE_IDENTIFIED) {
		assert_true(isfinite(e->estimate) && e->estimate >= (double)r->n_persons);
		assert_null(e->reason);
	} else {
		assert_true(isnan(e->estimate) && isnan(e->lower) && isnan(e->upper));
		assert_non_null(e->reason);
		bootstrapped = false;
	}
	assert_int_equal(e->n_replicates + e->n_failed, bootstrapped ? r->n_bootstrap : 0);
	if (!bootstrapped)
		assert_true(isnan(e->lower) && isnan(e->upper));
	if (isfinite(e->lower) && isfinite(e->upper))
		assert_true(e->lower <= e->upper);
	if (isfinite(e->lower))
		assert_true(e->lower >= (double)r->n_persons * (1 - 1e-12));
	assert_false(isinf(e->lower) || isinf(e->upper) || isinf(e->deviance) || isinf(e->bic));
	for (uint32_t i = 1; i < e->n_replicates; i++)
		assert_true(e->replicates[i - 1] <= e->replicates[i]);
}

static void check_report(const struct estimate_report *r)
{
	assert_true(r->n_reasons > 0);
	bool identified = false;
	for (size_t i = 0; i < r->n_results; i++) {
		check_result(r, &r->results[i], r->n_bootstrap > 0);
		identified = identified || r->results[i].status == ESTIMATE_IDENTIFIED;
	}
	for (size_t i = 0; i < r->n_variants; i++) {
		assert_non_null(r->variants[i].label);
		const struct estimate_result *e = &r->variants[i].result;
		assert_int_equal(e->status == ESTIMATE_IDENTIFIED, isfinite(e->estimate));
	}
	assert_int_equal(r->headline != SIZE_MAX, identified);
	if (!identified)
		assert_int_equal(r->verdict, ESTIMATE_NOT_ESTIMABLE);
	else
		assert_int_equal(r->results[r->headline].status, ESTIMATE_IDENTIFIED);
}

static struct overlap_table *random_table(struct random_stream *r)
{
	size_t n_lists = 1 + random_below(r, 6);
	struct overlap_table *t = new_table(n_lists);
	double scale = exp(random_uniform(r) * (random_below(r, 10) ? 8 : 34));
	double thin = random_uniform(r);
	uint64_t filled = random_below(r, 11);
	for (uint32_t w = 1; w < UINT32_C(1) << n_lists; w++)
		if (random_below(r, 10) < filled)
			put(t, w,
				(uint64_t)(scale * random_uniform(r) * pow(thin, __builtin_popcount(w) - 1)));
	return t;
}

static void random_tables_end_in_an_answer_or_a_reason(void **state)
{
	(void)state;
	enum { ROUNDS = 450 };
	struct random_stream r;
	int n_estimable = 0;
	int n_failed = 0;
	int n_unbounded = 0;
	random_init(&r, 61, 0);
	for (int round = 0; round < ROUNDS; round++) {
		struct overlap_table *t = random_table(&r);
		struct estimate_options o = with_bootstrap(round % 2 ? 0 : 12);
		o.order = 1 + (int)random_below(&r, t->n_lists > 5 ? 2 : 3);
		o.p = random_uniform(&r);
		o.seed = (uint64_t)round;
		struct estimate_report *report = run(t, &o, NULL);
		check_report(report);
		n_estimable += report->headline != SIZE_MAX;
		for (size_t i = 0; i < report->n_results; i++) {
			n_failed += report->results[i].n_failed > 0;
			n_unbounded += report->results[i].upper_is_unbounded;
		}
		estimate_report_free(report);
		overlap_free(t);
	}
	assert_true(n_estimable > ROUNDS / 4 && n_estimable < ROUNDS);
	assert_true(n_failed > 8 && n_unbounded > 8);
}

static void one_list_is_refused(void **state)
{
	(void)state;
	struct overlap_table *t = table_of(1, (const uint64_t[]){100});
	struct estimate_options o = with_bootstrap(10);
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(r->headline, SIZE_MAX);
	assert_int_equal(r->results[0].status, ESTIMATE_NOT_IDENTIFIABLE);
	assert_true(says(r, "two lists are needed"));
	estimate_report_free(r);
	overlap_free(t);
}

static void an_empty_table_is_refused(void **state)
{
	(void)state;
	struct overlap_table *t = new_table(4);
	struct estimate_options o = with_bootstrap(10);
	o.model = "[12,3]";
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(r->verdict, ESTIMATE_NOT_ESTIMABLE);
	assert_true(says(r, "no persons"));
	estimate_report_free(r);
	overlap_free(t);
}

static void lists_without_overlap_are_refused(void **state)
{
	(void)state;
	struct overlap_table *t = table_of(3, (const uint64_t[]){40, 30, 0, 20, 0, 0, 0});
	struct estimate_options o = with_bootstrap(10);
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(r->verdict, ESTIMATE_NOT_ESTIMABLE);
	assert_int_equal(result(r, ESTIMATE_MAIN)->status, ESTIMATE_NO_FINITE);
	assert_int_equal(r->n_empty_pairs, 3);
	assert_true(says(r, "grows without end"));
	estimate_report_free(r);
	overlap_free(t);
	t = table_of(2, (const uint64_t[]){40, 30, 0});
	r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(result(r, ESTIMATE_CHAPMAN)->status, ESTIMATE_NO_FINITE);
	estimate_report_free(r);
	overlap_free(t);
}

static void one_list_inside_another(void **state)
{
	(void)state;
	/* everybody on b is on a */
	struct overlap_table *t = table_of(3, (const uint64_t[]){80, 0, 20, 60, 15, 0, 5});
	struct estimate_options o = with_bootstrap(100);
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "Everybody on the list b is also on a"));
	estimate_report_free(r);
	overlap_free(t);
	/* everybody on a: nobody is missed, by the data */
	t = table_of(2, (const uint64_t[]){80, 0, 20});
	r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(result(r, ESTIMATE_MAIN)->status, ESTIMATE_NO_FINITE);
	assert_true(strstr(result(r, ESTIMATE_MAIN)->reason, "goes to zero") != NULL);
	assert_true(fabs(result(r, ESTIMATE_CHAPMAN)->estimate - 100) < 1e-9);
	estimate_report_free(r);
	overlap_free(t);
}

static void an_empty_list_is_named(void **state)
{
	(void)state;
	struct overlap_table *t = table_of(3, (const uint64_t[]){80, 60, 20, 0, 0, 0, 0});
	struct estimate_options o = with_bootstrap(0);
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	assert_true(says(r, "list c holds nobody"));
	assert_true(fabs(result(r, ESTIMATE_MAIN)->estimate - 100.0 * 80 / 20) < 1e-6);
	estimate_report_free(r);
	overlap_free(t);
}

static void huge_counts_keep_their_digits(void **state)
{
	(void)state;
	const uint64_t n = 1000000000000000;
	struct overlap_table *t = table_of(3, (const uint64_t[]){n, n, n / 2, n, n / 2, n / 2, n / 4});
	struct estimate_options o = with_bootstrap(50);
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	/* independent lists with capture odds 1/2: hidden 2 n */
	assert_true(fabs(result(r, ESTIMATE_MAIN)->estimate / (6.75e15) - 1) < 1e-9);
	estimate_report_free(r);
	overlap_free(t);
	t = table_of(2, (const uint64_t[]){n, n, 1});
	r = run(t, &o, NULL);
	check_report(r);
	assert_true(fabs(result(r, ESTIMATE_MAIN)->estimate / 1e30 - 1) < 1e-9);
	estimate_report_free(r);
	overlap_free(t);
}

/* Many lists: an answer in good time up to twelve, a refusal beyond. */
static void many_lists(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	struct random_stream s;
	random_init(&s, 62, 0);
	struct overlap_table *t = new_table(12);
	for (int i = 0; i < 3000; i++) {
		uint32_t pattern = 0;
		for (int j = 0; j < 12; j++)
			pattern |= (uint32_t)(random_uniform(&s) < 0.04 + 0.01 * j) << j;
		if (pattern)
			put(t, pattern, 1);
	}
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << ESTIMATE_MAIN | 1u << ESTIMATE_STEPWISE;
	o.p = 0.001;
	struct estimate_report *r = NULL;
	assert_int_equal(estimate_run(t, &o, NULL, NULL, &r, &err), 0);
	check_report(r);
	assert_true(fabs(result(r, ESTIMATE_MAIN)->estimate - 3000) < 150);
	estimate_report_free(r);
	overlap_free(t);
	t = new_table(13);
	put(t, 1, 5);
	assert_int_equal(estimate_run(t, &o, NULL, NULL, &r, &err), CF_E_LIMIT);
	assert_non_null(strstr(err.message, "at most 12"));
	overlap_free(t);
}

static void wrong_options_are_refused(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	const struct estimate_options good = ESTIMATE_OPTIONS_INIT;
	struct estimate_options bad[10];
	for (size_t i = 0; i < 10; i++)
		bad[i] = good;
	bad[0].methods = 0;
	bad[1].methods = 1u << 20;
	bad[2].p = -0.1;
	bad[3].p = NAN;
	bad[4].level = 1;
	bad[5].order = 0;
	bad[6].methods = 1u << ESTIMATE_CHAPMAN;
	bad[7].methods = 1u << ESTIMATE_MODEL;
	bad[8].model = "[12,9]";
	bad[9].order = 99;
	for (size_t i = 0; i < 10; i++) {
		struct estimate_report *r = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(estimate_run(t, &bad[i], NULL, NULL, &r, &err), CF_E_USAGE);
		assert_null(r);
		assert_true(err.message[0]);
	}
	overlap_free(t);
}

static void two_lists_bring_chapman(void **state)
{
	(void)state;
	struct overlap_table *t = table_of(2, (const uint64_t[]){79, 67, 30});
	struct estimate_options o = with_bootstrap(1000);
	struct estimate_report *r = run(t, &o, NULL);
	check_report(r);
	assert_int_equal(r->results[r->headline].method, ESTIMATE_CHAPMAN);
	const struct estimate_result *c = result(r, ESTIMATE_CHAPMAN);
	assert_true(fabs(c->estimate - (110.0 * 98 / 31 - 1)) < 1e-9);
	/* Seber (1982): variance (n1+1)(n2+1)(n1-m)(n2-m) / ((m+1)^2 (m+2)); the interval is of that size */
	double spread = sqrt(110.0 * 98 * 79 * 67 / (31.0 * 31 * 32));
	assert_true(c->upper - c->lower > 2.5 * spread && c->upper - c->lower < 6 * spread);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "only two lists"));
	assert_int_equal(r->n_variants, 0);
	estimate_report_free(r);
	overlap_free(t);
}

static void variants_are_what_their_tables_give(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("UKdat");
	struct estimate_options o = with_bootstrap(0);
	struct estimate_report *r = run(t, &o, NULL);
	assert_int_equal(r->n_variants, 6 + 15);
	size_t at = 6;
	for (size_t j = 0; j < 6; j++) {
		for (size_t k = j; k < 6; k++) {
			struct overlap_table *less = NULL;
			struct cf_error err = CF_ERROR_INIT;
			assert_int_equal(j == k ? overlap_without_list(t, j, &less, &err)
						: overlap_merge_lists(t, j, k, &less, &err),
				0);
			struct estimate_options alone = o;
			struct estimate_report *own = NULL;
			alone.methods = 1u << ESTIMATE_STEPWISE;
			assert_int_equal(estimate_run(less, &alone, NULL, NULL, &own, &err), 0);
			const struct estimate_variant *v = &r->variants[j == k ? j : at++];
			same_number(own->results[0].estimate, v->result.estimate);
			assert_string_equal(own->results[0].model, v->result.model);
			estimate_report_free(own);
			overlap_free(less);
		}
	}
	/* police and NCA merged is UKdat_5 */
	bool found = false;
	for (size_t i = 0; i < r->n_variants; i++)
		if (strcmp(r->variants[i].label, "PF + NCA merged") == 0)
			found = fabs(r->variants[i].result.estimate - 11312.9903) < 1e-4;
	assert_true(found);
	estimate_report_free(r);
	/* a named model goes along */
	o.methods = 1u << ESTIMATE_MODEL;
	o.model = "LA:NG, PF:NCA, GO:GP";
	r = run(t, &o, NULL);
	for (size_t i = 0; i < r->n_variants; i++) {
		if (strcmp(r->variants[i].label, "without NG") == 0)
			assert_string_equal(r->variants[i].result.model, "PF:NCA, GO:GP, LA");
		if (strcmp(r->variants[i].label, "LA + PF merged") == 0)
			assert_string_equal(r->variants[i].result.model, "LA+PF:NG, LA+PF:NCA, GO:GP");
		if (strcmp(r->variants[i].label, "PF + NCA merged") == 0)
			assert_string_equal(r->variants[i].result.model, "LA:NG, GO:GP, PF+NCA");
	}
	estimate_report_free(r);
	overlap_free(t);
}

/* Each cell's influence is what the table without those persons gives. */
static void influence_is_what_smaller_tables_give(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Western");
	struct estimate_options o = with_bootstrap(0);
	o.methods = 1u << ESTIMATE_STEPWISE;
	struct estimate_report *r = run(t, &o, NULL);
	assert_int_equal(r->n_influences, t->n_cells);
	for (size_t i = 0; i < r->n_influences; i++) {
		const struct estimate_influence *c = &r->influences[i];
		for (int all = 0; all < 2; all++) {
			struct overlap_table *less = new_table(t->n_lists);
			for (size_t k = 0; k < t->n_cells; k++) {
				bool here = t->cells[k].pattern == c->pattern;
				put(less, t->cells[k].pattern,
					here ? (all ? 0 : t->cells[k].count - 1) : t->cells[k].count);
			}
			struct estimate_report *own = run(less, &o, NULL);
			double expected = own->results[0].estimate;
			double got = all ? c->without_all : c->without_one;
			assert_true(isnan(expected) ? isnan(got) : fabs(got / expected - 1) < 1e-8);
			estimate_report_free(own);
			overlap_free(less);
		}
	}
	estimate_report_free(r);
	overlap_free(t);
}

static void lists_and_pairs_are_described(void **state)
{
	(void)state;
	/* patterns a, b, ab, c, ac, bc, abc */
	struct overlap_table *t = table_of(3, (const uint64_t[]){50, 40, 10, 29, 9, 7, 5});
	struct estimate_options o = with_bootstrap(0);
	struct estimate_report *r = run(t, &o, NULL);
	assert_int_equal(r->n_lists, 3);
	assert_int_equal(r->lists[0].persons, 74);
	assert_int_equal(r->lists[0].alone, 50);
	assert_int_equal(r->n_pairs, 3);
	assert_int_equal(r->n_empty_pairs, 0);
	const struct estimate_pair *p = &r->pairs[0];
	assert_int_equal(p->persons, 15);
	/* among the 50 on c: 29 neither, 9 a alone, 7 b alone, 5 both */
	assert_int_equal(p->n_elsewhere, 50);
	double odds = 29.5 * 5.5 / (9.5 * 7.5);
	double spread = 1.959964 * sqrt(1 / 29.5 + 1 / 5.5 + 1 / 9.5 + 1 / 7.5);
	assert_true(fabs(p->odds_ratio - odds) < 1e-12);
	assert_true(fabs(log(p->odds_upper / odds) - spread) < 1e-5);
	assert_true(fabs(log(odds / p->odds_lower) - spread) < 1e-5);
	estimate_report_free(r);
	overlap_free(t);
}

/* Deviance, Pearson and Freeman-Tukey of three independent lists by the formulas, from the fitted means that
 * the estimate of the total implies. */
static void fit_is_measured(void **state)
{
	(void)state;
	const uint64_t counts[] = {50, 40, 10, 29, 9, 7, 5};
	struct overlap_table *t = table_of(3, counts);
	struct estimate_options o = with_bootstrap(0);
	o.methods = 1u << ESTIMATE_MAIN;
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *e = &r->results[0];
	double total = e->estimate;
	double sizes[3] = {74, 62, 50};
	double pearson = 0;
	double freeman_tukey = 0;
	double deviance = 0;
	for (uint32_t w = 1; w < 8; w++) {
		double mean = total;
		double n = (double)counts[w - 1];
		for (int j = 0; j < 3; j++)
			mean *= w >> j & 1 ? sizes[j] / total : 1 - sizes[j] / total;
		pearson += (n - mean) * (n - mean) / mean;
		freeman_tukey += pow(sqrt(n) + sqrt(n + 1) - sqrt(4 * mean + 1), 2);
		deviance += 2 * (n * log(n / mean) - n + mean);
	}
	assert_true(fabs(e->fit.pearson - pearson) < 1e-6);
	assert_true(fabs(e->fit.freeman_tukey - freeman_tukey) < 1e-6);
	assert_true(fabs(e->deviance - deviance) < 1e-6);
	assert_int_equal(e->fit.degrees, 3);
	assert_int_equal(e->fit.n_cells, 7);
	estimate_report_free(r);
	overlap_free(t);
}

/* The kind of interval that was asked for is the one in lower and upper. */
static void intervals_of_each_kind(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options o = with_bootstrap(200);
	o.methods = 1u << ESTIMATE_STEPWISE | 1u << ESTIMATE_AVERAGE;
	struct estimate_report *bca = run(t, &o, NULL);
	o.interval = ESTIMATE_INTERVAL_PERCENTILE;
	struct estimate_report *percentile = run(t, &o, NULL);
	o.interval = ESTIMATE_INTERVAL_PROFILE;
	struct estimate_report *profile = run(t, &o, NULL);
	const struct estimate_result *e = result(percentile, ESTIMATE_STEPWISE);
	same_number(e->lower, e->percentile_lower);
	same_number(e->upper, e->percentile_upper);
	/* type 8 quantiles of 200 values: between the fifth and sixth from either end */
	assert_true(e->lower >= e->replicates[4] && e->lower <= e->replicates[5]);
	assert_true(e->lower != result(bca, ESTIMATE_STEPWISE)->lower);
	e = result(profile, ESTIMATE_STEPWISE);
	same_number(e->lower, e->profile_lower);
	same_number(e->upper, e->profile_upper);
	assert_true(e->lower < e->estimate && e->upper > e->estimate);
	/* an average has no single model to profile */
	same_number(result(profile, ESTIMATE_AVERAGE)->lower, result(bca, ESTIMATE_AVERAGE)->lower);
	estimate_report_free(bca);
	estimate_report_free(percentile);
	estimate_report_free(profile);
	overlap_free(t);
}

static void thresholds_are_shown(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("UKdat");
	struct estimate_options o = with_bootstrap(0);
	struct estimate_report *r = run(t, &o, NULL);
	const struct estimate_result *e = result(r, ESTIMATE_STEPWISE);
	bool found = false;
	for (size_t i = 0; i < e->n_settings; i++)
		if (strcmp(e->settings[i].label, "p 0.001") == 0)
			found = fabs(e->settings[i].estimate - 13181.2405) < 1e-4;
	assert_true(found);
	estimate_report_free(r);
	overlap_free(t);
}

static void every_reason_names_its_rule(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options o = with_bootstrap(100);
	struct estimate_report *r = run(t, &o, NULL);
	for (size_t i = 0; i < r->n_reasons; i++) {
		assert_non_null(r->reason_rules[i]);
		if (strstr(r->reasons[i], "fit about equally well disagree"))
			assert_string_equal(r->reason_rules[i], "F7");
		if (strstr(r->reasons[i], "A handful decides"))
			assert_string_equal(r->reason_rules[i], "F21");
	}
	estimate_report_free(r);
	overlap_free(t);
}

/* Each rule on a table made to break it. */
static void rules_fire_where_they_should(void **state)
{
	(void)state;
	enum { N = 200 };
	static const struct {
		const char *rule;
		size_t n_lists;
		uint64_t counts[15];
		uint32_t n_bootstrap;
		uint32_t methods; /* 0: the default ones */
		double recall;
	} cases[] = {
		{"N1", 3, {10, 10, 0, 10, 0, 0, 0}, N, 0, 1},
		{"N1", 1, {50}, N, 0, 1},
		{"N2", 3, {200, 200, 1, 200, 1, 1, 1}, N, 1u << ESTIMATE_MODEL, 1},
		{"F1", 3, {300, 300, 300, 300, 300, 300, 300}, 0, 0, 1},
		{"F2", 3, {40, 30, 1, 20, 0, 0, 0}, N, 0, 1},
		{"F3", 3, {40, 30, 1, 20, 0, 0, 0}, N, 0, 1},
		{"F4", 3, {200, 200, 3, 200, 2, 1, 0}, N, 0, 1},
		{"F6", 2, {500, 400, 100}, N, 0, 1},
		{"F7", 3, {53, 13, 5, 15, 2, 20, 1}, N, 0, 1},
		{"F9", 3, {80, 0, 60, 20, 15, 0, 5}, N, 0, 1},
		{"F11", 3, {10, 8, 3, 9, 2, 4, 1}, N, 0, 1},
		{"F12", 3, {200, 200, 3, 200, 2, 1, 0}, N, 0, 1},
		{"F13", 3, {400, 300, 1, 200, 0, 1, 0}, N, 0, 1},
		{"F14", 3, {100, 100, 20, 100, 0, 0, 0}, N, 0, 1},
		{"F15", 3, {80, 60, 20, 0, 0, 0, 0}, N, 0, 1},
		{"F16", 3, {960, 10, 5, 15, 5, 3, 2}, N, 0, 1},
		{"F17", 3, {80, 0, 60, 20, 15, 0, 5}, N, 0, 1},
		{"F20", 3, {80, 0, 60, 20, 15, 0, 5}, N, 0, 1},
		{"F21", 3, {60, 50, 2, 40, 1, 1, 0}, N, 0, 1},
		{"F23", 3, {300, 300, 80, 300, 80, 80, 30}, N, 1u << ESTIMATE_MAIN, 0.6},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct overlap_table *t = table_of(cases[i].n_lists, cases[i].counts);
		struct estimate_options o = with_bootstrap(cases[i].n_bootstrap);
		o.methods = cases[i].methods ? cases[i].methods : o.methods;
		o.recall = (struct estimate_share){cases[i].recall, cases[i].recall};
		o.model = o.methods == 1u << ESTIMATE_MODEL ? "[12,13,23]" : NULL;
		struct estimate_report *r = run(t, &o, NULL);
		bool fired = false;
		for (size_t k = 0; k < r->n_reasons; k++)
			fired = fired || strcmp(r->reason_rules[k], cases[i].rule) == 0;
		if (!fired)
			fail_msg("case %zu: rule %s did not fire", i, cases[i].rule);
		assert_int_equal(r->verdict == ESTIMATE_NOT_ESTIMABLE, cases[i].rule[0] == 'N');
		assert_true(r->verdict != ESTIMATE_PUBLISHABLE);
		estimate_report_free(r);
		overlap_free(t);
	}
}

static void strata_are_added_up(void **state)
{
	(void)state;
	const char *text = "a,b,stratum_sex,count\n1,0,f,50\n1,0,m,29\n0,1,f,67\n1,1,m,20\n1,1,f,10\n";
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(overlap_parse("t.csv", text, strlen(text), &t, &err), 0);
	struct estimate_options o = with_bootstrap(0);
	struct estimate_report *r = run(t, &o, NULL);
	assert_true(r->strata_collapsed);
	assert_true(fabs(result(r, ESTIMATE_CHAPMAN)->estimate - (110.0 * 98 / 31 - 1)) < 1e-9);
	estimate_report_free(r);
	overlap_free(t);
}

/* Each rule of the verdict on a table that breaks it, and a table that breaks none. */
static void verdicts(void **state)
{
	(void)state;
	/* three independent lists of half of 2,400 persons, and the like */
	struct overlap_table *t = table_of(3, (const uint64_t[]){300, 300, 300, 300, 300, 300, 300});
	struct estimate_options o = with_bootstrap(2000);
	struct estimate_report *r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_PUBLISHABLE);
	assert_true(says(r, "nobody entered or left"));
	estimate_report_free(r);
	o.n_bootstrap = 0;
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "No interval"));
	estimate_report_free(r);
	overlap_free(t);

	o.n_bootstrap = 500;
	t = read_table("Korea");
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "depends on the choice of the model"));
	assert_true(says(r, "without d"));
	estimate_report_free(r);
	overlap_free(t);

	t = read_table("UKdat_5");
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "depends on the choice of the model"));
	estimate_report_free(r);
	overlap_free(t);

	t = read_table("Artificial_3");
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "2 of 3 pairs"));
	assert_true(says(r, "6 of 96 persons"));
	estimate_report_free(r);
	overlap_free(t);

	/* one person on two lists: a third of the replicates have nobody there */
	t = table_of(3, (const uint64_t[]){40, 30, 1, 20, 0, 0, 0});
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "have no finite estimate"));
	assert_true(says(r, "no upper end"));
	assert_true(says(r, "extrapolation"));
	assert_true(result(r, ESTIMATE_MAIN)->n_failed > 100);
	estimate_report_free(r);
	overlap_free(t);

	t = table_of(3, (const uint64_t[]){960, 10, 5, 15, 5, 3, 2});
	r = run(t, &o, NULL);
	assert_int_equal(r->verdict, ESTIMATE_FRAGILE);
	assert_true(says(r, "The list a holds 97 %"));
	estimate_report_free(r);
	overlap_free(t);
}

static void stops_when_asked(void **state)
{
	(void)state;
	struct overlap_table *t = read_table("Korea");
	struct estimate_options o = with_bootstrap(100000);
	struct estimate_report *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	interrupt_set(true);
	int status = estimate_run(t, &o, NULL, NULL, &r, &err);
	interrupt_set(false);
	assert_int_equal(status, CF_E_INTERRUPTED);
	assert_null(r);
	overlap_free(t);
}

static void survives_running_out_of_memory(void **state)
{
	(void)state;
	struct overlap_table *tables[] = {
		table_of(2, (const uint64_t[]){79, 67, 30}), read_table("Artificial_3")};
	for (size_t i = 0; i < 2; i++) {
		struct estimate_options o = with_bootstrap(20);
		int status = -1;
		o.model = "[12]";
		o.methods |= 1u << ESTIMATE_AVERAGE | 1u << ESTIMATE_GRAPHS;
		o.recall.low = 0.9;
		o.grid_end = 200;
		o.grid_points = 20;
		for (long n = 0; status < 0; n++) {
			struct cf_error err = CF_ERROR_INIT;
			struct estimate_report *r = NULL;
			mem_fail_after(n);
			status = estimate_run_full(tables[i], &o, NULL, NULL, &r, &err);
			bool failed = mem_failed();
			mem_fail_after(-1);
			assert_true(n < 10000);
			assert_int_equal(status, failed ? CF_E_MEMORY : 0);
			assert_int_equal(r != NULL, status == 0);
			estimate_report_free(r);
		}
		overlap_free(tables[i]);
	}
}

static void names_are_stable(void **state)
{
	(void)state;
	assert_string_equal(estimate_method_name(ESTIMATE_STEPWISE), "stepwise");
	assert_string_equal(estimate_status_name(ESTIMATE_NO_FINITE), "no_finite_estimate");
	assert_string_equal(estimate_verdict_name(ESTIMATE_NOT_ESTIMABLE), "not_estimable");
	assert_string_equal(estimate_method_name(ESTIMATE_N_METHODS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(seeds_change_intervals_and_nothing_else),
		cmocka_unit_test(a_method_alone_gives_what_it_gives_among_others),
		cmocka_unit_test(random_tables_end_in_an_answer_or_a_reason),
		cmocka_unit_test(one_list_is_refused),
		cmocka_unit_test(an_empty_table_is_refused),
		cmocka_unit_test(lists_without_overlap_are_refused),
		cmocka_unit_test(one_list_inside_another),
		cmocka_unit_test(an_empty_list_is_named),
		cmocka_unit_test(huge_counts_keep_their_digits),
		cmocka_unit_test(many_lists),
		cmocka_unit_test(wrong_options_are_refused),
		cmocka_unit_test(two_lists_bring_chapman),
		cmocka_unit_test(variants_are_what_their_tables_give),
		cmocka_unit_test(influence_is_what_smaller_tables_give),
		cmocka_unit_test(lists_and_pairs_are_described),
		cmocka_unit_test(fit_is_measured),
		cmocka_unit_test(intervals_of_each_kind),
		cmocka_unit_test(thresholds_are_shown),
		cmocka_unit_test(every_reason_names_its_rule),
		cmocka_unit_test(rules_fire_where_they_should),
		cmocka_unit_test(strata_are_added_up),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(stops_when_asked),
		cmocka_unit_test(survives_running_out_of_memory),
		cmocka_unit_test(names_are_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
