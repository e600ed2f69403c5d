#include "link/assign.h"

#include <math.h>
#include <stdbool.h>

#include "base/interrupt.h"
#include "base/mem.h"

enum { ROWS_BETWEEN_CHECKS = 1 << 10 };

struct reached {
	double distance;
	uint32_t right;
};

/* Prices: price_left + price_right is at least the weight for every pair, and equal for those assigned; a row
 * without a partner costs nothing. Then no assignment weighs more (linear duality). */
struct assignment {
	const struct link_gain *gains;
	size_t *begin; /* of a left row's gains; n_left + 1 */
	uint32_t n_left;
	uint32_t n_right;
	double *price_left;
	double *price_right;
	uint32_t *to_right; /* by left */
	uint32_t *to_left;  /* by right */
	/* of one search */
	double *distance;  /* by right; INFINITY: not reached */
	uint32_t *from;    /* by right: the left row it was reached from */
	uint32_t *touched; /* rights with a distance */
	size_t n_touched;
	uint32_t *settled; /* rights whose distance is final, in their order */
	size_t n_settled;
	struct reached *heap;
	size_t n_heap;
	size_t heap_capacity;
};

static void assignment_done(struct assignment *a)
{
	a->begin = mem_free(a->begin);
	a->price_left = mem_free(a->price_left);
	a->price_right = mem_free(a->price_right);
	a->to_right = mem_free(a->to_right);
	a->to_left = mem_free(a->to_left);
	a->distance = mem_free(a->distance);
	a->from = mem_free(a->from);
	a->touched = mem_free(a->touched);
	a->settled = mem_free(a->settled);
	a->heap = mem_free(a->heap);
}

static int assignment_init(struct assignment *a, size_t n, struct cf_error *err)
{
	a->begin = NEW_ARRAY_ZERO(size_t, (size_t)a->n_left + 1);
	a->price_left = NEW_ARRAY_ZERO(double, a->n_left);
	a->price_right = NEW_ARRAY_ZERO(double, a->n_right);
	a->to_right = NEW_ARRAY(uint32_t, a->n_left);
	a->to_left = NEW_ARRAY(uint32_t, a->n_right);
	a->distance = NEW_ARRAY(double, a->n_right);
	a->from = NEW_ARRAY(uint32_t, a->n_right);
	a->touched = NEW_ARRAY(uint32_t, a->n_right);
	a->settled = NEW_ARRAY(uint32_t, a->n_right);
	if (!a->begin || !a->price_left || !a->price_right || !a->to_right || !a->to_left || !a->distance ||
		!a->from || !a->touched || !a->settled)
		return error_memory(err);
	for (size_t i = 0; i < n; i++)
		a->begin[a->gains[i].left + 1]++;
	for (size_t i = 0; i < a->n_left; i++) {
		a->begin[i + 1] += a->begin[i];
		a->to_right[i] = LINK_UNASSIGNED;
	}
	for (size_t i = 0; i < a->n_right; i++) {
		a->to_left[i] = LINK_UNASSIGNED;
		a->distance[i] = INFINITY;
	}
	return CF_OK;
}

/* ---- the heap: nearest first, then by row ---- */

static bool is_nearer(const struct reached *a, const struct reached *b)
{
	if (a->distance < b->distance || a->distance > b->distance)
		return a->distance < b->distance;
	return a->right < b->right;
}

