/*
 * Which counts of an overlap table may be shown, and how. The published table shows every pattern of at least
 * k persons exactly, names the pairs of lists that share nobody, and hides every other pattern (0 to k - 1
 * persons, whether somebody or nobody); totals that contain hidden patterns are shown as ranges.
 *
 * Invariant: for every hidden pattern, and for every pair of lists whose patterns are all hidden, each number
 * from 1 to k - 1 belongs to some table that would have been published in exactly the same way. It holds
 * against an attacker who knows this program, because every range is one part of a division of the line that
 * was fixed by what is already public, and a division is used only when each of its parts keeps the promise.
 * So there is no order of suppressing and re-suppressing whose stopping point could give a count away
 * (complementary suppression: Cox 1980; the attacker's linear program: Fischetti and Salazar-Gonzalez 2001;
 * both in Hundepool et al. 2012, chapter 4; attacks through the stopping rule: Wong et al. 2007).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "model/overlap.h"

enum suppress_state {
	SUPPRESS_SHOWN = 0, /* at least k persons, exact */
	SUPPRESS_HIDDEN,    /* 0 to k - 1 persons */
	SUPPRESS_EMPTY,     /* nobody: it holds a pair of lists that share nobody */
};

/* The least and the most a count can be, for all that is shown; equal when it is exact. */
struct suppress_range {
	uint64_t low;
	uint64_t high;
};

struct suppressed_table {
	size_t n_lists;
	size_t n_patterns; /* 2^n_lists; entry 0 of state and count is not used */
	uint32_t k;
	uint32_t step;   /* ranges are this wide, the lowest and the highest may be wider */
	uint8_t *state;  /* enum suppress_state, by pattern */
	uint64_t *count; /* where shown, else 0 */
	size_t n_shown;
	size_t n_hidden;
	struct suppress_range hidden;       /* persons in all hidden patterns together */
	struct suppress_range persons;      /* in all */
	struct suppress_range *list_hidden; /* the part of a list in hidden patterns */
	struct suppress_range *lists;
	struct suppress_range *pairs; /* n_lists * n_lists, both orders */
};

/* k at least 2. Strata are added up. Lists are given ranges of their own while at most SUPPRESS_MAX_AUDIT
 * patterns are hidden; beyond, only what follows from the rest. Uses GLPK in the calling thread. */
enum { SUPPRESS_MAX_AUDIT = 600 };
int suppress_table(const struct overlap_table *t, uint32_t k, struct suppressed_table **ret,
	struct cf_error *err) CF_MUST_USE;
struct suppressed_table *suppress_free(struct suppressed_table *s);
CF_DEFINE_CLEANUP(struct suppressed_table, suppress_free);
#define CF_CLEANUP_SUPPRESSED CF_CLEANUP(suppress_free_ptr)

/* A pair is covered when some shown pattern holds both lists, so that its overlap is at least k; else it is
 * empty or its overlap is hidden. */
bool suppress_pair_is_empty(const struct suppressed_table *s, size_t j, size_t k);
bool suppress_pair_is_covered(const struct suppressed_table *s, size_t j, size_t k);

/* The range of the same width for a count that no other figure depends on (rows of a file, dropped values),
 * and for one that is at least base and differs from it by a count of its own (rows by duplicates). */
struct suppress_range suppress_count(const struct suppressed_table *s, uint64_t count);
struct suppress_range suppress_count_above(
	const struct suppressed_table *s, struct suppress_range base, uint64_t count);
