/*
 * Choosing blocking rules: a greedy cover. True pairs are simulated, each with columns that are missing,
 * equal or miswritten; a rule finds those that agree in all its parts. The next rule is the one that finds
 * most for its cost, where finding a pair a second time still counts a little, since the simulation is only a
 * guess at how files go wrong.
 */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "link/keys.h"
#include "link/suggest.h"

enum {
	N_TRUE = 4096,
	WORDS = N_TRUE / 64,
	MAX_PARTS = 96,
	MAX_CANDIDATES = 8192,
	MAX_CHOSEN = 20,
	MAX_EXTENDED = 40,
	SAMPLE = 200000,
	LEAST_FOUND = 4, /* of N_TRUE, weighted: less is not worth a rule */
};

/* What finding a pair for the first, second, third time is worth. */
static const double worth_again[] = {1, 0.35, 0.12};

struct part {
	struct link_part_keys keys;
	uint64_t found[WORDS];
	double share; /* of all pairs that agree in it */
	double keyed; /* share of the rows with a value that have a key: short values have none */
};

struct candidate {
	uint8_t parts[LINK_MAX_PARTS];
	uint8_t n;
	bool counted; /* n_pairs is counted, else reckoned */
	bool dead;
	double n_pairs;
	double gain; /* as it was in a round; it only falls, since rules chosen later leave less to find */
	size_t round;
	uint64_t largest;
};

struct choosing {
	const struct link_table *table;
	struct link_settings *settings;
	double all_pairs;
	double budget;
	size_t max_rules;
	uint32_t *rows; /* the sample, NULL: all */
	size_t n_rows;
	double scale; /* pairs of the sample to pairs of all rows */
	uint32_t *keys;
	struct part *parts;
	size_t n_parts;
	struct candidate *candidates;
	size_t n_candidates;
	uint64_t planes[3][WORDS]; /* pairs found never, once, twice */
};

static void choosing_done(struct choosing *c)
{
	for (size_t i = 0; c->parts && i < c->n_parts; i++)
		link_part_keys_done(&c->parts[i].keys);
	c->parts = mem_free(c->parts);
	c->candidates = mem_free(c->candidates);
	c->rows = mem_free(c->rows);
	c->keys = mem_free(c->keys);
}

/* ---- parts ---- */

static const struct link_part usual_parts[LINK_N_KINDS][8] = {
	[LINK_NAME] = {{0, LINK_WHOLE, 0}, {0, LINK_SOUND, 0}, {0, LINK_FIRST, 3}, {0, LINK_LAST, 3},
		{0, LINK_BAND, 0}, {0, LINK_BAND, 1}, {0, LINK_FIRST, 1}},
	[LINK_TEXT] = {{0, LINK_WHOLE, 0}, {0, LINK_SORTED, 0}, {0, LINK_WORD_FIRST, 0},
		{0, LINK_WORD_LAST, 0}, {0, LINK_BAND, 0}, {0, LINK_BAND, 1}, {0, LINK_BAND, 2}},
	[LINK_DATE] = {{0, LINK_WHOLE, 0}, {0, LINK_YEAR, 0}, {0, LINK_YEAR_MONTH, 0},
		{0, LINK_MONTH_DAY, 0}},
	[LINK_PHONE] = {{0, LINK_WHOLE, 0}, {0, LINK_LAST, 6}, {0, LINK_FIRST, 6}, {0, LINK_LAST, 4}},
	[LINK_EMAIL] = {{0, LINK_WHOLE, 0}, {0, LINK_USER, 0}, {0, LINK_BAND, 0}, {0, LINK_FIRST, 4}},
	[LINK_CODE] = {{0, LINK_WHOLE, 0}, {0, LINK_FIRST, 3}, {0, LINK_LAST, 3}, {0, LINK_BAND, 0}},
	[LINK_NUMBER] = {{0, LINK_WHOLE, 0}, {0, LINK_FIRST, 3}},
	[LINK_CHOICE] = {{0, LINK_WHOLE, 0}},
};

