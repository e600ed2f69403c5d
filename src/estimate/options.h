/* Whether options make sense, for this table. Private to src/estimate. */
#pragma once

#include "base/error.h"
#include "estimate/classes.h"
#include "estimate/estimate.h"

/* CF_E_USAGE or CF_E_LIMIT, said in words, when they do not. */
int options_check(const struct overlap_table *t, const struct estimate_options *o, struct cf_error *err)
	CF_MUST_USE;

/* How to sample, defaults filled in. */
struct classes_options options_sampling(const struct estimate_options *o);
