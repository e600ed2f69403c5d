#include "work/report/sections.h"

static void write_paragraph(struct markup *m, const char *title, const char *text)
{
	markup_raw(m, "<div class=\"item\"><h4>");
	markup_raw(m, title);
	markup_raw(m, "</h4><p>");
	markup_raw(m, text);
	markup_raw(m, "</p></div>\n");
}

static void write_limits(struct markup *m)
{
	markup_raw(m, "<h3>What the estimate takes for granted</h3>\n<div class=\"items\">\n");
	write_paragraph(m, "Independence, but for what the model says",
		"Being on one list must not make it likelier or unlikelier to be on another, except where "
		"the model has a "
		"term for it. A shelter that reports everybody to the police makes the total look too small; "
		"two services "
		"that keep each other&#39;s clients away make it look too large. Dependence among all lists "
		"at once cannot "
		"be seen in any table.");
	write_paragraph(m, "A closed population",
		"Nobody came or left between the first entry and the last. Long periods and quick turnover "
		"make the total "
		"too large.");
	write_paragraph(m, "The match is right",
		"A person whom the match misses counts twice, and overlaps shrink: the total becomes too "
		"large. Two persons "
		"taken for one make it too small. Names in several scripts, shared phones and guessed dates "
		"make both "
		"likelier.");
	write_paragraph(m, "Everybody could have been found",
		"Persons differ in how easily they are found. Whoever no list could ever have found is not "
		"in the "
		"estimate at all, and uneven chances make the total too small.");
	markup_raw(m, "</div>\n");
}

static void write_misuse(struct markup *m)
{
	markup_raw(m,
		"<h3>What must not be concluded</h3>\n<ul class=\"plain\">\n"
		"<li>That the total is exact: quote the interval and the range across methods with it, "
		"always.</li>\n"
		"<li>That numbers of two periods or two regions show a trend, when their lists or their "
		"definitions differ.</li>\n"
		"<li>That the persons on no list are like those on the lists, in sex, age, origin or "
		"need.</li>\n"
		"<li>That an organisation with a small list or a small overlap works badly.</li>\n"
		"<li>Anything about a single person: the report holds none, and must not be used to look for "
		"one.</li>\n"
		"</ul>\n");
}

static void write_matching(struct markup *m, const struct report_view *v)
{
	if (!v->has_matching)
		return;
	markup_raw(m,
		"<h3>How persons were matched</h3>\n<p>Each record gives several <em>match keys</em>, "
		"combinations of fields that tolerate different errors. Two records share a key or do "
		"not; what the shared ones prove together, each piece of the record counted once, is "
		"their weight in bits: one more makes it twice as likely that they are one person. From ");
	markup_format(m, "%.6g bits on ", v->threshold);
	markup_raw(m,
		"they are taken for one (a little less between short lists). The strongest pairs are joined "
		"first, each list at most once a person. Links that were left out because equally strong "
		"ones contradict them: ");
	markup_range(m, v->tied);
	markup_raw(m, "; because a list would stand twice: ");
	markup_range(m, v->conflicts);
	markup_raw(m, ".</p>\n");
	if (v->n_keys == 0)
		return;
	markup_raw(m,
		"<div class=\"scroll\" role=\"region\" aria-label=\"Match keys\" tabindex=\"0\"><table "
		"class=\"small-table\">"
		"<caption>Match keys and what each is worth</caption><thead><tr><th scope=\"col\">Key</th>"
		"<th scope=\"col\" class=\"number\">Weight in bits</th><th scope=\"col\" "
		"class=\"number\">Slots</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < v->n_keys; i++) {
		markup_raw(m, "<tr><th scope=\"row\">");
		markup_text(m, v->keys[i].name);
		markup_format(m, "</th><td class=\"number\">%.6g</td><td class=\"number\">%u</td></tr>\n",
			v->keys[i].weight, v->keys[i].n_slots);
	}
	markup_raw(m, "</tbody></table></div>\n");
}

