#include "estimate/average.h"

#include <math.h>

void average_begin(struct average *a)
{
	*a = (struct average){.least = INFINITY};
}

static void scale(struct average *a, double factor)
{
	a->weight *= factor;
	a->weight2 *= factor * factor;
	a->total *= factor;
	a->total2 *= factor;
	a->log_total *= factor;
}

void average_visit(void *context, double score, double total)
{
	struct average *a = context;
	if (!isfinite(score) || !isfinite(total))
		return;
	if (score < a->least) {
		scale(a, a->n_models ? exp((score - a->least) / 2) : 0);
		a->least = score;
	}
	double w = exp((a->least - score) / 2);
	a->weight += w;
	a->weight2 += w * w;
	a->total += w * total;
	a->total2 += w * total * total;
	a->log_total += w * log(total);
	a->n_models++;
}

double average_total(const struct average *a)
{
	return a->n_models ? a->total / a->weight : NAN;
}

double average_spread(const struct average *a)
{
	double mean = average_total(a);
	return sqrt(fmax(a->total2 / a->weight - mean * mean, 0));
}

double average_geometric(const struct average *a)
{
	return a->n_models ? exp(a->log_total / a->weight) : NAN;
}

double average_effective_models(const struct average *a)
{
	return a->n_models ? a->weight * a->weight / a->weight2 : 0;
}

double average_share(const struct average *a, double score)
{
	return exp((a->least - score) / 2) / a->weight;
}
