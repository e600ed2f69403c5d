/*
 * The pairs against brute force: every pair that some rule finds, once, with all rules that find it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/pairs.h"
#include "link/suggest.h"
#include "link/test_support.h"

enum { TEXT_BYTES = 48, ROWS = 120, COLUMNS = 3 };

static const struct test_column columns[COLUMNS] = {{"name", LINK_NAME, LINK_ROLE_NONE},
	{"born", LINK_DATE, LINK_ROLE_NONE}, {"code", LINK_CODE, LINK_ROLE_NONE}};

static struct link_table *random_table(size_t n_files)
{
	static char texts[ROWS * COLUMNS][TEXT_BYTES];
	const char *cells[ROWS * COLUMNS];
	static const size_t one[] = {0, ROWS};
	static const size_t three[] = {0, 50, 90, ROWS};
	struct random_stream random;
	random_init(&random, 5, n_files);
	for (size_t i = 0; i < ROWS; i++) {
		(void)snprintf(texts[i * 3], TEXT_BYTES, "%c%c%c", 'a' + (int)random_below(&random, 3),
			'a' + (int)random_below(&random, 3), 'a' + (int)random_below(&random, 3));
		(void)snprintf(texts[i * 3 + 1], TEXT_BYTES, "19%02d0%d1%d",
			60 + (int)random_below(&random, 8), 1 + (int)random_below(&random, 3),
			(int)random_below(&random, 3));
		(void)snprintf(texts[i * 3 + 2], TEXT_BYTES, "x%d", (int)random_below(&random, 30));
		if (random_below(&random, 5) == 0)
			texts[i * 3 + random_below(&random, 3)][0] = '\0';
	}
	for (size_t i = 0; i < (size_t)ROWS * COLUMNS; i++)
		cells[i] = texts[i];
	return n_files == 1 ? test_table(columns, COLUMNS, cells, one, 1)
			    : test_table(columns, COLUMNS, cells, three, 3);
}

struct seen {
	uint32_t rules[ROWS][ROWS];
	size_t n;
};

static int note(void *context, size_t task, size_t worker, const struct link_pair *pairs, size_t n,
	struct cf_error *err)
{
	(void)task;
	(void)worker;
	(void)err;
	struct seen *s = context;
	for (size_t i = 0; i < n; i++) {
		assert_true(pairs[i].left < pairs[i].right);
		assert_int_equal(s->rules[pairs[i].left][pairs[i].right], 0);
		assert_int_not_equal(pairs[i].rules, 0);
		s->rules[pairs[i].left][pairs[i].right] = pairs[i].rules;
		s->n++;
	}
	return CF_OK;
}

static bool agree(const struct link_table *t, const struct link_rule *r, size_t a, size_t b)
{
	for (size_t p = 0; p < r->n_parts; p++) {
		CF_CLEANUP(buffer_done) struct buffer x = BUFFER_INIT;
		CF_CLEANUP(buffer_done) struct buffer y = BUFFER_INIT;
		const struct link_column *c = &t->columns[r->parts[p].column];
		if (!c->codes[a] || !c->codes[b])
			return false;
		const char *left = link_dictionary_text(&c->values, c->codes[a]);
		const char *right = link_dictionary_text(&c->values, c->codes[b]);
		assert_int_equal(link_part_key(t, &r->parts[p], left, strlen(left), &x), 0);
		assert_int_equal(link_part_key(t, &r->parts[p], right, strlen(right), &y), 0);
		if (x.n == 0 || x.n != y.n || memcmp(x.data, y.data, x.n) != 0)
			return false;
	}
	return true;
}

static void set_rules(const struct link_table *t, struct link_settings *s)
{
	static const char *const rules[] = {"name.first1 + born.year", "name", "code + born.month_day",
		"name.sound + born.year_month", "code"};
	s->n_rules = 0;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		CF_CLEANUP(buffer_done) struct buffer problem = BUFFER_INIT;
		if (link_rule_parse(t, rules[i], &s->rules[s->n_rules++], &problem) < 0)
			fail_msg("%s: %s", rules[i], buffer_text(&problem));
	}
}

static void check(size_t n_files, bool across, bool within)
{
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_TABLE struct link_table *t = random_table(n_files);
	CF_CLEANUP_LINK_PAIRS struct link_pairs *pairs = NULL;
	CF_CLEANUP_FREE struct seen *seen = NEW(struct seen);
	struct link_settings s = {.across = across, .within = within};
	double expected[LINK_MAX_RULES] = {0};
	set_rules(t, &s);
	assert_int_equal(link_pairs_new(t, &s, NULL, &pairs, &err), 0);
	const struct link_visit visit = {.context = seen, .take = note, .share = 1};
	assert_int_equal(link_pairs_visit(pairs, NULL, &visit, &err), 0);
	for (size_t a = 0; a < ROWS; a++)
		for (size_t b = a + 1; b < ROWS; b++) {
			uint32_t rules = 0;
			bool same = link_table_file_of(t, a) == link_table_file_of(t, b);
			for (size_t r = 0; r < s.n_rules && (same ? within : across); r++) {
				bool found = agree(t, &s.rules[r], a, b);
				rules |= (uint32_t)found << r;
				expected[r] += found;
			}
			assert_int_equal(seen->rules[a][b], rules);
		}
	assert_int_equal(link_predict(t, &s, 1e9, &err), 0);
	for (size_t r = 0; r < s.n_rules; r++)
		assert_true(s.rules[r].n_predicted == expected[r]);
}

static void pairs_equal_brute_force(void **state)
{
	(void)state;
	check(1, false, true);
	check(3, true, false);
	check(3, true, true);
	check(3, false, true);
}

static void every_pair(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_TABLE struct link_table *t = random_table(3);
	CF_CLEANUP_LINK_PAIRS struct link_pairs *pairs = NULL;
	CF_CLEANUP_FREE struct seen *seen = NEW(struct seen);
	const struct link_settings s = {.across = true, .all_pairs = true};
	assert_int_equal(link_pairs_new(t, &s, NULL, &pairs, &err), 0);
	const struct link_visit visit = {.context = seen, .take = note, .share = 1};
	assert_int_equal(link_pairs_visit(pairs, NULL, &visit, &err), 0);
	assert_int_equal(seen->n, 50 * 40 + 50 * 30 + 40 * 30);
}

static void windows(void **state)
{
	(void)state;
	static const char *const cells[] = {"d", "a", "", "c", "b", "e"};
	static const size_t first[] = {0, 6};
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, 1, cells, first, 1);
	CF_CLEANUP_LINK_PAIRS struct link_pairs *pairs = NULL;
	CF_CLEANUP_FREE struct seen *seen = NEW(struct seen);
	CF_CLEANUP(buffer_done) struct buffer problem = BUFFER_INIT;
	struct link_settings s = {.within = true, .n_rules = 1};
	assert_int_equal(link_rule_parse(t, "name window 1", &s.rules[0], &problem), 0);
	assert_int_equal(link_pairs_new(t, &s, NULL, &pairs, &err), 0);
	const struct link_visit visit = {.context = seen, .take = note, .share = 1};
	assert_int_equal(link_pairs_visit(pairs, NULL, &visit, &err), 0);
	/* a b c d e stand in rows 1 4 3 0 5 */
	assert_int_equal(seen->n, 4);
	assert_int_equal(seen->rules[1][4], 1);
	assert_int_equal(seen->rules[3][4], 1);
	assert_int_equal(seen->rules[0][3], 1);
	assert_int_equal(seen->rules[0][5], 1);
}

