/*
 * From a cell to the text that is hashed, and a check that the cell is what the schema says. Messages tell
 * what was expected and never show the cell.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/text_pattern.h"
#include "link/clk/schema.h"

/* White space at both ends, as Unicode has it, is not part of a cell. */
void clk_strip(const char **text, size_t *n);

/* Empties out and fills it with the text of feature f for the stripped cell s[0..n) (well-formed UTF-8): the
 * sentinel's replacement; the number without plus sign and leading zeros; the date as YYYYMMDD; any other
 * cell as it is. pattern is f->pattern compiled, or NULL. CF_E_INPUT when the cell does not fit. */
int clk_format_cell(const struct clk_feature *f, struct text_pattern *pattern, const char *s, size_t n,
	struct buffer *out, struct cf_error *err) CF_MUST_USE;

/* CF_E_INPUT when the format has a directive that is not read here (%Y %y %m %d %j %b %B %H %M %S %%), or one
 * twice. */
int clk_date_format_check(const char *format, struct cf_error *err) CF_MUST_USE;
/* Reads s[0..n) by a checked format, as Python's strptime does with English names; parts that the format does
 * not have are those of 1900-01-01. True with year, month and day when it fits and the date exists. */
bool clk_date_parse(const char *format, const char *s, size_t n, int ret_date[3]);
