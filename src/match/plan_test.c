/* Plans: what they weigh, what they ask for, and that each fault in a keys file is named with its line. */
#include "match/plan.h"

#include "base/sweep.h"
#include "match/person_support.h"

static const char good[] = "[matching]\nthreshold = 165\nper_doubling = 12\nsame_list = 40\n"
			   "birth_date.ymd = year 60, month 35, day 40\nbirth_date.y = year 60\n"
			   "family_name.sound3 = family 64\nfamily_name.sound = family 70\n"
			   "phone.exact = phone 150\n"
			   "[key family_birth]\nparts = family_name.sound3 + birth_date.ymd\n"
			   "[key family_year]\nparts = family_name.sound + birth_date.y\n"
			   "[key phone]\nparts = phone.exact\nslots = 2\n";

static void weights_count_nothing_twice(void **state)
{
	(void)state;
	struct match_plan *p = test_plan(good);
	assert_int_equal(match_plan_n_keys(p), 3);
	assert_int_equal(match_plan_n_slots(p), 4);
	assert_string_equal(match_plan_key_name(p, 1), "family_year");
	assert_int_equal(match_plan_slot_key(p, 0), 0);
	assert_int_equal(match_plan_slot_key(p, 3), 2);
	assert_int_equal(match_plan_weight(p, 0), 0);
	assert_int_equal(match_plan_weight(p, 1), 64 + 60 + 35 + 40);
	assert_int_equal(match_plan_weight(p, 2), 70 + 60);
	/* both: the better evidence for the family name, the year once */
	assert_int_equal(match_plan_weight(p, 3), 70 + 60 + 35 + 40);
	assert_int_equal(match_plan_weight(p, 7), 70 + 60 + 35 + 40 + 150);
	match_plan_free(p);
}

static void longer_lists_ask_for_more(void **state)
{
	(void)state;
	struct match_plan *p = test_plan(good);
	assert_int_equal(match_plan_required(p, 0), 165);
	assert_int_equal(match_plan_required(p, 1000), 165);
	assert_int_equal(match_plan_required(p, 1500), 165 + 6);
	assert_int_equal(match_plan_required(p, 2000), 165 + 12);
	assert_int_equal(match_plan_required(p, 3000), 165 + 12 + 6);
	assert_int_equal(match_plan_required(p, 1024000), 165 + 120);
	assert_int_equal(match_plan_required_at_home(p, 2000), 165 + 12 + 40);
	uint32_t last = 0;
	for (uint64_t n = 1; n < 100000; n += 37) {
		assert_true(match_plan_required(p, n) >= last);
		last = match_plan_required(p, n);
	}
	assert_true(match_plan_required(p, UINT64_MAX) > last);
	match_plan_free(p);
}

static void defaults_are_a_plan(void **state)
{
	(void)state;
	struct match_plan *p = test_plan(match_plan_default_text());
	assert_true(match_plan_n_keys(p) > 30);
	assert_true(match_plan_n_slots(p) <= MATCH_MAX_SLOTS);
	/* no single key of two pieces accepts a pair but by a document; sex and year never do */
	for (size_t k = 0; k < match_plan_n_keys(p); k++)
		if (strncmp(match_plan_key_name(p, k), "document", 8) != 0)
			assert_true(match_plan_weight(p, UINT64_C(1) << k) < match_plan_required(p, 1000));
	match_plan_free(p);
}

/* What is written is read as the same plan. */
static void formats_and_reads_again(void **state)
{
	(void)state;
	const char *texts[] = {good, match_plan_default_text()};
	for (size_t t = 0; t < 2; t++) {
		CF_CLEANUP(buffer_done) struct buffer once = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer twice = BUFFER_INIT;
		struct match_plan *p = test_plan(texts[t]);
		assert_int_equal(match_plan_format(p, UINT32_MAX, &once), 0);
		struct match_plan *q = test_plan(buffer_text(&once));
		assert_int_equal(match_plan_format(q, UINT32_MAX, &twice), 0);
		assert_string_equal(buffer_text(&once), buffer_text(&twice));
		assert_int_equal(match_plan_n_keys(p), match_plan_n_keys(q));
		for (uint64_t keys = 0; keys < 4096; keys++) {
			const uint64_t set = keys * UINT64_C(0x9e3779b97f4a7c15) &
					     ((UINT64_C(1) << match_plan_n_keys(p)) - 1);
			assert_int_equal(match_plan_weight(p, set), match_plan_weight(q, set));
		}
		assert_int_equal(match_plan_required_at_home(p, 5000), match_plan_required_at_home(q, 5000));
		match_plan_free(p);
		match_plan_free(q);
	}
}

static void keys_without_their_fields_are_left_out(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct match_plan *p = test_plan(good);
	assert_int_equal(match_plan_format(p, 1u << PERSON_FAMILY_NAME | 1u << PERSON_BIRTH_DATE, &out), 0);
	struct match_plan *q = test_plan(buffer_text(&out));
	assert_int_equal(match_plan_n_keys(q), 2);
	assert_int_equal(match_plan_n_slots(q), 2);
	assert_null(strstr(buffer_text(&out), "phone"));
	match_plan_free(p);
	match_plan_free(q);
}

#define HEAD "[matching]\nthreshold = 9\nsex.exact = sex 9\nphone.exact = phone 9\n"
#define KEY "[key a]\nparts = sex.exact\n"

