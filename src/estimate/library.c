/* The public interface (include/counterfoil/estimate.h) over estimate.h: arguments checked, structs
 * translated. */
#include <counterfoil/estimate.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "estimate/estimate.h"
#include "estimate/hierarchy.h"

enum { VERSION = 1 };

struct cf_estimate_report {
	struct estimate_report *inner;
};

/* What a caller built against the first version has. */
static const uint64_t FIRST_OPTIONS = sizeof(struct cf_estimate_options);
static const uint64_t FIRST_RESULT = sizeof(struct cf_estimate_result);

static int32_t complain(const struct cf_error *err, int code, char *message, uint64_t message_size)
{
	if (message && message_size)
		(void)snprintf(message, message_size, "%s", err->message);
	return code;
}

int32_t cf_estimate_version(void)
{
	return VERSION;
}

int32_t cf_estimate_defaults(struct cf_estimate_options *options, uint64_t struct_size)
{
	const struct estimate_options from = ESTIMATE_OPTIONS_INIT;
	if (!options || struct_size < FIRST_OPTIONS)
		return CF_ESTIMATE_E_USAGE;
	memset(options, 0, struct_size);
	*options = (struct cf_estimate_options){.struct_size = struct_size,
		.methods = from.methods,
		.n_bootstrap = from.n_bootstrap,
		.seed = from.seed,
		.p = from.p,
		.level = from.level,
		.recall_low = 1,
		.recall_high = 1,
		.precision_low = 1,
		.precision_high = 1,
		.order = from.order};
	return 0;
}

static int translate(
	const struct cf_estimate_options *from, struct estimate_options *ret, struct cf_error *err)
{
	if (from->struct_size < FIRST_OPTIONS)
		return error_set(err, CF_E_USAGE, "struct_size of the options is not set");
	if (from->methods > UINT32_MAX || from->n_bootstrap > UINT32_MAX || from->interval < 0 ||
		from->grid_points > UINT32_MAX || from->n_threads < 0 || from->n_classes < 0 ||
		from->n_chains < 0 || from->n_draws < 0 || from->n_burn_in < 0 || from->n_thin < 0 ||
		from->prior < 0)
		return error_set(err, CF_E_USAGE, "an option is out of its range");
	*ret = (struct estimate_options){.methods = (uint32_t)from->methods,
		.p = from->p,
		.order = from->order,
		.n_bootstrap = (uint32_t)from->n_bootstrap,
		.seed = from->seed,
		.level = from->level,
		.model = from->model,
		.interval = (enum estimate_interval)from->interval,
		.recall = {from->recall_low, from->recall_high},
		.precision = {from->precision_low, from->precision_high},
		.delta = from->delta,
		.prior = {.kind = (enum estimate_prior_kind)from->prior,
			.a = from->prior_a,
			.b = from->prior_b,
			.n = from->prior_n,
			.totals = from->prior_totals,
			.weights = from->prior_weights},
		.grid_end = from->grid_end,
		.grid_points = (uint32_t)from->grid_points,
		.sampling = {.n_classes = (uint32_t)from->n_classes,
			.n_chains = (uint32_t)from->n_chains,
			.n_draws = (uint32_t)from->n_draws,
			.n_burn_in = (uint32_t)from->n_burn_in,
			.n_thin = (uint32_t)from->n_thin,
			.alpha_shape = from->alpha_shape,
			.alpha_rate = from->alpha_rate}};
	return CF_OK;
}

/* Lists are named by their numbers. */
static int make_table(
	int32_t n_lists, const uint64_t *counts, struct overlap_table **ret, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	char names[HIERARCHY_MAX_LISTS][8];
	const char *pointers[HIERARCHY_MAX_LISTS];
	if (n_lists < 1 || n_lists > HIERARCHY_MAX_LISTS)
		return error_set(err, CF_E_LIMIT, "there must be 1 to %d lists", HIERARCHY_MAX_LISTS);
	if (counts[0])
		return error_set(err, CF_E_INPUT, "persons on no list cannot have been counted");
	for (int32_t i = 0; i < n_lists; i++) {
		(void)snprintf(names[i], sizeof names[i], "%d", (int)i + 1);
		pointers[i] = names[i];
	}
	TRY(overlap_new((size_t)n_lists, pointers, &t, err));
	for (uint32_t w = 1; w < UINT32_C(1) << n_lists; w++)
		TRY(overlap_add(t, w, 0, counts[w], err));
	*ret = TAKE(t);
	return CF_OK;
}

