#include "work/link_write.h"

#include <inttypes.h>
#include <math.h>

#include "base/csv.h"
#include "base/file.h"

enum { MODE = 0600, FLUSH_BYTES = 1 << 16 };
static const size_t most_pairs = 2000000000;

static int flush(struct buffer *out, struct file_writer *w, const char *path, struct cf_error *err)
{
	if (out->n && fwrite(out->data, 1, out->n, w->stream) != out->n)
		return error_set_errno(err, CF_E_IO, "cannot write %s", path);
	buffer_clear(out);
	return CF_OK;
}

static int append_row_name(struct buffer *out, bool first, const struct link_source *s, size_t row)
{
	size_t file = link_table_file_of(s->table, row);
	TRY(csv_write_cell(out, first, s->file_names[file]));
	return buffer_printf(out, ",%zu", row - s->table->first[file] + 1);
}

static int append_id(struct buffer *out, const struct link_source *s, size_t row)
{
	if (!s->shows_ids)
		return CF_OK;
	uint32_t code = s->id_codes[row];
	return csv_write_cell(out, false, code ? link_dictionary_text(&s->ids, code) : "");
}

/* Rows by cluster: order[begin[c - 1]..begin[c]) are cluster c's, rising. */
static int order_by_cluster(
	const struct link_clusters *c, uint32_t **ret_order, size_t **ret_begin, struct cf_error *err)
{
	CF_CLEANUP_FREE uint32_t *order = NEW_ARRAY(uint32_t, c->n_rows);
	CF_CLEANUP_FREE size_t *begin = NEW_ARRAY_ZERO(size_t, c->n + 2);
	if (!order || !begin)
		return error_memory(err);
	for (size_t i = 0; i < c->n_rows; i++)
		begin[c->of_row[i] + 1]++;
	for (size_t k = 1; k <= c->n + 1; k++)
		begin[k] += begin[k - 1];
	for (size_t i = 0; i < c->n_rows; i++)
		order[begin[c->of_row[i]]++] = (uint32_t)i;
	*ret_order = TAKE(order);
	*ret_begin = TAKE(begin);
	return CF_OK;
}

static int append_pair(struct buffer *out, const struct link_source *s, const struct link_result *r,
	uint32_t left, uint32_t right)
{
	double weight = link_score_pair(r->scorer, 0, left, right, -INFINITY);
	TRY(append_row_name(out, true, s, left));
	TRY(append_row_name(out, false, s, right));
	TRY(buffer_printf(out, ",%.4f,%.6f", weight, link_probability(weight)));
	TRY(append_id(out, s, left));
	TRY(append_id(out, s, right));
	return csv_end_row(out);
}

int link_write_pairs(
	const char *path, const struct link_source *s, const struct link_result *r, struct cf_error *err)
{
	CF_CLEANUP(file_abandon) struct file_writer w = FILE_WRITER_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP_FREE uint32_t *order = NULL;
	CF_CLEANUP_FREE size_t *begin = NULL;
	if (r->clusters.n_pairs > most_pairs)
		return error_set(err, CF_E_LIMIT,
			"the clusters hold %zu pairs of rows, the largest has %zu rows: too many to write "
			"one by one to %s; "
			"--clusters says the same in a line a row",
			r->clusters.n_pairs, r->clusters.largest, path);
	TRY(order_by_cluster(&r->clusters, &order, &begin, err));
	TRY(file_begin(&w, path, MODE, err));
	TRY_MEMORY(buffer_append_text(&out, "file_l,row_l,file_r,row_r,weight,probability"), err);
	TRY_MEMORY(buffer_append_text(&out, s->shows_ids ? ",id_l,id_r\n" : "\n"), err);
	for (size_t c = 1; c <= r->clusters.n; c++)
		for (size_t i = c == 1 ? 0 : begin[c - 1]; i < begin[c]; i++)
			for (size_t k = i + 1; k < begin[c]; k++) {
				TRY_MEMORY(append_pair(&out, s, r, order[i], order[k]), err);
				if (out.n >= FLUSH_BYTES)
					TRY(flush(&out, &w, path, err));
			}
	TRY(flush(&out, &w, path, err));
	return file_commit(&w, err);
}

/* Clusterings to write side by side. */
struct columns {
	struct link_clusters *list;
	size_t n;
};

static void columns_done(struct columns *c)
{
	for (size_t i = 0; c->list && i < c->n; i++)
		link_clusters_done(&c->list[i]);
	c->list = mem_free(c->list);
}

static int components_at(const struct link_source *s, const struct link_result *r, const double *at,
	size_t n_at, struct columns *ret, struct cf_error *err)
{
	ret->list = NEW_ARRAY_ZERO(struct link_clusters, n_at);
	if (!ret->list)
		return error_memory(err);
	ret->n = n_at;
	for (size_t i = 0; i < n_at; i++) {
		const struct link_cluster_options o = {
			.method = LINK_COMPONENTS, .weight = link_log2_odds(at[i])};
		TRY(link_cluster(s->table, &r->scored, r->scorer, &o, &ret->list[i], err));
	}
	return CF_OK;
}

static int append_row(struct buffer *out, const struct link_source *s, const struct link_result *r,
	const struct columns *columns, size_t row)
{
	TRY(append_row_name(out, true, s, row));
	TRY(buffer_printf(out, ",%" PRIu32, r->clusters.of_row[row]));
	for (size_t i = 0; i < columns->n; i++)
		TRY(buffer_printf(out, ",%" PRIu32, columns->list[i].of_row[row]));
	TRY(append_id(out, s, row));
	return csv_end_row(out);
}

int link_write_clusters(const char *path, const struct link_source *s, const struct link_result *r,
	const double *at, size_t n_at, struct cf_error *err)
{
	CF_CLEANUP(file_abandon) struct file_writer w = FILE_WRITER_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP(columns_done) struct columns columns = {0};
	TRY(components_at(s, r, at, n_at, &columns, err));
	TRY(file_begin(&w, path, MODE, err));
	TRY_MEMORY(buffer_append_text(&out, "file,row,cluster"), err);
	for (size_t i = 0; i < n_at; i++)
		TRY_MEMORY(buffer_printf(&out, ",cluster_at_%g", at[i]), err);
	TRY_MEMORY(buffer_append_text(&out, s->shows_ids ? ",id" : ""), err);
	TRY_MEMORY(csv_end_row(&out), err);
	for (size_t row = 0; row < s->table->n_rows; row++) {
		TRY_MEMORY(append_row(&out, s, r, &columns, row), err);
		if (out.n >= FLUSH_BYTES)
			TRY(flush(&out, &w, path, err));
	}
	TRY(flush(&out, &w, path, err));
	return file_commit(&w, err);
}
