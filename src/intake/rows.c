/*
 * The kind of a file is told by its first bytes, never by its name: a zip archive is a workbook or nothing, a
 * compound file is an old or an encrypted one, what begins with a brace is JSON, and the rest is CSV.
 */
#include "intake/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "intake/rows_reader.h"

enum { FIRST_BYTES = 4096 };

/* ---- sheets and columns ---- */

int rows_add_sheet(struct row_source *r, const char *name, struct cf_error *err)
{
	if (r->n_sheets == ROWS_MAX_SHEETS)
		return error_set(err, CF_E_LIMIT, "%.150s: more than %d sheets; import them one by one",
			r->name, ROWS_MAX_SHEETS);
	struct rows_sheet *grown = mem_grow(r->sheets, r->n_sheets, &r->sheets_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	r->sheets = grown;
	char *copy = mem_strdup(name);
	if (!copy)
		return error_memory(err);
	r->sheets[r->n_sheets++] = (struct rows_sheet){.name = copy};
	return CF_OK;
}

/* FNV-1a; whoever forces collisions only makes the import of their own file slower, and by 4096 at most. */
static size_t hash_name(const char *name)
{
	uint64_t h = 0xcbf29ce484222325U;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3U;
	return (size_t)(h ^ (h >> 32));
}

static void index_put(struct rows_sheet *s, size_t column)
{
	size_t at = hash_name(s->columns[column]) & (s->index_size - 1);
	while (s->index[at])
		at = (at + 1) & (s->index_size - 1);
	s->index[at] = (uint32_t)column + 1;
}

static int index_grow(struct rows_sheet *s)
{
	if (s->n_columns * 2 < s->index_size)
		return CF_OK;
	size_t size = s->index_size ? s->index_size * 2 : 64;
	uint32_t *index = NEW_ARRAY_ZERO(uint32_t, size);
	if (!index)
		return CF_E_MEMORY;
	mem_free(s->index);
	s->index = index;
	s->index_size = size;
	for (size_t i = 0; i < s->n_columns; i++)
		index_put(s, i);
	return CF_OK;
}

int rows_add_column(struct row_source *r, size_t sheet, const char *name, size_t *ret, struct cf_error *err)
{
	struct rows_sheet *s = &r->sheets[sheet];
	size_t most = r->format == ROWS_JSON_LINES ? ROWS_MAX_KEYS : ROWS_MAX_COLUMNS;
	if (s->n_columns == most)
		return error_set(err, CF_E_LIMIT, "%.150s: more than %zu columns", r->name, most);
	char **grown = mem_grow(s->columns, s->n_columns, &s->columns_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	s->columns = grown;
	uint32_t *places = mem_grow(s->places, s->n_columns, &s->places_capacity, sizeof *places);
	if (!places)
		return error_memory(err);
	s->places = places;
	s->places[s->n_columns] = (uint32_t)s->n_columns;
	TRY_MEMORY(index_grow(s), err);
	char *copy = mem_strdup(name);
	if (!copy)
		return error_memory(err);
	s->columns[s->n_columns] = copy;
	index_put(s, s->n_columns);
	*ret = s->n_columns++;
	return CF_OK;
}

ptrdiff_t rows_find_column(const struct row_source *r, size_t sheet, const char *name)
{
	const struct rows_sheet *s = sheet < r->n_sheets ? &r->sheets[sheet] : NULL;
	if (!s || !s->index_size)
		return -1;
	for (size_t at = hash_name(name) & (s->index_size - 1); s->index[at];
		at = (at + 1) & (s->index_size - 1))
		if (strcmp(s->columns[s->index[at] - 1], name) == 0)
			return (ptrdiff_t)s->index[at] - 1;
	return -1;
}

struct cell *rows_add_cell(struct row_source *r)
{
	struct cell *grown = mem_grow(r->cells, r->row.n, &r->cells_capacity, sizeof *grown);
	if (!grown)
		return NULL;
	r->cells = grown;
	r->row.cells = grown;
	struct cell *c = &grown[r->row.n++];
	*c = (struct cell){.text = ""};
	return c;
}

void rows_refuse_row(struct row_source *r, const char *reason, const char *raw)
{
	(void)snprintf(r->reason, sizeof r->reason, "%s", reason);
	r->row.n = 0;
	r->row.reason = r->reason;
	r->row.raw = raw;
}

char *rows_put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

int rows_put_raw(const char *bytes, size_t n, struct buffer *out)
{
	while (n && (bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
		n--;
	buffer_clear(out);
	while (n) {
		size_t good = n;
		(void)text_is_utf8(bytes, n, &good);
		const char *nul = memchr(bytes, '\0', good);
		good = nul ? (size_t)(nul - bytes) : good;
		TRY(buffer_append(out, bytes, good));
		bytes += good;
		n -= good;
		if (!n)
			break;
		TRY(buffer_append_text(out, "\xef\xbf\xbd"));
		bytes++;
		n--;
	}
	return CF_OK;
}

/* ---- opening ---- */

static int first_bytes(struct rows_input *input, struct row_source *r, unsigned char *to, size_t *ret_n,
	struct cf_error *err)
{
	if (input->data) {
		*ret_n = input->n < FIRST_BYTES ? input->n : FIRST_BYTES;
		memcpy(to, input->data, *ret_n);
		r->n_total = input->n;
		return CF_OK;
	}
	int fd = input->path ? open(input->path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", r->name);
	struct stat st;
	ssize_t n = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, to, FIRST_BYTES) : -1;
	(void)close(fd);
	if (n < 0)
		return error_set(err, CF_E_INPUT,
			"cannot read %s: an import needs a file that can be read twice; a pipe or a folder "
			"cannot; save it to a file first",
			r->name);
	*ret_n = (size_t)n;
	r->n_total = (uint64_t)st.st_size;
	input->n = (size_t)st.st_size;
	return CF_OK;
}

static enum rows_format format_of(const unsigned char *bytes, size_t n)
{
	if (n >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0)
		return ROWS_XLSX;
	size_t at = n >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	while (at < n && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at < n && bytes[at] == '{' ? ROWS_JSON_LINES : ROWS_CSV;
}

static int refuse_kind(const struct row_source *r, const unsigned char *bytes, size_t n, struct cf_error *err)
{
	static const struct {
		const char *magic;
		size_t n;
		const char *what;
	} kinds[] = {
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8,
			"an old .xls workbook, or one that needs a password; open it in a spreadsheet "
			"program and "
			"save it as .xlsx without a password"},
		{"%PDF-", 5, "a PDF; export the table itself as CSV or XLSX"},
		{"PK\x05\x06", 4, "an empty zip archive"},
		{"\x1f\x8b", 2, "compressed with gzip; unpack it first"},
		{"SQLite format 3", 16, "a database; export its tables as CSV"},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (n >= kinds[i].n && memcmp(bytes, kinds[i].magic, kinds[i].n) == 0)
			return error_set(err, CF_E_INPUT, "%.150s: this is %s", r->name, kinds[i].what);
	size_t at = 0;
	while (at < n && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	if (at < n && bytes[at] == '[' && r->options.format == ROWS_BY_CONTENT)
		return error_set(err, CF_E_INPUT,
			"%.150s: this looks like one JSON array; write JSON Lines, one object on each line",
			r->name);
	return CF_OK;
}

static int open_source(const char *name, struct rows_input *input, const struct rows_options *options,
	struct row_source **ret, struct cf_error *err)
{
	static int (*const openers[])(struct row_source *, const struct rows_input *, struct cf_error *) = {
		[ROWS_CSV] = rows_csv_open,
		[ROWS_JSON_LINES] = rows_json_open,
		[ROWS_XLSX] = rows_xlsx_open,
	};
	CF_CLEANUP_ROWS struct row_source *r = NEW(struct row_source);
	if (!r)
		return error_memory(err);
	if (options)
		r->options = *options;
	if (!r->options.max_row_bytes)
		r->options.max_row_bytes = (size_t)16 << 20;
	if (!r->options.max_text_bytes)
		r->options.max_text_bytes = (size_t)192 << 20;
	if (!r->options.buffer_bytes)
		r->options.buffer_bytes = (size_t)256 << 10;
	r->name = mem_strdup(name);
	if (!r->name)
		return error_memory(err);
	unsigned char bytes[FIRST_BYTES];
	size_t n = 0;
	TRY(first_bytes(input, r, bytes, &n, err));
	TRY(refuse_kind(r, bytes, n, err));
	r->format = r->options.format ? r->options.format : format_of(bytes, n);
	TRY(openers[r->format](r, input, err));
	*ret = TAKE(r);
	return CF_OK;
}

int rows_open(
	const char *path, const struct rows_options *options, struct row_source **ret, struct cf_error *err)
{
	struct rows_input input = {.path = path};
	return open_source(path, &input, options, ret, err);
}

int rows_open_memory(const char *name, const void *data, size_t n, const struct rows_options *options,
	struct row_source **ret, struct cf_error *err)
{
	struct rows_input input = {.data = n ? data : "", .n = n};
	return open_source(name, &input, options, ret, err);
}

struct row_source *rows_close(struct row_source *r)
{
	if (!r)
		return NULL;
	if (r->context)
		r->reader->close(r);
	for (size_t s = 0; s < r->n_sheets; s++) {
		for (size_t i = 0; i < r->sheets[s].n_columns; i++)
			mem_free(r->sheets[s].columns[i]);
		mem_free(r->sheets[s].columns);
		mem_free(r->sheets[s].index);
		mem_free(r->sheets[s].places);
		mem_free(r->sheets[s].name);
	}
	mem_free(r->sheets);
	mem_free(r->cells);
	mem_free(r->name);
	return mem_free(r);
}

/* ---- reading ---- */

int rows_next(struct row_source *r, const struct row **ret_row, struct cf_error *err)
{
	r->row = (struct row){.cells = r->cells};
	int status = r->reader->next(r, err);
	if (status > 0)
		*ret_row = &r->row;
	return status;
}

enum rows_format rows_format(const struct row_source *r)
{
	return r->format;
}

const char *rows_name(const struct row_source *r)
{
	return r->name;
}

size_t rows_n_sheets(const struct row_source *r)
{
	return r->n_sheets;
}

const char *rows_sheet_name(const struct row_source *r, size_t sheet)
{
	return sheet < r->n_sheets ? r->sheets[sheet].name : NULL;
}

const char *rows_sheet_note(const struct row_source *r, size_t sheet)
{
	return sheet < r->n_sheets ? r->sheets[sheet].note : NULL;
}

size_t rows_n_columns(const struct row_source *r, size_t sheet)
{
	return sheet < r->n_sheets ? r->sheets[sheet].n_columns : 0;
}

const char *rows_column_name(const struct row_source *r, size_t sheet, size_t column)
{
	return column < rows_n_columns(r, sheet) ? r->sheets[sheet].columns[column] : NULL;
}

size_t rows_column_place(const struct row_source *r, size_t sheet, size_t column)
{
	return column < rows_n_columns(r, sheet) ? r->sheets[sheet].places[column] : column;
}

uint64_t rows_bytes_read(const struct row_source *r)
{
	return r->reader->bytes_read(r);
}

uint64_t rows_bytes_total(const struct row_source *r)
{
	return r->n_total;
}

void rows_column_letters(size_t place, char to[COLUMN_LETTERS])
{
	char reversed[COLUMN_LETTERS];
	size_t n = 0;
	/* bijective base 26 */
	for (size_t left = place + 1; left && n < COLUMN_LETTERS - 1; left = (left - 1) / 26)
		reversed[n++] = (char)('A' + (left - 1) % 26);
	for (size_t i = 0; i < n; i++)
		to[i] = reversed[n - 1 - i];
	to[n] = '\0';
}
