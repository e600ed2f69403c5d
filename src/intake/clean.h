/*
 * Cleaning: a cell's text becomes the canonical text of its kind, or a reason why it cannot. Pure functions.
 * Each returns 1 and appends to out, or 0 with *ret_reason (a constant sentence that says how to mend it and
 * never holds the contents), or a negative status when memory runs out. Nothing is guessed: what can be read
 * in two ways is refused with a word on how to say which.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/date.h"
#include "base/error.h"
#include "base/text.h"
#include "intake/phone_table.h"

/* ---- phones (clean_phone.c, phone_library.cc) ---- */

/* By ISO 3166-1 alpha-2 or alpha-3 code, in capitals; NULL when there is none. */
const struct phone_region *clean_phone_region(const char *code);
/* E.164: "+", calling code, national number. region: where numbers without a calling code are of; NULL when
 * that is not known, and such numbers are then refused. Numbers in national form go through libphonenumber
 * where it was found when this was built, else through the smaller rules of clean_phone.c. */
int clean_phone(const struct phone_region *region, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;
/* By the smaller rules alone; the same for every number with a calling code. */
int clean_phone_by_rules(const struct phone_region *region, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;
/* Whether libphonenumber takes part. */
bool clean_phone_has_library(void);

/* ---- documents (clean_document.c) ---- */

/* The check digit of ICAO Doc 9303 part 3, 4.9: weights 7, 3, 1, modulo 10, over 0-9, A-Z and "<"; -1 when
 * another character is among them. */
int clean_check_digit(const char *s, size_t n);

/* The machine-readable zone of a travel document (ICAO Doc 9303 parts 4 to 7). */
enum { MRZ_MAX_FIELD = 48 };
struct mrz {
	char type[3];  /* "P", "I", "AC", "V" */
	char state[4]; /* who issued it, as printed: three letters, "D" for Germany */
	char number[MRZ_MAX_FIELD];
	char surname[MRZ_MAX_FIELD];
	char given_names[MRZ_MAX_FIELD]; /* words parted by blanks */
	char nationality[4];
	char sex; /* 'M', 'F', 'X' or 0 */
	/* Year of the birth has two digits in the zone: the century is whoever reads it's to say. 0: unknown.
	 */
	int birth_year_2;
	int birth_month;
	int birth_day;
	int expiry_year_2;
	int expiry_month;
	int expiry_day;
};
/* Reads two lines of 44 or 36 characters or three of 30, with or without line ends between them; every check
 * digit must be right. 1, or 0 with *ret_reason. */
int clean_parse_mrz(const char *s, size_t n, struct mrz *ret, const char **ret_reason) CF_MUST_USE;
/* A document's number: capitals and digits, letters of other scripts folded; blanks and marks dropped. A
 * whole machine-readable zone gives the number in it. */
int clean_document(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;
/* ISO 13616: country, length of its IBANs, check digits by modulo 97; without blanks, in capitals. */
int clean_iban(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;
/* Digits with a check digit by Luhn's rule (ISO/IEC 7812): IMEI of 15, cards of 12 to 19. */
int clean_imei(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;
int clean_card(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;
/* "IMO" and seven digits, the last of which checks the others. */
int clean_imo(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;

/* ---- addresses on networks (clean_network.c) ---- */

/* local@domain, folded to lower case. */
int clean_email(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;
/* A name on a platform, folded to lower case, without "@"; the address of a profile gives the name in it. */
int clean_handle(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;
/* Scheme and host in lower case, "https" where none stands; no final slash. */
int clean_website(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;

/* ---- all of these by kind (clean_identifier.c) ---- */

struct clean_place {
	struct text_tools *tools;
	const struct phone_region *region; /* of phones without a calling code; may be NULL */
};
/* kind: a code of the list identifier.type. The same for what is imported, typed and searched for. */
int clean_identifier(const struct clean_place *place, const char *kind, const char *s, size_t n,
	struct buffer *out, const char **ret_reason, struct cf_error *err) CF_MUST_USE;

/* ---- words and figures (clean_value.c) ---- */

/* Text kept whole, in its own script: NFC, white space trimmed and folded to single blanks (where keep_lines
 * it stays as it is inside, with LF for line ends), control characters dropped. */
int clean_text(struct text_tools *tools, bool keep_lines, const char *s, size_t n, struct buffer *out,
	const char **ret_reason, struct cf_error *err) CF_MUST_USE;
/* The canonical form of date_format_fuzzy. order: what "03/04/1990" means; DATE_ORDER_UNKNOWN refuses what
 * can be read in two ways. */
int clean_date(enum date_order order, const char *s, size_t n, struct buffer *out, const char **ret_reason,
	struct cf_error *err) CF_MUST_USE;
/* "2026-02-01T08:30:00Z": a date and a time of day, with "Z", an offset, or neither (taken as UTC). */
int clean_time(enum date_order order, const char *s, size_t n, struct buffer *out, const char **ret_reason,
	struct cf_error *err) CF_MUST_USE;
/* "yes" or "no", from words of English, French and Spanish, 1 and 0, true and false, x for a ticked box. */
int clean_yes_no(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;
/* Decimal without leading zeros; grouped thousands are read where they cannot be anything else. */
int clean_integer(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;
/* Decimal point or comma where it can be told which; no exponent, no final zeros. */
int clean_number(const char *s, size_t n, struct buffer *out, const char **ret_reason, struct cf_error *err)
	CF_MUST_USE;

/* What a cell says when it says nothing. */
enum clean_absence {
	CLEAN_PRESENT,
	CLEAN_BLANK,
	CLEAN_UNKNOWN,
	CLEAN_REFUSED,
	CLEAN_NOT_ASKED,
	CLEAN_NOT_APPLICABLE,
};
/* "unknown", "refused to answer", "non demandé", "no aplica" and their like in English, French and Spanish,
 * and CTDC's -99. "n/a" is unknown: it stands for "not available" as often as for "not applicable". Words
 * that may be a name or a code ("X", "None", "NA") are present. */
enum clean_absence clean_absence(const char *s, size_t n);
