/* Blinded lists: equal values become equal tokens whichever way they went, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/commitment.h"
#include "match/protocol_support.h"

enum { N = 9 };
static struct test_study t;
static struct match_secrets secrets[3];
static const struct match_work alone;

static int setup(void **state)
{
	(void)state;
	test_study_init(&t, 3, "[strata]\nk = 3\nsex = female, male\n");
	for (size_t i = 0; i < 3; i++)
		test_secrets(&secrets[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++)
		match_secrets_done(&secrets[i]);
	test_study_done(&t);
	return 0;
}

static struct match_tokens *blind(const struct match_records *r, size_t party)
{
	struct match_tokens *tokens = NULL;
	REQUIRE(match_tokens_blind(t.study, r, &secrets[party], &alone, &tokens, NULL) == 0);
	return tokens;
}

static void raise_tokens(struct match_tokens *tokens, size_t party)
{
	REQUIRE(match_tokens_raise(tokens, &secrets[party], &alone, NULL) == 0);
}

static const uint8_t *token(const struct match_tokens *tokens, size_t record, size_t slot)
{
	return tokens->tokens + (record * tokens->n_slots + slot) * GROUP_ELEMENT_BYTES;
}

/* Against the definition: H by group_hash over an input put together by hand, raised by group_multiply. */
static void test_blind_is_the_definition(void **state)
{
	(void)state;
	struct match_records *r = test_records(t.study, 3, 0);
	struct match_tokens *tokens = blind(r, 0);
	for (size_t i = 0; i < r->n * r->n_slots; i++) {
		struct buffer input = BUFFER_INIT;
		uint8_t element[GROUP_ELEMENT_BYTES];
		if (!r->values[i])
			continue;
		const char *key = match_plan_key_name(
			t.study->plan, match_plan_slot_key(t.study->plan, i % r->n_slots));
		const struct {
			const void *data;
			size_t n;
		} parts[] = {{t.study->id, 16}, {key, strlen(key)}, {r->values[i], strlen(r->values[i])}};
		for (size_t p = 0; p < 3; p++) {
			char length[8] = {(char)parts[p].n};
			REQUIRE(buffer_append(&input, length, 8) == 0);
			REQUIRE(buffer_append(&input, parts[p].data, parts[p].n) == 0);
		}
		static const char tag[] = "counterfoil-match-v1-ristretto255_XMD:SHA-512_R255MAP_RO_";
		REQUIRE(group_hash(input.data, input.n, tag, strlen(tag), element, NULL) == 0);
		REQUIRE(group_multiply(secrets[0].exponent, element, element, NULL) == 0);
		assert_memory_equal(tokens->tokens + i * GROUP_ELEMENT_BYTES, element, sizeof element);
		buffer_done(&input);
	}
	match_tokens_free(tokens);
	match_records_free(r);
}

/* Records 0 to 8 at party 0, 4 to 12 at party 1: raised by all in whatever order, tokens are equal where the
 * values are, and nowhere else. */
static void test_ring_commutes(void **state)
{
	(void)state;
	struct match_records *a = test_records(t.study, N, 0);
	struct match_records *b = test_records(t.study, N, 4);
	struct match_tokens *x = blind(a, 0);
	struct match_tokens *y = blind(b, 1);
	raise_tokens(x, 1);
	raise_tokens(x, 2);
	raise_tokens(y, 2);
	raise_tokens(y, 0);
	size_t n_equal = 0;
	for (size_t i = 0; i < N * a->n_slots; i++) {
		for (size_t j = 0; j < N * b->n_slots; j++) {
			bool same_key = match_plan_slot_key(t.study->plan, i % a->n_slots) ==
					match_plan_slot_key(t.study->plan, j % b->n_slots);
			bool same = same_key && a->values[i] && b->values[j] &&
				    strcmp(a->values[i], b->values[j]) == 0;
			bool equal = memcmp(x->tokens + i * GROUP_ELEMENT_BYTES,
					     y->tokens + j * GROUP_ELEMENT_BYTES, GROUP_ELEMENT_BYTES) == 0;
			assert_int_equal(same, equal);
			n_equal += equal;
		}
	}
	assert_true(n_equal > 4);
	match_tokens_free(x);
	match_tokens_free(y);
	match_records_free(a);
	match_records_free(b);
}

