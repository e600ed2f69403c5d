/* Latent classes: do four chains agree, and what does it cost in CPU-seconds? The R package LCMCR needs 3.3
 * to 7.2 for the same tables, and its chains disagree on UKdat_5 (R-hat 1.41). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "estimate/classes.h"

static double cpu_s(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int measure(const char *name, uint64_t seed, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *overlap = NULL;
	CF_CLEANUP(loglinear_table_done) struct loglinear_table t = {0};
	CF_CLEANUP(classes_result_done) struct classes_result r = {0};
	struct classes_options o = CLASSES_OPTIONS_INIT;
	const char *root = getenv("CF_SOURCE_ROOT");
	char path[4096];
	(void)snprintf(path, sizeof path, "%s/data/estimate/%s.csv", root ? root : ".", name);
	TRY(overlap_read(path, &overlap, err));
	TRY(loglinear_table_from_overlap(&t, overlap, err));
	o.seed = seed;
	double before = cpu_s();
	TRY(classes_run(&t, &o, NULL, NULL, &r, err));
	(void)printf("%-8s seed %llu: median %6.0f, %6.0f to %6.0f; chains", name, (unsigned long long)seed,
		r.median, r.lower, r.upper);
	for (size_t c = 0; c < r.n_chains; c++)
		(void)printf(" %.0f", r.chain_medians[c]);
	(void)printf("; R-hat %.4f, effective %.0f and %.0f, %u rungs, exchanges %.2f, %.1f classes, %.2f "
		     "CPU-s\n",
		r.mixing.r_hat, r.mixing.ess_bulk, r.mixing.ess_tail, r.n_rungs, r.exchange_rate,
		r.classes_used, cpu_s() - before);
	return CF_OK;
}

int main(void)
{
	static const char *const names[] = {"Korea", "Western", "UKdat_5", "UKdat"};
	struct cf_error err = CF_ERROR_INIT;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		for (uint64_t seed = 1; seed <= 2; seed++)
			if (measure(names[i], seed, &err) < 0) {
				(void)fprintf(stderr, "%s\n", err.message);
				return 1;
			}
	return 0;
}
