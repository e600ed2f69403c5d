/*
 * For one hidden count and one value, a witness is sought near the true table: minimise the persons moved,
 * subject to everything the table shows and to the figures' first-order change staying inside their rounding.
 * The vertex is made whole by fixing one fractional entry after another; then the figures are computed and,
 * where one left its place, the linear model is shifted by the difference and the search repeated.
 */
#include "release/figures.h"

#include <math.h>
#include <string.h>

#include "release/attack.h"

enum { MAX_COVERS = 40, MAX_SHIFTS = 6 };

/* Steps, finest first; then as place_figure says. */
enum { LEVEL_CLASS = 10, LEVEL_TOLD, LEVEL_NOTHING };

/* Small counts to protect: the persons in the hidden patterns that hold part (one pattern, when exact). */
struct target {
	uint32_t part;
	bool exact;
};

struct search {
	const struct figure_request *q;
	struct figure *figures; /* as they would be shown now; those that are not told do not count */
	size_t n_cells;
	uint32_t *cells; /* hidden patterns, in the order of preference as covers: see order_cells */
	size_t n_covers;
	size_t n_targets;
	struct target *targets;
	bool *proven;     /* [target * k + value] */
	double *gradient; /* [figure * n_cells + cell], of the logarithm */
	double *base;     /* logarithms of the true figures */
	uint64_t *counts; /* scratch: a whole table */
	double *values;   /* scratch: its figures */
	double *modelled; /* scratch: logarithms the linear model is anchored at, and the table they are of */
	double *anchor;
};

static void search_done(struct search *s)
{
	s->cells = mem_free(s->cells);
	s->targets = mem_free(s->targets);
	s->proven = mem_free(s->proven);
	s->gradient = mem_free(s->gradient);
	s->base = mem_free(s->base);
	s->counts = mem_free(s->counts);
	s->values = mem_free(s->values);
	s->modelled = mem_free(s->modelled);
	s->anchor = mem_free(s->anchor);
}

/* ---- rounding ---- */

static struct figure between_borders(const struct figure_wanted *w, double value, double unit)
{
	struct figure f = {.shown = true, .rounded = NAN, .low = 0, .high = INFINITY};
	for (size_t i = 0; i < w->n_borders; i++)
		if (value >= w->borders[i] * unit)
			f.low = w->borders[i] * unit;
		else if (isinf(f.high))
			f.high = w->borders[i] * unit;
	return f;
}

struct figure figure_place(const struct figure_wanted *w, double value, double step, double unit)
{
	if (!(step > 0))
		return between_borders(w, value, unit);
	double m = value / step;
	struct figure f = {.shown = true, .step = step};
	switch (w->rounding) {
	case FIGURE_DOWN:
		f.rounded = floor(m) * step;
		f.low = f.rounded;
		f.high = f.rounded + step;
		break;
	case FIGURE_UP:
		f.rounded = ceil(m) * step;
		f.low = f.rounded - step;
		f.high = f.rounded;
		break;
	case FIGURE_NEAREST:
		f.rounded = floor(m + 0.5) * step;
		f.low = f.rounded - step / 2;
		f.high = f.rounded + step / 2;
		break;
	}
	return f;
}

uint32_t figure_values_kept(uint32_t k)
{
	uint32_t half = k / 2 < 2 ? 2 : k / 2;
	return half < k - 1 ? half : k - 1;
}

double figure_step(const struct figure_wanted *w, unsigned n)
{
	static const double limits[] = {[FIGURE_NEAREST] = 0.5, [FIGURE_DOWN] = 1, [FIGURE_UP] = 2};
	if (!(w->value > 0) || !isfinite(w->value) || n >= LEVEL_CLASS)
		return 0;
	double target = w->value / 200 * pow(10, n / 3.0);
	double power = pow(10, floor(log10(target)));
	double lead = target / power;
	double step = power * (lead >= 5 ? 5 : lead >= 2 ? 2 : 1);
	step = fmax(step, 1); /* persons */
	return step <= limits[w->rounding] * w->value || n == 0 ? step : 0;
}

/* The figures of a group at a level: those below LEVEL_CLASS are steps, LEVEL_CLASS is between borders where
 * there are any, LEVEL_TOLD only whether there is a figure, LEVEL_NOTHING not even that. */
