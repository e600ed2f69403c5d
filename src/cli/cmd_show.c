/*
 * counterfoil show, history: one record.
 */
#include <string.h>

#include "cli/cli_store.h"
#include "work/casebook/answer.h"

static const struct cli_option show_options[] = {
	{"revision", "N", "how it was then (default: how it is)"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command show_command = {
	.name = "show",
	.summary = "Shows a record, as far as it is yours to see. That you looked at identifying fields is "
		   "logged.",
	.usage = "ID [OPTION]...",
	.options = show_options,
	.n_options = sizeof show_options / sizeof *show_options,
	.example = "  counterfoil show 0f9xk2m4q8r6t1v3w5y7z9a2bc --user amina\n",
};

static bool own_revision(void *context, const char *name, const char *value)
{
	(void)name;
	return cli_count("show", "revision", value, 1, UINT32_MAX, context);
}

int cmd_show(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP(casebook_shown_done) struct casebook_shown shown = CASEBOOK_SHOWN_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	struct record_id id;
	const char *operand = NULL;
	uint64_t revision = 0;
	int exit_code;
	struct cli_store_walk walk = {.command = &show_command,
		.own = own_revision,
		.context = &revision,
		.operands = &operand,
		.min = 1,
		.max = 1,
		.missing = "which record? give its id"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (!cli_record_id("show", operand, &id))
		return error_exit_code(CF_E_USAGE);
	if (casebook_show(c, &id, revision, &shown, &err) < 0)
		return cli_fail(&err);
	if (s.json) {
		struct json j;
		json_init(&j, &out, true);
		answer_record_json(&j, &shown);
		return cli_print_json(&j, &out);
	}
	return answer_record_text(&shown, &out, &err) < 0 ? cli_fail(&err) : cli_print(&out);
}

static const struct cli_option history_options[] = {CLI_STORE_OPTIONS};
static const struct cli_command history_command = {
	.name = "history",
	.summary = "Lists a record's revisions: when, by whom, and where the log has them.",
	.usage = "ID [OPTION]...",
	.options = history_options,
	.n_options = sizeof history_options / sizeof *history_options,
	.example = "  counterfoil history 0f9xk2m4q8r6t1v3w5y7z9a2bc --user amina\n",
};

int cmd_history(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP(store_history_done) struct store_history history = STORE_HISTORY_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	struct record_id id;
	const char *operand = NULL;
	int exit_code;
	struct cli_store_walk walk = {.command = &history_command,
		.operands = &operand,
		.min = 1,
		.max = 1,
		.missing = "which record? give its id"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (!cli_record_id("history", operand, &id))
		return error_exit_code(CF_E_USAGE);
	if (casebook_history(c, &id, &history, &err) < 0)
		return cli_fail(&err);
	if (s.json) {
		struct json j;
		json_init(&j, &out, true);
		answer_history_json(&j, &id, &history);
		return cli_print_json(&j, &out);
	}
	return answer_history_text(&history, &out, &err) < 0 ? cli_fail(&err) : cli_print(&out);
}
