/* A folder for targets whose reader wants files by name; gone when the process ends. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

enum { SCRATCH_FILES = 4, SCRATCH_NAME = 64 };

static char scratch_folder[64];
static char scratch_files[SCRATCH_FILES][SCRATCH_NAME + sizeof scratch_folder];
static size_t n_scratch_files;

static void scratch_remove(void)
{
	for (size_t i = 0; i < n_scratch_files; i++)
		(void)unlink(scratch_files[i]);
	(void)rmdir(scratch_folder);
}

static inline void scratch_start(void)
{
	const char *below = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	(void)snprintf(scratch_folder, sizeof scratch_folder, "%s/counterfoil-fuzz-XXXXXX", below);
	if (!mkdtemp(scratch_folder) || atexit(scratch_remove) != 0)
		abort();
}

/* The path of a file that will be removed at the end. */
static inline const char *scratch_file(const char *name)
{
	if (n_scratch_files == SCRATCH_FILES || strlen(name) >= SCRATCH_NAME)
		abort();
	char *path = scratch_files[n_scratch_files++];
	(void)snprintf(path, sizeof scratch_files[0], "%s/%s", scratch_folder, name);
	return path;
}

static inline void scratch_write(const char *path, const void *data, size_t n)
{
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0)
		abort();
}
