/* Messages in: each is verified to its last byte before anything follows from it. What follows (the list
 * raised, shuffled and sealed to the next) is made first; one write of the journal then makes both true. */
#include <string.h>
#include <sys/stat.h>

#include "work/study_folder.h"

bool study_is_refusal(int status)
{
	return status == CF_E_REFUSED || status == CF_E_INPUT || status == CF_E_LIMIT;
}

/* One message on its way in. */
struct taking {
	struct study_folder *folder;
	const char *path;
	struct match_header header;
	uint8_t file_hash[CRYPTO_HASH_BYTES];
	uint8_t transcript[CRYPTO_HASH_BYTES];
	struct study_opening opening;
};

static void taking_done(struct taking *t)
{
	study_opening_done(&t->opening);
}

static size_t payload_bytes(const struct study_folder *f, const struct match_header *h)
{
	if (h->kind == MATCH_MESSAGE_JOIN)
		return match_join_bytes(f->study);
	return match_tokens_bytes(f->joins[h->list].n_records, match_plan_n_slots(f->study->plan));
}

/* A first look at the size, so that nothing large is read for nothing. Sealing adds 21 bytes to each MiB, and
 * less than 4 KiB besides; the reader finds any other surplus. */
static int check_size(const struct taking *t, struct cf_error *err)
{
	enum { SLACK = 4096, FRAME_SHIFT = 14 };
	struct stat st;
	const uint64_t payload = payload_bytes(t->folder, &t->header);
	if (stat(t->path, &st) != 0)
		return error_set_errno(err, CF_E_IO, "cannot read %s", t->path);
	if ((uint64_t)st.st_size > payload + (payload >> FRAME_SHIFT) + SLACK)
		return error_set(err, CF_E_LIMIT, "the message is larger than the study and the joins allow");
	return 0;
}

/* Reads and judges the header, and readies the reader for the payload. */
static int begin(struct taking *t, enum match_verdict *ret, struct cf_error *err)
{
	uint8_t header[MATCH_HEADER_BYTES];
	struct study_folder *f = t->folder;
	TRY(study_open_begin(&t->opening, t->path, sizeof header, header, err));
	TRY(match_header_decode(header, &t->header, err));
	TRY(match_party_judge(&f->party, &t->header, ret, err));
	if (*ret == MATCH_WAIT)
		return 0;
	TRY(check_size(t, err));
	TRY(study_hash_file(t->path, t->file_hash, err));
	return sealed_reader_start(
		t->opening.reader, f->identity, match_study_card(f->study, t->header.sender)->sign_key, err);
}

/* A step that was taken before: the same again is harmless, another message for it is not. */
static int compare_again(struct taking *t, struct cf_error *err)
{
	struct study_folder *f = t->folder;
	const struct match_taken *taken = match_party_taken(&f->party, &t->header);
	enum { BLOCK = 1 << 16 };
	if (memcmp(taken->file_hash, t->file_hash, sizeof t->file_hash) == 0)
		return 0;
	CF_CLEANUP_FREE uint8_t *block = mem_alloc(BLOCK, 1);
	if (!block)
		return error_memory(err);
	for (size_t left = payload_bytes(f, &t->header); left;) {
		size_t n = left < BLOCK ? left : BLOCK;
		TRY(sealed_read(t->opening.reader, block, n, err));
		left -= n;
	}
	TRY(sealed_reader_finish(t->opening.reader, t->transcript, err));
	if (memcmp(taken->transcript, t->transcript, sizeof t->transcript) == 0)
		return 0;
	return error_set(err, CF_E_REFUSED,
		"'%s' has sent a second, different message for a step that is done; both bear its signature",
		match_study_card(f->study, t->header.sender)->name);
}

/* Enters the message into the journal's state. */
static void enter(struct taking *t)
{
	struct match_taken *taken = match_party_taken(&t->folder->party, &t->header);
	taken->there = true;
	memcpy(taken->file_hash, t->file_hash, sizeof t->file_hash);
	memcpy(taken->transcript, t->transcript, sizeof t->transcript);
}

static int take_join(struct taking *t, struct cf_error *err)
{
	struct study_folder *f = t->folder;
	const size_t n = match_join_bytes(f->study);
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct match_join join = {0};
	TRY_MEMORY(buffer_reserve(&text, n), err);
	TRY(sealed_read(t->opening.reader, text.data, n, err));
	text.n = n;
	TRY(sealed_reader_finish(t->opening.reader, t->transcript, err));
	TRY(match_join_decode(f->study, t->header.sender, text.data, n, &join, err));
	match_join_done(&join);
	TRY(study_store_join(f, t->header.sender, &text, err));
	study_checkpoint(f, "join stored");
	enter(t);
	study_set_roster(f);
	return 0;
}

