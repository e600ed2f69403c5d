#include "estimate/exact.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

/* Entries stay below this, so that a x b - c x d of entries fits in 128 bits. */
static const int64_t LARGEST = INT64_C(1) << 62;

static int64_t common_factor(int64_t a, int64_t b)
{
	a = a < 0 ? -a : a;
	b = b < 0 ? -b : b;
	while (b) {
		int64_t rest = a % b;
		a = b;
		b = rest;
	}
	return a;
}

static bool fits(__int128 v)
{
	return v < LARGEST && v > -LARGEST;
}

static void divide_by_common_factor(size_t n, int64_t *v)
{
	int64_t factor = 0;
	for (size_t k = 0; k < n && factor != 1; k++)
		factor = common_factor(factor, v[k]);
	for (size_t k = 0; k < n && factor > 1; k++)
		v[k] /= factor;
}

int exact_echelon_init(struct exact_echelon *e, size_t capacity, struct cf_error *err)
{
	struct exact_echelon made = {.capacity = capacity};
	made.has_pivot = NEW_ARRAY_ZERO(bool, capacity);
	made.rows = NEW_ARRAY(int64_t, capacity * capacity);
	made.work = NEW_ARRAY(int64_t, capacity);
	*e = made;
	if (made.has_pivot && made.rows && made.work)
		return CF_OK;
	exact_echelon_done(e);
	return error_memory(err);
}

void exact_echelon_done(struct exact_echelon *e)
{
	e->has_pivot = mem_free(e->has_pivot);
	e->rows = mem_free(e->rows);
	e->work = mem_free(e->work);
}

void exact_echelon_clear(struct exact_echelon *e, size_t width)
{
	e->width = width;
	e->rank = 0;
	memset(e->has_pivot, 0, width * sizeof *e->has_pivot);
}

/* v := v * pivot - v[column] * row, both divided by what they share, over columns 0 to n - 1. */
static bool eliminate(size_t n, size_t column, const int64_t *row, int64_t *v)
{
	int64_t factor = common_factor(row[column], v[column]);
	assert(factor > 0); /* the pivot is not zero */
	int64_t keep = row[column] / factor;
	int64_t take = v[column] / factor;
	bool large = false;
	for (size_t k = 0; k < n; k++) {
		__int128 value = (__int128)v[k] * keep - (__int128)row[k] * take;
		if (!fits(value))
			return false;
		v[k] = (int64_t)value;
		large = large || v[k] > INT32_MAX || v[k] < INT32_MIN;
	}
	if (large)
		divide_by_common_factor(n, v);
	return true;
}

int exact_echelon_add(struct exact_echelon *e)
{
	int64_t *v = e->work;
	for (size_t c = e->width; c-- > 0;) {
		if (v[c] == 0)
			continue;
		if (!e->has_pivot[c]) {
			divide_by_common_factor(c + 1, v);
			memset(v + c + 1, 0, (e->width - c - 1) * sizeof *v);
			memcpy(e->rows + c * e->capacity, v, e->width * sizeof *v);
			e->has_pivot[c] = true;
			e->rank++;
			return 1;
		}
		if (!eliminate(c + 1, c, e->rows + c * e->capacity, v))
			return CF_E_LIMIT;
	}
	return 0;
}

/* Clears every pivot column but its own from each row. */
static int reduce(struct exact_echelon *e)
{
	for (size_t c = 0; c < e->width; c++) {
		int64_t *row = e->rows + c * e->capacity;
		for (size_t k = c; e->has_pivot[c] && k-- > 0;)
			if (e->has_pivot[k] && row[k] && !eliminate(c + 1, k, e->rows + k * e->capacity, row))
				return CF_E_LIMIT;
		if (e->has_pivot[c])
			divide_by_common_factor(c + 1, row);
	}
	return CF_OK;
}

/* The least common multiple of the pivots. */
static int common_multiple(const struct exact_echelon *e, int64_t *ret)
{
	int64_t multiple = 1;
	for (size_t c = 0; c < e->width; c++) {
		if (!e->has_pivot[c])
			continue;
		int64_t pivot = e->rows[c * e->capacity + c];
		pivot = pivot < 0 ? -pivot : pivot;
		__int128 next = (__int128)multiple / common_factor(multiple, pivot) * pivot;
		if (!fits(next))
			return CF_E_LIMIT;
		multiple = (int64_t)next;
	}
	*ret = multiple;
	return CF_OK;
}

int exact_null_space(struct exact_echelon *e, int64_t *ret)
{
	size_t nullity = e->width - e->rank;
	int64_t multiple;
	TRY(reduce(e));
	TRY(common_multiple(e, &multiple));
	memset(ret, 0, e->width * nullity * sizeof *ret);
	size_t k = 0;
	for (size_t f = 0; f < e->width; f++) {
		if (e->has_pivot[f])
			continue;
		ret[f * nullity + k] = multiple;
		for (size_t c = f + 1; c < e->width; c++) {
			if (!e->has_pivot[c])
				continue;
			const int64_t *row = e->rows + c * e->capacity;
			__int128 value = -(__int128)row[f] * (multiple / row[c]);
			if (!fits(value))
				return CF_E_LIMIT;
			ret[c * nullity + k] = (int64_t)value;
		}
		k++;
	}
	return CF_OK;
}

