/* From a finished study to report.html and report.json: what the report must know, gathered from the study.
 */
#include "work/study_report.h"

#include <time.h>

#include "config.h"
#include "match/wire.h"
#include "work/report/report.h"

enum { N_ROUND = 4, DATE_BYTES = 11 };

struct gathered {
	struct report_input input;
	struct report_party parties[MATCH_MAX_PARTIES];
	struct report_disclosure disclosures[MATCH_MAX_PARTIES * N_ROUND];
	struct report_stratum strata[MATCH_MAX_STRATA];
	char id[2 * MATCH_STUDY_ID_BYTES + 1];
	char date[DATE_BYTES];
};

static void disclose(struct gathered *g, int from, int to, enum report_disclosed what)
{
	g->disclosures[g->input.n_disclosures++] =
		(struct report_disclosure){.from = from, .to = to, .what = what};
}

static void gather_parties(const struct study_folder *f, struct gathered *g)
{
	g->input.n_parties = f->study->n_parties;
	g->input.parties = g->parties;
	g->input.disclosures = g->disclosures;
	for (size_t i = 0; i < f->study->n_parties; i++) {
		/* the analyst is told the records, not what they were made of */
		g->parties[i] = (struct report_party){
			.name = f->study->parties[i].name,
			.n_rows = REPORT_UNKNOWN,
			.n_records = f->joins[i].n_records,
			.n_dropped_values = REPORT_UNKNOWN,
			.n_coarsened = REPORT_UNKNOWN,
			.n_slots = (uint32_t)match_plan_n_slots(f->study->plan),
		};
		disclose(g, (int)i, REPORT_EVERY_PARTY, REPORT_DISCLOSED_BLINDED_RECORDS);
		disclose(g, (int)i, REPORT_EVERY_PARTY, REPORT_DISCLOSED_LIST_SIZE);
		disclose(g, (int)i, REPORT_ANALYST, REPORT_DISCLOSED_FINAL_TOKENS);
		if (f->study->strata)
			disclose(g, (int)i, REPORT_ANALYST, REPORT_DISCLOSED_STRATA);
	}
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
	struct gathered g = {0};
	crypto_to_hex(f->study->id, MATCH_STUDY_ID_BYTES, g.id);
	TRY(today(g.date, err));
	g.input = (struct report_input){
		.title = f->study->title,
		.study_id = g.id,
		.epoch = f->study->epoch,
		.date = g.date,
		.suite = MATCH_SUITE,
		.analyst = f->study->analyst.name,
		.version = CF_VERSION,
		.k = f->study->k,
		.overlap = r->table,
		.estimate = r->estimate,
		.options = r->options,
	};
	gather_parties(f, &g);
	TRY(report_view_new(&g.input, f->control->progress, &view, err));
	TRY(report_html(view, &html, err));
	TRY(report_json(view, &json, err));
	TRY(write_one(r->out, "report.html", &html, err));
	return write_one(r->out, "report.json", &json, err);
}