/* Reads a list to the end of its signature, and checks it against its owner's join. */
static int read_list(struct taking *t, struct match_tokens **ret, struct cf_error *err)
{
	struct study_folder *f = t->folder;
	const struct match_join *join = &f->joins[t->header.list];
	CF_CLEANUP_TOKENS struct match_tokens *tokens = NULL;
	const struct match_source source = study_source(&t->opening);
	TRY(match_tokens_read(f->study, join->n_records, &source, &tokens, err));
	TRY(sealed_reader_finish(t->opening.reader, t->transcript, err));
	TRY(match_tokens_check(f->study, join, tokens, err));
	*ret = TAKE(tokens);
	return 0;
}

int study_write_list(void *context, const struct match_sink *to, struct cf_error *err)
{
	const struct study_list *p = context;
	return match_tokens_write(p->tokens, p->order, to, err);
}

/* A passing party: raise, shuffle, seal to the next. */
static int pass_list(struct taking *t, struct cf_error *err)
{
	struct study_folder *f = t->folder;
	const size_t list = t->header.list;
	const struct match_work work = study_work(f);
	struct match_header next;
	CF_CLEANUP_TOKENS struct match_tokens *tokens = NULL;
	CF_CLEANUP_FREE uint32_t *order = NULL;
	CF_CLEANUP(match_secrets_done) struct match_secrets secrets = {0};
	struct secret *master;
	TRY(read_list(t, &tokens, err));
	study_opening_done(&t->opening);
	TRY(study_kept_secret(f, STUDY_SECRETS, STUDY_KIND_SECRETS, &master, err));
	TRY(match_secrets_init(master, &secrets, err));
	TRY(match_tokens_raise(tokens, &secrets, &work, err));
	TRY(match_tokens_shuffle(f->study, tokens, list, &secrets, &order, err));
	struct study_list payload = {.tokens = tokens, .order = order};
	match_party_list_header(&f->party, list, &next);
	TRY(study_spool(
		f, &next, &(struct study_payload){.write = study_write_list, .context = &payload}, err));
	enter(t);
	return 0;
}

static char *stored_list_path(const struct study_folder *f, size_t list)
{
	char name[64];
	(void)snprintf(name, sizeof name, STUDY_LISTS "/%zu.cfm", list + 1);
	return study_path(f->root, name);
}

/* The analyst: check, and keep the message as it came, sealed to the analyst's key. */
static int keep_list(struct taking *t, struct cf_error *err)
{
	struct study_folder *f = t->folder;
	const struct match_work work = study_work(f);
	CF_CLEANUP_TOKENS struct match_tokens *tokens = NULL;
	CF_CLEANUP_FREE char *path = stored_list_path(f, t->header.list);
	if (!path)
		return error_memory(err);
	TRY(read_list(t, &tokens, err));
	TRY(match_tokens_check_elements(tokens, &work, err));
	TRY(file_copy(t->path, path, 0600, err));
	study_checkpoint(f, "list stored");
	enter(t);
	return 0;
}

int study_read_stored_list(
	struct study_folder *f, size_t list, struct match_tokens **ret, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = stored_list_path(f, list);
	CF_CLEANUP(taking_done) struct taking t = {.folder = f, .path = path};
	enum match_verdict verdict;
	if (!path)
		return error_memory(err);
	TRY(begin(&t, &verdict, err));
	if (verdict != MATCH_AGAIN || t.header.list != list ||
		memcmp(t.file_hash, f->party.lists_in[list].file_hash, sizeof t.file_hash) != 0)
		return error_set(err, CF_E_STATE, "%s was changed after it was taken", path);
	return read_list(&t, ret, err);
}

static int take(struct taking *t, struct cf_error *err)
{
	struct study_folder *f = t->folder;
	if (t->header.kind == MATCH_MESSAGE_JOIN)
		TRY(take_join(t, err));
	else if (match_party_is_analyst(&f->party))
		TRY(keep_list(t, err));
	else
		TRY(pass_list(t, err));
	TRY(study_save_journal(f, err));
	study_checkpoint(f, "journalled");
	return 0;
}

int study_take(struct study_folder *f, const char *name, enum study_taking *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE char *in = study_path(f->root, STUDY_IN);
	CF_CLEANUP_FREE char *path = in ? file_path(in, name) : NULL;
	if (!path)
		return error_memory(err);
	CF_CLEANUP(taking_done) struct taking t = {.folder = f, .path = path};
	enum match_verdict verdict;
	TRY(begin(&t, &verdict, err));
	if (verdict == MATCH_WAIT) {
		*ret = STUDY_WAITS;
		return 0;
	}
	if (verdict == MATCH_AGAIN)
		TRY(compare_again(&t, err));
	else
		TRY(take(&t, err));
	*ret = verdict == MATCH_AGAIN ? STUDY_REPEATED : STUDY_TAKEN;
	TRY(file_remove(path, false, err));
	study_checkpoint(f, "taken");
	return 0;
}
