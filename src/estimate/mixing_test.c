/* Diagnostics against chains whose answer is known, and against the definitions written out slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/sweep.h"
#include "estimate/mixing.h"

enum { CHAINS = 4, DRAWS = 1000 };

/* Autoregressive chains of unit variance. */
static void make_chains(double *x, size_t n_chains, size_t n, double correlation, uint64_t seed)
{
	for (size_t c = 0; c < n_chains; c++) {
		struct random_stream random;
		random_init(&random, seed, c);
		double at = random_normal(&random);
		for (size_t i = 0; i < n; i++) {
			x[c * n + i] = at;
			at = correlation * at + sqrt(1 - correlation * correlation) * random_normal(&random);
		}
	}
}

static struct mixing mixing_now(const double *x, size_t n_chains, size_t n)
{
	struct cf_error err = CF_ERROR_INIT;
	struct mixing m;
	if (mixing_of(x, n_chains, n, &m, &err) < 0)
		fail_msg("%s", err.message);
	return m;
}

/* ---- the definitions, slowly (Vehtari and others 2021, sections 3 and 4) ---- */

struct rows {
	size_t n_rows, n;
	double x[2 * CHAINS][DRAWS / 2];
};

static void split(const double *x, size_t n, struct rows *r)
{
	r->n_rows = 2 * CHAINS;
	r->n = n / 2;
	for (size_t row = 0; row < r->n_rows; row++)
		for (size_t i = 0; i < r->n; i++)
			r->x[row][i] = x[row / 2 * n + (row % 2 ? n - r->n : 0) + i];
}

