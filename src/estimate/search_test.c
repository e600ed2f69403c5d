/*
 * Branch and bound against fitting every model.
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

#include "base/random.h"
#include "estimate/average.h"
#include "estimate/search.h"

enum { MAX_CANDIDATES = 15 };

struct bench {
	struct loglinear_table t;
	struct select_bench b;
};

static void bench_init(struct bench *b, uint32_t n_lists)
{
	struct cf_error err = CF_ERROR_INIT;
	*b = (struct bench){0};
	assert_int_equal(loglinear_table_init(&b->t, n_lists, &err), 0);
	assert_int_equal(select_bench_init(&b->b, n_lists, true, &err), 0);
}

static void bench_done(struct bench *b)
{
	loglinear_table_done(&b->t);
	select_bench_done(&b->b);
}

/* What the search should find, by fitting every model. */
struct truth {
	double score; /* the least; INFINITY when no model is identified */
	double total;
	struct hierarchy model;
	double average; /* of all totals, weighed by exp(-score / 2) */
};

static double score_of(const struct bench *b, enum search_criterion criterion, const struct selection *s)
{
	double n = b->t.n_persons;
	double k = s->model.n_terms;
	double fit = loglinear_saturated(&b->t) + s->fit.deviance;
	if (criterion == SEARCH_BIC)
		return fit + log(n) * k;
	return n > k + 1 ? fit + 2 * k * n / (n - k - 1) : INFINITY;
}

/* Every hierarchical model to the order, once: all sets of interactions that hold the parts of their members.
 */
static void every_model(struct bench *b, enum search_criterion criterion, int order, struct truth *ret)
{
	uint32_t terms[MAX_CANDIDATES];
	uint32_t n = 0;
	double weights = 0;
	double sum = 0;
	double reference = NAN;
	for (int size = 2; size <= order; size++)
		for (uint32_t t = 3; t < b->t.n_cells - 1; t++)
			if (__builtin_popcount(t) == size)
				terms[n++] = t;
	ret->score = INFINITY;
	for (uint32_t set = 0; set < UINT32_C(1) << n; set++) {
		struct hierarchy m;
		struct selection s;
		struct cf_error err = CF_ERROR_INIT;
		hierarchy_main_effects(b->t.n_lists, &m);
		for (uint32_t i = 0; i < n; i++)
			if (set >> i & 1)
				assert_true(hierarchy_add(&m, terms[i]));
		if (m.n_terms != b->t.n_lists + 1 + (uint32_t)__builtin_popcount(set))
			continue; /* parts were missing: another set stands for this model */
		assert_int_equal(select_model(&b->b, &b->t, &m, NULL, &s, &err), 0);
		if (s.existence.status != ESTIMATE_IDENTIFIED)
			continue;
		double score = score_of(b, criterion, &s);
		reference = isnan(reference) ? score : reference;
		weights += exp((reference - score) / 2);
		sum += exp((reference - score) / 2) * s.total;
		bool tie = fabs(score - ret->score) < 1e-7;
		if (tie ? hierarchy_compare(&m, &ret->model) < 0 : score < ret->score) {
			ret->score = score;
			ret->total = s.total;
			ret->model = m;
		}
	}
	ret->average = sum / weights;
}

static void compare_by(struct bench *b, enum search_criterion criterion, int order, double keep)
{
	struct truth truth = {0};
	struct search_result *found = calloc(1, sizeof *found);
	struct cf_error err = CF_ERROR_INIT;
	struct search_options options = {
		.criterion = criterion, .order = order, .keep = keep, .max_fits = 1000000};
	every_model(b, criterion, order, &truth);
	assert_int_equal(search_best(&b->b, &b->t, &options, found, &err), 0);
	assert_true(found->complete);
	assert_int_equal(found->n_kept > 0, isfinite(truth.score));
	if (found->n_kept) {
		const struct search_model *best = &found->kept[found->best];
		assert_true(fabs(best->score - truth.score) < 1e-6 * (1 + fabs(truth.score)));
		assert_int_equal(hierarchy_compare(&best->model, &truth.model), 0);
		assert_true(fabs(best->total - truth.total) < 1e-6 * truth.total);
	}
	free(found);
}

