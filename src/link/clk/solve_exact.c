#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/interrupt.h"
#include "link/clk/scan.h"
#include "link/clk/solve.h"

/*
 * Weights are integers, so that dual prices are exact. Invariants between two rows, of prices u (left) and v
 * (right), none of them negative: u + v >= weight for each pair kept, with equality for pairs of the
 * matching; v = 0 for free right rows and u = 0 for left rows that were left free. So the sum of prices
 * equals the sum of weights, and no matching has more.
 */
enum { FIRST_K = 24, NONE = -1 };

static const double weight_unit = 1099511627776.0; /* 2^40 */

struct edge {
	uint32_t left;
	uint32_t right;
	int64_t weight;
};

struct node {
	int64_t distance;
	uint32_t right;
};

struct exact {
	const struct clk_join *join;
	size_t n_left;
	size_t n_right;
	struct edge *edges; /* by left row once indexed */
	size_t n_edges;
	size_t edges_capacity;
	size_t most_edges;
	size_t *begin; /* of each left row's edges */
	int64_t *u;
	int64_t *v;
	int64_t *of_left;  /* the edge of the matching, NONE: free */
	int64_t *of_right; /* the same, by right row */
	int64_t *distance; /* of right rows reached, -1 else */
	uint8_t *done;
	int64_t *from; /* the edge by which a right row was reached */
	uint32_t *reached;
	size_t n_reached;
	struct node *heap;
	size_t n_heap;
	size_t heap_capacity;
	struct clk_matching *result;
};

static void exact_done(struct exact *x)
{
	mem_free(x->edges);
	mem_free(x->begin);
	mem_free(x->u);
	mem_free(x->v);
	mem_free(x->of_left);
	mem_free(x->of_right);
	mem_free(x->distance);
	mem_free(x->done);
	mem_free(x->from);
	mem_free(x->reached);
	mem_free(x->heap);
}

static int64_t weight_of(double score)
{
	return (int64_t)llrint(score * weight_unit);
}

static int add_edge(struct exact *x, uint32_t left, uint32_t right, int64_t weight, struct cf_error *err)
{
	if (x->n_edges >= x->most_edges)
		return error_set(err, CF_E_LIMIT,
			"an exact solution needs more pairs than the memory has room for; give more memory, "
			"raise the "
			"threshold, or solve greedily");
	struct edge *grown = mem_grow(x->edges, x->n_edges, &x->edges_capacity, sizeof *grown);
	if (!grown)
		return error_memory(err);
	x->edges = grown;
	grown[x->n_edges++] = (struct edge){left, right, weight};
	return CF_OK;
}

static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a;
	const struct edge *y = b;
	if (x->left != y->left)
		return x->left < y->left ? -1 : 1;
	return (x->right > y->right) - (x->right < y->right);
}

static void index_edges(struct exact *x)
{
	if (x->n_edges)
		qsort(x->edges, x->n_edges, sizeof *x->edges, compare_edges);
	memset(x->begin, 0, (x->n_left + 1) * sizeof *x->begin);
	for (size_t e = 0; e < x->n_edges; e++)
		x->begin[x->edges[e].left + 1]++;
	for (size_t i = 0; i < x->n_left; i++)
		x->begin[i + 1] += x->begin[i];
}

/* ---- one row ---- */

static bool nearer(const struct node *a, const struct node *b)
{
	return a->distance != b->distance ? a->distance < b->distance : a->right < b->right;
}

static int push(struct exact *x, struct node node)
{
	struct node *grown = mem_grow(x->heap, x->n_heap, &x->heap_capacity, sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	x->heap = grown;
	size_t i = x->n_heap++;
	for (; i && nearer(&node, &grown[(i - 1) / 2]); i = (i - 1) / 2)
		grown[i] = grown[(i - 1) / 2];
	grown[i] = node;
	return CF_OK;
}

static struct node pop(struct exact *x)
{
	struct node *h = x->heap;
	const struct node best = h[0];
	const struct node last = h[--x->n_heap];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < x->n_heap; i = child) {
		child += child + 1 < x->n_heap && nearer(&h[child + 1], &h[child]);
		if (!nearer(&h[child], &last))
			break;
		h[i] = h[child];
	}
	h[i] = last;
	return best;
}

/* Where the search may end: at a free right row, or at a left row whose price falls to 0, which then gives up
 * its partner. */
struct end {
	int64_t distance;
	int64_t right; /* NONE: a left row ends it */
	uint32_t left;
	int64_t via; /* the right row through which that left row was reached, NONE: it is the start */
};

