/*
 * A store's file altered from outside: 1,000 bits flipped one at a time, pages set back to what they were,
 * and the file cut short. Whatever changes any answer must be found when the store is opened or verified, and
 * be named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/random.h"
#include "store/test_support.h"

enum { N_RECORDS = 30, N_FLIPS = 1000, PAGE = 4096, FILE_MAX = 64 << 20 };

static uint64_t clock_of_test(void *context)
{
	(void)context;
	return UINT64_C(1700000000000);
}

static struct store_options options_of(const struct test_place *p)
{
	struct store_options options = test_options(p);
	options.clock = clock_of_test;
	return options;
}

static int open_at(const struct test_place *p, const char *path, struct store **ret, struct cf_error *err)
{
	const struct store_unlock unlock = test_unlock(p);
	const struct store_options options = options_of(p);
	return store_open(path, &unlock, &options, ret, err);
}

static void add(struct buffer *to, const void *data, size_t n)
{
	REQUIRE(buffer_printf(to, "%zu:", n) == 0);
	if (n)
		REQUIRE(buffer_append(to, data, n) == 0);
}

static void add_record(struct store *s, const struct store_id *id, uint64_t revision, struct buffer *to)
{
	struct store_record r = STORE_RECORD_INIT;
	int status = store_get(s, id, revision, &r, NULL);
	add(to, &status, sizeof status);
	if (status < 0)
		return;
	add(to, r.entity, strlen(r.entity));
	add(to, r.author, strlen(r.author));
	add(to, &r.time_ms, sizeof r.time_ms);
	add(to, &r.n_revisions, sizeof r.n_revisions);
	add(to, &r.person_id, sizeof r.person_id);
	add(to, r.payload, r.n_payload);
	store_record_done(&r);
}

static void add_page(const struct store_page *page, struct buffer *to)
{
	add(to, &page->n, sizeof page->n);
	for (size_t i = 0; i < page->n; i++) {
		add(to, &page->at[i].id, sizeof page->at[i].id);
		add(to, &page->at[i].case_id, sizeof page->at[i].case_id);
		add(to, &page->at[i].revision, sizeof page->at[i].revision);
		add(to, page->at[i].entity, strlen(page->at[i].entity));
	}
}

static void add_lists(struct store *s, struct buffer *to)
{
	struct store_page page = STORE_PAGE_INIT;
	struct store_counts counts = STORE_COUNTS_INIT;
	struct store_users users = STORE_USERS_INIT;
	uint64_t size = 0;
	struct store_query query = {.entity = "person", .limit = 500};
	if (store_list(s, &query, &page, NULL) == 0)
		add_page(&page, to);
	store_page_done(&page);
	query.field = "country";
	query.value = "C9";
	if (store_list(s, &query, &page, NULL) == 0)
		add_page(&page, to);
	store_page_done(&page);
	if (store_count(s, "person", "country", &counts, NULL) == 0)
		for (size_t i = 0; i < counts.n; i++)
			REQUIRE(buffer_printf(to, "%s=%llu ", counts.at[i].value,
					(unsigned long long)counts.at[i].n) == 0);
	store_counts_done(&counts);
	if (store_size(s, NULL, &size, NULL) == 0)
		add(to, &size, sizeof size);
	if (store_user_list(s, &users, NULL) == 0)
		for (size_t i = 0; i < users.n; i++)
			REQUIRE(buffer_printf(to, "%s %s %d %d %llu ", users.at[i].name, users.at[i].role,
					(int)users.at[i].access, users.at[i].disabled,
					(unsigned long long)users.at[i].n_failures) == 0);
	store_users_done(&users);
}

static int add_entry(void *context, const struct audit_entry *entry, struct cf_error *err)
{
	(void)err;
	/* logins come with each opening */
	if (strcmp(entry->action, "login") != 0) {
		add(context, &entry->time_ms, sizeof entry->time_ms);
		add(context, entry->actor, strlen(entry->actor));
		add(context, entry->action, strlen(entry->action));
		for (uint32_t i = 0; i < entry->n_objects; i++) {
			add(context, entry->objects[i].kind, strlen(entry->objects[i].kind));
			add(context, &entry->objects[i].id, STORE_ID_BYTES);
			add(context, &entry->objects[i].revision, sizeof entry->objects[i].revision);
			add(context, entry->objects[i].commitment, AUDIT_HASH_BYTES);
		}
	}
	return 0;
}

