#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sweep.h"
#include "work/report/view.h"

static const char *const two_lists = "a,b,count\n1,0,310\n0,1,205\n1,1,64\n";
static const char *const small_overlaps =
	"a,b,c,count\n1,0,0,60\n0,1,0,55\n0,0,1,48\n1,1,0,7\n1,0,1,4\n0,1,1,21\n1,1,1,2\n";
static const char *const apart = "a,b,c,count\n1,0,0,120\n0,1,0,80\n0,0,1,77\n";

/* Everything of a report, so that a test can change one thing of it. */
struct sample {
	struct overlap_table *table;
	struct estimate_options options;
	struct estimate_report *estimate;
	struct report_party parties[OVERLAP_MAX_LISTS];
	struct report_input input;
	struct report_view *view;
};

static void sample_done(struct sample *s)
{
	s->view = report_view_free(s->view);
	s->estimate = estimate_report_free(s->estimate);
	s->table = overlap_free(s->table);
}

static void sample_init(struct sample *s, const char *text, uint32_t n_bootstrap)
{
	struct cf_error err = CF_ERROR_INIT;
	*s = (struct sample){.options = ESTIMATE_OPTIONS_INIT};
	s->options.n_bootstrap = n_bootstrap;
	if (overlap_parse("table", text, strlen(text), &s->table, &err) < 0 ||
		estimate_run_full(s->table, &s->options, NULL, NULL, &s->estimate, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < s->table->n_lists; i++) {
		uint64_t size = overlap_list_size(s->table, i);
		s->parties[i] = (struct report_party){.name = s->table->list_names[i],
			.n_rows = size + 3,
			.n_records = size,
			.n_dropped_values = 2,
			.n_coarsened = 5,
			.n_slots = 30};
	}
	s->input = (struct report_input){.study_id = "a-study",
		.k = 10,
		.n_parties = s->table->n_lists,
		.parties = s->parties,
		.overlap = s->table,
		.estimate = s->estimate,
		.options = &s->options};
}

static void make_view(struct sample *s)
{
	struct cf_error err = CF_ERROR_INIT;
	if (report_view_new(&s->input, NULL, &s->view, &err) < 0)
		fail_msg("%s", err.message);
	assert_non_null(s->view);
}

static void check_rounded(const struct view_number *n, double exact)
{
	if (n->state != VIEW_SHOWN)
		return;
	assert_true(n->step > 0);
	assert_true(fabs(n->value - exact) <= n->step + 1e-9 * exact);
}

static void numbers_shown_are_the_exact_ones_rounded(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, two_lists, 300);
	make_view(&s);
	assert_int_equal(s.view->n_results, s.estimate->n_results);
	for (size_t i = 0; i < s.view->n_results; i++) {
		const struct estimate_result *exact = &s.estimate->results[i];
		const struct view_result *shown = &s.view->results[i];
		/* nothing is small here, so nothing need be withheld */
		assert_int_equal(shown->estimate.state, VIEW_SHOWN);
		check_rounded(&shown->estimate, exact->estimate);
		check_rounded(&shown->lower, exact->lower);
		check_rounded(&shown->upper, exact->upper);
		/* rounding never makes an interval narrower */
		assert_true(shown->lower.value <= exact->lower);
		assert_true(shown->upper.value >= exact->upper);
	}
}

static void no_small_count_is_shown_exactly(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, small_overlaps, 300);
	make_view(&s);
	const struct suppressed_table *t = s.view->table;
	for (size_t i = 0; i < s.table->n_cells; i++) {
		const struct overlap_cell *c = &s.table->cells[i];
		bool small = c->count < s.input.k;
		assert_int_equal(t->state[c->pattern], small ? SUPPRESS_HIDDEN : SUPPRESS_SHOWN);
		assert_int_equal(t->count[c->pattern], small ? 0 : c->count);
	}
	for (size_t i = 0; i < s.view->n_parties; i++) {
		const struct view_party *p = &s.view->parties[i];
		/* small counts of a party's own: within a range that also holds others */
		assert_true(p->dropped.low <= 2 && p->dropped.high >= s.input.k - 1);
		assert_true(p->coarsened.low <= 5 && p->coarsened.high >= s.input.k - 1);
		assert_true(p->rows.low <= s.parties[i].n_rows && p->rows.high >= s.parties[i].n_rows);
		assert_true(p->rows.high - p->rows.low >= s.input.k - 1);
	}
}

/* A chosen dependence between lists whose overlap is hidden would tell whether that overlap is large. */
static void dependences_of_hidden_overlaps_are_not_named(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, small_overlaps, 0);
	make_view(&s);
	for (size_t i = 0; i < s.view->n_results; i++) {
		const struct view_result *r = &s.view->results[i];
		for (size_t term = 0; term < r->n_terms; term++)
			assert_int_equal(r->terms[term], 6); /* b and c share 21 */
		assert_true(r->more_terms_possible || r->method == ESTIMATE_MAIN);
	}
}

