#include "match/strata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"

static struct match_strata *parse(const char *text)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct match_strata *s = NULL;
	assert_int_equal(ini_parse("study.ini", text, strlen(text), &ini, &err), 0);
	if (match_strata_parse(ini, &s, &err) < 0)
		fail_msg("%s", err.message);
	return s;
}

static void refuse(const char *text, uint64_t line, const char *says)
{
	CF_CLEANUP_INI struct ini *ini = NULL;
	struct cf_error err = CF_ERROR_INIT;
	struct match_strata *s = NULL;
	assert_int_equal(ini_parse("study.ini", text, strlen(text), &ini, &err), 0);
	assert_true(match_strata_parse(ini, &s, &err) < 0);
	assert_null(s);
	if (!strstr(err.message, says))
		fail_msg("expected \"%s\" in: %s", says, err.message);
	if (line)
		assert_int_equal(err.line, line);
}

static const char THREE[] = "[strata]\nk = 5\nreference_date = 2025-06-15\n"
			    "sex = female, male, other\n"
			    "age_band = 0-17, 18-24, 35+\n"
			    "form = SexualExploitation, Forced labour, Other\n";

static uint32_t code_of(const struct match_strata *s, const char *sex, const char *birth, const char *form)
{
	struct person p = {0};
	struct person_value v[3] = {{sex, NULL}, {birth, NULL}, {form, NULL}};
	const enum person_field field[3] = {PERSON_SEX, PERSON_BIRTH_DATE, PERSON_FORM};
	for (size_t i = 0; i < 3; i++) {
		p.values[field[i]] = &v[i];
		p.n_values[field[i]] = v[i].text != NULL;
	}
	return match_strata_code(s, &p);
}

static void assert_code(
	const struct match_strata *s, uint32_t code, const char *a, const char *b, const char *c)
{
	assert_in_range(code, 0, match_strata_n_codes(s) - 1);
	assert_string_equal(match_strata_value(s, code, 0), a);
	assert_string_equal(match_strata_value(s, code, 1), b);
	assert_string_equal(match_strata_value(s, code, 2), c);
}

static void test_parse(void **state)
{
	(void)state;
	CF_CLEANUP_STRATA struct match_strata *s = parse(THREE);
	assert_int_equal(match_strata_k(s), 5);
	assert_int_equal(match_strata_n_columns(s), 3);
	assert_string_equal(match_strata_column(s, 1), "age_band");
	assert_int_equal(match_strata_n_codes(s), 4 * 4 * 4);
	assert_code(s, 0, "unknown", "unknown", "unknown");
	for (uint32_t code = 0; code < 64; code++)
		for (size_t column = 0; column < 3; column++) {
			uint32_t less = match_strata_without(s, code, column);
			assert_string_equal(match_strata_value(s, less, column), "unknown");
			assert_int_equal(match_strata_combine(s, less, code), code);
		}
	assert_null(parse("[study]\nname = x\n"));
	assert_null(parse("[strata]\nk = 20\n"));
}

static void test_parse_refuses(void **state)
{
	(void)state;
	refuse("[strata]\nk = 0\nsex = female\n", 2, "whole number");
	refuse("[strata]\nk = -3\nsex = female\n", 2, "whole number");
	refuse("[strata]\nk = 5x\nsex = female\n", 2, "whole number");
	refuse("[strata]\nshoe_size = 1, 2\n", 2, "no stratum 'shoe_size'");
	refuse("[strata]\nsex = female, , male\n", 2, "empty value");
	refuse("[strata]\nsex = female, male, Female\n", 2, "stands twice");
	refuse("[strata]\nsex = female\nsex = male\n", 3, "stands twice");
	refuse("[strata]\nsex = female, unknown\n", 2, "leave it out");
	refuse("[strata]\nsex = female, --\n", 2, "without a letter");
	refuse("[strata]\nage_band = 0-17, 18-24\n", 0, "reference_date");
	refuse("[strata]\nreference_date = 2025-01\nage_band = 0-17\n", 2, "must be a day");
	const char *const bands[] = {"0-17, 17-24", "18-24, 0-17", "24-18", "18", "18-", "-18", "0-17x",
		"1000+", "0-200", "18+, 40+"};
	for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
		char text[100];
		(void)snprintf(text, sizeof text, "[strata]\nreference_date = 2025-01-01\nage_band = %s\n",
			bands[i]);
		refuse(text, 3, "age band");
	}
}

