#include "base/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/*
 * A row is read in two passes. scan_row finds where its cells lie and changes nothing: when the buffer ends
 * before the row does, the row is moved to the front, the buffer filled (and doubled when it was full), and
 * the scan starts again, which costs no more than twice the row. finish_row then checks the bytes, unquotes
 * in place and puts a NUL behind each cell. Behind the bytes read there is always a NUL, so that the scan
 * needs no bound.
 */

enum byte_class {
	PLAIN = 0,
	DELIMITER,
	QUOTE,
	LINE_END,
	NUL,
};

struct span {
	size_t at; /* from the row's first byte; behind the opening quote of a quoted cell */
	size_t n;
	bool quoted;
	bool doubled; /* holds doubled quotes */
};

struct csv_reader {
	char *name;
	int fd;             /* -1: the source is memory */
	const char *memory; /* what is left of it */
	size_t n_memory;
	uint64_t n_total;

	char *buffer;
	size_t capacity; /* one byte more is allocated, for the NUL */
	size_t begin;    /* where the next row begins */
	size_t end;
	bool at_end; /* nothing will be added to the buffer */
	uint64_t n_consumed;
	uint64_t next_line;

	struct csv_options options;
	unsigned char classes[256];
	struct span *spans;
	size_t spans_capacity;
	struct csv_cell *cells;
	char **names;
	size_t n_columns;

	uint64_t n_rows;
	uint64_t row_line;
	size_t n_refused; /* bytes of the whole row that the last csv_next refused, else 0 */
};

enum outcome {
	ROW,
	NEED_MORE,
	TOO_MANY_COLUMNS,
	NO_MEMORY,
	BAD_NUL,
	BAD_STRAY_QUOTE,
	BAD_AFTER_QUOTE,
	BAD_UNCLOSED,
};

struct scan {
	const char *row;
	const char *end;
	const char *at; /* on error: the byte in question; on success: behind the row and its line end */
	size_t n_cells;
	bool any_quoted;
};

