/*
 * The column of a list that tells who is who.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct score_truth;

/* COLUMN[:REGEX]; persons are numbered from 0 across all lists read with it. */
int score_truth_new(const char *text, struct score_truth **ret, struct cf_error *err) CF_MUST_USE;
struct score_truth *score_truth_free(struct score_truth *t);
CF_DEFINE_CLEANUP(struct score_truth, score_truth_free);
#define CF_CLEANUP_SCORE_TRUTH CF_CLEANUP(score_truth_free_ptr)

const char *score_truth_column(const struct score_truth *t);
/* Persons met so far. */
uint32_t score_truth_n(const struct score_truth *t);

/* Numbers the person of every row of a list: *ret_truth has *ret_n entries, the caller's to free. */
int score_truth_read(struct score_truth *t, const char *path, uint32_t **ret_truth, size_t *ret_n,
	struct cf_error *err) CF_MUST_USE;
