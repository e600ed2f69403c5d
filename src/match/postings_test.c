/*
 * Which records share a token, against comparing every slot with every other: over random lists whose digests
 * collide on purpose, with empty slots, repeated tokens and lists of any size.
 */
#include "match/postings.h"

#include "base/random.h"
#include "base/sweep.h"
#include "match/person_support.h"

static const char plan_text[] =
	"[matching]\nthreshold = 100\nphone.exact = phone 90\nemail.exact = email 60\n"
	"[key phone]\nparts = phone.exact\nslots = 3\n"
	"[key email]\nparts = email.exact\n";
enum { N_SLOTS = 4, PHONE_SLOTS = 3, MAX_LISTS = 4, MAX_RECORDS = 9, ALL = MAX_LISTS * MAX_RECORDS };

struct lists {
	uint32_t first[MAX_LISTS + 1];
	size_t n_lists;
	uint64_t n_digests;      /* values with one remainder share a digest */
	int value[ALL][N_SLOTS]; /* 0: an empty slot */
};

static bool digest(const void *context, uint32_t record, size_t slot, uint64_t *ret)
{
	const struct lists *l = context;
	/* spread over all bits, so that every pass of the sort has something to do */
	*ret = (uint64_t)l->value[record][slot] % l->n_digests * UINT64_C(0x9e3779b97f4a7c15);
	return l->value[record][slot] != 0;
}

static bool equal(const void *context, uint32_t a, size_t slot_a, uint32_t b, size_t slot_b)
{
	const struct lists *l = context;
	return l->value[a][slot_a] == l->value[b][slot_b];
}

static void random_lists(struct random_stream *r, struct lists *l)
{
	const int n_values = 1 + (int)random_below(r, 30);
	l->n_lists = 1 + random_below(r, MAX_LISTS);
	l->n_digests = 1 + random_below(r, 8);
	l->first[0] = 0;
	for (size_t i = 0; i < l->n_lists; i++)
		l->first[i + 1] = l->first[i] + (uint32_t)random_below(r, MAX_RECORDS + 1);
	for (size_t i = 0; i < ALL; i++)
		for (size_t s = 0; s < N_SLOTS; s++)
			l->value[i][s] = (int)random_below(r, (uint64_t)n_values + 1);
}

static struct match_postings *build(
	const struct match_plan *plan, const struct lists *l, uint32_t max_repeats)
{
	struct cf_error err = CF_ERROR_INIT;
	struct match_postings *p = NULL;
	const struct match_token_source source = {
		.n_records = l->first[l->n_lists],
		.n_lists = l->n_lists,
		.first = l->first,
		.digest = digest,
		.equal = equal,
		.context = l,
		.max_repeats = max_repeats,
	};
	if (match_postings_new(plan, &source, NULL, &p, &err) < 0)
		fail_msg("%s", err.message);
	return p;
}

static bool is_phone(size_t slot)
{
	return slot < PHONE_SLOTS;
}

static bool has(const struct lists *l, size_t record, bool phone, int value)
{
	for (size_t s = 0; s < N_SLOTS; s++)
		if (is_phone(s) == phone && l->value[record][s] == value)
			return true;
	return false;
}

/* How many records have a value, and the most in one list. */
static size_t holders(const struct lists *l, bool phone, int value, uint32_t *ret_most)
{
	size_t n = 0;
	*ret_most = 0;
	for (size_t i = 0; i < l->n_lists; i++) {
		uint32_t here = 0;
		for (size_t r = l->first[i]; r < l->first[i + 1]; r++)
			here += has(l, r, phone, value);
		n += here;
		*ret_most = here > *ret_most ? here : *ret_most;
	}
	return n;
}

/* A code's records are just those with the value at hand, ascending. */
static void expect_records(
	const struct lists *l, const struct match_postings *p, uint32_t code, bool phone, int value)
{
	uint32_t at = p->first[code];
	for (uint32_t r = 0; r < p->n_records; r++)
		if (has(l, r, phone, value)) {
			assert_true(at < p->first[code + 1]);
			assert_int_equal(p->records[at++], r);
		}
	assert_int_equal(at, p->first[code + 1]);
}

