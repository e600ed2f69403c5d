#include "estimate/graphs.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate/graphs_rows.h"

enum {
	GRAPHS_A_TASK = 256,
	FEW_GRAPHS = 1000, /* so many are all carried through, and their probabilities kept */
	MAX_REFINEMENTS = 12,
};
/* Blocks that are in memory together. */
#define BATCH_BYTES (64e6)
/* What is so far below, on the logarithmic scale, adds no digit. */
#define NOTHING 60.0
/* A graph that the coarse pass finds less probable than this is not carried through. */
#define NEGLIGIBLE 1e-11
/* Counts beyond this leave too few digits to their differences of log gamma functions. */
#define MAX_PERSONS 1e9
/* A bell over so many effective points is summed to many digits. */
#define FEWEST_POINTS 10.0
#define FURTHEST_END 1e6 /* times the persons seen, at least FURTHEST_LEAST */
#define FURTHEST_LEAST 1e7

/* A grid: points with the number of whole numbers that each stands for. */
struct grid {
	size_t n;
	size_t capacity;
	size_t weights_capacity;
	double *points;
	double *weights;
};

static void grid_done(struct grid *g)
{
	mem_free(g->points);
	mem_free(g->weights);
}

static int grid_add(struct grid *g, double point, double weight)
{
	double *points = mem_grow(g->points, g->n, &g->capacity, sizeof *points);
	if (!points)
		return CF_E_MEMORY;
	g->points = points;
	double *weights = mem_grow(g->weights, g->n, &g->weights_capacity, sizeof *weights);
	if (!weights)
		return CF_E_MEMORY;
	g->weights = weights;
	points[g->n] = point;
	weights[g->n++] = weight;
	return 0;
}

/* How a grid is laid out: each number up to some, then steps in proportion; a stretch with finer steps. */
struct layout {
	double exact; /* every number below */
	double ratio;
	double end;
	double fine_from, fine_to, fine_step;
};

static int grid_build(const struct layout *l, struct grid *g, struct cf_error *err)
{
	g->n = 0;
	for (double a = 0; a < l->end;) {
		double step = a < l->exact ? 1 : fmax(1, floor(a * l->ratio));
		double border = l->end;
		if (a >= l->fine_from && a < l->fine_to) {
			step = fmin(step, l->fine_step);
			border = l->fine_to;
		} else if (a < l->fine_from) {
			border = fmin(border, l->fine_from);
		}
		double b = fmin(a + step, fmax(border, a + 1));
		TRY_MEMORY(grid_add(g, a + (b - a - 1) / 2, b - a), err);
		a = b;
	}
	return 0;
}

/* Everything of one run over some graphs and one grid. */
struct run {
	struct graphs_margins margins;
	const struct decomposable *graphs;
	size_t n_graphs;
	struct grid grid;
	struct job_pool *pool;
	const struct progress *progress;
	/* the blocks in memory: of points first_block * GRAPHS_BLOCK on */
	struct graphs_block *blocks;
	double *memory;
	size_t n_loaded, first_block, batch;
	size_t n_blocks;
	size_t *starts; /* number of each block's first point, and of all points */
	/* of each graph: log of its sum over points is scale + log(sum) */
	double *scale;
	double *sum;
	double *log_total; /* of each graph */
	double all;        /* log of the sum over graphs */
	double *posterior; /* of each point */
	const uint32_t *kept;
	size_t n_kept;
};

static void run_done(struct run *r)
{
	grid_done(&r->grid);
	mem_free(r->blocks);
	mem_free(r->memory);
	mem_free(r->starts);
	mem_free(r->scale);
	mem_free(r->sum);
	mem_free(r->log_total);
	mem_free(r->posterior);
}

/* A block ends when it is full, or when its points have gone so far that factors would vary much. */
static size_t block_end(const struct run *r, size_t first)
{
	const double *points = r->grid.points;
	size_t end = first + 1;
	while (end < r->grid.n && end - first < GRAPHS_BLOCK && points[end] < 1.5 * points[first] + 64)
		end++;
	return end;
}

static int lay_blocks(struct run *r)
{
	r->n_blocks = 0;
	for (size_t at = 0; at < r->grid.n; at = block_end(r, at))
		r->n_blocks++;
	mem_free(r->starts);
	r->starts = NEW_ARRAY(size_t, r->n_blocks + 1);
	if (!r->starts)
		return CF_E_MEMORY;
	size_t n = 0;
	for (size_t at = 0; at < r->grid.n; at = block_end(r, at))
		r->starts[n++] = at;
	r->starts[n] = r->grid.n;
	return 0;
}

