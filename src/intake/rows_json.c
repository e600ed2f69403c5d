/*
 * JSON Lines: one object on each line (RFC 8259, strictly). A key is a column, found where it first appears;
 * an object inside gives columns "outer.inner"; the elements of an array are several cells of one column.
 * Numbers keep the digits they were written with. A line that is no JSON is a bad row; the next one is read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "intake/rows_reader.h"

enum { MAX_DEPTH = 32, MAX_NAME = 256 };

static const char too_deep[] = "an object or array is nested deeper than one level";

struct rows_json {
	int fd; /* -1: the source is memory */
	const char *memory;
	size_t n_memory;
	char *buffer; /* one byte more is allocated, for a NUL */
	size_t capacity;
	size_t begin;
	size_t end;
	bool at_end;
	uint64_t n_consumed;
	uint64_t line;
	struct buffer work; /* the line being taken apart: texts are decoded in place */
	uint64_t *seen;     /* of each column: the line on which it last stood */
	size_t seen_capacity;
	size_t hint; /* the column that comes next when lines have their keys in one order */
};

/* A line on its way through the parser. */
struct parse {
	struct row_source *source;
	struct rows_json *json;
	char *at;
	const char *begin;
	char reason[ROWS_REASON_BYTES];
	struct cf_error *err; /* for failures that are not the line's */
};

enum { BAD_LINE = 1 }; /* beside 0 and negative errors */

#define STEP(expr)                                                                                           \
	do {                                                                                                 \
		int step_ = (expr);                                                                          \
		if (step_)                                                                                   \
			return step_;                                                                        \
	} while (0)

static int bad(struct parse *p, const char *what)
{
	(void)snprintf(p->reason, sizeof p->reason, "byte %zu of the line: %s",
		(size_t)(p->at - p->begin) + 1, what);
	return BAD_LINE;
}

static void skip_white(struct parse *p)
{
	while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r')
		p->at++;
}

/* ---- strings and numbers, decoded where they stand ---- */

static int hex4(const char *s)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		char c = s[i];
		int digit = c >= '0' && c <= '9'                 ? c - '0'
			    : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
								 : -1;
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* p->at stands behind the "u". */
static int unicode_escape(struct parse *p, char **to)
{
	int first = hex4(p->at);
	if (first < 0)
		return bad(p, "\\u needs four hexadecimal digits");
	if (first == 0)
		return bad(p, "a NUL cannot be kept");
	uint32_t c = (uint32_t)first;
	p->at += 4;
	if (first >= 0xdc00 && first < 0xe000)
		return bad(p, "half of a surrogate pair");
	if (first >= 0xd800 && first < 0xdc00) {
		int second = p->at[0] == '\\' && p->at[1] == 'u' ? hex4(p->at + 2) : -1;
		if (second < 0xdc00 || second >= 0xe000)
			return bad(p, "half of a surrogate pair");
		c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)second - 0xdc00);
		p->at += 6;
	}
	*to = rows_put_utf8(*to, c);
	return CF_OK;
}

