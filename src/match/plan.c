#include "match/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "match/plan_private.h"

/* data/match/keys.ini */
extern const char match_default_keys[];

const char *match_plan_default_text(void)
{
	return match_default_keys;
}

struct match_plan *match_plan_free(struct match_plan *p)
{
	if (p)
		arena_free(p->arena);
	return mem_free(p);
}

size_t match_plan_n_slots(const struct match_plan *p)
{
	return p->n_slots;
}

size_t match_plan_n_keys(const struct match_plan *p)
{
	return p->n_keys;
}

size_t match_plan_slot_key(const struct match_plan *p, size_t slot)
{
	return p->slot_key[slot];
}

const char *match_plan_key_name(const struct match_plan *p, size_t key)
{
	return p->keys[key].name;
}

const struct match_key *match_plan_key(const struct match_plan *p, size_t key)
{
	return &p->keys[key];
}

uint32_t match_plan_max_repeats(const struct match_plan *p)
{
	return p->max_repeats;
}

uint32_t match_plan_max_sharing(const struct match_plan *p)
{
	return p->max_sharing;
}

uint32_t match_plan_weight(const struct match_plan *p, uint64_t keys)
{
	uint16_t best[MATCH_MAX_GROUPS] = {0};
	for (; keys; keys &= keys - 1) {
		const struct match_key *k = &p->keys[__builtin_ctzll(keys)];
		for (size_t i = 0; i < k->n_evidence; i++)
			if (best[k->group[i]] < k->weight[i])
				best[k->group[i]] = k->weight[i];
	}
	uint32_t sum = 0;
	for (size_t g = 0; g < p->n_groups; g++)
		sum += best[g];
	return sum;
}

uint32_t match_plan_required(const struct match_plan *p, uint64_t n)
{
	if (n <= MATCH_BASE_LIST)
		return p->threshold;
	uint64_t whole = 0;
	uint64_t base = MATCH_BASE_LIST;
	while (n / 2 >= base) {
		base *= 2;
		whole++;
	}
	uint64_t part = (n - base) * p->per_doubling / base;
	return p->threshold + (uint32_t)(whole * p->per_doubling + part);
}

uint32_t match_plan_required_at_home(const struct match_plan *p, uint64_t n)
{
	return match_plan_required(p, n) + p->same_list;
}

/* ---- writing ---- */

static int write_number(struct buffer *out, const char *key, uint32_t value)
{
	return buffer_printf(out, "%s = %u\n", key, value);
}

static uint64_t keys_for(const struct match_plan *p, uint32_t fields)
{
	uint64_t kept = 0;
	for (size_t k = 0; k < p->n_keys; k++) {
		bool all = true;
		for (size_t i = 0; i < p->keys[k].n_parts; i++)
			all &= match_part_available(&p->keys[k].parts[i], fields);
		kept |= (uint64_t)all << k;
	}
	return kept;
}

static bool is_used(const struct match_plan *p, const struct match_part *part, uint64_t keys)
{
	for (; keys; keys &= keys - 1) {
		const struct match_key *k = &p->keys[__builtin_ctzll(keys)];
		for (size_t i = 0; i < k->n_parts; i++)
			if (match_part_equal(part, &k->parts[i]))
				return true;
	}
	return false;
}

static int write_evidence(const struct match_plan *p, const struct match_evidence *e, struct buffer *out)
{
	TRY(match_part_format(&e->part, out));
	for (size_t i = 0; i < e->n; i++)
		TRY(buffer_printf(out, "%s %s %u", i ? "," : " =", p->groups[e->group[i]], e->weight[i]));
	return buffer_append_char(out, '\n');
}

static int write_key(const struct match_key *k, struct buffer *out)
{
	TRY(buffer_printf(out, "\n[key %s]\nparts = ", k->name));
	for (size_t i = 0; i < k->n_parts; i++) {
		TRY(buffer_append_text(out, i ? " + " : ""));
		TRY(match_part_format(&k->parts[i], out));
	}
	return buffer_printf(out, "\nslots = %zu\n", k->n_slots);
}

int match_plan_format(const struct match_plan *p, uint32_t fields, struct buffer *out)
{
	const uint64_t kept = keys_for(p, fields);
	TRY(ini_write_section(out, "matching"));
	TRY(write_number(out, "threshold", p->threshold));
	TRY(write_number(out, "per_doubling", p->per_doubling));
	TRY(write_number(out, "same_list", p->same_list));
	TRY(write_number(out, "max_repeats", p->max_repeats));
	TRY(write_number(out, "max_sharing", p->max_sharing));
	for (size_t i = 0; i < p->n_evidence; i++)
		if (is_used(p, &p->evidence[i].part, kept))
			TRY(write_evidence(p, &p->evidence[i], out));
	for (size_t k = 0; k < p->n_keys; k++)
		if (kept >> k & 1)
			TRY(write_key(&p->keys[k], out));
	return 0;
}
