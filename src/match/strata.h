/*
 * Strata that travel in clear with a record: agreed columns with agreed values, each with "unknown", joined into
 * one number. Coarsened at the origin until each joint cell holds at least k records of the list.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"
#include "model/person.h"

enum { MATCH_MAX_STRATA = 4, MATCH_MAX_STRATUM_VALUES = 64 };

struct match_strata;

/* Section [strata]: k = 10, and lines such as "sex = female, male, other" or "age_band = 0-17, 18-24, 25-34,
 * 35+" (field age, at reference_date) or "form = ..."; every column also has "unknown" (value 0). *ret is NULL
 * when the section names no column. */
int match_strata_parse(const struct ini *ini, struct match_strata **ret, struct cf_error *err) CF_MUST_USE;
struct match_strata *match_strata_free(struct match_strata *s);
CF_DEFINE_CLEANUP(struct match_strata, match_strata_free);
#define CF_CLEANUP_STRATA CF_CLEANUP(match_strata_free_ptr)
/* Default section text for the named columns ("sex", "age_band", "form"). */
int match_strata_default_text(const char *const *columns, size_t n, uint32_t k, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;

size_t match_strata_n_columns(const struct match_strata *s);
const char *match_strata_column(const struct match_strata *s, size_t column);
/* Joint codes are 0 to n_codes - 1. */
uint32_t match_strata_n_codes(const struct match_strata *s);
/* The value (text, "unknown" for 0) of one column in a joint code. */
const char *match_strata_value(const struct match_strata *s, uint32_t code, size_t column);
/* Column by column the first known value: a's unless unknown, else b's. */
uint32_t match_strata_combine(const struct match_strata *s, uint32_t a, uint32_t b);
