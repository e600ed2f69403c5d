/* "study join" and "study audit": both read a list the way a study does. */
#include <string.h>

#include "base/mem.h"
#include "cli/cmd_study.h"

static const struct cli_option join_options[] = {
	{"study", "FILE", "the study file"},
	STUDY_OPTION_DIR,
	{"list", "LIST.csv", "the list to join with; the analyst has none"},
	{"map", "FILE", "which column is what, in a section [columns] or [columns NAME]"},
	{"ignore", "COLUMN", "a column to leave out; repeat"},
	{"show", NULL, "only say what the study is and what would be revealed"},
	{"another-run", NULL, "this key joined a study of this epoch before, and that is meant"},
	STUDY_OPTION_KEY,
	STUDY_OPTION_PASSPHRASE,
	STUDY_OPTION_THREADS,
};
static const struct cli_command join_command = {
	.name = "study join",
	.summary = "Verifies a study, says what will be revealed to whom, and joins it with a list.",
	.usage = "--study FILE --dir DIR [--list LIST.csv] [OPTION]...",
	.options = join_options,
	.n_options = sizeof join_options / sizeof *join_options,
	.example = "  counterfoil study join --study study.ini --dir shelter --list cases.csv --show\n"
		   "  counterfoil study join --study study.ini --dir shelter --list cases.csv\n",
};

static const struct cli_option audit_options[] = {
	STUDY_OPTION_DIR,
	{"list", "LIST.csv", "the list to check"},
	{"map", "FILE", "as in join"},
	{"ignore", "COLUMN", "as in join; repeat"},
	STUDY_OPTION_KEY,
	STUDY_OPTION_PASSPHRASE,
	STUDY_OPTION_THREADS,
};
static const struct cli_command audit_command = {
	.name = "study audit",
	.summary = "Says whether a list gives the commitment that this party joined with.",
	.usage = "--dir DIR --list LIST.csv [OPTION]...",
	.options = audit_options,
	.n_options = sizeof audit_options / sizeof *audit_options,
	.example = "  counterfoil study audit --dir shelter --list cases.csv\n",
};

struct parsed {
	const struct cli_command *command;
	struct study_join_request request;
	struct study_words ignore;
	uint64_t threads;
	bool only_show;
};

static void parsed_done(struct parsed *p)
{
	study_words_done(&p->ignore);
}

/* 0, or an exit code after a message. */
static int take_option(struct parsed *p, const char *name, const char *value)
{
	struct study_join_request *r = &p->request;
	bool bad;
	if (study_common_option(p->command->name, name, value, &r->access, &p->threads, &bad))
		return bad ? error_exit_code(CF_E_USAGE) : 0;
	if (strcmp(name, "study") == 0)
		r->study = value;
	else if (strcmp(name, "list") == 0)
		r->list = value;
	else if (strcmp(name, "map") == 0)
		r->columns = value;
	else if (strcmp(name, "show") == 0)
		p->only_show = true;
	else if (strcmp(name, "another-run") == 0)
		r->another_run = true;
	else if (study_words_add(&p->ignore, value) < 0)
		return error_exit_code(CF_E_MEMORY);
	return 0;
}

/* -1: go on; else the exit code. */
static int parse(struct parsed *p, int argc, char **argv)
{
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, p->command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2)
			return cli_usage(p->command->name, "unexpected '%s'", value);
		int code = take_option(p, name, value);
		if (code)
			return code;
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	p->request.ignore = p->ignore.words;
	p->request.n_ignore = p->ignore.n;
	return -1;
}

struct showing {
	struct study_face *face;
	bool only_show;
	bool stopped;
};

/* Before anything is written. */
static int show(void *context, const char *notes, struct cf_error *err)
{
	struct showing *s = context;
	study_face_done(s->face);
	if (fputs(notes, stdout) < 0 || fflush(stdout) != 0)
		return error_set_errno(err, CF_E_IO, "cannot write the output");
	s->stopped = s->only_show;
	return s->only_show ? error_set(err, CF_E_STATE, "only shown") : 0;
}

int cmd_study_join(int argc, char **argv)
{
	CF_CLEANUP(parsed_done) struct parsed p = {.command = &join_command};
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct study_face face;
	int code = parse(&p, argc, argv);
	if (code >= 0)
		return code;
	if (!p.request.study || !p.request.access.dir)
		return cli_usage(join_command.name, "--study and --dir are needed");
	study_face_init(&face, p.threads, NULL);
	struct showing showing = {.face = &face, .only_show = p.only_show};
	p.request.show = show;
	p.request.show_context = &showing;
	int status = study_join(&p.request, &face.control, &notes, &err);
	study_face_done(&face);
	if (showing.stopped) {
		(void)puts("\nnothing was written; join without --show when this is agreed");
		return 0;
	}
	if (status < 0)
		return cli_fail(&err);
	(void)printf("\njoined; %s\n",
		p.request.list ? "deliver the files in out/ to those whom their names say, and put what you "
				 "receive in in/"
			       : "put what you receive in in/, and run 'counterfoil study step'");
	return 0;
}

int cmd_study_audit(int argc, char **argv)
{
	CF_CLEANUP(parsed_done) struct parsed p = {.command = &audit_command};
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	struct study_face face;
	int code = parse(&p, argc, argv);
	if (code >= 0)
		return code;
	if (!p.request.list || !p.request.access.dir)
		return cli_usage(audit_command.name, "--dir and --list are needed");
	study_face_init(&face, p.threads, NULL);
	int status = study_audit(&p.request, &face.control, &notes, &err);
	study_face_done(&face);
	return status < 0 ? cli_fail(&err) : cli_print(&notes);
}
