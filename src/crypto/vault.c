/*
 * Sealing for the store. Invariant: no key is copied out of guarded memory except onto the stack of
 * libsodium, which wipes it.
 */
#include "crypto/vault.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/fresh.h"

enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, PASSES_MAX = 16 };

static const uint64_t memory_max_bytes = UINT64_C(1) << 30;

_Static_assert(VAULT_SEAL_BYTES == NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES, "seal");
_Static_assert(VAULT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
_Static_assert(VAULT_BOX_BYTES == crypto_box_SEALBYTES, "box");
_Static_assert(VAULT_KEY_BYTES == crypto_box_PUBLICKEYBYTES, "public key");
_Static_assert(VAULT_KEY_BYTES == crypto_box_SECRETKEYBYTES, "secret key");
_Static_assert(VAULT_SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "salt");
_Static_assert(VAULT_TAG_MIN == crypto_generichash_BYTES_MIN && VAULT_TAG_MAX <= crypto_generichash_BYTES_MAX,
	"tag");

void vault_seal(const uint8_t key[VAULT_KEY_BYTES], const void *bound, size_t n_bound, const void *data,
	size_t n, uint8_t *ret)
{
	fresh_bytes(ret, NONCE);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
		ret + NONCE, NULL, data, n, bound, n_bound, NULL, ret, key);
}

int vault_open(const uint8_t key[VAULT_KEY_BYTES], const void *bound, size_t n_bound, const uint8_t *sealed,
	size_t n_sealed, void *ret)
{
	if (n_sealed < VAULT_SEAL_BYTES)
		return CF_E_REFUSED;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    ret, NULL, NULL, sealed + NONCE, n_sealed - NONCE, bound, n_bound, sealed, key) != 0)
		return CF_E_REFUSED;
	return CF_OK;
}

static void add(crypto_generichash_state *state, const void *data, size_t n)
{
	uint8_t length[8];
	for (int i = 0; i < 8; i++)
		length[i] = (uint8_t)((uint64_t)n >> (8 * i));
	/* only fails for impossible lengths of key and output, and ours are constants */
	(void)crypto_generichash_update(state, length, sizeof length);
	if (n)
		(void)crypto_generichash_update(state, data, n);
}

void vault_tag(const uint8_t key[VAULT_KEY_BYTES], const char *domain, const struct crypto_part *parts,
	size_t n_parts, uint8_t *ret, size_t n_ret)
{
	assert(n_ret >= VAULT_TAG_MIN && n_ret <= VAULT_TAG_MAX);
	crypto_generichash_state state;
	(void)crypto_generichash_init(&state, key, VAULT_KEY_BYTES, n_ret);
	add(&state, domain, strlen(domain));
	for (size_t i = 0; i < n_parts; i++)
		add(&state, parts[i].data, parts[i].n);
	(void)crypto_generichash_final(&state, ret, n_ret);
	sodium_memzero(&state, sizeof state);
}

int vault_pair_new(struct secret **ret_secret, uint8_t ret_public[VAULT_KEY_BYTES], struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *pair = NULL;
	TRY(secret_new(VAULT_KEY_BYTES, &pair, err));
	(void)crypto_box_keypair(ret_public, secret_data(pair)); /* cannot fail */
	*ret_secret = TAKE(pair);
	return CF_OK;
}

int vault_box(const uint8_t public_key[VAULT_KEY_BYTES], const struct secret *what, uint8_t *ret,
	struct cf_error *err)
{
	if (crypto_box_seal(ret, secret_bytes(what), secret_size(what), public_key) != 0)
		return error_set(err, CF_E_REFUSED, "a public key cannot be sealed to");
	return CF_OK;
}

int vault_unbox(const struct secret *pair_secret, const uint8_t public_key[VAULT_KEY_BYTES],
	const uint8_t *sealed, size_t n_sealed, struct secret **ret, struct cf_error *err)
{
	if (n_sealed < VAULT_BOX_BYTES)
		return error_set(err, CF_E_REFUSED, "a sealed key is cut short");
	CF_CLEANUP_SECRET struct secret *what = NULL;
	TRY(secret_new(n_sealed - VAULT_BOX_BYTES, &what, err));
	if (crypto_box_seal_open(
		    secret_data(what), sealed, n_sealed, public_key, secret_bytes(pair_secret)) != 0)
		return error_set(err, CF_E_REFUSED, "a sealed key does not open");
	*ret = TAKE(what);
	return CF_OK;
}

struct vault_costs vault_costs_default(void)
{
	return (struct vault_costs){
		crypto_pwhash_argon2id_OPSLIMIT_MODERATE, crypto_pwhash_argon2id_MEMLIMIT_MODERATE};
}

int vault_costs_check(const struct vault_costs *costs, struct cf_error *err)
{
	if (costs->passes < crypto_pwhash_argon2id_OPSLIMIT_MIN || costs->passes > PASSES_MAX ||
		costs->memory_bytes < crypto_pwhash_argon2id_MEMLIMIT_MIN ||
		costs->memory_bytes > memory_max_bytes)
		return error_set(err, CF_E_REFUSED,
			"the passphrase asks for more or less work or memory than is reasonable; the store "
			"was altered");
	return CF_OK;
}

int vault_stretch(const struct secret *passphrase, const struct vault_costs *costs,
	const uint8_t salt[VAULT_SALT_BYTES], struct secret **ret, struct cf_error *err)
{
	TRY(vault_costs_check(costs, err));
	if (secret_size(passphrase) == 0)
		return error_set(err, CF_E_USAGE, "the passphrase is empty");
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_new(VAULT_KEY_BYTES, &key, err));
	if (crypto_pwhash_argon2id(secret_data(key), VAULT_KEY_BYTES, (const char *)secret_bytes(passphrase),
		    secret_size(passphrase), salt, costs->passes, (size_t)costs->memory_bytes,
		    crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
		return error_set(
			err, CF_E_MEMORY, "there is not enough memory to derive a key from the passphrase");
	*ret = TAKE(key);
	return CF_OK;
}