/* What the borders of a figure are multiples of; NAN: it has none. */
static double unit_of(const struct search *s, size_t i)
{
	const struct figure_wanted *w = &s->q->wanted[i];
	const struct figure *f = &s->figures[w->relative_to];
	return w->n_borders > 0 && f->shown && f->step > 0 ? f->rounded : NAN;
}

static void place_figure(struct search *s, size_t i, unsigned level)
{
	const struct figure_wanted *w = &s->q->wanted[i];
	struct figure *f = &s->figures[i];
	*f = (struct figure){.rounded = NAN};
	double step = level < LEVEL_CLASS ? figure_step(w, level) : 0;
	double unit = unit_of(s, i);
	bool by_class = level == LEVEL_CLASS && unit > 0 && isfinite(w->value);
	if (step > 0 || by_class)
		*f = figure_place(w, w->value, step, unit);
	f->told = level != LEVEL_NOTHING;
}

static void place_group(struct search *s, uint32_t group, unsigned level)
{
	for (size_t i = 0; i < s->q->n; i++)
		if (s->q->wanted[i].group == group)
			place_figure(s, i, level);
}

/* Whether these figures would be shown as the true ones are. */
static bool rounds_alike(const struct search *s, const double *values)
{
	for (size_t i = 0; i < s->q->n; i++) {
		const struct figure *f = &s->figures[i];
		if (f->told && isnan(values[i]) != isnan(s->q->wanted[i].value))
			return false;
		if (!f->shown)
			continue;
		struct figure other = figure_place(&s->q->wanted[i], values[i], f->step, unit_of(s, i));
		bool alike = f->step > 0 ? fabs(other.rounded - f->rounded) < f->step / 4
					 : other.low == f->low && other.high == f->high;
		if (!alike)
			return false;
	}
	return true;
}

/* ---- what to protect, and with which other counts ---- */

static uint64_t persons_holding(const struct search *s, const uint64_t *counts, const struct target *t)
{
	uint64_t n = 0;
	if (t->exact)
		return counts[t->part];
	for (uint32_t p = t->part; p < s->q->table->n_patterns; p++)
		n += (p & t->part) == t->part ? counts[p] : 0;
	return n;
}

static bool is_small(const struct search *s, const struct target *t)
{
	uint64_t n = persons_holding(s, s->q->counts, t);
	return n >= 1 && n < s->q->table->k;
}

static void find_targets(struct search *s)
{
	const struct suppressed_table *t = s->q->table;
	for (size_t c = 0; c < s->n_cells; c++) {
		struct target cell = {.part = s->cells[c], .exact = true};
		if (is_small(s, &cell))
			s->targets[s->n_targets++] = cell;
	}
	for (size_t j = 0; j < t->n_lists; j++)
		for (size_t k = j + 1; k < t->n_lists; k++) {
			struct target pair = {.part = UINT32_C(1) << j | UINT32_C(1) << k};
			if (is_small(s, &pair))
				s->targets[s->n_targets++] = pair;
		}
}

/* Patterns with persons first, then by how few lists they hold: they give way most easily. */
static uint32_t rank_of(const struct search *s, uint32_t pattern)
{
	uint32_t lists = (uint32_t)__builtin_popcount(pattern);
	return s->q->counts[pattern] ? lists : lists + 32;
}

static void order_cells(struct search *s)
{
	const struct suppressed_table *t = s->q->table;
	for (uint32_t rank = 0; rank < 64; rank++)
		for (uint32_t p = 1; p < t->n_patterns; p++)
			if (t->state[p] == SUPPRESS_HIDDEN && rank_of(s, p) == rank)
				s->cells[s->n_cells++] = p;
	s->n_covers = s->n_cells < MAX_COVERS ? s->n_cells : MAX_COVERS;
}

static int search_begin(struct search *s, struct cf_error *err)
{
	const struct suppressed_table *t = s->q->table;
	size_t pairs = t->n_lists * t->n_lists;
	s->cells = NEW_ARRAY(uint32_t, t->n_hidden);
	s->targets = NEW_ARRAY(struct target, t->n_hidden + pairs);
	s->proven = NEW_ARRAY_ZERO(bool, (t->n_hidden + pairs) * t->k);
	s->gradient = NEW_ARRAY_ZERO(double, t->n_hidden * s->q->n);
	s->base = NEW_ARRAY_ZERO(double, s->q->n);
	s->counts = NEW_ARRAY_ZERO(uint64_t, t->n_patterns);
	s->values = NEW_ARRAY_ZERO(double, s->q->n);
	s->modelled = NEW_ARRAY_ZERO(double, s->q->n);
	s->anchor = NEW_ARRAY_ZERO(double, t->n_hidden);
	if (!s->cells || !s->targets || !s->proven || !s->gradient || !s->base || !s->counts || !s->values ||
		!s->modelled || !s->anchor)
		return error_memory(err);
	order_cells(s);
	find_targets(s);
	return CF_OK;
}