/* Everything that can be asked. */
static void answers(struct store *s, struct buffer *to)
{
	const struct audit_filter all = {.actor = NULL};
	buffer_clear(to);
	for (unsigned i = 0; i < N_RECORDS; i++) {
		struct store_page page = STORE_PAGE_INIT;
		struct test_item t;
		const struct store_id id = test_id('r', i);
		add_record(s, &id, 0, to);
		add_record(s, &id, 1, to);
		test_item(&t, i, i % 3 ? 1 : 2);
		for (size_t k = 0; k < 2; k++) {
			if (store_find(s, "person", &t.terms[k], 10, &page, NULL) == 0)
				add_page(&page, to);
			store_page_done(&page);
		}
	}
	add_lists(s, to);
	int status = audit_show(s, &all, add_entry, to, NULL);
	add(to, &status, sizeof status);
}

struct scene {
	struct test_place p;
	struct buffer file;    /* the store as it should be */
	struct buffer earlier; /* the same, some revisions before */
	struct buffer answers;
	char head[4096]; /* handed out when it was as it should be */
	char copy[128];
};

static void put_some(struct store *s, unsigned from, unsigned to, unsigned version)
{
	for (unsigned i = from; i < to; i++) {
		struct test_item t;
		struct store_result result;
		test_item(&t, i, version);
		if (version == 1 || i % 3 == 0)
			MUST(store_put(s, &t.item, NULL, &result, &err));
	}
}

static void make(struct scene *c)
{
	struct store *s = NULL;
	struct store_erased erased;
	struct buffer head = BUFFER_INIT;
	struct secret *password = test_secret("a good password");
	const struct store_unlock unlock = test_unlock(&c->p);
	const struct store_options options = options_of(&c->p);
	const struct store_id person = test_id('p', 5);
	MUST(store_create(c->p.location, &unlock, &options, &s, &err));
	MUST(store_user_add(s, "anna", "caseworker", STORE_ACCESS_RECORDS, password, &err));
	put_some(s, 0, N_RECORDS, 1);
	MUST(store_erase_person(s, &person, &erased, &err));
	store_close(s);
	MUST(file_read(c->p.location, FILE_MAX, &c->earlier, &err));
	MUST(open_at(&c->p, c->p.location, &s, &err));
	put_some(s, 0, N_RECORDS, 2);
	MUST(store_user_set_role(s, "anna", "analyst", &err));
	MUST(audit_head(s, &head, &err));
	REQUIRE(head.n < sizeof c->head);
	memcpy(c->head, head.data, head.n + 1);
	store_close(s);
	MUST(file_read(c->p.location, FILE_MAX, &c->file, &err));
	/* answers as they are after an opening, which the log notes */
	MUST(open_at(&c->p, c->p.location, &s, &err));
	answers(s, &c->answers);
	store_close(s);
	buffer_done(&head);
	secret_free(password);
}

static int start(void **state)
{
	static struct scene c;
	test_place_start(&c.p, false);
	(void)snprintf(c.copy, sizeof c.copy, "%s/copy.db", c.p.folder);
	make(&c);
	*state = &c;
	return 0;
}

static int end(void **state)
{
	struct scene *c = *state;
	buffer_done(&c->file);
	buffer_done(&c->earlier);
	buffer_done(&c->answers);
	test_place_end(&c->p);
	return 0;
}

static void write_copy(struct scene *c, const void *data, size_t n)
{
	char name[160];
	static const char *const ends[] = {"-wal", "-shm"};
	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof name, "%s%s", c->copy, ends[i]);
		(void)unlink(name);
	}
	FILE *f = fopen(c->copy, "wb");
	REQUIRE(f && fwrite(data, 1, n, f) == n && fclose(f) == 0);
}

enum found { FOUND_OPENING, FOUND_VERIFYING, HARMLESS, MISSED };

