/*
 * How good the links are that were made, as far as the data tell: of the pairs in clusters, how many are one
 * person (what joined each cluster says), and of all true pairs, also those that nothing found, how many are
 * among them (expect.h). Both are intervals: the ends come from different suppositions, and a little from
 * chance; a file whose errors gather more than is supposed here lies outside them.
 */
#pragma once

#include "base/error.h"
#include "link/cluster.h"
#include "link/expect.h"
#include "link/scored.h"

struct link_linked {
	double n_pairs; /* in clusters */
	double n_true;  /* of these, expected */
	double precision_low, precision_high;
	double recall_low, recall, recall_high; /* recall: the middle */
	double n_all_low, n_all_high;           /* true pairs there are */
	double n_refused; /* pairs that weigh enough, left apart since a file has a person once at most */
};

/* True pairs there are between which ends: the expected ones over weight, by the share of true pairs that are
 * found so. */
int link_expect_all(const struct link_scored *scored, double weight, const struct link_expected *expected,
	struct link_linked *ret, struct cf_error *err) CF_MUST_USE;

/* After link_expect_all: what became of the clusters. */
int link_expect_linked(const struct link_scored *scored, double weight, const struct link_clusters *clusters,
	struct link_linked *to, struct cf_error *err) CF_MUST_USE;