static int run(int32_t n_lists, const uint64_t *counts, const struct cf_estimate_options *options,
	struct estimate_report **ret, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct estimate_options o;
	if (!counts)
		return error_set(err, CF_E_USAGE, "no counts were given");
	TRY(translate(options, &o, err));
	TRY(make_table(n_lists, counts, &t, err));
	TRY(jobs_new(options->n_threads, &pool, err));
	return options->stability ? estimate_run_full(t, &o, pool, NULL, ret, err)
				  : estimate_run(t, &o, pool, NULL, ret, err);
}

int32_t cf_estimate_run(int32_t n_lists, const uint64_t *counts, const struct cf_estimate_options *options,
	struct cf_estimate_report **ret_report, char *message, uint64_t message_size)
{
	struct cf_error err = CF_ERROR_INIT;
	struct cf_estimate_options defaults;
	CF_CLEANUP_ESTIMATE struct estimate_report *inner = NULL;
	(void)cf_estimate_defaults(&defaults, sizeof defaults);
	if (!ret_report)
		return CF_ESTIMATE_E_USAGE;
	struct cf_estimate_report *made = NEW(struct cf_estimate_report);
	int status =
		made ? run(n_lists, counts, options ? options : &defaults, &inner, &err) : error_memory(&err);
	if (status < 0) {
		made = mem_free(made);
		return complain(&err, status, message, message_size);
	}
	made->inner = TAKE(inner);
	*ret_report = made;
	return 0;
}

void cf_estimate_free(struct cf_estimate_report *report)
{
	if (!report)
		return;
	report->inner = estimate_report_free(report->inner);
	mem_free(report);
}

static const struct estimate_result *result_at(const struct cf_estimate_report *report, int32_t at)
{
	if (!report || at < 0 || (size_t)at >= report->inner->n_results)
		return NULL;
	return &report->inner->results[at];
}

int32_t cf_estimate_n_results(const struct cf_estimate_report *report)
{
	return report ? (int32_t)report->inner->n_results : 0;
}

int32_t cf_estimate_get(
	const struct cf_estimate_report *report, int32_t at, struct cf_estimate_result *result)
{
	const struct estimate_result *r = result_at(report, at);
	if (!r || !result || result->struct_size < FIRST_RESULT)
		return CF_ESTIMATE_E_USAGE;
	bool corrected = r->corrected.made;
	*result = (struct cf_estimate_result){.struct_size = result->struct_size,
		.n_replicates = r->n_replicates,
		.n_failed = r->n_failed,
		.estimate = r->estimate,
		.lower = r->lower,
		.upper = r->upper,
		.level = r->level,
		.deviance = r->deviance,
		.aic = r->aic,
		.aicc = r->aicc,
		.bic = r->bic,
		.profile_lower = r->profile_lower,
		.profile_upper = r->profile_upper,
		.percentile_lower = r->percentile_lower,
		.percentile_upper = r->percentile_upper,
		.corrected_estimate = corrected ? r->corrected.estimate : NAN,
		.corrected_lower = corrected ? r->corrected.lower : NAN,
		.corrected_upper = corrected ? r->corrected.upper : NAN,
		.method = (int32_t)r->method,
		.status = (int32_t)r->status,
		.n_parameters = (int32_t)r->n_parameters,
		.n_infinite = (int32_t)r->n_infinite,
		.upper_is_unbounded = r->upper_is_unbounded};
	return 0;
}

const char *cf_estimate_model(const struct cf_estimate_report *report, int32_t at)
{
	const struct estimate_result *r = result_at(report, at);
	return r ? r->model_digits : NULL;
}

const char *cf_estimate_reason(const struct cf_estimate_report *report, int32_t at)
{
	const struct estimate_result *r = result_at(report, at);
	return r ? r->reason : NULL;
}

int32_t cf_estimate_n_facts(const struct cf_estimate_report *report, int32_t at)
{
	const struct estimate_result *r = result_at(report, at);
	return r ? (int32_t)r->n_facts : 0;
}

const char *cf_estimate_fact_name(const struct cf_estimate_report *report, int32_t at, int32_t fact)
{
	const struct estimate_result *r = result_at(report, at);
	return r && fact >= 0 && (size_t)fact < r->n_facts ? r->facts[fact].name : NULL;
}

double cf_estimate_fact(const struct cf_estimate_report *report, int32_t at, int32_t fact)
{
	const struct estimate_result *r = result_at(report, at);
	return r && fact >= 0 && (size_t)fact < r->n_facts ? r->facts[fact].value : NAN;
}

const double *cf_estimate_replicates(const struct cf_estimate_report *report, int32_t at, uint64_t *ret_n)
{
	const struct estimate_result *r = result_at(report, at);
	if (ret_n)
		*ret_n = r ? r->n_replicates : 0;
	return r ? r->replicates : NULL;
}

