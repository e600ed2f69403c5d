/*
 * Which records share a token. Tokens that only one record has are forgotten; each of the others becomes a
 * small number (a code), and a code knows its records. So the equality of tokens is decided once, by sorting
 * 64-bit digests with full comparison behind them, and everything after works on codes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "match/plan.h"

/* Where tokens come from: records numbered over all lists, list after list. */
struct match_token_source {
	size_t n_records;
	size_t n_lists;
	const uint32_t *first; /* n_lists + 1: list l holds the records first[l] to first[l + 1] - 1 */
	/* False when the slot is empty; else a digest that is equal for equal tokens. */
	bool (*digest)(const void *context, uint32_t record, size_t slot, uint64_t *ret);
	bool (*equal)(
		const void *context, uint32_t record_a, size_t slot_a, uint32_t record_b, size_t slot_b);
	const void *context;
	uint32_t max_repeats; /* a token that more records of one list have is left out as a whole */
};

struct match_postings {
	size_t n_records;
	size_t n_slots;
	size_t n_codes;  /* codes are 1 to n_codes; 0 is no code */
	uint32_t *codes; /* n_records * n_slots */
	uint32_t *first; /* n_codes + 2: code c has the records records[first[c]] to records[first[c + 1] - 1]
			  */
	uint32_t *records; /* ascending within a code */
	size_t n_left_out; /* tokens beyond max_repeats */
};

struct match_postings *match_postings_free(struct match_postings *p);
CF_DEFINE_CLEANUP(struct match_postings, match_postings_free);
#define CF_CLEANUP_POSTINGS CF_CLEANUP(match_postings_free_ptr)

/* O(n_records * n_slots); memory 4 bytes a slot, 4 a shared token and 32 a record for sorting the slots of
 * one key. */
int match_postings_new(const struct match_plan *plan, const struct match_token_source *source,
	const struct progress *progress, struct match_postings **ret, struct cf_error *err) CF_MUST_USE;
