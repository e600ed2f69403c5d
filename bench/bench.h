/* What the benchmarks share: clocks, the machine's name, and giving up with a word. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/jobs.h"

static inline void need(int ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "benchmark: %s failed\n", what);
		exit(3);
	}
}

static inline double seconds(clockid_t clock)
{
	struct timespec t;
	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline double cpu_seconds(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* CPU seconds of the best of a few rounds: others' work on the machine only ever adds. */
static inline double best_cpu(void (*run)(void *), void *context)
{
	enum { ROUNDS = 3 };
	double best = 1e9;
	for (int i = 0; i < ROUNDS; i++) {
		double took = cpu_seconds();
		run(context);
		took = cpu_seconds() - took;
		best = took < best ? took : best;
	}
	return best;
}

/* Of this process so far. */
static inline double peak_mebibytes(void)
{
	struct rusage usage;
	need(getrusage(RUSAGE_SELF, &usage) == 0, "usage");
	return (double)usage.ru_maxrss / 1024;
}

static inline void print_machine(void)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");
	const char *model = "unknown processor";
	while (f && fgets(line, sizeof line, f)) {
		char *colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) == 0 && colon) {
			colon[strcspn(colon, "\n")] = '\0';
			model = colon + 2;
			break;
		}
	}
	(void)printf("%s, %d threads\n", model, jobs_available_cores());
	if (f)
		(void)fclose(f);
}
