/*
 * How names written in other letters come out in Latin ones: Cyrillic by the rules of each language and
 * habit, and what is left of accented letters on a keyboard without them.
 */
#pragma once

#include <stddef.h>

#include "names.h"

/* 0: as passports do now (ICAO Doc 9303 and national law); 1: by local habit, often through Russian or
 * English; 2: by the French rules that older documents followed. */
enum { LATIN_N_SCHEMES = 3 };

/* Copies UTF-8 text to to[NAME_BYTES], Cyrillic letters replaced; cut at a letter when it does not fit. */
void latin_from_cyrillic(const char *text, enum cyrillic_language language, int scheme, char *to);
/* The same for accented Latin letters, in place: "Ștefănescu" becomes "Stefanescu". Other scripts stay. */
void latin_strip_marks(char *text);
/* Bytes of the UTF-8 character at s (1 for an ASCII byte). */
size_t latin_step(const char *s);
