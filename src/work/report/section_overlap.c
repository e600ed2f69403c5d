/*
 * Who overlaps with whom: the lists, an UpSet plot (Lex et al. 2014) laid on its side as a table, so that it
 * can be read aloud and fits a telephone, and the overlaps of each two lists.
 */
#include <stdlib.h>

#include "work/report/chart.h"
#include "work/report/sections.h"

enum { MAX_SHOWN_ROWS = 60, MAX_HIDDEN_ROWS = 12, COLUMN = 22, ROW = 26 };

/* Rows of the plot: patterns, the shown ones first. */
struct rows {
	uint32_t *patterns;
	size_t n_shown;
	size_t n_hidden;
	size_t n_more_shown; /* without a row */
	uint64_t more_persons;
	size_t n_more_hidden;
};

static void rows_done(struct rows *r)
{
	r->patterns = mem_free(r->patterns);
}

struct entry {
	uint32_t pattern;
	uint64_t count;
};

/* Larger first, then fewer lists, then the lower pattern. */
static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	int lists = __builtin_popcount(a->pattern) - __builtin_popcount(b->pattern);
	if (lists)
		return lists;
	return a->pattern < b->pattern ? -1 : 1;
}

static size_t gather(const struct suppressed_table *t, enum suppress_state state, struct entry *entries)
{
	size_t n = 0;
	for (uint32_t p = 1; p < t->n_patterns; p++)
		if (t->state[p] == state)
			entries[n++] = (struct entry){.pattern = p, .count = t->count[p]};
	qsort(entries, n, sizeof *entries, compare_entries);
	return n;
}

static int find_rows(const struct suppressed_table *t, struct rows *r)
{
	CF_CLEANUP_FREE struct entry *entries = NEW_ARRAY(struct entry, t->n_patterns);
	r->patterns = NEW_ARRAY(uint32_t, MAX_SHOWN_ROWS + MAX_HIDDEN_ROWS);
	if (!entries || !r->patterns)
		return CF_E_MEMORY;
	size_t n = gather(t, SUPPRESS_SHOWN, entries);
	for (size_t i = 0; i < n; i++)
		if (i < MAX_SHOWN_ROWS) {
			r->patterns[r->n_shown++] = entries[i].pattern;
		} else {
			r->n_more_shown++;
			r->more_persons += entries[i].count;
		}
	n = gather(t, SUPPRESS_HIDDEN, entries);
	for (size_t i = 0; i < n; i++)
		if (i < MAX_HIDDEN_ROWS)
			r->patterns[r->n_shown + r->n_hidden++] = entries[i].pattern;
	r->n_more_hidden = n - r->n_hidden;
	return CF_OK;
}

/* ---- lists ---- */

static uint64_t most_persons(const struct report_view *v)
{
	uint64_t most = 1;
	for (size_t i = 0; i < v->n_lists; i++)
		most = v->table->lists[i].high > most ? v->table->lists[i].high : most;
	return most;
}

static void write_bar(struct markup *m, struct suppress_range range, const struct chart_axis *axis)
{
	struct chart_box sure = {.from = 0, .to = (double)range.low, .y = 5, .height = 12};
	struct chart_box perhaps = {.from = sure.to, .to = (double)range.high, .y = 5, .height = 12};
	markup_raw(m, "<svg class=\"track\" aria-hidden=\"true\" width=\"100%\" height=\"22\">");
	if (range.low > 0)
		chart_box(m, "bar", axis, &sure);
	if (range.high > range.low)
		chart_box(m, "hatched", axis, &perhaps);
	chart_end(m);
}

static void write_lists(struct markup *m, const struct report_view *v)
{
	struct chart_axis axis = {.high = (double)most_persons(v), .step = 1};
	markup_raw(m, "<table class=\"bars\"><caption>The lists: how many persons stand on each</caption>\n"
		      "<thead><tr><th scope=\"col\">List</th><th scope=\"col\" class=\"number\">Persons</th>"
		      "<th scope=\"col\" class=\"chart-cell\"><span "
		      "class=\"unseen\">Bar</span></th></tr></thead><tbody>\n");
	for (size_t i = 0; i < v->n_lists; i++) {
		markup_raw(m, "<tr><th scope=\"row\" class=\"name\">");
		markup_name(m, v->names[i]);
		markup_raw(m, "</th><td class=\"number\">");
		markup_range(m, v->table->lists[i]);
		markup_raw(m, "</td><td class=\"chart-cell\">");
		write_bar(m, v->table->lists[i], &axis);
		markup_raw(m, "</td></tr>\n");
	}
	markup_raw(m, "</tbody></table>\n");
}

