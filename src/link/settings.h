/*
 * What a linkage does: which columns are compared and how, and which pairs are looked at. Made from the data
 * by link_suggest, or read from a settings file; numbers of columns are those of the table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "link/table.h"

enum { LINK_MAX_FIELDS = 16, LINK_MAX_PARTS = 3, LINK_MAX_RULES = 32, LINK_MAX_LEVELS = 8 };

/* What of a column's value makes the key of a blocking rule. */
enum link_transform {
	LINK_WHOLE = 0,
	LINK_SOUND,      /* how it sounds, whatever the language: sounds.h */
	LINK_METAPHONE,  /* how it sounds in English: the primary code of Double Metaphone */
	LINK_FIRST,      /* the first n letters or digits */
	LINK_LAST,       /* the last n */
	LINK_WORD_FIRST, /* the first word */
	LINK_WORD_LAST,  /* the last word */
	LINK_SORTED,     /* its words in alphabetical order */
	LINK_YEAR,
	LINK_YEAR_MONTH,
	LINK_MONTH_DAY, /* whichever of the two is which */
	LINK_USER,      /* of an e-mail address: what stands before the @ */
	LINK_BAND,      /* band n of a MinHash signature over the letter pairs (Broder 1997) */
	LINK_N_TRANSFORMS
};

struct link_part {
	uint16_t column;
	uint8_t transform;
	uint8_t n; /* of first, last and band */
};

/* Pairs of rows that agree in every part; with a window, pairs within that many places of each other when the
 * rows are sorted by the parts (Hernandez and Stolfo 1995). */
struct link_rule {
	struct link_part parts[LINK_MAX_PARTS];
	uint8_t n_parts;
	uint32_t window;    /* 0: equality */
	double n_predicted; /* pairs */
	uint64_t largest;   /* rows that share the most frequent key */
};

struct link_field {
	uint16_t column;
	int8_t crosswise;  /* of a given name: the family name's field, which it may be swapped with, or -1 */
	bool by_frequency; /* agreement on a rare value weighs more */
};

struct link_settings {
	size_t n_fields;
	struct link_field fields[LINK_MAX_FIELDS];
	bool all_pairs; /* look at every pair; there are no rules */
	size_t n_rules;
	struct link_rule rules[LINK_MAX_RULES];
	bool across;      /* pairs of different files */
	bool within;      /* pairs of one file */
	bool one_a_file;  /* a person stands at most once in a file */
	double threshold; /* probability from which a pair is linked; 0: chosen from the data */
	double n_pairs;   /* predicted, with doubles between rules counted each time */
};

/* "surname.sound", "date_of_birth.year", "postcode". */
int link_part_format(const struct link_table *t, const struct link_part *p, struct buffer *out) CF_MUST_USE;
int link_rule_format(const struct link_table *t, const struct link_rule *r, struct buffer *out) CF_MUST_USE;
/* Reads "sound", "first3", "year": what stands behind the column's name. False when it is none. */
bool link_transform_parse(const char *text, struct link_part *ret);
/* Reads "surname.sound + date_of_birth.year", with "window N" behind it for a sorted neighbourhood. On
 * failure *ret_problem says what is wrong, to stand behind "rule '...': ". */
int link_rule_parse(const struct link_table *t, const char *text, struct link_rule *ret,
	struct buffer *ret_problem) CF_MUST_USE;
/* The table's column of that name, without regard to ASCII case; -1 when there is none. */
int link_find_column(const struct link_table *t, const char *name, size_t n);
/* Whether a column of this kind has such keys. */
bool link_transform_fits(enum link_transform transform, enum link_kind kind);
