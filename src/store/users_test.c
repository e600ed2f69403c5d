/* Users: their ways in, roles, one-time codes, waiting after wrong passwords, and what the log keeps of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/totp.h"
#include "store/test_support.h"

static uint64_t at(void *context)
{
	return *(uint64_t *)context;
}

struct scene {
	struct test_place *p;
	uint64_t now_ms;
	struct secret *good;
	struct secret *bad;
};

static int open_as(struct scene *c, const char *user, const struct secret *password, const char *code,
	struct store **ret)
{
	const struct store_unlock unlock = {.user = user, .passphrase = password, .code = code};
	struct store_options options = test_options(c->p);
	options.clock = at;
	options.clock_context = &c->now_ms;
	struct cf_error said = CF_ERROR_INIT;
	int status = store_open(c->p->location, &unlock, &options, ret, &said);
	REQUIRE(status >= 0 || said.message[0]);
	return status;
}

static int count_entry(void *context, const struct audit_entry *entry, struct cf_error *err)
{
	uint64_t *n = context;
	(void)err;
	*n += entry->objects[0].revision;
	return 0;
}

static void ways_in(struct test_place *p)
{
	struct scene c = {
		p, UINT64_C(1700000000000), test_secret("a good password"), test_secret("a bad password")};
	struct store *s = test_create(p);
	struct store *u = NULL;
	struct secret *shorter = test_secret("short");
	struct store_record r = STORE_RECORD_INIT;
	struct test_item t;
	struct store_result result;
	test_item(&t, 1, 1);
	MUST(store_put(s, &t.item, NULL, &result, &err));
	MUST_FAIL(CF_E_USAGE, store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, shorter, &err));
	MUST_FAIL(CF_E_USAGE, store_user_add(s, "Anna!", "caseworker", STORE_ACCESS_RECORDS, c.good, &err));
	MUST(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, c.good, &err));
	MUST(store_user_add(s, "otto", "auditor", STORE_ACCESS_LOG, c.good, &err));
	MUST_FAIL(CF_E_STATE, store_user_add(s, "anna", "analyst", STORE_ACCESS_RECORDS, c.good, &err));
	/* a records user */
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), 0);
	assert_string_equal(store_actor(u), "anna");
	assert_string_equal(store_role(u), "caseworker");
	MUST(store_get(u, &t.item.id, 0, &r, &err));
	store_record_done(&r);
	test_item(&t, 1, 2);
	MUST(store_put(u, &t.item, NULL, &result, &err));
	/* the key is rotated by one, and another goes on */
	MUST(store_rotate(s, &err));
	MUST(store_get(u, &t.item.id, 0, &r, &err));
	assert_string_equal(r.author, "anna");
	store_record_done(&r);
	u = store_close(u);
	/* the log alone */
	struct audit_verified verified;
	assert_int_equal(open_as(&c, "otto", c.good, NULL, &u), 0);
	assert_false(store_opens_records(u));
	MUST_FAIL(CF_E_REFUSED, store_get(u, &t.item.id, 0, &r, &err));
	MUST_FAIL(CF_E_REFUSED, store_put(u, &t.item, NULL, &result, &err));
	MUST_FAIL(CF_E_REFUSED, store_user_add(u, "eve", "caseworker", STORE_ACCESS_RECORDS, c.good, &err));
	MUST_FAIL(CF_E_REFUSED, store_rotate(u, &err));
	MUST(audit_verify(u, NULL, NULL, NULL, &verified, &err));
	assert_false(verified.opened_records);
	u = store_close(u);
	/* changed password, other role, gone */
	MUST(store_user_set_password(s, "anna", c.bad, &err));
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), CF_E_REFUSED);
	assert_int_equal(open_as(&c, "anna", c.bad, NULL, &u), 0);
	u = store_close(u);
	MUST(store_user_set_role(s, "anna", "analyst", &err));
	struct store_users users = STORE_USERS_INIT;
	MUST(store_user_list(s, &users, &err));
	assert_int_equal(users.n, 2);
	assert_string_equal(users.at[0].role, "analyst");
	store_users_done(&users);
	MUST(store_user_disable(s, "anna", &err));
	assert_int_equal(open_as(&c, "anna", c.bad, NULL, &u), CF_E_REFUSED);
	assert_int_equal(open_as(&c, "nobody", c.good, NULL, &u), CF_E_REFUSED);
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	store_close(s);
	secret_free(c.good);
	secret_free(c.bad);
	secret_free(shorter);
}

static void waits(struct test_place *p)
{
	struct scene c = {
		p, UINT64_C(1700000000000), test_secret("a good password"), test_secret("a bad password")};
	struct store *s = test_create(p);
	struct store *u = NULL;
	struct store_users users = STORE_USERS_INIT;
	MUST(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, c.good, &err));
	store_close(s);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(open_as(&c, "anna", c.bad, NULL, &u), CF_E_REFUSED);
	/* not even the right one, before half a minute is over */
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), CF_E_REFUSED);
	c.now_ms += 29000;
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), CF_E_REFUSED);
	c.now_ms += 2000;
	assert_int_equal(open_as(&c, "anna", c.bad, NULL, &u), CF_E_REFUSED);
	c.now_ms += 31000; /* twice as long now */
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), CF_E_REFUSED);
	c.now_ms += 30000;
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), 0);
	MUST(store_user_list(u, &users, &err));
	assert_int_equal(users.at[0].n_failures, 0);
	store_users_done(&users);
	/* the failures of someone without a key reached the log */
	const struct audit_filter refused = {.action = "login.refused", .actor = "anna"};
	uint64_t n = 0;
	MUST(audit_show(u, &refused, count_entry, &n, &err));
	assert_int_equal(n, 6);
	store_close(u);
	secret_free(c.good);
	secret_free(c.bad);
}

static void codes(struct test_place *p)
{
	struct scene c = {p, UINT64_C(1700000000000), test_secret("a good password"), NULL};
	struct store *s = test_create(p);
	struct store *u = NULL;
	struct secret *totp = NULL;
	char code[TOTP_DIGITS_MAX + 1];
	MUST(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, c.good, &err));
	MUST(store_user_set_totp(s, "anna", &totp, &err));
	assert_int_equal(secret_size(totp), TOTP_SECRET_BYTES);
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), CF_E_REFUSED);
	totp_code(totp, c.now_ms / 30000, TOTP_DIGITS, code);
	assert_int_equal(open_as(&c, "anna", c.good, code, &u), 0);
	u = store_close(u);
	assert_int_equal(open_as(&c, "anna", c.good, code, &u), CF_E_REFUSED); /* once only */
	c.now_ms += 60000;
	assert_int_equal(open_as(&c, "anna", c.good, "000000", &u), CF_E_REFUSED);
	MUST(store_user_set_totp(s, "anna", NULL, &err));
	assert_int_equal(open_as(&c, "anna", c.good, NULL, &u), 0);
	store_close(u);
	struct audit_verified verified;
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	store_close(s);
	secret_free(totp);
	secret_free(c.good);
}

#define BOTH(name)                                                                                           \
	static void test_##name(void **state)                                                                \
	{                                                                                                    \
		(void)state;                                                                                 \
		test_on_both(name);                                                                          \
	}
BOTH(ways_in)
BOTH(waits)
BOTH(codes)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ways_in),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
