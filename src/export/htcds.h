/* The flat HTCDS table, whatever file it goes to. */
#pragma once

#include "export/export.h"

/* One row after another; the first has the columns' names. Cells are NUL-ended and guarded against formulas.
 */
struct htcds_sink {
	void *context;
	int (*row)(void *context, const char *const *cells, size_t n, struct cf_error *err);
};

int htcds_write(const struct export_source *source, const struct htcds_sink *sink, struct export_counts *ret,
	struct cf_error *err) CF_MUST_USE;

/* Whether the table carries the value of the record: not a second name, a third language, a code HTCDS has no
 * word for, or a source of its own. *ret_text (may be NULL) receives the cell, without guard. For tests and
 * for saying what is left out. */
int htcds_carries(const struct record *record, const struct record_value *value, bool *ret,
	struct cf_error *err) CF_MUST_USE;
