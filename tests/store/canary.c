/*
 * Canaries: a word in every payload, term, source record id, reason and source of a store, and its keys,
 * looked for in every file beside it while it is open and after it was closed, in its backup, in PostgreSQL's
 * files and log, and in error messages. After an erasure, nothing that was sealed for the person is left in
 * any file, the wrapped key included.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>

#include "base/file.h"
#include "store/inside.h"
#include "store/test_support.h"

enum { N_RECORDS = 200, FILE_MAX = 512 << 20, N_NEEDLES = 16 };

static const char canary[] = "Kanarienvogel-7341";

struct needle {
	uint8_t bytes[128];
	size_t n;
	const char *what;
};
static struct needle needles[N_NEEDLES];
static size_t n_needles;
static unsigned n_found;
static unsigned n_files;
static const char *key_file;

static void look_for(const void *bytes, size_t n, const char *what)
{
	REQUIRE(n_needles < N_NEEDLES && n <= sizeof needles[0].bytes);
	needles[n_needles] = (struct needle){.n = n, .what = what};
	memcpy(needles[n_needles++].bytes, bytes, n);
}

static int look_into(const char *path, const struct stat *st, int type, struct FTW *place)
{
	struct buffer text = BUFFER_INIT;
	(void)place;
	if (type != FTW_F || !S_ISREG(st->st_mode) || (key_file && strcmp(path, key_file) == 0))
		return 0;
	if (file_read(path, FILE_MAX, &text, NULL) < 0)
		return 0; /* gone meanwhile */
	n_files++;
	for (size_t i = 0; i < n_needles; i++) {
		if (text.n && memmem(text.data, text.n, needles[i].bytes, needles[i].n)) {
			(void)printf("%s stands in %s\n", needles[i].what, path);
			n_found++;
		}
	}
	buffer_done(&text);
	return 0;
}

static unsigned look(const struct test_place *p)
{
	n_found = 0;
	n_files = 0;
	key_file = p->key_file;
	REQUIRE(nftw(p->folder, look_into, 16, FTW_PHYS) == 0);
	if (p->postgres)
		REQUIRE(nftw(test_server_folder, look_into, 16, FTW_PHYS) == 0);
	REQUIRE(n_files > 0);
	return n_found;
}

static void canary_item(struct test_item *t, unsigned n)
{
	test_item(t, n, 1);
	(void)snprintf(t->payload, sizeof t->payload, "{\"name\": \"%s\", \"phone\": \"%u\"}", canary, n);
	(void)snprintf(t->name, sizeof t->name, "%s %u", canary, n);
	(void)snprintf(t->source, sizeof t->source, "%s-%u", canary, n);
	t->item.n_payload = strlen(t->payload);
	t->terms[1].n = strlen(t->name);
}

static void fill(struct store *s)
{
	static struct test_item items[N_RECORDS];
	static struct store_item plain[N_RECORDS];
	char reason[64];
	(void)snprintf(reason, sizeof reason, "asked by %s", canary);
	const struct store_reason why = {reason, reason};
	for (unsigned i = 0; i < N_RECORDS; i++) {
		canary_item(&items[i], i);
		plain[i] = items[i].item;
	}
	MUST(store_put_batch(s, plain, N_RECORDS, &why, NULL, &err));
}

static void no_canary(const struct cf_error *said, int status)
{
	assert_true(status < 0);
	assert_true(said->message[0]);
	assert_null(strstr(said->message, canary));
}

/* Every refusal that can be made to speak of a canary. */
static void test_messages(struct store *s)
{
	struct test_item t;
	struct store_result result;
	struct store_id id;
	struct cf_error said = CF_ERROR_INIT;
	canary_item(&t, 3);
	t.item.base_revision = 99;
	no_canary(&said, store_put(s, &t.item, NULL, &result, &said));
	t.item.base_revision = 0;
	t.columns[0].value = "Kanarienvogel-7341 \xff";
	no_canary(&said, store_put(s, &t.item, NULL, &result, &said));
	t.columns[0].value = canary;
	t.columns[0].field = canary;
	no_canary(&said, store_put(s, &t.item, NULL, &result, &said));
	canary_item(&t, 3);
	t.item.entity = canary;
	no_canary(&said, store_put(s, &t.item, NULL, &result, &said));
	t.item.entity = "offer"; /* the id is a person's */
	no_canary(&said, store_put(s, &t.item, NULL, &result, &said));
	no_canary(&said, store_find_source(s, "person", "Kanarienvogel-7341-none", &id, &said));
	const struct store_term bad = {canary, canary, sizeof canary};
	struct store_page page = STORE_PAGE_INIT;
	no_canary(&said, store_find(s, "person", &bad, 10, &page, &said));
}

