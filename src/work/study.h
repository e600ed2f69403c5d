/*
 * What a user does in a study: make keys, agree on a study file, join it with a list, carry messages, finish.
 * Each participant works in a folder of its own:
 *
 *   identity.key       the secret key (0600); NAME.card beside it is for the others
 *   study.ini          the study file as joined
 *   in/  out/          messages to take, messages to deliver; refused/ holds what was turned away
 *   state/             journal, sealed secrets, spool; for the program alone
 *
 * A command may be killed at any moment and repeated. Nothing here prints; texts for people go to buffers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/progress.h"

/* Where a participant works and how its key is opened. */
struct study_access {
	const char *dir;
	const char *key;             /* NULL: dir/identity.key */
	const char *passphrase_file; /* NULL: the key file is not sealed */
};

struct study_control {
	int n_threads;                   /* 0: all cores */
	const struct progress *progress; /* may be NULL */
	/* For tests: called after each durable step; NULL otherwise. */
	void (*checkpoint)(void *context, const char *step);
	void *context;
};

/* identity.key and NAME.card in a new or empty folder; notes tells where, and the fingerprint. */
struct study_keygen_request {
	const char *name;
	struct study_access access;
};
int study_keygen(const struct study_keygen_request *r, struct buffer *notes, struct cf_error *err)
	CF_MUST_USE;

/* One participant of a new study. */
struct study_member {
	const char *name;
	const char *card; /* path */
};
struct study_new_request {
	const char *out;
	const char *title;
	const char *epoch;   /* NULL: the current year */
	const char *country; /* NULL: none */
	const char *keys;    /* path of a file with match keys; NULL: the defaults */
	const char *columns; /* path of a file with [columns NAME] sections to copy in; NULL: none */
	const char *strata;  /* "sex,age_band,form"; NULL: none */
	const struct study_member *parties;
	size_t n_parties;
	struct study_member analyst;
	uint32_t k;           /* 0: the default */
	uint32_t min_records; /* 0: k */
	uint32_t max_records; /* 0: the default */
	uint32_t fields;      /* bit set of the fields any list has; 0: keep every key */
};
int study_new(const struct study_new_request *r, struct buffer *notes, struct cf_error *err) CF_MUST_USE;

/* Joining. A party names its list; the analyst has none. notes receives what the study is, which column is
 * taken for what, and what will be revealed to whom; show is called with it before anything is written, and
 * may return negative to stop there. */
struct study_join_request {
	struct study_access access;
	const char *study;
	const char *list;    /* NULL: the analyst */
	const char *columns; /* path of a file with [columns NAME] or [columns]; NULL: study file, or guess */
	const char *columns_section; /* NULL: "columns NAME", else "columns" */
	const char *const *ignore;
	size_t n_ignore;
	bool another_run; /* this key joined a study of the same epoch before, and that is meant */
	int (*show)(void *context, const char *notes, struct cf_error *err);
	void *show_context;
};
int study_join(const struct study_join_request *r, const struct study_control *control, struct buffer *notes,
	struct cf_error *err) CF_MUST_USE;

/* Does the list still give the commitment this party joined with? CF_E_REFUSED when not. */
int study_audit(const struct study_join_request *r, const struct study_control *control, struct buffer *notes,
	struct cf_error *err) CF_MUST_USE;

/* What a step did, and where the participant now stands. */
struct study_status {
	bool is_analyst;
	bool complete; /* nothing is left to do but, at the analyst, to finish */
	bool finished; /* the analyst has made the overlap table */
	bool has_work; /* a step would do something */
	size_t n_taken, n_repeated, n_waiting, n_refused; /* messages, in this step */
	size_t n_published;
	size_t n_joins, n_joins_wanted;
	size_t n_lists_in, n_lists_in_wanted;
	size_t n_lists_out, n_lists_out_wanted;
	size_t n_in, n_out; /* files lying in in/ and out/ */
};
/* What happened to each file: notes for those taken, warnings for those turned away or seen before. */
struct study_step_texts {
	struct buffer notes;
	struct buffer warnings;
};
void study_step_texts_done(struct study_step_texts *t);
/* Takes what lies in in/, writes what follows to out/. Messages turned away are counted, named in the
 * warnings with the reason, moved to refused/ and logged in state/refused.log; they do not make the step
 * fail. again: writes all messages of this participant to out/ once more, byte for byte. */
struct study_step_request {
	struct study_access access;
	bool again;
};
int study_step(const struct study_step_request *r, const struct study_control *control,
	struct study_status *ret, struct study_step_texts *texts, struct cf_error *err) CF_MUST_USE;
/* Looks only. notes: a line for everything, waiting partners by name; json: the same as an object. */
int study_status(const char *dir, struct study_status *ret, struct buffer *notes, struct buffer *json,
	struct cf_error *err) CF_MUST_USE;

/* The analyst's last step: overlap.csv (0600), report.html, report.json in out. */
struct study_finish_request {
	struct study_access access;
	const char *out;
	uint32_t n_bootstrap;
	uint64_t seed;
};
struct study_finish_result {
	bool answered; /* at least one estimate is identified */
};
/* json: a summary object. */
int study_finish(const struct study_finish_request *r, const struct study_control *control,
	struct study_finish_result *ret, struct buffer *notes, struct buffer *json, struct cf_error *err)
	CF_MUST_USE;

/* The whole study on one machine, each participant in a process of its own. */
struct study_run_request {
	const char *program; /* the executable to run participants with */
	const char *const *lists;
	const char *const *names; /* n_lists, or NULL: from the file names */
	size_t n_lists;
	const char *out;
	const char *title;
	const char *epoch;
	const char *country;
	const char *keys;
	const char *strata;
	const char *columns; /* path of a file with [columns NAME] sections */
	const char *const *ignore;
	size_t n_ignore;
	uint32_t k, min_records, max_records;
	uint32_t n_bootstrap;
	uint64_t seed;
	int n_threads;
	bool json; /* the last process prints its summary object instead of words */
	/* Texts for people, as they come: the columns of each list. May be NULL. */
	void (*say)(void *context, const char *text);
	void *context;
};
/* Repeated on a folder where it was stopped, with the same lists and options, it goes on from there. A
 * participant's process that fails has said why on standard error: *ret_exit is then its exit code, and 0 is
 * returned. */
int study_run(const struct study_run_request *r, int *ret_exit, struct cf_error *err) CF_MUST_USE;
