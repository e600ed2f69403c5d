/*
 * The commitment against a second implementation of docs/protocol.md: leaves hashed one by one and joined by
 * the recursive definition of RFC 9162, section 2.1.1; and what it must and must not depend on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "match/commitment.h"
#include "match/protocol_support.h"

static struct test_study t;
static struct secret *seed;

static int setup(void **state)
{
	(void)state;
	test_study_init(&t, 3, "[strata]\nk = 5\nsex = female, male\n");
	REQUIRE(secret_new(32, &seed, NULL) == 0);
	for (size_t i = 0; i < 32; i++)
		secret_data(seed)[i] = (uint8_t)i;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	secret_free(seed);
	test_study_done(&t);
	return 0;
}

static void commit(const struct match_records *r, const struct secret *s, uint8_t ret[CRYPTO_HASH_BYTES])
{
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(match_commitment(t.study, r, s, ret, &err), 0);
}

/*
 * The second implementation
 */

static void number(uint32_t n, uint8_t ret[4])
{
	for (size_t i = 0; i < 4; i++)
		ret[i] = (uint8_t)(n >> 8 * i);
}

static void leaf(const struct match_records *r, size_t i, uint8_t ret[CRYPTO_HASH_BYTES])
{
	uint8_t at[4], stratum[4], mask[6] = {0}, salt[CRYPTO_HASH_BYTES];
	struct crypto_part parts[3 + MATCH_MAX_SLOTS];
	size_t n = 3;
	number((uint32_t)i, at);
	number(r->stratum[i], stratum);
	const struct crypto_part salted[] = {{secret_bytes(seed), 32}, {at, 4}};
	crypto_digest("counterfoil salt v1", salted, 2, salt);
	for (size_t s = 0; s < r->n_slots; s++) {
		const char *value = r->values[i * r->n_slots + s];
		if (!value)
			continue;
		mask[s / 8] = (uint8_t)(mask[s / 8] + (1 << s % 8));
		parts[n++] = (struct crypto_part){value, strlen(value)};
	}
	parts[0] = (struct crypto_part){salt, sizeof salt};
	parts[1] = (struct crypto_part){stratum, sizeof stratum};
	parts[2] = (struct crypto_part){mask, sizeof mask};
	crypto_digest("counterfoil leaf v1", parts, n, ret);
}

/* MTH of the leaves [from, to): split at the greatest power of two below their number. */
static void tree(const struct match_records *r, size_t from, size_t to, uint8_t ret[CRYPTO_HASH_BYTES])
{
	uint8_t left[CRYPTO_HASH_BYTES], right[CRYPTO_HASH_BYTES];
	size_t split = 1;
	if (to - from == 1) {
		leaf(r, from, ret);
		return;
	}
	while (split * 2 < to - from)
		split *= 2;
	tree(r, from, from + split, left);
	tree(r, from + split, to, right);
	const struct crypto_part pair[] = {{left, sizeof left}, {right, sizeof right}};
	crypto_digest("counterfoil node v1", pair, 2, ret);
}

static void equals_the_definition(void **state)
{
	(void)state;
	for (size_t n = 1; n <= 70; n++) {
		struct match_records *r = test_records(t.study, n, 1);
		uint8_t root[CRYPTO_HASH_BYTES], expected[CRYPTO_HASH_BYTES], ours[CRYPTO_HASH_BYTES],
			count[4];
		for (size_t i = 0; i < n; i++)
			r->stratum[i] = (uint32_t)(i % 3);
		tree(r, 0, n, root);
		number((uint32_t)n, count);
		const struct crypto_part parts[] = {
			{t.study->hash, sizeof t.study->hash}, {count, 4}, {root, sizeof root}};
		crypto_digest("counterfoil commitment v1", parts, 3, expected);
		commit(r, seed, ours);
		assert_memory_equal(ours, expected, sizeof ours);
		match_records_free(r);
	}
}

/* The same input gives the same commitment; one change of a record, of their order, of the study or of the
 * seed gives another. */
static void binds_everything(void **state)
{
	(void)state;
	enum { N = 5, WAYS = 8 };
	uint8_t seen[WAYS][CRYPTO_HASH_BYTES];
	uint8_t again[CRYPTO_HASH_BYTES];
	struct match_records *r = test_records(t.study, N, 1);
	const size_t n_slots = r->n_slots;
	size_t n = 0;
	commit(r, seed, seen[n++]);
	commit(r, seed, again);
	assert_memory_equal(seen[0], again, sizeof again);

	r->stratum[3] = 1;
	commit(r, seed, seen[n++]);
	r->stratum[3] = 0;
	const char *value = r->values[1];
	assert_non_null(value);
	r->values[1] = NULL;
	commit(r, seed, seen[n++]);
	/* the same value in another slot */
	assert_null(r->values[0]);
	r->values[0] = value;
	commit(r, seed, seen[n++]);
	r->values[0] = NULL;
	r->values[1] = "another";
	commit(r, seed, seen[n++]);
	r->values[1] = value;
	/* two records change places */
	for (size_t s = 0; s < n_slots; s++) {
		const char *first = r->values[s];
		r->values[s] = r->values[n_slots + s];
		r->values[n_slots + s] = first;
	}
	commit(r, seed, seen[n++]);
	for (size_t s = 0; s < n_slots; s++) {
		const char *first = r->values[s];
		r->values[s] = r->values[n_slots + s];
		r->values[n_slots + s] = first;
	}
	secret_data(seed)[31] ^= 1;
	commit(r, seed, seen[n++]);
	secret_data(seed)[31] ^= 1;
	t.study->hash[0] ^= 1;
	commit(r, seed, seen[n++]);
	t.study->hash[0] ^= 1;

	assert_int_equal(n, WAYS);
	for (size_t i = 0; i < WAYS; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[i], seen[j], CRYPTO_HASH_BYTES);
	commit(r, seed, again);
	assert_memory_equal(seen[0], again, sizeof again);
	match_records_free(r);
}

/* An empty list has a commitment of its own. */
static void of_nothing(void **state)
{
	(void)state;
	uint8_t none[CRYPTO_HASH_BYTES], one[CRYPTO_HASH_BYTES];
	struct match_records *r = test_records(t.study, 1, 1);
	commit(r, seed, one);
	r->n = 0;
	commit(r, seed, none);
	assert_memory_not_equal(none, one, sizeof none);
	match_records_free(r);
}

static int make(void *context, struct cf_error *err)
{
	uint8_t ret[CRYPTO_HASH_BYTES];
	return match_commitment(t.study, context, seed, ret, err);
}

static void memory_may_fail(void **state)
{
	(void)state;
	struct match_records *r = test_records(t.study, 9, 1);
	assert_int_equal(sweep_run("commitment", make, r), 1);
	match_records_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_the_definition),
		cmocka_unit_test(binds_everything),
		cmocka_unit_test(of_nothing),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
