/*
 * A list of persons as the linking and matching engines see it: normalised values by field, many-valued where
 * life is, with the row each came from. intake makes it from a file; engines only read it. Strings live in
 * the list's arena.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/date.h"
#include "base/error.h"
#include "base/mem.h"

enum person_field {
	PERSON_GIVEN_NAME = 0,
	PERSON_FAMILY_NAME,
	PERSON_FULL_NAME, /* when the file has one column for the whole name */
	PERSON_BIRTH_DATE,
	PERSON_SEX,
	PERSON_PHONE,
	PERSON_DOCUMENT,
	PERSON_EMAIL,
	PERSON_STREET,
	PERSON_CITY,
	PERSON_POSTCODE,
	PERSON_REGION,
	PERSON_CITIZENSHIP,
	PERSON_AGE,
	PERSON_FORM, /* form of exploitation */
	PERSON_N_FIELDS
};

/* Stable words for study files and messages: "given_name", "family_name", ... */
const char *person_field_name(enum person_field f);
/* -1 when there is no such field. */
int person_field_from_name(const char *name);

/*
 * Normalised text, never empty, by field:
 * names, street, city, region: text_key (a-z, 0-9, single spaces between words)
 * birth date: eight places YYYYMMDD, each a digit or '?' where the file has something unreadable; "00" for a
 * month or day that is not known; what does not fall into year, month and day stays a run of digits of
 * another length phone: E.164 with +, else digits as written; '?' as above document, postcode: letters a-z
 * and digits; e-mail: lower case; sex: "female", "male" or text_fold
 */
struct person_value {
	const char *text;
	const char *folded; /* names only, else NULL: text_fold of the original script, for what
			       transliteration loses */
};

struct person {
	const struct person_value *values[PERSON_N_FIELDS];
	uint8_t n_values[PERSON_N_FIELDS];
	uint32_t row; /* of the file, from 1 after the header */
};

struct person_list {
	struct arena *arena; /* of everything below; freed with the list */
	char *name;          /* of the list */
	size_t n;
	struct person *persons;
	uint32_t fields; /* bit set of the fields the file has columns for */
};

struct person_list *person_list_free(struct person_list *l);
CF_DEFINE_CLEANUP(struct person_list, person_list_free);
#define CF_CLEANUP_PERSON_LIST CF_CLEANUP(person_list_free_ptr)
