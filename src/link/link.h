/*
 * A whole linkage of a table: train, score, choose the threshold, cluster. The engine reads no file and
 * prints nothing; what it is given and what it gives are tables.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/jobs.h"
#include "base/mem.h"
#include "base/progress.h"
#include "link/cluster.h"
#include "link/compare_rows.h"
#include "link/linked.h"
#include "link/model.h"
#include "link/score.h"
#include "link/settings.h"
#include "link/table.h"
#include "link/threshold.h"
#include "link/train.h"

enum { LINK_LEAST_LABELS = 10 };

struct link_options {
	size_t memory_bytes;                   /* for pairs and caches; 0: 1 GiB */
	const char *temporary;                 /* folder of temporary files; NULL: $TMPDIR, or /tmp */
	const struct link_model *model;        /* NULL: train; else only the prior is learnt anew */
	const struct link_decision *decisions; /* sorted; they also train */
	size_t n_decisions;
	bool only_labels; /* m from the decisions alone, which must be at least LINK_LEAST_LABELS matches */
	bool keep_prior;  /* the model's prior stands, too: for files too small to tell */
	bool only_model;  /* stop when pairs can be scored: no pairs, no clusters */
	enum link_cluster_method method;
	struct job_pool *pool; /* may be NULL */
	const struct progress *progress;
};

struct link_result {
	struct link_comparer *comparer;
	struct link_scorer *scorer;
	struct link_model model;
	struct link_scored scored; /* every pair over the floor */
	struct link_threshold threshold;
	double weight; /* log2 odds of the threshold */
	struct link_clusters clusters;
	struct link_linked linked;
	double n_compared;
	size_t n_patterns;
};

int link_run(const struct link_table *t, const struct link_settings *s, const struct link_options *o,
	struct link_result **ret, struct cf_error *err) CF_MUST_USE;
struct link_result *link_result_free(struct link_result *r);
CF_DEFINE_CLEANUP(struct link_result, link_result_free);
#define CF_CLEANUP_LINK_RESULT CF_CLEANUP(link_result_free_ptr)
