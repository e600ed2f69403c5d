/*
 * Which column of a file is which field of a person: stated, or guessed from HTCDS 2.0 names and common
 * headers. The guess is always shown to the user, never acted on in silence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/csv.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/progress.h"
#include "base/text.h"
#include "model/person.h"

enum { INTAKE_MAX_COLUMNS = 256 };

/* field[i] is the field of column i, or -1 when it is not used. */
struct intake_mapping {
	size_t n_columns;
	int8_t field[INTAKE_MAX_COLUMNS];
	bool stated;
};

/* ignore: n_ignore column names to leave out (an unknown one is an error that lists the columns there are).
 * stated: entries of one ini section "field = column[, column...]", or NULL to guess; a
 * column stated twice is an error. */
int intake_map_columns(const struct csv_reader *csv, const struct ini *stated, const char *section,
	const char *const *ignore, size_t n_ignore, struct intake_mapping *ret, struct cf_error *err)
	CF_MUST_USE;
/* *ret_field is the enum person_field that a column of this name holds, or -1. */
int intake_guess_column(struct text_tools *tools, const char *name, int *ret_field, struct cf_error *err)
	CF_MUST_USE;
/* Appends lines "prs_FirstName -> given_name" for people to read; unused columns are named too. */
int intake_mapping_describe(const struct csv_reader *csv, const struct intake_mapping *m, struct buffer *out)
	CF_MUST_USE;

struct intake_options {
	const char *list_name;
	const struct ini *mapping; /* may be NULL */
	const char *mapping_section;
	const char *const *ignore;
	size_t n_ignore;
	const char *country; /* of the study, calling code digits such as "61" for phones without +; NULL: as
				written */
	const struct progress *progress;
};

/* Reads and normalises a whole list. Rows without any usable value are kept (they stand on the list).
 * description (may be NULL) receives what was done with each column, the date order, and counts of unreadable
 * values. */
int intake_read_persons(const char *path, const struct intake_options *options, struct person_list **ret,
	struct buffer *description, struct cf_error *err) CF_MUST_USE;
