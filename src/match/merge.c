#include "match/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"

struct match_groups *match_groups_free(struct match_groups *g)
{
	if (!g)
		return NULL;
	mem_free(g->root);
	mem_free(g->lists);
	mem_free(g->size);
	return mem_free(g);
}

static uint32_t find_root(uint32_t *root, uint32_t x)
{
	while (root[x] != x) {
		root[x] = root[root[x]];
		x = root[x];
	}
	return x;
}

uint32_t match_groups_find(struct match_groups *g, uint32_t record)
{
	return find_root(g->root, record);
}

static int groups_new(const struct match_postings *p, const struct match_merge_options *o,
	struct match_groups **ret, struct cf_error *err)
{
	CF_CLEANUP_GROUPS struct match_groups *g = NEW(struct match_groups);
	if (!g)
		return error_memory(err);
	g->n = p->n_records;
	g->max_size = o->max_size ? o->max_size : UINT32_MAX;
	g->root = NEW_ARRAY(uint32_t, g->n);
	g->lists = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->size = NEW_ARRAY(uint32_t, g->n);
	if (!g->root || !g->lists || !g->size)
		return error_memory(err);
	size_t list = 0;
	for (uint32_t r = 0; r < g->n; r++) {
		while (r >= o->first[list + 1])
			list++;
		g->root[r] = r;
		g->size[r] = 1;
		g->lists[r] = o->one_per_list ? 1u << list : 0;
	}
	*ret = TAKE(g);
	return 0;
}

/* ---- finding edges ---- */

struct finder {
	const struct match_postings *p;
	const struct match_merge_options *options;
	struct match_groups *g;
	uint32_t *next;    /* the next record of a record's group, itself at the end */
	uint64_t *keys;    /* of each node: those shared with the node at hand */
	uint32_t *touched; /* nodes whose keys are not empty */
	size_t n_touched;
	uint32_t required[32]; /* by list */
	struct match_edge *edges;
	size_t n_edges;
	size_t capacity;
	uint64_t n_pairs;
};

static void finder_done(struct finder *f)
{
	mem_free(f->next);
	mem_free(f->keys);
	mem_free(f->touched);
	mem_free(f->edges);
}

static int finder_init(struct finder *f, struct cf_error *err)
{
	const size_t n = f->p->n_records;
	f->next = NEW_ARRAY(uint32_t, n);
	f->keys = NEW_ARRAY_ZERO(uint64_t, n);
	f->touched = NEW_ARRAY(uint32_t, n);
	if (!f->next || !f->keys || !f->touched)
		return error_memory(err);
	for (size_t l = 0; l < f->options->n_lists; l++) {
		const uint64_t size = f->options->first[l + 1] - f->options->first[l];
		f->required[l] = f->options->one_per_list
					 ? match_plan_required(f->options->plan, size)
					 : match_plan_required_at_home(f->options->plan, size);
	}
	return 0;
}

/* Threads the records of each group in ascending order, starting at the root. */
static void thread_groups(struct finder *f)
{
	/* touched is free between nodes: the last record so far of each group */
	uint32_t *last = f->touched;
	for (uint32_t r = 0; r < f->p->n_records; r++) {
		uint32_t root = find_root(f->g->root, r);
		f->next[r] = r;
		if (root != r)
			f->next[last[root]] = r;
		last[root] = r;
	}
}

/* Votes of one record of the node for every later node that shares a token. */
static void vote(struct finder *f, uint32_t node, uint32_t record)
{
	const struct match_postings *p = f->p;
	const uint32_t *codes = &p->codes[(size_t)record * p->n_slots];
	for (size_t slot = 0; slot < p->n_slots; slot++) {
		const uint32_t code = codes[slot];
		if (!code)
			continue;
		const uint64_t key = (uint64_t)1 << match_plan_slot_key(f->options->plan, slot);
		for (uint32_t i = p->first[code]; i < p->first[code + 1]; i++) {
			uint32_t other = find_root(f->g->root, p->records[i]);
			if (other <= node || (f->g->lists[other] & f->g->lists[node]))
				continue;
			if (!f->keys[other])
				f->touched[f->n_touched++] = other;
			f->keys[other] |= key;
		}
	}
}

