/*
 * Sorting rows whose keys are random, in place, byte after byte from the first: the American flag sort of
 * McIlroy, Bostic and McIlroy, "Engineering radix sort", Computing Systems 6(1), 1993. What is left of a
 * bucket after a byte or three is few, and goes in by insertion.
 */
#include <string.h>

#include "store/late.h"

enum {
	FEW = 24,
	NUMBER_BYTES = 8,
	AT_RECORD = NUMBER_BYTES + TAG_BYTES,
	DIGITS = AT_RECORD + NUMBER_BYTES,
	N_BYTES = 256
};

static int compare(const struct late_row *x, const struct late_row *y)
{
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	int order = memcmp(x->key, y->key, TAG_BYTES);
	if (order)
		return order;
	return x->record < y->record ? -1 : x->record > y->record;
}

static unsigned byte_of(int64_t number, unsigned at)
{
	return (unsigned)((uint64_t)number >> (8 * (NUMBER_BYTES - 1 - at)) & 0xff);
}

/* Of the field, the key, and the record; numbers are not negative, and begin with their most significant
 * byte. The record too, because half a million may have one name. */
static unsigned digit(const struct late_row *row, unsigned at)
{
	if (at < NUMBER_BYTES)
		return byte_of(row->field, at);
	return at < AT_RECORD ? row->key[at - NUMBER_BYTES] : byte_of(row->record, at - AT_RECORD);
}

static void insert_all(struct late_row *rows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct late_row row = rows[i];
		size_t at = i;
		for (; at > 0 && compare(&rows[at - 1], &row) > 0; at--)
			rows[at] = rows[at - 1];
		rows[at] = row;
	}
}

/* Swaps each row into its bucket; ends[b] is where bucket b ends. */
static void distribute(struct late_row *rows, size_t n, unsigned at, size_t ends[N_BYTES])
{
	size_t next[N_BYTES];
	size_t counts[N_BYTES] = {0};
	for (size_t i = 0; i < n; i++)
		counts[digit(&rows[i], at)]++;
	for (size_t b = 0, sum = 0; b < N_BYTES; b++) {
		next[b] = sum;
		sum += counts[b];
		ends[b] = sum;
	}
	for (size_t b = 0; b < N_BYTES; b++)
		while (next[b] < ends[b]) {
			struct late_row row = rows[next[b]];
			for (unsigned to; (to = digit(&row, at)) != b;) {
				const struct late_row other = rows[next[to]];
				rows[next[to]++] = row;
				row = other;
			}
			rows[next[b]++] = row;
		}
}

/* rows that are alike before the digit at; DIGITS deep at most. */
static void sort_from(struct late_row *rows, size_t n, unsigned at)
{
	size_t ends[N_BYTES];
	if (n <= FEW)
		insert_all(rows, n);
	if (n <= FEW || at == DIGITS)
		return;
	distribute(rows, n, at, ends);
	for (size_t b = 0, from = 0; b < N_BYTES; from = ends[b++])
		if (ends[b] - from > 1)
			sort_from(rows + from, ends[b] - from, at + 1);
}

void late_sort(struct late_row *rows, size_t n)
{
	sort_from(rows, n, 0);
}
