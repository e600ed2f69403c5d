/*
 * Comparing many rows at a glance says what comparing each pair of values whole says: on registers and lists
 * of many languages, on drawn values of every kind that differ by a few signs, whatever the memory for levels
 * and the number of threads. Scoring with a floor says what scoring without one says.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/jobs.h"
#include "base/random.h"
#include "base/sweep.h"
#include "base/text.h"
#include "link/compare_rows.h"
#include "link/names.h"
#include "link/nicknames.h"
#include "link/score.h"
#include "link/test_support.h"

enum { PAIRS = 60000, TASKS = 12, MAX_COLUMNS = 8, DRAWN_ROWS = 700 };

struct sample {
	struct link_table *table;
	struct link_settings settings;
};

static void sample_done(struct sample *s)
{
	s->table = link_table_free(s->table);
}

/* ---- tables ---- */

struct column {
	const char *name;
	enum link_kind kind;
	enum link_role role;
};

/* A given name is compared crosswise with the family name, which is the next column. */
static void sample_new(struct sample *s, const struct column *columns, size_t n_columns, size_t n_rows)
{
	const size_t first[] = {0, n_rows};
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(link_table_new(n_columns, 1, first, &s->table, &err), 0);
	s->settings = (struct link_settings){.n_fields = n_columns, .within = true};
	for (size_t c = 0; c < n_columns; c++) {
		s->table->columns[c].name = mem_strdup(columns[c].name);
		s->table->columns[c].kind = columns[c].kind;
		s->table->columns[c].role = columns[c].role;
		s->settings.fields[c] = (struct link_field){.column = (uint16_t)c,
			.crosswise = (int8_t)(columns[c].role == LINK_ROLE_GIVEN ? (int)c + 1 : -1),
			.by_frequency = c % 2 == 0};
	}
}

static void set_cell(struct sample *s, size_t row, size_t c, const char *text, size_t n)
{
	struct link_column *column = &s->table->columns[c];
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(link_dictionary_add(&column->values, text, n, &column->codes[row], &err), 0);
}

static void count(struct sample *s)
{
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(link_table_count(s->table, &err), 0);
}

/* Names become keys in Latin letters; of the rest small letters and digits are left. */
static void normalise(struct text_tools *tools, enum link_kind kind, const char *text, struct buffer *out)
{
	struct cf_error err = CF_ERROR_INIT;
	buffer_clear(out);
	if (kind == LINK_NAME || kind == LINK_TEXT) {
		assert_int_equal(text_key(tools, text, strlen(text), out, &err), 0);
		return;
	}
	for (; *text; text++)
		if (isalnum((unsigned char)*text)) {
			char c = (char)tolower((unsigned char)*text);
			assert_int_equal(buffer_append(out, &c, 1), 0);
		}
}

static struct csv_reader *open_list(const char *name)
{
	char path[512];
	const struct csv_options options = {.trim = true};
	struct csv_reader *r = NULL;
	struct cf_error err = CF_ERROR_INIT;
	(void)snprintf(path, sizeof path, "%s/data/%s", getenv("CF_SOURCE_ROOT"), name);
	if (csv_open(path, &options, &r, &err) < 0)
		fail_msg("%s", err.message);
	return r;
}

static size_t count_rows(const char *name)
{
	CF_CLEANUP_CSV struct csv_reader *r = open_list(name);
	const struct csv_cell *cells;
	struct cf_error err = CF_ERROR_INIT;
	size_t n = 0;
	while (csv_next(r, &cells, &err) > 0)
		n++;
	return n;
}

static size_t read_list(struct sample *s, const char *name, size_t row)
{
	CF_CLEANUP_CSV struct csv_reader *r = open_list(name);
	CF_CLEANUP(buffer_done) struct buffer out = BUFFER_INIT;
	CF_CLEANUP_TEXT_TOOLS struct text_tools *tools = NULL;
	const struct csv_cell *cells;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(text_tools_new(&tools, &err), 0);
	for (; csv_next(r, &cells, &err) > 0; row++)
		for (size_t c = 0; c < s->table->n_columns; c++) {
			ptrdiff_t at = csv_find_column(r, s->table->columns[c].name);
			if (at < 0)
				continue;
			normalise(tools, s->table->columns[c].kind, cells[at].text, &out);
			set_cell(s, row, c, buffer_text(&out), out.n);
		}
	return row;
}

