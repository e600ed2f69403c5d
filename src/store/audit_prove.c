/*
 * Proofs to hand out, as text. Of an entry: C2SP's tlog-proof ("c2sp.org/tlog-proof@v1", "extra BASE64" with
 * the entry, "index N", a hash a line, an empty line, the checkpoint). Of an extension:
 * "counterfoil.org/extension@v1", "earlier BYTES", "later BYTES", a hash a line, an empty line, then both
 * checkpoints.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/note.h"
#include "store/inside.h"

enum { PAGE = 256, PROOF_MAX = 256 << 10, NUMBER_MAX = 20 };

static const char proof_title[] = "c2sp.org/tlog-proof@v1";
static const char extension_title[] = "counterfoil.org/extension@v1";

/* ---- making ---- */

struct leaves {
	struct merkle_hash *at;
	uint64_t n;
};

static int read_page(struct store *s, struct leaves *leaves, uint64_t size, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(leaves->n), DB_INT(PAGE)};
	const uint64_t before = leaves->n;
	int status = CF_OK;
	TRY(db_query(s->db, S_LEAF_AFTER, values, 2, &rows, err));
	while (leaves->n < size && (status = db_next(&rows, err)) > 0) {
		size_t n = 0;
		const void *entry = db_bytes(&rows, 1, &n);
		if ((uint64_t)db_integer(&rows, 0) != leaves->n)
			break;
		leaves->at[leaves->n++] = merkle_leaf(entry, n);
	}
	TRY(status);
	if (leaves->n == before)
		return error_set(err, CF_E_REFUSED,
			"%s was altered or is damaged: entry %llu of the log is missing", s->db->name,
			(unsigned long long)before);
	return CF_OK;
}

