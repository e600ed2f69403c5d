#include "estimate/prior.h"

#include <math.h>

/* So many points of a given prior carry its shape and its answer to every digit that is printed. */
enum { MOST_POINTS = 20000 };
/* Beyond this the gamma functions of the likelihood lose the digits that matter. */
#define MOST_PERSONS 1e12

void prior_grid_done(struct prior_grid *g)
{
	g->hidden = mem_free(g->hidden);
	g->log_prior = mem_free(g->log_prior);
	g->n = 0;
}

int prior_check(const struct estimate_options *o, struct cf_error *err)
{
	const struct estimate_prior *p = &o->prior;
	if ((unsigned)p->kind > ESTIMATE_PRIOR_GIVEN)
		return error_set(err, CF_E_USAGE, "no such prior");
	if (p->kind == ESTIMATE_PRIOR_NEGATIVE_BINOMIAL &&
		!(p->a > 0 && p->b > 0 && p->a <= 1e9 && p->b <= 1e15))
		return error_set(err, CF_E_USAGE,
			"the negative binomial prior needs two numbers above 0: A, its shape, and B, so that "
			"its "
			"mean is A times B");
	if (p->kind != ESTIMATE_PRIOR_GIVEN)
		return CF_OK;
	if (p->n < 2 || !p->totals || !p->weights)
		return error_set(err, CF_E_USAGE, "a prior given by points needs two of them or more");
	double sum = 0;
	for (size_t i = 0; i < p->n; i++) {
		bool rises = i == 0 || p->totals[i] > p->totals[i - 1];
		if (!(p->totals[i] >= 0 && p->totals[i] <= MOST_PERSONS) || !rises)
			return error_set(err, CF_E_USAGE,
				"the totals of a given prior must rise, from 0 to at most 10^12; point %zu "
				"does not",
				i + 1);
		if (!(p->weights[i] >= 0 && isfinite(p->weights[i])))
			return error_set(err, CF_E_USAGE,
				"the weights of a given prior must be numbers from 0 up; point %zu's is not",
				i + 1);
		sum += p->weights[i];
	}
	return sum > 0 ? CF_OK : error_set(err, CF_E_USAGE, "all weights of the given prior are nought");
}

/* Straight lines between the points, nothing outside them. *at: the stretch where the last total was, since
 * totals rise. */
static double weight_of(const struct estimate_prior *p, double total, size_t *at)
{
	if (total < p->totals[0] || total > p->totals[p->n - 1])
		return 0;
	while (*at + 2 < p->n && total > p->totals[*at + 1])
		++*at;
	double share = (total - p->totals[*at]) / (p->totals[*at + 1] - p->totals[*at]);
	return p->weights[*at] + share * (p->weights[*at + 1] - p->weights[*at]);
}

/* The first and last number of hidden persons and how many points lie between. */
struct span {
	double first, last;
	size_t n;
};

static double point_of(const struct span *s, size_t i)
{
	return s->n > 1 ? rint(s->first + (s->last - s->first) * (double)i / (double)(s->n - 1)) : s->last;
}

static struct span find_span(const struct estimate_options *o, double n_persons)
{
	const struct estimate_prior *p = &o->prior;
	if (o->grid_points)
		return (struct span){1, (double)o->grid_end, o->grid_points};
	double first = fmax(ceil(p->totals[0]) - n_persons, 0);
	double last = floor(p->totals[p->n - 1]) - n_persons;
	if (last < first)
		return (struct span){0, 0, 0};
	return (struct span){first, last, (size_t)fmin(last - first + 1, MOST_POINTS)};
}

int prior_grid_make(
	const struct estimate_options *o, double n_persons, struct prior_grid *ret, struct cf_error *err)
{
	bool given = o->prior.kind == ESTIMATE_PRIOR_GIVEN;
	if (!given && o->grid_points == 0)
		return CF_OK;
	struct span span = find_span(o, n_persons);
	CF_CLEANUP(prior_grid_done) struct prior_grid g = {0};
	g.hidden = NEW_ARRAY(double, span.n);
	g.log_prior = NEW_ARRAY(double, span.n);
	if (!g.hidden || !g.log_prior)
		return error_memory(err);
	size_t at = 0;
	for (size_t i = 0; i < span.n; i++) {
		double hidden = point_of(&span, i);
		double weight = given ? weight_of(&o->prior, n_persons + hidden, &at) : 1;
		if (!(weight > 0))
			continue;
		g.hidden[g.n] = hidden;
		g.log_prior[g.n++] = log(weight);
	}
	*ret = g;
	g = (struct prior_grid){0};
	return CF_OK;
}
