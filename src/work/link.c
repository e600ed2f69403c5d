#include "work/link.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/jobs.h"
#include "work/link_decisions.h"
#include "work/link_html.h"
#include "work/link_index.h"
#include "work/link_model.h"
#include "work/link_settings.h"
#include "work/link_write.h"

static const size_t usual_memory = (size_t)2 << 30;

void work_link_answer_done(struct work_link_answer *a)
{
	a->result = link_result_free(a->result);
	link_qualities_done(&a->quality);
	link_suggestion_done(&a->suggestion);
	link_source_done(&a->source);
}

/* What the user brought: settings, a model, both or neither. */
struct given {
	struct link_settings_file *settings;
	struct link_model_file *model;
};

static void given_done(struct given *g)
{
	g->settings = link_settings_free(g->settings);
	g->model = link_model_free(g->model);
}

static int open_given(const struct work_link_request *r, struct given *g, struct cf_error *err)
{
	if (r->settings_path)
		TRY(link_settings_open(r->settings_path, &g->settings, err));
	else if (r->settings_text)
		TRY(link_settings_parse(
			"settings", r->settings_text, strlen(r->settings_text), &g->settings, err));
	if (r->model_text)
		return link_model_parse("model", r->model_text, strlen(r->model_text), &g->model, err);
	return r->model_path ? link_model_open(r->model_path, &g->model, err) : CF_OK;
}

/* Columns stated by the settings, or else by the model. */
static void stated_columns(const struct given *g, const struct link_stated_column **ret, size_t *ret_n)
{
	*ret = NULL;
	*ret_n = 0;
	if (g->settings && g->settings->n_columns) {
		*ret = g->settings->columns;
		*ret_n = g->settings->n_columns;
	} else if (g->model) {
		*ret = g->model->columns;
		*ret_n = g->model->n_fields;
	}
}

static int read_files(const struct work_link_request *r, const struct given *g, struct link_source *ret,
	struct cf_error *err)
{
	struct link_read_options options = {.paths = r->paths,
		.texts = r->texts,
		.n_paths = r->n_paths,
		.ignore = r->ignore,
		.n_ignore = r->n_ignore,
		.id = r->id,
		.memory_bytes = r->memory_bytes ? r->memory_bytes : usual_memory,
		.progress = r->progress};
	stated_columns(g, &options.stated, &options.n_stated);
	options.stated_first = g->model && options.stated == g->model->columns;
	TRY(link_source_read(&options, ret, err));
	ret->shows_ids = r->show_ids && ret->id_codes;
	return CF_OK;
}

/* Which columns are stated, or else known from their headers. */
static int mark_stated(const struct given *g, const struct link_source *s, bool *stated, bool *ret_only,
	struct cf_error *err)
{
	const struct link_stated_column *columns;
	size_t n;
	stated_columns(g, &columns, &n);
	*ret_only = n > 0;
	for (size_t c = 0; c < s->table->n_columns && !n; c++)
		stated[c] = s->columns[c].stated;
	for (size_t i = 0; i < n; i++) {
		int column = link_find_column(s->table, columns[i].name, strlen(columns[i].name));
		if (column < 0)
			return error_set(
				err, CF_E_NOT_FOUND, "no file has a column '%.60s'", columns[i].name);
		stated[column] = true;
	}
	return CF_OK;
}

static void set_by_frequency(
	const struct link_model_file *f, const struct link_table *t, struct link_settings *s)
{
	for (size_t k = 0; k < s->n_fields; k++)
		for (size_t i = 0; i < f->n_fields; i++)
			if (strcasecmp(f->names[i], t->columns[s->fields[k].column].name) == 0)
				s->fields[k].by_frequency = f->by_frequency[i];
}

static int suggest(const struct work_link_request *r, const struct given *g, const struct link_source *s,
	struct link_suggestion *ret, struct cf_error *err)
{
	const struct link_settings_file *f = g->settings;
	bool stated[LINK_MAX_COLUMNS] = {false};
	struct link_suggest_options options = {.across = r->n_paths > 1,
		.within = r->n_paths == 1 || r->dedupe,
		.one_a_file = r->n_paths > 1 && !r->dedupe,
		.stated = stated,
		.memory_bytes = r->memory_bytes ? r->memory_bytes : usual_memory,
		.no_rules = f && (f->n_rules || f->all_pairs)};
	if (f)
		TRY(link_settings_check(f, s->table, err));
	TRY(mark_stated(g, s, stated, &options.only_stated, err));
	TRY(link_suggest(s->table, &options, ret, err));
	if (g->model)
		set_by_frequency(g->model, s->table, &ret->settings);
	if (f)
		TRY(link_settings_apply(f, s->table, &ret->settings, err));
	if (r->threshold > 0)
		ret->settings.threshold = r->threshold;
	return CF_OK;
}

