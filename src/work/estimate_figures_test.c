#include "work/estimate_figures.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/sweep.h"

enum { CHAINS = 3, DRAWS = 700 };

struct sample {
	double draws[CHAINS * DRAWS];
	struct estimate_result result;
	struct estimate_report report;
};

static void sample_init(struct sample *s)
{
	struct random_stream random;
	random_init(&random, 4, 0);
	for (size_t i = 0; i < CHAINS * DRAWS; i++)
		s->draws[i] = floor(5000 + 4000 * random_uniform(&random));
	s->result = (struct estimate_result){.method = ESTIMATE_CLASSES,
		.estimate = 7000,
		.lower = 5100,
		.upper = 8900,
		.level = 0.9,
		.posterior = {.n_chains = CHAINS, .n_draws = DRAWS, .draws = s->draws},
		.n_facts = 1,
		.facts = {{"r_hat", 1.0025}},
		.n_settings = 1,
		.settings = {{"alpha 1:1", 7200, NAN, NAN}}};
	s->report = (struct estimate_report){.n_results = 1, .results = &s->result};
}

static size_t count(const char *text, const char *needle)
{
	size_t n = 0;
	for (const char *at = strstr(text, needle); at; at = strstr(at + 1, needle))
		n++;
	return n;
}

/* Every element that is opened is closed, in its order. */
static void assert_well_formed(const char *html)
{
	char open[64][16];
	size_t depth = 0;
	for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
		const char *end = strchr(at, '>');
		char name[16] = "";
		assert_non_null(end);
		(void)sscanf(at + 1, "%15[/!a-z0-9]", name);
		if (name[0] == '!' || end[-1] == '/')
			continue;
		if (name[0] == '/') {
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name + 1);
			continue;
		}
		assert_true(depth < 64);
		(void)snprintf(open[depth++], sizeof open[0], "%s", name);
	}
	assert_int_equal(depth, 0);
}

static void shows_chains_and_numbers(void **state)
{
	(void)state;
	struct sample s;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	sample_init(&s);
	assert_int_equal(work_figures_html(&s.report, "a<b & \"c\"", &page, &err), 0);
	const char *html = buffer_text(&page);
	assert_well_formed(html);
	assert_int_equal(count(html, "<polyline"), CHAINS);
	assert_int_equal(count(html, "class=\"dot\""), CHAINS + 1);
	assert_non_null(strstr(html, "Median of the posterior 7,000; with probability 90"));
	assert_non_null(strstr(html, "alpha 1:1</th><td class=\"number\">7,200"));
	assert_non_null(strstr(html, "r hat</th><td class=\"number\">1.002"));
	assert_null(strstr(html, "a<b"));
	assert_null(strstr(html, "<script"));
}

/* Chains that disagree: the reason, and nothing that looks like an answer. */
static void without_an_estimate(void **state)
{
	(void)state;
	struct sample s;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	char reason[] = "the chains do not agree";
	sample_init(&s);
	s.result.status = ESTIMATE_NOT_IDENTIFIABLE;
	s.result.reason = reason;
	s.result.estimate = s.result.lower = s.result.upper = NAN;
	assert_int_equal(work_figures_html(&s.report, "t", &page, &err), 0);
	const char *html = buffer_text(&page);
	assert_well_formed(html);
	assert_non_null(strstr(html, "There is no estimate:</strong> the chains do not agree."));
	assert_null(strstr(html, "Median of the posterior"));
	assert_null(strstr(html, "class=\"whisker-end\""));
	assert_int_equal(count(html, "class=\"dot\""), CHAINS);
}

static void refuses_without_a_posterior(void **state)
{
	(void)state;
	struct sample s;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	sample_init(&s);
	s.result.posterior = (struct estimate_posterior){0};
	assert_int_equal(work_figures_html(&s.report, "t", &page, &err), CF_E_USAGE);
	assert_int_equal(page.n, 0);
}

static int write_page(void *context, struct cf_error *err)
{
	struct sample *s = context;
	CF_CLEANUP(buffer_done) struct buffer page = BUFFER_INIT;
	return work_figures_html(&s->report, "t", &page, err);
}

static void survives_without_memory(void **state)
{
	(void)state;
	struct sample s;
	sample_init(&s);
	assert_true(sweep_run("figures", write_page, &s) > 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_chains_and_numbers),
		cmocka_unit_test(without_an_estimate),
		cmocka_unit_test(refuses_without_a_posterior),
		cmocka_unit_test(survives_without_memory),
	};
	return cmocka_run_group_tests_name("work estimate_figures", tests, NULL, NULL);
}