static void read_sample(struct sample *s, const struct column *columns, size_t n_columns,
	const char *const *lists, size_t n_lists)
{
	size_t n_rows = 0;
	size_t row = 0;
	for (size_t i = 0; i < n_lists; i++)
		n_rows += count_rows(lists[i]);
	assert_true(n_rows > 100);
	sample_new(s, columns, n_columns, n_rows);
	for (size_t i = 0; i < n_lists; i++)
		row = read_list(s, lists[i], row);
	count(s);
}

static void read_registers(struct sample *s)
{
	static const struct column columns[] = {{"given_name", LINK_NAME, LINK_ROLE_GIVEN},
		{"surname", LINK_NAME, LINK_ROLE_FAMILY}, {"suburb", LINK_NAME, LINK_ROLE_NONE},
		{"date_of_birth", LINK_DATE, LINK_ROLE_NONE}, {"soc_sec_id", LINK_CODE, LINK_ROLE_NONE},
		{"postcode", LINK_NUMBER, LINK_ROLE_NONE}, {"address_1", LINK_TEXT, LINK_ROLE_NONE},
		{"state", LINK_CHOICE, LINK_ROLE_NONE}};
	static const char *const lists[] = {"febrl/dataset4a.csv", "febrl/dataset4b.csv"};
	read_sample(s, columns, sizeof columns / sizeof *columns, lists, 2);
}

static void read_lists(struct sample *s)
{
	static const struct column columns[] = {{"prs_FirstName", LINK_NAME, LINK_ROLE_GIVEN},
		{"prs_SecondName", LINK_NAME, LINK_ROLE_FAMILY}, {"prs_Birthdate", LINK_DATE, LINK_ROLE_NONE},
		{"prs_MobilePhone", LINK_PHONE, LINK_ROLE_NONE},
		{"prs_IdentityNumber", LINK_CODE, LINK_ROLE_NONE},
		{"prs_Gender", LINK_CHOICE, LINK_ROLE_NONE}};
	static const char *const lists[] = {"example/police.csv", "example/border.csv", "example/labour.csv",
		"example/hotline.csv", "example/shelter.csv"};
	read_sample(s, columns, sizeof columns / sizeof *columns, lists, 5);
}

/* ---- drawn values ---- */

/* Of each kind some values to begin with: usual ones, those of one sign, of other scripts, very long ones. */
static const char *const beginnings[LINK_N_KINDS][10] = {
	[LINK_NAME] = {"maria jose", "al khatib", "jo", "x", "zheng", "\xd9\x85\xd8\xad\xd9\x85\xd8\xaf",
		"bill", "van der berg de la cruz", "william",
		"a name so long that nobody has it but a form that was filled in by a cat upon the keys"},
	[LINK_TEXT] = {"12 high street", "high street 12", "5 main", "rue de la paix 5", "b",
		"\xd1\x83\xd0\xbb 7", "flat 3 12 high street", "street", "1 2 3 4 5",
		"the longest of all addresses in the longest of all streets behind the longest of all walls"},
	[LINK_DATE] = {"19800412", "19801204", "19810101", "1981????", "19800000", "200004??", "19990909",
		"198004", "20000101", "19120921"},
	[LINK_PHONE] = {"0712345678", "447123456789", "612345", "0712345687", "1", "+99971234567", "00000000",
		"07123456780712345678", "5551234", "712345678"},
	[LINK_EMAIL] = {"ana@x.org", "ana.lee@mail.example", "lee", "@", "ana@mail.example", "bob1@x.org",
		"b@y", "ana@", "olga.petrova@post.example", "olga@post.example"},
	[LINK_CODE] = {"ab1204567", "abl2o4s67", "o0q", "4011", "ab", "7", "zz7654321", "4110", "icv495759",
		"012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
		"0"},
	[LINK_NUMBER] = {"1000", "1005", "84052.973", "-3", "0", "1e5", "99", "17.5", "107", "0.0001"},
	[LINK_CHOICE] = {"female", "male", "fem", "m", "f", "other", "xx", "femal", "mal", "o"},
};

