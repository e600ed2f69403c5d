#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "link/clk/test_support.h"

struct collected {
	struct clk_pair *pairs;
	size_t n;
	size_t capacity;
};

static int collect(void *context, const struct clk_pair *pairs, size_t n, struct cf_error *err)
{
	struct collected *c = context;
	for (size_t i = 0; i < n; i++) {
		struct clk_pair *grown = mem_grow(c->pairs, c->n, &c->capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		c->pairs = grown;
		c->pairs[c->n++] = pairs[i];
	}
	return 0;
}

static const struct test_rows *right_rows;

static int in_order(const void *a, const void *b)
{
	const struct clk_pair *x = a;
	const struct clk_pair *y = b;
	const uint32_t m = test_common(right_rows, x->right, right_rows, x->right);
	const uint32_t n = test_common(right_rows, y->right, right_rows, y->right);
	return m != n ? (m > n) - (m < n) : (x->right > y->right) - (x->right < y->right);
}

/* As the join should say it, if all right rows are in one chunk. */
static size_t brute(
	const struct test_rows *a, const struct test_rows *b, double threshold, struct clk_pair *ret)
{
	size_t n = 0;
	right_rows = b;
	for (size_t i = 0; i < a->n; i++) {
		const size_t begin = n;
		for (size_t j = a == b ? i + 1 : 0; j < b->n; j++) {
			const double score = test_dice(a, i, b, j);
			if (score >= threshold)
				ret[n++] = (struct clk_pair){(uint32_t)i, (uint32_t)j, score};
		}
		if (n > begin)
			qsort(ret + begin, n - begin, sizeof *ret, in_order);
	}
	return n;
}

static void check_all(const struct test_rows *a, const struct test_rows *b, double threshold, int n_threads)
{
	CF_CLEANUP_CLK_SET struct clk_set *left = test_set(a);
	CF_CLEANUP_CLK_SET struct clk_set *other = a == b ? NULL : test_set(b);
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	struct collected c = {0};
	struct clk_join_counts counts;
	struct clk_pair *expected = calloc(a->n * b->n + 1, sizeof *expected);
	const size_t n = brute(a, b, threshold, expected);
	assert_int_equal(jobs_new(n_threads, &pool, NULL), 0);
	for (int kind = 0; kind < CLK_N_KERNELS; kind++) {
		const struct clk_join j = {.left = left,
			.right = other ? other : left,
			.threshold = threshold,
			.kernel = clk_kernel_get((enum clk_kernel_kind)kind),
			.pool = pool};
		if (!j.kernel)
			continue;
		c.n = 0;
		assert_int_equal(clk_join_all(&j, collect, &c, &counts, NULL), 0);
		assert_int_equal(c.n, n);
		assert_int_equal(counts.n_pairs, n);
		if (n)
			assert_memory_equal(c.pairs, expected, n * sizeof *expected);
	}
	mem_free(c.pairs);
	free(expected);
}

static void test_all(void **state)
{
	(void)state;
	static const size_t bits[] = {8, 100, 1000, 1024, 2048};
	static const double thresholds[] = {0, 0.3, 0.5, 0.8, 1};
	struct random_stream random;
	random_init(&random, 3, 1);
	for (size_t k = 0; k < sizeof bits / sizeof *bits; k++) {
		struct test_rows a = test_rows_draw(&random, 131 + 60 * (k == 3), bits[k], NULL);
		struct test_rows b = test_rows_draw(&random, 90, bits[k], &a);
		for (size_t t = 0; t < sizeof thresholds / sizeof *thresholds; t++) {
			check_all(&a, &b, thresholds[t], 1 + (int)t % 3);
			check_all(&a, &a, thresholds[t], 1 + (int)t % 3);
		}
		test_rows_done(&a);
		test_rows_done(&b);
	}
}

/* Scores that hit the threshold exactly are in: multiples of 1/5 and 1/3 are no doubles. */
static void test_edges(void **state)
{
	(void)state;
	struct test_rows a = {.n = 1, .n_bits = 16, .n_bytes = 2, .bytes = (uint8_t *)(uint8_t[]){0xf8, 0}};
	struct test_rows b = {.n = 3,
		.n_bits = 16,
		.n_bytes = 2,
		.bytes = (uint8_t *)(uint8_t[]){0xf4, 0, 0xe6, 0, 0x80, 0}};
	check_all(&a, &b, 0.8, 1);
	check_all(&a, &b, 0.6, 1);
	check_all(&a, &b, 1.0 / 3, 1);
}

/* More than one chunk: the same pairs, whatever the order; and each left row's best. */
static void test_chunks(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 5, 1);
	struct test_rows a = test_rows_draw(&random, 70, 128, NULL);
	struct test_rows b = test_rows_draw(&random, CLK_CHUNK + 500, 128, &a);
	CF_CLEANUP_CLK_SET struct clk_set *left = test_set(&a);
	CF_CLEANUP_CLK_SET struct clk_set *right = test_set(&b);
	CF_CLEANUP(clk_top_done) struct clk_top top = {0};
	struct collected c = {0};
	struct clk_join_counts counts = {0};
	const struct clk_join j = {.left = left, .right = right, .threshold = 0.8};
	assert_int_equal(clk_join_all(&j, collect, &c, &counts, NULL), 0);
	uint64_t n_true = 0;
	for (size_t i = 0; i < a.n; i++)
		for (size_t k = 0; k < b.n; k++)
			n_true += test_dice(&a, i, &b, k) >= 0.8;
	assert_int_equal(c.n, n_true);
	for (size_t i = 0; i < c.n; i++)
		assert_true(c.pairs[i].score == test_dice(&a, c.pairs[i].left, &b, c.pairs[i].right));
	assert_int_equal(clk_top_new(a.n, 3, &top, NULL), 0);
	assert_int_equal(clk_join_top(&j, &(struct clk_asked){.n = a.n}, &top, &counts, NULL), 0);
	for (size_t i = 0; i < a.n; i++) {
		/* by rank: better ones are those of a higher score, or of the same and a lower row */
		size_t n_of_row = 0;
		for (size_t k = 0; k < c.n; k++) {
			if (c.pairs[k].left != i)
				continue;
			size_t rank = 0;
			for (size_t m = 0; m < c.n; m++)
				rank += c.pairs[m].left == i &&
					(c.pairs[m].score > c.pairs[k].score ||
						(c.pairs[m].score == c.pairs[k].score &&
							c.pairs[m].right < c.pairs[k].right));
			if (rank < 3)
				assert_int_equal(top.list[3 * i + rank].right, c.pairs[k].right);
			n_of_row++;
		}
		assert_int_equal(top.n_found[i], n_of_row < 3 ? n_of_row : 3);
	}
	mem_free(c.pairs);
	test_rows_done(&a);
	test_rows_done(&b);
}

