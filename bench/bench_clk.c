/*
 * What cryptographic linkage keys cost: comparisons of 1024-bit encodings for each CPU-second by each kernel,
 * with the ratio to the plain reference, where hardly any pair passes and where half of them do; encoding;
 * and one-to-one solving where most pairs are candidates. Nothing is asserted.
 */
#include <math.h>
#include <stdint.h>

#include "base/random.h"
#include "bench/bench.h"
#include "crypto/secret.h"
#include "link/clk/encode.h"
#include "link/clk/solve.h"

enum { ROWS = 5000, FEW_ROWS = 5000, BITS = 1024, BYTES = BITS / 8, RECORDS = 100000, FEATURES = 9 };

struct task {
	struct clk_join join;
	struct clk_join_counts counts;
	double sum;
};

static int add(void *context, const struct clk_pair *pairs, size_t n, struct cf_error *err)
{
	struct task *t = context;
	(void)err;
	for (size_t i = 0; i < n; i++)
		t->sum += pairs[i].score;
	return 0;
}

static void join(void *context)
{
	struct task *t = context;
	t->sum = 0;
	need(clk_join_all(&t->join, add, t, &t->counts, NULL) == 0, "join");
}

/* Bits set at random; density differs a little from row to row, as it does between records. With from, rows
 * are those of from with some bits changed, the last one first: two records of one person. */
static struct clk_set *draw(struct random_stream *random, size_t n, const struct clk_set *from)
{
	struct clk_set *s = NULL;
	need(clk_set_new(BITS, &s, NULL) == 0, "set");
	for (size_t i = 0; i < n; i++) {
		uint8_t row[BYTES] = {0};
		const double density = 0.5 + 0.03 * random_normal(random);
		uint64_t words[BITS / 64] = {0};
		if (from)
			clk_set_copy(from, n - 1 - i, 1, words);
		for (size_t b = 0; b < BITS; b++) {
			const bool is_set = words[b / 64] >> (63 - b % 64) & 1;
			const bool change = random_uniform(random) < (from ? 0.12 : density);
			if (is_set != change)
				row[b / 8] |= (uint8_t)(0x80 >> b % 8);
		}
		need(clk_set_add(s, row, NULL) == 0, "row");
	}
	need(clk_set_finish(s, NULL) == 0, "set");
	return s;
}

