/*
 * What the parts of verifying share (audit_verify.c): the state of one run over the log and the revisions,
 * and each part's way in.
 */
#pragma once

#include "store/inside.h"

enum { VERIFY_PAGE = 128 };

struct head {
	struct merkle_head head;
	bool is_witness;
};

/* The last that the log says of a user, a way in, or an erased person. */
struct last_word {
	char kind[STORE_NAME_MAX + 1];
	struct store_id id;
	uint8_t commitment[HASH_BYTES];
	bool removed;
	bool met;
};

struct erased_revision {
	struct store_id id;
	uint64_t revision;
};

struct erased_list {
	struct erased_revision *at;
	size_t n;
	size_t capacity;
};

struct verifying {
	struct store *s;
	audit_report_function report;
	void *context;
	struct audit_verified result;
	struct merkle_tree tree;
	struct head *heads;
	size_t n_heads;
	size_t heads_capacity;
	size_t next_head;
	struct last_word *words;
	size_t n_words;
	size_t words_capacity;
	struct erased_list logged; /* as the log has it */
	struct erased_list found;  /* revisions that are empty */
	struct db_rows revisions;
	bool pulled; /* row and record hold the next revision, not yet used */
	struct revision_row row;
	bool has_record;
	struct record_row record;
	int64_t last_revision; /* read */
	size_t n_in_page;
	bool no_more;
	uint64_t n_current;
	uint64_t n_erased_records;
	uint64_t n_terms;
	uint64_t n_owned;
	uint64_t n_columns;
	uint64_t generation;
};

/* Names something that is wrong, and goes on. */
void verify_wrong(struct verifying *v, const char *format, ...) CF_PRINTF(2, 3);

/* ---- revisions (verify_revisions.c) ---- */

/* Reads the next revision into row and record, unless one is waiting there; pulled says whether there is one.
 */
int verify_pull(struct verifying *v, struct cf_error *err) CF_MUST_USE;
/* The object of the log against the revision that comes next. */
int verify_object(struct verifying *v, const struct audit_shown_object *object, uint64_t leaf,
	struct cf_error *err) CF_MUST_USE;
int verify_note_erased(struct erased_list *list, const struct store_id *id, uint64_t revision,
	struct cf_error *err) CF_MUST_USE;

/* ---- the log (verify_log.c) ---- */

/* The signed heads, and the witness's (NULL: none), in order of size. */
int verify_read_heads(struct verifying *v, const char *witness, struct cf_error *err) CF_MUST_USE;
/* A page of entries, with the revisions that they speak of. */
int verify_leaves(struct verifying *v, bool *ret_more, struct cf_error *err) CF_MUST_USE;

/* ---- what must fit together at the end (verify_ends.c) ---- */

int verify_ends(struct verifying *v, struct cf_error *err) CF_MUST_USE;
