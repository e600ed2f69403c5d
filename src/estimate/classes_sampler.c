#include "estimate/classes_sampler.h"

#include <math.h>
#include <string.h>

enum { N_SLIDES = 2, HALF_TABLE = 1 << (HIERARCHY_MAX_LISTS / 2) };

/* Chances keep off 0 and 1, where logarithms end; the product over twelve lists is still a number. */
#define LEAST_CHANCE 1e-24
#define LEAST_ALPHA 1e-150
#define MOST_HIDDEN 0x1p53

static double keep_off_edges(double p)
{
	return fmin(fmax(p, LEAST_CHANCE), 1 - 0x1p-52);
}

static double log_uniform(struct random_stream *random)
{
	return log(1 - random_uniform(random));
}

/* ---- probabilities of patterns ---- */

/* ret[s] = p(on exactly the lists s of these) */
static void fill_products(const double *chances, uint32_t n, double *ret)
{
	ret[0] = 1;
	for (uint32_t j = 0; j < n; j++)
		for (uint32_t s = 0; s < UINT32_C(1) << j; s++) {
			ret[s | UINT32_C(1) << j] = ret[s] * chances[j];
			ret[s] *= 1 - chances[j];
		}
}

static void fill_column(const struct classes_cells *c, const double *chances, double *column)
{
	double low[HALF_TABLE];
	double high[HALF_TABLE];
	const uint32_t half = c->n_lists / 2;
	const uint32_t mask = (UINT32_C(1) << half) - 1;
	fill_products(chances, half, low);
	fill_products(chances + half, c->n_lists - half, high);
	for (size_t i = 0; i < c->n_cells; i++)
		column[i] = low[c->patterns[i] & mask] * high[c->patterns[i] >> half];
	column[c->missed] = low[0] * high[0];
	double seen = 0;
	for (uint32_t j = 0; j < c->n_lists; j++)
		seen = chances[j] + (1 - chances[j]) * seen;
	column[c->missed + 1] = seen;
}

static double *column_of(const struct classes_sampler *s, uint32_t k)
{
	return s->given + k * s->cells->n_rows;
}

static void add_column(double weight, const double *restrict column, size_t n, double *restrict sum)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += weight * column[i];
}

static double log_likelihood(
	const struct classes_sampler *s, const double *chance, const double *counts, double n)
{
	const struct classes_cells *c = s->cells;
	double sum = -n * log(fmax(chance[c->missed + 1], 1e-300));
	for (size_t i = 0; i < c->n_cells; i++)
		if (counts[i] > 0)
			sum += counts[i] * log(fmax(chance[i], 1e-300));
	return sum;
}

static void sum_columns(struct classes_sampler *s)
{
	memset(s->chance, 0, s->cells->n_rows * sizeof *s->chance);
	for (uint32_t k = 0; k < s->cells->n_classes; k++)
		add_column(s->state.weights[k], column_of(s, k), s->cells->n_rows, s->chance);
	s->log_likelihood = log_likelihood(s, s->chance, s->counts, s->n);
}

static void break_sticks(struct classes_state *state, uint32_t n)
{
	double rest = 0;
	for (uint32_t k = 0; k < n; k++) {
		state->weights[k] = exp(rest + state->log_stick[k]);
		rest += state->log_rest[k];
	}
}

void classes_sampler_refresh(struct classes_sampler *s)
{
	break_sticks(&s->state, s->cells->n_classes);
	for (uint32_t k = 0; k < s->cells->n_classes; k++)
		fill_column(s->cells, s->state.chances[k], column_of(s, k));
	sum_columns(s);
}

/* ---- setting up ---- */

size_t classes_sampler_size(const struct classes_cells *c)
{
	return c->n_rows * (c->n_classes + 3);
}

void classes_sampler_init(struct classes_sampler *s, const struct classes_cells *c, double *memory)
{
	*s = (struct classes_sampler){.cells = c, .given = memory, .slide = 0.3};
	s->chance = memory + c->n_rows * c->n_classes;
	s->trial = s->chance + c->n_rows;
	s->trial_chance = s->trial + c->n_rows;
}

void classes_sampler_set_table(struct classes_sampler *s, const double *counts)
{
	s->counts = counts;
	s->n = 0;
	for (size_t i = 0; i < s->cells->n_cells; i++)
		s->n += counts[i];
	s->least_slid = fmin(0.5 / s->n, 0.001);
}

