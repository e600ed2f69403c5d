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

enum { FILE_L, ROW_L, FILE_R, ROW_R, SAME, N_NEEDED };

static int find_needed(
	const struct csv_reader *csv, const char *path, size_t to[N_NEEDED], struct cf_error *err)
{
	static const char *const names[N_NEEDED] = {"file_l", "row_l", "file_r", "row_r", "same"};
	for (size_t i = 0; i < N_NEEDED; i++) {
		ptrdiff_t column = csv_find_column(csv, names[i]);
		if (column < 0)
			return error_set(err, CF_E_INPUT,
				"%s: there is no column '%s'; a file of decisions has file_l, row_l, file_r, "
				"row_r "
				"and same",
				path, names[i]);
		to[i] = (size_t)column;
	}
	return CF_OK;
}

static int find_row(const struct csv_reader *csv, const struct link_source *s, const struct csv_cell *cells,
	size_t file_column, size_t row_column, uint32_t *ret, struct cf_error *err)
{
	const struct link_table *t = s->table;
	size_t file = 0;
	while (file < t->n_files && strcmp(s->file_names[file], cells[file_column].text) != 0)
		file++;
	if (file == t->n_files)
		return csv_error(csv, file_column, err, "this is none of the files that are linked");
	char *end;
	unsigned long long row = strtoull(cells[row_column].text, &end, 10);
	if (*end || row < 1 || row > t->first[file + 1] - t->first[file])
		return csv_error(csv, row_column, err, "the file has no such row");
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
static int read_decision(const struct csv_reader *csv, const struct link_source *s,
	const struct csv_cell *cells, const size_t to[N_NEEDED], struct link_decision *ret,
	struct cf_error *err)
{
	static const char *const yes[] = {"yes", "y", "1", "true", NULL};
	static const char *const no[] = {"no", "n", "0", "false", NULL};
	const char *same = cells[to[SAME]].text;
	uint32_t left = 0;
	uint32_t right = 0;
	if (!*same)
		return 0;
	if (!is_word(same, yes) && !is_word(same, no))
		return csv_error(csv, to[SAME], err, "a decision is yes or no, or empty");
	TRY(find_row(csv, s, cells, to[FILE_L], to[ROW_L], &left, err));
	TRY(find_row(csv, s, cells, to[FILE_R], to[ROW_R], &right, err));
	if (left == right)
		return csv_error(csv, to[ROW_R], err, "a row is paired with itself");
	*ret = (struct link_decision){.left = left < right ? left : right,
		.right = left < right ? right : left,
		.same = is_word(same, yes)};
	return 1;
}

int link_decisions_read(
	const char *path, const struct link_source *s, struct link_decisions *ret, struct cf_error *err)
{
	const struct csv_options options = {.trim = true};
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	CF_CLEANUP(link_decisions_done) struct link_decisions d = {0};
	const struct csv_cell *cells;
	size_t to[N_NEEDED];
	size_t capacity = 0;
	int got;
	TRY(csv_open(path, &options, &csv, err));
	TRY(find_needed(csv, path, to, err));
	while ((got = csv_next(csv, &cells, err)) > 0) {
		struct link_decision decision;
		int decided = read_decision(csv, s, cells, to, &decision, err);
		TRY(decided);
		if (!decided)
			continue;
		if (d.n == capacity) {
			struct link_decision *list = mem_grow(d.list, d.n, &capacity, sizeof *list);
			if (!list)
				return error_memory(err);
			d.list = list;
		}
		d.list[d.n++] = decision;
	}
	if (got < 0)
		return got;
	d.n = link_decisions_sort(d.list, d.n);
	*ret = d;
	d.list = NULL;
	return CF_OK;
}
