/*
 * What a file is, in a few bytes: SHA-256 (FIPS 180-4) and BLAKE2b-512 (RFC 7693) of its contents and its
 * size, as evidence is registered by. Two hashes of different design, so that a break of one does not void
 * the register.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct file_digest {
	char sha256[65]; /* hexadecimal */
	char blake2b[129];
	uint64_t size;
};

/* Reads the file once, in bounded memory. CF_E_STATE when it changed while it was read, CF_E_INTERRUPTED. */
int file_digest(const char *path, struct file_digest *ret, struct cf_error *err) CF_MUST_USE;
