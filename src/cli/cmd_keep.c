/*
 * counterfoil backup, restore, doctor, rotate, passphrase, erase: keeping the store itself.
 */
#include <string.h>

#include "cli/cli_store.h"
#include "work/casebook/answer.h"

static int say(const struct cli_store *s, const char *key, const char *value, const char *text)
{
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if (s->json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, key, value);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	return buffer_printf(&out, "%s\n", text) < 0 ? error_exit_code(CF_E_MEMORY) : cli_print(&out);
}

/* ---- backup ---- */

static const struct cli_option backup_options[] = {CLI_STORE_OPTIONS};
static const struct cli_command backup_command = {
	.name = "backup",
	.summary = "Copies the whole store into a new file while others work with it, and reads it back. The "
		   "copy is as\n"
		   "sealed as the store. Keep the list of erasures (STORE.erasures) apart from it: a restore "
		   "needs it.",
	.usage = "FILE [OPTION]...",
	.options = backup_options,
	.n_options = sizeof backup_options / sizeof *backup_options,
	.example = "  counterfoil backup /media/usb/casebook-2026-11-25.store\n",
};

int cmd_backup(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	const char *file = NULL;
	int exit_code;
	struct cli_store_walk walk = {.command = &backup_command,
		.operands = &file,
		.min = 1,
		.max = 1,
		.missing = "into which file?"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (casebook_backup(c, file, &err) < 0)
		return cli_fail(&err);
	return say(&s, "backup", file, "the backup is written, and was read back and checked");
}

static const struct cli_option restore_options[] = {CLI_STORE_OPTIONS};
static const struct cli_command restore_command = {
	.name = "restore",
	.summary = "Makes a store (at --store, where none may be yet) from a backup, and verifies all of it. "
		   "Persons who were\n"
		   "erased after the backup are erased again: --erasures names the list; an empty file says "
		   "there were\n"
		   "none.",
	.usage = "BACKUP --store PATH --erasures FILE [OPTION]...",
	.options = restore_options,
	.n_options = sizeof restore_options / sizeof *restore_options,
	.example = "  counterfoil restore /media/usb/casebook-2026-11-25.store --store casebook.store\n",
};

int cmd_restore(int argc, char **argv)
{
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	const char *file = NULL;
	int exit_code;
	struct cli_store_walk walk = {.command = &restore_command,
		.operands = &file,
		.min = 1,
		.max = 1,
		.missing = "from which backup?"};
	cli_store_init(&s);
	if (cli_store_walk(&s, &walk, argc, argv, &exit_code) < 0)
		return exit_code;
	if (way_in_restore(&s.way, file, &err) < 0)
		return cli_fail(&err);
	return say(&s, "restored", way_in_shown(s.way.location), "restored and verified");
}

/* ---- doctor ---- */

static const struct cli_option doctor_options[] = {CLI_STORE_OPTIONS};
static const struct cli_command doctor_command = {
	.name = "doctor",
	.summary = "Checks the database in full: pages, indexes, references. 'counterfoil audit verify' "
		   "checks what the\n"
		   "records and the log say.",
	.usage = "[OPTION]...",
	.options = doctor_options,
	.n_options = sizeof doctor_options / sizeof *doctor_options,
	.example = "  counterfoil doctor --store casebook.store\n",
};

int cmd_doctor(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	int exit_code;
	struct cli_store_walk walk = {.command = &doctor_command};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (casebook_check(c, &err) < 0)
		return cli_fail(&err);
	return say(&s, "database", "sound", "the database is sound");
}

/* ---- keys ---- */

static const struct cli_option rotate_options[] = {
	{"index", NULL, "also a new key of the search indexes; opens every record, so it takes its time"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command rotate_command = {
	.name = "rotate",
	.summary = "Gives the store a new organisation key; every person's and case's key is wrapped anew, "
		   "records stay as\n"
		   "they are. For when the key may have been seen, and at fixed times.",
	.usage = "[OPTION]...",
	.options = rotate_options,
	.n_options = sizeof rotate_options / sizeof *rotate_options,
	.example = "  counterfoil rotate --store casebook.store\n",
};

static bool own_rotate(void *context, const char *name, const char *value)
{
	(void)name;
	(void)value;
	*(bool *)context = true;
	return true;
}

int cmd_rotate(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct cli_store s;
	bool index_too = false;
	int exit_code;
	struct cli_store_walk walk = {.command = &rotate_command, .own = own_rotate, .context = &index_too};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (casebook_rotate(c, index_too, &err) < 0)
		return cli_fail(&err);
	return say(&s, "rotated", index_too ? "keys and indexes" : "keys", "the store has a new key");
}

static const struct cli_option passphrase_options[] = {
	{"new-passphrase-file", "FILE", "the new passphrase, else you are asked"},
	{"new-key-file", "FILE", "open with this key file from now on (it must be there)"},
	{"key-file-alone", NULL, "without a passphrase: the new key file alone opens the store"},
	CLI_STRETCH_OPTION,
	CLI_STORE_OPTIONS,
};
static const struct cli_command passphrase_command = {
	.name = "passphrase",
	.summary = "Changes what opens the store: its passphrase, its key file, or both. No record is "
		   "touched, and users'\n"
		   "passwords stay.",
	.usage = "[OPTION]...",
	.options = passphrase_options,
	.n_options = sizeof passphrase_options / sizeof *passphrase_options,
	.example = "  counterfoil passphrase --store casebook.store\n",
};

static bool own_passphrase(void *context, const char *name, const char *value)
{
	struct way_in_change *in = context;
	if (strcmp(name, "new-passphrase-file") == 0)
		in->passphrase_file = value;
	else if (strcmp(name, "new-key-file") == 0)
		in->key_file = value;
	else
		in->key_file_alone = true;
	return true;
}

int cmd_passphrase(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct way_in_change in = {.ask = cli_ask_secret};
	struct cli_store s;
	int exit_code;
	struct cli_store_walk walk = {.command = &passphrase_command, .own = own_passphrase, .context = &in};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (in.key_file_alone && !in.key_file)
		return cli_usage("passphrase", "--key-file-alone needs --new-key-file");
	if (way_in_change(c, &in, &err) < 0)
		return cli_fail(&err);
	return say(
		&s, "changed", "way in", "from now on the store opens with the new passphrase or key file");
}

/* ---- erase ---- */

static const struct cli_option erase_options[] = {
	{"yes", NULL, "do it: there is no way back"},
	CLI_STORE_OPTIONS,
};
static const struct cli_command erase_command = {
	.name = "erase",
	.summary = "Erases a person: their key is destroyed, and with it every record about them and all its "
		   "revisions; their\n"
		   "coded fields and indexes go too. The log keeps that it happened, and still verifies. "
		   "Backups made before\n"
		   "hold the person until they are restored or destroyed.",
	.usage = "PERSON --yes [OPTION]...",
	.options = erase_options,
	.n_options = sizeof erase_options / sizeof *erase_options,
	.example = "  counterfoil erase 0f9xk2m4q8r6t1v3w5y7z9a2bc --yes --user steward\n",
};

static bool own_erase(void *context, const char *name, const char *value)
{
	(void)name;
	(void)value;
	*(bool *)context = true;
	return true;
}

int cmd_erase(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct store_erased erased;
	struct cli_store s;
	struct record_id id;
	const char *operand = NULL;
	bool yes = false;
	int exit_code;
	struct cli_store_walk walk = {.command = &erase_command,
		.own = own_erase,
		.context = &yes,
		.operands = &operand,
		.min = 1,
		.max = 1,
		.missing = "which person? give their id"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (!cli_record_id("erase", operand, &id))
		return error_exit_code(CF_E_USAGE);
	if (!yes)
		return cli_usage("erase", "this cannot be undone; say --yes when you mean it");
	if (casebook_erase(c, &id, &erased, &err) < 0)
		return cli_fail(&err);
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	if (s.json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "erased", operand);
		json_key_unsigned(&j, "records", erased.n_records);
		json_key_unsigned(&j, "revisions", erased.n_revisions);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	if (buffer_printf(&out, "erased, with %llu records in %llu revisions\n",
		    (unsigned long long)erased.n_records, (unsigned long long)erased.n_revisions) < 0)
		return error_exit_code(CF_E_MEMORY);
	return cli_print(&out);
}
