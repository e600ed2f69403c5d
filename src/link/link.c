#include "link/link.h"

#include <math.h>

enum { CACHE_BYTES = 8 << 20 };

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

static int train(const struct link_table *t, const struct link_settings *s, const struct link_options *o,
	struct link_pairs *pairs, struct link_result *r, struct cf_error *err)
{
	CF_CLEANUP(link_patterns_done) struct link_patterns patterns = LINK_PATTERNS_INIT;
	CF_CLEANUP_LINK_DEPENDENCE struct link_dependence *dependence = NULL;
	struct link_random_levels random;
	double share;
	TRY(link_count_patterns(
		pairs, s, r->comparer, o->pool, training_pairs, o->progress, &patterns, &share, err));
	if (s->all_pairs && share >= 1)
		levels_of_patterns(&patterns, s->n_fields, &random);
	else
		TRY(link_count_random_levels(t, s, r->comparer, o->pool, &random, err));
	TRY(link_dependence_new(t, s, r->comparer, o->pool, &dependence, err));
	r->n_patterns = patterns.n;
	link_model_start(&r->model, r->comparer, s);
	double n_pairs = link_table_n_pairs(t, s->across, s->within);
	r->model.prior = fmin(0.5, 0.3 * (double)t->n_rows / n_pairs);
	link_train_em(&patterns, n_pairs, &random, dependence, &r->model);
	return CF_OK;
}

static int settle_threshold(const struct link_settings *s, const struct link_options *o,
	struct link_result *r, struct cf_error *err)
{
	double coverage = o->coverage > 0 ? o->coverage : 1;
	TRY(link_choose_threshold(&r->scored, coverage, &r->threshold, err));
	double p = s->threshold > 0 ? s->threshold : r->threshold.chosen.probability;
	r->weight = link_log2_odds(fmin(fmax(p, 1e-6), 1 - 1e-9));
	return CF_OK;
}

int link_run(const struct link_table *t, const struct link_settings *s, const struct link_options *o,
	struct link_result **ret, struct cf_error *err)
{
	CF_CLEANUP_LINK_RESULT struct link_result *r = NEW(struct link_result);
	CF_CLEANUP_LINK_PAIRS struct link_pairs *pairs = NULL;
	if (!r)
		return error_memory(err);
	size_t memory = o->memory_bytes ? o->memory_bytes : usual_memory;
	TRY(link_comparer_new(t, s, (size_t)jobs_n_threads(o->pool), CACHE_BYTES, &r->comparer, err));
	TRY(link_pairs_new(t, s, o->pool, &pairs, err));
	if (o->model)
		r->model = *o->model;
	else
		TRY(train(t, s, o, pairs, r, err));
	TRY(link_scorer_new(t, s, r->comparer, &r->model, &r->scorer, err));
	TRY(link_score_all(r->scorer, pairs, o->pool, link_log2_odds(floor_probability),
		memory / 2 / sizeof(struct link_scored_pair), o->progress, &r->scored, err));
	r->n_compared = r->scored.n_compared;
	TRY(settle_threshold(s, o, r, err));
	const struct link_cluster_options clustering = {
		.method = o->method, .weight = r->weight, .one_a_file = s->one_a_file};
	TRY(link_cluster(t, &r->scored, r->scorer, &clustering, &r->clusters, err));
	*ret = TAKE(r);
	return CF_OK;
}
