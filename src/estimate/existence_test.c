/*
 * The exact check against three other roads: GLPK on the linear program as Fienberg and Rinaldo (2012) state
 * it, the fit itself (fitted means stay away from zero if and only if the estimate exists), and known tables.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glpk.h>

#include "base/random.h"
#include "estimate/existence.h"

enum { MAX_CELLS = 16 };

struct bench {
	struct loglinear_table t;
	struct loglinear_space *fit;
	struct existence_space *existence;
};

static void bench_init(struct bench *b, uint32_t n_lists)
{
	struct cf_error err = CF_ERROR_INIT;
	*b = (struct bench){0};
	assert_int_equal(loglinear_table_init(&b->t, n_lists, &err), 0);
	assert_int_equal(loglinear_space_new(n_lists, &b->fit, &err), 0);
	assert_int_equal(existence_space_new(n_lists, &b->existence, &err), 0);
}

static void bench_done(struct bench *b)
{
	loglinear_table_done(&b->t);
	loglinear_space_free(b->fit);
	existence_space_free(b->existence);
}

static struct existence check(struct bench *b, const struct hierarchy *m)
{
	struct existence e;
	struct cf_error err = CF_ERROR_INIT;
	if (existence_check(b->existence, &b->t, m, &e, &err) < 0)
		fail_msg("%s", err.message);
	return e;
}

/* The design: rows of the observed cells that contain no empty term, columns of the terms that are not empty.
 */
struct design {
	size_t rows, columns;
	double a[MAX_CELLS][MAX_CELLS];
	double n[MAX_CELLS];
	uint32_t cells[MAX_CELLS];
};

static void make_design(const struct loglinear_table *t, const struct hierarchy *m, struct design *d)
{
	memset(d, 0, sizeof *d);
	for (uint32_t w = 1; w < t->n_cells; w++) {
		bool dead = false;
		for (uint32_t i = 0; i < m->n_terms; i++)
			dead = dead || ((w & m->terms[i]) == m->terms[i] && t->totals[m->terms[i]] == 0);
		if (dead)
			continue;
		d->columns = 0;
		for (uint32_t i = 0; i < m->n_terms; i++)
			if (t->totals[m->terms[i]] > 0)
				d->a[d->rows][d->columns++] = (w & m->terms[i]) == m->terms[i];
		d->cells[d->rows] = w;
		d->n[d->rows++] = t->counts[w];
	}
}

static size_t rank_of(const struct design *d)
{
	double a[MAX_CELLS][MAX_CELLS];
	size_t rank = 0;
	memcpy(a, d->a, sizeof a);
	for (size_t c = 0; c < d->columns && rank < d->rows; c++) {
		size_t best = rank;
		for (size_t i = rank; i < d->rows; i++)
			if (fabs(a[i][c]) > fabs(a[best][c]))
				best = i;
		if (fabs(a[best][c]) < 1e-9)
			continue;
		for (size_t k = 0; k < d->columns; k++) {
			double kept = a[best][k];
			a[best][k] = a[rank][k];
			a[rank][k] = kept;
		}
		for (size_t i = rank + 1; i < d->rows; i++) {
			double f = a[i][c] / a[rank][c];
			for (size_t k = 0; k < d->columns; k++)
				a[i][k] -= f * a[rank][k];
		}
		rank++;
	}
	return rank;
}

/* max s subject to A'x = A'n, x_i >= s, s >= 0. */
static double largest_slack(const struct design *d)
{
	glp_prob *lp = glp_create_prob();
	int rows = (int)d->rows;
	glp_set_obj_dir(lp, GLP_MAX);
	glp_add_cols(lp, rows + 1);
	glp_add_rows(lp, (int)d->columns + rows);
	glp_set_obj_coef(lp, rows + 1, 1);
	for (int j = 1; j <= rows + 1; j++)
		glp_set_col_bnds(lp, j, GLP_LO, 0, 0);
	for (int c = 1; c <= (int)d->columns; c++) {
		int columns[MAX_CELLS + 1];
		double values[MAX_CELLS + 1];
		double sum = 0;
		for (int i = 1; i <= rows; i++) {
			columns[i] = i;
			values[i] = d->a[i - 1][c - 1];
			sum += values[i] * d->n[i - 1];
		}
		glp_set_mat_row(lp, c, rows, columns, values);
		glp_set_row_bnds(lp, c, GLP_FX, sum, sum);
	}
	for (int i = 1; i <= rows; i++) {
		int columns[] = {0, i, rows + 1};
		double values[] = {0, 1, -1};
		glp_set_mat_row(lp, (int)d->columns + i, 2, columns, values);
		glp_set_row_bnds(lp, (int)d->columns + i, GLP_LO, 0, 0);
	}
	glp_smcp options;
	glp_init_smcp(&options);
	options.msg_lev = GLP_MSG_OFF;
	assert_int_equal(glp_simplex(lp, &options), 0);
	assert_int_equal(glp_get_status(lp), GLP_OPT);
	double s = glp_get_obj_val(lp);
	glp_delete_prob(lp);
	return s;
}

