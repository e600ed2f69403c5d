/*
 * Uncertain pairs for people to look at, and what they decided: one CSV file that the review writes with an
 * empty last column 'same', and that is given back with yes or no in it.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "link/link.h"
#include "work/link_read.h"

/* file_l,row_l,file_r,row_r,weight,probability,same: at most n pairs, the best question first. A question is
 * the better the less certain its answer and the more pairs of rows hang on it. */
int link_review_write(const char *path, const struct link_source *s, const struct link_result *r, size_t n,
	struct cf_error *err) CF_MUST_USE;

struct link_decisions {
	struct link_decision *list; /* sorted */
	size_t n;
};
void link_decisions_done(struct link_decisions *d);
/* Columns file_l, row_l, file_r, row_r and same (yes, no, or empty for undecided); others are passed over.
 * Where an id column was named, id_l and id_r may stand for the rows; then file_l and file_r are needed only
 * for ids that several files have. */
int link_decisions_read(const char *path, const struct link_source *s, struct link_decisions *ret,
	struct cf_error *err) CF_MUST_USE;
