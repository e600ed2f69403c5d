/* The subcommands of "study"; each gets argv with its own name at argv[0]. */
#pragma once

#include "base/mem.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "work/study.h"

int cmd_study_keygen(int argc, char **argv);
int cmd_study_new(int argc, char **argv);
int cmd_study_join(int argc, char **argv);
int cmd_study_step(int argc, char **argv);
int cmd_study_status(int argc, char **argv);
int cmd_study_finish(int argc, char **argv);
int cmd_study_audit(int argc, char **argv);
int cmd_study_run(int argc, char **argv);
int cmd_study_score(int argc, char **argv);

/* Options that several subcommands share. */
#define STUDY_OPTION_DIR                                                                                     \
	{                                                                                                    \
		"dir", "DIR", "the participant's folder"                                                     \
	}
#define STUDY_OPTION_KEY                                                                                     \
	{                                                                                                    \
		"key", "FILE", "the secret key, when it is not DIR/identity.key"                             \
	}
#define STUDY_OPTION_PASSPHRASE                                                                              \
	{                                                                                                    \
		"passphrase-file", "FILE", "file that holds the passphrase of the key"                       \
	}
#define STUDY_OPTION_THREADS                                                                                 \
	{                                                                                                    \
		"threads", "N", "threads to use; 0, the default: all cores"                                  \
	}

/* Takes one of the options above; false when name is none of them. *ret_bad: its value was refused, with a
 * message. */
bool study_common_option(const char *verb, const char *name, const char *value, struct study_access *access,
	uint64_t *threads, bool *ret_bad);

/* Progress on the terminal, and the control that carries it. */
struct study_face {
	struct progress_terminal terminal;
	struct study_control control;
};
void study_face_init(struct study_face *face, uint64_t threads, const char *label);
void study_face_done(struct study_face *face);

/* A growing list of texts that are argv's. */
struct study_words {
	const char **words;
	size_t n;
	size_t capacity;
};
void study_words_done(struct study_words *w);
int study_words_add(struct study_words *w, const char *word);

/* "NAME=FILE" cut in two; the name is copied. 0, or the exit code after a message. */
int study_split_member(const char *verb, const char *text, char **ret_name, const char **ret_file);
