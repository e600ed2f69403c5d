#include "estimate/classes.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "estimate/classes_sampler.h"

enum { MAX_RUNGS = 14, LOWEST_SWEEPS = 4, MOST_GROWTH_SWEEPS = 100, MOST_GROWTHS = 100 };
/* Each rung has so many fewer persons: neighbours then exchange about one time in four. */
#define LADDER 2.2
#define LEAST_PERSONS 40.0
/* A growing table grows by this at a time, or more if that would be too often. */
#define GROWTH 1.1

/* The tables of the rungs: the same for all chains. */
struct ladder {
	struct classes_cells cells;
	uint32_t n_rungs;
	double *counts[MAX_RUNGS];
	double n_persons;
};

static void ladder_done(struct ladder *l)
{
	l->cells.patterns = mem_free(l->cells.patterns);
	for (uint32_t i = 0; i < MAX_RUNGS; i++)
		l->counts[i] = mem_free(l->counts[i]);
}

static void shrink(const double *counts, size_t n, double share, double *ret)
{
	for (size_t i = 0; i < n; i++)
		ret[i] = rint(counts[i] * share);
}

static int ladder_init(struct ladder *l, const struct loglinear_table *t, const struct classes_options *o,
	struct cf_error *err)
{
	struct classes_cells *c = &l->cells;
	*c = (struct classes_cells){.n_lists = t->n_lists,
		.n_classes = o->n_classes,
		.alpha_shape = o->alpha_shape,
		.alpha_rate = o->alpha_rate,
		.patterns = NEW_ARRAY(uint32_t, t->n_cells)};
	l->n_persons = t->n_persons;
	l->counts[0] = NEW_ARRAY(double, t->n_cells);
	if (!c->patterns || !l->counts[0])
		return error_memory(err);
	for (uint32_t w = 1; w < t->n_cells; w++)
		if (t->counts[w] > 0) {
			c->patterns[c->n_cells] = w;
			l->counts[0][c->n_cells++] = t->counts[w];
		}
	c->missed = c->n_cells;
	c->n_rows = c->n_cells + 2;
	double share = 1 / LADDER;
	for (l->n_rungs = 1; l->n_rungs < MAX_RUNGS && t->n_persons * share >= LEAST_PERSONS; l->n_rungs++) {
		double *counts = l->counts[l->n_rungs] = NEW_ARRAY(double, c->n_cells);
		if (!counts)
			return error_memory(err);
		shrink(l->counts[0], c->n_cells, share, counts);
		share /= LADDER;
	}
	return CF_OK;
}

struct chain {
	const struct ladder *ladder;
	struct classes_sampler rungs[MAX_RUNGS];
	struct random_stream random; /* of exchanges and of what is kept */
	double *memory;
	double *growing; /* a table */
	uint64_t n_offered, n_taken, n_used, n_full;
};

static void chain_done(struct chain *c)
{
	c->memory = mem_free(c->memory);
	c->growing = mem_free(c->growing);
}

static int chain_init(
	struct chain *c, const struct ladder *l, uint64_t seed, size_t number, struct cf_error *err)
{
	const size_t each = classes_sampler_size(&l->cells);
	*c = (struct chain){.ladder = l,
		.memory = NEW_ARRAY_ZERO(double, each * l->n_rungs),
		.growing = NEW_ARRAY(double, l->cells.n_cells)};
	if (!c->memory || !c->growing)
		return error_memory(err);
	random_init(&c->random, seed, number * (MAX_RUNGS + 1) + MAX_RUNGS);
	for (uint32_t i = 0; i < l->n_rungs; i++) {
		classes_sampler_init(&c->rungs[i], &l->cells, c->memory + i * each);
		random_init(&c->rungs[i].random, seed, number * (MAX_RUNGS + 1) + i);
		classes_sampler_set_table(&c->rungs[i], l->counts[i]);
		classes_sampler_start(&c->rungs[i]);
	}
	return CF_OK;
}

