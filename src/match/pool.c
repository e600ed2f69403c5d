#include "match/pool.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- pooling ---- */

struct counted {
	struct person_value value;
	size_t n;
};

static int by_frequency(const void *x, const void *y)
{
	const struct counted *a = x;
	const struct counted *b = y;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return strcmp(a->value.text, b->value.text);
}

static void count_value(struct counted *counts, size_t *n, const struct person_value *v)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(counts[i].value.text, v->text) == 0) {
			counts[i].n++;
			return;
		}
	counts[(*n)++] = (struct counted){*v, 1};
}

static int pool_field(
	const struct person *const *rows, size_t n, int field, struct arena *arena, struct person *ret)
{
	size_t most = 0;
	for (size_t i = 0; i < n; i++)
		most += rows[i]->n_values[field];
	if (!most)
		return 0;
	CF_CLEANUP_FREE struct counted *counts = NEW_ARRAY(struct counted, most);
	if (!counts)
		return CF_E_MEMORY;
	size_t n_values = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t v = 0; v < rows[i]->n_values[field]; v++)
			count_value(counts, &n_values, &rows[i]->values[field][v]);
	qsort(counts, n_values, sizeof *counts, by_frequency);
	if (n_values > UINT8_MAX)
		n_values = UINT8_MAX;
	struct person_value *values = arena_alloc(arena, n_values, sizeof *values);
	if (!values)
		return CF_E_MEMORY;
	for (size_t i = 0; i < n_values; i++)
		values[i] = counts[i].value;
	ret->values[field] = values;
	ret->n_values[field] = (uint8_t)n_values;
	return 0;
}

int match_pool(const struct person *const *rows, size_t n, struct arena *arena, struct person *ret)
{
	*ret = (struct person){.row = rows[0]->row};
	for (int f = 0; f < PERSON_N_FIELDS; f++)
		TRY(pool_field(rows, n, f, arena, ret));
	return 0;
}

/* ---- digests ---- */

/* FNV-1a, then the finaliser of SplitMix64 so that every bit depends on all. For equality within one list
 * only; nothing leaves the house. */
static uint64_t digest_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

uint64_t match_person_digest(const struct person *p, uint32_t fields)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (int f = 0; f < PERSON_N_FIELDS; f++) {
		if (!(fields >> f & 1))
			continue;
		h = digest_text(h, person_field_name((enum person_field)f));
		for (size_t v = 0; v < p->n_values[f]; v++)
			h = digest_text(h, p->values[f][v].text);
	}
	return h;
}

/* ---- shared identifiers ---- */

static const enum person_field identifiers[] = {PERSON_PHONE, PERSON_DOCUMENT, PERSON_EMAIL};
enum { N_IDENTIFIERS = sizeof identifiers / sizeof *identifiers };

/* That a person has a value. */
struct holding {
	uint64_t value;
	uint64_t who;
	uint32_t person;
	uint8_t field;
	uint8_t at;
};

static bool same_value(const struct holding *a, const struct holding *b)
{
	return a->field == b->field && a->value == b->value;
}

static int by_value_and_person(const void *x, const void *y)
{
	const struct holding *a = x;
	const struct holding *b = y;
	if (a->field != b->field)
		return a->field < b->field ? -1 : 1;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return (a->who > b->who) - (a->who < b->who);
}

static size_t list_holdings(const struct person *persons, const uint64_t *who, size_t n, struct holding *ret)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < N_IDENTIFIERS; f++)
			for (size_t v = 0; v < persons[i].n_values[identifiers[f]]; v++) {
				if (ret)
					ret[count] = (struct holding){
						.value = digest_text(
							0, persons[i].values[identifiers[f]][v].text),
						.who = who[i],
						.person = (uint32_t)i,
						.field = (uint8_t)identifiers[f],
						.at = (uint8_t)v,
					};
				count++;
			}
	return count;
}

/* Values to take away lose their text first, in a copy of the person's array. */
static int blank(struct person *p, const struct holding *h, struct arena *arena)
{
	struct person_value *copy = arena_alloc(arena, p->n_values[h->field], sizeof *copy);
	if (!copy)
		return CF_E_MEMORY;
	memcpy(copy, p->values[h->field], p->n_values[h->field] * sizeof *copy);
	copy[h->at].text = NULL;
	p->values[h->field] = copy;
	return 0;
}

static int close_gaps(struct person *p, enum person_field field, struct arena *arena)
{
	size_t kept = 0;
	for (size_t v = 0; v < p->n_values[field]; v++)
		kept += p->values[field][v].text != NULL;
	if (kept == p->n_values[field])
		return 0;
	struct person_value *values = arena_alloc(arena, kept ? kept : 1, sizeof *values);
	if (!values)
		return CF_E_MEMORY;
	kept = 0;
	for (size_t v = 0; v < p->n_values[field]; v++)
		if (p->values[field][v].text)
			values[kept++] = p->values[field][v];
	p->values[field] = values;
	p->n_values[field] = (uint8_t)kept;
	return 0;
}

static int blank_shared(struct person *persons, const struct holding *holdings, size_t n,
	uint32_t max_sharing, struct arena *arena)
{
	for (size_t from = 0, to; from < n; from = to) {
		size_t holders = 1;
		for (to = from + 1; to < n && same_value(&holdings[to], &holdings[from]); to++)
			holders += holdings[to].who != holdings[to - 1].who;
		if (holders <= max_sharing)
			continue;
		for (size_t i = from; i < to; i++)
			TRY(blank(&persons[holdings[i].person], &holdings[i], arena));
	}
	return 0;
}

int match_drop_shared(struct person *persons, const uint64_t *who, size_t n, uint32_t max_sharing,
	struct arena *arena, struct cf_error *err)
{
	const size_t count = list_holdings(persons, who, n, NULL);
	CF_CLEANUP_FREE struct holding *holdings = NEW_ARRAY(struct holding, count);
	if (!holdings)
		return error_memory(err);
	(void)list_holdings(persons, who, n, holdings);
	qsort(holdings, count, sizeof *holdings, by_value_and_person);
	if (blank_shared(persons, holdings, count, max_sharing, arena) < 0)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < N_IDENTIFIERS; f++)
			if (close_gaps(&persons[i], identifiers[f], arena) < 0)
				return error_memory(err);
	return 0;
}
