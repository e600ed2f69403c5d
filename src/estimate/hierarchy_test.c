#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "estimate/hierarchy.h"

static char names_storage[][16] = {
	"police", "shelter", "hot line", "border", "a", "ab", "a b", "h", "i", "j", "k", "l"};
static char *names[12];

static int set_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < 12; i++)
		names[i] = names_storage[i];
	return 0;
}

static void reads_as(const char *text, uint32_t n_lists, const char *digits, const char *by_name)
{
	struct hierarchy m;
	struct cf_error err = CF_ERROR_INIT;
	struct buffer out = BUFFER_INIT;
	if (hierarchy_parse(text, n_lists, names, &m, &err) < 0)
		fail_msg("%s: %s", text, err.message);
	assert_int_equal(hierarchy_format_digits(&m, &out), 0);
	assert_string_equal(buffer_text(&out), digits);
	buffer_clear(&out);
	assert_int_equal(hierarchy_format_names(&m, names, &out), 0);
	assert_string_equal(buffer_text(&out), by_name);
	/* both forms read back as the same model */
	struct hierarchy again;
	assert_int_equal(hierarchy_parse(buffer_text(&out), n_lists, names, &again, &err), 0);
	assert_int_equal(hierarchy_compare(&m, &again), 0);
	assert_int_equal(hierarchy_parse(digits, n_lists, names, &again, &err), 0);
	assert_int_equal(hierarchy_compare(&m, &again), 0);
	buffer_done(&out);
}

static void reads_both_forms(void **state)
{
	(void)state;
	reads_as("[12,13,23]", 3, "[12,13,23]", "police:shelter, police:hot line, shelter:hot line");
	reads_as("[1]", 3, "[1,2,3]", "police, shelter, hot line");
	reads_as(" [ 3 , 12 ] ", 3, "[12,3]", "police:shelter, hot line");
	reads_as("[25,123,34]", 5, "[123,25,34]", "police:shelter:hot line, shelter:a, hot line:border");
	reads_as("[21,1,12]", 2, "[12]", "police:shelter");
	reads_as("hot line:police", 3, "[13,2]", "police:hot line, shelter");
	reads_as("a:ab, a b : police", 7, "[17,56,2,3,4]", "police:a b, a:ab, shelter, hot line, border");
	reads_as("[1.10,2]", 10, "[1.10,2,3,4,5,6,7,8,9]",
		"police:j, shelter, hot line, border, a, ab, a b, h, i");
}

static void refuses_what_is_no_model(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "[", "[]", "[12", "[12,]", "[14]", "[0]", "[12]x",
		"police:", ":", ",", "police,,shelter", "poli", "policeshelter", "police shelter"};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct hierarchy m = {.n_terms = 77};
		struct cf_error err = CF_ERROR_INIT;
		if (hierarchy_parse(bad[i], 3, names, &m, &err) != CF_E_USAGE)
			fail_msg("'%s' was read", bad[i]);
		assert_int_equal(m.n_terms, 77);
		assert_true(err.message[0]);
	}
	struct hierarchy m;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(
		hierarchy_parse("[1.2.3.4.5.6.7.8]", 12, names, &m, &err), CF_E_LIMIT); /* 256 parameters */
}

static void adding_brings_the_parts_and_removing_takes_what_contains(void **state)
{
	(void)state;
	struct hierarchy m;
	hierarchy_main_effects(4, &m);
	assert_true(hierarchy_add(&m, 7));
	assert_int_equal(m.n_terms, 1 + 4 + 3 + 1);
	assert_true(
		hierarchy_has(&m, 3) && hierarchy_has(&m, 5) && hierarchy_has(&m, 6) && hierarchy_has(&m, 7));
	for (uint32_t i = 1; i < m.n_terms; i++)
		assert_true(hierarchy_compare_terms(m.terms[i - 1], m.terms[i]) < 0);
	hierarchy_remove(&m, 5);
	assert_false(hierarchy_has(&m, 7) || hierarchy_has(&m, 5));
	assert_int_equal(m.n_terms, 1 + 4 + 2);
	hierarchy_remove(&m, 1); /* interactions go, the list stays */
	assert_true(hierarchy_has(&m, 1));
	assert_int_equal(m.n_terms, 1 + 4 + 1);
}

static void counts_hierarchical_models(void **state)
{
	(void)state;
	/* Dedekind: 113 hierarchical models on four lists that have all main effects and not all of [1234],
	 * found by adding generators in every way */
	enum { TERMS = 10 };
	uint32_t terms[TERMS];
	uint32_t n = 0;
	for (uint32_t t = 3; t < 15; t++)
		if (__builtin_popcount(t) >= 2)
			terms[n++] = t;
	assert_int_equal(n, TERMS);
	struct hierarchy seen[200];
	size_t n_seen = 0;
	for (uint32_t set = 0; set < 1u << TERMS; set++) {
		struct hierarchy m;
		bool fresh = true;
		hierarchy_main_effects(4, &m);
		for (uint32_t i = 0; i < TERMS; i++)
			if (set >> i & 1)
				assert_true(hierarchy_add(&m, terms[i]));
		for (size_t i = 0; i < n_seen && fresh; i++)
			fresh = hierarchy_compare(&seen[i], &m) != 0;
		if (fresh)
			seen[n_seen++] = m;
	}
	assert_int_equal(n_seen, 113);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_forms),
		cmocka_unit_test(refuses_what_is_no_model),
		cmocka_unit_test(adding_brings_the_parts_and_removing_takes_what_contains),
		cmocka_unit_test(counts_hierarchical_models),
	};
	return cmocka_run_group_tests(tests, set_names, NULL);
}
