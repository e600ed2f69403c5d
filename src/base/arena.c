#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { ALIGNMENT = 16, FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct block {
	struct block *older;
	size_t size;
	size_t used;
	alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena {
	struct block *newest;
	size_t limit;
	size_t in_use; /* over all blocks, with the rounding */
	size_t high_water;
};

struct arena *arena_new(size_t limit_bytes)
{
	struct arena *a = NEW(struct arena);
	if (a)
		a->limit = limit_bytes;
	return a;
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	for (struct block *b = a->newest; b;) {
		struct block *older = b->older;
		mem_free(b);
		b = older;
	}
	return mem_free(a);
}

static struct block *add_block(struct arena *a, size_t least)
{
	size_t size = a->newest ? a->newest->size : FIRST_BLOCK / 2;
	size = size < LARGEST_BLOCK / 2 ? size * 2 : LARGEST_BLOCK;
	size = size < least ? least : size;
	size_t bytes;
	if (__builtin_add_overflow(sizeof(struct block), size, &bytes))
		return NULL;
	struct block *b = mem_alloc(1, bytes);
	if (!b)
		return NULL;
	*b = (struct block){.older = a->newest, .size = size};
	a->newest = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX - ALIGNMENT)
		return NULL;
	bytes = bytes ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
	size_t in_use;
	if (__builtin_add_overflow(a->in_use, bytes, &in_use) || (a->limit && in_use > a->limit))
		return NULL;
	struct block *b = a->newest;
	if (!b || b->size - b->used < bytes)
		b = add_block(a, bytes);
	if (!b)
		return NULL;
	void *p = b->bytes + b->used;
	b->used += bytes;
	a->in_use = in_use;
	if (in_use > a->high_water)
		a->high_water = in_use;
	return memset(p, 0, bytes);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	if (n == SIZE_MAX)
		return NULL;
	char *copy = arena_alloc(a, n + 1, 1);
	if (copy && n)
		memcpy(copy, s, n);
	return copy;
}

void arena_reset(struct arena *a)
{
	struct block *largest = a->newest;
	for (struct block *b = a->newest; b; b = b->older)
		largest = b->size > largest->size ? b : largest;
	for (struct block *b = a->newest; b;) {
		struct block *older = b->older;
		if (b != largest)
			mem_free(b);
		b = older;
	}
	if (largest) {
		largest->older = NULL;
		largest->used = 0;
	}
	a->newest = largest;
	a->in_use = 0;
}

size_t arena_high_water(const struct arena *a)
{
	return a->high_water;
}
