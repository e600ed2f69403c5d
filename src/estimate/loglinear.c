#include "estimate/loglinear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/poisson.h"
#include "estimate/solve.h"

enum { MAX_ITERATIONS = 100, MAX_HALVINGS = 40 };

/* The Newton decrement (twice the log-likelihood still to gain) at which the step being taken is the last.
 * Newton converges quadratically, so the parameters are then exact to some 1e-10 of their standard errors. */
static const double LAST_STEP = 1e-10;
/* Below this pivot ratio, or above this number of persons (whose totals are rounded before they are
 * subtracted), the normal equations lose too many digits and the orthogonal method has to take over. */
static const double ILL_CONDITIONED = 1e-8;
static const double MANY_PERSONS = 1e6;

struct loglinear_space {
	uint32_t n_lists;
	uint32_t n_cells;
	uint32_t first; /* cell of the fit: 1, or 0 when the hidden number is known */
	double *eta;
	double *mu;   /* fitted means; entry 0 is 0 unless the hidden number is known */
	double *sums; /* fitted totals by set of lists */
	double *hessian;
	double *orthogonal; /* rows x terms, made when first needed */
	double *weighted;
	uint32_t *order;
	struct solve_scratch scratch;
	double gradient[HIERARCHY_MAX_TERMS];
	double step[HIERARCHY_MAX_TERMS];
	double trial[HIERARCHY_MAX_TERMS];
};

int loglinear_table_init(struct loglinear_table *t, uint32_t n_lists, struct cf_error *err)
{
	uint32_t n_cells = UINT32_C(1) << n_lists;
	double *block = NEW_ARRAY_ZERO(double, 2 * (size_t)n_cells);
	if (!block)
		return error_memory(err);
	*t = (struct loglinear_table){
		.n_lists = n_lists, .n_cells = n_cells, .counts = block, .totals = block + n_cells};
	return CF_OK;
}

void loglinear_table_done(struct loglinear_table *t)
{
	t->counts = mem_free(t->counts);
	t->totals = NULL;
}

/* In place: v[w] becomes the sum over the subsets of w. */
static void sum_subsets(uint32_t n_cells, double *v)
{
	for (uint32_t half = 1; half < n_cells; half *= 2)
		for (uint32_t i = 0; i < n_cells; i += 2 * half)
			for (uint32_t k = i; k < i + half; k++)
				v[k + half] += v[k];
}

/* In place: v[w] becomes the sum over the supersets of w. */
static void sum_supersets(uint32_t n_cells, double *v)
{
	for (uint32_t half = 1; half < n_cells; half *= 2)
		for (uint32_t i = 0; i < n_cells; i += 2 * half)
			for (uint32_t k = i; k < i + half; k++)
				v[k] += v[k + half];
}

void loglinear_table_sum(struct loglinear_table *t)
{
	t->counts[0] = 0;
	memcpy(t->totals, t->counts, t->n_cells * sizeof *t->totals);
	sum_supersets(t->n_cells, t->totals);
	t->n_persons = t->totals[0];
}

int loglinear_table_from_overlap(
	struct loglinear_table *t, const struct overlap_table *overlap, struct cf_error *err)
{
	if (overlap->n_lists > HIERARCHY_MAX_LISTS)
		return error_set(err, CF_E_LIMIT,
			"%zu lists are too many for a log-linear model: leave out or merge lists until there "
			"are at "
			"most %d",
			overlap->n_lists, HIERARCHY_MAX_LISTS);
	struct loglinear_table made;
	TRY(loglinear_table_init(&made, (uint32_t)overlap->n_lists, err));
	for (size_t i = 0; i < overlap->n_cells; i++)
		made.counts[overlap->cells[i].pattern] += (double)overlap->cells[i].count;
	loglinear_table_sum(&made);
	*t = made;
	return CF_OK;
}

static bool allocate(struct loglinear_space *s)
{
	s->eta = NEW_ARRAY_ZERO(double, s->n_cells);
	s->mu = NEW_ARRAY_ZERO(double, s->n_cells);
	s->sums = NEW_ARRAY_ZERO(double, s->n_cells);
	s->hessian = NEW_ARRAY_ZERO(double, HIERARCHY_MAX_TERMS *HIERARCHY_MAX_TERMS);
	s->orthogonal = NEW_ARRAY(double, (size_t)s->n_cells *HIERARCHY_MAX_TERMS);
	s->weighted = NEW_ARRAY(double, s->n_cells);
	s->order = NEW_ARRAY(uint32_t, s->n_cells);
	s->scratch.diagonal = NEW_ARRAY(double, HIERARCHY_MAX_TERMS);
	s->scratch.norms = NEW_ARRAY(double, HIERARCHY_MAX_TERMS);
	s->scratch.columns = NEW_ARRAY(size_t, HIERARCHY_MAX_TERMS);
	return s->eta && s->mu && s->sums && s->hessian && s->orthogonal && s->weighted && s->order &&
	       s->scratch.diagonal && s->scratch.norms && s->scratch.columns;
}

