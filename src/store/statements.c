/* The text of the statements. Parameters are numbered in the order in which they first stand, because SQLite
 * numbers them so. */
#include "store/statements.h"

#define RECORD_COLUMNS                                                                                       \
	"r.number, r.id, r.entity, r.person_id, r.case_id, r.revision, r.latest, r.content, r.erased"
#define REVISION_COLUMNS                                                                                     \
	"v.number, v.record, v.revision, v.previous, v.owner, v.author, v.time, v.leaf, v.erased, v.hash, "  \
	"v.sealed"
#define LISTED "SELECT " RECORD_COLUMNS ", v.time FROM record r JOIN revision v ON v.number = r.latest "
#define SLOT_COLUMNS "holder, kind, access, passes, memory, salt, public_key, pair, sealed, mac"
#define USER_COLUMNS "name, role, access, totp, totp_step, disabled, created, mac"

#define COPIED(NAME, table, columns, n, places, order)                                                       \
	[S_ALL_##NAME] = "SELECT " columns " FROM " table " ORDER BY " order,                                \
	[S_RAW_##NAME] = "INSERT INTO " table " (" columns ") VALUES (" places ")",

const char *const statement_text[N_STATEMENTS] = {[S_META_GET] = "SELECT value FROM meta WHERE name = $1",
	[S_META_SET] = "INSERT INTO meta (name, value) VALUES ($1, $2) "
		       "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
	[S_MIGRATION_ADD] = "INSERT INTO migration (version, time) VALUES ($1, $2)",
	[S_MIGRATION_LAST] = "SELECT COALESCE(MAX(version), 0) FROM migration",
	[S_NAME_BY_TEXT] = "SELECT number FROM name WHERE text = $1",
	[S_NAME_BY_NUMBER] = "SELECT text FROM name WHERE number = $1",
	[S_NAME_ADD] = "INSERT INTO name (number, text) VALUES ($1, $2)",
	[S_NAME_LAST] = "SELECT COALESCE(MAX(number), 0) FROM name",
	[S_SLOT_BY_HOLDER] = "SELECT " SLOT_COLUMNS " FROM slot WHERE holder = $1",
	[S_SLOT_AFTER] = "SELECT " SLOT_COLUMNS " FROM slot WHERE holder > $1 ORDER BY holder LIMIT 1",
	[S_SLOT_SET] = "INSERT INTO slot (" SLOT_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
		       "ON CONFLICT (holder) DO UPDATE SET kind = excluded.kind, access = excluded.access, "
		       "passes = excluded.passes, memory = excluded.memory, salt = excluded.salt, "
		       "public_key = excluded.public_key, pair = excluded.pair, sealed = excluded.sealed, "
		       "mac = excluded.mac",
	[S_SLOT_REMOVE] = "DELETE FROM slot WHERE holder = $1",
	[S_WRAPPED_GET] = "SELECT sealed FROM wrapped WHERE name = $1",
	[S_WRAPPED_SET] = "INSERT INTO wrapped (name, sealed) VALUES ($1, $2) "
			  "ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
	[S_OWNER_GET] = "SELECT kind, sealed FROM owner_key WHERE owner = $1",
	[S_OWNER_AFTER] =
		"SELECT owner, kind, sealed FROM owner_key WHERE owner > $1 ORDER BY owner LIMIT $2",
	[S_OWNER_ADD] = "INSERT INTO owner_key (owner, kind, sealed) VALUES ($1, $2, $3)",
	[S_OWNER_SET] = "UPDATE owner_key SET sealed = $1 WHERE owner = $2",
	[S_OWNER_REMOVE] = "DELETE FROM owner_key WHERE owner = $1",
	[S_RECORD_NUMBER] = "SELECT record FROM record_id WHERE id = $1",
	[S_RECORD_ID_ADD] = "INSERT INTO record_id (id, record) VALUES ($1, $2)",
	[S_RECORD_ID_COUNT] = "SELECT COUNT(*) FROM record_id",
	[S_OWNED_ADD] = "INSERT INTO owned (owner, record) VALUES ($1, $2)",
	[S_OWNED_HAS] = "SELECT 1 FROM owned WHERE owner = $1 AND record = $2",
	[S_OWNED_REMOVE] = "DELETE FROM owned WHERE owner = $1 AND record = $2",
	[S_OWNED_COUNT] = "SELECT COUNT(*) FROM owned",
	[S_RECORD_GET] = "SELECT " RECORD_COLUMNS " FROM record r WHERE r.number = $1",
	[S_RECORD_ADD] =
		"INSERT INTO record (number, id, entity, person_id, case_id, revision, latest, content, "
		"erased) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)",
	[S_RECORD_CHANGE] = "UPDATE record SET person_id = $1, case_id = $2, revision = $3, latest = $4, "
			    "content = $5 WHERE number = $6",
	[S_RECORD_ERASE] = "UPDATE record SET person_id = NULL, case_id = NULL, content = $1, erased = 1 "
			   "WHERE number = $2",
	[S_RECORD_COUNT] = "SELECT COUNT(*) FROM record",
	[S_RECORD_COUNT_ALL] = "SELECT COUNT(*) FROM record WHERE erased = 0",
	[S_RECORD_COUNT_ENTITY] = "SELECT COUNT(*) FROM record WHERE erased = 0 AND entity = $1",
	[S_REVISION_GET] = "SELECT " REVISION_COLUMNS " FROM revision v WHERE v.number = $1",
	[S_REVISION_ADD] =
		"INSERT INTO revision (number, record, revision, previous, owner, author, time, leaf, "
		"erased, hash, sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)",
	[S_REVISION_ERASE] = "UPDATE revision SET author = '', time = 0, owner = $1, sealed = $2, erased = 1 "
			     "WHERE number = $3",
	[S_REVISION_AFTER] = "SELECT " REVISION_COLUMNS ", " RECORD_COLUMNS " FROM revision v "
			     "LEFT JOIN record r ON r.number = v.record WHERE v.number > $1 "
			     "ORDER BY v.number LIMIT $2",
	[S_REVISION_OF_OWNER] = "SELECT number, record FROM revision WHERE owner = $1 AND number > $2 "
				"ORDER BY number LIMIT $3",
	[S_TERM_ADD] = "INSERT INTO term (field, tag, record) VALUES ($1, $2, $3)",
	[S_TERM_REMOVE] = "DELETE FROM term WHERE field = $1 AND tag = $2 AND record = $3",
	[S_TERM_REMOVE_ALL] = "DELETE FROM term WHERE record = $1",
	[S_TERM_HAS] = "SELECT 1 FROM term WHERE field = $1 AND tag = $2 AND record = $3",
	[S_TERM_FIND] = LISTED "JOIN term t ON t.record = r.number WHERE t.field = $1 AND t.tag = $2 "
			       "ORDER BY t.record DESC LIMIT $3",
	[S_TERM_LAST] = "SELECT record FROM term WHERE field = $1 AND tag = $2 ORDER BY record DESC LIMIT 1",
	[S_TERM_COUNT] = "SELECT COUNT(*) FROM term",
	[S_TERM_CLEAR] = "DELETE FROM term",
	[S_COLUMN_ADD] =
		"INSERT INTO column_value (field, value, first, n, records) VALUES ($1, $2, $3, $4, $5) "
		"ON CONFLICT (field, value, first) DO UPDATE SET n = excluded.n, records = excluded.records",
	[S_COLUMN_REMOVE] = "DELETE FROM column_value WHERE field = $1 AND value = $2 AND first = $3",
	[S_COLUMN_AT] =
		"SELECT first, n, records FROM column_value WHERE field = $1 AND value = $2 AND first <= $3 "
		"ORDER BY first DESC LIMIT 1",
	[S_COLUMN_NEXT] = "SELECT first FROM column_value WHERE field = $1 AND value = $2 AND first > $3 "
			  "ORDER BY first LIMIT 1",
	[S_COLUMN_BEFORE] =
		"SELECT first, n, records FROM column_value WHERE field = $1 AND value = $2 AND first < $3 "
		"ORDER BY first DESC LIMIT 1",
	[S_COLUMN_AFTER] = "SELECT field, value, first, n, records FROM column_value "
			   "WHERE (field, value, first) > ($1, $2, $3) ORDER BY field, value, first LIMIT 1",
	[S_COLUMN_COUNT_VALUES] = "SELECT value, CAST(SUM(n) AS BIGINT) FROM column_value WHERE field = $1 "
				  "GROUP BY value ORDER BY value",
	[S_LIST_ALL] = LISTED "WHERE r.erased = 0 AND r.number < $1 ORDER BY r.number DESC LIMIT $2",
	[S_LIST_ENTITY] = LISTED "WHERE r.erased = 0 AND r.entity = $1 AND r.number < $2 "
				 "ORDER BY r.number DESC LIMIT $3",
	[S_LIST_PERSON] = LISTED "JOIN owned o ON o.record = r.number WHERE o.owner = $1 AND o.record < $2 "
				 "AND r.erased = 0 AND r.person_id = $1 ORDER BY o.record DESC LIMIT $3",
	[S_LIST_CASE] = LISTED "JOIN owned o ON o.record = r.number WHERE o.owner = $1 AND o.record < $2 "
			       "AND r.erased = 0 AND r.case_id = $1 ORDER BY o.record DESC LIMIT $3",
	[S_LIST_ONE] = LISTED "WHERE r.number = $1",
	[S_LOG_GET] = "SELECT leaves, revisions, records, peaks FROM log_state WHERE one = 1",
	[S_LOG_SET] =
		"INSERT INTO log_state (one, leaves, revisions, records, peaks) VALUES (1, $1, $2, $3, $4) "
		"ON CONFLICT (one) DO UPDATE SET leaves = excluded.leaves, revisions = excluded.revisions, "
		"records = excluded.records, peaks = excluded.peaks",
	[S_LEAF_ADD] = "INSERT INTO audit_leaf (number, entry) VALUES ($1, $2)",
	[S_LEAF_GET] = "SELECT entry FROM audit_leaf WHERE number = $1",
	[S_LEAF_AFTER] = "SELECT number, entry FROM audit_leaf WHERE number >= $1 ORDER BY number LIMIT $2",
	[S_HEAD_ADD] =
		"INSERT INTO audit_head (size, note, kept) VALUES ($1, $2, 0) ON CONFLICT (size) DO NOTHING",
	[S_HEAD_KEEP] = "UPDATE audit_head SET kept = 1 WHERE size = $1",
	[S_HEAD_DROP] = "DELETE FROM audit_head WHERE kept = 0 AND size < $1",
	[S_HEAD_LAST] = "SELECT size, note FROM audit_head ORDER BY size DESC LIMIT 1",
	[S_HEAD_AFTER] = "SELECT size, note FROM audit_head WHERE size > $1 ORDER BY size LIMIT 1",
	[S_ERASED_GET] = "SELECT time FROM person_erased WHERE person = $1",
	[S_ERASED_ADD] = "INSERT INTO person_erased (person, time) VALUES ($1, $2)",
	[S_ERASED_COUNT] = "SELECT COUNT(*) FROM person_erased",
	[S_ERASED_AFTER] = "SELECT person, time FROM person_erased WHERE person > $1 ORDER BY person LIMIT 1",
	[S_USER_GET] = "SELECT " USER_COLUMNS " FROM user_account WHERE name = $1",
	[S_USER_AFTER] = "SELECT " USER_COLUMNS " FROM user_account WHERE name > $1 ORDER BY name LIMIT 1",
	[S_USER_SET] = "INSERT INTO user_account (" USER_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
		       "ON CONFLICT (name) DO UPDATE SET role = excluded.role, access = excluded.access, "
		       "totp = excluded.totp, totp_step = excluded.totp_step, disabled = excluded.disabled, "
		       "created = excluded.created, mac = excluded.mac",
	[S_LOGIN_GET] = "SELECT failures, last, pending, check_sum FROM login WHERE name = $1",
	[S_LOGIN_SET] =
		"INSERT INTO login (name, failures, last, pending, check_sum) VALUES ($1, $2, $3, $4, $5) "
		"ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, last = excluded.last, "
		"pending = excluded.pending, check_sum = excluded.check_sum",
	[S_LOGIN_AFTER] = "SELECT name, failures, last, pending, check_sum FROM login WHERE name > $1 "
			  "ORDER BY name LIMIT 1",
	STORE_TABLES(COPIED)};
