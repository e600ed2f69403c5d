/*
 * What makes an encoding harder to read back: randomised response, whose flips come from a secret and the
 * filter itself (encoding a record again gives the same flips, so that repeating tells nothing, and who does
 * not know the secret cannot take them away), and balancing (Berger's code as Schnell and Borgs 2016 use it:
 * the filter beside its complement, permuted, so that the number of bits set says nothing).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "link/clk/schema.h"

struct clk_hardener;

/* study: the secret all parties share, which the permutation comes from; flips: where flips come from.
 * Neither is needed later. */
int clk_hardener_new(const struct clk_schema *schema, const struct secret *study, const struct secret *flips,
	struct clk_hardener **ret, struct cf_error *err) CF_MUST_USE;
struct clk_hardener *clk_hardener_free(struct clk_hardener *h);
CF_DEFINE_CLEANUP(struct clk_hardener, clk_hardener_free);
#define CF_CLEANUP_CLK_HARDENER CF_CLEANUP(clk_hardener_free_ptr)

/* The flip rate as it is applied: a multiple of 1/4096, at least that much. 0 stays 0. */
double clk_flip_rate(double wanted);
/* The logarithm of how much more probable one value of a bit can be than the other, given its true value:
 * epsilon of one bit (Warner 1965). Infinite when nothing is flipped. */
double clk_flip_epsilon(double rate);

/* bits: n_bits of the folded filter, changed in place; ret: clk_schema_encoded_bits(schema, true), in words
 * of which the last may be padded with zeros. ret may be bits when not balanced. Not thread-safe. */
void clk_harden(struct clk_hardener *h, uint64_t *bits, uint64_t *ret);

/* Halves a filter of n_bits << n_folds bits again and again: the upper half is added to the lower, bit by
 * bit, modulo 2 (Schnell and Borgs 2016). In place. */
void clk_fold(uint64_t *bits, size_t n_bits, unsigned n_folds);
