#include <string.h>

#include "cli/cmd_study.h"
#include "work/study_score.h"

static const struct cli_option options[] = {
	{"truth", "COLUMN[:REGEX]",
		"the column that tells who is who; of each cell the first group of\n"
		"the POSIX extended expression, or without groups what it matches"},
	{"json", NULL, "print an object"},
};
static const struct cli_command command = {
	.name = "study score",
	.summary =
		"Precision and recall of a study that 'study run' made, over pairs of rows of different "
		"lists,\n"
		"for lists whose truth is known. Reads the lists again and matches them in the clear; fails\n"
		"when the overlap table so made differs in one cell from the protocol's.",
	.usage = "DIR --truth COLUMN[:REGEX] [--json]",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil study run --lists a.csv b.csv --ignore rec_id --out result\n"
		   "  counterfoil study score result --truth 'rec_id:rec-([0-9]+)-'\n",
};

static int score(struct study_score_request *request, bool json)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP_STUDY_SCORE struct study_score *result = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct progress_terminal terminal;
	progress_terminal_init(&terminal, stderr, request->dir, false);
	request->progress = &terminal.progress;
	int status = study_score(request, &result, &err);
	request->progress = NULL;
	progress_terminal_done(&terminal);
	if (status >= 0 && (json ? study_score_json(result, &text) : study_score_text(result, &text)) < 0)
		status = error_memory(&err);
	return status < 0 ? cli_fail(&err) : cli_print(&text);
}

int cmd_study_score(int argc, char **argv)
{
	struct study_score_request request = {0};
	bool json = false;
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2 && request.dir)
			return cli_usage(command.name, "unexpected '%s'", value);
		if (got == 2)
			request.dir = value;
		else if (strcmp(name, "truth") == 0)
			request.truth = value;
		else
			json = true;
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!request.dir || !request.truth)
		return cli_usage(command.name, "DIR and --truth are needed");
	return score(&request, json);
}
