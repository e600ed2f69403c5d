/*
 * Numbers with a calling code need no more than the table: the code is one of E.164's and the national part
 * has a length it can have. Those in national form depend on the region's trunk prefix and, in some regions,
 * on carrier codes and older forms; libphonenumber knows these, the rules here know the trunk prefix.
 */
#include "intake/clean.h"

#include <string.h>

#include "intake/phone_library.h"

enum { MAX_DIGITS = 20, MAX_E164 = 15 };

static const char no_region[] = "a phone number without its country; write it with + and the calling code, "
				"or say in the mapping which "
				"country such numbers are of (country = ...)";
static const char not_possible[] = "no phone number of that country: it has too few or too many digits";
static const char no_code[] = "no phone number: no country has the calling code it begins with";
static const char not_phone[] =
	"no phone number: it holds other characters than digits, blanks and + - . / ( )";

/* The digits of a text, of any script, in ASCII. */
struct digits {
	char text[MAX_DIGITS + 1];
	size_t n;
	bool international; /* began with + */
};

const struct phone_region *clean_phone_region(const char *code)
{
	for (size_t i = 0; i < n_phone_regions; i++)
		if (strcmp(phone_regions[i].alpha_2, code) == 0 ||
			(phone_regions[i].alpha_3[0] && strcmp(phone_regions[i].alpha_3, code) == 0))
			return &phone_regions[i];
	return NULL;
}

bool clean_phone_has_library(void)
{
	return phone_library_is_present();
}

static const struct phone_region *region_of_code(unsigned code)
{
	for (size_t i = 0; i < n_phone_regions; i++)
		if (phone_regions[i].code == code)
			return &phone_regions[i];
	return NULL;
}

static const struct phone_code *find_code(unsigned code)
{
	size_t low = 0;
	size_t high = n_phone_codes;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (phone_codes[middle].code == code)
			return &phone_codes[middle];
		if (phone_codes[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool starts(const char *s, size_t n, const char *with)
{
	size_t m = strlen(with);
	return n >= m && memcmp(s, with, m) == 0;
}

/* What may stand between digits: blanks, marks, no-break spaces and the dashes of typesetting. 0 when the
 * character is none of them. */
static size_t skip_mark(const char *s, size_t n)
{
	static const char *const wide[] = {"\xc2\xa0", "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d",
		"\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92",
		"\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xaa", "\xe2\x80\xac", "\xe2\x80\xaf",
		"\xe2\x88\x92", "\xe3\x80\x80", "\xef\xbc\x8d", "\xef\xbb\xbf"};
	if (strchr(" -./()[]\t", *s) && *s)
		return 1;
	for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
		if (starts(s, n, wide[i]))
			return strlen(wide[i]);
	return 0;
}

/* Whether "(0)" stands here: a trunk prefix shown inside an international number. */
static bool is_shown_trunk(const char *s, size_t n)
{
	return starts(s, n, "(0)");
}

static bool take_digits(const char *s, size_t n, struct digits *ret)
{
	*ret = (struct digits){.n = 0};
	if (starts(s, n, "tel:")) {
		s += 4;
		n -= 4;
	}
	while (n) {
		size_t length = 1;
		int digit = text_digit(s, n, &length);
		if (digit >= 0) {
			if (ret->n == MAX_DIGITS)
				return false;
			ret->text[ret->n++] = (char)('0' + digit);
		} else if (*s == '+' && !ret->n && !ret->international) {
			ret->international = true;
		} else if (starts(s, n, "\xef\xbc\x8b") && !ret->n && !ret->international) { /* a wide + */
			ret->international = true;
			length = 3;
		} else if (ret->international && ret->n && is_shown_trunk(s, n)) {
			length = 3;
		} else {
			length = skip_mark(s, n);
			if (!length)
				return false;
		}
		s += length;
		n -= length;
	}
	ret->text[ret->n] = '\0';
	return ret->n > 0;
}

static bool is_possible(const struct phone_code *code, size_t n_national)
{
	return n_national < 32 && (code->lengths >> n_national & 1);
}

/* The national part without a trunk prefix that should not be there: where it is 0, or longer than a digit,
 * no national number begins with it; 1 and 8 are dropped only where the number is none otherwise. */
static const char *without_trunk(const struct phone_code *code, const char *trunk, const char *national)
{
	size_t n = strlen(national);
	size_t m = strlen(trunk);
	if (!m || !starts(national, n, trunk))
		return national;
	bool never_begins = m > 1 || trunk[0] == '0';
	if ((never_begins || !is_possible(code, n)) && is_possible(code, n - m))
		return national + m;
	return national;
}

static int put_number(const struct phone_code *code, const char *trunk, const char *national,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	national = without_trunk(code, trunk, national);
	size_t n = strlen(national);
	*ret_reason = not_possible;
	if (!is_possible(code, n) || n + 1 > MAX_E164)
		return 0;
	TRY_MEMORY(buffer_printf(out, "+%u%s", code->code, national), err);
	return 1;
}

static int international(
	const char *digits, struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	unsigned code = 0;
	*ret_reason = no_code;
	for (size_t i = 0; i < 3 && digits[i]; i++) {
		code = code * 10 + (unsigned)(digits[i] - '0');
		/* no code is the beginning of another */
		const struct phone_code *found = find_code(code);
		if (!found)
			continue;
		const struct phone_region *region = region_of_code(code);
		return put_number(found, region ? region->trunk : "", digits + i + 1, out, ret_reason, err);
	}
	return 0;
}

/* Digits to dial before an international number from the region. */
static size_t international_prefix(const struct phone_region *region, const struct digits *d)
{
	if (starts(d->text, d->n, "00"))
		return 2;
	return region && region->code == 1 && starts(d->text, d->n, "011") ? 3 : 0;
}

static int national(const struct phone_region *region, bool with_library, const struct digits *d,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	char text[PHONE_LIBRARY_BYTES];
	int known = with_library ? phone_library_parse(d->text, region->alpha_2, text) : -1;
	if (known > 0) {
		TRY_MEMORY(buffer_append_text(out, text), err);
		return 1;
	}
	*ret_reason = not_possible;
	if (known == 0)
		return 0;
	const struct phone_code *code = find_code(region->code);
	return code ? put_number(code, region->trunk, d->text, out, ret_reason, err) : 0;
}

static int clean(const struct phone_region *region, bool with_library, const char *s, size_t n,
	struct buffer *out, const char **ret_reason, struct cf_error *err)
{
	struct digits d;
	*ret_reason = not_phone;
	if (!take_digits(s, n, &d))
		return 0;
	size_t prefix = d.international ? 0 : international_prefix(region, &d);
	if (d.international || prefix)
		return international(d.text + prefix, out, ret_reason, err);
	*ret_reason = no_region;
	return region ? national(region, with_library, &d, out, ret_reason, err) : 0;
}

int clean_phone(const struct phone_region *region, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	return clean(region, true, s, n, out, ret_reason, err);
}

int clean_phone_by_rules(const struct phone_region *region, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err)
{
	return clean(region, false, s, n, out, ret_reason, err);
}
