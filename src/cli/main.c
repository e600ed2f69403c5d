#include <locale.h>
#include <string.h>

#include "base/harden.h"
#include "base/interrupt.h"
#include "cli/cli.h"
#include "cli/manual.h"
#include "config.h"

struct verb {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct verb verbs[] = {
	{"init", "make a case store: encrypted records, consent, an audit log", cmd_init},
	{"import", "take records in from CSV, JSON Lines or XLSX", cmd_import},
	{"add", "add a record", cmd_add},
	{"show", "show a record", cmd_show},
	{"list", "list records by their coded fields", cmd_list},
	{"search", "find records by a name, a phone, a document", cmd_search},
	{"edit", "change a record", cmd_edit},
	{"history", "a record's revisions", cmd_history},
	{"fields", "the kinds of record and their fields", cmd_fields},
	{"share", "let others work on a case, or hand it over", cmd_share},
	{"link-files", "note files that belong to a case as evidence, with their hashes", cmd_link_files},
	{"consent", "what a person allowed, withdrawing it, and what went where", cmd_consent},
	{"export", "records for others, as far as consent or law covers them", cmd_export},
	{"erase", "erase a person", cmd_erase},
	{"user", "who works with the store", cmd_user},
	{"audit", "the log: verify, show, prove", cmd_audit},
	{"backup", "copy the store", cmd_backup},
	{"restore", "make a store from a backup", cmd_restore},
	{"rotate", "a new key for the store", cmd_rotate},
	{"passphrase", "change what opens the store", cmd_passphrase},
	{"doctor", "check the store's database", cmd_doctor},
	{"study", "find who stands on which organisations' lists, without showing a name", cmd_study},
	{"link", "who is the same person, within a file or across files", cmd_link},
	{"clk", "cryptographic linkage keys, for partners who exchange them", cmd_clk},
	{"estimate", "how many persons no list has seen, from an overlap table", cmd_estimate},
};
enum { N_VERBS = sizeof verbs / sizeof *verbs };

static void help(FILE *to)
{
	if (manual_form() != MANUAL_TEXT) {
		for (size_t i = 0; i < N_VERBS; i++)
			(void)fprintf(to, "%s\n", verbs[i].name);
		return;
	}
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