void section_method(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"method\" aria-labelledby=\"method-title\">\n<h2 id=\"method-title\">The "
		      "method, and where "
		      "it ends</h2>\n<p>Two nets are drawn through the same lake. If most fish of the second "
		      "catch were in the "
		      "first catch too, the nets have met nearly all there are; if hardly any, there are "
		      "many more. "
		      "<em>Multiple systems estimation</em> does this with several lists of persons: from "
		      "how the lists "
		      "overlap it estimates how many persons stand on none. A log-linear model describes how "
		      "the lists depend "
		      "on each other (Cormack 1989; Chan, Silverman and Vincent 2021); whether it has a "
		      "finite and unique "
		      "answer at all is decided exactly, before any number is printed. The interval comes "
		      "from a bootstrap that "
		      "repeats the choice of the model (DiCiccio and Efron 1996).</p>\n");
	write_limits(m);
	write_misuse(m);
	write_matching(m, v);
	markup_raw(m, "</section>\n");
}

void section_protection(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"protection\" aria-labelledby=\"protection-title\">\n<h2 "
		      "id=\"protection-title\">How small "
		      "counts are kept hidden</h2>\n");
	markup_format(m,
		"<p>No count of 1 to %u persons is in this report, and none can be worked out from it. A "
		"combination of "
		"lists with at least %u persons is shown exactly. Every other one is hidden, whether it "
		"holds some "
		"persons or none, except that pairs of lists which share nobody are named, because the "
		"estimate "
		"depends on them. Totals that contain hidden combinations are shown as ranges of at least "
		"%u. The "
		"ranges are drawn up so that each hidden combination could hold any number from 1 to %u, "
		"even for "
		"a reader who has the program and tries all tables (after Cox 1980; Fischetti and "
		"Salazar-Gonz\xC3\xA1lez "
		"2001; Hundepool and others 2012).</p>\n",
		v->k - 1, v->k, v->table->step, v->k - 1);
	markup_raw(m, "<p>Estimates are computed from the exact table, so their digits carry small counts "
		      "too. They are rounded "
		      "until, for every small count, at least half of its possible values would have given "
		      "the same "
		      "report; where no rounding is enough, they are withheld. Bars and dots are drawn from "
		      "the rounded "
		      "numbers.</p>\n");
	if (v->figures_rounded)
		markup_raw(m, "<p class=\"note\">In this report some estimates have fewer digits than usual, "
			      "or none, for this "
			      "reason.</p>\n");
	markup_raw(m, "</section>\n");
}

static void write_parameter(struct markup *m, const char *term)
{
	markup_raw(m, "<div><dt>");
	markup_raw(m, term);
	markup_raw(m, "</dt><dd>");
}

static void end_parameter(struct markup *m)
{
	markup_raw(m, "</dd></div>\n");
}

static void write_text_parameter(struct markup *m, const char *term, const char *text)
{
	if (!text)
		return;
	write_parameter(m, term);
	markup_text(m, text);
	end_parameter(m);
}

static void write_methods(struct markup *m, const struct report_view *v)
{
	write_parameter(m, "Methods");
	for (size_t i = 0; i < v->n_results; i++) {
		markup_raw(m, i ? ", " : "");
		markup_raw(m, estimate_method_name(v->results[i].method));
	}
	end_parameter(m);
	write_parameter(m, "Stepwise threshold p");
	markup_format(m, "%.6g", v->p);
	end_parameter(m);
	write_parameter(m, "Largest order for BIC");
	markup_format(m, "%d", v->order);
	end_parameter(m);
	write_parameter(m, "Level of the intervals");
	markup_format(m, "%.6g", v->level);
	end_parameter(m);
	write_parameter(m, "Bootstrap replicates");
	markup_count(m, v->n_bootstrap);
	end_parameter(m);
	write_parameter(m, "Seed");
	markup_format(m, "%llu", (unsigned long long)v->seed);
	end_parameter(m);
}

