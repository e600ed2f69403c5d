/* The parts of the page, in their order; each writes one <section>. Private to the report. */
#pragma once

#include "work/report/markup.h"
#include "work/report/view.h"

/* The style sheet, style.css compiled in. */
extern const char report_style[];

void section_result(struct markup *m, const struct report_view *v);
void section_overlap(struct markup *m, const struct report_view *v);
void section_models(struct markup *m, const struct report_view *v);
void section_bootstrap(struct markup *m, const struct report_view *v);
void section_stability(struct markup *m, const struct report_view *v);
void section_empty_pairs(struct markup *m, const struct report_view *v);
void section_disclosure(struct markup *m, const struct report_view *v);
void section_method(struct markup *m, const struct report_view *v);
void section_protection(struct markup *m, const struct report_view *v);
void section_parameters(struct markup *m, const struct report_view *v);
void section_glossary(struct markup *m, const struct report_view *v);

/* "Stepwise", "Independent lists", ... */
const char *section_method_name(enum estimate_method method);
const char *section_verdict_word(enum estimate_verdict verdict);
/* Where the numbers withheld are: a sentence for each place that needs one. */
void section_withheld_note(struct markup *m);
