/*
 * The case store: sealed records with all their revisions, coded columns for counting, blind indexes for
 * exact search, users, and the audit log, on SQLite (a path) or PostgreSQL ("postgresql://..." or "host=...
 * dbname=..."). The store knows nothing of the schema: what is identifying (payload, terms) and what is coded
 * (columns) is said by the caller. Nothing is overwritten; what a record was stays until its person is
 * erased. docs/store.md has every table and every key.
 *
 * A handle belongs to one thread. Several handles, processes and, on PostgreSQL, machines may have the same
 * store open. Pointers given to a function stay the caller's and are not kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/progress.h"
#include "crypto/secret.h"

enum {
	STORE_ID_BYTES = 16,
	STORE_NAME_MAX = 64,          /* bytes of the name of an entity, a field or a user */
	STORE_VALUE_MAX = 255,        /* bytes of a column's value */
	STORE_TEXT_MAX = 4096,        /* bytes of a reason, a source, a source record id */
	STORE_PAYLOAD_MAX = 16 << 20, /* bytes of a payload */
	STORE_PARTS_MAX = 1024,       /* columns of an item, and terms of an item */
	STORE_BATCH_MAX = 1 << 16,    /* items of a batch */
	STORE_PAGE_MAX = 1000         /* entries of a page */
};

/* 128 random bits that name a record, a person or a case; all zeros: none. */
struct store_id {
	uint8_t bytes[STORE_ID_BYTES];
};
bool store_id_is_none(const struct store_id *id);
bool store_id_equal(const struct store_id *a, const struct store_id *b);
void store_id_random(struct store_id *ret);

/* ---- opening ---- */

struct store;

/* What opens the store. Without user, the store's own passphrase, key file, or both, as it was made; with
 * user, that user's password (in passphrase) and one-time code when they have one. */
struct store_unlock {
	const char *user;                /* NULL: none */
	const struct secret *passphrase; /* NULL: none */
	const char *key_file;            /* path, NULL: none */
	const char *code;                /* six digits, NULL: none */
};

/* How passphrases are stretched (Argon2id). Zeros: the strong default (3 passes, 256 MiB). */
struct store_costs {
	uint64_t passes;
	uint64_t memory_bytes;
};

struct store_options {
	/* The list of erasures, a file that stands outside the store and its backups, so that restoring an
	 * older backup brings nobody back. NULL: the path of the SQLite file with ".erasures" behind it;
	 * PostgreSQL has no default and needs it named before it can erase. */
	const char *erasure_list;
	struct store_costs costs;
	/* Milliseconds since 1970; NULL: the system's clock. For tests. */
	uint64_t (*clock)(void *context);
	void *clock_context;
	const char *actor; /* the name that the log shows when no user logged in; NULL: "organisation" */
};
#define STORE_OPTIONS_INIT                                                                                   \
	{                                                                                                    \
		0                                                                                            \
	}

/* Makes a new store and opens it. The key file must be there already (store_key_file_new in
 * crypto/store_key.h). options may be NULL. CF_E_STATE when a store is there. */
int store_create(const char *location, const struct store_unlock *unlock, const struct store_options *options,
	struct store **ret, struct cf_error *err) CF_MUST_USE;
/* Opens, runs the quick check (on SQLite files over 32 MiB only after a crash; store_check is the full one),
 * brings the tables to this program's version, and finishes what an interruption left undone of an erasure.
 * CF_E_REFUSED: wrong passphrase, key file, user, password or code, or a user who must wait after wrong ones;
 * CF_E_INPUT: damaged; CF_E_NOT_FOUND: no store. */
int store_open(const char *location, const struct store_unlock *unlock, const struct store_options *options,
	struct store **ret, struct cf_error *err) CF_MUST_USE;
/* Rolls back what is not committed, wipes keys. */
struct store *store_close(struct store *s);
CF_DEFINE_CLEANUP(struct store, store_close);
#define CF_CLEANUP_STORE CF_CLEANUP(store_close_ptr)

/* Who is at work: the user's name, or the options' actor. */
const char *store_actor(const struct store *s);
/* The role of the user who logged in, "" without one. */
const char *store_role(const struct store *s);
/* False for a user whose password opens the log alone: every function that needs a record's key then refuses.
 */
bool store_opens_records(const struct store *s);

/* Runs function in one transaction: all that it does or, when it fails, nothing. Where another writer was in
 * the way it is rolled back and run again, so it must not change anything but the store. Everything below
 * joins the transaction that is running, or makes its own. Does not nest. */