/* An error at a line and a column (from 0). */
static int CF_PRINTF(5, 6) report(const struct csv_reader *r, uint64_t line, size_t column,
	struct cf_error *err, const char *format, ...)
{
	char what[CF_ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	char where[32];
	(void)snprintf(where, sizeof where, "%zu", column + 1);
	const char *name = csv_column_name(r, column);
	const char *mark = name ? "'" : "";
	(void)error_set(err, CF_E_INPUT, "%.120s:%" PRIu64 ": column %s%.60s%s: %.180s", r->name, line, mark,
		name ? name : where, mark, what);
	if (err) {
		err->line = line;
		err->column = column + 1;
	}
	return CF_E_INPUT;
}

int csv_error(const struct csv_reader *r, size_t column, struct cf_error *err, const char *format, ...)
{
	char what[CF_ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return report(r, r->row_line, column, err, "%s", what);
}

/* LF, CRLF and CR each end a line. */
static uint64_t count_line_ends(const char *s, size_t n)
{
	uint64_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += s[i] == '\n' ? i == 0 || s[i - 1] != '\r' : s[i] == '\r';
	return count;
}

/* The line of a byte of the row being read, and the byte's place in that line (from 1). */
static uint64_t place_of(const struct csv_reader *r, const char *row, const char *at, size_t *ret_byte)
{
	const char *line_begin = at;
	while (line_begin > row && line_begin[-1] != '\n' && line_begin[-1] != '\r')
		line_begin--;
	*ret_byte = (size_t)(at - line_begin) + 1;
	return r->next_line + count_line_ends(row, (size_t)(at - row));
}

static ssize_t read_source(struct csv_reader *r, char *to, size_t n)
{
	if (r->fd >= 0) {
		ssize_t got;
		do
			got = read(r->fd, to, n);
		while (got < 0 && errno == EINTR);
		return got;
	}
	size_t piece = n < r->n_memory ? n : r->n_memory;
	if (piece)
		memcpy(to, r->memory, piece);
	r->memory += piece;
	r->n_memory -= piece;
	return (ssize_t)piece;
}

/* Moves the unread bytes to the front and fills the buffer, first doubling it when the row takes all of it.
 * 0 when not a byte could be added because the row is as long as rows may be. */
static int fill(struct csv_reader *r, struct cf_error *err)
{
	size_t n_kept = r->end - r->begin;
	if (r->begin && n_kept)
		memmove(r->buffer, r->buffer + r->begin, n_kept);
	r->begin = 0;
	r->end = n_kept;
	if (n_kept == r->capacity) {
		/* two more than a row may have, so that its CRLF fits */
		size_t most = r->options.max_row_bytes + 2;
		size_t wanted = r->capacity < most / 2 ? r->capacity * 2 : most;
		if (wanted <= r->capacity)
			return 0;
		char *grown = mem_resize(r->buffer, wanted + 1, 1);
		if (!grown)
			return error_memory(err);
		r->buffer = grown;
		r->capacity = wanted;
	}
	/* filled to the brim, also from a pipe: the doubling bounds the work only if each round adds much */
	while (r->end < r->capacity && !r->at_end) {
		ssize_t got = read_source(r, r->buffer + r->end, r->capacity - r->end);
		if (got < 0)
			return error_set_errno(
				err, errno == EISDIR ? CF_E_INPUT : CF_E_IO, "cannot read %s", r->name);
		r->at_end = got == 0;
		r->end += (size_t)got;
	}
	r->buffer[r->end] = '\0';
	return 1;
}

static bool is_blank(const struct csv_reader *r, char c)
{
	return (c == ' ' || c == '\t') && c != r->options.delimiter;
}

static const char *skip_blanks(const struct csv_reader *r, const char *p)
{
	while (is_blank(r, *p))
		p++;
	return p;
}

/* p stands behind the opening quote; on success s->at is left behind the closing one and blanks to trim. */
static enum outcome scan_quoted(const struct csv_reader *r, struct scan *s, const char *p, struct span *span)
{
	*span = (struct span){.at = (size_t)(p - s->row), .quoted = true};
	const char *open_quote = p - 1;
	s->any_quoted = true;
	for (;;) {
		const char *quote = memchr(p, '"', (size_t)(s->end - p));
		if (!quote) {
			s->at = open_quote;
			return r->at_end ? BAD_UNCLOSED : NEED_MORE;
		}
		/* behind the last byte stands a NUL */
		if (quote[1] != '"') {
			span->n = (size_t)(quote - s->row) - span->at;
			p = quote + 1;
			break;
		}
		span->doubled = true;
		p = quote + 2;
	}
	if (r->options.trim)
		p = skip_blanks(r, p);
	s->at = p;
	if (p == s->end) {
		if (!r->at_end)
			return NEED_MORE;
	} else if (r->classes[(unsigned char)*p] != DELIMITER && r->classes[(unsigned char)*p] != LINE_END) {
		return BAD_AFTER_QUOTE;
	}
	return ROW;
}

static enum outcome scan_plain(const struct csv_reader *r, struct scan *s, const char *p, struct span *span)
{
	const unsigned char *classes = r->classes;
	const char *begin = p;
	while (classes[(unsigned char)*p] == PLAIN)
		p++;
	s->at = p;
	enum byte_class stop = classes[(unsigned char)*p];
	if (stop == QUOTE)
		return BAD_STRAY_QUOTE;
	if (stop == NUL) {
		if (p != s->end)
			return BAD_NUL;
		if (!r->at_end)
			return NEED_MORE;
	}
	if (r->options.trim)
		while (p > begin && is_blank(r, p[-1]))
			p--;
	*span = (struct span){.at = (size_t)(begin - s->row), .n = (size_t)(p - begin)};
	return ROW;
}

/* Makes room for one more span while the header is read; rows have as many as it had, and one to spare. */
static enum outcome grow_spans(struct csv_reader *r, size_t n)
{
	if (r->names)
		return ROW;
	if (n >= r->options.max_columns)
		return TOO_MANY_COLUMNS;
	if (n < r->spans_capacity)
		return ROW;
	struct span *grown = mem_grow(r->spans, n, &r->spans_capacity, sizeof *grown);
	if (!grown)
		return NO_MEMORY;
	r->spans = grown;
	return ROW;
}

static enum outcome scan_row(struct csv_reader *r, struct scan *s)
{
	*s = (struct scan){.row = r->buffer + r->begin, .end = r->buffer + r->end};
	const char *p = s->row;
	for (;; p++) {
		enum outcome found = grow_spans(r, s->n_cells);
		s->at = p;
		if (found != ROW)
			return found;
		if (r->options.trim)
			p = skip_blanks(r, p);
		struct span surplus;
		struct span *span = s->n_cells < r->spans_capacity ? &r->spans[s->n_cells] : &surplus;
		if (*p == '"')
			found = scan_quoted(r, s, p + 1, span);
		else
			found = scan_plain(r, s, p, span);
		if (found != ROW)
			return found;
		p = s->at;
		s->n_cells++;
		if (p == s->end)
			return ROW;
		if (r->classes[(unsigned char)*p] == LINE_END)
			break;
	}
	if (*p == '\r') {
		if (p + 1 == s->end && !r->at_end)
			return NEED_MORE;
		p += p[1] == '\n';
	}
	s->at = p + 1;
	return ROW;
}

static int report_limit(const struct csv_reader *r, struct cf_error *err)
{
	return error_set_at(err, CF_E_LIMIT, r->name, r->next_line, 0,
		"the row that begins here is longer than %zu bytes; is a quotation mark not closed?",
		r->options.max_row_bytes);
}

static int report_scan(
	const struct csv_reader *r, const struct scan *s, enum outcome found, struct cf_error *err)
{
	size_t byte;
	uint64_t line = place_of(r, s->row, s->at, &byte);
	switch (found) {
	case TOO_MANY_COLUMNS:
		return error_set_at(err, CF_E_LIMIT, r->name, line, 0,
			"more than %zu columns; is this a CSV file?", r->options.max_columns);
	case BAD_NUL:
		return report(r, line, s->n_cells, err,
			"byte %zu of the line is a NUL; save the file as UTF-8 text", byte);
	case BAD_STRAY_QUOTE:
		return report(r, line, s->n_cells, err,
			"a quotation mark at byte %zu of the line stands inside a cell that is not quoted; "
			"quote the "
			"whole cell and double the mark",
			byte);
	case BAD_AFTER_QUOTE:
		return report(r, line, s->n_cells, err,
			"text follows the closing quotation mark at byte %zu of the line; double quotation "
			"marks that "
			"belong to the cell",
			byte);
	case BAD_UNCLOSED:
		return report(r, line, s->n_cells, err,
			"the quotation mark at byte %zu of the line is never closed", byte);
	default:
		return error_memory(err);
	}
}

/* The row whole in the buffer, with *s describing it; 0 at the end. */
static int read_row(struct csv_reader *r, struct scan *s, struct cf_error *err)
{
	for (;;) {
		if (r->begin == r->end && r->at_end)
			return 0;
		enum outcome found = r->begin == r->end ? NEED_MORE : scan_row(r, s);
		if (found == NEED_MORE) {
			int filled = fill(r, err);
			TRY(filled);
			if (!filled)
				return report_limit(r, err);
			continue;
		}
		/* the same answer whatever the size of the buffer */
		const char *seen = found == BAD_UNCLOSED ? s->end : s->at;
		if ((size_t)(seen - s->row) > r->options.max_row_bytes)
			return report_limit(r, err);
		return found == ROW ? 1 : report_scan(r, s, found, err);
	}
}

/* The cell that holds the byte at this offset of the row. */
static size_t cell_of_offset(const struct csv_reader *r, const struct scan *s, size_t offset)
{
	size_t cell = 0;
	while (cell + 1 < s->n_cells && cell + 1 < r->spans_capacity && r->spans[cell + 1].at <= offset)
		cell++;
	return cell;
}

static int check_bytes(const struct csv_reader *r, const struct scan *s, struct cf_error *err)
{
	size_t n = (size_t)(s->at - s->row);
	size_t byte;
	/* outside quotes the scan has looked for NUL already */
	const char *nul = s->any_quoted ? memchr(s->row, '\0', n) : NULL;
	if (nul) {
		uint64_t line = place_of(r, s->row, nul, &byte);
		return report(r, line, cell_of_offset(r, s, (size_t)(nul - s->row)), err,
			"byte %zu of the line is a NUL; save the file as UTF-8 text", byte);
	}
	size_t offset;
	if (text_is_utf8(s->row, n, &offset))
		return CF_OK;
	uint64_t line = place_of(r, s->row, s->row + offset, &byte);
	return report(r, line, cell_of_offset(r, s, offset), err,
		"byte %zu of the line is not UTF-8; save the file as UTF-8", byte);
}

static size_t undouble(char *s, size_t n)
{
	char *to = memchr(s, '"', n);
	const char *end = s + n;
	for (const char *from = to; from < end; from++) {
		*to++ = *from;
		if (*from == '"')
			from++;
	}
	return (size_t)(to - s);
}

/* Makes cells of the spans and steps to the next row. */
static void take_row(struct csv_reader *r, const struct scan *s)
{
	char *row = r->buffer + r->begin;
	size_t n = (size_t)(s->at - s->row);
	r->row_line = r->next_line;
	r->next_line += s->any_quoted ? count_line_ends(row, n) : 1;
	for (size_t i = 0; i < s->n_cells; i++) {
		struct span *span = &r->spans[i];
		char *text = row + span->at;
		size_t n_text = span->doubled ? undouble(text, span->n) : span->n;
		text[n_text] = '\0';
		r->cells[i] = (struct csv_cell){.text = text, .n = n_text};
	}
	r->begin += n;
	r->n_consumed += n;
}

int csv_next(struct csv_reader *r, const struct csv_cell **ret_cells, struct cf_error *err)
{
	struct scan s;
	r->n_refused = 0;
	for (;;) {
		int status = read_row(r, &s, err);
		if (status <= 0)
			return status;
		bool blank = s.n_cells == 1 && r->n_columns > 1 && !r->spans[0].quoted && r->spans[0].n == 0;
		if (!blank)
			break;
		r->begin += (size_t)(s.at - s.row);
		r->n_consumed += (size_t)(s.at - s.row);
		r->next_line++;
	}
	r->n_refused = (size_t)(s.at - s.row);
	TRY(check_bytes(r, &s, err));
	if (s.n_cells != r->n_columns)
		return report(r, r->next_line, s.n_cells < r->n_columns ? s.n_cells : r->n_columns, err,
			"the row has %zu cells, the header %zu; quote cells that hold a delimiter or line "
			"break",
			s.n_cells, r->n_columns);
	r->n_refused = 0;
	take_row(r, &s);
	r->n_rows++;
	*ret_cells = r->cells;
	return 1;
}

bool csv_pass_over(struct csv_reader *r, const char **ret_bytes, size_t *ret_n)
{
	size_t n = r->n_refused;
	if (!n)
		return false;
	*ret_bytes = r->buffer + r->begin;
	*ret_n = n;
	r->row_line = r->next_line;
	r->next_line += count_line_ends(*ret_bytes, n);
	r->begin += n;
	r->n_consumed += n;
	r->n_rows++;
	r->n_refused = 0;
	return true;
}

static void set_classes(struct csv_reader *r)
{
	r->classes[0] = NUL;
	r->classes['\n'] = LINE_END;
	r->classes['\r'] = LINE_END;
	r->classes['"'] = QUOTE;
	r->classes[(unsigned char)r->options.delimiter] = DELIMITER;
}

/* Counts the candidates outside quotes in the first line; the most frequent wins, then the first named. */
static int guess_delimiter(struct csv_reader *r, struct cf_error *err)
{
	static const char candidates[] = ",;\t|";
	for (;;) {
		size_t counts[sizeof candidates - 1] = {0};
		bool quoted = false;
		bool ended = false;
		/* what lies beyond the longest row is not looked at, though a large buffer may hold it */
		size_t end = r->begin + r->options.max_row_bytes + 2;
		for (size_t i = r->begin; i < r->end && i < end && !ended; i++) {
			char c = r->buffer[i];
			quoted ^= c == '"';
			ended = !quoted && (c == '\n' || c == '\r');
			const char *found = c && !quoted ? strchr(candidates, c) : NULL;
			if (found)
				counts[found - candidates]++;
		}
		int filled = ended || r->at_end ? 0 : fill(r, err);
		TRY(filled);
		if (filled)
			continue;
		size_t best = 0;
		for (size_t i = 1; i < sizeof candidates - 1; i++)
			best = counts[i] > counts[best] ? i : best;
		r->options.delimiter = candidates[best];
		return CF_OK;
	}
}

static int compare_names(const void *a, const void *b)
{
	const char *const *const *x = a;
	const char *const *const *y = b;
	int order = strcmp(**x, **y);
	return order ? order : (*x > *y) - (*x < *y);
}

/* The names themselves are not shown: the first line of a file without a header is somebody's data. */
static int check_names(const struct csv_reader *r, struct cf_error *err)
{
	CF_CLEANUP_FREE char ***sorted = NEW_ARRAY(char **, r->n_columns);
	if (!sorted)
		return error_memory(err);
	for (size_t i = 0; i < r->n_columns; i++) {
		if (!r->names[i][0])
			return error_set_at(err, CF_E_INPUT, r->name, r->row_line, i + 1,
				"column %zu has no name; the first line must name every column", i + 1);
		sorted[i] = &r->names[i];
	}
	qsort(sorted, r->n_columns, sizeof *sorted, compare_names);
	for (size_t i = 1; i < r->n_columns; i++) {
		if (strcmp(*sorted[i - 1], *sorted[i]) == 0)
			return error_set_at(err, CF_E_INPUT, r->name, r->row_line,
				(uint64_t)(sorted[i] - r->names) + 1,
				"columns %td and %td have the same name; rename one",
				sorted[i - 1] - r->names + 1, sorted[i] - r->names + 1);
	}
	return CF_OK;
}

static char *trimmed(const struct csv_cell *cell)
{
	const char *s = cell->text;
	size_t n = cell->n;
	static const char white[] = " \t\r\n\v\f";
	while (n && strchr(white, s[n - 1]))
		n--;
	size_t skipped = strspn(s, white);
	skipped = skipped < n ? skipped : n;
	return mem_strndup(s + skipped, n - skipped);
}

static int read_names(struct csv_reader *r, struct cf_error *err)
{
	struct scan s;
	int status = read_row(r, &s, err);
	TRY(status);
	if (status == 0)
		return error_set(err, CF_E_INPUT,
			"%s: the file is empty; its first line must name the columns", r->name);
	TRY(check_bytes(r, &s, err));
	r->cells = NEW_ARRAY(struct csv_cell, s.n_cells);
	char **names = NEW_ARRAY_ZERO(char *, s.n_cells);
	r->names = names;
	if (!r->cells || !names)
		return error_memory(err);
	r->n_columns = s.n_cells;
	take_row(r, &s);
	for (size_t i = 0; i < r->n_columns; i++) {
		names[i] = trimmed(&r->cells[i]);
		if (!names[i])
			return error_memory(err);
	}
	return check_names(r, err);
}

static int read_header(struct csv_reader *r, struct cf_error *err)
{
	TRY(fill(r, err));
	if (r->end >= 2 && (memcmp(r->buffer, "\xff\xfe", 2) == 0 || memcmp(r->buffer, "\xfe\xff", 2) == 0))
		return error_set_at(err, CF_E_INPUT, r->name, 1, 0, "this is UTF-16; save the file as UTF-8");
	if (r->end >= 3 && memcmp(r->buffer, "\xef\xbb\xbf", 3) == 0) {
		r->begin = 3;
		r->n_consumed = 3;
	}
	if (!r->options.delimiter)
		TRY(guess_delimiter(r, err));
	set_classes(r);
	return read_names(r, err);
}

static int set_options(struct csv_reader *r, const struct csv_options *options, struct cf_error *err)
{
	static const struct csv_options defaults = CSV_OPTIONS_INIT;
	enum { LEAST_BUFFER = 16, USUAL_BUFFER = 1 << 18, USUAL_ROW = 1 << 24, USUAL_COLUMNS = 4096 };
	r->options = options ? *options : defaults;
	unsigned char c = (unsigned char)r->options.delimiter;
	if (c == '"' || c == '\n' || c == '\r' || c >= 0x80)
		return error_set(err, CF_E_USAGE,
			"the delimiter must be one ASCII character other than a quotation mark or line end");
	size_t *row = &r->options.max_row_bytes;
	*row = *row ? *row : USUAL_ROW;
	*row = *row < PTRDIFF_MAX / 2 ? *row : PTRDIFF_MAX / 2;
	if (!r->options.max_columns)
		r->options.max_columns = USUAL_COLUMNS;
	size_t first = r->options.buffer_bytes ? r->options.buffer_bytes : USUAL_BUFFER;
	r->capacity = first < LEAST_BUFFER ? LEAST_BUFFER : first;
	return CF_OK;
}

static int make_reader(
	const char *name, const struct csv_options *options, struct csv_reader **ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NEW(struct csv_reader);
	if (!r)
		return error_memory(err);
	r->fd = -1;
	r->next_line = 1;
	r->name = mem_strdup(name);
	if (!r->name)
		return error_memory(err);
	TRY(set_options(r, options, err));
	r->buffer = mem_alloc(r->capacity + 1, 1);
	if (!r->buffer)
		return error_memory(err);
	*ret = TAKE(r);
	return CF_OK;
}

int csv_open(
	const char *path, const struct csv_options *options, struct csv_reader **ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	TRY(make_reader(path, options, &r, err));
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return error_set_errno(
			err, errno == ENOENT ? CF_E_NOT_FOUND : CF_E_IO, "cannot open %s", path);
	r->n_total = S_ISREG(st.st_mode) && st.st_size > 0 ? (uint64_t)st.st_size : 0;
	TRY(read_header(r, err));
	*ret = TAKE(r);
	return CF_OK;
}

int csv_open_memory(const char *name, const char *data, size_t n, const struct csv_options *options,
	struct csv_reader **ret, struct cf_error *err)
{
	CF_CLEANUP_CSV struct csv_reader *r = NULL;
	TRY(make_reader(name, options, &r, err));
	r->memory = data;
	r->n_memory = n;
	r->n_total = n;
	TRY(read_header(r, err));
	*ret = TAKE(r);
	return CF_OK;
}

struct csv_reader *csv_close(struct csv_reader *r)
{
	if (!r)
		return NULL;
	if (r->fd >= 0)
		(void)close(r->fd);
	for (size_t i = 0; i < r->n_columns; i++)
		mem_free(r->names[i]);
	mem_free(r->names);
	mem_free(r->cells);
	mem_free(r->spans);
	mem_free(r->buffer);
	mem_free(r->name);
	return mem_free(r);
}

size_t csv_n_columns(const struct csv_reader *r)
{
	return r->n_columns;
}

const char *csv_column_name(const struct csv_reader *r, size_t column)
{
	return column < r->n_columns ? r->names[column] : NULL;
}

ptrdiff_t csv_find_column(const struct csv_reader *r, const char *name)
{
	for (size_t i = 0; i < r->n_columns; i++)
		if (strcmp(r->names[i], name) == 0)
			return (ptrdiff_t)i;
	for (size_t i = 0; i < r->n_columns; i++)
		if (strcasecmp(r->names[i], name) == 0)
			return (ptrdiff_t)i;
	return -1;
}

char csv_delimiter(const struct csv_reader *r)
{
	return r->options.delimiter;
}

uint64_t csv_row(const struct csv_reader *r)
{
	return r->n_rows;
}

uint64_t csv_line(const struct csv_reader *r)
{
	return r->row_line;
}

uint64_t csv_bytes_read(const struct csv_reader *r)
{
	return r->n_consumed;
}

uint64_t csv_bytes_total(const struct csv_reader *r)
{
	return r->n_total;
}

/* Any usual delimiter calls for quotes, so that the guess is right whoever reads; so do blanks at the ends,
 * which some readers trim, and a mark that would pass for a BOM. */
static bool needs_quotes(const char *text)
{
	size_t n = strlen(text);
	if (n == 0)
		return false;
	return strpbrk(text, "\",;\t|\r\n") || text[0] == ' ' || text[n - 1] == ' ' ||
	       strncmp(text, "\xef\xbb\xbf", 3) == 0;
}

int csv_write_cell(struct buffer *out, bool first, const char *text)
{
	if (!first)
		TRY(buffer_append_char(out, ','));
	if (!text)
		return CF_OK;
	if (!needs_quotes(text))
		return buffer_append_text(out, text);
	TRY(buffer_append_char(out, '"'));
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "\"");
		TRY(buffer_append(out, p, n));
		p += n;
		if (*p) {
			TRY(buffer_append(out, "\"\"", 2));
			p++;
		}
	}
	return buffer_append_char(out, '"');
}

