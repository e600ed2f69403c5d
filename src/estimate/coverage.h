/*
 * Estimates that fit no model, as anchors beside those that do.
 *
 * Sample coverage (Chao and Tsay 1998; Chao, Tsay, Lin, Shau and Chao 2001, Statistics in Medicine 20): the
 * share of a list that other lists have too tells what share of the population the lists cover together. With
 * n_j the size of list j, S_j the persons on it alone, B_jk those on j and k, A_jk the persons on j or on k
 * (counted once for each) and on no list besides these two, and t lists, C = 1 - mean(S_j / n_j),  D = n -
 * mean(S_j),  N0 = D / C             independent lists a = sum A_jk / (t C),  b = sum A_jk B_jk / (n_j n_k) /
 * (t C) high coverage (C of 0.55 and more): N = (N0 - a) / (1 - b) low coverage: N = N0 + b (N0 + b N0 - a) -
 * a                         one step from N0
 *
 * Lower bounds from how many were seen once and twice (f1, f2) on t lists: Chao (1987, Biometrics 43),
 * n + (t - 1) / t f1 (f1 - 1) / (2 (f2 + 1)), bias-corrected; Zelterman (1988, Journal of Statistical
 * Planning and Inference 18), n / (1 - exp(-2 f2 / f1)). They hold where persons differ in how easily they
 * are found and lists do not depend on each other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "estimate/loglinear.h"

enum coverage_method {
	COVERAGE_INDEPENDENT = 0,
	COVERAGE_HIGH,
	COVERAGE_LOW,
	COVERAGE_CHAO,
	COVERAGE_ZELTERMAN,
	COVERAGE_N_METHODS
};

/* Below this share the paper advises against the estimates for high coverage, and to take any as a lower
 * bound. */
#define COVERAGE_LEAST 0.55

struct coverage_estimate {
	bool defined;       /* else reason says why not, and the numbers are NAN */
	const char *reason; /* static */
	double total;
	double standard_error; /* of the bootstrap; NAN without one */
	double lower, upper;   /* log-normal about the hidden part (Burnham and others 1987); NAN without */
};

struct coverage_result {
	double coverage;                       /* C; NAN when a list is empty */
	bool is_small;                         /* below COVERAGE_LEAST, or not known */
	uint32_t n_failed[COVERAGE_N_METHODS]; /* replicates in which the estimate was not defined */
	struct coverage_estimate estimates[COVERAGE_N_METHODS];
};

/* n_bootstrap 0: points alone. Never fails but for want of memory. */
int coverage_run(const struct loglinear_table *t, uint32_t n_bootstrap, uint64_t seed, double level,
	struct coverage_result *ret, struct cf_error *err) CF_MUST_USE;
/* "independent", "high coverage", "low coverage", "Chao lower bound", "Zelterman" */
const char *coverage_method_name(enum coverage_method m);
