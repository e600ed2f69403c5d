/*
 * Text over ICU: UTF-8 checking, normal form, case fold, the transliterated key. A name keeps its own script
 * everywhere it is stored or shown; folds and keys exist only to compare. This is the one room file that
 * includes ICU. A struct text_tools holds opened transliterators; it is not thread-safe (one for each
 * thread).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

struct text_tools;

int text_tools_new(struct text_tools **ret_tools, struct cf_error *err) CF_MUST_USE;
struct text_tools *text_tools_free(struct text_tools *tools);
CF_DEFINE_CLEANUP(struct text_tools, text_tools_free);
#define CF_CLEANUP_TEXT_TOOLS CF_CLEANUP(text_tools_free_ptr)

/* True when s[0..n) is well-formed UTF-8 without surrogates or overlong forms; else *ret_offset (may be NULL)
 * is the first bad byte's. Needs no tools. */
bool text_is_utf8(const char *s, size_t n, size_t *ret_offset);

/* Code points of well-formed UTF-8. */
size_t text_length(const char *s, size_t n);

/* The value of the decimal digit, of any script, at the front of s[0..n) and the bytes it takes; -1 when what
 * stands there is no digit. Needs no tools. */
int text_digit(const char *s, size_t n, size_t *ret_length);

/* Appends NFKC with full case folding (NFKC_Casefold), control and format characters dropped, white space
 * trimmed and folded to single spaces. */
int text_fold(struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;

/* Appends NFC of s without other change. */
int text_normalise(struct text_tools *tools, const char *s, size_t n, struct buffer *out,
	struct cf_error *err) CF_MUST_USE;

/* Whether well-formed UTF-8 is in NFC. Needs no tools and allocates nothing of ours; false also for a letter
 * with hundreds of marks, which no language writes. */
bool text_is_normalised(const char *s, size_t n);

/* Appends the transliterated key: folded, any script to Latin, marks removed, only a-z, 0-9 and single spaces
 * between words (hyphens and other punctuation inside a name part words; apostrophes vanish). A blocking key,
 * never a display name. Arabic gives consonant skeletons and Han is read as Mandarin. */
int text_key(struct text_tools *tools, const char *s, size_t n, struct buffer *out, struct cf_error *err)
	CF_MUST_USE;
