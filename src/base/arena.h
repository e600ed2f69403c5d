/*
 * An arena: many small allocations that are freed together. With a hard limit, so that a hostile input ends
 * in a clear error and not in the machine's memory. Not thread-safe.
 */
#pragma once

#include <stddef.h>

#include "base/mem.h"

struct arena;

/* limit_bytes 0: no limit. NULL when out of memory. */
struct arena *arena_new(size_t limit_bytes);
struct arena *arena_free(struct arena *a);
/* 16-byte aligned, zeroed; NULL when out of memory or over the limit. Lives until arena_free or arena_reset.
 */
void *arena_alloc(struct arena *a, size_t n, size_t size);
char *arena_strndup(struct arena *a, const char *s, size_t n);
/* Forgets everything, keeps the largest block. */
void arena_reset(struct arena *a);
/* The most bytes ever in use. */
size_t arena_high_water(const struct arena *a);

CF_DEFINE_CLEANUP(struct arena, arena_free);
#define CF_CLEANUP_ARENA CF_CLEANUP(arena_free_ptr)
