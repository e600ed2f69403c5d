/*
 * Linkage error in the overlap table. A missed link splits a person into several, so that overlaps are too
 * small and the estimate too large; a false link merges two persons. The model: each record of a person on
 * several lists is in a state to be linked with probability sqrt(recall), independently, and those that are
 * not stand alone, so that any two of its records are linked with probability recall; and each record of a
 * linked group belongs there with probability sqrt(precision). A table as it would be without these errors is
 * drawn from what the linkage found (multiple imputation, Rubin 1987); estimating from many of them carries
 * the doubt into the interval (cf. Zult, de Wolf, Bakker and van der Heijden 2021).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/random.h"
#include "estimate/estimate.h"

/* Scratch for one thread. */
struct linkage_space;

int linkage_space_new(uint32_t n_lists, struct linkage_space **ret, struct cf_error *err) CF_MUST_USE;
struct linkage_space *linkage_space_free(struct linkage_space *s);

/* One value of each share for one imputation: the mean of the range, or a beta variable of which the range is
 * about 95 %. */
double linkage_draw_share(const struct estimate_share *share, struct random_stream *random);

/* Draws a table without linkage errors in place of counts (2^n_lists cells, whole numbers, the first not
 * looked at). Every list keeps its size. Time: observed patterns squared. */
void linkage_impute(struct linkage_space *s, double recall, double precision, struct random_stream *random,
	double *counts);
/* The opposite, for simulation: makes the errors. */
void linkage_damage(struct linkage_space *s, double recall, double precision, struct random_stream *random,
	double *counts);
