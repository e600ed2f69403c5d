#include "link/cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "link/assign.h"

enum { MAX_CROSS = 256 };

/* One pair may weigh this much against, or for, all others in a mean. */
static const double heaviest = 20;
static const double more_pairs = 0.25;
static const double most_more = 1.4;

void link_clusters_done(struct link_clusters *c)
{
	c->of_row = mem_free(c->of_row);
}

/* Sets of rows, each a ring of members; the root is its first row. */
struct sets {
	uint32_t *parent;
	uint32_t *next; /* the ring */
	uint32_t *size; /* of a root's set */
	size_t n;
};

static void sets_done(struct sets *s)
{
	s->parent = mem_free(s->parent);
	s->next = mem_free(s->next);
	s->size = mem_free(s->size);
}

static int sets_init(struct sets *s, size_t n, struct cf_error *err)
{
	s->n = n;
	s->parent = NEW_ARRAY(uint32_t, n);
	s->next = NEW_ARRAY(uint32_t, n);
	s->size = NEW_ARRAY(uint32_t, n);
	if (!s->parent || !s->next || !s->size)
		return error_memory(err);
	for (size_t i = 0; i < n; i++) {
		s->parent[i] = (uint32_t)i;
		s->next[i] = (uint32_t)i;
		s->size[i] = 1;
	}
	return CF_OK;
}

static uint32_t root_of(struct sets *s, uint32_t row)
{
	while (s->parent[row] != row) {
		s->parent[row] = s->parent[s->parent[row]];
		row = s->parent[row];
	}
	return row;
}

static void join(struct sets *s, uint32_t a, uint32_t b)
{
	uint32_t root = a < b ? a : b;
	uint32_t other = a < b ? b : a;
	s->parent[other] = root;
	s->size[root] += s->size[other];
	uint32_t next = s->next[root];
	s->next[root] = s->next[other];
	s->next[other] = next;
}

/* Whether the two sets have rows of one file. */
static bool share_file(const struct sets *s, const struct link_table *t, uint32_t a, uint32_t b)
{
	uint32_t i = a;
	do {
		size_t file = link_table_file_of(t, i);
		uint32_t j = b;
		do {
			if (j >= t->first[file] && j < t->first[file + 1])
				return true;
			j = s->next[j];
		} while (j != b);
		i = s->next[i];
	} while (i != a);
	return false;
}

/* Whether somebody has said that a row of one set is not the person of a row of the other. */
static bool is_refused(const struct sets *s, const struct link_scorer *scorer, uint32_t a, uint32_t b)
{
	uint32_t i = a;
	do {
		uint32_t j = b;
		do {
			if (link_scorer_is_refused(scorer, i, j))
				return true;
			j = s->next[j];
		} while (j != b);
		i = s->next[i];
	} while (i != a);
	return false;
}

/* What the pairs between two sets say together: the prior once, and the mean of what their fields add (of
 * some pairs when they are many). More pairs say more than one, though much less than their number, since
 * they repeat each other. */
static double weight_between(const struct sets *s, const struct link_scorer *scorer, uint32_t a, uint32_t b)
{
	size_t n_cross = (size_t)s->size[a] * s->size[b];
	size_t step = n_cross / MAX_CROSS + 1;
	size_t at = 0;
	size_t n = 0;
	double sum = 0;
	uint32_t i = a;
	do {
		uint32_t j = b;
		do {
			if (at++ % step == 0) {
				double w =
					link_score_pair(scorer, 0, i < j ? i : j, i < j ? j : i, -INFINITY);
				sum += fmin(fmax(w, -heaviest), heaviest);
				n++;
			}
			j = s->next[j];
		} while (j != b);
		i = s->next[i];
	} while (i != a);
	double prior = link_scorer_prior(scorer);
	double fields = sum / (double)n - prior;
	double factor = fmin(pow((double)n_cross, more_pairs), most_more);
	return prior + (fields > 0 ? factor : 1) * fields;
}

/* Whether each row is the other's first: the pairs come from the heaviest down. */
static bool is_best(uint8_t *taken, const struct link_scored_pair *pair)
{
	bool best = !taken[pair->left] && !taken[pair->right];
	taken[pair->left] = 1;
	taken[pair->right] = 1;
	return best;
}

struct clustering {
	const struct link_table *table;
	const struct link_scorer *scorer;
	const struct link_cluster_options *options;
	struct sets sets;
	uint8_t *taken; /* rows that have had their best pair */
	double n_true;
	double n_refused;
};

static void clustering_done(struct clustering *c)
{
	sets_done(&c->sets);
	c->taken = mem_free(c->taken);
}

static int number(struct sets *s, struct link_clusters *ret, struct cf_error *err)
{
	struct link_clusters c = {.n_rows = s->n};
	c.of_row = NEW_ARRAY_ZERO(uint32_t, s->n);
	if (!c.of_row)
		return error_memory(err);
	for (size_t i = 0; i < s->n; i++) {
		uint32_t root = root_of(s, (uint32_t)i);
		if (root != i) {
			c.of_row[i] = c.of_row[root];
			continue;
		}
		size_t size = s->size[root];
		c.of_row[i] = (uint32_t)++c.n;
		c.n_joined += size > 1 ? size : 0;
		c.largest = size > c.largest ? size : c.largest;
		c.n_pairs += size * (size - 1) / 2;
	}
	*ret = c;
	return CF_OK;
}

