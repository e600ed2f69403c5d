/*
 * Latent classes: every move against the prior and against posteriors found by weighing draws from the prior,
 * which share no code with the sampler; then whole runs against the R package LCMCR 0.4.14 where its chains
 * agree, and for agreement where they do not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "base/sweep.h"
#include "estimate/classes.h"
#include "estimate/classes_sampler.h"

static void read_table(const char *name, struct loglinear_table *t)
{
	CF_CLEANUP_OVERLAP struct overlap_table *overlap = NULL;
	struct cf_error err = CF_ERROR_INIT;
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s", getenv("CF_SOURCE_ROOT"), name);
	if (overlap_read(path, &overlap, &err) < 0 || loglinear_table_from_overlap(t, overlap, &err) < 0)
		fail_msg("%s", err.message);
}

/* A table of three lists; counts by pattern. */
static void make_table(struct loglinear_table *t, const double counts[8])
{
	assert_int_equal(loglinear_table_init(t, 3, NULL), 0);
	memcpy(t->counts, counts, 8 * sizeof *counts);
	loglinear_table_sum(t);
}

static void run(const struct loglinear_table *t, const struct classes_options *o, struct classes_result *ret)
{
	struct cf_error err = CF_ERROR_INIT;
	if (classes_run(t, o, NULL, NULL, ret, &err) < 0)
		fail_msg("%s", err.message);
}

/* ---- moves ---- */

enum { CLASSES = 3, LISTS = 3, MAX_PATTERNS = 8 };

struct bench {
	struct classes_cells cells;
	uint32_t patterns[MAX_PATTERNS];
	double counts[MAX_PATTERNS];
	double memory[(MAX_PATTERNS + 2) * (CLASSES + 3)];
	struct classes_sampler sampler;
};

/* counts by pattern; those of 0 are rows, too, so that several benches can exchange. */
static void bench_init(struct bench *b, const double counts[8], uint64_t stream)
{
	b->cells = (struct classes_cells){.n_lists = LISTS,
		.n_classes = CLASSES,
		.alpha_shape = 0.25,
		.alpha_rate = 0.25,
		.n_cells = 7,
		.patterns = b->patterns,
		.missed = 7,
		.n_rows = 9};
	for (uint32_t w = 1; w < 8; w++) {
		b->patterns[w - 1] = w;
		b->counts[w - 1] = counts[w];
	}
	assert_true(classes_sampler_size(&b->cells) <= sizeof b->memory / sizeof *b->memory);
	classes_sampler_init(&b->sampler, &b->cells, b->memory);
	random_init(&b->sampler.random, 5, stream);
	classes_sampler_set_table(&b->sampler, b->counts);
	classes_sampler_start(&b->sampler);
}

/* Numbers by which a state, or a draw from the prior, is known. */
enum { FEATURES = 6 };

static void features_of(const double *weights, double alpha, double chances[][LISTS], double *ret)
{
	double missed = 0;
	for (size_t k = 0; k < CLASSES; k++) {
		double product = weights[k];
		for (size_t j = 0; j < LISTS; j++)
			product *= 1 - chances[k][j];
		missed += product;
	}
	ret[0] = weights[0];
	/* one of the two ways loses what is much smaller */
	ret[1] = fmax(weights[1], 1e-12);
	ret[2] = chances[0][0];
	ret[3] = weights[1] > 0.01 ? chances[1][2] : -1;
	ret[4] = missed;
	ret[5] = log(alpha);
}

static void features_of_sampler(const struct classes_sampler *s, double *ret)
{
	double chances[CLASSES][LISTS];
	for (size_t k = 0; k < CLASSES; k++)
		memcpy(chances[k], s->state.chances[k], sizeof chances[k]);
	features_of(s->state.weights, s->state.alpha, chances, ret);
}

struct prior_draw {
	double weights[CLASSES], alpha;
	double chances[CLASSES][LISTS];
};

