/* Kept rows: matching new rows against them gives what scoring all together gives; damage is noticed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/sweep.h"
#include "link/index.h"
#include "link/link.h"
#include "link/test_support.h"

enum { TEXT_BYTES = 32, COLUMNS = 4, KEPT = 300, NEW_ROWS = 80, ROWS = KEPT + NEW_ROWS };

static const struct test_column columns[COLUMNS] = {{"given", LINK_NAME, LINK_ROLE_GIVEN},
	{"family", LINK_NAME, LINK_ROLE_FAMILY}, {"born", LINK_DATE, LINK_ROLE_NONE},
	{"note", LINK_TEXT, LINK_ROLE_NONE}};

static char texts[ROWS][COLUMNS][TEXT_BYTES];

/* New row i is kept row i, damaged; every fourth is a new person. */
static void draw(void)
{
	struct random_stream random;
	random_init(&random, 31, 0);
	for (size_t i = 0; i < ROWS; i++) {
		static const char *const syllables[] = {"ka", "lo", "mi", "ren", "sha", "tu", "bel", "dor"};
		for (size_t c = 0; c < 2; c++)
			(void)snprintf(texts[i][c], TEXT_BYTES, "%s%s%s", syllables[random_below(&random, 8)],
				syllables[random_below(&random, 8)], syllables[random_below(&random, 8)]);
		(void)snprintf(texts[i][2], TEXT_BYTES, "%04d%02d%02d",
			(int)(1950 + random_below(&random, 50)), (int)(1 + random_below(&random, 12)),
			(int)(1 + random_below(&random, 28)));
		(void)snprintf(texts[i][3], TEXT_BYTES, "note %d", (int)i);
	}
	for (size_t i = 0; i < NEW_ROWS; i++) {
		if (i % 4 == 3)
			continue;
		memcpy(texts[KEPT + i], texts[i], sizeof texts[i]);
		if (i % 4 == 1)
			texts[KEPT + i][0][2] = 'x';
		if (i % 4 == 2) {
			memcpy(texts[KEPT + i][0], texts[i][1], TEXT_BYTES);
			memcpy(texts[KEPT + i][1], texts[i][0], TEXT_BYTES);
		}
		if (i % 8 == 6)
			texts[KEPT + i][1][1] = 'y';
		if (i % 16 == 14) { /* the whole name in one column */
			(void)snprintf(
				texts[KEPT + i][0], TEXT_BYTES, "%.12s %.12s", texts[i][1], texts[i][0]);
			texts[KEPT + i][1][0] = '\0';
		}
	}
}

static struct link_table *table_of(size_t from, size_t n)
{
	const char *cells[ROWS * COLUMNS];
	const size_t first[] = {0, n};
	for (size_t i = 0; i < n * COLUMNS; i++)
		cells[i] = texts[from + i / COLUMNS][i % COLUMNS];
	return test_table(columns, COLUMNS, cells, first, 1);
}

static struct link_settings settings_of(const struct link_table *t)
{
	static const char *const rules[] = {"given + born.year", "family.sound", "born", "given.band0"};
	struct link_settings s = {
		.within = true, .n_fields = 3, .fields = {{0, 1, true}, {1, -1, true}, {2, -1, false}}};
	for (size_t i = 0; i < 4; i++) {
		CF_CLEANUP(buffer_done) struct buffer problem = BUFFER_INIT;
		assert_int_equal(link_rule_parse(t, rules[i], &s.rules[s.n_rules++], &problem), 0);
	}
	return s;
}

static struct link_model model_of(const struct link_table *t, const struct link_settings *s)
{
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NULL;
	struct link_model m;
	assert_int_equal(link_comparer_new(t, s, 1, 1 << 16, &c, &err), 0);
	link_model_start(&m, c, s);
	m.prior = 0.001;
	for (size_t f = 0; f < 3; f++) {
		m.fields[f].equal_by_chance = 0.01;
		for (unsigned level = 1; level <= m.fields[f].n_levels; level++)
			m.fields[f].u[level] =
				level == m.fields[f].n_levels ? 1 - 0.01 * (m.fields[f].n_levels - 1) : 0.01;
	}
	m.fields[0].u[2] = 1e-5; /* given and family name of two persons are hardly ever each other's */
	m.n_edges = 1;
	m.edges[0] = (struct link_edge){.a = 0, .b = 2};
	m.edges[0].bits[1][1] = 0.5;
	return m;
}

