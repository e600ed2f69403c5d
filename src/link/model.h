/*
 * The Fellegi-Sunter model: for each field and level of agreement, how often it is met among pairs that are
 * the same person (m) and among pairs that are not (u). The weight of a level is log2(m / u); missing has
 * weight 0. Source: Fellegi and Sunter, A theory for record linkage, JASA 64 (1969).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link/compare_rows.h"
#include "link/settings.h"

struct link_field_model {
	unsigned n_levels; /* missing not counted; arrays below are indexed by level, [0] unused */
	double m[LINK_MAX_LEVELS + 1];
	double u[LINK_MAX_LEVELS + 1];
	double equal_by_chance; /* share of random pairs that are equal, for the adjustment by frequency */
	double n_trained;       /* expected matches that taught m; 0: stayed as it was assumed */
};

/* Two fields that depend on each other among pairs that are not the same person: log2 of how much more often
 * a pair of levels comes than by chance. */
struct link_edge {
	uint8_t a;
	uint8_t b;
	double bits[LINK_MAX_LEVELS + 1][LINK_MAX_LEVELS + 1]; /* [level of a][level of b]; 0 for missing */
};

struct link_model {
	size_t n_fields;
	struct link_field_model fields[LINK_MAX_FIELDS];
	size_t n_edges;
	struct link_edge edges[LINK_MAX_FIELDS]; /* a forest */
	double prior;                            /* share of all pairs compared that are the same person */
	double n_expected;                       /* matches expected among the pairs trained on */
	unsigned n_iterations;
	bool converged;
	bool labelled; /* trained from labelled pairs */
};

/* Where training starts: agreement usual among matches, levels falling evenly. */
void link_model_start(struct link_model *model, const struct link_comparer *c, const struct link_settings *s);

/* The adjustment by frequency stays within these bits. */
#define LINK_LEAST_FREQUENCY_BITS (-10.0)
#define LINK_MOST_FREQUENCY_BITS 6.0

struct link_weights {
	size_t n_fields;
	double levels[LINK_MAX_FIELDS][LINK_MAX_LEVELS + 1];
	size_t n_edges;
	struct link_edge edges[LINK_MAX_FIELDS];
	double prior; /* log2 odds of the prior */
};
void link_weights_make(const struct link_model *model, struct link_weights *ret);
/* Without adjustment by frequency, without the prior. */
double link_weight_of_pattern(const struct link_weights *w, uint64_t pattern);
/* What the edges take away, or add. */
double link_weight_of_edges(const struct link_weights *w, uint64_t pattern);
/* Bits that agreement on a value weighs more, or less, than on a usual one; frequency is its share of the
 * rows that have a value. */
double link_frequency_bits(const struct link_field_model *field, double frequency);
/* 1 / (1 + 2^-x) without overflow. */
double link_probability(double log2_odds);
