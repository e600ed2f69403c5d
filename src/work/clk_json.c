/*
 * clkhash's upload file, read byte by byte: it may have millions of records, and all but one string is thrown
 * away at once. What stands beside "clks" is passed over, but must be JSON.
 */
#include "work/clk_json.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_DEPTH = 64, MAX_STRING_BYTES = 1 << 20 };

struct reading {
	struct clk_gathering *g;
	FILE *from;
	int next; /* the byte to come, EOF at the end */
	uint64_t line;
	uint64_t column; /* of next, in bytes from 1 */
	struct buffer text;
	uint64_t n_records;
	bool found;
	struct cf_error *err;
};

static void step(struct reading *r)
{
	if (r->next == '\n') {
		r->line++;
		r->column = 0;
	}
	r->next = fgetc(r->from);
	r->column++;
}

static int bad(const struct reading *r, const char *what)
{
	return error_set_at(r->err, CF_E_INPUT, r->g->name, r->line, r->column, "%s", what);
}

static void skip_space(struct reading *r)
{
	while (r->next == ' ' || r->next == '\t' || r->next == '\r' || r->next == '\n')
		step(r);
}

/* A value's or a separator's first byte, behind white space. */
static int expect(struct reading *r, char c, const char *what)
{
	skip_space(r);
	if (r->next != c)
		return bad(r, what);
	step(r);
	return CF_OK;
}

static int read_escape(struct reading *r)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	step(r);
	const char *at = r->next > 0 ? strchr(from, r->next) : NULL;
	if (at) {
		step(r);
		TRY_MEMORY(buffer_append_char(&r->text, to[at - from]), r->err);
		return CF_OK;
	}
	if (r->next != 'u')
		return bad(r, "no such escape in a JSON string");
	step(r);
	uint32_t value = 0;
	for (int i = 0; i < 4; i++) {
		const int c = r->next;
		const int digit = c >= '0' && c <= '9'   ? c - '0'
				  : c >= 'a' && c <= 'f' ? c - 'a' + 10
				  : c >= 'A' && c <= 'F' ? c - 'A' + 10
							 : -1;
		if (digit < 0)
			return bad(r, "an escape \\u needs four hexadecimal digits");
		value = value << 4 | (uint32_t)digit;
		step(r);
	}
	/* beyond ASCII nothing is base64, nor "clks": what it is does not matter */
	TRY_MEMORY(buffer_append_char(&r->text, value < 0x80 && value ? (char)value : '?'), r->err);
	return CF_OK;
}

static int read_string(struct reading *r)
{
	buffer_clear(&r->text);
	TRY(expect(r, '"', "a string was expected here"));
	while (r->next != '"') {
		if (r->next == EOF)
			return bad(r, "the file ends within a string");
		if (r->next < 0x20)
			return bad(r, "a control character within a string");
		if (r->text.n >= MAX_STRING_BYTES)
			return bad(r, "a string longer than 1 MiB");
		if (r->next == '\\') {
			TRY(read_escape(r));
			continue;
		}
		TRY_MEMORY(buffer_append_char(&r->text, (char)r->next), r->err);
		step(r);
	}
	step(r);
	return CF_OK;
}

/* Numbers, true, false, null: taken for what they look like. */
static int skip_word(struct reading *r)
{
	size_t n = 0;
	while ((r->next >= 'a' && r->next <= 'z') || (r->next >= '0' && r->next <= '9') || r->next == 'E' ||
		r->next == '-' || r->next == '+' || r->next == '.') {
		step(r);
		if (++n > 1000)
			return bad(r, "a number or word longer than any");
	}
	return n ? CF_OK : bad(r, "a JSON value was expected here");
}

/* An explicit stack: files may nest as deep as they like. */
static int skip_value(struct reading *r)
{
	char closers[MAX_DEPTH];
	int depth = 0;
	do {
		skip_space(r);
		if (r->next == '{' || r->next == '[') {
			if (depth == MAX_DEPTH)
				return bad(r, "nested too deeply");
			closers[depth++] = r->next == '{' ? '}' : ']';
			step(r);
			skip_space(r);
			if (r->next != closers[depth - 1]) {
				if (closers[depth - 1] == '}') {
					TRY(read_string(r));
					TRY(expect(r, ':', "':' was expected here"));
				}
				continue;
			}
		} else if (r->next == '"') {
			TRY(read_string(r));
		} else {
			TRY(skip_word(r));
		}
		for (skip_space(r); depth && r->next == closers[depth - 1]; skip_space(r)) {
			step(r);
			depth--;
		}
		if (depth) {
			TRY(expect(r, ',', "',' was expected here"));
			if (closers[depth - 1] == '}') {
				TRY(read_string(r));
				TRY(expect(r, ':', "':' was expected here"));
			}
		}
	} while (depth);
	return CF_OK;
}

static int read_record(struct reading *r)
{
	const char *why = NULL;
	skip_space(r);
	const uint64_t line = r->line;
	const uint64_t column = r->column;
	if (r->next == '[')
		return bad(r, "an encoding with blocks; only whole lists (\"clks\" of strings) can be read");
	TRY(read_string(r));
	r->n_records++;
	int status = clk_gather(r->g, buffer_text(&r->text), r->text.n, &why, r->err);
	if (why)
		return error_set_at(r->err, CF_E_INPUT, r->g->name, line, column, "record %" PRIu64 ": %s",
			r->n_records, why);
	return status;
}

static int read_records(struct reading *r)
{
	TRY(expect(r, '[', "\"clks\" must be a list"));
	skip_space(r);
	if (r->next == ']') {
		step(r);
		return CF_OK;
	}
	for (;;) {
		TRY(read_record(r));
		skip_space(r);
		if (r->next == ']') {
			step(r);
			return CF_OK;
		}
		TRY(expect(r, ',', "',' or ']' was expected here"));
	}
}

static int read_member(struct reading *r)
{
	TRY(read_string(r));
	const bool is_ours = strcmp(buffer_text(&r->text), "clks") == 0;
	TRY(expect(r, ':', "':' was expected here"));
	if (!is_ours)
		return skip_value(r);
	if (r->found)
		return bad(r, "\"clks\" stands here a second time");
	r->found = true;
	return read_records(r);
}

static int read_root(struct reading *r)
{
	static const int mark[] = {0xef, 0xbb, 0xbf};
	for (size_t i = 0; i < 3 && (i || r->next == mark[0]); i++) {
		if (r->next != mark[i])
			return bad(r, "this is no JSON");
		step(r);
	}
	TRY(expect(r, '{', "this is no file of encodings: neither {\"clks\": [...]}, nor CSV, nor binary"));
	skip_space(r);
	while (r->next != '}') {
		TRY(read_member(r));
		skip_space(r);
		if (r->next == '}')
			break;
		TRY(expect(r, ',', "',' or '}' was expected here"));
		skip_space(r);
		if (r->next == '}')
			return bad(r, "a key was expected behind the comma");
	}
	step(r);
	skip_space(r);
	if (r->next != EOF)
		return bad(r, "there is more behind the end of the JSON");
	return r->found ? CF_OK : bad(r, "there is no \"clks\" in this file");
}

int clk_json_read(struct clk_gathering *g, FILE *from, struct cf_error *err)
{
	struct reading r = {.g = g, .from = from, .next = fgetc(from), .line = 1, .column = 1, .err = err};
	int status = read_root(&r);
	buffer_done(&r.text);
	return status;
}
