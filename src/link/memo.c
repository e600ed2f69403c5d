#include "link/memo.h"

#include <string.h>

#include "base/mem.h"
#include "link/levels.h"

enum { MIN_ENTRIES = 1 << 8 };

void link_memo_done(struct link_memo *m)
{
	for (size_t w = 0; m->workers && w < m->n_workers; w++)
		m->workers[w].entries = mem_free(m->workers[w].entries);
	m->workers = mem_free(m->workers);
	m->table = mem_free(m->table);
}

static int make_table(struct link_memo *m, size_t n_values, struct cf_error *err)
{
	size_t side = n_values + 1;
	m->n_values = side;
	m->table = NEW_ARRAY(uint8_t, side * side);
	if (!m->table)
		return error_memory(err);
	memset(m->table, LINK_MEMO_UNKNOWN, side * side);
	for (size_t a = 0; a < side; a++) {
		m->table[a * side + a] = LINK_LEVEL_EQUAL;
		m->table[a * side] = LINK_LEVEL_MISSING;
		m->table[a] = LINK_LEVEL_MISSING;
	}
	return CF_OK;
}

/* No larger than the values can make use of. */
static int make_entries(struct link_memo *m, double n_values, size_t bytes, struct cf_error *err)
{
	size_t entries = MIN_ENTRIES;
	m->workers = NEW_ARRAY_ZERO(struct link_memo_entries, m->n_workers);
	if (!m->workers)
		return error_memory(err);
	while (entries * 2 <= bytes / sizeof(uint64_t) && (double)entries < n_values * n_values)
		entries *= 2;
	for (size_t w = 0; w < m->n_workers; w++) {
		m->workers[w].mask = entries - 1;
		m->workers[w].entries = NEW_ARRAY_ZERO(uint64_t, entries);
		if (!m->workers[w].entries)
			return error_memory(err);
	}
	return CF_OK;
}

int link_memo_make(
	size_t n_values, size_t n_workers, size_t bytes, struct link_memo *ret, struct cf_error *err)
{
	CF_CLEANUP(link_memo_done) struct link_memo m = {.n_workers = n_workers};
	if ((double)(n_values + 1) * (double)(n_values + 1) <= (double)bytes)
		TRY(make_table(&m, n_values, err));
	else
		TRY(make_entries(&m, (double)n_values, bytes, err));
	*ret = m;
	m = (struct link_memo){0};
	return CF_OK;
}
