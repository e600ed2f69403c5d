/* Merkle trees and signed heads against the vectors of transparency-dev/merkle and of C2SP's documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/merkle.h"
#include "crypto/note.h"
#include "crypto/test_support.h"

/* false when it is no hash of 32 bytes, which no proof may hold; but where the vectors say that they do not
 * care, a short text stands for a root */
static bool read_hash(const json_t *text, struct merkle_hash *ret)
{
	size_t n = 0;
	const char *base64 = json_string_value(text);
	if (!base64 || !*base64)
		return false;
	memset(ret, 0, sizeof *ret);
	if (note_from_base64(base64, strlen(base64), ret->bytes, MERKLE_HASH_BYTES, &n) < 0)
		return false;
	return n == MERKLE_HASH_BYTES || memcmp(ret->bytes, "don't care", 10) == 0;
}

static bool read_proof(const json_t *list, struct merkle_proof *ret)
{
	ret->n = json_array_size(list);
	if (ret->n > MERKLE_PROOF_MAX)
		return false;
	for (size_t i = 0; i < ret->n; i++)
		if (!read_hash(json_array_get(list, i), &ret->at[i]))
			return false;
	return true;
}

static uint64_t number(const json_t *object, const char *key)
{
	char *end = NULL;
	const char *text = test_text(object, key);
	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	REQUIRE(errno == 0 && *end == '\0');
	return value;
}

static void test_inclusion(void **state)
{
	json_t *all = test_load_vectors("merkle.json");
	const json_t *list = json_object_get(all, "inclusion");
	unsigned n_good = 0;
	(void)state;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		struct merkle_hash leaf;
		struct merkle_hash root;
		struct merkle_proof proof;
		bool holds = read_hash(json_object_get(v, "root"), &root) &&
			     read_hash(json_object_get(v, "leafHash"), &leaf) &&
			     read_proof(json_object_get(v, "proof"), &proof) &&
			     merkle_check_inclusion(
				     number(v, "leafIdx"), number(v, "treeSize"), &leaf, &proof, &root) == 0;
		if (holds == json_is_true(json_object_get(v, "wantErr")))
			fail_msg("%s: %s", test_text(v, "file"), holds ? "was let through" : "was refused");
		n_good += holds;
	}
	assert_int_equal(json_array_size(list), 98);
	assert_true(n_good >= 5);
	json_decref(all);
}

static void test_consistency(void **state)
{
	json_t *all = test_load_vectors("merkle.json");
	const json_t *list = json_object_get(all, "consistency");
	unsigned n_good = 0;
	(void)state;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		struct merkle_head earlier = {.size = number(v, "size1")};
		struct merkle_head later = {.size = number(v, "size2")};
		struct merkle_proof proof;
		bool holds = read_hash(json_object_get(v, "root1"), &earlier.root) &&
			     read_hash(json_object_get(v, "root2"), &later.root) &&
			     read_proof(json_object_get(v, "proof"), &proof) &&
			     merkle_check_consistency(&earlier, &later, &proof) == 0;
		if (holds == json_is_true(json_object_get(v, "wantErr")))
			fail_msg("%s: %s", test_text(v, "file"), holds ? "was let through" : "was refused");
		n_good += holds;
	}
	assert_int_equal(json_array_size(list), 98);
	assert_true(n_good >= 5);
	json_decref(all);
}

/* The head by the definition of RFC 9162, section 2.1.1. */
static struct merkle_hash defined_head(const struct merkle_hash *leaves, size_t n)
{
	size_t k = 1;
	if (n == 1)
		return leaves[0];
	while (2 * k < n)
		k *= 2;
	const struct merkle_hash left = defined_head(leaves, k);
	const struct merkle_hash right = defined_head(leaves + k, n - k);
	return merkle_node(&left, &right);
}

