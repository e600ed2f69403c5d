/*
 * The strata of an overlap table: which columns to estimate by, the population figures for rates, and what
 * came out as JSON and as text.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "estimate/strata.h"

struct work_strata {
	struct strata_result *result; /* NULL: none, see note */
	char *note;                   /* why not, or what is missing, for the reader; NULL */
	double *population;           /* by stratum, NAN where the file has none; NULL without a file */
	double population_total;      /* of the file, NAN without one or when a stratum's is missing */
	double n_persons;             /* seen */
};

struct work_strata_request {
	const struct overlap_table *table;
	const struct estimate_report *report;
	const struct estimate_options *options;
	const char *by; /* columns with commas; NULL: all, when they do not make too many strata */
	const char *population_path; /* CSV with the columns and one "population"; NULL */
	struct job_pool *pool;
	const struct progress *progress;
};

/* Fills ret (zeroed) when the table has strata or a population file is given. */
int work_strata_run(const struct work_strata_request *r, struct work_strata *ret, struct cf_error *err)
	CF_MUST_USE;
void work_strata_done(struct work_strata *s);
/* The members "strata" and "rate_per_100000". */
void work_strata_json(struct json *j, const struct work_strata *s, const struct estimate_report *r);
int work_strata_text(const struct work_strata *s, const struct estimate_report *r, struct buffer *out)
	CF_MUST_USE;
