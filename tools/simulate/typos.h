/*
 * Slips of the hand, the eye and the ear, one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"

enum typo_kind {
	TYPO_KEYBOARD =
		0,    /* a key beside the right one, a letter left out, doubled or exchanged with the next */
	TYPO_COPYING, /* letters that look alike, on paper or to a scanner */
	TYPO_HEARING, /* letters that sound alike */
};

/* Makes one slip in the ASCII letters of text, whose room is n_bytes with the NUL. A kind for which the text
 * has no occasion becomes a slip on the keyboard; a text of less than three such letters stays as it is. */
void typo_make(struct random_stream *r, enum typo_kind kind, char *text, size_t n_bytes);

/* Replaces one digit by another; nothing when there is none. */
void typo_digit(struct random_stream *r, char *text);