/* The first phase of the simplex method. Artificial variables are numbered from n_columns and never come
 * back, so their columns are not kept. The last row is the sum of the infeasibilities; entries stand over a
 * common denominator. */
struct simplex {
	size_t n_rows;
	size_t n_columns;
	size_t stride;
	int64_t *at;
	size_t *basis;
	int64_t denominator;
};

static bool fill(const struct exact_program *p, struct simplex *s)
{
	int64_t *objective = s->at + s->n_rows * s->stride;
	memset(objective, 0, s->stride * sizeof *objective);
	for (size_t i = 0; i < s->n_rows; i++) {
		int64_t *row = s->at + i * s->stride;
		int64_t sign = p->c[i] < 0 ? -1 : 1;
		for (size_t j = 0; j < s->n_columns; j++)
			row[j] = sign * p->m[i * s->n_columns + j];
		row[s->n_columns] = sign * p->c[i];
		s->basis[i] = s->n_columns + i;
		for (size_t j = 0; j < s->stride; j++)
			if (__builtin_add_overflow(objective[j], row[j], &objective[j]) ||
				!fits(objective[j]))
				return false;
	}
	return true;
}

/* Bland's rule: the lowest column that lessens the infeasibility; n_columns when there is none. */
static size_t entering(const struct simplex *s)
{
	const int64_t *objective = s->at + s->n_rows * s->stride;
	size_t j = 0;
	while (j < s->n_columns && objective[j] <= 0)
		j++;
	return j;
}

/* The row whose variable reaches zero first, ties to the lowest variable; n_rows when there is none. */
static size_t leaving(const struct simplex *s, size_t column)
{
	size_t best = s->n_rows;
	for (size_t i = 0; i < s->n_rows; i++) {
		const int64_t *row = s->at + i * s->stride;
		if (row[column] <= 0)
			continue;
		if (best == s->n_rows) {
			best = i;
			continue;
		}
		const int64_t *other = s->at + best * s->stride;
		__int128 mine = (__int128)row[s->n_columns] * other[column];
		__int128 its = (__int128)other[s->n_columns] * row[column];
		if (mine < its || (mine == its && s->basis[i] < s->basis[best]))
			best = i;
	}
	return best;
}

/* other := (other * pivot - take * row) / denominator exactly: each entry is a minor of the first
 * matrix (Edmonds 1967). */
static bool combine(
	const struct simplex *s, const int64_t *restrict row, size_t column, int64_t *restrict other)
{
	const int64_t pivot = row[column];
	const int64_t take = other[column];
	const int64_t denominator = s->denominator;
	for (size_t j = 0; j < s->stride; j++) {
		int64_t kept;
		int64_t gone;
		int64_t difference;
		if (!__builtin_mul_overflow(other[j], pivot, &kept) &&
			!__builtin_mul_overflow(row[j], take, &gone) &&
			!__builtin_sub_overflow(kept, gone, &difference)) {
			other[j] = difference / denominator;
			continue;
		}
		__int128 value = ((__int128)other[j] * pivot - (__int128)row[j] * take) / denominator;
		if (!fits(value))
			return false;
		other[j] = (int64_t)value;
	}
	return true;
}

static bool pivot(struct simplex *s, size_t at, size_t column)
{
	const int64_t *row = s->at + at * s->stride;
	for (size_t i = 0; i <= s->n_rows; i++) {
		int64_t *other = s->at + i * s->stride;
		bool changes = other[column] != 0 || row[column] != s->denominator;
		if (i != at && changes && !combine(s, row, column, other))
			return false;
	}
	s->denominator = row[column];
	s->basis[at] = column;
	return true;
}

int exact_feasible_integer(const struct exact_program *p)
{
	struct simplex s = {.n_rows = p->n_rows,
		.n_columns = p->n_columns,
		.stride = p->n_columns + 1,
		.at = p->tableau,
		.basis = p->basis,
		.denominator = 1};
	if (!fill(p, &s))
		return CF_E_LIMIT;
	const int64_t *infeasibility = s.at + s.n_rows * s.stride + s.n_columns;
	while (*infeasibility > 0) {
		size_t column = entering(&s);
		if (column == s.n_columns)
			return 0;
		size_t row = leaving(&s, column);
		if (row == s.n_rows)
			return CF_E_LIMIT; /* cannot happen: the infeasibility is bounded below */
		if (!pivot(&s, row, column))
			return CF_E_LIMIT;
	}
	return 1;
}

int exact_feasible(const struct exact_program *p, struct cf_error *err)
{
	int answer = exact_feasible_integer(p);
	return answer == CF_E_LIMIT ? exact_feasible_rational(p, err) : answer;
}
