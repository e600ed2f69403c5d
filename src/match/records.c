#include "match/records.h"

#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "match/merge.h"
#include "match/pool.h"
#include "match/postings.h"
#include "match/values.h"

/* At home: a token that more rows share is no help in finding duplicates, and a person has no more rows. */
enum { MAX_HOME_REPEATS = 64, MAX_ROWS_OF_A_PERSON = 64, HOME_ROUNDS = 1 };

struct match_records *match_records_free(struct match_records *r)
{
	if (!r)
		return NULL;
	arena_free(r->arena);
	mem_free(r->values);
	mem_free(r->stratum);
	mem_free(r->row_record);
	return mem_free(r);
}

/* What the steps share. */
struct maker {
	const struct person_list *list;
	const struct match_plan *plan;
	const struct match_strata *strata;
	const struct progress *progress;
	struct arena *scratch;  /* of one row's values */
	struct arena *pooled;   /* of persons' value arrays */
	struct person *persons; /* rows first, then records */
	uint64_t *who;          /* who a person looks like */
	uint64_t *digests;      /* rows * slots, 0: an empty slot */
	uint32_t *twin;         /* of each row: the first row that says the same and enough */
	struct match_records *r;
};

static void maker_done(struct maker *m)
{
	arena_free(m->scratch);
	arena_free(m->pooled);
	mem_free(m->persons);
	mem_free(m->who);
	mem_free(m->digests);
	mem_free(m->twin);
	match_records_free(m->r);
}

static int maker_init(struct maker *m, struct cf_error *err)
{
	const size_t n = m->list->n;
	const size_t n_slots = match_plan_n_slots(m->plan);
	size_t cells;
	if (n >= UINT32_MAX / MATCH_MAX_SLOTS || __builtin_mul_overflow(n, n_slots, &cells))
		return error_set(
			err, CF_E_LIMIT, "list '%s' has more rows than can be compared", m->list->name);
	m->scratch = arena_new(0);
	m->pooled = arena_new(0);
	m->persons = NEW_ARRAY(struct person, n);
	m->who = NEW_ARRAY(uint64_t, n);
	m->digests = NEW_ARRAY(uint64_t, cells);
	m->twin = NEW_ARRAY(uint32_t, n);
	m->r = NEW(struct match_records);
	if (!m->scratch || !m->pooled || !m->persons || !m->who || !m->digests || !m->twin || !m->r)
		return error_memory(err);
	m->r->arena = arena_new(0);
	m->r->row_record = NEW_ARRAY(uint32_t, n);
	m->r->n_rows = n;
	m->r->n_slots = n_slots;
	return m->r->arena && m->r->row_record ? 0 : error_memory(err);
}

static int report(const struct maker *m, const char *stage, size_t done, size_t all, struct cf_error *err)
{
	enum { STEP = 1024 };
	if (done % STEP)
		return 0;
	progress_report(m->progress, stage, done, all);
	return interrupt_requested() ? error_set(err, CF_E_INTERRUPTED, "stopped while %s", stage) : 0;
}

/* ---- rows ---- */

static uint64_t digest_value(const char *text)
{
	const struct person_value value = {.text = text};
	const struct person p = {.values = {&value}, .n_values = {1}};
	uint64_t digest = match_person_digest(&p, 1);
	return digest ? digest : 1;
}

/* The digests of every row's slots, without the identifiers that many share. */
static int digest_rows(struct maker *m, struct cf_error *err)
{
	const uint32_t looks = 1u << PERSON_GIVEN_NAME | 1u << PERSON_FAMILY_NAME | 1u << PERSON_FULL_NAME |
			       1u << PERSON_BIRTH_DATE;
	const size_t n_slots = m->r->n_slots;
	const char *slots[MATCH_MAX_SLOTS];
	CF_CLEANUP_ARENA struct arena *values = arena_new(0);
	if (!values)
		return error_memory(err);
	for (size_t i = 0; i < m->list->n; i++) {
		const struct person *row = &m->list->persons[i];
		m->who[i] = match_person_digest(row, looks);
		if (match_pool(&row, 1, m->pooled, &m->persons[i]) < 0)
			return error_memory(err);
	}
	TRY(match_drop_shared(
		m->persons, m->who, m->list->n, match_plan_max_sharing(m->plan), m->pooled, err));
	for (size_t i = 0; i < m->list->n; i++) {
		TRY(report(m, "reading keys", i, m->list->n, err));
		arena_reset(values);
		if (match_values(m->plan, &m->persons[i], m->scratch, values, slots) < 0)
			return error_memory(err);
		for (size_t s = 0; s < n_slots; s++)
			m->digests[i * n_slots + s] = slots[s] ? digest_value(slots[s]) : 0;
	}
	return 0;
}

