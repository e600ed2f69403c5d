#include "work/study_folder.h"

#include <string.h>
#include <sys/stat.h>

char *study_path(const char *root, const char *name)
{
	return file_path(root, name);
}

void study_checkpoint(const struct study_folder *f, const char *step)
{
	if (f->control && f->control->checkpoint)
		f->control->checkpoint(f->control->context, step);
}

struct match_work study_work(const struct study_folder *f)
{
	return (struct match_work){.pool = f->pool, .progress = f->control ? f->control->progress : NULL};
}

struct study_folder *study_folder_free(struct study_folder *f)
{
	if (!f)
		return NULL;
	for (size_t i = 0; i < MATCH_MAX_PARTIES; i++) {
		buffer_done(&f->join_texts[i]);
		match_join_done(&f->joins[i]);
	}
	jobs_free(f->pool);
	identity_free(f->identity);
	match_study_free(f->study);
	file_unlock(&f->lock);
	mem_free(f->root);
	return mem_free(f);
}

/*
 * Keys and the study file
 */

int study_read_passphrase(const char *path, struct secret **ret, struct cf_error *err)
{
	enum { MAX_PASSPHRASE = 1024 };
	CF_CLEANUP(study_close_file) FILE *from = NULL;
	TRY(study_open_file(path, &from, err));
	/* unbuffered: the passphrase must not stay behind in a stream's buffer */
	(void)setvbuf(from, NULL, _IONBF, 0);
	CF_CLEANUP_SECRET struct secret *room = NULL;
	CF_CLEANUP_SECRET struct secret *s = NULL;
	TRY(secret_new(MAX_PASSPHRASE + 1, &room, err));
	char *text = (char *)secret_data(room);
	size_t n = fread(text, 1, MAX_PASSPHRASE + 1, from);
	if (n > MAX_PASSPHRASE)
		return error_set(
			err, CF_E_LIMIT, "%s: a passphrase has at most %d bytes", path, MAX_PASSPHRASE);
	while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	if (n == 0)
		return error_set(err, CF_E_INPUT, "%s: there is no passphrase in this file", path);
	TRY(secret_new(n, &s, err));
	memcpy(secret_data(s), text, n);
	*ret = TAKE(s);
	return 0;
}

int study_read_identity(const struct study_access *a, struct identity **ret, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = a->key ? mem_strdup(a->key) : study_path(a->dir, STUDY_KEY);
	CF_CLEANUP_SECRET struct secret *passphrase = NULL;
	if (!path)
		return error_memory(err);
	TRY(crypto_start(err));
	if (a->passphrase_file)
		TRY(study_read_passphrase(a->passphrase_file, &passphrase, err));
	return identity_read(path, passphrase, ret, err);
}

int study_read_study(const char *path, struct match_study **ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	TRY(crypto_start(err));
	TRY(file_read(path, MATCH_STUDY_MAX_BYTES, &text, err));
	return match_study_parse(path, buffer_text(&text), text.n, ret, err);
}

/*
 * Opening
 */

static int new_folder(const struct study_access *a, const struct study_control *control,
	struct study_folder **ret, struct cf_error *err)
{
	CF_CLEANUP_FOLDER struct study_folder *f = NEW(struct study_folder);
	if (!f)
		return error_memory(err);
	f->lock = -1;
	f->control = control;
	f->root = mem_strdup(a->dir);
	CF_CLEANUP_FREE char *lock = study_path(a->dir, STUDY_LOCK);
	if (!f->root || !lock)
		return error_memory(err);
	/* looking needs no lock: the journal is always whole */
	if (control) {
		int status = file_lock(lock, &f->lock, err);
		if (status == CF_E_STATE)
			return error_set(err, CF_E_STATE, "another command is working in %s", a->dir);
		TRY(status);
		TRY(jobs_new(control->n_threads, &f->pool, err));
	}
	*ret = TAKE(f);
	return 0;
}

int study_folder_make(const struct study_access *a, const struct study_control *control,
	struct study_folder **ret, struct cf_error *err)
{
	static const char *const places[] = {
		STUDY_IN, STUDY_OUT, STUDY_REFUSED, STUDY_STATE, STUDY_SPOOL, STUDY_JOINS, STUDY_LISTS};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		CF_CLEANUP_FREE char *path = study_path(a->dir, places[i]);
		if (!path)
			return error_memory(err);
		TRY(file_make_folder(path, 0700, err));
	}
	return new_folder(a, control, ret, err);
}

static int read_journal(struct study_folder *f, struct cf_error *err)
{
	enum { MAX_JOURNAL = 1 << 20 };
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_JOURNAL);
	if (!path)
		return error_memory(err);
	if (!file_exists(path))
		return error_set(err, CF_E_STATE,
			"%s has not joined a study yet; see 'counterfoil study join'", f->root);
	TRY(file_read(path, MAX_JOURNAL, &text, err));
	return match_party_parse(path, buffer_text(&text), text.n, f->study, &f->party, err);
}

static char *join_path(const struct study_folder *f, size_t party)
{
	char name[64];
	(void)snprintf(name, sizeof name, STUDY_JOINS "/%zu.join", party + 1);
	return study_path(f->root, name);
}

static int read_join(struct study_folder *f, size_t party, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = join_path(f, party);
	if (!path)
		return error_memory(err);
	TRY(file_read(path, match_join_bytes(f->study), &f->join_texts[party], err));
	int status = match_join_decode(
		f->study, party, f->join_texts[party].data, f->join_texts[party].n, &f->joins[party], err);
	return status < 0 ? error_prefix(err, status, "%s", path) : 0;
}

static int read_joins(struct study_folder *f, struct cf_error *err)
{
	for (size_t i = 0; i < f->study->n_parties; i++)
		if (i == f->party.self || f->party.joins_in[i].there)
			TRY(read_join(f, i, err));
	return 0;
}

int study_folder_open(const struct study_access *a, const struct study_control *control,
	struct study_folder **ret, struct cf_error *err)
{
	CF_CLEANUP_FOLDER struct study_folder *f = NULL;
	CF_CLEANUP_FREE char *study = study_path(a->dir, STUDY_FILE);
	CF_CLEANUP_FREE char *state = study_path(a->dir, STUDY_STATE);
	if (!study || !state)
		return error_memory(err);
	if (!file_is_folder(state) || !file_exists(study))
		return error_set(err, CF_E_STATE,
			"%s has not joined a study yet; see 'counterfoil study join'", a->dir);
	TRY(new_folder(a, control, &f, err));
	TRY(study_read_study(study, &f->study, err));
	TRY(read_journal(f, err));
	if (control) {
		TRY(study_read_identity(a, &f->identity, err));
		if (match_study_find(f->study, identity_public(f->identity)) != f->party.self)
			return error_set(err, CF_E_STATE, "the key is not the one that joined this study");
	}
	TRY(read_joins(f, err));
	*ret = TAKE(f);
	return 0;
}

int study_save_journal(struct study_folder *f, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_JOURNAL);
	if (!path || match_party_format(&f->party, &text) < 0)
		return error_memory(err);
	return file_write_atomic(path, text.data, text.n, 0600, err);
}

int study_store_join(struct study_folder *f, size_t party, const struct buffer *text, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = join_path(f, party);
	if (!path)
		return error_memory(err);
	TRY(file_write_atomic(path, text->data, text->n, 0600, err));
	buffer_clear(&f->join_texts[party]);
	match_join_done(&f->joins[party]);
	return read_join(f, party, err);
}

void study_set_roster(struct study_folder *f)
{
	if (match_party_has_roster(&f->party))
		match_roster_hash(f->study, f->join_texts, f->party.roster);
}
