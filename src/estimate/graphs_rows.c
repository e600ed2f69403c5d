#include "estimate/graphs_rows.h"

#include <math.h>
#include <string.h>

/* The most factors of one graph times this stay within the range of a double. */
#define MOST_VARIATION 50.0

/* Stirling's series from 16 on, where five terms leave 10^-16; much faster than the library, and all
 * arguments but a few are large. */
static double log_gamma(double x)
{
	if (x < 16)
		return lgamma(x);
	const double y = 1 / (x * x);
	const double series =
		(1.0 / 12 - y * (1.0 / 360 - y * (1.0 / 1260 - y * (1.0 / 1680 - y / 1188)))) / x;
	return (x - 0.5) * log(x) - x + 0.91893853320467274178 + series;
}

/* The margin over a set of lists: counts by which of them, at w & set. */
static void margin(const struct loglinear_table *t, uint32_t set, double counts[GRAPHS_MAX_SETS])
{
	memset(counts, 0, GRAPHS_MAX_SETS * sizeof *counts);
	for (uint32_t w = 1; w < t->n_cells; w++)
		counts[w & set] += t->counts[w];
}

void graphs_margins_init(struct graphs_margins *m, const struct loglinear_table *t,
	const struct graphs_options *options, double delta)
{
	double counts[GRAPHS_MAX_SETS];
	*m = (struct graphs_margins){.n_lists = t->n_lists,
		.n_sets = t->n_cells,
		.n_persons = t->n_persons,
		.prior_total = ldexp(delta, (int)t->n_lists),
		.options = options};
	for (uint32_t w = 1; w < t->n_cells; w++)
		m->log_multinomial -= log_gamma(t->counts[w] + 1);
	for (uint32_t set = 1; set < m->n_sets; set++) {
		const int size = __builtin_popcount(set);
		const double delta_set = ldexp(delta, (int)t->n_lists - size);
		margin(t, set, counts);
		m->absent[set] = counts[0] + delta_set;
		m->constant[set] = lgamma(m->prior_total) - ldexp(lgamma(delta_set), size);
		for (uint32_t c = 1; c < m->n_sets; c++)
			if ((c & set) == c)
				m->constant[set] += log_gamma(counts[c] + delta_set);
	}
}

static double log_prior(const struct graphs_margins *m, double hidden, size_t point)
{
	const struct graphs_options *o = m->options;
	const double n = m->n_persons + hidden;
	switch (o->prior) {
	case GRAPHS_PRIOR_FLAT:
		return 0;
	case GRAPHS_PRIOR_NEGATIVE_BINOMIAL:
		return n * log(o->b) - (n + o->a) * log1p(o->b) + log_gamma(n + o->a) - log_gamma(n + 1) -
		       lgamma(o->a);
	case GRAPHS_PRIOR_GIVEN:
		return o->log_prior[point];
	case GRAPHS_PRIOR_RECIPROCAL:
	default:
		return -log(n);
	}
}

static double log_margin(const struct graphs_margins *m, uint32_t set, double hidden, double all)
{
	return log_gamma(m->absent[set] + hidden) + m->constant[set] - all;
}

/* Logarithms at one point. */
static void fill_point(struct graphs_block *b, const struct graphs_margins *m, double hidden, size_t i,
	size_t point, double weight)
{
	double single[DECOMPOSABLE_MAX_LISTS];
	const double all = log_gamma(m->n_persons + hidden + m->prior_total);
	double base = m->log_multinomial + log_gamma(m->n_persons + hidden + 1) - log_gamma(hidden + 1) +
		      log_prior(m, hidden, point) + log(weight);
	for (uint32_t j = 0; j < m->n_lists; j++) {
		single[j] = log_margin(m, 1u << j, hidden, all);
		base += single[j];
	}
	b->log_base[i] = base;
	for (uint32_t set = 3; set < m->n_sets; set++) {
		if ((set & (set - 1)) == 0)
			continue;
		double r = log_margin(m, set, hidden, all);
		for (uint32_t rest = set; rest; rest &= rest - 1)
			r -= single[__builtin_ctz(rest)];
		b->r[set * GRAPHS_BLOCK + i] = r;
	}
}

/* Factors of one set relative to the first point. */
static void fill_factors(struct graphs_block *b, uint32_t set, size_t n)
{
	const double *r = &b->r[set * GRAPHS_BLOCK];
	double *up = &b->up[set * GRAPHS_BLOCK];
	double *down = &b->down[set * GRAPHS_BLOCK];
	for (size_t i = 0; i < n; i++) {
		b->rough |= fabs(r[i] - r[0]) > MOST_VARIATION;
		up[i] = exp(r[i] - r[0]);
		down[i] = 1 / up[i];
	}
	for (size_t i = n; i < GRAPHS_BLOCK; i++)
		up[i] = down[i] = 1;
}