typedef int (*store_function)(struct store *s, void *context, struct cf_error *err);
int store_run(struct store *s, store_function function, void *context, struct cf_error *err) CF_MUST_USE;

/* ---- writing ---- */

/* A coded value in clear, for counting and listing. field and value are UTF-8; a field may repeat. */
struct store_column {
	const char *field;
	const char *value;
};

/* A normalised identifying value (E.164 phone, document number, name key) that can be searched for exactly.
 */
struct store_term {
	const char *field;
	const void *data;
	size_t n;
};

struct store_item {
	const char *entity;        /* [a-z0-9_.-], 1 to STORE_NAME_MAX bytes, as are the names of fields */
	struct store_id id;        /* none: the store finds it by source_id, or chooses one */
	bool is_new;               /* id was drawn for it just now, and source_id, if any, looked for in vain:
				      neither is looked for again */
	struct store_id person_id; /* whose key seals it; none: the case's; neither: the store's own */
	struct store_id case_id;
	const struct store_column *columns;
	size_t n_columns;
	const struct store_term *terms;
	size_t n_terms;
	const void *payload;
	size_t n_payload;
	const char
		*source_id; /* of the record where it came from; unique in an entity; NULL: none. Sealed. */
	uint64_t base_revision; /* 0, or what must be the current revision, else CF_E_STATE: another was
				   faster */
};

/* Why, and from where; both may be NULL, and are sealed with the record. The author is store_actor. */
struct store_reason {
	const char *reason;
	const char *source;
};

enum store_outcome { STORE_NEW, STORE_CHANGED, STORE_UNCHANGED };

struct store_result {
	struct store_id id;
	uint64_t revision; /* counts from 1 */
	enum store_outcome outcome;
};

/* A new record or a new revision of one; an item equal to the current revision changes nothing. CF_E_REFUSED
 * when its person was erased. O(log n). */
int store_put(struct store *s, const struct store_item *item, const struct store_reason *why,
	struct store_result *ret, struct cf_error *err) CF_MUST_USE;
/* n of them (at most STORE_BATCH_MAX) at once, much faster than one by one: rows of the indexes go in sorted.
 * ret (may be NULL) has n places. On failure nothing of the batch is there, and err->line is the item that
 * was at fault, from 1 (0: none alone). Memory: a few hundred bytes for each item beside the caller's own. */
int store_put_batch(struct store *s, const struct store_item *items, size_t n, const struct store_reason *why,
	struct store_result *ret, struct cf_error *err) CF_MUST_USE;

/* ---- reading ---- */

/* A revision of a record, opened. Everything lives in its arena until store_record_done. */
struct store_record {
	const char *entity;
	struct store_id id;
	struct store_id person_id;
	struct store_id case_id;
	uint64_t revision;
	uint64_t n_revisions;
	const char *author;
	uint64_t time_ms;
	const char *reason;
	const char *source;
	const char *source_id; /* "" where there was none */
	struct store_column *columns;
	size_t n_columns;
	struct store_term *terms;
	size_t n_terms;
	const uint8_t *payload;
	size_t n_payload;
	struct arena *arena;
	uint8_t *opened; /* the store's: what is wiped at the end */
	size_t n_opened;
};
#define STORE_RECORD_INIT                                                                                    \
	{                                                                                                    \
		0                                                                                            \
	}
/* Wipes what it held. */
void store_record_done(struct store_record *r);

/* revision 0: the current one. CF_E_NOT_FOUND; CF_E_STATE when it was erased; CF_E_REFUSED when what is
 * stored does not open, because it was altered or put in another's place. Reading is not logged here: the
 * caller knows which fields are identifying and says so with audit_append. */
int store_get(struct store *s, const struct store_id *id, uint64_t revision, struct store_record *ret,
	struct cf_error *err) CF_MUST_USE;

struct store_revision {
	uint64_t revision;
	uint64_t time_ms;
	char author[STORE_NAME_MAX + 1];
	uint64_t leaf; /* where the log has it */
	bool erased;
};
struct store_history {
	struct store_revision *at; /* oldest first */
	size_t n;
};
#define STORE_HISTORY_INIT                                                                                   \
	{                                                                                                    \
		0                                                                                            \
	}
void store_history_done(struct store_history *h);
int store_history(struct store *s, const struct store_id *id, struct store_history *ret, struct cf_error *err)
	CF_MUST_USE;

