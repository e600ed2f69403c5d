/*
 * The table is published in steps: which patterns reach k, which pairs are empty, the range of all hidden
 * persons together, then the range of each list's hidden part. A step divides the possible values y of one
 * sum of hidden patterns into parts, and publishes the part that holds the true value.
 *
 * Which parts keep the promise? Fix pattern c at v and let y run over the polytope of tables that the steps
 * so far leave open: it covers an interval [least(c, v), most(c, v)], and since least is convex and most
 * concave in v, v = 1 and v = k - 1 are the worst. With A the largest least and B the smallest most over all
 * c, a part [low, high] leaves every v of every c possible if and only if high >= A and low <= B. Parts of
 * the fixed width do, except at the two ends, where they are merged until they do.
 *
 * Linear programs speak of fractions of persons. A vertex of the polytope cut by r rows has at most r
 * fractional entries; rounding them moves each row by at most r / 2, so rows are tightened by a little more
 * than r / 2 - 1 on both sides while A and B are computed: then the rounded table, whole numbers all, still
 * meets every range.
 */
#include "release/suppress.h"

#include <math.h>
#include <string.h>

#include "release/attack.h"

struct audit {
	struct suppressed_table *s;
	struct attack *attack;
	size_t n;           /* hidden patterns */
	uint32_t *patterns; /* by column */
	uint8_t *least; /* 1 for the pattern of two lists alone whose overlap is hidden and not empty, else 0
			 */
	double margin;
	double *sum;  /* coefficients of the sum under way */
	double *x;    /* where the last optimum was taken */
	double *best; /* [column * 2 + which of v]: the best y met so far with that value */
};

static void audit_done(struct audit *a)
{
	a->attack = attack_free(a->attack);
	a->patterns = mem_free(a->patterns);
	a->least = mem_free(a->least);
	a->sum = mem_free(a->sum);
	a->x = mem_free(a->x);
	a->best = mem_free(a->best);
}

static uint32_t pair_of(size_t j, size_t k)
{
	return UINT32_C(1) << j | UINT32_C(1) << k;
}

static bool holds(uint32_t pattern, uint32_t part)
{
	return (pattern & part) == part;
}

bool suppress_pair_is_empty(const struct suppressed_table *s, size_t j, size_t k)
{
	return s->state[pair_of(j, k)] == SUPPRESS_EMPTY;
}

bool suppress_pair_is_covered(const struct suppressed_table *s, size_t j, size_t k)
{
	return s->pairs[j * s->n_lists + k].low >= s->k;
}

/* ---- the first two steps: patterns of k or more, empty pairs ---- */

static void mark_patterns(struct suppressed_table *s, const uint64_t *counts)
{
	for (uint32_t p = 1; p < s->n_patterns; p++) {
		bool shown = counts[p] >= s->k;
		s->state[p] = shown ? SUPPRESS_SHOWN : SUPPRESS_HIDDEN;
		s->count[p] = shown ? counts[p] : 0;
		s->n_shown += shown;
	}
}

static void mark_pairs(struct suppressed_table *s, const uint64_t *counts)
{
	for (size_t j = 0; j < s->n_lists; j++)
		for (size_t k = j + 1; k < s->n_lists; k++) {
			uint32_t pair = pair_of(j, k);
			bool empty = true;
			for (uint32_t p = pair; p < s->n_patterns && empty; p++)
				empty = !holds(p, pair) || counts[p] == 0;
			for (uint32_t p = pair; p < s->n_patterns && empty; p++)
				if (holds(p, pair))
					s->state[p] = SUPPRESS_EMPTY;
		}
	for (uint32_t p = 1; p < s->n_patterns; p++)
		s->n_hidden += s->state[p] == SUPPRESS_HIDDEN;
}

/* Persons in the shown patterns that hold part. */
static uint64_t shown_persons(const struct suppressed_table *s, uint32_t part)
{
	uint64_t n = 0;
	for (uint32_t p = 1; p < s->n_patterns; p++)
		n += holds(p, part) ? s->count[p] : 0;
	return n;
}

static size_t hidden_patterns(const struct suppressed_table *s, uint32_t part)
{
	size_t n = 0;
	for (uint32_t p = 1; p < s->n_patterns; p++)
		n += holds(p, part) && s->state[p] == SUPPRESS_HIDDEN;
	return n;
}

/* Whether the two lists have persons in common, all of them in hidden patterns. */
static bool overlap_is_hidden(const struct suppressed_table *s, size_t j, size_t k)
{
	return !suppress_pair_is_empty(s, j, k) && shown_persons(s, pair_of(j, k)) == 0;
}

