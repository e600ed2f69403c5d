/* What the estimate command and its subcommand share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

int cmd_estimate_simulate(int argc, char **argv);

/* Adds the methods of "main,bic" or "all" to the bit set; false after a usage message. */
bool estimate_read_methods(const char *verb, const char *text, uint32_t *methods);
/* "bca", "percentile" or "profile"; false after a usage message. */
bool estimate_read_interval(const char *verb, const char *text, int *ret);
