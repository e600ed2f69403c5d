#include "estimate/profile.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "estimate/poisson.h"

enum { MAX_DOUBLINGS = 80, MAX_STEPS = 100 };

/* Ends and maximum are found to this share of the hidden number. */
static const double PRECISION = 1e-9;

struct profile {
	struct select_bench *bench;
	const struct selection *selection;
	struct loglinear_table whole; /* the table with the hidden number in cell 0; owned */
	double n_persons;
	struct loglinear_fit fit; /* the last one: the next begins there */
};

static void profile_done(struct profile *p)
{
	loglinear_table_done(&p->whole);
}

/* log m! - m log m + m, the part of the multinomial likelihood that is not in the deviance. */
static double roughness(double m)
{
	return -poisson_log_probability(m, m);
}

/* The log-likelihood of hidden persons, up to a constant. */
static double likelihood(struct profile *p, double hidden)
{
	double start[HIERARCHY_MAX_TERMS];
	const struct hierarchy *m = &p->selection->model;
	memcpy(start, p->fit.alpha, m->n_terms * sizeof *start);
	p->whole.counts[0] = hidden;
	p->whole.totals[0] = p->n_persons + hidden;
	loglinear_fit_whole(p->bench->fit, &p->whole, m, start, &p->fit);
	return roughness(p->n_persons + hidden) - roughness(hidden) - p->fit.deviance / 2;
}

/* Golden section between low and high on the scale of log(hidden + 1/2). */
static double maximum(struct profile *p, double low, double high)
{
	static const double golden = 0.61803398874989485;
	double a = log(low + 0.5);
	double b = log(high + 0.5);
	double x1 = b - golden * (b - a);
	double x2 = a + golden * (b - a);
	double f1 = likelihood(p, exp(x1) - 0.5);
	double f2 = likelihood(p, exp(x2) - 0.5);
	/* the likelihood is flat at its maximum: beyond the root of the rounding error there is nothing to
	 * find */
	for (int i = 0; i < MAX_STEPS && b - a > 1e-7; i++) {
		if (f1 < f2) {
			a = x1;
			x1 = x2;
			f1 = f2;
			x2 = a + golden * (b - a);
			f2 = likelihood(p, exp(x2) - 0.5);
		} else {
			b = x2;
			x2 = x1;
			f2 = f1;
			x1 = b - golden * (b - a);
			f1 = likelihood(p, exp(x1) - 0.5);
		}
	}
	return fmax(exp((a + b) / 2) - 0.5, 0);
}

/* Where the likelihood crosses the limit between inside (above it) and outside (below). */
static double crossing(struct profile *p, double limit, double inside, double outside)
{
	double a = log(inside + 0.5);
	double b = log(outside + 0.5);
	for (int i = 0; i < MAX_STEPS && fabs(b - a) > PRECISION; i++) {
		double middle = (a + b) / 2;
		if (likelihood(p, exp(middle) - 0.5) > limit)
			a = middle;
		else
			b = middle;
	}
	return fmax(exp((a + b) / 2) - 0.5, 0);
}

static int profile_init(struct profile *p, const struct loglinear_table *t, struct cf_error *err)
{
	TRY(loglinear_table_init(&p->whole, t->n_lists, err));
	memcpy(p->whole.counts, t->counts, t->n_cells * sizeof *t->counts);
	memcpy(p->whole.totals, t->totals, t->n_cells * sizeof *t->totals);
	p->whole.n_persons = t->n_persons;
	p->n_persons = t->n_persons;
	p->fit = p->selection->fit;
	return CF_OK;
}

int profile_interval(struct select_bench *b, const struct loglinear_table *t, const struct selection *s,
	double level, struct profile_interval *ret, struct cf_error *err)
{
	CF_CLEANUP(profile_done) struct profile p = {.bench = b, .selection = s};
	struct profile_interval found = {.upper = NAN};
	TRY(profile_init(&p, t, err));
	double best =
		maximum(&p, s->fit.hidden / 2 - 1 > 0 ? s->fit.hidden / 2 - 1 : 0, 2 * s->fit.hidden + 2);
	double limit = likelihood(&p, best) - gsl_cdf_chisq_Pinv(level, 1) / 2;
	found.maximum = t->n_persons + best;
	found.lower = t->n_persons;
	if (likelihood(&p, 0) < limit)
		found.lower += crossing(&p, limit, best, 0);
	p.fit = s->fit;
	double outside = 2 * best + 2;
	found.unbounded = true;
	for (int i = 0; i < MAX_DOUBLINGS && found.unbounded; i++, outside *= 2)
		found.unbounded = likelihood(&p, outside) > limit;
	if (!found.unbounded)
		found.upper = t->n_persons + crossing(&p, limit, best, outside / 2);
	*ret = found;
	return CF_OK;
}
