#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/manual.h"

int cli_fail(const struct cf_error *err)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "counterfoil: %s\n", err->message);
	return error_exit_code(err->code);
}

int cli_usage(const char *verb, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	(void)fputs("counterfoil: ", stderr);
	(void)vfprintf(stderr, format, args);
	(void)fprintf(stderr, "\ntry 'counterfoil %s --help'\n", verb);
	va_end(args);
	return error_exit_code(CF_E_USAGE);
}

int cli_print(const struct buffer *text)
{
	if (fwrite(buffer_text(text), 1, text->n, stdout) == text->n && fflush(stdout) == 0)
		return 0;
	(void)fprintf(stderr, "counterfoil: cannot write the output: %s\n", strerror(errno));
	return error_exit_code(CF_E_IO);
}

static void help_option(const struct cli_option *o, FILE *to)
{
	enum { INDENT = 28 };
	int length =
		fprintf(to, "  --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");
	if (length >= INDENT - 1) {
		(void)fputc('\n', to);
		length = 0;
	}
	(void)fprintf(to, "%*s", INDENT - length, "");
	for (const char *c = o->help; *c; c++) {
		(void)fputc(*c, to);
		if (*c == '\n')
			(void)fprintf(to, "%*s", INDENT, "");
	}
	(void)fputc('\n', to);
}

void cli_help(const struct cli_command *command, FILE *to)
{
	if (manual_form() == MANUAL_MAN) {
		manual_page(command, to);
		return;
	}
	if (manual_form() == MANUAL_WORDS) {
		manual_words(command, to);
		return;
	}
	(void)fprintf(
		to, "usage: counterfoil %s %s\n\n%s\n", command->name, command->usage, command->summary);
	if (command->n_options) {
		(void)fputs("\noptions:\n", to);
		for (size_t i = 0; i < command->n_options; i++)
			help_option(&command->options[i], to);
	}
	(void)fprintf(to, "\nexample:\n%s", command->example);
}

void cli_walk_init(struct cli_walk *w, const struct cli_command *command, int argc, char **argv)
{
	*w = (struct cli_walk){.command = command, .argc = argc, .argv = argv, .at = 1};
}

static const struct cli_option *find(const struct cli_command *command, const char *name, size_t n)
{
	for (size_t i = 0; i < command->n_options; i++)
		if (strlen(command->options[i].name) == n && memcmp(command->options[i].name, name, n) == 0)
			return &command->options[i];
	return NULL;
}

static int next_option(struct cli_walk *w, const char *text, const char **ret_name, const char **ret_value)
{
	const char *name = text + 2;
	const char *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *o = find(w->command, name, n);
	if (!o) {
		(void)cli_usage(w->command->name, "unknown option --%.*s", (int)n, name);
		return -1;
	}
	*ret_name = o->name;
	*ret_value = equals ? equals + 1 : NULL;
	if (!o->argument && equals) {
		(void)cli_usage(w->command->name, "option --%s takes no value", o->name);
		return -1;
	}
	if (o->argument && !equals) {
		if (w->at >= w->argc) {
			(void)cli_usage(
				w->command->name, "option --%s needs a value (%s)", o->name, o->argument);
			return -1;
		}
		*ret_value = w->argv[w->at++];
	}
	return 1;
}

int cli_walk_next(struct cli_walk *w, const char **ret_name, const char **ret_value)
{
	while (w->at < w->argc) {
		const char *text = w->argv[w->at++];
		if (w->only_operands || text[0] != '-' || text[1] == '\0') {
			*ret_value = text;
			return 2;
		}
		if (strcmp(text, "--") == 0) {
			w->only_operands = true;
			continue;
		}
		if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
			cli_help(w->command, stdout);
			return 3;
		}
		if (text[1] != '-') {
			(void)cli_usage(w->command->name, "unknown option %s", text);
			return -1;
		}
		return next_option(w, text, ret_name, ret_value);
	}
	return 0;
}

const char *cli_walk_more(struct cli_walk *w)
{
	if (w->at >= w->argc || (w->argv[w->at][0] == '-' && w->argv[w->at][1] != '\0'))
		return NULL;
	return w->argv[w->at++];
}

bool cli_number(const char *verb, const char *option, const char *text, double low, double high, double *ret)
{
	char *end;
	errno = 0;
	double value = strtod(text, &end);
	if (end == text || *end || errno || !isfinite(value) || value < low || value > high) {
		(void)cli_usage(verb, "option --%s needs a number from %g to %g", option, low, high);
		return false;
	}
	*ret = value;
	return true;
}

bool cli_count(
	const char *verb, const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *ret)
{
	char *end;
	errno = 0;
	uint64_t value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < low || value > high) {
		(void)cli_usage(verb, "option --%s needs a whole number from %" PRIu64 " to %" PRIu64, option,
			low, high);
		return false;
	}
	*ret = value;
	return true;
}
