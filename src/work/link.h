/*
 * Linking files: who is the same person within a file or across files that may be pooled. Reads the files,
 * settles on settings, runs the engine, and writes what was asked for, each file whole or not at all.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "link/link.h"
#include "link/quality.h"
#include "link/suggest.h"
#include "work/link_read.h"

struct work_link_request {
	const char *const *paths;
	size_t n_paths;
	const struct link_read_text *texts; /* by path, read instead of the files; may be NULL */
	const char *const *ignore;
	size_t n_ignore;
	const char *id;
	bool show_ids; /* pairs_path and clusters_path end with the ids of rows: where row numbers say nothing
			*/
	bool dedupe;   /* several files: also pairs within them, and any number of rows a file for a person */
	int n_threads;
	size_t memory_bytes;   /* 0: 2 GiB */
	const char *temporary; /* folder of temporary files; NULL: $TMPDIR, or /tmp */
	double threshold;      /* 0: chosen */
	/* may be NULL: */
	const char *settings_path;
	const char *model_path;    /* read; nothing is trained but the prior */
	const char *settings_text; /* instead of their files */
	const char *model_text;
	const char *save_model_path;
	const char *decisions_path; /* read */
	const char *review_path;
	const char *keep_path;   /* an index to link new rows against */
	const char *report_path; /* HTML */
	const double *at;        /* clusters_path gets a column of components for each probability */
	size_t n_at;
	size_t n_review;
	bool suggest_only;         /* stop when the settings are chosen */
	const char *pairs_path;    /* may be NULL */
	const char *clusters_path; /* may be NULL */
	const struct progress *progress;
};

struct work_link_answer {
	struct link_source source;
	struct link_suggestion suggestion;
	struct link_result *result;
	struct link_qualities quality;
};
void work_link_answer_done(struct work_link_answer *a);

int work_link(const struct work_link_request *r, struct work_link_answer *ret, struct cf_error *err)
	CF_MUST_USE;

/* Trains, or takes a model, without looking at all pairs: for explaining some. */
int work_link_prepare(const struct work_link_request *r, struct work_link_answer *ret, struct cf_error *err)
	CF_MUST_USE;

const char *link_use_name(enum link_use use);
void work_link_json(struct json *j, const struct work_link_answer *a);
int work_link_text(const struct work_link_answer *a, struct buffer *out) CF_MUST_USE;
