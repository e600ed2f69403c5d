/*
 * Building an estimate_report: results in words and numbers from what a chooser found, and the verdict.
 * Private to src/estimate.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "estimate/estimate.h"
#include "estimate/replicate.h"

/* Sets the method and level, and every number to "none"; ret must be zeroed. */
void report_begin(enum estimate_method m, double level, struct estimate_result *ret);
/* Fills everything but the bootstrap's part. ret must be zeroed; on failure it may be half-filled and is the
 * caller's to release. */
int report_describe(const struct overlap_table *t, const struct loglinear_table *dense,
	const struct chooser *c, struct estimate_result *ret, struct cf_error *err) CF_MUST_USE;
/* Adds the interval of chooser number `at`. */
int report_add_interval(const struct replicate_results *r, size_t at, const struct chooser *c,
	struct estimate_result *ret, struct cf_error *err) CF_MUST_USE;
/* Adds the corrected estimate of chooser number `at`: from imputations of the data, and its interval from
 * imputations of resampled data where there are any. */
void report_add_corrected(struct replicate_results *imputed, struct replicate_results *resampled, size_t at,
	struct estimate_result *ret);
/* Goodness of fit and AICc of an identified log-linear selection. */
void report_add_fit(struct select_bench *b, const struct loglinear_table *dense, const struct selection *s,
	struct estimate_result *ret);
/* Further numbers; beyond the room for them they are dropped. */
void report_add_fact(struct estimate_result *r, const char *name, double value);
void report_add_setting(
	struct estimate_result *r, const char *label, double estimate, double lower, double upper);
/* Puts the kind of interval asked for into lower and upper, where the result has it. */
void report_pick_interval(enum estimate_interval kind, struct estimate_result *r);
void report_result_done(struct estimate_result *r);

/* Sets verdict and reasons from all that the report holds. The rules are in verdict.c. */
int report_judge(const struct overlap_table *t, struct estimate_report *r, struct cf_error *err) CF_MUST_USE;