/* Another study, another key name, another exponent: other tokens. */
static void test_separation(void **state)
{
	(void)state;
	struct test_study other;
	struct buffer in[4] = {BUFFER_INIT, BUFFER_INIT, BUFFER_INIT, BUFFER_INIT};
	test_study_init(&other, 3, NULL);
	REQUIRE(match_hash_input(t.study, "ab", "c", &in[0]) == 0);
	REQUIRE(match_hash_input(t.study, "a", "bc", &in[1]) == 0);
	REQUIRE(match_hash_input(t.study, "ab", "d", &in[2]) == 0);
	REQUIRE(match_hash_input(other.study, "ab", "c", &in[3]) == 0);
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < i; j++)
			assert_true(in[i].n != in[j].n || memcmp(in[i].data, in[j].data, in[i].n) != 0);
	for (size_t i = 0; i < 4; i++)
		buffer_done(&in[i]);
	test_study_done(&other);
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, GROUP_ELEMENT_BYTES);
}

/* A copy of the record's tokens with each key's slots sorted: what a shuffle of slots may not change. */
static void sorted_record(const struct match_tokens *tokens, size_t record, uint8_t *to)
{
	memcpy(to, token(tokens, record, 0), tokens->n_slots * GROUP_ELEMENT_BYTES);
	for (size_t slot = 0; slot < tokens->n_slots;) {
		size_t n = 1;
		while (slot + n < tokens->n_slots && match_plan_slot_key(t.study->plan, slot + n) ==
							     match_plan_slot_key(t.study->plan, slot))
			n++;
		qsort(to + slot * GROUP_ELEMENT_BYTES, n, GROUP_ELEMENT_BYTES, by_bytes);
		slot += n;
	}
}

/* The shuffle permutes records, and slots inside keys, and nothing else; equal secrets give the same shuffle,
 * others another. */
static void test_shuffle(void **state)
{
	(void)state;
	enum { MANY = 200 };
	struct match_records *r = test_records(t.study, MANY, 0);
	struct match_tokens *plain = NULL;
	struct match_tokens *shuffled[3];
	uint32_t *order[3];
	bool seen[MANY] = {false};
	REQUIRE(match_tokens_new(MANY, r->n_slots, &plain, NULL) == 0);
	crypto_random(plain->tokens, MANY * r->n_slots * GROUP_ELEMENT_BYTES);
	memset(plain->stratum, 0, MANY * sizeof *plain->stratum);
	for (size_t i = 0; i < 3; i++) {
		REQUIRE(match_tokens_new(MANY, r->n_slots, &shuffled[i], NULL) == 0);
		memcpy(shuffled[i]->tokens, plain->tokens, MANY * r->n_slots * GROUP_ELEMENT_BYTES);
		REQUIRE(match_tokens_shuffle(t.study, shuffled[i], i == 2, &secrets[0], &order[i], NULL) ==
			0);
	}
	const size_t bytes = r->n_slots * GROUP_ELEMENT_BYTES;
	uint8_t *a = malloc(bytes);
	uint8_t *b = malloc(bytes);
	size_t n_moved_slots = 0;
	for (size_t i = 0; i < MANY; i++) {
		assert_true(order[0][i] < MANY && !seen[order[0][i]]);
		seen[order[0][i]] = true;
		sorted_record(plain, i, a);
		sorted_record(shuffled[0], i, b);
		assert_memory_equal(a, b, bytes);
		n_moved_slots += memcmp(token(plain, i, 0), token(shuffled[0], i, 0), bytes) != 0;
	}
	assert_true(n_moved_slots > MANY / 4 && n_moved_slots < MANY - MANY / 4); /* two slots: about half */
	assert_memory_equal(order[0], order[1], MANY * sizeof(uint32_t));
	assert_memory_equal(shuffled[0]->tokens, shuffled[1]->tokens, MANY * bytes);
	assert_memory_not_equal(order[0], order[2], MANY * sizeof(uint32_t));
	assert_memory_not_equal(shuffled[0]->tokens, shuffled[2]->tokens, MANY * bytes);
	for (size_t i = 0; i < 3; i++) {
		match_tokens_free(shuffled[i]);
		mem_free(order[i]);
	}
	free(a);
	free(b);
	match_tokens_free(plain);
	match_records_free(r);
}

static struct match_join join_of(uint32_t n, uint32_t *counts)
{
	counts[0] = n;
	counts[1] = counts[2] = 0;
	return (struct match_join){.party = 1, .n_records = n, .stratum_counts = counts};
}

