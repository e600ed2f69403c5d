/*
 * What the files of this room share and nobody else sees: the handle, transactions, names, keys, and the
 * sealed form of a revision. Invariant: within a transaction the handle's copies of the log's state, of names
 * and of keys are those of the database; a rolled-back transaction forgets them.
 */
#pragma once

#include "base/buffer.h"
#include "base/mem.h"

/* hash tables take their memory where everything does, and an element that found no room says so */
#define uthash_malloc(size) mem_alloc(1, (size))
#define uthash_free(p, size) mem_free(p)
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element) ((element)->lost = true)
#include <uthash.h>

#include "crypto/merkle.h"
#include "crypto/vault.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/store.h"
#include "store/users.h"

enum {
	HASH_BYTES = 32,
	TAG_BYTES = 16,
	WRAPPED_BYTES = VAULT_KEY_BYTES + VAULT_SEAL_BYTES,
	PAIR_BYTES = VAULT_KEY_BYTES + VAULT_SEAL_BYTES,
	BOXED_BYTES = VAULT_KEY_BYTES + VAULT_BOX_BYTES,
	KEY_CACHE = 16384,
	NAME_TEXT_MAX = 2 * STORE_NAME_MAX + 8
};

/* Whose key it is. */
enum owner_kind { OWNER_STORE = 0, OWNER_PERSON = 1, OWNER_CASE = 2 };

/* Whether an owner without a key gets one; a new one, whose id was drawn just now, is not looked for. */
enum owner_wish { OWNER_MUST_BE_THERE, OWNER_MAY_BE_NEW, OWNER_IS_NEW };

struct name_entry;
struct key_cache;
struct late;

struct store {
	struct db *db;
	char *location;
	char *erasure_list;
	struct store_costs costs;
	uint64_t (*clock)(void *context);
	void *clock_context;
	char actor[STORE_NAME_MAX + 1];
	char role[STORE_NAME_MAX + 1];
	char holder[STORE_NAME_MAX + 1]; /* of the slot that opened it: "" or a user */
	enum store_access access;

	struct store_id id;
	uint64_t generation;         /* of the organisation's key */
	struct secret *pair;         /* the slot's secret half, to follow a rotation by somebody else */
	struct secret *next_pair;    /* what it will be when the transaction is committed; mostly NULL */
	struct secret *organisation; /* NULL for those who open the log alone, as index */
	struct secret *index;
	struct secret *log;
	struct secret *commit; /* from log: commitments */
	struct secret *sign;   /* from log: seed of the signing key */

	struct key_cache *keys;
	struct name_entry *names;
	struct merkle_tree tree;
	uint64_t n_revisions;
	uint64_t n_records;
	struct late *late; /* of the running transaction */
	size_t late_max;   /* rows that wait at most; 0: as many as late.c says. Tests set it */
	bool log_dirty;
	bool running; /* inside a transaction */
	bool writing;
	uint64_t began_with; /* records, this transaction, which writes */
	bool nobody_erased;  /* known in this transaction */
	bool doomed;         /* something in it failed: it may not be committed */
};

/* ---- transactions (transaction.c) ---- */

/* Joins the transaction that is running or begins one; *own says which, and goes to leave with the status so
 * far, which commits or rolls back one's own. */
int enter(struct store *s, bool writing, bool *ret_own, struct cf_error *err) CF_MUST_USE;
int leave(struct store *s, bool own, int status, struct cf_error *err) CF_MUST_USE;
/* Refuses when the handle cannot open records. */
int need_records(const struct store *s, struct cf_error *err) CF_MUST_USE;
uint64_t now_ms(const struct store *s);
int meta_get(struct store *s, const char *name, void *ret, size_t n, struct cf_error *err) CF_MUST_USE;
int meta_set(struct store *s, const char *name, const void *data, size_t n, struct cf_error *err) CF_MUST_USE;
int count_of(struct store *s, enum statement which, const struct db_value *values, size_t n, uint64_t *ret,
	struct cf_error *err) CF_MUST_USE;
