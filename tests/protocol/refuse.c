/* What a party turns away, and that it is none the worse for it. docs/protocol.md has the rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "crypto/sealed.h"
#include "ring.h"

/* Puts bytes into participant i's in/ and takes them. The outcome, and that the journal did not change. */
static int offer(
	struct study_folder *f, const void *data, size_t n, enum study_taking *taking, struct cf_error *err)
{
	struct buffer before = BUFFER_INIT;
	struct buffer after = BUFFER_INIT;
	CF_CLEANUP_FREE char *in = study_path(f->root, STUDY_IN);
	CF_CLEANUP_FREE char *path = file_path(in, "message.cfm");
	ring_write(path, data, n);
	REQUIRE(match_party_format(&f->party, &before) == 0);
	int status = study_take(f, "message.cfm", taking, err);
	REQUIRE(match_party_format(&f->party, &after) == 0);
	if (status < 0 || *taking != STUDY_TAKEN)
		assert_string_equal(buffer_text(&before), buffer_text(&after));
	(void)remove(path);
	buffer_done(&before);
	buffer_done(&after);
	return status;
}

static void expect_refused(struct study_folder *f, const struct buffer *message, const char *says)
{
	struct cf_error err = CF_ERROR_INIT;
	enum study_taking taking = STUDY_TAKEN;
	int status = offer(f, message->data, message->n, &taking, &err);
	if (!study_is_refusal(status) || !strstr(err.message, says))
		fail_msg("status %d: %s (expected: %s)", status, err.message, says);
}

static enum study_taking expect_taken(struct study_folder *f, const struct buffer *message)
{
	enum study_taking taking = STUDY_TAKEN;
	struct cf_error err = CF_ERROR_INIT;
	if (offer(f, message->data, message->n, &taking, &err) < 0)
		fail_msg("%s", err.message);
	return taking;
}

/* A study of three in which all have joined; joins[i] are party i's messages to party 1 (0: to the analyst).
 */
struct scene {
	struct ring r;
	struct buffer join_for_1[3];
	struct buffer join_for_analyst[3];
};

static void scene_make(struct scene *s)
{
	*s = (struct scene){.r = {.n = 0}};
	ring_make(&s->r, &(struct ring_options){.n = 3, .n_rows = 6});
	for (size_t i = 0; i <= 3; i++)
		REQUIRE_OK(ring_join(&s->r, i, NULL, &why));
	for (size_t i = 0; i < 3; i++) {
		const char *out = ring_path(s->r.folder[i], "out");
		if (i != 1)
			ring_read(ring_find(out, "to-2", "join", ""), &s->join_for_1[i]);
		ring_read(ring_find(out, "to-analyst", "join", ""), &s->join_for_analyst[i]);
	}
}

static void scene_done(struct scene *s)
{
	for (size_t i = 0; i < 3; i++) {
		buffer_done(&s->join_for_1[i]);
		buffer_done(&s->join_for_analyst[i]);
	}
	ring_remove(&s->r);
}

static void take_joins(struct study_folder *f, const struct scene *s)
{
	assert_int_equal(expect_taken(f, &s->join_for_1[0]), STUDY_TAKEN);
	assert_int_equal(expect_taken(f, &s->join_for_1[2]), STUDY_TAKEN);
}

/* Party 0's own list for party 1, as party 0 makes it once it has all joins. */
static void list_for_1(const struct scene *s, struct buffer *out)
{
	struct study_status status;
	(void)ring_carry(&s->r);
	REQUIRE_OK(ring_step(&s->r, 0, NULL, &status, &why));
	ring_read(ring_find(ring_path(s->r.folder[0], "out"), "to-2", "hop-1", ""), out);
}

