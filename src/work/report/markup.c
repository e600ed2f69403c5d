#include "work/report/markup.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void keep(struct markup *m, int status)
{
	if (m->status == CF_OK && status < 0)
		m->status = status;
}

void markup_raw(struct markup *m, const char *literal)
{
	keep(m, buffer_append_text(m->out, literal));
}

/* NULL: the byte stands for itself. */
static const char *escape_of(unsigned char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return c < 0x20 && c != '\t' && c != '\n' && c != '\r' ? "\xEF\xBF\xBD" : NULL;
	}
}

/* U+FFFE and U+FFFF are well-formed UTF-8, but not XML. */
static bool is_noncharacter(const char *s)
{
	return memcmp(s, "\xEF\xBF\xBE", 3) == 0 || memcmp(s, "\xEF\xBF\xBF", 3) == 0;
}

static void escape(struct markup *m, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *e = escape_of((unsigned char)s[i]);
		if (!e && n - i >= 3 && is_noncharacter(s + i)) {
			e = "\xEF\xBF\xBD";
			i += 2;
		}
		keep(m, e ? buffer_append_text(m->out, e) : buffer_append_char(m->out, s[i]));
	}
}

void markup_text(struct markup *m, const char *text)
{
	size_t n = strlen(text);
	while (n > 0) {
		size_t bad = n;
		bool good = text_is_utf8(text, n, &bad);
		escape(m, text, good ? n : bad);
		if (good)
			return;
		markup_raw(m, "\xEF\xBF\xBD");
		text += bad + 1;
		n -= bad + 1;
	}
}

void markup_name(struct markup *m, const char *name)
{
	markup_raw(m, "<bdi>");
	markup_text(m, name);
	markup_raw(m, "</bdi>");
}

void markup_format(struct markup *m, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || buffer_reserve(m->out, (size_t)n) < 0) {
		keep(m, CF_E_MEMORY);
		return;
	}
	va_start(args, format);
	(void)vsnprintf(m->out->data + m->out->n, (size_t)n + 1, format, args);
	va_end(args);
	m->out->n += (size_t)n;
}

int text_count(struct buffer *out, uint64_t n)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			TRY(buffer_append_char(out, ','));
		TRY(buffer_append_char(out, digits[i]));
	}
	return CF_OK;
}

int text_range(struct buffer *out, struct suppress_range range)
{
	TRY(text_count(out, range.low));
	if (range.high == range.low)
		return CF_OK;
	TRY(buffer_append_text(out, "\xE2\x80\x93"));
	return text_count(out, range.high);
}

int text_number(struct buffer *out, double value)
{
	if (!(value >= 0 && value < 1e18))
		return buffer_append_text(out, "\xE2\x80\x94");
	return text_count(out, (uint64_t)llround(value));
}

void markup_count(struct markup *m, uint64_t n)
{
	keep(m, text_count(m->out, n));
}

void markup_range(struct markup *m, struct suppress_range range)
{
	keep(m, text_range(m->out, range));
}

void markup_number(struct markup *m, double value)
{
	keep(m, text_number(m->out, value));
}