static int write_model(const char *path, const struct work_link_answer *a, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	TRY_MEMORY(link_model_write(a->source.table, &a->suggestion.settings, a->result->comparer,
			   &a->result->model, &out),
		err);
	return file_write_atomic(path, out.data, out.n, 0600, err);
}

static int write_report(const char *path, const struct work_link_answer *a, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	TRY(link_html(a, &out, err));
	return file_write_atomic(path, out.data, out.n, 0600, err);
}

static int write_all(
	const struct work_link_request *r, const struct work_link_answer *a, struct cf_error *err)
{
	if (r->save_model_path)
		TRY(write_model(r->save_model_path, a, err));
	if (r->pairs_path)
		TRY(link_write_pairs(r->pairs_path, &a->source, a->result, err));
	if (r->review_path)
		TRY(link_review_write(r->review_path, &a->source, a->result, r->n_review, err));
	if (r->clusters_path)
		TRY(link_write_clusters(r->clusters_path, &a->source, a->result, r->at, r->n_at, err));
	if (r->keep_path)
		TRY(link_index_keep(r->keep_path, a, err));
	if (r->report_path)
		TRY(write_report(r->report_path, a, err));
	return CF_OK;
}

struct running {
	const struct work_link_request *request;
	const struct given *given;
	struct job_pool *pool;
	bool only_model;
};

static int run(const struct running *running, struct work_link_answer *a, struct cf_error *err)
{
	CF_CLEANUP(link_decisions_done) struct link_decisions decisions = {0};
	const struct work_link_request *r = running->request;
	const struct given *g = running->given;
	struct link_model model;
	if (r->decisions_path)
		TRY(link_decisions_read(r->decisions_path, &a->source, &decisions, err));
	if (g->model)
		TRY(link_model_arrange(g->model, a->source.table, &a->suggestion.settings, &model, err));
	const struct link_options options = {.memory_bytes = r->memory_bytes ? r->memory_bytes : usual_memory,
		.temporary = r->temporary,
		.method = g->settings ? g->settings->method : LINK_CONSISTENT,
		.model = g->model ? &model : NULL,
		.decisions = decisions.list,
		.n_decisions = decisions.n,
		.only_labels = g->settings && g->settings->only_labels && !g->model,
		.only_model = running->only_model,
		.pool = running->pool,
		.progress = r->progress};
	TRY(link_run(a->source.table, &a->suggestion.settings, &options, &a->result, err));
	if (!running->only_model) {
		TRY(link_cluster_qualities(
			&a->result->clusters, &a->result->scored, a->result->weight, &a->quality, err));
		TRY(write_all(r, a, err));
	}
	link_scorer_decide(a->result->scorer, NULL, 0); /* they go with this function */
	return CF_OK;
}

static int link_or_prepare(const struct work_link_request *r, bool only_model, struct work_link_answer *ret,
	struct cf_error *err)
{
	CF_CLEANUP(work_link_answer_done) struct work_link_answer a = {0};
	CF_CLEANUP(given_done) struct given given = {0};
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	TRY(open_given(r, &given, err));
	TRY(jobs_new(r->n_threads, &pool, err));
	TRY(read_files(r, &given, &a.source, err));
	TRY(suggest(r, &given, &a.source, &a.suggestion, err));
	const struct running running = {
		.request = r, .given = &given, .pool = pool, .only_model = only_model};
	if (!r->suggest_only)
		TRY(run(&running, &a, err));
	*ret = a;
	a = (struct work_link_answer){0};
	return CF_OK;
}

int work_link(const struct work_link_request *r, struct work_link_answer *ret, struct cf_error *err)
{
	return link_or_prepare(r, false, ret, err);
}

int work_link_prepare(const struct work_link_request *r, struct work_link_answer *ret, struct cf_error *err)
{
	return link_or_prepare(r, true, ret, err);
}