static void test_parse_limits(void **state)
{
	(void)state;
	struct buffer text = BUFFER_INIT;
	assert_int_equal(buffer_append_text(&text, "[strata]\nform = v0"), 0);
	for (int i = 1; i <= MATCH_MAX_STRATUM_VALUES - 1; i++)
		assert_int_equal(buffer_printf(&text, ", v%d", i), 0);
	CF_CLEANUP_STRATA struct match_strata *s = parse(buffer_text(&text));
	assert_int_equal(match_strata_n_codes(s), MATCH_MAX_STRATUM_VALUES + 1);
	assert_int_equal(buffer_append_text(&text, ", more"), 0);
	refuse(buffer_text(&text), 2, "more than");
	buffer_clear(&text);
	assert_int_equal(buffer_append_text(&text, "[strata]\nform = v0"), 0);
	for (int i = 1; i < 63; i++)
		assert_int_equal(buffer_printf(&text, ", v%d", i), 0);
	assert_int_equal(buffer_append_text(&text, "\nsex = s0"), 0);
	for (int i = 1; i <= 63; i++)
		assert_int_equal(buffer_printf(&text, ", s%d", i), 0);
	assert_int_equal(buffer_append_text(&text, "\n"), 0);
	refuse(buffer_text(&text), 0, "combinations");
	buffer_done(&text);
}

static void test_row_codes(void **state)
{
	(void)state;
	CF_CLEANUP_STRATA struct match_strata *s = parse(THREE);
	assert_code(s, code_of(s, "male", "20010101", "SexualExploitation"), "male", "18-24",
		"SexualExploitation");
	assert_code(s, code_of(s, "FEMALE", "19600229", "forced labour"), "female", "35+", "Forced labour");
	assert_code(s, code_of(s, "female", NULL, "ForcedLabour"), "female", "unknown", "Forced labour");
	/* values that the study does not list */
	assert_code(s, code_of(s, "mael", NULL, "organ removal"), "unknown", "unknown", "Other");
	assert_code(s, code_of(s, NULL, NULL, NULL), "unknown", "unknown", "unknown");
	/* The eighteenth birthday on, before and after the reference day; and the gap from 25 to 34. */
	assert_code(s, code_of(s, NULL, "20070615", NULL), "unknown", "18-24", "unknown");
	assert_code(s, code_of(s, NULL, "20070616", NULL), "unknown", "0-17", "unknown");
	assert_code(s, code_of(s, NULL, "19950615", NULL), "unknown", "unknown", "unknown");
	/* born after the reference day, and no dates at all */
	assert_code(s, code_of(s, NULL, "20260101", NULL), "unknown", "unknown", "unknown");
	assert_code(s, code_of(s, NULL, "200x0101", NULL), "unknown", "unknown", "unknown");
	/* The year alone is enough in the midst of a band, not at its edge. */
	assert_code(s, code_of(s, NULL, "2003", NULL), "unknown", "18-24", "unknown");
	assert_code(s, code_of(s, NULL, "20030000", NULL), "unknown", "18-24", "unknown");
	assert_code(s, code_of(s, NULL, "2007", NULL), "unknown", "unknown", "unknown");
	assert_code(s, code_of(s, NULL, "200705", NULL), "unknown", "18-24", "unknown");
	assert_code(s, code_of(s, NULL, "200706", NULL), "unknown", "unknown", "unknown");
}

static void test_age_field(void **state)
{
	(void)state;
	CF_CLEANUP_STRATA struct match_strata *s = parse(THREE);
	struct person p = {0};
	struct person_value age[2] = {{"17b", NULL}, {"40", NULL}};
	struct person_value birth = {"20200101", NULL};
	p.values[PERSON_AGE] = age;
	p.n_values[PERSON_AGE] = 2;
	assert_string_equal(match_strata_value(s, match_strata_code(s, &p), 1), "35+");
	p.values[PERSON_BIRTH_DATE] = &birth;
	p.n_values[PERSON_BIRTH_DATE] = 1;
	assert_string_equal(match_strata_value(s, match_strata_code(s, &p), 1), "0-17");
}

static void test_combine(void **state)
{
	(void)state;
	CF_CLEANUP_STRATA struct match_strata *s = parse(THREE);
	uint32_t a = code_of(s, "male", NULL, NULL);
	uint32_t b = code_of(s, "female", "20030101", NULL);
	assert_code(s, match_strata_combine(s, a, b), "male", "18-24", "unknown");
	assert_code(s, match_strata_combine(s, b, a), "female", "18-24", "unknown");
	assert_int_equal(match_strata_combine(s, a, 0), a);
	assert_int_equal(match_strata_combine(s, 0, a), a);
}