/* From the model as the paper writes it. */
static void draw_prior(struct random_stream *random, struct prior_draw *d)
{
	double left = 1;
	d->alpha = random_gamma(random, 0.25, 4);
	for (size_t k = 0; k < CLASSES; k++) {
		/* Beta(1, alpha): 1 - u^(1 / alpha) */
		double v = k + 1 < CLASSES ? -expm1(log(1 - random_uniform(random)) / d->alpha) : 1;
		d->weights[k] = left * v;
		left *= 1 - v;
		for (size_t j = 0; j < LISTS; j++)
			d->chances[k][j] = random_uniform(random);
	}
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Greatest distance of two distribution functions (Smirnov 1939), times sqrt(n / 2): above 1.95 in one case
 * in 1,000. */
static double smirnov(double *x, double *y, size_t n)
{
	double largest = 0;
	qsort(x, n, sizeof *x, compare_numbers);
	qsort(y, n, sizeof *y, compare_numbers);
	for (size_t i = 0, k = 0; i < n && k < n;) {
		double at = fmin(x[i], y[k]);
		while (i < n && x[i] <= at)
			i++;
		while (k < n && y[k] <= at)
			k++;
		largest = fmax(largest, fabs((double)i - (double)k) / (double)n);
	}
	return largest * sqrt((double)n / 2);
}

/* Without persons the posterior is the prior, and each move alone must leave it as it is. */
static void moves_keep_the_prior(void **state)
{
	(void)state;
	enum { N = 20000 };
	double *features = NEW_ARRAY(double, (size_t)2 * FEATURES * N);
	assert_non_null(features);
	for (int which = 0; which < 3; which++) {
		static const double nobody[8] = {0};
		struct bench b;
		struct random_stream random;
		bench_init(&b, nobody, (uint64_t)which);
		random_init(&random, 6, (uint64_t)which);
		uint64_t n_taken = 0;
		for (size_t i = 0; i < N; i++) {
			struct prior_draw d;
			double found[FEATURES];
			double expected[FEATURES];
			draw_prior(&random, &d);
			features_of(d.weights, d.alpha, d.chances, expected);
			classes_sampler_start(&b.sampler);
			b.sampler.slide = 1.5;
			for (uint32_t step = 0; which > 0 && step < 12; step++)
				if (which == 1)
					n_taken += classes_sampler_slide(&b.sampler, step % CLASSES);
				else
					classes_sampler_change_places(&b.sampler, 0);
			features_of_sampler(&b.sampler, found);
			for (size_t f = 0; f < FEATURES; f++) {
				features[f * N + i] = found[f];
				features[(FEATURES + f) * N + i] = expected[f];
			}
		}
		for (size_t f = 0; f < FEATURES; f++)
			assert_true(smirnov(features + f * N, features + (FEATURES + f) * N, N) < 1.95);
		assert_true(which != 1 || n_taken > N);
	}
	mem_free(features);
}

/* After any number of moves, what is kept beside the state is what the state says. */
static void moves_keep_the_books(void **state)
{
	(void)state;
	static const double counts[8] = {0, 30, 20, 5, 12, 3, 4, 1};
	struct bench b;
	bench_init(&b, counts, 9);
	for (int i = 0; i < 300; i++) {
		classes_sampler_sweep(&b.sampler, i < 100);
		double chance[9];
		double sum = 0;
		memcpy(chance, b.sampler.chance, sizeof chance);
		const double likelihood = b.sampler.log_likelihood;
		const struct classes_state before = b.sampler.state;
		classes_sampler_refresh(&b.sampler);
		for (size_t w = 0; w < 9; w++) {
			assert_true(fabs(chance[w] - b.sampler.chance[w]) < 1e-12);
			sum += w < 8 ? chance[w] : 0;
		}
		for (size_t k = 0; k < CLASSES; k++)
			assert_true(fabs(before.weights[k] - b.sampler.state.weights[k]) < 1e-12);
		/* all eight patterns make up the whole, and seen is all but the missed */
		assert_true(fabs(sum - 1) < 1e-12);
		assert_true(fabs(chance[7] + chance[8] - 1) < 1e-12);
		double expected = 0;
		for (size_t w = 1; w < 8; w++)
			expected += counts[w] * log(chance[w - 1] / (1 - chance[7]));
		assert_true(fabs(likelihood - expected) < 1e-8 * fabs(expected));
	}
}

/* Shares of the posterior of the hidden number up to some cuts. */
enum { CUTS = 7 };
static const double cuts[CUTS] = {0, 1, 3, 6, 12, 30, 100};

/* By drawing from the prior and weighing by the likelihood: sum over the hidden number m of p(m) = 1 / (n +
 * m) of the multinomial, which is p0^m (n + m - 1)! / m! up to a constant. */
static void weigh_prior(const double counts[8], double *ret_shares, double *ret_first_weight)
{
	enum { N = 400000 };
	struct random_stream random;
	double all = 0;
	double first = 0;
	double below[CUTS] = {0};
	double n = 0;
	for (uint32_t w = 1; w < 8; w++)
		n += counts[w];
	random_init(&random, 77, 0);
	for (size_t i = 0; i < N; i++) {
		struct prior_draw d;
		draw_prior(&random, &d);
		double p[8] = {0};
		for (uint32_t w = 0; w < 8; w++)
			for (size_t k = 0; k < CLASSES; k++) {
				double product = d.weights[k];
				for (size_t j = 0; j < LISTS; j++)
					product *= w >> j & 1 ? d.chances[k][j] : 1 - d.chances[k][j];
				p[w] += product;
			}
		double likelihood = 1;
		for (uint32_t w = 1; w < 8; w++)
			likelihood *= pow(8 * p[w], counts[w]);
		/* (n - 1)! (1 - p0)^-n is the sum over all m */
		double total = likelihood * pow(1 - p[0], -n);
		double term = likelihood;
		double sum = 0;
		size_t c = 0;
		for (double m = 0; c < CUTS; m++) {
			sum += term;
			while (c < CUTS && m >= cuts[c])
				below[c++] += sum;
			term *= p[0] * (n + m) / (m + 1);
		}
		all += total;
		first += total * d.weights[0];
	}
	for (size_t c = 0; c < CUTS; c++)
		ret_shares[c] = below[c] / all;
	*ret_first_weight = first / all;
}

static void sampler_finds_the_posterior(void **state)
{
	(void)state;
	enum { N = 150000 };
	static const double large[8] = {0, 4, 3, 1, 2, 0, 2, 1};
	static const double small[8] = {0, 2, 1, 1, 1, 0, 1, 0};
	struct bench a;
	struct bench b;
	struct random_stream random;
	double expected[CUTS];
	double expected_small[CUTS];
	double first;
	double first_small;
	double found[CUTS] = {0};
	double found_small[CUTS] = {0};
	double found_first = 0;
	uint64_t n_taken = 0;
	weigh_prior(large, expected, &first);
	weigh_prior(small, expected_small, &first_small);
	bench_init(&a, large, 1);
	bench_init(&b, small, 2);
	random_init(&random, 5, 3);
	for (int i = 0; i < N + 1000; i++) {
		classes_sampler_sweep(&a.sampler, i < 1000);
		classes_sampler_sweep(&b.sampler, i < 1000);
		n_taken += classes_sampler_exchange(&a.sampler, &b.sampler, &random);
		if (i < 1000)
			continue;
		const double hidden = classes_sampler_draw_hidden(&a.sampler, &random);
		const double hidden_small = classes_sampler_draw_hidden(&b.sampler, &random);
		for (size_t c = 0; c < CUTS; c++) {
			found[c] += (hidden <= cuts[c]) / (double)N;
			found_small[c] += (hidden_small <= cuts[c]) / (double)N;
		}
		found_first += a.sampler.state.weights[0] / (double)N;
	}
	for (size_t c = 0; c < CUTS; c++) {
		assert_true(fabs(found[c] - expected[c]) < 0.01);
		assert_true(fabs(found_small[c] - expected_small[c]) < 0.01);
	}
	assert_true(fabs(found_first - first) < 0.01);
	assert_true(n_taken > N / 4);
}

/* ---- runs ---- */

static void equals_the_package_where_it_is_sure(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		double median, lower, upper;
		/* Monte-Carlo errors of the package, whose chains are as short */
		double median_error, lower_error, upper_error;
	} rows[] = {
		{"Korea.csv", 138, 124, 203, 1, 1, 3},
		{"Western.csv", 1827, 1310, 2986, 15, 15, 60},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct loglinear_table t;
		struct classes_result r;
		struct classes_options o = CLASSES_OPTIONS_INIT;
		o.n_burn_in = 800;
		o.n_draws = 900;
		read_table(rows[i].file, &t);
		run(&t, &o, &r);
		assert_int_equal(r.status, CLASSES_DONE);
		assert_true(r.mixing.r_hat < 1.01);
		assert_true(fabs(r.median - rows[i].median) < 3 * (r.median_error + rows[i].median_error));
		assert_true(fabs(r.lower - rows[i].lower) < 3 * (r.lower_error + rows[i].lower_error));
		assert_true(fabs(r.upper - rows[i].upper) < 3 * (r.upper_error + rows[i].upper_error));
		assert_true(r.lower < r.median && r.median < r.mean && r.mean < r.upper);
		classes_result_done(&r);
		loglinear_table_done(&t);
	}
}

