#include "estimate/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/poisson.h"

/* Scores closer than this are equal. */
static const double TIE = 1e-8;

enum decision { UNDECIDED = 0, IN, OUT };

/* A subtree: the models that contain lower and are contained in upper. */
struct node {
	struct hierarchy lower;
	struct hierarchy upper;
	double lower_alpha[HIERARCHY_MAX_TERMS];
	double upper_alpha[HIERARCHY_MAX_TERMS];
	double upper_deviance;
	double scores[HIERARCHY_MAX_TERMS];       /* by candidate: how badly lower fits its total */
	unsigned char state[HIERARCHY_MAX_TERMS]; /* by candidate: enum decision */
};

struct search_space {
	uint32_t max_depth;
	struct node *nodes;
};

struct search {
	struct select_bench *bench;
	const struct loglinear_table *t;
	const struct search_options *options;
	struct search_result *result;
	double saturated;
	double limit; /* models above this score are of no interest */
	void (*visit)(void *context, double score, double total); /* NULL while seeds are tried */
	uint32_t n_candidates;
	uint32_t candidates[HIERARCHY_MAX_TERMS]; /* interactions that a model may have */
	struct cf_error *err;
};

int search_space_new(uint32_t n_lists, struct search_space **ret, struct cf_error *err)
{
	struct search_space *s = NEW(struct search_space);
	if (!s)
		return error_memory(err);
	uint32_t n_cells = UINT32_C(1) << n_lists;
	uint32_t most = n_cells < HIERARCHY_MAX_TERMS ? n_cells : HIERARCHY_MAX_TERMS;
	s->max_depth = most - n_lists;
	s->nodes = NEW_ARRAY(struct node, s->max_depth + 1);
	if (!s->nodes) {
		s = mem_free(s);
		return error_memory(err);
	}
	*ret = s;
	return CF_OK;
}

struct search_space *search_space_free(struct search_space *s)
{
	if (!s)
		return NULL;
	s->nodes = mem_free(s->nodes);
	return mem_free(s);
}

static double tolerance(double score)
{
	return TIE * (1 + fabs(score));
}

static void tighten(struct search *s)
{
	const struct search_result *r = s->result;
	double best = r->kept[0].score;
	s->limit = best + s->options->keep + tolerance(best);
	/* a visitor is promised all of them, however few are kept */
	if (!s->visit && r->n_kept == SEARCH_MAX_KEPT && r->kept[r->n_kept - 1].score < s->limit)
		s->limit = fmax(r->kept[r->n_kept - 1].score, best + tolerance(best));
}

static bool is_kept(const struct search_result *r, const struct hierarchy *m)
{
	for (size_t i = 0; i < r->n_kept; i++)
		if (hierarchy_compare(&r->kept[i].model, m) == 0)
			return true;
	return false;
}

static void keep(struct search *s, const struct search_model *m)
{
	struct search_result *r = s->result;
	if (r->n_kept == SEARCH_MAX_KEPT && !(m->score < r->kept[r->n_kept - 1].score))
		return;
	size_t at = r->n_kept < SEARCH_MAX_KEPT ? r->n_kept++ : SEARCH_MAX_KEPT - 1;
	for (; at > 0 && (r->kept[at - 1].score > m->score); at--)
		r->kept[at] = r->kept[at - 1];
	r->kept[at] = *m;
	tighten(s);
	while (r->n_kept > 1 && r->kept[r->n_kept - 1].score > s->limit)
		r->n_kept--;
}

double search_penalty(enum search_criterion criterion, uint32_t n_terms, double n_persons)
{
	double k = n_terms;
	if (criterion == SEARCH_BIC)
		return log(n_persons) * k;
	return n_persons > k + 1 ? 2 * k + 2 * k * (k + 1) / (n_persons - k - 1) : INFINITY;
}

static double score_of(const struct search *s, double deviance, uint32_t n_terms)
{
	return s->saturated + deviance + search_penalty(s->options->criterion, n_terms, s->t->n_persons);
}

static void fit(struct search *s, const struct hierarchy *m, const double *start, struct loglinear_fit *ret)
{
	loglinear_fit(s->bench->fit, s->t, m, start, ret);
	s->result->n_fits++;
}

