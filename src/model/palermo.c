#include "model/palermo.h"

#include <stdlib.h>
#include <string.h>

static const struct record_value *known_values(const struct record *r, const char *name, size_t *ret_n)
{
	const struct schema_field *field = r ? schema_field(record_entity(r), name) : NULL;
	*ret_n = 0;
	return field ? record_get(r, field, ret_n) : NULL;
}

/* Whether the field has a known code other than this one (which may be NULL). */
static bool has_code_but(const struct record *r, const char *name, const char *but)
{
	size_t n;
	const struct record_value *values = known_values(r, name, &n);
	for (size_t i = 0; i < n; i++)
		if (values[i].state == RECORD_KNOWN && !(but && strcmp(values[i].text, but) == 0))
			return true;
	return false;
}

struct palermo palermo_check(const struct record *episode, enum dates_majority majority)
{
	struct palermo p = {0};
	bool is_episode = strcmp(record_entity(episode)->name, "episode") == 0;
	bool named = is_episode && has_code_but(episode, "purpose", NULL);
	bool beyond = is_episode && has_code_but(episode, "purpose_other", NULL);
	if (is_episode && has_code_but(episode, "act", NULL))
		p.present |= PALERMO_ACT;
	/* "not required" names no means; whether it is true, the age says */
	if (is_episode && has_code_but(episode, "means", "NotRequiredChild"))
		p.present |= PALERMO_MEANS;
	if (named || beyond)
		p.present |= PALERMO_PURPOSE;
	unsigned needed = PALERMO_ACT | PALERMO_PURPOSE | (majority == DATES_MINOR ? 0U : PALERMO_MEANS);
	p.missing = needed & ~p.present;
	p.complete = !p.missing;
	p.purpose_beyond_protocol = beyond && !named;
	p.age_decides = (p.missing & PALERMO_MEANS) && majority == DATES_MAJORITY_UNKNOWN;
	return p;
}

/* What several statements say together: unknown when one contradicts another. */
struct verdict {
	enum dates_majority majority;
	bool contradicted;
};

static void hear(struct verdict *v, enum dates_majority said)
{
	if (said == DATES_MAJORITY_UNKNOWN)
		return;
	if (v->majority != DATES_MAJORITY_UNKNOWN && v->majority != said)
		v->contradicted = true;
	v->majority = said;
}

static void hear_birth(struct verdict *v, const struct record *person, const struct record *episode)
{
	size_t n_births;
	size_t n_begins;
	const struct record_value *births = known_values(person, "birth_date", &n_births);
	const struct record_value *begins = known_values(episode, "from", &n_begins);
	struct fuzzy_date birth;
	struct fuzzy_date begin;
	for (size_t i = 0; i < n_births; i++)
		for (size_t j = 0; j < n_begins; j++)
			if (dates_parse_canonical(births[i].text, births[i].n, &birth) &&
				dates_parse_canonical(begins[j].text, begins[j].n, &begin))
				hear(v, dates_majority(&birth, &begin));
}

/* Who was still a minor when it ended was one when it began, even if that is not known. */
static void hear_end(struct verdict *v, const struct record *person, const struct record *episode)
{
	size_t n_births;
	size_t n_ends;
	const struct record_value *births = known_values(person, "birth_date", &n_births);
	const struct record_value *ends = known_values(episode, "until", &n_ends);
	struct fuzzy_date birth;
	struct fuzzy_date end;
	for (size_t i = 0; i < n_births; i++)
		for (size_t j = 0; j < n_ends; j++)
			if (dates_parse_canonical(births[i].text, births[i].n, &birth) &&
				dates_parse_canonical(ends[j].text, ends[j].n, &end) &&
				dates_majority(&birth, &end) == DATES_MINOR)
				hear(v, DATES_MINOR);
}

static void hear_age(struct verdict *v, const struct record *role)
{
	size_t n;
	const struct record_value *ages = known_values(role, "age_when_trafficked", &n);
	for (size_t i = 0; i < n; i++)
		if (ages[i].state == RECORD_KNOWN)
			hear(v, strtol(ages[i].text, NULL, 10) < 18 ? DATES_MINOR : DATES_ADULT);
	const struct record_value *said = known_values(role, "majority", &n);
	for (size_t i = 0; i < n; i++)
		if (said[i].state == RECORD_KNOWN)
			hear(v, strcmp(said[i].text, "Minor") == 0 ? DATES_MINOR : DATES_ADULT);
}

/* The age at registration, which is not before the episode: only a minor then certainly was one before. */
static void hear_age_band(struct verdict *v, const struct record *role)
{
	size_t n;
	const struct record_value *bands = known_values(role, "age_band", &n);
	for (size_t i = 0; i < n; i++)
		if (bands[i].state == RECORD_KNOWN &&
			(strcmp(bands[i].text, "0--8") == 0 || strcmp(bands[i].text, "9--17") == 0))
			hear(v, DATES_MINOR);
}

enum dates_majority palermo_majority(
	const struct record *person, const struct record *role, const struct record *episode)
{
	struct verdict v = {0};
	hear_birth(&v, person, episode);
	if (v.majority == DATES_MAJORITY_UNKNOWN)
		hear_end(&v, person, episode);
	if (v.majority == DATES_MAJORITY_UNKNOWN && !v.contradicted)
		hear_age(&v, role);
	if (v.majority == DATES_MAJORITY_UNKNOWN && !v.contradicted)
		hear_age_band(&v, role);
	return v.contradicted ? DATES_MAJORITY_UNKNOWN : v.majority;
}

bool palermo_may_ask(const struct schema_field *field, enum dates_majority majority)
{
	bool is_means = strcmp(field->entity->name, "episode") == 0 && strcmp(field->name, "means") == 0;
	return !(is_means && majority == DATES_MINOR);
}

const char *palermo_element_name(enum palermo_element element)
{
	switch (element) {
	case PALERMO_ACT:
		return "act";
	case PALERMO_MEANS:
		return "means";
	case PALERMO_PURPOSE:
		return "purpose";
	}
	return "?";
}