/* Weighing draws made with one prior gives what a run with the other gives; too different a prior is refused.
 */
static void weighs_other_priors(void **state)
{
	(void)state;
	static const double priors[][2] = {{1, 1}, {2, 4}, {0.25, 0.25}};
	struct loglinear_table t;
	struct classes_result r[2];
	struct classes_reweighed w;
	struct cf_error err = CF_ERROR_INIT;
	struct classes_options o = CLASSES_OPTIONS_INIT;
	o.n_burn_in = 800;
	o.n_draws = 900;
	read_table("Western.csv", &t);
	run(&t, &o, &r[0]);
	for (size_t i = 0; i < sizeof priors / sizeof *priors; i++) {
		struct classes_options other = o;
		other.alpha_shape = priors[i][0];
		other.alpha_rate = priors[i][1];
		other.seed = 2;
		run(&t, &other, &r[1]);
		assert_int_equal(r[1].status, CLASSES_DONE);
		assert_int_equal(
			classes_reweigh(&r[0], &o, other.alpha_shape, other.alpha_rate, &w, &err), 0);
		/* the weighted draws are worth less: their errors are greater by the root of that */
		double wider = sqrt(r[0].mixing.ess_bulk / w.n_effective);
		assert_true(w.n_effective >= CLASSES_LEAST_REWEIGHED && wider > 0.99);
		assert_true(fabs(w.median - r[1].median) < 4 * wider * r[1].median_error);
		assert_true(fabs(w.lower - r[1].lower) < 4 * wider * r[1].lower_error);
		assert_true(fabs(w.upper - r[1].upper) < 4 * wider * r[1].upper_error);
		classes_result_done(&r[1]);
	}
	assert_int_equal(classes_reweigh(&r[0], &o, 500, 0.01, &w, &err), 0);
	assert_true(w.n_effective < CLASSES_LEAST_REWEIGHED);
	assert_true(isnan(w.median) && isnan(w.lower) && isnan(w.upper));
	classes_result_done(&r[0]);
	loglinear_table_done(&t);
}

