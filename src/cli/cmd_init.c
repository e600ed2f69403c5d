/*
 * counterfoil init: makes a case store.
 */
#include <string.h>

#include "cli/cli_store.h"

static const struct cli_option options[] = {
	{"role", "ROLE",
		"of the first user, whom --user names: caseworker (default),\ninvestigator, analyst, "
		"steward, auditor "
		"or administrator"},
	{"password-file", "FILE", "the first user's password, else you are asked"},
	{"new-key-file", "FILE", "make this key file; the store then opens with it"},
	CLI_STRETCH_OPTION,
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "init",
	.summary = "Makes a case store: encrypted records with consent and an audit log. Its passphrase (or "
		   "key file, or\n"
		   "both) opens everything and makes an administrator: keep it in a safe. People get names "
		   "and passwords\n"
		   "of their own, here with --user or later with 'counterfoil user add'.",
	.usage = "[--user NAME --role ROLE] [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil init --user amina --role caseworker\n",
};

struct init {
	struct way_in_first first;
	const char *new_key_file;
};

static bool own(void *context, const char *name, const char *value)
{
	struct init *in = context;
	if (strcmp(name, "role") == 0)
		in->first.role = value;
	else if (strcmp(name, "password-file") == 0)
		in->first.password_file = value;
	else
		in->new_key_file = value;
	return true;
}

static int print(const struct cli_store *s, const struct init *in)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	if (s->json) {
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "store", way_in_shown(s->way.location));
		json_key_text(&j, "user", s->way.user);
		json_key_text(&j, "role", s->way.user ? in->first.role : NULL);
		json_key_text(&j, "key_file", s->way.key_file);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	int status = buffer_printf(&out, "made %s\n", way_in_shown(s->way.location));
	if (s->way.user && status >= 0)
		status = buffer_printf(&out, "%s may work with it as %s: --user %s\n", s->way.user,
			in->first.role, s->way.user);
	else if (status >= 0)
		status = buffer_append_text(
			&out, "next: 'counterfoil user add NAME --role ROLE' for those who work with it\n");
	return status < 0 ? error_exit_code(CF_E_MEMORY) : cli_print(&out);
}

int cmd_init(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct init in = {.first = {.role = "caseworker"}};
	struct cli_store s;
	int exit_code;
	cli_store_init(&s);
	struct cli_store_walk walk = {.command = &command, .own = own, .context = &in};
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	if (in.new_key_file) {
		s.way.key_file = in.new_key_file;
		in.first.new_key_file = true;
	}
	if (way_in_create(&s.way, &in.first, &c, &err) < 0)
		return cli_fail(&err);
	return print(&s, &in);
}