static void compare(struct bench *b, int order, double keep)
{
	compare_by(b, SEARCH_BIC, order, keep);
}

static void random_table(struct random_stream *r, struct loglinear_table *t)
{
	double scale = exp(random_uniform(r) * 7);
	uint64_t filled = 2 + random_below(r, 9);
	for (uint32_t w = 1; w < t->n_cells; w++) {
		double thinned = scale * pow(0.3, __builtin_popcount(w) - 1);
		t->counts[w] = random_below(r, 10) < filled ? (double)random_poisson(r, thinned) : 0;
	}
	loglinear_table_sum(t);
}

static void finds_the_best_of_all(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 41, 0);
	for (uint32_t n_lists = 2; n_lists <= 4; n_lists++) {
		struct bench b;
		bench_init(&b, n_lists);
		for (int round = 0; round < 60; round++) {
			random_table(&r, &b.t);
			if (b.t.n_persons == 0)
				continue;
			compare(&b, 2, 0);
			compare(&b, 3, round % 2 ? 0 : 6);
			compare_by(&b, SEARCH_AICC, 2, 0);
			compare_by(&b, SEARCH_AICC, 3, 6);
		}
		bench_done(&b);
	}
	struct bench b;
	bench_init(&b, 5);
	for (int round = 0; round < 12; round++) {
		random_table(&r, &b.t);
		compare(&b, 2, 0);
	}
	bench_done(&b);
}

static void read_table(struct bench *b, const char *name)
{
	char path[4096];
	struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s.csv", getenv("CF_SOURCE_ROOT"), name);
	if (overlap_read(path, &t, &err) < 0)
		fail_msg("%s", err.message);
	bench_init(b, (uint32_t)t->n_lists);
	loglinear_table_done(&b->t);
	assert_int_equal(loglinear_table_from_overlap(&b->t, t, &err), 0);
	overlap_free(t);
}

/* All 32,768 models of six lists. */
static void finds_the_best_of_ukdat(void **state)
{
	(void)state;
	struct bench b;
	read_table(&b, "UKdat");
	compare(&b, 2, 0);
	bench_done(&b);
}

static void keeps_all_within_reach(void **state)
{
	(void)state;
	struct bench b;
	struct cf_error err = CF_ERROR_INIT;
	struct search_result *found = calloc(1, sizeof *found);
	struct search_options options = {.order = 2, .keep = 6, .max_fits = 1000000};
	read_table(&b, "UKdat_5");
	assert_int_equal(search_best(&b.b, &b.t, &options, found, &err), 0);
	/* the oracle's rows within 6 of 196.5398: counted in data/estimate/oracles/models_UKdat_5.csv */
	assert_int_equal(found->n_kept, 12);
	for (size_t i = 1; i < found->n_kept; i++)
		assert_true(found->kept[i - 1].score <= found->kept[i].score);
	free(found);
	bench_done(&b);
}

/* The average over what the search meets against the average over all models. */
static void averages_over_all_models(void **state)
{
	(void)state;
	static const char *const names[] = {"Korea", "Western", "UKdat_5", "UKdat"};
	struct search_result *found = calloc(1, sizeof *found);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct bench b;
		struct truth truth = {0};
		struct average average;
		struct cf_error err = CF_ERROR_INIT;
		struct search_options options = {.order = 2,
			.keep = AVERAGE_REACH,
			.max_fits = 1000000,
			.visit = average_visit,
			.context = &average};
		read_table(&b, names[i]);
		every_model(&b, SEARCH_BIC, 2, &truth);
		average_begin(&average);
		assert_int_equal(search_best(&b.b, &b.t, &options, found, &err), 0);
		assert_true(found->complete);
		assert_true(fabs(average_total(&average) / truth.average - 1) < 1e-4);
		assert_true(average_effective_models(&average) >= 1 &&
			    average_effective_models(&average) <= (double)average.n_models);
		assert_true(average_geometric(&average) <= average_total(&average));
		assert_true(fabs(average_share(&average, truth.score) * average.weight - 1) < 1e-6);
		bench_done(&b);
	}
	free(found);
}

