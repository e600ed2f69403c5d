/* The last thing study finish does; see study_report.c. */
#pragma once

#include "estimate/estimate.h"
#include "model/overlap.h"
#include "work/study_folder.h"

struct study_report_request {
	const struct overlap_table *table;
	struct study_links links;
	const struct estimate_report *estimate;
	const struct estimate_options *options;
	const char *out; /* the folder for report.html and report.json */
};

int study_write_report(
	const struct study_folder *f, const struct study_report_request *r, struct cf_error *err) CF_MUST_USE;