/* Single chains of the package stand at 12,862 and at 22,410; long runs have their median near 22,300. A
 * shorter run than the default, so that it can be had under sanitizers. */
static void chains_agree_on_the_hard_table(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct classes_result r;
	struct classes_options o = CLASSES_OPTIONS_INIT;
	o.n_burn_in = 4000;
	o.n_draws = 1000;
	o.n_thin = 4;
	read_table("UKdat_5.csv", &t);
	run(&t, &o, &r);
	assert_int_equal(r.status, CLASSES_DONE);
	assert_true(r.mixing.r_hat < 1.01);
	assert_true(r.mixing.ess_bulk > 500);
	assert_true(fabs(r.median - 22300) < 4 * r.median_error);
	assert_int_equal(r.n_rungs, 6);
	assert_true(r.exchange_rate > 0.15 && r.exchange_rate < 0.6);
	assert_false(r.classes_are_few);
	for (size_t c = 0; c < r.n_chains; c++)
		assert_true(fabs(r.chain_medians[c] - 22300) < 1500);
	classes_result_done(&r);
	loglinear_table_done(&t);
}

/* Persons of two kinds, all of them known: the interval should hold the total, which independent lists miss.
 */
static void finds_a_known_total(void **state)
{
	(void)state;
	enum { TOTAL = 3000, N_LISTS = 5 };
	static const double chances[2][N_LISTS] = {{0.5, 0.4, 0.6, 0.3, 0.5}, {0.08, 0.1, 0.06, 0.12, 0.05}};
	struct loglinear_table t;
	struct classes_result r;
	struct classes_options o = CLASSES_OPTIONS_INIT;
	struct random_stream random;
	o.n_burn_in = 600;
	o.n_draws = 400;
	o.n_thin = 4;
	random_init(&random, 11, 0);
	assert_int_equal(loglinear_table_init(&t, N_LISTS, NULL), 0);
	for (int i = 0; i < TOTAL; i++) {
		uint32_t pattern = 0;
		for (uint32_t j = 0; j < N_LISTS; j++)
			pattern |= (uint32_t)(random_uniform(&random) < chances[i % 3 != 0][j]) << j;
		if (pattern)
			t.counts[pattern]++;
	}
	loglinear_table_sum(&t);
	run(&t, &o, &r);
	assert_int_equal(r.status, CLASSES_DONE);
	assert_true(r.lower < TOTAL && TOTAL < r.upper);
	assert_true(r.upper < 1.6 * r.lower);
	/* two kinds, and now and then a class nobody needs */
	assert_true(r.classes_used > 1.9 && r.classes_used < 5);
	classes_result_done(&r);
	loglinear_table_done(&t);
}

