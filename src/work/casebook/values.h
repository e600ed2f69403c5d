/* Values as people type them, made canonical by the field's type; dates in the order of ISO 8601 or as can be
 * read in one way only, phones with their calling code or of the country given. */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "base/text.h"
#include "model/record.h"
#include "model/schema.h"

struct values;

/* country: of phones without a calling code, ISO 3166 code or name; NULL: none. */
int values_new(const char *country, struct values **ret, struct cf_error *err) CF_MUST_USE;
struct values *values_free(struct values *v);
CF_DEFINE_CLEANUP(struct values, values_free);
#define CF_CLEANUP_VALUES CF_CLEANUP(values_free_ptr)

/* A form_clean; context is the struct values. */
int values_clean(void *context, const struct schema_field *field, const char *text, size_t n,
	struct buffer *out, struct cf_error *err) CF_MUST_USE;

/* "gender=female", "gender=(refused)": an open or coded field and what stands in its column. */
int values_parse_condition(const struct schema_entity *entity, const char *text,
	const struct schema_field **ret_field, struct buffer *ret_value, struct cf_error *err) CF_MUST_USE;
/* What to search an identifying field by. A number without a kind ("+44 7911 123456") is tried as what it
 * looks like. */
int values_for_search(const struct schema_field *field, const char *text, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
