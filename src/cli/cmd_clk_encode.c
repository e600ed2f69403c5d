#include <string.h>

#include "base/mem.h"
#include "cli/cmd_clk.h"

static const struct cli_option options[] = {
	{"schema", "FILE", "the linkage schema that all parties use"},
	{"secret", "FILE", "the secret that all parties share (counterfoil clk keygen)"},
	{"out", "FILE",
		"the encodings: JSON as clkhash uploads it when the name ends in .json,\nCSV for .csv, else "
		"a "
		"compact binary form; mode 0600"},
	{"form", "json|csv|binary", "the form, whatever the name"},
	{"flip-secret", "FILE",
		"draw the random flips from a secret of your own: the other parties cannot\ntake them "
		"away then"},
	{"unhardened", NULL,
		"exactly as clkhash encodes: no flips, no balancing, no salt; and schemas\nthat are known to "
		"be weak are taken. Published attacks read such encodings"},
	{"weak-secret", NULL, "take a secret of less than 32 bytes"},
	{"threads", "N", "default: all cores; results do not depend on it"},
	{"json", NULL, "print JSON"},
};
static const struct cli_command command = {
	.name = "clk encode",
	.summary = "Makes a cryptographic linkage key of every row. Columns are found by the names in the "
		   "schema. The first "
		   "cell\nthat does not fit the schema ends it, with its line and column.",
	.usage = "FILE.csv --schema FILE --secret FILE --out FILE [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil clk encode persons.csv --schema schema.json --secret secret.txt --out "
		   "ours.clk\n"
		   "  counterfoil clk encode persons.csv --schema theirs.json --secret secret.txt "
		   "--unhardened \\\n"
		   "    --out upload.json\n",
};

struct arguments {
	struct work_clk_encode_request request;
	bool json;
};

static bool read_form(const char *text, enum work_clk_form *ret)
{
	static const char *const names[] = {"json", "csv", "binary"};
	for (int i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum work_clk_form)(WORK_CLK_JSON + i);
			return true;
		}
	(void)cli_usage(command.name, "option --form needs json, csv or binary");
	return false;
}

static bool read_option(struct arguments *a, const char *name, const char *value)
{
	struct work_clk_encode_request *r = &a->request;
	uint64_t count = 0;
	if (strcmp(name, "threads") == 0) {
		const bool good = cli_count(command.name, name, value, 1, CLK_MAX_THREADS, &count);
		r->n_threads = (int)count;
		return good;
	}
	if (strcmp(name, "form") == 0)
		return read_form(value, &r->form);
	if (strcmp(name, "schema") == 0)
		r->schema_path = value;
	else if (strcmp(name, "secret") == 0)
		r->secret_path = value;
	else if (strcmp(name, "flip-secret") == 0)
		r->flip_secret_path = value;
	else if (strcmp(name, "out") == 0)
		r->out_path = value;
	else if (strcmp(name, "unhardened") == 0)
		r->unhardened = true;
	else if (strcmp(name, "weak-secret") == 0)
		r->weak_secret = true;
	else
		a->json = true;
	return true;
}

static int print(const struct work_clk_encode_answer *answer, bool as_json)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct json j;
	int status;
	if (as_json) {
		json_init(&j, &out, true);
		work_clk_encode_json(&j, answer);
		status = json_finish(&j);
	} else {
		status = work_clk_encode_text(answer, &out);
	}
	if (status < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	return cli_print(&out);
}

static int run(struct arguments *a)
{
	struct cf_error err = CF_ERROR_INIT;
	struct progress_terminal progress;
	struct work_clk_encode_answer answer;
	progress_terminal_init(&progress, stderr, NULL, false);
	a->request.progress = &progress.progress;
	const int failed = work_clk_encode(&a->request, &answer, &err);
	progress_terminal_done(&progress);
	a->request.progress = NULL;
	return failed < 0 ? cli_fail(&err) : print(&answer, a->json);
}

int cmd_clk_encode(int argc, char **argv)
{
	struct arguments a = {0};
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2 && a.request.path)
			return cli_usage(command.name, "unexpected '%s'", value);
		if (got == 2)
			a.request.path = value;
		else if (!read_option(&a, name, value))
			return error_exit_code(CF_E_USAGE);
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!a.request.path || !a.request.schema_path || !a.request.secret_path || !a.request.out_path)
		return cli_usage(command.name, "a CSV file, --schema, --secret and --out are needed");
	return run(&a);
}
