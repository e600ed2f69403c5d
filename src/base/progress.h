/*
 * Progress of long work. Engines report through a struct progress (NULL means nobody listens) and never
 * print; progress_terminal draws one line on a terminal, at most ten times a second, and nothing where there
 * is none.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct progress {
	/* Called by one thread at a time. total 0: unknown. */
	void (*report)(void *context, const char *stage, uint64_t done, uint64_t total);
	void *context;
};

/* NULL-safe; stage is a short fixed text ("raising tokens"). */
void progress_report(const struct progress *p, const char *stage, uint64_t done, uint64_t total);

struct progress_terminal {
	struct progress progress; /* hand out &t.progress */
	FILE *to;
	bool shown;
	double last_s;
	double started_s;
	const char *stage;
	const char *label; /* may be NULL; printed first */
};

/* Draws only if to is a terminal (or force). */
void progress_terminal_init(struct progress_terminal *t, FILE *to, const char *label, bool force);
/* Clears the line. */
void progress_terminal_done(struct progress_terminal *t);
