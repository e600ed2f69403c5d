#include "base/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/interrupt.h"

struct worker {
	struct job_pool *pool;
	size_t number;
	pthread_t thread;
};

/* One call of jobs_run. Tasks are taken in rising order, so that when one fails every lower one has been
 * begun and will end: the lowest failure is the same whatever the number of threads. */
struct run {
	size_t n_tasks;
	job_function function;
	void *context;
	atomic_size_t next;
	atomic_bool stop;
	pthread_mutex_t lock; /* guards what follows */
	int status;
	size_t failed_task;
	struct cf_error failure;
};

/* lock guards generation, run, n_busy and quit. */
struct job_pool {
	struct worker *workers; /* worker 0 is the caller of jobs_run */
	size_t n_workers;
	size_t n_started; /* threads, which are workers 1 to n_started */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_cond_t idle;
	uint64_t generation;
	struct run *run;
	size_t n_busy;
	bool quit;
};

static void record_failure(struct run *run, size_t task, int status, const struct cf_error *failure)
{
	(void)pthread_mutex_lock(&run->lock);
	if (run->status == CF_OK || task < run->failed_task) {
		run->status = status;
		run->failed_task = task;
		run->failure = *failure;
	}
	(void)pthread_mutex_unlock(&run->lock);
	atomic_store(&run->stop, true);
}

static void work(struct run *run, size_t worker)
{
	while (!atomic_load(&run->stop)) {
		if (interrupt_requested())
			return;
		size_t task = atomic_fetch_add(&run->next, 1);
		if (task >= run->n_tasks)
			return;
		struct cf_error failure = CF_ERROR_INIT;
		int status = run->function(run->context, task, worker, &failure);
		if (status < 0)
			record_failure(run, task, status, &failure);
	}
}

static void *worker_main(void *argument)
{
	struct worker *w = argument;
	struct job_pool *pool = w->pool;
	uint64_t seen = 0;
	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (!pool->quit && pool->generation == seen)
			(void)pthread_cond_wait(&pool->wake, &pool->lock);
		if (pool->quit)
			break;
		seen = pool->generation;
		struct run *run = pool->run;
		(void)pthread_mutex_unlock(&pool->lock);
		work(run, w->number);
		(void)pthread_mutex_lock(&pool->lock);
		if (--pool->n_busy == 0)
			(void)pthread_cond_signal(&pool->idle);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int jobs_available_cores(void)
{
	/* the mask may be wider than cpu_set_t on very large machines: then sched_getaffinity says EINVAL */
	for (size_t n_cpus = CPU_SETSIZE; n_cpus <= (size_t)CPU_SETSIZE << 8; n_cpus *= 2) {
		cpu_set_t *set = CPU_ALLOC(n_cpus);
		if (!set)
			return 1;
		size_t size = CPU_ALLOC_SIZE(n_cpus);
		int failed = sched_getaffinity(0, size, set);
		int n = failed ? 0 : CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (n > 0)
			return n;
		if (errno != EINVAL)
			break;
	}
	return 1;
}

/* Signals are for the caller's thread: the workers block all of them. */
static int start_threads(struct job_pool *pool, struct cf_error *err)
{
	sigset_t all;
	sigset_t before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	int failure = 0;
	for (size_t i = 1; i < pool->n_workers && !failure; i++) {
		failure = pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]);
		if (!failure)
			pool->n_started++;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failure)
		return CF_OK;
	errno = failure;
	return error_set_errno(err, CF_E_IO, "cannot start %zu threads", pool->n_workers - 1);
}

int jobs_new(int n_threads, struct job_pool **ret, struct cf_error *err)
{
	enum { MAX_THREADS = 4096 };
	if (n_threads < 0 || n_threads > MAX_THREADS)
		return error_set(
			err, CF_E_USAGE, "the number of threads must be 0 (all cores) to %d", MAX_THREADS);
	CF_CLEANUP_FREE struct job_pool *pool = NEW(struct job_pool);
	if (!pool)
		return error_memory(err);
	pool->n_workers = (size_t)(n_threads ? n_threads : jobs_available_cores());
	pool->workers = NEW_ARRAY_ZERO(struct worker, pool->n_workers);
	if (!pool->workers)
		return error_memory(err);
	for (size_t i = 0; i < pool->n_workers; i++)
		pool->workers[i] = (struct worker){.pool = pool, .number = i};
	/* with default attributes these three cannot fail on Linux */
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->wake, NULL);
	(void)pthread_cond_init(&pool->idle, NULL);
	int status = start_threads(pool, err);
	if (status < 0) {
		(void)jobs_free(TAKE(pool));
		return status;
	}
	*ret = TAKE(pool);
	return CF_OK;
}

struct job_pool *jobs_free(struct job_pool *pool)
{
	if (!pool)
		return NULL;
	(void)pthread_mutex_lock(&pool->lock);
	pool->quit = true;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	for (size_t i = 1; i <= pool->n_started; i++)
		(void)pthread_join(pool->workers[i].thread, NULL);
	(void)pthread_cond_destroy(&pool->idle);
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->lock);
	mem_free(pool->workers);
	return mem_free(pool);
}

int jobs_n_threads(const struct job_pool *pool)
{
	return pool ? (int)pool->n_workers : 1;
}

static void run_on_threads(struct job_pool *pool, struct run *run)
{
	(void)pthread_mutex_lock(&pool->lock);
	pool->run = run;
	pool->n_busy = pool->n_started;
	pool->generation++;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	work(run, 0);
	(void)pthread_mutex_lock(&pool->lock);
	while (pool->n_busy)
		(void)pthread_cond_wait(&pool->idle, &pool->lock);
	pool->run = NULL;
	(void)pthread_mutex_unlock(&pool->lock);
}

int jobs_run(
	struct job_pool *pool, size_t n_tasks, job_function function, void *context, struct cf_error *err)
{
	struct run run = {.n_tasks = n_tasks, .function = function, .context = context};
	(void)pthread_mutex_init(&run.lock, NULL);
	if (pool && pool->n_started && n_tasks > 1)
		run_on_threads(pool, &run);
	else
		work(&run, 0);
	(void)pthread_mutex_destroy(&run.lock);
	if (run.status < 0) {
		if (err)
			*err = run.failure;
		return run.status;
	}
	if (atomic_load(&run.next) < n_tasks) /* somebody left tasks undone */
		return error_set(err, CF_E_INTERRUPTED, "stopped on request");
	return CF_OK;
}
