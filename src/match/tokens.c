#include "match/tokens.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/interrupt.h"
#include "match/wire.h"

/* Tokens handed to the pool at once: enough to keep all cores busy for a tenth of a second. */
enum { BLOCK_TOKENS = 8192 };

int match_tokens_new(size_t n, size_t n_slots, struct match_tokens **ret, struct cf_error *err)
{
	struct match_tokens *t = NEW(struct match_tokens);
	if (!t)
		return error_memory(err);
	*t = (struct match_tokens){.n = n, .n_slots = n_slots};
	t->stratum = NEW_ARRAY(uint16_t, n);
	/* n is at most MATCH_MAX_RECORDS and n_slots at most MATCH_MAX_SLOTS: no overflow */
	t->tokens = mem_alloc(n * n_slots, GROUP_ELEMENT_BYTES);
	if (!t->stratum || !t->tokens) {
		match_tokens_free(t);
		return error_set(err, CF_E_MEMORY, "no memory for %zu records of %zu tokens", n, n_slots);
	}
	*ret = t;
	return 0;
}

struct match_tokens *match_tokens_free(struct match_tokens *t)
{
	if (!t)
		return NULL;
	mem_free(t->stratum);
	mem_free(t->tokens);
	return mem_free(t);
}

/*
 * Secrets
 */

int match_secrets_init(struct secret *master, struct match_secrets *ret, struct cf_error *err)
{
	CF_CLEANUP_SECRET struct secret *own = master;
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	struct secret *exponent;
	TRY(secret_derive(own, "exponent", 0, 64, &seed, err));
	TRY(group_scalar_from_seed(seed, &exponent, err));
	*ret = (struct match_secrets){.master = TAKE(own), .exponent = exponent};
	return 0;
}

void match_secrets_done(struct match_secrets *s)
{
	s->master = secret_free(s->master);
	s->exponent = secret_free(s->exponent);
}

/*
 * Blinding
 */

static int append_part(struct buffer *out, const void *data, size_t n)
{
	uint8_t length[8] = {0};
	for (size_t i = 0; i < sizeof length; i++)
		length[i] = (uint8_t)((uint64_t)n >> (8 * i));
	TRY(buffer_append(out, length, sizeof length));
	return buffer_append(out, data, n);
}

int match_hash_input(const struct match_study *s, const char *key, const char *value, struct buffer *out)
{
	TRY(append_part(out, s->id, sizeof s->id));
	TRY(append_part(out, key, strlen(key)));
	return append_part(out, value, strlen(value));
}

/* A block of slots, hashed together: inputs one after the other in one buffer that is wiped after use. */
struct blinding {
	const struct match_study *study;
	const struct match_records *records;
	struct buffer inputs;
	size_t *ends;
	struct group_message *messages;
};

static void blinding_done(struct blinding *b)
{
	if (b->inputs.data)
		secret_wipe(b->inputs.data, b->inputs.capacity);
	buffer_done(&b->inputs);
	mem_free(b->ends);
	mem_free(b->messages);
}

static int fill_block(struct blinding *b, size_t first, size_t n)
{
	const struct match_plan *plan = b->study->plan;
	const size_t n_slots = b->records->n_slots;
	buffer_clear(&b->inputs);
	for (size_t i = 0; i < n; i++) {
		const char *value = b->records->values[first + i];
		const size_t key = match_plan_slot_key(plan, (first + i) % n_slots);
		if (value)
			TRY(match_hash_input(b->study, match_plan_key_name(plan, key), value, &b->inputs));
		b->ends[i] = b->inputs.n;
	}
	size_t start = 0;
	for (size_t i = 0; i < n; i++) {
		bool empty = b->records->values[first + i] == NULL;
		b->messages[i] = (struct group_message){
			.data = empty ? NULL : b->inputs.data + start,
			.n = b->ends[i] - start,
		};
		start = b->ends[i];
	}
	return 0;
}

