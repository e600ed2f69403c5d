#include <inttypes.h>
#include <math.h>

#include "work/estimate.h"

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
		json_end(j);
	}
	json_end(j);
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
	json_key_number(j, "bic", r->bic);
	json_key_unsigned(j, "parameters", r->n_parameters);
	json_key_unsigned(j, "parameters_at_minus_infinity", r->n_infinite);
	write_bootstrap(j, r);
	if (r->method == ESTIMATE_BIC)
		write_search(j, r);
	json_end(j);
}

static void write_lists(struct json *j, const struct overlap_table *t)
{
	json_key(j, "lists");
	json_begin_array(j);
	for (size_t i = 0; i < t->n_lists; i++) {
		json_begin_object(j);
		json_key_text(j, "name", t->list_names[i]);
		json_key_unsigned(j, "persons", overlap_list_size(t, i));
		json_end(j);
	}
	json_end(j);
	json_key(j, "overlaps");
	json_begin_array(j);
	for (size_t i = 0; i < t->n_lists; i++) {
		for (size_t k = i + 1; k < t->n_lists; k++) {
			json_begin_object(j);
			json_key(j, "lists");
			json_begin_array(j);
			json_text(j, t->list_names[i]);
			json_text(j, t->list_names[k]);
			json_end(j);
			json_key_unsigned(j, "persons", overlap_pair_size(t, i, k));
			json_end(j);
		}
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
	write_lists(j, t);
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
	write_variants(j, r);
	json_key_text(j, "verdict", estimate_verdict_name(r->verdict));
	json_key(j, "reasons");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_reasons; i++)
		json_text(j, r->reasons[i]);
	json_end(j);
}
