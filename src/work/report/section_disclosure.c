#include "work/report/sections.h"

static const char *what_words(enum report_disclosed what)
{
	static const char *const words[] = {
		"its records as blinded tokens, shuffled, on their way round",
		"its records as tokens blinded by every party",
		"how many records its list has",
		"the coarse strata of each record",
		"a signed hash that binds it to the list it used",
		"its public keys and its name",
	};
	return (unsigned)what < REPORT_N_DISCLOSED ? words[what] : "";
}

static const char *worth_words(enum report_disclosed what)
{
	static const char *const words[] = {
		"Nothing about persons: only who holds all exponents could undo them, and nobody does.",
		"Which records of different lists are one person, without saying who.",
		"The size of the list.",
		"Groups of at least the agreed number of records; no single person.",
		"Nothing about persons; a later audit can check the list against it.",
		"Who takes part.",
	};
	return (unsigned)what < REPORT_N_DISCLOSED ? words[what] : "";
}

static bool goes_to(const struct report_view *v, size_t from, enum report_disclosed what, int to)
{
	for (size_t i = 0; i < v->n_disclosures; i++) {
		const struct view_disclosure *d = &v->disclosures[i];
		if (d->from == (int)from && d->what == what && d->to == to)
			return true;
	}
	return false;
}

static size_t count_parties(const struct report_view *v, size_t from, enum report_disclosed what)
{
	size_t n = 0;
	for (size_t to = 0; to < v->n_parties; to++)
		n += to != from && goes_to(v, from, what, (int)to);
	return n;
}

static void write_analyst(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "the analyst");
	if (v->analyst) {
		markup_raw(m, " (");
		markup_name(m, v->analyst);
		markup_raw(m, ")");
	}
}

/* "every other party; the analyst" */
static void write_receivers(
	struct markup *m, const struct report_view *v, size_t from, enum report_disclosed what)
{
	size_t n = count_parties(v, from, what);
	bool all = goes_to(v, from, what, REPORT_EVERY_PARTY) || (n > 1 && n + 1 == v->n_parties);
	bool analyst = goes_to(v, from, what, REPORT_ANALYST);
	if (all)
		markup_raw(m, "every other party");
	for (size_t to = 0; to < v->n_parties && !all; to++) {
		if (to == from || !goes_to(v, from, what, (int)to))
			continue;
		markup_name(m, v->parties[to].name);
		markup_raw(m, --n ? ", " : "");
	}
	if (analyst) {
		markup_raw(m, all || count_parties(v, from, what) ? " and " : "");
		write_analyst(m, v);
	}
}

static size_t kinds_of(
	const struct report_view *v, size_t from, enum report_disclosed ret[REPORT_N_DISCLOSED])
{
	size_t n = 0;
	for (unsigned what = 0; what < REPORT_N_DISCLOSED; what++) {
		bool any = false;
		for (size_t i = 0; i < v->n_disclosures; i++)
			any = any || (v->disclosures[i].from == (int)from &&
					     (unsigned)v->disclosures[i].what == what);
		if (any)
			ret[n++] = (enum report_disclosed)what;
	}
	return n;
}

static void write_party_rows(struct markup *m, const struct report_view *v, size_t from)
{
	enum report_disclosed kinds[REPORT_N_DISCLOSED];
	size_t n = kinds_of(v, from, kinds);
	for (size_t i = 0; i < n; i++) {
		markup_raw(m, "<tr>");
		if (i == 0) {
			markup_format(m, "<th scope=\"rowgroup\" rowspan=\"%zu\">", n);
			markup_name(m, v->parties[from].name);
			markup_raw(m, "</th>");
		}
		markup_raw(m, "<td>");
		markup_raw(m, what_words(kinds[i]));
		markup_raw(m, "</td><td>");
		write_receivers(m, v, from, kinds[i]);
		markup_raw(m, "</td><td>");
		markup_raw(m, worth_words(kinds[i]));
		markup_raw(m, "</td></tr>\n");
	}
}

static void write_revealed(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"What each party revealed\" "
		      "tabindex=\"0\"><table>"
		      "<caption>What each party revealed, and to whom</caption><thead><tr><th "
		      "scope=\"col\">Party</th>"
		      "<th scope=\"col\">What it revealed</th><th scope=\"col\">To whom</th><th "
		      "scope=\"col\">What that tells</th>"
		      "</tr></thead>\n");
	for (size_t i = 0; i < v->n_parties; i++) {
		markup_raw(m, "<tbody>");
		write_party_rows(m, v, i);
		markup_raw(m, "</tbody>\n");
	}
	markup_raw(m, "</table></div>\n");
}

static void write_party(struct markup *m, const struct view_party *p)
{
	markup_raw(m, "<tr><th scope=\"row\" class=\"name\">");
	markup_name(m, p->name);
	markup_raw(m, "</th>");
	const struct suppress_range *ranges[] = {&p->rows, &p->records, &p->dropped, &p->coarsened};
	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		markup_raw(m, "<td class=\"number\">");
		markup_range(m, *ranges[i]);
		markup_raw(m, "</td>");
	}
	markup_raw(m, "<td class=\"number\">");
	markup_count(m, p->n_slots);
	markup_raw(m, "</td></tr>\n");
}

static void write_parties(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"What each party brought\" "
		      "tabindex=\"0\"><table>"
		      "<caption>What each party brought</caption><thead><tr><th scope=\"col\">Party</th>"
		      "<th scope=\"col\" class=\"number\">Rows in its file</th>"
		      "<th scope=\"col\" class=\"number\">Persons after removing its own duplicates</th>"
		      "<th scope=\"col\" class=\"number\">Values left out because many share them</th>"
		      "<th scope=\"col\" class=\"number\">Records with coarser strata</th>"
		      "<th scope=\"col\" class=\"number\">Tokens a record</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < v->n_parties; i++)
		write_party(m, &v->parties[i]);
	markup_raw(m, "</tbody></table></div>\n");
}

void section_disclosure(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<section id=\"disclosure\" aria-labelledby=\"disclosure-title\">\n"
		      "<h2 id=\"disclosure-title\">What each party revealed, and to whom</h2>\n");
	if (v->n_parties == 0) {
		markup_raw(m, "<p>The overlap table was given as it is; how it came about is not known "
			      "here.</p>\n</section>\n");
		return;
	}
	if (v->suite)
		markup_raw(m, "<p>No name, date, number or other value of a person left a party. What left "
			      "were tokens: points of "
			      "a group that each party multiplied by a secret of its own, so that equal "
			      "values give equal tokens "
			      "once all have done so, and nobody holds what would undo them.</p>\n");
	else
		markup_raw(m, "<p>The lists were compared in the clear, by somebody who could see all of "
			      "them.</p>\n");
	if (v->n_disclosures)
		write_revealed(m, v);
	write_parties(m, v);
	markup_raw(m, "</section>\n");
}