static void is_the_same_on_any_number_of_threads(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct classes_result r[2];
	struct classes_options o = CLASSES_OPTIONS_INIT;
	struct cf_error err = CF_ERROR_INIT;
	o.n_burn_in = 50;
	o.n_draws = 100;
	o.n_chains = 5;
	o.n_thin = 1;
	read_table("Western.csv", &t);
	for (int i = 0; i < 2; i++) {
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		assert_int_equal(jobs_new(i ? 3 : 1, &pool, &err), 0);
		assert_int_equal(classes_run(&t, &o, pool, NULL, &r[i], &err), 0);
	}
	assert_memory_equal(r[0].draws, r[1].draws, 500 * sizeof(double));
	assert_true(fabs(r[0].median - r[1].median) < 1e-9);
	classes_result_done(&r[0]);
	/* and another seed gives others */
	o.seed = 2;
	run(&t, &o, &r[0]);
	assert_memory_not_equal(r[0].draws, r[1].draws, 500 * sizeof(double));
	classes_result_done(&r[0]);
	classes_result_done(&r[1]);
	loglinear_table_done(&t);
}

static void assert_no_numbers(const struct classes_result *r)
{
	assert_true(isnan(r->median) && isnan(r->mean) && isnan(r->lower) && isnan(r->upper));
	assert_true(classes_reason(r->status)[0] != '\0');
}

