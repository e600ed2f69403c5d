/*
 * From a text to the tokens that are hashed: n-grams (padded with n - 1 spaces at both ends), the whole text,
 * or the neighbourhood of a number (Vatsalan and Christen 2016: numbers that are near share tokens).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "link/clk/schema.h"

/* The tokens of one text; reused from text to text. */
struct clk_tokens {
	struct buffer bytes; /* the tokens one behind the other, in the feature's encoding */
	size_t *ends;        /* token i is bytes[ends[i - 1]..ends[i]), from 0 */
	size_t n;
	size_t capacity;
	struct buffer padded; /* scratch */
	size_t *starts;       /* scratch: where each code point begins */
	size_t starts_capacity;
};
void clk_tokens_done(struct clk_tokens *t);

/* text is well-formed UTF-8 and NUL-terminated; empty gives no tokens. CF_E_INPUT when a number is wanted and
 * there is none, or it is too large. */
int clk_tokenise(const struct clk_feature *f, const char *text, size_t n, struct clk_tokens *t,
	struct cf_error *err) CF_MUST_USE;
