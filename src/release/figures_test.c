#include "release/figures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

enum { MAX_LISTS = 4, MAX_PATTERNS = 1 << MAX_LISTS, MAX_FIGURES = 8 };

static const char *const names[] = {"A", "B", "C", "D"};

static double list_of(const uint64_t *x, size_t n_lists, uint32_t part)
{
	double n = 0;
	for (uint32_t p = 1; p < UINT32_C(1) << n_lists; p++)
		n += (p & part) == part ? (double)x[p] : 0;
	return n;
}

/* Chapman (1951) for each pair of lists, and a Petersen estimate over all of them together; sharp enough to
 * give small overlaps away. */
static int pairwise(void *context, const uint64_t *x, double *ret, struct cf_error *err)
{
	(void)err;
	size_t n_lists = *(const size_t *)context;
	size_t at = 0;
	double products = 0;
	double overlaps = 0;
	for (size_t j = 0; j < n_lists; j++)
		for (size_t k = j + 1; k < n_lists; k++) {
			double a = list_of(x, n_lists, 1u << j);
			double b = list_of(x, n_lists, 1u << k);
			double both = list_of(x, n_lists, 1u << j | 1u << k);
			ret[at++] = both > 0 ? (a + 1) * (b + 1) / (both + 1) - 1 : NAN;
			products += a * b;
			overlaps += both;
		}
	ret[at++] = overlaps > 0 ? products / overlaps : NAN;
	return CF_OK;
}

static const double borders[] = {100, 1000, 10000};
static const double ratios[] = {0.5, 0.75, 2};

struct example {
	size_t n_lists;
	uint32_t k;
	uint64_t counts[MAX_PATTERNS];
	size_t n;
	struct figure_wanted wanted[MAX_FIGURES];
	struct figure figures[MAX_FIGURES];
	struct suppressed_table *table;
};

static void example_done(struct example *e)
{
	e->table = suppress_free(e->table);
}

static int round_example(struct example *e, struct cf_error *err)
{
	struct figure_request q = {.table = e->table,
		.counts = e->counts,
		.n = e->n,
		.wanted = e->wanted,
		.function = pairwise,
		.context = &e->n_lists};
	return figures_round(&q, e->figures, err);
}

static void publish(struct example *e)
{
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	assert_int_equal(overlap_new(e->n_lists, names, &t, NULL), CF_OK);
	for (uint32_t p = 1; p < UINT32_C(1) << e->n_lists; p++)
		assert_int_equal(overlap_add(t, p, 0, e->counts[p], NULL), CF_OK);
	assert_int_equal(suppress_table(t, e->k, &e->table, NULL), CF_OK);
	e->n = e->n_lists * (e->n_lists - 1) / 2 + 1;
	double values[MAX_FIGURES];
	assert_int_equal(pairwise(&e->n_lists, e->counts, values, NULL), CF_OK);
	for (size_t i = 0; i < e->n; i++)
		e->wanted[i] = (struct figure_wanted){.value = values[i],
			.rounding = (enum figure_rounding)(i % 3),
			.group = (uint32_t)(e->n - 1 - i) % 3,
			.n_borders = i + 1 == e->n ? 0 : 3,
			.borders = ratios,
			.relative_to = e->n - 1};
	struct cf_error err = CF_ERROR_INIT;
	if (round_example(e, &err) < 0)
		fail_msg("%s", err.message);
}

static bool within(struct suppress_range r, double n)
{
	return n >= (double)r.low && n <= (double)r.high;
}

