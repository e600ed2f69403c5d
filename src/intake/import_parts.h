/* What the files of the importer share. Private to them. */
#pragma once

#include "base/date.h"
#include "base/text.h"
#include "intake/import.h"

enum { CODE_CACHE = 32, CODE_CACHE_TEXT = 48 };

/* The last words of a column and what they mean: files repeat themselves. */
struct code_cache {
	const struct schema_code *code;
	char text[CODE_CACHE_TEXT];
};

struct import_column {
	const struct mapping_column *map; /* NULL: the column has no use */
	enum date_order order;
	bool is_ours;        /* a column that rejects.c added */
	bool is_refused_row; /* the one with the text of a row that could not be cut into cells */
	bool is_row_id;      /* one of the columns that tell rows apart */
	struct date_evidence dates;
	/* among genders: letters that decide what M is */
	uint64_t n_f;
	uint64_t n_h;
	uint64_t n_m;
	uint64_t n_cells; /* with something in them */
	struct code_cache *codes;
};

struct import_sheet {
	struct import_column *columns;
	size_t n;
	size_t capacity;
};

/* Which row ids have come: 64 bits of a digest of each. */
struct import_ids {
	uint64_t *slots; /* open addressing; 0 is free */
	size_t n;
	size_t size;
};

/* A record of the row being read. */
struct import_made {
	struct record *record; /* kept from row to row */
	const struct schema_entity *entity;
	uint16_t instance; /* of the mapping; MAPPING_NO_INSTANCE: not of a column */
	bool only_if_absent;
	size_t source_at; /* of its source id in run->source_ids */
};

struct import_run {
	const struct import_options *options;
	const struct import_sink *sink;
	const struct mapping *mapping;
	struct row_source *rows;
	struct text_tools *tools;
	struct import_sheet *sheets;
	size_t n_sheets;
	size_t sheets_capacity;
	size_t n_followed; /* sheets whose columns have been made room for */
	struct import_counts counts;
	bool is_native; /* JSON Lines in our own form */
	uint64_t next_dry_id;
	struct import_ids seen_ids;

	/* the row */
	const struct row *row;
	struct import_made *made;
	size_t n_made;
	size_t made_capacity;
	int32_t made_of[MAPPING_MAX_INSTANCES]; /* by instance: index into made, or -1 */
	struct buffer row_key;
	struct buffer ids[MAPPING_MAX_INSTANCES]; /* what a column of its own says */
	struct buffer source_ids;
	struct buffer scratch; /* a value being cleaned */
	struct buffer piece;
	struct buffer reasons;
	struct import_record *handed;
	size_t handed_capacity;
	uint64_t n_row_faults;
	struct record_faults faults;
};

/* ---- import_value.c */

/* Puts what the cell says into the records of the row; faults are reported. */
int import_put_cell(struct import_run *run, const struct cell *cell, struct import_column *column,
	struct cf_error *err) CF_MUST_USE;

/* Without white space at the ends; *n is the length before and after. */
const char *import_trimmed(const char *text, size_t *n);

/* ---- import_row.c */

/* Reports a fault of the row; column may be NULL. */
int import_report(struct import_run *run, const size_t *column, const char *reason, struct cf_error *err)
	CF_MUST_USE;
/* The record of an instance, begun when this is its first value. */
int import_instance(struct import_run *run, uint16_t instance, size_t *ret_made, struct cf_error *err)
	CF_MUST_USE;
/* One more record beside that of the instance, such as a second phone of the same cell. */
int import_another(struct import_run *run, uint16_t instance, size_t *ret_made, struct cf_error *err)
	CF_MUST_USE;
/* The id, as text, of the record of this entity that the file calls by this name; where the entity has names,
 * a record that holds no more than the name is made with it. */
int import_reference(struct import_run *run, const struct schema_entity *entity, const char *name,
	char ret_id[RECORD_ID_TEXT + 1], struct cf_error *err) CF_MUST_USE;
/* A record whose id the file says. */
int import_begin_record(struct import_run *run, const struct schema_entity *entity, const char *id,
	size_t *ret_made, struct cf_error *err) CF_MUST_USE;
/* The whole row: 1 when it is good and handed on or to be, 0 when it has faults. */
int import_row(struct import_run *run, const struct row *row, struct cf_error *err) CF_MUST_USE;
void import_run_done(struct import_run *run);
/* What the columns that tell rows apart say of the row, joined, at the end of out; *ret_empty (may be NULL)
 * is a column that says nothing, or -1. *ret_any: whether there are such columns at all. */
int import_row_key(const struct import_sheet *sheet, const struct row *row, struct buffer *out, bool *ret_any,
	ptrdiff_t *ret_empty, struct cf_error *err) CF_MUST_USE;
/* 1 when the key is new to the set, 0 when it has come before. */
int import_ids_add(struct import_ids *ids, const struct buffer *key, struct cf_error *err) CF_MUST_USE;

/* ---- import_native.c */

/* Whether the columns of the first sheet are those of our own JSON Lines. */
bool import_is_native(const struct row_source *rows);
int import_native_row(struct import_run *run, const struct row *row, struct cf_error *err) CF_MUST_USE;
