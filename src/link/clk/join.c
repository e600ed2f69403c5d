#include "link/clk/join.h"

#include <string.h>

#include "link/clk/scan.h"

enum {
	WAVE_A_THREAD = 2, /* tasks between two handings-over */
	SINK_PAIRS = 4096,
};

static const size_t usual_memory = (size_t)256 << 20;

static int check(const struct clk_join *j, struct cf_error *err)
{
	if (j->left->n_bits != j->right->n_bits)
		return error_set(err, CF_E_USAGE,
			"encodings of %zu and of %zu bits cannot be compared; encode both by one schema",
			j->left->n_bits, j->right->n_bits);
	return CF_OK;
}

static clk_kernel kernel_of(const struct clk_join *j)
{
	return j->kernel ? j->kernel : clk_kernel_best();
}

/* ---- all pairs ---- */

/* Pairs of one task. The lists are of the greatest length that they can have, but only what is used of them
 * is ever touched, and so in memory. */
struct bucket {
	struct clk_kept kept;
	size_t first_left;
	size_t first_right;
	size_t n_left;
	uint8_t places[CLK_BLOCK]; /* where in the block each left row stands */
	struct clk_block *block;
};

struct all {
	const struct clk_join *join;
	bool within;
	size_t n_blocks;
	size_t n_tasks; /* blocks times chunks, chunks running faster */
	size_t wave_begin;
	struct bucket *buckets;
	size_t n_buckets;
};

static void all_done(struct all *a)
{
	for (size_t i = 0; a->buckets && i < a->n_buckets; i++) {
		mem_free(a->buckets[i].kept.lists);
		a->buckets[i].block = clk_block_free(a->buckets[i].block);
	}
	a->buckets = mem_free(a->buckets);
}

static int all_prepare(struct all *a, const struct clk_join *j, struct cf_error *err)
{
	*a = (struct all){.join = j, .within = j->left == j->right};
	a->n_blocks = (j->left->n + CLK_BLOCK - 1) / CLK_BLOCK;
	a->n_tasks = a->n_blocks * j->right->n_chunks;
	const size_t memory = j->memory_bytes ? j->memory_bytes : usual_memory;
	const size_t stride = j->right->n < CLK_CHUNK ? j->right->n : CLK_CHUNK;
	const size_t most = memory / (sizeof(uint64_t) * CLK_BLOCK * (stride ? stride : 1));
	const size_t wanted = (size_t)jobs_n_threads(j->pool) * WAVE_A_THREAD;
	a->n_buckets = most < 1 ? 1 : most < wanted ? most : wanted;
	a->buckets = NEW_ARRAY_ZERO(struct bucket, a->n_buckets);
	if (!a->buckets)
		return error_memory(err);
	for (size_t i = 0; i < a->n_buckets; i++) {
		TRY(clk_block_new(j->left->n_words, kernel_of(j), &a->buckets[i].block, err));
		a->buckets[i].kept.stride = stride;
		a->buckets[i].kept.lists = NEW_ARRAY(uint64_t, CLK_BLOCK * stride);
		if (!a->buckets[i].kept.lists)
			return error_memory(err);
	}
	return CF_OK;
}

static int all_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct all *a = context;
	const struct clk_join *j = a->join;
	struct bucket *b = &a->buckets[task];
	(void)worker;
	(void)err;
	const size_t number = a->wave_begin + task;
	const size_t chunk = number % j->right->n_chunks;
	uint32_t rows[CLK_BLOCK];
	size_t n = 0;
	memset(b->kept.n, 0, sizeof b->kept.n);
	b->first_left = number / j->right->n_chunks * CLK_BLOCK;
	b->first_right = chunk * CLK_CHUNK;
	while (n < CLK_BLOCK && b->first_left + n < j->left->n) {
		rows[n] = (uint32_t)(b->first_left + n);
		n++;
	}
	b->n_left = n;
	if (a->within && b->first_right + CLK_CHUNK <= b->first_left) {
		b->n_left = 0;
		return CF_OK;
	}
	clk_block_fill(b->block, j->left, rows, n, j->threshold);
	for (size_t i = 0; i < n; i++)
		b->places[b->block->rows[i] - b->first_left] = (uint8_t)i;
	clk_block_scan_all(b->block, j->right, chunk, a->within, &b->kept);
	return CF_OK;
}

