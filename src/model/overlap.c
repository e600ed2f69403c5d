/*
 * The overlap table in memory: sorted cells, strata found by a small hash table, and the operations
 * estimation needs (collapse, leave a list out, merge two). Invariant: cells are unique, sorted by (stratum,
 * pattern), with positive counts whose sum n_persons never passes OVERLAP_MAX_PERSONS.
 */
#include "model/overlap.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Open addressing over stratum numbers; 0 marks a free slot, so a slot holds the number plus one. */
struct overlap_strata_index {
	size_t n_slots; /* a power of two, more than twice the strata */
	uint32_t *slots;
};

static char **free_names(char **names, size_t n)
{
	for (size_t i = 0; names && i < n; i++)
		names[i] = mem_free(names[i]);
	return mem_free(names);
}

static char **copy_names(size_t n, const char *const *names)
{
	char **copies = NEW_ARRAY_ZERO(char *, n);
	for (size_t i = 0; copies && i < n; i++) {
		copies[i] = mem_strdup(names[i]);
		if (!copies[i])
			return free_names(copies, n);
	}
	return copies;
}

struct overlap_table *overlap_free(struct overlap_table *t)
{
	if (!t)
		return NULL;
	t->list_names = free_names(t->list_names, t->n_lists);
	t->stratum_columns = free_names(t->stratum_columns, t->n_stratum_columns);
	t->strata = free_names(t->strata, t->n_strata * t->n_stratum_columns);
	if (t->strata_index)
		t->strata_index->slots = mem_free(t->strata_index->slots);
	t->strata_index = mem_free(t->strata_index);
	t->cells = mem_free(t->cells);
	return mem_free(t);
}

static int check_list_names(size_t n, const char *const *names, struct cf_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (!names[i][0])
			return error_set(err, CF_E_INPUT, "list %zu has no name: give each list one", i + 1);
		if (strcasecmp(names[i], "count") == 0 || strncasecmp(names[i], "stratum_", 8) == 0)
			return error_set(err, CF_E_INPUT,
				"list %zu is named like a column of another kind (count or stratum_...): "
				"rename it",
				i + 1);
		for (size_t k = 0; k < i; k++)
			if (strcmp(names[i], names[k]) == 0)
				return error_set(err, CF_E_INPUT,
					"lists %zu and %zu have the same name: rename one", k + 1, i + 1);
	}
	return CF_OK;
}

int overlap_new(
	size_t n_lists, const char *const *list_names, struct overlap_table **ret, struct cf_error *err)
{
	if (n_lists == 0)
		return error_set(err, CF_E_INPUT, "an overlap table needs at least one list");
	if (n_lists > OVERLAP_MAX_LISTS)
		return error_set(err, CF_E_LIMIT,
			"%zu lists are too many: at most %d can be counted together", n_lists,
			OVERLAP_MAX_LISTS);
	TRY(check_list_names(n_lists, list_names, err));
	CF_CLEANUP_OVERLAP struct overlap_table *t = NEW(struct overlap_table);
	if (!t)
		return error_memory(err);
	t->n_strata = 1;
	t->list_names = copy_names(n_lists, list_names);
	if (!t->list_names)
		return error_memory(err);
	t->n_lists = n_lists;
	*ret = TAKE(t);
	return CF_OK;
}

int overlap_set_stratum_columns(
	struct overlap_table *t, size_t n, const char *const *names, struct cf_error *err)
{
	if (t->n_cells || t->n_stratum_columns)
		return error_set(
			err, CF_E_STATE, "the stratum columns of a table are set once, before its cells");
	if (n > OVERLAP_MAX_STRATA_COLUMNS)
		return error_set(err, CF_E_LIMIT, "%zu stratum columns are too many: at most %d", n,
			OVERLAP_MAX_STRATA_COLUMNS);
	if (n == 0)
		return CF_OK;
	char **copies = copy_names(n, names);
	if (!copies)
		return error_memory(err);
	t->stratum_columns = copies;
	t->n_stratum_columns = n;
	t->n_strata = 0;
	return CF_OK;
}

/* FNV-1a over the values and the NUL that ends each. */
static uint64_t hash_values(size_t n, const char *const *values)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < n; i++) {
		const unsigned char *c = (const unsigned char *)values[i];
		do {
			h = (h ^ *c) * UINT64_C(0x100000001b3);
		} while (*c++);
	}
	return h ^ h >> 29;
}

static bool same_values(const struct overlap_table *t, size_t stratum, const char *const *values)
{
	char **row = t->strata + stratum * t->n_stratum_columns;
	for (size_t i = 0; i < t->n_stratum_columns; i++)
		if (strcmp(row[i], values[i]) != 0)
			return false;
	return true;
}

/* The slot that holds the stratum with these values, or the free one where it belongs. */
static uint32_t *find_slot(const struct overlap_table *t, const char *const *values)
{
	const struct overlap_strata_index *index = t->strata_index;
	size_t at = hash_values(t->n_stratum_columns, values) & (index->n_slots - 1);
	while (index->slots[at] && !same_values(t, index->slots[at] - 1, values))
		at = (at + 1) & (index->n_slots - 1);
	return &index->slots[at];
}

