/*
 * From a person to the slots of a record: each key's parts are transformed and joined, each combination of
 * their values is one value of the key, and the first so many as the key has slots are kept.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "match/plan.h"
#include "model/person.h"

/* Writes match_plan_n_slots(plan) values in keep's memory to ret_slots, NULL where a slot stays empty.
 * scratch is reset. */
int match_values(const struct match_plan *plan, const struct person *person, struct arena *scratch,
	struct arena *keep, const char **ret_slots) CF_MUST_USE;
