#include "base/fresh.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { POOL_BYTES = 4096 };

struct pool {
	uint8_t bytes[POOL_BYTES];
	size_t left;
	unsigned generation;
};

static _Thread_local struct pool pool;
static pthread_once_t once = PTHREAD_ONCE_INIT;
/* A child's is another, so that it does not go on with its parent's pool. */
static atomic_uint generation = 1;

static void forked(void)
{
	atomic_fetch_add(&generation, 1);
}

static void watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, forked);
}

static void from_system(uint8_t *to, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			(void)fputs("counterfoil: the system gives no random bytes\n", stderr);
			abort();
		}
		to += got;
		n -= (size_t)got;
	}
}

void fresh_bytes(void *to, size_t n)
{
	(void)pthread_once(&once, watch_forks);
	if (pool.generation != atomic_load(&generation)) {
		pool.left = 0;
		pool.generation = atomic_load(&generation);
	}
	if (n > POOL_BYTES / 2) {
		from_system(to, n);
		return;
	}
	if (n > pool.left) {
		from_system(pool.bytes, sizeof pool.bytes);
		pool.left = sizeof pool.bytes;
	}
	pool.left -= n;
	if (n)
		memcpy(to, pool.bytes + pool.left, n);
}
