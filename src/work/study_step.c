#include <string.h>
#include <time.h>

#include "base/interrupt.h"
#include "base/json.h"
#include "base/text.h"

#include "work/study_folder.h"

void study_step_texts_done(struct study_step_texts *t)
{
	buffer_done(&t->notes);
	buffer_done(&t->warnings);
}

enum { MAX_REFUSED_FILES = 100, MAX_LOG_BYTES = 1 << 20 };

/* A file name for people: control characters and what is no UTF-8 are not passed on to a terminal or a log.
 */
static int append_name(struct buffer *out, const char *name)
{
	bool good = text_is_utf8(name, strlen(name), NULL);
	for (const char *c = name; *c; c++) {
		unsigned char u = (unsigned char)*c;
		TRY(buffer_append_char(out, u < ' ' || u == 127 || (u >= 0x80 && !good) ? '?' : *c));
	}
	return 0;
}

static int append_log(
	struct study_folder *f, const char *name, const struct cf_error *why, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer line = BUFFER_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, STUDY_LOG);
	char when[32] = "";
	time_t now = time(NULL);
	struct tm utc;
	if (!path)
		return error_memory(err);
	if (gmtime_r(&now, &utc))
		(void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &utc);
	TRY_MEMORY(buffer_printf(&line, "%s %s ", when, error_name(why->code)), err);
	TRY_MEMORY(append_name(&line, name), err);
	TRY_MEMORY(buffer_printf(&line, ": %s\n", why->message), err);
	CF_CLEANUP(study_close_file) FILE *log = fopen(path, "ae");
	if (!log)
		return error_set_errno(err, CF_E_IO, "cannot write %s", path);
	/* whoever floods in/ shall not fill the disk with a log */
	if (fseek(log, 0, SEEK_END) == 0 && ftell(log) > MAX_LOG_BYTES)
		return 0;
	if (fwrite(line.data, 1, line.n, log) != line.n || fflush(log) != 0)
		return error_set_errno(err, CF_E_IO, "cannot write %s", path);
	return 0;
}

/* Out of the way, under its own name (a number is added while that is taken); beyond a hundred they are
 * removed. */
static int set_aside(const struct study_folder *f, const char *name, struct cf_error *err)
{
	CF_CLEANUP_FREE char *in = study_path(f->root, STUDY_IN);
	CF_CLEANUP_FREE char *refused = study_path(f->root, STUDY_REFUSED);
	CF_CLEANUP_FREE char *from = in ? file_path(in, name) : NULL;
	CF_CLEANUP(file_list_done) struct file_list there = FILE_LIST_INIT;
	if (!from || !refused)
		return error_memory(err);
	TRY(file_list(refused, &there, err));
	if (there.n >= MAX_REFUSED_FILES)
		return file_remove(from, false, err);
	for (int number = 0;; number++) {
		CF_CLEANUP(buffer_done) struct buffer to = BUFFER_INIT;
		TRY_MEMORY(file_join(&to, refused, name), err);
		if (number)
			TRY_MEMORY(buffer_printf(&to, ".%d", number), err);
		if (!file_exists(buffer_text(&to)))
			return file_rename(from, buffer_text(&to), err);
	}
}

static int refuse(struct study_folder *f, const char *name, const struct cf_error *why, struct buffer *notes,
	struct cf_error *err)
{
	TRY_MEMORY(buffer_append_text(notes, "refused "), err);
	TRY_MEMORY(append_name(notes, name), err);
	TRY_MEMORY(buffer_printf(notes, ": %s\n", why->message), err);
	TRY(append_log(f, name, why, err));
	return set_aside(f, name, err);
}

static int note(
	struct buffer *notes, const char *what, const char *name, const char *why, struct cf_error *err)
{
	TRY_MEMORY(buffer_printf(notes, "%s ", what), err);
	TRY_MEMORY(append_name(notes, name), err);
	return buffer_printf(notes, "%s\n", why) < 0 ? error_memory(err) : 0;
}

/* Files that other programs are still writing. */
static bool is_unfinished(const char *name)
{
	static const char *const endings[] = {".part", ".tmp", ".crdownload", ".partial"};
	size_t n = strlen(name);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n_ending = strlen(endings[i]);
		if (n > n_ending && strcmp(name + n - n_ending, endings[i]) == 0)
			return true;
	}
	return false;
}

static int take_file(struct study_folder *f, const char *name, struct study_status *s,
	struct study_step_texts *texts, struct cf_error *err)
{
	struct cf_error why = CF_ERROR_INIT;
	enum study_taking taking = STUDY_TAKEN;
	int status = study_take(f, name, &taking, &why);
	if (study_is_refusal(status)) {
		s->n_refused++;
		return refuse(f, name, &why, &texts->warnings, err);
	}
	if (status < 0) {
		if (err)
			*err = why;
		return status;
	}
	if (taking == STUDY_WAITS) {
		s->n_waiting++;
		return 0;
	}
	if (taking == STUDY_REPEATED) {
		s->n_repeated++;
		return note(&texts->warnings, "ignored", name,
			": this message was taken before; nothing has changed", err);
	}
	s->n_taken++;
	return note(&texts->notes, "took", name, "", err);
}

