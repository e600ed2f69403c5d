/*
 * Patterns of agreement, counted. Training needs no pair, only how often each pattern was met and which
 * fields the rules that found the pair left free.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct link_pattern_count {
	uint64_t pattern;
	uint32_t free_fields; /* bit f: some rule that found the pair does not look at field f */
	double n;
};

struct link_patterns {
	struct link_pattern_count *counts;
	size_t n;
	size_t capacity; /* a power of two while counting: open addressing, n 0 free */
};
#define LINK_PATTERNS_INIT                                                                                   \
	{                                                                                                    \
		0                                                                                            \
	}

void link_patterns_done(struct link_patterns *p);
int link_patterns_add(struct link_patterns *p, uint64_t pattern, uint32_t free_fields, double n,
	struct cf_error *err) CF_MUST_USE;
/* Moves the counts to the front in a fixed order; nothing may be added after. */
void link_patterns_sort(struct link_patterns *p);