/* [P-18] */
static void test_replay(void **state)
{
	(void)state;
	struct scene s;
	struct buffer list = BUFFER_INIT;
	scene_make(&s);
	list_for_1(&s, &list);
	struct study_folder *f = ring_open(&s.r, 1);
	take_joins(f, &s);
	assert_int_equal(expect_taken(f, &s.join_for_1[0]), STUDY_REPEATED);
	assert_int_equal(expect_taken(f, &list), STUDY_TAKEN);
	assert_int_equal(expect_taken(f, &list), STUDY_REPEATED);
	assert_int_equal(expect_taken(f, &s.join_for_1[2]), STUDY_REPEATED);
	study_folder_free(f);
	buffer_done(&list);
	scene_done(&s);
}

/* [P-19] and [P-5]: a list before the joins waits, and nobody sends one before. */
static void test_too_early(void **state)
{
	(void)state;
	struct scene s;
	struct buffer list = BUFFER_INIT;
	struct study_status status;
	scene_make(&s);
	for (size_t i = 0; i < 3; i++) {
		REQUIRE_OK(ring_step(&s.r, i, NULL, &status, &why));
		assert_int_equal(status.n_published, 0);
		assert_int_equal(ring_count(ring_path(s.r.folder[i], "out")), 3);
	}
	list_for_1(&s, &list);
	struct study_folder *f = ring_open(&s.r, 1);
	assert_int_equal(expect_taken(f, &list), STUDY_WAITS);
	take_joins(f, &s);
	assert_int_equal(expect_taken(f, &list), STUDY_TAKEN);
	study_folder_free(f);
	buffer_done(&list);
	scene_done(&s);
}

/* [P-7] [P-8] [P-9] a message for somebody else, of another study, of oneself */
static void test_swapped(void **state)
{
	(void)state;
	struct scene a;
	struct scene b;
	struct buffer list = BUFFER_INIT;
	scene_make(&a);
	scene_make(&b);
	list_for_1(&a, &list);
	struct study_folder *f = ring_open(&a.r, 1);
	struct study_folder *analyst = ring_open(&a.r, 3);
	expect_refused(f, &a.join_for_analyst[0], "not for 'party1'");
	expect_refused(analyst, &a.join_for_1[0], "not for 'analyst'");
	expect_refused(f, &b.join_for_1[0], "another study");
	expect_refused(f, &a.join_for_analyst[1], "for 'analyst'");
	/* the header turned to name the right receiver, sender or round: the seal breaks */
	struct buffer turned = BUFFER_INIT;
	REQUIRE(buffer_append(&turned, a.join_for_analyst[0].data, a.join_for_analyst[0].n) == 0);
	turned.data[18] = 1;
	expect_refused(f, &turned, "");
	turned.data[18] = 3;
	turned.data[16] = turned.data[14] = 2;
	expect_refused(analyst, &turned, "");
	take_joins(f, &a);
	buffer_clear(&turned);
	REQUIRE(buffer_append(&turned, list.data, list.n) == 0);
	turned.data[12] = 2; /* [P-10] */
	expect_refused(f, &turned, "wrong round");
	turned.data[14] = 2; /* the round in which list 2 would come, but from another sender [P-9] */
	turned.data[16] = 2;
	expect_refused(f, &turned, "comes from 'party0'");
	assert_int_equal(expect_taken(f, &list), STUDY_TAKEN);
	study_folder_free(f);
	study_folder_free(analyst);
	buffer_done(&turned);
	buffer_done(&list);
	scene_done(&a);
	scene_done(&b);
}

/* A message made by anybody's hand: header, payload, signer. */
struct forged {
	struct match_header header;
	const void *payload;
	size_t n;
};

static void forge(const struct ring *r, const struct forged *m, size_t signer, struct buffer *out)
{
	struct identity *id = ring_identity(r, signer);
	struct match_study *study = ring_study(r);
	struct sealed_writer *w = NULL;
	uint8_t header[MATCH_HEADER_BYTES];
	char *bytes = NULL;
	size_t n = 0;
	FILE *to = open_memstream(&bytes, &n);
	REQUIRE(to);
	match_header_encode(&m->header, header);
	REQUIRE_OK(sealed_writer_new(to, header, sizeof header, id,
		match_study_card(study, m->header.receiver)->box_key, &w, &why));
	REQUIRE_OK(sealed_write(w, m->payload, m->n, &why));
	REQUIRE_OK(sealed_writer_finish(w, NULL, &why));
	sealed_writer_free(w);
	REQUIRE(fclose(to) == 0);
	buffer_clear(out);
	REQUIRE(buffer_append(out, bytes, n) == 0);
	free(bytes);
	identity_free(id);
	match_study_free(study);
}