/* A sign changed, lost, added or swapped with its neighbour. */
static size_t mistype(struct random_stream *random, char *text, size_t n)
{
	static const char signs[] = "abeo01289 ";
	size_t at = random_below(random, n ? n : 1);
	switch (n ? random_below(random, 4) : 2) {
	case 0:
		text[at] = signs[random_below(random, sizeof signs - 1)];
		return n;
	case 1:
		memmove(text + at, text + at + 1, n - at - 1);
		return n - 1;
	case 2:
		memmove(text + at + 1, text + at, n - at);
		text[at] = signs[random_below(random, sizeof signs - 1)];
		return n + 1;
	default:
		if (at + 1 < n) {
			char c = text[at];
			text[at] = text[at + 1];
			text[at + 1] = c;
		}
		return n;
	}
}

static void draw_sample(struct sample *s, const struct column *columns, size_t n_columns, uint64_t seed)
{
	struct random_stream random;
	random_init(&random, seed, 0);
	sample_new(s, columns, n_columns, DRAWN_ROWS);
	for (size_t row = 0; row < DRAWN_ROWS; row++)
		for (size_t c = 0; c < n_columns; c++) {
			char text[128] = "";
			strcpy(text, beginnings[columns[c].kind][random_below(&random, 10)]);
			size_t n = strlen(text);
			for (size_t edits = random_below(&random, 5); edits > 0; edits--)
				n = mistype(&random, text, n);
			set_cell(s, row, c, text, random_below(&random, 12) ? n : 0);
		}
	count(s);
}

/* Every kind, and given and family names that are often swapped. */
static void draw_kinds(struct sample *s)
{
	static const struct column columns[MAX_COLUMNS] = {{"given", LINK_NAME, LINK_ROLE_GIVEN},
		{"family", LINK_NAME, LINK_ROLE_FAMILY}, {"text", LINK_TEXT, LINK_ROLE_NONE},
		{"date", LINK_DATE, LINK_ROLE_NONE}, {"phone", LINK_PHONE, LINK_ROLE_NONE},
		{"email", LINK_EMAIL, LINK_ROLE_NONE}, {"code", LINK_CODE, LINK_ROLE_NONE},
		{"number", LINK_NUMBER, LINK_ROLE_NONE}};
	draw_sample(s, columns, MAX_COLUMNS, 3);
}

/* ---- the plain way ---- */

/* Each pair of values compared whole, without anything that was made ready. */
struct plain {
	const struct sample *sample;
	struct nicknames *nicknames[2];
};

static void plain_done(struct plain *p)
{
	p->nicknames[0] = nicknames_free(p->nicknames[0]);
	p->nicknames[1] = nicknames_free(p->nicknames[1]);
}

static void plain_new(const struct sample *s, struct plain *p)
{
	struct cf_error err = CF_ERROR_INIT;
	*p = (struct plain){.sample = s};
	assert_int_equal(nicknames_new(NICKNAMES_GIVEN, &p->nicknames[0], &err), 0);
	assert_int_equal(nicknames_new(NICKNAMES_FAMILY, &p->nicknames[1], &err), 0);
}

struct plain_text {
	struct similar_text text;
	uint16_t groups[NICKNAME_MAX_GROUPS];
};

static void prepare(const struct plain *p, size_t c, uint32_t code, struct plain_text *t)
{
	const struct link_column *column = &p->sample->table->columns[c];
	*t = (struct plain_text){.text = {.text = ""}};
	if (!code)
		return;
	t->text.text = link_dictionary_text(&column->values, code);
	t->text.n = link_dictionary_length(&column->values, code);
	t->text.letters = similar_letters(t->text.text, t->text.n);
	t->text.nicknames = t->groups;
	if (column->kind == LINK_NAME)
		sound_numbers(t->text.text, t->text.n, t->text.sounds);
	if (column->kind == LINK_NAME && column->role != LINK_ROLE_NONE)
		nicknames_groups(
			p->nicknames[column->role == LINK_ROLE_FAMILY], t->text.text, t->text.n, t->groups);
}

static unsigned plain_alone(const struct plain *p, size_t c, uint32_t left, uint32_t right)
{
	const struct link_column *column = &p->sample->table->columns[c];
	uint32_t a = column->codes[left];
	uint32_t b = column->codes[right];
	struct plain_text x;
	struct plain_text y;
	if (!a || !b)
		return LINK_LEVEL_MISSING;
	if (a == b)
		return LINK_LEVEL_EQUAL;
	prepare(p, c, a, &x);
	prepare(p, c, b, &y);
	return link_level_of(column->kind, &x.text, &y.text);
}

