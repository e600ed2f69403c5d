#include "base/text_pattern.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uregex.h>
#include <unicode/ustring.h>

enum {
	MAX_PATTERN_BYTES = 4096,
	MAX_TEXT_BYTES = 1 << 20,
	/* ICU's unit is "some thousand steps of the engine": some tenths of a second */
	TIME_LIMIT = 200,
	STACK_LIMIT_BYTES = 1 << 20,
};

struct text_pattern {
	URegularExpression *expression;
	UChar *units;
	size_t capacity;
};

/* s is well-formed. */
static bool has_none(const char *s, size_t n, UProperty property)
{
	for (size_t at = 0; at < n;) {
		const unsigned char *p = (const unsigned char *)s + at;
		const unsigned length = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
		UChar32 c = length == 1 ? p[0] : p[0] & (0xff >> (length + 1));
		for (unsigned i = 1; i < length && at + i < n; i++)
			c = c << 6 | (p[i] & 0x3f);
		if (u_hasBinaryProperty(c, property))
			return false;
		at += length;
	}
	return true;
}

bool text_is_upper(const char *s, size_t n)
{
	return has_none(s, n, UCHAR_CHANGES_WHEN_UPPERCASED);
}

bool text_is_lower(const char *s, size_t n)
{
	return has_none(s, n, UCHAR_CHANGES_WHEN_LOWERCASED);
}

/* UTF-8 never has fewer bytes than UTF-16 has units. */
static int to_units(struct text_pattern *p, const char *s, size_t n, int32_t *ret_n, struct cf_error *err)
{
	UErrorCode status = U_ZERO_ERROR;
	if (n + 1 > p->capacity) {
		UChar *grown = mem_resize(p->units, n + 1, sizeof *grown);
		if (!grown)
			return error_memory(err);
		p->units = grown;
		p->capacity = n + 1;
	}
	(void)u_strFromUTF8(p->units, (int32_t)(n + 1), ret_n, s, (int32_t)n, &status);
	if (U_FAILURE(status))
		return error_set(err, CF_E_INPUT, "the text is not UTF-8");
	return CF_OK;
}

int text_pattern_new(const char *pattern, struct text_pattern **ret, struct cf_error *err)
{
	/* ICU refuses the empty pattern, which matches the empty text */
	pattern = *pattern ? pattern : "(?:)";
	const size_t n = strlen(pattern);
	if (n > MAX_PATTERN_BYTES)
		return error_set(err, CF_E_LIMIT, "a pattern of %zu bytes; at most %d", n, MAX_PATTERN_BYTES);
	CF_CLEANUP_TEXT_PATTERN struct text_pattern *p = NEW(struct text_pattern);
	if (!p)
		return error_memory(err);
	int32_t n_units = 0;
	TRY(to_units(p, pattern, n, &n_units, err));
	UErrorCode status = U_ZERO_ERROR;
	UParseError where = {0};
	p->expression = uregex_open(p->units, n_units, 0, &where, &status);
	if (status == U_MEMORY_ALLOCATION_ERROR)
		return error_memory(err);
	if (U_FAILURE(status))
		return error_set(err, CF_E_INPUT,
			"the regular expression cannot be understood at character %d", (int)where.offset);
	uregex_setTimeLimit(p->expression, TIME_LIMIT, &status);
	uregex_setStackLimit(p->expression, STACK_LIMIT_BYTES, &status);
	*ret = TAKE(p);
	return CF_OK;
}

struct text_pattern *text_pattern_free(struct text_pattern *p)
{
	if (!p)
		return NULL;
	if (p->expression)
		uregex_close(p->expression);
	mem_free(p->units);
	return mem_free(p);
}

int text_pattern_matches(struct text_pattern *p, const char *s, size_t n, struct cf_error *err)
{
	int32_t n_units = 0;
	UErrorCode status = U_ZERO_ERROR;
	if (n > MAX_TEXT_BYTES)
		return error_set(err, CF_E_LIMIT, "a text of %zu bytes is too long to match", n);
	TRY(to_units(p, s, n, &n_units, err));
	uregex_setText(p->expression, p->units, n_units, &status);
	const UBool matched = uregex_matches(p->expression, -1, &status);
	if (status == U_MEMORY_ALLOCATION_ERROR)
		return error_memory(err);
	if (U_FAILURE(status))
		return error_set(
			err, CF_E_LIMIT, "matching the regular expression takes too long; write it simpler");
	return matched ? 1 : 0;
}
