/*
 * Keys of blocking rules. A part of a rule gives each distinct value of its column a key number; a rule gives
 * each row a key number, the same for rows that agree in every part. 0 means that a row has no key and meets
 * no other through this rule.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "link/settings.h"
#include "link/table.h"

/* Key numbers of all values of one column under one transform: of_value[code]. */
struct link_part_keys {
	struct link_part part;
	uint32_t *of_value;
	uint32_t n; /* distinct keys */
};

int link_part_keys_make(const struct link_table *t, const struct link_part *part, struct link_part_keys *ret,
	struct cf_error *err) CF_MUST_USE;
void link_part_keys_done(struct link_part_keys *k);

/* Appends the key of one value; nothing when it has none. */
int link_part_key(const struct link_table *t, const struct link_part *part, const char *text, size_t n,
	struct buffer *out) CF_MUST_USE;

/* Key numbers by row (from 1, in the order of their first coming) of n_rows rows rows[0..n) (NULL: all rows
 * of the table in their order) for parts[0..n_parts). *ret_n: distinct keys. */
int link_row_keys(const struct link_table *t, const struct link_part_keys *const *parts, size_t n_parts,
	const uint32_t *rows, size_t n_rows, uint32_t *ret_keys, uint32_t *ret_n, struct cf_error *err)
	CF_MUST_USE;

struct link_key_count {
	double n_pairs;
	uint64_t largest; /* rows that share one key */
};
/* Pairs that agree on keys (0 meets none), as across and within say. rows as above, rising. */
int link_count_pairs(const struct link_table *t, const uint32_t *keys, uint32_t n_keys, const uint32_t *rows,
	size_t n_rows, const struct link_settings *s, struct link_key_count *ret, struct cf_error *err)
	CF_MUST_USE;

/* Places of all rows from 1 when they are sorted by the texts of the rule's keys, 0 where the first part has
 * none; *ret_n: the last place. For rules with a window. */
int link_row_ranks(const struct link_table *t, const struct link_rule *rule, uint32_t *ret_ranks,
	uint32_t *ret_n, struct cf_error *err) CF_MUST_USE;