int loglinear_space_new(uint32_t n_lists, struct loglinear_space **ret, struct cf_error *err)
{
	CF_CLEANUP_LOGLINEAR struct loglinear_space *s = NEW(struct loglinear_space);
	if (!s)
		return error_memory(err);
	s->n_lists = n_lists;
	s->n_cells = UINT32_C(1) << n_lists;
	s->first = 1;
	if (!allocate(s))
		return error_memory(err);
	*ret = TAKE(s);
	return CF_OK;
}

struct loglinear_space *loglinear_space_free(struct loglinear_space *s)
{
	if (!s)
		return NULL;
	s->eta = mem_free(s->eta);
	s->mu = mem_free(s->mu);
	s->sums = mem_free(s->sums);
	s->hessian = mem_free(s->hessian);
	s->orthogonal = mem_free(s->orthogonal);
	s->weighted = mem_free(s->weighted);
	s->order = mem_free(s->order);
	s->scratch.diagonal = mem_free(s->scratch.diagonal);
	s->scratch.norms = mem_free(s->scratch.norms);
	s->scratch.columns = mem_free(s->scratch.columns);
	return mem_free(s);
}

/* The fitted terms are those somebody shares; the rest are at minus infinity, which sum_subsets and exp carry
 * to every cell that contains them. */
static void evaluate(struct loglinear_space *s, const struct hierarchy *m, const double *alpha)
{
	memset(s->eta, 0, s->n_cells * sizeof *s->eta);
	for (uint32_t i = 0; i < m->n_terms; i++)
		s->eta[m->terms[i]] = alpha[i];
	sum_subsets(s->n_cells, s->eta);
	for (uint32_t w = s->first; w < s->n_cells; w++)
		s->mu[w] = exp(s->eta[w]);
	memcpy(s->sums, s->mu, s->n_cells * sizeof *s->sums);
	sum_supersets(s->n_cells, s->sums);
}

/* One fit under way. Active terms are those somebody shares. */
struct iteration {
	struct loglinear_space *s;
	const struct loglinear_table *t;
	const struct hierarchy *m;
	double *alpha;
	double value; /* the log-likelihood at alpha, without its constant */
	uint32_t n;
	uint32_t active[HIERARCHY_MAX_TERMS];
};

/* Evaluates at alpha; *ret_noise is what rounding may have done to the value. */
static double likelihood(const struct iteration *it, const double *alpha, double *ret_noise)
{
	evaluate(it->s, it->m, alpha);
	double value = -it->s->sums[0];
	double size = it->s->sums[0];
	for (uint32_t i = 0; i < it->n; i++) {
		uint32_t at = it->active[i];
		double part = alpha[at] * it->t->totals[it->m->terms[at]];
		value += part;
		size += fabs(part);
	}
	*ret_noise = size * 1e-13;
	return value;
}

/* Parameters of independent lists that each hold their share of twice the persons seen. */
static void cold_start(const struct loglinear_table *t, const struct hierarchy *m, double *alpha)
{
	double assumed = 2 * t->n_persons + 1;
	alpha[0] = log(assumed);
	for (uint32_t i = 1; i < m->n_terms; i++) {
		alpha[i] = 0;
		if (i <= m->n_lists && t->totals[m->terms[i]] > 0) {
			double share = t->totals[m->terms[i]] / assumed;
			alpha[i] = log(share / (1 - share));
			alpha[0] += log1p(-share);
		}
	}
}

static void begin(struct iteration *it, const double *start)
{
	it->n = 0;
	for (uint32_t i = 0; i < it->m->n_terms; i++)
		if (it->t->totals[it->m->terms[i]] > 0)
			it->active[it->n++] = i;
	for (uint32_t i = 0; i < it->m->n_terms; i++)
		it->alpha[i] = -INFINITY;
	bool usable = start != NULL;
	for (uint32_t i = 0; usable && i < it->n; i++) {
		it->alpha[it->active[i]] = start[it->active[i]];
		usable = isfinite(start[it->active[i]]);
	}
	double noise;
	if (usable)
		it->value = likelihood(it, it->alpha, &noise);
	if (usable && isfinite(it->value))
		return;
	double cold[HIERARCHY_MAX_TERMS] = {0};
	cold_start(it->t, it->m, cold);
	for (uint32_t i = 0; i < it->n; i++)
		it->alpha[it->active[i]] = cold[it->active[i]];
	it->value = likelihood(it, it->alpha, &noise);
}

