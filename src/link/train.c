#include "link/train.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

enum {
	RANDOM_TASKS = 64,
	RANDOM_PAIRS = 128000,
	MAX_ITERATIONS = 200,
	MAX_TRIES = 64,
	MEASURE_EVERY = 5,
	MAX_MEASURED = 100,
	LABEL_ROUNDS = 5,
	PORTION = 128
};

static const double tolerance = 1e-5;
/* Pseudo-pairs as training starts with: they keep m off 0, and where there are hardly any matches they speak.
 */
static const double prior_pairs = 4;

/* Any column may hold another person's value now and then, even where no pair found so far shows it. */
static const double least_unlike = 0.002;

/* ---- random pairs ---- */

struct random_work {
	const struct link_table *table;
	const struct link_settings *settings;
	struct link_comparer *comparer;
	struct link_random_levels tasks[RANDOM_TASKS];
};

static bool is_allowed(const struct link_table *t, const struct link_settings *s, uint32_t a, uint32_t b)
{
	if (a == b)
		return false;
	if (t->n_files == 1)
		return s->within;
	return link_table_file_of(t, a) == link_table_file_of(t, b) ? s->within : s->across;
}

static void count_levels(struct link_random_levels *r, size_t n_fields, uint64_t pattern)
{
	for (size_t f = 0; f < n_fields; f++)
		r->levels[f][link_pattern_level(pattern, f)]++;
	r->n++;
}

/* Whether there is a pair that may be drawn; where few may, drawing gives up. */
static bool draw_pair(const struct random_work *w, struct random_stream *random, struct link_row_pair *ret)
{
	for (int tries = 0; tries < MAX_TRIES; tries++) {
		ret->left = (uint32_t)random_below(random, w->table->n_rows);
		ret->right = (uint32_t)random_below(random, w->table->n_rows);
		if (is_allowed(w->table, w->settings, ret->left, ret->right))
			return true;
	}
	return false;
}

static int random_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	(void)err;
	struct random_work *w = context;
	struct random_stream random;
	random_init(&random, 1, task);
	for (size_t i = 0; i < RANDOM_PAIRS / RANDOM_TASKS; i += PORTION) {
		struct link_row_pair rows[PORTION];
		uint64_t patterns[PORTION];
		size_t n = 0;
		for (size_t k = i; k < i + PORTION && k < RANDOM_PAIRS / RANDOM_TASKS; k++)
			n += draw_pair(w, &random, &rows[n]);
		link_compare_many(w->comparer, worker, rows, n, patterns);
		for (size_t k = 0; k < n; k++)
			count_levels(&w->tasks[task], w->settings->n_fields, patterns[k]);
	}
	return CF_OK;
}

/* Pairs of equal values in a column, exactly. */
static int count_equal(const struct link_table *t, size_t column, const struct link_settings *s,
	double *ret_share, struct cf_error *err)
{
	const struct link_column *c = &t->columns[column];
	struct link_key_count equal;
	TRY(link_count_pairs(t, c->codes, c->values.n, NULL, t->n_rows, s, &equal, err));
	*ret_share = equal.n_pairs / link_table_n_pairs(t, s->across, s->within);
	return CF_OK;
}

/* The share of equal pairs is known from the counts of values; the sample gives the rest. */
static int set_equal(const struct link_table *t, const struct link_settings *s, struct link_random_levels *r,
	struct cf_error *err)
{
	for (size_t f = 0; f < s->n_fields; f++) {
		double share;
		TRY(count_equal(t, s->fields[f].column, s, &share, err));
		r->levels[f][LINK_LEVEL_EQUAL] = share * r->n;
	}
	return CF_OK;
}

