/*
 * The rows that were refused, as a CSV that can be mended and imported again: their cells under the columns
 * of the file they came from, the line, what is wrong with it, and the text of rows that could not be cut
 * into cells. It holds what the file held, so it is kept like the file itself.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "intake/rows.h"

struct rejects;

int rejects_new(struct rejects **ret, struct cf_error *err) CF_MUST_USE;
struct rejects *rejects_free(struct rejects *r);
/* For the reject callback of an import. */
int rejects_add(struct rejects *r, const struct row_source *rows, const struct row *row, const char *reasons,
	struct cf_error *err) CF_MUST_USE;
uint64_t rejects_count(const struct rejects *r);
/* Appends the whole file, with cells a spreadsheet would run as formulas made harmless. */
int rejects_write(const struct rejects *r, struct buffer *out, struct cf_error *err) CF_MUST_USE;
