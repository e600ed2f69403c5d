/*
 * Checks on texts that need Unicode's tables: whether a text is all of one case, and regular expressions
 * (ICU's, close to Python's and Perl's). Expressions come from files that people write, so matching is
 * bounded in time and memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

/* Whether changing well-formed s[0..n) to upper (lower) case would leave it as it is. */
bool text_is_upper(const char *s, size_t n);
bool text_is_lower(const char *s, size_t n);

struct text_pattern;

/* CF_E_INPUT, with the place in the pattern, when it cannot be understood. */
int text_pattern_new(const char *pattern, struct text_pattern **ret, struct cf_error *err) CF_MUST_USE;
struct text_pattern *text_pattern_free(struct text_pattern *p);
CF_DEFINE_CLEANUP(struct text_pattern, text_pattern_free);
#define CF_CLEANUP_TEXT_PATTERN CF_CLEANUP(text_pattern_free_ptr)

/* Whether all of s[0..n) matches: 1 or 0; CF_E_LIMIT when that would take too long. Not thread-safe. */
int text_pattern_matches(struct text_pattern *p, const char *s, size_t n, struct cf_error *err) CF_MUST_USE;