/* What two groups need: as much as the largest list that has to do with them asks for. */
static uint32_t required_for(const struct finder *f, uint32_t a, uint32_t b)
{
	uint32_t lists = f->g->lists[a] | f->g->lists[b];
	if (!lists)
		return f->required[0];
	uint32_t most = 0;
	for (; lists; lists &= lists - 1)
		if (f->required[__builtin_ctz(lists)] > most)
			most = f->required[__builtin_ctz(lists)];
	return most;
}

static int weigh_touched(struct finder *f, uint32_t node, struct cf_error *err)
{
	f->n_pairs += f->n_touched;
	for (size_t i = 0; i < f->n_touched; i++) {
		const uint32_t other = f->touched[i];
		const uint64_t keys = f->keys[other];
		f->keys[other] = 0;
		const uint32_t weight = match_plan_weight(f->options->plan, keys);
		if (weight < required_for(f, node, other))
			continue;
		struct match_edge *grown = mem_grow(f->edges, f->n_edges, &f->capacity, sizeof *grown);
		if (!grown)
			return error_memory(err);
		f->edges = grown;
		grown[f->n_edges++] =
			(struct match_edge){node, other, weight, (uint32_t)__builtin_popcountll(keys)};
	}
	f->n_touched = 0;
	return 0;
}

static int find_edges(struct finder *f, struct cf_error *err)
{
	enum { STEP = 4096 };
	const size_t n = f->p->n_records;
	thread_groups(f);
	f->n_edges = 0;
	f->n_pairs = 0;
	for (uint32_t node = 0; node < n; node++) {
		if (node % STEP == 0) {
			progress_report(f->options->progress, "comparing records", node, n);
			if (interrupt_requested())
				return error_set(err, CF_E_INTERRUPTED, "stopped while comparing records");
		}
		if (find_root(f->g->root, node) != node)
			continue;
		f->n_touched = 0;
		for (uint32_t r = node;; r = f->next[r]) {
			vote(f, node, r);
			if (f->next[r] == r)
				break;
		}
		TRY(weigh_touched(f, node, err));
	}
	return 0;
}

/* ---- merging ---- */

static int by_order(const void *x, const void *y)
{
	const struct match_edge *a = x;
	const struct match_edge *b = y;
	if (a->weight != b->weight)
		return a->weight > b->weight ? -1 : 1;
	if (a->n_keys != b->n_keys)
		return a->n_keys > b->n_keys ? -1 : 1;
	return 0;
}

/* The components that edges of one order make of the groups there are: a trial, beside the groups themselves.
 */
struct trial {
	uint32_t *root; /* of every group: itself while untouched */
	uint32_t *lists;
	uint32_t *size;
	bool *spoilt; /* would hold a list twice, or too many records */
	struct match_groups *g;
};

static void trial_done(struct trial *t)
{
	mem_free(t->root);
	mem_free(t->lists);
	mem_free(t->size);
	mem_free(t->spoilt);
}

static int trial_init(struct trial *t, struct match_groups *g, struct cf_error *err)
{
	t->g = g;
	t->root = NEW_ARRAY(uint32_t, g->n);
	t->lists = NEW_ARRAY(uint32_t, g->n);
	t->size = NEW_ARRAY(uint32_t, g->n);
	t->spoilt = NEW_ARRAY(bool, g->n);
	return t->root && t->lists && t->size && t->spoilt ? 0 : error_memory(err);
}

static void trial_open(struct trial *t, uint32_t group)
{
	t->root[group] = group;
	t->lists[group] = t->g->lists[group];
	t->size[group] = t->g->size[group];
	t->spoilt[group] = false;
}

