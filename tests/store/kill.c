/*
 * SIGKILL at 200 random moments of a batch as an import writes it, an edit of two records together, a backup,
 * and a rotation of the organisation's key: the store opens, verifies, and holds all or nothing of each
 * transaction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

#include "base/file.h"
#include "base/random.h"
#include "store/test_support.h"

enum { N_KILLS = 200, N_BATCH = 40, LONGEST_US = 30000 };

static void put_batch(struct store *s, unsigned number)
{
	static struct test_item items[N_BATCH];
	static struct store_item plain[N_BATCH];
	char batch[16];
	(void)snprintf(batch, sizeof batch, "b%u", number);
	for (unsigned i = 0; i < N_BATCH; i++) {
		test_item(&items[i], 1000 + number * N_BATCH + i, 1);
		items[i].columns[2] = (struct store_column){"batch", batch};
		plain[i] = items[i].item;
	}
	MUST(store_put_batch(s, plain, N_BATCH, NULL, NULL, &err));
}

static int edit_both(struct store *s, void *context, struct cf_error *err)
{
	struct test_item t;
	struct store_result result;
	const unsigned *version = context;
	for (unsigned i = 0; i < 2; i++) {
		test_item(&t, i, *version);
		TRY(store_put(s, &t.item, NULL, &result, err));
	}
	return 0;
}

static unsigned version_of(struct store *s, unsigned n)
{
	struct store_record r = STORE_RECORD_INIT;
	unsigned version = 0;
	const struct store_id id = test_id('r', n);
	MUST(store_get(s, &id, 0, &r, &err));
	REQUIRE(sscanf(r.terms[1].data, "name key %*u %u", &version) == 1);
	store_record_done(&r);
	return version;
}

/* In a child, until it is killed or has done it a few times. */
static void work_on(const struct test_place *p, unsigned what, unsigned number)
{
	struct store *s = test_open(p);
	char backup[128];
	for (unsigned i = 0; i < 3; i++) {
		unsigned version = number * 10 + i + 2;
		(void)snprintf(backup, sizeof backup, "%s/backup%u", p->folder, number * 3 + i);
		if (what == 0)
			put_batch(s, number * 3 + i);
		else if (what == 1)
			MUST(store_run(s, edit_both, &version, &err));
		else if (what == 2)
			MUST(store_backup(s, backup, &err));
		else
			MUST(store_rotate(s, &err));
	}
	store_close(s);
}

static bool kill_at(const struct test_place *p, unsigned what, unsigned number, uint64_t after_us)
{
	int status = 0;
	const struct timespec t = {.tv_nsec = (long)after_us * 1000};
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (child == 0) {
		work_on(p, what, number);
		_exit(0);
	}
	(void)nanosleep(&t, NULL);
	(void)kill(child, SIGKILL);
	REQUIRE(waitpid(child, &status, 0) == child);
	REQUIRE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static void check_batches(struct store *s)
{
	struct store_counts counts = STORE_COUNTS_INIT;
	MUST(store_count(s, "person", "batch", &counts, &err));
	for (size_t i = 0; i < counts.n; i++)
		assert_int_equal(counts.at[i].n, N_BATCH);
	store_counts_done(&counts);
}

/* Backups that have their name are whole. */
static void check_backups(const struct test_place *p, unsigned number)
{
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	for (unsigned i = 0; i < 3; i++) {
		char path[128];
		char restored[128];
		(void)snprintf(path, sizeof path, "%s/backup%u", p->folder, number * 3 + i);
		(void)snprintf(restored, sizeof restored, "%s/restored", p->folder);
		if (!file_exists(path))
			continue;
		MUST(store_restore(path, restored, &unlock, &options, &err));
		MUST(file_remove(restored, false, &err));
		MUST(file_remove(path, false, &err));
	}
}

static void check(const struct test_place *p, unsigned what, unsigned number)
{
	struct store *s = test_open(p);
	struct audit_verified verified;
	struct cf_error said = CF_ERROR_INIT;
	if (audit_verify(s, NULL, NULL, NULL, &verified, &said) < 0)
		fail_msg("after kill %u (%u): %s", number, what, said.message);
	MUST(store_check(s, &err));
	assert_int_equal(version_of(s, 0), version_of(s, 1));
	check_batches(s);
	store_close(s);
	if (what == 2)
		check_backups(p, number);
}

static void test_kills(void **state)
{
	struct test_place p;
	struct random_stream random;
	unsigned n_killed = 0;
	unsigned version = 1;
	(void)state;
	random_init(&random, 7, 7);
	test_place_start(&p, false);
	struct store *s = test_create(&p);
	FILE *list = fopen(p.erasures, "w"); /* nobody was erased */
	REQUIRE(list && fclose(list) == 0);
	MUST(store_run(s, edit_both, &version, &err));
	store_close(s);
	for (unsigned i = 0; i < N_KILLS; i++) {
		n_killed += kill_at(&p, i % 4, i, 1 + random_below(&random, LONGEST_US));
		check(&p, i % 4, i);
	}
	(void)printf("%u of %u were killed at work\n", n_killed, (unsigned)N_KILLS);
	assert_true(n_killed > N_KILLS / 4);
	test_place_end(&p);
}

/* An erasure that was interrupted anywhere is finished by the next opening. */
static void test_killed_erasures(void **state)
{
	struct random_stream random;
	unsigned n_begun = 0;
	(void)state;
	random_init(&random, 8, 8);
	for (unsigned i = 0; i < 40; i++) {
		struct test_place p;
		struct store_erased erased;
		struct audit_verified verified;
		struct store_record r = STORE_RECORD_INIT;
		const struct store_id person = test_id('p', 1003);
		const struct store_id record = test_id('r', 1003);
		test_place_start(&p, false);
		struct store *s = test_create(&p);
		put_batch(s, 0);
		store_close(s);
		pid_t child = fork();
		REQUIRE(child >= 0);
		if (child == 0) {
			s = test_open(&p);
			MUST(store_erase_person(s, &person, &erased, &err));
			_exit(0);
		}
		const struct timespec t = {.tv_nsec = (long)random_below(&random, 20000) * 1000};
		(void)nanosleep(&t, NULL);
		(void)kill(child, SIGKILL);
		REQUIRE(waitpid(child, NULL, 0) == child);
		bool begun = file_exists(p.erasures);
		n_begun += begun;
		s = test_open(&p);
		MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
		if (begun && verified.n_erased)
			MUST_FAIL(CF_E_STATE, store_get(s, &record, 0, &r, &err));
		else
			MUST(store_get(s, &record, 0, &r, &err));
		store_record_done(&r);
		store_close(s);
		test_place_end(&p);
	}
	(void)printf("%u of 40 erasures had begun\n", n_begun);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kills),
		cmocka_unit_test(test_killed_erasures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