/* ---- the linear model ---- */

static int evaluate(struct search *s, struct cf_error *err)
{
	for (size_t i = 0; i < s->q->n; i++)
		s->values[i] = NAN;
	return s->q->function(s->q->context, s->counts, s->values, err);
}

/* Cells that may move: the covers and those to protect. */
static bool may_move(const struct search *s, size_t cell)
{
	return cell < s->n_covers || s->q->counts[s->cells[cell]] > 0;
}

static int find_gradient(struct search *s, struct cf_error *err)
{
	memcpy(s->counts, s->q->counts, s->q->table->n_patterns * sizeof *s->counts);
	TRY(evaluate(s, err));
	for (size_t i = 0; i < s->q->n; i++)
		s->base[i] = log(s->values[i]);
	for (size_t c = 0; c < s->n_cells; c++) {
		if (!may_move(s, c))
			continue;
		s->counts[s->cells[c]]++;
		TRY(evaluate(s, err));
		s->counts[s->cells[c]]--;
		for (size_t i = 0; i < s->q->n; i++) {
			double change = log(s->values[i]) - s->base[i];
			s->gradient[i * s->n_cells + c] = isfinite(change) ? change : 0;
		}
		progress_report(s->q->progress, "weighing what the figures tell", c + 1, s->n_cells);
	}
	return CF_OK;
}

/* The linear program for one witness. Columns: moving cells x, persons moved d, and the share of each
 * figure's room that is kept free. */
struct program {
	const struct search *s;
	struct attack *attack;
	size_t n; /* moving cells */
	size_t moving[MAX_COVERS + 1];
	double row[2 * (MAX_COVERS + 1) + 1];
};

static void program_done(struct program *p)
{
	p->attack = attack_free(p->attack);
}

static size_t column_free(const struct program *p)
{
	return 2 * p->n;
}

static uint32_t pattern_at(const struct program *p, size_t column)
{
	return p->s->cells[p->moving[column]];
}

/* A row over the cells that hold part; what stands still is taken off its bounds. */
static int add_sum(struct program *p, const struct target *sum, double low, double high, struct cf_error *err)
{
	double still = 0;
	for (size_t c = 0; c < p->s->n_cells; c++) {
		uint32_t cell = p->s->cells[c];
		if (sum->exact ? cell == sum->part : (cell & sum->part) == sum->part)
			still += (double)p->s->q->counts[cell];
	}
	memset(p->row, 0, sizeof p->row);
	for (size_t i = 0; i < p->n; i++) {
		uint32_t cell = pattern_at(p, i);
		if (sum->exact ? cell != sum->part : (cell & sum->part) != sum->part)
			continue;
		p->row[i] = 1;
		still -= (double)p->s->q->counts[cell];
	}
	return attack_add_row(p->attack, p->row, low - still, high - still, err);
}

static int add_published(struct program *p, struct cf_error *err)
{
	const struct suppressed_table *t = p->s->q->table;
	struct target all = {0};
	TRY(add_sum(p, &all, (double)t->hidden.low, (double)t->hidden.high, err));
	for (size_t j = 0; j < t->n_lists; j++) {
		struct target list = {.part = UINT32_C(1) << j};
		TRY(add_sum(p, &list, (double)t->list_hidden[j].low, (double)t->list_hidden[j].high, err));
		for (size_t k = j + 1; k < t->n_lists; k++) {
			struct target pair = {.part = UINT32_C(1) << j | UINT32_C(1) << k};
			if (!suppress_pair_is_empty(t, j, k) && !suppress_pair_is_covered(t, j, k))
				TRY(add_sum(p, &pair, 1, INFINITY, err));
		}
	}
	return CF_OK;
}

/* d >= x - true and d >= true - x. */
static int add_distances(struct program *p, struct cf_error *err)
{
	for (size_t i = 0; i < p->n; i++) {
		double start = (double)p->s->q->counts[pattern_at(p, i)];
		memset(p->row, 0, sizeof p->row);
		p->row[i] = 1;
		p->row[p->n + i] = -1;
		TRY(attack_add_row(p->attack, p->row, -INFINITY, start, err));
		p->row[p->n + i] = 1;
		TRY(attack_add_row(p->attack, p->row, start, INFINITY, err));
	}
	return CF_OK;
}

