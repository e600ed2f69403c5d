/*
 * From a list of persons to records of slots: the list is deduplicated first (the same keys, weights and
 * threshold, in the clear, at home), merged records pool their values, keys that repeat too often are
 * dropped.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "match/plan.h"
#include "match/strata.h"
#include "model/person.h"

struct match_records {
	struct arena *arena;
	size_t n; /* records after deduplication */
	size_t n_slots;
	const char **values;  /* n * n_slots, row-major; NULL: an empty slot */
	uint32_t *stratum;    /* n joint stratum codes, coarsened; 0 when there are no strata */
	uint32_t *row_record; /* n_rows: the record each row of the list went to */
	size_t n_rows;
	size_t n_dropped_values; /* left out because they repeat */
	size_t n_coarsened;      /* records whose stratum was made coarser */
};

struct match_records *match_records_free(struct match_records *r);
CF_DEFINE_CLEANUP(struct match_records, match_records_free);
#define CF_CLEANUP_RECORDS CF_CLEANUP(match_records_free_ptr)

/* strata NULL: none. Deterministic in its inputs. */
int match_records_new(const struct person_list *list, const struct match_plan *plan,
	const struct match_strata *strata, const struct progress *progress, struct match_records **ret,
	struct cf_error *err) CF_MUST_USE;
