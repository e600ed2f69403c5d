/*
 * counterfoil link: who is the same person within a file, or across files.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/progress.h"
#include "cli/cli_store.h"
#include "work/casebook/persons_table.h"
#include "work/link.h"
#include "work/link_explain.h"
#include "work/link_index.h"
#include "work/link_settings.h"

enum { MAX_THREADS = 1024, MAX_OPERANDS = 1024, MAX_AT = 20 };

static const struct cli_option options[] = {
	{"ignore", "COLUMN,...", "columns to leave out; may be repeated"},
	{"id", "COLUMN", "names rows: never compared"},
	{"dedupe", NULL, "several files: link rows within them as well"},
	{"settings", "FILE", "what to compare and how (default: chosen from the data)"},
	{"suggest", NULL, "print the settings that would be chosen, commented, and stop"},
	{"model", "FILE", "use a model saved before; only the share of matches is learnt anew"},
	{"save-model", "FILE", "write the trained model as JSON"},
	{"review", "FILE",
		"write uncertain pairs as CSV, the best question first, with an empty\ncolumn 'same' for yes "
		"or no"},
	{"review-count", "N", "how many (default 100)"},
	{"decisions", "FILE",
		"pairs that people decided, as --review writes them: they train\nthe model and hold in the "
		"clusters"},
	{"report", "FILE",
		"write an HTML page: model, weights, thresholds, clusters, the least\ncertain pairs"},
	{"at", "P,...", "further columns of --clusters: connected components from these\nprobabilities on"},
	{"keep", "INDEX", "keep the rows and the model for linking new rows against them"},
	{"against", "INDEX",
		"link the files' rows against kept ones; with --keep the longer\nindex is written"},
	{"threshold", "P", "link from this probability on (default: chosen from the data)"},
	{"pairs", "FILE", "write linked pairs as CSV: file_l,row_l,file_r,row_r,weight,probability"},
	{"clusters", "FILE", "write every row's cluster as CSV: file,row,cluster"},
	{"threads", "N", "default: all cores; results do not depend on it"},
	{"memory", "SIZE", "at most this much, as 512M or 4G (default 2G)"},
	{"temporary", "DIR",
		"where pairs go that do not fit into --memory (default $TMPDIR, or\n/tmp): row numbers and "
		"weights, in a file without a name"},
	{"store", "PATH",
		"the persons of the case store as well, as far as they are yours to\nread; files of pairs "
		"and "
		"clusters then end with ids"},
	{"user", "NAME", "who you are, for --store (default: COUNTERFOIL_USER)"},
	{"passphrase-file", "FILE", "your password's file, for --store; else you are asked"},
	{"key-file", "FILE", "the store's key file, where it has one"},
	{"code", "DIGITS", "one-time code, where you have one"},
	{"json", NULL, "print JSON"},
};

static const struct cli_command command = {
	.name = "link",
	.summary =
		"Who is the same person: within one file, or across several, of which each has a person "
		"once at\nmost. Columns are recognised, comparisons, blocking rules and the threshold "
		"chosen from the data.\nRows count from 1 after the header. 'explain' shows the weight that "
		"each column adds for two\nrows, named by FILE:ROW, by number, or by the --id column.",
	.usage = "FILE.csv... [--store PATH] [OPTION]...\n"
		 "       counterfoil link explain ROW ROW FILE.csv... [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil link persons.csv --ignore case_number --clusters clusters.csv\n"
		   "  counterfoil link shelter.csv police.csv --pairs pairs.csv --json\n"
		   "  counterfoil link explain 17 312 persons.csv --ignore case_number\n",
};

struct texts {
	const char *list[MAX_OPERANDS];
	size_t n;
};

struct arguments {
	struct work_link_request request;
	struct texts paths;
	struct texts ignore;
	char *names[MAX_OPERANDS]; /* owned copies behind ignore */
	size_t n_names;
	double at[MAX_AT];
	const char *against;
	bool explain; /* the first two operands are rows */
	bool json;
	struct cli_store store;
	bool with_store;
	struct buffer persons; /* of the store, as CSV */
	struct link_read_text read_texts[MAX_OPERANDS];
};

static void arguments_done(struct arguments *a)
{
	buffer_wipe(&a->persons);
	for (size_t i = 0; i < a->n_names; i++)
		(void)mem_free(a->names[i]);
}

static bool add(struct texts *t, const char *text, const char *what)
{
	if (t->n == MAX_OPERANDS) {
		(void)cli_usage(command.name, "at most %d %s", MAX_OPERANDS, what);
		return false;
	}
	t->list[t->n++] = text;
	return true;
}

static bool add_names(struct arguments *a, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		char *name = mem_strndup(text, n);
		if (!name || !add(&a->ignore, name, "columns to ignore")) {
			(void)mem_free(name);
			return false;
		}
		a->names[a->n_names++] = name;
		text += n + (text[n] == ',');
	}
	return true;
}

