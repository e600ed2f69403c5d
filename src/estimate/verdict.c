/*
 * The verdict: publishable, fragile or not estimable, by the rules N1, N2 and F1 onwards that
 * docs/methods.md gives with their sources; each that fires is a reason in plain words. A single N makes the
 * verdict not estimable, a single F fragile; publishable is what remains. The limits are conventions, not
 * theorems: they were set so that the published examples for which critics and authors agree come out as they
 * say.
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "estimate/engines.h"
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

static const double BAD_FIT = 0.01;
/* Total without one person; without all persons of a cell of at most FEW_IN_CELL. */
static const double ONE_PERSON = 1.25;
static const double ONE_CELL = 1.5;
static const double FEW_IN_CELL = 5;
/* Over thresholds of stepwise, priors of the Bayesian methods. */
static const double SETTINGS_DISAGREE = 1.5;

static const double LINKAGE_MATTERS = 1.25;
static const double SMALL_COVERAGE = 0.55;
/* Posterior probability in the last tenth of a grid that the user chose. */
static const double CUT_OFF = 0.005;

struct judge {
	const struct overlap_table *t;
	struct estimate_report *r;
	const struct estimate_result *lead; /* NULL when nothing is identified */
	size_t capacity;
	size_t rules_capacity;
	int status;
};

__attribute__((format(printf, 3, 0))) static void add(
	struct judge *j, const char *rule, const char *format, va_list args)
{
	struct estimate_report *r = j->r;
	char text[600];
	(void)vsnprintf(text, sizeof text, format, args);
	char **reasons = mem_grow(r->reasons, r->n_reasons, &j->capacity, sizeof *reasons);
	if (reasons)
		r->reasons = reasons;
	const char **rules = mem_grow(r->reason_rules, r->n_reasons, &j->rules_capacity, sizeof *rules);
	if (rules)
		r->reason_rules = rules;
	char *copy = reasons && rules ? mem_strdup(text) : NULL;
	if (!copy) {
		j->status = CF_E_MEMORY;
		return;
	}
	rules[r->n_reasons] = rule;
	reasons[r->n_reasons++] = copy;
}

/* A reason, by a rule of docs/methods.md, that makes the verdict at least this bad. */
static void find(struct judge *j, const char *rule, enum estimate_verdict v, const char *format, ...)
	CF_PRINTF(4, 5);
static void find(struct judge *j, const char *rule, enum estimate_verdict v, const char *format, ...)
{
	if (j->r->verdict < v)
		j->r->verdict = v;
	va_list args;
	va_start(args, format);
	add(j, rule, format, args);
	va_end(args);
}

static double fact(const struct estimate_result *r, const char *name)
{
	for (size_t i = 0; i < r->n_facts; i++)
		if (strcmp(r->facts[i].name, name) == 0)
			return r->facts[i].value;
	return NAN;
}

static void judge_existence(struct judge *j)
{
	if (j->lead)
		return;
	const char *reason = NULL;
	for (size_t i = 0; i < j->r->n_results && !reason; i++)
		reason = j->r->results[i].reason; /* NOLINT(clang-analyzer-core.NullDereference) */
	find(j, "N1", ESTIMATE_NOT_ESTIMABLE, "No method has a finite and unique estimate: %s.",
		reason ? reason : "the data do not say");
}

static bool has_interval(const struct estimate_result *l)
{
	return !isnan(l->lower) || !isnan(l->upper) || l->upper_is_unbounded;
}

static void judge_replicates(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	double all = (double)l->n_replicates + l->n_failed;
	if (l->n_failed > all / 2)
		find(j, "N2", ESTIMATE_NOT_ESTIMABLE,
			"Of %.0f bootstrap replicates %" PRIu32
			" have no finite estimate: that these data have one is chance.",
			all, l->n_failed);
	else if (l->n_failed > FAILED * all)
		find(j, "F2", ESTIMATE_FRAGILE,
			"Of %.0f bootstrap replicates %" PRIu32
			" have no finite estimate: slightly different data would have given none.",
			all, l->n_failed);
}

/* The profile of a model that the data chose. */
static bool leaves_out_choice(const struct estimate_result *l)
{
	bool chosen = l->method == ESTIMATE_STEPWISE || chooser_searches(l->method);
	return chosen && !isnan(l->lower) && !(fabs(l->lower - l->profile_lower) > 0);
}