/* p->at stands on the opening quote; the text ends in a NUL at the latest where the closing one stood. */
static int string(struct parse *p, const char **ret, size_t *ret_n)
{
	static const char escapes[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	char *begin = ++p->at;
	char *to = begin;
	while (*p->at != '"') {
		unsigned char c = (unsigned char)*p->at;
		if (c == 0)
			return bad(p, "the line ends inside a text");
		if (c < 0x20)
			return bad(p, "a control character inside a text must be escaped");
		if (c != '\\') {
			*to++ = *p->at++;
			continue;
		}
		c = (unsigned char)*++p->at;
		const char *escape = c ? strchr(escapes, c) : NULL;
		if (escape) {
			*to++ = meanings[escape - escapes];
			p->at++;
		} else if (c == 'u') {
			p->at++;
			STEP(unicode_escape(p, &to));
		} else {
			return bad(p, "a backslash before a character that needs none");
		}
	}
	p->at++;
	*to = '\0';
	*ret = begin;
	*ret_n = (size_t)(to - begin);
	return CF_OK;
}

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* Moved one byte to the left, over what is read already, to make room for its NUL. */
static int number(struct parse *p, const char **ret, size_t *ret_n)
{
	const char *s = p->at;
	s += *s == '-';
	size_t n = digits(s);
	if (n == 0 || (*s == '0' && n > 1))
		return bad(p, "this is no JSON value");
	s += n;
	if (*s == '.') {
		n = digits(s + 1);
		if (!n)
			return bad(p, "digits are missing behind the point of a number");
		s += n + 1;
	}
	if (*s == 'e' || *s == 'E') {
		s += s[1] == '+' || s[1] == '-' ? 2 : 1;
		n = digits(s);
		if (!n)
			return bad(p, "digits are missing in the exponent of a number");
		s += n;
	}
	n = (size_t)(s - p->at);
	memmove(p->at - 1, p->at, n);
	*ret = p->at - 1;
	*ret_n = n;
	p->at += n;
	p->at[-1] = '\0';
	return CF_OK;
}

/* ---- cells ---- */

static int find_column(struct parse *p, const char *name, size_t *ret)
{
	struct row_source *r = p->source;
	struct rows_json *j = p->json;
	const char *hinted = rows_column_name(r, 0, j->hint);
	ptrdiff_t found =
		hinted && strcmp(hinted, name) == 0 ? (ptrdiff_t)j->hint : rows_find_column(r, 0, name);
	size_t column = (size_t)found;
	if (found < 0) {
		if (rows_n_columns(r, 0) == ROWS_MAX_KEYS)
			return bad(p, "more different keys than a file may have");
		TRY(rows_add_column(r, 0, name, &column, p->err));
		uint64_t *grown = mem_grow(j->seen, column, &j->seen_capacity, sizeof *grown);
		if (!grown)
			return error_memory(p->err);
		j->seen = grown;
		j->seen[column] = 0;
	}
	j->hint = column + 1;
	if (j->seen[column] == j->line)
		return bad(p, "the line has this key twice");
	j->seen[column] = j->line;
	*ret = column;
	return CF_OK;
}

static int add(struct parse *p, size_t column, enum cell_kind kind, const char *text, size_t n)
{
	struct cell *cell = rows_add_cell(p->source);
	if (!cell)
		return error_memory(p->err);
	*cell = (struct cell){.text = text, .n = (uint32_t)n, .column = (uint32_t)column, .kind = kind};
	return CF_OK;
}

/* Walks over a value without keeping it. */
static int skip_value(struct parse *p)
{
	char closers[MAX_DEPTH];
	int depth = 0;
	do {
		skip_white(p);
		const char *text;
		size_t n;
		char c = *p->at;
		if (c == '{' || c == '[') {
			if (depth == MAX_DEPTH)
				return bad(p, "nested too deeply");
			closers[depth++] = c == '{' ? '}' : ']';
			p->at++;
		} else if (c == '}' || c == ']') {
			if (!depth || closers[--depth] != c)
				return bad(p, "a bracket that was not opened");
			p->at++;
		} else if (c == '"') {
			STEP(string(p, &text, &n));
		} else if (c == ',' || c == ':') {
			if (!depth)
				return bad(p, "a value is missing");
			p->at++;
		} else if (strncmp(p->at, "true", 4) == 0 || strncmp(p->at, "null", 4) == 0) {
			p->at += 4;
		} else if (strncmp(p->at, "false", 5) == 0) {
			p->at += 5;
		} else {
			STEP(number(p, &text, &n));
		}
	} while (depth);
	return CF_OK;
}

static int deep_value(struct parse *p, size_t column)
{
	STEP(skip_value(p));
	STEP(add(p, column, CELL_BAD, "", 0));
	p->source->cells[p->source->row.n - 1].reason = too_deep;
	return CF_OK;
}

static int scalar(struct parse *p, size_t column)
{
	const char *text = "";
	size_t n = 0;
	enum cell_kind kind = CELL_EMPTY;
	if (*p->at == '"') {
		STEP(string(p, &text, &n));
		kind = n ? CELL_TEXT : CELL_EMPTY;
	} else if (strncmp(p->at, "null", 4) == 0) {
		p->at += 4;
	} else if (strncmp(p->at, "true", 4) == 0) {
		text = "true";
		n = 4;
		kind = CELL_BOOLEAN;
		p->at += 4;
	} else if (strncmp(p->at, "false", 5) == 0) {
		text = "false";
		n = 5;
		kind = CELL_BOOLEAN;
		p->at += 5;
	} else {
		STEP(number(p, &text, &n));
		kind = CELL_NUMBER;
	}
	return add(p, column, kind, text, n);
}

static int array(struct parse *p, size_t column)
{
	p->at++;
	skip_white(p);
	if (*p->at == ']') {
		p->at++;
		return CF_OK;
	}
	for (;;) {
		skip_white(p);
		if (*p->at == '{' || *p->at == '[')
			STEP(deep_value(p, column));
		else
			STEP(scalar(p, column));
		skip_white(p);
		char c = *p->at;
		if (c != ',' && c != ']')
			return bad(p, "a comma or a closing bracket is missing");
		p->at++;
		if (c == ']')
			return CF_OK;
	}
}

static int object(struct parse *p, const char *outer);

static int value(struct parse *p, const char *name, bool nested)
{
	size_t column;
	skip_white(p);
	if (*p->at == '{' && !nested)
		return object(p, name);
	STEP(find_column(p, name, &column));
	if (*p->at == '{')
		return deep_value(p, column);
	return *p->at == '[' ? array(p, column) : scalar(p, column);
}

/* p->at stands on the brace. */
/* NOLINTNEXTLINE(misc-no-recursion): one level, by the flag nested */
static int object(struct parse *p, const char *outer)
{
	p->at++;
	skip_white(p);
	if (*p->at == '}') {
		p->at++;
		return CF_OK;
	}
	for (;;) {
		const char *key;
		size_t n;
		char name[2 * MAX_NAME + 2];
		skip_white(p);
		if (*p->at != '"')
			return bad(p, "a key in quotation marks is missing");
		STEP(string(p, &key, &n));
		if (n == 0 || n > MAX_NAME)
			return bad(p, "a key is empty or longer than 256 bytes");
		(void)snprintf(name, sizeof name, "%s%s%s", outer ? outer : "", outer ? "." : "", key);
		skip_white(p);
		if (*p->at != ':')
			return bad(p, "a colon is missing behind a key");
		p->at++;
		STEP(value(p, name, outer != NULL));
		skip_white(p);
		char c = *p->at;
		if (c != ',' && c != '}')
			return bad(p, "a comma or a closing brace is missing");
		p->at++;
		if (c == '}')
			return CF_OK;
	}
}

/* ---- lines ---- */

static int too_long(const struct row_source *r, const struct rows_json *j, struct cf_error *err)
{
	return error_set_at(err, CF_E_LIMIT, r->name, j->line + 1, 0, "the line is longer than %zu bytes",
		r->options.max_row_bytes);
}

static int fill(struct row_source *r, struct rows_json *j, struct cf_error *err)
{
	size_t kept = j->end - j->begin;
	if (j->begin && kept)
		memmove(j->buffer, j->buffer + j->begin, kept);
	j->begin = 0;
	j->end = kept;
	if (kept == j->capacity) {
		if (kept > r->options.max_row_bytes)
			return too_long(r, j, err);
		char *grown = mem_resize(j->buffer, j->capacity * 2 + 1, 1);
		if (!grown)
			return error_memory(err);
		j->buffer = grown;
		j->capacity *= 2;
	}
	size_t room = j->capacity - j->end;
	ssize_t got = (ssize_t)(room < j->n_memory ? room : j->n_memory);
	if (j->fd >= 0) {
		do
			got = read(j->fd, j->buffer + j->end, room);
		while (got < 0 && errno == EINTR);
		if (got < 0)
			return error_set_errno(err, CF_E_IO, "cannot read %s", r->name);
	} else if (got) {
		memcpy(j->buffer + j->end, j->memory, (size_t)got);
		j->memory += got;
		j->n_memory -= (size_t)got;
	}
	j->at_end = got == 0;
	j->end += (size_t)got;
	return CF_OK;
}

/* One line without its end; 0 when there is none left. */
static int read_line(
	struct row_source *r, struct rows_json *j, const char **ret, size_t *ret_n, struct cf_error *err)
{
	size_t looked = 0;
	for (;;) {
		const char *begin = j->buffer + j->begin;
		size_t n = j->end - j->begin;
		const char *line_end = n > looked ? memchr(begin + looked, '\n', n - looked) : NULL;
		if (!line_end && !j->at_end) {
			looked = n;
			TRY(fill(r, j, err));
			continue;
		}
		if (!n)
			return 0;
		*ret = begin;
		*ret_n = line_end ? (size_t)(line_end - begin) : n;
		/* the same answer whatever the size of the buffer */
		if (*ret_n > r->options.max_row_bytes)
			return too_long(r, j, err);
		size_t used = *ret_n + (line_end != NULL);
		j->begin += used;
		j->n_consumed += used;
		j->line++;
		return 1;
	}
}

static int parse_line(struct parse *p, size_t n)
{
	size_t offset;
	if (strlen(p->begin) != n) {
		p->at += strlen(p->begin);
		return bad(p, "a NUL; save the file as UTF-8 text");
	}
	if (!text_is_utf8(p->begin, n, &offset)) {
		p->at += offset;
		return bad(p, "this is not UTF-8; save the file as UTF-8");
	}
	skip_white(p);
	if (*p->at != '{')
		return bad(p, "a line must be one object in braces");
	p->json->hint = 0;
	STEP(object(p, NULL));
	skip_white(p);
	return *p->at ? bad(p, "text follows the object") : CF_OK;
}

static bool is_blank(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] != ' ' && s[i] != '\t' && s[i] != '\r')
			return false;
	return true;
}

