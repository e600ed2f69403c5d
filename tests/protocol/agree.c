/* The table that comes round the ring is the table computed in the clear, whatever the number of parties and
 * the order in which messages arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "ring.h"

static void expect_same_table(const struct ring *r)
{
	struct buffer private = BUFFER_INIT;
	struct buffer clear = BUFFER_INIT;
	ring_table(r, &private);
	ring_table_in_the_clear(r, &clear);
	assert_string_equal(buffer_text(&private), buffer_text(&clear));
	buffer_done(&private);
	buffer_done(&clear);
}

/* Of lists that hold persons 3 i to 3 i + 11: how many stand on exactly the lists of the pattern. */
static uint64_t expected_count(size_t n, uint32_t pattern)
{
	uint64_t count = 0;
	for (size_t person = 0; person < 3 * n + 12; person++) {
		uint32_t on = 0;
		for (size_t i = 0; i < n; i++)
			if (person >= 3 * i && person < 3 * i + 12)
				on |= 1u << i;
		count += on == pattern;
	}
	return count;
}

static void whole_study(size_t n, const char *strata)
{
	struct ring r;
	ring_make(&r, &(struct ring_options){.n = n, .n_rows = 12, .strata = strata});
	ring_run(&r);
	expect_same_table(&r);
	struct buffer text = BUFFER_INIT;
	struct overlap_table *table = NULL;
	ring_table(&r, &text);
	REQUIRE_OK(overlap_parse("table", buffer_text(&text), text.n, &table, &why));
	uint64_t *counts = calloc((size_t)1 << n, sizeof *counts);
	REQUIRE(counts);
	overlap_collapse(table, counts);
	for (uint32_t pattern = 1; pattern < 1u << n; pattern++)
		assert_int_equal(counts[pattern], expected_count(n, pattern));
	free(counts);
	overlap_free(table);
	buffer_done(&text);
	ring_remove(&r);
}

static void test_two(void **state)
{
	(void)state;
	whole_study(2, NULL);
}

static void test_three(void **state)
{
	(void)state;
	whole_study(3, NULL);
}

static void test_three_with_strata(void **state)
{
	(void)state;
	whole_study(3, "sex");
}

static void test_five(void **state)
{
	(void)state;
	whole_study(5, NULL);
}

/* Messages come in any order, one at a time, some twice: the state machine sorts it out. */
static void test_any_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct ring r;
		struct random_stream random;
		random_init(&random, 20261124, seed);
		ring_make(&r, &(struct ring_options){.n = 3, .n_rows = 12});
		for (size_t i = 0; i <= 3; i++)
			REQUIRE_OK(ring_join(&r, i, NULL, &why));
		size_t n_done = 0;
		for (int turn = 0; n_done <= 3; turn++) {
			struct study_status s;
			struct file_list files = FILE_LIST_INIT;
			size_t from = random_below(&random, 3);
			const char *out = ring_path(r.folder[from], "out");
			REQUIRE(turn < 3000);
			REQUIRE_OK(file_list(out, &files, &why));
			if (files.n) {
				const char *name = files.names[random_below(&random, files.n)];
				size_t to = name[3] == 'a' ? 3 : (size_t)(name[3] - '1');
				const char *target = ring_path(ring_path(r.folder[to], "in"), name);
				/* half of the messages stay in out/ and come again */
				if (random_below(&random, 2))
					REQUIRE(rename(ring_path(out, name), target) == 0);
				else
					REQUIRE_OK(file_copy(ring_path(out, name), target, 0600, &why));
				REQUIRE_OK(ring_step(&r, to, NULL, &s, &why));
				assert_int_equal(s.n_refused, 0);
			}
			file_list_done(&files);
			n_done = 0;
			for (size_t i = 0; i <= 3; i++) {
				REQUIRE_OK(study_status(r.folder[i], &s, NULL, NULL, &why));
				n_done += s.complete;
			}
		}
		expect_same_table(&r);
		ring_remove(&r);
	}
}

/* The secrets are gone when a party is done; what it sent can be sent again, byte for byte. */
static void test_after_the_end(void **state)
{
	(void)state;
	struct ring r;
	ring_make(&r, &(struct ring_options){.n = 2, .n_rows = 12});
	for (size_t i = 0; i <= 2; i++)
		REQUIRE_OK(ring_join(&r, i, NULL, &why));
	assert_true(file_exists(ring_path(r.folder[0], STUDY_SECRETS)));
	assert_true(file_exists(ring_path(r.folder[0], STUDY_OWN)));
	struct buffer join = BUFFER_INIT;
	struct buffer again = BUFFER_INIT;
	ring_read(ring_find(ring_path(r.folder[0], "out"), "to-2", "join", ""), &join);
	ring_settle(&r);
	for (size_t i = 0; i < 2; i++) {
		assert_false(file_exists(ring_path(r.folder[i], STUDY_SECRETS)));
		assert_false(file_exists(ring_path(r.folder[i], STUDY_OWN)));
		assert_int_equal(ring_count(ring_path(r.folder[i], "out")), 0);
	}
	struct study_step_texts texts = {.notes = BUFFER_INIT};
	struct study_status s;
	const struct study_step_request request = {.access = ring_access(&r, 0), .again = true};
	REQUIRE_OK(study_step(&request, NULL, &s, &texts, &why));
	assert_int_equal(s.n_published, 4);
	ring_read(ring_find(ring_path(r.folder[0], "out"), "to-2", "join", ""), &again);
	assert_int_equal(join.n, again.n);
	assert_memory_equal(join.data, again.data, join.n);
	study_step_texts_done(&texts);
	buffer_done(&join);
	buffer_done(&again);
	ring_remove(&r);
}

