/*
 * Double Metaphone (Philips, The double metaphone search algorithm, C/C++ Users Journal, June 2000): how a
 * name sounds to an English ear, with a second code where its spelling may come from another language.
 * Written anew from the published rules; codes agree with the original's on the published examples.
 */
#pragma once

#include <stddef.h>

enum { METAPHONE_MAX = 24 }; /* letters of a code; the original keeps four, which merges too much */

struct metaphone {
	char primary[METAPHONE_MAX + 1];
	char secondary[METAPHONE_MAX + 1]; /* the same as primary where there is one reading only */
};

/* text: a-z and blanks, as text_key makes it, any length; what is neither is passed over. Codes consist of
 * 0 (th) A (a vowel at the beginning) F H J K L M N P R S T X (sh); both are empty for a text without
 * letters. */
void metaphone(const char *text, size_t n, struct metaphone *ret);
