/*
 * Errors: every fallible function returns 0 (or a count) on success and a negative enum cf_status on
 * failure, and describes the failure in an optional, caller-owned struct cf_error. There is no global or
 * thread-local state. Messages name files, lines, columns, fields, rules and ids, never the contents of a
 * cell: they may be shown, logged and mailed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CF_MUST_USE __attribute__((warn_unused_result))
#define CF_PRINTF(text_at, first_at) __attribute__((format(printf, text_at, first_at)))

enum cf_status {
	CF_OK = 0,
	CF_E_USAGE = -1,       /* wrong use: unknown option, impossible combination */
	CF_E_INPUT = -2,       /* a file or message that cannot be read as what it should be */
	CF_E_NOT_FOUND = -3,   /* a file, column, party or study that is not there */
	CF_E_LIMIT = -4,       /* larger than what was agreed or can be handled */
	CF_E_REFUSED = -5,     /* forged, replayed, out of turn, of another study, or against the policy */
	CF_E_STATE = -6,       /* a command that does not fit where the study or store stands */
	CF_E_NO_ANSWER = -7,   /* the data cannot say */
	CF_E_INTERRUPTED = -8, /* the user asked to stop; nothing is half-written */
	CF_E_MEMORY = -9,
	CF_E_IO = -10,       /* the operating system refused a read or a write */
	CF_E_INTERNAL = -11, /* a library failed, or a promise of ours was broken */
};

enum { CF_ERROR_MESSAGE_BYTES = 400 };

/* line and column count from 1; 0 means "not about a place in a file". */
struct cf_error {
	int code;
	uint64_t line;
	uint64_t column;
	char message[CF_ERROR_MESSAGE_BYTES];
};

#define CF_ERROR_INIT                                                                                        \
	{                                                                                                    \
		0                                                                                            \
	}

/* Fills *err (which may be NULL) and returns code, so that "return error_set(...)" is one statement. */
int error_set(struct cf_error *err, int code, const char *format, ...) CF_PRINTF(3, 4);

/* As error_set; the message is prefixed with "file:line:column: " (parts that are NULL or 0 are left out). */
int error_set_at(struct cf_error *err, int code, const char *file, uint64_t line, uint64_t column,
	const char *format, ...) CF_PRINTF(6, 7);

/* For a failed system call: appends ": " and the text of errno. */
int error_set_errno(struct cf_error *err, int code, const char *format, ...) CF_PRINTF(3, 4);

/* Puts "context: " before the message of an error that is already set, and returns its code. */
int error_prefix(struct cf_error *err, int code, const char *format, ...) CF_PRINTF(3, 4);

int error_memory(struct cf_error *err);

/* 0 done, 1 the data cannot say, 2 wrong use or bad input, 3 something failed underneath. */
int error_exit_code(int code);

/* A stable word for an error code ("input", "refused", ...), for JSON. */
const char *error_name(int code);

/* Returns from the calling function when expr fails. */
#define TRY(expr)                                                                                            \
	do {                                                                                                 \
		int try_status_ = (expr);                                                                    \
		if (try_status_ < 0)                                                                         \
			return try_status_;                                                                  \
	} while (0)

/* The same for a call that can only run out of memory and says nothing in err. */
#define TRY_MEMORY(expr, err)                                                                                \
	do {                                                                                                 \
		if ((expr) < 0)                                                                              \
			return error_memory(err);                                                            \
	} while (0)

/* What the static analyser cannot see from a declaration: these return the failure they were given. */
#if defined(__clang_analyzer__) && !defined(CF_ERROR_IMPLEMENTATION)
#define error_set(err, code, ...) ((void)(err), (int)(code))
#define error_set_at(err, code, file, line, column, ...) ((void)(err), (int)(code))
#define error_set_errno(err, code, ...) ((void)(err), (int)(code))
#define error_prefix(err, code, ...) ((void)(err), (int)(code))
#define error_memory(err) ((void)(err), (int)CF_E_MEMORY)
#endif
