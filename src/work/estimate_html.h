/*
 * The report of a bare overlap table: one HTML page with figures, safe to hand on (work/report/report.h).
 */
#pragma once

#include "base/error.h"
#include "base/progress.h"
#include "work/estimate.h"

struct work_estimate_html {
	const char *path;  /* to write */
	const char *title; /* of the page */
	uint32_t k;        /* least count shown, at least 2 */
};

/* Shows the log-linear and two-list results alone: of other methods nobody knows how many digits are safe.
 * CF_E_USAGE when the answer has none of them. */
int work_estimate_write_html(const struct work_estimate_answer *answer,
	const struct estimate_options *options, const struct work_estimate_html *page,
	const struct progress *progress, struct cf_error *err) CF_MUST_USE;
