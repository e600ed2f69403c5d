#include <inttypes.h>
#include <math.h>

#include "work/estimate.h"
#include "work/estimate_posterior.h"

static const char *reselection_name(enum estimate_reselection r)
{
	return r == ESTIMATE_RESELECTION_FULL ? "full" : r == ESTIMATE_RESELECTION_RANKED ? "ranked" : NULL;
}

static void write_bootstrap(struct json *j, const struct estimate_result *r)
{
	json_key(j, "bootstrap");
	if (r->n_replicates + r->n_failed == 0) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_unsigned(j, "replicates", (uint64_t)r->n_replicates + r->n_failed);
	json_key_unsigned(j, "failed", r->n_failed);
	json_key_text(j, "reselection", reselection_name(r->reselection));
	json_key_unsigned(j, "unproved", r->n_unproved);
	json_key_boolean(j, "lower_is_extreme", r->lower_is_extreme);
	json_key_boolean(j, "upper_is_extreme", r->upper_is_extreme);
	json_key_boolean(j, "upper_is_unbounded", r->upper_is_unbounded);
	json_key_number(j, "monte_carlo_lower", r->monte_carlo_lower);
	json_key_number(j, "monte_carlo_upper", r->monte_carlo_upper);
	json_key_number(j, "bias_correction", r->bias_correction);
	json_key_number(j, "acceleration", r->acceleration);
	json_key_number(j, "percentile_lower", r->percentile_lower);
	json_key_number(j, "percentile_upper", r->percentile_upper);
	json_end(j);
}

static void write_search(struct json *j, const struct estimate_result *r)
{
	json_key(j, "search");
	json_begin_object(j);
	json_key_boolean(j, "complete", r->search_complete);
	json_key_unsigned(j, "fits", r->n_fits);
	json_key_unsigned(j, "tied", r->n_tied);
	json_key(j, "models");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_rivals; i++) {
		json_begin_object(j);
		json_key_text(j, "model", r->rivals[i].model);
		json_key_text(j, "digits", r->rivals[i].model_digits);
		json_key_number(j, "bic", r->rivals[i].bic);
		json_key_number(j, "estimate", r->rivals[i].estimate);
		json_key_number(j, "weight", r->rivals[i].weight);
		json_end(j);
	}
	json_end(j);
	json_end(j);
}

static void write_fit(struct json *j, const struct estimate_result *r)
{
	json_key(j, "fit");
	if (isnan(r->fit.pearson)) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_integer(j, "degrees_of_freedom", r->fit.degrees);
	json_key_number(j, "deviance", r->deviance);
	json_key_number(j, "deviance_p", r->fit.p_deviance);
	json_key_number(j, "pearson", r->fit.pearson);
	json_key_number(j, "pearson_p", r->fit.p_pearson);
	json_key_number(j, "freeman_tukey", r->fit.freeman_tukey);
	json_key_unsigned(j, "cells", r->fit.n_cells);
	json_key_unsigned(j, "cells_with_less_than_one_expected", r->fit.n_sparse);
	json_end(j);
}

static void write_profile(struct json *j, const struct estimate_result *r)
{
	json_key(j, "profile");
	if (isnan(r->profile_lower)) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_number(j, "lower", r->profile_lower);
	json_key_number(j, "upper", r->profile_upper);
	json_key_boolean(j, "upper_is_unbounded", r->profile_is_unbounded);
	json_end(j);
}

static void write_corrected(struct json *j, const struct estimate_result *r)
{
	const struct estimate_corrected *c = &r->corrected;
	json_key(j, "corrected_for_linkage");
	if (!c->made) {
		json_null(j);
		return;
	}
	json_begin_object(j);
	json_key_number(j, "estimate", c->estimate);
	json_key_number(j, "lower", c->lower);
	json_key_number(j, "upper", c->upper);
	json_key_boolean(j, "upper_is_unbounded", c->upper_is_unbounded);
	json_key_number(j, "persons", c->persons);
	json_key_unsigned(j, "imputations", c->n_imputations);
	json_key_unsigned(j, "failed", c->n_failed);
	json_end(j);
}

/* Other settings of the method, and numbers of its own. */
static void write_more(struct json *j, const struct estimate_result *r)
{
	json_key(j, "settings");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_settings; i++) {
		const struct estimate_setting *s = &r->settings[i];
		json_begin_object(j);
		json_key_text(j, "label", s->label);
		json_key_number(j, "estimate", s->estimate);
		json_key_number(j, "lower", s->lower);
		json_key_number(j, "upper", s->upper);
		json_end(j);
	}
	json_end(j);
	json_key(j, "details");
	json_begin_object(j);
	for (size_t i = 0; i < r->n_facts; i++)
		json_key_number(j, r->facts[i].name, r->facts[i].value);
	json_end(j);
}

