/*
 * Writing the log. An entry, integers little-endian, a word is u8 length and bytes: u8 version 1, u64 time,
 * words actor, action, code, u32 objects, each: word kind, 16 id, u64 revision, 32 commitment. Invariant: the
 * tree in the handle is that of the entries written, and a transaction that added one signs a head.
 */
#include <stdio.h>
#include <string.h>

#include "crypto/note.h"
#include "store/inside.h"

enum { ENTRY_VERSION = 1 };

int log_name(const struct store *s, char *ret, size_t n, struct cf_error *err)
{
	char hex[2 * STORE_ID_BYTES + 1];
	crypto_to_hex(s->id.bytes, STORE_ID_BYTES, hex);
	int written = snprintf(ret, n, "counterfoil/store/%s", hex);
	return written < 0 || (size_t)written >= n
		       ? error_set(err, CF_E_INTERNAL, "the name of the log is too long")
		       : CF_OK;
}

/* ---- the state ---- */

/* peaks: the hash of each bit that is set in the size, lowest first. */
static int set_peaks(struct store *s, const uint8_t *peaks, size_t n, struct cf_error *err)
{
	size_t at = 0;
	for (unsigned level = 0; level < 64; level++) {
		if (!(s->tree.size >> level & 1))
			continue;
		if (n - at < MERKLE_HASH_BYTES)
			return error_set(err, CF_E_REFUSED, "%s was altered or is damaged: the log's state",
				s->db->name);
		memcpy(s->tree.peaks[level].bytes, peaks + at, MERKLE_HASH_BYTES);
		at += MERKLE_HASH_BYTES;
	}
	return at == n ? CF_OK
		       : error_set(err, CF_E_REFUSED, "%s was altered or is damaged: the log's state",
				 s->db->name);
}

