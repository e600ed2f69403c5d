/*
 * Exact integer linear algebra and linear programming, for questions whose answer must not hang on a
 * tolerance: rank, null space, feasibility. Everything is computed in 64-bit integers with checked 128-bit
 * products (rows are divided by their common factor), and an overflow is an answer of its own, never a wrong
 * one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Echelon form built row by row. pivot rows are indexed by their pivot column; a row's entries beyond its
 * pivot column are zero. */
struct exact_echelon {
	size_t width;
	size_t capacity; /* the largest width */
	size_t rank;
	bool *has_pivot; /* by column */
	int64_t *rows;   /* capacity x capacity; row c is the one with pivot column c */
	int64_t *work;   /* capacity */
};

int exact_echelon_init(struct exact_echelon *e, size_t capacity, struct cf_error *err) CF_MUST_USE;
void exact_echelon_done(struct exact_echelon *e);
/* Empties and sets the width, at most the capacity. */
void exact_echelon_clear(struct exact_echelon *e, size_t width);
/* Adds e->work (width entries) as a row: 1 when it raised the rank, 0 when not, CF_E_LIMIT on overflow. */
int exact_echelon_add(struct exact_echelon *e) CF_MUST_USE;
/* An integer basis of the null space: ret[column * nullity + k] is entry column of vector k. Reduces the rows
 * in place; CF_E_LIMIT on overflow. */
int exact_null_space(struct exact_echelon *e, int64_t *ret) CF_MUST_USE;

/* Is there x >= 0 with M x = c? m is n_rows x n_columns, row-major. 1 yes, 0 no; exact simplex (integer
 * pivoting after Edmonds 1967, Bland's rule), and GLPK's rational simplex where 64 bits do not hold. tableau:
 * scratch of (n_rows + 1) (n_columns + 1) entries; basis: n_rows. */
struct exact_program {
	size_t n_rows;
	size_t n_columns;
	const int64_t *m;
	const int64_t *c;
	int64_t *tableau;
	size_t *basis;
};
int exact_feasible(const struct exact_program *p, struct cf_error *err) CF_MUST_USE;

/* The two ways apart, for the tests. exact_feasible_integer: CF_E_LIMIT on overflow. */
int exact_feasible_integer(const struct exact_program *p) CF_MUST_USE;
int exact_feasible_rational(const struct exact_program *p, struct cf_error *err) CF_MUST_USE;
