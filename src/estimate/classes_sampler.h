/*
 * The inside of classes.c: one sampler of a ladder. Its state is the weights and chances of the classes;
 * hidden persons and allocations are drawn anew in each sweep. With the hidden count integrated out under
 * p(N) = 1 / N, a state's likelihood is that of the observed patterns given that a person is observed:
 *   log L = sum over patterns of count * log p(pattern) - n log(1 - p(on no list)).
 * All moves but the Gibbs sweep work on this likelihood, in coordinates in which they are translations: the
 * logits of sticks and chances.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"
#include "estimate/classes.h"

/* What all samplers of a run share. Observed patterns are looked up in two tables of products, one for the
 * lower half of the lists and one for the upper. */
struct classes_cells {
	uint32_t n_lists;
	uint32_t n_classes;
	double alpha_shape, alpha_rate;
	size_t n_cells; /* observed patterns */
	uint32_t *patterns;
	size_t missed; /* row of "on no list": n_cells; the next is "on some list", which is not 1 - that: it
			  keeps its digits when nearly nobody is seen */
	size_t n_rows;
};

struct classes_state {
	/* log V and log (1 - V): with a small alpha V is nearer to 1 than a double can tell. The last V is 1.
	 */
	double log_stick[CLASSES_MAX_CLASSES];
	double log_rest[CLASSES_MAX_CLASSES];
	double weights[CLASSES_MAX_CLASSES];
	double alpha;
	double chances[CLASSES_MAX_CLASSES][HIERARCHY_MAX_LISTS];
};

struct classes_sampler {
	const struct classes_cells *cells;
	const double *counts; /* by observed pattern; whole numbers */
	double n;             /* their sum, at most 2^53 */
	struct random_stream random;
	struct classes_state state;
	double *given;  /* p(row | class): a column of n_rows for each class */
	double *chance; /* p(row): n_rows */
	double *trial;  /* column of a proposal, and its chances */
	double *trial_chance;
	double log_likelihood;
	double slide;      /* standard deviation of the logarithm of a slide */
	double least_slid; /* classes of less weight, before or after, are not slid: they hold nobody */
	uint32_t n_used;   /* classes with anybody in the last sweep */
	bool overflow;     /* a hidden count beyond 2^53 was drawn, and cut */
};

/* Doubles of memory a sampler needs, and handing them over. */
size_t classes_sampler_size(const struct classes_cells *c);
void classes_sampler_init(struct classes_sampler *s, const struct classes_cells *c, double *memory);
/* Sets the table; refresh or start before the next sweep. */
void classes_sampler_set_table(struct classes_sampler *s, const double *counts);
/* A state from the prior. */
void classes_sampler_start(struct classes_sampler *s);
/* Brings what depends on state and table up to date. */
void classes_sampler_refresh(struct classes_sampler *s);
/* A Gibbs sweep, slides and changes of places. adapt: the step of slides follows how often they are taken;
 * draws made meanwhile are not of the posterior. */
void classes_sampler_sweep(struct classes_sampler *s, bool adapt);
/* Offers the states of two samplers for exchange, by the Metropolis rule; whether it was taken. */
bool classes_sampler_exchange(
	struct classes_sampler *a, struct classes_sampler *b, struct random_stream *random);
/* A draw of the hidden count given the state, negative binomial; INFINITY for 2^53 and more. */
double classes_sampler_draw_hidden(const struct classes_sampler *s, struct random_stream *random);

/* One move alone, for tests. */
bool classes_sampler_slide(struct classes_sampler *s, uint32_t k);
void classes_sampler_change_places(struct classes_sampler *s, uint32_t k);
