/* What the verbs on the case store share: how to open it, and how to ask for what is secret. */
#pragma once

#include "base/json.h"
#include "cli/cli.h"
#include "work/casebook/casebook.h"
#include "work/casebook/way_in.h"

/* For a verb's table of options. */
#define CLI_STORE_OPTIONS                                                                                    \
	{"store", "PATH",                                                                                    \
		"the case store, a file or postgresql://... (default: the\nenvironment's "                   \
		"COUNTERFOIL_STORE, "                                                                        \
		"or casebook.store)"},                                                                       \
		{"user", "NAME",                                                                             \
			"who you are (default: COUNTERFOIL_USER); without, the store's own\npassphrase or "  \
			"key "                                                                               \
			"file opens it, for an administrator"},                                              \
		{"passphrase-file", "FILE",                                                                  \
			"the password's or passphrase's file, - for standard input; else you are asked"},    \
		{"key-file", "FILE", "the store's key file, where it was made with one"},                    \
		{"code", "DIGITS", "one-time code, where the user has one"},                                 \
		{"erasures", "FILE", "the list of erasures (default: beside the store)"},                    \
	{                                                                                                    \
		"json", NULL, "print JSON"                                                                   \
	}

/* For verbs that set a passphrase or password. */
#define CLI_STRETCH_OPTION                                                                                   \
	{                                                                                                    \
		"stretch", "MIB",                                                                            \
			"memory that each guess at the new passphrase or password costs an\nattacker, and "  \
			"each opening you "                                                                  \
			"(default 256, at least 8)"                                                          \
	}

struct cli_store {
	struct way_in way;
	bool json;
};

/* Takes from the environment what it gives. */
void cli_store_init(struct cli_store *s);
/* True when the option was one of those above; *ret_good is false when its value was refused, with a message.
 */
bool cli_store_option(struct cli_store *s, const char *name, const char *value, bool *ret_good);

/* Walks the arguments of a verb whose own options are handled by `own` (may be NULL; false ends with a usage
 * message it printed itself), and gathers at most max operands. Returns how many; negative: an exit code is
 * in *ret_exit. */
struct cli_store_walk {
	const struct cli_command *command;
	bool (*own)(void *context, const char *name, const char *value);
	void *context;
	const char **operands;
	int min, max;
	const char *missing; /* what to say when there are fewer than min operands */
};
int cli_store_walk(
	struct cli_store *s, const struct cli_store_walk *walk, int argc, char **argv, int *ret_exit);
/* The same, and opens the store. */
int cli_store_begin(struct cli_store *s, const struct cli_store_walk *walk, int argc, char **argv,
	struct casebook **ret, int *ret_exit);

/* Opens, or prints why not and returns its exit code. */
int cli_store_open(const struct cli_store *s, struct casebook **ret);
/* Finishes the JSON, prints what was written, and returns the exit code. */
int cli_print_json(struct json *j, const struct buffer *out);
/* A prompt on the terminal, nothing echoed. */
int cli_ask_secret(void *context, const char *question, char *to, size_t room, struct cf_error *err);
/* How wide the terminal is; 100 where there is none. */
size_t cli_width(void);

/* An id as the lists show it, else a usage message and false. */
bool cli_record_id(const char *verb, const char *text, struct record_id *ret);