/* Unpacks a list, from its begin-th pair on, as far as there is room. */
static size_t unpack(const struct bucket *b, size_t place, size_t begin, struct clk_pair *ret)
{
	const uint64_t *list = b->kept.lists + place * b->kept.stride + begin;
	const uint32_t left = b->block->rows[place];
	const uint32_t left_count = b->block->counts[place];
	const uint64_t common_mask = (UINT64_C(1) << CLK_HIT_COMMON_BITS) - 1;
	const size_t rest = b->kept.n[place] - begin;
	const size_t n = rest < SINK_PAIRS ? rest : SINK_PAIRS;
	for (size_t i = 0; i < n; i++) {
		const uint32_t row = (uint32_t)(list[i] >> CLK_KEPT_ROW_SHIFT & (CLK_CHUNK - 1));
		ret[i] = (struct clk_pair){left, (uint32_t)b->first_right + row,
			clk_dice((uint32_t)(list[i] & common_mask), left_count,
				(uint32_t)(list[i] >> CLK_KEPT_COUNT_SHIFT))};
	}
	return n;
}

static int hand_over(
	const struct bucket *b, clk_sink sink, void *context, uint64_t *n_pairs, struct cf_error *err)
{
	struct clk_pair pairs[SINK_PAIRS];
	for (size_t row = 0; row < b->n_left; row++) {
		const size_t place = b->places[row];
		for (size_t begin = 0; begin < b->kept.n[place];) {
			const size_t n = unpack(b, place, begin, pairs);
			TRY(sink(context, pairs, n, err));
			begin += n;
			*n_pairs += n;
		}
	}
	return CF_OK;
}

static void add_counts(struct clk_join_counts *to, struct clk_block *b)
{
	to->n_compared += b->n_compared;
	to->n_skipped += b->n_skipped;
	b->n_compared = 0;
	b->n_skipped = 0;
}

int clk_join_all(const struct clk_join *j, clk_sink sink, void *context, struct clk_join_counts *ret_counts,
	struct cf_error *err)
{
	CF_CLEANUP(all_done) struct all a = {0};
	struct clk_join_counts counts = {0};
	TRY(check(j, err));
	TRY(all_prepare(&a, j, err));
	for (; a.wave_begin < a.n_tasks; a.wave_begin += a.n_buckets) {
		const size_t left = a.n_tasks - a.wave_begin;
		const size_t n = left < a.n_buckets ? left : a.n_buckets;
		TRY(jobs_run(j->pool, n, all_task, &a, err));
		for (size_t i = 0; i < n; i++) {
			TRY(hand_over(&a.buckets[i], sink, context, &counts.n_pairs, err));
			add_counts(&counts, a.buckets[i].block);
		}
		progress_report(j->progress, "comparing", a.wave_begin + n, a.n_tasks);
	}
	*ret_counts = counts;
	return CF_OK;
}

/* ---- the best of each row ---- */

void clk_top_done(struct clk_top *t)
{
	mem_free(t->n_found);
	mem_free(t->list);
	*t = (struct clk_top){0};
}

int clk_top_new(size_t n, size_t k, struct clk_top *ret, struct cf_error *err)
{
	struct clk_top t = {.k = k, .n = n};
	t.n_found = NEW_ARRAY_ZERO(uint32_t, n);
	size_t n_list;
	t.list = __builtin_mul_overflow(n, k, &n_list) ? NULL : NEW_ARRAY(struct clk_candidate, n_list);
	if (!t.n_found || !t.list) {
		clk_top_done(&t);
		return error_memory(err);
	}
	*ret = t;
	return CF_OK;
}

struct top_run {
	const struct clk_join *join;
	const struct clk_asked *asked;
	struct clk_top *top;
	struct clk_block **blocks; /* one a worker */
	size_t n_blocks;
	size_t first_task;
};

