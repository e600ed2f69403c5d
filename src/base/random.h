/*
 * Seeded random streams for simulation and resampling, never for secrets (those come from src/crypto).
 * A stream is named by (seed, stream): the same pair gives the same numbers on every machine and for every
 * number of threads, and different streams of one seed are independent. xoshiro256++ (Blackman and Vigna
 * 2021) seeded through SplitMix64.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random_stream {
	uint64_t s[4];
};

void random_init(struct random_stream *r, uint64_t seed, uint64_t stream);
uint64_t random_bits(struct random_stream *r);
/* Uniform in [0, 1) with 53 bits. */
double random_uniform(struct random_stream *r);
/* Uniform in 0 to bound - 1, unbiased (Lemire 2019); bound must be positive. */
uint64_t random_below(struct random_stream *r, uint64_t bound);
double random_normal(struct random_stream *r);
double random_exponential(struct random_stream *r);
/* shape, scale > 0 (Marsaglia and Tsang 2000). */
double random_gamma(struct random_stream *r, double shape, double scale);
double random_beta(struct random_stream *r, double a, double b);
uint64_t random_poisson(struct random_stream *r, double mean);
/* Exact, in expected constant time for large n (Kachitvichyanukul and Schmeiser 1988, or inversion). */
uint64_t random_binomial(struct random_stream *r, uint64_t n, double p);
/* Splits n over k cells with weights (non-negative, not all zero); ret_counts has k entries. */
void random_multinomial(
	struct random_stream *r, uint64_t n, const double *weights, size_t k, uint64_t *ret_counts);
/* A uniform permutation of 0 to n - 1 (Fisher and Yates). */
void random_permutation(struct random_stream *r, size_t n, uint32_t *ret);
