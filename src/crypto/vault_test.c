/* Sealing for the store, one-time codes (RFC 6238, appendix B), and key files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include "crypto/store_key.h"
#include "crypto/test_support.h"
#include "crypto/totp.h"
#include "crypto/vault.h"

static void test_seal(void **state)
{
	uint8_t key[VAULT_KEY_BYTES] = {1, 2, 3};
	uint8_t sealed[100 + VAULT_SEAL_BYTES];
	uint8_t again[sizeof sealed];
	uint8_t data[100] = "what is sealed";
	uint8_t back[100];
	(void)state;
	vault_seal(key, "bound", 5, data, sizeof data, sealed);
	vault_seal(key, "bound", 5, data, sizeof data, again);
	assert_memory_not_equal(sealed, again, sizeof sealed);
	assert_int_equal(vault_open(key, "bound", 5, sealed, sizeof sealed, back), 0);
	assert_memory_equal(back, data, sizeof data);
	assert_int_equal(vault_open(key, "Bound", 5, sealed, sizeof sealed, back), CF_E_REFUSED);
	assert_int_equal(vault_open(key, "bound", 4, sealed, sizeof sealed, back), CF_E_REFUSED);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 0x10;
		assert_int_equal(vault_open(key, "bound", 5, sealed, sizeof sealed, back), CF_E_REFUSED);
		sealed[i] ^= 0x10;
		assert_int_equal(vault_open(key, "bound", 5, sealed, i, back), CF_E_REFUSED);
	}
	key[31] ^= 1;
	assert_int_equal(vault_open(key, "bound", 5, sealed, sizeof sealed, back), CF_E_REFUSED);
}

/* Parts are told apart, and so are domains, keys and lengths. */
static void test_tags(void **state)
{
	const uint8_t key[VAULT_KEY_BYTES] = {9};
	const uint8_t other[VAULT_KEY_BYTES] = {8};
	const struct crypto_part ab_c[] = {{"ab", 2}, {"c", 1}};
	const struct crypto_part a_bc[] = {{"a", 1}, {"bc", 2}};
	uint8_t tags[5][32] = {{0}};
	(void)state;
	vault_tag(key, "d", ab_c, 2, tags[0], 32);
	vault_tag(key, "d", a_bc, 2, tags[1], 32);
	vault_tag(key, "e", ab_c, 2, tags[2], 32);
	vault_tag(other, "d", ab_c, 2, tags[3], 32);
	vault_tag(key, "d", ab_c, 2, tags[4], 16);
	for (size_t i = 0; i < 5; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(tags[i], tags[k], 16);
}

static void test_boxes(void **state)
{
	struct secret *pair = NULL;
	struct secret *what = test_secret("0123456789abcdef0123456789abcdef", 32);
	struct secret *back = NULL;
	uint8_t public_key[VAULT_KEY_BYTES];
	uint8_t boxed[32 + VAULT_BOX_BYTES];
	const uint8_t small_order[VAULT_KEY_BYTES] = {0};
	(void)state;
	REQUIRE(vault_pair_new(&pair, public_key, NULL) == 0);
	assert_int_equal(vault_box(public_key, what, boxed, NULL), 0);
	assert_int_equal(vault_unbox(pair, public_key, boxed, sizeof boxed, &back, NULL), 0);
	assert_memory_equal(secret_bytes(back), secret_bytes(what), 32);
	back = secret_free(back);
	for (size_t i = 0; i < sizeof boxed; i++) {
		boxed[i] ^= 1;
		assert_int_equal(
			vault_unbox(pair, public_key, boxed, sizeof boxed, &back, NULL), CF_E_REFUSED);
		boxed[i] ^= 1;
	}
	assert_int_equal(vault_box(small_order, what, boxed, NULL), CF_E_REFUSED);
	secret_free(pair);
	secret_free(what);
}

static void test_costs(void **state)
{
	struct secret *passphrase = test_secret("passphrase", 10);
	struct secret *empty = test_secret("", 0);
	struct secret *key = NULL;
	const uint8_t salt[VAULT_SALT_BYTES] = {1};
	const struct vault_costs cheap = {1, 8192};
	const struct vault_costs bad[] = {{0, 8192}, {17, 8192}, {1, 100}, {1, UINT64_C(2) << 30}};
	(void)state;
	assert_int_equal(vault_stretch(passphrase, &cheap, salt, &key, NULL), 0);
	assert_int_equal(secret_size(key), VAULT_KEY_BYTES);
	key = secret_free(key);
	assert_int_equal(vault_stretch(empty, &cheap, salt, &key, NULL), CF_E_USAGE);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(vault_stretch(passphrase, &bad[i], salt, &key, NULL), CF_E_REFUSED);
	secret_free(passphrase);
	secret_free(empty);
}

/* RFC 6238, appendix B, mode SHA1. */
static void test_totp_vectors(void **state)
{
	static const struct {
		uint64_t seconds;
		const char *code;
	} vectors[] = {
		{59, "94287082"},
		{1111111109, "07081804"},
		{1111111111, "14050471"},
		{1234567890, "89005924"},
		{2000000000, "69279037"},
		{20000000000, "65353130"},
	};
	struct secret *secret = test_secret("12345678901234567890", 20);
	char code[TOTP_DIGITS_MAX + 1];
	uint64_t step = 0;
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const uint64_t at = vectors[i].seconds;
		totp_code(secret, at / TOTP_STEP_SECONDS, 8, code);
		assert_string_equal(code, vectors[i].code);
		/* six digits are the last six of eight */
		assert_int_equal(totp_check(secret, vectors[i].code + 2, at, 0, &step), 0);
		assert_int_equal(step, at / TOTP_STEP_SECONDS);
		assert_int_equal(totp_check(secret, vectors[i].code + 2, at + 30, 0, &step), 0);
		assert_int_equal(totp_check(secret, vectors[i].code + 2, at + 90, 0, &step), CF_E_REFUSED);
		/* once */
		assert_int_equal(totp_check(secret, vectors[i].code + 2, at, step, &step), CF_E_REFUSED);
	}
	assert_int_equal(totp_check(secret, "28708", 59, 0, &step), CF_E_REFUSED);
	assert_int_equal(totp_check(secret, "2870822", 59, 0, &step), CF_E_REFUSED);
	secret_free(secret);
}

