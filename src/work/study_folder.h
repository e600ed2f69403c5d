/*
 * A participant's folder: opening it under a lock, its journal, its joins, its sealed files. The journal is
 * the truth; a file it does not know was never sent, and is made again or cleared away.
 */
#pragma once

#include "base/file.h"
#include "crypto/identity.h"
#include "crypto/sealed.h"
#include "match/message.h"
#include "match/party.h"
#include "match/tokens.h"
#include "model/overlap.h"
#include "work/study.h"

/* Names below the folder. */
#define STUDY_FILE "study.ini"
#define STUDY_KEY "identity.key"
#define STUDY_IN "in"
#define STUDY_OUT "out"
#define STUDY_REFUSED "refused"
#define STUDY_STATE "state"
#define STUDY_JOURNAL "state/journal.ini"
#define STUDY_SECRETS "state/secrets.sealed"
#define STUDY_OWN "state/own.sealed"
#define STUDY_AUDIT "state/audit.sealed"
#define STUDY_SPOOL "state/spool"
#define STUDY_JOINS "state/joins"
#define STUDY_LISTS "state/lists"
#define STUDY_LOG "state/refused.log"
#define STUDY_LOCK "state/lock"
#define STUDY_OVERLAP "state/overlap.csv"
#define STUDY_LINKS "state/links.ini"

/* Kinds of files that a participant seals to itself. */
#define STUDY_KIND_SECRETS "CFSECRET"
#define STUDY_KIND_OWN "CFOWNLST"
#define STUDY_KIND_AUDIT "CFAUDIT1"

struct study_folder {
	char *root;
	int lock;
	struct match_study *study;
	struct match_party party;
	struct identity *identity; /* NULL when opened to look only */
	struct buffer join_texts[MATCH_MAX_PARTIES];
	struct match_join joins[MATCH_MAX_PARTIES]; /* of those whose text is there */
	const struct study_control *control;
	struct job_pool *pool;
};

/* Owned path of a name below the folder; NULL when out of memory. */
char *study_path(const char *root, const char *name);

/* Reads the key, asking nothing: the passphrase comes from its file. */
int study_read_identity(const struct study_access *a, struct identity **ret, struct cf_error *err)
	CF_MUST_USE;
int study_read_passphrase(const char *path, struct secret **ret, struct cf_error *err) CF_MUST_USE;
int study_read_study(const char *path, struct match_study **ret, struct cf_error *err) CF_MUST_USE;

/* Makes the folder's places and takes the lock, for joining. */
int study_folder_make(const struct study_access *a, const struct study_control *control,
	struct study_folder **ret, struct cf_error *err) CF_MUST_USE;
/* Opens a folder that has joined: lock, study, journal, joins, identity (when control is not NULL). */
int study_folder_open(const struct study_access *a, const struct study_control *control,
	struct study_folder **ret, struct cf_error *err) CF_MUST_USE;
struct study_folder *study_folder_free(struct study_folder *f);
CF_DEFINE_CLEANUP(struct study_folder, study_folder_free);
#define CF_CLEANUP_FOLDER CF_CLEANUP(study_folder_free_ptr)

int study_save_journal(struct study_folder *f, struct cf_error *err) CF_MUST_USE;
/* Stores a join's text (durable before the journal names it) and decodes it into f. */
int study_store_join(struct study_folder *f, size_t party, const struct buffer *text, struct cf_error *err)
	CF_MUST_USE;
/* Once all joins are there: the roster's hash, into the journal's state. */
void study_set_roster(struct study_folder *f);
/* Tells a test that a durable step was made. */
void study_checkpoint(const struct study_folder *f, const char *step);
struct match_work study_work(const struct study_folder *f);

/*
 * Sealed files
 */

int study_open_file(const char *path, FILE **ret, struct cf_error *err) CF_MUST_USE;
/* For CF_CLEANUP. */
void study_close_file(FILE **f);

/* Writing: begin, write through study_sink, commit. */
struct study_sealing {
	struct file_writer file;
	struct sealed_writer *writer;
};
#define STUDY_SEALING_INIT                                                                                   \
	{                                                                                                    \
		.file = FILE_WRITER_INIT                                                                     \
	}
