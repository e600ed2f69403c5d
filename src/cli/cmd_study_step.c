/* "study step" and "study status". */
#include <string.h>

#include "base/json.h"
#include "cli/cmd_study.h"

static const struct cli_option step_options[] = {
	STUDY_OPTION_DIR,
	{"again", NULL, "write all messages sent so far to out/ once more, byte for byte"},
	{"json", NULL, "say what was done as a JSON object"},
	STUDY_OPTION_KEY,
	STUDY_OPTION_PASSPHRASE,
	STUDY_OPTION_THREADS,
};
static const struct cli_command step_command = {
	.name = "study step",
	.summary = "Takes the messages in DIR/in and writes what follows from them to DIR/out.\n"
		   "Messages that are turned away go to DIR/refused; the exit code is then 2.",
	.usage = "--dir DIR [OPTION]...",
	.options = step_options,
	.n_options = sizeof step_options / sizeof *step_options,
	.example = "  counterfoil study step --dir shelter\n",
};

static const struct cli_option status_options[] = {
	STUDY_OPTION_DIR,
	{"json", NULL, "the same as a JSON object"},
};
static const struct cli_command status_command = {
	.name = "study status",
	.summary = "Says where a participant stands in its study, and whom it waits for.",
	.usage = "--dir DIR [--json]",
	.options = status_options,
	.n_options = sizeof status_options / sizeof *status_options,
	.example = "  counterfoil study status --dir shelter\n",
};

struct parsed {
	const struct cli_command *command;
	struct study_step_request request;
	uint64_t threads;
	bool json;
};

/* -1: go on; else the exit code. */
static int parse(struct parsed *p, int argc, char **argv)
{
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, p->command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		bool bad = false;
		if (got == 3)
			return 0;
		if (got == 2)
			return cli_usage(p->command->name, "unexpected '%s'", value);
		if (strcmp(name, "json") == 0)
			p->json = true;
		else if (strcmp(name, "again") == 0)
			p->request.again = true;
		else
			(void)study_common_option(
				p->command->name, name, value, &p->request.access, &p->threads, &bad);
		if (bad)
			return error_exit_code(CF_E_USAGE);
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!p->request.access.dir)
		return cli_usage(p->command->name, "--dir is needed");
	return -1;
}

static int summarise(const struct study_status *s, struct buffer *out)
{
	struct json j;
	json_init(&j, out, true);
	json_begin_object(&j);
	json_key_unsigned(&j, "taken", s->n_taken);
	json_key_unsigned(&j, "repeated", s->n_repeated);
	json_key_unsigned(&j, "waiting", s->n_waiting);
	json_key_unsigned(&j, "refused", s->n_refused);
	json_key_unsigned(&j, "published", s->n_published);
	json_key_boolean(&j, "complete", s->complete);
	json_end(&j);
	return json_finish(&j);
}

static int describe(const struct study_status *s, struct buffer *out)
{
	TRY(buffer_printf(out, "%zu taken, %zu seen before, %zu waiting, %zu refused, %zu written to out/\n",
		s->n_taken, s->n_repeated, s->n_waiting, s->n_refused, s->n_published));
	if (s->complete)
		return buffer_append_text(
			out, s->is_analyst ? "every list is here: 'counterfoil study finish' comes next\n"
					   : "done: the secrets of this study are wiped\n");
	return buffer_printf(out, "joins %zu of %zu, lists taken %zu of %zu\n", s->n_joins, s->n_joins_wanted,
		s->n_lists_in, s->n_lists_in_wanted);
}

int cmd_study_step(int argc, char **argv)
{
	struct parsed p = {.command = &step_command};
	CF_CLEANUP(study_step_texts_done) struct study_step_texts texts = {.notes = BUFFER_INIT};
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct study_face face;
	struct study_status s = {0};
	int code = parse(&p, argc, argv);
	if (code >= 0)
		return code;
	study_face_init(&face, p.threads, p.request.access.dir);
	int status = study_step(&p.request, &face.control, &s, &texts, &err);
	study_face_done(&face);
	/* what happened to each file, also when a later one failed */
	if (!p.json)
		(void)fputs(buffer_text(&texts.notes), stdout);
	(void)fputs(buffer_text(&texts.warnings), stderr);
	if (status < 0)
		return cli_fail(&err);
	if ((p.json ? summarise(&s, &text) : describe(&s, &text)) < 0) {
		(void)error_memory(&err);
		return cli_fail(&err);
	}
	code = cli_print(&text);
	return code == 0 && s.n_refused ? error_exit_code(CF_E_REFUSED) : code;
}

int cmd_study_status(int argc, char **argv)
{
	struct parsed p = {.command = &status_command};
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct study_status s;
	int code = parse(&p, argc, argv);
	if (code >= 0)
		return code;
	if (study_status(p.request.access.dir, &s, p.json ? NULL : &text, p.json ? &text : NULL, &err) < 0)
		return cli_fail(&err);
	return cli_print(&text);
}
