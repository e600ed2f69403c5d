#include "work/link_decisions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/csv.h"
#include "base/file.h"

enum { MODE = 0600 };

void link_decisions_done(struct link_decisions *d)
{
	d->list = mem_free(d->list);
	d->n = 0;
}

/* ---- questions ---- */

struct question {
	double value;
	struct link_scored_pair pair;
};

static int better_first(const void *a, const void *b)
{
	const struct question *x = a;
	const struct question *y = b;
	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	if (x->pair.left != y->pair.left)
		return x->pair.left < y->pair.left ? -1 : 1;
	return (x->pair.right > y->pair.right) - (x->pair.right < y->pair.right);
}

/* How unsure the answer is, times the bits of how many pairs it settles. */
static double value_of(
	const struct link_clusters *c, const uint32_t *sizes, const struct link_scored_pair *pair)
{
	double p = link_probability(pair->weight);
	uint32_t a = c->of_row[pair->left];
	uint32_t b = c->of_row[pair->right];
	double settles = a == b ? sizes[a] - 1.0 : (double)sizes[a] * sizes[b];
	return p * (1 - p) * (1 + log2(settles));
}

/* The best n questions, in a heap with the least of them on top. */
struct questions {
	struct question *list;
	size_t n;
	size_t most;
};

static void questions_done(struct questions *q)
{
	q->list = mem_free(q->list);
}

static void sink(struct questions *q, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= q->n)
			return;
		child += child + 1 < q->n && better_first(&q->list[child + 1], &q->list[child]) > 0;
		if (better_first(&q->list[child], &q->list[at]) <= 0)
			return;
		struct question swap = q->list[at];
		q->list[at] = q->list[child];
		q->list[child] = swap;
		at = child;
	}
}

static void offer(struct questions *q, const struct question *question)
{
	if (q->n < q->most) {
		q->list[q->n++] = *question;
		for (size_t i = q->n / 2; q->n == q->most && i-- > 0;)
			sink(q, i);
	} else if (better_first(question, &q->list[0]) < 0) {
		q->list[0] = *question;
		sink(q, 0);
	}
}

static int make_questions(const struct link_result *r, struct questions *q, struct cf_error *err)
{
	const struct link_clusters *c = &r->clusters;
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(&r->scored);
	CF_CLEANUP_FREE uint32_t *sizes = NEW_ARRAY_ZERO(uint32_t, c->n + 1);
	const struct link_scored_pair *pair;
	int got;
	q->most = q->most < r->scored.n ? q->most : r->scored.n;
	q->list = NEW_ARRAY(struct question, q->most);
	if (!sizes || !q->list)
		return error_memory(err);
	for (size_t i = 0; i < c->n_rows; i++)
		sizes[c->of_row[i]]++;
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0) {
		const struct question question = {value_of(c, sizes, pair), *pair};
		offer(q, &question);
	}
	TRY(got);
	if (q->n)
		qsort(q->list, q->n, sizeof *q->list, better_first);
	return CF_OK;
}

static int append_row(struct buffer *out, bool first, const struct link_source *s, uint32_t row)
{
	size_t file = link_table_file_of(s->table, row);
	TRY(csv_write_cell(out, first, s->file_names[file]));
	return buffer_printf(out, ",%zu", row - s->table->first[file] + 1);
}

int link_review_write(const char *path, const struct link_source *s, const struct link_result *r, size_t n,
	struct cf_error *err)
{
	static const double certain = 1e-6;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP(questions_done) struct questions questions = {.most = n};
	TRY(make_questions(r, &questions, err));
	TRY_MEMORY(buffer_append_text(&out, "file_l,row_l,file_r,row_r,weight,probability,same\n"), err);
	for (size_t i = 0; i < questions.n && questions.list[i].value > certain; i++) {
		const struct link_scored_pair *p = &questions.list[i].pair;
		TRY_MEMORY(append_row(&out, true, s, p->left), err);
		TRY_MEMORY(append_row(&out, false, s, p->right), err);
		TRY_MEMORY(buffer_printf(&out, ",%.4f,%.6f,\n", p->weight, link_probability(p->weight)), err);
	}
	return file_write_atomic(path, buffer_text(&out), out.n, MODE, err);
}

/* ---- answers ---- */

/* One side of a pair: its columns, -1 where there is none. */
struct side {
	ptrdiff_t file;
	ptrdiff_t row;
	ptrdiff_t id;
};

struct answers {
	const struct csv_reader *csv;
	const struct link_source *source;
	struct side left;
	struct side right;
	size_t same;
	/* rows by their id: rows[begin[code]..begin[code + 1]) */
	uint32_t *begin;
	uint32_t *rows;
};

static void answers_done(struct answers *a)
{
	a->begin = mem_free(a->begin);
	a->rows = mem_free(a->rows);
}

static struct side find_side(const struct csv_reader *csv, const char *file, const char *row, const char *id)
{
	return (struct side){csv_find_column(csv, file), csv_find_column(csv, row), csv_find_column(csv, id)};
}

static bool has_rows(const struct side *s)
{
	return s->file >= 0 && s->row >= 0;
}

static int find_columns(struct answers *a, const char *path, struct cf_error *err)
{
	ptrdiff_t same = csv_find_column(a->csv, "same");
	a->left = find_side(a->csv, "file_l", "row_l", "id_l");
	a->right = find_side(a->csv, "file_r", "row_r", "id_r");
	bool rows = has_rows(&a->left) && has_rows(&a->right);
	bool ids = a->left.id >= 0 && a->right.id >= 0;
	if (same < 0 || (!rows && !ids))
		return error_set(err, CF_E_INPUT,
			"%s: a file of decisions has the columns file_l, row_l, file_r, row_r and same, or "
			"id_l, id_r "
			"and same",
			path);
	if (ids && !rows && !a->source->id_codes)
		return error_set(err, CF_E_USAGE,
			"%s names rows by id_l and id_r; say with --id which column of the files holds the "
			"ids",
			path);
	if (rows)
		a->left.id = a->right.id = -1;
	a->same = (size_t)same;
	return CF_OK;
}

