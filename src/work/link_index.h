/*
 * Kept rows on disk: written after a linkage, mapped when new files are linked against them.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "work/link.h"

/* Writes an index of what was linked: values as they are compared, keys, clusters, the model. */
int link_index_keep(const char *path, const struct work_link_answer *a, struct cf_error *err) CF_MUST_USE;

struct work_link_against {
	const char *index_path;
	const char *keep_path; /* may be NULL: where the longer index goes; may be index_path */
};

struct work_link_new {
	size_t n_new;     /* rows */
	size_t n_kept;    /* rows of the index */
	size_t n_known;   /* new rows that joined a kept person */
	size_t n_persons; /* persons among the new rows that were not known */
	double n_compared;
};

/* Links r's files against kept rows; of r it heeds paths, ignore, id, dedupe, threads, memory, pairs_path and
 * clusters_path. Clusters are numbered as in the index, new ones behind them. */
int work_link_against(const struct work_link_request *r, const struct work_link_against *against,
	struct work_link_new *ret, struct cf_error *err) CF_MUST_USE;
