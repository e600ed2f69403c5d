/*
 * The overlap table: how many persons stand on exactly which lists, by stratum. match makes it, estimate
 * reads it. A pattern is a bit set, bit j for list j; the pattern 0 (on no list) is what estimation is about
 * and never has a count. In its CSV there is one 0/1 column a list, optional columns named stratum_*, and the
 * last column is count; repeated patterns add; an all-zero row with a count is an error.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

enum { OVERLAP_MAX_LISTS = 20, OVERLAP_MAX_STRATA_COLUMNS = 8, OVERLAP_MAX_STRATA = 65536 };

/* Persons a table may hold in all, so that every sum is exact in 64 bits and in a double. */
#define OVERLAP_MAX_PERSONS (UINT64_C(1) << 53)

/* Where each stratum is found again; private to overlap.c. */
struct overlap_strata_index;

struct overlap_cell {
	uint32_t pattern; /* never 0 */
	uint32_t stratum; /* index into strata; 0 when there are none */
	uint64_t count;   /* persons, positive */
};

/* Cells are unique and sorted by (stratum, pattern); absent cells are zero. */
struct overlap_table {
	size_t n_lists;
	char **list_names;
	size_t n_stratum_columns;
	char **stratum_columns; /* without the "stratum_" prefix */
	size_t n_strata;        /* at least 1 */
	char **strata; /* n_strata * n_stratum_columns values, row-major; NULL when there are no columns */
	size_t n_cells;
	struct overlap_cell *cells;
	size_t cells_capacity;
	uint64_t n_persons; /* the sum of all counts, at most OVERLAP_MAX_PERSONS */
	struct overlap_strata_index *strata_index;
};

/* An empty table with copied names: different, not empty, neither "count" nor "stratum_...". */
int overlap_new(size_t n_lists, const char *const *list_names, struct overlap_table **ret,
	struct cf_error *err) CF_MUST_USE;
struct overlap_table *overlap_free(struct overlap_table *t);
CF_DEFINE_CLEANUP(struct overlap_table, overlap_free);
#define CF_CLEANUP_OVERLAP CF_CLEANUP(overlap_free_ptr)

/* Declares the stratum columns of a table that has no cells yet. */
int overlap_set_stratum_columns(
	struct overlap_table *t, size_t n, const char *const *names, struct cf_error *err) CF_MUST_USE;
/* The index of the stratum with these values (one a column), added when new. */
int overlap_stratum(struct overlap_table *t, const char *const *values, uint32_t *ret, struct cf_error *err)
	CF_MUST_USE;
/* Adds count persons; a count of 0 does nothing; CF_E_LIMIT when the table would hold more than
 * OVERLAP_MAX_PERSONS. Cheap when (stratum, pattern) comes in rising order, else linear in the cells. */
int overlap_add(struct overlap_table *t, uint32_t pattern, uint32_t stratum, uint64_t count,
	struct cf_error *err) CF_MUST_USE;

/* Reading and writing the CSV. */
int overlap_read(const char *path, struct overlap_table **ret, struct cf_error *err) CF_MUST_USE;
int overlap_parse(const char *name, const char *data, size_t n, struct overlap_table **ret,
	struct cf_error *err) CF_MUST_USE;
int overlap_format(const struct overlap_table *t, struct buffer *out) CF_MUST_USE;

/* Sums over strata: ret_counts has 2^n_lists entries, indexed by pattern; entry 0 is 0. */
void overlap_collapse(const struct overlap_table *t, uint64_t *ret_counts);
/* Persons observed in all. */
uint64_t overlap_n_persons(const struct overlap_table *t);
/* Persons on list j; on both j and k. */
uint64_t overlap_list_size(const struct overlap_table *t, size_t j);
uint64_t overlap_pair_size(const struct overlap_table *t, size_t j, size_t k);
/* A new table without list j (persons only on j vanish), or with lists j and k as one ("J+K"). */
int overlap_without_list(const struct overlap_table *t, size_t j, struct overlap_table **ret,
	struct cf_error *err) CF_MUST_USE;
int overlap_merge_lists(const struct overlap_table *t, size_t j, size_t k, struct overlap_table **ret,
	struct cf_error *err) CF_MUST_USE;