static int add_figure(struct program *p, size_t i, struct cf_error *err)
{
	const struct search *s = p->s;
	const struct figure *f = &s->figures[i];
	/* an open side: a factor of 20,000 away */
	double low = f->low > 0 ? log(f->low) : log(f->high) - 10;
	double high = isfinite(f->high) ? log(f->high) : low + 10;
	double room = (high - low) / 2;
	double at = s->modelled[i];
	memset(p->row, 0, sizeof p->row);
	for (size_t c = 0; c < p->n; c++) {
		p->row[c] = s->gradient[i * s->n_cells + p->moving[c]];
		at -= p->row[c] * s->anchor[p->moving[c]];
	}
	p->row[column_free(p)] = -room;
	TRY(attack_add_row(p->attack, p->row, low - at, INFINITY, err));
	p->row[column_free(p)] = room;
	return attack_add_row(p->attack, p->row, -INFINITY, high - at, err);
}

static int program_begin(
	struct program *p, const struct search *s, const struct target *target, struct cf_error *err)
{
	p->s = s;
	for (size_t c = 0; c < s->n_cells; c++)
		if (c < s->n_covers || (target->exact && s->cells[c] == target->part))
			p->moving[p->n++] = c;
	TRY(attack_new(2 * p->n + 1, &p->attack, err));
	double top = s->q->table->k - 1;
	for (size_t i = 0; i < p->n; i++) {
		TRY(attack_bound_column(p->attack, i, 0, top, err));
		TRY(attack_bound_column(p->attack, p->n + i, 0, top, err));
	}
	/* half of the room is as good as all of it */
	return attack_bound_column(p->attack, column_free(p), 0, 0.5, err);
}

static int program_fill(struct program *p, const struct target *target, uint32_t value, struct cf_error *err)
{
	TRY(add_sum(p, target, value, value, err));
	TRY(add_published(p, err));
	TRY(add_distances(p, err));
	for (size_t i = 0; i < p->s->q->n; i++)
		if (p->s->figures[i].shown)
			TRY(add_figure(p, i, err));
	memset(p->row, 0, sizeof p->row);
	for (size_t i = 0; i < p->n; i++)
		p->row[p->n + i] = 1;
	p->row[column_free(p)] = -4; /* room is worth two persons moved there and back */
	return attack_set_objective(p->attack, p->row, err);
}

/* The entry furthest along to a whole number but not there; n when all are whole. */
static size_t most_fractional(const struct program *p, const double *x)
{
	size_t at = p->n;
	double least = 1;
	for (size_t i = 0; i < p->n; i++) {
		double away = fabs(x[i] - round(x[i]));
		if (away > 1e-6 && away < least) {
			least = away;
			at = i;
		}
	}
	return at;
}

/* 1 and a whole solution in x, or 0. */
static int dive(struct program *p, double *x, struct cf_error *err)
{
	struct attack_optimum best = {.columns = x};
	int found = attack_optimise(p->attack, false, &best, err);
	while (found == 1) {
		size_t i = most_fractional(p, x);
		if (i == p->n)
			return 1;
		double near = round(x[i]);
		double other = near > x[i] ? near - 1 : near + 1;
		TRY(attack_bound_column(p->attack, i, near, near, err));
		found = attack_optimise(p->attack, false, &best, err);
		if (found)
			continue;
		TRY(attack_bound_column(p->attack, i, other, other, err));
		found = attack_optimise(p->attack, false, &best, err);
	}
	return found;
}

/* ---- witnesses ---- */

/* One linear program: 1 when it gave a whole table, which is then in s->counts. */
static int propose(struct search *s, const struct target *target, uint32_t value, struct cf_error *err)
{
	CF_CLEANUP(program_done) struct program p = {0};
	double x[2 * (MAX_COVERS + 1) + 1];
	TRY(program_begin(&p, s, target, err));
	TRY(program_fill(&p, target, value, err));
	int found = dive(&p, x, err);
	if (found != 1)
		return found;
	memcpy(s->counts, s->q->counts, s->q->table->n_patterns * sizeof *s->counts);
	for (size_t i = 0; i < p.n; i++)
		s->counts[pattern_at(&p, i)] = (uint64_t)llround(x[i]);
	return 1;
}

