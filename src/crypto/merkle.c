/* Merkle trees. The comments name the steps of RFC 9162, sections 2.1.3.2 and 2.1.4.2. */
#include "crypto/merkle.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

_Static_assert(MERKLE_HASH_BYTES == crypto_hash_sha256_BYTES, "SHA-256");

struct merkle_hash merkle_leaf(const void *data, size_t n)
{
	static const uint8_t prefix = 0;
	struct merkle_hash ret;
	crypto_hash_sha256_state state;
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, &prefix, 1);
	if (n)
		(void)crypto_hash_sha256_update(&state, data, n);
	(void)crypto_hash_sha256_final(&state, ret.bytes);
	return ret;
}

struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right)
{
	uint8_t text[1 + 2 * MERKLE_HASH_BYTES] = {1};
	struct merkle_hash ret;
	memcpy(text + 1, left->bytes, MERKLE_HASH_BYTES);
	memcpy(text + 1 + MERKLE_HASH_BYTES, right->bytes, MERKLE_HASH_BYTES);
	(void)crypto_hash_sha256(ret.bytes, text, sizeof text);
	return ret;
}

void merkle_add(struct merkle_tree *tree, const struct merkle_hash *leaf)
{
	struct merkle_hash carried = *leaf;
	unsigned level = 0;
	for (; tree->size >> level & 1; level++)
		carried = merkle_node(&tree->peaks[level], &carried);
	tree->peaks[level] = carried;
	tree->size++;
}

struct merkle_hash merkle_root(const struct merkle_tree *tree)
{
	struct merkle_hash root;
	bool any = false;
	for (unsigned level = 0; level < 64; level++) {
		if (!(tree->size >> level & 1))
			continue;
		root = any ? merkle_node(&tree->peaks[level], &root) : tree->peaks[level];
		any = true;
	}
	if (!any)
		(void)crypto_hash_sha256(root.bytes, NULL, 0);
	return root;
}

/* The head over leaves first to first + n - 1. */
static struct merkle_hash head_of(const struct merkle_hash *leaves, uint64_t n)
{
	struct merkle_tree tree = {0};
	for (uint64_t i = 0; i < n; i++)
		merkle_add(&tree, &leaves[i]);
	return merkle_root(&tree);
}

/* The largest power of two below n, n > 1. */
static uint64_t split(uint64_t n)
{
	uint64_t k = 1;
	while (k < n - k)
		k *= 2;
	return k;
}

/* Proofs are written from the leaf up, and the walk goes from the root down. */
static void reverse(struct merkle_proof *proof)
{
	for (size_t i = 0; i < proof->n / 2; i++) {
		struct merkle_hash moved = proof->at[i];
		proof->at[i] = proof->at[proof->n - 1 - i];
		proof->at[proof->n - 1 - i] = moved;
	}
}

void merkle_prove_inclusion(
	const struct merkle_hash *leaves, uint64_t size, uint64_t index, struct merkle_proof *ret)
{
	ret->n = 0;
	while (size > 1) {
		uint64_t k = split(size);
		if (index < k) {
			ret->at[ret->n++] = head_of(leaves + k, size - k);
			size = k;
		} else {
			ret->at[ret->n++] = head_of(leaves, k);
			leaves += k;
			index -= k;
			size -= k;
		}
	}
	reverse(ret);
}

void merkle_prove_consistency(
	const struct merkle_hash *leaves, uint64_t size, uint64_t earlier, struct merkle_proof *ret)
{
	bool whole = true; /* SUBPROOF's b: the earlier tree is a subtree as it stands */
	ret->n = 0;
	if (earlier == 0)
		return;
	while (earlier != size) {
		uint64_t k = split(size);
		if (earlier <= k) {
			ret->at[ret->n++] = head_of(leaves + k, size - k);
			size = k;
		} else {
			ret->at[ret->n++] = head_of(leaves, k);
			leaves += k;
			earlier -= k;
			size -= k;
			whole = false;
		}
	}
	if (!whole)
		ret->at[ret->n++] = head_of(leaves, size);
	reverse(ret);
}

static bool same(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

int merkle_check_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
	const struct merkle_proof *proof, const struct merkle_hash *root)
{
	if (index >= size || proof->n > MERKLE_PROOF_MAX)
		return CF_E_REFUSED;
	uint64_t fn = index;
	uint64_t sn = size - 1;
	struct merkle_hash r = *leaf;
	for (size_t i = 0; i < proof->n; i++) {
		const struct merkle_hash *p = &proof->at[i];
		if (sn == 0)
			return CF_E_REFUSED;
		if (fn & 1 || fn == sn) {
			r = merkle_node(p, &r);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			r = merkle_node(&r, p);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && same(&r, root) ? CF_OK : CF_E_REFUSED;
}

/* Steps 3 to 6 for 0 < earlier < later. */
static int walk_consistency(
	const struct merkle_head *earlier, const struct merkle_head *later, const struct merkle_proof *proof)
{
	uint64_t fn = earlier->size - 1;
	uint64_t sn = later->size - 1;
	const bool is_power = (earlier->size & (earlier->size - 1)) == 0;
	size_t next = is_power ? 0 : 1;
	if (proof->n == 0 || proof->n > MERKLE_PROOF_MAX)
		return CF_E_REFUSED;
	struct merkle_hash fr = is_power ? earlier->root : proof->at[0];
	struct merkle_hash sr = fr;
	while (fn & 1) {
		fn >>= 1;
		sn >>= 1;
	}
	for (; next < proof->n; next++) {
		const struct merkle_hash *c = &proof->at[next];
		if (sn == 0)
			return CF_E_REFUSED;
		if (fn & 1 || fn == sn) {
			fr = merkle_node(c, &fr);
			sr = merkle_node(c, &sr);
			while (!(fn & 1) && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			sr = merkle_node(&sr, c);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && same(&fr, &earlier->root) && same(&sr, &later->root) ? CF_OK : CF_E_REFUSED;
}

int merkle_check_consistency(
	const struct merkle_head *earlier, const struct merkle_head *later, const struct merkle_proof *proof)
{
	if (earlier->size == 0 || earlier->size > later->size)
		return CF_E_REFUSED;
	if (earlier->size == later->size)
		return proof->n == 0 && same(&earlier->root, &later->root) ? CF_OK : CF_E_REFUSED;
	return walk_consistency(earlier, later, proof);
}
