#include "estimate/report.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

static const char *const method_names[] = {"main", "stepwise", "bic", "chapman", "model", "aicc", "downhill",
	"average", "graphs", "coverage", "chao", "zelterman", "classes"};
static const char *const status_names[] = {"identified", "no_finite_estimate", "not_identifiable"};
static const char *const verdict_names[] = {"publishable", "fragile", "not_estimable"};

const char *estimate_method_name(enum estimate_method m)
{
	return (unsigned)m < ESTIMATE_N_METHODS ? method_names[m] : "unknown";
}

const char *estimate_status_name(enum estimate_status s)
{
	return (unsigned)s < 3 ? status_names[s] : "unknown";
}

const char *estimate_verdict_name(enum estimate_verdict v)
{
	return (unsigned)v < 3 ? verdict_names[v] : "unknown";
}

/* Why there is no number. */
static const char *why_missing(const struct loglinear_table *t, const struct chooser *c)
{
	const struct existence *e = &c->point.existence;
	if (!(t->n_persons > 0))
		return "the table holds no persons, so there is nothing to estimate from";
	if (t->n_lists == 1)
		return "one list alone says nothing about how many it missed: at least two lists are needed";
	if (c->method == ESTIMATE_CHAPMAN)
		return "the two lists share nobody, so the data do not say how many both have missed";
	if (e->status == ESTIMATE_NOT_IDENTIFIABLE)
		return "the model has more parameters than these data can tell apart: very different totals "
		       "fit "
		       "them equally well";
	if (e->hidden_grows && !e->hidden_vanishes)
		return "the likelihood has no maximum: it keeps rising as the hidden number grows without "
		       "end, "
		       "because lists that the model takes for its measure share nobody";
	if (e->hidden_vanishes && !e->hidden_grows)
		return "the likelihood has no maximum: it keeps rising as the hidden number goes to zero, "
		       "because "
		       "under this model the lists leave nobody unseen";
	return "the likelihood has no maximum: it keeps rising as parameters run away, because groups that "
	       "the "
	       "model compares are empty";
}

static int text_of(
	const struct overlap_table *t, const struct hierarchy *m, char **ret_names, char **ret_digits)
{
	CF_CLEANUP(buffer_done) struct buffer names = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer digits = BUFFER_INIT;
	TRY(hierarchy_format_names(m, t->list_names, &names));
	TRY(hierarchy_format_digits(m, &digits));
	*ret_names = buffer_take(&names);
	*ret_digits = buffer_take(&digits);
	return CF_OK;
}

static int describe_rivals(
	const struct overlap_table *t, const struct chooser *c, struct estimate_result *ret)
{
	const struct search_result *found = c->search;
	ret->n_tied = (uint32_t)found->n_tied;
	ret->search_complete = found->complete;
	ret->n_fits = found->n_fits;
	for (size_t i = 0; i < found->n_kept && ret->n_rivals < ESTIMATE_MAX_RIVALS; i++) {
		/* the chosen one first, then the others in order */
		size_t from = i == 0 ? found->best : i <= found->best ? i - 1 : i;
		struct estimate_rival *rival = &ret->rivals[ret->n_rivals];
		if (found->kept[from].score > found->kept[0].score + ESTIMATE_RIVAL_BIC)
			break;
		TRY(text_of(t, &found->kept[from].model, &rival->model, &rival->model_digits));
		rival->bic = found->kept[from].score;
		rival->estimate = found->kept[from].total;
		rival->weight = c->method == ESTIMATE_AVERAGE ? average_share(&c->average, rival->bic) : NAN;
		ret->n_rivals++;
	}
	return CF_OK;
}

static void describe_fit(
	const struct loglinear_table *dense, const struct chooser *c, struct estimate_result *ret)
{
	const struct loglinear_fit *fit = &c->point.fit;
	double saturated = loglinear_saturated(dense);
	ret->n_infinite = fit->n_infinite;
	ret->deviance = fit->deviance;
	ret->aic = fit->deviance + saturated + 2.0 * ret->n_parameters;
	ret->bic = fit->deviance + saturated + log(dense->n_persons) * ret->n_parameters;
	double penalty = search_penalty(SEARCH_AICC, ret->n_parameters, dense->n_persons);
	ret->aicc = isfinite(penalty) ? fit->deviance + saturated + penalty : NAN;
}

void report_add_fact(struct estimate_result *r, const char *name, double value)
{
	if (r->n_facts == ESTIMATE_MAX_FACTS)
		return;
	struct estimate_fact *f = &r->facts[r->n_facts++];
	(void)snprintf(f->name, sizeof f->name, "%s", name);
	f->value = value;
}

void report_add_setting(
	struct estimate_result *r, const char *label, double estimate, double lower, double upper)
{
	if (r->n_settings == ESTIMATE_MAX_SETTINGS)
		return;
	struct estimate_setting *s = &r->settings[r->n_settings++];
	(void)snprintf(s->label, sizeof s->label, "%s", label);
	s->estimate = estimate;
	s->lower = lower;
	s->upper = upper;
}

