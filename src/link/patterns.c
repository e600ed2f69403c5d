#include "link/patterns.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 256 };

void link_patterns_done(struct link_patterns *p)
{
	p->counts = mem_free(p->counts);
	p->n = 0;
	p->capacity = 0;
}

static struct link_pattern_count *find(
	struct link_pattern_count *counts, size_t capacity, uint64_t pattern, uint32_t free_fields)
{
	uint64_t h = (pattern ^ (uint64_t)free_fields << 40) * 0x9e3779b97f4a7c15u;
	h ^= h >> 29;
	size_t at = h & (capacity - 1);
	while (counts[at].n != 0 && (counts[at].pattern != pattern || counts[at].free_fields != free_fields))
		at = (at + 1) & (capacity - 1);
	return &counts[at];
}

static int grow(struct link_patterns *p, struct cf_error *err)
{
	size_t capacity = p->capacity ? p->capacity * 2 : FIRST_CAPACITY;
	struct link_pattern_count *counts = NEW_ARRAY_ZERO(struct link_pattern_count, capacity);
	if (!counts)
		return error_memory(err);
	for (size_t i = 0; i < p->capacity; i++)
		if (p->counts[i].n != 0)
			*find(counts, capacity, p->counts[i].pattern, p->counts[i].free_fields) =
				p->counts[i];
	(void)mem_free(p->counts);
	p->counts = counts;
	p->capacity = capacity;
	return CF_OK;
}

int link_patterns_add(
	struct link_patterns *p, uint64_t pattern, uint32_t free_fields, double n, struct cf_error *err)
{
	if (p->n * 2 >= p->capacity)
		TRY(grow(p, err));
	struct link_pattern_count *count = find(p->counts, p->capacity, pattern, free_fields);
	if (count->n == 0) {
		count->pattern = pattern;
		count->free_fields = free_fields;
		p->n++;
	}
	count->n += n;
	return CF_OK;
}

static int compare(const void *a, const void *b)
{
	const struct link_pattern_count *x = a;
	const struct link_pattern_count *y = b;
	if (x->pattern != y->pattern)
		return x->pattern < y->pattern ? -1 : 1;
	return (x->free_fields > y->free_fields) - (x->free_fields < y->free_fields);
}

void link_patterns_sort(struct link_patterns *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->capacity; i++)
		if (p->counts[i].n != 0)
			p->counts[n++] = p->counts[i];
	if (n)
		qsort(p->counts, n, sizeof *p->counts, compare);
	p->n = n;
	p->capacity = n;
}
