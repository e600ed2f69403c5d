/*
 * counterfoil add, edit: new records and new revisions, from --set, a file, or the editor.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli_store.h"
#include "work/casebook/answer.h"
#include "work/casebook/draft.h"

enum { MAX_SETS = 256, MAX_DRAFT = 64 << 20 };

struct edit {
	const char *sets[MAX_SETS];
	size_t n_sets;
	const char *file;
	const char *country;
	struct store_reason why;
};

#define EDIT_OPTIONS                                                                                         \
	{"set", "FIELD=VALUE",                                                                               \
		"give a field its value; again for more values, name#2=... for a\nsecond name, note@P5=... " \
		"for a "                                                                                     \
		"handling code, field=(refused) for\na state, field= for nothing"},                          \
		{"file", "FILE", "read the fields from a file, - for standard input"},                       \
		{"country", "CODE", "of phones without a calling code"},                                     \
		{"reason", "TEXT", "why; kept with the revision"},                                           \
	{                                                                                                    \
		"source", "TEXT", "where it comes from; kept with the revision"                              \
	}

static bool own(void *context, const char *name, const char *value)
{
	struct edit *in = context;
	if (strcmp(name, "set") == 0) {
		if (in->n_sets == MAX_SETS) {
			(void)cli_usage("edit", "at most %d --set; use --file", (int)MAX_SETS);
			return false;
		}
		in->sets[in->n_sets++] = value;
	} else if (strcmp(name, "file") == 0) {
		in->file = value;
	} else if (strcmp(name, "country") == 0) {
		in->country = value;
	} else if (strcmp(name, "reason") == 0) {
		in->why.reason = value;
	} else {
		in->why.source = value;
	}
	return true;
}

/* ---- the editor ---- */

/* The draft lies in memory where the system has such a place, in a folder nobody else may read. */
static int make_folder(char *path, size_t room, struct cf_error *err)
{
	const char *shared = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
	(void)snprintf(path, room, "%s/counterfoil-XXXXXX", shared ? shared : "/tmp");
	return mkdtemp(path) ? CF_OK : error_set_errno(err, CF_E_IO, "cannot make a folder for the draft");
}

static int run_editor(const char *path, struct cf_error *err)
{
	const char *editor = getenv("VISUAL");
	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	pid_t child = fork();
	if (child < 0)
		return error_set_errno(err, CF_E_IO, "cannot start the editor");
	if (child == 0) {
		/* the variable may hold options, as a shell reads them */
		(void)setenv("COUNTERFOIL_DRAFT", path, 1);
		(void)setenv("COUNTERFOIL_EDITOR", editor, 1);
		(void)execl("/bin/sh", "sh", "-c", "eval \"$COUNTERFOIL_EDITOR\" '\"$COUNTERFOIL_DRAFT\"'",
			(char *)NULL);
		_exit(127);
	}
	int status;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return error_set_errno(err, CF_E_IO, "cannot wait for the editor");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, CF_E_USAGE, "the editor did not end well; nothing was changed");
	return CF_OK;
}

static int write_draft(const char *path, const struct buffer *text, struct cf_error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, CF_E_IO, "cannot write the draft");
	ssize_t n = write(fd, buffer_text(text), text->n);
	int closed = close(fd);
	return n == (ssize_t)text->n && closed == 0 ? CF_OK
						    : error_set(err, CF_E_IO, "cannot write the draft");
}

/* Overwritten before it goes: an editor may have kept it on a disk. */
static void remove_draft(const char *folder, const char *path)
{
	struct stat s;
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && fstat(fd, &s) == 0) {
		static const char zeros[4096];
		for (off_t at = 0; at < s.st_size; at += (off_t)sizeof zeros)
			if (write(fd, zeros, sizeof zeros) < 0)
				break;
		(void)fsync(fd);
	}
	if (fd >= 0)
		(void)close(fd);
	(void)unlink(path);
	(void)rmdir(folder);
}

static int edit_in_editor(struct draft *d, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer changed = BUFFER_INIT;
	char folder[256];
	char path[300];
	TRY(draft_text(d, &text, err));
	TRY(make_folder(folder, sizeof folder, err));
	(void)snprintf(path, sizeof path, "%s/record.txt", folder);
	int status = write_draft(path, &text, err);
	if (status >= 0)
		status = run_editor(path, err);
	if (status >= 0)
		status = file_read(path, MAX_DRAFT, &changed, err);
	remove_draft(folder, path);
	TRY(status);
	if (changed.n == text.n && memcmp(buffer_text(&changed), buffer_text(&text), text.n) == 0)
		return error_set(err, CF_E_USAGE, "nothing was changed");
	return draft_parse(d, "the draft", buffer_text(&changed), changed.n, err);
}

/* ---- both ---- */

