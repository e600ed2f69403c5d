/*
 * counterfoil estimate: how many persons no list has seen, from an overlap table.
 */
#include <string.h>

#include "base/json.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "cli/cmd_estimate.h"
#include "estimate/classes.h"
#include "work/estimate.h"
#include "work/estimate_figures.h"
#include "work/estimate_html.h"

enum { MAX_THREADS = 1024, MAX_BOOTSTRAP = 10000000 };
#define MAX_GRID_END UINT64_C(1000000000000)

static const struct cli_option options[] = {
	{"method", "NAME",
		"main, stepwise, bic, aicc, downhill, average, graphs, classes,\ncoverage, bounds (chao and "
		"zelterman), chapman (two lists) or all;\nseveral with commas or by repeating the option "
		"(default:\nmain,stepwise,bic)"},
	{"model", "MODEL", "also a model you name: \"[12,3]\" by list numbers or \"A:B, C\" by names"},
	{"p", "P", "threshold of stepwise (default 0.02)"},
	{"order", "N", "largest interaction that bic may choose (default 2)"},
	{"bootstrap", "N",
		"replicates for intervals (1000 or more; default 0: no intervals);\ngraphs and classes have "
		"their own from the posterior"},
	{"interval", "KIND",
		"bca (default) or percentile, from the bootstrap, or profile, which\ntakes the chosen model "
		"for known"},
	{"delta", "D", "graphs: weight of the prior in each cell (default 2^-lists)"},
	{"prior", "PRIOR",
		"graphs: what is known of the total beforehand: reciprocal (1/N, the\ndefault), flat, "
		"negative-binomial:A:B (of mean A times B) or\nFILE.csv with columns total and weight"},
	{"grid", "END:POINTS",
		"graphs: hidden numbers to consider, so many from 1 to END\n(default: as far as the "
		"posterior "
		"reaches)"},
	{"classes", "N", "classes: the most latent classes, 2 to 32 (default 10)"},
	{"alpha", "SHAPE:RATE",
		"classes: gamma prior of the concentration alpha (default 0.25:0.25;\nothers are shown "
		"beside "
		"it)"},
	{"chains", "N", "classes: chains, 2 to 16 (default 4)"},
	{"draws", "N", "classes: draws kept of each chain, 16 to 10,000,000 (default 2500)"},
	{"burn-in", "N", "classes: rounds before the first draw (default 10000)"},
	{"thin", "N", "classes: rounds for each draw (default 5)"},
	{"by", "COLUMNS", "stratum columns to estimate by, with commas (default: all, if few)"},
	{"population", "FILE.csv",
		"inhabitants, in a column 'population' beside the stratum columns:\nadds rates per 100,000 "
		"(SDG "
		"indicator 16.2.2)"},
	{"recall", "R",
		"share of the links between lists that the record linkage found, as\n0.9, or as a range "
		"0.85:0.95: adds estimates with its errors undone, except by graphs,\nclasses, coverage and "
		"bounds"},
	{"precision", "P", "share of the links found that are right, likewise"},
	{"seed", "N", "of the random numbers (default 1): same seed, same interval"},
	{"level", "L", "of the intervals (default 0.95)"},
	{"threads", "N", "default: all cores; results do not depend on it"},
	{"html", "FILE", "also write a page with figures that shows no count below --k"},
	{"k", "N", "least count that the page shows (default 10)"},
	{"figures", "FILE",
		"also write a page with the posteriors of graphs and classes, their chains\nand traces: "
		"exact, for the analyst alone"},
	{"json", NULL, "print JSON"},
};

static const struct cli_command command = {
	.name = "estimate",
	.summary =
		"How many persons no list has seen: multiple systems estimation from a CSV file with one 0/1 "
		"column\nfor each list and a last column 'count'. Prints several estimates, how they "
		"disagree, and a "
		"verdict;\nwhere the data do not say, no number but the reason, and exit code 1 when no "
		"method has "
		"one.",
	.usage = "FILE.csv [OPTION]... | simulate FILE.csv [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil estimate overlap.csv --bootstrap 1000\n"
		   "  counterfoil estimate overlap.csv --method stepwise --p 0.01 --bootstrap 10000 --json\n",
};

