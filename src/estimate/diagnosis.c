#include "estimate/diagnosis.h"

#include <math.h>

enum { MAX_INFLUENCES = 512 };

static int allocate(struct estimate_report *r, size_t n_lists, struct cf_error *err)
{
	size_t n_pairs = n_lists * (n_lists - 1) / 2;
	r->lists = NEW_ARRAY_ZERO(struct estimate_list, n_lists);
	r->pairs = NEW_ARRAY_ZERO(struct estimate_pair, n_pairs);
	r->empty_pairs = NEW_ARRAY(struct estimate_empty_pair, n_pairs);
	return r->lists && r->pairs && r->empty_pairs ? CF_OK : error_memory(err);
}

/* The two lists among the persons on some other one. */
static void find_odds(const struct loglinear_table *t, struct estimate_pair *p)
{
	uint32_t j = UINT32_C(1) << p->j;
	uint32_t k = UINT32_C(1) << p->k;
	double cells[4] = {0};
	for (uint32_t w = 1; w < t->n_cells; w++)
		if (w & ~(j | k))
			cells[((w & j) != 0) + 2 * ((w & k) != 0)] += t->counts[w];
	p->n_elsewhere = (uint64_t)(cells[0] + cells[1] + cells[2] + cells[3]);
	p->odds_ratio = p->odds_lower = p->odds_upper = NAN;
	/* where nobody is on one of the two (or off it) there is nothing to compare */
	double on_j = cells[1] + cells[3];
	double on_k = cells[2] + cells[3];
	double all = on_j + cells[0] + cells[2];
	if (!(on_j > 0 && on_k > 0 && on_j < all && on_k < all))
		return;
	double variance = 0;
	for (int i = 0; i < 4; i++) {
		cells[i] += 0.5;
		variance += 1 / cells[i];
	}
	double logarithm = log(cells[0]) + log(cells[3]) - log(cells[1]) - log(cells[2]);
	p->odds_ratio = exp(logarithm);
	p->odds_lower = exp(logarithm - 1.959963984540054 * sqrt(variance));
	p->odds_upper = exp(logarithm + 1.959963984540054 * sqrt(variance));
}

int diagnosis_describe(struct select_bench *b, const struct loglinear_table *t, struct estimate_report *r,
	struct cf_error *err)
{
	struct hierarchy main_effects;
	struct selection s;
	TRY(allocate(r, t->n_lists, err));
	hierarchy_main_effects(t->n_lists, &main_effects);
	TRY(select_model(b, t, &main_effects, NULL, &s, err));
	bool fitted = s.existence.status == ESTIMATE_IDENTIFIED;
	if (fitted)
		(void)loglinear_fitted_means(b->fit, &main_effects, s.fit.alpha);
	const double *expected = loglinear_fitted_totals(b->fit);
	r->n_lists = t->n_lists;
	for (uint32_t j = 0; j < t->n_lists; j++) {
		uint32_t list = UINT32_C(1) << j;
		r->lists[j] = (struct estimate_list){
			.persons = (uint64_t)t->totals[list], .alone = (uint64_t)t->counts[list]};
		for (uint32_t k = j + 1; k < t->n_lists; k++) {
			uint32_t both = list | UINT32_C(1) << k;
			struct estimate_pair *p = &r->pairs[r->n_pairs++];
			*p = (struct estimate_pair){.j = j,
				.k = k,
				.persons = (uint64_t)t->totals[both],
				.expected = fitted ? expected[both] : NAN};
			find_odds(t, p);
			if (p->persons == 0)
				r->empty_pairs[r->n_empty_pairs++] = (struct estimate_empty_pair){j, k};
		}
	}
	return CF_OK;
}

int diagnosis_influence(const struct loglinear_table *t, const struct chooser *c, struct job_pool *pool,
	struct estimate_report *r, struct cf_error *err)
{
	size_t n = 0;
	for (uint32_t w = 1; w < t->n_cells; w++)
		n += t->counts[w] > 0;
	/* beyond that no reader looks at cells one by one, and large tables have no influential ones */
	if (n > MAX_INFLUENCES)
		return CF_OK;
	r->influences = NEW_ARRAY_ZERO(struct estimate_influence, n);
	if (!r->influences)
		return error_memory(err);
	r->n_influences = n;
	return replicate_influence(t, c, pool, r->influences, err);
}
