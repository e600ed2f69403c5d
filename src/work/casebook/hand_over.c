#include "work/casebook/hand_over.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/file_digest.h"
#include "export/export.h"

static const char *const forms[HAND_OVER_N] = {"htcds-csv", "xlsx", "jsonl", "ftm"};

const char *hand_over_form_name(enum hand_over_form form)
{
	return forms[form];
}

bool hand_over_form_parse(const char *name, const char *path, enum hand_over_form *ret)
{
	static const char *const endings[HAND_OVER_N] = {".csv", ".xlsx", ".jsonl", ".ftm.json"};
	size_t n = strlen(path);
	if (!name)
		*ret = HAND_OVER_HTCDS_CSV;
	for (int i = 0; i < HAND_OVER_N; i++) {
		size_t k = strlen(endings[i]);
		if (name ? strcmp(name, forms[i]) == 0
			 : n >= k && strcasecmp(path + n - k, endings[i]) == 0) {
			*ret = (enum hand_over_form)i;
			return true;
		}
	}
	return !name;
}

static int next(void *context, const struct record *const **ret, size_t *ret_n, struct cf_error *err)
{
	return leave_next(context, ret, ret_n, err);
}

static bool is_compelled(void *context, const struct record_id *person)
{
	return leave_is_compelled(context, person);
}

static int write_stream(void *context, const void *bytes, size_t n, struct cf_error *err)
{
	FILE *to = context;
	return fwrite(bytes, 1, n, to) == n ? CF_OK
					    : error_set_errno(err, CF_E_IO, "cannot write the export");
}

static int write_form(
	struct leave *l, enum hand_over_form form, FILE *to, struct export_counts *ret, struct cf_error *err)
{
	struct export_source source = {.context = l, .next = next};
	struct export_output output = {.context = to, .write = write_stream};
	struct export_compelled compelled = {.context = l, .is_compelled = is_compelled};
	if (form == HAND_OVER_JSON_LINES)
		return export_json_lines(&source, &output, ret, err);
	if (form == HAND_OVER_FTM)
		return export_ftm(&source, &output, &compelled, ret, err);
	return export_htcds_csv(&source, &output, ret, err);
}

/* The store notes the file before it gets its name: what left is noted, or it did not leave. */
static int write_text(struct leave *l, const struct hand_over_request *q, struct hand_over_counts *ret,
	struct export_counts *written, struct cf_error *err)
{
	CF_CLEANUP(file_abandon) struct file_writer f = FILE_WRITER_INIT;
	struct file_digest digest;
	TRY(file_begin(&f, q->path, 0600, err));
	TRY(write_form(l, q->form, f.stream, written, err));
	if (fflush(f.stream) != 0)
		return error_set_errno(err, CF_E_IO, "cannot write %s", q->path);
	TRY(file_digest(f.temporary, &digest, err));
	TRY(leave_note(l, digest.sha256, err));
	memcpy(ret->sha256, digest.sha256, sizeof ret->sha256);
	return file_commit(&f, err);
}

static int write_book(struct leave *l, const struct hand_over_request *q, struct hand_over_counts *ret,
	struct export_counts *written, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer part = BUFFER_INIT;
	struct export_source source = {.context = l, .next = next};
	struct file_digest digest;
	TRY_MEMORY(buffer_printf(&part, "%s.part", q->path), err);
	TRY(export_htcds_xlsx(&source, buffer_text(&part), written, err));
	int status = file_digest(buffer_text(&part), &digest, err);
	if (status >= 0)
		status = leave_note(l, digest.sha256, err);
	if (status >= 0)
		status = file_rename(buffer_text(&part), q->path, err);
	if (status >= 0) {
		memcpy(ret->sha256, digest.sha256, sizeof ret->sha256);
		return status;
	}
	/* what cannot be removed is said beside what went wrong */
	struct cf_error left = CF_ERROR_INIT;
	if (file_remove(buffer_text(&part), true, &left) < 0)
		(void)error_prefix(err, status, "%s was left behind", buffer_text(&part));
	return status;
}

int hand_over(struct casebook *c, const struct hand_over_request *q, struct hand_over_counts *ret,
	struct buffer *missing, struct cf_error *err)
{
	CF_CLEANUP_LEAVE struct leave *l = NULL;
	struct export_counts written = {0};
	if (file_exists(q->path))
		return error_set(err, CF_E_STATE, "%s is there already; name another file", q->path);
	TRY(leave_new(c, &q->leave, missing, &l, err));
	TRY((q->form == HAND_OVER_HTCDS_XLSX ? write_book : write_text)(l, q, ret, &written, err));
	ret->left = *leave_summary(l);
	ret->n_rows = written.n_rows;
	ret->n_left_out = written.n_left_out;
	return CF_OK;
}
