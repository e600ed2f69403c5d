/*
 * The verdict: publishable, fragile or not estimable, by written rules, each with its reason in plain words.
 *
 * Not estimable: no method has an identified estimate; or, for the leading result, more than half of the
 * bootstrap replicates have none.
 *
 * Fragile, when any of these holds for the leading result or the table (limits below):
 *  - no interval was computed, or it has no upper end, or it is very wide, or its end is the furthest
 * replicate;
 *  - two lists only: that they are independent cannot be checked (Chapman 1951; Whitehead et al. 2019);
 *  - methods, or models whose BIC hardly differs, give very different totals (Silverman, Chan and Vincent
 * 2024);
 *  - leaving a list out or merging two moves the total far, or leaves none (Binette and Steorts 2022);
 *  - few persons, few of them on more than one list, or an estimate many times what was seen;
 *  - many pairs of lists share nobody (Chan, Silverman and Vincent 2021);
 *  - a list is empty, holds nearly everybody, or lies inside another;
 *  - replicates without an estimate, or a model search that stopped before its proof.
 *
 * Publishable otherwise. The limits are conventions, not theorems: they were set so that the published
 * examples for which critics and authors agree come out as they say.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "estimate/report.h"

/* Upper over lower end of the interval: beyond this it says little more than an order of magnitude. */
static const double WIDE_INTERVAL = 4;
/* Largest over smallest total among the chosen models and those whose BIC is within CLOSE_BIC of the least.
 */
static const double MODELS_DISAGREE = 1.5;
static const double CLOSE_BIC = 2; /* "hardly worth mentioning" (Raftery 1995) */
/* The same with main effects included, which always leave something out. */
static const double METHODS_DISAGREE = 2;
/* Total without one list, or with two merged, against the leading one. */
static const double VARIANT_SWING = 2;
static const double FEW_PERSONS = 50;
/* Persons on two lists or more: their number carries the information on the hidden. */
static const double FEW_SHARED = 10;
static const double SHARED_SHARE = 0.02;
static const double EXTRAPOLATION = 20; /* total over persons seen */
static const double EMPTY_PAIRS = 0.5;  /* share of the pairs of lists */
static const double DOMINATES = 0.9;    /* share of all persons on one list */
static const double FAILED = 0.05;      /* share of replicates without an estimate */

struct judge {
	const struct overlap_table *t;
	struct estimate_report *r;
	const struct estimate_result *lead; /* NULL when nothing is identified */
	size_t capacity;
	int status;
};

__attribute__((format(printf, 2, 0))) static void add(struct judge *j, const char *format, va_list args)
{
	char text[600];
	(void)vsnprintf(text, sizeof text, format, args);
	char **grown = mem_grow(j->r->reasons, j->r->n_reasons, &j->capacity, sizeof *grown);
	if (grown)
		j->r->reasons = grown;
	char *copy = grown ? mem_strdup(text) : NULL;
	if (copy)
		grown[j->r->n_reasons++] = copy;
	else
		j->status = CF_E_MEMORY;
}

/* A reason that makes the verdict at least this bad. */
static void find(struct judge *j, enum estimate_verdict v, const char *format, ...) CF_PRINTF(3, 4);
static void find(struct judge *j, enum estimate_verdict v, const char *format, ...) CF_PRINTF(3, 4);

static void find(struct judge *j, enum estimate_verdict v, const char *format, ...)
{
	if (j->r->verdict < v)
		j->r->verdict = v;
	va_list args;
	va_start(args, format);
	add(j, format, args);
	va_end(args);
}

static void judge_existence(struct judge *j)
{
	if (j->lead)
		return;
	const char *reason = NULL;
	for (size_t i = 0; i < j->r->n_results && !reason; i++)
		reason = j->r->results[i].reason; /* NOLINT(clang-analyzer-core.NullDereference) */
	find(j, ESTIMATE_NOT_ESTIMABLE, "No method has a finite and unique estimate: %s.",
		reason ? reason : "the data do not say");
}