static int run_reserve(struct run *r, struct cf_error *err)
{
	const size_t block = 3 * (size_t)r->margins.n_sets * GRAPHS_BLOCK;
	const size_t fit = (size_t)(BATCH_BYTES / (double)(block * sizeof(double)));
	r->blocks = mem_free(r->blocks);
	r->memory = mem_free(r->memory);
	r->posterior = mem_free(r->posterior);
	r->n_loaded = 0;
	TRY_MEMORY(lay_blocks(r), err);
	r->batch = r->n_blocks < fit ? r->n_blocks : fit;
	r->blocks = NEW_ARRAY(struct graphs_block, r->batch);
	r->memory = NEW_ARRAY(double, r->batch *block);
	r->posterior = NEW_ARRAY_ZERO(double, r->grid.n);
	if (!r->scale) {
		r->scale = NEW_ARRAY(double, r->n_graphs);
		r->sum = NEW_ARRAY(double, r->n_graphs);
		r->log_total = NEW_ARRAY(double, r->n_graphs);
	}
	if (!r->blocks || !r->memory || !r->posterior || !r->scale || !r->sum || !r->log_total)
		return error_memory(err);
	for (size_t i = 0; i < r->batch; i++) {
		double *at = &r->memory[i * block];
		r->blocks[i].r = at;
		r->blocks[i].up = at + block / 3;
		r->blocks[i].down = at + 2 * (block / 3);
	}
	return 0;
}

static int load_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct run *r = context;
	(void)worker;
	(void)err;
	const size_t first = r->starts[r->first_block + task];
	const size_t n = r->starts[r->first_block + task + 1] - first;
	graphs_block_fill(
		&r->blocks[task], &r->margins, r->grid.points + first, r->grid.weights + first, n, first);
	return 0;
}

/* Blocks by falling base, so that what is negligible is soon known to be. */
static int by_base(const void *a, const void *b)
{
	const struct graphs_block *x = a;
	const struct graphs_block *y = b;
	if (x->highest_base > y->highest_base || x->highest_base < y->highest_base)
		return x->highest_base > y->highest_base ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* Brings the batch that begins at a block into memory. */
static int load(struct run *r, size_t first_block, struct cf_error *err)
{
	const size_t rest = r->n_blocks - first_block;
	if (r->n_loaded && r->first_block == first_block)
		return 0;
	r->first_block = first_block;
	r->n_loaded = rest < r->batch ? rest : r->batch;
	TRY(jobs_run(r->pool, r->n_loaded, load_task, r, err));
	qsort(r->blocks, r->n_loaded, sizeof *r->blocks, by_base);
	return 0;
}

static double add_up(const double p[GRAPHS_BLOCK])
{
	double sum = 0;
	for (size_t i = 0; i < GRAPHS_BLOCK; i++)
		sum += p[i];
	return sum;
}

/* A stretch of graphs over the loaded blocks. */
static int sum_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct run *r = context;
	double p[GRAPHS_BLOCK];
	(void)worker;
	(void)err;
	const size_t begin = task * GRAPHS_A_TASK;
	const size_t end = begin + GRAPHS_A_TASK < r->n_graphs ? begin + GRAPHS_A_TASK : r->n_graphs;
	for (size_t b = 0; b < r->n_loaded; b++)
		for (size_t g = begin; g < end; g++) {
			if (graphs_block_bound(&r->blocks[b], &r->graphs[g]) < r->scale[g] - NOTHING)
				continue;
			const double scale = graphs_block_evaluate(&r->blocks[b], &r->graphs[g], p);
			const double sum = add_up(p);
			if (scale > r->scale[g]) {
				r->sum[g] = r->sum[g] * exp(r->scale[g] - scale) + sum;
				r->scale[g] = scale;
			} else {
				r->sum[g] += sum * exp(scale - r->scale[g]);
			}
		}
	return 0;
}

