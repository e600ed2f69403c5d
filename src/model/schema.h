/*
 * The schema: every entity, field and code of a case record, generated from data/schema and data/codes by
 * tools/schema.py at build time. Everything here is constant, needs no opening and is safe from any thread.
 * Fields and entities carry stable numbers, under which records are stored: a number is never given twice.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

enum schema_type {
	SCHEMA_TEXT,     /* any text */
	SCHEMA_CODE,     /* one code of field->codes */
	SCHEMA_CODES,    /* a set of codes: each is a value of its own, order has no meaning */
	SCHEMA_DATE,     /* a fuzzy date in the canonical form of date_format_fuzzy */
	SCHEMA_TIME,     /* a moment, "2026-02-01T08:30:00Z" */
	SCHEMA_INTEGER,  /* decimal, "-12", no leading zeros, at most 18 digits */
	SCHEMA_NUMBER,   /* decimal, "12.5", no exponent, no trailing zeros, at most 15 significant digits */
	SCHEMA_YES_NO,   /* "yes" or "no"; that it is unknown is a state, not a value */
	SCHEMA_COUNTRY,  /* ISO 3166-1 alpha-3 as in the list iso.country */
	SCHEMA_LANGUAGE, /* ISO 639-3 as in the list iso.language */
	SCHEMA_IDENTIFIER, /* "kind:value", kind being a code of field->codes, value normalised */
	SCHEMA_REFERENCE,  /* the id of a record of one of field->targets */
	SCHEMA_N_TYPES
};

/* From least to most in need of care. */
enum schema_sensitivity {
	SCHEMA_OPEN,  /* says nothing about a person: a status, a kind of record */
	SCHEMA_CODED, /* a category; kept in plain columns for counting, released only through release */
	SCHEMA_IDENTIFYING, /* may single out a person; always sealed */
	SCHEMA_PROTECTED,   /* may endanger somebody if it leaks: testimony, shelters, human sources */
	SCHEMA_N_SENSITIVITIES
};

/* Who may see a value, stricter with each step (code list handling.code). */
enum schema_handling {
	SCHEMA_P0, /* public */
	SCHEMA_P1, /* only as part of a count */
	SCHEMA_P2, /* partners, without what identifies */
	SCHEMA_P3, /* a named partner for a named purpose */
	SCHEMA_P4, /* the case team */
	SCHEMA_P5, /* the case worker alone */
	SCHEMA_N_HANDLINGS
};

/* How a field can be searched although it is sealed. */
enum schema_search {
	SCHEMA_SEARCH_NONE,
	SCHEMA_SEARCH_EXACT, /* blind index of the canonical text */
	SCHEMA_SEARCH_NAME,  /* blind index of the name's keys */
	SCHEMA_N_SEARCHES
};

enum schema_standard {
	SCHEMA_HTCDS, /* HTCDS 2.0 (IOM, CC BY 4.0) */
	SCHEMA_CTDC,  /* columns of the CTDC global data sets */
	SCHEMA_FTM,   /* FollowTheMoney, "Schema:property" */
	SCHEMA_ICTIP, /* IC-TIP; empty until its class list can be read */
	SCHEMA_N_STANDARDS
};

/* How far a code or mapping was checked against what it cites. */
enum schema_status {
	SCHEMA_SOURCED,
	SCHEMA_PROPOSED,    /* of our own making */
	SCHEMA_FROM_MEMORY, /* to be checked against the source before it is quoted */
	SCHEMA_N_STATUSES
};

struct schema_code {
	const char *code;
	const char *label;                        /* English */
	const char *label_fr;                     /* NULL where there is none */
	const char *label_es;                     /* NULL where there is none */
	const char *standard[SCHEMA_N_STANDARDS]; /* its name there; NULL: cannot be said there */
	const char *source;
	enum schema_status status;
	uint16_t index; /* in its list */
	/* Bit 1 << standard: the name there is wider, so it is written and never read (HTCDS knows physical
	 * threats, CTDC only threats). */
	uint8_t written_only;
};

/* One spelling of a code: its text_key without spaces. Private to schema.c. */
struct schema_spelling {
	const char *key;
	uint16_t index;
};

struct schema_code_list {
	const char *name; /* "htcds.prs_Gender" */
	size_t n;
	const struct schema_code *codes; /* in the order of the file */
	const uint16_t *by_code;         /* indices in byte order of the codes */
	size_t n_spellings;
	const struct schema_spelling *spellings; /* sorted by key */
};

struct schema_entity;

