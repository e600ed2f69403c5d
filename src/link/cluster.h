/*
 * Clusters: rows that are taken for one person. Components join whatever is joined by a pair over a weight.
 * Consistent clusters go through the pairs from the heaviest down and join two clusters only when all pairs
 * between them, also those that no rule found, weigh enough together, so that one chance pair makes no
 * bridge between two persons; a constraint (one row a file) is kept at every step.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "link/score.h"

struct link_clusters {
	uint32_t *of_row; /* numbers from 1, by first row */
	size_t n_rows;
	size_t n;         /* clusters, with those of one row */
	size_t n_joined;  /* rows in clusters of two or more */
	size_t largest;   /* rows of the largest cluster */
	size_t n_pairs;   /* pairs of rows in one cluster */
	double n_refused; /* pairs that weigh enough, left apart by one_a_file */
	double n_true;    /* of these, expected to be one person, by what joined them */
};
void link_clusters_done(struct link_clusters *c);

enum link_cluster_method {
	LINK_CONSISTENT = 0,
	LINK_COMPONENTS,
	LINK_BEST,  /* each row keeps only its heaviest pair, if that is mutual */
	LINK_EXACT, /* two files: each row at most one partner, so that all pairs together weigh most */
	LINK_N_CLUSTER_METHODS
};

struct link_cluster_options {
	enum link_cluster_method method;
	double weight; /* from which two rows are joined */
	bool one_a_file;
	size_t n_decisions; /* the scorer has them: refused pairs stay apart in every method */
};

/* "consistent", "components", "best", "exact". */
const char *link_cluster_method_name(enum link_cluster_method method);

/* scorer is asked for pairs that are not in scored (consistent clusters only). */
int link_cluster(const struct link_table *t, const struct link_scored *scored,
	const struct link_scorer *scorer, const struct link_cluster_options *o, struct link_clusters *ret,
	struct cf_error *err) CF_MUST_USE;