/* The head that stands and the hashes of its leaves; leaves->at is the caller's to free. */
static int read_leaves(struct store *s, struct buffer *note, struct merkle_head *head, struct leaves *leaves,
	struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	struct note_checkpoint checkpoint;
	struct note_key key;
	char name[NOTE_NAME_MAX + 1];
	size_t n = 0;
	TRY(db_query(s->db, S_HEAD_LAST, NULL, 0, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(
			err, CF_E_REFUSED, "%s was altered or is damaged: the log has no head", s->db->name);
	const char *text = db_bytes(&rows, 1, &n);
	TRY(log_name(s, name, sizeof name, err));
	TRY(note_key_of(s->sign, name, &key, err));
	TRY(note_open(&key, text, n, &checkpoint, err));
	TRY_MEMORY(buffer_append(note, text, n), err);
	*head = checkpoint.head;
	leaves->at = NEW_ARRAY(struct merkle_hash, head->size);
	if (!leaves->at)
		return error_memory(err);
	while (leaves->n < head->size)
		TRY(read_page(s, leaves, head->size, err));
	return CF_OK;
}

static int put_hashes(struct buffer *out, const struct merkle_proof *proof, struct cf_error *err)
{
	for (size_t i = 0; i < proof->n; i++) {
		TRY(note_base64(out, proof->at[i].bytes, MERKLE_HASH_BYTES, err));
		TRY_MEMORY(buffer_append_char(out, '\n'), err);
	}
	return CF_OK;
}

static int put_entry(struct store *s, uint64_t leaf, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP_ROWS struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_INT(leaf)};
	size_t n = 0;
	TRY(db_query(s->db, S_LEAF_GET, values, 1, &rows, err));
	int status = db_next(&rows, err);
	TRY(status);
	if (!status)
		return error_set(err, CF_E_NOT_FOUND, "the log has no entry %llu", (unsigned long long)leaf);
	const void *entry = db_bytes(&rows, 0, &n);
	TRY_MEMORY(buffer_printf(out, "%s\nextra ", proof_title), err);
	TRY(note_base64(out, entry, n, err));
	TRY_MEMORY(buffer_printf(out, "\nindex %llu\n", (unsigned long long)leaf), err);
	return CF_OK;
}

static int prove(struct store *s, uint64_t leaf, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer note = BUFFER_INIT;
	CF_CLEANUP_FREE struct merkle_hash *hashes = NULL;
	struct leaves leaves = {0};
	struct merkle_head head;
	struct merkle_proof proof;
	TRY(put_entry(s, leaf, out, err));
	int status = read_leaves(s, &note, &head, &leaves, err);
	hashes = leaves.at;
	TRY(status);
	merkle_prove_inclusion(hashes, head.size, leaf, &proof);
	TRY(put_hashes(out, &proof, err));
	TRY_MEMORY(buffer_append_char(out, '\n'), err);
	TRY_MEMORY(buffer_append(out, note.data, note.n), err);
	return CF_OK;
}

int audit_prove(struct store *s, uint64_t leaf, struct buffer *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	bool own = false;
	TRY(enter(s, false, &own, err));
	TRY(leave(s, own, prove(s, leaf, &out, err), err));
	TRY_MEMORY(buffer_append(ret, out.data, out.n), err);
	return CF_OK;
}

static int own_key(struct store *s, struct note_key *ret, struct cf_error *err)
{
	char name[NOTE_NAME_MAX + 1];
	TRY(log_name(s, name, sizeof name, err));
	return note_key_of(s->sign, name, ret, err);
}

static int prove_extension(struct store *s, const char *earlier, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer note = BUFFER_INIT;
	CF_CLEANUP_FREE struct merkle_hash *hashes = NULL;
	struct note_checkpoint before;
	struct note_key key;
	struct leaves leaves = {0};
	struct merkle_head head;
	struct merkle_proof proof;
	TRY(own_key(s, &key, err));
	TRY(note_open(&key, earlier, strlen(earlier), &before, err));
	int status = read_leaves(s, &note, &head, &leaves, err);
	hashes = leaves.at;
	TRY(status);
	if (before.head.size > head.size || before.head.size == 0)
		return error_set(err, CF_E_REFUSED,
			"the earlier head has %llu entries, the log has %llu: it was set back",
			(unsigned long long)before.head.size, (unsigned long long)head.size);
	merkle_prove_consistency(hashes, head.size, before.head.size, &proof);
	if (merkle_check_consistency(&before.head, &head, &proof) < 0)
		return error_set(
			err, CF_E_REFUSED, "the log is no extension of the earlier head: it was rewritten");
	TRY_MEMORY(
		buffer_printf(out, "%s\nearlier %zu\nlater %zu\n", extension_title, strlen(earlier), note.n),
		err);
	TRY(put_hashes(out, &proof, err));
	TRY_MEMORY(buffer_printf(out, "\n%s", earlier), err);
	TRY_MEMORY(buffer_append(out, note.data, note.n), err);
	return CF_OK;
}

int audit_prove_extension(struct store *s, const char *earlier_head, struct buffer *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	bool own = false;
	TRY(enter(s, false, &own, err));
	TRY(leave(s, own, prove_extension(s, earlier_head, &out, err), err));
	TRY_MEMORY(buffer_append(ret, out.data, out.n), err);
	return CF_OK;
}

/* ---- checking ---- */

struct text {
	const char *at;
	const char *end;
};

/* The next line without its newline; false when there is none. */
static bool next_line(struct text *t, const char **ret, size_t *ret_n)
{
	const char *newline = t->at < t->end ? memchr(t->at, '\n', (size_t)(t->end - t->at)) : NULL;
	if (!newline)
		return false;
	*ret = t->at;
	*ret_n = (size_t)(newline - t->at);
	t->at = newline + 1;
	return true;
}

/* What follows the word and a blank on the next line. */
static bool line_after(struct text *t, const char *word, const char **ret, size_t *ret_n)
{
	const size_t n_word = strlen(word);
	if (!next_line(t, ret, ret_n) || *ret_n < n_word + 1 || memcmp(*ret, word, n_word) != 0 ||
		(*ret)[n_word] != ' ')
		return false;
	*ret += n_word + 1;
	*ret_n -= n_word + 1;
	return true;
}

static bool number_after(struct text *t, const char *word, uint64_t *ret)
{
	const char *digits = NULL;
	size_t n = 0;
	uint64_t value = 0;
	if (!line_after(t, word, &digits, &n) || n == 0 || n >= NUMBER_MAX || (n > 1 && digits[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		value = 10 * value + (uint64_t)(digits[i] - '0');
	}
	*ret = value;
	return true;
}

static bool is_title(struct text *t, const char *title)
{
	const char *line = NULL;
	size_t n = 0;
	return next_line(t, &line, &n) && n == strlen(title) && memcmp(line, title, n) == 0;
}

/* Up to the empty line. */
static bool read_hashes(struct text *t, struct merkle_proof *ret)
{
	const char *line = NULL;
	size_t n = 0;
	ret->n = 0;
	while (next_line(t, &line, &n)) {
		size_t n_hash = 0;
		if (n == 0)
			return true;
		if (ret->n == MERKLE_PROOF_MAX ||
			note_from_base64(line, n, ret->at[ret->n].bytes, MERKLE_HASH_BYTES, &n_hash) < 0 ||
			n_hash != MERKLE_HASH_BYTES)
			return false;
		ret->n++;
	}
	return false;
}

static int unreadable(struct cf_error *err)
{
	return error_set(err, CF_E_INPUT, "this is no proof of a log, or it is cut short");
}

int audit_check_proof(const char *key, const void *proof, size_t n, struct audit_entry *ret,
	struct arena *arena, struct cf_error *err)
{
	struct text t = {proof, (const char *)proof + n};
	struct note_key who;
	struct note_checkpoint checkpoint;
	struct merkle_proof path;
	const char *extra = NULL;
	size_t n_extra = 0;
	size_t n_entry = 0;
	uint64_t index = 0;
	TRY(note_key_parse(key, &who, err));
	if (n > PROOF_MAX || !is_title(&t, proof_title) || !line_after(&t, "extra", &extra, &n_extra) ||
		!number_after(&t, "index", &index) || !read_hashes(&t, &path))
		return unreadable(err);
	uint8_t *entry = arena_alloc(arena, n_extra + 1, 1);
	if (!entry)
		return error_memory(err);
	if (note_from_base64(extra, n_extra, entry, n_extra, &n_entry) < 0)
		return unreadable(err);
	TRY(note_open(&who, t.at, (size_t)(t.end - t.at), &checkpoint, err));
	const struct merkle_hash leaf = merkle_leaf(entry, n_entry);
	if (merkle_check_inclusion(index, checkpoint.head.size, &leaf, &path, &checkpoint.head.root) < 0)
		return error_set(err, CF_E_REFUSED,
			"the proof does not hold: the entry is not in that log at that place");
	TRY(entry_parse(entry, n_entry, arena, ret, err));
	ret->leaf = index;
	return CF_OK;
}

int audit_check_extension(const char *key, const void *proof, size_t n, struct cf_error *err)
{
	struct text t = {proof, (const char *)proof + n};
	struct note_key who;
	struct note_checkpoint earlier;
	struct note_checkpoint later;
	struct merkle_proof path;
	uint64_t n_earlier = 0;
	uint64_t n_later = 0;
	TRY(note_key_parse(key, &who, err));
	if (n > PROOF_MAX || !is_title(&t, extension_title) || !number_after(&t, "earlier", &n_earlier) ||
		!number_after(&t, "later", &n_later) || !read_hashes(&t, &path))
		return unreadable(err);
	const uint64_t left = (uint64_t)(t.end - t.at);
	if (n_earlier > left || n_later != left - n_earlier)
		return unreadable(err);
	TRY(note_open(&who, t.at, (size_t)n_earlier, &earlier, err));
	TRY(note_open(&who, t.at + n_earlier, (size_t)n_later, &later, err));
	if (merkle_check_consistency(&earlier.head, &later.head, &path) < 0)
		return error_set(err, CF_E_REFUSED,
			"the proof does not hold: the later log does not extend the earlier");
	return CF_OK;
}
