/*
 * Writing well-formed markup into a buffer. Text from outside goes through markup_text, which escapes what
 * means something to HTML and XML and replaces what XML forbids; everything else is a literal of ours or a
 * number. The first failure is kept, so that a caller may write on and check once.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "release/suppress.h"

struct markup {
	struct buffer *out;
	int status;
};

/* Markup of ours, as it stands. */
void markup_raw(struct markup *m, const char *literal);
/* Text, escaped; good inside attributes in double quotes as well. Ill-formed UTF-8 and control characters
 * become U+FFFD. */
void markup_text(struct markup *m, const char *text);
/* A name of a list or party: set apart from the direction of the text around it. */
void markup_name(struct markup *m, const char *name);
/* Formatted numbers between literals: the arguments must be numbers or literals of ours. */
void markup_format(struct markup *m, const char *format, ...) CF_PRINTF(2, 3);

/* "2,744", "1,003-1,012" (with an en dash), "2,500". */
void markup_count(struct markup *m, uint64_t n);
void markup_range(struct markup *m, struct suppress_range range);
void markup_number(struct markup *m, double value);

/* The same into a buffer, without markup. */
int text_count(struct buffer *out, uint64_t n) CF_MUST_USE;
int text_range(struct buffer *out, struct suppress_range range) CF_MUST_USE;
int text_number(struct buffer *out, double value) CF_MUST_USE;
