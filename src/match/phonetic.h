/*
 * The sound code of a name: what is left when the differences that typing, hearing and transliteration make
 * are taken out. Made for names from everywhere that were written down in Latin letters by people of many
 * languages, or brought there from other scripts by text_key; no rule leans on one language's surnames, as
 * Soundex leans on English ones.
 */
#pragma once

#include <stddef.h>

enum { PHONETIC_MAX = 32 };

/* key: a name as text_key makes it. Writes at most PHONETIC_MAX letters and a NUL to out, returns their
 * number; 0 when the name has no letter. */
size_t phonetic_code(const char *key, char out[PHONETIC_MAX + 1]);

/* The letters of a name, run together, digits read as the letters they resemble (damage by machine reading).
 * Writes at most capacity - 1 letters and a NUL. */
size_t phonetic_letters(const char *key, char *out, size_t capacity);
