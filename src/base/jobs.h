/*
 * A job pool: a fixed set of threads that run numbered tasks. Tasks write only to places their number owns,
 * so that results do not depend on how many threads there are or who took what.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

struct job_pool;

/* task counts from 0; worker is 0 to n_threads - 1, for scratch memory. A negative return stops the rest. */
typedef int (*job_function)(void *context, size_t task, size_t worker, struct cf_error *err);

/* Cores this process may use (its affinity mask), at least 1. */
int jobs_available_cores(void);
/* n_threads 0: all cores. With 1 everything runs in the caller's thread. */
int jobs_new(int n_threads, struct job_pool **ret, struct cf_error *err) CF_MUST_USE;
struct job_pool *jobs_free(struct job_pool *pool);
int jobs_n_threads(const struct job_pool *pool);
/* Runs tasks 0 to n_tasks - 1 and waits. On failure returns the error of the lowest failing task that ran;
 * tasks not yet begun are skipped. Also stops, with CF_E_INTERRUPTED, when interrupt_requested(). pool NULL
 * runs in the caller's thread. Not reentrant. */
int jobs_run(struct job_pool *pool, size_t n_tasks, job_function function, void *context,
	struct cf_error *err) CF_MUST_USE;

CF_DEFINE_CLEANUP(struct job_pool, jobs_free);
#define CF_CLEANUP_JOBS CF_CLEANUP(jobs_free_ptr)
