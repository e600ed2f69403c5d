/*
 * How many true pairs there are, with those that no rule finds and those that weigh too little to be linked.
 * The sum of the probabilities of the pairs looked at leaves both out. So pairs of one person are simulated:
 * which values are missing as in two rows of the files, levels of agreement as the model has learnt them,
 * rare and common values as a row has them; what share of such pairs some rule finds and weighs enough, tells
 * how many stand behind those that did. Errors are drawn twice: independent between fields, and gathered in
 * pairs that are bad throughout; the two answers are the ends of an interval.
 */
#pragma once

#include "link/model.h"
#include "link/pairs.h"
#include "link/score.h"

enum { LINK_SIMULATED = 10000 };

struct link_expected {
	/* Share of true pairs that a rule finds and that weigh at least the weight asked for. */
	double independent;
	double gathered;
	double found; /* by some rule, whatever they weigh (the mean of both) */
};

/* The table must have rows. */
void link_expect_found(const struct link_pairs *pairs, const struct link_scorer *scorer,
	const struct link_model *model, double weight, struct link_expected *ret);
