#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/test_support.h"

static void test_start_twice(void **state)
{
	(void)state;
	assert_int_equal(crypto_start(NULL), 0);
	assert_int_equal(crypto_start(NULL), 0);
}

static void test_new_is_zero_and_random_is_not(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *zero = NULL;
	CF_CLEANUP_SECRET struct secret *random = NULL;
	CF_CLEANUP_SECRET struct secret *empty = NULL;
	assert_int_equal(secret_new(100, &zero, NULL), 0);
	assert_int_equal(secret_new_random(32, &random, NULL), 0);
	assert_int_equal(secret_new(0, &empty, NULL), 0);
	assert_int_equal(secret_size(zero), 100);
	assert_true(sodium_is_zero(secret_bytes(zero), 100));
	assert_false(sodium_is_zero(secret_bytes(random), 32));
	assert_int_equal(secret_size(empty), 0);
	assert_null(secret_free(NULL));
}

static void test_too_large(void **state)
{
	(void)state;
	struct secret *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(secret_new(SIZE_MAX - 7, &s, &err), CF_E_MEMORY);
	assert_null(s);
}

/* true when the kernel can read the n bytes, that is, when the page is mapped */
static bool readable(const void *p, size_t n)
{
	int fd[2];
	assert_int_equal(pipe(fd), 0);
	bool yes = write(fd[1], p, n) == (ssize_t)n;
	(void)close(fd[0]);
	(void)close(fd[1]);
	return yes;
}

static void test_freed_memory_is_gone(void **state)
{
	(void)state;
	struct secret *s = NULL;
	assert_int_equal(secret_new_random(32, &s, NULL), 0);
	const uint8_t *was = secret_bytes(s);
	assert_true(readable(was, 32));
	/* the page behind the secret is a guard */
	assert_false(readable(was + 32, 1));
	secret_free(s);
	assert_false(readable(was, 32));
}

