#include "link/quality.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void link_qualities_done(struct link_qualities *q)
{
	q->worst = mem_free(q->worst);
	q->n = 0;
}

/* Rows and rows they are joined with inside their cluster. */
struct graph {
	size_t n;
	size_t *begin; /* of a row's neighbours; n + 1 */
	uint32_t *to;
	uint32_t *seen;   /* when a row was first met, from 1 */
	uint32_t *lowest; /* earliest row that can be reached without the way in */
	uint32_t *below;  /* rows met from here on */
	size_t *next;     /* neighbour to look at */
	uint32_t *path;
};

static void graph_done(struct graph *g)
{
	g->begin = mem_free(g->begin);
	g->to = mem_free(g->to);
	g->seen = mem_free(g->seen);
	g->lowest = mem_free(g->lowest);
	g->below = mem_free(g->below);
	g->next = mem_free(g->next);
	g->path = mem_free(g->path);
}

/* ---- which pairs to keep ---- */

/* Pairs of rows enough to find every bridge: a spanning forest, and a spanning forest of what it leaves. Two
 * ways between two rows in the whole are two ways in these (Nagamochi and Ibaraki 1992), and they are fewer
 * than twice the rows however many pairs there are. */
struct certificate {
	uint32_t *first;  /* parents of the first forest's sets */
	uint32_t *second; /* of the second's */
	struct link_scored_pair *pairs;
	size_t n;
	size_t capacity;
};

static void certificate_done(struct certificate *c)
{
	c->first = mem_free(c->first);
	c->second = mem_free(c->second);
	c->pairs = mem_free(c->pairs);
}

static uint32_t root_of(uint32_t *parent, uint32_t row)
{
	while (parent[row] != row) {
		parent[row] = parent[parent[row]];
		row = parent[row];
	}
	return row;
}

/* Whether the pair joined two sets. */
static bool join(uint32_t *parent, const struct link_scored_pair *p)
{
	uint32_t a = root_of(parent, p->left);
	uint32_t b = root_of(parent, p->right);
	parent[a > b ? a : b] = a > b ? b : a;
	return a != b;
}

static int keep(struct certificate *c, const struct link_scored_pair *p, struct cf_error *err)
{
	if (!join(c->first, p) && !join(c->second, p))
		return CF_OK;
	if (c->n == c->capacity) {
		struct link_scored_pair *pairs = mem_grow(c->pairs, c->n, &c->capacity, sizeof *pairs);
		if (!pairs)
			return error_memory(err);
		c->pairs = pairs;
	}
	c->pairs[c->n++] = *p;
	return CF_OK;
}

/* Goes through the pairs inside clusters once: counts them by cluster, and keeps what bridges need. */
static int certify(const struct link_clusters *clusters, const struct link_scored *scored, double weight,
	struct link_cluster_quality *counts, struct certificate *c, struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *p;
	int got;
	c->first = NEW_ARRAY(uint32_t, clusters->n_rows);
	c->second = NEW_ARRAY(uint32_t, clusters->n_rows);
	if (!c->first || !c->second)
		return error_memory(err);
	for (size_t i = 0; i < clusters->n_rows; i++)
		c->first[i] = c->second[i] = (uint32_t)i;
	while ((got = link_cursor_next(&cursor, &p, err)) > 0 && p->weight >= weight) {
		if (clusters->of_row[p->left] != clusters->of_row[p->right])
			continue;
		counts[clusters->of_row[p->left]].n_pairs++;
		TRY(keep(c, p, err));
	}
	return got < 0 ? got : CF_OK;
}

/* ---- the graph ---- */

static int graph_make(size_t n_rows, const struct certificate *c, struct graph *g, struct cf_error *err)
{
	g->n = n_rows;
	g->begin = NEW_ARRAY_ZERO(size_t, g->n + 2);
	g->seen = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->lowest = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->below = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->next = NEW_ARRAY_ZERO(size_t, g->n);
	g->path = NEW_ARRAY(uint32_t, g->n);
	g->to = NEW_ARRAY(uint32_t, 2 * c->n);
	if (!g->begin || !g->seen || !g->lowest || !g->below || !g->next || !g->path || !g->to)
		return error_memory(err);
	for (size_t i = 0; i < c->n; i++) {
		g->begin[c->pairs[i].left + 2]++;
		g->begin[c->pairs[i].right + 2]++;
	}
	for (size_t i = 2; i < g->n + 2; i++)
		g->begin[i] += g->begin[i - 1];
	/* begin[i + 1] moves from where row i's neighbours begin to where they end */
	for (size_t i = 0; i < c->n; i++) {
		const struct link_scored_pair *p = &c->pairs[i];
		g->to[g->begin[p->left + 1]++] = p->right;
		g->to[g->begin[p->right + 1]++] = p->left;
	}
	return CF_OK;
}

