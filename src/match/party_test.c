/* The ring, what a party accepts, and its journal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/party.h"
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

/* Each list is passed on by every party once, in an unbroken chain from its owner to the analyst. */
static void test_ring(void **state)
{
	(void)state;
	for (size_t n = 2; n <= MATCH_MAX_PARTIES; n++) {
		struct match_study s = {.n_parties = n};
		for (size_t list = 0; list < n; list++) {
			bool sent[MATCH_MAX_PARTIES] = {false};
			size_t holder = list;
			for (size_t round = 1; round <= n; round++) {
				assert_int_equal(match_ring_sender(&s, list, round), holder);
				assert_false(sent[holder]);
				sent[holder] = true;
				holder = match_ring_receiver(&s, list, round);
				assert_int_equal(match_ring_round(&s, list, holder), round);
			}
			assert_int_equal(holder, n);
			assert_int_equal(match_ring_round(&s, list, list), 0);
		}
	}
}

static void full_roster(struct match_party *p, size_t self)
{
	match_party_init(p, t.study, self);
	for (size_t i = 0; i < 3; i++)
		p->joins_in[i].there = i != self;
	memset(p->roster, 0x77, sizeof p->roster);
}

/* Of all headers with small numbers, exactly the n * n joins and n * n lists are taken, each by one receiver.
 * [P-8] [P-9] [P-10] */
static void test_only_the_agreed_messages(void **state)
{
	(void)state;
	enum { LIMIT = 6 };
	size_t n_joins = 0;
	size_t n_lists = 0;
	for (size_t self = 0; self <= 3; self++) {
		struct match_party p;
		full_roster(&p, self);
		for (size_t i = 0; i < 2 * LIMIT * LIMIT * LIMIT * LIMIT; i++) {
			struct match_header h = {
				.kind = i % 2 ? MATCH_MESSAGE_JOIN : MATCH_MESSAGE_TOKENS,
				.round = (uint16_t)(i / 2 % LIMIT),
				.list = (uint16_t)(i / 2 / LIMIT % LIMIT),
				.sender = (uint16_t)(i / 2 / LIMIT / LIMIT % LIMIT),
				.receiver = (uint16_t)(i / 2 / LIMIT / LIMIT / LIMIT),
			};
			enum match_verdict verdict;
			memcpy(h.study_id, t.study->id, sizeof h.study_id);
			memcpy(h.study_hash, t.study->hash, sizeof h.study_hash);
			if (h.kind == MATCH_MESSAGE_TOKENS)
				memcpy(h.roster, p.roster, sizeof h.roster);
			else
				p.joins_in[h.sender % 3].there = false;
			int status = match_party_judge(&p, &h, &verdict, NULL);
			p.joins_in[h.sender % 3].there = h.sender % 3 != self;
			if (status == 0) {
				assert_int_equal(verdict, MATCH_TAKE);
				n_joins += h.kind == MATCH_MESSAGE_JOIN;
				n_lists += h.kind == MATCH_MESSAGE_TOKENS;
			} else {
				assert_int_equal(status, CF_E_REFUSED);
			}
		}
	}
	assert_int_equal(n_joins, 9);
	assert_int_equal(n_lists, 9);
}

static struct match_header list_for_party_1(const struct match_party *p)
{
	struct match_header h = {
		.kind = MATCH_MESSAGE_TOKENS, .round = 1, .list = 0, .sender = 0, .receiver = 1};
	memcpy(h.study_id, t.study->id, sizeof h.study_id);
	memcpy(h.study_hash, t.study->hash, sizeof h.study_hash);
	memcpy(h.roster, p->roster, sizeof h.roster);
	return h;
}

/* [P-4] [P-7] [P-18] [P-19] */
static void test_verdicts(void **state)
{
	(void)state;
	struct match_party p;
	enum match_verdict verdict;
	full_roster(&p, 1);
	struct match_header h = list_for_party_1(&p);
	assert_int_equal(match_party_judge(&p, &h, &verdict, NULL), 0);
	assert_int_equal(verdict, MATCH_TAKE);
	p.lists_in[0].there = true;
	assert_int_equal(match_party_judge(&p, &h, &verdict, NULL), 0);
	assert_int_equal(verdict, MATCH_AGAIN);
	p.lists_in[0].there = false;
	p.joins_in[2].there = false;
	assert_int_equal(match_party_judge(&p, &h, &verdict, NULL), 0);
	assert_int_equal(verdict, MATCH_WAIT);
	p.joins_in[2].there = true;
	h.roster[5] ^= 1;
	assert_int_equal(match_party_judge(&p, &h, &verdict, NULL), CF_E_REFUSED);
	h.roster[5] ^= 1;
	h.study_id[0] ^= 1;
	assert_int_equal(match_party_judge(&p, &h, &verdict, NULL), CF_E_REFUSED);
	h.study_id[0] ^= 1;
	h.study_hash[31] ^= 1;
	assert_int_equal(match_party_judge(&p, &h, &verdict, NULL), CF_E_REFUSED);
}

