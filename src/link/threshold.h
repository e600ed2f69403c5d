/*
 * The threshold: from the probabilities themselves. If they are right, linking every pair from p on has an
 * expected precision (the mean of the probabilities linked) and an expected recall (their sum over all
 * true pairs, also those that were not found: expect.h); the threshold is where the expected F1 is highest,
 * but never under a probability of 0.2.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "link/score.h"

struct link_quality {
	double probability; /* pairs from this probability on */
	double weight; /* of the lightest of them, for the chosen one: exact, as a probability near 1 is not
			*/
	double n_pairs;
	double precision; /* expected */
	double recall;
	double f1;
};

enum { LINK_N_QUALITIES = 101 };

struct link_threshold {
	struct link_quality chosen;
	struct link_quality by_probability[LINK_N_QUALITIES]; /* at 0.00, 0.01, ... 1.00 */
	double n_expected;                                    /* matches expected among all pairs */
};

/* n_all: true pairs there are, with those that were not found; 0: those found alone. */
int link_choose_threshold(const struct link_scored *scored, double n_all, struct link_threshold *ret,
	struct cf_error *err) CF_MUST_USE;
/* The same choice and the same pairs, with another number of true pairs there are. */
void link_threshold_rescale(struct link_threshold *t, double n_all);
double link_log2_odds(double probability);