/* The same, little-endian. */
void put_number(uint8_t *to, uint64_t value, int n);
uint64_t get_number(const uint8_t *from, int n);

/* ---- names (names.c) ---- */

bool is_plain_name(const char *name);
int check_name(const char *what, const char *name, struct cf_error *err) CF_MUST_USE;
/* The number of an entity's or, with field, of its field's name; made where it is not there and make is set,
 * else 0. */
int name_number(struct store *s, const char *entity, const char *field, bool make, int64_t *ret,
	struct cf_error *err) CF_MUST_USE;
/* The text of an entity's number; ret holds NAME_TEXT_MAX + 1. CF_E_REFUSED when there is none. */
int name_text(struct store *s, int64_t number, char *ret, struct cf_error *err) CF_MUST_USE;
void names_forget(struct store *s);

/* ---- ways in (slots.c) ---- */

struct slot {
	char holder[STORE_NAME_MAX + 1];
	int64_t kind;
	int64_t access;
	struct vault_costs costs;
	uint8_t salt[VAULT_SALT_BYTES];
	uint8_t public_key[VAULT_KEY_BYTES];
	uint8_t pair[PAIR_BYTES];
	uint8_t sealed[BOXED_BYTES];
	uint8_t mac[HASH_BYTES];
};
/* A new way in for the holder ("" the store's own), to what access says; stored and noted in the log. */
int slot_make(struct store *s, const char *holder, enum store_access access,
	const struct store_unlock *unlock, struct cf_error *err) CF_MUST_USE;
int slot_remove(struct store *s, const char *holder, struct cf_error *err) CF_MUST_USE;
/* 1 found, 0 not. */
int slot_get(struct store *s, const char *holder, struct slot *ret, struct cf_error *err) CF_MUST_USE;
int slot_after(struct store *s, const char *holder, struct slot *ret, struct cf_error *err) CF_MUST_USE;
/* Opens it into the handle: pair, and organisation or log. CF_E_REFUSED for whatever does not fit. */
int slot_open(struct store *s, const struct slot *slot, const struct store_unlock *unlock,
	struct cf_error *err) CF_MUST_USE;
/* As slot_open takes the time it takes, where there is no slot. */
void slot_pretend(const struct store *s, const struct store_unlock *unlock);
/* Seals the present keys to every way in anew, after a rotation; each one's mac is checked first. */
int slots_reseal(struct store *s, const struct secret *old_organisation, struct cf_error *err) CF_MUST_USE;
/* Whether the mac holds under the organisation's key. */
bool slot_is_ours(const struct store *s, const struct slot *slot, const struct secret *organisation);
/* Follows a rotation that somebody else made. */
int slot_follow(struct store *s, struct cf_error *err) CF_MUST_USE;
/* 16 bytes that stand for a name in the log. */
struct store_id name_id(const char *kind, const char *name);

/* ---- keys (keys.c) ---- */

/* Makes log and index keys for a new store, or reads them; then what is derived from the log's. */
int keys_make(struct store *s, struct cf_error *err) CF_MUST_USE;
int keys_read(struct store *s, struct cf_error *err) CF_MUST_USE;
int keys_derive(struct store *s, struct cf_error *err) CF_MUST_USE;
void keys_forget(struct store *s);
/* The key of an owner, in guarded memory until the next call; one that is made is written by keys_flush.
 * CF_E_NOT_FOUND where it must be there; CF_E_REFUSED for a person who was erased. */
int owner_key(struct store *s, const struct store_id *owner, enum owner_kind kind, enum owner_wish wish,
	const uint8_t **ret, struct cf_error *err) CF_MUST_USE;
/* Writes keys that owner_key made. */
int keys_flush(struct store *s, struct cf_error *err) CF_MUST_USE;
/* Whether the cache has room for n more owners. */
bool keys_have_room(const struct store *s, size_t n);
/* A new organisation key; inside a writing transaction. */
int keys_rotate(struct store *s, struct cf_error *err) CF_MUST_USE;
int index_key_replace(struct store *s, struct cf_error *err) CF_MUST_USE;

