/*
 * Importing files into the casebook: intake's records go to the store in batches, by their source ids. What
 * is there already and unchanged stays as it is; what changed becomes a revision; what belongs to a case that
 * is not the user's is refused. All or nothing unless partial import was asked for.
 */
#pragma once

#include "base/buffer.h"
#include "base/progress.h"
#include "intake/import.h"
#include "work/casebook/casebook.h"

struct take_in_request {
	const char *path;
	enum import_mode mode;
	const char *mapping;     /* a mapping file; NULL: guessed */
	const char *source_name; /* of a guessed mapping: what source ids begin with; NULL: the file's name */
	const char *sheet;       /* of a workbook; NULL: all */
	const char *country;     /* of phones without a calling code; NULL: the mapping's */
	const char *rejects;     /* partial: where bad rows go, with reasons; it must not be there */
	struct store_reason why;
	const struct progress *progress;
};

struct take_in_counts {
	struct import_counts rows;
	uint64_t n_new, n_changed, n_unchanged; /* records */
};

/* description gets what was done with each column, faults a line for each fault (at most some thousand; the
 * rest are counted). CF_E_INPUT when something was bad and the mode is all or nothing: nothing was then
 * imported. */
int take_in(struct casebook *c, const struct take_in_request *q, struct take_in_counts *ret,
	struct buffer *description, struct buffer *faults, struct cf_error *err) CF_MUST_USE;
/* The mapping that would be guessed, as a file to be changed. Needs no casebook. */
int take_in_suggest(const struct take_in_request *q, struct buffer *out, struct cf_error *err) CF_MUST_USE;
