#include "match/postings.h"

#include <string.h>

#include "base/interrupt.h"

struct match_postings *match_postings_free(struct match_postings *p)
{
	if (!p)
		return NULL;
	mem_free(p->codes);
	mem_free(p->first);
	mem_free(p->records);
	return mem_free(p);
}

struct token {
	uint64_t digest;
	uint32_t record;
	uint32_t slot;
};

struct builder {
	const struct match_token_source *source;
	struct match_postings *p;
	struct token *tokens; /* of the key at hand */
	struct token *spare;
	size_t n;
	size_t records_capacity;
	size_t first_capacity;
	size_t n_records; /* in postings so far */
};

/* Stable, by the digest, 16 bits at a time from the low end (Knuth, TAOCP 3, 5.2.5). Ends in *tokens again.
 */
static void sort_by_digest(struct token **tokens, struct token **spare, size_t n, uint32_t *counts)
{
	for (int shift = 0; shift < 64; shift += 16) {
		memset(counts, 0, sizeof(uint32_t) << 16);
		for (size_t i = 0; i < n; i++)
			counts[(*tokens)[i].digest >> shift & 0xffff]++;
		uint32_t sum = 0;
		for (size_t i = 0; i < 1 << 16; i++) {
			uint32_t here = counts[i];
			counts[i] = sum;
			sum += here;
		}
		for (size_t i = 0; i < n; i++)
			(*spare)[counts[(*tokens)[i].digest >> shift & 0xffff]++] = (*tokens)[i];
		struct token *swap = *tokens;
		*tokens = *spare;
		*spare = swap;
	}
}

static bool add_posting(struct builder *b, uint32_t record)
{
	uint32_t *grown = mem_grow(b->p->records, b->n_records, &b->records_capacity, sizeof *grown);
	if (!grown)
		return false;
	b->p->records = grown;
	grown[b->n_records++] = record;
	return true;
}

/* Moves the tokens of the run [from, to) that equal the one at from to its front, in order; returns where
 * they end. Unequal tokens with one digest are as good as never there. */
static size_t gather_equal(const struct builder *b, size_t from, size_t to)
{
	const struct match_token_source *s = b->source;
	const struct token one = b->tokens[from];
	size_t end = from + 1;
	for (size_t i = from + 1; i < to; i++) {
		struct token t = b->tokens[i];
		if (!s->equal(s->context, one.record, one.slot, t.record, t.slot))
			continue;
		memmove(&b->tokens[end + 1], &b->tokens[end], (i - end) * sizeof t);
		b->tokens[end++] = t;
	}
	return end;
}

/* Distinct records of a group, and whether some list has too many of them. Records ascend, so lists do. */
static size_t count_records(const struct builder *b, size_t from, size_t to, bool *ret_too_many)
{
	const uint32_t *first = b->source->first;
	size_t n = 0;
	size_t list = 0;
	uint32_t in_list = 0;
	uint32_t last = UINT32_MAX;
	*ret_too_many = false;
	for (size_t i = from; i < to; i++) {
		uint32_t record = b->tokens[i].record;
		if (record == last)
			continue;
		last = record;
		n++;
		if (record >= first[list + 1]) {
			while (record >= first[list + 1])
				list++;
			in_list = 0;
		}
		*ret_too_many |= ++in_list > b->source->max_repeats;
	}
	return n;
}

static int add_code(struct builder *b, size_t from, size_t to, struct cf_error *err)
{
	struct match_postings *p = b->p;
	if (p->n_codes + 2 >= UINT32_MAX)
		return error_set(err, CF_E_LIMIT, "the lists share more tokens than can be numbered");
	uint32_t *grown = mem_grow(p->first, p->n_codes + 2, &b->first_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	p->first = grown;
	const uint32_t code = (uint32_t)++p->n_codes;
	p->first[code] = (uint32_t)b->n_records;
	for (size_t i = from; i < to; i++) {
		const struct token t = b->tokens[i];
		if ((i == from || b->tokens[i - 1].record != t.record) && !add_posting(b, t.record))
			return error_memory(err);
		p->codes[(size_t)t.record * p->n_slots + t.slot] = code;
	}
	p->first[code + 1] = (uint32_t)b->n_records;
	return 0;
}

static int code_key(struct builder *b, const struct match_key *key, uint32_t *counts, struct cf_error *err)
{
	const struct match_token_source *s = b->source;
	b->n = 0;
	for (uint32_t r = 0; r < s->n_records; r++)
		for (size_t i = 0; i < key->n_slots; i++) {
			struct token t = {.record = r, .slot = (uint32_t)(key->first_slot + i)};
			if (s->digest(s->context, r, t.slot, &t.digest))
				b->tokens[b->n++] = t;
		}
	sort_by_digest(&b->tokens, &b->spare, b->n, counts);
	for (size_t from = 0; from < b->n;) {
		size_t run_end = from + 1;
		while (run_end < b->n && b->tokens[run_end].digest == b->tokens[from].digest)
			run_end++;
		while (from < run_end) {
			bool too_many = false;
			size_t end = gather_equal(b, from, run_end);
			size_t n = count_records(b, from, end, &too_many);
			b->p->n_left_out += too_many;
			if (n > 1 && !too_many)
				TRY(add_code(b, from, end, err));
			from = end;
		}
	}
	return 0;
}

static int code_all(struct builder *b, const struct match_plan *plan, const struct progress *progress,
	struct cf_error *err)
{
	CF_CLEANUP_FREE uint32_t *counts = NEW_ARRAY(uint32_t, 1 << 16);
	if (!counts)
		return error_memory(err);
	const size_t n_keys = match_plan_n_keys(plan);
	for (size_t k = 0; k < n_keys; k++) {
		progress_report(progress, "sorting tokens", k, n_keys);
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped while sorting tokens");
		TRY(code_key(b, match_plan_key(plan, k), counts, err));
	}
	return 0;
}

static size_t most_slots(const struct match_plan *plan)
{
	size_t most = 1;
	for (size_t k = 0; k < match_plan_n_keys(plan); k++)
		if (match_plan_key(plan, k)->n_slots > most)
			most = match_plan_key(plan, k)->n_slots;
	return most;
}

int match_postings_new(const struct match_plan *plan, const struct match_token_source *source,
	const struct progress *progress, struct match_postings **ret, struct cf_error *err)
{
	const size_t n_slots = match_plan_n_slots(plan);
	size_t n_tokens = 0;
	if (source->n_records >= UINT32_MAX / MATCH_MAX_SLOTS)
		return error_set(
			err, CF_E_LIMIT, "%zu records are more than can be compared", source->n_records);
	n_tokens = source->n_records * most_slots(plan);
	CF_CLEANUP_POSTINGS struct match_postings *p = NEW(struct match_postings);
	if (!p)
		return error_memory(err);
	p->n_records = source->n_records;
	p->n_slots = n_slots;
	p->codes = NEW_ARRAY_ZERO(uint32_t, source->n_records * n_slots);
	struct builder b = {.source = source, .p = p, .first_capacity = 16};
	p->first = NEW_ARRAY_ZERO(uint32_t, b.first_capacity);
	b.tokens = NEW_ARRAY(struct token, n_tokens);
	b.spare = NEW_ARRAY(struct token, n_tokens);
	int status = CF_E_MEMORY;
	if (p->codes && p->first && b.tokens && b.spare)
		status = code_all(&b, plan, progress, err);
	else
		(void)error_memory(err);
	mem_free(b.tokens);
	mem_free(b.spare);
	TRY(status);
	*ret = TAKE(p);
	return 0;
}
