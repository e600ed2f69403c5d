#include "base/buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

void buffer_done(struct buffer *b)
{
	b->data = mem_free(b->data);
	b->n = 0;
	b->capacity = 0;
}

void buffer_wipe(struct buffer *b)
{
	if (b->data)
		explicit_bzero(b->data, b->capacity);
	buffer_done(b);
}

void buffer_clear(struct buffer *b)
{
	b->n = 0;
	if (b->data)
		b->data[0] = '\0';
}

int buffer_reserve(struct buffer *b, size_t extra)
{
	size_t needed;
	if (__builtin_add_overflow(b->n, extra, &needed) || __builtin_add_overflow(needed, 1, &needed))
		return CF_E_MEMORY;
	if (needed <= b->capacity)
		return CF_OK;
	size_t wanted = b->capacity < SIZE_MAX / 2 ? b->capacity * 2 : needed;
	if (wanted < needed)
		wanted = needed;
	if (wanted < 64)
		wanted = 64;
	char *data = mem_resize(b->data, wanted, 1);
	if (!data)
		return CF_E_MEMORY;
	data[b->n] = '\0';
	b->data = data;
	b->capacity = wanted;
	return CF_OK;
}

int buffer_append(struct buffer *b, const void *bytes, size_t n)
{
	TRY(buffer_reserve(b, n));
	if (n)
		memcpy(b->data + b->n, bytes, n);
	b->n += n;
	b->data[b->n] = '\0';
	return CF_OK;
}

int buffer_append_text(struct buffer *b, const char *text)
{
	return buffer_append(b, text, strlen(text));
}

int buffer_append_char(struct buffer *b, char c)
{
	return buffer_append(b, &c, 1);
}

int buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return CF_E_INTERNAL;
	TRY(buffer_reserve(b, (size_t)length));
	va_start(args, format);
	(void)vsnprintf(b->data + b->n, (size_t)length + 1, format, args);
	va_end(args);
	b->n += (size_t)length;
	return CF_OK;
}

const char *buffer_text(const struct buffer *b)
{
	return b->data ? b->data : "";
}

char *buffer_take(struct buffer *b)
{
	char *data = b->data;
	*b = (struct buffer)BUFFER_INIT;
	return data;
}