int log_load(struct store *s, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	size_t n = 0;
	TRY(db_query(s->db, S_LOG_GET, NULL, 0, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the log's state is missing", s->db->name);
	s->tree.size = (uint64_t)db_integer(&rows, 0);
	s->n_revisions = (uint64_t)db_integer(&rows, 1);
	s->n_records = (uint64_t)db_integer(&rows, 2);
	const uint8_t *peaks = db_bytes(&rows, 3, &n);
	return set_peaks(s, peaks, n, err);
}

int log_check_head(struct store *s, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct note_key key;
	struct note_checkpoint checkpoint;
	char name[NOTE_NAME_MAX + 1];
	size_t n = 0;
	TRY(log_name(s, name, sizeof name, err));
	TRY(note_key_of(s->sign, name, &key, err));
	TRY(db_query(s->db, S_HEAD_LAST, NULL, 0, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	const char *note = status ? db_bytes(&rows, 1, &n) : NULL;
	const struct merkle_hash root = merkle_root(&s->tree);
	if (!note || note_open(&key, note, n, &checkpoint, NULL) < 0 ||
		checkpoint.head.size != s->tree.size ||
		memcmp(checkpoint.head.root.bytes, root.bytes, sizeof root.bytes) != 0)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: the log's state does not fit its signed head. Nothing "
			"is written "
			"to it; verify it, and restore a backup",
			s->db->name);
	return CF_OK;
}

static int write_state(struct store *s, struct cf_error *err)
{
	uint8_t peaks[64 * MERKLE_HASH_BYTES];
	size_t n = 0;
	for (unsigned level = 0; level < 64; level++) {
		if (s->tree.size >> level & 1) {
			memcpy(peaks + n, s->tree.peaks[level].bytes, MERKLE_HASH_BYTES);
			n += MERKLE_HASH_BYTES;
		}
	}
	const struct db_value values[] = {
		DB_INT(s->tree.size), DB_INT(s->n_revisions), DB_INT(s->n_records), DB_BYTES(peaks, n)};
	return db_run(s->db, S_LOG_SET, values, 4, err);
}

static int sign_head(struct store *s, struct buffer *note, struct cf_error *err)
{
	struct note_checkpoint checkpoint = {.head = {s->tree.size, merkle_root(&s->tree)}};
	TRY(log_name(s, checkpoint.origin, sizeof checkpoint.origin, err));
	return note_sign(&checkpoint, s->sign, note, err);
}

int log_flush(struct store *s, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer note = BUFFER_INIT;
	if (!s->log_dirty)
		return CF_OK;
	TRY(write_state(s, err));
	TRY(sign_head(s, &note, err));
	const struct db_value size[] = {DB_INT(s->tree.size)};
	const struct db_value values[] = {DB_INT(s->tree.size), db_text(buffer_text(&note))};
	TRY(db_run(s->db, S_HEAD_DROP, size, 1, err));
	TRY(db_run(s->db, S_HEAD_ADD, values, 2, err));
	s->log_dirty = false;
	return CF_OK;
}

/* ---- entries ---- */

static int put_word(struct buffer *out, const char *word)
{
	const size_t n = word ? strlen(word) : 0;
	TRY(buffer_append_char(out, (char)n));
	return n ? buffer_append(out, word, n) : 0;
}

static int put_object(struct buffer *out, const struct log_object *object)
{
	uint8_t revision[8];
	put_number(revision, object->revision, 8);
	TRY(put_word(out, object->kind));
	TRY(buffer_append(out, object->id.bytes, STORE_ID_BYTES));
	TRY(buffer_append(out, revision, sizeof revision));
	return buffer_append(out, object->commitment, HASH_BYTES);
}

struct header {
	const char *actor;
	uint64_t time_ms;
	const char *action;
	const char *code;
};

static int encode(struct buffer *out, const struct header *header, const struct log_object *objects, size_t n)
{
	uint8_t numbers[8];
	put_number(numbers, header->time_ms, 8);
	TRY(buffer_append_char(out, ENTRY_VERSION));
	TRY(buffer_append(out, numbers, 8));
	TRY(put_word(out, header->actor));
	TRY(put_word(out, header->action));
	TRY(put_word(out, header->code));
	put_number(numbers, n, 4);
	TRY(buffer_append(out, numbers, 4));
	for (size_t i = 0; i < n; i++)
		TRY(put_object(out, &objects[i]));
	return 0;
}

static int add_entry(struct store *s, const struct header *header, const struct log_object *objects, size_t n,
	struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer entry = BUFFER_INIT;
	TRY_MEMORY(buffer_reserve(&entry, 256 + n * (STORE_NAME_MAX + 64)), err);
	TRY_MEMORY(encode(&entry, header, objects, n), err);
	const struct db_value values[] = {DB_INT(s->tree.size), DB_BYTES(entry.data, entry.n)};
	TRY(db_run(s->db, S_LEAF_ADD, values, 2, err));
	const struct merkle_hash leaf = merkle_leaf(entry.data, entry.n);
	merkle_add(&s->tree, &leaf);
	s->log_dirty = true;
	return CF_OK;
}

int log_add(struct store *s, const char *action, const char *code, const struct log_object *objects, size_t n,
	struct cf_error *err)
{
	const struct header header = {s->actor, now_ms(s), action, code};
	return add_entry(s, &header, objects, n, err);
}

int log_add_for(struct store *s, const char *actor, uint64_t time_ms, const char *action,
	const struct log_object *object, struct cf_error *err)
{
	const struct header header = {actor, time_ms, action, NULL};
	return add_entry(s, &header, object, object ? 1 : 0, err);
}

void commitment_of(const struct store *s, const char *kind, const struct store_id *id, uint64_t revision,
	const void *detail, size_t n, uint8_t ret[HASH_BYTES])
{
	uint8_t number[8];
	put_number(number, revision, 8);
	const struct crypto_part parts[] = {
		{kind, strlen(kind)}, {id->bytes, STORE_ID_BYTES}, {number, sizeof number}, {detail, n}};
	vault_tag(secret_bytes(s->commit), "counterfoil log detail v1", parts, 4, ret, HASH_BYTES);
}

static int check_event(const struct audit_event *event, struct cf_error *err)
{
	TRY(check_name("an action of the log", event->action, err));
	if (event->code)
		TRY(check_name("a code in the log", event->code, err));
	if (event->n_objects > AUDIT_OBJECTS_MAX)
		return error_set(
			err, CF_E_USAGE, "an entry of the log has at most %d objects", AUDIT_OBJECTS_MAX);
	for (size_t i = 0; i < event->n_objects; i++)
		TRY(check_name("a kind of object in the log", event->objects[i].kind, err));
	return CF_OK;
}

/* Words that this room writes itself, and on which verifying relies. */
static bool is_ours(const char *action)
{
	static const char *const ours[] = {"record.put", "person.erase", "way-in.set", "way-in.remove",
		"user.set", "login", "login.refused", "key.rotate", "store.create", "store.restore",
		"index.rotate"};
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (strcmp(action, ours[i]) == 0)
			return true;
	return false;
}

int audit_append(struct store *s, const struct audit_event *event, uint64_t *ret_leaf, struct cf_error *err)
{
	struct log_object objects[AUDIT_OBJECTS_MAX] = {0};
	bool own = false;
	TRY(check_event(event, err));
	if (is_ours(event->action))
		return error_set(
			err, CF_E_USAGE, "'%s' is written to the log by the store itself", event->action);
	for (size_t i = 0; i < event->n_objects; i++) {
		const struct audit_object *from = &event->objects[i];
		objects[i] =
			(struct log_object){.kind = from->kind, .id = from->id, .revision = from->revision};
		if (from->detail)
			commitment_of(s, from->kind, &from->id, from->revision, from->detail, from->n_detail,
				objects[i].commitment);
	}
	TRY(enter(s, true, &own, err));
	const uint64_t leaf = s->tree.size;
	int status = log_add(s, event->action, event->code, objects, event->n_objects, err);
	status = leave(s, own, status, err);
	if (status >= 0 && ret_leaf)
		*ret_leaf = leaf;
	return status;
}

/* ---- heads ---- */

int audit_key(struct store *s, struct buffer *ret, struct cf_error *err)
{
	char name[NOTE_NAME_MAX + 1];
	struct note_key key;
	TRY(log_name(s, name, sizeof name, err));
	TRY(note_key_of(s->sign, name, &key, err));
	return note_key_format(&key, ret, err);
}

static int keep_head(struct store *s, struct buffer *ret, struct cf_error *err)
{
	const struct log_object object = {.kind = "store"};
	TRY(log_add(s, "log.head", NULL, &object, 1, err));
	TRY(log_flush(s, err));
	const struct db_value size[] = {DB_INT(s->tree.size)};
	TRY(db_run(s->db, S_HEAD_KEEP, size, 1, err));
	return sign_head(s, ret, err);
}

int audit_head(struct store *s, struct buffer *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer note = BUFFER_INIT;
	bool own = false;
	TRY(enter(s, true, &own, err));
	TRY(leave(s, own, keep_head(s, &note, err), err));
	TRY_MEMORY(buffer_append(ret, note.data, note.n), err);
	return CF_OK;
}