static int order_by_id(struct answers *a, struct cf_error *err)
{
	const struct link_source *s = a->source;
	size_t n = s->ids.n;
	if (a->left.id < 0)
		return CF_OK;
	a->begin = NEW_ARRAY_ZERO(uint32_t, n + 3);
	a->rows = NEW_ARRAY(uint32_t, s->table->n_rows);
	if (!a->begin || !a->rows)
		return error_memory(err);
	for (size_t row = 0; row < s->table->n_rows; row++)
		a->begin[s->id_codes[row] + 2]++;
	for (size_t code = 2; code < n + 3; code++)
		a->begin[code] += a->begin[code - 1];
	/* begin[code + 1] moves from where a code's rows begin to where they end */
	for (size_t row = 0; row < s->table->n_rows; row++)
		a->rows[a->begin[s->id_codes[row] + 1]++] = (uint32_t)row;
	return CF_OK;
}

static int find_file(const struct answers *a, const struct csv_cell *cells, ptrdiff_t column, size_t *ret,
	struct cf_error *err)
{
	const struct link_source *s = a->source;
	size_t file = 0;
	while (file < s->table->n_files && strcmp(s->file_names[file], cells[column].text) != 0)
		file++;
	if (file == s->table->n_files)
		return csv_error(a->csv, (size_t)column, err, "this is none of the files that are linked");
	*ret = file;
	return CF_OK;
}

static int row_of_id(const struct answers *a, const struct csv_cell *cells, const struct side *side,
	uint32_t *ret, struct cf_error *err)
{
	const struct link_table *t = a->source->table;
	const struct csv_cell *id = &cells[side->id];
	bool any_file = side->file < 0 || cells[side->file].n == 0;
	uint32_t code = link_dictionary_find(&a->source->ids, id->text, id->n);
	size_t file = 0;
	size_t n = 0;
	if (!any_file)
		TRY(find_file(a, cells, side->file, &file, err));
	for (uint32_t i = a->begin[code]; code && i < a->begin[code + 1]; i++) {
		uint32_t row = a->rows[i];
		if (any_file || (row >= t->first[file] && row < t->first[file + 1])) {
			*ret = row;
			n++;
		}
	}
	if (n == 1)
		return CF_OK;
	return csv_error(a->csv, (size_t)side->id, err,
		n ? "several rows have this id; name the file in file_l and file_r, or rows by their numbers"
		  : "no row has this id");
}

static int find_row(const struct answers *a, const struct csv_cell *cells, const struct side *side,
	uint32_t *ret, struct cf_error *err)
{
	const struct link_table *t = a->source->table;
	size_t file = 0;
	if (side->id >= 0)
		return row_of_id(a, cells, side, ret, err);
	TRY(find_file(a, cells, side->file, &file, err));
	char *end;
	unsigned long long row = strtoull(cells[side->row].text, &end, 10);
	if (*end || row < 1 || row > t->first[file + 1] - t->first[file])
		return csv_error(a->csv, (size_t)side->row, err, "the file has no such row");
	*ret = (uint32_t)(t->first[file] + row - 1);
	return CF_OK;
}

static bool is_word(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

/* 1 with a decision, 0 without. */
static int read_decision(const struct answers *a, const struct csv_cell *cells, struct link_decision *ret,
	struct cf_error *err)
{
	static const char *const yes[] = {"yes", "y", "1", "true", NULL};
	static const char *const no[] = {"no", "n", "0", "false", NULL};
	const char *same = cells[a->same].text;
	uint32_t left = 0;
	uint32_t right = 0;
	if (!*same)
		return 0;
	if (!is_word(same, yes) && !is_word(same, no))
		return csv_error(a->csv, a->same, err, "a decision is yes or no, or empty");
	TRY(find_row(a, cells, &a->left, &left, err));
	TRY(find_row(a, cells, &a->right, &right, err));
	if (left == right)
		return csv_error(a->csv, (size_t)(a->right.id >= 0 ? a->right.id : a->right.row), err,
			"a row is paired with itself");
	*ret = (struct link_decision){.left = left < right ? left : right,
		.right = left < right ? right : left,
		.same = is_word(same, yes)};
	return 1;
}

static int read_answers(
	const struct answers *a, struct csv_reader *csv, struct link_decisions *d, struct cf_error *err)
{
	const struct csv_cell *cells;
	size_t capacity = 0;
	int got;
	while ((got = csv_next(csv, &cells, err)) > 0) {
		struct link_decision decision;
		int decided = read_decision(a, cells, &decision, err);
		TRY(decided);
		if (!decided)
			continue;
		if (d->n == capacity) {
			struct link_decision *list = mem_grow(d->list, d->n, &capacity, sizeof *list);
			if (!list)
				return error_memory(err);
			d->list = list;
		}
		d->list[d->n++] = decision;
	}
	return got;
}

int link_decisions_read(
	const char *path, const struct link_source *s, struct link_decisions *ret, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	CF_CLEANUP(link_decisions_done) struct link_decisions d = {0};
	CF_CLEANUP(answers_done) struct answers a = {.source = s};
	TRY(csv_open(path, &options, &csv, err));
	a.csv = csv;
	TRY(find_columns(&a, path, err));
	TRY(order_by_id(&a, err));
	TRY(read_answers(&a, csv, &d, err));
	d.n = link_decisions_sort(d.list, d.n);
	*ret = d;
	d.list = NULL;
	return CF_OK;
}
