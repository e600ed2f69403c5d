/*
 * Averaging over models with weights exp(-BIC / 2), the posterior probabilities of models that are equally
 * likely beforehand and have unit-information priors (Raftery 1995; Hoeting et al. 1999). Takes models one by
 * one from a search and keeps sums alone.
 */
#pragma once

#include <stdint.h>

/* Models whose BIC is further from the least weigh less than 10^-6 of the best one and are left out. */
#define AVERAGE_REACH 28.0

struct average {
	double least;  /* score of the best model so far */
	double weight; /* sums over models, relative to the best: of weights, their squares, and so on */
	double weight2;
	double total;
	double total2;
	double log_total;
	uint64_t n_models;
};

void average_begin(struct average *a);
/* As search_options.visit; context is the struct average. */
void average_visit(void *context, double score, double total);
/* NAN when there was no model. */
double average_total(const struct average *a);
/* Standard deviation of the total between models. */
double average_spread(const struct average *a);
/* The mean on the logarithmic scale, which a single huge total moves less. */
double average_geometric(const struct average *a);
/* How many equally weighted models would be as much (1 over the sum of squared shares). */
double average_effective_models(const struct average *a);
/* The share of a model with this score. */
double average_share(const struct average *a, double score);
