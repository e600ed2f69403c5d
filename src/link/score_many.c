/*
 * Pairs scored a batch at a time, field by field; a pair that its remaining fields cannot lift over the floor
 * leaves the batch.
 */
#include <math.h>

#include "link/scorer.h"

/* Pairs that people decided have their weight at once; the others begin with the prior. */
static void begin(const struct link_scorer *s, struct link_score_scratch *b,
	const struct link_row_pair *pairs, size_t n, double floor, double *weights)
{
	b->n = 0;
	for (size_t i = 0; i < n; i++) {
		int decided = s->n_decisions ? link_decisions_find(s->decisions, s->n_decisions,
						       pairs[i].left, pairs[i].right)
					     : 0;
		weights[i] = -INFINITY;
		if (decided) {
			weights[i] = decided * LINK_DECIDED < floor ? -INFINITY : decided * LINK_DECIDED;
			continue;
		}
		b->pairs[b->n] = pairs[i];
		b->weights[b->n] = s->weights.prior;
		b->patterns[b->n] = 0;
		b->places[b->n++] = (uint16_t)i;
	}
}

/* Pairs that with rest bits more do not reach the floor leave. */
static void leave(struct link_score_scratch *b, double rest, double floor)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++) {
		b->pairs[n] = b->pairs[i];
		b->weights[n] = b->weights[i];
		b->patterns[n] = b->patterns[i];
		b->places[n] = b->places[i];
		n += !(b->weights[i] + rest < floor);
	}
	b->n = n;
}

static void add_levels(struct link_score_scratch *b, size_t f, const uint8_t *levels)
{
	for (size_t i = 0; i < b->n; i++)
		b->patterns[i] |= (uint64_t)levels[i] << f * LINK_PATTERN_BITS;
}

/* Returns the fields compared, as bits. */
static uint32_t compare(const struct link_scorer *s, size_t worker, size_t f, struct link_score_scratch *b)
{
	int partner = link_comparer_partner(s->comparer, f);
	link_compare_field_many(s->comparer, worker, f, b->pairs, b->n, b->levels, b->partners);
	add_levels(b, f, b->levels);
	if (partner < 0)
		return (uint32_t)1 << f;
	add_levels(b, (size_t)partner, b->partners);
	return (uint32_t)1 << f | (uint32_t)1 << partner;
}

static void weigh(const struct link_scorer *s, size_t f, struct link_score_scratch *b)
{
	const float *by_frequency = s->by_frequency[f];
	for (size_t i = 0; i < b->n; i++) {
		unsigned level = link_pattern_level(b->patterns[i], f);
		b->weights[i] += s->weights.levels[f][level];
		if (level == LINK_LEVEL_EQUAL && by_frequency)
			b->weights[i] += by_frequency[link_comparer_code(s->comparer, f, b->pairs[i].left)];
	}
}

static void score_batch(const struct link_scorer *s, size_t worker, const struct link_row_pair *pairs,
	size_t n, double floor, double *ret_weights)
{
	struct link_score_scratch *b = &s->scratches[worker];
	uint32_t compared = 0;
	begin(s, b, pairs, n, floor, ret_weights);
	for (size_t i = 0; i < s->n_fields; i++) {
		leave(b, s->rest[i], floor);
		if (!(compared >> s->order[i] & 1))
			compared |= compare(s, worker, s->order[i], b);
		weigh(s, s->order[i], b);
	}
	for (size_t i = 0; i < b->n; i++) {
		double weight = b->weights[i] + link_weight_of_edges(&s->weights, b->patterns[i]);
		ret_weights[b->places[i]] = weight < floor ? -INFINITY : weight;
	}
}

void link_score_many(const struct link_scorer *s, size_t worker, const struct link_row_pair *pairs, size_t n,
	double floor, double *ret_weights)
{
	for (size_t i = 0; i < n; i += LINK_BATCH) {
		size_t m = n - i < LINK_BATCH ? n - i : LINK_BATCH;
		link_fetch_rows(s->comparer, pairs + i, m);
		score_batch(s, worker, pairs + i, m, floor, ret_weights + i);
	}
}

double link_score_pair(
	const struct link_scorer *s, size_t worker, uint32_t left, uint32_t right, double floor)
{
	const struct link_row_pair pair = {left, right};
	double weight;
	score_batch(s, worker, &pair, 1, floor, &weight);
	return weight;
}
