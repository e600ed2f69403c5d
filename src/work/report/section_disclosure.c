#include <string.h>

#include "work/report/sections.h"

static const char *what_words(enum report_disclosed what)
{
	static const char *const words[] = {
		"its records as blinded tokens, shuffled, on their way round",
		"its records as tokens blinded by every party",
		"how many rows and how many different persons its list has",
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
	if (v->analyst && strcmp(v->analyst, "analyst") != 0) {
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

/* "every other party and the analyst" holds for the kind whichever party it comes from. */
static bool goes_to_all(const struct report_view *v, size_t from, enum report_disclosed what)
{
	return goes_to(v, from, what, REPORT_EVERY_PARTY) || count_parties(v, from, what) + 1 == v->n_parties;
}

/* Whether each party revealed this to the same: all others, the analyst, or both. */
static bool is_alike(const struct report_view *v, enum report_disclosed what)
{
	for (size_t i = 0; i < v->n_parties; i++) {
		bool all = goes_to_all(v, i, what);
		if (all != goes_to_all(v, 0, what) || (!all && count_parties(v, i, what) > 0) ||
			goes_to(v, i, what, REPORT_ANALYST) != goes_to(v, 0, what, REPORT_ANALYST))
			return false;
	}
	return v->n_parties > 1;
}

static void write_heading(struct markup *m, const struct report_view *v, size_t from, bool alike, size_t n)
{
	markup_format(m, "<th scope=\"rowgroup\" class=\"name\" rowspan=\"%zu\">", n);
	if (alike)
		markup_format(m, "each of the %zu parties", v->n_parties);
	else
		markup_name(m, v->parties[from].name);
	markup_raw(m, "</th>");
}

/* The party's rows; alike: those that are the same for each party and are written once, else the others. */
static void write_party_rows(struct markup *m, const struct report_view *v, size_t from, bool alike)
{
	enum report_disclosed kinds[REPORT_N_DISCLOSED];
	size_t n_kinds = kinds_of(v, from, kinds);
	size_t n = 0;
	for (size_t i = 0; i < n_kinds; i++)
		if (is_alike(v, kinds[i]) == alike)
			kinds[n++] = kinds[i];
	markup_raw(m, n ? "<tbody>" : "");
	for (size_t i = 0; i < n; i++) {
		markup_raw(m, "<tr>");
		if (i == 0)
			write_heading(m, v, from, alike, n);
		markup_raw(m, "<td>");
		markup_raw(m, what_words(kinds[i]));
		markup_raw(m, "</td><td>");
		write_receivers(m, v, from, kinds[i]);
		markup_raw(m, "</td><td>");
		markup_raw(m, worth_words(kinds[i]));
		markup_raw(m, "</td></tr>\n");
	}
	markup_raw(m, n ? "</tbody>\n" : "");
}

static void write_revealed(struct markup *m, const struct report_view *v)
{
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"What each party revealed\" "
		      "tabindex=\"0\">"
		      "<table class=\"wordy\"><caption>What passed from whom to whom</caption><thead><tr>"
		      "<th scope=\"col\">Party</th><th scope=\"col\">What it revealed</th><th "
		      "scope=\"col\">To whom</th>"
		      "<th scope=\"col\">What that tells</th></tr></thead>\n");
	write_party_rows(m, v, 0, true);
	for (size_t i = 0; i < v->n_parties; i++)
		write_party_rows(m, v, i, false);
	markup_raw(m, "</table></div>\n");
}

/* The columns of what each party brought; one whose numbers nobody told is left out. */
struct brought {
	const char *title;
	bool known;
	struct suppress_range range;
};

enum { N_BROUGHT = 4 };

static void list_brought(const struct view_party *p, struct brought ret[N_BROUGHT])
{
	ret[0] = (struct brought){"Rows in its file", p->rows_known, p->rows};
	ret[1] = (struct brought){"Persons, its own duplicates removed", true, p->records};
	ret[2] = (struct brought){"Values left out because many share them", p->dropped_known, p->dropped};
	ret[3] = (struct brought){"Records with coarser strata", p->coarsened_known, p->coarsened};
}

static void write_party(struct markup *m, const struct view_party *p)
{
	struct brought brought[N_BROUGHT];
	list_brought(p, brought);
	markup_raw(m, "<tr><th scope=\"row\" class=\"name\">");
	markup_name(m, p->name);
	markup_raw(m, "</th>");
	for (size_t i = 0; i < N_BROUGHT; i++) {
		if (!brought[i].known)
			continue;
		markup_raw(m, "<td class=\"number\">");
		markup_range(m, brought[i].range);
		markup_raw(m, "</td>");
	}
	markup_raw(m, "<td class=\"number\">");
	markup_count(m, p->n_slots);
	markup_raw(m, "</td></tr>\n");
}

static void write_parties(struct markup *m, const struct report_view *v)
{
	struct brought brought[N_BROUGHT];
	list_brought(&v->parties[0], brought);
	markup_raw(m, "<div class=\"scroll\" role=\"region\" aria-label=\"What each party brought\" "
		      "tabindex=\"0\"><table>"
		      "<caption>What each party brought</caption><thead><tr><th scope=\"col\">Party</th>");
	for (size_t i = 0; i < N_BROUGHT; i++) {
		if (!brought[i].known)
			continue;
		markup_raw(m, "<th scope=\"col\" class=\"number\">");
		markup_raw(m, brought[i].title);
		markup_raw(m, "</th>");
	}
	markup_raw(m, "<th scope=\"col\" class=\"number\">Tokens a record</th></tr></thead><tbody>\n");
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
