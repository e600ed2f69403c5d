#include <string.h>

#include "base/mem.h"
#include "cli/cmd_study.h"

static const struct cli_option options[] = {
	{"lists", "A.csv B.csv ...", "the parties' lists; their file names name the parties"},
	{"out", "DIR",
		"folder for report.html, report.json and overlap.csv; the parties'\nfolders are in "
		"DIR/parties"},
	{"names", "A,B,...", "other names for the parties, in the order of the lists"},
	{"ignore", "COLUMN", "a column that is not to be used; repeat"},
	{"map", "FILE", "sections [columns NAME]: which column of that list is what"},
	{"keys", "FILE", "match keys; without: the shipped ones"},
	{"strata", "LIST", "agreed strata: sex,age_band,form"},
	{"country", "CODE", "calling code for phones without +, such as 61"},
	{"title", "TEXT", "what the study is called"},
	{"epoch", "TEXT", "the period it is for; the current year"},
	{"k", "N", "least count that the report shows; 10"},
	{"min-rows", "N", "least number of persons on a list; k"},
	{"max-rows", "N", "largest number of persons on a list; 1000000"},
	{"bootstrap", "N", "bootstrap replicates for intervals; 1000"},
	{"seed", "S", "seed of the bootstrap; 1"},
	{"json", NULL, "print a summary object"},
	STUDY_OPTION_THREADS,
};
static const struct cli_command command = {
	.name = "study run",
	.summary = "Runs a whole study on this machine, every party in a process and a folder of its own, "
		   "through\n"
		   "the real protocol. Stopped half-way, the same command goes on from there.",
	.usage = "--lists A.csv B.csv C.csv... --out DIR [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil study run --lists police.csv shelter.csv hotline.csv --out result\n",
};

struct parsed {
	struct study_run_request request;
	struct study_words lists;
	struct study_words ignore;
	struct study_words names;
	char *names_text;
};

static void parsed_done(struct parsed *p)
{
	study_words_done(&p->lists);
	study_words_done(&p->ignore);
	study_words_done(&p->names);
	mem_free(p->names_text);
}

static int out_of_memory(void)
{
	struct cf_error err = CF_ERROR_INIT;
	(void)error_memory(&err);
	return cli_fail(&err);
}

static int take_lists(struct parsed *p, struct cli_walk *walk, const char *first)
{
	for (const char *list = first; list; list = cli_walk_more(walk))
		if (study_words_add(&p->lists, list) < 0)
			return out_of_memory();
	return 0;
}

static int take_names(struct parsed *p, const char *text)
{
	char *rest;
	mem_free(p->names_text);
	p->names.n = 0;
	p->names_text = mem_strdup(text);
	if (!p->names_text)
		return out_of_memory();
	for (char *name = strtok_r(p->names_text, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
		if (study_words_add(&p->names, name) < 0)
			return out_of_memory();
	return 0;
}

/* 0: taken; else an exit code; -1: not a number's option. */
static int take_number(struct study_run_request *r, const char *name, const char *value)
{
	enum { MAX_BOOTSTRAP = 10000000, MAX_THREADS = 1024 };
	const struct {
		const char *name;
		uint64_t low, high;
		uint32_t *to;
	} numbers[] = {
		{"k", 2, 1000, &r->k},
		{"min-rows", 1, UINT32_MAX, &r->min_records},
		{"max-rows", 1, UINT32_MAX, &r->max_records},
		{"bootstrap", 0, MAX_BOOTSTRAP, &r->n_bootstrap},
	};
	uint64_t number;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (!cli_count(command.name, name, value, numbers[i].low, numbers[i].high, &number))
			return error_exit_code(CF_E_USAGE);
		*numbers[i].to = (uint32_t)number;
		return 0;
	}
	if (strcmp(name, "seed") == 0)
		return cli_count(command.name, name, value, 0, UINT64_MAX, &r->seed)
			       ? 0
			       : error_exit_code(CF_E_USAGE);
	if (strcmp(name, "threads") != 0)
		return -1;
	if (!cli_count(command.name, name, value, 0, MAX_THREADS, &number))
		return error_exit_code(CF_E_USAGE);
	r->n_threads = (int)number;
	return 0;
}

static int take_option(struct parsed *p, struct cli_walk *walk, const char *name, const char *value)
{
	struct study_run_request *r = &p->request;
	const struct {
		const char *name;
		const char **to;
	} texts[] = {{"out", &r->out}, {"title", &r->title}, {"keys", &r->keys}, {"map", &r->columns},
		{"strata", &r->strata}, {"country", &r->country}, {"epoch", &r->epoch}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (strcmp(name, texts[i].name) != 0)
			continue;
		*texts[i].to = value;
		return 0;
	}
	if (strcmp(name, "lists") == 0)
		return take_lists(p, walk, value);
	if (strcmp(name, "names") == 0)
		return take_names(p, value);
	if (strcmp(name, "ignore") == 0)
		return study_words_add(&p->ignore, value) < 0 ? out_of_memory() : 0;
	if (strcmp(name, "json") == 0) {
		r->json = true;
		return 0;
	}
	return take_number(r, name, value);
}

/* -1: go on; else the exit code. */
static int parse(struct parsed *p, int argc, char **argv)
{
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2)
			return cli_usage(command.name, "unexpected '%s'", value);
		int code = take_option(p, &walk, name, value);
		if (code)
			return code;
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!p->request.out || p->lists.n == 0)
		return cli_usage(command.name, "--lists and --out are needed");
	if (p->names.n && p->names.n != p->lists.n)
		return cli_usage(command.name, "--names has %zu names for %zu lists", p->names.n, p->lists.n);
	return -1;
}

static void say(void *context, const char *text)
{
	(void)fputs(text, context);
	(void)fflush(context);
}

int cmd_study_run(int argc, char **argv)
{
	CF_CLEANUP(parsed_done) struct parsed p = {.request = {.n_bootstrap = 1000, .seed = 1}};
	struct cf_error err = CF_ERROR_INIT;
	int code = parse(&p, argc, argv);
	if (code >= 0)
		return code;
	p.request.program = "/proc/self/exe";
	p.request.lists = p.lists.words;
	p.request.n_lists = p.lists.n;
	p.request.names = p.names.n ? p.names.words : NULL;
	p.request.ignore = p.ignore.words;
	p.request.n_ignore = p.ignore.n;
	p.request.say = say;
	p.request.context = p.request.json ? stderr : stdout;
	if (study_run(&p.request, &code, &err) < 0)
		return cli_fail(&err);
	return code;
}