static int check_interrupt(struct cf_error *err)
{
	return interrupt_requested() ? error_set(err, CF_E_INTERRUPTED, "stopped while sampling") : CF_OK;
}

/* Leads the samplers to their tables by one table that grows from a few persons: configurations that few
 * persons cannot tell apart are weighed as more come. These are good starts, from which alone one could not
 * tell whether there are other modes: so every other chain does without. */
static int grow(struct chain *c, uint32_t n_sweeps, struct cf_error *err)
{
	struct classes_sampler *lowest = &c->rungs[0];
	const struct ladder *l = c->ladder;
	const double first = LEAST_PERSONS / lowest->n;
	const double factor = fmax(GROWTH, pow(first, -1.0 / MOST_GROWTHS));
	uint32_t n_left = l->n_rungs;
	for (double share = first; share < 1; share *= factor) {
		TRY(check_interrupt(err));
		for (; n_left > 1 && share >= pow(LADDER, 1 - (double)n_left); n_left--)
			c->rungs[n_left - 1].state = lowest->state;
		shrink(l->counts[0], l->cells.n_cells, share, c->growing);
		classes_sampler_set_table(lowest, c->growing);
		classes_sampler_refresh(lowest);
		for (uint32_t i = 0; i < n_sweeps; i++)
			classes_sampler_sweep(lowest, true);
	}
	classes_sampler_set_table(lowest, l->counts[0]);
	for (uint32_t i = 0; i < l->n_rungs; i++)
		classes_sampler_refresh(&c->rungs[i]);
	return CF_OK;
}

/* At each size of the growing table: who asks for a short burn-in gets a short growth, too. */
static uint32_t growth_sweeps(uint32_t n_burn_in)
{
	return n_burn_in / 50 < MOST_GROWTH_SWEEPS ? 1 + n_burn_in / 50 : MOST_GROWTH_SWEEPS;
}

static void chain_round(struct chain *c, uint64_t number, bool adapt)
{
	for (uint32_t i = 0; i < c->ladder->n_rungs; i++)
		for (int sweep = 0; sweep < (i == 0 ? LOWEST_SWEEPS : 1); sweep++)
			classes_sampler_sweep(&c->rungs[i], adapt);
	for (uint32_t i = number & 1; i + 1 < c->ladder->n_rungs; i += 2) {
		c->n_offered++;
		c->n_taken += classes_sampler_exchange(&c->rungs[i], &c->rungs[i + 1], &c->random);
	}
}

struct run {
	const struct classes_options *options;
	const struct progress *progress;
	const struct ladder *ladder;
	struct chain chains[CLASSES_MAX_CHAINS];
	double *draws;
	double *alphas;
	bool overflow[CLASSES_MAX_CHAINS];
	_Atomic uint64_t n_done; /* rounds */
};

/* Every 64 rounds. */
static int breathe(struct run *run, size_t worker, struct cf_error *err)
{
	const struct classes_options *o = run->options;
	const uint64_t n_rounds = o->n_burn_in + (uint64_t)o->n_draws * o->n_thin;
	TRY(check_interrupt(err));
	uint64_t done = atomic_fetch_add(&run->n_done, 64);
	if (worker == 0)
		progress_report(run->progress, "sampling classes", done, o->n_chains * n_rounds);
	return CF_OK;
}

static double draw_total(struct run *run, struct chain *c, bool *overflow)
{
	const struct classes_sampler *lowest = &c->rungs[0];
	double hidden = classes_sampler_draw_hidden(lowest, &c->random);
	c->n_used += lowest->n_used;
	c->n_full += lowest->n_used == run->options->n_classes;
	*overflow |= lowest->overflow || !isfinite(hidden);
	return run->ladder->n_persons + fmin(hidden, 0x1p53);
}