/* How often one of two values of a person is miswritten, before training says. */
static const double usual_error[LINK_N_KINDS] = {
	[LINK_NAME] = 0.25,
	[LINK_TEXT] = 0.35,
	[LINK_DATE] = 0.2,
	[LINK_PHONE] = 0.2,
	[LINK_EMAIL] = 0.25,
	[LINK_CODE] = 0.15,
	[LINK_NUMBER] = 0.3,
	[LINK_CHOICE] = 0.1,
};

double link_transform_survival(enum link_transform transform)
{
	switch (transform) {
	case LINK_SOUND:
	case LINK_METAPHONE:
		return 0.45;
	case LINK_FIRST:
	case LINK_LAST:
	case LINK_YEAR:
		return 0.55;
	case LINK_YEAR_MONTH:
	case LINK_MONTH_DAY:
	case LINK_WORD_FIRST:
	case LINK_WORD_LAST:
	case LINK_BAND:
		return 0.4;
	case LINK_USER:
		return 0.3;
	case LINK_SORTED:
		return 0.15;
	case LINK_WHOLE:
	case LINK_N_TRANSFORMS:
		break;
	}
	return 0;
}

/* Errors come together: most pairs are written well, a few badly throughout. */
static double carelessness(size_t pair)
{
	static const double times[] = {0.5, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 2, 3.5};
	return times[pair % (sizeof times / sizeof *times)];
}

/* Some pairs have given and family name the other way round, so that no key of either column finds them. */
static bool loses_names(size_t pair)
{
	enum { ONE_IN = 33 };
	return pair % ONE_IN == 0;
}

static void simulate(struct choosing *c, size_t first_part, size_t column, struct random_stream *random)
{
	const struct link_column *col = &c->table->columns[column];
	double complete = 1 - col->counts[0] / (double)c->table->n_rows;
	for (size_t i = 0; i < N_TRUE; i++) {
		bool known = random_uniform(random) < complete * complete;
		bool swapped =
			loses_names(i) && (col->role == LINK_ROLE_GIVEN || col->role == LINK_ROLE_FAMILY);
		bool wrong = random_uniform(random) < fmin(0.95, usual_error[col->kind] * carelessness(i));
		for (size_t p = first_part; p < c->n_parts; p++) {
			double lives =
				link_transform_survival((enum link_transform)c->parts[p].keys.part.transform);
			bool keyed = random_uniform(random) < c->parts[p].keyed;
			bool found = random_uniform(random) < lives || !wrong;
			c->parts[p].found[i / 64] |= (uint64_t)(known && keyed && found && !swapped)
						     << i % 64;
		}
	}
}

static int count(
	struct choosing *c, const uint8_t *parts, size_t n, struct link_key_count *ret, struct cf_error *err)
{
	const struct link_part_keys *keys[LINK_MAX_PARTS];
	uint32_t n_keys;
	for (size_t i = 0; i < n; i++)
		keys[i] = &c->parts[parts[i]].keys;
	TRY(link_row_keys(c->table, keys, n, c->rows, c->n_rows, c->keys, &n_keys, err));
	TRY(link_count_pairs(c->table, c->keys, n_keys, c->rows, c->n_rows, c->settings, ret, err));
	ret->n_pairs *= c->scale;
	return CF_OK;
}

static double share_keyed(const struct link_table *t, const struct link_part_keys *keys)
{
	const struct link_column *col = &t->columns[keys->part.column];
	size_t n = 0;
	for (uint32_t code = 1; code <= col->values.n; code++)
		n += keys->of_value[code] ? col->counts[code] : 0;
	size_t n_known = t->n_rows - col->counts[0];
	return n_known ? (double)n / (double)n_known : 0;
}

static int add_column(struct choosing *c, size_t column, struct random_stream *random, struct cf_error *err)
{
	enum link_kind kind = c->table->columns[column].kind;
	size_t first_part = c->n_parts;
	for (size_t i = 0; i < 8 && c->n_parts < MAX_PARTS; i++) {
		struct link_part part = usual_parts[kind][i];
		if (i > 0 && part.transform == LINK_WHOLE)
			break;
		part.column = (uint16_t)column;
		struct part *p = &c->parts[c->n_parts];
		struct link_key_count pairs;
		TRY(link_part_keys_make(c->table, &part, &p->keys, err));
		c->n_parts++;
		uint8_t number = (uint8_t)(c->n_parts - 1);
		TRY(count(c, &number, 1, &pairs, err));
		p->share = pairs.n_pairs / c->all_pairs;
		p->keyed = share_keyed(c->table, &p->keys);
	}
	simulate(c, first_part, column, random);
	return CF_OK;
}

