#include "work/estimate_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "work/estimate_posterior.h"
#include "work/report/chart.h"
#include "work/report/markup.h"
#include "work/report/sections.h"

enum { BINS = 40, TRACE_POINTS = 500, TRACE_HEIGHT = 64, HISTOGRAM_HEIGHT = 150 };

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

static double quantile(const double *sorted, size_t n, double share)
{
	double at = share * (double)(n - 1);
	size_t low = (size_t)at;
	size_t high = low + 1 < n ? low + 1 : low;
	return sorted[low] + (at - (double)low) * (sorted[high] - sorted[low]);
}

/* What is drawn of one result. */
struct figure {
	const struct estimate_result *r;
	struct posterior_histogram histogram;
	struct chart_axis axis; /* of totals, from 0 */
	double lowest, highest; /* of nearly all draws: the height of a trace */
	double *sorted;         /* all draws */
	double *chain;          /* one chain's, sorted; scratch */
};

static void figure_done(struct figure *f)
{
	f->sorted = mem_free(f->sorted);
	f->chain = mem_free(f->chain);
}

static int figure_init(struct figure *f, const struct estimate_result *r, struct cf_error *err)
{
	const size_t n = r->posterior.n_chains * r->posterior.n_draws;
	*f = (struct figure){
		.r = r, .sorted = NEW_ARRAY(double, n), .chain = NEW_ARRAY(double, r->posterior.n_draws)};
	if (!f->sorted || !f->chain)
		return error_memory(err);
	memcpy(f->sorted, r->posterior.draws, n * sizeof *f->sorted);
	qsort(f->sorted, n, sizeof *f->sorted, compare_numbers);
	f->lowest = quantile(f->sorted, n, 0.001);
	f->highest = fmax(quantile(f->sorted, n, 0.999), f->lowest + 1);
	f->axis = chart_axis_for(quantile(f->sorted, n, 0.995));
	return posterior_histogram(&r->posterior, BINS, &f->histogram, err);
}

static void write_number(struct markup *m, double value)
{
	if (isnan(value))
		markup_raw(m, "\xE2\x80\x93");
	else if (fabs(value) >= 100 && fabs(value) < 1e15)
		markup_number(m, rint(value));
	else
		markup_format(m, "%.4g", value);
}

static void write_head(struct markup *m, const char *title)
{
	markup_raw(m, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
		      "style-src &#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action "
		      "&#39;none&#39;\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
		      "initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n"
		      "<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta name=\"robots\" "
		      "content=\"noindex\"/>\n<title>");
	markup_text(m, title);
	markup_raw(m, ": posteriors</title>\n<style>\n");
	markup_raw(m, report_style);
	markup_raw(m, "\nmain { max-width: 82rem; margin: 0 auto; padding: 1rem 2rem; }\n.trace { stroke: "
		      "var(--accent); stroke-width: 1; fill: none; vector-effect: "
		      "non-scaling-stroke; }\n</style>\n</head>\n<body>\n<header class=\"masthead\">\n<p "
		      "class=\"kind\">Counterfoil <span aria-hidden=\"true\">\xC2\xB7</span> posteriors of "
		      "the total</p>\n<h1>");
	markup_text(m, title);
	markup_raw(m, "</h1>\n</header>\n<main>\n<p class=\"note\"><strong>For the analyst alone.</strong> "
		      "These are exact numbers, from which small counts can be solved. The page that may be "
		      "handed on is the one that --html writes.</p>\n");
}

static void write_summary(struct markup *m, const struct estimate_result *r)
{
	if (r->status != ESTIMATE_IDENTIFIED) {
		markup_raw(m, "<p><strong>There is no estimate:</strong> ");
		markup_text(m, r->reason);
		markup_raw(m, ". The draws are shown to look at, not to quote.</p>\n");
		return;
	}
	markup_raw(m, "<p>Median of the posterior ");
	write_number(m, r->estimate);
	markup_format(m,
		"; with probability %g&#8201;%% the total lies, under the model and its prior, "
		"from ",
		100 * r->level);
	write_number(m, r->lower);
	markup_raw(m, " to ");
	write_number(m, r->upper);
	markup_raw(m, ".</p>\n");
}

