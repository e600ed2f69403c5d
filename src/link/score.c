#include "link/score.h"

#include <math.h>
#include <stdlib.h>

struct link_scorer {
	const struct link_table *table;
	struct link_comparer *comparer;
	size_t n_fields;
	const struct link_decision *decisions;
	size_t n_decisions;
	struct link_weights weights;
	float *by_frequency[LINK_MAX_FIELDS]; /* added to equal, by code; NULL: nothing */
	size_t order[LINK_MAX_FIELDS];        /* those that can take most away first */
	double rest[LINK_MAX_FIELDS + 1];     /* the most that fields from order[i] on can add */
};

struct link_scorer *link_scorer_free(struct link_scorer *s)
{
	if (!s)
		return NULL;
	for (size_t f = 0; f < LINK_MAX_FIELDS; f++)
		(void)mem_free(s->by_frequency[f]);
	return mem_free(s);
}

static int set_frequencies(struct link_scorer *s, const struct link_settings *settings,
	const struct link_model *model, struct cf_error *err)
{
	for (size_t f = 0; f < s->n_fields; f++) {
		const struct link_column *c = &s->table->columns[settings->fields[f].column];
		double n_known = (double)(s->table->n_rows - c->counts[0]);
		if (!settings->fields[f].by_frequency || n_known == 0)
			continue;
		float *bits = NEW_ARRAY_ZERO(float, (size_t)c->values.n + 1);
		if (!bits)
			return error_memory(err);
		for (uint32_t code = 1; code <= c->values.n; code++)
			bits[code] = c->counts[code] ? (float)link_frequency_bits(
							       &model->fields[f], c->counts[code] / n_known)
						     : 0;
		s->by_frequency[f] = bits;
	}
	return CF_OK;
}

static double most_of(const struct link_scorer *s, size_t f, const struct link_field_model *field)
{
	double most = 0;
	for (unsigned level = 1; level <= field->n_levels; level++)
		most = fmax(
			most, s->weights.levels[f][level] + (level == LINK_LEVEL_EQUAL && s->by_frequency[f]
									    ? LINK_MOST_FREQUENCY_BITS
									    : 0));
	return most;
}

static double most_of_edges(const struct link_weights *w)
{
	double sum = 0;
	for (size_t e = 0; e < w->n_edges; e++) {
		double most = 0;
		for (unsigned a = 0; a <= LINK_MAX_LEVELS; a++)
			for (unsigned b = 0; b <= LINK_MAX_LEVELS; b++)
				most = fmax(most, -w->edges[e].bits[a][b]);
		sum += most;
	}
	return sum;
}

/* Fields whose random pairs weigh least come first. */
static void set_order(struct link_scorer *s, const struct link_model *model)
{
	double usual[LINK_MAX_FIELDS];
	for (size_t f = 0; f < s->n_fields; f++) {
		usual[f] = -most_of(s, f, &model->fields[f]);
		for (unsigned level = 1; level <= model->fields[f].n_levels; level++)
			usual[f] += model->fields[f].u[level] * s->weights.levels[f][level];
		size_t at = f;
		for (; at > 0 && usual[s->order[at - 1]] > usual[f]; at--)
			s->order[at] = s->order[at - 1];
		s->order[at] = f;
	}
	s->rest[s->n_fields] = most_of_edges(&s->weights);
	for (size_t i = s->n_fields; i-- > 0;)
		s->rest[i] = s->rest[i + 1] + most_of(s, s->order[i], &model->fields[s->order[i]]);
}

int link_scorer_new(const struct link_table *t, const struct link_settings *settings, struct link_comparer *c,
	const struct link_model *model, struct link_scorer **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_SCORER struct link_scorer *s = NEW(struct link_scorer);
	if (!s)
		return error_memory(err);
	s->table = t;
	s->comparer = c;
	s->n_fields = settings->n_fields;
	link_weights_make(model, &s->weights);
	TRY(set_frequencies(s, settings, model, err));
	set_order(s, model);
	*ret = TAKE(s);
	return CF_OK;
}

double link_scorer_prior(const struct link_scorer *s)
{
	return s->weights.prior;
}

/* ---- decisions ---- */