static bool add_probabilities(struct arguments *a, const char *text)
{
	while (*text) {
		char *end;
		double p = strtod(text, &end);
		if (end == text || (*end && *end != ',') || !(p > 0 && p < 1) || a->request.n_at == MAX_AT) {
			(void)cli_usage(command.name,
				"option --at needs up to %d probabilities between 0 and 1, "
				"with commas",
				MAX_AT);
			return false;
		}
		a->at[a->request.n_at++] = p;
		text = end + (*end == ',');
	}
	return true;
}

static bool read_size(const char *text, size_t *ret)
{
	char *end;
	double value = strtod(text, &end);
	double unit = *end == 'K' || *end == 'k'   ? 1024.0
		      : *end == 'M' || *end == 'm' ? 1048576.0
		      : *end == 'G' || *end == 'g' ? 1073741824.0
						   : 1.0;
	end += unit != 1.0;
	bool good = end != text && *end == '\0' && value * unit >= 1048576.0 && value * unit < 1e15;
	if (good)
		*ret = (size_t)(value * unit);
	else
		(void)cli_usage(
			command.name, "option --memory needs a size of 1M or more, such as 512M or 4G");
	return good;
}

static bool read_option(struct arguments *a, const char *name, const char *value)
{
	struct work_link_request *r = &a->request;
	uint64_t count = 0;
	bool good_store = true;
	if (strcmp(name, "json") != 0 && cli_store_option(&a->store, name, value, &good_store)) {
		a->with_store = a->with_store || strcmp(name, "store") == 0;
		return good_store;
	}
	if (strcmp(name, "ignore") == 0)
		return add_names(a, value);
	if (strcmp(name, "memory") == 0)
		return read_size(value, &r->memory_bytes);
	if (strcmp(name, "threshold") == 0)
		return cli_number(command.name, name, value, 1e-6, 0.999999999, &r->threshold);
	if (strcmp(name, "review-count") == 0) {
		bool good = cli_count(command.name, name, value, 1, 1000000, &count);
		r->n_review = (size_t)count;
		return good;
	}
	if (strcmp(name, "at") == 0)
		return add_probabilities(a, value);
	if (strcmp(name, "threads") == 0) {
		bool good = cli_count(command.name, name, value, 1, MAX_THREADS, &count);
		r->n_threads = (int)count;
		return good;
	}
	if (strcmp(name, "json") == 0)
		a->json = true;
	else if (strcmp(name, "suggest") == 0)
		r->suggest_only = true;
	else if (strcmp(name, "settings") == 0)
		r->settings_path = value;
	else if (strcmp(name, "model") == 0)
		r->model_path = value;
	else if (strcmp(name, "save-model") == 0)
		r->save_model_path = value;
	else if (strcmp(name, "review") == 0)
		r->review_path = value;
	else if (strcmp(name, "decisions") == 0)
		r->decisions_path = value;
	else if (strcmp(name, "report") == 0)
		r->report_path = value;
	else if (strcmp(name, "keep") == 0)
		r->keep_path = value;
	else if (strcmp(name, "temporary") == 0)
		r->temporary = value;
	else if (strcmp(name, "against") == 0)
		a->against = value;
	else if (strcmp(name, "dedupe") == 0)
		r->dedupe = true;
	else if (strcmp(name, "id") == 0)
		r->id = value;
	else if (strcmp(name, "pairs") == 0)
		r->pairs_path = value;
	else
		r->clusters_path = value;
	return true;
}

/* 0 to go on, else the exit code plus one. */
static int read_arguments(int argc, char **argv, struct arguments *a)
{
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) != 0) {
		if (got == 3)
			return 1;
		if (got < 0 || (got == 1 && !read_option(a, name, value)) ||
			(got == 2 && !add(&a->paths, value, "files")))
			return 3;
	}
	const size_t n_rows = a->explain ? 2 : 0;
	if (a->explain && a->paths.n < 2)
		return 1 + cli_usage(command.name, "explain which rows? give two, then the files");
	if (a->with_store && !add(&a->paths, "store", "files"))
		return 3;
	if (a->paths.n <= n_rows)
		return 1 + cli_usage(command.name, "which files? give the path of a CSV file");
	a->request.paths = a->paths.list + n_rows;
	a->request.n_paths = a->paths.n - n_rows;
	a->request.at = a->at;
	a->request.ignore = a->ignore.list;
	a->request.n_ignore = a->ignore.n;
	return 0;
}