static void rules_are_read_and_written(void **state)
{
	(void)state;
	static const char *const good[] = {"name", "name.sound + born.year",
		"code.first3 + name.band2 + born", "born.month_day window 7", "name.metaphone + born"};
	static const char *const bad[] = {"", "nothing", "name.nothing", "name.year", "name.first",
		"name.first0", "name.first99", "name + born + code + name.sound", "name window 0",
		"name window x", "name + ", "born.metaphone"};
	CF_CLEANUP_LINK_TABLE struct link_table *t = random_table(1);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
		struct link_rule rule;
		assert_int_equal(link_rule_parse(t, good[i], &rule, &text), 0);
		assert_int_equal(link_rule_format(t, &rule, &text), 0);
		assert_string_equal(buffer_text(&text), good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		CF_CLEANUP(buffer_done) struct buffer problem = BUFFER_INIT;
		struct link_rule rule;
		assert_int_equal(link_rule_parse(t, bad[i], &rule, &problem), CF_E_INPUT);
		assert_true(problem.n > 0);
	}
}

static bool same_key(const struct link_table *t, const char *rule_text, const char *a, const char *b)
{
	CF_CLEANUP(buffer_done) struct buffer x = BUFFER_INIT;
	CF_CLEANUP(buffer_done) struct buffer y = BUFFER_INIT;
	struct link_rule rule;
	assert_int_equal(link_rule_parse(t, rule_text, &rule, &x), 0);
	assert_int_equal(link_part_key(t, &rule.parts[0], a, strlen(a), &x), 0);
	assert_int_equal(link_part_key(t, &rule.parts[0], b, strlen(b), &y), 0);
	return strcmp(buffer_text(&x), buffer_text(&y)) == 0;
}

/* Each code merges what it is made for. */
static void codes_of_sound(void **state)
{
	(void)state;
	CF_CLEANUP_LINK_TABLE struct link_table *t = random_table(1);
	assert_true(same_key(t, "name.metaphone", "knight", "night"));
	assert_false(same_key(t, "name.sound", "knight", "night"));
	assert_true(same_key(t, "name.sound", "djamel", "jamal"));
	assert_false(same_key(t, "name.metaphone", "djamel", "jamal"));
	assert_false(same_key(t, "name.metaphone", "smith", "jones"));
}

static void explosive_rules_are_refused(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_TABLE struct link_table *t = random_table(1);
	struct link_settings s = {.within = true};
	set_rules(t, &s);
	assert_int_equal(link_predict(t, &s, 20, &err), CF_E_LIMIT);
	assert_non_null(strstr(err.message, "name.first1 + born.year"));
	assert_non_null(strstr(err.message, "one value is shared by"));
}

static int visit_all(void *context, struct cf_error *err)
{
	CF_CLEANUP_LINK_PAIRS struct link_pairs *pairs = NULL;
	CF_CLEANUP_FREE struct seen *seen = NEW(struct seen);
	struct link_settings s = {.within = true};
	if (!seen)
		return error_memory(err);
	s.n_rules = 1;
	s.rules[0] = (struct link_rule){.n_parts = 2,
		.parts = {{.column = 0, .transform = LINK_SORTED}, {.column = 1, .transform = LINK_YEAR}}};
	TRY(link_pairs_new(context, &s, NULL, &pairs, err));
	const struct link_visit visit = {.context = seen, .take = note, .share = 1};
	return link_pairs_visit(pairs, NULL, &visit, err);
}

static void out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP_LINK_TABLE struct link_table *t = random_table(1);
	assert_true(sweep_run("pairs", visit_all, t) > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_equal_brute_force),
		cmocka_unit_test(every_pair),
		cmocka_unit_test(windows),
		cmocka_unit_test(rules_are_read_and_written),
		cmocka_unit_test(codes_of_sound),
		cmocka_unit_test(explosive_rules_are_refused),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
