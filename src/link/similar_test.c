#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "link/levels.h"
#include "link/nicknames.h"
#include "link/similar.h"

static struct similar_text text_of(const char *s)
{
	return (struct similar_text){.text = s, .n = strlen(s), .letters = similar_letters(s, strlen(s))};
}

static double jaro_winkler(const char *a, const char *b)
{
	struct similar_text x = text_of(a);
	struct similar_text y = text_of(b);
	double s = similar_jaro_winkler(&x, &y);
	assert_true(fabs(s - similar_jaro_winkler(&y, &x)) < 1e-12);
	assert_true(similar_jaro_winkler_bound(&x, &y) >= s - 1e-12);
	return s;
}

/* Winkler, Overview of record linkage and current research directions (2006), table 6. */
static void published_jaro_winkler(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		double value;
	} known[] = {
		{"shackleford", "shackelford", 0.982},
		{"dunningham", "cunnigham", 0.896},
		{"nichleson", "nichulson", 0.956},
		{"jones", "johnson", 0.832},
		{"massey", "massie", 0.933},
		{"abroms", "abrams", 0.922},
		{"jeraldine", "geraldine", 0.926},
		{"marhta", "martha", 0.961},
		{"michelle", "michael", 0.921},
		{"julies", "julius", 0.933},
		{"tanya", "tonya", 0.880},
		{"dwayne", "duane", 0.840},
		{"sean", "susan", 0.805},
		{"jon", "john", 0.933},
		{"jon", "jan", 0.800},
		{"abc", "xyz", 0},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_true(fabs(jaro_winkler(known[i].a, known[i].b) - known[i].value) < 0.0006);
}