/* The probability of each graph. */
static int weigh_graphs(struct run *r, struct cf_error *err)
{
	double highest = -INFINITY;
	double sum = 0;
	for (size_t g = 0; g < r->n_graphs; g++) {
		r->scale[g] = -INFINITY;
		r->sum[g] = 0;
	}
	for (size_t b = 0; b < r->n_blocks; b += r->batch) {
		TRY(load(r, b, err));
		TRY(jobs_run(r->pool, (r->n_graphs + GRAPHS_A_TASK - 1) / GRAPHS_A_TASK, sum_task, r, err));
		progress_report(r->progress, "weighing graphs", b, r->n_blocks);
	}
	for (size_t g = 0; g < r->n_graphs; g++) {
		r->log_total[g] = r->scale[g] + log(r->sum[g]);
		highest = fmax(highest, r->log_total[g]);
	}
	for (size_t g = 0; g < r->n_graphs; g++)
		sum += exp(r->log_total[g] - highest);
	r->all = highest + log(sum);
	return 0;
}

static int posterior_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct run *r = context;
	double p[GRAPHS_BLOCK];
	(void)worker;
	(void)err;
	const size_t first = r->blocks[task].first;
	for (size_t k = 0; k < r->n_kept; k++) {
		if (graphs_block_bound(&r->blocks[task], &r->graphs[r->kept[k]]) < r->all - NOTHING)
			continue;
		const double scale =
			exp(graphs_block_evaluate(&r->blocks[task], &r->graphs[r->kept[k]], p) - r->all);
		if (scale > 0)
			for (size_t i = 0; i < r->blocks[task].n; i++)
				r->posterior[first + i] += scale * p[i];
	}
	return 0;
}

struct ranked {
	double probability;
	uint32_t graph;
};

static int by_probability(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;
	if (x->probability > y->probability || x->probability < y->probability)
		return x->probability > y->probability ? -1 : 1;
	return (x->graph > y->graph) - (x->graph < y->graph);
}

static int rank_graphs(const struct run *r, struct ranked **ret, struct cf_error *err)
{
	struct ranked *ranked = NEW_ARRAY(struct ranked, r->n_graphs);
	if (!ranked)
		return error_memory(err);
	for (size_t g = 0; g < r->n_graphs; g++)
		ranked[g] = (struct ranked){exp(r->log_total[g] - r->all), (uint32_t)g};
	qsort(ranked, r->n_graphs, sizeof *ranked, by_probability);
	*ret = ranked;
	return 0;
}

/* The posterior of each point, over all graphs that add a digit to it. */
static int weigh_points(struct run *r, struct cf_error *err)
{
	CF_CLEANUP_FREE struct ranked *ranked = NULL;
	CF_CLEANUP_FREE uint32_t *kept = NEW_ARRAY(uint32_t, r->n_graphs);
	double rest = 1;
	if (!kept)
		return error_memory(err);
	TRY(rank_graphs(r, &ranked, err));
	r->n_kept = 0;
	for (size_t i = 0; i < r->n_graphs && rest > 1e-15; i++) {
		kept[r->n_kept++] = ranked[i].graph;
		rest -= ranked[i].probability;
	}
	r->kept = kept;
	memset(r->posterior, 0, r->grid.n * sizeof *r->posterior);
	int status = 0;
	for (size_t b = 0; b < r->n_blocks && status == 0; b += r->batch) {
		status = load(r, b, err);
		if (status == 0)
			status = jobs_run(r->pool, r->n_loaded, posterior_task, r, err);
	}
	r->kept = NULL;
	TRY(status);
	double sum = 0;
	for (size_t i = 0; i < r->grid.n; i++)
		sum += r->posterior[i];
	for (size_t i = 0; i < r->grid.n; i++)
		r->posterior[i] /= sum;
	return 0;
}

static int run_on(struct run *r, const struct layout *l, struct cf_error *err)
{
	TRY(grid_build(l, &r->grid, err));
	TRY(run_reserve(r, err));
	TRY(weigh_graphs(r, err));
	return weigh_points(r, err);
}

/* Mass of the points from one number on and below another. */
static double mass_between(const struct run *r, double from, double to)
{
	double mass = 0;
	for (size_t i = 0; i < r->grid.n; i++)
		if (r->grid.points[i] >= from && r->grid.points[i] < to)
			mass += r->posterior[i];
	return mass;
}

/* The mass beyond the end, if the last halvings go on as they do: far out the posterior is a power. */
static double tail_beyond(const struct run *r, double end)
{
	const double last = mass_between(r, end / 2, end);
	const double before = mass_between(r, end / 4, end / 2);
	if (!(last > 0))
		return 0;
	const double ratio = last / before;
	return ratio < 1 ? last * ratio / (1 - ratio) : INFINITY;
}