/* Lets a fitted, identified model compete. */
static void compete(struct search *s, const struct hierarchy *m, struct loglinear_fit *fit)
{
	double score = score_of(s, fit->deviance, m->n_terms);
	if (fit->ill_conditioned) {
		loglinear_refine(s->bench->fit, s->t, m, fit);
		score = score_of(s, fit->deviance, m->n_terms);
	}
	if (!(score <= s->limit) || !isfinite(score) || !isfinite(fit->hidden))
		return;
	struct search_model found = {.model = *m,
		.score = score,
		.deviance = fit->deviance,
		.total = s->t->n_persons + fit->hidden};
	if (s->visit)
		s->visit(s->options->context, score, found.total);
	if (!is_kept(s->result, m))
		keep(s, &found);
}

/* 1 when the model has a finite, unique estimate, else 0. Then no model that contains it has one either: a
 * direction along which the likelihood never falls remains such a direction when terms are added, or, once
 * its cells are ruled out, becomes one along which it does not change. */
static int is_identified(struct search *s, const struct hierarchy *m)
{
	struct existence existence;
	TRY(existence_check(s->bench->existence, s->t, m, &existence, s->err));
	return existence.status == ESTIMATE_IDENTIFIED;
}

/* Fits node->lower from start, lets it compete, and scores the candidates under it. */
static void fit_lower(struct search *s, struct node *node, const double *start)
{
	struct loglinear_fit found;
	fit(s, &node->lower, start, &found);
	compete(s, &node->lower, &found);
	memcpy(node->lower_alpha, found.alpha, node->lower.n_terms * sizeof *found.alpha);
	const double *fitted = loglinear_fitted_totals(s->bench->fit);
	for (uint32_t i = 0; i < s->n_candidates; i++) {
		uint32_t term = s->candidates[i];
		if (node->state[i] == UNDECIDED)
			node->scores[i] = poisson_deviance_half(s->t->totals[term], fitted[term]);
	}
}

static void fit_upper(struct search *s, struct node *node, const double *start)
{
	struct loglinear_fit found;
	fit(s, &node->upper, start, &found);
	memcpy(node->upper_alpha, found.alpha, node->upper.n_terms * sizeof *found.alpha);
	/* an infimum not reached gives no bound */
	node->upper_deviance = found.converged ? found.deviance : 0;
}

/* The undecided candidate that lower fits worst; n_candidates when all are decided. */
static uint32_t next_candidate(const struct search *s, const struct node *node)
{
	uint32_t best = s->n_candidates;
	for (uint32_t i = 0; i < s->n_candidates; i++)
		if (node->state[i] == UNDECIDED &&
			(best == s->n_candidates || node->scores[i] > node->scores[best]))
			best = i;
	return best;
}

static void copy_node(const struct node *from, struct node *to)
{
	to->lower = from->lower;
	to->upper = from->upper;
	memcpy(to->upper_alpha, from->upper_alpha, from->upper.n_terms * sizeof *to->upper_alpha);
	to->upper_deviance = from->upper_deviance;
	memcpy(to->state, from->state, sizeof to->state);
}

/* Narrows node to its models without the terms that hold candidate at. */
static void drop(struct search *s, struct node *node, uint32_t at)
{
	uint32_t term = s->candidates[at];
	hierarchy_remove(&node->upper, term);
	for (uint32_t i = 0; i < s->n_candidates; i++)
		if ((s->candidates[i] & term) == term)
			node->state[i] = OUT;
}

/* After drops: the new bound, from the fit of the larger model. */
static void refit_upper(struct search *s, struct node *node, const struct hierarchy *before)
{
	double start[HIERARCHY_MAX_TERMS];
	struct select_start from = {.model = before, .alpha = node->upper_alpha};
	select_carry(s->t, &node->upper, &from, NULL, start);
	fit_upper(s, node, start);
}

/* A term that holds one which lower has at minus infinity changes no cell: it costs a parameter for nothing.
 */
static bool is_idle(const struct search *s, const struct node *node, uint32_t term)
{
	for (uint32_t i = s->t->n_lists + 1; i < node->lower.n_terms; i++) {
		uint32_t part = node->lower.terms[i];
		if ((term & part) == part && !(s->t->totals[part] > 0))
			return true;
	}
	return false;
}

/* Drops the candidates that cannot be added to lower: idle ones, and those with which nothing is identified.
 */
