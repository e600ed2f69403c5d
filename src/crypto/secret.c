/*
 * Guarded memory, hashing and derivation. Invariant: bytes of a struct secret leave guarded memory only
 * through secret_data and secret_bytes, and every copy this file makes on a stack is wiped before it returns.
 */
#include "crypto/secret.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* More than BLAKE2b's compression leaves on the stack: its first block is the key. */
enum { HASH_STACK_BYTES = 4096 };

struct secret {
	size_t n;
	uint8_t *data; /* from sodium_malloc */
};

struct crypto_hasher {
	crypto_generichash_state state;
};

int crypto_start(struct cf_error *err)
{
	if (sodium_init() < 0)
		return error_set(err, CF_E_INTERNAL, "the cryptographic library could not be started");
	return CF_OK;
}

int secret_new(size_t n_bytes, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NEW(struct secret);
	if (!s)
		return error_memory(err);
	s->data = sodium_malloc(n_bytes);
	if (!s->data)
		return error_memory(err);
	/* sodium_malloc fills with 0xdb, to show use before initialisation; our contract is zeros */
	sodium_memzero(s->data, n_bytes);
	s->n = n_bytes;
	*ret = TAKE(s);
	return CF_OK;
}

int secret_new_random(size_t n_bytes, struct secret **ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(n_bytes, &s, err));
	randombytes_buf(s->data, n_bytes);
	*ret = TAKE(s);
	return CF_OK;
}

struct secret *secret_free(struct secret *s)
{
	if (s) {
		sodium_free(s->data); /* zeroes, then unmaps */
		mem_free(s);
	}
	return NULL;
}

uint8_t *secret_data(struct secret *s)
{
	return s->data;
}

const uint8_t *secret_bytes(const struct secret *s)
{
	return s->data;
}

size_t secret_size(const struct secret *s)
{
	return s->n;
}

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

int secret_equal(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void crypto_random(void *to, size_t n)
{
	randombytes_buf(to, n);
}

static void store_u64(uint8_t to[8], uint64_t value)
{
	for (int i = 0; i < 8; i++)
		to[i] = (uint8_t)(value >> (8 * i));
}

/* BLAKE2b's init, update and final fail only for impossible key and output lengths; ours are constants. */
static void hash_init(crypto_generichash_state *state, const void *key, size_t n_key, size_t n_out)
{
	int failed = crypto_generichash_init(state, key, n_key, n_out);
	assert(!failed);
}

static void hash_add(crypto_generichash_state *state, const void *data, size_t n)
{
	if (n) {
		int failed = crypto_generichash_update(state, data, n);
		assert(!failed);
	}
}

static void hash_add_prefixed(crypto_generichash_state *state, const void *data, size_t n)
{
	uint8_t length[8];
	store_u64(length, n);
	hash_add(state, length, sizeof length);
	hash_add(state, data, n);
}

static void hash_final(crypto_generichash_state *state, uint8_t *ret, size_t n_out)
{
	int failed = crypto_generichash_final(state, ret, n_out);
	assert(!failed);
	sodium_memzero(state, sizeof *state);
}

void crypto_digest(
	const char *domain, const struct crypto_part *parts, size_t n_parts, uint8_t ret[CRYPTO_HASH_BYTES])
{
	crypto_generichash_state state;
	hash_init(&state, NULL, 0, CRYPTO_HASH_BYTES);
	hash_add_prefixed(&state, domain, strlen(domain));
	for (size_t i = 0; i < n_parts; i++)
		hash_add_prefixed(&state, parts[i].data, parts[i].n);
	hash_final(&state, ret, CRYPTO_HASH_BYTES);
}

int crypto_hasher_new(const char *domain, struct crypto_hasher **ret, struct cf_error *err)
{
	/* the state wants 64-byte alignment */
	struct crypto_hasher *h = mem_alloc_aligned(1, sizeof *h);
	if (!h)
		return error_memory(err);
	hash_init(&h->state, NULL, 0, CRYPTO_HASH_BYTES);
	hash_add_prefixed(&h->state, domain, strlen(domain));
	*ret = h;
	return CF_OK;
}

void crypto_hasher_add(struct crypto_hasher *h, const void *data, size_t n)
{
	hash_add(&h->state, data, n);
}

void crypto_hasher_value(struct crypto_hasher *h, uint8_t ret[CRYPTO_HASH_BYTES])
{
	crypto_generichash_state copy = h->state;
	hash_final(&copy, ret, CRYPTO_HASH_BYTES);
}

struct crypto_hasher *crypto_hasher_free(struct crypto_hasher *h)
{
	if (h) {
		sodium_memzero(h, sizeof *h);
		mem_free(h);
	}
	return NULL;
}

/* Keyed BLAKE2b over "counterfoil derive v1", label and number: what libsodium's crypto_kdf does, with labels
 * longer than its eight bytes. The output's length is part of BLAKE2b's parameters, so that a short key is
 * not the beginning of a long one. */
static void derive(
	const struct secret *from, const char *label, uint64_t number, uint8_t *ret, size_t n_bytes)
{
	static const char domain[] = "counterfoil derive v1";
	crypto_generichash_state state;
	hash_init(&state, from->data, from->n, n_bytes);
	hash_add_prefixed(&state, domain, sizeof domain - 1);
	hash_add_prefixed(&state, label, strlen(label));
	uint8_t digits[8];
	store_u64(digits, number);
	hash_add(&state, digits, sizeof digits);
	hash_final(&state, ret, n_bytes);
	sodium_stackzero(HASH_STACK_BYTES);
}

int secret_derive(const struct secret *from, const char *label, uint64_t number, size_t n_bytes,
	struct secret **ret, struct cf_error *err)
{
	assert(from->n == 32 && n_bytes >= 16 && n_bytes <= 64);
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(n_bytes, &s, err));
	derive(from, label, number, s->data, n_bytes);
	*ret = TAKE(s);
	return CF_OK;
}

