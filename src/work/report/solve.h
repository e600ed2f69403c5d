/*
 * The estimates of a report as a function of the table alone, under the models that were chosen: what
 * release/figures.h needs to find out what a rounded estimate tells. Fits a table in microseconds.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "estimate/estimate.h"

struct solve;

/* The figures, in this order: each result's estimate, each result's lower and upper end, each variant's
 * estimate. Between tables the ends keep their place: the hidden number at an end stays the same multiple of
 * the estimated one. Keeps the report and the table, which must outlive it. */
int solve_new(const struct overlap_table *t, const struct estimate_report *r, struct solve **ret,
	struct cf_error *err) CF_MUST_USE;
struct solve *solve_free(struct solve *s);
CF_DEFINE_CLEANUP(struct solve, solve_free);
#define CF_CLEANUP_SOLVE CF_CLEANUP(solve_free_ptr)

size_t solve_n_figures(const struct solve *s);
/* A figure_function; context is the struct solve. */
int solve_figures(void *context, const uint64_t *counts, double *ret_values, struct cf_error *err);

/* The interactions of a model as sets of lists, without those that are part of others; returns how many (at
 * most HIERARCHY_MAX_TERMS), negative on error. */
int solve_terms(const struct overlap_table *t, const char *model_digits, uint32_t *ret_terms,
	struct cf_error *err) CF_MUST_USE;
/* Which lists a variant drops or joins: variant i of n_lists lists. merged: j and k become one. */
void solve_variant(size_t n_lists, size_t i, bool *ret_merged, size_t *ret_j, size_t *ret_k);
