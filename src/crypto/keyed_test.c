#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/keyed.h"
#include "crypto/test_support.h"

static struct secret *secret_of(const uint8_t *data, size_t n)
{
	struct secret *s = NULL;
	assert_int_equal(secret_new(n, &s, NULL), 0);
	memcpy(secret_data(s), data, n);
	return s;
}

static size_t bytes_of(const char *hex, struct test_bytes *to)
{
	test_from_hex(hex, strlen(hex), to);
	return to->n;
}

struct vector {
	const char *key, *salt, *info, *okm;
};

/* RFC 5869, appendix A.1 to A.3. */
static const struct vector vectors[] = {
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
	 "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
		"606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d"
		"8"
		"e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
		"b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdd"
		"d"
		"edfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
		"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e59"
		"0"
		"e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
	{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
};

static void test_hkdf(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		struct test_bytes key, salt, info, okm;
		bytes_of(vectors[i].key, &key);
		bytes_of(vectors[i].salt, &salt);
		bytes_of(vectors[i].info, &info);
		bytes_of(vectors[i].okm, &okm);
		CF_CLEANUP_SECRET struct secret *from = secret_of(key.data, key.n);
		CF_CLEANUP_SECRET struct secret *out = NULL;
		const struct keyed_hkdf how = {KEYED_SHA256, salt.data, salt.n, info.data, info.n};
		assert_int_equal(keyed_hkdf(&how, from, okm.n, &out, NULL), 0);
		assert_memory_equal(secret_bytes(out), okm.data, okm.n);
	}
}

/* Python's hmac over SHA-512, by the recipe of RFC 5869. */
static void test_hkdf_sha512(void **state)
{
	(void)state;
	struct test_bytes okm;
	bytes_of("90e269f053d383c4b2070be93238adf358f3d67bd7b17ca3de95f10a50a8385e66d8241c8c22c91cee75d7bd"
		 "a92e8111236b71b63c8f05973947428074d272f073de7d106ca1b6f5beeb22fc785a81666a9f00c675fdb561"
		 "6858d14f472907a57fe282bb",
		&okm);
	CF_CLEANUP_SECRET struct secret *from = secret_of((const uint8_t *)"secret", 6);
	CF_CLEANUP_SECRET struct secret *out = NULL;
	const struct keyed_hkdf how = {KEYED_SHA512, "salt", 4, "info", 4};
	assert_int_equal(keyed_hkdf(&how, from, okm.n, &out, NULL), 0);
	assert_memory_equal(secret_bytes(out), okm.data, okm.n);
}

static void test_hkdf_limits(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *from = secret_of((const uint8_t *)"secret", 6);
	CF_CLEANUP_SECRET struct secret *out = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const struct keyed_hkdf how = {.hash = KEYED_SHA256};
	assert_int_equal(keyed_hkdf(&how, from, 0, &out, &err), CF_E_LIMIT);
	assert_int_equal(keyed_hkdf(&how, from, (size_t)255 * 32 + 1, &out, &err), CF_E_LIMIT);
	assert_null(out);
	assert_int_equal(keyed_hkdf(&how, from, (size_t)255 * 32, &out, &err), 0);
}

/* RFC 2202, test cases 1 and 2 (the first of SHA-1 with 16 bytes of key, by Python's hmac). */
static void test_hmacs(void **state)
{
	(void)state;
	static const struct {
		uint8_t fill;
		const char *key, *data, *md5, *sha1;
	} cases[] = {
		{0x0b, NULL, "Hi There", "9294727a3638bb1c13f48ef8158bfc9d",
			"675b0b3a1b4ddf4e124872da6c2f632bfed957e9"},
		{0, "Jefe", "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738",
			"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
	};
	for (size_t i = 0; i < 2; i++) {
		uint8_t key[16];
		uint8_t got[KEYED_SHA1_BYTES];
		struct test_bytes md5, sha1;
		const size_t n = cases[i].key ? strlen(cases[i].key) : sizeof key;
		memset(key, cases[i].fill, sizeof key);
		if (cases[i].key)
			memcpy(key, cases[i].key, n);
		bytes_of(cases[i].md5, &md5);
		bytes_of(cases[i].sha1, &sha1);
		CF_CLEANUP_HMACS struct keyed_hmacs *h = NULL;
		assert_int_equal(keyed_hmacs_new(key, key, n, &h, NULL), 0);
		for (int again = 0; again < 2; again++) {
			keyed_hmac_md5(h, cases[i].data, strlen(cases[i].data), got);
			assert_memory_equal(got, md5.data, md5.n);
			keyed_hmac_sha1(h, cases[i].data, strlen(cases[i].data), got);
			assert_memory_equal(got, sha1.data, sha1.n);
		}
	}
}

/* hashlib.blake2b(b"ab", key=bytes(range(64)), salt=b"1"). */
static void test_blake2b(void **state)
{
	(void)state;
	struct test_bytes expected;
	uint8_t key[64];
	uint8_t got[KEYED_BLAKE_BYTES];
	static const uint8_t salt[KEYED_BLAKE_SALT_BYTES] = {'1'};
	for (size_t i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;
	bytes_of("3f0f1a3286a096e69cb538e05a97a2831619469ea58e6f79f719eb520acbe4a487f6e53ac8edc8d9c5373b06"
		 "3ff08ca8dea501ede8f15e15a634440794e5b385",
		&expected);
	keyed_blake2b(key, sizeof key, salt, "ab", 2, got);
	assert_memory_equal(got, expected.data, sizeof got);
}

static void test_stream(void **state)
{
	(void)state;
	uint8_t seeds[3][KEYED_SEED_BYTES];
	uint8_t a[100], b[50];
	CF_CLEANUP_SECRET struct secret *key = NULL;
	assert_int_equal(secret_new(32, &key, NULL), 0);
	const struct crypto_part parts[] = {{"ab", 2}, {"c", 1}};
	const struct crypto_part others[] = {{"a", 1}, {"bc", 2}};
	keyed_seed(key, parts, 2, seeds[0]);
	keyed_seed(key, others, 2, seeds[1]);
	secret_data(key)[0] = 1;
	keyed_seed(key, parts, 2, seeds[2]);
	assert_memory_not_equal(seeds[0], seeds[1], KEYED_SEED_BYTES);
	assert_memory_not_equal(seeds[0], seeds[2], KEYED_SEED_BYTES);
	keyed_stream(seeds[0], a, sizeof a);
	keyed_stream(seeds[0], b, sizeof b);
	assert_memory_equal(a, b, sizeof b);
}

static int allocate(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_SECRET struct secret *from = NULL;
	CF_CLEANUP_SECRET struct secret *out = NULL;
	CF_CLEANUP_HMACS struct keyed_hmacs *h = NULL;
	TRY(secret_new(32, &from, err));
	TRY(keyed_hkdf(&(struct keyed_hkdf){.hash = KEYED_SHA256}, from, 64, &out, err));
	return keyed_hmacs_new(secret_bytes(out), secret_bytes(out), 64, &h, err);
}

static void test_memory(void **state)
{
	(void)state;
	assert_true(test_sweep(allocate, NULL) > 2);
}

static int start(void **state)
{
	(void)state;
	return crypto_start(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hkdf),
		cmocka_unit_test(test_hkdf_sha512),
		cmocka_unit_test(test_hkdf_limits),
		cmocka_unit_test(test_hmacs),
		cmocka_unit_test(test_blake2b),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_memory),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