static void faults_are_named(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		const char *says; /* with the place where one can be named */
	} cases[] = {
		{"", "there is no threshold"},
		{"[matching]\nsex.exact = sex 9\n" KEY, "there is no threshold"},
		{HEAD, "there is no match key"},
		{HEAD "threshold = 10\n" KEY, "keys.ini:5: threshold stands twice"},
		{"[matching]\nthreshold = 0\n", "keys.ini:2: threshold should be a whole number from 1"},
		{"[matching]\nthreshold = 10001\n", "keys.ini:2: threshold should be"},
		{"[matching]\nthreshold = -5\n", "keys.ini:2: threshold should be"},
		{"[matching]\nthreshold = 1e3\n", "keys.ini:2: threshold should be"},
		{"[matching]\nthreshold = 99999999999\n", "keys.ini:2: threshold should be"},
		{"[matching]\nmax_repeats = 0\n", "keys.ini:2: max_repeats should be"},
		{"[matching]\nhue = 3\n", "keys.ini:2: [matching] has no 'hue'"},
		{"[matching]\nhair.exact = hair 3\n", "keys.ini:2: 'hair.exact'"},
		{"[matching]\nsex.sounds = sex 3\n", "keys.ini:2: 'sex.sounds'"},
		{"[matching]\nsex.exact = sex\n", "keys.ini:2: evidence should be groups with weights"},
		{"[matching]\nsex.exact = 9\n", "keys.ini:2: evidence should be"},
		{"[matching]\nsex.exact = sex 0\n", "keys.ini:2: evidence should be"},
		{"[matching]\nsex.exact = sex 9 9\n", "keys.ini:2: evidence should be"},
		{"[matching]\nsex.exact = sex 9, sex 8\n", "keys.ini:2: a group stands twice"},
		{HEAD "sex.exact = sex 8\n", "keys.ini:5: sex.exact stands twice"},
		{HEAD "[key A]\nparts = sex.exact\n", "keys.ini:6: a key's name should be"},
		{HEAD "[key ]\nparts = sex.exact\n", "keys.ini:6: a key's name should be"},
		{HEAD "[key a]\nslots = 2\n", "key 'a' has no parts"},
		{HEAD "[key a]\nparts = sex.exact + sex.exact\n", "part 2 of key 'a' stands there twice"},
		{HEAD "[key a]\nparts = sex.exact + \n", "keys.ini:6: part 2 of key 'a'"},
		{HEAD "[key a]\nparts = sex.first1\n", "keys.ini:6: [matching] does not say what part 1"},
		{HEAD KEY "parts = phone.exact\n", "keys.ini:7: key 'a' has parts already"},
		{HEAD KEY "slots = 0\n", "keys.ini:7: slots should stand once"},
		{HEAD KEY "slots = 49\n", "keys.ini:7: slots should stand once"},
		{HEAD KEY "slots = 1\nslots = 1\n", "keys.ini:8: slots should stand once"},
		{HEAD KEY "weight = 1\n", "keys.ini:7: a key has no 'weight'"},
		{HEAD KEY "slots = 48\n[key b]\nparts = phone.exact\n", "more than 48 slots"},
		{HEAD "[key a]\nparts = sex.exact + phone.exact + sex.first1 + sex.first2 + sex.first3\n",
			"at most 4 parts"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cf_error err = CF_ERROR_INIT;
		struct ini *ini = NULL;
		struct match_plan *plan = NULL;
		assert_int_equal(ini_parse("keys.ini", cases[i].text, strlen(cases[i].text), &ini, &err), 0);
		int status = match_plan_parse(ini, &plan, &err);
		if (status != CF_E_INPUT || plan || !strstr(err.message, cases[i].says))
			fail_msg("case %zu: status %d, '%s' without '%s'", i, status, err.message,
				cases[i].says);
		ini_free(ini);
	}
}

static void as_many_as_there_may_be(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	assert_int_equal(buffer_append_text(&text, HEAD), 0);
	for (int k = 0; k < MATCH_MAX_KEYS; k++)
		assert_int_equal(buffer_printf(&text, "[key k%d]\nparts = sex.exact\n", k), 0);
	struct match_plan *p = test_plan(buffer_text(&text));
	assert_int_equal(match_plan_n_slots(p), 48);
	assert_int_equal(match_plan_weight(p, (UINT64_C(1) << 48) - 1), 9);
	match_plan_free(p);
	struct cf_error err = CF_ERROR_INIT;
	struct ini *ini = NULL;
	assert_int_equal(buffer_append_text(&text, "[key one_more]\nparts = sex.exact\n"), 0);
	assert_int_equal(ini_parse("keys.ini", text.data, text.n, &ini, &err), 0);
	assert_int_equal(match_plan_parse(ini, &p, &err), CF_E_INPUT);
	assert_non_null(strstr(err.message, "at most 48 keys"));
	ini_free(ini);
}

static int read_and_write(void *context, struct cf_error *err)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_PLAN struct match_plan *plan = NULL;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	(void)context;
	TRY(ini_parse("keys.ini", good, strlen(good), &ini, err));
	TRY(match_plan_parse(ini, &plan, err));
	return match_plan_format(plan, UINT32_MAX, &out) < 0 ? error_memory(err) : 0;
}

static void memory_may_fail(void **state)
{
	(void)state;
	assert_true(sweep_run("plan", read_and_write, NULL) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_count_nothing_twice),
		cmocka_unit_test(longer_lists_ask_for_more),
		cmocka_unit_test(defaults_are_a_plan),
		cmocka_unit_test(formats_and_reads_again),
		cmocka_unit_test(keys_without_their_fields_are_left_out),
		cmocka_unit_test(faults_are_named),
		cmocka_unit_test(as_many_as_there_may_be),
		cmocka_unit_test(memory_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
