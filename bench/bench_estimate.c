/*
 * Estimates per second against the R packages' published CPU times for the same tables (docs/methods.md names
 * them; the times were measured on one core of an AMD EPYC of 2.9 GHz).
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "estimate/estimate.h"

struct work {
	const char *what;
	const char *data;
	enum estimate_method method;
	uint32_t n_bootstrap;
	int order;
	double r_seconds; /* CPU seconds of the R package; 0: not measured */
};

static const struct work works[] = {
	{"stepwise, BCa of 1,000", "Western", ESTIMATE_STEPWISE, 1000, 2, 55.8},
	{"stepwise, BCa of 1,000", "UKdat_5", ESTIMATE_STEPWISE, 1000, 2, 130.5},
	{"stepwise, BCa of 1,000", "UKdat", ESTIMATE_STEPWISE, 1000, 2, 297.6},
	{"stepwise, BCa of 1,000", "Korea", ESTIMATE_STEPWISE, 1000, 2, 17.3},
	{"least BIC of 1,024 models", "UKdat_5", ESTIMATE_BIC, 0, 2, 8},
	{"least BIC of 6,893 models", "UKdat_5", ESTIMATE_BIC, 0, 4, 60},
	{"least BIC of 32,768 models", "UKdat", ESTIMATE_BIC, 0, 2, 106},
	{"least BIC, BCa of 1,000", "Western", ESTIMATE_BIC, 1000, 2, 127.9},
	{"least BIC, BCa of 1,000", "UKdat_5", ESTIMATE_BIC, 1000, 2, 0},
	{"average, BCa of 1,000", "UKdat_5", ESTIMATE_AVERAGE, 1000, 2, 0},
};

static double cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int measure(const struct work *w)
{
	char path[4096];
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const char *root = getenv("CF_SOURCE_ROOT");
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s.csv", root ? root : ".", w->data);
	if (overlap_read(path, &t, &err) < 0) {
		fprintf(stderr, "%s\n", err.message);
		return 3;
	}
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = 1u << w->method;
	o.n_bootstrap = w->n_bootstrap;
	o.order = w->order;
	int n = 0;
	double started = cpu_seconds();
	do {
		CF_CLEANUP_ESTIMATE struct estimate_report *r = NULL;
		if (estimate_run(t, &o, NULL, NULL, &r, &err) < 0)
			return 3;
		n++;
	} while (cpu_seconds() - started < 0.5);
	double each = (cpu_seconds() - started) / n;
	printf("%-28s %-8s %9.4f CPU-s", w->what, w->data, each);
	if (w->r_seconds > 0)
		printf("   R %6.1f CPU-s: %.0f times", w->r_seconds, w->r_seconds / each);
	printf("\n");
	return 0;
}

int main(void)
{
	int status = 0;
	for (size_t i = 0; i < sizeof works / sizeof *works && status == 0; i++)
		status = measure(&works[i]);
	return status;
}
