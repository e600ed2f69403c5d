/*
 * Levels of pairs of values that were found before. Where a column has few values, one byte for each pair of
 * them, which all workers share: whoever finds a level writes the same. Otherwise each worker has a table of
 * fixed size, in which a newer pair pushes an older one out. (a, b) and (b, a) are two pairs: partners of
 * letters and of words are taken as they come, so that a few levels depend on which value is the left one;
 * they must not depend on who asked first.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { LINK_MEMO_UNKNOWN = 255, LINK_MEMO_CODE_BITS = 28 };

/* An entry: left code, right code, level; 0 is free, since codes of compared values are not 0. */
struct link_memo_entries {
	uint64_t *entries;
	size_t mask;
};

struct link_memo {
	size_t n_values; /* of the table's side, 0 included */
	uint8_t *table;  /* NULL: too many values; read and written by atomic operations */
	size_t n_workers;
	struct link_memo_entries *workers;
};

/* For codes 0 to n_values; missing and equal are known from the start where there is a table. bytes: for the
 * table, or for each worker. */
int link_memo_make(size_t n_values, size_t n_workers, size_t bytes, struct link_memo *ret,
	struct cf_error *err) CF_MUST_USE;
void link_memo_done(struct link_memo *m);

static inline uint64_t link_memo_pair(uint32_t a, uint32_t b)
{
	return (uint64_t)a << LINK_MEMO_CODE_BITS | b;
}

static inline uint64_t *link_memo_entry(const struct link_memo *m, size_t worker, uint64_t pair)
{
	return &m->workers[worker].entries[(pair * 0x9e3779b97f4a7c15u >> 32) & m->workers[worker].mask];
}

static inline unsigned link_memo_in_table(const struct link_memo *m, uint32_t a, uint32_t b)
{
	return __atomic_load_n(&m->table[a * m->n_values + b], __ATOMIC_RELAXED);
}

static inline unsigned link_memo_find(const struct link_memo *m, size_t worker, uint32_t a, uint32_t b)
{
	if (m->table)
		return link_memo_in_table(m, a, b);
	uint64_t pair = link_memo_pair(a, b);
	uint64_t entry = *link_memo_entry(m, worker, pair);
	return entry >> 8 == pair ? (unsigned)(entry & 0xff) : LINK_MEMO_UNKNOWN;
}

static inline void link_memo_keep(struct link_memo *m, size_t worker, uint32_t a, uint32_t b, unsigned level)
{
	if (m->table) {
		__atomic_store_n(&m->table[a * m->n_values + b], (uint8_t)level, __ATOMIC_RELAXED);
		return;
	}
	uint64_t pair = link_memo_pair(a, b);
	*link_memo_entry(m, worker, pair) = pair << 8 | level;
}
