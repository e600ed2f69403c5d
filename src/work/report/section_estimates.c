#include <math.h>

#include "work/report/chart.h"
#include "work/report/sections.h"

const char *section_method_name(enum estimate_method method)
{
	static const char *const names[] = {"Independent lists", "Stepwise choice", "Best by BIC",
		"Chapman, two lists", "The model asked for", "Best by AICc", "Downhill search",
		"Average over models", "Average over graphs", "Sample coverage", "Lower bound (Chao)",
		"Lower bound (Zelterman)", "Latent classes"};
	return (unsigned)method < ESTIMATE_N_METHODS ? names[method] : "Another method";
}

static const char *method_words(enum estimate_method method)
{
	static const char *const words[] = {
		"every list finds people without regard to the others",
		"dependences between two lists are added one by one, the clearest first",
		"of all models up to the agreed order, the one with the least BIC",
		"two lists, independent of each other",
		"named by the analyst beforehand",
		"of all models up to the agreed order, the one with the least AICc",
		"from independent lists to ever better neighbouring models by BIC",
		"all models up to the agreed order, weighed by their BIC",
		"every way a decomposable graph can describe dependence, weighed by how probable it is",
		"the share of each list that others have too",
		"from how many persons are on one list and on two",
		"from how many persons are on one list and on two",
		"persons are of a few kinds, within each of which lists are independent",
	};
	return (unsigned)method < ESTIMATE_N_METHODS ? words[method] : "";
}

/* "2,500", "withheld" or a dash */
static void write_number(struct markup *m, const struct view_number *n)
{
	if (n->state == VIEW_SHOWN)
		markup_number(m, n->value);
	else
		markup_raw(m, n->state == VIEW_WITHHELD ? "withheld" : "\xE2\x80\x93");
}

static const char *status_words(enum estimate_status status)
{
	static const char *const words[] = {"", "no finite estimate", "the data cannot tell"};
	return (unsigned)status < 3 ? words[status] : words[2];
}

static void write_interval(struct markup *m, const struct view_result *r)
{
	if (!r->has_interval) {
		markup_raw(m, "\xE2\x80\x93");
		return;
	}
	if (r->lower.state == VIEW_WITHHELD && r->upper.state == VIEW_WITHHELD) {
		markup_raw(m, "withheld");
		return;
	}
	write_number(m, &r->lower);
	markup_raw(m, " to ");
	if (r->upper.state == VIEW_NONE)
		markup_raw(m, "no end");
	else
		write_number(m, &r->upper);
}

/* ---- the models ---- */

static void write_terms(struct markup *m, const struct report_view *v, const struct view_result *r)
{
	for (size_t i = 0; i < r->n_terms; i++) {
		markup_raw(m, i ? "; " : "");
		int left = __builtin_popcount(r->terms[i]);
		for (size_t j = 0; j < v->n_lists; j++) {
			if (!(r->terms[i] >> j & 1))
				continue;
			markup_name(m, v->names[j]);
			markup_raw(m, --left ? " \xC3\x97 " : "");
		}
	}
	if (r->n_terms == 0)
		markup_raw(m, r->more_terms_possible ? "none that may be named" : "none");
}

static void draw_result(
	struct markup *m, const struct view_result *r, const struct chart_axis *axis, double seen)
{
	markup_raw(m, "<svg class=\"track\" aria-hidden=\"true\" width=\"100%\" height=\"28\">");
	chart_line(m, "seen", axis, seen, 0, 28);
	if (r->lower.state == VIEW_SHOWN) {
		double end = r->upper.state == VIEW_SHOWN ? r->upper.value : axis->high * 2;
		chart_stroke(m, "whisker", axis, r->lower.value, end, 14);
		chart_line(m, "whisker-end", axis, r->lower.value, 8, 20);
		if (end <= axis->high)
			chart_line(m, "whisker-end", axis, end, 8, 20);
		else
			markup_raw(m, "<text class=\"beyond\" x=\"100%\" y=\"8\" "
				      "text-anchor=\"end\">\xE2\x86\x92</text>");
	}
	if (r->estimate.state == VIEW_SHOWN)
		chart_dot(m, "dot", axis, r->estimate.value, 14);
	chart_end(m);
}

