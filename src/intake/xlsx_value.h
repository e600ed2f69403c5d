/*
 * What the numbers of a sheet mean: serial days as dates, in both epochs; formats that show a date; numbers
 * as text. Pure functions. ECMA-376 part 1, 18.8.30 (number formats) and 18.17.4 (dates).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

/* Whether a format of this number, or with this code (may be NULL), shows a date or a time of day. Elapsed
 * times such as [h]:mm are amounts, not times. */
bool xlsx_format_is_date(long id, const char *code);

enum { XLSX_VALUE_BYTES = 48 };

/* Serial days as "YYYY-MM-DD", "YYYY-MM-DDTHH:MM:SS" or, below one day, "HH:MM:SS". False with *ret_reason
 * when the serial is no day there is. */
bool xlsx_date_text(double serial, bool epoch_1904, char to[XLSX_VALUE_BYTES], const char **ret_reason);
/* Without exponent, as short as it reads back at the 15 digits a spreadsheet keeps. False with *ret_reason
 * for whole numbers beyond those digits: the last ones are lost. */
bool xlsx_number_text(double value, char to[XLSX_VALUE_BYTES], const char **ret_reason);
/* Parses the whole of s; false when it is no finite number. */
bool xlsx_parse_number(const char *s, double *ret);
/* Appends s with _xHHHH_ escapes decoded; characters XML cannot hold are dropped. */
int xlsx_unescape(const char *s, size_t n, struct buffer *out) CF_MUST_USE;
