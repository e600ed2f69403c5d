#include <math.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/jobs.h"
#include "base/random.h"
#include "link/clk/scan.h"
#include "link/clk/solve.h"
#include "work/clk.h"
#include "work/clk_read.h"

enum { MODE = 0600, FLUSH_BYTES = 1 << 16, SAMPLE = 20000, CHANCE_CANDIDATES = 200 };

#define CHANCE_SHARE 0.005

static const size_t usual_memory = (size_t)2 << 30;

/* The open files of a join. */
struct joining {
	const struct work_clk_join_request *request;
	struct clk_set *left;
	struct clk_set *right; /* NULL: within left */
	struct job_pool *pool;
	struct clk_join join;
	struct file_writer file;
	struct buffer text;
	double sum;
	uint64_t n;
};

static void joining_done(struct joining *j)
{
	j->left = clk_set_free(j->left);
	j->right = clk_set_free(j->right);
	j->pool = jobs_free(j->pool);
	file_abandon(&j->file);
	buffer_done(&j->text);
}

/* ---- a threshold from the data ---- */

static double score_of(const struct clk_join *j, size_t left, size_t right, uint64_t *scratch)
{
	const size_t n = j->left->n_words;
	uint32_t common = 0;
	clk_set_copy(j->left, left, 1, scratch);
	clk_set_copy(j->right, right, 1, scratch + n);
	for (size_t w = 0; w < n; w++)
		common += (uint32_t)__builtin_popcountll(scratch[w] & scratch[n + w]);
	return clk_dice(common, clk_set_count(j->left, left), clk_set_count(j->right, right));
}

