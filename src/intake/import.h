/*
 * Rows in, records and faults out: one pass that reads a file through a mapping. It opens the file and
 * nothing else; what comes of it goes to callbacks. Every bad cell is reported with its place and a reason,
 * never with its contents, and none ends the reading. Each record carries a source id, so that who keeps
 * records can tell that it knows one already: importing a file twice changes nothing, and a changed row is a
 * revision.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"
#include "intake/mapping.h"
#include "intake/rows.h"
#include "model/record.h"

enum import_mode {
	IMPORT_ALL_OR_NOTHING, /* records are handed on until the first fault; then faults alone */
	IMPORT_PARTIAL,        /* rows without a fault are handed on, the others are rejected */
	IMPORT_DRY_RUN,        /* everything is checked, nothing is handed on */
};

/* Where and why; texts are valid during the call. */
struct import_fault {
	const char *file;
	const char *sheet;            /* "" where files have none */
	uint64_t line;                /* of the file or the sheet */
	const char *column;           /* its name; "" when the fault is the row's */
	char letters[COLUMN_LETTERS]; /* where it stands: "C"; "" when the fault is the row's */
	const char *reason;
};
/* Appends "file: sheet 'x': line 3: column 'y' (C): reason". */
int import_fault_format(const struct import_fault *f, struct buffer *out) CF_MUST_USE;

struct import_record {
	const struct record *record;
	const char *source_id; /* unique among the records of its entity */
	/* Made because another refers to it by name: it says no more than that name, and must not replace
	 * what is known already. */
	bool only_if_absent;
};

/* The records of one row, persons and cases first. Valid during the call. */
struct import_row {
	uint64_t line;
	size_t sheet;
	const struct import_record *records;
	size_t n;
};

struct import_sink {
	void *context;
	/* The id of the record that came from source_id before, or a fresh one. */
	int (*identify)(void *context, const struct schema_entity *entity, const char *source_id,
		struct record_id *ret, struct cf_error *err);
	int (*row)(void *context, const struct import_row *row, struct cf_error *err);
	/* May be NULL. */
	int (*fault)(void *context, const struct import_fault *fault, struct cf_error *err);
	/* May be NULL: a row with a fault, in partial mode. reasons: all of its faults in one line. */
	int (*reject)(void *context, const struct row_source *rows, const struct row *row,
		const char *reasons, struct cf_error *err);
};

struct import_options {
	enum import_mode mode;
	struct rows_options rows;
	const struct mapping *mapping; /* NULL: guessed, and written to *description */
	const char *source_name;       /* of a guessed mapping */
	const struct phone_region
		*region; /* of phones without a calling code; the mapping's own goes first */
	const struct progress *progress;
	uint64_t max_faults; /* reported; those beyond are counted. 0: all */
};
#define IMPORT_OPTIONS_INIT                                                                                  \
	{                                                                                                    \
		0                                                                                            \
	}

struct import_counts {
	uint64_t n_rows;
	uint64_t n_good_rows;
	uint64_t n_faults;
	uint64_t n_records; /* of good rows */
};

/* Reads the file twice: what a column holds as a whole (the order of its dates, what M means among genders)
 * is found first. description (may be NULL) receives what was done with each column. CF_E_INPUT when
 * all-or-nothing found a fault; whoever keeps the records then lets go of those that were handed on. */
int import_file(const char *path, const struct import_options *options, const struct import_sink *sink,
	struct import_counts *ret, struct buffer *description, struct cf_error *err) CF_MUST_USE;
/* The same from memory. */
int import_memory(const char *name, const void *data, size_t n, const struct import_options *options,
	const struct import_sink *sink, struct import_counts *ret, struct buffer *description,
	struct cf_error *err) CF_MUST_USE;
/* Appends the mapping file that `import --suggest` shows. */
int import_suggest(const char *path, const struct rows_options *rows, const char *source_name,
	struct buffer *out, struct cf_error *err) CF_MUST_USE;