static int audit(const struct ring *r, const char *list, struct cf_error *err)
{
	struct buffer notes = BUFFER_INIT;
	const struct study_join_request request = {.access = ring_access(r, 0), .list = list};
	int status = study_audit(&request, NULL, &notes, err);
	buffer_done(&notes);
	return status;
}

/* The commitment holds a party to its list, also after the end. */
static void test_audit(void **state)
{
	(void)state;
	struct ring r;
	ring_make(&r, &(struct ring_options){.n = 2, .n_rows = 12});
	ring_run(&r);
	REQUIRE_OK(audit(&r, r.list[0], &why));
	assert_int_equal(audit(&r, r.list[1], NULL), CF_E_REFUSED);
	struct buffer text = BUFFER_INIT;
	ring_read(r.list[0], &text);
	*strstr(text.data, "person.5@") = 'P'; /* case does not matter in addresses */
	ring_write(r.list[0], text.data, text.n);
	REQUIRE_OK(audit(&r, r.list[0], &why));
	*strstr(text.data, "erson.5@") = 'x';
	ring_write(r.list[0], text.data, text.n);
	assert_int_equal(audit(&r, r.list[0], NULL), CF_E_REFUSED);
	buffer_done(&text);
	ring_remove(&r);
}

/* A folder joins once; a key joins one study of an epoch with the same partners. */
static void test_joining_twice(void **state)
{
	(void)state;
	struct ring r;
	struct cf_error err = CF_ERROR_INIT;
	struct buffer notes = BUFFER_INIT;
	ring_make(&r, &(struct ring_options){.n = 2, .n_rows = 12});
	REQUIRE_OK(ring_join(&r, 0, NULL, &why));
	assert_int_equal(ring_join(&r, 0, NULL, &err), CF_E_STATE);
	/* the same study with the same key in another folder */
	char other[PATH_MAX];
	char key[PATH_MAX];
	(void)snprintf(other, sizeof other, "%s/other", r.root);
	(void)snprintf(key, sizeof key, "%s/%s", r.folder[0], STUDY_KEY);
	struct study_join_request request = {
		.access = {.dir = other, .key = key},
		.study = r.study,
		.list = r.list[0],
	};
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_REFUSED);
	/* another study of the epoch, with the same partners */
	char card[2][PATH_MAX];
	char analyst[PATH_MAX];
	char second[PATH_MAX];
	for (size_t i = 0; i < 2; i++)
		(void)snprintf(card[i], sizeof card[i], "%s/party%zu.card", r.folder[i], i);
	(void)snprintf(analyst, sizeof analyst, "%s/analyst.card", r.folder[2]);
	(void)snprintf(second, sizeof second, "%s/second.ini", r.root);
	const struct study_member members[] = {{"party0", card[0]}, {"party1", card[1]}};
	struct study_new_request new_request = {.out = second,
		.title = "Again",
		.epoch = "2026",
		.keys = r.keys,
		.parties = members,
		.n_parties = 2,
		.analyst = {"analyst", analyst},
		.k = 3};
	REQUIRE_OK(study_new(&new_request, &notes, &why));
	request.study = second;
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_REFUSED);
	assert_non_null(strstr(err.message, "--another-run"));
	assert_false(file_exists(other));
	request.another_run = true;
	REQUIRE_OK(study_join(&request, NULL, &notes, &why));
	/* another epoch is another matter */
	char third[PATH_MAX];
	(void)snprintf(third, sizeof third, "%s/third.ini", r.root);
	new_request.out = third;
	new_request.epoch = "2027";
	REQUIRE_OK(study_new(&new_request, &notes, &why));
	char fresh[PATH_MAX];
	(void)snprintf(fresh, sizeof fresh, "%s/fresh", r.root);
	request = (struct study_join_request){
		.access = {.dir = fresh, .key = key}, .study = third, .list = r.list[0]};
	REQUIRE_OK(study_join(&request, NULL, &notes, &why));
	buffer_done(&notes);
	ring_remove(&r);
}

/* Who may not join, and lists that are too short or too long. */
static void test_may_not_join(void **state)
{
	(void)state;
	struct ring r;
	struct cf_error err = CF_ERROR_INIT;
	struct buffer notes = BUFFER_INIT;
	ring_make(&r, &(struct ring_options){.n = 2, .n_rows = 12});
	struct study_join_request request = {
		.access = ring_access(&r, 2), .study = r.study, .list = r.list[0]};
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_USAGE);
	request = (struct study_join_request){.access = ring_access(&r, 0), .study = r.study};
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_USAGE);
	ring_write(r.list[0], "email\na@b.org\nc@d.org\n", 22);
	request.list = r.list[0];
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_INPUT);
	struct buffer text = BUFFER_INIT;
	REQUIRE(buffer_append_text(&text, "email\n") == 0);
	for (int i = 0; i < 1001; i++)
		REQUIRE(buffer_printf(&text, "p%d@x.org\n", i) == 0);
	ring_write(r.list[0], text.data, text.n);
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_LIMIT);
	/* nothing was written by any of these */
	assert_false(file_exists(ring_path(r.folder[0], "state")));
	/* a stranger */
	const struct study_keygen_request stranger = {
		.name = "stranger", .access = {.dir = ring_path(r.root, "stranger")}};
	REQUIRE_OK(study_keygen(&stranger, &notes, &why));
	request.access.dir = ring_path(r.root, "stranger");
	assert_int_equal(study_join(&request, NULL, &notes, &err), CF_E_INPUT);
	buffer_done(&text);
	buffer_done(&notes);
	ring_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_three),
		cmocka_unit_test(test_three_with_strata),
		cmocka_unit_test(test_five),
		cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_after_the_end),
		cmocka_unit_test(test_audit),
		cmocka_unit_test(test_joining_twice),
		cmocka_unit_test(test_may_not_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
