#include "names.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "base/text.h"
#include "latin.h"

/* Only letters, spaces, hyphens, apostrophes and the sign that parts are joined by; no sign of the tables'
 * own. */
static void check_latin(const char *text, const struct origin *o)
{
	char plain[NAME_BYTES];
	assert_true(strlen(text) > 0);
	memcpy(plain, text, strlen(text) + 1);
	latin_strip_marks(plain);
	for (const char *c = plain; *c; c++)
		if (!isalpha((unsigned char)*c) && !strchr(o->joins_given ? " -'+" : " -'", *c))
			fail_msg("origin %s: '%s' has a byte that is no letter", o->country, text);
	assert_true(isupper((unsigned char)plain[0]) || strchr(plain, ' '));
}

static void check_native(const char *text)
{
	assert_true(strlen(text) > 0);
	assert_true(text_is_utf8(text, strlen(text), NULL));
	assert_null(strpbrk(text, "=|~/_+"));
}

static void check_name(const struct name *name, const struct origin *o)
{
	assert_in_range(name->n, 1, NAME_MAX_TOKENS);
	assert_int_equal(name->tokens[0].role, ROLE_GIVEN);
	for (size_t i = 0; i < name->n; i++) {
		const struct name_token *t = &name->tokens[i];
		check_native(t->native);
		assert_in_range(t->n_latin, 1, NAME_SPELLINGS);
		for (size_t j = 0; j < t->n_latin; j++)
			check_latin(t->latin[j], o);
		if (t->nick[0])
			check_latin(t->nick, o);
	}
}

/* Enough draws to meet every entry of every table. */
static void test_every_entry(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	struct random_stream r;
	random_init(&r, 5, 5);
	assert_int_equal(names_new(&names, NULL), 0);
	assert_true(names_n_origins(names) >= 20);
	for (size_t origin = 0; origin < names_n_origins(names); origin++)
		for (int i = 0; i < 8000; i++) {
			struct name name;
			name_draw(names, origin, i % 2, &r, &name);
			check_name(&name, names_origin(names, origin));
		}
}

static const struct name_token *token(const struct name *name, enum name_role role)
{
	for (size_t i = 0; i < name->n && i < NAME_MAX_TOKENS; i++)
		if (name->tokens[i].role == role)
			return &name->tokens[i];
	return NULL;
}

static const char *family_name(const struct name *name)
{
	const struct name_token *t = token(name, ROLE_FAMILY);
	return t ? t->native : "";
}

static size_t find_origin(const struct names *names, const char *country)
{
	for (size_t i = 0; i < names_n_origins(names); i++)
		if (strcmp(names_origin(names, i)->country, country) == 0)
			return i;
	fail_msg("no origin %s", country);
	return 0;
}

static bool ends_in(const char *text, const char *ending)
{
	size_t n = strlen(text);
	size_t m = strlen(ending);
	return n >= m && strcmp(text + n - m, ending) == 0;
}

/* Endings follow the sex, and never the father's name, which is a man's. */
static void test_endings(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	struct random_stream r;
	random_init(&r, 6, 6);
	assert_int_equal(names_new(&names, NULL), 0);
	size_t bulgaria = find_origin(names, "BG");
	size_t n_middle = 0;
	for (int i = 0; i < 2000; i++) {
		struct name name;
		bool female = i % 2;
		name_draw(names, bulgaria, female, &r, &name);
		const struct name_token *family = token(&name, ROLE_FAMILY);
		const struct name_token *middle = token(&name, ROLE_MIDDLE);
		assert_non_null(family);
		assert_int_equal(family && ends_in(family->latin[0], "a"), female);
		if (middle)
			assert_int_equal(
				ends_in(middle->latin[0], "ova") || ends_in(middle->latin[0], "eva"), female);
		n_middle += middle != NULL;
	}
	assert_in_range(n_middle, 1500, 1800); /* five of six */
}

/* The commonest Vietnamese family name is common indeed, the hundreds of made names are rare. */
static void test_frequencies(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	struct random_stream r;
	random_init(&r, 7, 7);
	assert_int_equal(names_new(&names, NULL), 0);
	size_t vietnam = find_origin(names, "VN");
	size_t home = find_origin(names, "XV");
	size_t n_nguyen = 0;
	size_t n_same = 0;
	struct name before = {0};
	enum { DRAWS = 20000 };
	for (int i = 0; i < DRAWS; i++) {
		struct name name;
		name_draw(names, vietnam, true, &r, &name);
		n_nguyen += strcmp(family_name(&name), "Nguyễn") == 0;
		name_draw(names, home, true, &r, &name);
		n_same += i && strcmp(family_name(&name), family_name(&before)) == 0;
		before = name;
	}
	/* weights 1/2, 1/3, ... 1/30: the first has 0.5 of their sum 2.995 */
	assert_in_range(n_nguyen, DRAWS / 6 - 300, DRAWS / 6 + 300);
	assert_in_range(n_same, 1, DRAWS / 200);
}

static void test_origins_by_weight(void **state)
{
	(void)state;
	CF_CLEANUP_NAMES struct names *names = NULL;
	struct random_stream r;
	random_init(&r, 8, 8);
	assert_int_equal(names_new(&names, NULL), 0);
	enum { DRAWS = 100000, MAX = 64 };
	size_t count[MAX] = {0};
	unsigned total = 0;
	for (int i = 0; i < DRAWS; i++)
		count[names_draw_origin(names, &r)]++;
	for (size_t i = 0; i < names_n_origins(names); i++)
		total += names_origin(names, i)->weight;
	for (size_t i = 0; i < names_n_origins(names); i++) {
		double want = (double)DRAWS * names_origin(names, i)->weight / total;
		double off = (double)count[i] - want;
		assert_true(off * off < 25 * want); /* five standard deviations */
	}
}

static int make_names(void *context, struct cf_error *err)
{
	(void)context;
	CF_CLEANUP_NAMES struct names *names = NULL;
	return names_new(&names, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_int_equal(sweep_run("names", make_names, NULL), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_entry),
		cmocka_unit_test(test_endings),
		cmocka_unit_test(test_frequencies),
		cmocka_unit_test(test_origins_by_weight),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
