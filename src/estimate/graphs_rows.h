/*
 * The inside of graphs.c: for runs of neighbouring points of the grid (blocks) the factors of which every
 * graph's probability is a product. With l_S the log probability of the margin over S, a graph has, relative
 * to lists that do not depend on each other,
 *   log p(m, G) = base(m) + sum over cliques of r_S(m) - sum over separators of r_S(m),
 *   r_S = l_S - sum of l_j over the lists j of S,
 * so that cliques and separators of one list drop out. Within a block factors are taken relative to its first
 * point, which keeps them near 1: then a point costs a graph a few multiplications and no exponential.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "estimate/graphs.h"

enum { GRAPHS_BLOCK = 128, GRAPHS_MAX_SETS = 1 << DECOMPOSABLE_MAX_LISTS };

/* What is the same for all points. */
struct graphs_margins {
	uint32_t n_lists;
	uint32_t n_sets; /* 2^n_lists */
	double n_persons;
	double prior_total; /* 2^K delta */
	double log_multinomial;
	double absent[GRAPHS_MAX_SETS]; /* D_S[0] + delta_S */
	double constant[GRAPHS_MAX_SETS];
	const struct graphs_options *options;
};
void graphs_margins_init(struct graphs_margins *m, const struct loglinear_table *t,
	const struct graphs_options *options, double delta);

struct graphs_block {
	double base0;                  /* log, at the first point */
	bool rough;                    /* factors vary too much for products: sums of logarithms instead */
	double base[GRAPHS_BLOCK];     /* relative to base0, times the point's weight; 0 behind the end */
	double log_base[GRAPHS_BLOCK]; /* the same before its exponential; -INFINITY behind the end */
	double *r;                     /* n_sets * GRAPHS_BLOCK */
	double *up;                    /* exp(r - r at the first point) */
	double *down;                  /* 1 / up */
};
/* Fills a block from n (1 to GRAPHS_BLOCK) points; r, up and down are the caller's. first: number of the
 * first point, for a given prior. */
void graphs_block_fill(struct graphs_block *b, const struct graphs_margins *m, const double *points,
	const double *weights, size_t n, size_t first);

/* ret[i] = p(point i, G) / exp(the value returned), a logarithm that is near the block's greatest. */
double graphs_block_evaluate(
	const struct graphs_block *b, const struct decomposable *g, double ret[GRAPHS_BLOCK]);