static void random_model(struct random_stream *r, uint32_t n_lists, struct hierarchy *m)
{
	hierarchy_main_effects(n_lists, m);
	uint64_t density = 1 + random_below(r, 4);
	for (uint32_t t = 3; t < (UINT32_C(1) << n_lists) - 1; t++)
		if (__builtin_popcount(t) >= 2 && random_below(r, 5) < density &&
			(__builtin_popcount(t) == 2 || random_below(r, 3) == 0))
			assert_true(hierarchy_add(m, t));
}

static void random_table(struct random_stream *r, struct loglinear_table *t)
{
	uint64_t filled = 1 + random_below(r, 10);
	for (uint32_t w = 1; w < t->n_cells; w++)
		t->counts[w] = random_below(r, 10) < filled ? (double)random_below(r, 5) : 0;
	loglinear_table_sum(t);
}

/* The least fitted mean of a cell that the model does not rule out. */
static double least_mean(struct bench *b, const struct hierarchy *m, const struct design *d)
{
	struct loglinear_fit fit;
	loglinear_fit(b->fit, &b->t, m, NULL, &fit);
	double least = INFINITY;
	for (size_t i = 0; i < d->rows; i++) {
		double eta = 0;
		for (uint32_t k = 0; k < m->n_terms; k++)
			if ((d->cells[i] & m->terms[k]) == m->terms[k])
				eta += fit.alpha[k];
		least = fmin(least, exp(eta));
	}
	return least;
}

static void agrees_with_glpk_and_with_the_fit(void **state)
{
	(void)state;
	struct random_stream r;
	int seen[3] = {0};
	random_init(&r, 21, 0);
	(void)glp_term_out(GLP_OFF);
	for (uint32_t n_lists = 2; n_lists <= 4; n_lists++) {
		struct bench b;
		bench_init(&b, n_lists);
		for (int round = 0; round < 2000; round++) {
			struct hierarchy m;
			struct design d;
			random_model(&r, n_lists, &m);
			random_table(&r, &b.t);
			if (b.t.n_persons == 0)
				continue;
			make_design(&b.t, &m, &d);
			enum estimate_status status = check(&b, &m).status;
			seen[status]++;
			assert_int_equal(status == ESTIMATE_NOT_IDENTIFIABLE, rank_of(&d) < d.columns);
			if (status == ESTIMATE_NOT_IDENTIFIABLE)
				continue;
			double slack = largest_slack(&d);
			if ((status == ESTIMATE_IDENTIFIED) != (slack > 1e-7))
				fail_msg("status %d, slack %g", (int)status, slack);
			double least = least_mean(&b, &m, &d);
			if ((status == ESTIMATE_IDENTIFIED) != (least > 1e-6))
				fail_msg("status %d, least fitted mean %g", (int)status, least);
		}
		bench_done(&b);
	}
	(void)glp_free_env();
	for (int i = 0; i < 3; i++)
		assert_true(seen[i] > 200);
}

/* A larger model is never identified where a smaller one is not: the search stands on it. */
static void failure_is_inherited(void **state)
{
	(void)state;
	struct random_stream r;
	int n_failing = 0;
	random_init(&r, 23, 0);
	for (uint32_t n_lists = 2; n_lists <= 5; n_lists++) {
		struct bench b;
		bench_init(&b, n_lists);
		for (int round = 0; round < 3000; round++) {
			struct hierarchy m;
			struct hierarchy larger;
			random_table(&r, &b.t);
			random_model(&r, n_lists, &m);
			random_model(&r, n_lists, &larger);
			for (uint32_t i = 0; i < m.n_terms; i++)
				assert_true(hierarchy_add(&larger, m.terms[i]));
			bool fails = check(&b, &m).status != ESTIMATE_IDENTIFIED;
			n_failing += fails;
			if (fails)
				assert_int_not_equal(check(&b, &larger).status, ESTIMATE_IDENTIFIED);
		}
		bench_done(&b);
	}
	assert_true(n_failing > 1000);
}

