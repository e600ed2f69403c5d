#include <stdlib.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/cluster.h"
#include "link/link.h"
#include "link/quality.h"
#include "link/test_support.h"

enum { ROWS = 40 };

static const struct test_column columns[] = {{"name", LINK_NAME, LINK_ROLE_NONE}};

static struct link_table *blank_table(const size_t *first, size_t n_files)
{
	static const char *cells[ROWS];
	for (size_t i = 0; i < ROWS; i++)
		cells[i] = "x";
	return test_table(columns, 1, cells, first, n_files);
}

static struct link_scored random_pairs(uint64_t seed, struct link_scored_pair *pairs, size_t n)
{
	struct random_stream random;
	bool taken[ROWS][ROWS] = {{false}};
	random_init(&random, 9, seed);
	for (size_t i = 0; i < n;) {
		uint32_t a = (uint32_t)random_below(&random, ROWS);
		uint32_t b = (uint32_t)random_below(&random, ROWS);
		if (a >= b || taken[a][b])
			continue;
		taken[a][b] = true;
		pairs[i++] = (struct link_scored_pair){a, b, (float)(random_uniform(&random) * 20 - 5)};
	}
	qsort(pairs, n, sizeof *pairs, link_heavier_first);
	return (struct link_scored){.pairs = pairs, .n = n};
}

/* By closing the relation, cubic and plain. */
static void close_relation(const struct link_scored *scored, double weight, bool joined[ROWS][ROWS])
{
	for (size_t i = 0; i < ROWS; i++)
		joined[i][i] = true;
	for (size_t i = 0; i < scored->n; i++)
		if (scored->pairs[i].weight >= weight)
			joined[scored->pairs[i].left][scored->pairs[i].right] =
				joined[scored->pairs[i].right][scored->pairs[i].left] = true;
	for (size_t k = 0; k < ROWS; k++)
		for (size_t i = 0; i < ROWS; i++)
			for (size_t j = 0; j < ROWS; j++)
				joined[i][j] |= joined[i][k] && joined[k][j];
}

static void components_equal_closure(void **state)
{
	(void)state;
	static const size_t first[] = {0, ROWS};
	CF_CLEANUP_LINK_TABLE struct link_table *t = blank_table(first, 1);
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct link_scored_pair pairs[40];
		struct link_scored scored = random_pairs(seed, pairs, 40);
		bool joined[ROWS][ROWS] = {{false}};
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP(link_clusters_done) struct link_clusters c = {0};
		const struct link_cluster_options o = {.method = LINK_COMPONENTS, .weight = 3};
		assert_int_equal(link_cluster(t, &scored, NULL, &o, &c, &err), 0);
		close_relation(&scored, 3, joined);
		size_t n_pairs = 0;
		for (size_t i = 0; i < ROWS; i++)
			for (size_t j = i + 1; j < ROWS; j++) {
				assert_int_equal(c.of_row[i] == c.of_row[j], joined[i][j]);
				n_pairs += joined[i][j];
			}
		assert_int_equal(c.n_pairs, n_pairs);
	}
}

static void one_row_a_file_and_best(void **state)
{
	(void)state;
	static const size_t first[] = {0, 10, 25, ROWS};
	CF_CLEANUP_LINK_TABLE struct link_table *t = blank_table(first, 3);
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct link_scored_pair pairs[80];
		struct link_scored scored = random_pairs(seed, pairs, 80);
		struct cf_error err = CF_ERROR_INIT;
		for (int method = LINK_COMPONENTS; method <= LINK_BEST; method++) {
			CF_CLEANUP(link_clusters_done) struct link_clusters c = {0};
			const struct link_cluster_options o = {.method = (enum link_cluster_method)method,
				.weight = 0,
				.one_a_file = method == LINK_COMPONENTS};
			assert_int_equal(link_cluster(t, &scored, NULL, &o, &c, &err), 0);
			for (size_t i = 0; i < ROWS; i++)
				for (size_t j = i + 1; j < ROWS; j++)
					assert_false(o.one_a_file && c.of_row[i] == c.of_row[j] &&
						     link_table_file_of(t, i) == link_table_file_of(t, j));
			if (method == LINK_BEST)
				assert_true(c.largest <= 2);
		}
	}
}

static double weight_joined(const struct link_scored *scored, const struct link_clusters *c, double threshold)
{
	double sum = 0;
	for (size_t i = 0; i < scored->n; i++)
		if (c->of_row[scored->pairs[i].left] == c->of_row[scored->pairs[i].right])
			sum += scored->pairs[i].weight - threshold;
	return sum;
}

