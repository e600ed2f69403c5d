/*
 * Estimating from a file: reads an overlap table, runs every method asked for with its stability variants and
 * verdict, and writes what came out as JSON or as text for people.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "estimate/estimate.h"
#include "model/overlap.h"
#include "work/estimate_strata.h"

struct work_estimate_request {
	const char *path;
	struct estimate_options options;
	const char *by;                  /* stratum columns, with commas; NULL: all */
	const char *population_path;     /* for rates; NULL */
	const char *prior_path;          /* points of the prior; NULL: as the options have it */
	int n_threads;                   /* 0: all cores */
	const struct progress *progress; /* may be NULL */
};

struct work_estimate_answer {
	struct overlap_table *table;
	struct estimate_report *report;
	struct work_strata strata;
};

/* ret is zeroed or unset on entry and the caller's on success. */
int work_estimate(const struct work_estimate_request *r, struct work_estimate_answer *ret,
	struct cf_error *err) CF_MUST_USE;
void work_estimate_answer_done(struct work_estimate_answer *a);

/* The members of an object that the caller has begun and will end: persons, lists, results, verdict and so
 * on. */
void work_estimate_json(struct json *j, const struct overlap_table *t, const struct estimate_report *r);
/* Plain text, at most some 100 columns where names allow. strata NULL: none. */
int work_estimate_text(const struct overlap_table *t, const struct estimate_report *r,
	const struct work_strata *strata, struct buffer *out) CF_MUST_USE;