static void write_strata(struct markup *m, const struct report_view *v)
{
	if (v->n_strata == 0)
		return;
	write_parameter(m, "Strata that travelled with the records");
	for (size_t i = 0; i < v->n_strata; i++) {
		markup_raw(m, i ? "; " : "");
		markup_text(m, v->strata[i].column);
		markup_raw(m, " (");
		for (size_t j = 0; j < v->strata[i].n_values; j++) {
			markup_raw(m, j ? ", " : "");
			markup_text(m, v->strata[i].values[j]);
		}
		markup_raw(m, ")");
	}
	end_parameter(m);
}

void section_parameters(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"parameters\" aria-labelledby=\"parameters-title\">\n<h2 "
		      "id=\"parameters-title\">Parameters, "
		      "and how to repeat this</h2>\n<dl class=\"parameters\">\n");
	write_text_parameter(m, "Study", v->study_id);
	write_text_parameter(m, "Epoch", v->epoch);
	write_text_parameter(m, "Date of the run", v->date);
	write_text_parameter(m, "Analyst", v->analyst);
	write_text_parameter(m, "Cryptographic suite", v->suite);
	write_text_parameter(m, "Counterfoil", v->version);
	write_parameter(m, "Least count shown (k)");
	markup_format(m, "%u", v->k);
	end_parameter(m);
	write_methods(m, v);
	write_text_parameter(m, "Model asked for", v->model);
	write_strata(m, v);
	markup_raw(m, "</dl>\n");
	if (v->strata_collapsed)
		markup_raw(m, "<p class=\"note\">The estimate adds the strata up.</p>\n");
	markup_raw(m, "<p>The analyst repeats the estimates, to the last digit and on any machine, from the "
		      "exact overlap table, "
		      "which stays in the analyst&#39;s folder:</p>\n<pre tabindex=\"0\"><code>counterfoil "
		      "estimate overlap.csv");
	markup_format(m, " --p %.6g --order %d --bootstrap %u --seed %llu", v->p, v->order, v->n_bootstrap,
		(unsigned long long)v->seed);
	markup_raw(m, "</code></pre>\n<p>The same content as this page, for programs, is in "
		      "<code>report.json</code> beside "
		      "it.</p>\n</section>\n");
}

static void write_word(struct markup *m, const char *word, const char *meaning)
{
	markup_raw(m, "<div><dt>");
	markup_raw(m, word);
	markup_raw(m, "</dt><dd>");
	markup_raw(m, meaning);
	markup_raw(m, "</dd></div>\n");
}

void section_glossary(struct markup *m, const struct report_view *v)
{
	(void)v;
	markup_raw(m, "<section id=\"glossary\" aria-labelledby=\"glossary-title\">\n<h2 "
		      "id=\"glossary-title\">Words</h2>\n"
		      "<dl class=\"glossary\">\n");
	write_word(m, "BIC",
		"a measure of how well a model fits for how many parameters it has; less is better");
	write_word(
		m, "Bootstrap", "drawing from the data again and again to see how far chance moves a result");
	write_word(m, "Combination",
		"a set of lists; a person belongs to the combination of exactly the lists they are on");
	write_word(m, "Identified", "the data determine one finite estimate under the model");
	write_word(m, "Interval",
		"if the model held and the lists were drawn anew many times, intervals made in this way "
		"would hold the true "
		"total about as often as the level says");
	write_word(m, "k", "the least number of persons that is shown as a number");
	write_word(m, "Main effects", "the model in which the lists are independent");
	write_word(m, "Match key",
		"a combination of fields whose equality is a vote that two records are one person");
	write_word(m, "Overlap", "persons who are on both of two lists, or on all of several");
	write_word(m, "Stratum", "a coarse, agreed group, such as an age band");
	write_word(m, "Token", "a value blinded by secret exponents; only equality can be seen");
	write_word(m, "Withheld", "computed, but not shown because it would give a small count away");
	markup_raw(m, "</dl>\n</section>\n");
}