static void top_run_done(struct top_run *r)
{
	for (size_t i = 0; r->blocks && i < r->n_blocks; i++)
		r->blocks[i] = clk_block_free(r->blocks[i]);
	r->blocks = mem_free(r->blocks);
}

/* One block's lists while it is scanned. */
struct top_block {
	const struct top_run *run;
	const struct clk_block *block;
	size_t places[CLK_BLOCK]; /* where the row's list stands in the answer */
};

static double put(void *context, size_t i, uint32_t right, uint32_t common, double score)
{
	struct top_block *t = context;
	const struct top_run *r = t->run;
	const size_t k = r->top->k;
	const size_t place = t->places[i];
	struct clk_candidate *list = r->top->list + place * k;
	uint32_t *n = &r->top->n_found[place];
	const double floor = t->block->floors[i];
	const uint32_t count = t->block->counts[i];
	const bool is_self = r->join->left == r->join->right && right == t->block->rows[i];
	if (is_self || (r->asked->taken && r->asked->taken[right]))
		return floor;
	size_t at = *n < k ? *n : k;
	for (; at; at--) {
		const struct clk_candidate *other = &list[at - 1];
		const double s = clk_dice(other->common, count, clk_set_count(r->join->right, other->right));
		if (s > score || (s == score && other->right < right))
			break;
		if (at < k)
			list[at] = *other;
	}
	if (at < k) {
		list[at] = (struct clk_candidate){right, common};
		*n += *n < k;
	}
	if (*n < k)
		return floor;
	const struct clk_candidate *last = &list[k - 1];
	const double least = clk_dice(last->common, count, clk_set_count(r->join->right, last->right));
	return least > floor ? least : floor;
}

static int top_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct top_run *r = context;
	const struct clk_join *j = r->join;
	struct clk_block *b = r->blocks[worker];
	const size_t first = (r->first_task + task) * CLK_BLOCK;
	uint32_t rows[CLK_BLOCK];
	(void)err;
	size_t n = 0;
	for (; n < CLK_BLOCK && first + n < r->asked->n; n++)
		rows[n] = r->asked->rows ? r->asked->rows[first + n] : (uint32_t)(first + n);
	clk_block_fill(b, j->left, rows, n, j->threshold);
	struct top_block t = {.run = r, .block = b};
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (rows[k] != b->rows[i])
			k++;
		t.places[i] = first + k;
		r->top->n_found[first + k] = 0;
	}
	for (size_t chunk = 0; chunk < j->right->n_chunks; chunk++)
		clk_block_scan(b, j->right, chunk, false, put, &t);
	return CF_OK;
}

static int top_prepare(struct top_run *r, struct cf_error *err)
{
	r->n_blocks = (size_t)jobs_n_threads(r->join->pool);
	r->blocks = NEW_ARRAY_ZERO(struct clk_block *, r->n_blocks);
	if (!r->blocks)
		return error_memory(err);
	for (size_t i = 0; i < r->n_blocks; i++)
		TRY(clk_block_new(r->join->left->n_words, kernel_of(r->join), &r->blocks[i], err));
	return CF_OK;
}

int clk_join_top(const struct clk_join *j, const struct clk_asked *asked, struct clk_top *t,
	struct clk_join_counts *counts, struct cf_error *err)
{
	CF_CLEANUP(top_run_done)
	struct top_run r = {.join = j, .asked = asked, .top = t};
	const size_t n_tasks = (asked->n + CLK_BLOCK - 1) / CLK_BLOCK;
	TRY(check(j, err));
	TRY(top_prepare(&r, err));
	while (r.first_task < n_tasks) {
		const size_t left = n_tasks - r.first_task;
		const size_t piece = left < 16 * r.n_blocks ? left : 16 * r.n_blocks;
		TRY(jobs_run(j->pool, piece, top_task, &r, err));
		r.first_task += piece;
		if (!asked->rows)
			progress_report(j->progress, "comparing", r.first_task, n_tasks);
	}
	if (counts)
		for (size_t i = 0; i < r.n_blocks; i++)
			add_counts(counts, r.blocks[i]);
	for (size_t i = 0; i < asked->n && counts; i++)
		counts->n_pairs += t->n_found[i];
	return CF_OK;
}
