#include "match/values.h"

#include <string.h>

/* Joined by a sign that no normalised value holds. A joined value is never cut: an equal key proves that all
 * of its parts agree, the last one too. */
static const char separator = '|';
enum { JOINED_MAX = MATCH_MAX_PARTS * (MATCH_VALUE_MAX + 1) };

/* Each text of before with each of the part, at most limit of them. */
static int join(const struct match_texts *before, const struct match_texts *part, size_t limit,
	struct match_texts *ret)
{
	for (size_t i = 0; i < before->n; i++)
		for (size_t j = 0; j < part->n && ret->n < limit; j++) {
			char value[JOINED_MAX];
			size_t n = strlen(before->texts[i]);
			size_t m = strlen(part->texts[j]);
			memcpy(value, before->texts[i], n);
			value[n] = separator;
			memcpy(value + n + 1, part->texts[j], m);
			if (!match_texts_add(ret, value, n + 1 + m))
				return CF_E_MEMORY;
		}
	return 0;
}

static int key_values(const struct match_key *k, const struct person *person, struct match_texts *ret)
{
	struct match_texts values = {.arena = ret->arena};
	TRY(match_part_apply(&k->parts[0], person, &values));
	for (size_t i = 1; i < k->n_parts && values.n; i++) {
		struct match_texts part = {.arena = ret->arena};
		struct match_texts joined = {.arena = ret->arena};
		TRY(match_part_apply(&k->parts[i], person, &part));
		TRY(join(&values, &part, k->n_slots, &joined));
		values = joined;
	}
	*ret = values;
	return 0;
}

int match_values(const struct match_plan *plan, const struct person *person, struct arena *scratch,
	struct arena *keep, const char **ret_slots)
{
	for (size_t k = 0; k < match_plan_n_keys(plan); k++) {
		const struct match_key *key = match_plan_key(plan, k);
		arena_reset(scratch);
		struct match_texts values = {.arena = scratch};
		TRY(key_values(key, person, &values));
		for (size_t i = 0; i < key->n_slots; i++) {
			const char **slot = &ret_slots[key->first_slot + i];
			*slot = NULL;
			if (i < values.n &&
				!(*slot = arena_strndup(keep, values.texts[i], strlen(values.texts[i]))))
				return CF_E_MEMORY;
		}
	}
	return 0;
}
