#include "match/strata.h"

#include <stdbool.h>
#include <stdlib.h>

/*
 * Greedy and deterministic, over counts: the smallest cell below k gives up one column, the one that puts it
 * in the largest company; cells so joined go on together. What ends as unknown in every column and is still
 * too few draws in just as many records of the largest cell as are missing, and whole cells only when no cell
 * can spare them: else four records of unknown sex would take the sex from every man of the list.
 */
struct coarsening {
	const struct match_strata *s;
	uint32_t n_codes;
	uint64_t *count;   /* by cell: the records now in it */
	uint64_t *give;    /* by cell: how many of them go to the cell 0 */
	uint32_t *move_to; /* by cell: where its records went; itself while they stay */
};

static void move_cell(struct coarsening *c, uint32_t from, uint32_t to)
{
	c->count[to] += c->count[from];
	c->count[from] = 0;
	c->move_to[from] = to;
}

static uint32_t resting_cell(const struct coarsening *c, uint32_t cell)
{
	while (c->move_to[cell] != cell)
		cell = c->move_to[cell];
	return cell;
}

/* The smallest occupied cell below k other than cell 0, the lowest code among equals; 0: there is none. */
static uint32_t smallest_weak_cell(const struct coarsening *c, uint64_t k)
{
	uint32_t best = 0;
	for (uint32_t i = 1; i < c->n_codes; i++)
		if (c->count[i] && c->count[i] < k && (!best || c->count[i] < c->count[best]))
			best = i;
	return best;
}

/* The cell with one column less (or where that one's records went) that holds the most records; the last such
 * column among equals. */
static uint32_t best_coarser(const struct coarsening *c, uint32_t cell)
{
	uint32_t best = cell;
	for (size_t i = 0; i < match_strata_n_columns(c->s); i++) {
		uint32_t to = resting_cell(c, match_strata_without(c->s, cell, i));
		if (to != cell && (best == cell || c->count[to] >= c->count[best]))
			best = to;
	}
	return best;
}

/* The largest (or smallest) occupied cell beside 0, the lowest code among equals; 0: there is none. */
static uint32_t extreme_cell(const struct coarsening *c, bool largest)
{
	uint32_t best = 0;
	for (uint32_t i = 1; i < c->n_codes; i++) {
		if (!c->count[i])
			continue;
		bool better = largest ? c->count[i] > c->count[best] : c->count[i] < c->count[best];
		if (!best || better)
			best = i;
	}
	return best;
}

static void fill_unknown_cell(struct coarsening *c, uint64_t k)
{
	while (c->count[0] && c->count[0] < k) {
		uint64_t missing = k - c->count[0];
		uint32_t largest = extreme_cell(c, true);
		if (!largest)
			return;
		if (c->count[largest] >= k + missing) {
			c->give[largest] = missing;
			c->count[largest] -= missing;
			c->count[0] += missing;
			return;
		}
		move_cell(c, extreme_cell(c, false), 0);
	}
}

struct giving {
	uint64_t order;
	uint32_t code; /* the cell it gives from */
	uint32_t record;
};

static int compare_giving(const void *a, const void *b)
{
	const struct giving *x = a;
	const struct giving *y = b;
	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return x->record < y->record ? -1 : x->record > y->record;
}

/* Sends to cell 0, from each giving cell, its records of the lowest order. */
static int apply_giving(const struct coarsening *c, uint32_t *codes, size_t n, const uint64_t *order)
{
	size_t n_givers = 0;
	for (size_t i = 0; i < n; i++)
		n_givers += c->give[codes[i]] > 0;
	if (n_givers == 0)
		return 0;
	CF_CLEANUP_FREE struct giving *givers = NEW_ARRAY(struct giving, n_givers);
	if (!givers)
		return CF_E_MEMORY;
	size_t at = 0;
	for (size_t i = 0; i < n; i++)
		if (c->give[codes[i]])
			givers[at++] = (struct giving){order ? order[i] : i, codes[i], (uint32_t)i};
	qsort(givers, n_givers, sizeof *givers, compare_giving);
	for (size_t i = 0; i < n_givers; i++) {
		uint64_t *left = &c->give[givers[i].code];
		if (*left) {
			codes[givers[i].record] = 0;
			(*left)--;
		}
	}
	return 0;
}

int match_strata_coarsen(const struct match_strata *s, uint32_t *codes, size_t n, const uint64_t *order,
	size_t *ret_n_coarsened, struct cf_error *err)
{
	uint32_t n_codes = match_strata_n_codes(s);
	uint64_t k = match_strata_k(s);
	CF_CLEANUP_FREE uint64_t *count = NEW_ARRAY_ZERO(uint64_t, n_codes);
	CF_CLEANUP_FREE uint64_t *give = NEW_ARRAY_ZERO(uint64_t, n_codes);
	CF_CLEANUP_FREE uint32_t *move_to = NEW_ARRAY(uint32_t, n_codes);
	CF_CLEANUP_FREE uint32_t *result = NEW_ARRAY(uint32_t, n);
	if (!count || !give || !move_to || !result)
		return error_memory(err);
	struct coarsening c = {s, n_codes, count, give, move_to};
	for (uint32_t i = 0; i < n_codes; i++)
		move_to[i] = i;
	for (size_t i = 0; i < n; i++)
		count[codes[i]]++;
	for (uint32_t cell; (cell = smallest_weak_cell(&c, k)) != 0;)
		move_cell(&c, cell, best_coarser(&c, cell));
	fill_unknown_cell(&c, k);
	for (size_t i = 0; i < n; i++)
		result[i] = resting_cell(&c, codes[i]);
	if (apply_giving(&c, result, n, order) < 0)
		return error_memory(err);
	size_t n_coarsened = 0;
	for (size_t i = 0; i < n; i++) {
		n_coarsened += result[i] != codes[i];
		codes[i] = result[i];
	}
	if (ret_n_coarsened)
		*ret_n_coarsened = n_coarsened;
	return 0;
}
