/* The log: what it shows, heads, proofs, witnesses; and what is altered from outside, row by row, on both
 * backends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/test_support.h"

static void fill(struct store *s, unsigned n)
{
	struct store_result result;
	struct test_item t;
	for (unsigned i = 0; i < n; i++) {
		test_item(&t, i, 1);
		MUST(store_put(s, &t.item, NULL, &result, &err));
	}
}

static int count_entry(void *context, const struct audit_entry *entry, struct cf_error *err)
{
	unsigned *n = context;
	(void)err;
	REQUIRE(entry->actor[0] && entry->action[0]);
	(*n)++;
	return 0;
}

static void shows(struct test_place *p)
{
	struct store *s = test_create(p);
	struct store_id id = test_id('r', 2);
	const struct audit_object object = {
		.kind = "person", .id = id, .revision = 1, .detail = "name", .n_detail = 4};
	const struct audit_event reading = {
		.action = "record.read", .code = "show", .objects = &object, .n_objects = 1};
	const struct audit_event forged = {.action = "person.erase", .objects = &object, .n_objects = 1};
	const struct audit_event talking = {.action = "said: a name", .objects = &object, .n_objects = 1};
	uint64_t leaf = 0;
	unsigned n = 0;
	fill(s, 5);
	MUST(audit_append(s, &reading, &leaf, &err));
	MUST_FAIL(CF_E_USAGE, audit_append(s, &forged, &leaf, &err));
	MUST_FAIL(CF_E_USAGE, audit_append(s, &talking, &leaf, &err));
	struct audit_filter filter = {.object = &id};
	MUST(audit_show(s, &filter, count_entry, &n, &err));
	assert_int_equal(n, 2);
	n = 0;
	filter = (struct audit_filter){.action = "record.put", .limit = 3};
	MUST(audit_show(s, &filter, count_entry, &n, &err));
	assert_int_equal(n, 3);
	store_close(s);
}

static void proves(struct test_place *p)
{
	struct store *s = test_create(p);
	struct buffer key = BUFFER_INIT;
	struct buffer first = BUFFER_INIT;
	struct buffer proof = BUFFER_INIT;
	struct audit_entry entry;
	struct audit_verified verified;
	struct arena *arena = arena_new(0);
	fill(s, 5);
	MUST(audit_key(s, &key, &err));
	MUST(audit_head(s, &first, &err));
	fill(s, 20);
	for (uint64_t leaf = 0; leaf < 20; leaf++) {
		buffer_clear(&proof);
		MUST(audit_prove(s, leaf, &proof, &err));
		MUST(audit_check_proof(buffer_text(&key), proof.data, proof.n, &entry, arena, &err));
		assert_int_equal(entry.leaf, leaf);
	}
	for (size_t i = 0; i < proof.n; i++) {
		proof.data[i] = (char)(proof.data[i] ^ 1);
		assert_true(
			audit_check_proof(buffer_text(&key), proof.data, proof.n, &entry, arena, NULL) < 0);
		proof.data[i] = (char)(proof.data[i] ^ 1);
	}
	MUST_FAIL(CF_E_NOT_FOUND, audit_prove(s, 1000, &proof, &err));
	buffer_clear(&proof);
	MUST(audit_prove_extension(s, buffer_text(&first), &proof, &err));
	MUST(audit_check_extension(buffer_text(&key), proof.data, proof.n, &err));
	for (size_t i = 0; i < proof.n; i++) {
		proof.data[i] = (char)(proof.data[i] ^ 1);
		assert_true(audit_check_extension(buffer_text(&key), proof.data, proof.n, NULL) < 0);
		proof.data[i] = (char)(proof.data[i] ^ 1);
	}
	MUST(audit_verify(s, buffer_text(&first), NULL, NULL, &verified, &err));
	assert_true(verified.had_witness);
	/* another store's head is no witness */
	struct test_place q;
	struct buffer foreign = BUFFER_INIT;
	test_place_start(&q, false);
	struct store *other = test_create(&q);
	MUST(audit_head(other, &foreign, &err));
	MUST_FAIL(CF_E_REFUSED, audit_verify(s, buffer_text(&foreign), NULL, NULL, &verified, &err));
	store_close(other);
	test_place_end(&q);
	buffer_done(&foreign);
	buffer_done(&key);
	buffer_done(&first);
	buffer_done(&proof);
	arena_free(arena);
	store_close(s);
}

