#include "base/mem.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_long allocations_left = -1;
static atomic_bool one_failed;
static atomic_long n_live;

static bool must_fail(void)
{
	if (atomic_load_explicit(&allocations_left, memory_order_relaxed) < 0)
		return false;
	if (atomic_fetch_sub(&allocations_left, 1) > 0)
		return false;
	atomic_store(&allocations_left, 0);
	atomic_store(&one_failed, true);
	return true;
}

void mem_fail_after(long n)
{
	atomic_store(&one_failed, false);
	atomic_store(&n_live, 0);
	atomic_store(&allocations_left, n);
}

long mem_balance(void)
{
	return atomic_load(&n_live);
}

static bool counting(void)
{
	return atomic_load_explicit(&allocations_left, memory_order_relaxed) >= 0;
}

static void *counted(void *p)
{
	if (p && counting())
		atomic_fetch_add(&n_live, 1);
	return p;
}

bool mem_failed(void)
{
	return atomic_load(&one_failed);
}

static bool total(size_t n, size_t size, size_t *ret_bytes)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX)
		return false;
	*ret_bytes = bytes ? bytes : 1;
	return true;
}

void *mem_alloc(size_t n, size_t size)
{
	size_t bytes;
	if (must_fail() || !total(n, size, &bytes))
		return NULL;
	return counted(malloc(bytes));
}

void *mem_alloc_zero(size_t n, size_t size)
{
	size_t bytes;
	if (must_fail() || !total(n, size, &bytes))
		return NULL;
	return counted(calloc(1, bytes));
}

void *mem_resize(void *old, size_t n, size_t size)
{
	size_t bytes;
	if (must_fail() || !total(n, size, &bytes))
		return NULL;
	return old ? realloc(old, bytes) : counted(malloc(bytes));
}

void *mem_alloc_aligned(size_t n, size_t size)
{
	enum { ALIGNMENT = 64 };
	size_t bytes;
	if (must_fail() || !total(n, size, &bytes) || bytes > PTRDIFF_MAX - ALIGNMENT)
		return NULL;
	return counted(aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT));
}

char *mem_strndup(const char *s, size_t n)
{
	if (n == SIZE_MAX)
		return NULL;
	char *copy = mem_alloc(n + 1, 1);
	if (!copy)
		return NULL;
	if (n)
		memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

void *mem_free(void *p)
{
	if (p && counting())
		atomic_fetch_sub(&n_live, 1);
	free(p);
	return NULL;
}

void *mem_grow(void *p, size_t n, size_t *capacity, size_t size)
{
	if (n < *capacity)
		return p;
	size_t wanted;
	if (__builtin_add_overflow(*capacity, *capacity / 2 + 16, &wanted))
		return NULL;
	void *grown = mem_resize(p, wanted, size);
	if (grown)
		*capacity = wanted;
	return grown;
}
