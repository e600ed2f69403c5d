/* A workbook of one sheet of texts, written row by row into the archive itself. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

struct xlsx_book;

/* Nothing is at path until xlsx_book_commit. */
int xlsx_book_new(const char *path, const char *sheet, struct xlsx_book **ret, struct cf_error *err)
	CF_MUST_USE;
/* Drops what was not committed. */
struct xlsx_book *xlsx_book_free(struct xlsx_book *b);
CF_DEFINE_CLEANUP(struct xlsx_book, xlsx_book_free);
#define CF_CLEANUP_BOOK CF_CLEANUP(xlsx_book_free_ptr)

/* Every cell is a text, never a formula, number or link. CF_E_LIMIT beyond 1,048,576 rows or for a cell of
 * more than 32,767 characters. */
int xlsx_book_row(struct xlsx_book *b, const char *const *cells, size_t n, struct cf_error *err) CF_MUST_USE;
int xlsx_book_commit(struct xlsx_book *b, struct cf_error *err) CF_MUST_USE;
