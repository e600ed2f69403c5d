/* Keys of rules as 64-bit hashes, the same in every run, for rows of different tables. */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "link/settings.h"
#include "link/table.h"

/* ret_hashes[row]: 0 where the row has no key. */
int link_key_hashes(const struct link_table *t, const struct link_rule *rule, uint64_t *ret_hashes,
	struct cf_error *err) CF_MUST_USE;
