/*
 * Index rows that can wait. Their keys are random, so that each costs a page of an index, and pages do not
 * stay in memory when millions of rows come: within one transaction the rows of ids and of the blind index
 * are gathered, over all its batches, and go in sorted. What a transaction must find again before its end,
 * ids and source record ids, is found here by late_find; whoever looks for more puts the rows in first.
 */
#include <stdlib.h>
#include <string.h>

#include "store/inside.h"

enum { LATE_MAX = 1500000 };
enum { PLACES = 1 << 21 }; /* of late_find: more than LATE_MAX, so that it ends */
_Static_assert((int)PLACES > (int)LATE_MAX, "places");

struct late_row {
	int64_t field; /* 0: the key is a record's id */
	int64_t record;
	uint8_t key[TAG_BYTES];
};

struct late {
	struct late_row *rows; /* room for LATE_MAX at once: only what is filled takes memory */
	size_t n;
	uint32_t *places; /* of rows that can be found, by key: 1 + place in rows */
	uint64_t factor;  /* odd and random, so that nobody can choose ids that crowd one place */
};

_Static_assert(STORE_ID_BYTES == TAG_BYTES, "ids and tags are keys alike");

static struct late *late_free(struct late *late)
{
	if (late) {
		mem_free(late->rows);
		mem_free(late->places);
	}
	return mem_free(late);
}

void late_forget(struct store *s)
{
	s->late = late_free(s->late);
}

static int begin(struct store *s, struct cf_error *err)
{
	if (s->late)
		return CF_OK;
	struct late *late = NEW(struct late);
	if (!late)
		return error_memory(err);
	late->rows = NEW_ARRAY(struct late_row, LATE_MAX);
	late->places = NEW_ARRAY_ZERO(uint32_t, PLACES);
	if (!late->rows || !late->places) {
		late_free(late);
		return error_memory(err);
	}
	crypto_random(&late->factor, sizeof late->factor);
	late->factor |= 1;
	s->late = late;
	return CF_OK;
}

/* The place of the key, or the free one where it would stand. */
static uint32_t *place_of(const struct late *late, int64_t field, const uint8_t key[TAG_BYTES])
{
	uint64_t mixed;
	memcpy(&mixed, key, sizeof mixed);
	for (size_t at = (size_t)((mixed * late->factor) >> 32) & (PLACES - 1);;
		at = (at + 1) & (PLACES - 1)) {
		uint32_t *place = &late->places[at];
		if (!*place)
			return place;
		const struct late_row *row = &late->rows[*place - 1];
		if (row->field == field && memcmp(row->key, key, TAG_BYTES) == 0)
			return place;
	}
}

bool late_find(const struct store *s, int64_t field, const uint8_t key[TAG_BYTES], int64_t *ret_record)
{
	if (!s->late)
		return false;
	uint32_t place = *place_of(s->late, field, key);
	if (place)
		*ret_record = s->late->rows[place - 1].record;
	return place != 0;
}

static int compare(const void *a, const void *b)
{
	const struct late_row *x = a;
	const struct late_row *y = b;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	int order = memcmp(x->key, y->key, TAG_BYTES);
	if (order)
		return order;
	return x->record < y->record ? -1 : x->record > y->record;
}

static int write_row(struct store *s, const struct late_row *row, struct cf_error *err)
{
	const struct db_value values[] = {
		DB_INT(row->field), DB_BYTES(row->key, TAG_BYTES), DB_INT(row->record)};
	return row->field ? db_run(s->db, S_TERM_ADD, values, 3, err)
			  : db_run(s->db, S_RECORD_ID_ADD, values + 1, 2, err);
}

int late_flush(struct store *s, struct cf_error *err)
{
	struct late *late = s->late;
	if (!late)
		return CF_OK;
	qsort(late->rows, late->n, sizeof *late->rows, compare);
	for (size_t i = 0; i < late->n; i++)
		TRY(write_row(s, &late->rows[i], err));
	late_forget(s);
	return CF_OK;
}

static int add(struct store *s, int64_t field, const uint8_t *key, int64_t record, bool can_be_found,
	struct cf_error *err)
{
	if (s->late && s->late->n == LATE_MAX)
		TRY(late_flush(s, err));
	TRY(begin(s, err));
	struct late *late = s->late;
	struct late_row *row = &late->rows[late->n++];
	row->field = field;
	row->record = record;
	memcpy(row->key, key, TAG_BYTES);
	if (can_be_found)
		*place_of(late, field, key) = (uint32_t)late->n;
	return CF_OK;
}

int late_add_term(struct store *s, const struct index_row *row, bool is_source, struct cf_error *err)
{
	return add(s, row->field, row->tag, row->record, is_source, err);
}

int late_add_id(struct store *s, const struct store_id *id, int64_t record, struct cf_error *err)
{
	return add(s, 0, id->bytes, record, true, err);
}