static int relax(struct exact *x, uint32_t left, int64_t distance, int64_t limit)
{
	for (size_t e = x->begin[left]; e < x->begin[left + 1]; e++) {
		const uint32_t right = x->edges[e].right;
		const int64_t d = distance + x->u[left] + x->v[right] - x->edges[e].weight;
		if (x->done[right] || d >= limit || (x->distance[right] >= 0 && x->distance[right] <= d))
			continue;
		if (x->distance[right] < 0)
			x->reached[x->n_reached++] = right;
		x->distance[right] = d;
		x->from[right] = (int64_t)e;
		TRY(push(x, (struct node){d, right}));
	}
	return CF_OK;
}

/* Dijkstra 1959, over prices. */
static int search(struct exact *x, uint32_t start, struct end *ret)
{
	struct end best = {.distance = x->u[start], .right = NONE, .left = start, .via = NONE};
	x->n_heap = 0;
	x->n_reached = 0;
	TRY(relax(x, start, 0, best.distance));
	while (x->n_heap) {
		const struct node node = pop(x);
		if (x->done[node.right])
			continue;
		if (node.distance >= best.distance)
			break;
		x->done[node.right] = 1;
		if (x->of_right[node.right] == NONE) {
			best = (struct end){.distance = node.distance, .right = node.right, .via = NONE};
			break;
		}
		const uint32_t left = x->edges[x->of_right[node.right]].left;
		if (node.distance + x->u[left] < best.distance)
			best = (struct end){.distance = node.distance + x->u[left],
				.right = NONE,
				.left = left,
				.via = node.right};
		TRY(relax(x, left, node.distance, best.distance));
	}
	*ret = best;
	return CF_OK;
}

static void update_prices(struct exact *x, uint32_t start, int64_t distance)
{
	x->u[start] -= distance;
	for (size_t i = 0; i < x->n_reached; i++) {
		const uint32_t right = x->reached[i];
		const int64_t d = x->distance[right];
		if (x->done[right] && d < distance) {
			x->v[right] += distance - d;
			if (x->of_right[right] != NONE)
				x->u[x->edges[x->of_right[right]].left] -= distance - d;
		}
		x->distance[right] = -1;
		x->done[right] = 0;
	}
}

/* Turns the path that ends at a right row: each right row on it takes the edge by which it was reached. */
static void turn(struct exact *x, uint32_t start, int64_t right)
{
	while (right != NONE) {
		const int64_t e = x->from[right];
		const uint32_t left = x->edges[e].left;
		const int64_t before = x->of_left[left];
		x->of_right[right] = e;
		x->of_left[left] = e;
		right = left == start || before == NONE ? NONE : (int64_t)x->edges[before].right;
	}
}

static int place(struct exact *x, uint32_t start)
{
	struct end end;
	TRY(search(x, start, &end));
	update_prices(x, start, end.distance);
	if (end.right == NONE && end.via != NONE) {
		x->of_left[end.left] = NONE;
		turn(x, start, end.via);
	} else {
		turn(x, start, end.right);
	}
	return CF_OK;
}

static int solve_kept(struct exact *x, struct cf_error *err)
{
	memset(x->v, 0, x->n_right * sizeof *x->v);
	for (size_t j = 0; j < x->n_right; j++)
		x->of_right[j] = NONE;
	for (size_t i = 0; i < x->n_left; i++) {
		x->u[i] = 0;
		x->of_left[i] = NONE;
	}
	/* a row gets its price when its turn comes: until then it has no partner, and nothing leads to it */
	for (uint32_t i = 0; i < x->n_left; i++) {
		if (i % 256 == 0 && interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped on request");
		int64_t least = 0;
		for (size_t e = x->begin[i]; e < x->begin[i + 1]; e++) {
			const int64_t need = x->edges[e].weight - x->v[x->edges[e].right];
			least = need > least ? need : least;
		}
		x->u[i] = least;
		TRY_MEMORY(place(x, i), err);
	}
	return CF_OK;
}

/* ---- pairs that are not kept ---- */

struct pricing {
	struct exact *exact;
	const struct clk_block *block;
	struct cf_error *err;
	int status;
	size_t n_added;
};

static bool is_kept(const struct exact *x, uint32_t left, uint32_t right)
{
	size_t low = x->begin[left];
	size_t high = x->begin[left + 1];
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (x->edges[middle].right < right)
			low = middle + 1;
		else
			high = middle;
	}
	return low < x->begin[left + 1] && x->edges[low].right == right;
}

static double price(void *context, size_t i, uint32_t right, uint32_t common, double score)
{
	struct pricing *p = context;
	struct exact *x = p->exact;
	const uint32_t left = p->block->rows[i];
	(void)common;
	if (p->status == CF_OK && weight_of(score) > x->u[left] + x->v[right] && !is_kept(x, left, right)) {
		p->status = add_edge(x, left, right, weight_of(score), p->err);
		p->n_added++;
	}
	return p->status < 0 ? 2 : p->block->floors[i];
}