static uint64_t keys_of_row(const struct maker *m, size_t row)
{
	uint64_t keys = 0;
	for (size_t s = 0; s < m->r->n_slots; s++)
		if (m->digests[row * m->r->n_slots + s])
			keys |= (uint64_t)1 << match_plan_slot_key(m->plan, s);
	return keys;
}

static int by_digests(const void *x, const void *y, void *context)
{
	const struct maker *m = context;
	const uint32_t a = *(const uint32_t *)x;
	const uint32_t b = *(const uint32_t *)y;
	int order = memcmp(&m->digests[a * m->r->n_slots], &m->digests[b * m->r->n_slots],
		m->r->n_slots * sizeof(uint64_t));
	return order ? order : (a > b) - (a < b);
}

/* Rows that repeat another in every slot are that person, however many there are, if the slots say enough. */
static int find_twins(struct maker *m, struct cf_error *err)
{
	const size_t n = m->list->n;
	const uint32_t required = match_plan_required_at_home(m->plan, n);
	CF_CLEANUP_FREE uint32_t *order = NEW_ARRAY(uint32_t, n);
	if (!order)
		return error_memory(err);
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof *order, by_digests, m);
	for (size_t i = 0; i < n; i++) {
		const uint32_t row = order[i];
		const uint32_t before = i ? order[i - 1] : row;
		m->twin[row] = row;
		if (i &&
			memcmp(&m->digests[row * m->r->n_slots], &m->digests[before * m->r->n_slots],
				m->r->n_slots * sizeof(uint64_t)) == 0 &&
			match_plan_weight(m->plan, keys_of_row(m, row)) >= required)
			m->twin[row] = m->twin[before];
	}
	return 0;
}

static bool row_digest(const void *context, uint32_t row, size_t slot, uint64_t *ret)
{
	const struct maker *m = context;
	*ret = m->digests[row * m->r->n_slots + slot];
	return *ret && m->twin[row] == row;
}

/* Among the tokens of one list 64 bits are enough. */
static bool always_equal(const void *context, uint32_t a, size_t slot_a, uint32_t b, size_t slot_b)
{
	(void)context;
	(void)a;
	(void)slot_a;
	(void)b;
	(void)slot_b;
	return true;
}

static int merge_rows(struct maker *m, struct match_groups **ret, struct cf_error *err)
{
	CF_CLEANUP_POSTINGS struct match_postings *postings = NULL;
	const uint32_t first[2] = {0, (uint32_t)m->list->n};
	const struct match_token_source source = {
		.n_records = m->list->n,
		.n_lists = 1,
		.first = first,
		.digest = row_digest,
		.equal = always_equal,
		.context = m,
		.max_repeats = MAX_HOME_REPEATS,
	};
	const struct match_merge_options options = {
		.plan = m->plan,
		.n_lists = 1,
		.first = first,
		.max_size = MAX_ROWS_OF_A_PERSON,
		.max_rounds = HOME_ROUNDS,
		.progress = m->progress,
	};
	TRY(match_postings_new(m->plan, &source, m->progress, &postings, err));
	return match_merge(postings, &options, ret, err);
}

/* ---- records ---- */

/* Numbers the groups by their first rows. Twins go where their first goes, which stands before them. */
static void number_records(struct maker *m, struct match_groups *groups)
{
	struct match_records *r = m->r;
	for (uint32_t row = 0; row < r->n_rows; row++) {
		uint32_t root = match_groups_find(groups, m->twin[row]);
		r->row_record[row] = root == row ? (uint32_t)r->n++ : r->row_record[root];
	}
}

/* Rows in the order of their records. */
static int rows_by_record(const struct match_records *r, uint32_t **ret_rows, uint32_t **ret_first)
{
	CF_CLEANUP_FREE uint32_t *rows = NEW_ARRAY(uint32_t, r->n_rows);
	CF_CLEANUP_FREE uint32_t *first = NEW_ARRAY_ZERO(uint32_t, r->n + 2);
	if (!rows || !first)
		return CF_E_MEMORY;
	for (size_t i = 0; i < r->n_rows; i++)
		first[r->row_record[i] + 2]++;
	for (size_t i = 2; i < r->n + 2; i++)
		first[i] += first[i - 1];
	for (uint32_t i = 0; i < r->n_rows; i++)
		rows[first[r->row_record[i] + 1]++] = i;
	*ret_rows = TAKE(rows);
	*ret_first = TAKE(first);
	return 0;
}

