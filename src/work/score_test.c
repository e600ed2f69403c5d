#include "work/score.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"

/* Two lists a and b, one c. Worked by hand:
 *   row   list  cluster  person        person 1: a1 a2 b1 c1   person 2: b2 c2   person 3: a3
 *   a1     0      10       1           pairs of one person: a-b 2, a-c 2, b-c 1 + 1 = 6
 *   a2     0      10       1           cluster 10: a1 a2 b1 -> a-b 2; cluster 11: c1 b2 -> b-c 1;
 *   a3     0      12       3           cluster 12: a3 c2 -> a-c 1; found 4
 *   b1     1      10       1           correct: a-b 2
 *   b2     1      11       2
 *   c1     2      11       1
 *   c2     2      12       2 */
static const struct score_row by_hand[] = {
	{0, 10, 1}, {0, 10, 1}, {0, 12, 3}, {1, 10, 1}, {1, 11, 2}, {2, 11, 1}, {2, 12, 2}};
enum { N_BY_HAND = sizeof by_hand / sizeof *by_hand };

static void test_by_hand(void **state)
{
	(void)state;
	struct score_row rows[N_BY_HAND];
	struct score_pairs pairs[9];
	memcpy(rows, by_hand, sizeof rows);
	assert_int_equal(score_count_pairs(rows, N_BY_HAND, 3, pairs, NULL), 0);
	const struct score_pairs none = {0};
	const struct score_pairs ab = {2, 2, 2};
	const struct score_pairs ac = {2, 1, 0};
	const struct score_pairs bc = {2, 1, 0};
	const struct score_pairs want[9] = {none, ab, ac, none, none, bc, none, none, none};
	assert_memory_equal(pairs, want, sizeof want);
	struct score_pairs all = score_sum(pairs, 3);
	assert_int_equal(all.truth, 6);
	assert_int_equal(all.found, 4);
	assert_int_equal(all.correct, 2);
	assert_true(fabs(score_precision(all) - 0.5) < 1e-15);
	assert_true(fabs(score_recall(all) - 1.0 / 3) < 1e-15);
	assert_true(fabs(score_f1(all) - 0.4) < 1e-15);
	assert_true(isnan(score_precision(none)) && isnan(score_recall(none)) && isnan(score_f1(none)));
}

static void count_brute(const struct score_row *rows, size_t n, size_t n_lists, struct score_pairs *ret)
{
	memset(ret, 0, n_lists * n_lists * sizeof *ret);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			if (rows[i].list >= rows[j].list)
				continue;
			struct score_pairs *p = &ret[rows[i].list * n_lists + rows[j].list];
			p->truth += rows[i].truth == rows[j].truth;
			p->found += rows[i].cluster == rows[j].cluster;
			p->correct += rows[i].truth == rows[j].truth && rows[i].cluster == rows[j].cluster;
		}
}

static void test_against_brute_force(void **state)
{
	(void)state;
	enum { MAX_ROWS = 200, MAX_LISTS = 6 };
	struct random_stream r;
	random_init(&r, 99, 1);
	for (int round = 0; round < 400; round++) {
		struct score_row rows[MAX_ROWS] = {0};
		struct score_pairs want[MAX_LISTS * MAX_LISTS];
		struct score_pairs got[MAX_LISTS * MAX_LISTS];
		size_t n = random_below(&r, MAX_ROWS + 1);
		size_t n_lists = 1 + random_below(&r, MAX_LISTS);
		uint64_t n_clusters = 1 + random_below(&r, 60);
		uint64_t n_persons = 1 + random_below(&r, 60);
		for (size_t i = 0; i < n; i++)
			rows[i] = (struct score_row){(uint32_t)random_below(&r, n_lists),
				(uint32_t)random_below(&r, n_clusters),
				(uint32_t)random_below(&r, n_persons)};
		count_brute(rows, n, n_lists, want);
		assert_int_equal(score_count_pairs(rows, n, n_lists, got, NULL), 0);
		assert_memory_equal(got, want, n_lists * n_lists * sizeof *want);
	}
}

/* A group far too large to be counted pair by pair. */
static void test_large_group(void **state)
{
	(void)state;
	enum { N = 400000 };
	struct score_row *rows = NEW_ARRAY(struct score_row, N);
	struct score_pairs pairs[4];
	assert_non_null(rows);
	for (uint32_t i = 0; i < N; i++)
		rows[i] = (struct score_row){i % 2, 7, 7};
	assert_int_equal(score_count_pairs(rows, N, 2, pairs, NULL), 0);
	assert_true(pairs[1].correct == (uint64_t)N / 2 * (N / 2));
	mem_free(rows);
}

/* ---- tables ---- */

static struct overlap_table *table(const char *text)
{
	struct cf_error err = CF_ERROR_INIT;
	struct overlap_table *t = NULL;
	if (overlap_parse("table", text, strlen(text), &t, &err) < 0)
		fail_msg("%s", err.message);
	return t;
}

static void compare(const char *a, const char *b, const char *says)
{
	CF_CLEANUP_OVERLAP struct overlap_table *ta = table(a);
	CF_CLEANUP_OVERLAP struct overlap_table *tb = table(b);
	struct cf_error err = CF_ERROR_INIT;
	int status = score_compare_tables(ta, tb, &err);
	assert_int_equal(status, says ? CF_E_INTERNAL : 0);
	if (says && !strstr(err.message, says))
		fail_msg("expected \"%s\" in: %s", says, err.message);
	if (says)
		assert_int_equal(error_exit_code(err.code), 3);
}

static void test_compare_tables(void **state)
{
	(void)state;
	const char *plain = "police,shelter,count\n1,0,5\n0,1,6\n1,1,7\n";
	compare(plain, "police,shelter,count\n1,1,7\n0,1,6\n1,0,5\n", NULL);
	compare(plain, "police,shelter,count\n1,0,5\n0,1,6\n1,1,8\n",
		"on police and shelter only there are 7 by the protocol, 8 in the clear");
	compare(plain, "police,shelter,count\n1,0,5\n0,1,6\n", "7 by the protocol, 0 in the clear");
	compare("police,shelter,count\n1,0,5\n0,1,6\n", plain, "0 by the protocol, 7 in the clear");
	compare(plain, "police,hotline,count\n1,0,5\n0,1,6\n1,1,7\n", "other lists");
	compare(plain, "police,shelter,stratum_sex,count\n1,0,f,5\n0,1,f,6\n1,1,f,7\n",
		"other lists or strata");
	/* Strata met in another order are the same strata. */
	const char *sexes = "a,b,stratum_sex,count\n1,0,f,5\n1,0,m,4\n0,1,m,3\n";
	compare(sexes, "a,b,stratum_sex,count\n0,1,m,3\n1,0,m,4\n1,0,f,5\n", NULL);
	compare(sexes, "a,b,stratum_sex,count\n0,1,m,3\n1,0,m,5\n1,0,f,4\n", "on a only, sex f there are 5");
	compare(sexes, "a,b,stratum_sex,count\n0,1,m,3\n1,0,m,4\n1,0,f,5\n1,1,x,1\n",
		"on a and b only, sex x there are 0 by the protocol, 1 in the clear");
}

static int count_once(void *context, struct cf_error *err)
{
	(void)context;
	struct score_row rows[N_BY_HAND];
	struct score_pairs pairs[9];
	memcpy(rows, by_hand, sizeof rows);
	return score_count_pairs(rows, N_BY_HAND, 3, pairs, err);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	assert_int_equal(sweep_run("pairs", count_once, NULL), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_against_brute_force),
		cmocka_unit_test(test_large_group),
		cmocka_unit_test(test_compare_tables),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
