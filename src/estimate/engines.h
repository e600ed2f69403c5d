/*
 * The methods that are not log-linear models chosen by a chooser: each engine's result as an estimate_result.
 * Private to src/estimate.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "estimate/estimate.h"
#include "estimate/loglinear.h"

struct engine_request {
	const struct overlap_table *t;
	const struct loglinear_table *dense;
	const struct estimate_options *options;
	struct job_pool *pool;
	const struct progress *progress;
	bool with_settings; /* also other priors */
	bool roughly;       /* by sampling: a shorter run, to compare with a long one */
};

/* Whether an engine makes the results of this method. */
bool engine_owns(enum estimate_method m);
/* Lower bounds are shown beside the estimates and take no part in comparing them. */
bool engine_is_bound(enum estimate_method m);
/* Fills ret (zeroed), the caller's to release also on failure. What an engine cannot handle is a result with
 * a reason, not a failure. */
int engine_run(enum estimate_method m, const struct engine_request *q, struct estimate_result *ret,
	struct cf_error *err) CF_MUST_USE;
/* The case ESTIMATE_CLASSES of engine_run. */
int engine_run_classes(const struct engine_request *q, struct estimate_result *ret, struct cf_error *err)
	CF_MUST_USE;
/* What engines say of tables without an estimate. */
int engine_refuse(struct estimate_result *ret, enum estimate_status status, const char *reason,
	struct cf_error *err) CF_MUST_USE;