/* Party 0's join with another commitment, signed and sealed by itself. */
static void another_join(const struct scene *s, struct buffer *out)
{
	struct study_folder *f = ring_open(&s->r, 0);
	struct match_join join = f->joins[0];
	struct buffer body = BUFFER_INIT;
	struct forged m = {0};
	join.commitment[0] ^= 1;
	REQUIRE_OK(match_join_encode(f->study, &join, f->identity, &body, &why));
	match_party_join_header(&f->party, 1, &m.header);
	m.payload = body.data;
	m.n = body.n;
	forge(&s->r, &m, 0, out);
	buffer_done(&body);
	study_folder_free(f);
}

/* [P-17] [P-4] [P-18] */
static void test_equivocation(void **state)
{
	(void)state;
	struct scene s;
	struct buffer second = BUFFER_INIT;
	struct buffer list = BUFFER_INIT;
	struct buffer resealed = BUFFER_INIT;
	scene_make(&s);
	another_join(&s, &second);
	list_for_1(&s, &list);
	struct study_folder *f = ring_open(&s.r, 1);
	take_joins(f, &s);
	expect_refused(f, &second, "second, different message");
	/* the same join sealed anew is the same message */
	struct buffer own = BUFFER_INIT;
	ring_read(ring_path(s.r.folder[0], STUDY_JOINS "/1.join"), &own);
	struct forged m = {.payload = own.data, .n = own.n};
	struct study_folder *zero = ring_open(&s.r, 0);
	match_party_join_header(&zero->party, 1, &m.header);
	study_folder_free(zero);
	forge(&s.r, &m, 0, &resealed);
	assert_int_equal(expect_taken(f, &resealed), STUDY_REPEATED);
	/* a second list for the same step, well made */
	assert_int_equal(expect_taken(f, &list), STUDY_TAKEN);
	study_folder_free(f);
	scene_done(&s);

	/* told another join than the others, a party has another roster, and refuses what follows from it */
	scene_make(&s);
	another_join(&s, &second);
	list_for_1(&s, &list);
	f = ring_open(&s.r, 1);
	assert_int_equal(expect_taken(f, &second), STUDY_TAKEN);
	assert_int_equal(expect_taken(f, &s.join_for_1[2]), STUDY_TAKEN);
	expect_refused(f, &list, "told different parties different things");
	study_folder_free(f);
	buffer_done(&own);
	buffer_done(&second);
	buffer_done(&resealed);
	buffer_done(&list);
	scene_done(&s);
}

/* A second list of the same owner for the same round, valid in itself. */
static void test_second_list(void **state)
{
	(void)state;
	struct scene s;
	struct buffer list = BUFFER_INIT;
	struct buffer second = BUFFER_INIT;
	scene_make(&s);
	list_for_1(&s, &list);
	struct study_folder *f = ring_open(&s.r, 1);
	take_joins(f, &s);
	assert_int_equal(expect_taken(f, &list), STUDY_TAKEN);
	const size_t n = match_tokens_bytes(f->joins[0].n_records, match_plan_n_slots(f->study->plan));
	uint8_t *payload = calloc(n, 1);
	struct forged m = {.payload = payload, .n = n};
	REQUIRE(match_header_decode((const uint8_t *)list.data, &m.header, NULL) == 0);
	for (size_t record = 0, at = 0; record < f->joins[0].n_records; record++) {
		at += 2;
		for (size_t slot = 0; slot < match_plan_n_slots(f->study->plan);
			slot++, at += GROUP_ELEMENT_BYTES)
			group_random_element(payload + at);
	}
	forge(&s.r, &m, 0, &second);
	expect_refused(f, &second, "second, different message");
	/* signed by another party */
	forge(&s.r, &m, 2, &second);
	expect_refused(f, &second, "");
	assert_int_equal(expect_taken(f, &list), STUDY_REPEATED);
	free(payload);
	study_folder_free(f);
	buffer_done(&list);
	buffer_done(&second);
	scene_done(&s);
}