struct schema_field {
	const struct schema_entity *entity;
	const char *name; /* "birth_date"; unique in its entity, lower case, words joined by _ */
	const char *label;
	const char *label_fr; /* NULL where there is none */
	const char *label_es; /* NULL where there is none */
	const char *help;
	const char *part; /* the repeating part it belongs to ("name", "address", "debt"), or NULL */
	const struct schema_code_list *codes; /* CODE, CODES, COUNTRY, LANGUAGE, IDENTIFIER; else NULL */
	const struct schema_entity *const *targets; /* REFERENCE: the entities it may name; else NULL */
	const char *source;                         /* where the field comes from */
	const struct schema_field *not_below;       /* a field of the record that this one may not be
						       before or less than, or NULL */
	double minimum;                             /* INTEGER, NUMBER: -HUGE_VAL when there is none */
	double maximum;                             /* HUGE_VAL when there is none */
	enum schema_type type;
	enum schema_sensitivity sensitivity;
	enum schema_handling handling; /* of a value for which nothing else is said */
	enum schema_search search;
	uint16_t n_targets;
	uint16_t hex_digits; /* TEXT that is so many lower-case hexadecimal digits; 0: any text */
	uint16_t number;     /* stable, from 1 */
	uint16_t index;      /* in entity->fields: not stable */
	bool repeats; /* several values; always true of CODES. A field of a part: several in one part */
	bool required;
	bool verified; /* read in the source named, not from memory and not of our own making */
};

struct schema_entity {
	const char *name; /* "person" */
	const char *label;
	const char *label_fr; /* NULL where there is none */
	const char *label_es; /* NULL where there is none */
	const char *help;
	const char *ftm; /* its FollowTheMoney schema, or NULL */
	size_t n_fields;
	const struct schema_field *fields; /* in the order in which forms and files show them */
	/* fields that refer to whoever this record is about: it is sealed under the key of the first that is
	 * filled; none for person and case, which have keys of their own, and for what concerns nobody */
	const struct schema_field *const *owners;
	uint16_t n_owners;
	uint16_t number; /* stable, from 1 */
	uint16_t index;  /* in the table of entities: not stable */
};

/*
 * A field's name in another standard. kind: of an IDENTIFIER, the kind the name stands for. when_field: the
 * name stands for the field only in records in which when_field has the code when (cas_IncomingReferralDate
 * is a referral's date when its direction is "incoming"). code: the standard has a column for each code, and
 * this is the column of that one, holding yes or no. Each is NULL where it does not apply.
 */
struct schema_mapping {
	enum schema_standard standard;
	const char *name;
	const struct schema_field *field;
	const struct schema_code *kind;
	const struct schema_field *when_field;
	const struct schema_code *when;
	const struct schema_code *code;
	const char *note; /* what does not fit exactly, or NULL */
	bool verified;
};

/* A name of a standard that has no field, and why. */
struct schema_unmapped {
	enum schema_standard standard;
	const char *name;
	const char *label;
	const char *reason;
};

/* All entities, in the order of their numbers. */
const struct schema_entity *schema_entities(size_t *ret_n);
/* By name, NULL when there is none. O(log n). */
const struct schema_entity *schema_entity(const char *name);
const struct schema_entity *schema_entity_by_number(uint16_t number);
const struct schema_field *schema_field(const struct schema_entity *entity, const char *name);
const struct schema_field *schema_field_by_number(const struct schema_entity *entity, uint16_t number);
/* "person.birth_date" */
const struct schema_field *schema_field_by_path(const char *path);

const struct schema_code_list *schema_code_lists(size_t *ret_n);
const struct schema_code_list *schema_code_list(const char *name);
/* By the exact code, NULL when there is none. O(log n). */
const struct schema_code *schema_code(const struct schema_code_list *list, const char *code);
/* The same for code[0..n), without a NUL. */
const struct schema_code *schema_code_n(const struct schema_code_list *list, const char *code, size_t n);
/* By what another standard calls it, names that are only written left out; NULL when there is none. O(n). */
const struct schema_code *schema_code_from(
	const struct schema_code_list *list, enum schema_standard standard, const char *name);
/* By code, label in any of the languages, or known spelling ("Ivory Coast", "COTE D'IVOIRE", "CI"), without
 * regard to case, accents, spaces and punctuation; *ret is NULL when nothing fits. Never guesses. */
int schema_code_match(const struct schema_code_list *list, struct text_tools *tools, const char *text,
	size_t n, const struct schema_code **ret, struct cf_error *err) CF_MUST_USE;

/* All mappings, sorted by standard and name. */
const struct schema_mapping *schema_mappings(size_t *ret_n);
/* Those of one name ("prs_Birthdate", "meansOfControlThreats", "Person:birthDate"); NULL and 0 when there is
 * none. Usually one. Letter case counts. O(log n). */
const struct schema_mapping *schema_mapping(enum schema_standard standard, const char *name, size_t *ret_n);
/* The i-th mapping of a field in a standard, NULL beyond the last: for exports. O(n). */
const struct schema_mapping *schema_field_mapping(
	const struct schema_field *field, enum schema_standard standard, size_t i);
/* Whether a value of this code is a yes in the mapping's column; false for a mapping without a code. */
bool schema_mapping_covers(const struct schema_mapping *mapping, const struct schema_code *code);
/* The names of a standard that have no field, with reasons. */
const struct schema_unmapped *schema_unmapped(size_t *ret_n);

/* Stable words: "fuzzy date", "identifying", "P3", "HTCDS"; "?" for what is none. */
const char *schema_type_name(enum schema_type type);
const char *schema_sensitivity_name(enum schema_sensitivity sensitivity);
const char *schema_handling_name(enum schema_handling handling);
const char *schema_standard_name(enum schema_standard standard);
const char *schema_status_name(enum schema_status status);
/* false when text is none of P0 to P5. */
bool schema_handling_parse(const char *text, enum schema_handling *ret);
