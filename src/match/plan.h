/*
 * The match plan: which combinations of fields vote that two records are one person (match keys), what each
 * vote proves, and when a pair is accepted. It lives in the study file (sections [matching] and [key NAME]);
 * the defaults are data/match/keys.ini, compiled in. A record becomes a fixed array of numbered slots, at
 * most MATCH_MAX_SLOTS; a many-valued key owns several. Equal values of one key in any of its slots are a
 * vote.
 *
 * Weights. A key is a conjunction of parts ("family_name.sound3 + birth_date.ym"); an equal token proves that
 * every part agrees. Each part counts as evidence in one or more groups (family 64; year 60, month 35), in
 * tenths of a bit of the log-likelihood ratio (Fellegi and Sunter 1969). The weight of a pair is the sum over
 * the groups of the greatest evidence that any of its equal keys proves. So keys that share a part do not
 * count it twice: two keys with the same birth date prove the birth date once, and keys over its pieces add
 * up to the whole. All numbers are integers; the same plan and tokens give the same weights everywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/ini.h"
#include "base/mem.h"
#include "match/transform.h"

enum {
	MATCH_MAX_SLOTS = 48,
	MATCH_MAX_KEYS = 48, /* so that a set of keys fits into 64 bits */
	MATCH_MAX_PARTS = 4,
	MATCH_MAX_GROUPS = 32,
	MATCH_MAX_EVIDENCE = 16, /* groups one key has evidence for */
	MATCH_MAX_WEIGHT = 10000,
	MATCH_BASE_LIST = 1000, /* records of the list that the threshold is stated for */
};

struct match_plan;

struct match_key {
	const char *name;
	size_t n_parts;
	struct match_part parts[MATCH_MAX_PARTS];
	size_t first_slot;
	size_t n_slots;
	size_t n_evidence;
	uint8_t group[MATCH_MAX_EVIDENCE];
	uint16_t weight[MATCH_MAX_EVIDENCE]; /* tenths of a bit */
};

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
/* A phone, document or e-mail that more than this many persons of one list have identifies none of them and
 * goes into no key. */
uint32_t match_plan_max_sharing(const struct match_plan *p);
const struct match_key *match_plan_key(const struct match_plan *p, size_t key);

/* The weight of a pair whose keys in the set (bit k for key k) agree. */
uint32_t match_plan_weight(const struct match_plan *p, uint64_t keys);
/* The weight a pair needs when the larger of the two lists has n records: the threshold up to
 * MATCH_BASE_LIST, and per_doubling more for each doubling (linear in between), since chance agreements grow
 * with the list. */
uint32_t match_plan_required(const struct match_plan *p, uint64_t n);
/* Within one list of n records: same_list more, since few persons stand on a list twice. */
uint32_t match_plan_required_at_home(const struct match_plan *p, uint64_t n);