static void write_result(
	struct json *j, const struct estimate_report *report, const struct estimate_result *r)
{
	json_begin_object(j);
	json_key_text(j, "method", estimate_method_name(r->method));
	json_key_text(j, "model", r->model);
	json_key_text(j, "digits", r->model_digits);
	json_key_text(j, "status", estimate_status_name(r->status));
	json_key_text(j, "reason", r->reason);
	json_key_number(j, "estimate", r->estimate);
	json_key_number(j, "hidden", r->estimate - (double)report->n_persons);
	json_key_number(j, "lower", r->lower);
	json_key_number(j, "upper", r->upper);
	json_key_number(j, "level", r->level);
	json_key_number(j, "deviance", r->deviance);
	json_key_number(j, "aic", r->aic);
	json_key_number(j, "aicc", r->aicc);
	json_key_number(j, "bic", r->bic);
	json_key_unsigned(j, "parameters", r->n_parameters);
	json_key_unsigned(j, "parameters_at_minus_infinity", r->n_infinite);
	write_bootstrap(j, r);
	write_profile(j, r);
	write_fit(j, r);
	write_corrected(j, r);
	write_more(j, r);
	work_posterior_json(j, r);
	if (r->n_rivals)
		write_search(j, r);
	json_end(j);
}

static void write_names(struct json *j, const struct overlap_table *t, uint32_t pattern)
{
	json_key(j, "lists");
	json_begin_array(j);
	for (size_t i = 0; i < t->n_lists; i++)
		if (pattern >> i & 1)
			json_text(j, t->list_names[i]);
	json_end(j);
}

static void write_lists(struct json *j, const struct overlap_table *t, const struct estimate_report *r)
{
	json_key(j, "lists");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_lists; i++) {
		json_begin_object(j);
		json_key_text(j, "name", t->list_names[i]);
		json_key_unsigned(j, "persons", r->lists[i].persons);
		json_key_unsigned(j, "on_no_other", r->lists[i].alone);
		json_end(j);
	}
	json_end(j);
	json_key(j, "overlaps");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_pairs; i++) {
		const struct estimate_pair *p = &r->pairs[i];
		json_begin_object(j);
		write_names(j, t, UINT32_C(1) << p->j | UINT32_C(1) << p->k);
		json_key_unsigned(j, "persons", p->persons);
		json_key_number(j, "expected_if_independent", p->expected);
		json_key_number(j, "odds_ratio", p->odds_ratio);
		json_key_number(j, "odds_ratio_lower", p->odds_lower);
		json_key_number(j, "odds_ratio_upper", p->odds_upper);
		json_key_unsigned(j, "persons_on_other_lists", p->n_elsewhere);
		json_end(j);
	}
	json_end(j);
}

static void write_influence(struct json *j, const struct overlap_table *t, const struct estimate_report *r)
{
	json_key(j, "influence");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_influences; i++) {
		const struct estimate_influence *c = &r->influences[i];
		json_begin_object(j);
		write_names(j, t, c->pattern);
		json_key_unsigned(j, "persons", c->count);
		json_key_number(j, "estimate_without_one", c->without_one);
		json_key_number(j, "estimate_without_all", c->without_all);
		json_end(j);
	}
	json_end(j);
}

static void write_compared(struct json *j, const struct estimate_report *r)
{
	json_key(j, "compared");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_compared; i++) {
		const struct estimate_result *c = &r->compared[i];
		json_begin_object(j);
		json_key_text(j, "method", estimate_method_name(c->method));
		json_key_text(j, "model", c->model);
		json_key_text(j, "status", estimate_status_name(c->status));
		json_key_number(j, "estimate", c->estimate);
		json_end(j);
	}
	json_end(j);
}

static void write_variants(struct json *j, const struct estimate_report *r)
{
	json_key(j, "variants");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_variants; i++) {
		const struct estimate_variant *v = &r->variants[i];
		json_begin_object(j);
		json_key_text(j, "label", v->label);
		json_key_text(j, "method", estimate_method_name(v->result.method));
		json_key_text(j, "model", v->result.model);
		json_key_text(j, "status", estimate_status_name(v->result.status));
		json_key_number(j, "estimate", v->result.estimate);
		json_end(j);
	}
	json_end(j);
}

void work_estimate_json(struct json *j, const struct overlap_table *t, const struct estimate_report *r)
{
	json_key_unsigned(j, "persons", r->n_persons);
	write_lists(j, t, r);
	json_key_boolean(j, "strata_collapsed", r->strata_collapsed);
	json_key(j, "results");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_results; i++)
		write_result(j, r, &r->results[i]);
	json_end(j);
	json_key_text(j, "headline",
		r->headline == SIZE_MAX ? NULL : estimate_method_name(r->results[r->headline].method));
	json_key_unsigned(j, "bootstrap", r->n_bootstrap);
	json_key_unsigned(j, "seed", r->seed);
	write_compared(j, r);
	write_variants(j, r);
	write_influence(j, t, r);
	json_key_text(j, "verdict", estimate_verdict_name(r->verdict));
	json_key(j, "reasons");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_reasons; i++)
		json_text(j, r->reasons[i]);
	json_end(j);
	json_key(j, "rules");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_reasons; i++)
		json_text(j, r->reason_rules[i]);
	json_end(j);
}
