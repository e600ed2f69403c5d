#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "base/interrupt.h"
#include "base/jobs.h"
#include "base/random.h"

enum { N_TASKS = 1000 };

static void pause_ms(long ms)
{
	struct timespec t = {.tv_nsec = ms * 1000000};
	(void)nanosleep(&t, NULL);
}

struct sums {
	double sums[N_TASKS];
	atomic_int runs[N_TASKS];
	atomic_int workers_seen;
	int n_workers;
};

static int sum_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct sums *s = context;
	if (worker >= (size_t)s->n_workers)
		return error_set(err, CF_E_INTERNAL, "worker %zu", worker);
	atomic_fetch_or(&s->workers_seen, 1 << worker);
	atomic_fetch_add(&s->runs[task], 1);
	struct random_stream r;
	random_init(&r, 7, task);
	for (int i = 0; i < 100; i++)
		s->sums[task] += random_normal(&r);
	return CF_OK;
}

static void test_results_do_not_depend_on_threads(void **state)
{
	(void)state;
	static struct sums alone;
	alone.n_workers = 1;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(jobs_run(NULL, N_TASKS, sum_task, &alone, &err), 0);
	for (int n = 1; n <= 8; n++) {
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		assert_int_equal(jobs_new(n, &pool, &err), 0);
		assert_int_equal(jobs_n_threads(pool), n);
		/* the pool can be used again and again */
		for (int round = 0; round < 20; round++) {
			static struct sums many;
			memset(&many, 0, sizeof many);
			many.n_workers = n;
			assert_int_equal(jobs_run(pool, N_TASKS, sum_task, &many, &err), 0);
			assert_memory_equal(many.sums, alone.sums, sizeof alone.sums);
			for (int i = 0; i < N_TASKS; i++)
				assert_int_equal(many.runs[i], 1);
		}
	}
}

struct rendezvous {
	atomic_int arrived;
	int expected;
};

/* Ends only when as many tasks run at one time. */
static int meet(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)task;
	(void)worker;
	struct rendezvous *r = context;
	atomic_fetch_add(&r->arrived, 1);
	for (int i = 0; i < 20000; i++) {
		if (atomic_load(&r->arrived) >= r->expected)
			return CF_OK;
		pause_ms(1);
	}
	return error_set(err, CF_E_INTERNAL, "nobody else came");
}

static void test_threads_run_at_one_time(void **state)
{
	(void)state;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(jobs_new(6, &pool, &err), 0);
	struct rendezvous r = {.expected = 6};
	assert_int_equal(jobs_run(pool, 6, meet, &r, &err), 0);
}

/* So that the tasks cannot all be done while the thread that stops them waits for a core. */
static void take_time_if_late(size_t task)
{
	enum { LATE = 1000 };
	if (task >= LATE)
		pause_ms(1);
}

struct failing {
	size_t fails_at[3];
	atomic_int n_run;
};

static int fail_some(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)worker;
	struct failing *f = context;
	atomic_fetch_add(&f->n_run, 1);
	take_time_if_late(task);
	for (int i = 0; i < 3; i++) {
		if (task != f->fails_at[i])
			continue;
		/* the lowest takes longest */
		pause_ms(i == 0 ? 20 : 0);
		return error_set(err, i == 0 ? CF_E_INPUT : CF_E_IO, "task %zu", task);
	}
	return CF_OK;
}

static void test_the_lowest_failure_wins(void **state)
{
	(void)state;
	for (int n = 1; n <= 4; n++) {
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(jobs_new(n, &pool, &err), 0);
		for (int round = 0; round < 10; round++) {
			struct failing f = {.fails_at = {50, 51, 52}};
			assert_int_equal(jobs_run(pool, 100000, fail_some, &f, &err), CF_E_INPUT);
			assert_string_equal(err.message, "task 50");
			/* the rest was stopped */
			assert_true(f.n_run < 100000);
			assert_int_equal(jobs_run(pool, 100000, fail_some, &f, NULL), CF_E_INPUT);
		}
	}
}

static int interrupt_at_ten(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)worker;
	(void)err;
	atomic_int *n_run = context;
	atomic_fetch_add(n_run, 1);
	take_time_if_late(task);
	if (task == 10)
		interrupt_set(true);
	return CF_OK;
}