/* ---- candidates ---- */

static void add_candidate(struct choosing *c, const uint8_t *parts, size_t n, double n_pairs)
{
	if (c->n_candidates == MAX_CANDIDATES)
		return;
	struct candidate *k = &c->candidates[c->n_candidates++];
	*k = (struct candidate){.n = (uint8_t)n, .n_pairs = n_pairs, .gain = 2 * N_TRUE};
	memcpy(k->parts, parts, n);
	k->counted = n == 1;
}

static uint16_t column_of(const struct choosing *c, size_t part)
{
	return c->parts[part].keys.part.column;
}

static void add_candidates(struct choosing *c)
{
	for (size_t a = 0; a < c->n_parts; a++) {
		const uint8_t alone = (uint8_t)a;
		add_candidate(c, &alone, 1, c->parts[a].share * c->all_pairs);
		for (size_t b = a + 1; b < c->n_parts; b++) {
			const uint8_t parts[] = {(uint8_t)a, (uint8_t)b};
			if (column_of(c, a) != column_of(c, b))
				add_candidate(
					c, parts, 2, c->parts[a].share * c->parts[b].share * c->all_pairs);
		}
	}
}

static void found_by(const struct choosing *c, const struct candidate *k, uint64_t found[WORDS])
{
	memcpy(found, c->parts[k->parts[0]].found, WORDS * sizeof *found);
	for (size_t i = 1; i < k->n; i++)
		for (size_t w = 0; w < WORDS; w++)
			found[w] &= c->parts[k->parts[i]].found[w];
}

static double gain(const struct choosing *c, const struct candidate *k)
{
	uint64_t found[WORDS];
	size_t n[3] = {0};
	found_by(c, k, found);
	for (size_t p = 0; p < 3; p++)
		for (size_t w = 0; w < WORDS; w++)
			n[p] += (size_t)__builtin_popcountll(found[w] & c->planes[p][w]);
	return (double)n[0] * worth_again[0] + (double)n[1] * worth_again[1] + (double)n[2] * worth_again[2];
}

/* Making a rule's keys costs about as much as comparing a pair for each row. */
static double cost(const struct choosing *c, const struct candidate *k)
{
	return k->n_pairs + (double)c->table->n_rows + 100;
}

static struct candidate *seemingly_best(struct choosing *c)
{
	struct candidate *chosen = NULL;
	double most = 0;
	for (size_t i = 0; i < c->n_candidates; i++) {
		struct candidate *k = &c->candidates[i];
		if (!k->dead && k->gain / cost(c, k) > most) {
			most = k->gain / cost(c, k);
			chosen = k;
		}
	}
	return chosen;
}

static struct candidate *best(struct choosing *c)
{
	size_t round = c->settings->n_rules + 1;
	struct candidate *k;
	while ((k = seemingly_best(c)) != NULL && k->round != round) {
		k->gain = gain(c, k);
		k->round = round;
		k->dead = k->gain < LEAST_FOUND;
	}
	return k;
}

/* A rule that costs too much becomes rules with one part more. */
static void extend(struct choosing *c, const struct candidate *k)
{
	if (k->n == LINK_MAX_PARTS || k->n < 2)
		return;
	for (size_t p = 0; p < c->n_parts; p++) {
		uint8_t parts[LINK_MAX_PARTS] = {k->parts[0], k->parts[1], (uint8_t)p};
		if (column_of(c, p) != column_of(c, k->parts[0]) &&
			column_of(c, p) != column_of(c, k->parts[1]))
			add_candidate(c, parts, 3, k->n_pairs * c->parts[p].share);
	}
}

