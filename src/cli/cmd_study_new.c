#include <string.h>

#include "base/mem.h"
#include "cli/cmd_study.h"

enum { MAX_PARTIES = 64 };

static const struct cli_option options[] = {
	{"out", "STUDY", "the study file to write"},
	{"title", "TEXT", "what the study is called"},
	{"party", "NAME=CARD", "a party and its card; repeat, in the order of the ring"},
	{"analyst", "NAME=CARD", "who makes the overlap table"},
	{"keys", "FILE", "match keys; without: the shipped ones"},
	{"columns", "FILE", "sections [columns NAME]: which column is what, for parties to use"},
	{"strata", "LIST", "agreed strata that travel in clear: sex,age_band,form"},
	{"k", "N", "least count shown outside the analyst's folder, and least\nrecords in a stratum; 10"},
	{"country", "CODE", "calling code for phones without +, such as 61"},
	{"epoch", "TEXT", "the period the study is for: one run each; the current year"},
	{"min-rows", "N", "least number of persons on a list; k"},
	{"max-rows", "N", "largest number of persons on a list; 1000000"},
};
static const struct cli_command command = {
	.name = "study new",
	.summary = "Writes the study file, which holds everything the parties agree on.",
	.usage = "--out STUDY --title TEXT --party NAME=CARD... --analyst NAME=CARD [OPTION]...",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil study new --out study.ini --title 'Persons exploited in 2025' \\\n"
		   "      --party police=police.card --party shelter=shelter.card --party "
		   "hotline=hotline.card \\\n"
		   "      --analyst office=office.card --strata sex,age_band --country 61\n",
};

struct parsed {
	struct study_new_request request;
	struct study_member parties[MAX_PARTIES];
	char *names[MAX_PARTIES + 1];
	size_t n_names;
};

static void parsed_done(struct parsed *p)
{
	for (size_t i = 0; i < p->n_names; i++)
		mem_free(p->names[i]);
}

static int add_member(struct parsed *p, bool analyst, const char *value)
{
	struct study_member m;
	char *member = NULL;
	if (analyst && p->request.analyst.name)
		return cli_usage(command.name, "a study has one analyst");
	if (!analyst && p->request.n_parties == MAX_PARTIES)
		return cli_usage(command.name, "too many parties");
	int code = study_split_member(command.name, value, &member, &m.card);
	if (code)
		return code;
	m.name = p->names[p->n_names++] = member;
	if (analyst)
		p->request.analyst = m;
	else
		p->parties[p->request.n_parties++] = m;
	return 0;
}

static int take_number(const char *name, const char *value, uint32_t *to)
{
	uint64_t number;
	if (!cli_count(command.name, name, value, 1, UINT32_MAX, &number))
		return error_exit_code(CF_E_USAGE);
	*to = (uint32_t)number;
	return 0;
}

static int take_option(struct parsed *p, const char *name, const char *value)
{
	struct study_new_request *r = &p->request;
	const struct {
		const char *name;
		const char **to;
	} texts[] = {{"out", &r->out}, {"title", &r->title}, {"keys", &r->keys}, {"columns", &r->columns},
		{"strata", &r->strata}, {"country", &r->country}, {"epoch", &r->epoch}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		if (strcmp(name, texts[i].name) != 0)
			continue;
		*texts[i].to = value;
		return 0;
	}
	if (strcmp(name, "k") == 0)
		return take_number(name, value, &r->k);
	if (strcmp(name, "min-rows") == 0)
		return take_number(name, value, &r->min_records);
	if (strcmp(name, "max-rows") == 0)
		return take_number(name, value, &r->max_records);
	return add_member(p, strcmp(name, "analyst") == 0, value);
}

static int run(const struct study_new_request *request)
{
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	if (study_new(request, &notes, &err) < 0)
		return cli_fail(&err);
	return cli_print(&notes);
}

int cmd_study_new(int argc, char **argv)
{
	CF_CLEANUP(parsed_done) struct parsed p = {0};
	struct cli_walk walk;
	const char *name;
	const char *value;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2)
			return cli_usage(command.name, "unexpected '%s'", value);
		int code = take_option(&p, name, value);
		if (code)
			return code;
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!p.request.out || !p.request.title || !p.request.n_parties || !p.request.analyst.name)
		return cli_usage(command.name, "--out, --title, --party and --analyst are needed");
	p.request.parties = p.parties;
	return run(&p.request);
}
