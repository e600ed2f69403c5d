/* The study file: what is written is read, and what is not agreed is refused. [P-1] */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match/protocol_support.h"

static struct test_study t;

static int setup(void **state)
{
	(void)state;
	test_study_init(&t, 3, "[strata]\nk = 5\nsex = female, male\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_study_done(&t);
	return 0;
}

static int parse(const char *text, struct cf_error *err)
{
	struct match_study *s = NULL;
	int status = match_study_parse("study.ini", text, strlen(text), &s, err);
	match_study_free(s);
	return status;
}

/* The text with the first "from" replaced. */
static char *changed(const char *from, const char *to)
{
	const char *text = buffer_text(&t.text);
	const char *at = strstr(text, from);
	REQUIRE(at);
	size_t n = strlen(text) + strlen(to) + 1;
	char *ret = malloc(n);
	REQUIRE(ret);
	(void)snprintf(ret, n, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
	return ret;
}

static void test_read_back(void **state)
{
	(void)state;
	const struct match_study *s = t.study;
	assert_string_equal(s->title, "A test");
	assert_string_equal(s->epoch, "2026");
	assert_string_equal(s->country, "61");
	assert_int_equal(s->k, 3);
	assert_int_equal(s->min_records, 3);
	assert_int_equal(s->max_records, 1000);
	assert_int_equal(s->n_parties, 3);
	for (size_t i = 0; i <= 3; i++) {
		const struct identity_card *card = identity_public(t.identities[i]);
		assert_string_equal(match_study_card(s, i)->name, card->name);
		assert_memory_equal(match_study_card(s, i)->sign_key, card->sign_key, sizeof card->sign_key);
		assert_memory_equal(match_study_card(s, i)->box_key, card->box_key, sizeof card->box_key);
		assert_int_equal(match_study_find(s, card), i);
	}
	struct identity_card nobody = *identity_public(t.identities[0]);
	nobody.box_key[0] ^= 1;
	assert_true(match_study_find(s, &nobody) == SIZE_MAX);
	assert_int_equal(match_study_n_codes(s), 3);
}

/* The hash is over the bytes: any other text, though it means the same, is another study. */
static void test_hash(void **state)
{
	(void)state;
	char *other = changed("[study]", "[study] ");
	struct match_study *s = NULL;
	const struct crypto_part part = {t.text.data, t.text.n};
	uint8_t expected[CRYPTO_HASH_BYTES];
	char fingerprint[40];
	char hex[33];
	crypto_digest("counterfoil study v1", &part, 1, expected);
	assert_memory_equal(t.study->hash, expected, sizeof expected);
	assert_int_equal(match_study_parse("study.ini", other, strlen(other), &s, NULL), 0);
	assert_memory_not_equal(t.study->hash, s->hash, sizeof s->hash);
	match_study_fingerprint(t.study, fingerprint);
	assert_int_equal(strlen(fingerprint), 39);
	crypto_to_hex(expected, 16, hex);
	for (size_t i = 0, at = 0; i < 32; i++, at++) {
		at += i && i % 4 == 0;
		assert_int_equal(fingerprint[at] | 0x20, hex[i] | 0x20);
	}
	match_study_free(s);
	free(other);
}

/* Two studies of the same terms never share an id. */
static void test_fresh_id(void **state)
{
	(void)state;
	struct test_study other;
	test_study_init(&other, 3, NULL);
	assert_memory_not_equal(other.study->id, t.study->id, MATCH_STUDY_ID_BYTES);
	test_study_done(&other);
}

static void test_refused(void **state)
{
	(void)state;
	const struct {
		const char *from, *to, *says;
	} cases[] = {
		{"format = counterfoil-study-1", "format = counterfoil-study-2", "counterfoil-study-1"},
		{"suite = ", "suite = P256_", "suite"},
		{"suite = ", "sweet = ", "sweet"},
		{"title = A test", "title =", "title"},
		{"title = A test", "title = A\ntitle = B", "twice"},
		{"epoch = 2026", "", "epoch"},
		{"epoch = 2026", "epoch = 123456789012345678901234567890123", "epoch"},
		{"country = 61", "country = +61", "calling code"},
		{"country = 61", "country = 6161", "country"},
		{"k = 3", "k = 1", "'k'"},
		{"k = 3", "k = 3x", "'k'"},
		{"k = 3", "k = -3", "'k'"},
		{"k = 3", "k = 6", "k of [strata]"},
		{"k = 3", "k = 3\nk = 3", "twice"},
		{"min_records = 3", "min_records = 1001", "min_records"},
		{"max_records = 1000", "max_records = 99999999999", "max_records"},
		{"max_records = 1000", "max_rows = 1000", "max_rows"},
		{"id = ", "id = 00", "id"},
		{"name = party 1", "name = party 0", "fingerprint"},
		{"name = party 1", "name = a/b", "name"},
		{"sign_key = ", "sign_key = 0", "sign_key"},
		{"sign_key = ", "name = x\nsign_key = ", "[party] needs"},
		{"box_key = ", "colour = ", "colour"},
		{"fingerprint = ", "fingerprint = 0", "fingerprint"},
		{"[analyst]", "[party]", "[analyst]"},
		{"[party]\n", "[parties]\n", "[parties]"},
		{"[party]\n", "[analyst]\n", "one [analyst]"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cf_error err = CF_ERROR_INIT;
		char *text = changed(cases[i].from, cases[i].to);
		if (parse(text, &err) != CF_E_INPUT)
			fail_msg("case %zu was taken: %s", i, cases[i].to);
		if (!strstr(err.message, cases[i].says))
			fail_msg("case %zu says: %s", i, err.message);
		assert_non_null(strstr(err.message, "study.ini"));
		free(text);
	}
}

/* The keys of one participant under another's name. */
static void test_doubled_keys(void **state)
{
	(void)state;
	struct identity_card cards[2] = {
		*identity_public(t.identities[0]), *identity_public(t.identities[1])};
	struct match_study_terms terms = {.title = "x",
		.epoch = "y",
		.k = 3,
		.min_records = 3,
		.max_records = 4,
		.parties = cards,
		.n_parties = 2,
		.analyst = identity_public(t.identities[3])};
	struct buffer out = BUFFER_INIT;
	terms.plan_text = test_plan_text;
	assert_int_equal(match_study_format(&terms, &out, NULL), 0);
	memcpy(cards[1].box_key, cards[0].box_key, sizeof cards[0].box_key);
	assert_int_equal(match_study_format(&terms, &out, NULL), CF_E_INPUT);
	cards[1] = *identity_public(t.identities[1]);
	memcpy(cards[1].sign_key, terms.analyst->sign_key, sizeof cards[1].sign_key);
	assert_int_equal(match_study_format(&terms, &out, NULL), CF_E_INPUT);
	cards[1] = *identity_public(t.identities[1]);
	memcpy(cards[1].name, cards[0].name, sizeof cards[0].name);
	assert_int_equal(match_study_format(&terms, &out, NULL), CF_E_INPUT);
	terms.n_parties = 1;
	assert_int_equal(match_study_format(&terms, &out, NULL), CF_E_INPUT);
	terms.n_parties = 2;
	cards[1] = *identity_public(t.identities[1]);
	terms.title = "two\nlines";
	assert_true(match_study_format(&terms, &out, NULL) < 0);
	buffer_done(&out);
}

/* Cut anywhere, a study file is refused or is a study; never a crash. */
static void test_truncated(void **state)
{
	(void)state;
	char *copy = mem_strdup(buffer_text(&t.text));
	/* as far as the analyst's fingerprint, whose last digit is missing then */
	size_t n_card = (size_t)(strstr(copy, "[strata]") - copy);
	while (copy[n_card - 1] == '\n')
		n_card--;
	for (size_t n = 0; n < n_card; n++) {
		struct match_study *s = NULL;
		assert_true(match_study_parse("study.ini", copy, n, &s, NULL) < 0);
	}
	mem_free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_fresh_id),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_doubled_keys),
		cmocka_unit_test(test_truncated),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
