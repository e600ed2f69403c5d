#include "work/estimate.h"

#include "base/jobs.h"

void work_estimate_answer_done(struct work_estimate_answer *a)
{
	a->report = estimate_report_free(a->report);
	a->table = overlap_free(a->table);
}

int work_estimate(
	const struct work_estimate_request *r, struct work_estimate_answer *ret, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *table = NULL;
	CF_CLEANUP_ESTIMATE struct estimate_report *report = NULL;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	TRY(overlap_read(r->path, &table, err));
	TRY(jobs_new(r->n_threads, &pool, err));
	TRY(estimate_run_full(table, &r->options, pool, r->progress, &report, err));
	*ret = (struct work_estimate_answer){.table = TAKE(table), .report = TAKE(report)};
	return CF_OK;
}