/* The logarithm of a gamma variate, which itself may be too small for a double. */
static double draw_log_gamma(struct random_stream *random, double shape)
{
	if (shape >= 1)
		return log(random_gamma(random, shape, 1));
	return log(random_gamma(random, shape + 1, 1)) + log_uniform(random) / shape;
}

/* V ~ Beta(a, b) */
static void draw_stick(struct classes_sampler *s, uint32_t k, double a, double b)
{
	double x = draw_log_gamma(&s->random, a);
	double y = draw_log_gamma(&s->random, b);
	double sum = fmax(x, y) + log1p(exp(-fabs(x - y)));
	s->state.log_stick[k] = x - sum;
	s->state.log_rest[k] = y - sum;
}

static void end_sticks(struct classes_sampler *s)
{
	const uint32_t last = s->cells->n_classes - 1;
	s->state.log_stick[last] = 0;
	s->state.log_rest[last] = -INFINITY;
}

static void draw_alpha(struct classes_sampler *s)
{
	const struct classes_cells *c = s->cells;
	double rate = c->alpha_rate;
	for (uint32_t k = 0; k + 1 < c->n_classes; k++)
		rate -= s->state.log_rest[k];
	s->state.alpha =
		fmax(random_gamma(&s->random, c->alpha_shape + c->n_classes - 1, 1 / rate), LEAST_ALPHA);
}

void classes_sampler_start(struct classes_sampler *s)
{
	const struct classes_cells *c = s->cells;
	s->state.alpha = fmax(exp(draw_log_gamma(&s->random, c->alpha_shape)) / c->alpha_rate, LEAST_ALPHA);
	for (uint32_t k = 0; k < c->n_classes; k++) {
		draw_stick(s, k, 1, s->state.alpha);
		for (uint32_t j = 0; j < c->n_lists; j++)
			s->state.chances[k][j] = keep_off_edges(random_uniform(&s->random));
	}
	end_sticks(s);
	classes_sampler_refresh(s);
}

/* ---- the Gibbs sweep ---- */

/* Persons of each class, and those of them on each list. */
struct allocation {
	double persons[CLASSES_MAX_CLASSES];
	double on[CLASSES_MAX_CLASSES][HIERARCHY_MAX_LISTS];
};

/* Divides the persons of a row over the classes: each class is binomial given those before it. */
static void allocate(struct classes_sampler *s, size_t row, uint64_t count, struct allocation *a)
{
	const struct classes_cells *c = s->cells;
	const uint32_t pattern = row < c->n_cells ? c->patterns[row] : 0;
	double left = s->chance[row];
	for (uint32_t k = 0; k < c->n_classes && count > 0; k++) {
		double share = s->state.weights[k] * column_of(s, k)[row];
		/* rounding may leave a little less than the shares still to come, or more than there are */
		double p = share < left && k + 1 < c->n_classes ? share / left : 1;
		uint64_t here = random_binomial(&s->random, count, p);
		left -= share;
		count -= here;
		if (here == 0)
			continue;
		a->persons[k] += (double)here;
		for (uint32_t rest = pattern; rest; rest &= rest - 1)
			a->on[k][__builtin_ctz(rest)] += (double)here;
	}
}

/* Negative binomial, as a Poisson whose mean is a gamma variate. */
double classes_sampler_draw_hidden(const struct classes_sampler *s, struct random_stream *random)
{
	double odds = s->chance[s->cells->missed] / fmax(s->chance[s->cells->missed + 1], 1e-300);
	if (!(s->n > 0 && odds > 0))
		return 0;
	double mean = random_gamma(random, s->n, odds);
	return mean < MOST_HIDDEN ? (double)random_poisson(random, mean) : INFINITY;
}

static void draw_classes(struct classes_sampler *s, const struct allocation *a)
{
	const uint32_t n = s->cells->n_classes;
	double later = 0;
	s->n_used = 0;
	for (uint32_t k = 0; k < n; k++)
		later += a->persons[k];
	for (uint32_t k = 0; k < n; k++) {
		const double here = a->persons[k];
		s->n_used += here > 0;
		later = fmax(later - here, 0);
		draw_stick(s, k, 1 + here, s->state.alpha + later);
		for (uint32_t j = 0; j < s->cells->n_lists; j++) {
			const double on = a->on[k][j];
			double p = here > 0 ? random_beta(&s->random, 1 + on, 1 + (here - on))
					    : random_uniform(&s->random);
			s->state.chances[k][j] = keep_off_edges(p);
		}
	}
	end_sticks(s);
}

