/* What the readers behind intake/rows.h share: sheets, columns, and the row that is being put together. */
#pragma once

#include "intake/rows.h"

enum {
	ROWS_MAX_COLUMNS = 4096,
	ROWS_MAX_KEYS = 1 << 16, /* of JSON Lines, where each is short */
	ROWS_MAX_SHEETS = 256,
	ROWS_REASON_BYTES = 160,
};

struct rows_sheet {
	char *name;
	const char *note;
	char **columns;
	size_t n_columns;
	size_t columns_capacity;
	uint32_t *places; /* of each column in the sheet, from 0 */
	size_t places_capacity;
	uint32_t *index; /* open addressing over the names: column + 1, 0 where free */
	size_t index_size;
};

/* What a reader does; context is its own. */
struct rows_reader {
	int (*next)(struct row_source *r, struct cf_error *err); /* fills r->row: 1, 0 or negative */
	void (*close)(struct row_source *r);
	uint64_t (*bytes_read)(const struct row_source *r);
};

struct row_source {
	const struct rows_reader *reader;
	void *context;
	enum rows_format format;
	char *name;
	struct rows_options options;
	uint64_t n_total;
	struct rows_sheet *sheets;
	size_t n_sheets;
	size_t sheets_capacity;
	struct row row;
	struct cell *cells;
	size_t cells_capacity;
	char reason[ROWS_REASON_BYTES];
};

/* Where the n bytes are: memory, or a file when data is NULL. */
struct rows_input {
	const char *path;
	const void *data;
	size_t n;
};

int rows_add_sheet(struct row_source *r, const char *name, struct cf_error *err) CF_MUST_USE;
/* The column's number in *ret; CF_E_LIMIT beyond ROWS_MAX_COLUMNS. The name must be new. */
int rows_add_column(struct row_source *r, size_t sheet, const char *name, size_t *ret, struct cf_error *err)
	CF_MUST_USE;
/* One more cell at the end of the row: the caller sets it before the next call. NULL when out of memory. */
struct cell *rows_add_cell(struct row_source *r) CF_MUST_USE;
/* The row as a whole is bad; reason is copied, raw must stay until the next row. */
void rows_refuse_row(struct row_source *r, const char *reason, const char *raw);

/* Replaces *out by the bytes of a row in UTF-8: each byte that is none, and each NUL, becomes U+FFFD; without
 * the line end. */
int rows_put_raw(const char *bytes, size_t n, struct buffer *out) CF_MUST_USE;
/* Writes the character, which is no surrogate, in 1 to 4 bytes; returns the end. */
char *rows_put_utf8(char *to, uint32_t c);

int rows_csv_open(struct row_source *r, const struct rows_input *input, struct cf_error *err) CF_MUST_USE;
int rows_json_open(struct row_source *r, const struct rows_input *input, struct cf_error *err) CF_MUST_USE;
int rows_xlsx_open(struct row_source *r, const struct rows_input *input, struct cf_error *err) CF_MUST_USE;
