/*
 * Files: whole reads with a limit, atomic writes (temporary name, fsync, rename, fsync of the folder),
 * folders, sorted listings, locks. A file is either as it was or as it should be, whatever moment the power
 * fails.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

/* Appends the whole file; CF_E_LIMIT when it is larger than max_bytes, CF_E_NOT_FOUND when it is not there.
 */
int file_read(const char *path, size_t max_bytes, struct buffer *out, struct cf_error *err) CF_MUST_USE;
/* Replaces or creates path with mode (0600 for secrets). */
int file_write_atomic(const char *path, const void *data, size_t n, int mode, struct cf_error *err)
	CF_MUST_USE;

/* An atomic write in pieces: write to f.stream, then file_commit; file_abandon (or the cleanup) drops it. */
struct file_writer {
	FILE *stream;
	char *path;
	char *temporary;
};
#define FILE_WRITER_INIT                                                                                     \
	{                                                                                                    \
		0                                                                                            \
	}
int file_begin(struct file_writer *f, const char *path, int mode, struct cf_error *err) CF_MUST_USE;
int file_commit(struct file_writer *f, struct cf_error *err) CF_MUST_USE;
void file_abandon(struct file_writer *f);
/* Removes (wiped) what writers that were killed left behind in the folder. Only while no other process writes
 * there, so call it with the folder's lock held. */
int file_remove_leftovers(const char *folder, struct cf_error *err) CF_MUST_USE;

/* A file for reading and writing that has no name, or loses it at once: nobody else can open it, and it is
 * gone when the descriptor is closed, however the process ends. Mode 0600. The caller closes it. */
int file_temporary(const char *folder, int *ret_fd, struct cf_error *err) CF_MUST_USE;
/* $TMPDIR when it is set, else "/tmp". */
const char *file_temporary_folder(void);

/* Makes the folder and its parents; fine when it is there. */
int file_make_folder(const char *path, int mode, struct cf_error *err) CF_MUST_USE;
bool file_exists(const char *path);
bool file_is_folder(const char *path);
/* Removes a file; fine when it is not there. overwrite first when wipe. */
int file_remove(const char *path, bool wipe, struct cf_error *err) CF_MUST_USE;
int file_rename(const char *from, const char *to, struct cf_error *err) CF_MUST_USE;
int file_copy(const char *from, const char *to, int mode, struct cf_error *err) CF_MUST_USE;

/* Plain file names in the folder (no dot files, no folders), sorted by bytes. */
struct file_list {
	char **names;
	size_t n;
};
#define FILE_LIST_INIT                                                                                       \
	{                                                                                                    \
		0                                                                                            \
	}
int file_list(const char *folder, struct file_list *ret, struct cf_error *err) CF_MUST_USE;
void file_list_done(struct file_list *list);

/* Appends folder/name; name absolute: name alone. */
int file_join(struct buffer *out, const char *folder, const char *name) CF_MUST_USE;
/* An owned "folder/name", NULL when out of memory. */
char *file_path(const char *folder, const char *name);

/* An exclusive advisory lock held until file_unlock or the end of the process; CF_E_STATE when another
 * process holds it. */
int file_lock(const char *path, int *ret_fd, struct cf_error *err) CF_MUST_USE;
void file_unlock(int *fd);
