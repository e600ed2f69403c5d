/*
 * The audit log: an append-only Merkle tree (hashing of RFC 9162, section 2.1) whose entries are written in
 * the same transaction as what they record. An entry holds who, what, when, the ids of the objects and keyed
 * commitments to them, never a value. Each transaction signs a head: a checkpoint as C2SP describes it
 * (tlog-checkpoint, a signed note with Ed25519). Handed to an outsider, a head is a witness: no later log can
 * deny what was before it.
 */
#pragma once

#include "base/buffer.h"
#include "store/store.h"

enum { AUDIT_HASH_BYTES = 32, AUDIT_OBJECTS_MAX = 256, AUDIT_ENTRY_MAX = 64 << 10, AUDIT_NOTE_MAX = 4096 };

/* What an entry is about. The commitment is over detail, keyed, with the object's place in the log inside. */
struct audit_object {
	const char *kind; /* an entity's name, "user", "store"; as store_item.entity */
	struct store_id id;
	uint64_t revision;  /* 0: none */
	const void *detail; /* NULL: none; anything, of which only a keyed hash is kept */
	size_t n_detail;
};

struct audit_event {
	const char
		*action; /* such as "record.read", "export", "refused"; [a-z0-9._-], at most STORE_NAME_MAX */
	const char *code; /* a coded word about it (a command, a purpose), of the same form; NULL: none */
	const struct audit_object *objects;
	size_t n_objects; /* at most AUDIT_OBJECTS_MAX */
};

/* Adds an entry with store_actor and the time; ret_leaf (may be NULL) is its number. */
int audit_append(struct store *s, const struct audit_event *event, uint64_t *ret_leaf, struct cf_error *err)
	CF_MUST_USE;

/* An entry as it is read back. Pointers live as long as the bytes it was read from. */
struct audit_shown_object {
	char kind[STORE_NAME_MAX + 1];
	struct store_id id;
	uint64_t revision;
	uint8_t commitment[AUDIT_HASH_BYTES];
};
struct audit_entry {
	uint64_t leaf;
	uint64_t time_ms;
	char actor[STORE_NAME_MAX + 1];
	char action[STORE_NAME_MAX + 1];
	char code[STORE_NAME_MAX + 1];
	uint32_t n_objects;
	struct audit_shown_object *objects; /* owned by the reader's arena */
};

/* Which entries to show: every condition that is given. */
struct audit_filter {
	const char *actor;
	const char *action;
	const struct store_id *object;
	uint64_t from_leaf;
	size_t limit; /* 0: no limit */
};
/* Calls show for each, oldest first; a negative return ends it and is returned. */
typedef int (*audit_show_function)(void *context, const struct audit_entry *entry, struct cf_error *err);
int audit_show(struct store *s, const struct audit_filter *filter, audit_show_function show, void *context,
	struct cf_error *err) CF_MUST_USE;

/* What is wrong, each with its place. */
typedef void (*audit_report_function)(void *context, const char *what);
struct audit_verified {
	uint64_t n_leaves;
	uint64_t n_revisions;
	uint64_t n_records;
	uint64_t n_erased;
	uint64_t n_wrong;
	bool opened_records; /* false: the user's key opens the log alone; sealed content and indexes were not
				compared */
	bool had_witness;
};
/*
 * Verifies everything: the tree against its signed head and every head kept; each revision's hash, its chain
 * and its place in the log; that every logged revision is there or was erased; each current record opened and
 * compared with its row, its columns and its index rows; users and ways in against the log. Each thing found
 * wrong is told to report (may be NULL). CF_E_REFUSED when anything was.
 *
 * What cannot be seen from within: the whole store set back to an earlier, consistent state, or everything
 * made anew by someone who holds its keys. witness (may be NULL) is a head that was handed out earlier: the
 * log must be an extension of it. O(n log n), memory bounded.
 */
int audit_verify(struct store *s, const char *witness, audit_report_function report, void *context,
	struct audit_verified *ret, struct cf_error *err) CF_MUST_USE;

/* The present head, signed, appended to ret; kept, so that later verifications check it too. */
int audit_head(struct store *s, struct buffer *ret, struct cf_error *err) CF_MUST_USE;
/* The key to check heads with, as signed notes write it: NAME+HASH+KEY. */
int audit_key(struct store *s, struct buffer *ret, struct cf_error *err) CF_MUST_USE;
/* A proof that the entry is in the log (C2SP tlog-proof: index, hashes, checkpoint), with its bytes as extra
 * data. */
int audit_prove(struct store *s, uint64_t leaf, struct buffer *ret, struct cf_error *err) CF_MUST_USE;
/* A proof that the log of today extends the log of an earlier head: both heads and the hashes between. */
int audit_prove_extension(struct store *s, const char *earlier_head, struct buffer *ret, struct cf_error *err)
	CF_MUST_USE;
/* Check such proofs without the store, with the key alone. CF_E_REFUSED when they do not hold, CF_E_INPUT
 * when they cannot be read. */
int audit_check_proof(const char *key, const void *proof, size_t n, struct audit_entry *ret,
	struct arena *arena, struct cf_error *err) CF_MUST_USE;
int audit_check_extension(const char *key, const void *proof, size_t n, struct cf_error *err) CF_MUST_USE;
