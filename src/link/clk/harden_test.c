#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "base/sweep.h"
#include "link/clk/encode.h"
#include "link/clk/harden.h"
#include "link/clk/test_support.h"

static struct secret *secret_of(const char *text)
{
	struct secret *s = NULL;
	assert_int_equal(secret_new(strlen(text), &s, NULL), 0);
	memcpy(secret_data(s), text, strlen(text));
	return s;
}

static size_t count(const uint64_t *bits, size_t n_words)
{
	size_t n = 0;
	for (size_t w = 0; w < n_words; w++)
		n += (size_t)__builtin_popcountll(bits[w]);
	return n;
}

static void draw(struct random_stream *random, uint64_t *bits, size_t n_bits)
{
	memset(bits, 0, (n_bits + 63) / 64 * 8);
	for (size_t i = 0; i < n_bits; i++)
		bits[i / 64] |= (random_bits(random) & 1) << (63 - i % 64);
}

/* Flips: binomial in number at every place alike, the same for the same filter and secret, others otherwise.
 */
static void test_flips(void **state)
{
	(void)state;
	enum { BITS = 1000, WORDS = 16, TRIALS = 3000 };
	static size_t by_place[BITS];
	const struct clk_schema schema = {
		.n_bits = BITS, .hardening = {.flip_rate = 0.03, .salt_feature = -1}};
	CF_CLEANUP_SECRET struct secret *a = secret_of("one");
	CF_CLEANUP_SECRET struct secret *b = secret_of("two");
	CF_CLEANUP_CLK_HARDENER struct clk_hardener *h = NULL;
	CF_CLEANUP_CLK_HARDENER struct clk_hardener *again = NULL;
	CF_CLEANUP_CLK_HARDENER struct clk_hardener *other = NULL;
	struct random_stream random;
	random_init(&random, 21, 0);
	assert_int_equal(clk_hardener_new(&schema, a, a, &h, NULL), 0);
	assert_int_equal(clk_hardener_new(&schema, b, a, &again, NULL), 0);
	assert_int_equal(clk_hardener_new(&schema, a, b, &other, NULL), 0);
	const double rate = clk_flip_rate(0.03);
	double sum = 0;
	size_t n_same = 0;
	for (int trial = 0; trial < TRIALS; trial++) {
		uint64_t bits[4][WORDS];
		draw(&random, bits[0], BITS);
		for (int i = 1; i < 4; i++)
			memcpy(bits[i], bits[0], sizeof bits[0]);
		clk_harden(h, bits[1], bits[1]);
		clk_harden(again, bits[2], bits[2]);
		clk_harden(other, bits[3], bits[3]);
		assert_memory_equal(bits[1], bits[2], sizeof bits[0]);
		n_same += memcmp(bits[1], bits[3], sizeof bits[0]) == 0;
		assert_int_equal(bits[1][WORDS - 1] & ((UINT64_C(1) << (64 - BITS % 64)) - 1), 0);
		for (size_t i = 0; i < BITS; i++)
			by_place[i] += (bits[0][i / 64] ^ bits[1][i / 64]) >> (63 - i % 64) & 1;
		for (size_t w = 0; w < WORDS; w++)
			bits[1][w] ^= bits[0][w];
		sum += (double)count(bits[1], WORDS);
	}
	assert_int_equal(n_same, 0);
	/* five standard deviations of the mean, and of each place six */
	const double n = (double)TRIALS * BITS;
	assert_true(fabs(sum / n - rate) < 5 * sqrt(rate * (1 - rate) / n));
	for (size_t i = 0; i < BITS; i++)
		assert_true(fabs((double)by_place[i] / TRIALS - rate) < 6 * sqrt(rate * (1 - rate) / TRIALS));
}

static void test_rates(void **state)
{
	(void)state;
	assert_true(clk_flip_rate(0) == 0);
	assert_true(clk_flip_rate(1e-9) == 1.0 / 4096);
	assert_true(clk_flip_rate(0.25) == 0.25);
	assert_true(fabs(clk_flip_epsilon(0.25) - log(3)) < 1e-12);
	assert_true(isinf(clk_flip_epsilon(0)));
}

/* Half of the bits are set, whatever the filter; and twice as many differ as do of the filters. */
static void test_balance(void **state)
{
	(void)state;
	enum { BITS = 500, WORDS = 8, DOUBLE = 16 };
	const struct clk_schema schema = {
		.n_bits = BITS, .hardening = {.balanced = true, .salt_feature = -1}};
	CF_CLEANUP_SECRET struct secret *a = secret_of("one");
	CF_CLEANUP_CLK_HARDENER struct clk_hardener *h = NULL;
	struct random_stream random;
	random_init(&random, 22, 0);
	assert_int_equal(clk_hardener_new(&schema, a, a, &h, NULL), 0);
	for (int trial = 0; trial < 100; trial++) {
		uint64_t x[WORDS];
		uint64_t y[WORDS];
		uint64_t balanced[2][DOUBLE];
		size_t differ = 0;
		size_t differ_balanced = 0;
		draw(&random, x, BITS);
		draw(&random, y, BITS);
		if (trial == 0)
			memset(x, 0, sizeof x);
		clk_harden(h, x, balanced[0]);
		clk_harden(h, y, balanced[1]);
		assert_int_equal(count(balanced[0], DOUBLE), BITS);
		assert_int_equal(count(balanced[1], DOUBLE), BITS);
		for (size_t w = 0; w < WORDS; w++)
			differ += (size_t)__builtin_popcountll(x[w] ^ y[w]);
		for (size_t w = 0; w < DOUBLE; w++)
			differ_balanced += (size_t)__builtin_popcountll(balanced[0][w] ^ balanced[1][w]);
		assert_int_equal(differ_balanced, 2 * differ);
	}
}

