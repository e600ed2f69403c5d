/* Exporting: what may leave, in one of the forms of export/, to a file that appears only once the store has
 * noted it. */
#pragma once

#include "base/buffer.h"
#include "work/casebook/leave.h"

enum hand_over_form {
	HAND_OVER_HTCDS_CSV = 0,
	HAND_OVER_HTCDS_XLSX,
	HAND_OVER_JSON_LINES,
	HAND_OVER_FTM,
	HAND_OVER_N
};
const char *hand_over_form_name(enum hand_over_form form);
/* By name ("htcds-csv", "xlsx", "jsonl", "ftm"); NULL: by the ending of the path, CSV where that says
 * nothing. */
bool hand_over_form_parse(const char *name, const char *path, enum hand_over_form *ret);

struct hand_over_request {
	struct leave_request leave;
	enum hand_over_form form;
	const char *path; /* must not be there */
};

struct hand_over_counts {
	struct leave_summary left;
	uint64_t n_rows;
	uint64_t n_left_out; /* records the form has no place for */
	char sha256[65];
};

/* missing: which consent is missing of whom, a line each. The file (mode 0600) is there whole, or not at all.
 */
int hand_over(struct casebook *c, const struct hand_over_request *q, struct hand_over_counts *ret,
	struct buffer *missing, struct cf_error *err) CF_MUST_USE;