static int drop_hopeless(struct search *s, struct node *node)
{
	struct hierarchy before = node->upper;
	for (uint32_t i = 0; i < s->n_candidates; i++) {
		struct hierarchy larger = node->lower;
		if (node->state[i] != UNDECIDED)
			continue;
		int possible =
			!is_idle(s, node, s->candidates[i]) && hierarchy_add(&larger, s->candidates[i]);
		if (possible)
			possible = is_identified(s, &larger);
		TRY(possible);
		if (!possible)
			drop(s, node, i);
	}
	if (before.n_terms != node->upper.n_terms)
		refit_upper(s, node, &before);
	return CF_OK;
}

/* The subtree of node's models that have candidate at. */
static int include(struct search *s, const struct node *node, uint32_t at, struct node *child)
{
	double start[HIERARCHY_MAX_TERMS];
	uint32_t term = s->candidates[at];
	copy_node(node, child);
	(void)hierarchy_add(&child->lower, term); /* never more terms than upper has */
	for (uint32_t i = 0; i < s->n_candidates; i++)
		if ((s->candidates[i] & term) == s->candidates[i])
			child->state[i] = IN;
	struct select_start from = {.model = &node->lower, .alpha = node->lower_alpha};
	select_carry(s->t, &child->lower, &from, NULL, start);
	fit_lower(s, child, start);
	if (score_of(s, child->upper_deviance, child->lower.n_terms + 1) > s->limit)
		return CF_OK;
	return drop_hopeless(s, child);
}

static int try_model(struct search *s, const struct hierarchy *m, const struct select_start *from)
{
	double start[HIERARCHY_MAX_TERMS];
	struct loglinear_fit found;
	int identified = is_identified(s, m);
	TRY(identified);
	if (!identified)
		return CF_OK;
	if (from)
		select_carry(s->t, m, from, NULL, start);
	fit(s, m, from ? start : NULL, &found);
	compete(s, m, &found);
	return CF_OK;
}

/* The models with exactly one term more than lower. */
static int try_single_terms(struct search *s, struct node *node)
{
	struct select_start from = {.model = &node->lower, .alpha = node->lower_alpha};
	for (uint32_t i = 0; i < s->n_candidates; i++) {
		struct hierarchy m = node->lower;
		if (node->state[i] != UNDECIDED || !hierarchy_add(&m, s->candidates[i]))
			continue;
		if (m.n_terms == node->lower.n_terms + 1)
			TRY(try_model(s, &m, &from));
	}
	return CF_OK;
}

static int explore(struct search *s, uint32_t depth)
{
	struct node *node = &s->bench->search->nodes[depth];
	for (;;) {
		/* every model of the subtree but lower itself has at least one more parameter */
		uint32_t at = next_candidate(s, node);
		if (at == s->n_candidates ||
			score_of(s, node->upper_deviance, node->lower.n_terms + 1) > s->limit)
			return CF_OK;
		if (score_of(s, node->upper_deviance, node->lower.n_terms + 2) > s->limit)
			return try_single_terms(s, node);
		if (s->result->n_fits >= s->options->max_fits) {
			s->result->complete = false;
			return CF_OK;
		}
		TRY(include(s, node, at, node + 1));
		TRY(explore(s, depth + 1));
		struct hierarchy before = node->upper;
		drop(s, node, at);
		refit_upper(s, node, &before);
	}
}

static int list_candidates(struct search *s, struct hierarchy *ret_upper)
{
	uint32_t n_cells = UINT32_C(1) << s->t->n_lists;
	hierarchy_main_effects(s->t->n_lists, ret_upper);
	for (int size = 2; size <= s->options->order; size++)
		for (uint32_t term = 3; term < n_cells; term++)
			if (__builtin_popcount(term) == size && term != n_cells - 1 &&
				!hierarchy_add(ret_upper, term))
				return CF_E_LIMIT;
	s->n_candidates = ret_upper->n_terms - s->t->n_lists - 1;
	memcpy(s->candidates, ret_upper->terms + s->t->n_lists + 1, s->n_candidates * sizeof *s->candidates);
	return CF_OK;
}

/* A term can be added alone when the model has all of its parts. */
static bool step_to(const struct hierarchy *from, uint32_t term, struct hierarchy *ret)
{
	*ret = *from;
	if (hierarchy_has(from, term)) {
		hierarchy_remove(ret, term);
		return ret->n_terms + 1 == from->n_terms;
	}
	return hierarchy_add(ret, term) && ret->n_terms == from->n_terms + 1;
}

