/*
 * Values as the engines compare them. Each function appends the normalised text of one cell (see
 * model/person.h for the forms) and appends nothing where the cell holds no value: empty, a placeholder such
 * as "unknown" or "n/a", or too little to tell anything.
 */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "model/person.h"

/* Names and places: the transliterated key. */
int normalise_words(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
/* country: calling code digits for numbers without one, or NULL. */
int normalise_phone(const char *country, const char *s, size_t n, struct buffer *out) CF_MUST_USE;
/* Letters and digits of documents and postal codes, lower case. */
int normalise_code(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
int normalise_email(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
int normalise_sex(struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;
/* Anything else: folded text. */
int normalise_other(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;
/* *ret_damaged: something stood there that is no date; what digits it has are kept in their places. */
int normalise_date(enum date_order order, const char *s, size_t n, struct buffer *out, bool *ret_damaged)
	CF_MUST_USE;
