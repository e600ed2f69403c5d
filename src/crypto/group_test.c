#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sodium.h>

#include "base/interrupt.h"
#include "crypto/group.h"
#include "crypto/test_support.h"

static const char tag[] = "counterfoil test";
enum { N_TAG = sizeof tag - 1 };

static struct secret *new_scalar(void)
{
	struct secret *s = NULL;
	assert_int_equal(group_scalar_new(&s, NULL), 0);
	return s;
}

static struct job_pool *new_pool(int n_threads)
{
	struct job_pool *pool = NULL;
	assert_int_equal(jobs_new(n_threads, &pool, NULL), 0);
	return pool;
}

/* n fresh elements, to be freed */
static uint8_t *random_elements(size_t n)
{
	uint8_t *e = NEW_ARRAY(uint8_t, n * GROUP_ELEMENT_BYTES);
	assert_non_null(e);
	for (size_t i = 0; i < n; i++)
		group_random_element(e + i * GROUP_ELEMENT_BYTES);
	return e;
}

static void test_expand_bounds(void **state)
{
	(void)state;
	static uint8_t out[16400];
	static uint8_t long_tag[256];
	assert_int_equal(group_expand_message("m", 1, tag, N_TAG, out, 16320, NULL), 0);
	assert_int_equal(group_expand_message("m", 1, tag, N_TAG, out, 16321, NULL), CF_E_USAGE);
	assert_int_equal(group_expand_message("m", 1, tag, N_TAG, out, 0, NULL), CF_E_USAGE);
	assert_int_equal(group_expand_message("m", 1, tag, 0, out, 32, NULL), CF_E_USAGE);
	assert_int_equal(group_expand_message("m", 1, long_tag, 255, out, 32, NULL), 0);
	assert_int_equal(group_expand_message("m", 1, long_tag, 256, out, 32, NULL), CF_E_USAGE);
	assert_int_equal(group_hash("m", 1, tag, 0, out, NULL), CF_E_USAGE);
}