static void fill(struct match_party *p)
{
	full_roster(p, 1);
	for (size_t i = 0; i < 3; i++) {
		memset(p->joins_in[i].file_hash, (int)(i + 1), CRYPTO_HASH_BYTES);
		memset(p->joins_in[i].transcript, (int)(i + 11), CRYPTO_HASH_BYTES);
		if (!p->joins_in[i].there)
			p->joins_in[i] = (struct match_taken){0};
	}
	p->lists_in[2] = (struct match_taken){.there = true};
	memset(p->lists_in[2].transcript, 0x42, CRYPTO_HASH_BYTES);
	p->joins_out[3] = (struct match_made){.there = true, .published = true};
	p->lists_out[0] = (struct match_made){.there = true};
	p->done = true;
}

static void test_journal_roundtrip(void **state)
{
	(void)state;
	struct match_party p;
	struct match_party back;
	struct buffer b = BUFFER_INIT;
	struct buffer again = BUFFER_INIT;
	fill(&p);
	assert_int_equal(match_party_format(&p, &b), 0);
	assert_int_equal(match_party_parse("journal", buffer_text(&b), b.n, t.study, &back, NULL), 0);
	assert_int_equal(match_party_format(&back, &again), 0);
	assert_string_equal(buffer_text(&b), buffer_text(&again));
	assert_memory_equal(back.lists_in, p.lists_in, sizeof p.lists_in);
	assert_memory_equal(back.joins_in, p.joins_in, sizeof p.joins_in);
	assert_true(back.done && !back.finished && back.self == 1);
	assert_true(back.joins_out[3].published && back.lists_out[0].there && !back.lists_out[0].published);
	buffer_done(&b);
	buffer_done(&again);
}

/* A journal that was changed in any byte or cut short is refused: no party forgets what it took. */
static void test_journal_damage(void **state)
{
	(void)state;
	struct match_party p;
	struct buffer b = BUFFER_INIT;
	fill(&p);
	assert_int_equal(match_party_format(&p, &b), 0);
	for (size_t at = 0; at < b.n; at++) {
		char before = b.data[at];
		for (int value = 0; value < 256; value += 51) {
			struct match_party back;
			if ((char)value == before)
				continue;
			b.data[at] = (char)value;
			assert_true(match_party_parse("journal", b.data, b.n, t.study, &back, NULL) < 0);
		}
		b.data[at] = before;
		struct match_party back;
		assert_true(match_party_parse("journal", b.data, at, t.study, &back, NULL) < 0);
	}
	const char *const bad[] = {"", "[journal]\n", "[other]\nformat = counterfoil-journal-1\n",
		"[journal]\nformat = counterfoil-journal-1\nformat = counterfoil-journal-1\n",
		"[journal]\nself = 4\n", "[journal]\nself = 99999999999999999999999\n",
		"[journal]\njoin_in 3 = 00\n", "[journal]\njoin_in = 00\n",
		"[journal]\nlist_out 18446744073709551617 = 00\n"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct match_party back;
		assert_int_equal(match_party_parse("journal", bad[i], strlen(bad[i]), t.study, &back, NULL),
			CF_E_INPUT);
	}
	buffer_done(&b);
}

static void test_other_study(void **state)
{
	(void)state;
	struct test_study other;
	struct match_party p;
	struct match_party back;
	struct buffer b = BUFFER_INIT;
	test_study_init(&other, 3, NULL);
	fill(&p);
	assert_int_equal(match_party_format(&p, &b), 0);
	assert_int_equal(
		match_party_parse("journal", buffer_text(&b), b.n, other.study, &back, NULL), CF_E_INPUT);
	buffer_done(&b);
	test_study_done(&other);
}

static void test_complete(void **state)
{
	(void)state;
	struct match_party p;
	struct match_counts c;
	full_roster(&p, 1);
	for (size_t i = 0; i < 3; i++) {
		assert_false(match_party_complete(&p));
		p.lists_in[i].there = i != 1;
		p.lists_out[i] = (struct match_made){.there = true, .published = true};
		p.joins_out[i] = (struct match_made){.there = i != 1, .published = i != 1};
	}
	assert_false(match_party_complete(&p));
	p.joins_out[3].published = true;
	assert_true(match_party_complete(&p));
	match_party_counts(&p, &c);
	assert_int_equal(c.n_joins, 2);
	assert_int_equal(c.n_lists_in, 2);
	assert_int_equal(c.n_lists_out, 3);
	full_roster(&p, 3);
	assert_true(match_party_is_analyst(&p));
	for (size_t i = 0; i < 3; i++) {
		assert_false(match_party_complete(&p));
		p.lists_in[i].there = true;
	}
	assert_true(match_party_complete(&p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_only_the_agreed_messages),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_journal_roundtrip),
		cmocka_unit_test(test_journal_damage),
		cmocka_unit_test(test_other_study),
		cmocka_unit_test(test_complete),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