static int chain_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct run *run = context;
	const struct classes_options *o = run->options;
	struct chain *c = &run->chains[task];
	TRY(chain_init(c, run->ladder, o->seed, task, err));
	if (task % 2 == 0)
		TRY(grow(c, growth_sweeps(o->n_burn_in), err));
	uint64_t number = 0;
	for (uint32_t i = 0; i < o->n_burn_in; i++) {
		if (number % 64 == 0)
			TRY(breathe(run, worker, err));
		chain_round(c, number++, true);
	}
	c->rungs[0].overflow = false;
	for (uint32_t i = 0; i < o->n_draws; i++) {
		for (uint32_t k = 0; k < o->n_thin; k++) {
			if (number % 64 == 0)
				TRY(breathe(run, worker, err));
			chain_round(c, number++, false);
		}
		run->draws[task * o->n_draws + i] = draw_total(run, c, &run->overflow[task]);
		run->alphas[task * o->n_draws + i] = c->rungs[0].state.alpha;
	}
	return CF_OK;
}

static int sum_chains(struct run *run, struct classes_result *r, struct cf_error *err)
{
	const struct classes_options *o = run->options;
	const double n = (double)o->n_chains * o->n_draws;
	uint64_t offered = 0;
	uint64_t taken = 0;
	uint64_t full = 0;
	r->classes_used = 0;
	for (uint32_t i = 0; i < o->n_chains; i++) {
		const struct chain *c = &run->chains[i];
		struct mixing_quantile q;
		TRY(mixing_quantile(run->draws + (size_t)i * o->n_draws, 1, o->n_draws, 0.5, &q, err));
		r->chain_medians[i] = q.value;
		r->classes_used += (double)c->n_used / n;
		offered += c->n_offered;
		taken += c->n_taken;
		full += c->n_full;
	}
	r->exchange_rate = offered ? (double)taken / (double)offered : NAN;
	r->classes_are_few = (double)full >= n / 20;
	return CF_OK;
}

static int describe(struct run *run, struct classes_result *r, struct cf_error *err)
{
	const struct classes_options *o = run->options;
	const size_t n = (size_t)o->n_chains * o->n_draws;
	struct mixing_quantile lower;
	struct mixing_quantile median;
	struct mixing_quantile upper;
	TRY(mixing_quantile(run->draws, o->n_chains, o->n_draws, (1 - o->level) / 2, &lower, err));
	TRY(mixing_quantile(run->draws, o->n_chains, o->n_draws, 0.5, &median, err));
	TRY(mixing_quantile(run->draws, o->n_chains, o->n_draws, (1 + o->level) / 2, &upper, err));
	r->lower = lower.value;
	r->median = median.value;
	r->upper = upper.value;
	r->lower_error = lower.error;
	r->median_error = median.error;
	r->upper_error = upper.error;
	r->mean = 0;
	for (size_t i = 0; i < n; i++)
		r->mean += run->draws[i] / (double)n;
	return CF_OK;
}

/* Where nobody is hidden every draw is the number of persons seen: chains could not agree better. */
static bool all_alike(const double *draws, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (draws[i] < draws[0] || draws[i] > draws[0])
			return false;
	return true;
}

static int summarise(struct run *run, struct classes_result *r, struct cf_error *err)
{
	bool overflow = false;
	TRY(sum_chains(run, r, err));
	TRY(mixing_of(run->draws, run->options->n_chains, run->options->n_draws, &r->mixing, err));
	for (uint32_t i = 0; i < run->options->n_chains; i++)
		overflow |= run->overflow[i];
	if (overflow) {
		r->status = CLASSES_UNBOUNDED;
		return CF_OK;
	}
	TRY(describe(run, r, err));
	if (all_alike(run->draws, (size_t)run->options->n_chains * run->options->n_draws))
		return CF_OK;
	if (!(r->mixing.r_hat < CLASSES_LARGEST_R_HAT && r->mixing.ess_bulk >= CLASSES_LEAST_EFFECTIVE &&
		    r->mixing.ess_tail >= CLASSES_LEAST_EFFECTIVE))
		r->status = CLASSES_NOT_MIXED;
	return CF_OK;
}