static int read_input(const char *path, struct buffer *out, struct cf_error *err)
{
	if (strcmp(path, "-") != 0)
		return file_read(path, MAX_DRAFT, out, err);
	char block[4096];
	for (;;) {
		ssize_t n = read(STDIN_FILENO, block, sizeof block);
		if (n < 0)
			return error_set_errno(err, CF_E_IO, "cannot read standard input");
		if (n == 0)
			return CF_OK;
		if (out->n > MAX_DRAFT)
			return error_set(err, CF_E_LIMIT, "standard input is longer than a record can be");
		TRY_MEMORY(buffer_append(out, block, (size_t)n), err);
	}
}

static int fill(const struct edit *in, struct draft *d, struct cf_error *err)
{
	if (in->file) {
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		TRY(read_input(in->file, &text, err));
		TRY(draft_parse(d, in->file, buffer_text(&text), text.n, err));
	}
	for (size_t i = 0; i < in->n_sets; i++)
		TRY(draft_set(d, in->sets[i], err));
	if (!in->file && !in->n_sets)
		return edit_in_editor(d, err);
	return CF_OK;
}

static int report(const struct store_result *r, bool as_json)
{
	static const char *const outcomes[] = {"added", "changed", "unchanged"};
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	char id[RECORD_ID_TEXT + 1];
	struct record_id record;
	memcpy(record.bytes, r->id.bytes, sizeof record.bytes);
	record_id_format(&record, id);
	if (as_json) {
		struct json j;
		json_init(&j, &out, true);
		json_begin_object(&j);
		json_key_text(&j, "id", id);
		json_key_unsigned(&j, "revision", r->revision);
		json_key_text(&j, "outcome", outcomes[r->outcome]);
		json_end(&j);
		return cli_print_json(&j, &out);
	}
	if (buffer_printf(&out, "%s %s, revision %llu\n", outcomes[r->outcome], id,
		    (unsigned long long)r->revision) < 0)
		return error_exit_code(CF_E_MEMORY);
	return cli_print(&out);
}

static const struct cli_option add_options[] = {EDIT_OPTIONS, CLI_STORE_OPTIONS};
static const struct cli_command add_command = {
	.name = "add",
	.summary = "Adds a record: a case, a person, the role of a person in a case and so on ('counterfoil "
		   "fields' names\n"
		   "them). Without --set and --file your editor opens with all its fields.",
	.usage = "ENTITY [--set FIELD=VALUE]... [OPTION]...",
	.options = add_options,
	.n_options = sizeof add_options / sizeof *add_options,
	.example = "  counterfoil add person --set name=\"Amina Diallo\" --set birth_date=1998-04 --user "
		   "amina\n",
};

int cmd_add(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP_DRAFT struct draft *d = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct store_result result;
	struct edit in = {.n_sets = 0};
	struct cli_store s;
	const char *operand = NULL;
	int exit_code;
	struct cli_store_walk walk = {.command = &add_command,
		.own = own,
		.context = &in,
		.operands = &operand,
		.min = 1,
		.max = 1,
		.missing = "which kind of record? as in 'counterfoil add person'"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	const struct schema_entity *entity = schema_entity(operand);
	if (!entity)
		return cli_usage(
			"add", "there is no kind of record '%s'; 'counterfoil fields' names them", operand);
	if (draft_new(c, entity, in.country, &d, &err) < 0 || fill(&in, d, &err) < 0 ||
		draft_save(d, &in.why, &result, &err) < 0)
		return cli_fail(&err);
	return report(&result, s.json);
}

static const struct cli_option edit_options[] = {EDIT_OPTIONS, CLI_STORE_OPTIONS};
static const struct cli_command edit_command = {
	.name = "edit",
	.summary = "Changes a record; what it was stays in its history. Without --set and --file your editor "
		   "opens ($VISUAL,\n"
		   "$EDITOR). Values you may not see stay as they are.",
	.usage = "ID [--set FIELD=VALUE]... [OPTION]...",
	.options = edit_options,
	.n_options = sizeof edit_options / sizeof *edit_options,
	.example = "  counterfoil edit 0f9xk2m4q8r6t1v3w5y7z9a2bc --set status=closed --reason \"moved "
		   "abroad\"\n",
};

int cmd_edit(int argc, char **argv)
{
	CF_CLEANUP_CASEBOOK struct casebook *c = NULL;
	CF_CLEANUP_DRAFT struct draft *d = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct store_result result;
	struct record_id id;
	struct edit in = {.n_sets = 0};
	struct cli_store s;
	const char *operand = NULL;
	int exit_code;
	struct cli_store_walk walk = {.command = &edit_command,
		.own = own,
		.context = &in,
		.operands = &operand,
		.min = 1,
		.max = 1,
		.missing = "which record? give its id"};
	if (cli_store_begin(&s, &walk, argc, argv, &c, &exit_code) < 0)
		return exit_code;
	if (!cli_record_id("edit", operand, &id))
		return error_exit_code(CF_E_USAGE);
	if (draft_open(c, &id, in.country, &d, &err) < 0 || fill(&in, d, &err) < 0 ||
		draft_save(d, &in.why, &result, &err) < 0)
		return cli_fail(&err);
	return report(&result, s.json);
}
