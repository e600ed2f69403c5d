/*
 * Records to files. What may leave has been decided before: the source gives records that consent, purpose
 * and handling codes have let through, and nothing here looks further. Each form says what it carries; what
 * it cannot carry is counted, never squeezed in. docs/export.md has the forms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/record.h"

/* Records come in groups that belong together: a case with its persons, roles, episodes and all else. next
 * gives 1 with the group (valid until the next call), 0 at the end. A person of several cases comes with
 * each. */
struct export_source {
	void *context;
	int (*next)(void *context, const struct record *const **ret, size_t *ret_n, struct cf_error *err);
};

/* Where bytes go, in order. */
struct export_output {
	void *context;
	int (*write)(void *context, const void *bytes, size_t n, struct cf_error *err);
};

struct export_counts {
	uint64_t n_records;  /* written, as a row or part of one, an object, an entity */
	uint64_t n_left_out; /* records of a kind the form has no place for */
	uint64_t n_rows;     /* lines or rows written */
};

/* Our own JSON Lines: everything, to be read again as the same. A record that comes twice is written twice.
 */
int export_json_lines(const struct export_source *source, const struct export_output *output,
	struct export_counts *ret, struct cf_error *err) CF_MUST_USE;

/* HTCDS 2.0 in one flat table, with columns of ours (person.id, leg.traveller, ...) that keep records and
 * their references apart. Cells that a spreadsheet would run as formulas are made harmless. */
int export_htcds_csv(const struct export_source *source, const struct export_output *output,
	struct export_counts *ret, struct cf_error *err) CF_MUST_USE;
/* The same as a workbook of one sheet, replacing path when it is whole; mode of the file 0600. Rows are kept
 * in unlinked temporary files beside it until then. CF_E_LIMIT beyond the rows a sheet can have. */
int export_htcds_xlsx(const struct export_source *source, const char *path, struct export_counts *ret,
	struct cf_error *err) CF_MUST_USE;

/* Whether anything says that the person was compelled to act, in any case, shared or not. */
struct export_compelled {
	void *context;
	bool (*is_compelled)(void *context, const struct record_id *person);
};
/* FollowTheMoney entities, one JSON object on each line. The topic crime.traffick.human goes only to suspects
 * of whom compelled says no; without compelled (NULL) to nobody. */
int export_ftm(const struct export_source *source, const struct export_output *output,
	const struct export_compelled *compelled, struct export_counts *ret, struct cf_error *err)
	CF_MUST_USE;
