#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/cmd_clk.h"

enum { MAX_TOP = 1000 };

static const struct cli_option options[] = {
	{"pairs", "FILE", "write the pairs as CSV: row_l,row_r,score (rows count from 1); mode 0600"},
	{"threshold", "SCORE",
		"the least Dice coefficient, 0 to 1 (default: where about one pair of 200\nfound is expected "
		"to "
		"be a chance one)"},
	{"solve", "greedy|exact|none",
		"one-to-one by the highest score first (default), with the greatest sum of\nscores, "
		"or all pairs above the threshold"},
	{"top", "K", "instead: the best K of each row of the first file"},
	{"threads", "N", "default: all cores; results do not depend on it"},
	{"memory", "SIZE", "at most this much, as 512M or 4G (default 2G)"},
	{"json", NULL, "print JSON"},
};
static const struct cli_command command = {
	.name = "clk join",
	.summary = "Compares all encodings of two files by their Dice coefficient, or those of one file with "
		   "each other. Files "
		   "are\nclkhash's JSON, CSV with a column 'clk', or the binary form; they are told apart by "
		   "their content.",
	.usage = "FILE [FILE] [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil clk join ours.clk theirs.json --pairs pairs.csv\n"
		   "  counterfoil clk join ours.clk --threshold 0.85 --solve none --pairs doubles.csv\n",
};

struct arguments {
	struct work_clk_join_request request;
	bool solve_said;
	bool json;
};

static bool read_size(const char *text, size_t *ret)
{
	char *end;
	const double value = strtod(text, &end);
	const double unit = *end == 'K' || *end == 'k'   ? 1024.0
			    : *end == 'M' || *end == 'm' ? 1048576.0
			    : *end == 'G' || *end == 'g' ? 1073741824.0
							 : 1.0;
	end += unit > 1;
	const bool good = end != text && *end == '\0' && value * unit >= 1048576.0 && value * unit < 1e15;
	if (good)
		*ret = (size_t)(value * unit);
	else
		(void)cli_usage(
			command.name, "option --memory needs a size of 1M or more, such as 512M or 4G");
	return good;
}

static bool read_solve(struct arguments *a, const char *text)
{
	static const struct {
		const char *name;
		enum work_clk_solve solve;
	} ways[] = {{"greedy", WORK_CLK_GREEDY}, {"exact", WORK_CLK_EXACT}, {"none", WORK_CLK_ALL_PAIRS}};
	for (size_t i = 0; i < 3; i++)
		if (strcmp(text, ways[i].name) == 0) {
			a->request.solve = ways[i].solve;
			a->solve_said = true;
			return true;
		}
	(void)cli_usage(command.name, "option --solve needs greedy, exact or none");
	return false;
}

static bool read_option(struct arguments *a, const char *name, const char *value)
{
	struct work_clk_join_request *r = &a->request;
	uint64_t count = 0;
	bool good = true;
	if (strcmp(name, "threshold") == 0)
		return cli_number(command.name, name, value, 0, 1, &r->threshold);
	if (strcmp(name, "solve") == 0)
		return read_solve(a, value);
	if (strcmp(name, "memory") == 0)
		return read_size(value, &r->memory_bytes);
	if (strcmp(name, "top") == 0) {
		good = cli_count(command.name, name, value, 1, MAX_TOP, &count);
		r->top = (size_t)count;
	} else if (strcmp(name, "threads") == 0) {
		good = cli_count(command.name, name, value, 1, CLK_MAX_THREADS, &count);
		r->n_threads = (int)count;
	} else if (strcmp(name, "pairs") == 0) {
		r->pairs_path = value;
	} else {
		a->json = true;
	}
	return good;
}

static int print(const struct work_clk_join_answer *answer, bool as_json)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct json j;
	int status;
	if (as_json) {
		json_init(&j, &out, true);
		work_clk_join_json(&j, answer);
		status = json_finish(&j);
	} else {
		status = work_clk_join_text(answer, &out);
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
	struct work_clk_join_answer answer;
	if (a->request.top)
		a->request.solve = WORK_CLK_TOP;
	else if (!a->request.right_path && !a->solve_said)
		a->request.solve = WORK_CLK_ALL_PAIRS; /* within one file a row may have several doubles */
	progress_terminal_init(&progress, stderr, NULL, false);
	a->request.progress = &progress.progress;
	const int failed = work_clk_join(&a->request, &answer, &err);
	progress_terminal_done(&progress);
	a->request.progress = NULL;
	return failed < 0 ? cli_fail(&err) : print(&answer, a->json);
}

int cmd_clk_join(int argc, char **argv)
{
	struct arguments a = {.request = {.threshold = -1}};
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2 && a.request.right_path)
			return cli_usage(command.name, "at most two files");
		if (got == 2)
			*(a.request.left_path ? &a.request.right_path : &a.request.left_path) = value;
		else if (!read_option(&a, name, value))
			return error_exit_code(CF_E_USAGE);
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!a.request.left_path)
		return cli_usage(command.name, "which files?");
	if (a.request.top && a.solve_said)
		return cli_usage(command.name, "--top and --solve do not go together");
	return run(&a);
}