/* Makes room for one more stratum: rebuilds the index at twice the size when it is half full. */
static int grow_index(struct overlap_table *t)
{
	if (!t->strata_index) {
		t->strata_index = NEW(struct overlap_strata_index);
		if (!t->strata_index)
			return CF_E_MEMORY;
	}
	struct overlap_strata_index *index = t->strata_index;
	if (index->slots && 2 * (t->n_strata + 1) < index->n_slots)
		return CF_OK;
	size_t n_slots = index->slots ? 2 * index->n_slots : 64;
	uint32_t *slots = NEW_ARRAY_ZERO(uint32_t, n_slots);
	if (!slots)
		return CF_E_MEMORY;
	index->slots = mem_free(index->slots);
	index->slots = slots;
	index->n_slots = n_slots;
	for (size_t s = 0; s < t->n_strata; s++)
		*find_slot(t, (const char *const *)t->strata + s * t->n_stratum_columns) = (uint32_t)s + 1;
	return CF_OK;
}

static int append_stratum(struct overlap_table *t, const char *const *values)
{
	size_t n = t->n_stratum_columns;
	char **grown = mem_resize(t->strata, (t->n_strata + 1) * n, sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	t->strata = grown;
	for (size_t i = 0; i < n; i++) {
		char *copy = mem_strdup(values[i]);
		if (!copy) {
			while (i-- > 0)
				grown[t->n_strata * n + i] = mem_free(grown[t->n_strata * n + i]);
			return CF_E_MEMORY;
		}
		grown[t->n_strata * n + i] = copy;
	}
	t->n_strata++;
	return CF_OK;
}

int overlap_stratum(struct overlap_table *t, const char *const *values, uint32_t *ret, struct cf_error *err)
{
	if (t->n_stratum_columns == 0) {
		*ret = 0;
		return CF_OK;
	}
	if (grow_index(t) < 0)
		return error_memory(err);
	uint32_t *slot = find_slot(t, values);
	if (!*slot) {
		if (t->n_strata >= OVERLAP_MAX_STRATA)
			return error_set(err, CF_E_LIMIT, "more than %d strata: use coarser stratum columns",
				OVERLAP_MAX_STRATA);
		if (append_stratum(t, values) < 0)
			return error_memory(err);
		*slot = (uint32_t)t->n_strata;
	}
	*ret = *slot - 1;
	return CF_OK;
}

static int compare_cells(const struct overlap_cell *a, const struct overlap_cell *b)
{
	if (a->stratum != b->stratum)
		return a->stratum < b->stratum ? -1 : 1;
	return (a->pattern > b->pattern) - (a->pattern < b->pattern);
}

/* The first cell that is not before key. */
static size_t lower_bound(const struct overlap_table *t, const struct overlap_cell *key)
{
	size_t low = 0;
	size_t high = t->n_cells;
	if (high && compare_cells(&t->cells[high - 1], key) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_cells(&t->cells[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int check_cell(const struct overlap_table *t, const struct overlap_cell *c, struct cf_error *err)
{
	if (c->pattern == 0)
		return error_set(err, CF_E_INPUT,
			"persons on no list at all cannot be counted: their number is what is to be "
			"estimated");
	if (c->pattern >> t->n_lists || c->stratum >= t->n_strata)
		return error_set(
			err, CF_E_USAGE, "a cell names a list or stratum that the table does not have");
	if (c->count > OVERLAP_MAX_PERSONS - t->n_persons)
		return error_set(err, CF_E_LIMIT, "the counts add up to more than %" PRIu64 " persons",
			OVERLAP_MAX_PERSONS);
	return CF_OK;
}

int overlap_add(
	struct overlap_table *t, uint32_t pattern, uint32_t stratum, uint64_t count, struct cf_error *err)
{
	if (count == 0)
		return CF_OK;
	struct overlap_cell cell = {.pattern = pattern, .stratum = stratum, .count = count};
	TRY(check_cell(t, &cell, err));
	size_t at = lower_bound(t, &cell);
	if (at < t->n_cells && compare_cells(&t->cells[at], &cell) == 0) {
		t->cells[at].count += count;
		t->n_persons += count;
		return CF_OK;
	}
	struct overlap_cell *cells = mem_grow(t->cells, t->n_cells, &t->cells_capacity, sizeof *cells);
	if (!cells)
		return error_memory(err);
	t->cells = cells;
	memmove(cells + at + 1, cells + at, (t->n_cells - at) * sizeof *cells);
	cells[at] = cell;
	t->n_cells++;
	t->n_persons += count;
	return CF_OK;
}

void overlap_collapse(const struct overlap_table *t, uint64_t *ret_counts)
{
	memset(ret_counts, 0, sizeof *ret_counts << t->n_lists);
	for (size_t i = 0; i < t->n_cells; i++)
		ret_counts[t->cells[i].pattern] += t->cells[i].count;
}

uint64_t overlap_n_persons(const struct overlap_table *t)
{
	return t->n_persons;
}

static uint64_t persons_on_all(const struct overlap_table *t, uint32_t lists)
{
	uint64_t n = 0;
	for (size_t i = 0; i < t->n_cells; i++)
		if ((t->cells[i].pattern & lists) == lists)
			n += t->cells[i].count;
	return n;
}

uint64_t overlap_list_size(const struct overlap_table *t, size_t j)
{
	return persons_on_all(t, UINT32_C(1) << j);
}

uint64_t overlap_pair_size(const struct overlap_table *t, size_t j, size_t k)
{
	return persons_on_all(t, UINT32_C(1) << j | UINT32_C(1) << k);
}

static uint32_t drop_bit(uint32_t pattern, size_t j)
{
	uint32_t low = pattern & ((UINT32_C(1) << j) - 1);
	return low | (pattern >> (j + 1)) << j;
}

static int compare_cells_sort(const void *a, const void *b)
{
	return compare_cells(a, b);
}

/* Gives the new table t's strata and t's cells with list drop left out, its persons first moved to list into
 * (SIZE_MAX: nowhere). */
static int fill_reduced(const struct overlap_table *t, size_t drop, size_t into,
	struct overlap_table *reduced, struct cf_error *err)
{
	TRY(overlap_set_stratum_columns(
		reduced, t->n_stratum_columns, (const char *const *)t->stratum_columns, err));
	for (size_t s = 0; t->n_stratum_columns && s < t->n_strata; s++) {
		uint32_t same;
		TRY(overlap_stratum(
			reduced, (const char *const *)t->strata + s * t->n_stratum_columns, &same, err));
	}
	CF_CLEANUP_FREE struct overlap_cell *cells = NEW_ARRAY(struct overlap_cell, t->n_cells);
	if (!cells)
		return error_memory(err);
	for (size_t i = 0; i < t->n_cells; i++) {
		cells[i] = t->cells[i];
		if (into != SIZE_MAX && cells[i].pattern >> drop & 1)
			cells[i].pattern |= UINT32_C(1) << into;
		cells[i].pattern = drop_bit(cells[i].pattern, drop);
	}
	qsort(cells, t->n_cells, sizeof *cells, compare_cells_sort);
	for (size_t i = 0; i < t->n_cells; i++)
		if (cells[i].pattern)
			TRY(overlap_add(reduced, cells[i].pattern, cells[i].stratum, cells[i].count, err));
	return CF_OK;
}

int overlap_without_list(
	const struct overlap_table *t, size_t j, struct overlap_table **ret, struct cf_error *err)
{
	const char *names[OVERLAP_MAX_LISTS];
	if (j >= t->n_lists || t->n_lists < 2)
		return error_set(err, CF_E_USAGE, "no list can be left out of a table of one list");
	size_t n = 0;
	for (size_t i = 0; i < t->n_lists; i++)
		if (i != j)
			names[n++] = t->list_names[i];
	CF_CLEANUP_OVERLAP struct overlap_table *reduced = NULL;
	TRY(overlap_new(n, names, &reduced, err));
	TRY(fill_reduced(t, j, SIZE_MAX, reduced, err));
	*ret = TAKE(reduced);
	return CF_OK;
}

/* "J+K", with more plus signs while another list has that name. */
static int join_names(const struct overlap_table *t, size_t j, size_t k, struct buffer *out)
{
	TRY(buffer_printf(out, "%s+%s", t->list_names[j], t->list_names[k]));
	for (size_t i = 0; i < t->n_lists; i++) {
		if (strcmp(t->list_names[i], buffer_text(out)) == 0) {
			TRY(buffer_append_char(out, '+'));
			i = SIZE_MAX; /* from the first list again */
		}
	}
	return CF_OK;
}

int overlap_merge_lists(
	const struct overlap_table *t, size_t j, size_t k, struct overlap_table **ret, struct cf_error *err)
{
	const char *names[OVERLAP_MAX_LISTS];
	if (j == k || j >= t->n_lists || k >= t->n_lists)
		return error_set(err, CF_E_USAGE, "merging needs two different lists of the table");
	size_t first = j < k ? j : k;
	size_t second = j < k ? k : j;
	CF_CLEANUP(buffer_done) struct buffer joined = BUFFER_INIT;
	if (join_names(t, first, second, &joined) < 0)
		return error_memory(err);
	size_t n = 0;
	for (size_t i = 0; i < t->n_lists; i++)
		if (i != second)
			names[n++] = i == first ? buffer_text(&joined) : t->list_names[i];
	CF_CLEANUP_OVERLAP struct overlap_table *merged = NULL;
	TRY(overlap_new(n, names, &merged, err));
	TRY(fill_reduced(t, second, first, merged, err));
	*ret = TAKE(merged);
	return CF_OK;
}
