#include "match/transform.h"

#include "base/random.h"
#include "base/sweep.h"
#include "match/person_support.h"

/* The values of a part for a person, joined by commas, in a static place. */
static const char *apply(const char *part_text, const char *person_text)
{
	static char joined[2000];
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	struct match_texts out = {.arena = arena};
	struct match_part part;
	const char *problem = NULL;
	if (match_part_parse(part_text, strlen(part_text), &part, &problem) < 0)
		fail_msg("%s %s", part_text, problem);
	struct person p = test_person(arena, person_text);
	assert_int_equal(match_part_apply(&part, &p, &out), 0);
	joined[0] = '\0';
	for (size_t i = 0; i < out.n; i++) {
		strcat(joined, i ? "," : "");
		strcat(joined, out.texts[i]);
	}
	return joined;
}

/* Worked by hand. */
static void test_values(void **state)
{
	static const struct {
		const char *part;
		const char *person;
		const char *values;
	} cases[] = {
		{"given_name.exact", "given_name=mary ann", "mary ann"},
		{"given_name.sound", "given_name=christina", "krstn"},
		{"given_name.sound2", "given_name=christina", "kr"},
		{"given_name.sound9", "given_name=christina", "krstn"},
		{"given_name.sound2", "given_name=123", "ls"},
		{"given_name.first3", "given_name=mary ann", "mar"},
		{"given_name.last3", "given_name=mary ann", "ann"},
		{"given_name.last3", "given_name=li", "li"},
		{"given_name.words", "given_name=mary ann b", "ann b mary"},
		{"given_name.exact", "family_name=x", ""},
		{"given_name.exact", "given_name=a; given_name=b; given_name=a", "a,b"},
		/* a full name stands in for both */
		{"given_name.exact", "full_name=ana maria lopez", "ana"},
		{"family_name.exact", "full_name=ana maria lopez", "lopez"},
		{"family_name.exact", "full_name=madonna", "madonna"},
		{"family_name.exact", "full_name=ana lopez; family_name=perez", "perez"},
		{"full_name.words", "full_name=ana maria lopez", "ana lopez maria"},
		/* given and family name, whichever is which */
		{"names.sound2", "given_name=ana; family_name=lopez", "an/lp"},
		{"names.sound2", "given_name=lopez; family_name=ana", "an/lp"},
		{"names.sound1", "full_name=ana lopez", "a/l"},
		{"names.exact", "given_name=a; given_name=b; family_name=c", "a/c,b/c"},
		{"names.exact", "given_name=a", ""},
		/* dates: month and day unordered; 1 January means unknown; damage spoils only its piece */
		{"birth_date.ymd", "birth_date=19871225", "19871225"},
		{"birth_date.ymd", "birth_date=19870512", "19870512"},
		{"birth_date.ymd", "birth_date=19871205", "19870512"},
		{"birth_date.md", "birth_date=19871205", "0512"},
		{"birth_date.ym", "birth_date=19871205", "198712"},
		{"birth_date.yd", "birth_date=19871205", "198705"},
		{"birth_date.y", "birth_date=19871205", "1987"},
		{"birth_date.ymd", "birth_date=19870101", ""},
		{"birth_date.md", "birth_date=19870101", ""},
		{"birth_date.y", "birth_date=19870101", "1987"},
		{"birth_date.ymd", "birth_date=19870500", ""},
		{"birth_date.ym", "birth_date=19870500", "198705"},
		{"birth_date.yd", "birth_date=19870500", ""},
		{"birth_date.md", "birth_date=19?71205", "0512"},
		{"birth_date.y", "birth_date=19?71205", ""},
		{"birth_date.yd", "birth_date=1987?205", "198705"},
		{"birth_date.ym", "birth_date=1987?205", ""},
		{"birth_date.y", "birth_date=1987125", ""},
		{"birth_date.deletions", "birth_date=1234", "1234,234,134,124,123"},
		/* numbers from either end; unreadable places leave the rest */
		{"phone.end1-4", "phone=+61822100298", "0298"},
		{"phone.end5-8", "phone=+61822100298", "2210"},
		{"phone.end5-8", "phone=08 2210 0298", "2210"},
		{"phone.end5-8", "phone=1234567", ""},
		{"phone.end1-4", "phone=082210?298", ""},
		{"phone.end5-8", "phone=082210?298", "2210"},
		{"phone.exact", "phone=+61 8", "618"},
		{"phone.first2", "phone=+618", "61"},
		{"phone.last4", "phone=123", ""},
		{"phone.last3", "phone=123", "123"},
		{"document.start1-4", "document=ab1234567", "ab12"},
		{"document.start2-3", "document=ab1234567", "b1"},
		{"document.end1-4", "document=ab1; document=xy9876", "9876"},
		{"phone.deletions", "phone=1123", "1123,123,113,112"},
		{"sex.first1", "sex=female", "f"},
		{"street.words", "street=8 stanley st", "8 st stanley"},
		{"email.exact", "email=a@b.org", "a@b.org"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *values = apply(cases[i].part, cases[i].person);
		if (strcmp(values, cases[i].values) != 0)
			fail_msg("%s of %s: %s, not %s", cases[i].part, cases[i].person, values,
				cases[i].values);
	}
}

static void test_parse_and_format(void **state)
{
	static const char *const good[] = {"given_name.sound", "names.sound2", "birth_date.md",
		"phone.end5-8", "document.start1-40", "family_name.last3", "postcode.exact", "street.words",
		"phone.deletions"};
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct match_part part;
		const char *problem = NULL;
		CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
		assert_int_equal(match_part_parse(good[i], strlen(good[i]), &part, &problem), 0);
		assert_int_equal(match_part_format(&part, &out), 0);
		assert_string_equal(buffer_text(&out), good[i]);
	}
}