static void test_hash_separates(void **state)
{
	(void)state;
	uint8_t a[32];
	uint8_t b[32];
	assert_int_equal(group_hash("m", 1, tag, N_TAG, a, NULL), 0);
	assert_int_equal(group_hash("m", 1, tag, N_TAG - 1, b, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(group_hash("n", 1, tag, N_TAG, b, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(group_hash(NULL, 0, tag, N_TAG, b, NULL), 0);
	assert_true(group_is_valid(b));
}

static void test_elements(void **state)
{
	(void)state;
	uint8_t seed[64];
	uint8_t a[32];
	uint8_t b[32];
	for (int i = 0; i < 200; i++) {
		group_random_element(a);
		group_random_element(b);
		assert_true(group_is_valid(a));
		assert_memory_not_equal(a, b, 32);
	}
	crypto_random(seed, sizeof seed);
	group_element_from_uniform(seed, a);
	group_element_from_uniform(seed, b);
	assert_memory_equal(a, b, 32);
	assert_true(group_is_valid(a));
}

static void test_scalars(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	CF_CLEANUP_SECRET struct secret *a = NULL;
	CF_CLEANUP_SECRET struct secret *b = NULL;
	CF_CLEANUP_SECRET struct secret *zero = test_secret("", 0);
	uint8_t want[32];
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(secret_new_random(64, &seed, NULL), 0);
	assert_int_equal(group_scalar_from_seed(seed, &a, NULL), 0);
	crypto_core_ristretto255_scalar_reduce(want, secret_bytes(seed));
	assert_memory_equal(secret_bytes(a), want, 32);
	/* a seed that reduces to zero: zero itself, and the order of the group */
	static const uint8_t order[64] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
		0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	for (int i = 0; i < 2; i++) {
		zero = secret_free(zero);
		zero = i ? test_secret(order, 64) : test_secret((uint8_t[64]){0}, 64);
		assert_int_equal(group_scalar_from_seed(zero, &b, &err), CF_E_INTERNAL);
		assert_null(b);
	}
	zero = secret_free(zero);
	assert_int_equal(secret_new(32, &zero, NULL), 0);
	assert_int_equal(group_scalar_invert(zero, &b, &err), CF_E_REFUSED);
	assert_null(b);
}

static void test_inverse_undoes(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	CF_CLEANUP_SECRET struct secret *inverse = NULL;
	uint8_t p[32];
	uint8_t q[32];
	group_random_element(p);
	assert_int_equal(group_scalar_invert(a, &inverse, NULL), 0);
	assert_int_equal(group_multiply(a, p, q, NULL), 0);
	assert_memory_not_equal(p, q, 32);
	assert_int_equal(group_multiply(inverse, q, q, NULL), 0);
	assert_memory_equal(p, q, 32);
}

static void test_product_of_scalars(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++) {
		CF_CLEANUP_SECRET struct secret *a = new_scalar();
		CF_CLEANUP_SECRET struct secret *b = new_scalar();
		uint8_t product[32];
		uint8_t p[32];
		uint8_t one_by_one[32];
		uint8_t at_once[32];
		crypto_core_ristretto255_scalar_mul(product, secret_bytes(a), secret_bytes(b));
		CF_CLEANUP_SECRET struct secret *ab = test_secret(product, 32);
		group_random_element(p);
		assert_int_equal(group_multiply(b, p, one_by_one, NULL), 0);
		assert_int_equal(group_multiply(a, one_by_one, one_by_one, NULL), 0);
		assert_int_equal(group_multiply(ab, p, at_once, NULL), 0);
		assert_memory_equal(one_by_one, at_once, 32);
	}
}

/* What the protocol rests on: whoever begins, after all five the same value has the same token. */
static void test_ring_of_five_commutes(void **state)
{
	(void)state;
	enum { PARTIES = 5, VALUES = 20 };
	struct secret *key[PARTIES];
	struct group_message messages[VALUES];
	char text[VALUES][8];
	static uint8_t token[PARTIES][VALUES * 32];
	CF_CLEANUP_JOBS struct job_pool *pool = new_pool(2);
	for (int i = 0; i < VALUES; i++) {
		(void)snprintf(text[i], sizeof text[i], "v%d", i);
		messages[i] = (struct group_message){text[i], strlen(text[i])};
	}
	for (int i = 0; i < PARTIES; i++)
		key[i] = new_scalar();
	for (int first = 0; first < PARTIES; first++) {
		uint8_t *t = token[first];
		assert_int_equal(
			group_blind_batch(pool, key[first], messages, VALUES, tag, N_TAG, t, NULL), 0);
		for (int hop = 1; hop < PARTIES; hop++)
			assert_int_equal(group_multiply_batch(pool, key[(first + hop) % PARTIES], t, VALUES,
						 t, NULL, NULL),
				0);
		assert_memory_equal(t, token[0], VALUES * 32);
	}
	for (int i = 0; i < PARTIES; i++)
		secret_free(key[i]);
}

/* Batches equal single calls for every number of threads, at the borders of blocks. */
static void test_batch_is_single(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, 255, 256, 257, 600};
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	uint8_t *in = random_elements(600);
	uint8_t *want = random_elements(600);
	uint8_t *got = random_elements(600);
	for (size_t i = 0; i < 600; i++)
		assert_int_equal(group_multiply(a, in + i * 32, want + i * 32, NULL), 0);
	for (int n_threads = 0; n_threads <= 5; n_threads++) {
		CF_CLEANUP_JOBS struct job_pool *pool = n_threads ? new_pool(n_threads) : NULL;
		for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
			memset(got, 0, 600 * 32);
			assert_int_equal(group_multiply_batch(pool, a, in, sizes[s], got, NULL, NULL), 0);
			assert_memory_equal(got, want, sizes[s] * 32);
			assert_true(sizes[s] == 600 || sodium_is_zero(got + sizes[s] * 32, 32));
		}
	}
	mem_free(in);
	mem_free(want);
	mem_free(got);
}

static void test_blind_is_hash_and_multiply(void **state)
{
	(void)state;
	enum { N = 300 };
	static uint8_t out[N * 32];
	static char text[N][8];
	struct group_message messages[N];
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	for (int i = 0; i < N; i++) {
		(void)snprintf(text[i], sizeof text[i], "%d", i);
		messages[i] = (struct group_message){i % 3 ? text[i] : NULL, strlen(text[i])};
	}
	for (int n_threads = 1; n_threads <= 3; n_threads++) {
		CF_CLEANUP_JOBS struct job_pool *pool = new_pool(n_threads);
		assert_int_equal(group_blind_batch(pool, a, messages, N, tag, N_TAG, out, NULL), 0);
		for (int i = 0; i < N; i++) {
			uint8_t want[32];
			assert_int_equal(group_hash(text[i], strlen(text[i]), tag, N_TAG, want, NULL), 0);
			assert_int_equal(group_multiply(a, want, want, NULL), 0);
			if (i % 3)
				assert_memory_equal(out + i * 32, want, 32);
			else
				assert_memory_not_equal(out + i * 32, want, 32);
			assert_true(group_is_valid(out + i * 32));
		}
		/* padding is fresh each time */
		assert_memory_not_equal(out, out + 3 * 32, 32);
	}
}

static void test_blind_refuses(void **state)
{
	(void)state;
	const struct group_message message = {"m", 1};
	uint8_t out[32];
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	CF_CLEANUP_SECRET struct secret *zero = NULL;
	assert_int_equal(secret_new(32, &zero, NULL), 0);
	assert_int_equal(group_blind_batch(NULL, a, &message, 1, tag, 0, out, &err), CF_E_USAGE);
	assert_int_equal(group_blind_batch(NULL, zero, &message, 1, tag, N_TAG, out, &err), CF_E_REFUSED);
}

/* RFC 9496 appendix A.2: encodings that must be refused. */
static const char *const bad_encodings[] = {
	/* non-canonical field elements */
	"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	/* negative field elements */
	"0100000000000000000000000000000000000000000000000000000000000000",
	"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
	"c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
	"c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
	"47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
	"f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
	"87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
	/* non-square x^2 */
	"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
	"4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
	"de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
	"bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
	"2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
	"f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
	"8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
	"2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
	/* negative xy */
	"3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
	"a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
	"d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
	"8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
	"32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
	"227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
	"5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
	"445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
	/* s = -1, which gives y = 0 */
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	/* the identity, which no honest party sends */
	"0000000000000000000000000000000000000000000000000000000000000000",
};

static void test_bad_encodings(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	for (size_t i = 0; i < sizeof bad_encodings / sizeof *bad_encodings; i++) {
		static struct test_bytes bytes;
		uint8_t out[32] = {1};
		struct cf_error err = CF_ERROR_INIT;
		test_from_hex(bad_encodings[i], strlen(bad_encodings[i]), &bytes);
		assert_int_equal(bytes.n, 32);
		assert_false(group_is_valid(bytes.data));
		assert_int_equal(group_multiply(a, bytes.data, out, &err), CF_E_REFUSED);
		assert_int_equal(out[0], 1);
		assert_int_equal(group_multiply_batch(NULL, a, bytes.data, 1, out, NULL, &err), CF_E_REFUSED);
	}
}

/* A valid encoding with the top bit set, which libsodium 1.0.18 alone would take for the same element. */
static void test_top_bit(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	for (int i = 0; i < 100; i++) {
		uint8_t element[32];
		uint8_t out[32];
		group_random_element(element);
		element[31] |= 0x80;
		assert_false(group_is_valid(element));
		assert_int_equal(group_multiply(a, element, out, NULL), CF_E_REFUSED);
		assert_int_equal(group_multiply_batch(NULL, a, element, 1, out, NULL, NULL), CF_E_REFUSED);
	}
}

/* RFC 9496 appendix A.1: small multiples of the generator. */
static void test_multiples_of_the_generator(void **state)
{
	(void)state;
	static const char *const multiples[] = {
		"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
		"6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
		"94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
		"da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
		"e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
	};
	static struct test_bytes generator, want;
	test_from_hex(multiples[0], 64, &generator);
	for (uint8_t i = 1; i <= sizeof multiples / sizeof *multiples; i++) {
		uint8_t scalar[32] = {i};
		uint8_t got[32];
		CF_CLEANUP_SECRET struct secret *s = test_secret(scalar, 32);
		test_from_hex(multiples[i - 1], 64, &want);
		assert_int_equal(group_multiply(s, generator.data, got, NULL), 0);
		assert_memory_equal(got, want.data, 32);
	}
}

/* Random bytes: about one string in sixteen is an encoding, and both functions agree on which. */
static void test_random_encodings(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	int n_valid = 0;
	for (int i = 0; i < 8000; i++) {
		uint8_t bytes[32];
		uint8_t out[32];
		crypto_random(bytes, sizeof bytes);
		int valid = group_is_valid(bytes);
		assert_int_equal(group_multiply(a, bytes, out, NULL), valid ? 0 : CF_E_REFUSED);
		n_valid += valid;
	}
	/* 500 expected, 22 the standard deviation */
	assert_in_range(n_valid, 350, 650);
}

static void test_lowest_bad_index(void **state)
{
	(void)state;
	enum { N = 2000 };
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	uint8_t *in = random_elements(N);
	uint8_t *out = random_elements(N);
	static const size_t bad[][3] = {{0, 1, 2}, {1999, 1999, 1999}, {300, 700, 1999}, {255, 256, 257},
		{256, 1024, 1900}, {1999, 511, 512}};
	for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
		uint8_t *copy = NEW_ARRAY(uint8_t, N * 32);
		assert_non_null(copy);
		memcpy(copy, in, N * 32);
		size_t lowest = N;
		for (size_t j = 0; j < 3; j++) {
			/* one is the identity, others are no element */
			memset(copy + bad[k][j] * 32, j == 1 ? 0 : 0xff, 32);
			lowest = bad[k][j] < lowest ? bad[k][j] : lowest;
		}
		for (int n_threads = 0; n_threads <= 4; n_threads++) {
			CF_CLEANUP_JOBS struct job_pool *pool = n_threads ? new_pool(n_threads) : NULL;
			size_t found = 12345;
			struct cf_error err = CF_ERROR_INIT;
			assert_int_equal(
				group_multiply_batch(pool, a, copy, N, out, &found, &err), CF_E_REFUSED);
			assert_int_equal(found, lowest);
			assert_int_equal(err.code, CF_E_REFUSED);
			assert_int_equal(
				group_multiply_batch(pool, a, copy, N, out, NULL, NULL), CF_E_REFUSED);
		}
		mem_free(copy);
	}
	mem_free(in);
	mem_free(out);
}