void classes_result_done(struct classes_result *r)
{
	r->draws = mem_free(r->draws);
	r->alphas = mem_free(r->alphas);
}

int classes_check(const struct classes_options *o, struct cf_error *err)
{
	if (o->n_classes < 2 || o->n_classes > CLASSES_MAX_CLASSES)
		return error_set(err, CF_E_USAGE, "there can be 2 to %d classes", CLASSES_MAX_CLASSES);
	if (o->n_chains < 2 || o->n_chains > CLASSES_MAX_CHAINS)
		return error_set(err, CF_E_USAGE, "there can be 2 to %d chains", CLASSES_MAX_CHAINS);
	if (o->n_draws < MIXING_LEAST_DRAWS || o->n_draws > CLASSES_MAX_DRAWS || o->n_thin < 1 ||
		o->n_thin > CLASSES_MAX_THIN || o->n_burn_in > CLASSES_MAX_BURN_IN)
		return error_set(err, CF_E_USAGE,
			"a chain keeps %d to %d draws, one in 1 to %d rounds, after at most %d rounds",
			MIXING_LEAST_DRAWS, CLASSES_MAX_DRAWS, CLASSES_MAX_THIN, CLASSES_MAX_BURN_IN);
	if (!(o->alpha_shape >= 0.01 && o->alpha_shape <= 1000 && o->alpha_rate >= 0.001 &&
		    o->alpha_rate <= 1000))
		return error_set(err, CF_E_USAGE,
			"the prior of alpha has a shape of 0.01 to 1000 and a rate of 0.001 to 1000");
	if (!(o->level > 0 && o->level < 1))
		return error_set(err, CF_E_USAGE, "the level should be between 0 and 1");
	return CF_OK;
}

static void run_free(struct run *run)
{
	for (size_t c = 0; c < CLASSES_MAX_CHAINS; c++)
		chain_done(&run->chains[c]);
	mem_free(run->draws);
	mem_free(run->alphas);
	mem_free(run);
}
CF_DEFINE_CLEANUP(struct run, run_free);

static int sample(const struct loglinear_table *t, const struct classes_options *o, struct job_pool *pool,
	const struct progress *progress, struct classes_result *result, struct cf_error *err)
{
	CF_CLEANUP(ladder_done) struct ladder ladder = {0};
	CF_CLEANUP(run_free_ptr) struct run *run = NEW(struct run);
	if (!run)
		return error_memory(err);
	TRY(ladder_init(&ladder, t, o, err));
	run->options = o;
	run->progress = progress;
	run->ladder = &ladder;
	run->draws = NEW_ARRAY(double, (size_t)o->n_chains * o->n_draws);
	run->alphas = NEW_ARRAY(double, (size_t)o->n_chains * o->n_draws);
	if (!run->draws || !run->alphas)
		return error_memory(err);
	TRY(jobs_run(pool, o->n_chains, chain_task, run, err));
	TRY(summarise(run, result, err));
	result->n_rungs = ladder.n_rungs;
	result->n_chains = o->n_chains;
	result->n_draws = o->n_draws;
	result->draws = TAKE(run->draws);
	result->alphas = TAKE(run->alphas);
	return CF_OK;
}

static bool nobody_is_shared(const struct loglinear_table *t)
{
	for (uint32_t w = 1; w < t->n_cells; w++)
		if ((w & (w - 1)) && t->counts[w] > 0)
			return false;
	return true;
}

