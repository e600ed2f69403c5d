#include "link/clk/set.h"

#include <assert.h>
#include <string.h>

int clk_set_new(size_t n_bits, struct clk_set **ret, struct cf_error *err)
{
	CF_CLEANUP_CLK_SET struct clk_set *s = NEW(struct clk_set);
	if (!s)
		return error_memory(err);
	assert(n_bits > 0 && n_bits < 1U << CLK_HIT_COMMON_BITS);
	s->n_bits = n_bits;
	s->n_words = (n_bits + 63) / 64;
	s->pending = NEW_ARRAY(uint64_t, CLK_CHUNK * s->n_words);
	if (!s->pending)
		return error_memory(err);
	*ret = TAKE(s);
	return CF_OK;
}

static void chunk_done(struct clk_chunk *c)
{
	mem_free(c->words);
	mem_free(c->counts);
	mem_free(c->rows);
	mem_free(c->slots);
	mem_free(c->row_counts);
}

struct clk_set *clk_set_free(struct clk_set *s)
{
	if (!s)
		return NULL;
	for (size_t i = 0; i < s->n_chunks; i++)
		chunk_done(&s->chunks[i]);
	mem_free(s->chunks);
	mem_free(s->pending);
	return mem_free(s);
}

size_t clk_set_row_bytes(size_t n_bits)
{
	return (n_bits + 63) / 64 * 8 + 3 * sizeof(uint32_t) + sizeof(uint16_t);
}

static uint32_t count(const uint64_t *words, size_t n)
{
	uint32_t sum = 0;
	for (size_t w = 0; w < n; w++)
		sum += (uint32_t)__builtin_popcountll(words[w]);
	return sum;
}

/* Slots by count, rows of one count in their order: a counting sort. */
static int arrange(const struct clk_set *s, struct clk_chunk *c, struct cf_error *err)
{
	CF_CLEANUP_FREE uint32_t *begin = NEW_ARRAY_ZERO(uint32_t, s->n_bits + 2);
	uint32_t *counts = c->row_counts;
	if (!begin)
		return error_memory(err);
	for (size_t i = 0; i < c->n; i++) {
		counts[i] = count(s->pending + i * s->n_words, s->n_words);
		begin[counts[i] + 1]++;
	}
	for (size_t k = 1; k <= s->n_bits + 1; k++)
		begin[k] += begin[k - 1];
	for (size_t i = 0; i < c->n; i++) {
		const uint32_t slot = begin[counts[i]]++;
		c->slots[i] = (uint16_t)slot;
		c->counts[slot] = counts[i];
		c->rows[slot] = (uint32_t)(s->n_chunks * CLK_CHUNK + i);
	}
	return CF_OK;
}

static void fill_tiles(const struct clk_set *s, struct clk_chunk *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const size_t slot = c->slots[i];
		uint64_t *tile = c->words + slot / CLK_TILE * s->n_words * CLK_TILE + slot % CLK_TILE;
		for (size_t w = 0; w < s->n_words; w++)
			tile[w * CLK_TILE] = s->pending[i * s->n_words + w];
	}
	for (size_t slot = c->n; slot < c->n_tiles * CLK_TILE; slot++) {
		uint64_t *tile = c->words + slot / CLK_TILE * s->n_words * CLK_TILE + slot % CLK_TILE;
		for (size_t w = 0; w < s->n_words; w++)
			tile[w * CLK_TILE] = 0;
		c->counts[slot] = 0;
		c->rows[slot] = UINT32_MAX;
	}
}

static int make_chunk(struct clk_set *s, struct cf_error *err)
{
	struct clk_chunk *grown = mem_grow(s->chunks, s->n_chunks, &s->chunks_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	s->chunks = grown;
	struct clk_chunk c = {.n = s->n_pending, .n_tiles = (s->n_pending + CLK_TILE - 1) / CLK_TILE};
	c.words = mem_alloc_aligned(c.n_tiles * CLK_TILE * s->n_words, sizeof *c.words);
	c.counts = mem_alloc_aligned(c.n_tiles * CLK_TILE, sizeof *c.counts);
	c.rows = NEW_ARRAY(uint32_t, c.n_tiles * CLK_TILE);
	c.slots = NEW_ARRAY(uint16_t, c.n);
	c.row_counts = NEW_ARRAY(uint32_t, c.n);
	int status = c.words && c.counts && c.rows && c.slots && c.row_counts ? arrange(s, &c, err)
									      : error_memory(err);
	if (status < 0) {
		chunk_done(&c);
		return status;
	}
	fill_tiles(s, &c);
	s->chunks[s->n_chunks++] = c;
	s->n_pending = 0;
	return CF_OK;
}

int clk_set_add(struct clk_set *s, const uint8_t *bytes, struct cf_error *err)
{
	if (s->n_pending == CLK_CHUNK)
		TRY(make_chunk(s, err));
	if (s->n >= UINT32_C(1) << 31)
		return error_set(err, CF_E_LIMIT, "more than 2^31 encodings; cut the file into parts");
	uint64_t *row = s->pending + s->n_pending * s->n_words;
	const size_t n_bytes = (s->n_bits + 7) / 8;
	row[s->n_words - 1] = 0;
	for (size_t w = 0; w < n_bytes / 8; w++) {
		uint64_t word;
		memcpy(&word, bytes + 8 * w, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		row[w] = word;
	}
	for (size_t i = n_bytes & ~(size_t)7; i < n_bytes; i++)
		row[i / 8] |= (uint64_t)bytes[i] << (56 - 8 * (i % 8));
	s->n_pending++;
	s->n++;
	return CF_OK;
}

int clk_set_finish(struct clk_set *s, struct cf_error *err)
{
	if (s->n_pending)
		TRY(make_chunk(s, err));
	s->pending = mem_free(s->pending);
	return CF_OK;
}

uint32_t clk_set_count(const struct clk_set *s, size_t row)
{
	return s->chunks[row / CLK_CHUNK].row_counts[row % CLK_CHUNK];
}

void clk_set_copy(const struct clk_set *s, size_t row, size_t stride, uint64_t *to)
{
	const struct clk_chunk *c = &s->chunks[row / CLK_CHUNK];
	const size_t slot = c->slots[row % CLK_CHUNK];
	const uint64_t *tile = c->words + slot / CLK_TILE * s->n_words * CLK_TILE + slot % CLK_TILE;
	for (size_t w = 0; w < s->n_words; w++)
		to[w * stride] = tile[w * CLK_TILE];
}
