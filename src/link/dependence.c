#include "link/dependence.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

enum { DRAWN = 6000, MAX_TRIES = 32 };

/* Counts added on both sides of a ratio, so that a handful of pairs proves nothing. */
static const double shrink = 2;
/* Levels near equal share what was measured at equal, in part. */
static const double near_share = 0.75;
static const double least_bits = 0.3;
/* Where most pairs that agree in a field are the same person, the few others say nothing about chance. */
static const double least_different = 0.3;
static const double most_bits = 8;

struct link_dependence {
	size_t n_fields;
	double completeness[LINK_MAX_FIELDS];
	uint64_t *drawn; /* patterns of pairs that agree in field f: drawn[f * DRAWN..] */
	size_t n_drawn[LINK_MAX_FIELDS];
};

struct link_dependence *link_dependence_free(struct link_dependence *d)
{
	if (!d)
		return NULL;
	(void)mem_free(d->drawn);
	return mem_free(d);
}

/* ---- drawing ---- */

/* Rows by code of one column, and the pairs up to each code. */
struct agreeing {
	uint32_t *rows;
	uint32_t *begin; /* n codes + 2 */
	double *pairs;   /* cumulated */
};

static void agreeing_done(struct agreeing *a)
{
	a->rows = mem_free(a->rows);
	a->begin = mem_free(a->begin);
	a->pairs = mem_free(a->pairs);
}

static int agreeing_make(const struct link_column *c, size_t n_rows, struct agreeing *a, struct cf_error *err)
{
	size_t n = c->values.n;
	a->rows = NEW_ARRAY(uint32_t, n_rows);
	a->begin = NEW_ARRAY_ZERO(uint32_t, n + 2);
	a->pairs = NEW_ARRAY_ZERO(double, n + 1);
	if (!a->rows || !a->begin || !a->pairs)
		return error_memory(err);
	uint32_t at = c->counts[0];
	for (size_t code = 1; code <= n; code++) {
		double k = c->counts[code];
		a->begin[code] = at;
		at += c->counts[code];
		a->pairs[code] = a->pairs[code - 1] + k * (k - 1) / 2;
	}
	for (size_t row = 0; row < n_rows; row++)
		if (c->codes[row])
			a->rows[a->begin[c->codes[row]]++] = (uint32_t)row;
	a->begin[n + 1] = at;
	/* placing moved each begin to the next one's */
	for (size_t code = n; code >= 1; code--)
		a->begin[code] = a->begin[code] - c->counts[code];
	return CF_OK;
}

