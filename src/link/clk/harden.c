#include "link/clk/harden.h"

#include <math.h>
#include <string.h>

#include "crypto/keyed.h"

enum { DIGITS = 12, PARTS = 1 << DIGITS }; /* binary digits of the flip rate */

struct clk_hardener {
	size_t n_bits;
	size_t n_words;
	uint32_t rate; /* of PARTS */
	unsigned first_digit;
	struct secret *flip_key;
	uint64_t *stream;      /* n_words for each digit from first_digit on */
	uint32_t *permutation; /* of 2 * n_bits places; NULL: not balanced */
	uint64_t *complement;  /* what an empty filter gives */
	size_t n_encoded_words;
};

static size_t words_of(size_t n_bits)
{
	return (n_bits + 63) / 64;
}

static void set(uint64_t *bits, size_t place)
{
	bits[place >> 6] |= UINT64_C(1) << (63 - (place & 63));
}

static void clear(uint64_t *bits, size_t place)
{
	bits[place >> 6] &= ~(UINT64_C(1) << (63 - (place & 63)));
}

static bool get(const uint64_t *bits, size_t place)
{
	return bits[place >> 6] >> (63 - (place & 63)) & 1;
}

static uint32_t rate_of(double wanted)
{
	const double parts = rint(wanted * PARTS);
	return wanted <= 0 ? 0 : parts < 1 ? 1 : (uint32_t)parts;
}

double clk_flip_rate(double wanted)
{
	return (double)rate_of(wanted) / PARTS;
}

double clk_flip_epsilon(double rate)
{
	return rate > 0 ? log((1 - rate) / rate) : INFINITY;
}

static int derive(const struct secret *from, const char *purpose, struct secret **ret, struct cf_error *err)
{
	const struct keyed_hkdf how = {.hash = KEYED_SHA256, .info = purpose, .n_info = strlen(purpose)};
	return keyed_hkdf(&how, from, 32, ret, err);
}

static int prepare_flips(struct clk_hardener *h, const struct secret *flips, struct cf_error *err)
{
	if (h->rate == 0)
		return CF_OK;
	h->first_digit = (unsigned)__builtin_ctz(h->rate);
	h->stream = NEW_ARRAY(uint64_t, h->n_words * (DIGITS - h->first_digit));
	if (!h->stream)
		return error_memory(err);
	return derive(flips, "counterfoil clk flips v1", &h->flip_key, err);
}

static int prepare_balance(struct clk_hardener *h, const struct secret *study, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	TRY(derive(study, "counterfoil clk permutation v1", &seed, err));
	h->permutation = NEW_ARRAY(uint32_t, 2 * h->n_bits);
	h->complement = NEW_ARRAY_ZERO(uint64_t, h->n_encoded_words);
	if (!h->permutation || !h->complement)
		return error_memory(err);
	TRY(secret_permutation(seed, 2 * h->n_bits, h->permutation, err));
	for (size_t i = 0; i < h->n_bits; i++)
		set(h->complement, h->permutation[h->n_bits + i]);
	return CF_OK;
}

int clk_hardener_new(const struct clk_schema *schema, const struct secret *study, const struct secret *flips,
	struct clk_hardener **ret, struct cf_error *err)
{
	CF_CLEANUP_CLK_HARDENER struct clk_hardener *h = NEW(struct clk_hardener);
	if (!h)
		return error_memory(err);
	h->n_bits = schema->n_bits;
	h->n_words = words_of(h->n_bits);
	h->n_encoded_words = words_of(clk_schema_encoded_bits(schema, true));
	h->rate = rate_of(schema->hardening.flip_rate);
	TRY(prepare_flips(h, flips, err));
	if (schema->hardening.balanced)
		TRY(prepare_balance(h, study, err));
	*ret = TAKE(h);
	return CF_OK;
}

struct clk_hardener *clk_hardener_free(struct clk_hardener *h)
{
	if (!h)
		return NULL;
	h->flip_key = secret_free(h->flip_key);
	if (h->stream)
		secret_wipe(h->stream, h->n_words * (DIGITS - h->first_digit) * sizeof *h->stream);
	if (h->permutation)
		secret_wipe(h->permutation, 2 * h->n_bits * sizeof *h->permutation);
	mem_free(h->stream);
	mem_free(h->permutation);
	mem_free(h->complement);
	return mem_free(h);
}

/*
 * 64 bits at once that are each 1 with probability rate / PARTS: from the lowest binary digit up, a digit 1
 * takes the OR with random bits (p becomes (1 + p) / 2), a digit 0 the AND (p becomes p / 2). Digits below
 * the lowest 1 leave 0 as it is.
 */
static void flip(struct clk_hardener *h, uint64_t *bits)
{
	uint8_t seed[KEYED_SEED_BYTES];
	const size_t n = h->n_words;
	const unsigned n_digits = DIGITS - h->first_digit;
	keyed_seed(h->flip_key, &(struct crypto_part){bits, n * sizeof *bits}, 1, seed);
	keyed_stream(seed, h->stream, n * n_digits * sizeof *h->stream);
	secret_wipe(seed, sizeof seed);
	for (size_t w = 0; w < n; w++) {
		uint64_t flips = 0;
		for (unsigned d = 0; d < n_digits; d++) {
			const uint64_t random = h->stream[d * n + w];
			flips = h->rate >> (h->first_digit + d) & 1 ? flips | random : flips & random;
		}
		bits[w] ^= flips;
	}
	if (h->n_bits % 64)
		bits[n - 1] &= ~UINT64_C(0) << (64 - h->n_bits % 64);
}

static void balance(const struct clk_hardener *h, const uint64_t *bits, uint64_t *ret)
{
	memcpy(ret, h->complement, h->n_encoded_words * sizeof *ret);
	for (size_t w = 0; w < h->n_words; w++)
		for (uint64_t left = bits[w]; left; left &= left - 1) {
			const size_t i = 64 * w + 63 - (size_t)__builtin_ctzll(left);
			set(ret, h->permutation[i]);
			clear(ret, h->permutation[h->n_bits + i]);
		}
}

void clk_harden(struct clk_hardener *h, uint64_t *bits, uint64_t *ret)
{
	if (h->rate)
		flip(h, bits);
	if (h->permutation)
		balance(h, bits, ret);
	else if (ret != bits)
		memcpy(ret, bits, h->n_words * sizeof *ret);
}

void clk_fold(uint64_t *bits, size_t n_bits, unsigned n_folds)
{
	for (; n_folds; n_folds--) {
		const size_t half = n_bits << (n_folds - 1);
		if (half % 64 == 0) {
			for (size_t w = 0; w < half / 64; w++)
				bits[w] ^= bits[half / 64 + w];
			continue;
		}
		for (size_t i = 0; i < half; i++) {
			if (get(bits, half + i))
				bits[i >> 6] ^= UINT64_C(1) << (63 - (i & 63));
			clear(bits, half + i);
		}
	}
}
