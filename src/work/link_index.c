#include "work/link_index.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/jobs.h"
#include "link/index.h"
#include "work/link_model.h"

enum { MODE = 0600 };

/* At least this share of new rows is taken to be of known persons before they are looked at. */
static const double least_known = 0.1;

/* ---- writing ---- */

int link_index_keep(const char *path, const struct work_link_answer *a, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer model = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	const struct link_settings *s = &a->suggestion.settings;
	TRY_MEMORY(link_model_write(a->source.table, s, a->result->comparer, &a->result->model, &model), err);
	const struct link_index_content content = {.table = a->source.table,
		.settings = s,
		.file_names = (const char *const *)a->source.file_names,
		.model_text = buffer_text(&model),
		.cluster_of_row = a->result->clusters.of_row,
		.n_clusters = (uint32_t)a->result->clusters.n,
		.weight = a->result->weight};
	TRY(link_index_write(&content, &out, err));
	return file_write_atomic(path, out.data, out.n, MODE, err);
}

/* ---- mapping ---- */

struct mapped {
	void *data;
	size_t n;
};

static void mapped_done(struct mapped *m)
{
	if (m->data)
		(void)munmap(m->data, m->n);
	m->data = NULL;
}

static void close_file(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int map_file(const char *path, struct mapped *ret, struct cf_error *err)
{
	struct stat status;
	CF_CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set_errno(err, CF_E_NOT_FOUND, "cannot open %s", path);
	if (fstat(fd, &status) < 0)
		return error_set_errno(err, CF_E_IO, "cannot read %s", path);
	if (!S_ISREG(status.st_mode) || status.st_size == 0)
		return error_set(err, CF_E_INPUT, "%s: this is no index of kept rows", path);
	void *data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return error_set_errno(err, CF_E_IO, "cannot map %s", path);
	*ret = (struct mapped){data, (size_t)status.st_size};
	return CF_OK;
}

/* ---- new rows ---- */

struct joining {
	const struct work_link_request *request;
	const struct link_index *index;
	struct link_model_file *model_file;
	struct link_model model;
	struct link_source source;
	struct link_settings settings;
	struct link_result *result; /* the new rows among themselves */
	struct link_new_pairs pairs;
	uint32_t *of_row; /* clusters numbered as in the index */
};

static void joining_done(struct joining *j)
{
	j->result = link_result_free(j->result);
	link_new_pairs_done(&j->pairs);
	j->of_row = mem_free(j->of_row);
	link_source_done(&j->source);
	j->model_file = link_model_free(j->model_file);
}

static int read_new(struct joining *j, struct cf_error *err)
{
	const struct work_link_request *r = j->request;
	const char *text = link_index_model_text(j->index);
	TRY(link_model_parse("the index's model", text, strlen(text), &j->model_file, err));
	const struct link_read_options options = {.paths = r->paths,
		.n_paths = r->n_paths,
		.ignore = r->ignore,
		.n_ignore = r->n_ignore,
		.id = r->id,
		.stated = j->model_file->columns,
		.n_stated = j->model_file->n_fields,
		.stated_first = true,
		.memory_bytes = r->memory_bytes,
		.progress = r->progress};
	return link_source_read(&options, &j->source, err);
}

/* Fields as the model has them. */
static int set_fields(struct joining *j, struct cf_error *err)
{
	const struct link_model_file *f = j->model_file;
	struct link_settings *s = &j->settings;
	int given = -1;
	int family = -1;
	for (size_t i = 0; i < f->n_fields; i++) {
		int column = link_find_column(j->source.table, f->names[i], strlen(f->names[i]));
		if (column < 0)
			return error_set(
				err, CF_E_NOT_FOUND, "the new files have no column '%.60s'", f->names[i]);
		s->fields[i] = (struct link_field){
			.column = (uint16_t)column, .crosswise = -1, .by_frequency = f->by_frequency[i]};
		if (f->columns[i].role == LINK_ROLE_GIVEN && given < 0)
			given = (int)i;
		if (f->columns[i].role == LINK_ROLE_FAMILY && family < 0)
			family = (int)i;
	}
	s->n_fields = f->n_fields;
	if (given >= 0 && family >= 0)
		s->fields[given].crosswise = (int8_t)family;
	return CF_OK;
}

static int set_rules(struct joining *j, struct cf_error *err)
{
	struct link_settings *s = &j->settings;
	const char *at = link_index_rules(j->index);
	s->all_pairs = *at == '\0';
	while (*at) {
		CF_CLEANUP(buffer_done) struct buffer problem = BUFFER_INIT;
		size_t n = strcspn(at, "\n");
		CF_CLEANUP_FREE char *text = mem_strndup(at, n);
		if (!text)
			return error_memory(err);
		if (s->n_rules == LINK_MAX_RULES)
			return error_set(err, CF_E_INPUT, "the index has too many rules");
		int status = link_rule_parse(j->source.table, text, &s->rules[s->n_rules], &problem);
		if (status == CF_E_MEMORY)
			return error_memory(err);
		if (status < 0)
			return error_set(err, CF_E_INPUT, "rule '%.100s' of the index: %s", text,
				buffer_text(&problem));
		s->n_rules++;
		at += n + (at[n] == '\n');
	}
	return CF_OK;
}

static int settle(struct joining *j, struct cf_error *err)
{
	const struct work_link_request *r = j->request;
	struct link_settings *s = &j->settings;
	s->across = r->n_paths > 1;
	s->within = r->n_paths == 1 ? !link_index_one_a_file(j->index) || r->dedupe : r->dedupe;
	s->one_a_file = link_index_one_a_file(j->index) && !r->dedupe;
	s->threshold = link_probability(link_index_weight(j->index));
	TRY(set_fields(j, err));
	TRY(set_rules(j, err));
	TRY(link_model_arrange(j->model_file, j->source.table, s, &j->model, err));
	/* files in which nobody stands twice have taught that no two rows are one person */
	double usual = least_known / (double)link_index_n_rows(j->index);
	j->model.prior = fmin(0.5, fmax(j->model.prior, usual));
	return CF_OK;
}

static int match(struct joining *j, struct job_pool *pool, struct work_link_new *ret, struct cf_error *err)
{
	static const double floor_weight = -3;
	CF_CLEANUP_LINK_MATCHER struct link_matcher *m = NULL;
	const struct link_options options = {.memory_bytes = j->request->memory_bytes,
		.temporary = j->request->temporary,
		.model = &j->model,
		.keep_prior = true,
		.pool = pool,
		.progress = j->request->progress};
	const struct link_new_rows rows = {j->source.table, &j->settings, &j->model};
	TRY(link_run(j->source.table, &j->settings, &options, &j->result, err));
	TRY(link_matcher_new(j->index, &rows, &m, err));
	TRY(link_matcher_run(m, floor_weight, &j->pairs, err));
	j->of_row = NEW_ARRAY(uint32_t, j->source.table->n_rows);
	if (!j->of_row)
		return error_memory(err);
	TRY(link_matcher_assign(m, &j->pairs, &j->result->clusters, j->of_row, err));
	ret->n_compared = j->pairs.n_compared + j->result->n_compared;
	return CF_OK;
}

/* ---- what comes of it ---- */

static int append_new(struct buffer *out, bool first, const struct link_source *s, size_t row)
{
	size_t file = link_table_file_of(s->table, row);
	TRY(csv_write_cell(out, first, s->file_names[file]));
	return buffer_printf(out, ",%zu", row - s->table->first[file] + 1);
}

static int write_pairs(const char *path, const struct joining *j, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(&j->result->scored);
	const struct link_scored_pair *p;
	int got;
	TRY_MEMORY(buffer_append_text(&out, "file_l,row_l,file_r,row_r,weight,probability\n"), err);
	for (size_t i = 0; i < j->pairs.n; i++) {
		const struct link_new_pair *known = &j->pairs.pairs[i];
		size_t kept_row;
		if (link_index_cluster_of(j->index, known->kept) != j->of_row[known->row])
			continue;
		TRY_MEMORY(csv_write_cell(&out, true, link_index_file_of(j->index, known->kept, &kept_row)),
			err);
		TRY_MEMORY(buffer_printf(&out, ",%zu", kept_row), err);
		TRY_MEMORY(append_new(&out, false, &j->source, known->row), err);
		TRY_MEMORY(
			buffer_printf(&out, ",%.4f,%.6f\n", known->weight, link_probability(known->weight)),
			err);
	}
	while ((got = link_cursor_next(&cursor, &p, err)) > 0) {
		if (j->of_row[p->left] != j->of_row[p->right])
			continue;
		TRY_MEMORY(append_new(&out, true, &j->source, p->left), err);
		TRY_MEMORY(append_new(&out, false, &j->source, p->right), err);
		TRY_MEMORY(buffer_printf(&out, ",%.4f,%.6f\n", p->weight, link_probability(p->weight)), err);
	}
	TRY(got);
	return file_write_atomic(path, out.data, out.n, MODE, err);
}

static int write_clusters(const char *path, const struct joining *j, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	TRY_MEMORY(buffer_append_text(&out, "file,row,cluster\n"), err);
	for (size_t row = 0; row < j->source.table->n_rows; row++) {
		TRY_MEMORY(append_new(&out, true, &j->source, row), err);
		TRY_MEMORY(buffer_printf(&out, ",%" PRIu32 "\n", j->of_row[row]), err);
	}
	return file_write_atomic(path, out.data, out.n, MODE, err);
}

/* Columns of the longer table have other numbers than those of the new files. */
static int renumber(const struct link_table *from, const struct link_table *to, struct link_settings *s,
	struct cf_error *err)
{
	for (size_t f = 0; f < s->n_fields; f++) {
		const char *name = from->columns[s->fields[f].column].name;
		int column = link_find_column(to, name, strlen(name));
		if (column < 0)
			return error_set(err, CF_E_INPUT, "the index has no column '%.60s'", name);
		s->fields[f].column = (uint16_t)column;
	}
	for (size_t r = 0; r < s->n_rules; r++)
		for (size_t p = 0; p < s->rules[r].n_parts; p++) {
			const char *name = from->columns[s->rules[r].parts[p].column].name;
			int column = link_find_column(to, name, strlen(name));
			if (column < 0)
				return error_set(err, CF_E_INPUT, "the index has no column '%.60s'", name);
			s->rules[r].parts[p].column = (uint16_t)column;
		}
	return CF_OK;
}

static int gather_names(const struct joining *j, const char ***ret, struct cf_error *err)
{
	size_t n_kept = link_index_n_files(j->index);
	const char **names = mem_alloc(n_kept + j->source.table->n_files, sizeof *names);
	if (!names)
		return error_memory(err);
	for (size_t f = 0; f < n_kept; f++)
		names[f] = link_index_file_name(j->index, f);
	for (size_t f = 0; f < j->source.table->n_files; f++)
		names[n_kept + f] = j->source.file_names[f];
	*ret = names;
	return CF_OK;
}

static int keep_longer(const char *path, const struct joining *j, struct cf_error *err)
{
	CF_CLEANUP_LINK_TABLE struct link_table *table = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP_FREE const char **names = NULL;
	struct link_settings settings = j->settings;
	size_t n_kept = link_index_n_rows(j->index);
	TRY(link_index_extend(j->index, j->source.table, &table, err));
	TRY(renumber(j->source.table, table, &settings, err));
	TRY(gather_names(j, &names, err));
	CF_CLEANUP_FREE uint32_t *of_row = NEW_ARRAY(uint32_t, table->n_rows);
	if (!of_row)
		return error_memory(err);
	uint32_t n_clusters = link_index_n_clusters(j->index);
	for (size_t row = 0; row < table->n_rows; row++) {
		of_row[row] = row < n_kept ? link_index_cluster_of(j->index, (uint32_t)row)
					   : j->of_row[row - n_kept];
		n_clusters = of_row[row] > n_clusters ? of_row[row] : n_clusters;
	}
	settings.one_a_file = link_index_one_a_file(j->index);
	const struct link_index_content content = {.table = table,
		.settings = &settings,
		.file_names = names,
		.model_text = link_index_model_text(j->index),
		.cluster_of_row = of_row,
		.n_clusters = n_clusters,
		.weight = link_index_weight(j->index)};
	TRY(link_index_write(&content, &out, err));
	return file_write_atomic(path, out.data, out.n, MODE, err);
}

static void count(const struct joining *j, struct work_link_new *ret)
{
	uint32_t n_clusters = link_index_n_clusters(j->index);
	uint32_t last = n_clusters;
	ret->n_new = j->source.table->n_rows;
	ret->n_kept = link_index_n_rows(j->index);
	for (size_t row = 0; row < ret->n_new; row++) {
		ret->n_known += j->of_row[row] <= n_clusters;
		last = j->of_row[row] > last ? j->of_row[row] : last;
	}
	ret->n_persons = last - n_clusters;
}

int work_link_against(const struct work_link_request *r, const struct work_link_against *against,
	struct work_link_new *ret, struct cf_error *err)
{
	CF_CLEANUP(mapped_done) struct mapped mapped = {0};
	CF_CLEANUP_LINK_INDEX struct link_index *index = NULL;
	CF_CLEANUP(joining_done) struct joining j = {.request = r};
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct work_link_new counted = {0};
	TRY(jobs_new(r->n_threads, &pool, err));
	TRY(map_file(against->index_path, &mapped, err));
	int opened = link_index_open(mapped.data, mapped.n, &index, err);
	if (opened < 0)
		return error_prefix(err, opened, "%s", against->index_path);
	j.index = index;
	TRY(read_new(&j, err));
	TRY(settle(&j, err));
	TRY(match(&j, pool, &counted, err));
	if (r->pairs_path)
		TRY(write_pairs(r->pairs_path, &j, err));
	if (r->clusters_path)
		TRY(write_clusters(r->clusters_path, &j, err));
	if (against->keep_path)
		TRY(keep_longer(against->keep_path, &j, err));
	count(&j, &counted);
	*ret = counted;
	return CF_OK;
}
