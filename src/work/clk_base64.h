/* Base64 (RFC 4648, section 4), as JSON files carry encodings and salts. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Appends n bytes as text with padding. */
int base64_append(struct buffer *out, const uint8_t *data, size_t n) CF_MUST_USE;
/* Appends the bytes of text[0..n), white space at its end left out: 0, CF_E_INPUT when it is not base64
 * (padding may not be missing, unused bits must be 0), CF_E_MEMORY. */
int base64_read(const char *text, size_t n, struct buffer *out) CF_MUST_USE;