/* One mutation: a bit, a byte, a cut, bytes put in, a piece moved, the tail of another message. */
static void mutate(const struct buffer *from, const struct buffer *other, struct random_stream *random,
	struct buffer *out)
{
	size_t at = random_below(random, from->n);
	buffer_clear(out);
	REQUIRE(buffer_append(out, from->data, from->n) == 0);
	switch (random_below(random, 7)) {
	case 0:
		out->data[at] = (char)(out->data[at] ^ 1 << random_below(random, 8));
		break;
	case 1:
		out->data[at] = (char)(out->data[at] + 1 + (char)random_below(random, 255));
		break;
	case 2:
		out->n = at;
		break;
	case 3:
		REQUIRE(buffer_append(out, from->data + at, from->n - at) == 0);
		break;
	case 4:
		for (size_t i = at; i < out->n && i < at + 1 + random_below(random, 40); i++)
			out->data[i] = (char)random_bits(random);
		break;
	case 5:
		memmove(out->data + at, out->data + at + 1, out->n - at - 1);
		out->n--;
		break;
	default:
		out->n = at;
		REQUIRE(buffer_append(out, other->data + (at < other->n ? at : 0),
				other->n - (at < other->n ? at : 0)) == 0);
	}
}

static void refuse_mutations(struct study_folder *f, const struct buffer *message, const struct buffer *other,
	size_t n, struct random_stream *random)
{
	struct buffer bad = BUFFER_INIT;
	for (size_t i = 0; i < n; i++) {
		struct cf_error err = CF_ERROR_INIT;
		enum study_taking taking = STUDY_TAKEN;
		mutate(message, other, random, &bad);
		/* by chance it may be one of the two again */
		if ((bad.n == message->n && memcmp(bad.data, message->data, bad.n) == 0) ||
			(bad.n == other->n && memcmp(bad.data, other->data, bad.n) == 0))
			continue;
		int status = offer(f, bad.data, bad.n, &taking, &err);
		if (!study_is_refusal(status))
			fail_msg("mutation %zu of %zu: status %d, taking %d, %s", i, n, status, (int)taking,
				err.message);
	}
	buffer_done(&bad);
}

/* [P-6] to [P-13]: 10,000 mutated messages, joins and lists, before and after the true ones were taken, at a
 * party and at the analyst. */
static void test_mutated(void **state)
{
	(void)state;
	enum { EACH = 1000 };
	struct scene s;
	struct buffer list = BUFFER_INIT;
	struct buffer last = BUFFER_INIT;
	struct random_stream random;
	random_init(&random, 4, 1);
	scene_make(&s);
	list_for_1(&s, &list);
	struct study_folder *f = ring_open(&s.r, 1);
	refuse_mutations(f, &s.join_for_1[0], &s.join_for_1[2], 2 * EACH, &random);
	take_joins(f, &s);
	refuse_mutations(f, &s.join_for_1[0], &s.join_for_1[2], EACH, &random);
	refuse_mutations(f, &list, &s.join_for_1[0], 2 * EACH, &random);
	assert_int_equal(expect_taken(f, &list), STUDY_TAKEN);
	refuse_mutations(f, &list, &s.join_for_1[2], EACH, &random);
	study_folder_free(f);
	ring_settle(&s.r);

	/* the analyst's side, from the spool of party 2, which sends list 0 in round 3 */
	ring_read(ring_find(ring_path(s.r.folder[2], STUDY_SPOOL), "to-analyst", "list-1", ""), &last);
	f = ring_open(&s.r, 3);
	refuse_mutations(f, &last, &s.join_for_analyst[0], EACH, &random);
	f->party.lists_in[0].there = false;
	refuse_mutations(f, &last, &s.join_for_analyst[0], 2 * EACH, &random);
	f->party.joins_in[0].there = false;
	refuse_mutations(f, &s.join_for_analyst[0], &last, EACH, &random);
	study_folder_free(f);
	buffer_done(&list);
	buffer_done(&last);
	scene_done(&s);
}

