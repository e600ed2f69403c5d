/*
 * Hierarchical log-linear models as sets of terms. A term is a bit set of lists (0: the intercept); a model
 * holds the intercept, every single list, and with each term all of its parts. Invariant: terms are unique
 * and sorted by size, then by list numbers (12, 13, 23), so that equal models are equal arrays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum {
	HIERARCHY_MAX_LISTS = 12,
	HIERARCHY_MAX_TERMS = 128, /* seven lists with every interaction; twelve with every pair */
};

struct hierarchy {
	uint32_t n_lists;
	uint32_t n_terms;
	uint32_t terms[HIERARCHY_MAX_TERMS];
};

/* Negative, zero or positive: by size, then by list numbers. */
int hierarchy_compare_terms(uint32_t a, uint32_t b);
/* The intercept and one term a list. n_lists at most HIERARCHY_MAX_LISTS. */
void hierarchy_main_effects(uint32_t n_lists, struct hierarchy *ret);
bool hierarchy_has(const struct hierarchy *m, uint32_t term);
/* Adds the term and all of its parts; false, with the model unchanged, when that would be too many terms. */
bool hierarchy_add(struct hierarchy *m, uint32_t term);
/* Removes the term and every term that contains it; single lists stay. */
void hierarchy_remove(struct hierarchy *m, uint32_t term);
/* Fewer terms first, then the lowest first differing term. */
int hierarchy_compare(const struct hierarchy *a, const struct hierarchy *b);
/* The terms contained in no other, largest first, then by list numbers; returns how many. */
uint32_t hierarchy_generators(const struct hierarchy *m, uint32_t ret[HIERARCHY_MAX_TERMS]);

/* "[12,13,23,4]", with ten lists or more "[1.2,1.10,3]"; and "A:B, A:C, D" with list names. */
int hierarchy_format_digits(const struct hierarchy *m, struct buffer *out) CF_MUST_USE;
int hierarchy_format_names(const struct hierarchy *m, char *const *list_names, struct buffer *out)
	CF_MUST_USE;

/* Reads either form. Every list belongs to the model whether or not it is named. */
int hierarchy_parse(const char *text, uint32_t n_lists, char *const *list_names, struct hierarchy *ret,
	struct cf_error *err) CF_MUST_USE;