/* The Newton step by the normal equations; returns the decrement. That is NAN when directions which the
 * elimination dropped as singular still have a slope: alone, each parameter would gain gradient^2 /
 * information. */
static double newton_step(const struct iteration *it, double *ret_conditioning)
{
	struct loglinear_space *s = it->s;
	uint32_t n = it->n;
	uint32_t terms[HIERARCHY_MAX_TERMS];
	for (uint32_t i = 0; i < n; i++)
		terms[i] = it->m->terms[it->active[i]];
	for (uint32_t i = 0; i < n; i++) {
		double *row = s->hessian + (size_t)i * n;
		for (uint32_t k = 0; k <= i; k++)
			row[k] = s->sums[terms[i] | terms[k]];
		s->gradient[i] = it->t->totals[terms[i]] - s->sums[terms[i]];
		s->step[i] = s->gradient[i];
	}
	*ret_conditioning = solve_symmetric(n, s->hessian, s->step);
	double decrement = 0;
	double steepest = 0;
	for (uint32_t i = 0; i < n; i++) {
		decrement += s->step[i] * s->gradient[i];
		double gain = s->gradient[i] * s->gradient[i] / s->sums[terms[i]];
		steepest = gain > steepest ? gain : steepest;
	}
	return decrement < LAST_STEP && steepest > 10 * LAST_STEP ? NAN : decrement;
}

static int by_falling_mean(const void *left, const void *right, void *context)
{
	const double *mu = context;
	double a = mu[*(const uint32_t *)left];
	double b = mu[*(const uint32_t *)right];
	return (a < b) - (a > b);
}

/* The design by falling mean, each row times the root of its mean; returns the rows, 0 when they are too few.
 */
static uint32_t weigh_cells(const struct iteration *it)
{
	struct loglinear_space *s = it->s;
	uint32_t rows = 0;
	for (uint32_t w = 1; w < s->n_cells; w++)
		if (s->mu[w] > 0)
			s->order[rows++] = w;
	if (rows < it->n)
		return 0;
	qsort_r(s->order, rows, sizeof *s->order, by_falling_mean, s->mu);
	for (uint32_t r = 0; r < rows; r++) {
		uint32_t w = s->order[r];
		double root = sqrt(s->mu[w]);
		for (uint32_t i = 0; i < it->n; i++) {
			uint32_t term = it->m->terms[it->active[i]];
			s->orthogonal[(size_t)i * rows + r] = (w & term) == term ? root : 0;
		}
	}
	return rows;
}

/* The same step as a least-squares problem over the cells, largest first. */
static double orthogonal_step(const struct iteration *it)
{
	struct loglinear_space *s = it->s;
	uint32_t rows = weigh_cells(it);
	if (rows == 0)
		return 0;
	for (uint32_t r = 0; r < rows; r++)
		s->weighted[r] = (it->t->counts[s->order[r]] - s->mu[s->order[r]]) / sqrt(s->mu[s->order[r]]);
	solve_least_squares(rows, it->n, s->orthogonal, s->weighted, s->step, &s->scratch);
	double decrement = 0;
	for (uint32_t r = 0; r < it->n; r++)
		decrement += s->weighted[r] * s->weighted[r]; /* what the step takes off the residual */
	return decrement;
}

static void add_step(const struct iteration *it, double share, double *ret)
{
	for (uint32_t i = 0; i < it->m->n_terms; i++)
		ret[i] = it->alpha[i];
	for (uint32_t i = 0; i < it->n; i++)
		ret[it->active[i]] += share * it->s->step[i];
}

/* Takes the step, halved until the likelihood does not fall; false when it cannot be kept from falling. */
static bool damped_step(struct iteration *it)
{
	struct loglinear_space *s = it->s;
	double share = 1;
	for (int i = 0; i < MAX_HALVINGS; i++, share /= 2) {
		double noise;
		add_step(it, share, s->trial);
		double value = likelihood(it, s->trial, &noise);
		if (isfinite(value) && value >= it->value - noise) {
			memcpy(it->alpha, s->trial, it->m->n_terms * sizeof *it->alpha);
			it->value = value;
			return true;
		}
	}
	return false;
}

static void finish(const struct iteration *it, struct loglinear_fit *fit)
{
	const struct loglinear_table *t = it->t;
	evaluate(it->s, it->m, fit->alpha);
	double half = 0;
	for (uint32_t w = it->s->first; w < t->n_cells; w++)
		half += t->counts[w] > 0 ? poisson_deviance_half(t->counts[w], it->s->mu[w]) : it->s->mu[w];
	fit->deviance = 2 * half;
	fit->hidden = exp(fit->alpha[0]);
	fit->n_infinite = it->m->n_terms - it->n;
}