int study_seal_begin(struct study_sealing *s, const char *path, const struct crypto_part *header,
	const struct identity *sender, const struct identity_card *receiver, struct cf_error *err)
	CF_MUST_USE;
struct match_sink study_sink(struct study_sealing *s);
int study_seal_commit(struct study_sealing *s, struct cf_error *err) CF_MUST_USE;
void study_sealing_done(struct study_sealing *s);

struct study_opening {
	FILE *stream;
	struct sealed_reader *reader;
};
#define STUDY_OPENING_INIT                                                                                   \
	{                                                                                                    \
		0                                                                                            \
	}
/* Opens and reads the clear header of n bytes. */
int study_open_begin(struct study_opening *o, const char *path, size_t n_header, void *ret_header,
	struct cf_error *err) CF_MUST_USE;
struct match_source study_source(struct study_opening *o);
void study_opening_done(struct study_opening *o);

/* Files a participant seals to itself: 8 bytes of kind, then the study's hash, are the header. */
int study_keep_begin(const struct study_folder *f, struct study_sealing *s, const char *name,
	const char kind[8], struct cf_error *err) CF_MUST_USE;
int study_kept_begin(const struct study_folder *f, struct study_opening *o, const char *name,
	const char kind[8], struct cf_error *err) CF_MUST_USE;
int study_kept_finish(struct study_opening *o, const char *name, struct cf_error *err) CF_MUST_USE;
/* 32 secret bytes, kept and found again. */
int study_keep_secret(const struct study_folder *f, const char *name, const char kind[8],
	const struct secret *secret, struct cf_error *err) CF_MUST_USE;
int study_kept_secret(const struct study_folder *f, const char *name, const char kind[8], struct secret **ret,
	struct cf_error *err) CF_MUST_USE;

int study_hash_file(const char *path, uint8_t ret[CRYPTO_HASH_BYTES], struct cf_error *err) CF_MUST_USE;

/*
 * Messages out (study_send.c)
 */

/* Makes a message in the spool and enters it in the party's state; the caller saves the journal. payload
 * writes the payload. */
struct study_payload {
	int (*write)(void *context, const struct match_sink *to, struct cf_error *err);
	void *context;
};
int study_spool(struct study_folder *f, const struct match_header *h, const struct study_payload *payload,
	struct cf_error *err) CF_MUST_USE;
/* Publishes every spooled message that is not published yet (again: all), and saves the journal. */
int study_publish(struct study_folder *f, bool again, size_t *ret_n, struct cf_error *err) CF_MUST_USE;
/* Clears away what a killed process left: spooled messages the journal does not know, temporary files. */
int study_clear_leftovers(const struct study_folder *f, struct cf_error *err) CF_MUST_USE;
/* Spools this party's joins, once its own is stored, and saves the journal; fine when all are there. */
int study_send_joins(struct study_folder *f, struct cf_error *err) CF_MUST_USE;

/*
 * Messages in (study_take.c)
 */

enum study_taking { STUDY_TAKEN, STUDY_REPEATED, STUDY_WAITS };
/* Takes one file of in/: verifies all of it, makes what follows, enters both in the journal, removes the
 * file. A negative status in the range of refusals (study_is_refusal) leaves everything as it was. */
int study_take(struct study_folder *f, const char *name, enum study_taking *ret, struct cf_error *err)
	CF_MUST_USE;
/* Writes a list in the given order; context is a struct study_list. */
struct study_list {
	const struct match_tokens *tokens;
	const uint32_t *order; /* NULL: as it stands */
};
int study_write_list(void *context, const struct match_sink *to, struct cf_error *err) CF_MUST_USE;
bool study_is_refusal(int status);
/* Reads a list stored at the analyst. */
int study_read_stored_list(
	struct study_folder *f, size_t list, struct match_tokens **ret, struct cf_error *err) CF_MUST_USE;

/* What clustering left out; numbers for the report. */
struct study_links {
	uint64_t n_tied;
	uint64_t n_conflicts;
};
/* The analyst's overlap table from the stored lists; nothing is written. */
int study_make_table(struct study_folder *f, struct study_links *ret_links, struct overlap_table **ret,
	struct cf_error *err) CF_MUST_USE;
