#include <math.h>

#include "work/report/chart.h"
#include "work/report/sections.h"

const char *section_verdict_word(enum estimate_verdict verdict)
{
	static const char *const words[] = {"Publishable", "Fragile", "Not estimable"};
	return (unsigned)verdict < 3 ? words[verdict] : words[2];
}

static const char *verdict_class(enum estimate_verdict verdict)
{
	static const char *const classes[] = {"good", "fragile", "none"};
	return (unsigned)verdict < 3 ? classes[verdict] : classes[2];
}

/* A tick, a triangle, a bar: the verdict is told by shape and word, not by colour alone. */
static const char *verdict_shape(enum estimate_verdict verdict)
{
	static const char *const shapes[] = {
		"<path d=\"M5 12.5l4.5 4.5L19 7.5\"/>",
		"<path d=\"M12 4.5L21 19.5H3z\"/><path d=\"M12 10.5v4M12 17v.2\"/>",
		"<circle cx=\"12\" cy=\"12\" r=\"8.5\"/><path d=\"M8 12h8\"/>",
	};
	return (unsigned)verdict < 3 ? shapes[verdict] : shapes[2];
}

static const char *verdict_meaning(enum estimate_verdict verdict)
{
	static const char *const meanings[] = {
		"The estimate may be published together with its interval, the range across methods and the "
		"assumptions below.",
		"There is an estimate, but it leans on little. Do not publish the number without its "
		"interval, the "
		"range across methods and the reasons below.",
		"These lists do not say how many persons none of them has seen. No total may be published "
		"from them.",
	};
	return (unsigned)verdict < 3 ? meanings[verdict] : meanings[2];
}

static void write_verdict(struct markup *m, const struct report_view *v)
{
	markup_format(m, "<div class=\"verdict %s\"><p class=\"badge\">", verdict_class(v->verdict));
	markup_raw(m,
		"<svg class=\"sign\" aria-hidden=\"true\" viewBox=\"0 0 24 24\" width=\"24\" height=\"24\">");
	markup_raw(m, verdict_shape(v->verdict));
	markup_raw(m, "</svg>");
	markup_raw(m, section_verdict_word(v->verdict));
	markup_raw(m, "</p><p>");
	markup_raw(m, verdict_meaning(v->verdict));
	markup_raw(m, "</p></div>\n");
}

static void write_fact(struct markup *m, const char *term)
{
	markup_raw(m, "<div><dt>");
	markup_raw(m, term);
	markup_raw(m, "</dt><dd>");
}

static void end_fact(struct markup *m)
{
	markup_raw(m, "</dd></div>\n");
}

static void write_interval_fact(struct markup *m, const struct view_result *h)
{
	markup_format(m, "<div><dt>%.4g %% interval</dt><dd>", 100 * h->level);
	if (!h->has_interval)
		markup_raw(m, "not computed");
	else if (h->lower.state == VIEW_WITHHELD || h->upper.state == VIEW_WITHHELD)
		markup_raw(m, "withheld");
	else if (h->lower.state == VIEW_SHOWN && h->upper.state == VIEW_SHOWN) {
		markup_number(m, h->lower.value);
		markup_raw(m, " to ");
		markup_number(m, h->upper.value);
	} else if (h->lower.state == VIEW_SHOWN) {
		markup_number(m, h->lower.value);
		markup_raw(m, " and more; no upper end");
	} else {
		markup_raw(m, "has no ends");
	}
	end_fact(m);
}

static void write_spread_fact(struct markup *m, const struct report_view *v)
{
	double low;
	double high;
	write_fact(m, "Range across methods");
	if (!view_spread(v, &low, &high)) {
		markup_raw(m, "withheld");
	} else {
		markup_number(m, low);
		markup_raw(m, " to ");
		markup_number(m, high);
	}
	end_fact(m);
}