static int push(struct assignment *a, struct reached r, struct cf_error *err)
{
	if (a->n_heap == a->heap_capacity) {
		struct reached *heap = mem_grow(a->heap, a->n_heap, &a->heap_capacity, sizeof *heap);
		if (!heap)
			return error_memory(err);
		a->heap = heap;
	}
	size_t at = a->n_heap++;
	while (at > 0 && is_nearer(&r, &a->heap[(at - 1) / 2])) {
		a->heap[at] = a->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	a->heap[at] = r;
	return CF_OK;
}

static struct reached pop(struct assignment *a)
{
	struct reached top = a->heap[0];
	struct reached last = a->heap[--a->n_heap];
	size_t at = 0;
	for (;;) {
		size_t child = 2 * at + 1;
		if (child >= a->n_heap)
			break;
		child += child + 1 < a->n_heap && is_nearer(&a->heap[child + 1], &a->heap[child]);
		if (!is_nearer(&a->heap[child], &last))
			break;
		a->heap[at] = a->heap[child];
		at = child;
	}
	a->heap[at] = last;
	return top;
}

/* ---- one left row finds its place ---- */

/* The rights of a left row that is reached at a distance; none farther than the best end known. */
static int look_from(struct assignment *a, uint32_t left, double distance, double best, struct cf_error *err)
{
	for (size_t i = a->begin[left]; i < a->begin[left + 1]; i++) {
		uint32_t right = a->gains[i].right;
		double slack = a->price_left[left] + a->price_right[right] - a->gains[i].weight;
		double there = distance + fmax(slack, 0);
		if (there >= a->distance[right] || there >= best)
			continue;
		if (isinf(a->distance[right]))
			a->touched[a->n_touched++] = right;
		a->distance[right] = there;
		a->from[right] = left;
		TRY(push(a, (struct reached){there, right}, err));
	}
	return CF_OK;
}

struct end {
	double distance;
	uint32_t right; /* a free one; LINK_UNASSIGNED: a left row gives up its partner, or goes without */
	uint32_t left;
};

static int search(struct assignment *a, uint32_t start, struct end *ret, struct cf_error *err)
{
	/* going without costs what the row's price is */
	struct end best = {a->price_left[start], LINK_UNASSIGNED, start};
	a->n_heap = a->n_touched = a->n_settled = 0;
	TRY(look_from(a, start, 0, best.distance, err));
	while (a->n_heap) {
		struct reached r = pop(a);
		if (r.distance >= best.distance)
			break;
		if (r.distance > a->distance[r.right])
			continue; /* reached by a shorter way since */
		uint32_t left = a->to_left[r.right];
		if (left == LINK_UNASSIGNED) {
			best = (struct end){r.distance, r.right, left};
			break;
		}
		a->settled[a->n_settled++] = r.right;
		if (r.distance + a->price_left[left] < best.distance)
			best = (struct end){r.distance + a->price_left[left], LINK_UNASSIGNED, left};
		TRY(look_from(a, left, r.distance, best.distance, err));
	}
	*ret = best;
	return CF_OK;
}

/* Rows nearer than the end give and take the difference, which keeps every pair's prices at its weight or
 * more and makes those along the way equal to it. */
static void set_prices(struct assignment *a, uint32_t start, double distance)
{
	a->price_left[start] -= distance;
	for (size_t i = 0; i < a->n_settled; i++) {
		uint32_t right = a->settled[i];
		double nearer = distance - a->distance[right];
		if (nearer <= 0)
			continue;
		a->price_right[right] += nearer;
		a->price_left[a->to_left[right]] -= nearer;
	}
}

/* Along the way back each left row takes the right it was reached by. */
static void reassign(struct assignment *a, uint32_t start, const struct end *end)
{
	uint32_t right = end->right;
	if (right == LINK_UNASSIGNED) {
		if (end->left == start)
			return;
		right = a->to_right[end->left];
		a->to_right[end->left] = LINK_UNASSIGNED;
	}
	for (;;) {
		uint32_t left = a->from[right];
		uint32_t before = a->to_right[left];
		a->to_right[left] = right;
		a->to_left[right] = left;
		if (left == start)
			return;
		right = before;
	}
}

static int place(struct assignment *a, uint32_t left, struct cf_error *err)
{
	struct end end;
	double most = 0;
	for (size_t i = a->begin[left]; i < a->begin[left + 1]; i++)
		most = fmax(most, a->gains[i].weight - a->price_right[a->gains[i].right]);
	a->price_left[left] = most;
	TRY(search(a, left, &end, err));
	set_prices(a, left, end.distance);
	reassign(a, left, &end);
	for (size_t i = 0; i < a->n_touched; i++)
		a->distance[a->touched[i]] = INFINITY;
	return CF_OK;
}

int link_assign(const struct link_gain *gains, size_t n, uint32_t n_left, uint32_t n_right,
	uint32_t *ret_right, struct cf_error *err)
{
	CF_CLEANUP(assignment_done)
	struct assignment a = {.gains = gains, .n_left = n_left, .n_right = n_right};
	TRY(assignment_init(&a, n, err));
	for (uint32_t left = 0; left < n_left; left++) {
		if (left % ROWS_BETWEEN_CHECKS == 0 && interrupt_requested())
			return error_set(err, CF_E_INTERRUPTED, "interrupted");
		TRY(place(&a, left, err));
	}
	for (uint32_t left = 0; left < n_left; left++)
		ret_right[left] = a.to_right[left];
	return CF_OK;
}