static enum found judge(struct scene *c)
{
	struct store *s = NULL;
	struct buffer now = BUFFER_INIT;
	struct audit_verified verified;
	struct cf_error said = CF_ERROR_INIT;
	if (open_at(&c->p, c->copy, &s, &said) < 0) {
		REQUIRE(said.message[0]);
		return FOUND_OPENING;
	}
	answers(s, &now);
	bool same = now.n == c->answers.n && memcmp(now.data, c->answers.data, now.n) == 0;
	bool found = audit_verify(s, NULL, NULL, NULL, &verified, &said) < 0 || store_check(s, &said) < 0;
	REQUIRE(!found || said.message[0]);
	store_close(s);
	buffer_done(&now);
	return found ? FOUND_VERIFYING : same ? HARMLESS : MISSED;
}

static void report(const char *what, const unsigned counts[4])
{
	(void)printf("%s: found on opening %u, by verifying %u, no answer changed %u, missed %u\n", what,
		counts[FOUND_OPENING], counts[FOUND_VERIFYING], counts[HARMLESS], counts[MISSED]);
	assert_int_equal(counts[MISSED], 0);
}

static void test_untouched(void **state)
{
	struct scene *c = *state;
	write_copy(c, c->file.data, c->file.n);
	assert_int_equal(judge(c), HARMLESS);
}

static void test_flips(void **state)
{
	struct scene *c = *state;
	struct random_stream random;
	unsigned counts[4] = {0};
	random_init(&random, 20240607, 1);
	for (unsigned i = 0; i < N_FLIPS; i++) {
		const size_t at = random_below(&random, c->file.n);
		const char bit = (char)(1 << random_below(&random, 8));
		c->file.data[at] = (char)(c->file.data[at] ^ bit);
		write_copy(c, c->file.data, c->file.n);
		enum found found = judge(c);
		if (found == MISSED)
			(void)printf("missed: byte %zu of %zu, bits %02x\n", at, c->file.n,
				(unsigned)(uint8_t)bit);
		counts[found]++;
		c->file.data[at] = (char)(c->file.data[at] ^ bit);
	}
	report("flips", counts);
	assert_true(counts[FOUND_OPENING] + counts[FOUND_VERIFYING] > N_FLIPS / 10);
}

/* Each page alone, as it was before the second revisions. */
static void test_old_pages(void **state)
{
	struct scene *c = *state;
	unsigned counts[4] = {0};
	for (size_t at = 0; at + PAGE <= c->earlier.n && at + PAGE <= c->file.n; at += PAGE) {
		char kept[PAGE];
		if (memcmp(c->file.data + at, c->earlier.data + at, PAGE) == 0)
			continue;
		memcpy(kept, c->file.data + at, PAGE);
		memcpy(c->file.data + at, c->earlier.data + at, PAGE);
		write_copy(c, c->file.data, c->file.n);
		memcpy(c->file.data + at, kept, PAGE);
		enum found found = judge(c);
		if (found == MISSED)
			(void)printf("missed: old page %zu\n", at / PAGE);
		counts[found]++;
	}
	report("old pages", counts);
	assert_true(counts[FOUND_OPENING] + counts[FOUND_VERIFYING] > 5);
}

static void test_cut_short(void **state)
{
	struct scene *c = *state;
	unsigned counts[4] = {0};
	for (size_t n = PAGE; n < c->file.n; n += PAGE) {
		write_copy(c, c->file.data, n);
		counts[judge(c)]++;
	}
	for (size_t n = 1; n < 3 * PAGE; n += 1111) {
		write_copy(c, c->file.data, n);
		counts[judge(c)]++;
	}
	report("cut short", counts);
	assert_int_equal(counts[HARMLESS], 0);
}

/* The whole file of an earlier day is a good store, from within: only a head that was handed out tells. */
static void test_old_file(void **state)
{
	struct scene *c = *state;
	struct store *s = NULL;
	struct audit_verified verified;
	write_copy(c, c->earlier.data, c->earlier.n);
	MUST(open_at(&c->p, c->copy, &s, &err));
	MUST(audit_verify(s, NULL, NULL, NULL, &verified, &err));
	MUST_FAIL(CF_E_REFUSED, audit_verify(s, c->head, NULL, NULL, &verified, &err));
	store_close(s);
	write_copy(c, c->file.data, c->file.n);
	MUST(open_at(&c->p, c->copy, &s, &err));
	MUST(audit_verify(s, c->head, NULL, NULL, &verified, &err));
	store_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_old_pages),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_old_file),
	};
	return cmocka_run_group_tests(tests, start, end);
}