static void choose(struct choosing *c, struct candidate *k)
{
	uint64_t found[WORDS];
	struct link_settings *s = c->settings;
	struct link_rule *rule = &s->rules[s->n_rules++];
	*rule = (struct link_rule){.n_parts = k->n, .n_predicted = k->n_pairs, .largest = k->largest};
	for (size_t i = 0; i < k->n; i++)
		rule->parts[i] = c->parts[k->parts[i]].keys.part;
	s->n_pairs += k->n_pairs;
	found_by(c, k, found);
	for (size_t w = 0; w < WORDS; w++) {
		uint64_t first = found[w] & c->planes[0][w];
		uint64_t second = found[w] & c->planes[1][w];
		c->planes[0][w] &= ~first;
		c->planes[2][w] = (c->planes[2][w] & ~found[w]) | second;
		c->planes[1][w] = (c->planes[1][w] & ~second) | first;
	}
	k->dead = true;
}

static int choose_all(struct choosing *c, struct cf_error *err)
{
	size_t n_extended = 0;
	struct candidate *k;
	while (c->settings->n_rules < c->max_rules && (k = best(c)) != NULL) {
		if (!k->counted) {
			struct link_key_count pairs;
			TRY(count(c, k->parts, k->n, &pairs, err));
			k->counted = true;
			k->n_pairs = pairs.n_pairs;
			k->largest = pairs.largest;
			continue;
		}
		if (c->settings->n_pairs + k->n_pairs > c->budget) {
			k->dead = true;
			if (n_extended++ < MAX_EXTENDED)
				extend(c, k);
			continue;
		}
		choose(c, k);
	}
	return CF_OK;
}

/* ---- all of it ---- */

static int take_sample(struct choosing *c, struct cf_error *err)
{
	size_t n = c->table->n_rows;
	c->n_rows = n < SAMPLE ? n : SAMPLE;
	c->keys = NEW_ARRAY(uint32_t, c->n_rows);
	c->scale = 1;
	if (!c->keys)
		return error_memory(err);
	if (n <= SAMPLE)
		return CF_OK;
	c->rows = NEW_ARRAY(uint32_t, SAMPLE);
	if (!c->rows)
		return error_memory(err);
	for (size_t i = 0; i < SAMPLE; i++)
		c->rows[i] = (uint32_t)((double)i * (double)n / SAMPLE);
	c->scale = (double)n * (double)n / ((double)SAMPLE * SAMPLE);
	return CF_OK;
}

int link_choose_rules(const struct link_table *t, struct link_settings *s,
	const struct link_rule_limits *limits, double *ret_coverage, struct cf_error *err)
{
	CF_CLEANUP(choosing_done)
	struct choosing c = {.table = t, .settings = s, .budget = limits->max_pairs};
	struct random_stream random;
	random_init(&random, 1, 0);
	c.max_rules = limits->max_rules < MAX_CHOSEN ? limits->max_rules : MAX_CHOSEN;
	c.all_pairs = link_table_n_pairs(t, s->across, s->within);
	s->n_rules = 0;
	s->n_pairs = 0;
	s->all_pairs = false;
	memset(c.planes[0], 0xff, sizeof c.planes[0]);
	c.parts = NEW_ARRAY_ZERO(struct part, MAX_PARTS);
	c.candidates = NEW_ARRAY_ZERO(struct candidate, MAX_CANDIDATES);
	if (!c.parts || !c.candidates)
		return error_memory(err);
	TRY(take_sample(&c, err));
	for (size_t f = 0; f < s->n_fields; f++)
		TRY(add_column(&c, s->fields[f].column, &random, err));
	add_candidates(&c);
	TRY(choose_all(&c, err));
	size_t missed = 0;
	for (size_t w = 0; w < WORDS; w++)
		missed += (size_t)__builtin_popcountll(c.planes[0][w]);
	*ret_coverage = 1 - (double)missed / N_TRUE;
	if (s->n_rules == 0)
		return error_set(err, CF_E_LIMIT,
			"no blocking rule finds fewer than %.0f pairs among %zu rows: the columns have too "
			"few "
			"distinct values; give rules of your own in a settings file",
			limits->max_pairs, t->n_rows);
	return CF_OK;
}