static void write_result_row(
	struct markup *m, const struct report_view *v, size_t i, const struct chart_axis *axis)
{
	const struct view_result *r = &v->results[i];
	double seen = ((double)v->table->persons.low + (double)v->table->persons.high) / 2;
	markup_raw(m, i == v->headline ? "<li class=\"lead\"><span class=\"label\">"
				       : "<li><span class=\"label\">");
	markup_raw(m, section_method_name(r->method));
	markup_raw(m, i == v->headline ? " <span class=\"tag\">leads</span></span>" : "</span>");
	draw_result(m, r, axis, seen);
	markup_raw(m, "<span class=\"value\">");
	if (r->status == ESTIMATE_IDENTIFIED)
		write_number(m, &r->estimate);
	else
		markup_raw(m, status_words(r->status));
	if (r->has_interval) {
		markup_raw(m, " <span class=\"range\">");
		write_interval(m, r);
		markup_raw(m, "</span>");
	}
	markup_raw(m, "</span></li>\n");
}

static void write_models_table(struct markup *m, const struct report_view *v)
{
	bool more = false;
	markup_raw(m,
		"<div class=\"scroll\" role=\"region\" aria-label=\"Estimates by method\" tabindex=\"0\">"
		"<table><caption>The same in words</caption><thead><tr><th scope=\"col\">Method</th>"
		"<th scope=\"col\">What it supposes</th><th scope=\"col\">Dependences in its model</th>"
		"<th scope=\"col\" class=\"number\">Total</th><th scope=\"col\" "
		"class=\"number\">Interval</th></tr></thead>"
		"<tbody>\n");
	for (size_t i = 0; i < v->n_results; i++) {
		const struct view_result *r = &v->results[i];
		more = more || r->more_terms_possible;
		markup_raw(m, "<tr><th scope=\"row\">");
		markup_raw(m, section_method_name(r->method));
		markup_raw(m, "</th><td>");
		markup_raw(m, method_words(r->method));
		markup_raw(m, "</td><td>");
		write_terms(m, v, r);
		markup_raw(m, r->more_terms_possible ? " *" : "");
		markup_raw(m, "</td><td class=\"number\">");
		if (r->status == ESTIMATE_IDENTIFIED)
			write_number(m, &r->estimate);
		else
			markup_raw(m, status_words(r->status));
		markup_raw(m, "</td><td class=\"number\">");
		write_interval(m, r);
		markup_raw(m, "</td></tr>\n");
	}
	markup_raw(m, "</tbody></table></div>\n");
	if (more)
		markup_format(m,
			"<p class=\"note\">* Whether the model has dependences between lists that share "
			"fewer than %u "
			"persons is not said: it would tell how many they share.</p>\n",
			v->k);
}

static void write_reasons_missing(struct markup *m, const struct report_view *v)
{
	for (size_t i = 0; i < v->n_results; i++) {
		if (!v->results[i].reason)
			continue;
		markup_raw(m, "<p class=\"note\"><strong>");
		markup_raw(m, section_method_name(v->results[i].method));
		markup_raw(m, ":</strong> ");
		markup_text(m, v->results[i].reason);
		markup_raw(m, ".</p>\n");
	}
}

void section_models(struct markup *m, const struct report_view *v)
{
	struct chart_axis axis = chart_estimates_axis(v);
	markup_raw(m,
		"<section id=\"models\" aria-labelledby=\"models-title\">\n"
		"<h2 id=\"models-title\">The estimate under each model</h2>\n"
		"<p>Each method treats the dependence between lists in its own way. Where they disagree, the "
		"disagreement is part of the answer.</p>\n"
		"<figure class=\"rows-figure\"><ol class=\"rows\">\n");
	for (size_t i = 0; i < v->n_results; i++)
		write_result_row(m, v, i, &axis);
	markup_raw(m, "<li class=\"axis-row\" aria-hidden=\"true\"><span class=\"label\"></span>");
	chart_axis_row(m, &axis);
	markup_raw(m, "<span class=\"value\"></span></li></ol>\n<figcaption><span class=\"key "
		      "dot-key\"></span> estimated "
		      "total <span class=\"key line-key\"></span> interval <span class=\"key "
		      "seen-key\"></span> persons "
		      "seen</figcaption></figure>\n");
	write_models_table(m, v);
	write_reasons_missing(m, v);
	markup_raw(m, "</section>\n");
}

/* ---- the bootstrap ---- */

static const char *share_words(enum view_share share)
{
	static const char *const words[] = {"In every replicate an estimate was found.",
		"In a few replicates no estimate was found.", "In many replicates no estimate was found.",
		"In more than half of the replicates no estimate was found."};
	return (unsigned)share < 4 ? words[share] : words[3];
}