/* One pass over in/; messages that must wait are counted anew in each pass. */
static int take_all(
	struct study_folder *f, struct study_status *s, struct study_step_texts *texts, struct cf_error *err)
{
	CF_CLEANUP(file_list_done) struct file_list files = FILE_LIST_INIT;
	CF_CLEANUP_FREE char *in = study_path(f->root, STUDY_IN);
	if (!in)
		return error_memory(err);
	s->n_waiting = 0;
	TRY(file_list(in, &files, err));
	for (size_t i = 0; i < files.n; i++) {
		if (is_unfinished(files.names[i]))
			continue;
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped; run the command again to go on");
		TRY(take_file(f, files.names[i], s, texts, err));
	}
	return 0;
}

/* The first message of one's own list, from the tokens made when joining. */
static int send_own_list(struct study_folder *f, struct cf_error *err)
{
	const size_t self = f->party.self;
	CF_CLEANUP(study_opening_done) struct study_opening o = STUDY_OPENING_INIT;
	CF_CLEANUP_TOKENS struct match_tokens *tokens = NULL;
	struct match_header h;
	if (match_party_is_analyst(&f->party) || !match_party_has_roster(&f->party) ||
		f->party.lists_out[self].there)
		return 0;
	TRY(study_kept_begin(f, &o, STUDY_OWN, STUDY_KIND_OWN, err));
	const struct match_source source = study_source(&o);
	TRY(match_tokens_read(f->study, f->joins[self].n_records, &source, &tokens, err));
	TRY(study_kept_finish(&o, STUDY_OWN, err));
	struct study_list list = {.tokens = tokens};
	match_party_list_header(&f->party, self, &h);
	TRY(study_spool(f, &h, &(struct study_payload){.write = study_write_list, .context = &list}, err));
	TRY(study_save_journal(f, err));
	study_checkpoint(f, "own list journalled");
	return 0;
}

/* When nothing is left to send, nothing is left to know: exponent, shuffles and own tokens go. What remains
 * is the seed of the commitment, for an audit. */
static int end_if_complete(struct study_folder *f, struct cf_error *err)
{
	static const char *const secrets[] = {STUDY_SECRETS, STUDY_OWN};
	if (match_party_is_analyst(&f->party) || !match_party_complete(&f->party))
		return 0;
	if (!f->party.done) {
		f->party.done = true;
		TRY(study_save_journal(f, err));
		study_checkpoint(f, "done journalled");
	}
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		CF_CLEANUP_FREE char *path = study_path(f->root, secrets[i]);
		if (!path)
			return error_memory(err);
		TRY(file_remove(path, true, err));
		study_checkpoint(f, "wiped");
	}
	return 0;
}

static size_t count_files(const struct study_folder *f, const char *place)
{
	CF_CLEANUP(file_list_done) struct file_list files = FILE_LIST_INIT;
	CF_CLEANUP_FREE char *path = study_path(f->root, place);
	return path && file_list(path, &files, NULL) == 0 ? files.n : 0;
}

/* Something that a killed process left undone. */
static bool has_unsent(const struct study_folder *f)
{
	const struct match_party *p = &f->party;
	if (match_party_is_analyst(p) || p->done)
		return false;
	for (size_t i = 0; i <= f->study->n_parties; i++)
		if (i != p->self && !p->joins_out[i].published)
			return true;
	for (size_t i = 0; i < f->study->n_parties; i++)
		if (p->lists_out[i].there && !p->lists_out[i].published)
			return true;
	return (match_party_has_roster(p) && !p->lists_out[p->self].there) || match_party_complete(p);
}

static void fill_status(const struct study_folder *f, struct study_status *s)
{
	struct match_counts c;
	match_party_counts(&f->party, &c);
	s->is_analyst = match_party_is_analyst(&f->party);
	s->complete = match_party_complete(&f->party);
	s->finished = f->party.finished;
	s->n_joins = c.n_joins;
	s->n_joins_wanted = c.n_joins_wanted;
	s->n_lists_in = c.n_lists_in;
	s->n_lists_in_wanted = c.n_lists_in_wanted;
	s->n_lists_out = c.n_lists_out;
	s->n_lists_out_wanted = c.n_lists_out_wanted;
	s->n_in = count_files(f, STUDY_IN);
	s->n_out = count_files(f, STUDY_OUT);
	s->has_work = s->n_in > 0 || has_unsent(f);
}

/* Takes and makes until nothing more follows from what is there. */
static int settle(
	struct study_folder *f, struct study_status *s, struct study_step_texts *texts, struct cf_error *err)
{
	for (;;) {
		size_t n_before = s->n_taken;
		size_t n_published = 0;
		TRY(take_all(f, s, texts, err));
		TRY(send_own_list(f, err));
		TRY(study_publish(f, false, &n_published, err));
		s->n_published += n_published;
		if (s->n_taken == n_before && n_published == 0)
			return 0;
	}
}

