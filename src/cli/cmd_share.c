/*
 * counterfoil share: who works on a case.
 */
#include <string.h>

#include "cli/cli_store.h"

static const struct cli_option options[] = {
	{"hand-over", NULL, "make the user the case's owner; you lose it, unless it was shared with you"},
	{"out", NULL, "let the user out again"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "share",
	.summary = "Lets another caseworker or investigator work on your case, hands it over, or lets "
		   "somebody out again.",
	.usage = "CASE USER [--hand-over | --out] [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil share 0f9xk2m4q8r6t1v3w5y7z9a2bc joseph --user amina\n",
};

static bool own(void *context, const char *name, const char *value)
{
	(void)value;
	enum casebook_access *access = context;
	*access = strcmp(name, "out") == 0 ? CASEBOOK_LET_OUT : CASEBOOK_HAND_OVER;
	return true;
}

int cmd_share(int argc, char **argv)
{
	static const char *const done[] = {"handed over to", "shared with", "no longer shared with"};
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	enum casebook_access access = CASEBOOK_LET_IN;
	struct cli_store s;
	struct record_id id;
	const char *operands[2] = {NULL, NULL};
	int exit_code;
	struct cli_store_walk walk = {.command = &command,
		.own = own,
		.context = &access,
		.operands = operands,
		.min = 2,
		.max = 2,
		.missing = "give the case's id and the user's name"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (!cli_record_id("share", operands[0], &id))
		return error_exit_code(CF_E_USAGE);
	if (casebook_share(c, &id, access, operands[1], &err) < 0)
		return cli_fail(&err);
	if (s.json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "case", operands[0]);
		json_key_text(&j, "user", operands[1]);
		json_key_text(&j, "access",
			access == CASEBOOK_HAND_OVER ? "owner"
			: access == CASEBOOK_LET_IN  ? "shared"
						     : "none");
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	return buffer_printf(&out, "%s %s\n", done[access], operands[1]) < 0 ? error_exit_code(CF_E_MEMORY)
									     : cli_print(&out);
}
