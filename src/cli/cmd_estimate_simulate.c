/*
 * counterfoil estimate simulate: tables drawn from a fitted model, and how often intervals cover the truth.
 */
#include <string.h>

#include "base/progress.h"
#include "cli/cli.h"
#include "cli/cmd_estimate.h"
#include "work/estimate_simulate.h"

enum { MAX_THREADS = 1024, MAX_TABLES = 1000000, MAX_BOOTSTRAP = 10000000 };

static const struct cli_option options[] = {
	{"from", "METHOD",
		"how the true model is chosen on FILE: main, stepwise (default),\nbic, aicc or downhill"},
	{"model", "MODEL", "the true model by name: \"[12,3]\" or \"A:B, C\""},
	{"persons", "N", "in each simulated population (default: the fitted total)"},
	{"tables", "N", "to draw (default 1000)"},
	{"method", "NAME",
		"methods to try on each table; 'true' is the true model itself\n(default: true,stepwise)"},
	{"interval", "KIND", "bca, percentile or profile (default profile, which needs no\nbootstrap)"},
	{"bootstrap", "N", "replicates for each table (default 0; bca and percentile need some)"},
	{"p", "P", "threshold of stepwise (default 0.02)"},
	{"order", "N", "largest interaction that bic, aicc and average may choose (default 2)"},
	{"level", "L", "of the intervals (default 0.95)"},
	{"seed", "N", "of the random numbers (default 1)"},
	{"out", "FILE",
		"write the tables drawn to this CSV file (stratum_table numbers them)\nand study nothing"},
	{"threads", "N", "default: all cores; results do not depend on it"},
	{"json", NULL, "print JSON"},
};

static const struct cli_command command = {
	.name = "estimate simulate",
	.summary = "How good are the intervals? Fits a model to the overlap table FILE.csv, draws tables "
		   "from it, so\n"
		   "that the total is known, and counts how often each method's interval covers it.",
	.usage = "FILE.csv [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil estimate simulate overlap.csv\n"
		   "  counterfoil estimate simulate overlap.csv --method stepwise --interval bca --bootstrap "
		   "1000\n"
		   "  counterfoil estimate simulate overlap.csv --from bic --tables 100 --out tables.csv\n",
};

struct arguments {
	struct work_simulate_request request;
	const char *out;
	bool json;
};

static bool read_truth(const char *text, struct simulate_plan *plan)
{
	uint32_t methods = 0;
	if (!estimate_read_methods(command.name, text, &methods))
		return false;
	if (methods & (methods - 1))
		return cli_usage(command.name, "option --from takes one method") == 0;
	plan->truth = (enum estimate_method)__builtin_ctz(methods);
	return true;
}

/* "true" among other methods. */
static bool read_tried(const char *text, uint32_t *methods)
{
	while (*text) {
		char word[32];
		size_t n = strcspn(text, ",");
		(void)snprintf(word, sizeof word, "%.*s", (int)n, text);
		if (strcmp(word, "true") == 0)
			*methods |= 1u << ESTIMATE_MODEL;
		else if (!estimate_read_methods(command.name, word, methods))
			return false;
		text += n + (text[n] == ',');
	}
	return true;
}

static bool read_number(struct arguments *a, const char *name, const char *value)
{
	struct simulate_plan *plan = &a->request.plan;
	struct estimate_options *o = &plan->analysis;
	uint64_t count = 0;
	if (strcmp(name, "p") == 0)
		return cli_number(command.name, name, value, 0, 1, &o->p);
	if (strcmp(name, "level") == 0)
		return cli_number(command.name, name, value, 0.01, 0.9999, &o->level);
	if (strcmp(name, "seed") == 0)
		return cli_count(command.name, name, value, 0, UINT64_MAX, &plan->seed);
	if (strcmp(name, "persons") == 0)
		return cli_count(command.name, name, value, 1, OVERLAP_MAX_PERSONS, &plan->n_persons);
	bool tables = strcmp(name, "tables") == 0;
	bool order = strcmp(name, "order") == 0;
	bool threads = strcmp(name, "threads") == 0;
	uint64_t high = tables ? MAX_TABLES : order ? 12 : threads ? MAX_THREADS : MAX_BOOTSTRAP;
	if (!cli_count(command.name, name, value, tables || order || threads, high, &count))
		return false;
	if (tables)
		plan->n_tables = (uint32_t)count;
	else if (order)
		o->order = (int)count;
	else if (threads)
		a->request.n_threads = (int)count;
	else
		o->n_bootstrap = (uint32_t)count;
	return true;
}

static bool read_option(struct arguments *a, uint32_t *methods, const char *name, const char *value)
{
	struct simulate_plan *plan = &a->request.plan;
	int kind = 0;
	if (strcmp(name, "json") == 0)
		a->json = true;
	else if (strcmp(name, "out") == 0)
		a->out = value;
	else if (strcmp(name, "from") == 0)
		return read_truth(value, plan);
	else if (strcmp(name, "method") == 0)
		return read_tried(value, methods);
	else if (strcmp(name, "model") == 0) {
		plan->truth = ESTIMATE_MODEL;
		plan->truth_model = value;
	} else if (strcmp(name, "interval") == 0) {
		if (!estimate_read_interval(command.name, value, &kind))
			return false;
		plan->analysis.interval = (enum estimate_interval)kind;
	} else {
		return read_number(a, name, value);
	}
	return true;
}

/* 0 to go on, else the exit code plus one. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	struct cli_walk walk;
	const char *name;
	const char *value;
	uint32_t methods = 0;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) != 0) {
		if (got == 3)
			return 1;
		if (got < 0 || (got == 1 && !read_option(a, &methods, name, value)))
			return 3;
		if (got == 2 && a->request.path)
			return 1 + cli_usage(command.name, "one table at a time, please");
		if (got == 2)
			a->request.path = value;
	}
	if (!a->request.path)
		return 1 + cli_usage(command.name, "which table? give the path of a CSV file");
	if (methods)
		a->request.plan.analysis.methods = methods;
	const struct estimate_options *o = &a->request.plan.analysis;
	if (!a->out && o->interval != ESTIMATE_INTERVAL_PROFILE && o->n_bootstrap == 0)
		return 1 + cli_usage(command.name, "such intervals need --bootstrap");
	return 0;
}

static int run(struct arguments *a, struct buffer *text, struct cf_error *err)
{
	if (a->out)
		return work_simulate_tables(&a->request, a->out, err);
	CF_CLEANUP(simulate_result_done) struct simulate_result result = {0};
	TRY(work_simulate(&a->request, &result, err));
	TRY_MEMORY(a->json ? work_simulate_json(&result, text) : work_simulate_text(&result, text), err);
	return CF_OK;
}

int cmd_estimate_simulate(int argc, char **argv)
{
	struct arguments a = {.request.plan = {.truth = ESTIMATE_STEPWISE,
				      .n_tables = 1000,
				      .seed = 1,
				      .analysis = ESTIMATE_OPTIONS_INIT}};
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	a.request.plan.analysis.methods = 1u << ESTIMATE_MODEL | 1u << ESTIMATE_STEPWISE;
	a.request.plan.analysis.interval = ESTIMATE_INTERVAL_PROFILE;
	int stop = read_arguments(argc, argv, &a);
	if (stop)
		return stop - 1;
	struct progress_terminal progress;
	progress_terminal_init(&progress, stderr, NULL, false);
	a.request.progress = &progress.progress;
	int status = run(&a, &text, &err);
	progress_terminal_done(&progress);
	return status < 0 ? cli_fail(&err) : cli_print(&text);
}
