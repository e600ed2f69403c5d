#include "cli/cmd_study.h"

#include <string.h>

#include "base/mem.h"
#include "cli/manual.h"

struct subcommand {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
	{"run", "a whole study on this machine, every party in a process of its own", cmd_study_run},
	{"keygen", "make a key for a participant, and its public card", cmd_study_keygen},
	{"new", "write the study file: who takes part, what is compared", cmd_study_new},
	{"join", "join a study with a list (the analyst: without)", cmd_study_join},
	{"step", "take the messages in in/, write the next to out/", cmd_study_step},
	{"status", "where a participant stands, and whom it waits for", cmd_study_status},
	{"finish", "the analyst's last step: overlap table, estimates, report", cmd_study_finish},
	{"audit", "does a list give the commitment that was joined with?", cmd_study_audit},
	{"score", "compare a run with the truth, in the clear, for evaluation", cmd_study_score},
};
enum { N_SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

static void help(FILE *to)
{
	if (manual_form() != MANUAL_TEXT) {
		for (size_t i = 0; i < N_SUBCOMMANDS; i++)
			(void)fprintf(to, "%s\n", subcommands[i].name);
		return;
	}
	(void)fputs("usage: counterfoil study COMMAND [OPTION]...\n\nFind who stands on which organisations' "
		    "lists, "
		    "without showing a name.\n\ncommands:\n",
		to);
	for (size_t i = 0; i < N_SUBCOMMANDS; i++)
		(void)fprintf(to, "  %-8s %s\n", subcommands[i].name, subcommands[i].summary);
	(void)fputs("\n'counterfoil study COMMAND --help' tells more.\n\nexample:\n"
		    "  counterfoil study run --lists police.csv shelter.csv hotline.csv --out result\n",
		to);
}

int cmd_study(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return error_exit_code(CF_E_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		help(stdout);
		return 0;
	}
	for (size_t i = 0; i < N_SUBCOMMANDS; i++)
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	return cli_usage("study", "study has no command '%s'", argv[1]);
}

bool study_common_option(const char *verb, const char *name, const char *value, struct study_access *access,
	uint64_t *threads, bool *ret_bad)
{
	enum { MAX_THREADS = 1024 };
	*ret_bad = false;
	if (strcmp(name, "dir") == 0)
		access->dir = value;
	else if (strcmp(name, "key") == 0)
		access->key = value;
	else if (strcmp(name, "passphrase-file") == 0)
		access->passphrase_file = value;
	else if (strcmp(name, "threads") == 0)
		*ret_bad = !cli_count(verb, name, value, 0, MAX_THREADS, threads);
	else
		return false;
	return true;
}

void study_face_init(struct study_face *face, uint64_t threads, const char *label)
{
	progress_terminal_init(&face->terminal, stderr, label, false);
	face->control = (struct study_control){
		.n_threads = (int)threads,
		.progress = &face->terminal.progress,
	};
}

void study_face_done(struct study_face *face)
{
	progress_terminal_done(&face->terminal);
}

void study_words_done(struct study_words *w)
{
	mem_free(w->words);
}

int study_words_add(struct study_words *w, const char *word)
{
	const char **words = mem_grow(w->words, w->n, &w->capacity, sizeof *words);
	if (!words)
		return CF_E_MEMORY;
	w->words = words;
	w->words[w->n++] = word;
	return 0;
}

int study_split_member(const char *verb, const char *text, char **ret_name, const char **ret_file)
{
	const char *equals = strchr(text, '=');
	if (!equals || equals == text || !equals[1])
		return cli_usage(verb, "'%s' is not NAME=CARD", text);
	*ret_name = mem_strndup(text, (size_t)(equals - text));
	*ret_file = equals + 1;
	if (*ret_name)
		return 0;
	struct cf_error err = CF_ERROR_INIT;
	(void)error_memory(&err);
	return cli_fail(&err);
}
