/*
 * Keyed hashing as other programs do it: HKDF (RFC 5869), BLAKE2b with key and salt, HMAC-SHA-1 and HMAC-MD5
 * (for encodings that are defined by them; nothing of ours rests on SHA-1 or MD5), and a key stream. What is
 * derived here is secret in the same measure as the key.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/secret.h"

enum keyed_hash {
	KEYED_SHA256,
	KEYED_SHA512,
};

/* RFC 5869: extract with salt (n_salt 0: zeros), expand with info. n_bytes is 1 to 255 times the hash's 32 or
 * 64 bytes, else CF_E_LIMIT. */
struct keyed_hkdf {
	enum keyed_hash hash;
	const void *salt;
	size_t n_salt;
	const void *info;
	size_t n_info;
};
int keyed_hkdf(const struct keyed_hkdf *how, const struct secret *from, size_t n_bytes, struct secret **ret,
	struct cf_error *err) CF_MUST_USE;

enum { KEYED_BLAKE_BYTES = 64, KEYED_BLAKE_KEY_MAX = 64, KEYED_BLAKE_SALT_BYTES = 16 };
/* BLAKE2b-512 with a key of 1 to 64 bytes and a salt of exactly 16 (the personalisation is zeros). */
void keyed_blake2b(const uint8_t *key, size_t n_key, const uint8_t salt[KEYED_BLAKE_SALT_BYTES],
	const void *data, size_t n, uint8_t ret[KEYED_BLAKE_BYTES]);

enum { KEYED_SHA1_BYTES = 20, KEYED_MD5_BYTES = 16 };
/* An HMAC key made ready once for many messages. Not thread-safe; wipes itself when freed. */
struct keyed_hmacs;
int keyed_hmacs_new(const uint8_t *sha1_key, const uint8_t *md5_key, size_t n_key, struct keyed_hmacs **ret,
	struct cf_error *err) CF_MUST_USE;
struct keyed_hmacs *keyed_hmacs_free(struct keyed_hmacs *h);
CF_DEFINE_CLEANUP(struct keyed_hmacs, keyed_hmacs_free);
#define CF_CLEANUP_HMACS CF_CLEANUP(keyed_hmacs_free_ptr)
void keyed_hmac_sha1(struct keyed_hmacs *h, const void *data, size_t n, uint8_t ret[KEYED_SHA1_BYTES]);
void keyed_hmac_md5(struct keyed_hmacs *h, const void *data, size_t n, uint8_t ret[KEYED_MD5_BYTES]);
/* Of data and one byte behind it. */
void keyed_hmac_md5_and(
	struct keyed_hmacs *h, const void *data, size_t n, uint8_t last, uint8_t ret[KEYED_MD5_BYTES]);

enum { KEYED_SEED_BYTES = 32 };
/* A seed for keyed_stream from a 32-byte key and the parts of what it is for (BLAKE2b-256, keyed, each part
 * length-prefixed). */
void keyed_seed(const struct secret *key, const struct crypto_part *parts, size_t n_parts,
	uint8_t ret[KEYED_SEED_BYTES]);
/* The first n bytes of the ChaCha20 stream of a seed (nonce zero: each seed is for one stream). */
void keyed_stream(const uint8_t seed[KEYED_SEED_BYTES], void *to, size_t n);
