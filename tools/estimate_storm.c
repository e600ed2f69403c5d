/*
 * Random tables at every method: sparse, empty, huge counts, one list, twelve lists. Each must end in an
 * answer that keeps the promises of estimate.h or in a refusal that says why; what does not is printed with
 * the table, and how often each method answered is counted. usage: estimate-storm [TABLES] [SEED]
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/random.h"
#include "estimate/estimate.h"

struct storm {
	struct random_stream random;
	uint64_t number;
	uint64_t n_answers, n_refusals, n_limits, n_faults;
	uint64_t n_asked[ESTIMATE_N_METHODS], n_answered[ESTIMATE_N_METHODS];
};

static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"};

/* Small tables are the rule; large ones take their time. */
static size_t pick_lists(struct random_stream *r)
{
	uint64_t kind = random_below(r, 100);
	return kind < 3    ? 1
	       : kind < 88 ? 2 + random_below(r, 4)
	       : kind < 98 ? 6 + random_below(r, 2)
			   : 8 + random_below(r, 5);
}

/* Up to 10^15 in a cell, and any share of the cells empty. */
static int fill(struct random_stream *r, struct overlap_table *t, struct cf_error *err)
{
	double scale = exp(random_uniform(r) * (random_below(r, 10) ? 8 : 34.5));
	double thin = random_below(r, 4) ? random_uniform(r) : 0.05;
	uint64_t filled = random_below(r, 11);
	uint32_t n_cells = UINT32_C(1) << t->n_lists;
	for (uint32_t w = 1; w < n_cells; w++) {
		double mean = scale * random_uniform(r) * pow(thin, __builtin_popcount(w) - 1);
		if (random_below(r, 10) < filled)
			TRY(overlap_add(t, w, 0, (uint64_t)fmin(mean, 1e15 / n_cells), err));
	}
	return CF_OK;
}

static struct estimate_options pick_options(struct storm *s, size_t n_lists)
{
	struct random_stream *r = &s->random;
	struct estimate_options o = ESTIMATE_OPTIONS_INIT;
	o.methods = (uint32_t)random_bits(r) & ((1u << ESTIMATE_N_METHODS) - 1);
	o.methods &= ~(1u << ESTIMATE_MODEL | 1u << ESTIMATE_CHAPMAN); /* Chapman joins by itself */
	if (n_lists > 5)                                               /* 18,154 graphs and more */
		o.methods &= ~(1u << ESTIMATE_GRAPHS);
	const uint32_t any_size = 1u << ESTIMATE_MAIN | 1u << ESTIMATE_STEPWISE | 1u << ESTIMATE_COVERAGE |
				  1u << ESTIMATE_CHAO | 1u << ESTIMATE_ZELTERMAN | 1u << ESTIMATE_CLASSES;
	if (n_lists > 6) /* the searches alone would take seconds */
		o.methods &= any_size | 1u << ESTIMATE_BIC;
	if (n_lists > 7)
		o.methods &= any_size;
	if (o.methods == 0)
		o.methods = 1u << ESTIMATE_MAIN;
	o.order = 1 + (int)random_below(r, n_lists > 4 ? 2 : 4);
	o.p = random_uniform(r);
	o.n_bootstrap = n_lists < 6 && random_below(r, 3) == 0 ? 1 + (uint32_t)random_below(r, 30) : 0;
	o.seed = random_bits(r);
	/* mostly too short for chains to agree, now and then long enough: both ends of the path are wanted */
	bool is_long = n_lists < 5 && random_below(r, 8) == 0;
	o.sampling = (struct estimate_sampling){.n_classes = 2 + (uint32_t)random_below(r, 9),
		.n_chains = 2 + (uint32_t)random_below(r, 3),
		.n_draws = is_long ? 800 : 16 + (uint32_t)random_below(r, 60),
		.n_burn_in = is_long ? 300 : 1 + (uint32_t)random_below(r, 100),
		.n_thin = is_long ? 3 : 1 + (uint32_t)random_below(r, 2),
		.alpha_shape = 0.05 + 2 * random_uniform(r),
		.alpha_rate = 0.05 + 2 * random_uniform(r)};
	o.interval = (enum estimate_interval)random_below(r, 3);
	if (n_lists < 6 && random_below(r, 20) == 0) {
		o.recall.low = 0.5 + 0.5 * random_uniform(r);
		o.precision.low = 0.5 + 0.5 * random_uniform(r);
	}
	return o;
}

static void fault(struct storm *s, const struct overlap_table *t, const char *format, ...) CF_PRINTF(3, 4);
static void fault(struct storm *s, const struct overlap_table *t, const char *format, ...)
{
	CF_CLEANUP(buffer_done) struct buffer text = BUFFER_INIT;
	va_list args;
	s->n_faults++;
	printf("table %" PRIu64 ": ", s->number);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (t && overlap_format(t, &text) == 0)
		printf("%s\n", buffer_text(&text));
}

