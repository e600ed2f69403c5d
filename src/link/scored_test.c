/*
 * Kept pairs: the same whether they fit into memory or go to disk in a few or in hundreds of runs, in
 * whatever order and through however many workers they come; nothing is left in the folder; a full disk is
 * said.
 */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/scored.h"

enum { PAIRS = 60000, WORKERS = 3 };

/* Weights often equal, so that rows decide. */
static struct link_scored_pair *draw_pairs(void)
{
	struct link_scored_pair *pairs = calloc(PAIRS, sizeof *pairs);
	struct random_stream random;
	assert_non_null(pairs);
	random_init(&random, 3, 0);
	for (uint32_t i = 0; i < PAIRS; i++)
		pairs[i] = (struct link_scored_pair){
			i % 200, 200 + i / 200, (float)((double)random_below(&random, 500) / 7 - 20)};
	for (size_t i = PAIRS - 1; i > 0; i--) {
		size_t k = random_below(&random, i + 1);
		struct link_scored_pair swap = pairs[i];
		pairs[i] = pairs[k];
		pairs[k] = swap;
	}
	return pairs;
}

static int collect(const struct link_scored_pair *pairs, size_t n, size_t max_pairs, const char *folder,
	struct link_scored *ret, struct cf_error *err)
{
	const struct link_collector_options o = {
		.n_workers = WORKERS, .max_pairs = max_pairs, .folder = folder};
	CF_CLEANUP_LINK_COLLECTOR struct link_collector *c = NULL;
	TRY(link_collector_new(&o, &c, err));
	for (size_t i = 0; i < n; i++)
		TRY(link_collector_add(c, i * 7 % WORKERS, &pairs[i], err));
	return link_collector_finish(c, ret, err);
}

static size_t n_entries(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;
	assert_non_null(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}

static void same_on_disk_and_in_memory(void **state)
{
	(void)state;
	char folder[] = "/tmp/counterfoil-scored-XXXXXX";
	struct cf_error err = CF_ERROR_INIT;
	struct link_scored_pair *pairs = draw_pairs();
	struct link_scored_pair *sorted = calloc(PAIRS, sizeof *sorted);
	assert_non_null(mkdtemp(folder));
	assert_non_null(sorted);
	memcpy(sorted, pairs, PAIRS * sizeof *sorted);
	qsort(sorted, PAIRS, sizeof *sorted, link_heavier_first);
	/* all in memory; two runs a worker; more runs than are merged at once; runs of runs */
	static const size_t memory[] = {PAIRS * WORKERS, PAIRS / 2, 500, 1};
	for (size_t k = 0; k < sizeof memory / sizeof *memory; k++) {
		CF_CLEANUP(link_scored_done) struct link_scored scored = {0};
		CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(&scored);
		const struct link_scored_pair *p;
		assert_int_equal(collect(pairs, PAIRS, memory[k], folder, &scored, &err), 0);
		assert_int_equal(scored.n, PAIRS);
		assert_int_equal(scored.file != NULL, k > 0);
		assert_int_equal(n_entries(folder), 2); /* . and .. */
		for (size_t i = 0; i < PAIRS; i++) {
			assert_int_equal(link_cursor_next(&cursor, &p, &err), 1);
			assert_memory_equal(p, &sorted[i], sizeof *p);
		}
		assert_int_equal(link_cursor_next(&cursor, &p, &err), 0);
	}
	assert_int_equal(rmdir(folder), 0);
	free(sorted);
	free(pairs);
}

static void no_pairs(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(link_scored_done) struct link_scored scored = {0};
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(&scored);
	const struct link_scored_pair *p;
	/* the folder is not asked for until something is spilled */
	assert_int_equal(collect(NULL, 0, 1, "/nowhere/at/all", &scored, &err), 0);
	assert_int_equal(scored.n, 0);
	assert_int_equal(link_cursor_next(&cursor, &p, &err), 0);
}

static void failures_are_said(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	struct link_scored scored = {0};
	struct link_scored_pair *pairs = draw_pairs();
	struct rlimit before;
	assert_int_equal(collect(pairs, PAIRS, 1, "/nowhere/at/all", &scored, &err), CF_E_NOT_FOUND);
	assert_non_null(strstr(err.message, "/nowhere/at/all"));
	/* a file that may not grow stands for a disk that is full */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	const struct rlimit little = {100000, before.rlim_max};
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	int status = collect(pairs, PAIRS, 1, "/tmp", &scored, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(status, CF_E_IO);
	assert_non_null(strstr(err.message, "--temporary"));
	free(pairs);
}

static int collect_some(void *context, struct cf_error *err)
{
	CF_CLEANUP(link_scored_done) struct link_scored scored = {0};
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(&scored);
	const struct link_scored_pair *p;
	int got;
	TRY(collect(context, 2000, 300, "/tmp", &scored, err));
	while ((got = link_cursor_next(&cursor, &p, err)) > 0)
		;
	return got;
}

static void out_of_memory(void **state)
{
	(void)state;
	struct link_scored_pair *pairs = draw_pairs();
	assert_true(sweep_run("kept pairs", collect_some, pairs) > 10);
	free(pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_on_disk_and_in_memory),
		cmocka_unit_test(no_pairs),
		cmocka_unit_test(failures_are_said),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