/* ---- the UpSet plot ---- */

/* "on police and shelter only" */
static void write_pattern_name(struct markup *m, const struct report_view *v, uint32_t pattern)
{
	int left = __builtin_popcount(pattern);
	for (size_t j = 0; j < v->n_lists; j++) {
		if (!(pattern >> j & 1))
			continue;
		markup_name(m, v->names[j]);
		left--;
		markup_raw(m, left > 1 ? ", " : left == 1 ? " and " : " only");
	}
}

static void write_dots(struct markup *m, const struct report_view *v, uint32_t pattern)
{
	int first = __builtin_ctz(pattern);
	int last = 31 - __builtin_clz(pattern);
	markup_format(m, "<svg class=\"dots\" aria-hidden=\"true\" width=\"%zu\" height=\"%d\">",
		v->n_lists * COLUMN, (int)ROW);
	markup_format(m, "<line class=\"link\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>",
		first * COLUMN + COLUMN / 2, last * COLUMN + COLUMN / 2, ROW / 2, ROW / 2);
	for (size_t j = 0; j < v->n_lists; j++)
		markup_format(m, "<circle class=\"%s\" cx=\"%zu\" cy=\"%d\" r=\"6\"/>",
			pattern >> j & 1 ? "on" : "off", j * COLUMN + COLUMN / 2, ROW / 2);
	markup_raw(m, "</svg>");
}

static void write_pattern_row(
	struct markup *m, const struct report_view *v, uint32_t pattern, const struct chart_axis *axis)
{
	const struct suppressed_table *t = v->table;
	bool hidden = t->state[pattern] == SUPPRESS_HIDDEN;
	struct suppress_range range = {t->count[pattern], t->count[pattern]};
	if (hidden)
		range = (struct suppress_range){0, t->k - 1};
	markup_raw(m, hidden ? "<tr class=\"hidden-row\">" : "<tr>");
	markup_raw(m, "<th scope=\"row\" class=\"dots-cell\"><span class=\"unseen\">");
	write_pattern_name(m, v, pattern);
	markup_raw(m, "</span>");
	write_dots(m, v, pattern);
	markup_raw(m, "</th><td class=\"number\">");
	markup_range(m, range);
	markup_raw(m, "</td><td class=\"chart-cell\">");
	write_bar(m, range, axis);
	markup_raw(m, "</td></tr>\n");
}

static void write_more_rows(struct markup *m, const struct report_view *v, const struct rows *r)
{
	if (r->n_more_shown) {
		markup_raw(m, "<tr><td class=\"rest\" colspan=\"3\">");
		markup_count(m, r->n_more_shown);
		markup_raw(m, " further combinations, each smaller than these, hold ");
		markup_count(m, r->more_persons);
		markup_raw(m, " persons together</td></tr>\n");
	}
	if (r->n_more_hidden) {
		markup_raw(m, "<tr><td class=\"rest\" colspan=\"3\">");
		markup_count(m, r->n_more_hidden);
		markup_format(m,
			" further combinations of lists hold 0\xE2\x80\x93%u persons each</td></tr>\n",
			v->table->k - 1);
	}
}

static void write_plot_head(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<thead><tr><th scope=\"col\" class=\"dots-cell\"><span class=\"unseen\">Combination "
		      "of lists</span>"
		      "<span class=\"tall\" aria-hidden=\"true\">");
	for (size_t j = 0; j < v->n_lists; j++) {
		markup_raw(m, "<span>");
		markup_name(m, v->names[j]);
		markup_raw(m, "</span>");
	}
	markup_raw(m, "</span></th><th scope=\"col\" class=\"number\">Persons</th>"
		      "<th scope=\"col\" class=\"chart-cell\"><span "
		      "class=\"unseen\">Bar</span></th></tr></thead><tbody>\n");
}

