/* What fresh_bytes gives comes no second time: over many calls, in several threads, and in a forked child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fresh.h"

enum { N = 20000, SIZE = 16, THREADS = 4 };

typedef uint8_t id[SIZE];

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, SIZE);
}

static void assert_all_differ(id *ids, size_t n)
{
	qsort(ids, n, SIZE, compare);
	for (size_t i = 1; i < n; i++)
		assert_memory_not_equal(ids[i - 1], ids[i], SIZE);
}

static void *fill(void *to)
{
	id *ids = to;
	for (size_t i = 0; i < N; i++)
		fresh_bytes(ids[i], SIZE);
	return NULL;
}

static void ids_of_threads_differ(void **state)
{
	static id ids[THREADS * N];
	pthread_t threads[THREADS];
	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fill, ids + i * N), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_all_differ(ids, THREADS * N);
}

/* Within one pool's worth, so that a child which went on with its parent's would repeat it. */
static void a_child_has_its_own(void **state)
{
	enum { FEW = 40 };
	static id ids[2 * FEW];
	int ends[2];
	(void)state;
	fresh_bytes(ids[0], SIZE);
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	for (size_t i = 0; i < FEW; i++)
		fresh_bytes(ids[i], SIZE);
	if (child == 0) {
		ssize_t n = write(ends[1], ids, FEW * SIZE);
		_exit(n == FEW * SIZE ? 0 : 1);
	}
	assert_int_equal(read(ends[0], ids + FEW, FEW * SIZE), FEW * SIZE);
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_all_differ(ids, (size_t)2 * FEW);
}

static void every_length_is_filled(void **state)
{
	uint8_t bytes[5000];
	(void)state;
	for (size_t n = 64; n <= sizeof bytes - 8; n += 617) {
		memset(bytes, 0, sizeof bytes);
		fresh_bytes(bytes, n);
		/* 32 bytes that are all zero would be one chance in 2^256 */
		static const uint8_t zeros[32];
		assert_memory_not_equal(bytes, zeros, sizeof zeros);
		assert_memory_not_equal(bytes + n - sizeof zeros, zeros, sizeof zeros);
		assert_memory_equal(bytes + n, zeros, 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_threads_differ),
		cmocka_unit_test(a_child_has_its_own),
		cmocka_unit_test(every_length_is_filled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
