/*
 * The tables a linkage writes: pairs and clusters, as CSV.
 */
#pragma once

#include "base/error.h"
#include "link/link.h"
#include "work/link_read.h"

/* file_l,row_l,file_r,row_r,weight,probability: the pairs of rows in one cluster. */
int link_write_pairs(const char *path, const struct link_source *s, const struct link_result *r,
	struct cf_error *err) CF_MUST_USE;
/* file,row,cluster: every row; then a column cluster_at_P with connected components for each of n_at
 * probabilities. */
int link_write_clusters(const char *path, const struct link_source *s, const struct link_result *r,
	const double *at, size_t n_at, struct cf_error *err) CF_MUST_USE;
