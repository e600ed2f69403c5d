#include "typos.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance with exchanges of neighbours (Damerau 1964), over bytes. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 40 };
	size_t d[MAX][MAX];
	size_t n = strlen(a);
	size_t m = strlen(b);
	assert_true(n < MAX && m < MAX);
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = min(
				min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[n][m];
}

/* One slip: small, still UTF-8, within its room, and most of the time a change. */
static void test_slips(void **state)
{
	(void)state;
	static const char *const texts[] = {"Oleksandr", "Nguyễn Thị", "O'Brien-Smith", "Schmidt", "wwwww",
		"Ng", "", "李", "MARIA JOSE", "aaa"};
	struct random_stream r;
	random_init(&r, 1, 2);
	for (enum typo_kind kind = TYPO_KEYBOARD; kind <= TYPO_HEARING; kind++)
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			size_t n_changed = 0;
			for (int round = 0; round < 500; round++) {
				char text[32];
				memcpy(text, texts[i], strlen(texts[i]) + 1);
				typo_make(&r, kind, text, strlen(texts[i]) + 3);
				assert_true(strlen(text) < strlen(texts[i]) + 3);
				assert_true(text_is_utf8(text, strlen(text), NULL));
				/* capitals go along: "MARIA" with rn for m has two small letters */
				assert_in_range(distance(texts[i], text), 0, 3);
				n_changed += strcmp(texts[i], text) != 0;
			}
			bool short_text = strlen(texts[i]) < 3 || strcmp(texts[i], "李") == 0;
			assert_int_equal(n_changed > 300, !short_text);
			assert_true(!short_text || n_changed == 0);
		}
}

static void test_kinds_differ(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 3, 4);
	for (int round = 0; round < 200; round++) {
		char heard[16] = "XWx";
		typo_make(&r, TYPO_HEARING, heard, sizeof heard);
		assert_string_equal(heard, "XVx");
		char copied[16] = "xwx";
		typo_make(&r, TYPO_COPYING, copied, sizeof copied);
		assert_string_equal(copied, "xvvx");
		char full[4] = "xwx"; /* no room for two letters: left alone */
		typo_make(&r, TYPO_COPYING, full, sizeof full);
		assert_string_equal(full, "xwx");
	}
}

static void test_digits(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 5, 6);
	for (int round = 0; round < 500; round++) {
		char number[] = "AB 120 99";
		typo_digit(&r, number);
		assert_int_equal(distance(number, "AB 120 99"), 1);
		assert_int_equal(strspn(number, "AB "), 3);
		char none[] = "AB";
		typo_digit(&r, none);
		assert_string_equal(none, "AB");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slips),
		cmocka_unit_test(test_kinds_differ),
		cmocka_unit_test(test_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
