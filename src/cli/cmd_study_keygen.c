#include <string.h>

#include "cli/cmd_study.h"

static const struct cli_option options[] = {
	{"name", "NAME", "the participant's name in studies, up to 64 bytes"},
	STUDY_OPTION_DIR,
	STUDY_OPTION_KEY,
	{"passphrase-file", "FILE", "seal the key under the passphrase in this file"},
};
static const struct cli_command command = {
	.name = "study keygen",
	.summary = "Makes a secret key (mode 0600) and a public card for the others.",
	.usage = "--name NAME --dir DIR [--passphrase-file FILE]",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.example = "  counterfoil study keygen --name shelter --dir shelter\n",
};

static int run(const struct study_keygen_request *request)
{
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer notes = BUFFER_INIT;
	if (study_keygen(request, &notes, &err) < 0)
		return cli_fail(&err);
	return cli_print(&notes);
}

int cmd_study_keygen(int argc, char **argv)
{
	struct study_keygen_request request = {0};
	struct cli_walk walk;
	const char *name;
	const char *value;
	uint64_t threads = 0;
	bool bad;
	int got;
	cli_walk_init(&walk, &command, argc, argv);
	while ((got = cli_walk_next(&walk, &name, &value)) > 0) {
		if (got == 3)
			return 0;
		if (got == 2)
			return cli_usage(command.name, "unexpected '%s'", value);
		if (strcmp(name, "name") == 0)
			request.name = value;
		else
			(void)study_common_option(command.name, name, value, &request.access, &threads, &bad);
	}
	if (got < 0)
		return error_exit_code(CF_E_USAGE);
	if (!request.name || !request.access.dir)
		return cli_usage(command.name, "--name and --dir are needed");
	return run(&request);
}