static uint64_t hidden_sum(const struct search *s, uint32_t part)
{
	uint64_t n = 0;
	for (size_t c = 0; c < s->n_cells; c++)
		n += (s->cells[c] & part) == part ? s->counts[s->cells[c]] : 0;
	return n;
}

static bool lies_in(struct suppress_range range, uint64_t n)
{
	return n >= range.low && n <= range.high;
}

/* Whether s->counts would be published as the true table is: checked anew, in whole numbers. */
static bool is_published_alike(const struct search *s)
{
	const struct suppressed_table *t = s->q->table;
	bool alike = lies_in(t->hidden, hidden_sum(s, 0));
	for (size_t c = 0; c < s->n_cells; c++)
		alike = alike && s->counts[s->cells[c]] < t->k;
	for (size_t j = 0; j < t->n_lists && alike; j++) {
		alike = lies_in(t->list_hidden[j], hidden_sum(s, UINT32_C(1) << j));
		for (size_t k = j + 1; k < t->n_lists && alike; k++)
			alike = suppress_pair_is_empty(t, j, k) || suppress_pair_is_covered(t, j, k) ||
				hidden_sum(s, UINT32_C(1) << j | UINT32_C(1) << k) > 0;
	}
	return alike;
}

/* A witness for one count proves the value it has for each of the others as well. */
static void note_witness(struct search *s)
{
	for (size_t i = 0; i < s->n_targets; i++) {
		uint64_t n = persons_holding(s, s->counts, &s->targets[i]);
		if (n < s->q->table->k)
			s->proven[i * s->q->table->k + n] = true;
	}
}

/* Anchors the linear model at the true table, or at the one in s->counts whose figures are in s->values. */
static void anchor_at(struct search *s, const uint64_t *counts, const double *logarithms)
{
	for (size_t c = 0; c < s->n_cells; c++)
		s->anchor[c] = (double)counts[s->cells[c]];
	for (size_t i = 0; i < s->q->n; i++)
		s->modelled[i] = logarithms ? logarithms[i] : log(s->values[i]);
}

/* 1 when a witness was found for the target at this value. */
static int find_witness(struct search *s, const struct target *target, uint32_t value, struct cf_error *err)
{
	anchor_at(s, s->q->counts, s->base);
	for (int shift = 0; shift < MAX_SHIFTS; shift++) {
		int found = propose(s, target, value, err);
		if (found != 1)
			return found;
		if (!is_published_alike(s))
			return 0;
		TRY(evaluate(s, err));
		if (rounds_alike(s, s->values)) {
			note_witness(s);
			return 1;
		}
		for (size_t i = 0; i < s->q->n; i++)
			if (s->figures[i].shown && isnan(s->values[i]))
				return 0;
		anchor_at(s, s->counts, NULL);
	}
	return 0;
}

static uint32_t values_proven(const struct search *s, size_t target)
{
	uint32_t n = 0;
	for (uint32_t v = 1; v < s->q->table->k; v++)
		n += s->proven[target * s->q->table->k + v];
	return n;
}

/* Whether enough values of one count have a witness. Nearer values first: they are the easier ones. */
static int audit_target(struct search *s, size_t target, bool *ret, struct cf_error *err)
{
	uint32_t k = s->q->table->k;
	uint32_t true_value = (uint32_t)persons_holding(s, s->q->counts, &s->targets[target]);
	uint32_t needed = figure_values_kept(k);
	for (uint32_t i = 2; i < 2 * k && values_proven(s, target) < needed; i++) {
		/* one more, one less, two more, ... */
		uint32_t v = i % 2 ? true_value - i / 2 : true_value + i / 2;
		if (v < 1 || v >= k || s->proven[target * k + v])
			continue;
		int found = find_witness(s, &s->targets[target], v, err);
		if (found < 0)
			return found;
	}
	*ret = values_proven(s, target) >= needed;
	return CF_OK;
}

/* Whether every small count keeps enough values with s->figures as they stand. */
static int audit(struct search *s, bool *ret, struct cf_error *err)
{
	memset(s->proven, 0, s->n_targets * s->q->table->k);
	memcpy(s->counts, s->q->counts, s->q->table->n_patterns * sizeof *s->counts);
	note_witness(s); /* the true table is one */
	*ret = true;
	for (size_t i = 0; i < s->n_targets && *ret; i++) {
		TRY(audit_target(s, i, ret, err));
		progress_report(s->q->progress, "checking what the figures tell", i + 1, s->n_targets);
	}
	return CF_OK;
}