/* One row further on the way, or back. Each pair is given once, so that a way back to where one came from is
 * no second way. */
static size_t step(struct graph *g, size_t depth, uint32_t *time, uint32_t *ret_bridge_below)
{
	uint32_t row = g->path[depth - 1];
	*ret_bridge_below = 0;
	if (g->next[row] < g->begin[row + 1]) {
		uint32_t other = g->to[g->next[row]++];
		if (!g->seen[other]) {
			g->seen[other] = g->lowest[other] = ++*time;
			g->below[other] = 1;
			g->next[other] = g->begin[other];
			g->path[depth] = other;
			return depth + 1;
		}
		bool way_in = depth >= 2 && g->path[depth - 2] == other;
		if (!way_in && g->seen[other] < g->lowest[row])
			g->lowest[row] = g->seen[other];
		return depth;
	}
	if (depth >= 2) {
		uint32_t parent = g->path[depth - 2];
		g->lowest[parent] = g->lowest[row] < g->lowest[parent] ? g->lowest[row] : g->lowest[parent];
		g->below[parent] += g->below[row];
		if (g->lowest[row] > g->seen[parent])
			*ret_bridge_below = g->below[row];
	}
	return depth - 1;
}

static void count_bridges(struct graph *g, const struct link_clusters *c,
	struct link_cluster_quality *clusters, uint8_t *bridged)
{
	uint32_t time = 0;
	for (size_t start = 0; start < g->n; start++) {
		struct link_cluster_quality *q = &clusters[c->of_row[start]];
		if (g->seen[start] || q->size < 3)
			continue;
		g->seen[start] = g->lowest[start] = ++time;
		g->below[start] = 1;
		g->next[start] = g->begin[start];
		g->path[0] = (uint32_t)start;
		size_t depth = 1;
		while (depth > 0) {
			uint32_t below;
			depth = step(g, depth, &time, &below);
			q->n_bridges += below > 0;
			if (below >= 2 && q->size - below >= 2)
				bridged[c->of_row[start]] = 1;
		}
	}
}

static int worst_first(const void *a, const void *b)
{
	const struct link_cluster_quality *x = a;
	const struct link_cluster_quality *y = b;
	if (x->density != y->density)
		return x->density < y->density ? -1 : 1;
	return (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

int link_cluster_qualities(const struct link_clusters *c, const struct link_scored *scored, double weight,
	struct link_qualities *ret, struct cf_error *err)
{
	CF_CLEANUP(certificate_done) struct certificate certificate = {0};
	CF_CLEANUP(graph_done) struct graph g = {0};
	CF_CLEANUP_FREE struct link_cluster_quality *all =
		NEW_ARRAY_ZERO(struct link_cluster_quality, c->n + 1);
	CF_CLEANUP_FREE uint8_t *bridged = NEW_ARRAY_ZERO(uint8_t, c->n + 1);
	struct link_qualities q = {0};
	if (!all || !bridged)
		return error_memory(err);
	TRY(certify(c, scored, weight, all, &certificate, err));
	TRY(graph_make(c->n_rows, &certificate, &g, err));
	for (size_t i = 0; i < c->n_rows; i++)
		all[c->of_row[i]].size++;
	count_bridges(&g, c, all, bridged);
	for (size_t k = 1; k <= c->n; k++) {
		if (all[k].size < 3)
			continue;
		double possible = (double)all[k].size * (all[k].size - 1.0) / 2;
		all[q.n] = all[k];
		all[q.n].cluster = (uint32_t)k;
		all[q.n].density = (double)all[k].n_pairs / possible;
		q.mean_density += all[q.n].density;
		q.n_bridged += bridged[k];
		q.n++;
	}
	if (q.n) {
		q.mean_density /= (double)q.n;
		qsort(all, q.n, sizeof *all, worst_first);
	}
	q.worst = TAKE(all);
	*ret = q;
	return CF_OK;
}
