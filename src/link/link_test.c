/*
 * Whole linkages of simulated persons: quality, the same result whatever the number of threads, explanations
 * that add up, decisions that hold, and no path out of memory that leaks.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/link.h"
#include "link/suggest.h"
#include "link/test_support.h"

enum { TEXT_BYTES = 48, PERSONS = 900, COLUMNS = 5, MAX_ROWS = 4 * PERSONS };

static const struct test_column columns[COLUMNS] = {{"given", LINK_NAME, LINK_ROLE_GIVEN},
	{"family", LINK_NAME, LINK_ROLE_FAMILY}, {"born", LINK_DATE, LINK_ROLE_NONE},
	{"country", LINK_CHOICE, LINK_ROLE_NONE}, {"phone", LINK_PHONE, LINK_ROLE_NONE}};

struct persons {
	char texts[MAX_ROWS][COLUMNS][TEXT_BYTES];
	const char *cells[MAX_ROWS * COLUMNS];
	size_t person[MAX_ROWS];
	size_t n;
};

/* Names lean on the country, as they do. */
static void draw_person(struct random_stream *random, char row[COLUMNS][TEXT_BYTES])
{
	static const char *const syllables[] = {
		"ka", "lo", "mi", "ren", "sha", "tu", "bel", "dor", "vi", "zan"};
	size_t country = random_below(random, 5);
	for (size_t c = 0; c < 2; c++)
		(void)snprintf(row[c], TEXT_BYTES, "%s%s%s",
			syllables[(country * 2 + random_below(random, 4)) % 10],
			syllables[random_below(random, 10)], syllables[random_below(random, 10)]);
	(void)snprintf(row[2], TEXT_BYTES, "%04d%02d%02d", 1950 + (int)random_below(random, 55),
		1 + (int)random_below(random, 12), 1 + (int)random_below(random, 28));
	(void)snprintf(row[3], TEXT_BYTES, "land%c", 'a' + (int)country);
	(void)snprintf(row[4], TEXT_BYTES, "07%08d", (int)random_below(random, 100000000));
}

static void damage(struct random_stream *random, char row[COLUMNS][TEXT_BYTES], double times)
{
	for (size_t c = 0; c < COLUMNS; c++) {
		if (random_uniform(random) < 0.12 * times)
			row[c][0] = '\0';
		size_t n = strlen(row[c]);
		if (n && random_uniform(random) < 0.15 * times)
			row[c][random_below(random, n)] = (char)(c < 2 ? 'a' + (int)random_below(random, 26)
								       : '0' + (int)random_below(random, 2));
	}
}

/* gathered: some rows are bad throughout, most are good. */
static struct persons *draw_some(bool gathered)
{
	struct persons *p = calloc(1, sizeof *p);
	struct random_stream random;
	assert_non_null(p);
	random_init(&random, 21, 0);
	for (size_t person = 0; person < PERSONS; person++) {
		char truth[COLUMNS][TEXT_BYTES];
		draw_person(&random, truth);
		size_t copies = 1 + random_below(&random, 4);
		for (size_t k = 0; k < copies; k++) {
			memcpy(p->texts[p->n], truth, sizeof truth);
			damage(&random, p->texts[p->n], gathered ? (p->n % 4 == 3 ? 4 : 0.8) : 1);
			p->person[p->n++] = person;
		}
	}
	for (size_t i = 0; i < p->n * COLUMNS; i++)
		p->cells[i] = p->texts[i / COLUMNS][i % COLUMNS];
	return p;
}

static struct persons *draw_persons(void)
{
	return draw_some(false);
}

static int run(const struct link_table *t, const struct link_options *o, double max_pairs,
	struct link_suggestion *suggestion, struct link_result **ret, struct cf_error *err)
{
	const struct link_suggest_options options = {.within = true, .max_pairs = max_pairs};
	TRY(link_suggest(t, &options, suggestion, err));
	return link_run(t, &suggestion->settings, o, ret, err);
}

struct measured {
	double precision;
	double recall;
	double f1;
};

static struct measured measure(const struct persons *p, const struct link_clusters *c)
{
	double right = 0;
	double said = 0;
	double true_pairs = 0;
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = i + 1; j < p->n; j++) {
			bool same = p->person[i] == p->person[j];
			bool joined = c->of_row[i] == c->of_row[j];
			right += same && joined;
			said += joined;
			true_pairs += same;
		}
	return (struct measured){right / said, right / true_pairs, 2 * right / (said + true_pairs)};
}

static void persons_are_found(void **state)
{
	(void)state;
	struct persons *p = draw_persons();
	const size_t first[] = {0, p->n};
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, p->cells, first, 1);
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
	CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
	const struct link_options o = {0};
	assert_int_equal(run(t, &o, 60000, &suggestion, &r, &err), 0);
	assert_false(suggestion.settings.all_pairs);
	assert_true(r->n_compared <= suggestion.settings.n_pairs);
	struct measured reached = measure(p, &r->clusters);
	if (reached.f1 < 0.97)
		fail_msg("F1 %.4f", reached.f1);
	free(p);
}