/* From the best model to the best of its neighbours until none is better. */
static int downhill(struct search *s)
{
	struct search_result *r = s->result;
	double before;
	do {
		if (r->n_kept == 0)
			return CF_OK;
		struct hierarchy from = r->kept[0].model;
		struct hierarchy neighbour;
		before = r->kept[0].score;
		for (uint32_t i = 0; i < s->n_candidates; i++)
			if (step_to(&from, s->candidates[i], &neighbour))
				TRY(try_model(s, &neighbour, NULL));
	} while (r->kept[0].score < before);
	return CF_OK;
}

static void begin(struct search *s)
{
	s->saturated = loglinear_saturated(s->t);
	s->limit = INFINITY;
	s->result->n_kept = 0;
	s->result->best = 0;
	s->result->n_tied = 0;
	s->result->n_fits = 0;
	s->result->complete = true;
}

static void rank(struct search_result *r)
{
	for (size_t i = 0; i < r->n_kept; i++) {
		if (r->kept[i].score > r->kept[0].score + tolerance(r->kept[0].score))
			break;
		r->n_tied++;
		if (hierarchy_compare(&r->kept[i].model, &r->kept[r->best].model) < 0)
			r->best = i;
	}
}

static int too_many_parameters(int order, uint32_t n_lists, struct cf_error *err)
{
	return error_set(err, CF_E_LIMIT,
		"interactions of order %d over %u lists are more than %d parameters: use a smaller order",
		order, n_lists, HIERARCHY_MAX_TERMS);
}

int search_best(struct select_bench *b, const struct loglinear_table *t, const struct search_options *options,
	struct search_result *ret, struct cf_error *err)
{
	struct search s = {.bench = b, .t = t, .options = options, .result = ret, .err = err};
	struct node *root = b->search->nodes;
	begin(&s);
	if (list_candidates(&s, &root->upper) < 0)
		return too_many_parameters(options->order, t->n_lists, err);
	if (!(t->n_persons > 0))
		return CF_OK;
	hierarchy_main_effects(t->n_lists, &root->lower);
	int identified = is_identified(&s, &root->lower);
	if (identified <= 0)
		return identified;
	for (size_t i = 0; i < options->n_seeds; i++)
		TRY(try_model(&s, &options->seeds[i], NULL));
	s.visit = options->visit;
	memset(root->state, UNDECIDED, sizeof root->state);
	fit_lower(&s, root, NULL);
	fit_upper(&s, root, NULL);
	TRY(drop_hopeless(&s, root));
	TRY(explore(&s, 0));
	s.visit = NULL;
	if (!ret->complete)
		TRY(downhill(&s));
	rank(ret);
	return CF_OK;
}

int search_downhill(struct select_bench *b, const struct loglinear_table *t,
	const struct search_options *options, struct search_result *ret, struct cf_error *err)
{
	struct search_options own = {.criterion = options->criterion, .order = options->order};
	struct search s = {.bench = b, .t = t, .options = &own, .result = ret, .err = err};
	struct hierarchy upper;
	struct hierarchy main_effects;
	begin(&s);
	ret->complete = false;
	if (list_candidates(&s, &upper) < 0)
		return too_many_parameters(options->order, t->n_lists, err);
	if (!(t->n_persons > 0))
		return CF_OK;
	hierarchy_main_effects(t->n_lists, &main_effects);
	TRY(try_model(&s, &main_effects, NULL));
	TRY(downhill(&s));
	rank(ret);
	return CF_OK;
}

int search_among(struct select_bench *b, const struct loglinear_table *t,
	const struct search_options *options, const struct hierarchy *models, size_t n,
	struct search_result *ret, struct cf_error *err)
{
	struct search_options own = {.criterion = options->criterion, .context = options->context};
	struct search s = {
		.bench = b, .t = t, .options = &own, .result = ret, .visit = options->visit, .err = err};
	own.keep = options->visit ? options->keep : 0;
	begin(&s);
	ret->complete = false;
	if (!(t->n_persons > 0))
		return CF_OK;
	for (size_t i = 0; i < n; i++)
		TRY(try_model(&s, &models[i], NULL));
	rank(ret);
	return CF_OK;
}
