/*
 * What a store at rest is made of: small sealed things (XChaCha20-Poly1305 with what they are bound to),
 * keyed tags, key pairs to which a key is sealed without anyone present, and keys from passphrases. Keys are
 * 32 bytes; where they are given as plain pointers they must stand in guarded memory (secret_bytes).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "crypto/secret.h"

enum {
	VAULT_KEY_BYTES = 32,
	VAULT_SEAL_BYTES =
		40, /* what sealing adds: a nonce of 24 bytes in front, an authenticator of 16 behind */
	VAULT_BOX_BYTES = 48, /* what sealing to a public key adds */
	VAULT_SALT_BYTES = 16,
	VAULT_TAG_MIN = 16,
	VAULT_TAG_MAX = 32
};

/* Seals n bytes of data into ret (n + VAULT_SEAL_BYTES), with a fresh random nonce, bound to the n_bound
 * bytes. ret and data may not overlap. */
void vault_seal(const uint8_t key[VAULT_KEY_BYTES], const void *bound, size_t n_bound, const void *data,
	size_t n, uint8_t *ret);
/* Opens n_sealed bytes into ret (n_sealed - VAULT_SEAL_BYTES). CF_E_REFUSED, with nothing said in an error,
 * when they were altered, are bound to something else or are sealed with another key; ret is then zeros. */
int vault_open(const uint8_t key[VAULT_KEY_BYTES], const void *bound, size_t n_bound, const uint8_t *sealed,
	size_t n_sealed, void *ret) CF_MUST_USE;

/* Keyed BLAKE2b of the domain and the parts, each length-prefixed; n_ret VAULT_TAG_MIN to VAULT_TAG_MAX. */
void vault_tag(const uint8_t key[VAULT_KEY_BYTES], const char *domain, const struct crypto_part *parts,
	size_t n_parts, uint8_t *ret, size_t n_ret);

/* An X25519 key pair. */
int vault_pair_new(struct secret **ret_secret, uint8_t ret_public[VAULT_KEY_BYTES], struct cf_error *err)
	CF_MUST_USE;
/* Seals to the public key: ret holds secret_size + VAULT_BOX_BYTES. CF_E_REFUSED for a key of small order. */
int vault_box(const uint8_t public_key[VAULT_KEY_BYTES], const struct secret *what, uint8_t *ret,
	struct cf_error *err) CF_MUST_USE;
/* CF_E_REFUSED when it does not open. */
int vault_unbox(const struct secret *pair_secret, const uint8_t public_key[VAULT_KEY_BYTES],
	const uint8_t *sealed, size_t n_sealed, struct secret **ret, struct cf_error *err) CF_MUST_USE;

/* What Argon2id costs. */
struct vault_costs {
	uint64_t passes;
	uint64_t memory_bytes;
};
/* 3 passes over 256 MiB. */
struct vault_costs vault_costs_default(void);
/* CF_E_REFUSED for costs that cannot be meant, so that a planted file cannot ask for a terabyte. */
int vault_costs_check(const struct vault_costs *costs, struct cf_error *err) CF_MUST_USE;
/* A 32-byte key from a passphrase, which may not be empty. */
int vault_stretch(const struct secret *passphrase, const struct vault_costs *costs,
	const uint8_t salt[VAULT_SALT_BYTES], struct secret **ret, struct cf_error *err) CF_MUST_USE;