/* What is expected of the links holds what they are, within what chance does to some thousand pairs, also
 * where rows that are bad throughout find no partner. */
static void expected_is_honest(void **state)
{
	(void)state;
	static const double chance = 0.015;
	for (int gathered = 0; gathered < 2; gathered++) {
		struct persons *p = draw_some(gathered != 0);
		const size_t first[] = {0, p->n};
		CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, p->cells, first, 1);
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
		CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
		const struct link_options o = {0};
		assert_int_equal(run(t, &o, 60000, &suggestion, &r, &err), 0);
		struct measured reached = measure(p, &r->clusters);
		const struct link_linked *l = &r->linked;
		if (reached.precision < l->precision_low - chance ||
			reached.precision > l->precision_high + chance)
			fail_msg("precision %.4f, expected %.4f to %.4f", reached.precision, l->precision_low,
				l->precision_high);
		if (reached.recall < l->recall_low - chance || reached.recall > l->recall_high + chance)
			fail_msg("recall %.4f, expected %.4f to %.4f", reached.recall, l->recall_low,
				l->recall_high);
		assert_true(l->recall_low <= l->recall && l->recall <= l->recall_high);
		if (gathered)
			assert_true(reached.recall < 0.93 && l->recall_low < 0.93);
		free(p);
	}
}

/* Bit for bit. */
static void threads_change_nothing(void **state)
{
	(void)state;
	struct persons *p = draw_persons();
	const size_t first[] = {0, p->n};
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, p->cells, first, 1);
	struct cf_error err = CF_ERROR_INIT;
	struct link_result *results[3] = {NULL};
	static const int threads[] = {1, 2, 8};
	for (int i = 0; i < 3; i++) {
		CF_CLEANUP_JOBS struct job_pool *pool = NULL;
		CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
		assert_int_equal(jobs_new(threads[i], &pool, &err), 0);
		const struct link_options o = {.pool = pool};
		assert_int_equal(run(t, &o, 60000, &suggestion, &results[i], &err), 0);
	}
	for (int i = 1; i < 3; i++) {
		assert_int_equal(results[i]->scored.n, results[0]->scored.n);
		assert_memory_equal(results[i]->scored.pairs, results[0]->scored.pairs,
			results[0]->scored.n * sizeof *results[0]->scored.pairs);
		assert_memory_equal(results[i]->clusters.of_row, results[0]->clusters.of_row,
			p->n * sizeof *results[0]->clusters.of_row);
		assert_memory_equal(&results[i]->model, &results[0]->model, sizeof results[0]->model);
	}
	for (int i = 0; i < 3; i++)
		results[i] = link_result_free(results[i]);
	free(p);
}

/* The fields' weights, the prior and the dependences make the pair's weight. */
static void explanations_add_up(void **state)
{
	(void)state;
	struct persons *p = draw_persons();
	const size_t first[] = {0, p->n};
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, p->cells, first, 1);
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
	CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
	const struct link_options o = {0};
	assert_int_equal(run(t, &o, 60000, &suggestion, &r, &err), 0);
	for (size_t i = 0; i < r->scored.n; i += 7) {
		struct link_field_score scores[LINK_MAX_FIELDS];
		const struct link_scored_pair *pair = &r->scored.pairs[i];
		link_score_fields(r->scorer, 0, pair->left, pair->right, scores);
		double sum = link_scorer_prior(r->scorer);
		for (size_t f = 0; f < r->model.n_fields; f++)
			sum += scores[f].weight + scores[f].by_frequency;
		for (size_t e = 0; e < r->model.n_edges; e++)
			sum -= r->model.edges[e].bits[scores[r->model.edges[e].a].level]
						     [scores[r->model.edges[e].b].level];
		assert_true(fabs(sum - pair->weight) < 1e-4);
	}
	free(p);
}

static void decisions_hold(void **state)
{
	(void)state;
	struct persons *p = draw_persons();
	const size_t first[] = {0, p->n};
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, p->cells, first, 1);
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(link_suggestion_done) struct link_suggestion before = {0};
	CF_CLEANUP(link_suggestion_done) struct link_suggestion after = {0};
	CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
	CF_CLEANUP_LINK_RESULT struct link_result *decided = NULL;
	struct link_options o = {0};
	assert_int_equal(run(t, &o, 60000, &before, &r, &err), 0);
	struct link_decision decisions[2] = {{.right = (uint32_t)p->n - 1, .same = true}};
	for (uint32_t row = 1; row < p->n && !decisions[1].right; row++)
		for (uint32_t other = row + 1; other < p->n; other++)
			if (r->clusters.of_row[row] == r->clusters.of_row[other]) {
				decisions[1] = (struct link_decision){.left = row, .right = other};
				break;
			}
	o.decisions = decisions;
	o.n_decisions = link_decisions_sort(decisions, 2);
	assert_int_equal(run(t, &o, 60000, &after, &decided, &err), 0);
	assert_int_equal(decided->clusters.of_row[0], decided->clusters.of_row[p->n - 1]);
	for (size_t i = 0; i < 2; i++)
		if (!decisions[i].same)
			assert_int_not_equal(decided->clusters.of_row[decisions[i].left],
				decided->clusters.of_row[decisions[i].right]);
	free(p);
}