/* No neighbour of the answer is better, and the way there never went up. */
static void downhill_ends_where_no_step_is_better(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 43, 0);
	struct search_result *found = calloc(1, sizeof *found);
	struct bench b;
	bench_init(&b, 4);
	for (int round = 0; round < 60; round++) {
		struct cf_error err = CF_ERROR_INIT;
		struct search_options options = {.order = 3};
		struct selection s;
		random_table(&r, &b.t);
		if (b.t.n_persons == 0)
			continue;
		assert_int_equal(search_downhill(&b.b, &b.t, &options, found, &err), 0);
		assert_false(found->complete);
		if (found->n_kept == 0)
			continue;
		const struct search_model *best = &found->kept[found->best];
		for (uint32_t term = 3; term < 15; term++) {
			struct hierarchy m = best->model;
			if (hierarchy_has(&m, term))
				hierarchy_remove(&m, term);
			else
				(void)hierarchy_add(&m, term);
			bool step =
				m.n_terms + 1 == best->model.n_terms || m.n_terms == best->model.n_terms + 1;
			if (__builtin_popcount(term) < 2 || !step)
				continue;
			assert_int_equal(select_model(&b.b, &b.t, &m, NULL, &s, &err), 0);
			if (s.existence.status == ESTIMATE_IDENTIFIED)
				assert_true(score_of(&b, SEARCH_BIC, &s) >= best->score - 1e-6);
		}
	}
	bench_done(&b);
	free(found);
}

static void says_when_it_stopped_early(void **state)
{
	(void)state;
	struct bench b;
	struct cf_error err = CF_ERROR_INIT;
	struct search_result *found = calloc(1, sizeof *found);
	struct search_options options = {.order = 2, .max_fits = 5};
	read_table(&b, "UKdat");
	assert_int_equal(search_best(&b.b, &b.t, &options, found, &err), 0);
	assert_false(found->complete);
	assert_true(found->n_kept > 0);
	/* no neighbour of a downhill search's answer is better: the best of all, here */
	assert_true(fabs(found->kept[found->best].total - 12349.58695) < 0.01);
	free(found);
	bench_done(&b);
}

static void counts_ties(void **state)
{
	(void)state;
	/* lists 1 and 2 are alike, and so are [13,2] and [23,1] */
	static const double counts[] = {200, 200, 20, 200, 60, 60, 6};
	struct bench b;
	struct cf_error err = CF_ERROR_INIT;
	struct search_result *found = calloc(1, sizeof *found);
	struct search_options options = {.order = 2, .keep = 100, .max_fits = 1000000};
	bench_init(&b, 3);
	memcpy(b.t.counts + 1, counts, sizeof counts);
	loglinear_table_sum(&b.t);
	assert_int_equal(search_best(&b.b, &b.t, &options, found, &err), 0);
	const struct search_model *best = &found->kept[found->best];
	for (size_t i = 0; i < found->n_kept; i++)
		if (i != found->best && fabs(found->kept[i].score - best->score) < 1e-9)
			assert_true(hierarchy_compare(&best->model, &found->kept[i].model) < 0);
	size_t same = 0;
	for (size_t i = 0; i < found->n_kept; i++)
		same += fabs(found->kept[i].score - found->kept[0].score) < 1e-7;
	assert_int_equal(found->n_tied, same);
	free(found);
	bench_done(&b);
}

static void refuses_too_many_parameters(void **state)
{
	(void)state;
	struct bench b;
	struct cf_error err = CF_ERROR_INIT;
	struct search_result *found = calloc(1, sizeof *found);
	struct search_options options = {.order = 3, .max_fits = 10};
	bench_init(&b, 9);
	b.t.counts[1] = 5;
	loglinear_table_sum(&b.t);
	assert_int_equal(search_best(&b.b, &b.t, &options, found, &err), CF_E_LIMIT);
	assert_non_null(strstr(err.message, "order"));
	free(found);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_best_of_all),
		cmocka_unit_test(finds_the_best_of_ukdat),
		cmocka_unit_test(keeps_all_within_reach),
		cmocka_unit_test(averages_over_all_models),
		cmocka_unit_test(downhill_ends_where_no_step_is_better),
		cmocka_unit_test(says_when_it_stopped_early),
		cmocka_unit_test(counts_ties),
		cmocka_unit_test(refuses_too_many_parameters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
