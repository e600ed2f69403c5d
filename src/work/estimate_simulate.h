/*
 * Studying intervals on tables drawn from a model that was fitted to a file (estimate/simulate.h).
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"
#include "estimate/simulate.h"

struct work_simulate_request {
	const char *path;
	struct simulate_plan plan; /* t is filled from path */
	int n_threads;             /* 0: all cores */
	const struct progress *progress;
};

/* ret is the caller's on success: simulate_result_done. */
int work_simulate(const struct work_simulate_request *r, struct simulate_result *ret, struct cf_error *err)
	CF_MUST_USE;
/* The tables alone, to a CSV file that estimate can read. */
int work_simulate_tables(const struct work_simulate_request *r, const char *out_path, struct cf_error *err)
	CF_MUST_USE;
int work_simulate_json(const struct simulate_result *r, struct buffer *out) CF_MUST_USE;
int work_simulate_text(const struct simulate_result *r, struct buffer *out) CF_MUST_USE;
