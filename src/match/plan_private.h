/*
 * The inside of a match plan, shared by its reader (plan_parse.c) and its users (plan.c).
 */
#pragma once

#include "match/plan.h"

enum { MATCH_MAX_PLAN_PARTS = 128, MATCH_MAX_PART_GROUPS = 4 };

/* What agreement on a part proves: a line "part = group weight, group weight" of [matching]. */
struct match_evidence {
	struct match_part part;
	size_t n;
	uint8_t group[MATCH_MAX_PART_GROUPS];
	uint16_t weight[MATCH_MAX_PART_GROUPS];
};

struct match_plan {
	struct arena *arena; /* of the names */
	uint32_t threshold;
	uint32_t per_doubling;
	uint32_t same_list;
	uint32_t max_repeats;
	uint32_t max_sharing;
	size_t n_groups;
	const char *groups[MATCH_MAX_GROUPS];
	size_t n_evidence;
	struct match_evidence evidence[MATCH_MAX_PLAN_PARTS];
	size_t n_keys;
	struct match_key keys[MATCH_MAX_KEYS];
	size_t n_slots;
	uint8_t slot_key[MATCH_MAX_SLOTS];
};