/* A ChaCha20 key stream read as little-endian 32-bit words. */
struct word_stream {
	const struct secret *key;
	uint64_t block; /* the next 64-byte block of the stream */
	size_t at;
	uint8_t bytes[4096];
};

static void wipe_word_stream(struct word_stream *s)
{
	sodium_memzero(s, sizeof *s);
}

static uint32_t next_word(struct word_stream *s)
{
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	if (s->at == sizeof s->bytes) {
		memset(s->bytes, 0, sizeof s->bytes);
		crypto_stream_chacha20_xor_ic(
			s->bytes, s->bytes, sizeof s->bytes, nonce, s->block, s->key->data);
		s->block += sizeof s->bytes / 64;
		s->at = 0;
	}
	const uint8_t *b = s->bytes + s->at;
	s->at += 4;
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Uniform in 0 to bound - 1: Lemire 2019, "Fast random integer generation in an interval", algorithm 5. */
static uint32_t next_below(struct word_stream *s, uint32_t bound)
{
	uint64_t product = (uint64_t)next_word(s) * bound;
	if ((uint32_t)product < bound) {
		uint32_t threshold = (0U - bound) % bound;
		while ((uint32_t)product < threshold)
			product = (uint64_t)next_word(s) * bound;
	}
	return (uint32_t)(product >> 32);
}

int secret_permutation(const struct secret *seed, size_t n, uint32_t *ret, struct cf_error *err)
{
	if (n > UINT32_MAX)
		return error_set(
			err, CF_E_LIMIT, "a permutation of %zu places is beyond what can be handled", n);
	CF_CLEANUP_SECRET struct secret *key = NULL;
	TRY(secret_derive(seed, "permutation", 0, crypto_stream_chacha20_KEYBYTES, &key, err));
	CF_CLEANUP(wipe_word_stream) struct word_stream stream = {.key = key, .at = sizeof stream.bytes};
	for (size_t i = 0; i < n; i++)
		ret[i] = (uint32_t)i;
	for (size_t i = n; i > 1; i--) {
		uint32_t j = next_below(&stream, (uint32_t)i);
		uint32_t moved = ret[i - 1];
		ret[i - 1] = ret[j];
		ret[j] = moved;
	}
	return CF_OK;
}

void crypto_to_hex(const uint8_t *data, size_t n, char *ret)
{
	(void)sodium_bin2hex(ret, 2 * n + 1, data, n);
}

int crypto_from_hex(const char *text, uint8_t *ret, size_t n)
{
	size_t n_decoded = 0;
	const char *end = NULL;
	if (strnlen(text, 2 * n + 1) != 2 * n)
		return CF_E_INPUT;
	if (sodium_hex2bin(ret, n, text, 2 * n, NULL, &n_decoded, &end) != 0 || n_decoded != n || *end)
		return CF_E_INPUT;
	return CF_OK;
}