/* ---- sliding along the ridge ---- */

/* Class k gets a weight larger by a factor, relative to all the others, and each of its chances smaller odds
 * by the same factor: what it contributes to patterns of one list, which is most of what is seen, stays.
 * Gibbs steps crawl along this ridge. */
struct slide {
	uint32_t k;
	double log_stick[CLASSES_MAX_CLASSES]; /* of classes up to k; later ones keep theirs */
	double log_rest[CLASSES_MAX_CLASSES];
	double weights[CLASSES_MAX_CLASSES];
	double chances[HIERARCHY_MAX_LISTS];
};

static bool slide_chances(const struct classes_sampler *s, uint32_t k, double step, double *ret)
{
	const double factor = exp(-step);
	for (uint32_t j = 0; j < s->cells->n_lists; j++) {
		const double p = s->state.chances[k][j];
		double odds = p / (1 - p) * factor;
		ret[j] = odds / (1 + odds);
		if (!(ret[j] > LEAST_CHANCE && ret[j] < 1 - 0x1p-52))
			return false;
	}
	return true;
}

/* Sticks and weights when class k's weight gets exp(step) as large relative to the others. */
static void slide_sticks(const struct classes_sampler *s, double step, struct slide *p)
{
	const struct classes_state *state = &s->state;
	const double gain = expm1(step);
	double part = state->weights[p->k]; /* class k's part of what the classes before l left */
	for (uint32_t l = 0; l < p->k; l++) {
		const double by = log1p(part * gain);
		p->log_stick[l] = state->log_stick[l] - by;
		/* (1 - V + part gain) / (1 + part gain), with part = (1 - V) times the next part */
		part = fmin(part / exp(state->log_rest[l]), 1);
		p->log_rest[l] = state->log_rest[l] + log1p(part * gain) - by;
	}
	const double logit = state->log_stick[p->k] - state->log_rest[p->k] + step;
	p->log_stick[p->k] = -fmax(-logit, 0) - log1p(exp(-fabs(logit)));
	p->log_rest[p->k] = p->log_stick[p->k] - logit;
	const double total = 1 + state->weights[p->k] * gain;
	for (uint32_t l = 0; l < s->cells->n_classes; l++)
		p->weights[l] = state->weights[l] * (l == p->k ? 1 + gain : 1) / total;
}

static void fill_trial(struct classes_sampler *s, const struct slide *p)
{
	const size_t n = s->cells->n_rows;
	fill_column(s->cells, p->chances, s->trial);
	memset(s->trial_chance, 0, n * sizeof *s->trial_chance);
	for (uint32_t l = 0; l < s->cells->n_classes; l++)
		add_column(p->weights[l], l == p->k ? s->trial : column_of(s, l), n, s->trial_chance);
}

/* Log prior density of sticks up to k and of class k's chances, in logits. The logarithms of ratios of
 * weights, in which a slide is a translation, have the same density as the logits of the sticks, since their
 * Jacobians differ by a constant. */
static double log_prior(const struct classes_sampler *s, uint32_t k, const double *log_stick,
	const double *log_rest, const double *chances)
{
	double sum = 0;
	for (uint32_t l = 0; l <= k && l + 1 < s->cells->n_classes; l++)
		sum += log_stick[l] + s->state.alpha * log_rest[l];
	for (uint32_t j = 0; j < s->cells->n_lists; j++)
		sum += log(chances[j]) + log1p(-chances[j]);
	return sum;
}

static void accept_slide(struct classes_sampler *s, const struct slide *p, double likelihood)
{
	struct classes_state *state = &s->state;
	const size_t n = s->cells->n_rows;
	memcpy(state->log_stick, p->log_stick, (p->k + 1) * sizeof *p->log_stick);
	memcpy(state->log_rest, p->log_rest, (p->k + 1) * sizeof *p->log_rest);
	memcpy(state->weights, p->weights, s->cells->n_classes * sizeof *p->weights);
	memcpy(state->chances[p->k], p->chances, sizeof p->chances);
	memcpy(column_of(s, p->k), s->trial, n * sizeof *s->trial);
	memcpy(s->chance, s->trial_chance, n * sizeof *s->chance);
	s->log_likelihood = likelihood;
}

