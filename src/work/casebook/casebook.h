/*
 * The case store as one user sees it: every command and every page that touches records goes through here, so
 * that permission is checked once, reads of identifying fields are logged, and refusals too. Records come and
 * go as struct record; what the user may not see is left out of them and counted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/record.h"
#include "store/store.h"
#include "work/casebook/permission.h"

struct casebook;

/* Where the store is and what opens it; see store.h. Pointers are not kept. */
struct casebook_place {
	const char *location;
	struct store_unlock unlock;
	struct store_options options;
};

/* Makes a new store. It has no users yet: whoever holds its passphrase or key file is the administrator. */
int casebook_create(const struct casebook_place *place, struct casebook **ret, struct cf_error *err)
	CF_MUST_USE;
int casebook_open(const struct casebook_place *place, struct casebook **ret, struct cf_error *err)
	CF_MUST_USE;
struct casebook *casebook_close(struct casebook *c);
CF_DEFINE_CLEANUP(struct casebook, casebook_close);
#define CF_CLEANUP_CASEBOOK CF_CLEANUP(casebook_close_ptr)

enum permission_role casebook_role(const struct casebook *c);
const char *casebook_user(const struct casebook *c);

/* ---- reading ---- */

/* A record as the user may see it. */
struct casebook_shown {
	struct record *record;
	enum permission_scope scope;
	size_t n_withheld; /* values that are not for this user */
	uint64_t revision;
	uint64_t n_revisions;
	uint64_t time_ms;
	char author[STORE_NAME_MAX + 1];
	char *reason; /* why the revision was made; "" where nobody said */
	char *source;
};
#define CASEBOOK_SHOWN_INIT                                                                                  \
	{                                                                                                    \
		0                                                                                            \
	}
void casebook_shown_done(struct casebook_shown *s);

/* revision 0: the current one. With identifying fields for those who may read them, and logged; else the open
 * and coded ones. */
int casebook_show(struct casebook *c, const struct record_id *id, uint64_t revision,
	struct casebook_shown *ret, struct cf_error *err) CF_MUST_USE;

/* The same for one who means to change it. */
int casebook_show_to_edit(struct casebook *c, const struct record_id *id, struct casebook_shown *ret,
	struct cf_error *err) CF_MUST_USE;

/* A line of a list: no identifying field is in it, and nothing is logged. */
struct casebook_line {
	struct record_id id;
	const struct schema_entity *entity;
	enum permission_scope scope;
	uint64_t revision;
	uint64_t time_ms;
	struct store_column *columns; /* open and coded fields, without those of access */
	size_t n_columns;
};
struct casebook_list {
	struct casebook_line *at;
	size_t n;
	bool more;       /* there are older ones */
	uint64_t before; /* for the next page */
	struct arena *arena;
};
#define CASEBOOK_LIST_INIT                                                                                   \
	{                                                                                                    \
		0                                                                                            \
	}
void casebook_list_done(struct casebook_list *l);

struct casebook_query {
	const struct schema_entity *entity; /* NULL: every one */
	const struct record_id *case_id, *person_id;
	const struct schema_field
		*field; /* an open or coded one; with value, a canonical text or a state's "~word" */
	const char *value;
	uint64_t before;
	size_t limit; /* 1 to STORE_PAGE_MAX */
};
/* Newest first, as far as the user may know of them. */
int casebook_list(struct casebook *c, const struct casebook_query *q, struct casebook_list *ret,
	struct cf_error *err) CF_MUST_USE;

/* Records whose field has this value (a canonical text; of a name any of its words, or all in any order), as
 * far as the user may know of them. That somebody searched, and in which field, is logged. */
int casebook_search(struct casebook *c, const struct schema_field *field, const char *text, size_t limit,
	struct casebook_list *ret, struct cf_error *err) CF_MUST_USE;

int casebook_history(struct casebook *c, const struct record_id *id, struct store_history *ret,
	struct cf_error *err) CF_MUST_USE;

/* ---- writing ---- */

/* Adds a record of a fresh id, or the next revision of one that is there. Everything that is wrong with it is
 * listed in faults (may be NULL), and nothing is then written (CF_E_INPUT). References must lead to records
 * the user may see. */
int casebook_add(struct casebook *c, const struct record *r, const struct store_reason *why,
	struct record_faults *faults, struct store_result *ret, struct cf_error *err) CF_MUST_USE;
/* before: what casebook_show gave; after: what it became. Values the user was not shown stay as they are.
 * CF_E_STATE when somebody else changed the record meanwhile. */
struct casebook_edit {
	const struct casebook_shown *before;
	const struct record *after;
	struct store_reason why;
};
int casebook_edit(struct casebook *c, const struct casebook_edit *edit, struct record_faults *faults,
	struct store_result *ret, struct cf_error *err) CF_MUST_USE;

/* Hands a case over (owner), lets a user in, or out again. */
enum casebook_access { CASEBOOK_HAND_OVER, CASEBOOK_LET_IN, CASEBOOK_LET_OUT };
int casebook_share(struct casebook *c, const struct record_id *case_id, enum casebook_access access,
	const char *user, struct cf_error *err) CF_MUST_USE;

/* ---- erasing, keys, users ---- */

int casebook_erase(struct casebook *c, const struct record_id *person, struct store_erased *ret,
	struct cf_error *err) CF_MUST_USE;
int casebook_backup(struct casebook *c, const char *path, struct cf_error *err) CF_MUST_USE;
/* Makes a store at place->location from a backup, and verifies it. Whoever holds what opens it may. */
int casebook_restore(const char *backup, const struct casebook_place *place, struct cf_error *err)
	CF_MUST_USE;
int casebook_check(struct casebook *c, struct cf_error *err) CF_MUST_USE;
int casebook_rotate(struct casebook *c, bool index_too, struct cf_error *err) CF_MUST_USE;
int casebook_change_unlock(struct casebook *c, const struct store_unlock *unlock, struct cf_error *err)
	CF_MUST_USE;

/* The store, for what has no rule of its own, once the action was allowed; a refusal is logged. */
int casebook_use(struct casebook *c, enum permission_action action, struct store **ret, struct cf_error *err)
	CF_MUST_USE;
/* The store, for what everybody may do with their own account. */
struct store *casebook_own_store(struct casebook *c);
