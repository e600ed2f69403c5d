/*
 * Multinomial resamples of the persons on a table, by randomised quasi-Monte Carlo: each replicate alone is
 * an ordinary multinomial draw, but together the replicates fill the space of draws more evenly than
 * independent ones, so that shares and quantiles over them have less noise (Do and Hall 1991, Quasi-random
 * resampling for the bootstrap, Statistics and Computing 1). A Sobol' sequence (direction numbers of Joe and
 * Kuo 2008) with a random digital shift drives the cells on which most depends; the others are drawn
 * independently. Replicate `number` is a function of the seed, its number and the data, whatever the thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct resampler;

/* patterns: the capture patterns (bit j: list j), weights: their persons, whole numbers above 0; n of each.
 */
int resampler_new(const uint32_t *patterns, const double *weights, size_t n, uint64_t seed,
	struct resampler **ret, struct cf_error *err) CF_MUST_USE;
struct resampler *resampler_free(struct resampler *r);
CF_DEFINE_CLEANUP(struct resampler, resampler_free);
#define CF_CLEANUP_RESAMPLER CF_CLEANUP(resampler_free_ptr)

/* ret_counts[i]: persons of pattern i in the replicate; they add up to those on the table. */
void resampler_draw(const struct resampler *r, uint32_t number, uint64_t *ret_counts);

/* The smallest k with P(X <= k) >= u, X binomial (n, p); n below 2^31, 0 < u < 1. For tests too. */
uint64_t resample_binomial_quantile(double u, uint64_t n, double p);
/* Coordinate `dimension` (below RESAMPLE_N_SOBOL) of point `number` of the sequence, before its shift. */
enum { RESAMPLE_N_SOBOL = 10 };
uint32_t resample_sobol(uint32_t number, size_t dimension);
