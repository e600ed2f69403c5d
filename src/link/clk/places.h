/*
 * Where tokens go in the filter. Names repeat, so their n-grams do: what a token hashes to is kept in a
 * direct-mapped cache of fixed size, which holds nothing but what keys and tokens give, and is wiped. Not
 * thread-safe: one for each thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "link/clk/schema.h"

struct clk_places;

/* keys: 2 * key_bytes a feature, as clkhash deals them out; must outlive the places. */
int clk_places_new(const struct clk_schema *schema, const struct secret *keys, struct clk_places **ret,
	struct cf_error *err) CF_MUST_USE;
struct clk_places *clk_places_free(struct clk_places *p);
CF_DEFINE_CLEANUP(struct clk_places, clk_places_free);
#define CF_CLEANUP_CLK_PLACES CF_CLEANUP(clk_places_free_ptr)

/* Sets k places (some may fall together) of the filter for a token of feature number f. filter has
 * n_bits << n_folds bits in words; place i is bit 63 - i % 64 of word i / 64. */
void clk_places_set(
	struct clk_places *p, size_t f, const void *token, size_t n, uint32_t k, uint64_t *filter);