/* One to one, and never less than what the heaviest pairs first give. */
static void exact_pairs_weigh_most(void **state)
{
	(void)state;
	static const size_t first[] = {0, 22, ROWS};
	CF_CLEANUP_LINK_TABLE struct link_table *t = blank_table(first, 2);
	size_t n_better = 0;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct link_scored_pair pairs[200];
		struct link_scored scored = random_pairs(seed, pairs, 200);
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP(link_clusters_done) struct link_clusters exact = {0};
		CF_CLEANUP(link_clusters_done) struct link_clusters greedy = {0};
		size_t n = 0;
		for (size_t i = 0; i < scored.n; i++)
			if (pairs[i].left < 22 && pairs[i].right >= 22)
				pairs[n++] = pairs[i];
		scored.n = n;
		struct link_cluster_options o = {.method = LINK_EXACT, .weight = 1};
		assert_int_equal(link_cluster(t, &scored, NULL, &o, &exact, &err), 0);
		o = (struct link_cluster_options){.method = LINK_COMPONENTS, .weight = 1, .one_a_file = true};
		assert_int_equal(link_cluster(t, &scored, NULL, &o, &greedy, &err), 0);
		double best = weight_joined(&scored, &exact, 1);
		assert_true(exact.largest <= 2);
		assert_true(best >= weight_joined(&scored, &greedy, 1) - 1e-4);
		n_better += best > weight_joined(&scored, &greedy, 1) + 1e-4;
		for (size_t i = 0; i < scored.n; i++)
			if (pairs[i].weight < 1)
				assert_true(exact.of_row[pairs[i].left] != exact.of_row[pairs[i].right]);
	}
	assert_true(n_better > 10);
	CF_CLEANUP(link_clusters_done) struct link_clusters none = {0};
	static const size_t one[] = {0, ROWS};
	CF_CLEANUP_LINK_TABLE struct link_table *single = blank_table(one, 1);
	struct cf_error err = CF_ERROR_INIT;
	const struct link_scored empty = {0};
	const struct link_cluster_options o = {.method = LINK_EXACT};
	assert_int_equal(link_cluster(single, &empty, NULL, &o, &none, &err), CF_E_USAGE);
}

/* A pair is a bridge when its ends fall apart without it. */
static void bridges_equal_brute_force(void **state)
{
	(void)state;
	static const size_t first[] = {0, ROWS};
	CF_CLEANUP_LINK_TABLE struct link_table *t = blank_table(first, 1);
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct link_scored_pair pairs[50];
		struct link_scored scored = random_pairs(seed, pairs, 50);
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP(link_clusters_done) struct link_clusters c = {0};
		CF_CLEANUP(link_qualities_done) struct link_qualities q = {0};
		const struct link_cluster_options o = {.method = LINK_COMPONENTS, .weight = 3};
		size_t found = 0;
		size_t expected = 0;
		assert_int_equal(link_cluster(t, &scored, NULL, &o, &c, &err), 0);
		assert_int_equal(link_cluster_qualities(&c, &scored, 3, &q, &err), 0);
		for (size_t i = 0; i < q.n; i++)
			found += q.worst[i].n_bridges;
		for (size_t i = 0; i < scored.n; i++) {
			size_t size = 0;
			struct link_scored_pair kept = pairs[i];
			bool joined[ROWS][ROWS] = {{false}};
			for (size_t row = 0; row < ROWS; row++)
				size += c.of_row[row] == c.of_row[kept.left];
			pairs[i].weight = -10; /* close_relation asks for no order */
			close_relation(&scored, 3, joined);
			pairs[i] = kept;
			expected += kept.weight >= 3 && size >= 3 && !joined[kept.left][kept.right];
		}
		assert_int_equal(found, expected);
	}
}

static void decisions_are_sorted_and_found(void **state)
{
	(void)state;
	struct link_decision d[] = {{5, 9, true, 0}, {1, 2, true, 0}, {5, 9, false, 0}, {1, 7, false, 0}};
	assert_int_equal(link_decisions_sort(d, 4), 3);
	assert_int_equal(link_decisions_find(d, 3, 5, 9), -1); /* the later one counts */
	assert_int_equal(link_decisions_find(d, 3, 1, 2), 1);
	assert_int_equal(link_decisions_find(d, 3, 1, 7), -1);
	assert_int_equal(link_decisions_find(d, 3, 1, 3), 0);
	assert_int_equal(link_decisions_find(d, 0, 1, 3), 0);
}

static int make_clusters(void *context, struct cf_error *err)
{
	struct link_scored_pair pairs[50];
	struct link_scored scored = random_pairs(1, pairs, 50);
	CF_CLEANUP(link_clusters_done) struct link_clusters c = {0};
	CF_CLEANUP(link_qualities_done) struct link_qualities q = {0};
	const struct link_cluster_options o = {.method = LINK_COMPONENTS, .weight = 3};
	TRY(link_cluster(context, &scored, NULL, &o, &c, err));
	return link_cluster_qualities(&c, &scored, 3, &q, err);
}

static void out_of_memory(void **state)
{
	(void)state;
	static const size_t first[] = {0, ROWS};
	CF_CLEANUP_LINK_TABLE struct link_table *t = blank_table(first, 1);
	assert_true(sweep_run("clusters", make_clusters, t) > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(components_equal_closure),
		cmocka_unit_test(one_row_a_file_and_best),
		cmocka_unit_test(exact_pairs_weigh_most),
		cmocka_unit_test(bridges_equal_brute_force),
		cmocka_unit_test(decisions_are_sorted_and_found),
		cmocka_unit_test(out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
