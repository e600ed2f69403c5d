/*
 * A polite request to stop. The command line catches SIGINT and SIGTERM with interrupt_install; long work
 * asks interrupt_requested() between steps and returns CF_E_INTERRUPTED with nothing half-written.
 */
#pragma once

#include <stdbool.h>

void interrupt_install(void);
/* For tests, and for hosts with their own signal handling. */
void interrupt_set(bool requested);
bool interrupt_requested(void);
