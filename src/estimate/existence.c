#include "estimate/existence.h"

#include <string.h>

#include "estimate/exact.h"

struct existence_space {
	uint32_t n_cells;
	struct exact_echelon echelon;
	int64_t *null_space; /* terms x nullity */
	int64_t *directions; /* nullity x cells: A a on the empty cells, for each null vector a */
	int64_t *tableau;
	int64_t *target;
	size_t *basis;
	uint32_t *empty; /* cells alive but empty */
	bool *dead;      /* cells that contain a term nobody shares */
	uint32_t n_terms;
	uint32_t terms[HIERARCHY_MAX_TERMS]; /* those somebody shares */
};

static size_t most_terms(uint32_t n_cells)
{
	return n_cells < HIERARCHY_MAX_TERMS ? n_cells : HIERARCHY_MAX_TERMS;
}

int existence_space_new(uint32_t n_lists, struct existence_space **ret, struct cf_error *err)
{
	CF_CLEANUP_EXISTENCE struct existence_space *s = NEW(struct existence_space);
	if (!s)
		return error_memory(err);
	s->n_cells = UINT32_C(1) << n_lists;
	size_t n = most_terms(s->n_cells);
	TRY(exact_echelon_init(&s->echelon, n, err));
	s->null_space = NEW_ARRAY(int64_t, n * n);
	s->directions = NEW_ARRAY(int64_t, n * s->n_cells);
	s->tableau = NEW_ARRAY(int64_t, (n + 1) * (s->n_cells + 1));
	s->target = NEW_ARRAY(int64_t, n);
	s->basis = NEW_ARRAY(size_t, n);
	s->empty = NEW_ARRAY(uint32_t, s->n_cells);
	s->dead = NEW_ARRAY(bool, s->n_cells);
	if (!s->null_space || !s->directions || !s->tableau || !s->target || !s->basis || !s->empty ||
		!s->dead)
		return error_memory(err);
	*ret = TAKE(s);
	return CF_OK;
}

struct existence_space *existence_space_free(struct existence_space *s)
{
	if (!s)
		return NULL;
	exact_echelon_done(&s->echelon);
	s->null_space = mem_free(s->null_space);
	s->directions = mem_free(s->directions);
	s->tableau = mem_free(s->tableau);
	s->target = mem_free(s->target);
	s->basis = mem_free(s->basis);
	s->empty = mem_free(s->empty);
	s->dead = mem_free(s->dead);
	return mem_free(s);
}

static void sort_terms(struct existence_space *s, const struct loglinear_table *t, const struct hierarchy *m)
{
	s->n_terms = 0;
	memset(s->dead, 0, s->n_cells * sizeof *s->dead);
	for (uint32_t i = 0; i < m->n_terms; i++) {
		if (t->totals[m->terms[i]] > 0)
			s->terms[s->n_terms++] = m->terms[i];
		else
			s->dead[m->terms[i]] = true;
	}
	/* a cell is dead when a subset of it is */
	for (uint32_t half = 1; half < s->n_cells; half *= 2)
		for (uint32_t i = 0; i < s->n_cells; i += 2 * half)
			for (uint32_t k = i; k < i + half; k++)
				s->dead[k + half] = s->dead[k + half] || s->dead[k];
}

/* The rows of the cells with persons; stops at full rank, which settles everything. */
static int rank_of_seen(struct existence_space *s, const struct loglinear_table *t)
{
	exact_echelon_clear(&s->echelon, s->n_terms);
	for (uint32_t w = 1; w < s->n_cells && s->echelon.rank < s->n_terms; w++) {
		if (!(t->counts[w] > 0))
			continue;
		for (uint32_t i = 0; i < s->n_terms; i++)
			s->echelon.work[i] = (w & s->terms[i]) == s->terms[i];
		TRY(exact_echelon_add(&s->echelon));
	}
	return CF_OK;
}

/* A a over the empty cells for each vector a of the null space, all-zero columns left out; returns how many
 * cells are left. */
static int find_directions(
	struct existence_space *s, const struct loglinear_table *t, size_t nullity, size_t *ret_n)
{
	size_t n = 0;
	for (uint32_t w = 1; w < s->n_cells; w++) {
		if (t->counts[w] > 0 || s->dead[w])
			continue;
		bool moves = false;
		for (size_t k = 0; k < nullity; k++) {
			int64_t sum = 0;
			for (uint32_t i = 0; i < s->n_terms; i++)
				if ((w & s->terms[i]) == s->terms[i] &&
					__builtin_add_overflow(sum, s->null_space[i * nullity + k], &sum))
					return CF_E_LIMIT;
			s->directions[k * s->n_cells + n] = sum;
			moves = moves || sum != 0;
		}
		n += moves;
	}
	*ret_n = n;
	return CF_OK;
}