/* Bit by bit, as the paper says it. */
static void test_fold(void **state)
{
	(void)state;
	static const size_t lengths[] = {8, 20, 64, 100, 128, 1024};
	struct random_stream random;
	random_init(&random, 23, 0);
	for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++)
		for (unsigned folds = 0; folds <= 3; folds++) {
			const size_t n = lengths[k] << folds;
			uint64_t bits[128];
			bool plain[8192];
			draw(&random, bits, n);
			for (size_t i = 0; i < n; i++)
				plain[i] = bits[i / 64] >> (63 - i % 64) & 1;
			for (size_t half = n / 2; half >= lengths[k]; half /= 2)
				for (size_t i = 0; i < half; i++)
					plain[i] ^= plain[half + i];
			clk_fold(bits, lengths[k], folds);
			for (size_t i = 0; i < lengths[k]; i++)
				assert_int_equal(bits[i / 64] >> (63 - i % 64) & 1, plain[i]);
		}
}

/* ---- whole encodings ---- */

static char names[2][8] = {"name", "born"};
static struct clk_feature features[2] = {
	{.identifier = names[0], .n = 2, .bits_per_feature = 100},
	{.identifier = names[1], .n = 1, .positional = true, .bits_per_feature = 100},
};

static void encode(
	const struct clk_schema *s, bool hardened, const char *name, const char *born, uint8_t *ret)
{
	CF_CLEANUP_SECRET struct secret *secret = secret_of("secret");
	CF_CLEANUP_CLK_ENCODER struct clk_encoder *e = NULL;
	const struct clk_encoder_options options = {.hardened = hardened, .secret = secret};
	const struct clk_cell cells[2] = {{name, strlen(name)}, {born, strlen(born)}};
	assert_int_equal(clk_encoder_new(s, &options, &e, NULL), 0);
	assert_int_equal(clk_encode(e, cells, ret, NULL, NULL), 0);
}

static double dice(const uint8_t *a, const uint8_t *b, size_t n)
{
	int common = 0;
	int sum = 0;
	for (size_t i = 0; i < n; i++) {
		common += __builtin_popcount(a[i] & b[i]);
		sum += __builtin_popcount(a[i]) + __builtin_popcount(b[i]);
	}
	return 2.0 * common / sum;
}

/* Records that differ in the salt have nothing in common but chance; only its first characters count. */
static void test_salt(void **state)
{
	(void)state;
	struct clk_schema s = {.n_bits = 1024,
		.key_bytes = 64,
		.features = features,
		.n_features = 2,
		.hardening = {.salt_feature = 1, .salt_characters = 4}};
	uint8_t a[128];
	uint8_t b[128];
	uint8_t c[128];
	encode(&s, true, "michaela", "19900102", a);
	encode(&s, true, "michaela", "19901202", b);
	encode(&s, true, "michaela", "19910102", c);
	assert_true(dice(a, b, 128) > 0.85);
	assert_true(dice(a, c, 128) < 0.4);
	encode(&s, false, "michaela", "19910102", b);
	encode(&s, false, "michaela", "19900102", a);
	assert_true(dice(a, b, 128) > 0.85);
}

static int allocate(void *context, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *secret = NULL;
	CF_CLEANUP_CLK_ENCODER struct clk_encoder *e = NULL;
	const struct clk_cell cells[2] = {{"michaela", 8}, {"19900102", 8}};
	uint8_t out[256];
	TRY(secret_new(32, &secret, err));
	const struct clk_encoder_options options = {.hardened = true, .secret = secret};
	TRY(clk_encoder_new(context, &options, &e, err));
	return clk_encode(e, cells, out, NULL, err);
}

static void test_sweep(void **state)
{
	(void)state;
	struct clk_schema s = {.n_bits = 1024,
		.key_bytes = 64,
		.features = features,
		.n_features = 2,
		.hardening = {.salt_feature = 1, .flip_rate = 0.02, .balanced = true}};
	features[0].hash = CLK_DOUBLE;
	assert_true(sweep_run("encoder", allocate, &s) > 10);
	features[0].hash = CLK_BLAKE;
}

static int start(void **state)
{
	(void)state;
	return crypto_start(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_balance),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_salt),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
