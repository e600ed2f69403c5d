/*
 * Encodings in memory, as the kernels want them: rows in chunks, in each chunk by the number of bits they
 * have set, so that pairs whose numbers are too far apart are passed over, in tiles of eight, word-major.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "link/clk/kernel.h"

enum { CLK_CHUNK = 1 << 14 };

struct clk_chunk {
	uint64_t *words;      /* n_words * 8 a tile, the last one filled up with empty rows */
	uint32_t *counts;     /* bits set, by slot, rising (but for the empty rows at the end) */
	uint32_t *rows;       /* slot to row, UINT32_MAX for the empty rows */
	uint16_t *slots;      /* row less the chunk's first to slot */
	uint32_t *row_counts; /* bits set, by row less the chunk's first */
	size_t n;             /* rows */
	size_t n_tiles;
};

struct clk_set {
	size_t n_bits;
	size_t n_words;
	size_t n; /* rows: row i is in chunk i / CLK_CHUNK */
	struct clk_chunk *chunks;
	size_t n_chunks;
	size_t chunks_capacity;
	uint64_t *pending; /* row-major: rows that no chunk has yet */
	size_t n_pending;
};

int clk_set_new(size_t n_bits, struct clk_set **ret, struct cf_error *err) CF_MUST_USE;
struct clk_set *clk_set_free(struct clk_set *s);
CF_DEFINE_CLEANUP(struct clk_set, clk_set_free);
#define CF_CLEANUP_CLK_SET CF_CLEANUP(clk_set_free_ptr)

/* bytes: (n_bits + 7) / 8, the first bit highest; bits beyond n_bits must be 0. CF_E_LIMIT beyond 2^31 rows.
 */
int clk_set_add(struct clk_set *s, const uint8_t *bytes, struct cf_error *err) CF_MUST_USE;
/* Once, behind the last row. */
int clk_set_finish(struct clk_set *s, struct cf_error *err) CF_MUST_USE;
/* Memory for a row, for reckoning beforehand. */
size_t clk_set_row_bytes(size_t n_bits);

/* Of a finished set: bits set in a row, and its words at every stride-th place of to. */
uint32_t clk_set_count(const struct clk_set *s, size_t row);
void clk_set_copy(const struct clk_set *s, size_t row, size_t stride, uint64_t *to);