static int rank_of_directions(struct existence_space *s, size_t nullity, size_t n)
{
	exact_echelon_clear(&s->echelon, nullity);
	for (size_t j = 0; j < n && s->echelon.rank < nullity; j++) {
		for (size_t k = 0; k < nullity; k++)
			s->echelon.work[k] = s->directions[k * s->n_cells + j];
		TRY(exact_echelon_add(&s->echelon));
	}
	return CF_OK;
}

/* Is the target a combination with weights >= 0 of the directions? */
static int combines(struct existence_space *s, size_t nullity, size_t n, struct cf_error *err)
{
	struct exact_program p = {.n_rows = nullity,
		.n_columns = n,
		.m = s->directions,
		.c = s->target,
		.tableau = s->tableau,
		.basis = s->basis};
	return exact_feasible(&p, err);
}

/* Closes the gaps that find_directions left between rows. */
static void pack(struct existence_space *s, size_t nullity, size_t n)
{
	for (size_t k = 1; k < nullity; k++)
		memmove(s->directions + k * n, s->directions + k * s->n_cells, n * sizeof *s->directions);
}

/* No a has B a <= 0 without B a = 0 if and only if B'z = 0 for some z > 0 (Stiemke); with z = 1 + x that is
 * B'x = -B'1, x >= 0. */
static int exists(struct existence_space *s, size_t nullity, size_t n, struct cf_error *err)
{
	for (size_t k = 0; k < nullity; k++) {
		int64_t sum = 0;
		for (size_t j = 0; j < n; j++)
			if (__builtin_sub_overflow(sum, s->directions[k * n + j], &sum))
				return error_set(err, CF_E_LIMIT,
					"whether this model has an estimate is too large a question");
		s->target[k] = sum;
	}
	return combines(s, nullity, n, err);
}

/* Some a with B a <= 0 has a positive intercept unless the intercept is a combination of B's rows with
 * weights
 * >= 0 (Farkas); likewise negative. */
static int hidden_moves(struct existence_space *s, size_t nullity, size_t n, int sign, struct cf_error *err)
{
	for (size_t k = 0; k < nullity; k++)
		s->target[k] = sign * s->null_space[k];
	int held = combines(s, nullity, n, err);
	return held < 0 ? held : !held;
}

/* One null vector: along it the empty cells must all fall, or all rise, for the estimate to be missing. */
static void decide_single(struct existence_space *s, size_t n, struct existence *ret)
{
	bool falls = false;
	bool rises = false;
	for (size_t j = 0; j < n; j++) {
		falls = falls || s->directions[j] < 0;
		rises = rises || s->directions[j] > 0;
	}
	if (!falls && !rises) {
		ret->status = ESTIMATE_NOT_IDENTIFIABLE;
	} else if (falls != rises) {
		int64_t intercept = falls ? s->null_space[0] : -s->null_space[0];
		ret->status = ESTIMATE_NO_FINITE;
		ret->hidden_grows = intercept > 0;
		ret->hidden_vanishes = intercept < 0;
	}
}

static int decide(struct existence_space *s, const struct loglinear_table *t, struct existence *ret,
	struct cf_error *err)
{
	size_t nullity = s->n_terms - s->echelon.rank;
	size_t n;
	TRY(exact_null_space(&s->echelon, s->null_space));
	TRY(find_directions(s, t, nullity, &n));
	if (nullity == 1) {
		decide_single(s, n, ret);
		return CF_OK;
	}
	TRY(rank_of_directions(s, nullity, n));
	if (s->echelon.rank < nullity) {
		ret->status = ESTIMATE_NOT_IDENTIFIABLE;
		return CF_OK;
	}
	pack(s, nullity, n);
	int found = exists(s, nullity, n, err);
	TRY(found);
	if (found)
		return CF_OK;
	ret->status = ESTIMATE_NO_FINITE;
	int grows = hidden_moves(s, nullity, n, 1, err);
	TRY(grows);
	int vanishes = hidden_moves(s, nullity, n, -1, err);
	TRY(vanishes);
	ret->hidden_grows = grows;
	ret->hidden_vanishes = vanishes;
	return CF_OK;
}

int existence_check(struct existence_space *s, const struct loglinear_table *t, const struct hierarchy *m,
	struct existence *ret, struct cf_error *err)
{
	struct existence answer = {.status = ESTIMATE_IDENTIFIED};
	sort_terms(s, t, m);
	int status = rank_of_seen(s, t);
	if (status == 0 && s->n_terms == 0)
		answer.status = ESTIMATE_NOT_IDENTIFIABLE; /* nobody at all */
	else if (status == 0 && s->echelon.rank < s->n_terms)
		status = decide(s, t, &answer, err);
	if (status == CF_E_LIMIT)
		return error_set(err, CF_E_LIMIT,
			"whether this model has an estimate cannot be decided exactly: use fewer lists or a "
			"smaller model");
	TRY(status);
	*ret = answer;
	return CF_OK;
}