static void describe_average(const struct average *a, struct estimate_result *ret)
{
	report_add_fact(ret, "models", (double)a->n_models);
	report_add_fact(ret, "effective_models", average_effective_models(a));
	report_add_fact(ret, "between_models_sd", average_spread(a));
	report_add_fact(ret, "geometric_mean", average_geometric(a));
	report_add_fact(ret, "best_weight", average_share(a, a->least));
}

/* Upper tail of chi-square. */
static double tail(double x, int32_t degrees)
{
	return degrees > 0 && isfinite(x) ? gsl_cdf_chisq_Q(x, degrees) : NAN;
}

void report_add_fit(struct select_bench *b, const struct loglinear_table *dense, const struct selection *s,
	struct estimate_result *ret)
{
	struct estimate_fit f = {0};
	const double *mu = loglinear_fitted_means(b->fit, &s->model, s->fit.alpha);
	for (uint32_t w = 1; w < dense->n_cells; w++) {
		if (!(mu[w] > 0))
			continue;
		double n = dense->counts[w];
		double root = sqrt(n) + sqrt(n + 1) - sqrt(4 * mu[w] + 1);
		f.n_cells++;
		f.n_sparse += mu[w] < 1;
		f.pearson += (n - mu[w]) * (n - mu[w]) / mu[w];
		f.freeman_tukey += root * root;
	}
	f.degrees = (int32_t)f.n_cells - (int32_t)(s->model.n_terms - s->fit.n_infinite);
	f.p_deviance = tail(s->fit.deviance, f.degrees);
	f.p_pearson = tail(f.pearson, f.degrees);
	ret->fit = f;
	/* the hidden number varies about its mean, too: Var(N) = hidden^2 Var(alpha) + hidden */
	ret->log_hidden_variance =
		loglinear_intercept_variance(b->fit, dense, &s->model, &s->fit) + 1 / s->fit.hidden;
}

void report_pick_interval(enum estimate_interval kind, struct estimate_result *r)
{
	if (kind == ESTIMATE_INTERVAL_PERCENTILE && r->n_replicates + r->n_failed) {
		r->lower = r->percentile_lower;
		r->upper = r->percentile_upper;
		r->upper_is_unbounded = isnan(r->upper);
	}
	if (kind == ESTIMATE_INTERVAL_PROFILE && isfinite(r->profile_lower)) {
		r->lower = r->profile_lower;
		r->upper = r->profile_upper;
		r->upper_is_unbounded = r->profile_is_unbounded;
		r->lower_is_extreme = r->upper_is_extreme = false;
	}
}

void report_begin(enum estimate_method m, double level, struct estimate_result *ret)
{
	ret->method = m;
	ret->level = level;
	ret->estimate = NAN;
	ret->lower = ret->upper = NAN;
	ret->percentile_lower = ret->percentile_upper = NAN;
	ret->profile_lower = ret->profile_upper = NAN;
	ret->aicc = ret->log_hidden_variance = NAN;
	ret->fit = (struct estimate_fit){
		.pearson = NAN, .freeman_tukey = NAN, .p_deviance = NAN, .p_pearson = NAN};
	ret->monte_carlo_lower = ret->monte_carlo_upper = NAN;
	ret->bias_correction = ret->acceleration = NAN;
	ret->deviance = ret->aic = ret->bic = NAN;
	ret->search_complete = true;
}

int report_describe(const struct overlap_table *t, const struct loglinear_table *dense,
	const struct chooser *c, struct estimate_result *ret, struct cf_error *err)
{
	report_begin(c->method, ret->level, ret);
	ret->status = c->point.existence.status;
	if (c->method == ESTIMATE_CHAPMAN)
		ret->status = isfinite(c->estimate) ? ESTIMATE_IDENTIFIED : ESTIMATE_NO_FINITE;
	ret->estimate = ret->status == ESTIMATE_IDENTIFIED ? c->estimate : NAN;
	ret->n_parameters = c->point.model.n_terms;
	if (text_of(t, &c->point.model, &ret->model, &ret->model_digits) < 0)
		return error_memory(err);
	if (chooser_searches(c->method) && describe_rivals(t, c, ret) < 0)
		return error_memory(err);
	if (c->method == ESTIMATE_AVERAGE && ret->status == ESTIMATE_IDENTIFIED)
		describe_average(&c->average, ret);
	if (ret->status == ESTIMATE_IDENTIFIED) {
		if (c->method != ESTIMATE_CHAPMAN)
			describe_fit(dense, c, ret);
		return CF_OK;
	}
	ret->reason = mem_strdup(why_missing(dense, c));
	return ret->reason ? CF_OK : error_memory(err);
}

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;
	return (a > b) - (a < b);
}

