#include "work/estimate_posterior.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"

enum { N = 5000 };

static struct estimate_posterior draws_of(double values[N], double scale, double width)
{
	struct random_stream random;
	random_init(&random, 3, 0);
	for (size_t i = 0; i < N; i++)
		values[i] = floor(scale * exp(width * random_normal(&random)));
	return (struct estimate_posterior){.n_chains = 2, .n_draws = N / 2, .draws = values};
}

/* Every draw is counted once, in the bin it lies in; no more bins than were asked for, and round ones. */
static void counts_each_draw(void **state)
{
	(void)state;
	static const struct {
		double scale, width;
	} shapes[] = {{20000, 0.2}, {140, 0.1}, {3e14, 1}, {345, 2}, {50, 0.001}};
	double values[N];
	for (size_t shape = 0; shape < sizeof shapes / sizeof *shapes; shape++)
		for (size_t n_bins = 4; n_bins <= 40; n_bins += 6) {
			struct posterior_histogram h;
			struct cf_error err = CF_ERROR_INIT;
			size_t brute[POSTERIOR_MAX_BINS] = {0};
			size_t outside = 0;
			const struct estimate_posterior p =
				draws_of(values, shapes[shape].scale, shapes[shape].width);
			assert_int_equal(posterior_histogram(&p, n_bins, &h, &err), 0);
			assert_in_range(h.n_bins, 1, n_bins);
			for (size_t i = 0; i < N; i++) {
				bool found = false;
				for (size_t b = 0; b < h.n_bins && !found; b++) {
					double low = h.low + (double)b * h.step;
					found = values[i] >= low && values[i] < low + h.step;
					brute[b] += found;
				}
				outside += !found;
			}
			assert_memory_equal(brute, h.counts, h.n_bins * sizeof *brute);
			assert_int_equal(outside, h.n_below + h.n_beyond);
			/* half a percent either side may be left out, no more */
			assert_true(outside <= N / 100 + 2);
			double digits = h.step / pow(10, floor(log10(h.step) + 1e-9));
			assert_true(fabs(digits - 1) < 1e-9 || fabs(digits - 2) < 1e-9 ||
				    fabs(digits - 5) < 1e-9);
		}
}

static void none_without_draws(void **state)
{
	(void)state;
	const struct estimate_result r = {.estimate = 5};
	struct posterior_histogram h = {.n_bins = 7};
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	assert_int_equal(posterior_histogram(&r.posterior, 10, &h, &err), 0);
	assert_int_equal(h.n_bins, 0);
	assert_int_equal(work_posterior_text(&r, &out), 0);
	assert_int_equal(out.n, 0);
}

/* Where nobody is hidden: one bin with everything in it. */
static void all_alike(void **state)
{
	(void)state;
	double values[16];
	struct posterior_histogram h;
	struct cf_error err = CF_ERROR_INIT;
	for (size_t i = 0; i < 16; i++)
		values[i] = 123;
	const struct estimate_posterior p = {.n_chains = 1, .n_draws = 16, .draws = values};
	assert_int_equal(posterior_histogram(&p, 16, &h, &err), 0);
	assert_int_equal(h.n_bins, 1);
	assert_int_equal(h.counts[0], 16);
	assert_true(h.low <= 123 && h.low + h.step > 123);
}

static int write_both(void *context, struct cf_error *err)
{
	const struct estimate_result *r = context;
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	struct json j;
	json_init(&j, &out, false);
	json_begin_object(&j);
	work_posterior_json(&j, r);
	json_end(&j);
	if (json_finish(&j) < 0)
		return error_memory(err);
	return work_posterior_text(r, &out) < 0 ? error_memory(err) : CF_OK;
}

static void survives_without_memory(void **state)
{
	(void)state;
	double values[N];
	struct estimate_result r = {.estimate = 20000, .posterior = draws_of(values, 20000, 0.2)};
	assert_true(sweep_run("posterior", write_both, &r) > 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_each_draw),
		cmocka_unit_test(none_without_draws),
		cmocka_unit_test(all_alike),
		cmocka_unit_test(survives_without_memory),
	};
	return cmocka_run_group_tests_name("work estimate_posterior", tests, NULL, NULL);
}