/* The table, as textbooks have it. */
static unsigned plain_edits(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[SIMILAR_MAX + 1][SIMILAR_MAX + 1];
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			bool swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
			if (swap && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

static void edits_equal_the_table(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 3, 0);
	for (int round = 0; round < 20000; round++) {
		char a[80];
		char b[80];
		size_t n = random_below(&random, round % 10 == 0 ? 65 : 9);
		size_t m = random_below(&random, round % 10 == 0 ? 65 : 9);
		for (size_t i = 0; i < n; i++)
			a[i] = (char)('a' + random_below(&random, 3));
		for (size_t i = 0; i < m; i++)
			b[i] = (char)('a' + random_below(&random, 3));
		struct similar_text x = {.text = a, .n = n, .letters = similar_letters(a, n)};
		struct similar_text y = {.text = b, .n = m, .letters = similar_letters(b, m)};
		assert_int_equal(similar_edits(&x, &y), plain_edits(a, n, b, m));
		if (n && m)
			assert_true(
				similar_jaro_winkler_bound(&x, &y) >= similar_jaro_winkler(&x, &y) - 1e-12);
	}
}

static void sounds_agree(const char *a, const char *b, bool agree)
{
	CF_CLEANUP(buffer_done) struct buffer x = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer y = BUFFER_INIT;
	assert_int_equal(sound_append(a, strlen(a), &x), 0);
	assert_int_equal(sound_append(b, strlen(b), &y), 0);
	if ((strcmp(buffer_text(&x), buffer_text(&y)) == 0) != agree)
		fail_msg("%s %s: %s %s", a, b, buffer_text(&x), buffer_text(&y));
}

static void sounds(void **state)
{
	(void)state;
	sounds_agree("mohammed", "muhamad", true);
	sounds_agree("yusuf", "iosef", true);
	sounds_agree("philip", "filip", true);
	sounds_agree("gonzalez", "gonsales", true);
	sounds_agree("tatyana", "tatiana", true);
	sounds_agree("katherine", "catarina", true);
	sounds_agree("ahmed", "achmet", false);
	sounds_agree("smith", "jones", false);
}

static bool share_group(const struct nicknames *n, const char *a, const char *b)
{
	uint16_t x[NICKNAME_MAX_GROUPS];
	uint16_t y[NICKNAME_MAX_GROUPS];
	bool shared = false;
	nicknames_groups(n, a, strlen(a), x);
	nicknames_groups(n, b, strlen(b), y);
	for (size_t i = 0; i < NICKNAME_MAX_GROUPS && x[i]; i++)
		for (size_t k = 0; k < NICKNAME_MAX_GROUPS && y[k]; k++)
			shared |= x[i] == y[k];
	return shared;
}

static void short_forms(void **state)
{
	(void)state;
	CF_CLEANUP_NICKNAMES struct nicknames *n = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(nicknames_new(NICKNAMES_GIVEN, &n, &err), 0);
	assert_true(share_group(n, "bill", "william"));
	assert_true(share_group(n, "paco", "francisco javier"));
	assert_true(share_group(n, "sasha", "aleksandr"));
	assert_true(share_group(n, "sasha", "oleksandra"));
	assert_true(share_group(n, "mohammed", "mamadou"));
	assert_false(share_group(n, "bill", "robert"));
	assert_false(share_group(n, "nobody", "nobody"));
}

static unsigned level(enum link_kind kind, const char *a, const char *b)
{
	struct similar_text x = text_of(a);
	struct similar_text y = text_of(b);
	unsigned l = link_level_of(kind, &x, &y);
	assert_int_equal(l, link_level_of(kind, &y, &x));
	assert_in_range(l, 1, link_n_levels(kind));
	assert_non_null(link_level_name(kind, l));
	return l;
}

static void levels_of_names(void **state)
{
	(void)state;
	assert_int_equal(level(LINK_NAME, "alan", "allan"), 2);
	assert_int_equal(level(LINK_NAME, "maria jose", "jose maria"), 2);
	assert_int_equal(level(LINK_NAME, "van dijk", "vandijk"), 2);
	assert_int_equal(level(LINK_NAME, "garcia lopez", "garcia"), 4);
	assert_int_equal(level(LINK_NAME, "j", "john"), 4);
	assert_int_equal(level(LINK_NAME, "john", "mary"), 6);
	assert_int_equal(level(LINK_TEXT, "12 main street", "main street 12"), 2);
	assert_int_equal(level(LINK_TEXT, "12 main street", "7 oak avenue"), 6);
}

static void levels_of_dates(void **state)
{
	(void)state;
	assert_int_equal(level(LINK_DATE, "19900412", "19900421"), 2); /* neighbours swapped */
	assert_int_equal(level(LINK_DATE, "19900412", "19901204"), 2); /* day and month swapped */
	assert_int_equal(level(LINK_DATE, "19900412", "19900430"), 3);
	assert_int_equal(level(LINK_DATE, "19900412", "19760412"), 3);
	assert_int_equal(level(LINK_DATE, "19900412", "19900000"), 4);
	assert_int_equal(level(LINK_DATE, "19900412", "19900101"), 4); /* the first of January is no day */
	assert_int_equal(level(LINK_DATE, "19900412", "19911127"), 6);
	assert_int_equal(level(LINK_DATE, "19900412", "19631127"), 7);
}

static void levels_of_numbers(void **state)
{
	(void)state;
	assert_int_equal(level(LINK_PHONE, "+447700900123", "07700900123"), 2);
	assert_int_equal(level(LINK_PHONE, "07700900123", "07700900723"), 3);
	assert_int_equal(level(LINK_PHONE, "07700900123", "07911123456"), 5);
	assert_int_equal(level(LINK_CODE, "ab1234567", "ab1243567"), 2);
	assert_int_equal(level(LINK_CODE, "ab1234567", "zz7654321"), 5);
	assert_int_equal(level(LINK_EMAIL, "ann.lee@post.org", "ann.lee@mail.net"), 3);
	assert_int_equal(level(LINK_NUMBER, "84052.973", "84052.9730"), 1);
	assert_int_equal(level(LINK_NUMBER, "1000", "1005"), 2);
	assert_int_equal(level(LINK_NUMBER, "100", "107"), 4);
	assert_int_equal(level(LINK_CHOICE, "female", "femal"), 2);
	assert_int_equal(level(LINK_CHOICE, "female", "male"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_jaro_winkler),
		cmocka_unit_test(edits_equal_the_table),
		cmocka_unit_test(sounds),
		cmocka_unit_test(short_forms),
		cmocka_unit_test(levels_of_names),
		cmocka_unit_test(levels_of_dates),
		cmocka_unit_test(levels_of_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
