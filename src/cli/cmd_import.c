/*
 * counterfoil import: files into the case store.
 */
#include <string.h>

#include "base/progress.h"
#include "cli/cli_store.h"
#include "work/casebook/take_in.h"

static const struct cli_option options[] = {
	{"mapping", "FILE", "which column is which field; without, it is guessed and shown"},
	{"suggest", NULL,
		"print the mapping that would be guessed, to change and give back; imports nothing"},
	{"dry-run", NULL, "check everything, import nothing"},
	{"partial", NULL, "import the good rows although others are bad"},
	{"rejects", "FILE",
		"with --partial: write the bad rows there with the reasons, to be mended and\nimported "
		"again"},
	{"sheet", "NAME", "of a workbook, this sheet alone (default: all)"},
	{"country", "CODE", "of phones without a calling code"},
	{"name", "TEXT",
		"what the ids of the source begin with, where a mapping is guessed (default:\nthe file's "
		"name)"},
	{"reason", "TEXT", "why; kept with the revisions"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "import",
	.summary = "Takes records in from a CSV, JSON Lines or XLSX file. Columns of HTCDS 2.0, CTDC and "
		   "common headers in\n"
		   "English, French and Spanish are known; what is guessed is shown. Every bad cell is named "
		   "with its file,\n"
		   "sheet, line, column and reason, and by default nothing is imported when anything is bad. "
		   "Importing a file\n"
		   "twice changes nothing; a changed row becomes a revision.",
	.usage = "FILE [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil import clients.xlsx --dry-run --user amina\n"
		   "  counterfoil import clients.xlsx --suggest > clients.map; counterfoil import "
		   "clients.xlsx --mapping "
		   "clients.map\n",
};

struct import {
	struct take_in_request request;
	bool suggest, partial, dry_run;
};

static bool own(void *context, const char *name, const char *value)
{
	struct import *in = context;
	struct {
		const char *name;
		bool *to;
	} flags[] = {{"suggest", &in->suggest}, {"partial", &in->partial}, {"dry-run", &in->dry_run}};
	struct {
		const char *name;
		const char **to;
	} texts[] = {{"mapping", &in->request.mapping}, {"rejects", &in->request.rejects},
		{"sheet", &in->request.sheet}, {"country", &in->request.country},
		{"name", &in->request.source_name}, {"reason", &in->request.why.reason}};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(name, flags[i].name) == 0)
			*flags[i].to = true;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(name, texts[i].name) == 0)
			*texts[i].to = value;
	return true;
}

static void json_counts(struct json *j, const struct take_in_counts *n, const struct import *in)
{
	json_key_text(j, "file", in->request.path);
	json_key_text(j, "mode", in->dry_run ? "dry-run" : in->partial ? "partial" : "all-or-nothing");
	json_key_unsigned(j, "rows", n->rows.n_rows);
	json_key_unsigned(j, "good_rows", n->rows.n_good_rows);
	json_key_unsigned(j, "faults", n->rows.n_faults);
	json_key_unsigned(j, "new", n->n_new);
	json_key_unsigned(j, "changed", n->n_changed);
	json_key_unsigned(j, "unchanged", n->n_unchanged);
}

static void json_lines(struct json *j, const char *key, const struct buffer *text)
{
	json_key(j, key);
	json_begin_array(j);
	for (const char *line = buffer_text(text); *line;) {
		size_t n = strcspn(line, "\n");
		char *copy = mem_strndup(line, n);
		json_text(j, copy);
		mem_free(copy);
		line += n + (line[n] == '\n');
	}
	json_end(j);
}

static int print_json(const struct import *in, const struct take_in_counts *n,
	const struct buffer *description, const struct buffer *faults)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, true);
	json_begin_object(&j);
	json_counts(&j, n, in);
	json_lines(&j, "columns", description);
	json_lines(&j, "bad", faults);
	json_end(&j);
	return cli_print_json(&j, &out);
}

static int print_text(
	const struct import *in, const struct take_in_counts *n, const struct buffer *description)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	int status = buffer_append_text(&out, buffer_text(description));
	if (status >= 0)
		status = buffer_printf(&out, "%llu rows, %llu of them good",
			(unsigned long long)n->rows.n_rows, (unsigned long long)n->rows.n_good_rows);
	if (status >= 0 && in->dry_run)
		status = buffer_append_text(&out, "; nothing was imported (--dry-run)\n");
	else if (status >= 0)
		status = buffer_printf(&out, ": %llu records new, %llu changed, %llu unchanged\n",
			(unsigned long long)n->n_new, (unsigned long long)n->n_changed,
			(unsigned long long)n->n_unchanged);
	return status < 0 ? error_exit_code(CF_E_MEMORY) : cli_print(&out);
}

static int run(struct casebook *c, const struct cli_store *s, const struct import *in)
{
	CF_CLEANUP(buffer_done) struct buffer description = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer faults = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct take_in_counts counts = {0};
	struct progress_terminal terminal;
	progress_terminal_init(&terminal, stderr, "import", false);
	struct take_in_request request = in->request;
	request.progress = &terminal.progress;
	int status = take_in(c, &request, &counts, &description, &faults, &err);
	progress_terminal_done(&terminal);
	if (!s->json)
		(void)fputs(buffer_text(&faults), stderr);
	if (counts.rows.n_faults > 5000 && !s->json)
		(void)fprintf(stderr, "%llu faults in all\n", (unsigned long long)counts.rows.n_faults);
	if (status < 0 && !(s->json && counts.rows.n_faults))
		return cli_fail(&err);
	int printed = s->json ? print_json(in, &counts, &description, &faults)
			      : print_text(in, &counts, &description);
	if (status < 0)
		return error_exit_code(err.code);
	/* what was rejected is not done */
	return printed ? printed : counts.rows.n_faults ? error_exit_code(CF_E_INPUT) : 0;
}

static int suggest(const struct import *in)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	return take_in_suggest(&in->request, &out, &err) < 0 ? cli_fail(&err) : cli_print(&out);
}

int cmd_import(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct import in = {0};
	struct cli_store s;
	const char *operand = NULL;
	int exit_code;
	struct cli_store_walk walk = {.command = &command,
		.own = own,
		.context = &in,
		.operands = &operand,
		.min = 1,
		.max = 1,
		.missing = "which file?"};
	cli_store_init(&s);
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	in.request.path = operand;
	in.request.mode = in.dry_run ? IMPORT_DRY_RUN : in.partial ? IMPORT_PARTIAL : IMPORT_ALL_OR_NOTHING;
	if (in.request.rejects && !in.partial)
		return cli_usage("import", "--rejects goes with --partial");
	if (in.suggest)
		return suggest(&in);
	exit_code = cli_store_open(&s, &c);
	return exit_code ? exit_code : run(c, &s, &in);
}