/* The standard normal's upper quantile, by bisection: p from 1e-300 to 0.5. */
static double normal_quantile(double p)
{
	double low = 0;
	double high = 40;
	for (int i = 0; i < 100; i++) {
		const double middle = (low + high) / 2;
		if (erfc(middle / sqrt(2)) / 2 > p)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int compare_scores(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;
	return (x > y) - (x < y);
}

/*
 * Scores of random pairs are nearly all of two persons, and about normal. In small files the sample has true
 * pairs too, which would widen the spread; so the middle half of the scores decides (its width is 1.349
 * standard deviations).
 */
static int look_at_chance(struct joining *g, struct work_clk_join_answer *a, struct cf_error *err)
{
	const struct clk_join *j = &g->join;
	CF_CLEANUP_FREE double *scores = NEW_ARRAY(double, SAMPLE);
	CF_CLEANUP_FREE uint64_t *scratch = NEW_ARRAY(uint64_t, 2 * j->left->n_words);
	struct random_stream random;
	if (!scores || !scratch)
		return error_memory(err);
	random_init(&random, 1, 0);
	for (size_t i = 0; i < SAMPLE; i++) {
		const size_t left = (size_t)random_below(&random, j->left->n);
		size_t right = (size_t)random_below(&random, j->right->n);
		if (j->left == j->right && right == left)
			right = (right + 1) % j->right->n;
		scores[i] = score_of(j, left, right, scratch);
	}
	qsort(scores, SAMPLE, sizeof *scores, compare_scores);
	a->chance_mean = scores[SAMPLE / 2];
	a->chance_sd = (scores[SAMPLE - SAMPLE / 4] - scores[SAMPLE / 4]) / 1.349;
	return CF_OK;
}

static double chance_above(const struct work_clk_join_answer *a, double score)
{
	if (a->chance_sd <= 0)
		return score > a->chance_mean ? 0 : 1;
	return erfc((score - a->chance_mean) / a->chance_sd / sqrt(2)) / 2;
}

/* The score that chance reaches with probability p. */
static double chance_score(const struct work_clk_join_answer *a, double p)
{
	const double score = a->chance_mean + normal_quantile(p < 0.5 ? p : 0.5) * a->chance_sd;
	return score < 1 ? score : 1;
}

/* For pairs that are not one-to-one: where chance gives fewer than one pair for 200 rows. For one-to-one
 * pairs a lower one to begin with, since most rows that chance could pair have found their own by then;
 * cut_pairs raises it. */
static int choose_threshold(struct joining *g, struct work_clk_join_answer *a, struct cf_error *err)
{
	const double n_left = (double)g->join.left->n;
	const double n_right = (double)g->join.right->n;
	const bool one_to_one = g->request->solve == WORK_CLK_GREEDY || g->request->solve == WORK_CLK_EXACT;
	a->threshold = 1;
	if (n_left < 1 || n_right < 1 || (g->join.left == g->join.right && n_left < 2))
		return CF_OK;
	TRY(look_at_chance(g, a, err));
	a->threshold = one_to_one
			       ? chance_score(a, CHANCE_CANDIDATES / n_right)
			       : chance_score(a, CHANCE_SHARE * fmin(n_left, n_right) / (n_left * n_right));
	return CF_OK;
}

static int by_falling_score(const void *a, const void *b)
{
	return compare_scores(b, a);
}

/*
 * The threshold at which the pairs above it have an expected share of chance pairs of CHANCE_SHARE. From the
 * highest score down, rows that are paired leave; between two scores next to each other chance pairs as many
 * as there are left rows times right rows still free, times the probability of a chance score between the
 * two.
 */
static int cut_pairs(const struct joining *g, const struct clk_matching *m, struct work_clk_join_answer *a,
	struct cf_error *err)
{
	CF_CLEANUP_FREE double *scores = NEW_ARRAY(double, m->n);
	double by_chance = 0;
	double above = 0;
	double threshold = 1;
	if (!scores)
		return error_memory(err);
	for (size_t i = 0; i < m->n; i++)
		scores[i] = m->pairs[i].score;
	if (m->n)
		qsort(scores, m->n, sizeof *scores, by_falling_score);
	for (size_t i = 0; i < m->n; i++) {
		const double p = chance_above(a, scores[i]);
		by_chance += (double)(g->join.left->n - i) * (double)(g->join.right->n - i) * (p - above);
		above = p;
		if (by_chance <= CHANCE_SHARE * (double)(i + 1))
			threshold = scores[i];
	}
	a->threshold = threshold;
	return CF_OK;
}

/* ---- writing ---- */

static int flush(struct joining *g, struct cf_error *err)
{
	if (g->text.n && fwrite(g->text.data, 1, g->text.n, g->file.stream) != g->text.n)
		return error_set_errno(err, CF_E_IO, "cannot write %s", g->request->pairs_path);
	buffer_clear(&g->text);
	return CF_OK;
}

static char *put_number(char *to, uint64_t value)
{
	char digits[20];
	size_t n = 0;
	do
		digits[n++] = (char)('0' + value % 10);
	while (value /= 10);
	while (n)
		*to++ = digits[--n];
	return to;
}

/* By hand: there may be a million pairs a second. */
static int append_pair(struct buffer *out, const struct clk_pair *pair)
{
	enum { LONGEST = 64, SCALE = 1000000 };
	TRY(buffer_reserve(out, LONGEST));
	char *to = out->data + out->n;
	const uint64_t score = (uint64_t)llrint(pair->score * SCALE);
	to = put_number(to, (uint64_t)pair->left + 1);
	*to++ = ',';
	to = put_number(to, (uint64_t)pair->right + 1);
	*to++ = ',';
	*to++ = (char)('0' + score / SCALE);
	*to++ = '.';
	for (uint64_t rest = score % SCALE, unit = SCALE / 10; unit; unit /= 10)
		*to++ = (char)('0' + rest / unit % 10);
	*to++ = '\n';
	*to = '\0';
	out->n = (size_t)(to - out->data);
	return CF_OK;
}

static int take(void *context, const struct clk_pair *pairs, size_t n, struct cf_error *err)
{
	struct joining *g = context;
	for (size_t i = 0; i < n; i++) {
		g->sum += pairs[i].score;
		if (g->request->pairs_path)
			TRY_MEMORY(append_pair(&g->text, &pairs[i]), err);
	}
	g->n += n;
	return g->text.n >= FLUSH_BYTES ? flush(g, err) : CF_OK;
}

/* ---- ways to join ---- */

static int join_all(struct joining *g, struct work_clk_join_answer *a, struct cf_error *err)
{
	struct clk_join_counts counts;
	TRY(clk_join_all(&g->join, take, g, &counts, err));
	a->n_compared = counts.n_compared;
	a->n_skipped = counts.n_skipped;
	a->n_rounds = 1;
	return CF_OK;
}

static int hand_over_top(
	struct joining *g, const uint32_t *rows, const struct clk_top *top, struct cf_error *err)
{
	const struct clk_join *j = &g->join;
	for (size_t i = 0; i < top->n; i++)
		for (size_t k = 0; k < top->n_found[i]; k++) {
			const struct clk_candidate *c = &top->list[i * top->k + k];
			const struct clk_pair pair = {rows[i], c->right,
				clk_dice(c->common, clk_set_count(j->left, rows[i]),
					clk_set_count(j->right, c->right))};
			TRY(take(g, &pair, 1, err));
		}
	return CF_OK;
}

/* Piece by piece, so that memory holds the lists of some thousand rows only. */
static int join_top(struct joining *g, struct work_clk_join_answer *a, struct cf_error *err)
{
	enum { PIECE = 8192 };
	CF_CLEANUP(clk_top_done) struct clk_top top = {0};
	CF_CLEANUP_FREE uint32_t *rows = NEW_ARRAY(uint32_t, PIECE);
	struct clk_join_counts counts = {0};
	if (!rows)
		return error_memory(err);
	TRY(clk_top_new(PIECE, g->request->top, &top, err));
	for (size_t first = 0; first < g->join.left->n; first += PIECE) {
		const size_t left = g->join.left->n - first;
		top.n = left < PIECE ? left : PIECE;
		for (size_t i = 0; i < top.n; i++)
			rows[i] = (uint32_t)(first + i);
		TRY(clk_join_top(
			&g->join, &(struct clk_asked){.rows = rows, .n = top.n}, &top, &counts, err));
		TRY(hand_over_top(g, rows, &top, err));
		progress_report(g->request->progress, "comparing", first + top.n, g->join.left->n);
	}
	a->n_compared = counts.n_compared;
	a->n_skipped = counts.n_skipped;
	a->n_rounds = 1;
	return CF_OK;
}

static void drop_below(struct clk_matching *m, double threshold)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		if (m->pairs[i].score >= threshold)
			m->pairs[n++] = m->pairs[i];
	m->n = n;
}

static int join_one_to_one(struct joining *g, struct work_clk_join_answer *a, struct cf_error *err)
{
	CF_CLEANUP(clk_matching_done) struct clk_matching m = {0};
	const size_t memory = g->join.memory_bytes;
	const bool exact = g->request->solve == WORK_CLK_EXACT;
	if (!exact || a->threshold_chosen)
		TRY(clk_solve_greedy(&g->join, memory / 2, &m, err));
	if (a->threshold_chosen) {
		/* greedy pairs above a threshold are the same whatever lies below it */
		TRY(cut_pairs(g, &m, a, err));
		drop_below(&m, a->threshold);
		g->join.threshold = a->threshold;
	}
	if (exact) {
		clk_matching_done(&m);
		TRY(clk_solve_exact(&g->join, memory, &m, err));
	}
	TRY(take(g, m.pairs, m.n, err));
	a->n_compared = m.counts.n_compared;
	a->n_skipped = m.counts.n_skipped;
	a->n_rounds = m.n_rounds;
	return CF_OK;
}

static int run(struct joining *g, size_t memory, struct work_clk_join_answer *a, struct cf_error *err)
{
	const size_t used = (g->left->n + (g->right ? g->right->n : 0)) * clk_set_row_bytes(g->left->n_bits);
	g->join.memory_bytes = memory > used ? memory - used : 1;
	if (g->request->solve == WORK_CLK_ALL_PAIRS)
		return join_all(g, a, err);
	if (g->request->solve == WORK_CLK_TOP)
		return join_top(g, a, err);
	return join_one_to_one(g, a, err);
}

static int open_files(struct joining *g, size_t memory, struct cf_error *err)
{
	const struct work_clk_join_request *r = g->request;
	TRY(clk_file_read(r->left_path, memory, &g->left, err));
	const size_t used = g->left->n * clk_set_row_bytes(g->left->n_bits);
	if (r->right_path)
		TRY(clk_file_read(r->right_path, memory > used ? memory - used : 1, &g->right, err));
	TRY(jobs_new(r->n_threads, &g->pool, err));
	const struct clk_set *right = g->right ? g->right : g->left;
	if (g->left->n && right->n && g->left->n_bits != right->n_bits)
		return error_set(err, CF_E_INPUT,
			"%.80s has encodings of %zu bits, %.80s of %zu; encode both by one schema, hardened "
			"or not alike",
			r->left_path, g->left->n_bits, r->right_path, right->n_bits);
	g->join =
		(struct clk_join){.left = g->left, .right = right, .pool = g->pool, .progress = r->progress};
	return CF_OK;
}

int work_clk_join(
	const struct work_clk_join_request *r, struct work_clk_join_answer *ret, struct cf_error *err)
{
	CF_CLEANUP(joining_done) struct joining g = {.request = r};
	const size_t memory = r->memory_bytes ? r->memory_bytes : usual_memory;
	struct work_clk_join_answer a = {.threshold = r->threshold, .threshold_chosen = r->threshold < 0};
	TRY(open_files(&g, memory, err));
	if (a.threshold_chosen)
		TRY(choose_threshold(&g, &a, err));
	g.join.threshold = a.threshold;
	if (r->pairs_path) {
		TRY(file_begin(&g.file, r->pairs_path, MODE, err));
		TRY_MEMORY(buffer_append_text(&g.text, "row_l,row_r,score\n"), err);
	}
	a.n_left = g.left->n;
	a.n_right = g.join.right->n;
	a.n_bits = g.left->n_bits;
	/* one side without rows: nothing to compare, whatever its length */
	if (a.n_left && a.n_right)
		TRY(run(&g, memory, &a, err));
	a.n_pairs = g.n;
	a.mean_score = g.n ? g.sum / (double)g.n : 0;
	a.kernel = clk_kernel_name(clk_kernel_best_kind());
	if (r->pairs_path) {
		TRY(flush(&g, err));
		TRY(file_commit(&g.file, err));
	}
	*ret = a;
	return CF_OK;
}
