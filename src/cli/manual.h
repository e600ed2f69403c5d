/*
 * The help of a command in other forms than text, from the same tables: COUNTERFOIL_HELP=man makes --help
 * print a manual page, COUNTERFOIL_HELP=words the words that can stand behind a verb. tools/manuals.py asks
 * for them when the program is built.
 */
#pragma once

#include "cli/cli.h"

enum manual_form { MANUAL_TEXT = 0, MANUAL_MAN, MANUAL_WORDS };
enum manual_form manual_form(void);

void manual_page(const struct cli_command *command, FILE *to);
/* A line each: "--option" and its argument, or nothing for a flag. */
void manual_words(const struct cli_command *command, FILE *to);
