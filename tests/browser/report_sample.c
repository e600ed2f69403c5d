/*
 * Renders a report from any overlap table, with an invented study around it, for the browser test and for
 * whoever works on the report:  report_sample TABLE.csv OUT-FOLDER [plain|hostile|bare] [REPLICATES]
 * hostile gives study, parties and keys names that a careless writer would let break the page; bare tells
 * nothing but the table: no parties, strata or keys, as when lists were compared in the clear.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "work/report/report.h"

enum { MAX_ROWS = OVERLAP_MAX_LISTS * (OVERLAP_MAX_LISTS + 4) };

static const char *const hostile[] = {
	"<script>alert(1)</script>",
	("\xD8\xA7\xD9\x84\xD8\xB4\xD8\xB1\xD8\xB7\xD8\xA9 "
	 "\xD8\xA7\xD9\x84\xD9\x88\xD8\xB7\xD9\x86\xD9\x8A\xD8\xA9"),
	"Ministry of Labour, Inspectorate for Working Conditions, Regional Office South-East & Islands",
	"\xE5\x8A\xB4\xE5\x83\x8D\xE5\x9F\xBA\xE6\xBA\x96\xE7\x9B\xA3\xE7\x9D\xA3\xE7\xBD\xB2",
	"\"quoted\" & 'single' ]]> <!-- -->",
	"bad \xFF byte",
	"Donaudampfschifffahrtselektrizit\xC3\xA4tenhauptbetriebswerkbauunterbeamtengesellschaft",
	"x\x01y",
	"a;b:c,d{}</style>",
	"\xE2\x80\xAEreversed\xE2\x80\xAC",
	"\xD0\x93\xD0\xBE\xD1\x80\xD1\x8F\xD1\x87\xD0\xB0\xD1\x8F \xD0\xBB\xD0\xB8\xD0\xBD\xD0\xB8\xD1\x8F",
	"\xE0\xB8\xAA\xE0\xB8\xB2\xE0\xB8\xA2\xE0\xB8\x94\xE0\xB9\x88\xE0\xB8\xA7\xE0\xB8\x99",
};

struct sample {
	struct overlap_table *table;
	struct estimate_report *estimate;
	struct report_party parties[OVERLAP_MAX_LISTS];
	struct report_disclosure disclosures[MAX_ROWS];
	struct report_input input;
};

static int rename_lists(struct overlap_table *t)
{
	for (size_t i = 0; i < t->n_lists && i < sizeof hostile / sizeof hostile[0]; i++) {
		char *name = mem_strdup(hostile[i]);
		if (!name)
			return CF_E_MEMORY;
		t->list_names[i] = mem_free(t->list_names[i]);
		t->list_names[i] = name;
	}
	return CF_OK;
}

static void disclose(struct sample *s, int from, int to, enum report_disclosed what)
{
	s->disclosures[s->input.n_disclosures++] =
		(struct report_disclosure){.from = from, .to = to, .what = what};
}

static void invent_parties(struct sample *s)
{
	size_t n = s->table->n_lists;
	for (size_t i = 0; i < n; i++) {
		uint64_t size = overlap_list_size(s->table, i);
		s->parties[i] = (struct report_party){.name = s->table->list_names[i],
			.n_rows = size + size / 12,
			.n_records = size,
			.n_dropped_values = size / 30,
			.n_coarsened = size / 9,
			.n_slots = 40};
		disclose(s, (int)i, REPORT_EVERY_PARTY, REPORT_DISCLOSED_CARD);
		disclose(s, (int)i, REPORT_EVERY_PARTY, REPORT_DISCLOSED_LIST_SIZE);
		disclose(s, (int)i, REPORT_EVERY_PARTY, REPORT_DISCLOSED_COMMITMENT);
		disclose(s, (int)i, REPORT_ANALYST, REPORT_DISCLOSED_LIST_SIZE);
		disclose(s, (int)i, REPORT_ANALYST, REPORT_DISCLOSED_STRATA);
		disclose(s, (int)i, REPORT_ANALYST, REPORT_DISCLOSED_FINAL_TOKENS);
		for (size_t to = 0; to < n; to++)
			if (to != i)
				disclose(s, (int)i, (int)to, REPORT_DISCLOSED_BLINDED_RECORDS);
	}
	s->input.n_parties = n;
	s->input.parties = s->parties;
	s->input.disclosures = s->disclosures;
}

static void invent_study(struct sample *s, bool is_hostile)
{
	static const struct report_key keys[] = {
		{"family_phonetic+birth_date", 12.5, 2},
		{"given_prefix+phone", 11, 4},
		{"document", 14.25, 3},
		{"given+family+birth_year", 9.75, 2},
	};
	static const struct report_matching matching = {
		.threshold = 18, .n_tied = 4, .n_conflicts = 27, .n_keys = 4, .keys = keys};
	static const char *const sex[] = {"female", "male", "unknown"};
	static const char *const age[] = {"0-17", "18-24", "25-34", "35+", "unknown"};
	static const struct report_stratum strata[] = {{"sex", 3, sex}, {"age_band", 5, age}};
	struct report_input *in = &s->input;
	in->title =
		is_hostile ? "A & B < C > \"D\" </title><script>x</script>" : "Persons exploited in Arvania";
	in->study_id = "arvania-2025";
	in->epoch = "2025";
	in->date = "2025-11-23";
	in->suite = "ristretto255-SHA512";
	in->analyst = is_hostile ? "</bdi><img src=x onerror=alert(1)>" : "National Rapporteur";
	in->version = "0.1.0";
	in->k = 10;
	in->matching = &matching;
	in->n_strata = 2;
	in->strata = strata;
	in->overlap = s->table;
	in->estimate = s->estimate;
}

static void tell_little(struct sample *s)
{
	struct report_input *in = &s->input;
	in->title = in->epoch = in->suite = in->analyst = NULL;
	in->matching = NULL;
	in->n_strata = 0;
	in->n_parties = 0;
	in->n_disclosures = 0;
}

static int write_into(const char *folder, const char *name, const struct buffer *text, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = file_path(folder, name);
	if (!path)
		return error_memory(err);
	FILE *f = fopen(path, "wb");
	bool good = f && fwrite(text->data, 1, text->n, f) == text->n;
	if (f && fclose(f) != 0)
		good = false;
	return good ? CF_OK : error_set(err, CF_E_IO, "cannot write %s", path);
}

static int render(const struct sample *s, const char *folder, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer html = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer json = BUFFER_INIT;
	CF_CLEANUP_REPORT_VIEW struct report_view *view = NULL;
	TRY(report_view_new(&s->input, NULL, &view, err));
	TRY(report_html(view, &html, err));
	TRY(report_json(view, &json, err));
	TRY(write_into(folder, "report.html", &html, err));
	return write_into(folder, "report.json", &json, err);
}

static int run(int argc, char **argv, struct cf_error *err)
{
	struct sample s = {0};
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_ESTIMATE struct estimate_report *estimate = NULL;
	struct estimate_options options = ESTIMATE_OPTIONS_INIT;
	bool is_hostile = argc > 3 && strcmp(argv[3], "hostile") == 0;
	options.n_bootstrap = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 400;
	TRY(overlap_read(argv[1], &table, err));
	if (table->n_lists > 8)
		options.methods = 1u << ESTIMATE_MAIN | 1u << ESTIMATE_STEPWISE;
	TRY(estimate_run_full(table, &options, NULL, NULL, &estimate, err));
	if (is_hostile && rename_lists(table) < 0)
		return error_memory(err);
	s.table = table;
	s.estimate = estimate;
	s.input.options = &options;
	invent_study(&s, is_hostile);
	invent_parties(&s);
	if (argc > 3 && strcmp(argv[3], "bare") == 0)
		tell_little(&s);
	return render(&s, argv[2], err);
}

int main(int argc, char **argv)
{
	struct cf_error err = CF_ERROR_INIT;
	if (argc < 3) {
		(void)fprintf(stderr,
			"usage: report_sample TABLE.csv OUT-FOLDER [plain|hostile|bare] [REPLICATES]\n");
		return 2;
	}
	if (run(argc, argv, &err) < 0) {
		(void)fprintf(stderr, "report_sample: %s\n", err.message);
		return error_exit_code(err.code);
	}
	return 0;
}
