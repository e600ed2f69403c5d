#include "link/clk/scan.h"

#include <math.h>
#include <string.h>

enum { HITS = 1024 };

int clk_block_new(size_t n_words, clk_kernel kernel, struct clk_block **ret, struct cf_error *err)
{
	CF_CLEANUP_CLK_BLOCK struct clk_block *b = NEW(struct clk_block);
	if (!b)
		return error_memory(err);
	b->n_words = n_words;
	b->kernel = kernel;
	b->words = mem_alloc_aligned(CLK_BLOCK * n_words, sizeof *b->words);
	b->hits = (struct clk_hits){.list = NEW_ARRAY(uint64_t, HITS), .capacity = HITS};
	if (!b->words || !b->hits.list)
		return error_memory(err);
	*ret = TAKE(b);
	return CF_OK;
}

struct clk_block *clk_block_free(struct clk_block *b)
{
	if (!b)
		return NULL;
	mem_free(b->words);
	mem_free(b->hits.list);
	return mem_free(b);
}

void clk_block_fill(
	struct clk_block *b, const struct clk_set *left, const uint32_t *rows, size_t n, double floor)
{
	b->n = n;
	/* by insertion: rows are few, and mostly in order already when a set has one bit count */
	for (size_t i = 0; i < n; i++) {
		const uint32_t count = clk_set_count(left, rows[i]);
		size_t at = i;
		for (; at && b->counts[at - 1] > count; at--) {
			b->counts[at] = b->counts[at - 1];
			b->rows[at] = b->rows[at - 1];
		}
		b->counts[at] = count;
		b->rows[at] = rows[i];
		b->floors[i] = floor;
	}
	memset(b->words, 0, CLK_BLOCK * b->n_words * sizeof *b->words);
	for (size_t i = 0; i < n; i++)
		clk_set_copy(left, b->rows[i], CLK_GROUP,
			b->words + i / CLK_GROUP * CLK_GROUP * b->n_words + i % CLK_GROUP);
}

static uint32_t kernel_floor(double least)
{
	const double scaled = floor(least / 2 * 4294967296.0) - 1;
	return scaled <= 0 ? 0 : scaled >= 4294967295.0 ? UINT32_MAX : (uint32_t)scaled;
}

