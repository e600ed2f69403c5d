#include "link/expect.h"

#include <math.h>

#include "base/random.h"
#include "link/suggest.h"
#include "link/train.h"

enum { SIMULATED = LINK_SIMULATED, ROUNDS = 6, N_CARE = 10 };

/* How much more, or less, than on average goes wrong in a row, from the best tenth of the rows to the worst.
 * Gathered errors: most rows are written well, a few badly throughout, and those leave out more as well. */
static const double carelessness[N_CARE] = {0.2, 0.25, 0.3, 0.35, 0.4, 0.55, 0.85, 1.4, 2.3, 4};
static const double most_wrong = 0.95;

struct expecting {
	const struct link_pairs *pairs;
	const struct link_scorer *scorer;
	const struct link_model *model;
	const struct link_table *table;
	const struct link_settings *settings;
	bool gathered;
	double wrong[LINK_MAX_FIELDS];      /* how often one value of a person is written wrong */
	double before[LINK_MAX_FIELDS + 2]; /* share of the rows that have fewer values missing */
	uint32_t free_fields[LINK_MAX_RULES];
	double weight;
};

static size_t n_missing(const struct expecting *x, uint32_t row)
{
	size_t n = 0;
	for (size_t f = 0; f < x->settings->n_fields; f++)
		n += x->table->columns[x->settings->fields[f].column].codes[row] == 0;
	return n;
}

/* The rows' places by how much they leave out, of rows drawn. */
static void rank_rows(struct expecting *x)
{
	struct random_stream random;
	random_init(&random, 4, 2);
	for (size_t i = 0; i < SIMULATED; i++)
		x->before[n_missing(x, (uint32_t)random_below(&random, x->table->n_rows)) + 1] +=
			1.0 / SIMULATED;
	for (size_t n = 1; n < LINK_MAX_FIELDS + 2; n++)
		x->before[n] += x->before[n - 1];
}

static double draw_care(const struct expecting *x, uint32_t row, struct random_stream *random)
{
	size_t n = n_missing(x, row);
	double place = x->before[n] + random_uniform(random) * (x->before[n + 1] - x->before[n]);
	size_t at = (size_t)(place * N_CARE);
	return x->gathered ? carelessness[at < N_CARE ? at : N_CARE - 1] : 1;
}

/* The level of two values of a person. */
static unsigned draw_level(const struct link_field_model *field, double right, struct random_stream *random)
{
	double at = random_uniform(random);
	if (at < right)
		return LINK_LEVEL_EQUAL;
	at = (at - right) / (1 - right) * (1 - field->m[LINK_LEVEL_EQUAL]);
	for (unsigned level = LINK_LEVEL_EQUAL + 1; level < field->n_levels; level++) {
		if (at < field->m[level])
			return level;
		at -= field->m[level];
	}
	return field->n_levels;
}

static uint64_t draw_pattern(const struct expecting *x, uint32_t a, uint32_t b, struct random_stream *random)
{
	uint64_t pattern = 0;
	double care_a = draw_care(x, a, random);
	double care_b = draw_care(x, b, random);
	for (size_t f = 0; f < x->settings->n_fields; f++) {
		const uint32_t *codes = x->table->columns[x->settings->fields[f].column].codes;
		double right = (1 - fmin(most_wrong, x->wrong[f] * care_a)) *
			       (1 - fmin(most_wrong, x->wrong[f] * care_b));
		unsigned level = draw_level(&x->model->fields[f], right, random);
		if (codes[a] && codes[b])
			pattern |= (uint64_t)level << f * LINK_PATTERN_BITS;
	}
	return pattern;
}

/* Whether a part's key is the same for both values. Columns that are no fields are taken to be equal. */
static bool part_agrees(const struct expecting *x, const struct link_part *part, uint32_t b, uint64_t pattern,
	struct random_stream *random)
{
	double at = random_uniform(random);
	if (!x->table->columns[part->column].codes[b])
		return false;
	for (size_t f = 0; f < x->settings->n_fields; f++)
		if (x->settings->fields[f].column == part->column)
			return link_pattern_level(pattern, f) == LINK_LEVEL_EQUAL ||
			       at < link_transform_survival((enum link_transform)part->transform);
	return true;
}

