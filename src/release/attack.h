/*
 * What an attacker can work out: the counts that a publication hides are unknowns within bounds, and each
 * figure that it shows is a linear row over them. A struct attack is that polytope, and asks GLPK's simplex
 * method how far a figure can move in it (the audit of a suppressed table: Fischetti and Salazar-Gonzalez
 * 2001; Hundepool et al. 2012, chapter 4). Invariant: the memory GLPK keeps for a thread belongs to the one
 * attack that is alive in it, so an attack lives within one function and meanwhile nothing else may use GLPK
 * there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

struct attack;

/* n_columns unknowns, each fixed at 0 until given bounds. */
int attack_new(size_t n_columns, struct attack **ret, struct cf_error *err) CF_MUST_USE;
struct attack *attack_free(struct attack *a);
CF_DEFINE_CLEANUP(struct attack, attack_free);
#define CF_CLEANUP_ATTACK CF_CLEANUP(attack_free_ptr)

size_t attack_n_columns(const struct attack *a);
/* -INFINITY and INFINITY leave a side open. */
int attack_bound_column(struct attack *a, size_t column, double low, double high, struct cf_error *err)
	CF_MUST_USE;
/* A row of coefficients, one a column. */
int attack_add_row(struct attack *a, const double *coefficients, double low, double high,
	struct cf_error *err) CF_MUST_USE;
int attack_set_objective(struct attack *a, const double *coefficients, struct cf_error *err) CF_MUST_USE;

/* 1 with the optimum and, unless NULL, where it is taken; 0 when no table fits. Both are exact to about 1e-7.
 */
struct attack_optimum {
	double value;
	double *columns; /* n_columns, the caller's; may be NULL */
};
int attack_optimise(struct attack *a, bool maximise, struct attack_optimum *ret, struct cf_error *err)
	CF_MUST_USE;
