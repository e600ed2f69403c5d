#include "link/clk/places.h"

#include <assert.h>
#include <string.h>

#include "crypto/keyed.h"

enum {
	ENTRIES = 1 << 14, /* 112 bytes each: stays in a core's second cache */
	MAX_CACHED_TOKEN = 34,
	PLACES_A_HASH = KEYED_BLAKE_BYTES / 2,

};

struct entry {
	uint64_t tag;
	uint16_t feature; /* counts from 1; 0: empty */
	uint16_t part;    /* which 32 places */
	uint8_t n;
	uint8_t token[MAX_CACHED_TOKEN];
	uint16_t places[PLACES_A_HASH]; /* double hashing: the first two are first and step */
};

struct clk_places {
	const struct clk_schema *schema;
	const uint8_t *keys;
	uint32_t n_filter;
	struct entry *entries;
	struct entry uncached;
	struct keyed_hmacs *hmacs[CLK_MAX_FEATURES]; /* of features with double hashing */
};

int clk_places_new(const struct clk_schema *schema, const struct secret *keys, struct clk_places **ret,
	struct cf_error *err)
{
	const size_t n_key = schema->key_bytes;
	assert(secret_size(keys) == 2 * n_key * schema->n_features);
	CF_CLEANUP_CLK_PLACES struct clk_places *p = NEW(struct clk_places);
	if (!p)
		return error_memory(err);
	p->schema = schema;
	p->keys = secret_bytes(keys);
	p->n_filter = schema->n_bits << schema->n_folds;
	p->entries = NEW_ARRAY_ZERO(struct entry, ENTRIES);
	if (!p->entries)
		return error_memory(err);
	for (size_t f = 0; f < schema->n_features; f++) {
		const uint8_t *key = p->keys + 2 * f * n_key;
		if (!schema->features[f].ignored && schema->features[f].hash != CLK_BLAKE)
			TRY(keyed_hmacs_new(key, key + n_key, n_key, &p->hmacs[f], err));
	}
	*ret = TAKE(p);
	return CF_OK;
}

struct clk_places *clk_places_free(struct clk_places *p)
{
	if (!p)
		return NULL;
	for (size_t f = 0; f < CLK_MAX_FEATURES; f++)
		p->hmacs[f] = keyed_hmacs_free(p->hmacs[f]);
	if (p->entries)
		secret_wipe(p->entries, ENTRIES * sizeof *p->entries);
	mem_free(p->entries);
	secret_wipe(p, sizeof *p);
	return mem_free(p);
}

/* ---- hashing ---- */

static uint32_t remainder_of(const uint8_t *digest, size_t n, uint32_t modulus)
{
	uint64_t rest = 0;
	for (size_t i = 0; i < n; i++)
		rest = (rest << 8 | digest[i]) % modulus;
	return (uint32_t)rest;
}

/* BLAKE2b's salt is the number of the hash in decimal digits, then zeros; its output 32 little-endian places.
 */
static void blake(const struct clk_places *p, size_t f, const struct entry *e, const void *token, size_t n,
	uint16_t *ret_places)
{
	uint8_t digest[KEYED_BLAKE_BYTES];
	uint8_t salt[KEYED_BLAKE_SALT_BYTES] = {0};
	uint8_t digits[8];
	size_t n_digits = 0;
	unsigned number = e->part;
	do
		digits[n_digits++] = (uint8_t)('0' + number % 10);
	while (number /= 10);
	for (size_t i = 0; i < n_digits; i++)
		salt[i] = digits[n_digits - 1 - i];
	keyed_blake2b(p->keys + 2 * f * p->schema->key_bytes, p->schema->key_bytes, salt, token, n, digest);
	/* a power of two */
	const uint32_t mask = p->n_filter - 1;
	for (size_t i = 0; i < PLACES_A_HASH; i++)
		ret_places[i] =
			(uint16_t)(((uint32_t)digest[2 * i] | (uint32_t)digest[2 * i + 1] << 8) & mask);
}

