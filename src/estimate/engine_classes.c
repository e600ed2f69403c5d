/*
 * Latent classes (classes.h) as a result among others. Where the chains disagree there is no estimate: the
 * reason says where each of them stands, and the draws are kept for whoever wants to look.
 */
#include <math.h>
#include <stdio.h>

#include "base/buffer.h"
#include "estimate/classes.h"
#include "estimate/engines.h"
#include "estimate/options.h"
#include "estimate/report.h"

/* Chains whose medians differ by more than this tell different stories, whatever the errors. */
static const double MODES_DIFFER = 1.1;
/* Of a rough run's chains, which only have to tell whether a total doubles. */
static const double ROUGH_R_HAT = 1.2;

/* "12862, 20948 and 22410" */
static int format_medians(const struct classes_result *c, struct buffer *out)
{
	for (size_t i = 0; i < c->n_chains; i++) {
		const char *before = i == 0 ? "" : i + 1 == c->n_chains ? " and " : ", ";
		TRY(buffer_printf(
			out, c->chain_medians[i] < 1e15 ? "%s%.0f" : "%s%.4g", before, c->chain_medians[i]));
	}
	return CF_OK;
}

static bool medians_differ(const struct classes_result *c)
{
	double low = INFINITY;
	double high = 0;
	for (size_t i = 0; i < c->n_chains; i++) {
		low = fmin(low, c->chain_medians[i]);
		high = fmax(high, c->chain_medians[i]);
	}
	return high > MODES_DIFFER * low;
}

/* Why chains that were run give no number. */
static int format_disagreement(const struct classes_result *c, struct buffer *out)
{
	if (c->mixing.r_hat < CLASSES_LARGEST_R_HAT)
		return buffer_printf(out,
			"the chains have moved too little: their draws are worth %.0f independent ones in "
			"the middle and %.0f in the tails, and %d are needed: more draws, or more rounds for "
			"each, may do it",
			c->mixing.ess_bulk, c->mixing.ess_tail, CLASSES_LEAST_EFFECTIVE);
	TRY(buffer_append_text(
		out, medians_differ(c) ? "the chains stand in different places and each tells another story "
				       : "the chains do not agree "));
	if (!isnan(c->mixing.r_hat))
		TRY(buffer_printf(
			out, "(R-hat %.3f, should be below %.2f)", c->mixing.r_hat, CLASSES_LARGEST_R_HAT));
	TRY(buffer_append_text(out, ": their medians are "));
	TRY(format_medians(c, out));
	return buffer_append_text(out,
		", and no number made of them is an answer; more rounds before the first draw, or more "
		"draws, may bring them together");
}

static void add_facts(
	const struct classes_result *c, const struct classes_options *o, struct estimate_result *ret)
{
	if (c->status == CLASSES_DONE) {
		report_add_fact(ret, "posterior_median", c->median);
		report_add_fact(ret, "posterior_mean", c->mean);
		report_add_fact(ret, "median_error", c->median_error);
		report_add_fact(ret, "lower_error", c->lower_error);
		report_add_fact(ret, "upper_error", c->upper_error);
	}
	report_add_fact(ret, "r_hat", c->mixing.r_hat);
	report_add_fact(ret, "ess_bulk", c->mixing.ess_bulk);
	report_add_fact(ret, "ess_tail", c->mixing.ess_tail);
	report_add_fact(ret, "classes", o->n_classes);
	report_add_fact(ret, "classes_used", c->classes_used);
	report_add_fact(ret, "classes_are_few", c->classes_are_few);
	report_add_fact(ret, "alpha_shape", o->alpha_shape);
	report_add_fact(ret, "alpha_rate", o->alpha_rate);
	report_add_fact(ret, "chains", (double)c->n_chains);
	report_add_fact(ret, "draws", (double)c->n_draws);
	report_add_fact(ret, "exchange_rate", c->exchange_rate);
	for (size_t i = 0; i < c->n_chains; i++) {
		char name[ESTIMATE_FACT_NAME];
		(void)snprintf(name, sizeof name, "chain_%zu_median", i + 1);
		report_add_fact(ret, name, c->chain_medians[i]);
	}
}

