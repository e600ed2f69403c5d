/* Slots of a record: by hand, and against the plain product of what the parts give. */
#include "match/values.h"

#include "base/random.h"
#include "base/sweep.h"
#include "match/person_support.h"

static const char plan_text[] =
	"[matching]\nthreshold = 100\n"
	"given_name.exact = given 50\nfamily_name.exact = family 60\n"
	"birth_date.y = year 50\nphone.exact = phone 90\nstreet.exact = street 50\n"
	"[key name_year]\nparts = given_name.exact + family_name.exact + birth_date.y\n"
	"slots = 3\n"
	"[key phone]\nparts = phone.exact\nslots = 2\n"
	"[key street_year]\nparts = street.exact + birth_date.y\n";
enum { NAME = 0, PHONE = 3, STREET = 5, N_SLOTS = 6 };

/* The slots of a person, in arena. */
static void make_slots(const struct person *p, struct arena *keep, const char *slots[N_SLOTS])
{
	CF_CLEANUP_ARENA struct arena *scratch = arena_new(0);
	struct match_plan *plan = test_plan(plan_text);
	assert_int_equal(match_plan_n_slots(plan), N_SLOTS);
	assert_int_equal(match_values(plan, p, scratch, keep, slots), 0);
	match_plan_free(plan);
}

static void expect(const char *person, const char *const expected[N_SLOTS])
{
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	const char *slots[N_SLOTS];
	const struct person p = test_person(arena, person);
	make_slots(&p, arena, slots);
	for (size_t s = 0; s < N_SLOTS; s++) {
		if (!expected[s])
			assert_null(slots[s]);
		else
			assert_string_equal(slots[s], expected[s]);
	}
}

static void by_hand(void **state)
{
	(void)state;
	expect("given_name=ana; family_name=li; birth_date=19900203; phone=123; street=oak street 1",
		(const char *const[N_SLOTS]){"ana|li|1990", NULL, NULL, "123", NULL, "oak street 1|1990"});
	/* a missing part leaves its keys empty, and only those */
	expect("given_name=ana; birth_date=19900203; phone=123; phone=456",
		(const char *const[N_SLOTS]){NULL, NULL, NULL, "123", "456", NULL});
	expect("family_name=li; street=oak", (const char *const[N_SLOTS]){NULL});
	/* every combination, the first of each first, as many as there are slots */
	expect("given_name=a; given_name=b; family_name=c; family_name=d; birth_date=19900203",
		(const char *const[N_SLOTS]){"a|c|1990", "a|d|1990", "b|c|1990"});
	/* doubled values take one slot */
	expect("phone=123; phone=1 23; phone=456; phone=789",
		(const char *const[N_SLOTS]){NULL, NULL, NULL, "123", "456"});
	expect("", (const char *const[N_SLOTS]){NULL});
}

/* Persons who agree in a long part and differ in a later one have no value in common: a key proves all of its
 * parts. */
static void long_parts_hide_no_other(void **state)
{
	(void)state;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	char text[3][400];
	static const char *const years[] = {"1990", "1991"};
	for (size_t n = 1; n < sizeof text[0]; n++) {
		const char *slots[2][N_SLOTS];
		arena_reset(arena);
		for (size_t i = 0; i < 3; i++) {
			memset(text[i], 'a' + (int)i, n - 1);
			text[i][n - 1] = '\0';
		}
		for (size_t i = 0; i < 2 && n > 1; i++) {
			struct person_value values[4] = {
				{.text = text[0]}, {.text = text[1]}, {.text = years[i]}, {.text = text[2]}};
			struct person p = {0};
			static const enum person_field fields[4] = {
				PERSON_GIVEN_NAME, PERSON_FAMILY_NAME, PERSON_BIRTH_DATE, PERSON_STREET};
			char date[9];
			(void)snprintf(date, sizeof date, "%s0203", years[i]);
			values[2].text = date;
			for (size_t f = 0; f < 4; f++) {
				p.values[fields[f]] = &values[f];
				p.n_values[fields[f]] = 1;
			}
			make_slots(&p, arena, slots[i]);
			assert_true(slots[i][NAME] && slots[i][STREET]);
		}
		if (n > 1 && (strcmp(slots[0][NAME], slots[1][NAME]) == 0 ||
				     strcmp(slots[0][STREET], slots[1][STREET]) == 0))
			fail_msg("with texts of %zu letters another birth date makes no difference", n - 1);
	}
}

/* For random persons: each slot is one of the product's texts, none twice, all of them if they fit. */
static void equals_the_product(void **state)
{
	(void)state;
	static const char letters[] = "abc";
	struct random_stream r;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	random_init(&r, 41, 0);
	for (int round = 0; round < 3000; round++) {
		char person[200] = "birth_date=19900203";
		bool given[3] = {false}, family[3] = {false};
		const size_t n_given = random_below(&r, 4), n_family = random_below(&r, 4);
		size_t n_expected = 0, n_found = 0;
		for (size_t i = 0; i < n_given + n_family; i++) {
			const size_t c = random_below(&r, 3);
			const size_t at = strlen(person);
			(i < n_given ? given : family)[c] = true;
			(void)snprintf(person + at, sizeof person - at, "; %s=%c",
				i < n_given ? "given_name" : "family_name", letters[c]);
		}
		for (size_t i = 0; i < 3; i++)
			for (size_t j = 0; j < 3; j++)
				n_expected += given[i] && family[j];
		const char *slots[N_SLOTS];
		arena_reset(arena);
		const struct person p = test_person(arena, person);
		make_slots(&p, arena, slots);
		for (size_t s = NAME; s < PHONE; s++) {
			if (!slots[s])
				continue;
			n_found++;
			assert_int_equal(strlen(slots[s]), strlen("a|b|1990"));
			assert_string_equal(slots[s] + 3, "|1990");
			assert_true(given[slots[s][0] - 'a'] && family[slots[s][2] - 'a']);
			for (size_t t = NAME; t < s; t++)
				assert_true(!slots[t] || strcmp(slots[s], slots[t]) != 0);
		}
		assert_int_equal(n_found, n_expected < 3 ? n_expected : 3);
	}
}

static int make(void *context, struct cf_error *err)
{
	CF_CLEANUP_ARENA struct arena *scratch = arena_new(0);
	CF_CLEANUP_ARENA struct arena *keep = arena_new(0);
	static const struct person_value name = {.text = "ana"};
	static const struct person_value date = {.text = "19900203"};
	struct person p = {0};
	const char *slots[N_SLOTS];
	p.values[PERSON_GIVEN_NAME] = p.values[PERSON_FAMILY_NAME] = &name;
	p.values[PERSON_BIRTH_DATE] = &date;
	p.n_values[PERSON_GIVEN_NAME] = p.n_values[PERSON_FAMILY_NAME] = p.n_values[PERSON_BIRTH_DATE] = 1;
	if (!scratch || !keep || match_values(context, &p, scratch, keep, slots) < 0)
		return error_memory(err);
	return 0;
}

static void memory_may_fail(void **state)
{
	(void)state;
	struct match_plan *plan = test_plan(plan_text);
	assert_true(sweep_run("values", make, plan) >= 4);
	match_plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand),
		cmocka_unit_test(long_parts_hide_no_other),
		cmocka_unit_test(equals_the_product),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
