#include "estimate/resample.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/random.h"

enum { SOBOL_BITS = 32, SOBOL_MAX_DEGREE = 5 };

/* Above this the distribution function of the library takes no counts. */
#define MAX_QUANTILE_N 2147483647.0
/* The stream of the shifts; replicates have the streams of their numbers. */
#define SHIFT_STREAM (UINT64_C(1) << 40)

struct cell {
	size_t at; /* in the order of the caller */
	double weight;
	uint32_t pattern;
};

struct resampler {
	size_t n;
	uint64_t n_persons;
	uint64_t seed;
	uint32_t shift[RESAMPLE_N_SOBOL];
	struct cell cells[]; /* in the order in which they are drawn */
};

/* Primitive polynomials (degree, inner coefficients) and first direction numbers of dimensions 2 to 10. */
static const struct {
	uint8_t degree;
	uint8_t coefficients;
	uint8_t first[SOBOL_MAX_DEGREE];
} polynomials[RESAMPLE_N_SOBOL - 1] = {
	{1, 0, {1}},
	{2, 1, {1, 3}},
	{3, 1, {1, 3, 1}},
	{3, 2, {1, 1, 1}},
	{4, 1, {1, 1, 3, 3}},
	{4, 4, {1, 3, 5, 13}},
	{5, 2, {1, 1, 5, 5, 17}},
	{5, 4, {1, 1, 5, 5, 5}},
	{5, 7, {1, 1, 7, 11, 19}},
};

/* Direction number `bit` (from 0) of a dimension, scaled to 32 bits; those before it are in v. */
static uint32_t direction(size_t dimension, unsigned bit, const uint32_t *v)
{
	if (dimension == 0)
		return UINT32_C(1) << (SOBOL_BITS - 1 - bit);
	const unsigned degree = polynomials[dimension - 1].degree;
	if (bit < degree)
		return (uint32_t)polynomials[dimension - 1].first[bit] << (SOBOL_BITS - 1 - bit);
	uint32_t d = v[bit - degree] ^ v[bit - degree] >> degree;
	for (unsigned i = 1; i < degree; i++)
		if (polynomials[dimension - 1].coefficients >> (degree - 1 - i) & 1)
			d ^= v[bit - i];
	return d;
}

uint32_t resample_sobol(uint32_t number, size_t dimension)
{
	uint32_t v[SOBOL_BITS] = {0};
	uint32_t x = 0;
	assert(dimension < RESAMPLE_N_SOBOL);
	for (unsigned bit = 0; number >> bit; bit++) {
		v[bit] = direction(dimension, bit, v);
		if (number >> bit & 1)
			x ^= v[bit];
		if (bit == SOBOL_BITS - 1)
			break;
	}
	return x;
}

/* Overlaps first, for they are few and the estimate turns on them; the most persons first, for their share
 * varies most. The order depends on the data alone, so every method sees the same replicates. */
static int by_influence(const void *a, const void *b)
{
	const struct cell *x = a;
	const struct cell *y = b;
	const bool x_overlaps = (x->pattern & (x->pattern - 1)) != 0;
	const bool y_overlaps = (y->pattern & (y->pattern - 1)) != 0;
	if (x_overlaps != y_overlaps)
		return x_overlaps ? -1 : 1;
	if (x->weight > y->weight || x->weight < y->weight)
		return x->weight > y->weight ? -1 : 1;
	return (x->pattern > y->pattern) - (x->pattern < y->pattern);
}

int resampler_new(const uint32_t *patterns, const double *weights, size_t n, uint64_t seed,
	struct resampler **ret, struct cf_error *err)
{
	struct random_stream stream;
	struct resampler *r = mem_alloc(1, sizeof *r + n * sizeof *r->cells);
	if (!r)
		return error_memory(err);
	*r = (struct resampler){.n = n, .seed = seed};
	for (size_t i = 0; i < n; i++) {
		r->cells[i] = (struct cell){.at = i, .weight = weights[i], .pattern = patterns[i]};
		r->n_persons += (uint64_t)weights[i];
	}
	qsort(r->cells, n, sizeof *r->cells, by_influence);
	random_init(&stream, seed, SHIFT_STREAM);
	for (size_t d = 0; d < RESAMPLE_N_SOBOL; d++)
		r->shift[d] = (uint32_t)(random_bits(&stream) >> 32);
	*ret = r;
	return 0;
}

struct resampler *resampler_free(struct resampler *r)
{
	return mem_free(r);
}

uint64_t resample_binomial_quantile(double u, uint64_t n, double p)
{
	if (p >= 1)
		return n;
	/* from a normal guess outwards until the answer is bracketed, then by halves */
	const double mean = (double)n * p;
	const double sd = sqrt(mean * (1 - p)) + 1;
	const double guess = fmin(fmax(floor(mean + sd * gsl_cdf_ugaussian_Pinv(u)), 0), (double)n);
	int64_t low = (int64_t)guess - 1; /* below the answer, once bracketed */
	int64_t high = (int64_t)guess;    /* not below it */
	int64_t step = 1;
	while (low >= 0 && gsl_cdf_binomial_P((unsigned)low, p, (unsigned)n) >= u) {
		high = low;
		low -= step;
		step *= 2;
	}
	low = low < -1 ? -1 : low;
	step = 1;
	while (high < (int64_t)n && gsl_cdf_binomial_P((unsigned)high, p, (unsigned)n) < u) {
		low = high;
		high += step;
		step *= 2;
	}
	high = high > (int64_t)n ? (int64_t)n : high;
	while (high - low > 1) {
		const int64_t middle = low + (high - low) / 2;
		if (gsl_cdf_binomial_P((unsigned)middle, p, (unsigned)n) >= u)
			high = middle;
		else
			low = middle;
	}
	return (uint64_t)high;
}

/* In (0, 1): the shifted point of the sequence, and below its last bit something at random. */
static double coordinate(
	const struct resampler *r, uint32_t number, size_t dimension, struct random_stream *stream)
{
	const uint32_t x = resample_sobol(number, dimension) ^ r->shift[dimension];
	const double u = ldexp((double)x + random_uniform(stream), -SOBOL_BITS);
	return fmin(fmax(u, 0x1p-60), 1 - 0x1p-53);
}

void resampler_draw(const struct resampler *r, uint32_t number, uint64_t *ret_counts)
{
	struct random_stream stream;
	uint64_t n = r->n_persons;
	double left = (double)n;
	random_init(&stream, r->seed, number);
	for (size_t i = 0; i < r->n; i++) {
		const struct cell *c = &r->cells[i];
		/* rounding may leave a little less than the weights still to come */
		const double p = i + 1 < r->n && left > c->weight ? c->weight / left : 1;
		uint64_t count = 0;
		if (n > 0 && i < RESAMPLE_N_SOBOL && (double)n < MAX_QUANTILE_N)
			count = resample_binomial_quantile(coordinate(r, number, i, &stream), n, p);
		else if (n > 0)
			count = random_binomial(&stream, n, p);
		ret_counts[c->at] = count;
		n -= count;
		left -= c->weight;
	}
}