static bool plain_spread(const struct plain *p, size_t given, uint32_t left, uint32_t right)
{
	struct plain_text texts[2][2];
	for (size_t k = 0; k < 2; k++) {
		prepare(p, given + k, p->sample->table->columns[given + k].codes[left], &texts[0][k]);
		prepare(p, given + k, p->sample->table->columns[given + k].codes[right], &texts[1][k]);
	}
	const struct link_whole_name x = {texts[0][0].text, texts[0][1].text};
	const struct link_whole_name y = {texts[1][0].text, texts[1][1].text};
	return link_names_spread(&x, &y);
}

static uint64_t plain_pattern(const struct plain *p, uint32_t left, uint32_t right)
{
	uint64_t pattern = 0;
	for (size_t c = 0; c < p->sample->table->n_columns; c++) {
		unsigned level = plain_alone(p, c, left, right);
		if (p->sample->table->columns[c].role == LINK_ROLE_GIVEN) {
			unsigned family = plain_alone(p, c + 1, left, right);
			if (link_may_be_spread(level, family) && plain_spread(p, c, left, right)) {
				pattern |= (uint64_t)(LINK_LEVEL_EQUAL + 1) << c * LINK_PATTERN_BITS;
				c++;
				continue;
			}
			level += level > LINK_LEVEL_EQUAL;
		}
		pattern |= (uint64_t)level << c * LINK_PATTERN_BITS;
	}
	return pattern;
}

/* ---- comparing ---- */

/* Half of the pairs are of rows near each other; some come once more the other way round. */
static struct link_row_pair *draw_pairs(const struct sample *s)
{
	struct link_row_pair *pairs = calloc(PAIRS, sizeof *pairs);
	struct random_stream random;
	assert_non_null(pairs);
	random_init(&random, 4, 0);
	for (size_t i = 0; i < PAIRS; i++) {
		uint32_t n = (uint32_t)s->table->n_rows;
		uint32_t a = (uint32_t)random_below(&random, n);
		uint32_t b = i % 2 ? (uint32_t)random_below(&random, n)
				   : (a + 1 + (uint32_t)random_below(&random, 5)) % n;
		pairs[i] = (struct link_row_pair){a < b ? a : b, a < b ? b : a};
		if (i % 4 == 3)
			pairs[i] = (struct link_row_pair){pairs[i - 1].right, pairs[i - 1].left};
	}
	return pairs;
}

struct work {
	struct link_comparer *comparer;
	const struct link_row_pair *pairs;
	uint64_t *patterns;
};

static int compare_task(void *context, size_t task, size_t worker, struct cf_error *err)
{
	struct work *w = context;
	const size_t share = PAIRS / TASKS;
	(void)err;
	/* some one by one */
	for (size_t i = 0; i < 100; i++)
		w->patterns[task * share + i] = link_compare_rows(w->comparer, worker,
			w->pairs[task * share + i].left, w->pairs[task * share + i].right);
	link_compare_many(w->comparer, worker, w->pairs + task * share + 100, share - 100,
		w->patterns + task * share + 100);
	return CF_OK;
}

static void compare_all(const struct sample *s, int n_threads, size_t memo_bytes,
	const struct link_row_pair *pairs, uint64_t *patterns)
{
	CF_CLEANUP_JOBS struct job_pool *pool = NULL;
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(jobs_new(n_threads, &pool, &err), 0);
	assert_int_equal(
		link_comparer_new(s->table, &s->settings, (size_t)jobs_n_threads(pool), memo_bytes, &c, &err),
		0);
	struct work w = {c, pairs, patterns};
	assert_int_equal(jobs_run(pool, TASKS, compare_task, &w, &err), 0);
}

static void agrees_with_plain(const struct sample *s)
{
	static const struct {
		int n_threads;
		size_t memo_bytes;
	} ways[] = {{1, 0}, {1, 2 << 20}, {2, 1 << 16}, {8, 2 << 20}, {8, 16 << 20}};
	struct link_row_pair *pairs = draw_pairs(s);
	uint64_t *patterns = calloc(PAIRS, sizeof *patterns);
	uint64_t *wanted = calloc(PAIRS, sizeof *wanted);
	CF_CLEANUP(plain_done) struct plain plain;
	assert_true(patterns && wanted);
	plain_new(s, &plain);
	for (size_t i = 0; i < PAIRS; i++)
		wanted[i] = plain_pattern(&plain, pairs[i].left, pairs[i].right);
	for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
		compare_all(s, ways[w].n_threads, ways[w].memo_bytes, pairs, patterns);
		for (size_t i = 0; i < PAIRS; i++)
			if (patterns[i] != wanted[i])
				fail_msg("way %zu, rows %u and %u: %llx, plainly %llx", w, pairs[i].left,
					pairs[i].right, (unsigned long long)patterns[i],
					(unsigned long long)wanted[i]);
	}
	free(wanted);
	free(patterns);
	free(pairs);
}

