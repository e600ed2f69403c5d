/*
 * Strata that travel in clear with a record: agreed columns with agreed values, each with "unknown", joined
 * into one number. Coarsened at the origin until each joint cell holds at least k records of the list.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"
#include "model/person.h"

enum { MATCH_MAX_STRATA = 4, MATCH_MAX_STRATUM_VALUES = 64, MATCH_MAX_STRATUM_CODES = 4096 };

struct match_strata;

/* Section [strata]: k = 10, and lines such as "sex = female, male, other" or "age_band = 0-17, 18-24, 25-34,
 * 35+" (field age, at reference_date = YYYY-MM-DD) or "form = ..."; every column also has "unknown" (value
 * 0). *ret is NULL when the section names no column. */
int match_strata_parse(const struct ini *ini, struct match_strata **ret, struct cf_error *err) CF_MUST_USE;
struct match_strata *match_strata_free(struct match_strata *s);
CF_DEFINE_CLEANUP(struct match_strata, match_strata_free);
#define CF_CLEANUP_STRATA CF_CLEANUP(match_strata_free_ptr)

/* What a study asks for by name: columns "sex", "age_band", "form"; reference is the day at which ages count.
 */
struct match_strata_request {
	const char *const *columns;
	size_t n_columns;
	uint32_t k;
	struct date reference;
};
/* Appends the section [strata] with the default values of those columns, as match_strata_parse reads it. */
int match_strata_default_text(
	const struct match_strata_request *request, struct buffer *out, struct cf_error *err) CF_MUST_USE;

/* The least number of records of a list in a joint cell. */
uint32_t match_strata_k(const struct match_strata *s);
size_t match_strata_n_columns(const struct match_strata *s);
const char *match_strata_column(const struct match_strata *s, size_t column);
/* Joint codes are 0 to n_codes - 1; 0 is unknown in every column. */
uint32_t match_strata_n_codes(const struct match_strata *s);
/* The value (text, "unknown" for 0) of one column in a joint code. */
const char *match_strata_value(const struct match_strata *s, uint32_t code, size_t column);
/* Column by column the first known value: a's unless unknown, else b's. */
uint32_t match_strata_combine(const struct match_strata *s, uint32_t a, uint32_t b);
/* The code with one column unknown. */
uint32_t match_strata_without(const struct match_strata *s, uint32_t code, size_t column);

/* The joint code of one row, not yet coarsened. A column takes the first value of its field (PERSON_SEX,
 * PERSON_FORM, PERSON_BIRTH_DATE or else PERSON_AGE) that the study lists, compared by letters and digits
 * without regard to ASCII case; a form that it does not list counts as "other" where "other" is listed. A
 * birth date of which only the year or month is known has a band when all its days have the same. */
uint32_t match_strata_code(const struct match_strata *s, const struct person *person);

/* Coarsens the codes of a list's records (after deduplication; rows joined with match_strata_combine) in
 * place, replacing values by "unknown", until each joint cell that holds a record holds at least k; fewer
 * than k records in all become unknown altogether. order (n numbers; NULL: the index) says which of equal
 * records give way first, so that with numbers made from the records' values the outcome does not depend on
 * the order of rows. *ret_n_coarsened (may be NULL): the records whose code changed. O(n log n + n_codes^2).
 */
int match_strata_coarsen(const struct match_strata *s, uint32_t *codes, size_t n, const uint64_t *order,
	size_t *ret_n_coarsened, struct cf_error *err) CF_MUST_USE;
