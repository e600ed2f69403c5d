/*
 * Linkage schemas as files: version 3 of clkhash's JSON, with one key more, "hardening", which clkhash passes
 * over:
 * {"flipRate": 0.02, "balanced": false, "salt": {"identifier": "date_of_birth", "characters": 4}}.
 */
#pragma once

#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "link/clk/schema.h"

/* CF_E_INPUT with line and column for what is no JSON, with the feature's number for what is no schema. name
 * is used in messages. What comes back is checked (clk_schema_check). */
int clk_schema_parse(const char *name, const char *data, size_t n, struct clk_schema **ret,
	struct cf_error *err) CF_MUST_USE;
int clk_schema_open(const char *path, struct clk_schema **ret, struct cf_error *err) CF_MUST_USE;

/* Looks at a CSV file (its first 10,000 rows) and appends a schema for it, with the reason for each choice in
 * its descriptions: one fold, a flip rate of 0.02, and a salt for the keys that belongs to this study alone.
 * study: any text that the parties agree on. ignore: columns to leave out. */
struct clk_schema_suggestion {
	const char *path;
	const char *study;
	const char *const *ignore;
	size_t n_ignore;
};
int clk_schema_suggest(const struct clk_schema_suggestion *s, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;
