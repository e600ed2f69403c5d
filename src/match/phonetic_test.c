#include "match/phonetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

static const char *code(const char *key)
{
	static char out[4][PHONETIC_MAX + 1];
	static int turn;
	turn = (turn + 1) % 4;
	size_t n = phonetic_code(key, out[turn]);
	assert_int_equal(n, strlen(out[turn]));
	return out[turn];
}

/* Worked by hand from the rules in phonetic.c. */
static void test_codes(void **state)
{
	static const struct {
		const char *key;
		const char *code;
	} cases[] = {
		{"", ""},
		{" ", ""},
		{"smith", "smt"},
		{"anna", "an"},
		{"nguyen", "nkn"},
		{"schmidt", "smt"},
		{"christina", "krstn"},
		{"wright", "rkt"},
		{"knut", "nt"},
		{"alexander", "alksntr"},
		{"xiao", "s"},
		{"gwyn", "kn"},
		{"yusuf", "jsf"},
		{"hassan", "hsn"},
		{"7ana", "tn"},        /* digits as the letters they resemble */
		{"de la cruz", "krs"}, /* particles are left out */
		{"de", "t"},           /* unless nothing else is there */
		{"al ", "al"},
		{"cecilia", "ssl"},
		{"petrovic", "ptrfs"},
		{"dominic", "tmnk"},
		{"ahmad", "amt"},
		{"mohammed", "mmt"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (strcmp(code(cases[i].key), cases[i].code) != 0)
			fail_msg("%s: %s, not %s", cases[i].key, code(cases[i].key), cases[i].code);
}

/* The same names as different people, registers and transliterations write them. The unvowelled ones are what
 * text_key makes of Arabic script. */
static void test_variants_agree(void **state)
{
	static const char *const same[][6] = {
		{"mohammed", "muhammad", "mohamed", "mehmet", "mhmd"},
		{"youssef", "yusuf", "ywsf", "jusuf", "yousef"},
		{"nour", "nur", "noor", "nwr"},
		{"aleksandr", "alexandr", "aleqsandr"},
		{"kowalczyk", "kovalchuk"},
		{"shevchenko", "sevcenko", "chevtchenko"},
		{"iuliia", "yuliya", "julia", "yulia"},
		{"zhang", "chang", "zang"},
		{"petrovic", "petrovich", "petrovitch"},
		{"stephan", "stefan", "stevan"},
		{"fatima", "fatimah", "fatema"},
		{"catherine", "katerina", "katharina"},
		{"oconnor", "o connor", "okonor"},
		{"ivanov", "iwanow", "ivanoff"},
		{"yelena", "elena", "olena"},
		{"al masri", "el masry", "masri"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		for (size_t j = 1; j < 6 && same[i][j]; j++)
			if (strcmp(code(same[i][0]), code(same[i][j])) != 0)
				fail_msg("%s: %s, %s: %s", same[i][0], code(same[i][0]), same[i][j],
					code(same[i][j]));
}

static void test_others_differ(void **state)
{
	static const char *const different[][2] = {
		{"maria", "marta"},
		{"ivan", "ian"},
		{"nguyen", "tran"},
		{"ahmed", "mohammed"},
		{"li", "lin"},
		{"ali", "hali"},
		{"kim", "lim"},
		{"garcia", "gomez"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof different / sizeof *different; i++)
		assert_string_not_equal(code(different[i][0]), code(different[i][1]));
}

/* Whatever the text: only sounds come out, at most so many, and spaces inside or doubled letters change
 * nothing. */
static void test_random_names(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	struct random_stream r;
	(void)state;
	random_init(&r, 17, 0);
	for (int i = 0; i < 20000; i++) {
		char name[201];
		char doubled[402];
		size_t n = random_below(&r, 201);
		size_t m = 0;
		for (size_t k = 0; k < n; k++) {
			name[k] = letters[random_below(&r, 36)];
			doubled[m++] = name[k];
			if (m + 1 < 120 && random_below(&r, 4) == 0)
				doubled[m++] = name[k];
		}
		name[n] = doubled[m] = '\0';
		assert_int_equal(strspn(code(name), "afhjklmnprst"), strlen(code(name)));
		assert_true(strlen(code(name)) <= PHONETIC_MAX);
		if (m < 128)
			assert_string_equal(code(name), code(doubled));
	}
}

static void test_letters(void **state)
{
	char out[6];
	(void)state;
	assert_int_equal(phonetic_letters("de la", out, sizeof out), 4);
	assert_string_equal(out, "dela");
	assert_int_equal(phonetic_letters("m4ri0 xyz", out, sizeof out), 5);
	assert_string_equal(out, "mario");
	assert_int_equal(phonetic_letters("", out, sizeof out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_variants_agree),
		cmocka_unit_test(test_others_differ),
		cmocka_unit_test(test_random_names),
		cmocka_unit_test(test_letters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
