#include "work/link.h"

#include "base/jobs.h"
#include "work/link_settings.h"
#include "work/link_write.h"

static const size_t usual_memory = (size_t)2 << 30;

void work_link_answer_done(struct work_link_answer *a)
{
	a->result = link_result_free(a->result);
	link_suggestion_done(&a->suggestion);
	link_source_done(&a->source);
}

static int read_files(const struct work_link_request *r, const struct link_settings_file *f,
	struct link_source *ret, struct cf_error *err)
{
	const struct link_read_options options = {.paths = r->paths,
		.n_paths = r->n_paths,
		.ignore = r->ignore,
		.n_ignore = r->n_ignore,
		.id = r->id,
		.stated = f ? f->columns : NULL,
		.n_stated = f ? f->n_columns : 0,
		.memory_bytes = r->memory_bytes ? r->memory_bytes : usual_memory,
		.progress = r->progress};
	return link_source_read(&options, ret, err);
}

static int suggest(const struct work_link_request *r, const struct link_settings_file *f,
	const struct link_source *s, struct link_suggestion *ret, struct cf_error *err)
{
	bool stated[LINK_MAX_COLUMNS] = {false};
	for (size_t c = 0; c < s->table->n_columns && !(f && f->n_columns); c++)
		stated[c] = s->columns[c].stated;
	if (f)
		TRY(link_settings_mark(f, s->table, stated, err));
	const struct link_suggest_options options = {.across = r->n_paths > 1,
		.within = r->n_paths == 1 || r->dedupe,
		.one_a_file = r->n_paths > 1 && !r->dedupe,
		.stated = stated,
		.only_stated = f && f->n_columns,
		.no_rules = f && (f->n_rules || f->all_pairs)};
	TRY(link_suggest(s->table, &options, ret, err));
	if (f)
		TRY(link_settings_apply(f, s->table, &ret->settings, err));
	if (r->threshold > 0)
		ret->settings.threshold = r->threshold;
	return CF_OK;
}

static int write_all(
	const struct work_link_request *r, const struct work_link_answer *a, struct cf_error *err)
{
	if (r->pairs_path)
		TRY(link_write_pairs(r->pairs_path, &a->source, a->result, err));
	if (r->clusters_path)
		TRY(link_write_clusters(r->clusters_path, &a->source, a->result, err));
	return CF_OK;
}

int work_link(const struct work_link_request *r, struct work_link_answer *ret, struct cf_error *err)
{
	CF_CLEANUP(work_link_answer_done) struct work_link_answer a = {0};
	CF_CLEANUP_LINK_SETTINGS struct link_settings_file *file = NULL;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	if (r->settings_path)
		TRY(link_settings_open(r->settings_path, &file, err));
	TRY(jobs_new(r->n_threads, &pool, err));
	TRY(read_files(r, file, &a.source, err));
	TRY(suggest(r, file, &a.source, &a.suggestion, err));
	if (!r->suggest_only) {
		const struct link_options options = {
			.memory_bytes = r->memory_bytes ? r->memory_bytes : usual_memory,
			.coverage = a.suggestion.coverage,
			.method = file ? file->method : LINK_CONSISTENT,
			.pool = pool,
			.progress = r->progress};
		TRY(link_run(a.source.table, &a.suggestion.settings, &options, &a.result, err));
		TRY(write_all(r, &a, err));
	}
	*ret = a;
	a = (struct work_link_answer){0};
	return CF_OK;
}
