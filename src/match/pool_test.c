/* Pooled persons and shared identifiers: by hand, and against plain counting over random persons. */
#include "match/pool.h"

#include "base/random.h"
#include "base/sweep.h"
#include "match/person_support.h"

/* A field's values, joined by commas, in a static place. */
static const char *values_of(const struct person *p, enum person_field f)
{
	static char joined[4000];
	joined[0] = '\0';
	for (size_t i = 0; i < p->n_values[f]; i++) {
		strcat(joined, i ? "," : "");
		strcat(joined, p->values[f][i].text);
	}
	return joined;
}

static void pools_by_frequency(void **state)
{
	(void)state;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct person rows[] = {
		test_person(arena, "given_name=ana; phone=2; phone=9"),
		test_person(arena, "given_name=anna; phone=1"),
		test_person(arena, "given_name=anna; family_name=li; phone=2"),
	};
	rows[0].row = 7;
	const struct person *of[] = {&rows[0], &rows[1], &rows[2]};
	struct person p;
	assert_int_equal(match_pool(of, 3, arena, &p), 0);
	assert_int_equal(p.row, 7);
	assert_string_equal(values_of(&p, PERSON_GIVEN_NAME), "anna,ana");
	assert_string_equal(values_of(&p, PERSON_FAMILY_NAME), "li");
	assert_string_equal(values_of(&p, PERSON_PHONE), "2,1,9");
	assert_int_equal(p.n_values[PERSON_EMAIL], 0);
	/* the order of rows makes no difference */
	const struct person *turned[] = {&rows[2], &rows[1], &rows[0]};
	struct person q;
	assert_int_equal(match_pool(turned, 3, arena, &q), 0);
	for (int f = 0; f < PERSON_N_FIELDS; f++) {
		char before[4000];
		(void)strcpy(before, values_of(&p, (enum person_field)f));
		assert_string_equal(before, values_of(&q, (enum person_field)f));
	}
	assert_int_equal(match_person_digest(&p, UINT32_MAX), match_person_digest(&q, UINT32_MAX));
}

/* More values than can be counted: the most frequent are kept. */
static void keeps_the_most_frequent(void **state)
{
	(void)state;
	enum { N = 300, TWICE = 5 };
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct person rows[N + TWICE];
	const struct person *of[N + TWICE];
	struct person p;
	for (int i = 0; i < N + TWICE; i++) {
		char text[40];
		(void)snprintf(text, sizeof text, "phone=%d", 100 + (i < N ? i : N - 1 - (i - N)));
		rows[i] = test_person(arena, text);
		of[i] = &rows[i];
	}
	assert_int_equal(match_pool(of, N + TWICE, arena, &p), 0);
	assert_int_equal(p.n_values[PERSON_PHONE], UINT8_MAX);
	for (int i = 0; i < TWICE; i++) {
		char text[40];
		(void)snprintf(text, sizeof text, "%d", 100 + N - TWICE + i);
		assert_string_equal(p.values[PERSON_PHONE][i].text, text);
	}
}

static void digests_tell_fields_apart(void **state)
{
	(void)state;
	static const char *const persons[] = {"", "given_name=ana", "family_name=ana",
		"given_name=ana; phone=1", "phone=1", "phone=12", "phone=1; phone=2", "phone=2; phone=1"};
	enum { N = sizeof persons / sizeof *persons };
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	uint64_t digests[N];
	for (size_t i = 0; i < N; i++) {
		const struct person p = test_person(arena, persons[i]);
		digests[i] = match_person_digest(&p, UINT32_MAX);
		for (size_t j = 0; j < i; j++)
			if (digests[i] == digests[j])
				fail_msg("'%s' and '%s' have one digest", persons[i], persons[j]);
	}
	/* only the fields that are asked for count */
	const struct person a = test_person(arena, "given_name=ana; phone=1");
	const struct person b = test_person(arena, "given_name=ana; phone=2");
	const uint32_t given = 1u << PERSON_GIVEN_NAME;
	assert_int_equal(match_person_digest(&a, given), match_person_digest(&b, given));
	assert_int_not_equal(match_person_digest(&a, given | 1u << PERSON_PHONE),
		match_person_digest(&b, given | 1u << PERSON_PHONE));
}

/* What plain counting keeps of a field: values that at most max_sharing persons (by who) have. */
static void keep_plainly(const struct person *persons, const uint64_t *who, size_t n, uint32_t max_sharing,
	size_t of, enum person_field f, char *ret)
{
	ret[0] = '\0';
	for (size_t v = 0; v < persons[of].n_values[f]; v++) {
		const char *text = persons[of].values[f][v].text;
		size_t holders = 0;
		for (size_t i = 0; i < n; i++) {
			bool first = true, has = false;
			for (size_t w = 0; w < persons[i].n_values[f]; w++)
				has |= strcmp(persons[i].values[f][w].text, text) == 0;
			for (size_t j = 0; j < i; j++)
				for (size_t w = 0; w < persons[j].n_values[f]; w++)
					first &= who[j] != who[i] ||
						 strcmp(persons[j].values[f][w].text, text) != 0;
			holders += has && first;
		}
		if (holders > max_sharing)
			continue;
		strcat(ret, ret[0] ? "," : "");
		strcat(ret, text);
	}
}