/* Refused files go to refused/ and the log, with the name made harmless; the step counts them and goes on. */
static void test_refused_folder(void **state)
{
	(void)state;
	struct scene s;
	struct study_status status;
	struct buffer log = BUFFER_INIT;
	scene_make(&s);
	const char *in = ring_path(s.r.folder[1], "in");
	ring_write(ring_path(in, "a.txt"), "hello", 5);
	ring_write(ring_path(in, "\x1b[31m\nred.cfm"), s.join_for_analyst[0].data, s.join_for_analyst[0].n);
	ring_write(ring_path(in, "b.cfm"), s.join_for_1[0].data, s.join_for_1[0].n);
	ring_write(ring_path(in, "c.part"), "half", 4);
	ring_write(ring_path(in, ".hidden"), "x", 1);
	ring_write(ring_path(in, "empty"), "", 0);
	REQUIRE_OK(ring_step(&s.r, 1, NULL, &status, &why));
	assert_int_equal(status.n_refused, 3);
	assert_int_equal(status.n_taken, 1);
	assert_int_equal(ring_count(in), 1); /* c.part */
	assert_int_equal(ring_count(ring_path(s.r.folder[1], "refused")), 3);
	ring_write(ring_path(in, "a.txt"), "hello", 5);
	REQUIRE_OK(ring_step(&s.r, 1, NULL, &status, &why));
	assert_true(file_exists(ring_path(s.r.folder[1], "refused/a.txt.1")));
	ring_read(ring_path(s.r.folder[1], STUDY_LOG), &log);
	assert_non_null(strstr(buffer_text(&log), "input a.txt: "));
	assert_non_null(strstr(buffer_text(&log), "?[31m?red.cfm"));
	assert_null(strchr(buffer_text(&log), '\x1b'));
	assert_null(strstr(buffer_text(&log), "hello"));
	buffer_done(&log);
	scene_done(&s);
}

/* What the party keeps for itself is not trusted blindly either. */
static void test_damaged_state(void **state)
{
	(void)state;
	static const char *const files[] = {
		STUDY_SECRETS, STUDY_OWN, STUDY_JOURNAL, STUDY_JOINS "/1.join", STUDY_FILE};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct scene s;
		struct study_status status;
		struct cf_error err = CF_ERROR_INIT;
		struct buffer bytes = BUFFER_INIT;
		scene_make(&s);
		(void)ring_carry(&s.r);
		for (size_t p = 1; p < 3; p++)
			REQUIRE_OK(ring_step(&s.r, p, NULL, &status, &why));
		(void)ring_carry(&s.r);
		char *path = study_path(s.r.folder[0], files[i]);
		ring_read(path, &bytes);
		bytes.data[bytes.n - 20] = (char)(bytes.data[bytes.n - 20] ^ 4);
		ring_write(path, bytes.data, bytes.n);
		assert_true(ring_step(&s.r, 0, NULL, &status, &err) < 0);
		assert_true(err.message[0] != '\0');
		/* nobody else's message was turned away for it */
		assert_int_equal(ring_count(ring_path(s.r.folder[0], "refused")), 0);
		mem_free(path);
		buffer_done(&bytes);
		scene_done(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_too_early),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_equivocation),
		cmocka_unit_test(test_second_list),
		cmocka_unit_test(test_mutated),
		cmocka_unit_test(test_refused_folder),
		cmocka_unit_test(test_damaged_state),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
