/*
 * Figures computed from a suppressed table (estimates, ends of intervals) give hidden counts away when they
 * are shown with too many digits: a Chapman estimate of two lists is the overlap, written differently. Here
 * each figure is rounded to a step so coarse that every small count keeps at least half of its values 1 to k
 * - 1: for each of these a witness is found, a whole table that is published as the true one is and whose
 * figures, computed anew, round to the same. Steps grow until the witnesses are found; where no step does,
 * the figure is given as a class, or withheld.
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

/* value NAN: there is none. Figures of one group share their fate. Groups 0 and 1 are settled together, so
 * that neither takes all the digits; then 2 and 3. borders: the last resort, rising multiples of the shown
 * figure number relative_to (of an earlier group) between which this one may be placed when no step will do.
 */
struct figure_wanted {
	double value;
	enum figure_rounding rounding;
	uint32_t group;
	size_t n_borders;
	const double *borders;
	size_t relative_to;
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

/* told: it may be said whether there is a figure. shown: it may be shown as rounded, or with step 0 as lying
 * between two borders; either tells that the true value lies in [low, high] and nothing more. */
struct figure {
	bool told;
	bool shown;
	double step;
	double rounded;   /* NAN with step 0 */
	double low, high; /* low 0 or high INFINITY outside of the borders */
};

/* The figure rounded to a step, or with step 0 put between two of the borders, which are multiples of unit.
 */
struct figure figure_place(const struct figure_wanted *w, double value, double step, double unit);
/* The n-th step for a figure, 1, 2 or 5 times a power of ten: a 200th of the value and less, then each time 2
 * to 2.5 times as much; 0 when it would be too coarse to say anything: more than half of the value (rounded
 * down: all of it; up: twice). */
double figure_step(const struct figure_wanted *w, unsigned n);

/* How many of the values 1 to k - 1 stay possible for each small count: half of them, rounded up, and two
 * while there are two. */
uint32_t figure_values_kept(uint32_t k);

int figures_round(const struct figure_request *q, struct figure *ret, struct cf_error *err) CF_MUST_USE;
