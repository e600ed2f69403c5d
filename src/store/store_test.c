/* Records go in, are changed, found, listed, counted, erased, backed up and restored, on both backends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/test_support.h"

static void say(void *context, const char *what)
{
	(void)context;
	(void)fprintf(stderr, "  %s\n", what);
}

static void verify_all(struct store *s)
{
	struct audit_verified verified;
	MUST(audit_verify(s, NULL, say, NULL, &verified, &err));
	MUST(store_check(s, &err));
}

static void put_items(struct store *s, unsigned n, unsigned version)
{
	static struct test_item items[200];
	static struct store_item plain[200];
	REQUIRE(n <= 200);
	for (unsigned i = 0; i < n; i++) {
		test_item(&items[i], i, version);
		plain[i] = items[i].item;
	}
	MUST(store_put_batch(s, plain, n, NULL, NULL, &err));
}

static void same_as(const struct store_record *r, const struct test_item *t)
{
	assert_string_equal(r->entity, t->item.entity);
	assert_true(store_id_equal(&r->person_id, &t->item.person_id));
	assert_true(store_id_equal(&r->case_id, &t->item.case_id));
	assert_int_equal(r->n_payload, t->item.n_payload);
	assert_memory_equal(r->payload, t->payload, r->n_payload);
	assert_string_equal(r->source_id, t->source);
	assert_int_equal(r->n_columns, t->item.n_columns);
	for (size_t i = 0; i < r->n_columns; i++) {
		assert_string_equal(r->columns[i].field, t->columns[i].field);
		assert_string_equal(r->columns[i].value, t->columns[i].value);
	}
	assert_int_equal(r->n_terms, t->item.n_terms);
	for (size_t i = 0; i < r->n_terms; i++) {
		assert_string_equal(r->terms[i].field, t->terms[i].field);
		assert_int_equal(r->terms[i].n, t->terms[i].n);
		assert_memory_equal(r->terms[i].data, t->terms[i].data, t->terms[i].n);
	}
}

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
	MUST(store_put(s, &t.item, NULL, &result, &err));
	assert_int_equal(result.outcome, STORE_UNCHANGED);
	test_item(&t, 1, 2);
	t.item.base_revision = 7;
	MUST_FAIL(CF_E_STATE, store_put(s, &t.item, NULL, &result, &err));
	t.item.base_revision = 1;
	MUST(store_put(s, &t.item, NULL, &result, &err));
	assert_int_equal(result.outcome, STORE_CHANGED);
	assert_int_equal(result.revision, 2);
	/* found by its source alone */
	t.item.id = (struct store_id){{0}};
	t.item.base_revision = 0;
	MUST(store_put(s, &t.item, NULL, &result, &err));
	assert_int_equal(result.outcome, STORE_UNCHANGED);
	s = store_close(s);
	s = test_open(p);
	MUST(store_get(s, &result.id, 0, &r, &err));
	same_as(&r, &t);
	assert_string_equal(r.reason, "");
	store_record_done(&r);
	MUST(store_get(s, &result.id, 1, &r, &err));
	assert_string_equal(r.reason, "first interview");
	assert_string_equal(r.source, "hotline log 7");
	assert_string_equal(r.author, "organisation");
	test_item(&t, 1, 1);
	same_as(&r, &t);
	store_record_done(&r);
	MUST_FAIL(CF_E_NOT_FOUND, store_get(s, &result.id, 3, &r, &err));
	struct store_history h = STORE_HISTORY_INIT;
	MUST(store_history(s, &result.id, &h, &err));
	assert_int_equal(h.n, 2);
	assert_int_equal(h.at[0].revision, 1);
	assert_string_equal(h.at[1].author, "organisation");
	store_history_done(&h);
	struct store_id id;
	MUST(store_find_source(s, "person", "hotline-1", &id, &err));
	assert_true(store_id_equal(&id, &result.id));
	MUST_FAIL(CF_E_NOT_FOUND, store_find_source(s, "person", "hotline-2", &id, &err));
	store_close(s);
}

