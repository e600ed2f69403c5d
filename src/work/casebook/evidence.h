/* Files that belong to a case: registered by their hashes, size and kind. The files themselves stay where
 * they are. */
#pragma once

#include "work/casebook/casebook.h"

/* Adds an evidence record for the file, with a custody entry of now. One with the same hash in the same case
 * already: outcome STORE_UNCHANGED and its id. */
int evidence_add_file(struct casebook *c, const struct record_id *case_id, const char *path,
	const struct store_reason *why, struct store_result *ret, struct cf_error *err) CF_MUST_USE;