/* What was published of the table and of the figures, checked from outside. */
static bool consistent(const struct example *e, const uint64_t *x)
{
	double hidden = 0;
	for (uint32_t p = 1; p < e->table->n_patterns; p++)
		hidden += e->table->state[p] == SUPPRESS_HIDDEN ? (double)x[p] : 0;
	if (!within(e->table->hidden, hidden))
		return false;
	for (size_t j = 0; j < e->n_lists; j++) {
		if (!within(e->table->lists[j], list_of(x, e->n_lists, 1u << j)))
			return false;
		for (size_t k = j + 1; k < e->n_lists; k++)
			if ((list_of(x, e->n_lists, 1u << j | 1u << k) == 0) !=
				suppress_pair_is_empty(e->table, j, k))
				return false;
	}
	double values[MAX_FIGURES];
	size_t n_lists = e->n_lists;
	assert_int_equal(pairwise(&n_lists, x, values, NULL), CF_OK);
	for (size_t i = 0; i < e->n; i++) {
		const struct figure *f = &e->figures[i];
		if (f->told && isnan(values[i]) != isnan(e->wanted[i].value))
			return false;
		if (f->shown && !(values[i] >= f->low && values[i] <= f->high))
			return false;
	}
	return true;
}

/* All values that each pattern and each pair takes over every table of whole numbers that fits. */
struct seen {
	bool cell[MAX_PATTERNS][16];
	bool pair[MAX_PATTERNS][16];
	size_t n;
};

static void enumerate(const struct example *e, struct seen *seen)
{
	uint64_t x[MAX_PATTERNS] = {0};
	memcpy(x, e->table->count, e->table->n_patterns * sizeof *x);
	for (;;) {
		if (consistent(e, x)) {
			seen->n++;
			for (uint32_t p = 1; p < e->table->n_patterns; p++) {
				double both = list_of(x, e->n_lists, p);
				if (x[p] < 16)
					seen->cell[p][x[p]] = true;
				if (both < 16)
					seen->pair[p][(size_t)both] = true;
			}
		}
		uint32_t p = 1;
		for (; p < e->table->n_patterns; p++) {
			if (e->table->state[p] != SUPPRESS_HIDDEN)
				continue;
			if (++x[p] < e->k)
				break;
			x[p] = 0;
		}
		if (p == e->table->n_patterns)
			return;
	}
}

/* Every small count of persons keeps at least half of the values from 1 to k - 1. Returns how many were
 * checked. */
static size_t check_promise(const struct example *e, const struct seen *seen)
{
	size_t n = 0;
	assert_true(seen->n > 0);
	for (uint32_t p = 1; p < e->table->n_patterns; p++) {
		bool is_pair = __builtin_popcount(p) == 2;
		double both = list_of(e->counts, e->n_lists, p);
		uint32_t cell_values = 0;
		uint32_t pair_values = 0;
		for (uint32_t v = 1; v < e->k; v++) {
			cell_values += seen->cell[p][v];
			pair_values += seen->pair[p][v];
		}
		if (e->counts[p] > 0 && e->counts[p] < e->k && cell_values < figure_values_kept(e->k))
			fail_msg("pattern %u of %zu lists can only be %u values", p, e->n_lists, cell_values);
		if (is_pair && both > 0 && both < e->k && pair_values < figure_values_kept(e->k))
			fail_msg("overlap %u of %zu lists can only be %u values", p, e->n_lists, pair_values);
		n += e->counts[p] > 0 && e->counts[p] < e->k;
	}
	return n;
}

static size_t n_shown(const struct example *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->n; i++)
		n += e->figures[i].shown;
	return n;
}

/* Tables with some patterns below k, among them such as leave little room. */
static void test_attacker(void **state)
{
	(void)state;
	struct random_stream r;
	random_init(&r, 99, 0);
	size_t protected = 0;
	size_t shown = 0;
	size_t withheld = 0;
	for (int i = 0; i < 90; i++) {
		CF_CLEANUP(example_done)
		struct example e = {.n_lists = 2 + (size_t)(i % 3), .k = i % 3 == 2 ? 3 : 5};
		for (uint32_t p = 1; p < UINT32_C(1) << e.n_lists; p++) {
			bool one = (p & (p - 1)) == 0;
			e.counts[p] = random_below(&r, one ? 400 : 3 * e.k);
			if (e.n_lists == 4 && random_below(&r, 3))
				e.counts[p] += e.k;
		}
		publish(&e);
		struct seen seen = {0};
		enumerate(&e, &seen);
		protected += check_promise(&e, &seen);
		shown += n_shown(&e);
		withheld += e.n - n_shown(&e);
	}
	assert_true(protected > 50);
	assert_true(shown > 20);
	assert_true(withheld > 20);
}

