#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/clk/test_support.h"

enum { TILES = 37, MOST_WORDS = 70 };

struct drawn {
	uint64_t left[MOST_WORDS * CLK_GROUP];
	uint64_t *right;
	uint32_t *counts;
	struct clk_group group;
	struct clk_tiles tiles;
};

static void draw(struct random_stream *random, size_t n_words, struct drawn *d)
{
	d->right = mem_alloc_aligned(TILES * CLK_TILE * n_words, 8);
	d->counts = mem_alloc_aligned(TILES * CLK_TILE, 4);
	assert_true(d->right && d->counts);
	memset(d->counts, 0, TILES * CLK_TILE * sizeof *d->counts);
	d->group = (struct clk_group){.words = d->left};
	d->tiles = (struct clk_tiles){.words = d->right, .counts = d->counts, .n_words = n_words};
	for (size_t i = 0; i < CLK_GROUP * n_words; i++) {
		d->left[i] = random_bits(random) | (i % CLK_GROUP == 1 ? random_bits(random) : 0);
		d->group.counts[i % CLK_GROUP] += (uint32_t)__builtin_popcountll(d->left[i]);
	}
	for (size_t i = 0; i < TILES * CLK_TILE * n_words; i++) {
		const size_t slot = i / (CLK_TILE * n_words) * CLK_TILE + i % CLK_TILE;
		d->right[i] = slot == 5 ? 0 : slot == 6 ? UINT64_MAX : random_bits(random);
		d->counts[slot] += (uint32_t)__builtin_popcountll(d->right[i]);
	}
	for (size_t i = 0; i < CLK_GROUP; i++)
		d->group.floors[i] =
			(uint32_t)(4294967296.0 * (0.2 + 0.1 * (double)random_below(random, 5)) / 2 + 0.5);
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a;
	const uint64_t y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* All hits of a kernel, sorted, with a list that is full again and again. */
static size_t run(clk_kernel kernel, const struct drawn *d, uint64_t *ret)
{
	uint64_t list[2 * CLK_GROUP * CLK_TILE + 17];
	size_t n = 0;
	for (size_t tile = 3; tile < TILES;) {
		struct clk_hits hits = {.list = list, .capacity = sizeof list / sizeof *list};
		const size_t next = kernel(&d->group, &d->tiles, tile, TILES, &hits);
		assert_true(next > tile && hits.n <= hits.capacity);
		memcpy(ret + n, list, hits.n * sizeof *list);
		n += hits.n;
		tile = next;
	}
	qsort(ret, n, sizeof *ret, compare);
	return n;
}

/* Written apart from the kernels. */
static size_t brute(const struct drawn *d, uint64_t *ret)
{
	size_t n = 0;
	for (size_t slot = 3 * CLK_TILE; slot < TILES * CLK_TILE; slot++)
		for (unsigned i = 0; i < CLK_GROUP; i++) {
			uint32_t common = 0;
			for (size_t w = 0; w < d->tiles.n_words; w++) {
				uint64_t x = d->left[w * CLK_GROUP + i] &
					     d->right[slot / CLK_TILE * CLK_TILE * d->tiles.n_words +
						      w * CLK_TILE + slot % CLK_TILE];
				for (; x; x &= x - 1)
					common++;
			}
			const uint64_t sum = d->group.counts[i] + d->counts[slot];
			if ((unsigned __int128)common << 32 >= (unsigned __int128)d->group.floors[i] * sum)
				ret[n++] = clk_hit(slot, i, common);
		}
	qsort(ret, n, sizeof *ret, compare);
	return n;
}

static void test_kernels(void **state)
{
	(void)state;
	static const size_t lengths[] = {1, 2, 7, 15, 16, 17, 31, 32, 33, 48, 64, 70};
	static uint64_t expected[TILES * CLK_TILE * CLK_GROUP];
	static uint64_t got[TILES * CLK_TILE * CLK_GROUP];
	struct random_stream random;
	random_init(&random, 7, 0);
	size_t n_all = 0;
	for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
		struct drawn d;
		draw(&random, lengths[k], &d);
		const size_t n = brute(&d, expected);
		n_all += n;
		for (int kind = 0; kind < CLK_N_KERNELS; kind++) {
			clk_kernel kernel = clk_kernel_get((enum clk_kernel_kind)kind);
			if (!kernel) {
				print_message("%s: not on this machine\n",
					clk_kernel_name((enum clk_kernel_kind)kind));
				continue;
			}
			assert_int_equal(run(kernel, &d, got), n);
			assert_memory_equal(got, expected, n * sizeof *got);
		}
		mem_free(d.right);
		mem_free(d.counts);
	}
	assert_true(n_all > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_kernels)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
