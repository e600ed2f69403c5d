#include "release/suppress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { MAX_LISTS = 5, MAX_PATTERNS = 1 << MAX_LISTS };

static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"};

static struct overlap_table *table_of(size_t n_lists, const uint64_t *counts)
{
	struct overlap_table *t = NULL;
	assert_int_equal(overlap_new(n_lists, names, &t, NULL), CF_OK);
	for (uint32_t p = 1; p < UINT32_C(1) << n_lists; p++)
		if (counts[p])
			assert_int_equal(overlap_add(t, p, 0, counts[p], NULL), CF_OK);
	return t;
}

static struct suppressed_table *publish(size_t n_lists, const uint64_t *counts, uint32_t k)
{
	CF_CLEANUP_OVERLAP struct overlap_table *t = table_of(n_lists, counts);
	struct suppressed_table *s = NULL;
	struct cf_error err = CF_ERROR_INIT;
	if (suppress_table(t, k, &s, &err) < 0)
		fail_msg("%s", err.message);
	return s;
}

static bool same_range(struct suppress_range a, struct suppress_range b)
{
	return a.low == b.low && a.high == b.high;
}

static bool same_publication(const struct suppressed_table *a, const struct suppressed_table *b)
{
	bool same = memcmp(a->state + 1, b->state + 1, a->n_patterns - 1) == 0 &&
		    same_range(a->hidden, b->hidden) &&
		    memcmp(a->count + 1, b->count + 1, (a->n_patterns - 1) * sizeof *a->count) == 0 &&
		    same_range(a->persons, b->persons);
	for (size_t j = 0; j < a->n_lists; j++) {
		same = same && same_range(a->lists[j], b->lists[j]) &&
		       same_range(a->list_hidden[j], b->list_hidden[j]);
		for (size_t k = 0; k < a->n_lists; k++)
			same = same && same_range(a->pairs[j * a->n_lists + k], b->pairs[j * a->n_lists + k]);
	}
	return same;
}

static bool within(struct suppress_range r, uint64_t n)
{
	return n >= r.low && n <= r.high;
}

/* Everything the publication says, written out again without a look at how it was made. */
static bool consistent(const struct suppressed_table *s, const uint64_t *x)
{
	uint64_t lists[MAX_LISTS] = {0};
	uint64_t pairs[MAX_LISTS][MAX_LISTS] = {{0}};
	uint64_t hidden = 0;
	uint64_t all = 0;
	for (uint32_t p = 1; p < s->n_patterns; p++) {
		all += x[p];
		hidden += s->state[p] == SUPPRESS_HIDDEN ? x[p] : 0;
		for (size_t j = 0; j < s->n_lists; j++)
			for (size_t k = j; k < s->n_lists && p >> j & 1; k++)
				pairs[j][k] += p >> k & 1 ? x[p] : 0;
	}
	for (size_t j = 0; j < s->n_lists; j++)
		lists[j] = pairs[j][j];
	bool good = within(s->hidden, hidden) && within(s->persons, all);
	for (size_t j = 0; j < s->n_lists && good; j++) {
		good = within(s->lists[j], lists[j]);
		for (size_t k = j + 1; k < s->n_lists && good; k++)
			good = within(s->pairs[j * s->n_lists + k], pairs[j][k]) &&
			       suppress_pair_is_empty(s, j, k) == (pairs[j][k] == 0);
	}
	return good;
}

/* What the attacker's enumeration has met: [pattern][value], [pair][value]. */
struct seen {
	bool cell[MAX_PATTERNS][16];
	bool pair[MAX_LISTS][MAX_LISTS][16];
	size_t n;
	uint64_t kept[40][MAX_PATTERNS]; /* a sample of the consistent tables */
	size_t n_kept;
};

static void note(
	struct seen *seen, const struct suppressed_table *s, const uint64_t *x, struct random_stream *r)
{
	for (uint32_t p = 1; p < s->n_patterns; p++)
		if (x[p] < 16)
			seen->cell[p][x[p]] = true;
	for (size_t j = 0; j < s->n_lists; j++)
		for (size_t k = j + 1; k < s->n_lists; k++) {
			uint64_t n = 0;
			for (uint32_t p = 1; p < s->n_patterns; p++)
				n += (p >> j & 1) && (p >> k & 1) ? x[p] : 0;
			if (n < 16)
				seen->pair[j][k][n] = true;
		}
	seen->n++;
	size_t at = seen->n_kept < 40 ? seen->n_kept++ : random_below(r, seen->n);
	if (at < 40)
		memcpy(seen->kept[at], x, MAX_PATTERNS * sizeof *x);
}

