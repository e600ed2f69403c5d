/*
 * Secrets in guarded memory: page-protected, locked, out of core dumps, zeroed when freed. There is no copy
 * function and no printing function. crypto_start must have succeeded before anything else in this room.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

/* Initialises libsodium; safe to call more than once. */
int crypto_start(struct cf_error *err) CF_MUST_USE;

struct secret;

/* n_bytes of zeros. */
int secret_new(size_t n_bytes, struct secret **ret, struct cf_error *err) CF_MUST_USE;
/* n_bytes from the system's generator. */
int secret_new_random(size_t n_bytes, struct secret **ret, struct cf_error *err) CF_MUST_USE;
struct secret *secret_free(struct secret *s);
CF_DEFINE_CLEANUP(struct secret, secret_free);
#define CF_CLEANUP_SECRET CF_CLEANUP(secret_free_ptr)

uint8_t *secret_data(struct secret *s);
const uint8_t *secret_bytes(const struct secret *s);
size_t secret_size(const struct secret *s);

/* Zeroes memory that the compiler may not skip; for short-lived copies on the stack. */
void secret_wipe(void *p, size_t n);
/* Cleanup for a local array: CF_CLEANUP_WIPE cannot know sizes, so wrap arrays in a struct of their own. */

/* Constant time; 1 when equal. */
int secret_equal(const void *a, const void *b, size_t n);

/* Not secret: bytes from the system's generator, hashing and hex, here because libsodium has them. */
void crypto_random(void *to, size_t n);
enum { CRYPTO_HASH_BYTES = 32 };
/* BLAKE2b-256 of a domain label, then the parts, each length-prefixed (u64 little-endian). */
struct crypto_part {
	const void *data;
	size_t n;
};
void crypto_digest(
	const char *domain, const struct crypto_part *parts, size_t n_parts, uint8_t ret[CRYPTO_HASH_BYTES]);
/* Incremental plain BLAKE2b-256 for files and transcripts. */
struct crypto_hasher;
int crypto_hasher_new(const char *domain, struct crypto_hasher **ret, struct cf_error *err) CF_MUST_USE;
void crypto_hasher_add(struct crypto_hasher *h, const void *data, size_t n);
void crypto_hasher_value(struct crypto_hasher *h, uint8_t ret[CRYPTO_HASH_BYTES]);
struct crypto_hasher *crypto_hasher_free(struct crypto_hasher *h);
/* Derives n_bytes (16 to 64) from a 32-byte secret, for the purpose named by label and number. */
int secret_derive(const struct secret *from, const char *label, uint64_t number, size_t n_bytes,
	struct secret **ret, struct cf_error *err) CF_MUST_USE;
/* A deterministic permutation of 0 to n - 1 from a 32-byte secret (unbiased, ChaCha20 stream). */
int secret_permutation(const struct secret *seed, size_t n, uint32_t *ret, struct cf_error *err) CF_MUST_USE;
/* ret holds 2 n + 1 chars; parse is strict: exactly 2 n lower- or upper-case digits, then NUL. */
void crypto_to_hex(const uint8_t *data, size_t n, char *ret);
int crypto_from_hex(const char *text, uint8_t *ret, size_t n) CF_MUST_USE;