/* From fewer classes, beforehand, to more; those that the draws say too little about are left out. */
static int try_priors(const struct classes_result *c, const struct classes_options *o,
	struct estimate_result *ret, struct cf_error *err)
{
	static const double priors[][2] = {{0.1, 0.1}, {0.25, 0.25}, {0.5, 0.5}, {1, 1}, {2, 4}};
	for (size_t i = 0; i < sizeof priors / sizeof *priors; i++) {
		struct classes_reweighed r;
		char label[ESTIMATE_SETTING_LABEL];
		TRY(classes_reweigh(c, o, priors[i][0], priors[i][1], &r, err));
		if (isnan(r.median))
			continue;
		(void)snprintf(label, sizeof label, "alpha %g:%g", priors[i][0], priors[i][1]);
		report_add_setting(ret, label, r.median, r.lower, r.upper);
	}
	return CF_OK;
}

static int refuse(const struct classes_result *c, const struct loglinear_table *t,
	struct estimate_result *ret, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	switch (c->status) {
	case CLASSES_NOT_MIXED:
		if (format_disagreement(c, &text) < 0)
			return error_memory(err);
		return engine_refuse(ret, ESTIMATE_NOT_IDENTIFIABLE, buffer_text(&text), err);
	case CLASSES_TOO_FEW:
		return engine_refuse(ret, ESTIMATE_NOT_IDENTIFIABLE,
			t->n_persons > 0 ? "latent classes need at least three lists: with fewer, any number "
					   "of classes fits"
					 : "the table holds no persons, so there is nothing to estimate from",
			err);
	default:
		return engine_refuse(ret, ESTIMATE_NO_FINITE, classes_reason(c->status), err);
	}
}

static int describe_model(const struct classes_options *o, struct estimate_result *ret, struct cf_error *err)
{
	char model[64];
	(void)snprintf(model, sizeof model, "up to %u latent classes", (unsigned)o->n_classes);
	ret->model = mem_strdup(model);
	ret->model_digits = mem_strdup("");
	return ret->model && ret->model_digits ? CF_OK : error_memory(err);
}

static uint32_t at_most(uint32_t n, uint32_t most)
{
	return n < most ? n : most;
}

/* Enough to see whether a total doubles; times: so much longer. */
static struct classes_options shortened(const struct classes_options *o, uint32_t times)
{
	enum { CHAINS = 2, BURN_IN = 500, DRAWS = 400, THIN = 2 };
	struct classes_options brief = *o;
	brief.n_chains = CHAINS;
	brief.n_burn_in = at_most(o->n_burn_in, times * BURN_IN);
	brief.n_draws = at_most(o->n_draws, times * DRAWS);
	brief.n_thin = at_most(o->n_thin, THIN);
	return brief;
}

static bool is_answer(const struct classes_result *c, bool roughly)
{
	return c->status == CLASSES_DONE ||
	       (roughly && c->status == CLASSES_NOT_MIXED && c->mixing.r_hat < ROUGH_R_HAT);
}

/* *o: as asked; becomes what was run. A short run whose chains disagree says nothing about the data, and is
 * done again, five times as long. */
static int sample(const struct engine_request *q, struct classes_options *o, struct classes_result *c,
	struct cf_error *err)
{
	const struct classes_options asked = *o;
	if (!q->roughly)
		return classes_run(q->dense, o, q->pool, q->progress, c, err);
	for (uint32_t times = 1; times <= 5; times += 4) {
		classes_result_done(c);
		*o = shortened(&asked, times);
		TRY(classes_run(q->dense, o, q->pool, q->progress, c, err));
		if (c->status != CLASSES_NOT_MIXED || is_answer(c, true))
			break;
	}
	return CF_OK;
}

int engine_run_classes(const struct engine_request *q, struct estimate_result *ret, struct cf_error *err)
{
	CF_CLEANUP(classes_result_done) struct classes_result c = {0};
	struct classes_options o = options_sampling(q->options);
	TRY(sample(q, &o, &c, err));
	bool sampled = c.draws && c.status != CLASSES_UNBOUNDED;
	if (sampled)
		add_facts(&c, &o, ret);
	if (!is_answer(&c, q->roughly)) {
		TRY(refuse(&c, q->dense, ret, err));
	} else {
		ret->estimate = c.median;
		ret->lower = c.lower;
		ret->upper = c.upper;
		TRY(describe_model(&o, ret, err));
	}
	if (c.status == CLASSES_DONE && q->with_settings)
		TRY(try_priors(&c, &o, ret, err));
	if (sampled)
		ret->posterior = (struct estimate_posterior){
			.n_chains = c.n_chains, .n_draws = c.n_draws, .draws = TAKE(c.draws)};
	return CF_OK;
}