/* Two lists with three persons in common: any digit of the estimate would give them away. */
static void test_two_lists_withheld(void **state)
{
	(void)state;
	CF_CLEANUP(example_done) struct example e = {.n_lists = 2, .k = 10, .counts = {0, 200, 300, 3}};
	publish(&e);
	assert_int_equal(n_shown(&e), 0);
	/* what the attacker of this test would make of three digits */
	e.figures[0] = figure_place(&e.wanted[0], e.wanted[0].value, figure_step(&e.wanted[0], 0), 1);
	struct seen seen = {0};
	enumerate(&e, &seen);
	assert_int_equal(seen.n, 1);
	assert_true(seen.cell[3][3]);
}

static void test_two_lists_shown(void **state)
{
	(void)state;
	CF_CLEANUP(example_done) struct example e = {.n_lists = 2, .k = 10, .counts = {0, 200, 300, 70}};
	publish(&e);
	assert_int_equal(n_shown(&e), e.n);
	assert_float_equal(e.figures[0].rounded, 1415, 0); /* 271 * 371 / 71 - 1 = 1415.07 */
}

static void test_rounding(void **state)
{
	(void)state;
	struct figure_wanted w = {.value = 2483.4, .n_borders = 3, .borders = borders};
	assert_float_equal(figure_step(&w, 0), 10, 1e-9);
	assert_float_equal(figure_step(&w, 1), 20, 1e-9); /* 26.7 */
	assert_float_equal(figure_step(&w, 2), 50, 1e-9);
	assert_float_equal(figure_step(&w, 6), 1000, 1e-9);
	assert_float_equal(figure_step(&w, 7), 0, 0); /* 2,000 says too little of 2,483 */
	struct figure f = figure_place(&w, w.value, 50, 1);
	assert_float_equal(f.rounded, 2500, 0);
	assert_float_equal(f.low, 2475, 0);
	assert_float_equal(f.high, 2525, 0);
	f = figure_place(&w, w.value, 0, 1);
	assert_float_equal(f.low, 1000, 0);
	assert_float_equal(f.high, 10000, 0);
	assert_float_equal(figure_place(&w, 7, 0, 1).low, 0, 0);
	assert_true(isinf(figure_place(&w, 10000, 0, 1).high));
	w.rounding = FIGURE_DOWN;
	assert_float_equal(figure_place(&w, w.value, 50, 1).rounded, 2450, 0);
	assert_float_equal(figure_step(&w, 7), 2000, 1e-9);
	assert_float_equal(figure_step(&w, 8), 0, 0);
	w.rounding = FIGURE_UP;
	assert_float_equal(figure_place(&w, w.value, 500, 1).rounded, 2500, 0);
	w.value = NAN;
	assert_float_equal(figure_step(&w, 0), 0, 0);
	w.value = INFINITY;
	assert_float_equal(figure_step(&w, 0), 0, 0);
}

static void test_out_of_memory(void **state)
{
	(void)state;
	CF_CLEANUP(example_done)
	struct example e = {.n_lists = 3, .k = 5, .counts = {0, 90, 80, 3, 70, 2, 12, 1}};
	publish(&e);
	for (long n = 0;; n++) {
		mem_fail_after(n);
		int status = round_example(&e, NULL);
		bool failed = mem_failed();
		mem_fail_after(-1);
		if (!failed) {
			assert_int_equal(status, CF_OK);
			assert_true(n > 5);
			return;
		}
		assert_int_equal(status, CF_E_MEMORY);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attacker),
		cmocka_unit_test(test_two_lists_withheld),
		cmocka_unit_test(test_two_lists_shown),
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_out_of_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
