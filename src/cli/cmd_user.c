/*
 * counterfoil user: who works with the store.
 */
#include <string.h>

#include "cli/cli_store.h"
#include "work/casebook/answer.h"
#include "work/casebook/people.h"

static const struct cli_option options[] = {
	{"role", "ROLE", "caseworker, investigator, analyst, steward, auditor or\nadministrator"},
	{"password-file", "FILE", "the new password, else you are asked"},
	{"off", NULL, "with totp: no one-time codes any more"},
	CLI_STRETCH_OPTION,
	CLI_STORE_OPTIONS,
};
static const struct cli_command command = {
	.name = "user",
	.summary = "Who works with the store. 'add', 'list', 'role' and 'disable' are an administrator's; "
		   "'password' and\n"
		   "'totp' (one-time codes) everybody's for themselves. Users who can open records are added "
		   "with the\n"
		   "store's own passphrase (without --user).",
	.usage = "add NAME --role ROLE | list | role NAME --role ROLE | password [NAME] | totp [NAME] "
		 "[--off] | disable NAME",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil user add amina --role caseworker\n  counterfoil user totp --user amina\n",
};

enum { MAX_SECRET_TEXT = 512 };

struct user {
	const char *role;
	const char *password_file;
	bool off;
};

static bool own(void *context, const char *name, const char *value)
{
	struct user *in = context;
	if (strcmp(name, "role") == 0)
		in->role = value;
	else if (strcmp(name, "password-file") == 0)
		in->password_file = value;
	else
		in->off = true;
	return true;
}

static int print_done(const struct cli_store *s, const char *what, const char *name)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "user", name);
		json_key_text(&j, "done", what);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	return buffer_printf(&out, "%s: %s\n", name, what) < 0 ? error_exit_code(CF_E_MEMORY)
							       : cli_print(&out);
}

static int list(struct casebook *c, const struct cli_store *s)
{
	CF_CLEANUP(store_users_done) struct store_users users = STORE_USERS_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (people_list(c, &users, &err) < 0)
		return cli_fail(&err);
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		answer_users_json(&j, &users);
		return cli_print_json(&j, &out);
	}
	return answer_users_text(&users, &out, &err) < 0 ? cli_fail(&err) : cli_print(&out);
}

static int totp(struct casebook *c, const struct cli_store *s, const char *name, bool on)
{
	CF_CLEANUP(buffer_wipe) struct buffer secret = BUFFER_INIT;
	CF_CLEANUP(buffer_wipe) struct buffer out = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	if (buffer_reserve(&secret, MAX_SECRET_TEXT) < 0 || buffer_reserve(&out, 2 * MAX_SECRET_TEXT) < 0)
		return error_exit_code(CF_E_MEMORY);
	if (people_set_totp(c, name, on, &secret, &err) < 0)
		return cli_fail(&err);
	if (!name)
		name = casebook_user(c);
	if (!on)
		return print_done(s, "no one-time codes any more", name);
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "user", name);
		json_key_text(&j, "otpauth", buffer_text(&secret));
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	int status = buffer_printf(&out,
		"%s\nGive this to an authenticator program now: it is shown once. From now on --code is "
		"needed.\n",
		buffer_text(&secret));
	return status < 0 ? error_exit_code(CF_E_MEMORY) : cli_print(&out);
}

static int run(struct casebook *c, const struct cli_store *s, const struct user *in, const char *verb,
	const char *name)
{
	struct cf_error err = CF_ERROR_INIT;
	char what[STORE_NAME_MAX + 32];
	(void)snprintf(what, sizeof what, "password of %.*s", STORE_NAME_MAX, name ? name : casebook_user(c));
	struct way_in_secret password = {
		.what = what, .file = in->password_file, .least = STORE_PASSWORD_MIN, .ask = cli_ask_secret};
	if (strcmp(verb, "list") == 0)
		return list(c, s);
	if (strcmp(verb, "totp") == 0)
		return totp(c, s, name, !in->off);
	if (strcmp(verb, "password") == 0) {
		if (people_set_password(c, name, &password, &err) < 0)
			return cli_fail(&err);
		return print_done(s, "new password", name ? name : casebook_user(c));
	}
	if (!name)
		return cli_usage("user", "which user? give a name");
	bool is_add = strcmp(verb, "add") == 0;
	bool is_role = strcmp(verb, "role") == 0;
	if ((is_add || is_role) && !in->role)
		return cli_usage("user", "--role is needed");
	if (is_add && people_add(c, name, in->role, &password, &err) < 0)
		return cli_fail(&err);
	if (is_role && people_set_role(c, name, in->role, &err) < 0)
		return cli_fail(&err);
	if (strcmp(verb, "disable") == 0) {
		if (people_disable(c, name, &err) < 0)
			return cli_fail(&err);
		return print_done(s, "disabled", name);
	}
	return print_done(s, in->role, name);
}

int cmd_user(int argc, char **argv)
{
	static const char *const verbs[] = {"add", "list", "role", "password", "totp", "disable"};
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct user in = {0};
	struct cli_store s;
	const char *operands[2] = {NULL, NULL};
	int exit_code;
	struct cli_store_walk walk = {.command = &command,
		.own = own,
		.context = &in,
		.operands = operands,
		.min = 1,
		.max = 2,
		.missing = "add, list, role, password, totp or disable?"};
	cli_store_init(&s);
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(operands[0], verbs[i]) == 0) {
			exit_code = cli_store_open(&s, &c);
			return exit_code ? exit_code : run(c, &s, &in, operands[0], operands[1]);
		}
	return cli_usage("user", "add, list, role, password, totp or disable?");
}
