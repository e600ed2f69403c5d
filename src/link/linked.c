#include "link/linked.h"

#include <math.h>

#include "link/model.h"

enum { LEAST_TELLING = 100 };

static const double least_share = 0.02;

struct over {
	double n;
	double n_true;
	double n_joined; /* in one cluster of three rows or more */
};

/* sizes of clusters may be NULL. */
static int count_over(const struct link_scored *scored, double weight, const struct link_clusters *clusters,
	const uint32_t *sizes, struct over *ret, struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	struct over o = {0};
	int got;
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0 && pair->weight >= weight) {
		o.n++;
		o.n_true += link_probability(pair->weight);
		if (sizes && clusters->of_row[pair->left] == clusters->of_row[pair->right])
			o.n_joined += sizes[clusters->of_row[pair->left]] > 2;
	}
	TRY(got);
	*ret = o;
	return CF_OK;
}

/* What chance does to a share of so many pairs, simulated and real, is two standard errors. */
static double chance(double share, double n_pairs)
{
	return 2 * sqrt(share * (1 - share) * (1.0 / LINK_SIMULATED + 1 / fmax(n_pairs, 1)));
}

int link_expect_all(const struct link_scored *scored, double weight, const struct link_expected *expected,
	struct link_linked *ret, struct cf_error *err)
{
	struct over over;
	TRY(count_over(scored, weight, NULL, NULL, &over, err));
	*ret = (struct link_linked){.precision_low = over.n > 0 ? over.n_true / over.n : 1};
	double most = fmax(expected->independent, expected->gathered);
	double least = fmin(expected->independent, expected->gathered);
	most = fmin(most + chance(most, over.n), 1);
	least -= chance(least, over.n);
	ret->n_all_low = over.n_true / fmax(most, least_share);
	ret->n_all_high = over.n_true / fmax(least, least_share);
	return CF_OK;
}

/* Rows that came together through others show how many true pairs do not weigh enough by themselves: of the
 * pairs in clusters, less those that a cluster needs to hang together. NAN when there are too few. */
static double share_on_their_own(
	const struct over *over, const struct link_clusters *c, const uint32_t *sizes)
{
	double possible = 0;
	double needed = 0;
	for (size_t k = 1; k <= c->n; k++) {
		double size = sizes[k];
		possible += size > 2 ? size * (size - 1) / 2 : 0;
		needed += size > 2 ? size - 1 : 0;
	}
	if (possible - needed < LEAST_TELLING)
		return NAN;
	return fmin(fmax((over->n_joined - needed) / (possible - needed), least_share), 1);
}

static double ratio(double n, double of)
{
	return of > 0 ? fmin(n / of, 1) : 1;
}

int link_expect_linked(const struct link_scored *scored, double weight, const struct link_clusters *clusters,
	struct link_linked *to, struct cf_error *err)
{
	struct over over;
	CF_CLEANUP_FREE uint32_t *sizes = NEW_ARRAY_ZERO(uint32_t, clusters->n + 1);
	if (!sizes)
		return error_memory(err);
	for (size_t i = 0; i < clusters->n_rows; i++)
		sizes[clusters->of_row[i]]++;
	TRY(count_over(scored, weight, clusters, sizes, &over, err));
	double share = share_on_their_own(&over, clusters, sizes);
	if (!isnan(share))
		to->n_all_high = fmax(to->n_all_high, over.n_true / share);
	to->n_pairs = (double)clusters->n_pairs;
	to->n_true = clusters->n_true;
	to->n_refused = clusters->n_refused;
	/* what is linked is there */
	to->n_all_low = fmax(to->n_all_low, to->n_true);
	to->n_all_high = fmax(to->n_all_high, to->n_all_low);
	double precision = ratio(to->n_true, to->n_pairs);
	to->precision_high = fmax(to->precision_low, precision);
	to->precision_low = fmin(to->precision_low, precision);
	to->recall_low = ratio(to->n_true, to->n_all_high);
	to->recall_high = ratio(to->n_true, to->n_all_low);
	to->recall = ratio(to->n_true, (to->n_all_low + to->n_all_high) / 2);
	return CF_OK;
}