static void refuses_what_says_nothing(void **state)
{
	(void)state;
	static const double nobody[8] = {0};
	static const double apart[8] = {0, 40, 30, 0, 20, 0, 0, 0};
	struct loglinear_table t;
	struct classes_result r;
	struct classes_options o = CLASSES_OPTIONS_INIT;
	make_table(&t, nobody);
	run(&t, &o, &r);
	assert_int_equal(r.status, CLASSES_TOO_FEW);
	assert_no_numbers(&r);
	loglinear_table_done(&t);
	make_table(&t, apart);
	run(&t, &o, &r);
	assert_int_equal(r.status, CLASSES_NONE_SHARED);
	assert_no_numbers(&r);
	loglinear_table_done(&t);
	for (uint32_t n_lists = 1; n_lists < 3; n_lists++) {
		assert_int_equal(loglinear_table_init(&t, n_lists, NULL), 0);
		for (uint32_t w = 1; w < t.n_cells; w++)
			t.counts[w] = 10;
		loglinear_table_sum(&t);
		run(&t, &o, &r);
		assert_int_equal(r.status, CLASSES_TOO_FEW);
		assert_no_numbers(&r);
		loglinear_table_done(&t);
	}
}

/* Too short a run says so, with the numbers beside it. */
static void says_when_chains_disagree(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct classes_result r;
	struct classes_options o = CLASSES_OPTIONS_INIT;
	o.n_burn_in = 0;
	o.n_draws = 100;
	o.n_thin = 1;
	read_table("UKdat_5.csv", &t);
	run(&t, &o, &r);
	assert_int_equal(r.status, CLASSES_NOT_MIXED);
	assert_true(r.median > 2744 && r.mixing.ess_bulk < CLASSES_LEAST_EFFECTIVE);
	classes_result_done(&r);
	loglinear_table_done(&t);
}

static void assert_an_answer(const struct loglinear_table *t)
{
	struct classes_result r;
	struct classes_options o = CLASSES_OPTIONS_INIT;
	o.n_burn_in = 20;
	o.n_draws = 20;
	o.n_thin = 1;
	o.n_chains = 2;
	run(t, &o, &r);
	if (r.status == CLASSES_DONE || r.status == CLASSES_NOT_MIXED) {
		assert_true(r.median >= t->n_persons && r.median < INFINITY);
		assert_true(r.lower <= r.median && r.median <= r.upper && r.mean >= r.lower * (1 - 1e-12));
	} else {
		assert_no_numbers(&r);
	}
	classes_result_done(&r);
}

/* Random tables of every shape end in an answer or a reason. */
static void any_table_ends(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 12, 0);
	for (int i = 0; i < 10; i++) {
		struct loglinear_table t;
		const uint32_t n_lists = 1 + (uint32_t)random_below(&random, 6);
		assert_int_equal(loglinear_table_init(&t, n_lists, NULL), 0);
		const double density = random_uniform(&random);
		const double size = exp(random_uniform(&random) * 30);
		for (uint32_t w = 1; w < t.n_cells; w++)
			if (random_uniform(&random) < density)
				t.counts[w] = floor(random_uniform(&random) * size);
		loglinear_table_sum(&t);
		assert_an_answer(&t);
		loglinear_table_done(&t);
	}
	static const double extremes[][8] = {
		{0, 0x1p50, 0x1p50, 0x1p50, 0x1p50, 0x1p50, 0x1p50, 0x1p50},
		{0, 0x1p52, 0x1p51, 1, 0x1p51 - 2, 0, 0, 0},
		{0, 0, 0, 0, 0, 0, 0, 0x1p53},
		{0, 0, 0, 0, 0, 0, 0, 1},
		{0, 0x1p53 - 1, 0, 0, 0, 0, 0, 1},
	};
	for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++) {
		struct loglinear_table t;
		make_table(&t, extremes[i]);
		assert_an_answer(&t);
		loglinear_table_done(&t);
	}
	struct loglinear_table t;
	assert_int_equal(loglinear_table_init(&t, 12, NULL), 0);
	for (uint32_t w = 1; w < t.n_cells; w += 7)
		t.counts[w] = 1 + w % 5;
	loglinear_table_sum(&t);
	assert_an_answer(&t);
	loglinear_table_done(&t);
}