static int print(const struct work_link_answer *answer, bool as_json)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status;
	if (!answer->result) {
		status = link_settings_write(&answer->source, &answer->suggestion, &out);
	} else if (as_json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		work_link_json(&j, answer);
		json_end(&j);
		status = json_finish(&j);
	} else {
		status = work_link_text(answer, &out);
	}
	if (status < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	return cli_print(&out);
}

static int print_explanation(
	const struct work_link_answer *answer, const struct link_explanation *e, bool as_json)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status;
	if (as_json) {
		struct json j;
		json_init(&j, &out, true);
		link_explanation_json(&j, &answer->source, e);
		status = json_finish(&j);
	} else {
		status = link_explanation_text(&answer->source, e, &out);
	}
	if (status < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	return cli_print(&out);
}

static int explain(const struct arguments *a)
{
	CF_CLEANUP(work_link_answer_done) struct work_link_answer answer = {0};
	struct cf_error err = CF_ERROR_INIT;
	struct link_explanation e;
	uint32_t rows[2] = {0};
	if (work_link_prepare(&a->request, &answer, &err) < 0 ||
		link_find_row(&answer.source, a->paths.list[0], &rows[0], &err) < 0 ||
		link_find_row(&answer.source, a->paths.list[1], &rows[1], &err) < 0)
		return cli_fail(&err);
	if (rows[0] == rows[1])
		return cli_usage(command.name, "explain two different rows");
	link_explain(&answer.source, &answer.suggestion, answer.result, rows[0] < rows[1] ? rows[0] : rows[1],
		rows[0] < rows[1] ? rows[1] : rows[0], &e);
	return print_explanation(&answer, &e, a->json);
}

static int print_new(const struct work_link_new *n, bool as_json)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status;
	if (as_json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_unsigned(&j, "rows", n->n_new);
		json_key_unsigned(&j, "kept_rows", n->n_kept);
		json_key_unsigned(&j, "rows_known", n->n_known);
		json_key_unsigned(&j, "new_persons", n->n_persons);
		json_key_number(&j, "pairs_compared", n->n_compared);
		json_end(&j);
		status = json_finish(&j);
	} else {
		status = buffer_printf(&out,
			"%zu new rows against %zu kept: %zu are of known persons, the others of %zu new "
			"ones\n",
			n->n_new, n->n_kept, n->n_known, n->n_persons);
	}
	if (status < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	return cli_print(&out);
}

static int link_against(const struct arguments *a)
{
	const struct work_link_against against = {a->against, a->request.keep_path};
	const struct work_link_request *r = &a->request;
	struct cf_error err = CF_ERROR_INIT;
	struct work_link_new answer;
	if (r->settings_path || r->model_path || r->save_model_path || r->decisions_path || r->review_path ||
		r->report_path || r->suggest_only || r->n_at || r->threshold > 0 || a->explain)
		return cli_usage(command.name,
			"--against takes its model and settings from the index; besides it there are only "
			"--ignore, "
			"--id, --dedupe, --pairs, --clusters, --keep, --threads, --memory, --temporary and "
			"--json");
	return work_link_against(r, &against, &answer, &err) < 0 ? cli_fail(&err)
								 : print_new(&answer, a->json);
}

/* The store's persons stand behind the files, by the name "store". 0, or the exit code. */
static int read_store(struct arguments *a)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (!a->with_store)
		return 0;
	if (a->request.id)
		return cli_usage(
			command.name, "with --store rows are named by the ids of records; leave --id out");
	int exit_code = cli_store_open(&a->store, &c);
	if (exit_code)
		return exit_code;
	if (persons_table(c, &a->persons, NULL, &err) < 0)
		return cli_fail(&err);
	a->read_texts[a->request.n_paths - 1] =
		(struct link_read_text){.data = buffer_text(&a->persons), .n = a->persons.n};
	a->request.texts = a->read_texts;
	a->request.id = "id";
	a->request.show_ids = true;
	return 0;
}

int cmd_link(int argc, char **argv)
{
	CF_CLEANUP(arguments_done) struct arguments a = {.request = {.n_review = 100}};
	struct cf_error err = CF_ERROR_INIT;
	cli_store_init(&a.store);
	a.explain = argc > 1 && strcmp(argv[1], "explain") == 0;
	int stop = read_arguments(argc - a.explain, argv + a.explain, &a);
	if (stop)
		return stop - 1;
	int exit_code = read_store(&a);
	if (exit_code)
		return exit_code;
	if (a.against)
		return link_against(&a);
	if (a.explain)
		return explain(&a);
	struct progress_terminal progress;
	progress_terminal_init(&progress, stderr, NULL, false);
	a.request.progress = &progress.progress;
	CF_CLEANUP(work_link_answer_done) struct work_link_answer answer = {0};
	int failed = work_link(&a.request, &answer, &err);
	progress_terminal_done(&progress);
	return failed < 0 ? cli_fail(&err) : print(&answer, a.json);
}