static void test_problems(void **state)
{
	static const struct {
		const char *text;
		const char *says;
	} cases[] = {
		{"", "should be a field and a transform"},
		{"phone", "should be a field and a transform"},
		{"fone.exact", "begins with no field"},
		{".exact", "begins with no field"},
		{"phone.", "has no transform"},
		{"phone.soundex", "has no transform"},
		{"phone.sound", "does not fit its field"},
		{"birth_date.exact", "does not fit its field"},
		{"given_name.ymd", "does not fit its field"},
		{"given_name.first", "has a wrong number"},
		{"given_name.first0", "has a wrong number"},
		{"given_name.first41", "has a wrong number"},
		{"given_name.first3x", "has a wrong number"},
		{"given_name.exact3", "has a wrong number"},
		{"phone.end4", "has a wrong number"},
		{"phone.end8-5", "has a wrong number"},
		{"phone.end5-", "has a wrong number"},
		{"phone.end5-100", "has a wrong number"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct match_part part;
		const char *problem = NULL;
		assert_int_equal(
			match_part_parse(cases[i].text, strlen(cases[i].text), &part, &problem), CF_E_INPUT);
		if (!strstr(problem, cases[i].says))
			fail_msg("%s: expected \"%s\" in: %s", cases[i].text, cases[i].says, problem);
	}
}

static void test_available(void **state)
{
	static const struct {
		const char *part;
		uint32_t fields;
		bool is;
	} cases[] = {
		{"phone.exact", 1u << PERSON_PHONE, true},
		{"phone.exact", ~(1u << PERSON_PHONE), false},
		{"names.sound", 1u << PERSON_GIVEN_NAME, false},
		{"names.sound", 1u << PERSON_GIVEN_NAME | 1u << PERSON_FAMILY_NAME, true},
		{"names.sound", 1u << PERSON_FULL_NAME, true},
		{"given_name.sound", 1u << PERSON_FULL_NAME, true},
		{"family_name.sound", 1u << PERSON_GIVEN_NAME, false},
		{"family_name.sound", 1u << PERSON_FAMILY_NAME, true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct match_part part;
		const char *problem = NULL;
		assert_int_equal(match_part_parse(cases[i].part, strlen(cases[i].part), &part, &problem), 0);
		assert_int_equal(match_part_available(&part, cases[i].fields), cases[i].is);
	}
}

static bool share_a_value(struct arena *arena, const char *a, const char *b)
{
	const struct match_part part = {.source = PERSON_PHONE, .transform = MATCH_DELETIONS};
	struct match_texts x = {.arena = arena};
	struct match_texts y = {.arena = arena};
	const struct person_value va = {.text = a};
	const struct person_value vb = {.text = b};
	struct person p = {0};
	p.n_values[PERSON_PHONE] = 1;
	p.values[PERSON_PHONE] = &va;
	assert_int_equal(match_part_apply(&part, &p, &x), 0);
	p.values[PERSON_PHONE] = &vb;
	assert_int_equal(match_part_apply(&part, &p, &y), 0);
	for (size_t i = 0; i < x.n; i++)
		for (size_t j = 0; j < y.n; j++)
			if (strcmp(x.texts[i], y.texts[j]) == 0)
				return true;
	return false;
}

/* Changes, drops, adds one digit or swaps two neighbours; or changes nothing. */
static void edit(struct random_stream *r, char *s)
{
	size_t n = strlen(s);
	size_t at = random_below(r, n);
	char digit = (char)('0' + random_below(r, 10));
	switch (random_below(r, 5)) {
	case 0:
		s[at] = digit;
		break;
	case 1:
		memmove(s + at, s + at + 1, n - at);
		break;
	case 2:
		memmove(s + at + 1, s + at, n - at + 1);
		s[at] = digit;
		break;
	case 3:
		if (at + 1 < n) {
			char c = s[at];
			s[at] = s[at + 1];
			s[at + 1] = c;
		}
		break;
	default:
		break;
	}
}

/* The longest common subsequence, by the book: two strings share a value of at least length n - 1 of both. */
static size_t common_subsequence(const char *a, const char *b)
{
	size_t table[32][32] = {{0}};
	for (size_t i = 0; a[i]; i++)
		for (size_t j = 0; b[j]; j++) {
			size_t best = table[i][j + 1] > table[i + 1][j] ? table[i][j + 1] : table[i + 1][j];
			table[i + 1][j + 1] = a[i] == b[j] ? table[i][j] + 1 : best;
		}
	return table[strlen(a)][strlen(b)];
}

static void test_deletions_share_within_one_edit(void **state)
{
	struct random_stream r;
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	(void)state;
	random_init(&r, 23, 0);
	for (int i = 0; i < 5000; i++) {
		char a[24];
		char b[24];
		size_t n = 3 + random_below(&r, 12);
		for (size_t k = 0; k < n; k++)
			a[k] = (char)('0' + random_below(&r, 10));
		a[n] = '\0';
		(void)strcpy(b, a);
		edit(&r, b);
		arena_reset(arena);
		assert_true(share_a_value(arena, a, b));
		assert_true(share_a_value(arena, b, a));
		/* a second edit: exactly when what is common is at most one place shorter than both */
		edit(&r, b);
		size_t common = common_subsequence(a, b);
		bool near = strlen(b) >= 2 && common + 1 >= strlen(a) && common + 1 >= strlen(b);
		assert_int_equal(share_a_value(arena, a, b), near);
		assert_int_equal(share_a_value(arena, b, a), near);
	}
}

/* Longer than anything a person has: cut, never overrun. */
static void test_long_values(void **state)
{
	static const char *const parts[] = {"given_name.exact", "given_name.words", "given_name.sound",
		"given_name.last40", "names.exact", "street.words", "document.exact", "document.deletions",
		"document.end1-40"};
	char name[700];
	CF_CLEANUP_ARENA struct arena *arena = arena_new(0);
	(void)state;
	for (size_t i = 0; i < sizeof name - 1; i++)
		name[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
	name[sizeof name - 1] = '\0';
	struct person_value value = {.text = name};
	struct person p = {0};
	for (int f = 0; f < PERSON_N_FIELDS; f++) {
		p.values[f] = &value;
		p.n_values[f] = 1;
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct match_part part;
		const char *problem = NULL;
		struct match_texts out = {.arena = arena};
		assert_int_equal(match_part_parse(parts[i], strlen(parts[i]), &part, &problem), 0);
		assert_int_equal(match_part_apply(&part, &p, &out), 0);
		for (size_t k = 0; k < out.n; k++)
			assert_true(strlen(out.texts[k]) <= MATCH_VALUE_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_available),
		cmocka_unit_test(test_deletions_share_within_one_edit),
		cmocka_unit_test(test_long_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
