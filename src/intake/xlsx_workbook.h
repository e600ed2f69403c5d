/* What a workbook says before its sheets: their names and parts, the epoch, which formats show dates, and the
 * shared strings. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "intake/xlsx_package.h"

struct xlsx_sheet_entry {
	char *name;
	char *relation; /* the id that leads to its part */
	char *part;     /* in the archive */
	bool hidden;
};

struct xlsx_workbook {
	bool epoch_1904;
	struct xlsx_sheet_entry *sheets;
	size_t n_sheets;
	size_t sheets_capacity;
	bool *is_date; /* by cell format (the s attribute) */
	size_t n_formats;
	size_t formats_capacity;
	struct buffer strings; /* shared strings, each with its NUL */
	size_t *string_at;
	size_t n_strings;
	size_t strings_capacity;
};

/* max_text_bytes bounds the shared strings. */
int xlsx_workbook_read(struct xlsx_package *package, size_t max_text_bytes, struct xlsx_workbook **ret,
	struct cf_error *err) CF_MUST_USE;
struct xlsx_workbook *xlsx_workbook_free(struct xlsx_workbook *w);
CF_DEFINE_CLEANUP(struct xlsx_workbook, xlsx_workbook_free);
#define CF_CLEANUP_WORKBOOK CF_CLEANUP(xlsx_workbook_free_ptr)

/* The text of a shared string, NULL beyond the last. */
const char *xlsx_shared_string(const struct xlsx_workbook *w, size_t i);
