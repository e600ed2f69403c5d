/*
 * Kept rows, so that new ones are linked against them in time that follows the new rows alone: the columns'
 * values and codes, for each blocking rule the hashes of its keys in order with their rows, and the clusters.
 * An index is one block of bytes, made to be mapped from a file: opening it checks its outline and reads
 * nothing else; each value is checked as it is used, so that a damaged file gives an error or wrong links but
 * never a read outside it. Numbers are in the order of the machine that wrote it, which the outline tells.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "link/cluster.h"
#include "link/model.h"
#include "link/settings.h"
#include "link/table.h"

/* What is written. model_text is the model as its reader wants it; it comes back as it went in. */
struct link_index_content {
	const struct link_table *table;
	const struct link_settings *settings;
	const char *const *file_names;
	const char *model_text;
	const uint32_t *cluster_of_row; /* from 1 */
	uint32_t n_clusters;
	double weight; /* from which two rows are joined */
};
int link_index_write(const struct link_index_content *content, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;

struct link_index;

/* data must outlive the index, and be aligned to 8 bytes. */
int link_index_open(const void *data, size_t n, struct link_index **ret, struct cf_error *err) CF_MUST_USE;
struct link_index *link_index_free(struct link_index *x);
CF_DEFINE_CLEANUP(struct link_index, link_index_free);
#define CF_CLEANUP_LINK_INDEX CF_CLEANUP(link_index_free_ptr)

size_t link_index_n_rows(const struct link_index *x);
uint32_t link_index_n_clusters(const struct link_index *x);
double link_index_weight(const struct link_index *x);
const char *link_index_model_text(const struct link_index *x);
/* Blocking rules as link_rule_format wrote them, one a line; "" when every pair is looked at. */
const char *link_index_rules(const struct link_index *x);
/* Bit f: field f of the model weighs by frequency. */
bool link_index_one_a_file(const struct link_index *x);
/* The file's name and the row in it, from 1, of a kept row. */
const char *link_index_file_of(const struct link_index *x, uint32_t row, size_t *ret_row);
uint32_t link_index_cluster_of(const struct link_index *x, uint32_t row);

/* The kept rows as a table again, to which n_more rows are added by the caller: for writing a longer index.
 * more: the new rows' table, with the same columns by name; file by file behind the kept ones. */
int link_index_extend(const struct link_index *x, const struct link_table *more, struct link_table **ret,
	struct cf_error *err) CF_MUST_USE;
size_t link_index_n_files(const struct link_index *x);
const char *link_index_file_name(const struct link_index *x, size_t file);

struct link_new_pair {
	uint32_t row;  /* of the new table */
	uint32_t kept; /* kept row */
	float weight;
};

struct link_new_pairs {
	struct link_new_pair *pairs; /* by row, then kept */
	size_t n;
	double n_compared;
};
void link_new_pairs_done(struct link_new_pairs *p);

/* A table of new rows, its settings (fields and rules as the index was made with, on this table's columns)
 * and the model's weights. */
struct link_new_rows {
	const struct link_table *table;
	const struct link_settings *settings;
	const struct link_model *model;
};

struct link_matcher;
int link_matcher_new(const struct link_index *x, const struct link_new_rows *rows, struct link_matcher **ret,
	struct cf_error *err) CF_MUST_USE;
struct link_matcher *link_matcher_free(struct link_matcher *m);
CF_DEFINE_CLEANUP(struct link_matcher, link_matcher_free);
#define CF_CLEANUP_LINK_MATCHER CF_CLEANUP(link_matcher_free_ptr)

double link_matcher_score(struct link_matcher *m, uint32_t row, uint32_t kept);
/* Every pair of a new and a kept row that some rule finds and that weighs at least floor. */
int link_matcher_run(struct link_matcher *m, double floor, struct link_new_pairs *ret, struct cf_error *err)
	CF_MUST_USE;

/* For clusters of new rows: the kept cluster each belongs to, or a new number behind the kept ones. A cluster
 * joins the kept one whose rows weigh most on average with its own, if they weigh enough. */
int link_matcher_assign(struct link_matcher *m, const struct link_new_pairs *pairs,
	const struct link_clusters *clusters, uint32_t *ret_of_row, struct cf_error *err) CF_MUST_USE;