static void write_facts(struct markup *m, const struct report_view *v, const struct view_result *h)
{
	markup_raw(m, "<dl class=\"facts\">");
	write_interval_fact(m, h);
	write_spread_fact(m, v);
	write_fact(m, "Seen on the lists");
	markup_range(m, v->table->persons);
	end_fact(m);
	if (h->estimate.state == VIEW_SHOWN) {
		double seen = ((double)v->table->persons.low + (double)v->table->persons.high) / 2;
		double unseen = fmax(0, floor((h->estimate.value - seen) / h->estimate.step + 0.5)) *
				h->estimate.step;
		write_fact(m, "On no list");
		markup_raw(m, unseen > 0 ? "about " : "fewer than ");
		markup_number(m, unseen > 0 ? unseen : h->estimate.step);
		end_fact(m);
	}
	markup_raw(m, "</dl>\n");
}

static void write_strip(struct markup *m, const struct report_view *v, const struct view_result *h)
{
	struct chart_axis axis = chart_estimates_axis(v);
	struct chart_box seen = {.from = 0, .to = (double)v->table->persons.low, .y = 20, .height = 16};
	struct chart_box perhaps = {
		.from = seen.to, .to = (double)v->table->persons.high, .y = 20, .height = 16};
	markup_raw(m, "<figure class=\"strip\">");
	chart_begin(m, "track", 66, "Persons seen and the estimated total on one line",
		"A bar for the persons seen, then the estimate with its interval.");
	chart_box(m, "bar", &axis, &seen);
	chart_box(m, "hatched", &axis, &perhaps);
	if (h->lower.state == VIEW_SHOWN && h->upper.state == VIEW_SHOWN)
		chart_stroke(m, "whisker", &axis, h->lower.value, h->upper.value, 28);
	chart_dot(m, "dot", &axis, h->estimate.value, 28);
	chart_ticks(m, &axis, 44);
	chart_end(m);
	markup_raw(m, "<figcaption><span class=\"key bar-key\"></span> seen on the lists "
		      "<span class=\"key dot-key\"></span> estimated total "
		      "<span class=\"key line-key\"></span> interval</figcaption></figure>\n");
}

void section_withheld_note(struct markup *m)
{
	markup_raw(m, "<p class=\"note\">A number marked <em>withheld</em> exists, but would let a reader "
		      "work out how "
		      "many persons a small group holds. The analyst&#39;s own files have it.</p>\n");
}

static void write_headline(struct markup *m, const struct report_view *v, const struct view_result *h)
{
	markup_raw(m, "<div class=\"headline\">");
	if (h->estimate.state == VIEW_SHOWN) {
		markup_raw(m, "<p class=\"big\"><span class=\"about\">about</span> ");
		markup_number(m, h->estimate.value);
		markup_raw(m, " <span class=\"unit\">persons in all</span></p>\n");
	} else {
		markup_raw(m, "<p class=\"big withheld\">The total is withheld</p>\n<p>There is an estimate, "
			      "but so few "
			      "persons decide it that any digit of it would give their number away. The "
			      "analyst&#39;s own "
			      "files have it.</p>\n");
	}
	write_facts(m, v, h);
	if (h->estimate.state == VIEW_SHOWN)
		write_strip(m, v, h);
	markup_raw(m, "</div>\n");
}

static void write_nothing(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<div class=\"headline\"><p class=\"big withheld\">No total can be given</p>\n"
		      "<dl class=\"facts\">");
	write_fact(m, "Seen on the lists");
	markup_range(m, v->table->persons);
	end_fact(m);
	markup_raw(m, "</dl></div>\n");
}

void section_result(struct markup *m, const struct report_view *v)
{
	const struct view_result *h = view_headline(v);
	markup_raw(m, "<section id=\"result\" aria-labelledby=\"result-title\">\n"
		      "<h2 id=\"result-title\">Result</h2>\n");
	write_verdict(m, v);
	if (h)
		write_headline(m, v, h);
	else
		write_nothing(m, v);
	markup_raw(m, "<h3>Why this verdict</h3>\n<ul class=\"reasons\">\n");
	for (size_t i = 0; i < v->n_reasons; i++) {
		markup_raw(m, "<li>");
		markup_text(m, v->reasons[i]);
		markup_raw(m, "</li>\n");
	}
	markup_raw(m, "</ul>\n</section>\n");
}
