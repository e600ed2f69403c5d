#include "link/clk/format.h"

#include <string.h>

#include "base/text.h"

/* Length of the white space character that s[0..n) begins with, 0 when it is none (str.isspace of Python). */
static size_t space_length(const unsigned char *s, size_t n)
{
	if (s[0] == ' ' || (s[0] >= 0x09 && s[0] <= 0x0d) || (s[0] >= 0x1c && s[0] <= 0x1f))
		return 1;
	if (n >= 2 && s[0] == 0xc2 && (s[1] == 0x85 || s[1] == 0xa0))
		return 2;
	if (n < 3)
		return 0;
	const uint32_t three = (uint32_t)s[0] << 16 | (uint32_t)s[1] << 8 | s[2];
	const bool is_space = three == 0xe19a80 || (three >= 0xe28080 && three <= 0xe2808a) ||
			      three == 0xe280a8 || three == 0xe280a9 || three == 0xe280af ||
			      three == 0xe2819f || three == 0xe38080;
	return is_space ? 3 : 0;
}

void clk_strip(const char **text, size_t *n)
{
	size_t step;
	while (*n && (step = space_length((const unsigned char *)*text, *n)) > 0) {
		*text += step;
		*n -= step;
	}
	for (bool more = true; more;) {
		more = false;
		for (size_t back = 1; back <= 3 && back <= *n; back++)
			if (space_length((const unsigned char *)*text + *n - back, back) == back) {
				*n -= back;
				more = true;
				break;
			}
	}
}

static bool equals(const char *text, const char *s, size_t n)
{
	return strlen(text) == n && memcmp(text, s, n) == 0;
}

/* ---- strings ---- */

static int check_string(const struct clk_feature *f, struct text_pattern *pattern, const char *s, size_t n,
	struct cf_error *err)
{
	if (f->encoding == CLK_ASCII)
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)s[i] >= 0x80)
				return error_set(
					err, CF_E_INPUT, "the value is not ASCII, as the schema says");
	if (pattern) {
		int matched = text_pattern_matches(pattern, s, n, err);
		TRY(matched);
		return matched ? CF_OK
			       : error_set(err, CF_E_INPUT, "the value does not match the schema's pattern");
	}
	const size_t length = text_length(s, n);
	if (length < f->min_length)
		return error_set(err, CF_E_INPUT,
			"the value has %zu characters, the schema's 'minLength' is %u%s", length,
			f->min_length,
			length ? "" : "; give the feature a 'missingValue' if it may be empty");
	if (f->max_length && length > f->max_length)
		return error_set(err, CF_E_INPUT,
			"the value has %zu characters, the schema's 'maxLength' is %u", length,
			f->max_length);
	if (f->letters == CLK_UPPER && !text_is_upper(s, n))
		return error_set(err, CF_E_INPUT, "the value is not all upper case, as the schema says");
	if (f->letters == CLK_LOWER && !text_is_lower(s, n))
		return error_set(err, CF_E_INPUT, "the value is not all lower case, as the schema says");
	return CF_OK;
}

/* ---- integers ---- */

/* The number's ASCII digits without leading zeros, digits of any script read; empty on failure. */
static int append_digits(const char *s, size_t n, struct buffer *out)
{
	const size_t begin = out->n;
	bool any = false;
	while (n) {
		size_t length;
		int digit = text_digit(s, n, &length);
		if (digit < 0)
			return CF_E_INPUT;
		any = true;
		if (digit || out->n > begin)
			TRY(buffer_append_char(out, (char)('0' + digit)));
		s += length;
		n -= length;
	}
	if (!any)
		return CF_E_INPUT;
	return out->n == begin ? buffer_append_char(out, '0') : CF_OK;
}

/* As far as bounds are concerned: a number beyond the range of bounds is at its end. */
static int64_t value_of(const char *s)
{
	const bool negative = *s == '-';
	int64_t value = 0;
	for (s += negative; *s; s++)
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, *s - '0', &value))
			return negative ? INT64_MIN : INT64_MAX;
	return negative ? -value : value;
}

static int format_integer(
	const struct clk_feature *f, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	const bool negative = n && *s == '-';
	const size_t sign = n && (*s == '-' || *s == '+');
	if (negative)
		TRY_MEMORY(buffer_append_char(out, '-'), err);
	int status = append_digits(s + sign, n - sign, out);
	if (status == CF_E_MEMORY)
		return error_memory(err);
	if (status < 0)
		return error_set(err, CF_E_INPUT, "the value is no whole number%s",
			n ? "" : "; give the feature a 'missingValue' if it may be empty");
	if (strcmp(buffer_text(out), "-0") == 0) {
		buffer_clear(out);
		TRY_MEMORY(buffer_append_char(out, '0'), err);
	}
	const int64_t value = value_of(buffer_text(out));
	if (f->has_minimum && value < f->minimum)
		return error_set(err, CF_E_INPUT, "the number is below the schema's 'minimum'");
	if (f->has_maximum && value > f->maximum)
		return error_set(err, CF_E_INPUT, "the number is above the schema's 'maximum'");
	return CF_OK;
}

/* ---- dates and enums ---- */

static int format_date(
	const struct clk_feature *f, const char *s, size_t n, struct buffer *out, struct cf_error *err)
{
	int d[3];
	if (!clk_date_parse(f->date_format, s, n, d))
		return error_set(err, CF_E_INPUT, "the value is no date in the schema's format%s",
			n ? "" : "; give the feature a 'missingValue' if it may be empty");
	TRY_MEMORY(buffer_printf(out, "%04d%02d%02d", d[0], d[1], d[2]), err);
	return CF_OK;
}

static int check_enum(const struct clk_feature *f, const char *s, size_t n, struct cf_error *err)
{
	for (size_t i = 0; i < f->n_values; i++)
		if (equals(f->values[i], s, n))
			return CF_OK;
	return error_set(err, CF_E_INPUT, "the value is none of the schema's 'values'%s",
		n ? "" : "; give the feature a 'missingValue' if it may be empty");
}

int clk_format_cell(const struct clk_feature *f, struct text_pattern *pattern, const char *s, size_t n,
	struct buffer *out, struct cf_error *err)
{
	buffer_clear(out);
	if (f->sentinel && equals(f->sentinel, s, n)) {
		const char *text = f->replace_with ? f->replace_with : f->sentinel;
		TRY_MEMORY(buffer_append_text(out, text), err);
		return CF_OK;
	}
	if (f->format == CLK_INTEGER)
		return format_integer(f, s, n, out, err);
	if (f->format == CLK_DATE)
		return format_date(f, s, n, out, err);
	if (f->format == CLK_ENUM)
		TRY(check_enum(f, s, n, err));
	else
		TRY(check_string(f, pattern, s, n, err));
	TRY_MEMORY(buffer_append(out, s, n), err);
	return CF_OK;
}