static void set_counts(struct bench *b, const double *counts)
{
	memcpy(b->t.counts + 1, counts, (b->t.n_cells - 1) * sizeof *counts);
	loglinear_table_sum(&b->t);
}

/* Chan, Silverman and Vincent (2021), table 2: 1, 2, 12, 3, 13, 23, 123. */
static void knows_the_artificial_table(void **state)
{
	(void)state;
	static const double counts[] = {40, 30, 6, 20, 0, 0, 0};
	static const struct {
		uint32_t pairs[3];
		enum estimate_status status;
	} cases[] = {{{0}, ESTIMATE_IDENTIFIED}, {{5}, ESTIMATE_IDENTIFIED}, {{6}, ESTIMATE_IDENTIFIED},
		{{5, 6}, ESTIMATE_IDENTIFIED}, {{3}, ESTIMATE_NO_FINITE}, {{3, 5}, ESTIMATE_NO_FINITE},
		{{3, 6}, ESTIMATE_NO_FINITE}, {{3, 5, 6}, ESTIMATE_NOT_IDENTIFIABLE}};
	struct bench b;
	bench_init(&b, 3);
	set_counts(&b, counts);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hierarchy m;
		hierarchy_main_effects(3, &m);
		for (size_t k = 0; k < 3 && cases[i].pairs[k]; k++)
			assert_true(hierarchy_add(&m, cases[i].pairs[k]));
		assert_int_equal(check(&b, &m).status, cases[i].status);
	}
	bench_done(&b);
}

static void says_where_the_hidden_number_runs(void **state)
{
	(void)state;
	struct bench b;
	struct hierarchy m;
	bench_init(&b, 3);
	hierarchy_main_effects(3, &m);
	set_counts(&b, (const double[]){5, 4, 0, 3, 0, 0, 0}); /* nobody on two lists */
	struct existence e = check(&b, &m);
	assert_int_equal(e.status, ESTIMATE_NO_FINITE);
	assert_true(e.hidden_grows && !e.hidden_vanishes);
	set_counts(&b, (const double[]){5, 0, 4, 0, 3, 0, 2}); /* everybody on list 1 */
	e = check(&b, &m);
	assert_int_equal(e.status, ESTIMATE_NO_FINITE);
	assert_true(e.hidden_vanishes && !e.hidden_grows);
	set_counts(&b, (const double[]){0, 0, 0, 0, 0, 0, 0});
	assert_int_equal(check(&b, &m).status, ESTIMATE_NOT_IDENTIFIABLE);
	bench_done(&b);
	bench_init(&b, 1);
	hierarchy_main_effects(1, &m);
	set_counts(&b, (const double[]){5});
	assert_int_equal(check(&b, &m).status, ESTIMATE_NOT_IDENTIFIABLE);
	bench_done(&b);
}

/* A list that holds nobody changes nothing for the others. */
static void an_empty_list_is_as_good_as_none(void **state)
{
	(void)state;
	struct random_stream r;
	struct bench with;
	struct bench without;
	random_init(&r, 22, 0);
	bench_init(&with, 4);
	bench_init(&without, 3);
	for (int round = 0; round < 300; round++) {
		struct hierarchy m;
		struct hierarchy larger;
		random_table(&r, &without.t);
		if (without.t.n_persons == 0)
			continue;
		random_model(&r, 3, &m);
		hierarchy_main_effects(4, &larger);
		for (uint32_t i = 0; i < m.n_terms; i++)
			assert_true(hierarchy_add(&larger, m.terms[i]));
		memset(with.t.counts, 0, with.t.n_cells * sizeof *with.t.counts);
		memcpy(with.t.counts, without.t.counts, without.t.n_cells * sizeof *with.t.counts);
		loglinear_table_sum(&with.t);
		assert_int_equal(check(&with, &larger).status, check(&without, &m).status);
	}
	bench_done(&with);
	bench_done(&without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_glpk_and_with_the_fit),
		cmocka_unit_test(failure_is_inherited),
		cmocka_unit_test(knows_the_artificial_table),
		cmocka_unit_test(says_where_the_hidden_number_runs),
		cmocka_unit_test(an_empty_list_is_as_good_as_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
