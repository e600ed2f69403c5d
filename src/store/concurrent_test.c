/* Several processes at once on one store, on both backends, and failing allocations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "store/test_support.h"

enum { N_PROCESSES = 4, N_EACH = 15 };

static void write_some(const struct test_place *p, unsigned who)
{
	struct store *s = test_open(p);
	struct store_result result;
	struct test_item t;
	for (unsigned i = 0; i < N_EACH; i++) {
		test_item(&t, 100 * (who + 1) + i, 1);
		MUST(store_put(s, &t.item, NULL, &result, &err));
		REQUIRE(result.outcome == STORE_NEW);
		/* all of them change the same record */
		test_item(&t, 1, 100 * (who + 1) + i);
		MUST(store_put(s, &t.item, NULL, &result, &err));
	}
	if (who == 0)
		MUST(store_rotate(s, &err));
	store_close(s);
}

static void at_once(struct test_place *p)
{
	struct store *s = test_create(p);
	struct store_result result;
	struct audit_verified verified;
	struct store_history h = STORE_HISTORY_INIT;
	struct test_item t;
	pid_t children[N_PROCESSES];
	uint64_t n = 0;
	test_item(&t, 1, 1);
	MUST(store_put(s, &t.item, NULL, &result, &err));
	store_close(s);
	for (unsigned i = 0; i < N_PROCESSES; i++) {
		children[i] = fork();
		REQUIRE(children[i] >= 0);
		if (children[i] == 0) {
			write_some(p, i);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < N_PROCESSES; i++) {
		int status = 0;
		REQUIRE(waitpid(children[i], &status, 0) == children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	s = test_open(p);
	MUST(store_size(s, NULL, &n, &err));
	assert_int_equal(n, 1 + N_PROCESSES * N_EACH);
	MUST(store_history(s, &result.id, &h, &err));
	assert_int_equal(h.n, 1 + N_PROCESSES * N_EACH);
	for (size_t i = 0; i < h.n; i++)
		assert_int_equal(h.at[i].revision, i + 1);
	store_history_done(&h);
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	store_close(s);
}

static void test_at_once(void **state)
{
	(void)state;
	test_on_both(at_once);
}

/* Two with the same record open: the second to write is told. */
static void lost_update(struct test_place *p)
{
	struct store *a = test_create(p);
	struct store *b = test_open(p);
	struct store_result result;
	struct test_item t;
	test_item(&t, 1, 1);
	MUST(store_put(a, &t.item, NULL, &result, &err));
	test_item(&t, 1, 2);
	t.item.base_revision = 1;
	MUST(store_put(b, &t.item, NULL, &result, &err));
	test_item(&t, 1, 3);
	t.item.base_revision = 1;
	MUST_FAIL(CF_E_STATE, store_put(a, &t.item, NULL, &result, &err));
	t.item.base_revision = 2;
	MUST(store_put(a, &t.item, NULL, &result, &err));
	store_close(a);
	store_close(b);
}

static void test_lost_update(void **state)
{
	(void)state;
	test_on_both(lost_update);
}

/* ---- failing allocations ---- */

/* Each reads or writes the store that stands in the context's place, from opening to closing. */
static int writing(void *context, struct cf_error *err)
{
	static unsigned version;
	CF_CLEANUP_STORE struct store *s = NULL;
	struct store_result result;
	struct test_item t;
	const struct test_place *p = context;
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	TRY(store_open(p->location, &unlock, &options, &s, err));
	test_item(&t, 1, ++version + 10);
	TRY(store_put(s, &t.item, NULL, &result, err));
	return store_rotate(s, err);
}

static int reading(void *context, struct cf_error *err)
{
	CF_CLEANUP(store_record_done) struct store_record r = STORE_RECORD_INIT;
	CF_CLEANUP(store_page_done) struct store_page page = STORE_PAGE_INIT;
	CF_CLEANUP(store_page_done) struct store_page found = STORE_PAGE_INIT;
	CF_CLEANUP(store_counts_done) struct store_counts counts = STORE_COUNTS_INIT;
	CF_CLEANUP(store_history_done) struct store_history history = STORE_HISTORY_INIT;
	CF_CLEANUP(store_users_done) struct store_users users = STORE_USERS_INIT;
	CF_CLEANUP_STORE struct store *s = NULL;
	struct test_item t;
	const struct test_place *p = context;
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	const struct store_query query = {.entity = "person", .field = "country", .value = "C9", .limit = 5};
	test_item(&t, 1, 1);
	TRY(store_open(p->location, &unlock, &options, &s, err));
	TRY(store_get(s, &t.item.id, 0, &r, err));
	TRY(store_list(s, &query, &page, err));
	TRY(store_find(s, "person", &t.terms[0], 5, &found, err));
	TRY(store_count(s, "person", "sex", &counts, err));
	TRY(store_history(s, &t.item.id, &history, err));
	return store_user_list(s, &users, err);
}

static int auditing(void *context, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer proof = BUFFER_INIT;
	CF_CLEANUP_STORE struct store *s = NULL;
	struct audit_verified verified;
	const struct test_place *p = context;
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	TRY(store_open(p->location, &unlock, &options, &s, err));
	TRY(audit_prove(s, 2, &proof, err));
	return audit_verify(s, NULL, NULL, NULL, &verified, err);
}

static void test_sweep(void **state)
{
	struct test_place p;
	(void)state;
	test_place_start(&p, false);
	struct store *s = test_create(&p);
	struct secret *password = test_secret("a good password");
	struct store_result result;
	struct test_item t;
	struct audit_verified verified;
	MUST(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, password, &err));
	test_item(&t, 1, 1);
	MUST(store_put(s, &t.item, NULL, &result, &err));
	store_close(s);
	(void)printf("writing: %ld allocations\n", sweep_run("opening and writing", writing, &p));
	(void)printf("reading: %ld allocations\n", sweep_run("reading", reading, &p));
	(void)printf("auditing: %ld allocations\n", sweep_run("auditing", auditing, &p));
	/* and none of the failures left anything half done */
	s = test_open(&p);
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	store_close(s);
	secret_free(password);
	test_place_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_lost_update),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