/* Without the empty bins at both ends. */
static void trim(const struct report_view *v, size_t *ret_first, size_t *ret_end)
{
	size_t first = 0;
	size_t end = v->n_bins;
	while (first < end && v->bins[first].percent == 0)
		first++;
	while (end > first && v->bins[end - 1].percent == 0)
		end--;
	*ret_first = first;
	*ret_end = end;
}

static void write_bins(struct markup *m, const struct report_view *v, size_t first, size_t end)
{
	unsigned most = VIEW_BIN_PERCENT;
	for (size_t i = first; i < end; i++)
		most = v->bins[i].percent > most ? v->bins[i].percent : most;
	double width = 100.0 / (double)(end - first);
	for (size_t i = first; i < end; i++) {
		double height = 150.0 * v->bins[i].percent / most;
		double x = width * (double)(i - first);
		markup_format(m,
			"<rect class=\"bin\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" height=\"%.1f\"/>",
			x + 0.4, width - 0.8, 170 - height, height);
		if (v->bins[i].percent)
			markup_format(m,
				"<text class=\"tick\" x=\"%.2f%%\" y=\"%.1f\" "
				"text-anchor=\"middle\">%u&#8201;%%</text>",
				x + width / 2, 164 - height, v->bins[i].percent);
	}
	markup_raw(m, "<line class=\"axis\" x1=\"0%\" x2=\"100%\" y1=\"170\" y2=\"170\"/>");
	/* at most five borders are named */
	size_t every = (end - first + 4) / 5;
	for (size_t i = first; i <= end; i += every) {
		const char *anchor = i == first ? "start" : i == end ? "end" : "middle";
		bool open = i == end && isinf(v->bins[i - 1].high);
		markup_format(m, "<text class=\"tick\" x=\"%.2f%%\" y=\"188\" text-anchor=\"%s\">",
			width * (double)(i - first), anchor);
		if (open)
			markup_raw(m, "more");
		else
			markup_number(m, i < end ? v->bins[i].low : v->bins[i - 1].high);
		markup_raw(m, "</text>");
	}
}

static void write_histogram(struct markup *m, const struct report_view *v)
{
	size_t first;
	size_t end;
	trim(v, &first, &end);
	if (first == end)
		return;
	markup_raw(m, "<figure>");
	chart_begin(m, "track histogram", 194, "Totals in the bootstrap replicates",
		"A histogram: how many percent of the replicates gave a total within each range.");
	write_bins(m, v, first, end);
	chart_end(m);
	markup_raw(m, "<figcaption>Share of the replicates by their total, rounded to ");
	markup_format(m, "%d percent.</figcaption></figure>\n", (int)VIEW_BIN_PERCENT);
}

void section_bootstrap(struct markup *m, const struct report_view *v)
{
	const struct view_result *h = view_headline(v);
	markup_raw(m, "<section id=\"bootstrap\" aria-labelledby=\"bootstrap-title\">\n"
		      "<h2 id=\"bootstrap-title\">How far chance alone moves the estimate</h2>\n");
	if (!h || !h->has_interval) {
		markup_raw(m, h ? "<p>No bootstrap was run, so there is no interval.</p>\n</section>\n"
				: "<p>There is no estimate whose spread could be shown.</p>\n</section>\n");
		return;
	}
	markup_raw(m, "<p>The persons seen are drawn again at random, as often as they are, and everything "
		      "is done anew, the "
		      "choice of the model included: ");
	markup_count(m, v->n_bootstrap);
	markup_raw(m, " times. The spread of the results is what chance does. It does not hold what a wrong "
		      "assumption does.</p>\n");
	if (v->n_bins)
		write_histogram(m, v);
	else
		markup_raw(m, "<p>The distribution is withheld: it would give small counts away.</p>\n");
	markup_raw(m, "<p class=\"note\">");
	markup_raw(m, share_words(h->failed));
	if (h->reselection == ESTIMATE_RESELECTION_RANKED)
		markup_raw(m, " In each replicate the model was chosen among the best of the data itself.");
	markup_raw(m, "</p>\n</section>\n");
}

/* ---- stability ---- */

static const char *place_words(unsigned place)
{
	static const char *const words[] = {"less than half", "half to three quarters", "about the same",
		"a third more to double", "more than double"};
	return place <= VIEW_N_BORDERS ? words[place] : words[VIEW_N_BORDERS];
}

