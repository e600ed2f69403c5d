#define CF_ERROR_IMPLEMENTATION
#include "base/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void CF_PRINTF(3, 0) fill(struct cf_error *err, int code, const char *format, va_list args)
{
	err->code = code;
	err->line = 0;
	err->column = 0;
	(void)vsnprintf(err->message, sizeof err->message, format, args);
}

int error_set(struct cf_error *err, int code, const char *format, ...)
{
	if (err) {
		va_list args;
		va_start(args, format);
		fill(err, code, format, args);
		va_end(args);
	}
	return code;
}

static int place(char *to, size_t size, const char *file, uint64_t line, uint64_t column)
{
	if (line && column)
		return snprintf(to, size, "%s%s%" PRIu64 ":%" PRIu64 ": ", file ? file : "line ",
			file ? ":" : "", line, column);
	if (line)
		return snprintf(to, size, "%s%s%" PRIu64 ": ", file ? file : "line ", file ? ":" : "", line);
	if (file)
		return snprintf(to, size, "%s: ", file);
	return snprintf(to, size, "%s", "");
}

int error_set_at(struct cf_error *err, int code, const char *file, uint64_t line, uint64_t column,
	const char *format, ...)
{
	if (!err)
		return code;
	char where[200];
	char what[CF_ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	(void)place(where, sizeof where, file, line, column);
	(void)error_set(err, code, "%.190s%.205s", where, what);
	err->line = line;
	err->column = column;
	return code;
}

int error_set_errno(struct cf_error *err, int code, const char *format, ...)
{
	if (!err)
		return code;
	char reason[128];
	const char *text = strerror_r(errno, reason, sizeof reason);
	char what[CF_ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return error_set(err, code, "%.300s: %.95s", what, text);
}

int error_prefix(struct cf_error *err, int code, const char *format, ...)
{
	if (!err)
		return code;
	char context[200];
	char what[CF_ERROR_MESSAGE_BYTES];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(context, sizeof context, format, args);
	va_end(args);
	memcpy(what, err->message, sizeof what);
	what[sizeof what - 1] = '\0';
	(void)snprintf(err->message, sizeof err->message, "%.190s: %.205s", context, what);
	return code;
}

int error_memory(struct cf_error *err)
{
	return error_set(err, CF_E_MEMORY, "out of memory");
}

int error_exit_code(int code)
{
	switch (code) {
	case CF_E_NO_ANSWER:
		return 1;
	case CF_E_USAGE:
	case CF_E_INPUT:
	case CF_E_NOT_FOUND:
	case CF_E_LIMIT:
	case CF_E_REFUSED:
	case CF_E_STATE:
		return 2;
	default:
		return code < 0 ? 3 : 0;
	}
}

const char *error_name(int code)
{
	static const char *const names[] = {"ok", "usage", "input", "not_found", "limit", "refused", "state",
		"no_answer", "interrupted", "memory", "io", "internal"};
	size_t i = code <= 0 ? (size_t)-code : 0;
	return i < sizeof names / sizeof *names ? names[i] : "internal";
}
