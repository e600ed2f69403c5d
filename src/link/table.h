/*
 * Records as the linking engine sees them: columns of codes. Each distinct value of a column stands once in
 * the column's dictionary, over all files together, and a row holds its number; 0 is missing. So a value is
 * normalised once, and two values are compared once however many rows have them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

/* Distinct texts, numbered from 1 in the order of their first coming. */
struct link_dictionary {
	char *bytes; /* the texts, NUL-terminated, one behind another */
	size_t n_bytes;
	size_t bytes_capacity;
	size_t *offsets; /* of text i in bytes; n + 1 of them */
	size_t offsets_capacity;
	uint32_t *slots; /* open addressing, a power of two; 0 free */
	size_t n_slots;
	uint32_t n; /* texts */
};
#define LINK_DICTIONARY_INIT                                                                                 \
	{                                                                                                    \
		0                                                                                            \
	}

void link_dictionary_done(struct link_dictionary *d);
/* The text's number, which is new or old; an empty text is 0. CF_E_LIMIT beyond 2^28 texts. */
int link_dictionary_add(struct link_dictionary *d, const char *text, size_t n, uint32_t *ret_code,
	struct cf_error *err) CF_MUST_USE;
/* The text's number, 0 when it is not there. */
uint32_t link_dictionary_find(const struct link_dictionary *d, const char *text, size_t n);
/* Code 1 to n; NUL-terminated, valid until the next add. */
const char *link_dictionary_text(const struct link_dictionary *d, uint32_t code);
size_t link_dictionary_length(const struct link_dictionary *d, uint32_t code);

enum link_kind {
	LINK_NAME = 0, /* of persons and places: words that are misspelt, swapped, abbreviated */
	LINK_TEXT,     /* several words: addresses, descriptions */
	LINK_DATE,     /* eight places YYYYMMDD, '?' and "00" for what is not known */
	LINK_PHONE,
	LINK_EMAIL,
	LINK_CODE,   /* documents, postal codes: letters and digits */
	LINK_NUMBER, /* a measure: near is nearly equal */
	LINK_CHOICE, /* one of a few words */
	LINK_N_KINDS
};
/* "name", "text", ... */
const char *link_kind_name(enum link_kind kind);
/* -1 when there is no such kind. */
int link_kind_from_name(const char *name);

/* What a name column holds, where its header says so: given and family names are also compared crosswise. */
enum link_role {
	LINK_ROLE_NONE = 0,
	LINK_ROLE_GIVEN,
	LINK_ROLE_FAMILY,
	LINK_ROLE_FULL,
};

/* "none", "given", ... */
const char *link_role_name(enum link_role role);

struct link_column {
	char *name;
	enum link_kind kind;
	enum link_role role;
	struct link_dictionary values; /* normalised for the kind */
	uint32_t *codes;               /* by row */
	uint32_t *counts;              /* rows by code; counts[0] rows without a value */
};

/* Rows stand file after file; file f has rows first[f] to first[f + 1] - 1. */
struct link_table {
	size_t n_rows;
	size_t n_files;
	size_t *first;
	size_t n_columns;
	struct link_column *columns;
};

enum { LINK_MAX_FILES = 1024, LINK_MAX_COLUMNS = 256 };
#define LINK_MAX_ROWS ((size_t)1 << 30)

/* Columns with their names still to be set; codes zeroed. first is copied. */
int link_table_new(size_t n_columns, size_t n_files, const size_t *first, struct link_table **ret,
	struct cf_error *err) CF_MUST_USE;
struct link_table *link_table_free(struct link_table *t);
CF_DEFINE_CLEANUP(struct link_table, link_table_free);
#define CF_CLEANUP_LINK_TABLE CF_CLEANUP(link_table_free_ptr)

/* Counts the codes, once they are all there. */
int link_table_count(struct link_table *t, struct cf_error *err) CF_MUST_USE;
size_t link_table_file_of(const struct link_table *t, size_t row);
/* Pairs that are compared when nothing is left out: across files, within them (within), or both. */
double link_table_n_pairs(const struct link_table *t, bool across, bool within);
