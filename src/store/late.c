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

enum { LATE_MAX = 1500000, PLACES_MIN = 64 };
enum { BLOOM_BITS = 1 << 26 }; /* one wrong answer in 50 at seven million keys */

struct late {
	struct late_row *rows;
	size_t n, capacity;
	/* of rows that can be found, by key: 1 + place in rows; a power of two, two thirds taken at most */
	uint32_t *places;
	size_t n_places;
	size_t n_found;
	uint64_t factor; /* odd and random, so that nobody can choose ids that crowd one place */
	/* of keys that could be found and were written since the transaction began; NULL: none */
	uint64_t *bloom;
};

_Static_assert((int)STORE_ID_BYTES == (int)TAG_BYTES, "ids and tags are keys alike");

static void drop_rows(struct late *late)
{
	late->rows = mem_free(late->rows);
	late->places = mem_free(late->places);
	late->n = late->capacity = 0;
	late->n_found = late->n_places = 0;
}

void late_forget(struct store *s)
{
	if (s->late) {
		drop_rows(s->late);
		mem_free(s->late->bloom);
	}
	s->late = mem_free(s->late);
}

/* ---- finding ---- */

/* The place of the key, or the free one where it would stand; there are places. */
static uint32_t *place_of(const struct late *late, int64_t field, const uint8_t key[TAG_BYTES])
{
	uint64_t mixed;
	memcpy(&mixed, key, sizeof mixed);
	for (size_t at = (size_t)((mixed * late->factor) >> 32);; at++) {
		uint32_t *place = &late->places[at & (late->n_places - 1)];
		if (!*place)
			return place;
		const struct late_row *row = &late->rows[*place - 1];
		if (row->field == field && memcmp(row->key, key, TAG_BYTES) == 0)
			return place;
	}
}

bool late_find(const struct store *s, int64_t field, const uint8_t key[TAG_BYTES], int64_t *ret_record)
{
	if (!s->late || !s->late->n_places)
		return false;
	uint32_t place = *place_of(s->late, field, key);
	if (place)
		*ret_record = s->late->rows[place - 1].record;
	return place != 0;
}

/* Room for one more that can be found. */
static int more_places(struct late *late, struct cf_error *err)
{
	struct late grown = *late;
	if (3 * (late->n_found + 1) <= 2 * late->n_places)
		return CF_OK;
	grown.n_places = late->n_places ? 2 * late->n_places : PLACES_MIN;
	grown.places = NEW_ARRAY_ZERO(uint32_t, grown.n_places);
	if (!grown.places)
		return error_memory(err);
	for (size_t i = 0; i < late->n_places; i++)
		if (late->places[i]) {
			const struct late_row *row = &late->rows[late->places[i] - 1];
			*place_of(&grown, row->field, row->key) = late->places[i];
		}
	mem_free(late->places);
	*late = grown;
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

/* Keys that leave for the database; what stands there when a transaction begins is not known. */
static int note_all(struct store *s, struct cf_error *err)
{
	struct late *late = s->late;
	if (s->began_with != 0)
		return CF_OK;
	if (!late->bloom)
		late->bloom = NEW_ARRAY_ZERO(uint64_t, BLOOM_BITS / 64);
	if (!late->bloom)
		return error_memory(err);
	for (size_t i = 0; i < late->n_places; i++)
		for (size_t k = 0; late->places[i] && k < N_HASHES; k++) {
			size_t bit = bit_of(late->rows[late->places[i] - 1].key, k);
			late->bloom[bit / 64] |= UINT64_C(1) << bit % 64;
		}
	return CF_OK;
}

bool late_excludes(const struct store *s, const uint8_t key[TAG_BYTES])
{
	if (s->began_with != 0 || !s->late || !s->late->bloom)
		return s->began_with == 0;
	for (size_t i = 0; i < N_HASHES; i++)
		if (!(s->late->bloom[bit_of(key, i) / 64] >> bit_of(key, i) % 64 & 1))
			return true;
	return false;
}

/* ---- writing ---- */

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

static int write_all(struct store *s, struct cf_error *err)
{
	struct late *late = s->late;
	late_sort(late->rows, late->n);
	for (size_t i = 0; i < late->n; i++)
		TRY(write_row(s, &late->rows[i], err));
	drop_rows(late);
	return CF_OK;
}

int late_flush(struct store *s, struct cf_error *err)
{
	if (!s->late || !s->late->n)
		return CF_OK;
	TRY(note_all(s, err));
	return write_all(s, err);
}

int late_finish(struct store *s, struct cf_error *err)
{
	TRY(s->late && s->late->n ? write_all(s, err) : CF_OK);
	late_forget(s);
	return CF_OK;
}

/* ---- adding ---- */

static int begin(struct store *s, struct cf_error *err)
{
	if (s->late)
		return CF_OK;
	s->late = NEW(struct late);
	if (!s->late)
		return error_memory(err);
	fresh_bytes(&s->late->factor, sizeof s->late->factor);
	s->late->factor |= 1;
	return CF_OK;
}

static int add(struct store *s, int64_t field, const uint8_t *key, int64_t record, bool can_be_found,
	struct cf_error *err)
{
	TRY(begin(s, err));
	struct late *late = s->late;
	if (late->n >= (s->late_max ? s->late_max : LATE_MAX))
		TRY(late_flush(s, err));
	struct late_row *grown = mem_grow(late->rows, late->n, &late->capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	late->rows = grown;
	if (can_be_found)
		TRY(more_places(late, err));
	struct late_row *row = &late->rows[late->n++];
	*row = (struct late_row){.field = field, .record = record};
	memcpy(row->key, key, TAG_BYTES);
	if (can_be_found) {
		*place_of(late, field, key) = (uint32_t)late->n;
		late->n_found++;
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
