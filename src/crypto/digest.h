/* A short digest that tells contents apart: BLAKE2b (RFC 7693) of 16 bytes. Whoever can guess the contents
 * can check the guess: it is no secret, and not kept outside what is sealed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 16 };

void digest_of(const void *data, size_t n, uint8_t ret[DIGEST_BYTES]);
