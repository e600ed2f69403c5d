/* Tables for tests, from texts in rows. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "link/table.h"

struct test_column {
	const char *name;
	enum link_kind kind;
	enum link_role role;
};

/* cells: n_rows * n_columns texts, "" missing. first: rows where files begin, and the end. */
static inline int test_table_try(const struct test_column *columns, size_t n_columns,
	const char *const *cells, const size_t *first, size_t n_files, struct link_table **ret,
	struct cf_error *err)
{
	CF_CLEANUP_LINK_TABLE struct link_table *t = NULL;
	TRY(link_table_new(n_columns, n_files, first, &t, err));
	for (size_t c = 0; c < n_columns; c++) {
		t->columns[c].name = mem_strdup(columns[c].name);
		if (!t->columns[c].name)
			return error_memory(err);
		t->columns[c].kind = columns[c].kind;
		t->columns[c].role = columns[c].role;
		for (size_t row = 0; row < t->n_rows; row++) {
			const char *text = cells[row * n_columns + c];
			TRY(link_dictionary_add(
				&t->columns[c].values, text, strlen(text), &t->columns[c].codes[row], err));
		}
	}
	TRY(link_table_count(t, err));
	*ret = TAKE(t);
	return CF_OK;
}

static inline struct link_table *test_table(const struct test_column *columns, size_t n_columns,
	const char *const *cells, const size_t *first, size_t n_files)
{
	struct cf_error err = CF_ERROR_INIT;
	struct link_table *t = NULL;
	if (test_table_try(columns, n_columns, cells, first, n_files, &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}
