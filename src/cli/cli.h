/*
 * The command line: one function a verb in cmd_<verb>.c, a table of them in main.c. Each calls work and
 * prints what it returns; results go to standard output, everything else to standard error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"

/* All get argv with the verb at argv[0] and return the exit code. */
int cmd_add(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_clk(int argc, char **argv);
int cmd_consent(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_edit(int argc, char **argv);
int cmd_erase(int argc, char **argv);
int cmd_estimate(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_fields(int argc, char **argv);
int cmd_history(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_link(int argc, char **argv);
int cmd_link_files(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_passphrase(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_rotate(int argc, char **argv);
int cmd_search(int argc, char **argv);
int cmd_share(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_study(int argc, char **argv);
int cmd_user(int argc, char **argv);

/* Prints "counterfoil: message" on standard error and returns the exit code of the error. */
int cli_fail(const struct cf_error *err);
/* A usage error: prints the formatted message and "try 'counterfoil VERB --help'". Returns 2. */
int cli_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Writes and flushes; a failed write (a full disk, a closed pipe) is exit code 3. */
int cli_print(const struct buffer *text);

/* One option of a verb. argument NULL: a flag. */
struct cli_option {
	const char *name;     /* without dashes */
	const char *argument; /* "FILE", "N" or NULL */
	const char *help;
};
struct cli_command {
	const char *name;    /* "estimate", "study run" */
	const char *summary; /* one line */
	const char *usage;   /* "FILE.csv [OPTION]..." */
	const struct cli_option *options;
	size_t n_options;
	const char *example; /* whole lines, each indented by two spaces */
};
void cli_help(const struct cli_command *command, FILE *to);

/* Walks argv: options anywhere, "--name value" and "--name=value", "--" ends them. */
struct cli_walk {
	const struct cli_command *command;
	int argc;
	char **argv;
	int at;
	bool only_operands;
};
void cli_walk_init(struct cli_walk *w, const struct cli_command *command, int argc, char **argv);
/* 1 with an option (*ret_name from the table, *ret_value NULL for a flag), 2 with an operand (*ret_value),
 * 0 at the end, -1 after a usage message was printed, 3 when --help was printed. */
int cli_walk_next(struct cli_walk *w, const char **ret_name, const char **ret_value);
/* An option that takes a list as the arguments that follow it ("--lists A B C"): the next operand, or NULL.
 */
const char *cli_walk_more(struct cli_walk *w);

/* Strict numbers: the whole text, in range, else a usage message that names the option, and false. */
bool cli_number(const char *verb, const char *option, const char *text, double low, double high, double *ret);
bool cli_count(
	const char *verb, const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *ret);
