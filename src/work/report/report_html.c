#include "work/report/chart.h"
#include "work/report/report.h"
#include "work/report/sections.h"

struct page_part {
	const char *id;
	const char *title;
	void (*write)(struct markup *m, const struct report_view *v);
};

static const struct page_part parts[] = {
	{"result", "Result", section_result},
	{"overlap", "Who overlaps with whom", section_overlap},
	{"models", "Estimate under each model", section_models},
	{"bootstrap", "How far chance moves it", section_bootstrap},
	{"stability", "Lists left out or merged", section_stability},
	{"empty", "Pairs that never overlap", section_empty_pairs},
	{"disclosure", "Who revealed what", section_disclosure},
	{"method", "Method and limits", section_method},
	{"protection", "Small counts", section_protection},
	{"parameters", "Parameters", section_parameters},
	{"glossary", "Words", section_glossary},
};

enum { N_PARTS = sizeof parts / sizeof parts[0] };

static void write_title(struct markup *m, const struct report_view *v)
{
	if (v->title) {
		markup_text(m, v->title);
	} else {
		markup_raw(m, "Study ");
		markup_text(m, v->study_id ? v->study_id : "without a name");
	}
}

/* Nothing is fetched and nothing runs: the policy says so to the browser. */
static void write_head(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
		      "style-src "
		      "&#39;unsafe-inline&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;\"/>\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
		      "<meta name=\"color-scheme\" content=\"light dark\"/>\n<meta name=\"referrer\" "
		      "content=\"no-referrer\"/>\n"
		      "<meta name=\"robots\" content=\"noindex\"/>\n<title>");
	write_title(m, v);
	markup_raw(m, ": report</title>\n<style>\n");
	markup_raw(m, report_style);
	markup_raw(m, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#result\">To the result</a>\n");
}

static void write_meta(struct markup *m, const char *term, const char *text)
{
	if (!text)
		return;
	markup_raw(m, "<div><dt>");
	markup_raw(m, term);
	markup_raw(m, "</dt><dd>");
	markup_text(m, text);
	markup_raw(m, "</dd></div>\n");
}

static void write_masthead(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<header class=\"masthead\">\n<p class=\"kind\">Counterfoil <span "
		      "aria-hidden=\"true\">\xC2\xB7</span> "
		      "report of a study of overlapping lists</p>\n<h1>");
	write_title(m, v);
	markup_raw(m, "</h1>\n<dl class=\"meta\">\n");
	write_meta(m, "Study", v->title ? v->study_id : NULL);
	write_meta(m, "Epoch", v->epoch);
	write_meta(m, "Date", v->date);
	write_meta(m, "Analyst", v->analyst);
	markup_format(m,
		"<div><dt>Lists</dt><dd>%zu</dd></div>\n<div><dt>Least count "
		"shown</dt><dd>%u</dd></div>\n</dl>\n"
		"</header>\n",
		v->n_lists, v->k);
}

static void write_contents(struct markup *m)
{
	markup_raw(m, "<nav class=\"contents\" aria-label=\"Contents\"><h2>Contents</h2><ol>\n");
	for (size_t i = 0; i < N_PARTS; i++)
		markup_format(m, "<li><a href=\"#%s\">%s</a></li>\n", parts[i].id, parts[i].title);
	markup_raw(m, "</ol></nav>\n");
}

int report_html(const struct report_view *view, struct buffer *out, struct cf_error *err)
{
	struct markup m = {.out = out};
	write_head(&m, view);
	write_masthead(&m, view);
	markup_raw(&m, "<div class=\"layout\">\n");
	write_contents(&m);
	markup_raw(&m, "<main>\n");
	chart_define_hatching(&m);
	for (size_t i = 0; i < N_PARTS; i++)
		parts[i].write(&m, view);
	markup_raw(&m, "</main>\n</div>\n<footer><p>Made by Counterfoil");
	if (view->version) {
		markup_raw(&m, " ");
		markup_text(&m, view->version);
	}
	markup_raw(&m, ". It may be handed on: it names no person and shows no small "
		       "count.</p></footer>\n</body>\n</html>\n");
	if (m.status == CF_E_MEMORY)
		return error_memory(err);
	return m.status < 0 ? error_set(err, m.status, "the report could not be written") : CF_OK;
}
