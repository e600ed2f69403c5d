/*
 * Files of match keys: refused with a reason, or a plan within its limits that weighs sensibly, makes values
 * of a person, and written and read again is the same plan.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "match/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int read_plan(const char *text, size_t n, struct match_plan **ret, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	TRY(ini_parse("keys.ini", text, n, &ini, err));
	return match_plan_parse(ini, ret, err);
}

static uint64_t all_keys(const struct match_plan *p)
{
	return (UINT64_C(1) << match_plan_n_keys(p)) - 1;
}

static void check_limits(const struct match_plan *p)
{
	size_t slots = 0;
	must(match_plan_n_keys(p) >= 1 && match_plan_n_keys(p) <= MATCH_MAX_KEYS);
	for (size_t k = 0; k < match_plan_n_keys(p); k++) {
		const struct match_key *key = match_plan_key(p, k);
		must(key->n_parts >= 1 && key->n_parts <= MATCH_MAX_PARTS && key->n_slots >= 1);
		must(key->n_evidence >= 1 && key->n_evidence <= MATCH_MAX_EVIDENCE);
		must(key->first_slot == slots);
		for (size_t i = 0; i < key->n_slots; i++)
			must(match_plan_slot_key(p, slots++) == k);
	}
	must(slots == match_plan_n_slots(p) && slots <= MATCH_MAX_SLOTS);
	must(match_plan_max_repeats(p) >= 1 && match_plan_max_sharing(p) >= 1);
}

/* More keys prove no less, all together no more than the sum; longer lists ask for no less. */
static void check_weights(const struct match_plan *p)
{
	uint64_t sum = 0;
	uint32_t before = 0;
	for (size_t k = 0; k < match_plan_n_keys(p); k++) {
		const uint32_t so_far = match_plan_weight(p, (UINT64_C(2) << k) - 1);
		const uint32_t alone = match_plan_weight(p, UINT64_C(1) << k);
		sum += alone;
		must(alone >= 1 && so_far >= before && so_far >= alone);
		before = so_far;
	}
	must(before == match_plan_weight(p, all_keys(p)) && before <= sum);
	uint32_t required = 0;
	for (uint64_t size = 1; size < UINT64_C(10000000); size *= 3) {
		must(match_plan_required(p, size) >= required && match_plan_required(p, size) >= 1);
		required = match_plan_required(p, size);
		must(match_plan_required_at_home(p, size) >= required);
	}
}

static void make_values(const struct match_plan *p)
{
	static const struct person_value values[] = {{.text = "maria del carmen"}, {.text = "19900203"},
		{.text = "+61822100298"}, {.text = "19?0"}, {.text = "x"}};
	struct person person = {0};
	const char *slots[MATCH_MAX_SLOTS];
	CF_CLEANUP_ARENA struct arena *scratch = arena_new(0);
	CF_CLEANUP_ARENA struct arena *keep = arena_new(0);
	must(scratch && keep);
	for (int f = 0; f < PERSON_N_FIELDS; f++) {
		person.values[f] = values;
		person.n_values[f] = sizeof values / sizeof *values;
	}
	must(match_values(p, &person, scratch, keep, slots) == 0);
	for (size_t s = 0; s < match_plan_n_slots(p); s++)
		must(!slots[s] || slots[s][0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	CF_CLEANUP_PLAN struct match_plan *plan = NULL;
	CF_CLEANUP_PLAN struct match_plan *again = NULL;
	CF_CLEANUP(buffer_done) struct buffer once = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer twice = BUFFER_INIT;
	struct cf_error err = CF_ERROR_INIT;
	int status = read_plan((const char *)data, n, &plan, &err);
	must(status == 0 || (err.code == status && err.message[0]));
	if (status < 0)
		return 0;
	check_limits(plan);
	check_weights(plan);
	make_values(plan);
	must(match_plan_format(plan, UINT32_MAX, &once) == 0);
	must(read_plan(once.data, once.n, &again, &err) == 0);
	must(match_plan_format(again, UINT32_MAX, &twice) == 0);
	must(strcmp(buffer_text(&once), buffer_text(&twice)) == 0);
	must(match_plan_weight(plan, all_keys(plan)) == match_plan_weight(again, all_keys(again)));
	return 0;
}