/* Whether so few points carry the posterior that the sum over them is no integral; then *l gets a finer
 * stretch around them. */
static bool refine(const struct run *r, struct layout *l, double points)
{
	assert(r->grid.n > 0 && r->grid.points);
	double squares = 0;
	size_t first = r->grid.n;
	size_t last = 0;
	double highest = 0;
	for (size_t i = 0; i < r->grid.n; i++)
		highest = fmax(highest, r->posterior[i] / r->grid.weights[i]);
	for (size_t i = 0; i < r->grid.n; i++) {
		if (r->grid.weights[i] > 1)
			squares += r->posterior[i] * r->posterior[i];
		if (r->posterior[i] / r->grid.weights[i] > 1e-14 * highest) {
			first = first < i ? first : i;
			last = i;
		}
	}
	if (squares <= 1 / FEWEST_POINTS)
		return false;
	first = first ? first - 1 : 0;
	last = last + 1 < r->grid.n ? last + 1 : last;
	l->fine_from = floor(r->grid.points[first]);
	l->fine_to = ceil(r->grid.points[last]) + 1;
	l->fine_step = fmax(1, floor((l->fine_to - l->fine_from) / points));
	return true;
}

/* Extends and refines the grid until the posterior is inside it and smooth on it. False: it never is. */
static int settle(
	struct run *r, struct layout *l, double points, double tail, bool *ret_bounded, struct cf_error *err)
{
	const double furthest = fmax(FURTHEST_END * r->margins.n_persons, FURTHEST_LEAST);
	int refinements = 0;
	*ret_bounded = true;
	for (;;) {
		TRY(run_on(r, l, err));
		if (tail_beyond(r, l->end) > tail) {
			if (l->end >= furthest) {
				*ret_bounded = false;
				return 0;
			}
			l->end *= 8;
		} else if (refinements++ >= MAX_REFINEMENTS || !refine(r, l, points)) {
			return 0;
		}
	}
}

/* Least point with at least this much probability up to it, or a number within the stretch that the point
 * stands for. */
static double quantile(const struct run *r, double share)
{
	assert(r->grid.n > 0 && r->grid.points);
	double sum = 0;
	for (size_t i = 0; i < r->grid.n; i++) {
		const double p = r->posterior[i];
		if (sum + p >= share && r->grid.weights[i] > 1) {
			const double from = r->grid.points[i] - (r->grid.weights[i] - 1) / 2;
			return floor(from + r->grid.weights[i] * (share - sum) / p);
		}
		if (sum + p >= share)
			return r->grid.points[i];
		sum += p;
	}
	return r->grid.points[r->grid.n - 1];
}

static double find_mode(const struct run *r)
{
	size_t best = 0;
	for (size_t i = 1; i < r->grid.n; i++)
		if (r->posterior[i] / r->grid.weights[i] > r->posterior[best] / r->grid.weights[best])
			best = i;
	return r->grid.points[best];
}

static double mean_of_graph(struct run *r, uint32_t graph, struct cf_error *err, int *status)
{
	double sum = 0;
	double total = 0;
	double p[GRAPHS_BLOCK];
	for (size_t first = 0; first < r->n_blocks && *status == 0; first += r->batch) {
		*status = load(r, first, err);
		for (size_t b = 0; b < r->n_loaded && *status == 0; b++) {
			const double scale = exp(graphs_block_evaluate(&r->blocks[b], &r->graphs[graph], p) -
						 r->log_total[graph]);
			const size_t at = r->blocks[b].first;
			for (size_t i = 0; i < r->blocks[b].n; i++) {
				sum += scale * p[i] * r->grid.points[at + i];
				total += scale * p[i];
			}
		}
	}
	return r->margins.n_persons + sum / total;
}

static int summarise_models(struct run *r, size_t n_models, struct graphs_result *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct ranked *ranked = NULL;
	TRY(rank_graphs(r, &ranked, err));
	double squares = 0;
	for (size_t i = 0; i < r->n_graphs; i++)
		squares += ranked[i].probability * ranked[i].probability;
	ret->effective_models = 1 / squares;
	ret->models = NEW_ARRAY_ZERO(struct graphs_model, n_models < r->n_graphs ? n_models : r->n_graphs);
	if (!ret->models)
		return error_memory(err);
	int status = 0;
	for (size_t i = 0; i < n_models && i < r->n_graphs && status == 0; i++)
		ret->models[ret->n_models++] = (struct graphs_model){
			.graph = r->graphs[ranked[i].graph],
			.probability = ranked[i].probability,
			.mean = mean_of_graph(r, ranked[i].graph, err, &status),
		};
	return status;
}