/* The replicates' numbers alone, still sorted. */
static int keep_finite(const double *sorted, size_t n, struct estimate_result *ret, struct cf_error *err)
{
	size_t begin = 0;
	size_t end = n;
	while (begin < n && isinf(sorted[begin]))
		begin++;
	while (end > begin && isinf(sorted[end - 1]))
		end--;
	ret->replicates = NEW_ARRAY(double, end - begin);
	if (!ret->replicates)
		return error_memory(err);
	memcpy(ret->replicates, sorted + begin, (end - begin) * sizeof *sorted);
	ret->n_replicates = (uint32_t)(end - begin);
	ret->n_failed = (uint32_t)(n - (end - begin));
	return CF_OK;
}

int report_add_interval(const struct replicate_results *r, size_t at, const struct chooser *c,
	struct estimate_result *ret, struct cf_error *err)
{
	double *values = r->values + at * r->n_replicates;
	qsort(values, r->n_replicates, sizeof *values, compare_numbers);
	struct bca_input in = {.estimate = ret->estimate,
		.level = ret->level,
		.n_replicates = r->n_replicates,
		.replicates = values,
		.n_jackknife = r->n_patterns,
		.jackknife = r->jackknife + at * r->n_patterns,
		.weights = r->weights};
	struct bca_interval b;
	bca_interval(&in, &b);
	ret->lower = b.lower;
	ret->upper = b.upper;
	ret->lower_is_extreme = b.lower_is_extreme;
	ret->upper_is_extreme = b.upper_is_extreme;
	ret->upper_is_unbounded = isnan(b.upper);
	ret->monte_carlo_lower = b.monte_carlo_lower;
	ret->monte_carlo_upper = b.monte_carlo_upper;
	ret->bias_correction = b.bias_correction;
	ret->acceleration = b.acceleration;
	ret->percentile_lower = b.percentile_lower;
	ret->percentile_upper = b.percentile_upper;
	for (uint32_t i = 0; i < r->n_replicates; i++)
		ret->n_unproved += r->unproved[at * r->n_replicates + i];
	if (c->method == ESTIMATE_STEPWISE)
		ret->reselection = ESTIMATE_RESELECTION_FULL;
	if (chooser_searches(c->method))
		ret->reselection =
			c->full_reselection ? ESTIMATE_RESELECTION_FULL : ESTIMATE_RESELECTION_RANKED;
	return keep_finite(values, r->n_replicates, ret, err);
}

void report_add_corrected(struct replicate_results *imputed, struct replicate_results *resampled, size_t at,
	struct estimate_result *ret)
{
	struct estimate_corrected *c = &ret->corrected;
	uint32_t n = imputed->n_replicates;
	double *values = imputed->values + (size_t)at * n;
	bool extreme;
	qsort(values, n, sizeof *values, compare_numbers);
	double middle = bca_quantile(values, n, 0.5, &extreme);
	*c = (struct estimate_corrected){.made = true, .n_imputations = n, .lower = NAN, .upper = NAN};
	c->estimate = isfinite(middle) ? middle : NAN;
	for (uint32_t i = 0; i < n; i++) {
		c->n_failed += !isfinite(values[i]);
		c->persons += imputed->persons[i] / n;
	}
	if (resampled->n_replicates == 0 || isnan(c->estimate))
		return;
	struct bca_input in = {.estimate = c->estimate,
		.level = ret->level,
		.n_replicates = resampled->n_replicates,
		.replicates = resampled->values + at * resampled->n_replicates};
	struct bca_interval b;
	qsort(in.replicates, in.n_replicates, sizeof *in.replicates, compare_numbers);
	bca_interval(&in, &b);
	c->lower = b.lower;
	c->upper = b.upper;
	c->upper_is_unbounded = isnan(b.upper);
}

void report_result_done(struct estimate_result *r)
{
	r->model = mem_free(r->model);
	r->model_digits = mem_free(r->model_digits);
	r->reason = mem_free(r->reason);
	r->replicates = mem_free(r->replicates);
	r->posterior.draws = mem_free(r->posterior.draws);
	for (size_t i = 0; i < ESTIMATE_MAX_RIVALS; i++) {
		r->rivals[i].model = mem_free(r->rivals[i].model);
		r->rivals[i].model_digits = mem_free(r->rivals[i].model_digits);
	}
}

struct estimate_report *estimate_report_free(struct estimate_report *r)
{
	if (!r)
		return NULL;
	for (size_t i = 0; i < r->n_results; i++)
		report_result_done(&r->results[i]);
	for (size_t i = 0; i < r->n_compared; i++)
		report_result_done(&r->compared[i]);
	for (size_t i = 0; i < r->n_variants; i++) {
		report_result_done(&r->variants[i].result);
		r->variants[i].label = mem_free(r->variants[i].label);
	}
	for (size_t i = 0; i < r->n_reasons; i++)
		r->reasons[i] = mem_free(r->reasons[i]);
	r->results = mem_free(r->results);
	r->compared = mem_free(r->compared);
	r->variants = mem_free(r->variants);
	r->reasons = mem_free(r->reasons);
	r->reason_rules = mem_free(r->reason_rules);
	r->lists = mem_free(r->lists);
	r->pairs = mem_free(r->pairs);
	r->influences = mem_free(r->influences);
	r->empty_pairs = mem_free(r->empty_pairs);
	return mem_free(r);
}