static void write_plot(struct markup *m, const struct report_view *v)
{
	CF_CLEANUP(rows_done) struct rows r = {0};
	if (find_rows(v->table, &r) < 0) {
		m->status = CF_E_MEMORY;
		return;
	}
	uint64_t most = r.n_shown ? v->table->count[r.patterns[0]] : v->table->k;
	struct chart_axis axis = {.high = (double)most, .step = 1};
	markup_raw(m,
		"<figure><div class=\"scroll\" role=\"region\" aria-label=\"Plot of combinations of lists\" "
		"tabindex=\"0\"><table class=\"bars plot\"><caption>Who stands on which lists: each row is "
		"one "
		"combination, filled dots are the lists it means, and nobody is counted twice</caption>\n");
	write_plot_head(m, v);
	for (size_t i = 0; i < r.n_shown + r.n_hidden; i++)
		write_pattern_row(m, v, r.patterns[i], &axis);
	write_more_rows(m, v, &r);
	markup_raw(m, "</tbody></table></div>\n");
	if (v->table->n_hidden) {
		markup_raw(m, "<figcaption><span class=\"key hatch-key\"></span> ");
		markup_format(m, "fewer than %u persons, perhaps none: the number is not shown. ", v->k);
		markup_count(m, v->table->n_hidden);
		markup_raw(m, " combinations are like this; together they hold ");
		markup_range(m, v->table->hidden);
		markup_raw(m, " persons.</figcaption>");
	}
	markup_raw(m, "</figure>\n");
}

/* ---- pairs ---- */

static void write_pair(struct markup *m, const struct report_view *v, size_t j, size_t k)
{
	const struct suppressed_table *t = v->table;
	if (suppress_pair_is_empty(t, j, k)) {
		markup_raw(m, "<td class=\"number nobody\">none</td>");
		return;
	}
	markup_raw(m,
		suppress_pair_is_covered(t, j, k) ? "<td class=\"number\">" : "<td class=\"number small\">");
	markup_range(m, t->pairs[j * t->n_lists + k]);
	markup_raw(m, "</td>");
}

static void write_pairs(struct markup *m, const struct report_view *v)
{
	if (v->n_lists < 3)
		return;
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"Overlaps of each two lists\" "
		      "tabindex=\"0\">"
		      "<table class=\"pairs\"><caption>Persons that each two lists have in common, whatever "
		      "other lists they "
		      "are on</caption>\n<thead><tr><td></td>");
	for (size_t k = 1; k < v->n_lists; k++) {
		markup_raw(m, "<th scope=\"col\">");
		markup_name(m, v->names[k]);
		markup_raw(m, "</th>");
	}
	markup_raw(m, "</tr></thead><tbody>\n");
	for (size_t j = 0; j + 1 < v->n_lists; j++) {
		markup_raw(m, "<tr><th scope=\"row\" class=\"name\">");
		markup_name(m, v->names[j]);
		markup_raw(m, "</th>");
		for (size_t k = 1; k < v->n_lists; k++)
			if (k > j)
				write_pair(m, v, j, k);
			else
				markup_raw(m, "<td class=\"void\"></td>");
		markup_raw(m, "</tr>\n");
	}
	markup_raw(m, "</tbody></table></div>\n");
}

void section_overlap(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"overlap\" aria-labelledby=\"overlap-title\">\n"
		      "<h2 id=\"overlap-title\">Who overlaps with whom</h2>\n");
	markup_format(m, "<p>%zu lists hold ", v->n_lists);
	markup_range(m, v->table->persons);
	markup_raw(m, " different persons. Those who stand on several lists are what the estimate lives on: "
		      "the more the "
		      "lists overlap, the fewer persons all of them can have missed.</p>\n");
	write_lists(m, v);
	write_plot(m, v);
	write_pairs(m, v);
	markup_raw(m, "</section>\n");
}

void section_empty_pairs(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"empty\" aria-labelledby=\"empty-title\">\n"
		      "<h2 id=\"empty-title\">Pairs of lists that never overlap</h2>\n");
	if (v->n_empty_pairs == 0) {
		markup_raw(m, v->n_lists > 1 ? "<p>There is none: each two lists have somebody in "
					       "common.</p>\n</section>\n"
					     : "<p>There is only one list.</p>\n</section>\n");
		return;
	}
	markup_raw(m, "<p>These lists have nobody in common. Either they reach different people, or sending "
		      "somebody to one "
		      "keeps them from the other, or the match misses them. A model that gives such a pair a "
		      "term of its "
		      "own sets it to nothing at all, and the rest of the table carries the estimate.</p>\n"
		      "<ul class=\"chips\">\n");
	for (size_t i = 0; i < v->n_empty_pairs; i++) {
		markup_raw(m, "<li>");
		markup_name(m, v->names[v->empty_pairs[i].j]);
		markup_raw(m, " <span class=\"apart\" aria-label=\"and\">|</span> ");
		markup_name(m, v->names[v->empty_pairs[i].k]);
		markup_raw(m, "</li>\n");
	}
	markup_raw(m, "</ul>\n</section>\n");
}