static int summarise(
	struct run *r, const struct graphs_options *o, struct graphs_result *ret, struct cf_error *err)
{
	double mean = 0;
	for (size_t i = 0; i < r->grid.n; i++)
		mean += r->posterior[i] * r->grid.points[i];
	const double n = r->margins.n_persons;
	ret->mean = n + mean;
	ret->median = n + quantile(r, 0.5);
	ret->mode = n + find_mode(r);
	ret->lower = n + quantile(r, (1 - o->level) / 2);
	ret->upper = n + quantile(r, 1 - (1 - o->level) / 2);
	ret->end = r->grid.points[r->grid.n - 1];
	TRY(summarise_models(r, o->n_models, ret, err));
	if (ret->n_graphs <= FEW_GRAPHS && r->n_graphs == ret->n_graphs) {
		ret->probabilities = NEW_ARRAY(double, r->n_graphs);
		if (!ret->probabilities)
			return error_memory(err);
		for (size_t g = 0; g < r->n_graphs; g++)
			ret->probabilities[g] = exp(r->log_total[g] - r->all);
	}
	ret->n_grid = r->grid.n;
	ret->grid = TAKE(r->grid.points);
	ret->posterior = TAKE(r->posterior);
	return 0;
}

static int run_on_given(
	struct run *r, const struct graphs_options *o, struct graphs_result *ret, struct cf_error *err)
{
	for (size_t i = 0; i < o->n_grid; i++) {
		const bool good = o->grid[i] >= 0 && isfinite(o->grid[i]) &&
				  o->grid[i] == floor(o->grid[i]) && (i == 0 || o->grid[i] > o->grid[i - 1]);
		if (!good)
			return error_set(err, CF_E_USAGE,
				"the grid of hidden persons should be rising whole numbers from 0; point %zu "
				"is not",
				i + 1);
		TRY_MEMORY(grid_add(&r->grid, o->grid[i], 1), err);
	}
	TRY(run_reserve(r, err));
	TRY(weigh_graphs(r, err));
	TRY(weigh_points(r, err));
	ret->tail_mass = r->posterior[r->grid.n - 1];
	return summarise(r, o, ret, err);
}

/* The graphs that a coarse look at all of them leaves. */
static int choose_graphs(
	const struct run *all, struct decomposable **ret, size_t *ret_n, struct cf_error *err)
{
	struct decomposable *chosen = NEW_ARRAY(struct decomposable, all->n_graphs);
	if (!chosen)
		return error_memory(err);
	*ret_n = 0;
	for (size_t g = 0; g < all->n_graphs; g++)
		if (all->n_graphs <= FEW_GRAPHS || exp(all->log_total[g] - all->all) > NEGLIGIBLE)
			chosen[(*ret_n)++] = all->graphs[g];
	*ret = chosen;
	return 0;
}

/* First a coarse grid for all graphs, which finds where the posterior lies, then a fine one. */
static int run_on_own(
	struct run *r, const struct graphs_options *o, struct graphs_result *ret, struct cf_error *err)
{
	CF_CLEANUP_FREE struct decomposable *chosen = NULL;
	/* a posterior is about as narrow as 1 / sqrt(n); a step across it would miss it */
	struct layout l = {.exact = 64,
		.ratio = fmin(0.05, 4 / sqrt(r->margins.n_persons)),
		.end = 16 * fmax(r->margins.n_persons, 64)};
	bool bounded = false;
	TRY(settle(r, &l, 100, o->tail, &bounded, err));
	if (!bounded) {
		ret->status = GRAPHS_UNBOUNDED;
		ret->end = l.end;
		return 0;
	}
	CF_CLEANUP(run_done)
	struct run fine = {.margins = r->margins, .pool = r->pool, .progress = r->progress};
	TRY(choose_graphs(r, &chosen, &fine.n_graphs, err));
	fine.graphs = chosen;
	l.exact = 1024;
	l.ratio = fmin(0.004, l.ratio);
	if (l.fine_to > l.fine_from)
		l.fine_step = fmax(1, floor((l.fine_to - l.fine_from) / 1500));
	TRY(settle(&fine, &l, 1500, o->tail, &bounded, err));
	if (!bounded) {
		ret->status = GRAPHS_UNBOUNDED;
		ret->end = l.end;
		return 0;
	}
	ret->tail_mass = tail_beyond(&fine, l.end);
	return summarise(&fine, o, ret, err);
}

