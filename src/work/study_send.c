/* Messages out: spooled, entered in the journal, published; in this order, so that what left can be sent
 * again byte for byte, and what a killed process half made was never seen by anyone. */
#include <string.h>

#include "work/study_folder.h"

/* folder/name of the message with this header. */
static int message_path(const struct study_folder *f, const char *place, const struct match_header *h,
	char **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	CF_CLEANUP_FREE char *folder = study_path(f->root, place);
	if (!folder || match_message_name(f->study, h, &name) < 0)
		return error_memory(err);
	*ret = file_path(folder, buffer_text(&name));
	return *ret ? 0 : error_memory(err);
}

int study_spool(struct study_folder *f, const struct match_header *h, const struct study_payload *payload,
	struct cf_error *err)
{
	uint8_t header[MATCH_HEADER_BYTES];
	CF_CLEANUP(study_sealing_done) struct study_sealing s = STUDY_SEALING_INIT;
	CF_CLEANUP_FREE char *path = NULL;
	TRY(message_path(f, STUDY_SPOOL, h, &path, err));
	match_header_encode(h, header);
	const struct crypto_part part = {header, sizeof header};
	TRY(study_seal_begin(&s, path, &part, f->identity, match_study_card(f->study, h->receiver), err));
	const struct match_sink sink = study_sink(&s);
	TRY(payload->write(payload->context, &sink, err));
	TRY(study_seal_commit(&s, err));
	struct match_made *made = match_party_made(&f->party, h);
	TRY(study_hash_file(path, made->file_hash, err));
	made->there = true;
	made->published = false;
	study_checkpoint(f, "spooled");
	return 0;
}

static int publish_one(
	struct study_folder *f, const struct match_header *h, struct match_made *made, struct cf_error *err)
{
	CF_CLEANUP_FREE char *spooled = NULL;
	CF_CLEANUP_FREE char *out = NULL;
	uint8_t hash[CRYPTO_HASH_BYTES];
	TRY(message_path(f, STUDY_SPOOL, h, &spooled, err));
	TRY(message_path(f, STUDY_OUT, h, &out, err));
	TRY(study_hash_file(spooled, hash, err));
	if (memcmp(hash, made->file_hash, sizeof hash) != 0)
		return error_set(
			err, CF_E_STATE, "%s was changed after it was made; it is not sent", spooled);
	TRY(file_copy(spooled, out, 0600, err));
	study_checkpoint(f, "published");
	made->published = true;
	return 0;
}

/* Calls publish_one for what is there and not published, or again. */
static int publish_due(
	struct study_folder *f, const struct match_header *h, bool again, size_t *n, struct cf_error *err)
{
	struct match_made *made = match_party_made(&f->party, h);
	if (!made->there || (made->published && !again))
		return 0;
	TRY(publish_one(f, h, made, err));
	++*n;
	return 0;
}

int study_publish(struct study_folder *f, bool again, size_t *ret_n, struct cf_error *err)
{
	size_t n = 0;
	struct match_header h;
	if (match_party_is_analyst(&f->party)) {
		*ret_n = 0;
		return 0;
	}
	for (size_t to = 0; to <= f->study->n_parties; to++) {
		match_party_join_header(&f->party, to, &h);
		TRY(publish_due(f, &h, again, &n, err));
	}
	for (size_t list = 0; list < f->study->n_parties; list++) {
		match_party_list_header(&f->party, list, &h);
		TRY(publish_due(f, &h, again, &n, err));
	}
	if (n) {
		TRY(study_save_journal(f, err));
		study_checkpoint(f, "publishing journalled");
	}
	*ret_n = n;
	return 0;
}

/* Is this the name of a spooled message that the journal knows? */
static int is_known(const struct study_folder *f, const char *name, bool *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer own = BUFFER_INIT;
	const size_t n = f->study->n_parties;
	*ret = false;
	for (size_t i = 0; i < 2 * n + 1 && !*ret; i++) {
		struct match_header h;
		bool there;
		if (i <= n) {
			match_party_join_header(&f->party, i, &h);
			there = f->party.joins_out[i].there;
		} else {
			match_party_list_header(&f->party, i - n - 1, &h);
			there = f->party.lists_out[i - n - 1].there;
		}
		buffer_clear(&own);
		TRY_MEMORY(match_message_name(f->study, &h, &own), err);
		*ret = there && strcmp(buffer_text(&own), name) == 0;
	}
	return 0;
}

int study_clear_leftovers(const struct study_folder *f, struct cf_error *err)
{
	static const char *const places[] = {
		".", STUDY_STATE, STUDY_SPOOL, STUDY_JOINS, STUDY_LISTS, STUDY_OUT};
	CF_CLEANUP(file_list_done) struct file_list spooled = FILE_LIST_INIT;
	CF_CLEANUP_FREE char *spool = study_path(f->root, STUDY_SPOOL);
	if (!spool)
		return error_memory(err);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		CF_CLEANUP_FREE char *place = study_path(f->root, places[i]);
		if (!place)
			return error_memory(err);
		TRY(file_remove_leftovers(place, err));
	}
	TRY(file_list(spool, &spooled, err));
	for (size_t i = 0; i < spooled.n; i++) {
		bool known;
		CF_CLEANUP_FREE char *path = file_path(spool, spooled.names[i]);
		if (!path)
			return error_memory(err);
		TRY(is_known(f, spooled.names[i], &known, err));
		if (!known)
			TRY(file_remove(path, false, err));
	}
	return 0;
}

static int write_join(void *context, const struct match_sink *to, struct cf_error *err)
{
	const struct buffer *text = context;
	return to->write(to->context, text->data, text->n, err);
}

int study_send_joins(struct study_folder *f, struct cf_error *err)
{
	const struct study_payload payload = {.write = write_join, .context = &f->join_texts[f->party.self]};
	bool made = false;
	for (size_t to = 0; to <= f->study->n_parties; to++) {
		struct match_header h;
		if (to == f->party.self || f->party.joins_out[to].there)
			continue;
		match_party_join_header(&f->party, to, &h);
		TRY(study_spool(f, &h, &payload, err));
		made = true;
	}
	if (!made)
		return 0;
	TRY(study_save_journal(f, err));
	study_checkpoint(f, "joins journalled");
	return 0;
}
