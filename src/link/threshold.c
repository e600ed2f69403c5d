#include "link/threshold.h"

#include <math.h>
#include <stdlib.h>

#include "link/model.h"

double link_log2_odds(double probability)
{
	return log2(probability / (1 - probability));
}

static int falling(const void *a, const void *b)
{
	float x = *(const float *)a;
	float y = *(const float *)b;
	return (x < y) - (x > y);
}

static struct link_quality quality(double probability, double n, double n_true, double n_all)
{
	struct link_quality q = {.probability = probability, .n_pairs = n};
	q.precision = n > 0 ? n_true / n : 1;
	q.recall = n_all > 0 ? n_true / n_all : 1;
	q.f1 = n + n_all > 0 ? 2 * n_true / (n + n_all) : 1;
	return q;
}

int link_choose_threshold(
	const struct link_scored *scored, double coverage, struct link_threshold *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE float *weights = NEW_ARRAY(float, scored->n);
	if (!weights)
		return error_memory(err);
	double n_all = 0;
	for (size_t i = 0; i < scored->n; i++) {
		weights[i] = scored->pairs[i].weight;
	}
	if (scored->n)
		qsort(weights, scored->n, sizeof *weights, falling);
	for (size_t i = 0; i < scored->n; i++)
		n_all += link_probability(weights[i]);
	n_all /= fmax(coverage, 0.01);
	ret->n_expected = n_all;
	ret->chosen = quality(0.5, 0, 0, n_all);
	double n_true = 0;
	size_t step = LINK_N_QUALITIES;
	for (size_t i = 0; i <= scored->n; i++) {
		double p = i < scored->n ? link_probability(weights[i]) : -1;
		while (step > 0 && p < (double)(step - 1) / (LINK_N_QUALITIES - 1)) {
			step--;
			ret->by_probability[step] =
				quality((double)step / (LINK_N_QUALITIES - 1), (double)i, n_true, n_all);
		}
		if (i == scored->n)
			break;
		n_true += p;
		struct link_quality q = quality(p, (double)(i + 1), n_true, n_all);
		if (q.f1 > ret->chosen.f1)
			ret->chosen = q;
	}
	return CF_OK;
}