static void drops_what_many_share(void **state)
{
	(void)state;
	enum { MOST = 14, FIELDS = 4 };
	static const enum person_field fields[FIELDS] = {
		PERSON_PHONE, PERSON_DOCUMENT, PERSON_EMAIL, PERSON_GIVEN_NAME};
	struct random_stream r;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	random_init(&r, 5, 0);
	for (int round = 0; round < 2000; round++) {
		struct person before[MOST], after[MOST];
		uint64_t who[MOST];
		struct cf_error err = CF_ERROR_INIT;
		const size_t n = random_below(&r, MOST + 1);
		const uint32_t max_sharing = 1 + (uint32_t)random_below(&r, 4);
		arena_reset(arena);
		for (size_t i = 0; i < n; i++) {
			char text[300] = "";
			for (size_t f = 0; f < FIELDS; f++)
				for (uint64_t v = random_below(&r, 4); v > 0; v--)
					(void)snprintf(text + strlen(text), sizeof text - strlen(text),
						"%s%s=%d%d", text[0] ? ";" : "", person_field_name(fields[f]),
						(int)v, (int)random_below(&r, 3));
			before[i] = after[i] = test_person(arena, text);
			who[i] = random_below(&r, MOST);
		}
		assert_int_equal(match_drop_shared(after, who, n, max_sharing, arena, &err), 0);
		for (size_t i = 0; i < n; i++)
			for (size_t f = 0; f < FIELDS; f++) {
				char expected[4000];
				keep_plainly(before, who, n,
					fields[f] == PERSON_GIVEN_NAME ? MOST : max_sharing, i, fields[f],
					expected);
				assert_string_equal(values_of(&after[i], fields[f]), expected);
			}
	}
}

/* A number is shared as a phone or as a document, not across the two. */
static void fields_are_counted_apart(void **state)
{
	(void)state;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct person persons[] = {test_person(arena, "phone=123456"), test_person(arena, "document=123456"),
		test_person(arena, "email=123456")};
	const uint64_t who[] = {1, 2, 3};
	assert_int_equal(match_drop_shared(persons, who, 3, 1, arena, NULL), 0);
	/* nor do numbers that differ in their first digits only */
	struct person close[] = {test_person(arena, "phone=2234567"), test_person(arena, "document=1234567"),
		test_person(arena, "email=0234567")};
	assert_int_equal(match_drop_shared(close, who, 3, 1, arena, NULL), 0);
	assert_int_equal(close[0].n_values[PERSON_PHONE], 1);
	assert_int_equal(close[1].n_values[PERSON_DOCUMENT], 1);
	assert_int_equal(close[2].n_values[PERSON_EMAIL], 1);
	assert_int_equal(persons[0].n_values[PERSON_PHONE], 1);
	assert_int_equal(persons[1].n_values[PERSON_DOCUMENT], 1);
	assert_int_equal(persons[2].n_values[PERSON_EMAIL], 1);
}

static int pool_and_drop(void *context, struct cf_error *err)
{
	const struct person *given = context;
	const struct person *of[] = {&given[0], &given[1]};
	const uint64_t who[] = {1, 2};
	struct person persons[2];
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	if (!arena || match_pool(of, 2, arena, &persons[0]) < 0 || match_pool(of, 1, arena, &persons[1]) < 0)
		return error_memory(err);
	return match_drop_shared(persons, who, 2, 1, arena, err);
}

/* The shared value is too long for a block that is there already, so that taking it away needs memory too. */
static void memory_may_fail(void **state)
{
	(void)state;
	enum { MANY = 250 };
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct person persons[2] = {test_person(arena, "given_name=a"), test_person(arena, "given_name=b")};
	struct person_value values[MANY];
	for (size_t i = 0; i < MANY; i++) {
		char text[40];
		(void)snprintf(text, sizeof text, "%zu", 1000000 + i);
		values[i] = (struct person_value){.text = arena_strndup(arena, text, strlen(text))};
		assert_non_null(values[i].text);
	}
	persons[0].values[PERSON_PHONE] = persons[0].values[PERSON_EMAIL] = values;
	persons[0].n_values[PERSON_PHONE] = persons[0].n_values[PERSON_EMAIL] = MANY;
	assert_true(sweep_run("pool", pool_and_drop, persons) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pools_by_frequency),
		cmocka_unit_test(keeps_the_most_frequent),
		cmocka_unit_test(digests_tell_fields_apart),
		cmocka_unit_test(drops_what_many_share),
		cmocka_unit_test(fields_are_counted_apart),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