int match_tokens_blind(const struct match_study *s, const struct match_records *records,
	const struct match_secrets *secrets, const struct match_work *work, struct match_tokens **ret,
	struct cf_error *err)
{
	const size_t total = records->n * records->n_slots;
	CF_CLEANUP_TOKENS struct match_tokens *t = NULL;
	TRY(match_tokens_new(records->n, records->n_slots, &t, err));
	CF_CLEANUP(blinding_done) struct blinding b = {.study = s, .records = records};
	b.ends = NEW_ARRAY(size_t, BLOCK_TOKENS);
	b.messages = NEW_ARRAY(struct group_message, BLOCK_TOKENS);
	if (!b.ends || !b.messages)
		return error_memory(err);
	for (size_t i = 0; i < records->n; i++)
		t->stratum[i] = (uint16_t)records->stratum[i];
	for (size_t first = 0; first < total; first += BLOCK_TOKENS) {
		size_t n = total - first < BLOCK_TOKENS ? total - first : BLOCK_TOKENS;
		if (fill_block(&b, first, n) < 0)
			return error_memory(err);
		TRY(group_blind_batch(work->pool, secrets->exponent, b.messages, n, MATCH_HASH_TAG,
			strlen(MATCH_HASH_TAG), t->tokens + first * GROUP_ELEMENT_BYTES, err));
		progress_report(work->progress, "blinding", first + n, total);
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped while blinding");
	}
	*ret = TAKE(t);
	return 0;
}

/*
 * Raising
 */

int match_tokens_raise(struct match_tokens *t, const struct match_secrets *secrets,
	const struct match_work *work, struct cf_error *err)
{
	const size_t total = t->n * t->n_slots;
	for (size_t first = 0; first < total; first += BLOCK_TOKENS) {
		size_t n = total - first < BLOCK_TOKENS ? total - first : BLOCK_TOKENS;
		uint8_t *at = t->tokens + first * GROUP_ELEMENT_BYTES;
		size_t bad = 0;
		int status = group_multiply_batch(work->pool, secrets->exponent, at, n, at, &bad, err);
		if (status == CF_E_REFUSED)
			return error_set(err, CF_E_REFUSED,
				"record %zu, slot %zu holds no valid group element",
				(first + bad) / t->n_slots + 1, (first + bad) % t->n_slots + 1);
		TRY(status);
		progress_report(work->progress, "raising", first + n, total);
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped while raising tokens");
	}
	return 0;
}

/*
 * Shuffling
 */

/* First slot and number of slots of each key: the slots of a key are neighbours. */
struct key_slots {
	size_t first, n;
};

static void find_slots(const struct match_plan *plan, size_t key, struct key_slots *ret)
{
	*ret = (struct key_slots){0};
	for (size_t slot = 0; slot < match_plan_n_slots(plan); slot++) {
		if (match_plan_slot_key(plan, slot) != key)
			continue;
		if (ret->n == 0)
			ret->first = slot;
		ret->n++;
	}
}

/* Puts m tokens in the order of their ranks (all different); m is at most MATCH_MAX_SLOTS. */
static void sort_by_rank(uint8_t *tokens, uint32_t *rank, size_t m)
{
	for (size_t i = 1; i < m; i++) {
		for (size_t j = i; j > 0 && rank[j - 1] > rank[j]; j--) {
			uint8_t swap[GROUP_ELEMENT_BYTES];
			uint32_t r = rank[j];
			uint8_t *a = tokens + (j - 1) * GROUP_ELEMENT_BYTES;
			uint8_t *b = a + GROUP_ELEMENT_BYTES;
			rank[j] = rank[j - 1];
			rank[j - 1] = r;
			memcpy(swap, a, sizeof swap);
			memcpy(a, b, sizeof swap);
			memcpy(b, swap, sizeof swap);
		}
	}
}

/* One uniform permutation of all the key's slots gives, by its ranks, a uniform and independent order of the
 * slots in each record. */