struct arguments {
	struct work_estimate_request request;
	struct work_estimate_html page;
	const char *figures_path;
	bool json;
};

static bool add_method(const char *name, size_t n, uint32_t *methods)
{
	/* Chapman joins by itself where there are two lists */
	static const uint32_t all =
		((1u << ESTIMATE_N_METHODS) - 1) & ~(1u << ESTIMATE_MODEL) & ~(1u << ESTIMATE_CHAPMAN);
	if (n == 3 && memcmp(name, "all", n) == 0) {
		*methods |= all;
		return true;
	}
	if (n == 6 && memcmp(name, "bounds", n) == 0) {
		*methods |= 1u << ESTIMATE_CHAO | 1u << ESTIMATE_ZELTERMAN;
		return true;
	}
	for (int m = 0; m < ESTIMATE_N_METHODS; m++) {
		if (m == ESTIMATE_MODEL)
			continue;
		const char *known = estimate_method_name((enum estimate_method)m);
		if (strlen(known) == n && memcmp(name, known, n) == 0) {
			*methods |= 1u << m;
			return true;
		}
	}
	return false;
}

bool estimate_read_methods(const char *verb, const char *text, uint32_t *methods)
{
	for (;;) {
		size_t n = strcspn(text, ",");
		if (!add_method(text, n, methods)) {
			(void)cli_usage(verb, "there is no such method; there are main, stepwise, bic, aicc, "
					      "downhill, average, graphs, classes, coverage, bounds, "
					      "chapman and all");
			return false;
		}
		if (text[n] == '\0')
			return true;
		text += n + 1;
	}
}

bool estimate_read_interval(const char *verb, const char *text, int *ret)
{
	static const char *const kinds[] = {"bca", "percentile", "profile"};
	for (int i = 0; i < 3; i++) {
		if (strcmp(text, kinds[i]) == 0) {
			*ret = i;
			return true;
		}
	}
	return cli_usage(verb, "option --interval takes bca, percentile or profile") == 0;
}

static bool read_count(const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *ret)
{
	return cli_count(command.name, option, text, low, high, ret);
}

/* "0.9" or "0.85:0.95" */
static bool read_share(const char *option, const char *text, struct estimate_share *ret)
{
	char low[32];
	size_t n = strcspn(text, ":");
	(void)snprintf(low, sizeof low, "%.*s", (int)(n < sizeof low ? n : sizeof low - 1), text);
	const char *high = text[n] == ':' ? text + n + 1 : low;
	return cli_number(command.name, option, low, 0.5, 1, &ret->low) &&
	       cli_number(command.name, option, high, ret->low, 1, &ret->high);
}

/* "82320:1000" */
static bool read_grid(const char *text, struct estimate_options *o)
{
	char end[32];
	size_t n = strcspn(text, ":");
	uint64_t points = 0;
	if (n == 0 || n >= sizeof end || text[n] != ':')
		return cli_usage(command.name, "option --grid takes END:POINTS, as in 80000:1000") == 0;
	memcpy(end, text, n);
	end[n] = '\0';
	if (!read_count("grid", end, 1, MAX_GRID_END, &o->grid_end) ||
		!read_count("grid", text + n + 1, 1, 1000000, &points))
		return false;
	o->grid_points = (uint32_t)points;
	return true;
}

/* "0.25:0.25" */
static bool read_alpha(const char *text, struct estimate_sampling *s)
{
	char shape[32];
	size_t n = strcspn(text, ":");
	if (n == 0 || n >= sizeof shape || text[n] != ':')
		return cli_usage(command.name, "option --alpha takes SHAPE:RATE, as in 0.25:0.25") == 0;
	memcpy(shape, text, n);
	shape[n] = '\0';
	return cli_number(command.name, "alpha", shape, 0.01, 1000, &s->alpha_shape) &&
	       cli_number(command.name, "alpha", text + n + 1, 0.001, 1000, &s->alpha_rate);
}

