/* Scoring all pairs that the rules find. */
#include "link/scorer.h"

/* Sums that do not depend on the order of adding: in 2^-30 of a pair. */
static const double unit = 1073741824;

struct tally {
	uint64_t n_compared;
	uint64_t found[3]; /* as in link_scored, in units */
	char pad[32];      /* workers write side by side */
};

struct batch {
	struct link_row_pair rows[LINK_BATCH];
	double weights[LINK_BATCH];
};

struct scoring {
	const struct link_scorer *scorer;
	double floor;
	struct link_collector *collector;
	struct tally *workers;
	struct batch *batches; /* by worker */
};

static void count_found(struct tally *t, uint32_t rules, double probability)
{
	int n = __builtin_popcount(rules);
	t->found[(n < 3 ? n : 3) - 1] += (uint64_t)(probability * unit);
}

/* Those that people decided are added once for all. */
static bool was_decided(const struct link_scorer *s, const struct link_pair *pair, double weight)
{
	return s->n_decisions && weight >= LINK_DECIDED &&
	       link_decisions_find(s->decisions, s->n_decisions, pair->left, pair->right);
}

static int take_scored(const struct scoring *w, size_t worker, const struct link_pair *pair, double weight,
	struct cf_error *err)
{
	const struct link_scored_pair scored = {pair->left, pair->right, (float)weight};
	count_found(&w->workers[worker], pair->rules, link_probability(weight));
	return was_decided(w->scorer, pair, weight) ? CF_OK
						    : link_collector_add(w->collector, worker, &scored, err);
}

static int take(void *context, size_t task, size_t worker, const struct link_pair *pairs, size_t n,
	struct cf_error *err)
{
	(void)task;
	const struct scoring *w = context;
	struct batch *b = &w->batches[worker];
	w->workers[worker].n_compared += n;
	for (size_t i = 0; i < n; i += LINK_BATCH) {
		size_t m = n - i < LINK_BATCH ? n - i : LINK_BATCH;
		for (size_t k = 0; k < m; k++)
			b->rows[k] = (struct link_row_pair){pairs[i + k].left, pairs[i + k].right};
		link_score_many(w->scorer, worker, b->rows, m, w->floor, b->weights);
		for (size_t k = 0; k < m; k++)
			if (b->weights[k] >= w->floor)
				TRY(take_scored(w, worker, &pairs[i + k], b->weights[k], err));
	}
	return CF_OK;
}

static int add_decided(const struct link_scorer *s, struct link_collector *to, struct cf_error *err)
{
	for (size_t i = 0; i < s->n_decisions; i++) {
		const struct link_decision *d = &s->decisions[i];
		const struct link_scored_pair pair = {d->left, d->right, (float)LINK_DECIDED};
		if (d->same)
			TRY(link_collector_add(to, 0, &pair, err));
	}
	return CF_OK;
}

static void add_tallies(const struct tally *workers, size_t n, struct link_scored *to)
{
	for (size_t w = 0; w < n; w++) {
		to->n_compared += (double)workers[w].n_compared;
		for (size_t k = 0; k < 3; k++)
			to->found[k] += (double)workers[w].found[k] / unit;
	}
}

int link_score_all(const struct link_scorer *s, struct link_pairs *pairs, const struct link_score_options *o,
	struct link_scored *ret, struct cf_error *err)
{
	CF_CLEANUP(link_scored_done) struct link_scored scored = {0};
	CF_CLEANUP_LINK_COLLECTOR struct link_collector *collector = NULL;
	const struct link_collector_options collecting = {
		.n_workers = (size_t)jobs_n_threads(o->pool), .max_pairs = o->max_pairs, .folder = o->folder};
	CF_CLEANUP_FREE struct tally *workers = NEW_ARRAY_ZERO(struct tally, collecting.n_workers);
	CF_CLEANUP_FREE struct batch *batches = NEW_ARRAY(struct batch, collecting.n_workers);
	if (!workers || !batches)
		return error_memory(err);
	TRY(link_collector_new(&collecting, &collector, err));
	struct scoring w = {.scorer = s,
		.floor = o->floor,
		.collector = collector,
		.workers = workers,
		.batches = batches};
	const struct link_visit visit = {
		.context = &w, .take = take, .share = 1, .stage = "comparing", .progress = o->progress};
	TRY(link_pairs_visit(pairs, o->pool, &visit, err));
	TRY(add_decided(s, collector, err));
	TRY(link_collector_finish(collector, &scored, err));
	add_tallies(workers, collecting.n_workers, &scored);
	*ret = scored;
	scored = (struct link_scored){0};
	return CF_OK;
}