static void judge_interval(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	if (engine_is_bound(l->method))
		find(j, "F24", ESTIMATE_FRAGILE,
			"This is a lower bound, not an estimate: the total may be far above it.");
	if (l->method == ESTIMATE_COVERAGE && !(fact(l, "sample_coverage") >= SMALL_COVERAGE))
		find(j, "F25", ESTIMATE_FRAGILE,
			"The lists cover too little of each other (sample coverage %.2f, less than %.2f): "
			"take the total "
			"for a lower bound (Chao et al. 2001).",
			fact(l, "sample_coverage"), SMALL_COVERAGE);
	if (fact(l, "mass_near_end") > CUT_OFF)
		find(j, "F28", ESTIMATE_FRAGILE,
			"The grid cuts the posterior off: %.1f %% of it stand in the last tenth of the "
			"hidden "
			"numbers that were considered, and what is beyond nobody has looked at.",
			100 * fact(l, "mass_near_end"));
	if (leaves_out_choice(l))
		find(j, "F1", ESTIMATE_FRAGILE,
			"The interval takes the chosen model for known: the doubt about the choice is not in "
			"it.");
	if (!has_interval(l) && l->n_failed + l->n_replicates == 0)
		find(j, "F1", ESTIMATE_FRAGILE,
			"No interval was computed: without one nobody can tell how uncertain the total is.");
	else if (l->upper_is_unbounded)
		find(j, "F3", ESTIMATE_FRAGILE,
			"The interval has no upper end: the data do not exclude any large number.");
	else if (l->upper > WIDE_INTERVAL * l->lower)
		find(j, "F4", ESTIMATE_FRAGILE,
			"The interval is very wide: its upper end is %.1f times its lower end (more than "
			"%.0f).",
			l->upper / l->lower, WIDE_INTERVAL);
	if ((l->lower_is_extreme && !isnan(l->lower)) || (l->upper_is_extreme && !isnan(l->upper)))
		find(j, "F5", ESTIMATE_FRAGILE,
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

/* Totals of models that the data chose or nearly did, and of all methods. */
struct ranges {
	struct range chosen, all;
};

static void add_result(const struct estimate_result *r, struct ranges *ranges)
{
	if (engine_is_bound(r->method))
		return;
	widen(&ranges->all, r->estimate);
	if (r->method != ESTIMATE_MAIN && !engine_owns(r->method))
		widen(&ranges->chosen, r->estimate);
	for (size_t k = 0; k < r->n_rivals; k++)
		if (r->rivals[k].bic <= r->rivals[0].bic + CLOSE_BIC)
			widen(&ranges->chosen, r->rivals[k].estimate);
}

static void judge_models(struct judge *j)
{
	struct ranges ranges = {{NAN, NAN}, {NAN, NAN}};
	for (size_t i = 0; i < j->r->n_results; i++)
		add_result(&j->r->results[i], &ranges);
	for (size_t i = 0; i < j->r->n_compared; i++)
		add_result(&j->r->compared[i], &ranges);
	struct range chosen = ranges.chosen;
	struct range all = ranges.all;
	if (chosen.high > MODELS_DISAGREE * chosen.low)
		find(j, "F7", ESTIMATE_FRAGILE,
			"Models that fit about equally well disagree: their totals run from %.0f to %.0f, so "
			"the "
			"number depends on the choice of the model (Silverman, Chan and Vincent 2024).",
			chosen.low, chosen.high);
	else if (all.high > METHODS_DISAGREE * all.low)
		find(j, "F8", ESTIMATE_FRAGILE,
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
	if (j->r->n_variants == 0 && j->t->n_lists > 2)
		find(j, "F27", ESTIMATE_FRAGILE,
			"What the total would be without one of the lists was not worked out.");
	if (worst)
		find(j, "F9", ESTIMATE_FRAGILE,
			"The total hangs on single lists: %s it is %.0f instead of %.0f (Binette and Steorts "
			"2022).",
			worst->label, worst->result.estimate, j->lead->estimate);
	if (missing)
		find(j, "F10", ESTIMATE_FRAGILE, "The estimate hangs on single lists: %s there is none.",
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
		find(j, "F6", ESTIMATE_FRAGILE,
			"There are only two lists: that they are independent cannot be checked, and "
			"everything rests "
			"on it (Whitehead et al. 2019).");
	if (n < FEW_PERSONS)
		find(j, "F11", ESTIMATE_FRAGILE,
			"Only %.0f persons were seen: too few to choose a model with confidence.", n);
	if (shared < FEW_SHARED || shared < SHARED_SHARE * n)
		find(j, "F12", ESTIMATE_FRAGILE,
			"Only %.0f of %.0f persons are on more than one list, and they carry all that is "
			"known about "
			"the hidden number.",
			shared, n);
	if (j->lead->estimate > EXTRAPOLATION * n)
		find(j, "F13", ESTIMATE_FRAGILE,
			"The total is %.0f times the number of persons seen: most of it is extrapolation.",
			j->lead->estimate / n);
	double pairs = (double)j->t->n_lists * ((double)j->t->n_lists - 1) / 2;
	if ((double)j->r->n_empty_pairs > EMPTY_PAIRS * pairs)
		find(j, "F14", ESTIMATE_FRAGILE,
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
			find(j, "F15", ESTIMATE_FRAGILE, "The list %s holds nobody: leave it out.",
				t->list_names[a]);
		else if (t->n_lists > 1 && (double)size > DOMINATES * (double)j->r->n_persons)
			find(j, "F16", ESTIMATE_FRAGILE,
				"The list %s holds %.0f %% of all persons seen: the others hardly check it.",
				t->list_names[a], 100 * (double)size / (double)j->r->n_persons);
		for (size_t b = 0; b < t->n_lists && size > 0; b++)
			if (a != b && overlap_pair_size(t, a, b) == size)
				find(j, "F17", ESTIMATE_FRAGILE,
					"Everybody on the list %s is also on %s: the two do not find people "
					"independently (merge them).",
					t->list_names[a], t->list_names[b]);
	}
}

static void judge_search(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	if (!l->search_complete)
		find(j, "F18", ESTIMATE_FRAGILE,
			"There are too many models to prove which has the least BIC: a downhill search chose "
			"this one.");
	if (l->n_tied > 1)
		find(j, "F19", ESTIMATE_FRAGILE,
			"%" PRIu32
			" models share the least BIC; the one with the fewest parameters was taken.",
			l->n_tied);
}

/* "A alone", "exactly A, B and C" */
static const char *pattern_text(const struct overlap_table *t, uint32_t pattern, char *ret, size_t n)
{
	bool alone = (pattern & (pattern - 1)) == 0;
	size_t used = (size_t)snprintf(ret, n, "%s", alone ? "" : "exactly ");
	for (size_t k = 0; k < t->n_lists; k++) {
		if (!(pattern >> k & 1))
			continue;
		bool last = pattern >> k == 1;
		bool first = (pattern & ((UINT32_C(1) << k) - 1)) == 0;
		const char *before = first ? "" : last ? " and " : ", ";
		int wrote = snprintf(
			ret + used, n - used, "%s%s%s", before, t->list_names[k], alone ? " alone" : "");
		if (wrote < 0 || (size_t)wrote >= n - used)
			break;
		used += (size_t)wrote;
	}
	return ret;
}

/* A fit is called bad only where its tail can be trusted. */
static void judge_fit(struct judge *j)
{
	const struct estimate_fit *f = &j->lead->fit;
	if (f->p_deviance < BAD_FIT && f->p_pearson < BAD_FIT && f->n_sparse * 2 <= f->n_cells)
		find(j, "F20", ESTIMATE_FRAGILE,
			"The model does not fit what was seen: deviance %.1f, Pearson %.1f on %d degrees of "
			"freedom "
			"(both p below %g).",
			j->lead->deviance, f->pearson, (int)f->degrees, BAD_FIT);
}

static double change(double from, double to)
{
	return isfinite(to) ? fmax(to / from, from / to) : INFINITY;
}

/* "the total is 120 instead of 200", "there is no estimate" */
static const char *instead_text(double without, double total, char *ret, size_t n)
{
	if (isfinite(without))
		(void)snprintf(ret, n, "the total is %.0f instead of %.0f", without, total);
	else
		(void)snprintf(ret, n, "there is no estimate");
	return ret;
}

static void judge_influence(struct judge *j)
{
	const struct estimate_influence *one = NULL;
	const struct estimate_influence *few = NULL;
	double total = j->lead->estimate;
	for (size_t i = 0; i < j->r->n_influences; i++) {
		const struct estimate_influence *c = &j->r->influences[i];
		if (change(total, c->without_one) > (one ? change(total, one->without_one) : ONE_PERSON))
			one = c;
		if ((double)c->count <= FEW_IN_CELL &&
			change(total, c->without_all) > (few ? change(total, few->without_all) : ONE_CELL))
			few = c;
	}
	char list[200];
	char instead[64];
	if (one)
		find(j, "F21", ESTIMATE_FRAGILE,
			"One person decides: without one of the %" PRIu64 " seen on %s %s.", one->count,
			pattern_text(j->t, one->pattern, list, sizeof list),
			instead_text(one->without_one, total, instead, sizeof instead));
	else if (few)
		find(j, "F21", ESTIMATE_FRAGILE, "A handful decides: without the %" PRIu64 " seen on %s %s.",
			few->count, pattern_text(j->t, few->pattern, list, sizeof list),
			instead_text(few->without_all, total, instead, sizeof instead));
}

/* The same method with another threshold or prior. */
static void judge_settings(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	struct range range = {l->estimate, l->estimate};
	for (size_t i = 0; i < l->n_settings; i++)
		widen(&range, l->settings[i].estimate);
	if (range.high > SETTINGS_DISAGREE * range.low)
		find(j, "F22", ESTIMATE_FRAGILE,
			"The total hangs on a setting of the method: from %.0f to %.0f over the settings "
			"shown.",
			range.low, range.high);
}

/* Chains that disagree say nothing about the total, but something about the table. */
static void judge_chains(struct judge *j)
{
	for (size_t i = 0; i < j->r->n_results; i++) {
		const struct estimate_result *r = &j->r->results[i];
		if (r->method != ESTIMATE_CLASSES || r->posterior.n_chains == 0)
			continue;
		if (r->status != ESTIMATE_IDENTIFIED)
			find(j, "F26", ESTIMATE_FRAGILE, "Latent classes give no number: %s.", r->reason);
		if (fact(r, "classes_are_few") > 0)
			find(j, "F29", ESTIMATE_FRAGILE,
				"All of the %.0f latent classes allowed are in use in one draw of twenty or "
				"more: allow more of them, since too few make the total too small.",
				fact(r, "classes"));
	}
}

static bool has_posterior(const struct estimate_result *r)
{
	return r->status == ESTIMATE_IDENTIFIED &&
	       (r->method == ESTIMATE_GRAPHS || r->method == ESTIMATE_CLASSES);
}

/* The leading total against the other methods' posteriors. Main effects and bounds leave something out by
 * intent. */
static void judge_posteriors(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	bool by_intent = l->method == ESTIMATE_MAIN || engine_is_bound(l->method);
	for (size_t i = 0; i < j->r->n_results && !by_intent; i++) {
		const struct estimate_result *r = &j->r->results[i];
		if (r == l || !has_posterior(r) || (l->estimate >= r->lower && l->estimate <= r->upper))
			continue;
		find(j, "F30", ESTIMATE_FRAGILE,
			"The leading total of %.0f lies outside of the %g %% interval of %s, %.0f to %.0f: "
			"under other assumptions the same data exclude it.",
			l->estimate, 100 * r->level, estimate_method_name(r->method), r->lower, r->upper);
	}
}

static void judge_linkage(struct judge *j)
{
	const struct estimate_corrected *c = &j->lead->corrected;
	if (!c->made)
		return;
	if (isnan(c->estimate))
		find(j, "F23", ESTIMATE_FRAGILE,
			"With the errors of the record linkage undone most tables have no estimate.");
	else if (change(j->lead->estimate, c->estimate) > LINKAGE_MATTERS)
		find(j, "F23", ESTIMATE_FRAGILE,
			"The record linkage decides: with its errors undone the total is %.0f instead of "
			"%.0f.",
			c->estimate, j->lead->estimate);
}

static void conclude(struct judge *j)
{
	const struct estimate_result *l = j->lead;
	if (l && j->r->verdict == ESTIMATE_PUBLISHABLE)
		find(j, "P1", ESTIMATE_PUBLISHABLE,
			"The estimate exists, its interval is bounded (%.0f to %.0f), models that fit "
			"equally well agree, "
			"and no single list carries it.",
			l->lower, l->upper);
	find(j, "P2", ESTIMATE_PUBLISHABLE,
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
		judge_fit(&j);
		judge_influence(&j);
		judge_settings(&j);
		judge_chains(&j);
		judge_posteriors(&j);
		judge_linkage(&j);
	}
	judge_lists(&j);
	conclude(&j);
	return j.status < 0 ? error_memory(err) : CF_OK;
}