static void draw_histogram(struct markup *m, const struct figure *f)
{
	const struct posterior_histogram *h = &f->histogram;
	const size_t n = f->r->posterior.n_chains * f->r->posterior.n_draws;
	size_t most = 1;
	double width = 100.0 / (double)h->n_bins;
	for (size_t i = 0; i < h->n_bins; i++)
		most = h->counts[i] > most ? h->counts[i] : most;
	markup_raw(m, "<figure>");
	chart_begin(m, "track histogram", HISTOGRAM_HEIGHT + 24, "Posterior of the total",
		"A histogram of the draws of the total.");
	for (size_t i = 0; i < h->n_bins; i++) {
		double height = (double)HISTOGRAM_HEIGHT * (double)h->counts[i] / (double)most;
		markup_format(m,
			"<rect class=\"bin\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"%.1f\" height=\"%.1f\"/>",
			width * ((double)i + 0.05), width * 0.9, HISTOGRAM_HEIGHT - height, height);
	}
	double span = h->step * (double)h->n_bins;
	if (f->r->status == ESTIMATE_IDENTIFIED)
		markup_format(m,
			"<line class=\"whisker-end\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>",
			100 * (f->r->estimate - h->low) / span, 100 * (f->r->estimate - h->low) / span,
			(int)HISTOGRAM_HEIGHT);
	markup_format(m, "<line class=\"axis\" x1=\"0%%\" x2=\"100%%\" y1=\"%d\" y2=\"%d\"/>",
		(int)HISTOGRAM_HEIGHT, (int)HISTOGRAM_HEIGHT);
	for (int i = 0; i <= 4; i++) {
		markup_format(m, "<text class=\"tick\" x=\"%d%%\" y=\"%d\" text-anchor=\"%s\">", 25 * i,
			(int)HISTOGRAM_HEIGHT + 18,
			i == 0   ? "start"
			: i == 4 ? "end"
				 : "middle");
		write_number(m, h->low + span * i / 4);
		markup_raw(m, "</text>");
	}
	chart_end(m);
	markup_raw(m, "<figcaption>");
	markup_count(m, n);
	markup_raw(m, " draws, bins ");
	write_number(m, h->step);
	markup_format(m, " wide; %.1f&#8201;%% lie outside of the figure",
		100 * (double)(h->n_below + h->n_beyond) / (double)n);
	markup_raw(m, f->r->status == ESTIMATE_IDENTIFIED ? "; the upright line is the median.</figcaption>"
							    "</figure>\n"
							  : ".</figcaption></figure>\n");
}

static void draw_row(
	struct markup *m, const struct figure *f, const char *label, const double *sorted, size_t n)
{
	double tail = (1 - f->r->level) / 2;
	double low = quantile(sorted, n, tail);
	double high = quantile(sorted, n, 1 - tail);
	double median = quantile(sorted, n, 0.5);
	markup_raw(m, "<li><span class=\"label\">");
	markup_text(m, label);
	markup_raw(m, "</span><svg class=\"track\" aria-hidden=\"true\" width=\"100%\" height=\"28\">");
	chart_stroke(m, "whisker", &f->axis, low, high, 14);
	chart_dot(m, "dot", &f->axis, median, 14);
	chart_end(m);
	markup_raw(m, "<span class=\"value\">");
	write_number(m, median);
	markup_raw(m, " <span class=\"range\">");
	write_number(m, low);
	markup_raw(m, " to ");
	write_number(m, high);
	markup_raw(m, "</span></span></li>\n");
}

/* Chains that agree have their medians under each other. */
static void draw_chains(struct markup *m, struct figure *f)
{
	const struct estimate_posterior *p = &f->r->posterior;
	markup_raw(m, "<h3>Do the chains agree?</h3>\n<figure class=\"rows-figure\"><ol class=\"rows\">\n");
	for (size_t c = 0; c < p->n_chains; c++) {
		char label[32];
		(void)snprintf(label, sizeof label, "Chain %zu", c + 1);
		memcpy(f->chain, p->draws + c * p->n_draws, p->n_draws * sizeof *f->chain);
		qsort(f->chain, p->n_draws, sizeof *f->chain, compare_numbers);
		draw_row(m, f, label, f->chain, p->n_draws);
	}
	if (f->r->status == ESTIMATE_IDENTIFIED)
		draw_row(m, f, "All", f->sorted, p->n_chains * p->n_draws);
	markup_raw(m, "<li class=\"axis-row\" aria-hidden=\"true\"><span class=\"label\"></span>");
	chart_axis_row(m, &f->axis);
	markup_format(m,
		"<span class=\"value\"></span></li></ol>\n<figcaption>Median and %g&#8201;%% of the draws of "
		"each chain.</figcaption></figure>\n",
		100 * f->r->level);
}

