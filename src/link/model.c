#include "link/model.h"

#include <math.h>
#include <string.h>

/* A pair of one person agrees in a field with this probability until training knows better. */
static const double usual_agreement = 0.85;

void link_model_start(struct link_model *model, const struct link_comparer *c, const struct link_settings *s)
{
	*model = (struct link_model){.n_fields = s->n_fields, .prior = 1e-4};
	for (size_t f = 0; f < s->n_fields; f++) {
		struct link_field_model *field = &model->fields[f];
		field->n_levels = link_comparer_n_levels(c, f);
		double left = 1;
		for (unsigned level = 1; level <= field->n_levels; level++) {
			double share = level == 1 ? usual_agreement : left / 2;
			field->m[level] = level == field->n_levels ? left : share;
			left -= share;
			field->u[level] = 1.0 / field->n_levels;
		}
	}
}

void link_weights_make(const struct link_model *model, struct link_weights *ret)
{
	memset(ret, 0, sizeof *ret);
	for (size_t f = 0; f < model->n_fields; f++)
		for (unsigned level = 1; level <= model->fields[f].n_levels; level++)
			ret->levels[f][level] = log2(model->fields[f].m[level] / model->fields[f].u[level]);
	ret->n_fields = model->n_fields;
	ret->n_edges = model->n_edges;
	memcpy(ret->edges, model->edges, model->n_edges * sizeof *model->edges);
	ret->prior = log2(model->prior / (1 - model->prior));
}

double link_weight_of_edges(const struct link_weights *w, uint64_t pattern)
{
	double sum = 0;
	for (size_t e = 0; e < w->n_edges; e++) {
		const struct link_edge *edge = &w->edges[e];
		sum -= edge->bits[link_pattern_level(pattern, edge->a)][link_pattern_level(pattern, edge->b)];
	}
	return sum;
}

double link_weight_of_pattern(const struct link_weights *w, uint64_t pattern)
{
	double sum = 0;
	for (size_t f = 0; f < w->n_fields; f++)
		sum += w->levels[f][link_pattern_level(pattern, f)];
	return sum + link_weight_of_edges(w, pattern);
}

double link_probability(double log2_odds)
{
	return log2_odds > 0 ? 1 / (1 + exp2(-log2_odds)) : exp2(log2_odds) / (1 + exp2(log2_odds));
}

double link_frequency_bits(const struct link_field_model *field, double frequency)
{
	double bits = log2(fmax(field->equal_by_chance, 1e-12) / frequency);
	return fmin(fmax(bits, LINK_LEAST_FREQUENCY_BITS), LINK_MOST_FREQUENCY_BITS);
}
