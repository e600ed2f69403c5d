/*
 * How many bits two encodings have in common, for four left rows against tiles of eight right rows. Words of
 * a tile lie one behind the other (word-major): word w of its eight rows is one vector. A kernel keeps only
 * what may be as alike as was asked for, since there are far more pairs than anyone wants to see.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CLK_TILE = 8,
	CLK_GROUP = 4,
	CLK_HIT_COMMON_BITS = 20,
	CLK_HIT_LEFT_BITS = 2,
};

/* Four left rows. */
struct clk_group {
	const uint64_t *words; /* n_words * 4: word w of row i is words[4 * w + i] */
	uint32_t counts[CLK_GROUP];
	/* Half the least score times 2^32, rounded down and one less: a pair is a hit when
	 * common * 2^32 >= floor * (left count + right count), which no pair of that score fails. */
	uint32_t floors[CLK_GROUP];
};

/* Right rows. */
struct clk_tiles {
	const uint64_t *words;  /* n_words * 8 a tile, 64-byte aligned */
	const uint32_t *counts; /* 8 a tile */
	size_t n_words;
};

/* What came out. A hit is slot << 22 | row of the group << 20 | bits in common. */
struct clk_hits {
	uint64_t *list;
	size_t capacity; /* at least 2 * 4 * 8 */
	size_t n;
};

/* Compares tiles begin to end - 1 and appends hits; returns the first tile not compared: end, unless the list
 * got full. */
typedef size_t (*clk_kernel)(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, struct clk_hits *hits);

enum clk_kernel_kind {
	CLK_KERNEL_PORTABLE, /* the plain reference */
	CLK_KERNEL_POPCNT,
	CLK_KERNEL_AVX2,
	CLK_KERNEL_AVX512,
	CLK_N_KERNELS,
};
/* NULL when this machine cannot run it. */
clk_kernel clk_kernel_get(enum clk_kernel_kind kind);
/* The best that this machine can run. */
clk_kernel clk_kernel_best(void);
const char *clk_kernel_name(enum clk_kernel_kind kind);
enum clk_kernel_kind clk_kernel_best_kind(void);

static inline uint64_t clk_hit(size_t slot, unsigned row, uint32_t common)
{
	return (uint64_t)slot << (CLK_HIT_COMMON_BITS + CLK_HIT_LEFT_BITS) |
	       (uint64_t)row << CLK_HIT_COMMON_BITS | common;
}