int study_step(const struct study_step_request *r, const struct study_control *control,
	struct study_status *ret, struct study_step_texts *texts, struct cf_error *err)
{
	static const struct study_control plain;
	CF_CLEANUP_FOLDER struct study_folder *f = NULL;
	struct study_status s = {0};
	TRY(study_folder_open(&r->access, control ? control : &plain, &f, err));
	TRY(study_clear_leftovers(f, err));
	study_set_roster(f);
	/* a join that was cut short between its journal and its messages */
	if (!match_party_is_analyst(&f->party))
		TRY(study_send_joins(f, err));
	TRY(study_publish(f, r->again, &s.n_published, err));
	TRY(settle(f, &s, texts, err));
	TRY(end_if_complete(f, err));
	fill_status(f, &s);
	*ret = s;
	return 0;
}

/*
 * Looking
 */

static int append_missing(const struct study_folder *f, struct buffer *out)
{
	const struct match_study *s = f->study;
	for (size_t i = 0; i < s->n_parties; i++)
		if (i != f->party.self && !f->party.joins_in[i].there)
			TRY(buffer_printf(out, "waits for the join of %s\n", s->parties[i].name));
	if (!match_party_has_roster(&f->party))
		return 0;
	for (size_t list = 0; list < s->n_parties; list++) {
		uint16_t round = match_ring_round(s, list, f->party.self);
		if (round == 0 || f->party.lists_in[list].there)
			continue;
		TRY(buffer_printf(out, "waits for the list of %s, which comes from %s in round %u\n",
			s->parties[list].name, s->parties[match_ring_sender(s, list, round)].name, round));
	}
	return 0;
}

static int append_words(const struct study_folder *f, const struct study_status *s, struct buffer *out)
{
	char fingerprint[40];
	match_study_fingerprint(f->study, fingerprint);
	TRY(buffer_printf(out, "study: %s (epoch %s)\nfingerprint: %s\n", f->study->title, f->study->epoch,
		fingerprint));
	TRY(buffer_printf(out, "this is %s, %s\n", match_study_card(f->study, f->party.self)->name,
		s->is_analyst ? "the analyst" : "a party"));
	TRY(buffer_printf(out, "joins taken: %zu of %zu\nlists taken: %zu of %zu\n", s->n_joins,
		s->n_joins_wanted, s->n_lists_in, s->n_lists_in_wanted));
	if (!s->is_analyst)
		TRY(buffer_printf(out, "lists sent: %zu of %zu\n", s->n_lists_out, s->n_lists_out_wanted));
	TRY(buffer_printf(out, "files in in/: %zu, in out/: %zu\n", s->n_in, s->n_out));
	TRY(append_missing(f, out));
	if (s->finished)
		return buffer_append_text(out, "finished: the overlap table is made\n");
	if (!s->complete)
		return 0;
	return buffer_append_text(out, s->is_analyst
					       ? "every list is here: 'counterfoil study finish' comes next\n"
					       : "done: the secrets of this study are wiped\n");
}

static int append_json(const struct study_folder *f, const struct study_status *s, struct buffer *out)
{
	struct json j;
	char hex[2 * CRYPTO_HASH_BYTES + 1];
	json_init(&j, out, true);
	json_begin_object(&j);
	json_key_text(&j, "study", f->study->title);
	json_key_text(&j, "epoch", f->study->epoch);
	crypto_to_hex(f->study->hash, CRYPTO_HASH_BYTES, hex);
	json_key_text(&j, "study_hash", hex);
	json_key_text(&j, "name", match_study_card(f->study, f->party.self)->name);
	json_key_boolean(&j, "analyst", s->is_analyst);
	json_key_boolean(&j, "complete", s->complete);
	json_key_boolean(&j, "finished", s->finished);
	json_key_unsigned(&j, "joins", s->n_joins);
	json_key_unsigned(&j, "joins_wanted", s->n_joins_wanted);
	json_key_unsigned(&j, "lists_in", s->n_lists_in);
	json_key_unsigned(&j, "lists_in_wanted", s->n_lists_in_wanted);
	json_key_unsigned(&j, "lists_out", s->n_lists_out);
	json_key_unsigned(&j, "lists_out_wanted", s->n_lists_out_wanted);
	json_key_unsigned(&j, "files_in", s->n_in);
	json_key_unsigned(&j, "files_out", s->n_out);
	json_end(&j);
	return json_finish(&j);
}

int study_status(const char *dir, struct study_status *ret, struct buffer *notes, struct buffer *json,
	struct cf_error *err)
{
	const struct study_access access = {.dir = dir};
	CF_CLEANUP_FOLDER struct study_folder *f = NULL;
	struct study_status s = {0};
	TRY(crypto_start(err));
	TRY(study_folder_open(&access, NULL, &f, err));
	fill_status(f, &s);
	if (notes)
		TRY_MEMORY(append_words(f, &s, notes), err);
	if (json)
		TRY_MEMORY(append_json(f, &s, json), err);
	*ret = s;
	return 0;
}
