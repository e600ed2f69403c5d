/*
 * A full disk: a store on a small file system of its own (a tmpfs where we may mount one, else a limit on the
 * size of files) refuses with words, keeps what it had, and goes on when there is room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "store/test_support.h"

static bool mount_small(const char *folder)
{
	if (geteuid() != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
		return false;
	if (geteuid() == 0 && unshare(CLONE_NEWNS) != 0)
		return false;
	(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	return mount("tmpfs", folder, "tmpfs", 0, "size=1500k") == 0;
}

static void put_until_refused(struct store *s, unsigned *ret_n, struct cf_error *said)
{
	for (unsigned i = 0; i < 100000; i++) {
		struct test_item t;
		struct store_result result;
		test_item(&t, i, 1);
		if (store_put(s, &t.item, NULL, &result, said) < 0) {
			*ret_n = i;
			return;
		}
	}
	fail_msg("the disk was never full");
}

static void test_full(void **state)
{
	struct test_place p;
	struct store *s = NULL;
	struct cf_error said = CF_ERROR_INIT;
	struct audit_verified verified;
	struct rlimit kept;
	unsigned n = 0;
	uint64_t size = 0;
	(void)state;
	test_place_start(&p, false);
	const struct store_unlock unlock = test_unlock(&p);
	struct store_options options = test_options(&p);
	char small[96];
	char path[128];
	char erasures[128];
	char backup[128];
	(void)snprintf(small, sizeof small, "%s/small", p.folder);
	(void)snprintf(path, sizeof path, "%s/store.db", small);
	(void)snprintf(backup, sizeof backup, "%s/backup.db", small);
	(void)snprintf(erasures, sizeof erasures, "%s/erasures", small);
	test_run_command("true");
	REQUIRE(mkdir(small, 0700) == 0);
	options.erasure_list = erasures;
	const bool mounted = mount_small(small);
	(void)printf("%s\n", mounted ? "on a tmpfs of 1500 KiB"
				     : "with a limit on the size of files, since no tmpfs may be mounted");
	(void)signal(SIGXFSZ, SIG_IGN);
	MUST(store_create(path, &unlock, &options, &s, &err));
	REQUIRE(getrlimit(RLIMIT_FSIZE, &kept) == 0);
	const struct rlimit little = {700 << 10, kept.rlim_max};
	if (!mounted)
		REQUIRE(setrlimit(RLIMIT_FSIZE, &little) == 0);
	put_until_refused(s, &n, &said);
	(void)printf("%u records, then: %s\n", n, said.message);
	assert_int_equal(said.code, CF_E_IO);
	assert_non_null(strstr(said.message, "full"));
	assert_true(n > 10);
	/* a backup into the same full disk fails and leaves nothing behind */
	MUST_FAIL(CF_E_IO, store_backup(s, backup, &err));
	assert_int_not_equal(access(backup, F_OK), 0);
	if (!mounted)
		REQUIRE(setrlimit(RLIMIT_FSIZE, &kept) == 0);
	else
		REQUIRE(mount("tmpfs", small, "tmpfs", MS_REMOUNT, "size=16m") == 0);
	/* what was written is there, and it goes on */
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	MUST(store_size(s, NULL, &size, &err));
	assert_int_equal(size, n);
	struct test_item t;
	struct store_result result;
	test_item(&t, n, 1);
	MUST(store_put(s, &t.item, NULL, &result, &err));
	s = store_close(s);
	MUST(store_open(path, &unlock, &options, &s, &err));
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	MUST(store_size(s, NULL, &size, &err));
	assert_int_equal(size, n + 1);
	store_close(s);
	if (mounted)
		REQUIRE(umount(small) == 0);
	test_place_end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