static int compare_scores(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The score that about half of the pairs reach. */
static double median_score(struct random_stream *random, const struct clk_set *a, const struct clk_set *b)
{
	enum { SAMPLE = 4001 };
	static double scores[SAMPLE];
	for (size_t i = 0; i < SAMPLE; i++) {
		uint64_t x[BITS / 64];
		uint64_t y[BITS / 64];
		const size_t left = random_below(random, a->n);
		const size_t right = random_below(random, b->n);
		uint32_t common = 0;
		clk_set_copy(a, left, 1, x);
		clk_set_copy(b, right, 1, y);
		for (size_t w = 0; w < BITS / 64; w++)
			common += (uint32_t)__builtin_popcountll(x[w] & y[w]);
		scores[i] = 2.0 * common / (clk_set_count(a, left) + clk_set_count(b, right));
	}
	qsort(scores, SAMPLE, sizeof *scores, compare_scores);
	return scores[SAMPLE / 2];
}

static void bench_join(const struct clk_set *a, const struct clk_set *b, double threshold, const char *what)
{
	double plain = 0;
	for (int kind = 0; kind < CLK_N_KERNELS; kind++) {
		struct task t = {.join = {.left = a,
					 .right = b,
					 .threshold = threshold,
					 .kernel = clk_kernel_get((enum clk_kernel_kind)kind)}};
		if (!t.join.kernel)
			continue;
		const double took = best_cpu(join, &t);
		const double pairs = (double)a->n * (double)b->n;
		plain = kind == CLK_KERNEL_PORTABLE ? took : plain;
		(void)printf("%-9s %s: %6.1f million comparisons a CPU-second, %4.1f times the plain "
			     "reference; %.4g "
			     "%% pass, %.4g %% skipped by their counts\n",
			clk_kernel_name((enum clk_kernel_kind)kind), what, pairs / took / 1e6, plain / took,
			100 * (double)t.counts.n_pairs / pairs, 100 * (double)t.counts.n_skipped / pairs);
	}
}

/* ---- solving ---- */

struct solving {
	struct clk_join join;
	int (*solve)(const struct clk_join *, size_t, struct clk_matching *, struct cf_error *);
	struct clk_matching m;
};

static void solve(void *context)
{
	struct solving *s = context;
	clk_matching_done(&s->m);
	need(s->solve(&s->join, (size_t)256 << 20, &s->m, NULL) == 0, "solving");
}

static void bench_solve(const struct clk_set *a, const struct clk_set *b, double threshold)
{
	struct solving s = {.join = {.left = a, .right = b, .threshold = threshold}};
	for (int exact = 0; exact < 2; exact++) {
		s.solve = exact ? clk_solve_exact : clk_solve_greedy;
		const double took = best_cpu(solve, &s);
		(void)printf("%-9s one-to-one, %zu by %zu rows, about half of the pairs candidates: %.2f "
			     "CPU-s with "
			     "comparing; "
			     "%zu pairs, mean score %.4f, %zu rounds\n",
			exact ? "exact" : "greedy", a->n, b->n, took, s.m.n, s.m.total / (double)s.m.n,
			s.m.n_rounds);
	}
	clk_matching_done(&s.m);
}

/* ---- encoding ---- */

struct encoding {
	struct clk_schema *schema;
	struct secret *secret;
	bool hardened;
	char (*cells)[FEATURES][24];
	struct clk_encoder *encoder;
};

static void encode(void *context)
{
	struct encoding *e = context;
	uint8_t out[2 * BYTES];
	const struct clk_encoder_options options = {.hardened = e->hardened, .secret = e->secret};
	need(clk_encoder_new(e->schema, &options, &e->encoder, NULL) == 0, "encoder");
	for (size_t i = 0; i < RECORDS; i++) {
		struct clk_cell cells[FEATURES];
		for (size_t f = 0; f < FEATURES; f++)
			cells[f] = (struct clk_cell){e->cells[i][f], strlen(e->cells[i][f])};
		need(clk_encode(e->encoder, cells, out, NULL, NULL) == 0, "encoding");
	}
	e->encoder = clk_encoder_free(e->encoder);
}

static void draw_cell(struct random_stream *random, char cell[24], size_t f)
{
	static const char *const syllables[] = {"ma", "ri", "jo", "han", "sen", "ko", "va", "lu", "ber", "to",
		"ni", "el", "sha", "dor", "ti", "as", "gu", "per", "mo", "chi"};
	cell[0] = '\0';
	if (f % 3 == 2) {
		(void)snprintf(cell, 24, "%08u", (unsigned)(10000000 + random_below(random, 89999999)));
		return;
	}
	for (uint64_t i = 2 + random_below(random, 3); i; i--)
		(void)strcat(cell, syllables[random_below(random, 20)]);
}

/* Nine features like those of clkhash's FEBRL tutorial: names and addresses as bigrams, numbers as positional
 * digits. */
static struct clk_schema *draw_schema(void)
{
	struct clk_schema *s = NEW(struct clk_schema);
	need(s != NULL, "schema");
	*s = (struct clk_schema){.n_bits = BITS,
		.n_folds = 1,
		.key_bytes = 64,
		.n_features = FEATURES,
		.hardening = {.flip_rate = 0.02, .salt_feature = -1}};
	s->features = NEW_ARRAY_ZERO(struct clk_feature, FEATURES);
	need(s->features != NULL, "features");
	for (size_t f = 0; f < FEATURES; f++) {
		s->features[f] = (struct clk_feature){.identifier = mem_strdup("feature"),
			.format = f % 3 == 2 ? CLK_INTEGER : CLK_STRING,
			.n = f % 3 == 2 ? 1 : 2,
			.positional = f % 3 == 2,
			.bits_per_feature = f < 2 ? 200 : 100};
		need(s->features[f].identifier != NULL, "feature");
	}
	need(clk_schema_check(s, NULL) == 0, "schema");
	return s;
}

static void bench_encode(struct random_stream *random)
{
	CF_CLEANUP_CLK_SCHEMA struct clk_schema *schema = draw_schema();
	struct encoding e = {.schema = schema, .cells = mem_alloc(RECORDS, sizeof *e.cells)};
	need(e.cells && secret_new_random(32, &e.secret, NULL) == 0, "secret");
	for (size_t i = 0; i < RECORDS; i++)
		for (size_t f = 0; f < FEATURES; f++)
			draw_cell(random, e.cells[i][f], f);
	for (int way = 0; way < 3; way++) {
		static const char *const names[] = {"folded once, as clkhash does it", "folded once, flips",
			"folded once, flips, balanced"};
		e.hardened = way > 0;
		schema->hardening.balanced = way == 2;
		(void)printf("encoding, nine features, %s: %.0f records a CPU-second\n", names[way],
			RECORDS / best_cpu(encode, &e));
	}
	e.secret = secret_free(e.secret);
	mem_free(e.cells);
}

int main(void)
{
	struct random_stream random;
	random_init(&random, 1, 0);
	need(crypto_start(NULL) == 0, "libsodium");
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	print_machine();
	CF_CLEANUP_CLK_SET struct clk_set *a = draw(&random, ROWS, NULL);
	CF_CLEANUP_CLK_SET struct clk_set *b = draw(&random, ROWS, NULL);
	CF_CLEANUP_CLK_SET struct clk_set *few_a = draw(&random, FEW_ROWS, NULL);
	CF_CLEANUP_CLK_SET struct clk_set *few_b = draw(&random, FEW_ROWS, few_a);
	const double median = median_score(&random, few_a, few_b);
	bench_join(a, b, 0.7, "hardly any pair passes");
	bench_join(few_a, few_b, median, "half of the pairs pass");
	bench_solve(few_a, few_b, median);
	bench_encode(&random);
	(void)printf("peak memory %.0f MiB\n", peak_mebibytes());
	return 0;
}