/* Whether a pair, the heaviest that is left, joins the sets of its rows; *ret_weight: what speaks for it. */
static bool joins(
	struct clustering *c, const struct link_scored_pair *pair, uint32_t a, uint32_t b, double *ret_weight)
{
	const struct link_cluster_options *o = c->options;
	const struct sets *s = &c->sets;
	if (a == b || (o->method == LINK_BEST && !is_best(c->taken, pair)))
		return false;
	if (o->one_a_file && share_file(s, c->table, a, b)) {
		c->n_refused++;
		return false;
	}
	if (o->n_decisions && is_refused(s, c->scorer, a, b))
		return false;
	bool decided = o->n_decisions && pair->weight >= (float)LINK_DECIDED;
	bool alone = decided || (s->size[a] == 1 && s->size[b] == 1);
	*ret_weight = pair->weight;
	if (o->method != LINK_CONSISTENT || alone)
		return true;
	*ret_weight = weight_between(s, c->scorer, a, b);
	return *ret_weight >= o->weight;
}

static int join_heaviest_first(struct clustering *c, const struct link_scored *scored, struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	int got;
	c->taken = NEW_ARRAY_ZERO(uint8_t, c->table->n_rows);
	if (!c->taken)
		return error_memory(err);
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0 && pair->weight >= c->options->weight) {
		uint32_t a = root_of(&c->sets, pair->left);
		uint32_t b = root_of(&c->sets, pair->right);
		double weight;
		if (!joins(c, pair, a, b, &weight))
			continue;
		c->n_true += (double)c->sets.size[a] * c->sets.size[b] * link_probability(weight);
		join(&c->sets, a, b);
	}
	return got < 0 ? got : CF_OK;
}

/* ---- two files, one to one ---- */

struct gains {
	struct link_gain *list;
	size_t n;
	size_t capacity;
};

static void gains_done(struct gains *g)
{
	g->list = mem_free(g->list);
}

static int by_rows(const void *a, const void *b)
{
	const struct link_gain *x = a;
	const struct link_gain *y = b;
	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return (x->right > y->right) - (x->right < y->right);
}

/* What each pair weighs over the threshold. */
static int gather_gains(
	const struct clustering *c, const struct link_scored *scored, struct gains *g, struct cf_error *err)
{
	static const double least = 1e-9; /* a pair on the threshold is still better than none */
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	uint32_t second = (uint32_t)c->table->first[1];
	double threshold = c->options->weight;
	int got;
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0 && pair->weight >= threshold) {
		if (pair->left >= second || pair->right < second)
			continue;
		if (g->n == g->capacity) {
			struct link_gain *list = mem_grow(g->list, g->n, &g->capacity, sizeof *list);
			if (!list)
				return error_memory(err);
			g->list = list;
		}
		g->list[g->n++] = (struct link_gain){
			pair->left, pair->right - second, fmax(pair->weight - threshold, least)};
	}
	TRY(got);
	if (g->n)
		qsort(g->list, g->n, sizeof *g->list, by_rows);
	return CF_OK;
}

static size_t count_assigned(const uint32_t *to, size_t n)
{
	size_t n_assigned = 0;
	for (size_t i = 0; i < n; i++)
		n_assigned += to[i] != LINK_UNASSIGNED;
	return n_assigned;
}

static int join_exactly(struct clustering *c, const struct link_scored *scored, struct cf_error *err)
{
	CF_CLEANUP(gains_done) struct gains g = {0};
	const struct link_table *t = c->table;
	if (t->n_files != 2)
		return error_set(err, CF_E_USAGE,
			"clusters = exact pairs the rows of two files; here there are %zu", t->n_files);
	uint32_t n_left = (uint32_t)t->first[1];
	CF_CLEANUP_FREE uint32_t *to = NEW_ARRAY(uint32_t, n_left);
	if (!to)
		return error_memory(err);
	TRY(gather_gains(c, scored, &g, err));
	TRY(link_assign(g.list, g.n, n_left, (uint32_t)(t->n_rows - n_left), to, err));
	for (size_t i = 0; i < g.n; i++) {
		const struct link_gain *gain = &g.list[i];
		if (to[gain->left] != gain->right)
			continue;
		c->n_true += link_probability(gain->weight + c->options->weight);
		join(&c->sets, gain->left, n_left + gain->right);
	}
	c->n_refused = (double)(g.n - count_assigned(to, n_left));
	return CF_OK;
}

/* ---- all of it ---- */

const char *link_cluster_method_name(enum link_cluster_method method)
{
	static const char *const names[LINK_N_CLUSTER_METHODS] = {[LINK_CONSISTENT] = "consistent",
		[LINK_COMPONENTS] = "components",
		[LINK_BEST] = "best",
		[LINK_EXACT] = "exact"};
	return names[method];
}

int link_cluster(const struct link_table *t, const struct link_scored *scored,
	const struct link_scorer *scorer, const struct link_cluster_options *o, struct link_clusters *ret,
	struct cf_error *err)
{
	CF_CLEANUP(clustering_done) struct clustering c = {.table = t, .scorer = scorer, .options = o};
	TRY(sets_init(&c.sets, t->n_rows, err));
	TRY(o->method == LINK_EXACT ? join_exactly(&c, scored, err) : join_heaviest_first(&c, scored, err));
	TRY(number(&c.sets, ret, err));
	ret->n_true = c.n_true;
	ret->n_refused = c.n_refused;
	return CF_OK;
}