static size_t draw_code(const struct agreeing *a, size_t n, struct random_stream *random)
{
	double at = random_uniform(random) * a->pairs[n];
	size_t low = 1;
	size_t high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (a->pairs[middle] > at)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool is_allowed(const struct link_table *t, const struct link_settings *s, uint32_t a, uint32_t b)
{
	if (a == b)
		return false;
	return link_table_file_of(t, a) == link_table_file_of(t, b) ? s->within : s->across;
}

struct drawing {
	const struct link_table *table;
	const struct link_settings *settings;
	struct link_comparer *comparer;
	struct link_dependence *dependence;
};

static int draw_field(void *context, size_t f, size_t worker, struct cf_error *err)
{
	struct drawing *w = context;
	struct link_dependence *d = w->dependence;
	const struct link_column *c = &w->table->columns[w->settings->fields[f].column];
	CF_CLEANUP(agreeing_done) struct agreeing a = {0};
	struct random_stream random;
	random_init(&random, 2, f);
	d->completeness[f] = 1 - c->counts[0] / (double)w->table->n_rows;
	TRY(agreeing_make(c, w->table->n_rows, &a, err));
	if (a.pairs[c->values.n] < 1)
		return CF_OK;
	for (size_t i = 0; i < (size_t)DRAWN * MAX_TRIES && d->n_drawn[f] < DRAWN; i++) {
		size_t code = draw_code(&a, c->values.n, &random);
		uint32_t x = a.rows[a.begin[code] + random_below(&random, c->counts[code])];
		uint32_t y = a.rows[a.begin[code] + random_below(&random, c->counts[code])];
		if (is_allowed(w->table, w->settings, x, y))
			d->drawn[f * DRAWN + d->n_drawn[f]++] =
				link_compare_rows(w->comparer, worker, x < y ? x : y, x < y ? y : x);
	}
	return CF_OK;
}

int link_dependence_new(const struct link_table *t, const struct link_settings *s, struct link_comparer *c,
	struct job_pool *pool, struct link_dependence **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_DEPENDENCE struct link_dependence *d = NEW(struct link_dependence);
	if (!d)
		return error_memory(err);
	d->n_fields = s->n_fields;
	d->drawn = NEW_ARRAY(uint64_t, s->n_fields * DRAWN);
	if (!d->drawn)
		return error_memory(err);
	struct drawing w = {.table = t, .settings = s, .comparer = c, .dependence = d};
	TRY(jobs_run(pool, s->n_fields, draw_field, &w, err));
	*ret = TAKE(d);
	return CF_OK;
}

/* ---- measuring ---- */

/* Pairs that are probably different persons and agree in f: how often g has each level. */
struct conditional {
	double n_drawn[LINK_MAX_FIELDS];
	double n[LINK_MAX_FIELDS][LINK_MAX_FIELDS];
	double levels[LINK_MAX_FIELDS][LINK_MAX_FIELDS][LINK_MAX_LEVELS + 1];
};

static void condition(const struct link_dependence *d, const struct link_model *model, struct conditional *c)
{
	struct link_weights w;
	link_weights_make(model, &w);
	memset(c, 0, sizeof *c);
	for (size_t f = 0; f < d->n_fields; f++) {
		c->n_drawn[f] = (double)d->n_drawn[f];
		for (size_t i = 0; i < d->n_drawn[f]; i++) {
			uint64_t pattern = d->drawn[f * DRAWN + i];
			double weight = w.prior + link_weight_of_pattern(&w, pattern);
			double different = 1 - link_probability(weight);
			for (size_t g = 0; g < d->n_fields; g++) {
				unsigned level = link_pattern_level(pattern, g);
				c->levels[f][g][level] += different;
				c->n[f][g] += level ? different : 0;
			}
		}
	}
}

static double ratio(double seen, double expected)
{
	double bits = log2((seen + shrink) / (expected + shrink));
	return fmin(fmax(bits, -most_bits), most_bits);
}

/* How much more often g has a level when f agrees. */
static double bits_given(
	const struct conditional *c, const struct link_model *model, size_t f, size_t g, unsigned level)
{
	if (c->n[f][f] < least_different * c->n_drawn[f])
		return 0;
	return ratio(c->levels[f][g][level], c->n[f][g] * model->fields[g].u[level]);
}

static void fill_edge(const struct conditional *c, const struct link_model *model, struct link_edge *e)
{
	size_t f = e->a;
	size_t g = e->b;
	memset(e->bits, 0, sizeof e->bits);
	const struct link_field_model *of_f = &model->fields[f];
	const struct link_field_model *of_g = &model->fields[g];
	double both = bits_given(c, model, f, g, LINK_LEVEL_EQUAL);
	double other = bits_given(c, model, g, f, LINK_LEVEL_EQUAL);
	/* the two measure one thing; the better founded counts */
	if (both == 0 || (other != 0 && c->n[g][f] * of_f->u[LINK_LEVEL_EQUAL] >
						c->n[f][g] * of_g->u[LINK_LEVEL_EQUAL]))
		both = other;
	for (unsigned level = 2; level <= of_g->n_levels; level++)
		e->bits[LINK_LEVEL_EQUAL][level] = bits_given(c, model, f, g, level);
	for (unsigned level = 2; level <= of_f->n_levels; level++)
		e->bits[level][LINK_LEVEL_EQUAL] = bits_given(c, model, g, f, level);
	e->bits[LINK_LEVEL_EQUAL][LINK_LEVEL_EQUAL] = both;
	/* near levels of f behave much like equal */
	for (unsigned near = 2; near < of_f->n_levels; near++)
		for (unsigned level = 1; level <= of_g->n_levels && of_f->m[near] > of_f->u[near]; level++)
			e->bits[near][level] = near_share * e->bits[LINK_LEVEL_EQUAL][level];
	for (unsigned near = 2; near < of_g->n_levels; near++)
		for (unsigned level = 1; level <= of_f->n_levels && of_g->m[near] > of_g->u[near]; level++)
			e->bits[level][near] = near_share * e->bits[level][LINK_LEVEL_EQUAL];
}

/* Bits that the edge takes from a usual match. */
static double importance(const struct link_dependence *d, const struct conditional *c,
	const struct link_model *model, size_t f, size_t g)
{
	struct link_edge e = {.a = (uint8_t)f, .b = (uint8_t)g};
	fill_edge(c, model, &e);
	double bits = e.bits[LINK_LEVEL_EQUAL][LINK_LEVEL_EQUAL];
	if (bits < least_bits)
		return 0;
	return bits * model->fields[f].m[LINK_LEVEL_EQUAL] * model->fields[g].m[LINK_LEVEL_EQUAL] *
	       d->completeness[f] * d->completeness[g];
}

void link_dependence_measure(const struct link_dependence *d, struct link_model *model)
{
	struct conditional c;
	size_t tree[LINK_MAX_FIELDS] = {0};
	condition(d, model, &c);
	for (size_t f = 0; f < d->n_fields; f++)
		tree[f] = f;
	model->n_edges = 0;
	for (;;) {
		double most = 0;
		struct link_edge best = {0};
		for (size_t f = 0; f < d->n_fields; f++)
			for (size_t g = f + 1; g < d->n_fields; g++) {
				double bits = tree[f] != tree[g] ? importance(d, &c, model, f, g) : 0;
				if (bits > most) {
					most = bits;
					best = (struct link_edge){.a = (uint8_t)f, .b = (uint8_t)g};
				}
			}
		if (most <= 0)
			return;
		fill_edge(&c, model, &best);
		model->edges[model->n_edges++] = best;
		size_t from = tree[best.b];
		for (size_t f = 0; f < d->n_fields; f++)
			if (tree[f] == from)
				tree[f] = tree[best.a];
	}
}