static void test_empty(void **state)
{
	(void)state;
	struct test_rows none = {.n_bits = 64, .n_bytes = 8};
	struct random_stream random;
	random_init(&random, 5, 2);
	struct test_rows one = test_rows_draw(&random, 1, 64, NULL);
	check_all(&none, &one, 0, 2);
	check_all(&one, &none, 0, 2);
	check_all(&one, &one, 0, 2);
	test_rows_done(&one);
}

static void test_lengths_differ(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 5, 3);
	struct test_rows a = test_rows_draw(&random, 2, 64, NULL);
	struct test_rows b = test_rows_draw(&random, 2, 128, NULL);
	CF_CLEANUP_CLK_SET struct clk_set *left = test_set(&a);
	CF_CLEANUP_CLK_SET struct clk_set *right = test_set(&b);
	struct clk_join_counts counts;
	struct collected c = {0};
	struct cf_error err = CF_ERROR_INIT;
	const struct clk_join j = {.left = left, .right = right};
	assert_int_equal(clk_join_all(&j, collect, &c, &counts, &err), CF_E_USAGE);
	assert_non_null(strstr(err.message, "64"));
	test_rows_done(&a);
	test_rows_done(&b);
}

static int allocate(void *context, struct cf_error *err)
{
	const struct test_rows *rows = context;
	CF_CLEANUP_CLK_SET struct clk_set *s = NULL;
	CF_CLEANUP(clk_top_done) struct clk_top top = {0};
	struct collected c = {0};
	struct clk_join_counts counts = {0};
	TRY(clk_set_new(rows->n_bits, &s, err));
	for (size_t i = 0; i < rows->n; i++)
		TRY(clk_set_add(s, rows->bytes + i * rows->n_bytes, err));
	TRY(clk_set_finish(s, err));
	const struct clk_join j = {.left = s, .right = s, .threshold = 0.2};
	int status = clk_join_all(&j, collect, &c, &counts, err);
	mem_free(c.pairs);
	TRY(status);
	TRY(clk_top_new(s->n, 2, &top, err));
	return clk_join_top(&j, &(struct clk_asked){.n = s->n}, &top, &counts, err);
}

static void test_sweep(void **state)
{
	(void)state;
	struct random_stream random;
	random_init(&random, 6, 1);
	struct test_rows rows = test_rows_draw(&random, 100, 64, NULL);
	assert_true(sweep_run("join", allocate, &rows) > 10);
	test_rows_done(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_lengths_differ),
		cmocka_unit_test(test_sweep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