static uint64_t count_of_value(struct store *s, const char *field, const char *value)
{
	struct store_counts c = STORE_COUNTS_INIT;
	uint64_t n = 0;
	MUST(store_count(s, "person", field, &c, &err));
	for (size_t i = 0; i < c.n; i++)
		if (strcmp(c.at[i].value, value) == 0)
			n = c.at[i].n;
	store_counts_done(&c);
	return n;
}

static void lists(struct test_place *p)
{
	enum { N = 100 };
	struct store *s = test_create(p);
	struct store_page page = STORE_PAGE_INIT;
	uint64_t n = 0;
	put_items(s, N, 1);
	put_items(s, 10, 2);
	MUST(store_size(s, "person", &n, &err));
	assert_int_equal(n, N);
	MUST(store_size(s, "case", &n, &err));
	assert_int_equal(n, 0);
	/* against counting by hand */
	unsigned males = 0;
	unsigned in_c3 = 0;
	for (unsigned i = 0; i < N; i++) {
		struct test_item t;
		test_item(&t, i, i < 10 ? 2 : 1);
		males += strcmp(t.sex, "male") == 0;
		in_c3 += strcmp(t.country, "C3") == 0;
	}
	assert_int_equal(count_of_value(s, "sex", "male"), males);
	assert_int_equal(count_of_value(s, "country", "C3"), in_c3);
	assert_int_equal(count_of_value(s, "country", "C9"), N);
	/* all pages, newest first, each record once */
	struct store_query query = {.entity = "person", .limit = 7};
	unsigned seen = 0;
	do {
		MUST(store_list(s, &query, &page, &err));
		for (size_t i = 0; i < page.n; i++) {
			const struct store_id expected = test_id('r', N - 1 - seen++);
			assert_true(store_id_equal(&page.at[i].id, &expected));
			assert_string_equal(page.at[i].entity, "person");
		}
		query.before = page.n ? page.at[page.n - 1].key : 0;
		bool more = page.more;
		store_page_done(&page);
		if (!more)
			break;
	} while (seen < 2 * N);
	assert_int_equal(seen, N);
	query = (struct store_query){.entity = "person", .field = "country", .value = "C3", .limit = 50};
	MUST(store_list(s, &query, &page, &err));
	assert_int_equal(page.n, in_c3);
	store_page_done(&page);
	const struct store_id in_case = test_id('c', 5);
	query = (struct store_query){.case_id = &in_case, .limit = 50};
	MUST(store_list(s, &query, &page, &err));
	assert_int_equal(page.n, 4);
	store_page_done(&page);
	const struct store_term phone = {"phone", "+4479000003", 11};
	MUST(store_find(s, "person", &phone, 10, &page, &err));
	assert_int_equal(page.n, 2);
	const struct store_id newest = test_id('r', 7);
	assert_true(store_id_equal(&page.at[0].id, &newest));
	store_page_done(&page);
	/* what a revision no longer says is no longer found */
	const struct store_term old_name = {"name", "name key 3 1", 12};
	const struct store_term new_name = {"name", "name key 3 2", 12};
	MUST(store_find(s, "person", &old_name, 10, &page, &err));
	assert_int_equal(page.n, 0);
	store_page_done(&page);
	MUST(store_find(s, "person", &new_name, 10, &page, &err));
	assert_int_equal(page.n, 1);
	store_page_done(&page);
	verify_all(s);
	store_close(s);
}

/* A batch that speaks of a record twice, by id and by source. */
static void twice_in_a_batch(struct test_place *p)
{
	struct store *s = test_create(p);
	struct test_item t[4];
	struct store_item items[4];
	struct store_result results[4];
	for (unsigned i = 0; i < 4; i++) {
		test_item(&t[i], 9, 1 + i % 3);
		items[i] = t[i].item;
		items[i].id = (struct store_id){{0}};
		items[i].columns = t[i].columns;
		items[i].terms = t[i].terms;
	}
	MUST(store_put_batch(s, items, 4, NULL, results, &err));
	assert_int_equal(results[0].outcome, STORE_NEW);
	for (unsigned i = 1; i < 4; i++) {
		assert_int_equal(results[i].outcome, STORE_CHANGED);
		assert_int_equal(results[i].revision, i + 1);
		assert_true(store_id_equal(&results[i].id, &results[0].id));
	}
	verify_all(s);
	store_close(s);
}

