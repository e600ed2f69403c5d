/* docs/protocol.md: the header, the join, and what is refused about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/protocol_support.h"

static struct test_study t;

static int setup(void **state)
{
	(void)state;
	test_study_init(&t, 3, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_study_done(&t);
	return 0;
}

static struct match_header sample_header(void)
{
	struct match_header h = {
		.kind = MATCH_MESSAGE_TOKENS, .round = 0x0102, .list = 3, .sender = 4, .receiver = 5};
	memset(h.study_id, 0xa1, sizeof h.study_id);
	memset(h.study_hash, 0xb2, sizeof h.study_hash);
	memset(h.roster, 0xc3, sizeof h.roster);
	return h;
}

/* The table of docs/protocol.md, written out by hand. */
static void test_header_bytes(void **state)
{
	(void)state;
	const struct match_header h = sample_header();
	uint8_t expected[104] = "CFOILMSG\1\0\2\0\2\1\3\0\4\0\5\0\0\0\0\0";
	uint8_t bytes[MATCH_HEADER_BYTES];
	memset(expected + 24, 0xa1, 16);
	memset(expected + 40, 0xb2, 32);
	memset(expected + 72, 0xc3, 32);
	assert_int_equal(MATCH_HEADER_BYTES, sizeof expected);
	match_header_encode(&h, bytes);
	assert_memory_equal(bytes, expected, sizeof expected);
}

static void test_header_roundtrip(void **state)
{
	(void)state;
	const struct match_header h = sample_header();
	struct match_header back;
	uint8_t bytes[MATCH_HEADER_BYTES];
	uint8_t again[MATCH_HEADER_BYTES];
	match_header_encode(&h, bytes);
	assert_int_equal(match_header_decode(bytes, &back, NULL), 0);
	match_header_encode(&back, again);
	assert_memory_equal(bytes, again, sizeof bytes);
}

/* [P-6] */
static void test_header_refused(void **state)
{
	(void)state;
	const struct match_header h = sample_header();
	const struct {
		size_t at;
		uint8_t value;
		int status;
	} cases[] = {{0, 'X', CF_E_INPUT}, {7, 'g', CF_E_INPUT}, {8, 2, CF_E_REFUSED}, {9, 1, CF_E_REFUSED},
		{10, 0, CF_E_REFUSED}, {10, 3, CF_E_REFUSED}, {11, 1, CF_E_REFUSED}, {20, 1, CF_E_REFUSED},
		{23, 1, CF_E_REFUSED}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cf_error err = CF_ERROR_INIT;
		struct match_header back = {.round = 77};
		uint8_t bytes[MATCH_HEADER_BYTES];
		match_header_encode(&h, bytes);
		bytes[cases[i].at] = cases[i].value;
		assert_int_equal(match_header_decode(bytes, &back, &err), cases[i].status);
		assert_true(err.message[0] != '\0');
		assert_int_equal(back.round, 77);
	}
}

static void make_join(uint32_t n, struct match_join *ret)
{
	*ret = (struct match_join){.party = 1,
		.n_records = n,
		.n_rows = n + 2 < n ? n : n + 2,
		.n_dropped_values = 7,
		.n_coarsened = 1};
	ret->stratum_counts = NEW_ARRAY_ZERO(uint32_t, match_study_n_codes(t.study));
	REQUIRE(ret->stratum_counts);
	ret->stratum_counts[0] = n;
	memset(ret->commitment, 0x5c, sizeof ret->commitment);
}

static void encode(const struct match_join *j, size_t signer, struct buffer *out)
{
	REQUIRE(match_join_encode(t.study, j, t.identities[signer], out, NULL) == 0);
}

static int decode(const struct buffer *b, size_t party)
{
	struct match_join j = {0};
	int status = match_join_decode(t.study, party, b->data, b->n, &j, NULL);
	match_join_done(&j);
	return status;
}

static void test_join_roundtrip(void **state)
{
	(void)state;
	struct match_join j;
	struct match_join back;
	struct buffer b = BUFFER_INIT;
	make_join(10, &j);
	encode(&j, 1, &b);
	assert_int_equal(b.n, match_join_bytes(t.study));
	assert_int_equal(b.n, 96 + 4 * match_study_n_codes(t.study) + 64);
	assert_memory_equal(b.data, "CFOILJN1", 8);
	assert_memory_equal(b.data + 8, t.study->hash, 32);
	assert_memory_equal(b.data + 40, "\1\0\0\0\12\0\0\0", 8);
	assert_memory_equal(b.data + 80, "\14\0\0\0\7\0\0\0\1\0\0\0\1\0\0\0\12\0\0\0", 20);
	assert_int_equal(match_join_decode(t.study, 1, b.data, b.n, &back, NULL), 0);
	assert_int_equal(back.n_rows, 12);
	assert_int_equal(back.n_dropped_values, 7);
	assert_int_equal(back.n_coarsened, 1);
	assert_int_equal(back.party, 1);
	assert_int_equal(back.n_records, 10);
	assert_memory_equal(back.commitment, j.commitment, sizeof j.commitment);
	assert_int_equal(back.stratum_counts[0], 10);
	match_join_done(&j);
	match_join_done(&back);
	buffer_done(&b);
}