/* ---- coarsening ---- */

enum { MAX_RECORDS = 400 };

/* Each column keeps its value or is unknown; every occupied cell has k, or all is unknown. */
static void check_coarse(
	const struct match_strata *s, const uint32_t *before, const uint32_t *after, size_t n)
{
	uint64_t count[MATCH_MAX_STRATUM_CODES] = {0};
	for (size_t i = 0; i < n; i++) {
		count[after[i]]++;
		for (size_t c = 0; c < match_strata_n_columns(s); c++) {
			const char *value = match_strata_value(s, after[i], c);
			assert_true(strcmp(value, "unknown") == 0 ||
				    value == match_strata_value(s, before[i], c));
		}
	}
	for (uint32_t code = 0; code < match_strata_n_codes(s); code++)
		assert_true(
			count[code] == 0 || count[code] >= match_strata_k(s) || (code == 0 && count[0] == n));
}

static void test_coarsening_holds(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 20250615, 1);
	for (int round = 0; round < 3000; round++) {
		char text[300];
		(void)snprintf(text, sizeof text,
			"[strata]\nk = %d\nreference_date = 2025-01-01\nsex = female, male, other\n"
			"age_band = 0-17, 18-24, 25+\nform = a, b, c, d, e\n",
			(int)random_below(&r, 25) + 1);
		CF_CLEANUP_STRATA struct match_strata *s = parse(text);
		size_t n = random_below(&r, MAX_RECORDS);
		uint32_t range = (uint32_t)random_below(&r, match_strata_n_codes(s)) + 1;
		uint32_t before[MAX_RECORDS] = {0};
		uint32_t after[MAX_RECORDS];
		for (size_t i = 0; i < n; i++) /* skewed: low codes are common */
			before[i] = (uint32_t)random_below(&r, random_below(&r, range) + 1);
		memcpy(after, before, sizeof after);
		size_t n_coarsened = 0;
		assert_int_equal(match_strata_coarsen(s, after, n, NULL, &n_coarsened, NULL), 0);
		check_coarse(s, before, after, n);
		size_t n_changed = 0;
		for (size_t i = 0; i < n; i++)
			n_changed += before[i] != after[i];
		assert_int_equal(n_coarsened, n_changed);
	}
}

/* The same records in another order, with numbers that go with them, get the same codes. */
static void test_coarsening_ignores_row_order(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 7, 2);
	CF_CLEANUP_STRATA struct match_strata *s = parse(THREE);
	for (int round = 0; round < 500; round++) {
		enum { N = 120 };
		uint32_t codes[N];
		uint32_t shuffled[N];
		uint32_t at[N];
		uint64_t order[N];
		uint64_t shuffled_order[N];
		for (size_t i = 0; i < N; i++) {
			codes[i] = random_below(&r, 12) ? 16 + (uint32_t)random_below(&r, 3) * 16 : 0;
			order[i] = random_bits(&r);
		}
		random_permutation(&r, N, at);
		for (size_t i = 0; i < N; i++) {
			shuffled[i] = codes[at[i]];
			shuffled_order[i] = order[at[i]];
		}
		assert_int_equal(match_strata_coarsen(s, codes, N, order, NULL, NULL), 0);
		assert_int_equal(match_strata_coarsen(s, shuffled, N, shuffled_order, NULL, NULL), 0);
		for (size_t i = 0; i < N; i++)
			assert_int_equal(shuffled[i], codes[at[i]]);
	}
}

static void coarsen_counts(const struct match_strata *s, const uint32_t *in, uint32_t *out_count)
{
	uint32_t codes[MAX_RECORDS];
	size_t n = 0;
	for (uint32_t code = 0; code < match_strata_n_codes(s); code++)
		for (uint32_t i = 0; i < in[code]; i++)
			codes[n++] = code;
	assert_int_equal(match_strata_coarsen(s, codes, n, NULL, NULL, NULL), 0);
	memset(out_count, 0, match_strata_n_codes(s) * sizeof *out_count);
	for (size_t i = 0; i < n; i++)
		out_count[codes[i]]++;
}