/* Fields that some rule that finds the pair does not look at; *ret_found: whether one does. */
static uint32_t find(const struct expecting *x, uint32_t a, uint32_t b, uint64_t pattern,
	struct random_stream *random, bool *ret_found)
{
	const struct link_settings *s = x->settings;
	uint32_t free_fields = s->all_pairs ? UINT32_MAX : 0;
	*ret_found = s->all_pairs;
	for (size_t r = 0; r < s->n_rules && !s->all_pairs; r++) {
		bool agrees = link_pairs_has_key(x->pairs, a, r);
		for (size_t p = 0; p < s->rules[r].n_parts && agrees; p++)
			agrees = part_agrees(x, &s->rules[r].parts[p], b, pattern, random);
		free_fields |= agrees ? x->free_fields[r] : 0;
		*ret_found |= agrees;
	}
	return free_fields;
}

struct drawn {
	double found;
	double linked;
	/* of the fields that were free, as training sees them: by the pairs' probabilities */
	double known[LINK_MAX_FIELDS];
	double equal[LINK_MAX_FIELDS];
};

static void simulate(const struct expecting *x, struct drawn *n)
{
	struct random_stream random;
	*n = (struct drawn){0};
	random_init(&random, 4, x->gathered);
	for (size_t i = 0; i < SIMULATED; i++) {
		uint32_t a = (uint32_t)random_below(&random, x->table->n_rows);
		uint32_t b = (uint32_t)random_below(&random, x->table->n_rows);
		uint64_t pattern = draw_pattern(x, a, b, &random);
		bool found;
		uint32_t free_fields = find(x, a, b, pattern, &random, &found);
		double weight = found ? link_score_pattern(x->scorer, a, pattern) : -INFINITY;
		double probability = found ? link_probability(weight) : 0;
		n->found += found;
		n->linked += weight >= x->weight;
		for (size_t f = 0; f < x->settings->n_fields; f++) {
			unsigned level = link_pattern_level(pattern, f);
			bool counts = found && level && (free_fields >> f & 1);
			n->known[f] += counts ? probability : 0;
			n->equal[f] += counts && level == LINK_LEVEL_EQUAL ? probability : 0;
		}
	}
}

/* Errors such that the pairs that training sees show what training has learnt: the pairs that it does not see
 * are worse. */
static void calibrate(struct expecting *x, struct drawn *n)
{
	for (size_t f = 0; f < x->settings->n_fields; f++)
		x->wrong[f] = 1 - sqrt(x->model->fields[f].m[LINK_LEVEL_EQUAL]);
	for (int round = 0; round < ROUNDS; round++) {
		simulate(x, n);
		for (size_t f = 0; f < x->settings->n_fields && round < ROUNDS - 1; f++) {
			double learnt = 1 - x->model->fields[f].m[LINK_LEVEL_EQUAL];
			double shown = n->known[f] > 0 ? 1 - n->equal[f] / n->known[f] : learnt;
			x->wrong[f] = fmin(0.9, x->wrong[f] * fmin(fmax(learnt / fmax(shown, 1e-6), 0.5), 2));
		}
	}
}

static double linked_share(struct expecting *x, bool gathered, double *found)
{
	struct drawn n;
	x->gathered = gathered;
	calibrate(x, &n);
	*found += n.found / SIMULATED / 2;
	return n.linked / SIMULATED;
}

void link_expect_found(const struct link_pairs *pairs, const struct link_scorer *scorer,
	const struct link_model *model, double weight, struct link_expected *ret)
{
	struct expecting x = {.pairs = pairs, .scorer = scorer, .model = model, .weight = weight};
	struct link_expected e = {0};
	x.table = link_pairs_table(pairs);
	x.settings = link_pairs_settings(pairs);
	for (size_t r = 0; r < x.settings->n_rules; r++)
		x.free_fields[r] = link_fields_free_of(x.settings, &x.settings->rules[r]);
	rank_rows(&x);
	e.independent = linked_share(&x, false, &e.found);
	e.gathered = linked_share(&x, true, &e.found);
	*ret = e;
}