/* Adds the pairs that the prices do not cover; none means that the matching is the best of all. */
static int add_uncovered(struct exact *x, size_t *ret_added, struct cf_error *err)
{
	const struct clk_join *j = x->join;
	CF_CLEANUP_CLK_BLOCK struct clk_block *b = NULL;
	struct pricing p = {.exact = x, .err = err};
	TRY(clk_block_new(j->left->n_words, j->kernel ? j->kernel : clk_kernel_best(), &b, err));
	p.block = b;
	for (uint32_t first = 0; first < x->n_left && p.status == CF_OK; first += CLK_BLOCK) {
		uint32_t rows[CLK_BLOCK];
		size_t n = 0;
		while (n < CLK_BLOCK && first + n < x->n_left) {
			rows[n] = first + (uint32_t)n;
			n++;
		}
		if (interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped on request");
		clk_block_fill(b, j->left, rows, n, j->threshold);
		for (size_t i = 0; i < n; i++)
			b->floors[i] = fmax(j->threshold, ((double)x->u[b->rows[i]] - 1) / weight_unit);
		for (size_t chunk = 0; chunk < j->right->n_chunks; chunk++)
			clk_block_scan(b, j->right, chunk, false, price, &p);
	}
	x->result->counts.n_compared += b->n_compared;
	x->result->counts.n_skipped += b->n_skipped;
	x->result->counts.n_pairs += p.n_added;
	x->result->n_rounds++;
	*ret_added = p.n_added;
	return p.status;
}

/* ---- all of it ---- */

static int keep_best(struct exact *x, struct cf_error *err)
{
	CF_CLEANUP(clk_top_done) struct clk_top top = {0};
	const struct clk_join *j = x->join;
	TRY(clk_top_new(x->n_left, FIRST_K, &top, err));
	TRY(clk_join_top(j, &(struct clk_asked){.n = x->n_left}, &top, &x->result->counts, err));
	x->result->n_rounds++;
	for (uint32_t i = 0; i < x->n_left; i++)
		for (uint32_t c = 0; c < top.n_found[i]; c++) {
			const struct clk_candidate *found = &top.list[(size_t)i * FIRST_K + c];
			const double score = clk_dice(found->common, clk_set_count(j->left, i),
				clk_set_count(j->right, found->right));
			TRY(add_edge(x, i, found->right, weight_of(score), err));
		}
	return CF_OK;
}

static int prepare(struct exact *x, size_t memory_bytes, struct cf_error *err)
{
	x->most_edges = memory_bytes / sizeof(struct edge);
	x->edges_capacity = FIRST_K;
	x->edges = NEW_ARRAY(struct edge, FIRST_K);
	x->begin = NEW_ARRAY(size_t, x->n_left + 1);
	x->u = NEW_ARRAY(int64_t, x->n_left);
	x->v = NEW_ARRAY(int64_t, x->n_right);
	x->of_left = NEW_ARRAY(int64_t, x->n_left);
	x->of_right = NEW_ARRAY(int64_t, x->n_right);
	x->distance = NEW_ARRAY(int64_t, x->n_right);
	x->done = NEW_ARRAY_ZERO(uint8_t, x->n_right);
	x->from = NEW_ARRAY(int64_t, x->n_right);
	x->reached = NEW_ARRAY(uint32_t, x->n_right);
	if (!x->edges || !x->begin || !x->u || !x->v || !x->of_left || !x->of_right || !x->distance ||
		!x->done || !x->from || !x->reached)
		return error_memory(err);
	for (size_t i = 0; i < x->n_right; i++)
		x->distance[i] = -1;
	return CF_OK;
}

static int write_pairs(const struct exact *x, struct clk_matching *m, struct cf_error *err)
{
	m->pairs = NEW_ARRAY(struct clk_pair, x->n_left);
	if (!m->pairs)
		return error_memory(err);
	for (uint32_t i = 0; i < x->n_left; i++) {
		if (x->of_left[i] == NONE)
			continue;
		const struct edge *e = &x->edges[x->of_left[i]];
		const double score = (double)e->weight / weight_unit;
		m->pairs[m->n++] = (struct clk_pair){i, e->right, score};
		m->total += score;
	}
	return CF_OK;
}

int clk_solve_exact(
	const struct clk_join *j, size_t memory_bytes, struct clk_matching *ret, struct cf_error *err)
{
	struct clk_matching m = {0};
	CF_CLEANUP(exact_done)
	struct exact x = {.join = j, .n_left = j->left->n, .n_right = j->right->n, .result = &m};
	if (j->left == j->right)
		return error_set(err, CF_E_USAGE, "one-to-one pairs need two files");
	TRY(prepare(&x, memory_bytes, err));
	TRY(keep_best(&x, err));
	for (size_t n_added = 1; n_added;) {
		index_edges(&x);
		TRY(solve_kept(&x, err));
		TRY(add_uncovered(&x, &n_added, err));
	}
	TRY(write_pairs(&x, &m, err));
	*ret = m;
	return CF_OK;
}
