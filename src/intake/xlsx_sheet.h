/* One sheet of a workbook as raw rows: places by number and letter as the sheet has them, values as text.
 * What the rows mean (header, columns) is intake/rows_xlsx.c's matter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "intake/rows.h"
#include "intake/xlsx_workbook.h"

/* A merged range, from 0, ends included. */
struct xlsx_merge {
	uint32_t top;
	uint32_t left;
	uint32_t bottom;
	uint32_t right;
};

struct xlsx_cell {
	uint32_t column; /* of the sheet, from 0 */
	uint32_t n;
	size_t at; /* of its text in row->text */
	const char *reason;
	enum cell_kind kind;
};

struct xlsx_row {
	uint64_t number;         /* from 1 */
	struct xlsx_cell *cells; /* in ascending columns; empty ones are left out */
	size_t n;
	size_t capacity;
	struct buffer text;
};
void xlsx_row_done(struct xlsx_row *row);

struct xlsx_sheet;

/* Reads the sheet through once for its merged ranges, then stands before the first row. package, workbook and
 * part must outlive the sheet. */
int xlsx_sheet_open(struct xlsx_package *package, const struct xlsx_workbook *workbook, const char *part,
	size_t max_row_bytes, struct xlsx_sheet **ret, struct cf_error *err) CF_MUST_USE;
struct xlsx_sheet *xlsx_sheet_close(struct xlsx_sheet *s);
CF_DEFINE_CLEANUP(struct xlsx_sheet, xlsx_sheet_close);
#define CF_CLEANUP_SHEET CF_CLEANUP(xlsx_sheet_close_ptr)

/* Sorted by top, then left. */
const struct xlsx_merge *xlsx_sheet_merges(const struct xlsx_sheet *s, size_t *ret_n);
/* 1 with the next row that has a cell, put into *row (its memory is used again), 0 at the end. */
int xlsx_sheet_next(struct xlsx_sheet *s, struct xlsx_row *row, struct cf_error *err) CF_MUST_USE;
/* Bytes of its XML read so far, both times. */
uint64_t xlsx_sheet_bytes(const struct xlsx_sheet *s);
