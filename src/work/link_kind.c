#include "work/link_kind.h"

#include <string.h>

#include "base/date.h"
#include "model/person.h"

enum { SAMPLE = 2000 };

/* Shares and means over a sample of the distinct values. */
struct shape {
	double n;
	double email, date, digits_only, has_digit, decimal, long_number, phone_mark;
	double words, length;
};

static void look_at(struct shape *s, const char *text, size_t n)
{
	size_t digits = 0;
	size_t letters = 0;
	size_t words = 0;
	bool marks = false;
	bool point = false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		digits += c >= '0' && c <= '9';
		letters += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
		words += c != ' ' && (i == 0 || text[i - 1] == ' ');
		marks |= c == '+' || c == '(' || c == '-' || c == ' ' || c == '/';
		point |= (c == '.' || c == ',') && i > 0 && i + 1 < n;
	}
	struct date date;
	bool is_date = n >= 6 && digits >= 4 &&
		       (date_parse(text, n, DATE_YMD, &date) || date_parse(text, n, DATE_DMY, &date) ||
			       date_parse(text, n, DATE_MDY, &date));
	s->n++;
	s->email += memchr(text, '@', n) != NULL;
	s->date += is_date;
	s->digits_only += digits > 0 && letters == 0;
	s->has_digit += digits > 0;
	s->decimal += digits > 0 && letters == 0 && point;
	s->long_number += digits >= 7 && digits <= 15;
	s->phone_mark += digits >= 7 && letters <= 2 && (marks || text[0] == '0');
	s->words += (double)words;
	s->length += (double)n;
}

static struct shape shape_of(const struct link_dictionary *raw)
{
	struct shape s = {0};
	uint32_t step = raw->n / SAMPLE + 1;
	for (uint32_t code = 1; code <= raw->n; code += step)
		look_at(&s, link_dictionary_text(raw, code), link_dictionary_length(raw, code));
	return s;
}

static enum link_kind kind_of_digits(const struct shape *s)
{
	if (s->decimal >= 0.3 * s->n)
		return LINK_NUMBER;
	if (s->phone_mark >= 0.7 * s->n && s->long_number >= 0.7 * s->n)
		return LINK_PHONE;
	return s->length < 3.5 * s->n ? LINK_NUMBER : LINK_CODE;
}

static enum link_kind kind_of_values(const struct shape *s, uint32_t n_distinct, size_t n_known)
{
	if (s->n == 0)
		return LINK_CHOICE;
	if (s->email >= 0.7 * s->n)
		return LINK_EMAIL;
	if (s->date >= 0.6 * s->n)
		return LINK_DATE;
	if (s->digits_only >= 0.8 * s->n || s->phone_mark >= 0.8 * s->n)
		return kind_of_digits(s);
	if (n_distinct <= 12 && n_known >= 10 * (size_t)n_distinct)
		return LINK_CHOICE;
	if (s->has_digit >= 0.6 * s->n)
		return s->words < 1.5 * s->n ? LINK_CODE : LINK_TEXT;
	return s->words >= 2.6 * s->n ? LINK_TEXT : LINK_NAME;
}

static const struct {
	enum link_kind kind;
	enum link_role role;
} meanings[PERSON_N_FIELDS] = {
	[PERSON_GIVEN_NAME] = {LINK_NAME, LINK_ROLE_GIVEN},
	[PERSON_FAMILY_NAME] = {LINK_NAME, LINK_ROLE_FAMILY},
	[PERSON_FULL_NAME] = {LINK_NAME, LINK_ROLE_FULL},
	[PERSON_BIRTH_DATE] = {LINK_DATE, LINK_ROLE_NONE},
	[PERSON_SEX] = {LINK_CHOICE, LINK_ROLE_NONE},
	[PERSON_PHONE] = {LINK_PHONE, LINK_ROLE_NONE},
	[PERSON_DOCUMENT] = {LINK_CODE, LINK_ROLE_NONE},
	[PERSON_EMAIL] = {LINK_EMAIL, LINK_ROLE_NONE},
	[PERSON_STREET] = {LINK_TEXT, LINK_ROLE_NONE},
	[PERSON_CITY] = {LINK_NAME, LINK_ROLE_NONE},
	[PERSON_POSTCODE] = {LINK_CODE, LINK_ROLE_NONE},
	[PERSON_REGION] = {LINK_NAME, LINK_ROLE_NONE},
	[PERSON_CITIZENSHIP] = {LINK_NAME, LINK_ROLE_NONE},
	[PERSON_AGE] = {LINK_NUMBER, LINK_ROLE_NONE},
	[PERSON_FORM] = {LINK_NAME, LINK_ROLE_NONE},
};

/* A header may promise what the column does not hold. */
static bool values_fit(enum link_kind kind, const struct shape *s)
{
	switch (kind) {
	case LINK_DATE:
		return s->has_digit >= 0.5 * s->n && s->length >= 4 * s->n;
	case LINK_PHONE:
		return s->has_digit >= 0.5 * s->n;
	case LINK_EMAIL:
		return s->email >= 0.3 * s->n;
	case LINK_NAME:
		return s->has_digit <= 0.6 * s->n;
	case LINK_TEXT: /* "street_number" */
		return s->digits_only <= 0.6 * s->n;
	case LINK_NUMBER:
		return s->digits_only >= 0.5 * s->n;
	case LINK_CODE:
	case LINK_CHOICE:
	case LINK_N_KINDS:
		break;
	}
	return true;
}

struct link_kind_guess link_kind_guess(const struct link_dictionary *raw, size_t n_known, int hint)
{
	struct shape s = shape_of(raw);
	if (hint >= 0 && values_fit(meanings[hint].kind, &s))
		return (struct link_kind_guess){.kind = meanings[hint].kind,
			.role = meanings[hint].role,
			.from_header = true,
			.is_sex = hint == PERSON_SEX};
	struct link_kind_guess guess = {.kind = kind_of_values(&s, raw->n, n_known)};
	if (hint == PERSON_STREET && guess.kind == LINK_NUMBER)
		guess.kind = LINK_CODE; /* house numbers are names, not measures */
	return guess;
}
