/*
 * Up to 64 left rows against a chunk of right rows: what join and solvers are made of. Rows are compared in
 * groups of about equal bit counts, and tiles in which no row can be alike enough are passed over: a pair
 * with a and b bits set has a Dice coefficient of 2 min(a, b) / (a + b) at most.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "link/clk/set.h"

enum { CLK_BLOCK = 64, CLK_KEPT_COUNT_SHIFT = 36, CLK_KEPT_ROW_SHIFT = 22 };

/* Left rows made ready, and scratch for comparing them. Not thread-safe. */
struct clk_block {
	size_t n;
	uint32_t rows[CLK_BLOCK]; /* rising by bits set */
	uint32_t counts[CLK_BLOCK];
	double floors[CLK_BLOCK]; /* the least score wanted of each row */
	uint64_t *words;          /* a clk_group's for each four rows */
	size_t n_words;
	struct clk_hits hits;
	clk_kernel kernel;
	uint64_t n_compared; /* pairs looked at and pairs passed over by their counts; the caller sets to 0 */
	uint64_t n_skipped;
};

int clk_block_new(size_t n_words, clk_kernel kernel, struct clk_block **ret, struct cf_error *err)
	CF_MUST_USE;
struct clk_block *clk_block_free(struct clk_block *b);
CF_DEFINE_CLEANUP(struct clk_block, clk_block_free);
#define CF_CLEANUP_CLK_BLOCK CF_CLEANUP(clk_block_free_ptr)

/* rows: n of them, at most CLK_BLOCK; all get the same floor. */
void clk_block_fill(
	struct clk_block *b, const struct clk_set *left, const uint32_t *rows, size_t n, double floor);

/* Called for each pair that reaches the floor of its left row; i counts the block's rows. Returns the row's
 * new floor, which may only rise. */
typedef double (*clk_take)(void *context, size_t i, uint32_t right, uint32_t common, double score);

/* after: right rows must come behind the left row (pairs within one set). */
void clk_block_scan(struct clk_block *b, const struct clk_set *right, size_t chunk, bool after, clk_take take,
	void *context);

/* Of a scan that keeps all pairs: for each row of the block, how many right rows reach its floor, and these
 * by bits set, then row, each packed into 64 bits: bits set << 36 | row less the chunk's first << 22 | bits
 * in common. */
struct clk_kept {
	size_t n[CLK_BLOCK];
	size_t stride;   /* at least the rows of a chunk */
	uint64_t *lists; /* stride for each row */
};
void clk_block_scan_all(
	struct clk_block *b, const struct clk_set *right, size_t chunk, bool after, struct clk_kept *kept);

/* 2 common / (a + b); 0 when both are 0. Each value has one nearest double and no two values share one, so
 * that scores of equal doubles are equal. */
static inline double clk_dice(uint32_t common, uint32_t a, uint32_t b)
{
	return a + b ? 2.0 * common / (a + b) : 0;
}
