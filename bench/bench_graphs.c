/* Averaging over decomposable graphs: five lists on 10,000 points, and every graph over seven lists. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/random.h"
#include "estimate/graphs.h"

static double cpu_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Lists that each see a tenth to a fifth of 20,000 persons. */
static int invent(uint32_t n_lists, struct loglinear_table *t, struct cf_error *err)
{
	struct random_stream r;
	random_init(&r, 1, n_lists);
	TRY(loglinear_table_init(t, n_lists, err));
	for (int person = 0; person < 20000; person++) {
		uint32_t pattern = 0;
		for (uint32_t j = 0; j < n_lists; j++)
			pattern |= (uint32_t)(random_uniform(&r) < 0.1 + 0.02 * j) << j;
		t->counts[pattern] += pattern != 0;
	}
	loglinear_table_sum(t);
	return 0;
}

static int measure(uint32_t n_lists, size_t n_points, const char *what, struct cf_error *err)
{
	struct loglinear_table t;
	struct graphs_result r;
	struct graphs_options o = GRAPHS_OPTIONS_INIT;
	double *grid = calloc(n_points ? n_points : 1, sizeof *grid);
	TRY(invent(n_lists, &t, err));
	for (size_t i = 0; grid && i < n_points; i++)
		grid[i] = (double)(i + 1);
	o.grid = n_points ? grid : NULL;
	o.n_grid = n_points;
	double before = cpu_ms();
	TRY(graphs_run(&t, &o, NULL, NULL, &r, err));
	double took = cpu_ms() - before;
	(void)printf("%-42s %10.1f CPU-ms, %zu graphs, %zu points: %.2f ns a graph and point; median %.0f\n",
		what, took, r.n_graphs, r.n_grid, took * 1e6 / (double)r.n_graphs / (double)r.n_grid,
		r.median);
	graphs_result_done(&r);
	loglinear_table_done(&t);
	free(grid);
	return 0;
}

int main(void)
{
	struct cf_error err = CF_ERROR_INIT;
	if (measure(5, 10000, "five lists, 10,000 points", &err) < 0 ||
		measure(5, 0, "five lists, a grid of its own", &err) < 0 ||
		measure(6, 0, "six lists, a grid of its own", &err) < 0 ||
		measure(7, 1000, "seven lists, 1,000 points", &err) < 0 ||
		measure(7, 0, "seven lists, a grid of its own", &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	return 0;
}
