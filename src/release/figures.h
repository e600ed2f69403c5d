/*
 * Figures computed from a suppressed table (estimates, ends of intervals) give hidden counts away when they
 * are shown with too many digits: a Chapman estimate of two lists is the overlap, written differently. Here
 * each figure is rounded to a step so coarse that every small count keeps all its values 1 to k - 1: for each
 * of them a witness is found, a whole table that is published as the true one is and whose figures, computed
 * anew, round to the same. Steps grow until all witnesses are found; where no step does, the figure is
 * withheld.
 *
 * The witnesses prove that an attacker who inverts all the figures at once, by whatever means, cannot exclude
 * the value; they come from linear programs over the gradient of the figures, and are believed only after the
 * figures were computed for them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/progress.h"
#include "release/suppress.h"

enum figure_rounding { FIGURE_NEAREST = 0, FIGURE_DOWN, FIGURE_UP };

enum { FIGURE_MAX_GROUPS = 4 };

/* value NAN: there is none. Figures of one group share their fate; groups are settled in order, 0 first. */
struct figure_wanted {
	double value;
	enum figure_rounding rounding;
	uint32_t group;
};

/* Computes all figures (NAN: none) for a table given by pattern, entry 0 unused. It may use GLPK. */
typedef int (*figure_function)(
	void *context, const uint64_t *counts, double *ret_values, struct cf_error *err);

struct figure_request {
	const struct suppressed_table *table;
	const uint64_t *counts; /* the true ones, by pattern */
	size_t n;
	const struct figure_wanted *wanted;
	figure_function function;
	void *context;
	const struct progress *progress; /* may be NULL */
};

/* told: it may be said whether there is a figure. shown: it may be shown as rounded, which tells that the
 * true value lies in [low, high] and nothing more. */
struct figure {
	bool told;
	bool shown;
	double rounded;
	double step;
	double low, high;
};

/* The figure's value rounded to a step; value positive. */
struct figure figure_round(double value, enum figure_rounding rounding, double step);
/* The n-th step for a value: from three significant digits on, each 2 or 2.5 times the one before; 0 when it
 * would exceed FIGURE_LIMIT times the value and say nothing. */
#define FIGURE_LIMIT 0.4
double figure_step(double value, unsigned n);

int figures_round(const struct figure_request *q, struct figure *ret, struct cf_error *err) CF_MUST_USE;