static const char *const names[] = {"kept.csv"};

static void write_index(const struct link_table *t, const struct link_settings *s, struct buffer *out)
{
	static uint32_t clusters[KEPT];
	struct cf_error err = CF_ERROR_INIT;
	for (uint32_t i = 0; i < KEPT; i++)
		clusters[i] = i + 1;
	const struct link_index_content content = {.table = t,
		.settings = s,
		.file_names = names,
		.model_text = "the model",
		.cluster_of_row = clusters,
		.n_clusters = KEPT,
		.weight = 0};
	assert_int_equal(link_index_write(&content, out, &err), 0);
}

static void new_rows_find_theirs(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_TABLE struct link_table *kept = table_of(0, KEPT);
	CF_CLEANUP_LINK_TABLE struct link_table *fresh = table_of(KEPT, NEW_ROWS);
	struct link_settings s = settings_of(kept);
	for (size_t f = 0; f < s.n_fields; f++) /* frequencies would be those of other tables */
		s.fields[f].by_frequency = false;
	const struct link_model model = model_of(kept, &s);
	CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
	CF_CLEANUP_LINK_INDEX struct link_index *x = NULL;
	CF_CLEANUP_LINK_MATCHER struct link_matcher *m = NULL;
	CF_CLEANUP(link_new_pairs_done) struct link_new_pairs pairs = {0};
	write_index(kept, &s, &data);
	assert_int_equal(link_index_open(data.data, data.n, &x, &err), 0);
	assert_string_equal(link_index_model_text(x), "the model");
	const struct link_new_rows rows = {fresh, &s, &model};
	assert_int_equal(link_matcher_new(x, &rows, &m, &err), 0);
	assert_int_equal(link_matcher_run(m, -50, &pairs, &err), 0);
	/* the same pairs and weights as when all rows are in one table */
	CF_CLEANUP_LINK_TABLE struct link_table *all = table_of(0, ROWS);
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NULL;
	CF_CLEANUP_LINK_PAIRS struct link_pairs *whole = NULL;
	CF_CLEANUP_LINK_SCORER struct link_scorer *scorer = NULL;
	CF_CLEANUP(link_scored_done) struct link_scored scored = {0};
	assert_int_equal(link_comparer_new(all, &s, 1, 1 << 16, &c, &err), 0);
	assert_int_equal(link_pairs_new(all, &s, NULL, &whole, &err), 0);
	assert_int_equal(link_scorer_new(all, &s, c, &model, &scorer, &err), 0);
	const struct link_score_options scoring = {.floor = -50, .max_pairs = 1000000};
	assert_int_equal(link_score_all(scorer, whole, &scoring, &scored, &err), 0);
	size_t n_across = 0;
	for (size_t i = 0; i < scored.n; i++) {
		const struct link_scored_pair *p = &scored.pairs[i];
		if (p->left >= KEPT || p->right < KEPT)
			continue;
		bool found = false;
		for (size_t at = 0; at < pairs.n && !found; at++) {
			found = pairs.pairs[at].row == p->right - KEPT && pairs.pairs[at].kept == p->left;
			if (found)
				assert_true(fabs((double)p->weight - pairs.pairs[at].weight) < 1e-4);
		}
		assert_true(found);
		n_across++;
	}
	assert_int_equal(n_across, pairs.n);
	/* each damaged copy finds its kept row's cluster; new persons get new numbers */
	CF_CLEANUP_LINK_RESULT struct link_result *alone = NULL;
	uint32_t of_row[NEW_ROWS];
	const struct link_options options = {.model = &model, .keep_prior = true};
	assert_int_equal(link_run(fresh, &s, &options, &alone, &err), 0);
	assert_int_equal(link_matcher_assign(m, &pairs, &alone->clusters, of_row, &err), 0);
	for (uint32_t i = 0; i < NEW_ROWS; i++)
		if (i % 4 == 3)
			assert_true(of_row[i] > KEPT);
		else
			assert_int_equal(of_row[i], i + 1);
}