int link_count_random_levels(const struct link_table *t, const struct link_settings *s,
	struct link_comparer *c, struct job_pool *pool, struct link_random_levels *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct random_work *w = NEW(struct random_work);
	if (!w)
		return error_memory(err);
	w->table = t;
	w->settings = s;
	w->comparer = c;
	TRY(jobs_run(pool, RANDOM_TASKS, random_task, w, err));
	memset(ret, 0, sizeof *ret);
	for (size_t task = 0; task < RANDOM_TASKS; task++) {
		ret->n += w->tasks[task].n;
		for (size_t f = 0; f < s->n_fields; f++)
			for (unsigned level = 0; level <= LINK_MAX_LEVELS; level++)
				ret->levels[f][level] += w->tasks[task].levels[f][level];
	}
	return set_equal(t, s, ret, err);
}

/* ---- patterns ---- */

struct pattern_work {
	struct link_comparer *comparer;
	struct link_patterns *workers;
	size_t n_workers;
	uint32_t free_fields[LINK_MAX_RULES]; /* of a rule: fields it does not look at */
};

static void pattern_work_done(struct pattern_work *w)
{
	for (size_t i = 0; w->workers && i < w->n_workers; i++)
		link_patterns_done(&w->workers[i]);
	w->workers = mem_free(w->workers);
}

static int take_patterns(void *context, size_t task, size_t worker, const struct link_pair *pairs, size_t n,
	struct cf_error *err)
{
	(void)task;
	struct pattern_work *w = context;
	for (size_t i = 0; i < n; i += PORTION) {
		struct link_row_pair rows[PORTION];
		uint64_t patterns[PORTION];
		size_t m = n - i < PORTION ? n - i : PORTION;
		for (size_t k = 0; k < m; k++)
			rows[k] = (struct link_row_pair){pairs[i + k].left, pairs[i + k].right};
		link_compare_many(w->comparer, worker, rows, m, patterns);
		for (size_t k = 0; k < m; k++) {
			uint32_t free_fields = 0;
			for (uint32_t rules = pairs[i + k].rules; rules; rules &= rules - 1)
				free_fields |= w->free_fields[__builtin_ctz(rules)];
			TRY(link_patterns_add(&w->workers[worker], patterns[k], free_fields, 1, err));
		}
	}
	return CF_OK;
}

uint32_t link_fields_free_of(const struct link_settings *s, const struct link_rule *r)
{
	uint32_t free_fields = 0;
	for (size_t f = 0; f < s->n_fields; f++) {
		bool looked_at = false;
		for (size_t p = 0; p < r->n_parts; p++)
			looked_at |= r->parts[p].column == s->fields[f].column;
		free_fields |= (uint32_t)!looked_at << f;
	}
	return free_fields;
}

int link_count_patterns(struct link_pairs *pairs, const struct link_settings *s, struct link_comparer *c,
	struct job_pool *pool, double max_pairs, const struct progress *progress, struct link_patterns *ret,
	double *ret_share, struct cf_error *err)
{
	CF_CLEANUP(pattern_work_done) struct pattern_work w = {.comparer = c};
	w.n_workers = (size_t)jobs_n_threads(pool);
	w.workers = NEW_ARRAY_ZERO(struct link_patterns, w.n_workers);
	if (!w.workers)
		return error_memory(err);
	w.free_fields[0] = ((uint32_t)1 << s->n_fields) - 1;
	for (size_t r = 0; r < s->n_rules && !s->all_pairs; r++)
		w.free_fields[r] = link_fields_free_of(s, &s->rules[r]);
	double share = s->n_pairs > max_pairs ? max_pairs / s->n_pairs : 1;
	const struct link_visit visit = {.context = &w,
		.take = take_patterns,
		.share = share,
		.stage = "training",
		.progress = progress};
	TRY(link_pairs_visit(pairs, pool, &visit, err));
	for (size_t i = 0; i < w.n_workers; i++)
		for (size_t k = 0; k < w.workers[i].capacity; k++) {
			const struct link_pattern_count *count = &w.workers[i].counts[k];
			if (count->n != 0)
				TRY(link_patterns_add(
					ret, count->pattern, count->free_fields, count->n, err));
		}
	link_patterns_sort(ret);
	for (size_t k = 0; k < ret->n; k++)
		ret->counts[k].n /= share;
	*ret_share = share;
	return CF_OK;
}