/* Worked by hand, with k = 10. Codes of one column: unknown, female, male, other. */
static void test_coarsening_by_hand(void **state)
{
	(void)state;
	CF_CLEANUP_STRATA struct match_strata *sex = parse("[strata]\nk = 10\nsex = female, male, other\n");
	const struct {
		uint32_t in[4];
		uint32_t out[4];
	} cases[] = {
		{{0, 200, 100, 10}, {0, 200, 100, 10}},
		{{0, 200, 100, 9}, {10, 199, 100, 0}}, /* nine others, and one more to hide among */
		{{4, 200, 100, 0}, {10, 194, 100, 0}}, /* four unknown draw six of the largest */
		{{4, 12, 11, 0}, {15, 12, 0, 0}},      /* no cell can spare six: the smallest goes whole */
		{{0, 9, 9, 9}, {27, 0, 0, 0}},
		{{3, 3, 3, 0}, {9, 0, 0, 0}}, /* fewer than k in all */
		{{0, 0, 0, 0}, {0, 0, 0, 0}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t out[4];
		coarsen_counts(sex, cases[i].in, out);
		for (size_t j = 0; j < 4; j++)
			assert_int_equal(out[j], cases[i].out[j]);
	}
	/* Two columns: three girls of form b join the form "unknown" of girls rather than lose their sex. */
	CF_CLEANUP_STRATA struct match_strata *two = parse("[strata]\nk = 10\nsex = f, m\nform = a, b\n");
	const uint32_t in[9] = {[3] = 20, [4] = 50, [5] = 3, [8] = 40}; /* f?, fa, fb, mb */
	const uint32_t want[9] = {[3] = 23, [4] = 50, [8] = 40};
	uint32_t out[9];
	coarsen_counts(two, in, out);
	assert_memory_equal(out, want, sizeof want);
}

static void test_default_text(void **state)
{
	(void)state;
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	const char *const columns[] = {"form", "sex", "age_band"};
	struct match_strata_request request = {columns, 3, 12, {2025, 6, 15}};
	assert_int_equal(match_strata_default_text(&request, &text, NULL), 0);
	CF_CLEANUP_STRATA struct match_strata *s = parse(buffer_text(&text));
	assert_int_equal(match_strata_k(s), 12);
	assert_string_equal(match_strata_column(s, 0), "form");
	assert_string_equal(match_strata_column(s, 2), "age_band");
	assert_int_equal(match_strata_n_codes(s), 6 * 4 * 5);
	assert_code(s, code_of(s, "male", "20080101", "Servitude"), "Servitude", "male", "0-17");

	const char *const wrong[] = {"sex", "height"};
	struct cf_error err = CF_ERROR_INIT;
	struct buffer untouched = BUFFER_INIT;
	request = (struct match_strata_request){wrong, 2, 12, {2025, 6, 15}};
	assert_int_equal(match_strata_default_text(&request, &untouched, &err), CF_E_USAGE);
	assert_non_null(strstr(err.message, "'height'"));
	assert_int_equal(untouched.n, 0);
}

static int parse_and_coarsen(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_INI struct ini *ini = NULL;
	CF_CLEANUP_STRATA struct match_strata *s = NULL;
	const uint32_t before[] = {0, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 16, 32};
	uint32_t codes[sizeof before / sizeof *before];
	memcpy(codes, before, sizeof codes);
	TRY(ini_parse("study.ini", THREE, sizeof THREE - 1, &ini, err));
	TRY(match_strata_parse(ini, &s, err));
	int status = match_strata_coarsen(s, codes, sizeof codes / sizeof *codes, NULL, NULL, err);
	assert_int_equal(memcmp(codes, before, sizeof codes) == 0, status < 0);
	return status;
}

static int make_default_text(void *context, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	return match_strata_default_text(context, &text, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	const char *const columns[] = {"form", "sex", "age_band"};
	struct match_strata_request request = {columns, 3, 12, {2025, 6, 15}};
	assert_true(sweep_run("strata", parse_and_coarsen, NULL) > 3);
	assert_true(sweep_run("default text", make_default_text, &request) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_parse_limits),
		cmocka_unit_test(test_row_codes),
		cmocka_unit_test(test_age_field),
		cmocka_unit_test(test_combine),
		cmocka_unit_test(test_coarsening_holds),
		cmocka_unit_test(test_coarsening_ignores_row_order),
		cmocka_unit_test(test_coarsening_by_hand),
		cmocka_unit_test(test_default_text),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
