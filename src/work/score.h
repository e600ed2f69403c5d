/*
 * How well rows of different lists were matched, against a column that tells the truth: pairs of rows counted
 * by groups, and the comparison of two overlap tables cell by cell. Pure functions; study_score.h reads the
 * files.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/overlap.h"

/* One row of a list: the cluster that its record went to, and the number of its person. */
struct score_row {
	uint32_t list;
	uint32_t cluster;
	uint32_t truth;
};

/* Pairs of rows of two different lists. */
struct score_pairs {
	uint64_t truth;   /* of one person */
	uint64_t found;   /* of one cluster */
	uint64_t correct; /* both */
};

/* ret holds n_lists * n_lists entries; [a * n_lists + b] is for lists a < b, the others are zero. rows is put
 * in another order. O(n log n), however large the groups are. */
int score_count_pairs(struct score_row *rows, size_t n, size_t n_lists, struct score_pairs *ret,
	struct cf_error *err) CF_MUST_USE;
struct score_pairs score_sum(const struct score_pairs *by_lists, size_t n_lists);
/* NaN when there is nothing to divide by. */
double score_precision(struct score_pairs p);
double score_recall(struct score_pairs p);
/* Their harmonic mean. */
double score_f1(struct score_pairs p);

/* CF_E_INTERNAL, with the first cell that differs named, unless both tables say the same of every cell; a for
 * the words "by the protocol", b for "in the clear". */
int score_compare_tables(const struct overlap_table *a, const struct overlap_table *b, struct cf_error *err)
	CF_MUST_USE;