/* clkhash appends chr(0), chr(1), ... to the token until the step is not 0. */
static uint32_t other_step(struct keyed_hmacs *h, const void *token, size_t n, uint32_t modulus)
{
	uint8_t digest[KEYED_MD5_BYTES];
	uint32_t step = 0;
	for (unsigned i = 0; step == 0 && i < 128; i++) {
		keyed_hmac_md5_and(h, token, n, (uint8_t)i, digest);
		step = remainder_of(digest, sizeof digest, modulus);
	}
	return step;
}

static void double_hash(
	const struct clk_places *p, size_t f, const void *token, size_t n, uint16_t *ret_places)
{
	struct keyed_hmacs *h = p->hmacs[f];
	uint8_t sha1[KEYED_SHA1_BYTES];
	uint8_t md5[KEYED_MD5_BYTES];
	keyed_hmac_sha1(h, token, n, sha1);
	keyed_hmac_md5(h, token, n, md5);
	uint32_t step = remainder_of(md5, sizeof md5, p->n_filter);
	if (step == 0 && p->schema->features[f].hash == CLK_DOUBLE_NOT_SINGULAR)
		step = other_step(h, token, n, p->n_filter);
	ret_places[0] = (uint16_t)remainder_of(sha1, sizeof sha1, p->n_filter);
	ret_places[1] = (uint16_t)step;
}

/* ---- the cache ---- */

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

static uint64_t tag_of(size_t f, unsigned part, const uint8_t *token, size_t n)
{
	uint64_t h = mix(n, (uint64_t)f << 32 | part);
	for (; n >= 8; n -= 8, token += 8) {
		uint64_t word;
		memcpy(&word, token, 8);
		h = mix(h, word);
	}
	uint64_t rest = 0;
	memcpy(&rest, token, n);
	return mix(h, rest);
}

static void hash(const struct clk_places *p, size_t f, struct entry *e, const void *token, size_t n)
{
	if (p->hmacs[f])
		double_hash(p, f, token, n, e->places);
	else
		blake(p, f, e, token, n, e->places);
}

static const uint16_t *look_up(struct clk_places *p, size_t f, unsigned part, const void *token, size_t n)
{
	struct entry *e = &p->uncached;
	if (n > MAX_CACHED_TOKEN) {
		e->part = (uint16_t)part;
		hash(p, f, e, token, n);
		return e->places;
	}
	const uint64_t tag = tag_of(f, part, token, n);
	e = &p->entries[tag % ENTRIES];
	if (e->tag == tag && e->feature == f + 1 && e->part == part && e->n == n &&
		memcmp(e->token, token, n) == 0)
		return e->places;
	e->tag = tag;
	e->feature = (uint16_t)(f + 1);
	e->part = (uint16_t)part;
	e->n = (uint8_t)n;
	memcpy(e->token, token, n);
	hash(p, f, e, token, n);
	return e->places;
}

static void set(uint64_t *filter, uint32_t place)
{
	filter[place >> 6] |= UINT64_C(1) << (63 - (place & 63));
}

void clk_places_set(struct clk_places *p, size_t f, const void *token, size_t n, uint32_t k, uint64_t *filter)
{
	if (p->hmacs[f]) {
		const uint16_t *two = look_up(p, f, 0, token, n);
		uint32_t place = two[0];
		for (uint32_t i = 0; i < k; i++) {
			set(filter, place);
			place += two[1];
			place -= place >= p->n_filter ? p->n_filter : 0;
		}
		return;
	}
	for (unsigned part = 0; k; part++) {
		const uint16_t *places = look_up(p, f, part, token, n);
		const uint32_t piece = k < PLACES_A_HASH ? k : PLACES_A_HASH;
		for (uint32_t i = 0; i < piece; i++)
			set(filter, places[i]);
		k -= piece;
	}
}
