/*
 * Which encodings of two sets, or of one, are alike: all pairs whose Dice coefficient reaches a threshold,
 * handed over in pieces so that memory does not grow with their number, or the best few of each left row.
 * Order and content do not depend on the number of threads or on the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "link/clk/set.h"

struct clk_pair {
	uint32_t left; /* rows, from 0 */
	uint32_t right;
	double score;
};

/* Takes pairs that are valid during the call; negative stops the join. Called by one thread. */
typedef int (*clk_sink)(void *context, const struct clk_pair *pairs, size_t n, struct cf_error *err);

struct clk_join {
	const struct clk_set *left;
	const struct clk_set *right; /* the same as left: pairs within one set, left before right */
	double threshold;            /* 0 to 1 */
	clk_kernel kernel;           /* NULL: the best */
	struct job_pool *pool;       /* may be NULL */
	size_t memory_bytes;         /* for pairs on their way to the sink; 0: 256 MiB */
	const struct progress *progress;
};

struct clk_join_counts {
	uint64_t n_compared;
	uint64_t n_skipped; /* passed over by their bit counts */
	uint64_t n_pairs;
};

/* CF_E_USAGE when the sets' lengths differ. Pairs come by blocks of 64 left rows and 16,384 right rows,
 * within these by left row, then by the number of bits the right row has set, then by right row. */
int clk_join_all(const struct clk_join *j, clk_sink sink, void *context, struct clk_join_counts *ret_counts,
	struct cf_error *err) CF_MUST_USE;

/* A right row, and how many bits it has in common. */
struct clk_candidate {
	uint32_t right;
	uint32_t common;
};

/* The best k right rows of some left rows, best first, of equal ones the first. */
struct clk_top {
	size_t k;
	size_t n;                   /* left rows asked for */
	uint32_t *n_found;          /* of each; k when there may be more */
	struct clk_candidate *list; /* k for each */
};
void clk_top_done(struct clk_top *t);
int clk_top_new(size_t n, size_t k, struct clk_top *ret, struct cf_error *err) CF_MUST_USE;

/* Which left rows are asked, and which right rows do not count. */
struct clk_asked {
	const uint32_t *rows; /* n of them; NULL: rows 0 to n - 1 */
	size_t n;
	const uint8_t *taken; /* a byte for each right row, not 0: passed over; may be NULL */
};
/* t->list[i * k...] gets what the i-th row asked finds. Both sides of pairs within one set are found. Adds to
 * *counts, which may be NULL. */
int clk_join_top(const struct clk_join *j, const struct clk_asked *asked, struct clk_top *t,
	struct clk_join_counts *counts, struct cf_error *err) CF_MUST_USE;