static void get_wrapped(struct store *s, const struct store_id *owner, uint8_t ret[WRAPPED_BYTES])
{
	struct db_rows rows = DB_ROWS_INIT;
	const struct db_value values[] = {DB_BYTES(owner->bytes, STORE_ID_BYTES)};
	MUST(db_query(s->db, S_OWNER_GET, values, 1, &rows, &err));
	REQUIRE(db_next(&rows, NULL) == 1);
	MUST(db_fixed(&rows, 1, ret, WRAPPED_BYTES, &err));
	db_rows_done(&rows);
}

static void get_sealed(struct store *s, int64_t number, uint8_t ret[64])
{
	struct db_rows rows = DB_ROWS_INIT;
	struct revision_row row;
	const struct db_value values[] = {DB_INT(number)};
	MUST(db_query(s->db, S_REVISION_GET, values, 1, &rows, &err));
	REQUIRE(db_next(&rows, NULL) == 1);
	MUST(read_revision_row(&rows, 0, &row, &err));
	REQUIRE(row.n_sealed > 64);
	memcpy(ret, row.sealed, 64);
	db_rows_done(&rows);
}

static void nowhere(struct test_place *p)
{
	char backup[128];
	struct store *s = test_create(p);
	struct store_erased erased;
	uint8_t wrapped[WRAPPED_BYTES];
	uint8_t sealed[64];
	uint8_t tag[TAG_BYTES];
	const uint8_t *key = NULL;
	struct test_item t;
	const struct store_id person = test_id('p', 3);
	n_needles = 0;
	(void)snprintf(backup, sizeof backup, "%s/backup.db", p->folder);
	fill(s);
	look_for(canary, strlen(canary), "the canary");
	look_for(secret_bytes(s->organisation), VAULT_KEY_BYTES, "the organisation's key");
	look_for(secret_bytes(s->index), VAULT_KEY_BYTES, "the index key");
	look_for(secret_bytes(s->log), VAULT_KEY_BYTES, "the log's key");
	MUST(owner_key(s, &person, OWNER_PERSON, false, &key, &err));
	look_for(key, VAULT_KEY_BYTES, "a person's key");
	test_messages(s);
	assert_int_equal(look(p), 0);
	MUST(store_backup(s, backup, &err));
	assert_int_equal(look(p), 0);
	s = store_close(s);
	assert_int_equal(look(p), 0);
	s = test_open(p);
	MUST(store_rotate(s, &err));
	/* the looking must be able to find: what is really there */
	canary_item(&t, 3);
	get_wrapped(s, &person, wrapped);
	get_sealed(s, 4, sealed);
	blind_tag(s, "person", "name", t.name, strlen(t.name), tag);
	look_for(wrapped, sizeof wrapped, "a wrapped key");
	look_for(sealed, sizeof sealed, "a sealed revision");
	look_for(tag, sizeof tag, "a blind tag");
	s = store_close(s);
	MUST(file_remove(backup, false, &err));
	assert_true(look(p) >= 3);
	s = test_open(p);
	MUST(store_erase_person(s, &person, &erased, &err));
	assert_int_equal(erased.n_revisions, 1);
	/* PostgreSQL's own write-ahead log keeps pages until it is recycled: see docs/store.md */
	if (!p->postgres)
		assert_int_equal(look(p), 0);
	s = store_close(s);
	if (!p->postgres)
		assert_int_equal(look(p), 0);
}

static void test_nowhere(void **state)
{
	(void)state;
	test_on_both(nowhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nowhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