const double *cf_estimate_draws(
	const struct cf_estimate_report *report, int32_t at, uint64_t *ret_n_chains, uint64_t *ret_n_draws)
{
	const struct estimate_result *r = result_at(report, at);
	if (ret_n_chains)
		*ret_n_chains = r ? r->posterior.n_chains : 0;
	if (ret_n_draws)
		*ret_n_draws = r ? r->posterior.n_draws : 0;
	return r ? r->posterior.draws : NULL;
}

int32_t cf_estimate_headline(const struct cf_estimate_report *report)
{
	return !report || report->inner->headline == SIZE_MAX ? -1 : (int32_t)report->inner->headline;
}

int32_t cf_estimate_verdict(const struct cf_estimate_report *report)
{
	return report ? (int32_t)report->inner->verdict : CF_ESTIMATE_NOT_ESTIMABLE;
}

int32_t cf_estimate_n_verdict_reasons(const struct cf_estimate_report *report)
{
	return report ? (int32_t)report->inner->n_reasons : 0;
}

const char *cf_estimate_verdict_reason(const struct cf_estimate_report *report, int32_t at)
{
	bool there = report && at >= 0 && (size_t)at < report->inner->n_reasons;
	return there ? report->inner->reasons[at] : NULL;
}

const char *cf_estimate_verdict_rule(const struct cf_estimate_report *report, int32_t at)
{
	bool there = report && at >= 0 && (size_t)at < report->inner->n_reasons;
	return there ? report->inner->reason_rules[at] : NULL;
}

const char *cf_estimate_method_name(int32_t method)
{
	if (method < 0 || method >= ESTIMATE_N_METHODS)
		return NULL;
	return estimate_method_name((enum estimate_method)method);
}

static int whole_counts(int32_t n_lists, const double *from, uint64_t **ret)
{
	if (n_lists < 1 || n_lists > HIERARCHY_MAX_LISTS)
		return CF_E_LIMIT;
	size_t n = (size_t)1 << n_lists;
	CF_CLEANUP_FREE uint64_t *counts = NEW_ARRAY(uint64_t, n);
	if (!counts)
		return CF_E_MEMORY;
	for (size_t w = 0; w < n; w++) {
		if (!(from[w] >= 0 && from[w] <= (double)OVERLAP_MAX_PERSONS && from[w] == floor(from[w])))
			return CF_E_INPUT;
		counts[w] = (uint64_t)from[w];
	}
	*ret = TAKE(counts);
	return CF_OK;
}

void cf_estimate_flat(const int32_t *n_lists, const double *counts, const int32_t *method, const double *p,
	const int32_t *order, const int32_t *n_bootstrap, const int32_t *seed, const double *level,
	double *result, int32_t *status, int32_t *verdict, int32_t *code)
{
	struct cf_estimate_options o;
	struct cf_estimate_report *report = NULL;
	CF_CLEANUP_FREE uint64_t *whole = NULL;
	(void)cf_estimate_defaults(&o, sizeof o);
	for (int i = 0; i < 6; i++)
		result[i] = NAN;
	*status = CF_ESTIMATE_NOT_IDENTIFIABLE;
	*verdict = CF_ESTIMATE_NOT_ESTIMABLE;
	*code = CF_ESTIMATE_E_USAGE;
	if (*method < 0 || *method >= ESTIMATE_N_METHODS || *method == CF_ESTIMATE_MODEL || *n_bootstrap < 0)
		return;
	o.methods = UINT64_C(1) << *method;
	o.p = *p;
	o.order = *order;
	o.n_bootstrap = (uint64_t)*n_bootstrap;
	o.seed = (uint64_t)(uint32_t)*seed;
	o.level = *level;
	o.n_threads = 1;
	o.stability = 1;
	*code = whole_counts(*n_lists, counts, &whole);
	if (*code == 0)
		*code = cf_estimate_run(*n_lists, whole, &o, &report, NULL, 0);
	for (int32_t i = 0; *code == 0 && i < cf_estimate_n_results(report); i++) {
		struct cf_estimate_result r = {.struct_size = sizeof r};
		if (cf_estimate_get(report, i, &r) < 0 || r.method != *method)
			continue;
		const double values[6] = {
			r.estimate, r.lower, r.upper, r.profile_lower, r.profile_upper, r.deviance};
		memcpy(result, values, sizeof values);
		*status = r.status;
		*verdict = cf_estimate_verdict(report);
	}
	if (*code == 0 && *status != CF_ESTIMATE_IDENTIFIED)
		*code = CF_ESTIMATE_E_NO_ANSWER;
	cf_estimate_free(report);
}
