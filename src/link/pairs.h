/*
 * The pairs that a linkage looks at. Each rule's rows are put in order of their keys; a pair that several
 * rules find is given by the first of them only, which the keys tell without a list of pairs seen. Tasks are
 * cut by the data alone, so that results do not depend on the number of threads.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "link/keys.h"
#include "link/settings.h"
#include "link/table.h"

struct link_pairs;

/* Finds the keys of all rules. t and s must outlive it. Memory: 4 bytes for each row and rule. */
int link_pairs_new(const struct link_table *t, const struct link_settings *s, struct job_pool *pool,
	struct link_pairs **ret, struct cf_error *err) CF_MUST_USE;
struct link_pairs *link_pairs_free(struct link_pairs *p);
CF_DEFINE_CLEANUP(struct link_pairs, link_pairs_free);
#define CF_CLEANUP_LINK_PAIRS CF_CLEANUP(link_pairs_free_ptr)

const struct link_table *link_pairs_table(const struct link_pairs *p);
const struct link_settings *link_pairs_settings(const struct link_pairs *p);
/* Whether a rule could find a row at all. */
bool link_pairs_has_key(const struct link_pairs *p, uint32_t row, size_t rule);

struct link_pair {
	uint32_t left; /* rows of the table, left < right */
	uint32_t right;
	uint32_t rules; /* bit r: rule r finds the pair */
};

/* Takes the pairs in portions; a task's portions come in order, by one worker. */
typedef int (*link_pairs_function)(void *context, size_t task, size_t worker, const struct link_pair *pairs,
	size_t n, struct cf_error *err);

struct link_visit {
	void *context;
	link_pairs_function take;
	double share; /* of the pairs to give, chosen by a hash of the rows; 1: all */
	const char *stage;
	const struct progress *progress; /* may be NULL */
	uint32_t first_row; /* only pairs whose right row is at least this one (new rows); 0: all */
};

/* Gives every pair once. */
int link_pairs_visit(struct link_pairs *p, struct job_pool *pool, const struct link_visit *visit,
	struct cf_error *err) CF_MUST_USE;
