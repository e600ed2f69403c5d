/*
 * counterfoil link-files: files that belong to a case.
 */
#include <string.h>

#include "cli/cli_store.h"
#include "work/casebook/evidence.h"

enum { MAX_FILES = 10000 };

static const struct cli_option options[] = {
	{"reason", "TEXT", "why; kept with the records"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "link-files",
	.summary = "Notes files as evidence of a case: name, size, SHA-256 and BLAKE2b, who received them "
		   "and when. The files\n"
		   "stay where they are; whoever has one can show later that it is unchanged. A file that "
		   "the case has\n"
		   "already is not noted twice.",
	.usage = "CASE FILE... [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil link-files 0f9xk2m4q8r6t1v3w5y7z9a2bc statement.pdf photos/*.jpg --user "
		   "amina\n",
};

static bool own(void *context, const char *name, const char *value)
{
	struct store_reason *why = context;
	(void)name;
	why->reason = value;
	return true;
}

static int report(
	struct json *j, struct buffer *out, bool as_json, const char *path, const struct store_result *r)
{
	char id[RECORD_ID_TEXT + 1];
	struct record_id record;
	memcpy(record.bytes, r->id.bytes, sizeof record.bytes);
	record_id_format(&record, id);
	const char *outcome = r->outcome == STORE_UNCHANGED ? "known" : "added";
	if (!as_json)
		return buffer_printf(out, "%s %s  %s\n", outcome, id, path);
	json_begin_object(j);
	json_key_text(j, "file", path);
	json_key_text(j, "id", id);
	json_key_text(j, "outcome", outcome);
	json_end(j);
	return CF_OK;
}

static int run(struct casebook *c, const struct cli_store *s, const char **operands, int n,
	const struct store_reason *why)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct record_id case_id;
	struct json j;
	if (!cli_record_id("link-files", operands[0], &case_id))
		return error_exit_code(CF_E_USAGE);
	json_init(&j, &out, true);
	if (s->json)
		json_begin_array(&j);
	for (int i = 1; i < n; i++) {
		struct store_result result;
		if (evidence_add_file(c, &case_id, operands[i], why, &result, &err) < 0)
			return cli_fail(&err);
		if (report(&j, &out, s->json, operands[i], &result) < 0)
			return error_exit_code(CF_E_MEMORY);
	}
	if (!s->json)
		return cli_print(&out);
	json_end(&j);
	return cli_print_json(&j, &out);
}

int cmd_link_files(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP_FREE const char **operands = NEW_ARRAY_ZERO(const char *, MAX_FILES + 1);
	struct store_reason why = {0};
	struct cli_store s;
	int exit_code;
	if (!operands)
		return error_exit_code(CF_E_MEMORY);
	struct cli_store_walk walk = {.command = &command,
		.own = own,
		.context = &why,
		.operands = operands,
		.min = 2,
		.max = MAX_FILES + 1,
		.missing = "give the case's id and at least one file"};
	int n = cli_store_begin(&s, &walk, argc, argv, &c, &exit_code);
	return n < 0 ? exit_code : run(c, &s, operands, n, &why);
}
