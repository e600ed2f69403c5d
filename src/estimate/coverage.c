#include "estimate/coverage.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/interrupt.h"
#include "estimate/resample.h"

/* Up to here whole numbers are exact. */
#define MOST_PERSONS 0x1p53

/* What the formulas need of a table. */
struct sums {
	double lists;
	double n;
	double coverage;
	double doubly; /* D */
	double a, b;   /* times t C */
	double f1, f2;
	bool has_empty_list;
	bool has_overlap;
};

static void sum_pairs(const struct loglinear_table *t, struct sums *s)
{
	for (uint32_t j = 0; j < t->n_lists; j++)
		for (uint32_t k = j + 1; k < t->n_lists; k++) {
			const uint32_t pair = 1u << j | 1u << k;
			/* on j alone, on k alone, and on both (counted for each) */
			const double near = t->counts[1u << j] + t->counts[1u << k] + 2 * t->counts[pair];
			s->a += near;
			s->b += near * t->totals[pair] / (t->totals[1u << j] * t->totals[1u << k]);
		}
}

static struct sums sum_up(const struct loglinear_table *t)
{
	struct sums s = {.lists = t->n_lists, .n = t->n_persons};
	double alone = 0;
	double share = 0;
	for (uint32_t w = 1; w < t->n_cells; w++) {
		const int on = __builtin_popcount(w);
		s.f1 += on == 1 ? t->counts[w] : 0;
		s.f2 += on == 2 ? t->counts[w] : 0;
		s.has_overlap |= on > 1 && t->counts[w] > 0;
	}
	for (uint32_t j = 0; j < t->n_lists; j++) {
		const double size = t->totals[1u << j];
		s.has_empty_list |= !(size > 0);
		alone += t->counts[1u << j];
		share += t->counts[1u << j] / size;
	}
	s.coverage = s.has_empty_list ? NAN : 1 - share / s.lists;
	s.doubly = s.n - alone / s.lists;
	if (!s.has_empty_list)
		sum_pairs(t, &s);
	return s;
}

static double independent(const struct sums *s)
{
	return s->doubly / s->coverage;
}

static double high(const struct sums *s)
{
	const double scale = s->lists * s->coverage;
	return (independent(s) - s->a / scale) / (1 - s->b / scale);
}

static double low(const struct sums *s)
{
	const double scale = s->lists * s->coverage;
	const double a = s->a / scale;
	const double b = s->b / scale;
	const double once = independent(s) + b * independent(s) - a;
	return independent(s) + b * once - a;
}

static struct coverage_estimate undefined(const char *reason)
{
	return (struct coverage_estimate){
		.reason = reason, .total = NAN, .standard_error = NAN, .lower = NAN, .upper = NAN};
}

static const char *reason_against(const struct sums *s, enum coverage_method m)
{
	if (!(s->n > 0))
		return "nobody is on any list";
	if (s->lists < 2)
		return "there is one list only";
	if (m == COVERAGE_CHAO)
		return NULL;
	if (m == COVERAGE_ZELTERMAN)
		return s->f2 > 0 ? NULL : "nobody is on exactly two lists";
	if (s->lists < 3 && m != COVERAGE_INDEPENDENT)
		return "it takes three lists or more";
	if (s->has_empty_list)
		return "a list is empty";
	return s->has_overlap ? NULL : "nobody is on two lists, so the coverage is zero";
}

static double value(const struct sums *s, enum coverage_method m)
{
	switch (m) {
	case COVERAGE_INDEPENDENT:
		return independent(s);
	case COVERAGE_HIGH:
		return high(s);
	case COVERAGE_LOW:
		return low(s);
	case COVERAGE_CHAO:
		return s->n + (s->lists - 1) / s->lists * s->f1 * (s->f1 - 1) / (2 * (s->f2 + 1));
	case COVERAGE_ZELTERMAN:
	default:
		/* nobody seen once: nobody is missing */
		return s->f1 > 0 ? s->n / -expm1(-2 * s->f2 / s->f1) : s->n;
	}
}

static struct coverage_estimate estimate(const struct sums *s, enum coverage_method m)
{
	const char *reason = reason_against(s, m);
	if (reason)
		return undefined(reason);
	const double total = value(s, m);
	/* with strong dependence and little coverage the correction overshoots */
	if (!isfinite(total) || total < s->n)
		return undefined("the correction for dependence comes to fewer persons than were seen: the "
				 "coverage is "
				 "too small for it");
	struct coverage_estimate e = undefined(NULL);
	e.defined = true;
	e.total = total;
	return e;
}

/* Means and squares of the replicates of one estimate. */
struct spread {
	double n, mean, squares;
};