static void equals_plain_comparison(void **state)
{
	(void)state;
	struct random_stream r;
	struct match_plan *plan = test_plan(plan_text);
	random_init(&r, 17, 0);
	for (int round = 0; round < 400; round++) {
		struct lists l;
		random_lists(&r, &l);
		const uint32_t max_repeats = 1 + (uint32_t)random_below(&r, 4);
		struct match_postings *p = build(plan, &l, max_repeats);
		assert_int_equal(p->n_records, l.first[l.n_lists]);
		assert_int_equal(p->n_slots, N_SLOTS);
		size_t left_out = 0;
		for (int phone = 0; phone < 2; phone++)
			for (int value = 1; value <= 31; value++) {
				uint32_t most;
				(void)holders(&l, phone, value, &most);
				left_out += most > max_repeats;
			}
		assert_int_equal(p->n_left_out, left_out);
		int of_code[2 * ALL * N_SLOTS] = {0};
		for (size_t i = 0; i < p->n_records; i++)
			for (size_t s = 0; s < N_SLOTS; s++) {
				const int value = l.value[i][s];
				const uint32_t code = p->codes[i * N_SLOTS + s];
				uint32_t most;
				const size_t n = holders(&l, is_phone(s), value, &most);
				const bool wanted = value && n > 1 && most <= max_repeats;
				assert_int_equal(code != 0, wanted);
				if (!code)
					continue;
				assert_true(code <= p->n_codes);
				/* one code for one value of one key */
				const int named = is_phone(s) ? value : -value;
				assert_true(!of_code[code] || of_code[code] == named);
				of_code[code] = named;
				expect_records(&l, p, code, is_phone(s), value);
			}
		for (size_t c = 1; c <= p->n_codes; c++)
			for (size_t d = 1; d < c; d++)
				assert_int_not_equal(of_code[c], of_code[d]);
		match_postings_free(p);
	}
	match_plan_free(plan);
}

static void of_nothing(void **state)
{
	(void)state;
	const struct lists l = {.n_lists = 2, .n_digests = 1};
	struct match_plan *plan = test_plan(plan_text);
	struct match_postings *p = build(plan, &l, 1);
	assert_int_equal(p->n_codes, 0);
	assert_null(match_postings_free(p));
	assert_null(match_postings_free(NULL));
	match_plan_free(plan);
}

static void too_many_records(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	struct match_postings *p = NULL;
	struct cf_error err = CF_ERROR_INIT;
	const struct match_token_source source = {.n_records = UINT32_MAX / MATCH_MAX_SLOTS};
	assert_int_equal(match_postings_new(plan, &source, NULL, &p, &err), CF_E_LIMIT);
	assert_non_null(strstr(err.message, "more than can be compared"));
	assert_null(p);
	match_plan_free(plan);
}

struct sweep {
	const struct match_plan *plan;
	const struct lists *lists;
};

static int make(void *context, struct cf_error *err)
{
	const struct sweep *s = context;
	CF_CLEANUP_POSTINGS struct match_postings *p = NULL;
	const struct match_token_source source = {
		.n_records = s->lists->first[s->lists->n_lists],
		.n_lists = s->lists->n_lists,
		.first = s->lists->first,
		.digest = digest,
		.equal = equal,
		.context = s->lists,
		.max_repeats = 8,
	};
	return match_postings_new(s->plan, &source, NULL, &p, err);
}

/* More shared tokens than the first capacity of the arrays. */
static void memory_may_fail(void **state)
{
	(void)state;
	struct lists l = {.first = {0, MAX_RECORDS, 2 * MAX_RECORDS}, .n_lists = 2, .n_digests = 7};
	for (int i = 0; i < 2 * MAX_RECORDS; i++)
		for (int s = 0; s < N_SLOTS; s++)
			l.value[i][s] = 1 + i % MAX_RECORDS * N_SLOTS + s;
	struct match_plan *plan = test_plan(plan_text);
	struct sweep s = {plan, &l};
	assert_true(sweep_run("postings", make, &s) > 7);
	match_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equals_plain_comparison),
		cmocka_unit_test(of_nothing),
		cmocka_unit_test(too_many_records),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