static int next(struct row_source *r, struct cf_error *err)
{
	struct rows_json *j = r->context;
	const char *line = NULL;
	size_t n = 0;
	int status;
	do {
		status = read_line(r, j, &line, &n, err);
		if (status > 0 && j->line == 1 && n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
			line += 3;
			n -= 3;
		}
	} while (status > 0 && is_blank(line, n));
	if (status <= 0)
		return status;
	r->row.line = j->line;
	buffer_clear(&j->work);
	TRY_MEMORY(buffer_append(&j->work, line, n), err);
	struct parse p = {.source = r, .json = j, .at = j->work.data, .begin = j->work.data, .err = err};
	status = parse_line(&p, n);
	TRY(status);
	if (status != BAD_LINE)
		return 1;
	/* the parser has changed its copy */
	TRY_MEMORY(rows_put_raw(line, n, &j->work), err);
	rows_refuse_row(r, p.reason, buffer_text(&j->work));
	return 1;
}

static void close_json(struct row_source *r)
{
	struct rows_json *j = r->context;
	if (j->fd >= 0)
		(void)close(j->fd);
	buffer_done(&j->work);
	mem_free(j->seen);
	mem_free(j->buffer);
	r->context = mem_free(j);
}

static uint64_t bytes_read(const struct row_source *r)
{
	const struct rows_json *j = r->context;
	return j->n_consumed;
}

int rows_json_open(struct row_source *r, const struct rows_input *input, struct cf_error *err)
{
	static const struct rows_reader reader = {
		.next = next, .close = close_json, .bytes_read = bytes_read};
	struct rows_json *j = NEW(struct rows_json);
	if (!j)
		return error_memory(err);
	j->fd = -1;
	j->memory = input->data;
	j->n_memory = input->n;
	r->reader = &reader;
	r->context = j;
	if (!input->data) {
		j->fd = open(input->path, O_RDONLY | O_CLOEXEC);
		if (j->fd < 0)
			return error_set_errno(err, CF_E_IO, "cannot open %s", input->path);
	}
	j->capacity = r->options.buffer_bytes < 16 ? 16 : r->options.buffer_bytes;
	j->buffer = mem_alloc(j->capacity + 1, 1);
	if (!j->buffer)
		return error_memory(err);
	return rows_add_sheet(r, "", err);
}