bool classes_sampler_slide(struct classes_sampler *s, uint32_t k)
{
	struct classes_state *state = &s->state;
	struct slide p = {.k = k};
	const double step = s->slide * random_normal(&s->random);
	const double threshold = log_uniform(&s->random);
	if (state->weights[k] < s->least_slid || !slide_chances(s, k, step, p.chances))
		return false;
	slide_sticks(s, step, &p);
	if (p.weights[k] < s->least_slid)
		return false;
	fill_trial(s, &p);
	const double likelihood = log_likelihood(s, s->trial_chance, s->counts, s->n);
	const double gain = likelihood - s->log_likelihood +
			    log_prior(s, k, p.log_stick, p.log_rest, p.chances) -
			    log_prior(s, k, state->log_stick, state->log_rest, state->chances[k]);
	if (!(threshold < gain))
		return false;
	accept_slide(s, &p, likelihood);
	return true;
}

/* ---- changing places ---- */

/* Classes k and k + 1 change numbers and keep their weights, so that the likelihood stays: large classes come
 * to stand early, as the prior likes it, which Gibbs steps do slowly (Papaspiliopoulos and Roberts 2008).
 * With weights u and v relative to what earlier classes left, the prior's ratio is (1 - u) / (1 - v). */
void classes_sampler_change_places(struct classes_sampler *s, uint32_t k)
{
	struct classes_state *state = &s->state;
	const double threshold = log_uniform(&s->random);
	const double log_v = state->log_rest[k] + state->log_stick[k + 1];
	const double log_rest = log1p(-exp(log_v));
	if (!(isfinite(log_rest) && threshold < state->log_rest[k] - log_rest))
		return;
	const double both = state->log_rest[k] + state->log_rest[k + 1];
	const double weight = state->weights[k];
	double chances[HIERARCHY_MAX_LISTS];
	state->log_stick[k + 1] = state->log_stick[k] - log_rest;
	state->log_rest[k + 1] = both - log_rest;
	state->log_stick[k] = log_v;
	state->log_rest[k] = log_rest;
	state->weights[k] = state->weights[k + 1];
	state->weights[k + 1] = weight;
	memcpy(chances, state->chances[k], sizeof chances);
	memcpy(state->chances[k], state->chances[k + 1], sizeof chances);
	memcpy(state->chances[k + 1], chances, sizeof chances);
	for (size_t i = 0; i < s->cells->n_rows; i++) {
		const double p = column_of(s, k)[i];
		column_of(s, k)[i] = column_of(s, k + 1)[i];
		column_of(s, k + 1)[i] = p;
	}
}

/* ---- a sweep, and exchanges ---- */

void classes_sampler_sweep(struct classes_sampler *s, bool adapt)
{
	const struct classes_cells *c = s->cells;
	struct allocation a;
	memset(a.persons, 0, c->n_classes * sizeof *a.persons);
	memset(a.on, 0, c->n_classes * sizeof *a.on);
	double hidden = classes_sampler_draw_hidden(s, &s->random);
	s->overflow |= !(hidden < MOST_HIDDEN);
	hidden = fmin(hidden, MOST_HIDDEN);
	for (size_t i = 0; i < c->n_cells; i++)
		allocate(s, i, (uint64_t)s->counts[i], &a);
	allocate(s, c->missed, (uint64_t)hidden, &a);
	draw_classes(s, &a);
	draw_alpha(s);
	classes_sampler_refresh(s);
	for (uint32_t k = 0; k < c->n_classes; k++)
		for (int i = 0; i < N_SLIDES && s->state.weights[k] >= s->least_slid; i++) {
			bool taken = classes_sampler_slide(s, k);
			if (adapt)
				s->slide = fmin(fmax(s->slide * (taken ? 1.03 : 0.985), 0.01), 5);
		}
	for (uint32_t k = 0; k + 2 < c->n_classes; k++)
		classes_sampler_change_places(s, k);
}

bool classes_sampler_exchange(
	struct classes_sampler *a, struct classes_sampler *b, struct random_stream *random)
{
	const double a_on_b = log_likelihood(b, a->chance, b->counts, b->n);
	const double b_on_a = log_likelihood(a, b->chance, a->counts, a->n);
	if (!(log_uniform(random) < a_on_b + b_on_a - a->log_likelihood - b->log_likelihood))
		return false;
	const struct classes_state state = a->state;
	a->state = b->state;
	b->state = state;
	double *given = a->given;
	a->given = b->given;
	b->given = given;
	double *chance = a->chance;
	a->chance = b->chance;
	b->chance = chance;
	a->log_likelihood = b_on_a;
	b->log_likelihood = a_on_b;
	return true;
}
