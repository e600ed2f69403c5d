/* From a finished study to report.html and report.json: what the report must know, gathered from the study.
 */
#include "work/study_report.h"

#include <string.h>
#include <time.h>

#include "config.h"
#include "work/report/report.h"

enum { DATE_BYTES = 11, MAX_DISCLOSURES = MATCH_MAX_PARTIES * (MATCH_MAX_PARTIES + 10) };

struct gathered {
	struct report_input input;
	struct report_matching matching;
	struct report_key keys[MATCH_MAX_KEYS];
	struct report_party parties[MATCH_MAX_PARTIES];
	struct report_disclosure disclosures[MAX_DISCLOSURES];
	struct report_stratum strata[MATCH_MAX_STRATA];
	const char *values[MATCH_MAX_STRATA][MATCH_MAX_STRATUM_VALUES + 1];
	char id[2 * MATCH_STUDY_ID_BYTES + 1];
	char date[DATE_BYTES];
};

static void disclose(struct gathered *g, size_t from, int to, enum report_disclosed what)
{
	g->disclosures[g->input.n_disclosures++] =
		(struct report_disclosure){.from = (int)from, .to = to, .what = what};
}

/* docs/threat-model.md, when everyone keeps to the rules. */
static void gather_disclosures(const struct study_folder *f, struct gathered *g)
{
	static const enum report_disclosed everyone[] = {REPORT_DISCLOSED_CARD, REPORT_DISCLOSED_COMMITMENT,
		REPORT_DISCLOSED_LIST_SIZE, REPORT_DISCLOSED_STRATA};
	const size_t n = f->study->n_parties;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizeof everyone / sizeof *everyone; k++) {
			if (everyone[k] == REPORT_DISCLOSED_STRATA && !f->study->strata)
				continue;
			disclose(g, i, REPORT_EVERY_PARTY, everyone[k]);
			disclose(g, i, REPORT_ANALYST, everyone[k]);
		}
		/* the last hop raises the list to the last exponent, and so sees it as the analyst does */
		const size_t last = match_ring_sender(f->study, i, n);
		for (size_t to = 0; to < n; to++)
			if (to != i)
				disclose(g, i, (int)to,
					to == last ? REPORT_DISCLOSED_FINAL_TOKENS
						   : REPORT_DISCLOSED_BLINDED_RECORDS);
		disclose(g, i, REPORT_ANALYST, REPORT_DISCLOSED_FINAL_TOKENS);
	}
}

static void gather_parties(const struct study_folder *f, struct gathered *g)
{
	for (size_t i = 0; i < f->study->n_parties; i++) {
		const struct match_join *j = &f->joins[i];
		g->parties[i] = (struct report_party){
			.name = f->study->parties[i].name,
			.n_rows = j->n_rows,
			.n_records = j->n_records,
			.n_dropped_values = j->n_dropped_values,
			.n_coarsened = j->n_coarsened,
			.n_slots = (uint32_t)match_plan_n_slots(f->study->plan),
		};
	}
}

/* Weights in bits; the plan has tenths. */
static void gather_matching(
	const struct study_folder *f, const struct study_report_request *r, struct gathered *g)
{
	const struct match_plan *plan = f->study->plan;
	uint32_t largest = 0;
	for (size_t i = 0; i < f->study->n_parties; i++)
		largest = f->joins[i].n_records > largest ? f->joins[i].n_records : largest;
	for (size_t k = 0; k < match_plan_n_keys(plan); k++)
		g->keys[k] = (struct report_key){
			.name = match_plan_key_name(plan, k),
			.weight = match_plan_weight(plan, UINT64_C(1) << k) / 10.0,
			.n_slots = (uint32_t)match_plan_key(plan, k)->n_slots,
		};
	g->matching = (struct report_matching){
		.threshold = match_plan_required(plan, largest) / 10.0,
		.n_tied = r->links.n_tied,
		.n_conflicts = r->links.n_conflicts,
		.n_keys = match_plan_n_keys(plan),
		.keys = g->keys,
	};
}

/* The values of a column, in the order of the joint codes. */
static size_t column_values(const struct match_strata *s, size_t column, const char **values)
{
	size_t n = 0;
	for (uint32_t code = 0; code < match_strata_n_codes(s); code++) {
		const char *value = match_strata_value(s, code, column);
		size_t at = 0;
		while (at < n && strcmp(values[at], value) != 0)
			at++;
		if (at == n && n <= MATCH_MAX_STRATUM_VALUES)
			values[n++] = value;
	}
	return n;
}

static void gather_strata(const struct match_strata *s, struct gathered *g)
{
	for (size_t c = 0; s && c < match_strata_n_columns(s); c++)
		g->strata[c] = (struct report_stratum){
			.column = match_strata_column(s, c),
			.n_values = column_values(s, c, g->values[c]),
			.values = g->values[c],
		};
}

static int today(char ret[DATE_BYTES], struct cf_error *err)
{
	time_t now = time(NULL);
	struct tm parts;
	if (now == (time_t)-1 || !gmtime_r(&now, &parts) ||
		strftime(ret, DATE_BYTES, "%Y-%m-%d", &parts) == 0)
		return error_set(err, CF_E_INTERNAL, "the system's clock cannot be read");
	return CF_OK;
}

static int write_one(const char *out, const char *name, const struct buffer *text, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = file_path(out, name);
	if (!path)
		return error_memory(err);
	return file_write_atomic(path, buffer_text(text), text->n, 0644, err);
}

int study_write_report(
	const struct study_folder *f, const struct study_report_request *r, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer html = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer json = BUFFER_INIT;
	CF_CLEANUP_REPORT_VIEW struct report_view *view = NULL;
	CF_CLEANUP_FREE struct gathered *g = NEW(struct gathered);
	if (!g)
		return error_memory(err);
	crypto_to_hex(f->study->id, MATCH_STUDY_ID_BYTES, g->id);
	TRY(today(g->date, err));
	g->input = (struct report_input){
		.title = f->study->title,
		.study_id = g->id,
		.epoch = f->study->epoch,
		.date = g->date,
		.suite = MATCH_SUITE,
		.analyst = f->study->analyst.name,
		.version = CF_VERSION,
		.k = f->study->k,
		.n_parties = f->study->n_parties,
		.parties = g->parties,
		.matching = &g->matching,
		.n_strata = f->study->strata ? match_strata_n_columns(f->study->strata) : 0,
		.strata = g->strata,
		.disclosures = g->disclosures,
		.overlap = r->table,
		.estimate = r->estimate,
		.options = r->options,
	};
	gather_parties(f, g);
	gather_matching(f, r, g);
	gather_strata(f->study->strata, g);
	gather_disclosures(f, g);
	TRY(report_view_new(&g->input, f->control->progress, &view, err));
	TRY(report_html(view, &html, err));
	TRY(report_json(view, &json, err));
	TRY(write_one(r->out, "report.html", &html, err));
	return write_one(r->out, "report.json", &json, err);
}
