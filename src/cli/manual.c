#include "cli/manual.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum manual_form manual_form(void)
{
	const char *form = getenv("COUNTERFOIL_HELP");
	if (!form)
		return MANUAL_TEXT;
	return strcmp(form, "man") == 0     ? MANUAL_MAN
	       : strcmp(form, "words") == 0 ? MANUAL_WORDS
					    : MANUAL_TEXT;
}

/* Text as troff takes it: - and \ are said to be what they are, a line does not begin with a request. */
static void put_text(const char *text, bool join_lines, FILE *to)
{
	bool at_start = true;
	for (const char *c = text; *c; c++) {
		if (at_start && (*c == '.' || *c == '\''))
			(void)fputs("\\&", to);
		at_start = *c == '\n';
		if (*c == '\n')
			(void)fputc(join_lines ? ' ' : '\n', to);
		else if (*c == '\\')
			(void)fputs("\\e", to);
		else if (*c == '-')
			(void)fputs("\\-", to);
		else
			(void)fputc(*c, to);
	}
}

/* "counterfoil-study-new" */
static void put_name(const struct cli_command *command, FILE *to, bool upper)
{
	(void)fputs(upper ? "COUNTERFOIL\\-" : "counterfoil\\-", to);
	for (const char *c = command->name; *c; c++)
		if (*c == ' ')
			(void)fputs("\\-", to);
		else
			(void)fputc(upper ? toupper((unsigned char)*c) : *c, to);
}

static size_t first_sentence(const char *text)
{
	const char *end = strstr(text, ". ");
	const char *line = strstr(text, ".\n");
	if (!end || (line && line < end))
		end = line;
	return end ? (size_t)(end - text) : strlen(text) - (text[strlen(text) - 1] == '.');
}

void manual_page(const struct cli_command *command, FILE *to)
{
	char brief[256];
	size_t n = first_sentence(command->summary);
	if (n >= sizeof brief)
		n = sizeof brief - 1;
	memcpy(brief, command->summary, n);
	brief[n] = '\0';
	(void)fputs(".TH ", to);
	put_name(command, to, true);
	(void)fputs(" 1 \"\" Counterfoil \"User Commands\"\n.SH NAME\n", to);
	put_name(command, to, false);
	(void)fputs(" \\- ", to);
	put_text(brief, true, to);
	(void)fprintf(to, "\n.SH SYNOPSIS\n.B counterfoil %s\n", command->name);
	put_text(command->usage, true, to);
	(void)fputs("\n.SH DESCRIPTION\n", to);
	put_text(command->summary, false, to);
	(void)fputs("\n.SH OPTIONS\n", to);
	for (size_t i = 0; i < command->n_options; i++) {
		const struct cli_option *o = &command->options[i];
		(void)fputs(".TP\n\\fB\\-\\-", to);
		put_text(o->name, true, to);
		(void)fputs("\\fR", to);
		if (o->argument) {
			(void)fputs(" \\fI", to);
			put_text(o->argument, true, to);
			(void)fputs("\\fR", to);
		}
		(void)fputc('\n', to);
		put_text(o->help, true, to);
		(void)fputc('\n', to);
	}
	(void)fputs(".SH EXAMPLES\n.nf\n", to);
	put_text(command->example, false, to);
	(void)fputs(".fi\n.SH EXIT STATUS\n0 done, 1 the data cannot say, 2 wrong use or bad input, 3 "
		    "something failed "
		    "underneath.\n",
		to);
}

void manual_words(const struct cli_command *command, FILE *to)
{
	for (size_t i = 0; i < command->n_options; i++)
		(void)fprintf(to, "--%s %s\n", command->options[i].name,
			command->options[i].argument ? command->options[i].argument : "");
}