/* Each statement is run alone on a copy of the same store, and must be found by opening or verifying. */
static const char *const alterations[] = {
	"UPDATE revision SET sealed = (SELECT sealed FROM revision WHERE number = 3) WHERE number = 2;",
	"UPDATE revision SET hash = (SELECT hash FROM revision WHERE number = 3) WHERE number = 2;",
	"UPDATE revision SET author = 'somebody' WHERE number = 2;",
	"UPDATE revision SET time = time + 1 WHERE number = 2;",
	"UPDATE revision SET leaf = leaf + 1 WHERE number = 2;",
	"UPDATE revision SET erased = 1, sealed = '' WHERE number = 2;",
	"UPDATE revision SET previous = 0 WHERE number = 13;",
	"DELETE FROM revision WHERE number = 3;",
	"DELETE FROM revision WHERE number = 13;",
	"UPDATE record SET latest = 1, revision = 1 WHERE number = 1;",
	"UPDATE record SET erased = 1 WHERE number = 2;",
	"UPDATE record SET case_id = NULL WHERE number = 2;",
	"UPDATE record SET person_id = (SELECT person_id FROM record WHERE number = 3) WHERE number = 2;",
	"UPDATE record SET content = (SELECT content FROM record WHERE number = 3) WHERE number = 2;",
	"DELETE FROM revision WHERE record = 4; DELETE FROM record WHERE number = 4;",
	"UPDATE record_id SET record = 3 WHERE record = 2;",
	"DELETE FROM record_id WHERE record = 5;",
	"DELETE FROM owned WHERE record = 5 AND owner = (SELECT person_id FROM record WHERE number = 5);",
	"DELETE FROM owned WHERE record = 6 AND owner = (SELECT case_id FROM record WHERE number = 6);",
	"INSERT INTO owned SELECT person_id, 3 FROM record WHERE number = 2;",
	"UPDATE owned SET record = 7 WHERE owner = (SELECT person_id FROM record WHERE number = 2);",
	"DELETE FROM term WHERE record = 2;",
	"UPDATE term SET record = 7 WHERE record = 2 AND field = (SELECT MIN(field) FROM term);",
	"INSERT INTO term (field, tag, record) SELECT field + 100, tag, record FROM term WHERE record = 2;",
	"UPDATE column_value SET n = n + 1;",
	"UPDATE column_value SET first = first + 100000;",
	"DELETE FROM column_value WHERE field = (SELECT MIN(field) FROM column_value);",
	"UPDATE name SET text = 'person/gender' WHERE text = 'person/sex';",
	"UPDATE name SET text = 'suspect' WHERE text = 'person';",
	"DELETE FROM owner_key WHERE owner = (SELECT owner FROM owner_key ORDER BY owner LIMIT 1);",
	"DELETE FROM audit_leaf WHERE number = 5;",
	"DELETE FROM audit_leaf WHERE number = (SELECT MAX(number) FROM audit_leaf);",
	"UPDATE audit_leaf SET entry = (SELECT entry FROM audit_leaf WHERE number = 4) WHERE number = 5;",
	"UPDATE log_state SET revisions = revisions + 1;",
	"UPDATE log_state SET leaves = leaves - 1;",
	"UPDATE log_state SET records = records - 1;",
	"DELETE FROM audit_head;",
	"UPDATE audit_head SET size = size + 100000;",
	"UPDATE user_account SET role = 'administrator';",
	"UPDATE user_account SET disabled = 1;",
	"DELETE FROM user_account;",
	"DELETE FROM slot WHERE holder = 'anna';",
	"UPDATE slot SET public_key = (SELECT public_key FROM slot WHERE holder = 'anna');",
	"UPDATE slot SET access = 2 WHERE holder = 'anna';",
	"DELETE FROM person_erased;",
	"INSERT INTO person_erased (person, time) SELECT person_id, 7 FROM record WHERE number = 2;",
	"UPDATE wrapped SET sealed = (SELECT sealed FROM wrapped WHERE name = 'log') WHERE name = 'index';",
	"UPDATE meta SET value = (SELECT value FROM meta WHERE name = 'store') WHERE name = 'generation';",
};

/* 12 records, the first of them twice, a user, and one person erased. */
static void make_original(struct test_place *p)
{
	struct store *s = test_create(p);
	struct test_item t;
	struct store_result result;
	struct store_erased erased;
	struct secret *password = test_secret("a good password");
	const struct store_id person = test_id('p', 11);
	fill(s, 12);
	test_item(&t, 0, 2);
	MUST(store_put(s, &t.item, NULL, &result, &err));
	MUST(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, password, &err));
	MUST(store_erase_person(s, &person, &erased, &err));
	store_close(s);
	secret_free(password);
}

static void copy_place(const struct test_place *from, struct test_place *to, unsigned n)
{
	char command[640];
	*to = *from;
	if (from->postgres) {
		char *name = strstr(to->location, "dbname=") + 7;
		char original[64];
		(void)snprintf(original, sizeof original, "%s", name);
		(void)snprintf(name, 32, "copy%u", n);
		(void)snprintf(command, sizeof command, "createdb -h '%s' -U postgres -T %s %s",
			test_server_folder, original, name);
	} else {
		(void)snprintf(to->location, sizeof to->location, "%s/copy%u.db", from->folder, n);
		(void)snprintf(command, sizeof command, "cp '%s' '%s'", from->location, to->location);
	}
	test_run_command(command);
}

static bool is_found(const struct test_place *p)
{
	struct store *s = NULL;
	struct audit_verified verified;
	struct cf_error said = CF_ERROR_INIT;
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = test_options(p);
	if (store_open(p->location, &unlock, &options, &s, &said) < 0)
		return said.message[0] != '\0';
	bool found = audit_verify(s, NULL, NULL, NULL, &verified, &said) < 0;
	store_close(s);
	return found;
}

static void finds(struct test_place *p)
{
	struct test_place copy;
	make_original(p);
	copy_place(p, &copy, 999);
	assert_false(is_found(&copy));
	for (unsigned i = 0; i < sizeof alterations / sizeof *alterations; i++) {
		copy_place(p, &copy, i);
		test_sql(&copy, alterations[i]);
		if (!is_found(&copy))
			fail_msg("%s: not found: %s", p->postgres ? "PostgreSQL" : "SQLite", alterations[i]);
	}
}

#define BOTH(name)                                                                                           \
	static void test_##name(void **state)                                                                \
	{                                                                                                    \
		(void)state;                                                                                 \
		test_on_both(name);                                                                          \
	}
BOTH(shows)
BOTH(proves)
BOTH(finds)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shows),
		cmocka_unit_test(test_proves),
		cmocka_unit_test(test_finds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
