/*
 * Figures of posteriors for the analyst: one self-contained HTML page with the histogram, the chains and
 * their traces, and what they say about themselves. It shows exact numbers and is not to be handed on; that
 * page is work/estimate_html.h's, which cannot show posteriors, since a draw depends on every count of the
 * table.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "estimate/estimate.h"

/* Appends the page. CF_E_USAGE when no result has a posterior. */
int work_figures_html(const struct estimate_report *r, const char *title, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
/* The same into a file that only its owner may read. */
int work_figures_write(const struct estimate_report *r, const char *title, const char *path,
	struct cf_error *err) CF_MUST_USE;