static int shuffle_key(struct match_tokens *t, const struct key_slots *slots, const struct secret *seed,
	struct cf_error *err)
{
	if (slots->n < 2 || t->n == 0)
		return 0;
	CF_CLEANUP_FREE uint32_t *rank = NEW_ARRAY(uint32_t, t->n * slots->n);
	if (!rank)
		return error_memory(err);
	TRY(secret_permutation(seed, t->n * slots->n, rank, err));
	for (size_t i = 0; i < t->n; i++)
		sort_by_rank(t->tokens + (i * t->n_slots + slots->first) * GROUP_ELEMENT_BYTES,
			rank + i * slots->n, slots->n);
	return 0;
}

int match_tokens_shuffle(const struct match_study *s, struct match_tokens *t, size_t list,
	const struct match_secrets *secrets, uint32_t **ret_order, struct cf_error *err)
{
	CF_CLEANUP_FREE uint32_t *order = NEW_ARRAY(uint32_t, t->n);
	CF_CLEANUP_SECRET struct secret *seed = NULL;
	if (!order)
		return error_memory(err);
	TRY(secret_derive(secrets->master, "shuffle records", list, 32, &seed, err));
	TRY(secret_permutation(seed, t->n, order, err));
	for (size_t key = 0; key < match_plan_n_keys(s->plan); key++) {
		struct key_slots slots;
		CF_CLEANUP_SECRET struct secret *key_seed = NULL;
		find_slots(s->plan, key, &slots);
		TRY(secret_derive(
			secrets->master, "shuffle slots", list * MATCH_MAX_KEYS + key, 32, &key_seed, err));
		TRY(shuffle_key(t, &slots, key_seed, err));
	}
	*ret_order = TAKE(order);
	return 0;
}

/*
 * Checking
 */

static int check_strata(const struct match_study *s, const struct match_join *join,
	const struct match_tokens *t, struct cf_error *err)
{
	const uint32_t n_codes = match_study_n_codes(s);
	CF_CLEANUP_FREE uint32_t *counts = NEW_ARRAY_ZERO(uint32_t, n_codes);
	if (!counts)
		return error_memory(err);
	for (size_t i = 0; i < t->n; i++)
		counts[t->stratum[i]]++;
	if (memcmp(counts, join->stratum_counts, n_codes * sizeof *counts) != 0)
		return error_set(err, CF_E_REFUSED,
			"the strata of list '%s' are not those it was joined with",
			match_study_card(s, join->party)->name);
	return 0;
}

/* The key's tokens of all records, as indices "record * n + place", sorted by token. */
struct sorting {
	const struct match_tokens *t;
	struct key_slots slots;
};

static const uint8_t *token_at(const struct sorting *s, uint32_t index)
{
	size_t record = index / s->slots.n;
	size_t slot = s->slots.first + index % s->slots.n;
	return s->t->tokens + (record * s->t->n_slots + slot) * GROUP_ELEMENT_BYTES;
}

static int by_token(const void *a, const void *b, void *context)
{
	const uint32_t *x = a;
	const uint32_t *y = b;
	int order = memcmp(token_at(context, *x), token_at(context, *y), GROUP_ELEMENT_BYTES);
	if (order)
		return order;
	return (*x > *y) - (*x < *y);
}

/* The largest number of records that share one token of the key. */
static int most_repeats(struct sorting *sorting, uint32_t *ret, struct cf_error *err)
{
	const size_t n = sorting->t->n * sorting->slots.n;
	CF_CLEANUP_FREE uint32_t *index = NEW_ARRAY(uint32_t, n);
	if (!index)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		index[i] = (uint32_t)i;
	qsort_r(index, n, sizeof *index, by_token, sorting);
	uint32_t most = 0;
	uint32_t run = 0;
	for (size_t i = 0; i < n; i++) {
		bool same = i > 0 && memcmp(token_at(sorting, index[i]), token_at(sorting, index[i - 1]),
					     GROUP_ELEMENT_BYTES) == 0;
		bool same_record = same && index[i] / sorting->slots.n == index[i - 1] / sorting->slots.n;
		run = same ? run + !same_record : 1;
		if (run > most)
			most = run;
	}
	*ret = most;
	return 0;
}