static void test_key_files(void **state)
{
	char folder[] = "/tmp/counterfoil-vault-XXXXXX";
	char path[64];
	struct secret *a = NULL;
	struct secret *b = NULL;
	uint8_t bytes[STORE_KEY_FILE_BYTES];
	(void)state;
	REQUIRE(mkdtemp(folder) != NULL);
	(void)snprintf(path, sizeof path, "%s/key", folder);
	assert_int_equal(store_key_file_read(path, &a, NULL), CF_E_NOT_FOUND);
	assert_int_equal(store_key_file_new(path, NULL), 0);
	assert_int_equal(store_key_file_new(path, NULL), CF_E_STATE);
	assert_int_equal(store_key_file_read(path, &a, NULL), 0);
	assert_int_equal(store_key_file_read(path, &b, NULL), 0);
	assert_memory_equal(secret_bytes(a), secret_bytes(b), 32);
	b = secret_free(b);
	FILE *f = fopen(path, "rb");
	REQUIRE(f && fread(bytes, 1, sizeof bytes, f) == sizeof bytes && fclose(f) == 0);
	for (size_t i = 0; i < sizeof bytes; i++) {
		bytes[i] ^= 2;
		assert_int_equal(store_key_parse("key", bytes, sizeof bytes, &b, NULL), CF_E_INPUT);
		bytes[i] ^= 2;
		assert_int_equal(store_key_parse("key", bytes, i, &b, NULL), CF_E_INPUT);
	}
	REQUIRE(chmod(path, 0644) == 0);
	assert_int_equal(store_key_file_read(path, &b, NULL), CF_E_REFUSED);
	assert_int_equal(store_key_file_read(folder, &b, NULL), CF_E_INPUT);
	REQUIRE(unlink(path) == 0 && rmdir(folder) == 0);
	secret_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seal),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_boxes),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_totp_vectors),
		cmocka_unit_test(test_key_files),
	};
	REQUIRE(crypto_start(NULL) == 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
