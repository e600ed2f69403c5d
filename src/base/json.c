#include "base/json.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void json_init(struct json *j, struct buffer *out, bool pretty)
{
	*j = (struct json){.out = out, .pretty = pretty};
}

static void put(struct json *j, const char *bytes, size_t n)
{
	if (j->status == CF_OK)
		j->status = buffer_append(j->out, bytes, n);
}

static void put_text(struct json *j, const char *text)
{
	put(j, text, strlen(text));
}

static void new_line(struct json *j)
{
	if (!j->pretty)
		return;
	put(j, "\n", 1);
	for (int i = 0; i < j->depth; i++)
		put(j, "  ", 2);
}

/* What stands before a value or a key: a comma, a line end, or nothing behind a key. */
static void before_item(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (j->depth == 0)
		return;
	bool *has_items = &j->has_items[j->depth - 1];
	if (*has_items)
		put(j, ",", 1);
	*has_items = true;
	new_line(j);
}

static void before_value(struct json *j)
{
	assert(j->after_key || j->depth == 0 || j->closers[j->depth - 1] == ']');
	before_item(j);
}

static void begin(struct json *j, const char *opener, char closer)
{
	before_value(j);
	assert(j->depth < JSON_MAX_DEPTH);
	put_text(j, opener);
	j->closers[j->depth] = closer;
	j->has_items[j->depth] = false;
	j->depth++;
}

void json_begin_object(struct json *j)
{
	begin(j, "{", '}');
}

void json_begin_array(struct json *j)
{
	begin(j, "[", ']');
}

void json_end(struct json *j)
{
	assert(j->depth > 0 && !j->after_key);
	j->depth--;
	if (j->has_items[j->depth])
		new_line(j);
	put(j, &j->closers[j->depth], 1);
}

static void put_escape(struct json *j, unsigned char c)
{
	static const char short_names[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	for (const char *p = short_names; *p; p += 2) {
		if ((unsigned char)p[0] == c) {
			const char text[2] = {'\\', p[1]};
			put(j, text, 2);
			return;
		}
	}
	char text[8];
	(void)snprintf(text, sizeof text, "\\u%04x", c);
	put_text(j, text);
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

/* n well-formed bytes */
static void put_escaped(struct json *j, const char *s, size_t n)
{
	size_t done = 0;
	for (size_t i = 0; i < n; i++) {
		if (!needs_escape((unsigned char)s[i]))
			continue;
		put(j, s + done, i - done);
		put_escape(j, (unsigned char)s[i]);
		done = i + 1;
	}
	put(j, s + done, n - done);
}

static void put_string(struct json *j, const char *text)
{
	size_t n = strlen(text);
	put(j, "\"", 1);
	size_t bad;
	while (!text_is_utf8(text, n, &bad)) {
		put_escaped(j, text, bad);
		put(j, "\xef\xbf\xbd", 3);
		text += bad + 1;
		n -= bad + 1;
	}
	put_escaped(j, text, n);
	put(j, "\"", 1);
}

void json_key(struct json *j, const char *key)
{
	assert(j->depth > 0 && j->closers[j->depth - 1] == '}' && !j->after_key);
	before_item(j);
	put_string(j, key);
	put_text(j, j->pretty ? ": " : ":");
	j->after_key = true;
}

void json_text(struct json *j, const char *text)
{
	if (!text) {
		json_null(j);
		return;
	}
	before_value(j);
	put_string(j, text);
}

void json_integer(struct json *j, int64_t value)
{
	char text[32];
	(void)snprintf(text, sizeof text, "%" PRId64, value);
	before_value(j);
	put_text(j, text);
}

void json_unsigned(struct json *j, uint64_t value)
{
	char text[32];
	(void)snprintf(text, sizeof text, "%" PRIu64, value);
	before_value(j);
	put_text(j, text);
}

/* Any number of up to 15 digits survives the way to double and back, so that %.15g, which drops zeros at the
 * end, is shortest when it reads back at all; subnormal numbers have fewer digits and are tried from one on.
 */
static void format_number(char *text, size_t size, double value)
{
	int digits = fabs(value) < DBL_MIN ? 1 : DBL_DIG;
	for (; digits <= DBL_DECIMAL_DIG; digits++) {
		(void)snprintf(text, size, "%.*g", digits, value);
		double back = strtod(text, NULL);
		/* bit by bit, so that -0 keeps its sign */
		/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (memcmp(&back, &value, sizeof back) == 0)
			break;
	}
}

void json_number(struct json *j, double value)
{
	if (!isfinite(value)) {
		json_null(j);
		return;
	}
	char text[40];
	format_number(text, sizeof text, value);
	before_value(j);
	put_text(j, text);
}

void json_boolean(struct json *j, bool value)
{
	before_value(j);
	put_text(j, value ? "true" : "false");
}

void json_null(struct json *j)
{
	before_value(j);
	put_text(j, "null");
}

void json_key_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_text(j, text);
}

void json_key_integer(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_integer(j, value);
}

void json_key_unsigned(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_unsigned(j, value);
}

void json_key_number(struct json *j, const char *key, double value)
{
	json_key(j, key);
	json_number(j, value);
}

void json_key_boolean(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_boolean(j, value);
}

void json_key_null(struct json *j, const char *key)
{
	json_key(j, key);
	json_null(j);
}

int json_finish(struct json *j)
{
	assert(j->depth == 0 && !j->after_key);
	if (j->pretty)
		put(j, "\n", 1);
	return j->status;
}