static int compare_pairs(uint32_t a_left, uint32_t a_right, uint32_t b_left, uint32_t b_right)
{
	if (a_left != b_left)
		return a_left < b_left ? -1 : 1;
	return (a_right > b_right) - (a_right < b_right);
}

static int by_pair(const void *a, const void *b)
{
	const struct link_decision *x = a;
	const struct link_decision *y = b;
	int order = compare_pairs(x->left, x->right, y->left, y->right);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

size_t link_decisions_sort(struct link_decision *decisions, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		decisions[i].order = (uint32_t)i;
	if (n)
		qsort(decisions, n, sizeof *decisions, by_pair);
	for (size_t i = 0; i < n; i++) {
		const struct link_decision *last = kept ? &decisions[kept - 1] : NULL;
		if (last && last->left == decisions[i].left && last->right == decisions[i].right)
			kept--;
		decisions[kept++] = decisions[i];
	}
	return kept;
}

int link_decisions_find(const struct link_decision *decisions, size_t n, uint32_t left, uint32_t right)
{
	size_t low = 0;
	size_t high = n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct link_decision *d = &decisions[middle];
		int order = compare_pairs(left, right, d->left, d->right);
		if (order == 0)
			return d->same ? 1 : -1;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return 0;
}

void link_scorer_decide(struct link_scorer *s, const struct link_decision *decisions, size_t n)
{
	s->decisions = decisions;
	s->n_decisions = n;
}

bool link_scorer_is_refused(const struct link_scorer *s, uint32_t left, uint32_t right)
{
	return s->n_decisions && link_decisions_find(s->decisions, s->n_decisions,
					 left < right ? left : right, left < right ? right : left) < 0;
}

double link_score_pair(
	const struct link_scorer *s, size_t worker, uint32_t left, uint32_t right, double floor)
{
	double weight = s->weights.prior;
	uint64_t pattern = 0;
	int decided = s->n_decisions ? link_decisions_find(s->decisions, s->n_decisions, left, right) : 0;
	if (decided)
		return decided * LINK_DECIDED < floor ? -INFINITY : decided * LINK_DECIDED;
	for (size_t i = 0; i < s->n_fields; i++) {
		if (weight + s->rest[i] < floor)
			return -INFINITY;
		size_t f = s->order[i];
		unsigned level = link_compare_field(s->comparer, worker, f, left, right);
		pattern |= (uint64_t)level << f * LINK_PATTERN_BITS;
		weight += s->weights.levels[f][level];
		if (level == LINK_LEVEL_EQUAL && s->by_frequency[f])
			weight += s->by_frequency[f][link_comparer_code(s->comparer, f, left)];
	}
	weight += link_weight_of_edges(&s->weights, pattern);
	return weight < floor ? -INFINITY : weight;
}

void link_score_fields(const struct link_scorer *s, size_t worker, uint32_t left, uint32_t right,
	struct link_field_score ret[LINK_MAX_FIELDS])
{
	for (size_t f = 0; f < s->n_fields; f++) {
		unsigned level = link_compare_field(s->comparer, worker, f, left, right);
		ret[f] = (struct link_field_score){.level = level, .weight = s->weights.levels[f][level]};
		if (level == LINK_LEVEL_EQUAL && s->by_frequency[f])
			ret[f].by_frequency = s->by_frequency[f][link_comparer_code(s->comparer, f, left)];
	}
}

double link_score_pattern(const struct link_scorer *s, uint32_t row, uint64_t pattern)
{
	double weight = s->weights.prior + link_weight_of_pattern(&s->weights, pattern);
	for (size_t f = 0; f < s->n_fields; f++)
		if (link_pattern_level(pattern, f) == LINK_LEVEL_EQUAL && s->by_frequency[f])
			weight += s->by_frequency[f][link_comparer_code(s->comparer, f, row)];
	return weight;
}

/* ---- all pairs of the rules ---- */

/* Sums that do not depend on the order of adding: in 2^-30 of a pair. */
static const double unit = 1073741824;

struct tally {
	uint64_t n_compared;
	uint64_t found[3]; /* as in link_scored, in units */
	char pad[32];      /* workers write side by side */
};

struct scoring {
	const struct link_scorer *scorer;
	double floor;
	struct link_collector *collector;
	struct tally *workers;
};

static void count_found(struct tally *t, uint32_t rules, double probability)
{
	int n = __builtin_popcount(rules);
	t->found[(n < 3 ? n : 3) - 1] += (uint64_t)(probability * unit);
}

/* Most pairs are left after their first fields; those are fetched while earlier pairs are scored. */
static void fetch_ahead(const struct link_scorer *s, size_t worker, const struct link_pair *pairs, size_t n)
{
	static const size_t usual_fields = 2;
	if (n > LINK_FETCH_CODES)
		link_fetch_codes(s->comparer, pairs[LINK_FETCH_CODES].left, pairs[LINK_FETCH_CODES].right);
	if (n > LINK_FETCH_VALUES) {
		const struct link_row_pair next = {
			pairs[LINK_FETCH_VALUES].left, pairs[LINK_FETCH_VALUES].right};
		link_fetch_values(s->comparer, worker, s->order,
			s->n_fields < usual_fields ? s->n_fields : usual_fields, &next);
	}
}

static int take(void *context, size_t task, size_t worker, const struct link_pair *pairs, size_t n,
	struct cf_error *err)
{
	(void)task;
	struct scoring *w = context;
	struct tally *t = &w->workers[worker];
	t->n_compared += n;
	for (size_t i = 0; i < n; i++) {
		fetch_ahead(w->scorer, worker, pairs + i, n - i);
		double weight = link_score_pair(w->scorer, worker, pairs[i].left, pairs[i].right, w->floor);
		if (weight < w->floor)
			continue;
		count_found(t, pairs[i].rules, link_probability(weight));
		/* those that people decided are added once for all */
		if (w->scorer->n_decisions && weight >= LINK_DECIDED &&
			link_decisions_find(
				w->scorer->decisions, w->scorer->n_decisions, pairs[i].left, pairs[i].right))
			continue;
		const struct link_scored_pair pair = {pairs[i].left, pairs[i].right, (float)weight};
		TRY(link_collector_add(w->collector, worker, &pair, err));
	}
	return CF_OK;
}

static int add_decided(const struct link_scorer *s, struct link_collector *to, struct cf_error *err)
{
	for (size_t i = 0; i < s->n_decisions; i++) {
		const struct link_decision *d = &s->decisions[i];
		const struct link_scored_pair pair = {d->left, d->right, (float)LINK_DECIDED};
		if (d->same)
			TRY(link_collector_add(to, 0, &pair, err));
	}
	return CF_OK;
}

static void add_tallies(const struct tally *workers, size_t n, struct link_scored *to)
{
	for (size_t w = 0; w < n; w++) {
		to->n_compared += (double)workers[w].n_compared;
		for (size_t k = 0; k < 3; k++)
			to->found[k] += (double)workers[w].found[k] / unit;
	}
}

int link_score_all(const struct link_scorer *s, struct link_pairs *pairs, const struct link_score_options *o,
	struct link_scored *ret, struct cf_error *err)
{
	CF_CLEANUP(link_scored_done) struct link_scored scored = {0};
	CF_CLEANUP_LINK_COLLECTOR struct link_collector *collector = NULL;
	const struct link_collector_options collecting = {
		.n_workers = (size_t)jobs_n_threads(o->pool), .max_pairs = o->max_pairs, .folder = o->folder};
	CF_CLEANUP_FREE struct tally *workers = NEW_ARRAY_ZERO(struct tally, collecting.n_workers);
	if (!workers)
		return error_memory(err);
	TRY(link_collector_new(&collecting, &collector, err));
	struct scoring w = {.scorer = s, .floor = o->floor, .collector = collector, .workers = workers};
	const struct link_visit visit = {
		.context = &w, .take = take, .share = 1, .stage = "comparing", .progress = o->progress};
	TRY(link_pairs_visit(pairs, o->pool, &visit, err));
	TRY(add_decided(s, collector, err));
	TRY(link_collector_finish(collector, &scored, err));
	add_tallies(workers, collecting.n_workers, &scored);
	*ret = scored;
	scored = (struct link_scored){0};
	return CF_OK;
}