static void draw_variant(struct markup *m, const struct view_variant *x, const struct view_result *h,
	const struct chart_axis *axis)
{
	double unit = h->estimate.value;
	markup_raw(m, "<svg class=\"track\" aria-hidden=\"true\" width=\"100%\" height=\"24\">");
	if (h->estimate.state == VIEW_SHOWN)
		chart_line(m, "reference", axis, unit, 0, 24);
	if (x->estimate.state == VIEW_SHOWN) {
		chart_dot(m, "dot", axis, x->estimate.value, 12);
	} else if (x->placed) {
		struct chart_box box = {.from = x->place ? view_borders[x->place - 1] * unit : 0,
			.to = x->place < VIEW_N_BORDERS ? view_borders[x->place] * unit : axis->high,
			.y = 6,
			.height = 12};
		chart_box(m, "hatched", axis, &box);
	}
	chart_end(m);
}

static void write_variant_row(struct markup *m, const struct report_view *v, const struct view_variant *x,
	const struct chart_axis *axis)
{
	const struct view_result *h = view_headline(v);
	markup_raw(m, "<li><span class=\"label\">");
	markup_raw(m, x->merged ? "" : "without ");
	markup_name(m, v->names[x->j]);
	if (x->merged) {
		markup_raw(m, " + ");
		markup_name(m, v->names[x->k]);
	}
	markup_raw(m, "</span>");
	draw_variant(m, x, h, axis);
	markup_raw(m, "<span class=\"value\">");
	if (x->estimate.state == VIEW_SHOWN)
		markup_number(m, x->estimate.value);
	else if (x->placed)
		markup_raw(m, place_words(x->place));
	else
		markup_raw(m, x->estimate.state == VIEW_NONE ? "no estimate" : "withheld");
	markup_raw(m, "</span></li>\n");
}

static struct chart_axis variants_axis(const struct report_view *v)
{
	const struct view_result *h = view_headline(v);
	double highest = h->estimate.state == VIEW_SHOWN ? 2.5 * h->estimate.value : 1;
	for (size_t i = 0; i < v->n_variants; i++)
		if (v->variants[i].estimate.state == VIEW_SHOWN)
			highest = fmax(highest, v->variants[i].estimate.value);
	if (h->estimate.state == VIEW_SHOWN)
		highest = fmin(highest, 5 * h->estimate.value);
	return chart_axis_for(highest);
}

static void write_variants(struct markup *m, const struct report_view *v, bool merged)
{
	struct chart_axis axis = variants_axis(v);
	markup_raw(m, merged ? "<h3>Two lists merged into one</h3>\n" : "<h3>One list left out</h3>\n");
	markup_raw(m, "<figure class=\"rows-figure\"><ol class=\"rows narrow\">\n");
	for (size_t i = 0; i < v->n_variants; i++)
		if (v->variants[i].merged == merged)
			write_variant_row(m, v, &v->variants[i], &axis);
	markup_raw(m, "<li class=\"axis-row\" aria-hidden=\"true\"><span class=\"label\"></span>");
	chart_axis_row(m, &axis);
	markup_raw(m, "<span class=\"value\"></span></li></ol></figure>\n");
}

static bool any_placed(const struct report_view *v)
{
	for (size_t i = 0; i < v->n_variants; i++)
		if (v->variants[i].placed)
			return true;
	return false;
}

static bool any_withheld(const struct report_view *v)
{
	for (size_t i = 0; i < v->n_variants; i++)
		if (!v->variants[i].placed && v->variants[i].estimate.state == VIEW_WITHHELD)
			return true;
	return false;
}

void section_stability(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"stability\" aria-labelledby=\"stability-title\">\n"
		      "<h2 id=\"stability-title\">When a list is left out, or two are merged</h2>\n");
	if (v->n_variants == 0 || !view_headline(v)) {
		markup_raw(m, v->n_lists < 3 ? "<p>This needs three lists or more.</p>\n</section>\n"
					     : "<p>There is no estimate to compare with.</p>\n</section>\n");
		return;
	}
	markup_raw(m, "<p>An estimate that one list decides is that list&#39;s opinion. The upright line is "
		      "the leading "
		      "estimate; each row is the estimate by the same method from changed lists.</p>\n");
	if (any_placed(v))
		markup_raw(m, "<p class=\"note\">A hatched bar says within which bounds the changed estimate "
			      "lies, against the "
			      "leading one; its number would give small counts away.</p>\n");
	if (any_withheld(v))
		section_withheld_note(m);
	write_variants(m, v, false);
	write_variants(m, v, true);
	markup_raw(m, "</section>\n");
}
