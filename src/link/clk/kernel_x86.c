/*
 * Kernels for x86-64. target_clones of gcc 12 does not know avx512vpopcntdq, so each function names its
 * target and clk_kernel_get asks the processor.
 */
#include "link/clk/kernel_parts.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

__attribute__((target("popcnt"))) size_t clk_kernel_popcnt(const struct clk_group *left,
	const struct clk_tiles *right, size_t begin, size_t end, struct clk_hits *hits)
{
	return clk_kernel_plain(left, right, begin, end, hits);
}

/* ---- AVX-512: one vector is a word of eight rows ---- */

#define AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512vpopcntdq,popcnt")))

/* Compresses the hits of one left row to the end of the list; the list has room for eight more. */
INLINE AVX512 void keep_512(const struct clk_group *left, unsigned i, __m512i common,
	__m512i slots_and_counts, __m512i slots, struct clk_hits *hits)
{
	const __m512i sum = _mm512_add_epi64(slots_and_counts, _mm512_set1_epi64(left->counts[i]));
	const __m512i least = _mm512_mul_epu32(sum, _mm512_set1_epi64(left->floors[i]));
	const __mmask8 hit = _mm512_cmpge_epu64_mask(_mm512_slli_epi64(common, 32), least);
	if (!hit)
		return;
	const __m512i row = _mm512_set1_epi64((long long)i << CLK_HIT_COMMON_BITS);
	const __m512i packed = _mm512_or_si512(_mm512_or_si512(slots, row), common);
	_mm512_storeu_si512(hits->list + hits->n, _mm512_maskz_compress_epi64(hit, packed));
	hits->n += (size_t)__builtin_popcount(hit);
}

INLINE AVX512 size_t run_512(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, size_t n_words, struct clk_hits *hits)
{
	const __m512i lanes = _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0);
	size_t tile = begin;
	for (; tile < end && hits->n + 2 * CLK_GROUP * CLK_TILE <= hits->capacity; tile++) {
		const uint64_t *words = right->words + tile * n_words * CLK_TILE;
		__m512i c0 = _mm512_setzero_si512();
		__m512i c1 = c0;
		__m512i c2 = c0;
		__m512i c3 = c0;
		for (size_t w = 0; w < n_words; w++) {
			const __m512i x = _mm512_load_si512(words + w * CLK_TILE);
			const uint64_t *l = left->words + w * CLK_GROUP;
			const __m512i x0 = _mm512_and_si512(x, _mm512_set1_epi64((long long)l[0]));
			const __m512i x1 = _mm512_and_si512(x, _mm512_set1_epi64((long long)l[1]));
			const __m512i x2 = _mm512_and_si512(x, _mm512_set1_epi64((long long)l[2]));
			const __m512i x3 = _mm512_and_si512(x, _mm512_set1_epi64((long long)l[3]));
			c0 = _mm512_add_epi64(c0, _mm512_popcnt_epi64(x0));
			c1 = _mm512_add_epi64(c1, _mm512_popcnt_epi64(x1));
			c2 = _mm512_add_epi64(c2, _mm512_popcnt_epi64(x2));
			c3 = _mm512_add_epi64(c3, _mm512_popcnt_epi64(x3));
		}
		const __m512i counts = _mm512_cvtepu32_epi64(
			_mm256_loadu_si256((const __m256i *)(const void *)(right->counts + tile * CLK_TILE)));
		const size_t slot = tile * CLK_TILE;
		const __m512i slots =
			_mm512_slli_epi64(_mm512_add_epi64(_mm512_set1_epi64((long long)slot), lanes),
				CLK_HIT_COMMON_BITS + CLK_HIT_LEFT_BITS);
		keep_512(left, 0, c0, counts, slots, hits);
		keep_512(left, 1, c1, counts, slots, hits);
		keep_512(left, 2, c2, counts, slots, hits);
		keep_512(left, 3, c3, counts, slots, hits);
	}
	return tile;
}

AVX512 size_t clk_kernel_avx512(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, struct clk_hits *hits)
{
	/* usual lengths have their loops unrolled */
	if (right->n_words == 16)
		return run_512(left, right, begin, end, 16, hits);
	if (right->n_words == 32)
		return run_512(left, right, begin, end, 32, hits);
	return run_512(left, right, begin, end, right->n_words, hits);
}

/* ---- AVX2: one vector is a word of four rows ---- */

#define AVX2 __attribute__((target("avx2,popcnt")))

/* Three bits of one weight make one of the same weight and one of twice that (a full adder; Harley and Seal's
 * counting, as Mula, Kurz and Lemire 2018 describe it). */
INLINE AVX2 void add_256(__m256i *carry, __m256i *sum, __m256i a, __m256i b, __m256i c)
{
	const __m256i u = _mm256_xor_si256(a, b);
	*carry = _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(u, c));
	*sum = _mm256_xor_si256(u, c);
}