void graphs_result_done(struct graphs_result *r)
{
	r->models = mem_free(r->models);
	r->probabilities = mem_free(r->probabilities);
	r->grid = mem_free(r->grid);
	r->posterior = mem_free(r->posterior);
}

static int check_options(const struct graphs_options *o, struct cf_error *err)
{
	if (!(o->delta >= 0) || !isfinite(o->delta))
		return error_set(err, CF_E_USAGE, "delta should be a number above 0");
	if (!(o->level > 0 && o->level < 1))
		return error_set(err, CF_E_USAGE, "the level should be between 0 and 1");
	if (!(o->tail > 0 && o->tail < 1))
		return error_set(err, CF_E_USAGE, "the tail should be between 0 and 1");
	if (o->prior == GRAPHS_PRIOR_NEGATIVE_BINOMIAL && !(o->a > 0 && o->b > 0))
		return error_set(err, CF_E_USAGE, "the prior's a and b should be above 0");
	if (o->prior == GRAPHS_PRIOR_GIVEN && (!o->log_prior || !o->grid))
		return error_set(err, CF_E_USAGE, "a given prior needs a given grid");
	if (o->grid && o->n_grid == 0)
		return error_set(err, CF_E_USAGE, "the grid of hidden persons is empty");
	return 0;
}

int graphs_run(const struct loglinear_table *t, const struct graphs_options *options, struct job_pool *pool,
	const struct progress *progress, struct graphs_result *ret, struct cf_error *err)
{
	CF_CLEANUP(graphs_result_done)
	struct graphs_result result = {.mean = NAN,
		.median = NAN,
		.mode = NAN,
		.lower = NAN,
		.upper = NAN,
		.level = options->level,
		.tail_mass = NAN};
	CF_CLEANUP_FREE struct decomposable *graphs = NULL;
	CF_CLEANUP(run_done) struct run r = {.pool = pool, .progress = progress};
	TRY(check_options(options, err));
	if (t->n_lists > DECOMPOSABLE_MAX_LISTS || t->n_persons > MAX_PERSONS)
		result.status = GRAPHS_TOO_MANY;
	else if (t->n_lists < 2 || !(t->n_persons > 0))
		result.status = GRAPHS_TOO_FEW;
	if (result.status == GRAPHS_DONE) {
		result.delta = options->delta > 0 ? options->delta : ldexp(1, -(int)t->n_lists);
		TRY(decomposable_all(t->n_lists, &graphs, &r.n_graphs, err));
		r.graphs = graphs;
		result.n_graphs = r.n_graphs;
		graphs_margins_init(&r.margins, t, options, result.delta);
		TRY(options->grid ? run_on_given(&r, options, &result, err)
				  : run_on_own(&r, options, &result, err));
	}
	*ret = result;
	result = (struct graphs_result){0};
	return 0;
}

int graphs_sensitivity(const struct loglinear_table *t, const struct graphs_options *options,
	struct job_pool *pool, const struct progress *progress,
	struct graphs_sensitivity ret[GRAPHS_N_SENSITIVITY], struct cf_error *err)
{
	const double deltas[GRAPHS_N_SENSITIVITY] = {ldexp(1, -(int)t->n_lists), 0.125, 0.5, 1};
	struct graphs_sensitivity found[GRAPHS_N_SENSITIVITY];
	for (size_t i = 0; i < GRAPHS_N_SENSITIVITY; i++) {
		struct graphs_options o = *options;
		struct graphs_result r;
		o.delta = deltas[i];
		o.n_models = 1;
		TRY(graphs_run(t, &o, pool, progress, &r, err));
		found[i] = (struct graphs_sensitivity){.delta = o.delta,
			.status = r.status,
			.median = r.median,
			.lower = r.lower,
			.upper = r.upper};
		graphs_result_done(&r);
	}
	memcpy(ret, found, sizeof found);
	return 0;
}
