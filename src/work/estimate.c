#include "work/estimate.h"

#include "base/jobs.h"
#include "work/estimate_prior.h"

void work_estimate_answer_done(struct work_estimate_answer *a)
{
	a->report = estimate_report_free(a->report);
	a->table = overlap_free(a->table);
	work_strata_done(&a->strata);
}

int work_estimate(
	const struct work_estimate_request *r, struct work_estimate_answer *ret, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_ESTIMATE struct estimate_report *report = NULL;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	CF_CLEANUP(work_prior_done) struct work_prior prior = {0};
	struct estimate_options options = r->options;
	TRY(overlap_read(r->path, &table, err));
	if (r->prior_path) {
		TRY(work_prior_read(r->prior_path, &prior, err));
		options.prior = (struct estimate_prior){.kind = ESTIMATE_PRIOR_GIVEN,
			.n = prior.n,
			.totals = prior.totals,
			.weights = prior.weights};
	}
	TRY(jobs_new(r->n_threads, &pool, err));
	TRY(estimate_run_full(table, &options, pool, r->progress, &report, err));
	const struct work_strata_request by = {.table = table,
		.report = report,
		.options = &options,
		.by = r->by,
		.population_path = r->population_path,
		.pool = pool,
		.progress = r->progress};
	CF_CLEANUP(work_strata_done) struct work_strata strata = {0};
	TRY(work_strata_run(&by, &strata, err));
	*ret = (struct work_estimate_answer){.table = TAKE(table), .report = TAKE(report), .strata = strata};
	strata = (struct work_strata){0};
	return CF_OK;
}
