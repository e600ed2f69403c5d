/*
 * Rows compared field by field. The levels of all fields make a pattern: four bits a field, so that pairs
 * that agree in the same way have the same pattern whatever their values. Each worker keeps the levels of
 * value pairs it met in a table of fixed size; a newer pair pushes an older one out.
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

/* cache_bytes: for each worker, over all fields. */
int link_comparer_new(const struct link_table *t, const struct link_settings *s, size_t n_workers,
	size_t cache_bytes, struct link_comparer **ret, struct cf_error *err) CF_MUST_USE;
struct link_comparer *link_comparer_free(struct link_comparer *c);
CF_DEFINE_CLEANUP(struct link_comparer, link_comparer_free);
#define CF_CLEANUP_LINK_COMPARER CF_CLEANUP(link_comparer_free_ptr)

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
/* The patterns of n pairs of rows; as link_compare_rows, but the memory of later pairs is fetched while
 * earlier ones are compared, which is most of the time of pairs far apart. */
struct link_row_pair {
	uint32_t left;
	uint32_t right;
};
void link_compare_many(struct link_comparer *c, size_t worker, const struct link_row_pair *pairs, size_t n,
	uint64_t *ret_patterns);
/* Fetches ahead what comparing two rows in some fields will read: first their codes, later their values. */
void link_fetch_codes(const struct link_comparer *c, uint32_t left, uint32_t right);
void link_fetch_values(const struct link_comparer *c, size_t worker, const size_t *fields, size_t n_fields,
	const struct link_row_pair *pair);
/* How many pairs ahead each is worth doing. */
enum { LINK_FETCH_CODES = 12, LINK_FETCH_VALUES = 4 };

/* The code of field's value in a row, 0 when missing. */
uint32_t link_comparer_code(const struct link_comparer *c, size_t field, uint32_t row);
/* Value comparisons done and spared so far by a worker. */
void link_comparer_counts(
	const struct link_comparer *c, size_t worker, uint64_t *ret_compared, uint64_t *ret_spared);