/* Bits set in each byte. */
INLINE AVX2 __m256i bytes_256(__m256i x)
{
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1,
		2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
	const __m256i low = _mm256_set1_epi8(15);
	return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(x, low)),
		_mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low)));
}

INLINE AVX2 __m256i both_256(const uint64_t *right, const uint64_t *left, size_t w)
{
	return _mm256_and_si256(_mm256_load_si256((const __m256i *)(const void *)(right + w * CLK_TILE)),
		_mm256_set1_epi64x((long long)left[w * CLK_GROUP]));
}

/* Bits set in each byte of 16 words taken together: at most 128. Fifteen words become four by full adders. */
INLINE AVX2 __m256i sixteen_256(const uint64_t *right, const uint64_t *left)
{
	__m256i one;
	__m256i two;
	__m256i four;
	__m256i a;
	__m256i b;
	__m256i c;
	__m256i d;
	__m256i e;
	__m256i eight;
	add_256(&a, &one, both_256(right, left, 0), both_256(right, left, 1), both_256(right, left, 2));
	add_256(&b, &one, one, both_256(right, left, 3), both_256(right, left, 4));
	add_256(&c, &one, one, both_256(right, left, 5), both_256(right, left, 6));
	add_256(&d, &two, a, b, c);
	add_256(&a, &one, one, both_256(right, left, 7), both_256(right, left, 8));
	add_256(&b, &one, one, both_256(right, left, 9), both_256(right, left, 10));
	add_256(&e, &two, two, a, b);
	add_256(&a, &one, one, both_256(right, left, 11), both_256(right, left, 12));
	add_256(&b, &one, one, both_256(right, left, 13), both_256(right, left, 14));
	add_256(&c, &two, two, a, b);
	add_256(&eight, &four, d, e, c);
	__m256i sum = bytes_256(eight);
	sum = _mm256_add_epi8(_mm256_add_epi8(sum, sum), bytes_256(four));
	sum = _mm256_add_epi8(_mm256_add_epi8(sum, sum), bytes_256(two));
	sum = _mm256_add_epi8(_mm256_add_epi8(sum, sum), bytes_256(one));
	return _mm256_add_epi8(sum, bytes_256(both_256(right, left, 15)));
}

/* Bits in common of four right rows with one left row. */
INLINE AVX2 __m256i common_256(const uint64_t *right, const uint64_t *left, size_t n_words)
{
	const __m256i zero = _mm256_setzero_si256();
	__m256i total = zero;
	size_t w = 0;
	for (; w + 16 <= n_words; w += 16)
		total = _mm256_add_epi64(total,
			_mm256_sad_epu8(sixteen_256(right + w * CLK_TILE, left + w * CLK_GROUP), zero));
	for (; w < n_words; w++)
		total = _mm256_add_epi64(total, _mm256_sad_epu8(bytes_256(both_256(right, left, w)), zero));
	return total;
}

INLINE AVX2 void keep_256(const struct clk_group *left, unsigned i, __m256i common, const uint32_t *counts,
	size_t slot, struct clk_hits *hits)
{
	const __m256i right = _mm256_cvtepu32_epi64(_mm_loadu_si128((const __m128i *)(const void *)counts));
	const __m256i sum = _mm256_add_epi64(right, _mm256_set1_epi64x(left->counts[i]));
	const __m256i least = _mm256_mul_epu32(sum, _mm256_set1_epi64x(left->floors[i]));
	const __m256i miss = _mm256_cmpgt_epi64(least, _mm256_slli_epi64(common, 32));
	unsigned hit = ~(unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(miss)) & 15;
	if (!hit)
		return;
	uint64_t each[4];
	_mm256_storeu_si256((__m256i *)(void *)each, common);
	for (; hit; hit &= hit - 1) {
		const unsigned r = (unsigned)__builtin_ctz(hit);
		hits->list[hits->n++] = clk_hit(slot + r, i, (uint32_t)each[r]);
	}
}

INLINE AVX2 size_t run_256(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, size_t n_words, struct clk_hits *hits)
{
	size_t tile = begin;
	for (; tile < end && hits->n + CLK_GROUP * CLK_TILE <= hits->capacity; tile++) {
		const uint64_t *words = right->words + tile * n_words * CLK_TILE;
		for (unsigned i = 0; i < CLK_GROUP; i++)
			for (size_t half = 0; half < CLK_TILE; half += 4) {
				const size_t slot = tile * CLK_TILE + half;
				const __m256i common = common_256(words + half, left->words + i, n_words);
				keep_256(left, i, common, right->counts + slot, slot, hits);
			}
	}
	return tile;
}

AVX2 size_t clk_kernel_avx2(const struct clk_group *left, const struct clk_tiles *right, size_t begin,
	size_t end, struct clk_hits *hits)
{
	if (right->n_words == 16)
		return run_256(left, right, begin, end, 16, hits);
	return run_256(left, right, begin, end, right->n_words, hits);
}

#endif