int csv_end_row(struct buffer *out)
{
	return buffer_append_char(out, '\n');
}

static bool is_formula_mark(char c)
{
	return c && strchr("=+-@\t\r", c);
}

/* A sign and digits with one point at most. */
static bool is_plain_number(const char *text)
{
	if (*text != '+' && *text != '-')
		return false;
	size_t whole = strspn(text + 1, "0123456789");
	const char *rest = text + 1 + whole;
	size_t part = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
	return whole && !rest[*rest == '.' ? part + 1 : 0] && (*rest != '.' || part);
}

int csv_guard(const char *text, struct buffer *out)
{
	/* an apostrophe that would be taken for ours is guarded too, so that taking it off is exact */
	bool like_ours = text[0] == '\'' && (is_formula_mark(text[1]) || text[1] == '\'');
	if ((is_formula_mark(text[0]) && !is_plain_number(text)) || like_ours)
		TRY(buffer_append_char(out, '\''));
	return buffer_append_text(out, text);
}

const char *csv_unguarded(const char *text, size_t *n)
{
	if (*n < 2 || text[0] != '\'' || !(is_formula_mark(text[1]) || text[1] == '\''))
		return text;
	(*n)--;
	return text + 1;
}

int csv_write_guarded(struct buffer *out, bool first, const char *text)
{
	CF_CLEANUP(buffer_done) struct buffer guarded = BUFFER_INIT;
	TRY(csv_guard(text, &guarded));
	return csv_write_cell(out, first, buffer_text(&guarded));
}
