#include "export/xlsx_book.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "base/file.h"
#include "base/text.h"

enum { MAX_ROWS = 1048576, MAX_CELL = 32767 };

struct xlsx_book {
	char *path;
	char *temporary; /* beside it, mode 0600 */
	char *folder;
	lxw_workbook *workbook;
	lxw_worksheet *sheet;
	lxw_format *header;
	lxw_row_t n_rows;
	bool committed;
};

static int make_names(struct xlsx_book *b, const char *path)
{
	size_t n = strlen(path);
	const char *slash = strrchr(path, '/');
	b->path = mem_strdup(path);
	b->folder = slash ? mem_strndup(path, (size_t)(slash - path) + (slash == path)) : mem_strdup(".");
	b->temporary = mem_alloc(n + 8, 1);
	if (!b->path || !b->folder || !b->temporary)
		return CF_E_MEMORY;
	(void)snprintf(b->temporary, n + 8, "%s.XXXXXX", path);
	return CF_OK;
}

int xlsx_book_new(const char *path, const char *sheet, struct xlsx_book **ret, struct cf_error *err)
{
	CF_CLEANUP_BOOK struct xlsx_book *b = NEW(struct xlsx_book);
	if (!b)
		return error_memory(err);
	TRY_MEMORY(make_names(b, path), err);
	int fd = mkostemp(b->temporary, O_CLOEXEC); /* mode 0600, which libxlsxwriter's own opening keeps */
	if (fd < 0) {
		b->temporary = mem_free(b->temporary);
		return error_set_errno(err, CF_E_IO, "cannot write beside %s", path);
	}
	(void)close(fd);
	/* rows go to unlinked files as they come: memory stays small, and nothing is left elsewhere */
	lxw_workbook_options options = {.constant_memory = LXW_TRUE, .tmpdir = b->folder};
	b->workbook = workbook_new_opt(b->temporary, &options);
	b->sheet = b->workbook ? workbook_add_worksheet(b->workbook, sheet) : NULL;
	b->header = b->sheet ? workbook_add_format(b->workbook) : NULL;
	if (!b->header)
		return error_set(err, CF_E_INTERNAL, "cannot begin the workbook %s", path);
	format_set_bold(b->header);
	worksheet_freeze_panes(b->sheet, 1, 0);
	*ret = TAKE(b);
	return CF_OK;
}

struct xlsx_book *xlsx_book_free(struct xlsx_book *b)
{
	if (!b)
		return NULL;
	if (b->workbook)
		lxw_workbook_free(b->workbook);
	if (b->temporary && !b->committed)
		(void)unlink(b->temporary);
	mem_free(b->temporary);
	mem_free(b->folder);
	mem_free(b->path);
	return mem_free(b);
}

int xlsx_book_row(struct xlsx_book *b, const char *const *cells, size_t n, struct cf_error *err)
{
	if (b->n_rows == MAX_ROWS)
		return error_set(
			err, CF_E_LIMIT, "%s: more rows than a sheet can have; export CSV instead", b->path);
	for (size_t i = 0; i < n; i++) {
		if (!cells[i][0])
			continue;
		if (text_length(cells[i], strlen(cells[i])) > MAX_CELL)
			return error_set(err, CF_E_LIMIT,
				"%s: row %u, column %zu: longer than a cell of a workbook can be; export CSV "
				"instead",
				b->path, b->n_rows + 1, i + 1);
		lxw_error status = worksheet_write_string(
			b->sheet, b->n_rows, (lxw_col_t)i, cells[i], b->n_rows ? NULL : b->header);
		if (status != LXW_NO_ERROR)
			return error_set(err, CF_E_INTERNAL, "%s: row %u: %s", b->path, b->n_rows + 1,
				lxw_strerror(status));
	}
	b->n_rows++;
	return CF_OK;
}

int xlsx_book_commit(struct xlsx_book *b, struct cf_error *err)
{
	lxw_workbook *workbook = TAKE(b->workbook);
	errno = 0;
	lxw_error status = workbook_close(workbook);
	if (status != LXW_NO_ERROR)
		return error_set_errno(err, CF_E_IO, "cannot write %s (%s)", b->path, lxw_strerror(status));
	int fd = open(b->temporary, O_RDONLY | O_CLOEXEC);
	bool synced = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	if (!synced)
		return error_set_errno(err, CF_E_IO, "cannot write %s", b->path);
	TRY(file_rename(b->temporary, b->path, err));
	b->committed = true;
	return CF_OK;
}
