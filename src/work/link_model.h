/*
 * Models as JSON files, for people to read and for later runs: fields by their columns' names, levels by
 * name with m and u, and which fields depend on each other. A model is read as strictly as any outside data.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"
#include "link/link.h"
#include "work/link_read.h"

#define LINK_MODEL_FORMAT "counterfoil link model"
enum { LINK_MODEL_VERSION = 1 };

struct link_model_file {
	size_t n_fields;
	char *names[LINK_MAX_FIELDS];
	struct link_stated_column columns[LINK_MAX_FIELDS]; /* name points into names */
	bool by_frequency[LINK_MAX_FIELDS];
	struct link_model model; /* fields in the file's order */
};

int link_model_parse(const char *name, const char *data, size_t n, struct link_model_file **ret,
	struct cf_error *err) CF_MUST_USE;
int link_model_open(const char *path, struct link_model_file **ret, struct cf_error *err) CF_MUST_USE;
struct link_model_file *link_model_free(struct link_model_file *f);
CF_DEFINE_CLEANUP(struct link_model_file, link_model_free);
#define CF_CLEANUP_LINK_MODEL CF_CLEANUP(link_model_free_ptr)

/* The file's model with its fields in the order of s; every field of s must be in it, with as many levels. */
int link_model_arrange(const struct link_model_file *f, const struct link_table *t,
	const struct link_settings *s, struct link_model *ret, struct cf_error *err) CF_MUST_USE;

int link_model_write(const struct link_table *t, const struct link_settings *s, const struct link_comparer *c,
	const struct link_model *model, struct buffer *out) CF_MUST_USE;
