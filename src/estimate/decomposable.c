#include "estimate/decomposable.h"

#include <stdbool.h>
#include <stdlib.h>

/* Neighbours of each list, from a set of edges numbered 12, 13, 23, 14, ... */
static void read_edges(uint32_t n, uint32_t edges, uint8_t neighbours[DECOMPOSABLE_MAX_LISTS])
{
	for (uint32_t j = 0; j < n; j++)
		neighbours[j] = 0;
	for (uint32_t k = 1, e = 0; k < n; k++)
		for (uint32_t j = 0; j < k; j++, e++)
			if (edges >> e & 1) {
				neighbours[j] |= (uint8_t)(1u << k);
				neighbours[k] |= (uint8_t)(1u << j);
			}
}

static bool is_complete(uint32_t set, const uint8_t *neighbours)
{
	for (uint32_t rest = set; rest; rest &= rest - 1) {
		uint32_t j = (uint32_t)__builtin_ctz(rest);
		if ((set & ~(1u << j)) & ~neighbours[j])
			return false;
	}
	return true;
}

/* The list not yet visited with the most visited neighbours. */
static uint32_t next_list(uint32_t n, uint32_t visited, const uint8_t *neighbours)
{
	uint32_t best = 0;
	int most = -1;
	for (uint32_t j = 0; j < n; j++) {
		int count = __builtin_popcount(neighbours[j] & visited);
		if (!(visited >> j & 1) && count > most) {
			most = count;
			best = j;
		}
	}
	return best;
}

/* A graph is chordal when, in the order of the search, the visited neighbours of each list are a complete
 * set. A clique ends where that set does not grow (Blair and Peyton 1993). */
static bool decompose(uint32_t n, const uint8_t *neighbours, struct decomposable *ret)
{
	uint32_t visited = 0;
	int before = -1;
	*ret = (struct decomposable){0};
	for (uint32_t i = 0; i < n; i++) {
		uint32_t list = next_list(n, visited, neighbours);
		uint32_t known = neighbours[list] & visited;
		int size = __builtin_popcount(known);
		if (!is_complete(known, neighbours))
			return false;
		if (size <= before || i == 0) {
			if (known)
				ret->separators[ret->n_separators++] = (uint8_t)known;
			ret->cliques[ret->n_cliques++] = (uint8_t)known;
		}
		ret->cliques[ret->n_cliques - 1] |= (uint8_t)(1u << list);
		visited |= 1u << list;
		before = size;
	}
	return true;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint8_t *)a;
	uint32_t y = *(const uint8_t *)b;
	int order = __builtin_popcount(y) - __builtin_popcount(x);
	if (order || x == y)
		return order;
	/* the one with the lowest list that the other lacks */
	uint32_t lowest = (x ^ y) & -(x ^ y);
	return x & lowest ? -1 : 1;
}

int decomposable_all(uint32_t n_lists, struct decomposable **ret, size_t *ret_n, struct cf_error *err)
{
	if (n_lists < 1 || n_lists > DECOMPOSABLE_MAX_LISTS)
		return error_set(err, CF_E_LIMIT, "graphs are listed over 1 to %d lists; there are %u",
			DECOMPOSABLE_MAX_LISTS, n_lists);
	struct decomposable *graphs = NULL;
	size_t n = 0;
	size_t capacity = 0;
	const uint32_t n_sets = 1u << (n_lists * (n_lists - 1) / 2);
	for (uint32_t edges = 0; edges < n_sets; edges++) {
		uint8_t neighbours[DECOMPOSABLE_MAX_LISTS];
		struct decomposable g;
		read_edges(n_lists, edges, neighbours);
		if (!decompose(n_lists, neighbours, &g))
			continue;
		struct decomposable *grown = mem_grow(graphs, n, &capacity, sizeof *grown);
		if (!grown) {
			mem_free(graphs);
			return error_memory(err);
		}
		graphs = grown;
		qsort(g.cliques, g.n_cliques, 1, by_size);
		graphs[n++] = g;
	}
	*ret = graphs;
	*ret_n = n;
	return 0;
}

int decomposable_format_digits(const struct decomposable *g, struct buffer *out)
{
	for (size_t i = 0; i < g->n_cliques; i++) {
		if (i)
			TRY(buffer_append_char(out, '|'));
		for (uint32_t j = 0; j < DECOMPOSABLE_MAX_LISTS; j++)
			if (g->cliques[i] >> j & 1)
				TRY(buffer_append_char(out, (char)('1' + j)));
	}
	return 0;
}

int decomposable_format_names(const struct decomposable *g, char *const *list_names, struct buffer *out)
{
	for (size_t i = 0; i < g->n_cliques; i++) {
		const char *between = i ? ", " : "";
		for (uint32_t j = 0; j < DECOMPOSABLE_MAX_LISTS; j++)
			if (g->cliques[i] >> j & 1) {
				TRY(buffer_append_text(out, between));
				TRY(buffer_append_text(out, list_names[j]));
				between = ":";
			}
	}
	return 0;
}
