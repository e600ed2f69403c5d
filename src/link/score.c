#include <math.h>

#include "link/scorer.h"

struct link_scorer *link_scorer_free(struct link_scorer *s)
{
	if (!s)
		return NULL;
	for (size_t f = 0; f < LINK_MAX_FIELDS; f++)
		(void)mem_free(s->by_frequency[f]);
	(void)mem_free(s->scratches);
	return mem_free(s);
}

static int set_frequencies(struct link_scorer *s, const struct link_settings *settings,
	const struct link_model *model, struct cf_error *err)
{
	for (size_t f = 0; f < s->n_fields; f++) {
		const struct link_column *c = &s->table->columns[settings->fields[f].column];
		double n_known = (double)(s->table->n_rows - c->counts[0]);
		if (!settings->fields[f].by_frequency || n_known == 0)
			continue;
		float *bits = NEW_ARRAY_ZERO(float, (size_t)c->values.n + 1);
		if (!bits)
			return error_memory(err);
		for (uint32_t code = 1; code <= c->values.n; code++)
			bits[code] = c->counts[code] ? (float)link_frequency_bits(
							       &model->fields[f], c->counts[code] / n_known)
						     : 0;
		s->by_frequency[f] = bits;
	}
	return CF_OK;
}

static double most_of(const struct link_scorer *s, size_t f, const struct link_field_model *field)
{
	double most = 0;
	for (unsigned level = 1; level <= field->n_levels; level++)
		most = fmax(
			most, s->weights.levels[f][level] + (level == LINK_LEVEL_EQUAL && s->by_frequency[f]
									    ? LINK_MOST_FREQUENCY_BITS
									    : 0));
	return most;
}

static double most_of_edges(const struct link_weights *w)
{
	double sum = 0;
	for (size_t e = 0; e < w->n_edges; e++) {
		double most = 0;
		for (unsigned a = 0; a <= LINK_MAX_LEVELS; a++)
			for (unsigned b = 0; b <= LINK_MAX_LEVELS; b++)
				most = fmax(most, -w->edges[e].bits[a][b]);
		sum += most;
	}
	return sum;
}

/* Fields whose random pairs weigh least come first. */
static void set_order(struct link_scorer *s, const struct link_model *model)
{
	double usual[LINK_MAX_FIELDS];
	for (size_t f = 0; f < s->n_fields; f++) {
		usual[f] = -most_of(s, f, &model->fields[f]);
		for (unsigned level = 1; level <= model->fields[f].n_levels; level++)
			usual[f] += model->fields[f].u[level] * s->weights.levels[f][level];
		size_t at = f;
		for (; at > 0 && usual[s->order[at - 1]] > usual[f]; at--)
			s->order[at] = s->order[at - 1];
		s->order[at] = f;
	}
	s->rest[s->n_fields] = most_of_edges(&s->weights);
	for (size_t i = s->n_fields; i-- > 0;)
		s->rest[i] = s->rest[i + 1] + most_of(s, s->order[i], &model->fields[s->order[i]]);
}

int link_scorer_new(const struct link_table *t, const struct link_settings *settings, struct link_comparer *c,
	const struct link_model *model, struct link_scorer **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_SCORER struct link_scorer *s = NEW(struct link_scorer);
	if (!s)
		return error_memory(err);
	s->table = t;
	s->comparer = c;
	s->n_fields = settings->n_fields;
	link_weights_make(model, &s->weights);
	s->scratches = NEW_ARRAY(struct link_score_scratch, link_comparer_n_workers(c));
	if (!s->scratches)
		return error_memory(err);
	TRY(set_frequencies(s, settings, model, err));
	set_order(s, model);
	*ret = TAKE(s);
	return CF_OK;
}

double link_scorer_prior(const struct link_scorer *s)
{
	return s->weights.prior;
}

void link_scorer_decide(struct link_scorer *s, const struct link_decision *decisions, size_t n)
{
	s->decisions = decisions;
	s->n_decisions = n;
}

bool link_scorer_is_refused(const struct link_scorer *s, uint32_t left, uint32_t right)
{
	return s->n_decisions && link_decisions_find(s->decisions, s->n_decisions,
					 left < right ? left : right, left < right ? right : left) < 0;
}

void link_score_fields(const struct link_scorer *s, size_t worker, uint32_t left, uint32_t right,
	struct link_field_score ret[LINK_MAX_FIELDS])
{
	for (size_t f = 0; f < s->n_fields; f++) {
		unsigned level = link_compare_field(s->comparer, worker, f, left, right);
		ret[f] = (struct link_field_score){.level = level, .weight = s->weights.levels[f][level]};
		if (level == LINK_LEVEL_EQUAL && s->by_frequency[f])
			ret[f].by_frequency = s->by_frequency[f][link_comparer_code(s->comparer, f, left)];
	}
}

double link_score_pattern(const struct link_scorer *s, uint32_t row, uint64_t pattern)
{
	double weight = s->weights.prior + link_weight_of_pattern(&s->weights, pattern);
	for (size_t f = 0; f < s->n_fields; f++)
		if (link_pattern_level(pattern, f) == LINK_LEVEL_EQUAL && s->by_frequency[f])
			weight += s->by_frequency[f][link_comparer_code(s->comparer, f, row)];
	return weight;
}