static int put_then_fail(struct store *s, void *context, struct cf_error *err)
{
	struct test_item t;
	struct store_result result;
	const bool *refuse = context;
	test_item(&t, 50, 1);
	TRY(store_put(s, &t.item, NULL, &result, err));
	t.item.entity = "No Such Name";
	if (*refuse)
		return error_set(err, CF_E_USAGE, "as asked");
	/* a failure that the function forgets still fails the whole */
	if (store_put(s, &t.item, NULL, &result, NULL) >= 0)
		abort();
	return 0;
}

static void all_or_nothing(struct test_place *p)
{
	struct store *s = test_create(p);
	uint64_t n = 0;
	bool refuse = true;
	put_items(s, 5, 1);
	MUST_FAIL(CF_E_USAGE, store_run(s, put_then_fail, &refuse, &err));
	refuse = false;
	MUST_FAIL(CF_E_STATE, store_run(s, put_then_fail, &refuse, &err));
	MUST(store_size(s, NULL, &n, &err));
	assert_int_equal(n, 5);
	struct test_item t[3];
	struct store_item items[3];
	for (unsigned i = 0; i < 3; i++) {
		test_item(&t[i], 60 + i, 1);
		items[i] = t[i].item;
	}
	t[1].columns[1].field = "no such name";
	struct cf_error said = CF_ERROR_INIT;
	assert_int_equal(store_put_batch(s, items, 3, NULL, NULL, &said), CF_E_USAGE);
	assert_int_equal(said.line, 2);
	MUST(store_size(s, NULL, &n, &err));
	assert_int_equal(n, 5);
	verify_all(s);
	store_close(s);
}

static void erasing(struct test_place *p)
{
	struct store *s = test_create(p);
	struct store_erased erased;
	struct store_record r = STORE_RECORD_INIT;
	struct store_page page = STORE_PAGE_INIT;
	struct store_result result;
	struct test_item t;
	put_items(s, 20, 1);
	put_items(s, 20, 2);
	const struct store_id person = test_id('p', 3);
	const struct store_id record = test_id('r', 3);
	MUST(store_erase_person(s, &person, &erased, &err));
	assert_int_equal(erased.n_records, 1);
	assert_int_equal(erased.n_revisions, 2);
	MUST_FAIL(CF_E_STATE, store_get(s, &record, 0, &r, &err));
	MUST_FAIL(CF_E_NOT_FOUND, store_erase_person(s, &person, &erased, &err));
	const struct store_term phone = {"phone", "+4479000001", 11};
	MUST(store_find(s, "person", &phone, 10, &page, &err));
	assert_int_equal(page.n, 1);
	store_page_done(&page);
	assert_int_equal(count_of_value(s, "country", "C9"), 19);
	test_item(&t, 3, 1);
	MUST_FAIL(CF_E_REFUSED, store_put(s, &t.item, NULL, &result, &err));
	t.item.id = test_id('r', 99);
	t.item.source_id = NULL;
	MUST_FAIL(CF_E_REFUSED, store_put(s, &t.item, NULL, &result, &err));
	verify_all(s);
	s = store_close(s);
	s = test_open(p);
	verify_all(s);
	store_close(s);
}

