/* The HTCDS table as CSV and as a workbook. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/csv.h"
#include "base/file.h"
#include "export/htcds.h"
#include "export/xlsx_book.h"

struct csv_sink {
	const struct export_output *output;
	struct buffer line;
};

static int write_csv_row(void *context, const char *const *cells, size_t n, struct cf_error *err)
{
	struct csv_sink *s = context;
	buffer_clear(&s->line);
	for (size_t i = 0; i < n; i++)
		TRY_MEMORY(csv_write_cell(&s->line, i == 0, cells[i]), err);
	TRY_MEMORY(csv_end_row(&s->line), err);
	return s->output->write(s->output->context, s->line.data, s->line.n, err);
}

int export_htcds_csv(const struct export_source *source, const struct export_output *output,
	struct export_counts *ret, struct cf_error *err)
{
	struct csv_sink s = {.output = output, .line = BUFFER_INIT};
	const struct htcds_sink sink = {.context = &s, .row = write_csv_row};
	int status = htcds_write(source, &sink, ret, err);
	buffer_done(&s.line);
	return status;
}

static int write_xlsx_row(void *context, const char *const *cells, size_t n, struct cf_error *err)
{
	return xlsx_book_row(context, cells, n, err);
}

int export_htcds_xlsx(
	const struct export_source *source, const char *path, struct export_counts *ret, struct cf_error *err)
{
	CF_CLEANUP_BOOK struct xlsx_book *book = NULL;
	TRY(xlsx_book_new(path, "HTCDS", &book, err));
	const struct htcds_sink sink = {.context = book, .row = write_xlsx_row};
	struct export_counts counts = {0};
	TRY(htcds_write(source, &sink, &counts, err));
	TRY(xlsx_book_commit(book, err));
	*ret = counts;
	return CF_OK;
}