static void registers(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s = {0};
	read_registers(&s);
	agrees_with_plain(&s);
}

static void lists_of_many_languages(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s = {0};
	read_lists(&s);
	agrees_with_plain(&s);
}

static void values_of_every_kind(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s = {0};
	draw_kinds(&s);
	agrees_with_plain(&s);
}

/* ---- scoring ---- */

/* A model in which unlike is usual, so that a floor leaves most pairs on the way. */
static struct link_scorer *new_scorer(const struct sample *s, struct link_comparer *c)
{
	struct link_model model;
	struct link_scorer *scorer = NULL;
	struct cf_error err = CF_ERROR_INIT;
	link_model_start(&model, c, &s->settings);
	for (size_t f = 0; f < s->settings.n_fields; f++) {
		struct link_field_model *field = &model.fields[f];
		field->equal_by_chance = 0.001;
		for (unsigned level = 1; level <= field->n_levels; level++)
			field->u[level] =
				level == field->n_levels ? 0.9 : 0.1 / (double)(field->n_levels - 1);
	}
	model.n_edges = 1;
	model.edges[0] = (struct link_edge){.a = 0, .b = 3};
	model.edges[0].bits[1][1] = 1.5;
	model.edges[0].bits[3][2] = -0.75;
	model.prior = 0.001;
	assert_int_equal(link_scorer_new(s->table, &s->settings, c, &model, &scorer, &err), 0);
	return scorer;
}

static void a_floor_changes_no_weight(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s = {0};
	draw_kinds(&s);
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NULL;
	struct cf_error err = CF_ERROR_INIT;
	assert_int_equal(link_comparer_new(s.table, &s.settings, 1, 1 << 20, &c, &err), 0);
	CF_CLEANUP_LINK_SCORER struct link_scorer *scorer = new_scorer(&s, c);
	struct link_row_pair *pairs = draw_pairs(&s);
	double *all = calloc(PAIRS, sizeof *all);
	double *kept = calloc(PAIRS, sizeof *kept);
	const struct link_decision decisions[] = {
		{.left = pairs[0].left, .right = pairs[0].right, .same = false}};
	const double floor = -20;
	size_t n_kept = 0;
	assert_true(all && kept);
	link_scorer_decide(scorer, decisions, 1);
	link_score_many(scorer, 0, pairs, PAIRS, -INFINITY, all);
	link_score_many(scorer, 0, pairs, PAIRS, floor, kept);
	assert_true(all[0] == -LINK_DECIDED && kept[0] == -INFINITY);
	for (size_t i = 1; i < PAIRS; i++) {
		uint64_t pattern = link_compare_rows(c, 0, pairs[i].left, pairs[i].right);
		assert_true(kept[i] == (all[i] < floor ? -INFINITY : all[i]));
		assert_true(link_score_pair(scorer, 0, pairs[i].left, pairs[i].right, floor) == kept[i]);
		if (all[i] != -LINK_DECIDED)
			assert_true(fabs(link_score_pattern(scorer, pairs[i].left, pattern) - all[i]) < 1e-9);
		n_kept += kept[i] >= floor;
	}
	assert_in_range(n_kept, 100, PAIRS / 2);
	free(kept);
	free(all);
	free(pairs);
}

static int sweep_comparer(void *context, struct cf_error *err)
{
	const struct sample *s = context;
	CF_CLEANUP_LINK_COMPARER struct link_comparer *c = NULL;
	return link_comparer_new(s->table, &s->settings, 2, 1 << 16, &c, err);
}

static void memory_runs_out(void **state)
{
	(void)state;
	CF_CLEANUP(sample_done) struct sample s = {0};
	draw_kinds(&s);
	assert_true(sweep_run("comparer", sweep_comparer, &s) > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers),
		cmocka_unit_test(lists_of_many_languages),
		cmocka_unit_test(values_of_every_kind),
		cmocka_unit_test(a_floor_changes_no_weight),
		cmocka_unit_test(memory_runs_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
