#include <string.h>

#include "base/interrupt.h"
#include "link/clk/scan.h"
#include "link/clk/solve.h"

enum { LEAST_K = 2, MOST_K = 48 };

void clk_matching_done(struct clk_matching *m)
{
	mem_free(m->pairs);
	*m = (struct clk_matching){0};
}

/* What a left row offers: its best pair not yet tried, or (right UINT32_MAX) that it has nothing better than
 * score and its list must be filled again. */
struct offer {
	double score;
	uint32_t left;
	uint32_t right;
};

struct greedy {
	const struct clk_join *join;
	struct clk_top top; /* of all left rows, then of the few that were asked again */
	uint32_t *at;       /* of each left row: next candidate of its list */
	uint8_t *waiting;   /* of each left row: its list has run out and may be filled again */
	uint32_t *waiting_list;
	size_t n_waiting;
	uint8_t *taken; /* of each right row */
	struct offer *heap;
	size_t n_heap;
	size_t heap_capacity;
	struct clk_pair *pairs; /* by left row; score < 0: none */
	struct clk_top again;
	struct clk_matching *result;
};

static void greedy_done(struct greedy *g)
{
	clk_top_done(&g->top);
	clk_top_done(&g->again);
	mem_free(g->at);
	mem_free(g->waiting);
	mem_free(g->waiting_list);
	mem_free(g->taken);
	mem_free(g->heap);
	mem_free(g->pairs);
}

static bool before(const struct offer *a, const struct offer *b)
{
	if (a->score > b->score || a->score < b->score)
		return a->score > b->score;
	/* what is not known may be as good, and must be known first */
	const bool unknown_a = a->right == UINT32_MAX;
	const bool unknown_b = b->right == UINT32_MAX;
	if (unknown_a != unknown_b)
		return unknown_a;
	return a->left != b->left ? a->left < b->left : a->right < b->right;
}

static int push(struct greedy *g, struct offer o)
{
	struct offer *grown = mem_grow(g->heap, g->n_heap, &g->heap_capacity, sizeof *grown);
	if (!grown)
		return CF_E_MEMORY;
	g->heap = grown;
	size_t i = g->n_heap++;
	for (; i && before(&o, &grown[(i - 1) / 2]); i = (i - 1) / 2)
		grown[i] = grown[(i - 1) / 2];
	grown[i] = o;
	return CF_OK;
}

static struct offer pop(struct greedy *g)
{
	struct offer *h = g->heap;
	const struct offer best = h[0];
	const struct offer last = h[--g->n_heap];
	size_t i = 0;
	for (size_t child; (child = 2 * i + 1) < g->n_heap; i = child) {
		child += child + 1 < g->n_heap && before(&h[child + 1], &h[child]);
		if (!before(&h[child], &last))
			break;
		h[i] = h[child];
	}
	h[i] = last;
	return best;
}

static double score_of(const struct greedy *g, uint32_t left, const struct clk_candidate *c)
{
	return clk_dice(
		c->common, clk_set_count(g->join->left, left), clk_set_count(g->join->right, c->right));
}

/* The next free candidate of a left row; when there is none but may be, the row waits. */
static int offer_next(struct greedy *g, uint32_t left)
{
	const size_t k = g->top.k;
	const struct clk_candidate *list = g->top.list + left * k;
	const uint32_t n = g->top.n_found[left];
	while (g->at[left] < n && g->taken[list[g->at[left]].right])
		g->at[left]++;
	if (g->at[left] < n) {
		const struct clk_candidate *c = &list[g->at[left]];
		return push(g, (struct offer){score_of(g, left, c), left, c->right});
	}
	if (n < k)
		return CF_OK; /* its list was all there is */
	g->waiting[left] = 1;
	g->waiting_list[g->n_waiting++] = left;
	return push(g, (struct offer){score_of(g, left, &list[n - 1]), left, UINT32_MAX});
}

/* Fills the lists of all rows that wait: one pass over the right rows serves 64 of them. */
static int fill_again(struct greedy *g, struct cf_error *err)
{
	const size_t n = g->n_waiting;
	const size_t k = g->top.k;
	const struct clk_asked asked = {g->waiting_list, n, g->taken};
	clk_top_done(&g->again);
	TRY(clk_top_new(n, k, &g->again, err));
	TRY(clk_join_top(g->join, &asked, &g->again, &g->result->counts, err));
	g->result->n_rounds++;
	g->n_waiting = 0;
	for (size_t i = 0; i < n; i++) {
		const uint32_t left = g->waiting_list[i];
		memcpy(g->top.list + left * k, g->again.list + i * k, k * sizeof *g->again.list);
		g->top.n_found[left] = g->again.n_found[i];
		g->at[left] = 0;
		g->waiting[left] = 0;
	}
	for (size_t i = 0; i < n; i++) {
		/* offer_next may append to waiting_list only rows of this loop, behind its beginning: a
		 * filled list has free rows only, so none waits at once */
		const uint32_t left = g->waiting_list[i];
		TRY_MEMORY(offer_next(g, left), err);
	}
	return CF_OK;
}

static int run(struct greedy *g, struct cf_error *err)
{
	for (uint32_t left = 0; left < g->join->left->n; left++)
		TRY_MEMORY(offer_next(g, left), err);
	for (uint64_t n = 0; g->n_heap; n++) {
		if (n % 65536 == 0 && interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "stopped on request");
		const struct offer o = pop(g);
		if (o.right == UINT32_MAX) {
			if (g->waiting[o.left])
				TRY(fill_again(g, err));
		} else if (g->taken[o.right]) {
			TRY_MEMORY(offer_next(g, o.left), err);
		} else {
			g->taken[o.right] = 1;
			g->pairs[o.left] = (struct clk_pair){o.left, o.right, o.score};
		}
	}
	return CF_OK;
}

static int prepare(struct greedy *g, size_t memory_bytes, struct cf_error *err)
{
	const size_t n = g->join->left->n;
	const size_t each = memory_bytes / (n ? n : 1) / sizeof(struct clk_candidate);
	const size_t k = each < LEAST_K ? LEAST_K : each > MOST_K ? MOST_K : each;
	TRY(clk_top_new(n, k, &g->top, err));
	g->at = NEW_ARRAY_ZERO(uint32_t, n);
	g->waiting = NEW_ARRAY_ZERO(uint8_t, n);
	g->waiting_list = NEW_ARRAY(uint32_t, n);
	g->taken = NEW_ARRAY_ZERO(uint8_t, g->join->right->n);
	g->pairs = NEW_ARRAY(struct clk_pair, n);
	if (!g->at || !g->waiting || !g->waiting_list || !g->taken || !g->pairs)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		g->pairs[i].score = -1;
	return CF_OK;
}

int clk_solve_greedy(
	const struct clk_join *j, size_t memory_bytes, struct clk_matching *ret, struct cf_error *err)
{
	struct clk_matching m = {.n_rounds = 1};
	CF_CLEANUP(greedy_done) struct greedy g = {.join = j, .result = &m};
	if (j->left == j->right)
		return error_set(err, CF_E_USAGE, "one-to-one pairs need two files");
	TRY(prepare(&g, memory_bytes, err));
	TRY(clk_join_top(j, &(struct clk_asked){.n = j->left->n}, &g.top, &m.counts, err));
	TRY(run(&g, err));
	for (size_t i = 0; i < j->left->n; i++)
		if (g.pairs[i].score >= 0) {
			m.total += g.pairs[i].score;
			g.pairs[m.n++] = g.pairs[i];
		}
	m.pairs = TAKE(g.pairs);
	*ret = m;
	return CF_OK;
}
