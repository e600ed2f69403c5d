/*
 * What linking costs: pairs of rows with five fields compared for each CPU-second, taken at random (hardly
 * any pair of values comes twice) and within blocks (most do), beside plain versions of the string
 * comparisons in the same run. Nothing is asserted.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "link/compare_rows.h"
#include "link/metaphone.h"
#include "link/score.h"
#include "link/similar.h"

enum {
	ROWS = 50000,
	FIELDS = 5,
	PAIRS = 2000000,
	PORTION = 500,
	TEXTS = 4096,
	BLOCK = 40,
	CACHE_BYTES = 2 << 20
};

static void need(int ok, const char *what)
{
	if (!ok) {
		(void)fprintf(stderr, "bench_link: %s failed\n", what);
		exit(3);
	}
}

static double cpu_seconds(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static size_t draw_word(struct random_stream *random, char *out, size_t n_syllables)
{
	static const char *const syllables[] = {"ma", "ri", "jo", "han", "sen", "ko", "va", "lu", "ber", "to",
		"ni", "el", "sha", "dor", "ti", "as", "gu", "per", "mo", "chi"};
	size_t n = 0;
	for (size_t i = 0; i < n_syllables; i++) {
		const char *s = syllables[random_below(random, 20)];
		memcpy(out + n, s, strlen(s));
		n += strlen(s);
	}
	out[n] = '\0';
	return n;
}

static struct link_table *draw_table(struct random_stream *random)
{
	static const size_t first[] = {0, ROWS};
	static const enum link_kind kinds[FIELDS] = {LINK_NAME, LINK_NAME, LINK_DATE, LINK_PHONE, LINK_NAME};
	struct link_table *t = NULL;
	need(link_table_new(FIELDS, 1, first, &t, NULL) == 0, "table");
	for (size_t c = 0; c < FIELDS; c++) {
		t->columns[c].name = mem_strdup("column");
		t->columns[c].kind = kinds[c];
	}
	for (size_t row = 0; row < ROWS; row++)
		for (size_t c = 0; c < FIELDS; c++) {
			char text[64];
			size_t n = draw_word(random, text, c == 4 ? 2 : 3);
			if (c == 2)
				n = (size_t)snprintf(text, sizeof text, "%04d%02d%02d",
					(int)(1940 + random_below(random, 70)),
					(int)(1 + random_below(random, 12)),
					(int)(1 + random_below(random, 28)));
			if (c == 3)
				n = (size_t)snprintf(
					text, sizeof text, "07%08d", (int)random_below(random, 100000000));
			need(link_dictionary_add(
				     &t->columns[c].values, text, n, &t->columns[c].codes[row], NULL) == 0,
				"value");
		}
	need(link_table_count(t, NULL) == 0, "counts");
	return t;
}

static void report(const char *what, double n, double seconds)
{
	(void)printf("%-58s %8.2f million for each CPU-second\n", what, n / seconds / 1e6);
}

static void draw_pairs(struct random_stream *random, struct link_row_pair pairs[PORTION])
{
	for (size_t i = 0; i < PORTION; i++)
		pairs[i] = (struct link_row_pair){
			(uint32_t)random_below(random, ROWS), (uint32_t)random_below(random, ROWS)};
}

/* As training does it: in portions. */
static uint64_t bench_many(struct link_comparer *c, struct random_stream *random)
{
	static struct link_row_pair pairs[PORTION];
	static uint64_t patterns[PORTION];
	uint64_t sum = 0;
	double start = cpu_seconds();
	for (size_t n = 0; n < PAIRS; n += PORTION) {
		draw_pairs(random, pairs);
		link_compare_many(c, 0, pairs, PORTION, patterns);
		sum += patterns[n % PORTION];
	}
	report("rows of five fields, pairs at random, in portions", PAIRS, cpu_seconds() - start);
	return sum;
}

/* As whole linkages do it: pairs that cannot reach the floor are left after a field or two. */
static void bench_scores(const struct link_table *t, const struct link_settings *s, struct link_comparer *c,
	struct random_stream *random)
{
	struct link_model model;
	struct link_scorer *scorer = NULL;
	static struct link_row_pair pairs[PORTION];
	static double weights[PORTION];
	double sum = 0;
	link_model_start(&model, c, s);
	for (size_t f = 0; f < FIELDS; f++) {
		model.fields[f].equal_by_chance = 0.001;
		for (unsigned level = 1; level <= model.fields[f].n_levels; level++)
			model.fields[f].u[level] = level == model.fields[f].n_levels
							   ? 0.97
							   : 0.03 / (model.fields[f].n_levels - 1);
	}
	need(link_scorer_new(t, s, c, &model, &scorer, NULL) == 0, "scorer");
	double start = cpu_seconds();
	for (size_t n = 0; n < PAIRS; n += PORTION) {
		draw_pairs(random, pairs);
		link_score_many(scorer, 0, pairs, PORTION, -5, weights);
		for (size_t i = 0; i < PORTION; i++)
			sum += weights[i] > -5;
	}
	report("rows of five fields scored with a floor, pairs at random", PAIRS, cpu_seconds() - start);
	need(sum >= 0, "sum");
	(void)link_scorer_free(scorer);
}