static void test_wipe_and_equal(void **state)
{
	(void)state;
	uint8_t a[40];
	uint8_t b[40];
	crypto_random(a, sizeof a);
	memcpy(b, a, sizeof a);
	assert_true(secret_equal(a, b, sizeof a));
	for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_false(secret_equal(a, b, sizeof a));
		b[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	secret_wipe(a, sizeof a);
	assert_true(sodium_is_zero(a, sizeof a));
}

/* The definition, by hand over libsodium: every piece with its length before it. */
static void test_digest(void **state)
{
	(void)state;
	static const uint8_t flat[] = "\x03\0\0\0\0\0\0\0"
				      "dom"
				      "\x02\0\0\0\0\0\0\0"
				      "ab"
				      "\0\0\0\0\0\0\0\0"
				      "\x01\0\0\0\0\0\0\0"
				      "c";
	const struct crypto_part parts[] = {{"ab", 2}, {NULL, 0}, {"c", 1}};
	const struct crypto_part moved[] = {{"a", 1}, {NULL, 0}, {"bc", 2}};
	uint8_t want[CRYPTO_HASH_BYTES];
	uint8_t got[CRYPTO_HASH_BYTES];
	assert_int_equal(crypto_generichash(want, sizeof want, flat, sizeof flat - 1, NULL, 0), 0);
	crypto_digest("dom", parts, 3, got);
	assert_memory_equal(got, want, sizeof want);
	crypto_digest("dom", moved, 3, got);
	assert_memory_not_equal(got, want, sizeof want);
	crypto_digest("mod", parts, 3, got);
	assert_memory_not_equal(got, want, sizeof want);
}

static void test_hasher(void **state)
{
	(void)state;
	static const uint8_t flat[] = "\x01\0\0\0\0\0\0\0"
				      "dhello";
	uint8_t want[CRYPTO_HASH_BYTES];
	uint8_t got[CRYPTO_HASH_BYTES];
	struct crypto_hasher *h = NULL;
	assert_int_equal(crypto_hasher_new("d", &h, NULL), 0);
	crypto_hasher_add(h, "he", 2);
	crypto_hasher_value(h, got); /* looking does not end it */
	crypto_hasher_add(h, NULL, 0);
	crypto_hasher_add(h, "llo", 3);
	assert_int_equal(crypto_generichash(want, sizeof want, flat, sizeof flat - 1, NULL, 0), 0);
	for (int i = 0; i < 2; i++) {
		crypto_hasher_value(h, got);
		assert_memory_equal(got, want, sizeof want);
	}
	assert_null(crypto_hasher_free(h));
	assert_null(crypto_hasher_free(NULL));
}

static void test_derive(void **state)
{
	(void)state;
	uint8_t raw[32];
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (uint8_t)i;
	static const uint8_t flat[] = "\x15\0\0\0\0\0\0\0"
				      "counterfoil derive v1"
				      "\x05\0\0\0\0\0\0\0"
				      "label"
				      "\x02\x01\0\0\0\0\0\0";
	CF_CLEANUP_SECRET struct secret *from = test_secret(raw, sizeof raw);
	for (size_t n = 16; n <= 64; n += 16) {
		uint8_t want[64];
		CF_CLEANUP_SECRET struct secret *got = NULL;
		CF_CLEANUP_SECRET struct secret *other_number = NULL;
		CF_CLEANUP_SECRET struct secret *other_label = NULL;
		assert_int_equal(crypto_generichash(want, n, flat, sizeof flat - 1, raw, sizeof raw), 0);
		assert_int_equal(secret_derive(from, "label", 0x102, n, &got, NULL), 0);
		assert_int_equal(secret_size(got), n);
		assert_memory_equal(secret_bytes(got), want, n);
		assert_int_equal(secret_derive(from, "label", 0x103, n, &other_number, NULL), 0);
		assert_memory_not_equal(secret_bytes(other_number), want, n);
		assert_int_equal(secret_derive(from, "labe1", 0x102, n, &other_label, NULL), 0);
		assert_memory_not_equal(secret_bytes(other_label), want, n);
	}
}

/* Each place takes each value equally often: 24 permutations of 4 over 24,000 seeds. The statistic has 23
 * degrees of freedom; 70 is passed by chance once in a million, and the seeds are fixed. */
static void test_permutation_is_uniform(void **state)
{
	(void)state;
	unsigned count[256] = {0};
	for (unsigned seed = 0; seed < 24000; seed++) {
		uint8_t raw[32] = {(uint8_t)seed, (uint8_t)(seed >> 8)};
		CF_CLEANUP_SECRET struct secret *s = test_secret(raw, sizeof raw);
		uint32_t p[4];
		assert_int_equal(secret_permutation(s, 4, p, NULL), 0);
		count[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
	}
	double chi2 = 0;
	unsigned n_kinds = 0;
	for (unsigned i = 0; i < 256; i++) {
		if (count[i]) {
			n_kinds++;
			chi2 += (count[i] - 1000.0) * (count[i] - 1000.0) / 1000.0;
		}
	}
	assert_int_equal(n_kinds, 24);
	assert_true(chi2 < 70);
}

/* The permutation by its definition, from the whole key stream at once: for i = n down to 2 exchange the
 * places i - 1 and j, j the upper half of word * i, words whose lower half is below 2^32 mod i left out.
 * Returns how many were. */
static size_t permute_by_definition(const struct secret *seed, uint32_t *p, uint32_t n)
{
	static const uint8_t nonce[8];
	CF_CLEANUP_SECRET struct secret *key = NULL;
	CF_CLEANUP_FREE uint8_t *stream = NEW_ARRAY(uint8_t, (size_t)5 * n);
	const uint8_t *b = stream;
	size_t n_left_out = 0;
	assert_non_null(stream);
	assert_int_equal(secret_derive(seed, "permutation", 0, 32, &key, NULL), 0);
	assert_int_equal(crypto_stream_chacha20(stream, (size_t)5 * n, nonce, secret_bytes(key)), 0);
	for (uint32_t i = 0; i < n; i++)
		p[i] = i;
	for (uint32_t i = n; i > 1; b += 4) {
		uint64_t word = b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
		if ((word * i & UINT32_MAX) < (UINT64_C(1) << 32) % i) {
			n_left_out++;
			continue;
		}
		i--;
		uint32_t j = (uint32_t)(word * (i + 1) >> 32);
		uint32_t moved = p[i];
		p[i] = p[j];
		p[j] = moved;
	}
	return n_left_out;
}

/* Long enough that the stream is refilled many times and that some words are left out. */
static void test_permutation_is_as_defined(void **state)
{
	(void)state;
	enum { N = 100000 };
	CF_CLEANUP_FREE uint32_t *p = NEW_ARRAY(uint32_t, N);
	CF_CLEANUP_FREE uint32_t *want = NEW_ARRAY(uint32_t, N);
	size_t n_left_out = 0;
	assert_true(p && want);
	for (uint8_t i = 0; i < 20; i++) {
		const uint8_t raw[32] = {i};
		CF_CLEANUP_SECRET struct secret *seed = test_secret(raw, sizeof raw);
		CF_CLEANUP_FREE uint8_t *seen = NEW_ARRAY_ZERO(uint8_t, N);
		assert_non_null(seen);
		n_left_out += permute_by_definition(seed, want, N);
		assert_int_equal(secret_permutation(seed, N, p, NULL), 0);
		assert_memory_equal(p, want, N * sizeof *p);
		for (size_t k = 0; k < N; k++)
			assert_true(p[k] < N && !seen[p[k]]++);
	}
	assert_true(n_left_out > 0);
}

static void test_permutation_limits(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	uint32_t one = 7;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(secret_new_random(32, &seed, NULL), 0);
	assert_int_equal(secret_permutation(seed, 0, NULL, NULL), 0);
	assert_int_equal(secret_permutation(seed, 1, &one, NULL), 0);
	assert_int_equal(one, 0);
	assert_int_equal(secret_permutation(seed, (size_t)UINT32_MAX + 1, &one, &err), CF_E_LIMIT);
}

static void test_hex(void **state)
{
	(void)state;
	const uint8_t bytes[3] = {0x00, 0xa5, 0xff};
	uint8_t back[3] = {9, 9, 9};
	char text[7];
	crypto_to_hex(bytes, 3, text);
	assert_string_equal(text, "00a5ff");
	assert_int_equal(crypto_from_hex(text, back, 3), 0);
	assert_memory_equal(back, bytes, 3);
	assert_int_equal(crypto_from_hex("00A5fF", back, 3), 0);
	assert_int_equal(crypto_from_hex("", back, 0), 0);
	static const char *const bad[] = {
		"", "00a5f", "00a5ff0", "00a5ff00", "00a5fg", " 0a5ff", "0a:5ff", "00a5f "};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(crypto_from_hex(bad[i], back, 3), CF_E_INPUT);
}

static int use_everything(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_SECRET struct secret *a = NULL;
	CF_CLEANUP_SECRET struct secret *b = NULL;
	uint32_t p[5];
	TRY(secret_new_random(32, &a, err));
	TRY(secret_derive(a, "x", 1, 32, &b, err));
	TRY(secret_permutation(b, 5, p, err));
	struct crypto_hasher *h = NULL;
	TRY(crypto_hasher_new("x", &h, err));
	crypto_hasher_free(h);
	return 0;
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_true(test_sweep(use_everything, NULL) >= 4);
}

struct stack_case {
	const struct secret *seed;
	bool careless;
};

static void *permute_thread(void *context)
{
	const struct stack_case *c = context;
	uint32_t p[5];
	uint8_t copy[32] = {0};
	if (c->careless)
		memcpy(copy, secret_bytes(c->seed), sizeof copy);
	__asm__ volatile("" : : "r"(copy) : "memory"); /* keep the copy */
	REQUIRE(secret_permutation(c->seed, 5, p, NULL) == 0);
	return NULL;
}

/* Neither the key stream nor its key is left; a careless copy would be seen. */
static void test_permutation_wipes(void **state)
{
	(void)state;
	static const uint8_t nonce[8];
	uint8_t keystream[32];
	struct stack_case c = {0};
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	CF_CLEANUP_SECRET struct secret *key = NULL;
	assert_int_equal(secret_new_random(32, &seed, NULL), 0);
	assert_int_equal(secret_derive(seed, "permutation", 0, 32, &key, NULL), 0);
	assert_int_equal(crypto_stream_chacha20(keystream, sizeof keystream, nonce, secret_bytes(key)), 0);
	c.seed = seed;
	assert_false(test_left_on_stack(permute_thread, &c, secret_bytes(seed), 16));
	assert_false(test_left_on_stack(permute_thread, &c, secret_bytes(key), 16));
	assert_false(test_left_on_stack(permute_thread, &c, keystream, 16));
	c.careless = true;
	assert_true(test_left_on_stack(permute_thread, &c, secret_bytes(seed), 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start_twice),
		cmocka_unit_test(test_new_is_zero_and_random_is_not),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_freed_memory_is_gone),
		cmocka_unit_test(test_wipe_and_equal),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_hasher),
		cmocka_unit_test(test_derive),
		cmocka_unit_test(test_permutation_is_uniform),
		cmocka_unit_test(test_permutation_is_as_defined),
		cmocka_unit_test(test_permutation_limits),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_permutation_wipes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