/* Draws go from the persons seen up, those of classes are whole numbers, and the interval is among them. */
static void check_posterior(struct storm *s, const struct overlap_table *t, const struct estimate_result *e)
{
	double n = (double)overlap_n_persons(t);
	double low = INFINITY;
	double high = 0;
	for (size_t i = 0; i < e->posterior.n_chains * e->posterior.n_draws; i++) {
		double draw = e->posterior.draws[i];
		low = fmin(low, draw);
		high = fmax(high, draw);
		/* points of a grid may stand for two numbers, and lie between them */
		bool whole = e->method == ESTIMATE_GRAPHS || !(fabs(draw - rint(draw)) > 0);
		if (!(draw >= n) || isinf(draw) || !whole) {
			fault(s, t, "%s: draw %zu is %g", estimate_method_name(e->method), i, draw);
			return;
		}
	}
	if (e->status == ESTIMATE_IDENTIFIED && !(e->lower >= low && e->upper <= high))
		fault(s, t, "%s: the interval lies outside of the draws", estimate_method_name(e->method));
}

static void check_result(struct storm *s, const struct overlap_table *t, const struct estimate_result *e)
{
	double n = (double)overlap_n_persons(t);
	const char *name = estimate_method_name(e->method);
	bool identified = e->status == ESTIMATE_IDENTIFIED;
	if (identified != (bool)isfinite(e->estimate) || identified == (e->reason != NULL))
		fault(s, t, "%s: status, estimate and reason do not go together", name);
	if (identified && !(e->estimate >= n * (1 - 1e-12)))
		fault(s, t, "%s: %g persons in all, but %g were seen", name, e->estimate, n);
	if (isfinite(e->lower) && (e->lower < n * (1 - 1e-12) || e->upper < e->lower))
		fault(s, t, "%s: interval %g to %g", name, e->lower, e->upper);
	const double numbers[] = {e->lower, e->upper, e->profile_lower, e->profile_upper, e->deviance, e->aic,
		e->aicc, e->bic, e->fit.pearson, e->corrected.estimate, e->corrected.lower,
		e->corrected.upper};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (isinf(numbers[i]))
			fault(s, t, "%s: number %zu is infinite", name, i);
	if (!identified && !(isnan(e->lower) && isnan(e->upper)))
		fault(s, t, "%s: an interval without an estimate", name);
	if (e->posterior.n_chains)
		check_posterior(s, t, e);
	for (size_t i = 0; i < e->n_facts; i++)
		if (isinf(e->facts[i].value))
			fault(s, t, "%s: %s is infinite", name, e->facts[i].name);
	for (size_t i = 0; i < e->n_settings; i++)
		if (isinf(e->settings[i].estimate) || e->settings[i].estimate < n * (1 - 1e-12) ||
			e->settings[i].upper < e->settings[i].lower)
			fault(s, t, "%s: setting %s", name, e->settings[i].label);
	if (e->corrected.made && e->corrected.n_failed > e->corrected.n_imputations)
		fault(s, t, "%s: more failures than imputations", name);
}

static void check(struct storm *s, const struct overlap_table *t, const struct estimate_report *r)
{
	bool any = false;
	for (size_t i = 0; i < r->n_results; i++) {
		check_result(s, t, &r->results[i]);
		s->n_asked[r->results[i].method]++;
		s->n_answered[r->results[i].method] += r->results[i].status == ESTIMATE_IDENTIFIED;
		any = any || r->results[i].status == ESTIMATE_IDENTIFIED;
	}
	if (any != (r->headline != SIZE_MAX))
		fault(s, t, "the leading result");
	if (r->n_reasons == 0 || (!any && r->verdict != ESTIMATE_NOT_ESTIMABLE))
		fault(s, t, "the verdict");
	s->n_answers += any;
	s->n_refusals += !any;
}

static int one_table(struct storm *s, uint64_t seed, struct cf_error *err)
{
	CF_CLEANUP_OVERLAP struct overlap_table *t = NULL;
	CF_CLEANUP_ESTIMATE struct estimate_report *r = NULL;
	random_init(&s->random, seed, s->number);
	size_t n_lists = pick_lists(&s->random);
	TRY(overlap_new(n_lists, names, &t, err));
	TRY(fill(&s->random, t, err));
	struct estimate_options o = pick_options(s, n_lists);
	int status = n_lists > 7 ? estimate_run(t, &o, NULL, NULL, &r, err)
				 : estimate_run_full(t, &o, NULL, NULL, &r, err);
	if (status == CF_E_LIMIT) {
		s->n_limits++; /* too large, said in words */
		return CF_OK;
	}
	if (status < 0)
		fault(s, t, "error: %s", err->message);
	else
		check(s, t, r);
	return CF_OK;
}

int main(int argc, char **argv)
{
	struct storm s = {0};
	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* faults are seen at once */
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (s.number = 0; s.number < n; s.number++) {
		struct cf_error err = CF_ERROR_INIT;
		if (one_table(&s, seed, &err) < 0)
			fault(&s, NULL, "error: %s", err.message);
	}
	printf("%" PRIu64 " tables: %" PRIu64 " answers, %" PRIu64 " refusals with a reason, %" PRIu64
	       " too large for a method asked for, %" PRIu64 " faults\n",
		n, s.n_answers, s.n_refusals, s.n_limits, s.n_faults);
	for (int m = 0; m < ESTIMATE_N_METHODS; m++)
		if (m != ESTIMATE_MODEL)
			printf("  %-10s %" PRIu64 " answers of %" PRIu64 "\n", estimate_method_name(m),
				s.n_answered[m], s.n_asked[m]);
	return s.n_faults || n == 0;
}