/* One point for so many draws, the first of them: averages would hide how chains jump. */
static void draw_trace(struct markup *m, const struct figure *f, size_t chain)
{
	const struct estimate_posterior *p = &f->r->posterior;
	const double *draws = p->draws + chain * p->n_draws;
	const size_t every = (p->n_draws + TRACE_POINTS - 1) / TRACE_POINTS;
	const size_t n = (p->n_draws + every - 1) / every;
	markup_format(m,
		"<svg class=\"track\" role=\"img\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %zu %d\" "
		"preserveAspectRatio=\"none\"><title>Trace of chain %zu</title><polyline class=\"trace\" "
		"points=\"",
		(int)TRACE_HEIGHT, n > 1 ? n - 1 : 1, (int)TRACE_HEIGHT, chain + 1);
	for (size_t i = 0; i < n; i++) {
		double share = (draws[i * every] - f->lowest) / (f->highest - f->lowest);
		markup_format(m, "%zu,%.1f ", i, TRACE_HEIGHT * (1 - fmin(fmax(share, 0), 1)));
	}
	markup_raw(m, "\"/></svg>\n");
}

static void draw_traces(struct markup *m, const struct figure *f)
{
	markup_raw(m, "<h3>Do they move?</h3>\n<figure>\n");
	for (size_t c = 0; c < f->r->posterior.n_chains; c++)
		draw_trace(m, f, c);
	markup_raw(m, "<figcaption>The total in the order of the draws, one line a chain, from ");
	write_number(m, f->lowest);
	markup_raw(m, " at the bottom to ");
	write_number(m, f->highest);
	markup_raw(m, " at the top. Chains that move well look like grass; steps and slopes are chains that "
		      "have not seen the whole.</figcaption></figure>\n");
}

static void write_row(struct markup *m, const char *label, double value)
{
	markup_raw(m, "<tr><th scope=\"row\">");
	for (const char *c = label; *c; c++) {
		const char letter[2] = {*c == '_' ? ' ' : *c, '\0'};
		markup_text(m, letter);
	}
	markup_raw(m, "</th><td class=\"number\">");
	write_number(m, value);
	markup_raw(m, "</td></tr>\n");
}

static void write_tables(struct markup *m, const struct estimate_result *r)
{
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"Details\" tabindex=\"0\"><table>"
		      "<caption>Details</caption><tbody>\n");
	for (size_t i = 0; i < r->n_facts; i++)
		if (strcmp(r->facts[i].name, "classes_are_few") != 0) /* a reason of the verdict */
			write_row(m, r->facts[i].name, r->facts[i].value);
	markup_raw(m, "</tbody></table></div>\n");
	if (r->n_settings == 0)
		return;
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"Other priors\" "
		      "tabindex=\"0\"><table><caption>Median had the prior been another</caption><tbody>\n");
	for (size_t i = 0; i < r->n_settings; i++)
		write_row(m, r->settings[i].label, r->settings[i].estimate);
	markup_raw(m, "</tbody></table></div>\n");
}

static int write_result(struct markup *m, const struct estimate_result *r, struct cf_error *err)
{
	CF_CLEANUP(figure_done) struct figure f;
	TRY(figure_init(&f, r, err));
	markup_raw(m, "<section>\n<h2>");
	markup_raw(m, section_method_name(r->method));
	markup_raw(m, "</h2>\n");
	write_summary(m, r);
	draw_histogram(m, &f);
	if (r->posterior.n_chains > 1) {
		draw_chains(m, &f);
		draw_traces(m, &f);
	}
	write_tables(m, r);
	markup_raw(m, "</section>\n");
	return CF_OK;
}

int work_figures_html(
	const struct estimate_report *r, const char *title, struct buffer *out, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	struct markup m = {.out = &page};
	size_t n = 0;
	write_head(&m, title);
	for (size_t i = 0; i < r->n_results; i++) {
		if (r->results[i].posterior.n_chains == 0)
			continue;
		TRY(write_result(&m, &r->results[i], err));
		n++;
	}
	markup_raw(&m, "</main>\n<footer><p>Made by Counterfoil. Not to be handed on.</p></footer>\n</body>\n"
		       "</html>\n");
	if (n == 0)
		return error_set(err, CF_E_USAGE,
			"the figures are of posteriors, and no method asked for has one here: ask for graphs "
			"or classes");
	if (m.status < 0 || buffer_append(out, buffer_text(&page), page.n) < 0)
		return error_memory(err);
	return CF_OK;
}

int work_figures_write(
	const struct estimate_report *r, const char *title, const char *path, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	TRY(work_figures_html(r, title, &page, err));
	return file_write_atomic(path, buffer_text(&page), page.n, 0600, err);
}