static void keys_change(struct test_place *p)
{
	struct store *s = test_create(p);
	struct store *other = test_open(p);
	struct store_record r = STORE_RECORD_INIT;
	const struct store_id id = test_id('r', 4);
	put_items(s, 20, 1);
	MUST(store_get(other, &id, 0, &r, &err));
	store_record_done(&r);
	MUST(store_rotate(s, &err));
	/* one that was open before goes on */
	MUST(store_get(other, &id, 0, &r, &err));
	store_record_done(&r);
	verify_all(other);
	MUST(store_rotate_index(other, &err));
	MUST(store_rotate(other, &err));
	verify_all(s);
	store_close(other);
	/* the passphrase is changed without touching a record */
	struct secret *passphrase = test_secret("correct horse battery");
	struct secret *wrong = test_secret("incorrect horse battery");
	const struct store_options options = test_options(p);
	const struct store_unlock both = {.passphrase = passphrase, .key_file = p->key_file};
	const struct store_unlock half = {.passphrase = passphrase};
	const struct store_unlock bad = {.passphrase = wrong, .key_file = p->key_file};
	MUST(store_change_unlock(s, &both, &err));
	MUST(store_rotate(s, &err));
	s = store_close(s);
	MUST_FAIL(CF_E_REFUSED, store_open(p->location, &half, &options, &s, &err));
	MUST_FAIL(CF_E_REFUSED, store_open(p->location, &bad, &options, &s, &err));
	const struct store_unlock old = test_unlock(p);
	MUST_FAIL(CF_E_REFUSED, store_open(p->location, &old, &options, &s, &err));
	MUST(store_open(p->location, &both, &options, &s, &err));
	MUST(store_change_unlock(s, &half, &err));
	s = store_close(s);
	MUST(store_open(p->location, &half, &options, &s, &err));
	MUST(store_get(s, &id, 0, &r, &err));
	store_record_done(&r);
	verify_all(s);
	store_close(s);
	secret_free(passphrase);
	secret_free(wrong);
}

static void backup_restore(struct test_place *p)
{
	struct store *s = test_create(p);
	struct store_erased erased;
	char backup[128];
	char restored[128];
	struct store_options options = test_options(p);
	const struct store_unlock unlock = test_unlock(p);
	const struct store_id person = test_id('p', 3);
	const struct store_id early = test_id('p', 5);
	const struct store_id record = test_id('r', 3);
	struct store_record r = STORE_RECORD_INIT;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", p->folder);
	(void)snprintf(restored, sizeof restored, "%s/restored.db", p->folder);
	put_items(s, 20, 1);
	put_items(s, 20, 2);
	MUST(store_erase_person(s, &early, &erased, &err));
	MUST(store_backup(s, backup, &err));
	MUST_FAIL(CF_E_STATE, store_backup(s, backup, &err));
	verify_all(s);
	/* erased after the backup: a restore brings nobody back */
	MUST(store_erase_person(s, &person, &erased, &err));
	store_close(s);
	options.erasure_list = NULL;
	MUST_FAIL(CF_E_USAGE, store_restore(backup, restored, &unlock, &options, &err));
	options.erasure_list = "/nowhere/erasures";
	MUST_FAIL(CF_E_USAGE, store_restore(backup, restored, &unlock, &options, &err));
	options = test_options(p);
	MUST(store_restore(backup, restored, &unlock, &options, &err));
	MUST(store_open(restored, &unlock, &options, &s, &err));
	MUST_FAIL(CF_E_STATE, store_get(s, &record, 0, &r, &err));
	const struct store_id other = test_id('r', 4);
	MUST(store_get(s, &other, 0, &r, &err));
	store_record_done(&r);
	verify_all(s);
	store_close(s);
	/* and into the other kind of database */
	struct test_place q;
	test_place_start(&q, !p->postgres);
	MUST(store_restore(backup, q.location, &unlock, &options, &err));
	MUST(store_open(q.location, &unlock, &options, &s, &err));
	MUST_FAIL(CF_E_STATE, store_get(s, &record, 0, &r, &err));
	verify_all(s);
	store_close(s);
	test_place_end(&q);
}

#define BOTH(name)                                                                                           \
	static void test_##name(void **state)                                                                \
	{                                                                                                    \
		(void)state;                                                                                 \
		test_on_both(name);                                                                          \
	}
BOTH(round_trip)
BOTH(lists)
BOTH(twice_in_a_batch)
BOTH(all_or_nothing)
BOTH(erasing)
BOTH(keys_change)
BOTH(backup_restore)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_twice_in_a_batch),
		cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_erasing),
		cmocka_unit_test(test_keys_change),
		cmocka_unit_test(test_backup_restore),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
