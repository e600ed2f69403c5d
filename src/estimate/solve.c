#include "estimate/solve.h"

#include <math.h>
#include <stdbool.h>

/* Pivots smaller than this part of their diagonal element are noise of the elimination. */
static const double SINGULAR = 1e-13;

/* L below the diagonal, the pivots' inverses (0 for a dropped one) on it. */
static double factor(size_t n, double *a)
{
	double worst = 1;
	for (size_t i = 0; i < n; i++) {
		double *restrict row = a + i * n;
		for (size_t j = 0; j < i; j++) {
			const double *restrict other = a + j * n;
			double sum = row[j];
			for (size_t k = 0; k < j; k++)
				sum -= row[k] * other[k];
			row[j] = sum; /* L_ij D_j until the row is done */
		}
		double original = row[i];
		double pivot = original;
		for (size_t j = 0; j < i; j++) {
			double scaled = row[j] * a[j * n + j];
			pivot -= scaled * row[j];
			row[j] = scaled;
		}
		double ratio = original > 0 ? pivot / original : 0;
		if (ratio < worst)
			worst = ratio;
		row[i] = ratio > SINGULAR ? 1 / pivot : 0;
	}
	return worst;
}

double solve_symmetric(size_t n, double *a, double *x)
{
	double worst = factor(n, a);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			x[i] -= a[i * n + k] * x[k];
	for (size_t i = 0; i < n; i++)
		x[i] *= a[i * n + i];
	for (size_t i = n; i-- > 0;) {
		if (a[i * n + i] == 0)
			x[i] = 0;
		for (size_t k = 0; k < i; k++)
			x[k] -= a[i * n + k] * x[i];
	}
	return worst;
}

static double norm(size_t m, const double *v)
{
	double largest = 0;
	double sum = 0;
	for (size_t i = 0; i < m; i++)
		if (fabs(v[i]) > largest)
			largest = fabs(v[i]);
	if (!(largest > 0) || !isfinite(largest))
		return 0;
	for (size_t i = 0; i < m; i++)
		sum += v[i] / largest * (v[i] / largest);
	return largest * sqrt(sum);
}

static void swap_columns(size_t m, double *a, size_t i, size_t j)
{
	for (size_t k = 0; k < m && i != j; k++) {
		double kept = a[i * m + k];
		a[i * m + k] = a[j * m + k];
		a[j * m + k] = kept;
	}
}

/* v -= u (u'v) * scale over rows from..m. */
static void reflect(size_t from, size_t m, const double *u, double scale, double *v)
{
	double dot = 0;
	for (size_t k = from; k < m; k++)
		dot += u[k] * v[k];
	dot *= scale;
	for (size_t k = from; k < m; k++)
		v[k] -= dot * u[k];
}

static size_t largest_column(size_t m, size_t n, size_t step, const double *a, double *norms)
{
	size_t best = step;
	for (size_t j = step; j < n; j++) {
		norms[j] = norm(m - step, a + j * m + step);
		if (norms[j] > norms[best])
			best = j;
	}
	return best;
}

void solve_least_squares(
	size_t m, size_t n, double *a, double *b, double *x, const struct solve_scratch *scratch)
{
	size_t *columns = scratch->columns;
	size_t rank = 0;
	for (size_t j = 0; j < n; j++)
		columns[j] = j;
	for (; rank < n && rank < m; rank++) {
		size_t best = largest_column(m, n, rank, a, scratch->norms);
		double length = scratch->norms[best];
		if (!(length > 0))
			break;
		swap_columns(m, a, rank, best);
		size_t kept = columns[rank];
		columns[rank] = columns[best];
		columns[best] = kept;
		double *u = a + rank * m;
		/* Cox and Higham (1998): the sign that makes u[rank] largest, so that no digits cancel */
		double alpha = u[rank] > 0 ? -length : length;
		u[rank] -= alpha;
		double scale = -1 / (alpha * u[rank]);
		for (size_t j = rank + 1; j < n; j++)
			reflect(rank, m, u, scale, a + j * m);
		reflect(rank, m, u, scale, b);
		scratch->diagonal[rank] = alpha;
	}
	for (size_t j = 0; j < n; j++)
		x[j] = 0;
	for (size_t i = rank; i-- > 0;) {
		double sum = b[i];
		for (size_t j = i + 1; j < rank; j++)
			sum -= a[j * m + i] * x[columns[j]];
		x[columns[i]] = sum / scratch->diagonal[i];
	}
}
