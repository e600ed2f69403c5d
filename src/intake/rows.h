/*
 * Files of rows, whatever their kind: CSV, JSON Lines and XLSX give the same rows of cells, each with its
 * place (file, sheet, line, column), so that what comes after knows nothing of file formats. Reading streams:
 * memory is bounded by one row (and, for XLSX, by the workbook's shared strings). What is wrong with one row
 * or one cell is handed on with it and does not end the reading; only what makes the rest unreadable does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

enum rows_format {
	ROWS_BY_CONTENT = 0,
	ROWS_CSV,
	ROWS_JSON_LINES,
	ROWS_XLSX,
};

enum cell_kind {
	CELL_EMPTY = 0,
	CELL_TEXT,
	CELL_NUMBER,  /* decimal digits, as short as they read back */
	CELL_BOOLEAN, /* "true" or "false" */
	CELL_DATE,    /* YYYY-MM-DD, YYYY-MM-DDTHH:MM:SS or HH:MM:SS, whatever the sheet shows */
	CELL_BAD,     /* reason says what is wrong */
};

struct cell {
	const char *text;   /* NUL-terminated UTF-8, never NULL; valid until the next rows_next */
	const char *reason; /* of a bad cell, without its contents; else NULL */
	uint32_t n;
	uint32_t column; /* of the row's sheet, from 0 */
	enum cell_kind kind;
};

/* Cells come in the order of the file. A column may be missing (an empty cell of a sheet, a key that a JSON
 * object has not) and, in JSON, come several times: one cell for each element of an array. */
struct row {
	const struct cell *cells;
	size_t n;
	uint64_t line;      /* of the file, or the row's number in its sheet, from 1 */
	size_t sheet;       /* from 0 */
	const char *reason; /* the row as a whole cannot be read: n is 0 and raw has its text; else NULL */
	const char *raw;
};

struct rows_options {
	enum rows_format format;
	const char *sheet;     /* XLSX: this sheet alone, even a hidden one; NULL: all that are not hidden */
	char delimiter;        /* CSV: 0 to guess */
	size_t max_row_bytes;  /* 0: 16 MiB */
	size_t max_text_bytes; /* XLSX: of the shared strings; 0: 192 MiB */
	size_t buffer_bytes;   /* 0: 256 KiB; tests make it tiny */
};
#define ROWS_OPTIONS_INIT                                                                                    \
	{                                                                                                    \
		0                                                                                            \
	}

struct row_source;

/* Opens path, a file that can be read from the start (not a pipe). CF_E_INPUT when it is none of the kinds,
 * CF_E_REFUSED for what is hostile (zip bombs, document types, encrypted workbooks). options may be NULL. */
int rows_open(const char *path, const struct rows_options *options, struct row_source **ret,
	struct cf_error *err) CF_MUST_USE;
/* From memory, which must outlive the source; name stands in messages. */
int rows_open_memory(const char *name, const void *data, size_t n, const struct rows_options *options,
	struct row_source **ret, struct cf_error *err) CF_MUST_USE;
struct row_source *rows_close(struct row_source *r);
CF_DEFINE_CLEANUP(struct row_source, rows_close);
#define CF_CLEANUP_ROWS CF_CLEANUP(rows_close_ptr)

/* 1 with *ret_row (valid until the next call), 0 at the end, negative when the rest cannot be read. Blank
 * rows are passed over. */
int rows_next(struct row_source *r, const struct row **ret_row, struct cf_error *err) CF_MUST_USE;

enum rows_format rows_format(const struct row_source *r);
const char *rows_name(const struct row_source *r);
/* Sheets known so far: those reached, and those passed over. CSV and JSON Lines have one, called "". */
size_t rows_n_sheets(const struct row_source *r);
const char *rows_sheet_name(const struct row_source *r, size_t sheet);
/* Why a sheet was passed over ("it is hidden", "it is empty"); NULL when it was not. */
const char *rows_sheet_note(const struct row_source *r, size_t sheet);
/* Columns known so far; JSON Lines find new ones as they go. Names are unique within a sheet. */
size_t rows_n_columns(const struct row_source *r, size_t sheet);
const char *rows_column_name(const struct row_source *r, size_t sheet, size_t column);
/* -1 when there is no column of exactly this name. */
ptrdiff_t rows_find_column(const struct row_source *r, size_t sheet, const char *name);
/* Where the column stands in the sheet, from 0: columns without a name are passed over. */
size_t rows_column_place(const struct row_source *r, size_t sheet, size_t column);
/* Bytes read and of the whole, 0 when not known; for progress. */
uint64_t rows_bytes_read(const struct row_source *r);
uint64_t rows_bytes_total(const struct row_source *r);

/* "A" to "XFD" and on, of a place from 0. */
enum { COLUMN_LETTERS = 8 };
void rows_column_letters(size_t place, char to[COLUMN_LETTERS]);