static bool iterate(struct iteration *it, double *ret_conditioning)
{
	for (int i = 0; i < MAX_ITERATIONS; i++) {
		double decrement = newton_step(it, ret_conditioning);
		if (!isfinite(decrement))
			return false;
		if (decrement < LAST_STEP) {
			add_step(it, 1, it->s->trial);
			memcpy(it->alpha, it->s->trial, it->m->n_terms * sizeof *it->alpha);
			return true;
		}
		if (!damped_step(it))
			return false;
	}
	return false;
}

void loglinear_fit(struct loglinear_space *s, const struct loglinear_table *t, const struct hierarchy *m,
	const double *start, struct loglinear_fit *ret)
{
	struct iteration it = {.s = s, .t = t, .m = m, .alpha = ret->alpha};
	double conditioning = 1;
	begin(&it, start);
	ret->converged = iterate(&it, &conditioning);
	if (!ret->converged && start) {
		begin(&it, NULL);
		ret->converged = iterate(&it, &conditioning);
	}
	ret->ill_conditioned =
		conditioning < ILL_CONDITIONED || t->n_persons > MANY_PERSONS || !ret->converged;
	finish(&it, ret);
}

void loglinear_fit_whole(struct loglinear_space *s, const struct loglinear_table *t,
	const struct hierarchy *m, const double *start, struct loglinear_fit *ret)
{
	s->first = 0;
	loglinear_fit(s, t, m, start, ret);
	s->first = 1;
	s->mu[0] = 0;
}

/* Least squares of log(count + 1/2), where the counts themselves are the weights: a start that knows how much
 * the cells differ. */
static void empirical_start(const struct iteration *it, double *ret)
{
	struct loglinear_space *s = it->s;
	for (uint32_t w = 1; w < s->n_cells; w++)
		if (s->mu[w] > 0) /* not ruled out by an empty term */
			s->mu[w] = it->t->counts[w] + 0.5;
	uint32_t rows = weigh_cells(it);
	for (uint32_t r = 0; r < rows; r++)
		s->weighted[r] = sqrt(s->mu[s->order[r]]) * log(s->mu[s->order[r]]);
	solve_least_squares(rows, it->n, s->orthogonal, s->weighted, s->step, &s->scratch);
	for (uint32_t i = 0; i < it->n; i++)
		ret[it->active[i]] = s->step[i];
}

void loglinear_refine(struct loglinear_space *s, const struct loglinear_table *t, const struct hierarchy *m,
	struct loglinear_fit *fit)
{
	struct iteration it = {.s = s, .t = t, .m = m, .alpha = fit->alpha};
	double start[HIERARCHY_MAX_TERMS];
	memcpy(start, fit->alpha, m->n_terms * sizeof *start);
	begin(&it, fit->converged ? start : NULL);
	if (!fit->converged) {
		double noise;
		empirical_start(&it, fit->alpha);
		it.value = likelihood(&it, fit->alpha, &noise);
	}
	for (int i = 0; i < MAX_ITERATIONS; i++) {
		double decrement = orthogonal_step(&it);
		fit->converged = decrement < LAST_STEP;
		if (!isfinite(decrement) || !damped_step(&it) || fit->converged)
			break;
	}
	finish(&it, fit);
}

const double *loglinear_fitted_totals(const struct loglinear_space *s)
{
	return s->sums;
}

const double *loglinear_fitted_means(
	struct loglinear_space *s, const struct hierarchy *m, const double *alpha)
{
	evaluate(s, m, alpha);
	return s->mu;
}

double loglinear_intercept_variance(struct loglinear_space *s, const struct loglinear_table *t,
	const struct hierarchy *m, const struct loglinear_fit *fit)
{
	uint32_t terms[HIERARCHY_MAX_TERMS];
	uint32_t n = 0;
	for (uint32_t i = 0; i < m->n_terms; i++)
		if (t->totals[m->terms[i]] > 0)
			terms[n++] = m->terms[i];
	evaluate(s, m, fit->alpha);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k <= i; k++)
			s->hessian[(size_t)i * n + k] = s->sums[terms[i] | terms[k]];
		s->step[i] = i == 0;
	}
	double conditioning = solve_symmetric(n, s->hessian, s->step);
	return conditioning > 1e-13 && s->step[0] > 0 ? s->step[0] : NAN;
}

double loglinear_saturated(const struct loglinear_table *t)
{
	double sum = 0;
	for (uint32_t w = 1; w < t->n_cells; w++)
		if (t->counts[w] > 0)
			sum += poisson_log_probability(t->counts[w], t->counts[w]);
	return -2 * sum;
}