/* ---- dividing the line ---- */

/* Each row cut off so far, and the one about to be. */
static double margin_for(size_t n_rows)
{
	return n_rows > 2 ? (double)n_rows / 2 - 1 + 1e-3 : 1e-3;
}

/* A multiple of k that leaves the tightened rows room. */
static uint32_t step_for(uint32_t k, size_t n_lists)
{
	double need = 2 * margin_for(n_lists + 1) + 1;
	uint32_t step = k;
	while (step - 1 < need)
		step += k;
	return step;
}

/* The part that holds y, of 0 to most divided so that every part has an end >= a and a beginning <= b. */
static struct suppress_range part_of(uint32_t step, double a, double b, uint64_t most, uint64_t y)
{
	struct suppress_range whole = {0, most};
	if (!(a < 1e15) || !(b >= 0))
		return whole;
	uint64_t first_end = step * (uint64_t)(ceil((a + 1) / step) < 1 ? 1 : ceil((a + 1) / step));
	uint64_t last_begin = step * (uint64_t)floor(fmin(b, (double)most) / step);
	if (first_end > last_begin)
		return whole;
	if (y < first_end)
		return (struct suppress_range){0, first_end - 1};
	if (y >= last_begin)
		return (struct suppress_range){last_begin, most};
	return (struct suppress_range){y / step * step, y / step * step + step - 1};
}

/* All hidden persons together: here A and B have closed forms. Pattern c at v, every hidden overlap of two
 * lists at 1, the rest at 0 gives the least; c at v and everything else at k - 1 the most. */
static struct suppress_range divide_hidden(const struct suppressed_table *s, uint64_t hidden)
{
	double top = s->k - 1;
	uint64_t most = (uint64_t)s->n_hidden * (s->k - 1);
	double a = top;
	double b = 1 + top * (double)(s->n_hidden - 1);
	for (size_t j = 0; j < s->n_lists; j++)
		for (size_t k = j + 1; k < s->n_lists; k++) {
			if (!overlap_is_hidden(s, j, k))
				continue;
			a += 1;
			/* an overlap of one person: all its patterns but one at 0 */
			size_t others = s->n_hidden - hidden_patterns(s, pair_of(j, k));
			b = fmin(b, 1 + top * (double)others);
		}
	double margin = margin_for(s->n_lists + 1); /* the rows to come are tightened, this one with them */
	return part_of(s->step, a + margin, b - margin, most, hidden);
}

/* ---- the lists, by linear programs ---- */

static int audit_begin(struct audit *a, struct suppressed_table *s, struct cf_error *err)
{
	a->s = s;
	a->n = s->n_hidden;
	a->margin = margin_for(s->n_lists + 1);
	a->patterns = NEW_ARRAY(uint32_t, a->n);
	a->least = NEW_ARRAY_ZERO(uint8_t, a->n);
	a->sum = NEW_ARRAY_ZERO(double, a->n);
	a->x = NEW_ARRAY_ZERO(double, a->n);
	a->best = NEW_ARRAY_ZERO(double, 2 * a->n);
	if (!a->patterns || !a->least || !a->sum || !a->x || !a->best)
		return error_memory(err);
	size_t at = 0;
	for (uint32_t p = 1; p < s->n_patterns; p++)
		if (s->state[p] == SUPPRESS_HIDDEN)
			a->patterns[at++] = p;
	for (size_t c = 0; c < a->n; c++)
		for (size_t j = 0; j < s->n_lists; j++)
			for (size_t k = j + 1; k < s->n_lists; k++)
				if (a->patterns[c] == pair_of(j, k))
					a->least[c] = overlap_is_hidden(s, j, k);
	TRY(attack_new(a->n, &a->attack, err));
	for (size_t c = 0; c < a->n; c++)
		TRY(attack_bound_column(a->attack, c, a->least[c], s->k - 1, err));
	return CF_OK;
}

/* Makes the sum of the hidden patterns that hold part the one under way; returns their number. */
static size_t choose_sum(struct audit *a, uint32_t part)
{
	size_t n = 0;
	for (size_t c = 0; c < a->n; c++) {
		a->sum[c] = holds(a->patterns[c], part);
		n += a->sum[c] != 0;
	}
	return n;
}

/* Publishes that the sum under way lies in range. The ends that no table could exceed need no margin. */
static int cut(struct audit *a, struct suppress_range range, uint64_t most, struct cf_error *err)
{
	double low = range.low == 0 ? -INFINITY : (double)range.low + a->margin;
	double high = range.high == most ? INFINITY : (double)range.high - a->margin;
	if (isinf(low) && isinf(high))
		return CF_OK;
	return attack_add_row(a->attack, a->sum, low, high, err);
}

