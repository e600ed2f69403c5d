/*
 * How names sound, whatever language wrote them down in Latin letters. Soundex, Metaphone and their kin lean
 * on one language's spelling; here letters that one language or romanisation writes where another writes the
 * other share a class of consonants, and vowels are left out. Keys as text_key makes them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"

/* Some letters stand for quite different sounds: j for y or dj, g for h in Ukrainian, b for v in Spanish and
 * Hindi. Each reading is consistent with itself; names that agree in one of them sound alike. */
enum sound_reading {
	SOUND_USUAL = 0, /* j is dj; g, k, kh are one; b and p are one; w is a vowel behind one */
	SOUND_OTHER,     /* j is y; g, h, kh are silent; b, v and w are one */
	SOUND_N_READINGS
};

enum { SOUND_MAX = 48 }; /* letters; longer sounds are cut */

/* Writes the sound without a NUL and returns its length. */
size_t sound_code(const char *text, size_t n, enum sound_reading reading, char out[SOUND_MAX]);
/* Appends the usual reading. */
int sound_append(const char *text, size_t n, struct buffer *out) CF_MUST_USE;
/* Both readings as numbers: equal sounds have equal numbers, others hardly ever (hashes of 16 bits). 0: too
 * short a sound to tell anything. */
void sound_numbers(const char *text, size_t n, uint16_t ret[SOUND_N_READINGS]);
