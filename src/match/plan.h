/*
 * The match plan: which combinations of fields vote that two records are one person (match keys), how much each
 * vote weighs, and when a pair is accepted. It lives in the study file (sections [matching] and [key NAME]); the
 * defaults are data/match/keys.ini, compiled in. A record becomes a fixed array of numbered slots, at most
 * MATCH_MAX_SLOTS; a many-valued key owns several. Equal values of one key in any of its slots are a vote.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"

enum { MATCH_MAX_SLOTS = 48, MATCH_MAX_KEYS = 48 };

struct match_plan;

/* Reads the sections of an open study or key file; errors name the line. */
int match_plan_parse(const struct ini *ini, struct match_plan **ret, struct cf_error *err) CF_MUST_USE;
/* The shipped defaults as text, to be copied into a study file. */
const char *match_plan_default_text(void);
struct match_plan *match_plan_free(struct match_plan *p);
CF_DEFINE_CLEANUP(struct match_plan, match_plan_free);
#define CF_CLEANUP_PLAN CF_CLEANUP(match_plan_free_ptr)

/* Appends the plan as ini text without the keys that need a field outside the bit set fields (what no list of
 * this study has), so that no slot is carried for nothing. */
int match_plan_format(const struct match_plan *p, uint32_t fields, struct buffer *out) CF_MUST_USE;

size_t match_plan_n_slots(const struct match_plan *p);
size_t match_plan_n_keys(const struct match_plan *p);
/* The key that owns a slot, and a key's name (the "type" that is hashed with its values). */
size_t match_plan_slot_key(const struct match_plan *p, size_t slot);
const char *match_plan_key_name(const struct match_plan *p, size_t key);
/* A value that more than this many records of one list share is dropped before blinding. */
uint32_t match_plan_max_repeats(const struct match_plan *p);