/* Every table of whole numbers that the publication allows. */
static void enumerate(const struct suppressed_table *s, struct random_stream *r, struct seen *seen)
{
	uint64_t x[MAX_PATTERNS] = {0};
	for (uint32_t p = 1; p < s->n_patterns; p++)
		x[p] = s->count[p];
	for (;;) {
		if (consistent(s, x))
			note(seen, s, x, r);
		uint32_t p = 1;
		for (; p < s->n_patterns; p++) {
			if (s->state[p] != SUPPRESS_HIDDEN)
				continue;
			if (++x[p] < s->k)
				break;
			x[p] = 0;
		}
		if (p == s->n_patterns)
			return;
	}
}

static void check_promise(const struct suppressed_table *s, const struct seen *seen)
{
	for (uint32_t v = 1; v < s->k; v++) {
		for (uint32_t p = 1; p < s->n_patterns; p++)
			if (s->state[p] == SUPPRESS_HIDDEN && !seen->cell[p][v])
				fail_msg("pattern %u of %zu lists cannot be %u", p, s->n_lists, v);
		for (size_t j = 0; j < s->n_lists; j++)
			for (size_t k = j + 1; k < s->n_lists; k++)
				if (!suppress_pair_is_empty(s, j, k) && !suppress_pair_is_covered(s, j, k) &&
					!seen->pair[j][k][v])
					fail_msg("overlap %zu %zu of %zu lists cannot be %u", j, k,
						s->n_lists, v);
	}
}

/* Skewed counts: many zeros and small ones, some of k and more. */
static void random_counts(struct random_stream *r, size_t n_lists, uint32_t k, uint64_t *ret)
{
	uint64_t share_shown = random_below(r, 4);
	uint64_t share_zero = random_below(r, 4);
	for (uint32_t p = 1; p < UINT32_C(1) << n_lists; p++) {
		ret[p] = random_below(r, 4) < share_zero ? 0 : random_below(r, k);
		if (random_below(r, 6) < share_shown)
			ret[p] = k + random_below(r, 5 * k);
	}
}

/* One publication against the attacker; returns how many ranges of lists or totals told anything. */
static size_t attack_one(size_t n_lists, uint32_t k, struct random_stream *r)
{
	uint64_t counts[MAX_PATTERNS] = {0};
	random_counts(r, n_lists, k, counts);
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(n_lists, counts, k);
	assert_true(consistent(s, counts));
	CF_CLEANUP_FREE struct seen *seen = NEW(struct seen);
	assert_non_null(seen);
	enumerate(s, r, seen);
	check_promise(s, seen);
	/* the attacker who runs the program himself learns nothing more */
	for (size_t i = 0; i < seen->n_kept && i < 6; i++) {
		CF_CLEANUP_SUPPRESSED struct suppressed_table *other = publish(n_lists, seen->kept[i], k);
		assert_true(same_publication(s, other));
	}
	size_t told = 0;
	for (size_t j = 0; j < n_lists; j++)
		told += s->list_hidden[j].high - s->list_hidden[j].low < s->n_hidden * (k - 1) / 2;
	return told;
}

static void test_attacker(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 4711, 0);
	size_t told = 0;
	for (int i = 0; i < 60; i++)
		told += attack_one(2, 5 + (uint32_t)random_below(&r, 6), &r);
	for (int i = 0; i < 60; i++)
		told += attack_one(3, 5, &r);
	for (int i = 0; i < 4; i++)
		told += attack_one(4, 3, &r);
	assert_true(told > 0);
}

/* A publication that says too much must be caught by the attacker of this test. */
static void test_attacker_catches(void **state)
{
	(void)state;
	uint64_t counts[MAX_PATTERNS] = {0};
	counts[1] = 30;
	counts[2] = 40;
	counts[3] = 3;
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(2, counts, 5);
	CF_CLEANUP_FREE struct seen *seen = NEW(struct seen);
	assert_non_null(seen);
	struct random_stream r;
	random_init(&r, 1, 0);
	s->lists[0] = (struct suppress_range){33, 33}; /* the list's exact size gives the overlap away */
	enumerate(s, &r, seen);
	assert_int_equal(seen->n, 1);
	assert_true(seen->cell[3][3]);
}

static void test_two_lists(void **state)
{
	(void)state;
	uint64_t counts[] = {0, 200, 300, 7};
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(2, counts, 10);
	assert_int_equal(s->state[1], SUPPRESS_SHOWN);
	assert_int_equal(s->count[1], 200);
	assert_int_equal(s->state[3], SUPPRESS_HIDDEN);
	assert_int_equal(s->count[3], 0);
	assert_int_equal(s->persons.low, 500);
	assert_int_equal(s->persons.high, 509);
	assert_int_equal(s->lists[0].low, 200);
	assert_int_equal(s->lists[0].high, 209);
	assert_false(suppress_pair_is_empty(s, 0, 1));
	assert_false(suppress_pair_is_covered(s, 0, 1));
	assert_int_equal(s->pairs[1].low, 1);
	assert_int_equal(s->pairs[1].high, 9);
}

