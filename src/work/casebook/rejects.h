/*
 * Rows that could not be imported, as a CSV file that can be mended and imported again: every column of the file (of
 * all its sheets), then why each row was rejected and, of rows that could not be cut into cells, their text. The last
 * two columns are left out when the file is imported again.
 */
#pragma once

#include "base/error.h"
#include "base/mem.h"
#include "intake/rows.h"

#define REJECTS_REASONS "counterfoil_reasons"
#define REJECTS_RAW "counterfoil_raw"

struct rejects;

/* CF_E_STATE when path is there already: what somebody is mending is not overwritten. Nothing is written there before
 * rejects_finish. */
int rejects_open(const char *path, struct rejects **ret, struct cf_error *err) CF_MUST_USE;
struct rejects *rejects_close(struct rejects *r);
CF_DEFINE_CLEANUP(struct rejects, rejects_close);

int rejects_add(struct rejects *r, const struct row_source *rows, const struct row *row, const char *reasons,
	struct cf_error *err) CF_MUST_USE;
/* Forgets the rows so far: the import begins anew. */
int rejects_restart(struct rejects *r, struct cf_error *err) CF_MUST_USE;
/* Writes the file (mode 0600), if there were any rows. */
int rejects_finish(struct rejects *r, struct cf_error *err) CF_MUST_USE;
