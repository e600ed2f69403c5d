/*
 * JSON out: a writer into a buffer that places commas, escapes and indents; nesting is checked by assertion.
 * NaN and infinities are written as null. Reading JSON is not this module's matter.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

enum { JSON_MAX_DEPTH = 32 };

/* status keeps the first failure, so that a caller may write on and check once, with json_finish. */
struct json {
	struct buffer *out;
	int status;
	int depth;
	bool pretty;
	bool after_key;
	char closers[JSON_MAX_DEPTH];
	bool has_items[JSON_MAX_DEPTH];
};

void json_init(struct json *j, struct buffer *out, bool pretty);
void json_begin_object(struct json *j);
void json_begin_array(struct json *j);
void json_end(struct json *j);
void json_key(struct json *j, const char *key);
/* text NULL writes null; invalid UTF-8 becomes U+FFFD. */
void json_text(struct json *j, const char *text);
void json_integer(struct json *j, int64_t value);
void json_unsigned(struct json *j, uint64_t value);
/* Shortest text that reads back as the same double. */
void json_number(struct json *j, double value);
void json_boolean(struct json *j, bool value);
void json_null(struct json *j);
/* key and value in one call */
void json_key_text(struct json *j, const char *key, const char *text);
void json_key_integer(struct json *j, const char *key, int64_t value);
void json_key_unsigned(struct json *j, const char *key, uint64_t value);
void json_key_number(struct json *j, const char *key, double value);
void json_key_boolean(struct json *j, const char *key, bool value);
void json_key_null(struct json *j, const char *key);
/* Asserts that everything was closed, adds a line end when pretty, returns the first failure or 0. */
int json_finish(struct json *j) CF_MUST_USE;