/* The least or most of the sum under way; notes for every pattern that it takes the value 1 or k - 1 there.
 */
static int extreme(struct audit *a, bool maximise, double *ret, struct cf_error *err)
{
	struct attack_optimum at = {.columns = a->x};
	int found = attack_optimise(a->attack, maximise, &at, err);
	if (found < 0)
		return found;
	if (!found)
		at.value = maximise ? -INFINITY : INFINITY; /* cannot happen while the invariant holds */
	for (size_t c = 0; c < a->n && found; c++)
		for (size_t which = 0; which < 2; which++) {
			double v = which ? a->s->k - 1 : 1;
			double *best = &a->best[2 * c + which];
			if (fabs(a->x[c] - v) < 1e-9)
				*best = maximise ? fmax(*best, at.value) : fmin(*best, at.value);
		}
	*ret = at.value;
	return CF_OK;
}

/* Fixes column c at v, and for alone every other pattern of its two lists at 0; or sets the bounds back. */
static int pin(struct audit *a, size_t c, double v, bool alone, struct cf_error *err)
{
	for (size_t d = 0; d < a->n && alone; d++)
		if (d != c && holds(a->patterns[d], a->patterns[c]))
			TRY(attack_bound_column(a->attack, d, 0, 0, err));
	return attack_bound_column(a->attack, c, v, v, err);
}

static int unpin(struct audit *a, size_t c, bool alone, struct cf_error *err)
{
	for (size_t d = 0; d < a->n; d++)
		if (d == c || (alone && holds(a->patterns[d], a->patterns[c])))
			TRY(attack_bound_column(a->attack, d, a->least[d], a->s->k - 1, err));
	return CF_OK;
}

/* A (least of the sum, maximise false) or B (most, true) over all patterns and hidden overlaps. A pattern
 * whose best value met so far does not lie beyond the bound under way cannot move it, and is skipped. */
static int find_bound(struct audit *a, bool maximise, double *ret, struct cf_error *err)
{
	double bound = maximise ? INFINITY : -INFINITY;
	for (size_t i = 0; i < 2 * a->n; i++)
		a->best[i] = maximise ? -INFINITY : INFINITY;
	TRY(attack_set_objective(a->attack, a->sum, err));
	for (size_t c = 0; c < a->n; c++)
		for (size_t which = 0; which < 2; which++) {
			double v = which ? a->s->k - 1 : 1;
			bool alone = a->least[c] != 0;
			double met = a->best[2 * c + which];
			if (!alone && (maximise ? met >= bound : met <= bound))
				continue;
			double value;
			TRY(pin(a, c, v, alone, err));
			TRY(extreme(a, maximise, &value, err));
			TRY(unpin(a, c, alone, err));
			bound = maximise ? fmin(bound, value) : fmax(bound, value);
		}
	*ret = bound;
	return CF_OK;
}

static int divide_list(struct audit *a, size_t j, uint64_t y, struct cf_error *err)
{
	struct suppressed_table *s = a->s;
	uint64_t most = (uint64_t)choose_sum(a, UINT32_C(1) << j) * (s->k - 1);
	s->list_hidden[j] = (struct suppress_range){0, most};
	if (most == 0)
		return CF_OK;
	double least_end;
	double most_begin;
	TRY(find_bound(a, false, &least_end, err));
	TRY(find_bound(a, true, &most_begin, err));
	/* 1e-6: the simplex method's own tolerance */
	s->list_hidden[j] =
		part_of(s->step, least_end + a->margin + 1e-6, most_begin - a->margin - 1e-6, most, y);
	return cut(a, s->list_hidden[j], most, err);
}

static int divide_lists(struct suppressed_table *s, const uint64_t *counts, struct cf_error *err)
{
	CF_CLEANUP(audit_done) struct audit a = {0};
	TRY(audit_begin(&a, s, err));
	(void)choose_sum(&a, 0);
	TRY(cut(&a, s->hidden, (uint64_t)s->n_hidden * (s->k - 1), err));
	for (size_t j = 0; j < s->n_lists; j++) {
		uint64_t y = 0;
		for (size_t c = 0; c < a.n; c++)
			y += a.patterns[c] >> j & 1 ? counts[a.patterns[c]] : 0;
		TRY(divide_list(&a, j, y, err));
	}
	return CF_OK;
}

