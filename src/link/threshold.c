#include "link/threshold.h"

#include <math.h>

#include "link/model.h"

/* Where hardly anything is found the best F1 is at pairs that are likely wrong; a link that is does harm, and
 * one that is left out can still be asked about. */
static const double least_probability = 0.2;

double link_log2_odds(double probability)
{
	return log2(probability / (1 - probability));
}

static struct link_quality quality(double probability, double n, double n_true, double n_all)
{
	struct link_quality q = {.probability = probability, .n_pairs = n};
	q.precision = n > 0 ? n_true / n : 1;
	q.recall = n_all > 0 ? n_true / n_all : 1;
	q.f1 = n + n_all > 0 ? 2 * n_true / (n + n_all) : 1;
	return q;
}

static int sum_probabilities(const struct link_scored *scored, double *ret, struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	double sum = 0;
	int got;
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0)
		sum += link_probability(pair->weight);
	TRY(got);
	*ret = sum;
	return CF_OK;
}

struct sweep {
	struct link_threshold *to;
	double n_all;
	double n;
	double n_true;
	size_t step;
};

/* Fills the table of qualities down to a probability. */
static void sweep_down(struct sweep *s, double probability)
{
	while (s->step > 0 && probability < (double)(s->step - 1) / (LINK_N_QUALITIES - 1)) {
		s->step--;
		s->to->by_probability[s->step] =
			quality((double)s->step / (LINK_N_QUALITIES - 1), s->n, s->n_true, s->n_all);
	}
}

int link_choose_threshold(
	const struct link_scored *scored, double n_all, struct link_threshold *ret, struct cf_error *err)
{
	CF_CLEANUP(link_cursor_done) struct link_cursor cursor = LINK_CURSOR_INIT(scored);
	const struct link_scored_pair *pair;
	struct sweep s = {.to = ret, .step = LINK_N_QUALITIES};
	int got;
	TRY(sum_probabilities(scored, &s.n_all, err));
	s.n_all = fmax(s.n_all, n_all);
	ret->n_expected = s.n_all;
	ret->chosen = quality(0.5, 0, 0, s.n_all);
	while ((got = link_cursor_next(&cursor, &pair, err)) > 0) {
		double p = link_probability(pair->weight);
		sweep_down(&s, p);
		s.n_true += p;
		s.n++;
		struct link_quality q = quality(p, s.n, s.n_true, s.n_all);
		if (q.f1 > ret->chosen.f1 && p >= least_probability) {
			ret->chosen = q;
			ret->chosen.weight = pair->weight;
		}
	}
	TRY(got);
	sweep_down(&s, -1);
	return CF_OK;
}

static void rescale(struct link_quality *q, double n_all)
{
	double weight = q->weight;
	*q = quality(q->probability, q->n_pairs, q->precision * q->n_pairs, n_all);
	q->weight = weight;
}

void link_threshold_rescale(struct link_threshold *t, double n_all)
{
	t->n_expected = n_all;
	rescale(&t->chosen, n_all);
	for (size_t i = 0; i < LINK_N_QUALITIES; i++)
		rescale(&t->by_probability[i], n_all);
}
