#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/identity.h"
#include "crypto/identity_parts.h"
#include "crypto/test_support.h"

enum { FILE_BYTES = 260, HASH_AT = 228 };

static char folder[] = "/tmp/counterfoil-key-test-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof path, "%s/key", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int remove_file(void **state)
{
	(void)state;
	(void)unlink(path);
	return 0;
}

static struct identity *new_identity(void)
{
	struct identity *id = NULL;
	assert_int_equal(identity_new("Shelter été", &id, NULL), 0);
	return id;
}

static void load(uint8_t image[FILE_BYTES])
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(image, 1, FILE_BYTES, f), FILE_BYTES);
	assert_int_equal(fgetc(f), EOF);
	(void)fclose(f);
}

static void save(const uint8_t *image, size_t n)
{
	(void)unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, image, n), n);
	(void)close(fd);
}

static void put_number(uint8_t *to, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

/* The hash that tells damage, as documented. */
static void put_hash(uint8_t image[FILE_BYTES])
{
	crypto_digest("counterfoil key file v1", &(struct crypto_part){image, HASH_AT}, 1, image + HASH_AT);
}

static int read_it(const char *passphrase, struct identity **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = passphrase ? test_secret(passphrase, strlen(passphrase)) : NULL;
	return identity_read(path, s, ret, err);
}

static void refuse(const char *passphrase, int code, const char *says)
{
	struct identity *id = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(read_it(passphrase, &id, &err), code);
	assert_null(id);
	if (!strstr(err.message, says))
		fail_msg("'%s' does not say '%s'", err.message, says);
}

static void assert_same(const struct identity *a, const struct identity *b)
{
	assert_memory_equal(&a->card, &b->card, sizeof a->card);
	assert_memory_equal(secret_bytes(a->sign), secret_bytes(b->sign), 64);
	assert_memory_equal(secret_bytes(a->box), secret_bytes(b->box), 32);
}

static void test_round_trip_plain(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	CF_CLEANUP_IDENTITY struct identity *back = NULL;
	struct stat st;
	mode_t old = umask(0);
	int status = identity_write(id, path, NULL, NULL);
	(void)umask(old);
	assert_int_equal(status, 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(read_it(NULL, &back, NULL), 0);
	assert_same(id, back);
}

static void test_round_trip_sealed(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	CF_CLEANUP_IDENTITY struct identity *back = NULL;
	CF_CLEANUP_SECRET struct secret *passphrase = test_secret("correct horse", 13);
	uint8_t image[FILE_BYTES];
	assert_int_equal(identity_write(id, path, passphrase, NULL), 0);
	load(image);
	assert_null(memmem(image, sizeof image, secret_bytes(id->sign), 8));
	assert_null(memmem(image, sizeof image, secret_bytes(id->box), 8));
	assert_null(memmem(image, sizeof image, "Shelter", 7));
	assert_int_equal(read_it("correct horse", &back, NULL), 0);
	assert_same(id, back);
	refuse("correct horsf", CF_E_REFUSED, "passphrase is wrong");
	refuse(NULL, CF_E_REFUSED, "passphrase is needed");
}

static void test_never_overwrites(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	struct cf_error err = CF_ERROR_INIT;
	save((const uint8_t *)"precious", 8);
	assert_int_equal(identity_write(id, path, NULL, &err), CF_E_STATE);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 8);
	/* nor does it follow a link that someone laid there */
	remove_file(NULL);
	assert_int_equal(symlink("/nonexistent/elsewhere", path), 0);
	assert_int_equal(identity_write(id, path, NULL, &err), CF_E_STATE);
}

static void test_cannot_write(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	CF_CLEANUP_SECRET struct secret *empty = test_secret("", 0);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(identity_write(id, "/nonexistent/key", NULL, &err), CF_E_IO);
	assert_int_equal(identity_write(id, path, empty, &err), CF_E_USAGE);
	/* a disk that is full after 100 bytes: nothing stays behind */
	struct rlimit old;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	const struct rlimit little = {100, old.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	int status = identity_write(id, path, NULL, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(status, CF_E_IO);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_refuses_readable_by_others(void **state)
{
	(void)state;
	static const mode_t bad[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666};
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	CF_CLEANUP_IDENTITY struct identity *back = NULL;
	assert_int_equal(identity_write(id, path, NULL, NULL), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(chmod(path, bad[i]), 0);
		refuse(NULL, CF_E_REFUSED, "chmod 600");
	}
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(read_it(NULL, &back, NULL), 0);
}

static void test_not_a_file(void **state)
{
	(void)state;
	refuse(NULL, CF_E_NOT_FOUND, "is not there");
	assert_int_equal(mkfifo(path, 0600), 0);
	refuse(NULL, CF_E_INPUT, "is no file"); /* and does not wait for a writer */
	remove_file(NULL);
	assert_int_equal(symlink(path, path), 0);
	refuse(NULL, CF_E_IO, "could not be opened");
}

static void test_every_damage(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	uint8_t image[FILE_BYTES + 1] = {0};
	assert_int_equal(identity_write(id, path, NULL, NULL), 0);
	load(image);
	for (size_t bit = 0; bit < 8 * FILE_BYTES; bit++) {
		image[bit / 8] ^= (uint8_t)(1U << bit % 8);
		save(image, FILE_BYTES);
		refuse(NULL, CF_E_INPUT, bit < 128 ? "no key file" : "damaged");
		image[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t n = 0; n < FILE_BYTES; n++) {
		save(image, n);
		refuse(NULL, CF_E_INPUT, "cut short");
	}
	save(image, FILE_BYTES + 1);
	refuse(NULL, CF_E_INPUT, "no key file");
}

/* Fields that are wrong though the hash is right: an attacker's file. */
static void test_hostile_fields(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint64_t value;
		int n, code;
		const char *says;
	} cases[] = {
		{16, 2, 4, CF_E_INPUT, "version"},
		{20, 2, 4, CF_E_INPUT, "protected in a way"},
		{24, 1, 8, CF_E_INPUT, "protected in a way"},
		{212, 1, 1, CF_E_INPUT, "protected in a way"},
		{80, 65, 4, CF_E_INPUT, "no name"},
		{80, UINT32_MAX, 4, CF_E_INPUT, "no name"},
		{80, 0, 4, CF_E_INPUT, "1 to 64 bytes"},
		{84, '/', 1, CF_E_INPUT, "'/'"},
		{80, 30, 4, CF_E_INPUT, "cannot be printed"},
	};
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	uint8_t whole[FILE_BYTES];
	assert_int_equal(identity_write(id, path, NULL, NULL), 0);
	load(whole);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint8_t image[FILE_BYTES];
		memcpy(image, whole, sizeof image);
		put_number(image + cases[i].at, cases[i].value, cases[i].n);
		put_hash(image);
		save(image, sizeof image);
		refuse(NULL, cases[i].code, cases[i].says);
	}
}

/* A sealed file made here from the description alone, with costs that a test can afford. */
static void make_sealed(uint64_t passes, uint64_t memory, uint8_t image[FILE_BYTES])
{
	static const char passphrase[] = "pass";
	uint8_t key[32] = {0};
	memset(image, 0, FILE_BYTES);
	memcpy(image, "counterfoil key\n", 16);
	put_number(image + 16, 1, 4);
	put_number(image + 20, 1, 4);
	put_number(image + 24, passes, 8);
	put_number(image + 32, memory, 8);
	crypto_random(image + 40, 40);
	put_number(image + 80, 4, 4);
	memcpy(image + 84, "Nord", 4);
	memset(image + 148, 7, 32);
	memset(image + 180, 9, 32);
	if (memory <= 1 << 20 && passes < 10)
		assert_true(passes == 0 || memory < 8192 ||
			    crypto_pwhash(key, 32, passphrase, 4, image + 40, passes, memory,
				    crypto_pwhash_ALG_ARGON2ID13) == 0);
	crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
		image + 80, image + 212, NULL, image + 80, 132, image, 80, NULL, image + 56, key);
	put_hash(image);
}

static void test_documented_format(void **state)
{
	(void)state;
	uint8_t image[FILE_BYTES];
	uint8_t seed[32];
	uint8_t box[32];
	uint8_t public_key[32];
	uint8_t secret_key[64];
	CF_CLEANUP_IDENTITY struct identity *id = NULL;
	make_sealed(1, 8192, image);
	save(image, sizeof image);
	assert_int_equal(read_it("pass", &id, NULL), 0);
	memset(seed, 7, sizeof seed);
	memset(box, 9, sizeof box);
	assert_string_equal(id->card.name, "Nord");
	crypto_sign_seed_keypair(public_key, secret_key, seed);
	assert_memory_equal(id->card.sign_key, public_key, 32);
	assert_memory_equal(secret_bytes(id->box), box, 32);
	assert_int_equal(crypto_scalarmult_base(public_key, box), 0);
	assert_memory_equal(id->card.box_key, public_key, 32);
	refuse("Pass", CF_E_REFUSED, "passphrase is wrong");
}

/* Every bit before the hash is authenticated, costs included. */
static void test_sealed_is_authenticated(void **state)
{
	(void)state;
	uint8_t image[FILE_BYTES];
	make_sealed(1, 8192, image);
	for (size_t bit = 8 * 16; bit < 8 * HASH_AT; bit++) {
		struct identity *id = NULL;
		size_t byte = bit / 8;
		if (byte >= 26 && byte < 40 && byte != 33)
			continue; /* costs over the bound: the next test */
		image[byte] ^= (uint8_t)(1U << bit % 8);
		put_hash(image);
		save(image, sizeof image);
		assert_true(read_it("pass", &id, NULL) < 0);
		assert_null(id);
		image[byte] ^= (uint8_t)(1U << bit % 8);
	}
}

static void test_costs_are_bounded(void **state)
{
	(void)state;
	static const uint64_t costs[][2] = {{17, 8192}, {0, 8192}, {UINT64_MAX, 8192}, {1, 8191}, {1, 0},
		{1, (UINT64_C(1) << 30) + 1}, {1, UINT64_C(1) << 40}, {1, UINT64_MAX}};
	uint8_t image[FILE_BYTES];
	for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
		make_sealed(costs[i][0], costs[i][1], image);
		save(image, sizeof image);
		refuse("pass", CF_E_REFUSED, "more work or memory");
	}
}

/* Argon2id that gets no memory says so. */
static void test_too_little_memory(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__)
	skip(); /* the sanitizer's shadow wants more address space than the limit leaves */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	skip();
#endif
#endif
	struct rlimit old;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	CF_CLEANUP_SECRET struct secret *passphrase = test_secret("p", 1);
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	const struct rlimit little = {UINT64_C(200) << 20, old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
	int status = identity_write(id, path, passphrase, &err);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	assert_int_equal(status, CF_E_MEMORY);
	assert_int_equal(access(path, F_OK), -1);
}

static int write_and_read(void *context, struct cf_error *err)
{
	CF_CLEANUP_IDENTITY struct identity *back = NULL;
	(void)unlink(path);
	TRY(identity_write(context, path, NULL, err));
	return identity_read(path, NULL, &back, err);
}

static int read_sealed(void *context, struct cf_error *err)
{
	CF_CLEANUP_IDENTITY struct identity *back = NULL;
	return identity_read(path, context, &back, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	CF_CLEANUP_SECRET struct secret *passphrase = test_secret("pass", 4);
	uint8_t image[FILE_BYTES];
	assert_true(test_sweep(write_and_read, id) >= 5);
	make_sealed(1, 8192, image);
	save(image, sizeof image);
	assert_true(test_sweep(read_sealed, passphrase) >= 5);
}

static void *read_thread(void *context)
{
	struct identity *id = NULL;
	REQUIRE(identity_read(path, NULL, &id, NULL) == 0);
	identity_free(id);
	(void)context;
	return NULL;
}

static void *write_thread(void *context)
{
	REQUIRE(identity_write(context, path, NULL, NULL) == 0);
	return NULL;
}

static void test_nothing_left_on_the_stack(void **state)
{
	(void)state;
	CF_CLEANUP_IDENTITY struct identity *id = new_identity();
	assert_false(test_left_on_stack(write_thread, id, secret_bytes(id->sign), 16));
	assert_false(test_left_on_stack(read_thread, NULL, secret_bytes(id->sign), 16));
	assert_false(test_left_on_stack(read_thread, NULL, secret_bytes(id->box) + 1, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_round_trip_plain, remove_file),
		cmocka_unit_test_teardown(test_round_trip_sealed, remove_file),
		cmocka_unit_test_teardown(test_never_overwrites, remove_file),
		cmocka_unit_test_teardown(test_cannot_write, remove_file),
		cmocka_unit_test_teardown(test_refuses_readable_by_others, remove_file),
		cmocka_unit_test_teardown(test_not_a_file, remove_file),
		cmocka_unit_test_teardown(test_every_damage, remove_file),
		cmocka_unit_test_teardown(test_hostile_fields, remove_file),
		cmocka_unit_test_teardown(test_documented_format, remove_file),
		cmocka_unit_test_teardown(test_sealed_is_authenticated, remove_file),
		cmocka_unit_test_teardown(test_costs_are_bounded, remove_file),
		cmocka_unit_test_teardown(test_too_little_memory, remove_file),
		cmocka_unit_test_teardown(test_out_of_memory, remove_file),
		cmocka_unit_test_teardown(test_nothing_left_on_the_stack, remove_file),
	};
	if (crypto_start(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