static void judge_replicates(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	double all = (double)l->n_replicates + l->n_failed;
	if (j->r->n_bootstrap == 0) {
		find(j, ESTIMATE_FRAGILE,
			"No interval was computed: without one nobody can tell how uncertain the total is.");
		return;
	}
	if (l->n_failed > all / 2)
		find(j, ESTIMATE_NOT_ESTIMABLE,
			"Of %.0f bootstrap replicates %" PRIu32
			" have no finite estimate: that these data have one is "
			"chance.",
			all, l->n_failed);
	else if (l->n_failed > FAILED * all)
		find(j, ESTIMATE_FRAGILE,
			"Of %.0f bootstrap replicates %" PRIu32
			" have no finite estimate: slightly different data "
			"would have given none.",
			all, l->n_failed);
}

static void judge_interval(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	if (j->r->n_bootstrap == 0)
		return;
	if (l->upper_is_unbounded)
		find(j, ESTIMATE_FRAGILE,
			"The interval has no upper end: the data do not exclude any large number.");
	else if (l->upper > WIDE_INTERVAL * l->lower)
		find(j, ESTIMATE_FRAGILE,
			"The interval is very wide: its upper end is %.1f times its lower end (more than "
			"%.0f).",
			l->upper / l->lower, WIDE_INTERVAL);
	if ((l->lower_is_extreme && !isnan(l->lower)) || (l->upper_is_extreme && !isnan(l->upper)))
		find(j, ESTIMATE_FRAGILE,
			"An end of the interval is the most extreme replicate: ask for more replicates.");
}

struct range {
	double low, high;
};

static void widen(struct range *range, double value)
{
	if (!isfinite(value))
		return;
	range->low = isnan(range->low) ? value : fmin(range->low, value);
	range->high = isnan(range->high) ? value : fmax(range->high, value);
}

static void judge_models(struct judge *j)
{
	struct range chosen = {NAN, NAN};
	struct range all = {NAN, NAN};
	for (size_t i = 0; i < j->r->n_results; i++) {
		const struct estimate_result *r = &j->r->results[i];
		widen(&all, r->estimate);
		if (r->method != ESTIMATE_MAIN)
			widen(&chosen, r->estimate);
		for (size_t k = 0; k < r->n_rivals; k++)
			if (r->rivals[k].bic <= r->rivals[0].bic + CLOSE_BIC)
				widen(&chosen, r->rivals[k].estimate);
	}
	if (chosen.high > MODELS_DISAGREE * chosen.low)
		find(j, ESTIMATE_FRAGILE,
			"Models that fit about equally well disagree: their totals run from %.0f to %.0f, so "
			"the "
			"number depends on the choice of the model (Silverman, Chan and Vincent 2024).",
			chosen.low, chosen.high);
	else if (all.high > METHODS_DISAGREE * all.low)
		find(j, ESTIMATE_FRAGILE,
			"Methods disagree: their totals run from %.0f to %.0f, so much hangs on how the "
			"dependence "
			"between lists is treated.",
			all.low, all.high);
}

static void judge_variants(struct judge *j)
{
	const struct estimate_variant *worst = NULL;
	const struct estimate_variant *missing = NULL;
	double worst_ratio = VARIANT_SWING;
	for (size_t i = 0; i < j->r->n_variants; i++) {
		const struct estimate_variant *v = &j->r->variants[i];
		double ratio = v->result.estimate / j->lead->estimate;
		if (v->result.status != ESTIMATE_IDENTIFIED && !missing)
			missing = v;
		ratio = fmax(ratio, 1 / ratio);
		if (ratio > worst_ratio) {
			worst = v;
			worst_ratio = ratio;
		}
	}
	if (worst)
		find(j, ESTIMATE_FRAGILE,
			"The total hangs on single lists: %s it is %.0f instead of %.0f (Binette and Steorts "
			"2022).",
			worst->label, worst->result.estimate, j->lead->estimate);
	if (missing)
		find(j, ESTIMATE_FRAGILE, "The estimate hangs on single lists: %s there is none.",
			missing->label);
}

static double persons_on_several(const struct overlap_table *t)
{
	double n = 0;
	for (size_t i = 0; i < t->n_cells; i++)
		if (t->cells[i].pattern & (t->cells[i].pattern - 1))
			n += (double)t->cells[i].count;
	return n;
}

