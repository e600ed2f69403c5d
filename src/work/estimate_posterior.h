/*
 * The posterior of a total: its histogram and its chains, as JSON and as text for people.
 */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "estimate/estimate.h"

enum { POSTERIOR_MAX_BINS = 40 };

/* Bins from low up, step wide, at a round step; what lies below the first or beyond the last, the furthest
 * half percent of either side, is counted apart. */
struct posterior_histogram {
	double low, step;
	size_t n_bins;
	size_t counts[POSTERIOR_MAX_BINS];
	size_t n_below, n_beyond;
};

/* At most n_bins (at least 4) bins. Without draws n_bins is 0. */
int posterior_histogram(const struct estimate_posterior *p, size_t n_bins, struct posterior_histogram *ret,
	struct cf_error *err) CF_MUST_USE;
/* The member "posterior": null without draws. */
void work_posterior_json(struct json *j, const struct estimate_result *r);
/* Nothing without draws. */
int work_posterior_text(const struct estimate_result *r, struct buffer *out) CF_MUST_USE;