/* ---- what follows ---- */

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void derive_totals(struct suppressed_table *s)
{
	uint64_t shown = shown_persons(s, 0);
	s->persons = (struct suppress_range){shown + s->hidden.low, shown + s->hidden.high};
	for (size_t j = 0; j < s->n_lists; j++) {
		uint64_t own = shown_persons(s, UINT32_C(1) << j);
		s->list_hidden[j].high = smaller(s->list_hidden[j].high, s->hidden.high);
		s->lists[j] =
			(struct suppress_range){own + s->list_hidden[j].low, own + s->list_hidden[j].high};
	}
}

static void derive_pairs(struct suppressed_table *s)
{
	for (size_t j = 0; j < s->n_lists; j++)
		for (size_t k = 0; k < s->n_lists; k++) {
			uint32_t pair = pair_of(j, k);
			uint64_t own = shown_persons(s, pair);
			uint64_t most = (uint64_t)hidden_patterns(s, pair) * (s->k - 1);
			most = smaller(most, smaller(s->list_hidden[j].high, s->list_hidden[k].high));
			uint64_t least = own + (j != k && overlap_is_hidden(s, j, k));
			s->pairs[j * s->n_lists + k] =
				j == k ? s->lists[j] : (struct suppress_range){least, own + most};
		}
}

static struct suppressed_table *suppressed_new(size_t n_lists, uint32_t k)
{
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = NEW(struct suppressed_table);
	if (!s)
		return NULL;
	s->n_lists = n_lists;
	s->n_patterns = (size_t)1 << n_lists;
	s->k = k;
	s->step = step_for(k, n_lists);
	s->state = NEW_ARRAY_ZERO(uint8_t, s->n_patterns);
	s->count = NEW_ARRAY_ZERO(uint64_t, s->n_patterns);
	s->list_hidden = NEW_ARRAY_ZERO(struct suppress_range, n_lists);
	s->lists = NEW_ARRAY_ZERO(struct suppress_range, n_lists);
	s->pairs = NEW_ARRAY_ZERO(struct suppress_range, n_lists * n_lists);
	if (!s->state || !s->count || !s->list_hidden || !s->lists || !s->pairs)
		return NULL;
	return TAKE(s);
}

int suppress_table(
	const struct overlap_table *t, uint32_t k, struct suppressed_table **ret, struct cf_error *err)
{
	enum { MAX_K = 1000000 };
	if (k < 2 || k > MAX_K)
		return error_set(err, CF_E_USAGE, "the least count to show must be from 2 to %d", (int)MAX_K);
	if (t->n_lists < 1 || t->n_lists > OVERLAP_MAX_LISTS)
		return error_set(err, CF_E_USAGE, "a table has from 1 to %d lists", (int)OVERLAP_MAX_LISTS);
	CF_CLEANUP_SUPPRESSED struct suppressed_table *s = suppressed_new(t->n_lists, k);
	CF_CLEANUP_FREE uint64_t *counts = NEW_ARRAY_ZERO(uint64_t, (size_t)1 << t->n_lists);
	if (!s || !counts)
		return error_memory(err);
	overlap_collapse(t, counts);
	mark_patterns(s, counts);
	mark_pairs(s, counts);
	uint64_t hidden = overlap_n_persons(t) - shown_persons(s, 0);
	if (s->n_hidden)
		s->hidden = divide_hidden(s, hidden);
	for (size_t j = 0; j < s->n_lists; j++)
		s->list_hidden[j].high = (uint64_t)hidden_patterns(s, UINT32_C(1) << j) * (k - 1);
	if (s->n_hidden && s->n_hidden <= SUPPRESS_MAX_AUDIT)
		TRY(divide_lists(s, counts, err));
	derive_totals(s);
	derive_pairs(s);
	*ret = TAKE(s);
	return CF_OK;
}

struct suppressed_table *suppress_free(struct suppressed_table *s)
{
	if (!s)
		return NULL;
	s->state = mem_free(s->state);
	s->count = mem_free(s->count);
	s->list_hidden = mem_free(s->list_hidden);
	s->lists = mem_free(s->lists);
	s->pairs = mem_free(s->pairs);
	return mem_free(s);
}

struct suppress_range suppress_count(const struct suppressed_table *s, uint64_t count)
{
	uint64_t low = count / s->step * s->step;
	return (struct suppress_range){low, low + s->step - 1};
}

struct suppress_range suppress_count_above(
	const struct suppressed_table *s, struct suppress_range base, uint64_t count)
{
	if (count <= base.high)
		return base;
	uint64_t over = (count - base.high - 1) / s->step * s->step;
	return (struct suppress_range){base.high + 1 + over, base.high + over + s->step};
}
