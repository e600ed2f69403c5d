/*
 * Index rows that can wait. Their keys are random, so that each costs a page of an index, and pages do not
 * stay in memory when millions of rows come: within one transaction the rows of ids, of whose a record is and
 * of the blind index are gathered, over all its batches, and go in sorted. What a transaction must find again
 * before its end, ids and source record ids, is found here by late_find; whoever looks for more puts the rows
 * in first.
 */
#include <string.h>

#include "base/fresh.h"
#include "store/late.h"

enum { LATE_MAX = 1500000 };
enum { PLACES = 1 << 21 };     /* of late_find: more than LATE_MAX, so that it ends */
enum { BLOOM_BITS = 1 << 26 }; /* one wrong answer in 50 at seven million keys */
_Static_assert((int)PLACES > (int)LATE_MAX, "places");

struct late {
	struct late_row *rows; /* room for LATE_MAX at once: only what is filled takes memory */
	size_t n;
	uint32_t *places; /* of rows that can be found, by key: 1 + place in rows */
	uint64_t factor;  /* odd and random, so that nobody can choose ids that crowd one place */
	uint64_t *bloom;  /* of all keys that can or could be found since the transaction began */
};

_Static_assert((int)STORE_ID_BYTES == (int)TAG_BYTES, "ids and tags are keys alike");

static void drop_rows(struct late *late)
{
	late->rows = mem_free(late->rows);
	late->places = mem_free(late->places);
	late->n = 0;
}

static struct late *late_free(struct late *late)
{
	if (late) {
		drop_rows(late);
		mem_free(late->bloom);
	}
	return mem_free(late);
}

void late_forget(struct store *s)
{
	s->late = late_free(s->late);
}

static int late_new(struct late **ret, struct cf_error *err)
{
	struct late *late = NEW(struct late);
	if (!late)
		return error_memory(err);
	late->bloom = NEW_ARRAY_ZERO(uint64_t, BLOOM_BITS / 64);
	if (!late->bloom) {
		late_free(late);
		return error_memory(err);
	}
	fresh_bytes(&late->factor, sizeof late->factor);
	late->factor |= 1;
	*ret = late;
	return CF_OK;
}

static int make_room(struct store *s, struct cf_error *err)
{
	if (!s->late)
		TRY(late_new(&s->late, err));
	if (s->late->rows)
		return CF_OK;
	s->late->rows = NEW_ARRAY(struct late_row, LATE_MAX);
	s->late->places = NEW_ARRAY_ZERO(uint32_t, PLACES);
	if (s->late->rows && s->late->places)
		return CF_OK;
	drop_rows(s->late);
	return error_memory(err);
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
	if (!s->late || !s->late->rows)
		return false;
	uint32_t place = *place_of(s->late, field, key);
	if (place)
		*ret_record = s->late->rows[place - 1].record;
	return place != 0;
}

static int write_row(struct store *s, const struct late_row *row, struct cf_error *err)
{
	const struct db_value values[] = {
		DB_INT(row->field), DB_BYTES(row->key, TAG_BYTES), DB_INT(row->record)};
	if (row->field == LATE_ID)
		return db_run(s->db, S_RECORD_ID_ADD, values + 1, 2, err);
	if (row->field == LATE_OWNED)
		return db_run(s->db, S_OWNED_ADD, values + 1, 2, err);
	return db_run(s->db, S_TERM_ADD, values, 3, err);
}

int late_flush(struct store *s, struct cf_error *err)
{
	struct late *late = s->late;
	if (!late || !late->rows)
		return CF_OK;
	late_sort(late->rows, late->n);
	for (size_t i = 0; i < late->n; i++)
		TRY(write_row(s, &late->rows[i], err));
	drop_rows(late);
	return CF_OK;
}

/* ---- what was never there ---- */

enum { N_HASHES = 3 };

static size_t bit_of(const uint8_t key[TAG_BYTES], size_t i)
{
	uint32_t bits;
	memcpy(&bits, key + sizeof bits * i, sizeof bits);
	return bits & (BLOOM_BITS - 1);
}

static void note(struct late *late, const uint8_t key[TAG_BYTES])
{
	for (size_t i = 0; i < N_HASHES; i++)
		late->bloom[bit_of(key, i) / 64] |= UINT64_C(1) << bit_of(key, i) % 64;
}

bool late_excludes(const struct store *s, const uint8_t key[TAG_BYTES])
{
	if (!s->began_empty || !s->late)
		return s->began_empty;
	for (size_t i = 0; i < N_HASHES; i++)
		if (!(s->late->bloom[bit_of(key, i) / 64] >> bit_of(key, i) % 64 & 1))
			return true;
	return false;
}

/* ---- adding ---- */

static int add(struct store *s, int64_t field, const uint8_t *key, int64_t record, bool can_be_found,
	struct cf_error *err)
{
	if (s->late && s->late->n >= (s->late_max ? s->late_max : LATE_MAX))
		TRY(late_flush(s, err));
	TRY(make_room(s, err));
	struct late *late = s->late;
	late->rows[late->n] = (struct late_row){.field = field, .record = record};
	memcpy(late->rows[late->n++].key, key, TAG_BYTES);
	if (can_be_found) {
		*place_of(late, field, key) = (uint32_t)late->n;
		note(late, key);
	}
	return CF_OK;
}

int late_add_term(struct store *s, const struct index_row *row, bool is_source, struct cf_error *err)
{
	return add(s, row->field, row->tag, row->record, is_source, err);
}

int late_add_id(struct store *s, const struct store_id *id, int64_t record, struct cf_error *err)
{
	return add(s, LATE_ID, id->bytes, record, true, err);
}

int late_add_owned(struct store *s, const struct store_id *owner, int64_t record, struct cf_error *err)
{
	return store_id_is_none(owner) ? CF_OK : add(s, LATE_OWNED, owner->bytes, record, false, err);
}
