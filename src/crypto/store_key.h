/*
 * The key file of a store: 32 random bytes that open it, alone or together with a passphrase. Kept on a
 * medium apart from the store (a USB stick), it makes a stolen disk worthless whatever the passphrase.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "crypto/secret.h"

enum { STORE_KEY_FILE_BYTES = 80 };

/* Makes the file (mode 0600). CF_E_STATE when path is there: keys are never overwritten. */
int store_key_file_new(const char *path, struct cf_error *err) CF_MUST_USE;
/* Reads it into guarded memory (32 bytes). Refuses a file that others may read, and damage. */
int store_key_file_read(const char *path, struct secret **ret, struct cf_error *err) CF_MUST_USE;
/* The reading of the bytes alone; path is for messages. */
int store_key_parse(const char *path, const void *data, size_t n, struct secret **ret, struct cf_error *err)
	CF_MUST_USE;