/* Options of the method classes; *ret_known: whether it is one. */
static bool read_sampling(const char *name, const char *value, struct estimate_sampling *s, bool *ret_known)
{
	const struct {
		const char *name;
		uint64_t low, high;
		uint32_t *at;
	} counts[] = {
		{"classes", 2, CLASSES_MAX_CLASSES, &s->n_classes},
		{"chains", 2, CLASSES_MAX_CHAINS, &s->n_chains},
		{"draws", 16, CLASSES_MAX_DRAWS, &s->n_draws},
		{"burn-in", 1, CLASSES_MAX_BURN_IN, &s->n_burn_in},
		{"thin", 1, CLASSES_MAX_THIN, &s->n_thin},
	};
	*ret_known = true;
	if (strcmp(name, "alpha") == 0)
		return read_alpha(value, s);
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		uint64_t count = 0;
		if (strcmp(name, counts[i].name) != 0)
			continue;
		if (!read_count(name, value, counts[i].low, counts[i].high, &count))
			return false;
		*counts[i].at = (uint32_t)count;
		return true;
	}
	*ret_known = false;
	return true;
}

/* "flat", "negative-binomial:13.14:55.17"; anything else that can be a file is one. */
static bool read_prior(const char *text, struct work_estimate_request *r)
{
	static const char binomial[] = "negative-binomial:";
	struct estimate_prior *p = &r->options.prior;
	char a[32];
	r->prior_path = NULL;
	*p = (struct estimate_prior){.kind = ESTIMATE_PRIOR_RECIPROCAL};
	if (strcmp(text, "reciprocal") == 0)
		return true;
	if (strcmp(text, "flat") == 0) {
		p->kind = ESTIMATE_PRIOR_FLAT;
		return true;
	}
	if (strncmp(text, binomial, sizeof binomial - 1) == 0) {
		p->kind = ESTIMATE_PRIOR_NEGATIVE_BINOMIAL;
		text += sizeof binomial - 1;
		size_t n = strcspn(text, ":");
		(void)snprintf(a, sizeof a, "%.*s", (int)(n < sizeof a ? n : sizeof a - 1), text);
		const char *b = text[n] == ':' ? text + n + 1 : "";
		return cli_number(command.name, "prior", a, 1e-9, 1e9, &p->a) &&
		       cli_number(command.name, "prior", b, 1e-9, 1e15, &p->b);
	}
	r->prior_path = text;
	return strchr(text, '.') || strchr(text, '/') ||
	       cli_usage(command.name,
		       "option --prior takes reciprocal, flat, negative-binomial:A:B or a CSV file") == 0;
}