int classes_run(const struct loglinear_table *t, const struct classes_options *options, struct job_pool *pool,
	const struct progress *progress, struct classes_result *ret, struct cf_error *err)
{
	CF_CLEANUP(classes_result_done)
	struct classes_result result = {.mean = NAN,
		.median = NAN,
		.lower = NAN,
		.upper = NAN,
		.level = options->level,
		.median_error = NAN,
		.lower_error = NAN,
		.upper_error = NAN,
		.mixing = {.r_hat = NAN},
		.classes_used = NAN,
		.exchange_rate = NAN};
	TRY(classes_check(options, err));
	for (size_t c = 0; c < CLASSES_MAX_CHAINS; c++)
		result.chain_medians[c] = NAN;
	if (t->n_lists < 3 || !(t->n_persons > 0))
		result.status = CLASSES_TOO_FEW;
	else if (nobody_is_shared(t))
		result.status = CLASSES_NONE_SHARED;
	else
		TRY(sample(t, options, pool, progress, &result, err));
	*ret = result;
	result.draws = result.alphas = NULL;
	return CF_OK;
}

/* ---- another prior of alpha ---- */

struct weighed {
	double value;
	double weight;
};

static int compare_weighed(const void *a, const void *b)
{
	const double x = ((const struct weighed *)a)->value;
	const double y = ((const struct weighed *)b)->value;
	return (x > y) - (x < y);
}

/* The least value with at least this share of the weight up to it; the weights add up to 1. */
static double weighed_quantile(const struct weighed *sorted, size_t n, double share)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		sum += sorted[i].weight;
		if (sum >= share)
			return sorted[i].value;
	}
	return sorted[n - 1].value;
}

/* Weights that add up to 1; what they leave of n draws. */
static double weigh(const struct classes_result *r, double power, double rate, struct weighed *ret)
{
	const size_t n = r->n_chains * r->n_draws;
	double most = -INFINITY;
	double sum = 0;
	double squares = 0;
	for (size_t i = 0; i < n; i++) {
		ret[i].value = r->draws[i];
		ret[i].weight = power * log(r->alphas[i]) - rate * r->alphas[i];
		most = fmax(most, ret[i].weight);
	}
	for (size_t i = 0; i < n; i++) {
		ret[i].weight = exp(ret[i].weight - most);
		sum += ret[i].weight;
		squares += ret[i].weight * ret[i].weight;
	}
	for (size_t i = 0; i < n; i++)
		ret[i].weight /= sum;
	return sum * sum / squares;
}

int classes_reweigh(const struct classes_result *r, const struct classes_options *made_with, double shape,
	double rate, struct classes_reweighed *ret, struct cf_error *err)
{
	const size_t n = r->n_chains * r->n_draws;
	struct classes_reweighed found = {NAN, NAN, NAN, 0};
	if (r->draws && r->status == CLASSES_DONE) {
		CF_CLEANUP_FREE struct weighed *draws = NEW_ARRAY(struct weighed, n);
		if (!draws)
			return error_memory(err);
		double left = weigh(r, shape - made_with->alpha_shape, rate - made_with->alpha_rate, draws);
		bool alike = isnan(r->mixing.r_hat);
		found.n_effective = left * (alike ? 1 : fmin(r->mixing.ess_bulk / (double)n, 1));
		qsort(draws, n, sizeof *draws, compare_weighed);
		if (found.n_effective >= CLASSES_LEAST_REWEIGHED) {
			found.median = weighed_quantile(draws, n, 0.5);
			found.lower = weighed_quantile(draws, n, (1 - r->level) / 2);
			found.upper = weighed_quantile(draws, n, (1 + r->level) / 2);
		}
	}
	*ret = found;
	return CF_OK;
}

const char *classes_reason(enum classes_status status)
{
	switch (status) {
	case CLASSES_NOT_MIXED:
		return "the chains do not agree, or have moved too little: more draws are needed, and until "
		       "then "
		       "these numbers mean nothing";
	case CLASSES_UNBOUNDED:
		return "nothing bounds the total: the posterior reaches beyond any number that can be "
		       "counted";
	case CLASSES_TOO_FEW:
		return "latent classes need at least three lists with somebody on them";
	case CLASSES_NONE_SHARED:
		return "nobody is on two lists: the answer would be that of the prior alone";
	default:
		return "";
	}
}
