/* Running a participant as a process of its own. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* arguments[0] is the program; NULL-terminated. silent: its standard output goes nowhere. Waits; a request to
 * stop is handed on. The child ends when this process does. *ret_exit: its exit code, 128 + signal when it
 * was killed. */
int process_run(const char *const *arguments, bool silent, int *ret_exit, struct cf_error *err) CF_MUST_USE;
