#include <string.h>

#include "cli/cmd_study.h"

static const struct cli_option options[] = {
	STUDY_OPTION_DIR,
	{"out", "OUT", "folder for overlap.csv (exact), report.html and report.json"},
	{"bootstrap", "N", "bootstrap replicates for intervals; 1000"},
	{"seed", "S", "seed of the bootstrap; 1"},
	{"json", NULL, "print a summary object"},
	STUDY_OPTION_KEY,
	STUDY_OPTION_PASSPHRASE,
	STUDY_OPTION_THREADS,
};
static const struct cli_command command = {
	.name = "study finish",
	.summary = "At the analyst: makes the overlap table, the estimates and the report.\n"
		   "Exit code 1: the data identify no estimate; the report is written and says why.",
	.usage = "--dir DIR --out OUT [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil study finish --dir analyst --out result\n",
};

static int run(const struct study_finish_request *request, uint64_t threads, bool json)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct study_finish_result result = {0};
	struct study_face face;
	study_face_init(&face, threads, request->access.dir);
	int status =
		study_finish(request, &face.control, &result, json ? NULL : &text, json ? &text : NULL, &err);
	study_face_done(&face);
	if (status < 0)
		return cli_fail(&err);
	int code = cli_print(&text);
	return code == 0 && !result.answered ? error_exit_code(CF_E_NO_ANSWER) : code;
}

int cmd_study_finish(int argc, char **argv)
{
	enum { MAX_BOOTSTRAP = 10000000 };
	struct study_finish_request request = {0};
	uint64_t bootstrap = 1000;
	uint64_t seed = 1;
	uint64_t threads = 0;
	bool json = false;
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		bool bad = false;
		if (got == 3)
			return 0;
		if (got == 2)
			return cli_usage(command.name, "unexpected '%s'", value);
		if (strcmp(name, "out") == 0)
			request.out = value;
		else if (strcmp(name, "bootstrap") == 0)
			bad = !cli_count(command.name, name, value, 0, MAX_BOOTSTRAP, &bootstrap);
		else if (strcmp(name, "seed") == 0)
			bad = !cli_count(command.name, name, value, 0, UINT64_MAX, &seed);
		else if (strcmp(name, "json") == 0)
			json = true;
		else
			(void)study_common_option(command.name, name, value, &request.access, &threads, &bad);
		if (bad)
			return error_exit_code(CF_E_USAGE);
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!request.access.dir || !request.out)
		return cli_usage(command.name, "--dir and --out are needed");
	request.n_bootstrap = (uint32_t)bootstrap;
	request.seed = seed;
	return run(&request, threads, json);
}
