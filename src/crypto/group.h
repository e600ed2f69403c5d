/*
 * The group ristretto255 (RFC 9496) with hash-to-group by RFC 9380, suite
 * "ristretto255_XMD:SHA-512_R255MAP_RO_". Elements and scalars are 32 canonical bytes. Secret scalars live in
 * struct secret; multiplication is constant-time (libsodium).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/progress.h"
#include "crypto/secret.h"

enum { GROUP_ELEMENT_BYTES = 32, GROUP_SCALAR_BYTES = 32, GROUP_TAG_MAX_BYTES = 255 };

/* RFC 9380 section 5.3.1, SHA-512; n_out at most 16,320; tag 1 to 255 bytes. */
int group_expand_message(const void *message, size_t n_message, const void *tag, size_t n_tag, uint8_t *out,
	size_t n_out, struct cf_error *err) CF_MUST_USE;

/* RFC 9380 appendix B: expand to 64 bytes, then the ristretto255 one-way map. */
int group_hash(const void *message, size_t n_message, const void *tag, size_t n_tag,
	uint8_t ret[GROUP_ELEMENT_BYTES], struct cf_error *err) CF_MUST_USE;

/* A uniformly random element whose discrete logarithm nobody knows. */
void group_random_element(uint8_t ret[GROUP_ELEMENT_BYTES]);
/* The same from a 64-byte seed (one-way map), for padding that a restart can make again. */
void group_element_from_uniform(const uint8_t seed[64], uint8_t ret[GROUP_ELEMENT_BYTES]);

/* A uniformly random non-zero scalar. */
int group_scalar_new(struct secret **ret, struct cf_error *err) CF_MUST_USE;
/* A scalar by wide reduction of 64 secret bytes; never zero. */
int group_scalar_from_seed(const struct secret *seed64, struct secret **ret, struct cf_error *err)
	CF_MUST_USE;
/* Modular inverse, for tests and two-party use. */
int group_scalar_invert(const struct secret *scalar, struct secret **ret, struct cf_error *err) CF_MUST_USE;

/* 1 when the bytes are a canonical encoding of an element other than the identity. */
int group_is_valid(const uint8_t element[GROUP_ELEMENT_BYTES]);

/* ret = scalar * element; CF_E_REFUSED for a non-canonical element or the identity. */
int group_multiply(const struct secret *scalar, const uint8_t element[GROUP_ELEMENT_BYTES],
	uint8_t ret[GROUP_ELEMENT_BYTES], struct cf_error *err) CF_MUST_USE;

/* The same for n elements on all threads of the pool (NULL: the caller's alone); in and out may be the same
 * array. On CF_E_REFUSED *ret_bad (may be NULL) is the lowest bad index and out is undefined. O(n), about 50
 * microseconds of CPU each. */
int group_multiply_batch(struct job_pool *pool, const struct secret *scalar, const uint8_t *in, size_t n,
	uint8_t *out, size_t *ret_bad, struct cf_error *err) CF_MUST_USE;

/* Hash and multiply in one pass over n messages: ret[i] = scalar * H(messages[i]). tag as in group_hash.
 * A message with data NULL gives a fresh random element (padding). */
struct group_message {
	const void *data;
	size_t n;
};
int group_blind_batch(struct job_pool *pool, const struct secret *scalar,
	const struct group_message *messages, size_t n, const void *tag, size_t n_tag, uint8_t *out,
	struct cf_error *err) CF_MUST_USE;
