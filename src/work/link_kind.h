/*
 * What kind of values a column holds, from a sample of them: dates, phones, e-mail addresses, numbers, codes,
 * names, text, or a choice of a few words.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "link/table.h"

/* raw: the distinct values as they stand in the files; n_known: rows that have one. hint: what the header
 * means, an enum person_field, or -1. */
struct link_kind_guess {
	enum link_kind kind;
	enum link_role role;
	bool from_header;
	bool is_sex;
};
struct link_kind_guess link_kind_guess(const struct link_dictionary *raw, size_t n_known, int hint);
