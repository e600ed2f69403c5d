/*
 * The report of a linkage: one HTML page that fetches nothing and holds no cell of the files.
 */
#pragma once

#include "base/error.h"
#include "work/link.h"

int link_html(const struct work_link_answer *a, struct buffer *out, struct cf_error *err) CF_MUST_USE;
