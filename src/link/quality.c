#include "link/quality.h"

#include <stdlib.h>
#include <string.h>

void link_qualities_done(struct link_qualities *q)
{
	q->worst = mem_free(q->worst);
	q->n = 0;
}

/* Rows and the rows they are joined with inside their cluster. */
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

static bool is_edge(const struct link_clusters *c, const struct link_scored_pair *p, double weight)
{
	return p->weight >= weight && c->of_row[p->left] == c->of_row[p->right];
}

static int graph_make(const struct link_clusters *c, const struct link_scored *scored, double weight,
	struct graph *g, struct cf_error *err)
{
	g->n = c->n_rows;
	g->begin = NEW_ARRAY_ZERO(size_t, g->n + 2);
	g->seen = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->lowest = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->below = NEW_ARRAY_ZERO(uint32_t, g->n);
	g->next = NEW_ARRAY_ZERO(size_t, g->n);
	g->path = NEW_ARRAY(uint32_t, g->n);
	if (!g->begin || !g->seen || !g->lowest || !g->below || !g->next || !g->path)
		return error_memory(err);
	for (size_t i = 0; i < scored->n; i++)
		if (is_edge(c, &scored->pairs[i], weight)) {
			g->begin[scored->pairs[i].left + 2]++;
			g->begin[scored->pairs[i].right + 2]++;
		}
	for (size_t i = 2; i < g->n + 2; i++)
		g->begin[i] += g->begin[i - 1];
	g->to = NEW_ARRAY(uint32_t, g->begin[g->n + 1]);
	if (!g->to)
		return error_memory(err);
	/* begin[i + 1] moves from where row i's neighbours begin to where they end */
	for (size_t i = 0; i < scored->n; i++) {
		const struct link_scored_pair *p = &scored->pairs[i];
		if (!is_edge(c, p, weight))
			continue;
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
	CF_CLEANUP(graph_done) struct graph g = {0};
	CF_CLEANUP_FREE struct link_cluster_quality *all =
		NEW_ARRAY_ZERO(struct link_cluster_quality, c->n + 1);
	CF_CLEANUP_FREE uint8_t *bridged = NEW_ARRAY_ZERO(uint8_t, c->n + 1);
	struct link_qualities q = {0};
	if (!all || !bridged)
		return error_memory(err);
	TRY(graph_make(c, scored, weight, &g, err));
	for (size_t i = 0; i < c->n_rows; i++)
		all[c->of_row[i]].size++;
	for (size_t i = 0; i < scored->n; i++)
		if (is_edge(c, &scored->pairs[i], weight))
			all[c->of_row[scored->pairs[i].left]].n_pairs++;
	count_bridges(&g, c, all, bridged);
	for (size_t k = 1; k <= c->n; k++) {
		if (all[k].size < 3)
			continue;
		double possible = (double)all[k].size * (all[k].size - 1.0) / 2;
		all[q.n] = all[k];
		all[q.n].cluster = (uint32_t)k;
		all[q.n].density = all[k].n_pairs / possible;
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
