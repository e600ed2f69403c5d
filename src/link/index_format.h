/* The outline of an index: sections of known lengths one behind another, each aligned to 8 bytes. */
#pragma once

#include <stdint.h>

#define LINK_INDEX_MAGIC 0x31584b4e494c4643u /* "CFLINKX1" read as a little-endian number */

struct index_header {
	uint64_t magic;
	uint64_t n_bytes; /* of the whole */
	double weight;
	uint32_t n_rows;
	uint32_t n_columns;
	uint32_t n_rules;
	uint32_t n_files;
	uint32_t n_clusters;
	uint32_t one_a_file;
	uint64_t text_at; /* model, rules, file names: texts, NUL-terminated, one behind another */
	uint64_t text_bytes;
	uint64_t files_at;    /* uint64_t first[n_files + 1] */
	uint64_t clusters_at; /* uint32_t of_row[n_rows], begin[n_clusters + 2], rows[n_rows] */
	uint64_t columns_at;  /* struct index_column[n_columns] */
	uint64_t rules_at;    /* struct index_rule[n_rules] */
};

struct index_column {
	uint64_t name_at; /* in the text section */
	uint32_t kind;
	uint32_t role;
	uint32_t n_values;
	uint32_t n_missing;
	uint64_t offsets_at; /* uint64_t[n_values + 1], as in a dictionary */
	uint64_t bytes_at;
	uint64_t n_bytes;
	uint64_t counts_at; /* uint32_t[n_values + 1] */
	uint64_t codes_at;  /* uint32_t[n_rows] */
};

struct index_rule {
	uint64_t n;         /* rows with a key */
	uint64_t hashes_at; /* uint64_t[n], rising */
	uint64_t rows_at;   /* uint32_t[n] */
};
