/* The public interface (include/counterfoil/link.h) over work/link.h: arguments checked, structs translated.
 */
#include <counterfoil/link.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "work/link.h"
#include "work/link_model.h"
#include "work/link_settings.h"

enum { VERSION = 1, MAX_IGNORED = LINK_MAX_COLUMNS };

struct cf_link_report {
	struct work_link_answer answer;
	struct buffer model;
	struct buffer settings;
};

/* What a caller built against the first version has. */
static const uint64_t FIRST_OPTIONS = sizeof(struct cf_link_options);
static const uint64_t FIRST_SUMMARY = sizeof(struct cf_link_summary);

int32_t cf_link_version(void)
{
	return VERSION;
}

int32_t cf_link_defaults(struct cf_link_options *options, uint64_t struct_size)
{
	if (!options || struct_size < FIRST_OPTIONS)
		return CF_LINK_E_USAGE;
	memset(options, 0, struct_size);
	options->struct_size = struct_size;
	return 0;
}

void cf_link_free(struct cf_link_report *report)
{
	if (!report)
		return;
	work_link_answer_done(&report->answer);
	buffer_done(&report->model);
	buffer_done(&report->settings);
	(void)mem_free(report);
}
CF_DEFINE_CLEANUP(struct cf_link_report, cf_link_free);

/* What work_link wants, with the memory behind it. */
struct translated {
	struct work_link_request request;
	const char **paths;
	struct link_read_text *texts;
	char *ignored; /* the names, NUL-terminated one behind another */
	const char *ignore[MAX_IGNORED];
};

static void translated_done(struct translated *t)
{
	(void)mem_free(t->paths);
	(void)mem_free(t->texts);
	(void)mem_free(t->ignored);
}

static int split_names(const char *names, struct translated *t, struct cf_error *err)
{
	t->ignored = mem_strdup(names);
	if (!t->ignored)
		return error_memory(err);
	for (char *at = t->ignored; at;) {
		char *comma = strchr(at, ',');
		if (comma)
			*comma = '\0';
		if (t->request.n_ignore == MAX_IGNORED)
			return error_set(err, CF_E_LIMIT, "at most %d columns to ignore", MAX_IGNORED);
		if (*at)
			t->ignore[t->request.n_ignore++] = at;
		at = comma ? comma + 1 : NULL;
	}
	t->request.ignore = t->ignore;
	return CF_OK;
}

static int take_tables(
	const struct cf_link_table *tables, uint64_t n, struct translated *t, struct cf_error *err)
{
	t->paths = mem_alloc_zero(n, sizeof *t->paths);
	t->texts = NEW_ARRAY_ZERO(struct link_read_text, n);
	if (!t->paths || !t->texts)
		return error_memory(err);
	for (uint64_t i = 0; i < n; i++) {
		if (!tables[i].name)
			return error_set(err, CF_E_USAGE, "table %llu has no name", (unsigned long long)i);
		t->paths[i] = tables[i].name;
		t->texts[i] = (struct link_read_text){tables[i].data, tables[i].n_bytes};
	}
	t->request.paths = t->paths;
	t->request.texts = t->texts;
	t->request.n_paths = n;
	return CF_OK;
}

static int translate(const struct cf_link_table *tables, uint64_t n_tables,
	const struct cf_link_options *options, struct translated *t, struct cf_error *err)
{
	if (!tables || n_tables < 1 || n_tables > LINK_MAX_FILES)
		return error_set(err, CF_E_USAGE, "give 1 to %d tables", LINK_MAX_FILES);
	if (options->struct_size < FIRST_OPTIONS)
		return error_set(err, CF_E_USAGE, "struct_size of the options is not set");
	if (options->n_threads < 0 || !(options->threshold >= 0 && options->threshold < 1))
		return error_set(err, CF_E_USAGE, "an option is out of its range");
	TRY(take_tables(tables, n_tables, t, err));
	if (options->ignore)
		TRY(split_names(options->ignore, t, err));
	t->request.id = options->id;
	t->request.dedupe = options->dedupe != 0;
	t->request.n_threads = options->n_threads;
	t->request.memory_bytes = options->memory_bytes;
	t->request.temporary = options->temporary;
	t->request.threshold = options->threshold;
	t->request.settings_text = options->settings;
	t->request.model_text = options->model;
	return CF_OK;
}

static int run(const struct cf_link_table *tables, uint64_t n_tables, const struct cf_link_options *options,
	struct work_link_answer *ret, struct cf_error *err)
{
	CF_CLEANUP(translated_done) struct translated t = {0};
	TRY(translate(tables, n_tables, options, &t, err));
	return work_link(&t.request, ret, err);
}