/* What a page shows without opening anything. key is for paging. */
struct store_entry {
	uint64_t key;
	struct store_id id;
	struct store_id person_id;
	struct store_id case_id;
	uint64_t revision;
	uint64_t time_ms; /* of the current revision */
	char entity[STORE_NAME_MAX + 1];
};
struct store_page {
	struct store_entry *at;
	size_t n;
	bool more;
};
#define STORE_PAGE_INIT                                                                                      \
	{                                                                                                    \
		0                                                                                            \
	}
void store_page_done(struct store_page *p);

/* What to list: all that are given must hold; a field needs entity and value. */
struct store_query {
	const char *entity; /* NULL: every one */
	const struct store_id *person_id;
	const struct store_id *case_id;
	const char *field;
	const char *value;
	uint64_t before; /* 0: from the newest; else the key of the last entry of the page before */
	size_t limit;    /* 1 to STORE_PAGE_MAX */
};
/* Newest (last made) first. O(limit log n) by one condition; with several, of one are looked through. */
int store_list(struct store *s, const struct store_query *query, struct store_page *ret, struct cf_error *err)
	CF_MUST_USE;
/* Records whose current revision has the term, newest first. O(log n + limit). */
int store_find(struct store *s, const char *entity, const struct store_term *term, size_t limit,
	struct store_page *ret, struct cf_error *err) CF_MUST_USE;
/* 1 when the running transaction, which writes, has made the record; 0 when not. */
int store_made_now(struct store *s, const struct store_id *id, struct cf_error *err) CF_MUST_USE;
/* The record that came from this source record; CF_E_NOT_FOUND. */
int store_find_source(struct store *s, const char *entity, const char *source_id, struct store_id *ret,
	struct cf_error *err) CF_MUST_USE;

struct store_count {
	char value[STORE_VALUE_MAX + 1];
	uint64_t n;
};
struct store_counts {
	struct store_count *at; /* by value, in byte order */
	size_t n;
};
#define STORE_COUNTS_INIT                                                                                    \
	{                                                                                                    \
		0                                                                                            \
	}
void store_counts_done(struct store_counts *c);
/* How many records have each value of the field. O(records). */
int store_count(struct store *s, const char *entity, const char *field, struct store_counts *ret,
	struct cf_error *err) CF_MUST_USE;
/* Records that are not erased; entity NULL: all. */
int store_size(struct store *s, const char *entity, uint64_t *ret, struct cf_error *err) CF_MUST_USE;

/* ---- erasing ---- */

struct store_erased {
	uint64_t n_records;
	uint64_t n_revisions;
};
/* Destroys the person's key and every revision sealed with it, their columns and index rows; rotates the
 * organisation's key; truncates the write-ahead log and vacuums. The list of erasures is written first, so
 * that an interruption is finished when the store is next opened. What stays: random ids, times, and hashes
 * in the log. Backups made before still hold the person until they are restored (which replays the list) or
 * destroyed. Not inside store_run. CF_E_NOT_FOUND when there is no such person's key. */
int store_erase_person(struct store *s, const struct store_id *person_id, struct store_erased *ret,
	struct cf_error *err) CF_MUST_USE;

/* ---- keys ---- */

/* Changes what opens the store: replaces the store's own passphrase and key file. Records are not touched. */
int store_change_unlock(struct store *s, const struct store_unlock *unlock, struct cf_error *err) CF_MUST_USE;
/* A new organisation key: every person's and case's key is wrapped anew, every user's and the store's own way
 * in goes on working. One transaction. */
int store_rotate(struct store *s, struct cf_error *err) CF_MUST_USE;
/* A new key of the blind indexes: every term is indexed anew. One transaction; opens every record. */
int store_rotate_index(struct store *s, struct cf_error *err) CF_MUST_USE;

/* ---- backup, restore, check ---- */

/* A whole, consistent copy in a new SQLite file (mode 0600), read back and checked before it gets its name;
 * others may go on writing. The log notes it. Not inside store_run. */
int store_backup(struct store *s, const char *path, struct cf_error *err) CF_MUST_USE;
/* Makes a new store at location from a backup, replays the erasures of options->erasure_list that came after
 * it (CF_E_USAGE when there is no such file: a restore must not forget them; an empty file says there were
 * none), verifies all of it, and notes it in the log. */
int store_restore(const char *backup, const char *location, const struct store_unlock *unlock,
	const struct store_options *options, struct cf_error *err) CF_MUST_USE;
/* The full check of the database itself: pages, indexes against tables, foreign keys. For what the records
 * say, audit_verify. */
int store_check(struct store *s, struct cf_error *err) CF_MUST_USE;
