/* Between kernel.c and kernel_x86.c. */
#pragma once

#include "link/clk/kernel.h"

#if defined(__x86_64__)
size_t clk_kernel_popcnt(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, struct clk_hits *hits);
size_t clk_kernel_avx2(const struct clk_group *left, const struct clk_tiles *right, size_t begin, size_t end,
	struct clk_hits *hits);
size_t clk_kernel_avx512(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, struct clk_hits *hits);
#endif

/* One left row against one right row, word by word: what the plain kernels are made of. The right row's words
 * are 8 apart, the left row's 4. */
static inline __attribute__((always_inline)) uint32_t clk_common(
	const uint64_t *left, const uint64_t *right, size_t n_words)
{
	uint32_t common = 0;
	for (size_t w = 0; w < n_words; w++)
		common += (uint32_t)__builtin_popcountll(left[w * CLK_GROUP] & right[w * CLK_TILE]);
	return common;
}

static inline __attribute__((always_inline)) size_t clk_kernel_plain(const struct clk_group *left,
	const struct clk_tiles *right, size_t begin, size_t end, struct clk_hits *hits)
{
	size_t tile = begin;
	for (; tile < end && hits->n + CLK_GROUP * CLK_TILE <= hits->capacity; tile++) {
		const uint64_t *words = right->words + tile * right->n_words * CLK_TILE;
		for (unsigned i = 0; i < CLK_GROUP; i++)
			for (size_t r = 0; r < CLK_TILE; r++) {
				const size_t slot = tile * CLK_TILE + r;
				const uint64_t sum = left->counts[i] + right->counts[slot];
				const uint32_t common =
					clk_common(left->words + i, words + r, right->n_words);
				if ((uint64_t)common << 32 >= left->floors[i] * sum)
					hits->list[hits->n++] = clk_hit(slot, i, common);
			}
	}
	return tile;
}
