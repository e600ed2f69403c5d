/*
 * Evaluation of a study that "study run" made: the lists it was run with are read again, matched with the
 * same keys and weights in the clear, held against a column that tells who is who, and the overlap table that
 * follows is compared with the protocol's, cell by cell. For lists whose truth is known; it opens every list.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "work/score.h"

struct study_score_request {
	const char *dir;
	const char *truth;               /* COLUMN or COLUMN:REGEX; see study_score */
	const struct progress *progress; /* may be NULL */
};

struct study_score_list {
	char *name;
	size_t n_rows;
	size_t n_records;    /* after deduplication at home */
	size_t n_persons;    /* truly, as far as rows say */
	bool truth_was_used; /* the column served as a field of the keys: the score flatters */
};

struct study_score {
	struct study_score_list *lists;
	size_t n_lists;
	uint64_t n_clusters;          /* persons found */
	uint64_t n_persons;           /* persons there are */
	struct score_pairs *by_lists; /* as in score_count_pairs */
	struct score_pairs all;
};

/* REGEX is a POSIX extended regular expression; its first group, or without groups all that it matches, is
 * the person. A cell that is empty is a person of its own; one that REGEX does not match is an error.
 * CF_E_INTERNAL when the overlap table differs from DIR/overlap.csv. */
int study_score(const struct study_score_request *r, struct study_score **ret, struct cf_error *err)
	CF_MUST_USE;
struct study_score *study_score_free(struct study_score *s);
CF_DEFINE_CLEANUP(struct study_score, study_score_free);
#define CF_CLEANUP_STUDY_SCORE CF_CLEANUP(study_score_free_ptr)

int study_score_json(const struct study_score *s, struct buffer *out) CF_MUST_USE;
int study_score_text(const struct study_score *s, struct buffer *out) CF_MUST_USE;
