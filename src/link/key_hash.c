#include "link/key_hash.h"

#include <string.h>

#include "link/keys.h"

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9u;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t hash_bytes(const char *bytes, size_t n)
{
	uint64_t h = mix(n + 0x9e3779b97f4a7c15u);
	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
	h = mix(h);
	return h ? h : 1;
}

static int hash_values(
	const struct link_table *t, const struct link_part *part, uint64_t *of_value, struct cf_error *err)
{
	const struct link_dictionary *values = &t->columns[part->column].values;
	CF_CLEANUP(buffer_done) struct buffer key = BUFFER_INIT;
	of_value[0] = 0;
	for (uint32_t code = 1; code <= values->n; code++) {
		buffer_clear(&key);
		TRY_MEMORY(link_part_key(t, part, link_dictionary_text(values, code),
				   link_dictionary_length(values, code), &key),
			err);
		of_value[code] = key.n ? hash_bytes(key.data, key.n) : 0;
	}
	return CF_OK;
}

int link_key_hashes(
	const struct link_table *t, const struct link_rule *rule, uint64_t *ret_hashes, struct cf_error *err)
{
	for (size_t row = 0; row < t->n_rows; row++)
		ret_hashes[row] = 1;
	for (size_t p = 0; p < rule->n_parts; p++) {
		const struct link_column *c = &t->columns[rule->parts[p].column];
		CF_CLEANUP_FREE uint64_t *of_value = NEW_ARRAY(uint64_t, (size_t)c->values.n + 1);
		if (!of_value)
			return error_memory(err);
		TRY(hash_values(t, &rule->parts[p], of_value, err));
		for (size_t row = 0; row < t->n_rows; row++) {
			uint64_t more = of_value[c->codes[row]];
			uint64_t joined = mix(ret_hashes[row] * 0x9e3779b97f4a7c15u + more);
			ret_hashes[row] = ret_hashes[row] && more ? (joined ? joined : 1) : 0;
		}
	}
	return CF_OK;
}