/* [P-11]: every bit of a join is signed, and what is signed is still checked. */
static void test_join_refused(void **state)
{
	(void)state;
	struct match_join j;
	struct buffer b = BUFFER_INIT;
	make_join(10, &j);
	encode(&j, 1, &b);
	for (size_t i = 0; i < b.n * 8; i++) {
		b.data[i / 8] = (char)(b.data[i / 8] ^ 1 << i % 8);
		assert_true(decode(&b, 1) < 0);
		b.data[i / 8] = (char)(b.data[i / 8] ^ 1 << i % 8);
	}
	assert_int_equal(decode(&b, 1), 0);
	assert_int_equal(decode(&b, 0), CF_E_REFUSED);
	b.n--;
	assert_int_equal(decode(&b, 1), CF_E_REFUSED);
	buffer_clear(&b);
	encode(&j, 2, &b);
	assert_int_equal(decode(&b, 1), CF_E_REFUSED);
	match_join_done(&j);
	buffer_done(&b);
}

/* A party with a valid key says what it may not. */
static void test_join_limits(void **state)
{
	(void)state;
	const struct {
		uint32_t n, counted;
		uint16_t party;
	} cases[] = {{2, 2, 1}, {1001, 1001, 1}, {10, 9, 1}, {10, 11, 1}, {10, 10, 2},
		{UINT32_MAX, UINT32_MAX, 1}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct match_join j;
		struct buffer b = BUFFER_INIT;
		make_join(cases[i].n, &j);
		j.stratum_counts[0] = cases[i].counted;
		j.party = cases[i].party;
		encode(&j, 1, &b);
		assert_int_equal(decode(&b, 1), CF_E_REFUSED);
		match_join_done(&j);
		buffer_done(&b);
	}
}

static void test_join_strata(void **state)
{
	(void)state;
	struct test_study other;
	test_study_init(&other, 2, "[strata]\nk = 3\nsex = female, male\n");
	uint32_t counts[3] = {3, 7, 0};
	struct match_join j = {.party = 0, .n_records = 10, .stratum_counts = counts};
	assert_int_equal(match_study_n_codes(other.study), 3);
	assert_int_equal(match_join_check_counts(other.study, &j, NULL), 0);
	counts[0] = 0;
	counts[1] = 8;
	counts[2] = 2; /* fewer than k */
	assert_int_equal(match_join_check_counts(other.study, &j, NULL), CF_E_REFUSED);
	counts[0] = 2; /* fewer than k, but all of them unknown */
	counts[1] = counts[2] = 0;
	j.n_records = 2;
	assert_int_equal(match_join_check_counts(other.study, &j, NULL), 0);
	counts[0] = 0;
	counts[1] = 2;
	assert_int_equal(match_join_check_counts(other.study, &j, NULL), CF_E_REFUSED);
	test_study_done(&other);
}

static void test_roster(void **state)
{
	(void)state;
	struct buffer joins[3] = {BUFFER_INIT, BUFFER_INIT, BUFFER_INIT};
	uint8_t roster[2][CRYPTO_HASH_BYTES];
	for (uint16_t i = 0; i < 3; i++) {
		struct match_join j;
		make_join(10, &j);
		j.party = i;
		encode(&j, i, &joins[i]);
		match_join_done(&j);
	}
	match_roster_hash(t.study, joins, roster[0]);
	for (size_t i = 0; i < 3; i++) {
		for (size_t at = 0; at < joins[i].n - 64; at += 7) {
			joins[i].data[at] ^= 1;
			match_roster_hash(t.study, joins, roster[1]);
			assert_memory_not_equal(roster[0], roster[1], CRYPTO_HASH_BYTES);
			joins[i].data[at] ^= 1;
		}
	}
	match_roster_hash(t.study, joins, roster[1]);
	assert_memory_equal(roster[0], roster[1], CRYPTO_HASH_BYTES);
	for (size_t i = 0; i < 3; i++)
		buffer_done(&joins[i]);
}

static void test_names(void **state)
{
	(void)state;
	struct match_header h = {
		.kind = MATCH_MESSAGE_TOKENS, .round = 2, .list = 0, .sender = 1, .receiver = 2};
	struct buffer b = BUFFER_INIT;
	char expected[200];
	char id[9];
	crypto_to_hex(t.study->id, 4, id);
	assert_int_equal(match_message_name(t.study, &h, &b), 0);
	(void)snprintf(expected, sizeof expected,
		"to-3-party-2_from-2-party-1_list-1-party-0_hop-2-of-3_%s.cfm", id);
	assert_string_equal(buffer_text(&b), expected);
	buffer_clear(&b);
	h = (struct match_header){.kind = MATCH_MESSAGE_JOIN, .list = 1, .sender = 1, .receiver = 3};
	assert_int_equal(match_message_name(t.study, &h, &b), 0);
	(void)snprintf(expected, sizeof expected, "to-analyst-analyst_from-2-party-1_join_%s.cfm", id);
	assert_string_equal(buffer_text(&b), expected);
	buffer_clear(&b);
	/* 40 bytes at most, and no half characters: 39 + 2 bytes would be 41 */
	assert_int_equal(match_append_file_name(&b, "a:b c.d?e/12345678901234567890123456789\xc3\xa9z"), 0);
	assert_string_equal(buffer_text(&b), "a-b-c-d-e-12345678901234567890123456789");
	buffer_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_bytes),
		cmocka_unit_test(test_header_roundtrip),
		cmocka_unit_test(test_header_refused),
		cmocka_unit_test(test_join_roundtrip),
		cmocka_unit_test(test_join_refused),
		cmocka_unit_test(test_join_limits),
		cmocka_unit_test(test_join_strata),
		cmocka_unit_test(test_roster),
		cmocka_unit_test(test_names),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