/* [P-16] repeats within a key, over all its slots; a repeat inside one record counts once. */
static void test_check_repeats(void **state)
{
	(void)state;
	const uint32_t max = match_plan_max_repeats(t.study->plan);
	const size_t n = max + 2;
	uint32_t counts[3];
	const struct match_join join = join_of((uint32_t)n, counts);
	struct match_tokens *tokens = NULL;
	REQUIRE(match_tokens_new(n, match_plan_n_slots(t.study->plan), &tokens, NULL) == 0);
	crypto_random(tokens->tokens, n * tokens->n_slots * GROUP_ELEMENT_BYTES);
	memset(tokens->stratum, 0, n * sizeof *tokens->stratum);
	assert_int_equal(match_tokens_check(t.study, &join, tokens, NULL), 0);
	for (size_t i = 1; i < max; i++)
		memcpy(tokens->tokens + i * tokens->n_slots * GROUP_ELEMENT_BYTES, tokens->tokens,
			GROUP_ELEMENT_BYTES);
	assert_int_equal(match_tokens_check(t.study, &join, tokens, NULL), 0);
	memcpy(tokens->tokens + max * tokens->n_slots * GROUP_ELEMENT_BYTES, tokens->tokens,
		GROUP_ELEMENT_BYTES);
	assert_int_equal(match_tokens_check(t.study, &join, tokens, NULL), CF_E_REFUSED);
	match_tokens_free(tokens);
}

/* [P-15] */
static void test_check_strata(void **state)
{
	(void)state;
	uint32_t counts[3];
	const struct match_join join = join_of(N, counts);
	struct match_tokens *tokens = NULL;
	REQUIRE(match_tokens_new(N, match_plan_n_slots(t.study->plan), &tokens, NULL) == 0);
	crypto_random(tokens->tokens, N * tokens->n_slots * GROUP_ELEMENT_BYTES);
	memset(tokens->stratum, 0, N * sizeof *tokens->stratum);
	assert_int_equal(match_tokens_check(t.study, &join, tokens, NULL), 0);
	tokens->stratum[4] = 2;
	assert_int_equal(match_tokens_check(t.study, &join, tokens, NULL), CF_E_REFUSED);
	counts[0] = N - 1;
	counts[2] = 1;
	assert_int_equal(match_tokens_check(t.study, &join, tokens, NULL), 0);
	match_tokens_free(tokens);
}

/* [P-14] the identity, non-canonical encodings and negative field elements of RFC 9496, appendix A.3 */
static void test_raise_refuses(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
	};
	struct match_records *r = test_records(t.study, N, 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct cf_error err = CF_ERROR_INIT;
		struct match_tokens *tokens = blind(r, 0);
		size_t at = 4 * r->n_slots + 2;
		REQUIRE(crypto_from_hex(bad[i], tokens->tokens + at * GROUP_ELEMENT_BYTES, 32) == 0);
		assert_int_equal(match_tokens_check_elements(tokens, &alone, &err), CF_E_REFUSED);
		assert_non_null(strstr(err.message, "record 5, slot 3"));
		err = (struct cf_error)CF_ERROR_INIT;
		assert_int_equal(match_tokens_raise(tokens, &secrets[1], &alone, &err), CF_E_REFUSED);
		assert_non_null(strstr(err.message, "record 5, slot 3"));
		match_tokens_free(tokens);
	}
	struct match_tokens *good = blind(r, 0);
	assert_int_equal(match_tokens_check_elements(good, &alone, NULL), 0);
	match_tokens_free(good);
	match_records_free(r);
}

static void test_stream_roundtrip(void **state)
{
	(void)state;
	struct match_records *r = test_records(t.study, N, 0);
	struct match_tokens *tokens = blind(r, 0);
	struct match_tokens *back = NULL;
	struct test_stream stream = {.bytes = BUFFER_INIT};
	const struct match_sink sink = {.write = test_stream_write, .context = &stream};
	const struct match_source source = {.read = test_stream_read, .context = &stream};
	uint32_t reversed[N];
	for (uint32_t i = 0; i < N; i++) {
		tokens->stratum[i] = (uint16_t)(i % 3);
		reversed[i] = N - 1 - i;
	}
	assert_int_equal(match_tokens_write(tokens, reversed, &sink, NULL), 0);
	assert_int_equal(stream.bytes.n, match_tokens_bytes(N, r->n_slots));
	assert_int_equal(match_tokens_bytes(N, r->n_slots), N * (2 + 32 * r->n_slots));
	assert_int_equal(match_tokens_read(t.study, N, &source, &back, NULL), 0);
	for (size_t i = 0; i < N; i++) {
		assert_int_equal(back->stratum[i], (N - 1 - i) % 3);
		assert_memory_equal(token(back, i, 0), token(tokens, N - 1 - i, 0), 32 * r->n_slots);
	}
	match_tokens_free(back);
	/* one record more than there is; a stratum that the study does not have */
	stream.at = 0;
	assert_int_equal(match_tokens_read(t.study, N + 1, &source, &back, NULL), CF_E_INPUT);
	stream.at = 0;
	stream.bytes.data[0] = 3;
	assert_int_equal(match_tokens_read(t.study, N, &source, &back, NULL), CF_E_REFUSED);
	buffer_done(&stream.bytes);
	match_tokens_free(tokens);
	match_records_free(r);
}