/* ---- expectation and maximisation ---- */

struct expected {
	double matches;
	double free_levels[LINK_MAX_FIELDS][LINK_MAX_LEVELS + 1]; /* where the field was free */
	double all_levels[LINK_MAX_FIELDS][LINK_MAX_LEVELS + 1];
};

static void expect(const struct link_patterns *patterns, const struct link_model *model, struct expected *e)
{
	struct link_weights w;
	link_weights_make(model, &w);
	memset(e, 0, sizeof *e);
	for (size_t i = 0; i < patterns->n; i++) {
		const struct link_pattern_count *c = &patterns->counts[i];
		double weight = link_weight_of_pattern(&w, c->pattern);
		double matches = c->n * link_probability(w.prior + weight);
		e->matches += matches;
		for (size_t f = 0; f < model->n_fields; f++) {
			unsigned level = link_pattern_level(c->pattern, f);
			e->all_levels[f][level] += matches;
			if (c->free_fields >> f & 1)
				e->free_levels[f][level] += matches;
		}
	}
}

/* What is known stands in for what was expected. */
static void correct_expected(
	const struct link_labelled *labelled, size_t n, const struct link_model *model, struct expected *e)
{
	struct link_weights w;
	link_weights_make(model, &w);
	for (size_t i = 0; i < n; i++) {
		double weight = w.prior + link_weight_of_pattern(&w, labelled[i].pattern);
		double more = (double)labelled[i].same - link_probability(weight);
		e->matches += more;
		for (size_t f = 0; f < model->n_fields; f++) {
			unsigned level = link_pattern_level(labelled[i].pattern, f);
			double *all = &e->all_levels[f][level];
			double *free_level = &e->free_levels[f][level];
			*all = fmax(0, *all + more);
			*free_level = fmax(0, *free_level + more);
		}
	}
}

static double sum_levels(const double *levels, unsigned n_levels)
{
	double sum = 0;
	for (unsigned level = 1; level <= n_levels; level++)
		sum += levels[level];
	return sum;
}

/* The largest change of an m. */
static double maximise_m(
	struct link_field_model *field, const struct link_field_model *start, const double *levels)
{
	double n = sum_levels(levels, field->n_levels);
	double change = 0;
	field->n_trained = n;
	for (unsigned level = 1; level <= field->n_levels; level++) {
		double m = (levels[level] + prior_pairs * start->m[level]) / (n + prior_pairs);
		if (level == field->n_levels)
			m = fmax(m, least_unlike);
		change = fmax(change, fabs(m - field->m[level]));
		field->m[level] = m;
	}
	return change;
}

/* Random pairs less the matches among them. A level that the sample did not meet is as rare as half a pair.
 */
static void correct_u(struct link_field_model *field, const double *random, double n_random, double n_pairs,
	const double *matches)
{
	double scale = n_pairs / n_random;
	double left[LINK_MAX_LEVELS + 1];
	double sum = 0;
	for (unsigned level = 1; level <= field->n_levels; level++) {
		double least = level == LINK_LEVEL_EQUAL ? 0.5 : 0.5 * scale;
		left[level] = fmax(random[level] * scale - matches[level], least);
		sum += left[level];
	}
	for (unsigned level = 1; level <= field->n_levels; level++)
		field->u[level] = left[level] / sum;
}

static void start_u(const struct link_random_levels *random, struct link_model *model)
{
	static const double no_matches[LINK_MAX_LEVELS + 1] = {0};
	for (size_t f = 0; f < model->n_fields; f++) {
		struct link_field_model *field = &model->fields[f];
		double known = sum_levels(random->levels[f], field->n_levels);
		field->equal_by_chance = known > 0 ? random->levels[f][LINK_LEVEL_EQUAL] / known : 1;
		correct_u(field, random->levels[f], random->n, random->n, no_matches);
	}
}

