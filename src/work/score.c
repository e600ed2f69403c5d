#include "work/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/*
 * Pairs
 */

static int by_truth(const void *a, const void *b)
{
	const struct score_row *x = a;
	const struct score_row *y = b;
	return x->truth < y->truth ? -1 : x->truth > y->truth;
}

static int by_cluster_and_truth(const void *a, const void *b)
{
	const struct score_row *x = a;
	const struct score_row *y = b;
	if (x->cluster != y->cluster)
		return x->cluster < y->cluster ? -1 : 1;
	return by_truth(a, b);
}

static bool same_truth(const struct score_row *a, const struct score_row *b)
{
	return a->truth == b->truth;
}

static bool same_cluster(const struct score_row *a, const struct score_row *b)
{
	return a->cluster == b->cluster;
}

static bool same_both(const struct score_row *a, const struct score_row *b)
{
	return same_truth(a, b) && same_cluster(a, b);
}

struct pair_counting {
	const struct score_row *rows; /* sorted so that groups are runs */
	size_t n;
	size_t n_lists;
	bool (*same)(const struct score_row *a, const struct score_row *b);
	uint64_t *in_list; /* n_lists: rows of the present group */
	uint64_t *pairs;   /* n_lists * n_lists */
};

static void count_group(const struct pair_counting *c, const struct score_row *group, size_t n)
{
	memset(c->in_list, 0, c->n_lists * sizeof *c->in_list);
	for (size_t i = 0; i < n; i++)
		c->in_list[group[i].list]++;
	for (size_t a = 0; a < c->n_lists; a++)
		for (size_t b = a + 1; b < c->n_lists; b++)
			c->pairs[a * c->n_lists + b] += c->in_list[a] * c->in_list[b];
}

static void count_groups(const struct pair_counting *c)
{
	memset(c->pairs, 0, c->n_lists * c->n_lists * sizeof *c->pairs);
	for (size_t first = 0; first < c->n;) {
		size_t end = first + 1;
		while (end < c->n && c->same(&c->rows[first], &c->rows[end]))
			end++;
		if (end - first > 1)
			count_group(c, &c->rows[first], end - first);
		first = end;
	}
}

int score_count_pairs(
	struct score_row *rows, size_t n, size_t n_lists, struct score_pairs *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE uint64_t *in_list = NEW_ARRAY(uint64_t, n_lists);
	CF_CLEANUP_FREE uint64_t *pairs = NEW_ARRAY(uint64_t, n_lists * n_lists);
	if (!in_list || !pairs)
		return error_memory(err);
	struct pair_counting c = {
		.rows = rows, .n = n, .n_lists = n_lists, .in_list = in_list, .pairs = pairs};
	qsort(rows, n, sizeof *rows, by_truth);
	c.same = same_truth;
	count_groups(&c);
	for (size_t i = 0; i < n_lists * n_lists; i++)
		ret[i].truth = pairs[i];
	qsort(rows, n, sizeof *rows, by_cluster_and_truth);
	c.same = same_cluster;
	count_groups(&c);
	for (size_t i = 0; i < n_lists * n_lists; i++)
		ret[i].found = pairs[i];
	c.same = same_both;
	count_groups(&c);
	for (size_t i = 0; i < n_lists * n_lists; i++)
		ret[i].correct = pairs[i];
	return 0;
}

struct score_pairs score_sum(const struct score_pairs *by_lists, size_t n_lists)
{
	struct score_pairs sum = {0};
	for (size_t i = 0; i < n_lists * n_lists; i++) {
		sum.truth += by_lists[i].truth;
		sum.found += by_lists[i].found;
		sum.correct += by_lists[i].correct;
	}
	return sum;
}

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

double score_precision(struct score_pairs p)
{
	return ratio(p.correct, p.found);
}

double score_recall(struct score_pairs p)
{
	return ratio(p.correct, p.truth);
}

double score_f1(struct score_pairs p)
{
	return ratio(2 * p.correct, p.found + p.truth);
}

/*
 * Tables
 */

static bool same_names(char *const *a, size_t n_a, char *const *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

static const char *stratum_value(const struct overlap_table *t, uint32_t stratum, size_t column)
{
	return t->strata[stratum * t->n_stratum_columns + column];
}

static bool same_stratum(
	const struct overlap_table *a, uint32_t in_a, const struct overlap_table *b, uint32_t in_b)
{
	for (size_t i = 0; i < a->n_stratum_columns; i++)
		if (strcmp(stratum_value(a, in_a, i), stratum_value(b, in_b, i)) != 0)
			return false;
	return true;
}

/* The count of b's cell that is a's cell; strata are numbered by each table for itself. */
static uint64_t count_in(
	const struct overlap_table *b, const struct overlap_table *a, const struct overlap_cell *cell)
{
	for (size_t i = 0; i < b->n_cells; i++)
		if (b->cells[i].pattern == cell->pattern &&
			same_stratum(a, cell->stratum, b, b->cells[i].stratum))
			return b->cells[i].count;
	return 0;
}

/* "police and shelter only, sex female" */
static int name_cell(const struct overlap_table *t, const struct overlap_cell *cell, struct buffer *out)
{
	const char *separator = "";
	for (size_t i = 0; i < t->n_lists; i++)
		if (cell->pattern >> i & 1u) {
			TRY(buffer_printf(out, "%s%s", separator, t->list_names[i]));
			separator = " and ";
		}
	TRY(buffer_append_text(out, " only"));
	for (size_t i = 0; i < t->n_stratum_columns; i++)
		TRY(buffer_printf(out, ", %s %s", t->stratum_columns[i], stratum_value(t, cell->stratum, i)));
	return 0;
}

static int report_difference(const struct overlap_table *t, const struct overlap_cell *cell,
	uint64_t protocol, uint64_t clear, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	TRY_MEMORY(name_cell(t, cell, &name), err);
	return error_set(err, CF_E_INTERNAL,
		"the overlap tables differ: on %s there are %" PRIu64 " by the protocol, %" PRIu64
		" in the clear (or a list was changed after the study)",
		buffer_text(&name), protocol, clear);
}

int score_compare_tables(const struct overlap_table *a, const struct overlap_table *b, struct cf_error *err)
{
	if (!same_names(a->list_names, a->n_lists, b->list_names, b->n_lists) ||
		!same_names(
			a->stratum_columns, a->n_stratum_columns, b->stratum_columns, b->n_stratum_columns))
		return error_set(err, CF_E_INTERNAL,
			"the overlap tables differ: the protocol's has other lists or strata than the study");
	for (size_t i = 0; i < a->n_cells; i++) {
		uint64_t other = count_in(b, a, &a->cells[i]);
		if (other != a->cells[i].count)
			return report_difference(a, &a->cells[i], a->cells[i].count, other, err);
	}
	for (size_t i = 0; i < b->n_cells; i++)
		if (count_in(a, b, &b->cells[i]) == 0)
			return report_difference(b, &b->cells[i], 0, b->cells[i].count, err);
	return 0;
}
