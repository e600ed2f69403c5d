/*
 * A ZIP archive written from front to back, each part compressed as it comes: no copy of what it holds lies
 * in another file meanwhile, and a byte that could not be written is noticed. The one file that includes
 * zlib.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

struct zip_file;

/* Nothing is at path until zip_file_commit. Mode 0600. */
int zip_file_new(const char *path, struct zip_file **ret, struct cf_error *err) CF_MUST_USE;
/* Drops what was not committed. */
struct zip_file *zip_file_free(struct zip_file *z);
CF_DEFINE_CLEANUP(struct zip_file, zip_file_free);
#define CF_CLEANUP_ZIP_FILE CF_CLEANUP(zip_file_free_ptr)

/* Ends the part before, if any. name is ASCII, at most 64 bytes. At most 16 parts. */
int zip_file_part(struct zip_file *z, const char *name, struct cf_error *err) CF_MUST_USE;
/* More of the part. CF_E_LIMIT when it grows beyond 4 GiB. */
int zip_file_write(struct zip_file *z, const void *data, size_t n, struct cf_error *err) CF_MUST_USE;
int zip_file_commit(struct zip_file *z, struct cf_error *err) CF_MUST_USE;
