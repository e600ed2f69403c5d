/*
 * A growable run of bytes that always ends in a NUL (not counted in n), for text and for small messages.
 * Embedded by value: start with BUFFER_INIT, end with buffer_done (or CF_CLEANUP(buffer_done)).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct buffer {
	char *data; /* NULL while nothing was appended; else data[n] == '\0' */
	size_t n;
	size_t capacity;
};

#define BUFFER_INIT                                                                                          \
	{                                                                                                    \
		0                                                                                            \
	}

void buffer_done(struct buffer *b);
/* Overwrites what it holds, then as buffer_done. What was copied when it grew is not reached: reserve first.
 */
void buffer_wipe(struct buffer *b);
/* Empties without giving memory back. */
void buffer_clear(struct buffer *b);
int buffer_reserve(struct buffer *b, size_t extra) CF_MUST_USE;
int buffer_append(struct buffer *b, const void *bytes, size_t n) CF_MUST_USE;
int buffer_append_text(struct buffer *b, const char *text) CF_MUST_USE;
int buffer_append_char(struct buffer *b, char c) CF_MUST_USE;
int buffer_printf(struct buffer *b, const char *format, ...) CF_PRINTF(2, 3) CF_MUST_USE;
/* The text so far, "" while empty; valid until the next change. */
const char *buffer_text(const struct buffer *b);
/* Hands the block over (NULL while empty) and leaves the buffer empty. */
char *buffer_take(struct buffer *b);
