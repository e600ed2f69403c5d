/*
 * The elements of trafficking in persons by article 3 of the Trafficking Protocol (2000): an act, by certain
 * means, for the purpose of exploitation. Means are not needed where the victim was under 18 (article 3 (c)),
 * and are then not asked for. What is missing is named; it says what a file lacks, not what happened.
 */
#pragma once

#include <stdbool.h>

#include "model/dates.h"
#include "model/record.h"

/* A set: what of the definition has no support in the record. */
enum palermo_element {
	PALERMO_ACT = 1,
	PALERMO_MEANS = 2,
	PALERMO_PURPOSE = 4,
};

struct palermo {
	unsigned present; /* of enum palermo_element, by at least one known code */
	unsigned missing; /* never PALERMO_MEANS for a minor */
	bool complete;    /* nothing is missing */
	/* The purpose rests only on forms beyond those that article 3 (a) names; the law of the place
	 * decides. */
	bool purpose_beyond_protocol;
	/* Means are missing, and would not be needed if the victim was under 18: find out the age first. */
	bool age_decides;
};

/* Of an episode (any other entity has no elements at all: everything is missing). majority: of the victim,
 * when the episode began. */
struct palermo palermo_check(const struct record *episode, enum dates_majority majority);

/* A victim's majority when the episode began, from the best that is known: the birth date against the
 * episode's dates; else role.age_when_trafficked, role.majority or role.age_band of the victim's role in the
 * case. role may be NULL. Where sources disagree, or nothing is certain, unknown. */
enum dates_majority palermo_majority(
	const struct record *person, const struct record *role, const struct record *episode);

/* Whether a form or interviewer may ask for the field: means of an episode are not asked of a minor. */
bool palermo_may_ask(const struct schema_field *field, enum dates_majority majority);

/* "act", "means", "purpose" */
const char *palermo_element_name(enum palermo_element element);
