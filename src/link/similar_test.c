#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "link/levels.h"
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
		{"dixon", "dicksonx", 0.8133},
		{"crate", "trace", 0.7333},
		{"abc", "xyz", 0},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_true(fabs(jaro_winkler(known[i].a, known[i].b) - known[i].value) < 0.0006);
}

/* Jaro's definition, step by step. */
static double plain_jaro_winkler(const char *a, size_t n, const char *b, size_t m)
{
	bool taken_a[SIMILAR_MAX] = {false};
	bool taken_b[SIMILAR_MAX] = {false};
	size_t longer = n > m ? n : m;
	size_t reach = longer / 2 > 0 ? longer / 2 - 1 : 0;
	size_t common = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i > reach ? i - reach : 0; j < m && j <= i + reach; j++)
			if (!taken_b[j] && a[i] == b[j]) {
				taken_a[i] = taken_b[j] = true;
				common++;
				break;
			}
	if (common == 0)
		return 0;
	size_t moved = 0;
	size_t j = 0;
	for (size_t i = 0; i < n; i++) {
		if (!taken_a[i])
			continue;
		while (!taken_b[j])
			j++;
		moved += a[i] != b[j++];
	}
	double c = (double)common;
	double jaro = (c / (double)n + c / (double)m + (c - (double)(moved / 2)) / c) / 3;
	size_t prefix = 0;
	while (prefix < 4 && prefix < n && prefix < m && a[prefix] == b[prefix])
		prefix++;
	return jaro + 0.1 * (double)prefix * (1 - jaro);
}

static void jaro_winkler_equals_the_definition(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 4, 0);
	for (int round = 0; round < 20000; round++) {
		char a[SIMILAR_MAX];
		char b[SIMILAR_MAX];
		size_t n = 1 + random_below(&random, round % 10 == 0 ? SIMILAR_MAX : 12);
		size_t m = 1 + random_below(&random, round % 10 == 0 ? SIMILAR_MAX : 12);
		for (size_t i = 0; i < n; i++)
			a[i] = (char)('a' + random_below(&random, 5));
		for (size_t i = 0; i < m; i++)
			b[i] = (char)('a' + random_below(&random, 5));
		struct similar_text x = {.text = a, .n = n, .letters = similar_letters(a, n)};
		struct similar_text y = {.text = b, .n = m, .letters = similar_letters(b, m)};
		assert_true(fabs(similar_jaro_winkler(&x, &y) - plain_jaro_winkler(a, n, b, m)) < 1e-12);
	}
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

/* The true distance by its definition, and in another way than the code's: a swap of neighbours is looked for
 * at every earlier place of both texts. */
static unsigned true_edits(const char *a, size_t n, const char *b, size_t m)
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
			for (size_t k = 1; k < i; k++)
				for (size_t l = 1; l < j; l++) {
					/* a[k-1] and a[i-1] become neighbours, swap, and b's letters come
					 * between */
					if (a[k - 1] != b[j - 1] || a[i - 1] != b[l - 1])
						continue;
					unsigned cost = d[k - 1][l - 1] + (unsigned)(i - k - 1) + 1 +
							(unsigned)(j - l - 1);
					best = cost < best ? cost : best;
				}
			d[i][j] = best;
		}
	return d[n][m];
}

static void known_edits(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		unsigned edits, restricted;
	} known[] = {
		{"ca", "abc", 2, 3}, /* the textbook's example of the difference */
		{"kitten", "sitting", 3, 3},
		{"sunday", "saturday", 3, 3},
		{"martha", "marhta", 1, 1},
		{"", "abc", 3, 3},
		{"a cat", "an abct", 3, 4},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct similar_text x = text_of(known[i].a);
		struct similar_text y = text_of(known[i].b);
		assert_int_equal(similar_edits(&x, &y), known[i].edits);
		assert_int_equal(similar_edits_restricted(&x, &y), known[i].restricted);
	}
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
		unsigned restricted = plain_edits(a, n, b, m);
		unsigned edits = true_edits(a, n, b, m);
		assert_int_equal(similar_edits_restricted(&x, &y), restricted);
		assert_int_equal(similar_edits(&x, &y), edits);
		assert_true(2 * restricted <= 3 * edits);
		for (unsigned most = 1; most <= 3; most++)
			assert_int_equal(similar_edits_up_to(&x, &y, most) <= most ? edits : most + 1,
				edits <= most ? similar_edits_up_to(&x, &y, most) : most + 1);
		if (n && m)
			assert_true(
				similar_jaro_winkler_bound(&x, &y) >= similar_jaro_winkler(&x, &y) - 1e-12);
	}
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
	assert_int_equal(level(LINK_NAME, "al khatib", "khatib"), 3);
	assert_int_equal(level(LINK_NAME, "al khatib", "alkhatib"), 2);
	assert_int_equal(level(LINK_NAME, "de oliveira da costa", "oliveira costa"), 3);
	assert_int_equal(level(LINK_NAME, "da costa", "da silva"), 5);
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
	assert_int_equal(level(LINK_DATE, "19900101", "19910000"), 4); /* reckoned from an age */
	assert_int_equal(level(LINK_DATE, "19900101", "19920000"), 5);
	assert_int_equal(level(LINK_DATE, "19900101", "20010000"), 7);
	assert_int_equal(level(LINK_DATE, "19900101", "19911127"), 6);
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
	assert_int_equal(level(LINK_CODE, "ab1204567", "abl2o4s67"), 2); /* misread thrice */
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
		cmocka_unit_test(jaro_winkler_equals_the_definition),
		cmocka_unit_test(known_edits),
		cmocka_unit_test(edits_equal_the_table),
		cmocka_unit_test(levels_of_names),
		cmocka_unit_test(levels_of_dates),
		cmocka_unit_test(levels_of_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
