/* Names of many cultures: spellings that belong together and ones that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/names.h"
#include "link/nicknames.h"

static void sounds_agree(const char *a, const char *b, bool agree)
{
	uint16_t x[SOUND_N_READINGS];
	uint16_t y[SOUND_N_READINGS];
	bool same = false;
	sound_numbers(a, strlen(a), x);
	sound_numbers(b, strlen(b), y);
	for (int r = 0; r < SOUND_N_READINGS; r++)
		same |= x[r] && x[r] == y[r];
	if (same != agree)
		fail_msg("%s and %s", a, b);
}

static void sounds(void **state)
{
	(void)state;
	static const char *const same[][2] = {{"mohammed", "muhamad"}, {"yusuf", "iosef"},
		{"philip", "filip"}, {"gonzalez", "gonsales"}, {"tatyana", "tatiana"},
		{"katherine", "catarina"},
		/* Cyrillic, by several rules */
		{"yuliia", "iuliya"}, {"shcherbak", "scherbak"}, {"levchuk", "levtchouk"},
		{"hryhorenko", "grigorenko"}, {"khakimov", "hakimov"}, {"savchenko", "sawczenko"},
		/* Arabic, by the English and the French habit */
		{"djamel", "jamal"}, {"khadija", "khadidja"}, {"rachid", "rashid"}, {"youssef", "yousef"},
		{"al khateeb", "alkhatib"}, {"zeroual", "zerwal"},
		/* Chinese: pinyin, Wade and Giles */
		{"xie", "hsieh"}, {"tsao", "zhao"}, {"zhang", "chang"}, {"li", "lee"}, {"zhou", "chow"},
		/* South Asia, West Africa */
		{"parvati", "parbati"}, {"pooja", "puja"}, {"ouattara", "wattara"}, {"soumah", "suma"},
		{"sow", "sou"},
		/* Germanic and Slavic j */
		{"johannes", "yohannes"}, {"jelena", "yelena"}};
	static const char *const other[][2] = {{"ahmed", "achmet"}, {"smith", "jones"}, {"li", "lu"},
		{"ivan", "igor"}, {"petrov", "pavlov"}, {"nguyen", "tran"}, {"diallo", "traore"}, {"a", "b"}};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		sounds_agree(same[i][0], same[i][1], true);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		sounds_agree(other[i][0], other[i][1], false);
}

/* Whatever comes in, a sound is of its letters and no longer than it may be, and doubling a letter changes
 * nothing. */
static void sounds_of_random_texts(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 9, 0);
	for (int round = 0; round < 50000; round++) {
		char text[200];
		char code[SOUND_MAX];
		uint16_t numbers[SOUND_N_READINGS];
		size_t n = random_below(&random, round % 20 ? 12 : sizeof text);
		for (size_t i = 0; i < n; i++)
			text[i] = (char)(round % 2 ? random_below(&random, 256)
						   : 'a' + random_below(&random, 26));
		for (int r = 0; r < SOUND_N_READINGS; r++) {
			size_t m = sound_code(text, n, (enum sound_reading)r, code);
			assert_true(m <= SOUND_MAX);
			for (size_t i = 0; i < m; i++)
				assert_non_null(memchr("aptkfslnr0123456789", code[i], 19));
		}
		sound_numbers(text, n, numbers);
	}
}

static bool share_group(enum nickname_table table, const char *a, const char *b)
{
	CF_CLEANUP_NICKNAMES struct nicknames *n = NULL;
	struct cf_error err = CF_ERROR_INIT;
	uint16_t x[NICKNAME_MAX_GROUPS];
	uint16_t y[NICKNAME_MAX_GROUPS];
	bool shared = false;
	assert_int_equal(nicknames_new(table, &n, &err), 0);
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
	assert_true(share_group(NICKNAMES_GIVEN, "bill", "william"));
	assert_true(share_group(NICKNAMES_GIVEN, "paco", "francisco javier"));
	assert_true(share_group(NICKNAMES_GIVEN, "sasha", "aleksandr"));
	assert_true(share_group(NICKNAMES_GIVEN, "sasha", "oleksandra"));
	assert_true(share_group(NICKNAMES_GIVEN, "mohammed", "mamadou"));
	assert_true(share_group(NICKNAMES_GIVEN, "abderrahmane", "abdulrahman"));
	assert_false(share_group(NICKNAMES_GIVEN, "bill", "robert"));
	assert_false(share_group(NICKNAMES_GIVEN, "nobody", "nobody"));
}