/* Whether the group shows something, or all there is. */
static bool shows(const struct search *s, uint32_t group, bool all)
{
	bool any = false;
	for (size_t i = 0; i < s->q->n; i++) {
		const struct figure_wanted *w = &s->q->wanted[i];
		if (w->group != group || !isfinite(w->value))
			continue;
		if ((all || unit_of(s, i) > 0) && !s->figures[i].shown)
			return false;
		any = any || s->figures[i].shown;
	}
	return any;
}

/* The next coarser level at which the group still shows something, or LEVEL_TOLD, then LEVEL_NOTHING. */
static unsigned coarser(struct search *s, uint32_t group, unsigned level)
{
	while (++level < LEVEL_TOLD) {
		place_group(s, group, level);
		if (shows(s, group, false))
			return level;
	}
	place_group(s, group, level);
	return level;
}

/* Figure by figure, as classes: those that pass stay, the others are withheld. */
static int settle_singly(struct search *s, uint32_t group, struct cf_error *err)
{
	place_group(s, group, LEVEL_NOTHING);
	for (size_t i = 0; i < s->q->n; i++) {
		if (s->q->wanted[i].group != group)
			continue;
		place_figure(s, i, LEVEL_CLASS);
		bool safe;
		TRY(audit(s, &safe, err));
		if (!safe)
			place_figure(s, i, LEVEL_NOTHING);
	}
	return CF_OK;
}

static bool is_wanted(const struct search *s, uint32_t group)
{
	for (size_t i = 0; i < s->q->n; i++)
		if (s->q->wanted[i].group == group)
			return true;
	return false;
}

/* Places the group at the finest level that passes. */
static int settle_group(struct search *s, uint32_t group, struct cf_error *err)
{
	unsigned level = 0;
	if (!is_wanted(s, group))
		return CF_OK;
	place_group(s, group, level);
	while (level < LEVEL_CLASS) {
		bool safe;
		TRY(audit(s, &safe, err));
		if (safe)
			break;
		level = coarser(s, group, level);
	}
	return level < LEVEL_CLASS ? CF_OK : settle_singly(s, group, err);
}

/* Goes on to finer levels while they pass. */
static int refine_group(struct search *s, uint32_t group, unsigned level, struct cf_error *err)
{
	bool safe = true;
	while (level > 0 && safe) {
		place_group(s, group, --level);
		TRY(audit(s, &safe, err));
	}
	if (!safe)
		place_group(s, group, level + 1);
	return CF_OK;
}

/* All of both groups shown, the second at most two levels coarser than the first, as fine as passes; then
 * each finer alone. */
static int settle_together(struct search *s, bool *ret, struct cf_error *err)
{
	*ret = false;
	for (unsigned level = 0; level < LEVEL_CLASS; level++)
		for (unsigned coarse = level; coarse <= level + 2 && coarse < LEVEL_CLASS; coarse++) {
			place_group(s, 0, level);
			place_group(s, 1, coarse);
			if (!shows(s, 0, true) || !shows(s, 1, true))
				continue;
			TRY(audit(s, ret, err));
			if (!*ret)
				continue;
			TRY(refine_group(s, 1, coarse, err));
			return refine_group(s, 0, level, err);
		}
	return CF_OK;
}

static int settle_first_groups(struct search *s, struct cf_error *err)
{
	bool settled = false;
	if (is_wanted(s, 0) && is_wanted(s, 1))
		TRY(settle_together(s, &settled, err));
	if (settled)
		return CF_OK;
	place_group(s, 1, LEVEL_NOTHING);
	TRY(settle_group(s, 0, err));
	return settle_group(s, 1, err);
}

int figures_round(const struct figure_request *q, struct figure *ret, struct cf_error *err)
{
	memset(ret, 0, q->n * sizeof *ret);
	CF_CLEANUP(search_done) struct search s = {.q = q, .figures = ret};
	if (q->table->n_hidden == 0) {
		for (uint32_t group = 0; group < FIGURE_MAX_GROUPS; group++)
			place_group(&s, group, 0);
		return CF_OK;
	}
	TRY(search_begin(&s, err));
	TRY(find_gradient(&s, err));
	TRY(settle_first_groups(&s, err));
	for (uint32_t group = 2; group < FIGURE_MAX_GROUPS; group++)
		TRY(settle_group(&s, group, err));
	return CF_OK;
}
