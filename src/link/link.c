#include "link/link.h"

#include <math.h>

enum { CACHE_BYTES = 2 << 20, KEY_BYTES = 48 };

static const size_t usual_memory = (size_t)1 << 30;
static const double training_pairs = 1.5e6;
/* Pairs less probable than this are not kept. */
static const double floor_probability = 0.02;

struct link_result *link_result_free(struct link_result *r)
{
	if (!r)
		return NULL;
	link_clusters_done(&r->clusters);
	link_scored_done(&r->scored);
	r->scorer = link_scorer_free(r->scorer);
	r->comparer = link_comparer_free(r->comparer);
	return mem_free(r);
}

/* Where every pair was looked at, the patterns say how often each level comes; no sample is needed. */
static void levels_of_patterns(
	const struct link_patterns *patterns, size_t n_fields, struct link_random_levels *ret)
{
	*ret = (struct link_random_levels){.all_pairs = true};
	for (size_t i = 0; i < patterns->n; i++) {
		const struct link_pattern_count *c = &patterns->counts[i];
		ret->n += c->n;
		for (size_t f = 0; f < n_fields; f++)
			ret->levels[f][link_pattern_level(c->pattern, f)] += c->n;
	}
}

static struct link_labelled *label_patterns(const struct link_options *o, struct link_comparer *c)
{
	struct link_labelled *labelled = NEW_ARRAY(struct link_labelled, o->n_decisions);
	for (size_t i = 0; labelled && i < o->n_decisions; i++) {
		const struct link_decision *d = &o->decisions[i];
		labelled[i] = (struct link_labelled){link_compare_rows(c, 0, d->left, d->right), d->same};
	}
	return labelled;
}

/* u, dependence and m from the data. */
static int train_all(const struct link_table *t, const struct link_settings *s, const struct link_options *o,
	const struct link_patterns *patterns, bool complete, struct link_result *r, struct cf_error *err)
{
	CF_CLEANUP_LINK_DEPENDENCE struct link_dependence *dependence = NULL;
	CF_CLEANUP_FREE struct link_labelled *labelled = label_patterns(o, r->comparer);
	struct link_random_levels random;
	if (!labelled)
		return error_memory(err);
	if (complete)
		levels_of_patterns(patterns, s->n_fields, &random);
	else
		TRY(link_count_random_levels(t, s, r->comparer, o->pool, &random, err));
	TRY(link_dependence_new(t, s, r->comparer, o->pool, &dependence, err));
	link_model_start(&r->model, r->comparer, s);
	double n_pairs = link_table_n_pairs(t, s->across, s->within);
	r->model.prior = fmin(0.5, 0.3 * (double)t->n_rows / n_pairs);
	if (o->only_labels)
		link_train_labels(
			patterns, n_pairs, &random, dependence, labelled, o->n_decisions, &r->model);
	else
		link_train_em(patterns, n_pairs, &random, dependence, labelled, o->n_decisions, &r->model);
	return CF_OK;
}

static int check_labels(const struct link_options *o, struct cf_error *err)
{
	size_t n = 0;
	for (size_t i = 0; i < o->n_decisions; i++)
		n += o->decisions[i].same;
	if (o->only_labels && n < LINK_LEAST_LABELS)
		return error_set(err, CF_E_NO_ANSWER,
			"training from labels alone needs at least %d pairs decided to be one person, and "
			"there are %zu; "
			"give more with --decisions, or train from all pairs",
			LINK_LEAST_LABELS, n);
	return CF_OK;
}

static int train(const struct link_table *t, const struct link_settings *s, const struct link_options *o,
	struct link_pairs *pairs, struct link_result *r, struct cf_error *err)
{
	CF_CLEANUP(link_patterns_done) struct link_patterns patterns = LINK_PATTERNS_INIT;
	double share;
	if (o->model && o->keep_prior) {
		r->model = *o->model;
		return CF_OK;
	}
	if (link_table_n_pairs(t, s->across, s->within) < 1) {
		r->model.prior = 0.5;
		return CF_OK;
	}
	TRY(link_count_patterns(
		pairs, s, r->comparer, o->pool, training_pairs, o->progress, &patterns, &share, err));
	r->n_patterns = patterns.n;
	if (!o->model)
		return train_all(t, s, o, &patterns, s->all_pairs && share >= 1, r, err);
	r->model = *o->model;
	link_train_prior(&patterns, link_table_n_pairs(t, s->across, s->within), &r->model);
	return CF_OK;
}

static double weight_of(const struct link_settings *s, const struct link_result *r)
{
	return s->threshold > 0 ? link_log2_odds(s->threshold) : r->threshold.chosen.weight;
}

/* Where the expected F1 is best depends on how many true pairs there are, and those that were not found are
 * reckoned from the ones over a threshold: first over the best by what was found. */
static int settle_threshold(const struct link_settings *s, const struct link_pairs *pairs,
	struct link_result *r, struct cf_error *err)
{
	struct link_expected expected = {1, 1, 1};
	TRY(link_choose_threshold(&r->scored, 0, &r->threshold, err));
	r->weight = weight_of(s, r);
	if (r->scored.n)
		link_expect_found(pairs, r->scorer, &r->model, r->weight, &expected);
	TRY(link_expect_all(&r->scored, r->weight, &expected, &r->linked, err));
	TRY(link_choose_threshold(&r->scored, r->linked.n_all_low, &r->threshold, err));
	r->weight = weight_of(s, r);
	return CF_OK;
}

int link_run(const struct link_table *t, const struct link_settings *s, const struct link_options *o,
	struct link_result **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_RESULT struct link_result *r = NEW(struct link_result);
	CF_CLEANUP_LINK_PAIRS struct link_pairs *pairs = NULL;
	if (!r)
		return error_memory(err);
	TRY(check_labels(o, err));
	size_t memory = o->memory_bytes ? o->memory_bytes : usual_memory;
	TRY(link_comparer_new(t, s, (size_t)jobs_n_threads(o->pool), CACHE_BYTES, &r->comparer, err));
	/* making a rule's keys takes about this much for each row; side by side only where there is room */
	bool roomy = t->n_rows * KEY_BYTES * (size_t)jobs_n_threads(o->pool) < memory / 4;
	TRY(link_pairs_new(t, s, roomy ? o->pool : NULL, &pairs, err));
	TRY(train(t, s, o, pairs, r, err));
	TRY(link_scorer_new(t, s, r->comparer, &r->model, &r->scorer, err));
	link_scorer_decide(r->scorer, o->decisions, o->n_decisions);
	if (o->only_model) {
		*ret = TAKE(r);
		return CF_OK;
	}
	const struct link_score_options scoring = {.floor = link_log2_odds(floor_probability),
		.max_pairs = memory / 6 / sizeof(struct link_scored_pair),
		.folder = o->temporary,
		.pool = o->pool,
		.progress = o->progress};
	TRY(link_score_all(r->scorer, pairs, &scoring, &r->scored, err));
	r->n_compared = r->scored.n_compared;
	TRY(settle_threshold(s, pairs, r, err));
	const struct link_cluster_options clustering = {.method = o->method,
		.weight = r->weight,
		.one_a_file = s->one_a_file,
		.n_decisions = o->n_decisions};
	TRY(link_cluster(t, &r->scored, r->scorer, &clustering, &r->clusters, err));
	TRY(link_expect_linked(&r->scored, r->weight, &r->clusters, &r->linked, err));
	link_threshold_rescale(&r->threshold, (r->linked.n_all_low + r->linked.n_all_high) / 2);
	*ret = TAKE(r);
	return CF_OK;
}
