/* For the tests of this folder: random encodings, and the plainest join. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "link/clk/join.h"
#include "link/clk/scan.h"

struct test_rows {
	size_t n;
	size_t n_bits;
	size_t n_bytes;
	uint8_t *bytes;
};

static inline void test_rows_done(struct test_rows *r)
{
	free(r->bytes);
}

/* Each row has its own density; every third is a damaged copy of an earlier row of from (or itself). */
static inline struct test_rows test_rows_draw(
	struct random_stream *random, size_t n, size_t n_bits, const struct test_rows *from)
{
	struct test_rows r = {.n = n, .n_bits = n_bits, .n_bytes = (n_bits + 7) / 8};
	r.bytes = calloc(n + 1, r.n_bytes);
	assert_non_null(r.bytes);
	for (size_t i = 0; i < n; i++) {
		uint8_t *row = r.bytes + i * r.n_bytes;
		const struct test_rows *source = from ? from : &r;
		const size_t n_source = from ? from->n : i;
		const double density = 0.1 + 0.5 * random_uniform(random);
		const bool copy = n_source && random_below(random, 3) == 0;
		if (copy)
			memcpy(row, source->bytes + random_below(random, n_source) * r.n_bytes, r.n_bytes);
		for (size_t b = 0; b < n_bits; b++)
			if (copy ? random_uniform(random) < 0.05 : random_uniform(random) < density)
				row[b / 8] ^= (uint8_t)(0x80 >> b % 8);
	}
	return r;
}

static inline struct clk_set *test_set(const struct test_rows *r)
{
	struct clk_set *s = NULL;
	assert_int_equal(clk_set_new(r->n_bits, &s, NULL), 0);
	for (size_t i = 0; i < r->n; i++)
		assert_int_equal(clk_set_add(s, r->bytes + i * r->n_bytes, NULL), 0);
	assert_int_equal(clk_set_finish(s, NULL), 0);
	return s;
}

static inline uint32_t test_common(const struct test_rows *a, size_t i, const struct test_rows *b, size_t j)
{
	uint32_t common = 0;
	for (size_t k = 0; k < a->n_bytes; k++)
		for (unsigned x = a->bytes[i * a->n_bytes + k] & b->bytes[j * b->n_bytes + k]; x; x >>= 1)
			common += x & 1;
	return common;
}

static inline double test_dice(const struct test_rows *a, size_t i, const struct test_rows *b, size_t j)
{
	const uint32_t sum = test_common(a, i, a, i) + test_common(b, j, b, j);
	return sum ? 2.0 * test_common(a, i, b, j) / sum : 0;
}
