#include "link/suggest.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "link/keys.h"

enum { SAMPLE_ROWS = 4000, MAX_WORDS = 32, MIN_ROWS_FOR_UNIQUE = 20 };

/* A composed column's words stand in its parts at least this often, and each part's words in it. */
static const double part_inside = 0.85;
static const double composed_covered = 0.6;

void link_suggestion_done(struct link_suggestion *s)
{
	s->columns = mem_free(s->columns);
}

/* ---- profiles ---- */

static int profile(const struct link_table *t, size_t column, const struct link_settings *s,
	struct link_column_profile *ret, struct cf_error *err)
{
	const struct link_column *c = &t->columns[column];
	struct link_key_count equal;
	double n = (double)t->n_rows;
	double n_pairs = link_table_n_pairs(t, s->across, s->within);
	TRY(link_count_pairs(t, c->codes, c->values.n, NULL, t->n_rows, s, &equal, err));
	ret->completeness = n > 0 ? 1 - c->counts[0] / n : 0;
	ret->n_distinct = c->values.n;
	double known = n_pairs * ret->completeness * ret->completeness;
	ret->equal_by_chance = known > 0 ? equal.n_pairs / known : 0;
	return CF_OK;
}

/* Rows with a value in at least two files, or two rows of one. */
static bool can_be_compared(const struct link_table *t, size_t column, const struct link_settings *s)
{
	const struct link_column *c = &t->columns[column];
	size_t files_with = 0;
	bool two = false;
	for (size_t f = 0; f < t->n_files; f++) {
		size_t n = 0;
		for (size_t row = t->first[f]; row < t->first[f + 1] && n < 2; row++)
			n += c->codes[row] != 0;
		files_with += n > 0;
		two |= n > 1;
	}
	return (s->across && files_with > 1) || (s->within && two);
}

static enum link_use use_of(const struct link_table *t, size_t column, const struct link_settings *s,
	const struct link_column_profile *p, bool stated)
{
	const struct link_column *c = &t->columns[column];
	size_t n_known = t->n_rows - c->counts[0];
	if (!can_be_compared(t, column, s))
		return LINK_LEFT_EMPTY;
	if (p->n_distinct <= 1)
		return LINK_LEFT_CONSTANT;
	bool counts_rows = c->kind == LINK_CODE || c->kind == LINK_NUMBER || c->kind == LINK_CHOICE;
	if (!stated && counts_rows && p->n_distinct == n_known && p->completeness > 0.99 &&
		t->n_rows >= MIN_ROWS_FOR_UNIQUE)
		return LINK_LEFT_UNIQUE;
	return LINK_USED;
}

/* ---- columns made of others ---- */

struct words {
	const char *text[MAX_WORDS];
	size_t length[MAX_WORDS];
	size_t n;
};

static void split(const struct link_column *c, size_t row, struct words *ret)
{
	ret->n = 0;
	if (!c->codes[row])
		return;
	const char *text = link_dictionary_text(&c->values, c->codes[row]);
	while (*text && ret->n < MAX_WORDS) {
		size_t n = strcspn(text, " ");
		ret->text[ret->n] = text;
		ret->length[ret->n] = n;
		ret->n += n > 0;
		text += n + (text[n] == ' ');
	}
}

static bool has_word(const struct words *w, const char *text, size_t n)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->length[i] == n && memcmp(w->text[i], text, n) == 0)
			return true;
	return false;
}

static size_t n_inside(const struct words *part, const struct words *whole)
{
	size_t n = 0;
	for (size_t i = 0; i < part->n; i++)
		n += has_word(whole, part->text[i], part->length[i]);
	return n;
}

static bool is_wordy(const struct link_column *c)
{
	return c->kind == LINK_NAME || c->kind == LINK_TEXT;
}

/* How much of part's words stands in whole, and whether whole says more. */
static bool is_part(const struct link_table *t, size_t part, size_t whole)
{
	size_t step = t->n_rows / SAMPLE_ROWS + 1;
	size_t n_words = 0;
	size_t n_found = 0;
	size_t n_whole = 0;
	for (size_t row = 0; row < t->n_rows; row += step) {
		struct words a;
		struct words b;
		split(&t->columns[part], row, &a);
		split(&t->columns[whole], row, &b);
		if (!a.n || !b.n)
			continue;
		n_words += a.n;
		n_whole += b.n;
		n_found += n_inside(&a, &b);
	}
	return n_words >= 10 && n_whole > n_words && (double)n_found >= part_inside * (double)n_words;
}

