#include "crypto/keyed.h"

#include <assert.h>
#include <nettle/hmac.h>
#include <sodium.h>
#include <string.h>

/* HMAC of either hash, so that HKDF is written once. */
struct hmac {
	enum keyed_hash hash;
	union {
		crypto_auth_hmacsha256_state sha256;
		crypto_auth_hmacsha512_state sha512;
	} state;
};

struct keyed_hmacs {
	struct hmac_sha1_ctx sha1;
	struct hmac_md5_ctx md5;
};

_Static_assert(KEYED_SHA1_BYTES == SHA1_DIGEST_SIZE && KEYED_MD5_BYTES == MD5_DIGEST_SIZE, "digests");
_Static_assert(KEYED_BLAKE_SALT_BYTES == crypto_generichash_blake2b_SALTBYTES, "salt");

static size_t hash_bytes(enum keyed_hash hash)
{
	return hash == KEYED_SHA256 ? crypto_auth_hmacsha256_BYTES : crypto_auth_hmacsha512_BYTES;
}

/* libsodium's HMAC cannot fail; its int is for symmetry. */
static void hmac_begin(struct hmac *h, enum keyed_hash hash, const void *key, size_t n)
{
	h->hash = hash;
	if (hash == KEYED_SHA256)
		(void)crypto_auth_hmacsha256_init(&h->state.sha256, key, n);
	else
		(void)crypto_auth_hmacsha512_init(&h->state.sha512, key, n);
}

static void hmac_add(struct hmac *h, const void *data, size_t n)
{
	if (n == 0)
		return;
	if (h->hash == KEYED_SHA256)
		(void)crypto_auth_hmacsha256_update(&h->state.sha256, data, n);
	else
		(void)crypto_auth_hmacsha512_update(&h->state.sha512, data, n);
}

static void hmac_end(struct hmac *h, uint8_t *ret)
{
	if (h->hash == KEYED_SHA256)
		(void)crypto_auth_hmacsha256_final(&h->state.sha256, ret);
	else
		(void)crypto_auth_hmacsha512_final(&h->state.sha512, ret);
	sodium_memzero(h, sizeof *h);
}

/* RFC 5869 section 2.3: T(i) = HMAC(PRK, T(i - 1) | info | i). */
static void expand(const struct keyed_hkdf *how, const struct secret *extracted, struct secret *to)
{
	uint8_t block[crypto_auth_hmacsha512_BYTES];
	const size_t n_hash = hash_bytes(how->hash);
	uint8_t *out = secret_data(to);
	size_t n_left = secret_size(to);
	for (uint8_t counter = 1; n_left; counter++) {
		struct hmac h;
		hmac_begin(&h, how->hash, secret_bytes(extracted), n_hash);
		hmac_add(&h, block, counter > 1 ? n_hash : 0);
		hmac_add(&h, how->info, how->n_info);
		hmac_add(&h, &counter, 1);
		hmac_end(&h, block);
		const size_t piece = n_left < n_hash ? n_left : n_hash;
		memcpy(out, block, piece);
		out += piece;
		n_left -= piece;
	}
	sodium_memzero(block, sizeof block);
}

int keyed_hkdf(const struct keyed_hkdf *how, const struct secret *from, size_t n_bytes, struct secret **ret,
	struct cf_error *err)
{
	const size_t n_hash = hash_bytes(how->hash);
	if (n_bytes == 0 || n_bytes > 255 * n_hash)
		return error_set(err, CF_E_LIMIT,
			"HKDF gives 1 to %zu bytes with this hash, not %zu; take fewer features or a smaller "
			"keySize",
			255 * n_hash, n_bytes);
	CF_CLEANUP_SECRET struct secret *extracted = NULL;
	CF_CLEANUP_SECRET struct secret *out = NULL;
	TRY(secret_new(n_hash, &extracted, err));
	TRY(secret_new(n_bytes, &out, err));
	/* an absent salt is a string of zeros; HMAC pads a short key with zeros, so the empty one is the same
	 */
	struct hmac h;
	hmac_begin(&h, how->hash, how->n_salt ? how->salt : "", how->n_salt);
	hmac_add(&h, secret_bytes(from), secret_size(from));
	hmac_end(&h, secret_data(extracted));
	expand(how, extracted, out);
	*ret = TAKE(out);
	return CF_OK;
}

void keyed_blake2b(const uint8_t *key, size_t n_key, const uint8_t salt[KEYED_BLAKE_SALT_BYTES],
	const void *data, size_t n, uint8_t ret[KEYED_BLAKE_BYTES])
{
	assert(n_key >= 1 && n_key <= KEYED_BLAKE_KEY_MAX);
	(void)crypto_generichash_blake2b_salt_personal(
		ret, KEYED_BLAKE_BYTES, n ? data : NULL, n, key, n_key, salt, NULL);
}

int keyed_hmacs_new(const uint8_t *sha1_key, const uint8_t *md5_key, size_t n_key, struct keyed_hmacs **ret,
	struct cf_error *err)
{
	struct keyed_hmacs *h = NEW(struct keyed_hmacs);
	if (!h)
		return error_memory(err);
	hmac_sha1_set_key(&h->sha1, n_key, sha1_key);
	hmac_md5_set_key(&h->md5, n_key, md5_key);
	*ret = h;
	return CF_OK;
}

struct keyed_hmacs *keyed_hmacs_free(struct keyed_hmacs *h)
{
	if (h) {
		sodium_memzero(h, sizeof *h);
		mem_free(h);
	}
	return NULL;
}

void keyed_hmac_sha1(struct keyed_hmacs *h, const void *data, size_t n, uint8_t ret[KEYED_SHA1_BYTES])
{
	hmac_sha1_update(&h->sha1, n, data);
	hmac_sha1_digest(&h->sha1, KEYED_SHA1_BYTES, ret);
}

void keyed_hmac_md5(struct keyed_hmacs *h, const void *data, size_t n, uint8_t ret[KEYED_MD5_BYTES])
{
	hmac_md5_update(&h->md5, n, data);
	hmac_md5_digest(&h->md5, KEYED_MD5_BYTES, ret);
}

void keyed_hmac_md5_and(
	struct keyed_hmacs *h, const void *data, size_t n, uint8_t last, uint8_t ret[KEYED_MD5_BYTES])
{
	hmac_md5_update(&h->md5, n, data);
	hmac_md5_update(&h->md5, 1, &last);
	hmac_md5_digest(&h->md5, KEYED_MD5_BYTES, ret);
}

void keyed_seed(const struct secret *key, const struct crypto_part *parts, size_t n_parts,
	uint8_t ret[KEYED_SEED_BYTES])
{
	crypto_generichash_state state;
	int failed = crypto_generichash_init(&state, secret_bytes(key), secret_size(key), KEYED_SEED_BYTES);
	assert(!failed);
	for (size_t i = 0; i < n_parts; i++) {
		const uint64_t n = parts[i].n;
		uint8_t length[8];
		for (int k = 0; k < 8; k++)
			length[k] = (uint8_t)(n >> (8 * k));
		failed |= crypto_generichash_update(&state, length, sizeof length);
		if (n)
			failed |= crypto_generichash_update(&state, parts[i].data, parts[i].n);
	}
	failed |= crypto_generichash_final(&state, ret, KEYED_SEED_BYTES);
	assert(!failed);
	sodium_memzero(&state, sizeof state);
}

void keyed_stream(const uint8_t seed[KEYED_SEED_BYTES], void *to, size_t n)
{
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	(void)crypto_stream_chacha20(to, n, nonce, seed);
}
