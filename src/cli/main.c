#include <locale.h>
#include <string.h>

#include "base/harden.h"
#include "base/interrupt.h"
#include "cli/cli.h"
#include "config.h"

struct verb {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct verb verbs[] = {
	{"study", "find who stands on which organisations' lists, without showing a name", cmd_study},
	{"link", "who is the same person, within a file or across files", cmd_link},
	{"estimate", "how many persons no list has seen, from an overlap table", cmd_estimate},
};
enum { N_VERBS = sizeof verbs / sizeof *verbs };

static void help(FILE *to)
{
	(void)fputs("usage: counterfoil VERB [OPTION]...\n\nverbs:\n", to);
	for (size_t i = 0; i < N_VERBS; i++)
		(void)fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
	(void)fputs("\n'counterfoil VERB --help' tells more. Exit codes: 0 done, 1 the data cannot say,\n"
		    "2 wrong use or bad input, 3 something failed underneath.\n",
		to);
}

int main(int argc, char **argv)
{
	(void)setlocale(LC_CTYPE, "");
	interrupt_install();
	struct cf_error err = CF_ERROR_INIT;
	if (harden_process(&err) < 0) {
		(void)fprintf(stderr, "counterfoil: %s\n", err.message);
		return error_exit_code(err.code);
	}
	if (argc < 2) {
		help(stderr);
		return error_exit_code(CF_E_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("counterfoil %s\n", CF_VERSION);
		return 0;
	}
	for (size_t i = 0; i < N_VERBS; i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "counterfoil: no verb '%s'\n", argv[1]);
	help(stderr);
	return error_exit_code(CF_E_USAGE);
}
