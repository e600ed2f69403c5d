#include "estimate/select.h"

#include <math.h>

#include "estimate/poisson.h"
#include "estimate/search.h"

int select_bench_init(struct select_bench *b, uint32_t n_lists, bool with_search, struct cf_error *err)
{
	struct select_bench made = SELECT_BENCH_INIT;
	int status = loglinear_space_new(n_lists, &made.fit, err);
	if (status == 0)
		status = existence_space_new(n_lists, &made.existence, err);
	if (status == 0 && with_search)
		status = search_space_new(n_lists, &made.search, err);
	if (status < 0)
		select_bench_done(&made);
	else
		*b = made;
	return status;
}

void select_bench_done(struct select_bench *b)
{
	b->fit = loglinear_space_free(b->fit);
	b->existence = existence_space_free(b->existence);
	b->search = search_space_free(b->search);
}

void select_carry(const struct loglinear_table *t, const struct hierarchy *m, const struct select_start *from,
	const double *fitted, double *ret_alpha)
{
	const struct hierarchy *old = from->model;
	uint32_t k = 0;
	for (uint32_t i = 0; i < m->n_terms; i++) {
		uint32_t term = m->terms[i];
		while (k < old->n_terms && hierarchy_compare_terms(old->terms[k], term) < 0)
			k++;
		if (k < old->n_terms && old->terms[k] == term)
			ret_alpha[i] = from->alpha[k];
		else if (fitted && fitted[term] > 0 && t->totals[term] > 0)
			ret_alpha[i] = log(t->totals[term] / fitted[term]);
		else
			ret_alpha[i] = 0;
	}
}

/* Fits an identified model; a total too large for a double counts as none. */
static void settle(
	struct select_bench *b, const struct loglinear_table *t, const double *start, struct selection *ret)
{
	loglinear_fit(b->fit, t, &ret->model, start, &ret->fit);
	if (ret->fit.ill_conditioned)
		loglinear_refine(b->fit, t, &ret->model, &ret->fit);
	ret->total = t->n_persons + ret->fit.hidden;
	if (isfinite(ret->total))
		return;
	ret->existence = (struct existence){.status = ESTIMATE_NO_FINITE, .hidden_grows = true};
	ret->total = NAN;
}

int select_model(struct select_bench *b, const struct loglinear_table *t, const struct hierarchy *m,
	const struct select_start *start, struct selection *ret, struct cf_error *err)
{
	double alpha[HIERARCHY_MAX_TERMS];
	ret->total = NAN;
	ret->model = *m;
	TRY(existence_check(b->existence, t, m, &ret->existence, err));
	if (ret->existence.status != ESTIMATE_IDENTIFIED)
		return CF_OK;
	if (start)
		select_carry(t, m, start, NULL, alpha);
	settle(b, t, start ? alpha : NULL, ret);
	return CF_OK;
}

/* A pair that may enter the model. */
struct candidate {
	uint32_t pair;
	double log_p;
};

enum { MAX_PAIRS = HIERARCHY_MAX_LISTS * (HIERARCHY_MAX_LISTS - 1) / 2 };

/* The pairs below the threshold, by rising p; insertion keeps equal ones in the order of pairs. */
static size_t find_candidates(const struct loglinear_table *t, const struct hierarchy *m,
	const double *fitted, double log_p, struct candidate *ret)
{
	size_t n = 0;
	for (uint32_t i = 0; i < t->n_lists; i++) {
		for (uint32_t j = i + 1; j < t->n_lists; j++) {
			struct candidate c = {.pair = UINT32_C(1) << i | UINT32_C(1) << j};
			if (hierarchy_has(m, c.pair))
				continue;
			c.log_p = poisson_log_smaller_tail(t->totals[c.pair], fitted[c.pair]);
			if (!(c.log_p < log_p))
				continue;
			size_t at = n++;
			for (; at > 0 && ret[at - 1].log_p > c.log_p; at--)
				ret[at] = ret[at - 1];
			ret[at] = c;
		}
	}
	return n;
}

/* Adds the first candidate that leaves the model identified: 1, or 0 when there is none. */
static int add_pair(struct select_bench *b, const struct loglinear_table *t,
	const struct candidate *candidates, size_t n, struct selection *s, struct cf_error *err)
{
	for (size_t i = 0; i < n; i++) {
		struct selection larger = {.model = s->model};
		struct existence existence;
		if (!hierarchy_add(&larger.model, candidates[i].pair))
			continue;
		TRY(existence_check(b->existence, t, &larger.model, &existence, err));
		if (existence.status != ESTIMATE_IDENTIFIED)
			continue;
		double start[HIERARCHY_MAX_TERMS];
		struct select_start from = {.model = &s->model, .alpha = s->fit.alpha};
		select_carry(t, &larger.model, &from, loglinear_fitted_totals(b->fit), start);
		s->model = larger.model;
		s->existence = existence;
		settle(b, t, start, s);
		return 1;
	}
	return 0;
}

int select_stepwise(struct select_bench *b, const struct loglinear_table *t, double log_p,
	const struct select_start *start, struct selection *ret, struct cf_error *err)
{
	struct candidate candidates[MAX_PAIRS];
	struct hierarchy main_effects;
	hierarchy_main_effects(t->n_lists, &main_effects);
	TRY(select_model(b, t, &main_effects, start, ret, err));
	/* where main effects fail, so does every larger model */
	int added = ret->existence.status == ESTIMATE_IDENTIFIED;
	while (added) {
		const double *fitted = loglinear_fitted_totals(b->fit);
		size_t n = find_candidates(t, &ret->model, fitted, log_p, candidates);
		added = add_pair(b, t, candidates, n, ret, err);
		TRY(added);
	}
	return CF_OK;
}

double select_chapman(const struct loglinear_table *t)
{
	double both = t->totals[3];
	return both > 0 ? (t->totals[1] + 1) * ((t->totals[2] + 1) / (both + 1)) - 1 : NAN;
}

double select_chapman_log_variance(const struct loglinear_table *t)
{
	double n1 = t->totals[1];
	double n2 = t->totals[2];
	double both = t->totals[3];
	double hidden = select_chapman(t) - t->n_persons;
	if (!(hidden > 0))
		return NAN;
	double spread =
		(n1 + 1) / (both + 1) * ((n2 + 1) / (both + 1)) * (n1 - both) * ((n2 - both) / (both + 2));
	return spread / (hidden * hidden);
}