static void test_interruption(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	CF_CLEANUP_JOBS struct job_pool *pool = new_pool(2);
	uint8_t *e = random_elements(600);
	size_t bad = 7;
	interrupt_set(true);
	int alone = group_multiply_batch(NULL, a, e, 600, e, &bad, NULL);
	int together = group_multiply_batch(pool, a, e, 600, e, &bad, NULL);
	interrupt_set(false);
	assert_int_equal(alone, CF_E_INTERRUPTED);
	assert_int_equal(together, CF_E_INTERRUPTED);
	assert_int_equal(bad, 7);
	mem_free(e);
}

static int make_scalars(void *context, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *a = NULL;
	CF_CLEANUP_SECRET struct secret *b = NULL;
	CF_CLEANUP_SECRET struct secret *c = NULL;
	TRY(group_scalar_new(&a, err));
	TRY(group_scalar_invert(a, &b, err));
	return group_scalar_from_seed(context, &c, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	assert_int_equal(secret_new_random(64, &seed, NULL), 0);
	assert_true(test_sweep(make_scalars, seed) >= 3);
}

struct stack_case {
	const struct secret *scalar;
	const uint8_t *in;
	uint8_t out[32];
};

static void *multiply_thread(void *context)
{
	struct stack_case *c = context;
	REQUIRE(group_multiply(c->scalar, c->in, c->out, NULL) == 0);
	REQUIRE(group_multiply_batch(NULL, c->scalar, c->in, 1, c->out, NULL, NULL) == 0);
	return NULL;
}

static const struct group_message canary = {"a name that must not be left lying about", 40};

static void *blind_thread(void *context)
{
	struct stack_case *c = context;
	REQUIRE(group_blind_batch(NULL, c->scalar, &canary, 1, tag, N_TAG, c->out, NULL) == 0);
	return NULL;
}

static void *expand_thread(void *context)
{
	uint8_t *uniform = context;
	REQUIRE(group_expand_message(canary.data, canary.n, tag, N_TAG, uniform, 64, NULL) == 0);
	return NULL;
}

/* The scalar in signed digits to the base 16, as multiplication uses it (Bernstein et al. 2012, section 4).
 */
static void recode(const uint8_t scalar[32], int8_t digits[64])
{
	int carry = 0;
	for (size_t i = 0; i < 64; i++) {
		int digit = (scalar[i / 2] >> (i % 2 ? 4 : 0) & 15) + carry;
		carry = i < 63 && digit >= 8;
		digits[i] = (int8_t)(digit - 16 * carry);
	}
}

/* The look finds what there is to find. */
static void *careless_thread(void *context)
{
	struct stack_case *c = context;
	uint8_t copy[32];
	memcpy(copy, secret_bytes(c->scalar), 32);
	__asm__ volatile("" : : "r"(copy) : "memory");
	return NULL;
}

static void test_nothing_left_on_the_stack(void **state)
{
	(void)state;
	uint8_t in[32];
	uint8_t hashed[32];
	uint8_t uniform[64];
	CF_CLEANUP_SECRET struct secret *a = new_scalar();
	group_random_element(in);
	struct stack_case c = {.scalar = a, .in = in};
	assert_int_equal(group_hash(canary.data, canary.n, tag, N_TAG, hashed, NULL), 0);
	assert_int_equal(group_expand_message(canary.data, canary.n, tag, N_TAG, uniform, 64, NULL), 0);
	assert_false(test_left_on_stack(multiply_thread, &c, secret_bytes(a), 16));
	assert_false(test_left_on_stack(blind_thread, &c, secret_bytes(a), 16));
	assert_false(test_left_on_stack(blind_thread, &c, hashed, 16));
	assert_false(test_left_on_stack(blind_thread, &c, uniform, 16));
	assert_false(test_left_on_stack(blind_thread, &c, canary.data, 16));
	uint8_t *elsewhere = NEW_ARRAY(uint8_t, 64);
	int8_t digits[64];
	recode(secret_bytes(a), digits);
	assert_non_null(elsewhere);
	assert_false(test_left_on_stack(multiply_thread, &c, digits, 16));
	assert_false(test_left_on_stack(multiply_thread, &c, digits + 48, 16));
	assert_false(test_left_on_stack(blind_thread, &c, digits + 24, 16));
	assert_false(test_left_on_stack(expand_thread, elsewhere, uniform, 16));
	mem_free(elsewhere);
	assert_true(test_left_on_stack(careless_thread, &c, secret_bytes(a), 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expand_bounds),
		cmocka_unit_test(test_hash_separates),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_scalars),
		cmocka_unit_test(test_inverse_undoes),
		cmocka_unit_test(test_product_of_scalars),
		cmocka_unit_test(test_ring_of_five_commutes),
		cmocka_unit_test(test_batch_is_single),
		cmocka_unit_test(test_blind_is_hash_and_multiply),
		cmocka_unit_test(test_blind_refuses),
		cmocka_unit_test(test_bad_encodings),
		cmocka_unit_test(test_top_bit),
		cmocka_unit_test(test_multiples_of_the_generator),
		cmocka_unit_test(test_random_encodings),
		cmocka_unit_test(test_lowest_bad_index),
		cmocka_unit_test(test_interruption),
		cmocka_unit_test(test_out_of_memory),
		cmocka_unit_test(test_nothing_left_on_the_stack),
	};
	if (crypto_start(NULL) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