static bool read_option(struct arguments *a, uint32_t *methods, const char *name, const char *value)
{
	struct estimate_options *o = &a->request.options;
	uint64_t count = 0;
	bool known = false;
	bool good = read_sampling(name, value, &o->sampling, &known);
	if (known)
		return good;
	if (strcmp(name, "json") == 0) {
		a->json = true;
	} else if (strcmp(name, "method") == 0) {
		good = estimate_read_methods(command.name, value, methods);
	} else if (strcmp(name, "model") == 0) {
		o->model = value;
	} else if (strcmp(name, "html") == 0) {
		a->page.path = value;
	} else if (strcmp(name, "figures") == 0) {
		a->figures_path = value;
	} else if (strcmp(name, "k") == 0) {
		good = read_count(name, value, 2, 1000000, &count);
		a->page.k = (uint32_t)count;
	} else if (strcmp(name, "delta") == 0) {
		good = cli_number(command.name, name, value, 1e-6, 1e6, &o->delta);
	} else if (strcmp(name, "prior") == 0) {
		good = read_prior(value, &a->request);
	} else if (strcmp(name, "grid") == 0) {
		good = read_grid(value, o);
	} else if (strcmp(name, "by") == 0) {
		a->request.by = value;
	} else if (strcmp(name, "population") == 0) {
		a->request.population_path = value;
	} else if (strcmp(name, "recall") == 0) {
		good = read_share(name, value, &o->recall);
	} else if (strcmp(name, "precision") == 0) {
		good = read_share(name, value, &o->precision);
	} else if (strcmp(name, "interval") == 0) {
		int kind = 0;
		good = estimate_read_interval(command.name, value, &kind);
		o->interval = (enum estimate_interval)kind;
	} else if (strcmp(name, "p") == 0) {
		good = cli_number(command.name, name, value, 0, 1, &o->p);
	} else if (strcmp(name, "level") == 0) {
		good = cli_number(command.name, name, value, 0.01, 0.9999, &o->level);
	} else if (strcmp(name, "seed") == 0) {
		good = read_count(name, value, 0, UINT64_MAX, &o->seed);
	} else if (strcmp(name, "order") == 0) {
		good = read_count(name, value, 1, 12, &count);
		o->order = (int)count;
	} else if (strcmp(name, "bootstrap") == 0) {
		good = read_count(name, value, 0, MAX_BOOTSTRAP, &count);
		o->n_bootstrap = (uint32_t)count;
	} else {
		good = read_count(name, value, 1, MAX_THREADS, &count);
		a->request.n_threads = (int)count;
	}
	return good;
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
		if (got == 2) {
			const char *folder = strrchr(value, '/');
			a->request.path = value;
			a->page.title = folder ? folder + 1 : value;
		}
	}
	if (!a->request.path)
		return 1 + cli_usage(command.name, "which table? give the path of a CSV file");
	if (methods)
		a->request.options.methods = methods;
	return 0;
}

static int print_json(const struct work_estimate_answer *answer)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct json j;
	json_init(&j, &out, true);
	json_begin_object(&j);
	work_estimate_json(&j, answer->table, answer->report);
	work_strata_json(&j, &answer->strata, answer->report);
	json_end(&j);
	if (json_finish(&j) < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	return cli_print(&out);
}

static int print_text(const struct work_estimate_answer *answer)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (work_estimate_text(answer->table, answer->report, &answer->strata, &out) < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	int status = cli_print(&out);
	if (status == 0 && answer->report->headline == SIZE_MAX)
		(void)fprintf(stderr, "counterfoil: %s\n", answer->report->reasons[0]);
	return status;
}

int cmd_estimate(int argc, char **argv)
{
	struct arguments a = {.request = {.options = ESTIMATE_OPTIONS_INIT}, .page = {.k = 10}};
	struct cf_error err = CF_ERROR_INIT;
	if (argc > 1 && strcmp(argv[1], "simulate") == 0)
		return cmd_estimate_simulate(argc - 1, argv + 1);
	int stop = read_arguments(argc, argv, &a);
	if (stop)
		return stop - 1;
	struct progress_terminal progress;
	progress_terminal_init(&progress, stderr, NULL, false);
	a.request.progress = &progress.progress;
	CF_CLEANUP(work_estimate_answer_done) struct work_estimate_answer answer = {0};
	int failed = work_estimate(&a.request, &answer, &err);
	if (failed == 0 && a.page.path)
		failed = work_estimate_write_html(
			&answer, &a.request.options, &a.page, a.request.progress, &err);
	if (failed == 0 && a.figures_path)
		failed = work_figures_write(answer.report, a.page.title, a.figures_path, &err);
	progress_terminal_done(&progress);
	if (failed < 0)
		return cli_fail(&err);
	int status = a.json ? print_json(&answer) : print_text(&answer);
	if (status)
		return status;
	return answer.report->headline == SIZE_MAX ? error_exit_code(CF_E_NO_ANSWER) : 0;
}
