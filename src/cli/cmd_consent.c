/*
 * counterfoil consent: what a person allowed, and what went where.
 */
#include <string.h>
#include <time.h>

#include "cli/cli_store.h"
#include "work/casebook/wishes.h"

static const struct cli_option options[] = {
	{"on", "DAY", "withdraw: as of this day (default: today)"},
	{"reason", "TEXT", "withdraw: why; kept with the revision"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "consent",
	.summary = "report: what a person allowed, and what went to whom, to hand to the person. withdraw: "
		   "ends a consent; it\n"
		   "blocks what comes after, and the report goes on listing what already went. A consent is "
		   "added with\n"
		   "'counterfoil add consent'.",
	.usage = "report PERSON | withdraw CONSENT [--on DAY] [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil consent report 0f9xk2m4q8r6t1v3w5y7z9a2bc --user amina\n"
		   "  counterfoil add consent --set person=0f9x... --set purpose=referral --set "
		   "recipient=0c2d... \\\n"
		   "      --set scope=identity --set state=given --set given=2026-11-25 --user amina\n",
};

struct consent {
	const char *on;
	struct store_reason why;
};

static bool own(void *context, const char *name, const char *value)
{
	struct consent *in = context;
	if (strcmp(name, "on") == 0)
		in->on = value;
	else
		in->why.reason = value;
	return true;
}

static int report(struct casebook *c, const struct cli_store *s, const struct record_id *id)
{
	CF_CLEANUP_WISHES struct wishes *w = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (wishes_report(c, id, &w, &err) < 0)
		return cli_fail(&err);
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		wishes_json(&j, w);
		return cli_print_json(&j, &out);
	}
	return wishes_text(w, &out, &err) < 0 ? cli_fail(&err) : cli_print(&out);
}

static int withdraw(
	struct casebook *c, const struct cli_store *s, const struct record_id *id, const struct consent *in)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct store_result result;
	char today[16] = "";
	time_t now = time(NULL);
	struct tm parts = {0};
	(void)localtime_r(&now, &parts);
	(void)strftime(today, sizeof today, "%Y-%m-%d", &parts);
	if (wishes_withdraw(c, id, in->on ? in->on : today, &in->why, &result, &err) < 0)
		return cli_fail(&err);
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_unsigned(&j, "revision", result.revision);
		json_key_text(&j, "withdrawn", in->on ? in->on : today);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	if (buffer_append_text(&out, "withdrawn; nothing more leaves under it\n") < 0)
		return error_exit_code(CF_E_MEMORY);
	return cli_print(&out);
}

int cmd_consent(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct consent in = {0};
	struct cli_store s;
	struct record_id id;
	const char *operands[2] = {NULL, NULL};
	int exit_code;
	struct cli_store_walk walk = {.command = &command,
		.own = own,
		.context = &in,
		.operands = operands,
		.min = 2,
		.max = 2,
		.missing = "report PERSON, or withdraw CONSENT"};
	cli_store_init(&s);
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	bool is_report = strcmp(operands[0], "report") == 0;
	if (!is_report && strcmp(operands[0], "withdraw") != 0)
		return cli_usage("consent", "report PERSON, or withdraw CONSENT");
	if (!cli_record_id("consent", operands[1], &id))
		return error_exit_code(CF_E_USAGE);
	exit_code = cli_store_open(&s, &c);
	if (exit_code)
		return exit_code;
	return is_report ? report(c, &s, &id) : withdraw(c, &s, &id, &in);
}