/* The first slot whose row has at least count bits set. */
static size_t first_slot(const struct clk_chunk *c, double count)
{
	size_t low = 0;
	size_t high = c->n;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (c->counts[middle] < count)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct scan {
	struct clk_block *block;
	const struct clk_chunk *chunk;
	bool after;
	clk_take take;
	void *context;
	struct clk_kept *kept; /* instead of take */
	size_t first_row;      /* of the chunk */
};

static void take_hits(struct scan *s, size_t first)
{
	struct clk_block *b = s->block;
	const uint64_t common_mask = (UINT64_C(1) << CLK_HIT_COMMON_BITS) - 1;
	for (size_t h = 0; h < b->hits.n; h++) {
		const uint64_t hit = b->hits.list[h];
		const size_t slot = (size_t)(hit >> (CLK_HIT_COMMON_BITS + CLK_HIT_LEFT_BITS));
		const size_t i = first + (hit >> CLK_HIT_COMMON_BITS & (CLK_GROUP - 1));
		const uint32_t common = (uint32_t)(hit & common_mask);
		const uint32_t row = s->chunk->rows[slot];
		if (row == UINT32_MAX || i >= b->n || (s->after && row <= b->rows[i]))
			continue;
		const double score = clk_dice(common, b->counts[i], s->chunk->counts[slot]);
		if (score >= b->floors[i])
			b->floors[i] = s->take(s->context, i, row, common, score);
	}
	b->hits.n = 0;
}

/* The same for floors that do not change, without a call for each pair: where half of the pairs pass, this is
 * most of the work. A hit that clears the kernel's floor by more than its rounding needs no division. */
static void keep_hits(struct scan *s, size_t first, const uint32_t *kernel_floors)
{
	struct clk_block *b = s->block;
	const struct clk_chunk *c = s->chunk;
	const uint64_t common_mask = (UINT64_C(1) << CLK_HIT_COMMON_BITS) - 1;
	for (size_t h = 0; h < b->hits.n; h++) {
		const uint64_t hit = b->hits.list[h];
		const size_t slot = (size_t)(hit >> (CLK_HIT_COMMON_BITS + CLK_HIT_LEFT_BITS));
		const size_t in_group = hit >> CLK_HIT_COMMON_BITS & (CLK_GROUP - 1);
		const size_t i = first + in_group;
		const uint64_t common = hit & common_mask;
		const uint32_t row = c->rows[slot];
		const uint32_t count = c->counts[slot];
		if (row == UINT32_MAX || i >= b->n || (s->after && row <= b->rows[i]))
			continue;
		const uint64_t sum = (uint64_t)b->counts[i] + count;
		if ((common << 32) - kernel_floors[in_group] * sum <= 4 * sum &&
			clk_dice((uint32_t)common, b->counts[i], count) < b->floors[i])
			continue;
		s->kept->lists[i * s->kept->stride + s->kept->n[i]++] =
			(uint64_t)count << CLK_KEPT_COUNT_SHIFT | (row - s->first_row) << CLK_KEPT_ROW_SHIFT |
			common;
	}
	b->hits.n = 0;
}

static void scan_group(struct scan *s, const struct clk_tiles *tiles, size_t first)
{
	struct clk_block *b = s->block;
	struct clk_group group = {.words = b->words + first * b->n_words};
	const size_t n = b->n - first < CLK_GROUP ? b->n - first : CLK_GROUP;
	double least = b->floors[first];
	for (size_t i = 0; i < n; i++) {
		group.counts[i] = b->counts[first + i];
		least = fmin(least, b->floors[first + i]);
	}
	/* rows that a group lacks have no bit set, and no floor that anything reaches */
	size_t tile = 0;
	size_t end = s->chunk->n_tiles;
	if (least > 0) {
		const double ratio = fmin(least, 1) / (2 - fmin(least, 1));
		tile = first_slot(s->chunk, floor(b->counts[first] * ratio * (1 - 1e-12))) / CLK_TILE;
		end = first_slot(s->chunk, ceil(b->counts[first + n - 1] / ratio * (1 + 1e-12)) + 1);
		end = (end + CLK_TILE - 1) / CLK_TILE;
	}
	b->n_compared += end > tile ? n * (end - tile) * CLK_TILE : 0;
	b->n_skipped += n * (s->chunk->n_tiles - (end > tile ? end - tile : 0)) * CLK_TILE;
	while (tile < end) {
		for (size_t i = 0; i < CLK_GROUP; i++)
			group.floors[i] = i < n ? kernel_floor(b->floors[first + i]) : UINT32_MAX;
		tile = b->kernel(&group, tiles, tile, end, &b->hits);
		if (s->kept)
			keep_hits(s, first, group.floors);
		else
			take_hits(s, first);
	}
}

void clk_block_scan(struct clk_block *b, const struct clk_set *right, size_t chunk, bool after, clk_take take,
	void *context)
{
	const struct clk_chunk *c = &right->chunks[chunk];
	const struct clk_tiles tiles = {.words = c->words, .counts = c->counts, .n_words = b->n_words};
	struct scan s = {.block = b, .chunk = c, .after = after, .take = take, .context = context};
	for (size_t first = 0; first < b->n; first += CLK_GROUP)
		scan_group(&s, &tiles, first);
}

void clk_block_scan_all(
	struct clk_block *b, const struct clk_set *right, size_t chunk, bool after, struct clk_kept *kept)
{
	const struct clk_chunk *c = &right->chunks[chunk];
	const struct clk_tiles tiles = {.words = c->words, .counts = c->counts, .n_words = b->n_words};
	struct scan s = {
		.block = b, .chunk = c, .after = after, .kept = kept, .first_row = chunk * CLK_CHUNK};
	for (size_t i = 0; i < CLK_BLOCK; i++)
		kept->n[i] = 0;
	for (size_t first = 0; first < b->n; first += CLK_GROUP)
		scan_group(&s, &tiles, first);
}
