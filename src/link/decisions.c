#include <stdlib.h>

#include "link/score.h"

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