static void test_nothing_to_hide(void **state)
{
	(void)state;
	uint64_t counts[] = {0, 200, 300, 70};
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(2, counts, 10);
	assert_int_equal(s->n_hidden, 0);
	assert_true(same_range(s->persons, (struct suppress_range){570, 570}));
	assert_true(same_range(s->lists[1], (struct suppress_range){370, 370}));
	assert_true(same_range(s->pairs[1], (struct suppress_range){70, 70}));
	assert_true(suppress_pair_is_covered(s, 0, 1));
}

static void test_empty_pair(void **state)
{
	(void)state;
	uint64_t counts[8] = {0, 40, 50, 0, 60, 12, 4, 0};
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(3, counts, 10);
	assert_true(suppress_pair_is_empty(s, 0, 1));
	assert_int_equal(s->state[3], SUPPRESS_EMPTY);
	assert_int_equal(s->state[7], SUPPRESS_EMPTY);
	assert_int_equal(s->n_hidden, 1);
	assert_true(same_range(s->lists[0], (struct suppress_range){52, 52}));
	assert_true(same_range(s->pairs[0 * 3 + 1], (struct suppress_range){0, 0}));
	assert_true(same_range(s->pairs[1 * 3 + 2], (struct suppress_range){1, 9}));
}

static void test_one_list_and_none(void **state)
{
	(void)state;
	uint64_t counts[] = {0, 4};
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(1, counts, 10);
	assert_true(same_range(s->persons, (struct suppress_range){0, 9}));
	uint64_t none[8] = {0};
	CF_CLEANUP_SUPPRESSED struct suppressed_table *nobody = publish(3, none, 10);
	assert_int_equal(nobody->persons.low, 0);
	assert_true(nobody->persons.high >= 9);
}

static void test_refuses(void **state)
{
	(void)state;
	uint64_t counts[] = {0, 4, 5, 6};
	CF_CLEANUP_OVERLAP struct overlap_table *t = table_of(2, counts);
	struct suppressed_table *s = NULL;
	assert_int_equal(suppress_table(t, 1, &s, NULL), CF_E_USAGE);
	assert_int_equal(suppress_table(t, UINT32_MAX, &s, NULL), CF_E_USAGE);
	assert_null(s);
}

/* Rows of a file: at least the records, and the number of duplicates is a count too. */
static void test_counts(void **state)
{
	(void)state;
	uint64_t counts[] = {0, 200, 300, 7};
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(2, counts, 10);
	assert_true(same_range(suppress_count(s, 3), (struct suppress_range){0, 9}));
	assert_true(same_range(suppress_count(s, 47), (struct suppress_range){40, 49}));
	struct suppress_range base = {200, 209};
	for (uint64_t rows = 200; rows < 260; rows++) {
		struct suppress_range shown = suppress_count_above(s, base, rows);
		assert_true(within(shown, rows));
		for (uint64_t duplicates = 1; duplicates < 10; duplicates++) {
			bool can = shown.high >= base.low + duplicates && shown.low <= base.high + duplicates;
			bool none = shown.low >= base.high + 10;
			assert_true(can || none);
		}
	}
	struct suppress_range exact = {200, 200};
	assert_true(same_range(suppress_count_above(s, exact, 200), exact));
	assert_true(same_range(suppress_count_above(s, exact, 203), (struct suppress_range){201, 210}));
}

static void test_many_lists(void **state)
{
	(void)state;
	enum { N = 12 };
	CF_CLEANUP_FREE uint64_t *counts = NEW_ARRAY_ZERO(uint64_t, 1 << N);
	assert_non_null(counts);
	struct random_stream r;
	random_init(&r, 3, 0);
	for (uint32_t p = 1; p < 1 << N; p++)
		counts[p] = random_below(&r, 40) == 0 ? random_below(&r, 30) : 0;
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = publish(N, counts, 10);
	for (size_t j = 0; j < N; j++) {
		uint64_t n = 0;
		for (uint32_t p = 1; p < 1 << N; p++)
			n += p >> j & 1 ? counts[p] : 0;
		assert_true(within(s->lists[j], n));
	}
}

static void test_out_of_memory(void **state)
{
	(void)state;
	uint64_t counts[8] = {0, 40, 50, 3, 60, 2, 4, 1};
	CF_CLEANUP_OVERLAP struct overlap_table *t = table_of(3, counts);
	for (long n = 0;; n++) {
		struct suppressed_table *s = NULL;
		mem_fail_after(n);
		int status = suppress_table(t, 10, &s, NULL);
		bool failed = mem_failed();
		mem_fail_after(-1);
		if (!failed) {
			assert_int_equal(status, CF_OK);
			(void)suppress_free(s);
			assert_true(n > 5);
			return;
		}
		assert_int_equal(status, CF_E_MEMORY);
		assert_null(s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacker),
		cmocka_unit_test(test_attacker_catches),
		cmocka_unit_test(test_two_lists),
		cmocka_unit_test(test_nothing_to_hide),
		cmocka_unit_test(test_empty_pair),
		cmocka_unit_test(test_one_list_and_none),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_many_lists),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