static void bench_rows(const struct link_table *t, struct random_stream *random)
{
	struct link_settings s = {.n_fields = FIELDS, .within = true};
	struct link_comparer *c = NULL;
	uint64_t sum = 0;
	for (size_t f = 0; f < FIELDS; f++)
		s.fields[f] =
			(struct link_field){.column = (uint16_t)f, .crosswise = -1, .by_frequency = true};
	need(link_comparer_new(t, &s, 1, CACHE_BYTES, &c, NULL) == 0, "comparer");
	double start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++)
		sum += link_compare_rows(
			c, 0, (uint32_t)random_below(random, ROWS), (uint32_t)random_below(random, ROWS));
	report("rows of five fields, pairs at random, one by one", PAIRS, cpu_seconds() - start);
	sum += bench_many(c, random);
	start = cpu_seconds();
	size_t n = 0;
	for (uint32_t block = 0; n < PAIRS; block = (block + BLOCK) % (ROWS - BLOCK))
		for (uint32_t i = block; i < block + BLOCK; i++)
			for (uint32_t j = i + 1; j < block + BLOCK; j++, n++)
				sum += link_compare_rows(c, 0, i, j);
	report("rows of five fields, pairs within blocks", (double)n, cpu_seconds() - start);
	bench_scores(t, &s, c, random);
	need(sum != 0, "sum");
	(void)link_comparer_free(c);
}

/* ---- string comparisons beside plain ones ---- */

static unsigned plain_edits(const char *a, size_t n, const char *b, size_t m)
{
	unsigned d[SIMILAR_MAX + 1][SIMILAR_MAX + 1];
	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = (unsigned)(i + j);
				continue;
			}
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
			best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = d[i - 2][j - 2] + 1 < best ? d[i - 2][j - 2] + 1 : best;
			d[i][j] = best;
		}
	return d[n][m];
}

static void bench_texts(struct random_stream *random)
{
	static char texts[TEXTS][64];
	static struct similar_text words[TEXTS];
	double sum = 0;
	for (size_t i = 0; i < TEXTS; i++) {
		size_t n = draw_word(random, texts[i], 2 + random_below(random, 3));
		words[i] = (struct similar_text){
			.text = texts[i], .n = n, .letters = similar_letters(texts[i], n)};
	}
	double start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++)
		sum += similar_jaro_winkler(&words[i % TEXTS], &words[(i * 7 + 1) % TEXTS]);
	report("Jaro-Winkler", PAIRS, cpu_seconds() - start);
	start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++)
		sum += similar_edits(&words[i % TEXTS], &words[(i * 7 + 1) % TEXTS]);
	report("Damerau-Levenshtein (true)", PAIRS, cpu_seconds() - start);
	start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++)
		sum += similar_edits_restricted(&words[i % TEXTS], &words[(i * 7 + 1) % TEXTS]);
	report("Damerau-Levenshtein restricted, bit vectors", PAIRS, cpu_seconds() - start);
	start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++)
		sum += similar_edits_up_to(&words[i % TEXTS], &words[(i * 7 + 1) % TEXTS], 2);
	report("Damerau-Levenshtein up to 2, as comparing uses it", PAIRS, cpu_seconds() - start);
	start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++) {
		const struct similar_text *a = &words[i % TEXTS];
		const struct similar_text *b = &words[(i * 7 + 1) % TEXTS];
		sum += plain_edits(a->text, a->n, b->text, b->n);
	}
	report("Damerau-Levenshtein restricted, the plain table", PAIRS, cpu_seconds() - start);
	start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++) {
		uint16_t sounds[SOUND_N_READINGS];
		sound_numbers(words[i % TEXTS].text, words[i % TEXTS].n, sounds);
		sum += sounds[0];
	}
	report("sounds, both readings", PAIRS, cpu_seconds() - start);
	start = cpu_seconds();
	for (size_t i = 0; i < PAIRS; i++) {
		struct metaphone codes;
		metaphone(words[i % TEXTS].text, words[i % TEXTS].n, &codes);
		sum += codes.primary[0];
	}
	report("Double Metaphone", PAIRS, cpu_seconds() - start);
	need(sum != 0, "sum");
}

int main(void)
{
	struct random_stream random;
	random_init(&random, 1, 0);
	struct link_table *t = draw_table(&random);
	bench_rows(t, &random);
	bench_texts(&random);
	(void)link_table_free(t);
	return 0;
}