void link_train_em(const struct link_patterns *patterns, double n_pairs,
	const struct link_random_levels *random, const struct link_dependence *dependence,
	const struct link_labelled *labelled, size_t n_labelled, struct link_model *model)
{
	struct expected e;
	const struct link_model start = *model;
	start_u(random, model);
	model->converged = false;
	for (model->n_iterations = 0; model->n_iterations < MAX_ITERATIONS && !model->converged;
		model->n_iterations++) {
		double change = 0;
		bool measured = dependence && model->n_iterations % MEASURE_EVERY == MEASURE_EVERY - 1 &&
				model->n_iterations < MAX_MEASURED;
		if (measured)
			link_dependence_measure(dependence, model);
		expect(patterns, model, &e);
		correct_expected(labelled, n_labelled, model, &e);
		for (size_t f = 0; f < model->n_fields; f++) {
			change = fmax(
				change, maximise_m(&model->fields[f], &start.fields[f], e.free_levels[f]));
			correct_u(&model->fields[f], random->levels[f], random->n, n_pairs, e.all_levels[f]);
		}
		model->n_expected = e.matches;
		model->prior = fmin(fmax(e.matches, 0.5) / n_pairs, 0.5);
		model->converged = change < tolerance && !measured &&
				   (!dependence || model->n_iterations > MEASURE_EVERY);
	}
}

void link_train_prior(const struct link_patterns *patterns, double n_pairs, struct link_model *model)
{
	struct expected e;
	model->converged = false;
	for (model->n_iterations = 0; model->n_iterations < MAX_ITERATIONS && !model->converged;
		model->n_iterations++) {
		expect(patterns, model, &e);
		double prior = fmin(fmax(e.matches, 0.5) / n_pairs, 0.5);
		model->converged = fabs(prior - model->prior) < tolerance * prior;
		model->prior = prior;
		model->n_expected = e.matches;
	}
}

static void count_labels(const struct link_labelled *labelled, size_t n, size_t n_fields, struct expected *e)
{
	memset(e, 0, sizeof *e);
	for (size_t i = 0; i < n; i++)
		for (size_t f = 0; f < n_fields && labelled[i].same; f++)
			e->free_levels[f][link_pattern_level(labelled[i].pattern, f)]++;
}

/* Matches among all pairs, by level, if there are as many as the prior says. */
static void expect_levels(const struct link_random_levels *random, const struct link_field_model *field,
	size_t f, double n_matches, double *ret)
{
	double known = sum_levels(random->levels[f], field->n_levels) / fmax(random->n, 1);
	for (unsigned level = 1; level <= field->n_levels; level++)
		ret[level] = n_matches * known * field->m[level];
}

void link_train_labels(const struct link_patterns *patterns, double n_pairs,
	const struct link_random_levels *random, const struct link_dependence *dependence,
	const struct link_labelled *labelled, size_t n_labelled, struct link_model *model)
{
	struct expected e;
	const struct link_model start = *model;
	start_u(random, model);
	count_labels(labelled, n_labelled, model->n_fields, &e);
	for (size_t f = 0; f < model->n_fields; f++)
		(void)maximise_m(&model->fields[f], &start.fields[f], e.free_levels[f]);
	/* u, the prior and dependence lean on each other a little */
	for (int round = 0; round < LABEL_ROUNDS; round++) {
		if (dependence && round)
			link_dependence_measure(dependence, model);
		link_train_prior(patterns, n_pairs, model);
		for (size_t f = 0; f < model->n_fields; f++) {
			double matches[LINK_MAX_LEVELS + 1] = {0};
			expect_levels(random, &model->fields[f], f, model->n_expected, matches);
			correct_u(&model->fields[f], random->levels[f], random->n, n_pairs, matches);
		}
	}
	link_train_prior(patterns, n_pairs, model);
	model->labelled = true;
}
