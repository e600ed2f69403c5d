#include "estimate/options.h"

#include "estimate/classes.h"
#include "estimate/hierarchy.h"
#include "estimate/prior.h"

enum { MAX_BOOTSTRAP = 10000000, MAX_GRID = 1000000 };

/* Beyond this the gamma functions of the posterior lose the digits that matter. */
#define MAX_HIDDEN UINT64_C(1000000000000)

static const double SMALLEST_SHARE = 0.5;

static int check_share(const char *what, const struct estimate_share *s, struct cf_error *err)
{
	if (s->low >= SMALLEST_SHARE && s->high <= 1 && s->low <= s->high)
		return CF_OK;
	return error_set(err, CF_E_USAGE,
		"the %s of the linkage must lie between %g and 1, its lower value first: with less than half "
		"of "
		"the links right there is nothing to correct from",
		what, SMALLEST_SHARE);
}

struct classes_options options_sampling(const struct estimate_options *o)
{
	struct classes_options c = CLASSES_OPTIONS_INIT;
	const struct estimate_sampling *s = &o->sampling;
	c.n_classes = s->n_classes ? s->n_classes : c.n_classes;
	c.n_chains = s->n_chains ? s->n_chains : c.n_chains;
	c.n_draws = s->n_draws ? s->n_draws : c.n_draws;
	c.n_burn_in = s->n_burn_in ? s->n_burn_in : c.n_burn_in;
	c.n_thin = s->n_thin ? s->n_thin : c.n_thin;
	/* comparing with 0: "not set" */
	c.alpha_shape = s->alpha_shape > 0 ? s->alpha_shape : c.alpha_shape;
	c.alpha_rate = s->alpha_rate > 0 ? s->alpha_rate : c.alpha_rate;
	c.seed = o->seed;
	c.level = o->level;
	return c;
}

static int check_sampling(const struct estimate_options *o, struct cf_error *err)
{
	if (!(o->sampling.alpha_shape >= 0 && o->sampling.alpha_rate >= 0))
		return error_set(err, CF_E_USAGE, "the prior of alpha must have a positive shape and rate");
	const struct classes_options c = options_sampling(o);
	return classes_check(&c, err);
}

int options_check(const struct overlap_table *t, const struct estimate_options *o, struct cf_error *err)
{
	if (o->methods == 0 || o->methods >> ESTIMATE_N_METHODS)
		return error_set(err, CF_E_USAGE, "no such estimation method");
	if (!(o->p >= 0 && o->p <= 1))
		return error_set(err, CF_E_USAGE, "the stepwise threshold must lie between 0 and 1");
	if (!(o->level > 0 && o->level < 1))
		return error_set(err, CF_E_USAGE, "the level of the interval must lie between 0 and 1");
	if (o->order < 1 || o->order > HIERARCHY_MAX_LISTS)
		return error_set(err, CF_E_USAGE, "the largest interaction must be of order 1 to %d",
			HIERARCHY_MAX_LISTS);
	if (o->n_bootstrap > MAX_BOOTSTRAP)
		return error_set(err, CF_E_LIMIT, "at most %d bootstrap replicates", MAX_BOOTSTRAP);
	if (!(o->delta >= 0 && o->delta <= 1e6))
		return error_set(err, CF_E_USAGE, "the prior's delta must be positive");
	if (o->grid_end > MAX_HIDDEN)
		return error_set(err, CF_E_USAGE,
			"the grid must end at %.0f hidden persons or before: beyond that too few digits are "
			"left",
			(double)MAX_HIDDEN);
	if (o->grid_points > MAX_GRID || (o->grid_end > 0) != (o->grid_points > 0) ||
		o->grid_points > o->grid_end)
		return error_set(err, CF_E_USAGE,
			"the grid must have at most %d points, and no more than hidden numbers up to its end",
			MAX_GRID);
	TRY(prior_check(o, err));
	if ((unsigned)o->interval > ESTIMATE_INTERVAL_PROFILE)
		return error_set(err, CF_E_USAGE, "no such kind of interval");
	TRY(check_sampling(o, err));
	TRY(check_share("recall", &o->recall, err));
	TRY(check_share("precision", &o->precision, err));
	if (o->methods & UINT32_C(1) << ESTIMATE_CHAPMAN && t->n_lists != 2)
		return error_set(err, CF_E_USAGE,
			"Chapman's estimate needs exactly two lists; this table has %zu", t->n_lists);
	if (!o->model && o->methods & UINT32_C(1) << ESTIMATE_MODEL)
		return error_set(err, CF_E_USAGE, "the method 'model' needs a model, as in [12,3] or A:B, C");
	return CF_OK;
}