/* RFC 9162, 2.1.1 as it is written there: split at the largest power of two below n. */
static void root_of(uint8_t (*leaves)[32], size_t n, uint8_t ret[32])
{
	uint8_t pair[2][32];
	size_t k = 1;
	if (n == 1) {
		memcpy(ret, leaves[0], 32);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	root_of(leaves, k, pair[0]);
	root_of(leaves + k, n - k, pair[1]);
	const struct crypto_part parts[] = {{pair[0], 32}, {pair[1], 32}};
	crypto_digest("counterfoil node v1", parts, 2, ret);
}

static void leaf_of(const struct match_records *r, uint32_t i, const struct secret *seed, uint8_t ret[32])
{
	uint8_t number[4] = {(uint8_t)i};
	uint8_t stratum[4] = {(uint8_t)r->stratum[i]};
	uint8_t salt[32];
	uint8_t mask[6] = {0};
	struct crypto_part parts[3 + MATCH_MAX_SLOTS];
	size_t n = 3;
	const struct crypto_part salted[] = {{secret_bytes(seed), 32}, {number, 4}};
	crypto_digest("counterfoil salt v1", salted, 2, salt);
	for (size_t s = 0; s < r->n_slots; s++) {
		const char *value = r->values[i * r->n_slots + s];
		if (!value)
			continue;
		mask[s / 8] = (uint8_t)(mask[s / 8] | 1 << s % 8);
		parts[n++] = (struct crypto_part){value, strlen(value)};
	}
	parts[0] = (struct crypto_part){salt, 32};
	parts[1] = (struct crypto_part){stratum, 4};
	parts[2] = (struct crypto_part){mask, 6};
	crypto_digest("counterfoil leaf v1", parts, n, ret);
}

static void test_commitment(void **state)
{
	(void)state;
	struct secret *seed = NULL;
	REQUIRE(secret_new_random(32, &seed, NULL) == 0);
	for (uint32_t n = 1; n < 20; n++) {
		struct match_records *r = test_records(t.study, n, 0);
		uint8_t leaves[20][32];
		uint8_t root[32];
		uint8_t expected[32];
		uint8_t got[32];
		uint8_t number[4] = {(uint8_t)n};
		r->stratum[0] = 2;
		for (uint32_t i = 0; i < n; i++)
			leaf_of(r, i, seed, leaves[i]);
		root_of(leaves, n, root);
		const struct crypto_part parts[] = {{t.study->hash, 32}, {number, 4}, {root, 32}};
		crypto_digest("counterfoil commitment v1", parts, 3, expected);
		assert_int_equal(match_commitment(t.study, r, seed, got, NULL), 0);
		assert_memory_equal(got, expected, 32);
		r->stratum[n - 1] ^= 1;
		assert_int_equal(match_commitment(t.study, r, seed, got, NULL), 0);
		assert_memory_not_equal(got, expected, 32);
		r->stratum[n - 1] ^= 1;
		r->values[n * r->n_slots - 1] = r->values[n * r->n_slots - 1] ? NULL : "";
		assert_int_equal(match_commitment(t.study, r, seed, got, NULL), 0);
		assert_memory_not_equal(got, expected, 32);
		match_records_free(r);
	}
	secret_free(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blind_is_the_definition),
		cmocka_unit_test(test_ring_commutes),
		cmocka_unit_test(test_separation),
		cmocka_unit_test(test_shuffle),
		cmocka_unit_test(test_check_repeats),
		cmocka_unit_test(test_check_strata),
		cmocka_unit_test(test_raise_refuses),
		cmocka_unit_test(test_stream_roundtrip),
		cmocka_unit_test(test_commitment),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