static void trial_join(struct trial *t, uint32_t a, uint32_t b)
{
	a = find_root(t->root, a);
	b = find_root(t->root, b);
	if (a == b)
		return;
	uint32_t keep = a < b ? a : b;
	uint32_t gone = a < b ? b : a;
	t->spoilt[keep] |= t->spoilt[gone] || (t->lists[keep] & t->lists[gone]) ||
			   t->size[gone] > t->g->max_size - t->size[keep];
	t->lists[keep] |= t->lists[gone];
	t->size[keep] += t->size[gone];
	t->root[gone] = keep;
}

static void join_groups(struct match_groups *g, uint32_t a, uint32_t b)
{
	uint32_t keep = a < b ? a : b;
	uint32_t gone = a < b ? b : a;
	g->root[gone] = keep;
	g->lists[keep] |= g->lists[gone];
	g->size[keep] += g->size[gone];
}

/* Takes n edges of one order together. True when something merged. */
static bool merge_equal(
	struct trial *t, const struct match_edge *edges, size_t n, uint64_t *tied, uint64_t *conflicts)
{
	struct match_groups *g = t->g;
	bool merged = false;
	for (size_t i = 0; i < n; i++) {
		trial_open(t, match_groups_find(g, edges[i].a));
		trial_open(t, match_groups_find(g, edges[i].b));
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t a = match_groups_find(g, edges[i].a);
		uint32_t b = match_groups_find(g, edges[i].b);
		if (a != b && (g->lists[a] & g->lists[b] || g->size[a] > g->max_size - g->size[b]))
			++*conflicts;
		else
			trial_join(t, a, b);
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t a = match_groups_find(g, edges[i].a);
		uint32_t b = match_groups_find(g, edges[i].b);
		/* groups that conflict are not joined in the trial, unless over others, and then it is spoilt
		 */
		if (a == b || find_root(t->root, a) != find_root(t->root, b))
			continue;
		if (t->spoilt[find_root(t->root, a)]) {
			++*tied;
			continue;
		}
		join_groups(g, a, b);
		merged = true;
	}
	return merged;
}

static bool merge_edges(
	struct trial *t, struct match_edge *edges, size_t n, uint64_t *tied, uint64_t *conflicts)
{
	bool merged = false;
	if (n == 0)
		return false;
	qsort(edges, n, sizeof *edges, by_order);
	for (size_t from = 0; from < n;) {
		size_t to = from + 1;
		while (to < n && by_order(&edges[from], &edges[to]) == 0)
			to++;
		merged |= merge_equal(t, edges + from, to - from, tied, conflicts);
		from = to;
	}
	return merged;
}

static int merge_rounds(struct finder *f, struct trial *t, struct cf_error *err)
{
	for (int round = 0; round < f->options->max_rounds; round++) {
		uint64_t tied = 0;
		uint64_t conflicts = 0;
		TRY(find_edges(f, err));
		bool merged = merge_edges(t, f->edges, f->n_edges, &tied, &conflicts);
		if (round == 0) {
			f->g->n_candidate_pairs = f->n_pairs;
			f->g->n_edges = f->n_edges;
			f->g->n_tied = tied;
			f->g->n_conflicts = conflicts;
		}
		if (!merged)
			break;
	}
	return 0;
}

int match_merge(const struct match_postings *postings, const struct match_merge_options *options,
	struct match_groups **ret, struct cf_error *err)
{
	CF_CLEANUP_GROUPS struct match_groups *g = NULL;
	TRY(groups_new(postings, options, &g, err));
	CF_CLEANUP(finder_done) struct finder f = {.p = postings, .options = options, .g = g};
	CF_CLEANUP(trial_done) struct trial t = {0};
	TRY(finder_init(&f, err));
	TRY(trial_init(&t, g, err));
	TRY(merge_rounds(&f, &t, err));
	*ret = TAKE(g);
	return 0;
}
