/*
 * What a study was run with: DIR/run.ini, written by "study run" beside the study file, so that an evaluation
 * can read the same lists in the same way. Section [run] (country, ignore; ignore may repeat), then one
 * section [list] for each list in study order (name, path, mapping, mapping_section). It holds paths and
 * column names only, nothing from the lists.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

/* All texts are owned. */
struct run_list {
	char *name;
	char *path;            /* absolute */
	char *mapping;         /* absolute path of the file with stated columns; NULL: they were guessed */
	char *mapping_section; /* its section; NULL with mapping NULL */
};

struct run_manifest {
	struct run_list *lists;
	size_t n_lists;
	size_t lists_capacity;
	char **ignore; /* columns left out of the keys */
	size_t n_ignore;
	size_t ignore_capacity;
	char *country; /* as in struct intake_options; NULL: none */
};

int run_manifest_new(const char *country, struct run_manifest **ret, struct cf_error *err) CF_MUST_USE;
struct run_manifest *run_manifest_free(struct run_manifest *m);
CF_DEFINE_CLEANUP(struct run_manifest, run_manifest_free);
#define CF_CLEANUP_RUN_MANIFEST CF_CLEANUP(run_manifest_free_ptr)

/* path is made absolute; mapping and section may be NULL. CF_E_NOT_FOUND when a file is not there. */
struct run_list_request {
	const char *name;
	const char *path;
	const char *mapping;
	const char *mapping_section;
};
int run_manifest_add_list(
	struct run_manifest *m, const struct run_list_request *request, struct cf_error *err) CF_MUST_USE;
int run_manifest_add_ignore(struct run_manifest *m, const char *column, struct cf_error *err) CF_MUST_USE;

/* FOLDER/run.ini, mode 0600. */
int run_manifest_write(const struct run_manifest *m, const char *folder, struct cf_error *err) CF_MUST_USE;
/* CF_E_NOT_FOUND when the folder holds no run.ini, CF_E_INPUT (with the line) when it is not one. */
int run_manifest_read(const char *folder, struct run_manifest **ret, struct cf_error *err) CF_MUST_USE;
