/*
 * Merkle trees of RFC 9162 (Certificate Transparency 2.0), section 2.1, with SHA-256: heads, and proofs that
 * an entry is in a tree (2.1.3) and that a tree extends an earlier one (2.1.4).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { MERKLE_HASH_BYTES = 32, MERKLE_PROOF_MAX = 64 };

struct merkle_hash {
	uint8_t bytes[MERKLE_HASH_BYTES];
};

struct merkle_hash merkle_leaf(const void *data, size_t n);
struct merkle_hash merkle_node(const struct merkle_hash *left, const struct merkle_hash *right);

/* A tree that grows at its right end: peaks[i] is the head of the perfect subtree of 2^i leaves where bit i
 * of size is set. */
struct merkle_tree {
	uint64_t size;
	struct merkle_hash peaks[64];
};
void merkle_add(struct merkle_tree *tree, const struct merkle_hash *leaf);
/* The head; of the empty tree, the hash of nothing. */
struct merkle_hash merkle_root(const struct merkle_tree *tree);

struct merkle_proof {
	size_t n;
	struct merkle_hash at[MERKLE_PROOF_MAX];
};
/* From the hashes of all size leaves. index < size; earlier <= size. O(size). */
void merkle_prove_inclusion(
	const struct merkle_hash *leaves, uint64_t size, uint64_t index, struct merkle_proof *ret);
void merkle_prove_consistency(
	const struct merkle_hash *leaves, uint64_t size, uint64_t earlier, struct merkle_proof *ret);

struct merkle_head {
	uint64_t size;
	struct merkle_hash root;
};

/* CF_E_REFUSED when the proof does not hold. */
int merkle_check_inclusion(uint64_t index, uint64_t size, const struct merkle_hash *leaf,
	const struct merkle_proof *proof, const struct merkle_hash *root) CF_MUST_USE;
/* An earlier size of 0 is refused: every tree extends the empty one, and a proof of it says nothing. */
int merkle_check_consistency(const struct merkle_head *earlier, const struct merkle_head *later,
	const struct merkle_proof *proof) CF_MUST_USE;