static double share_covered(const struct link_table *t, size_t whole, const bool *parts)
{
	size_t step = t->n_rows / SAMPLE_ROWS + 1;
	size_t n_words = 0;
	size_t n_covered = 0;
	for (size_t row = 0; row < t->n_rows; row += step) {
		struct words w;
		split(&t->columns[whole], row, &w);
		n_words += w.n;
		for (size_t i = 0; i < w.n; i++) {
			bool found = false;
			for (size_t c = 0; c < t->n_columns && !found; c++) {
				struct words part;
				if (!parts[c])
					continue;
				split(&t->columns[c], row, &part);
				found = has_word(&part, w.text[i], w.length[i]);
			}
			n_covered += found;
		}
	}
	return n_words ? (double)n_covered / (double)n_words : 0;
}

static bool is_composed(const struct link_table *t, size_t whole, const struct link_column_profile *columns)
{
	bool parts[LINK_MAX_COLUMNS] = {false};
	size_t n_parts = 0;
	for (size_t c = 0; c < t->n_columns; c++) {
		if (c == whole || columns[c].use != LINK_USED || !is_wordy(&t->columns[c]))
			continue;
		parts[c] = is_part(t, c, whole);
		n_parts += parts[c];
	}
	return n_parts >= 2 && share_covered(t, whole, parts) >= composed_covered;
}

/* ---- fields ---- */

/* Bits that agreement in a column is worth, times how often it can be had. */
static double worth(const struct link_column_profile *p)
{
	return p->completeness * p->completeness * -log2(fmax(p->equal_by_chance, 1e-9));
}

static void drop_least(const struct link_table *t, struct link_column_profile *columns)
{
	for (;;) {
		size_t n = 0;
		size_t least = 0;
		for (size_t c = 0; c < t->n_columns; c++) {
			if (columns[c].use != LINK_USED)
				continue;
			if (n++ == 0 || worth(&columns[c]) < worth(&columns[least]))
				least = c;
		}
		if (n <= LINK_MAX_FIELDS)
			return;
		columns[least].use = LINK_LEFT_TOO_MANY;
	}
}

static void add_fields(
	const struct link_table *t, const struct link_column_profile *columns, struct link_settings *s)
{
	int given = -1;
	int family = -1;
	for (size_t c = 0; c < t->n_columns; c++) {
		if (columns[c].use != LINK_USED)
			continue;
		if (t->columns[c].role == LINK_ROLE_GIVEN && given < 0)
			given = (int)s->n_fields;
		if (t->columns[c].role == LINK_ROLE_FAMILY && family < 0)
			family = (int)s->n_fields;
		s->fields[s->n_fields++] =
			(struct link_field){.column = (uint16_t)c, .crosswise = -1, .by_frequency = true};
	}
	if (given >= 0 && family >= 0)
		s->fields[given].crosswise = (int8_t)family;
}

/* Small files are compared whole; large ones get a number of pairs that grows with the rows. */
static double usual_max_pairs(const struct link_table *t)
{
	double n = (double)t->n_rows;
	return fmin(fmax(1.5e6, 200 * n), 2e7 + 20 * n);
}

/* Each rule keeps a number for each row. */
static size_t usual_max_rules(const struct link_table *t, size_t memory_bytes)
{
	static const size_t least = 4;
	size_t n = memory_bytes / 4 / (t->n_rows * sizeof(uint32_t));
	return memory_bytes == 0 || n > LINK_MAX_RULES ? LINK_MAX_RULES : n < least ? least : n;
}

static const double all_pairs_up_to = 1.2e6;

