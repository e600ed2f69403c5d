/*
 * counterfoil clk: cryptographic linkage keys, for partners who exchange them. keygen and schema are here.
 */
#include "cli/cmd_clk.h"

#include <string.h>

#include "base/mem.h"
#include "cli/manual.h"

enum { MAX_IGNORED = 256 };

struct subcommand {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct subcommand subcommands[] = {
	{"keygen", "make the secret that the parties of a study share", cmd_clk_keygen},
	{"schema", "write a linkage schema for a CSV file, with reasons", cmd_clk_schema},
	{"encode", "make encodings of a CSV file's rows", cmd_clk_encode},
	{"join", "find the encodings of two files that are alike", cmd_clk_join},
};
enum { N_SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

static void help(FILE *to)
{
	if (manual_form() != MANUAL_TEXT) {
		for (size_t i = 0; i < N_SUBCOMMANDS; i++)
			(void)fprintf(to, "%s\n", subcommands[i].name);
		return;
	}
	(void)fputs(
		"usage: counterfoil clk COMMAND [OPTION]...\n\nCryptographic linkage keys (Bloom filter "
		"encodings) as "
		"clkhash's schema version 3 describes them,\nfor partners who use them. They hide less than "
		"'counterfoil study' does: published attacks read\nencodings back, hardened ones with more "
		"work. See "
		"docs/clk.md.\n\ncommands:\n",
		to);
	for (size_t i = 0; i < N_SUBCOMMANDS; i++)
		(void)fprintf(to, "  %-8s %s\n", subcommands[i].name, subcommands[i].summary);
	(void)fputs("\n'counterfoil clk COMMAND --help' tells more.\n\nexample:\n"
		    "  counterfoil clk keygen secret.txt\n"
		    "  counterfoil clk schema persons.csv --study north-2026 --out schema.json\n"
		    "  counterfoil clk encode persons.csv --schema schema.json --secret secret.txt --out "
		    "ours.clk\n"
		    "  counterfoil clk join ours.clk theirs.json --pairs pairs.csv\n",
		to);
}

int cmd_clk(int argc, char **argv)
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
	return cli_usage("clk", "clk has no command '%s'", argv[1]);
}

/* ---- keygen ---- */

static const struct cli_option keygen_options[] = {
	{"json", NULL, "print JSON"},
};
static const struct cli_command keygen = {
	.name = "clk keygen",
	.summary = "Makes a secret of 256 bits (64 digits of text, mode 0600) for one study. Carry it to the "
		   "other parties by "
		   "a\nway of its own, never with encodings, and never to who links them. clkhash takes the "
		   "text as its secret.",
	.usage = "FILE",
	.options = keygen_options,
	.n_options = sizeof keygen_options / sizeof *keygen_options,
	.example = "  counterfoil clk keygen secret.txt\n",
};

int cmd_clk_keygen(int argc, char **argv)
{
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cli_walk walk;
	const char *name;
	const char *value;
	const char *path = NULL;
	bool as_json = false;
	int got;
	cli_walk_init(&walk, &keygen, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 1)
			as_json = true;
		else if (path)
			return cli_usage(keygen.name, "unexpected '%s'", value);
		else
			path = value;
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!path)
		return cli_usage(keygen.name, "which file?");
	if (work_clk_keygen(path, &err) < 0)
		return cli_fail(&err);
	if (!as_json)
		return 0;
	struct json j;
	json_init(&j, &out, true);
	json_begin_object(&j);
	json_key_text(&j, "secret", path);
	json_end(&j);
	if (json_finish(&j) < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	return cli_print(&out);
}

/* ---- schema ---- */

static const struct cli_option schema_options[] = {
	{"study", "TEXT", "what the parties call the study; it enters the keys"},
	{"ignore", "COLUMN,...", "columns to leave out; may be repeated"},
	{"out", "FILE", "default: print it"},
};
static const struct cli_command schema = {
	.name = "clk schema",
	.summary =
		"Writes a linkage schema (version 3 of clkhash's, with hardening) for a CSV file: a format "
		"and hashing for "
		"each\ncolumn, and the reason in its description. One party makes it, all use the same file.",
	.usage = "FILE.csv --study TEXT [OPTION]...",
	.options = schema_options,
	.n_options = sizeof schema_options / sizeof *schema_options,
	.example =
		"  counterfoil clk schema persons.csv --study north-2026 --ignore notes --out schema.json\n",
};

struct schema_arguments {
	struct work_clk_schema_request request;
	const char *ignore[MAX_IGNORED];
	char *names[MAX_IGNORED];
};

static void schema_arguments_done(struct schema_arguments *a)
{
	for (size_t i = 0; i < a->request.n_ignore; i++)
		(void)mem_free(a->names[i]);
}

static bool add_ignored(struct schema_arguments *a, const char *text)
{
	while (*text) {
		const size_t n = strcspn(text, ",");
		const size_t i = a->request.n_ignore;
		if (i == MAX_IGNORED) {
			(void)cli_usage(schema.name, "at most %d columns to ignore", MAX_IGNORED);
			return false;
		}
		a->names[i] = mem_strndup(text, n);
		if (!a->names[i])
			return false;
		a->ignore[i] = a->names[i];
		a->request.n_ignore++;
		text += n + (text[n] == ',');
	}
	return true;
}

static bool read_schema_option(struct schema_arguments *a, const char *name, const char *value)
{
	if (strcmp(name, "ignore") == 0)
		return add_ignored(a, value);
	if (strcmp(name, "study") == 0)
		a->request.study = value;
	else
		a->request.out_path = value;
	return true;
}

int cmd_clk_schema(int argc, char **argv)
{
	CF_CLEANUP(schema_arguments_done) struct schema_arguments a = {0};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	a.request.ignore = a.ignore;
	cli_walk_init(&walk, &schema, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2 && a.request.path)
			return cli_usage(schema.name, "unexpected '%s'", value);
		if (got == 2)
			a.request.path = value;
		else if (!read_schema_option(&a, name, value))
			return error_exit_code(CF_E_USAGE);
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!a.request.path || !a.request.study)
		return cli_usage(schema.name, "a CSV file and --study are needed");
	if (work_clk_schema(&a.request, &out, &err) < 0)
		return cli_fail(&err);
	return a.request.out_path ? 0 : cli_print(&out);
}
