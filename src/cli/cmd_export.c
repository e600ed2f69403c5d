/*
 * counterfoil export: records for others, as far as consent or law covers them.
 */
#include <string.h>
#include <time.h>

#include "cli/cli_store.h"
#include "work/casebook/hand_over.h"

static const struct cli_option options[] = {
	{"out", "FILE", "the file to write; it must not be there"},
	{"format", "NAME", "htcds-csv, xlsx, jsonl or ftm (default: by the file's ending)"},
	{"person", "ID", "one person"},
	{"case", "ID", "the persons of one case (default: everybody you may export)"},
	{"purpose", "CODE",
		"assistance, referral, police_report, evidence_in_court,\ncross_border_return, statistics, "
		"research or media"},
	{"to", "ID", "the organisation that receives it"},
	{"to-kind", "CODE", "its kind, for consents that name kinds (the list htcds.org_Type)"},
	{"legal-basis", "CODE",
		"what covers it instead of consent, as court_order or mandatory_report\n(the list "
		"legal.basis); it is noted"},
	{"covered-only", NULL, "leave out persons whom nothing covers, instead of refusing"},
	{"coded", NULL, "open and coded fields alone, without ids: for analysts; needs no consent"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "export",
	.summary = "Writes records for others: the HTCDS 2.0 table as CSV or XLSX, JSON Lines (everything, "
		   "to be read again),\n"
		   "or FollowTheMoney. Nothing identifying leaves without a live consent of the person for "
		   "this purpose\n"
		   "and recipient, or a named legal basis; otherwise it says which consent is missing of "
		   "whom, and writes\n"
		   "nothing. Each export is noted, and 'counterfoil consent report' lists it.",
	.usage = "--out FILE --purpose CODE --to ORGANISATION [--person ID | --case ID] [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil export --person 0f9xk2m4q8r6t1v3w5y7z9a2bc --purpose referral --to 0c2d... "
		   "--out ref.csv\n"
		   "  counterfoil export --coded --out coded.csv --user ana\n",
};

struct export
{
	const char *out, *format, *person, *case_id, *purpose, *to, *to_kind, *legal_basis;
	bool covered_only, coded;
};

static bool own(void *context, const char *name, const char *value)
{
	struct export *in = context;
	struct {
		const char *name;
		const char **to;
	} texts[] = {{"out", &in->out}, {"format", &in->format}, {"person", &in->person},
		{"case", &in->case_id}, {"purpose", &in->purpose}, {"to", &in->to}, {"to-kind", &in->to_kind},
		{"legal-basis", &in->legal_basis}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(name, texts[i].name) == 0)
			*texts[i].to = value;
	in->covered_only = in->covered_only || strcmp(name, "covered-only") == 0;
	in->coded = in->coded || strcmp(name, "coded") == 0;
	return true;
}

static bool is_code(const char *option, const char *list, const char *text)
{
	if (!text || schema_code(schema_code_list(list), text))
		return true;
	(void)cli_usage("export", "--%s: '%s' is no code of the list %s", option, text, list);
	return false;
}

/* What must be said, and fits together; else a usage message and false. */
static bool check(const struct export *in)
{
	const char *wrong = NULL;
	if (!in->out)
		wrong = "--out is needed";
	else if (in->person && in->case_id)
		wrong = "--person or --case, not both";
	else if (in->coded && (in->purpose || in->to || in->legal_basis))
		wrong = "--coded takes no purpose, recipient or legal basis";
	else if (!in->coded && (!in->to || !in->purpose))
		wrong = "--purpose and --to are needed (or --coded): consent is for a purpose and a "
			"recipient";
	else if (in->legal_basis &&
		 (strcmp(in->legal_basis, "consent") == 0 || strcmp(in->legal_basis, "guardian") == 0))
		wrong = "--legal-basis is for what takes the place of consent";
	if (wrong)
		(void)cli_usage("export", "%s", wrong);
	return !wrong && is_code("purpose", "consent.purpose", in->purpose) &&
	       is_code("legal-basis", "legal.basis", in->legal_basis) &&
	       is_code("to-kind", "htcds.org_Type", in->to_kind);
}

static struct date today(void)
{
	time_t now = time(NULL);
	struct tm parts = {0};
	(void)localtime_r(&now, &parts);
	return (struct date){.year = (int16_t)(parts.tm_year + 1900),
		.month = (uint8_t)(parts.tm_mon + 1),
		.day = (uint8_t)parts.tm_mday};
}

static int print(
	const struct cli_store *s, const struct hand_over_request *q, const struct hand_over_counts *n)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "file", q->path);
		json_key_text(&j, "format", hand_over_form_name(q->form));
		json_key_text(&j, "sha256", n->sha256);
		json_key_unsigned(&j, "persons", n->left.n_persons);
		json_key_unsigned(&j, "records", n->left.n_records);
		json_key_unsigned(&j, "rows", n->n_rows);
		json_key_unsigned(&j, "values_withheld", n->left.n_withheld);
		json_key_unsigned(&j, "persons_left_out", n->left.n_uncovered);
		json_key_unsigned(&j, "records_without_a_place", n->n_left_out);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	int status = buffer_printf(&out,
		"%s: %llu persons, %llu records; %llu values were not covered and stayed\n", q->path,
		(unsigned long long)n->left.n_persons, (unsigned long long)n->left.n_records,
		(unsigned long long)n->left.n_withheld);
	if (status >= 0 && n->left.n_uncovered)
		status = buffer_printf(&out, "%llu persons were left out: nothing covers them\n",
			(unsigned long long)n->left.n_uncovered);
	if (status >= 0 && n->n_left_out)
		status = buffer_printf(
			&out, "%llu records have no place in this form\n", (unsigned long long)n->n_left_out);
	return status < 0 ? error_exit_code(CF_E_MEMORY) : cli_print(&out);
}

static int run(struct casebook *c, const struct cli_store *s, const struct hand_over_request *q)
{
	CF_CLEANUP(buffer_done) struct buffer missing = BUFFER_INIT;
	struct hand_over_counts counts = {0};
	struct cf_error err = CF_ERROR_INIT;
	int status = hand_over(c, q, &counts, &missing, &err);
	(void)fputs(buffer_text(&missing), stderr);
	return status < 0 ? cli_fail(&err) : print(s, q, &counts);
}

int cmd_export(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct export in = {0};
	struct cli_store s;
	struct record_id person;
	struct record_id case_id;
	struct record_id recipient;
	int exit_code;
	struct cli_store_walk walk = {.command = &command, .own = own, .context = &in};
	cli_store_init(&s);
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	struct hand_over_request q = {.path = in.out};
	if (!check(&in) || (in.person && !cli_record_id("export", in.person, &person)) ||
		(in.case_id && !cli_record_id("export", in.case_id, &case_id)) ||
		(in.to && !cli_record_id("export", in.to, &recipient)))
		return error_exit_code(CF_E_USAGE);
	if (!hand_over_form_parse(in.format, in.out, &q.form))
		return cli_usage("export", "--format is htcds-csv, xlsx, jsonl or ftm");
	q.leave = (struct leave_request){.person = in.person ? &person : NULL,
		.case_id = in.case_id ? &case_id : NULL,
		.coded_only = in.coded,
		.covered_only = in.covered_only,
		.consent = {.purpose = in.purpose,
			.recipient = in.to ? &recipient : NULL,
			.recipient_type = in.to_kind,
			.legal_basis = in.legal_basis,
			.today = today()}};
	exit_code = cli_store_open(&s, &c);
	return exit_code ? exit_code : run(c, &s, &q);
}
