/* A record that somebody is writing or changing: from nothing or from what is there, by lines of text or
 * single values, to a new revision. */
#pragma once

#include "base/buffer.h"
#include "work/casebook/casebook.h"

struct draft;

/* A new record of a fresh id. country: of phones without a calling code, NULL: none. The casebook must
 * outlive it. */
int draft_new(struct casebook *c, const struct schema_entity *entity, const char *country, struct draft **ret,
	struct cf_error *err) CF_MUST_USE;
/* The current revision of one that is there, as far as the user may see it and may change it. */
int draft_open(struct casebook *c, const struct record_id *id, const char *country, struct draft **ret,
	struct cf_error *err) CF_MUST_USE;
struct draft *draft_free(struct draft *d);
CF_DEFINE_CLEANUP(struct draft, draft_free);
#define CF_CLEANUP_DRAFT CF_CLEANUP(draft_free_ptr)

/* All fields with comments, those without a value too, for an editor. */
int draft_text(const struct draft *d, struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* Replaces everything by what the text says; name is of the file, for messages. */
int draft_parse(struct draft *d, const char *name, const char *text, size_t n, struct cf_error *err)
	CF_MUST_USE;
/* "field=value": the first for a field (or part) replaces what it had, further ones add to it. */
int draft_set(struct draft *d, const char *text, struct cf_error *err) CF_MUST_USE;
int draft_save(struct draft *d, const struct store_reason *why, struct store_result *ret,
	struct cf_error *err) CF_MUST_USE;
const struct record *draft_record(const struct draft *d);
