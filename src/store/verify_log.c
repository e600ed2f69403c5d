/* Verifying: signed heads and entries of the log. */
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"
#include "store/verify.h"

static int add_head(
	struct verifying *v, const struct merkle_head *head, bool is_witness, struct cf_error *err)
{
	struct head *grown = mem_grow(v->heads, v->n_heads, &v->heads_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	v->heads = grown;
	grown[v->n_heads++] = (struct head){*head, is_witness};
	return CF_OK;
}

static int compare_heads(const void *a, const void *b)
{
	const struct head *x = a;
	const struct head *y = b;
	return (x->head.size > y->head.size) - (x->head.size < y->head.size);
}

static int read_head(
	struct verifying *v, const struct note_key *key, int64_t after, int64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct note_checkpoint checkpoint;
	struct cf_error mine = CF_ERROR_INIT;
	const struct db_value values[] = {DB_INT(after)};
	size_t n = 0;
	TRY(db_query(v->s->db, S_HEAD_AFTER, values, 1, &rows, err));
	int status = db_next(&rows, err);
	if (status <= 0)
		return status;
	*ret = db_integer(&rows, 0);
	const char *note = db_bytes(&rows, 1, &n);
	if (!note || note_open(key, note, n, &checkpoint, &mine) < 0 ||
		checkpoint.head.size != (uint64_t)*ret) {
		verify_wrong(v, "the signed head of the log at %lld entries was altered", (long long)*ret);
		return 1;
	}
	TRY(add_head(v, &checkpoint.head, false, err));
	return 1;
}

int verify_read_heads(struct verifying *v, const char *witness, struct cf_error *err)
{
	char name[NOTE_NAME_MAX + 1];
	struct note_key key;
	int64_t after = -1;
	int status = 1;
	TRY(log_name(v->s, name, sizeof name, err));
	TRY(note_key_of(v->s->sign, name, &key, err));
	while (status > 0)
		status = read_head(v, &key, after, &after, err);
	TRY(status);
	if (witness) {
		struct note_checkpoint checkpoint;
		status = note_open(&key, witness, strlen(witness), &checkpoint, err);
		if (status < 0)
			return error_prefix(err, status, "the witness");
		v->result.had_witness = true;
		TRY(add_head(v, &checkpoint.head, true, err));
	}
	if (v->n_heads)
		qsort(v->heads, v->n_heads, sizeof *v->heads, compare_heads);
	return CF_OK;
}

/* Heads of the size that the tree has now. */
static void check_heads(struct verifying *v)
{
	while (v->next_head < v->n_heads && v->heads[v->next_head].head.size <= v->tree.size) {
		const struct head *head = &v->heads[v->next_head++];
		const struct merkle_hash root = merkle_root(&v->tree);
		if (head->head.size != v->tree.size ||
			memcmp(root.bytes, head->head.root.bytes, MERKLE_HASH_BYTES) != 0)
			verify_wrong(v, "the log does not match %s of %llu entries",
				head->is_witness ? "the witness: a head that was handed out"
						 : "its signed head",
				(unsigned long long)head->head.size);
	}
}

static int set_word(
	struct verifying *v, const struct audit_shown_object *object, bool removed, struct cf_error *err)
{
	struct last_word *word = NULL;
	for (size_t i = 0; !word && i < v->n_words; i++)
		if (store_id_equal(&v->words[i].id, &object->id) &&
			strcmp(v->words[i].kind, object->kind) == 0)
			word = &v->words[i];
	if (!word) {
		struct last_word *grown = mem_grow(v->words, v->n_words, &v->words_capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		v->words = grown;
		word = &grown[v->n_words++];
	}
	*word = (struct last_word){.id = object->id, .removed = removed};
	memcpy(word->kind, object->kind, sizeof word->kind);
	memcpy(word->commitment, object->commitment, HASH_BYTES);
	return CF_OK;
}

static int take_object(struct verifying *v, const struct audit_entry *entry,
	const struct audit_shown_object *object, struct cf_error *err)
{
	const char *action = entry->action;
	if (strcmp(action, "record.put") == 0)
		return verify_object(v, object, entry->leaf, err);
	if (strcmp(action, "user.set") == 0 || strcmp(action, "way-in.set") == 0 ||
		(strcmp(action, "login") == 0 && strcmp(object->kind, "user") == 0))
		return set_word(v, object, false, err);
	if (strcmp(action, "way-in.remove") == 0)
		return set_word(v, object, true, err);
	if (strcmp(action, "person.erase") == 0)
		return strcmp(object->kind, "person-key") == 0
			       ? set_word(v, object, false, err)
			       : verify_note_erased(&v->logged, &object->id, object->revision, err);
	if (strcmp(action, "key.rotate") == 0)
		v->generation = object->revision;
	return CF_OK;
}

static int take_leaf(struct verifying *v, struct db_rows *rows, struct arena *arena, struct cf_error *err)
{
	struct audit_entry entry;
	struct cf_error mine = CF_ERROR_INIT;
	size_t n = 0;
	const void *data = db_bytes(rows, 1, &n);
	const uint64_t number = (uint64_t)db_integer(rows, 0);
	if (number != v->result.n_leaves)
		verify_wrong(v, "entries %llu to %llu of the log are missing",
			(unsigned long long)v->result.n_leaves, (unsigned long long)number - 1);
	const struct merkle_hash leaf = merkle_leaf(data, n);
	merkle_add(&v->tree, &leaf);
	v->result.n_leaves = number + 1;
	check_heads(v);
	int status = entry_parse(data, n, arena, &entry, &mine);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0) {
		verify_wrong(v, "entry %llu of the log cannot be read", (unsigned long long)number);
		return CF_OK;
	}
	entry.leaf = number;
	for (uint32_t i = 0; i < entry.n_objects; i++)
		TRY(take_object(v, &entry, &entry.objects[i], err));
	return CF_OK;
}

int verify_leaves(struct verifying *v, bool *ret_more, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	const struct db_value values[] = {DB_INT(v->result.n_leaves), DB_INT(VERIFY_PAGE)};
	int status = CF_OK;
	size_t n = 0;
	if (!arena)
		return error_memory(err);
	TRY(db_query(v->s->db, S_LEAF_AFTER, values, 2, &rows, err));
	while ((status = db_next(&rows, err)) > 0) {
		TRY(take_leaf(v, &rows, arena, err));
		arena_reset(arena);
		n++;
	}
	*ret_more = n == VERIFY_PAGE;
	return status;
}