static void family_names(void **state)
{
	(void)state;
	assert_true(share_group(NICKNAMES_FAMILY, "chen", "chan"));
	assert_true(share_group(NICKNAMES_FAMILY, "wu", "ng"));
	assert_true(share_group(NICKNAMES_FAMILY, "cai", "tsai"));
	assert_true(share_group(NICKNAMES_FAMILY, "huynh", "hoang"));
	assert_true(share_group(NICKNAMES_FAMILY, "diallo", "jallow"));
	assert_true(share_group(NICKNAMES_FAMILY, "hussein", "houcine"));
	assert_true(share_group(NICKNAMES_FAMILY, "chaudhary", "choudhury"));
	assert_true(share_group(NICKNAMES_FAMILY, "al hussein", "houcine"));
	assert_false(share_group(NICKNAMES_FAMILY, "wang", "li"));
	/* the tables do not mix */
	assert_false(share_group(NICKNAMES_FAMILY, "bill", "william"));
}

static int make_both(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_NICKNAMES struct nicknames *given = NULL;
	CF_CLEANUP_NICKNAMES struct nicknames *family = NULL;
	TRY(nicknames_new(NICKNAMES_GIVEN, &given, err));
	return nicknames_new(NICKNAMES_FAMILY, &family, err);
}

static void without_memory(void **state)
{
	(void)state;
	assert_true(sweep_run("tables of names", make_both, NULL) > 4);
}

/* ---- whole names ---- */

static struct similar_text text_of(const char *s)
{
	struct similar_text t = {.text = s, .n = strlen(s), .letters = similar_letters(s, strlen(s))};
	sound_numbers(s, t.n, t.sounds);
	return t;
}

static bool spread(const char *given_a, const char *family_a, const char *given_b, const char *family_b)
{
	const struct link_whole_name a = {text_of(given_a), text_of(family_a)};
	const struct link_whole_name b = {text_of(given_b), text_of(family_b)};
	bool there = link_names_spread(&a, &b);
	assert_int_equal(there, link_names_spread(&b, &a));
	return there;
}

static void names_in_other_columns(void **state)
{
	(void)state;
	assert_true(spread("maria", "santos", "santos", "maria"));
	assert_true(spread("leonardo", "villanueva", "villanuevaa", "leonardo"));
	assert_true(spread("hongjun", "zheng", "zheng", "hong jun"));
	assert_true(spread("myo", "hla kyaw", "myo hla kyaw", ""));
	assert_true(spread("eliane larissa", "soares", "de soares", "eliane"));
	assert_true(spread("nguyen van", "minh", "minh", "nguyen"));
	assert_true(spread("rinawati", "", "", "rinawati")); /* a person of one name */
	assert_false(spread("maria", "santos", "maria", "lopez"));
	assert_false(spread("maria", "santos", "santos", "elena"));
	assert_false(spread("rinawati", "", "", "ngatiasih"));
	assert_false(spread("maria", "", "", ""));
	assert_false(spread("", "", "", ""));
	/* one word of one of several is no whole name */
	assert_false(spread("maria", "", "lopez maria", "garcia"));
}

/* Names that agree side by side are not looked for elsewhere. */
static void where_to_look(void **state)
{
	(void)state;
	assert_false(link_may_be_spread(1, 6));
	assert_false(link_may_be_spread(6, 3));
	assert_false(link_may_be_spread(4, 4));
	assert_true(link_may_be_spread(6, 6));
	assert_true(link_may_be_spread(4, 0));
	assert_true(link_may_be_spread(0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sounds),
		cmocka_unit_test(sounds_of_random_texts),
		cmocka_unit_test(short_forms),
		cmocka_unit_test(family_names),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(names_in_other_columns),
		cmocka_unit_test(where_to_look),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