static void test_interruption(void **state)
{
	(void)state;
	for (int n = 1; n <= 4; n++) {
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		struct cf_error err = CF_ERROR_INIT;
		assert_int_equal(jobs_new(n, &pool, &err), 0);
		atomic_int n_run = 0;
		assert_int_equal(jobs_run(pool, 1000000, interrupt_at_ten, &n_run, &err), CF_E_INTERRUPTED);
		assert_int_equal(err.code, CF_E_INTERRUPTED);
		assert_true(n_run >= 11 && n_run < 1000000);
		/* what was done before the request is done */
		interrupt_set(false);
		n_run = 0;
		assert_int_equal(jobs_run(NULL, 11, interrupt_at_ten, &n_run, &err), 0);
		assert_int_equal(n_run, 11);
		assert_int_equal(jobs_run(pool, 5, interrupt_at_ten, &n_run, &err), CF_E_INTERRUPTED);
		assert_int_equal(n_run, 11);
		interrupt_set(false);
	}
}

static void test_no_tasks(void **state)
{
	(void)state;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(jobs_new(3, &pool, &err), 0);
	assert_int_equal(jobs_run(pool, 0, fail_some, NULL, &err), 0);
	assert_int_equal(jobs_run(NULL, 0, fail_some, NULL, &err), 0);
	assert_null(jobs_free(NULL));
	assert_int_equal(jobs_n_threads(NULL), 1);
}

static void test_numbers_of_threads(void **state)
{
	(void)state;
	cpu_set_t set;
	assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
	assert_int_equal(jobs_available_cores(), CPU_COUNT(&set));
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(jobs_new(0, &pool, &err), 0);
	assert_int_equal(jobs_n_threads(pool), CPU_COUNT(&set));
	struct job_pool *none = NULL;
	assert_int_equal(jobs_new(-1, &none, &err), CF_E_USAGE);
	assert_int_equal(jobs_new(1000000, &none, &err), CF_E_USAGE);
	assert_null(none);
}

/* Threads whose stacks are larger than the address space cannot be started; nothing is left of the others. */
static void test_threads_that_cannot_be_started(void **state)
{
	(void)state;
	pthread_attr_t as_it_was, huge;
	struct job_pool *none = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(pthread_getattr_default_np(&as_it_was), 0);
	assert_int_equal(pthread_attr_init(&huge), 0);
	assert_int_equal(pthread_attr_setstacksize(&huge, (size_t)1 << 48), 0);
	assert_int_equal(pthread_setattr_default_np(&huge), 0);
	mem_fail_after(1000);
	int status = jobs_new(4, &none, &err);
	long left = mem_balance();
	mem_fail_after(-1);
	assert_int_equal(pthread_setattr_default_np(&as_it_was), 0);
	assert_int_equal(status, CF_E_IO);
	assert_non_null(strstr(err.message, "cannot start 3 threads"));
	assert_null(none);
	assert_int_equal(left, 0);
	(void)pthread_attr_destroy(&huge);
	(void)pthread_attr_destroy(&as_it_was);
}

static int thread_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)task;
	(void)err;
	pthread_t *caller = context;
	sigset_t blocked;
	if (pthread_sigmask(SIG_SETMASK, NULL, &blocked) != 0)
		return CF_E_INTERNAL;
	bool own = pthread_equal(pthread_self(), *caller) != 0;
	/* worker 0 is the caller; the others leave signals to it */
	return own == (worker == 0) && own == !sigismember(&blocked, SIGINT) ? CF_OK : CF_E_INTERNAL;
}

static void test_signals_are_for_the_caller(void **state)
{
	(void)state;
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(jobs_new(4, &pool, &err), 0);
	pthread_t self = pthread_self();
	assert_int_equal(jobs_run(pool, 1000, thread_task, &self, &err), 0);
	assert_int_equal(jobs_run(NULL, 10, thread_task, &self, &err), 0);
}

static void test_a_signal_asks_to_stop(void **state)
{
	(void)state;
	assert_false(interrupt_requested());
	interrupt_install();
	assert_int_equal(raise(SIGTERM), 0);
	assert_true(interrupt_requested());
	/* the second would end the process */
	struct sigaction now;
	assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
	assert_true(now.sa_handler == SIG_DFL);
	interrupt_set(false);
	assert_int_equal(raise(SIGINT), 0);
	assert_true(interrupt_requested());
	interrupt_set(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results_do_not_depend_on_threads),
		cmocka_unit_test(test_threads_run_at_one_time),
		cmocka_unit_test(test_the_lowest_failure_wins),
		cmocka_unit_test(test_interruption),
		cmocka_unit_test(test_no_tasks),
		cmocka_unit_test(test_numbers_of_threads),
		cmocka_unit_test(test_threads_that_cannot_be_started),
		cmocka_unit_test(test_signals_are_for_the_caller),
		cmocka_unit_test(test_a_signal_asks_to_stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
