/*
 * Memory: overflow-checked allocation and the cleanup and take idioms. Everything on the plain heap comes
 * through here, so that a test can make the n-th allocation fail (mem_fail_after) and prove that each path
 * out of memory is clean. Locals that own something are declared with CF_CLEANUP and handed over with TAKE.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CF_CLEANUP(function) __attribute__((cleanup(function)))

/* NULL when out of memory or when n * size overflows; n or size of 0 gives a valid pointer. */
void *mem_alloc(size_t n, size_t size) __attribute__((malloc));
void *mem_alloc_zero(size_t n, size_t size) __attribute__((malloc));
/* As realloc over n * size bytes: on failure returns NULL and the old block is still the caller's. */
void *mem_resize(void *old, size_t n, size_t size) __attribute__((warn_unused_result));
/* 64-byte aligned, for columns and kernels; free with mem_free. */
void *mem_alloc_aligned(size_t n, size_t size) __attribute__((malloc));
char *mem_strdup(const char *s) __attribute__((malloc));
/* Copies n bytes and adds a NUL. */
char *mem_strndup(const char *s, size_t n) __attribute__((malloc));
/* Returns NULL, so that "p = mem_free(p)" is one line. */
void *mem_free(void *p);

#define NEW(T) ((T *)mem_alloc_zero(1, sizeof(T)))
#define NEW_ARRAY(T, n) ((T *)mem_alloc((n), sizeof(T)))
#define NEW_ARRAY_ZERO(T, n) ((T *)mem_alloc_zero((n), sizeof(T)))

/* Makes room for one more element in the growable array p of capacity *capacity holding n elements.
 * Returns the (moved) array, or NULL when out of memory, in which case p is untouched. */
void *mem_grow(void *p, size_t n, size_t *capacity, size_t size) __attribute__((warn_unused_result));

/* Hands the pointer over: the variable becomes NULL and its cleanup does nothing. */
#define TAKE(p)                                                                                              \
	__extension__({                                                                                      \
		__typeof__(p) *take_from_ = &(p);                                                            \
		__typeof__(p) take_value_ = *take_from_;                                                     \
		*take_from_ = NULL;                                                                          \
		take_value_;                                                                                 \
	})

/* Cleanup for a local pointer that owns a plain block: CF_CLEANUP(mem_free_ptr) char *p = NULL; */
static inline void mem_free_ptr(void *p)
{
	void **owner = p;
	*owner = mem_free(*owner);
}
#define CF_CLEANUP_FREE CF_CLEANUP(mem_free_ptr)

/* Defines the cleanup function name##_ptr for a destructor name(T *). */
#define CF_DEFINE_CLEANUP(T, name)                                                                           \
	static inline void name##_ptr(T **p)                                                                 \
	{                                                                                                    \
		if (*p)                                                                                      \
			name(*p);                                                                            \
	}                                                                                                    \
	struct mem_semicolon_

/* For tests only: lets n allocations of this process succeed, then fails every later one; a negative n turns
 * failing off. mem_failed tells whether one has failed since. */
void mem_fail_after(long n);
bool mem_failed(void);
/* For tests only: blocks allocated less blocks freed since mem_fail_after(n) with n of 0 or more. */
long mem_balance(void);