static void judge_amounts(struct judge *j)
{
	double n = (double)j->r->n_persons;
	double shared = persons_on_several(j->t);
	if (j->t->n_lists == 2)
		find(j, ESTIMATE_FRAGILE,
			"There are only two lists: that they are independent cannot be checked, and "
			"everything rests "
			"on it (Whitehead et al. 2019).");
	if (n < FEW_PERSONS)
		find(j, ESTIMATE_FRAGILE,
			"Only %.0f persons were seen: too few to choose a model with confidence.", n);
	if (shared < FEW_SHARED || shared < SHARED_SHARE * n)
		find(j, ESTIMATE_FRAGILE,
			"Only %.0f of %.0f persons are on more than one list, and they carry all that is "
			"known about "
			"the hidden number.",
			shared, n);
	if (j->lead->estimate > EXTRAPOLATION * n)
		find(j, ESTIMATE_FRAGILE,
			"The total is %.0f times the number of persons seen: most of it is extrapolation.",
			j->lead->estimate / n);
	double pairs = (double)j->t->n_lists * ((double)j->t->n_lists - 1) / 2;
	if ((double)j->r->n_empty_pairs > EMPTY_PAIRS * pairs)
		find(j, ESTIMATE_FRAGILE,
			"%zu of %.0f pairs of lists share nobody: the table is sparse, and estimates from "
			"sparse tables "
			"are unsteady (Chan, Silverman and Vincent 2021).",
			j->r->n_empty_pairs, pairs);
}

static void judge_lists(struct judge *j)
{
	const struct overlap_table *t = j->t;
	for (size_t a = 0; a < t->n_lists; a++) {
		uint64_t size = overlap_list_size(t, a);
		if (size == 0)
			find(j, ESTIMATE_FRAGILE, "The list %s holds nobody: leave it out.",
				t->list_names[a]);
		else if ((double)size > DOMINATES * (double)j->r->n_persons)
			find(j, ESTIMATE_FRAGILE,
				"The list %s holds %.0f %% of all persons seen: the others hardly check it.",
				t->list_names[a], 100 * (double)size / (double)j->r->n_persons);
		for (size_t b = 0; b < t->n_lists && size > 0; b++)
			if (a != b && overlap_pair_size(t, a, b) == size)
				find(j, ESTIMATE_FRAGILE,
					"Everybody on the list %s is also on %s: the two do not find people "
					"independently (merge them).",
					t->list_names[a], t->list_names[b]);
	}
}

static void judge_search(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	if (!l->search_complete)
		find(j, ESTIMATE_FRAGILE,
			"There are too many models to prove which has the least BIC: a downhill search chose "
			"this one.");
	if (l->n_tied > 1)
		find(j, ESTIMATE_FRAGILE,
			"%" PRIu32
			" models share the least BIC; the one with the fewest parameters was taken.",
			l->n_tied);
}

static void conclude(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	if (l && j->r->verdict == ESTIMATE_PUBLISHABLE)
		find(j, ESTIMATE_PUBLISHABLE,
			"The estimate exists, its interval is bounded (%.0f to %.0f), models that fit "
			"equally well agree, "
			"and no single list carries it.",
			l->lower, l->upper);
	find(j, ESTIMATE_PUBLISHABLE,
		"Whatever the verdict, the total is only as good as its assumptions: nobody entered or left "
		"the "
		"population meanwhile, persons were matched without error, everybody could have been listed, "
		"and the "
		"model holds for those never seen, which no data can show (Whitehead et al. 2019).");
}

int report_judge(const struct overlap_table *t, struct estimate_report *r, struct cf_error *err)
{
	struct judge j = {.t = t, .r = r, .lead = r->headline == SIZE_MAX ? NULL : &r->results[r->headline]};
	r->verdict = ESTIMATE_PUBLISHABLE;
	judge_existence(&j);
	if (j.lead) {
		judge_replicates(&j);
		judge_interval(&j);
		judge_models(&j);
		judge_variants(&j);
		judge_amounts(&j);
		judge_search(&j);
	}
	judge_lists(&j);
	conclude(&j);
	return j.status < 0 ? error_memory(err) : CF_OK;
}
