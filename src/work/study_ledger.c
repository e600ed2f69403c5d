#include "work/study_ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/ini.h"
#include "work/study_folder.h"

enum { MAX_LEDGER = 1 << 22, HEX_BYTES = 2 * CRYPTO_HASH_BYTES + 1 };

static int ledger_path(const struct study_join_request *r, struct buffer *out, struct cf_error *err)
{
	if (r->access.key)
		TRY_MEMORY(buffer_append_text(out, r->access.key), err);
	else
		TRY_MEMORY(file_join(out, r->access.dir, STUDY_KEY), err);
	TRY_MEMORY(buffer_append_text(out, ".ledger"), err);
	return 0;
}

/* The folder's absolute name if it has one yet. */
static char *folder_name(const char *dir)
{
	char *real = realpath(dir, NULL);
	char *ret = mem_strdup(real ? real : dir);
	free(real);
	return ret;
}

/* NULL when there is no ledger yet. */
static int read_ledger(const struct study_join_request *r, struct ini **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer path = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	*ret = NULL;
	TRY(ledger_path(r, &path, err));
	if (!file_exists(buffer_text(&path)))
		return 0;
	TRY(file_read(buffer_text(&path), MAX_LEDGER, &text, err));
	return ini_parse(buffer_text(&path), buffer_text(&text), text.n, ret, err);
}

/* One [joined] section against the study. */
struct seen {
	bool same_epoch, same_study, same_folder, common_partner;
};

static bool is_partner(const struct match_study *study, const struct identity *id, const char *hex)
{
	uint8_t key[IDENTITY_SIGN_BYTES];
	if (crypto_from_hex(hex, key, sizeof key) < 0 ||
		memcmp(key, identity_public(id)->sign_key, sizeof key) == 0)
		return false;
	for (size_t i = 0; i <= study->n_parties; i++)
		if (memcmp(key, match_study_card(study, i)->sign_key, sizeof key) == 0)
			return true;
	return false;
}

static int judge(const struct seen *s, const char *epoch, struct cf_error *err)
{
	if (s->same_study && !s->same_folder)
		return error_set(err, CF_E_REFUSED,
			"this key has joined this study already, in another folder; a second list for the "
			"same study would be "
			"refused by the others");
	if (s->same_epoch && !s->same_study && s->common_partner)
		return error_set(err, CF_E_REFUSED,
			"this key has already joined a study of epoch %.40s with some of these participants; "
			"the differences "
			"between two runs can give single persons away. If all have agreed to it, say "
			"--another-run",
			epoch);
	return 0;
}

static void note_line(struct seen *seen, const struct ini_entry *e, const struct match_study *study,
	const struct identity *id, const char *folder)
{
	char hex[HEX_BYTES];
	crypto_to_hex(study->hash, CRYPTO_HASH_BYTES, hex);
	if (strcmp(e->key, "study") == 0)
		seen->same_study = strcmp(e->value, hex) == 0;
	else if (strcmp(e->key, "epoch") == 0)
		seen->same_epoch = strcmp(e->value, study->epoch) == 0;
	else if (strcmp(e->key, "folder") == 0)
		seen->same_folder = strcmp(e->value, folder) == 0;
	else if (strcmp(e->key, "partner") == 0 && is_partner(study, id, e->value))
		seen->common_partner = true;
}

/* Goes through the sections; *ret_there says whether this study and folder stand in it. */
static int walk(const struct study_join_request *r, const struct match_study *study,
	const struct identity *id, bool *ret_there, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_FREE char *folder = folder_name(r->access.dir);
	struct seen seen = {0};
	*ret_there = false;
	if (!folder)
		return error_memory(err);
	TRY(read_ledger(r, &ini, err));
	for (size_t i = 0; ini && i < ini_n(ini); i++) {
		const struct ini_entry *e = ini_at(ini, i);
		/* each section begins with its study */
		if (strcmp(e->key, "study") == 0)
			seen = (struct seen){0};
		note_line(&seen, e, study, id, folder);
		if (strcmp(e->key, "end") != 0)
			continue;
		if (!r->another_run)
			TRY(judge(&seen, study->epoch, err));
		if (seen.same_study && seen.same_folder)
			*ret_there = true;
	}
	return 0;
}

int study_ledger_check(const struct study_join_request *r, const struct match_study *study,
	const struct identity *id, struct cf_error *err)
{
	bool there;
	return walk(r, study, id, &there, err);
}

static int append_entry(
	const struct match_study *study, const struct identity *id, const char *folder, struct buffer *out)
{
	char hex[HEX_BYTES];
	TRY(ini_write_section(out, "joined"));
	crypto_to_hex(study->hash, CRYPTO_HASH_BYTES, hex);
	TRY(ini_write(out, "study", hex));
	TRY(ini_write(out, "title", study->title));
	TRY(ini_write(out, "epoch", study->epoch));
	TRY(ini_write(out, "folder", folder));
	for (size_t i = 0; i <= study->n_parties; i++) {
		const struct identity_card *card = match_study_card(study, i);
		if (memcmp(card->sign_key, identity_public(id)->sign_key, sizeof card->sign_key) == 0)
			continue;
		crypto_to_hex(card->sign_key, sizeof card->sign_key, hex);
		TRY(ini_write(out, "partner", hex));
	}
	return ini_write(out, "end", "yes");
}

int study_ledger_add(const struct study_join_request *r, const struct match_study *study,
	const struct identity *id, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer path = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *folder = folder_name(r->access.dir);
	bool there;
	if (!folder)
		return error_memory(err);
	TRY(walk(r, study, id, &there, err));
	if (there)
		return 0;
	TRY(ledger_path(r, &path, err));
	if (file_exists(buffer_text(&path)))
		TRY(file_read(buffer_text(&path), MAX_LEDGER, &text, err));
	int status = append_entry(study, id, folder, &text);
	if (status < 0)
		return error_set(err, status, "cannot add to %s", buffer_text(&path));
	return file_write_atomic(buffer_text(&path), text.data, text.n, 0600, err);
}
