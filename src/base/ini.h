/*
 * Configuration files, one syntax everywhere: [section], key = value, # or ; comments (libinih). Sections and
 * keys keep their order and may repeat; each entry knows its line. Values are UTF-8 and stand on one line; a
 * comment behind a value begins with a blank and ";".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"

struct ini_entry {
	const char *section; /* "" before the first section */
	const char *key;
	const char *value; /* trimmed */
	uint64_t line;
};

struct ini;

int ini_parse(const char *name, const char *data, size_t n, struct ini **ret, struct cf_error *err)
	CF_MUST_USE;
int ini_open(const char *path, struct ini **ret, struct cf_error *err) CF_MUST_USE;
struct ini *ini_free(struct ini *ini);
CF_DEFINE_CLEANUP(struct ini, ini_free);
#define CF_CLEANUP_INI CF_CLEANUP(ini_free_ptr)

size_t ini_n(const struct ini *ini);
const struct ini_entry *ini_at(const struct ini *ini, size_t i);
/* The name given when it was opened, for messages. */
const char *ini_name(const struct ini *ini);
/* First value of section/key, NULL when there is none. */
const char *ini_get(const struct ini *ini, const char *section, const char *key);
/* Sets *err at the entry's line. */
int ini_error(const struct ini *ini, const struct ini_entry *entry, struct cf_error *err, const char *format,
	...) CF_PRINTF(4, 5);

/* CF_E_INPUT when the name could not be read back: longer than 49 bytes, a line break, "]". */
int ini_write_section(struct buffer *out, const char *section) CF_MUST_USE;
/* CF_E_INPUT when key or value could not be read back: a line break, blanks at the ends, ";" at the start or
 * behind a blank (it would begin a comment), "=" or ":" in the key. */
int ini_write(struct buffer *out, const char *key, const char *value) CF_MUST_USE;
int ini_write_comment(struct buffer *out, const char *text) CF_MUST_USE;