/* The quantile of the normal distribution by bisection of its distribution function. */
static double normal_quantile(double p)
{
	double low = -10;
	double high = 10;
	for (int i = 0; i < 200; i++) {
		double middle = (low + high) / 2;
		if (erfc(-middle / sqrt(2)) / 2 < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

static void rank_slowly(const struct rows *from, struct rows *to)
{
	*to = *from;
	for (size_t a = 0; a < from->n_rows * from->n; a++) {
		double here = from->x[a / from->n][a % from->n];
		double less = 0;
		double equal = 0;
		for (size_t b = 0; b < from->n_rows * from->n; b++) {
			double there = from->x[b / from->n][b % from->n];
			less += there < here;
			equal += there <= here && there >= here;
		}
		double all = (double)(from->n_rows * from->n);
		to->x[a / from->n][a % from->n] =
			normal_quantile((less + (equal + 1) / 2 - 3.0 / 8) / (all + 1.0 / 4));
	}
}

/* Autocovariance of a row, divided by n. */
static double covariance_slowly(const struct rows *r, size_t row, size_t lag)
{
	double mean = 0;
	double sum = 0;
	for (size_t i = 0; i < r->n; i++)
		mean += r->x[row][i] / (double)r->n;
	for (size_t i = lag; i < r->n; i++)
		sum += (r->x[row][i] - mean) * (r->x[row][i - lag] - mean);
	return sum / (double)r->n;
}

static void variances_slowly(const struct rows *r, double *within, double *pooled)
{
	double n = (double)r->n;
	double m = (double)r->n_rows;
	double means[2 * CHAINS] = {0};
	double mean = 0;
	double between = 0;
	*within = 0;
	for (size_t row = 0; row < r->n_rows; row++) {
		for (size_t i = 0; i < r->n; i++)
			means[row] += r->x[row][i] / n;
		mean += means[row] / m;
		*within += covariance_slowly(r, row, 0) * n / (n - 1) / m;
	}
	for (size_t row = 0; row < r->n_rows; row++)
		between += n * (means[row] - mean) * (means[row] - mean) / (m - 1);
	*pooled = (n - 1) / n * *within + between / n;
}

static double r_hat_slowly(const struct rows *r)
{
	double within;
	double pooled;
	variances_slowly(r, &within, &pooled);
	return sqrt(pooled / within);
}

static double effective_slowly(const struct rows *r)
{
	double within;
	double pooled;
	double rho[DRAWS / 2];
	variances_slowly(r, &within, &pooled);
	rho[0] = 1;
	for (size_t t = 1; t < r->n; t++) {
		double covariance = 0;
		for (size_t row = 0; row < r->n_rows; row++)
			covariance += covariance_slowly(r, row, t) / (double)r->n_rows;
		rho[t] = 1 - (within - covariance) / pooled;
	}
	/* pairs while positive, then made to fall */
	size_t n_pairs = 0;
	double pairs[DRAWS / 4];
	while (2 * n_pairs + 1 < r->n && rho[2 * n_pairs] + rho[2 * n_pairs + 1] > 0) {
		pairs[n_pairs] = rho[2 * n_pairs] + rho[2 * n_pairs + 1];
		n_pairs++;
	}
	double tau = -1;
	for (size_t i = 0; i < n_pairs; i++) {
		if (i > 0 && pairs[i] > pairs[i - 1])
			pairs[i] = pairs[i - 1];
		tau += 2 * pairs[i];
	}
	if (2 * n_pairs + 1 < r->n && rho[2 * n_pairs] > 0)
		tau += rho[2 * n_pairs];
	double all = (double)(r->n_rows * r->n);
	return all / fmax(tau, 1 / log10(all));
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Type 7. */
static double quantile_slowly(const struct rows *r, double share)
{
	static double all[2 * CHAINS * (DRAWS / 2)];
	size_t n = r->n_rows * r->n;
	for (size_t i = 0; i < n; i++)
		all[i] = r->x[i / r->n][i % r->n];
	qsort(all, n, sizeof *all, compare_numbers);
	double at = share * (double)(n - 1);
	size_t low = (size_t)floor(at);
	return low + 1 < n ? all[low] + (at - floor(at)) * (all[low + 1] - all[low]) : all[low];
}

static struct mixing mixing_slowly(const double *x, size_t n)
{
	static struct rows rows;
	static struct rows changed;
	static struct rows ranks;
	struct mixing m;
	split(x, n, &rows);
	rank_slowly(&rows, &ranks);
	m.r_hat = r_hat_slowly(&ranks);
	m.ess_bulk = effective_slowly(&ranks);
	double median = quantile_slowly(&rows, 0.5);
	changed = rows;
	for (size_t i = 0; i < rows.n_rows * rows.n; i++)
		changed.x[i / rows.n][i % rows.n] = fabs(rows.x[i / rows.n][i % rows.n] - median);
	rank_slowly(&changed, &ranks);
	m.r_hat = fmax(m.r_hat, r_hat_slowly(&ranks));
	m.ess_tail = INFINITY;
	for (int tail = 0; tail < 2; tail++) {
		double cut = quantile_slowly(&rows, tail ? 0.95 : 0.05);
		for (size_t i = 0; i < rows.n_rows * rows.n; i++)
			changed.x[i / rows.n][i % rows.n] = rows.x[i / rows.n][i % rows.n] <= cut;
		m.ess_tail = fmin(m.ess_tail, effective_slowly(&changed));
	}
	return m;
}

static void equals_the_definitions(void **state)
{
	(void)state;
	static double x[CHAINS * DRAWS];
	static const double correlations[] = {0, 0.5, -0.6, 0.95};
	static const size_t lengths[] = {16, 17, 101, 400};
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 4; k++) {
			const size_t n = lengths[k];
			make_chains(x, CHAINS, n, correlations[i], 100 + i);
			/* ties, another level, and another spread */
			for (size_t at = 0; at < n; at++) {
				x[at] = round(4 * x[at]) / 4;
				x[n + at] += 0.3;
				x[2 * n + at] *= 1.5;
			}
			struct mixing fast = mixing_now(x, CHAINS, n);
			struct mixing slow = mixing_slowly(x, n);
			assert_true(fabs(fast.r_hat - slow.r_hat) < 1e-9);
			assert_true(fabs(fast.ess_bulk / slow.ess_bulk - 1) < 1e-8);
			assert_true(fabs(fast.ess_tail / slow.ess_tail - 1) < 1e-8);
		}
}

static void knows_autoregressive_chains(void **state)
{
	(void)state;
	enum { LONG = 20000 };
	double *x = NEW_ARRAY(double, (size_t)CHAINS *LONG);
	assert_non_null(x);
	static const double correlations[] = {0, 0.5, 0.9};
	for (size_t i = 0; i < 3; i++) {
		const double r = correlations[i];
		make_chains(x, CHAINS, LONG, r, 7);
		struct mixing m = mixing_now(x, CHAINS, LONG);
		double expected = (double)CHAINS * LONG * (1 - r) / (1 + r);
		assert_true(fabs(m.ess_bulk / expected - 1) < 0.1);
		assert_true(fabs(m.r_hat - 1) < 0.003);
	}
	mem_free(x);
}

static void sees_disagreement(void **state)
{
	(void)state;
	double x[CHAINS * DRAWS];
	make_chains(x, CHAINS, DRAWS, 0, 3);
	assert_true(mixing_now(x, CHAINS, DRAWS).r_hat < 1.01);
	/* one chain elsewhere */
	for (size_t i = 0; i < DRAWS; i++)
		x[i] += 2;
	assert_true(mixing_now(x, CHAINS, DRAWS).r_hat > 1.2);
	assert_true(mixing_now(x, CHAINS, DRAWS).ess_bulk < 50);
	/* one of another spread: only folding shows it */
	make_chains(x, CHAINS, DRAWS, 0, 3);
	for (size_t i = 0; i < DRAWS; i++)
		x[i] *= 5;
	assert_true(mixing_now(x, CHAINS, DRAWS).r_hat > 1.1);
	/* all drift together: only splitting shows it */
	make_chains(x, CHAINS, DRAWS, 0, 3);
	for (size_t i = 0; i < CHAINS * DRAWS; i++)
		x[i] += 4 * (double)(i % DRAWS) / DRAWS;
	assert_true(mixing_now(x, CHAINS, DRAWS).r_hat > 1.2);
	/* heavy tails without a mean do not hide agreement: ranks do not care */
	make_chains(x, CHAINS, DRAWS, 0, 3);
	for (size_t i = 0; i < CHAINS * DRAWS; i++)
		x[i] = tan(M_PI / 2 * erf(x[i] / sqrt(2)));
	assert_true(mixing_now(x, CHAINS, DRAWS).r_hat < 1.01);
}

static void says_when_it_cannot_say(void **state)
{
	(void)state;
	double x[CHAINS * DRAWS] = {0};
	struct cf_error err = CF_ERROR_INIT;
	struct mixing m = mixing_now(x, CHAINS, DRAWS);
	assert_true(isnan(m.r_hat) && !(m.ess_bulk > 0) && !(m.ess_tail > 0));
	make_chains(x, CHAINS, DRAWS, 0, 3);
	m = mixing_now(x, CHAINS, MIXING_LEAST_DRAWS - 1);
	assert_true(isnan(m.r_hat) && !(m.ess_bulk > 0));
	assert_int_equal(mixing_of(x, 1, (size_t)MIXING_MAX_DRAWS + 1, &m, &err), CF_E_LIMIT);
	/* chains that stand still, each elsewhere */
	for (size_t i = 0; i < CHAINS * DRAWS; i++)
		x[i] = (double)(i / DRAWS);
	m = mixing_now(x, CHAINS, DRAWS);
	assert_true(!(m.r_hat < 1.01) && m.ess_bulk < 10);
}

/* The spread of medians over many sets of chains is what mixing_quantile foretells. */
static void foretells_errors_of_quantiles(void **state)
{
	(void)state;
	enum { SETS = 300 };
	static const double shares[] = {0.025, 0.5, 0.9};
	double x[CHAINS * DRAWS];
	struct cf_error err = CF_ERROR_INIT;
	for (size_t s = 0; s < 3; s++) {
		double sum = 0;
		double squares = 0;
		double errors = 0;
		for (uint64_t set = 0; set < SETS; set++) {
			struct mixing_quantile q;
			make_chains(x, CHAINS, DRAWS, 0.6, 1000 + set);
			assert_int_equal(mixing_quantile(x, CHAINS, DRAWS, shares[s], &q, &err), 0);
			sum += q.value / SETS;
			squares += q.value * q.value / SETS;
			errors += q.error / SETS;
		}
		assert_true(fabs(sum - normal_quantile(shares[s])) < 0.02);
		assert_true(fabs(errors / sqrt(squares - sum * sum) - 1) < 0.15);
	}
	struct mixing_quantile q;
	assert_int_equal(mixing_quantile(x, 0, 0, 0.5, &q, &err), 0);
	assert_true(isnan(q.value) && isnan(q.error));
	assert_int_equal(mixing_quantile(x, 1, 3, 0.5, &q, &err), 0);
	assert_true(!isnan(q.value) && isnan(q.error));
}

static int all_of_it(void *context, struct cf_error *err)
{
	const double *x = context;
	struct mixing m;
	struct mixing_quantile q;
	TRY(mixing_of(x, CHAINS, 50, &m, err));
	return mixing_quantile(x, CHAINS, 50, 0.5, &q, err);
}

/* Whole numbers with nearly all draws at the largest: both quantiles fall on it, and "is at most" says
 * nothing.
 */
static void whole_numbers_have_tails(void **state)
{
	(void)state;
	enum { ROWS = 4, N = 1000 };
	double x[ROWS * N];
	struct mixing m;
	struct mixing_quantile q;
	struct cf_error err = CF_ERROR_INIT;
	struct random_stream random;
	random_init(&random, 5, 0);
	for (size_t i = 0; i < ROWS * N; i++)
		x[i] = random_uniform(&random) < 0.97 ? 7 : 6;
	assert_int_equal(mixing_of(x, ROWS, N, &m, &err), 0);
	/* independent draws are worth about as many as there are */
	assert_true(m.ess_tail > 2000 && m.ess_bulk > 2000 && m.r_hat < 1.01);
	assert_int_equal(mixing_quantile(x, ROWS, N, 0.5, &q, &err), 0);
	assert_true(fabs(q.value - 7) < 1e-9 && q.error <= 0);
}

static void survives_without_memory(void **state)
{
	(void)state;
	double x[CHAINS * DRAWS];
	make_chains(x, CHAINS, DRAWS, 0.3, 3);
	assert_true(sweep_run("mixing", all_of_it, x) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_definitions),
		cmocka_unit_test(knows_autoregressive_chains),
		cmocka_unit_test(sees_disagreement),
		cmocka_unit_test(says_when_it_cannot_say),
		cmocka_unit_test(foretells_errors_of_quantiles),
		cmocka_unit_test(whole_numbers_have_tails),
		cmocka_unit_test(survives_without_memory),
	};
	return cmocka_run_group_tests_name("estimate mixing", tests, NULL, NULL);
}
