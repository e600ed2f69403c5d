/*
 * Small dense linear algebra for the fits: symmetric systems of a few dozen unknowns. Kernels: no allocation,
 * no error; a direction in which the matrix is (nearly) singular gets a zero step, and the caller is told how
 * close to singular the matrix was.
 */
#pragma once

#include <stddef.h>

/* Solves A x = b by A = L D L'. a: the lower triangle, row-major with n columns, overwritten. x: b on entry,
 * the solution on return. Returns the smallest pivot relative to its diagonal element: 1 is perfect, below
 * some 1e-9 the digits of x are going. Time n^3 / 6. */
double solve_symmetric(size_t n, double *a, double *x);

/* Least squares by Householder reflections with column pivoting, for rows sorted by falling size, which keeps
 * it accurate when rows differ by many orders of magnitude (Cox and Higham 1998). a: m x n column-major, m >=
 * n, overwritten; b: m values, overwritten; x: n values. Columns without weight get x = 0. scratch: 2 n
 * doubles and n indices. */
struct solve_scratch {
	double *diagonal;
	double *norms;
	size_t *columns;
};
void solve_least_squares(
	size_t m, size_t n, double *a, double *b, double *x, const struct solve_scratch *scratch);
