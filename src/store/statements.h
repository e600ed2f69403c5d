/* Every statement the store runs, by number; their text, the same for both backends, is in statements.c. */
#pragma once

/* Every table, parents first: what it is called here, its name, its columns, their number, the places of
 * their values, and its order. For copying a store from one database to another. */
#define STORE_TABLES(X)                                                                                      \
	X(MIGRATION, "migration", "version, time", 2, "$1, $2", "version")                                   \
	X(META, "meta", "name, value", 2, "$1, $2", "name")                                                  \
	X(NAME, "name", "number, text", 2, "$1, $2", "number")                                               \
	X(SLOT, "slot", "holder, kind, access, passes, memory, salt, public_key, pair, sealed, mac", 10,     \
		"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10", "holder")                                         \
	X(WRAPPED, "wrapped", "name, sealed", 2, "$1, $2", "name")                                           \
	X(OWNER, "owner_key", "owner, kind, sealed", 3, "$1, $2, $3", "owner")                               \
	X(RECORD, "record", "number, id, entity, person_id, case_id, revision, latest, content, erased", 9,  \
		"$1, $2, $3, $4, $5, $6, $7, $8, $9", "number")                                              \
	X(RECORD_ID, "record_id", "id, record", 2, "$1, $2", "id")                                           \
	X(OWNED, "owned", "owner, record", 2, "$1, $2", "owner, record")                                     \
	X(REVISION, "revision",                                                                              \
		"number, record, revision, previous, owner, author, time, leaf, erased, hash, sealed", 11,   \
		"$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11", "number")                                    \
	X(TERM, "term", "field, tag, record", 3, "$1, $2, $3", "field, tag, record")                         \
	X(COLUMN, "column_value", "field, value, first, n, records", 5, "$1, $2, $3, $4, $5",                \
		"field, value, first")                                                                       \
	X(LOG, "log_state", "one, leaves, revisions, records, peaks", 5, "$1, $2, $3, $4, $5", "one")        \
	X(LEAF, "audit_leaf", "number, entry", 2, "$1, $2", "number")                                        \
	X(HEAD, "audit_head", "size, note, kept", 3, "$1, $2, $3", "size")                                   \
	X(ERASED, "person_erased", "person, time", 2, "$1, $2", "person")                                    \
	X(USER, "user_account", "name, role, access, totp, totp_step, disabled, created, mac", 8,            \
		"$1, $2, $3, $4, $5, $6, $7, $8", "name")                                                    \
	X(LOGIN, "login", "name, failures, last, pending, check_sum", 5, "$1, $2, $3, $4, $5", "name")
#define STORE_TABLE_STATEMENTS(NAME, ...) S_ALL_##NAME, S_RAW_##NAME,

enum statement {
	S_META_GET,
	S_META_SET,
	S_MIGRATION_ADD,
	S_MIGRATION_LAST,
	S_NAME_BY_TEXT,
	S_NAME_BY_NUMBER,
	S_NAME_ADD,
	S_NAME_LAST,
	S_SLOT_BY_HOLDER,
	S_SLOT_AFTER,
	S_SLOT_SET,
	S_SLOT_REMOVE,
	S_WRAPPED_GET,
	S_WRAPPED_SET,
	S_OWNER_GET,
	S_OWNER_AFTER,
	S_OWNER_ADD,
	S_OWNER_SET,
	S_OWNER_REMOVE,
	S_RECORD_NUMBER,
	S_RECORD_ID_ADD,
	S_RECORD_ID_COUNT,
	S_OWNED_ADD,
	S_OWNED_HAS,
	S_OWNED_REMOVE,
	S_OWNED_COUNT,
	S_RECORD_GET,
	S_RECORD_ADD,
	S_RECORD_CHANGE,
	S_RECORD_ERASE,
	S_RECORD_COUNT,
	S_RECORD_COUNT_ALL,
	S_RECORD_COUNT_ENTITY,
	S_REVISION_GET,
	S_REVISION_ADD,
	S_REVISION_ERASE,
	S_REVISION_AFTER,
	S_REVISION_OF_OWNER,
	S_TERM_ADD,
	S_TERM_REMOVE,
	S_TERM_REMOVE_ALL,
	S_TERM_HAS,
	S_TERM_FIND,
	S_TERM_LAST,
	S_TERM_COUNT,
	S_TERM_CLEAR,
	S_COLUMN_ADD,
	S_COLUMN_REMOVE,
	S_COLUMN_AT,
	S_COLUMN_NEXT,
	S_COLUMN_BEFORE,
	S_COLUMN_AFTER,
	S_COLUMN_COUNT_VALUES,
	S_LIST_ALL,
	S_LIST_ENTITY,
	S_LIST_PERSON,
	S_LIST_CASE,
	S_LIST_ONE,
	S_LOG_GET,
	S_LOG_SET,
	S_LEAF_ADD,
	S_LEAF_GET,
	S_LEAF_AFTER,
	S_HEAD_ADD,
	S_HEAD_KEEP,
	S_HEAD_DROP,
	S_HEAD_LAST,
	S_HEAD_AFTER,
	S_ERASED_GET,
	S_ERASED_ADD,
	S_ERASED_COUNT,
	S_ERASED_AFTER,
	S_USER_GET,
	S_USER_AFTER,
	S_USER_SET,
	S_LOGIN_GET,
	S_LOGIN_SET,
	S_LOGIN_AFTER,
	STORE_TABLES(STORE_TABLE_STATEMENTS) N_STATEMENTS
};

extern const char *const statement_text[N_STATEMENTS];