int link_suggest(const struct link_table *t, const struct link_suggest_options *o,
	struct link_suggestion *ret, struct cf_error *err)
{
	CF_CLEANUP(link_suggestion_done) struct link_suggestion made = {0};
	struct link_settings *s = &made.settings;
	s->across = o->across;
	s->within = o->within;
	s->one_a_file = o->one_a_file;
	made.columns = NEW_ARRAY_ZERO(struct link_column_profile, t->n_columns);
	if (!made.columns)
		return error_memory(err);
	for (size_t c = 0; c < t->n_columns; c++) {
		TRY(profile(t, c, s, &made.columns[c], err));
		bool stated = o->stated && o->stated[c];
		made.columns[c].use = use_of(t, c, s, &made.columns[c], stated);
		if (o->only_stated && !stated)
			made.columns[c].use = LINK_LEFT_NOT_STATED;
	}
	for (size_t c = 0; c < t->n_columns; c++)
		if (made.columns[c].use == LINK_USED && !o->only_stated && is_wordy(&t->columns[c]) &&
			is_composed(t, c, made.columns))
			made.columns[c].use = LINK_LEFT_COMPOSED;
	drop_least(t, made.columns);
	add_fields(t, made.columns, s);
	double n_pairs = link_table_n_pairs(t, s->across, s->within);
	if (n_pairs < 1) {
		s->all_pairs = true;
		made.coverage = 1;
		*ret = made;
		made.columns = NULL;
		return CF_OK;
	}
	if (s->n_fields == 0)
		return error_set(err, CF_E_NO_ANSWER,
			"no column tells the rows apart: each is empty, has one value only, or numbers rows");
	double max_pairs = o->max_pairs > 0 ? o->max_pairs : usual_max_pairs(t);
	made.coverage = 1;
	if (o->no_rules) {
		*ret = made;
		made.columns = NULL;
		return CF_OK;
	}
	if (n_pairs <= fmin(all_pairs_up_to, max_pairs)) {
		s->all_pairs = true;
		s->n_pairs = n_pairs;
	} else {
		const struct link_rule_limits limits = {max_pairs, usual_max_rules(t, o->memory_bytes)};
		TRY(link_choose_rules(t, s, &limits, &made.coverage, err));
	}
	*ret = made;
	made.columns = NULL;
	return CF_OK;
}

/* ---- what stated rules cost ---- */

static int refuse(
	const struct link_table *t, const struct link_rule *rule, double max_pairs, struct cf_error *err)
{
	CF_CLEANUP(buffer_done) struct buffer name = BUFFER_INIT;
	TRY_MEMORY(link_rule_format(t, rule, &name), err);
	return error_set(err, CF_E_LIMIT,
		"rule '%.120s' gives %.0f pairs, more than %.0f: one value is shared by %llu of %zu rows; "
		"add a part "
		"to the rule (\"%.60s + another column\"), or raise 'limit' in the settings",
		buffer_text(&name), rule->n_predicted, max_pairs, (unsigned long long)rule->largest,
		t->n_rows, buffer_text(&name));
}

static int predict_rule(const struct link_table *t, const struct link_settings *s, struct link_rule *rule,
	uint32_t *keys, struct cf_error *err)
{
	struct link_part_keys parts[LINK_MAX_PARTS] = {0};
	const struct link_part_keys *pointers[LINK_MAX_PARTS];
	struct link_key_count pairs = {0};
	uint32_t n_keys;
	int status = CF_OK;
	for (size_t i = 0; i < rule->n_parts && status >= 0; i++) {
		status = link_part_keys_make(t, &rule->parts[i], &parts[i], err);
		pointers[i] = &parts[i];
	}
	if (status >= 0)
		status = link_row_keys(t, pointers, rule->n_parts, NULL, t->n_rows, keys, &n_keys, err);
	if (status >= 0)
		status = link_count_pairs(t, keys, n_keys, NULL, t->n_rows, s, &pairs, err);
	for (size_t i = 0; i < rule->n_parts; i++)
		link_part_keys_done(&parts[i]);
	rule->n_predicted = rule->window ? (double)t->n_rows * rule->window : pairs.n_pairs;
	rule->largest = pairs.largest;
	return status;
}

int link_predict(const struct link_table *t, struct link_settings *s, double max_pairs, struct cf_error *err)
{
	CF_CLEANUP_FREE uint32_t *keys = NEW_ARRAY(uint32_t, t->n_rows);
	if (!keys)
		return error_memory(err);
	s->n_pairs = s->all_pairs ? link_table_n_pairs(t, s->across, s->within) : 0;
	if (s->n_pairs > max_pairs)
		return error_set(err, CF_E_LIMIT,
			"comparing every pair means %.0f pairs, more than %.0f; give blocking rules instead",
			s->n_pairs, max_pairs);
	for (size_t r = 0; r < s->n_rules && !s->all_pairs; r++) {
		TRY(predict_rule(t, s, &s->rules[r], keys, err));
		s->n_pairs += s->rules[r].n_predicted;
		if (s->rules[r].n_predicted > max_pairs)
			return refuse(t, &s->rules[r], max_pairs, err);
	}
	if (s->n_pairs > max_pairs)
		return error_set(err, CF_E_LIMIT,
			"the rules give %.0f pairs together, more than %.0f; take rules out, or raise "
			"'limit' in the "
			"settings",
			s->n_pairs, max_pairs);
	return CF_OK;
}