void graphs_block_fill(struct graphs_block *b, const struct graphs_margins *m, const double *points,
	const double *weights, size_t n, size_t first)
{
	for (size_t i = 0; i < n; i++)
		fill_point(b, m, points[i], i, first + i, weights[i]);
	b->rough = false;
	b->base0 = b->log_base[0];
	for (size_t i = 0; i < GRAPHS_BLOCK; i++) {
		b->log_base[i] = i < n ? b->log_base[i] - b->base0 : -INFINITY;
		b->rough |= i < n && fabs(b->log_base[i]) > MOST_VARIATION;
		b->base[i] = i < n ? exp(b->log_base[i]) : 0;
	}
	for (uint32_t set = 3; set < m->n_sets; set++)
		if (set & (set - 1))
			fill_factors(b, set, n);
}

/*
 * The product, several points at a time. The same multiplications in the same order whatever the width of the
 * registers, so all versions give the same bits.
 */

typedef double wide __attribute__((vector_size(64), aligned(8), may_alias));

static inline __attribute__((always_inline)) void multiply(
	const double *base, const double *const *factors, size_t n, double *ret)
{
	for (size_t i = 0; i < GRAPHS_BLOCK; i += sizeof(wide) / sizeof(double)) {
		wide v = *(const wide *)&base[i];
		for (size_t f = 0; f < n; f++)
			v *= *(const wide *)&factors[f][i];
		*(wide *)&ret[i] = v;
	}
}

static void multiply_plain(const double *base, const double *const *factors, size_t n, double *ret)
{
	multiply(base, factors, n, ret);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void multiply_avx2(
	const double *base, const double *const *factors, size_t n, double *ret)
{
	multiply(base, factors, n, ret);
}

__attribute__((target("avx512f"))) static void multiply_avx512(
	const double *base, const double *const *factors, size_t n, double *ret)
{
	multiply(base, factors, n, ret);
}
#endif

static void multiply_best(const double *base, const double *const *factors, size_t n, double *ret)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx512f")) {
		multiply_avx512(base, factors, n, ret);
		return;
	}
	if (__builtin_cpu_supports("avx2")) {
		multiply_avx2(base, factors, n, ret);
		return;
	}
#endif
	multiply_plain(base, factors, n, ret);
}

/* log p at one point; -INFINITY behind the end. */
static double log_at(const struct graphs_block *b, const struct decomposable *g, size_t i)
{
	double log_p = b->base0 + b->log_base[i];
	for (size_t c = 0; c < g->n_cliques; c++)
		if (g->cliques[c] & (g->cliques[c] - 1))
			log_p += b->r[g->cliques[c] * (size_t)GRAPHS_BLOCK + i];
	for (size_t s = 0; s < g->n_separators; s++)
		if (g->separators[s] & (g->separators[s] - 1))
			log_p -= b->r[g->separators[s] * (size_t)GRAPHS_BLOCK + i];
	return log_p;
}

/* By logarithms: the first point may lie far below the others, so the scale is that of the highest. */
static double evaluate_roughly(
	const struct graphs_block *b, const struct decomposable *g, double ret[GRAPHS_BLOCK])
{
	double highest = -INFINITY;
	for (size_t i = 0; i < GRAPHS_BLOCK; i++) {
		ret[i] = isfinite(b->log_base[i]) ? log_at(b, g, i) : -INFINITY;
		highest = fmax(highest, ret[i]);
	}
	for (size_t i = 0; i < GRAPHS_BLOCK; i++)
		ret[i] = exp(ret[i] - highest);
	return highest;
}

double graphs_block_evaluate(
	const struct graphs_block *b, const struct decomposable *g, double ret[GRAPHS_BLOCK])
{
	const double *factors[2 * DECOMPOSABLE_MAX_LISTS];
	size_t n = 0;
	double at_first = b->base0;
	if (b->rough)
		return evaluate_roughly(b, g, ret);
	for (size_t c = 0; c < g->n_cliques; c++) {
		const size_t row = g->cliques[c] * (size_t)GRAPHS_BLOCK;
		if (!(g->cliques[c] & (g->cliques[c] - 1)))
			continue;
		at_first += b->r[row];
		factors[n++] = &b->up[row];
	}
	for (size_t s = 0; s < g->n_separators; s++) {
		const size_t row = g->separators[s] * (size_t)GRAPHS_BLOCK;
		if (!(g->separators[s] & (g->separators[s] - 1)))
			continue;
		at_first -= b->r[row];
		factors[n++] = &b->down[row];
	}
	multiply_best(b->base, factors, n, ret);
	return at_first;
}
