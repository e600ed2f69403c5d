/*
 * CSV as RFC 4180 and spreadsheets write it: UTF-8 with or without BOM, LF, CRLF or CR, any one-byte
 * delimiter (guessed from the header among comma, semicolon, tab and bar unless given), quoted cells with
 * doubled quotes and line breaks. Errors name the file, the line and the column: invalid UTF-8, NUL, a stray
 * or unclosed quote, ragged rows, missing or doubled column names. The reader streams: memory is bounded by
 * one row.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

struct csv_reader;

struct csv_options {
	char delimiter;       /* 0: guess from the header line */
	bool trim;            /* drop spaces around unquoted cells (FEBRL files have ", " between cells) */
	size_t max_row_bytes; /* 0: 16 MiB */
	size_t max_columns;   /* 0: 4096 */
	size_t buffer_bytes;  /* 0: 256 KiB; tests make it tiny */
};
#define CSV_OPTIONS_INIT                                                                                     \
	{                                                                                                    \
		0                                                                                            \
	}

struct csv_cell {
	const char *text; /* NUL-terminated, unquoted; valid until the next csv_next */
	size_t n;
};

/* Opens and reads the header. name is used in messages; with csv_open it is the path. */
int csv_open(const char *path, const struct csv_options *options, struct csv_reader **ret,
	struct cf_error *err) CF_MUST_USE;
/* Reads from memory, which must outlive the reader. */
int csv_open_memory(const char *name, const char *data, size_t n, const struct csv_options *options,
	struct csv_reader **ret, struct cf_error *err) CF_MUST_USE;
struct csv_reader *csv_close(struct csv_reader *r);
CF_DEFINE_CLEANUP(struct csv_reader, csv_close);
#define CF_CLEANUP_CSV CF_CLEANUP(csv_close_ptr)

size_t csv_n_columns(const struct csv_reader *r);
/* Trimmed header names, always unique and non-empty; NULL beyond the last. */
const char *csv_column_name(const struct csv_reader *r, size_t column);
/* Exact name, then the same without regard to ASCII case; -1 when there is none. */
ptrdiff_t csv_find_column(const struct csv_reader *r, const char *name);
char csv_delimiter(const struct csv_reader *r);

/* 1 with *ret_cells (csv_n_columns of them), 0 at the end, negative on error. Blank lines are skipped when
 * the file has more than one column. */
int csv_next(struct csv_reader *r, const struct csv_cell **ret_cells, struct cf_error *err) CF_MUST_USE;
/* After csv_next has failed on a row whose end is known all the same (ragged, NUL or not UTF-8): steps behind
 * it, so that csv_next goes on with the next one, gives its bytes (valid until then) and returns true. False
 * after any other error. */
bool csv_pass_over(struct csv_reader *r, const char **ret_bytes, size_t *ret_n);
/* Rows after the header read so far, and the line on which the last one began (from 1). */
uint64_t csv_row(const struct csv_reader *r);
uint64_t csv_line(const struct csv_reader *r);
/* Bytes consumed and, when known, of the whole file (else 0), for progress. */
uint64_t csv_bytes_read(const struct csv_reader *r);
uint64_t csv_bytes_total(const struct csv_reader *r);
/* Sets *err at the last row's line and the given column (from 0) with "file:line: column 'name': ...". */
int csv_error(const struct csv_reader *r, size_t column, struct cf_error *err, const char *format, ...)
	CF_PRINTF(4, 5);

/* Writing: quotes when needed, LF line ends. first says whether the cell opens its row. */
int csv_write_cell(struct buffer *out, bool first, const char *text) CF_MUST_USE;
int csv_end_row(struct buffer *out) CF_MUST_USE;

/* Appends text as it may stand in a cell of a spreadsheet: what such a program would run as a formula (= + -
 * @ tab and carriage return at the front) gets an apostrophe before it, which csv_unguarded takes off again.
 * Plain numbers and phone numbers, such as -12.5 and +61412345678, run nothing and stay as they are. */
int csv_guard(const char *text, struct buffer *out) CF_MUST_USE;
/* The text without the apostrophe of csv_guard; *n is its length before and after. */
const char *csv_unguarded(const char *text, size_t *n);
/* csv_write_cell of the guarded text. */
int csv_write_guarded(struct buffer *out, bool first, const char *text) CF_MUST_USE;
