/*
 * Pairs that weigh enough to be kept, the heaviest first. They are collected while pairs are scored; what
 * does not fit into the memory given goes to a temporary file without a name, in sorted runs that are merged
 * at the end. The order (weight, then rows) is total, so that it depends neither on the threads nor on what
 * was spilled. The file holds numbers of rows and weights, nothing of the records; it is gone with the
 * process, however that ends.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct link_scored_pair {
	uint32_t left; /* rows of the table, left < right */
	uint32_t right;
	float weight;
};

/* For qsort: the heaviest first, then by left and right. */
int link_heavier_first(const void *a, const void *b);

struct link_scored_file;

struct link_scored {
	struct link_scored_pair *pairs; /* the heaviest first; NULL when they are in the file */
	struct link_scored_file *file;  /* NULL when they are in memory */
	size_t n;
	double n_compared;
	/* Expected true pairs among those kept, by how many rules found them: one, two, three or more. */
	double found[3];
};
void link_scored_done(struct link_scored *s);

/* Goes through the pairs in their order. Each cursor is one thread's; several may read at once. */
struct link_cursor {
	const struct link_scored *scored;
	size_t at;
	struct link_scored_pair *block;
	size_t block_begin;
	size_t block_n;
};
#define LINK_CURSOR_INIT(s)                                                                                  \
	{                                                                                                    \
		.scored = (s)                                                                                \
	}
/* 1 with *ret, valid until the next call; 0 at the end. */
int link_cursor_next(struct link_cursor *c, const struct link_scored_pair **ret, struct cf_error *err)
	CF_MUST_USE;
void link_cursor_done(struct link_cursor *c);

struct link_collector_options {
	size_t n_workers;
	size_t max_pairs;   /* kept in memory, over all workers; sorting takes as much again */
	const char *folder; /* of the temporary file; NULL: $TMPDIR, or /tmp */
};

struct link_collector;
int link_collector_new(const struct link_collector_options *o, struct link_collector **ret,
	struct cf_error *err) CF_MUST_USE;
struct link_collector *link_collector_free(struct link_collector *c);
CF_DEFINE_CLEANUP(struct link_collector, link_collector_free);
#define CF_CLEANUP_LINK_COLLECTOR CF_CLEANUP(link_collector_free_ptr)

/* No pair may come twice. Different workers may add at once. CF_E_IO when the disk is full. */
int link_collector_add(struct link_collector *c, size_t worker, const struct link_scored_pair *pair,
	struct cf_error *err) CF_MUST_USE;
/* Sets pairs or file, and n, of *ret; nothing may be added after. */
int link_collector_finish(struct link_collector *c, struct link_scored *ret, struct cf_error *err)
	CF_MUST_USE;