static void spread_add(struct spread *s, double x)
{
	s->n++;
	const double off = x - s->mean;
	s->mean += off / s->n;
	s->squares += off * (x - s->mean);
}

static void give_interval(struct coverage_estimate *e, const struct spread *s, double seen, double level)
{
	const double hidden = e->total - seen;
	if (s->n < 2)
		return;
	e->standard_error = sqrt(s->squares / (s->n - 1));
	if (!(hidden > 0)) {
		e->lower = e->upper = e->total;
		return;
	}
	const double z = gsl_cdf_ugaussian_Pinv(0.5 + level / 2);
	const double factor = exp(z * sqrt(log1p(e->standard_error * e->standard_error / (hidden * hidden))));
	e->lower = seen + hidden / factor;
	e->upper = seen + hidden * factor;
}

struct resampling {
	uint32_t *patterns;
	double *weights;
	uint64_t *drawn;
	size_t n;
	struct resampler *resampler;
	struct loglinear_table table;
};

static void resampling_done(struct resampling *r)
{
	mem_free(r->patterns);
	mem_free(r->weights);
	mem_free(r->drawn);
	resampler_free(r->resampler);
	loglinear_table_done(&r->table);
}

/* The persons seen, and in cell 0 those estimated to be hidden: how many are seen varies too. */
static int resampling_init(struct resampling *r, const struct loglinear_table *t, double hidden,
	uint64_t seed, struct cf_error *err)
{
	TRY(loglinear_table_init(&r->table, t->n_lists, err));
	r->patterns = NEW_ARRAY(uint32_t, t->n_cells);
	r->weights = NEW_ARRAY(double, t->n_cells);
	r->drawn = NEW_ARRAY(uint64_t, t->n_cells);
	if (!r->patterns || !r->weights || !r->drawn)
		return error_memory(err);
	for (uint32_t w = 0; w < t->n_cells; w++) {
		const double persons = w ? t->counts[w] : rint(hidden);
		if (persons > 0) {
			r->patterns[r->n] = w;
			r->weights[r->n++] = persons;
		}
	}
	return resampler_new(r->patterns, r->weights, r->n, seed, &r->resampler, err);
}

/* Draws everybody again, and puts the seen ones into the table. */
static void draw(struct resampling *r, uint32_t number)
{
	resampler_draw(r->resampler, number, r->drawn);
	for (size_t k = 0; k < r->n; k++)
		r->table.counts[r->patterns[k]] = (double)r->drawn[k];
	r->table.counts[0] = 0;
	loglinear_table_sum(&r->table);
}

struct bootstrap {
	uint32_t n;
	uint64_t seed;
	double level;
};

static int give_spread(const struct loglinear_table *t, enum coverage_method m, const struct bootstrap *b,
	struct coverage_result *result, struct cf_error *err)
{
	CF_CLEANUP(resampling_done) struct resampling r = {0};
	struct coverage_estimate *e = &result->estimates[m];
	struct spread spread = {0};
	if (!e->defined || e->total > MOST_PERSONS)
		return 0;
	TRY(resampling_init(&r, t, e->total - t->n_persons, b->seed, err));
	for (uint32_t i = 0; i < b->n; i++) {
		if (i % 64 == 0 && interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped in the bootstrap");
		draw(&r, i);
		const struct sums s = sum_up(&r.table);
		const struct coverage_estimate again = estimate(&s, m);
		if (again.defined)
			spread_add(&spread, again.total);
		else
			result->n_failed[m]++;
	}
	give_interval(e, &spread, t->n_persons, b->level);
	return 0;
}

int coverage_run(const struct loglinear_table *t, uint32_t n_bootstrap, uint64_t seed, double level,
	struct coverage_result *ret, struct cf_error *err)
{
	const struct sums s = sum_up(t);
	struct coverage_result result = {.coverage = s.coverage};
	result.is_small = !(s.coverage >= COVERAGE_LEAST);
	for (int m = 0; m < COVERAGE_N_METHODS; m++)
		result.estimates[m] = estimate(&s, (enum coverage_method)m);
	const struct bootstrap b = {n_bootstrap, seed, level};
	for (int m = 0; m < COVERAGE_N_METHODS && n_bootstrap; m++)
		TRY(give_spread(t, (enum coverage_method)m, &b, &result, err));
	*ret = result;
	return 0;
}

const char *coverage_method_name(enum coverage_method m)
{
	static const char *const names[] = {
		"independent", "high coverage", "low coverage", "Chao lower bound", "Zelterman"};
	return (unsigned)m < COVERAGE_N_METHODS ? names[m] : "";
}