/* ---- the sealed form of a revision (content.c) ---- */

/* Where a revision stands: everything that its seal is bound to. */
struct place {
	const char *entity;
	struct store_id id;
	struct store_id owner;
	uint64_t revision;
	uint64_t time_ms;
	const char *author;
};
int content_encode(const struct store_item *item, const struct store_reason *why, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
/* Into record, whose arena must be there; it points into data. CF_E_REFUSED. */
int content_decode(const uint8_t *data, size_t n, struct store_record *record, struct cf_error *err)
	CF_MUST_USE;
int content_seal(struct store *s, const uint8_t *key, const struct place *place, const struct buffer *content,
	struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* ret holds n_sealed - VAULT_SEAL_BYTES. Says nothing in an error. */
int content_open(struct store *s, const uint8_t *key, const struct place *place, const uint8_t *sealed,
	size_t n_sealed, uint8_t *ret) CF_MUST_USE;
/* What tells whether two contents are equal, whatever their reasons; of one record only. */
void content_mark(
	struct store *s, const struct store_id *id, const struct buffer *content, uint8_t ret[TAG_BYTES]);
/* The hash of a revision, over the one before it. */
void revision_hash(struct store *s, const struct place *place, const uint8_t previous[HASH_BYTES],
	const uint8_t *sealed, size_t n_sealed, uint8_t ret[HASH_BYTES]);
void wipe_buffer(struct buffer *b);

/* The index rows of a content: blind tags and column values, each sorted, none twice. */
struct index_row {
	int64_t field;
	int64_t record;
	uint8_t tag[TAG_BYTES]; /* of a term */
	const char *value;      /* of a column */
	size_t n_value;
};
struct index_rows {
	struct index_row *terms;
	size_t n_terms, terms_capacity;
	struct index_row *columns;
	size_t n_columns, columns_capacity;
};
void blind_tag(const struct store *s, const char *entity, const char *field, const void *data, size_t n,
	uint8_t ret[TAG_BYTES]);
extern const char source_field[]; /* the field under which source record ids are indexed */
/* values point into the parts. */
struct parts {
	const char *entity;
	const char *source_id;
	const struct store_column *columns;
	size_t n_columns;
	const struct store_term *terms;
	size_t n_terms;
};
/* Into rows of an earlier call or zeroes; index_rows_done in the end. */
int index_rows_of(struct store *s, const struct parts *parts, int64_t record, bool make_names,
	struct index_rows *ret, struct cf_error *err) CF_MUST_USE;
void index_rows_done(struct index_rows *rows);
int index_row_compare_terms(const void *a, const void *b);
int index_row_compare_columns(const void *a, const void *b);

/* ---- rows (rows.c) ---- */

struct record_row {
	int64_t number;
	struct store_id id;
	int64_t entity;
	struct store_id person_id;
	struct store_id case_id;
	uint64_t revision;
	int64_t latest;
	uint8_t content[TAG_BYTES];
	bool erased;
};
struct revision_row {
	int64_t number;
	int64_t record;
	uint64_t revision;
	int64_t previous;
	struct store_id owner;
	char author[STORE_NAME_MAX + 1];
	uint64_t time_ms;
	uint64_t leaf;
	bool erased;
	uint8_t hash[HASH_BYTES];
	const uint8_t *sealed; /* valid until the next row */
	size_t n_sealed;
};
enum { RECORD_ROW_COLUMNS = 9, REVISION_ROW_COLUMNS = 11 };
int read_record_row(struct db_rows *rows, int first, struct record_row *ret, struct cf_error *err)
	CF_MUST_USE;
int read_revision_row(struct db_rows *rows, int first, struct revision_row *ret, struct cf_error *err)
	CF_MUST_USE;
/* 1 found, 0 not. */
int record_by_id(struct store *s, const struct store_id *id, struct record_row *ret, struct cf_error *err)
	CF_MUST_USE;
int record_by_number(struct store *s, int64_t number, struct record_row *ret, struct cf_error *err)
	CF_MUST_USE;
/* Opens a revision of the record into ret (whose arena it makes). CF_E_REFUSED when it does not open. */
int open_revision(struct store *s, const struct record_row *record, const struct revision_row *revision,
	struct store_record *ret, struct cf_error *err) CF_MUST_USE;
/* The revision by its number, opened; ret_row (may be NULL) without its sealed bytes. */
int load_revision(struct store *s, const struct record_row *record, int64_t number, struct store_record *ret,
	struct revision_row *ret_row, struct cf_error *err) CF_MUST_USE;
int remove_index_rows(struct store *s, const struct index_rows *rows, struct cf_error *err) CF_MUST_USE;
int add_index_rows(struct store *s, const struct index_rows *rows, struct cf_error *err) CF_MUST_USE;
struct parts parts_of(const struct store_record *record);

/* ---- index rows that wait (late.c) ---- */

/* A row of the blind index; with is_source, one that late_find finds. */
int late_add_term(struct store *s, const struct index_row *row, bool is_source, struct cf_error *err)
	CF_MUST_USE;
int late_add_id(struct store *s, const struct store_id *id, int64_t record, struct cf_error *err) CF_MUST_USE;
/* That a person or case, unless none, has the record. */
int late_add_owned(struct store *s, const struct store_id *owner, int64_t record, struct cf_error *err)
	CF_MUST_USE;
/* Takes that away again, waiting or not. */
int owned_remove(struct store *s, const struct record_row *record, struct cf_error *err) CF_MUST_USE;
/* The record of a waiting source record id's tag or, with field 0, of an id. */
bool late_find(const struct store *s, int64_t field, const uint8_t key[TAG_BYTES], int64_t *ret_record);
/* Whether neither the store nor this transaction can have the source record id's tag or id: known only where
 * the transaction began with an empty store. */
bool late_excludes(const struct store *s, const uint8_t key[TAG_BYTES]);
/* Before the index is looked into otherwise or taken from, and before the end. */
int late_flush(struct store *s, struct cf_error *err) CF_MUST_USE;
/* The same at the transaction's end. */
int late_finish(struct store *s, struct cf_error *err) CF_MUST_USE;
void late_forget(struct store *s);

/* ---- coded values (columns.c) ---- */

/* A run of records that have a value of a field, ascending. */
enum { CHUNK_MAX = 512, CHUNK_BYTES_MAX = 10 * CHUNK_MAX };
struct chunk {
	int64_t at[2 * CHUNK_MAX];
	size_t n;
};
/* rows of one field and value, by record. */
int columns_add(struct store *s, const struct index_row *rows, size_t n, struct cf_error *err) CF_MUST_USE;
int columns_remove(struct store *s, const struct index_row *row, struct cf_error *err) CF_MUST_USE;
int columns_has(struct store *s, const struct index_row *row, bool *ret, struct cf_error *err) CF_MUST_USE;
/* The last chunk whose first record is before that number; 1 found, 0 not. */
int columns_before(struct store *s, int64_t field, const char *value, size_t n_value, int64_t before,
	struct chunk *ret, struct cf_error *err) CF_MUST_USE;
/* Takes a record out of every chunk of every value. */
int columns_remove_all(struct store *s, int64_t record, struct cf_error *err) CF_MUST_USE;
/* How many coded values there are; CF_E_REFUSED when a chunk is not as it was written. */
int columns_count(struct store *s, uint64_t *ret, struct cf_error *err) CF_MUST_USE;

/* ---- the log (audit.c) ---- */

struct log_object {
	const char *kind;
	struct store_id id;
	uint64_t revision;
	uint8_t commitment[HASH_BYTES];
};
/* Reads the state at the beginning of a transaction; writes it and a signed head at its end. */
int log_load(struct store *s, struct cf_error *err) CF_MUST_USE;
int log_flush(struct store *s, struct cf_error *err) CF_MUST_USE;
/* The state that was read must be the one that the last head signs, or what was cut off would be signed anew.
 */
int log_check_head(struct store *s, struct cf_error *err) CF_MUST_USE;
int log_add(struct store *s, const char *action, const char *code, const struct log_object *objects, size_t n,
	struct cf_error *err) CF_MUST_USE;
/* The same with another actor and time, for what happened before anyone could write it. */
int log_add_for(struct store *s, const char *actor, uint64_t time_ms, const char *action,
	const struct log_object *object, struct cf_error *err) CF_MUST_USE;
int entry_parse(const void *data, size_t n, struct arena *arena, struct audit_entry *ret,
	struct cf_error *err) CF_MUST_USE;
void commitment_of(const struct store *s, const char *kind, const struct store_id *id, uint64_t revision,
	const void *detail, size_t n, uint8_t ret[HASH_BYTES]);
int log_name(const struct store *s, char *ret, size_t n, struct cf_error *err) CF_MUST_USE;

/* ---- users (users.c, login.c) ---- */

struct user_row {
	struct store_user user;
	uint8_t totp[TOTP_SECRET_BYTES + VAULT_SEAL_BYTES];
	uint64_t totp_step;
	uint8_t mac[HASH_BYTES];
};
int user_get(struct store *s, const char *name, struct user_row *ret, struct cf_error *err) CF_MUST_USE;
int user_after(struct store *s, const char *name, struct user_row *ret, struct cf_error *err) CF_MUST_USE;
/* Writes the row with its mac, and action to the log. */
int user_put(struct store *s, struct user_row *row, const char *action, struct cf_error *err) CF_MUST_USE;
int login_state(struct store *s, const char *name, uint64_t *ret_failures, uint64_t *ret_until,
	struct cf_error *err) CF_MUST_USE;
void user_mac(const struct store *s, const struct user_row *row, uint8_t ret[HASH_BYTES]);
int user_totp_secret(const struct store *s, const struct user_row *row, struct secret **ret,
	struct cf_error *err) CF_MUST_USE;
/* Before the password is tried; CF_E_REFUSED while the user must wait. */
int login_may_try(struct store *s, const char *name, struct cf_error *err) CF_MUST_USE;
/* Counts a wrong password; kept aside until somebody opens the store and can write it to the log. */
int login_failed(struct store *s, const char *name, struct cf_error *err) CF_MUST_USE;
/* After the password: the user's row, the code, and the log; inside a writing transaction. */
int login_finish(struct store *s, const struct store_unlock *unlock, struct cf_error *err) CF_MUST_USE;
/* Moves failures that are kept aside into the log. */
int login_note_failures(struct store *s, struct cf_error *err) CF_MUST_USE;
int login_check(struct store *s, audit_report_function report, void *context, uint64_t *ret_n_wrong,
	struct cf_error *err) CF_MUST_USE;

/* ---- erasing (erase.c, erasure_list.c) ---- */

int erase_in_transaction(struct store *s, const struct store_id *person, struct store_erased *ret,
	struct cf_error *err) CF_MUST_USE;
int erasure_list_add(struct store *s, const struct store_id *person, struct cf_error *err) CF_MUST_USE;
/* Calls each for every person of the list whose line is genuine. CF_E_NOT_FOUND without a list. */
typedef int (*erasure_function)(
	struct store *s, const struct store_id *person, void *context, struct cf_error *err);
int erasure_list_each(struct store *s, erasure_function each, void *context, struct cf_error *err)
	CF_MUST_USE;
/* Erases those of the list who are still there, and finishes an interrupted purge. ret_n may be NULL. */
int erasures_finish(struct store *s, uint64_t *ret_n, struct cf_error *err) CF_MUST_USE;