static void checks_options(void **state)
{
	(void)state;
	static const double counts[8] = {0, 4, 3, 1, 2, 0, 2, 1};
	static const struct classes_options good = CLASSES_OPTIONS_INIT;
	struct classes_options bad[10];
	struct loglinear_table t;
	for (size_t i = 0; i < 10; i++)
		bad[i] = good;
	bad[0].n_classes = 1;
	bad[1].n_classes = CLASSES_MAX_CLASSES + 1;
	bad[2].n_chains = 1;
	bad[3].n_chains = CLASSES_MAX_CHAINS + 1;
	bad[4].n_draws = MIXING_LEAST_DRAWS - 1;
	bad[5].n_thin = 0;
	bad[6].level = 1;
	bad[7].level = NAN;
	bad[8].alpha_shape = 0;
	bad[9].alpha_rate = NAN;
	make_table(&t, counts);
	for (size_t i = 0; i < 10; i++) {
		struct classes_result r = {.median = 17};
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(classes_run(&t, &bad[i], NULL, NULL, &r, &err), CF_E_USAGE);
		assert_true(err.message[0] != '\0');
		assert_true(fabs(r.median - 17) < 1e-9);
	}
	loglinear_table_done(&t);
}

static void count_reports(void *context, const char *stage, uint64_t done, uint64_t total)
{
	uint64_t *last = context;
	assert_true(stage[0] != '\0' && done <= total && done >= *last);
	*last = done;
}

static void reports_and_stops(void **state)
{
	(void)state;
	struct loglinear_table t;
	struct classes_result r = {.median = 17};
	struct classes_options o = CLASSES_OPTIONS_INIT;
	struct cf_error err = CF_ERROR_INIT;
	uint64_t last = 0;
	struct progress progress = {count_reports, &last};
	o.n_burn_in = 200;
	o.n_draws = 100;
	read_table("Korea.csv", &t);
	interrupt_set(true);
	assert_int_equal(classes_run(&t, &o, NULL, &progress, &r, &err), CF_E_INTERRUPTED);
	interrupt_set(false);
	assert_true(fabs(r.median - 17) < 1e-9);
	assert_int_equal(classes_run(&t, &o, NULL, &progress, &r, &err), 0);
	assert_true(last > 0);
	classes_result_done(&r);
	loglinear_table_done(&t);
}

static int all_of_it(void *context, struct cf_error *err)
{
	struct classes_options o = CLASSES_OPTIONS_INIT;
	CF_CLEANUP(classes_result_done) struct classes_result r = {0};
	o.n_burn_in = 1;
	o.n_draws = 16;
	o.n_thin = 1;
	o.n_chains = 2;
	return classes_run(context, &o, NULL, NULL, &r, err);
}

static void survives_without_memory(void **state)
{
	(void)state;
	static const double counts[8] = {0, 40, 30, 10, 20, 0, 12, 11};
	struct loglinear_table t;
	make_table(&t, counts);
	assert_true(sweep_run("latent classes", all_of_it, &t) > 20);
	loglinear_table_done(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_keep_the_prior),
		cmocka_unit_test(moves_keep_the_books),
		cmocka_unit_test(sampler_finds_the_posterior),
		cmocka_unit_test(equals_the_package_where_it_is_sure),
		cmocka_unit_test(weighs_other_priors),
		cmocka_unit_test(chains_agree_on_the_hard_table),
		cmocka_unit_test(finds_a_known_total),
		cmocka_unit_test(is_the_same_on_any_number_of_threads),
		cmocka_unit_test(refuses_what_says_nothing),
		cmocka_unit_test(says_when_chains_disagree),
		cmocka_unit_test(any_table_ends),
		cmocka_unit_test(checks_options),
		cmocka_unit_test(reports_and_stops),
		cmocka_unit_test(survives_without_memory),
	};
	return cmocka_run_group_tests_name("estimate classes", tests, NULL, NULL);
}
