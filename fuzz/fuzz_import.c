/*
 * Files of cases through a guessed mapping: whatever they hold, good rows give records that hold to the
 * schema and whose ids differ, every fault has its place, and what was rejected can be read again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "intake/import.h"
#include "intake/rejects.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct state {
	uint64_t n_ids;
	uint64_t n_faults;
	struct rejects *rejects;
};

static int identify(void *context, const struct schema_entity *entity, const char *source_id,
	struct record_id *ret, struct cf_error *err)
{
	struct state *s = context;
	(void)err;
	must(entity && text_is_utf8(source_id, strlen(source_id), NULL));
	*ret = (struct record_id){{0}};
	s->n_ids++;
	memcpy(ret->bytes + 8, &s->n_ids, sizeof s->n_ids);
	return 0;
}

static int check_row(void *context, const struct import_row *row, struct cf_error *err)
{
	(void)context;
	for (size_t i = 0; i < row->n; i++) {
		struct record_faults faults = RECORD_FAULTS_INIT;
		must(row->records[i].source_id[0]);
		must(record_validate(row->records[i].record, &faults, err) == 0);
		must(faults.n == 0);
		record_faults_done(&faults);
	}
	return 0;
}

static int check_fault(void *context, const struct import_fault *f, struct cf_error *err)
{
	struct state *s = context;
	(void)err;
	must(f->line > 0 && f->reason[0] && (f->column[0] != '\0') == (f->letters[0] != '\0'));
	s->n_faults++;
	return 0;
}

static int reject(void *context, const struct row_source *rows, const struct row *row, const char *reasons,
	struct cf_error *err)
{
	struct state *s = context;
	must(reasons[0]);
	return rejects_add(s->rejects, rows, row, reasons, err);
}

static void read_rejects(const struct rejects *r)
{
	CF_CLEANUP(buffer_done) struct buffer file = BUFFER_INIT;
	CF_CLEANUP_ROWS struct row_source *rows = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const struct rows_options options = {.format = ROWS_CSV};
	const struct row *row;
	uint64_t n = 0;
	must(rejects_write(r, &file, &err) == 0);
	/* columns of several sheets, or keys of JSON that differ in white space alone, may share a name in
	 * CSV */
	if (rows_open_memory("rejects", file.data, file.n, &options, &rows, &err) < 0)
		return;
	while (rows_next(rows, &row, &err) > 0)
		n++;
	must(n == rejects_count(r));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct state s = {.n_ids = 0};
	struct import_counts counts;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer description = BUFFER_INIT;
	const struct import_options options = {.mode = IMPORT_PARTIAL};
	const struct import_sink sink = {.context = &s,
		.identify = identify,
		.row = check_row,
		.fault = check_fault,
		.reject = reject};
	must(rejects_new(&s.rejects, NULL) == 0);
	int status = import_memory("fuzz", data, n, &options, &sink, &counts, &description, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status == 0) {
		must(counts.n_good_rows + rejects_count(s.rejects) == counts.n_rows);
		must(counts.n_faults == s.n_faults);
		read_rejects(s.rejects);
	}
	rejects_free(s.rejects);
	return 0;
}
