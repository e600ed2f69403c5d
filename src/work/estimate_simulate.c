#include "work/estimate_simulate.h"

#include <inttypes.h>
#include <math.h>

#include "base/file.h"
#include "base/json.h"

int work_simulate(const struct work_simulate_request *r, struct simulate_result *ret, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct simulate_plan plan = r->plan;
	TRY(overlap_read(r->path, &table, err));
	TRY(jobs_new(r->n_threads, &pool, err));
	plan.t = table;
	return simulate_study(&plan, pool, r->progress, ret, err);
}

int work_simulate_tables(const struct work_simulate_request *r, const char *out_path, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_OVERLAP struct overlap_table *drawn = NULL;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	struct simulate_plan plan = r->plan;
	TRY(overlap_read(r->path, &table, err));
	plan.t = table;
	TRY(simulate_tables(&plan, &drawn, err));
	TRY_MEMORY(overlap_format(drawn, &text), err);
	return file_write_atomic(out_path, buffer_text(&text), text.n, 0644, err);
}

static double share(uint32_t part, uint32_t all)
{
	return (double)part / all;
}

static void write_method(struct json *j, const struct simulate_method *m, uint32_t n_tables)
{
	json_begin_object(j);
	json_key_text(j, "method", m->method == ESTIMATE_MODEL ? "true" : estimate_method_name(m->method));
	json_key_number(j, "covered", share(m->n_covered, n_tables));
	json_key_number(j, "below", share(m->n_below, n_tables));
	json_key_number(j, "above", share(m->n_above, n_tables));
	json_key_unsigned(j, "with_estimate", m->n_estimates);
	json_key_unsigned(j, "with_interval", m->n_intervals);
	json_key_unsigned(j, "without_upper_end", m->n_unbounded);
	json_key_number(j, "median_estimate", m->median);
	json_key_number(j, "mean_log_ratio", m->mean_log_ratio);
	json_key_number(j, "rms_log_ratio", m->rms_log_ratio);
	json_key_number(j, "median_upper_over_lower", m->median_width);
	json_end(j);
}

int work_simulate_json(const struct simulate_result *r, struct buffer *out)
{
	struct json j;
	json_init(&j, out, true);
	json_begin_object(&j);
	json_key_text(&j, "model", r->model);
	json_key_text(&j, "digits", r->model_digits);
	json_key_unsigned(&j, "persons", r->n_persons);
	json_key_unsigned(&j, "tables", r->n_tables);
	json_key(&j, "methods");
	json_begin_array(&j);
	for (size_t i = 0; i < r->n_methods; i++)
		write_method(&j, &r->methods[i], r->n_tables);
	json_end(&j);
	json_end(&j);
	return json_finish(&j);
}

int work_simulate_text(const struct simulate_result *r, struct buffer *out)
{
	TRY(buffer_printf(out, "%" PRIu32 " tables of %" PRIu64 " persons each, drawn from the model %s\n\n",
		r->n_tables, r->n_persons, r->model));
	TRY(buffer_printf(out, "  %-10s %8s %8s %8s %10s %10s %9s\n", "method", "covers", "too low",
		"too high", "no answer", "median", "width"));
	for (size_t i = 0; i < r->n_methods; i++) {
		const struct simulate_method *m = &r->methods[i];
		TRY(buffer_printf(out, "  %-10s %6.1f %% %6.1f %% %6.1f %% %8.1f %% %10.0f ",
			m->method == ESTIMATE_MODEL ? "true model" : estimate_method_name(m->method),
			100 * share(m->n_covered, r->n_tables), 100 * share(m->n_below, r->n_tables),
			100 * share(m->n_above, r->n_tables),
			100 * share(r->n_tables - m->n_intervals, r->n_tables), m->median));
		TRY(isnan(m->median_width) ? buffer_append_text(out, "        -\n")
					   : buffer_printf(out, "x %7.2f\n", m->median_width));
	}
	return buffer_append_text(out,
		"\ncovers: the interval holds the true total; too low, too high: it lies "
		"beside it; no answer: no\nestimate or no interval. median: of the "
		"estimates. width: upper over lower end, median.\n");
}