static void longer_tables_hold_both(void **state)
{
	(void)state;
	struct cf_error err = CF_ERROR_INIT;
	CF_CLEANUP_LINK_TABLE struct link_table *kept = table_of(0, KEPT);
	CF_CLEANUP_LINK_TABLE struct link_table *fresh = table_of(KEPT, NEW_ROWS);
	CF_CLEANUP_LINK_TABLE struct link_table *both = NULL;
	const struct link_settings s = settings_of(kept);
	CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
	CF_CLEANUP_LINK_INDEX struct link_index *x = NULL;
	write_index(kept, &s, &data);
	assert_int_equal(link_index_open(data.data, data.n, &x, &err), 0);
	assert_int_equal(link_index_extend(x, fresh, &both, &err), 0);
	assert_int_equal(both->n_columns, 3); /* the note is not compared, and not kept */
	assert_int_equal(both->n_rows, ROWS);
	for (size_t row = 0; row < ROWS; row++)
		for (size_t c = 0; c < 3; c++) {
			const struct link_column *column = &both->columns[c];
			uint32_t code = column->codes[row];
			assert_string_equal(
				code ? link_dictionary_text(&column->values, code) : "", texts[row][c]);
		}
}

/* Every byte of the outline and many others, changed: an error, or numbers that stay inside. */
static void damage_is_noticed(void **state)
{
	(void)state;
	CF_CLEANUP_LINK_TABLE struct link_table *kept = table_of(0, KEPT);
	CF_CLEANUP_LINK_TABLE struct link_table *fresh = table_of(KEPT, NEW_ROWS);
	const struct link_settings s = settings_of(kept);
	const struct link_model model = model_of(kept, &s);
	CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
	write_index(kept, &s, &data);
	for (size_t at = 0; at < data.n; at += at < 160 ? 1 : 97) {
		struct cf_error err = CF_ERROR_INIT;
		CF_CLEANUP_LINK_INDEX struct link_index *x = NULL;
		char before = data.data[at];
		data.data[at] = (char)(before ^ 0x55);
		if (link_index_open(data.data, data.n, &x, &err) == 0) {
			CF_CLEANUP_LINK_MATCHER struct link_matcher *m = NULL;
			CF_CLEANUP(link_new_pairs_done) struct link_new_pairs pairs = {0};
			const struct link_new_rows rows = {fresh, &s, &model};
			if (link_matcher_new(x, &rows, &m, &err) == 0)
				assert_int_equal(link_matcher_run(m, -50, &pairs, &err), 0);
		}
		data.data[at] = before;
	}
	for (size_t n = 0; n < data.n; n += n < 200 ? 8 : 1000) {
		struct cf_error err = CF_ERROR_INIT;
		struct link_index *x = NULL;
		assert_int_equal(link_index_open(data.data, n, &x, &err), CF_E_INPUT);
	}
}

static int write_and_match(void *context, struct cf_error *err)
{
	struct link_table **tables = context;
	static uint32_t clusters[KEPT];
	const struct link_settings s = {.within = true,
		.n_fields = 1,
		.fields = {{0, -1, true}},
		.n_rules = 1,
		.rules = {{.n_parts = 1, .parts = {{.column = 2}}}}};
	struct link_model model = {.n_fields = 1, .prior = 0.1, .fields = {{.n_levels = 6}}};
	CF_CLEANUP(buffer_done) struct buffer data = BUFFER_INIT;
	CF_CLEANUP_LINK_INDEX struct link_index *x = NULL;
	CF_CLEANUP_LINK_MATCHER struct link_matcher *m = NULL;
	CF_CLEANUP(link_new_pairs_done) struct link_new_pairs pairs = {0};
	for (unsigned level = 1; level <= 6; level++)
		model.fields[0].m[level] = model.fields[0].u[level] = 1.0 / 6;
	for (uint32_t i = 0; i < KEPT; i++)
		clusters[i] = i + 1;
	const struct link_index_content content = {.table = tables[0],
		.settings = &s,
		.file_names = names,
		.model_text = "",
		.cluster_of_row = clusters,
		.n_clusters = KEPT};
	TRY(link_index_write(&content, &data, err));
	TRY(link_index_open(data.data, data.n, &x, err));
	const struct link_new_rows rows = {tables[1], &s, &model};
	TRY(link_matcher_new(x, &rows, &m, err));
	return link_matcher_run(m, -50, &pairs, err);
}

static void out_of_memory(void **state)
{
	(void)state;
	struct link_table *tables[] = {table_of(0, KEPT), table_of(KEPT, NEW_ROWS)};
	assert_true(sweep_run("index", write_and_match, tables) > 20);
	for (size_t i = 0; i < 2; i++)
		tables[i] = link_table_free(tables[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_rows_find_theirs),
		cmocka_unit_test(longer_tables_hold_both),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(out_of_memory),
	};
	draw();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
