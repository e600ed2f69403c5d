#include "match/commitment.h"

#include <string.h>

#include "base/mem.h"
#include "match/wire.h"

enum { N_FIXED_PARTS = 3, MASK_BYTES = (MATCH_MAX_SLOTS + 7) / 8 };

static void salt_of(const struct secret *seed, size_t record, uint8_t ret[CRYPTO_HASH_BYTES])
{
	uint8_t number[4];
	wire_put32(number, (uint32_t)record);
	const struct crypto_part parts[] = {{secret_bytes(seed), secret_size(seed)}, {number, sizeof number}};
	crypto_digest("counterfoil salt v1", parts, 2, ret);
}

/* Salt, stratum, which slots hold a value, and the values: no two different records encode alike. */
static void leaf_of(const struct match_records *r, size_t record, const struct secret *seed,
	uint8_t ret[CRYPTO_HASH_BYTES])
{
	uint8_t salt[CRYPTO_HASH_BYTES];
	uint8_t stratum[4];
	uint8_t mask[MASK_BYTES] = {0};
	struct crypto_part parts[N_FIXED_PARTS + MATCH_MAX_SLOTS];
	size_t n = N_FIXED_PARTS;
	salt_of(seed, record, salt);
	wire_put32(stratum, r->stratum[record]);
	for (size_t slot = 0; slot < r->n_slots; slot++) {
		const char *value = r->values[record * r->n_slots + slot];
		if (!value)
			continue;
		mask[slot / 8] = (uint8_t)(mask[slot / 8] | 1u << slot % 8);
		parts[n++] = (struct crypto_part){value, strlen(value)};
	}
	parts[0] = (struct crypto_part){salt, sizeof salt};
	parts[1] = (struct crypto_part){stratum, sizeof stratum};
	parts[2] = (struct crypto_part){mask, sizeof mask};
	crypto_digest("counterfoil leaf v1", parts, n, ret);
	secret_wipe(salt, sizeof salt);
}

/* The tree of RFC 9162, section 2.1: pairs level by level, an odd last node moves up as it is. */
static void merkle_root(uint8_t *nodes, size_t n)
{
	for (; n > 1; n = (n + 1) / 2) {
		for (size_t i = 0; i < n / 2; i++) {
			const struct crypto_part pair[] = {
				{nodes + 2 * i * CRYPTO_HASH_BYTES, CRYPTO_HASH_BYTES},
				{nodes + (2 * i + 1) * CRYPTO_HASH_BYTES, CRYPTO_HASH_BYTES},
			};
			uint8_t node[CRYPTO_HASH_BYTES];
			crypto_digest("counterfoil node v1", pair, 2, node);
			memcpy(nodes + i * CRYPTO_HASH_BYTES, node, sizeof node);
		}
		if (n % 2)
			memmove(nodes + n / 2 * CRYPTO_HASH_BYTES, nodes + (n - 1) * CRYPTO_HASH_BYTES,
				CRYPTO_HASH_BYTES);
	}
}

int match_commitment(const struct match_study *s, const struct match_records *records,
	const struct secret *seed, uint8_t ret[CRYPTO_HASH_BYTES], struct cf_error *err)
{
	CF_CLEANUP_FREE uint8_t *nodes = mem_alloc_zero(records->n + 1, CRYPTO_HASH_BYTES);
	if (!nodes)
		return error_memory(err);
	for (size_t i = 0; i < records->n; i++)
		leaf_of(records, i, seed, nodes + i * CRYPTO_HASH_BYTES);
	merkle_root(nodes, records->n);
	uint8_t n[4];
	wire_put32(n, (uint32_t)records->n);
	const struct crypto_part parts[] = {
		{s->hash, sizeof s->hash}, {n, sizeof n}, {nodes, CRYPTO_HASH_BYTES}};
	crypto_digest("counterfoil commitment v1", parts, 3, ret);
	return 0;
}
