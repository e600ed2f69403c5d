/*
 * EM gives back what was planted in simulated pairs, also when only pairs that rules find are seen.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "link/train.h"

enum { FIELDS = 4, LEVELS = 3 };

static const double planted_m[FIELDS][LEVELS] = {
	{0.80, 0.15, 0.05}, {0.70, 0.20, 0.10}, {0.90, 0.06, 0.04}, {0.60, 0.25, 0.15}};
static const double planted_u[FIELDS][LEVELS] = {
	{0.010, 0.030, 0.960}, {0.005, 0.020, 0.975}, {0.002, 0.010, 0.988}, {0.050, 0.100, 0.850}};
static const double planted_missing = 0.1;
static const double n_matches = 20000;
static const double n_pairs = 4000000;

static unsigned draw(struct random_stream *random, const double *levels)
{
	double at = random_uniform(random);
	unsigned level = 0;
	while (level < LEVELS - 1 && at >= levels[level]) {
		at -= levels[level];
		level++;
	}
	return random_uniform(random) < planted_missing ? 0 : level + 1;
}

static uint64_t draw_pattern(struct random_stream *random, const double levels[FIELDS][LEVELS])
{
	uint64_t pattern = 0;
	for (size_t f = 0; f < FIELDS; f++)
		pattern |= (uint64_t)draw(random, levels[f]) << f * LINK_PATTERN_BITS;
	return pattern;
}

struct made {
	struct link_patterns patterns;
	struct link_random_levels random;
};

/* The rules "field 0 equal" and "field 1 equal", or every pair. */
static void simulate(struct made *d, bool rules)
{
	struct cf_error err = CF_ERROR_INIT;
	struct random_stream random;
	random_init(&random, 11, rules);
	d->random.all_pairs = true;
	for (double i = 0; i < n_pairs; i++) {
		uint64_t p = draw_pattern(&random, i < n_matches ? planted_m : planted_u);
		uint32_t free_fields = rules ? 0 : (1u << FIELDS) - 1;
		for (size_t f = 0; f < FIELDS; f++) {
			d->random.levels[f][link_pattern_level(p, f)]++;
			if (rules && f < 2 && link_pattern_level(p, f) == LINK_LEVEL_EQUAL)
				free_fields |= ((1u << FIELDS) - 1) & ~(1u << f);
		}
		d->random.n++;
		if (free_fields)
			assert_int_equal(link_patterns_add(&d->patterns, p, free_fields, 1, &err), 0);
	}
	link_patterns_sort(&d->patterns);
}

static struct link_model start(void)
{
	struct link_model model = {.n_fields = FIELDS, .prior = 1e-3};
	for (size_t f = 0; f < FIELDS; f++) {
		model.fields[f].n_levels = LEVELS;
		model.fields[f].m[1] = 0.85;
		model.fields[f].m[2] = 0.1;
		model.fields[f].m[3] = 0.05;
	}
	return model;
}

static void recovers(bool rules)
{
	struct made d = {0};
	simulate(&d, rules);
	struct link_model model = start();
	link_train_em(&d.patterns, n_pairs, &d.random, NULL, NULL, 0, &model);
	assert_true(model.converged);
	for (size_t f = 0; f < FIELDS; f++)
		for (unsigned level = 1; level <= LEVELS; level++) {
			double m = model.fields[f].m[level];
			double u = model.fields[f].u[level];
			if (fabs(m - planted_m[f][level - 1]) > 0.02)
				fail_msg("field %zu level %u: m %g, planted %g", f, level, m,
					planted_m[f][level - 1]);
			/* pairs that no rule finds count as different persons, a tenth of the matches here */
			if (fabs(u - planted_u[f][level - 1]) > 0.02 * planted_u[f][level - 1] + 0.0006)
				fail_msg("field %zu level %u: u %g, planted %g", f, level, u,
					planted_u[f][level - 1]);
		}
	if (!rules)
		assert_true(fabs(model.prior * n_pairs - n_matches) < 0.05 * n_matches);
	link_patterns_done(&d.patterns);
}

static void planted_parameters_of_all_pairs(void **state)
{
	(void)state;
	recovers(false);
}

static void planted_parameters_through_rules(void **state)
{
	(void)state;
	recovers(true);
}

/* Labels pull m to what they say; the prior alone moves when a model is kept. */
static void labels_and_priors(void **state)
{
	(void)state;
	struct made d = {0};
	simulate(&d, false);
	struct link_model model = start();
	link_train_em(&d.patterns, n_pairs, &d.random, NULL, NULL, 0, &model);
	struct link_model kept = model;
	kept.prior = 0.3;
	link_train_prior(&d.patterns, n_pairs, &kept);
	assert_true(kept.converged);
	assert_true(fabs(kept.prior / model.prior - 1) < 0.02);
	assert_true(kept.fields[0].m[1] == model.fields[0].m[1]);
	static struct link_labelled labels[4000];
	for (size_t i = 0; i < 4000; i++)
		labels[i] = (struct link_labelled){.pattern = 0x1113, .same = true};
	struct link_model labelled = start();
	link_train_em(&d.patterns, n_pairs, &d.random, NULL, labels, 4000, &labelled);
	assert_true(labelled.fields[0].m[3] > model.fields[0].m[3]);
	link_patterns_done(&d.patterns);
}

/* Labels alone: m within what chance does to so many (four standard errors), u from the random pairs, the
 * prior from the patterns; what people refused does not pull u. */
static void planted_parameters_from_labels(void **state)
{
	(void)state;
	enum { SAME = 3000, REFUSED = 1000 };
	static struct link_labelled labels[SAME + REFUSED];
	struct made d = {0};
	struct random_stream random;
	random_init(&random, 12, 0);
	simulate(&d, false);
	for (size_t i = 0; i < SAME; i++)
		labels[i] = (struct link_labelled){draw_pattern(&random, planted_m), true};
	for (size_t i = SAME; i < SAME + REFUSED; i++)
		labels[i] = (struct link_labelled){.pattern = 0x1133};
	struct link_model model = start();
	link_train_labels(&d.patterns, n_pairs, &d.random, NULL, labels, SAME + REFUSED, &model);
	assert_true(model.labelled);
	for (size_t f = 0; f < FIELDS; f++)
		for (unsigned level = 1; level <= LEVELS; level++) {
			double m = planted_m[f][level - 1];
			double u = planted_u[f][level - 1];
			assert_true(fabs(model.fields[f].m[level] - m) <
				    4 * sqrt(m * (1 - m) / (SAME * (1 - planted_missing))) + 0.001);
			assert_true(fabs(model.fields[f].u[level] - u) < 0.02 * u + 0.0006);
		}
	assert_true(fabs(model.prior * n_pairs - n_matches) < 0.06 * n_matches);
	link_patterns_done(&d.patterns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(planted_parameters_of_all_pairs),
		cmocka_unit_test(planted_parameters_through_rules),
		cmocka_unit_test(labels_and_priors),
		cmocka_unit_test(planted_parameters_from_labels),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
