/*
 * Rows compared field by field. The levels of all fields make a pattern: four bits a field, so that pairs
 * that agree in the same way have the same pattern whatever their values. Levels of value
 * pairs are remembered (memo.h) where finding them takes longer than that.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "link/levels.h"
#include "link/settings.h"
#include "link/table.h"

enum { LINK_PATTERN_BITS = 4 };

struct link_comparer;

/* memo_bytes: for each worker, over all fields. */
int link_comparer_new(const struct link_table *t, const struct link_settings *s, size_t n_workers,
	size_t memo_bytes, struct link_comparer **ret, struct cf_error *err) CF_MUST_USE;
struct link_comparer *link_comparer_free(struct link_comparer *c);
CF_DEFINE_CLEANUP(struct link_comparer, link_comparer_free);
#define CF_CLEANUP_LINK_COMPARER CF_CLEANUP(link_comparer_free_ptr)

size_t link_comparer_n_workers(const struct link_comparer *c);
/* Levels of field f, missing not counted; a given name compared crosswise has one more, the swapped one
 * behind equal. */
unsigned link_comparer_n_levels(const struct link_comparer *c, size_t field);
const char *link_comparer_level_name(const struct link_comparer *c, size_t field, unsigned level);

static inline unsigned link_pattern_level(uint64_t pattern, size_t field)
{
	return (unsigned)(pattern >> field * LINK_PATTERN_BITS) & 15;
}

unsigned link_compare_field(
	struct link_comparer *c, size_t worker, size_t field, uint32_t left, uint32_t right);
uint64_t link_compare_rows(struct link_comparer *c, size_t worker, uint32_t left, uint32_t right);

/* Many pairs of rows at once, which is several times as fast as one by one. */
struct link_row_pair {
	uint32_t left;
	uint32_t right;
};
/* The patterns of n pairs of rows. */
void link_compare_many(struct link_comparer *c, size_t worker, const struct link_row_pair *pairs, size_t n,
	uint64_t *ret_patterns);

/* The same field by field, for whoever wants to leave some pairs on the way; LINK_BATCH pairs at most. */
enum { LINK_BATCH = 256 };
/* The field that is always compared together with this one (given and family name), -1: none. */
int link_comparer_partner(const struct link_comparer *c, size_t field);
/* ret_partners: the levels of the partner, where there is one. */
void link_compare_field_many(struct link_comparer *c, size_t worker, size_t field,
	const struct link_row_pair *pairs, size_t n, uint8_t *ret_levels, uint8_t *ret_partners);
/* Fetches ahead what comparing will read first. */
void link_fetch_rows(const struct link_comparer *c, const struct link_row_pair *pairs, size_t n);

/* The code of field's value in a row, 0 when missing. */
uint32_t link_comparer_code(const struct link_comparer *c, size_t field, uint32_t row);
