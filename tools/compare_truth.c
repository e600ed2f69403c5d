/*
 * compare-truth: what a study on simulated lists found, beside the truth that the simulation wrote down. The
 * estimates are made from the study's table with the same seed and replicates as its report, so they are the
 * report's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/jobs.h"
#include "estimate/estimate.h"
#include "model/overlap.h"

/* As 'counterfoil study run' has them by default. */
enum { BOOTSTRAP = 1000, SEED = 1 };

struct comparison {
	struct overlap_table *found;
	struct overlap_table *truth;
	uint64_t population;
	struct estimate_report *report;
};

static void comparison_done(struct comparison *c)
{
	overlap_free(c->found);
	overlap_free(c->truth);
	estimate_report_free(c->report);
}

static int read_table(const char *folder, const char *name, struct overlap_table **ret, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = file_path(folder, name);
	return path ? overlap_read(path, ret, err) : error_memory(err);
}

/* The line "population,N" of truth.csv. */
static int read_population(const char *folder, uint64_t *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE char *path = file_path(folder, "truth.csv");
	CF_CLEANUP_CSV struct csv_reader *csv = NULL;
	const struct csv_cell *cells = NULL;
	int status;
	if (!path)
		return error_memory(err);
	TRY(csv_open(path, NULL, &csv, err));
	while ((status = csv_next(csv, &cells, err)) > 0)
		if (csv_n_columns(csv) == 2 && strcmp(cells[0].text, "population") == 0) {
			*ret = strtoull(cells[1].text, NULL, 10);
			return 0;
		}
	return status < 0 ? status : error_set(err, CF_E_INPUT, "%s has no line 'population'", path);
}

static int check_lists(const struct comparison *c, struct cf_error *err)
{
	bool same = c->found->n_lists == c->truth->n_lists;
	for (size_t i = 0; same && i < c->truth->n_lists; i++)
		same = strcmp(c->found->list_names[i], c->truth->list_names[i]) == 0;
	return same ? 0
		    : error_set(
			      err, CF_E_INPUT, "the study has other lists than the truth, or another order");
}

static int make(const char *study, const char *truth, struct comparison *c, struct cf_error *err)
{
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct estimate_options options = ESTIMATE_OPTIONS_INIT;
	options.n_bootstrap = BOOTSTRAP;
	options.seed = SEED;
	TRY(read_table(study, "overlap.csv", &c->found, err));
	TRY(read_table(truth, "truth_overlap.csv", &c->truth, err));
	TRY(read_population(truth, &c->population, err));
	TRY(check_lists(c, err));
	TRY(jobs_new(0, &pool, err));
	return estimate_run(c->found, &options, pool, NULL, &c->report, err);
}

/* ---- printing ---- */

static void print_row(const char *what, uint64_t found, uint64_t truth)
{
	(void)printf("  %-36s %8" PRIu64 " %8" PRIu64 " %+8" PRId64 "\n", what, found, truth,
		(int64_t)(found - truth));
}

/* Persons on exactly n lists. */
static uint64_t on_lists(const struct overlap_table *t, int n)
{
	uint64_t persons = 0;
	for (size_t i = 0; i < t->n_cells; i++)
		persons += __builtin_popcount(t->cells[i].pattern) == n ? t->cells[i].count : 0;
	return persons;
}

static void print_seen(const struct comparison *c)
{
	char what[100];
	(void)printf("\n  %-36s %8s %8s %8s\n", "persons", "found", "in truth", "off by");
	print_row("on any list", overlap_n_persons(c->found), overlap_n_persons(c->truth));
	for (int n = 1; n <= (int)c->truth->n_lists; n++) {
		(void)snprintf(what, sizeof what, "on exactly %d", n);
		print_row(what, on_lists(c->found, n), on_lists(c->truth, n));
	}
	for (size_t j = 0; j < c->truth->n_lists; j++)
		print_row(c->truth->list_names[j], overlap_list_size(c->found, j),
			overlap_list_size(c->truth, j));
	for (size_t j = 0; j < c->truth->n_lists; j++)
		for (size_t k = j + 1; k < c->truth->n_lists; k++) {
			(void)snprintf(what, sizeof what, "%s and %s", c->truth->list_names[j],
				c->truth->list_names[k]);
			print_row(what, overlap_pair_size(c->found, j, k), overlap_pair_size(c->truth, j, k));
		}
}

static void print_estimates(const struct comparison *c)
{
	double truth = (double)c->population;
	(void)printf("\n  persons in all, seen and unseen; in truth %" PRIu64 "\n", c->population);
	for (size_t i = 0; i < c->report->n_results; i++) {
		const struct estimate_result *r = &c->report->results[i];
		(void)printf("  %-10s", estimate_method_name(r->method));
		if (r->status != ESTIMATE_IDENTIFIED) {
			(void)printf("no answer (%s)\n", estimate_status_name(r->status));
			continue;
		}
		bool covers = r->lower <= truth && truth <= r->upper;
		(void)printf("%6.0f, interval %6.0f to %6.0f: %s\n", r->estimate, r->lower, r->upper,
			covers ? "covers the truth" : "MISSES the truth");
	}
}

int main(int argc, char **argv)
{
	CF_CLEANUP(comparison_done) struct comparison c = {0};
	struct cf_error err = CF_ERROR_INIT;
	if (argc != 3) {
		(void)fputs("usage: compare-truth STUDY TRUTH\n"
			    "STUDY: the folder that 'counterfoil study run' wrote; TRUTH: the one that "
			    "simulate wrote\n",
			stderr);
		return error_exit_code(CF_E_USAGE);
	}
	if (make(argv[1], argv[2], &c, &err) < 0) {
		(void)fprintf(stderr, "compare-truth: %s\n", err.message);
		return error_exit_code(err.code);
	}
	print_seen(&c);
	print_estimates(&c);
	return fflush(stdout) == 0 ? 0 : error_exit_code(CF_E_IO);
}
