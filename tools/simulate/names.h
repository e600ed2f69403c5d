/*
 * Names to draw from: twenty origins, each with pools of common given names and of family names (or the
 * pieces they are made of) in the script of the place. Only the parts are real; persons are put together at
 * random.
 *
 * A pool is one text of entries separated by white space, commonest first:
 *   NATIVE                  a name written in Latin or Cyrillic letters; Cyrillic is romanised by rule
 *   NATIVE=LATIN|LATIN|...  another script, or several spellings in use: the passport's, then others
 *   ...~NICK                a short form, of the whole name
 *   MALE/FEMALE             an ending that follows the person's sex
 * An underscore stands for a space.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/random.h"

enum { NAME_BYTES = 96, NAME_SPELLINGS = 4, NAME_MAX_TOKENS = 6 };

enum name_role {
	ROLE_GIVEN,
	ROLE_MIDDLE,  /* second given name, patronymic, middle name */
	ROLE_FAMILY,  /* family name, or the father's given name where that stands in its place */
	ROLE_FAMILY2, /* second surname, grandfather's name */
	ROLE_NONE,
};

/* One word of a person's name in its own script and in the Latin spellings met with, the passport's first. */
struct name_token {
	enum name_role role;
	char native[NAME_BYTES];
	char latin[NAME_SPELLINGS][NAME_BYTES];
	size_t n_latin;
	char nick[NAME_BYTES]; /* "": none */
};

struct name {
	struct name_token tokens[NAME_MAX_TOKENS];
	size_t n;
};

/* How a full name is put together. */
enum name_system {
	NAME_GIVEN_FAMILY,  /* one or two given names, a family name */
	NAME_TWO_SURNAMES,  /* one or two given names, two surnames */
	NAME_MIDDLE_FAMILY, /* given name, middle name (patronymic, mother's surname), family name */
	NAME_FAMILY_FIRST,  /* as written at home: family name, middle part, given name */
	NAME_FATHERS,       /* given name, father's, sometimes grandfather's */
	NAME_SYLLABLES,     /* two to four words, none of them a family name */
	NAME_ONE_OR_TWO,    /* one word, or two, none of them a family name */
};

enum cyrillic_language {
	CYRILLIC_NONE = 0,
	CYRILLIC_UKRAINIAN,
	CYRILLIC_RUSSIAN,
	CYRILLIC_BULGARIAN,
};

/* Where two pools stand for one thing, a name is an entry of the first followed by one of the second. */
struct origin {
	const char *country; /* ISO 3166-1; XV, of the user-assigned codes, is the invented country itself */
	const char *name;
	unsigned weight; /* relative */
	enum name_system system;
	enum cyrillic_language cyrillic;
	bool is_latin;         /* own script is Latin */
	bool joins_given;      /* the two parts of a given name are written apart, joined or with a hyphen */
	unsigned unknown_day;  /* per 1,000 persons: the day of birth is not known */
	const char *female[2]; /* given names; [1] may be NULL */
	const char *male[2];
	const char *middle; /* NULL: none */
	const char *family[3];
	unsigned family_flatness; /* weight of rank i is 1 / (i + flatness): small, a few names are very
				     common */
};

/* All tables, ready to draw from. */
struct names;

int names_new(struct names **ret, struct cf_error *err) CF_MUST_USE;
struct names *names_free(struct names *names);
CF_DEFINE_CLEANUP(struct names, names_free);
#define CF_CLEANUP_NAMES CF_CLEANUP(names_free_ptr)

size_t names_n_origins(const struct names *names);
const struct origin *names_origin(const struct names *names, size_t origin);
/* By the weights. */
size_t names_draw_origin(const struct names *names, struct random_stream *r);
void name_draw(
	const struct names *names, size_t origin, bool female, struct random_stream *r, struct name *ret);

/* The tables, a part of the world each. */
extern const struct origin origins_europe[];
extern const size_t n_origins_europe;
extern const struct origin origins_africa[];
extern const size_t n_origins_africa;
extern const struct origin origins_asia[];
extern const size_t n_origins_asia;
extern const struct origin origins_america[];
extern const size_t n_origins_america;
