/*
 * Rows that wait for the end of a transaction: their order, against qsort; and that a transaction sees what
 * waits, however much of it may wait, on each backend, with the log's own verification for what stands in
 * the tables in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "store/late.h"
#include "store/test_support.h"

/* ---- order ---- */

static int compare(const void *a, const void *b)
{
	const struct late_row *x = a;
	const struct late_row *y = b;
	if (x->field != y->field)
		return x->field < y->field ? -1 : 1;
	int order = memcmp(x->key, y->key, TAG_BYTES);
	return order ? order : (x->record > y->record) - (x->record < y->record);
}

/* Few different bytes make long common beginnings and whole keys alike. */
static void fill(
	struct random_stream *r, struct late_row *rows, size_t n, unsigned n_bytes, unsigned n_fields)
{
	memset(rows, 0, n * sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		unsigned field = (unsigned)random_below(r, n_fields + 2);
		rows[i].field = field == n_fields       ? LATE_OWNED
				: field == n_fields + 1 ? LATE_ID
							: (int64_t)field * 200 + 1;
		rows[i].record = (int64_t)(random_bits(r) >> (1 + random_below(r, 60)));
		for (size_t b = 0; b < TAG_BYTES; b++)
			rows[i].key[b] =
				(uint8_t)(random_below(r, n_bytes) * 255 / (n_bytes > 1 ? n_bytes - 1 : 1));
	}
}

static void sorts(void **state)
{
	enum { MAX = 5000, ROUNDS = 200 };
	static struct late_row rows[MAX];
	static struct late_row reference[MAX];
	static const unsigned bytes[] = {256, 16, 2, 1};
	struct random_stream r;
	(void)state;
	random_init(&r, 11, 1);
	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t n = random_below(&r, i % 10 ? 200 : MAX);
		fill(&r, rows, n, bytes[i % 4], 1 + i % 3);
		memcpy(reference, rows, n * sizeof *rows);
		late_sort(rows, n);
		if (n)
			qsort(reference, n, sizeof *reference, compare);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(compare(&rows[k], &reference[k]), 0);
	}
}

/* ---- within a transaction ---- */

enum { N = 240, BATCH = 60 };

/* Without an id: found by the source alone. */
static void put_some(struct store *s, unsigned first, unsigned version, enum store_outcome wanted)
{
	static struct test_item t[BATCH];
	struct store_item items[BATCH];
	struct store_result results[BATCH];
	for (unsigned i = 0; i < BATCH; i++) {
		test_item(&t[i], first + i, version);
		items[i] = t[i].item;
		items[i].id = (struct store_id){{0}};
	}
	MUST(store_put_batch(s, items, BATCH, NULL, results, &err));
	for (unsigned i = 0; i < BATCH; i++)
		assert_int_equal(results[i].outcome, wanted);
}

static void assert_listed(struct store *s, const struct store_id *person, size_t n)
{
	struct store_page page = STORE_PAGE_INIT;
	const struct store_query query = {.person_id = person, .limit = 10};
	MUST(store_list(s, &query, &page, &err));
	assert_int_equal(page.n, n);
	store_page_done(&page);
}

/* To another person and no case. */
static void move(struct store *s, unsigned n)
{
	struct test_item t;
	struct store_id known;
	struct store_result result;
	const struct store_id before = test_id('p', n);
	const struct store_id after = test_id('q', n);
	test_item(&t, n, 3);
	MUST(store_find_source(s, "person", t.source, &known, &err));
	t.item.id = known;
	t.item.person_id = after;
	t.item.case_id = (struct store_id){{0}};
	MUST(store_put(s, &t.item, NULL, &result, &err));
	assert_int_equal(result.outcome, STORE_CHANGED);
	assert_true(store_id_equal(&result.id, &known));
	assert_listed(s, &before, 0);
	assert_listed(s, &after, 1);
}

static int everything(struct store *s, void *context, struct cf_error *error)
{
	struct store_id id;
	(void)context;
	(void)error;
	for (unsigned first = 0; first < N; first += BATCH)
		put_some(s, first, 1, STORE_NEW);
	MUST(store_find_source(s, "person", "hotline-5", &id, &err));
	MUST_FAIL(CF_E_NOT_FOUND, store_find_source(s, "person", "hotline-5000", &id, &err));
	put_some(s, 0, 1, STORE_UNCHANGED);
	put_some(s, BATCH, 2, STORE_CHANGED);
	put_some(s, BATCH, 1, STORE_CHANGED);
	for (unsigned n = 0; n < N; n += 17)
		move(s, n);
	return CF_OK;
}

static void check(struct store *s)
{
	struct audit_verified verified;
	struct store_page page = STORE_PAGE_INIT;
	struct test_item t;
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	assert_int_equal(verified.n_records, N);
	for (unsigned n = 0; n < N; n += 7) {
		test_item(&t, n, 1);
		MUST(store_find(s, "person", &t.terms[0], 10, &page, &err));
		assert_int_equal(page.n, 2); /* two persons share a phone */
		store_page_done(&page);
	}
	/* and again, in a store that is no longer empty */
	put_some(s, 2 * BATCH, 2, STORE_CHANGED);
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
}

static void waits(struct test_place *p)
{
	static const size_t limits[] = {0, 1, 7, 500};
	struct test_place fresh = *p;
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (i)
			test_place_start(&fresh, p->postgres);
		struct store *s = test_create(&fresh);
		s->late_max = limits[i];
		MUST(store_run(s, everything, NULL, &err));
		check(s);
		store_close(s);
		if (i)
			test_place_end(&fresh);
	}
}

static int fails(struct store *s, void *context, struct cf_error *error)
{
	(void)context;
	put_some(s, 0, 1, STORE_NEW);
	return error_set(error, CF_E_INPUT, "on purpose");
}

/* What waited for a transaction that failed is gone, also from what the next one sees. */
static void forgets(struct test_place *p)
{
	struct store *s = test_create(p);
	struct store_id id;
	MUST_FAIL(CF_E_INPUT, store_run(s, fails, NULL, &err));
	MUST_FAIL(CF_E_NOT_FOUND, store_find_source(s, "person", "hotline-5", &id, &err));
	put_some(s, 0, 1, STORE_NEW);
	MUST(store_find_source(s, "person", "hotline-5", &id, &err));
	store_close(s);
}

static void test_waits(void **state)
{
	(void)state;
	test_on_both(waits);
}

static void test_forgets(void **state)
{
	(void)state;
	test_on_both(forgets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_forgets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
