/*
 * Why the verdict is what it is, in plain words, from what the view shows and nothing else: the reasons that
 * the estimate itself gives quote exact counts. Where a weakness rests on hidden counts alone, that is said
 * instead.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buffer.h"
#include "work/report/markup.h"
#include "work/report/view.h"

/* As the verdict's own limits (estimate/verdict.c), but over rounded numbers. */
static const double WIDE_INTERVAL = 4;
static const double METHODS_DISAGREE = 1.5;
static const double EXTRAPOLATION = 20;
static const double FEW_PERSONS = 50;
static const double DOMINATES = 0.9;

struct explain {
	struct report_view *v;
	size_t capacity;
	int status;
};

__attribute__((format(printf, 2, 0))) static int append(
	struct explain *e, const char *format, va_list args, va_list again)
{
	struct report_view *v = e->v;
	char **grown = mem_grow(v->reasons, v->n_reasons, &e->capacity, sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	v->reasons = grown;
	int n = vsnprintf(NULL, 0, format, args);
	char *text = n < 0 ? NULL : NEW_ARRAY(char, (size_t)n + 1);
	if (!text)
		return CF_E_MEMORY;
	(void)vsnprintf(text, (size_t)n + 1, format, again);
	v->reasons[v->n_reasons++] = text;
	return CF_OK;
}

static void note(struct explain *e, const char *format, ...) CF_PRINTF(2, 3);
static void note(struct explain *e, const char *format, ...)
{
	va_list args;
	va_list again;
	va_start(args, format);
	va_copy(again, args);
	if (e->status == CF_OK)
		e->status = append(e, format, args, again);
	va_end(again);
	va_end(args);
}

/* "2,500" into a small array. */
struct digits {
	char text[40];
};

static struct digits digits_of(double value)
{
	struct digits d;
	struct buffer b = BUFFER_INIT;
	if (text_number(&b, value) < 0)
		buffer_clear(&b);
	(void)snprintf(d.text, sizeof d.text, "%s", buffer_text(&b));
	buffer_done(&b);
	return d;
}

static void explain_nothing(struct explain *e)
{
	const char *why = NULL;
	for (size_t i = 0; i < e->v->n_results && !why; i++)
		why = e->v->results[i].reason;
	note(e, "No method has a finite and unique estimate: %s.", why ? why : "the data do not say");
}

static void explain_replicates(struct explain *e, const struct view_result *h)
{
	if (!h->has_interval) {
		note(e, "No interval was computed: without one nobody can tell how uncertain the total is.");
		return;
	}
	if (h->failed == VIEW_SHARE_MOST)
		note(e, "More than half of the bootstrap replicates have no finite estimate: that these data "
			"have "
			"one is chance.");
	if (h->failed == VIEW_SHARE_SOME)
		note(e, "Many of the bootstrap replicates have no finite estimate: slightly different data "
			"would have "
			"given none.");
	if (h->upper_is_unbounded)
		note(e, "The interval has no upper end: the data do not exclude any large number.");
}

static void explain_interval(struct explain *e, const struct view_result *h)
{
	if (h->lower.state == VIEW_SHOWN && h->upper.state == VIEW_SHOWN &&
		h->upper.value > WIDE_INTERVAL * h->lower.value)
		note(e, "The interval is very wide: from about %s to about %s.",
			digits_of(h->lower.value).text, digits_of(h->upper.value).text);
	if (h->estimate.state == VIEW_SHOWN &&
		h->estimate.value > EXTRAPOLATION * (double)e->v->table->persons.high)
		note(e,
			"The total is more than %.0f times the number of persons seen: most of it is "
			"extrapolation.",
			EXTRAPOLATION);
}

static void explain_models(struct explain *e, const struct view_result *h)
{
	double low;
	double high;
	if (view_spread(e->v, &low, &high) && high > METHODS_DISAGREE * low)
		note(e,
			"Methods disagree: their totals run from about %s to about %s, so much hangs on how "
			"the "
			"dependence between lists is treated (Silverman, Chan and Vincent 2024).",
			digits_of(low).text, digits_of(high).text);
	else if (h->close_rivals)
		note(e, "Other models fit these data about as well as the chosen one.");
	else if (e->v->methods_decide)
		note(e, "Other methods, or models that fit about as well, give another total.");
	if (!h->search_complete)
		note(e, "There are too many models to prove which fits best: a downhill search chose this "
			"one.");
}

/* A reason about one variant; what follows its name. */
static void note_variant(
	struct explain *e, const struct view_variant *x, const char *before, const char *after)
{
	if (x->merged)
		note(e, "%s with %s and %s merged %s", before, e->v->names[x->j], e->v->names[x->k], after);
	else
		note(e, "%s without %s %s", before, e->v->names[x->j], after);
}

static bool is_far(const struct view_variant *x, const struct view_result *h)
{
	if (x->placed)
		return x->place == 0 || x->place == VIEW_N_BORDERS;
	if (x->estimate.state != VIEW_SHOWN || h->estimate.state != VIEW_SHOWN)
		return false;
	double ratio = x->estimate.value / h->estimate.value;
	return ratio > view_borders[VIEW_N_BORDERS - 1] || ratio < view_borders[0];
}

static void explain_variants(struct explain *e, const struct view_result *h)
{
	const struct view_variant *missing = NULL;
	const struct view_variant *far = NULL;
	for (size_t i = 0; i < e->v->n_variants; i++) {
		const struct view_variant *x = &e->v->variants[i];
		if (!missing && x->estimate.state == VIEW_NONE)
			missing = x;
		if (!far && is_far(x, h))
			far = x;
	}
	if (missing)
		note_variant(e, missing, "The estimate hangs on single lists:", "there is none.");
	if (far)
		note_variant(e, far, "The total hangs on single lists:",
			"it is less than half or more than twice as large (Binette and Steorts 2022).");
}

static bool any_overlap_is_hidden(const struct report_view *v)
{
	for (size_t j = 0; j < v->n_lists; j++)
		for (size_t k = j + 1; k < v->n_lists; k++)
			if (!suppress_pair_is_empty(v->table, j, k) &&
				!suppress_pair_is_covered(v->table, j, k))
				return true;
	return false;
}

static bool all_overlaps_are_small(const struct report_view *v)
{
	for (size_t j = 0; j < v->n_lists; j++)
		for (size_t k = j + 1; k < v->n_lists; k++)
			if (suppress_pair_is_covered(v->table, j, k))
				return false;
	return v->n_lists > 1;
}

static void explain_table(struct explain *e)
{
	const struct report_view *v = e->v;
	size_t pairs = v->n_lists * (v->n_lists - 1) / 2;
	if (v->n_lists == 2)
		note(e, "There are only two lists: that they are independent cannot be checked, and "
			"everything rests on "
			"it (Whitehead et al. 2019).");
	if ((double)v->table->persons.high < FEW_PERSONS)
		note(e, "Fewer than %.0f persons were seen: too few to choose a model with confidence.",
			FEW_PERSONS);
	if (2 * v->n_empty_pairs > pairs)
		note(e, "More than half of the pairs of lists share nobody: the table is sparse, and "
			"estimates from "
			"sparse tables are unsteady (Chan, Silverman and Vincent 2021).");
	if (all_overlaps_are_small(v))
		note(e,
			"No combination of lists that can be shown has %u persons or more: few persons carry "
			"all that is known about those never seen.",
			v->k);
	for (size_t j = 0; j < v->n_lists && v->n_lists > 1; j++)
		if ((double)v->table->lists[j].low > DOMINATES * (double)v->table->persons.high)
			note(e, "The list %s holds nearly everybody seen: the others hardly check it.",
				v->names[j]);
}

static void explain_rules(struct explain *e)
{
	const struct report_view *v = e->v;
	if (v->bad_fit)
		note(e, "The model does not fit well what was seen (deviance and Pearson).");
	if (v->few_decide)
		note(e, "A few persons decide: with one person or one small group less the total would be "
			"another.");
	if (v->setting_decides)
		note(e, "The total hangs on a setting of the method, such as its threshold.");
	if (v->linkage_decides)
		note(e, "The record linkage decides: with its errors undone the total would be another.");
	if (v->chains_disagree)
		note(e, "Latent classes give no number: their chains do not agree.");
	if (v->classes_are_few)
		note(e, "Latent classes were allowed too few classes, which makes their total too small.");
	if (v->posterior_excludes)
		note(e, "The total lies outside of what another method, which averages over graphs or latent "
			"classes, holds possible.");
}

static void explain_good(struct explain *e, const struct view_result *h)
{
	if (h && h->lower.state == VIEW_SHOWN && h->upper.state == VIEW_SHOWN)
		note(e,
			"The estimate exists, its interval is bounded (about %s to %s), models that fit "
			"equally well "
			"agree, and no single list carries it.",
			digits_of(h->lower.value).text, digits_of(h->upper.value).text);
	else
		note(e, "The estimate exists, its interval is bounded, models that fit equally well agree, "
			"and no "
			"single list carries it.");
}

static void explain_bad(struct explain *e, const struct view_result *h)
{
	if (h) {
		explain_replicates(e, h);
		explain_interval(e, h);
		explain_models(e, h);
		explain_variants(e, h);
	} else {
		explain_nothing(e);
	}
	explain_table(e);
	explain_rules(e);
	if (h && h->end_is_extreme)
		note(e, "An end of the interval is the most extreme replicate: more replicates are needed.");
	if (e->v->n_reasons == 0 || any_overlap_is_hidden(e->v))
		note(e, "There may be further reasons, which rest on counts too small to be shown; the "
			"analyst's own files "
			"name them.");
}

int view_explain(struct report_view *v, struct cf_error *err)
{
	struct explain e = {.v = v};
	const struct view_result *h = view_headline(v);
	if (v->verdict == ESTIMATE_PUBLISHABLE)
		explain_good(&e, h);
	else
		explain_bad(&e, h);
	note(&e, "Whatever the verdict, the total is only as good as its assumptions: nobody entered or left "
		 "the "
		 "population meanwhile, persons were matched without error, everybody could have been "
		 "listed, and the "
		 "model holds for those never seen, which no data can show (Whitehead et al. 2019).");
	return e.status < 0 ? error_memory(err) : CF_OK;
}