static void shares_of_replicates_are_coarse_and_add_up(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, two_lists, 400);
	make_view(&s);
	unsigned total = 0;
	assert_true(s.view->n_bins > 2);
	for (size_t i = 0; i < s.view->n_bins; i++) {
		const struct view_bin *b = &s.view->bins[i];
		assert_int_equal(b->percent % VIEW_BIN_PERCENT, 0);
		assert_true(b->high > b->low);
		assert_true(i == 0 || b->low == s.view->bins[i - 1].high);
		total += b->percent;
	}
	assert_true(isinf(s.view->bins[s.view->n_bins - 1].high));
	/* each share is within half a step of its own */
	assert_in_range(total, 100 - s.view->n_bins * VIEW_BIN_PERCENT / 2,
		100 + s.view->n_bins * VIEW_BIN_PERCENT / 2);
}

static void without_an_estimate_nothing_is_shown_but_the_reasons(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, apart, 100);
	make_view(&s);
	double low;
	double high;
	assert_null(view_headline(s.view));
	assert_false(view_spread(s.view, &low, &high));
	assert_int_equal(s.view->verdict, ESTIMATE_NOT_ESTIMABLE);
	assert_true(s.view->n_reasons > 0);
	assert_int_equal(s.view->n_empty_pairs, 3);
	assert_int_equal(s.view->n_bins, 0);
	for (size_t i = 0; i < s.view->n_results; i++) {
		assert_int_equal(s.view->results[i].estimate.state, VIEW_NONE);
		assert_int_equal(s.view->results[i].lower.state, VIEW_NONE);
		assert_non_null(s.view->results[i].reason);
	}
}

/* What the view says of the table is the same for every table that is published in the same way: here the
 * three persons between two lists become seven, all else that is shown being equal. */
static void tables_published_alike_have_one_view_of_the_table(void **state)
{
	(void)state;
	static const char *const form = "a,b,count\n1,0,310\n0,1,205\n1,1,%d\n";
	struct suppress_range persons[2];
	for (int i = 0; i < 2; i++) {
		char text[64];
		CF_CLEANUP(sample_done) struct sample s;
		(void)snprintf(text, sizeof text, form, i ? 7 : 3);
		sample_init(&s, text, 0);
		make_view(&s);
		assert_int_equal(s.view->table->state[3], SUPPRESS_HIDDEN);
		persons[i] = s.view->table->persons;
		/* Chapman's estimate is the overlap, written differently */
		const struct view_number *n = &view_headline(s.view)->estimate;
		assert_true(n->state == VIEW_WITHHELD || n->step > 1);
	}
	assert_memory_equal(&persons[0], &persons[1], sizeof persons[0]);
}

static void refuses_parts_that_do_not_fit(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, two_lists, 0);
	struct cf_error err = CF_ERROR_INIT;
	s.input.n_parties = 1;
	assert_int_equal(report_view_new(&s.input, NULL, &s.view, &err), CF_E_USAGE);
	s.input.n_parties = 2;
	s.parties[1].n_records++;
	assert_int_equal(report_view_new(&s.input, NULL, &s.view, &err), CF_E_USAGE);
	s.parties[1].n_records--;
	s.parties[1].n_rows = s.parties[1].n_records - 1;
	assert_int_equal(report_view_new(&s.input, NULL, &s.view, &err), CF_E_USAGE);
	s.parties[1].n_rows = REPORT_UNKNOWN;
	const struct report_disclosure nobody = {.from = 0, .to = 2, .what = REPORT_DISCLOSED_CARD};
	s.input.n_disclosures = 1;
	s.input.disclosures = &nobody;
	assert_int_equal(report_view_new(&s.input, NULL, &s.view, &err), CF_E_USAGE);
	s.input.n_disclosures = 0;
	s.input.k = 1;
	assert_true(report_view_new(&s.input, NULL, &s.view, &err) < 0);
	assert_null(s.view);
	s.input.k = 10;
	make_view(&s);
	/* one party's rows are unknown: so that it does not stand out, nobody's are told */
	assert_false(s.view->parties[0].rows_known || s.view->parties[1].rows_known);
}

static int make_and_free(void *context, struct cf_error *err)
{
	const struct sample *s = context;
	CF_CLEANUP_REPORT_VIEW struct report_view *v = NULL;
	return report_view_new(&s->input, NULL, &v, err);
}

static void survives_every_failed_allocation(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s;
	sample_init(&s, two_lists, 50);
	assert_true(sweep_run("view", make_and_free, &s) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_shown_are_the_exact_ones_rounded),
		cmocka_unit_test(no_small_count_is_shown_exactly),
		cmocka_unit_test(dependences_of_hidden_overlaps_are_not_named),
		cmocka_unit_test(shares_of_replicates_are_coarse_and_add_up),
		cmocka_unit_test(without_an_estimate_nothing_is_shown_but_the_reasons),
		cmocka_unit_test(tables_published_alike_have_one_view_of_the_table),
		cmocka_unit_test(refuses_parts_that_do_not_fit),
		cmocka_unit_test(survives_every_failed_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
