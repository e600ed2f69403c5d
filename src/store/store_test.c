/* Records go in, are changed, found, listed, counted and read back, on both backends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/test_support.h"

static void round_trip(struct test_place *p)
{
	struct store *s = test_create(p);
	struct test_item t;
	struct store_result result;
	struct store_record r = STORE_RECORD_INIT;
	const struct store_reason why = {"first interview", "hotline log 7"};
	test_item(&t, 1, 1);
	MUST(store_put(s, &t.item, &why, &result, &err));
	assert_int_equal(result.outcome, STORE_NEW);
	assert_int_equal(result.revision, 1);
	MUST(store_put(s, &t.item, &why, &result, &err));
	assert_int_equal(result.outcome, STORE_UNCHANGED);
	test_item(&t, 1, 2);
	MUST(store_put(s, &t.item, NULL, &result, &err));
	assert_int_equal(result.outcome, STORE_CHANGED);
	assert_int_equal(result.revision, 2);
	s = store_close(s);
	s = test_open(p);
	MUST(store_get(s, &t.item.id, 0, &r, &err));
	assert_string_equal(r.entity, "person");
	assert_int_equal(r.n_payload, t.item.n_payload);
	assert_memory_equal(r.payload, t.payload, r.n_payload);
	assert_string_equal(r.source_id, "hotline-1");
	assert_int_equal(r.n_columns, 3);
	assert_string_equal(r.columns[1].value, t.country);
	assert_int_equal(r.n_terms, 2);
	assert_memory_equal(r.terms[0].data, t.phone, r.terms[0].n);
	store_record_done(&r);
	MUST(store_get(s, &t.item.id, 1, &r, &err));
	assert_string_equal(r.reason, "first interview");
	assert_string_equal(r.source, "hotline log 7");
	assert_string_equal(r.author, "organisation");
	store_record_done(&r);
	MUST_FAIL(CF_E_NOT_FOUND, store_get(s, &t.item.id, 3, &r, &err));
	struct store_history h = STORE_HISTORY_INIT;
	MUST(store_history(s, &t.item.id, &h, &err));
	assert_int_equal(h.n, 2);
	assert_int_equal(h.at[0].revision, 1);
	store_history_done(&h);
	store_close(s);
}

static void say(void *context, const char *what)
{
	(void)context;
	(void)fprintf(stderr, "  %s\n", what);
}

static void verify(struct test_place *p)
{
	struct store *s = test_create(p);
	struct test_item t;
	struct store_result result;
	struct audit_verified verified;
	struct store_erased erased;
	for (unsigned i = 0; i < 40; i++) {
		test_item(&t, i, 1);
		MUST(store_put(s, &t.item, NULL, &result, &err));
		if (i % 3 == 0) {
			test_item(&t, i, 2);
			MUST(store_put(s, &t.item, NULL, &result, &err));
		}
	}
	MUST(audit_verify(s, NULL, say, NULL, &verified, &err));
	MUST(store_rotate(s, &err));
	MUST(audit_verify(s, NULL, say, NULL, &verified, &err));
	struct store_id person = test_id('p', 3);
	MUST(store_erase_person(s, &person, &erased, &err));
	assert_int_equal(erased.n_records, 1);
	assert_int_equal(erased.n_revisions, 2);
	MUST(audit_verify(s, NULL, say, NULL, &verified, &err));
	MUST(store_rotate_index(s, &err));
	MUST(audit_verify(s, NULL, say, NULL, &verified, &err));
	MUST(store_check(s, &err));
	assert_int_equal(verified.n_revisions, 54);
	s = store_close(s);
	s = test_open(p);
	MUST(audit_verify(s, NULL, say, NULL, &verified, &err));
	store_close(s);
}

static void test_verify(void **state)
{
	struct test_place p;
	(void)state;
	test_place_start(&p);
	verify(&p);
	test_place_end(&p);
}

static void test_round_trip(void **state)
{
	struct test_place p;
	(void)state;
	test_place_start(&p);
	round_trip(&p);
	test_place_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_verify),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