int match_tokens_check(const struct match_study *s, const struct match_join *join,
	const struct match_tokens *t, struct cf_error *err)
{
	TRY(check_strata(s, join, t, err));
	for (size_t key = 0; key < match_plan_n_keys(s->plan); key++) {
		struct sorting sorting = {.t = t};
		uint32_t most = 0;
		find_slots(s->plan, key, &sorting.slots);
		if (sorting.slots.n == 0)
			continue;
		TRY(most_repeats(&sorting, &most, err));
		if (most > match_plan_max_repeats(s->plan))
			return error_set(err, CF_E_REFUSED,
				"list '%s' repeats a token of key '%s' in %" PRIu32
				" records; the study allows %" PRIu32,
				match_study_card(s, join->party)->name, match_plan_key_name(s->plan, key),
				most, match_plan_max_repeats(s->plan));
	}
	return 0;
}

struct element_check {
	const struct match_tokens *t;
	size_t first, total;
};

enum { CHECK_TOKENS = 256 };

static int check_elements(void *context, size_t task, size_t worker, struct cf_error *err)
{
	const struct element_check *c = context;
	const size_t n_slots = c->t->n_slots;
	const size_t first = c->first + task * CHECK_TOKENS;
	(void)worker;
	for (size_t i = first; i < first + CHECK_TOKENS && i < c->total; i++)
		if (!group_is_valid(c->t->tokens + i * GROUP_ELEMENT_BYTES))
			return error_set(err, CF_E_REFUSED,
				"record %zu, slot %zu holds no valid group element", i / n_slots + 1,
				i % n_slots + 1);
	return 0;
}

int match_tokens_check_elements(
	const struct match_tokens *t, const struct match_work *work, struct cf_error *err)
{
	const size_t total = t->n * t->n_slots;
	for (size_t first = 0; first < total; first += BLOCK_TOKENS) {
		struct element_check c = {.t = t, .first = first, .total = total};
		size_t n = total - first < BLOCK_TOKENS ? total - first : BLOCK_TOKENS;
		TRY(jobs_run(work->pool, (n + CHECK_TOKENS - 1) / CHECK_TOKENS, check_elements, &c, err));
		progress_report(work->progress, "checking", first + n, total);
	}
	return 0;
}

/*
 * On the way
 */

uint64_t match_tokens_bytes(size_t n, size_t n_slots)
{
	return (uint64_t)n * (2 + (uint64_t)n_slots * GROUP_ELEMENT_BYTES);
}

int match_tokens_read(const struct match_study *s, size_t n, const struct match_source *from,
	struct match_tokens **ret, struct cf_error *err)
{
	const size_t row_bytes = match_plan_n_slots(s->plan) * GROUP_ELEMENT_BYTES;
	const uint32_t n_codes = match_study_n_codes(s);
	CF_CLEANUP_TOKENS struct match_tokens *t = NULL;
	TRY(match_tokens_new(n, match_plan_n_slots(s->plan), &t, err));
	for (size_t i = 0; i < n; i++) {
		uint8_t code[2];
		TRY(from->read(from->context, code, sizeof code, err));
		t->stratum[i] = wire_get16(code);
		if (t->stratum[i] >= n_codes)
			return error_set(err, CF_E_REFUSED,
				"record %zu has a stratum that the study does not know", i + 1);
		TRY(from->read(from->context, t->tokens + i * row_bytes, row_bytes, err));
	}
	*ret = TAKE(t);
	return 0;
}

int match_tokens_write(const struct match_tokens *t, const uint32_t *order, const struct match_sink *to,
	struct cf_error *err)
{
	const size_t row_bytes = t->n_slots * GROUP_ELEMENT_BYTES;
	for (size_t i = 0; i < t->n; i++) {
		size_t at = order ? order[i] : i;
		uint8_t code[2];
		wire_put16(code, t->stratum[at]);
		TRY(to->write(to->context, code, sizeof code, err));
		TRY(to->write(to->context, t->tokens + at * row_bytes, row_bytes, err));
	}
	return 0;
}