int32_t cf_link_run(const struct cf_link_table *tables, uint64_t n_tables,
	const struct cf_link_options *options, struct cf_link_report **ret_report, char *message,
	uint64_t message_size)
{
	struct cf_error err = CF_ERROR_INIT;
	struct cf_link_options defaults;
	if (!ret_report)
		return CF_LINK_E_USAGE;
	(void)cf_link_defaults(&defaults, sizeof defaults);
	CF_CLEANUP(cf_link_free_ptr) struct cf_link_report *made = NEW(struct cf_link_report);
	int status = made ? run(tables, n_tables, options ? options : &defaults, &made->answer, &err)
			  : error_memory(&err);
	if (status < 0) {
		if (message && message_size)
			(void)snprintf(message, message_size, "%s", err.message);
		return status;
	}
	*ret_report = TAKE(made);
	return 0;
}

int32_t cf_link_get(const struct cf_link_report *report, struct cf_link_summary *summary)
{
	if (!report || !summary || summary->struct_size < FIRST_SUMMARY)
		return CF_LINK_E_USAGE;
	const struct link_result *r = report->answer.result;
	*summary = (struct cf_link_summary){.struct_size = summary->struct_size,
		.n_rows = report->answer.source.table->n_rows,
		.n_tables = report->answer.source.table->n_files,
		.n_persons = r->clusters.n,
		.n_joined = r->clusters.n_joined,
		.n_pairs = r->clusters.n_pairs,
		.n_largest = r->clusters.largest,
		.n_kept = r->scored.n,
		.n_compared = r->n_compared,
		.threshold = link_probability(r->weight),
		.weight = r->weight,
		.precision_low = r->linked.precision_low,
		.precision_high = r->linked.precision_high,
		.recall_low = r->linked.recall_low,
		.recall_high = r->linked.recall_high};
	return 0;
}

uint64_t cf_link_first_row(const struct cf_link_report *report, uint64_t table)
{
	const struct link_table *t = report->answer.source.table;
	return t->first[table < t->n_files ? table : t->n_files];
}

const uint32_t *cf_link_clusters(const struct cf_link_report *report, uint64_t *ret_n)
{
	*ret_n = report->answer.result->clusters.n_rows;
	return report->answer.result->clusters.of_row;
}

int64_t cf_link_kept(
	const struct cf_link_report *report, uint64_t from, struct cf_link_pair *pairs, uint64_t n)
{
	if (!report || !pairs)
		return CF_LINK_E_USAGE;
	const struct link_scored *scored = &report->answer.result->scored;
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	int64_t written = 0;
	int got = 0;
	cursor.at = from < scored->n ? from : scored->n;
	while ((uint64_t)written < n && (got = link_cursor_next(&cursor, &pair, NULL)) > 0)
		pairs[written++] = (struct cf_link_pair){pair->left, pair->right, (double)pair->weight};
	return got < 0 ? got : written;
}

/* Both rows in order, or false. */
static bool rows_in_order(const struct cf_link_report *report, uint32_t *a, uint32_t *b)
{
	if (!report || *a == *b || *a >= report->answer.source.table->n_rows ||
		*b >= report->answer.source.table->n_rows)
		return false;
	if (*a > *b) {
		uint32_t swap = *a;
		*a = *b;
		*b = swap;
	}
	return true;
}

double cf_link_weight(const struct cf_link_report *report, uint32_t a, uint32_t b)
{
	return rows_in_order(report, &a, &b)
		       ? link_score_pair(report->answer.result->scorer, 0, a, b, -INFINITY)
		       : NAN;
}

double cf_link_probability(double weight)
{
	return link_probability(weight);
}

int32_t cf_link_n_fields(const struct cf_link_report *report)
{
	return (int32_t)report->answer.suggestion.settings.n_fields;
}

const char *cf_link_field_name(const struct cf_link_report *report, int32_t field)
{
	const struct link_settings *s = &report->answer.suggestion.settings;
	if (field < 0 || (size_t)field >= s->n_fields)
		return NULL;
	return report->answer.source.table->columns[s->fields[field].column].name;
}

double cf_link_field_weight(
	const struct cf_link_report *report, int32_t field, uint32_t a, uint32_t b, const char **ret_level)
{
	struct link_field_score scores[LINK_MAX_FIELDS];
	if (!rows_in_order(report, &a, &b) || field < 0 || field >= cf_link_n_fields(report))
		return NAN;
	link_score_fields(report->answer.result->scorer, 0, a, b, scores);
	if (ret_level)
		*ret_level = link_comparer_level_name(
			report->answer.result->comparer, (size_t)field, scores[field].level);
	return scores[field].weight + scores[field].by_frequency;
}

const char *cf_link_model(struct cf_link_report *report)
{
	const struct work_link_answer *a = &report->answer;
	if (report->model.n == 0 && link_model_write(a->source.table, &a->suggestion.settings,
					    a->result->comparer, &a->result->model, &report->model) < 0)
		return NULL;
	return buffer_text(&report->model);
}

const char *cf_link_settings(struct cf_link_report *report)
{
	const struct work_link_answer *a = &report->answer;
	if (report->settings.n == 0 && link_settings_write(&a->source, &a->suggestion, &report->settings) < 0)
		return NULL;
	return buffer_text(&report->settings);
}
