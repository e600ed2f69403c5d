#include "intake/xlsx_value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "intake/rows_reader.h"

/* Skips what stands for itself in a format code: "quoted", \x, _x, *x, and [conditions]. */
static const char *skip_literal(const char *p)
{
	if (*p == '"') {
		const char *quote = strchr(p + 1, '"');
		return quote ? quote + 1 : p + strlen(p);
	}
	if (*p == '[') {
		const char *bracket = strchr(p, ']');
		return bracket ? bracket + 1 : p + strlen(p);
	}
	if ((*p == '\\' || *p == '_' || *p == '*') && p[1])
		return p + 2;
	return p;
}

static bool is_elapsed(const char *p)
{
	return *p == '[' && p[1] && strchr("hHmMsS", p[1]) && (p[2] == ']' || (p[2] == p[1] && p[3] == ']'));
}

static bool code_is_date(const char *code)
{
	if (strncmp(code, "General", 7) == 0)
		return false;
	for (const char *p = code; *p && *p != ';';) {
		if (is_elapsed(p))
			return false;
		const char *behind = skip_literal(p);
		if (behind != p) {
			p = behind;
			continue;
		}
		if (strchr("yYmMdDhHsS", *p))
			return true;
		p++;
	}
	return false;
}

bool xlsx_format_is_date(long id, const char *code)
{
	if (code)
		return code_is_date(code);
	/* the built-in formats, those of East Asia among them; 46 is elapsed */
	return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || id == 45 || id == 47 ||
	       (id >= 50 && id <= 58);
}

bool xlsx_parse_number(const char *s, double *ret)
{
	/* no hexadecimal, no "inf" */
	if (!*s || s[strspn(s, "0123456789+-.eE")])
		return false;
	char *end;
	double value = strtod(s, &end);
	if (*end || !isfinite(value))
		return false;
	*ret = value;
	return true;
}

bool xlsx_date_text(double serial, bool epoch_1904, char to[XLSX_VALUE_BYTES], const char **ret_reason)
{
	enum { DAY = 86400 };
	*ret_reason = "a number shown as a date that is no day there is";
	if (!(serial >= 0 && serial < 2958466)) /* 10000-01-01 */
		return false;
	double day = floor(serial);
	long second = lround((serial - day) * DAY);
	if (second == DAY) {
		second = 0;
		day += 1;
	}
	if (day < 1 && !epoch_1904) {
		(void)snprintf(to, XLSX_VALUE_BYTES, "%02ld:%02ld:%02ld", second / 3600, second / 60 % 60,
			second % 60);
		return true;
	}
	/* day 60 of the epoch of 1900 is a 29 February there never was; from 61 on all is one day late */
	if (!epoch_1904 && day == 60)
		return false;
	int64_t base = epoch_1904 ? date_to_days((struct date){1904, 1, 1})
				  : date_to_days((struct date){1899, 12, 31}) - (day > 60);
	struct date d = date_from_days(base + (int64_t)day);
	if (!d.year)
		return false;
	int n = snprintf(to, XLSX_VALUE_BYTES, "%04d-%02d-%02d", d.year, d.month, d.day);
	if (second)
		(void)snprintf(to + n, (size_t)(XLSX_VALUE_BYTES - n), "T%02ld:%02ld:%02ld", second / 3600,
			second / 60 % 60, second % 60);
	return true;
}

bool xlsx_number_text(double value, char to[XLSX_VALUE_BYTES], const char **ret_reason)
{
	if (fabs(value) >= 1e15) {
		*ret_reason =
			"a number of more than 15 digits, of which the spreadsheet has dropped the last; "
			"give the column the format Text and enter the number again";
		return false;
	}
	if (value == floor(value)) {
		(void)snprintf(to, XLSX_VALUE_BYTES, "%.0f", value == 0 ? 0.0 : value);
		return true;
	}
	(void)snprintf(to, XLSX_VALUE_BYTES, "%.15g", value);
	if (strchr(to, 'e')) {
		(void)snprintf(to, XLSX_VALUE_BYTES, "%.20f", value);
		size_t n = strlen(to);
		while (to[n - 1] == '0')
			to[--n] = '\0';
		if (to[n - 1] == '.')
			to[n - 1] = '\0';
	}
	return true;
}

static int hex_value(const char *s)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *found =
			s[i] ? strchr(digits, s[i] >= 'A' && s[i] <= 'F' ? s[i] + 32 : s[i]) : NULL;
		if (!found)
			return -1;
		value = value * 16 + (int)(found - digits);
	}
	return value;
}

int xlsx_unescape(const char *s, size_t n, struct buffer *out)
{
	enum { ESCAPE = 7 };
	const char *end = s + n;
	while (s < end) {
		const char *mark = memchr(s, '_', (size_t)(end - s));
		if (!mark)
			return buffer_append(out, s, (size_t)(end - s));
		TRY(buffer_append(out, s, (size_t)(mark - s)));
		s = mark;
		int value = end - s >= ESCAPE && s[1] == 'x' && s[6] == '_' ? hex_value(s + 2) : -1;
		if (value < 0 || (value >= 0xd800 && value < 0xe000)) {
			TRY(buffer_append_char(out, *s++));
			continue;
		}
		/* an escaped carriage return before a line feed is the sheet's own line end */
		if (value == '\r') {
			TRY(s + ESCAPE < end && s[ESCAPE] == '\n' ? CF_OK : buffer_append_char(out, '\n'));
		} else if (value >= 0x20 || value == '\n' || value == '\t') {
			char bytes[4];
			TRY(buffer_append(
				out, bytes, (size_t)(rows_put_utf8(bytes, (uint32_t)value) - bytes)));
		}
		s += ESCAPE;
	}
	return CF_OK;
}