/* Every leaf and every earlier size of every tree up to 40, proved and checked; a changed bit is refused. */
static void test_all_small_trees(void **state)
{
	enum { MOST = 40 };
	struct merkle_hash leaves[MOST];
	struct merkle_hash roots[MOST + 1];
	struct merkle_tree tree = {0};
	(void)state;
	for (uint64_t n = 1; n <= MOST; n++) {
		const uint8_t data = (uint8_t)n;
		struct merkle_proof proof;
		leaves[n - 1] = merkle_leaf(&data, 1);
		merkle_add(&tree, &leaves[n - 1]);
		roots[n] = merkle_root(&tree);
		const struct merkle_hash defined = defined_head(leaves, n);
		assert_memory_equal(defined.bytes, roots[n].bytes, MERKLE_HASH_BYTES);
		for (uint64_t i = 0; i < n; i++) {
			merkle_prove_inclusion(leaves, n, i, &proof);
			assert_int_equal(merkle_check_inclusion(i, n, &leaves[i], &proof, &roots[n]), 0);
			if (proof.n) {
				proof.at[i % proof.n].bytes[3] ^= 1;
				assert_int_equal(merkle_check_inclusion(i, n, &leaves[i], &proof, &roots[n]),
					CF_E_REFUSED);
			}
		}
		for (uint64_t i = 1; i <= n; i++) {
			const struct merkle_head earlier = {i, roots[i]};
			const struct merkle_head later = {n, roots[n]};
			merkle_prove_consistency(leaves, n, i, &proof);
			assert_int_equal(merkle_check_consistency(&earlier, &later, &proof), 0);
			if (proof.n) {
				proof.at[i % proof.n].bytes[9] ^= 4;
				assert_int_equal(
					merkle_check_consistency(&earlier, &later, &proof), CF_E_REFUSED);
			}
		}
	}
}

/* golang.org/x/mod/sumdb/note's documented example, the format's reference: its key and its note. */
static void test_foreign_note(void **state)
{
	static const char key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
	struct note_key parsed;
	struct buffer again = BUFFER_INIT;
	(void)state;
	assert_int_equal(note_key_parse(key, &parsed, NULL), 0);
	assert_string_equal(parsed.name, "PeterNeumann");
	assert_int_equal(note_key_format(&parsed, &again, NULL), 0);
	assert_string_equal(buffer_text(&again), key);
	buffer_done(&again);
	/* a letter changed anywhere */
	for (size_t i = 0; i < sizeof key - 1; i++) {
		char bad[sizeof key];
		memcpy(bad, key, sizeof key);
		bad[i] = bad[i] == 'A' ? 'B' : 'A';
		assert_true(note_key_parse(bad, &parsed, NULL) < 0);
	}
}

static void test_notes(void **state)
{
	struct secret *seed = NULL;
	struct secret *other_seed = NULL;
	struct note_key key;
	struct note_key other;
	struct note_checkpoint back;
	struct note_checkpoint what = {.origin = "counterfoil/store/00", .head = {.size = 12345}};
	struct buffer note = BUFFER_INIT;
	(void)state;
	memset(what.head.root.bytes, 7, MERKLE_HASH_BYTES);
	REQUIRE(crypto_start(NULL) == 0);
	REQUIRE(secret_new_random(32, &seed, NULL) == 0 && secret_new_random(32, &other_seed, NULL) == 0);
	assert_int_equal(note_key_of(seed, what.origin, &key, NULL), 0);
	assert_int_equal(note_key_of(other_seed, what.origin, &other, NULL), 0);
	assert_int_equal(note_sign(&what, seed, &note, NULL), 0);
	assert_int_equal(note_open(&key, note.data, note.n, &back, NULL), 0);
	assert_int_equal(back.head.size, 12345);
	assert_memory_equal(back.head.root.bytes, what.head.root.bytes, MERKLE_HASH_BYTES);
	assert_int_equal(note_open(&other, note.data, note.n, &back, NULL), CF_E_REFUSED);
	for (size_t i = 0; i < note.n; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			note.data[i] = (char)(note.data[i] ^ (1 << bit));
			if (note_open(&key, note.data, note.n, &back, NULL) >= 0)
				fail_msg("byte %zu, bit %u: %s", i, bit, note.data);
			note.data[i] = (char)(note.data[i] ^ (1 << bit));
		}
		assert_true(note_open(&key, note.data, i, &back, NULL) < 0);
	}
	/* another's signature beside ours is no matter */
	assert_int_equal(buffer_append_text(&note, "\xe2\x80\x94 witness.example/w1 AAAAAAAAAAA=\n"), 0);
	assert_int_equal(note_open(&key, note.data, note.n, &back, NULL), 0);
	buffer_done(&note);
	secret_free(seed);
	secret_free(other_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inclusion),
		cmocka_unit_test(test_consistency),
		cmocka_unit_test(test_all_small_trees),
		cmocka_unit_test(test_foreign_note),
		cmocka_unit_test(test_notes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
