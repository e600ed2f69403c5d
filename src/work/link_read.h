/*
 * Files to a table that can be linked: columns of several files are brought together by name or by what they
 * mean, their kind is known from the header or found from their values, and values are normalised for it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/progress.h"
#include "link/table.h"

/* A column whose kind, or role, the settings state. */
struct link_stated_column {
	const char *name;
	enum link_kind kind;
	enum link_role role;
};

/* A file's text in memory, read instead of the file. */
struct link_read_text {
	const char *data; /* NULL: the file is read */
	size_t n;
};

struct link_read_options {
	const char *const *paths;
	const struct link_read_text *texts; /* by path; NULL: all are read */
	size_t n_paths;
	const char *const *ignore;
	size_t n_ignore;
	const char *id; /* column that names rows; may be NULL */
	const struct link_stated_column *stated;
	size_t n_stated;
	bool stated_first; /* the stated columns are there whether a file has them or not (a model's); columns
			      of files join them by name or by meaning, and one of them at least must be there
			    */
	size_t memory_bytes; /* what the table may take; 0: no limit */
	const struct progress *progress;
};

struct link_read_column {
	bool stated;         /* kind and role were stated or are known from the header */
	const char *meaning; /* "given_name", ... or NULL */
};

struct link_source {
	struct link_table *table;
	struct link_read_column *columns;
	char **file_names; /* as given */
	/* the id column's values by row, when one was named */
	struct link_dictionary ids;
	uint32_t *id_codes;
	bool shows_ids; /* files of pairs and clusters end with the ids */
	uint64_t n_bytes;
};
#define LINK_SOURCE_INIT                                                                                     \
	{                                                                                                    \
		0                                                                                            \
	}

int link_source_read(const struct link_read_options *o, struct link_source *ret, struct cf_error *err)
	CF_MUST_USE;
void link_source_done(struct link_source *s);
