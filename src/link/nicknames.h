/*
 * Short and pet forms of given names, as people are called and as they are written down: "bill" for
 * "william", "paco" for "francisco", "sasha" for "aleksandr"; and what one name becomes in other languages.
 * Family names have other spellings, too: "chan" for "chen", "jallow" for "diallo". Keys as text_key makes
 * them.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

enum { NICKNAME_MAX_GROUPS = 3 };

struct nicknames;

enum nickname_table {
	NICKNAMES_GIVEN = 0,
	NICKNAMES_FAMILY, /* other romanisations and other tongues' forms of family names */
};

int nicknames_new(enum nickname_table table, struct nicknames **ret, struct cf_error *err) CF_MUST_USE;
struct nicknames *nicknames_free(struct nicknames *n);
CF_DEFINE_CLEANUP(struct nicknames, nicknames_free);
#define CF_CLEANUP_NICKNAMES CF_CLEANUP(nicknames_free_ptr)

/* Numbers, from 1, of the groups that the name's first word (behind an article of two letters) belongs to; 0
 * behind the last. */
void nicknames_groups(
	const struct nicknames *n, const char *name, size_t length, uint16_t ret_groups[NICKNAME_MAX_GROUPS]);