static void nothing_to_tell_by(void **state)
{
	(void)state;
	static const char *const cells[] = {"a", "", "", "", "", "a", "", "", "", "", "a", "", "", "", ""};
	static const size_t all[] = {0, 3};
	static const size_t one[] = {0, 1};
	struct cf_error err = CF_ERROR_INIT;
	const struct link_options o = {0};
	CF_CLEANUP_LINK_TABLE struct link_table *three = test_table(columns, COLUMNS, cells, all, 1);
	CF_CLEANUP_LINK_TABLE struct link_table *single = test_table(columns, COLUMNS, cells, one, 1);
	CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
	CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
	assert_int_equal(run(three, &o, 0, &suggestion, &r, &err), CF_E_NO_ANSWER);
	assert_int_equal(run(single, &o, 0, &suggestion, &r, &err), 0);
	assert_int_equal(r->clusters.n, 1);
	assert_int_equal(r->scored.n, 0);
}

/* Every duplicate equal in every field: all pairs weigh the same, with a probability that is 1 but for
 * rounding, and that one is the threshold. */
static void equal_rows_are_joined(void **state)
{
	(void)state;
	enum { DISTINCT = 120, TWICE = 30 };
	struct persons *p = draw_persons();
	const char *cells[(DISTINCT + TWICE) * COLUMNS];
	static const size_t first[] = {0, DISTINCT + TWICE};
	struct cf_error err = CF_ERROR_INIT;
	struct random_stream random;
	random_init(&random, 22, 0);
	for (size_t i = 0; i < DISTINCT; i++) {
		draw_person(&random, p->texts[i]);
		for (size_t c = 0; c < COLUMNS; c++)
			cells[i * COLUMNS + c] = p->texts[i][c];
	}
	memcpy(cells + (size_t)DISTINCT * COLUMNS, cells, (size_t)TWICE * COLUMNS * sizeof *cells);
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, cells, first, 1);
	CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
	CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
	const struct link_options o = {0};
	assert_int_equal(run(t, &o, 0, &suggestion, &r, &err), 0);
	assert_int_equal(r->clusters.n, DISTINCT);
	for (size_t i = 0; i < TWICE; i++)
		assert_int_equal(r->clusters.of_row[i], r->clusters.of_row[DISTINCT + i]);
	free(p);
}

/* Where all pairs are likely wrong, the best expected F1 is still to join some: that is not done. */
static void unlikely_pairs_stay_apart(void **state)
{
	(void)state;
	struct link_scored_pair pairs[20];
	struct cf_error err = CF_ERROR_INIT;
	struct link_threshold t;
	for (uint32_t i = 0; i < 20; i++)
		pairs[i] = (struct link_scored_pair){i, i + 1, (float)link_log2_odds(0.1)};
	struct link_scored scored = {.pairs = pairs, .n = 20};
	assert_int_equal(link_choose_threshold(&scored, 0, &t, &err), 0);
	assert_true(t.chosen.n_pairs == 0 && link_probability(t.chosen.weight) >= 0.2);
	/* a pair that is more likely than not is */
	pairs[0].weight = (float)link_log2_odds(0.6);
	assert_int_equal(link_choose_threshold(&scored, 0, &t, &err), 0);
	assert_true(t.chosen.n_pairs == 1 && t.chosen.weight == pairs[0].weight);
}

struct sweeping {
	const struct link_table *table;
};

static int run_small(void *context, struct cf_error *err)
{
	const struct sweeping *s = context;
	CF_CLEANUP(link_suggestion_done) struct link_suggestion suggestion = {0};
	CF_CLEANUP_LINK_RESULT struct link_result *r = NULL;
	const struct link_options o = {0};
	return run(s->table, &o, 300, &suggestion, &r, err);
}

static void out_of_memory(void **state)
{
	(void)state;
	struct persons *p = draw_persons();
	const size_t first[] = {0, 60};
	CF_CLEANUP_LINK_TABLE struct link_table *t = test_table(columns, COLUMNS, p->cells, first, 1);
	struct sweeping s = {.table = t};
	assert_true(sweep_run("link", run_small, &s) > 30);
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(persons_are_found),
		cmocka_unit_test(expected_is_honest),
		cmocka_unit_test(threads_change_nothing),
		cmocka_unit_test(explanations_add_up),
		cmocka_unit_test(decisions_hold),
		cmocka_unit_test(nothing_to_tell_by),
		cmocka_unit_test(equal_rows_are_joined),
		cmocka_unit_test(unlikely_pairs_stay_apart),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
