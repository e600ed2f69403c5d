/*
 * What to look at before any number: how large the lists are, how often each two of them meet, more or less
 * often than chance would have it, and how far single cells carry the estimate. Private to src/estimate.
 */
#pragma once

#include "base/error.h"
#include "base/jobs.h"
#include "estimate/estimate.h"
#include "estimate/replicate.h"

/* Fills lists, pairs and empty pairs. */
int diagnosis_describe(struct select_bench *b, const struct loglinear_table *t, struct estimate_report *r,
	struct cf_error *err) CF_MUST_USE;
/* Fills influences for the chooser of the headline. */
int diagnosis_influence(const struct loglinear_table *t, const struct chooser *c, struct job_pool *pool,
	struct estimate_report *r, struct cf_error *err) CF_MUST_USE;