static int pool_records(struct maker *m, struct cf_error *err)
{
	const struct match_records *r = m->r;
	CF_CLEANUP_FREE uint32_t *rows = NULL;
	CF_CLEANUP_FREE uint32_t *first = NULL;
	CF_CLEANUP_FREE const struct person **of_record = NEW_ARRAY(const struct person *, r->n_rows);
	arena_reset(m->pooled);
	if (!of_record || rows_by_record(r, &rows, &first) < 0)
		return error_memory(err);
	for (size_t i = 0; i < r->n_rows; i++)
		of_record[i] = &m->list->persons[rows[i]];
	for (size_t i = 0; i < r->n; i++) {
		if (match_pool(of_record + first[i], first[i + 1] - first[i], m->pooled, &m->persons[i]) < 0)
			return error_memory(err);
		m->who[i] = i;
	}
	return match_drop_shared(m->persons, m->who, r->n, match_plan_max_sharing(m->plan), m->pooled, err);
}

static int fill_values(struct maker *m, struct cf_error *err)
{
	struct match_records *r = m->r;
	r->values = NEW_ARRAY(const char *, r->n * r->n_slots);
	if (!r->values)
		return error_memory(err);
	for (size_t i = 0; i < r->n; i++) {
		TRY(report(m, "making records", i, r->n, err));
		if (match_values(m->plan, &m->persons[i], m->scratch, r->arena, &r->values[i * r->n_slots]) <
			0)
			return error_memory(err);
	}
	return 0;
}

static bool value_digest(const void *context, uint32_t record, size_t slot, uint64_t *ret)
{
	const struct match_records *r = context;
	const char *value = r->values[record * r->n_slots + slot];
	if (value)
		*ret = digest_value(value);
	return value;
}

static bool value_equal(const void *context, uint32_t a, size_t slot_a, uint32_t b, size_t slot_b)
{
	const struct match_records *r = context;
	return strcmp(r->values[a * r->n_slots + slot_a], r->values[b * r->n_slots + slot_b]) == 0;
}

static int drop_repeats(struct maker *m, struct cf_error *err)
{
	struct match_records *r = m->r;
	CF_CLEANUP_POSTINGS struct match_postings *postings = NULL;
	const uint32_t first[2] = {0, (uint32_t)r->n};
	const struct match_token_source source = {
		.n_records = r->n,
		.n_lists = 1,
		.first = first,
		.digest = value_digest,
		.equal = value_equal,
		.context = r,
		.max_repeats = UINT32_MAX,
	};
	TRY(match_postings_new(m->plan, &source, m->progress, &postings, err));
	for (size_t i = 0; i < r->n * r->n_slots; i++) {
		const uint32_t code = postings->codes[i];
		if (!code ||
			postings->first[code + 1] - postings->first[code] <= match_plan_max_repeats(m->plan))
			continue;
		r->values[i] = NULL;
		r->n_dropped_values++;
	}
	return 0;
}

static int give_strata(struct maker *m, struct cf_error *err)
{
	struct match_records *r = m->r;
	r->stratum = NEW_ARRAY_ZERO(uint32_t, r->n);
	if (!r->stratum)
		return error_memory(err);
	if (!m->strata)
		return 0;
	for (size_t i = 0; i < r->n; i++) {
		r->stratum[i] = match_strata_code(m->strata, &m->persons[i]);
		m->who[i] = match_person_digest(&m->persons[i], UINT32_MAX);
	}
	return match_strata_coarsen(m->strata, r->stratum, r->n, m->who, &r->n_coarsened, err);
}

int match_records_new(const struct person_list *list, const struct match_plan *plan,
	const struct match_strata *strata, const struct progress *progress, struct match_records **ret,
	struct cf_error *err)
{
	CF_CLEANUP(maker_done)
	struct maker m = {.list = list, .plan = plan, .strata = strata, .progress = progress};
	CF_CLEANUP_GROUPS struct match_groups *groups = NULL;
	TRY(maker_init(&m, err));
	TRY(digest_rows(&m, err));
	TRY(find_twins(&m, err));
	TRY(merge_rows(&m, &groups, err));
	number_records(&m, groups);
	TRY(pool_records(&m, err));
	TRY(fill_values(&m, err));
	TRY(drop_repeats(&m, err));
	TRY(give_strata(&m, err));
	*ret = TAKE(m.r);
	return 0;
}
